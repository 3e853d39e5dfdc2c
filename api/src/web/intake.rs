//! Pages of a service and its intake: sixteen answers, the tier with its reasons, and another tier.

use super::{
    Answer,
    acts::fresh_key,
    form::{CsrfForm, Fields},
    guard::Staff,
    page::{respond, see_other, staff_shell},
    results::results_of,
    routes::{Access, routes},
};
use crate::{
    domain::{
        Permission, asking,
        ids::ServiceId,
        intake::{Intake, PROHIBITED_USE, shown_tenths},
        user::UserState,
        vendor::VendorState,
    },
    render::{
        Renderer, Shell,
        fields::FieldView,
        page::Section,
        parts::{Band, EmptyState, ErrorItem, Link, capitalised},
        vendors::{
            AnswerGroup, AnswerLine, ApproveView, AskView, AssessmentLine, FactorBar, FloorLine,
            IntakeFormView, IntakeQuestion, IntakeResultView, IntakeSection, ServiceView, SuggestionLine,
        },
    },
    usecases::{
        FieldError, UseCaseError,
        assessments::{self, Listed},
        intake::{self, ServiceIntake},
        library,
        scores::Results,
        sending::MAY_BE_BANNED,
    },
};
use actix_web::{
    http::StatusCode,
    web::{Data, Path},
};
use questionnaires::{
    answering::{Answer as Given, AnswerValue, Answers, visible},
    definition::{AnswerType, Audience, Check, Question, Questionnaire, Tier},
    risk::inherent::Factor,
};
use std::collections::BTreeSet;

routes! {
    GET "/services/{service}" => result, Access::Staff(Permission::Read), Page;
    GET "/services/{service}/intake/answer" => questions, Access::Staff(Permission::AnswerIntake), Page;
    POST "/services/{service}/intake" => answer, Access::Staff(Permission::AnswerIntake), Page, ["INH-*"];
    POST "/services/{service}/tier" => request_override, Access::Staff(Permission::AnswerIntake), Page, ["tier", "reason", "version"];
    POST "/services/{service}/tier/approve" => approve_override, Access::Staff(Permission::Decide), Page, ["version"];
    POST "/services/{service}/tier/drop" => drop_override, Access::Staff(Permission::AnswerIntake), Page, ["version"];
}

fn shell(staff: &Staff, view: &ServiceIntake, title: String) -> Shell {
    staff_shell(staff, title, Some(Section::Vendors))
        .crumb("Vendors", "/vendors")
        .crumb(view.vendor.name.clone(), format!("/vendors/{}", view.vendor.id))
}

fn factor_of(question: &Question) -> Option<Factor> {
    question.id.strip_prefix("INH-").and_then(Factor::from_letters)
}

fn factor_label(factor: Factor) -> &'static str {
    match factor {
        Factor::Dat => "Sensitivity of data",
        Factor::Vol => "Number of people",
        Factor::Acc => "Access to our systems",
        Factor::Crt => "How long we can do without",
        Factor::Sub => "Hard to replace",
        Factor::Reg => "Regulation",
        Factor::Loc => "Where data is opened",
        Factor::Nth => "Their own suppliers",
        Factor::Aie => "Effect of AI",
        Factor::Aut => "Freedom of AI",
        Factor::Aix => "Use of our data by AI",
        Factor::Ppl => "People that AI affects",
    }
}

fn question_field(
    number: usize,
    question: &Question,
    given: Option<&Given>,
    people: &[String],
    errors: &[FieldError],
) -> FieldView {
    let label = format!("{number}. {}", question.text);
    let chosen: Vec<&str> = given.and_then(|g| g.value.as_ref()).map(AnswerValue::chosen).unwrap_or_default();
    let options = question.options.iter().map(|option| (option.id.clone(), option.label.clone()));
    let field = match question.answer_type {
        AnswerType::SelectOne => {
            FieldView::radios(&question.id, label).choices(options, |value| chosen.contains(&value))
        }
        AnswerType::SelectMany => FieldView::checkboxes(&question.id, format!("{label} Choose all that fit"))
            .choices(options, |value| chosen.contains(&value)),
        _ => {
            let text = match given.and_then(|g| g.value.as_ref()) {
                Some(AnswerValue::Text(text)) => text.clone(),
                _ => String::new(),
            };
            FieldView::text(&question.id, label).value(text).maxlength(300).offering(people.iter().cloned())
        }
    };
    let field = match &question.help {
        Some(help) => field.hint(help.trim().replace('\n', " ")),
        None => field,
    };
    // Of one of few options without points the words above say what each means.
    let plain = question.answer_type == AnswerType::SelectOne && factor_of(question).is_none();
    let field = if plain { field } else { field.folded() };
    let error = errors.iter().find(|error| error.pointer == question.id).map(|error| error.message.clone());
    let optional = !question.required;
    let field = field.error(error);
    if optional { field.optional() } else { field }
}

/// What a section says in place of its questions about AI until it is known that there is any.
fn waiting(questions: usize) -> Option<String> {
    match questions {
        0 => None,
        1 => Some("1 more question follows here when the product contains AI.".to_owned()),
        n => Some(format!("{n} more questions follow here when the product contains AI.")),
    }
}

fn questions_page(
    staff: &Staff,
    renderer: &Renderer,
    view: &ServiceIntake,
    given: &Answers,
    errors: &[FieldError],
) -> Answer {
    let mut number = 0;
    let gate = format!("INH-{}", Factor::Aie);
    let active = view.users.iter().filter(|user| user.state == UserState::Active);
    let people: Vec<String> = active.map(|user| format!("{}, {}", user.name, user.email)).collect();
    let sections: Vec<IntakeSection> = view
        .questions
        .sections
        .iter()
        .map(|section| IntakeSection {
            id: format!("section-{}", section.id),
            title: section.title.clone(),
            questions: section
                .questions
                .iter()
                .map(|question| {
                    number += 1;
                    let depends = question.show_if.is_some();
                    IntakeQuestion {
                        gate: question.id == gate,
                        only: depends.then(|| "Counts only when the product contains AI.".to_owned()),
                        field: question_field(number, question, given.get(&question.id), &people, errors),
                    }
                })
                .collect(),
            waiting: waiting(section.questions.iter().filter(|question| question.show_if.is_some()).count()),
        })
        .collect();
    let base = format!("/services/{}", view.service.id);
    let mut shell = shell(staff, view, format!("Intake of {}", view.service.name))
        .crumb(view.service.name.clone(), base.clone());
    shell.errors = errors.iter().map(|error| ErrorItem::at(&error.pointer, error.message.clone())).collect();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let form = IntakeFormView { action: format!("{base}/intake"), cancel: base, sections };
    respond(renderer, status, "pages/intake/questions", shell, form)
}

async fn questions(staff: Staff, renderer: Data<Renderer>, service: Path<ServiceId>) -> Answer {
    let view = intake::view(&staff.ctx, *service).await?;
    let given = view.intake.as_ref().map(|intake| intake.answers.clone()).unwrap_or_default();
    questions_page(&staff, &renderer, &view, &given, &[])
}

fn given(form: &Fields, questions: &Questionnaire) -> Answers {
    let mut answers = Answers::new();
    for (_, question) in questions.questions() {
        let value = match question.answer_type {
            AnswerType::SelectOne => {
                form.filled(&question.id).map(|option| AnswerValue::One(option.to_owned()))
            }
            AnswerType::SelectMany => {
                let options = form.all(&question.id);
                (!options.is_empty()).then_some(AnswerValue::Many(options))
            }
            _ => form.filled(&question.id).map(|text| AnswerValue::Text(text.trim().to_owned())),
        };
        if let Some(value) = value {
            answers.insert(question.id.clone(), Given::of(value));
        }
    }
    answers
}

async fn answer(
    staff: Staff,
    renderer: Data<Renderer>,
    service: Path<ServiceId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let answers = given(&form, library::intake()?);
    match intake::answer(&staff.ctx, *service, answers.clone()).await {
        Ok(_) => Ok(see_other(&format!("/services/{service}"))),
        Err(UseCaseError::Invalid(errors)) => {
            let view = intake::view(&staff.ctx, *service).await?;
            questions_page(&staff, &renderer, &view, &answers, &errors)
        }
        Err(other) => Err(other.into()),
    }
}

fn answer_groups(view: &ServiceIntake, intake: &Intake) -> Vec<AnswerGroup> {
    let shown = visible(view.questions, &intake.answers, &intake.facts, None);
    let mut number = 0;
    let mut groups = Vec::new();
    for section in &view.questions.sections {
        let mut lines = Vec::new();
        for question in &section.questions {
            number += 1;
            let value = intake.answers.get(&question.id).and_then(|given| given.value.as_ref());
            let answer = match value {
                None if shown.shows(&question.id) => "Optional, not answered".to_owned(),
                None => "Does not count here".to_owned(),
                Some(AnswerValue::Text(text)) => text.clone(),
                Some(value) => {
                    let labels = value.chosen().into_iter().filter_map(|id| question.option(id));
                    labels.map(|option| option.label.clone()).collect::<Vec<_>>().join("; ")
                }
            };
            let points = match factor_of(question) {
                Some(factor) => {
                    let p = i64::from(intake.points.get(&factor).copied().unwrap_or(0));
                    format!("{p} × {} = {}", factor.weight(), p * factor.weight())
                }
                None => "no points".to_owned(),
            };
            lines.push(AnswerLine { number, question: question.text.clone(), answer, points });
        }
        groups.push(AnswerGroup {
            id: format!("section-{}", section.id),
            title: section.title.clone(),
            lines,
        });
    }
    groups
}

/// From where to where the score alone gives each tier.
fn range(tenths: i32) -> String {
    match tenths {
        600.. => "Critical runs from 60.0 to 100.0.",
        400.. => "High runs from 40.0 to 59.9.",
        200.. => "Medium runs from 20.0 to 39.9.",
        _ => "Low runs from 0.0 to 19.9.",
    }
    .to_owned()
}

/// A contradiction among the answers, with the numbers of its questions.
fn check_words(view: &ServiceIntake, check: &Check) -> String {
    let questions = view.questions.questions().enumerate();
    let named: BTreeSet<&str> = check.when.questions().collect();
    let numbers = questions
        .filter(|(_, (_, question))| named.contains(question.id.as_str()))
        .map(|(at, _)| (at + 1).to_string());
    let numbers = numbers.collect::<Vec<_>>().join(" and ");
    format!(
        "Questions {numbers}: {} Until the intake is answered again, each counts as it was answered.",
        check.text
    )
}

fn may_change(staff: &Staff, view: &ServiceIntake) -> bool {
    view.vendor.state != VendorState::Archived && staff.ctx.require(Permission::ManageVendors).is_ok()
}

fn may_start(staff: &Staff, view: &ServiceIntake) -> bool {
    may_change(staff, view) && staff.ctx.require(Permission::SendAssessments).is_ok()
}

fn result_view(
    staff: &Staff,
    view: &ServiceIntake,
    intake: &Intake,
    typed: (&str, &str),
    errors: &[FieldError],
) -> IntakeResultView {
    let base = format!("/services/{}", view.service.id);
    let name =
        |id| view.users.iter().find(|user| user.id == id).map_or("Somebody", |user| user.name.as_str());
    let mut bars: Vec<FactorBar> = Factor::ALL
        .into_iter()
        .map(|factor| FactorBar {
            label: factor_label(factor).to_owned(),
            value: i64::from(intake.points.get(&factor).copied().unwrap_or(0)) * factor.weight(),
        })
        .collect();
    let points = bars.iter().map(|bar| bar.value).sum();
    bars.sort_by_key(|bar| std::cmp::Reverse(bar.value));
    let pending = intake.pending_override();
    let in_force = intake.tier_override.as_ref().filter(|_| pending.is_none());
    let may_answer = staff.ctx.require(Permission::AnswerIntake).is_ok();
    let may_decide = staff.ctx.require(Permission::Decide).is_ok();
    let title = |id: &str| library::shipped().questionnaire(id);
    let suggestions = view.suggestions.iter().map(|suggestion| SuggestionLine {
        title: title(suggestion.questionnaire)
            .map_or_else(|| suggestion.questionnaire.to_owned(), |q| q.title.clone()),
        questions: title(suggestion.questionnaire)
            .map_or(0, |q| asking::question_count([q], &intake.facts, Some(intake.tier))),
        reason: match title(suggestion.questionnaire).map(|q| q.audience) {
            Some(Audience::Buyer) => {
                format!("{} It is about your own organisation; the vendor is not asked.", suggestion.reason)
            }
            _ => suggestion.reason.clone(),
        },
    });
    let asks_vendor = |id: &str| title(id).is_some_and(|q| q.audience == Audience::Vendor);
    let to_the_vendor = view.suggestions.iter().filter(|one| asks_vendor(one.questionnaire)).count();
    let labels = questionnaires::risk::intake::fact_labels(view.questions);
    let facts = intake.facts.iter().filter(|(_, holds)| **holds);
    let override_fields = if may_answer && pending.is_none() {
        let error = |field: &str| errors.iter().find(|e| e.pointer == field).map(|e| e.message.clone());
        let tiers = Tier::ALL.into_iter().filter(|tier| *tier != intake.computed_tier);
        vec![
            FieldView::select("tier", "Tier")
                .choices(tiers.map(|tier| (tier.as_str(), capitalised(tier.as_str()))), |value| {
                    value == typed.0
                })
                .error(error("tier")),
            FieldView::textarea("reason", "Why").value(typed.1).error(error("reason")),
        ]
    } else {
        Vec::new()
    };
    let banned = (intake.facts.get(PROHIBITED_USE) == Some(&true)).then(|| format!("{MAY_BE_BANNED}."));
    let banned = banned.into_iter();
    IntakeResultView {
        checks: banned.chain(view.checks.iter().map(|check| check_words(view, check))).collect(),
        groups: answer_groups(view, intake),
        score: shown_tenths(intake.inherent_tenths),
        tier: Band::named(intake.tier.as_str()),
        points,
        range: range(intake.inherent_tenths),
        r#override: in_force.map(|wish| {
            let approved =
                wish.approved_by.map(|by| format!(" {} approved it.", name(by))).unwrap_or_default();
            format!(
                "The answers give {}. {} asked for {}: {}.{approved}",
                capitalised(intake.computed_tier.as_str()),
                name(wish.requested_by),
                capitalised(wish.tier.as_str()),
                wish.reason.trim_end_matches('.'),
            )
        }),
        floors: intake
            .floors
            .iter()
            .filter_map(|floor| {
                Some(FloorLine {
                    name: format!("Floor {}", floor.as_str()),
                    tier: capitalised(floor.tier(&intake.points)?.as_str()),
                    reason: format!("{}.", sentence(floor.reason())),
                })
            })
            .collect(),
        bars,
        suggestions: suggestions.collect(),
        ask: (to_the_vendor > 0 && may_start(staff, view)).then(|| AskView {
            key: fresh_key(staff),
            submit: match to_the_vendor {
                1 => "Ask this questionnaire".to_owned(),
                n => format!("Ask these {n} questionnaires"),
            },
        }),
        cadence: view.cadence_months.unwrap_or_default(),
        facts: facts
            .map(|(id, _)| labels.get(id.as_str()).map_or_else(|| id.clone(), |l| (*l).to_owned()))
            .collect(),
        fact_count: intake.facts.len(),
        version: intake.version,
        approve: pending.map(|wish| ApproveView {
            text: format!(
                "{} asked for {} instead of {}: {}.",
                name(wish.requested_by),
                capitalised(wish.tier.as_str()),
                capitalised(intake.computed_tier.as_str()),
                wish.reason.trim_end_matches('.'),
            ),
            may: may_decide && wish.requested_by != staff.ctx.user().id,
            action: format!("{base}/tier/approve"),
        }),
        drop: (intake.tier_override.is_some()
            && may_answer
            && (may_decide || intake.tier <= intake.computed_tier))
            .then(|| format!("{base}/tier/drop")),
        override_fields,
        override_action: format!("{base}/tier"),
    }
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), characters.as_str()))
}

fn assessment_line(row: &Listed, results: &Results) -> AssessmentLine {
    AssessmentLine {
        href: format!("/assessments/{}", row.id),
        reference: row.reference.clone(),
        service: None,
        words: row.state.label().to_owned(),
        results: results_of(results, row.id, &row.reference),
        residual: row.residual.as_deref().map(Band::named),
    }
}

async fn result_page(
    staff: &Staff,
    renderer: &Renderer,
    view: &ServiceIntake,
    typed: (&str, &str),
    errors: &[FieldError],
) -> Answer {
    let (assessments, results) = assessments::of_service(&staff.ctx, view.service.id).await?;
    let may_change = may_change(staff, view);
    let base = format!("/services/{}", view.service.id);
    let about = view.service.description.as_ref().map(|text| format!(" {text}")).unwrap_or_default();
    let page = ServiceView {
        service_id: view.service.id.to_string(),
        key: fresh_key(staff),
        lede: format!("{} supplies it.{about}", view.vendor.name),
        may_change,
        start: may_start(staff, view),
        intake: view.intake.as_ref().map(|intake| result_view(staff, view, intake, typed, errors)),
        empty: EmptyState {
            title: "The intake is not answered yet".to_owned(),
            text: "Sixteen questions about the planned use give the tier, its reasons, and the questionnaires to send."
                .to_owned(),
            action: may_change.then(|| Link::new("Answer the intake", format!("{base}/intake/answer"))),
        },
        assessments: assessments.iter().map(|row| assessment_line(row, &results)).collect(),
        base,
    };
    let title = match &view.intake {
        Some(intake) => format!("{}: tier {}", view.service.name, capitalised(intake.tier.as_str())),
        None => view.service.name.clone(),
    };
    let mut shell = shell(staff, view, title);
    shell.errors = errors.iter().map(|error| ErrorItem::at(&error.pointer, error.message.clone())).collect();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond(renderer, status, "pages/intake/result", shell, page)
}

async fn result(staff: Staff, renderer: Data<Renderer>, service: Path<ServiceId>) -> Answer {
    let view = intake::view(&staff.ctx, *service).await?;
    result_page(&staff, &renderer, &view, ("", ""), &[]).await
}

async fn request_override(
    staff: Staff,
    renderer: Data<Renderer>,
    service: Path<ServiceId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    let (tier, reason) = (form.text("tier"), form.text("reason"));
    let version = form.revision("version")?;
    match intake::request_override(&staff.ctx, *service, version, tier, reason).await {
        Ok(()) => Ok(see_other(&format!("/services/{service}"))),
        Err(UseCaseError::Invalid(errors)) => {
            let view = intake::view(&staff.ctx, *service).await?;
            result_page(&staff, &renderer, &view, (tier, reason), &errors).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn approve_override(staff: Staff, service: Path<ServiceId>, CsrfForm(form): CsrfForm) -> Answer {
    intake::approve_override(&staff.ctx, *service, form.revision("version")?).await?;
    Ok(see_other(&format!("/services/{service}")))
}

async fn drop_override(staff: Staff, service: Path<ServiceId>, CsrfForm(form): CsrfForm) -> Answer {
    intake::drop_override(&staff.ctx, *service, form.revision("version")?).await?;
    Ok(see_other(&format!("/services/{service}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use questionnaires::definition::Condition;

    /// The page hides them by style alone, which knows this one condition.
    #[test]
    fn a_question_that_depends_on_another_depends_on_there_being_ai() {
        let gate = format!("INH-{}", Factor::Aie);
        let depending: Vec<&Condition> =
            library::intake().unwrap().questions().filter_map(|(_, q)| q.show_if.as_ref()).collect();
        assert!(!depending.is_empty());
        for condition in depending {
            let known = Condition::NotIn { q: gate.clone(), options: vec!["none".to_owned()] };
            assert_eq!(condition, &known);
        }
    }
}
