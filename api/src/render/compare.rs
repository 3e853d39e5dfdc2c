//! Views of vendors side by side, and of choosing them.

use super::{
    Html,
    charts::strip::Strip,
    page::Section,
    parts::{Band, EmptyState, Fact, NavItem, Rating, ScoreCell, Tabs},
    samples::{Sample, staff},
    scores::Reason,
};
use questionnaires::exact::Exact;
use serde::Serialize;

/// Vendors side by side.
#[derive(Debug, Clone, Serialize)]
pub struct CompareView {
    /// Side by side, or all.
    pub ways: Tabs,
    /// How to read the figures.
    pub lede: String,
    /// Ids of what is compared, for the form that changes the view.
    pub picks: Vec<String>,
    /// Whether the largest gaps come first.
    pub gaps: bool,
    /// Whether sections within ten points are folded.
    pub within: bool,
    /// Where the choice is changed.
    pub change_href: String,
    /// Where the comparison is downloaded.
    pub csv: String,
    /// One per assessment.
    pub columns: Vec<CompareColumn>,
    /// One row group per questionnaire.
    pub questionnaires: Vec<CompareGroup>,
    /// The answers that differ most.
    pub differing: Option<Differing>,
    /// Control sets, never ranked.
    pub control_sets: Vec<CompareRow>,
    /// How many columns the table has, its first included.
    pub span: usize,
}

/// The two ways to compare, with the one that is shown.
#[must_use]
pub fn ways(current: &str) -> Tabs {
    let items = [("Side by side", "/compare"), ("All vendors", "/compare/all")];
    Tabs {
        label: "Ways to compare".to_owned(),
        items: items.map(|(label, href)| NavItem::new(label, href).current(href == current)).into(),
    }
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
    /// Of how many, if of more than one.
    pub worst_of: Option<usize>,
    /// What to know of these figures.
    pub note: Option<String>,
}

/// One questionnaire.
#[derive(Debug, Clone, Serialize)]
pub struct CompareGroup {
    /// Its id, for the page's own links.
    pub id: String,
    /// Title.
    pub title: String,
    /// Version, or common questions.
    pub about: String,
    /// Result cards, one per column.
    pub results: Vec<CompareResult>,
    /// Section scores.
    pub rows: Vec<CompareRow>,
    /// Sections in which the vendors lie close together.
    pub folded: Option<Folded>,
}

/// Sections that are named and not shown.
#[derive(Debug, Clone, Serialize)]
pub struct Folded {
    /// What the link does.
    pub label: String,
    /// The same view with them, or without.
    pub href: String,
    /// Which they are and how far they reach.
    pub text: String,
}

/// One result.
#[derive(Debug, Clone, Serialize)]
pub struct CompareResult {
    /// The rating compared; "Not asked" where the questionnaire was not sent.
    pub rating: Rating,
    /// Evidenced, confidence, rank or why there is none.
    pub lines: Vec<Fact>,
    /// The risk that remains for this questionnaire.
    pub residual: Option<Band>,
    /// Why it is what it is, in a few words each.
    pub reasons: Vec<Reason>,
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
    /// Where the vendors lie between 0 and 100; for sections.
    pub strip: Option<Html>,
}

/// One cell.
#[derive(Debug, Clone, Serialize)]
pub struct CompareCell {
    /// The score.
    pub cell: ScoreCell,
    /// Small print.
    pub note: Option<String>,
}

/// The answers that differ most.
#[derive(Debug, Clone, Serialize)]
pub struct Differing {
    /// How many differ, and how.
    pub text: String,
    /// The largest differences first.
    pub questions: Vec<DifferingQuestion>,
    /// Where all of them are shown, when these are not all.
    pub all: Option<String>,
    /// How many there are.
    pub count: usize,
}

/// A question that vendors answered differently.
#[derive(Debug, Clone, Serialize)]
pub struct DifferingQuestion {
    /// Id.
    pub id: String,
    /// Text.
    pub text: String,
    /// One per vendor that was asked.
    pub answers: Vec<DifferingAnswer>,
}

/// What one vendor answered.
#[derive(Debug, Clone, Serialize)]
pub struct DifferingAnswer {
    /// Who.
    pub vendor: String,
    /// Where the answer is.
    pub href: String,
    /// Its credit from 0 to 1, or a dash.
    pub credit: String,
    /// In the question's words.
    pub words: String,
}

/// Choosing what to compare.
#[derive(Debug, Clone, Serialize)]
pub struct PickerView {
    /// Side by side, or all.
    pub ways: Tabs,
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
    let cell =
        || CompareCell { cell: ScoreCell::new("B", "82.8"), note: Some("83 of 95 controls".to_owned()) };
    let compare = CompareView {
        ways: ways("/compare"),
        lede: "Each questionnaire has its own result. There is no total.".to_owned(),
        picks: vec!["1".to_owned(), "2".to_owned()],
        gaps: true,
        within: true,
        change_href: "/compare?page=1".to_owned(),
        csv: "/compare.csv".to_owned(),
        columns: vec![CompareColumn {
            vendor: "Lumen Analytics".to_owned(),
            service: "Lumen Triage".to_owned(),
            href: "/assessments/1/score".to_owned(),
            residual: Band::residual("high"),
            worst_of: Some(2),
            note: Some("in review: as submitted or last reviewed".to_owned()),
        }],
        questionnaires: vec![CompareGroup {
            id: "supplier-security-core".to_owned(),
            title: "Supplier security".to_owned(),
            about: "version 1.0.0".to_owned(),
            results: vec![CompareResult {
                rating: Rating::new("C", "92.1"),
                lines: vec![Fact::new("Evidenced", "56.8"), Fact::new("Rank", "3 of 4")],
                residual: Some(Band::residual("high")),
                reasons: vec![Reason {
                    strong: "Capped from A to C".to_owned(),
                    text: "by SEC-ASR-03".to_owned(),
                }],
            }],
            rows: vec![CompareRow {
                label: "Independent assurance".to_owned(),
                note: "15 of 236 weight".to_owned(),
                cells: vec![cell()],
                strip: Some(
                    Strip {
                        scores: vec![("Lumen Analytics", Exact::from(40_i64)), ("Hearth", Exact::one())],
                    }
                    .drawing(),
                ),
            }],
            folded: Some(Folded {
                label: "Show 1 more".to_owned(),
                href: "/compare?view=1".to_owned(),
                text: "Within 10 points: Privacy (90.0 to 95.0)".to_owned(),
            }),
        }],
        differing: Some(Differing {
            text: "The number is the credit. 23 questions differ.".to_owned(),
            questions: vec![DifferingQuestion {
                id: "SEC-ASR-03".to_owned(),
                text: "When did an independent tester last run a penetration test?".to_owned(),
                answers: vec![DifferingAnswer {
                    vendor: "Lumen Analytics".to_owned(),
                    href: "/assessments/1/review?q=SEC-ASR-03".to_owned(),
                    credit: "2/5".to_owned(),
                    words: "12 to 24 months ago".to_owned(),
                }],
            }],
            all: Some("/compare?answers=all".to_owned()),
            count: 23,
        }),
        control_sets: vec![CompareRow {
            label: "ISO/IEC 27001 Annex A".to_owned(),
            note: "never ranked".to_owned(),
            cells: vec![cell()],
            strip: None,
        }],
        span: 3,
    };
    let picker = PickerView {
        ways: ways("/compare"),
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
        ways: ways("/compare"),
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
    let mut alike = compare.clone();
    alike.differing = None;
    alike.control_sets = Vec::new();
    for group in &mut alike.questionnaires {
        group.folded = None;
        group.rows = Vec::new();
    }
    let shell = || staff("Compare vendors", Section::Compare);
    vec![
        Sample::page("pages/compare/compare", "one", &shell().wrap(compare)),
        Sample::page("pages/compare/compare", "alike", &shell().wrap(alike)),
        Sample::page("pages/compare/picker", "some", &shell().wrap(picker)),
        Sample::page("pages/compare/picker", "none", &shell().wrap(none)),
    ]
}
