//! Accepting several answers of a section in one decision: those that are unchanged, evidenced and of little effect.

use super::{
    Ctx, Result, UseCaseError,
    error::Faults,
    reviews::{Desk, desk_in, refuse_unless_reviewable, start},
};
use crate::{
    domain::{
        Permission,
        ids::{AssessmentId, VerdictId},
        review::{QueueItem, Verdict, VerdictKind, acceptable_together},
    },
    store::reviews as rows,
};
use questionnaires::answering::Grade;
use serde_json::json;

/// What a form accepts together.
#[derive(Clone, Debug, Default)]
pub struct AcceptTogether {
    /// The section's key, as [`QueueItem::section_key`].
    pub section: String,
    /// The questions that were ticked, each with the revision of the answer that the form showed.
    pub answers: Vec<(String, i64)>,
    /// `accepted` when the evidence was read and supports the answers; nothing when it was not judged.
    pub grade: String,
}

impl Desk {
    /// The answers of a section that can be accepted together.
    #[must_use]
    pub fn acceptable_together(&self, section_key: &str) -> Vec<&QueueItem> {
        acceptable_together(&self.queue, &self.inputs, &self.citations, section_key)
    }
}

/// Accepts them all or none, and says how many. The first verdicts start the review.
///
/// # Errors
/// [`UseCaseError::Invalid`] when nothing is ticked or the grade is another; [`UseCaseError::VersionConflict`] when one
/// of them cannot be accepted so any more; [`UseCaseError::StateConflict`] when the assessment is not under review.
pub async fn accept_together(ctx: &Ctx, id: AssessmentId, input: AcceptTogether) -> Result<usize> {
    ctx.require(Permission::Review)?;
    let mut faults = Faults::default();
    if input.answers.is_empty() {
        faults.add("question", "required", "Tick at least one answer");
    }
    let grade = match input.grade.as_str() {
        "" => None,
        word if word == Grade::Accepted.as_str() => Some(Grade::Accepted),
        _ => {
            faults.add("grade", "unknown_option", "Choose what the evidence is worth from the list");
            None
        }
    };
    faults.finish()?;
    let mut tx = ctx.begin_write().await?;
    let desk = desk_in(&tx, id, ctx.today()).await?;
    let mut assessment = desk.case.assessment.clone();
    refuse_unless_reviewable(&assessment)?;
    let eligible = desk.acceptable_together(&input.section);
    for (question, rev) in &input.answers {
        let there = eligible.iter().any(|item| item.question == *question);
        if !there || desk.inputs.revision(question) != *rev {
            return Err(UseCaseError::VersionConflict(None));
        }
    }
    for (question, rev) in &input.answers {
        let verdict = Verdict {
            question: question.clone(),
            kind: VerdictKind::Accepted,
            na: None,
            scope_accepted: false,
            credit: None,
            compensating: None,
            grade,
            reason: None,
            answer_rev: *rev,
            decided_by: ctx.user().id,
            decided_by_name: ctx.user().name.clone(),
            decided_at: ctx.now(),
            version: 0,
        };
        let _: VerdictId = rows::save_verdict(&mut tx, ctx.id(), id, &verdict).await?;
    }
    let began = start(&mut tx, ctx, &mut assessment).await?;
    let said = json!({
        "section": input.section,
        "questions": input.answers.iter().map(|(question, _)| question).collect::<Vec<_>>(),
        "evidence": grade.map(Grade::as_str),
    });
    let event = ctx.event("review.section_accepted", "assessment", id).on_assessment(id).after(said);
    tx.commit_all(began.into_iter().chain([event]).collect()).await?;
    Ok(input.answers.len())
}
