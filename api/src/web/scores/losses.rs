//! Where the points of a questionnaire went: the headline, the chart, and the section table with the dearest answers.

use super::{DASH, lost_printed, minus, state_words};
use crate::{
    domain::score_inputs::in_words,
    render::{
        Html,
        charts::waterfall::Waterfall,
        parts::rating_word,
        scores::{LossLine, SectionRow},
    },
    usecases::scores::Scored,
};
use questionnaires::{
    definition::Questionnaire,
    exact::Exact,
    scoring::{QuestionnaireScore, RowScore, SectionScore, State},
};
use std::{cmp::Reverse, collections::BTreeMap};

/// Answers named for one section.
const NAMED: usize = 2;

/// A section with what it loses.
struct Losing<'a> {
    section: &'a SectionScore,
    title: String,
    lost: Exact,
}

/// The counted sections, the largest loss first.
fn losing<'a>(one: &'a QuestionnaireScore, definition: Option<&Questionnaire>) -> Vec<Losing<'a>> {
    let mut lost: BTreeMap<&str, Exact> = BTreeMap::new();
    for row in &one.rows {
        let sum = lost.entry(&row.section).or_default();
        *sum = &*sum + lost_printed(row);
    }
    let counted = one.sections.iter().filter(|section| section.claimed.is_some());
    let mut all: Vec<Losing<'_>> = counted
        .map(|section| Losing {
            section,
            title: title_of(definition, &section.id),
            lost: lost.get(section.id.as_str()).cloned().unwrap_or_default(),
        })
        .collect();
    all.sort_by_key(|one| Reverse(one.lost.clone()));
    all
}

fn title_of(definition: Option<&Questionnaire>, section: &str) -> String {
    let found = definition.and_then(|q| q.sections.iter().find(|one| one.id == section));
    found.map_or_else(|| section.to_owned(), |one| one.title.clone())
}

/// The finding in one or two sentences, the questionnaire with the worst risk first.
pub(super) fn headline(scored: &Scored) -> String {
    let mut all: Vec<&QuestionnaireScore> = scored.score.questionnaires.iter().collect();
    all.sort_by_key(|one| Reverse(one.residual.map(|residual| residual.level)));
    let sentences: Vec<String> = all.into_iter().filter_map(|one| sentence(scored, one)).take(2).collect();
    if sentences.is_empty() { format!("Score of {}", scored.case.service) } else { sentences.join(" ") }
}

fn sentence(scored: &Scored, one: &QuestionnaireScore) -> Option<String> {
    let definition = scored.definitions.questionnaire(&one.id);
    let title = definition.map_or(one.id.as_str(), |q| q.title.as_str());
    let (band, rating) = (one.band?, one.rating?);
    if rating > band {
        return Some(match &one.knock_outs[..] {
            [failed] => format!("{} holds {title} at {rating}.", failed.question),
            failed => format!("{} failed critical answers hold {title} at {rating}.", failed.len()),
        });
    }
    let most = losing(one, definition).into_iter().next()?;
    Some(if most.lost.is_zero() {
        format!("{title} is at full credit.")
    } else {
        format!("{title} loses most in {}.", most.title)
    })
}

/// The chart, when there is a score.
pub(super) fn waterfall(one: &QuestionnaireScore, definition: Option<&Questionnaire>) -> Option<Html> {
    let losses = losing(one, definition).into_iter().filter(|one| !one.lost.is_zero());
    let chart = Waterfall {
        id: one.id.clone(),
        losses: losses.map(|one| (one.title, one.lost)).collect(),
        claimed: one.claimed.as_ref()?.rounded(2),
    };
    Some(chart.figure())
}

/// A row for each section that loses something, one for those that do not, and one for those that do not count.
pub(super) fn section_rows(base: &str, scored: &Scored, one: &QuestionnaireScore) -> Vec<SectionRow> {
    let definition = scored.definitions.questionnaire(&one.id);
    let (full, losing): (Vec<_>, Vec<_>) =
        losing(one, definition).into_iter().partition(|one| one.lost.is_zero());
    let mut rows: Vec<SectionRow> = losing
        .into_iter()
        .map(|found| SectionRow {
            weight: found.section.weight.to_string(),
            score: found.section.claimed.as_ref().map(Exact::display1).unwrap_or_default(),
            lost: minus(&found.lost),
            losses: dearest(base, scored, one, &found.section.id),
            title: found.title,
            names: String::new(),
        })
        .collect();
    if !full.is_empty() {
        let weight: Exact = full.iter().map(|one| &one.section.weight).sum();
        rows.push(SectionRow {
            title: format!("{} at full credit", sections(full.len())),
            weight: weight.to_string(),
            score: Exact::from(100_i64).display1(),
            lost: Exact::zero().display2(),
            losses: Vec::new(),
            names: full.into_iter().map(|one| one.title).collect::<Vec<_>>().join(", "),
        });
    }
    let out: Vec<String> = one
        .sections
        .iter()
        .filter(|section| section.claimed.is_none())
        .map(|section| title_of(definition, &section.id))
        .collect();
    if !out.is_empty() {
        rows.push(SectionRow {
            title: format!("{} not counted", sections(out.len())),
            weight: DASH.to_owned(),
            score: DASH.to_owned(),
            lost: DASH.to_owned(),
            losses: Vec::new(),
            names: out.join(", "),
        });
    }
    rows
}

fn sections(count: usize) -> String {
    format!("{count} {}", if count == 1 { "section" } else { "sections" })
}

/// The answers of a section that cost most.
fn dearest(base: &str, scored: &Scored, one: &QuestionnaireScore, section: &str) -> Vec<LossLine> {
    let mut rows: Vec<&RowScore> =
        one.rows.iter().filter(|row| row.section == section && lost_printed(row).is_positive()).collect();
    rows.sort_by_key(|row| Reverse(lost_printed(row)));
    rows.into_iter().take(NAMED).map(|row| loss_line(base, scored, row)).collect()
}

fn loss_line(base: &str, scored: &Scored, row: &RowScore) -> LossLine {
    let question = scored.definitions.question(&row.question);
    let answer = question
        .filter(|_| row.state == State::Answered)
        .map(|q| in_words(q, scored.inputs.answers.get(&q.id)).join(", "));
    let said = match (&row.gate, answer) {
        (Some(gate), _) => format!("Not asked because of {gate}"),
        (None, Some(answer)) => format!("\"{answer}\""),
        (None, None) => state_words(row.state).to_owned(),
    };
    LossLine {
        id: row.question.clone(),
        href: format!("{base}/review?show=all&q={}", row.question),
        text: question.map(|q| q.text.clone()).unwrap_or_default(),
        said: format!("{said}, credit {} of weight {}", row.credit, row.question_weight),
    }
}

/// The band in words, and how a section's loss follows from its score.
pub(super) fn rule(one: &QuestionnaireScore, counted: &Exact) -> String {
    one.band.map_or_else(String::new, |band| {
        format!(
            "Band {band}, {}. A section loses (100 \u{2212} its score) \u{d7} its weight / {counted}.",
            rating_word(band.as_str()).to_lowercase()
        )
    })
}
