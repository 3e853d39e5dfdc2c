//! Connections to SQLite that are kept: those that read, and the one on which answers are saved.
//!
//! The driver's pool asks every connection that is given back whether it still lives. A file does not go away, and the
//! question is a way to the connection's thread and back, as long as most statements. A connection is kept here unless
//! a statement failed on it or nobody waited for its end.

use super::connect::PATIENCE_SQLITE;
use async_trait::async_trait;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult,
    RuntimeErr, Statement, sea_query::Values,
};
use sea_query_sqlx::SqlxValues;
use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, Sqlite, SqliteConnection, query::Query,
    sqlite::SqliteConnectOptions,
};
use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// A connection, and the count of all statements.
pub(super) struct Kept {
    connection: SqliteConnection,
    statements: Arc<AtomicU64>,
}

impl Kept {
    /// Opens one.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(super) async fn open(
        options: &SqliteConnectOptions,
        statements: &Arc<AtomicU64>,
    ) -> Result<Self, DbErr> {
        let connection = SqliteConnection::connect_with(options).await;
        let connection = connection.map_err(|e| DbErr::Conn(RuntimeErr::SqlxError(e.into())))?;
        Ok(Self { connection, statements: Arc::clone(statements) })
    }

    /// The first row.
    async fn one(&mut self, statement: &Statement) -> Result<Option<QueryResult>, DbErr> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let row = query(statement).fetch_optional(&mut self.connection).await;
        Ok(row.map_err(query_error)?.map(QueryResult::from))
    }

    /// All rows.
    ///
    /// # Errors
    /// When the statement fails.
    pub(super) async fn all(&mut self, statement: &Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let rows = query(statement).fetch_all(&mut self.connection).await;
        Ok(rows.map_err(query_error)?.into_iter().map(QueryResult::from).collect())
    }

    /// Executes a statement without rows.
    async fn execute(&mut self, statement: &Statement) -> Result<ExecResult, DbErr> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        query(statement).execute(&mut self.connection).await.map(ExecResult::from).map_err(exec_error)
    }

    /// Executes SQL without values; not counted.
    ///
    /// # Errors
    /// When it fails.
    pub(super) async fn unprepared(&mut self, sql: &str) -> Result<ExecResult, DbErr> {
        let done = self.connection.execute(AssertSqlSafe(sql.to_owned())).await;
        done.map(ExecResult::from).map_err(exec_error)
    }

    /// Closes it in order; when it is the last one, the write-ahead log is folded into the file.
    pub(super) async fn close(self) {
        drop(self.connection.close().await);
    }
}

fn query(statement: &Statement) -> Query<'_, Sqlite, SqlxValues> {
    let values = statement.values.clone().unwrap_or_else(|| Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values))
}

fn query_error(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

fn exec_error(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

/// Connections for reading. They are opened when they are first wanted.
pub struct Readers {
    options: SqliteConnectOptions,
    statements: Arc<AtomicU64>,
    free: Semaphore,
    /// The one that was used last is used first.
    kept: Mutex<Vec<Kept>>,
}

impl Readers {
    /// At most `most` connections.
    pub(super) fn new(options: SqliteConnectOptions, most: u32, statements: &Arc<AtomicU64>) -> Self {
        let free = Semaphore::new(usize::try_from(most).unwrap_or(usize::MAX));
        Self { options, statements: Arc::clone(statements), free, kept: Mutex::default() }
    }

    /// A connection and the right to use it.
    async fn take(&self) -> Result<(Kept, SemaphorePermit<'_>), DbErr> {
        let permit = tokio::time::timeout(PATIENCE_SQLITE, self.free.acquire()).await;
        let permit = permit
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?
            .map_err(|_| query_error(sqlx::Error::PoolClosed))?;
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = match kept {
            Some(reader) => reader,
            None => Kept::open(&self.options, &self.statements).await?,
        };
        Ok((reader, permit))
    }

    /// Works on a connection, and keeps it unless the work fails or nobody waits for its end.
    async fn on_one<T>(&self, work: impl AsyncFnOnce(&mut Kept) -> Result<T, DbErr>) -> Result<T, DbErr> {
        let (mut reader, _permit) = self.take().await?;
        let done = work(&mut reader).await?;
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        Ok(done)
    }

    async fn close(&self) {
        self.free.close();
        let kept = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        for reader in kept {
            reader.close().await;
        }
    }
}

/// What reads are executed on.
pub enum Reader {
    /// SQLite.
    Kept(Box<Readers>),
    /// PostgreSQL, which may go away and come back.
    Pool(DatabaseConnection),
}

impl Reader {
    /// Closes every connection that nobody uses; no other is given out.
    pub(super) async fn close(&self) {
        match self {
            Self::Kept(readers) => readers.close().await,
            Self::Pool(pool) => drop(pool.close_by_ref().await),
        }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reader({:?})", self.get_database_backend())
    }
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Kept(_) => DbBackend::Sqlite,
            Self::Pool(pool) => pool.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Kept(readers) => readers.on_one(async |reader| reader.execute(&statement).await).await,
            Self::Pool(pool) => pool.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Kept(readers) => readers.on_one(async |reader| reader.unprepared(sql).await).await,
            Self::Pool(pool) => pool.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Kept(readers) => readers.on_one(async |reader| reader.one(&statement).await).await,
            Self::Pool(pool) => pool.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Kept(readers) => readers.on_one(async |reader| reader.all(&statement).await).await,
            Self::Pool(pool) => pool.query_all_raw(statement).await,
        }
    }
}
