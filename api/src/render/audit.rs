//! The view of the audit trail.

use super::{
    fields::FieldView,
    page::Section,
    parts::{EmptyState, Fact, FlashNotice, Link, Pager},
    samples::{Sample, staff},
};
use serde::Serialize;

/// The page of the audit trail. `pages/audit`.
#[derive(Debug, Clone, Serialize)]
pub struct TrailView {
    /// Things to know: whether the events shown are what was recorded.
    pub notices: Vec<FlashNotice>,
    /// What narrows the trail.
    pub filters: Vec<FieldView>,
    /// Whether something narrows it now.
    pub filtered: bool,
    /// Where the events that fit are downloaded; nothing when there is none.
    pub csv: Option<String>,
    /// Newest first.
    pub events: Vec<EventRow>,
    /// The pages beside this one.
    pub pager: Pager,
    /// When there is no event to show.
    pub empty: Option<EmptyState>,
}

/// One event.
#[derive(Debug, Clone, Serialize)]
pub struct EventRow {
    /// Its number in the trail.
    pub number: i64,
    /// For programs.
    pub datetime: String,
    /// When, in the organisation's time zone.
    pub when: String,
    /// Who did it.
    pub who: String,
    /// On which side they stand.
    pub side: String,
    /// The act in words.
    pub what: String,
    /// The record in words.
    pub about: String,
    /// Its page, where it has one.
    pub href: Option<String>,
    /// Whose and what, beside the record.
    pub note: String,
    /// Whether its hash is not that of what stands here.
    pub broken: bool,
    /// What changed, from where, and the hash.
    pub details: Vec<Fact>,
}

pub(super) fn samples() -> Vec<Sample> {
    let row = |number, broken| EventRow {
        number,
        datetime: "2026-11-24T09:12:00+00:00".to_owned(),
        when: "24 Nov 2026, 09:12".to_owned(),
        who: "Priya Shah".to_owned(),
        side: "at the vendor".to_owned(),
        what: "Submitted".to_owned(),
        about: "AIQ-0412".to_owned(),
        href: Some("/assessments/1".to_owned()),
        note: "Lumen Analytics, Lumen Triage".to_owned(),
        broken,
        details: vec![Fact::new("Client address", "192.0.2.7"), Fact::new("Hash", "5f2c".repeat(16))],
    };
    let some = TrailView {
        notices: vec![FlashNotice::ok("Each of these events is what was recorded.")],
        filters: vec![
            FieldView::date("from", "From").error(Some("Enter a date such as 2026-12-18".to_owned())),
            FieldView::select("who", "Who")
                .choices([("", "Everybody"), ("system", "By itself")], str::is_empty),
        ],
        filtered: true,
        csv: Some("/audit.csv?who=system".to_owned()),
        events: vec![row(17, false), row(16, true)],
        pager: Pager {
            text: "Events 17 to 16".to_owned(),
            previous: Some("/audit?after=17".to_owned()),
            next: Some("/audit?before=16".to_owned()),
        },
        empty: None,
    };
    let none = TrailView {
        notices: Vec::new(),
        csv: None,
        events: Vec::new(),
        empty: Some(EmptyState {
            title: "No event fits".to_owned(),
            text: "Nothing that is on record fits this filter.".to_owned(),
            action: Some(Link::new("Show everything", "/audit")),
        }),
        ..some.clone()
    };
    vec![
        Sample::page("pages/audit", "some", &staff("Audit trail", Section::AuditTrail).wrap(some)),
        Sample::page("pages/audit", "none", &staff("Audit trail", Section::AuditTrail).wrap(none)),
    ]
}
