//! The way to a mail server: one connection, one recipient, one message, every step with its own time limit.
//!
//! We drive lettre's connection command by command. Its ready-made transport cannot say whether a connection was lost
//! before or after the final dot, and that decides between "try again" and "we do not know".
//! lettre writes whole conversations, secrets included, to its debug log; `telemetry` keeps that target silent.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension};
use lettre::transport::smtp::response::Response;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::certificate::PeerCertificate;
use super::fault::{describe_io, fault_of};
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
    /// For the lookup of the server's name, and until the connection stands.
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
    /// Authorities that are believed beside those of this machine: certificates in PEM.
    pub authorities: Option<Vec<u8>>,
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
    /// A file of authorities that holds no certificate.
    #[error("smtp.ca_file holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----")]
    NoAuthority,
    /// Not one word.
    #[error("{0:?} is no host name to introduce ourselves with")]
    HelloName(String),
}

/// A step of the conversation that went well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The name leads there.
    Found(Vec<SocketAddr>),
    /// A mail server answered.
    Greeted,
    /// The connection is encrypted; the certificate, where it can be read.
    Encrypted(Option<PeerCertificate>),
    /// What the server can do, as far as it concerns us.
    Offers(Vec<&'static str>),
    /// Signed in as this user.
    SignedIn(String),
    /// We may send from this address.
    SenderTaken(String),
    /// This recipient is taken.
    RecipientTaken(String),
    /// The message is taken; the server's words.
    Accepted(String),
}

/// Sends over SMTP.
pub struct SmtpTransport {
    settings: Box<SmtpSettings>,
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
            Tls::StartTls | Tls::Implicit => {
                Some(encryption(&settings.host, settings.authorities.as_deref())?)
            }
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
        Ok(Self { settings: Box::new(settings), tls, hello })
    }

    /// One attempt. Ends within the sum of the time limits.
    pub async fn send(&self, message: &Mime) -> SendOutcome {
        match self.converse(message).await {
            Ok(reply) => SendOutcome::Sent { reply: words(&reply.message().collect::<Vec<_>>().join(" ")) },
            Err((stage, fault)) => classify(stage, &fault),
        }
    }

    /// Goes through the conversation and tells each step; without a message it ends before the recipient.
    ///
    /// # Errors
    /// Where it ended and why.
    pub async fn examine(
        &self,
        sender: &Address,
        message: Option<&Mime>,
        tell: &mut (dyn FnMut(Step) + Send),
    ) -> Result<(), (Stage, Fault)> {
        let mut connection = self.connect(tell).await?;
        match message {
            Some(message) => {
                let reply = self.hand_over(&mut connection, message, tell).await?;
                tell(Step::Accepted(words(&reply.message().collect::<Vec<_>>().join(" "))));
            }
            None => self.name_sender(&mut connection, sender, tell).await?,
        }
        say_goodbye(&mut connection).await;
        Ok(())
    }

    async fn converse(&self, message: &Mime) -> Result<Response, (Stage, Fault)> {
        let mut connection = self.connect(&mut |_| {}).await?;
        let result = self.hand_over(&mut connection, message, &mut |_| {}).await;
        // After silence there is nobody to take leave of; dropping the connection closes it.
        if matches!(result, Ok(_) | Err((_, Fault::Reply { .. }))) {
            say_goodbye(&mut connection).await;
        }
        result
    }

    async fn connect(
        &self,
        tell: &mut (dyn FnMut(Step) + Send),
    ) -> Result<AsyncSmtpConnection, (Stage, Fault)> {
        let command = self.settings.timeouts.command;
        let at = |stage: Stage| move |fault: Fault| (stage, fault);
        let addresses = self.lookup().await.map_err(at(Stage::Lookup))?;
        tell(Step::Found(addresses.clone()));

        let mut connection = match &self.tls {
            Some(tls) if self.settings.tls == Tls::Implicit => {
                self.connect_encrypted(&addresses, tls).await.map_err(at(Stage::Connect))?
            }
            _ => {
                let stream = self.connect_plain(&addresses).await.map_err(at(Stage::Connect))?;
                within(command, AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello))
                    .await
                    .map_err(at(Stage::Greeting))?
            }
        };
        tell(Step::Greeted);
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
        if connection.is_encrypted() {
            let certificate = connection.peer_certificate().ok();
            tell(Step::Encrypted(certificate.and_then(|der| PeerCertificate::read(&der))));
        }
        tell(Step::Offers(offers(&connection)));
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
            tell(Step::SignedIn(user.clone()));
        }
        Ok(connection)
    }

    async fn lookup(&self) -> Result<Vec<SocketAddr>, Fault> {
        let found = lookup_host((self.settings.host.as_str(), self.settings.port));
        match timeout(self.settings.timeouts.connect, found).await {
            Ok(Ok(addresses)) => Ok(addresses.collect()),
            Ok(Err(e)) => Err(Fault::Lost(describe_io(&e))),
            Err(_) => Err(Fault::TimedOut),
        }
    }

    async fn connect_plain(&self, addresses: &[SocketAddr]) -> Result<TcpStream, Fault> {
        match timeout(self.settings.timeouts.connect, TcpStream::connect(addresses)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(e)) => Err(Fault::Lost(describe_io(&e))),
            Err(_) => Err(Fault::TimedOut),
        }
    }

    async fn connect_encrypted(
        &self,
        addresses: &[SocketAddr],
        tls: &TlsParameters,
    ) -> Result<AsyncSmtpConnection, Fault> {
        let Timeouts { connect, command, .. } = self.settings.timeouts;
        let tls = Some(tls.clone());
        let connecting =
            AsyncSmtpConnection::connect_tokio1(addresses, Some(connect), &self.hello, tls, None);
        within(connect + command, connecting).await
    }

    async fn name_sender(
        &self,
        connection: &mut AsyncSmtpConnection,
        sender: &Address,
        tell: &mut (dyn FnMut(Step) + Send),
    ) -> Result<(), (Stage, Fault)> {
        within(self.settings.timeouts.command, connection.command(Mail::new(Some(sender.clone()), vec![])))
            .await
            .map_err(|fault| (Stage::Sender, fault))?;
        tell(Step::SenderTaken(sender.to_string()));
        Ok(())
    }

    async fn hand_over(
        &self,
        connection: &mut AsyncSmtpConnection,
        message: &Mime,
        tell: &mut (dyn FnMut(Step) + Send),
    ) -> Result<Response, (Stage, Fault)> {
        let limit = self.settings.timeouts.command;
        let at = |stage: Stage| move |fault: Fault| (stage, fault);
        self.name_sender(connection, &message.from, tell).await?;
        within(limit, connection.command(Rcpt::new(message.to.clone(), vec![])))
            .await
            .map_err(at(Stage::Recipient))?;
        tell(Step::RecipientTaken(message.to.to_string()));
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

/// Encryption that believes the authorities of this machine, and those in `more`.
fn encryption(host: &str, more: Option<&[u8]>) -> Result<TlsParameters, SettingsError> {
    let unusable = |e: lettre::transport::smtp::Error| SettingsError::Tls(words(&e.to_string()));
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(pem) = more {
        // lettre takes a file without a certificate without a word.
        if CertificateDer::pem_slice_iter(pem).next().is_none() {
            return Err(SettingsError::NoAuthority);
        }
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(unusable)?);
    }
    builder.build().map_err(unusable)
}

fn offers(connection: &AsyncSmtpConnection) -> Vec<&'static str> {
    let info = connection.server_info();
    let extensions = [
        (info.supports_feature(Extension::StartTls), "STARTTLS"),
        (info.supports_auth_mechanism(Mechanism::Plain), "AUTH PLAIN"),
        (info.supports_auth_mechanism(Mechanism::Login), "AUTH LOGIN"),
        (info.supports_feature(Extension::EightBitMime), "8BITMIME"),
        (info.supports_feature(Extension::SmtpUtfEight), "SMTPUTF8"),
    ];
    extensions.into_iter().filter_map(|(there, name)| there.then_some(name)).collect()
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

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
