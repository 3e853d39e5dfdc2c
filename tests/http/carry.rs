//! Asking again: what was handed in before is offered again, counts only when a respondent uses it, and stands beside
//! the new answer in the review.

use crate::{
    procurement,
    submission::hand_in_the_rest_blank,
    vendor_side::{PRIYA, Signed, choose, come_in, mailed_link, options},
};
use api::domain::Role;
use std::collections::BTreeSet;
use tests::{
    app::TestApp,
    browser::{Client, Page},
};

const FIRST: &str = "/portal/sections/subprocessor/SVC";

/// A vendor that answered and handed in the sub-processor check.
struct Story {
    app: TestApp,
    /// `/vendors/<id>`.
    vendor: String,
    /// `/services/<id>`.
    service: String,
    /// The option that was chosen for SUB-02.
    chosen: String,
}

/// Priya, with the link that was mailed last.
async fn priya(app: &TestApp) -> Client {
    app.run_jobs().await;
    come_in(app, &mailed_link(app, PRIYA)).await
}

impl Story {
    async fn begin() -> Self {
        let app = TestApp::start().await;
        let staff = app.signed_in(Role::Procurement).await;
        let vendor = procurement::vendor(&staff, "Lumen").await;
        procurement::contact(&staff, &vendor, "Priya Shah", PRIYA).await;
        let service = procurement::service(&staff, &vendor, "Lumen Hire").await;
        procurement::cv_screening(&staff, &service).await;
        let story = Self { app, vendor, service, chosen: String::new() };
        story.ask(&story.service).await;
        let vendor = priya(&story.app).await;
        let chosen = options(&vendor, "SUB-02").await.remove(0);
        choose(&vendor, "SUB-02", &chosen).await.expect(200);
        hand_in_the_rest_blank(&vendor).await;
        story.app.advance(chrono::Duration::days(200));
        Self { chosen, ..story }
    }

    /// Somebody from procurement; the sign-in of the time before has ended.
    async fn staff(&self) -> Client {
        self.app.signed_in(Role::Procurement).await
    }

    /// Sends the sub-processor check about a service; gives `/assessments/<id>`.
    async fn ask(&self, service: &str) -> String {
        let page = self.staff().await.open(service).await.expect(200);
        procurement::send_short(&page.form("/assessments").submit().await.expect(200)).await
    }
}

/// The questions of a page that have no answer yet.
fn blank(page: &Page) -> BTreeSet<String> {
    let cards = page.attributes("article.q", "id").into_iter();
    let saved = page.all("article.q [data-saved]");
    cards.zip(saved).filter(|(_, saved)| saved.contains("Not answered")).map(|(id, _)| id).collect()
}

#[tokio::test]
async fn answers_of_the_time_before_are_offered_and_count_only_when_they_are_used() {
    let story = Story::begin().await;
    story.ask(&story.service).await;
    let vendor = priya(&story.app).await;
    let welcome = vendor.open("/portal").await.expect(200);
    let sentence = "questions were answered before, on 24 Nov 2026 about Lumen Hire: use those answers again, section by section.";
    assert!(welcome.text().contains(sentence), "{}", welcome.text());
    let tasks = vendor.open("/portal/tasks").await.expect(200);
    assert!(tasks.text().contains("about Lumen Hire: use those answers again"), "{}", tasks.text());
    assert!(tasks.heading().starts_with("14 questions left"), "{}", tasks.heading());

    let page = vendor.open("/portal/questions/SUB-02").await.expect(200);
    assert!(page.text().contains("Your answer of 24 Nov 2026, about Lumen Hire"), "{}", page.text());
    assert_eq!(blank(&page).len(), 1, "offered is not answered");
    let used = page.form("/carry").submit().await.expect(200);
    assert!(blank(&used).is_empty(), "{}", used.text());
    assert_eq!(used.attributes("input[name=choice][checked]", "value"), [story.chosen.as_str()]);
    assert!(!used.text().contains("Your answer of"), "{}", used.text());
    // The same form again is the same save.
    page.form("/carry").submit().await.expect(409);

    // What was "we do not know" is asked anew.
    let page = vendor.open(FIRST).await.expect(200);
    assert!(!page.text().contains("Your answer of"), "{}", page.text());
}

#[tokio::test]
async fn the_invitation_says_that_earlier_answers_are_offered_and_the_preview_said_so_before() {
    let story = Story::begin().await;
    let sentence = "Your answers of 24 Nov 2026 about Lumen Hire are offered again where they still fit.";
    let invitations = || {
        let mails = story.app.mailbox.newest_first().into_iter();
        mails.filter(|mail| mail.subject.contains("questions about")).collect::<Vec<_>>()
    };
    assert!(!invitations()[0].text.contains("offered again"), "nothing was handed in before the first one");

    let staff = story.staff().await;
    let page = staff.open(&story.service).await.expect(200).form("/assessments").submit().await.expect(200);
    let check = procurement::ready_short(&page).await;
    assert!(check.text().contains(sentence), "{}", check.text());
    let draft = check.path.trim_end_matches("/check");
    let mail = staff.open(&format!("{draft}/preview/mails/invitation")).await.expect(200);
    assert!(mail.text().contains(sentence), "{}", mail.text());
    let portal = staff.open(&format!("{draft}/preview/portal")).await.expect(200);
    let notice = "The answers of 24 Nov 2026 about Lumen Hire will be offered again where they still fit";
    assert!(portal.text().contains(notice), "{}", portal.text());

    check.form("/send").submit().await.expect(200);
    story.app.run_jobs().await;
    let mail = invitations().remove(0);
    assert_eq!(invitations().len(), 2);
    assert!(mail.text.contains(sentence) && mail.html.contains(sentence), "{}", mail.text);
}

#[tokio::test]
async fn a_section_is_used_in_one_step_and_the_review_shows_what_changed_since() {
    let story = Story::begin().await;
    let again = story.ask(&story.service).await;
    let vendor = priya(&story.app).await;
    let page = vendor.open(FIRST).await.expect(200);
    let button = page.all("form[action$='/carry'] button").remove(0);
    assert!(button.contains("Use that answer"), "{button}");
    let before = blank(&page);
    let page = page.form(&format!("{FIRST}/carry")).submit().await.expect(200);
    let after = blank(&page);
    assert_eq!(before.difference(&after).collect::<Vec<_>>(), ["SUB-02"]);

    let other = options(&vendor, "SUB-02").await.into_iter().find(|option| *option != story.chosen).unwrap();
    choose(&vendor, "SUB-02", &other).await.expect(200);
    hand_in_the_rest_blank(&vendor).await;
    let risk = story.app.signed_in(Role::RiskManager).await;
    let review = risk.open(&format!("{again}/review?q=SUB-02")).await.expect(200);
    assert!(review.text().contains("Answer in AIQ-0001, 24 Nov 2026"), "{}", review.text());
    assert!(review.text().contains("Changed"), "{}", review.text());
    let saved = review.all(".ans header span");
    assert_eq!(saved.len(), 2, "{saved:?}");
    assert!(saved[0].starts_with("Priya Shah, ") && saved[1] == "Priya Shah, 24 Nov 2026", "{saved:?}");
}

#[tokio::test]
async fn answers_are_offered_across_the_services_of_a_vendor_and_to_nobody_else() {
    let story = Story::begin().await;
    let staff = story.staff().await;
    let service = procurement::service(&staff, &story.vendor, "Lumen Chat").await;
    procurement::cv_screening(&staff, &service).await;
    story.ask(&service).await;
    let page = priya(&story.app).await.open("/portal/questions/SUB-02").await.expect(200);
    assert!(page.text().contains("about Lumen Hire"), "{}", page.text());

    let ines = ("Ines Vale", "ines@corvid.example");
    procurement::sent_short(&staff, "Corvid", "Corvid Chat", ines).await;
    story.app.run_jobs().await;
    let signed = Signed::come_in(&story.app, ines.1).await;
    let page = signed.client.open("/portal/questions/SUB-02").await.expect(200);
    assert!(!page.text().contains("Your answer of"), "{}", page.text());
    let fields = [("revision", "0"), ("mutation", "m1"), ("go", "/portal/tasks")];
    signed.post("/portal/questions/SUB-02/carry", &fields).await.expect(409);
}

#[tokio::test]
async fn a_section_with_earlier_answers_takes_six_statements_as_any_other() {
    let story = Story::begin().await;
    story.ask(&story.service).await;
    story.app.run_jobs().await;
    let vendor = Signed::come_in(&story.app, PRIYA).await;
    let (page, statements) = story.app.statements(vendor.client.open(FIRST)).await;
    page.expect(200);
    assert!(statements <= 6, "{statements} statements");
}
