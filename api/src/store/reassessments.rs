//! Which earlier submission an assessment offers again.

use super::{error::StoreError, tenant_scope::Scoped, write_tx::WriteTx};
use crate::domain::{
    ids::{AssessmentId, ServiceId, SnapshotId, VendorId},
    remediation::SnapshotReason,
    score_inputs::ScoreInputs,
};
use chrono::{DateTime, Utc};
use entity::{assessment, reassessment, score_snapshot, service};
use sea_orm::{
    ColumnTrait as _, FromQueryResult, JoinType, Order, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    RelationTrait as _, Set,
    sea_query::{Expr, ExprTrait as _},
};
use uuid::Uuid;

/// A submission that was handed in before.
#[derive(Clone, Debug)]
pub struct EarlierSubmission {
    /// Of which assessment,
    pub assessment: AssessmentId,
    /// and its reference.
    pub reference: String,
    /// About which service.
    pub service: String,
    /// When.
    pub submitted_at: DateTime<Utc>,
    /// What was handed in.
    pub inputs: ScoreInputs,
}

#[derive(Debug, FromQueryResult)]
struct Row {
    id: Uuid,
    assessment_id: Uuid,
    inputs: String,
    created_at: DateTime<Utc>,
    reference: String,
    service: String,
}

/// A submission that can be offered again, without what it holds.
#[derive(Clone, Debug)]
pub struct NewestSubmission {
    /// What keeps it.
    pub snapshot: SnapshotId,
    /// About which service.
    pub service: String,
    /// When.
    pub submitted_at: DateTime<Utc>,
}

/// The newest submission about a service, or else the newest one of the vendor's other services. One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn newest_submission(
    s: &impl Scoped,
    vendor: VendorId,
    about: ServiceId,
) -> Result<Option<NewestSubmission>, StoreError> {
    let about = Expr::col((assessment::Entity, assessment::Column::ServiceId)).eq(about.0);
    let found: Option<(Uuid, String, DateTime<Utc>)> = s
        .find::<score_snapshot::Entity>()
        .select_only()
        .column(score_snapshot::Column::Id)
        .column(service::Column::Name)
        .column(score_snapshot::Column::CreatedAt)
        .join(JoinType::InnerJoin, score_snapshot::Relation::Assessment.def())
        .join(JoinType::InnerJoin, assessment::Relation::Service.def())
        .filter(assessment::Column::VendorId.eq(vendor.0))
        .filter(score_snapshot::Column::Reason.eq(SnapshotReason::Submitted.as_str()))
        .order_by(about, Order::Desc)
        .order_by_desc(score_snapshot::Column::CreatedAt)
        .order_by_desc(score_snapshot::Column::Number)
        .limit(1)
        .into_tuple()
        .one(s.connection())
        .await?;
    Ok(found.map(|(id, service, submitted_at)| NewestSubmission {
        snapshot: SnapshotId(id),
        service,
        submitted_at,
    }))
}

/// From now on the assessment offers what this snapshot holds.
///
/// # Errors
/// [`StoreError::Duplicate`] when it offers something already.
pub async fn offer(
    tx: &mut WriteTx,
    id: Uuid,
    assessment: AssessmentId,
    snapshot: SnapshotId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.insert::<reassessment::Entity>(reassessment::ActiveModel {
        id: Set(id),
        tenant_id: Set(tx.tenant_id().0),
        assessment_id: Set(assessment.0),
        snapshot_id: Set(snapshot.0),
        created_at: Set(at),
    })
    .await
}

/// What an assessment offers again, if anything. One statement.
///
/// # Errors
/// [`StoreError::Corrupt`] for inputs that do not parse.
pub async fn offered(s: &impl Scoped, id: AssessmentId) -> Result<Option<EarlierSubmission>, StoreError> {
    let row = s
        .find::<reassessment::Entity>()
        .filter(reassessment::Column::AssessmentId.eq(id.0))
        .join(JoinType::InnerJoin, reassessment::Relation::Snapshot.def())
        .join(JoinType::InnerJoin, score_snapshot::Relation::Assessment.def())
        .join(JoinType::InnerJoin, assessment::Relation::Service.def())
        .select_only()
        .column(score_snapshot::Column::Id)
        .column(score_snapshot::Column::AssessmentId)
        .column(score_snapshot::Column::Inputs)
        .column(score_snapshot::Column::CreatedAt)
        .column(assessment::Column::Reference)
        .column_as(service::Column::Name, "service")
        .into_model::<Row>()
        .one(s.connection())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let inputs = serde_json::from_str(&row.inputs)
        .map_err(|_| StoreError::corrupt("score_snapshot", "inputs", row.id))?;
    let Row { reference, service, created_at, .. } = row;
    let assessment = AssessmentId(row.assessment_id);
    Ok(Some(EarlierSubmission { assessment, reference, service, submitted_at: created_at, inputs }))
}
