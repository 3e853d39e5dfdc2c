//! All vendors under one questionnaire: a heat table of sections and control sets, grouped by tier. The address is the
//! view.

use super::super::{
    Answer,
    acts::{pager, with_query},
    form::Fields,
    guard::Staff,
    page::{ok, staff_shell},
    scores::{DASH, rating_of, score_cell},
};
use crate::{
    domain::{
        assessment::AssessmentState,
        matrix::{MatrixLine, MatrixOrder},
    },
    render::{
        Renderer,
        compare::ways,
        matrix::{MatrixGroup, MatrixRow, MatrixView, SetCell},
        page::Section,
        parts::{Band, EmptyState, Link, NavItem, Tabs, capitalised},
        vendors::filter,
    },
    usecases::matrix::{self, Matrix, MatrixFilter, PAGE},
};
use actix_web::web::{Data, Query};
use std::collections::BTreeMap;

/// Columns before those of the sections.
const HEAD: usize = 6;

pub(super) async fn matrix_page(
    staff: Staff,
    renderer: Data<Renderer>,
    query: Query<BTreeMap<String, String>>,
) -> Answer {
    let fields = Fields::from_pairs(query.0.clone().into_iter().collect());
    let wanted = MatrixFilter {
        questionnaire: fields.text("questionnaire").to_owned(),
        tier: fields.parsed("tier"),
        order: MatrixOrder::parse(fields.text("order")).unwrap_or(MatrixOrder::Vendor),
        page: fields.parsed("page").unwrap_or(1),
    };
    let found = matrix::matrix(&staff.ctx, &wanted).await?;
    let title = found
        .questionnaire
        .as_ref()
        .map_or_else(|| "All vendors".to_owned(), |(_, title)| format!("All vendors, {title}"));
    let shown = found.questionnaire.as_ref().map(|(id, _)| id.clone()).unwrap_or_default();
    let tier = fields.text("tier");
    let tab = |(id, title): &(String, String)| {
        let kept = [("questionnaire", id.as_str()), ("tier", tier), ("order", fields.text("order"))];
        NavItem::new(title.as_str(), with_query("/compare/all", kept)).current(*id == shown)
    };
    let tiers =
        [("", "All"), ("critical", "Critical"), ("high", "High"), ("medium", "Medium"), ("low", "Low")];
    let orders =
        [("vendor", "Vendor"), ("claimed", "Lowest claimed first"), ("evidenced", "Lowest evidenced first")];
    let view = MatrixView {
        ways: ways("/compare/all"),
        questionnaires: Tabs {
            label: "Questionnaires".to_owned(),
            items: found.questionnaires.iter().map(tab).collect(),
        },
        lede: "The latest result of each service that was handed in. Scores run from 0 to 100 and higher is safer. \
               Control sets read all questionnaires of an assessment. Choose two to six to see their answers side by side."
            .to_owned(),
        filters: vec![
            filter("tier", "Tier", tier, &tiers),
            filter("order", "Within a tier by", wanted.order.as_str(), &orders),
        ],
        sections: found.sections.iter().map(|(_, title)| title.clone()).collect(),
        control_sets: found.control_sets.iter().map(|(_, title)| title.clone()).collect(),
        groups: groups(&found),
        span: HEAD + found.sections.len() + found.control_sets.len(),
        pager: pager("/compare/all", &query, found.page, PAGE, found.lines.len(), found.total, "services"),
        empty: found.lines.is_empty().then(|| empty(&wanted, &shown)),
        questionnaire: shown,
    };
    ok(&renderer, "pages/compare/matrix", staff_shell(&staff, title, Some(Section::Compare)), view)
}

fn empty(wanted: &MatrixFilter, shown: &str) -> EmptyState {
    if wanted.tier.is_some() {
        return EmptyState {
            title: "No service fits".to_owned(),
            text: "No service of this tier has been assessed under this questionnaire.".to_owned(),
            action: Some(Link::new("Show all tiers", with_query("/compare/all", [("questionnaire", shown)]))),
        };
    }
    EmptyState {
        title: "Nothing to compare yet".to_owned(),
        text: "Services appear here, with a score for each section, once their answers have been handed in."
            .to_owned(),
        action: Some(Link::new("Assessments", "/assessments")),
    }
}

fn groups(found: &Matrix) -> Vec<MatrixGroup> {
    let by_tier = found.lines.chunk_by(|one, next| one.tier == next.tier);
    by_tier
        .map(|lines| MatrixGroup {
            label: lines
                .first()
                .and_then(|line| line.tier)
                .map_or_else(|| "No tier".to_owned(), |tier| format!("{} tier", capitalised(tier.as_str()))),
            rows: lines.iter().map(|line| row(line, found)).collect(),
        })
        .collect()
}

fn row(line: &MatrixLine, found: &Matrix) -> MatrixRow {
    let figures = &line.figures;
    let href = format!("/assessments/{}/score#q-{}", line.assessment, figures.id);
    let mut notes = Vec::new();
    if line.state == AssessmentState::InReview {
        notes.push("in review: as submitted or last reviewed");
    }
    let cell = |(id, _): &(String, String)| {
        let section = figures.sections.iter().find(|section| section.id == *id);
        section
            .map_or_else(|| score_cell(None, "Not asked"), |one| score_cell(one.claimed.as_ref(), "N/A"))
            .href(href.clone())
    };
    MatrixRow {
        assessment: line.assessment.to_string(),
        vendor: line.vendor.clone(),
        service: line.service.clone(),
        note: (!notes.is_empty()).then(|| notes.join(", ")),
        rating: rating_of(figures.state, figures.rating, figures.claimed.as_ref()),
        evidenced: figures.evidenced.as_ref().map_or_else(|| DASH.to_owned(), |score| score.display1()),
        knock_outs: figures.knock_outs.len(),
        residual: Band::residual(figures.residual.map_or("none", |residual| residual.level.as_str())),
        limited_scope: figures.limited_scope,
        cells: found.sections.iter().map(cell).collect(),
        sets: found.control_sets.iter().map(|(id, _)| set(line, id)).collect(),
        href,
    }
}

fn set(line: &MatrixLine, id: &str) -> SetCell {
    let found = line.control_sets.iter().find(|set| set.id == id);
    SetCell {
        cell: score_cell(found.and_then(|set| set.claimed.as_ref()), "Not covered")
            .href(format!("/assessments/{}/score#sets", line.assessment)),
        coverage: found.map(|set| format!("{} of {}", set.covered, set.counted)),
    }
}
