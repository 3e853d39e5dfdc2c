//! View of all vendors under one questionnaire.

use super::{
    compare::ways,
    fields::FieldView,
    page::Section,
    parts::{Band, EmptyState, Link, NavItem, Pager, Rating, ScoreCell, Tabs},
    samples::{Sample, staff},
};
use serde::Serialize;

/// All vendors by the sections of one questionnaire.
#[derive(Debug, Clone, Serialize)]
pub struct MatrixView {
    /// Side by side, or all.
    pub ways: Tabs,
    /// One per questionnaire.
    pub questionnaires: Tabs,
    /// How many services, and how to read the figures.
    pub lede: String,
    /// The questionnaire that is shown, for the form of the filters.
    pub questionnaire: String,
    /// Tier and order.
    pub filters: Vec<FieldView>,
    /// Titles of the columns.
    pub sections: Vec<String>,
    /// Titles of the columns behind them.
    pub control_sets: Vec<String>,
    /// One per tier.
    pub groups: Vec<MatrixGroup>,
    /// How many columns the table has.
    pub span: usize,
    /// The foot.
    pub pager: Pager,
    /// When there is nothing.
    pub empty: Option<EmptyState>,
}

/// The services of one tier.
#[derive(Debug, Clone, Serialize)]
pub struct MatrixGroup {
    /// `Critical tier`.
    pub label: String,
    /// Its services on this page.
    pub rows: Vec<MatrixRow>,
}

/// One service.
#[derive(Debug, Clone, Serialize)]
pub struct MatrixRow {
    /// Id of its assessment, for comparing.
    pub assessment: String,
    /// Where its score is explained.
    pub href: String,
    /// Vendor.
    pub vendor: String,
    /// Service.
    pub service: String,
    /// What to know of these figures.
    pub note: Option<String>,
    /// After caps.
    pub rating: Rating,
    /// With one decimal, or a dash.
    pub evidenced: String,
    /// Failed critical questions.
    pub knock_outs: usize,
    /// The risk that remains.
    pub residual: Band,
    /// Whether so much does not apply that the vendor is not ranked.
    pub limited_scope: bool,
    /// One per section.
    pub cells: Vec<ScoreCell>,
    /// One per control set.
    pub sets: Vec<SetCell>,
}

/// A service under one control set.
#[derive(Debug, Clone, Serialize)]
pub struct SetCell {
    /// Its claimed score.
    pub cell: ScoreCell,
    /// How many of the controls the answers cover, `74 of 93`.
    pub coverage: Option<String>,
}

pub(super) fn samples() -> Vec<Sample> {
    let view = MatrixView {
        ways: ways("/compare/all"),
        questionnaires: Tabs {
            label: "Questionnaires".to_owned(),
            items: vec![NavItem::new("Supplier security", "/compare/all").current(true)],
        },
        lede: "2 services have been assessed. Scores run from 0 to 100 and higher is safer.".to_owned(),
        questionnaire: "supplier-security-core".to_owned(),
        filters: vec![FieldView::select("tier", "Tier").choices([("", "All")], |value| value.is_empty())],
        sections: vec!["Governance".to_owned(), "Access and identity".to_owned()],
        control_sets: vec!["ISO/IEC 27001".to_owned()],
        groups: vec![MatrixGroup {
            label: "High tier".to_owned(),
            rows: vec![MatrixRow {
                assessment: "1".to_owned(),
                href: "/assessments/1/score".to_owned(),
                vendor: "Lumen Analytics".to_owned(),
                service: "Lumen Triage".to_owned(),
                note: Some("in review".to_owned()),
                rating: Rating::new("C", "92.1"),
                evidenced: "56.8".to_owned(),
                knock_outs: 1,
                residual: Band::named("high"),
                cells: vec![
                    ScoreCell::new("A", "95.0").href("/assessments/1/score#q-s".to_owned()),
                    ScoreCell::none("N/A"),
                ],
                limited_scope: true,
                sets: vec![SetCell {
                    cell: ScoreCell::new("A", "94.2"),
                    coverage: Some("74 of 93".to_owned()),
                }],
            }],
        }],
        span: 9,
        pager: Pager { text: "1 to 1 of 1 services".to_owned(), previous: None, next: None },
        empty: None,
    };
    let mut none = view.clone();
    none.groups = Vec::new();
    none.empty = Some(EmptyState {
        title: "Nothing to compare yet".to_owned(),
        text: "Services appear here when their answers have been handed in.".to_owned(),
        action: Some(Link::new("Assessments", "/assessments")),
    });
    let shell = || staff("All vendors", Section::Compare);
    vec![
        Sample::page("pages/compare/matrix", "some", &shell().wrap(view)),
        Sample::page("pages/compare/matrix", "none", &shell().wrap(none)),
    ]
}
