//! Scores over time on a vendor's page: what a service was scored from submission to submission.

use super::title_of;
use crate::{
    domain::{due, intake::shown_tenths},
    render::{
        charts::history::{History, Submitted},
        parts::Band,
        vendors::{HistoryRow, HistoryView},
    },
    store::assessments::{AssessmentRow, QuestionnaireResult},
    usecases::vendors::VendorProfile,
};
use chrono::NaiveDate;
use chrono_tz::Tz;
use questionnaires::exact::Exact;
use std::collections::BTreeMap;

/// A day of submission, its assessment, and what one questionnaire was scored.
type Scored<'a> = (NaiveDate, &'a AssessmentRow, &'a QuestionnaireResult);

/// Scores of every questionnaire that was answered more than once about a service.
pub(super) fn histories(profile: &VendorProfile, zone: Tz) -> Vec<HistoryView> {
    let mut lines: BTreeMap<(&str, &str), Vec<Scored<'_>>> = BTreeMap::new();
    for result in &profile.results {
        let row = profile.assessments.iter().find(|row| row.assessment.id == result.assessment_id);
        let Some((row, at)) = row.and_then(|row| Some((row, row.assessment.submitted_at?))) else { continue };
        let key = (row.service.as_str(), result.questionnaire_id.as_str());
        if result.claimed_tenths.is_some() && result.rating.is_some() {
            lines.entry(key).or_default().push((due::day_in(zone, at), row, result));
        }
    }
    let repeated = lines.into_iter().filter(|(_, line)| line.len() > 1).enumerate();
    repeated
        .map(|(place, ((service, questionnaire), mut line))| {
            line.sort_by_key(|(on, row, _)| (*on, row.assessment.id));
            let title = format!("{}, {service}", title_of(questionnaire));
            let scores = line.iter().map(|(on, _, result)| Submitted {
                on: *on,
                claimed: Exact::ratio(i64::from(result.claimed_tenths.unwrap_or_default()), 10),
                rating: result.rating.clone().unwrap_or_default(),
            });
            let history =
                History { id: format!("history-{place}"), title: title.clone(), scores: scores.collect() };
            let rows = line.iter().rev().map(|(on, row, result)| HistoryRow {
                day: due::short_day(*on),
                reference: row.assessment.reference.clone(),
                href: format!("/assessments/{}/score", row.assessment.id),
                band: Band::scored(
                    result.rating.as_deref().unwrap_or_default(),
                    &shown_tenths(result.claimed_tenths.unwrap_or_default()),
                ),
                residual: Band::named(result.residual.as_deref().unwrap_or_default()),
            });
            HistoryView { title, chart: history.figure(), rows: rows.collect() }
        })
        .collect()
}

/// What is said where no score can be compared yet.
pub(super) fn none_yet(profile: &VendorProfile) -> String {
    let next = profile.services.iter().filter_map(|story| story.assessed.as_ref()?.next_review_on).min();
    let next =
        next.map_or_else(String::new, |day| format!(" The next review is on {}.", due::short_day(day)));
    format!("A second submission about the same service will show here how its scores move.{next}")
}
