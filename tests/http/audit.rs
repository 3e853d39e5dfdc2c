//! The audit trail: its page with filters and no end, and the file that can be checked without us.

use crate::{
    exports::Sheet,
    procurement,
    seed::handed_in,
    vendor_side::{come_in, invited},
};
use api::{
    domain::Role,
    store::Scoped as _,
    usecases::{
        Ctx, UseCaseError, accounts,
        audit::{self, Place, TrailFilter},
        vendors,
    },
};
use chrono::Duration;
use sea_orm::ConnectionTrait as _;
use sha2::{Digest as _, Sha256};
use tests::{app::TestApp, browser::Page};

/// The words of the acts on a page, newest first.
fn acts(page: &Page) -> Vec<String> {
    let words = page.all("tbody th[scope=row]").into_iter();
    words.map(|words| words.split(" Details").next().unwrap().to_owned()).collect()
}

/// The numbers of the events on a page.
fn numbers(page: &Page) -> Vec<i64> {
    page.all("tbody td.num").iter().map(|number| number.parse().unwrap()).collect()
}

#[tokio::test]
async fn the_newest_acts_stand_first_in_words_with_who_what_and_where() {
    let app = TestApp::start().await;
    let (path, link) = invited(&app).await;
    come_in(&app, &link).await;
    let viewer = app.signed_in(Role::Viewer).await;
    let today = viewer.open("/").await.expect(200);
    let page = today.follow("Audit trail").await.expect(200);
    assert_eq!(page.heading(), "Audit trail");
    let shown = acts(&page);
    assert_eq!(shown[..2], ["Signed in", "Came in with a one-time code"]);
    for words in ["Assessment sent", "Intake answered", "Vendor registered", "Organisation set up"] {
        assert!(shown.iter().any(|act| act == words), "{words} among {shown:?}");
    }
    let text = page.text();
    for words in ["Viewer Person User", "Priya Shah At the vendor", "By itself Timer, command or link"] {
        assert!(text.contains(words), "{words}:\n{text}");
    }
    assert!(page.attributes("tbody a", "href").contains(&path));
    assert!(text.contains("Client address 127.0.0.1") && !text.contains("Not what was recorded"));
    let numbers = numbers(&page);
    assert!(numbers.windows(2).all(|pair| pair[0] == pair[1] + 1), "{numbers:?}");
}

#[tokio::test]
async fn procurement_is_not_shown_what_the_organisations_own_people_do() {
    let app = TestApp::start().await;
    let staff = app.signed_in(Role::Procurement).await;
    assert!(!staff.open("/").await.expect(200).all("nav a").iter().any(|entry| entry == "Audit trail"));
    staff.open("/audit").await.expect(403);
    staff.open("/audit.csv").await.expect(403);
}

#[tokio::test]
async fn filters_narrow_the_trail_and_keep_what_was_chosen() {
    let app = TestApp::start().await;
    let staff = app.signed_in(Role::Procurement).await;
    let path = procurement::sent(&staff).await;
    app.advance(Duration::days(2));
    let staff = app.signed_in(Role::Procurement).await;
    let other = procurement::vendor(&staff, "Corvid AI").await;
    let risk = app.signed_in(Role::RiskManager).await;
    let form = risk.open("/audit").await.expect(200).form("/audit").values();
    assert_eq!(form.len(), 6, "{form:?}");
    let open = async |query: &str| risk.open(&format!("/audit?{query}")).await.expect(200);

    let page = open("act=vendor.registered").await;
    assert_eq!(acts(&page), ["Vendor registered", "Vendor registered"]);
    assert_eq!(page.form("/audit").values()["act"], ["vendor.registered"]);
    let page = open("vendor=+CORVID+").await;
    assert_eq!(acts(&page), ["Vendor registered"]);
    assert_eq!(page.attributes("tbody a[href^='/vendors/']", "href"), [other], "named and linked");
    // What hangs on a vendor belongs to it.
    let of_lumen = acts(&open("vendor=lumen+analytics").await);
    for words in ["Vendor registered", "Contact added", "Service added", "Intake answered", "Assessment sent"]
    {
        assert!(of_lumen.iter().any(|act| act == words), "{words} among {of_lumen:?}");
    }
    assert!(!of_lumen.iter().any(|act| act == "Signed in"));
    // Of one assessment, by the reference that people quote.
    let reference = risk.open(&path).await.expect(200).heading();
    let reference = reference.split_whitespace().find(|word| word.starts_with("AIQ-")).unwrap();
    let sent = acts(&open(&format!("assessment=+{reference}+")).await);
    assert!(sent.contains(&"Assessment sent".to_owned()) && !sent.contains(&"Vendor registered".to_owned()));
    // Of one person, of the system, in a period; days are those of the organisation, the last one included.
    let ctx = app.ctx(Role::Procurement).await;
    let mine = open(&format!("who={}&act=user.signed_in", ctx.user().id)).await;
    assert_eq!(acts(&mine), ["Signed in"; 4], "the first one when the password was chosen");
    assert!(open("who=system").await.text().contains("Organisation set up"));
    assert!(open("who=vendors").await.text().contains("No event fits"));
    assert_eq!(
        acts(&open("act=vendor.registered&from=2026-11-26&until=2026-11-26").await),
        ["Vendor registered"]
    );
    assert_eq!(acts(&open("act=vendor.registered&until=2026-11-25").await), ["Vendor registered"]);
    assert!(open("from=2026-11-25&until=2026-11-25").await.text().contains("No event fits"));
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_says_so_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let viewer = app.signed_in(Role::Viewer).await;
    let page = viewer.open("/audit?from=24.11.2026&who=nobody&assessment=AIQ").await.expect(422);
    assert!(page.text().contains("There is a problem") && page.text().contains("Enter a date such as"));
    assert!(page.text().contains("Choose one from the list"));
    let typed = page.form("/audit").values();
    assert_eq!((&typed["from"][0], &typed["assessment"][0]), (&"24.11.2026".to_owned(), &"AIQ".to_owned()));
    let page = viewer.open("/audit?from=2026-11-25&until=2026-11-24").await.expect(422);
    assert!(page.text().contains("not before the first"), "{}", page.text());
    viewer.open("/audit.csv?from=yesterday").await.expect(422);
}

/// That many more events of this user.
async fn more(ctx: &Ctx, count: usize, act: &'static str) {
    let events = (0..count).map(|_| ctx.event(act, "tenant", ctx.tenant().id)).collect();
    ctx.begin_write().await.unwrap().commit_all(events).await.unwrap();
}

#[tokio::test]
async fn pages_lead_to_the_first_event_and_back_and_show_each_once() {
    let app = TestApp::start().await;
    let ctx = app.ctx(Role::RiskManager).await;
    for _ in 0..60 {
        more(&ctx, 1, "findings.exported").await;
        more(&ctx, 1, "comparison.exported").await;
    }
    let viewer = app.signed_in(Role::Viewer).await;
    for (query, least) in [("", 120), ("act=findings.exported", 60)] {
        let newest = viewer.open(&format!("/audit?{query}")).await.expect(200);
        assert!(newest.attributes("a[rel=prev]", "href").is_empty());
        let mut seen = numbers(&newest);
        let mut page = newest.clone();
        while let Some(next) = page.attributes("a[rel=next]", "href").pop() {
            page = viewer.open(&next).await.expect(200);
            seen.extend(numbers(&page));
        }
        assert!(seen.len() >= least && seen.is_sorted_by(|a, b| a > b), "{query}: {seen:?}");
        while let Some(previous) = page.attributes("a[rel=prev]", "href").pop() {
            page = viewer.open(&previous).await.expect(200);
        }
        assert_eq!(numbers(&page)[0], seen[0], "{query}");
    }
}

#[tokio::test]
async fn o_07_the_file_alone_is_enough_to_check_the_chain() {
    let app = TestApp::start().await;
    handed_in(&app, "Lumen Analytics", &[("SEC-GOV-01", "informal")]).await;
    let ctx = app.ctx(Role::Admin).await;
    let hostile = vendors::VendorInput { name: "=1+1".to_owned(), ..vendors::VendorInput::default() };
    vendors::register(&ctx, &hostile, "", "key").await.unwrap();
    more(&ctx, 1_100, "findings.exported").await;
    let viewer = app.signed_in(Role::Viewer).await;
    let page = viewer.open("/audit").await.expect(200);
    let sheet = Sheet::of(&page.follow("Download as CSV").await.expect(200));
    let original = |field: &str| field.strip_prefix('\'').unwrap_or(field).to_owned();
    let texts: Vec<String> = sheet.all("Recorded text").into_iter().map(original).collect();
    let mut head = String::new();
    for (index, text) in texts.iter().enumerate() {
        assert_eq!(sheet.all("Number")[index], (index + 1).to_string());
        assert_eq!(sheet.all("Hash before")[index], head);
        head = hex::encode(Sha256::digest(format!("{head}\n{text}")));
        assert_eq!(sheet.all("Hash")[index], head);
        let recorded: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(recorded["act"], sheet.all("Act")[index]);
    }
    assert!(texts.len() > 1_100);
    assert_eq!(
        sheet.all("What happened").last(),
        Some(&"Audit trail downloaded"),
        "the file ends with itself"
    );
    assert!(texts.iter().any(|text| text.contains("\"=1+1\"")));
    // Narrowed, each line can still be checked by itself.
    let page = viewer.open("/audit?act=vendor.registered").await.expect(200);
    let sheet = Sheet::of(&page.follow("Download as CSV").await.expect(200));
    let (before, text) = (sheet.all("Hash before")[0], original(sheet.all("Recorded text")[0]));
    assert_eq!(sheet.all("Hash"), [hex::encode(Sha256::digest(format!("{before}\n{text}")))]);
}

#[tokio::test]
async fn an_event_that_was_changed_behind_our_back_is_marked_on_the_page() {
    let app = TestApp::start().await;
    let ctx = app.ctx(Role::Admin).await;
    let change = "UPDATE audit_event SET act = 'user.signed_out' WHERE seq = 2";
    let tx = ctx.begin_write().await.unwrap();
    tx.connection().execute_unprepared(change).await.unwrap();
    tx.commit_unaudited("plays somebody at the database").await.unwrap();
    let viewer = app.signed_in(Role::Viewer).await;
    let page = viewer.open("/audit").await.expect(200);
    assert_eq!(page.all("tr:has(b.late) td.num"), ["2"]);
    assert!(page.text().contains("event 2."), "{}", page.text());
}

#[tokio::test]
async fn another_organisation_has_a_trail_of_its_own() {
    let app = TestApp::start().await;
    let staff = app.signed_in(Role::Procurement).await;
    procurement::vendor(&staff, "Lumen Analytics").await;
    let olga = app.other_organisation().await;
    let page = olga.open("/audit").await.expect(200);
    assert!(!page.text().contains("Lumen") && !page.text().contains("Northwind"), "{}", page.text());
    assert!(olga.open("/audit?vendor=lumen").await.expect(200).text().contains("No event fits"));
    let sheet = Sheet::of(&olga.open("/audit.csv").await.expect(200));
    assert!(sheet.all("Act").iter().all(|act| *act != "vendor.registered"));
}

#[tokio::test]
async fn z_11_whoever_may_no_longer_read_the_trail_gets_no_further_batch() {
    let app = TestApp::start().await;
    let (admin, viewer) = (app.ctx(Role::Admin).await, app.ctx(Role::Viewer).await);
    more(&admin, 600, "findings.exported").await;
    let mut export = audit::export(&viewer, &TrailFilter::default()).await.unwrap();
    assert_eq!(export.next().await.unwrap().len(), 500);
    accounts::change_role(&admin, viewer.user().id, "procurement").await.unwrap();
    assert!(matches!(export.next().await, Err(UseCaseError::Forbidden)));
    let risk = app.signed_in(Role::RiskManager).await;
    let page = risk.open("/audit?act=export.stopped").await.expect(200);
    assert_eq!(page.all("tbody tr").len(), 1, "{}", page.text());
    assert!(page.all("tbody").concat().contains("Download stopped, no longer allowed"), "{}", page.text());
    assert!(audit::trail(&admin, &TrailFilter::default(), Place::Newest).await.unwrap().older);
}
