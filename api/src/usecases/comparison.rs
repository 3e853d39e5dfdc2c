//! Vendors side by side: the latest submitted or decided assessments, per questionnaire, ranked by stated rules.

use super::{Ctx, Result, UseCaseError, page_within, scores};
use crate::{
    domain::{
        Permission, ids::AssessmentId, remediation::Case, score_inputs::Definitions, vendor::normalised,
    },
    store::{
        cases,
        scores::{self as rows, Snapshot},
    },
};
use questionnaires::{
    risk::comparison::{Compared, Comparison, compare as compare_scores},
    scoring::QuestionnaireScore,
};
use std::collections::BTreeSet;

/// The most vendors that people can weigh against each other.
pub const MOST: usize = 6;

/// One column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Which assessment.
    pub case: Case,
    /// Its latest snapshot.
    pub snapshot: Snapshot,
    /// What was asked.
    pub definitions: Definitions,
}

/// One questionnaire across the columns.
#[derive(Clone, Debug)]
pub struct Compare {
    /// The questionnaire's id.
    pub questionnaire: String,
    /// Its title in the newest version.
    pub title: String,
    /// Positions of the columns that were asked it, in the order of [`Comparison`]'s indices.
    pub columns: Vec<usize>,
    /// Who stands where, and why somebody is not ranked.
    pub comparison: Comparison,
}

/// The whole page.
#[derive(Clone, Debug)]
pub struct SideBySide {
    /// In the order chosen.
    pub columns: Vec<Column>,
    /// Every questionnaire that some column was asked.
    pub questionnaires: Vec<Compare>,
}

impl SideBySide {
    /// The pinned result of a questionnaire in a column.
    #[must_use]
    pub fn result(&self, column: usize, questionnaire: &str) -> Option<&QuestionnaireScore> {
        self.columns
            .get(column)?
            .snapshot
            .score
            .questionnaires
            .iter()
            .find(|scored| scored.id == questionnaire)
    }

    /// What is compared of one questionnaire, in the order of its columns.
    #[must_use]
    pub fn compared(&self, compare: &Compare) -> Vec<Compared<'_>> {
        asked(&self.columns, &compare.questionnaire).into_iter().map(|(_, one)| one).collect()
    }
}

/// The columns that were asked a questionnaire, with what each has of it.
fn asked<'a>(columns: &'a [Column], questionnaire: &str) -> Vec<(usize, Compared<'a>)> {
    let of = |(index, column): (usize, &'a Column)| {
        let definition = column.definitions.questionnaire(questionnaire)?;
        let mut scores = column.snapshot.score.questionnaires.iter();
        let score = scores.find(|scored| scored.id == questionnaire)?;
        Some((index, Compared { name: &column.case.vendor, questionnaire: definition, score }))
    };
    columns.iter().enumerate().filter_map(of).collect()
}

/// Assessments on one page of the choice.
pub const PAGE: usize = 50;

/// One page of the assessments that can be compared.
#[derive(Clone, Debug)]
pub struct Choices {
    /// Those that are chosen already, and exist; at most [`PAGE`].
    pub chosen: Vec<Case>,
    /// At most [`PAGE`] others, by vendor and service: the latest submitted or decided one of each service.
    pub others: Vec<Case>,
    /// How many there are of vendors with such a name.
    pub total: usize,
    /// From 1.
    pub page: usize,
}

/// Assessments that can be compared, of vendors with these words in their name, and those that are chosen already
/// whatever their vendor is called; `page` counts from 1.
///
/// # Errors
/// [`UseCaseError::Forbidden`] without the right to read.
pub async fn choices(ctx: &Ctx, chosen: &[AssessmentId], vendor: &str, page: usize) -> Result<Choices> {
    ctx.require(Permission::Read)?;
    let words = normalised(vendor);
    let total = cases::count_comparable(ctx.scope(), &words).await?;
    let page = page_within(page, total, PAGE);
    let mut others = cases::page_comparable(ctx.scope(), &words, (page - 1) * PAGE, PAGE).await?;
    let chosen: Vec<AssessmentId> = chosen.iter().copied().take(PAGE).collect();
    let mut chosen = cases::cases(ctx.scope(), &chosen).await?;
    chosen.retain(|case| case.assessment.state.was_submitted());
    chosen.sort_by(|a, b| (&a.vendor, &a.service).cmp(&(&b.vendor, &b.service)));
    others.retain(|case| !chosen.contains(case));
    Ok(Choices { chosen, others, total, page })
}

/// Compares the chosen assessments.
///
/// # Errors
/// [`UseCaseError::NotFound`] when one of them is not there or was never handed in; [`UseCaseError::Invalid`] with
/// fewer than two or more than six.
pub async fn compare(ctx: &Ctx, chosen: &[AssessmentId]) -> Result<SideBySide> {
    ctx.require(Permission::Read)?;
    let distinct: BTreeSet<AssessmentId> = chosen.iter().copied().collect();
    if distinct.len() < 2 || distinct.len() > MOST {
        return Err(UseCaseError::field(
            "assessment",
            "out_of_range",
            format!("Choose two to {MOST} assessments"),
        ));
    }
    let s = ctx.scope();
    let mut found = cases::cases(s, chosen).await?;
    let mut snapshots = rows::latest_snapshots(s, chosen).await?;
    let mut columns = Vec::new();
    let mut done = BTreeSet::new();
    for id in chosen.iter().filter(|id| done.insert(**id)) {
        let at = found.iter().position(|case| case.assessment.id == *id).ok_or(UseCaseError::NotFound)?;
        let snapshot = snapshots.remove(id).ok_or(UseCaseError::NotFound)?;
        let definitions = scores::definitions_of(s, &snapshot.inputs).await?;
        columns.push(Column { case: found.swap_remove(at), snapshot, definitions });
    }
    let questionnaires = questionnaires_of(&columns);
    Ok(SideBySide { columns, questionnaires })
}

fn questionnaires_of(columns: &[Column]) -> Vec<Compare> {
    let mut ids: Vec<&str> = Vec::new();
    for scored in columns.iter().flat_map(|column| &column.snapshot.score.questionnaires) {
        if !scored.own_readiness && !ids.contains(&scored.id.as_str()) {
            ids.push(&scored.id);
        }
    }
    ids.into_iter()
        .filter_map(|id| {
            let asked = asked(columns, id);
            let title = asked.first()?.1.questionnaire.title.clone();
            let compared: Vec<Compared<'_>> = asked.iter().map(|(_, one)| *one).collect();
            Some(Compare {
                questionnaire: id.to_owned(),
                title,
                columns: asked.iter().map(|(index, _)| *index).collect(),
                comparison: compare_scores(&compared),
            })
        })
        .collect()
}
