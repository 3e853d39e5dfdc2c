//! Verifying what was reported done: somebody else than who recorded it looks at the proof, and the answer takes the
//! credit that is earned now, or the action goes back with what is missing.

use super::{action_event, at_version, newest_action, nothing_yet, question_of, required_reason};
use crate::{
    domain::{
        Permission,
        finding::{ActionState, FindingEvent},
        ids::{ActionId, FindingId, Id as _},
        job::Job,
        remediation::{Finding, SnapshotReason},
        review::{Verdict, VerdictKind},
        score_inputs::{Citation, value_worth},
    },
    store::{WriteTx, findings as rows, reviews, scores as score_rows},
    usecases::{
        Ctx, Result, UseCaseError, assessments, deliveries,
        error::Faults,
        respondents::active_leads,
        reviews::{MAX_WORDS, credit},
        scores,
    },
};
use questionnaires::{answering::Grade, definition::Question, exact::Exact};
use serde_json::json;

/// What a verification found.
#[derive(Clone, Debug, Default)]
pub struct VerifyAction {
    /// The option that is true now; for questions without options leave it blank and give a credit.
    pub option: String,
    /// The credit that is earned now, where no option says it.
    pub credit: String,
    /// What the proof is worth.
    pub grade: String,
    /// What was seen.
    pub reason: String,
    /// Version of the finding that the form was made from.
    pub version: i64,
}

/// Verifies an action: the row takes the verified credit and evidence, a new snapshot is made, the finding is closed.
///
/// # Errors
/// [`UseCaseError::StateConflict`] when nothing waits for verification, or the user recorded the action done;
/// [`UseCaseError::Invalid`] with every fault.
pub async fn verify_action(ctx: &Ctx, id: FindingId, input: VerifyAction) -> Result<()> {
    ctx.require(Permission::ManageFindings)?;
    let mut tx = ctx.begin_write().await?;
    let mut finding = at_version(&tx, id, input.version).await?;
    finding.state = finding.state.after(FindingEvent::Verify)?;
    let mut action = newest_action(&tx, id).await?.ok_or(UseCaseError::NotFound)?;
    if action.recorded_by_user == Some(ctx.user().id) {
        return Err(UseCaseError::conflict(
            "You recorded this action as done, so somebody else has to verify it.",
        ));
    }
    let proofs = score_rows::proofs(&tx, &[action.id]).await?;
    let mut faults = Faults::default();
    let reason = faults.required("reason", "what you saw", &input.reason, MAX_WORDS);
    let mut event = ctx.event("finding.closed", "finding", id).on_assessment(finding.assessment_id);
    if let Some(question) = question_of(&tx, &finding).await? {
        let earned = verified_credit(&mut faults, &question, &input, finding.credit.as_ref());
        let grade = verified_grade(&mut faults, &input.grade, !proofs.is_empty());
        faults.finish()?;
        let (Some(earned), Some(grade)) = (earned, grade) else { return Err(UseCaseError::NotFound) };
        action.verified_option = Some(input.option.trim().to_owned()).filter(|option| !option.is_empty());
        action.verified_grade = Some(grade);
        judge(&mut tx, ctx, &finding, &question, &earned, grade, &reason, &proofs).await?;
        let assessment = assessments::load(&tx, finding.assessment_id).await?;
        let snapshot = scores::retake(&mut tx, ctx, &assessment, SnapshotReason::Verification).await?;
        event = event.after(json!({
            "question": finding.question, "credit": earned, "evidence": grade, "snapshot": snapshot.uuid(),
        }));
    } else {
        faults.finish()?;
    }
    action.state = ActionState::Verified;
    action.verified_by = Some(ctx.user().id);
    action.verified_at = Some(ctx.now());
    action.verdict_reason = Some(reason);
    finding.closed_at = Some(ctx.now());
    finding.state_reason = None;
    rows::save_action(&mut tx, &action).await?;
    rows::save(&mut tx, &finding).await?;
    if finding.sent_at.is_some() {
        let leads = active_leads(&tx, finding.assessment_id).await?;
        let job = |invitation| Job::MailFindingsClosed { assessment: finding.assessment_id, invitation };
        let occasion = format!("closed:{}", action.id);
        deliveries::tell_respondents(&mut tx, ctx.services(), &leads, job, &occasion).await?;
    }
    tx.commit(event).await?;
    Ok(())
}

fn verified_credit(
    faults: &mut Faults,
    question: &Question,
    input: &VerifyAction,
    before: Option<&Exact>,
) -> Option<Exact> {
    let option = input.option.trim();
    let earned = if option.is_empty() {
        let typed = input.credit.trim();
        let earned =
            if typed.is_empty() && question.options.is_empty() { Some(Exact::one()) } else { credit(typed) };
        if earned.is_none() {
            faults.add("option", "required", "Choose what is true now");
        }
        earned?
    } else {
        let found = question.option(option).and_then(|option| option.credit.clone());
        if found.is_none() {
            faults.add("option", "unknown_option", "Choose an option of the question");
        }
        found?
    };
    if before.is_some_and(|before| earned < *before) {
        faults.add("option", "worse", "This is worse than before. Reject the action instead");
        return None;
    }
    Some(earned)
}

fn verified_grade(faults: &mut Faults, word: &str, proven: bool) -> Option<Grade> {
    match Grade::from_word(word.trim()) {
        Some(Grade::Rejected) | None => {
            faults.add("grade", "required", "Choose what the proof is worth");
            None
        }
        Some(grade) if grade > Grade::Asserted && !proven => {
            faults.add(
                "grade",
                "no_evidence",
                "No evidence was added to this action, so it can only count as asserted",
            );
            None
        }
        Some(grade) => Some(grade),
    }
}

/// Puts the verified credit and evidence on the row: as the verdict on it, with the action's proofs cited for it.
#[expect(clippy::too_many_arguments, reason = "one act with all of its facts")]
async fn judge(
    tx: &mut WriteTx,
    ctx: &Ctx,
    finding: &Finding,
    question: &Question,
    earned: &Exact,
    grade: Grade,
    reason: &str,
    proofs: &[(ActionId, Citation)],
) -> Result<()> {
    let id = finding.assessment_id;
    let snapshot = score_rows::latest_snapshot(&*tx, id).await?.ok_or_else(nothing_yet)?;
    let answered =
        snapshot.inputs.answers.get(&question.id).is_some_and(|answer| answer.substantive().is_some());
    if !answered && value_worth(question, earned).is_none() {
        return Err(UseCaseError::conflict(
            "This question was never answered, and no option of it earns that credit. Reopen the assessment and ask \
             the vendor to answer it.",
        ));
    }
    let existing =
        reviews::verdicts(&*tx, id).await?.into_iter().find(|verdict| verdict.question == question.id);
    let verdict = Verdict {
        question: question.id.clone(),
        kind: VerdictKind::Adjusted,
        na: None,
        scope_accepted: false,
        credit: Some(earned.clone()),
        compensating: None,
        grade: Some(grade),
        reason: Some(format!("Verified: {reason}")),
        answer_rev: snapshot.inputs.revision(&question.id),
        decided_by: ctx.user().id,
        decided_by_name: ctx.user().name.clone(),
        decided_at: ctx.now(),
        version: existing.map_or(0, |verdict| verdict.version),
    };
    reviews::save_verdict(tx, ctx.id(), id, &verdict).await?;
    for (_, proof) in proofs {
        let row = ctx.services().surroundings.uuid();
        score_rows::cite(tx, row, id, proof.evidence, &question.id, ctx.now()).await?;
    }
    Ok(())
}

/// Rejects a reported action with a reason: the finding is worked on again.
///
/// # Errors
/// [`UseCaseError::Invalid`] without a reason; [`UseCaseError::StateConflict`] when nothing waits for verification.
pub async fn reject_action(ctx: &Ctx, id: FindingId, version: i64, reason: &str) -> Result<()> {
    ctx.require(Permission::ManageFindings)?;
    let reason = required_reason(reason)?;
    let mut tx = ctx.begin_write().await?;
    let mut finding = at_version(&tx, id, version).await?;
    finding.state = finding.state.after(FindingEvent::Reject)?;
    finding.state_reason = Some(reason.clone());
    let mut action = newest_action(&tx, id).await?.ok_or(UseCaseError::NotFound)?;
    action.state = ActionState::Rejected;
    action.verdict_reason = Some(reason);
    action.verified_by = Some(ctx.user().id);
    action.verified_at = Some(ctx.now());
    rows::save_action(&mut tx, &action).await?;
    rows::save(&mut tx, &finding).await?;
    if finding.sent_at.is_some() {
        let leads = active_leads(&tx, finding.assessment_id).await?;
        let job = |invitation| Job::MailActionRejected { finding: id, invitation };
        let occasion = format!("rejected:{}", action.id);
        deliveries::tell_respondents(&mut tx, ctx.services(), &leads, job, &occasion).await?;
    }
    tx.commit(action_event(ctx, "action.rejected", &action, &finding, action.verdict_reason.as_deref()))
        .await?;
    Ok(())
}
