//! What a mail looks like on the wire and in a mail program (M-05, M-09).

use std::collections::BTreeSet;

use api::mail::{MessageId, SendOutcome};
use mail_parser::MimeHeaders;
use proptest::prelude::*;
use tests::smtp::{Received, SmtpServer};

use super::{address, mail, mailer, memory_mailer, noon};

async fn deliver(change: impl FnOnce(&mut api::mail::OutgoingMail)) -> Received {
    let server = SmtpServer::start().await.unwrap();
    let mailer = mailer(&server);
    let mut outgoing = mail(&mailer, "0199-job", "priya@lumen.example");
    change(&mut outgoing);
    let outcome = mailer.send(&outgoing, noon).await;
    assert!(matches!(outcome, SendOutcome::Sent { .. }), "{outcome:?}");
    server.kept().remove(0)
}

/// Header names of a raw message, each as often as it occurs.
fn header_names(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw);
    let block = text.split("\r\n\r\n").next().unwrap().to_owned();
    block
        .lines()
        .filter(|l| !l.starts_with([' ', '\t']))
        .map(|l| l.split(':').next().unwrap().to_owned())
        .collect()
}

const EXPECTED: [&str; 9] = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Message-ID",
    "Date",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
];

fn assert_expected_headers(raw: &[u8]) {
    let names = header_names(raw);
    let unique: BTreeSet<_> = names.iter().map(String::as_str).collect();
    assert_eq!(unique, BTreeSet::from(EXPECTED), "exactly these headers");
    assert_eq!(names.len(), EXPECTED.len(), "each once: {names:?}");
}

#[tokio::test]
async fn m09_a_mail_has_exactly_the_expected_headers_and_two_parts() {
    let received = deliver(|m| m.text = "Grüße\nइसे पढ़ें\n".into()).await;
    assert_expected_headers(&received.raw);
    let mail = received.parse();
    assert_eq!(mail.message_id(), Some("0199-job@bank.example"));
    assert_eq!(mail.date().unwrap().to_rfc3339(), "2026-11-24T12:00:00Z");
    assert_eq!(mail.header_raw("Auto-Submitted").unwrap().trim(), "auto-generated");
    let from = mail.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some("Asha Rao at Northwind Bank via Assay"));
    assert_eq!(from.address(), Some("assay@bank.example"));
    let reply = mail.reply_to().unwrap().first().unwrap();
    assert_eq!((reply.name(), reply.address()), (Some("Asha Rao"), Some("asha@bank.example")));
    let kind = mail.content_type().unwrap();
    assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("alternative")));
    assert_eq!((mail.text_body_count(), mail.html_body_count(), mail.attachment_count()), (1, 1, 0));
    assert_eq!(mail.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), "Grüße\nइसे पढ़ें");
    assert_eq!(mail.body_html(0).unwrap().trim_end(), "<p>Hello Priya,</p><p>please answer.</p>");
    for part in mail.parts.iter().skip(1) {
        assert_eq!(part.content_type().unwrap().attribute("charset"), Some("utf-8"));
    }
}

#[tokio::test]
async fn m09_lines_are_short_and_plain_ascii_whatever_the_text() {
    let received = deliver(|m| {
        m.subject = "प्रश्नावली: ".to_owned() + &"लंबा विषय ".repeat(30);
        m.text = "x".repeat(3_000) + "\n" + &"ü".repeat(3_000);
        m.html = format!("<p>{}</p>", "y".repeat(5_000));
    })
    .await;
    assert!(received.raw.is_ascii());
    let longest = received.wire.split(|b| *b == b'\n').map(<[u8]>::len).max().unwrap();
    assert!(longest <= 998, "{longest}");
    let mail = received.parse();
    assert!(mail.subject().unwrap().starts_with("प्रश्नावली: लंबा विषय लंबा"));
    assert!(mail.body_text(0).unwrap().contains(&"ü".repeat(3_000)));
    assert!(mail.body_html(0).unwrap().contains(&"y".repeat(5_000)));
}

#[tokio::test]
async fn a_utf8_subject_and_names_arrive_as_written() {
    let received = deliver(|m| {
        m.subject = "Müller & Söhne: 3 Fragen — fällig 12. Dez. 🙂".into();
        m.to_name = Some("Žofia \"Zo\" Nováková, CISO".into());
        m.reply_to = Some((address("asha@bank.example"), "आशा राव".into()));
    })
    .await;
    assert_expected_headers(&received.raw);
    let mail = received.parse();
    assert_eq!(mail.subject(), Some("Müller & Söhne: 3 Fragen — fällig 12. Dez. 🙂"));
    assert_eq!(mail.to().unwrap().first().unwrap().name(), Some("Žofia \"Zo\" Nováková, CISO"));
    assert_eq!(mail.to().unwrap().iter().count(), 1, "a comma in a name makes no second recipient");
    assert_eq!(mail.reply_to().unwrap().first().unwrap().name(), Some("आशा राव"));
}

#[tokio::test]
async fn lines_that_begin_with_a_dot_survive_the_wire() {
    let text = ".\n..\n.hidden\nmiddle\n.\nend\n";
    let received = deliver(|m| m.text = text.into()).await;
    assert!(received.wire.windows(5).any(|w| w == b"\r\n..\r"), "stuffed on the wire");
    assert_eq!(received.parse().body_text(0).unwrap().replace("\r\n", "\n").trim_end(), text.trim_end());
}

#[tokio::test]
async fn every_attempt_sends_the_same_bytes() {
    let first = deliver(|_| {}).await;
    let second = deliver(|_| {}).await;
    assert_eq!(first.raw, second.raw);
}

#[tokio::test]
async fn a_text_that_imitates_the_boundary_stays_a_text() {
    let plain = deliver(|_| {}).await;
    let kind = plain.parse();
    let boundary = kind.content_type().unwrap().attribute("boundary").unwrap().to_owned();
    let received =
        deliver(|m| m.text = format!("--{boundary}\nContent-Type: text/html\n\n<b>x</b>\n--{boundary}--\n"))
            .await;
    let mail = received.parse();
    assert_eq!((mail.text_body_count(), mail.html_body_count(), mail.attachment_count()), (1, 1, 0));
    assert!(mail.body_text(0).unwrap().contains("<b>x</b>"));
}

#[tokio::test]
async fn mails_of_one_assessment_form_one_thread() {
    let received = deliver(|m| {
        m.references =
            ["<a-1@bank.example>", "<a-2@bank.example>"].map(|id| MessageId::parse(id).unwrap()).to_vec();
    })
    .await;
    let mail = received.parse();
    assert_eq!(mail.references().as_text_list().unwrap(), ["a-1@bank.example", "a-2@bank.example"]);
}

#[tokio::test]
async fn m05_line_breaks_and_nul_in_any_header_text_are_refused_before_the_server_is_asked() {
    for evil in
        ["x\r\nBcc: all@x.example", "x\nBcc: y", "x\rBcc: y", "nul\0", "tab\t", "\u{85}", "\u{2028}Bcc: y"]
    {
        for field in 0..4 {
            let server = SmtpServer::start().await.unwrap();
            let mailer = mailer(&server);
            let mut outgoing = mail(&mailer, "job", "priya@lumen.example");
            match field {
                0 => outgoing.subject = evil.into(),
                1 => outgoing.from_name = evil.into(),
                2 => outgoing.to_name = Some(evil.into()),
                _ => outgoing.reply_to = Some((address("asha@bank.example"), evil.into())),
            }
            let outcome = mailer.send(&outgoing, noon).await;
            assert!(
                matches!(outcome, SendOutcome::Permanent { code: None, .. }),
                "{evil:?} {field}: {outcome:?}"
            );
            assert_eq!(server.connections(), 0);
        }
    }
}

#[tokio::test]
async fn m05_hostile_names_make_one_clean_header() {
    for evil in [
        "=?utf-8?q?x=0D=0ABcc:_all@x.example?=",
        "a@x.example, b@y.example",
        "Priya <other@x.example>",
        "\"; Bcc: all@x.example",
        "(comment) group: a@x.example;",
        "\\\" <other@x.example>",
    ] {
        let received = deliver(|m| {
            m.subject = evil.into();
            m.from_name = api::mail::sender_name(evil, evil);
            m.to_name = Some(evil.into());
            m.reply_to = Some((address("asha@bank.example"), evil.into()));
        })
        .await;
        assert_expected_headers(&received.raw);
        let mail = received.parse();
        for (list, only) in [
            (mail.from().unwrap(), "assay@bank.example"),
            (mail.to().unwrap(), "priya@lumen.example"),
            (mail.reply_to().unwrap(), "asha@bank.example"),
        ] {
            let seen: Vec<_> = list.iter().filter_map(|a| a.address()).collect();
            assert_eq!(seen, [only], "{evil}");
        }
        assert!(!mail.subject().unwrap().contains(['\r', '\n']), "{evil}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// M-05: whatever a person types into a name or a subject, the cleaned text gives exactly the expected headers.
    #[test]
    fn m05_no_words_can_add_a_header(words in "\\PC{0,60}|[ -~\\r\\n\\t\\x00]{0,60}") {
        let cleaned = api::mail::header_text(&words);
        prop_assert!(!cleaned.contains(|c: char| c.is_control()));
        let (mailer, mailbox) = memory_mailer();
        let mut outgoing = mail(&mailer, "job", "priya@lumen.example");
        outgoing.subject = format!("About {cleaned}");
        outgoing.from_name = api::mail::sender_name(&words, &words);
        outgoing.to_name = Some(cleaned.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let outcome = runtime.block_on(mailer.send(&outgoing, noon));
        prop_assert!(matches!(outcome, SendOutcome::Sent { .. }), "{:?}", outcome);
        let kept = mailbox.newest_first().remove(0);
        let names: BTreeSet<_> = kept.headers.keys().map(String::as_str).collect();
        prop_assert_eq!(names, BTreeSet::from(EXPECTED));
    }
}

#[tokio::test]
async fn the_memory_mailbox_lists_the_newest_first_in_the_promised_shape() {
    let (mailer, mailbox) = memory_mailer();
    for n in 1..=3 {
        let outcome =
            mailer.send(&mail(&mailer, &format!("job-{n}"), &format!("p{n}@lumen.example")), noon).await;
        assert!(matches!(outcome, SendOutcome::Sent { .. }));
    }
    let mails = mailbox.newest_first();
    let ids: Vec<_> = mails.iter().map(|m| m.id.as_str()).collect();
    assert_eq!(ids, ["job-3", "job-2", "job-1"]);
    let json = serde_json::to_value(&mails[0]).unwrap();
    let keys: BTreeSet<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(["id", "to", "subject", "text", "html", "headers", "sent_at"]));
    assert_eq!(json["to"], "p3@lumen.example");
    assert_eq!(json["headers"]["Message-ID"], "<job-3@bank.example>");
    assert_eq!(json["headers"]["Auto-Submitted"], "auto-generated");
    assert_eq!(json["sent_at"], "2026-11-24T12:00:00Z");
    assert_eq!(mailbox.get("job-2").unwrap().to, "p2@lumen.example");
    assert!(mailbox.get("job-9").is_none());
}
