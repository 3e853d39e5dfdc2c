//! `assay mail test`: each step is told, each failure comes with what to change, and no secret is printed (O-13).

use api::cli::mail::{MailTestArgs, Server, test};
use api::domain::Surroundings;
use api::mail::{SmtpSettings, Tls};
use secrecy::SecretString;
use tests::certificates::{Authority, ServerCertificate};
use tests::smtp::{Point, Rule, SmtpServer};

use super::{mailer_with, settings};

const HOST: &str = "127.0.0.1";
const PASSWORD: &str = "canary-3f9a";
const TO: &str = "asha@bank.example";

/// Runs the command; gives the exit status and what it printed.
async fn run(settings: SmtpSettings, to: Option<&str>) -> (u8, String) {
    let server = Server { host: settings.host.clone(), port: settings.port, tls: "with STARTTLS" };
    let args = MailTestArgs { to: to.map(str::to_owned) };
    let mut printed = Vec::new();
    let status =
        test(&mailer_with(settings), &server, &args, &Surroundings::system(), &mut printed).await.unwrap();
    let printed = String::from_utf8(printed).unwrap();
    assert!(!printed.contains("canary"), "{printed}");
    (status, printed)
}

fn with_password(server: &SmtpServer, tls: Tls, authority: Option<&Authority>) -> SmtpSettings {
    SmtpSettings {
        tls,
        authorities: authority.map(|authority| authority.pem().into_bytes()),
        credentials: Some(("assay".into(), SecretString::from(PASSWORD))),
        ..settings(server.port())
    }
}

#[tokio::test]
async fn a_server_that_is_set_up_well_is_told_step_by_step_and_the_message_arrives() {
    let authority = Authority::new("Northwind Bank CA");
    let server = SmtpServer::with_starttls(&authority.issue(HOST)).await.unwrap();
    server.offer("AUTH PLAIN LOGIN");
    server.knows("assay", PASSWORD);
    let (status, printed) = run(with_password(&server, Tls::StartTls, Some(&authority)), Some(TO)).await;
    assert_eq!(status, 0, "{printed}");
    let mut rest = printed.as_str();
    for step in [
        "its name leads to 127.0.0.1",
        "a mail server answers",
        "certificate of CN=127.0.0.1, issued by CN=Northwind Bank CA, valid until 1 January 2090",
        "AUTH PLAIN, AUTH LOGIN",
        "signed in as assay",
        "we may send from assay@bank.example",
        "it takes mail for asha@bank.example",
        "message taken: 2.0.0 queued as 1",
    ] {
        let (_, after) = rest.split_once(step).unwrap_or_else(|| panic!("{step:?} in order:\n{printed}"));
        rest = after;
    }
    let kept = server.kept_for(TO);
    assert_eq!(kept[0].parse().subject(), Some("Test message of Assay"));
}

#[tokio::test]
async fn without_an_address_nothing_is_sent() {
    let server = SmtpServer::start().await.unwrap();
    let (status, printed) = run(settings(server.port()), None).await;
    assert_eq!(status, 0, "{printed}");
    assert!(printed.contains("we may send from") && printed.contains("--to ADDRESS"), "{printed}");
    assert!(server.received().is_empty());
    assert!(!server.commands().iter().any(|line| line.starts_with("RCPT")));
    let (status, printed) = run(settings(server.port()), Some("nobody")).await;
    assert!(status == 1 && printed.contains("--to:"), "{printed}");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn each_failure_names_the_setting_to_change() {
    let (authority, stranger) = (Authority::new("Northwind Bank CA"), Authority::new("Somebody"));
    for (certificate, advice) in [
        (ServerCertificate::self_signed(HOST), "smtp.ca_file"),
        (stranger.issue(HOST), "smtp.ca_file"),
        (authority.issue_expired(HOST), "certificate renewed"),
        (authority.issue("mail.elsewhere.example"), "Set smtp.host to a name in the certificate"),
    ] {
        let server = SmtpServer::with_starttls(&certificate).await.unwrap();
        let settings = with_password(&server, Tls::StartTls, Some(&authority));
        let (status, printed) = run(settings, None).await;
        assert!(status == 1 && printed.contains(advice), "{printed}");
        assert_eq!(printed.matches("failed").count(), 1, "{printed}");
    }

    let certificate = ServerCertificate::self_signed_authority(HOST);
    let server = SmtpServer::with_starttls(&certificate).await.unwrap();
    let named = Some(certificate.pem().into_bytes());
    let marked = SmtpSettings { authorities: named, ..with_password(&server, Tls::StartTls, None) };
    let (status, printed) = run(marked, None).await;
    assert!(status == 1 && printed.contains("CA:FALSE"), "{printed}");

    let server = SmtpServer::start().await.unwrap();
    server.offer("AUTH PLAIN LOGIN");
    server.knows("assay", "another one");
    let (status, printed) = run(with_password(&server, Tls::None, None), None).await;
    assert!(status == 1 && printed.contains("app password") && printed.contains("5.7.8"), "{printed}");
    let (_, printed) = run(with_password(&server, Tls::StartTls, None), None).await;
    assert!(printed.contains("no STARTTLS") && printed.contains("smtp.tls to implicit"), "{printed}");
    let (_, printed) = run(SmtpSettings { tls: Tls::Implicit, ..settings(server.port()) }, None).await;
    assert!(printed.contains("smtp.tls to starttls"), "{printed}");

    server.add(Rule::at(Point::Rcpt).times(1).say("550 5.7.1 relaying denied"));
    let (_, printed) = run(settings(server.port()), Some(TO)).await;
    assert!(printed.contains("Sign in with smtp.username"), "{printed}");
    server.add(Rule::at(Point::Greeting).hang());
    let (_, printed) = run(settings(server.port()), None).await;
    assert!(printed.contains("smtp.tls to implicit"), "{printed}");
}

#[tokio::test]
async fn a_port_where_nobody_listens_and_a_name_that_leads_nowhere_are_told_apart() {
    let mut server = SmtpServer::start().await.unwrap();
    server.stop().await;
    let (status, printed) = run(settings(server.port()), None).await;
    assert!(status == 1 && printed.contains("Correct smtp.port"), "{printed}");
    let nowhere = SmtpSettings { host: "mail.nowhere.invalid".into(), ..settings(25) };
    let (status, printed) = run(nowhere, None).await;
    assert!(status == 1 && printed.contains("Correct smtp.host"), "{printed}");
}
