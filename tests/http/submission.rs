//! Handing in (C-05, C-06) and what follows on the same link.

use crate::vendor_side::{choose, options, respondent};
use api::{
    domain::Role,
    usecases::{
        findings::{self, RaiseFinding},
        reviews,
    },
};
use tests::{
    app::TestApp,
    browser::{Client, Page},
};

/// Answers whatever is required with "we do not know", so that the rest may stay blank.
pub async fn answer_required(vendor: &Client) {
    for _ in 0..10 {
        let check = vendor.open("/portal/check").await.expect(200);
        if !check.text().contains("Has to be answered before") {
            return;
        }
        let links = check.attributes(".sumlist > div:has(.tag) a", "href");
        assert!(!links.is_empty(), "{}", check.text());
        for link in links {
            let id = link.rsplit('#').next().unwrap().to_owned();
            crate::answers::unknown(vendor, &id).await;
        }
    }
    panic!("required questions never end");
}

/// Answers as little as is needed, and opens the declaration.
pub async fn declaration(vendor: &Client) -> Page {
    let option = options(vendor, "SEC-GOV-01").await.remove(0);
    choose(vendor, "SEC-GOV-01", &option).await.expect(200);
    answer_required(vendor).await;
    let page = vendor.open("/portal/submit").await.expect(200);
    assert_eq!(page.heading(), "Declaration");
    page
}

/// Answers as little as is needed, and hands in.
pub async fn hand_in(vendor: &Client) {
    let page = declaration(vendor).await;
    page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
}

pub async fn ready_to_sign(app: &TestApp) -> (Client, String, Page) {
    let (vendor, path) = respondent(app).await;
    let page = declaration(&vendor).await;
    (vendor, path, page)
}

#[tokio::test]
async fn a_named_attestation_hands_in_once_and_gives_a_receipt_with_the_hash() {
    let app = TestApp::start().await;
    let (vendor, path, page) = ready_to_sign(&app).await;
    let unsigned = page.form("/portal/submit").set("name", "").submit().await.expect(422);
    assert!(unsigned.text().contains("Enter your full name") && unsigned.text().contains("Tick the box"));
    let form = || page.form("/portal/submit").set("role", "Compliance lead").set("agree", "yes");
    let receipt = form().submit().await.expect(200);
    assert_eq!(receipt.path, "/portal/receipt");
    let hash = receipt.all("p.mono").remove(0);
    assert_eq!(hash.len(), 64, "{hash}");
    // The same page sent again is the same submission.
    let again = form().submit().await.expect(200);
    assert_eq!(again.all("p.mono").remove(0), hash);
    // Another page is refused, and so is a late answer.
    let csrf = receipt.attributes("input[name=csrf]", "value").remove(0);
    let fields =
        [("csrf", csrf.as_str()), ("mutation", "other"), ("name", "P"), ("role", "R"), ("agree", "yes")];
    vendor.post("/portal/submit", &fields).await.expect(409);
    let late = [("csrf", csrf.as_str()), ("revision", "1"), ("mutation", "m"), ("choice", "x-none")];
    let late = vendor.post("/portal/questions/SEC-GOV-01", &late).await;
    assert!(matches!(late.status.as_u16(), 409 | 422), "{}", late.status);
    let staff = app.signed_in(Role::RiskManager).await;
    assert!(staff.open(&path).await.expect(200).text().contains("Submitted"));
    app.run_jobs().await;
    let mails = app.mailbox.newest_first();
    assert!(
        mails.iter().any(|mail| mail.to.contains("priya@") && mail.text.contains(&hash)),
        "the vendor's proof"
    );
}

#[tokio::test]
async fn c_05_of_many_submits_at_once_one_is_executed() {
    let app = TestApp::start().await;
    let (vendor, _, page) = ready_to_sign(&app).await;
    let csrf = page.attributes("input[name=csrf]", "value").remove(0);
    let sends = (0..10).map(|n| {
        let (vendor, csrf) = (vendor.clone(), csrf.clone());
        async move {
            let key = format!("key-{n}");
            let fields =
                [("csrf", csrf.as_str()), ("mutation", &key), ("name", "P"), ("role", "R"), ("agree", "yes")];
            vendor.post("/portal/submit", &fields).await.status.as_u16()
        }
    });
    let mut answers = futures_util::future::join_all(sends).await;
    answers.sort_unstable();
    assert_eq!(answers, [200, 409, 409, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn c_06_no_answer_is_saved_after_a_submit_was_acknowledged() {
    let app = TestApp::start().await;
    let (vendor, _, page) = ready_to_sign(&app).await;
    let choices = options(&vendor, "SEC-GOV-01").await;
    let open = vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
    page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    let late =
        open.form("/portal/questions/SEC-GOV-01").set("choice", &choices[1]).submit().await.expect(409);
    assert!(late.text().contains("handed in"), "{}", late.text());
    let upload = open.form("SEC-GOV-01/evidence").file("file", "a.txt", b"late".to_vec()).submit().await;
    upload.expect(409);
    let shown = vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
    assert!(shown.try_form("/portal/questions/SEC-GOV-01").is_none(), "read-only now");
}

#[tokio::test]
async fn follow_up_questions_are_answered_alone_and_handed_in_again() {
    let app = TestApp::start().await;
    let (vendor, path, page) = ready_to_sign(&app).await;
    page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    let id: api::domain::ids::AssessmentId = path.rsplit('/').next().unwrap().parse().unwrap();
    let ctx = app.ctx(Role::RiskManager).await;
    crate::vendor_side::ask_again(&ctx, id, "SEC-GOV-01", "Which part is not covered?").await;
    let page = vendor.open("/portal").await.expect(200);
    assert_eq!(page.path, "/portal/clarifications");
    assert!(page.text().contains("Which part is not covered?"));
    let choices = options(&vendor, "SEC-GOV-01").await;
    let card = page.form("/portal/questions/SEC-GOV-01").set("choice", &choices[1]).set("note", "The lab.");
    let page = card.submit().await.expect(200);
    assert_eq!(page.path, "/portal/clarifications");
    let other = vendor.open("/portal/questions/SEC-GOV-02").await.expect(200);
    assert!(other.try_form("/portal/questions/SEC-GOV-02").is_none(), "not asked again");
    let receipt =
        page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    assert!(receipt.text().contains("Submission 2"), "{}", receipt.text());
    let staff = app.signed_in(Role::RiskManager).await;
    assert!(staff.open(&path).await.expect(200).text().contains("Submitted"));
}

#[tokio::test]
async fn a_finding_is_planned_proven_and_reported_done_on_the_same_link() {
    let app = TestApp::start().await;
    let (vendor, path, page) = ready_to_sign(&app).await;
    let _ = page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    let empty = vendor.open("/portal/actions").await.expect(200);
    assert!(empty.text().contains("asks you to fix appears here"), "{}", empty.text());
    let id: api::domain::ids::AssessmentId = path.rsplit('/').next().unwrap().parse().unwrap();
    let ctx = app.ctx(Role::RiskManager).await;
    reviews::finish_review(&ctx, id).await.unwrap();
    let raise = RaiseFinding {
        title: "No tested restore".to_owned(),
        fix: "Restore a backup.".to_owned(),
        severity: "high".to_owned(),
        ..RaiseFinding::default()
    };
    findings::raise_by_hand(&ctx, id, raise).await.unwrap();
    assert!(
        !vendor.open("/portal/actions").await.expect(200).text().contains("No tested restore"),
        "not sent yet"
    );
    findings::send(&ctx, id).await.unwrap();
    let page = vendor.open("/portal/actions").await.expect(200);
    assert_eq!(page.heading(), "1 open action");
    let refused = page.form("/plan").set("due_on", "2026-11-01").submit().await.expect(422);
    assert!(
        refused.text().contains("Choose a day from today on")
            && refused.text().contains("Enter what you will do")
    );
    let plan = page.form("/plan").set("text", "Restore the database").set("due_on", "2026-12-18");
    let page = plan.submit().await.expect(200);
    assert!(page.text().contains("Restore the database (Priya Shah, by 18 Dec 2026)"), "{}", page.text());
    let unproven = page.form("/done").set("note", "Restored on Monday").submit().await.expect(422);
    assert!(unproven.text().contains("Add a file or link as proof first"));
    let page =
        page.form("/evidence").file("file", "restore.txt", b"It worked.".to_vec()).submit().await.expect(200);
    let stale = page.form("/done").set("note", "Restored on Monday");
    let page = stale.submit().await.expect(200);
    assert!(page.text().contains("Awaiting verification"), "{}", page.text());
    assert!(page.try_form("/done").is_none() && page.try_form("/evidence").is_none());
    app.run_jobs().await;
    let mails = app.mailbox.newest_first();
    assert!(
        mails
            .iter()
            .any(|mail| mail.to.contains("northwind.example") && mail.text.contains("No tested restore"))
    );
}
