//! From a failed conversation with the mail server to what the operator should change: one table.
//!
//! The first row that fits is the advice. To add one: a row in [`TABLE`] before the rows that would take its cases, and
//! a case in the test.

use super::fault::REFUSED;
use super::outcome::{Fault, Stage, TlsProblem, is_bad_mailbox};

/// What a failure means, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// What it means.
    pub meaning: &'static str,
    /// Which setting to change, or whom to ask.
    pub fix: &'static str,
}

/// The advice on a conversation that ended at `stage`.
#[must_use]
pub fn on(stage: Stage, fault: &Fault) -> Advice {
    let row = TABLE.iter().find(|(fits, ..)| fits(stage, fault));
    row.map_or(NOTHING_KNOWN, |(_, meaning, fix)| Advice { meaning, fix })
}

type Row = (fn(Stage, &Fault) -> bool, &'static str, &'static str);

const NOTHING_KNOWN: Advice = Advice {
    meaning: "The mail server answered in a way that we know no remedy for.",
    fix: "Show the answer above to whoever runs the mail server.",
};

/// The reply code, where there was a reply.
fn code(fault: &Fault) -> Option<u16> {
    match fault {
        Fault::Reply { code, .. } => Some(*code),
        _ => None,
    }
}

fn refused(fault: &Fault) -> bool {
    code(fault).is_some_and(|code| code >= 500)
}

fn later(fault: &Fault) -> bool {
    code(fault).is_some_and(|code| (400..500).contains(&code))
}

fn gone_or_silent(fault: &Fault) -> bool {
    matches!(fault, Fault::TimedOut | Fault::Lost(_))
}

fn tls(fault: &Fault, problem: TlsProblem) -> bool {
    matches!(fault, Fault::Tls(found, _) if *found == problem)
}

/// Whether a refused recipient is refused because of us: relaying, policy, or a sign-in that is missing.
fn relay_denied(fault: &Fault) -> bool {
    let Fault::Reply { text, .. } = fault else { return false };
    let text = text.to_ascii_lowercase();
    text.contains("relay") || text.starts_with("5.7.")
}

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // The way there.
    (|stage, _| stage == Stage::Lookup,
     "The name in smtp.host leads to no machine.",
     "Correct smtp.host, or have this machine's name server know it (try `getent hosts NAME` here)."),
    (|stage, fault| stage == Stage::Connect && matches!(fault, Fault::Lost(why) if why == REFUSED),
     "The machine is there, but nothing listens at this port.",
     "Correct smtp.port together with smtp.tls: 587 with starttls, 465 with implicit, 25 inside your network."),
    (|stage, fault| stage == Stage::Connect && gone_or_silent(fault),
     "Nothing came back: mostly a firewall in between, which drops what it does not allow.",
     "Allow this machine to reach smtp.host at smtp.port; where port 25 is blocked, use 587 with starttls."),
    (|stage, fault| stage == Stage::Greeting && gone_or_silent(fault),
     "The connection stands, but no mail server greets: it may wait for encryption from the first byte.",
     "Set smtp.tls to implicit (usual at port 465), or correct smtp.port."),
    (|stage, fault| matches!(stage, Stage::Connect | Stage::Greeting) && later(fault),
     "The mail server is there and takes nothing at the moment.",
     "Try again later; if it lasts, ask whoever runs it whether it limits this machine's address."),
    (|stage, fault| matches!(stage, Stage::Connect | Stage::Greeting) && refused(fault),
     "The mail server does not want to talk to this machine.",
     "Ask whoever runs it to allow this machine's address and the name it introduces itself with, the host of base_url."),
    // Encryption.
    (|stage, fault| stage == Stage::StartTls && matches!(fault, Fault::Unsupported(_)),
     "The server, or something on the way that takes it out, offers no STARTTLS. Nothing was sent unencrypted.",
     "At port 465 set smtp.tls to implicit; else have encryption switched on at the server. smtp.tls = none is for a \
      server on this machine or in a network that you trust."),
    (|_, fault| tls(fault, TlsProblem::NotTls),
     "The server does not begin with encryption at this port.",
     "Set smtp.tls to starttls (usual at port 587), or correct smtp.port."),
    (|_, fault| tls(fault, TlsProblem::UnknownIssuer),
     "The certificate comes from an authority that this machine does not know, or from the server itself.",
     "Put the authority's certificate (or a self-signed one) as PEM into a file and name it in smtp.ca_file."),
    (|_, fault| tls(fault, TlsProblem::Expired),
     "The certificate's time is over, or this machine's clock is ahead.",
     "Have the server's certificate renewed; check this machine's clock."),
    (|_, fault| tls(fault, TlsProblem::NotYetValid),
     "The certificate is valid later only: mostly this machine's clock is behind.",
     "Set this machine's clock; else have the server's certificate issued anew."),
    (|_, fault| tls(fault, TlsProblem::WrongName),
     "The server that answered is not the one that smtp.host names, or its certificate lacks that name.",
     "Set smtp.host to a name in the certificate, or have it issued for the name in smtp.host; smtp.ca_file does not help."),
    (|_, fault| tls(fault, TlsProblem::Authority),
     "A self-signed certificate that is marked as an authority's, as openssl makes it unless told otherwise.",
     "Have it made anew as a server's (openssl: -addext basicConstraints=critical,CA:FALSE), and name the new one in \
      smtp.ca_file."),
    (|stage, fault| matches!(fault, Fault::Tls(..)) || (stage == Stage::StartTls && gone_or_silent(fault)),
     "The two sides did not agree on encryption.",
     "The server must speak TLS 1.2 or 1.3 with a certificate that is fit for servers: ask whoever runs it."),
    (|stage, _| stage == Stage::StartTls,
     "The server offers STARTTLS and refuses it.",
     "Ask whoever runs the mail server; at port 465 smtp.tls = implicit does without it."),
    // Signing in.
    (|stage, fault| stage == Stage::Auth && matches!(fault, Fault::Unsupported(_)),
     "The server lets nobody sign in with a password, or not over this connection.",
     "With smtp.tls = none try starttls. A relay that knows this machine by its address needs no smtp.username: take it \
      out with the password. Some providers have a host of their own for programs that send."),
    (|stage, fault| stage == Stage::Auth && refused(fault),
     "The server does not accept the user name or the password.",
     "Check smtp.username (often the whole address) and smtp.password_file; with two-step sign-in the provider wants an \
      app password made for this purpose."),
    (|stage, fault| stage == Stage::Auth && later(fault),
     "The server does not check passwords at the moment, often after too many wrong ones.",
     "Try again in a while; if it lasts, check smtp.username and smtp.password_file."),
    (|_, fault| matches!(code(fault), Some(530 | 534 | 535 | 538)),
     "The server wants a sign-in first, or another one.",
     "Set smtp.username and smtp.password_file; with smtp.tls = none set starttls or implicit."),
    // The mail.
    (|stage, fault| stage == Stage::Sender && refused(fault) && code(fault) != Some(552),
     "The server does not let us send from this address.",
     "Set smtp.from to an address that this user may send from, or have it allowed at the server."),
    (|stage, fault| stage == Stage::Recipient && refused(fault)
        && matches!(fault, Fault::Reply { text, .. } if is_bad_mailbox(text)),
     "There is no such mailbox.",
     "Check the address after --to; sending works as far as the server's word for it."),
    (|stage, fault| stage == Stage::Recipient && refused(fault) && relay_denied(fault),
     "The server passes on nothing from us to other people's addresses.",
     "Sign in with smtp.username, or have this machine's address allowed as a sender; check that smtp.from is an \
      address of yours at this server."),
    (|stage, fault| stage == Stage::Recipient && refused(fault),
     "The server does not take mail for this address.",
     "Check the address after --to and try another one; else show the answer to whoever runs the mail server."),
    (|stage, fault| matches!(stage, Stage::Sender | Stage::Recipient | Stage::Data | Stage::Dot) && later(fault),
     "The server asks to come back later, as many do with senders that are new to them.",
     "Nothing: the service tries again by itself, after a minute for the first time."),
    (|stage, fault| matches!(stage, Stage::Data | Stage::Dot) && refused(fault),
     "The server took the address and refused the message, mostly for its sender's reputation.",
     "Let the DNS of the domain of smtp.from allow this server (SPF) and have it sign (DKIM); ask whoever runs it."),
    (|stage, fault| stage == Stage::Dot && gone_or_silent(fault),
     "The server has the whole message and did not confirm it: it may arrive.",
     "Look into the mailbox; if this repeats, ask whoever runs the mail server why it is slow."),
    (|_, fault| gone_or_silent(fault),
     "The server stopped answering in the middle.",
     "Try again; if it repeats, look for a firewall that reads along, and ask whoever runs the mail server."),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16, text: &str) -> Fault {
        Fault::Reply { code, text: text.to_owned() }
    }
    fn failed(problem: TlsProblem) -> Fault {
        Fault::Tls(problem, "its certificate".to_owned())
    }
    fn lost(why: &str) -> Fault {
        Fault::Lost(why.to_owned())
    }
    fn unsupported() -> Fault {
        Fault::Unsupported("no".to_owned())
    }

    #[test]
    fn every_failure_is_met_with_the_setting_that_mends_it() {
        use Stage as S;
        let cases = [
            (S::Lookup, lost("failed to lookup"), "Correct smtp.host"),
            (S::Connect, lost(REFUSED), "Correct smtp.port"),
            (S::Connect, Fault::TimedOut, "firewall"),
            (S::Connect, lost("no route to the server"), "firewall"),
            (S::Greeting, Fault::TimedOut, "smtp.tls to implicit"),
            (S::Greeting, lost("the server hung up"), "smtp.tls to implicit"),
            (S::Greeting, reply(421, "4.3.2 too busy"), "Try again later"),
            (S::Greeting, reply(554, "no service here"), "base_url"),
            (S::StartTls, unsupported(), "smtp.tls to implicit"),
            (S::StartTls, reply(454, "TLS not available"), "refuses it"),
            (S::StartTls, Fault::TimedOut, "agree on encryption"),
            (S::Connect, failed(TlsProblem::NotTls), "smtp.tls to starttls"),
            (S::StartTls, failed(TlsProblem::UnknownIssuer), "smtp.ca_file"),
            (S::StartTls, failed(TlsProblem::Expired), "renewed"),
            (S::Connect, failed(TlsProblem::NotYetValid), "clock"),
            (S::Connect, failed(TlsProblem::WrongName), "smtp.host to a name in the certificate"),
            (S::StartTls, failed(TlsProblem::Authority), "CA:FALSE"),
            (S::Connect, failed(TlsProblem::Other), "TLS 1.2"),
            (S::Auth, unsupported(), "needs no smtp.username"),
            (S::Auth, reply(535, "5.7.8 bad credentials"), "app password"),
            (S::Auth, reply(454, "4.7.0 too many"), "in a while"),
            (S::Sender, reply(530, "5.7.0 authentication required"), "Set smtp.username"),
            (S::Sender, reply(550, "5.7.1 not yours"), "Set smtp.from"),
            (S::Recipient, reply(550, "5.7.1 relaying denied"), "Sign in with smtp.username"),
            (S::Recipient, reply(554, "Relay access denied"), "Sign in with smtp.username"),
            (S::Recipient, reply(550, "5.1.1 no such user"), "--to"),
            (S::Recipient, reply(550, "go away"), "try another one"),
            (S::Recipient, reply(450, "4.2.0 greylisted"), "by itself"),
            (S::Dot, reply(554, "5.7.1 looks like spam"), "SPF"),
            (S::Dot, Fault::TimedOut, "Look into the mailbox"),
            (S::Data, lost("the server hung up"), "middle"),
            (S::Sender, reply(552, "5.3.4 too big"), "know no remedy"),
        ];
        for (stage, fault, wanted) in cases {
            let advice = on(stage, &fault);
            let text = format!("{} {}", advice.meaning, advice.fix);
            assert!(text.contains(wanted), "{stage:?} {fault:?}: {text}");
        }
    }

    #[test]
    fn no_row_is_hidden_by_the_rows_before_it() {
        let stages = [
            Stage::Lookup,
            Stage::Connect,
            Stage::Greeting,
            Stage::StartTls,
            Stage::Auth,
            Stage::Sender,
            Stage::Recipient,
            Stage::Data,
            Stage::Body,
            Stage::Dot,
        ];
        use TlsProblem as T;
        let problems =
            [T::NotTls, T::UnknownIssuer, T::Expired, T::NotYetValid, T::WrongName, T::Authority, T::Other];
        let mut faults = vec![Fault::TimedOut, lost(REFUSED), lost("the server hung up"), unsupported()];
        faults.extend(problems.map(failed));
        for text in ["", "5.1.1 no such user", "relaying denied"] {
            faults.extend([421, 530, 550, 552].map(|code| reply(code, text)));
        }
        let given: Vec<Advice> =
            stages.iter().flat_map(|stage| faults.iter().map(|fault| on(*stage, fault))).collect();
        for (_, meaning, fix) in TABLE {
            assert!(given.contains(&Advice { meaning, fix }), "nothing leads to {meaning:?}");
        }
    }
}
