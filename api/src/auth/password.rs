//! Passwords of users: argon2id, at least 15 characters, no composition rules, no truncation (NIST SP 800-63B-4).

use super::secret::Secret;
use crate::domain::Surroundings;
use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use std::sync::{LazyLock, Mutex, PoisonError};
use subtle::ConstantTimeEq as _;
use thiserror::Error;

/// Why a password cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WeakPassword {
    /// Fewer than 15 characters.
    #[error("Use at least 15 characters; a sentence of several words is easiest")]
    TooShort,
    /// More than 256 characters.
    #[error("Use at most 256 characters")]
    TooLong,
    /// Too easy to guess.
    #[error("This password is too easy to guess; use several unrelated words")]
    TooCommon,
}

/// Words whose repetition or padding makes a long password that everybody tries first.
const COMMON: &[&str] = &[
    "password", "passwort", "123456", "qwerty", "letmein", "welcome", "admin", "iloveyou", "abc123", "assay",
    "dragon", "monkey", "football", "baseball", "sunshine", "princess", "master", "shadow", "superman",
    "trustno1", "secret", "changeme", "000000", "111111", "654321", "asdfgh", "zxcvbn", "login", "starwars",
    "whatever",
];

/// Checks a password that a person wants to use. `names` are words of the person and the organisation.
///
/// # Errors
/// [`WeakPassword`] when it is too short, too long, or mostly one well-known or personal word with padding.
pub fn check(password: &str, names: &[&str]) -> Result<(), WeakPassword> {
    let length = password.chars().count();
    if length < 15 {
        return Err(WeakPassword::TooShort);
    }
    if length > 256 {
        return Err(WeakPassword::TooLong);
    }
    let lower = password.to_lowercase();
    let guessable = |word: &str| {
        let word = word.trim().to_lowercase();
        if word.chars().count() < 4 || !lower.contains(&word) {
            return false;
        }
        // What is left when the word is gone: digits, punctuation or one repeated character add next to nothing.
        let rest: Vec<char> = lower.replace(&word, "").chars().collect();
        let letters = rest.iter().filter(|c| c.is_alphabetic()).count();
        let mut distinct = rest.clone();
        distinct.sort_unstable();
        distinct.dedup();
        letters < 5 || distinct.len() < 4
    };
    let mut distinct: Vec<char> = lower.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 5
        || COMMON.iter().any(|word| guessable(word))
        || names.iter().any(|word| guessable(word))
    {
        return Err(WeakPassword::TooCommon);
    }
    Ok(())
}

/// Memory of hashes that are done, for those to come: as much of it as hashes ran at once. An allocator that is given
/// 19 MiB back by many threads in turn keeps it once for each of them.
static KEPT: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

fn compute(argon2: &Argon2<'_>, password: &str, salt: &[u8], out: &mut [u8]) -> Result<(), argon2::Error> {
    let mut memory = KEPT.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
    memory.resize(argon2.params().block_count(), Block::default());
    let computed = argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, &mut memory);
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
    computed
}

/// Hashes with argon2id (19 MiB, 2 passes, 1 lane). Slow on purpose: call it from a blocking task.
///
/// # Errors
/// The library's message, when it refuses its parameters.
pub fn hash(password: &str, surroundings: &Surroundings) -> Result<String, String> {
    let (argon2, salt) = (Argon2::default(), surroundings.bytes::<16>());
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    compute(&argon2, password, &salt, &mut out).map_err(|e| e.to_string())?;
    let hash = PasswordHash {
        algorithm: Algorithm::default().ident(),
        version: Some(Version::default().into()),
        params: ParamsString::try_from(argon2.params()).map_err(|e| e.to_string())?,
        salt: Some(Salt::new(&salt).map_err(|e| e.to_string())?),
        hash: Some(Output::new(&out).map_err(|e| e.to_string())?),
    };
    Ok(hash.to_string())
}

/// A hash of nothing anybody knows: compared against when there is no such user, so that both take the same path.
static DUMMY: LazyLock<String> = LazyLock::new(|| {
    hash(Secret::for_session(&Surroundings::system()).reveal(), &Surroundings::system()).unwrap_or_default()
});

/// Whether the password matches; with no stored hash it does the same work and says no.
#[must_use]
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    let against = stored.unwrap_or(&DUMMY);
    matches(password, against).unwrap_or(false) && stored.is_some()
}

/// Nothing when the stored hash is none of argon2's.
fn matches(password: &str, stored: &str) -> Option<bool> {
    let stored = PasswordHash::new(stored).ok()?;
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
    let version = Version::try_from(stored.version?).ok()?;
    let argon2 = Argon2::new(algorithm, version, Params::try_from(&stored).ok()?);
    let (salt, expected) = (stored.salt?, stored.hash?);
    let mut out = vec![0; expected.len()];
    compute(&argon2, password, &salt, &mut out).ok()?;
    Some(out.ct_eq(expected.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::PasswordHasher as _;

    #[test]
    fn a_hashed_password_verifies_untruncated() {
        let s = Surroundings::system();
        let long = "correct horse battery staple ".repeat(5);
        let stored = hash(&long, &s).unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify(&long, Some(&stored)));
        assert!(!verify(&long[..long.len() - 1], Some(&stored)));
        assert!(!verify(&long, None));
        assert!(!verify(&long, Some("$argon2id$v=19$m=19456,t=2,p=1$")) && !verify(&long, Some("no hash")));
    }

    #[test]
    fn a_stored_hash_says_how_it_was_made() {
        let weaker =
            Argon2::new(Algorithm::Argon2i, Version::V0x10, Params::new(64, 3, 1, Some(24)).unwrap());
        let stored = weaker.hash_password_with_salt(b"an earlier choice", b"0123456789abcdef").unwrap();
        assert!(verify("an earlier choice", Some(&stored.to_string())));
        assert!(!verify("another", Some(&stored.to_string())));
    }

    #[test]
    fn a_24_short_and_padded_passwords_are_refused() {
        assert_eq!(check("fourteen chars", &[]), Err(WeakPassword::TooShort));
        assert_eq!(check("fifteen charsss", &[]), Ok(()));
        assert_eq!(check("password1234567", &[]), Err(WeakPassword::TooCommon));
        assert_eq!(check("northwind bank 2026", &["Northwind Bank"]), Err(WeakPassword::TooCommon));
        assert_eq!(check("aaaaaaaaaaaaaaaaaa", &[]), Err(WeakPassword::TooCommon));
        assert_eq!(check(&"x1 blue lamp 🚲 ".repeat(8), &[]), Ok(()));
    }
}
