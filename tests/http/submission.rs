//! Handing in (C-05, C-06) and what follows on the same link.

use crate::vendor_side::{PRIYA, Signed, choose, options, respondent};
use api::{
    domain::Role,
    store::Scoped as _,
    usecases::{
        findings::{self, RaiseFinding},
        respondents, reviews,
    },
};
use entity::{respondent as respondent_row, score_snapshot, submission};
use reqwest::Method;
use sea_orm::{PaginatorTrait as _, sea_query::Expr};
use tests::{
    app::TestApp,
    browser::{Client, Page},
    database::TestDatabase,
    rows::differences,
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

/// Answers what has to be answered, and hands in.
pub async fn hand_in_the_rest_blank(vendor: &Client) {
    answer_required(vendor).await;
    let page = vendor.open("/portal/submit").await.expect(200);
    page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
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
    // A page of many closed answers says once why they are closed.
    let section = vendor.open("/portal/sections/supplier-security-core/GOV").await.expect(200);
    assert_eq!(section.text().matches("This was handed in, so it cannot be changed now.").count(), 1);
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
async fn a_section_is_checked_by_itself_and_leads_back_to_where_it_is_answered() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let option = options(&vendor, "SEC-GOV-01").await.remove(0);
    choose(&vendor, "SEC-GOV-01", &option).await.expect(200);
    let section = "/portal/sections/supplier-security-core/GOV";
    let check = vendor.open(section).await.expect(200).follow("Check this section").await.expect(200);
    assert_eq!(check.heading(), "Check Governance");
    let asked = check.all("dt");
    assert!(asked.len() > 2 && asked[0].starts_with("1.1 "), "{asked:?}");
    assert!(
        check.all(".lede")[0].starts_with(&format!("{} blank, ", asked.len() - 1)),
        "{:?}",
        check.all(".lede")
    );
    assert!(check.all("dd")[0].starts_with("Written, approved"), "{:?}", check.all("dd"));
    let change = check.attributes("dd a", "href");
    assert!(change.iter().all(|href| href.starts_with(section)), "{change:?}");
    assert_eq!(check.follow("Back to Governance").await.expect(200).path, section);
    for unknown in ["supplier-security-core", "supplier-security-core/NONE", "none/GOV", "/"] {
        vendor.open(&format!("/portal/check?section={unknown}")).await.expect(404);
    }
}

/// How many submissions and how many scores of one there are.
async fn submissions(app: &TestApp) -> [u64; 2] {
    let all = app.services.database.across_tenants("test");
    [
        all.find::<submission::Entity>().count(all.connection()).await.unwrap(),
        all.find::<score_snapshot::Entity>().count(all.connection()).await.unwrap(),
    ]
}

/// Runs what is due and checks that vendor, owner and reviewer have had one mail each since there were `before`.
async fn each_was_told_once(app: &TestApp, before: usize) {
    app.run_jobs().await;
    let mails = app.mailbox.newest_first();
    let told: Vec<String> = mails[..mails.len() - before].iter().map(|mail| mail.to.clone()).collect();
    let told_once = |who: &str| told.iter().filter(|to| to.contains(who)).count() == 1;
    let (owner, reviewer) = ("procurement@", "risk@");
    assert!(told.len() == 3 && [PRIYA, owner, reviewer].into_iter().all(told_once), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c_05_of_twenty_different_forms_at_once_one_is_the_submission_and_the_others_are_told_so() {
    for database in TestDatabase::each().await {
        let app = TestApp::on(database).await;
        let (_, _, page) = ready_to_sign(&app).await;
        app.run_jobs().await;
        let before = app.mailbox.newest_first().len();
        let form = |n| {
            let name = format!("Priya Shah {n}");
            let form = page.form("/portal/submit").set("mutation", &format!("key-{n}")).set("name", &name);
            form.set("role", "Lead").set("agree", "yes").submit()
        };
        let answers = futures_util::future::join_all((0..20).map(form)).await;
        let mut refused = 0;
        let mut names = Vec::new();
        for (n, answer) in answers.into_iter().enumerate() {
            if answer.status == 200 {
                assert_eq!(answer.path, "/portal/receipt");
                names.push(format!("Priya Shah {n}"));
            } else {
                assert_eq!(answer.expect(409).problem(), "already-submitted");
                refused += 1;
            }
        }
        assert_eq!((names.len(), refused), (1, 19));
        let all = app.services.database.across_tenants("test");
        let kept = all.find::<submission::Entity>().all(all.connection()).await.unwrap();
        let kept: Vec<String> = kept.into_iter().map(|row| row.attested_name).collect();
        assert_eq!(kept, names, "what is kept was signed by the one who was told so");
        assert_eq!(submissions(&app).await, [1, 1]);
        each_was_told_once(&app, before).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c_05_one_form_sent_twenty_times_at_once_is_one_submission_with_one_mail_to_each() {
    for database in TestDatabase::each().await {
        let app = TestApp::on(database).await;
        let (vendor, _, page) = ready_to_sign(&app).await;
        app.run_jobs().await;
        let before = app.mailbox.newest_first().len();
        let form = || page.form("/portal/submit").set("role", "Lead").set("agree", "yes");
        let answers = futures_util::future::join_all((0..20).map(|_| form().submit())).await;
        for answer in answers {
            assert_eq!(answer.expect(200).path, "/portal/receipt");
        }
        assert_eq!(submissions(&app).await, [1, 1]);
        each_was_told_once(&app, before).await;
        vendor.open("/portal/receipt").await.expect(200);
    }
}

async fn set_role(app: &TestApp, role: &str) {
    let tx = app.ctx(Role::RiskManager).await.begin_write().await.unwrap();
    let change = tx.update_many::<respondent_row::Entity>();
    let change = change.col_expr(respondent_row::Column::Role, Expr::value(role));
    change.exec(tx.connection()).await.unwrap();
    tx.commit_unaudited("test data").await.unwrap();
}

#[tokio::test]
async fn z_02_a_helper_answers_but_does_not_hand_in() {
    let app = TestApp::start().await;
    let (vendor, _, page) = ready_to_sign(&app).await;
    set_role(&app, "helper").await;
    let form = || page.form("/portal/submit").set("role", "Lead").set("agree", "yes");
    let before = app.rows().await;
    let refused = form().submit().await.expect(403);
    assert_eq!(refused.problem(), "forbidden");
    assert_eq!(differences(&before, &app.rows().await), Vec::<String>::new());
    let option = options(&vendor, "SEC-GOV-02").await.remove(0);
    choose(&vendor, "SEC-GOV-02", &option).await.expect(200);
    set_role(&app, "lead").await;
    assert_eq!(form().submit().await.expect(200).path, "/portal/receipt");
}

/// The status of an answer that is sent by the page's form, and by its script.
async fn by_each_door(vendor: &Signed, question: &str, option: &str) -> [u16; 2] {
    let at = format!("/portal/questions/{question}");
    let fields = [("choice", option), ("revision", "1"), ("mutation", "by-form")];
    let form = vendor.post(&at, &fields).await;
    let script = vendor.client.request(Method::PUT, &format!("{at}/answer")).header("X-Assay", "1");
    let script = script.header("If-Match", "\"1\"").header("X-Mutation-Id", "by-script");
    let script = vendor.client.send(script.json(&serde_json::json!({"choices": [option]}))).await;
    [form.status.as_u16(), script.status.as_u16()]
}

#[tokio::test]
async fn z_10_what_the_form_may_not_save_the_script_may_not_either() {
    let app = TestApp::start().await;
    let (_, path, page) = ready_to_sign(&app).await;
    app.advance(chrono::Duration::minutes(6));
    let vendor = Signed::come_in(&app, PRIYA).await;
    // A first revision and options of their own, so that only the state can be in the way.
    let [first, second] = [
        options(&vendor.client, "SEC-GOV-01").await.remove(0),
        options(&vendor.client, "SEC-GOV-02").await.remove(0),
    ];
    choose(&vendor.client, "SEC-GOV-02", &second).await.expect(303);
    page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    let id: api::domain::ids::AssessmentId = path.rsplit('/').next().unwrap().parse().unwrap();
    let ctx = app.ctx(Role::RiskManager).await;
    let person = api::usecases::assessments::view(&ctx, id).await.unwrap().people[0].respondent.id;
    for (state, question, option, expected) in [
        ("submitted", "SEC-GOV-01", &first, 409),
        ("returned, and this was not asked", "SEC-GOV-02", &second, 409),
        ("revoked", "SEC-GOV-01", &first, 401),
    ] {
        match expected {
            401 => respondents::revoke(&ctx, id, person, "Left the company").await.unwrap(),
            _ if question == "SEC-GOV-02" => {
                crate::vendor_side::ask_again(&ctx, id, "SEC-GOV-01", "Since when?").await;
            }
            _ => {}
        }
        let before = app.rows().await;
        assert_eq!(by_each_door(&vendor, question, option).await, [expected, expected], "{state}");
        assert_eq!(differences(&before, &app.rows().await), Vec::<String>::new(), "{state}");
    }
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
    assert!(
        other.text().contains("Only the answers that were asked about are open now."),
        "{}",
        other.text()
    );
    let asked = vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
    assert!(!asked.text().contains("are open now"), "{}", asked.text());
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
        key: tests::key(),
        ..RaiseFinding::default()
    };
    findings::raise_by_hand(&ctx, id, raise).await.unwrap();
    assert!(
        !vendor.open("/portal/actions").await.expect(200).text().contains("No tested restore"),
        "not sent yet"
    );
    findings::send(&ctx, id).await.unwrap();
    let page = vendor.open("/portal").await.expect(200);
    assert_eq!((page.path.as_str(), page.heading().as_str()), ("/portal/actions", "1 open action"));
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
