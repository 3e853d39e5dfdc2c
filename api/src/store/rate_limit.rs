//! Counters that survive a restart: tries per link, address or account. Each purpose has its own bucket names, so that
//! success in one can never reset another.

use super::{connect::Database, error::StoreError};
use chrono::{DateTime, Duration, Utc};
use entity::rate_limit as row;
use sea_orm::{
    EntityTrait as _, ExprTrait as _, Set,
    sea_query::{Expr, OnConflict},
};

/// Counts one try in `bucket` and gives the number of tries in the current window, this one included. A window
/// begins with its first try.
///
/// # Errors
/// When the database cannot be written.
#[expect(clippy::disallowed_methods, reason = "limits belong to the installation, not to a tenant")]
pub async fn hit(
    database: &Database,
    bucket: &str,
    now: DateTime<Utc>,
    window: Duration,
) -> Result<i64, StoreError> {
    // One statement: whoever comes second waits for the row, not for a connection.
    let counted = Expr::col((row::Entity, row::Column::Count)).add(1);
    let running = || Expr::col((row::Entity, row::Column::WindowStartedAt)).gt(now - window);
    let started = Expr::col((row::Entity, row::Column::WindowStartedAt));
    let next = OnConflict::column(row::Column::Bucket)
        .value(row::Column::Count, Expr::case(running(), counted).finally(1_i64))
        .value(row::Column::WindowStartedAt, Expr::case(running(), started).finally(now))
        .to_owned();
    let first =
        row::ActiveModel { bucket: Set(bucket.to_owned()), window_started_at: Set(now), count: Set(1) };
    let (tx, _gate) = database.begin().await?;
    let counted = row::Entity::insert(first).on_conflict(next).exec_with_returning(&tx).await?;
    tx.commit().await?;
    Ok(counted.count)
}
