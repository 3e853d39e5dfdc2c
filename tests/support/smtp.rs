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
//! Rules are looked at in the order they were added; the first one that fits and is not used up acts.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Where in the conversation a rule acts: instead of the server's normal reply to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The first line of the server.
    Greeting,
    /// `EHLO`.
    Ehlo,
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

#[derive(Debug, Clone)]
enum Act {
    Say(String),
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
    connections: usize,
}

type Shared = Arc<Mutex<State>>;

/// The server. Dropping it stops it.
pub struct SmtpServer {
    address: SocketAddr,
    state: Shared,
    running: Option<JoinHandle<()>>,
}

impl SmtpServer {
    /// Listens on a free port of 127.0.0.1 and accepts every mail.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Shared::default();
        lock(&state).extensions =
            ["8BITMIME", "ENHANCEDSTATUSCODES", "SIZE 10485760"].map(str::to_owned).to_vec();
        let running = Some(tokio::spawn(serve(listener, state.clone())));
        Ok(Self { address, state, running })
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
    /// Offers one more extension, such as `AUTH PLAIN LOGIN` or `STARTTLS`.
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
        self.kept()
            .into_iter()
            .filter(|mail| mail.to.iter().any(|to| to.eq_ignore_ascii_case(address)))
            .collect()
    }
    /// Every command line that came, in order. Continuations of AUTH are included.
    pub fn commands(&self) -> Vec<String> {
        lock(&self.state).commands.clone()
    }
    /// Connections so far.
    pub fn connections(&self) -> usize {
        lock(&self.state).connections
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
        }
    }

    /// Listens again on the same port.
    pub async fn restart(&mut self) -> std::io::Result<()> {
        self.stop().await;
        let listener = TcpListener::bind(self.address).await?;
        self.running = Some(tokio::spawn(serve(listener, self.state.clone())));
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

async fn serve(listener: TcpListener, state: Shared) {
    // Aborting this task drops the set, which cuts every connection.
    let mut conversations = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                lock(&state).connections += 1;
                let state = state.clone();
                conversations.spawn(async move {
                    let _ = Conversation { stream: BufReader::new(stream), state, from: String::new(), to: vec![] }.run().await;
                });
            },
            Some(_) = conversations.join_next() => {}
        }
    }
}

struct Conversation {
    stream: BufReader<TcpStream>,
    state: Shared,
    from: String,
    to: Vec<String>,
}

/// The conversation is over, by our will or by a fault of the line.
struct Over;

impl From<std::io::Error> for Over {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

impl Conversation {
    async fn run(mut self) -> Result<(), Over> {
        self.answer(Point::Greeting, "220 mx.test ESMTP").await?;
        loop {
            let line = self.line().await?;
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" | "HELO" => {
                    let mut lines = vec!["mx.test".to_owned()];
                    lines.extend(lock(&self.state).extensions.clone());
                    let last = lines.len() - 1;
                    let reply: Vec<String> = lines
                        .iter()
                        .enumerate()
                        .map(|(n, line)| format!("250{}{line}", if n == last { ' ' } else { '-' }))
                        .collect();
                    self.answer(Point::Ehlo, &reply.join("\r\n")).await?;
                }
                "AUTH" => {
                    if line.to_ascii_uppercase().starts_with("AUTH LOGIN") {
                        for _ in 0..2 {
                            self.write("334 \r\n").await?;
                            self.line().await?;
                        }
                    }
                    self.answer(Point::Auth, "235 2.7.0 signed in").await?;
                }
                "MAIL" => {
                    self.from = angle(&line);
                    self.to.clear();
                    self.answer(Point::MailFrom, "250 2.1.0 ok").await?;
                }
                "RCPT" => {
                    // Rules for this recipient must see it; a refused one is taken out again.
                    self.to.push(angle(&line));
                    if !self.answer(Point::Rcpt, "250 2.1.5 ok").await? {
                        self.to.pop();
                    }
                }
                "DATA" if self.to.is_empty() => self.write("503 5.5.1 no recipients\r\n").await?,
                "DATA" => {
                    if self.answer(Point::Data, "354 go ahead").await? {
                        self.content().await?;
                    }
                }
                "RSET" => {
                    self.to.clear();
                    self.write("250 2.0.0 ok\r\n").await?;
                }
                "NOOP" => self.write("250 2.0.0 ok\r\n").await?,
                "QUIT" => {
                    self.write("221 2.0.0 bye\r\n").await?;
                    return Ok(());
                }
                _ => self.write("502 5.5.2 unknown command\r\n").await?,
            }
        }
    }

    async fn content(&mut self) -> Result<(), Over> {
        if let Some(act) = self.rule(Point::Body) {
            self.act(&act).await?;
        }
        let (mut raw, mut wire) = (Vec::new(), Vec::new());
        loop {
            let mut line = Vec::new();
            if self.stream.read_until(b'\n', &mut line).await? == 0 {
                return Err(Over);
            }
            if line == b".\r\n" {
                break;
            }
            raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            wire.extend_from_slice(&line);
        }
        let act = self.rule(Point::Dot);
        let kept = match &act {
            Some(Act::Say(reply)) => reply.starts_with('2'),
            _ => true,
        };
        let mail = Received { from: self.from.clone(), to: std::mem::take(&mut self.to), raw, wire, kept };
        let number = {
            let mut state = lock(&self.state);
            state.received.push(mail);
            state.received.len()
        };
        self.act(&act.unwrap_or_else(|| Act::Say(format!("250 2.0.0 queued as {number}")))).await?;
        Ok(())
    }

    /// Replies as a rule says, or else with `normal`. True when the reply was positive.
    async fn answer(&mut self, point: Point, normal: &str) -> Result<bool, Over> {
        let act = self.rule(point).unwrap_or_else(|| Act::Say(normal.to_owned()));
        self.act(&act).await
    }

    async fn act(&mut self, act: &Act) -> Result<bool, Over> {
        match act {
            Act::Say(reply) => {
                self.write(&format!("{reply}\r\n")).await?;
                Ok(reply.starts_with(['2', '3']))
            }
            Act::Hang => {
                // Silent until the other side gives up; what it still sends is thrown away.
                let mut waste = [0_u8; 4096];
                while self.stream.read(&mut waste).await? > 0 {}
                Err(Over)
            }
            Act::HangUp => Err(Over),
            Act::Half(beginning) => {
                self.write(beginning).await?;
                Err(Over)
            }
        }
    }

    /// The rule that acts at this point, used up by one.
    fn rule(&self, point: Point) -> Option<Act> {
        let mut state = lock(&self.state);
        let fits = |rule: &&mut Rule| {
            rule.at == point
                && rule.left != Some(0)
                && rule.to.as_ref().is_none_or(|to| self.to.iter().any(|seen| seen.eq_ignore_ascii_case(to)))
        };
        let rule = state.rules.iter_mut().find(fits)?;
        if let Some(left) = &mut rule.left {
            *left -= 1;
        }
        Some(rule.act.clone())
    }

    async fn line(&mut self) -> Result<String, Over> {
        let mut line = Vec::new();
        if self.stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(Over);
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        lock(&self.state).commands.push(line.clone());
        Ok(line)
    }

    async fn write(&mut self, text: &str) -> Result<(), Over> {
        let stream = self.stream.get_mut();
        stream.write_all(text.as_bytes()).await?;
        stream.flush().await?;
        Ok(())
    }
}

/// The address in `MAIL FROM:<a@b> SIZE=1`.
fn angle(line: &str) -> String {
    let inner = line.split_once('<').map_or("", |(_, rest)| rest);
    inner.rsplit_once('>').map_or("", |(address, _)| address).to_owned()
}
