//! Carrying answers forward: what a vendor handed in before is offered again, and a respondent uses it answer by answer
//! or section by section. Nothing is carried that nobody has confirmed.

use super::{
    Result, UseCaseError,
    answers::{self, SaveAnswer},
    ctx::PortalCtx,
    library::Kept,
    scores::definitions_of,
};
use crate::{
    domain::{
        earlier::Earlier,
        ids::{AssessmentId, TenantId},
        sheet::Sheet,
    },
    store::{Scoped, answers as store, reassessments, saved_answers},
};
use std::sync::Arc;

/// What assessments offer again; it never changes after they were sent.
static EARLIER: Kept<(TenantId, AssessmentId), Arc<Earlier>> = Kept::at_most(256);

/// The earlier answers that this sheet offers, if any. No statement once they were read in this process.
///
/// # Errors
/// When the database does not answer.
pub async fn earlier(ctx: &PortalCtx, sheet: &Sheet) -> Result<Option<Arc<Earlier>>> {
    earlier_in(ctx.scope(), sheet).await
}

async fn earlier_in(s: &impl Scoped, sheet: &Sheet) -> Result<Option<Arc<Earlier>>> {
    let about = &sheet.rows.assessment;
    if !about.reassesses {
        return Ok(None);
    }
    let key = (s.tenant_id(), about.id);
    if let Some(kept) = EARLIER.get(&key) {
        return Ok(Some(kept));
    }
    let Some(before) = reassessments::offered(s, about.id).await? else { return Ok(None) };
    let definitions = definitions_of(s, &before.inputs).await?;
    let asked: Vec<_> = sheet.rows.questionnaires.iter().map(|asked| asked.definition.as_ref()).collect();
    let (then, answers) = (&definitions.questionnaires, &before.inputs.answers);
    let found = Arc::new(Earlier::new(before.submitted_at, before.service, then, answers, &asked));
    EARLIER.keep(key, Arc::clone(&found));
    Ok(Some(found))
}

/// Saves the earlier answer to one question, as a form would.
///
/// # Errors
/// As [`answers::save`]; [`UseCaseError::StateConflict`] when there is none to use.
pub async fn use_one(ctx: &PortalCtx, question: &str, rev: i64, mutation: &str) -> Result<()> {
    let sheet = answers::open(ctx).await?;
    let earlier = earlier(ctx, &sheet).await?;
    let offered = earlier.as_ref().and_then(|earlier| earlier.offered(&sheet, question));
    let Some(typed) = offered.map(|offered| offered.typed.clone()) else {
        let words = "There is no earlier answer to use here. It may have been answered in the meantime.";
        return Err(UseCaseError::conflict(words));
    };
    let save = SaveAnswer { question: question.to_owned(), rev, mutation: mutation.to_owned(), typed };
    answers::save(ctx, save).await?;
    Ok(())
}

/// Saves the earlier answers to everything in a section that has none yet, follow-up questions included, and gives how
/// many these are. What no longer fits stays open.
///
/// # Errors
/// [`UseCaseError::NotFound`] for a section that is not asked; [`UseCaseError::AlreadySubmitted`] or
/// [`UseCaseError::StateConflict`] when nothing can be answered now.
pub async fn use_section(ctx: &PortalCtx, questionnaire: &str, section: &str) -> Result<usize> {
    let id = ctx.assessment();
    let mut tx = ctx.begin_write().await?;
    let state = store::lock(&tx, id).await?;
    let mut used = 0;
    // An answer may open follow-up questions, so the section is looked at until nothing is left to use.
    loop {
        let sheet = answers::load(&tx, id, ctx.today()).await?;
        let at = sheet.section_at(questionnaire, section);
        let place = at.and_then(|at| sheet.sections.get(at)).ok_or(UseCaseError::NotFound)?;
        let Some(first) = place.questions.first() else { break };
        answers::require_open(&tx, id, state, [&first.id]).await?;
        let Some(earlier) = earlier_in(&tx, &sheet).await? else { break };
        let before = used;
        for question in earlier.offered_in(&sheet, place) {
            let offered = sheet.question(question).zip(earlier.offered(&sheet, question));
            let Some((asked, typed)) = offered.map(|(asked, one)| (asked, one.typed.clone())) else {
                continue;
            };
            let Ok(read) = typed.read(asked, ctx.today()) else { continue };
            let rev = sheet.answer(question).map_or(0, |row| row.rev);
            let mutation = ctx.services().surroundings.uuid().to_string();
            let save = SaveAnswer { question: question.to_owned(), rev, mutation, typed };
            saved_answers::append(&mut tx, answers::revision(ctx, &save, &read, state)).await?;
            used += 1;
        }
        if used == before {
            break;
        }
    }
    if used > 0 {
        answers::begin_answering(&mut tx, id, state).await?;
        tx.commit_answer().await?;
    }
    Ok(used)
}
