//! The start page, and vendors side by side.

use super::{
    Answer,
    form::Fields,
    guard::Staff,
    page::{ok, respond, staff_shell},
    routes::{Access, routes},
    scores::{confidence_words, rating_of, reasons_of, score_cell},
    vendors::title_of,
};
use crate::{
    domain::{
        Permission,
        assessment::{AssessmentState, Waits},
        due,
        finding::Urgency,
        ids::AssessmentId,
        intake::shown_tenths,
        remediation::Case,
    },
    render::{
        Renderer,
        page::Section,
        parts::{Band, EmptyState, ErrorItem, Link, Rating, ScoreCell, capitalised},
        today::{
            CompareCell, CompareColumn, CompareGroup, CompareResult, CompareRow, CompareView, PickerChoice,
            PickerView, TodayGroup, TodayItem, TodayView,
        },
    },
    usecases::{
        comparison::{self, Compare, MOST, SideBySide},
        today::{self, Today, UrgentFinding},
    },
};
use actix_web::{
    http::StatusCode,
    web::{Data, Query},
};
use chrono::NaiveDate;
use questionnaires::{risk::comparison::NotRanked, scoring::ScoreState};
use std::collections::BTreeSet;

routes! {
    GET "/" => today_page, Access::Staff(Permission::Read), Page;
    GET "/compare" => compare_page, Access::Staff(Permission::Read), Page;
}

async fn today_page(staff: Staff, renderer: Data<Renderer>) -> Answer {
    let found = today::today(&staff.ctx).await?;
    let day = staff.ctx.today();
    let groups = groups(&staff, &found, day);
    let first = groups.first().and_then(|group| group.items.first()).map(|item| item.href.clone());
    let count = found.count();
    let title = match count {
        0 => "Nothing needs you".to_owned(),
        1 => "1 thing needs you".to_owned(),
        _ => format!("{count} things need you"),
    };
    let next = found.next.as_ref().map(|case| {
        format!(
            "Next: {}, {} is due on {}.",
            case.vendor,
            case.service,
            due::long_day(case.assessment.due_on)
        )
    });
    let may_register = staff.ctx.user().role.may(Permission::ManageVendors);
    let view = TodayView {
        lede: format!("{}, {}.", staff.ctx.user().name, due::long_day(day)),
        paused: found.mail_paused.as_deref().map(super::jobs::paused_words),
        first: (count > 0).then_some(first).flatten(),
        empty: (count == 0).then(|| EmptyState {
            title: "Nothing needs you".to_owned(),
            text: next.unwrap_or_else(|| {
                "What is to decide, to review, to chase and to verify appears here. Next: register a vendor and send an \
                 assessment."
                    .to_owned()
            }),
            action: may_register.then(|| Link::new("Vendors", "/vendors")),
        }),
        groups,
    };
    ok(&renderer, "pages/today/today", staff_shell(&staff, title, Some(Section::Today)), view)
}

fn groups(staff: &Staff, found: &Today, today: NaiveDate) -> Vec<TodayGroup> {
    let zone = staff.ctx.tenant().zone;
    let name = |case: &Case| format!("{}, {}", case.vendor, case.service);
    let handed_in = |case: &Case| {
        let at = case.assessment.submitted_at.map(|at| due::short_instant(zone, at)).unwrap_or_default();
        format!("Handed in {at}")
    };
    let figures = |case: &Case| {
        let lines = found.results.get(&case.assessment.id).into_iter().flatten();
        let shown: Vec<String> = lines
            .map(|line| {
                let title = title_of(&line.questionnaire);
                match (&line.rating, line.claimed_tenths) {
                    (Some(rating), Some(tenths)) => format!("{title} {rating} {}", shown_tenths(tenths)),
                    _ => format!("{title} not assessed"),
                }
            })
            .collect();
        shown.join(", ")
    };
    let item = |case: &Case, page: &str, note: String, when: String, late: bool, act: &str| TodayItem {
        title: name(case),
        href: format!("/assessments/{}{page}", case.assessment.id),
        note,
        when,
        late,
        act: act.to_owned(),
    };
    let finding = |line: &UrgentFinding, when: String, late: bool, act: &str| TodayItem {
        title: format!("{}: {}", line.service, line.title),
        href: format!("/findings/{}", line.id),
        note: format!(
            "{}, {}, {}",
            capitalised(line.severity.as_str()),
            line.vendor,
            line.action.as_deref().unwrap_or("no action agreed")
        ),
        when,
        late,
        act: act.to_owned(),
    };
    let decide = found.decide.first.iter().map(|case| {
        item(case, "/decision", format!("Reviewed: {}", figures(case)), handed_in(case), false, "Decide")
    });
    let review = found.review.first.iter().map(|case| {
        let act =
            if case.assessment.state == AssessmentState::Submitted { "Start review" } else { "Continue" };
        item(case, "/review", figures(case), handed_in(case), false, act)
    });
    let chase = found.late.first.iter().map(|case| {
        let late = (today - case.assessment.due_on).num_days();
        let when = if late == 1 { "1 day late".to_owned() } else { format!("{late} days late") };
        item(case, "", case.assessment.state.label().to_owned(), when, true, "Chase")
    });
    let overdue = found.overdue.first.iter().map(|line| {
        let late = line.due_on.map_or(0, |day| (today - day).num_days());
        let when = if late == 1 { "1 day late".to_owned() } else { format!("{late} days late") };
        finding(line, when, true, "Open")
    });
    let verify = found.verify.first.iter().map(|line| {
        finding(
            line,
            line.reported_at.map(|at| format!("since {}", due::short_instant(zone, at))).unwrap_or_default(),
            false,
            "Verify",
        )
    });
    let assessments = |waits: Waits| format!("/assessments?waits={waits}");
    let findings = |urgency: Urgency| format!("/findings?urgency={urgency}");
    let groups = [
        ("decide", "Decide", found.decide.count, assessments(Waits::Decision), decide.collect::<Vec<_>>()),
        ("review", "Review", found.review.count, assessments(Waits::Review), review.collect()),
        ("verify", "Verify", found.verify.count, findings(Urgency::Verify), verify.collect()),
        ("chase", "Chase", found.late.count, assessments(Waits::Late), chase.collect()),
        ("overdue", "Overdue findings", found.overdue.count, findings(Urgency::Overdue), overdue.collect()),
    ];
    groups
        .into_iter()
        .filter(|(_, _, count, _, _)| *count > 0)
        .map(|(id, label, count, all, items)| TodayGroup {
            id: id.to_owned(),
            label: label.to_owned(),
            count,
            all: (count > items.len()).then_some(all),
            items,
        })
        .collect()
}

/// The assessments that an address names.
pub(super) fn chosen_of(query: &Fields) -> Vec<AssessmentId> {
    query.all("assessment").iter().filter_map(|id| id.parse().ok()).collect()
}

async fn compare_page(staff: Staff, renderer: Data<Renderer>, query: Query<Vec<(String, String)>>) -> Answer {
    let query = Fields::from_pairs(query.into_inner());
    let chosen = chosen_of(&query);
    let distinct = chosen.iter().collect::<BTreeSet<_>>().len();
    if query.filled("page").is_some() || !(2..=MOST).contains(&distinct) {
        return picker(&staff, &renderer, &chosen, &query).await;
    }
    let side = comparison::compare(&staff.ctx, &chosen).await?;
    let shell = staff_shell(&staff, headline(&side), Some(Section::Compare));
    ok(&renderer, "pages/compare/compare", shell, compare_view(&side))
}

async fn picker(staff: &Staff, renderer: &Renderer, chosen: &[AssessmentId], query: &Fields) -> Answer {
    let vendor = query.text("vendor");
    let choices = comparison::choices(&staff.ctx, chosen, vendor, query.parsed("page").unwrap_or(1)).await?;
    let pages = choices.total.div_ceil(comparison::PAGE);
    let too_many = chosen.len() > MOST;
    let mut shell = staff_shell(staff, "Compare vendors", Some(Section::Compare));
    if too_many {
        shell.errors = vec![ErrorItem::general(format!("Choose at most {MOST} assessments"))];
    }
    let nothing = vendor.is_empty() && chosen.is_empty() && choices.total < 2;
    let empty = nothing.then(|| EmptyState {
        title: "Nothing to compare yet".to_owned(),
        text: "Two vendors or more stand side by side here once two assessments have been handed in."
            .to_owned(),
        action: Some(Link::new("Assessments", "/assessments")),
    });
    let view = PickerView {
        hint: format!("Choose two to {MOST}. Each questionnaire keeps its own result; there is no total."),
        vendor: vendor.to_owned(),
        summary: match choices.total {
            0 => "No service of such a vendor has been assessed.".to_owned(),
            1 => "1 assessment, the latest of its service.".to_owned(),
            total => format!("{total} assessments, the latest of each service."),
        },
        previous: (choices.page > 1).then(|| choices.page - 1),
        next: (choices.page < pages).then(|| choices.page + 1),
        choices: choices
            .chosen
            .iter()
            .chain(&choices.others)
            .map(|case| PickerChoice {
                id: case.assessment.id.to_string(),
                label: format!("{}, {}", case.vendor, case.service),
                note: format!("{}, {}", case.assessment.state.label(), case.assessment.reference),
                chosen: chosen.contains(&case.assessment.id),
            })
            .collect(),
        empty,
    };
    let status = if too_many { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    respond(renderer, status, "pages/compare/picker", shell, view)
}

/// Who leads where, from the ranks; ties name nobody.
fn headline(side: &SideBySide) -> String {
    let leads: Vec<String> = side
        .questionnaires
        .iter()
        .filter_map(|compare| {
            let mut first = compare.comparison.lines.iter().filter(|line| line.rank == Some(1));
            let (leader, other) = (first.next()?, first.next());
            let ranked = compare.comparison.lines.iter().filter(|line| line.rank.is_some()).count();
            if other.is_some() || ranked < 2 {
                return None;
            }
            let column = side.columns.get(*compare.columns.get(leader.index)?)?;
            Some(format!("{} leads on {}", column.case.vendor, compare.title))
        })
        .collect();
    if leads.is_empty() { "No vendor leads".to_owned() } else { leads.join("; ") }
}

fn compare_view(side: &SideBySide) -> CompareView {
    let picks: Vec<String> =
        side.columns.iter().map(|column| format!("assessment={}", column.case.assessment.id)).collect();
    let picks = picks.join("&");
    let columns = side.columns.iter().map(|column| CompareColumn {
        vendor: column.case.vendor.clone(),
        service: column.case.service.clone(),
        href: format!("/assessments/{}/score", column.case.assessment.id),
        residual: Band::residual(column.snapshot.score.residual.map_or("none", |level| level.as_str())),
        note: (column.case.assessment.state == AssessmentState::InReview)
            .then(|| "in review: as submitted or last reviewed".to_owned()),
    });
    CompareView {
        lede: "Scores run from 0 to 100 and higher is safer. Each questionnaire has its own result; there is no total."
            .to_owned(),
        change_href: format!("/compare?page=1&{picks}"),
        csv: format!("/compare.csv?{picks}"),
        columns: columns.collect(),
        questionnaires: side.questionnaires.iter().map(|compare| group(side, compare)).collect(),
        control_sets: control_set_rows(side),
        span: side.columns.len() + 1,
    }
}

/// Id and title of every section of a questionnaire that some column has, in the order in which the columns list them.
pub(super) fn sections_of(side: &SideBySide, questionnaire: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    for column in &side.columns {
        let listed = column.definitions.questionnaire(questionnaire).into_iter().flat_map(|q| &q.sections);
        for section in listed {
            if !sections.iter().any(|(id, _)| *id == section.id) {
                sections.push((section.id.clone(), section.title.clone()));
            }
        }
    }
    sections
}

fn group(side: &SideBySide, compare: &Compare) -> CompareGroup {
    let ranked = compare.comparison.lines.iter().filter(|line| line.rank.is_some()).count();
    let results = (0..side.columns.len()).map(|column| result(side, compare, column, ranked));
    let versions: BTreeSet<&str> = compare
        .columns
        .iter()
        .filter_map(|column| side.result(*column, &compare.questionnaire))
        .map(|scored| scored.version.as_str())
        .collect();
    let about = match compare.comparison.common {
        Some((common, all)) => format!(
            "versions {}: common questions, {common} of {all}; section scores are those of each own version",
            versions.into_iter().collect::<Vec<_>>().join(", ")
        ),
        None => format!("version {}", versions.into_iter().collect::<Vec<_>>().join(", ")),
    };
    let rows = sections_of(side, &compare.questionnaire).into_iter().map(|(id, title)| CompareRow {
        label: title,
        note: String::new(),
        cells: (0..side.columns.len())
            .map(|column| {
                let scored = side.result(column, &compare.questionnaire);
                let section =
                    scored.and_then(|scored| scored.sections.iter().find(|section| section.id == id));
                let cell = section
                    .map_or_else(|| ScoreCell::none("Not asked"), |s| score_cell(s.claimed.as_ref(), "N/A"));
                let href =
                    side.columns.get(column).map(|c| format!("/assessments/{}/score", c.case.assessment.id));
                let cell = match (section, href) {
                    (Some(_), Some(href)) => cell.href(format!("{href}#q-{}", compare.questionnaire)),
                    _ => cell,
                };
                CompareCell { cell, note: section.map(|section| format!("weight {}", section.weight)) }
            })
            .collect(),
    });
    CompareGroup { title: compare.title.clone(), about, results: results.collect(), rows: rows.collect() }
}

fn result(side: &SideBySide, compare: &Compare, column: usize, ranked: usize) -> CompareResult {
    let place = compare.columns.iter().position(|asked| *asked == column);
    let line = place.and_then(|place| compare.comparison.lines.iter().find(|line| line.index == place));
    let (Some(line), Some(scored)) = (line, side.result(column, &compare.questionnaire)) else {
        return CompareResult { rating: Rating::none("Not asked"), lines: Vec::new(), reasons: Vec::new() };
    };
    let mut lines = Vec::new();
    if let Some(evidenced) = &line.evidenced {
        lines.push(format!("Evidenced {}", evidenced.display1()));
    }
    if let Some(confidence) = scored.confidence.as_ref().filter(|_| compare.comparison.common.is_none()) {
        lines.push(format!("Confidence {}", confidence_words(confidence.label)));
    }
    match (line.rank, line.not_ranked) {
        (Some(rank), _) => lines.push(format!("Rank {rank} of {ranked}")),
        (None, Some(reason)) => lines.push(format!("Not ranked: {}", not_ranked_words(reason))),
        (None, None) => {}
    }
    let own_version = compare.comparison.common.is_none();
    if let Some(residual) = scored.residual {
        let of = if own_version { "" } else { " on its own version" };
        lines.push(format!("{} risk{of}", capitalised(residual.level.as_str())));
    }
    let Some(own) = side.columns.get(column) else {
        return CompareResult { rating: Rating::none("Not asked"), lines, reasons: Vec::new() };
    };
    // Reasons explain the result of the vendor's own version; on common questions the result is another.
    let reasons = if own_version {
        reasons_of(scored, &own.definitions, &own.snapshot.inputs.answers)
    } else {
        Vec::new()
    };
    let state = if line.claimed.is_some() { ScoreState::Scored } else { scored.state };
    CompareResult {
        rating: rating_of(state, line.rating, line.claimed.as_ref()),
        lines,
        reasons: reasons.into_iter().map(|reason| format!("{} {}", reason.strong, reason.text)).collect(),
    }
}

/// Why a vendor has no rank, in words.
pub(super) fn not_ranked_words(reason: NotRanked) -> &'static str {
    match reason {
        NotRanked::NotAssessed => "not assessed",
        NotRanked::NotApplicable => "not applicable",
        NotRanked::LimitedScope => "limited scope, more than 30 % of the weight is N/A",
        NotRanked::SmallCommonSet => "the common questions hold less than 70 % of the weight of its version",
    }
}

/// Id and title of every control set that some column was scored under.
pub(super) fn control_sets_of(side: &SideBySide) -> Vec<(String, String)> {
    let mut sets: Vec<(String, String)> = Vec::new();
    for set in side.columns.iter().flat_map(|column| &column.snapshot.score.control_sets) {
        if !sets.iter().any(|(id, _)| *id == set.id) {
            let known = side.columns.iter().find_map(|column| column.definitions.control_set(&set.id));
            let title = known.map_or_else(|| set.id.clone(), |known| known.title.clone());
            sets.push((set.id.clone(), title));
        }
    }
    sets
}

fn control_set_rows(side: &SideBySide) -> Vec<CompareRow> {
    let row = |(id, title): (String, String)| {
        let cells = side.columns.iter().map(|column| {
            let found = column.snapshot.score.control_sets.iter().find(|set| set.id == id);
            CompareCell {
                cell: score_cell(found.and_then(|set| set.claimed.as_ref()), "Not covered"),
                note: found.map(|set| format!("{} of {} controls covered", set.covered, set.counted)),
            }
        });
        CompareRow { label: title, note: String::new(), cells: cells.collect() }
    };
    control_sets_of(side).into_iter().map(row).collect()
}
