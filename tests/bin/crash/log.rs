//! What a client writes down of what it was told, on the disk before it asks for the next.

use std::{fs::File, io::Write as _, path::Path};

/// The log of one client.
pub struct Log(File);

impl Log {
    /// A new log of this name.
    ///
    /// # Errors
    /// When there is one already, or it cannot be written.
    pub fn new(folder: &Path, name: &str) -> anyhow::Result<Self> {
        Ok(Self(File::create_new(folder.join(name))?))
    }

    /// Writes a line down.
    ///
    /// # Errors
    /// When it does not reach the disk.
    pub fn note(&mut self, line: &str) -> anyhow::Result<()> {
        writeln!(self.0, "{line}")?;
        Ok(self.0.sync_data()?)
    }
}

/// The lines of a log.
///
/// # Errors
/// When it cannot be read.
pub fn lines(folder: &Path, name: &str) -> anyhow::Result<Vec<String>> {
    Ok(std::fs::read_to_string(folder.join(name))?.lines().map(str::to_owned).collect())
}
