//! Judging a submission: verdicts on answers, and questions sent back in one batch.

use super::{
    Ctx, Result, UseCaseError, assessments,
    deliveries::{self, Recipient},
    error::Faults,
    respondents::{active_leads, refuse_unreachable},
    scores,
};
use crate::{
    domain::{
        AuditEvent, Permission,
        answer::day,
        assessment::{Assessment, AssessmentEvent, AssessmentState, InvitationState},
        contradictions::{Contradiction, contradictions},
        due,
        ids::{AssessmentId, ClarificationId, Id as _, VerdictId},
        job::Job,
        remediation::{Case, Clarification, SnapshotReason},
        respondent::Invitation,
        review::{QueueGroup, QueueItem, Verdict, VerdictKind, missing_for_decision, queue, scope_questions},
        score_inputs::{
            Citation, Definitions, ScoreInputs, compensating_from_word, compensating_word, na_word,
        },
    },
    store::{
        self, WriteTx, answers as answer_rows, cases, reassessments, reviews as rows, scores as score_rows,
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use questionnaires::{
    answering::{Answer, AnswerValue, Grade, NaVerdict},
    definition::Question,
    exact::Exact,
    scoring::AssessmentScore,
};
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

/// A verdict that was read and fits its answer.
#[derive(Debug, Default)]
struct Read {
    kind: VerdictKind,
    na: Option<NaVerdict>,
    scope_accepted: bool,
    credit: Option<Exact>,
    compensating: Option<questionnaires::answering::Compensating>,
    grade: Option<Grade>,
    reason: Option<String>,
    ask: Option<String>,
}

fn read_verdict(desk: &Desk, question: &Question, input: &GiveVerdict) -> Result<Read> {
    let answer = desk.inputs.answers.get(&question.id);
    let cited = desk.citations.iter().any(|citation| citation.question == question.id);
    let scope =
        desk.definitions.questionnaires.iter().any(|q| scope_questions(q).contains(question.id.as_str()));
    read(question, answer, cited, scope, input)
}

fn read(
    question: &Question,
    answer: Option<&Answer>,
    cited: bool,
    scope: bool,
    input: &GiveVerdict,
) -> Result<Read> {
    let mut faults = Faults::default();
    let is_na = matches!(answer.and_then(|a| a.value.as_ref()), Some(AnswerValue::NotApplicable { .. }));
    let answered = answer.is_some_and(|a| a.substantive().is_some());
    let mut read = Read {
        reason: faults.optional("reason", "the reason", Some(&input.reason), MAX_WORDS),
        ..Read::default()
    };
    match VerdictKind::parse(input.verdict.trim()) {
        None => faults.add("verdict", "required", "Choose a verdict"),
        Some(VerdictKind::Accepted) => {
            read.kind = VerdictKind::Accepted;
            read.na = is_na.then_some(NaVerdict::Accepted);
            read.scope_accepted = scope;
        }
        Some(VerdictKind::Asked) => {
            read.kind = VerdictKind::Asked;
            read.ask = Some(faults.required("text", "what to ask the vendor", &input.text, MAX_WORDS));
        }
        Some(VerdictKind::Adjusted) => {
            read.kind = VerdictKind::Adjusted;
            if read.reason.is_none() {
                faults.add("reason", "required", "Say why it counts otherwise");
            }
            if is_na {
                read.na = Some(NaVerdict::Rejected);
            } else if question.is_scored() && answered {
                adjustment(&mut faults, input, &mut read);
            } else if !scope {
                let text =
                    "Only the answer to a scored question can be adjusted; accept it or ask the vendor";
                faults.add("verdict", "not_adjustable", text);
            }
        }
    }
    if let Some(word) = Some(input.grade.trim()).filter(|word| !word.is_empty()) {
        match Grade::from_word(word) {
            None => faults.add("grade", "unknown_option", "Choose a grade from the list"),
            Some(_) if !answered => {
                faults.add("grade", "not_answered", "There is no answer that evidence could support")
            }
            Some(Grade::Accepted | Grade::Independent | Grade::Supplied) if !cited => {
                faults.add(
                    "grade",
                    "no_evidence",
                    "No evidence is cited for this answer; ask the vendor for it",
                );
            }
            Some(Grade::Rejected) if read.reason.is_none() => {
                faults.add("reason", "required", "Say how the evidence contradicts the answer");
            }
            Some(grade) => read.grade = Some(grade),
        }
    }
    faults.finish()?;
    Ok(read)
}

fn adjustment(faults: &mut Faults, input: &GiveVerdict, read: &mut Read) {
    let typed = input.credit.trim();
    if !typed.is_empty() {
        match credit(typed) {
            Some(credit) => read.credit = Some(credit),
            None => {
                faults.add("credit", "not_a_credit", "Write a credit between 0 and 1, such as 3/4 or 0.75")
            }
        }
    }
    let word = input.compensating.trim();
    if !word.is_empty() {
        read.compensating = compensating_from_word(word);
        if read.compensating.is_none() {
            faults.add("compensating", "unknown_option", "Choose partial or substantial");
        }
    }
    if typed.is_empty() && word.is_empty() {
        faults.add("credit", "required", "Enter a credit or choose a compensating control");
    }
}

/// A credit in [0, 1] as a reviewer writes it: a fraction or a decimal of at most twelve characters.
#[must_use]
pub fn credit(text: &str) -> Option<Exact> {
    let plain = text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'/' | b'.'));
    let credit: Exact = if plain { text.parse().ok()? } else { return None };
    (credit >= Exact::zero() && credit <= Exact::one()).then_some(credit)
}

/// The batch as the form sends it.
#[derive(Clone, Debug, Default)]
pub struct ReturnToVendor {
    /// The question to the vendor, by id of its draft. A blank text leaves the draft out of the batch.
    pub texts: Vec<(ClarificationId, String)>,
    /// Until when, as `2026-12-18`.
    pub due_on: String,
    /// Version of the assessment that the form was made from.
    pub version: i64,
}

/// Sends the drafts back in one batch: only the questioned answers are open to the vendor then.
///
/// # Errors
/// [`UseCaseError::Invalid`] with every fault; [`UseCaseError::StateConflict`] when there is nothing to ask, or the
/// assessment is not in review.
pub async fn return_to_vendor(ctx: &Ctx, id: AssessmentId, input: ReturnToVendor) -> Result<()> {
    ctx.require(Permission::Review)?;
    let mut tx = ctx.begin_write().await?;
    let mut assessment = assessments::load(&tx, id).await?;
    if assessment.version != input.version {
        return Err(UseCaseError::VersionConflict(None));
    }
    let state = assessment.state.after(AssessmentEvent::Return)?;
    let clarifications = rows::clarifications(&tx, id).await?;
    let batch = clarifications.iter().filter_map(|one| one.batch).max().unwrap_or(0) + 1;
    let mut faults = Faults::default();
    let due_on = read_due(&mut faults, &input.due_on, ctx.today());
    let mut sent = Vec::new();
    for draft in clarifications.into_iter().filter(|one| one.batch.is_none()) {
        let typed =
            input.texts.iter().find(|(id, _)| *id == draft.id).map_or(draft.text.as_str(), |(_, text)| text);
        let name = format!("text.{}", draft.id);
        let text =
            faults.required(&name, "what to ask the vendor, or withdraw the question", typed, MAX_WORDS);
        sent.push(Clarification { batch: Some(batch), text, sent_at: Some(ctx.now()), due_on, ..draft });
    }
    faults.finish()?;
    let (Some(first), Some(due_on)) = (sent.first().map(|one| one.id), due_on) else {
        return Err(UseCaseError::conflict(
            "No question is waiting to be sent. Ask one on the review page first.",
        ));
    };
    let recipients = active_leads(&tx, id).await?;
    refuse_unreachable(&tx, &recipients).await?;
    for clarification in &sent {
        rows::send_clarification(&mut tx, clarification).await?;
    }
    let ends =
        due::link_end(ctx.tenant().zone, assessment.sent_at.unwrap_or_else(|| ctx.now()), due_on, ctx.now());
    let ends = assessment.link_ends_at.map_or(ends, |before| before.max(ends));
    let before = json!({"due_on": assessment.due_on});
    // From now on the vendor owes the replies, so their day is the day that counts.
    assessment.due_on = due_on;
    assessment.state = state;
    assessment.link_ends_at = Some(ends);
    store::assessments::update(&mut tx, &assessment).await?;
    // Helpers are not told, and their links last as long.
    for invitation in store::respondents::invitations(&tx, id).await? {
        if invitation.state == InvitationState::Active && invitation.ends_at < ends {
            let longer = Invitation { ends_at: ends, ..invitation };
            store::respondents::update_invitation(&mut tx, &longer).await?;
        }
    }
    for (respondent, invitation) in recipients {
        let job = Job::MailClarifications { assessment: id, invitation: invitation.id, clarification: first };
        let dedup = format!("clarifications:{}:{batch}", invitation.id);
        deliveries::queue_mail(
            &mut tx,
            ctx.services(),
            &job,
            &Recipient::respondent(&respondent),
            Some(dedup),
        )
        .await?;
    }
    let event = ctx
        .event("assessment.returned", "assessment", id)
        .on_assessment(id)
        .before(before)
        .after(json!({"batch": batch, "questions": sent.len(), "due_on": due_on}));
    tx.commit(event).await?;
    Ok(())
}

fn read_due(faults: &mut Faults, typed: &str, today: NaiveDate) -> Option<NaiveDate> {
    let Some(day) = day(typed.trim()) else {
        faults.add("due_on", "required", "Enter a date such as 2026-12-18");
        return None;
    };
    if day < today || (day - today).num_days() > 100 {
        faults.add("due_on", "out_of_range", "Choose a day from today on, at most 100 days ahead");
        return None;
    }
    Some(day)
}

/// Takes back a question that was not sent yet, with its verdict.
///
/// # Errors
/// [`UseCaseError::NotFound`].
pub async fn withdraw_question(ctx: &Ctx, id: AssessmentId, draft: ClarificationId) -> Result<()> {
    ctx.require(Permission::Review)?;
    let mut tx = ctx.begin_write().await?;
    let found =
        rows::clarifications(&tx, id).await?.into_iter().find(|one| one.id == draft && one.batch.is_none());
    let found = found.ok_or(UseCaseError::NotFound)?;
    rows::delete_draft(&mut tx, id, &found.question).await?;
    rows::delete_asked_verdict(&mut tx, id, &found.question).await?;
    let event = ctx.event("review.question_withdrawn", "clarification", draft).on_assessment(id);
    tx.commit(event.after(json!({"question": found.question}))).await?;
    Ok(())
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

#[expect(clippy::derivable_impls, reason = "the macro that makes the enum knows no default")]
impl Default for VerdictKind {
    fn default() -> Self {
        Self::Accepted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usecases::FieldError;

    fn question(weight: u8) -> Question {
        Question { id: "Q1".into(), weight, na: Some("Why?".into()), ..Question::default() }
    }
    fn form(verdict: &str) -> GiveVerdict {
        GiveVerdict { verdict: verdict.into(), ..GiveVerdict::default() }
    }
    fn codes(result: Result<Read>) -> Vec<(String, &'static str)> {
        match result {
            Err(UseCaseError::Invalid(faults)) => {
                faults.into_iter().map(|FieldError { pointer, code, .. }| (pointer, code)).collect()
            }
            other => panic!("expected faults, got {other:?}"),
        }
    }

    #[test]
    fn credits_are_fractions_or_decimals_between_0_and_1() {
        assert_eq!(credit("3/4"), Some(Exact::ratio(3, 4)));
        assert_eq!(credit("0.75"), Some(Exact::ratio(3, 4)));
        assert_eq!(credit("1"), Some(Exact::one()));
        for bad in ["", "1.1", "-1", "5/4", "1/0", "abc", "1e0", "0.1234567890123"] {
            assert_eq!(credit(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_adjustment_needs_a_reason_and_something_to_adjust() {
        let answer = Answer::one("full");
        let faults = codes(read(&question(5), Some(&answer), false, false, &form("adjusted")));
        assert_eq!(faults, [("reason".to_owned(), "required"), ("credit".to_owned(), "required")]);
        let good = GiveVerdict { credit: "1/2".into(), reason: "older".into(), ..form("adjusted") };
        assert_eq!(
            read(&question(5), Some(&answer), false, false, &good).unwrap().credit,
            Some(Exact::ratio(1, 2))
        );
        // Nothing was answered: there is nothing to adjust.
        assert_eq!(
            codes(read(&question(5), None, false, false, &good)),
            [("verdict".to_owned(), "not_adjustable")]
        );
    }

    #[test]
    fn accepting_an_na_accepts_it_and_adjusting_it_rejects_it_with_a_reason() {
        let na = Answer::na("no staff");
        assert_eq!(
            read(&question(5), Some(&na), false, false, &form("accepted")).unwrap().na,
            Some(NaVerdict::Accepted)
        );
        let rejected = GiveVerdict { reason: "they have staff".into(), ..form("adjusted") };
        assert_eq!(
            read(&question(5), Some(&na), false, false, &rejected).unwrap().na,
            Some(NaVerdict::Rejected)
        );
    }

    #[test]
    fn a_scope_answer_is_accepted_or_kept_wide() {
        let answer = Answer::one("narrow");
        assert!(read(&question(0), Some(&answer), false, true, &form("accepted")).unwrap().scope_accepted);
        let wide = GiveVerdict { reason: "the contract says more".into(), ..form("adjusted") };
        assert!(!read(&question(0), Some(&answer), false, true, &wide).unwrap().scope_accepted);
    }

    #[test]
    fn evidence_is_graded_only_where_there_is_some() {
        let answer = Answer::one("full");
        let graded = |grade: &str| GiveVerdict { grade: grade.into(), ..form("accepted") };
        assert_eq!(
            codes(read(&question(5), Some(&answer), false, false, &graded("accepted")))[0].1,
            "no_evidence"
        );
        assert_eq!(
            read(&question(5), Some(&answer), true, false, &graded("independent")).unwrap().grade,
            Some(Grade::Independent)
        );
        assert_eq!(codes(read(&question(5), Some(&answer), true, false, &graded("rejected")))[0].0, "reason");
        assert_eq!(codes(read(&question(5), None, true, false, &graded("accepted")))[0].1, "not_answered");
    }

    #[test]
    fn asking_needs_a_question() {
        assert_eq!(
            codes(read(&question(5), None, false, false, &form("asked"))),
            [("text".to_owned(), "required")]
        );
    }
}
