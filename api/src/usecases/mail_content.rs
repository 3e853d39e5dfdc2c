//! What a mail says, gathered when it is sent, so that it tells how things stand then. For a new kind of mail, add a
//! [`Job`] and its function of [`Desk`].

use super::{
    Result, SystemCtx, UseCaseError, accounts,
    deliveries::{AMENDMENT_ASKED, is_refused, message_domain},
    library,
    respondents::{MintedLink, mint_link_secret},
    reviews,
};
use crate::{
    auth::{Secret, code},
    domain::{
        asking,
        assessment::{Assessment, AssessmentState, InvitationState},
        delivery::{
            AskedAgain, AskedQuestionnaire, FindingLine, LinkInMail, LinkNews, MailContent, MailFrame,
            OfferedAgain,
        },
        due,
        finding::FindingState,
        ids::{
            AssessmentId, ClarificationId, FindingId, InvitationId, JobId, OneTimeCodeId, RespondentId,
            TenantId, UserId, UserLinkId,
        },
        job::Job,
        respondent::{Invitation, Respondent},
        user::{User, UserLinkPurpose, UserState},
        vendor::{Service, Vendor},
    },
    store::{self, TenantScope},
};
use chrono_tz::Tz;
use questionnaires::{
    answering::{Answers, Facts, progress},
    definition::{Questionnaire, Tier},
};
use uuid::Uuid;
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
