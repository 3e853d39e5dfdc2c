//! "The same form twice is one act": the key is inserted first, in the act's own transaction.
//!
//! Of two transactions with the same key the second waits for the first: [`claim`] inserts before it looks. Where a
//! lock makes them wait for each other already, and the result is known only at the end, [`earlier`] looks first and
//! [`remember`] inserts last.

use super::{error::StoreError, tenant_scope::Scoped as _, write_tx::WriteTx};
use chrono::{DateTime, Utc};
use entity::idempotency_record as record;
use sea_orm::{ColumnTrait as _, QueryFilter as _, Set};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// What an earlier request with the same key did.
#[derive(Clone, Debug, PartialEq)]
pub enum Earlier {
    /// There was none; go on, and call [`remember`] in the same transaction.
    None,
    /// The same request; this was its result.
    Same(Value),
    /// Another request used this key.
    Different,
}

/// A hash of what a request asks for, so that a re-used key with other content is noticed.
#[must_use]
pub fn hash_of(request: &impl serde::Serialize) -> String {
    hex::encode(Sha256::digest(serde_json::to_vec(request).unwrap_or_default()))
}

/// Claims `key` for a request with this result, or finds what an earlier one did.
///
/// # Errors
/// When the database does not answer.
pub async fn claim(
    tx: &mut WriteTx,
    id: Uuid,
    scope: &str,
    key: &str,
    request_hash: String,
    response: Value,
    now: DateTime<Utc>,
) -> Result<Earlier, StoreError> {
    let hash = request_hash.clone();
    let new = row(id, scope, key, request_hash, response, now);
    if tx.insert_unless_there::<record::Entity>(new).await? {
        return Ok(Earlier::None);
    }
    earlier(tx, scope, key, &hash).await
}

/// Looks for an earlier request of `scope` with `key`.
///
/// # Errors
/// When the database does not answer.
pub async fn earlier(
    tx: &WriteTx,
    scope: &str,
    key: &str,
    request_hash: &str,
) -> Result<Earlier, StoreError> {
    let found = tx
        .find::<record::Entity>()
        .filter(record::Column::Scope.eq(scope))
        .filter(record::Column::Key.eq(key))
        .one(tx.connection())
        .await?;
    Ok(match found {
        None => Earlier::None,
        Some(row) if row.request_hash == request_hash => Earlier::Same(row.response),
        Some(_) => Earlier::Different,
    })
}

/// Records the result of a request, for whoever sends it again.
///
/// # Errors
/// [`StoreError::Duplicate`] when another transaction was quicker with the same key.
pub async fn remember(
    tx: &mut WriteTx,
    id: Uuid,
    scope: &str,
    key: &str,
    request_hash: String,
    response: Value,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.insert::<record::Entity>(row(id, scope, key, request_hash, response, now)).await
}

fn row(
    id: Uuid,
    scope: &str,
    key: &str,
    request_hash: String,
    response: Value,
    now: DateTime<Utc>,
) -> record::ActiveModel {
    record::ActiveModel {
        id: Set(id),
        scope: Set(scope.to_owned()),
        key: Set(key.to_owned()),
        request_hash: Set(request_hash),
        response: Set(response),
        created_at: Set(now),
        ..Default::default()
    }
}
