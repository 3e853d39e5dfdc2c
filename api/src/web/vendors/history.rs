//! Scores over time on a vendor's page: what a service was scored from submission to submission.

use super::title_of;
use crate::{
    domain::{due, intake::shown_tenths},
    render::{
        charts::history::{History, Submitted},
        parts::Band,
        vendors::{HistoryRow, HistoryView},
    },
    usecases::vendors::{ScoreHistory, VendorProfile},
};
use chrono_tz::Tz;
use questionnaires::exact::Exact;

/// Every history as a line and as a table.
pub(super) fn histories(profile: &VendorProfile, zone: Tz) -> Vec<HistoryView> {
    profile
        .histories()
        .iter()
        .enumerate()
        .map(|(place, history)| history_view(place, history, zone))
        .collect()
}

fn history_view(place: usize, history: &ScoreHistory, zone: Tz) -> HistoryView {
    let title = format!("{}, {}", title_of(&history.questionnaire), history.service);
    let scores = history.scores.iter().map(|score| Submitted {
        on: due::day_in(zone, score.submitted_at),
        claimed: Exact::ratio(i64::from(score.claimed_tenths), 10),
        rating: score.rating.clone(),
    });
    let chart = History { id: format!("history-{place}"), title: title.clone(), scores: scores.collect() };
    let rows = history.scores.iter().rev().map(|score| HistoryRow {
        day: due::short_day(due::day_in(zone, score.submitted_at)),
        reference: score.reference.clone(),
        href: format!("/assessments/{}/score", score.assessment),
        band: Band::scored(&score.rating, &shown_tenths(score.claimed_tenths)),
        residual: Band::named(score.residual.as_deref().unwrap_or_default()),
    });
    HistoryView { title, chart: chart.figure(), rows: rows.collect() }
}

/// What is said where no score can be compared yet.
pub(super) fn none_yet(profile: &VendorProfile) -> String {
    let next = profile.services.iter().filter_map(|story| story.assessed.as_ref()?.next_review_on).min();
    let next =
        next.map_or_else(String::new, |day| format!(" The next review is on {}.", due::short_day(day)));
    format!("Once a service is assessed again, how its scores move is shown here.{next}")
}
