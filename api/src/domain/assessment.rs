//! The lifecycle of an assessment (`product.md`, "Lifecycles"). The list of transitions is complete.

use super::ids::{AssessmentId, IntakeId, QuestionnaireVersionId, ServiceId, UserId, VendorId};
use crate::word_enum;
use chrono::{DateTime, NaiveDate, Utc};
use questionnaires::{
    answering::Facts,
    definition::{Audience, Tier},
};
use thiserror::Error;

/// One vendor's service asked one or more questionnaires at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// Which.
    pub id: AssessmentId,
    /// What people quote, for example `A-0042`.
    pub reference: String,
    /// Who is asked.
    pub vendor_id: VendorId,
    /// About what.
    pub service_id: ServiceId,
    /// The intake that it follows from.
    pub intake_id: Option<IntakeId>,
    /// Where it stands.
    pub state: AssessmentState,
    /// What `expired` replaced.
    pub state_before_expiry: Option<AssessmentState>,
    /// Who looks after it; replies to mails go there.
    pub owner_id: UserId,
    /// Who judges it.
    pub reviewer_id: UserId,
    /// Pinned at send.
    pub tier: Option<Tier>,
    /// Pinned at send; empty before.
    pub facts: Facts,
    /// Ends with that day in the tenant's time zone.
    pub due_on: NaiveDate,
    /// The owner's words to the vendor.
    pub message: Option<String>,
    /// When it was sent.
    pub sent_at: Option<DateTime<Utc>>,
    /// When its links end.
    pub link_ends_at: Option<DateTime<Utc>>,
    /// When it was last handed in.
    pub submitted_at: Option<DateTime<Utc>>,
    /// How often it was handed in.
    pub submission_number: i32,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why it was called off.
    pub cancelled_reason: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Raised by each save.
    pub version: i64,
}

/// A questionnaire chosen for an assessment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenQuestionnaire {
    /// From 1, in the order of asking.
    pub position: i32,
    /// The questionnaire's id.
    pub questionnaire_id: String,
    /// Whether the intake suggested it.
    pub suggested: bool,
    /// Why it is asked.
    pub reason: String,
    /// The pinned file, once sent.
    pub pinned: Option<PinnedFile>,
}

/// A questionnaire file as an assessment keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedFile {
    /// The row that holds the definition.
    pub id: QuestionnaireVersionId,
    /// Major.minor.patch.
    pub version: String,
    /// As shown.
    pub title: String,
    /// Who answers.
    pub audience: Audience,
    /// SHA-256 of the canonical JSON, in hex.
    pub sha256: String,
}

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
    /// The states in which nobody works on it any more.
    pub const ENDED: [Self; 3] = [Self::Decided, Self::Expired, Self::Cancelled];

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

word_enum! {
    /// Whom an assessment waits for, and for what.
    Waits {
        /// A review has ended and the decision is to be recorded.
        Decision => "decision",
        /// Handed in, or under review.
        Review => "review",
        /// With the vendor and past its due day.
        Late => "late",
        /// In time, but nothing was saved for days.
        Start => "start",
        /// With the vendor and in time.
        Vendor => "vendor",
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
