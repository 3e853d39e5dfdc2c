//! What an answer is worth: its part of each score, what its change since the time before does to them, and what else
//! follows from it.

use crate::{
    render::reviews::{ChangeRow, ChangeView, WorthView},
    usecases::{reviews::Desk, scores},
    web::scores::{DASH, scope_words, state_words},
};
use questionnaires::{
    answering::Answer,
    definition::{CriticalLevel, Question},
    exact::Exact,
    scoring::{QuestionnaireScore, State},
};

pub(super) fn worth_of(desk: &Desk, id: &str) -> Vec<WorthView> {
    let mut worth = Vec::new();
    for scored in &desk.score.questionnaires {
        let Some(row) = scored.rows.iter().find(|row| row.question == id) else { continue };
        let counts = row.state.counts();
        let section =
            scored.sections.iter().find(|section| section.id == row.section).and_then(|s| s.claimed.as_ref());
        let part = |of: &dyn Fn(&questionnaires::scoring::Explained) -> String| {
            row.explained.as_ref().map_or_else(|| DASH.to_owned(), of)
        };
        worth.push(WorthView {
            title: desk
                .definitions
                .questionnaire(&scored.id)
                .map_or_else(|| scored.id.clone(), |q| q.title.clone()),
            state: state_words(row.state).to_owned(),
            credit: if counts { row.credit.to_string() } else { DASH.to_owned() },
            weight: row.weight.to_string(),
            evidence: if row.evidence.is_some() {
                row.evidence_factor().to_string()
            } else {
                DASH.to_owned()
            },
            contribution: part(&|parts| parts.contribution_printed.display2()),
            lost: part(&|parts| parts.lost_printed.display2()),
            section: section.map_or_else(|| DASH.to_owned(), Exact::display1),
            claimed: match (scored.rating, &scored.claimed) {
                (Some(rating), Some(claimed)) => format!("{rating} {}", claimed.display1()),
                _ => DASH.to_owned(),
            },
        });
    }
    worth
}

pub(super) fn reasons_of(desk: &Desk, question: &Question) -> Vec<String> {
    let id = question.id.as_str();
    let mut reasons = Vec::new();
    for scored in &desk.score.questionnaires {
        for failed in scored
            .knock_outs
            .iter()
            .filter(|failed| failed.question == id || failed.gate.as_deref() == Some(id))
        {
            let level = match failed.level {
                CriticalLevel::Major => "a failed major: it helps to cap the rating at C or D",
                CriticalLevel::Blocker => "a failed blocker: it caps the rating at D",
            };
            reasons.push(format!("{} is {level}.", failed.question));
        }
        for line in scored.scope.iter().filter(|line| line.question == id) {
            reasons.push(scope_words(line, &desk.definitions).1);
        }
        let held: Vec<&str> = scored
            .rows
            .iter()
            .filter(|row| row.gate.as_deref() == Some(id))
            .map(|row| row.question.as_str())
            .collect();
        if !held.is_empty() {
            reasons.push(format!(
                "{} count 0, because this answer keeps them from being asked.",
                held.join(", ")
            ));
        }
        if scored.rows.iter().any(|row| row.question == id && row.state == State::NaPending) {
            reasons.push("It counts 0 until \"does not apply\" is accepted.".to_owned());
        }
    }
    reasons.dedup();
    if reasons.is_empty() && question.is_scored() {
        reasons.push("No cap follows from this answer.".to_owned());
    }
    reasons
}

/// What the change of an answer does to each score that it moves: the figures as they would be with the answer before,
/// as it counted then, and everything else as it is now.
pub(super) fn changed_by(desk: &Desk, id: &str, earlier: Option<&Answer>) -> Vec<ChangeView> {
    let Ok(before) = scores::with_answer(&desk.inputs, &desk.definitions, id, earlier) else {
        // Stored answers that no longer fit are told of where they are scored.
        return Vec::new();
    };
    let pairs = before.questionnaires.iter().filter_map(|before| {
        let now = desk.score.questionnaires.iter().find(|now| now.id == before.id)?;
        Some((before, now))
    });
    pairs.filter_map(|(before, now)| change_of(desk, id, before, now)).collect()
}

fn change_of(
    desk: &Desk,
    id: &str,
    before: &QuestionnaireScore,
    now: &QuestionnaireScore,
) -> Option<ChangeView> {
    let questionnaire = desk.definitions.questionnaire(&now.id)?;
    let credit = |of: &QuestionnaireScore| {
        let row = of.rows.iter().find(|row| row.question == id)?;
        Some(if row.state.counts() { row.credit.to_string() } else { state_words(row.state).to_owned() })
    };
    let section = now.rows.iter().chain(&before.rows).find(|row| row.question == id).map(|row| &row.section);
    let section = section.and_then(|id| questionnaire.sections.iter().find(|section| section.id == *id));
    let of_section = |of: &QuestionnaireScore| {
        of.sections
            .iter()
            .find(|one| Some(&one.id) == section.map(|s| &s.id))?
            .claimed
            .as_ref()
            .map(Exact::display1)
    };
    let rating = |of: &QuestionnaireScore| of.rating.map(|rating| rating.to_string());
    let claimed = |of: &QuestionnaireScore| of.claimed.as_ref().map(Exact::display1);
    let row = |label: &str, of: &dyn Fn(&QuestionnaireScore) -> Option<String>| {
        let words = |score| of(score).unwrap_or_else(|| DASH.to_owned());
        ChangeRow { label: label.to_owned(), before: words(before), now: words(now) }
    };
    let mut rows = Vec::new();
    if let Some(section) = section {
        rows.push(row("Credit", &credit));
        rows.push(row(&section.title, &of_section));
    }
    rows.push(row("Claimed", &claimed));
    rows.push(row("Rating", &rating));
    let moved = rows.iter().any(|row| row.before != row.now);
    moved.then(|| ChangeView { title: questionnaire.title.clone(), rows })
}
