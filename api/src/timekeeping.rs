//! Going by the database's clock on PostgreSQL, where several machines may work: asked at the start and then each minute.

use crate::{
    domain::clock::{Clock as _, SharedClock, SystemClock},
    shutdown::Shutdown,
    store::Database,
};
use chrono::TimeDelta;
use std::time::Duration;

const ASKED_EVERY: Duration = Duration::from_secs(60);
/// A difference that is told, in seconds.
const TOLD: i64 = 2;

/// Sets the clock by the database's, if that has one. One that does not answer leaves the clock as it is.
pub async fn set(clock: &SharedClock, database: &Database) {
    let asked = SystemClock.now();
    let shown = match database.clock().await {
        Ok(Some(shown)) => shown,
        Ok(None) => return,
        Err(error) => {
            tracing::warn!(error = %error, "the database's clock cannot be asked");
            return;
        }
    };
    let Some(ahead) = clock.set(asked, shown, SystemClock.now()) else { return };
    if ahead.abs() > TimeDelta::seconds(TOLD) {
        let milliseconds = ahead.num_milliseconds();
        tracing::warn!(
            ahead_ms = milliseconds,
            "the database's clock differs from this machine's, and is the one that counts; have both set by NTP"
        );
    }
}

/// Sets it each minute until the process is told to stop.
pub async fn keep(clock: SharedClock, database: Database, shutdown: Shutdown) {
    loop {
        tokio::select! {
            () = shutdown.stopping() => return,
            () = tokio::time::sleep(ASKED_EVERY) => set(&clock, &database).await,
        }
    }
}
