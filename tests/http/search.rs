//! Search: everything that is called so, and nothing of anybody else.

use crate::{procurement, seed::handed_in};
use api::{
    domain::Role,
    usecases::{
        findings,
        reviews::{self, GiveVerdict},
    },
};
use tests::{app::TestApp, browser::Page, database::TestDatabase, on_both_databases};

on_both_databases!(
    everything_is_found_by_what_it_is_called,
    words_are_taken_to_the_letter_and_cases_do_not_count,
    ten_of_each_kind_are_shown_and_the_others_counted,
);

/// Headings of the groups that were found.
fn groups(page: &Page) -> Vec<String> {
    page.all("main section h2")
}

/// What the rows of a group are called.
fn names(page: &Page, group: &str) -> Vec<String> {
    page.all(&format!("section[aria-labelledby={group}] li > :first-child"))
}

async fn everything_is_found_by_what_it_is_called(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let seeded = handed_in(&app, "Lumen", &[("SEC-GOV-01", "informal")]).await;
    let ctx = app.ctx(Role::RiskManager).await;
    let verdict = GiveVerdict { verdict: "accepted".to_owned(), answer_rev: 1, ..GiveVerdict::default() };
    reviews::give_verdict(&ctx, seeded.assessment, "SEC-GOV-01", verdict).await.unwrap();
    let gap = findings::RaiseFinding {
        title: "LUMEN has no  plan".to_owned(),
        severity: "high".to_owned(),
        key: "gap".to_owned(),
        ..findings::RaiseFinding::default()
    };
    findings::raise_by_hand(&ctx, seeded.assessment, gap).await.unwrap();
    let staff = app.signed_in(Role::RiskManager).await;
    let vendor = staff.open("/vendors").await.expect(200).attributes("tbody th a", "href").remove(0);
    procurement::contact(&staff, &vendor, "Lumena Shah", "priya@lumen.example").await;

    let page = staff.open("/search?q=lumen").await.expect(200);
    assert_eq!(page.heading(), "5 results for \u{201c}lumen\u{201d}");
    assert_eq!(groups(&page), ["Vendors", "Assessments", "Services", "Contacts", "Findings"]);
    assert_eq!(page.attributes("main section li > a", "href").len(), 5);
    let score = format!("{}/score", seeded.base());
    assert_eq!(page.attributes("section[aria-labelledby=assessments] .results a", "href"), [score]);
    let shown = page.all("section[aria-labelledby=assessments] .results").remove(0);
    assert!(
        shown.starts_with("Supplier security - core E ") && shown.contains("Why this score of"),
        "{shown}"
    );
    for href in page.attributes("main section li a", "href") {
        staff.open(&href).await.expect(200);
    }
    assert!(page.text().contains("Lumen, priya@lumen.example"));
    assert_eq!(names(&staff.open("/search?q=no+PLAN").await.expect(200), "findings"), ["LUMEN has no plan"]);

    let sent = procurement::sent_to(&staff, "Corvid AI", "Hiring", ("Cora", "cora@corvid.example")).await;
    let reference = staff.open(&sent).await.expect(200).heading();
    let page = staff.open(&format!("/search?q={}", reference.to_lowercase())).await.expect(200);
    assert_eq!(names(&page, "assessments"), ["Corvid AI, Hiring"]);
    assert!(page.text().contains(&format!("{reference}, sent")), "{}", page.text());
    assert_eq!(page.attributes("section[aria-labelledby=assessments] a", "href"), [sent]);
    assert_eq!(names(&staff.open("/search?q=aiq-").await.expect(200), "assessments"), ["Corvid AI, Hiring"]);

    // A question leads to the newest answer, if there is any.
    let asked = staff.open("/search?q=sec-gov-01").await.expect(200);
    let answer = asked.attributes("section[aria-labelledby=questions] a", "href").remove(0);
    assert_eq!(answer, format!("{}/review?show=all&q=SEC-GOV-01", seeded.base()));
    assert!(staff.open(&answer).await.expect(200).text().contains("SEC-GOV-01"));
    let open = staff.open("/search?q=sub-02").await.expect(200);
    assert!(open.text().contains("no vendor has answered it yet"));
    assert!(open.attributes("main section a", "href").is_empty());

    let olga = app.other_organisation().await;
    let theirs = olga.open("/search?q=lumen").await.expect(200);
    assert_eq!(theirs.heading(), "0 results for \u{201c}lumen\u{201d}");
    let theirs = olga.open("/search?q=sec-gov-01").await.expect(200);
    assert!(theirs.attributes("main section a", "href").is_empty(), "whoever answered it is not theirs");
    let nobody = app.anonymous().open("/search?q=lumen").await.expect(200);
    assert_eq!(nobody.path, "/sign-in");
}

async fn words_are_taken_to_the_letter_and_cases_do_not_count(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let staff = app.signed_in(Role::Procurement).await;
    let vendor = procurement::vendor(&staff, "Zeta_One 100% ÄRGER \"x\" O'Neil").await;
    procurement::contact(&staff, &vendor, "Ägir  Öst", "agir@zeta.example").await;
    procurement::service(&staff, &vendor, "ÉTUDE back\\slash").await;
    let found = async |query: &str| {
        let page = staff.open(&format!("/search?q={query}")).await.expect(200);
        groups(&page).iter().filter(|group| *group != "Questions").count()
    };
    for fits in [
        "a_o",
        "A_O",
        "0%25",
        "%C3%A4rger",
        "%22x%22",
        "o%27neil",
        "%C3%A4gir+%C3%96ST",
        "%C3%A4gir%00%0A%C3%B6st",
        "%C3%89tude",
        "%5Csl",
        "++eta_%09",
    ] {
        assert_eq!(found(fits).await, 1, "{fits}");
    }
    for nothing in ["%25%25", "a_x", "a__o", "%27+or+1%3D1", "zeta%00x", "%5C%5C"] {
        assert_eq!(found(nothing).await, 0, "{nothing}");
    }
}

async fn ten_of_each_kind_are_shown_and_the_others_counted(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let staff = app.signed_in(Role::Procurement).await;
    for number in 0..12 {
        procurement::vendor(&staff, &format!("Corvid & {number:02}")).await;
    }
    let page = staff.open("/search?q=corvid+%26").await.expect(200);
    assert_eq!(page.heading(), "12 results for \u{201c}corvid &\u{201d}");
    assert_eq!(names(&page, "vendors").len(), 10);
    assert!(page.text().contains("The first 10 of 12"));
    let all = page.follow("Search the list of vendors").await.expect(200);
    assert_eq!(all.all("tbody tr").len(), 12);
    // Of what is everywhere, a hundred are counted.
    let page = staff.open("/search?q=%3F").await.expect(200);
    assert_eq!(page.heading(), "More than 100 results for \u{201c}?\u{201d}");
    assert!(page.text().contains("The first 10 of more than 100"));
}

#[tokio::test]
async fn what_search_looks_at_is_said_and_too_much_is_refused() {
    let app = TestApp::start().await;
    let staff = app.signed_in(Role::Viewer).await;
    let looks = "Search looks at names (also of the models and sub-processors that vendors rely on), references, finding titles \
                 and question texts.";
    for nothing in ["/search", "/search?q=", "/search?q=%00%0B+"] {
        let page = staff.open(nothing).await.expect(200);
        assert_eq!(page.heading(), "Search");
        assert!(page.text().contains(looks) && !page.text().contains("Nothing is called"), "{nothing}");
    }
    let page = staff.open("/search?q=no%20such+thing").await.expect(200);
    assert!(page.text().contains(&format!("Nothing is called \u{201c}no such thing\u{201d}. {looks}")));
    assert_eq!(page.attributes("main input[name=q]", "value"), ["no such thing"]);
    staff.open(&format!("/search?q={}", "ä".repeat(100))).await.expect(200);
    for length in [101, 1_000] {
        let page = staff.open(&format!("/search?q={}", "a".repeat(length))).await.expect(422);
        assert!(page.text().contains("Search for at most 100 characters"), "{length}");
    }
    let markup = staff.open("/search?q=%3Cscript%3E").await.expect(200);
    assert_eq!(markup.heading(), "0 results for \u{201c}<script>\u{201d}");
}

#[tokio::test]
async fn every_staff_page_offers_search_and_so_does_a_missing_one() {
    let app = TestApp::start().await;
    let staff = app.signed_in(Role::Viewer).await;
    let today = staff.open("/").await.expect(200);
    assert_eq!(today.attributes("header form[role=search]", "action"), ["/search"]);
    let missing = staff.open("/vendors/0190a0a0-0000-7000-8000-000000000000").await.expect(404);
    assert_eq!(missing.attributes("main form", "action"), ["/search"]);
    let refused = staff.open("/users").await.expect(403);
    assert!(refused.attributes("main form", "action").is_empty());
}
