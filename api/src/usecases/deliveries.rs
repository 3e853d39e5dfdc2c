//! Mail: queueing it with the act that causes it, and recording what became of it. Every slice queues through
//! [`queue_mail`], so that each mail has a row that pages can show; `mail_content.rs` says what stands in it.

use super::{Result, Services, SystemCtx, UseCaseError};
use crate::{
    domain::{
        assessment::Assessment,
        delivery::{Attempt, Delivery, DeliveryOutcome},
        ids::{AssessmentId, DeliveryId, InvitationId, JobId, RespondentId, TenantId, UserId},
        job::Job,
        respondent::{Invitation, Respondent},
    },
    store::{self, TenantScope, WriteTx},
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

/// Queues a mail to people who answer, as [`super::respondents::active_leads`] finds them. `occasion` says what it is
/// about, so that one occasion tells nobody twice.
///
/// # Errors
/// When the database cannot be written.
pub(super) async fn tell_respondents(
    tx: &mut WriteTx,
    services: &Services,
    people: &[(Respondent, Invitation)],
    job: impl Fn(InvitationId) -> Job,
    occasion: &str,
) -> Result<()> {
    for (respondent, invitation) in people {
        let to = Recipient::respondent(respondent);
        queue_mail(tx, services, &job(invitation.id), &to, Some(format!("{occasion}:{}", invitation.id)))
            .await?;
    }
    Ok(())
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

/// The mails of an assessment, newest first.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn of_assessment(scope: &TenantScope, id: AssessmentId) -> Result<Vec<Delivery>> {
    Ok(store::deliveries::of_assessment(scope, id).await?)
}
