//! The way to a mail server: one connection, one recipient, one message, every step with its own time limit.
//!
//! We drive lettre's connection command by command. Its ready-made transport cannot say whether a connection was lost
//! before or after the final dot, and that decides between "try again" and "we do not know".
//! lettre writes whole conversations, secrets included, to its debug log; `telemetry` keeps that target silent.

use std::future::Future;
use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::message::Mime;
use super::outcome::{Fault, SendOutcome, Stage, classify, words};

/// Whether and how the connection is encrypted. There is no "if possible": a server that does not offer what is set
/// here gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Never: for a server on this machine or in a trusted network.
    None,
    /// Begins in the clear, then must switch (port 587).
    StartTls,
    /// Encrypted from the first byte (port 465).
    Implicit,
}

/// Time limits of one attempt.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect: Duration,
    /// For the greeting and for every command.
    pub command: Duration,
    /// From the first byte of the content to the server's word after the dot.
    pub data: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            command: Duration::from_secs(30),
            data: Duration::from_secs(120),
        }
    }
}

/// Where mail goes.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Name or IP number of the mail server.
    pub host: String,
    /// 25, 465, 587 or what the server listens on.
    pub port: u16,
    /// Encryption.
    pub tls: Tls,
    /// User name and password, when the server wants them.
    pub credentials: Option<(String, SecretString)>,
    /// How we call ourselves in EHLO: a host name of ours or an IP number.
    pub hello_name: String,
    /// Time limits.
    pub timeouts: Timeouts,
}

/// Why settings cannot be used at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A password would cross the network readable.
    #[error("a password is sent to {0} only over an encrypted connection: set tls to starttls or implicit")]
    PlainPassword(String),
    /// The certificates of this machine could not be read, or the host name is no name.
    #[error("encryption to the mail server cannot be set up: {0}")]
    Tls(String),
    /// Not one word.
    #[error("{0:?} is no host name to introduce ourselves with")]
    HelloName(String),
}

/// Sends over SMTP.
pub struct SmtpTransport {
    settings: SmtpSettings,
    tls: Option<TlsParameters>,
    hello: ClientId,
}

impl SmtpTransport {
    /// Checks the settings; opens no connection.
    ///
    /// # Errors
    /// When a password would go out unencrypted to another machine, or encryption cannot be prepared.
    pub fn new(settings: SmtpSettings) -> Result<Self, SettingsError> {
        if settings.tls == Tls::None && settings.credentials.is_some() && !is_loopback(&settings.host) {
            return Err(SettingsError::PlainPassword(settings.host));
        }
        let tls = match settings.tls {
            Tls::None => None,
            Tls::StartTls | Tls::Implicit => Some(
                TlsParameters::new(settings.host.clone())
                    .map_err(|e| SettingsError::Tls(words(&e.to_string())))?,
            ),
        };
        let hello = match settings.hello_name.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => ClientId::Ipv4(ip),
            Ok(IpAddr::V6(ip)) => ClientId::Ipv6(ip),
            Err(_) => {
                let name = &settings.hello_name;
                if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c)) {
                    return Err(SettingsError::HelloName(name.clone()));
                }
                ClientId::Domain(name.clone())
            }
        };
        Ok(Self { settings, tls, hello })
    }

    /// One attempt. Ends within the sum of the time limits.
    pub async fn send(&self, message: &Mime) -> SendOutcome {
        match self.converse(message).await {
            Ok(reply) => SendOutcome::Sent { reply: words(&reply.message().collect::<Vec<_>>().join(" ")) },
            Err((stage, fault)) => classify(stage, &fault),
        }
    }

    /// Connects, encrypts and signs in, then takes leave: for `assay mail test` and health pages.
    ///
    /// # Errors
    /// What a mail would have met.
    pub async fn probe(&self) -> Result<(), SendOutcome> {
        let mut connection = self.connect().await.map_err(|(stage, fault)| classify(stage, &fault))?;
        say_goodbye(&mut connection).await;
        Ok(())
    }

    async fn converse(&self, message: &Mime) -> Result<Response, (Stage, Fault)> {
        let mut connection = self.connect().await?;
        let result = self.hand_over(&mut connection, message).await;
        // After silence there is nobody to take leave of; dropping the connection closes it.
        if matches!(result, Ok(_) | Err((_, Fault::Reply { .. }))) {
            say_goodbye(&mut connection).await;
        }
        result
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, (Stage, Fault)> {
        let Timeouts { connect, command, .. } = self.settings.timeouts;
        let address = (self.settings.host.as_str(), self.settings.port);
        let at = |stage: Stage| move |fault: Fault| (stage, fault);

        let mut connection = match &self.tls {
            Some(tls) if self.settings.tls == Tls::Implicit => within(
                connect + command,
                AsyncSmtpConnection::connect_tokio1(
                    address,
                    Some(connect),
                    &self.hello,
                    Some(tls.clone()),
                    None,
                ),
            )
            .await
            .map_err(at(Stage::Connect))?,
            _ => {
                let stream = match timeout(connect, TcpStream::connect(address)).await {
                    Ok(Ok(stream)) => stream,
                    Ok(Err(e)) => return Err((Stage::Connect, Fault::Lost(describe_io(&e)))),
                    Err(_) => return Err((Stage::Connect, Fault::TimedOut)),
                };
                within(command, AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello))
                    .await
                    .map_err(at(Stage::Connect))?
            }
        };
        if let (Tls::StartTls, Some(tls)) = (self.settings.tls, &self.tls) {
            if !connection.can_starttls() {
                return Err((
                    Stage::StartTls,
                    Fault::Unsupported(
                        "the mail server offers no STARTTLS; nothing was sent unencrypted".into(),
                    ),
                ));
            }
            within(command, connection.starttls(tls.clone(), &self.hello))
                .await
                .map_err(at(Stage::StartTls))?;
        }
        if let Some((user, password)) = &self.settings.credentials {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            within(command, connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials))
                .await
                .map_err(|fault| match fault {
                    Fault::Unsupported(_) => {
                        Fault::Unsupported("the mail server offers no way to sign in that we know".into())
                    }
                    other => other,
                })
                .map_err(at(Stage::Auth))?;
        }
        Ok(connection)
    }

    async fn hand_over(
        &self,
        connection: &mut AsyncSmtpConnection,
        message: &Mime,
    ) -> Result<Response, (Stage, Fault)> {
        let limit = self.settings.timeouts.command;
        let at = |stage: Stage| move |fault: Fault| (stage, fault);
        within(limit, connection.command(Mail::new(Some(message.from.clone()), vec![])))
            .await
            .map_err(at(Stage::Sender))?;
        within(limit, connection.command(Rcpt::new(message.to.clone(), vec![])))
            .await
            .map_err(at(Stage::Recipient))?;
        let go_ahead = within(limit, connection.command(Data)).await.map_err(at(Stage::Data))?;
        if !go_ahead.has_code(354) {
            return Err((Stage::Data, unexpected(&go_ahead)));
        }
        // lettre asks for the next piece only after the one before is written. Being asked once more means that the
        // whole content is out and the dot comes next: from here on a failure leaves us not knowing.
        let mut content_is_out = false;
        let mut content = Some(message.bytes.as_slice());
        let pieces = std::iter::from_fn(|| {
            let piece = content.take();
            content_is_out = piece.is_none();
            piece
        });
        let result = within(self.settings.timeouts.data, connection.message_iter(pieces)).await;
        match result {
            Ok(reply)
                if reply.code().severity
                    == lettre::transport::smtp::response::Severity::PositiveCompletion =>
            {
                Ok(reply)
            }
            Ok(reply) => Err((Stage::Dot, unexpected(&reply))),
            Err(fault) => Err((if content_is_out { Stage::Dot } else { Stage::Body }, fault)),
        }
    }
}

/// QUIT is a courtesy: what comes of it changes nothing.
async fn say_goodbye(connection: &mut AsyncSmtpConnection) {
    let _ = timeout(Duration::from_secs(2), connection.quit()).await;
}

async fn within<T>(
    limit: Duration,
    step: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
) -> Result<T, Fault> {
    match timeout(limit, step).await {
        Err(_) => Err(Fault::TimedOut),
        Ok(result) => result.map_err(|e| fault_of(&e)),
    }
}

fn unexpected(reply: &Response) -> Fault {
    Fault::Reply { code: reply.code().into(), text: reply.message().collect::<Vec<_>>().join(" ") }
}

fn fault_of(error: &lettre::transport::smtp::Error) -> Fault {
    use std::error::Error as _;
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    if let Some(code) = error.status() {
        return Fault::Reply { code: code.into(), text: source };
    }
    if error.is_tls() {
        return Fault::Tls(source);
    }
    if error.is_timeout() {
        return Fault::TimedOut;
    }
    if error.is_client() {
        return Fault::Unsupported(source);
    }
    if let Some(io) = error.source().and_then(|e| e.downcast_ref::<std::io::Error>()) {
        return Fault::Lost(describe_io(io));
    }
    // lettre calls an early end of the stream an "incomplete response".
    Fault::Lost(if source == "incomplete response" { "the server hung up".to_owned() } else { source })
}

fn describe_io(error: &std::io::Error) -> String {
    use std::io::ErrorKind as Kind;
    match error.kind() {
        Kind::ConnectionRefused => "connection refused".to_owned(),
        Kind::ConnectionReset | Kind::BrokenPipe | Kind::ConnectionAborted | Kind::UnexpectedEof => {
            "the server hung up".to_owned()
        }
        Kind::HostUnreachable | Kind::NetworkUnreachable => "no route to the server".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or_default().to_owned()
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
