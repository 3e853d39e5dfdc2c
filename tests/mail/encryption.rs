//! The way to a mail server that speaks TLS (M-12): who is believed, and that nobody else is given anything.

use api::mail::{SendOutcome, SettingsError, SmtpSettings, SmtpTransport, Tls};
use secrecy::SecretString;
use tests::certificates::{Authority, ServerCertificate};
use tests::smtp::{Point, Rule, SmtpServer};

use super::{mail, mailer_with, noon, settings};

/// The name in every certificate that fits: certificates carry IP numbers too.
const HOST: &str = "127.0.0.1";
const PASSWORD: &str = "canary-3f9a";

/// Settings for this server, with a password and an authority that is believed.
fn encrypted(server: &SmtpServer, tls: Tls, authority: &Authority) -> SmtpSettings {
    SmtpSettings {
        tls,
        authorities: Some(authority.pem().into_bytes()),
        credentials: Some(("assay".into(), SecretString::from(PASSWORD))),
        ..settings(server.port())
    }
}

async fn send(settings: SmtpSettings) -> SendOutcome {
    let mailer = mailer_with(settings);
    mailer.send(&mail(&mailer, "job-1", "priya@lumen.example"), noon).await
}

/// A server with this certificate, in both ways to begin.
async fn servers(certificate: &ServerCertificate) -> [(SmtpServer, Tls); 2] {
    let servers = [
        (SmtpServer::with_starttls(certificate).await.unwrap(), Tls::StartTls),
        (SmtpServer::encrypted(certificate).await.unwrap(), Tls::Implicit),
    ];
    for (server, _) in &servers {
        server.offer("AUTH PLAIN LOGIN");
        server.knows("assay", PASSWORD);
    }
    servers
}

#[tokio::test]
async fn a_mail_goes_out_encrypted_with_a_certificate_of_an_authority_of_our_own() {
    let authority = Authority::new("Northwind Bank CA");
    for (server, tls) in servers(&authority.issue(HOST)).await {
        let outcome = send(encrypted(&server, tls, &authority)).await;
        assert!(matches!(outcome, SendOutcome::Sent { .. }), "{tls:?}: {outcome:?}");
        assert_eq!(server.kept_for("priya@lumen.example").len(), 1);
        let clear = server.commands_in_clear();
        let expected: &[&str] =
            if tls == Tls::StartTls { &["EHLO assay.bank.example", "STARTTLS"] } else { &[] };
        assert_eq!(clear, expected, "{tls:?}: nothing else is readable on the way");
        assert!(server.commands().iter().any(|line| line.starts_with("AUTH PLAIN ")));
    }
}

#[tokio::test]
async fn a_server_that_offers_login_alone_is_signed_in_to_as_well() {
    let authority = Authority::new("Northwind Bank CA");
    let server = SmtpServer::with_starttls(&authority.issue(HOST)).await.unwrap();
    server.offer("AUTH LOGIN");
    server.knows("assay", PASSWORD);
    let outcome = send(encrypted(&server, Tls::StartTls, &authority)).await;
    assert!(matches!(outcome, SendOutcome::Sent { .. }), "{outcome:?}");
    assert!(server.commands().iter().any(|line| line == "AUTH LOGIN"));
}

#[tokio::test]
async fn m_12_a_certificate_that_does_not_fit_pauses_all_mail_and_gets_no_password() {
    let (authority, stranger) = (Authority::new("Northwind Bank CA"), Authority::new("Somebody"));
    for (certificate, words) in [
        (ServerCertificate::self_signed(HOST), "issued by nobody whom this machine knows"),
        (stranger.issue(HOST), "issued by nobody whom this machine knows"),
        (authority.issue_expired(HOST), "has expired"),
        (authority.issue("mail.elsewhere.example"), "is for mail.elsewhere.example"),
    ] {
        for (server, tls) in servers(&certificate).await {
            let mailer = mailer_with(encrypted(&server, tls, &authority));
            let outcome = mailer.send(&mail(&mailer, "job-1", "priya@lumen.example"), noon).await;
            let SendOutcome::TransportPaused { reason } = &outcome else { panic!("{tls:?}: {outcome:?}") };
            assert!(reason.contains(words), "{tls:?}: {reason}");
            let said = server.commands();
            let harmless = |line: &String| line.starts_with("EHLO ") || line == "STARTTLS";
            assert!(said.iter().all(harmless), "{tls:?}: {said:?}");
            assert!(server.received().is_empty());

            let connections = server.connections();
            let next = mailer.send(&mail(&mailer, "job-2", "ravi@lumen.example"), noon).await;
            assert!(matches!(&next, SendOutcome::NotTried(wait) if wait.paused), "{next:?}");
            assert_eq!(server.connections(), connections, "the next mail does not even connect");
        }
    }
}

#[tokio::test]
async fn m_12_without_the_file_of_our_authority_its_certificates_are_refused() {
    let authority = Authority::new("Northwind Bank CA");
    for (server, tls) in servers(&authority.issue(HOST)).await {
        let outcome = send(SmtpSettings { authorities: None, ..encrypted(&server, tls, &authority) }).await;
        assert!(matches!(outcome, SendOutcome::TransportPaused { .. }), "{outcome:?}");
        assert!(!server.commands().iter().any(|line| line.starts_with("AUTH")));
    }
}

#[tokio::test]
async fn a_self_signed_certificate_is_believed_when_it_is_named() {
    let certificate = ServerCertificate::self_signed(HOST);
    for (server, tls) in servers(&certificate).await {
        let authority = Authority::new("not asked");
        let named = Some(certificate.pem().into_bytes());
        let outcome = send(SmtpSettings { authorities: named, ..encrypted(&server, tls, &authority) }).await;
        assert!(matches!(outcome, SendOutcome::Sent { .. }), "{tls:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_file_of_authorities_without_a_certificate_is_refused_at_the_start() {
    for text in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n"] {
        let settings = SmtpSettings { tls: Tls::StartTls, authorities: Some(text.into()), ..settings(587) };
        let refused = SmtpTransport::new(settings).err();
        assert!(matches!(refused, Some(SettingsError::NoAuthority | SettingsError::Tls(_))), "{text:?}");
    }
}

#[tokio::test]
async fn a_password_that_is_refused_over_tls_pauses_all_mail() {
    let authority = Authority::new("Northwind Bank CA");
    for (server, tls) in servers(&authority.issue(HOST)).await {
        server.knows("assay", "another one");
        let outcome = send(encrypted(&server, tls, &authority)).await;
        let SendOutcome::TransportPaused { reason } = &outcome else { panic!("{tls:?}: {outcome:?}") };
        assert!(reason.contains("user name or password: 5.7.8") && !reason.contains(PASSWORD), "{reason}");
    }
}

#[tokio::test]
async fn m03_starttls_that_is_taken_out_on_the_way_pauses_and_nothing_goes_out_readable() {
    let authority = Authority::new("Northwind Bank CA");
    let server = SmtpServer::with_starttls(&authority.issue(HOST)).await.unwrap();
    server.offer("AUTH PLAIN LOGIN");
    server.add(Rule::at(Point::Ehlo).say("250-mx.test\r\n250 AUTH PLAIN LOGIN"));
    let outcome = send(encrypted(&server, Tls::StartTls, &authority)).await;
    let SendOutcome::TransportPaused { reason } = &outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("no STARTTLS"), "{reason}");
    assert_eq!(server.commands(), ["EHLO assay.bank.example"]);
}

#[tokio::test]
async fn starttls_that_is_refused_pauses_and_nothing_goes_out_readable() {
    let authority = Authority::new("Northwind Bank CA");
    let server = SmtpServer::with_starttls(&authority.issue(HOST)).await.unwrap();
    server.add(Rule::at(Point::StartTls).say("554 5.7.3 not now"));
    let outcome = send(encrypted(&server, Tls::StartTls, &authority)).await;
    assert!(matches!(outcome, SendOutcome::TransportPaused { .. }), "{outcome:?}");
    assert!(server.commands().iter().all(|line| !line.starts_with("AUTH") && !line.starts_with("MAIL")));
}

#[tokio::test]
async fn a_server_that_does_not_begin_with_tls_where_that_is_set_pauses() {
    let server = SmtpServer::start().await.unwrap();
    let authority = Authority::new("Northwind Bank CA");
    let outcome = send(encrypted(&server, Tls::Implicit, &authority)).await;
    let SendOutcome::TransportPaused { reason } = &outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("does not speak TLS"), "{reason}");
    assert!(!server.commands().iter().any(|line| line.starts_with("AUTH")));
}

#[tokio::test]
async fn a_line_that_breaks_in_the_middle_of_an_encrypted_conversation_is_tried_again() {
    let authority = Authority::new("Northwind Bank CA");
    for (server, tls) in servers(&authority.issue(HOST)).await {
        server.add(Rule::at(Point::Rcpt).times(1).hang_up());
        let mailer = mailer_with(encrypted(&server, tls, &authority));
        let invitation = mail(&mailer, "job-1", "priya@lumen.example");
        let outcome = mailer.send(&invitation, noon).await;
        assert!(matches!(outcome, SendOutcome::Transient { connection: false, .. }), "{outcome:?}");
        server.add(Rule::at(Point::Dot).times(1).hang_up());
        let outcome = mailer.send(&invitation, noon).await;
        assert!(matches!(outcome, SendOutcome::Ambiguous { .. }), "{tls:?}: {outcome:?}");
    }
}
