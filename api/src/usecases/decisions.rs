//! Decisions: how a review ends, and how it is taken up again.

use super::{
    Ctx, FieldError, Result, UseCaseError, assessments, deliveries,
    error::Faults,
    respondents::{self, active_leads},
    reviews::{self, Desk, MAX_WORDS},
    scores,
};
use crate::{
    domain::{
        Permission,
        answer::day,
        assessment::{AssessmentEvent, Outcome},
        delivery::LinkNews,
        ids::{AssessmentId, DecisionId},
        job::Job,
        remediation::{Decision, SnapshotReason},
        review::{QueueGroup, missing_for_decision},
    },
    store::{self, decisions as rows},
};
use chrono::{Duration, Months, NaiveDate};
use questionnaires::{
    definition::Tier,
    risk::{residual::Recommendation, routing::cadence_months},
};
use serde_json::json;

/// What the decision page shows.
#[derive(Clone, Debug)]
pub struct DecisionDesk {
    /// The review with its live score.
    pub desk: Desk,
    /// The last decision, which holds while the assessment is decided.
    pub decision: Option<Decision>,
    /// When to look again, unless somebody says otherwise.
    pub next_review_on: NaiveDate,
    /// What to do with the vendor.
    pub recommendation: Option<Recommendation>,
}

/// The decision of an assessment, and what it waits for.
///
/// # Errors
/// [`UseCaseError::NotFound`]; [`UseCaseError::StateConflict`] before the first submission.
pub async fn desk(ctx: &Ctx, id: AssessmentId) -> Result<DecisionDesk> {
    let desk = reviews::desk(ctx, id).await?;
    let decision = rows::latest(ctx.scope(), id).await?;
    let next_review_on = by_cadence(ctx.today(), desk.case.assessment.tier);
    let mut recommendation = scores::recommend(&desk.inputs, &desk.score, &[]);
    if recommendation == Some(Recommendation::Stop) {
        // Only this one depends on what is accepted.
        let found = store::findings::of_assessment(ctx.scope(), id).await?;
        recommendation = scores::recommend(&desk.inputs, &desk.score, &found);
    }
    Ok(DecisionDesk { desk, decision, next_review_on, recommendation })
}

/// The day of the next review by cadence; the strictest where there is no tier.
#[must_use]
pub fn by_cadence(from: NaiveDate, tier: Option<Tier>) -> NaiveDate {
    let months = cadence_months(tier.unwrap_or(Tier::Critical));
    from.checked_add_months(Months::new(months)).unwrap_or(from)
}

/// A decision as the form sends it.
#[derive(Clone, Debug, Default)]
pub struct Decide {
    /// `approved`, `approved_with_conditions` or `declined`.
    pub outcome: String,
    /// What must be met.
    pub conditions: String,
    /// Why.
    pub summary: String,
    /// When to look again, as `2027-12-18`.
    pub next_review_on: String,
    /// Version of the assessment that the form was made from.
    pub version: i64,
}

/// Records the decision with a snapshot of the score that it rests on.
///
/// # Errors
/// [`UseCaseError::Incomplete`] while a scope question or an N/A has no verdict; [`UseCaseError::Invalid`] with every
/// fault; [`UseCaseError::StateConflict`] unless the assessment is in review.
pub async fn decide(ctx: &Ctx, id: AssessmentId, input: Decide) -> Result<()> {
    ctx.require(Permission::Decide)?;
    let mut tx = ctx.begin_write().await?;
    let desk = reviews::desk_in(&tx, id, ctx.today()).await?;
    let mut assessment = desk.case.assessment.clone();
    if assessment.version != input.version {
        return Err(UseCaseError::VersionConflict(None));
    }
    assessment.state = assessment.state.after(AssessmentEvent::Decide)?;
    let missing: Vec<FieldError> = missing_for_decision(&desk.queue)
        .map(|item| {
            let why = match item.group {
                QueueGroup::Scope => "decides what is counted",
                _ => "was answered with \"does not apply\"",
            };
            let text = format!("Question {} ({}) {why} and has no verdict yet", item.number, item.question);
            FieldError::new(item.question.clone(), "no_verdict", text)
        })
        .collect();
    if !missing.is_empty() {
        return Err(UseCaseError::Incomplete(missing));
    }
    let mut faults = Faults::default();
    let outcome = Outcome::parse(input.outcome.trim());
    if outcome.is_none() {
        faults.add("outcome", "required", "Choose an outcome");
    }
    let summary = faults.required("summary", "a summary", &input.summary, MAX_WORDS);
    let conditions = faults.optional("conditions", "the conditions", Some(&input.conditions), MAX_WORDS);
    if outcome == Some(Outcome::ApprovedWithConditions) && conditions.is_none() {
        faults.add("conditions", "required", "Say which conditions must be met");
    }
    let next_review_on = day(input.next_review_on.trim());
    if next_review_on.is_none_or(|day| day <= ctx.today()) {
        faults.add("next_review_on", "required", "Enter a date after today, such as 2027-12-18");
    }
    faults.finish()?;
    let outcome = outcome.unwrap_or(Outcome::Declined);
    let snapshot = scores::retake(&mut tx, ctx, &assessment, SnapshotReason::Decided).await?;
    let number = rows::latest(&tx, id).await?.map_or(0, |decision| decision.number) + 1;
    let decision = Decision {
        id: ctx.id::<DecisionId>(),
        number,
        outcome,
        conditions,
        summary,
        next_review_on,
        snapshot_id: Some(snapshot),
        decided_by: ctx.user().id,
        decided_by_name: ctx.user().name.clone(),
        decided_at: ctx.now(),
    };
    rows::insert(&mut tx, id, &decision).await?;
    assessment.decided_at = Some(ctx.now());
    store::assessments::update(&mut tx, &assessment).await?;
    let leads = active_leads(&tx, id).await?;
    let job = |invitation| Job::MailFindingsClosed { assessment: id, invitation };
    deliveries::tell_respondents(&mut tx, ctx.services(), &leads, job, &format!("closed:{}", decision.id))
        .await?;
    let event = ctx.event("assessment.decided", "decision", decision.id).on_assessment(id);
    tx.commit(event.after(json!({"outcome": outcome, "next_review_on": next_review_on}))).await?;
    Ok(())
}

/// Takes a decided assessment up again, with a reason. The decision stays on record.
///
/// # Errors
/// [`UseCaseError::Invalid`] without a reason; [`UseCaseError::StateConflict`] unless it is decided.
pub async fn reopen(ctx: &Ctx, id: AssessmentId, version: i64, reason: &str) -> Result<()> {
    ctx.require(Permission::Decide)?;
    let mut faults = Faults::default();
    let reason = faults.required("reason", "a reason", reason, MAX_WORDS);
    faults.finish()?;
    let mut tx = ctx.begin_write().await?;
    let mut assessment = assessments::load(&tx, id).await?;
    if assessment.version != version {
        return Err(UseCaseError::VersionConflict(None));
    }
    assessment.state = assessment.state.after(AssessmentEvent::Reopen)?;
    assessment.decided_at = None;
    // Whatever comes of it, the vendor can be asked: links that closed work again, the others go on.
    let two_weeks = ctx.now() + Duration::days(14);
    let ends_at = assessment.link_ends_at.map_or(two_weeks, |end| end.max(two_weeks));
    assessment.link_ends_at = Some(ends_at);
    store::assessments::update(&mut tx, &assessment).await?;
    respondents::extend_invitations(&mut tx, ctx.services(), id, ends_at, LinkNews::Reopened).await?;
    let event = ctx.event("assessment.reopened", "assessment", id).on_assessment(id);
    tx.commit(event.after(json!({"reason": reason}))).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_review_follows_the_tier() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        assert_eq!(by_cadence(day(2026, 11, 24), Some(Tier::High)), day(2027, 11, 24));
        assert_eq!(by_cadence(day(2026, 11, 24), Some(Tier::Low)), day(2029, 11, 24));
        assert_eq!(by_cadence(day(2026, 2, 28), Some(Tier::Medium)), day(2028, 2, 28));
    }
}
