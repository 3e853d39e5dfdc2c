//! What a process does with SQLite's log and with its clients, in order: a small library is loaded before it (`trace.c`,
//! compiled here) and writes everything down.
//!
//! Needs what [`crate::faults`] needs.

use crate::{faults, server::Place};
use anyhow::Context as _;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Something that a process did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did {
    /// This is written to the log.
    Wrote(Vec<u8>),
    /// A sync of the log begins.
    SyncBegan,
    /// A sync of the log is over, and worked.
    SyncEnded,
    /// This begins to leave for a client.
    Sent(Vec<u8>),
}

/// The trace of one place.
pub struct Trace {
    library: PathBuf,
    path: PathBuf,
}

impl Trace {
    /// Compiles the library into this folder.
    ///
    /// # Errors
    /// When there is no C compiler.
    pub fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self { library: faults::library(folder, "trace")?, path: folder.join("trace") })
    }

    /// The place, with processes that are traced.
    #[must_use]
    pub fn on(&self, place: Place) -> Place {
        place
            .with("LD_PRELOAD", self.library.display().to_string())
            .with("TRACE", self.path.display().to_string())
    }

    /// Everything so far.
    ///
    /// # Errors
    /// When it cannot be read, or a process died in the middle of a word.
    pub fn read(&self) -> anyhow::Result<Vec<Did>> {
        let bytes = fs::read(&self.path)?;
        let (mut rest, mut all) = (bytes.as_slice(), Vec::new());
        while let Some((what, after)) = rest.split_first() {
            let (length, after) = after.split_first_chunk().context("a record without a length")?;
            let length = usize::try_from(u32::from_ne_bytes(*length))?;
            let (text, after) = after.split_at_checked(length).context("a record that is cut off")?;
            all.push(match what {
                b'w' => Did::Wrote(text.to_vec()),
                b'b' => Did::SyncBegan,
                b'e' => Did::SyncEnded,
                _ => Did::Sent(text.to_vec()),
            });
            rest = after;
        }
        Ok(all)
    }
}
