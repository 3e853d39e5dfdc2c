//! The vendor's side of remediation: findings that were sent, agreeing what will be done, reporting it done.

use super::{
    Result, UseCaseError,
    ctx::PortalCtx,
    deliveries::tell_staff,
    error::Faults,
    idempotency::{Once, once},
};
use crate::{
    domain::{
        answer::day,
        finding::{ActionState, FindingEvent, FindingState},
        ids::FindingId,
        job::Job,
        remediation::{Action, Finding},
        sheet::EvidenceRow,
    },
    store::{
        self, WriteTx, answers as answer_rows, evidence,
        findings::{self as rows},
    },
};
use serde_json::json;

const MAX_WORDS: usize = 4_000;

/// A finding that was sent to the vendor, with its newest action and the proof of it.
#[derive(Clone, Debug)]
pub struct SentFinding {
    /// The finding.
    pub finding: Finding,
    /// What was agreed last.
    pub action: Option<Action>,
}

impl SentFinding {
    /// Whether the vendor can say what it will do.
    #[must_use]
    pub fn can_be_planned(&self) -> bool {
        self.finding.state == FindingState::Open
    }
    /// Whether the vendor can report the agreed action done.
    #[must_use]
    pub fn can_be_reported(&self) -> bool {
        matches!(self.finding.state, FindingState::Planned | FindingState::InProgress)
            && self
                .action
                .as_ref()
                .is_some_and(|a| !matches!(a.state, ActionState::Reported | ActionState::Verified))
    }
}

/// What the page of actions shows.
#[derive(Clone, Debug)]
pub struct Remediation {
    /// Sent findings: those to work on first, by due day.
    pub findings: Vec<SentFinding>,
    /// The evidence of the assessment.
    pub evidence: Vec<EvidenceRow>,
    /// Whose service it is about.
    pub service: String,
}

/// The findings that were sent to the vendor. Four statements.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(ctx: &PortalCtx) -> Result<Remediation> {
    let s = ctx.scope();
    let about = answer_rows::assessment(s, ctx.assessment()).await?.ok_or(UseCaseError::NotFound)?;
    let mut sent = rows::of_assessment(s, ctx.assessment()).await?;
    sent.retain(|finding| finding.sent_at.is_some() && finding.state != FindingState::Dismissed);
    sent.sort_by_key(|finding| (!finding.state.is_open(), finding.due_on, finding.id));
    let ids: Vec<FindingId> = sent.iter().map(|finding| finding.id).collect();
    let actions = rows::actions(s, &ids).await?;
    let evidence = evidence::of_assessment(s, ctx.assessment()).await?;
    let newest = |id| actions.iter().rev().find(|action| action.finding_id == id).cloned();
    let findings =
        sent.into_iter().map(|finding| SentFinding { action: newest(finding.id), finding }).collect();
    Ok(Remediation { findings, evidence, service: about.service })
}

/// The sent finding of this assessment, at the version that the form was made from.
async fn sent_at_version(ctx: &PortalCtx, tx: &WriteTx, id: FindingId, version: i64) -> Result<Finding> {
    let found = rows::finding(tx, id).await?;
    let found = found.filter(|f| f.assessment_id == ctx.assessment() && f.sent_at.is_some());
    let found = found.ok_or(UseCaseError::NotFound)?;
    if found.version == version { Ok(found) } else { Err(UseCaseError::VersionConflict(None)) }
}

/// What the vendor will do.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What will be done.
    pub text: String,
    /// Who does it.
    pub owner_name: String,
    /// By when, as year-month-day.
    pub due_on: String,
    /// Version of the finding that the form was made from.
    pub version: i64,
    /// Made with the form: the same form sent twice is one plan.
    pub key: String,
}

/// Agrees an action: the finding is planned.
///
/// # Errors
/// [`UseCaseError::Invalid`] with every fault; [`UseCaseError::StateConflict`] unless the finding is open;
/// [`UseCaseError::VersionConflict`]; [`UseCaseError::NotFound`].
pub async fn plan(ctx: &PortalCtx, id: FindingId, input: Plan) -> Result<()> {
    let mut faults = Faults::default();
    let text = faults.required("text", "what you will do", &input.text, MAX_WORDS);
    let owner_name = faults.required("owner_name", "who does it", &input.owner_name, 100);
    let due_on = day(input.due_on.trim());
    match due_on {
        None => faults.add("due_on", "required", "Enter a date such as 2026-12-18"),
        Some(day) if day < ctx.today() => faults.add("due_on", "in_the_past", "Choose a day from today on"),
        Some(_) => {}
    }
    faults.finish()?;
    let mut tx = ctx.begin_write().await?;
    let request = json!([id, text, owner_name, due_on, input.version]);
    if once(&mut tx, ctx, "action.plan", &input.key, &request, &json!(null)).await? != Once::First {
        return Ok(());
    }
    let mut finding = sent_at_version(ctx, &tx, id, input.version).await?;
    finding.state = finding.state.after(FindingEvent::Plan)?;
    let due_on = due_on.unwrap_or_else(|| ctx.today());
    let action = Action::agreed(ctx.id(), &finding, text, owner_name, due_on, ctx.now());
    rows::insert_action(&mut tx, &action).await?;
    rows::save(&mut tx, &finding).await?;
    let event = ctx.event("action.agreed", "action", action.id);
    tx.commit(event.after(json!({
        "finding": id, "question": finding.question, "owner": action.owner_name, "due_on": action.due_on,
    })))
    .await?;
    Ok(())
}

/// Reports the agreed action done, with words and the proof that was added to it: the finding awaits verification,
/// and the owner and the reviewer are told. `key` makes a repeated form harmless.
///
/// # Errors
/// [`UseCaseError::Invalid`] without words or proof; [`UseCaseError::StateConflict`] when nothing is agreed or it was
/// reported already; [`UseCaseError::VersionConflict`]; [`UseCaseError::NotFound`].
pub async fn report_done(ctx: &PortalCtx, id: FindingId, version: i64, note: &str, key: &str) -> Result<()> {
    let mut faults = Faults::default();
    let note = faults.required("note", "what was done", note, MAX_WORDS);
    let mut tx = ctx.begin_write().await?;
    let request = json!([id, note, version]);
    if once(&mut tx, ctx, "action.report", key, &request, &json!(null)).await? != Once::First {
        return Ok(());
    }
    let mut finding = sent_at_version(ctx, &tx, id, version).await?;
    let action = rows::actions(&tx, &[id]).await?.pop();
    let mut action =
        action.ok_or_else(|| UseCaseError::conflict("Say first what you will do, then report it done."))?;
    finding.state = finding.state.after(FindingEvent::Report)?;
    let proofs = evidence::of_assessment(&tx, ctx.assessment()).await?;
    if !proofs.iter().any(|piece| piece.citations.iter().any(|cite| cite.action_id == Some(action.id))) {
        faults.add("note", "proof_missing", "Add a file or link as proof first, then report it done");
    }
    faults.finish()?;
    action.state = ActionState::Reported;
    action.report_note = Some(note);
    action.reported_by_respondent = Some(ctx.respondent().id);
    action.recorded_by_user = None;
    action.reported_at = Some(ctx.now());
    rows::save_action(&mut tx, &action).await?;
    rows::save(&mut tx, &finding).await?;
    let about = ctx.assessment();
    let assessment = store::assessments::assessment(&tx, about).await?.ok_or(UseCaseError::NotFound)?;
    let job = |user| Job::MailActionReported { assessment: about, user };
    tell_staff(&mut tx, ctx.services(), &assessment, job, &format!("action-reported:{}", action.id)).await?;
    let after = json!({"finding": id, "question": finding.question});
    tx.commit(ctx.event("action.reported", "action", action.id).after(after)).await?;
    Ok(())
}
