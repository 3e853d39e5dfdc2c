//! Vendors, their contacts and services: what a tenant knows of the outside organisations it works with.

use super::ids::{ContactId, ServiceId, UserId, VendorId};
use crate::word_enum;
use chrono::{DateTime, Utc};

word_enum! {
    /// Whether a vendor is worked with.
    VendorState {
        /// In use.
        Active => "active",
        /// No longer worked with; the history stays.
        Archived => "archived",
    }
}

/// An outside organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vendor {
    /// Which.
    pub id: VendorId,
    /// As people write it.
    pub name: String,
    /// An `https://` or `http://` address.
    pub website: Option<String>,
    /// The tenant's own words; never shown to the vendor.
    pub note: Option<String>,
    /// Worked with or archived.
    pub state: VendorState,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub created_by: UserId,
    /// Raised by each save.
    pub version: i64,
}

/// A person at a vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Which.
    pub id: ContactId,
    /// Where.
    pub vendor_id: VendorId,
    /// As mails address them.
    pub name: String,
    /// As typed.
    pub email: String,
    /// What they do there.
    pub job_title: Option<String>,
    /// Why the mail server of this address will take nothing for it; nothing is sent while this stands.
    pub refused_reason: Option<String>,
    /// Raised by each save.
    pub version: i64,
}

/// What a vendor supplies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Which.
    pub id: ServiceId,
    /// By whom.
    pub vendor_id: VendorId,
    /// As people call it.
    pub name: String,
    /// What it does for us.
    pub description: Option<String>,
    /// Raised by each save.
    pub version: i64,
}

/// The form in which names are compared and searched: lower case, single blanks.
#[must_use]
pub fn normalised(name: &str) -> String {
    name.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn names_that_differ_only_in_case_and_blanks_are_the_same() {
        assert_eq!(normalised("  Lumen   ANALYTICS "), normalised("lumen analytics"));
        assert_ne!(normalised("Lumen"), normalised("Lumina"));
    }
}
