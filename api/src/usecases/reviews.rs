//! Judging a submission: verdicts on answers. What a verdict's form says is read in `reading`; questions go back to the
//! vendor in `batch`.

mod batch;
mod reading;

pub use batch::{ReturnToVendor, return_to_vendor, withdraw_question};
pub use reading::credit;

use super::{Ctx, Result, UseCaseError, assessments, scores};
use crate::{
    domain::{
        AuditEvent, Permission,
        assessment::{Assessment, AssessmentEvent, AssessmentState},
        contradictions::{Contradiction, contradictions},
        ids::{AssessmentId, Id as _, VerdictId},
        remediation::{Case, Clarification, SnapshotReason},
        review::{QueueGroup, QueueItem, Verdict, missing_for_decision, queue},
        score_inputs::{Citation, Definitions, ScoreInputs, compensating_word, na_word},
    },
    store::{
        self, WriteTx, answers as answer_rows, cases, reassessments, reviews as rows, scores as score_rows,
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use questionnaires::{answering::Grade, scoring::AssessmentScore};
use reading::read_verdict;
use serde_json::json;
use std::collections::BTreeSet;

/// The longest reason or question to the vendor, in characters.
pub const MAX_WORDS: usize = 2_000;

/// Everything that the review page shows.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Which assessment.
    pub case: Case,
    /// What was asked.
    pub definitions: Definitions,
    /// The submission under today's verdicts.
    pub inputs: ScoreInputs,
    /// Its score, live.
    pub score: AssessmentScore,
    /// Every shown question in the order of work.
    pub queue: Vec<QueueItem>,
    /// Verdicts so far, those on earlier answers included.
    pub verdicts: Vec<Verdict>,
    /// Evidence cited for answers.
    pub citations: Vec<Citation>,
    /// Documents sent for the assessment as a whole.
    pub documents: Vec<Citation>,
    /// Questions asked so far, drafts included, oldest first.
    pub clarifications: Vec<Clarification>,
    /// The review was finished since the vendor handed in.
    pub finished: bool,
    /// The submission before this one, or the one whose answers this assessment offered again.
    pub previous: Option<Previous>,
}

impl Desk {
    /// How many answers to look at first, by why; what the reviewer has judged already does not count.
    #[must_use]
    pub fn first_looks(&self) -> Vec<(&'static str, usize)> {
        let groups = QueueGroup::ALL.iter().filter(|group| **group != QueueGroup::Rest);
        let open =
            |group: QueueGroup| self.queue.iter().filter(|one| one.group == group && one.open()).count();
        groups.map(|group| (group.in_short(), open(*group))).filter(|(_, count)| *count > 0).collect()
    }
    /// Critical questions that fail, each once.
    #[must_use]
    pub fn knock_outs(&self) -> Vec<String> {
        let failed = self.score.questionnaires.iter().flat_map(|scored| &scored.knock_outs);
        failed.map(|one| one.question.clone()).collect::<BTreeSet<_>>().into_iter().collect()
    }
    /// How many answers have a verdict that counts.
    #[must_use]
    pub fn judged(&self) -> usize {
        self.queue.iter().filter(|item| item.judged()).count()
    }
    /// What does not fit together in what was handed in.
    #[must_use]
    pub fn contradictions(&self) -> Vec<Contradiction> {
        contradictions(&self.definitions, &self.inputs, &self.queue)
    }
    /// The questions that wait for the batch, in the order asked.
    pub fn drafts(&self) -> impl Iterator<Item = &Clarification> {
        self.clarifications.iter().filter(|clarification| clarification.batch.is_none())
    }
    /// Questions that a decision still waits for.
    pub fn missing(&self) -> impl Iterator<Item = &QueueItem> {
        missing_for_decision(&self.queue)
    }
}

/// What the vendor answered the time before.
#[derive(Clone, Debug)]
pub struct Previous {
    /// In which assessment.
    pub assessment: AssessmentId,
    /// What was handed in.
    pub inputs: ScoreInputs,
    /// Of which assessment, if it is another one, by reference; and when it was handed in.
    pub of: Option<(String, DateTime<Utc>)>,
}

async fn previous(
    s: &impl store::Scoped,
    id: AssessmentId,
    submission: i32,
    offered: bool,
) -> Result<Option<Previous>> {
    if submission > 1 {
        let before = score_rows::latest_of_submission(s, id, submission - 1).await?;
        return Ok(before.map(|snapshot| Previous { assessment: id, inputs: snapshot.inputs, of: None }));
    }
    if !offered {
        return Ok(None);
    }
    let before = reassessments::offered(s, id).await?;
    Ok(before.map(|one| Previous {
        assessment: one.assessment,
        inputs: one.inputs,
        of: Some((one.reference, one.submitted_at)),
    }))
}

/// Who saved an answer, and when.
#[derive(Clone, Debug)]
pub struct Saved {
    /// By name.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Who saved the answer to a question that was handed in, and who the one before. One statement.
///
/// # Errors
/// When the database does not answer.
pub async fn saved(ctx: &Ctx, desk: &Desk, question: &str) -> Result<(Option<Saved>, Option<Saved>)> {
    let now = (desk.case.assessment.id, desk.inputs.revision(question));
    let before = desk.previous.as_ref().map(|one| (one.assessment, one.inputs.revision(question)));
    let wanted: Vec<(AssessmentId, i64)> = std::iter::once(now).chain(before).collect();
    let found = answer_rows::revisions_of(ctx.scope(), question, &wanted).await?;
    let saved = |(assessment, rev): (AssessmentId, i64)| {
        let row = found.iter().find(|row| row.assessment_id == assessment.0 && row.rev == rev)?;
        let by = row.respondent.clone().or(row.user.clone()).unwrap_or_default();
        Some(Saved { by, at: row.saved_at })
    };
    Ok((saved(now), before.and_then(saved)))
}

/// The review of an assessment that was handed in.
///
/// # Errors
/// [`UseCaseError::NotFound`]; [`UseCaseError::StateConflict`] before the first submission.
pub async fn desk(ctx: &Ctx, id: AssessmentId) -> Result<Desk> {
    ctx.require(Permission::Read)?;
    desk_in(ctx.scope(), id, ctx.today()).await
}

/// The review as it stands on a day, inside or outside a transaction.
pub(super) async fn desk_in(s: &impl store::Scoped, id: AssessmentId, today: NaiveDate) -> Result<Desk> {
    let (case, latest, offered) = cases::case_with_newest(s, id).await?.ok_or(UseCaseError::NotFound)?;
    let latest = latest
        .ok_or_else(|| UseCaseError::conflict("There is nothing to review before the vendor hands in."))?;
    let previous = previous(s, id, latest.submission_number, offered).await?;
    let definitions = scores::definitions_of(s, &latest.inputs).await?;
    let verdicts = rows::verdicts(s, id).await?;
    let (citations, documents) = score_rows::citations_and_documents(s, id).await?;
    let clarifications = rows::clarifications(s, id).await?;
    let (inputs, score) = scores::live_score(&latest.inputs, &definitions, &verdicts, &citations, today)?;
    let queue = queue(
        &definitions,
        &inputs,
        &score,
        &verdicts,
        &citations,
        previous.as_ref().map(|before| &before.inputs),
    );
    Ok(Desk {
        case,
        definitions,
        inputs,
        score,
        queue,
        verdicts,
        citations,
        documents,
        clarifications,
        finished: latest.reason != SnapshotReason::Submitted,
        previous,
    })
}

/// A verdict as the form sends it.
#[derive(Clone, Debug, Default)]
pub struct GiveVerdict {
    /// `accepted`, `asked` or `adjusted`.
    pub verdict: String,
    /// Replaces the credit, such as `3/4` or `0.75`.
    pub credit: String,
    /// `partial`, `substantial` or nothing.
    pub compensating: String,
    /// What the evidence is worth, or nothing.
    pub grade: String,
    /// Why.
    pub reason: String,
    /// What to ask the vendor.
    pub text: String,
    /// Version of the verdict that the form was made from; 0 when there was none.
    pub version: i64,
    /// Revision of the answer that the form showed.
    pub answer_rev: i64,
}

/// Judges one answer. The first verdict starts the review. Gives the next question without a verdict, if there is one.
///
/// # Errors
/// [`UseCaseError::Invalid`] with every fault; [`UseCaseError::VersionConflict`] when somebody else judged this answer
/// in between, or the answer changed; [`UseCaseError::StateConflict`] when the assessment is not under review.
pub async fn give_verdict(
    ctx: &Ctx,
    id: AssessmentId,
    question: &str,
    input: GiveVerdict,
) -> Result<Option<String>> {
    ctx.require(Permission::Review)?;
    let mut tx = ctx.begin_write().await?;
    let desk = desk_in(&tx, id, ctx.today()).await?;
    let position =
        desk.queue.iter().position(|item| item.question == question).ok_or(UseCaseError::NotFound)?;
    let mut assessment = desk.case.assessment.clone();
    refuse_unless_reviewable(&assessment)?;
    let existing = desk.verdicts.iter().find(|verdict| verdict.question == question);
    let rev = desk.inputs.revision(question);
    if existing.map_or(0, |verdict| verdict.version) != input.version || rev != input.answer_rev {
        return Err(UseCaseError::VersionConflict(None));
    }
    let asked = desk.definitions.question(question).ok_or(UseCaseError::NotFound)?;
    let read = read_verdict(&desk, asked, &input)?;
    let now = ctx.now();
    let verdict = Verdict {
        question: question.to_owned(),
        kind: read.kind,
        na: read.na,
        scope_accepted: read.scope_accepted,
        credit: read.credit,
        compensating: read.compensating,
        grade: read.grade,
        reason: read.reason,
        answer_rev: rev,
        decided_by: ctx.user().id,
        decided_by_name: ctx.user().name.clone(),
        decided_at: now,
        version: input.version,
    };
    let record: VerdictId = rows::save_verdict(&mut tx, ctx.id(), id, &verdict).await?;
    rows::delete_draft(&mut tx, id, question).await?;
    if let Some(text) = read.ask {
        let draft = Clarification {
            id: ctx.id(),
            assessment_id: id,
            question: question.to_owned(),
            batch: None,
            text,
            asked_by: ctx.user().id,
            asked_at: now,
            sent_at: None,
            due_on: None,
            answered_at: None,
        };
        rows::insert_clarification(&mut tx, &draft).await?;
    }
    let began = start(&mut tx, ctx, &mut assessment).await?;
    let said = json!({
        "question": question,
        "verdict": verdict.kind,
        "na": verdict.na.map(na_word),
        "scope_accepted": verdict.scope_accepted,
        "credit": verdict.credit,
        "compensating": verdict.compensating.map(compensating_word),
        "evidence": verdict.grade.map(Grade::as_str),
        "answer_rev": rev,
    });
    let given = ctx.event("review.verdict_given", "review_verdict", record).on_assessment(id).after(said);
    tx.commit_all(began.into_iter().chain([given]).collect()).await?;
    let open = |item: &&QueueItem| item.question != question && item.open();
    let next = desk.queue[position..].iter().find(open).or_else(|| desk.queue.iter().find(open));
    Ok(next.map(|item| item.question.clone()))
}

pub(super) fn refuse_unless_reviewable(assessment: &Assessment) -> Result<()> {
    match assessment.state {
        AssessmentState::Submitted | AssessmentState::InReview => Ok(()),
        AssessmentState::Decided => Err(UseCaseError::conflict(
            "The decision is recorded. Reopen the assessment to judge answers again.",
        )),
        state => Err(UseCaseError::conflict(format!(
            "Answers can be judged once the vendor has handed them in. The assessment is now {}.",
            state.label().to_lowercase()
        ))),
    }
}

/// Starts the review before the first verdict, so that the vendor can no longer be let amend.
///
/// # Errors
/// [`UseCaseError::StateConflict`] unless the assessment is submitted or in review.
pub async fn start_review(ctx: &Ctx, id: AssessmentId) -> Result<()> {
    ctx.require(Permission::Review)?;
    let mut tx = ctx.begin_write().await?;
    let mut assessment = assessments::load(&tx, id).await?;
    refuse_unless_reviewable(&assessment)?;
    if let Some(began) = start(&mut tx, ctx, &mut assessment).await? {
        tx.commit(began).await?;
    }
    Ok(())
}

/// From submitted to in review, with what the trail is told of it; nothing when the review goes on already.
pub(super) async fn start(
    tx: &mut WriteTx,
    ctx: &Ctx,
    assessment: &mut Assessment,
) -> Result<Option<AuditEvent>> {
    if assessment.state != AssessmentState::Submitted {
        return Ok(None);
    }
    assessment.state = assessment.state.after(AssessmentEvent::StartReview)?;
    store::assessments::update(tx, assessment).await?;
    assessment.version += 1;
    let id = assessment.id;
    Ok(Some(ctx.event("assessment.review_started", "assessment", id).on_assessment(id)))
}

/// Ends the review: the score is stored as a snapshot, from which findings are proposed. Can be repeated.
///
/// # Errors
/// [`UseCaseError::StateConflict`] when the assessment is not under review.
pub async fn finish_review(ctx: &Ctx, id: AssessmentId) -> Result<()> {
    ctx.require(Permission::Review)?;
    let mut tx = ctx.begin_write().await?;
    let mut assessment = assessments::load(&tx, id).await?;
    refuse_unless_reviewable(&assessment)?;
    let began = start(&mut tx, ctx, &mut assessment).await?;
    let snapshot = scores::retake(&mut tx, ctx, &assessment, SnapshotReason::Review).await?;
    let event = ctx.event("review.finished", "assessment", id).on_assessment(id);
    let finished = event.after(json!({"snapshot": snapshot.uuid()}));
    tx.commit_all(began.into_iter().chain([finished]).collect()).await?;
    Ok(())
}
