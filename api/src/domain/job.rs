//! Kinds of background work. A job holds ids only: content is gathered, and secrets are minted, when it runs.
//!
//! To add a kind: add a variant here, handle it in `jobs::worker`, and give it a use-case that prepares and records.

use super::{
    delivery::LinkNews,
    ids::{
        AssessmentId, ClarificationId, FindingId, InvitationId, OneTimeCodeId, RespondentId, UserId,
        UserLinkId,
    },
};
use serde::{Deserialize, Serialize};

/// One unit of background work, as stored in `job.payload` (tagged by `kind`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Job {
    /// Mail the invitation with a freshly minted link secret.
    MailInvitation {
        /// Whose link.
        invitation: InvitationId,
    },
    /// Mail a reminder of an open assessment.
    MailReminder {
        /// Whose link.
        invitation: InvitationId,
    },
    /// Mail a respondent's link again.
    MailFreshLink {
        /// Whose link.
        invitation: InvitationId,
        /// Why.
        news: LinkNews,
    },
    /// Mail a six-digit code to the invited address.
    MailOneTimeCode {
        /// The row that will hold the code's hash.
        code: OneTimeCodeId,
    },
    /// Tell the respondents which questions were sent back.
    MailClarifications {
        /// The returned assessment.
        assessment: AssessmentId,
        /// Whose link.
        invitation: InvitationId,
        /// Any clarification of the batch, by which the batch is found.
        clarification: ClarificationId,
    },
    /// Confirm a submission to a respondent.
    MailSubmitted {
        /// What was submitted.
        assessment: AssessmentId,
        /// To whom.
        respondent: RespondentId,
        /// Which submission.
        number: i32,
    },
    /// Tell a user that a submission came in.
    MailSubmissionArrived {
        /// What was submitted.
        assessment: AssessmentId,
        /// To whom.
        user: UserId,
        /// Which submission.
        number: i32,
    },
    /// Tell a respondent which findings to fix.
    MailFindings {
        /// Where they were found.
        assessment: AssessmentId,
        /// Whose link.
        invitation: InvitationId,
    },
    /// Tell a user that an action was reported done and waits for verification.
    MailActionReported {
        /// Where.
        assessment: AssessmentId,
        /// To whom.
        user: UserId,
    },
    /// Tell a user that the vendor would like to change what it handed in.
    MailAmendmentAsked {
        /// What was submitted.
        assessment: AssessmentId,
        /// To whom.
        user: UserId,
    },
    /// Tell a respondent that a reported action is not enough yet.
    MailActionRejected {
        /// Which finding.
        finding: FindingId,
        /// Whose link.
        invitation: InvitationId,
    },
    /// Tell a respondent that the decision was recorded or a finding closed.
    MailFindingsClosed {
        /// Where.
        assessment: AssessmentId,
        /// Whose link.
        invitation: InvitationId,
    },
    /// Mail a user a sign-in link (invitation or reset).
    MailUserLink {
        /// The row that will hold the link's hash.
        link: UserLinkId,
    },
    /// Close what has reached its link's end. Recurring, without a tenant.
    ExpireAssessments,
    /// Delete bytes of evidence that no row names. Recurring, without a tenant.
    ClearEvidence,
}

impl Job {
    /// The word stored in `job.kind`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::MailInvitation { .. } => "mail_invitation",
            Self::MailReminder { .. } => "mail_reminder",
            Self::MailFreshLink { .. } => "mail_fresh_link",
            Self::MailOneTimeCode { .. } => "mail_one_time_code",
            Self::MailClarifications { .. } => "mail_clarifications",
            Self::MailSubmitted { .. } => "mail_submitted",
            Self::MailSubmissionArrived { .. } => "mail_submission_arrived",
            Self::MailFindings { .. } => "mail_findings",
            Self::MailActionReported { .. } => "mail_action_reported",
            Self::MailAmendmentAsked { .. } => "mail_amendment_asked",
            Self::MailActionRejected { .. } => "mail_action_rejected",
            Self::MailFindingsClosed { .. } => "mail_findings_closed",
            Self::MailUserLink { .. } => "mail_user_link",
            Self::ExpireAssessments => "expire_assessments",
            Self::ClearEvidence => "clear_evidence",
        }
    }
    /// Whether it sends a mail, and so waits while the mail server cannot be reached.
    #[must_use]
    pub const fn is_mail(&self) -> bool {
        !matches!(self, Self::ExpireAssessments | Self::ClearEvidence)
    }
    /// What to do when the mail server may or may not have taken the mail: `true` sends it again (a duplicate is
    /// better than none), `false` marks it unknown and tells the owner.
    #[must_use]
    pub const fn resend_when_ambiguous(&self) -> bool {
        !matches!(self, Self::MailReminder { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_tag_is_the_kind() {
        let job = Job::ExpireAssessments;
        assert_eq!(serde_json::to_value(&job).unwrap()["kind"], job.kind());
    }

    #[test]
    fn kinds_that_send_mail_are_named_so() {
        // The queue tells them apart by the word.
        let reminder = Job::MailReminder { invitation: InvitationId(uuid::Uuid::nil()) };
        for job in [Job::ExpireAssessments, Job::ClearEvidence, reminder] {
            assert_eq!(job.is_mail(), job.kind().starts_with("mail_"));
        }
    }
}
