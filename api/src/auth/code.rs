//! The six digits that prove a mailbox: short, so hashed with a slow function, limited in time and in tries.

use super::password;
use crate::domain::Surroundings;
use chrono::Duration;

/// Wrong guesses that one code stands.
pub const TRIES_PER_CODE: i32 = 5;
/// Guesses that one invitation stands in a day; after that only the owner's reissue helps.
pub const TRIES_PER_DAY: i64 = 20;

/// How long a code works.
#[must_use]
pub fn lifetime() -> Duration {
    Duration::minutes(10)
}

/// A fresh code of six digits.
#[must_use]
pub fn mint(surroundings: &Surroundings) -> String {
    format!("{:06}", surroundings.below(1_000_000))
}

/// The digits of what a person typed or pasted; blanks and hyphens are dropped.
#[must_use]
pub fn typed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '-').take(12).collect()
}

/// Hashes a code for storage. Slow: call it from a blocking task.
///
/// # Errors
/// The library's message, when it refuses its parameters.
pub fn hash(code: &str, surroundings: &Surroundings) -> Result<String, String> {
    password::hash(code, surroundings)
}

/// Whether the typed code matches; with no stored hash it does the same work and says no.
#[must_use]
pub fn verify(typed: &str, stored: Option<&str>) -> bool {
    password::verify(typed, stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_six_digits_and_may_be_pasted_with_blanks() {
        let s = Surroundings::system();
        for _ in 0..100 {
            let code = mint(&s);
            assert!(code.len() == 6 && code.chars().all(|c| c.is_ascii_digit()));
        }
        assert_eq!(typed(" 123-456 "), "123456");
    }
}
