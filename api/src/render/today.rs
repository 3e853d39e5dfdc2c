//! Views of the start page.

use super::{
    page::Section,
    parts::{EmptyState, Link},
    samples::{Sample, staff},
};
use serde::Serialize;

/// The start page.
#[derive(Debug, Clone, Serialize)]
pub struct TodayView {
    /// Greeting and day.
    pub lede: String,
    /// That all mail is paused, and why.
    pub paused: Option<String>,
    /// Where the first item is.
    pub first: Option<String>,
    /// Groups in the order of work; empty ones are left out.
    pub groups: Vec<TodayGroup>,
    /// When nothing needs anybody.
    pub empty: Option<EmptyState>,
}

/// Things of one kind.
#[derive(Debug, Clone, Serialize)]
pub struct TodayGroup {
    /// For the heading's id.
    pub id: String,
    /// Heading.
    pub label: String,
    /// How many things there are.
    pub count: usize,
    /// The first of them.
    pub items: Vec<TodayItem>,
    /// Where all of them are listed, when these are not all.
    pub all: Option<String>,
}

/// One thing.
#[derive(Debug, Clone, Serialize)]
pub struct TodayItem {
    /// Its name.
    pub title: String,
    /// Where it is.
    pub href: String,
    /// What to know.
    pub note: String,
    /// Since or until when.
    pub when: String,
    /// Whether that is past.
    pub late: bool,
    /// The act.
    pub act: String,
}

pub(super) fn samples() -> Vec<Sample> {
    let item = |late| TodayItem {
        title: "Lumen Analytics, Lumen Triage".to_owned(),
        href: "/assessments/1/review".to_owned(),
        note: "Handed in 12 January".to_owned(),
        when: "due 19 January".to_owned(),
        late,
        act: "Start review".to_owned(),
    };
    let today = TodayView {
        lede: "Good morning, Amara. Tuesday 13 January 2026.".to_owned(),
        paused: Some("All mail is paused: the mail server refused the password.".to_owned()),
        first: Some("/assessments/1/review".to_owned()),
        groups: vec![TodayGroup {
            id: "review".to_owned(),
            label: "Review".to_owned(),
            count: 12,
            items: vec![item(false), item(true)],
            all: Some("/assessments?waits=review".to_owned()),
        }],
        empty: None,
    };
    let calm = TodayView {
        paused: None,
        first: None,
        groups: Vec::new(),
        empty: Some(EmptyState {
            title: "Nothing needs you".to_owned(),
            text: "Next: Lumen Triage is due on 19 January.".to_owned(),
            action: Some(Link::new("Register a vendor", "/vendors/new")),
        }),
        ..today.clone()
    };
    vec![
        Sample::page("pages/today/today", "busy", &staff("2 things need you", Section::Today).wrap(today)),
        Sample::page("pages/today/today", "calm", &staff("Nothing needs you", Section::Today).wrap(calm)),
    ]
}
