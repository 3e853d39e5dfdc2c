//! How the store can fail. Only this file knows the databases' own error codes.

use sea_orm::{DbErr, RuntimeErr, SqlErr};
use thiserror::Error;

/// Why a query or a save did not happen.
#[derive(Debug, Error)]
pub enum StoreError {
    /// No such row for this tenant.
    #[error("no such row")]
    NotFound,
    /// The row was saved by somebody else since it was read.
    #[error("the row was changed in between")]
    VersionConflict,
    /// A unique key exists already; the text is the database's and differs between the two.
    #[error("duplicate: {0}")]
    Duplicate(String),
    /// The database is busy or the transaction lost a race; trying again is fine.
    #[error("the database is busy")]
    Busy,
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// A stored value is none that the code knows.
    #[error("corrupt value in {table}.{column} of {row}")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// Id of the row.
        row: String,
    },
    /// The database is not what it must be; the process refuses to start.
    #[error("{0}")]
    Unsuitable(String),
    /// Anything else.
    #[error("database error")]
    Database(#[source] DbErr),
}

impl StoreError {
    /// A stored value that does not parse.
    #[must_use]
    pub fn corrupt(table: &'static str, column: &'static str, row: impl ToString) -> Self {
        Self::Corrupt { table, column, row: row.to_string() }
    }
}

/// The database's own code: five characters on PostgreSQL, a number on SQLite.
fn code(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(inner) | DbErr::Query(inner) | DbErr::Conn(inner)) = error else { return None };
    let RuntimeErr::SqlxError(inner) = inner else { return None };
    inner.as_database_error().and_then(|e| e.code()).map(|code| code.into_owned())
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(which)) => return Self::Duplicate(which),
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => return Self::NotFound,
            _ => {}
        }
        if matches!(error, DbErr::RecordNotFound(_)) {
            return Self::NotFound;
        }
        if matches!(error, DbErr::ConnectionAcquire(_)) {
            return Self::Busy;
        }
        match code(&error).as_deref() {
            // SQLITE_BUSY, _LOCKED, _BUSY_RECOVERY, _BUSY_SNAPSHOT; serialization failure, deadlock, lock timeout.
            Some("5" | "6" | "261" | "517" | "40001" | "40P01" | "55P03" | "57014") => Self::Busy,
            // SQLITE_FULL; disk_full.
            Some("13" | "53100") => Self::Full,
            _ => Self::Database(error),
        }
    }
}
