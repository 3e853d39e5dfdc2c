//! One questionnaire of a comparison: a result for each vendor with what made it, and a row for each section.

use super::{Shown, not_ranked_words, sections_of};
use crate::{
    render::{
        charts::strip::Strip,
        compare::{CompareCell, CompareGroup, CompareResult, CompareRow, Folded},
        parts::{Band, Fact, Rating, ScoreCell},
        scores::Reason,
    },
    usecases::comparison::{Compare, SideBySide},
    web::scores::{confidence_words, percent, rating_of, score_cell},
};
use questionnaires::{
    definition::CriticalLevel,
    exact::Exact,
    risk::residual::evidence_gate,
    scoring::{QuestionnaireScore, ScoreState, SectionScore},
};
use std::{cmp::Reverse, collections::BTreeSet};

/// A section whose best and worst vendor lie no further apart is folded.
const WITHIN: i64 = 10;

/// How many knock-outs a result names when there are more.
const NAMED: usize = 3;

/// A section across the columns.
struct Line<'a> {
    title: String,
    cells: Vec<Option<&'a SectionScore>>,
    /// How many of the columns were asked the questionnaire.
    asked: usize,
}

impl Line<'_> {
    fn scores(&self) -> impl Iterator<Item = &Exact> {
        self.cells.iter().filter_map(|section| section.and_then(|section| section.claimed.as_ref()))
    }
    /// The least and the most of those who have a score.
    fn range(&self) -> Option<(&Exact, &Exact)> {
        Some((self.scores().min()?, self.scores().max()?))
    }
    fn gap(&self) -> Exact {
        self.range().map(|(least, most)| most - least).unwrap_or_default()
    }
    /// Close together, and nobody who was asked is left out; what one vendor alone was asked, or applies to nobody,
    /// compares nothing.
    fn folds(&self) -> bool {
        let scored = self.scores().count();
        self.asked == 1 || scored == 0 || (scored == self.asked && self.gap() <= Exact::from(WITHIN))
    }
}

pub(super) fn group(side: &SideBySide, shown: &Shown, compare: &Compare) -> CompareGroup {
    let ranked = compare.comparison.lines.iter().filter(|line| line.rank.is_some()).count();
    let results = (0..side.columns.len()).map(|column| result(side, compare, column, ranked));
    let mut lines: Vec<Line<'_>> = sections_of(side, &compare.questionnaire)
        .into_iter()
        .map(|(id, title)| {
            let of = |column| {
                let scored = side.result(column, &compare.questionnaire)?;
                scored.sections.iter().find(|section| section.id == id)
            };
            Line { title, cells: (0..side.columns.len()).map(of).collect(), asked: compare.columns.len() }
        })
        .collect();
    if shown.gaps {
        lines.sort_by_key(|line| Reverse(line.gap()));
    }
    let open = shown.open.contains(&compare.questionnaire);
    let (folded, rows): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| shown.within && line.folds());
    let href = shown.toggled(&compare.questionnaire).address(side);
    let fold = (!folded.is_empty()).then(|| Folded {
        label: if open { "Show fewer".to_owned() } else { format!("Show {} more", folded.len()) },
        href: format!("{href}#group-{}", compare.questionnaire),
        text: match compare.columns.len() {
            1 => format!("One vendor alone was asked: {}", ranges(&folded)),
            _ => format!("Within {WITHIN} points: {}", ranges(&folded)),
        },
    });
    let rows = rows.into_iter().chain(folded.into_iter().filter(|_| open));
    CompareGroup {
        id: compare.questionnaire.clone(),
        title: compare.title.clone(),
        about: about(side, compare),
        results: results.collect(),
        rows: rows.map(|line| row(side, compare, line)).collect(),
        folded: fold,
    }
}

fn ranges(lines: &[Line<'_>]) -> String {
    let words = lines.iter().map(|line| match line.range() {
        None => format!("{} (N/A)", line.title),
        Some((least, most)) if least == most => format!("{} ({})", line.title, least.display1()),
        Some((least, most)) => format!("{} ({} to {})", line.title, least.display1(), most.display1()),
    });
    words.collect::<Vec<_>>().join(", ")
}

fn about(side: &SideBySide, compare: &Compare) -> String {
    let versions: BTreeSet<&str> = compare
        .columns
        .iter()
        .filter_map(|column| side.result(*column, &compare.questionnaire))
        .map(|scored| scored.version.as_str())
        .collect();
    let versions = versions.into_iter().collect::<Vec<_>>().join(", ");
    match compare.comparison.common {
        Some((common, all)) => format!(
            "versions {versions}: common questions, {common} of {all}; section scores are those of each own version"
        ),
        None => format!("version {versions}"),
    }
}

fn row(side: &SideBySide, compare: &Compare, line: Line<'_>) -> CompareRow {
    let weights: Vec<Option<String>> = line
        .cells
        .iter()
        .map(|section| {
            let counted = section.filter(|section| section.claimed.is_some());
            counted.map(|section| format!("weight {}", section.weight))
        })
        .collect();
    // Said once where all agree, as they do when scope answers leave nothing out.
    let first = weights.iter().flatten().next().cloned().unwrap_or_default();
    let agree = weights.iter().flatten().all(|weight| *weight == first);
    let cells = line.cells.iter().enumerate().map(|(column, section)| {
        let cell = section
            .map_or_else(|| ScoreCell::none("Not asked"), |one| score_cell(one.claimed.as_ref(), "N/A"));
        let cell = match (section, side.columns.get(column)) {
            (Some(_), Some(own)) => cell
                .href(format!("/assessments/{}/score#q-{}", own.case.assessment.id, compare.questionnaire)),
            _ => cell,
        };
        CompareCell { cell, note: weights.get(column).cloned().flatten().filter(|_| !agree) }
    });
    let vendors = side.columns.iter().map(|column| column.case.vendor.as_str());
    let scores = line.cells.iter().map(|section| section.and_then(|section| section.claimed.clone()));
    let strip =
        Strip { scores: vendors.zip(scores).filter_map(|(name, score)| Some((name, score?))).collect() };
    CompareRow {
        note: if agree { first } else { String::new() },
        cells: cells.collect(),
        strip: Some(strip.drawing()),
        label: line.title,
    }
}

fn result(side: &SideBySide, compare: &Compare, column: usize, ranked: usize) -> CompareResult {
    let not_asked = || CompareResult {
        rating: Rating::none("Not asked"),
        lines: Vec::new(),
        residual: None,
        reasons: Vec::new(),
    };
    let place = compare.columns.iter().position(|asked| *asked == column);
    let line = place.and_then(|place| compare.comparison.lines.iter().find(|line| line.index == place));
    let (Some(line), Some(scored)) = (line, side.result(column, &compare.questionnaire)) else {
        return not_asked();
    };
    // On common questions the result is another than that of the vendor's own version.
    let own_version = compare.comparison.common.is_none();
    let mut lines = Vec::new();
    let mut add = |label: &str, value: String| lines.push(Fact::new(label, value));
    if let Some(evidenced) = &line.evidenced {
        add("Evidenced", evidenced.display1());
    }
    if let Some(confidence) = scored.confidence.as_ref().filter(|_| own_version) {
        add("Confidence", confidence_words(confidence.label).to_owned());
    }
    match (line.rank, line.not_ranked) {
        // A rank of one says nothing.
        (Some(rank), _) if ranked > 1 => add("Rank", format!("{rank} of {ranked}")),
        (None, Some(reason)) => add("Rank", format!("Not ranked: {}", not_ranked_words(reason))),
        _ => {}
    }
    let residual = scored.residual.map(|residual| {
        let band = Band::residual(residual.level.as_str());
        if own_version { band } else { Band { text: format!("{} on its own version", band.text), ..band } }
    });
    let state = if line.claimed.is_some() { ScoreState::Scored } else { scored.state };
    CompareResult {
        rating: rating_of(state, line.rating, line.claimed.as_ref()),
        lines,
        residual,
        reasons: if own_version { reasons(scored) } else { Vec::new() },
    }
}

/// The critical questions that failed, blockers first: of each level how many, and the first by name; the score page
/// names them all.
fn knock_outs(scored: &QuestionnaireScore) -> String {
    let of = |level: CriticalLevel, word: &str| {
        let failed: Vec<&str> = scored
            .knock_outs
            .iter()
            .filter(|failed| failed.level == level)
            .map(|failed| failed.question.as_str())
            .collect();
        let named = failed.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let plural = if failed.len() == 1 { "" } else { "s" };
        let rest = if failed.len() > NAMED { " and more" } else { "" };
        (!failed.is_empty()).then(|| format!("{} {word}{plural} ({named}{rest})", failed.len()))
    };
    let levels = [of(CriticalLevel::Blocker, "blocker"), of(CriticalLevel::Major, "major")];
    levels.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What makes a rating other than its number, in a few words each.
fn reasons(scored: &QuestionnaireScore) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut add = |strong: &str, text: String| reasons.push(Reason { strong: strong.to_owned(), text });
    let failed = knock_outs(scored);
    match (scored.band, scored.rating) {
        (Some(band), Some(rating)) if rating > band => {
            add(&format!("Capped from {band} to {rating}"), format!("by {failed}"));
        }
        (Some(band), _) if !failed.is_empty() => {
            add("", format!("Knock-outs: {failed}; {band} already, so the cap changes nothing"));
        }
        _ => {}
    }
    if let Some(residual) = scored.residual.filter(|residual| residual.shifted)
        && let (Some(read_as), Some(rating)) = (residual.read_as, scored.rating)
    {
        let below = format!("Evidenced below {}:", evidence_gate(residual.tier));
        match read_as == rating {
            true => add(&below, format!("{rating} is the worst rating as it is")),
            false => add(&below, format!("{rating} is read as {read_as}")),
        }
    }
    if scored.limited_scope {
        let share = scored.na_share.as_ref().map(percent).unwrap_or_default();
        add("Limited scope:", format!("N/A on {share} of the weight; the limit is 30 %"));
    }
    for line in &scored.scope {
        let noun = if line.hidden == 1 { "question" } else { "questions" };
        let critical = match line.hidden_critical.len() {
            0 => String::new(),
            count => format!(", {count} critical"),
        };
        add(
            "",
            format!(
                "{} leaves out {} {noun}, weight {}{critical}",
                line.question, line.hidden, line.hidden_weight
            ),
        );
    }
    reasons
}
