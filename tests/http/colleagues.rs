//! A lead of the vendor hands a part to a colleague: who is invited, what a helper can do and cannot, and what ends their
//! access.

use crate::{
    submission::ready_to_sign,
    vendor_side::{PRIYA, ask_again, choose, come_in, give_code, invited, mailed_link},
};
use api::{
    domain::{Role, ids::AssessmentId},
    usecases::{assessments, respondents},
};
use chrono::Duration;
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
    let done = form(lead, "Tom Okafor", TOM).await.set("ask", ask).submit().await.expect(200);
    assert!(
        done.text().contains("Invited. The mail with a link of their own is on its way."),
        "{}",
        done.text()
    );
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
    assert!(
        mail.text.contains("Priya Shah writes: \u{201c}Please answer Encryption by Tuesday.\u{201d}"),
        "{}",
        mail.text
    );
    assert!(mail.text.contains("because Priya Shah named you as contact for Lumen Hire"), "{}", mail.text);

    assert!(
        mail.headers.iter().any(|(name, value)| name == "Reply-To" && value.contains(PRIYA)),
        "what a colleague answers is not for the buyer"
    );

    choose(&tom, "SEC-CRY-01", "-unknown").await.expect(200);
    let seen = people(&priya.open("/portal/tasks").await.expect(200));
    assert!(seen[1].starts_with("Tom Okafor Helper Saved an answer at "), "{seen:?}");
    // A helper sees what is asked for, sends nothing and invites nobody.
    let text = tom.open("/portal/tasks").await.expect(200).text();
    assert!(text.contains("Priya Shah asks: \u{201c}Please answer Encryption by Tuesday.\u{201d}"), "{text}");
    assert!(text.contains("Tell Priya Shah when your part is done. Only they can submit"), "{text}");
    let check = tom.open("/portal/check").await.expect(200);
    assert!(check.text().contains("Only the lead of this questionnaire can send it."));
    let page = tom.open("/portal/people").await.expect(200);
    assert!(page.text().contains("Priya Shah invites others and submits the answers."));
    assert!(page.all("main form").is_empty(), "{}", page.body);
    let csrf = tom.open("/portal/questions/SEC-CRY-01").await.expect(200);
    let csrf = csrf.attributes("input[name=csrf]", "value").remove(0);
    for target in
        ["/portal/people".to_owned(), "/portal/people/00000000-0000-0000-0000-000000000000/revoke".to_owned()]
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
    let done = page.form(&remove).submit().await.expect(200);
    assert!(done.text().contains("Access taken away"), "{}", done.text());
    assert!(!is_in(&tom).await);
    let page = priya.open("/portal/questions/SEC-CRY-01").await.expect(200);
    assert_eq!(page.attributes("input[checked]", "value"), ["-unknown"]);
    let lead = view.people.iter().find(|person| person.respondent.email == PRIYA).unwrap().respondent.id;
    let remove_priya = format!("/portal/people/{lead}/revoke");
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
    let staff = app.signed_in(Role::Procurement).await;
    let page = staff.open(&format!("{path}/people/{lead}/revoke")).await.expect(200);
    assert!(page.text().contains("the colleagues whom Priya Shah invited: Tom Okafor."), "{}", page.text());
    page.form("/revoke").set("reason", "Left the company.").submit().await.expect(200);
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
    let page = form(&priya, "One more", "more@lumen.example").await.submit().await.expect(422);
    assert!(page.text().contains("20 people were invited already"), "{}", page.text());
}

#[tokio::test]
async fn what_concerns_the_whole_is_mailed_to_leads() {
    let app = TestApp::start().await;
    let (priya, path, page) = ready_to_sign(&app).await;
    let tom = tom_comes_in(&app, &priya).await;
    let mails = || app.mailbox.newest_first().iter().filter(|mail| mail.to.contains(TOM)).count();
    let before = mails();
    let receipt =
        page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    app.run_jobs().await;
    let newest = app.mailbox.newest_first();
    assert!(
        newest.iter().any(|mail| mail.to.contains(PRIYA) && mail.subject.starts_with("Sent: your answers"))
    );
    assert_eq!(mails(), before, "the receipt goes to the lead");
    // Asking to change what was submitted is for who submitted it.
    assert!(receipt.all("#amend form").len() == 1);
    let page = tom.open("/portal/receipt").await.expect(200);
    assert!(page.all("#amend form").is_empty());
    let csrf = tom.open("/portal/tasks").await.expect(200).attributes("input[name=csrf]", "value").remove(0);
    tom.post("/portal/amend", &[("csrf", &*csrf), ("reason", "A typo")]).await.expect(403);
    // Questions that are sent back are mailed to the lead, and the helper's link lasts as long as the lead's.
    let (ctx, id) = (app.ctx(Role::RiskManager).await, id_of(&path));
    app.advance(Duration::days(25));
    let before = mails();
    ask_again(&ctx, id, "SEC-GOV-01", "Which part?").await;
    app.run_jobs().await;
    assert_eq!(mails(), before);
    let view = assessments::view(&ctx, id).await.unwrap();
    let ends = view.people.iter().map(|person| person.invitation.as_ref().unwrap().ends_at);
    assert!(ends.clone().count() == 2 && ends.clone().all(|end| Some(end) == view.assessment.link_ends_at));
}

#[tokio::test]
async fn a_helper_becomes_a_lead_when_the_buyer_adds_them() {
    let app = TestApp::start().await;
    let (path, link) = invited(&app).await;
    let priya = come_in(&app, &link).await;
    let tom = tom_comes_in(&app, &priya).await;
    let page = priya.open("/portal/people").await.expect(200);
    let revoke = page.attributes("main details form", "action").remove(0);
    page.form(&revoke).submit().await.expect(200);
    let again = form(&priya, "Tom Okafor", TOM).await.submit().await.expect(422);
    assert!(again.text().contains("This person cannot be invited from here."), "{}", again.text());
    assert!(!is_in(&tom).await);

    let staff = app.signed_in(Role::Procurement).await;
    let page = staff.open(&format!("{path}/people/add")).await.expect(200);
    let offered = page.all("label.opt");
    assert!(offered.iter().any(|contact| contact.contains(TOM)), "{offered:?}");
    let contact = page.attributes("input[name=contact]", "value").remove(0);
    page.form("/people/add").set("contact", &contact).submit().await.expect(200);
    app.run_jobs().await;
    let tom = app.anonymous();
    give_code(&app, &tom, &mailed_link(&app, TOM), TOM).await.expect(200);
    let page = tom.open("/portal/people").await.expect(200);
    assert_eq!(page.all("main #invite").len(), 1, "a lead invites");
    let beside = people(&tom.open("/portal/tasks").await.expect(200));
    assert!(beside.contains(&"Tom Okafor (you) Lead, can submit".to_owned()), "{beside:?}");
    // He is nobody's helper any more.
    let ctx = app.ctx(Role::Procurement).await;
    let view = assessments::view(&ctx, id_of(&path)).await.unwrap();
    let lead = view.people.iter().find(|person| person.respondent.email == PRIYA).unwrap().respondent.id;
    respondents::revoke(&ctx, id_of(&path), lead, "Left the company.").await.unwrap();
    assert!(is_in(&tom).await);
}
