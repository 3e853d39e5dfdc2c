//! E-mail addresses: kept as typed, compared in one canonical form. No tricks with dots or plus tags.

use thiserror::Error;

/// An address as typed, with the form that comparisons use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress {
    typed: String,
    canonical: String,
}

/// Why a text is not an address we can write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidAddress {
    /// Nothing was typed.
    #[error("Enter an e-mail address")]
    Empty,
    /// Longer than 254 characters.
    #[error("An e-mail address has at most 254 characters")]
    TooLong,
    /// Not name@host.
    #[error("Enter an e-mail address like name@example.com")]
    Malformed,
}

impl EmailAddress {
    /// Reads an address that a person typed; surrounding blanks are dropped.
    ///
    /// # Errors
    /// [`InvalidAddress`] when it is empty, too long, or not one plain `name@host`.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let typed = text.trim();
        if typed.is_empty() {
            return Err(InvalidAddress::Empty);
        }
        if typed.len() > 254 {
            return Err(InvalidAddress::TooLong);
        }
        // Lettre's parser knows quoted local parts and international domains; it refuses display names and lists.
        let parsed: lettre::Address = typed.parse().map_err(|_| InvalidAddress::Malformed)?;
        if typed.chars().any(|c| c.is_control() || c.is_whitespace()) || parsed.domain().ends_with('.') {
            return Err(InvalidAddress::Malformed);
        }
        let local = parsed.user();
        if local.len() > 64 {
            return Err(InvalidAddress::Malformed);
        }
        // Mail systems treat the local part without regard to case in practice, and two accounts that differ only
        // in case would be a trap.
        let canonical = format!("{}@{}", local.to_lowercase(), parsed.domain().to_lowercase());
        Ok(Self { typed: typed.to_owned(), canonical })
    }
    /// As the person typed it.
    #[must_use]
    pub fn typed(&self) -> &str {
        &self.typed
    }
    /// The form that is unique and compared.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
    /// `p***@example.com`: enough to recognise one's own address, too little to write to.
    #[must_use]
    pub fn masked(typed: &str) -> String {
        match typed.rsplit_once('@') {
            Some((local, domain)) => {
                let first: String = local.chars().take(1).collect();
                format!("{first}***@{domain}")
            }
            None => "***".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_as_typed_and_compared_in_lower_case() {
        let address = EmailAddress::parse("  Priya.Shah+Q@Lumen.Example ").unwrap();
        assert_eq!(address.typed(), "Priya.Shah+Q@Lumen.Example");
        assert_eq!(address.canonical(), "priya.shah+q@lumen.example");
    }

    #[test]
    fn v_06_what_is_no_single_address_is_refused() {
        for text in [
            "",
            "x",
            "a@b@c.example",
            "a@b.example\r\nBcc: x@y.example",
            "Priya <p@l.example>",
            "a@b.example.",
            "a@b.example,c@d.example",
            "a b@c.example",
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(
            EmailAddress::parse(&format!("{}@x.example", "a".repeat(250))),
            Err(InvalidAddress::TooLong)
        );
    }

    #[test]
    fn a_mask_hides_the_name() {
        assert_eq!(EmailAddress::masked("priya@lumen.example"), "p***@lumen.example");
    }
}
