//! Who may what, once more and by hand: what the guard decides from the table of routes and the permissions of a role is
//! compared with this list, so that one wrong row cannot be right in both places (Z-02).

use api::{
    domain::Role,
    web::routes::{Access, Route},
};

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
            "GET /assessments/{assessment}/owner",
            "POST /assessments/{assessment}/owner",
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
            "POST /findings/{finding}/accept-risk",
            "POST /findings/{finding}/agree",
            "POST /findings/{finding}/approve-risk",
            "POST /findings/{finding}/dismiss",
            "POST /findings/{finding}/done",
            "POST /findings/{finding}/reject",
            "POST /findings/{finding}/reject-risk",
            "POST /findings/{finding}/reopen",
            "POST /findings/{finding}/revoke-risk",
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

/// What a lead of the vendor may and a helper may not.
const OF_LEADS: &[&str] = &[
    "POST /portal/amend",
    "POST /portal/people",
    "POST /portal/people/{respondent}/revoke",
    "POST /portal/submit",
];

/// What every respondent may, on their own assessment.
const OF_RESPONDENTS: &[&str] = &[
    "GET /portal",
    "GET /portal/actions",
    "GET /portal/check",
    "POST /portal/citations/{citation}/remove",
    "GET /portal/clarifications",
    "GET /portal/downloads/{evidence}",
    "GET /portal/evidence/{evidence}",
    "POST /portal/findings/{finding}/done",
    "POST /portal/findings/{finding}/evidence",
    "POST /portal/findings/{finding}/link",
    "POST /portal/findings/{finding}/plan",
    "POST /portal/findings/{finding}/reuse",
    "GET /portal/people",
    "GET /portal/questions/{question}",
    "POST /portal/questions/{question}",
    "PUT /portal/questions/{question}/answer",
    "POST /portal/questions/{question}/carry",
    "POST /portal/questions/{question}/evidence",
    "POST /portal/questions/{question}/link",
    "POST /portal/questions/{question}/reuse",
    "GET /portal/receipt",
    "GET /portal/receipt/file",
    "GET /portal/sections/{questionnaire}/{section}",
    "POST /portal/sections/{questionnaire}/{section}/carry",
    "POST /portal/sections/{questionnaire}/{section}/ready",
    "GET /portal/shelf",
    "GET /portal/shelf/{evidence}",
    "POST /portal/shelf/{evidence}",
    "POST /portal/sign-out",
    "POST /portal/start",
    "GET /portal/submit",
    "GET /portal/tasks",
    "POST /portal/theme",
];

/// What needs no session.
const OF_ANYBODY: &[&str] = &[
    "GET /.well-known/jwks.json",
    "GET /dev/mailbox",
    "GET /dev/mailbox.json",
    "GET /dev/mailbox/{mail}",
    "GET /dev/mailbox/{mail}/html",
    "GET /health/live",
    "GET /health/ready",
    "GET /join",
    "POST /join",
    "GET /openapi.json",
    "GET /q",
    "POST /q",
    "GET /q/code",
    "POST /q/code",
    "POST /q/code/resend",
    "POST /q/exchange",
    "POST /q/fresh",
    "GET /q/{link_id}",
    "GET /set-up",
    "POST /set-up",
    "GET /sign-in",
    "POST /sign-in",
    "GET /static/{file:.*}",
];

/// Every listed address, as `GET /vendors`.
pub fn listed() -> impl Iterator<Item = &'static str> {
    let staff = LISTED.iter().flat_map(|(_, addresses)| addresses.iter());
    staff.chain(OF_LEADS).chain(OF_RESPONDENTS).chain(OF_ANYBODY).copied()
}

/// Whether the route is listed among those of its kind, and nowhere else.
pub fn is_listed(route: &Route) -> bool {
    let address = format!("{} {}", route.method, route.path);
    let has = |list: &[&str]| list.contains(&address.as_str());
    let staff = LISTED.iter().filter(|(_, addresses)| has(addresses)).count();
    let found = (staff, has(OF_LEADS) || has(OF_RESPONDENTS), has(OF_ANYBODY));
    match route.access {
        // Signing out is for whoever is signed in.
        Access::Staff(_) => found == (1, false, false) || address == "POST /sign-out",
        Access::Portal => found == (0, true, false),
        Access::Public => found == (0, false, true),
    }
}

/// Whether a helper may, by this list.
pub fn helper_may(route: &Route) -> bool {
    !OF_LEADS.contains(&&*format!("{} {}", route.method, route.path))
}

/// Whether the role may, by this list.
pub fn may(role: Role, route: &Route) -> bool {
    let address = format!("{} {}", route.method, route.path);
    let row = LISTED.iter().find(|(_, addresses)| addresses.contains(&address.as_str()));
    row.unwrap_or_else(|| panic!("{address} is not listed in rights.rs")).0.contains(&role)
}
