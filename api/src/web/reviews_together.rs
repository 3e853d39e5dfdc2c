//! The page that accepts several answers of a section in one decision.

use super::{
    Answer,
    form::{CsrfForm, Fields},
    guard::Staff,
    page::{respond, see_other, with_errors},
    reviews::evidence_view,
    routes::{Access, routes},
    scores::{about, case_shell},
};
use crate::{
    domain::{Permission, ids::AssessmentId, score_inputs::in_words},
    render::{
        Renderer,
        fields::{FieldView, errors_of},
        parts::{ErrorItem, Link},
        reviews::{TogetherAnswer, TogetherView},
    },
    usecases::{
        FieldError, UseCaseError,
        reviews::{self, Desk},
        reviews_together::{AcceptTogether, accept_together},
    },
};
use actix_web::{
    http::StatusCode,
    web::{Data, Path, Query},
};

routes! {
    GET "/assessments/{assessment}/accept-together" => together_page, Access::Staff(Permission::Review), Page;
    POST "/assessments/{assessment}/accept-together" => accept, Access::Staff(Permission::Review), Page, ["section", "question", "rev.*", "grade"];
}

/// A link for each section that has answers to accept together.
pub(super) fn links(desk: &Desk, base: &str) -> Vec<Link> {
    let mut sections: Vec<(&str, &str)> = Vec::new();
    for item in &desk.queue {
        if !sections.iter().any(|(key, _)| *key == item.section_key) {
            sections.push((&item.section_key, &item.section));
        }
    }
    let link = |(key, title): (&str, &str)| {
        let count = desk.acceptable_together(key).len();
        (count > 0)
            .then(|| Link::new(format!("{title}: {count}"), format!("{base}/accept-together?section={key}")))
    };
    sections.into_iter().filter_map(link).collect()
}

async fn together_page(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
    query: Query<Vec<(String, String)>>,
) -> Answer {
    let query = Fields::from_pairs(query.into_inner());
    response(&staff, &renderer, *id, query.text("section"), &[]).await
}

async fn response(
    staff: &Staff,
    renderer: &Renderer,
    id: AssessmentId,
    section: &str,
    errors: &[FieldError],
) -> Answer {
    let desk = reviews::desk(&staff.ctx, id).await?;
    let base = format!("/assessments/{id}");
    let answers: Vec<TogetherAnswer> = desk
        .acceptable_together(section)
        .into_iter()
        .filter_map(|item| {
            let question = desk.definitions.question(&item.question)?;
            let answer = desk.inputs.answers.get(&item.question);
            let cited = desk.citations.iter().filter(|cited| cited.question == item.question);
            Some(TogetherAnswer {
                id: item.question.clone(),
                number: item.number.clone(),
                text: item.text.clone(),
                href: format!("{base}/review?show=all&q={}", item.question),
                answer: in_words(question, answer).join(", "),
                note: answer.and_then(|answer| answer.note.clone()),
                rev: desk.inputs.revision(&item.question),
                evidence: cited
                    .filter(|cited| cited.holds_on(desk.inputs.evidence_as_of))
                    .map(evidence_view)
                    .collect(),
            })
        })
        .collect();
    let grades = [
        ("", "Not judged: it is there, factor 1/2"),
        ("accepted", "Accepted: read, and it supports these answers, factor 3/4"),
    ];
    let grade = FieldView::radios("grade", "Their evidence").choices(grades, |grade| grade.is_empty());
    let fields = with_errors(vec![grade], errors);
    let named = desk.queue.iter().find(|item| item.section_key == section).map(|item| item.section.as_str());
    let named = named.unwrap_or_default();
    let title = match answers.len() {
        0 => "Nothing to accept together".to_owned(),
        1 => format!("Accept 1 answer of {named}"),
        count => format!("Accept {count} answers of {named}"),
    };
    let mut shell = case_shell(staff, &desk.case, title).crumb("Review", format!("{base}/review"));
    shell.errors = errors_of(&fields);
    for error in errors.iter().filter(|error| error.pointer == "question") {
        shell.errors.push(ErrorItem::general(&error.message));
    }
    let Some(grade) = fields.into_iter().next() else {
        return Err(UseCaseError::internal("no field").into());
    };
    let view = TogetherView {
        about: about(&desk.case),
        lede: format!(
            "{}Little effect on a rating, and supported by evidence that has not expired. Each gets a verdict of its own.",
            if desk.previous.is_some() { "The same as in the submission before. " } else { "" }
        ),
        section: section.to_owned(),
        answers,
        grade,
        action: format!("{base}/accept-together"),
        back: format!("{base}/review?show=all"),
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond(renderer, status, "pages/reviews/together", shell, view)
}

async fn accept(
    staff: Staff,
    renderer: Data<Renderer>,
    id: Path<AssessmentId>,
    CsrfForm(form): CsrfForm,
) -> Answer {
    // A revision that is not said is none that an answer has.
    let rev = |question: &String| form.parsed(&format!("rev.{question}")).unwrap_or(-1);
    let answers =
        form.all("question").into_iter().map(|question| (question.clone(), rev(&question))).collect();
    let input = AcceptTogether {
        section: form.text("section").to_owned(),
        answers,
        grade: form.text("grade").to_owned(),
    };
    match accept_together(&staff.ctx, *id, input).await {
        Ok(_) => Ok(see_other(&format!("/assessments/{id}/review?show=open"))),
        Err(UseCaseError::Invalid(errors)) => {
            response(&staff, &renderer, *id, form.text("section"), &errors).await
        }
        Err(other) => Err(other.into()),
    }
}
