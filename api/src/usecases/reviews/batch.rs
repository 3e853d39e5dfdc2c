//! Questions that go back to the vendor: all of them in one batch, one mail and one due day.

use super::MAX_WORDS;
use crate::{
    domain::{
        Permission,
        answer::day,
        assessment::{AssessmentEvent, InvitationState},
        due,
        ids::{AssessmentId, ClarificationId},
        job::Job,
        remediation::Clarification,
        respondent::Invitation,
    },
    store::{self, reviews as rows},
    usecases::{
        Ctx, Result, UseCaseError, assessments, deliveries,
        error::Faults,
        respondents::{active_leads, refuse_unreachable},
    },
};
use chrono::NaiveDate;
use serde_json::json;

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
    let job = |invitation| Job::MailClarifications { assessment: id, invitation, clarification: first };
    let occasion = format!("clarifications:{batch}");
    deliveries::tell_respondents(&mut tx, ctx.services(), &recipients, job, &occasion).await?;
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
