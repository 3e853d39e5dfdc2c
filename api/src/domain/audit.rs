//! The immutable record of an act. A write cannot commit without one (see `store::write_tx`).

use super::actor::{Actor, RequestInfo};
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

/// Who did what to which record, and what changed.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    /// The act, as `noun.verb_in_past`: `vendor.registered`, `assessment.sent`.
    pub act: &'static str,
    /// The kind of record, by its glossary word.
    pub record_kind: &'static str,
    /// The record.
    pub record_id: Option<Uuid>,
    /// The assessment it belongs to, for its timeline.
    pub assessment_id: Option<Uuid>,
    /// Who.
    pub actor: Actor,
    /// Changed fields before; never secrets, never answers.
    pub before: Option<Value>,
    /// Changed fields after.
    pub after: Option<Value>,
    /// When.
    pub at: DateTime<Utc>,
    /// Through which request.
    pub request: RequestInfo,
}

impl AuditEvent {
    /// An event about one record. Use-cases call `Ctx::event`, which fills in actor, instant and request.
    #[must_use]
    pub fn new(
        act: &'static str,
        record_kind: &'static str,
        record_id: Option<Uuid>,
        actor: Actor,
        at: DateTime<Utc>,
        request: RequestInfo,
    ) -> Self {
        Self {
            act,
            record_kind,
            record_id,
            assessment_id: None,
            actor,
            before: None,
            after: None,
            at,
            request,
        }
    }
    /// Names the assessment whose timeline shows the event.
    #[must_use]
    pub fn on_assessment(mut self, assessment: impl Into<Uuid>) -> Self {
        self.assessment_id = Some(assessment.into());
        self
    }
    /// Says what the changed fields were.
    #[must_use]
    pub fn before(mut self, fields: Value) -> Self {
        self.before = Some(fields);
        self
    }
    /// Says what the changed fields are now.
    #[must_use]
    pub fn after(mut self, fields: Value) -> Self {
        self.after = Some(fields);
        self
    }
}
