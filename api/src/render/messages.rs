//! Pages that only say something: a message with one next act, and the error page that stands for a problem.

use serde::Serialize;

use super::page::Organisation;
use super::parts::Link;
use super::samples::{Sample, amara};
use super::{Page, Shell};

/// A message. `pages/message` on the plain layout, `portal/message` inside the portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageView {
    /// The headline.
    pub heading: String,
    /// What happened and what to do, a paragraph each.
    pub paragraphs: Vec<String>,
    /// The one next act.
    pub action: Option<Link>,
}

/// An error page: what a problem says to a person. `pages/error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorView {
    /// For instance "This page does not exist".
    pub heading: String,
    /// What happened, without blame and without anything internal.
    pub text: String,
    /// What to do now, one sentence each.
    pub advice: Vec<String>,
    /// Text that was sent and must not be lost, shown to copy.
    pub kept: Vec<String>,
    /// The next act.
    pub action: Option<Link>,
    /// HTTP status.
    pub status: u16,
    /// Slug of the problem, for instance `version-conflict`.
    pub code: String,
    /// Request id to tell whoever runs this.
    pub reference: String,
}

/// Samples of both.
#[must_use]
pub fn samples() -> Vec<Sample> {
    let message = MessageView {
        heading: "Look in your mail".to_owned(),
        paragraphs: vec![
            "If this address may open a questionnaire, a new link is on its way to it.".to_owned(),
            "It can take two minutes; look in junk mail too. If nothing comes, ask whoever invited you."
                .to_owned(),
        ],
        action: Some(Link::new("Back to the start", "/q")),
    };
    let missing = ErrorView {
        heading: "This page does not exist".to_owned(),
        text: "It may have been moved, or you may not be allowed to see it.".to_owned(),
        advice: vec!["Check the address, or start from the list.".to_owned()],
        kept: Vec::new(),
        action: Some(Link::new("All vendors", "/vendors")),
        status: 404,
        code: "not-found".to_owned(),
        reference: "0199f3c2-7a10-7c3e-9d1e-0a6b8f2d4c11".to_owned(),
    };
    let conflict = ErrorView {
        heading: "Somebody else saved this first".to_owned(),
        text: "Your text is not stored yet; nothing was overwritten.".to_owned(),
        advice: vec!["Copy your text, open the page again, and save it there.".to_owned()],
        kept: vec!["Priority model: alert within a day.\nThe draft model has no alert yet.".to_owned()],
        action: Some(Link::new("Open the page again", "/vendors/1")),
        status: 412,
        code: "version-conflict".to_owned(),
        ..missing.clone()
    };
    let mut signed_in = amara("Somebody else saved this first", None);
    signed_in.organisation = Some(Organisation::new("Northwind Bank"));
    let portal = Shell::portal(
        message.heading.clone(),
        Organisation::new("Northwind Bank"),
        "Questions about Lumen Triage for Lumen Analytics",
        "sample-csrf",
    );
    let page =
        |view: &MessageView| -> Page<MessageView> { Shell::plain(view.heading.clone()).wrap(view.clone()) };
    vec![
        Sample::page("pages/message", "fresh_link", &page(&message)),
        Sample::page("portal/message", "fresh_link", &portal.wrap(message)),
        Sample::page("pages/error", "not_found", &Shell::plain(missing.heading.clone()).wrap(missing)),
        Sample::page("pages/error_staff", "conflict", &signed_in.wrap(conflict)),
    ]
}
