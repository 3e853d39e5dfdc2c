//! Who may what, once more and by hand: what the guard decides from the table of routes and the permissions of a role is
//! compared with this list, so that one wrong row cannot be right in both places (Z-02).

use api::{domain::Role, web::routes::Route};

/// Roles, and what they may knock at.
const LISTED: [(&[Role], &[&str]); 5] = [
    (
        &[Role::Admin, Role::RiskManager, Role::Procurement, Role::Viewer],
        &[
            "GET /",
            "GET /assessments",
            "GET /assessments/{assessment}",
            "GET /assessments/{assessment}/answers.csv",
            "GET /assessments/{assessment}/decision",
            "GET /assessments/{assessment}/findings",
            "GET /assessments/{assessment}/review",
            "GET /assessments/{assessment}/score",
            "GET /assessments/{assessment}/snapshots/{number}/receipt",
            "GET /compare",
            "GET /compare.csv",
            "GET /compare/all",
            "GET /downloads/{evidence}",
            "GET /evidence/{evidence}",
            "GET /evidence/{evidence}/view",
            "GET /findings",
            "GET /findings.csv",
            "GET /findings/{finding}",
            "GET /search",
            "GET /services/{service}",
            "GET /shown/{evidence}",
            "POST /theme",
            "POST /views",
            "POST /views/{view}/remove",
            "GET /vendors",
            "GET /vendors/{vendor}",
        ],
    ),
    (&[Role::Admin, Role::RiskManager, Role::Viewer], &["GET /audit", "GET /audit.csv"]),
    (
        &[Role::Admin, Role::RiskManager, Role::Procurement],
        &[
            "POST /assessments",
            "GET /assessments/new",
            "POST /assessments/{assessment}/amend",
            "GET /assessments/{assessment}/cancel",
            "POST /assessments/{assessment}/cancel",
            "GET /assessments/{assessment}/check",
            "GET /assessments/{assessment}/extend",
            "POST /assessments/{assessment}/extend",
            "GET /assessments/{assessment}/people",
            "POST /assessments/{assessment}/people",
            "GET /assessments/{assessment}/people/add",
            "POST /assessments/{assessment}/people/add",
            "GET /assessments/{assessment}/people/{respondent}/reissue",
            "POST /assessments/{assessment}/people/{respondent}/reissue",
            "POST /assessments/{assessment}/people/{respondent}/remind",
            "GET /assessments/{assessment}/people/{respondent}/revoke",
            "POST /assessments/{assessment}/people/{respondent}/revoke",
            "GET /assessments/{assessment}/questionnaires",
            "POST /assessments/{assessment}/questionnaires",
            "GET /assessments/{assessment}/preview/mails",
            "GET /assessments/{assessment}/preview/mails/{mail}",
            "GET /assessments/{assessment}/preview/portal",
            "GET /assessments/{assessment}/preview/portal/check",
            "GET /assessments/{assessment}/preview/portal/sections/{questionnaire}/{section}",
            "GET /assessments/{assessment}/preview/portal/submit",
            "GET /assessments/{assessment}/preview/portal/tasks",
            "POST /assessments/{assessment}/send",
            "GET /services/{service}/edit",
            "POST /services/{service}/edit",
            "POST /services/{service}/intake",
            "GET /services/{service}/intake/answer",
            "POST /services/{service}/tier",
            "POST /services/{service}/tier/drop",
            "POST /vendors",
            "GET /vendors/new",
            "GET /vendors/{vendor}/archive",
            "POST /vendors/{vendor}/archive",
            "POST /vendors/{vendor}/contacts",
            "GET /vendors/{vendor}/contacts/new",
            "GET /vendors/{vendor}/contacts/{contact}/edit",
            "POST /vendors/{vendor}/contacts/{contact}/edit",
            "GET /vendors/{vendor}/edit",
            "POST /vendors/{vendor}/edit",
            "POST /vendors/{vendor}/services",
            "GET /vendors/{vendor}/services/new",
        ],
    ),
    (
        &[Role::Admin, Role::RiskManager],
        &[
            "POST /assessments/{assessment}/decision",
            "POST /assessments/{assessment}/findings",
            "GET /assessments/{assessment}/findings/new",
            "POST /assessments/{assessment}/findings/new",
            "POST /assessments/{assessment}/findings/send",
            "GET /assessments/{assessment}/accept-together",
            "POST /assessments/{assessment}/accept-together",
            "POST /assessments/{assessment}/finish-review",
            "POST /assessments/{assessment}/reopen",
            "GET /assessments/{assessment}/return",
            "POST /assessments/{assessment}/return",
            "POST /assessments/{assessment}/return/{clarification}/withdraw",
            "POST /assessments/{assessment}/review/{question}",
            "POST /assessments/{assessment}/start-review",
            "POST /findings/{finding}/agree",
            "POST /findings/{finding}/dismiss",
            "POST /findings/{finding}/done",
            "POST /findings/{finding}/reject",
            "POST /findings/{finding}/reopen",
            "POST /findings/{finding}/start",
            "POST /findings/{finding}/verify",
            "POST /services/{service}/tier/approve",
        ],
    ),
    (
        &[Role::Admin],
        &[
            "GET /jobs",
            "POST /jobs/{job}/retry",
            "GET /users",
            "POST /users",
            "POST /users/{user}/disable",
            "POST /users/{user}/enable",
            "POST /users/{user}/link",
            "POST /users/{user}/role",
        ],
    ),
];

/// Every listed address, as `GET /vendors`.
pub fn listed() -> impl Iterator<Item = &'static str> {
    LISTED.iter().flat_map(|(_, addresses)| addresses.iter().copied())
}

/// Whether the role may, by this list.
pub fn may(role: Role, route: &Route) -> bool {
    let address = format!("{} {}", route.method, route.path);
    let row = LISTED.iter().find(|(_, addresses)| addresses.contains(&address.as_str()));
    row.unwrap_or_else(|| panic!("{address} is not listed in rights.rs")).0.contains(&role)
}
