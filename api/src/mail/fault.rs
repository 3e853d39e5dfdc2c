//! What a failed step of the conversation means: the mail library's nested errors become one [`Fault`].

use std::error::Error;
use std::io;

use rustls::CertificateError;

use super::outcome::{Fault, TlsProblem};

/// Nobody listens at the port.
pub(super) const REFUSED: &str = "connection refused";
/// The connection ended without a word.
pub(super) const HUNG_UP: &str = "the server hung up";

/// The fault behind an error of lettre.
pub(super) fn fault_of(error: &lettre::transport::smtp::Error) -> Fault {
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    if let Some(code) = error.status() {
        return Fault::Reply { code: code.into(), text: source };
    }
    if error.is_timeout() {
        return Fault::TimedOut;
    }
    // lettre hides a failed handshake in a "connection error", once more after STARTTLS.
    if let Some(io) = innermost_io(error) {
        return match io.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(tls) => tls_fault(tls),
            None => Fault::Lost(describe_io(io)),
        };
    }
    if error.is_tls() {
        return Fault::Tls(TlsProblem::Other, source);
    }
    if error.is_client() {
        return Fault::Unsupported(source);
    }
    // lettre calls an early end of the stream an "incomplete response".
    Fault::Lost(if source == "incomplete response" { HUNG_UP.to_owned() } else { source })
}

fn innermost_io<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a io::Error> {
    let deeper = error.source().and_then(innermost_io);
    deeper.or_else(|| error.downcast_ref::<io::Error>())
}

fn tls_fault(error: &rustls::Error) -> Fault {
    use CertificateError as C;
    let (problem, words) = match error {
        rustls::Error::InvalidMessage(_) => {
            (TlsProblem::NotTls, "it does not speak TLS on this port".to_owned())
        }
        rustls::Error::InvalidCertificate(why) => match why {
            C::UnknownIssuer => (
                TlsProblem::UnknownIssuer,
                "its certificate was issued by nobody whom this machine knows".to_owned(),
            ),
            C::Expired | C::ExpiredContext { .. } => {
                (TlsProblem::Expired, "its certificate has expired".to_owned())
            }
            C::NotValidYet | C::NotValidYetContext { .. } => {
                (TlsProblem::NotYetValid, "its certificate is not valid yet".to_owned())
            }
            C::NotValidForNameContext { presented, .. } => {
                (TlsProblem::WrongName, format!("its certificate is for {}", names(presented)))
            }
            C::NotValidForName => (TlsProblem::WrongName, "its certificate is for another name".to_owned()),
            // The library of the check keeps this reason inside a type of its own.
            C::Other(why) if format!("{why:?}").contains("CaUsedAsEndEntity") => {
                (TlsProblem::Authority, "it shows the certificate of an authority as its own".to_owned())
            }
            other => (TlsProblem::Other, format!("its certificate is refused: {other}")),
        },
        other => (TlsProblem::Other, other.to_string()),
    };
    Fault::Tls(problem, words)
}

/// `DnsName("mail.example")` and the like as a list for people.
fn names(presented: &[String]) -> String {
    let plain = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
    match presented {
        [] => "no name".to_owned(),
        names => names.iter().map(plain).collect::<Vec<_>>().join(", "),
    }
}

/// An error of the network in few words.
pub(super) fn describe_io(error: &io::Error) -> String {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::ConnectionRefused => REFUSED.to_owned(),
        Kind::ConnectionReset | Kind::BrokenPipe | Kind::ConnectionAborted | Kind::UnexpectedEof => {
            HUNG_UP.to_owned()
        }
        Kind::HostUnreachable | Kind::NetworkUnreachable => "no route to the server".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or_default().to_owned()
        }
    }
}
