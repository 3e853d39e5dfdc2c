//! Decisions: recording how a review ended, and reopening it.

use super::{
    Answer,
    form::{CsrfForm, Fields},
    guard::Staff,
    page::{respond, see_other, with_errors},
    routes::{Access, routes},
    scores::{about, case_shell, recommendation_words},
};
use crate::{
    domain::{
        Permission,
        assessment::{AssessmentState, Outcome},
        due,
        ids::AssessmentId,
    },
    render::{
        Renderer,
        fields::{FieldView, errors_of},
        parts::{Band, ErrorItem, Fact, FlashNotice, NavItem},
        reviews::DecisionView,
    },
    usecases::{
        FieldError, UseCaseError,
        decisions::{self, Decide, DecisionDesk},
    },
};
use actix_web::{
    http::StatusCode,
    web::{Data, Path},
};
use questionnaires::risk::residual::Recommendation;

routes! {
    GET "/assessments/{assessment}/decision" => decision_page, Access::Staff(Permission::Read), Page;
    POST "/assessments/{assessment}/decision" => decide, Access::Staff(Permission::Decide), Page, ["outcome", "conditions", "summary", "next_review_on", "version"];
    POST "/assessments/{assessment}/reopen" => reopen, Access::Staff(Permission::Decide), Page, ["reason", "version"];
}

async fn decision_page(staff: Staff, renderer: Data<Renderer>, id: Path<AssessmentId>) -> Answer {
    response(&staff, &renderer, *id, None, &[]).await
}

async fn response(
    staff: &Staff,
    renderer: &Renderer,
    id: AssessmentId,
    typed: Option<&Fields>,
    errors: &[FieldError],
) -> Answer {
    let found = decisions::desk(&staff.ctx, id).await?;
    let desk = &found.desk;
    let base = format!("/assessments/{id}");
    let state = desk.case.assessment.state;
    let may = staff.ctx.user().role.may(Permission::Decide);
    let fields = match state {
        AssessmentState::InReview if may => decide_fields(&found, typed),
        AssessmentState::Decided if may => {
            vec![
                FieldView::textarea("reason", "Why it is taken up again")
                    .value(typed.map_or("", |typed| typed.text("reason"))),
            ]
        }
        _ => Vec::new(),
    };
    // Missing verdicts belong to no field of the form; they are listed first.
    let (missing, faults): (Vec<&FieldError>, Vec<&FieldError>) =
        errors.iter().partition(|fault| fault.code == "no_verdict");
    let faults: Vec<FieldError> = faults.into_iter().cloned().collect();
    let fields = if fields.is_empty() { fields } else { with_errors(fields, &faults) };
    let mut items: Vec<ErrorItem> = missing
        .iter()
        .map(|fault| ErrorItem {
            text: fault.message.clone(),
            href: Some(format!("{base}/review?show=all&q={}", fault.pointer)),
        })
        .collect();
    items.extend(errors_of(&fields));
    let shell = case_shell(staff, &desk.case, "Decision").errors(items);
    let recommendation = found.recommendation;
    let residual = desk.score.residual.map_or("none", |level| level.as_str());
    let mut facts = vec![Fact::band("Residual risk", Band::residual(residual)).href(format!("{base}/score"))];
    for scored in &desk.score.questionnaires {
        let title =
            desk.definitions.questionnaire(&scored.id).map_or(scored.id.as_str(), |q| q.title.as_str());
        let band = match (scored.rating, &scored.claimed) {
            (Some(rating), Some(claimed)) => Band::scored(rating.as_str(), &claimed.display1()),
            _ => Band::none("Not assessed"),
        };
        facts.push(Fact::band(title, band));
    }
    if let Some(recommendation) = recommendation {
        facts.push(Fact::new("Recommendation", recommendation_words(recommendation)));
    }
    facts.push(
        Fact::new("Answers with a verdict", format!("{} of {}", desk.judged(), desk.queue.len()))
            .href(format!("{base}/review?show=open")),
    );
    let open = desk.contradictions().iter().filter(|one| !one.settled).count();
    if open > 0 {
        facts.push(
            Fact::new("Open contradictions", open.to_string()).href(format!("{base}/review#contradictions")),
        );
    }
    let mut notices = Vec::new();
    if recommendation == Some(Recommendation::Stop) && state == AssessmentState::InReview {
        notices.push(FlashNotice::bad(
            "Stop: a blocker has failed and its risk is not accepted, or the use is prohibited.",
        ));
    }
    match state {
        AssessmentState::Submitted => {
            notices.push(FlashNotice::info("The review has not started. Give a verdict first."));
        }
        AssessmentState::Returned => notices
            .push(FlashNotice::info("The vendor is answering questions; decide when the replies are in.")),
        AssessmentState::InReview if !may => {
            notices.push(FlashNotice::info("Risk managers and admins record decisions."));
        }
        _ => {}
    }
    let view = DecisionView {
        about: about(&desk.case),
        facts,
        notices,
        missing: if state == AssessmentState::InReview {
            desk.missing()
                .map(|item| {
                    NavItem::new(
                        format!("{} {}", item.number, item.text),
                        format!("{base}/review?show=all&q={}", item.question),
                    )
                })
                .collect()
        } else {
            Vec::new()
        },
        decided: decided_facts(staff, &found),
        fields,
        action: if state == AssessmentState::Decided {
            format!("{base}/reopen")
        } else {
            format!("{base}/decision")
        },
        button: if state == AssessmentState::Decided { "Reopen" } else { "Record decision" }.to_owned(),
        version: typed.and_then(|typed| typed.parsed("version")).unwrap_or(desk.case.assessment.version),
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond(renderer, status, "pages/reviews/decision", shell, view)
}

fn decide_fields(found: &DecisionDesk, typed: Option<&Fields>) -> Vec<FieldView> {
    let value = |name: &str| typed.map_or("", |typed| typed.text(name)).to_owned();
    let outcome = value("outcome");
    let outcomes = Outcome::ALL.iter().map(|outcome| (outcome.as_str(), outcome.label()));
    let next = typed
        .map_or_else(|| found.next_review_on.to_string(), |typed| typed.text("next_review_on").to_owned());
    vec![
        FieldView::radios("outcome", "Outcome").choices(outcomes, |word| word == outcome),
        FieldView::textarea("conditions", "Conditions")
            .hint("What must be met, and by when. Needed with \u{201c}Approved with conditions\u{201d}.")
            .optional()
            .value(value("conditions")),
        FieldView::textarea("summary", "Summary").hint("Why; stays on record.").value(value("summary")),
        FieldView::date("next_review_on", "Next review")
            .hint("By cadence of the tier, unless you say otherwise.")
            .value(next),
    ]
}

fn decided_facts(staff: &Staff, found: &DecisionDesk) -> Vec<Fact> {
    let Some(decision) = &found.decision else { return Vec::new() };
    let zone = staff.ctx.tenant().zone;
    let mut facts = vec![
        Fact::new("Outcome", decision.outcome.label()),
        Fact::new(
            "Recorded",
            format!("{}, {}", decision.decided_by_name, due::short_instant(zone, decision.decided_at)),
        ),
        Fact::new("Summary", &decision.summary),
    ];
    if let Some(conditions) = &decision.conditions {
        facts.push(Fact::new("Conditions", conditions));
    }
    if let Some(day) = decision.next_review_on {
        facts.push(Fact::new("Next review", due::short_day(day)));
    }
    facts
}

async fn decide(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let input = Decide {
        outcome: form.text("outcome").to_owned(),
        conditions: form.text("conditions").to_owned(),
        summary: form.text("summary").to_owned(),
        next_review_on: form.text("next_review_on").to_owned(),
        version: form.revision("version")?,
    };
    match decisions::decide(&staff.ctx, *id, input).await {
        Ok(()) => Ok(see_other(&format!("/assessments/{id}/decision"))),
        Err(UseCaseError::Invalid(errors) | UseCaseError::Incomplete(errors)) => {
            response(&staff, &renderer, *id, Some(&form), &errors).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn reopen(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let version = form.revision("version")?;
    match decisions::reopen(&staff.ctx, *id, version, form.text("reason")).await {
        Ok(()) => Ok(see_other(&format!("/assessments/{id}/review"))),
        Err(UseCaseError::Invalid(errors)) => response(&staff, &renderer, *id, Some(&form), &errors).await,
        Err(other) => Err(other.into()),
    }
}
