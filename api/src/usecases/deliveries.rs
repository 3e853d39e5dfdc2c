//! Mail: queueing it with the act that causes it, gathering its content when it is sent, and recording what became
//! of it. Every slice queues through [`queue_mail`], so that each mail has a row that pages can show.

use super::{
    Result, Services, SystemCtx, UseCaseError, accounts, library,
    respondents::{MintedLink, mint_link_secret},
    reviews,
};
use crate::{
    auth::{Secret, code},
    domain::{
        asking,
        assessment::{Assessment, AssessmentState, InvitationState},
        delivery::{
            AskedAgain, AskedQuestionnaire, Attempt, Delivery, DeliveryOutcome, FindingLine, LinkInMail,
            LinkNews, MailContent, MailFrame, OfferedAgain,
        },
        due,
        finding::FindingState,
        ids::{
            AssessmentId, ClarificationId, DeliveryId, FindingId, InvitationId, JobId, OneTimeCodeId,
            RespondentId, TenantId, UserId, UserLinkId,
        },
        job::Job,
        respondent::{Invitation, Respondent},
        user::{User, UserLinkPurpose, UserState},
        vendor::{Service, Vendor},
    },
    store::{self, TenantScope, WriteTx},
};
use chrono_tz::Tz;
use questionnaires::{
    answering::{Answers, Facts, progress},
    definition::{Questionnaire, Tier},
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The act of a vendor that would like to change what it handed in.
pub(super) const AMENDMENT_ASKED: &str = "assessment.amendment_asked";

/// Setting that holds the reason while all mail is paused.
pub(super) const PAUSED: &str = "mail.paused";

/// To whom a mail goes, and about what.
#[derive(Clone, Debug, Default)]
pub struct Recipient {
    /// The address.
    pub address: String,
    /// About which assessment.
    pub assessment: Option<AssessmentId>,
    /// Which respondent.
    pub respondent: Option<RespondentId>,
    /// Or which user.
    pub user: Option<UserId>,
}

impl Recipient {
    /// A respondent, at the address they were invited with.
    #[must_use]
    pub fn respondent(respondent: &Respondent) -> Self {
        Self {
            address: respondent.email.clone(),
            assessment: Some(respondent.assessment_id),
            respondent: Some(respondent.id),
            user: None,
        }
    }
    /// A user, about an assessment or about their own account.
    #[must_use]
    pub fn user(id: UserId, address: impl Into<String>, assessment: Option<AssessmentId>) -> Self {
        Self { address: address.into(), assessment, respondent: None, user: Some(id) }
    }
}

/// Queues one mail to one person together with its delivery row, in the caller's transaction. With `dedup_key` a
/// second mail of the same key is not queued while the first is open.
///
/// # Errors
/// When the database cannot be written.
pub async fn queue_mail(
    tx: &mut WriteTx,
    services: &Services,
    job: &Job,
    recipient: &Recipient,
    dedup_key: Option<String>,
) -> Result<()> {
    let now = services.now();
    let fresh = services.surroundings.id();
    let Some(id) = tx.enqueue(fresh, job, now, dedup_key.as_deref()).await? else { return Ok(()) };
    let row = store::deliveries::NewDelivery {
        id: services.surroundings.id::<DeliveryId>(),
        job_id: id,
        kind: job.kind(),
        recipient: recipient.clone().into(),
        message_id: format!("<{id}@{}>", message_domain(services)),
        created_at: now,
    };
    store::deliveries::insert(tx, row).await?;
    Ok(())
}

impl From<Recipient> for store::deliveries::To {
    fn from(recipient: Recipient) -> Self {
        Self {
            address: recipient.address,
            assessment_id: recipient.assessment,
            respondent_id: recipient.respondent,
            user_id: recipient.user,
        }
    }
}

/// The part of a Message-ID behind the `@`: the host of the base URL, so that it is known when a mail is queued.
#[must_use]
pub fn message_domain(services: &Services) -> String {
    let rest = services.base_url.split_once("://").map_or(&*services.base_url, |(_, rest)| rest);
    rest.split(['/', ':']).next().unwrap_or("localhost").to_owned()
}

/// A mail that is due, with everything that its rendering needs.
#[derive(Clone, Debug)]
pub struct PreparedMail {
    /// The address.
    pub to_address: String,
    /// The person's name.
    pub to_name: String,
    /// The same on every attempt, with angle brackets.
    pub message_id: String,
    /// Messages of one assessment share this reference: `<assessment id@domain>`.
    pub thread_id: Option<String>,
    /// Address and name of whom replies go to; none for mails nobody should answer.
    pub reply_to: Option<(String, String)>,
    /// Shown before "via Assay" as the sender.
    pub from_name: String,
    /// What it says.
    pub content: MailContent,
    /// The link secret in it, for [`record`].
    pub secret: Option<Uuid>,
}

/// Gathers the content of a mail job and mints what is secret in it. None when the reason for the mail has gone
/// (cancelled, submitted, revoked, superseded, address refused): then record [`Attempt::NotNeeded`].
///
/// # Errors
/// When the database cannot be read or written.
pub async fn prepare(
    system: &SystemCtx,
    tenant: TenantId,
    job_id: JobId,
    job: &Job,
) -> Result<Option<PreparedMail>> {
    let services = system.services();
    let scope = services.database.tenant(tenant);
    let tenants = store::accounts::tenants(&services.database).await?;
    let tenant = tenants.into_iter().find(|row| row.id == tenant).ok_or(UseCaseError::NotFound)?;
    let info = accounts::tenant_info(&tenant)?;
    let mut desk = Desk { system, scope, organisation: info.name, zone: info.zone, tenant: info.id };
    let prepared = match job {
        Job::MailInvitation { invitation } => desk.invitation(*invitation).await?,
        Job::MailReminder { invitation } => desk.reminder(*invitation).await?,
        Job::MailFreshLink { invitation, news } => desk.fresh_link(*invitation, *news).await?,
        Job::MailOneTimeCode { code } => desk.one_time_code(*code).await?,
        Job::MailClarifications { assessment, invitation, clarification } => {
            desk.clarifications(*assessment, *invitation, *clarification).await?
        }
        Job::MailSubmitted { assessment, respondent, number } => {
            desk.submitted(*assessment, *respondent, *number).await?
        }
        Job::MailSubmissionArrived { assessment, user, number } => {
            desk.submission_arrived(*assessment, *user, *number).await?
        }
        Job::MailFindings { assessment, invitation } => desk.findings(*assessment, *invitation).await?,
        Job::MailActionReported { assessment, user } => desk.action_reported(*assessment, *user).await?,
        Job::MailAmendmentAsked { assessment, user } => desk.amendment_asked(*assessment, *user).await?,
        Job::MailActionRejected { finding, invitation } => {
            desk.action_rejected(*finding, *invitation).await?
        }
        Job::MailFindingsClosed { assessment, invitation } => {
            desk.findings_closed(*assessment, *invitation).await?
        }
        Job::MailUserLink { link } => desk.user_link(*link).await?,
        Job::ExpireAssessments | Job::ClearEvidence => None,
    };
    let domain = message_domain(services);
    Ok(prepared.map(|mut mail| {
        mail.message_id = format!("<{job_id}@{domain}>");
        mail.thread_id = mail.thread_id.map(|id| format!("<{id}@{domain}>"));
        mail
    }))
}

/// Whether this mail was recorded as sent.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_sent(system: &SystemCtx, tenant: TenantId, job_id: JobId) -> Result<bool> {
    let scope = system.services().database.tenant(tenant);
    let found = store::deliveries::by_job(&scope, job_id).await?;
    Ok(found.is_some_and(|(_, delivery)| delivery.outcome == DeliveryOutcome::Sent))
}

/// Records what a try came to: the delivery row, the contact's refusal, the secret's mailing, the pause of all mail.
///
/// # Errors
/// When the database cannot be written.
pub async fn record(
    system: &SystemCtx,
    tenant: TenantId,
    job_id: JobId,
    subject: Option<&str>,
    secret: Option<Uuid>,
    attempt: &Attempt,
) -> Result<()> {
    let services = system.services();
    if let Attempt::Paused { reason } = attempt {
        return pause(services, reason).await;
    }
    let now = services.now();
    let mut tx = services.database.tenant(tenant).begin_write().await?;
    let Some((id, mut delivery)) = store::deliveries::by_job(&tx, job_id).await? else { return Ok(()) };
    // A worker that stalled past its lease may come late with what its own try came to.
    if delivery.outcome == DeliveryOutcome::Sent {
        return Ok(());
    }
    let (outcome, detail) = match attempt {
        Attempt::Sent => (DeliveryOutcome::Sent, None),
        Attempt::Deferred { reason } => (DeliveryOutcome::Retry, Some(reason)),
        Attempt::Refused { reason, .. } => (DeliveryOutcome::FailedPermanent, Some(reason)),
        Attempt::GivenUp { reason } => (DeliveryOutcome::FailedExpired, Some(reason)),
        Attempt::Unknown { reason } => (DeliveryOutcome::Unknown, Some(reason)),
        Attempt::NotNeeded | Attempt::Paused { .. } => (DeliveryOutcome::Held, None),
    };
    delivery.outcome = outcome;
    delivery.detail = detail.map(|text| text.chars().take(500).collect());
    delivery.updated_at = now;
    if !matches!(attempt, Attempt::NotNeeded) {
        delivery.attempts += 1;
    }
    if matches!(attempt, Attempt::Sent) {
        delivery.sent_at = Some(now);
        if let Some(secret) = secret {
            store::respondents::secret_mailed(&mut tx, secret, now).await?;
        }
    }
    store::deliveries::update(&mut tx, id, &delivery, subject).await?;
    match (attempt, delivery.respondent_id) {
        (Attempt::Refused { reason, suppress_address: true }, Some(respondent)) => {
            let found =
                store::respondents::respondent(&tx, respondent).await?.ok_or(UseCaseError::NotFound)?;
            let contact =
                store::vendors::contact(&tx, found.contact_id).await?.ok_or(UseCaseError::NotFound)?;
            // A person may have corrected the address while this mail was on its way.
            if !contact.email.eq_ignore_ascii_case(&found.email) {
                return Ok(tx.commit_unaudited("mail outcome").await?);
            }
            store::vendors::set_refused(&mut tx, contact.id, reason).await?;
            let event = system
                .event("contact.mail_refused", "contact", contact.id)
                .on_assessment(found.assessment_id);
            tx.commit(event.after(serde_json::json!({"reason": reason}))).await?;
        }
        _ => tx.commit_unaudited("mail outcome").await?,
    }
    Ok(())
}

/// Stops all mail until [`resume`]; what is queued stays due.
///
/// # Errors
/// When the database cannot be written.
pub async fn pause(services: &Services, reason: &str) -> Result<()> {
    Ok(store::settings::set(&services.database, PAUSED, Some(reason), services.now()).await?)
}

/// Lets mail flow again after somebody repaired the way to the mail server.
///
/// # Errors
/// When the database cannot be written.
pub async fn resume(services: &Services) -> Result<()> {
    Ok(store::settings::set(&services.database, PAUSED, None, services.now()).await?)
}

/// Why all mail is paused, if it is.
///
/// # Errors
/// When the database cannot be read.
pub async fn paused(services: &Services) -> Result<Option<String>> {
    paused_in(&services.database).await
}

/// The same, for whoever has the database and no service.
///
/// # Errors
/// When the database cannot be read.
pub async fn paused_in(database: &store::Database) -> Result<Option<String>> {
    Ok(store::settings::get(database, PAUSED).await?)
}

/// Queues a mail about an assessment to its owner and its reviewer. `occasion` says what it is about, so that one
/// occasion tells nobody twice.
///
/// # Errors
/// When the database cannot be read or written.
pub(super) async fn tell_staff(
    tx: &mut WriteTx,
    services: &Services,
    assessment: &Assessment,
    job: impl Fn(UserId) -> Job,
    occasion: &str,
) -> Result<()> {
    for id in BTreeSet::from([assessment.owner_id, assessment.reviewer_id]) {
        let Some(user) = store::accounts::user(tx, id).await? else { continue };
        let to = Recipient::user(id, user.email, Some(assessment.id));
        queue_mail(tx, services, &job(id), &to, Some(format!("{occasion}:{id}"))).await?;
    }
    Ok(())
}

/// Whether mail to the address a respondent was invited with was refused, and nobody has corrected it since.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn is_refused(s: &impl store::Scoped, respondent: &Respondent) -> Result<bool> {
    let contact = store::vendors::contact(s, respondent.contact_id).await?;
    Ok(contact.is_none_or(|c| c.refused_reason.is_some() && c.email.eq_ignore_ascii_case(&respondent.email)))
}

/// Gathers content, one function per kind of mail.
struct Desk<'a> {
    system: &'a SystemCtx,
    scope: TenantScope,
    tenant: TenantId,
    organisation: String,
    zone: Tz,
}

/// What mails to a respondent begin with.
struct ToRespondent {
    assessment: Assessment,
    respondent: Respondent,
    /// The lead who invited them as helper.
    inviter: Option<Respondent>,
    frame: MailFrame,
    link: MintedLink,
}

impl Desk<'_> {
    async fn frame(&self, assessment: &Assessment, recipient: &str) -> Result<MailFrame> {
        let vendor =
            store::vendors::vendor(&self.scope, assessment.vendor_id).await?.ok_or(UseCaseError::NotFound)?;
        let service = store::vendors::service(&self.scope, assessment.service_id)
            .await?
            .ok_or(UseCaseError::NotFound)?;
        let owner = self.user(assessment.owner_id).await?;
        Ok(frame(assessment, &self.organisation, self.zone, &vendor, &service, &owner, recipient))
    }

    async fn user(&self, id: UserId) -> Result<User> {
        store::accounts::user(&self.scope, id).await?.ok_or(UseCaseError::NotFound)
    }

    /// The respondent behind an active invitation, with a fresh link; none when the link must not be sent.
    async fn to_respondent(
        &self,
        invitation: InvitationId,
        wanted: impl Fn(&Assessment, &Invitation) -> bool,
    ) -> Result<Option<ToRespondent>> {
        let Some(invitation) = store::respondents::invitation(&self.scope, invitation).await? else {
            return Ok(None);
        };
        let assessment = store::assessments::assessment(&self.scope, invitation.assessment_id).await?;
        let respondent = store::respondents::respondent(&self.scope, invitation.respondent_id).await?;
        let (Some(assessment), Some(respondent)) = (assessment, respondent) else { return Ok(None) };
        if invitation.state != InvitationState::Active || !wanted(&assessment, &invitation) {
            return Ok(None);
        }
        if is_refused(&self.scope, &respondent).await? {
            return Ok(None);
        }
        let mut frame = self.frame(&assessment, &respondent.name).await?;
        let inviter = match respondent.invited_by {
            Some(lead) => store::respondents::respondent(&self.scope, lead).await?,
            None => None,
        };
        if let Some(lead) = &inviter {
            frame.named_by.clone_from(&lead.name);
        }
        let (id, generation) = (invitation.id, invitation.generation);
        let Some(link) = mint_link_secret(self.system, self.tenant, id, generation).await? else {
            return Ok(None);
        };
        Ok(Some(ToRespondent { assessment, respondent, inviter, frame, link }))
    }

    async fn invitation(&self, id: InvitationId) -> Result<Option<PreparedMail>> {
        let open = |a: &Assessment, _: &Invitation| !closed(a.state);
        let Some(mut to) = self.to_respondent(id, open).await? else { return Ok(None) };
        if let Some(lead) = &to.inviter {
            to.frame.reply_to.clone_from(&lead.email);
            to.frame.reply_name.clone_from(&lead.name);
            let ask = to.respondent.ask.clone();
            return Ok(Some(to.mail(|frame, link| MailContent::ColleagueInvited { frame, ask, link })));
        }
        let pinned = library::pinned(&self.scope, to.assessment.id).await?;
        let asked: Vec<_> = pinned.iter().filter(|q| q.asks_vendor()).map(|q| &*q.definition).collect();
        let questions =
            asking::question_count(asked.iter().copied(), &to.assessment.facts, to.assessment.tier);
        let minutes = asked.iter().map(|questionnaire| questionnaire.minutes).sum();
        let questionnaires = asked_counts(&asked, &to.assessment.facts, to.assessment.tier);
        let message = to.assessment.message.clone();
        let before = store::reassessments::offered(&self.scope, to.assessment.id).await?;
        let offered = before.map(|before| OfferedAgain {
            service: before.service,
            on: due::day_in(self.zone, before.submitted_at),
        });
        Ok(Some(to.mail(|frame, link| MailContent::Invitation {
            frame,
            questions,
            questionnaires,
            minutes,
            message,
            offered,
            link,
        })))
    }

    async fn reminder(&self, id: InvitationId) -> Result<Option<PreparedMail>> {
        let open = |a: &Assessment, _: &Invitation| a.state.open_to_vendor();
        let Some(to) = self.to_respondent(id, open).await? else { return Ok(None) };
        let pinned = library::pinned(&self.scope, to.assessment.id).await?;
        let answers = store::assessments::answers(&self.scope, to.assessment.id).await?;
        let overdue = due::is_past(self.zone, to.assessment.due_on, self.system.now());
        if to.assessment.state == AssessmentState::Returned {
            let asked = store::reviews::clarifications(&self.scope, to.assessment.id).await?;
            let newest = asked.iter().filter_map(|one| one.batch).max();
            let asked = asked.iter().filter(|one| one.batch.is_some() && one.batch == newest);
            let open = asked.filter(|one| one.answered_at.is_none()).count();
            return Ok(Some(to.mail(|frame, link| MailContent::Reminder {
                frame,
                left: open,
                total: open,
                sections: Vec::new(),
                follow_up: true,
                overdue,
                link,
            })));
        }
        let mut open = Open::default();
        for questionnaire in pinned.iter().filter(|q| q.asks_vendor()) {
            let own = super::assessments::answers_to(&questionnaire.definition, &answers);
            open.count(&questionnaire.definition, &own, &to.assessment.facts, to.assessment.tier);
        }
        Ok(Some(to.mail(|frame, link| open.reminder(frame, overdue, link))))
    }

    async fn fresh_link(&self, id: InvitationId, news: LinkNews) -> Result<Option<PreparedMail>> {
        let open = |a: &Assessment, _: &Invitation| !closed(a.state);
        let generation = store::respondents::invitation(&self.scope, id).await?.map_or(1, |i| i.generation);
        let to = self.to_respondent(id, open).await?;
        let replaces = generation > 1;
        Ok(to.map(|to| to.mail(|frame, link| MailContent::FreshLink { frame, news, replaces, link })))
    }

    /// A fresh code in the row that the request made; a retried mail carries a new code and the older one stops.
    async fn one_time_code(&self, id: OneTimeCodeId) -> Result<Option<PreparedMail>> {
        let services = self.system.services();
        let Some(row) = store::respondents::one_time_code(&self.scope, id).await? else { return Ok(None) };
        let invitation = store::respondents::invitation(&self.scope, row.invitation_id).await?;
        let Some(invitation) = invitation.filter(|i| i.state == InvitationState::Active && row.open) else {
            return Ok(None);
        };
        let assessment = store::assessments::assessment(&self.scope, invitation.assessment_id).await?;
        let respondent = store::respondents::respondent(&self.scope, invitation.respondent_id).await?;
        let (Some(assessment), Some(respondent)) = (assessment, respondent) else { return Ok(None) };
        let owner = self.user(assessment.owner_id).await?;
        let digits = code::mint(&services.surroundings);
        let (plain, surroundings) = (digits.clone(), services.surroundings.clone());
        let hash = services
            .hashing(move || code::hash(&plain, &surroundings))
            .await?
            .map_err(UseCaseError::internal)?;
        let expires_at = services.now() + code::lifetime();
        let mut tx = self.scope.begin_write().await?;
        if !store::respondents::set_code(&mut tx, id, &hash, expires_at).await? {
            return Ok(None);
        }
        tx.commit_unaudited("one-time code minted").await?;
        Ok(Some(PreparedMail {
            to_address: respondent.email,
            to_name: respondent.name,
            message_id: String::new(),
            thread_id: None,
            reply_to: Some((owner.email.clone(), self.organisation.clone())),
            from_name: self.organisation.clone(),
            content: MailContent::OneTimeCode {
                organisation: self.organisation.clone(),
                code: digits,
                minutes: code::lifetime().num_minutes(),
                reply_to: owner.email,
            },
            secret: None,
        }))
    }

    async fn clarifications(
        &self,
        id: AssessmentId,
        invitation: InvitationId,
        any: ClarificationId,
    ) -> Result<Option<PreparedMail>> {
        let returned = |a: &Assessment, _: &Invitation| a.id == id && a.state == AssessmentState::Returned;
        let batch = store::deliveries::clarification_batch(&self.scope, id, any).await?;
        if batch.is_empty() {
            return Ok(None);
        }
        let Some(to) = self.to_respondent(invitation, returned).await? else { return Ok(None) };
        let pinned = library::pinned(&self.scope, id).await?;
        let text = |question: &str| {
            let found = pinned.iter().find_map(|q| q.definition.question(question));
            found.map_or_else(|| question.to_owned(), |q| q.text.clone())
        };
        let asked = batch
            .into_iter()
            .map(|asked| AskedAgain { question: text(&asked.question_id), text: asked.text })
            .collect();
        Ok(Some(to.mail(|frame, link| MailContent::Clarifications { frame, asked, link })))
    }

    async fn submitted(
        &self,
        id: AssessmentId,
        respondent: RespondentId,
        number: i32,
    ) -> Result<Option<PreparedMail>> {
        let invitations = store::respondents::invitations(&self.scope, id).await?;
        let invitation = invitations.into_iter().find(|one| one.respondent_id == respondent);
        let submission = store::deliveries::submission(&self.scope, id, number).await?;
        let (Some(invitation), Some(submission)) = (invitation, submission) else { return Ok(None) };
        let any = |a: &Assessment, _: &Invitation| a.state != AssessmentState::Cancelled;
        let to = self.to_respondent(invitation.id, any).await?;
        Ok(to.map(|to| {
            to.mail(|frame, link| MailContent::Submitted {
                frame,
                number,
                submitted_at: submission.submitted_at,
                sha256: submission.sha256,
                submitted_by: submission.attested_name,
                link,
            })
        }))
    }

    /// The user and assessment of a notice; none for a disabled user or a cancelled assessment.
    async fn to_user(&self, id: AssessmentId, user: UserId) -> Result<Option<(Assessment, User, MailFrame)>> {
        let Some(assessment) = store::assessments::assessment(&self.scope, id).await? else {
            return Ok(None);
        };
        let user = self.user(user).await?;
        if user.state != UserState::Active || assessment.state == AssessmentState::Cancelled {
            return Ok(None);
        }
        let frame = self.frame(&assessment, &user.name).await?;
        Ok(Some((assessment, user, frame)))
    }

    async fn submission_arrived(
        &self,
        id: AssessmentId,
        user: UserId,
        number: i32,
    ) -> Result<Option<PreparedMail>> {
        let Some((assessment, user, frame)) = self.to_user(id, user).await? else { return Ok(None) };
        let Some(submission) = store::deliveries::submission(&self.scope, id, number).await? else {
            return Ok(None);
        };
        let url = format!("{}/assessments/{id}/review", self.system.services().base_url);
        let desk = reviews::desk_in(&self.scope, id, due::day_in(self.zone, self.system.now())).await?;
        let content = MailContent::SubmissionArrived {
            frame: frame.clone(),
            number,
            submitted_at: submission.submitted_at,
            submitted_by: submission.attested_name,
            look: desk.first_looks(),
            knock_outs: desk.knock_outs(),
            url,
        };
        Ok(Some(plain(&frame, assessment.id, user.email, user.name, content)))
    }

    async fn findings(&self, id: AssessmentId, invitation: InvitationId) -> Result<Option<PreparedMail>> {
        let lines =
            store::deliveries::findings(&self.scope, id, &["open", "planned", "in_progress"], true).await?;
        if lines.is_empty() {
            return Ok(None);
        }
        let wanted = |a: &Assessment, _: &Invitation| a.id == id && a.state != AssessmentState::Cancelled;
        let to = self.to_respondent(invitation, wanted).await?;
        Ok(to.map(|to| to.mail(|frame, link| MailContent::Findings { frame, findings: lines, link })))
    }

    async fn action_reported(&self, id: AssessmentId, user: UserId) -> Result<Option<PreparedMail>> {
        let Some((assessment, user, frame)) = self.to_user(id, user).await? else { return Ok(None) };
        let findings: Vec<FindingLine> =
            store::deliveries::findings(&self.scope, id, &["awaiting_verification"], false).await?;
        if findings.is_empty() {
            return Ok(None);
        }
        let url = format!("{}/assessments/{id}/findings", self.system.services().base_url);
        let content = MailContent::ActionReported { frame: frame.clone(), findings, url };
        Ok(Some(plain(&frame, assessment.id, user.email, user.name, content)))
    }

    async fn amendment_asked(&self, id: AssessmentId, user: UserId) -> Result<Option<PreparedMail>> {
        let Some((assessment, user, frame)) = self.to_user(id, user).await? else { return Ok(None) };
        let asked = store::timeline::latest(&self.scope, id, AMENDMENT_ASKED).await?;
        if assessment.state != AssessmentState::Submitted {
            return Ok(None);
        }
        let reason = asked.as_ref().and_then(|after| after.get("reason")?.as_str()).unwrap_or_default();
        let url = format!("{}/assessments/{id}", self.system.services().base_url);
        let content = MailContent::AmendmentAsked { frame: frame.clone(), reason: reason.to_owned(), url };
        Ok(Some(plain(&frame, assessment.id, user.email, user.name, content)))
    }

    async fn action_rejected(&self, id: FindingId, invitation: InvitationId) -> Result<Option<PreparedMail>> {
        let Some(finding) = store::findings::finding(&self.scope, id).await? else { return Ok(None) };
        // Reported again since, or settled: the vendor need not hear of the earlier try.
        if finding.state != FindingState::InProgress {
            return Ok(None);
        }
        let wanted = |a: &Assessment, _: &Invitation| {
            a.id == finding.assessment_id && a.state != AssessmentState::Cancelled
        };
        let to = self.to_respondent(invitation, wanted).await?;
        let (finding, reason) = (finding.title, finding.state_reason.unwrap_or_default());
        Ok(to.map(|to| to.mail(|frame, link| MailContent::ActionRejected { frame, finding, reason, link })))
    }

    async fn findings_closed(
        &self,
        id: AssessmentId,
        invitation: InvitationId,
    ) -> Result<Option<PreparedMail>> {
        let wanted = |a: &Assessment, _: &Invitation| a.id == id && a.state != AssessmentState::Cancelled;
        let Some(to) = self.to_respondent(invitation, wanted).await? else { return Ok(None) };
        let open_states = ["open", "planned", "in_progress", "awaiting_verification"];
        let open = store::deliveries::findings(&self.scope, id, &open_states, true).await?.len();
        let closed = store::deliveries::findings(&self.scope, id, &["closed"], true).await?.len();
        let decided = store::deliveries::decision(&self.scope, id).await?;
        let decided = decided.filter(|_| to.assessment.state == AssessmentState::Decided);
        let decision = decided.as_ref().map(|(outcome, _)| outcome.label().to_owned());
        let conditions = decided.and_then(|(_, conditions)| conditions);
        Ok(Some(to.mail(|frame, link| MailContent::FindingsClosed {
            frame,
            decision,
            conditions,
            closed,
            open,
            link,
        })))
    }

    async fn user_link(&mut self, id: UserLinkId) -> Result<Option<PreparedMail>> {
        let services = self.system.services();
        let Some((row, user)) = store::accounts::user_link(&self.scope, id).await? else { return Ok(None) };
        let purpose = row.purpose;
        if user.state == UserState::Disabled {
            return Ok(None);
        }
        let secret = Secret::for_link(&services.surroundings);
        let expires_at = services.now() + accounts::link_lifetime(purpose);
        let mut tx = self.scope.begin_write().await?;
        store::accounts::set_user_link_secret(&mut tx, id, secret.hash(), expires_at).await?;
        tx.commit_unaudited("sign-in link minted").await?;
        let link = LinkInMail {
            url: format!("{}/join#{}", services.base_url, secret.reveal()),
            access_code: secret.grouped(),
        };
        Ok(Some(PreparedMail {
            to_address: user.email,
            to_name: user.name.clone(),
            message_id: String::new(),
            thread_id: None,
            reply_to: None,
            from_name: self.organisation.clone(),
            content: MailContent::UserLink {
                organisation: self.organisation.clone(),
                recipient_name: user.name,
                role: user.role.label().to_owned(),
                first: purpose == UserLinkPurpose::Invite,
                link,
                expires_at,
                zone: self.zone,
            },
            secret: None,
        }))
    }
}

impl ToRespondent {
    fn mail(self, content: impl FnOnce(MailFrame, LinkInMail) -> MailContent) -> PreparedMail {
        let link = LinkInMail { url: self.link.url, access_code: self.link.access_code };
        let frame = self.frame.clone();
        PreparedMail {
            secret: Some(self.link.secret),
            ..plain(
                &frame,
                self.assessment.id,
                self.respondent.email,
                self.respondent.name,
                content(self.frame, link),
            )
        }
    }
}

fn plain(
    frame: &MailFrame,
    assessment: AssessmentId,
    to_address: String,
    to_name: String,
    content: MailContent,
) -> PreparedMail {
    PreparedMail {
        to_address,
        to_name,
        message_id: String::new(),
        thread_id: Some(assessment.to_string()),
        reply_to: Some((frame.reply_to.clone(), frame.reply_name.clone())),
        from_name: format!("{} at {}", frame.asker_name, frame.organisation),
        content,
        secret: None,
    }
}

/// Shown questions without an answer, over several questionnaires.
#[derive(Default)]
pub(super) struct Open {
    left: usize,
    total: usize,
    sections: Vec<(String, usize)>,
}

impl Open {
    /// Adds what is left of one questionnaire.
    pub(super) fn count(
        &mut self,
        questionnaire: &Questionnaire,
        answers: &Answers,
        facts: &Facts,
        tier: Option<Tier>,
    ) {
        let at = progress(questionnaire, answers, facts, tier);
        self.left += at.total - at.done;
        self.total += at.total;
        for (section, at) in questionnaire.sections.iter().zip(&at.sections) {
            if at.total > at.done {
                self.sections.push((section.title.clone(), at.total - at.done));
            }
        }
    }

    /// The mail that says so.
    pub(super) fn reminder(self, frame: MailFrame, overdue: bool, link: LinkInMail) -> MailContent {
        let Self { left, total, sections } = self;
        MailContent::Reminder { frame, left, total, sections, follow_up: false, overdue, link }
    }
}

/// What is asked, with how many questions each.
pub(super) fn asked_counts(
    asked: &[&Questionnaire],
    facts: &Facts,
    tier: Option<Tier>,
) -> Vec<AskedQuestionnaire> {
    let count = |questionnaire: &Questionnaire| asking::question_count([questionnaire], facts, tier);
    let row = |questionnaire: &&Questionnaire| AskedQuestionnaire {
        title: questionnaire.title.clone(),
        questions: count(questionnaire),
    };
    asked.iter().map(row).collect()
}

/// What a mail about an assessment says of who asks whom.
fn frame(
    assessment: &Assessment,
    organisation: &str,
    zone: Tz,
    vendor: &Vendor,
    service: &Service,
    owner: &User,
    recipient: &str,
) -> MailFrame {
    MailFrame {
        organisation: organisation.to_owned(),
        asker_name: owner.name.clone(),
        reply_to: owner.email.clone(),
        reply_name: format!("{} at {organisation}", owner.name),
        named_by: owner.name.clone(),
        recipient_name: recipient.to_owned(),
        vendor: vendor.name.clone(),
        service: service.name.clone(),
        reference: assessment.reference.clone(),
        due_on: assessment.due_on,
        zone,
    }
}

const fn closed(state: AssessmentState) -> bool {
    matches!(state, AssessmentState::Draft | AssessmentState::Expired | AssessmentState::Cancelled)
}

/// The mails of an assessment, newest first.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn of_assessment(scope: &TenantScope, id: AssessmentId) -> Result<Vec<Delivery>> {
    Ok(store::deliveries::of_assessment(scope, id).await?)
}
