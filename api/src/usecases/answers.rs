//! Answering: the sheet of one assessment, and saving one answer of it without ever overwriting another's.

use super::{
    Result, UseCaseError,
    ctx::PortalCtx,
    error::{CurrentAnswer, FieldError},
    library,
};
use crate::{
    domain::{
        answer::{ReadAnswer, TypedAnswer},
        assessment::{AssessmentEvent, AssessmentState},
        ids::AssessmentId,
        sheet::{AnswerRow, Asked, Openness, Sheet, SheetRows, openness},
    },
    store::{
        Scoped, StoreError, WriteTx, answers as store, evidence,
        saved_answers::{self, Revision},
    },
};
use chrono::NaiveDate;
use std::sync::Arc;

/// The sheet as it is now: five statements.
///
/// # Errors
/// [`UseCaseError::NotFound`] when the assessment is gone.
pub async fn open(ctx: &PortalCtx) -> Result<Sheet> {
    load(ctx.scope(), ctx.assessment(), ctx.today()).await
}

/// The sheet, inside or outside a transaction. Clarifications exist only after the first hand-in, and sections are
/// called ready only before it, so one of the two is read.
pub(super) async fn load(s: &impl Scoped, id: AssessmentId, today: NaiveDate) -> Result<Sheet> {
    let assessment = store::assessment(s, id).await?.ok_or(UseCaseError::NotFound)?;
    let before = assessment.submission_number == 0;
    let rows = SheetRows {
        questionnaires: asked(s, id).await?,
        answers: store::answers(s, id).await?,
        evidence: evidence::of_assessment(s, id).await?,
        ready: if before { store::ready(s, id).await? } else { Vec::new() },
        clarifications: if before { Vec::new() } else { store::clarifications(s, id).await? },
        assessment,
    };
    Ok(Sheet::new(rows, today))
}

async fn asked(s: &impl Scoped, id: AssessmentId) -> Result<Vec<Asked>> {
    let pinned = library::pinned_when_sent(s, id).await?;
    let vendor = pinned.iter().filter(|one| one.asks_vendor());
    Ok(vendor.map(|one| Asked { definition: Arc::clone(&one.definition) }).collect())
}

/// One answer as a form sends it.
#[derive(Clone, Debug)]
pub struct SaveAnswer {
    /// Which question.
    pub question: String,
    /// The revision that the form was made from; 0 before the first save. A negative one matches none.
    pub rev: i64,
    /// Made with the form: the same form sent twice is one save.
    pub mutation: String,
    /// The content.
    pub typed: TypedAnswer,
}

/// Saves one answer and gives its revision. Nothing is written when the content is what is stored already, or when
/// the same form was saved before. One statement in the plain case, once what is asked has been read.
///
/// # Errors
/// [`UseCaseError::VersionConflict`] with the stored answer when somebody else saved in between;
/// [`UseCaseError::Invalid`] with every fault; [`UseCaseError::AlreadySubmitted`] or [`UseCaseError::StateConflict`]
/// when the question is not open; [`UseCaseError::NotFound`] when it is not asked.
pub async fn save(ctx: &PortalCtx, input: SaveAnswer) -> Result<i64> {
    let questionnaires = asked(ctx.scope(), ctx.assessment()).await?;
    let question = questionnaires.iter().find_map(|asked| asked.definition.question(&input.question));
    let question = question.ok_or(UseCaseError::NotFound)?;
    check_mutation(&input.mutation)?;
    let read = input.typed.read(question, ctx.today()).map_err(|faults| {
        let fault = |fault: crate::domain::answer::AnswerFault| {
            FieldError::new(fault.field, fault.code, fault.message)
        };
        UseCaseError::Invalid(faults.into_iter().map(fault).collect())
    })?;
    if let Some(rev) = save_plainly(ctx, &input, &read).await? {
        return Ok(rev);
    }
    save_holding_the_assessment(ctx, &input, &read).await
}

/// Saves in the plain case, with one statement that checks what it relies on: something was answered before, and the
/// form was made from the answer that is stored, which is another one. Nothing is written otherwise.
async fn save_plainly(ctx: &PortalCtx, input: &SaveAnswer, read: &ReadAnswer) -> Result<Option<i64>> {
    let nothing_new = input.rev == 0 && holds(None, read);
    if nothing_new || input.rev < 0 {
        return Ok(None);
    }
    let new = revision(ctx, input, read, AssessmentState::InProgress);
    let rev = new.rev;
    let wrote = saved_answers::save(ctx.scope(), new).await.map_err(form_was_saved_before)?;
    Ok(wrote.then_some(rev))
}

/// Saves with nobody else writing in between, so that every outcome can be told apart.
async fn save_holding_the_assessment(ctx: &PortalCtx, input: &SaveAnswer, read: &ReadAnswer) -> Result<i64> {
    let id = ctx.assessment();
    let mut tx = ctx.scope().begin_write().await?;
    let state = store::lock(&tx, id).await?;
    let current = store::answer(&tx, id, &input.question).await?;
    let stored_rev = revision_of(current.as_ref());
    let same = holds(current.as_ref(), read);
    if stored_rev != input.rev && !same {
        let replayed = store::replayed(&tx, id, &input.mutation).await?;
        if let Some((_, rev)) = replayed.filter(|(question, _)| *question == input.question) {
            return Ok(rev);
        }
    }
    require_open(&tx, id, state, [&input.question]).await?;
    if same && input.rev >= 0 {
        return Ok(stored_rev);
    }
    if stored_rev != input.rev {
        return Err(UseCaseError::VersionConflict(current.map(|row| Box::new(current_answer(ctx, row)))));
    }
    let new = revision(ctx, input, read, state);
    let rev = new.rev;
    saved_answers::append(&mut tx, new).await.map_err(form_was_saved_before)?;
    begin_answering(&mut tx, id, state).await?;
    tx.commit_answer().await?;
    Ok(rev)
}

/// The revision that a form must be made from; 0 before the first save.
fn revision_of(current: Option<&AnswerRow>) -> i64 {
    current.map_or(0, |row| row.rev)
}

/// Whether this is what is stored.
fn holds(current: Option<&AnswerRow>, read: &ReadAnswer) -> bool {
    match current {
        Some(row) => row.value == read.value && row.note == read.note,
        None => read.value.is_none() && read.note.is_none(),
    }
}

pub(super) fn revision(
    ctx: &PortalCtx,
    input: &SaveAnswer,
    read: &ReadAnswer,
    state: AssessmentState,
) -> Revision {
    let surroundings = &ctx.services().surroundings;
    Revision {
        answer_id: surroundings.uuid(),
        id: surroundings.uuid(),
        assessment: ctx.assessment(),
        state,
        question: input.question.clone(),
        rev: input.rev + 1,
        value: read.value.clone(),
        note: read.note.clone(),
        mutation: input.mutation.clone(),
        by: ctx.respondent().id,
        at: ctx.now(),
    }
}

/// The mutation id is in use for something else: this form was saved before and changed since.
fn form_was_saved_before(error: StoreError) -> UseCaseError {
    match error {
        StoreError::Duplicate(_) => UseCaseError::IdempotencyKeyReused,
        other => other.into(),
    }
}

/// An id that a form was made with: short and plain.
pub(super) fn check_mutation(mutation: &str) -> Result<()> {
    let plain =
        !mutation.is_empty() && mutation.len() <= 64 && mutation.bytes().all(|b| b.is_ascii_graphic());
    if plain {
        Ok(())
    } else {
        Err(UseCaseError::field("mutation", "invalid", "Reload the page and try again"))
    }
}

/// Refuses unless each of these questions can be answered in this state. At most one statement.
pub(super) async fn require_open(
    tx: &impl Scoped,
    id: AssessmentId,
    state: AssessmentState,
    questions: impl IntoIterator<Item = impl AsRef<str>>,
) -> Result<()> {
    let mut asked_again = Vec::new();
    if state == AssessmentState::Returned {
        let sent = store::clarifications(tx, id).await?;
        let newest = sent.iter().map(|c| c.batch).max();
        asked_again =
            sent.into_iter().filter(|c| Some(c.batch) == newest && c.answered_at.is_none()).collect();
    }
    let asked_again: Vec<&str> = asked_again.iter().map(|c| c.question_id.as_str()).collect();
    questions.into_iter().try_for_each(|question| match openness(state, question.as_ref(), &asked_again) {
        Openness::Open => Ok(()),
        Openness::HandedIn => Err(UseCaseError::AlreadySubmitted),
        Openness::NotAsked => {
            Err(UseCaseError::conflict("Only the answers that were asked about are open now."))
        }
        Openness::Closed => Err(UseCaseError::conflict("This questionnaire is closed.")),
    })
}

/// The first saved answer or attached evidence moves the assessment on.
pub(super) async fn begin_answering(
    tx: &mut WriteTx,
    id: AssessmentId,
    state: AssessmentState,
) -> Result<()> {
    if state == AssessmentState::Sent {
        store::set_state(tx, id, state.after(AssessmentEvent::FirstSave)?).await?;
    }
    Ok(())
}

fn current_answer(ctx: &PortalCtx, row: AnswerRow) -> CurrentAnswer {
    let by = if row.saved_by.is_empty() { ctx.tenant().name.clone() } else { row.saved_by };
    CurrentAnswer { rev: row.rev, value: row.value, note: row.note, by, at: row.saved_at }
}
