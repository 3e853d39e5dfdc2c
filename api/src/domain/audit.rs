//! The immutable record of an act. A write cannot commit without one (see `store::write_tx`).

use super::actor::{Actor, RequestInfo};
use chrono::{DateTime, SecondsFormat, Utc};
use questionnaires::definition::catalog::canonical_json;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
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

/// One event as it is stored, which is what the chain covers: everything but its own hash.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// Whose trail.
    pub tenant: Uuid,
    /// From 1, without a gap.
    pub seq: i64,
    /// As [`AuditEvent::act`].
    pub act: String,
    /// As [`AuditEvent::record_kind`].
    pub record_kind: String,
    /// As [`AuditEvent::record_id`].
    pub record_id: Option<Uuid>,
    /// As [`AuditEvent::assessment_id`].
    pub assessment_id: Option<Uuid>,
    /// `user`, `respondent` or `system`.
    pub actor_kind: String,
    /// Who.
    pub actor_id: Option<Uuid>,
    /// As [`AuditEvent::before`].
    pub before: Option<Value>,
    /// As [`AuditEvent::after`].
    pub after: Option<Value>,
    /// When, to the microsecond.
    #[serde(serialize_with = "to_the_microsecond")]
    pub at: DateTime<Utc>,
    /// Through which request.
    pub request_id: Option<Uuid>,
    /// From where.
    pub client_address: Option<String>,
}

fn to_the_microsecond<S: serde::Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

impl Recorded {
    /// The event as canonical JSON (RFC 8785): the text that its hash covers.
    ///
    /// # Errors
    /// Never for events that this service made; the serializer's own error otherwise.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        canonical_json(self)
    }
}

/// The hash of an event: SHA-256, in hex, over the hash before it, a line feed, and the event's text. The first event
/// follows the empty text.
#[must_use]
pub fn hash_of(previous: &str, text: &str) -> String {
    hex::encode(Sha256::digest(format!("{previous}\n{text}")))
}

/// The hash of an event behind the one with the hash `previous`.
///
/// # Errors
/// As [`Recorded::text`].
pub fn chained(previous: &str, event: &Recorded) -> Result<String, serde_json::Error> {
    Ok(hash_of(previous, &event.text()?))
}

/// What checking a trail found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrailFault {
    /// The event with this number is missing; the next one that is there is another.
    Missing(i64),
    /// The event with this number, or one before it, is not what was recorded.
    Changed(i64),
    /// Events after this number are missing: the organisation has counted more.
    Cut(i64),
}

/// Follows a trail event by event. Events may be added while it is followed; those beyond what was counted at its beginning only have to continue the chain.
#[derive(Clone, Debug)]
pub struct TrailCheck {
    counted: i64,
    counted_head: String,
    last: i64,
    head: String,
}

impl TrailCheck {
    /// A check against what the organisation has counted: the number of its newest event, and that event's hash.
    #[must_use]
    pub fn new(counted: i64, head: impl Into<String>) -> Self {
        Self { counted, counted_head: head.into(), last: 0, head: String::new() }
    }

    /// Takes the next event with its stored hash, in order of `seq`.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn take(&mut self, event: &Recorded, hash: &str) -> Result<(), TrailFault> {
        if event.seq != self.last + 1 {
            return Err(TrailFault::Missing(self.last + 1));
        }
        let expected = chained(&self.head, event).map_err(|_| TrailFault::Changed(event.seq))?;
        if expected != hash {
            return Err(TrailFault::Changed(event.seq));
        }
        if event.seq == self.counted && hash != self.counted_head {
            return Err(TrailFault::Changed(event.seq));
        }
        self.last = event.seq;
        hash.clone_into(&mut self.head);
        Ok(())
    }

    /// Ends the check; gives the number of events.
    ///
    /// # Errors
    /// [`TrailFault::Cut`] when the organisation has counted more.
    pub fn finish(self) -> Result<i64, TrailFault> {
        if self.last < self.counted { Err(TrailFault::Cut(self.last)) } else { Ok(self.last) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: i64) -> Recorded {
        Recorded {
            tenant: Uuid::from_u128(7),
            seq,
            act: "vendor.registered".to_owned(),
            record_kind: "vendor".to_owned(),
            record_id: Some(Uuid::from_u128(9)),
            assessment_id: None,
            actor_kind: "user".to_owned(),
            actor_id: None,
            before: None,
            after: Some(serde_json::json!({"name": "Lumen", "b": 1})),
            at: DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
            request_id: None,
            client_address: Some("192.0.2.1".to_owned()),
        }
    }

    /// Three events with their hashes.
    fn trail() -> Vec<(Recorded, String)> {
        let mut head = String::new();
        (1..=3)
            .map(|seq| {
                head = chained(&head, &event(seq)).unwrap();
                (event(seq), head.clone())
            })
            .collect()
    }

    fn check(trail: &[(Recorded, String)], counted: i64, head: &str) -> Result<i64, TrailFault> {
        let mut check = TrailCheck::new(counted, head);
        for (event, hash) in trail {
            check.take(event, hash)?;
        }
        check.finish()
    }

    #[test]
    fn an_untouched_trail_is_whole() {
        let trail = trail();
        assert_eq!(check(&trail, 3, &trail[2].1), Ok(3));
        assert_eq!(check(&[], 0, ""), Ok(0));
    }

    #[test]
    fn o_07_the_first_edit_deletion_insertion_or_swap_is_named() {
        let whole = trail();
        let head = whole[2].1.clone();
        let mut edited = whole.clone();
        edited[1].0.after = Some(serde_json::json!({"name": "Lumen", "b": 2}));
        assert_eq!(check(&edited, 3, &head), Err(TrailFault::Changed(2)));
        let mut deleted = whole.clone();
        deleted.remove(1);
        assert_eq!(check(&deleted, 3, &head), Err(TrailFault::Missing(2)));
        let mut inserted = whole.clone();
        inserted.push((event(4), "00".to_owned()));
        assert_eq!(check(&inserted, 3, &head), Err(TrailFault::Changed(4)));
        let mut swapped = whole.clone();
        swapped[1].0.seq = 3;
        swapped[2].0.seq = 2;
        swapped.swap(1, 2);
        assert_eq!(check(&swapped, 3, &head), Err(TrailFault::Changed(2)));
        assert_eq!(check(&whole[..2], 3, &head), Err(TrailFault::Cut(2)));
        let mut blanked = whole.clone();
        blanked[2].1 = String::new();
        assert_eq!(check(&blanked, 3, ""), Err(TrailFault::Changed(3)));
    }

    #[test]
    fn o_07_a_trail_whose_hashes_were_taken_away_is_not_whole() {
        let mut bare = trail();
        bare.iter_mut().for_each(|(_, hash)| hash.clear());
        assert_eq!(check(&bare, 3, ""), Err(TrailFault::Changed(1)));
    }
}
