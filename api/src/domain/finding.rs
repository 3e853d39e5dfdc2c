//! The lifecycle of a finding and of its actions (`product.md`, "Lifecycles"; `scoring.md` section 2 for SLA days).

use crate::word_enum;
use chrono::{Days, NaiveDate};
use thiserror::Error;

word_enum! {
    /// Where a finding stands.
    FindingState {
        /// Raised; nobody has agreed what to do.
        Open => "open",
        /// An action with owner and date is agreed.
        Planned => "planned",
        /// Work has started.
        InProgress => "in_progress",
        /// An action is reported done, with proof.
        AwaitingVerification => "awaiting_verification",
        /// Verified by somebody else.
        Closed => "closed",
        /// A risk acceptance is approved.
        Accepted => "accepted",
        /// Not a gap after all.
        Dismissed => "dismissed",
    }
}

impl FindingState {
    /// The state in plain words, for pages.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Planned => "Planned",
            Self::InProgress => "In progress",
            Self::AwaitingVerification => "Awaiting verification",
            Self::Closed => "Closed",
            Self::Accepted => "Accepted",
            Self::Dismissed => "Dismissed",
        }
    }
    /// Whether somebody still has to do something.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Closed | Self::Accepted | Self::Dismissed)
    }
}

/// What can happen to a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingEvent {
    /// An action with owner and date is agreed.
    Plan,
    /// Work has started.
    Start,
    /// An action is reported done, with proof.
    Report,
    /// Verified by somebody else.
    Verify,
    /// The proof was not enough.
    Reject,
    /// A risk acceptance is approved.
    Accept,
    /// The acceptance expired or was revoked.
    EndAcceptance,
    /// Not a gap after all.
    Dismiss,
    /// Taken up again with a reason.
    Reopen,
}

/// A transition that the lifecycle does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a finding that is {} cannot take this step", .from.as_str())]
pub struct InvalidFindingStep {
    /// The state it is in.
    pub from: FindingState,
    /// What was asked for.
    pub event: FindingEvent,
}

impl FindingState {
    /// The state after `event`.
    ///
    /// # Errors
    /// [`InvalidFindingStep`] for every pair that the lifecycle table does not list.
    pub const fn after(self, event: FindingEvent) -> Result<Self, InvalidFindingStep> {
        use FindingEvent as E;
        use FindingState as S;
        match (self, event) {
            (S::Open, E::Plan) => Ok(S::Planned),
            (S::Planned, E::Start) | (S::AwaitingVerification, E::Reject) => Ok(S::InProgress),
            (S::Open | S::Planned | S::InProgress, E::Report) => Ok(S::AwaitingVerification),
            (S::AwaitingVerification, E::Verify) => Ok(S::Closed),
            (S::Open | S::Planned | S::InProgress, E::Accept) => Ok(S::Accepted),
            (S::Accepted, E::EndAcceptance) | (S::Closed | S::Dismissed, E::Reopen) => Ok(S::Open),
            (S::Open, E::Dismiss) => Ok(S::Dismissed),
            _ => Err(InvalidFindingStep { from: self, event }),
        }
    }
}

word_enum! {
    /// How soon somebody has to look at a finding, the most urgent first.
    Urgency {
        /// To be worked on, and the due day is over.
        Overdue => "overdue",
        /// An action is reported done.
        Verify => "verify",
        /// To be worked on, and due before [`soon_ends`].
        Soon => "soon",
        /// To be worked on, and due later or not sent yet.
        Later => "later",
        /// Lived with for a time.
        Accepted => "accepted",
        /// Closed or dismissed.
        Done => "done",
    }
}

/// The last day that counts as soon.
#[must_use]
pub fn soon_ends(today: NaiveDate) -> NaiveDate {
    today.checked_add_days(Days::new(35)).unwrap_or(today)
}

impl Urgency {
    /// That of a finding in this state with this due day.
    #[must_use]
    pub fn of(state: FindingState, due_on: Option<NaiveDate>, today: NaiveDate) -> Self {
        match state {
            FindingState::AwaitingVerification => Self::Verify,
            FindingState::Accepted => Self::Accepted,
            FindingState::Closed | FindingState::Dismissed => Self::Done,
            _ if overdue(state, due_on, today) => Self::Overdue,
            _ if due_on.is_some_and(|due| due <= soon_ends(today)) => Self::Soon,
            _ => Self::Later,
        }
    }
}

/// Overdue means: today is after the due day. A finding that nobody has to work on is never overdue.
#[must_use]
pub fn overdue(state: FindingState, due_on: Option<NaiveDate>, today: NaiveDate) -> bool {
    state.is_open() && due_on.is_some_and(|due| today > due)
}

word_enum! {
    /// Where an action stands.
    ActionState {
        /// Agreed with owner and date.
        Agreed => "agreed",
        /// Work has started.
        Started => "started",
        /// Reported done, waiting for verification.
        Reported => "reported",
        /// A second person confirmed that it worked.
        Verified => "verified",
        /// The proof was not enough.
        Rejected => "rejected",
    }
}

impl ActionState {
    /// The state in plain words, for pages.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Agreed => "Agreed",
            Self::Started => "Started",
            Self::Reported => "Reported done",
            Self::Verified => "Verified",
            Self::Rejected => "Rejected",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FindingEvent as E, FindingState as S, *};

    const TABLE: &[(S, E, S)] = &[
        (S::Open, E::Plan, S::Planned),
        (S::Planned, E::Start, S::InProgress),
        (S::Open, E::Report, S::AwaitingVerification),
        (S::Planned, E::Report, S::AwaitingVerification),
        (S::InProgress, E::Report, S::AwaitingVerification),
        (S::AwaitingVerification, E::Verify, S::Closed),
        (S::AwaitingVerification, E::Reject, S::InProgress),
        (S::Open, E::Accept, S::Accepted),
        (S::Planned, E::Accept, S::Accepted),
        (S::InProgress, E::Accept, S::Accepted),
        (S::Accepted, E::EndAcceptance, S::Open),
        (S::Open, E::Dismiss, S::Dismissed),
        (S::Closed, E::Reopen, S::Open),
        (S::Dismissed, E::Reopen, S::Open),
    ];

    #[test]
    fn exactly_the_listed_steps_are_allowed() {
        let events = [
            E::Plan,
            E::Start,
            E::Report,
            E::Verify,
            E::Reject,
            E::Accept,
            E::EndAcceptance,
            E::Dismiss,
            E::Reopen,
        ];
        for &from in S::ALL {
            for event in events {
                let expected = TABLE.iter().find(|row| row.0 == from && row.1 == event).map(|row| row.2);
                assert_eq!(from.after(event).ok(), expected, "{from:?} {event:?}");
            }
        }
    }

    #[test]
    fn the_due_day_itself_is_not_overdue() {
        let due = NaiveDate::from_ymd_opt(2026, 3, 1);
        let day = |d| NaiveDate::from_ymd_opt(2026, 3, d).unwrap();
        assert!(!overdue(S::Open, due, day(1)));
        assert!(overdue(S::Open, due, day(2)));
        assert!(!overdue(S::Closed, due, day(2)));
    }
}
