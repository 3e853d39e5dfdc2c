//! Room on the disks that files and an embedded database are kept on. Below a mark uploads are refused, so that answers
//! can still be saved; when a disk is full the service is not ready. The system is asked at each upload and each question
//! about readiness, and at no save.

use super::BlobError;
use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Bytes below which a disk counts as full: the log of a database alone takes a few.
const FULL: u64 = 4 << 20;

/// How large a file system is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// What the service may still write.
    pub free: u64,
    /// All of it; 0 where the system does not know.
    pub total: u64,
}

impl Space {
    /// The file system of a folder, as this machine tells it.
    ///
    /// # Errors
    /// When the folder is missing or its disk does not answer.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let disk = rustix::fs::statvfs(folder)?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        Ok(Self { free: bytes(disk.f_bavail), total: bytes(disk.f_blocks) })
    }

    /// Whether so little is left that answers can hardly be saved.
    fn is_full(self) -> bool {
        self.total > 0 && self.free < FULL
    }
}

/// How much has to stay free of a file system: the greater of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeastFree {
    /// This many hundredths of the whole.
    pub percent: u8,
    /// This many bytes.
    pub bytes: u64,
}

impl LeastFree {
    /// The mark of a file system of so many bytes, in bytes.
    #[must_use]
    pub fn of(self, total: u64) -> u64 {
        (total / 100).saturating_mul(self.percent.into()).max(self.bytes)
    }

    /// Whether enough is free. A full disk never has, whatever the mark; one whose size is unknown always has.
    #[must_use]
    pub fn is_met_by(self, space: Space) -> bool {
        space.total == 0 || space.free >= self.of(space.total).max(1)
    }
}

/// Tells the space of the file system of a folder.
type Ask = dyn Fn(&Path) -> io::Result<Space> + Send + Sync;

/// Watches the disks of some folders. Clones share what was told last.
#[derive(Clone)]
pub struct Room {
    folders: Arc<[PathBuf]>,
    least: LeastFree,
    ask: Arc<Ask>,
    low: Arc<AtomicBool>,
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("folders", &self.folders).field("least", &self.least).finish()
    }
}

impl Room {
    /// Watches these folders; `ask` tells how much is free, [`Space::of`] in a real installation.
    #[must_use]
    pub fn new(
        folders: Vec<PathBuf>,
        least: LeastFree,
        ask: impl Fn(&Path) -> io::Result<Space> + Send + Sync + 'static,
    ) -> Self {
        Self { folders: folders.into(), least, ask: Arc::new(ask), low: Arc::default() }
    }

    /// Watches nothing: there is always room.
    #[must_use]
    pub fn unwatched() -> Self {
        Self::new(Vec::new(), LeastFree::default(), Space::of)
    }

    /// Requires every disk to be above the mark, as whoever adds a file must. The log tells once when one is not, and
    /// once when all are again.
    ///
    /// # Errors
    /// [`BlobError::Full`] below the mark; [`BlobError::Io`] when a disk does not answer.
    pub fn require_mark(&self) -> Result<(), BlobError> {
        let found = self.look()?;
        if found.is_low { Err(BlobError::Full) } else { Ok(()) }
    }

    /// Requires every disk to have room for answers. Looks at the mark too, for the log.
    ///
    /// # Errors
    /// [`BlobError::Full`] when one is full; [`BlobError::Io`] when it does not answer.
    pub fn require_any(&self) -> Result<(), BlobError> {
        let found = self.look()?;
        if found.is_full { Err(BlobError::Full) } else { Ok(()) }
    }

    fn look(&self) -> Result<Found, BlobError> {
        let mut found = Found::default();
        let mut lacking = None;
        for folder in &*self.folders {
            let space = (self.ask)(folder)?;
            found.is_full |= space.is_full();
            if !self.least.is_met_by(space) {
                lacking = Some((folder, space));
            }
        }
        found.is_low = lacking.is_some();
        let told = self.low.swap(found.is_low, Ordering::Relaxed);
        match lacking {
            None if told => tracing::warn!("there is room on the disk again: uploads are taken"),
            Some((folder, space)) if !told => tracing::error!(
                folder = %folder.display(),
                free_mb = space.free >> 20,
                least_free_mb = self.least.of(space.total) >> 20,
                "the disk is nearly full: uploads are refused until there is room"
            ),
            _ => {}
        }
        Ok(found)
    }
}

/// What a look at all disks found.
#[derive(Default)]
struct Found {
    /// One is below the mark.
    is_low: bool,
    /// One has no room for answers either.
    is_full: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1 << 30;

    #[test]
    fn the_mark_is_the_greater_of_a_share_and_a_size() {
        let least = LeastFree { percent: 5, bytes: GB };
        assert_eq!(least.of(10 * GB), GB);
        assert_eq!(least.of(100 * GB), 5 * (100 * GB / 100));
        let met = |free, total| least.is_met_by(Space { free, total });
        assert!(met(GB, 10 * GB) && !met(GB - 1, 10 * GB));
        assert!(met(5 * GB, 100 * GB) && !met(4 * GB, 100 * GB));
        assert!(met(0, 0), "a file system that does not know its size");
        let unset = LeastFree::default();
        assert!(
            unset.is_met_by(Space { free: 1, total: GB }) && !unset.is_met_by(Space { free: 0, total: GB })
        );
    }

    #[test]
    fn the_disk_of_this_machine_has_a_size() {
        let space = Space::of(&std::env::temp_dir()).unwrap();
        assert!(space.total >= space.free && space.total > 0, "{space:?}");
        assert!(Space::of(Path::new("/no/such/folder")).is_err());
    }
}
