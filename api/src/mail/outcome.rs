//! What became of one attempt to send one mail, and the table that decides it.
//!
//! The decision depends on *where* in the conversation something went wrong: a refusal of the recipient concerns one
//! mail, a refusal of our password concerns all of them, and silence after the final dot leaves us not knowing.

/// What became of one attempt. The reasons are sentences for people; server words in them are cut and cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The mail server has taken responsibility. `reply` is what it said.
    Sent {
        /// The server's words, often with its queue id.
        reply: String,
    },
    /// Try again later.
    Transient {
        /// For people.
        reason: String,
        /// SMTP reply code, if there was a reply.
        code: Option<u16>,
        /// True when no conversation came about: it says nothing about this mail, and counts for the circuit.
        connection: bool,
    },
    /// Never try this mail again.
    Permanent {
        /// For people.
        reason: String,
        /// SMTP reply code; none when the mail could not even be built.
        code: Option<u16>,
        /// The mailbox does not exist: send nothing more to this address until a person changes it.
        suppress_address: bool,
    },
    /// All mail stops until an administrator acts; this mail is unharmed and stays due.
    TransportPaused {
        /// For the administrator.
        reason: String,
    },
    /// Everything was handed over, no answer came: the mail may or may not arrive.
    Ambiguous {
        /// For people.
        reason: String,
    },
    /// Not tried: the circuit is open. Does not count as an attempt.
    NotTried(super::circuit::Wait),
}

/// How far the conversation had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Asking for the address behind the server's name.
    Lookup,
    /// TCP; with implicit TLS also what follows up to EHLO.
    Connect,
    /// The server's first words, EHLO.
    Greeting,
    /// Turning on encryption.
    StartTls,
    /// Signing in.
    Auth,
    /// `MAIL FROM`: our own address.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// The `DATA` command.
    Data,
    /// Writing the content; the final dot has not been sent.
    Body,
    /// The final dot is written or being written.
    Dot,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The server said no.
    Reply {
        /// Three digits.
        code: u16,
        /// Its words without the code.
        text: String,
    },
    /// Nothing was heard in time.
    TimedOut,
    /// The connection failed or ended, or what came was no reply.
    Lost(String),
    /// Encryption failed; the text says how.
    Tls(TlsProblem, String),
    /// The server lacks something that our settings ask for.
    Unsupported(String),
}

/// Why there is no encrypted connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsProblem {
    /// What came is not TLS.
    NotTls,
    /// No authority that we know issued the certificate.
    UnknownIssuer,
    /// The certificate's time is over.
    Expired,
    /// The certificate's time has not come.
    NotYetValid,
    /// The certificate is another server's.
    WrongName,
    /// The server shows an authority's certificate as its own.
    Authority,
    /// Anything else.
    Other,
}

/// The table. See the tests for the cases of M-03.
pub fn classify(stage: Stage, fault: &Fault) -> SendOutcome {
    let before_the_mail =
        matches!(stage, Stage::Lookup | Stage::Connect | Stage::Greeting | Stage::StartTls | Stage::Auth);
    match fault {
        Fault::Tls(_, why) if before_the_mail => SendOutcome::TransportPaused {
            reason: format!("There is no secure connection to the mail server: {}", words(why)),
        },
        Fault::Unsupported(why) => SendOutcome::TransportPaused { reason: sentence(why) },
        Fault::TimedOut | Fault::Lost(_) | Fault::Tls(..) if stage == Stage::Dot => SendOutcome::Ambiguous {
            reason: match fault {
                Fault::TimedOut => {
                    "The mail server received the message but did not confirm it in time".to_owned()
                }
                _ => "The connection ended before the mail server confirmed the message".to_owned(),
            },
        },
        Fault::TimedOut => SendOutcome::Transient {
            reason: "The mail server did not answer in time".to_owned(),
            code: None,
            connection: before_the_mail,
        },
        // An encrypted connection that breaks later is a lost one.
        Fault::Lost(why) | Fault::Tls(_, why) => SendOutcome::Transient {
            reason: if matches!(stage, Stage::Lookup | Stage::Connect) {
                format!("The mail server could not be reached: {}", words(why))
            } else {
                format!("The connection to the mail server was lost: {}", words(why))
            },
            code: None,
            connection: before_the_mail,
        },
        Fault::Reply { code, text } => classify_reply(stage, *code, text, before_the_mail),
    }
}

fn classify_reply(stage: Stage, code: u16, text: &str, before_the_mail: bool) -> SendOutcome {
    let said = said(code, text);
    match code {
        400..=499 => SendOutcome::Transient {
            reason: if before_the_mail {
                format!("The mail server is not available at the moment: {said}")
            } else {
                format!("The mail server asks us to try again later: {said}")
            },
            code: Some(code),
            connection: before_the_mail,
        },
        // 530 and 538 mean "sign in first" or "encrypt first" wherever they are said.
        500..=599 => match stage {
            Stage::Auth => SendOutcome::TransportPaused {
                reason: format!("The mail server refused our user name or password: {said}"),
            },
            Stage::Lookup | Stage::Connect | Stage::Greeting => SendOutcome::TransportPaused {
                reason: format!("The mail server refuses to talk to us: {said}"),
            },
            Stage::StartTls => SendOutcome::TransportPaused {
                reason: format!("The mail server refused to encrypt the connection: {said}"),
            },
            _ if matches!(code, 530 | 534 | 535 | 538) => SendOutcome::TransportPaused {
                reason: format!("The mail server wants us to sign in differently: {said}"),
            },
            // Our sender is the same in every mail, so its refusal is no fault of this one. 552 is about size.
            Stage::Sender if code != 552 => SendOutcome::TransportPaused {
                reason: format!("The mail server refuses our sender address: {said}"),
            },
            _ => {
                let suppress_address = code == 550 && is_bad_mailbox(text);
                let what = if suppress_address || stage == Stage::Recipient { "address" } else { "message" };
                SendOutcome::Permanent {
                    reason: format!("The mail server refused the {what}: {said}"),
                    code: Some(code),
                    suppress_address,
                }
            }
        },
        // A positive code where none is expected: the two sides no longer speak of the same thing.
        _ if stage == Stage::Dot => SendOutcome::Ambiguous {
            reason: format!("The mail server gave an answer we do not understand: {said}"),
        },
        _ => SendOutcome::Transient {
            reason: format!("The mail server gave an answer we do not understand: {said}"),
            code: Some(code),
            connection: before_the_mail,
        },
    }
}

impl SendOutcome {
    /// What happened, for people.
    pub fn words(&self) -> &str {
        match self {
            Self::Sent { reply: words }
            | Self::Transient { reason: words, .. }
            | Self::Permanent { reason: words, .. }
            | Self::TransportPaused { reason: words }
            | Self::Ambiguous { reason: words } => words,
            Self::NotTried(wait) => &wait.reason,
        }
    }
}

/// Enhanced status 5.1.x says that the recipient's address is wrong; 5.1.7 and 5.1.8 speak of the sender's.
pub(super) fn is_bad_mailbox(text: &str) -> bool {
    enhanced_status(text)
        .is_some_and(|status| status.starts_with("5.1.") && !matches!(status, "5.1.7" | "5.1.8"))
}

/// The `5.1.1` at the start of a reply, if there is one.
fn enhanced_status(text: &str) -> Option<&str> {
    let first = text.split_whitespace().next()?;
    let parts: Vec<&str> = first.split('.').collect();
    let numeric =
        |part: &&str| !part.is_empty() && part.len() <= 3 && part.chars().all(|c| c.is_ascii_digit());
    (parts.len() == 3 && parts.iter().all(numeric)).then_some(first)
}

/// "5.1.1 no such user"; without an enhanced status the plain code leads: "554 refused".
fn said(code: u16, text: &str) -> String {
    let text = words(text);
    if text.is_empty() {
        code.to_string()
    } else if enhanced_status(&text).is_some() {
        text
    } else {
        format!("{code} {text}")
    }
}

/// Foreign words for a page or a row: one line, no control characters, at most 200 characters.
pub(super) fn words(text: &str) -> String {
    let line = super::message::header_text(text);
    if line.chars().count() <= 200 { line } else { line.chars().take(199).chain(['…']).collect() }
}

fn sentence(text: &str) -> String {
    let line = words(text);
    let mut chars = line.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(stage: Stage, code: u16, text: &str) -> SendOutcome {
        classify(stage, &Fault::Reply { code, text: text.to_owned() })
    }
    fn transient(outcome: &SendOutcome) -> bool {
        matches!(outcome, SendOutcome::Transient { .. })
    }
    fn paused(outcome: &SendOutcome) -> bool {
        matches!(outcome, SendOutcome::TransportPaused { .. })
    }

    #[test]
    fn m03_only_a_missing_mailbox_suppresses_the_address() {
        assert_eq!(
            reply(Stage::Recipient, 550, "5.1.1 no such user"),
            SendOutcome::Permanent {
                reason: "The mail server refused the address: 5.1.1 no such user".into(),
                code: Some(550),
                suppress_address: true
            }
        );
        // Some servers find out only after the content.
        assert!(matches!(
            reply(Stage::Dot, 550, "5.1.10 null MX"),
            SendOutcome::Permanent { suppress_address: true, .. }
        ));
        for (code, text) in
            [(550, "5.1.8 bad sender"), (550, "5.7.1 blocked"), (550, "unknown"), (552, "5.2.2 full")]
        {
            let outcome = reply(Stage::Recipient, code, text);
            assert!(
                matches!(outcome, SendOutcome::Permanent { suppress_address: false, .. }),
                "{code} {text}"
            );
        }
        assert_eq!(
            reply(Stage::Dot, 554, "looks like spam"),
            SendOutcome::Permanent {
                reason: "The mail server refused the message: 554 looks like spam".into(),
                code: Some(554),
                suppress_address: false
            }
        );
    }

    #[test]
    fn m03_what_concerns_every_mail_pauses_the_transport_and_fails_none() {
        assert!(paused(&reply(Stage::Auth, 535, "5.7.8 bad credentials")));
        assert!(paused(&reply(Stage::Sender, 530, "5.7.0 authentication required")));
        assert!(paused(&reply(Stage::Sender, 550, "5.7.1 sender not allowed")));
        assert!(paused(&reply(Stage::Greeting, 554, "no SMTP service here")));
        for stage in [Stage::Connect, Stage::StartTls] {
            assert!(paused(&classify(
                stage,
                &Fault::Tls(TlsProblem::UnknownIssuer, "unknown issuer".into())
            )));
        }
        assert!(paused(&classify(Stage::StartTls, &Fault::Unsupported("no STARTTLS".into()))));
        assert!(!paused(&reply(Stage::Sender, 552, "5.3.4 too big")));
    }

    #[test]
    fn m03_4xx_is_tried_again_and_counts_for_the_circuit_only_before_the_mail() {
        for (stage, code, counts) in [
            (Stage::Greeting, 421, true),
            (Stage::Auth, 454, true),
            (Stage::Sender, 451, false),
            (Stage::Recipient, 450, false),
            (Stage::Recipient, 452, false),
            (Stage::Dot, 451, false),
        ] {
            let outcome = reply(stage, code, "4.2.0 later");
            assert!(
                matches!(outcome, SendOutcome::Transient { connection, .. } if connection == counts),
                "{stage:?}"
            );
        }
    }

    #[test]
    fn m03_silence_is_ambiguous_only_after_the_dot() {
        let broken = Fault::Tls(TlsProblem::Other, "cannot decrypt peer's message".into());
        for fault in [Fault::TimedOut, Fault::Lost("connection closed".into()), broken] {
            assert!(matches!(classify(Stage::Dot, &fault), SendOutcome::Ambiguous { .. }));
            for stage in [Stage::Sender, Stage::Recipient, Stage::Data, Stage::Body] {
                assert!(transient(&classify(stage, &fault)), "{stage:?}");
            }
        }
    }

    #[test]
    fn a_long_or_multi_line_reply_becomes_one_short_line() {
        let SendOutcome::Permanent { reason, .. } =
            reply(Stage::Dot, 554, &format!("5.7.1 no\r\n\u{1b}[31m{}", "x".repeat(900)))
        else {
            panic!("554 is permanent");
        };
        assert!(reason.chars().count() < 260 && !reason.contains(|c: char| c.is_control()), "{reason}");
    }
}
