//! Saving by script: one answer a request, made from a revision, replayed without harm (C-02 to C-04, V-01 to V-03, Z-07).

use crate::vendor_side::{options, respondent};
use api::domain::Role;
use entity::{answer, answer_revision, evidence};
use reqwest::{Method, multipart};
use serde_json::{Value, json};
use tests::{
    app::TestApp,
    browser::{Client, Page},
};

const URL: &str = "/portal/questions/SEC-GOV-01/answer";

async fn put(vendor: &Client, rev: &str, mutation: &str, body: &Value) -> Page {
    let request = vendor.request(Method::PUT, URL).header("X-Assay", "1");
    let request = request.header("If-Match", rev).header("X-Mutation-Id", mutation).json(body);
    vendor.send(request).await
}

fn choice(option: &str, note: &str) -> Value {
    json!({"choices": [option], "note": note})
}

#[tokio::test]
async fn an_answer_is_saved_under_its_revision_and_a_replay_gives_the_same_result() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let offered = options(&vendor, "SEC-GOV-01").await;
    let saved = put(&vendor, "\"0\"", "m-1", &choice(&offered[0], "First")).await.expect(200);
    assert_eq!(saved.value()["rev"], 1);
    assert_eq!(saved.headers["etag"], "\"1\"");
    let page = vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
    let when = saved.value()["shown"].as_str().unwrap().to_owned();
    assert!(page.all("[data-saved]")[0].starts_with(&format!("Saved {when} by ")), "one clock: {when}");
    let replayed = put(&vendor, "\"0\"", "m-1", &choice(&offered[0], "First")).await.expect(200);
    assert_eq!(replayed.value()["rev"], 1);
    let next = put(&vendor, "\"1\"", "m-2", &choice(&offered[1], "Second")).await.expect(200);
    assert_eq!(next.value()["rev"], 2);
    let page = vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
    assert_eq!(page.form("/portal/questions/SEC-GOV-01").values()["note"], ["Second"]);
}

#[tokio::test]
async fn what_was_written_for_one_respondent_is_not_saved_with_the_session_of_another() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let option = options(&vendor, "SEC-GOV-01").await.remove(0);
    let page = vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
    let own = page.attributes("body", "data-saving").remove(0);
    let as_written_for = async |whose: &str| {
        let request = vendor.request(Method::PUT, URL).header("X-Assay", "1").header("X-Respondent", whose);
        let request = request.header("If-Match", "\"0\"").header("X-Mutation-Id", format!("m-{whose}"));
        vendor.send(request.json(&choice(&option, "Words"))).await
    };
    let refused = as_written_for("01940000-0000-7000-8000-000000000000").await.expect(401);
    assert_eq!(refused.value()["code"], "unauthenticated");
    assert_eq!(as_written_for(&own).await.expect(200).value()["rev"], 1, "nothing was stored before");
}

#[tokio::test]
async fn c_04_without_a_revision_or_from_a_stale_one_nothing_is_saved() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let offered = options(&vendor, "SEC-GOV-01").await;
    put(&vendor, "\"0\"", "m-1", &choice(&offered[0], "Theirs")).await.expect(200);
    let bare = vendor.request(Method::PUT, URL).header("X-Assay", "1").json(&choice(&offered[1], ""));
    let bare = vendor.send(bare).await.expect(428);
    assert_eq!(bare.value()["code"], "precondition-required");
    put(&vendor, "*", "m-2", &choice(&offered[1], "")).await.expect(422);
    for stale in ["\"0\"", "W/\"1\"", "\"7\""] {
        let refused = put(&vendor, stale, "m-3", &choice(&offered[1], "Mine")).await.expect(412);
        assert_eq!(refused.value()["current"]["rev"], 1, "{stale}");
        assert_eq!(refused.value()["current"]["note"], "Theirs");
    }
}

#[tokio::test]
async fn a_save_needs_our_own_header_json_and_known_fields() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let offered = options(&vendor, "SEC-GOV-01").await;
    let send = |request: reqwest::RequestBuilder| {
        vendor.send(request.header("If-Match", "\"0\"").header("X-Mutation-Id", "m-1"))
    };
    let body = choice(&offered[0], "");
    let plain = vendor.request(Method::PUT, URL).json(&body);
    assert_eq!(send(plain).await.expect(403).value()["code"], "csrf-rejected");
    let text = vendor.request(Method::PUT, URL).header("X-Assay", "1").body(body.to_string());
    let text = text.header("Content-Type", "text/plain");
    send(text).await.expect(415);
    let more = json!({"choices": [offered[0]], "tenant_id": "x"});
    let more = send(vendor.request(Method::PUT, URL).header("X-Assay", "1").json(&more)).await.expect(422);
    let fault = &more.value()["errors"][0];
    assert_eq!((&fault["pointer"], &fault["code"]), (&json!("/tenant_id"), &json!("unknown_field")));
    put(&vendor, "\"0\"", "m-1", &choice("nothing", "")).await.expect(422);
    put(&vendor, "\"0\"", "", &body).await.expect(422);
    let other = vendor.request(Method::PUT, "/portal/questions/SEC-XXX-99/answer").header("X-Assay", "1");
    send(other.json(&body)).await.expect(404);
    let stranger = app.anonymous();
    put(&stranger, "\"0\"", "m-1", &body).await.expect(401);
}

#[tokio::test]
async fn z_07_who_acts_is_whoever_has_the_session_whatever_the_address_says() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let offered = options(&vendor, "SEC-GOV-01").await;
    let somebody = app.ctx(Role::Admin).await.user().id;
    let names = ["user_id", "uploaded_by", "created_by", "saved_by_user", "added_by_user", "respondent_id"];
    let query: Vec<String> = names.iter().map(|name| format!("{name}={somebody}")).collect();
    let query = query.join("&");
    let save = vendor.request(Method::PUT, &format!("{URL}?{query}")).header("X-Assay", "1");
    let save = save.header("If-Match", "\"0\"").header("X-Mutation-Id", "m-1");
    vendor.send(save.json(&choice(&offered[0], "Mine"))).await.expect(200);
    let page = vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
    let values = page.form("SEC-GOV-01/evidence").values();
    let form = ["csrf", "mutation"]
        .iter()
        .fold(multipart::Form::new(), |form, name| form.text(*name, values[*name][0].clone()));
    let form = form.part("file", multipart::Part::text("A policy.").file_name("policy.txt"));
    let upload = vendor.request(Method::POST, &format!("/portal/questions/SEC-GOV-01/evidence?{query}"));
    vendor.send(upload.multipart(form)).await.expect(200);

    let all = app.services.database.across_tenants("test");
    let found = all.find::<entity::respondent::Entity>().one(all.connection()).await.unwrap().unwrap();
    let answer = all.find::<answer::Entity>().one(all.connection()).await.unwrap().unwrap();
    let revision = all.find::<answer_revision::Entity>().one(all.connection()).await.unwrap().unwrap();
    let evidence = all.find::<evidence::Entity>().one(all.connection()).await.unwrap().unwrap();
    for (what, respondent, user) in [
        ("answer", answer.saved_by_respondent, answer.saved_by_user),
        ("revision", revision.saved_by_respondent, revision.saved_by_user),
        ("evidence", evidence.added_by_respondent, evidence.added_by_user),
    ] {
        assert_eq!((respondent, user), (Some(found.id), None), "{what}");
    }
    let rows = app.rows().await;
    let id = somebody.to_string().replace('-', "").to_lowercase();
    for table in ["answer", "answer_revision", "evidence", "evidence_citation"] {
        let text = rows[table].join("\n").replace('-', "").to_lowercase();
        assert!(!text.is_empty() && !text.contains(&id), "{table} names {somebody}");
    }
}

#[tokio::test]
async fn a_save_takes_two_statements() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let offered = options(&vendor, "SEC-GOV-01").await;
    put(&vendor, "\"0\"", "m-1", &choice(&offered[0], "One")).await.expect(200);
    let (_, count) = app.statements(put(&vendor, "\"1\"", "m-2", &choice(&offered[1], "Two"))).await;
    assert_eq!(count, 2);
}
