//! Living with a finding for a time: asked for by one user, approved by another, and ended by its last day.
//!
//! An acceptance changes the state of its finding and what is recommended, never a score (`scoring.md`, "Recommendation").

use super::{
    Ctx, Result, SystemCtx, UseCaseError,
    error::Faults,
    findings::{at_version, required_reason},
    reviews::MAX_WORDS,
};
use crate::{
    domain::{
        AuditEvent, Permission,
        acceptance::{AcceptanceEvent, AcceptanceState, LONGEST_DAYS, RiskAcceptance},
        answer, due,
        finding::{FindingEvent, FindingState},
        ids::FindingId,
        remediation::Finding,
    },
    store::{self, WriteTx, acceptances as rows, findings as finding_rows},
};
use chrono::{Days, NaiveDate};
use serde_json::json;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct RequestAcceptance {
    /// Why the risk can be lived with.
    pub reason: String,
    /// What limits the risk meanwhile.
    pub compensating: String,
    /// The last day, `YYYY-MM-DD`.
    pub ends_on: String,
    /// Of the finding.
    pub version: i64,
}

fn last_day(faults: &mut Faults, text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let Some(day) = answer::day(text.trim()) else {
        faults.add("ends_on", "not_a_date", "Enter the last day as a date, such as 2027-06-30");
        return None;
    };
    if day <= today {
        faults.add("ends_on", "in_the_past", "The last day has to lie ahead");
    } else if day > today + Days::new(LONGEST_DAYS) {
        faults.add("ends_on", "too_far", "A risk is accepted for at most a year; then somebody looks again");
    }
    Some(day)
}

async fn waiting(tx: &WriteTx, finding: FindingId) -> Result<Option<RiskAcceptance>> {
    let all = rows::of_finding(tx, finding).await?;
    Ok(all.into_iter().find(|one| one.state == AcceptanceState::Requested))
}

async fn waiting_at(
    ctx: &Ctx,
    tx: &WriteTx,
    id: FindingId,
    version: i64,
) -> Result<(Finding, RiskAcceptance)> {
    ctx.require(Permission::Decide)?;
    let finding = at_version(tx, id, version).await?;
    let asked = waiting(tx, id).await?;
    let none = || UseCaseError::conflict("No acceptance of this finding waits for an answer.");
    Ok((finding, asked.ok_or_else(none)?))
}

fn event(ctx: &Ctx, act: &'static str, acceptance: &RiskAcceptance, finding: &Finding) -> AuditEvent {
    ctx.event(act, "risk_acceptance", acceptance.id).on_assessment(finding.assessment_id).after(json!({
        "finding": finding.id, "question": finding.question, "state": acceptance.state, "ends_on": acceptance.ends_on,
        "reason": acceptance.end_reason.as_ref().unwrap_or(&acceptance.reason),
    }))
}

/// Asks that a finding is lived with until a day. Nothing changes until somebody else approves it.
///
/// # Errors
/// [`UseCaseError::Invalid`] with every fault; [`UseCaseError::StateConflict`] when the finding cannot be accepted in
/// its state, or an acceptance waits already; [`UseCaseError::VersionConflict`].
pub async fn request(ctx: &Ctx, id: FindingId, input: RequestAcceptance) -> Result<()> {
    ctx.require(Permission::ManageFindings)?;
    let mut faults = Faults::default();
    let reason = faults.required("reason", "why the risk can be accepted", &input.reason, MAX_WORDS);
    let limits = Some(input.compensating.as_str());
    let compensating = faults.optional("compensating", "what limits the risk", limits, MAX_WORDS);
    let ends_on = last_day(&mut faults, &input.ends_on, ctx.today());
    faults.finish()?;
    let Some(ends_on) = ends_on else { return Err(UseCaseError::NotFound) };
    let mut tx = ctx.begin_write().await?;
    let finding = at_version(&tx, id, input.version).await?;
    finding.state.after(FindingEvent::Accept)?;
    if waiting(&tx, id).await?.is_some() {
        return Err(UseCaseError::conflict("An acceptance of this finding waits for an answer already."));
    }
    let asked = RiskAcceptance {
        id: ctx.id(),
        finding_id: id,
        state: AcceptanceState::Requested,
        reason,
        compensating,
        ends_on,
        requested_by: ctx.user().id,
        requested_at: ctx.now(),
        decided_by: None,
        decided_at: None,
        end_reason: None,
        version: 1,
    };
    rows::insert(&mut tx, &asked).await?;
    // The same form sent twice asks once: the second one is of a version that is over.
    finding_rows::save(&mut tx, &finding).await?;
    tx.commit(event(ctx, "risk_acceptance.requested", &asked, &finding)).await?;
    Ok(())
}

/// Approves what somebody else asked for: the finding is accepted until the last day.
///
/// # Errors
/// [`UseCaseError::StateConflict`] for one's own request (Z-13), when the finding cannot be accepted in its state, and
/// when the last day is over; [`UseCaseError::VersionConflict`].
pub async fn approve(ctx: &Ctx, id: FindingId, version: i64) -> Result<()> {
    let mut tx = ctx.begin_write().await?;
    let (mut finding, asked) = waiting_at(ctx, &tx, id, version).await?;
    if asked.requested_by == ctx.user().id {
        return Err(UseCaseError::conflict(
            "You asked for this acceptance, so somebody else has to approve it.",
        ));
    }
    if asked.ends_on < ctx.today() {
        return Err(UseCaseError::conflict(format!(
            "It was asked for until {}, which is over. Reject it, and ask for a later day.",
            due::long_day(asked.ends_on)
        )));
    }
    let before = finding.state;
    finding.state = before.after(FindingEvent::Accept)?;
    finding.accepted_until = Some(asked.ends_on);
    let approved = decided(ctx, asked, AcceptanceEvent::Approve, None)?;
    rows::save(&mut tx, &approved).await?;
    finding_rows::save(&mut tx, &finding).await?;
    let event = event(ctx, "risk_acceptance.approved", &approved, &finding);
    tx.commit(event.before(json!({"finding_state": before}))).await?;
    Ok(())
}

/// Does not agree to what was asked for; who asked may take it back so, too.
///
/// # Errors
/// [`UseCaseError::Invalid`] without a reason; [`UseCaseError::StateConflict`] when nothing waits;
/// [`UseCaseError::VersionConflict`].
pub async fn reject(ctx: &Ctx, id: FindingId, version: i64, reason: &str) -> Result<()> {
    let reason = required_reason(reason)?;
    let mut tx = ctx.begin_write().await?;
    let (finding, asked) = waiting_at(ctx, &tx, id, version).await?;
    let rejected = decided(ctx, asked, AcceptanceEvent::Reject, Some(reason))?;
    rows::save(&mut tx, &rejected).await?;
    finding_rows::save(&mut tx, &finding).await?;
    tx.commit(event(ctx, "risk_acceptance.rejected", &rejected, &finding)).await?;
    Ok(())
}

/// Ends an acceptance before its last day: the finding is open again.
///
/// # Errors
/// [`UseCaseError::Invalid`] without a reason; [`UseCaseError::StateConflict`] unless the finding is accepted;
/// [`UseCaseError::VersionConflict`].
pub async fn revoke(ctx: &Ctx, id: FindingId, version: i64, reason: &str) -> Result<()> {
    ctx.require(Permission::Decide)?;
    let reason = required_reason(reason)?;
    let mut tx = ctx.begin_write().await?;
    let finding = at_version(&tx, id, version).await?;
    let (finding, ended) = end(&mut tx, finding, AcceptanceEvent::Revoke, Some(reason)).await?;
    tx.commit(event(ctx, "risk_acceptance.revoked", &ended, &finding)).await?;
    Ok(())
}

fn decided(
    ctx: &Ctx,
    asked: RiskAcceptance,
    step: AcceptanceEvent,
    end_reason: Option<String>,
) -> Result<RiskAcceptance> {
    let (decided_by, decided_at) = (Some(ctx.user().id), Some(ctx.now()));
    Ok(RiskAcceptance { state: stepped(&asked, step)?, decided_by, decided_at, end_reason, ..asked })
}

fn stepped(acceptance: &RiskAcceptance, step: AcceptanceEvent) -> Result<AcceptanceState> {
    let state = acceptance.state.label().to_lowercase();
    let refused = || UseCaseError::conflict(format!("This acceptance cannot take that step: {state}."));
    acceptance.state.after(step).ok_or_else(refused)
}

/// Opens an accepted finding again and ends its acceptance; gives both as they are now.
async fn end(
    tx: &mut WriteTx,
    mut finding: Finding,
    step: AcceptanceEvent,
    end_reason: Option<String>,
) -> Result<(Finding, RiskAcceptance)> {
    finding.state = finding.state.after(FindingEvent::EndAcceptance)?;
    finding.accepted_until = None;
    let all = rows::of_finding(&*tx, finding.id).await?;
    let held = all.into_iter().find(|one| one.state == AcceptanceState::Approved);
    let held = held.ok_or(UseCaseError::NotFound)?;
    let ended = RiskAcceptance { state: stepped(&held, step)?, end_reason, ..held };
    rows::save(tx, &ended).await?;
    finding_rows::save(tx, &finding).await?;
    Ok((finding, ended))
}

/// Ends every acceptance whose last day is over, in every tenant, and gives how many. One transaction for each.
///
/// # Errors
/// When the database cannot be read or written; what was done before stays done.
pub async fn expire(system: &SystemCtx) -> Result<usize> {
    let database = &system.services().database;
    let mut ended = 0;
    for tenant in store::accounts::tenants(database).await? {
        let scope = database.tenant(tenant.id);
        let zone = due::time_zone(&tenant.time_zone)
            .ok_or_else(|| UseCaseError::internal(format!("unknown time zone {}", tenant.time_zone)))?;
        let today = due::day_in(zone, system.now());
        for id in finding_rows::acceptance_over(&scope, today).await? {
            let mut tx = scope.begin_write().await?;
            let finding = finding_rows::finding(&tx, id).await?.ok_or(UseCaseError::NotFound)?;
            // Somebody may have revoked it since the list was read.
            let over = finding.accepted_until.is_some_and(|last| last < today);
            if finding.state != FindingState::Accepted || !over {
                continue;
            }
            let (finding, expired) = end(&mut tx, finding, AcceptanceEvent::Expire, None).await?;
            let event = system.event("risk_acceptance.expired", "risk_acceptance", expired.id);
            let event = event.on_assessment(finding.assessment_id);
            tx.commit(event.after(json!({
                "finding": finding.id, "question": finding.question, "ends_on": expired.ends_on,
            })))
            .await?;
            ended += 1;
        }
    }
    Ok(ended)
}
