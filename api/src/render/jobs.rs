//! The view of background work that needs somebody.

use super::{
    page::Section,
    parts::EmptyState,
    samples::{Sample, staff},
};
use serde::Serialize;

/// The page of given-up jobs. `pages/jobs`.
#[derive(Debug, Clone, Serialize)]
pub struct JobsView {
    /// That all mail is paused, and why.
    pub paused: Option<String>,
    /// Newest first.
    pub jobs: Vec<JobRow>,
    /// When there is none.
    pub empty: Option<EmptyState>,
}

/// One given-up job.
#[derive(Debug, Clone, Serialize)]
pub struct JobRow {
    /// Its kind in words.
    pub what: String,
    /// To whom, for a mail.
    pub to: String,
    /// Why it was given up.
    pub reason: String,
    /// "once", "7 times".
    pub tries: String,
    /// When it was given up.
    pub when: String,
    /// Where the wish to try it again is sent.
    pub retry: String,
}

pub(super) fn samples() -> Vec<Sample> {
    let row = JobRow {
        what: "Invitation".to_owned(),
        to: "priya@lumen.example".to_owned(),
        reason: "The mailbox is full.".to_owned(),
        tries: "7 times".to_owned(),
        when: "24 November 2026, 09:12".to_owned(),
        retry: "/jobs/1/retry".to_owned(),
    };
    let some = JobsView {
        paused: Some("All mail is paused: the mail server refused the password.".to_owned()),
        jobs: vec![row],
        empty: None,
    };
    let none = EmptyState {
        title: "Nothing was given up".to_owned(),
        text: "Mails that could not be delivered will appear here.".to_owned(),
        action: None,
    };
    let none = JobsView { paused: None, jobs: Vec::new(), empty: Some(none) };
    vec![
        Sample::page("pages/jobs", "some", &staff("Jobs", Section::Jobs).wrap(some)),
        Sample::page("pages/jobs", "none", &staff("Jobs", Section::Jobs).wrap(none)),
    ]
}
