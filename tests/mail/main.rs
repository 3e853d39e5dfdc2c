//! Mail as a mail server and a mail program see it: what goes over the wire, and what we make of every answer.
#![expect(clippy::unwrap_used, reason = "tests")]

mod encryption;
mod faults;
mod messages;
mod outage;
mod rehearsal;

use std::time::Duration;

use api::mail::{
    EmailAddress, Mailer, MemoryMailbox, OutgoingMail, SmtpSettings, SmtpTransport, Timeouts, Tls, Transport,
};
use chrono::{DateTime, Utc};
use tests::smtp::SmtpServer;

/// Long enough for a busy machine to answer, short enough to wait for when a server hangs.
const QUICK: Timeouts = Timeouts {
    connect: Duration::from_secs(2),
    command: Duration::from_millis(700),
    data: Duration::from_millis(700),
};

fn noon() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-24T12:00:00Z").unwrap().to_utc()
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".into(),
        port,
        tls: Tls::None,
        authorities: None,
        credentials: None,
        hello_name: "assay.bank.example".into(),
        timeouts: QUICK,
    }
}

fn mailer_with(settings: SmtpSettings) -> Mailer {
    Mailer::new(address("assay@bank.example"), Transport::Smtp(SmtpTransport::new(settings).unwrap()))
}

fn mailer(server: &SmtpServer) -> Mailer {
    mailer_with(settings(server.port()))
}

fn memory_mailer() -> (Mailer, MemoryMailbox) {
    let mailbox = MemoryMailbox::default();
    (Mailer::new(address("assay@bank.example"), Transport::Memory(mailbox.clone())), mailbox)
}

/// An invitation by job `job` to `to`.
fn mail(mailer: &Mailer, job: &str, to: &str) -> OutgoingMail {
    OutgoingMail {
        to: address(to),
        to_name: Some("Priya Shah".into()),
        from_name: api::mail::sender_name("Asha Rao", "Northwind Bank"),
        reply_to: Some((address("asha@bank.example"), "Asha Rao".into())),
        subject: "Northwind Bank asks 145 questions about Lumen Triage, due 12 Dec".into(),
        text: "Hello Priya,\n\nplease answer.\n".into(),
        html: "<p>Hello Priya,</p><p>please answer.</p>".into(),
        message_id: mailer.message_id(job).unwrap(),
        references: vec![],
        date: noon(),
    }
}
