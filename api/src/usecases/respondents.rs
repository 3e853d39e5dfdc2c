//! Who answers: inviting, reminding, reissuing and revoking; the secrets in the links; and what ends them.
//!
//! Everything that ends an invitation goes through [`end_invitations`], so that secrets, sessions and remembered
//! browsers die in the same transaction.

use super::{
    Ctx, Result, Services, SystemCtx, UseCaseError,
    assessments::{active_vendor, load},
    deliveries::{self, Recipient},
    error::Faults,
    idempotency::{Once, once},
    vendors::{self, ContactInput},
};
use crate::{
    auth::Secret,
    domain::{
        AuditEvent, Permission,
        assessment::{Assessment, AssessmentEvent, AssessmentState, InvitationState},
        delivery::LinkNews,
        due,
        ids::{AssessmentId, ContactId, InvitationId, RespondentId, TenantId, VendorId},
        job::Job,
        respondent::{Invitation, Respondent, RespondentRole, giving_way},
    },
    store::{self, WriteTx, respondents as rows},
};
use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use uuid::Uuid;

/// When the next reminder can go to a person who was reminded at this time.
#[must_use]
pub fn next_reminder(last: DateTime<Utc>) -> DateTime<Utc> {
    last + Duration::hours(24)
}

/// A freshly minted secret, on its way into one mail.
#[derive(Clone, Debug)]
pub struct MintedLink {
    /// The row of the secret: [`mark_mailed`] with it once the mail server took the mail.
    pub secret: Uuid,
    /// The whole address, with the secret in the fragment.
    pub url: String,
    /// The same secret in groups of four, to type.
    pub access_code: String,
}

/// Mints one more secret for an active invitation. At most ten live at once: one whose mail was never sent gives way
/// first, then the oldest. Only the hash is stored. None when the invitation is not active any more, or was reissued since
/// its `generation` was read: the address that belongs to the new one may be another.
///
/// # Errors
/// When the database cannot be written.
pub async fn mint_link_secret(
    system: &SystemCtx,
    tenant: TenantId,
    invitation: InvitationId,
    generation: i32,
) -> Result<Option<MintedLink>> {
    let services = system.services();
    let now = services.now();
    let mut tx = services.database.tenant(tenant).begin_write().await?;
    let Some(invitation) = rows::invitation(&tx, invitation).await? else { return Ok(None) };
    if invitation.state != InvitationState::Active || invitation.generation != generation {
        return Ok(None);
    }
    let live = rows::live_secrets(&tx, invitation.id, invitation.generation).await?;
    rows::delete_secrets(&mut tx, &giving_way(&live)).await?;
    let secret = Secret::for_link(&services.surroundings);
    let id = services.surroundings.uuid();
    rows::insert_secret(&mut tx, id, &invitation, secret.hash(), now).await?;
    tx.commit_unaudited("link secret minted").await?;
    Ok(Some(MintedLink {
        secret: id,
        url: format!("{}/q/{}#{}", services.base_url, invitation.link_id, secret.reveal()),
        access_code: secret.grouped(),
    }))
}

/// An invitation for a respondent, made when an assessment is sent or somebody is added.
pub(super) async fn invite(
    tx: &mut WriteTx,
    services: &Services,
    assessment: AssessmentId,
    respondent: &Respondent,
    ends_at: DateTime<Utc>,
) -> Result<Invitation> {
    let now = services.now();
    let invitation = Invitation {
        id: services.surroundings.id(),
        assessment_id: assessment,
        respondent_id: respondent.id,
        // 80 random bits: an address to look up by, which nobody can walk through.
        link_id: hex::encode(services.surroundings.bytes::<10>()),
        generation: 1,
        state: InvitationState::Active,
        code_verified_at: None,
        ends_at,
        created_at: now,
        closed_at: None,
        version: 1,
    };
    rows::insert_invitation(tx, &invitation).await?;
    let job = Job::MailInvitation { invitation: invitation.id };
    deliveries::queue_mail(tx, services, &job, &Recipient::respondent(respondent), None).await?;
    Ok(invitation)
}

/// The leads of an assessment whose links work, with their invitations. What concerns the whole of it is told to them;
/// the helpers whom they invited hear of their own links, and what somebody reminds them of.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn active_leads(tx: &WriteTx, id: AssessmentId) -> Result<Vec<(Respondent, Invitation)>> {
    let respondents = rows::respondents(tx, id).await?;
    let invitations = rows::invitations(tx, id).await?;
    Ok(invitations
        .into_iter()
        .filter(|invitation| invitation.state == InvitationState::Active)
        .filter_map(|invitation| {
            let respondent =
                respondents.iter().find(|respondent| respondent.id == invitation.respondent_id)?;
            let lead = respondent.role == RespondentRole::Lead;
            lead.then(|| (respondent.clone(), invitation))
        })
        .collect())
}

/// Refuses when none of these people would get a mail.
///
/// # Errors
/// [`UseCaseError::StateConflict`], which says what to do about it.
pub(super) async fn refuse_unreachable(tx: &WriteTx, recipients: &[(Respondent, Invitation)]) -> Result<()> {
    if recipients.is_empty() {
        return Err(UseCaseError::conflict(
            "Nobody at the vendor has a link that works. Add a person on the assessment's page first.",
        ));
    }
    for (respondent, _) in recipients {
        if !deliveries::is_refused(tx, respondent).await? {
            return Ok(());
        }
    }
    Err(UseCaseError::conflict(
        "Mail to everybody at the vendor was refused. Correct an address of a contact, or add a person on the \
         assessment's page first.",
    ))
}

/// Ends active invitations: their secrets, sessions, remembered and waiting browsers die with them.
pub(super) async fn end_invitations(
    tx: &mut WriteTx,
    invitations: &[Invitation],
    state: InvitationState,
    now: DateTime<Utc>,
) -> Result<usize> {
    let active: Vec<&Invitation> =
        invitations.iter().filter(|i| i.state == InvitationState::Active).collect();
    for invitation in &active {
        let ended = Invitation { state, closed_at: Some(now), ..(*invitation).clone() };
        rows::update_invitation(tx, &ended).await?;
        rows::kill(tx, invitation.id, now).await?;
    }
    Ok(active.len())
}

/// Closes every active link of a vendor.
pub(super) async fn close_links_of_vendor(
    tx: &mut WriteTx,
    vendor: VendorId,
    now: DateTime<Utc>,
) -> Result<usize> {
    let active = rows::active_of_vendor(tx, vendor).await?;
    end_invitations(tx, &active, InvitationState::Closed, now).await
}

/// Extends links: active ones end later; expired and closed ones are active again with a new link. Revoked ones stay
/// revoked. Everybody whose link changed by it is told the news; those whose link went on working hear only what
/// concerns them: a new due day, or answers that are open again.
pub(super) async fn extend_invitations(
    tx: &mut WriteTx,
    services: &Services,
    assessment: AssessmentId,
    ends_at: DateTime<Utc>,
    news: LinkNews,
) -> Result<()> {
    let respondents = rows::respondents(&*tx, assessment).await?;
    for invitation in rows::invitations(&*tx, assessment).await? {
        let id = invitation.id;
        let respondent = respondents.iter().find(|r| r.id == invitation.respondent_id);
        let tell = match invitation.state {
            InvitationState::Active => {
                rows::update_invitation(tx, &Invitation { ends_at, ..invitation }).await?;
                news != LinkNews::Reopened
            }
            InvitationState::Expired | InvitationState::Closed => {
                let again = Invitation {
                    ends_at,
                    generation: invitation.generation + 1,
                    state: InvitationState::Active,
                    closed_at: None,
                    ..invitation
                };
                rows::update_invitation(tx, &again).await?;
                true
            }
            InvitationState::Revoked => false,
        };
        if let Some(respondent) = respondent.filter(|_| tell) {
            let job = Job::MailFreshLink { invitation: id, news };
            deliveries::queue_mail(tx, services, &job, &Recipient::respondent(respondent), None).await?;
        }
    }
    Ok(())
}

pub(super) async fn respondent_of(
    tx: &WriteTx,
    assessment: AssessmentId,
    respondent: RespondentId,
) -> Result<(Respondent, Invitation)> {
    let found = rows::respondent(tx, respondent).await?;
    let respondent = found.filter(|r| r.assessment_id == assessment).ok_or(UseCaseError::NotFound)?;
    let invitations = rows::invitations(tx, assessment).await?;
    let invitation = invitations.into_iter().find(|i| i.respondent_id == respondent.id);
    Ok((respondent, invitation.ok_or(UseCaseError::NotFound)?))
}

fn refuse_unless_active(invitation: &Invitation, name: &str) -> Result<()> {
    match invitation.state {
        InvitationState::Active => Ok(()),
        InvitationState::Revoked => Err(UseCaseError::conflict(format!(
            "The link of {name} was revoked. Add another person instead."
        ))),
        InvitationState::Expired => {
            Err(UseCaseError::conflict(format!("The link of {name} has ended. Extend the due date first.")))
        }
        InvitationState::Closed => Err(UseCaseError::conflict(format!("The link of {name} is closed."))),
    }
}

/// Reminds a respondent of an assessment that is open to them. `key` makes a repeated form harmless.
///
/// # Errors
/// [`UseCaseError::StateConflict`] when there is nothing to answer, the link does not work, or a reminder went to the
/// same person less than a day ago.
pub async fn remind(ctx: &Ctx, assessment: AssessmentId, respondent: RespondentId, key: &str) -> Result<()> {
    ctx.require(Permission::SendAssessments)?;
    let mut tx = ctx.begin_write().await?;
    let request = json!([assessment, respondent]);
    if once(&mut tx, ctx, "respondent.remind", key, &request, &json!(null)).await? != Once::First {
        return Ok(());
    }
    let found = load(&tx, assessment).await?;
    if !found.state.open_to_vendor() {
        return Err(UseCaseError::conflict(format!(
            "Nothing waits for the vendor: the assessment is {}.",
            found.state.label().to_lowercase()
        )));
    }
    let (respondent, invitation) = respondent_of(&tx, assessment, respondent).await?;
    refuse_unless_active(&invitation, &respondent.name)?;
    refuse_suppressed(&tx, respondent.contact_id).await?;
    let last = store::deliveries::last_of_kind(&tx, respondent.id, "mail_reminder").await?;
    if let Some(last) = last.filter(|last| ctx.now() < next_reminder(*last)) {
        return Err(UseCaseError::conflict(format!(
            "{} was reminded on {}. The next reminder can go on {}.",
            respondent.name,
            due::short_instant(ctx.tenant().zone, last),
            due::short_instant(ctx.tenant().zone, next_reminder(last)),
        )));
    }
    let job = Job::MailReminder { invitation: invitation.id };
    let dedup = format!("reminder:{}", invitation.id);
    deliveries::queue_mail(&mut tx, ctx.services(), &job, &Recipient::respondent(&respondent), Some(dedup))
        .await?;
    tx.commit(ctx.event("respondent.reminded", "respondent", respondent.id).on_assessment(assessment))
        .await?;
    Ok(())
}

async fn refuse_suppressed(tx: &WriteTx, contact: ContactId) -> Result<()> {
    let contact = store::vendors::contact(tx, contact).await?.ok_or(UseCaseError::NotFound)?;
    match contact.refused_reason {
        Some(reason) => Err(UseCaseError::conflict(format!(
            "Mail to {} was refused: {reason} Correct the address of the contact first, or add another person.",
            contact.email
        ))),
        None => Ok(()),
    }
}

/// Reissues a respondent's link: the old secrets, sessions, remembered and waiting browsers die at once, and a new
/// link is mailed to the contact's present address. `key` makes a repeated form harmless.
///
/// # Errors
/// [`UseCaseError::StateConflict`] when the link is not active or mail to the address was refused.
pub async fn reissue(ctx: &Ctx, assessment: AssessmentId, respondent: RespondentId, key: &str) -> Result<()> {
    ctx.require(Permission::SendAssessments)?;
    let mut tx = ctx.begin_write().await?;
    let request = json!([assessment, respondent]);
    if once(&mut tx, ctx, "invitation.reissue", key, &request, &json!(null)).await? != Once::First {
        return Ok(());
    }
    load(&tx, assessment).await?;
    let (respondent, invitation) = respondent_of(&tx, assessment, respondent).await?;
    refuse_unless_active(&invitation, &respondent.name)?;
    refuse_suppressed(&tx, respondent.contact_id).await?;
    let respondent = follow_contact(&mut tx, respondent).await?;
    rows::kill(&mut tx, invitation.id, ctx.now()).await?;
    let (id, generation) = (invitation.id, invitation.generation + 1);
    rows::update_invitation(&mut tx, &Invitation { generation, ..invitation }).await?;
    let job = Job::MailFreshLink { invitation: id, news: LinkNews::Reissued };
    deliveries::queue_mail(&mut tx, ctx.services(), &job, &Recipient::respondent(&respondent), None).await?;
    let event = ctx
        .event("invitation.reissued", "respondent", respondent.id)
        .on_assessment(assessment)
        .after(json!({"generation": generation}));
    tx.commit(event).await?;
    Ok(())
}

/// A contact's corrected address holds for a respondent from the next reissue on.
async fn follow_contact(tx: &mut WriteTx, respondent: Respondent) -> Result<Respondent> {
    let contact =
        store::vendors::contact(&*tx, respondent.contact_id).await?.ok_or(UseCaseError::NotFound)?;
    if contact.email == respondent.email && contact.name == respondent.name {
        return Ok(respondent);
    }
    let updated = Respondent { name: contact.name, email: contact.email, ..respondent };
    rows::update_respondent(tx, &updated).await?;
    Ok(updated)
}

/// Revokes a respondent's link at once and for good, and those of the colleagues whom they invited.
///
/// # Errors
/// [`UseCaseError::Invalid`] without a reason; [`UseCaseError::StateConflict`] when it is not active.
pub async fn revoke(
    ctx: &Ctx,
    assessment: AssessmentId,
    respondent: RespondentId,
    reason: &str,
) -> Result<()> {
    ctx.require(Permission::SendAssessments)?;
    let mut faults = Faults::default();
    let reason = faults.required("reason", "the reason", reason, 500);
    faults.finish()?;
    let mut tx = ctx.begin_write().await?;
    // Whoever invites a colleague meanwhile waits, and then finds their own link revoked.
    store::answers::lock(&tx, assessment).await?;
    let (respondent, invitation) = respondent_of(&tx, assessment, respondent).await?;
    refuse_unless_active(&invitation, &respondent.name)?;
    let colleagues: Vec<RespondentId> = rows::respondents(&tx, assessment)
        .await?
        .into_iter()
        .filter(|one| one.invited_by == Some(respondent.id))
        .map(|one| one.id)
        .collect();
    let mut ended = vec![invitation];
    if !colleagues.is_empty() {
        let all = rows::invitations(&tx, assessment).await?.into_iter();
        ended.extend(all.filter(|one| colleagues.contains(&one.respondent_id)));
    }
    end_invitations(&mut tx, &ended, InvitationState::Revoked, ctx.now()).await?;
    let event = ctx
        .event("invitation.revoked", "respondent", respondent.id)
        .on_assessment(assessment)
        .after(json!({"reason": reason, "colleagues": colleagues}));
    tx.commit(event).await?;
    Ok(())
}

/// Who to add to an assessment: a contact of the vendor, or somebody new.
#[derive(Clone, Debug, Default)]
pub struct AddRespondent {
    /// A contact that the vendor has.
    pub contact: Option<ContactId>,
    /// Somebody new, when no contact is chosen.
    pub new: ContactInput,
}

/// Adds one more lead to an assessment that was sent; answers given so far stay. A helper becomes one, also one whose
/// link was revoked. `key` makes a repeated form harmless.
///
/// # Errors
/// [`UseCaseError::StateConflict`] when the assessment is not open, or the person is in it already.
pub async fn add(
    ctx: &Ctx,
    assessment: AssessmentId,
    input: &AddRespondent,
    key: &str,
) -> Result<RespondentId> {
    ctx.require(Permission::SendAssessments)?;
    let mut tx = ctx.begin_write().await?;
    let id: RespondentId = ctx.id();
    let new = &input.new;
    let request = json!([assessment, input.contact, new.name, new.email, new.job_title]);
    if let Once::Before(response) = once(&mut tx, ctx, "respondent.add", key, &request, &json!(id)).await? {
        return serde_json::from_value(response).map_err(UseCaseError::internal);
    }
    let found = load(&tx, assessment).await?;
    let Some(ends_at) = found.link_ends_at.filter(|_| may_be_added(found.state)) else {
        return Err(UseCaseError::conflict(format!(
            "Nobody can be added: the assessment is {}.",
            found.state.label().to_lowercase()
        )));
    };
    active_vendor(&tx, found.vendor_id).await?;
    let contact = match input.contact {
        Some(id) => {
            let contact = store::vendors::contact(&tx, id).await?;
            contact.filter(|c| c.vendor_id == found.vendor_id).ok_or(UseCaseError::NotFound)?
        }
        None => {
            let fields = ["new_name", "new_email", "new_job_title"];
            vendors::insert_contact(&mut tx, ctx.now(), ctx.id(), found.vendor_id, &input.new, fields).await?
        }
    };
    let present = rows::respondents(&tx, assessment).await?;
    let present = present.into_iter().find(|respondent| respondent.contact_id == contact.id);
    if present.as_ref().is_some_and(|respondent| respondent.role == RespondentRole::Lead) {
        return Err(UseCaseError::conflict(format!(
            "{} has been invited to this assessment already.",
            contact.name
        )));
    }
    refuse_suppressed(&tx, contact.id).await?;
    // After submission the link's own end has no meaning; a person added then gets at least two weeks.
    let ends_at = ends_at.max(ctx.now() + Duration::days(14));
    if let Some(helper) = present {
        let lead = promote(&mut tx, ctx.services(), helper, ends_at).await?;
        let event = ctx.event("respondent.added", "respondent", lead).on_assessment(assessment);
        tx.commit(event.after(json!({"was": RespondentRole::Helper}))).await?;
        return Ok(lead);
    }
    let respondent = Respondent {
        id,
        assessment_id: assessment,
        contact_id: contact.id,
        name: contact.name,
        email: contact.email,
        role: RespondentRole::Lead,
        created_at: ctx.now(),
        invited_by: None,
        ask: None,
    };
    rows::insert_respondent(&mut tx, &respondent).await?;
    invite(&mut tx, ctx.services(), assessment, &respondent, ends_at).await?;
    let event = ctx.event("respondent.added", "respondent", respondent.id).on_assessment(assessment);
    tx.commit(event).await?;
    Ok(id)
}

/// Makes a helper a lead, and mails them an invitation; a link that had ended works again, with a new secret.
async fn promote(
    tx: &mut WriteTx,
    services: &Services,
    helper: Respondent,
    ends_at: DateTime<Utc>,
) -> Result<RespondentId> {
    let (helper, invitation) = respondent_of(tx, helper.assessment_id, helper.id).await?;
    let lead = Respondent { role: RespondentRole::Lead, invited_by: None, ..helper };
    rows::update_respondent(tx, &lead).await?;
    let ended = invitation.state != InvitationState::Active;
    let again = Invitation {
        generation: invitation.generation + i32::from(ended),
        state: InvitationState::Active,
        ends_at: ends_at.max(invitation.ends_at),
        closed_at: None,
        ..invitation
    };
    rows::update_invitation(tx, &again).await?;
    let job = Job::MailInvitation { invitation: again.id };
    deliveries::queue_mail(tx, services, &job, &Recipient::respondent(&lead), None).await?;
    Ok(lead.id)
}

/// Whether somebody may be added while an assessment is in this state.
#[must_use]
pub const fn may_be_added(state: AssessmentState) -> bool {
    matches!(
        state,
        AssessmentState::Sent
            | AssessmentState::InProgress
            | AssessmentState::Submitted
            | AssessmentState::InReview
            | AssessmentState::Returned
            | AssessmentState::Decided
    )
}

/// What a run of [`expire_assessments`] ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Assessments whose links reached their end.
    pub expired: usize,
    /// Decided assessments whose links closed 30 days later.
    pub closed: usize,
}

/// Ends what has reached its end, in every tenant: links of open assessments past the link's end, and links of
/// assessments decided 30 days ago with no open finding or clarification. One transaction per assessment.
///
/// # Errors
/// When the database cannot be read or written; what was done before stays done.
pub async fn expire_assessments(system: &SystemCtx) -> Result<Expired> {
    let database = &system.services().database;
    let mut ended = Expired::default();
    for tenant in store::accounts::tenants(database).await? {
        let scope = database.tenant(tenant.id);
        let now = system.now();
        for id in store::assessments::past_link_end(&scope, now).await? {
            let mut tx = scope.begin_write().await?;
            let found = load(&tx, id).await?;
            // Somebody may have extended or submitted it since the list was read.
            let past = found.link_ends_at.is_some_and(|end| now >= end);
            let Some(state) = found.state.after(AssessmentEvent::Expire).ok().filter(|_| past) else {
                continue;
            };
            let invitations = rows::invitations(&tx, id).await?;
            end_invitations(&mut tx, &invitations, InvitationState::Expired, now).await?;
            let before = found.state;
            let expired = Assessment { state, state_before_expiry: Some(before), ..found };
            store::assessments::update(&mut tx, &expired).await?;
            tx.commit(
                system
                    .event("assessment.expired", "assessment", id)
                    .on_assessment(id)
                    .before(json!({"state": before})),
            )
            .await?;
            ended.expired += 1;
        }
        for id in store::assessments::closable(&scope, now - Duration::days(30)).await? {
            let mut tx = scope.begin_write().await?;
            let invitations = rows::invitations(&tx, id).await?;
            if end_invitations(&mut tx, &invitations, InvitationState::Closed, now).await? == 0 {
                continue;
            }
            let event: AuditEvent =
                system.event("assessment.links_closed", "assessment", id).on_assessment(id);
            tx.commit(event).await?;
            ended.closed += 1;
        }
    }
    Ok(ended)
}
