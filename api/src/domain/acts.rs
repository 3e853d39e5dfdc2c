//! The acts of the audit trail in plain words: what somebody did, as its page, its file and the timelines say it.
//!
//! A new act (`noun.verb_in_past`) gets its words here; the architecture test finds every act that has none, and every
//! line that no use-case records any more.

/// Every act with its words, by noun.
pub const ACTS: &[(&str, &str)] = &[
    ("action.agreed", "Action agreed"),
    ("action.rejected", "Action rejected"),
    ("action.reported", "Action reported done"),
    ("action.started", "Work on an action started"),
    ("answers.exported", "Answers downloaded"),
    ("assessment.amendment_agreed", "Agreed that the vendor amends"),
    ("assessment.amendment_asked", "The vendor asks to amend"),
    ("assessment.cancelled", "Assessment cancelled"),
    ("assessment.decided", "Decided"),
    ("assessment.drafted", "Assessment started"),
    ("assessment.expired", "Links ended"),
    ("assessment.extended", "Due day moved"),
    ("assessment.links_closed", "Links closed"),
    ("assessment.people_chosen", "People and dates chosen"),
    ("assessment.put_in_charge", "Owner and reviewer changed"),
    ("assessment.questionnaires_chosen", "Questionnaires chosen"),
    ("assessment.reopened", "Reopened"),
    ("assessment.returned", "Returned for clarification"),
    ("assessment.review_started", "Review started"),
    ("assessment.sent", "Assessment sent"),
    ("assessment.submitted", "Submitted"),
    ("comparison.exported", "Comparison downloaded"),
    ("contact.added", "Contact added"),
    ("contact.edited", "Contact edited"),
    ("contact.mail_refused", "Mail to a contact was refused"),
    ("evidence.added", "Evidence added"),
    ("evidence.cited", "Evidence cited again"),
    ("evidence.downloaded", "Evidence downloaded"),
    ("evidence.shown", "Evidence shown"),
    ("evidence.uncited", "Evidence taken off"),
    ("export.stopped", "Download stopped, no longer allowed"),
    ("finding.closed", "Finding closed"),
    ("finding.dismissed", "Finding dismissed"),
    ("finding.raised", "Finding raised"),
    ("finding.reopened", "Finding reopened"),
    ("finding.sent", "Findings sent"),
    ("findings.exported", "Findings downloaded"),
    ("intake.answered", "Intake answered"),
    ("intake.lower_tier_approved", "Lower tier approved"),
    ("intake.lower_tier_requested", "Lower tier asked for"),
    ("intake.override_dropped", "Tier follows the answers again"),
    ("intake.tier_raised", "Tier raised"),
    ("invitation.fresh_link_requested", "Fresh link asked for"),
    ("invitation.reissued", "New link mailed"),
    ("invitation.revoked", "Link revoked"),
    ("job.retried", "Background work tried again"),
    ("respondent.added", "Person added"),
    ("respondent.code_requested", "One-time code mailed"),
    ("respondent.code_verified", "Came in with a one-time code"),
    ("respondent.invited", "Colleague invited by the vendor"),
    ("respondent.reminded", "Reminded"),
    ("respondent.signed_in", "Came in with a known browser"),
    ("respondent.signed_out", "Left the portal"),
    ("review.finished", "Review finished"),
    ("review.question_withdrawn", "Question to the vendor withdrawn"),
    ("review.section_accepted", "Answers of a section accepted"),
    ("review.verdict_given", "Verdict given"),
    ("risk_acceptance.approved", "Risk acceptance approved"),
    ("risk_acceptance.expired", "Risk acceptance ended"),
    ("risk_acceptance.rejected", "Risk acceptance rejected"),
    ("risk_acceptance.requested", "Risk acceptance asked for"),
    ("risk_acceptance.revoked", "Risk acceptance revoked"),
    ("section.ready", "Section marked ready"),
    ("service.added", "Service added"),
    ("service.edited", "Service edited"),
    ("tenant.created", "Organisation set up"),
    ("trail.exported", "Audit trail downloaded"),
    ("user.disabled", "User disabled"),
    ("user.enabled", "User enabled"),
    ("user.invited", "User invited"),
    ("user.link_printed", "Sign-in link printed by the operator"),
    ("user.link_sent", "Sign-in link mailed to a user"),
    ("user.password_chosen", "Password chosen"),
    ("user.role_changed", "Role of a user changed"),
    ("user.signed_in", "Signed in"),
    ("user.signed_out", "Signed out"),
    ("vendor.archived", "Vendor archived"),
    ("vendor.edited", "Vendor edited"),
    ("vendor.registered", "Vendor registered"),
];

/// An act in words; an act that an older version recorded and this one does not know, as it is stored.
#[must_use]
pub fn words(act: &str) -> &str {
    ACTS.binary_search_by(|(known, _)| known.cmp(&act))
        .ok()
        .and_then(|at| ACTS.get(at))
        .map_or(act, |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_are_sorted_and_no_two_read_the_same() {
        assert!(ACTS.is_sorted_by(|a, b| a.0 < b.0));
        let mut read: Vec<&str> = ACTS.iter().map(|(_, words)| *words).collect();
        read.sort_unstable();
        assert!(read.is_sorted_by(|a, b| a < b), "{read:?}");
        assert_eq!(words("vendor.registered"), "Vendor registered");
        assert_eq!(words("vendor.painted"), "vendor.painted");
    }
}
