//! Connections to PostgreSQL: how one is opened, and to which of the process's runtimes it belongs.

use super::{connect::PATIENCE, error::StoreError};
use sea_orm::ConnectOptions as SeaOptions;
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{mem, str::FromStr as _, time::Duration};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep, timeout},
};

/// How long one try may take.
const CONNECT: Duration = Duration::from_secs(5);

/// Options of a process's pool for transactions.
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

/// Waits until the server takes a connection, trying again each second for as long as it `waits`. A pool would say only
/// that it has waited in vain.
///
/// # Errors
/// [`StoreError::Unreachable`] with the address and what was said there.
pub(super) async fn reach(url: &str, waits: Duration) -> Result<(), StoreError> {
    let options = how_to_open(url)?;
    let until = Instant::now() + waits;
    loop {
        let cause = match timeout(CONNECT, PgConnection::connect_with(&options)).await {
            Ok(Ok(connection)) => {
                // It was taken; how it ends says nothing.
                drop(connection.close().await);
                return Ok(());
            }
            Ok(Err(error)) if !may_pass(&error) => return Err(unreachable(&options, &error)),
            Ok(Err(error)) => unreachable(&options, &error),
            Err(_) => unreachable(&options, &"no answer"),
        };
        if Instant::now() >= until {
            return Err(cause);
        }
        tracing::warn!(error = %cause, "waiting for the database");
        sleep(Duration::from_secs(1)).await;
    }
}

/// Whether it may be otherwise in a moment: nobody listens yet, or the server is starting, stopping or full.
fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(said) => {
            said.code().is_some_and(|code| code.starts_with("57P") || code == "53300")
        }
        _ => false,
    }
}

fn unreachable(options: &PgConnectOptions, cause: &impl std::fmt::Display) -> StoreError {
    let place = match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    StoreError::Unreachable(format!("PostgreSQL at {place} does not take a connection: {cause}"))
}

/// How every connection is opened.
///
/// # Errors
/// [`StoreError::Unsuitable`] when the URL is not understood.
pub(super) fn how_to_open(url: &str) -> Result<PgConnectOptions, StoreError> {
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
