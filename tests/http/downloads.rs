//! Tickets for evidence (Z-05), and tokens that are none.

use crate::{
    forged::{Forgery, absurd, forgeries},
    vendor_side::{MailedLink, PRIYA, Signed, exchange, give_code, invited, mailed_link},
};
use api::{
    auth::{
        jwt::{self, TokenKind},
        keys::KeyFolder,
    },
    domain::{Role, Surroundings, signing_key::KeyPurpose},
    usecases::{keys, respondents},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use reqwest::{Method, header::COOKIE};
use serde_json::{Value, json};
use std::sync::Arc;
use tests::{
    app::{PASSWORD, TestApp, address},
    browser::{Client, Jar},
};

/// A file of Priya's, and the browser of somebody who judges it; both stop at redirects.
struct Scene {
    app: TestApp,
    priya: Signed,
    staff: Client,
    /// Ids of two files.
    files: [String; 2],
}

async fn sign_in(app: &TestApp, role: Role) -> Client {
    let client = Client::without_redirects(&app.base);
    client.post("/sign-in", &[("email", &*address(role)), ("password", PASSWORD)]).await.expect(303);
    client
}

async fn scene() -> Scene {
    let app = TestApp::start().await;
    invited(&app).await;
    let priya = Signed::come_in(&app, PRIYA).await;
    for name in ["one.txt", "two.txt"] {
        let page = priya.client.open("/portal/questions/SEC-GOV-01").await.expect(200);
        let content = format!("The content of {name}, which is a secret.").into_bytes();
        page.form("SEC-GOV-01/evidence").file("file", name, content).submit().await.expect(303);
    }
    let page = priya.client.open("/portal/questions/SEC-GOV-01").await.expect(200);
    let links = ".file a[href^='/portal/evidence/']";
    let mut named: Vec<_> = page.all(links).into_iter().zip(page.attributes(links, "href")).collect();
    named.sort();
    let files = [0, 1].map(|n: usize| named[n].1.rsplit('/').next().unwrap().to_owned());
    let staff = sign_in(&app, Role::RiskManager).await;
    Scene { app, priya, staff, files }
}

/// The ticket that an address of evidence gives, and the address to use it at.
async fn ticket(client: &Client, path: &str) -> (String, String) {
    let answer = client.open(path).await.expect(303);
    let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    let place = answer.headers["location"].to_str().unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Max-Age=60", &format!("Path={place}")] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let value = cookie.split(';').next().unwrap().split_once('=').unwrap().1.to_owned();
    (value, place)
}

impl Scene {
    /// Uses a ticket as somebody; their own session goes with it.
    async fn fetch(&self, session: &str, ticket: &str, place: &str) -> (u16, String) {
        let cookies = format!("{session}; dl={ticket}");
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.request(Method::GET, format!("{}{place}", self.app.base));
        let answer =
            request.header(COOKIE, cookies).header("accept", "application/json").send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

/// The session cookie of somebody who signs in.
async fn session(app: &TestApp, role: Role) -> String {
    let client = Client::without_redirects(&app.base);
    let answer =
        client.post("/sign-in", &[("email", &*address(role)), ("password", PASSWORD)]).await.expect(303);
    let cookies = answer.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap().to_owned());
    let cookie = cookies.into_iter().find(|cookie| cookie.starts_with("assay=")).unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn z_05_a_ticket_opens_one_file_for_one_person_for_a_minute() {
    let scene = scene().await;
    let [one, two] = &scene.files;
    let mine = session(&scene.app, Role::RiskManager).await;
    let (good, place) = ticket(&scene.staff, &format!("/evidence/{one}")).await;
    let (status, body) = scene.fetch(&mine, &good, &place).await;
    assert_eq!((status, body.as_str()), (200, "The content of one.txt, which is a secret."));
    let refused = async |session: &str, ticket: &str, place: &str, why: &str| {
        let (status, body) = scene.fetch(session, ticket, place).await;
        assert_eq!(status, 404, "{why}: {body}");
        assert!(!body.contains("secret"), "{why}: {body}");
    };
    refused(&mine, &good, &format!("/downloads/{two}"), "another file").await;
    refused(&mine, "", &place, "no ticket").await;
    let another = session(&scene.app, Role::Viewer).await;
    refused(&another, &good, &place, "another user").await;
    let (vendors, _) = ticket(&scene.priya.client, &format!("/portal/evidence/{one}")).await;
    refused(&mine, &vendors, &place, "a respondent's ticket").await;
    scene.app.advance(chrono::Duration::seconds(61));
    refused(&mine, &good, &place, "after a minute").await;
    let (good, place) = ticket(&scene.staff, &format!("/evidence/{one}")).await;
    let (status, _) = scene.fetch("assay=0000", &good, &place).await;
    assert_eq!(status, 401);
}

/// The session cookie that a browser holds, and the address of a file's bytes with the ticket for it.
async fn holding(scene: &Scene, client: &Client, jar: &Jar, cookie: &str, path: &str) -> [String; 3] {
    let page = client.open(path).await.expect(200);
    assert!(page.body.contains("which is a secret"), "{}", page.body);
    let held = jar.held();
    let session = format!("{cookie}={}", held[cookie]);
    let (status, _) = scene.fetch(&session, &held["dl"], &page.path).await;
    assert_eq!(status, 200, "both are good");
    [session, held["dl"].clone(), page.path]
}

#[tokio::test]
async fn z_05_a_ticket_dies_with_the_session_that_it_was_given_to() {
    let scene = scene().await;
    let file = &scene.files[0];
    let gone = async |[session, ticket, place]: [String; 3], why: &str| {
        let (status, body) = scene.fetch(&session, &ticket, &place).await;
        assert_eq!(status, 401, "{why}: {body}");
        assert!(!body.contains("which is a secret"), "{why}: {body}");
    };
    let jar = Arc::default();
    let user = Client::with_jar(&scene.app.base, &jar);
    let page = user.open("/sign-in").await.expect(200).form("/sign-in");
    let today =
        page.set("email", &address(Role::Viewer)).set("password", PASSWORD).submit().await.expect(200);
    let held = holding(&scene, &user, &jar, "assay", &format!("/evidence/{file}")).await;
    today.form("/sign-out").submit().await.expect(200);
    gone(held, "signed out").await;

    scene.app.advance(chrono::Duration::minutes(6));
    let jar = Arc::default();
    let vendor = Client::with_jar(&scene.app.base, &jar);
    give_code(&scene.app, &vendor, &mailed_link(&scene.app, PRIYA), PRIYA).await.expect(200);
    let held = holding(&scene, &vendor, &jar, "resp", &format!("/portal/evidence/{file}")).await;
    let ctx = scene.app.ctx(Role::Procurement).await;
    let all = scene.app.services.database.across_tenants("test");
    let priya = all.find::<entity::respondent::Entity>().one(all.connection()).await.unwrap().unwrap();
    respondents::revoke(&ctx, priya.assessment_id.into(), priya.id.into(), "Left the company").await.unwrap();
    gone(held, "revoked").await;
}

#[tokio::test]
async fn two_downloads_at_once_do_not_take_each_others_ticket() {
    let scene = scene().await;
    let [first, second] = [&scene.files[0], &scene.files[1]];
    ticket(&scene.staff, &format!("/evidence/{first}")).await;
    ticket(&scene.staff, &format!("/evidence/{second}")).await;
    for (file, content) in [(first, "one.txt"), (second, "two.txt")] {
        let page = scene.staff.open(&format!("/downloads/{file}")).await.expect(200);
        assert!(page.body.contains(content), "{}", page.body);
    }
    ticket(&scene.priya.client, &format!("/portal/evidence/{first}")).await;
    let page = scene.priya.client.open(&format!("/portal/downloads/{first}")).await.expect(200);
    assert!(page.body.contains("one.txt"), "{}", page.body);
}

#[tokio::test]
async fn a_01_a_forged_ticket_opens_nothing() {
    let scene = scene().await;
    let mine = session(&scene.app, Role::RiskManager).await;
    let (good, place) = ticket(&scene.staff, &format!("/evidence/{}", scene.files[0])).await;
    let keys = keys::all(&scene.app.services).await.unwrap();
    let key = keys.iter().find(|key| key.purpose == KeyPurpose::Tokens).unwrap();
    let before = scene.app.rows().await;
    for Forgery { what, token: forged, .. } in forgeries(&good, &key.x) {
        assert_ne!(forged, good, "{what}");
        let (status, body) = scene.fetch(&mine, &forged, &place).await;
        assert_eq!(status, 404, "{what}: {body}");
    }
    assert_eq!(tests::rows::differences(&before, &scene.app.rows().await), Vec::<String>::new());
    let (status, _) = scene.fetch(&mine, &good, &place).await;
    assert_eq!(status, 200, "the ticket itself is good");
}

#[tokio::test]
async fn a_02_claims_of_the_wrong_form_are_refused_whoever_signed_them() {
    let scene = scene().await;
    let mine = session(&scene.app, Role::RiskManager).await;
    let (good, place) = ticket(&scene.staff, &format!("/evidence/{}", scene.files[0])).await;
    let payload: Value =
        serde_json::from_slice(&BASE64.decode(good.split('.').nth(1).unwrap()).unwrap()).unwrap();
    let now = payload["exp"].as_u64().unwrap();
    let signed = async |payload: &Value| keys::sign(&scene.app.services, TokenKind::Download, payload).await;
    assert_eq!(signed(&payload).await.unwrap(), good, "signing is deterministic");
    let mut tried = 0;
    for name in ["exp", "nbf"] {
        for value in absurd(now) {
            let mut changed = payload.clone();
            changed[name] = value.clone();
            let (status, body) = scene.fetch(&mine, &signed(&changed).await.unwrap(), &place).await;
            assert_eq!(status, 404, "{name}: {value}: {body}");
            tried += 1;
        }
    }
    let aud = payload["aud"].clone();
    let audiences = [Value::Null, json!([aud, "other"]), json!([aud]), json!("other"), json!(""), json!(1)];
    for value in audiences {
        let mut changed = payload.clone();
        changed["aud"] = value.clone();
        let (status, body) = scene.fetch(&mine, &signed(&changed).await.unwrap(), &place).await;
        assert_eq!(status, 404, "aud: {value}: {body}");
        tried += 1;
    }
    for name in ["iss", "aud", "sub", "nbf", "exp", "evidence"] {
        let mut changed = payload.clone();
        changed.as_object_mut().unwrap().remove(name);
        let (status, body) = scene.fetch(&mine, &signed(&changed).await.unwrap(), &place).await;
        assert_eq!(status, 404, "without {name}: {body}");
        tried += 1;
    }
    let mut changed = payload.clone();
    changed["role"] = json!("admin");
    let (status, _) = scene.fetch(&mine, &signed(&changed).await.unwrap(), &place).await;
    assert_eq!(status, 404, "a claim that nobody knows");
    changed = payload.clone();
    changed["nbf"] = json!(now + 1);
    let (status, _) = scene.fetch(&mine, &signed(&changed).await.unwrap(), &place).await;
    assert_eq!(status, 404, "not yet");
    assert_eq!(tried, 26);
}

#[tokio::test]
async fn a_03_one_kind_of_token_is_no_other_kind_and_no_session_and_no_link() {
    let scene = scene().await;
    let mine = session(&scene.app, Role::RiskManager).await;
    let (good, place) = ticket(&scene.staff, &format!("/evidence/{}", scene.files[0])).await;
    let payload: Value =
        serde_json::from_slice(&BASE64.decode(good.split('.').nth(1).unwrap()).unwrap()).unwrap();
    let mut pairs = 0;
    for kind in TokenKind::ALL {
        let mut own = payload.clone();
        own["aud"] = json!(kind.audience());
        let token = keys::sign(&scene.app.services, kind, &own).await.unwrap();
        keys::verify::<Value>(&scene.app.services, kind, &token).await.unwrap();
        for other in TokenKind::ALL.into_iter().filter(|other| *other != kind) {
            // With its own audience, and with that of the other kind: type and key still tell them apart.
            let mut posing = payload.clone();
            posing["aud"] = json!(other.audience());
            let posing = keys::sign(&scene.app.services, kind, &posing).await.unwrap();
            for token in [&token, &posing] {
                let taken = keys::verify::<Value>(&scene.app.services, other, token).await;
                assert!(taken.is_err(), "{} as {}", kind.typ(), other.typ());
            }
            pairs += 1;
        }
        if kind != TokenKind::Download {
            assert_eq!(scene.fetch(&mine, &token, &place).await.0, 404, "{}", kind.typ());
        }
        assert_eq!(scene.fetch(&format!("assay={token}"), &good, &place).await.0, 401);
        assert_eq!(scene.fetch(&format!("resp={token}"), &good, "/portal/tasks").await.0, 401);
        let stranger = Client::new(&scene.app.base);
        stranger.post("/q", &[("code", token.as_str())]).await.expect(404);
        let link = MailedLink { secret: token, ..mailed_link(&scene.app, PRIYA) };
        assert_eq!(exchange(&stranger, &link).await.expect(404).problem(), "link-not-usable");
    }
    assert_eq!(pairs, 6);
    // A key of documents signs no tickets, even with everything else right.
    let place_of_keys = tempfile::tempdir().unwrap();
    let own = KeyFolder::at(place_of_keys.path()).make(KeyPurpose::Tokens, &Surroundings::system()).unwrap();
    let foreign = jwt::sign(TokenKind::Download, &own, &payload).unwrap();
    assert_eq!(scene.fetch(&mine, &foreign, &place).await.0, 404, "signed by a key of nobody");
}

#[tokio::test]
async fn a_04_an_ordinary_rotation_ends_nothing_and_an_emergency_ends_tickets_at_once() {
    let scene = scene().await;
    let mine = session(&scene.app, Role::RiskManager).await;
    let path = format!("/evidence/{}", scene.files[0]);
    let (first, place) = ticket(&scene.staff, &path).await;
    keys::rotate(&scene.app.services, false).await.unwrap();
    let (second, _) = ticket(&scene.staff, &path).await;
    assert_ne!(jwt::claimed(&first), jwt::claimed(&second), "the new key signs");
    assert_eq!(scene.fetch(&mine, &first, &place).await.0, 200);
    assert_eq!(scene.fetch(&mine, &second, &place).await.0, 200);
    keys::rotate(&scene.app.services, true).await.unwrap();
    assert_eq!(scene.fetch(&mine, &first, &place).await.0, 404);
    assert_eq!(scene.fetch(&mine, &second, &place).await.0, 404);
    // Sessions and links are none of its business.
    let (third, _) = ticket(&scene.staff, &path).await;
    assert_eq!(scene.fetch(&mine, &third, &place).await.0, 200);
    scene.priya.client.open("/portal/tasks").await.expect(200);
}
