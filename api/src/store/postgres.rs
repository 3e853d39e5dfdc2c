//! Connections to PostgreSQL: how one is opened, and to which of the process's runtimes it belongs.

use super::{connect::PATIENCE, error::StoreError};
use sea_orm::ConnectOptions as SeaOptions;
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{mem, str::FromStr as _, time::Duration};
use tokio::runtime::Handle;

/// Options of the pool of a process.
///
/// # Errors
/// [`StoreError::Unsuitable`] when the URL is not understood.
pub(super) fn options(url: &str, connections: u32) -> Result<SeaOptions, StoreError> {
    let opened = how_to_open(url)?;
    let mut options = SeaOptions::new(url.to_owned());
    options
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        // A connection in use is not asked before each statement whether it still is one.
        .test_before_acquire_if_idle_for(Duration::from_secs(1))
        .map_sqlx_postgres_pool_opts({
            let opened = opened.clone();
            move |pool| opened_by(Handle::current(), opened.clone(), pool)
        })
        .map_sqlx_postgres_opts(move |_| opened.clone());
    Ok(options)
}

fn how_to_open(url: &str) -> Result<PgConnectOptions, StoreError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|e| StoreError::Unsuitable(format!("the database URL is not understood: {e}")))?;
    Ok(options.disable_statement_logging().application_name("assay").options([
        ("statement_timeout", "10s"),
        ("lock_timeout", "1s"),
        ("idle_in_transaction_session_timeout", "15s"),
        // The isolation is set here and not with each transaction, which would cost another round trip.
        ("default_transaction_isolation", "read committed"),
    ]))
}

/// Every connection of this pool belongs to one runtime, whoever asks for it.
///
/// A connection hangs on the runtime that opened it, and each thread that serves has one of its own, which ends as
/// soon as that thread is idle when the process stops. The other threads would then lose, in the middle of what they
/// are doing, the connections that it had opened. So one that was opened elsewhere is opened anew where it lasts.
fn opened_by(home: Handle, options: PgConnectOptions, pool: PgPoolOptions) -> PgPoolOptions {
    pool.after_connect(move |connection, _| {
        let (home, options) = (home.clone(), options.clone());
        Box::pin(async move {
            if Handle::current().id() == home.id() {
                return Ok(());
            }
            let opening = home.spawn(async move { PgConnection::connect_with(&options).await });
            let lasting = opening.await.map_err(|_| sqlx::Error::PoolClosed)??;
            mem::replace(connection, lasting).close().await
        })
    })
}
