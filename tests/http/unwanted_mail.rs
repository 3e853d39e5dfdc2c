//! Who gets no mail: a person whose link was revoked, and an address that the mail server refused (M-08).

use crate::{
    submission::{answer_required, ready_to_sign},
    vendor_side::{PRIYA, choose, come_in, invited, options},
};
use api::{
    domain::{Role, delivery::DeliveryOutcome},
    usecases::{
        Ctx,
        findings::{self, RaiseFinding},
        respondents::{self, AddRespondent},
        reviews,
        vendors::ContactInput,
    },
};
use tests::app::TestApp;

const LEFT: &str = "left@lumen.example";
const GONE: &str = "gone@lumen.example";

/// Everybody who was sent a mail since, by address.
fn recipients(app: &TestApp, since: usize) -> Vec<String> {
    let mails = app.mailbox.newest_first();
    mails.iter().take(mails.len() - since).map(|mail| mail.to.clone()).collect()
}

#[tokio::test]
async fn m_08_nobody_whose_link_was_revoked_or_whose_address_was_refused_is_written_to() {
    let app = TestApp::start().await;
    let (path, link) = invited(&app).await;
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    let ctx: Ctx = app.ctx(Role::RiskManager).await;
    for email in [LEFT, GONE] {
        let new =
            ContactInput { name: "Somebody".to_owned(), email: email.to_owned(), ..ContactInput::default() };
        respondents::add(&ctx, id, &AddRespondent { contact: None, new }, &tests::key()).await.unwrap();
    }
    app.run_jobs().await;
    let view = api::usecases::assessments::view(&ctx, id).await.unwrap();
    let person = |email: &str| view.people.iter().find(|person| person.respondent.email == email).unwrap();
    respondents::revoke(&ctx, id, person(LEFT).respondent.id, "Left the company").await.unwrap();
    let mut tx = ctx.begin_write().await.unwrap();
    let contact = person(GONE).respondent.contact_id;
    api::store::vendors::set_refused(&mut tx, contact, "5.1.1 no such user").await.unwrap();
    tx.commit_unaudited("test data").await.unwrap();

    // From here on everything that tells the vendor something: receipt, questions, findings, their closing.
    let since = app.mailbox.newest_first().len();
    let vendor = come_in(&app, &link).await;
    let option = options(&vendor, "SEC-GOV-01").await.remove(0);
    choose(&vendor, "SEC-GOV-01", &option).await.expect(200);
    answer_required(&vendor).await;
    let hand_in = async || {
        let page = vendor.open("/portal").await.expect(200);
        let page = if page.try_form("/portal/submit").is_some() {
            page
        } else {
            vendor.open("/portal/submit").await
        };
        page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
        app.run_jobs().await;
    };
    hand_in().await;
    crate::vendor_side::ask_again(&ctx, id, "SEC-GOV-01", "Since when?").await;
    app.run_jobs().await;
    hand_in().await;
    reviews::finish_review(&ctx, id).await.unwrap();
    let raise = RaiseFinding {
        title: "No tested restore".to_owned(),
        severity: "high".to_owned(),
        key: tests::key(),
        ..RaiseFinding::default()
    };
    findings::raise_by_hand(&ctx, id, raise).await.unwrap();
    findings::send(&ctx, id).await.unwrap();
    app.run_jobs().await;
    let told = recipients(&app, since);
    let to = |email: &str| told.iter().filter(|to| to.contains(email)).count();
    assert!(to(PRIYA) >= 5, "code, two receipts, a question, a finding: {told:?}");
    assert_eq!((to(LEFT), to(GONE)), (0, 0), "{told:?}");
}

#[tokio::test]
async fn m_08_a_reminder_that_waits_while_the_vendor_hands_in_is_not_sent() {
    let app = TestApp::start().await;
    let (vendor, path, page) = ready_to_sign(&app).await;
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    let ctx: Ctx = app.ctx(Role::Procurement).await;
    let reminders = async || {
        let mails = api::usecases::assessments::view(&ctx, id).await.unwrap().deliveries;
        let reminders = mails.into_iter().filter(|mail| mail.kind == "mail_reminder");
        reminders.map(|mail| mail.outcome).collect::<Vec<_>>()
    };
    app.run_jobs().await;
    let since = app.mailbox.newest_first().len();
    let view = api::usecases::assessments::view(&ctx, id).await.unwrap();
    respondents::remind(&ctx, id, view.people[0].respondent.id, &tests::key()).await.unwrap();
    assert_eq!(reminders().await, [DeliveryOutcome::Queued]);
    page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
    app.run_jobs().await;
    assert_eq!(reminders().await, [DeliveryOutcome::Held]);
    let mails = app.mailbox.newest_first();
    let told: Vec<&str> = mails[..mails.len() - since]
        .iter()
        .filter(|mail| mail.to.contains(PRIYA))
        .map(|m| &*m.subject)
        .collect();
    assert_eq!(told.len(), 1, "the receipt alone: {told:?}");
    assert!(told[0].starts_with("Sent: your answers"), "{told:?}");
    vendor.open("/portal/receipt").await.expect(200);
}
