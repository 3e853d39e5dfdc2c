//! What the rows of one assessment say to its respondents, before they are put in relation. Pure data; a fact that a
//! sheet needs from a new table becomes a field of [`SheetRows`].

use crate::{
    domain::{
        assessment::AssessmentState,
        evidence::EvidenceKind,
        ids::{
            ActionId, AssessmentId, CitationId, ClarificationId, EvidenceId, RespondentId, ServiceId, UserId,
            VendorId,
        },
        people::Answering,
    },
    word_enum,
};
use chrono::{DateTime, NaiveDate, Utc};
use questionnaires::{
    answering::Facts,
    definition::{Questionnaire, Tier},
};
use serde_json::Value;
use std::sync::Arc;

/// The assessment behind a portal session.
#[derive(Clone, Debug)]
pub struct PortalAssessment {
    /// Which.
    pub id: AssessmentId,
    /// Its reference, as in mails.
    pub reference: String,
    /// Where it stands.
    pub state: AssessmentState,
    /// Whose service.
    pub vendor_id: VendorId,
    /// The vendor's name.
    pub vendor: String,
    /// Which service.
    pub service_id: ServiceId,
    /// What is assessed.
    pub service: String,
    /// Who at the buyer asked.
    pub owner_id: UserId,
    /// Their name.
    pub owner: String,
    /// Their address.
    pub owner_email: String,
    /// The due day.
    pub due_on: NaiveDate,
    /// When the link ends.
    pub link_ends_at: Option<DateTime<Utc>>,
    /// The buyer's words to the vendor.
    pub message: Option<String>,
    /// What the buyer knows; for conditions only.
    pub facts: Facts,
    /// For conditions only.
    pub tier: Option<Tier>,
    /// How often it was handed in.
    pub submission_number: i32,
    /// When it was handed in last.
    pub submitted_at: Option<DateTime<Utc>>,
    /// For optimistic saves.
    pub version: i64,
    /// Whether answers of an earlier submission are offered again.
    pub reassesses: bool,
    /// Who answers, leads first.
    pub people: Vec<Answering>,
}

word_enum! {
    /// Who gave an answer.
    AnswerSource {
        /// A respondent.
        Vendor => "vendor",
        /// The buyer's staff, on behalf.
        Buyer => "buyer",
    }
}

/// The current answer to one question.
#[derive(Clone, Debug)]
pub struct AnswerRow {
    /// Which question.
    pub question_id: String,
    /// Raised by each save.
    pub rev: i64,
    /// The stored form (`domain::answer`); none when cleared.
    pub value: Option<Value>,
    /// The words beside it.
    pub note: Option<String>,
    /// Whose answer.
    pub source: AnswerSource,
    /// Who saved it, by name; the tenant's name stands for its staff.
    pub saved_by: String,
    /// The respondent who saved it; none for the tenant's staff.
    pub respondent: Option<RespondentId>,
    /// When.
    pub saved_at: DateTime<Utc>,
}

/// One piece of evidence with its uses.
#[derive(Clone, Debug)]
pub struct EvidenceRow {
    /// Which.
    pub id: EvidenceId,
    /// File or link.
    pub kind: EvidenceKind,
    /// As shown.
    pub name: String,
    /// What the content is.
    pub media_type: Option<String>,
    /// Bytes of a file.
    pub size: Option<u64>,
    /// SHA-256 of a file.
    pub sha256: Option<String>,
    /// Where the bytes are.
    pub storage_key: Option<String>,
    /// A link's address.
    pub url: Option<String>,
    /// The last day it proves anything.
    pub valid_until: Option<NaiveDate>,
    /// Who added it, by name.
    pub added_by: String,
    /// When.
    pub added_at: DateTime<Utc>,
    /// Where it is used now.
    pub citations: Vec<CitationRow>,
}

impl EvidenceRow {
    /// Its use as a document for the assessment as a whole.
    #[must_use]
    pub fn for_all(&self) -> Option<&CitationRow> {
        self.citations.iter().find(|cite| cite.question_id.is_none() && cite.action_id.is_none())
    }
}

/// One use of a piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CitationRow {
    /// Which.
    pub id: CitationId,
    /// Beside this answer,
    pub question_id: Option<String>,
    /// or as proof of this action; without either for the assessment as a whole.
    pub action_id: Option<ActionId>,
}

/// A question that was sent back.
#[derive(Clone, Debug)]
pub struct ClarificationRow {
    /// Which.
    pub id: ClarificationId,
    /// About which question.
    pub question_id: String,
    /// In which batch.
    pub batch: i32,
    /// What is asked.
    pub text: String,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
    /// Until when.
    pub due_on: Option<NaiveDate>,
    /// When the replies were handed in.
    pub answered_at: Option<DateTime<Utc>>,
}

/// A section that the respondents called ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyRow {
    /// Of which questionnaire.
    pub questionnaire_id: String,
    /// Which section.
    pub section_id: String,
}

/// A questionnaire as this assessment asks it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What it says.
    pub definition: Arc<Questionnaire>,
}

/// Everything that the rows of one assessment say.
#[derive(Clone, Debug)]
pub struct SheetRows {
    /// The assessment.
    pub assessment: PortalAssessment,
    /// In the order of asking.
    pub questionnaires: Vec<Asked>,
    /// Current answers.
    pub answers: Vec<AnswerRow>,
    /// Evidence that was not removed.
    pub evidence: Vec<EvidenceRow>,
    /// Sections called ready.
    pub ready: Vec<ReadyRow>,
    /// Sent clarifications, oldest first.
    pub clarifications: Vec<ClarificationRow>,
}
