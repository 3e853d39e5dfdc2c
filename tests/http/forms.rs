//! What a form may hold, made from the route table itself: nobody slips in a column (V-07).

use crate::{
    doors::{path, random, signed_in},
    vendor_side::{self, Signed},
};
use api::{
    domain::Role,
    web::routes::{self, Access, Route},
};
use entity::{answer_revision, audit_event, user_account, vendor};
use reqwest::{Method, header};
use sea_orm::{EntityTrait, PaginatorTrait as _};
use std::collections::BTreeSet;
use tests::{
    app::{TestApp, address},
    browser::{Client, Page},
};

/// Columns that records have, and forms do not.
const COLUMNS: &[&str] = &["tenant_id", "id", "state", "version", "created_by"];

async fn send(client: &Client, route: &Route, csrf: &str, accept: &str) -> Page {
    let mut fields = vec![("csrf".to_owned(), csrf.to_owned())];
    fields.extend(route.fields.iter().map(|known| (known.replace('*', "0"), "1".to_owned())));
    let columns = COLUMNS.iter().filter(|column| !route.has_field(column));
    fields.extend(columns.map(|column| ((*column).to_owned(), random(column).to_string())));
    let request = client.request(Method::POST, &path(route, random)).header(header::ACCEPT, accept);
    let request = if route.fields.contains(&"file") {
        let fields = fields.into_iter().filter(|(name, _)| name != "file");
        let form = fields.fold(reqwest::multipart::Form::new(), |form, (name, value)| form.text(name, value));
        request.multipart(form)
    } else {
        request.form(&fields)
    };
    client.send(request).await
}

async fn count<E: EntityTrait>(app: &TestApp) -> u64
where
    E::Model: Send + Sync,
{
    let all = app.services.database.across_tenants("test");
    all.find::<E>().count(all.connection()).await.unwrap()
}

/// What every act leaves behind, and the tables that creating forms write to.
async fn traces(app: &TestApp) -> [u64; 4] {
    [
        count::<audit_event::Entity>(app).await,
        count::<answer_revision::Entity>(app).await,
        count::<user_account::Entity>(app).await,
        count::<vendor::Entity>(app).await,
    ]
}

#[tokio::test]
async fn v_07_a_field_that_the_form_does_not_have_is_named_and_nothing_is_changed() {
    let app = TestApp::start().await;
    let (user, csrf) = signed_in(&app, &address(Role::Admin)).await;
    vendor_side::invited(&app).await;
    let Signed { client: respondent, csrf: portal_csrf } = Signed::come_in(&app, vendor_side::PRIYA).await;
    let before = traces(&app).await;
    let mut seen = 0;
    for route in routes::all().filter(|route| route.method == "POST" && route.path != "/q/exchange") {
        let (client, csrf) = match route.access {
            Access::Portal => (&respondent, &portal_csrf),
            Access::Staff(_) | Access::Public => (&user, &csrf),
        };
        let problem = send(client, route, csrf, "application/problem+json").await.expect(422).value();
        assert_eq!(problem["code"], "validation-failed", "{}", route.path);
        let named: BTreeSet<&str> =
            problem["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
        let columns: BTreeSet<&str> =
            COLUMNS.iter().copied().filter(|column| !route.has_field(column)).collect();
        assert_eq!(named, columns, "{}", route.path);
        let page = send(client, route, csrf, "text/html").await.expect(422);
        assert!(page.text().contains("This form has no field \u{201c}tenant_id\u{201d}."), "{}", page.text());
        seen += 1;
    }
    assert!(seen > 50, "{seen} forms");
    assert_eq!(traces(&app).await, before);
    // Still the forms of a session, and one that works without the slip.
    user.open("/vendors").await.expect(200);
    respondent.open("/portal").await.expect(200);
}

#[tokio::test]
async fn v_07_a_filled_form_is_refused_whole() {
    let app = TestApp::start().await;
    let staff = app.signed_in(Role::Procurement).await;
    let page = staff.open("/vendors/new").await.expect(200);
    let form = || page.form("/vendors").set("name", "Lumen");
    let refused = form().set("state", "archived").submit().await.expect(422);
    assert_eq!(refused.problem(), "validation-failed");
    assert!(!staff.open("/vendors").await.expect(200).text().contains("Lumen"));
    assert_eq!(form().submit().await.expect(200).heading(), "Lumen");
}

#[tokio::test]
async fn a_revision_is_asked_for_wherever_a_form_changes_a_record() {
    let app = TestApp::start().await;
    let (user, csrf) = signed_in(&app, &address(Role::Admin)).await;
    let mut seen = 0;
    for route in routes::all().filter(|route| route.method == "POST" && route.fields.contains(&"version")) {
        let fields = [("csrf", csrf.as_str())];
        let request = user.request(Method::POST, &path(route, random)).form(&fields);
        let refused = user.send(request.header(header::ACCEPT, "application/problem+json")).await;
        assert_eq!(
            (refused.status.as_u16(), &*refused.problem()),
            (428, "precondition-required"),
            "{}",
            route.path
        );
        seen += 1;
    }
    assert!(seen > 20, "{seen} forms");
}
