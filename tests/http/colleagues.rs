//! A lead of the vendor hands a part to a colleague: who is invited, what a helper can do and cannot, and what ends their
//! access.

use crate::{
    submission::ready_to_sign,
    vendor_side::{PRIYA, choose, come_in, give_code, invited, mailed_link},
};
use api::{
    domain::{Role, ids::AssessmentId},
    usecases::{assessments, respondents},
};
use tests::{
    app::TestApp,
    browser::{Client, Form, Page},
    database::TestDatabase,
    on_both_databases,
};

on_both_databases!(
    a_colleague_answers_over_a_link_of_their_own_and_submits_nothing,
    who_takes_a_leads_link_takes_those_of_their_colleagues,
);

const TOM: &str = "tom@lumen.example";

fn id_of(path: &str) -> AssessmentId {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

fn people(page: &Page) -> Vec<String> {
    page.all("aside .ppl li > span:last-child")
}

/// Whether this browser sees the questions.
async fn is_in(client: &Client) -> bool {
    client.open("/portal/tasks").await.heading().contains("questions left, due")
}

async fn form(lead: &Client, name: &str, email: &str) -> Form {
    let page = lead.open("/portal/people").await.expect(200);
    page.form("/portal/people").set("name", name).set("email", email)
}

/// Invites Tom, and comes in as him.
async fn tom_comes_in(app: &TestApp, lead: &Client) -> Client {
    let ask = "Please answer Encryption by Tuesday.";
    form(lead, "Tom Okafor", TOM).await.set("ask", ask).submit().await.expect(200);
    app.run_jobs().await;
    let tom = app.anonymous();
    give_code(app, &tom, &mailed_link(app, TOM), TOM).await.expect(200);
    tom
}

async fn a_colleague_answers_over_a_link_of_their_own_and_submits_nothing(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let (path, link) = invited(&app).await;
    let priya = come_in(&app, &link).await;
    let page = priya.open("/portal/tasks").await.expect(200);
    assert!(page.attributes("aside a", "href").contains(&"/portal/people".to_owned()));
    let tom = tom_comes_in(&app, &priya).await;
    assert!(is_in(&tom).await);
    let mails = app.mailbox.newest_first();
    let mail = mails.iter().find(|mail| mail.to.contains(TOM) && mail.text.contains("Encryption")).unwrap();
    assert_eq!(mail.subject, "Priya Shah asks for your help with questions about Lumen Hire");
    assert!(mail.text.contains("Priya Shah writes: Please answer Encryption by Tuesday."), "{}", mail.text);
    assert!(mail.text.contains("because Priya Shah named you as somebody who can help"), "{}", mail.text);

    choose(&tom, "SEC-CRY-01", "-unknown").await.expect(200);
    let seen = people(&priya.open("/portal/tasks").await.expect(200));
    assert!(seen[1].starts_with("Tom Okafor Helper Saved an answer at "), "{seen:?}");
    // A helper sends nothing and invites nobody.
    let check = tom.open("/portal/check").await.expect(200);
    assert!(check.text().contains("Only the lead of this questionnaire can send it."));
    let page = tom.open("/portal/people").await.expect(200);
    assert!(page.text().contains("Priya Shah invites others and submits the answers."));
    assert!(page.all("main form").is_empty(), "{}", page.body);
    let csrf = tom.open("/portal/questions/SEC-CRY-01").await.expect(200);
    let csrf = csrf.attributes("input[name=csrf]", "value").remove(0);
    for target in
        ["/portal/people".to_owned(), "/portal/people/00000000-0000-0000-0000-000000000000/remove".to_owned()]
    {
        tom.post(&target, &[("csrf", &*csrf)]).await.expect(403);
    }
    // The buyer sees who invited whom, and can write to them.
    let ctx = app.ctx(Role::Procurement).await;
    let view = assessments::view(&ctx, id_of(&path)).await.unwrap();
    let staff = app.signed_in(Role::Procurement).await;
    let progress = staff.open(&path).await.expect(200);
    assert_eq!(view.people.len(), 2);
    assert!(progress.text().contains("tom@lumen.example, helper of Priya Shah"), "{}", progress.text());
    assert!(progress.text().contains("Colleague invited by the vendor"));

    // Access ends at once, and what was answered stays.
    let page = priya.open("/portal/people").await.expect(200);
    let remove = page.attributes("main details form", "action").remove(0);
    page.form(&remove).submit().await.expect(200);
    assert!(!is_in(&tom).await);
    let page = priya.open("/portal/questions/SEC-CRY-01").await.expect(200);
    assert_eq!(page.attributes("input[checked]", "value"), ["-unknown"]);
    let lead = view.people.iter().find(|person| person.respondent.email == PRIYA).unwrap().respondent.id;
    let remove_priya = format!("/portal/people/{lead}/remove");
    let csrf = page.attributes("input[name=csrf]", "value").remove(0);
    priya.post(&remove_priya, &[("csrf", &*csrf)]).await.expect(404);
}

async fn who_takes_a_leads_link_takes_those_of_their_colleagues(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let (path, link) = invited(&app).await;
    let priya = come_in(&app, &link).await;
    let tom = tom_comes_in(&app, &priya).await;
    assert!(is_in(&tom).await && is_in(&priya).await);
    let ctx = app.ctx(Role::Procurement).await;
    let view = assessments::view(&ctx, id_of(&path)).await.unwrap();
    let lead = view.people.iter().find(|person| person.respondent.email == PRIYA).unwrap().respondent.id;
    respondents::revoke(&ctx, id_of(&path), lead, "Left the company.").await.unwrap();
    assert!(!is_in(&tom).await && !is_in(&priya).await);
}

#[tokio::test]
async fn an_invitation_is_refused_with_a_reason_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let priya = come_in(&app, &link).await;
    let before = app.rows().await;
    let page = form(&priya, "", "tom@").await.set("ask", "Encryption, please").submit().await.expect(422);
    let text = page.text();
    assert!(text.contains("Enter your colleague's name") && text.contains("Encryption, please"), "{text}");
    // Another domain: the lead has to say so.
    let page = form(&priya, "Tom Okafor", "tom@elsewhere.example").await.submit().await.expect(422);
    let text = page.text();
    assert!(text.contains("elsewhere.example is not lumen.example: tick this if"), "{text}");
    let twice = form(&priya, "Priya again", &PRIYA.to_uppercase()).await.submit().await.expect(422);
    assert!(twice.text().contains("This address was invited already"), "{}", twice.text());
    assert_eq!(before["respondent"], app.rows().await["respondent"]);
    page.form("/portal/people").set("outside", "yes").submit().await.expect(200);
    // The same form twice invites once.
    let once = form(&priya, "Mei Lin", "mei@lumen.example").await;
    once.clone().submit().await.expect(200);
    once.submit().await.expect(200);
    let page = priya.open("/portal/people").await.expect(200);
    assert_eq!(page.all(".ppl.rows li").len(), 3);
    for number in 3..20 {
        form(&priya, "Somebody", &format!("p{number}@lumen.example")).await.submit().await.expect(200);
    }
    let page = form(&priya, "One more", "more@lumen.example").await.submit().await.expect(409);
    assert!(page.text().contains("20 people were invited already"), "{}", page.text());
}

#[tokio::test]
async fn what_concerns_the_whole_is_mailed_to_leads() {
    let app = TestApp::start().await;
    let (priya, _, page) = ready_to_sign(&app).await;
    tom_comes_in(&app, &priya).await;
    let mails = || app.mailbox.newest_first().iter().filter(|mail| mail.to.contains(TOM)).count();
    let before = mails();
    page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    app.run_jobs().await;
    let newest = app.mailbox.newest_first();
    assert!(
        newest.iter().any(|mail| mail.to.contains(PRIYA) && mail.subject.starts_with("Sent: your answers"))
    );
    assert_eq!(mails(), before, "the receipt goes to the lead");
}
