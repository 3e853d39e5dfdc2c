//! Where the points of a questionnaire went: the headline, the answers behind it, the chart, and the section table with
//! the dearest answers.

use super::{DASH, level_word, lost_printed, minus, state_words};
use crate::{
    domain::score_inputs::in_words,
    render::{
        Html,
        charts::waterfall::Waterfall,
        parts::rating_word,
        scores::{Causes, LossLine, SectionRow},
    },
    usecases::scores::Scored,
};
use questionnaires::{
    definition::{CriticalLevel, Questionnaire},
    exact::Exact,
    scoring::{KnockOut, QuestionnaireScore, Rating as Letter, RowScore, SectionScore, State},
};
use std::{cmp::Reverse, collections::BTreeMap};

/// Answers named for one section.
const NAMED: usize = 2;

/// Answers named as the reason of a score that nothing caps.
const DEAREST: usize = 3;

/// Questionnaires that the headline speaks of.
const TOLD: usize = 2;

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

/// The questionnaires with a score that the headline speaks of: those of the worst risk. What is less bad has its own
/// part of the page.
fn told(scored: &Scored) -> Vec<&QuestionnaireScore> {
    let mut all: Vec<&QuestionnaireScore> = scored.score.questionnaires.iter().collect();
    all.retain(|one| one.band.is_some());
    let risk = |one: &QuestionnaireScore| one.residual.map(|residual| residual.level);
    let worst = all.iter().map(|one| risk(one)).max().flatten();
    all.retain(|one| risk(one) == worst);
    all.truncate(TOLD);
    all
}

/// The finding in one or two sentences, about the worst risk.
pub(super) fn headline(scored: &Scored) -> String {
    let sentences: Vec<String> = told(scored).into_iter().filter_map(|one| sentence(scored, one)).collect();
    if sentences.is_empty() { format!("Score of {}", scored.case.service) } else { sentences.join(" ") }
}

fn name_of<'a>(scored: &'a Scored, one: &'a QuestionnaireScore) -> &'a str {
    scored.definitions.questionnaire(&one.id).map_or(one.id.as_str(), |q| q.title.as_str())
}

fn sentence(scored: &Scored, one: &QuestionnaireScore) -> Option<String> {
    let title = name_of(scored, one);
    let unproven =
        read_as(one).map_or_else(String::new, |letter| format!("; unproven, it is read as {letter}"));
    if let Some(rating) = capped_at(one) {
        return Some(match one.knock_outs.len() {
            1 => format!("One answer holds {title} at {rating}{unproven}."),
            failed => format!("{failed} answers hold {title} at {rating}{unproven}."),
        });
    }
    let blockers = blockers(one).count();
    let most = losing(one, scored.definitions.questionnaire(&one.id)).into_iter().next()?;
    Some(match blockers {
        0 if most.lost.is_zero() => format!("{title} is at full credit{unproven}."),
        0 => format!("{title} loses most in {}{unproven}.", most.title),
        1 => format!("{title} fails a blocker and loses most in {}{unproven}.", most.title),
        count => format!("{title} fails {count} blockers and loses most in {}{unproven}.", most.title),
    })
}

/// As what the rating is read because too little is proven for the tier, where that is worse.
fn read_as(one: &QuestionnaireScore) -> Option<Letter> {
    let residual = one.residual.filter(|residual| residual.shifted)?;
    residual.read_as.filter(|letter| one.rating != Some(*letter))
}

/// The failed answers of which one alone stops, unless its risk is accepted.
fn blockers(one: &QuestionnaireScore) -> impl Iterator<Item = &KnockOut> {
    one.knock_outs.iter().filter(|failed| failed.level == CriticalLevel::Blocker)
}

/// The rating of a questionnaire whose failed critical answers make it worse than its score alone.
fn capped_at(one: &QuestionnaireScore) -> Option<Letter> {
    one.rating.filter(|rating| one.band.is_some_and(|band| *rating > band))
}

/// The answers behind each sentence of the headline: those that hold the rating, else failed blockers and those that
/// cost most.
pub(super) fn causes(base: &str, scored: &Scored) -> Vec<Causes> {
    let causes = told(scored).into_iter().flat_map(|one| {
        let title = name_of(scored, one);
        match capped_at(one) {
            Some(rating) => {
                let all = holding(base, scored, one, one.knock_outs.iter());
                vec![Causes { about: format!("Why {title} is held at {rating}"), answers: all }]
            }
            None => vec![
                Causes {
                    about: format!("Blockers that {title} fails"),
                    answers: holding(base, scored, one, blockers(one)),
                },
                Causes { about: format!("What costs {title} most"), answers: costing(base, scored, one) },
            ],
        }
    });
    causes.filter(|causes| !causes.answers.is_empty()).collect()
}

fn holding<'a>(
    base: &str,
    scored: &Scored,
    one: &QuestionnaireScore,
    failed: impl Iterator<Item = &'a KnockOut>,
) -> Vec<LossLine> {
    let failed = failed.filter_map(|failed| {
        let row = one.rows.iter().find(|row| row.question == failed.question)?;
        Some(loss_line(base, scored, row, &format!("a failed {}", level_word(failed.level))))
    });
    failed.collect()
}

fn costing(base: &str, scored: &Scored, one: &QuestionnaireScore) -> Vec<LossLine> {
    let rows = dearest_first(one.rows.iter());
    let lines = rows.into_iter().take(DEAREST);
    lines.map(|row| loss_line(base, scored, row, &format!("{} points", minus(&lost_printed(row))))).collect()
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
            names: format!("{}: not asked by the facts of the intake, or not applicable", out.join(", ")),
        });
    }
    rows
}

fn sections(count: usize) -> String {
    format!("{count} {}", if count == 1 { "section" } else { "sections" })
}

/// The answers of a section that cost most.
fn dearest(base: &str, scored: &Scored, one: &QuestionnaireScore, section: &str) -> Vec<LossLine> {
    let rows = dearest_first(one.rows.iter().filter(|row| row.section == section));
    let lines = rows.into_iter().take(NAMED);
    lines
        .map(|row| {
            let counts = format!("credit {} of weight {}", row.credit, row.question_weight);
            loss_line(base, scored, row, &counts)
        })
        .collect()
}

/// Those of the rows that cost points, the dearest first.
fn dearest_first<'a>(rows: impl Iterator<Item = &'a RowScore>) -> Vec<&'a RowScore> {
    let mut rows: Vec<&RowScore> = rows.filter(|row| lost_printed(row).is_positive()).collect();
    rows.sort_by_key(|row| Reverse(lost_printed(row)));
    rows
}

fn loss_line(base: &str, scored: &Scored, row: &RowScore, counts: &str) -> LossLine {
    let question = scored.definitions.question(&row.question);
    let answer = question
        .filter(|_| row.state == State::Answered)
        .map(|q| in_words(q, scored.inputs.answers.get(&q.id)).join(", "));
    let said = match (&row.gate, answer) {
        (Some(gate), _) if counts_in_full(scored, gate) => {
            format!("Not asked: {gate} counts in full by a reviewer's word, but its answer is the old one")
        }
        (Some(gate), _) => format!("Not asked because of {gate}"),
        (None, Some(answer)) => format!("\"{answer}\""),
        (None, None) => state_words(row.state).to_owned(),
    };
    LossLine {
        id: row.question.clone(),
        href: format!("{base}/review?show=all&q={}", row.question),
        text: question.map(|q| q.text.clone()).unwrap_or_default(),
        said: format!("{said}, {counts}"),
    }
}

/// Whether a gate has full credit although its answer leaves questions out, as after a verification.
fn counts_in_full(scored: &Scored, gate: &str) -> bool {
    let mut rows = scored.score.questionnaires.iter().flat_map(|one| &one.rows);
    rows.any(|row| row.question == gate && row.state == State::Answered && row.credit == Exact::one())
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
