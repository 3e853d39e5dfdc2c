//! Views of the start page and of vendors side by side.

use super::{
    page::Section,
    parts::{Band, EmptyState, Link, Rating, ScoreCell},
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

/// Vendors side by side.
#[derive(Debug, Clone, Serialize)]
pub struct CompareView {
    /// What is compared.
    pub lede: String,
    /// Where the choice is changed.
    pub change_href: String,
    /// Where the comparison is downloaded.
    pub csv: String,
    /// One per assessment.
    pub columns: Vec<CompareColumn>,
    /// One row group per questionnaire.
    pub questionnaires: Vec<CompareGroup>,
    /// Control sets, never ranked.
    pub control_sets: Vec<CompareRow>,
    /// How many columns the table has, its first included.
    pub span: usize,
}

/// The head of a column.
#[derive(Debug, Clone, Serialize)]
pub struct CompareColumn {
    /// Vendor.
    pub vendor: String,
    /// Service.
    pub service: String,
    /// Where its score is explained.
    pub href: String,
    /// Worst of its questionnaires.
    pub residual: Band,
    /// What to know of these figures.
    pub note: Option<String>,
}

/// One questionnaire.
#[derive(Debug, Clone, Serialize)]
pub struct CompareGroup {
    /// Title.
    pub title: String,
    /// Version, or common questions.
    pub about: String,
    /// Result cards, one per column.
    pub results: Vec<CompareResult>,
    /// Section scores.
    pub rows: Vec<CompareRow>,
}

/// One result.
#[derive(Debug, Clone, Serialize)]
pub struct CompareResult {
    /// The rating compared; "Not asked" where the questionnaire was not sent.
    pub rating: Rating,
    /// Lines of figures.
    pub lines: Vec<String>,
    /// Why it is what it is, or why it is not ranked.
    pub reasons: Vec<String>,
}

/// One row of cells.
#[derive(Debug, Clone, Serialize)]
pub struct CompareRow {
    /// Its name.
    pub label: String,
    /// Small print.
    pub note: String,
    /// One per column.
    pub cells: Vec<CompareCell>,
}

/// One cell.
#[derive(Debug, Clone, Serialize)]
pub struct CompareCell {
    /// The score.
    pub cell: ScoreCell,
    /// Small print.
    pub note: Option<String>,
}

/// Choosing what to compare.
#[derive(Debug, Clone, Serialize)]
pub struct PickerView {
    /// Words of a vendor's name that the choice is narrowed to.
    pub vendor: String,
    /// How many can be compared.
    pub summary: String,
    /// One page of what can be compared, what is chosen already in front.
    pub choices: Vec<PickerChoice>,
    /// Number of the page before.
    pub previous: Option<usize>,
    /// Number of the page after.
    pub next: Option<usize>,
    /// What is wrong with the choice, if anything.
    pub hint: String,
    /// When there is too little to compare.
    pub empty: Option<EmptyState>,
}

/// One assessment that can be compared.
#[derive(Debug, Clone, Serialize)]
pub struct PickerChoice {
    /// Its id.
    pub id: String,
    /// Vendor and service.
    pub label: String,
    /// State and reference.
    pub note: String,
    /// Whether it is chosen.
    pub chosen: bool,
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
    let cell = || CompareCell {
        cell: ScoreCell::new("B", "82.8"),
        note: Some("83 of 95 controls covered".to_owned()),
    };
    let compare = CompareView {
        lede: "Each questionnaire has its own result. There is no total.".to_owned(),
        change_href: "/compare?page=1".to_owned(),
        csv: "/compare.csv".to_owned(),
        columns: vec![CompareColumn {
            vendor: "Lumen Analytics".to_owned(),
            service: "Lumen Triage".to_owned(),
            href: "/assessments/1/score".to_owned(),
            residual: Band::residual("high"),
            note: Some("in review: as submitted or last reviewed".to_owned()),
        }],
        questionnaires: vec![CompareGroup {
            title: "Supplier security".to_owned(),
            about: "version 1.0.0".to_owned(),
            results: vec![CompareResult {
                rating: Rating::new("C", "92.1"),
                lines: vec!["Evidenced 56.8".to_owned(), "Rank 3 of 4".to_owned()],
                reasons: vec!["Capped from A to C by SEC-ASR-03".to_owned()],
            }],
            rows: vec![CompareRow {
                label: "Independent assurance".to_owned(),
                note: "weight 15".to_owned(),
                cells: vec![cell()],
            }],
        }],
        control_sets: vec![CompareRow {
            label: "ISO/IEC 27001 Annex A".to_owned(),
            note: "never ranked".to_owned(),
            cells: vec![cell()],
        }],
        span: 2,
    };
    let picker = PickerView {
        vendor: "lumen".to_owned(),
        summary: "120 assessments, the latest of each service.".to_owned(),
        previous: Some(1),
        next: Some(3),
        choices: vec![PickerChoice {
            id: "1".to_owned(),
            label: "Lumen Analytics, Lumen Triage".to_owned(),
            note: "Decided, A-0412".to_owned(),
            chosen: true,
        }],
        hint: "Choose two to six.".to_owned(),
        empty: None,
    };
    let none = PickerView {
        vendor: String::new(),
        summary: String::new(),
        previous: None,
        next: None,
        choices: Vec::new(),
        hint: String::new(),
        empty: Some(EmptyState {
            title: "Nothing to compare yet".to_owned(),
            text: "Two assessments must have been handed in.".to_owned(),
            action: None,
        }),
    };
    vec![
        Sample::page("pages/today/today", "busy", &staff("2 things need you", Section::Today).wrap(today)),
        Sample::page("pages/today/today", "calm", &staff("Nothing needs you", Section::Today).wrap(calm)),
        Sample::page(
            "pages/compare/compare",
            "one",
            &staff("Compare vendors", Section::Compare).wrap(compare),
        ),
        Sample::page(
            "pages/compare/picker",
            "some",
            &staff("Compare vendors", Section::Compare).wrap(picker),
        ),
        Sample::page("pages/compare/picker", "none", &staff("Compare vendors", Section::Compare).wrap(none)),
    ]
}
