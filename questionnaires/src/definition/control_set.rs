//! A control set: a weighted list of the controls of one framework.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::exact::Exact;

/// A versioned, weighted list of controls; tenants may copy and re-weight it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlSet {
    /// Always `assay-control-set/1`.
    pub format: String,
    /// `[a-z0-9-]{3,40}`; the part before the colon in `maps`.
    pub id: String,
    /// Major.minor.patch.
    pub version: String,
    /// Name of the framework and its edition.
    pub title: String,
    /// Who publishes the framework.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub authority: Option<String>,
    /// What we may show of the framework's text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub licence_note: Option<String>,
    /// Whether the framework's own text may be shown; we hold identifiers and our own labels either way.
    pub text_allowed: bool,
    /// In file order.
    pub groups: Vec<ControlGroup>,
}

/// Controls that belong together, scored together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlGroup {
    /// Unique within the control set.
    pub id: String,
    /// Shown above the group's score.
    pub title: String,
    /// In file order.
    pub controls: Vec<Control>,
}

/// One requirement of a framework.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// The framework's own identifier, such as `A.5.1`; unique within the control set, always text.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Our own short name for it.
    pub label: String,
    /// How much it counts: 0 to 5 in files (default 1), any rational >= 0 in calculations.
    pub weight: Exact,
    /// One sentence, whenever the weight is not 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
    /// Where to read it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub url: Option<String>,
    /// The first day on which it binds; printed, never scored.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub applies_from: Option<NaiveDate>,
    /// Where the date or the reference was found.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// When the source was last read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub checked_on: Option<NaiveDate>,
}

impl ControlSet {
    /// All controls with their group, in file order.
    pub fn controls(&self) -> impl Iterator<Item = (&ControlGroup, &Control)> {
        self.groups.iter().flat_map(|group| group.controls.iter().map(move |control| (group, control)))
    }

    /// The control with this reference.
    #[must_use]
    pub fn control(&self, reference: &str) -> Option<&Control> {
        self.controls().map(|(_, control)| control).find(|control| control.reference == reference)
    }
}
