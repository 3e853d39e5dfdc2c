//! Lists of an organisation with more rows than a page holds: the database filters, counts and sorts, on SQLite as on
//! PostgreSQL; the start page counts what its lists show, and a filter finds what stands on the second page.

use crate::{exports::Sheet, procurement, seed::handed_in_to};
use api::{
    domain::{
        Role,
        assessment::Assessment,
        finding::{FindingState, Urgency},
        ids::FindingId,
        intake::Intake,
        remediation::Finding,
    },
    store::{self, Scoped as _},
    usecases::{Ctx, findings},
};
use chrono::{Duration, NaiveDate};
use entity::{assessment, service};
use questionnaires::{definition::Tier, risk::findings::Severity};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, QueryFilter as _, Set};
use std::collections::{BTreeMap, BTreeSet};
use tests::{
    app::TestApp,
    browser::{Client, Page},
    database::TestDatabase,
    on_both_databases,
};

on_both_databases!(
    the_start_page_counts_what_the_lists_show,
    findings_come_in_pages_by_urgency,
    vendors_are_filtered_by_what_their_rows_show,
    what_is_chosen_from_is_searched_and_keeps_what_was_chosen,
);

const VENDORS: usize = 85;

pub fn name(number: usize) -> String {
    format!("Vendor {number:02}")
}

/// As many vendors as [`VENDORS`], each with a submission.
async fn scene(database: TestDatabase) -> (TestApp, Ctx) {
    let app = TestApp::on(database).await;
    let ctx = app.ctx(Role::RiskManager).await;
    for number in 0..VENDORS {
        handed_in_to(&ctx, &name(number), &[("SEC-GOV-01", "informal")]).await;
    }
    change(&ctx, ["UPDATE assessment SET submitted_at = created_at, submission_number = 1".to_owned()]).await;
    (app, ctx)
}

/// What is kept with each vendor of the residual risks of its services, written from the rows that it follows from.
const KEPT: &str = "UPDATE vendor SET worst_residual = (SELECT coalesce(max(level), 0) FROM (
    SELECT a.vendor_id, CASE p.residual WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'moderate' THEN 2
            WHEN 'low' THEN 1 ELSE 0 END AS level,
        row_number() OVER (PARTITION BY a.service_id ORDER BY a.submitted_at DESC, a.id DESC, p.number DESC) AS place
    FROM assessment a JOIN score_snapshot p ON p.assessment_id = a.id
    WHERE a.state IN ('submitted', 'in_review', 'returned', 'decided')) AS each
    WHERE place = 1 AND vendor_id = vendor.id)";

/// Changes rows behind the service's back, with what is kept of them.
pub async fn change(ctx: &Ctx, statements: impl IntoIterator<Item = String>) {
    let tx = ctx.begin_write().await.unwrap();
    for statement in statements.into_iter().chain([KEPT.to_owned()]) {
        tx.connection().execute_unprepared(&statement).await.unwrap();
    }
    tx.commit_unaudited("test data").await.unwrap();
}

pub fn set_assessment(number: usize, what: &str) -> String {
    format!("UPDATE assessment SET {what} WHERE reference = 'T-{}'", name(number))
}

pub fn set_snapshot(number: usize, what: &str) -> String {
    let of = format!("(SELECT id FROM assessment WHERE reference = 'T-{}')", name(number));
    format!("UPDATE score_snapshot SET {what} WHERE assessment_id = {of}")
}

/// How many rows the foot of a list speaks of.
fn total(page: &Page) -> usize {
    let foot = page.all(".pager > span:first-child").remove(0);
    let words: Vec<&str> = foot.split(' ').collect();
    let of = words.iter().position(|word| *word == "of").unwrap_or_else(|| panic!("{foot}"));
    words[of + 1].parse().unwrap()
}

/// All pages of a list, which together have as many rows as each foot says, none of them twice.
async fn all_pages(first: Page, staff: &Client) -> Vec<Page> {
    let mut pages = vec![first];
    while let Some(next) = pages.last().unwrap().attributes(".pager a[rel=next]", "href").pop() {
        pages.push(staff.open(&next).await.expect(200));
    }
    let rows = |page: &Page| page.attributes("tbody th a", "href");
    let all: Vec<String> = pages.iter().flat_map(rows).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "each once");
    for page in &pages {
        assert_eq!(total(page), all.len());
        assert!(rows(page).len() <= 50);
    }
    pages
}

async fn the_start_page_counts_what_the_lists_show(database: TestDatabase) {
    let (app, ctx) = scene(database).await;
    let mut changes = Vec::new();
    for number in 0..12 {
        changes.push(set_assessment(number, "state = 'in_review'"));
        changes.push(set_snapshot(number, "reason = 'review'"));
    }
    changes.push(set_assessment(12, "state = 'in_review'"));
    // Reviewed once, and handed in again since.
    changes.push(set_assessment(13, "state = 'in_review', submission_number = 2"));
    changes.push(set_snapshot(13, "reason = 'review'"));
    for (number, state) in (14..26).zip(["sent", "in_progress", "returned"].into_iter().cycle()) {
        changes.push(set_assessment(
            number,
            &format!("state = '{state}', due_on = '2026-11-{:02}'", number - 3),
        ));
    }
    changes.push(set_assessment(26, "state = 'sent', due_on = '2026-11-24'"));
    for (number, state) in (27..).zip(["decided", "expired", "cancelled", "draft"]) {
        changes.push(set_assessment(number, &format!("state = '{state}', due_on = '2026-11-01'")));
    }
    change(&ctx, changes).await;
    let staff = app.signed_in(Role::RiskManager).await;
    let today = staff.open("/").await.expect(200);
    assert_eq!(today.heading(), "82 things need you. The oldest is 23 days late.");
    let list = staff.open("/assessments").await.expect(200).text();
    assert!(list.contains("12 late, 1 expired."), "what is late for longest is no longer open: {list}");
    let groups = today.attributes("section.todo h2", "id");
    let counts: BTreeMap<String, String> =
        groups.into_iter().zip(today.all("section.todo header .mut")).collect();
    let counts: BTreeMap<&str, &str> = counts.iter().map(|(id, count)| (&**id, &**count)).collect();
    let many = [("g-chase", "12"), ("g-decide", "12"), ("g-review", "56")];
    let few = [("g-drafts", "1"), ("g-expired", "1"), ("g-running", "1")];
    assert_eq!(counts, BTreeMap::from_iter(many.into_iter().chain(few)));
    assert_eq!(today.all("section.todo li").len(), 33, "at most ten of each");
    let late = today.all("section.todo:has(#g-chase) li .when");
    assert_eq!((&*late[0], &*late[9]), ("13 days late", "4 days late"), "those due first");
    for (id, path, count) in [
        ("decide", "/assessments?waits=decision", 12),
        ("review", "/assessments?waits=review", 56),
        ("chase", "/assessments?waits=late", 12),
    ] {
        let link = today.attributes(&format!("section.todo:has(#g-{id}) > p a"), "href");
        assert_eq!(link, [path]);
        let pages = all_pages(staff.open(path).await.expect(200), &staff).await;
        assert_eq!(total(&pages[0]), count, "{id}");
        assert_eq!(pages.len(), count.div_ceil(50));
        assert!(pages[0].all(".tabs [aria-current]")[0].ends_with(&format!(" {count}")));
    }
    let late = staff.open("/assessments?waits=late").await.expect(200);
    assert_eq!((late.all("tbody b.late").len(), late.all("td[data-th=Vendor]").remove(0)), (12, name(14)));
    // All but the cancelled one, newest first; a state and an owner narrow them.
    let pages = all_pages(staff.open("/assessments").await.expect(200), &staff).await;
    assert_eq!((total(&pages[0]), pages.len()), (VENDORS - 1, 2));
    assert!(pages[0].all(".tabs li").contains(&"Sent 5".to_owned()), "{:?}", pages[0].all(".tabs li"));
    let submitted = staff.open("/assessments?state=submitted&page=2").await.expect(200);
    assert_eq!((total(&submitted), submitted.all("tbody tr").len()), (54, 4));
    let mine = format!("/assessments?state=sent&owner={}", ctx.user().id);
    assert_eq!(total(&staff.open(&mine).await.expect(200)), 5);
    let other = app.ctx(Role::Viewer).await.user().id;
    let none = staff.open(&format!("/assessments?owner={other}")).await.expect(200);
    assert!(none.text().contains("No assessment fits"));
    app.advance(Duration::minutes(1));
    handed_in_to(&app.ctx(Role::RiskManager).await, "Newest", &[]).await;
    let newest = staff.open("/assessments").await.expect(200);
    assert_eq!(newest.all("td[data-th=Vendor]")[0], "Newest");
    // Another organisation has nothing to do.
    let olga = app.other_organisation().await;
    assert_eq!(olga.open("/").await.expect(200).heading(), "Nothing needs you");
    assert!(olga.open("/assessments").await.expect(200).text().contains("No assessment yet"));
}

/// Findings like this one in every state, due on every day around the borders of what is overdue and what is soon.
async fn findings_around(ctx: &Ctx, like: &Finding) {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let days = [None, Some(day("2026-11-23")), Some(day("2026-11-24")), Some(day("2026-12-29"))];
    let days = days.into_iter().chain([Some(day("2026-12-30"))]);
    let mut tx = ctx.begin_write().await.unwrap();
    for due_on in days {
        for state in FindingState::ALL {
            for severity in Severity::ALL {
                let title = format!("{state} {severity:?} {due_on:?}");
                let one = Finding { id: ctx.id(), title, state: *state, severity, due_on, ..like.clone() };
                store::findings::insert(&mut tx, &one).await.unwrap();
            }
        }
    }
    tx.commit_unaudited("test data").await.unwrap();
}

async fn findings_come_in_pages_by_urgency(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let ctx = app.ctx(Role::RiskManager).await;
    let (lumen, corvid) =
        (handed_in_to(&ctx, "Lumen Analytics", &[]).await, handed_in_to(&ctx, "Corvid AI", &[]).await);
    change(&ctx, ["UPDATE assessment SET state = 'in_review'".to_owned()]).await;
    let raise = async |assessment, title: &str| {
        let gap = findings::RaiseFinding {
            title: title.to_owned(),
            severity: "high".to_owned(),
            key: title.to_owned(),
            ..findings::RaiseFinding::default()
        };
        let id: FindingId = findings::raise_by_hand(&ctx, assessment, gap).await.unwrap();
        store::findings::finding(ctx.scope(), id).await.unwrap().unwrap()
    };
    let first = raise(lumen.assessment, "Gap").await;
    raise(corvid.assessment, "Elsewhere").await;
    findings_around(&ctx, &first).await;

    let staff = app.signed_in(Role::RiskManager).await;
    let board = staff.open("/findings?state=all").await.expect(200);
    let pages = all_pages(board.clone(), &staff).await;
    assert_eq!((total(&board), pages.len()), (142, 3));
    // The groups follow each other in the order of urgency, and each count is that of a list of its own.
    let order: Vec<String> = pages.iter().flat_map(|page| page.attributes("tbody", "id")).collect();
    let mut groups = order.clone();
    groups.dedup();
    let all: Vec<String> = Urgency::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(groups, all, "{order:?}");
    let (counts, links) = (board.all(".kpi a b"), board.attributes(".kpi a", "href"));
    assert_eq!(links.len(), all.len());
    let mut sum = 0;
    for ((urgency, count), link) in all.iter().zip(&counts).zip(&links) {
        let pages = all_pages(staff.open(link).await.expect(200), &staff).await;
        assert_eq!(total(&pages[0]).to_string(), *count, "{urgency}");
        let shown: BTreeSet<String> = pages.iter().flat_map(|page| page.attributes("tbody", "id")).collect();
        assert_eq!(shown, BTreeSet::from([urgency.clone()]), "the page groups as the database counts");
        sum += total(&pages[0]);
    }
    assert_eq!(sum, 142);
    // Due first, then worst.
    let overdue = staff.open("/findings?urgency=overdue").await.expect(200).all("tbody th a");
    assert!(overdue[0].contains("Critical") && overdue[11].contains("Low"), "{overdue:?}");
    // Without those that are done, of one vendor, from a severity on; the file holds what is listed.
    assert_eq!(total(&staff.open("/findings").await.expect(200)), 102);
    let narrow = staff.open("/findings?vendor=+LUMEN&severity=high&urgency=soon").await.expect(200);
    assert_eq!(total(&narrow), 12);
    let file = narrow.follow("Download as CSV").await.expect(200);
    assert_eq!(Sheet::of(&file).lines.len(), 12);
    assert!(staff.open("/findings?vendor=lu_en").await.expect(200).text().contains("No finding fits"));
    // The start page counts the same, and leads there.
    let today = staff.open("/").await.expect(200);
    for urgency in ["overdue", "verify"] {
        let count = today.all(&format!("section.todo:has(#g-{urgency}) header .mut")).remove(0);
        let link = today.attributes(&format!("section.todo:has(#g-{urgency}) > p a"), "href").remove(0);
        let list = staff.open(&link).await.expect(200);
        assert_eq!(total(&list).to_string(), count);
        let shown = today.attributes(&format!("section.todo:has(#g-{urgency}) li span a"), "href");
        assert_eq!(shown.len(), 10);
    }
}

/// An intake of a service with this number and tier.
fn intake_of(like: &Intake, ctx: &Ctx, service: uuid::Uuid, number: i32, tier: Tier) -> Intake {
    Intake { id: ctx.id(), service_id: service.into(), number, tier, ..like.clone() }
}

async fn vendors_are_filtered_by_what_their_rows_show(database: TestDatabase) {
    let (app, ctx) = scene(database).await;
    // A vendor of its own lends its intake.
    let client = app.signed_in(Role::Procurement).await;
    let lender = procurement::vendor(&client, "Lender").await;
    let lent = procurement::service(&client, &lender, "Lent").await;
    procurement::cv_screening(&client, &lent).await;
    let lent = lent.rsplit('/').next().unwrap().parse().unwrap();
    let like = store::intakes::current(ctx.scope(), lent).await.unwrap().unwrap();
    let residuals = [Some("low"), Some("moderate"), Some("high"), Some("critical"), None];
    let mut changes = Vec::new();
    for number in 0..VENDORS {
        let level = residuals[number % 5].map_or("NULL".to_owned(), |level| format!("'{level}'"));
        changes.push(set_snapshot(number, &format!("residual = {level}")));
    }
    change(&ctx, changes).await;
    let mut tx = ctx.begin_write().await.unwrap();
    let services = ctx.scope().find::<service::Entity>().filter(service::Column::Name.starts_with("Vendor"));
    let services = services.all(ctx.scope().connection()).await.unwrap();
    for (number, own) in services.iter().enumerate() {
        // The first intake says another tier than the second, and only the second counts.
        for (at, tier) in (1..).zip([Tier::ALL[(number + 1) % 4], Tier::ALL[number % 4]]) {
            store::intakes::insert(&mut tx, &intake_of(&like, &ctx, own.id, at, tier)).await.unwrap();
        }
        if number % 3 == 0 {
            // Another service, whose newer assessment is the worse or the better one.
            let other = service::Model {
                id: ctx.services().surroundings.uuid(),
                name: "Second".to_owned(),
                ..own.clone()
            };
            let tier = Tier::ALL[(number / 3) % 4];
            tx.insert::<service::Entity>(service::ActiveModel {
                id: Set(other.id),
                vendor_id: Set(other.vendor_id),
                name: Set(other.name),
                description: Set(None),
                created_at: Set(ctx.now()),
                version: Set(1),
                ..Default::default()
            })
            .await
            .unwrap();
            store::intakes::insert(&mut tx, &intake_of(&like, &ctx, other.id, 1, tier)).await.unwrap();
            let theirs = assessment::Column::VendorId.eq(other.vendor_id);
            let theirs = ctx.scope().find::<assessment::Entity>().filter(theirs);
            let one = theirs.one(ctx.scope().connection()).await.unwrap().unwrap();
            let one = store::assessments::assessment(&tx, one.id.into()).await.unwrap().unwrap();
            // Moved between services in turn: half of them replace the first one, half stand beside it.
            let service_id = if number % 2 == 0 { one.service_id } else { other.id.into() };
            let later = Some(ctx.now() + Duration::minutes(number as i64));
            let again = Assessment { id: ctx.id(), reference: format!("Again {number}"), service_id, ..one };
            store::assessments::insert(&mut tx, &again, ctx.user().id).await.unwrap();
            let handed_in = Assessment { submitted_at: later, submission_number: 1, ..again };
            store::assessments::update(&mut tx, &handed_in).await.unwrap();
            let like = store::scores::latest_snapshot(&tx, one.id).await.unwrap().unwrap();
            let new = store::scores::NewSnapshot {
                id: ctx.id(),
                assessment_id: handed_in.id,
                number: 1,
                reason: like.reason,
                submission_number: 1,
                inputs: like.inputs,
                score: like.score,
                created_at: ctx.now(),
                created_by: None,
            };
            store::scores::insert_snapshot(&mut tx, &new).await.unwrap();
        }
    }
    tx.commit_unaudited("test data").await.unwrap();
    let again = (0..VENDORS).step_by(3).filter_map(|number| Some((number, residuals[number / 3 % 5]?)));
    let again = again.map(|(number, level)| {
        let of = format!("(SELECT id FROM assessment WHERE reference = 'Again {number}')");
        format!("UPDATE score_snapshot SET residual = '{level}' WHERE assessment_id = {of}")
    });
    change(&ctx, again).await;

    let staff = app.signed_in(Role::RiskManager).await;
    // Rows and filters are computed apart; what the rows say decides.
    let shown = async |path: &str, column: &str| {
        let first = staff.open(path).await.expect(200);
        if first.all("tbody").is_empty() {
            return Vec::new();
        }
        let pages = all_pages(first, &staff).await;
        let cells = |page: &Page| -> Vec<(String, String)> {
            page.all("tbody th").into_iter().zip(page.all(&format!("td[data-th='{column}']"))).collect()
        };
        pages.iter().flat_map(cells).collect::<Vec<_>>()
    };
    for (field, column, levels) in [
        ("tier", "Highest tier", &["low", "medium", "high", "critical"][..]),
        ("residual", "Residual risk", &["low", "moderate", "high", "critical", "none"]),
    ] {
        let all = shown("/vendors", column).await;
        assert_eq!(all.len(), VENDORS + 1);
        let mut seen = 0;
        for level in levels {
            let found = shown(&format!("/vendors?{field}={level}"), column).await;
            let label = if *level == "none" { "Not assessed" } else { *level };
            let expected: Vec<_> =
                all.iter().filter(|(_, shown)| shown.eq_ignore_ascii_case(label)).cloned().collect();
            assert_eq!(found, expected, "{field} {level}");
            assert!(!found.is_empty(), "{field} {level}");
            seen += found.len();
        }
        assert_eq!(seen, all.len(), "{field}");
    }
    let both = shown("/vendors?tier=critical&residual=high&name=vendor", "Residual risk").await;
    assert!(!both.is_empty() && both.iter().all(|(_, shown)| shown == "High"), "{both:?}");
    assert!(shown("/vendors?residual=unheard", "Residual risk").await.is_empty());
}

async fn what_is_chosen_from_is_searched_and_keeps_what_was_chosen(database: TestDatabase) {
    let (app, ctx) = scene(database).await;
    let last = name(VENDORS - 1);
    let staff = app.signed_in(Role::RiskManager).await;
    // A service to assess.
    let page = staff.open("/assessments/new").await.expect(200);
    assert_eq!((page.all("select#service option").len(), total(&page)), (51, VENDORS));
    let next = page.follow("Next").await.expect(200);
    assert_eq!(next.all("select#service option").len(), 1 + VENDORS - 50);
    let found =
        staff.open(&format!("/assessments/new?vendor={}", encoded(&last.to_uppercase()))).await.expect(200);
    assert_eq!(
        found.all("select#service option"),
        ["Choose a service".to_owned(), format!("{last}, {last} Service (intake not answered)"),]
    );
    let service = found.attributes("select#service option", "value").remove(1);
    let refused = found.form("/assessments").set("service", &service).submit().await.expect(422);
    assert!(refused.text().contains("Answer the intake of this service first"));
    assert_eq!(refused.attributes("option[selected]", "value"), [service], "what was chosen stays");
    let none = staff.open("/assessments/new?vendor=nobody").await.expect(200);
    assert!(none.text().contains("No active vendor of such a name has a service."));

    // Assessments to compare: the latest of each service.
    let picker = staff.open("/compare").await.expect(200);
    assert_eq!(picker.all("input[name=assessment] + span").len(), 50);
    assert!(picker.text().contains(&format!("{VENDORS} assessments, the latest of each service.")));
    let second = staff.open("/compare?page=2").await.expect(200);
    assert_eq!(second.attributes("input[name=assessment]", "id").len(), VENDORS - 50);
    let first = picker.attributes("input[name=assessment]", "value").remove(0);
    let search = format!("/compare?page=1&assessment={first}&vendor={}", encoded(&last));
    let alone = staff.open(&format!("/compare?vendor=&assessment={first}&chosen=1")).await.expect(422);
    assert!(alone.text().contains("Choose at least two assessments"), "{}", alone.text());
    assert_eq!(alone.attributes("input[name=assessment][checked]", "value"), [&*first]);
    let searched = staff.open(&search).await.expect(200);
    assert_eq!(
        searched.attributes("input[name=assessment]", "value").len(),
        2,
        "the chosen one and the found one"
    );
    assert_eq!(searched.attributes("input[name=assessment][checked]", "value"), [&*first]);
    let other = searched.attributes("input[name=assessment]:not([checked])", "value").remove(0);
    let side =
        staff.open(&format!("/compare?assessment={first}&assessment={other}&vendor=x")).await.expect(200);
    assert_eq!(side.all("table.cmp.fixed1 thead th a").len(), 2);
    // What is no longer there cannot be chosen.
    change(&ctx, [set_assessment(0, "state = 'cancelled'")]).await;
    let picker = staff.open("/compare").await.expect(200);
    assert!(picker.text().contains(&format!("{} assessments", VENDORS - 1)));
    let olga = app.other_organisation().await;
    let foreign = olga.open(&format!("/compare?page=1&assessment={first}")).await.expect(200);
    assert!(!foreign.text().contains("Vendor 0"));
}

/// A text as a browser puts it into an address.
fn encoded(text: &str) -> String {
    text.replace(' ', "+")
}
