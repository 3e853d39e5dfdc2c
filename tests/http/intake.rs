//! The intake of a service: tier with reasons, suggestions, and another tier.

use crate::procurement;
use api::domain::Role;
use tests::app::TestApp;

#[tokio::test]
async fn i2_the_intake_gives_the_tier_with_its_points_floors_facts_and_suggestions() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let vendor = procurement::vendor(&client, "Lumen").await;
    let service = procurement::service(&client, &vendor, "Lumen Hire").await;
    let page = procurement::cv_screening(&client, &service).await;
    let text = page.text();
    for words in [
        "54.6",
        "High",
        "83 of 152 points",
        "Floor F2: at least Medium",
        "Floor F6: at least High",
        "3 × 5 = 15",
        "The vendor holds or sees personal data",
        "Reassessment after 12 months",
        "Tier high: the vendor holds or sees our data",
        "The product contains AI, and the tier is high",
        "The AI generates content",
    ] {
        assert!(text.contains(words), "{words} is missing:\n{text}");
    }
}

#[tokio::test]
async fn unanswered_questions_are_named_and_contradictions_are_put_to_the_person() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let vendor = procurement::vendor(&client, "Lumen").await;
    let service = procurement::service(&client, &vendor, "Canteen").await;
    let page = client.open(&format!("{service}/intake/answer")).await.expect(200);
    let page = page.form("/intake").set("INH-DAT", "internal").submit().await.expect(422);
    assert!(page.text().contains("Question 2: an answer is needed"));
    assert_eq!(page.attributes("input[name=INH-DAT][checked]", "value"), ["internal"]);
    let answers = [
        ("INH-VOL", "k1"),
        ("INH-ACC", "none"),
        ("INH-CRT", "month"),
        ("INH-SUB", "trivial"),
        ("INH-REG", "none"),
        ("INH-LOC", "home"),
        ("INH-NTH", "few"),
        ("INH-AIE", "none"),
        ("INH-OWN", "Facilities"),
    ];
    let page = page.form("/intake").with(&answers).submit().await.expect(200);
    assert!(page.text().contains("7.2"), "I3 is 11 of 152");
    let words = "Questions 1 and 2: You count records of people, but say that the vendor sees no personal data. \
                 Records of people are personal data. Until the intake is answered again, each counts as it was answered.";
    assert!(page.text().contains(words), "{}", page.text());
    assert!(page.text().contains("Supplier security"));
    // The contexts were asked and need not be chosen; what AI may do counts only where there is AI.
    let answers = page.all(".done .a");
    let count = |words: &str| answers.iter().filter(|answer| *answer == words).count();
    assert_eq!((count("Optional, not answered"), count("Does not count here")), (1, 5), "{answers:?}");
}

#[tokio::test]
async fn a_higher_tier_holds_at_once_and_a_lower_one_waits_for_somebody_else_who_decides() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::RiskManager).await;
    let vendor = procurement::vendor(&client, "Lumen").await;
    let service = procurement::service(&client, &vendor, "Lumen Hire").await;
    let page = procurement::cv_screening(&client, &service).await;
    let page = page.form("/tier").set("tier", "critical").set("reason", "").submit().await.expect(422);
    assert!(page.text().contains("Enter the reason"));
    let page =
        page.form("/tier").set("tier", "critical").set("reason", "All hiring").submit().await.expect(200);
    assert!(page.text().contains("The answers give High"));
    let page = page.form("/tier").set("tier", "low").set("reason", "A pilot").submit().await.expect(200);
    assert!(page.text().contains("Lower tier waits for approval"));
    assert!(page.try_form("/tier/approve").is_none(), "whoever asked does not approve");
    let version = page.form("/tier/drop").values()["version"][0].clone();
    let csrf = page.form("/tier/drop").values()["csrf"][0].clone();
    let fields = [("csrf", csrf.as_str()), ("version", version.as_str())];
    client.post(&format!("{service}/tier/approve"), &fields).await.expect(403);
    let procurement = app.signed_in(Role::Procurement).await;
    assert!(procurement.open(&service).await.expect(200).try_form("/tier/approve").is_none());
    let admin = app.signed_in(Role::Admin).await;
    let page = admin.open(&service).await.expect(200).form("/tier/approve").submit().await.expect(200);
    assert!(page.text().contains("Ada Admin approved it"));
    assert!(page.text().contains("supplier") || page.text().contains("Supplier"));
}
