//! The verdict on an answer: the form with all its fields, and the bar that leads to them.

use crate::{
    domain::{
        review::{QueueItem, Verdict, VerdictKind, scope_questions},
        score_inputs::{compensating_word, grade_label},
    },
    render::{
        fields::FieldView,
        parts::NavItem,
        reviews::{AnswerView, BarView, PanelLink},
    },
    usecases::reviews::{Desk, MAX_WORDS},
    web::form::Fields,
};
use questionnaires::{
    answering::{AnswerValue, Grade},
    definition::Question,
};

/// What accepting this answer is called, and what not accepting it is, where that can be.
fn words(desk: &Desk, question: &Question) -> (&'static str, Option<&'static str>) {
    let id = question.id.as_str();
    let answer = desk.inputs.answers.get(id);
    let answered = answer.is_some_and(|answer| answer.substantive().is_some());
    let is_na = matches!(answer.and_then(|a| a.value.as_ref()), Some(AnswerValue::NotApplicable { .. }));
    let scope = desk.definitions.questionnaires.iter().any(|q| scope_questions(q).contains(id));
    match (is_na, scope) {
        (true, _) => {
            ("Accept: it does not apply", Some("Reject: it does apply, and counts 0 until it is answered"))
        }
        (_, true) => {
            ("Accept the answer as given", Some("Not accepted: count what we know of the service instead"))
        }
        _ if answered && question.is_scored() => ("Accept the answer", Some("Adjust what it counts")),
        _ => ("Accept", None),
    }
}

/// The form in which an answer is judged, as it is stored or, after a fault, as it was typed.
pub(super) fn fields(
    desk: &Desk,
    question: &Question,
    verdict: Option<&Verdict>,
    typed: Option<&Fields>,
) -> Vec<FieldView> {
    let id = question.id.as_str();
    let answer = desk.inputs.answers.get(id);
    let answered = answer.is_some_and(|answer| answer.substantive().is_some());
    let value = |name: &str, stored: Option<String>| {
        typed.map_or_else(|| stored.unwrap_or_default(), |typed| typed.text(name).to_owned())
    };
    let (accept, adjust) = words(desk, question);
    let chosen = value("verdict", verdict.map(|verdict| verdict.kind.to_string()));
    let mut kinds = vec![("accepted", accept), ("asked", "Ask the vendor")];
    if let Some(adjust) = adjust {
        kinds.push(("adjusted", adjust));
    }
    let asks = if adjust.is_some() { "Accept, ask or adjust" } else { "Accept or ask" };
    let mut fields = vec![FieldView::radios("verdict", asks).choices(kinds, |kind| kind == chosen)];
    let draft = desk.clarifications.iter().find(|one| one.question == id && one.batch.is_none());
    fields.push(
        FieldView::textarea("text", "What to ask the vendor")
            .hint("Only when you ask. It waits until you send all questions at once.")
            .optional()
            .maxlength(u32::try_from(MAX_WORDS).unwrap_or(u32::MAX))
            .value(value("text", draft.map(|draft| draft.text.clone()))),
    );
    if answered && question.is_scored() {
        fields.push(
            FieldView::text("credit", "Adjusted credit")
                .hint("Only when you adjust: between 0 and 1, such as 3/4 or 0.75.")
                .optional()
                .value(value("credit", verdict.and_then(|v| v.credit.as_ref()).map(ToString::to_string))),
        );
        let compensating = value(
            "compensating",
            verdict.and_then(|v| v.compensating).map(|c| compensating_word(c).to_owned()),
        );
        let kinds = [
            ("", "None"),
            ("partial", "Partial: credit at least 1/2"),
            ("substantial", "Substantial: credit at least 3/4"),
        ];
        fields.push(
            FieldView::select("compensating", "Compensating control")
                .optional()
                .choices(kinds, |kind| kind == compensating),
        );
    }
    if answered {
        let cited = desk.citations.iter().any(|citation| citation.question == id);
        let stored = value("grade", verdict.and_then(|v| v.grade).map(|grade| grade.as_str().to_owned()));
        let grades: Vec<Grade> = if cited {
            vec![Grade::Independent, Grade::Accepted, Grade::Supplied, Grade::Rejected]
        } else {
            vec![Grade::Rejected]
        };
        let grades = grades
            .into_iter()
            .map(|grade| (grade.as_str(), format!("{}, factor {}", grade_label(grade), grade.factor())));
        let none =
            if cited { "Not judged: supplied, factor 1/2" } else { "No evidence: asserted, factor 1/4" };
        let grades = std::iter::once(("", none.to_owned())).chain(grades);
        fields.push(FieldView::select("grade", "Evidence").choices(grades, |grade| grade == stored));
    }
    let rejects = answered.then(|| grade_label(Grade::Rejected));
    let needing: Vec<String> =
        adjust.into_iter().chain(rejects).map(|choice| format!("“{choice}”")).collect();
    let reason = FieldView::textarea("reason", "Reason");
    let reason = match needing.as_slice() {
        [] => reason,
        choices => reason.hint(format!("Needed with {}.", choices.join(" and with "))),
    };
    fields.push(
        reason
            .optional()
            .maxlength(u32::try_from(MAX_WORDS).unwrap_or(u32::MAX))
            .value(value("reason", verdict.and_then(|v| v.reason.clone()))),
    );
    fields
}

/// The bar under the answer: accepting it, and the way to every other field of the verdict that it has.
pub(super) fn bar(
    desk: &Desk,
    item: &QueueItem,
    answer: &AnswerView,
    listed: &[&QueueItem],
    base: &str,
    show: &str,
) -> Option<BarView> {
    let (accept, adjust) = words(desk, desk.definitions.question(&item.question)?);
    let panels = [
        ("text", "Ask", Some(VerdictKind::Asked)),
        ("credit", "Adjust credit", Some(VerdictKind::Adjusted)),
        ("compensating", "Compensating control", Some(VerdictKind::Adjusted)),
        ("grade", "Grade evidence", None),
    ];
    let has = |name: &str| answer.fields.iter().any(|field| field.name == name);
    let mut panels: Vec<PanelLink> = panels
        .into_iter()
        .filter(|(field, ..)| has(field))
        .map(|(field, label, verdict)| PanelLink { field, label, verdict: verdict.map(VerdictKind::as_str) })
        .collect();
    if adjust.is_some() && !has("credit") {
        let verdict = Some(VerdictKind::Adjusted.as_str());
        panels.push(PanelLink { field: "reason", label: "Do not accept", verdict });
    }
    let behind = listed.iter().skip_while(|one| one.question != item.question).skip(1);
    let next = behind.copied().find(|one| one.open());
    Some(BarView {
        accept: accept.to_owned(),
        panels,
        raise: format!("{base}/findings/new?question={}", item.question),
        next: next.map(|next| {
            NavItem::new(next.number.clone(), format!("{base}/review?show={show}&q={}", next.question))
        }),
    })
}
