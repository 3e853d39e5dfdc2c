//! Rows of risk acceptances.

use super::{error::StoreError, tenant_scope::Scoped, write_tx::WriteTx};
use crate::domain::{
    acceptance::{AcceptanceState, RiskAcceptance},
    ids::{AcceptanceId, FindingId, UserId},
};
use entity::risk_acceptance::{self, Column as C};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, Set};

fn acceptance_of(row: risk_acceptance::Model) -> Result<RiskAcceptance, StoreError> {
    let state = AcceptanceState::parse(&row.state);
    Ok(RiskAcceptance {
        state: state.ok_or_else(|| StoreError::corrupt("risk_acceptance", "state", row.id))?,
        id: AcceptanceId(row.id),
        finding_id: FindingId(row.finding_id),
        reason: row.reason,
        compensating: row.compensating,
        ends_on: row.ends_on,
        requested_by: UserId(row.requested_by),
        requested_at: row.requested_at,
        decided_by: row.decided_by.map(UserId),
        decided_at: row.decided_at,
        end_reason: row.end_reason,
        version: row.version,
    })
}

fn acceptance_row(tx: &WriteTx, acceptance: &RiskAcceptance) -> risk_acceptance::ActiveModel {
    risk_acceptance::ActiveModel {
        id: Set(acceptance.id.0),
        tenant_id: Set(tx.tenant_id().0),
        finding_id: Set(acceptance.finding_id.0),
        state: Set(acceptance.state.to_string()),
        reason: Set(acceptance.reason.clone()),
        compensating: Set(acceptance.compensating.clone()),
        ends_on: Set(acceptance.ends_on),
        requested_by: Set(acceptance.requested_by.0),
        requested_at: Set(acceptance.requested_at),
        decided_by: Set(acceptance.decided_by.map(|id| id.0)),
        decided_at: Set(acceptance.decided_at),
        end_reason: Set(acceptance.end_reason.clone()),
        version: Set(acceptance.version),
    }
}

/// The acceptances of a finding, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn of_finding(s: &impl Scoped, finding: FindingId) -> Result<Vec<RiskAcceptance>, StoreError> {
    let rows = s.find::<risk_acceptance::Entity>().filter(C::FindingId.eq(finding.0)).order_by_desc(C::Id);
    rows.all(s.connection()).await?.into_iter().map(acceptance_of).collect()
}

/// The findings whose acceptance waits for this user, who did not ask for it, in a query on findings.
pub(super) fn waiting(s: &impl Scoped, approver: UserId) -> SelectStatement {
    let waits = C::State.eq(AcceptanceState::Requested.as_str());
    s.find::<risk_acceptance::Entity>()
        .filter(waits)
        .filter(C::RequestedBy.ne(approver.0))
        .select_only()
        .column(C::FindingId)
        .into_query()
}

/// Inserts an acceptance.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert(tx: &mut WriteTx, acceptance: &RiskAcceptance) -> Result<(), StoreError> {
    let row = acceptance_row(tx, acceptance);
    tx.insert::<risk_acceptance::Entity>(row).await
}

/// Saves an acceptance that was read at `acceptance.version`.
///
/// # Errors
/// [`StoreError::VersionConflict`] when somebody saved in between.
pub async fn save(tx: &mut WriteTx, acceptance: &RiskAcceptance) -> Result<(), StoreError> {
    let row = acceptance_row(tx, acceptance);
    tx.save::<risk_acceptance::Entity>(row, acceptance.version).await
}
