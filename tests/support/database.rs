//! A fresh, migrated database for each test: a SQLite file, or a clone in the test process's own PostgreSQL.
//!
//! [`on_both_databases!`](crate::on_both_databases) runs the same function on both, and is how the store's contract is
//! written. Tests of the running service take [`TestDatabase::usual`], and `tests/run` runs them once with each. The
//! private PostgreSQL is in `postgres.rs`.

use crate::postgres::Cluster;
use api::store::{ConnectOptions, Database};
use std::sync::{
    OnceLock,
    atomic::{AtomicU32, Ordering},
};

/// An open database that nobody else uses; gone when dropped (PostgreSQL: when the test process ends).
pub struct TestDatabase {
    url: String,
    database: Database,
    _folder: Option<tempfile::TempDir>,
}

impl TestDatabase {
    /// A SQLite file in a folder of its own.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assay.db");
        std::fs::write(&path, migrated_sqlite_file()).unwrap();
        let url = format!("sqlite://{}", path.display());
        let database = Database::connect(&ConnectOptions::new(&url)).await.unwrap();
        Self { url, database, _folder: Some(folder) }
    }

    /// A database of its own in the PostgreSQL server that this process started. None, with a loud word on the
    /// terminal, when PostgreSQL is not installed; with `TEST_REQUIRE_ALL=1` that is a failure.
    pub async fn postgres() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let cluster = Cluster::of_this_process()?;
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        cluster.execute(&format!("CREATE DATABASE {name} TEMPLATE migrated")).await;
        let url = cluster.url(&name);
        let database = Database::connect(&ConnectOptions::new(&url)).await.unwrap();
        Some(Self { url, database, _folder: None })
    }

    /// The kind that this run asks for: a PostgreSQL database with `TEST_DATABASE=postgres`, else a SQLite file.
    ///
    /// # Panics
    /// When PostgreSQL is asked for and not installed, or something else is asked for.
    pub async fn usual() -> Self {
        let asked = std::env::var_os("TEST_DATABASE").unwrap_or_default();
        match asked.to_str() {
            Some("postgres") => Self::postgres().await.expect("TEST_DATABASE=postgres needs PostgreSQL"),
            Some("" | "sqlite") => Self::sqlite().await,
            _ => panic!("TEST_DATABASE is sqlite or postgres, not {asked:?}"),
        }
    }

    /// One of each kind that this machine has.
    pub async fn each() -> Vec<Self> {
        let mut each = vec![Self::sqlite().await];
        each.extend(Self::postgres().await);
        each
    }

    /// The open database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The same with this many connections.
    pub async fn with_connections(mut self, count: u32) -> Self {
        self.database.close().await;
        let options = ConnectOptions { max_connections: count, ..ConnectOptions::new(&self.url) };
        self.database = Database::connect(&options).await.unwrap();
        self
    }

    /// Closes it and opens it again, as a process that starts anew.
    pub async fn reopen(&mut self) {
        self.database.close().await;
        self.database = Database::connect(&ConnectOptions::new(&self.url)).await.unwrap();
    }

    /// Where it is, for another connection or another process.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Migrating takes longer than most tests; so one file is migrated, and each test starts from a copy.
fn migrated_sqlite_file() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("template.db");
        migrate_apart(format!("sqlite://{}", path.display()));
        assert!(!folder.path().join("template.db-wal").exists(), "closing folds the log into the file");
        std::fs::read(&path).unwrap()
    })
}

/// Migrates in a thread with a runtime of its own: tests share the result, not a runtime.
pub(crate) fn migrate_apart(url: String) {
    let work = async move {
        let database = Database::connect(&ConnectOptions::new(url)).await.unwrap();
        database.migrate().await.unwrap();
        database.close().await;
    };
    apart(work);
}

/// Runs in a thread with a runtime of its own, and waits.
pub(crate) fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
    std::thread::spawn(run).join().unwrap()
}

/// Makes two tests of each function `async fn name(database: TestDatabase)`: `sqlite::name` and `postgres::name`.
#[macro_export]
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                super::$name($crate::database::TestDatabase::sqlite().await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                if let Some(database) = $crate::database::TestDatabase::postgres().await {
                    super::$name(database).await;
                }
            })+
        }
    };
}
