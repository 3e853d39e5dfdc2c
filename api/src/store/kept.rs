//! Connections that are kept: those that read, and those on which answers are saved.
//!
//! The drivers' pool asks every connection that is given back whether it still lives. That is a way to SQLite's thread
//! or to PostgreSQL and back, as long as most statements. A connection is kept here unless a statement failed on it or
//! nobody waited for its end; one to PostgreSQL is asked when it was used some time ago. For another database,
//! implement [`Driver`].

use super::bounded::answered;
use async_trait::async_trait;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
    sea_query::Values,
};
use sea_query_sqlx::SqlxValues;
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, SqliteConnection, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};
use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

/// What the store asks of a driver's connection.
pub(super) trait Driver: Sized + Send + 'static {
    /// How it is opened.
    type How: Clone + Send + Sync + 'static;
    /// How long it may lie unused before it is asked whether it still lives; none when it cannot go away.
    const ASKED_AFTER: Option<Duration>;
    /// How long a statement may take, with the way to a connection. A page or a save that takes longer is refused.
    const WITHIN: Duration;

    fn open(how: &Self::How) -> impl Future<Output = sqlx::Result<Self>> + Send;
    async fn lives(&mut self) -> sqlx::Result<()>;
    async fn one(&mut self, statement: &Statement) -> sqlx::Result<Option<QueryResult>>;
    async fn all(&mut self, statement: &Statement) -> sqlx::Result<Vec<QueryResult>>;
    async fn execute(&mut self, statement: &Statement) -> sqlx::Result<ExecResult>;
    async fn unprepared(&mut self, sql: &str) -> sqlx::Result<ExecResult>;
    async fn close(self) -> sqlx::Result<()>;
}

macro_rules! driver {
    ($connection:ty, $how:ty, $asked_after:expr, $within:expr) => {
        impl Driver for $connection {
            type How = $how;
            const ASKED_AFTER: Option<Duration> = $asked_after;
            const WITHIN: Duration = $within;

            async fn open(how: &$how) -> sqlx::Result<Self> {
                Self::connect_with(how).await
            }
            async fn lives(&mut self) -> sqlx::Result<()> {
                self.ping().await
            }
            async fn one(&mut self, statement: &Statement) -> sqlx::Result<Option<QueryResult>> {
                let row = sqlx::query_with(sql(statement), values(statement)).fetch_optional(self).await?;
                Ok(row.map(QueryResult::from))
            }
            async fn all(&mut self, statement: &Statement) -> sqlx::Result<Vec<QueryResult>> {
                let rows = sqlx::query_with(sql(statement), values(statement)).fetch_all(self).await?;
                Ok(rows.into_iter().map(QueryResult::from).collect())
            }
            async fn execute(&mut self, statement: &Statement) -> sqlx::Result<ExecResult> {
                let query = sqlx::query_with(sql(statement), values(statement));
                Ok(ExecResult::from(query.execute(self).await?))
            }
            async fn unprepared(&mut self, sql: &str) -> sqlx::Result<ExecResult> {
                let done = sqlx::Executor::execute(self, AssertSqlSafe(sql.to_owned())).await?;
                Ok(ExecResult::from(done))
            }
            async fn close(self) -> sqlx::Result<()> {
                Connection::close(self).await
            }
        }
    };
}

driver!(SqliteConnection, SqliteConnectOptions, None, Duration::MAX);
driver!(PgConnection, PgConnectOptions, Some(Duration::from_secs(1)), Duration::from_secs(3));

fn sql(statement: &Statement) -> AssertSqlSafe<&str> {
    AssertSqlSafe(statement.sql.as_str())
}

fn values(statement: &Statement) -> SqlxValues {
    SqlxValues(statement.values.clone().unwrap_or_else(|| Values(Vec::new())))
}

/// A connection, and the count of all statements.
pub(super) struct Kept<C> {
    connection: C,
    statements: Arc<AtomicU64>,
    used: Instant,
}

impl<C: Driver> Kept<C> {
    /// Opens one.
    ///
    /// # Errors
    /// When the database takes none.
    pub(super) async fn open(how: &C::How, statements: &Arc<AtomicU64>) -> Result<Self, DbErr> {
        let connection = C::open(how).await.map_err(connect_error)?;
        Ok(Self { connection, statements: Arc::clone(statements), used: Instant::now() })
    }

    /// The first row.
    async fn one(&mut self, statement: &Statement) -> Result<Option<QueryResult>, DbErr> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.connection.one(statement).await.map_err(query_error)
    }

    /// All rows.
    ///
    /// # Errors
    /// When the statement fails.
    pub(super) async fn all(&mut self, statement: &Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.connection.all(statement).await.map_err(query_error)
    }

    /// Executes a statement without rows.
    async fn execute(&mut self, statement: &Statement) -> Result<ExecResult, DbErr> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.connection.execute(statement).await.map_err(exec_error)
    }

    /// Executes SQL without values; not counted.
    ///
    /// # Errors
    /// When it fails.
    pub(super) async fn unprepared(&mut self, sql: &str) -> Result<ExecResult, DbErr> {
        self.connection.unprepared(sql).await.map_err(exec_error)
    }

    /// Whether it can be used: it was just now, or it says so.
    async fn lives(&mut self, patience: Duration) -> bool {
        match C::ASKED_AFTER {
            Some(limit) if self.used.elapsed() > limit => {
                matches!(timeout(patience, self.connection.lives()).await, Ok(Ok(())))
            }
            _ => true,
        }
    }

    /// Closes it in order; when it is the last one of SQLite, the write-ahead log is folded into the file.
    pub(super) async fn close(self) {
        drop(self.connection.close().await);
    }
}

fn connect_error(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}

fn query_error(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

fn exec_error(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

/// Connections on which single statements are executed. They are opened when they are first wanted.
pub(super) struct Readers<C: Driver> {
    how: C::How,
    statements: Arc<AtomicU64>,
    /// How long to wait for a connection.
    patience: Duration,
    free: Semaphore,
    /// The one that was used last is used first.
    kept: Mutex<Vec<Kept<C>>>,
    /// The runtime that lasts: a connection to PostgreSQL hangs on the one that opened it.
    home: Handle,
}

impl<C: Driver> Readers<C> {
    /// At most `most` connections.
    pub(super) fn new(how: C::How, most: u32, patience: Duration, statements: &Arc<AtomicU64>) -> Self {
        let free = Semaphore::new(usize::try_from(most).unwrap_or(usize::MAX));
        let (statements, home) = (Arc::clone(statements), Handle::current());
        Self { how, statements, patience, free, kept: Mutex::default(), home }
    }

    /// A connection and the right to use it.
    async fn take(&self) -> Result<(Kept<C>, SemaphorePermit<'_>), DbErr> {
        let too_late = |_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout);
        let permit = timeout(self.patience, self.free.acquire()).await.map_err(too_late)?;
        let permit = permit.map_err(|_| query_error(sqlx::Error::PoolClosed))?;
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(mut reader) = kept
            && reader.lives(self.patience).await
        {
            return Ok((reader, permit));
        }
        let (how, statements) = (self.how.clone(), Arc::clone(&self.statements));
        let opening = self.home.spawn(async move { Kept::open(&how, &statements).await });
        let opened = timeout(self.patience, opening).await.map_err(too_late)?;
        Ok((opened.map_err(|_| query_error(sqlx::Error::PoolClosed))??, permit))
    }

    /// Works on a connection, and keeps it unless the work fails or nobody waits for its end.
    async fn on_one<T>(&self, work: impl AsyncFnOnce(&mut Kept<C>) -> Result<T, DbErr>) -> Result<T, DbErr> {
        answered(C::WITHIN, async {
            let (mut reader, _permit) = self.take().await?;
            let done = work(&mut reader).await?;
            reader.used = Instant::now();
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
            Ok(done)
        })
        .await
    }

    async fn close(&self) {
        self.free.close();
        let kept = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        for reader in kept {
            reader.close().await;
        }
    }
}

/// What single statements are executed on.
pub struct Reader(Place);

enum Place {
    Sqlite(Readers<SqliteConnection>),
    Postgres(Readers<PgConnection>),
}

impl Reader {
    /// On SQLite.
    pub(super) fn sqlite(readers: Readers<SqliteConnection>) -> Self {
        Self(Place::Sqlite(readers))
    }

    /// On PostgreSQL.
    pub(super) fn postgres(readers: Readers<PgConnection>) -> Self {
        Self(Place::Postgres(readers))
    }

    /// Closes every connection that nobody uses; no other is given out.
    pub(super) async fn close(&self) {
        match &self.0 {
            Place::Sqlite(readers) => readers.close().await,
            Place::Postgres(readers) => readers.close().await,
        }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reader({:?})", self.get_database_backend())
    }
}

/// The same on whichever it is.
macro_rules! on_one {
    ($reader:expr, $work:expr) => {
        match &$reader.0 {
            Place::Sqlite(readers) => readers.on_one($work).await,
            Place::Postgres(readers) => readers.on_one($work).await,
        }
    };
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        match &self.0 {
            Place::Sqlite(_) => DbBackend::Sqlite,
            Place::Postgres(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        on_one!(self, async |reader| reader.execute(&statement).await)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        on_one!(self, async |reader| reader.unprepared(sql).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        on_one!(self, async |reader| reader.one(&statement).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        on_one!(self, async |reader| reader.all(&statement).await)
    }
}
