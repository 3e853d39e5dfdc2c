//! Who may do what, made from the route table itself: a route that is added is tested by being there.

use crate::{
    doors::{comparable, fields, is_id, parameters, path, random, request, said, signed_in},
    procurement, rights,
    seed::handed_in,
    vendor_side::{self, Signed, come_in},
};
use api::{
    domain::{Role, assessment::AssessmentState, ids::Id as _, saved_view::ViewList},
    usecases::{assessments, findings, reviews, saved_views, vendors},
    web::routes::{self, Access, Answers, Route},
};
use reqwest::{Method, header};
use std::collections::BTreeMap;
use tests::{
    app::{TestApp, address},
    browser::{Client, Page},
    rows::differences,
};
use uuid::Uuid;

fn routes_of(kind: fn(&Access) -> bool) -> impl Iterator<Item = &'static Route> {
    routes::all().filter(move |route| kind(&route.access) && route.path != "/sign-out")
}

fn staff() -> impl Iterator<Item = &'static Route> {
    routes_of(|access| matches!(access, Access::Staff(_)))
}

fn location(page: &Page) -> &str {
    page.headers.get(header::LOCATION).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

/// Sends every route of the kind from this browser, which has no session that fits it.
async fn turned_away(client: &Client, routes: impl Iterator<Item = &'static Route>, door: &str) {
    let mut count = 0;
    for route in routes {
        let path = path(route, random);
        let answer = client.send(request(client, route, &path, &fields("guess"))).await;
        if route.method == "GET" && route.answers == Answers::Page {
            assert_eq!((answer.status.as_u16(), location(&answer)), (303, door), "GET {}", route.path);
        } else {
            assert_eq!(answer.status, 401, "{} {}", route.method, route.path);
        }
        count += 1;
    }
    assert!(count > 15, "{count} routes");
}

#[tokio::test]
async fn without_a_session_pages_lead_to_the_door_and_everything_else_is_401() {
    let app = TestApp::start().await;
    let stranger = Client::without_redirects(&app.base);
    turned_away(&stranger, staff(), "/sign-in").await;
    turned_away(&stranger, routes_of(|access| *access == Access::Portal), "/q").await;
}

#[tokio::test]
async fn a_user_is_nobody_in_the_portal_and_a_respondent_is_nobody_elsewhere() {
    let app = TestApp::start().await;
    let (user, _) = signed_in(&app, &address(Role::Admin)).await;
    turned_away(&user, routes_of(|access| *access == Access::Portal), "/q").await;
    let respondent = portal(&app).await.client;
    turned_away(&respondent, staff(), "/sign-in").await;
}

/// A respondent whose browser stops at redirects.
async fn portal(app: &TestApp) -> Signed {
    vendor_side::invited(app).await;
    Signed::come_in(app, vendor_side::PRIYA).await
}

#[tokio::test]
async fn each_role_is_refused_what_it_may_not_do_and_nothing_else() {
    let app = TestApp::start().await;
    for &role in Role::ALL {
        let (client, csrf) = signed_in(&app, &address(role)).await;
        for route in staff() {
            let path = path(route, random);
            let answer = client.send(request(&client, route, &path, &fields(&csrf))).await;
            let what = format!("{role}: {} {} answered {}", route.method, route.path, answer.status);
            let may = rights::may(role, route);
            assert_eq!(answer.status == 403, !may, "{what}");
            assert_eq!(said(&answer, "forbidden"), !may, "{what}");
            assert!(!answer.status.is_server_error() && answer.status != 401, "{what}");
        }
    }
}

#[test]
fn every_route_is_listed_once_and_every_listed_address_is_a_route() {
    for route in routes::all() {
        assert!(rights::is_listed(route), "{} {} is not listed, or not right", route.method, route.path);
    }
    for address in rights::listed() {
        let known = routes::all().any(|route| address == format!("{} {}", route.method, route.path));
        assert!(known, "rights.rs lists {address}, which is no route");
    }
}

#[tokio::test]
async fn a_helper_is_refused_what_leads_do_and_nothing_else_and_is_nobody_once_revoked() {
    let app = TestApp::start().await;
    let lead = portal(&app).await;
    let colleague = [("name", "Tom Okafor"), ("email", "tom@lumen.example"), ("mutation", "1")];
    lead.post("/portal/people", &colleague).await.expect(303);
    app.run_jobs().await;
    let helper = Signed::come_in(&app, "tom@lumen.example").await;
    let stays = |route: &&Route| route.path != "/portal/sign-out";
    for (who, is_lead) in [(&helper, false), (&lead, true)] {
        for route in routes_of(|access| *access == Access::Portal).filter(stays) {
            let path = path(route, random);
            let answer = who.client.send(request(&who.client, route, &path, &fields(&who.csrf))).await;
            let what = format!("{} {} answered {}", route.method, route.path, answer.status);
            let may = is_lead || rights::helper_may(route);
            assert_eq!(answer.status == 403, !may, "{what}");
            assert_eq!(said(&answer, "forbidden"), !may, "{what}");
            assert!(!answer.status.is_server_error() && answer.status != 401, "{what}");
        }
    }
    let people = lead.client.open("/portal/people").await.expect(200);
    let revoke = people.attributes("main details form", "action").remove(0);
    lead.post(&revoke, &[]).await.expect(303);
    turned_away(&helper.client, routes_of(|access| *access == Access::Portal), "/q").await;
}

#[tokio::test]
async fn a_user_who_was_disabled_is_nobody_at_once() {
    let app = TestApp::start().await;
    let (user, _) = signed_in(&app, &address(Role::RiskManager)).await;
    let id = app.ctx(Role::RiskManager).await.user().id;
    let (admin, csrf) = signed_in(&app, &address(Role::Admin)).await;
    admin.post(&format!("/users/{id}/disable"), &[("csrf", &*csrf)]).await.expect(303);
    turned_away(&user, staff(), "/sign-in").await;
}

#[tokio::test]
async fn z_01_the_openapi_document_names_the_json_routes_and_nothing_else() {
    let app = TestApp::start().await;
    let document = app.anonymous().json("/openapi.json").await.expect(200).value();
    let mut documented = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        documented.extend(methods.as_object().unwrap().keys().map(|method| format!("{method} {path}")));
    }
    let mut json: Vec<String> = routes::all()
        .filter(|route| route.answers == Answers::Json)
        .map(|route| format!("{} {}", route.method.to_lowercase(), route.path))
        .collect();
    documented.sort();
    json.sort();
    assert_eq!(documented, json);
    // By hand, so that a route that stops being JSON is missed.
    assert_eq!(
        json,
        [
            "get /.well-known/jwks.json",
            "get /dev/mailbox.json",
            "get /health/live",
            "get /health/ready",
            "get /openapi.json",
            "post /q/exchange",
            "put /portal/questions/{question}/answer",
        ]
    );
}

/// One record of every kind that a staff route names, by the name of the parameter.
pub async fn records(app: &TestApp) -> BTreeMap<&'static str, Uuid> {
    let client = app.signed_in(Role::Procurement).await;
    let path = procurement::sent(&client).await;
    app.run_jobs().await;
    let vendor = come_in(app, &vendor_side::mailed_link(app, vendor_side::PRIYA)).await;
    let address = "/portal/questions/SEC-GOV-01";
    let page = vendor.open(address).await.expect(200);
    let file = b"%PDF-1.7\nsecret of the first organisation".to_vec();
    let page = page.form("SEC-GOV-01/evidence").file("file", "policy.pdf", file).submit().await.expect(200);
    let evidence = page.attributes(".file a", "href");
    let evidence = evidence.iter().find_map(|href| href.strip_prefix("/portal/evidence/")).unwrap();

    let ctx = app.ctx(Role::RiskManager).await;
    let sent = assessments::view(&ctx, path.rsplit('/').next().unwrap().parse().unwrap()).await.unwrap();
    let profile = vendors::profile(&ctx, sent.vendor.id).await.unwrap();

    let seeded = handed_in(app, "Handed In", &[("SEC-CLD-01", "cloud"), ("SEC-GOV-01", "informal")]).await;
    let ask = reviews::GiveVerdict {
        verdict: "asked".to_owned(),
        text: "Which policy?".to_owned(),
        answer_rev: 1,
        ..reviews::GiveVerdict::default()
    };
    reviews::give_verdict(&ctx, seeded.assessment, "SEC-GOV-01", ask).await.unwrap();
    let desk = reviews::desk(&ctx, seeded.assessment).await.unwrap();
    let gap = findings::RaiseFinding {
        title: "A gap".to_owned(),
        severity: "high".to_owned(),
        key: "raise".to_owned(),
        ..findings::RaiseFinding::default()
    };
    let finding = findings::raise_by_hand(&ctx, seeded.assessment, gap).await.unwrap();
    saved_views::save(&ctx, ViewList::Findings, "High", "severity=high").await.unwrap();
    let view = saved_views::of_list(&ctx, ViewList::Findings).await.unwrap().remove(0);
    let all = app.services.database.across_tenants("this test");
    let job = all.find::<entity::job::Entity>().one(all.connection()).await.unwrap().unwrap();
    BTreeMap::from([
        ("job", job.id),
        ("user", ctx.user().id.uuid()),
        ("vendor", sent.vendor.id.uuid()),
        ("contact", profile.contacts[0].id.uuid()),
        ("service", sent.service.id.uuid()),
        ("assessment", sent.assessment.id.uuid()),
        ("respondent", sent.people[0].respondent.id.uuid()),
        ("evidence", evidence.parse().unwrap()),
        ("finding", finding.uuid()),
        ("view", view.id.uuid()),
        ("clarification", desk.drafts().next().unwrap().id.uuid()),
        // Not a parameter: an assessment whose review has begun.
        ("reviewed", seeded.assessment.uuid()),
    ])
}

#[tokio::test]
async fn z_01_another_organisations_records_cannot_be_told_from_records_that_do_not_exist() {
    let app = TestApp::start().await;
    let records = records(&app).await;
    app.advance(chrono::Duration::minutes(6));
    app.other_organisation().await;
    let (olga, csrf) = signed_in(&app, "admin@other.example").await;
    let before = app.rows().await;
    let (mut compared, mut blind) = (0, Vec::new());
    for route in staff().filter(|route| parameters(route).iter().any(|parameter| is_id(parameter))) {
        let foreign_ids = |parameter: &str| {
            let reviewed = ["review", "return", "score", "findings", "decision", "snapshots"];
            let reviewed = reviewed.iter().any(|part| route.path.contains(part));
            let name = if parameter == "assessment" && reviewed { "reviewed" } else { parameter };
            *records.get(name).unwrap_or_else(|| panic!("a record for {parameter} of {}", route.path))
        };
        let mut answers = Vec::new();
        for path in [path(route, foreign_ids), path(route, random)] {
            answers.push(olga.send(request(&olga, route, &path, &fields(&csrf))).await);
        }
        let [foreign, unknown] = &answers[..] else { unreachable!() };
        let what = format!("{} {}", route.method, route.path);
        assert_eq!(foreign.status, unknown.status, "{what}");
        assert!(foreign.status.is_client_error(), "{what} answered {}:\n{}", foreign.status, foreign.text());
        assert_eq!(comparable(foreign), comparable(unknown), "{what}");
        if foreign.status != 404 {
            blind.push(format!("{what} answered {}", foreign.status));
        }
        compared += 1;
    }
    assert!(blind.is_empty(), "these never looked for the record:\n{}", blind.join("\n"));
    assert!(compared > 40, "{compared} routes");
    assert_eq!(differences(&before, &app.rows().await), Vec::<String>::new());
    // Nothing has happened to the records, and their owners still reach them.
    let (owner, _) = signed_in(&app, &address(Role::Admin)).await;
    for (name, folder) in [
        ("vendor", "vendors"),
        ("service", "services"),
        ("assessment", "assessments"),
        ("reviewed", "assessments"),
        ("finding", "findings"),
    ] {
        owner.open(&format!("/{folder}/{}", records[name])).await.expect(200);
    }
    owner.open(&format!("/evidence/{}", records["evidence"])).await.expect(303);
    let ctx = app.ctx(Role::RiskManager).await;
    let finding = findings::open(&ctx, api::domain::ids::FindingId(records["finding"])).await.unwrap();
    assert!(finding.finding.state.is_open());
    let reviewed =
        assessments::view(&ctx, api::domain::ids::AssessmentId(records["reviewed"])).await.unwrap();
    assert_eq!(reviewed.assessment.state, AssessmentState::InReview);
}

#[tokio::test]
async fn z_02_a_foreign_part_of_an_own_record_does_not_exist_either() {
    let app = TestApp::start().await;
    let records = records(&app).await;
    app.advance(chrono::Duration::minutes(6));
    let other = app.other_organisation().await;
    let own_assessment = procurement::sent(&other).await.rsplit('/').next().unwrap().parse::<Uuid>().unwrap();
    let list = other.open("/vendors").await.expect(200);
    let own_vendor = list
        .attributes("tbody a", "href")
        .iter()
        .find_map(|href| href.strip_prefix("/vendors/")?.parse::<Uuid>().ok());
    let own_vendor = own_vendor.unwrap();
    let (olga, csrf) = signed_in(&app, "admin@other.example").await;
    let before = app.rows().await;
    let mut compared = 0;
    for route in staff().filter(|route| parameters(route).iter().filter(|p| is_id(p)).count() == 2) {
        let own = |parameter: &str| match parameter {
            "assessment" => Some(own_assessment),
            "vendor" => Some(own_vendor),
            _ => None,
        };
        let foreign = path(route, |parameter| own(parameter).unwrap_or_else(|| records[parameter]));
        let unknown = path(route, |parameter| own(parameter).unwrap_or_else(|| random(parameter)));
        let foreign = olga.send(request(&olga, route, &foreign, &fields(&csrf))).await;
        let unknown = olga.send(request(&olga, route, &unknown, &fields(&csrf))).await;
        let what = format!("{} {}", route.method, route.path);
        assert_eq!((foreign.status, comparable(&foreign)), (unknown.status, comparable(&unknown)), "{what}");
        assert!(foreign.status.is_client_error(), "{what} answered {}", foreign.status);
        compared += 1;
    }
    assert!(compared >= 7, "{compared} routes");
    assert_eq!(differences(&before, &app.rows().await), Vec::<String>::new());
}

#[tokio::test]
async fn a_change_that_another_site_asks_for_is_refused_everywhere() {
    let app = TestApp::start().await;
    let (user, csrf) = signed_in(&app, &address(Role::Admin)).await;
    let Signed { client: respondent, csrf: portal_csrf } = portal(&app).await;
    let lookalike = format!("{}.evil.example", app.base);
    let foreign = [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", lookalike.as_str()),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ];
    let before = app.rows().await;
    for route in routes::all().filter(|route| route.method != "GET") {
        let (client, csrf) =
            if route.access == Access::Portal { (&respondent, &portal_csrf) } else { (&user, &csrf) };
        for (name, value) in foreign {
            let path = path(route, random);
            let answer = client.send(request(client, route, &path, &fields(csrf)).header(name, value)).await;
            assert_eq!(answer.status, 403, "{} with {name}: {value}", route.path);
            assert!(said(&answer, "csrf-rejected"), "{} with {name}: {value}:\n{}", route.path, answer.body);
        }
    }
    assert_eq!(differences(&before, &app.rows().await), Vec::<String>::new());
    // Our own pages are let in, by either header.
    let save = routes::all().find(|route| route.method == "PUT").unwrap();
    for (name, value) in [("origin", app.base.as_str()), ("sec-fetch-site", "same-origin")] {
        let fields = [("csrf", csrf.as_str()), ("name", "")];
        let form = user.request(Method::POST, "/vendors").header(header::ACCEPT, "text/html").form(&fields);
        user.send(form.header(name, value)).await.expect(422);
        let put = request(&respondent, save, &path(save, random), &[]).header(name, value);
        assert!(!said(&respondent.send(put).await, "csrf-rejected"), "{name}: {value}");
    }
}

#[tokio::test]
async fn a_form_without_its_sessions_own_token_is_refused_everywhere() {
    let app = TestApp::start().await;
    let (user, _) = signed_in(&app, &address(Role::Admin)).await;
    let (_, another) = signed_in(&app, &address(Role::Admin)).await;
    let respondent = portal(&app).await.client;
    let mut count = 0;
    for route in routes::all().filter(|route| route.method == "POST") {
        let client = match route.access {
            Access::Public => continue,
            Access::Staff(_) => &user,
            Access::Portal => &respondent,
        };
        for token in [None, Some(""), Some(another.as_str())] {
            let mut fields = fields(token.unwrap_or_default());
            fields.retain(|(name, _)| *name != "csrf" || token.is_some());
            let path = path(route, random);
            let answer = client.send(request(client, route, &path, &fields)).await;
            assert_eq!(answer.status, 403, "{} with {token:?}:\n{}", route.path, answer.text());
            assert!(said(&answer, "csrf-rejected"), "{} with {token:?}", route.path);
            count += 1;
        }
    }
    assert!(count > 100, "{count} requests");
    user.open("/").await.expect(200);
}
