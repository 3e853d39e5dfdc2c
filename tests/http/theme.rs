//! Light, dark, or as the system does.

use crate::vendor_side;
use api::domain::Role;
use tests::{app::TestApp, browser::Page};

/// What the page's root says, and which button is pressed.
fn shown(page: &Page) -> (Vec<String>, Vec<String>) {
    (page.attributes("html", "data-theme"), page.all("footer button[aria-pressed=true]"))
}

fn are(theme: Option<&str>, pressed: &str) -> (Vec<String>, Vec<String>) {
    (theme.map(str::to_owned).into_iter().collect(), vec![pressed.to_owned()])
}

#[tokio::test]
async fn staff_choose_colours_and_stay_where_they_are() {
    let app = TestApp::start().await;
    let staff = app.signed_in(Role::Viewer).await;
    let page = staff.open("/findings?severity=high&vendor=a+b").await.expect(200);
    assert_eq!(shown(&page), are(None, "As the system does"));
    let dark = page.form("/theme").set("theme", "dark").submit().await.expect(200);
    assert_eq!(dark.path, "/findings?severity=high&vendor=a+b");
    assert_eq!(dark.attributes("main input[name=vendor]", "value"), ["a b"], "with the filter");
    assert_eq!(shown(&dark), are(Some("dark"), "Dark"));
    assert_eq!(shown(&staff.open("/").await.expect(200)), are(Some("dark"), "Dark"));
    let missing = staff.open("/vendors/0190a0a0-0000-7000-8000-000000000000").await.expect(404);
    assert_eq!(shown(&missing), are(Some("dark"), "Dark"));
    let unknown = staff.open("/no/such/page").await.expect(404);
    assert_eq!(shown(&unknown), are(Some("dark"), "Dark"));
    assert_eq!(unknown.attributes("main form[role=search]", "action"), ["/search"]);
    let light = dark.form("/theme").set("theme", "light").submit().await.expect(200);
    assert_eq!(shown(&light), are(Some("light"), "Light"));
    let system = light.form("/theme").set("theme", "system").submit().await.expect(200);
    assert_eq!(shown(&system), are(None, "As the system does"));
    system.form("/theme").set("theme", "pink").submit().await.expect(422);
    assert_eq!(shown(&staff.open("/").await.expect(200)), are(None, "As the system does"));
}

#[tokio::test]
async fn the_choice_leads_to_no_other_site_and_needs_the_forms_token() {
    let app = TestApp::start().await;
    let staff = app.signed_in(Role::Viewer).await;
    let page = staff.open("/vendors").await.expect(200);
    for elsewhere in ["//evil.example/", "https://evil.example/", "/\\evil.example", ""] {
        let form = page.form("/theme").set("theme", "dark").set("back", elsewhere);
        assert_eq!(form.submit().await.expect(200).path, "/", "{elsewhere}");
    }
    page.form("/theme").set("theme", "light").set("csrf", "x").submit().await.expect(403);
    assert_eq!(shown(&staff.open("/").await.expect(200)), are(Some("dark"), "Dark"));
}

#[tokio::test]
async fn a_respondent_chooses_colours_and_stays_at_the_question() {
    let app = TestApp::start().await;
    let (browser, _) = vendor_side::respondent(&app).await;
    let page = browser.open("/portal/questions/SEC-GOV-01").await.expect(200);
    assert_eq!(shown(&page), are(None, "As the system does"));
    let form = page.form("/portal/theme").set("theme", "dark");
    let response = form.sent().await.unwrap();
    assert_eq!(response.url().path(), "/portal/questions/SEC-GOV-01");
    assert_eq!(shown(&browser.open("/portal/tasks").await.expect(200)), are(Some("dark"), "Dark"));
}

#[tokio::test]
async fn pages_without_a_session_are_in_the_chosen_colours_too() {
    let app = TestApp::start().await;
    let staff = app.signed_in(Role::Viewer).await;
    staff.open("/").await.expect(200).form("/theme").set("theme", "dark").submit().await.expect(200);
    let page = staff.open("/").await.expect(200).form("/sign-out").submit().await.expect(200);
    assert_eq!(
        (page.path.as_str(), page.attributes("html", "data-theme")),
        ("/sign-in", vec!["dark".to_owned()])
    );
    for path in ["/join", "/q", "/q/AAAAAAAAAAAAAAAAAAAAAA"] {
        let page = staff.open(path).await.expect(200);
        assert_eq!(page.attributes("html", "data-theme"), ["dark"], "{path}");
    }
    let wrong = page.form("/sign-in").set("email", "nobody@northwind.example").set("password", "wrong");
    assert_eq!(wrong.submit().await.expect(422).attributes("html", "data-theme"), ["dark"]);

    let (_, link) = vendor_side::invited(&app).await;
    vendor_side::exchange(&staff, &link).await.expect(200);
    assert_eq!(staff.open("/q/code").await.expect(200).attributes("html", "data-theme"), ["dark"]);
    assert_eq!(app.anonymous().open("/sign-in").await.attributes("html", "data-theme"), Vec::<String>::new());
}
