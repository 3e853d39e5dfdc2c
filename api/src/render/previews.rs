//! Views of the previews before sending: the mails. The portal is previewed in its own templates.

use super::{
    page::{Colours, Section},
    parts::Link,
    samples::{Sample, staff},
    shown_mail::{MailPart, ShownMail, plain},
};
use serde::Serialize;

/// The mails of a draft, one of them shown. `pages/assessments/mails`.
#[derive(Debug, Clone, Serialize)]
pub struct MailsView {
    /// When the shown mail goes, and to whom.
    pub when: String,
    /// Its subject.
    pub subject: String,
    /// The mail.
    pub mail: ShownMail,
    /// Every mail, by who gets it.
    pub lists: Vec<MailList>,
    /// Back to the check.
    pub back: Link,
}

/// Mails to the same people.
#[derive(Debug, Clone, Serialize)]
pub struct MailList {
    /// Id of its heading.
    pub id: &'static str,
    /// To whom.
    pub title: &'static str,
    /// Which.
    pub mails: Vec<MailItem>,
}

/// A mail of the list.
#[derive(Debug, Clone, Serialize)]
pub struct MailItem {
    /// What it is.
    pub label: &'static str,
    /// What causes it.
    pub when: &'static str,
    /// Its page.
    pub href: String,
    /// Whether it is the one shown.
    pub current: bool,
}

/// The page in each of its states.
pub(super) fn samples() -> Vec<Sample> {
    let sample = |state, part| {
        let item = |label, current| MailItem {
            label,
            when: "When you send the assessment",
            href: "/assessments/1/preview/mails?mail=invitation".to_owned(),
            current,
        };
        let (page, frame) =
            ("/assessments/1/preview/mails?mail=invitation", "/assessments/1/preview/mails/invitation");
        let view = MailsView {
            when: "When you send the assessment, to Priya Shah.".to_owned(),
            subject: "Northwind Bank asks up to 71 questions".to_owned(),
            mail: ShownMail::new(part, page, frame, vec![plain("Please answer our questions.")]),
            lists: vec![
                MailList {
                    id: "all",
                    title: "Every mail to the vendor",
                    mails: vec![item("Invitation", true), item("Code", false)],
                },
                MailList {
                    id: "own",
                    title: "Mails to your own people",
                    mails: vec![item("Answers have arrived", false)],
                },
            ],
            back: Link::new("Back to the check", "/assessments/1/check"),
        };
        Sample::page(
            "pages/assessments/mails",
            state,
            &staff("Mails of AIQ-0412", Section::Assessments).wrap(view),
        )
    };
    vec![sample("html", MailPart::Html(Colours::Dark)), sample("text", MailPart::Text)]
}
