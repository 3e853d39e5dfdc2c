//! A double click is one act: every form that creates or sends carries a key, and the same form sent again, also at
//! the same moment, does nothing more and gets the same answer (C-03, C-07).

use crate::{procurement, seed::handed_in, submission::hand_in, vendor_side::respondent};
use api::{
    domain::{Role, ids::AssessmentId},
    usecases::{
        findings::{self, RaiseFinding},
        reviews,
    },
};
use entity::audit_event;
use sea_orm::{ColumnTrait as _, PaginatorTrait as _, QueryFilter as _};
use tests::{
    app::TestApp,
    browser::{Form, Page},
    database::TestDatabase,
};

/// How often an act stands in the trail.
async fn acts(app: &TestApp, act: &str) -> u64 {
    let all = app.services.database.across_tenants("test");
    let events = all.find::<audit_event::Entity>().filter(audit_event::Column::Act.eq(act));
    events.count(all.connection()).await.unwrap()
}

/// Sends the same form without its key, which is refused; then four times at once and once more: each gets the same
/// answer, and the act happens once.
async fn once(app: &TestApp, act: &str, form: impl Fn() -> Form) -> Page {
    let before = acts(app, act).await;
    let name = ["key", "mutation"].into_iter().find(|name| form().values().contains_key(*name));
    let without = form().set(name.unwrap(), "").submit().await.expect(400);
    assert_eq!(without.problem(), "idempotency-key-missing", "{act}");
    assert_eq!(acts(app, act).await, before, "{act}");
    let answers = futures_util::future::join_all((0..4).map(|_| form().submit())).await;
    let late = form().submit().await.expect(200);
    for answer in answers {
        assert_eq!(answer.expect(200).path, late.path, "{act}");
    }
    assert_eq!(acts(app, act).await, before + 1, "{act}");
    late
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c_03_evidence_of_a_vendor_is_added_once() {
    for database in TestDatabase::each().await {
        let app = TestApp::on(database).await;
        let (vendor, _) = respondent(&app).await;
        let page = vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
        let file = |bytes: &[u8]| page.form("SEC-GOV-01/evidence").file("file", "soc2.txt", bytes.to_vec());
        let shown = once(&app, "evidence.added", || file(b"SOC 2 report")).await;
        assert_eq!(shown.all(".file").len(), 1, "{}", shown.text());
        let other = file(b"another report").submit().await.expect(422);
        assert_eq!(other.problem(), "idempotency-key-reused");
        let link = || page.form("SEC-GOV-01/link").set("url", "https://trust.lumen.example/soc2");
        let shown = once(&app, "evidence.added", link).await;
        assert_eq!(shown.all(".file").len(), 2, "{}", shown.text());
        let page = vendor.open("/portal/questions/SEC-GOV-02").await.expect(200);
        let shown = once(&app, "evidence.cited", || page.form("SEC-GOV-02/reuse")).await;
        assert_eq!(shown.all(".file").len(), 1, "{}", shown.text());
        // Bytes of the forms that did nothing are not kept.
        let kept = walk(&app.evidence_folder());
        assert_eq!(kept, 1, "{kept} files");
    }
}

fn walk(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { walk(&path) } else { 1 }).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c_03_an_action_of_a_vendor_is_agreed_and_reported_once() {
    for database in TestDatabase::each().await {
        let app = TestApp::on(database).await;
        let (vendor, path) = respondent(&app).await;
        hand_in(&vendor).await;
        let id: AssessmentId = path.rsplit('/').next().unwrap().parse().unwrap();
        let ctx = app.ctx(Role::RiskManager).await;
        reviews::finish_review(&ctx, id).await.unwrap();
        let gap = RaiseFinding {
            title: "No tested restore".to_owned(),
            severity: "high".to_owned(),
            key: tests::key(),
            ..RaiseFinding::default()
        };
        findings::raise_by_hand(&ctx, id, gap).await.unwrap();
        findings::send(&ctx, id).await.unwrap();
        let page = vendor.open("/portal/actions").await.expect(200);
        let plan = || page.form("/plan").set("text", "Restore the database").set("due_on", "2026-12-18");
        let page = once(&app, "action.agreed", plan).await;
        let proof = || page.form("/link").set("url", "https://trust.lumen.example/restore");
        let page = once(&app, "evidence.added", proof).await;
        let done = || page.form("/done").set("note", "Restored on Monday");
        let page = once(&app, "action.reported", done).await;
        assert!(page.text().contains("Awaiting verification"), "{}", page.text());
        app.run_jobs().await;
        let told = app.mailbox.newest_first();
        let told = told
            .iter()
            .filter(|mail| mail.text.contains("No tested restore") && mail.to.contains("@northwind"));
        assert_eq!(told.count(), 2, "the owner and the reviewer");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c_07_what_staff_creates_and_sends_is_created_and_sent_once() {
    for database in TestDatabase::each().await {
        let app = TestApp::on(database).await;
        let staff = app.signed_in(Role::Procurement).await;
        let page = staff.open("/vendors/new").await.expect(200);
        let form = || page.form("/vendors").set("name", "Lumen Analytics");
        let vendor = once(&app, "vendor.registered", form).await;
        // The key belongs to that form and to that user.
        let reused = page.form("/vendors").set("name", "Corvid").submit().await.expect(422);
        assert_eq!(reused.problem(), "idempotency-key-reused");
        let key = page.form("/vendors").values()["key"][0].clone();
        let another = app.signed_in(Role::RiskManager).await.open("/vendors/new").await.expect(200);
        let own = another.form("/vendors").set("key", &key).set("name", "Corvid").submit().await.expect(200);
        assert_eq!((own.heading(), own.path == vendor.path), ("Corvid".to_owned(), false));
        let page = staff.open(&format!("{}/contacts/new", vendor.path)).await.expect(200);
        let form = || page.form("/contacts").set("name", "Priya Shah").set("email", "priya@lumen.example");
        let shown = once(&app, "contact.added", form).await;
        assert_eq!(shown.text().matches("priya@lumen.example").count(), 1);
        let page = staff.open(&format!("{}/services/new", vendor.path)).await.expect(200);
        let service = once(&app, "service.added", || page.form("/services").set("name", "Lumen Hire")).await;
        let page = procurement::cv_screening(&staff, &service.path).await;
        let page = once(&app, "assessment.drafted", || page.form("/assessments")).await;
        let page = page.form("/questionnaires").submit().await.expect(200);
        let page = page.form("/people").submit().await.expect(200);
        let sent = once(&app, "assessment.sent", || page.form("/send")).await;
        let page = staff.open(&format!("{}/people/add", sent.path)).await.expect(200);
        let form =
            || page.form("/people/add").set("new_name", "Tom Okafor").set("new_email", "tom@lumen.example");
        let page = once(&app, "respondent.added", form).await;
        app.advance(chrono::Duration::days(2));
        let staff = app.signed_in(Role::Procurement).await;
        let page = staff.open(&page.path).await.expect(200);
        let reminded = once(&app, "respondent.reminded", || page.form("/remind")).await;
        let address = reminded.attributes("a[href$='/reissue']", "href").remove(0);
        let page = staff.open(&address).await.expect(200);
        once(&app, "invitation.reissued", || page.form("/reissue")).await;
        app.run_jobs().await;
        let mails = app.mailbox.newest_first();
        let to_vendor = mails.iter().filter(|mail| mail.to.contains("@lumen.example")).count();
        assert_eq!(to_vendor, 4, "two invitations, a reminder, a new link");

        let admin = app.signed_in(Role::Admin).await;
        let page = admin.open("/users").await.expect(200);
        let form = || {
            page.form("/users").with(&[
                ("name", "Noor"),
                ("email", "noor@northwind.example"),
                ("role", "viewer"),
            ])
        };
        let page = once(&app, "user.invited", form).await;
        once(&app, "user.link_sent", || page.form("/link")).await;
        app.run_jobs().await;
        let mails = app.mailbox.newest_first();
        assert_eq!(mails.iter().filter(|mail| mail.to.contains("@northwind.example")).count(), 2);

        let seeded = handed_in(&app, "Handed In", &[("SEC-GOV-01", "informal")]).await;
        let ctx = app.ctx(Role::RiskManager).await;
        reviews::finish_review(&ctx, seeded.assessment).await.unwrap();
        let risk = app.signed_in(Role::RiskManager).await;
        let page = risk.open(&format!("{}/findings/new", seeded.base())).await.expect(200);
        let form = || page.form("/findings/new").set("title", "A gap").set("severity", "high");
        once(&app, "finding.raised", form).await;
    }
}
