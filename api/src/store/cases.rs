//! Assessments with the names of their vendor and service, for pages of the review and after it.

use super::{
    assessments::assessment_of,
    error::StoreError,
    latest::latest_handed_in,
    scores::{Snapshot, snapshot_of},
    tenant_scope::{Scoped, count_rows},
    vendors::ids_of_named,
};
use crate::domain::{ids::AssessmentId, remediation::Case};
use entity::{assessment, reassessment, score_snapshot, service, vendor};
use sea_orm::{
    ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, Select,
    SelectThree, sea_query::Expr,
};
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

/// The assessment with this id, its newest snapshot, which it has once it was handed in, and whether it offered answers
/// of an earlier one again. One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn case_with_newest(
    s: &impl Scoped,
    id: AssessmentId,
) -> Result<Option<(Case, Option<Snapshot>, bool)>, StoreError> {
    let found = with_names(s.find_id::<assessment::Entity>(id))
        .find_also(assessment::Entity, score_snapshot::Entity)
        .find_also(assessment::Entity, reassessment::Entity)
        .order_by_desc(score_snapshot::Column::Number)
        .one(s.connection())
        .await?;
    let Some((row, vendor, service, newest, offer)) = found else { return Ok(None) };
    let newest = newest.map(snapshot_of).transpose()?;
    Ok(Some((case_of((row, vendor, service))?, newest, offer.is_some())))
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

fn comparable(s: &impl Scoped, words: &str) -> Select<assessment::Entity> {
    let words = Some(words).filter(|words| !words.is_empty());
    s.find::<assessment::Entity>().filter(latest_handed_in()).apply_if(words, |query, words| {
        query.filter(assessment::Column::VendorId.in_subquery(ids_of_named(s, words)))
    })
}

/// How many services have an assessment that was handed in, of vendors with these normalised words in their name.
///
/// # Errors
/// When the database does not answer.
pub async fn count_comparable(s: &impl Scoped, words: &str) -> Result<usize, StoreError> {
    count_rows(s, comparable(s, words)).await
}

/// The latest assessments of those services, by vendor and service: at most `most` after the first `skipped`.
///
/// # Errors
/// When the database does not answer.
pub async fn page_comparable(
    s: &impl Scoped,
    words: &str,
    skipped: usize,
    most: usize,
) -> Result<Vec<Case>, StoreError> {
    let select = comparable(s, words)
        .order_by_asc(Expr::col((vendor::Entity, vendor::Column::NameNormalised)))
        .order_by_asc(Expr::col((service::Entity, service::Column::Name)))
        .order_by_asc(assessment::Column::Id)
        .offset(skipped as u64)
        .limit(most as u64);
    with_names(select).all(s.connection()).await?.into_iter().map(case_of).collect()
}
