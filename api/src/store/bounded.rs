//! A transaction whose statements have an end: a server that has stopped answering, and a network that swallows
//! everything, tell nobody, and whoever asks would wait for as long as they do.

use super::error::StoreError;
use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
};
use std::{io, time::Duration};
use tokio::time::timeout;

/// How long a statement of a transaction on PostgreSQL may take: a little more than the server allows it.
pub(super) const WITHIN: Duration = Duration::from_secs(11);

/// Waits for the database, but not for ever.
///
/// # Errors
/// As the work; and when it takes longer.
pub(super) async fn answered<T>(
    within: Duration,
    work: impl Future<Output = Result<T, DbErr>>,
) -> Result<T, DbErr> {
    timeout(within, work).await.unwrap_or_else(|_| {
        let error = io::Error::new(io::ErrorKind::TimedOut, "the database does not answer");
        Err(DbErr::Conn(RuntimeErr::SqlxError(sqlx::Error::Io(error).into())))
    })
}

/// A transaction that was begun. Dropping it rolls it back.
pub struct Transaction {
    transaction: DatabaseTransaction,
    within: Duration,
}

impl Transaction {
    /// Bounds each statement.
    pub(super) const fn new(transaction: DatabaseTransaction, within: Duration) -> Self {
        Self { transaction, within }
    }

    /// What schema steps run on, which take as long as they take.
    pub(super) const fn unbounded(&self) -> &DatabaseTransaction {
        &self.transaction
    }

    /// Commits. Returns after it is durable.
    ///
    /// # Errors
    /// When the commit fails; nothing stays then. When it is not answered: nobody knows then.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        Ok(answered(self.within, self.transaction.commit()).await?)
    }
}

#[async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        self.transaction.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        answered(self.within, self.transaction.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        answered(self.within, self.transaction.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        answered(self.within, self.transaction.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        answered(self.within, self.transaction.query_all_raw(statement)).await
    }
}
