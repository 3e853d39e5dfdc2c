//! Views of findings: those of all vendors, those of one assessment with its proposals, one finding with its actions.

use super::{
    fields::FieldView,
    page::Section,
    parts::{Band, EmptyState, Fact, FlashNotice, NavItem, Pager},
    reviews::EvidenceView,
    samples::{Sample, staff},
    saved_views::{self, SavedViewsView},
};
use serde::Serialize;

/// A number with its name.
#[derive(Debug, Clone, Serialize)]
pub struct CountView {
    /// How many.
    pub count: usize,
    /// Of what.
    pub label: String,
    /// Where they alone are listed.
    pub href: String,
    /// Whether they alone are listed here.
    pub current: bool,
    /// Whether it is bad when it is not 0.
    pub late: bool,
}

/// The list of findings.
#[derive(Debug, Clone, Serialize)]
pub struct FindingsView {
    /// How many findings at how many vendors.
    pub lede: String,
    /// Counts by urgency.
    pub counts: Vec<CountView>,
    /// What stands above the filters.
    pub saved: SavedViewsView,
    /// Filters.
    pub filters: Vec<FieldView>,
    /// Where what is listed is downloaded; nothing when there is nothing.
    pub csv: Option<String>,
    /// Groups by urgency; empty ones are left out.
    pub groups: Vec<FindingGroup>,
    /// The foot.
    pub pager: Pager,
    /// When there is nothing to list.
    pub empty: Option<EmptyState>,
}

/// Findings of one urgency.
#[derive(Debug, Clone, Serialize)]
pub struct FindingGroup {
    /// For links to it.
    pub id: String,
    /// Heading.
    pub label: String,
    /// What it means.
    pub note: String,
    /// The findings.
    pub rows: Vec<FindingRow>,
}

/// One finding in a list.
#[derive(Debug, Clone, Serialize)]
pub struct FindingRow {
    /// Severity.
    pub severity: Band,
    /// One line.
    pub title: String,
    /// Its page.
    pub href: String,
    /// What was answered, for a finding about an answer.
    pub detail: Option<String>,
    /// Question, credit.
    pub about: String,
    /// Vendor.
    pub vendor: String,
    /// Who does it.
    pub owner: String,
    /// State in words.
    pub state: String,
    /// What was agreed.
    pub action: String,
    /// Due in words.
    pub due: String,
    /// Days, SLA.
    pub due_note: String,
    /// Whether it is overdue.
    pub late: bool,
    /// How much of the time to fix is over, while it runs.
    pub running: Option<Running>,
    /// Points of 100 that closing it adds, with a sign.
    pub points: Option<String>,
    /// The next act in one word.
    pub next: String,
}

/// A part of a number of days.
#[derive(Debug, Clone, Serialize)]
pub struct Running {
    /// Days that are over.
    pub used: i64,
    /// Days in all.
    pub of: i32,
}

/// Findings and proposals of one assessment.
#[derive(Debug, Clone, Serialize)]
pub struct RemediationView {
    /// Vendor, service and reference.
    pub about: String,
    /// Things to know.
    pub notices: Vec<FlashNotice>,
    /// Proposals of medium severity and above.
    pub proposals: Vec<ProposalRow>,
    /// Low ones.
    pub observations: Vec<ProposalRow>,
    /// Where proposals are raised.
    pub raise_action: String,
    /// Raised findings.
    pub raised: Vec<FindingRow>,
    /// How many of them were not sent yet.
    pub unsent: usize,
    /// Where they are sent.
    pub send_action: String,
    /// Claimed scores once agreed actions are done.
    pub projected: Vec<Fact>,
    /// Where the review is ended; nothing when proposals are there.
    pub finish_action: Option<String>,
    /// Where a finding is raised by hand.
    pub new_href: String,
    /// Whether the reader may act.
    pub can_manage: bool,
}

/// One proposal.
#[derive(Debug, Clone, Serialize)]
pub struct ProposalRow {
    /// The question.
    pub id: String,
    /// Severity.
    pub severity: Band,
    /// One line.
    pub title: String,
    /// What was answered.
    pub detail: String,
    /// Credit and weight.
    pub about: String,
    /// Days to fix.
    pub sla: String,
    /// What to do.
    pub fix: Option<String>,
    /// Whether it is chosen to begin with.
    pub chosen: bool,
}

/// A page that is one form about findings.
#[derive(Debug, Clone, Serialize)]
pub struct FindingFormView {
    /// What it is about.
    pub about: String,
    /// The fields.
    pub fields: Vec<FieldView>,
    /// Where it is posted.
    pub action: String,
    /// The button.
    pub button: String,
    /// The same form twice is one act.
    pub key: String,
    /// Back.
    pub back: String,
    /// The question whose answer shows it.
    pub question: Option<String>,
}

/// A form on the page of a finding.
#[derive(Debug, Clone, Serialize)]
pub struct StepView {
    /// Heading.
    pub title: String,
    /// What it does.
    pub text: String,
    /// The fields.
    pub fields: Vec<FieldView>,
    /// Where it is posted.
    pub action: String,
    /// The button.
    pub button: String,
    /// Whether it is the main next act.
    pub main: bool,
}

/// One action.
#[derive(Debug, Clone, Serialize)]
pub struct ActionView {
    /// What is done.
    pub text: String,
    /// Who, by when, state.
    pub facts: Vec<Fact>,
    /// What was reported.
    pub report: Option<String>,
    /// Its proofs.
    pub proofs: Vec<EvidenceView>,
}

/// A decision to live with the finding for a time.
#[derive(Debug, Clone, Serialize)]
pub struct AcceptanceView {
    /// Why the risk can be lived with.
    pub reason: String,
    /// What limits it meanwhile.
    pub limits: Option<String>,
    /// State, last day, who asked and who decided.
    pub facts: Vec<Fact>,
}

/// One finding.
#[derive(Debug, Clone, Serialize)]
pub struct FindingView {
    /// Severity, state, due, question.
    pub facts: Vec<Fact>,
    /// Whether the vendor was told.
    pub sent: bool,
    /// More words.
    pub detail: Option<String>,
    /// What to do.
    pub fix: Option<String>,
    /// Why it is where it is.
    pub reason: Option<String>,
    /// The question.
    pub question: Option<NavItem>,
    /// What was answered.
    pub answer: Vec<String>,
    /// What closing it adds to the claimed scores.
    pub gains: Vec<Fact>,
    /// Its actions, oldest first.
    pub actions: Vec<ActionView>,
    /// Its risk acceptances, newest first.
    pub acceptances: Vec<AcceptanceView>,
    /// What can be done now.
    pub steps: Vec<StepView>,
    /// Version of the finding.
    pub version: i64,
}

pub(super) fn samples() -> Vec<Sample> {
    let row = |late| FindingRow {
        severity: Band::named("high"),
        title: "Penetration test is older than 24 months".to_owned(),
        href: "/findings/1".to_owned(),
        detail: Some("Answered: Longer ago, or never".to_owned()),
        about: "SEC-ASR-03, credit 0".to_owned(),
        vendor: "Lumen Analytics".to_owned(),
        owner: "Tom Okafor".to_owned(),
        state: "Planned".to_owned(),
        action: "Independent test in February".to_owned(),
        due: "16 Feb 2027".to_owned(),
        due_note: "34 of 60 days left".to_owned(),
        late,
        running: (!late).then_some(Running { used: 26, of: 60 }),
        points: Some("+2.12".to_owned()),
        next: "Open".to_owned(),
    };
    let list = FindingsView {
        lede: "2 open findings at 1 vendor.".to_owned(),
        counts: vec![CountView {
            count: 1,
            label: "Overdue".to_owned(),
            href: "/findings?urgency=overdue".to_owned(),
            current: true,
            late: true,
        }],
        saved: saved_views::sample_to_save(),
        filters: vec![
            FieldView::select("severity", "Severity")
                .choices([("", "All"), ("high", "High and above")], str::is_empty),
        ],
        csv: Some("/findings.csv?severity=high".to_owned()),
        groups: vec![FindingGroup {
            id: "overdue".to_owned(),
            label: "Overdue".to_owned(),
            note: "the SLA counts from the day a finding was sent".to_owned(),
            rows: vec![row(true), row(false)],
        }],
        pager: Pager {
            text: "1 to 2 of 52 findings".to_owned(),
            previous: None,
            next: Some("/findings?page=2".to_owned()),
        },
        empty: None,
    };
    let nothing = FindingsView {
        counts: Vec::new(),
        csv: None,
        groups: Vec::new(),
        empty: Some(EmptyState {
            title: "No open findings".to_owned(),
            text: "They appear when a review raises them.".to_owned(),
            action: None,
        }),
        ..list.clone()
    };
    let proposal = |chosen| ProposalRow {
        id: if chosen { "SEC-ASR-03" } else { "SEC-PHY-04" }.to_owned(),
        severity: Band::named(if chosen { "high" } else { "low" }),
        title: "Penetration test is older than 24 months".to_owned(),
        detail: "Answered: Longer ago, or never".to_owned(),
        about: "SEC-ASR-03, credit 0 of weight 5".to_owned(),
        sla: "30 days".to_owned(),
        fix: Some("Have an independent tester test the service.".to_owned()),
        chosen,
    };
    let remediation = RemediationView {
        about: "Lumen Analytics, Lumen Triage, A-0412".to_owned(),
        notices: vec![FlashNotice::info("1 finding was not sent yet.")],
        proposals: vec![proposal(true)],
        observations: vec![proposal(false)],
        raise_action: "/assessments/1/findings".to_owned(),
        raised: vec![row(false)],
        unsent: 1,
        send_action: "/assessments/1/findings/send".to_owned(),
        projected: vec![Fact::new("Supplier security", "92.1 becomes 95.9")],
        finish_action: Some("/assessments/1/finish-review".to_owned()),
        new_href: "/assessments/1/findings/new".to_owned(),
        can_manage: true,
    };
    let form = FindingFormView {
        about: "Lumen Analytics, Lumen Triage, A-0412".to_owned(),
        fields: vec![FieldView::text("title", "What is wrong, in one line")],
        action: "/assessments/1/findings/new".to_owned(),
        button: "Raise finding".to_owned(),
        key: "k".to_owned(),
        back: "/assessments/1/findings".to_owned(),
        question: Some("SEC-GOV-01".to_owned()),
    };
    let finding = FindingView {
        facts: vec![Fact::band("Severity", Band::named("high")), Fact::new("State", "Awaiting verification")],
        sent: true,
        detail: Some("Answered: Longer ago, or never".to_owned()),
        fix: Some("Have an independent tester test the service.".to_owned()),
        reason: Some("The letter names no scope".to_owned()),
        question: Some(NavItem::new(
            "SEC-ASR-03 When was the last penetration test?",
            "/assessments/1/review?q=SEC-ASR-03",
        )),
        answer: vec!["Longer ago, or never".to_owned()],
        gains: vec![Fact::new("Supplier security", "+2.12")],
        actions: vec![ActionView {
            text: "Independent test in February".to_owned(),
            facts: vec![Fact::new("Owner", "Tom Okafor")],
            report: Some("Tested by Corvid".to_owned()),
            proofs: vec![EvidenceView {
                name: "letter.pdf".to_owned(),
                href: "/evidence/2".to_owned(),
                about: "0.2 MB".to_owned(),
            }],
        }],
        acceptances: vec![AcceptanceView {
            reason: "The service is used by two people until March.".to_owned(),
            limits: Some("No customer data is entered.".to_owned()),
            facts: vec![Fact::new("State", "Approved"), Fact::new("Last day", "30 Jun 2027")],
        }],
        steps: vec![StepView {
            title: "Verify".to_owned(),
            text: "Sets credit and evidence, and closes the finding.".to_owned(),
            fields: vec![FieldView::textarea("reason", "What you saw").id("verify-reason")],
            action: "/findings/1/verify".to_owned(),
            button: "Verify and close".to_owned(),
            main: true,
        }],
        version: 2,
    };
    vec![
        Sample::page("pages/findings/list", "two", &staff("Findings", Section::Findings).wrap(list)),
        Sample::page("pages/findings/list", "empty", &staff("Findings", Section::Findings).wrap(nothing)),
        Sample::page(
            "pages/findings/assessment",
            "all",
            &staff("Findings of Lumen Triage", Section::Findings).wrap(remediation),
        ),
        Sample::page("pages/findings/form", "raise", &staff("Raise a finding", Section::Findings).wrap(form)),
        Sample::page(
            "pages/findings/finding",
            "reported",
            &staff("Penetration test is older than 24 months", Section::Findings).wrap(finding),
        ),
    ]
}
