//! The intake: sixteen answers about a service's planned use, from which tier, facts and questionnaires follow.

use super::{Ctx, FieldError, Result, UseCaseError, error::Faults, library};
use crate::{
    domain::{
        Permission,
        ids::{IntakeId, ServiceId, VendorId},
        intake::{Intake, OverrideEffect, TierOverride, override_effect},
        user::User,
        vendor::{Service, Vendor, VendorState},
    },
    store,
};
use questionnaires::{
    answering::{Answers, Facts, firing_checks},
    definition::{Check, Questionnaire, Tier},
    risk::{
        intake::read_intake,
        routing::{Suggestion, cadence_months, suggest},
    },
};
use serde_json::json;

/// A service with its intake and what follows from it.
#[derive(Clone, Debug)]
pub struct ServiceIntake {
    /// Whose.
    pub vendor: Vendor,
    /// About what.
    pub service: Service,
    /// The questions.
    pub questions: &'static Questionnaire,
    /// The current answers, if it was answered.
    pub intake: Option<Intake>,
    /// What to ask the vendor, and why.
    pub suggestions: Vec<Suggestion>,
    /// Contradictions among the answers.
    pub checks: Vec<&'static Check>,
    /// Months until the next reassessment.
    pub cadence_months: Option<u32>,
    /// Users, for names.
    pub users: Vec<User>,
}

/// The intake of a service.
///
/// # Errors
/// [`UseCaseError::NotFound`].
pub async fn view(ctx: &Ctx, service: ServiceId) -> Result<ServiceIntake> {
    ctx.require(Permission::Read)?;
    let s = ctx.scope();
    let service = store::vendors::service(s, service).await?.ok_or(UseCaseError::NotFound)?;
    let vendor = store::vendors::vendor(s, service.vendor_id).await?.ok_or(UseCaseError::NotFound)?;
    let intake = store::intakes::current(s, service.id).await?;
    let users = store::accounts::users(s).await?;
    let questions = library::intake()?;
    let suggestions = intake.as_ref().map(suggestions).unwrap_or_default();
    let checks = intake
        .as_ref()
        .map(|intake| firing_checks(questions, &intake.answers, &Facts::new(), None))
        .unwrap_or_default();
    let cadence_months = intake.as_ref().map(|intake| cadence_months(intake.tier));
    Ok(ServiceIntake { vendor, service, questions, intake, suggestions, checks, cadence_months, users })
}

/// The questionnaires that an intake suggests with the tier in force, each with its reason.
#[must_use]
pub fn suggestions(intake: &Intake) -> Vec<Suggestion> {
    suggest(intake.tier, &intake.points, &intake.facts)
}

/// Answers the intake of a service. Answering again makes a new intake; an override of the old one ends with it.
///
/// # Errors
/// [`UseCaseError::Invalid`] with every question that needs an answer; [`UseCaseError::StateConflict`] for an archived
/// vendor.
pub async fn answer(ctx: &Ctx, service: ServiceId, answers: Answers) -> Result<IntakeId> {
    ctx.require(Permission::AnswerIntake)?;
    let questions = library::intake()?;
    let read = read_intake(questions, &answers).map_err(|faults| {
        let field = |fault: questionnaires::answering::Fault| {
            let question = fault.path.split('.').next().unwrap_or_default().to_owned();
            let number = questions.questions().position(|(_, q)| q.id == question).map_or(0, |at| at + 1);
            FieldError::new(question, "invalid", format!("Question {number}: {}", fault.message))
        };
        UseCaseError::Invalid(faults.into_iter().map(field).collect())
    })?;
    let mut tx = ctx.begin_write().await?;
    let (vendor, _) = active_service(&tx, service).await?;
    let before = store::intakes::current(&tx, service).await?;
    let inherent = read.inherent;
    let intake = Intake {
        id: ctx.id(),
        service_id: service,
        number: before.as_ref().map_or(1, |intake| intake.number + 1),
        points: read.points,
        facts: read.facts,
        inherent_exact: inherent.score.to_string(),
        inherent_tenths: i32::try_from(inherent.score.r1_tenths()).map_err(UseCaseError::internal)?,
        computed_tier: inherent.tier,
        floors: inherent.floors,
        tier: inherent.tier,
        tier_override: None,
        answered_by: ctx.user().id,
        answered_at: ctx.now(),
        version: 1,
        answers,
    };
    store::intakes::insert(&mut tx, &intake).await?;
    let mut event = ctx
        .event("intake.answered", "intake", intake.id)
        .after(json!({"service": service, "vendor": vendor, "number": intake.number, "tier": intake.tier, "inherent": intake.inherent_exact}));
    if let Some(before) = before {
        event = event.before(json!({"number": before.number, "tier": before.tier}));
    }
    tx.commit(event).await?;
    Ok(intake.id)
}

async fn active_service(tx: &store::WriteTx, service: ServiceId) -> Result<(VendorId, Service)> {
    let service = store::vendors::service(tx, service).await?.ok_or(UseCaseError::NotFound)?;
    let vendor = store::vendors::vendor(tx, service.vendor_id).await?.ok_or(UseCaseError::NotFound)?;
    if vendor.state == VendorState::Archived {
        return Err(UseCaseError::conflict("This vendor is archived."));
    }
    Ok((vendor.id, service))
}

/// Asks for another tier. A higher one holds at once; a lower one waits for a second user.
///
/// # Errors
/// [`UseCaseError::Invalid`] without a reason or for the computed tier; [`UseCaseError::VersionConflict`].
pub async fn request_override(
    ctx: &Ctx,
    service: ServiceId,
    version: i64,
    tier: &str,
    reason: &str,
) -> Result<()> {
    ctx.require(Permission::AnswerIntake)?;
    let mut faults = Faults::default();
    let reason = faults.required("reason", "the reason", reason, 1000);
    let wanted: Option<Tier> = tier.parse().ok();
    if wanted.is_none() {
        faults.add("tier", "required", "Choose a tier");
    }
    faults.finish()?;
    let wanted = wanted.ok_or(UseCaseError::NotFound)?;
    let mut tx = ctx.begin_write().await?;
    active_service(&tx, service).await?;
    let mut intake = store::intakes::current(&tx, service).await?.ok_or(UseCaseError::NotFound)?;
    let before = intake.tier;
    let effect = override_effect(intake.computed_tier, wanted);
    intake.tier = match effect {
        OverrideEffect::None => {
            return Err(UseCaseError::field("tier", "unchanged", "This is the tier that the answers give"));
        }
        OverrideEffect::AtOnce => wanted,
        OverrideEffect::NeedsApproval => intake.computed_tier,
    };
    intake.tier_override = Some(TierOverride {
        tier: wanted,
        reason: reason.clone(),
        requested_by: ctx.user().id,
        approved_by: None,
        approved_at: None,
    });
    intake.version = version;
    store::intakes::update(&mut tx, &intake).await?;
    let act =
        if effect == OverrideEffect::AtOnce { "intake.tier_raised" } else { "intake.lower_tier_requested" };
    let event = ctx
        .event(act, "intake", intake.id)
        .before(json!({"tier": before}))
        .after(json!({"tier": wanted, "reason": reason}));
    tx.commit(event).await?;
    Ok(())
}

/// Approves a lower tier that somebody else asked for.
///
/// # Errors
/// [`UseCaseError::Forbidden`] for whoever asked for it, and for roles that do not decide;
/// [`UseCaseError::StateConflict`] when nothing waits for approval.
pub async fn approve_override(ctx: &Ctx, service: ServiceId, version: i64) -> Result<()> {
    ctx.require(Permission::Decide)?;
    let mut tx = ctx.begin_write().await?;
    let mut intake = store::intakes::current(&tx, service).await?.ok_or(UseCaseError::NotFound)?;
    let Some(wish) = intake.pending_override().cloned() else {
        return Err(UseCaseError::conflict("No lower tier waits for approval."));
    };
    if wish.requested_by == ctx.user().id {
        return Err(UseCaseError::Forbidden);
    }
    let before = intake.tier;
    intake.tier = wish.tier;
    intake.tier_override =
        Some(TierOverride { approved_by: Some(ctx.user().id), approved_at: Some(ctx.now()), ..wish });
    intake.version = version;
    store::intakes::update(&mut tx, &intake).await?;
    let event = ctx
        .event("intake.lower_tier_approved", "intake", intake.id)
        .before(json!({"tier": before}))
        .after(json!({"tier": intake.tier}));
    tx.commit(event).await?;
    Ok(())
}

/// Goes back to the tier that the answers give: an override in force ends, a waiting one is turned down.
///
/// # Errors
/// [`UseCaseError::StateConflict`] without an override; [`UseCaseError::Forbidden`] when the tier would fall and the
/// user's role does not decide.
pub async fn drop_override(ctx: &Ctx, service: ServiceId, version: i64) -> Result<()> {
    ctx.require(Permission::AnswerIntake)?;
    let mut tx = ctx.begin_write().await?;
    let mut intake = store::intakes::current(&tx, service).await?.ok_or(UseCaseError::NotFound)?;
    if intake.tier_override.take().is_none() {
        return Err(UseCaseError::conflict("The tier is the one that the answers give."));
    }
    let before = intake.tier;
    if intake.computed_tier < before {
        ctx.require(Permission::Decide)?;
    }
    intake.tier = intake.computed_tier;
    intake.version = version;
    store::intakes::update(&mut tx, &intake).await?;
    let event = ctx
        .event("intake.override_dropped", "intake", intake.id)
        .before(json!({"tier": before}))
        .after(json!({"tier": intake.tier}));
    tx.commit(event).await?;
    Ok(())
}
