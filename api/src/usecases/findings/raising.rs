//! Raising findings: what the engine proposes once a review has ended, and what a person raises, about an answer or not.

use super::super::{
    Ctx, Result, UseCaseError, assessments,
    error::Faults,
    idempotency::{Once, once},
    reviews::MAX_WORDS,
    scores,
};
use crate::{
    domain::{
        Permission,
        assessment::{Assessment, AssessmentState},
        finding::FindingState,
        ids::{AssessmentId, FindingId},
        remediation::{Finding, SnapshotReason, severity_from_word},
        score_inputs::{Definitions, ScoreInputs, in_words},
    },
    store::{WriteTx, findings as rows, scores as score_rows},
};
use questionnaires::{
    definition::Question,
    exact::Exact,
    risk::findings::{Proposal, Severity, propose},
    scoring::AssessmentScore,
};
use serde_json::json;

/// A proposed finding with what the page says about it.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// The engine's proposal.
    pub proposal: Proposal,
    /// One line: the option's own finding text, or the question.
    pub title: String,
    /// What was answered.
    pub detail: String,
    /// Credit of the row now.
    pub credit: Exact,
    /// Its question weight.
    pub weight: u8,
}

pub(super) fn nothing_yet() -> UseCaseError {
    UseCaseError::conflict("Findings are proposed from a submission, and the vendor has not handed in yet.")
}

/// What the engine proposes and nobody has raised: a finding that is open, accepted or dismissed is not proposed again.
pub(super) fn proposals(
    definitions: &Definitions,
    inputs: &ScoreInputs,
    score: &AssessmentScore,
    raised: &[Finding],
) -> Vec<Proposed> {
    let pairs: Vec<_> = score
        .questionnaires
        .iter()
        .filter_map(|scored| Some((definitions.questionnaire(&scored.id)?, scored)))
        .collect();
    let chosen = |id: &str| -> Vec<String> {
        let value = inputs.answers.get(id).and_then(|answer| answer.value.as_ref());
        value.map(|value| value.chosen().into_iter().map(str::to_owned).collect()).unwrap_or_default()
    };
    propose(&pairs, &chosen)
        .into_iter()
        .filter(|proposal| !settled(raised, &proposal.question))
        .filter_map(|proposal| {
            let question = definitions.question(&proposal.question)?;
            let row =
                score.questionnaires.iter().flat_map(|q| &q.rows).find(|row| row.question == question.id)?;
            Some(Proposed {
                title: match proposal.text.as_deref() {
                    Some(text) => shortened(text),
                    None => gap(question, inputs),
                },
                detail: answered(&in_words(question, inputs.answers.get(&question.id))),
                credit: row.credit.clone(),
                weight: question.weight,
                proposal,
            })
        })
        .collect()
}

/// What a finding about an answer says of it to begin with.
#[must_use]
pub fn answered(words: &[String]) -> String {
    format!("Answered: {}", words.join(", "))
}

/// A gap that the questionnaire has no words for: the question, and what was answered.
fn gap(question: &Question, inputs: &ScoreInputs) -> String {
    let said = in_words(question, inputs.answers.get(&question.id));
    shortened(&format!("{} {}", question.text, said.first().map_or("", String::as_str)))
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 200 {
        text.to_owned()
    } else {
        text.chars().take(199).chain(['…']).collect()
    }
}

/// A finding as it begins: open, not sent, and about no answer.
fn raised_now(
    ctx: &Ctx,
    id: FindingId,
    assessment: &Assessment,
    title: String,
    severity: Severity,
    sla_days: u32,
) -> Finding {
    Finding {
        id,
        assessment_id: assessment.id,
        vendor_id: assessment.vendor_id,
        question: None,
        title,
        detail: None,
        fix: None,
        severity,
        state: FindingState::Open,
        credit: None,
        target_option: None,
        target_credit: None,
        sla_days: i32::try_from(sla_days).unwrap_or(i32::MAX),
        sent_at: None,
        due_on: None,
        raised_by: ctx.user().id,
        raised_at: ctx.now(),
        closed_at: None,
        state_reason: None,
        accepted_until: None,
        version: 1,
    }
}

/// Whether a finding about this question stands, so that no other is raised: it is open, accepted or dismissed.
fn settled(raised: &[Finding], question: &str) -> bool {
    let about = |finding: &&Finding| finding.question.as_deref() == Some(question);
    raised.iter().filter(about).any(|finding| finding.state != FindingState::Closed)
}

/// Raises the chosen proposals. Choosing one that is raised already does nothing, so sending the form twice is safe.
///
/// # Errors
/// [`UseCaseError::StateConflict`] before the review has ended; [`UseCaseError::Invalid`] when nothing is chosen.
pub async fn raise_proposed(ctx: &Ctx, id: AssessmentId, chosen: &[String]) -> Result<usize> {
    ctx.require(Permission::ManageFindings)?;
    if chosen.is_empty() {
        return Err(UseCaseError::field("question", "required", "Choose at least one proposal"));
    }
    let mut tx = ctx.begin_write().await?;
    let assessment = assessments::load(&tx, id).await?;
    refuse_unless_reviewed(assessment.state)?;
    let snapshot = score_rows::latest_snapshot(&tx, id).await?.ok_or_else(nothing_yet)?;
    if snapshot.reason == SnapshotReason::Submitted {
        return Err(UseCaseError::conflict(
            "Findings are proposed when the review ends. Finish the review first.",
        ));
    }
    let definitions = scores::definitions_of(&tx, &snapshot.inputs).await?;
    let raised = rows::of_assessment(&tx, id).await?;
    let proposed = proposals(&definitions, &snapshot.inputs, &snapshot.score, &raised);
    let mut events = Vec::new();
    for one in proposed.into_iter().filter(|one| chosen.contains(&one.proposal.question)) {
        let finding = Finding {
            question: Some(one.proposal.question),
            detail: Some(one.detail),
            fix: one.proposal.fix,
            credit: Some(one.credit),
            ..raised_now(ctx, ctx.id(), &assessment, one.title, one.proposal.severity, one.proposal.sla_days)
        };
        rows::insert(&mut tx, &finding).await?;
        events.push(
            ctx.event("finding.raised", "finding", finding.id)
                .on_assessment(id)
                .after(json!({"question": finding.question, "severity": finding.severity})),
        );
    }
    let count = events.len();
    if count > 0 {
        tx.commit_all(events).await?;
    }
    Ok(count)
}

pub(super) fn refuse_unless_reviewed(state: AssessmentState) -> Result<()> {
    match state {
        AssessmentState::InReview | AssessmentState::Decided => Ok(()),
        other => Err(UseCaseError::conflict(format!(
            "Findings can be raised while an assessment is in review or decided. It is now {}.",
            other.label().to_lowercase()
        ))),
    }
}

/// A finding raised by hand.
#[derive(Clone, Debug, Default)]
pub struct RaiseFinding {
    /// One line.
    pub title: String,
    /// More words.
    pub detail: String,
    /// What to do.
    pub fix: String,
    /// `low` to `critical`.
    pub severity: String,
    /// The question whose answer shows it; empty when none does.
    pub question: String,
    /// The same form twice is one finding.
    pub key: String,
}

/// A finding about an answer that is to be raised by hand.
#[derive(Clone, Debug)]
pub struct AboutAnswer {
    /// What the form starts with.
    pub draft: RaiseFinding,
    /// The days to fix that the question itself gives, whatever the severity.
    pub days: Option<u32>,
}

/// A finding about the answer to this question, to be corrected before it is raised: as the engine would propose it, or
/// in the words of the question when it proposes nothing.
///
/// # Errors
/// [`UseCaseError::NotFound`] for a question that the assessment does not ask; [`UseCaseError::StateConflict`] before
/// the first submission.
pub async fn about_answer(ctx: &Ctx, id: AssessmentId, question: &str) -> Result<AboutAnswer> {
    ctx.require(Permission::ManageFindings)?;
    let s = ctx.scope();
    assessments::load(s, id).await?;
    let snapshot = score_rows::latest_snapshot(s, id).await?.ok_or_else(nothing_yet)?;
    let definitions = scores::definitions_of(s, &snapshot.inputs).await?;
    let asked = definitions.question(question).ok_or(UseCaseError::NotFound)?;
    let proposed = proposals(&definitions, &snapshot.inputs, &snapshot.score, &[]);
    let proposed = proposed.into_iter().find(|one| one.proposal.question == question);
    let draft = RaiseFinding {
        title: proposed.as_ref().map_or_else(|| gap(asked, &snapshot.inputs), |one| one.title.clone()),
        detail: answered(&in_words(asked, snapshot.inputs.answers.get(question))),
        fix: asked.fix.clone().unwrap_or_default(),
        severity: proposed.map(|one| one.proposal.severity.as_str().to_owned()).unwrap_or_default(),
        question: question.to_owned(),
        key: String::new(),
    };
    Ok(AboutAnswer { draft, days: asked.sla_days })
}

/// What a finding raised by hand takes from the question that it is about: its id, the credit of the answer, and the
/// days that the questionnaire gives for it.
async fn asked_about(
    tx: &WriteTx,
    id: AssessmentId,
    question: &str,
) -> Result<(Option<String>, Option<Exact>, Option<u32>)> {
    if question.is_empty() {
        return Ok((None, None, None));
    }
    let snapshot = score_rows::latest_snapshot(tx, id).await?.ok_or_else(nothing_yet)?;
    let definitions = scores::definitions_of(tx, &snapshot.inputs).await?;
    let asked = definitions.question(question).ok_or(UseCaseError::NotFound)?;
    if settled(&rows::of_assessment(tx, id).await?, question) {
        return Err(UseCaseError::conflict(format!("There is a finding about {question} already.")));
    }
    let mut scored = snapshot.score.questionnaires.iter().flat_map(|scored| &scored.rows);
    let credit = scored.find(|row| row.question == question).map(|row| row.credit.clone());
    Ok((Some(question.to_owned()), credit, asked.sla_days))
}

/// Raises a finding that the engine does not propose.
///
/// # Errors
/// [`UseCaseError::Invalid`] with every fault; [`UseCaseError::NotFound`] for a question that the assessment does not
/// ask; [`UseCaseError::StateConflict`] outside of a review or decision, and when a finding about the question stands.
pub async fn raise_by_hand(ctx: &Ctx, id: AssessmentId, input: RaiseFinding) -> Result<FindingId> {
    ctx.require(Permission::ManageFindings)?;
    let mut faults = Faults::default();
    let title = faults.required("title", "what is wrong, in one line", &input.title, 200);
    let detail = faults.optional("detail", "the details", Some(&input.detail), MAX_WORDS);
    let fix = faults.optional("fix", "what to do", Some(&input.fix), MAX_WORDS);
    let severity = severity_from_word(input.severity.trim());
    if severity.is_none() {
        faults.add("severity", "required", "Choose a severity");
    }
    faults.finish()?;
    let severity = severity.unwrap_or(Severity::Low);
    let finding_id: FindingId = ctx.id();
    let mut tx = ctx.begin_write().await?;
    let request = json!({"assessment": id, "title": title, "detail": detail, "fix": fix, "severity": severity, "question": input.question});
    if let Once::Before(earlier) =
        once(&mut tx, ctx, "finding.raise", &input.key, &request, &json!(finding_id)).await?
    {
        return serde_json::from_value(earlier).map_err(UseCaseError::internal);
    }
    let assessment = assessments::load(&tx, id).await?;
    refuse_unless_reviewed(assessment.state)?;
    let (question, credit, days) = asked_about(&tx, id, input.question.trim()).await?;
    let days = days.unwrap_or_else(|| severity.sla_days());
    let finding = Finding {
        question,
        detail,
        fix,
        credit,
        ..raised_now(ctx, finding_id, &assessment, title, severity, days)
    };
    rows::insert(&mut tx, &finding).await?;
    let event = ctx.event("finding.raised", "finding", finding_id).on_assessment(id);
    tx.commit(event.after(json!({"question": finding.question, "severity": severity}))).await?;
    Ok(finding_id)
}
