//! View of the page of what was found.

use super::{
    fields::FieldView,
    parts::{Link, ResultsView},
    samples::{Sample, amara},
};
use serde::Serialize;

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct SearchView {
    /// The one field of the form.
    pub fields: Vec<FieldView>,
    /// Kinds of which something was found.
    pub groups: Vec<GroupView>,
    /// Says that nothing was found.
    pub empty: Option<String>,
}

/// What was found of one kind.
#[derive(Debug, Clone, Serialize)]
pub struct GroupView {
    /// Of its heading.
    pub id: &'static str,
    /// For instance "Vendors".
    pub title: &'static str,
    /// How many there are.
    pub count: usize,
    /// The first of them.
    pub rows: Vec<HitView>,
    /// Says how many there are when not all are shown.
    pub more: Option<String>,
    /// Where all of them are.
    pub all: Option<Link>,
}

/// One thing that was found.
#[derive(Debug, Clone, Serialize)]
pub struct HitView {
    /// Its page; none for a question that nobody has answered.
    pub href: Option<String>,
    /// What it is called.
    pub name: String,
    /// What tells it from others of the name.
    pub about: String,
    /// What it came to, for an assessment that was scored.
    pub results: Option<ResultsView>,
}

/// The field of the form, with what was typed.
#[must_use]
pub fn field(typed: &str) -> FieldView {
    FieldView::text("q", "Look for").value(typed).maxlength(100)
}

pub(super) fn samples() -> Vec<Sample> {
    let hit = |href: Option<&str>, name: &str, about: &str| HitView {
        href: href.map(str::to_owned),
        name: name.to_owned(),
        about: about.to_owned(),
        results: (name == "AIQ-0412").then(ResultsView::sample),
    };
    let group = |id, title, rows: Vec<HitView>| GroupView {
        id,
        title,
        count: rows.len(),
        rows,
        more: None,
        all: None,
    };
    let vendors = GroupView {
        count: 14,
        more: Some("The first 10 of 14".to_owned()),
        all: Some(Link::new("Search the list of vendors", "/vendors?name=lumen")),
        ..group("vendors", "Vendors", vec![hit(Some("/vendors/1"), "Lumen Analytics", "")])
    };
    let assessments = vec![hit(Some("/assessments/1"), "AIQ-0412", "Lumen Analytics, Lumen Triage, decided")];
    let contacts = vec![hit(Some("/vendors/1"), "Priya Shah", "Lumen Analytics, priya@lumen.example")];
    let asked = hit(
        None,
        "When did an independent tester last test it?",
        "SEC-ASR-03, Supplier security, no vendor has answered it yet",
    );
    let found = SearchView {
        fields: vec![field("lumen")],
        groups: vec![
            vendors,
            group("assessments", "Assessments", assessments),
            group("contacts", "Contacts", contacts),
            group("questions", "Questions", vec![asked]),
        ],
        empty: None,
    };
    let nothing = SearchView {
        fields: vec![field("corvid")],
        groups: Vec::new(),
        empty: Some("Nothing is called \u{201c}corvid\u{201d}.".to_owned()),
    };
    let open = SearchView { fields: vec![field("")], groups: Vec::new(), empty: None };
    vec![
        Sample::page(
            "pages/search",
            "found",
            &amara("16 results for \u{201c}lumen\u{201d}", None).wrap(found),
        ),
        Sample::page(
            "pages/search",
            "nothing",
            &amara("0 results for \u{201c}corvid\u{201d}", None).wrap(nothing),
        ),
        Sample::page("pages/search", "open", &amara("Search", None).wrap(open)),
    ]
}
