//! Evidence bytes, in a folder: written beside, made durable, then renamed to a name that nobody chose.
//!
//! An upload is durable before the database hears of it (file synced, renamed, folder synced), so there is never a
//! row without its bytes. What was begun and not finished is deleted when its [`Upload`] is dropped.

pub mod room;
pub mod sniff;

use crate::domain::{Surroundings, evidence::FileKind};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};
use thiserror::Error;
use tokio::io::AsyncWriteExt as _;

/// Why bytes could not be kept or read.
#[derive(Debug, Error)]
pub enum BlobError {
    /// More bytes than allowed came; the rest was not read.
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    /// The file holds nothing.
    #[error("empty")]
    Empty,
    /// The content is not of a kind that is taken, or not of the kind that the name claims.
    #[error("{0}")]
    NotAllowed(&'static str),
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The file system failed.
    #[error("evidence store")]
    Io(#[source] io::Error),
}

impl From<io::Error> for BlobError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}

/// The folder store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs {
    root: Arc<Path>,
}

/// Bytes that are safely kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Where: `ab/cd/<40 characters>`, all of them random.
    pub key: String,
    /// SHA-256 of the content, in hexadecimal.
    pub sha256: String,
    /// How many bytes.
    pub size: u64,
}

impl Blobs {
    /// A store below `root`, which is made if it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made or written.
    pub fn folder(root: &Path) -> Result<Self, BlobError> {
        let incoming = root.join("incoming");
        std::fs::create_dir_all(&incoming)?;
        for entry in std::fs::read_dir(&incoming)? {
            clear_away(&entry?.path())?;
        }
        Ok(Self { root: root.into() })
    }

    /// Begins to take in a file of at most `limit` bytes.
    ///
    /// # Errors
    /// When no temporary file can be made.
    pub fn begin(&self, surroundings: &Surroundings, limit: u64) -> Result<Upload, BlobError> {
        let name = hex::encode(surroundings.bytes::<20>());
        let temporary = tempfile::Builder::new().prefix(&name).tempfile_in(self.root.join("incoming"))?;
        let file = temporary.reopen()?;
        // For as long as the file is open: see `clear_away`.
        file.try_lock().map_err(io::Error::from)?;
        Ok(Upload {
            root: Arc::clone(&self.root),
            temporary: temporary.into_temp_path(),
            file: tokio::fs::File::from_std(file),
            name,
            limit,
            size: 0,
            hash: Sha256::new(),
        })
    }

    /// Opens kept bytes for reading.
    ///
    /// # Errors
    /// When the key is not one of ours or its file is gone.
    pub async fn open(&self, key: &str) -> Result<tokio::fs::File, BlobError> {
        Ok(tokio::fs::File::open(self.path(key)?).await?)
    }

    /// Deletes bytes that no row names (the transaction after an upload did not commit).
    ///
    /// # Errors
    /// When the file system refuses.
    pub async fn discard(&self, key: &str) -> Result<(), BlobError> {
        Ok(tokio::fs::remove_file(self.path(key)?).await?)
    }

    /// Keys of kept bytes that were last written before this instant.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn older_than(&self, instant: DateTime<Utc>) -> Result<Vec<String>, BlobError> {
        let (root, instant) = (Arc::clone(&self.root), SystemTime::from(instant));
        let found = tokio::task::spawn_blocking(move || {
            let mut keys = Vec::new();
            for outer in folders(&root)? {
                for inner in folders(&outer)? {
                    for file in std::fs::read_dir(&inner)? {
                        let file = file?;
                        if file.metadata()?.modified()? < instant {
                            let path = file.path();
                            let key = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy();
                            keys.push(key.into_owned());
                        }
                    }
                }
            }
            Ok::<_, io::Error>(keys)
        });
        Ok(found.await.map_err(|error| BlobError::Io(io::Error::other(error)))??)
    }

    /// A stored key as a path. Whatever is not exactly of our form is refused, so a key can never leave the folder.
    fn path(&self, key: &str) -> Result<PathBuf, BlobError> {
        let parts: Vec<&str> = key.split('/').collect();
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
        match parts.as_slice() {
            [a, b, name]
                if a.len() == 2 && b.len() == 2 && name.len() >= 26 && parts.iter().all(|p| plain(p)) =>
            {
                Ok(self.root.join(a).join(b).join(name))
            }
            _ => Err(BlobError::Io(io::Error::new(io::ErrorKind::InvalidInput, "not a storage key"))),
        }
    }
}

/// The folders of keys in a folder: those named by two characters.
fn folders(of: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(of)? {
        let entry = entry?;
        if entry.file_name().len() == 2 && entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// A file on its way in. Dropping it deletes what was written.
#[derive(Debug)]
pub struct Upload {
    root: Arc<Path>,
    temporary: tempfile::TempPath,
    file: tokio::fs::File,
    name: String,
    limit: u64,
    size: u64,
    hash: Sha256,
}

impl Upload {
    /// Takes in the next bytes.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`] before anything beyond the limit is written.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), BlobError> {
        let size = self.size + chunk.len() as u64;
        if size > self.limit {
            return Err(BlobError::TooLarge(self.limit));
        }
        self.file.write_all(chunk).await?;
        self.hash.update(chunk);
        self.size = size;
        Ok(())
    }

    /// Looks whether the content is what the name claims, makes it durable and gives it its place.
    ///
    /// # Errors
    /// [`BlobError::Empty`], [`BlobError::NotAllowed`], or a failure of the file system; nothing is kept then.
    pub async fn finish(mut self, claimed: FileKind) -> Result<Stored, BlobError> {
        if self.size == 0 {
            return Err(BlobError::Empty);
        }
        self.file.flush().await?;
        self.file.sync_all().await?;
        let key = format!(
            "{}/{}/{}",
            self.name.get(..2).unwrap_or("00"),
            self.name.get(2..4).unwrap_or("00"),
            self.name
        );
        let sha256 = hex::encode(self.hash.clone().finalize());
        let (size, destination, root) = (self.size, self.root.join(&key), Arc::clone(&self.root));
        let temporary = self.temporary;
        tokio::task::spawn_blocking(move || {
            sniff::check(&mut std::fs::File::open(&temporary)?, size, claimed)?;
            settle(&root, temporary, &destination)
        })
        .await
        .map_err(|error| BlobError::Io(io::Error::other(error)))??;
        Ok(Stored { key, sha256, size })
    }
}

/// Removes what a process left behind that was killed in the middle of an upload. An upload that another process is
/// taking in holds a lock.
fn clear_away(path: &Path) -> io::Result<()> {
    let gone = |error: io::Error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) };
    match std::fs::File::open(path) {
        Ok(file) if file.try_lock().is_err() => Ok(()),
        // The other process may have finished in between.
        Ok(_) => std::fs::remove_file(path).or_else(gone),
        Err(error) => gone(error),
    }
}

/// Renames, and syncs every folder whose content changed, so that the file is there after a power cut.
fn settle(root: &Path, temporary: tempfile::TempPath, destination: &Path) -> Result<(), BlobError> {
    let folder = destination.parent().unwrap_or(root);
    std::fs::create_dir_all(folder)?;
    temporary.persist(destination).map_err(|error| error.error)?;
    let mut changed = Some(folder);
    while let Some(folder) = changed {
        std::fs::File::open(folder)?.sync_all()?;
        changed = if folder == root { None } else { folder.parent() };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn upload(blobs: &Blobs, content: &[u8], limit: u64, kind: FileKind) -> Result<Stored, BlobError> {
        let mut upload = blobs.begin(&Surroundings::system(), limit)?;
        for chunk in content.chunks(7_000) {
            upload.write(chunk).await?;
        }
        upload.finish(kind).await
    }
    fn files_below(folder: &Path) -> usize {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
    }

    #[tokio::test]
    async fn u_01_bytes_come_back_as_they_went_in_under_a_key_that_nobody_chose() {
        use tokio::io::AsyncReadExt as _;
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::folder(folder.path()).unwrap();
        let content = b"%PDF-1.7 some bytes".repeat(2_000);
        let stored = upload(&blobs, &content, 1 << 20, FileKind::Pdf).await.unwrap();
        assert_eq!(stored.sha256, hex::encode(Sha256::digest(&content)));
        assert_eq!(stored.size, content.len() as u64);
        let mut back = Vec::new();
        blobs.open(&stored.key).await.unwrap().read_to_end(&mut back).await.unwrap();
        assert_eq!(back, content);
        let parts: Vec<&str> = stored.key.split('/').collect();
        assert!(
            parts.len() == 3
                && parts[2].starts_with(&format!("{}{}", parts[0], parts[1]))
                && parts[2].len() == 40
        );
    }

    #[tokio::test]
    async fn u_02_an_upload_stops_at_its_limit_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::folder(folder.path()).unwrap();
        let big = vec![b'a'; 100_001];
        assert!(matches!(
            upload(&blobs, &big, 100_000, FileKind::Txt).await,
            Err(BlobError::TooLarge(100_000))
        ));
        assert!(upload(&blobs, &big[1..], 100_000, FileKind::Txt).await.is_ok());
        assert!(matches!(upload(&blobs, b"", 10, FileKind::Txt).await, Err(BlobError::Empty)));
        assert!(matches!(upload(&blobs, b"<html>", 10, FileKind::Txt).await, Err(BlobError::NotAllowed(_))));
        assert_eq!(files_below(folder.path()), 1);
    }

    #[tokio::test]
    async fn what_a_killed_process_left_is_removed_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        Blobs::folder(folder.path()).unwrap();
        std::fs::write(folder.path().join("incoming/half"), b"x").unwrap();
        Blobs::folder(folder.path()).unwrap();
        assert_eq!(files_below(folder.path()), 0);
    }

    #[tokio::test]
    async fn what_another_process_is_taking_in_stays_when_this_one_starts() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::folder(folder.path()).unwrap();
        let mut upload = blobs.begin(&Surroundings::system(), 100).unwrap();
        upload.write(b"first half, ").await.unwrap();
        Blobs::folder(folder.path()).unwrap();
        upload.write(b"second half").await.unwrap();
        assert_eq!(upload.finish(FileKind::Txt).await.unwrap().size, 23);
    }

    #[tokio::test]
    async fn u_04_a_key_never_leaves_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::folder(folder.path()).unwrap();
        for key in [
            "../x",
            "/etc/passwd",
            "aa/bb/../../../../etc/passwd",
            "aa/bb/short",
            "AA/bb/0123456789abcdef0123456789",
        ] {
            assert!(blobs.open(key).await.is_err(), "{key}");
        }
    }
}
