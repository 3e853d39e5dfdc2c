//! Faults of the disk, and death at a named moment, without a word of it in the product: a small library is loaded
//! before the process (`fault.c`, compiled here) and does at the nth write, sync or read of a file what a test asks for.
//!
//! Needs a C compiler, as the product does, and the dynamic loader of Linux.

use crate::server::Place;
use anyhow::{Context as _, ensure};
use std::{
    fs::{File, OpenOptions},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// Which calls of the operating system are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Writing to a file.
    Write,
    /// Making a file or a folder durable.
    Sync,
    /// Reading from a file.
    Read,
}

/// What happens at the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happens {
    /// The process is killed instead of it.
    DeathBefore,
    /// The process is killed when it has been done.
    DeathAfter,
    /// It fails with this number, and is not done.
    Failure(i32),
    /// It and every one after it fail with this number, until [`Faults::disarm`].
    Failures(i32),
}

/// No room left on the disk.
pub const ENOSPC: i32 = 28;
/// The disk does not do what it should.
pub const EIO: i32 = 5;

/// One fault: at the nth call on files whose path contains `file`.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Which calls are counted.
    pub call: Call,
    /// A part of the path.
    pub file: &'static str,
    /// From 1.
    pub nth: i32,
    /// What happens.
    pub happens: Happens,
}

/// The faults of one place.
pub struct Faults {
    library: PathBuf,
    path: PathBuf,
    control: File,
}

/// Where the fields of `struct control` lie that are read or written alone.
const HITS: u64 = 24;
const FILE: usize = 28;

/// Compiles `support/NAME.c` into this folder, to be loaded before a process.
///
/// # Errors
/// When there is no C compiler.
pub(crate) fn library(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("support/{name}.c"));
    let library = folder.join(format!("{name}.so"));
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).arg("-ldl");
    let done = compiler.output().context("cc is missing")?;
    ensure!(done.status.success(), "cc: {}", String::from_utf8_lossy(&done.stderr));
    Ok(library)
}

/// The place, with processes whose clock is this much ahead of the machine's.
///
/// # Errors
/// When there is no C compiler.
pub fn ahead(place: Place, by: Duration) -> anyhow::Result<Place> {
    let library = library(&place.folder, "clock")?;
    Ok(place.with("LD_PRELOAD", library.display().to_string()).with("CLOCK_AHEAD", by.as_secs().to_string()))
}

impl Faults {
    /// Compiles the library into this folder.
    ///
    /// # Errors
    /// When there is no C compiler.
    pub fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        let library = library(folder, "fault")?;
        let path = folder.join("fault.control");
        let control = OpenOptions::new().create_new(true).read(true).write(true).open(&path)?;
        control.set_len(4096)?;
        Ok(Self { library, path, control })
    }

    /// The place, with processes that have these faults.
    #[must_use]
    pub fn on(&self, place: Place) -> Place {
        place
            .with("LD_PRELOAD", self.library.display().to_string())
            .with("FAULT_CONTROL", self.path.display().to_string())
    }

    /// From now on.
    ///
    /// # Errors
    /// When the control file cannot be written.
    pub fn arm(&self, fault: &Fault) -> anyhow::Result<()> {
        self.disarm()?;
        let (after, error, lasting) = match fault.happens {
            Happens::DeathBefore => (0, 0, 0),
            Happens::DeathAfter => (1, 0, 0),
            Happens::Failure(error) => (0, error, 0),
            Happens::Failures(error) => (0, error, 1),
        };
        let call = match fault.call {
            Call::Write => 1,
            Call::Sync => 2,
            Call::Read => 3,
        };
        let mut bytes = Vec::with_capacity(128);
        for number in [0_i32, call, fault.nth, after, error, lasting, 0] {
            bytes.extend(number.to_ne_bytes());
        }
        bytes.extend(fault.file.as_bytes());
        bytes.resize(FILE + 100, 0);
        self.control.write_all_at(&bytes, 0)?;
        // Last: whoever sees it armed sees the rest too.
        Ok(self.control.write_all_at(&1_i32.to_ne_bytes(), 0)?)
    }

    /// No more.
    ///
    /// # Errors
    /// When the control file cannot be written.
    pub fn disarm(&self) -> anyhow::Result<()> {
        Ok(self.control.write_all_at(&0_i32.to_ne_bytes(), 0)?)
    }

    /// How often it happened since it was armed.
    ///
    /// # Errors
    /// When the control file cannot be read.
    pub fn hits(&self) -> anyhow::Result<i32> {
        let mut bytes = [0; 4];
        self.control.read_exact_at(&mut bytes, HITS)?;
        Ok(i32::from_ne_bytes(bytes))
    }
}
