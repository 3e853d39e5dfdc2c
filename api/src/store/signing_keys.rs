//! Public keys of the installation. They belong to no tenant and are never deleted: receipts need them for ever.

use super::{connect::Database, error::StoreError};
use crate::domain::signing_key::{KeyPurpose, PublicKey};
use chrono::{DateTime, Utc};
use entity::signing_key as row;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, Set, sea_query::Expr};

fn key_of(row: row::Model) -> Result<PublicKey, StoreError> {
    let purpose = KeyPurpose::parse(&row.purpose)
        .ok_or_else(|| StoreError::corrupt("signing_key", "purpose", &row.kid))?;
    Ok(PublicKey {
        purpose,
        kid: row.kid,
        x: row.x,
        created_at: row.created_at,
        retired_at: row.retired_at,
        revoked_at: row.revoked_at,
    })
}

/// Every key, newest first.
///
/// # Errors
/// When the database does not answer.
#[expect(clippy::disallowed_methods, reason = "keys of the installation belong to no tenant")]
pub async fn all(database: &Database) -> Result<Vec<PublicKey>, StoreError> {
    let rows = row::Entity::find().order_by_desc(row::Column::CreatedAt).all(database.reader()).await?;
    rows.into_iter().map(key_of).collect()
}

/// One key by its id.
///
/// # Errors
/// When the database does not answer.
#[expect(clippy::disallowed_methods, reason = "keys of the installation belong to no tenant")]
pub async fn find(database: &Database, kid: &str) -> Result<Option<PublicKey>, StoreError> {
    let found = row::Entity::find_by_id(kid.to_owned()).one(database.reader()).await?;
    found.map(key_of).transpose()
}

/// The keys that sign for this purpose now, newest first.
///
/// # Errors
/// When the database does not answer.
#[expect(clippy::disallowed_methods, reason = "keys of the installation belong to no tenant")]
pub async fn in_use(database: &Database, purpose: KeyPurpose) -> Result<Vec<PublicKey>, StoreError> {
    let rows = row::Entity::find()
        .filter(row::Column::Purpose.eq(purpose.as_str()))
        .filter(row::Column::RetiredAt.is_null())
        .order_by_desc(row::Column::CreatedAt)
        .all(database.reader())
        .await?;
    rows.into_iter().map(key_of).collect()
}

/// What becomes of the earlier keys of a purpose when a new one is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// They sign on beside it.
    Stay,
    /// It signs in their place.
    Retire,
    /// It signs in their place, and they may be in other hands.
    Revoke,
}

/// Publishes a key.
///
/// # Errors
/// When the database cannot be written.
#[expect(clippy::disallowed_methods, reason = "keys of the installation belong to no tenant")]
pub async fn publish(database: &Database, key: &PublicKey, earlier: Earlier) -> Result<(), StoreError> {
    let tx = database.begin().await?;
    let now: DateTime<Utc> = key.created_at;
    if earlier != Earlier::Stay {
        row::Entity::update_many()
            .col_expr(row::Column::RetiredAt, Expr::value(now))
            .filter(row::Column::Purpose.eq(key.purpose.as_str()))
            .filter(row::Column::RetiredAt.is_null())
            .exec(&tx.transaction)
            .await?;
    }
    if earlier == Earlier::Revoke {
        row::Entity::update_many()
            .col_expr(row::Column::RevokedAt, Expr::value(now))
            .filter(row::Column::Purpose.eq(key.purpose.as_str()))
            .filter(row::Column::RevokedAt.is_null())
            .exec(&tx.transaction)
            .await?;
    }
    let new = row::ActiveModel {
        kid: Set(key.kid.clone()),
        purpose: Set(key.purpose.to_string()),
        x: Set(key.x.clone()),
        created_at: Set(key.created_at),
        retired_at: Set(key.retired_at),
        revoked_at: Set(key.revoked_at),
    };
    row::Entity::insert(new).exec_without_returning(&tx.transaction).await?;
    tx.commit().await?;
    Ok(())
}
