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
    /// The database cannot be reached, or its disk fails. What was being committed may be there or not.
    #[error("the database is away")]
    Away,
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
    /// The database takes no connection at the start; with its address and what was said there.
    #[error("{0}")]
    Unreachable(String),
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

/// The driver's error behind one of the library.
fn driver(error: &DbErr) -> Option<&sqlx::Error> {
    let (DbErr::Exec(inner) | DbErr::Query(inner) | DbErr::Conn(inner)) = error else { return None };
    let RuntimeErr::SqlxError(inner) = inner else { return None };
    Some(inner)
}

/// What the database's own code means: five characters on PostgreSQL, a number on SQLite.
fn meaning(code: &str) -> Option<StoreError> {
    // SQLite puts a detail into the higher bits.
    let sqlite = code.parse::<u32>().ok().filter(|_| code.len() != 5).map(|number| number & 0xFF);
    match (code, sqlite) {
        // SQLITE_BUSY and _LOCKED; serialization failure, deadlock, lock timeout, statement timeout, no connection left.
        (_, Some(5 | 6)) | ("40001" | "40P01" | "55P03" | "57014" | "53300", None) => Some(StoreError::Busy),
        // SQLITE_FULL; disk_full.
        (_, Some(13)) | ("53100", None) => Some(StoreError::Full),
        // SQLITE_IOERR, _CORRUPT (a disk that cannot be read is told so too), _CANTOPEN and _NOTADB; PostgreSQL ends,
        // has crashed, starts, or ended this session; its disk fails.
        (_, Some(10 | 11 | 14 | 26)) | ("57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "58030", None) => {
            Some(StoreError::Away)
        }
        (code, None) if code.starts_with("08") => Some(StoreError::Away),
        _ => None,
    }
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
        let known = match driver(&error) {
            Some(sqlx::Error::Database(inner)) => inner.code().and_then(|code| meaning(&code)),
            Some(sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed) => {
                Some(Self::Away)
            }
            _ => None,
        };
        if matches!(known, Some(Self::Away)) {
            tracing::error!(error = %error, "the database is away or fails");
        }
        known.unwrap_or(Self::Database(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_either_database_has_its_meaning() {
        let is = |code: &str| meaning(code).map(|error| error.to_string());
        for (codes, error) in [
            (&["5", "6", "261", "517", "40001", "40P01", "55P03", "57014", "53300"][..], StoreError::Busy),
            (&["13", "53100"], StoreError::Full),
            (
                &[
                    "10", "11", "26", "266", "267", "778", "1034", "4874", "14", "57P01", "57P03", "08006",
                    "25P03",
                ],
                StoreError::Away,
            ),
        ] {
            for code in codes {
                assert_eq!(is(code), Some(error.to_string()), "{code}");
            }
        }
        for code in ["1", "19", "2067", "22001", "23505", "42P01"] {
            assert_eq!(is(code), None, "{code}");
        }
    }
}
