//! One e-mail address of one person: what may be typed, what is compared and what is given to a mail server.
//!
//! We keep three forms. *As typed* is what people see. *Deliverable* has the domain in lower case and in ASCII
//! (punycode), which every mail server accepts. *Canonical* also lower-cases the part before the `@`; it is for
//! comparing and for unique indexes only. Nothing else is normalised: dots and `+tags` belong to the mailbox.

use std::fmt;

use thiserror::Error;

/// Longest address a mail server must accept (RFC 5321, 4.5.3.1.3 without the angle brackets), in bytes.
const LONGEST: usize = 254;
/// Longest part before the `@`, in bytes.
const LONGEST_LOCAL_PART: usize = 64;

/// A checked address of exactly one mailbox.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    typed: String,
    local_part: String,
    /// Lower case, ASCII.
    domain: String,
    canonical: String,
}

/// Why a text is no e-mail address. The text is fit to stand beside a form field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidAddress {
    /// Nothing was typed.
    #[error("Enter an e-mail address")]
    Empty,
    /// More than 254 bytes, or more than 64 before the `@`.
    #[error("An e-mail address has at most 254 characters, 64 of them before the @")]
    TooLong,
    /// A line break, a NUL or another control character.
    #[error("An e-mail address cannot hold line breaks or control characters")]
    Control,
    /// No `@`, or more than one outside quotes, or a list of addresses.
    #[error("Enter one e-mail address like name@company.example")]
    Shape,
    /// The part before the `@`.
    #[error("The part before the @ is not valid")]
    LocalPart,
    /// The part after the `@`.
    #[error("The part after the @ is not a valid domain name, like company.example")]
    Domain,
}

impl EmailAddress {
    /// Checks `text`; blanks around it are dropped.
    ///
    /// # Errors
    /// Names the first fault: see [`InvalidAddress`].
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let typed = text.trim_matches(' ');
        if typed.is_empty() {
            return Err(InvalidAddress::Empty);
        }
        if typed.chars().any(char::is_control) {
            return Err(InvalidAddress::Control);
        }
        if typed.len() > LONGEST {
            return Err(InvalidAddress::TooLong);
        }
        let (local_part, domain) = typed.rsplit_once('@').ok_or(InvalidAddress::Shape)?;
        if local_part.len() > LONGEST_LOCAL_PART {
            return Err(InvalidAddress::TooLong);
        }
        check_local_part(local_part)?;
        let domain = ascii_domain(domain)?;
        if local_part.len() + 1 + domain.len() > LONGEST {
            return Err(InvalidAddress::TooLong);
        }
        let canonical = format!("{local_part}@{domain}").to_ascii_lowercase();
        Ok(Self { typed: typed.to_owned(), local_part: local_part.to_owned(), domain, canonical })
    }

    /// As the person typed it (without blanks around it).
    #[must_use]
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// What a mail server is given: the typed part before the `@`, the domain in lower-case ASCII.
    #[must_use]
    pub fn deliverable(&self) -> String {
        format!("{}@{}", self.local_part, self.domain)
    }

    /// For comparing and for unique indexes: as [`Self::deliverable`], all in lower case.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The part before the `@`, as typed.
    #[must_use]
    pub fn local_part(&self) -> &str {
        &self.local_part
    }

    /// The domain in lower-case ASCII.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// `p***@example.com`: enough to recognise one's own address, too little to write to. For pages and logs.
    #[must_use]
    pub fn masked(typed: &str) -> String {
        match typed.rsplit_once('@') {
            Some((local_part, domain)) => {
                let first: String = local_part.chars().take(1).collect();
                format!("{first}***@{domain}")
            }
            None => "***".to_owned(),
        }
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}

/// Masked, because `{:?}` ends in logs.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({})", Self::masked(&self.typed))
    }
}

/// Either words joined by dots (`priya.shah+ai`) or one quoted text (`"priya shah"`).
fn check_local_part(text: &str) -> Result<(), InvalidAddress> {
    let quoted = text.len() >= 2 && text.starts_with('"') && text.ends_with('"');
    if !quoted {
        // A blank, a comma, a bracket or a second @ means a list or a "Name <address>", not one mailbox.
        if text.contains(['@', ',', ';', '<', '>', ' ', ':']) {
            return Err(InvalidAddress::Shape);
        }
        let is_word = |word: &str| {
            !word.is_empty()
                && word.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c))
        };
        return if text.split('.').all(is_word) { Ok(()) } else { Err(InvalidAddress::LocalPart) };
    }
    let mut inner = text.chars().skip(1).take(text.chars().count() - 2);
    let mut seen = false;
    while let Some(c) = inner.next() {
        seen = true;
        let fine = match c {
            '\\' => inner.next().is_some_and(|escaped| escaped == ' ' || escaped.is_ascii_graphic()),
            '"' => false,
            _ => c == ' ' || c.is_ascii_graphic(),
        };
        if !fine {
            return Err(InvalidAddress::LocalPart);
        }
    }
    if seen { Ok(()) } else { Err(InvalidAddress::LocalPart) }
}

/// Lower-case ASCII form of a domain of at least two labels. Addresses at an IP number are refused: they are typing
/// errors or probes, never a vendor's mailbox.
fn ascii_domain(text: &str) -> Result<String, InvalidAddress> {
    let domain = idna::domain_to_ascii_strict(text).map_err(|_| InvalidAddress::Domain)?;
    let labels: Vec<&str> = domain.split('.').collect();
    let well_formed = labels.len() >= 2
        && labels.iter().all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        });
    let numeric_end = labels.last().is_some_and(|last| last.chars().all(|c| c.is_ascii_digit()));
    if !well_formed || numeric_end || domain.len() > 253 {
        return Err(InvalidAddress::Domain);
    }
    Ok(domain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn v06_valid_addresses_keep_what_was_typed_and_gain_a_canonical_form() {
        for (typed, deliverable, canonical) in [
            ("Priya.Shah@Lumen.Example", "Priya.Shah@lumen.example", "priya.shah@lumen.example"),
            ("p.s+ai@gmail.com", "p.s+ai@gmail.com", "p.s+ai@gmail.com"),
            ("\"priya shah\"@lumen.example", "\"priya shah\"@lumen.example", "\"priya shah\"@lumen.example"),
            ("\"a@b\"@lumen.example", "\"a@b\"@lumen.example", "\"a@b\"@lumen.example"),
            ("info@Müller.example", "info@xn--mller-kva.example", "info@xn--mller-kva.example"),
            ("info@उदाहरण.example", "info@xn--p1b6ci4b4b3a.example", "info@xn--p1b6ci4b4b3a.example"),
        ] {
            let address = EmailAddress::parse(typed).unwrap();
            assert_eq!(address.typed(), typed);
            assert_eq!(address.deliverable(), deliverable);
            assert_eq!(address.canonical(), canonical);
        }
    }

    #[test]
    fn v06_dots_of_a_mailbox_are_never_dropped() {
        let with = EmailAddress::parse("p.s@gmail.com").unwrap();
        let without = EmailAddress::parse("ps@gmail.com").unwrap();
        assert_ne!(with.canonical(), without.canonical());
    }

    #[test]
    fn v06_254_characters_pass_and_255_do_not() {
        let domain = format!("{}.{}.{}.ex", "d".repeat(63), "e".repeat(63), "f".repeat(58));
        let fits = format!("{}@{domain}", "a".repeat(64));
        assert_eq!(fits.len(), 254);
        assert!(EmailAddress::parse(&fits).is_ok());
        let long = format!("{}@{}x", "a".repeat(64), domain);
        assert_eq!(EmailAddress::parse(&long), Err(InvalidAddress::TooLong));
        let long_local = format!("{}@lumen.example", "a".repeat(65));
        assert_eq!(EmailAddress::parse(&long_local), Err(InvalidAddress::TooLong));
    }

    #[test]
    fn v06_invalid_addresses_are_refused_with_the_reason() {
        use InvalidAddress::*;
        for (typed, fault) in [
            ("", Empty),
            ("  ", Empty),
            ("priya", Shape),
            ("priya@shah@lumen.example", Shape),
            ("a@x.example,b@y.example", Shape),
            ("Priya <priya@lumen.example>", Shape),
            ("priya shah@lumen.example", Shape),
            ("priya@lumen.example\r\nBcc: all@x.example", Control),
            ("priya\0@lumen.example", Control),
            (".priya@lumen.example", LocalPart),
            ("priya..shah@lumen.example", LocalPart),
            ("@lumen.example", LocalPart),
            ("\"\"@lumen.example", LocalPart),
            ("prïya@lumen.example", LocalPart),
            ("priya@", Domain),
            ("priya@lumen.example.", Domain),
            ("priya@lumen", Domain),
            ("priya@-lumen.example", Domain),
            ("priya@[127.0.0.1]", Domain),
            ("priya@127.0.0.1", Domain),
            ("priya@lumen_x.example", Domain),
        ] {
            assert_eq!(EmailAddress::parse(typed), Err(fault), "{typed:?}");
        }
    }

    #[test]
    fn a_masked_or_debug_printed_address_hides_the_mailbox() {
        let address = EmailAddress::parse("priya@lumen.example").unwrap();
        assert_eq!(EmailAddress::masked(address.typed()), "p***@lumen.example");
        assert!(!format!("{address:?}").contains("priya"));
    }

    proptest! {
        /// Whatever is accepted is one mailbox that cannot break out of a header or an SMTP command, and stays stable.
        #[test]
        fn whatever_is_accepted_is_safe_and_stable(text in "[ -~\\r\\n\\t\u{e9}]{0,12}@[a-zA-Z0-9.\u{e9} <>,-]{0,20}") {
            if let Ok(address) = EmailAddress::parse(&text) {
                let sent = address.deliverable();
                prop_assert!(sent.is_ascii() && !sent.contains(|c: char| c.is_ascii_control()));
                prop_assert!(!address.domain().contains(['<', '>', ',', ' ', '@']));
                let again = EmailAddress::parse(&sent).unwrap();
                prop_assert_eq!(again.canonical(), address.canonical());
                prop_assert!(lettre::Address::new(address.local_part(), address.domain()).is_ok());
            }
        }
    }
}
