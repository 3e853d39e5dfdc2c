//! The catalogue of parts: one page that shows every part with made-up content, to copy from and to look at.

use serde::Serialize;

use super::fields::{FieldView, errors_of};
use super::page::Section;
use super::parts::{
    Band, Column, EmptyState, Fact, FlashNotice, Link, NavItem, Pager, Rating, ScoreCell, SectionProgress,
    Step, Tabs,
};
use super::samples::{Sample, staff};

/// Everything there is.
#[derive(Debug, Clone, Serialize)]
pub struct Catalogue {
    /// Pills.
    pub bands: Vec<Band>,
    /// Rating tiles.
    pub ratings: Vec<Rating>,
    /// Heat cells.
    pub cells: Vec<ScoreCell>,
    /// A strip of facts.
    pub facts: Vec<Fact>,
    /// One field of each kind.
    pub fields: Vec<FieldView>,
    /// Notices.
    pub notices: Vec<FlashNotice>,
    /// An empty list.
    pub empty: EmptyState,
    /// Heads of a sortable table.
    pub columns: Vec<Column>,
    /// The foot of a list.
    pub pager: Pager,
    /// Tabs.
    pub tabs: Tabs,
    /// Steps of a wizard.
    pub steps: Vec<Step>,
    /// The portal's bar of sections.
    pub progress: SectionProgress,
    /// Names of all icons.
    pub icons: Vec<&'static str>,
    /// Counts for the helper `plural`.
    pub counts: Vec<u64>,
}

fn catalogue(errors: bool) -> Catalogue {
    let error = |text: &str| errors.then(|| text.to_owned());
    let yes_no =
        [("yes", "Yes, in place for all AI in the product"), ("partly", "Partly, for some of the AI")];
    Catalogue {
        bands: ["low", "moderate", "high", "critical", "none"]
            .map(Band::named)
            .into_iter()
            .chain([Band::scored("C", "92.1"), Band::residual("high"), Band::none("N/A")])
            .collect(),
        ratings: vec![
            Rating::new("A", "94.0"),
            Rating::new("C", "92.1"),
            Rating::new("D", "47.5"),
            Rating::new("E", "31.0"),
            Rating::none("Not assessed"),
        ],
        cells: vec![
            ScoreCell::new("A", "100.0").href("#cell"),
            ScoreCell::new("C", "62.7"),
            ScoreCell::new("D", "43.3").href("#cell"),
            ScoreCell::new("E", "38.2"),
            ScoreCell::none("N/A"),
        ],
        facts: vec![
            Fact::band("Residual risk", Band::named("high")).note("worst of its services"),
            Fact::new("Highest tier", "High").note("inherent risk 59.2"),
            Fact::new("Owner", "Daniel Reyes").note("reviewer Amara Nwosu"),
            Fact::new("Open findings", "7").note("1 high, 6 medium; 1 accepted").href("#findings"),
            Fact::new("Next review", "17 December 2026"),
        ],
        fields: vec![
            FieldView::text("name", "Vendor name")
                .hint("As on the contract.")
                .value("Lumen Analytics")
                .error(error("Lumen Analytics is already registered. Open it, or add its town to the name.")),
            FieldView::email("email", "E-mail").value("priya.shah@lumen-analytics.example"),
            FieldView::password("password", "Password", "current-password")
                .error(error("Enter your password.")),
            FieldView::number("people", "People affected").value("1200").optional(),
            FieldView::date("due", "Due").value("2025-12-12").hint("Ends with that day in London."),
            FieldView::textarea("reason", "Reason").value("First line,\n  second line.").maxlength(4000),
            FieldView::select("owner", "Owner")
                .choices([("1", "Daniel Reyes"), ("2", "Amara Nwosu")], |v| v == "2")
                .error(error("Choose an owner.")),
            FieldView::radios("tested", "Must each release pass written acceptance tests?")
                .hint("One answer.")
                .choices(yes_no, |v| v == "yes")
                .error(error("Choose one.")),
            FieldView::checkboxes("parts", "Which parts use AI?").choices(yes_no, |v| v == "partly"),
            FieldView::tick("shared", "This is a shared computer", true)
                .hint("We ask for a code each time and keep nothing here.")
                .error(error("Tick this box to go on.")),
            FieldView::file("file", "Evidence", ".pdf,.docx").hint("PDF or Word, up to 25 MB."),
        ],
        notices: vec![
            FlashNotice::ok("Sent to Priya Shah."),
            FlashNotice::info("The vendor sees this text."),
            FlashNotice::bad("The mail to the lead was refused: no such mailbox."),
        ],
        empty: EmptyState {
            title: "No open findings".to_owned(),
            text: "Findings raised in a review appear here. The last one was closed on 9 January 2026."
                .to_owned(),
            action: Some(Link::new("Raise finding", "#raise")),
        },
        columns: vec![
            Column::text("Vendor").sortable("?sort=vendor", Some("ascending")),
            Column::text("State"),
            Column::num("Points").sortable("?sort=points", None),
        ],
        pager: Pager {
            text: "51 to 100 of 120 vendors".to_owned(),
            previous: Some("?page=1".to_owned()),
            next: Some("?page=3".to_owned()),
        },
        tabs: Tabs {
            label: "Vendor".to_owned(),
            items: vec![
                NavItem::new("Overview", "#o").current(true),
                NavItem::new("Assessments 3", "#a"),
                NavItem::new("Findings 8", "#f"),
            ],
        },
        steps: vec![
            Step { label: "Vendor and service".to_owned(), href: Some("#1".to_owned()), current: false },
            Step { label: "Questionnaires".to_owned(), href: None, current: true },
            Step { label: "People and dates".to_owned(), href: None, current: false },
        ],
        progress: SectionProgress::new(&[(4, 4, false), (2, 5, true), (0, 6, false)]),
        icons: vec![
            "check",
            "circle-check",
            "circle",
            "half",
            "paperclip",
            "message-square",
            "user",
            "users",
            "file-text",
            "plus",
            "undo-2",
            "cloud-off",
            "search",
            "clock",
            "flag",
            "send",
            "x",
            "chevron-right",
            "chevron-left",
            "external-link",
            "link",
            "mail",
            "download",
            "upload",
            "info",
            "triangle-alert",
            "lock",
            "pencil",
            "trash-2",
            "calendar",
            "log-out",
            "arrow-right",
            "key-round",
            "refresh-cw",
            "eye",
            "building-2",
            "shield-check",
            "ban",
            "circle-alert",
        ],
        counts: vec![0, 1, 8],
    }
}

/// The catalogue, calm and with every error.
#[must_use]
pub fn samples() -> Vec<Sample> {
    let shell =
        staff("Parts of a page", Section::Vendors).crumb("Vendors", "#v").crumb("Lumen Analytics", "#l");
    let calm = shell.clone().flash(Some(FlashNotice::ok("Saved."))).wrap(catalogue(false));
    let bad = catalogue(true);
    let wrong = shell.errors(errors_of(&bad.fields)).wrap(bad);
    vec![Sample::page("pages/catalogue", "calm", &calm), Sample::page("pages/catalogue", "errors", &wrong)]
}
