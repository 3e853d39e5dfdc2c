//! Assessments with the names of their vendor and service, for pages of the review and after it.

use super::{assessments::assessment_of, error::StoreError, tenant_scope::Scoped};
use crate::domain::{assessment::AssessmentState, ids::AssessmentId, remediation::Case};
use entity::{assessment, service, vendor};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, Select, SelectThree};
use uuid::Uuid;

type Row = (assessment::Model, Option<vendor::Model>, Option<service::Model>);

fn with_names(
    select: Select<assessment::Entity>,
) -> SelectThree<assessment::Entity, vendor::Entity, service::Entity, sea_orm::TopologyStar> {
    select.find_also_related(vendor::Entity).find_also_related(service::Entity)
}

fn case_of((row, vendor, service): Row) -> Result<Case, StoreError> {
    let (Some(vendor), Some(service)) = (vendor, service) else {
        return Err(StoreError::corrupt("assessment", "vendor_id", row.id));
    };
    Ok(Case { assessment: assessment_of(row)?, vendor: vendor.name, service: service.name })
}

/// The assessment with this id.
///
/// # Errors
/// When the database does not answer.
pub async fn case(s: &impl Scoped, id: AssessmentId) -> Result<Option<Case>, StoreError> {
    let found = with_names(s.find_id::<assessment::Entity>(id)).one(s.connection()).await?;
    found.map(case_of).transpose()
}

/// The assessments with these ids, in no order.
///
/// # Errors
/// When the database does not answer.
pub async fn cases(s: &impl Scoped, ids: &[AssessmentId]) -> Result<Vec<Case>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let select = s.find::<assessment::Entity>().filter(assessment::Column::Id.is_in(ids));
    with_names(select).all(s.connection()).await?.into_iter().map(case_of).collect()
}

/// Every assessment in one of these states, the one handed in last first, then by id.
///
/// # Errors
/// When the database does not answer.
pub async fn in_states(s: &impl Scoped, states: &[AssessmentState]) -> Result<Vec<Case>, StoreError> {
    let words = states.iter().map(|state| state.as_str());
    let select = s
        .find::<assessment::Entity>()
        .filter(assessment::Column::State.is_in(words))
        .order_by_desc(assessment::Column::SubmittedAt)
        .order_by_desc(assessment::Column::Id);
    with_names(select).all(s.connection()).await?.into_iter().map(case_of).collect()
}
