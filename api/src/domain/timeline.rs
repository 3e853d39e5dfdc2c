//! What happened to a record, as timelines read it back from the audit trail.

use super::ids::AssessmentId;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

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
