//! First run, signing in and out, sign-in links, users; and what every answer of the service has in common.

use api::{
    domain::{RequestInfo, Role, ids::Id as _},
    usecases::{
        UseCaseError,
        accounts::{self, CreateOrganisation},
    },
    web::{
        error_page::CONTENT_SECURITY_POLICY,
        routes::{self, Access, Answers},
    },
};
use chrono::Duration;
use reqwest::{Method, header};
use tests::{
    app::{PASSWORD, TestApp, address},
    browser::{Client, Form, Page},
};

const NEW_PASSWORD: &str = "seven green doors along the canal";

fn typed_set_up(page: &Page, email: &str) -> Form {
    let fields = [("organisation", "Northwind Bank"), ("time_zone", "Europe/London"), ("name", "Ada Admin")];
    page.form("/set-up").with(&fields).set("email", email).set("password", PASSWORD)
}

fn sign_in(page: &Page, email: &str, password: &str) -> Form {
    page.form("/sign-in").set("email", email).set("password", password)
}

/// The code that the newest sign-in mail to the address prints.
fn mailed_code(app: &TestApp, to: &str) -> String {
    let mails = app.mailbox.newest_first();
    let mail = mails.iter().find(|mail| mail.to.contains(to)).unwrap_or_else(|| panic!("no mail to {to}"));
    let code = mail.text.split("Or type this code: ").nth(1).unwrap().lines().next().unwrap();
    assert!(mail.text.contains(&format!("{}/join#", app.base)), "the link is in the mail:\n{}", mail.text);
    code.to_owned()
}

async fn join(app: &TestApp, code: &str, password: &str) -> (Client, Page) {
    let browser = app.anonymous();
    let page = browser.open("/join").await.expect(200);
    let page = page.form("/join").set("code", code).set("password", password).submit().await;
    (browser, page)
}

#[tokio::test]
async fn o_02_of_two_who_set_up_at_once_one_wins_and_then_the_page_is_gone() {
    let app = TestApp::untouched().await;
    let (one, two) = (app.anonymous(), app.anonymous());
    // Whoever comes first is led there.
    let first = one.open("/").await.expect(200);
    assert_eq!(first.path, "/set-up");
    let second = two.open("/set-up").await.expect(200);
    let weak = first.form("/set-up").set("password", "password1").submit().await.expect(422);
    for words in ["Enter the organisation's name", "at least 15 characters"] {
        assert!(weak.text().contains(words), "{words} is missing:\n{}", weak.text());
    }
    let (a, b) = futures_util::future::join(
        typed_set_up(&first, "one@northwind.example").submit(),
        typed_set_up(&second, "two@northwind.example").submit(),
    )
    .await;
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
    let winner = if a.status == 200 { &one } else { &two };
    assert_eq!(winner.open("/users").await.expect(200).all("tbody tr").len(), 1);
    one.open("/set-up").await.expect(404);
    typed_set_up(&first, "three@northwind.example").submit().await.expect(404);
    assert_eq!(app.anonymous().open("/").await.expect(200).path, "/sign-in");
}

#[tokio::test]
async fn a_session_begins_with_the_password_and_ends_with_signing_out() {
    let app = TestApp::start().await;
    let browser = app.anonymous();
    let page = browser.open("/vendors").await.expect(200);
    assert_eq!(page.path, "/sign-in");
    let today = sign_in(&page, &address(Role::Viewer).to_uppercase(), PASSWORD).submit().await.expect(200);
    assert_eq!(today.path, "/");
    assert!(today.text().contains("Viewer Person"));
    let out = today.form("/sign-out").submit().await.expect(200);
    assert_eq!(out.path, "/sign-in");
    assert_eq!(browser.open("/vendors").await.expect(200).path, "/sign-in");
    // The page that is still open in another tab cannot act any more.
    today.form("/sign-out").submit().await.expect(401);
}

#[tokio::test]
async fn a_session_ends_by_itself_when_nobody_uses_it() {
    let app = TestApp::start().await;
    let browser = app.signed_in(Role::Viewer).await;
    for _ in 0..3 {
        app.advance(Duration::minutes(20));
        assert_eq!(browser.open("/").await.expect(200).path, "/", "in use");
    }
    app.advance(Duration::days(2));
    assert_eq!(browser.open("/").await.expect(200).path, "/sign-in");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let app = TestApp::start().await;
    let page = app.anonymous().open("/sign-in").await.expect(200);
    let (known, unknown) = (address(Role::Viewer), "nobody@northwind.example".to_owned());
    let mut bodies = Vec::new();
    for (email, password) in
        [(&known, "not the password at all"), (&unknown, PASSWORD), (&known, ""), (&unknown, "")]
    {
        let refused = sign_in(&page, email, password).submit().await.expect(422);
        assert!(refused.text().contains("The e-mail address or the password is not right"));
        assert!(!refused.headers.contains_key(header::SET_COOKIE));
        bodies.push(refused.body.replace(email, "typed@address"));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[tokio::test]
async fn a_16_five_failures_at_once_then_one_in_twenty_seconds_and_no_success_counts_or_resets() {
    let app = TestApp::start().await;
    let (_, link) = crate::vendor_side::invited(&app).await;
    let wrong = crate::vendor_side::MailedLink { secret: "0".repeat(32), ..link.clone() };
    for _ in 0..6 {
        crate::vendor_side::exchange(&app.anonymous(), &wrong).await.expect(404);
    }
    let page = app.anonymous().open("/sign-in").await.expect(200);
    let known = address(Role::Viewer);
    let guess = async || sign_in(&page, &known, "guess guess guess").submit().await.status.as_u16();
    let right = async || sign_in(&page, &known, PASSWORD).submit().await.status.as_u16();
    for _ in 0..4 {
        assert_eq!(guess().await, 422);
    }
    for _ in 0..7 {
        assert_eq!(right().await, 200, "a success does not count");
    }
    assert_eq!(guess().await, 422);
    let refused = sign_in(&page, &known, "guess guess guess").submit().await.expect(429);
    assert!(refused.text().contains("rate-limited"), "{}", refused.text());
    let wait: i64 = refused.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((20..=21).contains(&wait), "{wait} s");
    assert_eq!(right().await, 429, "the right password is not looked at either");
    // Links count elsewhere: their success takes nothing away.
    crate::vendor_side::exchange(&app.anonymous(), &link).await.expect(200);
    assert_eq!(guess().await, 429);
    app.advance(Duration::seconds(wait));
    assert_eq!(right().await, 200);
    assert_eq!(guess().await, 422, "one has come back, and the success did not take it");
    assert_eq!(guess().await, 429);
    app.advance(Duration::seconds(5 * 20));
    for expected in [422, 422, 422, 422, 422, 429] {
        assert_eq!(guess().await, expected);
    }
}

#[tokio::test]
async fn a_15_whoever_uses_up_the_tries_of_an_account_does_not_keep_its_owner_out() {
    let app = TestApp::with(|state| state.behind("127.0.0.1".parse().unwrap())).await;
    let from = async |address: &str, password: &str| {
        let browser = app.anonymous();
        let fields = [("email", "viewer@northwind.example"), ("password", password)];
        let request =
            browser.request(Method::POST, "/sign-in").header("x-forwarded-for", address).form(&fields);
        browser.send(request).await.status.as_u16()
    };
    assert_eq!(from("192.0.2.1", PASSWORD).await, 200);
    let mut answers = Vec::new();
    for guess in 0..104 {
        answers.push(from(&format!("198.51.100.{}", guess / 4), "guess guess guess").await);
    }
    assert_eq!(answers.iter().filter(|status| **status == 422).count(), 100);
    assert_eq!(from("203.0.113.7", PASSWORD).await, 429, "from elsewhere nobody gets in now");
    assert_eq!(from("192.0.2.1", PASSWORD).await, 200, "but the owner does");
    app.advance(Duration::hours(1));
    assert_eq!(from("203.0.113.7", PASSWORD).await, 200);
}

#[tokio::test]
async fn an_invited_user_chooses_a_password_by_the_mailed_link_once() {
    let app = TestApp::start().await;
    let admin = app.signed_in(Role::Admin).await;
    let users = admin.open("/users").await.expect(200);
    let form = |email: &str| {
        users.form("/users").with(&[("name", "Noor New"), ("email", email), ("role", "procurement")])
    };
    let taken = form(&address(Role::Viewer)).submit().await.expect(422);
    assert!(taken.text().contains("exists already"));
    let users = form("noor@northwind.example").submit().await.expect(200);
    assert!(users.text().contains("Invited, has not chosen a password yet"));
    app.run_jobs().await;
    let code = mailed_code(&app, "noor@");
    let (_, weak) = join(&app, &code, "short").await;
    weak.expect(422);
    let (browser, page) = join(&app, &code, NEW_PASSWORD).await;
    assert_eq!(page.expect(200).path, "/");
    browser.open("/vendors/new").await.expect(200);
    let (_, again) = join(&app, &code, PASSWORD).await;
    again.expect(404);
    let (_, nonsense) = join(&app, "4TRX 9WQD MM2K 7HSP", PASSWORD).await;
    nonsense.expect(404);
    let page = app.anonymous().open("/sign-in").await.expect(200);
    sign_in(&page, "noor@northwind.example", NEW_PASSWORD).submit().await.expect(200);
}

#[tokio::test]
async fn a_mailed_reset_ends_older_sessions_and_runs_out() {
    let app = TestApp::start().await;
    let viewer = app.ctx(Role::Viewer).await.user().id;
    let old = app.signed_in(Role::Viewer).await;
    let admin = app.signed_in(Role::Admin).await;
    let ask = async || {
        let users = admin.open("/users").await.expect(200);
        users.form(&format!("/users/{viewer}/link")).submit().await.expect(200);
        app.run_jobs().await;
        mailed_code(&app, "viewer@")
    };
    let late = ask().await;
    app.advance(Duration::minutes(31));
    let (_, page) = join(&app, &late, NEW_PASSWORD).await;
    page.expect(404);
    assert_eq!(old.open("/").await.expect(200).path, "/", "an unused link changes nothing");
    let code = ask().await;
    let (_, page) = join(&app, &code, NEW_PASSWORD).await;
    page.expect(200);
    assert_eq!(old.open("/").await.expect(200).path, "/sign-in");
}

#[tokio::test]
async fn disabling_a_user_ends_every_session_at_once_until_they_are_enabled() {
    let app = TestApp::start().await;
    let viewer = app.ctx(Role::Viewer).await.user().id;
    let (one, two) = (app.signed_in(Role::Viewer).await, app.signed_in(Role::Viewer).await);
    let admin = app.signed_in(Role::Admin).await;
    let users = admin.open("/users").await.expect(200);
    let users = users.form(&format!("/users/{viewer}/disable")).submit().await.expect(200);
    assert!(users.text().contains("Disabled, cannot sign in"));
    for browser in [&one, &two] {
        assert_eq!(browser.open("/").await.expect(200).path, "/sign-in");
    }
    let page = one.open("/sign-in").await.expect(200);
    sign_in(&page, &address(Role::Viewer), PASSWORD).submit().await.expect(422);
    users.form(&format!("/users/{viewer}/enable")).submit().await.expect(200);
    assert_eq!(two.open("/").await.expect(200).path, "/sign-in", "an ended session stays ended");
    sign_in(&page, &address(Role::Viewer), PASSWORD).submit().await.expect(200);
}

#[tokio::test]
async fn another_role_holds_from_the_next_request() {
    let app = TestApp::start().await;
    let viewer = app.ctx(Role::Viewer).await.user().id;
    let browser = app.signed_in(Role::Viewer).await;
    browser.open("/vendors/new").await.expect(403);
    let admin = app.signed_in(Role::Admin).await;
    let users = admin.open("/users").await.expect(200);
    users.form(&format!("/users/{viewer}/role")).set("role", "procurement").submit().await.expect(200);
    browser.open("/vendors/new").await.expect(200);
    let users = admin.open("/users").await.expect(200);
    users.form(&format!("/users/{viewer}/role")).set("role", "emperor").submit().await.expect(422);
    users.form(&format!("/users/{viewer}/role")).set("role", "viewer").submit().await.expect(200);
    browser.open("/vendors/new").await.expect(403);
}

#[tokio::test]
async fn the_last_admin_stays_admin() {
    let app = TestApp::start().await;
    let one = app.ctx(Role::Admin).await;
    let me = one.user().id;
    for refused in [accounts::disable_user(&one, me).await, accounts::change_role(&one, me, "viewer").await] {
        assert!(matches!(refused, Err(UseCaseError::Forbidden)), "nobody changes themselves: {refused:?}");
    }
    // Two admins, each with a page open, take the other one's rights: the second finds no other admin left.
    app.add_user("Northwind Bank", Role::Admin, "second@northwind.example").await;
    let secret =
        accounts::sign_in(&app.services, "second@northwind.example", PASSWORD, RequestInfo::default())
            .await
            .unwrap();
    let two = accounts::authenticate(&app.services, &secret, RequestInfo::default()).await.unwrap();
    accounts::change_role(&one, two.user().id, "viewer").await.unwrap();
    for refused in [accounts::disable_user(&two, me).await, accounts::change_role(&two, me, "viewer").await] {
        assert!(
            matches!(&refused, Err(UseCaseError::StateConflict(why)) if why.contains("last active admin")),
            "{refused:?}"
        );
    }
    let admin = app.signed_in(Role::Admin).await;
    assert!(
        admin.open("/users").await.expect(200).try_form(&format!("/users/{}/disable", me.uuid())).is_none()
    );
}

#[tokio::test]
async fn an_address_belongs_to_one_user_in_the_whole_installation() {
    let app = TestApp::start().await;
    let other = app.other_organisation().await;
    let users = other.open("/users").await.expect(200);
    let fields = [("name", "Copy"), ("email", "Viewer@Northwind.example"), ("role", "admin")];
    let refused = users.form("/users").with(&fields).submit().await.expect(422);
    assert!(refused.text().contains("exists already"));
    // By the operator's command too.
    let system = api::usecases::SystemCtx::new(app.services.clone(), "test");
    let input = CreateOrganisation {
        organisation: "Third".to_owned(),
        time_zone: "UTC".to_owned(),
        name: "Copy".to_owned(),
        email: address(Role::Admin),
        password: PASSWORD.to_owned(),
    };
    assert!(matches!(accounts::add_tenant(&system, input).await, Err(UseCaseError::Invalid(_))));
}

/// A path of the route with parameters that meet nothing.
fn nowhere(path: &str) -> String {
    let part = |part: &str| match part.strip_prefix('{') {
        Some(_) => "0190a0a0-0000-7000-8000-000000000000".to_owned(),
        None => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn check_headers(page: &Page, what: &str) {
    let header = |name: &str| {
        let value = page.headers.get(name).unwrap_or_else(|| panic!("{what}: {name} is missing"));
        value.to_str().unwrap().to_owned()
    };
    assert_eq!(header("content-security-policy"), CONTENT_SECURITY_POLICY, "{what}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(header("referrer-policy"), "no-referrer", "{what}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{what}");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{what}");
    let cached = what.contains("/static/") && page.status == 200;
    assert_eq!(header("cache-control") == "no-store", !cached, "{what}");
    for told in ["server", "x-powered-by", "via"] {
        assert!(!page.headers.contains_key(told), "{what} tells {told}");
    }
    if page.status.is_redirection() {
        return;
    }
    let kind = header("content-type");
    if kind.starts_with("text/html") {
        assert_eq!(kind, "text/html; charset=utf-8", "{what}");
        assert!(page.body.is_empty() || page.body.starts_with("<!doctype html>"), "{what}");
    } else if page.status.as_u16() >= 400 {
        assert_eq!(kind, "application/problem+json", "{what} answered {}", page.status);
        if !page.body.is_empty() {
            let problem = page.value();
            assert_eq!(problem["status"], page.status.as_u16(), "{what}");
            assert_eq!(problem["type"], format!("/problems/{}", problem["code"].as_str().unwrap()), "{what}");
            assert!(problem["instance"].is_string() && problem["title"].is_string(), "{what}");
        }
    }
}

#[tokio::test]
async fn o_03_o_04_every_answer_says_what_it_is_and_carries_the_security_headers() {
    let app = TestApp::start().await;
    let signed_in = Client::without_redirects(&app.base);
    let page = signed_in.open("/sign-in").await.expect(200);
    sign_in(&page, &address(Role::Admin), PASSWORD).submit().await.expect(303);
    let stranger = Client::without_redirects(&app.base);
    let style = page.attributes("link[rel=stylesheet]", "href").remove(0);
    let mut paths: Vec<(Method, String)> = vec![(Method::GET, style), (Method::GET, "/no/such/place".into())];
    for route in routes::all() {
        let method: Method = route.method.parse().unwrap();
        if method == Method::GET {
            paths.push((Method::HEAD, nowhere(route.path)));
        }
        paths.push((method, nowhere(route.path)));
        paths.push((Method::DELETE, nowhere(route.path)));
    }
    for (method, path) in paths {
        for (who, client) in [("admin", &signed_in), ("stranger", &stranger)] {
            for accept in ["text/html", "application/json"] {
                let request = client.request(method.clone(), &path).header(header::ACCEPT, accept);
                let answer = client.send(request).await;
                check_headers(&answer, &format!("{method} {path} for {who}, {accept}"));
                assert_ne!(answer.status, 500, "{method} {path} for {who}");
                if method == Method::DELETE {
                    assert_eq!(answer.status, 405, "{path}");
                    assert!(answer.headers.contains_key(header::ALLOW), "{path}");
                }
            }
        }
    }
}

#[tokio::test]
async fn o_03_a_body_that_is_too_large_or_of_another_kind_is_refused_in_the_same_form() {
    let app = TestApp::start().await;
    let client = app.anonymous();
    let large = format!("email=a%40b.example&password={}", "x".repeat(300 * 1024));
    let form = "application/x-www-form-urlencoded";
    for (kind, body, status) in
        [(form, large, 413), ("text/plain", "email=a".to_owned(), 415), (form, "email=%ff".to_owned(), 400)]
    {
        let request = client.request(Method::POST, "/sign-in").header(header::CONTENT_TYPE, kind).body(body);
        let answer = client.send(request).await.expect(status);
        check_headers(&answer, &format!("{status}"));
    }
    for (body, status) in [("{", 400), ("{\"link_id\":1}", 400), ("[]", 400)] {
        let request = client.request(Method::POST, "/q/exchange").header("X-Assay", "1");
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        let answer = client.send(request).await.expect(status);
        check_headers(&answer, body);
        assert_eq!(answer.value()["code"], "malformed-request");
    }
}

#[tokio::test]
async fn an_unknown_address_is_a_page_for_people_and_a_problem_for_programs() {
    let app = TestApp::start().await;
    let client = app.anonymous();
    let page = client.open("/no/such/place").await.expect(404);
    assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    assert_eq!(page.heading(), "There is nothing here");
    let problem = client.json("/no/such/place").await.expect(404);
    assert_eq!(problem.value()["code"], "not-found");
    let problem = client.send(client.request(Method::DELETE, "/health/live")).await.expect(405);
    assert_eq!(problem.value()["code"], "method-not-allowed");
    assert_eq!(problem.headers["allow"], "GET");
    let page = client.send(client.request(Method::PUT, "/sign-in")).await.expect(405);
    assert!(page.body.starts_with("<!doctype html>"));
    assert_eq!(page.headers["allow"], "GET, POST");
}

#[tokio::test]
async fn a_page_behind_the_sign_in_takes_at_most_six_statements() {
    let app = TestApp::start().await;
    let admin = app.signed_in(Role::Admin).await;
    crate::procurement::sent(&admin).await;
    admin.open("/").await.expect(200);
    let mut seen = 0;
    for route in routes::all().filter(|route| route.method == "GET" && !route.path.contains('{')) {
        if !matches!(route.access, Access::Staff(_)) || route.answers != Answers::Page {
            continue;
        }
        let (page, statements) = app.statements(admin.open(route.path)).await;
        page.expect(200);
        assert!(statements <= 6, "{} took {statements} statements", route.path);
        seen += 1;
    }
    assert!(seen >= 7, "{seen} pages");
    let (page, statements) = app.statements(app.anonymous().open("/vendors")).await;
    assert_eq!(page.expect(200).path, "/sign-in");
    assert!(statements <= 2, "a stranger costs {statements} statements");
}
