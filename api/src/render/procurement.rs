//! Views that the pages of procurement share: a page that is one form, lines of a timeline, time in words.

use super::{
    fields::FieldView,
    page::Section,
    parts::{Link, Step},
    samples::{Sample, staff},
};
use serde::Serialize;

/// A hidden value of a form.
#[derive(Debug, Clone, Serialize)]
pub struct Hidden {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
}

impl Hidden {
    /// A hidden value.
    #[must_use]
    pub fn new(name: &'static str, value: impl ToString) -> Self {
        Self { name, value: value.to_string() }
    }
}

/// A page that is one form: registering, editing, and acts that ask first.
#[derive(Debug, Clone, Serialize)]
pub struct ActView {
    /// Steps of a wizard; empty elsewhere.
    pub steps: Vec<Step>,
    /// What this does, in a sentence or two.
    pub lede: Option<String>,
    /// What to know before, one line each.
    pub points: Vec<String>,
    /// Where the form posts to.
    pub action: String,
    /// Hidden values.
    pub hidden: Vec<Hidden>,
    /// The fields.
    pub fields: Vec<FieldView>,
    /// Words of the button.
    pub submit: String,
    /// Whether the button warns.
    pub warn: bool,
    /// The way back.
    pub cancel: Link,
}

impl ActView {
    /// A form that posts to `action`.
    #[must_use]
    pub fn new(action: impl Into<String>, submit: &str, cancel: Link) -> Self {
        Self {
            steps: Vec::new(),
            lede: None,
            points: Vec::new(),
            action: action.into(),
            hidden: Vec::new(),
            fields: Vec::new(),
            submit: submit.to_owned(),
            warn: false,
            cancel,
        }
    }
}

/// One line of a timeline. Partial `timeline` shows a list of them.
#[derive(Debug, Clone, Serialize)]
pub struct TimelineLine {
    /// For machines.
    pub datetime: String,
    /// For people.
    pub when: String,
    /// Icon.
    pub icon: &'static str,
    /// Whether it is a turning point.
    pub key: bool,
    /// What happened.
    pub what: String,
    /// Who, and details.
    pub small: String,
    /// Where to look.
    pub href: Option<String>,
}

pub(super) fn samples() -> Vec<Sample> {
    let back = || Link::new("Back to the vendor", "/vendors/1");
    let mut edit = ActView::new("/vendors/1/edit", "Save vendor", back());
    edit.hidden = vec![Hidden::new("version", 3)];
    edit.fields = vec![
        FieldView::text("name", "Name")
            .value("Lumen Analytics")
            .error(Some("Enter the vendor's name".to_owned())),
        FieldView::textarea("note", "Note").optional(),
    ];
    let mut archive = ActView::new("/vendors/1/archive", "Archive vendor", back());
    archive.warn = true;
    archive.lede = Some("The links of this vendor stop working at once. Its history stays.".to_owned());
    archive.points = vec!["2 assessments are open.".to_owned()];
    archive.steps = vec![
        Step { label: "Service".to_owned(), href: Some("/assessments/new".to_owned()), current: false },
        Step { label: "People".to_owned(), href: None, current: true },
    ];
    let page = |title: &str| staff(title, Section::Vendors).crumb("Vendors", "/vendors");
    vec![
        Sample::page("pages/procurement/act", "form", &page("Edit Lumen Analytics").wrap(edit)),
        Sample::page("pages/procurement/act", "asks", &page("Archive Lumen Analytics?").wrap(archive)),
    ]
}
