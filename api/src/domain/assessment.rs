//! The lifecycle of an assessment (`product.md`, "Lifecycles"). The list of transitions is complete.

use crate::word_enum;
use thiserror::Error;

word_enum! {
    /// Where an assessment stands.
    AssessmentState {
        /// Being prepared; nobody outside has been told.
        Draft => "draft",
        /// Sent; nothing saved yet.
        Sent => "sent",
        /// The vendor has saved an answer or attached evidence.
        InProgress => "in_progress",
        /// Handed in.
        Submitted => "submitted",
        /// Being judged.
        InReview => "in_review",
        /// Questions were sent back; only these are open.
        Returned => "returned",
        /// Concluded.
        Decided => "decided",
        /// The link's end passed.
        Expired => "expired",
        /// Called off.
        Cancelled => "cancelled",
    }
}

impl AssessmentState {
    /// The state in plain words, for pages.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Sent => "Sent",
            Self::InProgress => "In progress",
            Self::Submitted => "Submitted",
            Self::InReview => "In review",
            Self::Returned => "Returned for clarification",
            Self::Decided => "Decided",
            Self::Expired => "Expired",
            Self::Cancelled => "Cancelled",
        }
    }
    /// Whether the vendor can still answer something.
    #[must_use]
    pub const fn open_to_vendor(self) -> bool {
        matches!(self, Self::Sent | Self::InProgress | Self::Returned)
    }
    /// Whether a submission exists, so that scores can be shown.
    #[must_use]
    pub const fn was_submitted(self) -> bool {
        matches!(self, Self::Submitted | Self::InReview | Self::Returned | Self::Decided)
    }
}

/// What can happen to an assessment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssessmentEvent {
    /// Sent to its respondents.
    Send,
    /// The first saved answer or attached evidence.
    FirstSave,
    /// The lead hands in, first time or after a return.
    Submit,
    /// The buyer agrees that the vendor amends.
    Amend,
    /// The first verdict, or the reviewer starts.
    StartReview,
    /// Clarifications are sent.
    Return,
    /// The decision is recorded.
    Decide,
    /// Reopened with a reason.
    Reopen,
    /// The link's end passed.
    Expire,
    /// Extended after it expired; the state before comes back.
    Extend {
        /// The state that expiry replaced.
        before: AssessmentState,
    },
    /// Called off with a reason.
    Cancel,
}

/// A transition that the lifecycle does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an assessment that is {} cannot be {}", .from.as_str(), verb(*.event))]
pub struct InvalidTransition {
    /// The state it is in.
    pub from: AssessmentState,
    /// What was asked for.
    pub event: AssessmentEvent,
}

const fn verb(event: AssessmentEvent) -> &'static str {
    match event {
        AssessmentEvent::Send => "sent",
        AssessmentEvent::FirstSave => "answered",
        AssessmentEvent::Submit => "submitted",
        AssessmentEvent::Amend => "amended",
        AssessmentEvent::StartReview => "reviewed",
        AssessmentEvent::Return => "returned",
        AssessmentEvent::Decide => "decided",
        AssessmentEvent::Reopen => "reopened",
        AssessmentEvent::Expire => "expired",
        AssessmentEvent::Extend { .. } => "extended",
        AssessmentEvent::Cancel => "cancelled",
    }
}

impl AssessmentState {
    /// The state after `event`.
    ///
    /// # Errors
    /// [`InvalidTransition`] for every pair that the lifecycle table does not list.
    pub const fn after(self, event: AssessmentEvent) -> Result<Self, InvalidTransition> {
        use AssessmentEvent as E;
        use AssessmentState as S;
        match (self, event) {
            (S::Draft, E::Send) => Ok(S::Sent),
            (S::Sent, E::FirstSave) | (S::Submitted, E::Amend) => Ok(S::InProgress),
            (S::InProgress | S::Returned, E::Submit) => Ok(S::Submitted),
            (S::Submitted, E::StartReview) | (S::Decided, E::Reopen) => Ok(S::InReview),
            (S::InReview, E::Return) => Ok(S::Returned),
            (S::InReview, E::Decide) => Ok(S::Decided),
            (S::Sent | S::InProgress | S::Returned, E::Expire) => Ok(S::Expired),
            (S::Expired, E::Extend { before }) if matches!(before, S::Sent | S::InProgress | S::Returned) => {
                Ok(before)
            }
            (S::Decided | S::Cancelled, E::Cancel) => Err(InvalidTransition { from: self, event }),
            (_, E::Cancel) => Ok(S::Cancelled),
            _ => Err(InvalidTransition { from: self, event }),
        }
    }
}

word_enum! {
    /// How an assessment ended.
    Outcome {
        /// Go ahead.
        Approved => "approved",
        /// Go ahead when the conditions are met.
        ApprovedWithConditions => "approved_with_conditions",
        /// Do not.
        Declined => "declined",
    }
}

impl Outcome {
    /// The outcome in plain words, for pages.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Approved => "Approved",
            Self::ApprovedWithConditions => "Approved with conditions",
            Self::Declined => "Declined",
        }
    }
}

word_enum! {
    /// Where an invitation stands.
    InvitationState {
        /// The link works.
        Active => "active",
        /// Taken back by a user.
        Revoked => "revoked",
        /// Ended with its assessment's link.
        Expired => "expired",
        /// Ended because the assessment was cancelled or is long decided.
        Closed => "closed",
    }
}

#[cfg(test)]
mod tests {
    use super::{AssessmentEvent as E, AssessmentState as S};

    /// The table of `product.md`, row by row; every other pair must be refused.
    const TABLE: &[(S, E, S)] = &[
        (S::Draft, E::Send, S::Sent),
        (S::Sent, E::FirstSave, S::InProgress),
        (S::InProgress, E::Submit, S::Submitted),
        (S::Submitted, E::Amend, S::InProgress),
        (S::Submitted, E::StartReview, S::InReview),
        (S::InReview, E::Return, S::Returned),
        (S::Returned, E::Submit, S::Submitted),
        (S::InReview, E::Decide, S::Decided),
        (S::Decided, E::Reopen, S::InReview),
        (S::Sent, E::Expire, S::Expired),
        (S::InProgress, E::Expire, S::Expired),
        (S::Returned, E::Expire, S::Expired),
        (S::Expired, E::Extend { before: S::Sent }, S::Sent),
        (S::Expired, E::Extend { before: S::InProgress }, S::InProgress),
        (S::Expired, E::Extend { before: S::Returned }, S::Returned),
        (S::Draft, E::Cancel, S::Cancelled),
        (S::Sent, E::Cancel, S::Cancelled),
        (S::InProgress, E::Cancel, S::Cancelled),
        (S::Submitted, E::Cancel, S::Cancelled),
        (S::InReview, E::Cancel, S::Cancelled),
        (S::Returned, E::Cancel, S::Cancelled),
        (S::Expired, E::Cancel, S::Cancelled),
    ];

    #[test]
    fn exactly_the_listed_transitions_are_allowed() {
        let mut events = vec![
            E::Send,
            E::FirstSave,
            E::Submit,
            E::Amend,
            E::StartReview,
            E::Return,
            E::Decide,
            E::Reopen,
            E::Expire,
            E::Cancel,
        ];
        events.extend(S::ALL.iter().map(|&before| E::Extend { before }));
        for &from in S::ALL {
            for &event in &events {
                let expected = TABLE.iter().find(|row| row.0 == from && row.1 == event).map(|row| row.2);
                assert_eq!(from.after(event).ok(), expected, "{from:?} {event:?}");
            }
        }
    }

    #[test]
    fn a_refusal_says_what_is_wrong() {
        let refused = S::Decided.after(E::Cancel).unwrap_err();
        assert_eq!(refused.to_string(), "an assessment that is decided cannot be cancelled");
    }
}
