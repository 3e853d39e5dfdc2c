//! Vendors, contacts and services.

use crate::procurement;
use api::domain::Role;
use tests::app::TestApp;

#[tokio::test]
async fn a_vendor_is_registered_edited_found_and_archived() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let list = client.open("/vendors").await.expect(200);
    assert!(list.text().contains("Vendors that you register will appear here"));
    let vendor = procurement::vendor(&client, "Lumen Analytics").await;
    let page = client.open(&format!("{vendor}/edit")).await.expect(200);
    let page = page.form("/edit").set("website", "https://lumen.example").submit().await.expect(200);
    assert!(page.text().contains("https://lumen.example"));
    let found = client.open("/vendors?name=LUMEN").await.expect(200);
    assert_eq!(found.all("tbody tr").len(), 1);
    let none = client.open("/vendors?name=corvid").await.expect(200);
    assert!(none.text().contains("No vendor fits"));
    let page = client.open(&format!("{vendor}/archive")).await.expect(200);
    page.form("/archive").submit().await.expect(200);
    assert!(client.open("/vendors").await.expect(200).text().contains("No vendor fits"));
    assert_eq!(client.open("/vendors?state=archived").await.expect(200).all("tbody tr").len(), 1);
}

#[tokio::test]
async fn the_list_is_by_name_and_what_is_looked_for_is_taken_to_the_letter() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    for name in ["Zeta_One", "ZetaXOne", "100% Alpha", "1000 Alpha", "Back\\slash"] {
        procurement::vendor(&client, name).await;
    }
    let listed =
        async |query: &str| client.open(&format!("/vendors{query}")).await.expect(200).all("tbody th");
    assert_eq!(listed("").await, ["100% Alpha", "1000 Alpha", "Back\\slash", "Zeta_One", "ZetaXOne"]);
    assert_eq!(listed("?name=0%25").await, ["100% Alpha"]);
    assert_eq!(listed("?name=A_o").await, ["Zeta_One"]);
    assert_eq!(listed("?name=%5C").await, ["Back\\slash"]);
    assert_eq!(listed("?page=9").await.len(), 5, "a page beyond the end is the last one");
    assert_eq!(listed("?residual=none&name=zeta").await, ["Zeta_One", "ZetaXOne"]);
}

#[tokio::test]
async fn every_fault_of_a_form_is_told_at_once_and_what_was_typed_stays() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let page = client.open("/vendors/new").await.expect(200);
    let page = page.form("/vendors").set("website", "lumen.example").submit().await.expect(422);
    assert!(page.text().contains("Enter the vendor's name") && page.text().contains("begins with https://"));
    assert_eq!(page.attributes("input[name=website]", "value"), ["lumen.example"]);
    let vendor = procurement::vendor(&client, "Lumen").await;
    let page = client.open("/vendors/new").await.expect(200);
    let page = page.form("/vendors").set("name", "  LUMEN ").submit().await.expect(422);
    assert!(page.text().contains("Lumen is registered already"));
    let page = client.open(&format!("{vendor}/contacts/new")).await.expect(200);
    let page =
        page.form("/contacts").set("name", "Priya").set("email", "a@b, c@d").submit().await.expect(422);
    assert!(page.text().contains("e-mail address like"));
}

#[tokio::test]
async fn the_same_form_twice_registers_once() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let page = client.open("/vendors/new").await.expect(200);
    let first = page.form("/vendors").set("name", "Lumen").submit().await.expect(200);
    let second = page.form("/vendors").set("name", "Lumen").submit().await.expect(200);
    assert_eq!(first.path, second.path);
    page.form("/vendors").set("name", "Corvid").submit().await.expect(422);
}

#[tokio::test]
async fn a_vendor_is_registered_with_its_first_service_and_the_intake_comes_next() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let page = client.open("/vendors/new").await.expect(200);
    let form = || page.form("/vendors").set("name", "Lumen");
    let long = form().set("service", &"x".repeat(121)).submit().await.expect(422);
    assert!(long.text().contains("service"), "{}", long.text());
    let first = form().set("service", "Lumen Triage").submit().await.expect(200);
    assert_eq!(first.heading(), "Intake of Lumen Triage");
    let second = form().set("service", "Lumen Triage").submit().await.expect(200);
    assert_eq!(first.path, second.path);
    let vendor = client.open("/vendors").await.expect(200).follow("Lumen").await.expect(200);
    assert_eq!(vendor.all("#services ~ ul b"), ["Lumen Triage"]);
    let start = vendor.follow("Start assessment").await.expect(200);
    assert!(start.text().contains("Lumen, Lumen Triage (intake not answered)"), "{}", start.text());
}

#[tokio::test]
async fn a_vendor_without_a_service_is_led_to_adding_one() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let vendor = procurement::vendor(&client, "Lumen").await;
    let page = client.open(&vendor).await.expect(200);
    assert_eq!(page.all(".phead .btn"), ["Add service"]);
    procurement::service(&client, &vendor, "Lumen Triage").await;
    let page = client.open(&vendor).await.expect(200);
    assert_eq!(page.all(".phead .btn"), ["Add service", "Start assessment"]);
}

#[tokio::test]
async fn a_stale_form_changes_nothing() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let vendor = procurement::vendor(&client, "Lumen").await;
    let stale = client.open(&format!("{vendor}/edit")).await.expect(200);
    stale.form("/edit").set("note", "first").submit().await.expect(200);
    stale.form("/edit").set("note", "second").submit().await.expect(412);
    let page = client.open(&vendor).await.expect(200);
    assert!(page.text().contains("first") && !page.text().contains("second"));
}

#[tokio::test]
async fn a_viewer_reads_and_another_organisation_finds_nothing() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let vendor = procurement::vendor(&client, "Lumen").await;
    let viewer = app.signed_in(Role::Viewer).await;
    let page = viewer.open(&vendor).await.expect(200);
    assert!(page.try_form("/archive").is_none() && !page.text().contains("Edit vendor"));
    viewer.open("/vendors/new").await.expect(403);
    let other = app.other_organisation().await;
    other.open(&vendor).await.expect(404);
    assert!(!other.open("/vendors").await.expect(200).text().contains("Lumen"));
}
