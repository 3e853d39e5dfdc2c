//! Who may what, once more and by hand: what the guard decides from the table of routes and the permissions of a role is
//! compared with this list, so that one wrong row cannot be right in both places (Z-02). Each line also has what whoever
//! may is answered about an own record, which `own_records.rs` asks; anybody else's is 404 everywhere.

use api::{
    domain::Role,
    web::routes::{Access, Route},
};

/// Roles, and what they may knock at: method, path with an own record in it, and the answer.
const LISTED: [(&[Role], &[&str]); 5] = [
    (
        &[Role::Admin, Role::RiskManager, Role::Procurement, Role::Viewer],
        &[
            "GET / 200",
            "GET /assessments 200",
            "GET /assessments/{assessment} 200",
            "GET /assessments/{reviewed}/answers.csv 200",
            "GET /assessments/{reviewed}/decision 200",
            "GET /assessments/{reviewed}/findings 200",
            "GET /assessments/{reviewed}/review 200",
            "GET /assessments/{reviewed}/score 200",
            "GET /assessments/{finished}/snapshots/{number}/receipt 200",
            "GET /compare 200",
            "GET /compare.csv 422",
            "GET /compare/all 200",
            "GET /evidence/{evidence} 303",
            "GET /downloads/{evidence} 200",
            "GET /evidence/{evidence}/view 303",
            "GET /findings 200",
            "GET /findings.csv 200",
            "GET /findings/{finding} 200",
            "GET /search 200",
            "GET /services/{service} 200",
            "GET /shown/{evidence} 200",
            "POST /theme 422",
            "POST /views 422",
            "POST /views/{view}/remove 303",
            "GET /vendors 200",
            "GET /vendors/{vendor} 200",
        ],
    ),
    (&[Role::Admin, Role::RiskManager, Role::Viewer], &["GET /audit 200", "GET /audit.csv 200"]),
    (
        &[Role::Admin, Role::RiskManager, Role::Procurement],
        &[
            "POST /assessments 422",
            "GET /assessments/new 200",
            "POST /assessments/{assessment}/amend 409",
            "GET /assessments/{assessment}/cancel 200",
            "POST /assessments/{assessment}/cancel 412",
            "GET /assessments/{draft}/check 200",
            "GET /assessments/{assessment}/extend 200",
            "POST /assessments/{assessment}/extend 412",
            "GET /assessments/{assessment}/owner 200",
            "POST /assessments/{assessment}/owner 422",
            "GET /assessments/{draft}/people 200",
            "POST /assessments/{draft}/people 422",
            "GET /assessments/{assessment}/people/add 200",
            "POST /assessments/{assessment}/people/add 303",
            "GET /assessments/{assessment}/people/{respondent}/reissue 200",
            "POST /assessments/{assessment}/people/{respondent}/reissue 303",
            "POST /assessments/{assessment}/people/{respondent}/remind 303",
            "GET /assessments/{assessment}/people/{respondent}/revoke 200",
            "POST /assessments/{assessment}/people/{respondent}/revoke 303",
            "GET /assessments/{draft}/questionnaires 200",
            "POST /assessments/{draft}/questionnaires 422",
            "GET /assessments/{draft}/preview/mails 200",
            "GET /assessments/{draft}/preview/mails/{mail} 404",
            "GET /assessments/{draft}/preview/portal 200",
            "GET /assessments/{draft}/preview/portal/check 200",
            "GET /assessments/{draft}/preview/portal/sections/{questionnaire}/{section} 200",
            "GET /assessments/{draft}/preview/portal/shelf 200",
            "GET /assessments/{draft}/preview/portal/submit 200",
            "GET /assessments/{draft}/preview/portal/tasks 200",
            "POST /assessments/{draft}/send 412",
            "GET /services/{service}/edit 200",
            "POST /services/{service}/edit 303",
            "POST /services/{service}/intake 422",
            "GET /services/{service}/intake/answer 200",
            "POST /services/{service}/tier 303",
            "POST /services/{service}/tier/drop 412",
            "POST /vendors 303",
            "GET /vendors/new 200",
            "GET /vendors/{vendor}/archive 200",
            "POST /vendors/{vendor}/archive 303",
            "POST /vendors/{vendor}/contacts 409",
            "GET /vendors/{vendor}/contacts/new 200",
            "GET /vendors/{vendor}/contacts/{contact}/edit 200",
            "POST /vendors/{vendor}/contacts/{contact}/edit 422",
            "GET /vendors/{vendor}/edit 200",
            "POST /vendors/{vendor}/edit 422",
            "POST /vendors/{vendor}/services 409",
            "GET /vendors/{vendor}/services/new 200",
        ],
    ),
    (
        &[Role::Admin, Role::RiskManager],
        &[
            "POST /assessments/{reviewed}/decision 412",
            "POST /assessments/{reviewed}/findings 409",
            "GET /assessments/{reviewed}/findings/new 200",
            "POST /assessments/{reviewed}/findings/new 303",
            "POST /assessments/{reviewed}/findings/send 409",
            "GET /assessments/{reviewed}/accept-together 200",
            "POST /assessments/{reviewed}/accept-together 412",
            "POST /assessments/{reviewed}/finish-review 303",
            "POST /assessments/{reviewed}/reopen 412",
            "GET /assessments/{reviewed}/return 200",
            "POST /assessments/{reviewed}/return 412",
            "POST /assessments/{reviewed}/return/{clarification}/withdraw 303",
            "POST /assessments/{reviewed}/review/{question} 412",
            "POST /assessments/{reviewed}/start-review 303",
            "POST /findings/{finding}/accept-risk 422",
            "POST /findings/{finding}/agree 303",
            "POST /findings/{finding}/approve-risk 412",
            "POST /findings/{finding}/dismiss 412",
            "POST /findings/{finding}/done 412",
            "POST /findings/{finding}/reject 412",
            "POST /findings/{finding}/reject-risk 412",
            "POST /findings/{finding}/reopen 412",
            "POST /findings/{finding}/revoke-risk 412",
            "POST /findings/{finding}/start 412",
            "POST /findings/{finding}/verify 412",
            "POST /services/{service}/tier/approve 409",
        ],
    ),
    (
        &[Role::Admin],
        &[
            "GET /jobs 200",
            "POST /jobs/{job}/retry 409",
            "GET /users 200",
            "POST /users 303",
            "POST /users/{user}/disable 303",
            "POST /users/{user}/enable 303",
            "POST /users/{user}/link 303",
            "POST /users/{user}/role 303",
        ],
    ),
];

/// What a lead of the vendor may and a helper may not.
const OF_LEADS: &[&str] = &[
    "POST /portal/amend 409 handed-in",
    "POST /portal/people 422",
    "POST /portal/people/{respondent}/revoke 303 handed-in",
    "POST /portal/submit 422",
];

/// What every respondent may, on their own assessment.
const OF_RESPONDENTS: &[&str] = &[
    "GET /portal 200",
    "GET /portal/actions 200 handed-in",
    "GET /portal/check 200",
    "POST /portal/citations/{citation}/remove 303 handed-in",
    "GET /portal/clarifications 200",
    "POST /portal/documents/evidence 303",
    "POST /portal/documents/link 303",
    "POST /portal/documents/reuse 422",
    "GET /portal/evidence/{evidence} 303 handed-in",
    "GET /portal/downloads/{evidence} 200 handed-in",
    "POST /portal/findings/{finding}/done 412 handed-in",
    "POST /portal/findings/{finding}/evidence 303 handed-in",
    "POST /portal/findings/{finding}/link 303 handed-in",
    "POST /portal/findings/{finding}/plan 412 handed-in",
    "POST /portal/findings/{finding}/reuse 422 handed-in",
    "GET /portal/people 200",
    "GET /portal/questions/{question} 200",
    "POST /portal/questions/{question} 412",
    "PUT /portal/questions/{question}/answer 200",
    "POST /portal/questions/{question}/carry 409",
    "POST /portal/questions/{question}/evidence 303",
    "POST /portal/questions/{question}/link 303",
    "POST /portal/questions/{question}/reuse 422",
    "GET /portal/receipt 200 handed-in",
    "GET /portal/receipt/file 200 handed-in",
    "GET /portal/sections/{questionnaire}/{section} 200",
    "POST /portal/sections/{questionnaire}/{section}/carry 303",
    "POST /portal/sections/{questionnaire}/{section}/ready 422",
    "GET /portal/shelf 200",
    "GET /portal/shelf/{evidence} 200 handed-in",
    "POST /portal/shelf/{evidence} 409 handed-in",
    "POST /portal/sign-out 303",
    "POST /portal/start 303",
    "GET /portal/submit 303",
    "GET /portal/tasks 200",
    "POST /portal/theme 422",
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

/// Of a route, as the lists have it without the names of records: `GET /vendors/{vendor}`.
fn address_of(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

/// A line of the lists.
pub struct Line {
    /// `GET`.
    pub method: &'static str,
    /// With the names of own records in braces, as [`super::own_records`] has them.
    pub path: &'static str,
    /// What whoever may is answered, with the fields of [`super::doors::fields`].
    pub status: u16,
    /// Whether the vendor has handed in before.
    pub handed_in: bool,
}

impl Line {
    fn of(text: &'static str) -> Self {
        let mut words = text.split(' ');
        let mut word = || words.next().unwrap_or_default();
        let (method, path, status) = (word(), word(), word());
        let handed_in = word() == "handed-in";
        Self { method, path, status: status.parse().unwrap_or_default(), handed_in }
    }

    /// As the route has it: `GET /vendors/{vendor}`.
    fn address(&self) -> String {
        let assessments = ["{draft}", "{reviewed}", "{finished}"];
        let named =
            assessments.iter().fold(self.path.to_owned(), |path, one| path.replace(one, "{assessment}"));
        format!("{} {named}", self.method)
    }

    /// The route that this line is about.
    pub fn route(&self) -> &'static Route {
        let address = self.address();
        let route = api::web::routes::all().find(|route| address_of(route) == address);
        route.unwrap_or_else(|| panic!("{address} is no route"))
    }
}

/// The lines about staff, with the roles that may.
pub fn of_staff() -> impl Iterator<Item = (&'static [Role], Line)> {
    LISTED.iter().flat_map(|(roles, lines)| lines.iter().map(|line| (*roles, Line::of(line))))
}

/// The lines about respondents: what a lead may, and whether a helper may too.
pub fn of_portal() -> impl Iterator<Item = (bool, Line)> {
    let lines = |list: &'static [&'static str]| list.iter().map(|line| Line::of(line));
    lines(OF_LEADS).map(|line| (false, line)).chain(lines(OF_RESPONDENTS).map(|line| (true, line)))
}

/// Every listed address, as `GET /vendors`.
pub fn listed() -> impl Iterator<Item = String> {
    let staff = of_staff().map(|(_, line)| line.address());
    let portal = of_portal().map(|(_, line)| line.address());
    staff.chain(portal).chain(OF_ANYBODY.iter().map(|address| (*address).to_owned()))
}

/// Whether the route is listed among those of its kind, and nowhere else.
pub fn is_listed(route: &Route) -> bool {
    let address = address_of(route);
    let staff = of_staff().filter(|(_, line)| line.address() == address).count();
    let portal = of_portal().filter(|(_, line)| line.address() == address).count();
    let found = (staff, portal, OF_ANYBODY.contains(&address.as_str()));
    match route.access {
        // Signing out is for whoever is signed in.
        Access::Staff(_) => found == (1, 0, false) || address == "POST /sign-out",
        Access::Portal => found == (0, 1, false),
        Access::Public => found == (0, 0, true),
    }
}

/// Whether a helper may, by this list.
pub fn helper_may(route: &Route) -> bool {
    let address = address_of(route);
    of_portal().any(|(helper, line)| helper && line.address() == address)
}

/// Whether the role may, by this list.
pub fn may(role: Role, route: &Route) -> bool {
    let address = address_of(route);
    let row = of_staff().find(|(_, line)| line.address() == address);
    row.unwrap_or_else(|| panic!("{address} is not listed in rights.rs")).0.contains(&role)
}
