//! Ids of somebody else, wherever a request can carry one: what they lead to cannot be told from what an id leads to
//! that nobody has, and nothing is changed (Z-03, Z-04). Made from the route table, as `authorization.rs` is.

use crate::{
    doors::{comparable, fields, is_id, parameters, path, random, request, signed_in},
    procurement,
    seed::{handed_in, handed_in_to},
    submission::hand_in_the_rest_blank,
    vendor_side::{choose, give_code, mailed_link, options},
};
use api::{
    domain::{Role, ids::Id as _},
    usecases::{
        findings::{self, RaiseFinding},
        reviews, vendors,
    },
    web::routes::{self, Access},
};
use std::{collections::BTreeMap, path::Path};
use tests::{
    app::{TestApp, address},
    browser::{Client, Page},
    rows::differences,
};
use uuid::Uuid;

/// The status and body of two answers are the same but for ids.
fn same(foreign: &Page, unknown: &Page, what: &str) {
    assert_eq!(foreign.status, unknown.status, "{what}");
    assert_eq!(comparable(foreign), comparable(unknown), "{what}");
}

/// Files below a folder.
fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

/// A respondent who has come in, with the token of the forms.
pub struct Vendor {
    pub client: Client,
    pub csrf: String,
    pub assessment: Uuid,
}

impl Vendor {
    pub async fn invited(app: &TestApp, name: &str, contact: (&str, &str)) -> Self {
        let staff = app.signed_in(Role::Procurement).await;
        let sent = procurement::sent_short(&staff, name, &format!("{name} Service"), contact).await;
        app.run_jobs().await;
        let client = app.anonymous();
        let page = give_code(app, &client, &mailed_link(app, contact.1), contact.1).await.expect(200);
        let csrf = page.attributes("input[name=csrf]", "value").remove(0);
        Self { client, csrf, assessment: sent.rsplit('/').next().unwrap().parse().unwrap() }
    }

    /// Hands in, gets a finding, agrees a plan and adds proof; gives one record of each kind by parameter name.
    pub async fn with_a_finding(&self, app: &TestApp) -> BTreeMap<&'static str, Uuid> {
        let people = self.client.open("/portal/people").await.expect(200);
        let helper = people.form("/portal/people").set("name", "Hal").set("email", "hal@helpers.example");
        let people = helper.set("outside", "yes").submit().await.expect(200);
        let remove = people.attributes(".ppl form", "action").remove(0);
        let helper = remove.trim_start_matches("/portal/people/").trim_end_matches("/revoke");
        let option = options(&self.client, "SUB-02").await.remove(0);
        choose(&self.client, "SUB-02", &option).await.expect(200);
        hand_in_the_rest_blank(&self.client).await;
        let ctx = app.ctx(Role::RiskManager).await;
        let id = self.assessment.into();
        reviews::finish_review(&ctx, id).await.unwrap();
        let raise = RaiseFinding {
            title: "No tested restore".to_owned(),
            severity: "high".to_owned(),
            key: id.to_string(),
            ..RaiseFinding::default()
        };
        findings::raise_by_hand(&ctx, id, raise).await.unwrap();
        findings::send(&ctx, id).await.unwrap();
        let page = self.client.open("/portal/actions").await.expect(200);
        let plan = page.form("/plan").set("text", "Restore it").set("due_on", "2026-12-18");
        let page = plan.submit().await.expect(200);
        let proof = format!("Restored at {id}.").into_bytes();
        let page = page.form("/evidence").file("file", "restore.txt", proof).submit().await.expect(200);
        let found = |css: &str, attribute: &str, before: &str| -> Uuid {
            let values = page.attributes(css, attribute);
            let id = values.iter().find_map(|value| value.strip_prefix(before)?.split('/').next());
            id.unwrap_or_else(|| panic!("no {before} on {}", page.body)).parse().unwrap()
        };
        BTreeMap::from([
            ("respondent", helper.parse().unwrap()),
            ("finding", found("form", "action", "/portal/findings/")),
            ("citation", found("form", "action", "/portal/citations/")),
            ("evidence", found("a", "href", "/portal/evidence/")),
        ])
    }
}

#[tokio::test]
async fn z_04_another_vendors_records_cannot_be_told_from_records_that_do_not_exist() {
    let app = TestApp::start().await;
    let corvid = Vendor::invited(&app, "Corvid", ("Ines Vale", "ines@corvid.example")).await;
    let theirs = corvid.with_a_finding(&app).await;
    let lumen = Vendor::invited(&app, "Lumen", ("Priya Shah", "priya@lumen.example")).await;
    let send = async |path: &str, extra: &[(&'static str, String)]| {
        let route = routes::all().find(|route| route.path == path).unwrap();
        let mut fields = fields(&lumen.csrf);
        fields.extend(extra.iter().cloned());
        let path = crate::doors::path(route, |_| random("")).replace("SEC-GOV-01", "SUB-02");
        lumen.client.send(request(&lumen.client, route, &path, &fields)).await
    };

    // While its own questionnaire is open: another vendor's file beside an own answer.
    let before = (app.rows().await, files(&app.evidence_folder()));
    let [foreign, unknown] = [theirs["evidence"], random("")].map(|id| ("evidence", id.to_string()));
    let reuse = "/portal/questions/{question}/reuse";
    let foreign = send(reuse, &[foreign]).await.expect(404);
    same(&foreign, &send(reuse, &[unknown]).await, reuse);
    // A question that exists and is asked of others only.
    let elsewhere = lumen.client.open("/portal/questions/SEC-GOV-01").await.expect(404);
    same(&elsewhere, &lumen.client.open("/portal/questions/SEC-XXX-99").await, "a question");
    let elsewhere = lumen.client.open("/portal/sections/supplier-security-core/GOV").await.expect(404);
    same(&elsewhere, &lumen.client.open("/portal/sections/nowhere/GOV").await, "a section");
    assert_eq!(differences(&before.0, &app.rows().await), Vec::<String>::new());

    // With findings of its own: every route of the portal that names a record.
    let own = lumen.with_a_finding(&app).await;
    let before = (app.rows().await, files(&app.evidence_folder()));
    let mut compared = 0;
    let portal = routes::all().filter(|route| route.access == Access::Portal);
    for route in portal.filter(|route| parameters(route).iter().any(|parameter| is_id(parameter))) {
        let mut fields = fields(&lumen.csrf);
        fields.push(("evidence", own["evidence"].to_string()));
        let mut answers = Vec::new();
        for path in [path(route, |parameter| theirs[parameter]), path(route, random)] {
            answers.push(lumen.client.send(request(&lumen.client, route, &path, &fields)).await);
        }
        let what = format!("{} {}", route.method, route.path);
        assert_eq!(answers[0].status, 404, "{what}:\n{}", answers[0].text());
        same(&answers[0], &answers[1], &what);
        compared += 1;
    }
    assert!(compared >= 8, "{compared} routes");
    // And another vendor's file for an own finding.
    let reuse = format!("/portal/findings/{}/reuse", own["finding"]);
    let mut answers = Vec::new();
    for evidence in [theirs["evidence"], random("")] {
        let evidence = evidence.to_string();
        let fields = [("csrf", lumen.csrf.as_str()), ("evidence", evidence.as_str()), ("mutation", "m-1")];
        answers.push(lumen.client.post(&reuse, &fields).await.expect(404));
    }
    same(&answers[0], &answers[1], &reuse);
    assert_eq!(differences(&before.0, &app.rows().await), Vec::<String>::new());
    assert_eq!(files(&app.evidence_folder()), before.1, "no bytes stay of what was refused");
    // The owner still reaches what was asked for.
    corvid.client.open(&format!("/portal/evidence/{}", theirs["evidence"])).await.expect(200);
}

#[tokio::test]
async fn z_03_another_organisations_ids_in_forms_and_queries_are_ids_that_do_not_exist() {
    let app = TestApp::start().await;
    let olga = app.other_organisation().await;
    let theirs =
        procurement::sent_short(&olga, "Foreign Vendor", "Foreign", ("F", "f@foreign.example")).await;
    let ctx = app.ctx_of("admin@other.example").await;
    let submitted = handed_in_to(&ctx, "Foreign Submission", &[("SEC-GOV-01", "informal")]).await;
    let view = api::usecases::assessments::view(&ctx, theirs.rsplit('/').next().unwrap().parse().unwrap());
    let view = view.await.unwrap();
    let contact = vendors::profile(&ctx, view.vendor.id).await.unwrap().contacts[0].id.uuid();
    let (service, user) = (view.service.id.uuid(), ctx.user().id.uuid());

    let (admin, csrf) = signed_in(&app, &address(Role::Admin)).await;
    let staff = app.signed_in(Role::Admin).await;
    let choose = procurement::prepared(&staff, "Own", "Own Service", ("Ada", "ada@own.example")).await;
    let people = choose.form("/questionnaires").submit().await.expect(200);
    let sent = procurement::sent_short(&staff, "Sent", "Sent Service", ("Sam", "sam@sent.example")).await;
    let own = handed_in(&app, "Own Submission", &[("SEC-GOV-01", "informal")]).await;
    let before = app.rows().await;

    for name in ["contact", "owner", "reviewer"] {
        let id = if name == "contact" { contact } else { user };
        let form = |id: Uuid| people.form("/people").set(name, &id.to_string());
        let foreign = form(id).submit().await.expect(422);
        same(&foreign, &form(random("")).submit().await, name);
    }
    let start = staff.open("/assessments/new").await.expect(200);
    let form = |id: Uuid| start.form("/assessments").set("service", &id.to_string());
    same(&form(service).submit().await.expect(404), &form(random("")).submit().await, "service");
    let add = async |id: Uuid| {
        let id = id.to_string();
        let fields = [("csrf", csrf.as_str()), ("contact", id.as_str()), ("key", "k-1")];
        admin.post(&format!("{sent}/people/add"), &fields).await
    };
    same(&add(contact).await.expect(404), &add(random("")).await, "contact of a sent assessment");
    let assessment = submitted.assessment.uuid();
    for (query, id, status) in [
        (format!("/compare?assessment={}&assessment=", own.assessment), assessment, 404),
        ("/compare?page=1&assessment=".to_owned(), assessment, 200),
        ("/findings?state=all&assessment=".to_owned(), assessment, 200),
        ("/assessments?owner=".to_owned(), user, 200),
    ] {
        let foreign = admin.open(&format!("{query}{id}")).await.expect(status);
        same(&foreign, &admin.open(&format!("{query}{}", random(""))).await, &query);
        assert!(!foreign.body.contains("Foreign"), "{query}");
    }
    assert_eq!(differences(&before, &app.rows().await), Vec::<String>::new());
}

/// Every page, list, count and file that needs no id, and the filters that look for words, by address.
async fn read_everything(admin: &Client) -> BTreeMap<String, String> {
    let routes = routes::all().filter(|route| {
        route.method == "GET"
            && matches!(route.access, Access::Staff(_))
            && !parameters(route).iter().any(|parameter| is_id(parameter))
    });
    let plain = routes.map(|route| path(route, random));
    let looked_for = [
        "/vendors?name=Canary",
        "/findings?state=all&vendor=Canary",
        "/audit?vendor=Canary",
        "/search?q=Canary",
    ];
    let looked_for = looked_for.map(str::to_owned).into_iter();
    let mut read = BTreeMap::new();
    for address in plain.chain(looked_for) {
        let page = admin.open(&address).await;
        read.insert(address, comparable(&page));
    }
    read
}

#[tokio::test]
async fn z_06_what_another_organisation_does_changes_no_list_no_count_and_no_file() {
    let app = TestApp::start().await;
    handed_in(&app, "Own", &[("SEC-GOV-01", "informal")]).await;
    let (admin, _) = signed_in(&app, &address(Role::Admin)).await;
    // Downloads are events of the audit trail themselves.
    let first = read_everything(&admin).await;
    let before = read_everything(&admin).await;
    let changes: Vec<&String> = before.keys().filter(|address| before[*address] != first[*address]).collect();

    let olga = app.other_organisation().await;
    let contact = ("Canary Contact", "canary@foreign.example");
    procurement::sent_short(&olga, "Canary Vendor", "Canary Service", contact).await;
    let ctx = app.ctx_of("admin@other.example").await;
    let submitted = handed_in_to(&ctx, "Canary Submission", &[("SEC-GOV-01", "informal")]).await;
    reviews::finish_review(&ctx, submitted.assessment).await.unwrap();
    let title = "Canary finding".to_owned();
    let raise =
        RaiseFinding { title, severity: "critical".to_owned(), key: tests::key(), ..RaiseFinding::default() };
    findings::raise_by_hand(&ctx, submitted.assessment, raise).await.unwrap();
    app.run_jobs().await;

    let after = read_everything(&admin).await;
    assert!(after.len() > 15, "{} addresses", after.len());
    for (address, text) in &after {
        // What was looked for is repeated in its field, in the heading, and in where a form leads back to.
        let own = ["value=\"Canary\"", "&#x3D;Canary", "\u{201c}Canary\u{201d}"];
        let own: usize = own.iter().map(|words| text.matches(words).count()).sum();
        let canaries = text.matches("Canary").count() - own;
        assert_eq!(canaries, 0, "{address}: {text}");
        let steady = !changes.contains(&address);
        assert!(!steady || before[address] == *text, "{address}: {text}");
    }
    assert!(changes.iter().all(|address| address.starts_with("/audit")), "{changes:?}");
}
