//! The answers in which the vendors differ most, with their words.

use super::Shown;
use crate::{
    domain::score_inputs::in_words,
    render::compare::{Differing, DifferingAnswer, DifferingQuestion},
    usecases::comparison::{Column, SideBySide},
    web::scores::state_words,
};
use questionnaires::{exact::Exact, risk::comparison::differences, scoring::State};

/// Questions shown at first.
const SHOWN: usize = 5;
/// Points of weight between the best and the worst answer from which a question is listed.
const LEAST: i64 = 3;

/// The questions in which somebody loses three points of weight or more against another; nothing when there are none.
pub(super) fn differing(side: &SideBySide, shown: &Shown) -> Option<Differing> {
    let mut all: Vec<(Exact, DifferingQuestion)> = Vec::new();
    for compare in &side.questionnaires {
        let columns: Vec<&Column> = compare.columns.iter().filter_map(|at| side.columns.get(*at)).collect();
        for found in differences(&side.compared(compare)) {
            if found.points >= Exact::from(LEAST) {
                all.push((found.points, question(&columns, &found.question)));
            }
        }
    }
    all.sort_by(|a, b| b.0.cmp(&a.0));
    let count = all.len();
    if count == 0 {
        return None;
    }
    let few = count > SHOWN && !shown.all_answers;
    let more = Shown { open: shown.open.clone(), all_answers: true, ..*shown };
    Some(Differing {
        text: format!(
            "The number is the credit, from 0 to 1. {count} {} by {LEAST} or more points of weight.",
            if count == 1 { "question differs" } else { "questions differ" }
        ),
        questions: all.into_iter().take(if few { SHOWN } else { count }).map(|(_, one)| one).collect(),
        all: few.then(|| format!("{}#differing", more.address(side))),
        count,
    })
}

fn question(columns: &[&Column], id: &str) -> DifferingQuestion {
    let text = columns.iter().find_map(|column| column.definitions.question(id)).map(|q| q.text.clone());
    let answers = columns.iter().filter_map(|column| {
        let mut rows = column.snapshot.score.questionnaires.iter().flat_map(|one| &one.rows);
        let row = rows.find(|row| row.question == id)?;
        let question = column.definitions.question(id)?;
        let words = match row.state {
            State::Answered => in_words(question, column.snapshot.inputs.answers.get(id)).join(", "),
            state => state_words(state).to_owned(),
        };
        Some(DifferingAnswer {
            vendor: column.case.vendor.clone(),
            href: format!("/assessments/{}/review?show=all&q={id}", column.case.assessment.id),
            credit: if row.state.counts() { row.credit.to_string() } else { "\u{2013}".to_owned() },
            words,
        })
    });
    DifferingQuestion { id: id.to_owned(), text: text.unwrap_or_default(), answers: answers.collect() }
}
