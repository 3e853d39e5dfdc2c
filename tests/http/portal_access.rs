//! Link, one-time code and session.

use crate::{
    procurement,
    vendor_side::{
        MailedLink, PRIYA, codes_mailed, come_in, exchange, invited, mailed_code, mailed_link, respondent,
    },
};
use api::{
    domain::{
        Role,
        ids::{AssessmentId, RespondentId},
    },
    usecases::{Ctx, assessments, respondents},
};
use chrono::Duration;
use entity::{audit_event, respondent as respondent_row};
use reqwest::Method;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::json;
use std::sync::Arc;
use tests::{
    app::{PASSWORD, TestApp},
    browser::{Client, Jar, Page},
    rows::differences,
};

/// Headers that may differ between two equal answers.
fn comparable(page: &tests::browser::Page) -> (u16, String, Vec<(String, String)>) {
    let mut body = page.body.clone();
    if let Ok(mut value) = serde_json::from_str::<serde_json::Value>(&body) {
        value.as_object_mut().unwrap().remove("instance");
        body = value.to_string();
    }
    let headers = page.headers.iter().filter(|(name, _)| *name != "date");
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    headers.sort();
    (page.status.as_u16(), body, headers)
}

#[tokio::test]
async fn a_05_a_scanner_that_fetches_the_link_changes_nothing_and_gets_no_cookie() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let path = format!("/q/{}", link.id);
    let before = (app.rows().await, app.mailbox.newest_first().len());
    let unknown = app.anonymous().open("/q/AAAAAAAAAAAA").await.expect(200);
    for agent in ["Mozilla/5.0", "BarracudaScanner", "curl/8"] {
        for method in [Method::HEAD, Method::GET, Method::OPTIONS] {
            for _ in 0..20 {
                let browser = app.anonymous();
                let page =
                    browser.send(browser.request(method.clone(), &path).header("user-agent", agent)).await;
                let status = if method == Method::OPTIONS { 204 } else { 200 };
                assert_eq!(page.status.as_u16(), status, "{method}");
                assert!(page.headers.get("set-cookie").is_none());
                match method {
                    Method::GET => assert_eq!(page.body, unknown.body, "the same page for every link"),
                    _ => assert_eq!(page.body, ""),
                }
            }
        }
    }
    app.run_jobs().await;
    assert_eq!(app.mailbox.newest_first().len(), before.1);
    assert_eq!(differences(&before.0, &app.rows().await), Vec::<String>::new());
    come_in(&app, &link).await.open("/portal").await.expect(200);
}

#[tokio::test]
async fn a_22_options_tells_the_methods_of_public_pages_and_allows_no_other_site_anything() {
    let app = TestApp::start().await;
    let client = app.anonymous();
    let lookalike = format!("{}.evil.example", app.base);
    for origin in ["https://evil.example", "null", lookalike.as_str()] {
        let foreign = |path: &str| {
            let request = client.request(Method::OPTIONS, path).header("origin", origin);
            request.header("access-control-request-method", "POST")
        };
        let silent =
            |page: &Page| page.headers.keys().all(|name| !name.as_str().starts_with("access-control-"));
        for (path, allow) in [("/q/AAAAAAAAAAAA", "GET"), ("/sign-in", "GET, POST"), ("/health/live", "GET")]
        {
            let page = client.send(foreign(path)).await.expect(204);
            assert_eq!(page.headers["allow"], allow, "{path}");
            assert!(silent(&page), "{path} for {origin}");
        }
        for (path, status) in
            [("/q/exchange", 405), ("/vendors", 405), ("/portal/tasks", 405), ("/nowhere", 404)]
        {
            let page = client.send(foreign(path)).await.expect(status);
            assert!(silent(&page), "{path} for {origin}");
        }
    }
}

#[tokio::test]
async fn a_06_clicking_scanners_cost_two_mails_in_five_minutes_and_see_nothing() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    for _ in 0..6 {
        let scanner = app.anonymous();
        let page = exchange(&scanner, &link).await.expect(200);
        assert_eq!(page.value()["next"], "/q/code", "the same answer whether or not a mail was sent");
        scanner.open("/portal/tasks").await.expect(403);
    }
    app.run_jobs().await;
    // The newest code supersedes the one before it, so a mail that was not sent yet is not sent at all.
    assert!((1..=2).contains(&codes_mailed(&app)), "{} mails", codes_mailed(&app));
    app.advance(Duration::minutes(6));
    come_in(&app, &link).await.open("/portal").await.expect(200);
}

#[tokio::test]
async fn a_07_every_link_that_does_not_work_gives_the_same_answer() {
    let app = TestApp::start().await;
    let (path, link) = invited(&app).await;
    let staff = app.signed_in(Role::Procurement).await;
    let wrong = MailedLink { secret: "0".repeat(32), ..link.clone() };
    let unknown = MailedLink { id: "ZZZZZZZZ".to_owned(), ..link.clone() };
    let one = comparable(&exchange(&app.anonymous(), &wrong).await);
    let two = comparable(&exchange(&app.anonymous(), &unknown).await);
    assert_eq!(one.0, 404);
    assert!(one.1.contains("link-not-usable"));
    assert_eq!(one, two);
    let page = staff.open(&path).await.expect(200);
    let confirm = staff.open(&page.attributes("a[href$='/reissue']", "href").remove(0)).await.expect(200);
    confirm.form("/reissue").submit().await.expect(200);
    let older = comparable(&exchange(&app.anonymous(), &link).await);
    assert_eq!(one, older, "a secret of an older generation");
    app.run_jobs().await;
    let fresh = mailed_link(&app, PRIYA);
    assert_ne!(fresh.secret, link.secret);
    exchange(&app.anonymous(), &fresh).await.expect(200);
    // A link of another organisation, with this one's secret.
    let other = app.other_organisation().await;
    procurement::sent_short(&other, "Vendor", "Service", ("Ines Vale", "ines@corvid.example")).await;
    app.run_jobs().await;
    let theirs = MailedLink { id: mailed_link(&app, "ines@corvid.example").id, ..fresh.clone() };
    let foreign = comparable(&exchange(&app.anonymous(), &theirs).await);
    assert_eq!(one, foreign, "another organisation's link");
    app.advance(Duration::days(121));
    let expired = comparable(&exchange(&app.anonymous(), &fresh).await);
    assert_eq!(one, expired, "past the link's end");
}

#[tokio::test]
async fn a_07_a_revoked_link_gives_that_answer_too() {
    let app = TestApp::start().await;
    let (path, link) = invited(&app).await;
    let staff = app.signed_in(Role::Procurement).await;
    let unknown = MailedLink { id: "ZZZZZZZZ".to_owned(), ..link.clone() };
    let unknown = comparable(&exchange(&app.anonymous(), &unknown).await);
    let page = staff.open(&path).await.expect(200);
    let confirm = staff.open(&page.attributes("a[href$='/revoke']", "href").remove(0)).await.expect(200);
    confirm.form("/revoke").set("reason", "Left the company").submit().await.expect(200);
    assert_eq!(comparable(&exchange(&app.anonymous(), &link).await), unknown);
}

#[tokio::test]
async fn many_wrong_secrets_are_limited_per_link_and_the_right_one_still_works() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let wrong = MailedLink { secret: "1".repeat(32), ..link.clone() };
    for _ in 0..10 {
        exchange(&app.anonymous(), &wrong).await.expect(404);
    }
    let limited = exchange(&app.anonymous(), &wrong).await.expect(429);
    assert!(limited.headers.contains_key("retry-after"));
    exchange(&app.anonymous(), &link).await.expect(200);
}

#[tokio::test]
async fn a_10_a_right_link_without_a_code_opens_nothing() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let browser = app.anonymous();
    let opened = exchange(&browser, &link).await.expect(200);
    for secret in ["Lumen", PRIYA, "Priya", "hiring"] {
        assert!(!opened.body.contains(secret), "{secret} is told before the code");
    }
    for path in
        ["/portal", "/portal/tasks", "/portal/check", "/portal/submit", "/portal/questions/SEC-GOV-01"]
    {
        let page = browser.open(path).await.expect(403);
        for secret in ["Lumen", PRIYA, "Priya", "SEC-GOV"] {
            assert!(!page.text().contains(secret), "{path} tells {secret}");
        }
    }
    let file = browser.json("/portal/evidence/01940000-0000-7000-8000-000000000000").await.expect(403);
    assert_eq!(file.value()["code"], "step-up-required");
    browser.post("/portal/submit", &[("name", "x")]).await.expect(403);
}

#[tokio::test]
async fn a_11_a_code_works_once_and_for_ten_minutes() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let browser = app.anonymous();
    exchange(&browser, &link).await.expect(200);
    app.run_jobs().await;
    let code = mailed_code(&app, PRIYA);
    let page = browser.open("/q/code").await.expect(200);
    app.advance(Duration::seconds(9 * 60 + 59));
    let form = page.form("/q/code").set("code", &code);
    assert_eq!(form.submit().await.expect(200).path, "/portal");
    // The cookie of the waiting browser is gone with its use.
    let again = browser.post("/q/code", &[("code", &code)]).await.expect(422);
    assert_eq!(again.problem(), "code-not-accepted");
    let other = app.anonymous();
    app.advance(Duration::minutes(6));
    exchange(&other, &link).await.expect(200);
    app.run_jobs().await;
    let code = mailed_code(&app, PRIYA);
    let page = other.open("/q/code").await.expect(200);
    app.advance(Duration::seconds(10 * 60 + 1));
    let late = page.form("/q/code").set("code", &code).submit().await.expect(422);
    assert!(late.text().contains("too old"));
}

#[tokio::test]
async fn k_12_a_clock_that_is_set_back_revives_no_code_that_was_too_old() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let browser = app.anonymous();
    exchange(&browser, &link).await.expect(200);
    app.run_jobs().await;
    let code = mailed_code(&app, PRIYA);
    app.advance(Duration::minutes(11));
    browser.post("/q/code", &[("code", &code)]).await.expect(422);
    app.advance(Duration::minutes(-6));
    browser.post("/q/code", &[("code", &code)]).await.expect(422);
    // The next one is none the worse for it.
    app.advance(Duration::minutes(7));
    let again = browser.open("/q/code").await.expect(200).form("/resend").submit().await.expect(200);
    assert!(again.text().contains("A new code was sent"), "{}", again.text());
    app.run_jobs().await;
    browser.post("/q/code", &[("code", &mailed_code(&app, PRIYA))]).await.expect(200);
}

#[tokio::test]
async fn a_12_a_code_belongs_to_its_browser_and_the_newest_counts() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let first = app.anonymous();
    exchange(&first, &link).await.expect(200);
    app.run_jobs().await;
    let older = mailed_code(&app, PRIYA);
    let second = app.anonymous();
    exchange(&second, &link).await.expect(200);
    app.run_jobs().await;
    let newer = mailed_code(&app, PRIYA);
    first.post("/q/code", &[("code", &older)]).await.expect(422);
    first.post("/q/code", &[("code", &newer)]).await.expect(422);
    second.post("/q/code", &[("code", &older)]).await.expect(422);
    second.post("/q/code", &[("code", &newer)]).await.expect(200);
}

#[tokio::test]
async fn a_12_a_code_of_one_invitation_is_worth_nothing_at_another() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let staff = app.signed_in(Role::Procurement).await;
    let ines = "ines@corvid.example";
    procurement::sent_short(&staff, "Corvid", "Corvid Chat", ("Ines Vale", ines)).await;
    app.run_jobs().await;
    let (first, second) = (app.anonymous(), app.anonymous());
    exchange(&first, &link).await.expect(200);
    exchange(&second, &mailed_link(&app, ines)).await.expect(200);
    app.run_jobs().await;
    let (of_first, of_second) = (mailed_code(&app, PRIYA), mailed_code(&app, ines));
    second.post("/q/code", &[("code", &of_first)]).await.expect(422);
    first.post("/q/code", &[("code", &of_second)]).await.expect(422);
    // Each still opens its own.
    first.post("/q/code", &[("code", &of_first)]).await.expect(200);
    second.post("/q/code", &[("code", &of_second)]).await.expect(200);
}

#[tokio::test]
async fn a_13_five_guesses_are_compared_however_many_come_at_once() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let browser = app.anonymous();
    exchange(&browser, &link).await.expect(200);
    app.run_jobs().await;
    let code = mailed_code(&app, PRIYA);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let guesses = (0..40).map(|_| {
        let browser = browser.clone();
        async move { browser.post("/q/code", &[("code", wrong)]).await.status.as_u16() }
    });
    let answers = futures_util::future::join_all(guesses).await;
    assert!(answers.iter().all(|status| *status == 422), "{answers:?}");
    browser.post("/q/code", &[("code", &code)]).await.expect(422);
}

#[tokio::test]
async fn a_13_after_twenty_guesses_in_a_day_a_reissue_helps_and_nothing_else() {
    let app = TestApp::start().await;
    let (path, link) = invited(&app).await;
    // A code that was mailed to this browser, however long that takes; then five wrong guesses of it.
    let new_code = async |browser: &Client, link: &MailedLink| {
        app.advance(Duration::minutes(61));
        exchange(browser, link).await.expect(200);
        app.run_jobs().await;
        mailed_code(&app, PRIYA)
    };
    let browser = app.anonymous();
    for _ in 0..4 {
        let code = new_code(&browser, &link).await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            browser.post("/q/code", &[("code", wrong)]).await.expect(422);
        }
    }
    let code = new_code(&browser, &link).await;
    browser.post("/q/code", &[("code", &code)]).await.expect(422);
    let staff = app.signed_in(Role::Procurement).await;
    let page = staff.open(&path).await.expect(200);
    let confirm = staff.open(&page.attributes("a[href$='/reissue']", "href").remove(0)).await.expect(200);
    confirm.form("/reissue").submit().await.expect(200);
    app.run_jobs().await;
    let fresh = mailed_link(&app, PRIYA);
    let browser = app.anonymous();
    let code = new_code(&browser, &fresh).await;
    browser.post("/q/code", &[("code", &code)]).await.expect(200);
    browser.open("/portal").await.expect(200);
}

/// Somebody of the staff, the assessment and its only respondent: what a reissue needs.
async fn about_to_reissue(app: &TestApp, path: &str) -> (Ctx, AssessmentId, RespondentId) {
    let ctx = app.ctx(Role::Procurement).await;
    let assessment = path.rsplit('/').next().unwrap().parse().unwrap();
    let view = assessments::view(&ctx, assessment).await.unwrap();
    (ctx, assessment, view.people[0].respondent.id)
}

#[tokio::test]
async fn a_30_a_browser_that_waits_with_an_old_link_gets_no_code_for_the_new_one() {
    let app = TestApp::start().await;
    let (path, old) = invited(&app).await;
    let browser = app.anonymous();
    exchange(&browser, &old).await.expect(200);
    app.run_jobs().await;
    let code = mailed_code(&app, PRIYA);
    let page = browser.open("/q/code").await.expect(200);
    let (ctx, assessment, priya) = about_to_reissue(&app, &path).await;
    respondents::reissue(&ctx, assessment, priya, &tests::key()).await.unwrap();
    app.run_jobs().await;
    let fresh = mailed_link(&app, PRIYA);
    app.advance(Duration::minutes(6));
    page.form("/q/code/resend").submit().await.expect(404);
    page.form("/q/code").set("code", &code).submit().await.expect(404);
    app.run_jobs().await;
    assert_eq!(codes_mailed(&app), 1);
    assert_eq!(browser.open("/q/code").await.expect(200).path, "/q");
    exchange(&browser, &old).await.expect(404);
    come_in(&app, &fresh).await.open("/portal").await.expect(200);
}

#[tokio::test]
async fn a_30_of_a_hundred_links_reissued_while_they_are_opened_none_opens_anything_afterwards() {
    let app = TestApp::start().await;
    let (path, mut link) = invited(&app).await;
    let (ctx, assessment, priya) = about_to_reissue(&app, &path).await;
    let (mut came_in, mut waited) = (0, 0);
    for race in 0..100 {
        app.advance(Duration::hours(3));
        // Every other browser is known, so that the secret alone lets it in.
        let browser = app.anonymous();
        if race % 2 == 0 {
            crate::vendor_side::give_code(&app, &browser, &link, PRIYA).await.expect(200);
        }
        // Each time a little later, so that they meet at every step of the way.
        let reissue = async {
            for _ in 0..race * 100 {
                tokio::task::yield_now().await;
            }
            respondents::reissue(&ctx, assessment, priya, &tests::key()).await.unwrap();
        };
        // The last ones do not meet: what is opened in time opens, and is closed again.
        let opened = if race < 90 {
            tokio::join!(exchange(&browser, &link), reissue).0
        } else {
            let opened = exchange(&browser, &link).await;
            reissue.await;
            opened
        };
        app.run_jobs().await;
        if opened.status == 200 {
            match opened.value()["next"].as_str().unwrap() {
                "/portal" => came_in += 1,
                _ => waited += 1,
            }
        }
        assert_eq!(browser.open("/portal").await.expect(200).path, "/q", "race {race}");
        assert_eq!(browser.open("/q/code").await.expect(200).path, "/q", "race {race}");
        exchange(&app.anonymous(), &link).await.expect(404);
        link = mailed_link(&app, PRIYA);
    }
    assert!(came_in >= 5 && waited >= 5, "{came_in} came in, {waited} waited");
    come_in(&app, &link).await.open("/portal").await.expect(200);
}

#[tokio::test]
async fn a_18_a_cookie_that_was_there_before_coming_in_opens_nothing_afterwards() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let planted = ["assay", "pending", "rb", "resp"].map(|name| match name {
        "pending" => (name, format!("{}.{}", link.id, "a".repeat(64))),
        _ => (name, "a".repeat(64)),
    });
    let victim: Arc<Jar> = Arc::default();
    for (name, value) in &planted {
        victim.plant(name, value);
    }
    let browser = Client::with_jar(&app.base, &victim);
    let page = browser.open("/sign-in").await.expect(200).form("/sign-in");
    let page = page.set("email", "admin@northwind.example").set("password", PASSWORD).submit().await;
    assert_ne!(page.expect(200).path, "/sign-in");
    crate::vendor_side::give_code(&app, &browser, &link, PRIYA).await.expect(200);
    browser.open("/portal").await.expect(200);
    let held = victim.held();
    for (name, value) in &planted {
        assert_ne!(held.get(*name), Some(value), "{name} was kept");
    }
    // Whoever planted them still holds them.
    let attacker: Arc<Jar> = Arc::default();
    for (name, value) in &planted {
        attacker.plant(name, value);
    }
    let attacker = Client::with_jar(&app.base, &attacker);
    assert_eq!(attacker.open("/vendors").await.expect(200).path, "/sign-in");
    assert_eq!(attacker.open("/portal").await.expect(200).path, "/q");
    assert_eq!(attacker.open("/q/code").await.expect(200).path, "/q");
}

/// The whole way through every page that sets or removes a cookie; gives every `Set-Cookie`, and the answers in JSON
/// with the cookies held after them.
async fn every_cookie(app: &TestApp) -> (Vec<String>, Vec<(Page, Vec<String>)>) {
    let (staff, joined, respondent) = (Arc::default(), Arc::default(), Arc::default());
    let mut answers = Vec::new();
    // Staff: set up, sign out, sign in, and somebody new who joins.
    let admin = Client::with_jar(&app.base, &staff);
    let page = admin.open("/set-up").await.expect(200).form("/set-up");
    let page =
        page.set("organisation", "Northwind Bank").set("time_zone", "Europe/London").set("name", "Ada");
    let page = page.set("email", "admin@northwind.example").set("password", PASSWORD).submit().await;
    let page = page.expect(200).form("/sign-out").submit().await.expect(200);
    let page = page.form("/sign-in").set("email", "admin@northwind.example").set("password", PASSWORD);
    page.submit().await.expect(200);
    let users = admin.open("/users").await.expect(200).form("/users").set("name", "Noor New");
    users.set("email", "noor@northwind.example").set("role", "viewer").submit().await.expect(200);
    procurement::sent_short(&admin, "Lumen", "Lumen Hire", ("Priya Shah", PRIYA)).await;
    app.run_jobs().await;
    let mails = app.mailbox.newest_first();
    let mail = mails.iter().find(|mail| mail.to.contains("noor@")).unwrap();
    let code = mail.text.split("Or type this code: ").nth(1).unwrap().lines().next().unwrap();
    let page = Client::with_jar(&app.base, &joined).open("/join").await.expect(200);
    page.form("/join").set("code", code).set("password", PASSWORD).submit().await.expect(200);
    // The respondent: link, code, sign out, and the link again in the browser that is known by now.
    let vendor = Client::with_jar(&app.base, &respondent);
    let link = mailed_link(app, PRIYA);
    let held = |jar: &Arc<Jar>| jar.held().into_values().collect::<Vec<_>>();
    answers.push((exchange(&vendor, &link).await.expect(200), held(&respondent)));
    app.run_jobs().await;
    let page = vendor.open("/q/code").await.expect(200);
    let page = page.form("/q/code").set("code", &mailed_code(app, PRIYA)).submit().await.expect(200);
    page.form("/portal/sign-out").submit().await.expect(200);
    answers.push((exchange(&vendor, &link).await.expect(200), held(&respondent)));
    vendor.open("/portal").await.expect(200);
    // The access code typed by hand, in a browser that is not known.
    let typed = Arc::default();
    let page = Client::with_jar(&app.base, &typed).open("/q").await.expect(200);
    page.form("/q").set("code", &link.secret).submit().await.expect(200);
    let jars: [Arc<Jar>; 4] = [staff, joined, respondent, typed];
    (jars.iter().flat_map(|jar| jar.sent()).collect(), answers)
}

#[tokio::test]
async fn a_19_every_cookie_is_hidden_from_script_bound_to_the_host_and_in_no_json() {
    for (app, prefix) in [
        (TestApp::untouched().await, ""),
        (TestApp::untouched_behind("https://assay.northwind.example").await, "__Host-"),
    ] {
        let (cookies, answers) = every_cookie(&app).await;
        let mut names = std::collections::BTreeSet::new();
        for cookie in &cookies {
            let name = cookie.split('=').next().unwrap();
            let kind = name.strip_prefix(prefix).unwrap_or_else(|| panic!("{cookie} begins with {prefix}"));
            let site = if kind == "assay" { "SameSite=Lax" } else { "SameSite=Strict" };
            let parts: Vec<&str> = cookie.split("; ").collect();
            for part in ["HttpOnly", "Path=/", site] {
                assert!(parts.contains(&part), "{part} is missing: {cookie}");
            }
            assert_eq!(parts.contains(&"Secure"), !prefix.is_empty(), "{cookie}");
            assert!(!cookie.contains("Domain"), "{cookie}");
            names.insert(kind);
        }
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["assay", "pending", "rb", "resp"]);
        assert!(cookies.len() >= 10, "{cookies:?}");
        for (page, held) in &answers {
            assert!(!held.is_empty() && held.iter().all(|token| !page.body.contains(token)), "{}", page.body);
        }
    }
}

#[tokio::test]
async fn a_known_browser_skips_the_code_and_a_signed_out_one_has_no_session() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let browser = come_in(&app, &link).await;
    let page = browser.open("/portal").await.expect(200);
    let out = page.form("/portal/sign-out").submit().await.expect(200);
    assert_eq!(out.path, "/q");
    assert_eq!(browser.open("/portal").await.expect(200).path, "/q");
    let again = exchange(&browser, &link).await.expect(200);
    assert_eq!(again.value()["next"], "/portal");
    browser.open("/portal").await.expect(200);
    app.advance(Duration::hours(13));
    assert_eq!(browser.open("/portal").await.expect(200).path, "/q", "12 hours idle");
}

#[tokio::test]
async fn the_access_code_does_the_same_without_script() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let browser = app.anonymous();
    let page = browser.open(&format!("/q/{}", link.id)).await.expect(200);
    page.form("/q").set("code", "not a code").submit().await.expect(404);
    let typed: String = link.secret.to_lowercase().chars().flat_map(|c| [c, ' ']).collect();
    let page = page.form("/q").set("code", &typed).submit().await.expect(200);
    assert_eq!(page.path, "/q/code");
    let text = page.text();
    assert!(
        text.contains("p***@lumen.example")
            && text.contains("Northwind Bank")
            && !text.contains("Lumen Hire")
    );
}

#[tokio::test]
async fn a_forged_waiting_cookie_learns_nothing() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let browser = app.anonymous();
    let cookie = format!("pending={}.{}", link.id, "a".repeat(64));
    let page = browser.send(browser.request(Method::GET, "/q/code").header("cookie", &cookie)).await;
    assert_eq!(page.path, "/q");
    let page = browser
        .send(browser.request(Method::POST, "/q/code/resend").header("cookie", &cookie).form(&[("csrf", "")]))
        .await;
    assert_eq!(page.status.as_u16(), 404);
    app.run_jobs().await;
    assert_eq!(codes_mailed(&app), 0);
}

#[tokio::test]
async fn a_fresh_link_goes_to_the_invited_address_only_and_always_answers_alike() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let browser = app.anonymous();
    let page = browser.open("/q").await.expect(200);
    let known = page.form("/q/fresh").set("email", "PRIYA@lumen.example").submit().await.expect(202);
    let unknown = page.form("/q/fresh").set("email", "nobody@lumen.example").submit().await.expect(202);
    assert_eq!(known.body, unknown.body);
    app.run_jobs().await;
    let fresh = mailed_link(&app, PRIYA);
    assert_eq!(fresh.id, link.id, "one public id for each invitation");
    assert_ne!(fresh.secret, link.secret);
    exchange(&app.anonymous(), &link).await.expect(200);
    exchange(&app.anonymous(), &fresh).await.expect(200);
}

#[tokio::test]
async fn m_11_an_address_in_three_assessments_gets_ten_fresh_links_a_day() {
    let app = TestApp::start().await;
    let staff = app.signed_in(Role::Procurement).await;
    for (vendor, service) in
        [("Lumen", "Lumen Hire"), ("Lumen Two", "Lumen Chat"), ("Lumen Three", "Lumen Pay")]
    {
        procurement::sent_short(&staff, vendor, service, ("Priya Shah", PRIYA)).await;
    }
    app.run_jobs().await;
    let invitations = app.mailbox.newest_first().len();
    let browser = app.anonymous();
    let page = browser.open("/q").await.expect(200);
    let mut answers = Vec::new();
    for hours in [0, 0, 0, 4, 4] {
        app.advance(Duration::hours(hours));
        answers.push(page.form("/q/fresh").set("email", PRIYA).submit().await.expect(202).body);
        app.run_jobs().await;
    }
    assert_eq!(app.mailbox.newest_first().len() - invitations, 10);
    assert!(answers.iter().all(|body| *body == answers[0]), "the same answer whether or not a mail was sent");
    // The next day begins anew.
    app.advance(Duration::hours(24));
    page.form("/q/fresh").set("email", PRIYA).submit().await.expect(202);
    app.run_jobs().await;
    assert_eq!(app.mailbox.newest_first().len() - invitations, 13);
}

#[tokio::test]
async fn a_20_the_exchange_wants_our_own_header_and_json() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let browser = app.anonymous();
    let body = json!({"link_id": link.id, "secret": link.secret});
    let bare = browser.send(browser.request(Method::POST, "/q/exchange").json(&body)).await;
    assert_eq!((bare.status.as_u16(), bare.value()["code"].as_str()), (403, Some("csrf-rejected")));
    let text = browser.request(Method::POST, "/q/exchange").header("x-assay", "1").body(body.to_string());
    assert_eq!(browser.send(text).await.status.as_u16(), 415);
    let foreign = browser.request(Method::POST, "/q/exchange").header("x-assay", "1");
    let foreign = foreign.header("origin", "https://evil.example").json(&body);
    assert_eq!(browser.send(foreign).await.status.as_u16(), 403);
}

/// Who did the newest act of this name: the kind of actor, and the id.
async fn actor(app: &TestApp, act: &str) -> (String, Option<uuid::Uuid>) {
    let all = app.services.database.across_tenants("test");
    let events = all.find::<audit_event::Entity>().filter(audit_event::Column::Act.eq(act));
    let newest = events.order_by_desc(audit_event::Column::Seq).one(all.connection()).await.unwrap();
    let event = newest.unwrap_or_else(|| panic!("no {act}"));
    (event.actor_kind, event.actor_id)
}

#[tokio::test]
async fn z_09_one_browser_of_a_user_who_also_answers_keeps_the_two_apart() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let browser = app.sign_in("admin@northwind.example").await;
    crate::vendor_side::give_code(&app, &browser, &link, PRIYA).await.expect(200);
    procurement::vendor(&browser, "Corvid").await;
    let page = browser.open("/portal/questions/SEC-GOV-01").await.expect(200);
    page.form("SEC-GOV-01/evidence").file("file", "a.txt", b"A policy.".to_vec()).submit().await.expect(200);
    let admin = app.ctx(Role::Admin).await.user().id;
    let all = app.services.database.across_tenants("test");
    let priya = all.find::<respondent_row::Entity>().one(all.connection()).await.unwrap().unwrap();
    assert_eq!(actor(&app, "vendor.registered").await, ("user".to_owned(), Some(admin.0)));
    assert_eq!(actor(&app, "evidence.added").await, ("respondent".to_owned(), Some(priya.id)));

    // Each signs out alone.
    let page = browser.open("/portal/tasks").await.expect(200);
    page.form("/portal/sign-out").submit().await.expect(200);
    assert_eq!(actor(&app, "respondent.signed_out").await, ("respondent".to_owned(), Some(priya.id)));
    assert_eq!(browser.open("/portal/tasks").await.path, "/q");
    assert_eq!(browser.open("/vendors").await.expect(200).path, "/vendors");
    let known = exchange(&browser, &link).await.expect(200);
    assert_eq!(known.value()["next"], "/portal");
    let page = browser.open("/vendors").await.expect(200);
    page.form("/sign-out").submit().await.expect(200);
    assert_eq!(browser.open("/vendors").await.path, "/sign-in");
    assert_eq!(browser.open("/portal/tasks").await.expect(200).path, "/portal/tasks");
}

#[tokio::test]
async fn z_04_staff_and_respondent_sessions_never_stand_in_for_each_other() {
    let app = TestApp::start().await;
    let (vendor, path) = respondent(&app).await;
    assert_eq!(vendor.open(&path).await.expect(200).path, "/sign-in");
    let staff = app.signed_in(Role::Admin).await;
    assert_eq!(staff.open("/portal/tasks").await.expect(200).path, "/q");
}
