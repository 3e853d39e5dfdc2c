//! What follows a submission and a decision: who is told what, amending, reopening, and mails that were given up.

use crate::{
    doors::signed_in,
    seed::handed_in,
    submission::{declaration, ready_to_sign},
    vendor_side::{PRIYA, ask_again, choose, mailed_link, options, respondent},
};
use api::{
    domain::{Role, assessment::AssessmentState, ids::AssessmentId},
    usecases::{
        UseCaseError, assessments, decisions,
        findings::{self, AgreeAction, RaiseFinding, VerifyAction},
        respondents,
        reviews::{self, GiveVerdict, ReturnToVendor},
    },
};
use chrono::Duration;
use tests::{
    app::{TestApp, address},
    browser::Client,
    rows::differences,
};

fn id_of(path: &str) -> AssessmentId {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

async fn submitted(app: &TestApp) -> (Client, String, AssessmentId) {
    let (vendor, path, page) = ready_to_sign(app).await;
    page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    let id = id_of(&path);
    (vendor, path, id)
}

/// The text of the newest mail whose subject holds `words`.
fn mail(app: &TestApp, to: &str, words: &str) -> Option<String> {
    let mails = app.mailbox.newest_first();
    mails.into_iter().find(|mail| mail.to.contains(to) && mail.subject.contains(words)).map(|mail| mail.text)
}

#[tokio::test]
async fn the_notice_of_a_submission_says_what_to_look_at_first() {
    let app = TestApp::start().await;
    let (_, _, id) = submitted(&app).await;
    app.run_jobs().await;
    let ctx = app.ctx(Role::RiskManager).await;
    let desk = reviews::desk(&ctx, id).await.unwrap();
    let count: usize = desk.first_looks().iter().map(|(_, count)| count).sum();
    assert!(count > 3, "{count}");
    let text = mail(&app, "procurement@", &format!("{count} answers need a look")).unwrap();
    for (why, count) in desk.first_looks() {
        assert!(text.contains(&format!("{why}: {count}")), "{text}");
    }
    assert!(text.contains(&format!("Critical questions that failed: {}", desk.knock_outs().join(", "))));
}

#[tokio::test]
async fn whoever_reviews_from_now_on_hears_of_the_submission() {
    let app = TestApp::start().await;
    let (_, path, page) = ready_to_sign(&app).await;
    let staff = app.signed_in(Role::Procurement).await;
    let change = staff.open(&path).await.expect(200).follow("Change owner and reviewer").await.expect(200);
    let own = app.ctx(Role::Procurement).await.user().id.to_string();
    change.form("/owner").set("reviewer", &own).submit().await.expect(200);
    let change = staff.open(&format!("{path}/owner")).await.expect(200);
    assert!(change.text().contains("cannot give verdicts"), "{}", change.text());
    let change = change.form("/owner");
    let viewer = app.ctx(Role::Viewer).await.user().id.to_string();
    let refused = change.clone().set("reviewer", &viewer).submit().await.expect(422);
    assert!(refused.text().contains("This person cannot be the reviewer"), "{}", refused.text());
    let risk = app.ctx(Role::RiskManager).await;
    let reviewer = risk.user().id.to_string();
    let admin = app.ctx(Role::Admin).await;
    let changed = change.clone().set("reviewer", &reviewer).set("owner", &admin.user().id.to_string());
    let changed = changed.submit().await.expect(200);
    assert!(changed.text().contains(&format!("reviewer {}", risk.user().name)), "{}", changed.text());
    assert!(changed.text().contains("Owner and reviewer changed"), "{}", changed.text());
    let id = id_of(&path);
    let now = assessments::view(&admin, id).await.unwrap().assessment;
    assert_eq!((now.owner_id, now.reviewer_id), (admin.user().id, risk.user().id));
    change.set("reviewer", &reviewer).submit().await.expect(412);
    page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    app.run_jobs().await;
    assert!(mail(&app, &risk.user().email, "need a look").is_some());
    assert!(mail(&app, "procurement@", "need a look").is_none());
    let version = assessments::view(&admin, id).await.unwrap().assessment.version;
    assessments::cancel(&admin, id, version, "No longer needed").await.unwrap();
    staff.open(&format!("{path}/owner")).await.expect(409);
}

#[tokio::test]
async fn a_revoked_person_hears_nothing_of_the_submission() {
    let app = TestApp::start().await;
    let (_, path, page) = ready_to_sign(&app).await;
    let id = id_of(&path);
    let ctx = app.ctx(Role::Procurement).await;
    let mut add = respondents::AddRespondent::default();
    (add.new.name, add.new.email) = ("Tom Okafor".to_owned(), "tom@lumen.example".to_owned());
    let tom = respondents::add(&ctx, id, &add, &tests::key()).await.unwrap();
    app.run_jobs().await;
    respondents::revoke(&ctx, id, tom, "Wrong person").await.unwrap();
    page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    app.run_jobs().await;
    assert!(mail(&app, PRIYA, "Sent: your answers").is_some());
    assert_eq!(mail(&app, "tom@lumen.example", "Sent: your answers"), None);
}

#[tokio::test]
async fn the_vendor_asks_to_amend_and_can_even_after_the_link_would_have_ended() {
    let app = TestApp::start().await;
    let (vendor, path, id) = submitted(&app).await;
    let receipt = vendor.open("/portal/receipt").await.expect(200);
    receipt.form("/portal/amend").submit().await.expect(422);
    let asked = receipt.form("/portal/amend").set("reason", "The policy is new.").submit().await.expect(200);
    assert!(asked.text().contains("You have asked to change your answers"), "{}", asked.text());
    let csrf = receipt.attributes("input[name=csrf]", "value").remove(0);
    vendor.post("/portal/amend", &[("csrf", &csrf), ("reason", "Again")]).await.expect(409);
    app.run_jobs().await;
    assert!(mail(&app, "procurement@", "would like to change").unwrap().contains("The policy is new."));

    // Long after the link's end; a submitted assessment does not expire.
    app.advance(Duration::days(60));
    let staff = app.signed_in(Role::Procurement).await;
    let page = staff.open(&path).await.expect(200);
    assert!(page.text().contains("The vendor asks to amend") && page.text().contains("The policy is new."));
    page.form(&format!("{path}/amend")).submit().await.expect(200);
    app.run_jobs().await;
    assert!(mail(&app, PRIYA, "You can change your answers").is_some());
    let ctx = app.ctx(Role::Procurement).await;
    let view = assessments::view(&ctx, id).await.unwrap();
    assert_eq!(view.assessment.state, AssessmentState::InProgress);
    let invitation = view.people[0].invitation.clone().unwrap();
    assert!(invitation.ends_at > app.now() + Duration::days(13), "there is time to amend");
    let vendor = crate::vendor_side::come_in(&app, &mailed_link(&app, PRIYA)).await;
    let option = options(&vendor, "SEC-GOV-01").await.remove(1);
    choose(&vendor, "SEC-GOV-01", &option).await.expect(200);
}

#[tokio::test]
async fn a_reply_has_to_be_saved_before_replies_are_sent_and_the_due_day_is_that_of_the_replies() {
    let app = TestApp::start().await;
    let (vendor, path, id) = submitted(&app).await;
    let ctx = app.ctx(Role::RiskManager).await;
    app.advance(Duration::minutes(1));
    ask_again(&ctx, id, "SEC-GOV-01", "Which part is not covered?").await;
    let page = vendor.open("/portal/clarifications").await.expect(200);
    let nothing = page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await;
    let nothing = nothing.expect(422);
    assert!(nothing.text().contains("has no saved reply yet"));
    assert_eq!(nothing.heading(), "Northwind Bank has 1 follow-up question", "where it is answered");
    assert_eq!(nothing.form("/portal/submit").values()["role"], ["Lead"], "what was typed stays");
    let tasks = vendor.open("/portal/tasks").await.expect(200);
    assert_eq!(tasks.heading(), "1 follow-up question, due Sunday 20 December 2026");
    let staff = app.signed_in(Role::RiskManager).await.open(&path).await.expect(200).text();
    assert!(staff.contains("20 Dec 2026") && staff.contains("Which part is not covered?"), "{staff}");
    // The reminder speaks of the reply, not of the questions that were submitted.
    let view = assessments::view(&ctx, id).await.unwrap();
    app.advance(Duration::days(2));
    respondents::remind(&ctx, id, view.people[0].respondent.id, &tests::key()).await.unwrap();
    app.run_jobs().await;
    let reminder = mail(&app, PRIYA, "1 follow-up question left").unwrap();
    assert!(reminder.contains("due Sunday 20 December 2026"), "{reminder}");
}

#[tokio::test]
async fn the_reviewer_sees_which_words_of_an_answer_have_changed_and_what_that_does_to_the_score() {
    let app = TestApp::start().await;
    let (vendor, path) = respondent(&app).await;
    let answer = async |option: usize, note: &str| {
        let option = options(&vendor, "SEC-GOV-01").await.remove(option);
        let page = vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
        let form = page.form("/portal/questions/SEC-GOV-01").set("choice", &option).set("note", note);
        form.submit().await.expect(200);
    };
    answer(0, "Approved every year by the board.").await;
    let page = declaration(&vendor).await;
    page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    let ctx = app.ctx(Role::RiskManager).await;
    let score = reviews::desk(&ctx, id_of(&path)).await.unwrap().score.questionnaires.remove(0);
    let handed_in = [score.claimed.unwrap().display1(), score.rating.unwrap().to_string()];
    ask_again(&ctx, id_of(&path), "SEC-GOV-01", "How often?").await;
    answer(2, "Approved every month by the board.").await;
    let replies = vendor.open("/portal/clarifications").await.expect(200);
    replies.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    let staff = app.signed_in(Role::RiskManager).await;
    let review = staff.open(&format!("{path}/review?show=all&q=SEC-GOV-01")).await.expect(200);
    assert_eq!(review.all("#answer ins"), ["added: month"]);
    assert_eq!(review.all("#answer del"), ["removed: year"]);
    assert!(review.text().contains("Answer in submission 1"));
    // With the answer before, every figure is what it was when that was handed in.
    let figures = |page: &tests::browser::Page| {
        let cells = page.all("table.change td");
        let column = |at: usize| cells.iter().skip(at).step_by(2).cloned().collect::<Vec<_>>();
        (page.all("table.change tbody th"), column(0), column(1))
    };
    let (labels, before, now) = figures(&review);
    assert_eq!(labels, ["Credit", "Governance", "Claimed", "Rating"], "{}", review.text());
    assert_eq!((&before[0], &before[2..]), (&"1".to_owned(), &handed_in[..]));
    let shown = review.all("dl.worth dd");
    assert_eq!(
        (&now[0], &now[1], format!("{} {}", now[3], now[2])),
        (&shown[1], &shown[6], shown[7].clone())
    );
    assert_ne!(before[1..3], now[1..3]);
    let other = staff.open(&format!("{path}/review?show=all&q=SEC-GOV-02")).await.expect(200);
    assert!(!other.text().contains("Answer in submission 1"), "what did not change is shown once");
}

#[tokio::test]
async fn an_answer_that_the_vendor_left_as_it_was_when_asked_is_open_again() {
    let app = TestApp::start().await;
    let (vendor, path, id) = submitted(&app).await;
    let staff = app.signed_in(Role::RiskManager).await;
    let open = async || {
        let page = staff.open(&format!("{path}/review?show=open")).await.expect(200);
        let chip = page.all(".queue .chips a").into_iter().find(|chip| chip.starts_with("Open ")).unwrap();
        (chip, page.text().contains("vendor replied, no verdict yet"))
    };
    let (before, _) = open().await;
    ask_again(&app.ctx(Role::RiskManager).await, id, "SEC-GOV-01", "How often?").await;
    let (asked, _) = open().await;
    assert_ne!(before, asked, "what is asked waits for the vendor");
    let replies = vendor.open("/portal/clarifications").await.expect(200);
    replies.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    assert_eq!(open().await, (before, true));
}

#[tokio::test]
async fn nothing_is_returned_to_a_vendor_whom_nobody_can_reach() {
    let app = TestApp::start().await;
    let seeded = handed_in(&app, "Lumen Analytics", &[("SEC-GOV-01", "informal")]).await;
    let ctx = app.ctx(Role::RiskManager).await;
    let desk = reviews::desk(&ctx, seeded.assessment).await.unwrap();
    let ask = GiveVerdict {
        verdict: "asked".to_owned(),
        text: "Since when?".to_owned(),
        answer_rev: desk.inputs.revision("SEC-GOV-01"),
        ..GiveVerdict::default()
    };
    reviews::give_verdict(&ctx, seeded.assessment, "SEC-GOV-01", ask).await.unwrap();
    let desk = reviews::desk(&ctx, seeded.assessment).await.unwrap();
    let texts = desk.drafts().map(|draft| (draft.id, draft.text.clone())).collect();
    let version = desk.case.assessment.version;
    let batch = ReturnToVendor { texts, version, due_on: "2026-12-20".to_owned() };
    let refused = reviews::return_to_vendor(&ctx, seeded.assessment, batch).await.unwrap_err();
    assert!(matches!(&refused, UseCaseError::StateConflict(_)), "{refused:?}");
    let desk = reviews::desk(&ctx, seeded.assessment).await.unwrap();
    assert_eq!(desk.case.assessment.state, AssessmentState::InReview);
}

#[tokio::test]
async fn reopening_brings_closed_links_back_with_new_ones() {
    let app = TestApp::start().await;
    let (_, path, id) = submitted(&app).await;
    let ctx = app.ctx(Role::RiskManager).await;
    let desk = reviews::desk(&ctx, id).await.unwrap();
    for item in desk.missing() {
        let accept = GiveVerdict {
            verdict: "accepted".to_owned(),
            answer_rev: desk.inputs.revision(&item.question),
            ..GiveVerdict::default()
        };
        reviews::give_verdict(&ctx, id, &item.question, accept).await.unwrap();
    }
    reviews::finish_review(&ctx, id).await.unwrap();
    let version = assessments::view(&ctx, id).await.unwrap().assessment.version;
    let decide = decisions::Decide {
        outcome: "approved".to_owned(),
        summary: "Fit.".to_owned(),
        next_review_on: "2027-11-24".to_owned(),
        version,
        ..decisions::Decide::default()
    };
    decisions::decide(&ctx, id, decide).await.unwrap();
    let decided = app.signed_in(Role::RiskManager).await.open(&path).await.expect(200);
    assert!(decided.text().contains("Approved"), "{}", decided.text());
    app.advance(Duration::days(31));
    let system = api::usecases::SystemCtx::new(app.services.clone(), "test");
    assert_eq!(respondents::expire_assessments(&system).await.unwrap().closed, 1);
    let ctx = app.ctx(Role::RiskManager).await;
    let version = assessments::view(&ctx, id).await.unwrap().assessment.version;
    decisions::reopen(&ctx, id, version, "They changed hosts").await.unwrap();
    app.run_jobs().await;
    assert!(mail(&app, PRIYA, "again").is_some());
    crate::vendor_side::come_in(&app, &mailed_link(&app, PRIYA)).await;
}

#[tokio::test]
async fn what_a_verifier_notes_stays_here_and_why_an_action_was_rejected_reaches_the_vendor() {
    let app = TestApp::start().await;
    let (vendor, _, id) = submitted(&app).await;
    let ctx = app.ctx(Role::RiskManager).await;
    reviews::finish_review(&ctx, id).await.unwrap();
    let raise = RaiseFinding {
        title: "No tested restore".to_owned(),
        severity: "high".to_owned(),
        key: tests::key(),
        ..RaiseFinding::default()
    };
    let finding = findings::raise_by_hand(&ctx, id, raise).await.unwrap();
    findings::send(&ctx, id).await.unwrap();
    let version = || async { findings::open(&ctx, finding).await.unwrap().finding.version };
    let agree = AgreeAction {
        text: "Restore".to_owned(),
        owner_name: "Priya".to_owned(),
        due_on: "2026-12-18".to_owned(),
        version: version().await,
        ..AgreeAction::default()
    };
    findings::agree_action(&ctx, finding, agree).await.unwrap();
    findings::record_done(&ctx, finding, version().await, "They told us.").await.unwrap();
    findings::reject_action(&ctx, finding, version().await, "We need the log.").await.unwrap();
    app.run_jobs().await;
    assert!(mail(&app, PRIYA, "needs more proof").unwrap().contains("We need the log."));
    assert!(vendor.open("/portal/actions").await.expect(200).text().contains("We need the log."));

    findings::record_done(&ctx, finding, version().await, "They sent the log.").await.unwrap();
    let admin = app.ctx(Role::Admin).await;
    let verify = VerifyAction {
        reason: "Their word is not worth much, but the log is.".to_owned(),
        version: version().await,
        ..VerifyAction::default()
    };
    findings::verify_action(&admin, finding, verify).await.unwrap();
    let actions = vendor.open("/portal/actions").await.expect(200).text();
    assert!(
        actions.contains("Checked by Northwind Bank") && !actions.contains("not worth much"),
        "{actions}"
    );
}

#[tokio::test]
async fn z_13_whoever_recorded_an_action_as_done_cannot_verify_it() {
    let app = TestApp::start().await;
    let (_, _, id) = submitted(&app).await;
    let ctx = app.ctx(Role::RiskManager).await;
    reviews::finish_review(&ctx, id).await.unwrap();
    let raise = RaiseFinding {
        title: "No tested restore".to_owned(),
        severity: "high".to_owned(),
        key: tests::key(),
        ..RaiseFinding::default()
    };
    let finding = findings::raise_by_hand(&ctx, id, raise).await.unwrap();
    findings::send(&ctx, id).await.unwrap();
    let version = || async { findings::open(&ctx, finding).await.unwrap().finding.version };
    findings::record_done(&ctx, finding, version().await, "They told us.").await.unwrap();
    let at = format!("/findings/{finding}/verify");
    let version = version().await.to_string();
    let (recorder, csrf) = signed_in(&app, &address(Role::RiskManager)).await;
    let (other, other_csrf) = signed_in(&app, &address(Role::Admin)).await;
    let before = app.rows().await;
    let verify = async |client: &Client, csrf: &str| {
        let fields = [("csrf", csrf), ("reason", "The log shows it."), ("version", version.as_str())];
        client.post(&at, &fields).await
    };
    let refused = verify(&recorder, &csrf).await.expect(409);
    assert!(refused.text().contains("somebody else has to verify it"), "{}", refused.text());
    assert_eq!(differences(&before, &app.rows().await), Vec::<String>::new());
    verify(&other, &other_csrf).await.expect(303);
    assert!(!findings::open(&ctx, finding).await.unwrap().finding.state.is_open());
}

#[tokio::test]
async fn nothing_is_sent_while_the_intake_says_that_the_use_may_be_banned() {
    let app = TestApp::start().await;
    let staff = app.signed_in(Role::Procurement).await;
    let vendor = tests::procurement::vendor(&staff, "Lumen Analytics").await;
    tests::procurement::contact(&staff, &vendor, "Priya Shah", PRIYA).await;
    let service = tests::procurement::service(&staff, &vendor, "Lumen Triage").await;
    let tier = tests::procurement::cv_screening(&staff, &service).await;
    let page = tier.form("/assessments").submit().await.expect(200);
    let page = page.form("/questionnaires").submit().await.expect(200);
    let check = page.form("/people").submit().await.expect(200);
    let send = check.form("/send");
    let waits = "Sending waits until Legal has decided";
    assert!(!check.text().contains(waits));
    let again = staff.open(&format!("{}/intake/answer", tier.path)).await.expect(200);
    let tier = again.form("/intake").set("INH-PRO", "unsure").submit().await.expect(200);
    assert!(tier.text().contains(waits), "{}", tier.text());
    let check = staff.open(&check.path).await.expect(200);
    assert!(check.text().contains(waits) && check.try_form("/send").is_none(), "{}", check.text());
    let refused = send.submit().await.expect(422);
    assert!(refused.text().contains(waits), "{}", refused.text());
    app.run_jobs().await;
    assert!(app.mailbox.newest_first().is_empty());
}

#[tokio::test]
async fn an_admin_sees_what_was_given_up_and_has_it_tried_again() {
    let server = tests::smtp::SmtpServer::start().await.unwrap();
    use tests::smtp::{Point, Rule};
    server.add(Rule::at(Point::Rcpt).to("priya@lumen.example").say("552 5.2.2 over quota"));
    let app = TestApp::with_mail_server(&server).await;
    tests::procurement::sent(&app.signed_in(Role::Procurement).await).await;
    app.run_jobs().await;
    app.signed_in(Role::RiskManager).await.open("/jobs").await.expect(403);
    let admin = app.signed_in(Role::Admin).await;
    let page = admin.open("/jobs").await.expect(200);
    assert!(
        page.text().contains("Invitation") && page.text().contains("5.2.2 over quota"),
        "{}",
        page.text()
    );
    server.forget_rules();
    let page = page.form("/retry").submit().await.expect(200);
    assert!(page.text().contains("Nothing was given up"), "{}", page.text());
    app.run_jobs().await;
    assert_eq!(server.kept_for("priya@lumen.example").len(), 1);
}

#[tokio::test]
async fn while_mail_is_paused_the_start_page_and_the_page_of_jobs_say_why() {
    let server = tests::smtp::SmtpServer::start().await.unwrap();
    use tests::smtp::{Point, Rule};
    server.add(Rule::at(Point::Auth).say("535 5.7.8 authentication failed"));
    let app = TestApp::with_mail_server(&server).await;
    tests::procurement::sent(&app.signed_in(Role::Procurement).await).await;
    app.run_jobs().await;
    let admin = app.signed_in(Role::Admin).await;
    for path in ["/", "/jobs"] {
        let page = admin.open(path).await.expect(200);
        assert!(
            page.text().contains("All mail is paused") && page.text().contains("5.7.8"),
            "{}",
            page.text()
        );
    }
}
