//! Reading the audit trail for the timelines of a vendor or an assessment.

use super::{error::StoreError, tenant_scope::Scoped};
use crate::domain::{
    ids::AssessmentId,
    timeline::{TOLD, TimelineEvent},
};
use entity::audit_event;
use sea_orm::{ColumnTrait as _, Condition, JsonValue, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use uuid::Uuid;

/// Events that timelines tell about any of these records or assessments, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn events(
    s: &impl Scoped,
    records: &[Uuid],
    assessments: &[AssessmentId],
    most: u64,
) -> Result<Vec<TimelineEvent>, StoreError> {
    use audit_event::Column as C;
    let rows = s
        .find::<audit_event::Entity>()
        .filter(
            Condition::any()
                .add(C::RecordId.is_in(records.iter().copied()))
                .add(C::AssessmentId.is_in(assessments.iter().map(|id| id.0))),
        )
        .filter(C::Act.is_in(TOLD.iter().copied()))
        .order_by_desc(C::Seq)
        .limit(most)
        .all(s.connection())
        .await?;
    let events = rows.into_iter().map(|row| TimelineEvent {
        act: row.act,
        record_id: row.record_id,
        assessment_id: row.assessment_id.map(AssessmentId),
        actor_kind: row.actor_kind,
        actor_id: row.actor_id,
        after: row.after,
        at: row.at,
    });
    Ok(events.collect())
}

/// The latest event of one act on an assessment.
///
/// # Errors
/// When the database does not answer.
pub async fn latest(
    s: &impl Scoped,
    assessment: AssessmentId,
    act: &str,
) -> Result<Option<JsonValue>, StoreError> {
    use audit_event::Column as C;
    let query = s
        .find::<audit_event::Entity>()
        .filter(C::AssessmentId.eq(assessment.0))
        .filter(C::Act.eq(act))
        .order_by_desc(C::Seq);
    Ok(query.one(s.connection()).await?.and_then(|row| row.after))
}
