//! Schema steps: up, down and up again; two processes at once.

use crate::{fixtures::Org, schema::Schema};
use api::store::{ConnectOptions, Database};
use migration::Migrator;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, TransactionTrait as _};
use sea_orm_migration::MigratorTrait as _;
use std::time::Duration;
use tests::{database::TestDatabase, on_both_databases};

on_both_databases!(every_step_can_be_undone_and_done_again, two_processes_may_migrate_at_once,);

/// A connection around the store, for schema steps.
pub async fn raw(at: &TestDatabase) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(at.url());
    options.max_connections(1);
    sea_orm::Database::connect(options).await.unwrap()
}

async fn every_step_can_be_undone_and_done_again(at: TestDatabase) {
    // With rows in it: a step must be undone also where the service has been used.
    Org::new(at.database()).await.with_vendor("Acme").await;
    at.database().close().await;
    let raw = raw(&at).await;
    let first = Schema::of(&raw).await;
    let steps = Migrator::migrations().len();
    for undone in 1..=steps {
        Migrator::down(&raw, Some(1)).await.unwrap();
        assert_eq!(Migrator::get_applied_migrations(&raw).await.unwrap().len(), steps - undone);
    }
    assert_eq!(Schema::of(&raw).await, Schema::default(), "nothing is left behind");
    for _ in 0..steps {
        Migrator::up(&raw, Some(1)).await.unwrap();
    }
    assert_eq!(Schema::of(&raw).await, first);
    raw.close().await.unwrap();
    let again = Database::connect(&ConnectOptions::new(at.url())).await.unwrap();
    assert!(again.schema_is_current().await.unwrap());
    Org::new(&again).await.with_vendor("Acme").await;
}

async fn two_processes_may_migrate_at_once(at: TestDatabase) {
    let raw = raw(&at).await;
    at.database().close().await;
    Migrator::down(&raw, None).await.unwrap();
    let connect = async || Database::connect(&ConnectOptions::new(at.url())).await.unwrap();
    let (one, two) = (connect().await, connect().await);
    assert!(!one.schema_is_current().await.unwrap());
    // The other process takes longer over it than a request may wait for a lock.
    let slow = async {
        if at.database().backend() == DbBackend::Postgres {
            #[expect(clippy::disallowed_methods, reason = "plays the other process")]
            let held = raw.begin().await.unwrap();
            held.execute_unprepared("SELECT pg_advisory_xact_lock(4158841)").await.unwrap();
            tokio::time::sleep(Duration::from_millis(3_500)).await;
            held.rollback().await.unwrap();
        }
    };
    let (first, second, ()) = tokio::join!(one.migrate(), two.migrate(), slow);
    first.unwrap();
    second.unwrap();
    assert!(one.schema_is_current().await.unwrap());
}
