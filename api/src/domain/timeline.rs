//! What happened to a record, as timelines read it back from the audit trail.

use super::ids::AssessmentId;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

/// The acts that timelines tell; the audit trail has them all.
pub const TOLD: &[&str] = &[
    "action.agreed",
    "action.rejected",
    "action.reported",
    "assessment.amendment_agreed",
    "assessment.amendment_asked",
    "assessment.cancelled",
    "assessment.decided",
    "assessment.drafted",
    "assessment.expired",
    "assessment.extended",
    "assessment.links_closed",
    "assessment.put_in_charge",
    "assessment.reopened",
    "assessment.returned",
    "assessment.review_started",
    "assessment.sent",
    "assessment.submitted",
    "contact.added",
    "contact.edited",
    "contact.mail_refused",
    "finding.closed",
    "finding.dismissed",
    "finding.raised",
    "finding.reopened",
    "finding.sent",
    "intake.answered",
    "intake.lower_tier_approved",
    "intake.lower_tier_requested",
    "intake.override_dropped",
    "intake.tier_raised",
    "invitation.reissued",
    "invitation.revoked",
    "respondent.added",
    "respondent.invited",
    "respondent.reminded",
    "review.finished",
    "risk_acceptance.approved",
    "risk_acceptance.expired",
    "risk_acceptance.rejected",
    "risk_acceptance.requested",
    "risk_acceptance.revoked",
    "service.added",
    "service.edited",
    "vendor.archived",
    "vendor.edited",
    "vendor.registered",
];

/// One event of a timeline.
#[derive(Clone, Debug)]
pub struct TimelineEvent {
    /// `noun.verb_in_past`.
    pub act: String,
    /// The record.
    pub record_id: Option<Uuid>,
    /// On which assessment.
    pub assessment_id: Option<AssessmentId>,
    /// `user`, `respondent` or `system`.
    pub actor_kind: String,
    /// Who.
    pub actor_id: Option<Uuid>,
    /// Changed fields after.
    pub after: Option<Value>,
    /// When.
    pub at: DateTime<Utc>,
}

impl TimelineEvent {
    /// A text among the changed fields.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.after.as_ref()?.get(key)?.as_str()
    }
    /// The one finding that it is about, if it is.
    #[must_use]
    pub fn finding(&self) -> Option<Uuid> {
        match self.act.as_str() {
            // Findings are sent together and told as one.
            "finding.sent" => None,
            act if act.starts_with("finding.") => self.record_id,
            _ => self.text("finding")?.parse().ok(),
        }
    }
}
