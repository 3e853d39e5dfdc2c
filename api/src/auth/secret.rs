//! High-entropy secrets: link secrets, session tokens, browser bindings. Only their SHA-256 is ever stored.
//!
//! A plain hash is enough for secrets of 112 bits and more (ASVS 6.5.2); six-digit codes go through `code` instead.

use crate::domain::Surroundings;
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// Crockford's base32: no I, L, O, U, so that it can be read aloud and typed.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A secret in the clear, on its way to the one who may know it. It never prints itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

impl Secret {
    /// A link secret: 160 bits as 32 base32 characters; works in the link and typed by hand.
    #[must_use]
    pub fn for_link(surroundings: &Surroundings) -> Self {
        Self(base32(&surroundings.bytes::<20>()))
    }
    /// A session token or browser binding: 256 bits.
    #[must_use]
    pub fn for_session(surroundings: &Surroundings) -> Self {
        Self(hex::encode(surroundings.bytes::<32>()))
    }
    /// A password that nobody chose: 20 base32 characters in groups of five (100 bits).
    #[must_use]
    pub fn for_password(surroundings: &Surroundings) -> Self {
        let text = base32(&surroundings.bytes::<13>());
        let characters: Vec<char> = text.chars().take(20).collect();
        Self(characters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
    }
    /// What somebody presented, as it came.
    #[must_use]
    pub fn presented(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// What somebody typed from a mail: blanks and hyphens dropped, lower case and look-alike letters mended.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        Self(
            text.chars()
                .filter(|c| !c.is_whitespace() && *c != '-')
                .take(64)
                .map(|c| match c.to_ascii_uppercase() {
                    'O' => '0',
                    'I' | 'L' => '1',
                    other => other,
                })
                .collect(),
        )
    }
    /// Whether nothing was presented or typed.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.0.is_empty()
    }
    /// The secret in the clear: for the mail, the cookie, or the operator's terminal.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
    /// In groups of four, for typing.
    #[must_use]
    pub fn grouped(&self) -> String {
        let characters: Vec<char> = self.0.chars().collect();
        characters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }
    /// What is stored.
    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }
    /// A token that proves a form came from our own page: derived from the session, so nothing is stored.
    #[must_use]
    pub fn csrf_token(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"assay form token\0");
        hash.update(self.0.as_bytes());
        hex::encode(hash.finalize())
    }
}

fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for &byte in bytes {
        buffer = (buffer << 8) | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let index = (buffer >> bits) & 31;
            text.push(char::from(ALPHABET.get(index as usize).copied().unwrap_or(b'0')));
        }
        buffer &= (1 << bits) - 1;
    }
    if bits > 0 {
        let index = (buffer << (5 - bits)) & 31;
        text.push(char::from(ALPHABET.get(index as usize).copied().unwrap_or(b'0')));
    }
    text
}

/// Whether two texts are equal, in time that does not depend on where they differ.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// Evidence that a presented secret matched a stored hash. The contexts of `usecases::ctx` can be built only with
/// one, so no code path reaches a tenant's data without having verified something.
#[derive(Debug)]
pub struct Proof(());

impl Proof {
    /// Compares in constant time. With no stored hash it compares against a dummy, so that both take one path.
    #[must_use]
    pub fn of(presented: &Secret, stored: Option<&[u8]>) -> Option<Self> {
        const DUMMY: [u8; 32] = [0; 32];
        let matches: bool = presented.hash().ct_eq(stored.unwrap_or(&DUMMY)).into();
        (matches && stored.is_some()).then_some(Self(()))
    }
    /// Compares with each of the hashes that one link may have (at most ten), always ten times, so that neither
    /// their number nor the place of the right one shows.
    #[must_use]
    pub fn of_any(presented: &Secret, stored: &[Vec<u8>]) -> Option<Self> {
        const SLOTS: usize = 10;
        let hash = presented.hash();
        let mut found = subtle::Choice::from(0);
        for slot in 0..SLOTS.max(stored.len()) {
            let matches = hash.ct_eq(stored.get(slot).map_or(&[0; 32][..], Vec::as_slice));
            found |= matches & subtle::Choice::from(u8::from(slot < stored.len()));
        }
        bool::from(found).then_some(Self(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_secret_has_32_characters_that_survive_being_typed() {
        let secret = Secret::for_link(&Surroundings::system());
        assert_eq!(secret.reveal().len(), 32);
        let typed = Secret::typed(&secret.grouped().to_lowercase().replace('0', "o").replace('1', "l"));
        assert_eq!(typed, secret);
    }

    #[test]
    fn only_the_right_secret_gives_a_proof() {
        let secret = Secret::presented("right");
        assert!(Proof::of(&secret, Some(&secret.hash())).is_some());
        assert!(Proof::of(&Secret::presented("wrong"), Some(&secret.hash())).is_none());
        assert!(Proof::of(&secret, None).is_none());
        let others = vec![Secret::presented("other").hash(), secret.hash()];
        assert!(Proof::of_any(&secret, &others).is_some());
        assert!(Proof::of_any(&Secret::presented("wrong"), &others).is_none());
        assert!(Proof::of_any(&secret, &[]).is_none());
    }

    #[test]
    fn base32_matches_known_vectors() {
        assert_eq!(base32(b"f"), "CR");
        assert_eq!(base32(b"foobar"), "CSQPYRK1E8");
    }

    #[test]
    fn a_secret_never_prints_itself() {
        assert!(!format!("{:?}", Secret::presented("abc")).contains("abc"));
    }
}
