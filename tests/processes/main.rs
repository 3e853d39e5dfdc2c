//! Real processes of the built binary: two on one PostgreSQL, one killed beside the other, stopped under load, refused.
//!
//! Cargo does not build the binary for these tests, so build first (`cargo build --workspace`, or `tests/run`). A binary
//! that is missing or older than its sources is told of and left out; with `TEST_REQUIRE_ALL=1` that is a failure. So is
//! PostgreSQL, which most of these tests need.
#![expect(clippy::unwrap_used, reason = "tests")]

mod alone;
mod clocks;
mod faults;
mod pair;
mod sending;
mod stopping;

use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement, TryGetable};
use std::time::{Duration, Instant};
use tests::{
    postgres::Cluster,
    server::{Place, assay},
};

/// A PostgreSQL database with a place for processes on it, and a connection to look behind them.
struct Shared {
    place: Place,
    database: DatabaseConnection,
    _folder: tempfile::TempDir,
}

/// A fresh database of this name: with the schema, or empty as the first process finds it.
async fn shared(name: &str, schema: bool) -> Option<Shared> {
    let assay = assay()?;
    let cluster = Cluster::of_this_process()?;
    let template = if schema { "migrated" } else { "template0" };
    cluster.execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    let folder = tempfile::tempdir().unwrap();
    let url = cluster.url(name);
    let place = Place::new(&assay, folder.path()).unwrap().with("DATABASE_URL", &url);
    let database = sea_orm::Database::connect(&url).await.unwrap();
    Some(Shared { place, database, _folder: folder })
}

/// A PostgreSQL server of its own, to be stopped and started, with a place for a process on its database of this name.
fn own_postgres(name: &str) -> Option<(Place, Cluster, tempfile::TempDir)> {
    let assay = assay()?;
    let cluster = Cluster::of_its_own()?;
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(&assay, folder.path()).unwrap().with("DATABASE_URL", cluster.url(name));
    Some((place, cluster, folder))
}

impl Shared {
    /// The one value that a query finds.
    async fn value<T: TryGetable>(&self, sql: &str) -> T {
        let statement = Statement::from_string(self.database.get_database_backend(), sql);
        let row = self.database.query_one_raw(statement).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    async fn execute(&self, sql: &str) {
        self.database.execute_unprepared(sql).await.unwrap();
    }

    /// Waits until the query finds this number; gives how long that took.
    async fn until(&self, sql: &str, wanted: i64, limit: Duration) -> Duration {
        let begun = Instant::now();
        loop {
            let found: i64 = self.value(sql).await;
            if found == wanted {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < limit, "after {limit:?} {sql} is {found}, not {wanted}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
