//! Opening a database, and refusing one whose settings would lose acknowledged answers.
//!
//! SQLite: WAL, `synchronous=FULL`, foreign keys on, version 3.51.3 or newer, one server process, one writer behind a
//! queue and several readers. PostgreSQL 14 or newer with `fsync`, `full_page_writes` and `synchronous_commit` on.

use super::{
    bounded::{self, Transaction, answered},
    disk::assert_local,
    error::StoreError,
    kept::{Kept, Reader, Readers},
    postgres, saved_answers,
    tenant_scope::{AcrossTenants, TenantScope},
    write_queue::{Write, WriteQueue},
};
use crate::domain::ids::TenantId;
use migration::Migrator;
use sea_orm::{
    ConnectOptions as SeaOptions, ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait,
};
use sea_orm_migration::MigratorTrait as _;
use sqlx::{
    ConnectOptions as _, Connection as _,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    str::FromStr as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;

/// Where the database is and how many connections to keep.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// `sqlite:///path/to/assay.db` or `postgres://...`.
    pub url: String,
    /// Connections for transactions on PostgreSQL, and half as many again for single statements; on SQLite at most so
    /// many that read.
    pub max_connections: u32,
    /// Whether this process serves: on SQLite it then takes the lock that keeps a second server away.
    pub serves: bool,
    /// How long to try again while PostgreSQL cannot be reached.
    pub waits: Duration,
}

/// How long a process that stays waits for PostgreSQL at its start: both may start with the machine.
const START: Duration = Duration::from_secs(30);

impl ConnectOptions {
    /// The usual options for a URL.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), max_connections: 8, serves: false, waits: Duration::ZERO }
    }
    /// The file of an embedded database; none for PostgreSQL or a URL that is not understood.
    #[must_use]
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        if self.url.starts_with("sqlite:") { file_of(&self.url).ok() } else { None }
    }
    /// Options for the process that serves.
    #[must_use]
    pub fn serving(mut self) -> Self {
        self.serves = true;
        self.patient()
    }
    /// Options for a process that stays.
    #[must_use]
    pub fn patient(mut self) -> Self {
        self.waits = START;
        self
    }
}

struct Inner {
    reader: Reader,
    writer: DatabaseConnection,
    /// SQLite has one writer, and the writes wait for it here; and its file.
    embedded: Option<(WriteQueue, PathBuf)>,
    statements: Arc<AtomicU64>,
    jobs_waiting: Notify,
    _process_lock: Option<File>,
}

/// How long a request waits for a connection, and on SQLite a write for the writes before it: far longer than these
/// take, and no longer than people wait. One connection writes to SQLite, so there it may be longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
pub(super) const PATIENCE_SQLITE: Duration = Duration::from_secs(5);

/// An open database. Cheap to clone.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({:?})", self.backend())
    }
}

impl Database {
    /// Opens the database and checks its settings. Does not change the schema: see [`Self::migrate`].
    ///
    /// # Errors
    /// [`StoreError::Unsuitable`] with a sentence for the operator when a setting would lose data, or another server
    /// process has this SQLite file.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, StoreError> {
        let statements = Arc::new(AtomicU64::new(0));
        if options.url.starts_with("sqlite:") {
            let file = file_of(&options.url)?;
            assert_local(&file)?;
            let lock = if options.serves { Some(process_lock(file.with_extension("lock"))?) } else { None };
            let writer = open(sqlite_options(&options.url), &statements).await?;
            assert_suitable(&writer).await?;
            let saver = Kept::open(&sqlite_settings(&options.url, Access::Writes)?, &statements).await?;
            let reading = sqlite_settings(&options.url, Access::Reads)?;
            let most = sqlite_readers(options.max_connections);
            let reader = Reader::sqlite(Readers::new(reading, most, PATIENCE_SQLITE, &statements));
            assert_suitable(&reader).await?;
            Ok(Self(Arc::new(Inner {
                reader,
                embedded: Some((WriteQueue::new(writer.clone(), saver), file)),
                writer,
                statements,
                jobs_waiting: Notify::new(),
                _process_lock: lock,
            })))
        } else if options.url.starts_with("postgres:") || options.url.starts_with("postgresql:") {
            postgres::reach(&options.url, options.waits).await?;
            let writer = open(postgres::options(&options.url, options.max_connections)?, &statements).await?;
            let reading = postgres::how_to_open(&options.url)?;
            // More than the processors can keep busy: some wait until what they saved is durable.
            let most = options.max_connections + options.max_connections / 2;
            let readers = Readers::new(reading, most, PATIENCE, &statements);
            let reader = Reader::postgres(readers);
            assert_suitable(&reader).await?;
            Ok(Self(Arc::new(Inner {
                reader,
                writer,
                embedded: None,
                statements,
                jobs_waiting: Notify::new(),
                _process_lock: None,
            })))
        } else {
            Err(StoreError::Unsuitable("the database URL starts with sqlite: or postgres:".to_owned()))
        }
    }

    /// Brings the schema up to date. Two processes may call it at once: one waits for the other.
    ///
    /// # Errors
    /// [`StoreError::Unsuitable`] when a newer version has been here; when a step fails; nothing of that step stays.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        if self.backend() == DbBackend::Postgres {
            let write = self.begin().await?;
            let tx = write.transaction.unbounded();
            // Waiting for the other process, or for a step over many rows, may take longer than a request may.
            tx.execute_unprepared("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0").await?;
            tx.execute_unprepared("SELECT pg_advisory_xact_lock(4158841)").await?;
            self.refuse_newer().await?;
            Migrator::up(tx, None).await?;
            write.commit().await?;
        } else {
            let _lock = self.lock_migration().await?;
            self.refuse_newer().await?;
            let _turn = match self.embedded() {
                Some((queue, _)) => Some(queue.turn().await?),
                None => None,
            };
            Migrator::up(&self.0.writer, None).await?;
        }
        Ok(())
    }

    async fn refuse_newer(&self) -> Result<(), StoreError> {
        match self.schema_steps().await? {
            (_, 0) => Ok(()),
            (_, unknown) => Err(StoreError::Unsuitable(format!(
                "the database belongs to a newer version of Assay ({unknown} of its schema steps are unknown to \
                 this one): run the newer version, or restore the backup from before the upgrade"
            ))),
        }
    }

    /// Whether every schema step that this build knows has run.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn schema_is_current(&self) -> Result<bool, StoreError> {
        if !self.has_schema().await? {
            return Ok(false);
        }
        let applied = Statement::from_string(self.backend(), "SELECT count(*) AS n FROM seaql_migrations");
        let row = self.0.reader.query_one_raw(applied).await?;
        let n: i64 = row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or_default();
        Ok(usize::try_from(n).unwrap_or_default() == Migrator::migrations().len())
    }

    /// SQLite or PostgreSQL; for the few places that must know.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.0.reader.get_database_backend()
    }

    /// Whether only one process may work on this database.
    #[must_use]
    pub fn single_process(&self) -> bool {
        self.0.embedded.is_some()
    }

    /// Statements executed so far, `BEGIN`, `COMMIT` and `ROLLBACK` not counted. Tests fix the number per request.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.0.statements.load(Ordering::Relaxed)
    }

    /// The rows of one tenant.
    #[must_use]
    pub fn tenant(&self, tenant: TenantId) -> TenantScope {
        TenantScope::new(self.clone(), tenant)
    }

    /// Reaches past tenants: for sign-in, links, the worker and the operator's commands. Say why.
    #[must_use]
    pub fn across_tenants(&self, _reason: &'static str) -> AcrossTenants {
        AcrossTenants::new(self.clone())
    }

    /// Wakes when a transaction with new jobs has committed.
    pub async fn jobs_waiting(&self) {
        self.0.jobs_waiting.notified().await;
    }

    pub(super) fn wake_worker(&self) {
        self.0.jobs_waiting.notify_one();
    }

    pub(super) fn reader(&self) -> &Reader {
        &self.0.reader
    }

    /// SQLite's queue of writes, and its file; nothing on PostgreSQL.
    pub(super) fn embedded(&self) -> Option<(&WriteQueue, &Path)> {
        self.0.embedded.as_ref().map(|(queue, file)| (queue, file.as_path()))
    }

    /// Waits until no other process migrates this SQLite file.
    async fn lock_migration(&self) -> Result<Option<File>, StoreError> {
        let Some((_, file)) = self.embedded() else { return Ok(None) };
        let path = file.with_extension("migrating");
        let unsuitable = |why: String| StoreError::Unsuitable(format!("the schema cannot be locked: {why}"));
        let waiting = tokio::task::spawn_blocking(move || {
            let file = open_lock(&path)?;
            file.lock()?;
            Ok::<_, std::io::Error>(file)
        });
        let locked = waiting.await.map_err(|e| unsuitable(e.to_string()))?;
        Ok(Some(locked.map_err(|e| unsuitable(e.to_string()))?))
    }

    /// Begins a write transaction: `BEGIN IMMEDIATE` on SQLite when its turn has come, `READ COMMITTED` on PostgreSQL.
    #[expect(clippy::disallowed_methods, reason = "the place where writes begin")]
    pub(super) async fn begin(&self) -> Result<Write, StoreError> {
        match self.embedded() {
            Some((queue, _)) => queue.begin().await,
            None => {
                let transaction = answered(bounded::WITHIN, self.0.writer.begin()).await?;
                Ok(Write::without_turn(Transaction::new(transaction, bounded::WITHIN)))
            }
        }
    }

    /// Executes the statement of a save and says whether it wrote, after that is durable. PostgreSQL makes concurrent
    /// commits durable together; on SQLite the queue does.
    pub(super) async fn write_together(&self, save: Statement) -> Result<bool, StoreError> {
        match self.embedded() {
            Some((queue, _)) => queue.write_together(save).await,
            None => saved_answers::wrote(&self.0.reader, save).await,
        }
    }

    /// Closes every connection; on SQLite this also folds the write-ahead log into the file.
    pub async fn close(&self) {
        self.0.reader.close().await;
        if let Some((queue, _)) = self.embedded() {
            queue.close().await;
        }
        let _ = self.0.writer.close_by_ref().await;
    }
}

async fn open(options: SeaOptions, statements: &Arc<AtomicU64>) -> Result<DatabaseConnection, StoreError> {
    let mut connection = sea_orm::Database::connect(options).await?;
    let counter = Arc::clone(statements);
    connection.set_metric_callback(move |info| {
        let sql = info.statement.sql.as_str();
        if !(sql.starts_with("BEGIN") || sql.starts_with("COMMIT") || sql.starts_with("ROLLBACK")) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    Ok(connection)
}

/// What a SQLite connection is for: there is one that writes.
#[derive(Clone, Copy, PartialEq)]
enum Access {
    Reads,
    Writes,
}

/// How many connections read: statements hold a processor while they run, so that more than a few for each only take
/// memory.
fn sqlite_readers(most: u32) -> u32 {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(2 * processors).unwrap_or(most).min(most)
}

/// The pool of one connection on which everything but answers is written.
fn sqlite_options(url: &str) -> SeaOptions {
    let mut options = SeaOptions::new(url.to_owned());
    options
        .max_connections(1)
        .min_connections(1)
        .acquire_timeout(PATIENCE_SQLITE)
        .sqlx_logging(false)
        .test_before_acquire(false)
        .map_sqlx_sqlite_pool_opts(|pool| {
            pool.before_acquire(|connection, _| {
                // A commit that fails, as on a full disk, ends SQLite's transaction behind the driver's back; the
                // driver would nest all later ones in one that it takes for open, and none would ever be committed.
                // A rollback that was on its way has arrived: the driver waits for it before it keeps a connection.
                let clean = !connection.is_in_transaction();
                Box::pin(async move { Ok(clean) })
            })
        })
        .map_sqlx_sqlite_opts(|sqlite| with_settings(sqlite, Access::Writes));
    options
}

/// How a connection outside a pool is opened.
fn sqlite_settings(url: &str, access: Access) -> Result<SqliteConnectOptions, StoreError> {
    Ok(with_settings(parsed(url)?.disable_statement_logging(), access))
}

fn with_settings(sqlite: SqliteConnectOptions, access: Access) -> SqliteConnectOptions {
    sqlite
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("temp_store", "MEMORY")
        // In KiB, for each connection. The system keeps the file's pages as well, so that a miss costs a copy and not
        // the disk; larger caches took 30 MB and made nothing measurably faster.
        .pragma("cache_size", if access == Access::Reads { "-500" } else { "-1000" })
        .pragma("journal_size_limit", "67108864")
        // A write that goes around the queue fails at once, not only when two of them meet.
        .pragma("query_only", if access == Access::Reads { "1" } else { "0" })
        .statement_cache_capacity(256)
}

pub(super) async fn one_text(connection: &impl ConnectionTrait, sql: &str) -> Result<String, StoreError> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await?.ok_or(StoreError::NotFound)?;
    Ok(row.try_get_by_index::<String>(0)?)
}

/// Refuses a connection whose settings would lose acknowledged answers. Connecting calls it; it is public for tests
/// and for the operator's check.
///
/// # Errors
/// [`StoreError::Unsuitable`] with the setting and its value.
pub async fn assert_suitable(connection: &impl ConnectionTrait) -> Result<(), StoreError> {
    match connection.get_database_backend() {
        DbBackend::Postgres => assert_postgres(connection).await,
        _ => assert_sqlite(connection).await,
    }
}

async fn assert_sqlite(connection: &impl ConnectionTrait) -> Result<(), StoreError> {
    let version = one_text(connection, "SELECT sqlite_version()").await?;
    let numbers: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    if numbers < vec![3, 51, 3] {
        return Err(StoreError::Unsuitable(format!(
            "SQLite {version} can lose data; 3.51.3 or newer is needed"
        )));
    }
    for (pragma, wanted) in
        [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("busy_timeout", "5000")]
    {
        let sql = format!(
            "SELECT CAST({} AS TEXT) FROM pragma_{pragma}",
            if pragma == "busy_timeout" { "timeout" } else { pragma }
        );
        let found = one_text(connection, &sql).await?;
        if found != wanted {
            return Err(StoreError::Unsuitable(format!(
                "SQLite's {pragma} is {found}, not {wanted}: answers could be lost"
            )));
        }
    }
    Ok(())
}

async fn assert_postgres(connection: &impl ConnectionTrait) -> Result<(), StoreError> {
    let version = one_text(connection, "SELECT current_setting('server_version_num')").await?;
    if version.parse::<u32>().unwrap_or_default() < 140_000 {
        return Err(StoreError::Unsuitable(format!(
            "PostgreSQL {version} is too old; 14 or newer is needed"
        )));
    }
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        let found = one_text(connection, &format!("SELECT current_setting('{setting}')")).await?;
        if found == "off" {
            return Err(StoreError::Unsuitable(format!(
                "PostgreSQL's {setting} is off: answers could be lost"
            )));
        }
    }
    Ok(())
}

fn parsed(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    let options = SqliteConnectOptions::from_str(url);
    options.map_err(|e| StoreError::Unsuitable(format!("the database URL is not understood: {e}")))
}

/// The file of a SQLite URL.
fn file_of(url: &str) -> Result<PathBuf, StoreError> {
    let file = parsed(url)?.get_filename().to_owned();
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(StoreError::Unsuitable("a SQLite database in memory loses every answer".to_owned()));
    }
    Ok(file)
}

fn open_lock(path: &std::path::Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).open(path)
}

/// Keeps a second server away from a SQLite database for as long as the file is open.
fn process_lock(path: PathBuf) -> Result<File, StoreError> {
    let unsuitable = |why: String| StoreError::Unsuitable(format!("{}: {why}", path.display()));
    let file = open_lock(&path).map_err(|e| unsuitable(e.to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(unsuitable(
            "another Assay process serves this SQLite database; stop it, or use PostgreSQL for several processes"
                .to_owned(),
        )),
        Err(TryLockError::Error(e)) => Err(unsuitable(e.to_string())),
    }
}
