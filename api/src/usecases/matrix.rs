//! All vendors under one questionnaire, section by section. Questionnaires are never added up, so it is one at a time.

use super::{Ctx, Result, library, page_within};
use crate::{
    domain::{
        Permission,
        matrix::{MatrixLine, MatrixOrder},
    },
    store::matrix::{self as rows, MatrixQuery},
};
use questionnaires::definition::Tier;
use std::collections::BTreeSet;

/// Services on one page.
pub const PAGE: usize = 50;

/// What to show.
#[derive(Clone, Debug)]
pub struct MatrixFilter {
    /// Under which questionnaire; the first one when there is no such.
    pub questionnaire: String,
    /// Of services in this tier alone.
    pub tier: Option<Tier>,
    /// Within a tier.
    pub order: MatrixOrder,
    /// From 1.
    pub page: usize,
}

/// One page of the table.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// Id and title of every questionnaire that vendors were sent.
    pub questionnaires: Vec<(String, String)>,
    /// The one that is shown; none when nothing was ever sent.
    pub questionnaire: Option<(String, String)>,
    /// Id and title of the columns.
    pub sections: Vec<(String, String)>,
    /// Id and title of the control sets that these lines were scored under.
    pub control_sets: Vec<(String, String)>,
    /// At most [`PAGE`].
    pub lines: Vec<MatrixLine>,
    /// How many services have a result.
    pub total: usize,
    /// From 1.
    pub page: usize,
}

/// The newest results under a questionnaire.
///
/// # Errors
/// [`super::UseCaseError::Forbidden`] without the right to read.
pub async fn matrix(ctx: &Ctx, filter: &MatrixFilter) -> Result<Matrix> {
    ctx.require(Permission::Read)?;
    let s = ctx.scope();
    let questionnaires = rows::questionnaires(s).await?;
    let wanted = questionnaires.iter().find(|(id, _)| *id == filter.questionnaire);
    let Some((id, title)) = wanted.or(questionnaires.first()).cloned() else {
        return Ok(Matrix {
            questionnaires,
            questionnaire: None,
            sections: Vec::new(),
            control_sets: Vec::new(),
            lines: Vec::new(),
            total: 0,
            page: 1,
        });
    };
    let query = MatrixQuery { questionnaire: id.clone(), tier: filter.tier, order: filter.order };
    let sections = rows::sections(s, &id).await?;
    let total = rows::count(s, &query).await?;
    let page = page_within(filter.page, total, PAGE);
    let lines = rows::page(s, &query, (page - 1) * PAGE, PAGE).await?;
    let control_sets = control_sets(&lines);
    Ok(Matrix {
        questionnaires,
        questionnaire: Some((id, title)),
        sections,
        control_sets,
        lines,
        total,
        page,
    })
}

fn control_sets(lines: &[MatrixLine]) -> Vec<(String, String)> {
    let ids: BTreeSet<&str> =
        lines.iter().flat_map(|line| &line.control_sets).map(|set| set.id.as_str()).collect();
    let titled = ids.into_iter().map(|id| {
        let known = library::shipped().control_set(id);
        (id.to_owned(), known.map_or_else(|| id.to_owned(), |set| set.title.clone()))
    });
    titled.collect()
}
