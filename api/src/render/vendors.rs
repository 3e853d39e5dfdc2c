//! Views of vendors and of a service's intake.

use super::{
    Html,
    charts::history::{History, Submitted},
    fields::FieldView,
    page::Section,
    parts::{Band, EmptyState, Fact, Link, Pager, ResultsView},
    procurement::TimelineLine,
    samples::{Sample, staff},
    saved_views::{self, SavedViewsView},
};
use serde::Serialize;

/// The list of vendors.
#[derive(Debug, Clone, Serialize)]
pub struct VendorListView {
    /// How many, in words.
    pub summary: String,
    /// Whether vendors may be added.
    pub may_change: bool,
    /// Whether there is any vendor at all.
    pub any: bool,
    /// Typed name.
    pub name: String,
    /// What stands above the filter.
    pub saved: SavedViewsView,
    /// Selects of the filter.
    pub filters: Vec<FieldView>,
    /// One page.
    pub rows: Vec<VendorRow>,
    /// The foot.
    pub pager: Pager,
    /// Shown when no row fits.
    pub empty: EmptyState,
}

/// One vendor of the list.
#[derive(Debug, Clone, Serialize)]
pub struct VendorRow {
    /// Its page.
    pub href: String,
    /// Its name.
    pub name: String,
    /// Whether it is archived.
    pub archived: bool,
    /// Worst of its services.
    pub residual: Band,
    /// Highest of its services.
    pub tier: Band,
    /// How many.
    pub services: usize,
    /// How many.
    pub open: usize,
}

/// A vendor's page.
#[derive(Debug, Clone, Serialize)]
pub struct VendorView {
    /// `/vendors/<id>`.
    pub base: String,
    /// One sentence.
    pub lede: String,
    /// The strip.
    pub facts: Vec<Fact>,
    /// Whether things may be changed.
    pub may_change: bool,
    /// Where an assessment of one of its services is started.
    pub start: String,
    /// What it supplies.
    pub services: Vec<ServiceLine>,
    /// Scores over time, where a service was scored more than once.
    pub histories: Vec<HistoryView>,
    /// What to expect where there is none.
    pub no_history: String,
    /// Newest first.
    pub assessments: Vec<AssessmentLine>,
    /// What comes next, the nearest first.
    pub next: Vec<NextLine>,
    /// Newest first.
    pub timeline: Vec<TimelineLine>,
    /// Everything, for those who may read the audit trail.
    pub trail: Option<String>,
    /// By name.
    pub contacts: Vec<ContactLine>,
    /// Evidence with an end, that which ends first in front.
    pub evidence: Vec<DatedLine>,
    /// Models and sub-processors.
    pub relies_on: Vec<ReliedLine>,
    /// Website, note, since when.
    pub about: Vec<Fact>,
}

/// Something still to come.
#[derive(Debug, Clone, Serialize)]
pub struct NextLine {
    /// For machines.
    pub datetime: String,
    /// For people.
    pub when: String,
    /// What.
    pub what: String,
    /// Where it is.
    pub href: String,
}

/// A piece of evidence with its end.
#[derive(Debug, Clone, Serialize)]
pub struct DatedLine {
    /// Its name.
    pub what: String,
    /// What it is good for.
    pub small: String,
    /// The last day; empty without one.
    pub when: String,
    /// How far that is.
    pub left: String,
    /// Whether that is past.
    pub late: bool,
    /// Where it is cited.
    pub href: String,
}

/// Something that a vendor relies on.
#[derive(Debug, Clone, Serialize)]
pub struct ReliedLine {
    /// Its name.
    pub name: String,
    /// What it is, and who else names it.
    pub words: String,
    /// Where everybody who names it is found.
    pub href: String,
}

/// One questionnaire's scores about one service.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryView {
    /// What was asked, about what.
    pub title: String,
    /// The chart.
    pub chart: Html,
    /// The same in rows, newest first.
    pub rows: Vec<HistoryRow>,
}

/// One submission's score.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryRow {
    /// The day of the submission.
    pub day: String,
    /// The assessment's reference.
    pub reference: String,
    /// Its score page.
    pub href: String,
    /// Rating and claimed score.
    pub band: Band,
    /// The questionnaire's residual risk.
    pub residual: Band,
}

/// A service of a vendor.
#[derive(Debug, Clone, Serialize)]
pub struct ServiceLine {
    /// Its page.
    pub href: String,
    /// Its name.
    pub name: String,
    /// Description, tier, state.
    pub words: String,
    /// What its latest assessment came to.
    pub results: Option<ResultsView>,
    /// Its residual risk.
    pub residual: Band,
}

/// An assessment of a vendor.
#[derive(Debug, Clone, Serialize)]
pub struct AssessmentLine {
    /// Its page.
    pub href: String,
    /// What people quote.
    pub reference: String,
    /// About what; none where that is clear.
    pub service: Option<String>,
    /// State and dates.
    pub words: String,
    /// What it came to, once scored.
    pub results: Option<ResultsView>,
    /// Its residual risk, once scored.
    pub residual: Option<Band>,
}

/// A contact of a vendor.
#[derive(Debug, Clone, Serialize)]
pub struct ContactLine {
    /// Two letters.
    pub initials: String,
    /// Their name.
    pub name: String,
    /// What they do, and their address.
    pub words: String,
    /// Why mail to them is refused.
    pub refused: Option<String>,
    /// To edit them.
    pub href: Option<String>,
}

/// The sixteen questions.
#[derive(Debug, Clone, Serialize)]
pub struct IntakeFormView {
    /// Where the form posts to.
    pub action: String,
    /// The way back.
    pub cancel: String,
    /// In file order.
    pub sections: Vec<IntakeSection>,
}

/// A section of the intake.
#[derive(Debug, Clone, Serialize)]
pub struct IntakeSection {
    /// Id of its heading.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its questions.
    pub questions: Vec<IntakeQuestion>,
    /// What stands in place of those that count only for some answers, where the browser hides them.
    pub waiting: Option<String>,
}

/// A question of the intake.
#[derive(Debug, Clone, Serialize)]
pub struct IntakeQuestion {
    /// That other questions count only when its answer is not `none`.
    pub gate: bool,
    /// When it counts only for some answers to an earlier question.
    pub only: Option<String>,
    /// The question with its options.
    pub field: FieldView,
}

/// A service with what its intake says.
#[derive(Debug, Clone, Serialize)]
pub struct ServiceView {
    /// `/services/<id>`.
    pub base: String,
    /// Id for the form that starts an assessment.
    pub service_id: String,
    /// Idempotency key of that form.
    pub key: String,
    /// One sentence.
    pub lede: String,
    /// Whether things may be changed.
    pub may_change: bool,
    /// Whether an assessment may be started.
    pub start: bool,
    /// Once answered.
    pub intake: Option<IntakeResultView>,
    /// Shown before it is answered.
    pub empty: EmptyState,
    /// Its assessments, newest first.
    pub assessments: Vec<AssessmentLine>,
}

/// What an answered intake says.
#[derive(Debug, Clone, Serialize)]
pub struct IntakeResultView {
    /// Contradictions.
    pub checks: Vec<String>,
    /// Answers by section.
    pub groups: Vec<AnswerGroup>,
    /// Inherent risk with one decimal.
    pub score: String,
    /// The tier in force.
    pub tier: Band,
    /// Weighted points, of 152.
    pub points: i64,
    /// From where to where the computed tier runs.
    pub range: String,
    /// What a person changed.
    pub r#override: Option<String>,
    /// Floors that hold.
    pub floors: Vec<FloorLine>,
    /// Points per factor, most first.
    pub bars: Vec<FactorBar>,
    /// What to ask.
    pub suggestions: Vec<SuggestionLine>,
    /// Asking just that, for those who may.
    pub ask: Option<AskView>,
    /// Months until the next reassessment.
    pub cadence: u32,
    /// Facts that are true.
    pub facts: Vec<String>,
    /// How many facts there are.
    pub fact_count: usize,
    /// For optimistic saves.
    pub version: i64,
    /// A lower tier that waits.
    pub approve: Option<ApproveView>,
    /// To go back to the computed tier.
    pub drop: Option<String>,
    /// Asking for another tier; empty when not allowed.
    pub override_fields: Vec<FieldView>,
    /// Where that form posts to.
    pub override_action: String,
}

/// The button that starts an assessment with what is suggested.
#[derive(Debug, Clone, Serialize)]
pub struct AskView {
    /// Makes a repeated form harmless.
    pub key: String,
    /// Words of the button.
    pub submit: String,
}

/// Answers of one section.
#[derive(Debug, Clone, Serialize)]
pub struct AnswerGroup {
    /// Id of its heading.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its answers.
    pub lines: Vec<AnswerLine>,
}

/// One answer.
#[derive(Debug, Clone, Serialize)]
pub struct AnswerLine {
    /// From 1.
    pub number: usize,
    /// What was asked.
    pub question: String,
    /// What was answered.
    pub answer: String,
    /// `3 × 5 = 15`, or what else it decides.
    pub points: String,
}

/// A floor that holds.
#[derive(Debug, Clone, Serialize)]
pub struct FloorLine {
    /// `Floor F2`.
    pub name: String,
    /// The tier it demands.
    pub tier: String,
    /// Why.
    pub reason: String,
}

/// Points of one factor.
#[derive(Debug, Clone, Serialize)]
pub struct FactorBar {
    /// The factor in words.
    pub label: String,
    /// Weighted points, at most 20.
    pub value: i64,
}

/// A suggested questionnaire.
#[derive(Debug, Clone, Serialize)]
pub struct SuggestionLine {
    /// Its title.
    pub title: String,
    /// Questions that can appear.
    pub questions: usize,
    /// Why.
    pub reason: String,
}

/// A lower tier that waits for a second person.
#[derive(Debug, Clone, Serialize)]
pub struct ApproveView {
    /// Who asked for what, and why.
    pub text: String,
    /// Whether the one who looks may approve.
    pub may: bool,
    /// Where the form posts to.
    pub action: String,
}

/// A filter's select.
#[must_use]
pub fn filter(name: &'static str, label: &str, chosen: &str, options: &[(&str, &str)]) -> FieldView {
    FieldView::select(name, label).choices(options.iter().copied(), |value| value == chosen)
}

pub(super) fn samples() -> Vec<Sample> {
    let empty = || EmptyState {
        title: "No vendor yet".to_owned(),
        text: "Vendors that you register will appear here.".to_owned(),
        action: Some(Link::new("Add vendor", "/vendors/new")),
    };
    let list = |rows: Vec<VendorRow>| VendorListView {
        summary: format!("{} vendors.", rows.len()),
        may_change: true,
        any: !rows.is_empty(),
        name: String::new(),
        saved: saved_views::sample(),
        filters: vec![filter("tier", "Tier", "", &[("", "All"), ("high", "High")])],
        rows,
        pager: Pager { text: "1 to 1 of 1 vendors".to_owned(), previous: None, next: None },
        empty: empty(),
    };
    let row = VendorRow {
        href: "/vendors/1".to_owned(),
        name: "Lumen Analytics".to_owned(),
        archived: false,
        residual: Band::named("high"),
        tier: Band::named("high"),
        services: 2,
        open: 1,
    };
    let line = TimelineLine {
        datetime: "2025-12-17".to_owned(),
        when: "17 Dec 2025".to_owned(),
        icon: "send",
        key: false,
        what: "AIQ-0412 sent".to_owned(),
        small: "Daniel Reyes".to_owned(),
        href: Some("/assessments/1".to_owned()),
    };
    let scored = |on: &str, claimed: &str, rating: &str| Submitted {
        on: on.parse().unwrap_or_default(),
        claimed: claimed.parse().unwrap_or_default(),
        rating: rating.to_owned(),
    };
    let history = History {
        id: "history-1".to_owned(),
        title: "Supplier security, Lumen Triage".to_owned(),
        scores: vec![scored("2024-12-10", "61.5", "C"), scored("2025-12-16", "92.1", "C")],
    };
    let vendor = VendorView {
        base: "/vendors/1".to_owned(),
        lede: "One service.".to_owned(),
        facts: vec![Fact::band("Residual risk", Band::named("high")).note("worst of its services")],
        may_change: true,
        start: "/assessments/new?vendor=Lumen".to_owned(),
        services: vec![ServiceLine {
            href: "/services/1".to_owned(),
            name: "Lumen Triage".to_owned(),
            words: "Prioritises complaints. Tier High".to_owned(),
            results: Some(ResultsView::sample()),
            residual: Band::named("high"),
        }],
        histories: vec![HistoryView {
            title: "Supplier security, Lumen Triage".to_owned(),
            chart: history.figure(),
            rows: vec![HistoryRow {
                day: "16 Dec 2025".to_owned(),
                reference: "AIQ-0005".to_owned(),
                href: "/assessments/5/score".to_owned(),
                band: Band::scored("C", "92.1"),
                residual: Band::named("high"),
            }],
        }],
        no_history: String::new(),
        assessments: vec![AssessmentLine {
            href: "/assessments/1".to_owned(),
            reference: "AIQ-0412".to_owned(),
            service: Some("Lumen Triage".to_owned()),
            words: "Decided".to_owned(),
            results: Some(ResultsView::sample()),
            residual: Some(Band::named("high")),
        }],
        next: vec![NextLine {
            datetime: "2026-02-06".to_owned(),
            when: "6 Feb 2026".to_owned(),
            what: "Next: ISO 27001 certificate expires".to_owned(),
            href: "/assessments/1/review".to_owned(),
        }],
        timeline: vec![line],
        trail: Some("/audit?vendor=Lumen%20Analytics".to_owned()),
        evidence: vec![DatedLine {
            what: "ISO 27001 certificate".to_owned(),
            small: "cited by 12 answers".to_owned(),
            when: "6 Feb 2026".to_owned(),
            left: "24 days left".to_owned(),
            late: false,
            href: "/assessments/1/review".to_owned(),
        }],
        relies_on: vec![ReliedLine {
            name: "Tessera M2".to_owned(),
            words: "AI model, 2 more vendors name it".to_owned(),
            href: "/search?q=Tessera+M2".to_owned(),
        }],
        contacts: vec![ContactLine {
            initials: "PS".to_owned(),
            name: "Priya Shah".to_owned(),
            words: "Compliance lead, priya@lumen.example".to_owned(),
            refused: Some("no such mailbox".to_owned()),
            href: Some("/vendors/1/contacts/1/edit".to_owned()),
        }],
        about: vec![Fact::new("Registered", "17 Nov 2025")],
    };
    let fresh = VendorView {
        histories: Vec::new(),
        no_history: "Once a service is assessed again, how its scores move is shown here.".to_owned(),
        services: Vec::new(),
        assessments: Vec::new(),
        next: Vec::new(),
        evidence: Vec::new(),
        relies_on: Vec::new(),
        contacts: Vec::new(),
        may_change: false,
        ..vendor.clone()
    };
    let question = FieldView::radios("INH-DAT", "1. What is the most sensitive data?")
        .choices([("none", "None"), ("personal", "Personal data")], |value| value == "personal");
    let form = IntakeFormView {
        action: "/services/1/intake".to_owned(),
        cancel: "/services/1".to_owned(),
        sections: vec![IntakeSection {
            id: "DAT".to_owned(),
            title: "Data and access".to_owned(),
            questions: vec![IntakeQuestion {
                gate: false,
                only: Some("Only when the product contains AI.".to_owned()),
                field: question.hint("Choose the highest class.").folded(),
            }],
            waiting: Some("1 more question follows when the product contains AI.".to_owned()),
        }],
    };
    let intake = IntakeResultView {
        checks: vec![
            "You count records of people, but say that the vendor sees no personal data.".to_owned(),
        ],
        groups: vec![AnswerGroup {
            id: "DAT".to_owned(),
            title: "Data and access".to_owned(),
            lines: vec![AnswerLine {
                number: 1,
                question: "What is the most sensitive data?".to_owned(),
                answer: "Personal data".to_owned(),
                points: "3 × 5 = 15".to_owned(),
            }],
        }],
        score: "53.9".to_owned(),
        tier: Band::named("high"),
        points: 82,
        range: "High runs from 40.0 to 59.9.".to_owned(),
        r#override: Some("Daniel Reyes asked for High: we depend on it.".to_owned()),
        floors: vec![FloorLine {
            name: "Floor F2".to_owned(),
            tier: "Medium".to_owned(),
            reason: "Personal data.".to_owned(),
        }],
        bars: vec![FactorBar { label: "Sensitivity of data".to_owned(), value: 15 }],
        suggestions: vec![SuggestionLine {
            title: "Supplier security, core".to_owned(),
            questions: 71,
            reason: "Tier high: the vendor holds or sees our data.".to_owned(),
        }],
        ask: Some(AskView { key: "k".to_owned(), submit: "Ask this questionnaire".to_owned() }),
        cadence: 12,
        facts: vec!["The vendor holds or sees personal data".to_owned()],
        fact_count: 15,
        version: 1,
        approve: Some(ApproveView {
            text: "Daniel Reyes asked for Low: a small pilot.".to_owned(),
            may: true,
            action: "/services/1/tier/approve".to_owned(),
        }),
        drop: Some("/services/1/tier/drop".to_owned()),
        override_fields: vec![FieldView::textarea("reason", "Why")],
        override_action: "/services/1/tier".to_owned(),
    };
    let assessed = vendor.assessments.clone();
    let service = |intake: Option<IntakeResultView>| ServiceView {
        base: "/services/1".to_owned(),
        service_id: "1".to_owned(),
        key: "k".to_owned(),
        lede: "Lumen Analytics supplies it.".to_owned(),
        may_change: true,
        start: true,
        assessments: if intake.is_some() { assessed.clone() } else { Vec::new() },
        intake,
        empty: empty(),
    };
    let page = |title: &str| staff(title, Section::Vendors);
    vec![
        Sample::page("pages/vendors/list", "one", &page("Vendors").wrap(list(vec![row]))),
        Sample::page("pages/vendors/list", "empty", &page("Vendors").wrap(list(Vec::new()))),
        Sample::page("pages/vendors/profile", "one", &page("Lumen Analytics").wrap(vendor)),
        Sample::page("pages/vendors/profile", "fresh", &page("Lumen Analytics").wrap(fresh)),
        Sample::page("pages/intake/questions", "one", &page("Intake of Lumen Triage").wrap(form)),
        Sample::page("pages/intake/result", "answered", &page("Lumen Triage").wrap(service(Some(intake)))),
        Sample::page("pages/intake/result", "empty", &page("Lumen Triage").wrap(service(None))),
    ]
}
