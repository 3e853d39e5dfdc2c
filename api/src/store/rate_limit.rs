//! Counters that survive a restart: tries per link, address or account. Each purpose has its own bucket names, so that
//! success in one can never reset another.

use super::{connect::Database, error::StoreError};
use chrono::{DateTime, Duration, Utc};
use entity::rate_limit as row;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, ExprTrait as _, IntoActiveModel as _,
    QueryFilter as _, QuerySelect as _, Set,
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
    let tx = database.begin().await?;
    let counted = row::Entity::insert(first).on_conflict(next).exec_with_returning(&tx.transaction).await?;
    tx.commit().await?;
    Ok(counted.count)
}

/// Takes one try out of `bucket`, which holds `burst` of them and regains one in each `every`. Gives how long to wait
/// when none is left; such a try is not counted.
///
/// # Errors
/// When the database cannot be written.
#[expect(clippy::disallowed_methods, reason = "limits belong to the installation, not to a tenant")]
pub async fn take(
    database: &Database,
    bucket: &str,
    now: DateTime<Utc>,
    burst: i64,
    every: Duration,
) -> Result<Option<Duration>, StoreError> {
    let tx = database.begin().await?;
    let full =
        row::ActiveModel { bucket: Set(bucket.to_owned()), window_started_at: Set(now), count: Set(0) };
    let unless_there = OnConflict::column(row::Column::Bucket).do_nothing().to_owned();
    row::Entity::insert(full)
        .on_conflict(unless_there)
        .try_insert()
        .exec_without_returning(&tx.transaction)
        .await?;
    // Whoever comes second waits here, so that no two see the same last try.
    let found = row::Entity::find_by_id(bucket)
        .lock_exclusive()
        .one(&tx.transaction)
        .await?
        .ok_or(StoreError::NotFound)?;
    let taken = regained(found.count, found.window_started_at, now, every);
    let wait = (taken.count >= burst).then(|| taken.since + every - now);
    if wait.is_none() {
        let mut used = found.into_active_model();
        used.count = Set(taken.count + 1);
        used.window_started_at = Set(taken.since);
        used.update(&tx.transaction).await?;
    }
    tx.commit().await?;
    Ok(wait)
}

/// Gives one try back to `bucket`, of whichever kind: it turned out to be none that counts.
///
/// # Errors
/// When the database cannot be written.
#[expect(clippy::disallowed_methods, reason = "limits belong to the installation, not to a tenant")]
pub async fn give_back(database: &Database, bucket: &str) -> Result<(), StoreError> {
    let tx = database.begin().await?;
    row::Entity::update_many()
        .col_expr(row::Column::Count, Expr::col(row::Column::Count).sub(1))
        .filter(row::Column::Bucket.eq(bucket))
        .filter(row::Column::Count.gt(0))
        .exec(&tx.transaction)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// How many tries are out, and since when the next one is on its way back.
#[derive(Debug, PartialEq)]
struct Taken {
    count: i64,
    since: DateTime<Utc>,
}

fn regained(count: i64, since: DateTime<Utc>, now: DateTime<Utc>, every: Duration) -> Taken {
    // A clock that was set back regains nothing.
    let times = if now > since { (now - since).num_milliseconds() / every.num_milliseconds() } else { 0 };
    if times >= count {
        return Taken { count: 0, since: now };
    }
    Taken { count: count - times, since: since + every * i32::try_from(times).unwrap_or(i32::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_try_comes_back_in_each_span_and_never_more_than_were_taken() {
        let at = |seconds: i64| DateTime::from_timestamp(1_000_000 + seconds, 0).unwrap();
        let every = Duration::seconds(20);
        for (count, now, left, since) in
            [(5, 19, 5, 0), (5, 20, 4, 20), (5, 59, 3, 40), (5, 100, 0, 100), (0, 7, 0, 7), (3, -30, 3, 0)]
        {
            let taken = regained(count, at(0), at(now), every);
            assert_eq!(taken, Taken { count: left, since: at(since) }, "{count} taken, {now} s later");
        }
    }
}
