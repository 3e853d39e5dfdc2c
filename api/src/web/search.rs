//! The page of what was found.

use super::{
    Answer,
    acts::with_query,
    guard::Staff,
    page::{respond, staff_shell},
    results::results_of,
    routes::{Access, routes},
};
use crate::{
    domain::Permission,
    render::{
        Renderer,
        fields::errors_of,
        parts::{Link, capitalised},
        search::{GroupView, HitView, SearchView, field},
    },
    usecases::{
        UseCaseError,
        search::{self, COUNTED, Found},
    },
};
use actix_web::{
    http::StatusCode,
    web::{Data, Query},
};
use std::collections::BTreeMap;

routes! {
    GET "/search" => page, Access::Staff(Permission::Read), Page;
}

/// How many of each kind are shown.
const SHOWN: usize = 10;

async fn page(staff: Staff, renderer: Data<Renderer>, query: Query<BTreeMap<String, String>>) -> Answer {
    let typed = query.get("q").map(String::as_str).unwrap_or_default();
    let words = search::plain(typed);
    let (found, errors) = match search::search(&staff.ctx, &words).await {
        Ok(found) => (found, Vec::new()),
        Err(UseCaseError::Invalid(errors)) => (Found::default(), errors),
        Err(other) => return Err(other.into()),
    };
    let mut field = field(&words);
    field.error = errors.first().map(|fault| fault.message.clone());
    let groups = groups(found, &words);
    let title =
        match (words.is_empty() || !errors.is_empty(), groups.iter().map(|group| group.count).sum::<usize>())
        {
            (true, _) => "Search".to_owned(),
            (false, 1) => format!("1 result for \u{201c}{words}\u{201d}"),
            (false, count) => {
                let more = if groups.iter().any(|group| group.count > COUNTED) { "More than " } else { "" };
                let count: usize = if more.is_empty() { count } else { groups.iter().map(counted).sum() };
                format!("{more}{count} results for \u{201c}{words}\u{201d}")
            }
        };
    let empty = (errors.is_empty() && !words.is_empty() && groups.is_empty())
        .then(|| format!("Nothing is called \u{201c}{words}\u{201d}."));
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut shell = staff_shell(&staff, title, None);
    let fields = vec![field];
    shell.errors = errors_of(&fields);
    respond(&renderer, status, "pages/search", shell, SearchView { fields, groups, empty })
}

/// How many of a group are counted.
fn counted(group: &GroupView) -> usize {
    group.count.min(COUNTED)
}

/// A group with its first rows; none without any.
fn group<T>(
    id: &'static str,
    title: &'static str,
    all: Option<Link>,
    found: Vec<T>,
    row: impl Fn(T) -> HitView,
) -> Option<GroupView> {
    let count = found.len();
    let more = (count > SHOWN).then(|| match count {
        count if count > COUNTED => format!("The first {SHOWN} of more than {COUNTED}"),
        count => format!("The first {SHOWN} of {count}"),
    });
    let rows: Vec<HitView> = found.into_iter().take(SHOWN).map(row).collect();
    let all = all.filter(|_| more.is_some());
    (count > 0).then_some(GroupView { id, title, count, rows, more, all })
}

fn groups(found: Found, words: &str) -> Vec<GroupView> {
    let list = Link::new("Search the list of vendors", with_query("/vendors", [("name", words)]));
    let vendors = group("vendors", "Vendors", Some(list), found.vendors, |hit| HitView {
        href: Some(format!("/vendors/{}", hit.id)),
        name: hit.name,
        about: match (hit.by_reliance, hit.archived) {
            (true, false) => format!("relies on something called \u{201c}{words}\u{201d}"),
            (true, true) => format!("archived, relied on something called \u{201c}{words}\u{201d}"),
            (false, true) => "Archived".to_owned(),
            (false, false) => String::new(),
        },
        results: None,
    });
    let services = group("services", "Services", None, found.services, |hit| HitView {
        href: Some(format!("/services/{}", hit.id)),
        name: hit.name,
        about: hit.vendor,
        results: None,
    });
    let assessments = group("assessments", "Assessments", None, found.assessments, |hit| HitView {
        href: Some(format!("/assessments/{}", hit.id)),
        results: results_of(&found.results, hit.id, &hit.service),
        name: format!("{}, {}", hit.vendor, hit.service),
        about: format!("{}, {}", hit.reference, hit.state.label().to_lowercase()),
    });
    let contacts = group("contacts", "Contacts", None, found.contacts, |hit| HitView {
        href: Some(format!("/vendors/{}", hit.vendor_id)),
        name: hit.name,
        about: [Some(hit.vendor), hit.job_title, Some(hit.email)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", "),
        results: None,
    });
    let findings = group("findings", "Findings", None, found.findings, |hit| HitView {
        href: Some(format!("/findings/{}", hit.id)),
        name: hit.title,
        about: format!(
            "{}, {}, {}",
            capitalised(&hit.severity),
            hit.state.label().to_lowercase(),
            hit.vendor
        ),
        results: None,
    });
    let questions = group("questions", "Questions", None, found.questions, |hit| {
        let latest = match &hit.latest {
            Some((_, vendor)) => format!("latest answer by {vendor}"),
            None => "no vendor has answered it yet".to_owned(),
        };
        HitView {
            href: hit.latest.map(|(id, _)| format!("/assessments/{id}/review?show=all&q={}", hit.id)),
            name: hit.text.to_owned(),
            about: format!("{}, {}, {latest}", hit.id, hit.questionnaire),
            results: None,
        }
    });
    [vendors, assessments, services, contacts, findings, questions].into_iter().flatten().collect()
}
