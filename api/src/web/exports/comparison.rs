//! A comparison as its page shows it: a column for each vendor, a line for each figure, no total.

use super::{place, plain, whole};
use crate::{
    domain::ids::AssessmentId,
    render::parts::capitalised,
    usecases::{
        comparison::{Compare, SideBySide},
        exports,
    },
    web::{
        Answer,
        compare::{chosen_of, control_sets_of, not_ranked_words, sections_of},
        form::Fields,
        guard::Staff,
        scores::{about, confidence_words, reasons_of},
        shares::Shares,
    },
};
use actix_web::web::{Data, Query};
use questionnaires::exact::Exact;

/// The file of the chosen assessments.
pub(super) async fn file(staff: Staff, shares: Data<Shares>, query: Query<Vec<(String, String)>>) -> Answer {
    let place = place(&shares, &staff).await?;
    let chosen: Vec<AssessmentId> = chosen_of(&Fields::from_pairs(query.into_inner()));
    let side = exports::comparison(&staff.ctx, &chosen).await?;
    let vendors = side.columns.iter().map(|column| about(&column.case));
    let headings = plain(["Questionnaire", "Part", "Figure"]).into_iter().chain(vendors).collect();
    whole(&staff, place, "comparison", headings, lines(&side))
}

fn lines(side: &SideBySide) -> Vec<Vec<String>> {
    let mut lines = vec![line(side, ["", "All questionnaires", "Residual risk"], |column| {
        let residual = side.columns.get(column)?.snapshot.score.residual?;
        Some(capitalised(residual.as_str()))
    })];
    for compare in &side.questionnaires {
        lines.extend(result_lines(side, compare));
        for (id, title) in sections_of(side, &compare.questionnaire) {
            let section = |column: usize| {
                let scored = side.result(column, &compare.questionnaire)?;
                scored.sections.iter().find(|section| section.id == id)
            };
            let named = |figure| [compare.title.as_str(), title.as_str(), figure];
            lines.push(line(side, named("Claimed"), |column| {
                section(column)
                    .map(|one| one.claimed.as_ref().map_or_else(|| "N/A".to_owned(), Exact::display1))
            }));
            lines.push(line(side, named("Weight"), |column| {
                section(column).map(|one| one.weight.to_string())
            }));
        }
    }
    for (id, title) in control_sets_of(side) {
        let set = |column: usize| {
            side.columns.get(column)?.snapshot.score.control_sets.iter().find(|set| set.id == id)
        };
        let named = |figure| ["Control sets", title.as_str(), figure];
        lines.push(line(side, named("Claimed"), |column| set(column)?.claimed.as_ref().map(Exact::display1)));
        lines.push(line(side, named("Controls covered"), |column| {
            set(column).map(|set| format!("{} of {}", set.covered, set.counted))
        }));
    }
    lines
}

/// What is said of a questionnaire as a whole. Confidence and reasons belong to each vendor's own version, so they are
/// left out where versions differ and common questions were compared.
fn result_lines(side: &SideBySide, compare: &Compare) -> Vec<Vec<String>> {
    let own_version = compare.comparison.common.is_none();
    let place = |column: usize| {
        let place = compare.columns.iter().position(|asked| *asked == column)?;
        compare.comparison.lines.iter().find(|line| line.index == place)
    };
    let scored = |column: usize| side.result(column, &compare.questionnaire);
    let whole = match compare.comparison.common {
        Some((common, all)) => format!("Whole questionnaire, common questions, {common} of {all}"),
        None => "Whole questionnaire".to_owned(),
    };
    let named = |figure| [compare.title.as_str(), whole.as_str(), figure];
    let reasons = |column: usize| {
        let of = side.columns.get(column)?;
        let reasons = reasons_of(scored(column)?, &of.definitions, &of.snapshot.inputs.answers);
        Some(reasons.iter().map(|one| format!("{} {}", one.strong, one.text)).collect::<Vec<_>>().join("\n"))
    };
    let rating = |column: usize| {
        let Some(line) = place(column) else { return Some("Not asked".to_owned()) };
        Some(line.rating.map_or_else(|| "Not assessed".to_owned(), |rating| rating.to_string()))
    };
    let mut lines = vec![
        line(side, named("Version"), |column| scored(column).map(|scored| scored.version.clone())),
        line(side, named("Rating"), rating),
        line(side, named("Claimed"), |column| place(column)?.claimed.as_ref().map(Exact::display1)),
        line(side, named("Evidenced"), |column| place(column)?.evidenced.as_ref().map(Exact::display1)),
    ];
    if own_version {
        lines.push(line(side, named("Confidence"), |column| {
            Some(confidence_words(scored(column)?.confidence.as_ref()?.label).to_owned())
        }));
    }
    lines.push(line(side, named("Rank"), |column| place(column)?.rank.map(|rank| rank.to_string())));
    lines.push(line(side, named("Why it is not ranked"), |column| {
        Some(not_ranked_words(place(column)?.not_ranked?).to_owned())
    }));
    lines.push(line(side, named("Residual risk on its own version"), |column| {
        Some(capitalised(scored(column)?.residual?.level.as_str()))
    }));
    if own_version {
        lines.push(line(side, named("Why"), reasons));
    }
    lines
}

/// A line: what it is about, and the figure of each column that has one.
fn line(side: &SideBySide, named: [&str; 3], figure: impl Fn(usize) -> Option<String>) -> Vec<String> {
    let figures = (0..side.columns.len()).map(|column| figure(column).unwrap_or_default());
    plain(named).into_iter().chain(figures).collect()
}
