//! What an assessment came to, as lists show it beside its name.

use super::vendors::title_of;
use crate::{
    domain::{ids::AssessmentId, intake::shown_tenths},
    render::parts::{Band, LabelledBand, ResultsView},
    usecases::scores::Results,
};

/// The ratings of an assessment with the way to its score; none before it was scored.
///
/// `about` says what was assessed, for who hears the page.
pub(super) fn results_of(results: &Results, assessment: AssessmentId, about: &str) -> Option<ResultsView> {
    let lines = results.get(&assessment)?.iter().map(|line| LabelledBand {
        label: title_of(&line.questionnaire),
        band: match (&line.rating, line.claimed_tenths) {
            (Some(rating), Some(tenths)) => Band::scored(rating, &shown_tenths(tenths)),
            _ => Band::none("Not assessed"),
        },
    });
    Some(ResultsView {
        lines: lines.collect(),
        why: format!("/assessments/{assessment}/score"),
        about: about.to_owned(),
    })
}
