//! One conversation of the test's mail server: commands in, replies out, with whatever the rules change.

use super::{Act, Encryption, Point, Received, Rule, Shared, lock};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio_rustls::TlsAcceptor;

/// A connection, encrypted or not.
pub(super) trait Line: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

/// The server's side of one connection.
pub(super) struct Conversation {
    stream: BufReader<Box<dyn Line>>,
    state: Shared,
    /// What STARTTLS leads to; none when it was used or is not offered.
    starttls: Option<TlsAcceptor>,
    encrypted: bool,
    from: String,
    to: Vec<String>,
}

/// The conversation is over, by our will or by a fault of the line.
pub(super) struct Over;

impl From<std::io::Error> for Over {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

impl Conversation {
    /// Talks until one side ends it.
    pub(super) async fn begin(
        stream: Box<dyn Line>,
        state: Shared,
        encryption: Encryption,
    ) -> Result<(), Over> {
        let (stream, starttls, encrypted): (Box<dyn Line>, _, _) = match encryption {
            Encryption::Never => (stream, None, false),
            Encryption::AfterStartTls(acceptor) => (stream, Some(acceptor), false),
            Encryption::AtOnce(acceptor) => (Box::new(acceptor.accept(stream).await?), None, true),
        };
        let stream = BufReader::new(stream);
        Self { stream, state, starttls, encrypted, from: String::new(), to: vec![] }.run().await
    }

    async fn run(mut self) -> Result<(), Over> {
        self.answer(Point::Greeting, "220 mx.test ESMTP").await?;
        loop {
            let line = self.line().await?;
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" | "HELO" => {
                    let mut lines = vec!["mx.test".to_owned()];
                    lines.extend(lock(&self.state).extensions.clone());
                    lines.extend(self.starttls.is_some().then(|| "STARTTLS".to_owned()));
                    let last = lines.len() - 1;
                    let reply: Vec<String> = lines
                        .iter()
                        .enumerate()
                        .map(|(n, line)| format!("250{}{line}", if n == last { ' ' } else { '-' }))
                        .collect();
                    self.answer(Point::Ehlo, &reply.join("\r\n")).await?;
                }
                "STARTTLS" => match self.starttls.take() {
                    None => self.write("502 5.5.1 not here\r\n").await?,
                    Some(acceptor) => {
                        if self.answer(Point::StartTls, "220 2.0.0 go ahead").await? {
                            // What was sent unencrypted before its time is dropped with the buffer.
                            self.stream =
                                BufReader::new(Box::new(acceptor.accept(self.stream.into_inner()).await?));
                            self.encrypted = true;
                        }
                    }
                },
                "AUTH" => {
                    let known = self.signs_in(&line).await?;
                    let normal = if known { "235 2.7.0 signed in" } else { "535 5.7.8 wrong password" };
                    self.answer(Point::Auth, normal).await?;
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

    /// Reads user name and password, and says whether they are those that the server knows.
    async fn signs_in(&mut self, line: &str) -> Result<bool, Over> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let given = match words.as_slice() {
            [_, way, first] if way.eq_ignore_ascii_case("PLAIN") => {
                let parts = decoded(first);
                let mut parts = parts.split('\0').skip(1).map(str::to_owned);
                parts.next().zip(parts.next())
            }
            [_, way] if way.eq_ignore_ascii_case("LOGIN") => {
                let mut asked = Vec::new();
                for prompt in ["Username:", "Password:"] {
                    self.write(&format!("334 {}\r\n", BASE64.encode(prompt))).await?;
                    asked.push(decoded(&self.line().await?));
                }
                asked.pop().and_then(|password| Some((asked.pop()?, password)))
            }
            _ => None,
        };
        let account = lock(&self.state).account.clone();
        Ok(account.is_none_or(|account| given == Some(account)))
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
        let normal = || Act::Say(format!("250 2.0.0 queued as {number}"));
        let act = match act {
            Some(Act::Tell(errand)) => {
                (errand.0)();
                normal()
            }
            act => act.unwrap_or_else(normal),
        };
        self.act(&act).await?;
        Ok(())
    }

    /// Replies as a rule says, or else with `normal`. True when the reply was positive.
    async fn answer(&mut self, point: Point, normal: &str) -> Result<bool, Over> {
        let act = match self.rule(point) {
            Some(Act::Tell(errand)) => {
                (errand.0)();
                Act::Say(normal.to_owned())
            }
            Some(act) => act,
            None => Act::Say(normal.to_owned()),
        };
        self.act(&act).await
    }

    async fn act(&mut self, act: &Act) -> Result<bool, Over> {
        match act {
            Act::Say(reply) => {
                self.write(&format!("{reply}\r\n")).await?;
                Ok(reply.starts_with(['2', '3']))
            }
            Act::Tell(errand) => {
                (errand.0)();
                Ok(true)
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
        let mut state = lock(&self.state);
        state.commands.push(line.clone());
        if !self.encrypted {
            state.in_clear.push(line.clone());
        }
        drop(state);
        Ok(line)
    }

    async fn write(&mut self, text: &str) -> Result<(), Over> {
        let stream = self.stream.get_mut();
        stream.write_all(text.as_bytes()).await?;
        stream.flush().await?;
        Ok(())
    }
}

fn decoded(base64: &str) -> String {
    String::from_utf8_lossy(&BASE64.decode(base64).unwrap_or_default()).into_owned()
}

/// The address in `MAIL FROM:<a@b> SIZE=1`.
fn angle(line: &str) -> String {
    let inner = line.split_once('<').map_or("", |(_, rest)| rest);
    inner.rsplit_once('>').map_or("", |(address, _)| address).to_owned()
}
