//! Views of the demo's mailbox.

use super::{page::Shell, samples::Sample};
use serde::Serialize;

/// Every mail, newest first.
#[derive(Debug, Clone, Serialize)]
pub struct MailboxView {
    /// The mails.
    pub mails: Vec<MailView>,
}

/// One mail.
#[derive(Debug, Clone, Serialize)]
pub struct MailView {
    /// Id for its address.
    pub id: String,
    /// To whom.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text part, cut where addresses begin and end.
    pub parts: Vec<TextPart>,
    /// When it was sent, RFC 3339.
    pub sent_at: String,
}

/// Plain words, or an address that can be followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextPart {
    /// The words.
    pub text: String,
    /// The address, when the words are one of ours.
    pub href: Option<String>,
}

/// Cuts a text at addresses that begin with `base`, so that a page can link them.
#[must_use]
pub fn parts(text: &str, base: &str) -> Vec<TextPart> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = (!base.is_empty()).then(|| rest.find(base)).flatten() {
        let (before, from) = rest.split_at(at);
        let end = from.find(char::is_whitespace).unwrap_or(from.len());
        let (address, after) = from.split_at(end);
        parts.push(TextPart { text: before.to_owned(), href: None });
        parts.push(TextPart { text: address.to_owned(), href: Some(address.to_owned()) });
        rest = after;
    }
    parts.push(TextPart { text: rest.to_owned(), href: None });
    parts
}

pub(super) fn samples() -> Vec<Sample> {
    let mail = MailView {
        id: "1".to_owned(),
        to: "priya@lumen.example".to_owned(),
        subject: "Northwind Bank asks 71 questions".to_owned(),
        parts: parts("Dear Priya,\nplease see http://127.0.0.1/q/1#2 soon.", "http://127.0.0.1"),
        sent_at: "2026-11-24T09:00:00Z".to_owned(),
    };
    vec![
        Sample::page(
            "pages/mailbox/list",
            "one",
            &Shell::plain("Mailbox").wrap(MailboxView { mails: vec![mail.clone()] }),
        ),
        Sample::page(
            "pages/mailbox/list",
            "empty",
            &Shell::plain("Mailbox").wrap(MailboxView { mails: Vec::new() }),
        ),
        Sample::page("pages/mailbox/mail", "one", &Shell::plain("Mail").wrap(mail)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_ours_become_links_and_nothing_is_lost() {
        let text = "See http://a/q#1\nand http://b/x.";
        let parts = parts(text, "http://a");
        assert_eq!(parts.iter().map(|part| part.text.as_str()).collect::<String>(), text);
        assert_eq!(
            parts.iter().filter_map(|part| part.href.as_deref()).collect::<Vec<_>>(),
            ["http://a/q#1"]
        );
    }
}
