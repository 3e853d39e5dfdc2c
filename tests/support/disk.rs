//! A small disk of its own, to fill or to make read-only. Mounting one needs root or `sudo`; without either the tests that want one
//! are left out, with a word on the terminal, and with `TEST_REQUIRE_ALL=1` they fail.

use std::{io::Write as _, path::Path, process::Command};

/// A mounted file system in memory; unmounted when dropped.
pub struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// A disk with this much room.
    ///
    /// # Panics
    /// When none can be mounted and `TEST_REQUIRE_ALL=1`.
    #[must_use]
    pub fn of_megabytes(size: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size}m,mode=777");
        if as_root(&["mount", "-t", "tmpfs", "-o", &options, "assay-test"], folder.path()) {
            return Some(Self { folder });
        }
        let _ = writeln!(
            std::io::stderr(),
            "\n*** left out: a disk of its own: mounting one needs root or sudo ***\n"
        );
        let required = std::env::var_os("TEST_REQUIRE_ALL").is_some_and(|value| value == "1");
        assert!(!required, "TEST_REQUIRE_ALL=1, and no disk can be mounted");
        None
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes it read-only.
    ///
    /// # Panics
    /// When a file on it is open for writing.
    pub fn read_only(&self) {
        assert!(as_root(&["mount", "-o", "remount,ro"], self.path()), "a file on it is in use");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process that was killed a moment ago may still hold a file.
        as_root(&["umount", "--lazy"], self.path());
    }
}

/// Runs a command on a folder, by `sudo` where that is needed; whether it worked.
fn as_root(command: &[&str], folder: &Path) -> bool {
    let tried = |before: &[&str]| {
        let words: Vec<&str> = [before, command].concat();
        Command::new(words[0]).args(&words[1..]).arg(folder).output().is_ok_and(|done| done.status.success())
    };
    tried(&[]) || tried(&["sudo", "-n"])
}
