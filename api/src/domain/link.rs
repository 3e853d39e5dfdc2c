//! Links: when one lets its respondent in, and what a page may say before they have proven who they are.

use super::assessment::{AssessmentState, InvitationState};
use chrono::{DateTime, Duration, Utc};

/// A respondent's session ends after this long without a request.
#[must_use]
pub fn session_idle_limit() -> Duration {
    Duration::hours(12)
}

/// A browser that passed a one-time code is not asked again for this long.
#[must_use]
pub fn browser_lifetime() -> Duration {
    Duration::days(30)
}

/// Whether a link lets its respondent in at `now`.
///
/// The link's end counts only while something is asked: after the hand-in the same link serves clarifications and
/// findings, until the invitation is closed.
#[must_use]
pub fn link_is_usable(
    invitation: InvitationState,
    assessment: AssessmentState,
    ends_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> bool {
    use AssessmentState as S;
    invitation == InvitationState::Active
        && match assessment {
            S::Draft | S::Expired | S::Cancelled => false,
            S::Sent | S::InProgress | S::Returned => now < ends_at,
            S::Submitted | S::InReview | S::Decided => true,
        }
}

/// All that a right link secret reveals before the one-time code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkAbout {
    /// Who asks.
    pub organisation: String,
    /// Titles of the questionnaires.
    pub title: String,
    /// Due day in words, with its time zone.
    pub due: String,
    /// `p***@lumen.example`.
    pub masked_address: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_ends_only_while_something_is_asked() {
        let now: DateTime<Utc> = "2026-11-24T09:00:00Z".parse().unwrap();
        let (before, after) = (now - Duration::hours(1), now + Duration::hours(1));
        let usable = |assessment, ends| link_is_usable(InvitationState::Active, assessment, ends, now);
        assert!(usable(AssessmentState::Sent, after) && !usable(AssessmentState::Sent, before));
        assert!(usable(AssessmentState::Decided, before), "findings are fixed on the same link");
        assert!(!usable(AssessmentState::Cancelled, after) && !usable(AssessmentState::Draft, after));
        for state in [InvitationState::Revoked, InvitationState::Expired, InvitationState::Closed] {
            assert!(!link_is_usable(state, AssessmentState::InProgress, after, now));
        }
    }
}
