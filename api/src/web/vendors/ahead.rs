//! What comes next with a vendor, and what its answers rest on.

use crate::{
    domain::due,
    render::vendors::{DatedLine, NextLine, ReliedLine},
    usecases::{
        search::MOST_CHARACTERS,
        vendors::{FindingDay, Kept, VendorProfile},
    },
    web::acts::with_query,
};
use chrono::NaiveDate;

/// Days that are still to come, the farthest first, as the timeline below goes on: answers due, reviews, and
/// what ends first of evidence, of findings and of acceptances.
pub(super) fn next(profile: &VendorProfile, today: NaiveDate) -> Vec<NextLine> {
    let mut lines: Vec<(NaiveDate, String, String)> = Vec::new();
    for row in profile.assessments.iter().filter(|row| row.assessment.state.open_to_vendor()) {
        let about = &row.assessment;
        let what = format!("Next: answers to {} are due", about.reference);
        lines.push((about.due_on, what, format!("/assessments/{}", about.id)));
    }
    for story in &profile.services {
        let Some(row) = &story.assessed else { continue };
        if let Some(day) = row.next_review_on {
            let what = format!("Next: review of {}", story.service.name);
            lines.push((day, what, format!("/assessments/{}/decision", row.assessment.id)));
        }
    }
    let ends = profile.evidence.iter().filter_map(|one| Some((one.valid_until?, one)));
    if let Some((day, first)) = ends.into_iter().find(|(day, _)| *day >= today) {
        let what = format!("Next: {} expires", first.name);
        lines.push((day, what, cited_at(first)));
    }
    let finding = |day: fn(&FindingDay) -> Option<NaiveDate>| {
        profile.finding_days.iter().filter_map(move |one| Some((day(one)?, one))).min_by_key(|(day, _)| *day)
    };
    let due = finding(|one| one.due_on.filter(|_| one.accepted_until.is_none()));
    lines.extend(due.map(|(day, one)| {
        (
            day,
            format!("Next: the fix of \u{201c}{}\u{201d} is due", one.title),
            format!("/findings/{}", one.id),
        )
    }));
    lines.extend(finding(|one| one.accepted_until).map(|(day, one)| {
        let what = format!("Next: the acceptance of \u{201c}{}\u{201d} ends", one.title);
        (day, what, format!("/findings/{}", one.id))
    }));
    lines.retain(|(day, ..)| *day >= today);
    lines.sort();
    lines.reverse();
    let line = |(day, what, href): (NaiveDate, String, String)| NextLine {
        datetime: day.to_string(),
        when: due::short_day(day),
        what,
        href,
    };
    lines.into_iter().map(line).collect()
}

/// Where the review shows it beside an answer.
fn cited_at(piece: &Kept) -> String {
    match &piece.question {
        Some(question) => format!("/assessments/{}/review?show=all&q={question}#ev", piece.assessment_id),
        None => format!("/assessments/{}/review", piece.assessment_id),
    }
}

/// Evidence, that which ends first in front.
pub(super) fn evidence(profile: &VendorProfile, today: NaiveDate) -> Vec<DatedLine> {
    let line = profile.evidence.iter().map(|one| {
        let days = one.valid_until.map(|day| (day - today).num_days());
        DatedLine {
            what: one.name.clone(),
            small: match one.citations {
                0 => "cited by no answer".to_owned(),
                1 => "cited by 1 answer".to_owned(),
                n => format!("cited by {n} answers"),
            },
            when: one.valid_until.map(due::short_day).unwrap_or_default(),
            left: match days {
                None => "no last day given".to_owned(),
                Some(..0) => "expired".to_owned(),
                Some(0) => "its last day".to_owned(),
                Some(1) => "1 day left".to_owned(),
                Some(days) => format!("{days} days left"),
            },
            late: days.is_some_and(|days| days < 0),
            href: cited_at(one),
        }
    });
    line.collect()
}

/// Models and sub-processors that the vendor named, and who else relies on them.
pub(super) fn relies_on(profile: &VendorProfile) -> Vec<ReliedLine> {
    let line = profile.relies_on.iter().map(|one| {
        let kind = match one.kind.as_str() {
            "model" => "AI model",
            _ => "Sub-processor",
        };
        let others = match one.others {
            0 => "no other vendor names it".to_owned(),
            1 => "1 more vendor names it".to_owned(),
            n => format!("{n} more vendors name it"),
        };
        let called: String = one.name.chars().take(MOST_CHARACTERS).collect();
        ReliedLine {
            name: one.name.clone(),
            words: format!("{kind}, {others}"),
            href: with_query("/search", [("q", called.as_str())]),
        }
    });
    line.collect()
}
