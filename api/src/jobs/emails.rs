//! Sending one mail: prepare (content gathered, secrets minted), render, hand to the mail server, record.

use super::worker::Ran;
use crate::{
    domain::{delivery::Attempt, ids::TenantId},
    mail::{EmailAddress, Mailer, MessageId, OutgoingMail, SendOutcome, backoff, header_text},
    render::Renderer,
    store::job_queue::Claimed,
    usecases::{
        SystemCtx, UseCaseError, deliveries,
        mail_content::{self, PreparedMail},
    },
};
use chrono::Duration;

/// Runs a mail job; says whether it is done, due again, or given up.
///
/// # Errors
/// When the database does not answer or a template does not render; the worker tries such a job again.
pub async fn send(
    system: &SystemCtx,
    mailer: &Mailer,
    renderer: &Renderer,
    claimed: &Claimed,
) -> Result<Ran, UseCaseError> {
    let tenant = claimed.tenant.ok_or_else(|| UseCaseError::internal("a mail without a tenant"))?;
    if claimed.cut_off
        && let Some(ran) = after_cut(system, tenant, claimed).await?
    {
        return Ok(ran);
    }
    let Some(prepared) = mail_content::prepare(system, tenant, claimed.id, &claimed.job).await? else {
        deliveries::record(system, tenant, claimed.id, None, None, &Attempt::NotNeeded).await?;
        return Ok(Ran::Done);
    };
    let rendered = renderer.mail_content(&prepared.content).map_err(UseCaseError::internal)?;
    let subject = rendered.subject.clone();
    let outcome = match envelope(system, &prepared, rendered) {
        Ok(mail) => {
            let clock = system.clone();
            mailer.send(&mail, move || clock.now()).await
        }
        Err(reason) => SendOutcome::Permanent { reason, code: None, suppress_address: false },
    };
    let desk = Desk { system, tenant, claimed, subject: &subject, prepared: &prepared };
    desk.settle(outcome).await
}

/// What becomes of a mail whose sending a killed process had begun: nothing more when it was recorded as sent, or when
/// it must not come twice. Else it is sent again.
async fn after_cut(
    system: &SystemCtx,
    tenant: TenantId,
    claimed: &Claimed,
) -> Result<Option<Ran>, UseCaseError> {
    if deliveries::is_sent(system, tenant, claimed.id).await? {
        return Ok(Some(Ran::Done));
    }
    if claimed.job.resend_when_ambiguous() {
        return Ok(None);
    }
    let reason = "The service was cut off while it was sending this".to_owned();
    deliveries::record(system, tenant, claimed.id, None, None, &Attempt::Unknown { reason }).await?;
    Ok(Some(Ran::Done))
}

fn envelope(
    system: &SystemCtx,
    prepared: &PreparedMail,
    rendered: crate::render::RenderedMail,
) -> Result<OutgoingMail, String> {
    let address = |text: &str| EmailAddress::parse(text).map_err(|error| error.to_string());
    let id = |text: &str| MessageId::parse(text).map_err(|error| error.to_string());
    let reply_to = match &prepared.reply_to {
        Some((text, name)) => Some((address(text)?, name.clone())),
        None => None,
    };
    Ok(OutgoingMail {
        to: address(&prepared.to_address)?,
        to_name: Some(prepared.to_name.clone()),
        from_name: format!("{} via Assay", header_text(&prepared.from_name)),
        reply_to,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        message_id: id(&prepared.message_id)?,
        references: prepared.thread_id.as_deref().map(id).transpose()?.into_iter().collect(),
        date: system.now(),
    })
}

struct Desk<'a> {
    system: &'a SystemCtx,
    tenant: TenantId,
    claimed: &'a Claimed,
    subject: &'a str,
    prepared: &'a PreparedMail,
}

impl Desk<'_> {
    async fn record(&self, attempt: &Attempt) -> Result<(), UseCaseError> {
        let secret = matches!(attempt, Attempt::Sent).then_some(self.prepared.secret).flatten();
        deliveries::record(self.system, self.tenant, self.claimed.id, Some(self.subject), secret, attempt)
            .await
    }

    /// The policy for each kind of outcome (`docs/operations.md`, "Mail").
    async fn settle(&self, outcome: SendOutcome) -> Result<Ran, UseCaseError> {
        let now = self.system.now();
        match outcome {
            SendOutcome::Sent { .. } => {
                self.record(&Attempt::Sent).await?;
                // A mail got through, so whatever stopped them all is over.
                let services = self.system.services();
                if deliveries::paused(services).await?.is_some() {
                    deliveries::resume(services).await?;
                }
                Ok(Ran::Done)
            }
            SendOutcome::Transient { reason, connection, .. } => self.again(reason, connection).await,
            SendOutcome::Permanent { reason, suppress_address, .. } => {
                self.record(&Attempt::Refused { reason: reason.clone(), suppress_address }).await?;
                Ok(Ran::Dead(reason))
            }
            SendOutcome::TransportPaused { reason } => {
                self.record(&Attempt::Paused { reason: reason.clone() }).await?;
                Ok(Ran::Again(now + Duration::minutes(15), reason))
            }
            SendOutcome::Ambiguous { reason } if self.claimed.job.resend_when_ambiguous() => {
                self.again(reason, false).await
            }
            SendOutcome::Ambiguous { reason } => {
                self.record(&Attempt::Unknown { reason }).await?;
                Ok(Ran::Done)
            }
            SendOutcome::NotTried(wait) => Ok(Ran::Again(wait.until, wait.reason)),
        }
    }

    async fn again(&self, reason: String, connection: bool) -> Result<Ran, UseCaseError> {
        let now = self.system.now();
        let age = now - self.claimed.created_at;
        let tries = u32::try_from(self.claimed.attempts).unwrap_or(1);
        let random = f64::from(self.system.services().surroundings.below(1_000)) / 1_000.0;
        match backoff::next_wait(tries, age, connection, random) {
            Some(wait) => {
                self.record(&Attempt::Deferred { reason: reason.clone() }).await?;
                Ok(Ran::Again(now + wait, reason))
            }
            None => {
                self.record(&Attempt::GivenUp { reason: reason.clone() }).await?;
                Ok(Ran::Dead(reason))
            }
        }
    }
}
