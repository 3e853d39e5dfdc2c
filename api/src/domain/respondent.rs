//! Who answers: respondents, their invitations, and how many link secrets may live at once.

use super::{
    assessment::InvitationState,
    ids::{AssessmentId, ContactId, InvitationId, RespondentId},
};
use crate::word_enum;
use chrono::{DateTime, Utc};

/// Secrets of one invitation and generation that may live at once.
pub const LIVE_SECRETS: usize = 10;

word_enum! {
    /// What a respondent may do.
    RespondentRole {
        /// Answers, invites and submits.
        Lead => "lead",
        /// Answers some sections.
        Helper => "helper",
    }
}

/// A contact invited to one assessment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Respondent {
    /// Which.
    pub id: RespondentId,
    /// To which assessment.
    pub assessment_id: AssessmentId,
    /// Who.
    pub contact_id: ContactId,
    /// Name as invited.
    pub name: String,
    /// Address as invited.
    pub email: String,
    /// Lead or helper.
    pub role: RespondentRole,
    /// When.
    pub created_at: DateTime<Utc>,
    /// The lead who invited this helper; none for whom the buyer invited.
    pub invited_by: Option<RespondentId>,
    /// What that lead asks for.
    pub ask: Option<String>,
}

/// A respondent's revocable permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Which.
    pub id: InvitationId,
    /// To what.
    pub assessment_id: AssessmentId,
    /// Whose.
    pub respondent_id: RespondentId,
    /// Public part of the link; not a secret.
    pub link_id: String,
    /// Raised by a reissue, which kills all older secrets.
    pub generation: i32,
    /// Whether the link works.
    pub state: InvitationState,
    /// When a browser first passed a one-time code.
    pub code_verified_at: Option<DateTime<Utc>>,
    /// When the link ends by itself.
    pub ends_at: DateTime<Utc>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was revoked, expired or closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Raised by each save.
    pub version: i64,
}

/// What decides which link secret gives way to a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveSecret<I> {
    /// Which.
    pub id: I,
    /// When it was made.
    pub minted_at: DateTime<Utc>,
    /// When its mail was taken by the mail server; none when it never was.
    pub mailed_at: Option<DateTime<Utc>>,
}

/// The secrets that give way so that one more may live: those whose mail was never sent first, then the oldest.
#[must_use]
pub fn giving_way<I: Copy>(live: &[LiveSecret<I>]) -> Vec<I> {
    let mut order: Vec<&LiveSecret<I>> = live.iter().collect();
    order.sort_by_key(|secret| (secret.mailed_at.is_some(), secret.minted_at));
    let excess = (live.len() + 1).saturating_sub(LIVE_SECRETS);
    order.into_iter().take(excess).map(|secret| secret.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Duration;

    #[test]
    fn the_eleventh_secret_replaces_one_never_mailed_before_the_oldest() {
        let start = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let at = |hours| start + Duration::hours(hours);
        let mut live: Vec<LiveSecret<i32>> = (0..10)
            .map(|n| LiveSecret { id: n, minted_at: at(i64::from(n)), mailed_at: Some(at(i64::from(n))) })
            .collect();
        assert_eq!(giving_way(&live), [0]);
        live[7].mailed_at = None;
        assert_eq!(giving_way(&live), [7]);
        live.truncate(9);
        assert!(giving_way(&live).is_empty());
    }
}
