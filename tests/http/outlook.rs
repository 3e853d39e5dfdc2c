//! What the start page shows beside its groups: vendors by residual risk and what comes due, and that services whose
//! next review is due are to be assessed again. The vendor's page says the same about one vendor, and what its answers
//! rest on.

use crate::{
    lists::{change, name, set_assessment, set_snapshot},
    procurement,
    seed::handed_in_to,
};
use api::{
    domain::Role,
    usecases::{Ctx, SystemCtx, respondents},
};
use chrono::{Duration, NaiveDate};
use entity::{decision, evidence, reliance};
use sea_orm::Set;
use tests::{app::TestApp, database::TestDatabase, on_both_databases};

on_both_databases!(
    the_start_page_shows_how_vendors_stand_and_what_comes_due,
    an_organisation_without_vendors_is_told_what_will_appear,
    a_lower_tier_waits_on_the_start_page_of_who_may_approve_it,
    what_was_not_sent_not_started_or_has_ended_waits_for_who_sends,
);

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The decision about an assessment, which asks for the next review on a day.
async fn decided(ctx: &Ctx, seeded: &crate::seed::Seeded, number: i32, next_review: &str) {
    let mut tx = ctx.begin_write().await.unwrap();
    tx.insert::<decision::Entity>(decision::ActiveModel {
        id: Set(ctx.services().surroundings.uuid()),
        assessment_id: Set(seeded.assessment.0),
        number: Set(number),
        outcome: Set("approved".to_owned()),
        conditions: Set(None),
        summary: Set("Fine".to_owned()),
        next_review_on: Set(Some(day(next_review))),
        snapshot_id: Set(None),
        decided_by: Set(ctx.user().id.0),
        decided_at: Set(ctx.now()),
        ..Default::default()
    })
    .await
    .unwrap();
    tx.commit_unaudited("test data").await.unwrap();
}

async fn the_start_page_shows_how_vendors_stand_and_what_comes_due(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let ctx = app.ctx(Role::RiskManager).await;
    let mut seeded = Vec::new();
    for number in 0..7 {
        seeded.push(handed_in_to(&ctx, &name(number), &[("SEC-GOV-01", "informal")]).await);
    }
    let mut changes = vec!["UPDATE assessment SET submitted_at = created_at".to_owned()];
    changes.push(set_assessment(0, "state = 'sent', due_on = '2026-11-27'"));
    changes.extend((1..5).map(|number| set_assessment(number, "state = 'decided'")));
    changes.push(set_snapshot(1, "residual = 'high'"));
    changes.push(set_snapshot(2, "residual = 'low'"));
    changes.push(set_snapshot(3, "residual = 'high'"));
    changes.push(set_snapshot(4, "residual = 'critical'"));
    // The service of 4 is being assessed again already, by what was the assessment of 5.
    let of = |column: &str| format!("(SELECT {column} FROM assessment WHERE reference = 'T-{}')", name(4));
    let again = format!("vendor_id = {}, service_id = {}", of("vendor_id"), of("service_id"));
    changes.push(set_assessment(5, &format!("state = 'in_progress', due_on = '2026-12-20', {again}")));
    changes.push(set_assessment(6, "state = 'cancelled'"));
    change(&ctx, changes).await;
    // Due, to come, far away after an earlier decision that it took the place of, and due but being assessed.
    decided(&ctx, &seeded[1], 1, "2026-11-20").await;
    decided(&ctx, &seeded[2], 1, "2026-12-01").await;
    decided(&ctx, &seeded[3], 1, "2026-11-25").await;
    decided(&ctx, &seeded[3], 2, "2027-11-25").await;
    decided(&ctx, &seeded[4], 1, "2026-11-20").await;
    let mut tx = ctx.begin_write().await.unwrap();
    let vendor = vendor_of(&ctx, &seeded[1]).await;
    for (name, until, removed) in [
        ("Charter", "", false),
        ("Certificate", "2026-11-27", false),
        ("Old report", "2026-11-26", true),
        ("Plan", "2026-12-02", false),
    ] {
        tx.insert::<evidence::Entity>(evidence::ActiveModel {
            id: Set(ctx.services().surroundings.uuid()),
            vendor_id: Set(vendor),
            assessment_id: Set(seeded[1].assessment.0),
            kind: Set("link".to_owned()),
            display_name: Set(name.to_owned()),
            url: Set(Some("https://vendor.example/".to_owned())),
            valid_until: Set((!until.is_empty()).then(|| day(until))),
            scan_state: Set("clean".to_owned()),
            added_at: Set(ctx.now()),
            removed_at: Set(removed.then(|| ctx.now())),
            ..Default::default()
        })
        .await
        .unwrap();
    }
    for (assessment, vendor, kind, name) in [
        (&seeded[1], vendor, "model", "Tessera M2"),
        (&seeded[1], vendor, "subprocessor", "Cloud Nine"),
        (&seeded[2], vendor_of(&ctx, &seeded[2]).await, "model", "tessera m2"),
        (&seeded[2], vendor_of(&ctx, &seeded[2]).await, "subprocessor", "Other"),
    ] {
        tx.insert::<reliance::Entity>(reliance::ActiveModel {
            id: Set(ctx.services().surroundings.uuid()),
            assessment_id: Set(assessment.assessment.0),
            vendor_id: Set(vendor),
            kind: Set(kind.to_owned()),
            name: Set(name.to_owned()),
            name_normalised: Set(name.to_lowercase()),
            question_id: Set("AIT-SYS-05".to_owned()),
            row: Set(serde_json::json!({})),
            ..Default::default()
        })
        .await
        .unwrap();
    }
    tx.commit_unaudited("test data").await.unwrap();

    let staff = app.signed_in(Role::RiskManager).await;
    let today = staff.open("/").await.expect(200);
    assert_eq!(today.all(".dots tbody .num"), ["1", "2", "0", "1", "3"]);
    assert_eq!(today.all("#portfolio"), ["7 vendors by residual risk"]);
    for (href, count) in today.attributes(".dots a", "href").into_iter().zip([1, 2, 1, 3]) {
        assert_eq!(staff.open(&href).await.expect(200).all("tbody tr").len(), count, "{href}");
    }
    assert_eq!(today.all(".wk b"), ["Fri 27", "Tue 1"]);
    assert_eq!(
        today.all(".wk a"),
        [
            format!("{0}, {0} Service: answers due", name(0)),
            format!("{}: Certificate expires", name(1)),
            format!("{0}, {0} Service: next review", name(2)),
        ]
    );
    assert_eq!(today.all("#g-again + span"), ["1"]);
    // Decided ones are led to with what they came to.
    let decided = "section[aria-labelledby=decided]";
    assert_eq!(today.all(&format!("{decided} li")).len(), 4);
    assert_eq!(today.attributes(&format!("{decided} .results a"), "href").len(), 4);
    let score = today.attributes(&format!("{decided} .results a"), "href").remove(0);
    assert!(staff.open(&score).await.expect(200).path.ends_with("/score"));
    assert_eq!(today.all("section[aria-labelledby=g-again] .when"), ["review due 20 Nov 2026"]);
    let again = today.attributes("section[aria-labelledby=g-again] a.btn", "href").remove(0);
    let start = staff.open(&again).await.expect(200);
    assert!(start.text().contains(&format!("{0}, {0} Service", name(1))), "{again}");

    let page = staff.open(&format!("/vendors/{vendor}")).await.expect(200);
    // What it relies on leads to everybody who does.
    let links = page.attributes("section[aria-labelledby=relies] a", "href");
    let model = links.iter().find(|href| href.contains("Tessera")).unwrap();
    let relying = staff.open(model).await.expect(200);
    let of_vendors = "section[aria-labelledby=vendors]";
    assert_eq!(relying.all(&format!("{of_vendors} li a")), [name(1), name(2)]);
    let about = "relies on something called \u{201c}Tessera M2\u{201d}";
    assert_eq!(relying.all(&format!("{of_vendors} small")), [about, about]);
    assert_eq!(
        page.all(".tm .next a"),
        ["Next: Certificate expires"],
        "the review is past, and nothing else is asked"
    );
    assert_eq!(
        page.all("section[aria-labelledby=evidence] li"),
        [
            "Certificate cited by no answer 27 Nov 2026 3 days left",
            "Plan cited by no answer 2 Dec 2026 8 days left",
            "Charter cited by no answer no last day given"
        ]
    );
    assert_eq!(
        page.all("section[aria-labelledby=relies] li"),
        ["Tessera M2 AI model, 1 more vendor names it", "Cloud Nine Sub-processor, no other vendor names it"]
    );
}

async fn a_lower_tier_waits_on_the_start_page_of_who_may_approve_it(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let asker = app.signed_in(Role::RiskManager).await;
    let vendor = procurement::vendor(&asker, "Lumen").await;
    let service = procurement::service(&asker, &vendor, "Lumen Hire").await;
    let page = procurement::cv_screening(&asker, &service).await;
    let higher = page.form("/tier").set("tier", "critical").set("reason", "All hiring");
    let page = higher.submit().await.expect(200);
    let admin = app.signed_in(Role::Admin).await;
    let waiting = "section[aria-labelledby=g-tiers] li > a";
    assert!(admin.open("/").await.expect(200).all(waiting).is_empty(), "a higher tier waits for nobody");
    page.form("/tier").set("tier", "low").set("reason", "A pilot").submit().await.expect(200);
    let today = admin.open("/").await.expect(200);
    assert_eq!(today.attributes(waiting, "href"), [service]);
    for other in [asker, app.signed_in(Role::Procurement).await] {
        assert!(other.open("/").await.expect(200).all(waiting).is_empty());
    }
    let page = admin.open(&today.attributes(waiting, "href")[0]).await.expect(200);
    page.form("/tier/approve").submit().await.expect(200);
    assert!(admin.open("/").await.expect(200).all(waiting).is_empty());
}

/// The vendor of an assessment.
async fn vendor_of(ctx: &Ctx, seeded: &crate::seed::Seeded) -> uuid::Uuid {
    use api::store::Scoped as _;
    let found = ctx.scope().find_id::<entity::assessment::Entity>(seeded.assessment);
    found.one(ctx.scope().connection()).await.unwrap().unwrap().vendor_id
}

async fn an_organisation_without_vendors_is_told_what_will_appear(database: TestDatabase) {
    let app = TestApp::on(database).await;
    handed_in_to(&app.ctx(Role::RiskManager).await, &name(0), &[]).await;
    let other = app.other_organisation().await;
    let today = other.open("/").await.expect(200);
    assert!(today.all(".dots").is_empty());
    assert!(today.text().contains("Nothing is due in the next 7 days."));
}

async fn what_was_not_sent_not_started_or_has_ended_waits_for_who_sends(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let client = app.signed_in(Role::Procurement).await;
    let rows = async |role: Role, group: &str| {
        let today = app.signed_in(role).await.open("/").await.expect(200);
        let row = format!("section.todo:has(#g-{group}) li");
        (today.all(&row), today.attributes(&format!("{row} .btn"), "href"))
    };
    let draft = procurement::prepared(&client, "Halden", "Halden Desk", ("Ann", "ann@halden.example")).await;
    let draft = draft.path.trim_end_matches("/questionnaires").to_owned();
    let (shown, to) = rows(Role::Procurement, "drafts").await;
    assert_eq!(shown, ["Halden, Halden Desk Started 24 Nov 2026 Go on : Halden, Halden Desk"]);
    assert_eq!(to, [&*draft]);
    let sent = procurement::sent(&client).await;
    assert!(rows(Role::Procurement, "unstarted").await.0.is_empty(), "the vendor has just been asked");
    let (shown, to) = rows(Role::Viewer, "running").await;
    assert_eq!((shown.len(), to), (1, vec![sent.clone()]), "{shown:?}");
    assert!(shown[0].starts_with("Lumen Analytics, Lumen Hire Sent due "), "{shown:?}");
    let listed = async || {
        let viewer = app.signed_in(Role::Viewer).await;
        viewer.open("/assessments?waits=start").await.expect(200).attributes("main tbody th a", "href")
    };
    assert_eq!(listed().await, [""; 0]);
    app.advance(Duration::days(3) + Duration::minutes(1));
    let (shown, to) = rows(Role::Procurement, "unstarted").await;
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(
        shown[0].starts_with("Lumen Analytics, Lumen Hire Sent 24 Nov 2026, nothing saved yet due "),
        "{shown:?}"
    );
    assert_eq!(to, [&*sent]);
    assert_eq!(listed().await, [&*sent]);
    assert!(rows(Role::Viewer, "unstarted").await.0.is_empty(), "a viewer sends nothing");
    // Once it is late, that says it all.
    app.advance(Duration::days(25));
    assert_eq!(
        (rows(Role::Procurement, "chase").await.0.len(), rows(Role::Procurement, "unstarted").await.0.len()),
        (1, 0)
    );
    app.advance(Duration::days(60));
    let system = SystemCtx::new(app.services.clone(), "test");
    respondents::expire_assessments(&system).await.unwrap();
    let (shown, to) = rows(Role::Procurement, "expired").await;
    assert!(shown[0].starts_with("Lumen Analytics, Lumen Hire The link has ended was due "), "{shown:?}");
    assert_eq!(to, [&*sent]);
    // Nothing of an archived vendor is to be done.
    let client = app.signed_in(Role::Procurement).await;
    let vendors = client.open("/vendors").await.expect(200).attributes("tbody th a", "href");
    for vendor in vendors {
        let page = client.open(&format!("{vendor}/archive")).await.expect(200);
        page.form("/archive").submit().await.expect(200);
    }
    for group in ["drafts", "expired"] {
        assert!(rows(Role::Procurement, group).await.0.is_empty(), "{group}");
    }
    assert!(rows(Role::Procurement, "chase").await.0.is_empty());
}
