//! A filter of a list that a person keeps under a name.

use super::ids::SavedViewId;
use crate::word_enum;

word_enum! {
    /// A list that views can be kept of.
    ViewList {
        /// Vendors.
        Vendors => "vendors",
        /// Assessments in flight.
        Assessments => "assessments",
        /// Findings and actions.
        Findings => "findings",
    }
}

/// A filter with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    /// Which.
    pub id: SavedViewId,
    /// Of which list.
    pub list: ViewList,
    /// As its owner wrote it.
    pub name: String,
    /// The filter as an address has it after the question mark.
    pub query: String,
}
