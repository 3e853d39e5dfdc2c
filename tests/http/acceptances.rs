//! Living with a finding for a time: asked for by one, approved by another, ended by its last day.

use crate::seed::handed_in;
use api::{
    domain::{
        Role,
        finding::FindingState,
        ids::{AssessmentId, FindingId},
    },
    usecases::{
        Ctx, SystemCtx, acceptances, decisions,
        findings::{self, RaiseFinding},
        reviews, scores,
    },
};
use chrono::Duration;
use questionnaires::{definition::CriticalLevel, risk::residual::Recommendation};
use tests::{app::TestApp, browser::Page};

/// A finding of an assessment whose review has ended.
async fn raised(app: &TestApp) -> FindingId {
    let ctx = app.ctx(Role::RiskManager).await;
    let seeded = handed_in(app, "Lumen", &[]).await;
    reviews::finish_review(&ctx, seeded.assessment).await.unwrap();
    let raise = RaiseFinding {
        title: "No tested restore".to_owned(),
        severity: "high".to_owned(),
        key: tests::key(),
        ..RaiseFinding::default()
    };
    findings::raise_by_hand(&ctx, seeded.assessment, raise).await.unwrap()
}

async fn asked_for(page: &Page, last: &str) -> Page {
    let form = page.form("/accept-risk").set("reason", "The service ends in spring.");
    form.set("compensating", "No new data is entered.").set("ends_on", last).submit().await
}

async fn state(ctx: &Ctx, id: FindingId) -> FindingState {
    findings::open(ctx, id).await.unwrap().finding.state
}

#[tokio::test]
async fn z_13_a_risk_is_accepted_by_somebody_other_than_who_asked_and_opens_again_after_its_last_day() {
    let app = TestApp::start().await;
    let id = raised(&app).await;
    let (risk, admin) = (app.signed_in(Role::RiskManager).await, app.signed_in(Role::Admin).await);
    let at = format!("/findings/{id}");
    let last = (app.ctx(Role::Admin).await.today() + Duration::days(20)).to_string();
    let page = asked_for(&risk.open(&at).await.expect(200), &last).await.expect(200);
    assert!(page.text().contains("Waits for approval"), "{}", page.text());
    assert!(page.try_form("/approve-risk").is_none() && page.try_form("/accept-risk").is_none());
    assert!(admin.open("/").await.text().contains("Approve risk acceptances 1"));
    let assessment = findings::open(&app.ctx(Role::Admin).await, id).await.unwrap().finding.assessment_id;
    for list in ["/findings".to_owned(), format!("/assessments/{assessment}/findings")] {
        let text = risk.open(&list).await.expect(200).text();
        assert!(text.contains("Its risk acceptance waits for approval"), "{text}");
        assert!(!text.contains("Agree action"), "there is somebody else to wait for: {text}");
    }
    assert!(!risk.open("/").await.text().contains("Approve risk acceptances"), "one's own request");

    let offered = admin.open(&at).await.expect(200);
    let values = offered.form("/approve-risk").values();
    let own = page.form("/reject-risk").values();
    let fields = [("csrf", &*own["csrf"][0]), ("version", &*values["version"][0])];
    let refused = risk.post(&format!("{at}/approve-risk"), &fields).await.expect(409);
    assert!(refused.text().contains("somebody else has to approve it"), "{}", refused.text());

    let page = offered.form("/approve-risk").submit().await.expect(200);
    assert!(page.text().contains("Accepted until") && page.text().contains("20 days left, then it reopens"));
    let today = risk.open("/").await.text();
    assert!(!today.contains("Approve risk acceptances") && today.contains("Risk acceptances that end 1"));
    let board = risk.open("/findings?urgency=accepted").await.expect(200).text();
    assert!(board.contains("No tested restore") && board.contains("Accepted for a time"), "{board}");

    let vendor = risk.open("/vendors").await.expect(200).attributes("tbody a", "href").remove(0);
    let next = risk.open(&vendor).await.expect(200).all(".tm .next a");
    assert!(
        next.contains(&"Next: the acceptance of \u{201c}No tested restore\u{201d} ends".to_owned()),
        "{next:?}"
    );

    let system = SystemCtx::new(app.services.clone(), "test");
    let ctx = app.ctx(Role::RiskManager).await;
    app.advance(Duration::days(20));
    assert_eq!(acceptances::expire(&system).await.unwrap(), 0, "it holds on its last day");
    app.advance(Duration::days(1));
    assert_eq!(acceptances::expire(&system).await.unwrap(), 1);
    assert_eq!(acceptances::expire(&system).await.unwrap(), 0);
    assert_eq!(state(&ctx, id).await, FindingState::Open);
    let page = app.signed_in(Role::RiskManager).await.open(&at).await.expect(200);
    assert!(page.text().contains("State Expired") && page.try_form("/accept-risk").is_some());
}

#[tokio::test]
async fn a_request_says_what_is_wrong_with_it_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let id = raised(&app).await;
    let risk = app.signed_in(Role::RiskManager).await;
    let page = risk.open(&format!("/findings/{id}")).await.expect(200);
    let today = app.ctx(Role::RiskManager).await.today();
    for (last, words) in [
        (String::new(), "Enter the last day as a date"),
        (today.to_string(), "The last day has to lie ahead"),
        ((today + Duration::days(366)).to_string(), "at most a year"),
    ] {
        let refused = asked_for(&page, &last).await.expect(422);
        assert!(refused.text().contains(words), "{last}: {}", refused.text());
        assert_eq!(refused.form("/accept-risk").values()["reason"], ["The service ends in spring."]);
    }
    let form = page.form("/accept-risk").set("ends_on", &(today + Duration::days(365)).to_string());
    assert!(form.submit().await.expect(422).text().contains("Enter why the risk can be accepted"));
    let last = (today + Duration::days(365)).to_string();
    asked_for(&page, &last).await.expect(200);
    asked_for(&page, &last).await.expect(412);
    let ctx = app.ctx(Role::RiskManager).await;
    assert_eq!(findings::open(&ctx, id).await.unwrap().acceptances.len(), 1, "the same form asks once");
}

#[tokio::test]
async fn a_request_is_rejected_or_taken_back_and_an_acceptance_revoked_each_with_a_reason() {
    let app = TestApp::start().await;
    let id = raised(&app).await;
    let (risk, admin) = (app.signed_in(Role::RiskManager).await, app.signed_in(Role::Admin).await);
    let ctx = app.ctx(Role::RiskManager).await;
    let at = format!("/findings/{id}");
    let last = (ctx.today() + Duration::days(90)).to_string();
    let page = asked_for(&risk.open(&at).await.expect(200), &last).await.expect(200);
    assert!(page.text().contains("Take the request back"), "{}", page.text());
    page.form("/reject-risk").submit().await.expect(422);
    page.form("/reject-risk").set("reason", "Asked too early.").submit().await.expect(200);
    asked_for(&risk.open(&at).await.expect(200), &last).await.expect(200);
    let page = admin.open(&at).await.expect(200);
    let page = page.form("/reject-risk").set("reason", "Too long.").submit().await.expect(200);
    assert!(page.text().contains("Why rejected Too long."), "{}", page.text());
    assert_eq!(state(&ctx, id).await, FindingState::Open);
    asked_for(&risk.open(&at).await.expect(200), &last).await.expect(200);
    let page = admin.open(&at).await.expect(200);
    let page = page.form("/approve-risk").submit().await.expect(200);
    assert_eq!(state(&ctx, id).await, FindingState::Accepted);
    page.form("/revoke-risk").submit().await.expect(422);
    let page = page.form("/revoke-risk").set("reason", "An attack was seen.").submit().await.expect(200);
    assert!(page.text().contains("Why revoked An attack was seen."), "{}", page.text());
    assert_eq!(state(&ctx, id).await, FindingState::Open);
    let trail = app.signed_in(Role::Admin).await.open("/audit").await.expect(200).text();
    for act in ["asked for", "approved", "rejected", "revoked"] {
        assert!(trail.contains(&format!("Risk acceptance {act}")), "{act}");
    }
}

/// The failed blockers of an assessment.
async fn blockers(ctx: &Ctx, id: AssessmentId) -> Vec<String> {
    let (_, scored) = scores::score(ctx, id).await.unwrap();
    let failed = scored.unwrap().score.questionnaires.into_iter().flat_map(|one| one.knock_outs);
    failed.filter(|one| one.level == CriticalLevel::Blocker).map(|one| one.question).collect()
}

#[tokio::test]
async fn accepting_every_failed_blocker_lifts_stop_and_no_score_changes() {
    let app = TestApp::start().await;
    let (risk, admin) = (app.ctx(Role::RiskManager).await, app.ctx(Role::Admin).await);
    let id = handed_in(&app, "Lumen", &[("SEC-CRY-01", "none")]).await.assessment;
    reviews::finish_review(&risk, id).await.unwrap();
    let failed = blockers(&risk, id).await;
    assert!(failed.len() > 1, "{failed:?}");
    findings::raise_proposed(&risk, id, &failed).await.unwrap();
    let recommended = async || decisions::desk(&risk, id).await.unwrap().recommendation.unwrap();
    let shown = async || scores::score(&risk, id).await.unwrap().1.unwrap();
    let before = shown().await;
    assert_eq!(
        (recommended().await, before.recommendation),
        (Recommendation::Stop, Some(Recommendation::Stop))
    );
    let raised = findings::of_assessment(&risk, id).await.unwrap().raised;
    for (at, line) in raised.iter().enumerate() {
        assert_eq!(recommended().await, Recommendation::Stop, "{at} of {} accepted", raised.len());
        let (finding, version) = (line.finding.id, line.finding.version);
        let ask = acceptances::RequestAcceptance {
            reason: "For the pilot.".to_owned(),
            ends_on: (risk.today() + Duration::days(30)).to_string(),
            version,
            ..Default::default()
        };
        acceptances::request(&risk, finding, ask).await.unwrap();
        acceptances::approve(&admin, finding, version + 1).await.unwrap();
    }
    let after = shown().await;
    assert_eq!(recommended().await, Recommendation::DoNotProceed);
    assert_eq!(after.recommendation, Some(Recommendation::DoNotProceed));
    assert_eq!(after.score, before.score);
}
