//! Views of assessments: the list, the steps of a draft, and the progress of one that was sent.

use super::{
    fields::FieldView,
    page::Section,
    parts::{Band, EmptyState, Fact, Link, NavItem, Pager, ResultsView, Step},
    procurement::{Hidden, TimelineLine},
    samples::{Sample, staff},
    saved_views::SavedViewsView,
};
use serde::Serialize;

/// The list of assessments.
#[derive(Debug, Clone, Serialize)]
pub struct AssessmentListView {
    /// In words.
    pub summary: String,
    /// Whether one may be started.
    pub may_send: bool,
    /// The stages with their counts.
    pub stages: Vec<NavItem>,
    /// In what order the rows stand, in words.
    pub order: &'static str,
    /// What stands above the filter.
    pub saved: SavedViewsView,
    /// Selects of the filter.
    pub filters: Vec<FieldView>,
    /// The chosen stage, kept by the filter.
    pub hidden: Vec<Hidden>,
    /// One page.
    pub rows: Vec<AssessmentRowView>,
    /// The foot.
    pub pager: Pager,
    /// Shown when no row fits.
    pub empty: EmptyState,
}

/// One assessment of the list.
#[derive(Debug, Clone, Serialize)]
pub struct AssessmentRowView {
    /// Its page.
    pub href: String,
    /// What people quote.
    pub reference: String,
    /// The vendor.
    pub vendor: String,
    /// The service.
    pub service: String,
    /// The state in words.
    pub state: String,
    /// The due day in words.
    pub due: String,
    /// Whether it waits past that day.
    pub late: bool,
    /// The owner.
    pub owner: String,
    /// What it came to, once scored.
    pub results: Option<ResultsView>,
    /// Once scored.
    pub residual: Band,
}

/// The step in which the service is chosen.
#[derive(Debug, Clone, Serialize)]
pub struct ServiceView {
    /// The wizard's steps.
    pub steps: Vec<Step>,
    /// What this is for.
    pub lede: String,
    /// Words of a vendor's name that the choice is narrowed to.
    pub vendor: String,
    /// Why there is nothing to choose from, if so.
    pub none: Option<String>,
    /// Hidden values.
    pub hidden: Vec<Hidden>,
    /// The choice.
    pub fields: Vec<FieldView>,
    /// The foot: which services can be chosen here.
    pub pager: Pager,
}

/// The step in which questionnaires are chosen.
#[derive(Debug, Clone, Serialize)]
pub struct QuestionnairesView {
    /// The wizard's steps.
    pub steps: Vec<Step>,
    /// One sentence.
    pub lede: String,
    /// Where the form posts to.
    pub action: String,
    /// For optimistic saves.
    pub version: i64,
    /// What the intake suggests.
    pub suggested: Vec<QuestionnaireChoice>,
    /// Everything else.
    pub others: Vec<QuestionnaireChoice>,
    /// Whether everything else is in view from the beginning.
    pub open: bool,
    /// What is wrong with the choice as a whole.
    pub error: Option<String>,
}

/// A questionnaire to choose.
#[derive(Debug, Clone, Serialize)]
pub struct QuestionnaireChoice {
    /// What is posted.
    pub value: String,
    /// Id of the box.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Why it is suggested, or what it is about.
    pub text: String,
    /// Questions and time.
    pub small: String,
    /// Whether it is chosen.
    pub chosen: bool,
    /// Asks why, for suggested ones.
    pub reason: Option<FieldView>,
}

/// The step in which everything is checked before it is sent.
#[derive(Debug, Clone, Serialize)]
pub struct CheckView {
    /// The wizard's steps.
    pub steps: Vec<Step>,
    /// What will be sent, in lines.
    pub facts: Vec<Fact>,
    /// What is missing; no sending then.
    pub missing: Vec<String>,
    /// Who will get a mail.
    pub people: Vec<String>,
    /// Suggested and left out, with the reason.
    pub left_out: Vec<String>,
    /// As the vendor will see them.
    pub sections: Vec<PreviewQuestionnaire>,
    /// The welcome page in a sentence.
    pub welcome: String,
    /// The owner's words.
    pub message: Option<String>,
    /// The vendor's pages, to look at.
    pub pages: String,
    /// The invitation's subject.
    pub subject: String,
    /// The invitation's text part.
    pub mail: String,
    /// Every mail, to look at.
    pub mails: String,
    /// Where the form posts to.
    pub action: String,
    /// Version and key.
    pub hidden: Vec<Hidden>,
    /// Words of the button.
    pub submit: String,
    /// To call the draft off.
    pub cancel: String,
}

/// A questionnaire as the vendor will see it.
#[derive(Debug, Clone, Serialize)]
pub struct PreviewQuestionnaire {
    /// Its title.
    pub title: String,
    /// How many questions can appear.
    pub questions: usize,
    /// Its sections.
    pub sections: Vec<PreviewSection>,
}

/// A section as the vendor will see it.
#[derive(Debug, Clone, Serialize)]
pub struct PreviewSection {
    /// Its title.
    pub title: String,
    /// Its questions.
    pub questions: Vec<PreviewQuestion>,
}

/// A question as the vendor will see it.
#[derive(Debug, Clone, Serialize)]
pub struct PreviewQuestion {
    /// What is asked.
    pub text: String,
    /// Whether it appears only for some earlier answers.
    pub depends: bool,
}

/// The progress of an assessment.
#[derive(Debug, Clone, Serialize)]
pub struct ProgressView {
    /// One sentence.
    pub lede: String,
    /// What it came to, once scored.
    pub results: Option<ResultsView>,
    /// The strip.
    pub facts: Vec<Fact>,
    /// The main acts.
    pub links: Vec<Link>,
    /// What to do now where something is late: to remind a lead,
    pub remind: Option<SmallForm>,
    /// or to open the links again.
    pub next: Option<Link>,
    /// Agreeing that the vendor amends; none when that makes no sense.
    pub amend: Option<SmallForm>,
    /// A warning, for instance that nobody can be reached.
    pub warning: Option<String>,
    /// Questions that wait for replies.
    pub asked_again: Vec<AskedLine>,
    /// Answered questions.
    pub done: usize,
    /// Shown questions.
    pub total: usize,
    /// Per questionnaire.
    pub questionnaires: Vec<ProgressQuestionnaire>,
    /// Titles of what is about the buyer's own duties.
    pub of_ourselves: Vec<String>,
    /// Who answers.
    pub people: Vec<PersonView>,
    /// To add somebody.
    pub add: Option<String>,
    /// Mails, newest first.
    pub mails: Vec<MailLine>,
    /// What happened.
    pub timeline: Vec<TimelineLine>,
}

/// A question that was sent back to the vendor.
#[derive(Debug, Clone, Serialize)]
pub struct AskedLine {
    /// Id of the question.
    pub question: String,
    /// What is asked.
    pub text: String,
}

/// A questionnaire's progress.
#[derive(Debug, Clone, Serialize)]
pub struct ProgressQuestionnaire {
    /// Its title and version.
    pub title: String,
    /// Its sections.
    pub sections: Vec<ProgressSection>,
}

/// A section's progress.
#[derive(Debug, Clone, Serialize)]
pub struct ProgressSection {
    /// Its title.
    pub title: String,
    /// Answered questions.
    pub done: usize,
    /// Shown questions.
    pub total: usize,
    /// Not started, In progress, Ready.
    pub state: &'static str,
}

/// A respondent.
#[derive(Debug, Clone, Serialize)]
pub struct PersonView {
    /// Two letters.
    pub initials: String,
    /// Their name.
    pub name: String,
    /// Address and role.
    pub small: String,
    /// What is known of them, one line each.
    pub lines: Vec<String>,
    /// Why mail to them is refused.
    pub refused: Option<String>,
    /// To remind them.
    pub remind: Option<SmallForm>,
    /// To reissue their link.
    pub reissue: Option<String>,
    /// To revoke their link.
    pub revoke: Option<String>,
}

/// A form that is one button.
#[derive(Debug, Clone, Serialize)]
pub struct SmallForm {
    /// Where it posts to.
    pub action: String,
    /// Hidden values.
    pub hidden: Vec<Hidden>,
    /// Words of the button.
    pub label: String,
}

/// One mail.
#[derive(Debug, Clone, Serialize)]
pub struct MailLine {
    /// When it was queued.
    pub when: String,
    /// What it is.
    pub kind: String,
    /// To whom.
    pub to: String,
    /// Where it stands, in words.
    pub outcome: String,
    /// Whether somebody should look.
    pub bad: bool,
    /// Why.
    pub detail: Option<String>,
}

pub(super) fn samples() -> Vec<Sample> {
    let page = |title: &str| staff(title, Section::Assessments).crumb("Assessments", "/assessments");
    let step = |label: &str, href: Option<&str>, current: bool| Step {
        label: label.to_owned(),
        href: href.map(str::to_owned),
        current,
    };
    let steps = || vec![step("Service", Some("/assessments/new"), false), step("Questionnaires", None, true)];
    let row = AssessmentRowView {
        href: "/assessments/1".to_owned(),
        reference: "AIQ-0412".to_owned(),
        vendor: "Lumen Analytics".to_owned(),
        service: "Lumen Triage".to_owned(),
        state: "Sent".to_owned(),
        due: "12 Dec 2025".to_owned(),
        late: true,
        owner: "Daniel Reyes".to_owned(),
        results: None,
        residual: Band::named(""),
    };
    let list = |rows: Vec<AssessmentRowView>| AssessmentListView {
        summary: "1 assessment, 1 late.".to_owned(),
        may_send: true,
        stages: vec![NavItem::new("All 1", "/assessments").current(true)],
        order: "newest first",
        saved: SavedViewsView::default(),
        filters: vec![super::vendors::filter("owner", "Owner", "", &[("", "Everybody")])],
        hidden: vec![Hidden::new("state", "sent")],
        rows,
        pager: Pager { text: "1 to 1 of 1 assessments".to_owned(), previous: None, next: None },
        empty: EmptyState {
            title: "No assessment yet".to_owned(),
            text: "Assessments that you start will appear here.".to_owned(),
            action: Some(Link::new("Start assessment", "/assessments/new")),
        },
    };
    let choice = |suggested: bool| QuestionnaireChoice {
        value: if suggested { "supplier-security-core" } else { "subprocessor" }.to_owned(),
        id: if suggested { "questionnaire" } else { "questionnaire-1" }.to_owned(),
        title: "Supplier security".to_owned(),
        text: "Tier high: the vendor holds or sees our data.".to_owned(),
        small: "71 questions, about 120 minutes".to_owned(),
        chosen: suggested,
        reason: suggested
            .then(|| FieldView::text("reason-supplier-security-core", "Why leave it out").optional()),
    };
    let service = |none: Option<&str>| ServiceView {
        steps: vec![step("Service", None, true), step("Questionnaires", None, false)],
        lede: "One service of one vendor.".to_owned(),
        vendor: "lumen".to_owned(),
        none: none.map(str::to_owned),
        hidden: vec![Hidden::new("key", "k")],
        fields: vec![
            FieldView::select("service", "Service")
                .choices([("1", "Lumen Analytics, Lumen Triage (tier High)")], |_| false),
        ],
        pager: Pager {
            text: "1 to 50 of 120 services".to_owned(),
            previous: None,
            next: Some("/assessments/new?page=2".to_owned()),
        },
    };
    let questionnaires = QuestionnairesView {
        steps: steps(),
        lede: "Tier High.".to_owned(),
        action: "/assessments/1/questionnaires".to_owned(),
        version: 1,
        suggested: vec![choice(true)],
        others: vec![choice(false)],
        open: false,
        error: Some("Choose at least one questionnaire for the vendor".to_owned()),
    };
    let check = CheckView {
        steps: steps(),
        facts: vec![Fact::new("Due", "Friday 12 December 2025")],
        missing: vec!["Choose who answers".to_owned()],
        people: vec!["Priya Shah, priya@lumen.example".to_owned()],
        left_out: vec!["AI tool risk: switched off".to_owned()],
        sections: vec![PreviewQuestionnaire {
            title: "Supplier security".to_owned(),
            questions: 1,
            sections: vec![PreviewSection {
                title: "Governance".to_owned(),
                questions: vec![PreviewQuestion { text: "Is there a policy?".to_owned(), depends: true }],
            }],
        }],
        welcome: "Northwind Bank asks about Lumen Triage.".to_owned(),
        message: Some("We want to use it for complaints.".to_owned()),
        pages: "/assessments/1/preview/portal".to_owned(),
        subject: "Northwind Bank asks 71 questions".to_owned(),
        mail: "Please answer our questions".to_owned(),
        mails: "/assessments/1/preview/mails?mail=invitation".to_owned(),
        action: "/assessments/1/send".to_owned(),
        hidden: vec![Hidden::new("version", 3), Hidden::new("key", "k")],
        submit: "Send to 1 person".to_owned(),
        cancel: "/assessments/1/cancel".to_owned(),
    };
    let form = |label: &str| SmallForm {
        action: "/assessments/1/people/1/remind".to_owned(),
        hidden: Vec::new(),
        label: label.to_owned(),
    };
    let progress = ProgressView {
        lede: "Lumen Analytics answers about Lumen Triage.".to_owned(),
        results: Some(ResultsView::sample()),
        facts: vec![Fact::new("State", "In progress")],
        links: vec![Link::new("Move the due day", "/assessments/1/extend")],
        remind: Some(form("Remind Priya Shah")),
        next: None,
        amend: Some(form("Agree to amend")),
        warning: Some("Nobody has opened it.".to_owned()),
        asked_again: vec![AskedLine {
            question: "SEC-GOV-01".to_owned(),
            text: "Which part is not covered?".to_owned(),
        }],
        done: 3,
        total: 71,
        questionnaires: vec![ProgressQuestionnaire {
            title: "Supplier security 1.0.0".to_owned(),
            sections: vec![ProgressSection {
                title: "Governance".to_owned(),
                done: 3,
                total: 8,
                state: "In progress",
            }],
        }],
        of_ourselves: vec!["EU AI Act - our own duties as deployer".to_owned()],
        people: vec![PersonView {
            initials: "PS".to_owned(),
            name: "Priya Shah".to_owned(),
            small: "priya@lumen.example, lead".to_owned(),
            lines: vec!["Invitation sent 17 Nov 2025, 10:00".to_owned()],
            refused: Some("no such mailbox".to_owned()),
            remind: Some(form("Remind")),
            reissue: Some("/assessments/1/people/1/reissue".to_owned()),
            revoke: Some("/assessments/1/people/1/revoke".to_owned()),
        }],
        add: Some("/assessments/1/people/add".to_owned()),
        mails: vec![MailLine {
            when: "17 Nov 2025, 10:00".to_owned(),
            kind: "Invitation".to_owned(),
            to: "priya@lumen.example".to_owned(),
            outcome: "Refused".to_owned(),
            bad: true,
            detail: Some("no such mailbox".to_owned()),
        }],
        timeline: Vec::new(),
    };
    vec![
        Sample::page("pages/assessments/list", "one", &page("Assessments").wrap(list(vec![row]))),
        Sample::page("pages/assessments/list", "empty", &page("Assessments").wrap(list(Vec::new()))),
        Sample::page("pages/assessments/service", "some", &page("Start assessment").wrap(service(None))),
        Sample::page(
            "pages/assessments/service",
            "none",
            &page("Start assessment").wrap(service(Some("No active vendor has a service yet."))),
        ),
        Sample::page("pages/assessments/questionnaires", "one", &page("Questionnaires").wrap(questionnaires)),
        Sample::page("pages/assessments/check", "missing", &page("Check and send").wrap(check.clone())),
        Sample::page(
            "pages/assessments/check",
            "ready",
            &page("Check and send").wrap(CheckView { missing: Vec::new(), ..check }),
        ),
        Sample::page("pages/assessments/progress", "one", &page("AIQ-0412").wrap(progress)),
    ]
}
