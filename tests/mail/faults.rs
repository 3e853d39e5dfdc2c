//! M-03 at the level of the transport: one misbehaviour of a mail server, one outcome. And M-04: it harms no other mail.

use std::time::Duration;

use api::mail::{SendOutcome, SettingsError, SmtpTransport, Tls};
use secrecy::SecretString;
use tests::smtp::{Point, Rule, SmtpServer};

use super::{mail, mailer, mailer_with, memory_mailer, noon, settings};

/// What one mail meets at a server with this one rule.
async fn meet(rule: Rule) -> (SendOutcome, SmtpServer) {
    let server = SmtpServer::start().await.unwrap();
    server.add(rule);
    let mailer = mailer(&server);
    let outcome = mailer.send(&mail(&mailer, "job-1", "priya@lumen.example"), noon).await;
    (outcome, server)
}

fn transient(code: Option<u16>, connection: bool, words: &str) -> impl Fn(&SendOutcome) -> bool {
    move |outcome| matches!(outcome, SendOutcome::Transient { reason, code: c, connection: n } if *c == code && *n == connection && reason.contains(words))
}

fn permanent(code: u16, suppress: bool, words: &str) -> impl Fn(&SendOutcome) -> bool {
    move |outcome| matches!(outcome, SendOutcome::Permanent { reason, code: Some(c), suppress_address: s } if *c == code && *s == suppress && reason.contains(words))
}

#[tokio::test]
async fn an_accepted_mail_is_sent_with_one_envelope_recipient() {
    let server = SmtpServer::start().await.unwrap();
    let mailer = mailer(&server);
    let outcome = mailer.send(&mail(&mailer, "job-1", "Priya@Lumen.Example"), noon).await;
    assert_eq!(outcome, SendOutcome::Sent { reply: "2.0.0 queued as 1".into() });
    let kept = server.kept();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].from, "assay@bank.example");
    assert_eq!(kept[0].to, ["Priya@lumen.example"]);
    assert_eq!(server.commands()[0], "EHLO assay.bank.example");
    assert_eq!(server.commands().last().unwrap(), "QUIT");
}

#[tokio::test]
async fn m03_421_at_the_greeting_is_tried_again() {
    let (outcome, server) = meet(Rule::at(Point::Greeting).say("421 4.3.2 too busy")).await;
    assert!(transient(Some(421), true, "not available")(&outcome), "{outcome:?}");
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn m03_greylisting_twice_then_accepted_delivers_once() {
    let server = SmtpServer::start().await.unwrap();
    server.add(Rule::at(Point::Rcpt).times(2).say("450 4.2.0 greylisted, come back"));
    let mailer = mailer(&server);
    let invitation = mail(&mailer, "job-1", "priya@lumen.example");
    for _ in 0..2 {
        let outcome = mailer.send(&invitation, noon).await;
        assert!(transient(Some(450), false, "4.2.0 greylisted")(&outcome), "{outcome:?}");
    }
    assert!(matches!(mailer.send(&invitation, noon).await, SendOutcome::Sent { .. }));
    assert_eq!(server.kept().len(), 1);
}

#[tokio::test]
async fn m03_452_is_tried_again() {
    let (outcome, _) = meet(Rule::at(Point::Rcpt).say("452 4.2.2 mailbox full")).await;
    assert!(transient(Some(452), false, "4.2.2 mailbox full")(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn m03_550_5_1_1_suppresses_the_address() {
    let (outcome, server) = meet(Rule::at(Point::Rcpt).say("550 5.1.1 no such user")).await;
    assert_eq!(
        outcome,
        SendOutcome::Permanent {
            reason: "The mail server refused the address: 5.1.1 no such user".into(),
            code: Some(550),
            suppress_address: true
        }
    );
    assert!(server.received().is_empty(), "no content is sent to a refused address");
}

#[tokio::test]
async fn m03_a_reply_of_several_lines_is_understood() {
    let (outcome, _) = meet(Rule::at(Point::Rcpt).say("550-5.1.1 no such user\r\n550 5.1.1 see help")).await;
    assert!(permanent(550, true, "5.1.1 no such user see help")(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn m03_552_and_554_fail_for_good_without_blaming_the_address() {
    let (outcome, _) = meet(Rule::at(Point::Rcpt).say("552 5.2.2 over quota")).await;
    assert!(permanent(552, false, "5.2.2 over quota")(&outcome), "{outcome:?}");
    let (outcome, server) = meet(Rule::at(Point::Dot).say("554 5.7.1 looks like spam")).await;
    assert!(permanent(554, false, "refused the message: 5.7.1 looks like spam")(&outcome), "{outcome:?}");
    assert!(server.kept().is_empty() && server.received().len() == 1);
}

#[tokio::test]
async fn m03_535_pauses_the_whole_transport() {
    let server = SmtpServer::start().await.unwrap();
    server.offer("AUTH PLAIN LOGIN");
    server.add(Rule::at(Point::Auth).say("535 5.7.8 authentication failed"));
    let mut with_password = settings(server.port());
    with_password.credentials = Some(("assay".into(), SecretString::from("canary-3f9a")));
    let mailer = mailer_with(with_password);
    let first = mailer.send(&mail(&mailer, "job-1", "priya@lumen.example"), noon).await;
    let SendOutcome::TransportPaused { reason } = &first else { panic!("{first:?}") };
    assert!(reason.contains("5.7.8 authentication failed") && !reason.contains("canary"), "{reason}");

    // The next mail does not even connect.
    let connections = server.connections();
    let second = mailer.send(&mail(&mailer, "job-2", "ravi@lumen.example"), noon).await;
    assert!(matches!(&second, SendOutcome::NotTried(wait) if wait.paused), "{second:?}");
    assert_eq!(server.connections(), connections);

    // An administrator repairs it: both go out.
    server.forget_rules();
    mailer.resume();
    for (job, to) in [("job-1", "priya@lumen.example"), ("job-2", "ravi@lumen.example")] {
        assert!(matches!(mailer.send(&mail(&mailer, job, to), noon).await, SendOutcome::Sent { .. }));
    }
    assert!(mailer.trouble().is_none());
}

#[tokio::test]
async fn a_server_that_wants_a_sign_in_first_pauses_the_transport() {
    let (outcome, _) = meet(Rule::at(Point::MailFrom).say("530 5.7.0 authentication required")).await;
    assert!(matches!(outcome, SendOutcome::TransportPaused { .. }), "{outcome:?}");
}

#[tokio::test]
async fn m03_a_missing_starttls_pauses_and_nothing_goes_out_readable() {
    let server = SmtpServer::start().await.unwrap();
    server.offer("AUTH PLAIN LOGIN");
    let mut starttls = settings(server.port());
    starttls.tls = Tls::StartTls;
    starttls.credentials = Some(("assay".into(), SecretString::from("canary-3f9a")));
    let mailer = mailer_with(starttls);
    let outcome = mailer.send(&mail(&mailer, "job-1", "priya@lumen.example"), noon).await;
    assert!(
        matches!(&outcome, SendOutcome::TransportPaused { reason } if reason.contains("STARTTLS")),
        "{outcome:?}"
    );
    assert!(
        server.commands().iter().all(|line| line.starts_with("EHLO") || line == "QUIT"),
        "{:?}",
        server.commands()
    );
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_where_tls_is_set_pauses_and_gets_no_password() {
    let server = SmtpServer::start().await.unwrap();
    server.offer("STARTTLS");
    let mut starttls = settings(server.port());
    starttls.tls = Tls::StartTls;
    starttls.credentials = Some(("assay".into(), SecretString::from("canary-3f9a")));
    let mailer = mailer_with(starttls);
    let outcome = mailer.send(&mail(&mailer, "job-1", "priya@lumen.example"), noon).await;
    assert!(matches!(outcome, SendOutcome::TransportPaused { .. }), "{outcome:?}");
    assert!(!server.commands().iter().any(|line| line.starts_with("AUTH")));
}

#[tokio::test]
async fn a_password_never_goes_unencrypted_to_another_machine() {
    let mut remote = settings(25);
    remote.host = "mail.bank.example".into();
    remote.credentials = Some(("assay".into(), SecretString::from("canary-3f9a")));
    let refused = SmtpTransport::new(remote.clone()).err().unwrap();
    assert_eq!(refused, SettingsError::PlainPassword("mail.bank.example".into()));
    remote.tls = Tls::StartTls;
    assert!(SmtpTransport::new(remote).is_ok());
}

#[tokio::test]
async fn m03_silence_after_the_dot_is_ambiguous() {
    let (outcome, server) = meet(Rule::at(Point::Dot).hang()).await;
    assert!(matches!(outcome, SendOutcome::Ambiguous { .. }), "{outcome:?}");
    assert_eq!(server.received().len(), 1, "the server has it");
}

#[tokio::test]
async fn m03_a_connection_lost_after_the_dot_is_ambiguous() {
    for rule in [Rule::at(Point::Dot).hang_up(), Rule::at(Point::Dot).half("25")] {
        let (outcome, server) = meet(rule).await;
        assert!(matches!(outcome, SendOutcome::Ambiguous { .. }), "{outcome:?}");
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn m03_half_a_reply_before_the_dot_is_tried_again() {
    for point in [Point::MailFrom, Point::Rcpt, Point::Data] {
        let (outcome, server) = meet(Rule::at(point).half("25")).await;
        assert!(transient(None, false, "lost")(&outcome), "{point:?}: {outcome:?}");
        assert!(server.received().is_empty());
    }
}

#[tokio::test]
async fn a_connection_lost_or_silent_before_the_dot_is_tried_again() {
    for (point, connection) in [
        (Point::Greeting, true),
        (Point::Ehlo, true),
        (Point::MailFrom, false),
        (Point::Rcpt, false),
        (Point::Data, false),
    ] {
        let (outcome, _) = meet(Rule::at(point).hang_up()).await;
        assert!(transient(None, connection, "")(&outcome), "{point:?}: {outcome:?}");
        let (outcome, _) = meet(Rule::at(point).hang()).await;
        assert!(transient(None, connection, "in time")(&outcome), "{point:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_connection_lost_while_the_content_is_written_is_tried_again() {
    // Larger than what the operating system buffers, so that writing it fails before the dot.
    let server = SmtpServer::start().await.unwrap();
    server.add(Rule::at(Point::Body).hang_up());
    let mailer = mailer(&server);
    let mut large = mail(&mailer, "job-1", "priya@lumen.example");
    large.text = ("A line. ".repeat(110) + "\n").repeat(27_000);
    let outcome = mailer.send(&large, noon).await;
    assert!(transient(None, false, "lost")(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn nobody_listening_is_tried_again_and_counts_for_the_circuit() {
    let mut server = SmtpServer::start().await.unwrap();
    server.stop().await;
    let mailer = mailer(&server);
    let outcome = mailer.send(&mail(&mailer, "job-1", "priya@lumen.example"), noon).await;
    assert!(transient(None, true, "could not be reached: connection refused")(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn m04_one_bad_address_among_fifty_harms_no_other_and_nobody_sees_another() {
    let server = SmtpServer::start().await.unwrap();
    server.add(Rule::at(Point::Rcpt).to("person17@lumen.example").say("550 5.1.1 no such user"));
    let mailer = mailer(&server);
    let mut refused = vec![];
    for n in 0..50 {
        let to = format!("person{n}@lumen.example");
        match mailer.send(&mail(&mailer, &format!("job-{n}"), &to), noon).await {
            SendOutcome::Sent { .. } => {}
            SendOutcome::Permanent { suppress_address: true, .. } => refused.push(n),
            other => panic!("{to}: {other:?}"),
        }
    }
    assert_eq!(refused, [17]);
    let kept = server.kept();
    assert_eq!(kept.len(), 49);
    for mail in &kept {
        assert_eq!(mail.to.len(), 1, "one envelope recipient");
        let raw = String::from_utf8(mail.raw.clone()).unwrap();
        let lines = |name: &str| raw.lines().filter(|l| l.to_lowercase().starts_with(name)).count();
        assert_eq!((lines("to:"), lines("cc:"), lines("bcc:")), (1, 0, 0));
        let parsed = mail.parse();
        let shown: Vec<_> = parsed.to().unwrap().iter().filter_map(|a| a.address()).collect();
        assert_eq!(shown, [mail.to[0].as_str()]);
        let others =
            (0..50).map(|n| format!("person{n}@")).filter(|other| raw.contains(other.as_str())).count();
        assert_eq!(others, 1, "only the recipient's own address occurs");
    }
}

#[tokio::test]
async fn a_fault_with_one_recipient_does_not_stop_the_others() {
    let server = SmtpServer::start().await.unwrap();
    server.add(Rule::at(Point::Rcpt).to("bad@lumen.example").hang_up());
    let mailer = mailer(&server);
    for n in 0..8 {
        let bad = mailer.send(&mail(&mailer, &format!("bad-{n}"), "bad@lumen.example"), noon).await;
        assert!(transient(None, false, "lost")(&bad), "{bad:?}");
        let good = mailer.send(&mail(&mailer, &format!("good-{n}"), "good@lumen.example"), noon).await;
        assert!(matches!(good, SendOutcome::Sent { .. }), "{good:?}");
    }
    assert_eq!(server.kept_for("good@lumen.example").len(), 8);
}

#[tokio::test]
async fn the_attempt_ends_in_time_when_the_server_hangs() {
    let server = SmtpServer::start().await.unwrap();
    server.add(Rule::at(Point::Rcpt).hang());
    let mailer = mailer(&server);
    let begun = std::time::Instant::now();
    mailer.send(&mail(&mailer, "job-1", "priya@lumen.example"), noon).await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_mail_that_cannot_be_built_fails_for_good_in_every_transport() {
    let server = SmtpServer::start().await.unwrap();
    let (memory, mailbox) = memory_mailer();
    for mailer in [mailer(&server), memory] {
        let mut broken = mail(&mailer, "job-1", "priya@lumen.example");
        broken.subject = "Two\r\nBcc: all@x.example".into();
        let outcome = mailer.send(&broken, noon).await;
        assert!(
            matches!(outcome, SendOutcome::Permanent { code: None, suppress_address: false, .. }),
            "{outcome:?}"
        );
    }
    assert_eq!(server.connections(), 0);
    assert!(mailbox.newest_first().is_empty());
}
