//! Settings of the installation that the service itself changes: whether mail is paused, what was set up.

use super::{connect::Database, error::StoreError};
use chrono::{DateTime, Utc};
use entity::installation_setting as setting;
use sea_orm::{
    EntityTrait as _, QuerySelect as _, QueryTrait as _, Set,
    sea_query::{OnConflict, SelectStatement},
};

/// Reads a setting.
///
/// # Errors
/// When the database does not answer.
#[expect(clippy::disallowed_methods, reason = "settings of the installation belong to no tenant")]
pub async fn get(database: &Database, name: &str) -> Result<Option<String>, StoreError> {
    Ok(setting::Entity::find_by_id(name.to_owned()).one(database.reader()).await?.map(|row| row.value))
}

/// The value of a setting in column `value`, as a part of another query.
#[expect(clippy::disallowed_methods, reason = "settings of the installation belong to no tenant")]
pub(super) fn value_of(name: &str) -> SelectStatement {
    setting::Entity::find_by_id(name.to_owned()).select_only().column(setting::Column::Value).into_query()
}

/// Writes a setting, or removes it with none.
///
/// # Errors
/// When the database cannot be written.
#[expect(clippy::disallowed_methods, reason = "settings of the installation belong to no tenant")]
pub async fn set(
    database: &Database,
    name: &str,
    value: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tx = database.begin().await?;
    match value {
        Some(value) => {
            let row = setting::ActiveModel {
                name: Set(name.to_owned()),
                value: Set(value.to_owned()),
                updated_at: Set(now),
            };
            let replace = OnConflict::column(setting::Column::Name)
                .update_columns([setting::Column::Value, setting::Column::UpdatedAt])
                .to_owned();
            setting::Entity::insert(row).on_conflict(replace).exec_without_returning(&tx.transaction).await?;
        }
        None => {
            setting::Entity::delete_by_id(name.to_owned()).exec(&tx.transaction).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
