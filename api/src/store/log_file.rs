//! How long SQLite's write-ahead log is. Each thousand pages it is folded into the database, unless somebody reads on and
//! on (a copy being made, an operator's shell): then it grows, every read looks through more of it, and it keeps the
//! length it once had. So it is emptied when nobody writes, and operators are told when that does not help.

use super::{Database, error::StoreError};
use std::{io, path::Path};

/// Beyond this, in bytes, it is emptied: twice what it has when nobody is in the way.
const LONG: u64 = 8 * 1024 * 1024;
/// Beyond this operators are told.
pub const TOO_LONG: u64 = 64 * 1024 * 1024;

/// How long the log beside a SQLite file is, in bytes; 0 when there is none.
///
/// # Errors
/// When the file system does not say.
pub fn length(database: &Path) -> io::Result<u64> {
    // SQLite follows links to the file, and puts the log where that lies.
    let mut log = std::fs::canonicalize(database)?.into_os_string();
    log.push("-wal");
    match std::fs::metadata(log) {
        Ok(found) => Ok(found.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

impl Database {
    /// Empties the log if it is long, nobody writes and nobody reads on; gives its length in bytes if it was tried and is
    /// too long even so. PostgreSQL sees to its own.
    ///
    /// # Errors
    /// When the database or its file does not answer.
    pub async fn tend_log(&self) -> Result<Option<u64>, StoreError> {
        let Some((queue, file)) = self.embedded() else { return Ok(None) };
        let length = || length(file).map_err(|error| StoreError::Unsuitable(format!("its log: {error}")));
        if length()? <= LONG || !queue.empty_log().await? {
            return Ok(None);
        }
        Ok(Some(length()?).filter(|length| *length > TOO_LONG))
    }
}
