//! Rows of intakes.

use super::{error::StoreError, tenant_scope::Scoped, write_tx::WriteTx};
use crate::domain::{
    ids::{IntakeId, ServiceId, UserId},
    intake::{Intake, TierOverride},
};
use entity::intake;
use questionnaires::definition::Tier;
use sea_orm::{ColumnTrait as _, JsonValue, QueryFilter as _, QueryOrder as _, Set};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

fn read<T: DeserializeOwned>(value: JsonValue, column: &'static str, row: Uuid) -> Result<T, StoreError> {
    serde_json::from_value(value).map_err(|_| StoreError::corrupt("intake", column, row))
}

fn written(value: &impl Serialize, column: &'static str, row: IntakeId) -> Result<JsonValue, StoreError> {
    serde_json::to_value(value).map_err(|_| StoreError::corrupt("intake", column, row))
}

fn tier(word: &str, column: &'static str, row: Uuid) -> Result<Tier, StoreError> {
    word.parse().map_err(|_| StoreError::corrupt("intake", column, row))
}

fn intake_of(row: intake::Model) -> Result<Intake, StoreError> {
    let tier_override = match (row.override_tier, row.override_requested_by) {
        (Some(wanted), Some(by)) => Some(TierOverride {
            tier: tier(&wanted, "override_tier", row.id)?,
            reason: row.override_reason.unwrap_or_default(),
            requested_by: UserId(by),
            approved_by: row.override_approved_by.map(UserId),
            approved_at: row.override_approved_at,
        }),
        _ => None,
    };
    Ok(Intake {
        id: IntakeId(row.id),
        service_id: ServiceId(row.service_id),
        number: row.number,
        answers: read(row.answers, "answers", row.id)?,
        points: read(row.factors, "factors", row.id)?,
        facts: read(row.facts, "facts", row.id)?,
        inherent_exact: row.inherent_exact,
        inherent_tenths: row.inherent_tenths,
        computed_tier: tier(&row.computed_tier, "computed_tier", row.id)?,
        floors: read(row.floors, "floors", row.id)?,
        tier: tier(&row.tier, "tier", row.id)?,
        tier_override,
        answered_by: UserId(row.answered_by),
        answered_at: row.answered_at,
        version: row.version,
    })
}

/// The current intake of a service.
///
/// # Errors
/// When the database does not answer.
pub async fn current(s: &impl Scoped, service: ServiceId) -> Result<Option<Intake>, StoreError> {
    let query = s
        .find::<intake::Entity>()
        .filter(intake::Column::ServiceId.eq(service.0))
        .order_by_desc(intake::Column::Number);
    query.one(s.connection()).await?.map(intake_of).transpose()
}

/// The current intakes of several services, in one statement.
///
/// # Errors
/// When the database does not answer.
pub async fn current_of(s: &impl Scoped, services: &[ServiceId]) -> Result<Vec<Intake>, StoreError> {
    let rows = s
        .find::<intake::Entity>()
        .filter(intake::Column::ServiceId.is_in(services.iter().map(|service| service.0)))
        .order_by_desc(intake::Column::Number)
        .all(s.connection())
        .await?;
    let mut current: Vec<Intake> = Vec::with_capacity(services.len());
    for row in rows {
        if !current.iter().any(|known| known.service_id.0 == row.service_id) {
            current.push(intake_of(row)?);
        }
    }
    Ok(current)
}

/// One intake.
///
/// # Errors
/// When the database does not answer.
pub async fn intake(s: &impl Scoped, id: IntakeId) -> Result<Option<Intake>, StoreError> {
    s.find_id::<intake::Entity>(id).one(s.connection()).await?.map(intake_of).transpose()
}

/// Inserts an intake.
///
/// # Errors
/// [`StoreError::Duplicate`] when somebody answered the same service at the same moment.
pub async fn insert(tx: &mut WriteTx, new: &Intake) -> Result<(), StoreError> {
    let row = intake::ActiveModel {
        id: Set(new.id.0),
        tenant_id: Set(tx.tenant_id().0),
        service_id: Set(new.service_id.0),
        number: Set(new.number),
        answers: Set(written(&new.answers, "answers", new.id)?),
        factors: Set(written(&new.points, "factors", new.id)?),
        facts: Set(written(&new.facts, "facts", new.id)?),
        inherent_exact: Set(new.inherent_exact.clone()),
        inherent_tenths: Set(new.inherent_tenths),
        computed_tier: Set(new.computed_tier.to_string()),
        floors: Set(written(&new.floors, "floors", new.id)?),
        tier: Set(new.tier.to_string()),
        override_tier: Set(None),
        override_reason: Set(None),
        override_requested_by: Set(None),
        override_approved_by: Set(None),
        override_approved_at: Set(None),
        answered_by: Set(new.answered_by.0),
        answered_at: Set(new.answered_at),
        version: Set(1),
    };
    tx.insert::<intake::Entity>(row).await
}

/// Saves tier and override of an intake if its version is still the one in `intake`.
///
/// # Errors
/// [`StoreError::VersionConflict`].
pub async fn update(tx: &mut WriteTx, changed: &Intake) -> Result<(), StoreError> {
    let wish = changed.tier_override.as_ref();
    let row = intake::ActiveModel {
        id: Set(changed.id.0),
        tier: Set(changed.tier.to_string()),
        override_tier: Set(wish.map(|wish| wish.tier.to_string())),
        override_reason: Set(wish.map(|wish| wish.reason.clone())),
        override_requested_by: Set(wish.map(|wish| wish.requested_by.0)),
        override_approved_by: Set(wish.and_then(|wish| wish.approved_by).map(|user| user.0)),
        override_approved_at: Set(wish.and_then(|wish| wish.approved_at)),
        ..Default::default()
    };
    tx.save::<intake::Entity>(row, changed.version).await
}
