//! Scores: from a submission with its verdicts to a stored snapshot with its result, and back to a page.
//!
//! A snapshot keeps its inputs and its result in canonical form and never changes; a change makes a new one with a
//! reason. While a review goes on the page shows the *live* score: the snapshot's submission under today's verdicts.

use super::{Ctx, Result, UseCaseError, library};
pub use crate::store::scores::Results;
use crate::{
    domain::{
        Permission,
        answer::{Cited, engine_answer},
        assessment::{Assessment, AssessmentState},
        finding::FindingState,
        ids::{AssessmentId, Id as _, SnapshotId, UserId},
        intake::PROHIBITED_USE,
        remediation::{Case, Decision, Finding, SnapshotReason},
        review::Verdict,
        score_inputs::{Citation, Definitions, Pin, ScoreInputs, asked_of_the_vendor},
    },
    store::{
        Scoped, WriteTx, cases, decisions, findings, reviews,
        scores::{self as store, NewSnapshot, Snapshot},
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use questionnaires::{
    answering::Answer,
    definition::CriticalLevel,
    exact::Exact,
    risk::{
        findings::projected,
        residual::{Recommendation, recommendation},
    },
    scoring::{AssessmentScore, QuestionnaireScore, what_if::Basis},
};
use std::collections::BTreeMap;

/// The snapshot that a page stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotHead {
    /// From 1.
    pub number: i32,
    /// Why it was made.
    pub reason: SnapshotReason,
    /// Of which submission.
    pub submission_number: i32,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A scored assessment, for the score page.
#[derive(Clone, Debug)]
pub struct Scored {
    /// Which.
    pub case: Case,
    /// What was asked.
    pub definitions: Definitions,
    /// What decides the score.
    pub inputs: ScoreInputs,
    /// The score with its explanation.
    pub score: AssessmentScore,
    /// The snapshot behind it.
    pub snapshot: SnapshotHead,
    /// Whether verdicts of the review that goes on are in it, which no snapshot holds yet.
    pub live: bool,
    /// What to do with the vendor.
    pub recommendation: Option<Recommendation>,
    /// Findings raised so far.
    pub findings: Vec<Finding>,
    /// S per questionnaire when every agreed action has worked; only where that differs.
    pub projected: BTreeMap<String, Exact>,
    /// How it ended, once decided.
    pub decision: Option<Decision>,
}

impl Scored {
    /// What one questionnaire of it is scored from, for trying what would change.
    #[must_use]
    pub fn basis(&self, one: &QuestionnaireScore) -> Option<Basis<'_>> {
        Some(Basis {
            questionnaire: self.definitions.questionnaire(&one.id)?,
            answers: &self.inputs.answers,
            facts: &self.inputs.facts,
            tier: self.inputs.tier,
            as_of: Some(self.inputs.as_of),
        })
    }
}

/// The score of an assessment: live while it is under review, the latest snapshot otherwise. None before the first
/// submission.
///
/// # Errors
/// [`UseCaseError::NotFound`]; [`UseCaseError::Forbidden`] without the right to read.
pub async fn score(ctx: &Ctx, id: AssessmentId) -> Result<(Case, Option<Scored>)> {
    ctx.require(Permission::Read)?;
    let s = ctx.scope();
    let case = cases::case(s, id).await?.ok_or(UseCaseError::NotFound)?;
    let Some(snapshot) = store::latest_snapshot(s, id).await? else { return Ok((case, None)) };
    let definitions = definitions_of(s, &snapshot.inputs).await?;
    let live = matches!(case.assessment.state, AssessmentState::Submitted | AssessmentState::InReview);
    let head = head_of(&snapshot);
    let (inputs, score) = if live {
        let verdicts = reviews::verdicts(s, id).await?;
        let citations = store::citations(s, id).await?;
        live_score(&snapshot.inputs, &definitions, &verdicts, &citations, ctx.today())?
    } else {
        (snapshot.inputs, snapshot.score)
    };
    let findings = findings::of_assessment(s, id).await?;
    let decision = if live { None } else { decisions::latest(s, id).await? };
    let projected = projected_scores(&score, &findings);
    let recommendation = recommend(&inputs, &score, &findings);
    let scored = Scored {
        case: case.clone(),
        definitions,
        inputs,
        score,
        snapshot: head,
        live,
        recommendation,
        findings,
        projected,
        decision,
    };
    Ok((case, Some(scored)))
}

/// What a snapshot is called on pages.
#[must_use]
pub fn head_of(snapshot: &Snapshot) -> SnapshotHead {
    SnapshotHead {
        number: snapshot.number,
        reason: snapshot.reason,
        submission_number: snapshot.submission_number,
        created_at: snapshot.created_at,
    }
}

/// The submission of a snapshot under these verdicts and this evidence, scored. Pure.
///
/// # Errors
/// [`UseCaseError::Internal`] when the stored answers do not fit their pinned definitions.
pub fn live_score(
    base: &ScoreInputs,
    definitions: &Definitions,
    verdicts: &[Verdict],
    citations: &[Citation],
    today: NaiveDate,
) -> Result<(ScoreInputs, AssessmentScore)> {
    let inputs = submission_of(base).judged(definitions, verdicts, citations, today);
    let score = scored(&inputs, definitions)?;
    Ok((inputs, score))
}

/// The score as it would be with another answer to a question, or with none.
///
/// # Errors
/// `internal` when that answer does not fit its question.
pub fn with_answer(
    inputs: &ScoreInputs,
    definitions: &Definitions,
    question: &str,
    answer: Option<&Answer>,
) -> Result<AssessmentScore> {
    let mut other = inputs.clone();
    match answer {
        Some(answer) => other.answers.insert(question.to_owned(), answer.clone()),
        None => other.answers.remove(question),
    };
    scored(&other, definitions)
}

/// The submission alone: what a verification put in place of a blank is taken out again, for it comes back with its
/// verdict.
fn submission_of(inputs: &ScoreInputs) -> ScoreInputs {
    let mut bare = inputs.clone();
    bare.answers.retain(|question, _| inputs.revisions.contains_key(question));
    bare
}

fn scored(inputs: &ScoreInputs, definitions: &Definitions) -> Result<AssessmentScore> {
    inputs.score(definitions).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        UseCaseError::internal(format!(
            "stored answers do not fit their questionnaires: {}",
            faults.join("; ")
        ))
    })
}

/// What to do with the vendor. A failed blocker counts as open while it is a knock-out and its finding is not accepted
/// (`scoring.md`, "Recommendation").
#[must_use]
pub fn recommend(
    inputs: &ScoreInputs,
    score: &AssessmentScore,
    findings: &[Finding],
) -> Option<Recommendation> {
    let accepted = |question: &str| {
        let mut of_it = findings.iter().filter(|finding| finding.question.as_deref() == Some(question));
        of_it.any(|finding| finding.state == FindingState::Accepted)
    };
    let open_blocker = score
        .questionnaires
        .iter()
        .filter(|questionnaire| !questionnaire.own_readiness)
        .flat_map(|questionnaire| &questionnaire.knock_outs)
        .any(|failed| failed.level == CriticalLevel::Blocker && !accepted(&failed.question));
    let prohibited = inputs.facts.get(PROHIBITED_USE).copied().unwrap_or(false);
    recommendation(score.residual, open_blocker, prohibited)
}

/// S per questionnaire with every open finding that has an agreed action at its target credit; only where it differs.
#[must_use]
pub fn projected_scores(score: &AssessmentScore, findings: &[Finding]) -> BTreeMap<String, Exact> {
    use crate::domain::finding::FindingState as F;
    let targets: BTreeMap<String, Exact> = findings
        .iter()
        .filter(|finding| matches!(finding.state, F::Planned | F::InProgress | F::AwaitingVerification))
        .filter_map(|finding| {
            Some((finding.question.clone()?, finding.target_credit.clone().unwrap_or_else(Exact::one)))
        })
        .collect();
    score
        .questionnaires
        .iter()
        .filter_map(|questionnaire| {
            let then = projected(questionnaire, &targets)?;
            (Some(&then) != questionnaire.claimed.as_ref()).then(|| (questionnaire.id.clone(), then))
        })
        .collect()
}

/// The definitions behind a snapshot's pins; no statement once they were parsed in this process.
///
/// # Errors
/// When the database cannot be read, or a stored definition does not parse.
pub async fn definitions_of(s: &impl Scoped, inputs: &ScoreInputs) -> Result<Definitions> {
    Ok(Definitions {
        questionnaires: library::questionnaires_by_pin(s, &inputs.questionnaires).await?,
        control_sets: library::control_sets_by_pin(s, &inputs.control_sets).await?,
    })
}

/// Stores the first snapshot of a submission. The submission's use-case calls it in its own transaction, after the
/// submission is stored and before it commits, with the assessment as it is then; `as_of` is the day of submission in
/// the tenant's time zone.
///
/// Verdicts given before a return keep counting for answers that did not change.
///
/// # Errors
/// [`UseCaseError::Internal`] when an answer does not fit its question, which saving it should have refused.
pub async fn snapshot_at_submission(
    tx: &mut WriteTx,
    id: SnapshotId,
    assessment: &Assessment,
    as_of: NaiveDate,
    at: DateTime<Utc>,
) -> Result<()> {
    let pinned = library::pinned(&*tx, assessment.id).await?;
    let sets = library::pinned_control_sets(&*tx, assessment.id).await?;
    let set_pins = store::control_set_pins(&*tx, assessment.id).await?;
    let asked: Vec<_> = pinned.into_iter().filter(|one| asked_of_the_vendor(&one.definition)).collect();
    let pins = asked
        .iter()
        .map(|one| Pin {
            row: one.file.id.uuid(),
            id: one.definition.id.clone(),
            version: one.definition.version.clone(),
            sha256: one.file.sha256.clone(),
        })
        .collect();
    let definitions = Definitions {
        questionnaires: asked.into_iter().map(|one| one.definition).collect(),
        control_sets: sets,
    };
    let mut inputs = ScoreInputs::submitted(pins, set_pins, assessment.facts.clone(), assessment.tier, as_of);
    let citations = store::citations(&*tx, assessment.id).await?;
    for row in store::answers(&*tx, assessment.id).await? {
        let Some(question) = definitions.question(&row.question) else { continue };
        let cited: Vec<Cited> = citations
            .iter()
            .filter(|citation| citation.question == row.question)
            .map(|citation| Cited { name: citation.name.clone(), valid_until: citation.valid_until })
            .collect();
        let answer = engine_answer(question, row.value.as_ref(), row.note.as_deref(), &cited, as_of);
        inputs.revisions.insert(row.question.clone(), row.rev);
        inputs.answers.insert(row.question, answer);
    }
    for citation in &citations {
        // A file question may be answered by its evidence alone.
        let Some(question) = definitions.question(&citation.question) else { continue };
        if inputs.answers.contains_key(&citation.question) {
            continue;
        }
        let cited = [Cited { name: citation.name.clone(), valid_until: citation.valid_until }];
        let answer = engine_answer(question, None, None, &cited, as_of);
        if answer.value.is_some() {
            inputs.revisions.insert(citation.question.clone(), 0);
            inputs.answers.insert(citation.question.clone(), answer);
        }
    }
    let verdicts = reviews::verdicts(&*tx, assessment.id).await?;
    let inputs = inputs.judged(&definitions, &verdicts, &citations, as_of);
    let kind = SnapshotReason::Submitted;
    take(tx, Take { id, assessment, reason: kind, inputs, definitions: &definitions, at, by: None }).await?;
    Ok(())
}

/// What a new snapshot is made of.
pub(super) struct Take<'a> {
    /// A fresh id.
    pub id: SnapshotId,
    /// Of which assessment, with its present submission number.
    pub assessment: &'a Assessment,
    /// Why.
    pub reason: SnapshotReason,
    /// What decides the score.
    pub inputs: ScoreInputs,
    /// What was asked.
    pub definitions: &'a Definitions,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom; none for the vendor's own act.
    pub by: Option<UserId>,
}

/// Scores and stores a snapshot within the caller's transaction.
pub(super) async fn take(tx: &mut WriteTx, new: Take<'_>) -> Result<AssessmentScore> {
    let score = scored(&new.inputs, new.definitions)?;
    let number = store::last_number(&*tx, new.assessment.id).await? + 1;
    let snapshot = NewSnapshot {
        id: new.id,
        assessment_id: new.assessment.id,
        number,
        reason: new.reason,
        submission_number: new.assessment.submission_number,
        inputs: new.inputs,
        score: score.clone(),
        created_at: new.at,
        created_by: new.by,
    };
    store::insert_snapshot(tx, &snapshot).await?;
    Ok(score)
}

/// Scores the present state of the review and stores it as a new snapshot, within the caller's transaction.
pub(super) async fn retake(
    tx: &mut WriteTx,
    ctx: &Ctx,
    assessment: &Assessment,
    reason: SnapshotReason,
) -> Result<SnapshotId> {
    let latest = store::latest_snapshot(&*tx, assessment.id).await?;
    let latest = latest.ok_or_else(|| UseCaseError::conflict("Nothing has been handed in yet."))?;
    let definitions = definitions_of(&*tx, &latest.inputs).await?;
    let verdicts = reviews::verdicts(&*tx, assessment.id).await?;
    let citations = store::citations(&*tx, assessment.id).await?;
    let inputs = submission_of(&latest.inputs).judged(&definitions, &verdicts, &citations, ctx.today());
    let id: SnapshotId = ctx.id();
    let by = Some(ctx.user().id);
    take(tx, Take { id, assessment, reason, inputs, definitions: &definitions, at: ctx.now(), by }).await?;
    Ok(id)
}

/// Scores the latest stored snapshot again from its own inputs and says whether the result is the stored one, bit for
/// bit (P13).
///
/// # Errors
/// [`UseCaseError::NotFound`] before the first submission.
pub async fn recompute(ctx: &Ctx, id: AssessmentId) -> Result<bool> {
    ctx.require(Permission::Read)?;
    let s = ctx.scope();
    let snapshot = store::latest_snapshot(s, id).await?.ok_or(UseCaseError::NotFound)?;
    let definitions = definitions_of(s, &snapshot.inputs).await?;
    let again = scored(&snapshot.inputs, &definitions)?;
    let canonical = |score: &AssessmentScore| {
        questionnaires::definition::catalog::canonical_json(score).map_err(UseCaseError::internal)
    };
    Ok(canonical(&again)? == store::stored_result(s, id, snapshot.number).await?.unwrap_or_default())
}
