//! Rows of decisions.

use super::{error::StoreError, tenant_scope::Scoped, write_tx::WriteTx};
use crate::domain::{
    assessment::Outcome,
    ids::{AssessmentId, DecisionId, SnapshotId, UserId},
    remediation::Decision,
};
use entity::{decision, user_account};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, Set};

fn decision_of(row: decision::Model, user: Option<user_account::Model>) -> Result<Decision, StoreError> {
    Ok(Decision {
        outcome: Outcome::parse(&row.outcome)
            .ok_or_else(|| StoreError::corrupt("decision", "outcome", row.id))?,
        id: DecisionId(row.id),
        number: row.number,
        conditions: row.conditions,
        summary: row.summary,
        next_review_on: row.next_review_on,
        snapshot_id: row.snapshot_id.map(SnapshotId),
        decided_by: UserId(row.decided_by),
        decided_by_name: user.map(|user| user.name).unwrap_or_default(),
        decided_at: row.decided_at,
    })
}

/// The newest decision of an assessment; it holds while the assessment is decided.
///
/// # Errors
/// When the database does not answer.
pub async fn latest(s: &impl Scoped, assessment: AssessmentId) -> Result<Option<Decision>, StoreError> {
    let found = s
        .find::<decision::Entity>()
        .filter(decision::Column::AssessmentId.eq(assessment.0))
        .order_by_desc(decision::Column::Number)
        .find_also_related(user_account::Entity)
        .one(s.connection())
        .await?;
    found.map(|(row, user)| decision_of(row, user)).transpose()
}

/// Inserts a decision.
///
/// # Errors
/// [`StoreError::Duplicate`] when another decision took the number.
pub async fn insert(tx: &mut WriteTx, assessment: AssessmentId, new: &Decision) -> Result<(), StoreError> {
    tx.insert::<decision::Entity>(decision::ActiveModel {
        id: Set(new.id.0),
        tenant_id: Set(tx.tenant_id().0),
        assessment_id: Set(assessment.0),
        number: Set(new.number),
        outcome: Set(new.outcome.to_string()),
        conditions: Set(new.conditions.clone()),
        summary: Set(new.summary.clone()),
        next_review_on: Set(new.next_review_on),
        snapshot_id: Set(new.snapshot_id.map(|id| id.0)),
        decided_by: Set(new.decided_by.0),
        decided_at: Set(new.decided_at),
    })
    .await
}
