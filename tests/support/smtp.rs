//! A real SMTP server on loopback that misbehaves on request, and remembers everything it received.
//!
//! Without rules it accepts every mail. A [`Rule`] says at which [`Point`] of the conversation, for which recipient and
//! how often something else happens:
//!
//! ```ignore
//! let server = SmtpServer::start().await?;
//! server.add(Rule::at(Point::Rcpt).to("grey@x.example").times(2).say("450 4.2.0 greylisted"));
//! server.add(Rule::at(Point::Dot).to("gone@x.example").hang_up());
//! ```
//!
//! With a certificate it speaks TLS, from the first byte or after STARTTLS ([`SmtpServer::encrypted`],
//! [`SmtpServer::with_starttls`]), and with [`SmtpServer::knows`] it looks at the password.
//!
//! Rules are looked at in the order they were added; the first one that fits and is not used up acts.

mod conversation;

use crate::certificates::ServerCertificate;
use conversation::Conversation;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// Where in the conversation a rule acts: instead of the server's normal reply to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The first line of the server.
    Greeting,
    /// `EHLO`.
    Ehlo,
    /// `STARTTLS`.
    StartTls,
    /// `AUTH`.
    Auth,
    /// `MAIL FROM`.
    MailFrom,
    /// `RCPT TO`.
    Rcpt,
    /// The `DATA` command.
    Data,
    /// After the go-ahead, while the content arrives: nothing of it is read.
    Body,
    /// After the final dot.
    Dot,
}

/// Something for a test to do.
#[derive(Clone)]
struct Errand(Arc<dyn Fn() + Send + Sync>);

impl std::fmt::Debug for Errand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Errand")
    }
}

#[derive(Debug, Clone)]
enum Act {
    Say(String),
    Tell(Errand),
    Hang,
    HangUp,
    Half(String),
}

/// One misbehaviour.
#[derive(Debug, Clone)]
pub struct Rule {
    at: Point,
    to: Option<String>,
    left: Option<usize>,
    act: Act,
}

impl Rule {
    /// Acts at `point`, for everybody, for ever: by default the connection is dropped there.
    pub fn at(point: Point) -> Self {
        Self { at: point, to: None, left: None, act: Act::HangUp }
    }
    /// Only for this recipient (points `Rcpt` and later).
    pub fn to(mut self, address: &str) -> Self {
        self.to = Some(address.to_lowercase());
        self
    }
    /// Only the first `n` times.
    pub fn times(mut self, n: usize) -> Self {
        self.left = Some(n);
        self
    }
    /// Replies with these words, code first. A message whose dot gets a 2xx counts as accepted.
    pub fn say(mut self, reply: &str) -> Self {
        self.act = Act::Say(reply.to_owned());
        self
    }
    /// Does something, and then replies as usual (points where a command or a whole mail is answered).
    pub fn tell(mut self, errand: impl Fn() + Send + Sync + 'static) -> Self {
        self.act = Act::Tell(Errand(Arc::new(errand)));
        self
    }
    /// Goes silent and keeps the connection open.
    pub fn hang(mut self) -> Self {
        self.act = Act::Hang;
        self
    }
    /// Closes the connection without a word.
    pub fn hang_up(mut self) -> Self {
        self.act = Act::HangUp;
        self
    }
    /// Sends the beginning of a reply, without an end of line, and closes.
    pub fn half(mut self, beginning: &str) -> Self {
        self.act = Act::Half(beginning.to_owned());
        self
    }
}

/// One message whose final dot arrived.
#[derive(Debug, Clone)]
pub struct Received {
    /// Envelope sender.
    pub from: String,
    /// Envelope recipients.
    pub to: Vec<String>,
    /// The message with the dot-stuffing removed.
    pub raw: Vec<u8>,
    /// The message as it came over the wire, without the final dot.
    pub wire: Vec<u8>,
    /// True when the server said 2xx, or kept the message and then hung up, hung or stopped half way.
    pub kept: bool,
}

impl Received {
    /// Reads the message as a mail program would.
    #[expect(clippy::expect_used, reason = "a test must fail when a mail cannot be read")]
    pub fn parse(&self) -> mail_parser::Message<'_> {
        mail_parser::MessageParser::default()
            .parse(&self.raw)
            .expect("a message that a mail program can read")
    }
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    extensions: Vec<String>,
    received: Vec<Received>,
    commands: Vec<String>,
    in_clear: Vec<String>,
    connections: usize,
    talking: usize,
    account: Option<(String, String)>,
}

type Shared = Arc<Mutex<State>>;

/// When encryption begins.
#[derive(Clone)]
enum Encryption {
    Never,
    AfterStartTls(TlsAcceptor),
    AtOnce(TlsAcceptor),
}

/// The server. Dropping it stops it.
pub struct SmtpServer {
    address: SocketAddr,
    state: Shared,
    encryption: Encryption,
    running: Option<JoinHandle<()>>,
}

impl SmtpServer {
    /// Listens on a free port of 127.0.0.1 and accepts every mail.
    pub async fn start() -> std::io::Result<Self> {
        Self::listen(Encryption::Never).await
    }

    /// As [`Self::start`], and offers STARTTLS with this certificate.
    pub async fn with_starttls(certificate: &ServerCertificate) -> std::io::Result<Self> {
        Self::listen(Encryption::AfterStartTls(certificate.acceptor())).await
    }

    /// As [`Self::start`], encrypted from the first byte.
    pub async fn encrypted(certificate: &ServerCertificate) -> std::io::Result<Self> {
        Self::listen(Encryption::AtOnce(certificate.acceptor())).await
    }

    async fn listen(encryption: Encryption) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Shared::default();
        lock(&state).extensions =
            ["8BITMIME", "ENHANCEDSTATUSCODES", "SIZE 10485760"].map(str::to_owned).to_vec();
        let running = Some(tokio::spawn(serve(listener, state.clone(), encryption.clone())));
        Ok(Self { address, state, encryption, running })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
    /// The port it listens on; the same after a restart.
    pub fn port(&self) -> u16 {
        self.address.port()
    }
    /// Adds a misbehaviour.
    pub fn add(&self, rule: Rule) {
        lock(&self.state).rules.push(rule);
    }
    /// Behaves from now on.
    pub fn forget_rules(&self) {
        lock(&self.state).rules.clear();
    }
    /// Lets in this user with this password only.
    pub fn knows(&self, user: &str, password: &str) {
        lock(&self.state).account = Some((user.to_owned(), password.to_owned()));
    }
    /// Offers one more extension, such as `AUTH PLAIN LOGIN`; `STARTTLS` without a certificate is an empty promise.
    pub fn offer(&self, extension: &str) {
        lock(&self.state).extensions.push(extension.to_owned());
    }
    /// Every message whose dot arrived, in order, refused ones included.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.state).received.clone()
    }
    /// The messages that will be delivered.
    pub fn kept(&self) -> Vec<Received> {
        self.received().into_iter().filter(|mail| mail.kept).collect()
    }
    /// The messages that will be delivered to this address.
    pub fn kept_for(&self, address: &str) -> Vec<Received> {
        let to = |mail: &&Received| mail.to.iter().any(|to| to.eq_ignore_ascii_case(address));
        lock(&self.state).received.iter().filter(|mail| mail.kept).filter(to).cloned().collect()
    }
    /// How many messages will be delivered.
    pub fn number_kept(&self) -> usize {
        lock(&self.state).received.iter().filter(|mail| mail.kept).count()
    }
    /// Every command line that came, in order. Continuations of AUTH are included.
    pub fn commands(&self) -> Vec<String> {
        lock(&self.state).commands.clone()
    }
    /// Those of them that everybody on the way could read.
    pub fn commands_in_clear(&self) -> Vec<String> {
        lock(&self.state).in_clear.clone()
    }
    /// Connections so far.
    pub fn connections(&self) -> usize {
        lock(&self.state).connections
    }

    /// Waits until `count` messages are kept for this address.
    ///
    /// # Errors
    /// When there are fewer after 10 seconds.
    pub async fn wait_for_mail_to(&self, address: &str, count: usize) -> std::io::Result<()> {
        let begun = std::time::Instant::now();
        while self.kept_for(address).len() < count {
            if begun.elapsed() > Duration::from_secs(10) {
                let why = format!("{} mails to {address}, not {count}", self.kept_for(address).len());
                return Err(std::io::Error::other(why));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Waits until every conversation is over, as they soon are when the other side is dead: what came of it is known
    /// then.
    pub async fn hung_up(&self) {
        while lock(&self.state).talking > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Whether a rule has made it silent at this point.
    pub fn silent_at(&self, point: Point) -> bool {
        let state = lock(&self.state);
        state
            .rules
            .iter()
            .any(|rule| rule.at == point && matches!(rule.act, Act::Hang) && rule.left == Some(0))
    }

    /// Waits until `count` messages are kept.
    ///
    /// # Errors
    /// How many there are when the time is over.
    pub async fn wait_for(&self, count: usize, limit: Duration) -> Result<Vec<Received>, usize> {
        let waiting = async {
            while self.kept().len() < count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        match tokio::time::timeout(limit, waiting).await {
            Ok(()) => Ok(self.kept()),
            Err(_) => Err(self.kept().len()),
        }
    }

    /// Stops listening and cuts every connection, as a crash would. What was received stays.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
            let _ = running.await;
            lock(&self.state).talking = 0;
        }
    }

    /// Listens again on the same port.
    pub async fn restart(&mut self) -> std::io::Result<()> {
        self.stop().await;
        let listener = TcpListener::bind(self.address).await?;
        self.running = Some(tokio::spawn(serve(listener, self.state.clone(), self.encryption.clone())));
        Ok(())
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.abort();
        }
    }
}

fn lock(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, state: Shared, encryption: Encryption) {
    // Aborting this task drops the set, which cuts every connection.
    let mut conversations = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                {
                    let mut state = lock(&state);
                    state.connections += 1;
                    state.talking += 1;
                }
                let (state, encryption) = (state.clone(), encryption.clone());
                conversations.spawn(async move {
                    let _ = Conversation::begin(Box::new(stream), state.clone(), encryption).await;
                    let talking = &mut lock(&state).talking;
                    *talking = talking.saturating_sub(1);
                });
            },
            Some(_) = conversations.join_next() => {}
        }
    }
}
