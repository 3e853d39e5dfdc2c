//! Views of the demo's mailbox.

use super::{
    page::{Colours, Shell},
    samples::Sample,
    shown_mail::{MailPart, ShownMail, parts},
};
use serde::Serialize;

/// Every mail, newest first.
#[derive(Debug, Clone, Serialize)]
pub struct MailboxView {
    /// The mails.
    pub mails: Vec<MailLine>,
}

/// A mail of the list.
#[derive(Debug, Clone, Serialize)]
pub struct MailLine {
    /// Id for its address.
    pub id: String,
    /// To whom.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// When it was sent, RFC 3339.
    pub sent_at: String,
    /// When it was sent, for people.
    pub when: String,
}

/// One mail.
#[derive(Debug, Clone, Serialize)]
pub struct MailView {
    /// What the list says of it.
    #[serde(flatten)]
    pub line: MailLine,
    /// The mail.
    pub mail: ShownMail,
}

pub(super) fn samples() -> Vec<Sample> {
    let line = MailLine {
        id: "1".to_owned(),
        to: "priya@lumen.example".to_owned(),
        subject: "Northwind Bank asks 71 questions".to_owned(),
        sent_at: "2026-11-24T09:00:00Z".to_owned(),
        when: "24 Nov 2026, 09:00 UTC".to_owned(),
    };
    let list = |state, mails| {
        Sample::page("pages/mailbox/list", state, &Shell::plain("Mailbox").wrap(MailboxView { mails }))
    };
    let mail = |state, part| {
        let text = parts("Dear Priya,\nplease see http://127.0.0.1/q/1#2 soon.", "http://127.0.0.1");
        let mail = ShownMail::new(part, "/dev/mailbox/1", "/dev/mailbox/1/html", text);
        Sample::page(
            "pages/mailbox/mail",
            state,
            &Shell::plain("Mail").wrap(MailView { line: line.clone(), mail }),
        )
    };
    vec![
        list("one", vec![line.clone()]),
        list("empty", Vec::new()),
        mail("html", MailPart::Html(Colours::Light)),
        mail("text", MailPart::Text),
    ]
}
