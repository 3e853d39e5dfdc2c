//! Several answers of a section are accepted in one decision, all of them or none.

use crate::{
    submission::declaration,
    vendor_side::{choose, options, respondent},
};
use api::domain::Role;
use tests::app::TestApp;

#[tokio::test]
async fn evidenced_answers_of_a_section_are_accepted_in_one_decision() {
    let app = TestApp::start().await;
    let (vendor, path) = respondent(&app).await;
    for question in ["SEC-GOV-01", "SEC-GOV-02", "SEC-GOV-03"] {
        let best = options(&vendor, question).await.remove(0);
        choose(&vendor, question, &best).await.expect(200);
        if question != "SEC-GOV-03" {
            let page = vendor.open(&format!("/portal/questions/{question}")).await.expect(200);
            let name = format!("{question}.txt");
            page.form("/evidence").file("file", &name, name.clone().into_bytes()).submit().await.expect(200);
        }
    }
    let page = declaration(&vendor).await;
    page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);

    let risk = app.signed_in(Role::RiskManager).await;
    let review = risk.open(&format!("{path}/review?show=all")).await.expect(200);
    let together = review.follow("Governance: 2").await.expect(200);
    assert_eq!(together.attributes("input[name=question]", "value"), ["SEC-GOV-01", "SEC-GOV-02"]);
    assert!(together.text().contains("SEC-GOV-01.txt") && !together.text().contains("SEC-GOV-03"));
    let form = || together.form("/accept-together");
    let nothing = form().without("question").submit().await.expect(422);
    assert!(nothing.text().contains("Tick at least one answer"), "{}", nothing.text());
    form().set("grade", "independent").submit().await.expect(422);
    // An answer of the section that has no evidence, and a revision that nobody has handed in.
    form().tick("question", "SEC-GOV-03").with(&[("rev.SEC-GOV-03", "1")]).submit().await.expect(412);
    form().set("rev.SEC-GOV-01", "7").submit().await.expect(412);
    let untouched = risk.open(&format!("{path}/review?show=all")).await.expect(200);
    assert!(untouched.text().contains("0 of"), "{}", untouched.text());

    let accepted = form().set("grade", "accepted").submit().await.expect(200);
    assert!(accepted.path.ends_with("/review?show=open"), "{}", accepted.path);
    assert!(accepted.text().contains("2 of"), "{}", accepted.text());
    for question in ["SEC-GOV-01", "SEC-GOV-02"] {
        let page = risk.open(&format!("{path}/review?show=all&q={question}")).await.expect(200);
        assert!(page.text().contains("Accepted by"), "{}", page.text());
        assert!(page.text().contains("3/4"), "the evidence counts as read");
    }
    form().submit().await.expect(412);
    let audit = risk.open("/audit").await.expect(200).text();
    assert_eq!(audit.matches("Answers of a section accepted").count(), 1 + 1, "one event, and the filter");
}
