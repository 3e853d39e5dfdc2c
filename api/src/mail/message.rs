//! One mail to one person, turned into one MIME message with a text and an HTML part.
//!
//! The type has room for one recipient only, so no mail can show one vendor another's address. Header texts that hold
//! line breaks or control characters are refused here as the last wall; forms refuse them first.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::Address;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use sha2::{Digest, Sha256};

use crate::domain::email_address::EmailAddress;

/// A mail that is rendered and ready to go. Not printable by `{:?}`, because it holds link secrets and codes.
#[derive(Clone)]
pub struct OutgoingMail {
    /// The one recipient.
    pub to: EmailAddress,
    /// Name of the recipient, when known.
    pub to_name: Option<String>,
    /// Shown before our own sender address: see [`sender_name`].
    pub from_name: String,
    /// Where replies go: the owner of the assessment.
    pub reply_to: Option<(EmailAddress, String)>,
    /// One line.
    pub subject: String,
    /// The text part, written for itself.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// The same on every attempt.
    pub message_id: MessageId,
    /// Earlier mails of the same conversation, oldest first.
    pub references: Vec<MessageId>,
    /// When it was rendered; the `Date` header, to the second.
    pub date: DateTime<Utc>,
}

/// `"{person} at {organisation} via Assay"`: who asks, and through what.
pub fn sender_name(person: &str, organisation: &str) -> String {
    format!("{} at {} via Assay", header_text(person), header_text(organisation))
}

/// Makes a person's words fit for a subject or a name: every run of blanks, line breaks and control characters becomes
/// one blank, direction overrides and other invisible marks go, and nothing is left that decodes as an encoded word.
pub fn header_text(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if c.is_control() || is_line_break(c) { ' ' } else { c })
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ").replace("=?", "= ?")
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{85}')
}

/// Direction overrides and marks: they can make a name read as another one.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// `<left@domain>`, the name of a mail in the world's mail programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageId(String);

impl MessageId {
    /// The name of the mail that a job sends: `<job id@domain>`. `domain` is that of our sender address.
    ///
    /// # Errors
    /// When the two do not make one safe header word.
    pub fn for_job(job_id: impl std::fmt::Display, domain: &str) -> Result<Self, MessageError> {
        Self::parse(&format!("<{job_id}@{domain}>"))
    }

    /// Reads a stored Message-ID back.
    ///
    /// # Errors
    /// Unless it is `<left@right>` of plain ASCII without blanks or brackets.
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        let fault = || MessageError::MessageId(text.chars().take(80).collect());
        let inner = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).ok_or_else(fault)?;
        let (left, right) = inner.split_once('@').ok_or_else(fault)?;
        let plain = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c))
        };
        if text.len() <= 250 && plain(left) && plain(right) {
            Ok(Self(text.to_owned()))
        } else {
            Err(fault())
        }
    }

    /// With its angle brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`: the job id.
    pub fn left(&self) -> &str {
        let inner = self.0.trim_start_matches('<');
        inner.split_once('@').map_or(inner, |(left, _)| left)
    }
}

/// Why a mail cannot be made. Trying again does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// A header text with a line break, a NUL or another control character.
    #[error("the {0} holds a line break or a control character")]
    Control(&'static str),
    /// An empty subject.
    #[error("the subject is empty")]
    NoSubject,
    /// No Message-ID.
    #[error("{0:?} is no Message-ID")]
    MessageId(String),
    /// The mail library refused it.
    #[error("the message cannot be built: {0}")]
    Build(String),
}

/// A message as it goes over the wire, before dot-stuffing. ASCII only, so every mail server takes it.
#[derive(Clone)]
pub struct Mime {
    /// Envelope sender.
    pub from: Address,
    /// Envelope recipient: exactly one.
    pub to: Address,
    /// Headers and both parts, with CRLF line ends.
    pub bytes: Vec<u8>,
}

impl OutgoingMail {
    /// Builds the message, sent from our own address `from`.
    ///
    /// # Errors
    /// When a header text could smuggle in a second header, or an address does not parse.
    pub fn to_mime(&self, from: &EmailAddress) -> Result<Mime, MessageError> {
        if self.subject.trim().is_empty() {
            return Err(MessageError::NoSubject);
        }
        let subject = clean("subject", &self.subject)?;
        let from_box = mailbox(from, Some(clean("sender's name", &self.from_name)?))?;
        let to_name = self.to_name.as_deref().map(|name| clean("recipient's name", name)).transpose()?;
        let to_box = mailbox(&self.to, to_name)?;
        let (envelope_from, envelope_to) = (from_box.email.clone(), to_box.email.clone());

        let mut builder = Message::builder()
            .from(from_box)
            .to(to_box)
            .subject(subject)
            .message_id(Some(self.message_id.as_str().to_owned()))
            .date(SystemTime::from(self.date))
            .header(AutoSubmitted);
        if let Some((address, name)) = &self.reply_to {
            builder = builder.reply_to(mailbox(address, Some(clean("reply name", name)?))?);
        }
        if !self.references.is_empty() {
            let ids: Vec<&str> = self.references.iter().map(MessageId::as_str).collect();
            builder = builder.references(ids.join(" "));
        }
        let message = builder
            .multipart(
                MultiPart::alternative()
                    .boundary(self.boundary())
                    .singlepart(part(ContentType::TEXT_PLAIN, &self.text))
                    .singlepart(part(ContentType::TEXT_HTML, &self.html)),
            )
            .map_err(|e| MessageError::Build(e.to_string()))?;
        Ok(Mime { from: envelope_from, to: envelope_to, bytes: message.formatted() })
    }

    /// Separates the two parts. A hash over what it separates cannot occur inside it, and the message is the same on
    /// every attempt.
    fn boundary(&self) -> String {
        let mut hash = Sha256::new();
        for text in [self.message_id.as_str(), &self.text, &self.html] {
            hash.update(text.as_bytes());
            hash.update([0]);
        }
        hex::encode(&hash.finalize()[..20])
    }
}

/// Line ends become CRLF here in one pass; lettre's own way of doing so takes minutes for a long text.
fn part(kind: ContentType, text: &str) -> SinglePart {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
    SinglePart::builder().header(kind).body(lines)
}

fn mailbox(address: &EmailAddress, name: Option<String>) -> Result<Mailbox, MessageError> {
    Ok(Mailbox::new(name.filter(|name| !name.is_empty()), envelope_address(address)?))
}

/// An address as the envelope takes it.
pub(super) fn envelope_address(address: &EmailAddress) -> Result<Address, MessageError> {
    Address::new(address.local_part(), address.domain())
        .map_err(|e| MessageError::Build(format!("address refused: {e}")))
}

/// Refuses what could end a header; the rest becomes harmless.
fn clean(field: &'static str, text: &str) -> Result<String, MessageError> {
    if text.chars().any(|c| c.is_control() || is_line_break(c)) {
        return Err(MessageError::Control(field));
    }
    Ok(header_text(text))
}

/// Tells other robots not to answer (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }
    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_words_become_one_clean_line() {
        assert_eq!(header_text("Lumen\r\nBcc: all@x.example"), "Lumen Bcc: all@x.example");
        assert_eq!(header_text("  a\t\0 b\u{2028}c "), "a b c");
        assert_eq!(header_text("pay\u{202e}fdp"), "payfdp");
        assert_eq!(header_text("=?utf-8?q?=0D=0ABcc:?="), "= ?utf-8?q?=0D=0ABcc:?=");
        assert_eq!(sender_name("Asha Rao", "Northwind Bank"), "Asha Rao at Northwind Bank via Assay");
    }

    #[test]
    fn a_message_id_is_made_from_the_job_and_the_domain() {
        let id = MessageId::for_job("0199aaaa-bbbb", "bank.example").unwrap();
        assert_eq!(id.as_str(), "<0199aaaa-bbbb@bank.example>");
        assert_eq!(id.left(), "0199aaaa-bbbb");
        for bad in ["", "a@b", "<a>", "<a b@c>", "<a@b>\r\nX: y", "<a@b><c@d>", "<a@>"] {
            assert!(MessageId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
