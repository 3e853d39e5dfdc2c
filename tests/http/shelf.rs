//! The vendor's evidence in one place, and one piece of it for many answers.

use crate::{
    submission::{hand_in, hand_in_the_rest_blank},
    vendor_side::{come_in, invited},
};
use api::domain::Role;
use tests::{
    app::TestApp,
    browser::{Client, Page},
    database::TestDatabase,
    on_both_databases,
};

on_both_databases!(one_report_is_used_for_many_answers_at_once);

/// A respondent who added a report beside one question, and the page of all evidence.
async fn with_a_report(app: &TestApp) -> (Client, Page) {
    let (_, link) = invited(app).await;
    let vendor = come_in(app, &link).await;
    let page = vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
    let form = page.form("SEC-GOV-01/evidence").file("file", "SOC-2.pdf", b"%PDF-1.7 report".to_vec());
    let page = form.submit().await.expect(200);
    let page = page.follow("Evidence").await.expect(200);
    (vendor, page)
}

/// The questions that use the evidence of the page, by id.
fn uses(page: &Page) -> Vec<String> {
    let links = page.attributes("main .ticks a", "href");
    links.iter().map(|link| link.trim_start_matches("/portal/questions/").to_owned()).collect()
}

async fn one_report_is_used_for_many_answers_at_once(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let (vendor, page) = with_a_report(&app).await;
    assert_eq!(page.heading(), "Evidence");
    assert_eq!(uses(&page), ["SEC-GOV-01"]);
    let form = page.follow("Use it for more answers : SOC-2.pdf").await.expect(200);
    assert_eq!(form.heading(), "Where else does SOC-2.pdf count?");
    let offered = form.attributes("input[name=question]", "value");
    assert!(offered.len() > 3 && !offered.contains(&"SEC-GOV-01".to_owned()), "{offered:?}");

    let nothing = form.form(&form.path).submit().await.expect(422);
    assert!(nothing.text().contains("Tick at least one answer"), "{}", nothing.text());
    let ticked = || form.form(&form.path).tick("question", &offered[0]).tick("question", &offered[2]);
    let ((page, statements), again) = (app.statements(ticked().submit()).await, ticked().submit().await);
    let page = page.expect(200);
    assert!(page.text().contains("Used for 2 answers more."), "{}", page.text());
    // Checking the session, what is asked, the form's id, the lock, the evidence, its new uses, the event, and the page
    // that follows: however many are ticked.
    assert!(statements <= 18, "{statements} statements");
    let all = ["SEC-GOV-01", &*offered[0], &*offered[2]];
    assert_eq!(uses(&page), all);
    assert_eq!(uses(&again.expect(200)), all, "the same form sent twice");
    let card = vendor.open(&format!("/portal/questions/{}", offered[2])).await.expect(200);
    assert!(card.text().contains("SOC-2.pdf"), "{}", card.text());
    card.form("/remove").submit().await.expect(200);
    assert_eq!(uses(&vendor.open("/portal/shelf").await), all[..2]);

    // All or nothing.
    let one_unknown = form.form(&form.path).tick("question", &offered[1]).tick("question", "SEC-XXX-99");
    one_unknown.set("mutation", "another").submit().await.expect(404);
    assert_eq!(uses(&vendor.open("/portal/shelf").await), all[..2]);
}

#[tokio::test]
async fn what_was_handed_in_is_listed_and_cannot_be_used_elsewhere() {
    let app = TestApp::start().await;
    let (vendor, page) = with_a_report(&app).await;
    let form = page.follow("Use it for more answers : SOC-2.pdf").await.expect(200);
    let question = form.attributes("input[name=question]", "value").remove(0);
    hand_in(&vendor).await;
    let page = vendor.open("/portal/shelf").await.expect(200);
    assert_eq!(uses(&page), ["SEC-GOV-01"]);
    assert!(!page.text().contains("Use it for more answers"), "{}", page.text());
    form.form(&form.path).tick("question", &question).submit().await.expect(409);
    let other = page.path.replace("shelf", "shelf/00000000-0000-0000-0000-000000000000");
    vendor.open(&other).await.expect(404);
}

#[tokio::test]
async fn a_report_instead_of_answers_reaches_the_reviewer_with_blanks() {
    let app = TestApp::start().await;
    let (path, link) = invited(&app).await;
    let vendor = come_in(&app, &link).await;
    let welcome = vendor.open("/portal").await.expect(200);
    let page = welcome.follow("Send documents instead").await.expect(200);
    assert!(page.text().contains("You may leave every question blank."), "{}", page.text());
    let form = page.form("documents/evidence").file("file", "SOC-2.pdf", b"%PDF-1.7 report".to_vec());
    let page = form.submit().await.expect(200);
    assert_eq!(uses(&page), ["/portal/shelf#documents"]);
    // It can be taken back and added again from the shelf, and a link stands beside it.
    page.form("/remove").submit().await.expect(200);
    let page = vendor.open("/portal/shelf").await.expect(200);
    assert!(page.text().contains("Used nowhere now."), "{}", page.text());
    page.form("documents/reuse").submit().await.expect(200);
    let link = [("url", "https://trust.lumen.example/soc2"), ("title", "Trust centre")];
    let page = vendor.open("/portal/shelf").await.expect(200);
    let page = page.form("documents/link").with(&link).submit().await.expect(200);
    let csrf = page.attributes("input[name=csrf]", "value").remove(0);

    hand_in_the_rest_blank(&vendor).await;
    let page = vendor.open("/portal/shelf").await.expect(200);
    assert!(!page.text().contains("Documents instead of answers"), "{}", page.text());
    let late = [("url", "https://lumen.example/late"), ("csrf", &*csrf), ("mutation", "late")];
    vendor.post("/portal/documents/link", &late).await.expect(409);
    let receipt = vendor.open("/portal/receipt/file").await.expect(200).body;
    assert!(receipt.contains("SOC-2.pdf"), "{receipt}");

    let risk = app.signed_in(Role::RiskManager).await;
    let review = risk.open(&format!("{path}/review")).await.expect(200);
    let mut listed = review.all("section[aria-labelledby=documents] li a");
    listed.sort();
    assert_eq!(listed, ["SOC-2.pdf", "Trust centre"]);
}

#[tokio::test]
async fn without_evidence_the_page_says_what_will_appear() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let vendor = come_in(&app, &link).await;
    let tasks = vendor.open("/portal/tasks").await.expect(200);
    let page = tasks.follow("Evidence").await.expect(200);
    assert!(page.text().contains("Documents instead of answers"), "{}", page.text());
    hand_in(&vendor).await;
    let closed = vendor.open("/portal/shelf").await.expect(200);
    assert!(closed.text().contains("Nothing was added"), "{}", closed.text());
    assert!(!closed.text().contains("Add a document"), "{}", closed.text());
}
