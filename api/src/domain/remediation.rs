//! Findings with their actions, clarifications and decisions, as use-cases and pages see them.
//!
//! The lifecycle of a finding is in [`super::finding`]; proposals and severities come from the engine.

use super::{
    assessment::{Assessment, Outcome},
    finding::{ActionState, FindingState, overdue},
    ids::{
        ActionId, AssessmentId, ClarificationId, DecisionId, FindingId, RespondentId, SnapshotId, UserId,
        VendorId,
    },
};
use crate::word_enum;
use chrono::{DateTime, Days, NaiveDate, Utc};
use questionnaires::{answering::Grade, exact::Exact, risk::findings::Severity};

/// An assessment with the names that pages print beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The assessment.
    pub assessment: Assessment,
    /// Name of the vendor.
    pub vendor: String,
    /// Name of the service.
    pub service: String,
}

word_enum! {
    /// Why a score was stored.
    SnapshotReason {
        /// The vendor handed in.
        Submitted => "submitted",
        /// The review ended.
        Review => "review",
        /// An action was verified.
        Verification => "verification",
        /// The decision was recorded.
        Decided => "decided",
    }
}

impl SnapshotReason {
    /// In plain words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Submitted => "as handed in",
            Self::Review => "after review",
            Self::Verification => "after an action was verified",
            Self::Decided => "at the decision",
        }
    }
}

/// The severity that goes by this word.
#[must_use]
pub fn severity_from_word(word: &str) -> Option<Severity> {
    Severity::ALL.into_iter().find(|severity| severity.as_str() == word)
}

/// A gap, from an answer or raised by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub id: FindingId,
    /// Where it was found.
    pub assessment_id: AssessmentId,
    /// At whom.
    pub vendor_id: VendorId,
    /// The question that shows it; none when raised by hand.
    pub question: Option<String>,
    /// One line.
    pub title: String,
    /// More words.
    pub detail: Option<String>,
    /// What to do.
    pub fix: Option<String>,
    /// How bad.
    pub severity: Severity,
    /// Where it stands.
    pub state: FindingState,
    /// Credit of the row when it was raised.
    pub credit: Option<Exact>,
    /// The option that the agreed action aims at.
    pub target_option: Option<String>,
    /// Its credit; 1 when no option is named.
    pub target_credit: Option<Exact>,
    /// Days to fix, from the day it is sent.
    pub sla_days: i32,
    /// When the vendor was told; the SLA starts there.
    pub sent_at: Option<DateTime<Utc>>,
    /// The last day of the SLA.
    pub due_on: Option<NaiveDate>,
    /// By whom.
    pub raised_by: UserId,
    /// When.
    pub raised_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Why it is dismissed, reopened, or was not good enough.
    pub state_reason: Option<String>,
    /// The last day of its risk acceptance, while it is accepted.
    pub accepted_until: Option<NaiveDate>,
    /// Raised by each save.
    pub version: i64,
}

impl Finding {
    /// Overdue means: today is after the due day.
    #[must_use]
    pub fn overdue(&self, today: NaiveDate) -> bool {
        overdue(self.state, self.due_on, today)
    }
    /// The due day of a finding sent on `day`.
    #[must_use]
    pub fn due_when_sent_on(&self, day: NaiveDate) -> NaiveDate {
        day.checked_add_days(Days::new(u64::try_from(self.sla_days).unwrap_or(0))).unwrap_or(day)
    }
}

/// A finding with the names that lists print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingLine {
    /// The finding.
    pub finding: Finding,
    /// Name of the vendor.
    pub vendor: String,
    /// Name of the service.
    pub service: String,
    /// What people quote.
    pub reference: String,
    /// Its newest action.
    pub action: Option<Action>,
    /// Whether somebody asked to accept its risk and nobody has answered yet.
    pub acceptance_waits: bool,
}

/// One agreed step to close a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Which.
    pub id: ActionId,
    /// For which finding.
    pub finding_id: FindingId,
    /// In which assessment.
    pub assessment_id: AssessmentId,
    /// What will be done.
    pub text: String,
    /// Who does it, at the vendor.
    pub owner_name: String,
    /// By when.
    pub due_on: NaiveDate,
    /// Where it stands.
    pub state: ActionState,
    /// The option that it aims at.
    pub target_option: Option<String>,
    /// What was reported.
    pub report_note: Option<String>,
    /// Reported by this respondent,
    pub reported_by_respondent: Option<RespondentId>,
    /// or recorded by this user.
    pub recorded_by_user: Option<UserId>,
    /// When it was reported.
    pub reported_at: Option<DateTime<Utc>>,
    /// Who checked it.
    pub verified_by: Option<UserId>,
    /// When it was checked.
    pub verified_at: Option<DateTime<Utc>>,
    /// Why it was not good enough, or what was seen.
    pub verdict_reason: Option<String>,
    /// The option that was found to be true.
    pub verified_option: Option<String>,
    /// What its proof is worth.
    pub verified_grade: Option<Grade>,
    /// When it was agreed.
    pub created_at: DateTime<Utc>,
    /// Raised by each save.
    pub version: i64,
}

impl Action {
    /// What was agreed for a finding, aiming at the finding's own target; nothing is reported or verified yet.
    #[must_use]
    pub fn agreed(
        id: ActionId,
        finding: &Finding,
        text: String,
        owner_name: String,
        due_on: NaiveDate,
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            finding_id: finding.id,
            assessment_id: finding.assessment_id,
            text,
            owner_name,
            due_on,
            state: ActionState::Agreed,
            target_option: finding.target_option.clone(),
            report_note: None,
            reported_by_respondent: None,
            recorded_by_user: None,
            reported_at: None,
            verified_by: None,
            verified_at: None,
            verdict_reason: None,
            verified_option: None,
            verified_grade: None,
            created_at: at,
            version: 1,
        }
    }
}

/// A question sent back to the vendor; a draft until its batch is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clarification {
    /// Which.
    pub id: ClarificationId,
    /// In which assessment.
    pub assessment_id: AssessmentId,
    /// About which question.
    pub question: String,
    /// None while it is a draft.
    pub batch: Option<i32>,
    /// What is asked.
    pub text: String,
    /// By whom.
    pub asked_by: UserId,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// When the vendor was told.
    pub sent_at: Option<DateTime<Utc>>,
    /// Until when.
    pub due_on: Option<NaiveDate>,
    /// When the replies were handed in.
    pub answered_at: Option<DateTime<Utc>>,
}

/// How a review ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Which.
    pub id: DecisionId,
    /// From 1; the highest is the one that holds.
    pub number: i32,
    /// Go ahead or not.
    pub outcome: Outcome,
    /// What must be met.
    pub conditions: Option<String>,
    /// Why.
    pub summary: String,
    /// When to look again.
    pub next_review_on: Option<NaiveDate>,
    /// The score that it rests on.
    pub snapshot_id: Option<SnapshotId>,
    /// By whom.
    pub decided_by: UserId,
    /// Their name.
    pub decided_by_name: String,
    /// When.
    pub decided_at: DateTime<Utc>,
}
