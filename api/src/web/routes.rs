//! The route table: method, path, who may come, what the answer is, and which handler gives it. Nothing else
//! registers a route, so the tests that walk this table (permission, tenancy, accessibility) cannot miss one.
//!
//! To add a route, add a line to the table of its noun. Paths use actix's `{name}` parameters.

use crate::domain::Permission;
use actix_web::web::{self, ServiceConfig};

/// Who may come through a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// A signed-in user whose role allows the act.
    Staff(Permission),
    /// A respondent with a session, on that session's assessment alone.
    Portal,
}

/// What a route answers with; decides whether an error becomes a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// A page, or a redirect to one.
    Page,
    /// JSON for programs; listed in `/openapi.json`.
    Json,
    /// A file.
    Bytes,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// `GET`, `POST` or `PUT` (`HEAD` goes with `GET`).
    pub method: &'static str,
    /// The path with `{name}` parameters.
    pub path: &'static str,
    /// Who may come.
    pub access: Access,
    /// What comes back.
    pub answers: Answers,
    /// The fields that the form of this address has besides `csrf`, each once; `rows.*` stands for every name that
    /// begins so. Another field is refused before the handler runs (`form.rs`).
    pub fields: &'static [&'static str],
    /// One sentence for the OpenAPI document; empty for pages.
    pub about: &'static str,
}

/// Builds a table and the function that registers it, from one list.
macro_rules! routes {
    ($( $method:ident $path:literal => $handler:path, $access:expr, $answers:ident
        $(, [$($field:literal),*])? $(, $about:literal)? ; )+) => {
        /// The rows of this table.
        pub(crate) const ROUTES: &[$crate::web::routes::Route] = &[$( $crate::web::routes::Route {
            method: stringify!($method),
            path: $path,
            access: $access,
            answers: $crate::web::routes::Answers::$answers,
            fields: &[$($($field),*)?],
            about: routes!(@about $($about)?),
        } ),+];
        /// Registers the handlers of this table.
        pub(crate) fn register(config: &mut actix_web::web::ServiceConfig) {
            $( config.route(
                $path,
                routes!(@route $method).to($handler).wrap(actix_web::middleware::from_fn($crate::web::load::caught)),
            ); )+
        }
    };
    (@about) => { "" };
    (@about $about:literal) => { $about };
    (@route GET) => { actix_web::web::route().guard(actix_web::guard::Any(actix_web::guard::Get()).or(actix_web::guard::Head())) };
    (@route POST) => { actix_web::web::post() };
    (@route PUT) => { actix_web::web::put() };
}
pub(crate) use routes;

/// The rows of one noun, and what registers their handlers.
type Table = (&'static [Route], fn(&mut ServiceConfig));

/// Every table, in the order of the pages. Saving comes first, because addresses are compared one after the other.
const TABLES: &[Table] = &[
    (super::portal_saving::ROUTES, super::portal_saving::register),
    (super::health::ROUTES, super::health::register),
    (super::assets::ROUTES, super::assets::register),
    (super::mailbox::ROUTES, super::mailbox::register),
    (super::portal_access::ROUTES, super::portal_access::register),
    (super::portal::ROUTES, super::portal::register),
    (super::portal_submission::ROUTES, super::portal_submission::register),
    (super::portal_evidence::ROUTES, super::portal_evidence::register),
    (super::portal_findings::ROUTES, super::portal_findings::register),
    (super::portal_people::ROUTES, super::portal_people::register),
    (super::portal_shelf::ROUTES, super::portal_shelf::register),
    (super::accounts::ROUTES, super::accounts::register),
    (super::audit::ROUTES, super::audit::register),
    (super::jobs::ROUTES, super::jobs::register),
    (super::vendors::ROUTES, super::vendors::register),
    (super::intake::ROUTES, super::intake::register),
    (super::sending::ROUTES, super::sending::register),
    (super::previews::ROUTES, super::previews::register),
    (super::portal_preview::ROUTES, super::portal_preview::register),
    (super::assessments::ROUTES, super::assessments::register),
    (super::respondents::ROUTES, super::respondents::register),
    (super::in_charge::ROUTES, super::in_charge::register),
    (super::reviews::ROUTES, super::reviews::register),
    (super::reviews_together::ROUTES, super::reviews_together::register),
    (super::scores::ROUTES, super::scores::register),
    (super::receipts::ROUTES, super::receipts::register),
    (super::findings::ROUTES, super::findings::register),
    (super::acceptances::ROUTES, super::acceptances::register),
    (super::exports::ROUTES, super::exports::register),
    (super::decisions::ROUTES, super::decisions::register),
    (super::today::ROUTES, super::today::register),
    (super::compare::ROUTES, super::compare::register),
    (super::search::ROUTES, super::search::register),
    (super::saved_views::ROUTES, super::saved_views::register),
    (super::theme::ROUTES, super::theme::register),
];

/// Every route of the service.
pub fn all() -> impl Iterator<Item = &'static Route> {
    TABLES.iter().flat_map(|(rows, _)| rows.iter())
}

/// Registers every route.
pub fn register(config: &mut web::ServiceConfig) {
    for (_, table) in TABLES {
        table(config);
    }
}

/// The row for a method and a path pattern.
#[must_use]
pub fn find(method: &str, pattern: &str) -> Option<&'static Route> {
    all().find(|route| route.method == method && route.path == pattern)
}

impl Route {
    /// Whether the form of this address has a field of this name.
    #[must_use]
    pub fn has_field(&self, name: &str) -> bool {
        let is = |known: &&str| known.strip_suffix('*').map_or(*known == name, |stem| name.starts_with(stem));
        name == "csrf" || self.fields.iter().any(is)
    }
}

/// The methods that a path pattern takes; empty for an unknown one.
#[must_use]
pub fn methods(pattern: &str) -> Vec<&'static str> {
    all().filter(|route| route.path == pattern).map(|route| route.method).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_route_is_listed_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for route in all() {
            assert!(seen.insert((route.method, route.path)), "{} {} twice", route.method, route.path);
        }
    }

    /// `tests/browser/everypage.mjs` looks at every page of this list, and refuses a list of which it cannot.
    #[test]
    fn the_browser_is_shown_every_page() {
        let list = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/browser/pages.txt");
        let list = std::fs::read_to_string(list).unwrap();
        let pages = all().filter(|route| route.method == "GET" && route.answers == Answers::Page);
        let mut pages: Vec<&str> = pages.map(|route| route.path).collect();
        pages.sort_unstable();
        assert_eq!(list.lines().collect::<Vec<_>>(), pages, "tests/browser/pages.txt");
    }

    #[test]
    fn a_form_has_the_fields_of_its_row_and_no_other() {
        let route = find("POST", "/portal/questions/{question}").unwrap();
        for known in ["csrf", "choice", "rows.0.company"] {
            assert!(route.has_field(known), "{known}");
        }
        for unknown in ["", "choic", "choices", "rows", "tenant_id"] {
            assert!(!route.has_field(unknown), "{unknown}");
        }
    }

    #[test]
    fn every_json_route_says_what_it_is_for() {
        for route in all() {
            assert_eq!(route.answers == Answers::Json, !route.about.is_empty(), "{}", route.path);
        }
    }
}
