//! Filters that a person keeps: shown above the list, for that person alone.

use crate::procurement;
use api::domain::Role;
use entity::saved_view;
use sea_orm::PaginatorTrait as _;
use tests::{
    app::TestApp,
    browser::{Client, Page},
    database::TestDatabase,
    on_both_databases,
};

on_both_databases!(
    a_filter_is_kept_shown_replaced_and_removed,
    a_view_is_its_owners_alone,
    twenty_views_of_a_list_are_kept,
);

fn chips(page: &Page) -> Vec<String> {
    page.all("nav[aria-label='Saved views'] > a")
}

fn current(page: &Page) -> Vec<String> {
    page.all("nav[aria-label='Saved views'] > a[aria-current=page]")
}

/// Opens a list with this filter and keeps it.
async fn save(client: &Client, path: &str, name: &str) -> Page {
    let page = client.open(path).await.expect(200);
    page.form("/views").set("name", name).submit().await
}

async fn a_filter_is_kept_shown_replaced_and_removed(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let staff = app.signed_in(Role::Procurement).await;
    procurement::sent_to(&staff, "Corvid AI", "Hiring", ("Cora", "cora@corvid.example")).await;
    let me =
        staff.open("/assessments").await.expect(200).attributes("select#owner option", "value").remove(1);
    for (list, filter, other) in [
        ("/vendors", "name=corvid+%26&tier=high".to_owned(), "state=archived"),
        ("/assessments", format!("state=in_progress&owner={me}"), "waits=late"),
        ("/findings", "vendor=corvid&severity=high&urgency=soon&state=all".to_owned(), "severity=critical"),
    ] {
        let plain = staff.open(list).await.expect(200);
        assert!(chips(&plain).is_empty() && plain.try_form("/views").is_none(), "{list}: nothing to keep");
        // What the list does not know, and which page it was, is left out.
        let kept = save(&staff, &format!("{list}?page=3&{filter}&x=1"), " Mine & yours ").await.expect(200);
        assert_eq!(
            (chips(&kept), current(&kept)),
            (vec!["All".to_owned(), "Mine & yours".to_owned()], vec!["Mine & yours".to_owned()])
        );
        assert!(
            kept.path.starts_with(list) && !kept.path.contains("page") && !kept.path.contains("x=1"),
            "{}",
            kept.path
        );
        assert!(kept.try_form("/views").is_none(), "it is kept already");
        let all = kept.follow("All").await.expect(200);
        assert_eq!((&*all.path, current(&all)), (list, vec!["All".to_owned()]));
        let again = all.follow("Mine & yours").await.expect(200);
        assert_eq!(again.path, kept.path);
        for (name, value) in [("tier", "high"), ("owner", &*me), ("urgency", "soon")] {
            let chosen = again.attributes(&format!("select[name={name}] option[selected]"), "value");
            assert!(chosen.is_empty() || chosen == [value], "{list}: {name} is {chosen:?}");
        }

        // The same name again, in other letters, takes its place.
        let replaced = save(&staff, &format!("{list}?{other}"), "MINE & yours").await.expect(200);
        assert_eq!(chips(&replaced), ["All", "MINE & yours"]);
        assert_eq!(replaced.path, format!("{list}?{other}"));
        let gone = replaced.form("/remove").submit().await.expect(200);
        assert_eq!((&*gone.path, chips(&gone).len()), (list, 0));
    }
}

async fn a_view_is_its_owners_alone(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let staff = app.signed_in(Role::Viewer).await;
    let kept = save(&staff, "/findings?severity=high", "High").await.expect(200);
    let remove = kept.attributes("form[action$='/remove']", "action").remove(0);
    for other in [app.signed_in(Role::Admin).await, app.other_organisation().await] {
        let page = other.open("/findings?severity=high").await.expect(200);
        assert!(chips(&page).is_empty());
        let csrf = page.attributes("input[name=csrf]", "value").remove(0);
        other.post(&remove, &[("csrf", &csrf)]).await.expect(404);
        let own = save(&other, "/findings?severity=critical", "High").await.expect(200);
        assert_eq!(own.path, "/findings?severity=critical", "a name of their own");
    }
    assert_eq!(chips(&staff.open("/findings").await.expect(200)), ["All", "High"]);
    assert!(chips(&staff.open("/assessments").await.expect(200)).is_empty(), "of another list");
    let csrf = kept.attributes("input[name=csrf]", "value").remove(0);
    staff.post(&remove, &[("csrf", "x")]).await.expect(403);
    staff.post(&remove, &[("csrf", &csrf)]).await.expect(200);
    staff.post(&remove, &[("csrf", &csrf)]).await.expect(404);
}

async fn twenty_views_of_a_list_are_kept(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let staff = app.signed_in(Role::Viewer).await;
    for number in 0..20 {
        save(&staff, &format!("/findings?vendor=v{number}"), &format!("View {number}")).await.expect(200);
    }
    let refused = save(&staff, "/findings?vendor=more", "One more").await.expect(422);
    assert!(refused.text().contains("You keep 20 views of this list. Remove one before you save another"));
    assert_eq!(refused.attributes("main input[name=name]", "value"), ["One more"], "what was typed stays");
    // One of them may still change, and other lists have room.
    let changed = save(&staff, "/findings?vendor=more", "View 7").await.expect(200);
    assert_eq!(current(&changed), ["View 7"]);
    save(&staff, "/assessments?state=decided", "One more").await.expect(200);
    let all = app.services.database.across_tenants("test");
    assert_eq!(all.find::<saved_view::Entity>().count(all.connection()).await.unwrap(), 21);
    changed.form("/remove").submit().await.expect(200);
    save(&staff, "/findings?vendor=again", "One more").await.expect(200);
}

#[tokio::test]
async fn every_fault_of_a_view_is_told() {
    let app = TestApp::start().await;
    let staff = app.signed_in(Role::Viewer).await;
    let page = staff.open("/findings?severity=high").await.expect(200);
    let form = |name: &str| page.form("/views").set("name", name);
    for (name, fault) in [
        (" ", "Enter a name for the view"),
        (&*"n".repeat(41), "Shorten a name for the view to at most 40 characters"),
        ("a\nb", "Write a name for the view in one line"),
    ] {
        let refused = form(name).submit().await.expect(422);
        assert!(refused.text().contains(fault), "{name}: {}", refused.text());
    }
    let nothing = form("Name").set("query", "unheard=1&page=2&urgency=huge").submit().await.expect(422);
    assert!(nothing.text().contains("Choose a filter before you save it as a view"));
    let long = form("Name").set("query", &format!("vendor={}", "a".repeat(500))).submit().await.expect(422);
    assert!(long.text().contains("This filter is too long to save"));
    form("Name").set("list", "users").submit().await.expect(422);
    // From the page that tells the fault one can go on.
    let refused = form("").submit().await.expect(422);
    let kept = refused.form("/views").set("name", "High").submit().await.expect(200);
    assert_eq!(current(&kept), ["High"]);
}
