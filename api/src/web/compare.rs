//! Vendors side by side: choosing them, and the page that compares them.
//!
//! The address is the view: which assessments, in which order their sections stand, which rows are folded. So a link
//! restores it.

mod answers;
mod groups;
mod matrix;

use super::{
    Answer,
    form::Fields,
    guard::Staff,
    page::{ok, respond, staff_shell},
    routes::{Access, routes},
    scores::score_cell,
};
use crate::{
    domain::{Permission, assessment::AssessmentState, ids::AssessmentId},
    render::{
        Renderer,
        compare::{CompareCell, CompareColumn, CompareRow, CompareView, PickerChoice, PickerView, ways},
        page::Section,
        parts::{Band, EmptyState, ErrorItem, Link},
    },
    usecases::comparison::{self, MOST, SideBySide},
};
use actix_web::{
    http::StatusCode,
    web::{Data, Query},
};
use questionnaires::risk::comparison::NotRanked;
use std::collections::BTreeSet;

routes! {
    GET "/compare" => compare_page, Access::Staff(Permission::Read), Page;
    GET "/compare/all" => matrix::matrix_page, Access::Staff(Permission::Read), Page;
}

/// The assessments that an address names.
pub(super) fn chosen_of(query: &Fields) -> Vec<AssessmentId> {
    query.all("assessment").iter().filter_map(|id| id.parse().ok()).collect()
}

/// How the sections and answers are shown.
struct Shown {
    /// Sections with the largest gaps first, instead of in the order of the questionnaire.
    gaps: bool,
    /// Whether sections in which nobody is ten points ahead are folded.
    within: bool,
    /// Questionnaires whose folded sections are shown.
    open: Vec<String>,
    /// Every answer that differs, instead of the first ones.
    all_answers: bool,
}

impl Shown {
    /// What an address asks for: gaps first and folded unless it says how.
    fn of(query: &Fields) -> Self {
        let said = query.filled("view").is_some();
        Self {
            gaps: !said || query.filled("gaps").is_some(),
            within: !said || query.filled("within").is_some(),
            open: query.all("open").iter().map(|id| (*id).to_owned()).collect(),
            all_answers: query.text("answers") == "all",
        }
    }

    /// The address of this view of these assessments.
    fn address(&self, side: &SideBySide) -> String {
        let mut address = format!("/compare?{}&view=1", picks(side));
        for (on, field) in [(self.gaps, "&gaps=1"), (self.within, "&within=10")] {
            if on {
                address.push_str(field);
            }
        }
        for id in &self.open {
            address.push_str("&open=");
            address.push_str(id);
        }
        if self.all_answers {
            address.push_str("&answers=all");
        }
        address
    }

    /// The same with a questionnaire's folded sections shown, or folded again.
    fn toggled(&self, questionnaire: &str) -> Self {
        let mut open: Vec<String> = self.open.iter().filter(|id| *id != questionnaire).cloned().collect();
        if open.len() == self.open.len() {
            open.push(questionnaire.to_owned());
        }
        Self { open, ..*self }
    }
}

/// How many assessments are chosen, each counted once.
fn distinct(chosen: &[AssessmentId]) -> usize {
    chosen.iter().collect::<BTreeSet<_>>().len()
}

fn picks(side: &SideBySide) -> String {
    let picks = side.columns.iter().map(|column| format!("assessment={}", column.case.assessment.id));
    picks.collect::<Vec<_>>().join("&")
}

async fn compare_page(staff: Staff, renderer: Data<Renderer>, query: Query<Vec<(String, String)>>) -> Answer {
    let query = Fields::from_pairs(query.into_inner());
    let chosen = chosen_of(&query);
    if query.filled("page").is_some() || !(2..=MOST).contains(&distinct(&chosen)) {
        return picker(&staff, &renderer, &chosen, &query).await;
    }
    let side = comparison::compare(&staff.ctx, &chosen).await?;
    let shell = staff_shell(&staff, headline(&side), Some(Section::Compare));
    ok(&renderer, "pages/compare/compare", shell, compare_view(&side, &Shown::of(&query)))
}

async fn picker(staff: &Staff, renderer: &Renderer, chosen: &[AssessmentId], query: &Fields) -> Answer {
    let vendor = query.text("vendor");
    let choices = comparison::choices(&staff.ctx, chosen, vendor, query.parsed("page").unwrap_or(1)).await?;
    let pages = choices.total.div_ceil(comparison::PAGE);
    let wrong = if chosen.len() > MOST {
        Some(format!("Choose at most {MOST} assessments"))
    } else if query.filled("chosen").is_some() && distinct(chosen) < 2 {
        Some("Choose at least two assessments".to_owned())
    } else {
        None
    };
    let mut shell = staff_shell(staff, "Compare vendors", Some(Section::Compare));
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    shell.errors = wrong.map(ErrorItem::general).into_iter().collect();
    let nothing = vendor.is_empty() && chosen.is_empty() && choices.total < 2;
    let empty = nothing.then(|| EmptyState {
        title: "Nothing to compare yet".to_owned(),
        text: "Two vendors or more stand side by side here once two assessments have been handed in."
            .to_owned(),
        action: Some(Link::new("Assessments", "/assessments")),
    });
    let view = PickerView {
        ways: ways("/compare"),
        hint: format!("Choose 2 to {MOST}. Each questionnaire keeps its own result; there is no total."),
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
    respond(renderer, status, "pages/compare/picker", shell, view)
}

/// Whether some questionnaire was asked of two of them.
fn shares_one(side: &SideBySide) -> bool {
    side.questionnaires.iter().any(|compare| compare.columns.len() > 1)
}

/// Who leads where, from the ranks; ties name nobody.
fn headline(side: &SideBySide) -> String {
    let mut leads: Vec<(&str, Vec<&str>)> = Vec::new();
    for compare in &side.questionnaires {
        let mut first = compare.comparison.lines.iter().filter(|line| line.rank == Some(1));
        let (Some(leader), None) = (first.next(), first.next()) else { continue };
        let ranked = compare.comparison.lines.iter().filter(|line| line.rank.is_some()).count();
        let column = compare.columns.get(leader.index).and_then(|index| side.columns.get(*index));
        let Some(column) = column.filter(|_| ranked > 1) else { continue };
        match leads.iter_mut().find(|(vendor, _)| *vendor == column.case.vendor) {
            Some((_, on)) => on.push(&compare.title),
            None => leads.push((&column.case.vendor, vec![&compare.title])),
        }
    }
    let words = |(vendor, on): (&str, Vec<&str>)| format!("{vendor} leads on {}", on.join(" and "));
    let leads: Vec<String> = leads.into_iter().map(words).collect();
    match leads.as_slice() {
        [] if !shares_one(side) => "They share no questionnaire".to_owned(),
        [] => "No vendor leads".to_owned(),
        _ => format!("{}.", leads.join(", ")),
    }
}

fn compare_view(side: &SideBySide, shown: &Shown) -> CompareView {
    let columns = side.columns.iter().map(|column| CompareColumn {
        vendor: column.case.vendor.clone(),
        service: column.case.service.clone(),
        href: format!("/assessments/{}/score", column.case.assessment.id),
        residual: Band::residual(column.snapshot.score.residual.map_or("none", |level| level.as_str())),
        worst_of: Some(
            column.snapshot.score.questionnaires.iter().filter(|one| one.residual.is_some()).count(),
        )
        .filter(|count| *count > 1),
        note: (column.case.assessment.state == AssessmentState::InReview)
            .then(|| "in review: as submitted or last reviewed".to_owned()),
    });
    CompareView {
        ways: ways("/compare"),
        lede: "Scores run from 0 to 100 and higher is safer. Each questionnaire has its own result; there is no total."
            .to_owned(),
        picks: side.columns.iter().map(|column| column.case.assessment.id.to_string()).collect(),
        gaps: shown.gaps,
        within: shown.within,
        change_href: format!("/compare?page=1&{}", picks(side)),
        csv: format!("/compare.csv?{}", picks(side)),
        columns: columns.collect(),
        questionnaires: side.questionnaires.iter().map(|one| groups::group(side, shown, one)).collect(),
        differing: answers::differing(side, shown),
        control_sets: control_set_rows(side),
        span: side.columns.len() + 2,
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
                note: found.map(|set| format!("{} of {} controls", set.covered, set.counted)),
            }
        });
        CompareRow { label: title, note: String::new(), cells: cells.collect(), strip: None }
    };
    control_sets_of(side).into_iter().map(row).collect()
}
