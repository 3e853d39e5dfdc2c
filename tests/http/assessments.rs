//! Preparing, sending, following, chasing and ending an assessment.

use crate::procurement;
use api::{
    domain::{Role, ids::AssessmentId},
    usecases::{SystemCtx, assessments, respondents},
};
use chrono::Duration;
use tests::{app::TestApp, browser::Page};

fn id_of(path: &str) -> AssessmentId {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn suggested_questionnaires_are_sent_to_a_contact_with_one_mail() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let path = procurement::sent(&client).await;
    let page = client.open(&path).await.expect(200);
    assert!(page.heading().starts_with("AIQ-") && page.text().contains("Queued"));
    app.run_jobs().await;
    let page = client.open(&path).await.expect(200);
    let text = page.text();
    for words in ["Invitation: Sent", "Code not verified yet", "No answer saved", "Priya Shah", "Tier High"] {
        assert!(text.contains(words), "{words} is missing:\n{text}");
    }
    let ctx = app.ctx(Role::Procurement).await;
    let view = assessments::view(&ctx, id_of(&path)).await.unwrap();
    assert_eq!(view.deliveries.len(), 1);
    assert!(view.assessment.facts["personal_data"] && view.assessment.facts["genai"]);
    assert!(
        view.questionnaires.iter().any(|line| line.questionnaire.definition.id == "supplier-security-core")
    );
}

#[tokio::test]
async fn leaving_out_a_suggestion_needs_a_reason_and_the_check_page_shows_what_will_be_seen() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let vendor = procurement::vendor(&client, "Lumen").await;
    let service = procurement::service(&client, &vendor, "Lumen Hire").await;
    let page = procurement::cv_screening(&client, &service).await;
    let page = page.form("/assessments").submit().await.expect(200);
    let only_core = |form: tests::browser::Form| form.set("questionnaire", "supplier-security-core");
    let page = only_core(page.form("/questionnaires")).submit().await.expect(422);
    assert!(page.text().contains("Enter why you leave out"));
    let form = only_core(page.form("/questionnaires"))
        .set("reason-ai-tool-risk", "The AI is switched off")
        .set("reason-genai-agent", "The AI is switched off");
    let page = form.submit().await.expect(200);
    let draft = page.form("/people").values();
    let fields = [("csrf", &*draft["csrf"][0]), ("version", &draft["version"][0]), ("key", "k-1")];
    let unready = client.post(&page.path.replace("/people", "/send"), &fields).await.expect(422);
    assert_eq!(unready.problem(), "incomplete");
    assert!(unready.text().contains("Choose who answers"), "{}", unready.text());
    let page = page.form("/people").set("due_on", "2026-11-23").submit().await.expect(422);
    assert!(page.text().contains("cannot lie in the past"));
    assert!(page.text().contains("Give the name and e-mail of who answers"), "there is no contact yet");
    let form = page.form("/people").set("due_on", "2026-12-11");
    let page =
        form.set("new_name", "Tom Okafor").set("new_email", "tom@lumen.example").submit().await.expect(200);
    let text = page.text();
    for words in [
        "Friday 11 December 2026",
        "The AI is switched off",
        "Tom Okafor, tom@lumen.example",
        "Dear Tom Okafor",
    ] {
        assert!(text.contains(words), "{words} is missing:\n{text}");
    }
    assert!(text.contains("••••"), "the secret is dots in the preview");
}

#[tokio::test]
async fn taking_what_the_intake_suggests_leads_on_to_whom_to_ask() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let vendor = procurement::vendor(&client, "Lumen").await;
    let service = procurement::service(&client, &vendor, "Lumen Hire").await;
    let page = procurement::cv_screening(&client, &service).await;
    assert!(page.text().contains("Ask these 3 questionnaires"), "{}", page.text());
    let people = page.form("/assessments").set("suggested", "yes").submit().await.expect(200);
    assert!(people.path.ends_with("/people"), "{}", people.path);
    assert!(people.text().contains("answers up to "), "{}", people.text());
    let questionnaires = client.open(&people.path.replace("/people", "/questionnaires")).await.expect(200);
    assert_eq!(questionnaires.form("/questionnaires").values()["questionnaire"].len(), 3);
    let viewer = app.signed_in(Role::Viewer).await;
    assert!(!viewer.open(&page.path).await.expect(200).text().contains("Ask these"));
}

#[tokio::test]
async fn the_intake_offers_the_people_of_the_organisation_as_accountable() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let vendor = procurement::vendor(&client, "Lumen").await;
    let service = procurement::service(&client, &vendor, "Lumen Hire").await;
    let page = client.open(&format!("{service}/intake/answer")).await.expect(200);
    let offered = page.attributes("datalist#INH-OWN-offers option", "value");
    assert_eq!(page.attributes("#INH-OWN", "list"), ["INH-OWN-offers"]);
    assert!(offered.iter().any(|one| one.contains('@')), "{offered:?}");
}

#[tokio::test]
async fn what_was_sent_says_so_until_the_first_answer_and_a_second_one_about_the_same_is_not_begun_unnoticed()
{
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let path = procurement::sent(&client).await;
    let page = client.open(&path).await.expect(200);
    assert!(page.text().contains("Sent to Priya Shah on "), "{}", page.text());
    let reference = page.heading();
    let page = client.open("/assessments/new").await.expect(200);
    let service = page.attributes("option[value]", "value").into_iter().find(|id| !id.is_empty()).unwrap();
    let page = page.form("/assessments").set("service", &service).submit().await.expect(200);
    let says = format!("{reference} about Lumen Hire was sent and is not decided yet");
    assert!(page.text().contains(&says), "{}", page.text());
    let page = page.form("/questionnaires").submit().await.expect(200);
    let page = page.form("/people").submit().await.expect(200);
    assert!(page.text().contains(&says), "{}", page.text());
    let ctx = app.ctx(Role::Procurement).await;
    let first = assessments::view(&ctx, id_of(&path)).await.unwrap().assessment;
    assessments::cancel(&ctx, first.id, first.version, "Sent twice").await.unwrap();
    let page = client.open(&page.path).await.expect(200);
    assert!(!page.text().contains("is not decided yet"), "it is over");
}

#[tokio::test]
async fn the_same_send_form_twice_sends_once() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let vendor = procurement::vendor(&client, "Lumen").await;
    procurement::contact(&client, &vendor, "Priya Shah", "priya@lumen.example").await;
    let service = procurement::service(&client, &vendor, "Lumen Hire").await;
    let page = procurement::cv_screening(&client, &service).await;
    let page = page.form("/assessments").submit().await.expect(200);
    let page = page.form("/questionnaires").submit().await.expect(200);
    let check = page.form("/people").submit().await.expect(200);
    let path = check.form("/send").submit().await.expect(200).path.clone();
    check.form("/send").submit().await.expect(200);
    let ctx = app.ctx(Role::Procurement).await;
    assert_eq!(assessments::view(&ctx, id_of(&path)).await.unwrap().deliveries.len(), 1);
}

#[tokio::test]
async fn a_sender_who_may_not_review_finds_a_risk_manager_chosen() {
    let app = TestApp::start().await;
    let contact = ("Priya Shah", "priya@lumen.example");
    for (sender, reviewer) in [(Role::Procurement, Role::RiskManager), (Role::Admin, Role::Admin)] {
        let client = app.signed_in(sender).await;
        let page = procurement::prepared(&client, sender.label(), "Lumen Hire", contact).await;
        let page = page.form("/questionnaires").submit().await.expect(200);
        assert!(!page.all(".hint").join(" ").contains("cannot give verdicts"), "{}", page.text());
        let chosen = page.form("/people").values()["reviewer"][0].clone();
        assert_eq!(chosen, app.ctx(reviewer).await.user().id.to_string());
    }
}

#[tokio::test]
async fn the_first_button_of_what_is_to_be_chased_reminds_the_lead_or_opens_the_links_again() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let path = procurement::sent(&client).await;
    app.run_jobs().await;
    let first = |page: &Page| page.all(".phead .pri");
    assert_eq!(first(&client.open(&path).await), [""; 0]);
    app.advance(Duration::days(4));
    let client = app.signed_in(Role::Procurement).await;
    let page = client.open(&path).await.expect(200);
    assert_eq!(first(&page), ["Remind Priya Shah"]);
    let page = page.form("/remind").submit().await.expect(200);
    assert_eq!(first(&page), [""; 0], "nobody can be reminded twice in a day");
    app.advance(Duration::days(60));
    respondents::expire_assessments(&SystemCtx::new(app.services.clone(), "test")).await.unwrap();
    let client = app.signed_in(Role::Procurement).await;
    assert_eq!(first(&client.open(&path).await.expect(200)), ["Move the due day"]);
    let reader = app.signed_in(Role::Viewer).await;
    assert_eq!(first(&reader.open(&path).await.expect(200)), [""; 0]);
}

#[tokio::test]
async fn a_second_reminder_within_a_day_is_refused_with_the_time_of_the_next() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let path = procurement::sent(&client).await;
    app.run_jobs().await;
    let page = client.open(&path).await.expect(200);
    page.form("/remind").submit().await.expect(200);
    app.run_jobs().await;
    let before = page;
    let page = client.open(&path).await.expect(200);
    assert!(page.try_form("/remind").is_none());
    assert!(page.text().contains("Can be reminded again from"), "{}", page.text());
    // A page that was open before still has the button.
    let refused = before.form("/remind").set("key", "another").submit().await.expect(409);
    assert!(refused.text().contains("The next reminder can go on"), "{}", refused.text());
    app.advance(Duration::minutes(50));
    client.open(&path).await.expect(200);
    let sent = app.mailbox.newest_first().len();
    assert_eq!(sent, 2, "one invitation, one reminder");
}

#[tokio::test]
async fn a_reissue_kills_older_secrets_and_at_most_ten_live() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let path = procurement::sent(&client).await;
    let ctx = app.ctx(Role::Procurement).await;
    let system = SystemCtx::new(app.services.clone(), "test");
    let view = assessments::view(&ctx, id_of(&path)).await.unwrap();
    let invitation = view.people[0].invitation.as_ref().unwrap();
    let (id, generation) = (invitation.id, invitation.generation);
    for _ in 0..12 {
        assert!(respondents::mint_link_secret(&system, app.tenant, id, generation).await.unwrap().is_some());
    }
    let scope = app.services.database.tenant(app.tenant);
    let live = api::store::respondents::live_secrets(&scope, id, generation).await.unwrap();
    assert_eq!(live.len(), 10);
    respondents::reissue(&ctx, id_of(&path), view.people[0].respondent.id, &tests::key()).await.unwrap();
    assert!(api::store::respondents::live_secrets(&scope, id, generation).await.unwrap().is_empty());
    // A mail that was being made for the old link's address gets no secret of the new one.
    assert!(respondents::mint_link_secret(&system, app.tenant, id, generation).await.unwrap().is_none());
    let page = client.open(&path).await.expect(200).follow("Revoke").await.expect(200);
    let page = page.form("/revoke").set("reason", "").submit().await.expect(422);
    page.form("/revoke").set("reason", "Wrong person").submit().await.expect(200);
    assert!(respondents::mint_link_secret(&system, app.tenant, id, generation + 1).await.unwrap().is_none());
}

#[tokio::test]
async fn an_expired_assessment_comes_back_when_extended_and_a_cancelled_one_does_not() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let path = procurement::sent(&client).await;
    let system = SystemCtx::new(app.services.clone(), "test");
    app.advance(Duration::days(31));
    assert_eq!(respondents::expire_assessments(&system).await.unwrap().expired, 1);
    assert_eq!(respondents::expire_assessments(&system).await.unwrap().expired, 0);
    let client = app.signed_in(Role::Procurement).await;
    let page = client.open(&path).await.expect(200);
    assert!(page.text().contains("The links have ended") && page.try_form("/remind").is_none());
    let page = page.follow("Move the due day").await.expect(200);
    let page = page.form("/extend").set("due_on", "2027-01-15").submit().await.expect(200);
    assert!(page.text().contains("15 Jan 2027") && page.try_form("/remind").is_some());
    let page = page.follow("Cancel").await.expect(200);
    let page = page.form("/cancel").set("reason", "Not needed any more").submit().await.expect(200);
    assert!(page.text().contains("Cancelled: Not needed any more"));
    client.open(&format!("{path}/extend")).await.expect(200);
    let ctx = app.ctx(Role::Procurement).await;
    let view = assessments::view(&ctx, id_of(&path)).await.unwrap();
    let refused = assessments::extend(&ctx, id_of(&path), view.assessment.version, "2027-02-01").await;
    assert!(refused.unwrap_err().to_string().contains("cancelled"));
}

#[tokio::test]
async fn another_person_takes_over_and_a_viewer_changes_nothing() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    let path = procurement::sent(&client).await;
    let page = client.open(&format!("{path}/people/add")).await.expect(200);
    let form = page.form("/people/add").set("new_name", "Mei Lin").set("new_email", "mei@lumen.example");
    let page = form.submit().await.expect(200);
    assert!(page.text().contains("Mei Lin"));
    let viewer = app.signed_in(Role::Viewer).await;
    let page = viewer.open(&path).await.expect(200);
    assert!(page.try_form("/remind").is_none());
    viewer.open(&format!("{path}/cancel")).await.expect(403);
    let other = app.other_organisation().await;
    other.open(&path).await.expect(404);
}

#[tokio::test]
async fn the_list_marks_what_is_late_and_takes_at_most_six_statements() {
    let app = TestApp::start().await;
    let client = app.signed_in(Role::Procurement).await;
    procurement::sent(&client).await;
    let (page, statements) = app.statements(client.open("/assessments")).await;
    assert!(page.text().contains("1 assessment, 0 late"));
    assert!(statements <= 6, "{statements} statements");
    app.advance(Duration::days(16));
    let client = app.signed_in(Role::Procurement).await;
    let page = client.open("/assessments?waits=late").await.expect(200);
    assert!(page.text().contains("1 assessment, 1 late"));
    assert_eq!(page.all("tbody tr").len(), 1);
}
