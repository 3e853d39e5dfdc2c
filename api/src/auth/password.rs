//! Passwords of users: argon2id, at least 15 characters, no composition rules, no truncation (NIST SP 800-63B-4).

use super::secret::Secret;
use crate::domain::Surroundings;
use argon2::{
    Argon2, PasswordHasher, PasswordVerifier,
    password_hash::phc::{PasswordHash, Salt},
};
use std::sync::LazyLock;
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

/// Hashes with argon2id (19 MiB, 2 passes, 1 lane). Slow on purpose: call it from a blocking task.
///
/// # Errors
/// The library's message, when it refuses its parameters.
pub fn hash(password: &str, surroundings: &Surroundings) -> Result<String, String> {
    let salt = Salt::new(&surroundings.bytes::<16>()).map_err(|e| e.to_string())?;
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt.as_ref())
        .map(|hash| hash.to_string())
        .map_err(|e| e.to_string())
}

/// A hash of nothing anybody knows: compared against when there is no such user, so that both take the same path.
static DUMMY: LazyLock<String> = LazyLock::new(|| {
    hash(Secret::for_session(&Surroundings::system()).reveal(), &Surroundings::system()).unwrap_or_default()
});

/// Whether the password matches; with no stored hash it does the same work and says no.
#[must_use]
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    let against = stored.unwrap_or(&DUMMY);
    let matches = PasswordHash::new(against)
        .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok());
    matches && stored.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hashed_password_verifies_untruncated() {
        let s = Surroundings::system();
        let long = "correct horse battery staple ".repeat(5);
        let stored = hash(&long, &s).unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify(&long, Some(&stored)));
        assert!(!verify(&long[..long.len() - 1], Some(&stored)));
        assert!(!verify(&long, None));
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
