//! The answers of an assessment as they were handed in last, with what the reviewer said.

use super::{at, decimal, evidence, place, plain, text, time, whole};
use crate::{
    domain::{
        ids::AssessmentId,
        review::Verdict,
        score_inputs::{Citation, asked_of_the_vendor, compensating_word, grade_label, in_words},
    },
    render::parts::capitalised,
    usecases::exports::{self, AnswersExport},
    web::{Answer, guard::Staff, scores::state_words, shares::Shares},
};
use actix_web::web::{Data, Path};
use chrono_tz::Tz;
use questionnaires::{
    answering::AnswerValue,
    definition::{Question, Section},
    exact::Exact,
    scoring::State,
};
use std::collections::BTreeSet;

/// The file of one assessment.
pub(super) async fn file(staff: Staff, shares: Data<Shares>, id: Path<AssessmentId>) -> Answer {
    let place = place(&shares, &staff).await?;
    let export = exports::answers(&staff.ctx, *id).await?;
    let zone = staff.ctx.tenant().zone;
    let headings = [
        plain(["Assessment", "Vendor", "Service", "Questionnaire", "Version", "Section", "Number"]),
        plain(["Question id", "Question", "Controls", "Weight", "State", "Answer", "Value", "Note"]),
        plain(["Evidence", "Evidence grade", "Answered by"]),
        vec![at("Answered", zone)],
        plain(["Verdict", "Credit", "Compensating control", "Reason", "Judged by"]),
        vec![at("Judged", zone)],
        plain(["Asked back"]),
    ];
    let what = format!("answers-{}", export.desk.case.assessment.reference);
    whole(&staff, place, &what, headings.concat(), answer_lines(&export, zone))
}

/// One line a question, in the order of the files; a question that two questionnaires ask stands in the first.
fn answer_lines(export: &AnswersExport, zone: Tz) -> Vec<Vec<String>> {
    let definitions = &export.desk.definitions;
    let several = definitions.questionnaires.len() > 1;
    let mut seen = BTreeSet::new();
    let mut lines = Vec::new();
    for (letter, questionnaire) in ('A'..='Z').zip(&definitions.questionnaires) {
        if !asked_of_the_vendor(questionnaire) {
            continue;
        }
        for (s, section) in questionnaire.sections.iter().enumerate() {
            for (q, question) in section.questions.iter().enumerate() {
                if !seen.insert(question.id.as_str()) {
                    continue;
                }
                let letter = if several { letter.to_string() } else { String::new() };
                let number = format!("{letter}{}.{}", s + 1, q + 1);
                let named = [questionnaire.title.clone(), questionnaire.version.clone()];
                lines.push(answer_line(export, zone, named, section, number, question));
            }
        }
    }
    lines
}

fn answer_line(
    export: &AnswersExport,
    zone: Tz,
    [title, version]: [String; 2],
    section: &Section,
    number: String,
    question: &Question,
) -> Vec<String> {
    let (desk, id) = (&export.desk, question.id.as_str());
    let case = &desk.case;
    let row = desk.score.questionnaires.iter().flat_map(|one| &one.rows).find(|row| row.question == id);
    let shown = desk.queue.iter().any(|item| item.question == id);
    let given = desk.inputs.answers.get(id).filter(|_| shown);
    let value = given.and_then(|given| given.value.as_ref());
    let state = match (row.map(|row| row.state), value) {
        (Some(State::Unanswered) | None, Some(AnswerValue::Unknown)) => "We do not know",
        (Some(state), _) => state_words(state),
        (None, _) if !shown => state_words(State::Hidden),
        (None, None) => state_words(State::Unanswered),
        (None, Some(AnswerValue::NotApplicable { .. })) => state_words(State::Na),
        (None, Some(_)) => state_words(State::Answered),
    };
    let words = value.map(|_| in_words(question, given).join("\n")).unwrap_or_default();
    let raw = value.map(raw).filter(|raw| *raw != words).unwrap_or_default();
    let saved = export.saved.get(id).filter(|_| given.is_some());
    let cited: Vec<&Citation> = desk.citations.iter().filter(|one| one.question == id && shown).collect();
    let row = row.filter(|row| row.state.counts());
    let asked = desk.clarifications.iter().filter(|one| one.question == id && one.sent_at.is_some());
    let mut line = vec![
        case.assessment.reference.clone(),
        case.vendor.clone(),
        case.service.clone(),
        title,
        version,
        section.title.clone(),
        number,
        question.id.clone(),
        question.text.clone(),
        question.maps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        question.weight.to_string(),
        state.to_owned(),
        words,
        raw,
        given.and_then(|given| given.note.clone()).unwrap_or_default(),
        evidence(&cited),
        row.and_then(|row| row.evidence).map(|grade| grade_label(grade).to_owned()).unwrap_or_default(),
        saved.and_then(|saved| saved.respondent.clone().or(saved.user.clone())).unwrap_or_default(),
        time(zone, saved.map(|saved| saved.saved_at)),
    ];
    let verdict = desk.verdicts.iter().find(|verdict| verdict.question == id);
    let holds = desk.inputs.current_verdict(&desk.verdicts, id).is_some();
    line.extend(verdict_fields(verdict, holds, row.map(|row| &row.credit), zone));
    line.push(asked.map(|one| one.text.clone()).collect::<Vec<_>>().join("\n"));
    line
}

fn verdict_fields(verdict: Option<&Verdict>, holds: bool, credit: Option<&Exact>, zone: Tz) -> [String; 6] {
    let kind = verdict.map(|verdict| verdict.kind.label());
    [
        match kind {
            Some(kind) if holds => kind.to_owned(),
            Some(kind) => format!("{kind}, on an earlier answer"),
            None => String::new(),
        },
        credit.map(decimal).unwrap_or_default(),
        verdict
            .filter(|_| holds)
            .and_then(|verdict| verdict.compensating)
            .map(|level| capitalised(compensating_word(level)))
            .unwrap_or_default(),
        text(verdict.and_then(|verdict| verdict.reason.as_ref())),
        verdict.map(|verdict| verdict.decided_by_name.clone()).unwrap_or_default(),
        time(zone, verdict.map(|verdict| verdict.decided_at)),
    ]
}

/// A value as files hold it: ids of options instead of their words, days that sort.
fn raw(value: &AnswerValue) -> String {
    match value {
        AnswerValue::One(_) | AnswerValue::Many(_) => value.chosen().join("; "),
        AnswerValue::Number(number) => number.to_string(),
        AnswerValue::Date(day) => day.to_string(),
        AnswerValue::Text(text) => text.clone(),
        AnswerValue::Attest => "attest".to_owned(),
        AnswerValue::Unknown => "unknown".to_owned(),
        AnswerValue::NotApplicable { .. } => "na".to_owned(),
        AnswerValue::Files { .. } => value.chosen().join("; "),
        AnswerValue::Rows(rows) => serde_json::to_string(rows).unwrap_or_default(),
    }
}
