//! Private keys in a folder: one file for each, readable by its owner alone, made when the first one is needed.
//!
//! The database knows only the public halves, so a copy of it signs nothing. Processes that share a database share
//! the folder as they share the evidence; one that has a folder of its own signs with keys of its own.

use crate::domain::{
    Surroundings,
    signing_key::{KeyPurpose, thumbprint},
};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::EncodingKey;
use std::{
    collections::HashMap,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use thiserror::Error;

/// What a PKCS#8 document of an Ed25519 seed begins with (RFC 8410, section 7).
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Why there is no key to sign with.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The folder or a file in it cannot be read or written.
    #[error("the key file {0} cannot be used: {1}")]
    File(PathBuf, #[source] io::Error),
    /// Others than its owner may read it.
    #[error("the key file {0} may be read by others: run chmod 600 on it")]
    Open(PathBuf),
    /// It holds no Ed25519 key, or not the one in its name.
    #[error("the key file {0} does not hold the key that its name says")]
    Wrong(PathBuf),
}

/// A key pair, ready to sign.
#[derive(Clone)]
pub struct SigningKey {
    /// The id that goes into the header.
    pub kid: String,
    /// The public half, base64url.
    pub x: String,
    pub(super) encoding: EncodingKey,
}

impl SigningKey {
    /// The pair made of this seed.
    fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let pkcs8 = [PKCS8_PREFIX.as_slice(), seed.as_slice()].concat();
        Some(Self { kid: thumbprint(&x), x, encoding: EncodingKey::from_ed_der(&pkcs8) })
    }
}

/// The folder of private keys. Cheap to clone.
#[derive(Clone)]
pub struct KeyFolder {
    root: Arc<Path>,
    read: Arc<Mutex<HashMap<String, SigningKey>>>,
}

impl KeyFolder {
    /// The keys below `root`; the folder is made with the first key.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        Self { root: root.into(), read: Arc::default() }
    }

    fn path(&self, purpose: KeyPurpose, kid: &str) -> PathBuf {
        self.root.join(format!("{purpose}-{kid}.pem"))
    }

    /// Makes a key pair and keeps its private half: on return the file is durable.
    ///
    /// # Errors
    /// [`KeyError::File`].
    pub fn make(&self, purpose: KeyPurpose, surroundings: &Surroundings) -> Result<SigningKey, KeyError> {
        let seed: [u8; 32] = surroundings.bytes();
        let key = SigningKey::from_seed(&seed).ok_or_else(|| KeyError::Wrong(self.root.to_path_buf()))?;
        let path = self.path(purpose, &key.kid);
        let pem = STANDARD.encode([PKCS8_PREFIX.as_slice(), seed.as_slice()].concat());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n");
        self.write(&path, &pem).map_err(|error| KeyError::File(path, error))?;
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(key.kid.clone(), key.clone());
        Ok(key)
    }

    fn write(&self, path: &Path, pem: &str) -> io::Result<()> {
        fs::create_dir_all(&self.root)?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(pem.as_bytes())?;
        file.sync_all()?;
        fs::File::open(&self.root)?.sync_all()
    }

    /// Looks at every key in the folder, one by one; none where there is no folder yet.
    ///
    /// # Errors
    /// When the folder cannot be read. What is wrong with a single key is in the list.
    pub fn look(&self) -> io::Result<Vec<Result<(), KeyError>>> {
        let entries = match fs::read_dir(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut looked_at = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let named = stem.split_once('-').and_then(|(word, kid)| Some((KeyPurpose::parse(word)?, kid)));
            looked_at.push(match named {
                Some((purpose, kid)) => self.find(purpose, kid).map(|_| ()),
                None => Err(KeyError::Wrong(path)),
            });
        }
        Ok(looked_at)
    }

    /// The private key of this id, if this folder holds it.
    ///
    /// # Errors
    /// [`KeyError`] when the file is there and cannot be used.
    pub fn find(&self, purpose: KeyPurpose, kid: &str) -> Result<Option<SigningKey>, KeyError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = read.get(kid) {
            return Ok(Some(key.clone()));
        }
        let path = self.path(purpose, kid);
        let pem = match fs::read_to_string(&path) {
            Ok(pem) => pem,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(KeyError::File(path, error)),
        };
        if readable_by_others(&path).map_err(|error| KeyError::File(path.clone(), error))? {
            return Err(KeyError::Open(path));
        }
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(body.trim()).unwrap_or_default();
        let seed = der.strip_prefix(PKCS8_PREFIX.as_slice()).and_then(|seed| <[u8; 32]>::try_from(seed).ok());
        let key = seed.and_then(|seed| SigningKey::from_seed(&seed)).filter(|key| key.kid == kid);
        let key = key.ok_or(KeyError::Wrong(path))?;
        read.insert(kid.to_owned(), key.clone());
        Ok(Some(key))
    }
}

#[cfg(unix)]
fn readable_by_others(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn readable_by_others(_: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, KeyFolder) {
        let place = tempfile::tempdir().unwrap();
        let keys = KeyFolder::at(&place.path().join("keys"));
        (place, keys)
    }

    #[test]
    fn a_key_is_found_again_by_a_process_that_did_not_make_it() {
        let (place, keys) = folder();
        let made = keys.make(KeyPurpose::Documents, &Surroundings::system()).unwrap();
        let again = KeyFolder::at(&place.path().join("keys"));
        let found = again.find(KeyPurpose::Documents, &made.kid).unwrap().unwrap();
        assert_eq!((found.kid, found.x), (made.kid.clone(), made.x));
        assert!(again.find(KeyPurpose::Documents, "other").unwrap().is_none());
        let other = KeyFolder::at(&place.path().join("keys"));
        assert!(other.find(KeyPurpose::Tokens, &made.kid).unwrap().is_none(), "keys do not cross purposes");
    }

    #[test]
    fn a_key_that_others_may_read_or_that_is_another_one_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let (place, keys) = folder();
        let made = keys.make(KeyPurpose::Documents, &Surroundings::system()).unwrap();
        let path = keys.path(KeyPurpose::Documents, &made.kid);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let again = KeyFolder::at(&place.path().join("keys"));
        assert!(matches!(again.find(KeyPurpose::Documents, &made.kid), Err(KeyError::Open(_))));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let other = keys.make(KeyPurpose::Documents, &Surroundings::system()).unwrap();
        fs::copy(keys.path(KeyPurpose::Documents, &other.kid), &path).unwrap();
        assert!(matches!(again.find(KeyPurpose::Documents, &made.kid), Err(KeyError::Wrong(_))));
        fs::write(&path, "").unwrap();
        assert!(matches!(again.find(KeyPurpose::Documents, &made.kid), Err(KeyError::Wrong(_))));
    }
}
