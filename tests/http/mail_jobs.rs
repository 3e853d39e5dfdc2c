//! Mails through the real worker and a mail server that misbehaves on request (M-01 to M-04).

use crate::procurement;
use api::{
    domain::{
        Role,
        delivery::{Delivery, DeliveryOutcome},
        ids::{AssessmentId, Id as _, RespondentId},
        job::Job,
    },
    mail::{Mailer, SmtpSettings, Tls},
    usecases::{
        Ctx, assessments, deliveries,
        respondents::{self, AddRespondent},
        vendors::ContactInput,
    },
};
use chrono::Duration;
use std::time::Instant;
use tests::{
    app::{TestApp, mailer_with, smtp_mailer, smtp_settings},
    certificates::Authority,
    mail_run,
    smtp::{Point, Rule, SmtpServer},
};

/// A sent assessment whose invitation to Priya Shah is not delivered yet.
struct Sent {
    app: TestApp,
    ctx: Ctx,
    path: String,
    id: AssessmentId,
}

async fn sent(server: &SmtpServer) -> Sent {
    sent_through(smtp_mailer(server)).await
}

async fn sent_through(mailer: Mailer) -> Sent {
    let app = TestApp::with_mailer(mailer).await;
    let path = procurement::sent(&app.signed_in(Role::Procurement).await).await;
    let ctx = app.ctx(Role::Procurement).await;
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    Sent { app, ctx, path, id }
}

impl Sent {
    async fn invite(&self, email: &str) -> RespondentId {
        let new = ContactInput {
            name: format!("Person {email}"),
            email: email.to_owned(),
            ..ContactInput::default()
        };
        respondents::add(&self.ctx, self.id, &AddRespondent { contact: None, new }, &tests::key())
            .await
            .unwrap()
    }

    /// The newest mail to the address.
    async fn delivery(&self, email: &str) -> Delivery {
        let view = assessments::view(&self.ctx, self.id).await.unwrap();
        let mut mails = view.deliveries.into_iter().filter(|mail| mail.to_address == email);
        mails.next().unwrap_or_else(|| panic!("no mail to {email}"))
    }

    async fn outcome(&self, email: &str) -> DeliveryOutcome {
        self.delivery(email).await.outcome
    }

    async fn refused(&self, email: &str) -> Option<String> {
        let view = assessments::view(&self.ctx, self.id).await.unwrap();
        let person = view.people.iter().find(|person| person.respondent.email == email).unwrap();
        person.refused_reason.clone()
    }

    async fn page(&self) -> String {
        self.app.signed_in(Role::Procurement).await.open(&self.path).await.expect(200).text()
    }
}

const PRIYA: &str = "priya@lumen.example";

#[tokio::test]
async fn m_01_of_500_invitations_made_while_the_mail_server_is_down_each_arrives_once_within_twenty_minutes()
{
    const INVITATIONS: usize = 500;
    let mut server = SmtpServer::start().await.unwrap();
    let sent = sent(&server).await;
    sent.app.run_jobs().await;
    server.stop().await;
    let begun = Instant::now();
    for number in 0..INVITATIONS {
        sent.invite(&format!("person{number}@lumen.example")).await;
    }
    let each = begun.elapsed() / u32::try_from(INVITATIONS).unwrap();
    assert!(each < std::time::Duration::from_millis(300), "an invitation waits for no mail server: {each:?}");
    for _ in 0..120 {
        sent.app.run_jobs().await;
        sent.app.advance(Duration::minutes(1));
    }
    let database = &sent.app.services.database;
    assert_eq!(database.count_jobs("ready").await.unwrap(), INVITATIONS as u64, "each will be tried again");
    assert_eq!(database.count_jobs("dead").await.unwrap(), 0);
    assert_eq!(server.kept().len(), 1, "Priya's, before the outage");

    server.restart().await.unwrap();
    for _ in 0..20 {
        sent.app.run_jobs().await;
        sent.app.advance(Duration::minutes(1));
    }
    let mut ids = std::collections::BTreeSet::new();
    let kept = server.kept();
    for mail in &kept {
        assert_eq!(mail.to.len(), 1, "one recipient a message: {:?}", mail.to);
        ids.insert(mail.parse().message_id().unwrap().to_owned());
    }
    let missing = |n: &usize| !kept.iter().any(|mail| mail.to[0] == format!("person{n}@lumen.example"));
    assert_eq!(
        (0..INVITATIONS).filter(missing).collect::<Vec<_>>(),
        Vec::<usize>::new(),
        "nobody is left out"
    );
    assert_eq!((kept.len(), ids.len()), (INVITATIONS + 1, INVITATIONS + 1), "and nobody hears twice");
    let view = assessments::view(&sent.ctx, sent.id).await.unwrap();
    assert!(view.deliveries.iter().all(|mail| mail.outcome == DeliveryOutcome::Sent));
    for state in ["ready", "leased", "dead"] {
        assert_eq!(database.count_jobs(state).await.unwrap(), 0, "{state}");
    }
}

#[tokio::test]
async fn an_outage_of_the_mail_server_holds_up_no_other_work() {
    let mut server = SmtpServer::start().await.unwrap();
    let app = TestApp::with_mail_server(&server).await;
    server.stop().await;
    mail_run::queue(&app, 8).await;
    app.run_jobs().await;
    let now = app.now();
    let (id, database) = (app.services.surroundings.id(), &app.services.database);
    database.enqueue_for_installation(id, &Job::ExpireAssessments, now, "test").await.unwrap();
    app.run_jobs().await;
    assert_eq!(database.count_jobs("done").await.unwrap(), 1);
    assert_eq!(database.count_jobs("ready").await.unwrap(), 8);
}

#[tokio::test]
async fn m_02_a_batch_whose_lease_ran_out_is_left_to_the_worker_that_took_it_over() {
    let server = SmtpServer::start().await.unwrap();
    server.add(Rule::at(Point::Rcpt).to("person0@northwind.example").times(1).hang());
    let app = TestApp::with_mail_server(&server).await;
    let begun = Instant::now();
    let addresses = mail_run::queue(&app, 8).await;
    let second = app.another_worker(tests::app::smtp_mailer(&server));
    let take_over = async {
        // The first worker has leased all eight and waits for an answer to its first mail.
        while !server.commands().iter().any(|line| line.contains("person0@")) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        app.advance(Duration::minutes(3));
        second.run_until_idle().await.unwrap();
    };
    futures_util::future::join(app.run_jobs(), take_over).await;
    let run = mail_run::counted(&app, &server, &addresses, begun.elapsed()).await;
    assert!(run.is_clean(), "{run:?}");
}

#[tokio::test]
async fn m_02_two_workers_deliver_two_hundred_mails_once_each() {
    let run = mail_run::run(200).await;
    assert!(run.is_clean(), "{run:?}");
}

#[tokio::test]
async fn m_03_each_answer_of_the_mail_server_ends_in_its_outcome() {
    let server = SmtpServer::start().await.unwrap();
    server.add(Rule::at(Point::Rcpt).to("grey@lumen.example").times(2).say("450 4.2.0 greylisted"));
    server.add(Rule::at(Point::Rcpt).to("later@lumen.example").say("452 4.2.2 mailbox full"));
    server.add(Rule::at(Point::Rcpt).to("gone@lumen.example").say("550 5.1.1 no such user"));
    server.add(Rule::at(Point::Rcpt).to("full@lumen.example").say("552 5.2.2 over quota"));
    server.add(Rule::at(Point::Dot).to("spam@lumen.example").say("554 5.7.1 looks like spam"));
    server.add(Rule::at(Point::Data).to("half@lumen.example").times(1).half("35"));
    server.add(Rule::at(Point::Dot).to("silent@lumen.example").times(1).hang_up());
    let sent = sent(&server).await;
    for name in ["grey", "later", "gone", "full", "spam", "half", "silent"] {
        sent.invite(&format!("{name}@lumen.example")).await;
    }
    sent.app.run_jobs().await;
    use DeliveryOutcome as D;
    for (name, outcome) in [
        ("priya", D::Sent),
        ("grey", D::Retry),
        ("later", D::Retry),
        ("gone", D::FailedPermanent),
        ("full", D::FailedPermanent),
        ("spam", D::FailedPermanent),
        ("half", D::Retry),
        // Rather an invitation twice than none.
        ("silent", D::Retry),
    ] {
        assert_eq!(sent.outcome(&format!("{name}@lumen.example")).await, outcome, "{name}");
    }

    // A mailbox that does not exist is never written to again, and the owner's page says why.
    let reason = sent.refused("gone@lumen.example").await.unwrap();
    assert!(reason.contains("5.1.1 no such user"), "{reason}");
    for name in ["full", "spam", "later"] {
        assert_eq!(sent.refused(&format!("{name}@lumen.example")).await, None, "{name}");
    }
    let page = sent.page().await;
    for words in [
        "Mail refused: The mail server refused the address: 5.1.1 no such user",
        "The mail server refused the address: 5.2.2 over quota",
        "The mail server refused the message: 5.7.1 looks like spam",
    ] {
        assert!(page.contains(words), "{words} is missing:\n{page}");
    }
    let view = assessments::view(&sent.ctx, sent.id).await.unwrap();
    let gone = view.people.iter().find(|person| person.respondent.email.starts_with("gone")).unwrap();
    let refused =
        respondents::remind(&sent.ctx, sent.id, gone.respondent.id, &tests::key()).await.unwrap_err();
    assert!(refused.to_string().contains("5.1.1"), "{refused}");

    // What passes is sent once it has passed; the full mailbox is tried for three days.
    for _ in 0..30 {
        sent.app.advance(Duration::minutes(1));
        sent.app.run_jobs().await;
    }
    for name in ["grey", "half", "silent"] {
        assert_eq!(sent.outcome(&format!("{name}@lumen.example")).await, D::Sent, "{name}");
    }
    assert_eq!(sent.delivery("grey@lumen.example").await.attempts, 3);
    assert_eq!(server.kept_for("grey@lumen.example").len(), 1);
    let twice: Vec<_> = server.kept_for("silent@lumen.example");
    assert_eq!(twice.len(), 2);
    assert_eq!(twice[0].parse().message_id(), twice[1].parse().message_id(), "mail programs see one");
    for _ in 0..80 {
        sent.app.advance(Duration::hours(1));
        sent.app.run_jobs().await;
    }
    assert_eq!(sent.outcome("later@lumen.example").await, D::FailedExpired);
    assert_eq!(sent.app.services.database.count_jobs("dead").await.unwrap(), 4, "gone, full, spam, later");
}

#[tokio::test]
async fn m_03_a_server_that_is_busy_at_the_greeting_gets_the_mail_later() {
    let server = SmtpServer::start().await.unwrap();
    server.add(Rule::at(Point::Greeting).times(1).say("421 4.3.2 too busy"));
    let sent = sent(&server).await;
    sent.app.run_jobs().await;
    let delivery = sent.delivery(PRIYA).await;
    assert_eq!((delivery.outcome, delivery.attempts), (DeliveryOutcome::Retry, 1));
    assert!(sent.page().await.contains("Deferred"));
    sent.app.advance(Duration::minutes(2));
    sent.app.run_jobs().await;
    let delivery = sent.delivery(PRIYA).await;
    assert_eq!((delivery.outcome, delivery.attempts), (DeliveryOutcome::Sent, 2));
    assert_eq!(server.kept().len(), 1);
}

#[tokio::test]
async fn m_03_a_refused_password_pauses_all_mail_and_harms_none() {
    let server = SmtpServer::start().await.unwrap();
    server.add(Rule::at(Point::Auth).say("535 5.7.8 authentication failed"));
    let sent = sent(&server).await;
    sent.invite("second@lumen.example").await;
    sent.app.run_jobs().await;
    let reason = deliveries::paused(&sent.app.services).await.unwrap().unwrap();
    assert!(reason.contains("5.7.8 authentication failed"), "{reason}");
    let connections = server.connections();
    sent.app.run_jobs().await;
    assert_eq!(server.connections(), connections, "nobody knocks meanwhile");
    for address in [PRIYA, "second@lumen.example"] {
        assert_eq!(sent.outcome(address).await, DeliveryOutcome::Queued);
    }
    assert_eq!(sent.app.services.database.count_jobs("ready").await.unwrap(), 2);

    server.forget_rules();
    sent.app.advance(Duration::minutes(16));
    sent.app.run_jobs().await;
    for address in [PRIYA, "second@lumen.example"] {
        assert_eq!(sent.outcome(address).await, DeliveryOutcome::Sent);
        assert_eq!(server.kept_for(address).len(), 1);
    }
    assert_eq!(deliveries::paused(&sent.app.services).await.unwrap(), None);
}

#[tokio::test]
async fn m_12_a_certificate_that_ran_out_pauses_all_mail_tells_the_admins_and_is_over_when_it_is_renewed() {
    let authority = Authority::new("Northwind Bank CA");
    let server = SmtpServer::with_starttls(&authority.issue_expired("127.0.0.1")).await.unwrap();
    let encrypted = |server: &SmtpServer| SmtpSettings {
        tls: Tls::StartTls,
        authorities: Some(authority.pem().into_bytes()),
        ..smtp_settings(server)
    };
    let sent = sent_through(mailer_with(encrypted(&server))).await;
    sent.app.run_jobs().await;
    assert_eq!(sent.outcome(PRIYA).await, DeliveryOutcome::Queued);
    assert_eq!(server.commands(), ["EHLO assay.northwind.example", "STARTTLS"], "no password, no mail");
    let page = sent.app.signed_in(Role::Admin).await.open("/jobs").await.expect(200).text();
    assert!(page.contains("All mail is paused") && page.contains("its certificate has expired"), "{page}");

    let renewed = SmtpServer::with_starttls(&authority.issue("127.0.0.1")).await.unwrap();
    let restarted = sent.app.another_worker(mailer_with(encrypted(&renewed)));
    sent.app.advance(Duration::minutes(16));
    restarted.run_until_idle().await.unwrap();
    assert_eq!(sent.outcome(PRIYA).await, DeliveryOutcome::Sent);
    assert_eq!(renewed.kept_for(PRIYA).len(), 1);
    assert_eq!(deliveries::paused(&sent.app.services).await.unwrap(), None);
}

#[tokio::test]
async fn m_03_a_reminder_that_may_have_arrived_is_not_sent_twice() {
    let server = SmtpServer::start().await.unwrap();
    let sent = sent(&server).await;
    sent.app.run_jobs().await;
    sent.app.advance(Duration::minutes(1));
    server.add(Rule::at(Point::Dot).times(1).hang_up());
    let view = assessments::view(&sent.ctx, sent.id).await.unwrap();
    respondents::remind(&sent.ctx, sent.id, view.people[0].respondent.id, &tests::key()).await.unwrap();
    for _ in 0..3 {
        sent.app.run_jobs().await;
        sent.app.advance(Duration::minutes(20));
    }
    assert_eq!(sent.outcome(PRIYA).await, DeliveryOutcome::Unknown);
    assert_eq!(server.kept_for(PRIYA).len(), 2, "the invitation and one reminder");
    assert!(sent.page().await.contains("May have been sent"));
}

#[tokio::test]
async fn m_04_one_bad_address_among_fifty_harms_no_other_and_nobody_sees_another() {
    let server = SmtpServer::start().await.unwrap();
    let sent = sent(&server).await;
    let mut broken = None;
    for number in 0..50 {
        let respondent = sent.invite(&format!("person{number}@lumen.example")).await;
        broken = (number == 17).then_some(respondent).or(broken);
    }
    // No form lets such an address in; a damaged row may still hold one.
    use api::store::Scoped as _;
    use entity::respondent::{Column, Entity};
    use sea_orm::{ColumnTrait as _, QueryFilter as _, sea_query::Expr};
    let tx = sent.ctx.begin_write().await.unwrap();
    let update = tx.update_many::<Entity>().col_expr(Column::Email, Expr::value("person17 at lumen"));
    update.filter(Column::Id.eq(broken.unwrap().uuid())).exec(tx.connection()).await.unwrap();
    tx.commit_unaudited("test data").await.unwrap();
    sent.app.run_jobs().await;

    let view = assessments::view(&sent.ctx, sent.id).await.unwrap();
    let failed: Vec<_> =
        view.deliveries.iter().filter(|mail| mail.outcome != DeliveryOutcome::Sent).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(
        (failed[0].outcome, failed[0].to_address.as_str()),
        (DeliveryOutcome::FailedPermanent, "person17@lumen.example")
    );
    let kept = server.kept();
    assert_eq!(kept.len(), 50, "Priya and 49 others");
    for mail in &kept {
        assert_eq!(mail.to.len(), 1);
        let raw = String::from_utf8_lossy(&mail.raw);
        let lines = |name: &str| raw.lines().filter(|line| line.to_lowercase().starts_with(name)).count();
        assert_eq!((lines("to:"), lines("cc:"), lines("bcc:")), (1, 0, 0));
        let others = (0..50).filter(|n| raw.contains(&format!("person{n}@"))).count();
        assert!(others <= 1, "somebody else's address is in the mail to {:?}", mail.to);
    }
}
