//! Living with a finding for a time: what is asked for, who agrees to it, and when it ends (`product.md`, "risk
//! acceptance"). A new way to end one gets a state here and a row in [`AcceptanceState::after`].

use super::ids::{AcceptanceId, FindingId, UserId};
use crate::word_enum;
use chrono::{DateTime, NaiveDate, Utc};

/// The most days that a risk is accepted for; then somebody has to look again.
pub const LONGEST_DAYS: u64 = 365;

word_enum! {
    /// Where a risk acceptance stands.
    AcceptanceState {
        /// Asked for; somebody else has to agree.
        Requested => "requested",
        /// In force until its last day.
        Approved => "approved",
        /// Not agreed to.
        Rejected => "rejected",
        /// Its last day is over.
        Expired => "expired",
        /// Ended before its last day.
        Revoked => "revoked",
    }
}

/// What can happen to a risk acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptanceEvent {
    /// Somebody other than the requester agrees.
    Approve,
    /// It is not agreed to, or not wanted any more.
    Reject,
    /// Its last day is over.
    Expire,
    /// Ended early, with a reason.
    Revoke,
}

impl AcceptanceState {
    /// The state in plain words, for pages.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Requested => "Waits for approval",
            Self::Approved => "Approved",
            Self::Rejected => "Rejected",
            Self::Expired => "Expired",
            Self::Revoked => "Revoked",
        }
    }

    /// The state after `event`; none for a pair that the lifecycle does not list.
    #[must_use]
    pub const fn after(self, event: AcceptanceEvent) -> Option<Self> {
        use AcceptanceEvent as E;
        match (self, event) {
            (Self::Requested, E::Approve) => Some(Self::Approved),
            (Self::Requested, E::Reject) => Some(Self::Rejected),
            (Self::Approved, E::Expire) => Some(Self::Expired),
            (Self::Approved, E::Revoke) => Some(Self::Revoked),
            _ => None,
        }
    }
}

/// A time-limited decision to live with a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskAcceptance {
    /// Which.
    pub id: AcceptanceId,
    /// Of what.
    pub finding_id: FindingId,
    /// Where it stands.
    pub state: AcceptanceState,
    /// Why the risk can be lived with.
    pub reason: String,
    /// What limits the risk meanwhile.
    pub compensating: Option<String>,
    /// The last day on which it holds.
    pub ends_on: NaiveDate,
    /// Who asked.
    pub requested_by: UserId,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// Who approved or rejected it.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why it was rejected or revoked.
    pub end_reason: Option<String>,
    /// Counts changes.
    pub version: i64,
}

#[cfg(test)]
mod tests {
    use super::{AcceptanceEvent as E, AcceptanceState as S};

    #[test]
    fn only_the_listed_steps_exist() {
        let listed = [
            (S::Requested, E::Approve, S::Approved),
            (S::Requested, E::Reject, S::Rejected),
            (S::Approved, E::Expire, S::Expired),
            (S::Approved, E::Revoke, S::Revoked),
        ];
        for &from in S::ALL {
            for event in [E::Approve, E::Reject, E::Expire, E::Revoke] {
                let to = listed.iter().find(|(f, e, _)| *f == from && *e == event).map(|(.., to)| *to);
                assert_eq!(from.after(event), to, "{from:?} {event:?}");
            }
        }
    }
}
