//! Typed ids: one newtype per record, over UUIDv7 made from the injected clock and randomness.
//!
//! An id is never a secret. To add one, add a line to the list at the end.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// What every typed id can do; lets [`super::Surroundings::id`] make any of them.
pub trait Id: Copy {
    /// Wraps a raw value.
    fn from_uuid(raw: Uuid) -> Self;
    /// The raw value, as stored.
    fn uuid(self) -> Uuid;
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);
        impl Id for $name {
            fn from_uuid(raw: Uuid) -> Self { Self(raw) }
            fn uuid(self) -> Uuid { self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> { Uuid::from_str(text).map(Self) }
        }
        impl From<$name> for Uuid { fn from(id: $name) -> Uuid { id.0 } }
        impl From<Uuid> for $name { fn from(raw: Uuid) -> Self { Self(raw) } }
    )+ };
}

ids! {
    /// An organisation that assesses vendors.
    TenantId,
    /// A person who signs in for a tenant.
    UserId,
    /// A one-time sign-in link of a user (invitation or reset).
    UserLinkId,
    /// A staff session.
    LoginSessionId,
    /// A filter of a list that a user keeps.
    SavedViewId,
    /// An outside organisation.
    VendorId,
    /// A person at a vendor.
    ContactId,
    /// What a vendor supplies.
    ServiceId,
    /// One answered intake.
    IntakeId,
    /// A pinned questionnaire file.
    QuestionnaireVersionId,
    /// A pinned control-set file.
    ControlSetVersionId,
    /// One vendor's service asked one or more questionnaires.
    AssessmentId,
    /// A contact invited to one assessment.
    RespondentId,
    /// A respondent's revocable permission.
    InvitationId,
    /// A mailed six-digit code.
    OneTimeCodeId,
    /// A browser that has passed a one-time code.
    BrowserBindingId,
    /// A respondent's session.
    PortalSessionId,
    /// A document or link that supports answers.
    EvidenceId,
    /// One use of a piece of evidence.
    CitationId,
    /// A question sent back to the vendor.
    ClarificationId,
    /// An immutable hand-in.
    SubmissionId,
    /// A judgement on one answer.
    VerdictId,
    /// A stored score with its inputs.
    SnapshotId,
    /// A gap.
    FindingId,
    /// A time-limited decision to live with a finding.
    AcceptanceId,
    /// One agreed step to close a finding.
    ActionId,
    /// How an assessment ended.
    DecisionId,
    /// One unit of background work.
    JobId,
    /// What became of one mail.
    DeliveryId,
}
