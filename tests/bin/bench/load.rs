//! The load: clients that keep one connection each, ask, wait for the whole answer, and ask again.
//!
//! The same generator drives the service and what it is compared with. A new kind of request is another [`Asker`].

use crate::machine::{Reading, Watched};
use anyhow::{Context as _, bail, ensure};
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU8, Ordering},
    thread,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// One client: says what to ask next, and looks at each answer.
pub trait Asker: Send {
    /// Appends the next request, byte for byte.
    fn ask(&mut self, request: &mut Vec<u8>);
    /// Takes the answer.
    ///
    /// # Errors
    /// When it is none that may come; the run is void then.
    fn answered(&mut self, answer: &Answer<'_>) -> anyhow::Result<()>;
}

/// An answer as it came.
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: &'a [u8],
}

/// How long a sample is warmed up, and how long it is measured.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Not counted.
    pub warm_up: Duration,
    /// Counted.
    pub measured: Duration,
}

/// What was measured.
pub struct Sample {
    /// Answers in the measured time.
    pub answers: usize,
    /// How long each took, sorted.
    took: Vec<Duration>,
    /// The measured time.
    pub elapsed: Duration,
    /// What the machine and the watched process did meanwhile.
    pub reading: Reading,
}

impl Sample {
    /// Answers a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.answers as f64 / self.elapsed.as_secs_f64()
    }
    /// The time within which this share of the answers came, in milliseconds.
    #[must_use]
    pub fn at(&self, share: f64) -> f64 {
        let place = (self.took.len() as f64 * share) as usize;
        let found = self.took.get(place.min(self.took.len().saturating_sub(1)));
        found.copied().unwrap_or_default().as_secs_f64() * 1_000.0
    }
    /// Processor time of the watched process for one answer, in milliseconds.
    #[must_use]
    pub fn cpu(&self) -> f64 {
        self.reading.watched.as_secs_f64() * 1_000.0 / (self.answers.max(1) as f64)
    }
}

const WARMING: u8 = 0;
const MEASURING: u8 = 1;
const OVER: u8 = 2;

/// Lets the clients work for a span, on as many threads as there may be at most two; gives them back.
///
/// # Errors
/// When a connection ends, an answer is not what a client takes, or none came in the measured time.
pub fn run<A: Asker>(
    address: SocketAddr,
    clients: Vec<A>,
    span: Span,
    watched: &Watched,
) -> anyhow::Result<(Sample, Vec<A>)> {
    let phase = AtomicU8::new(WARMING);
    let threads = clients.len().clamp(1, 2);
    let mut shares: Vec<Vec<A>> = (0..threads).map(|_| Vec::new()).collect();
    for (number, client) in clients.into_iter().enumerate() {
        if let Some(share) = shares.get_mut(number % threads) {
            share.push(client);
        }
    }
    thread::scope(|scope| {
        let phase = &phase;
        let running: Vec<_> =
            shares.into_iter().map(|share| scope.spawn(move || drive(address, share, phase))).collect();
        thread::sleep(span.warm_up);
        let before = watched.counters()?;
        let begun = Instant::now();
        phase.store(MEASURING, Ordering::Relaxed);
        thread::sleep(span.measured);
        phase.store(OVER, Ordering::Relaxed);
        let elapsed = begun.elapsed();
        let after = watched.counters()?;
        let (mut took, mut back) = (Vec::new(), Vec::new());
        for thread in running {
            let Ok(done) = thread.join() else { bail!("a thread of the load broke") };
            for (client, own) in done? {
                took.extend(own);
                back.push(client);
            }
        }
        ensure!(!took.is_empty(), "nothing was answered within {elapsed:?}");
        took.sort_unstable();
        let reading = Reading::between(&before, &after, elapsed);
        Ok((Sample { answers: took.len(), took, elapsed, reading }, back))
    })
}

type Done<A> = Vec<(A, Vec<Duration>)>;

fn drive<A: Asker>(address: SocketAddr, clients: Vec<A>, phase: &AtomicU8) -> anyhow::Result<Done<A>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let all = clients.into_iter().map(|client| ask_until_over(address, client, phase));
    runtime.block_on(futures_util::future::try_join_all(all))
}

async fn ask_until_over<A: Asker>(
    address: SocketAddr,
    mut client: A,
    phase: &AtomicU8,
) -> anyhow::Result<(A, Vec<Duration>)> {
    let mut connection = Connection::open(address).await?;
    let mut took = Vec::new();
    let mut request = Vec::new();
    while phase.load(Ordering::Relaxed) != OVER {
        request.clear();
        client.ask(&mut request);
        let begun = Instant::now();
        let answer = connection.exchange(&request).await?;
        let time = begun.elapsed();
        client.answered(&answer)?;
        if phase.load(Ordering::Relaxed) == MEASURING {
            took.push(time);
        }
    }
    Ok((client, took))
}

/// One connection that is kept.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    body: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(256 * 1024), body: Vec::new() })
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When the connection ends, or what comes is no HTTP/1.1.
    pub async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let head_end = loop {
            if let Some(at) = find(&self.received, b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = std::str::from_utf8(self.received.get(..head_end).unwrap_or_default())?.to_owned();
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).context("no status line")?;
        let header = |name: &str| {
            head.lines().find_map(|line| {
                let (found, value) = line.split_once(':')?;
                found.eq_ignore_ascii_case(name).then(|| value.trim())
            })
        };
        if let Some(length) = header("content-length") {
            let end = head_end + length.parse::<usize>()?;
            while self.received.len() < end {
                self.more().await?;
            }
            return Ok(Answer { status, body: self.received.get(head_end..end).unwrap_or_default() });
        }
        if header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            self.chunks(head_end).await?;
            return Ok(Answer { status, body: &self.body });
        }
        Ok(Answer { status, body: &[] })
    }

    async fn chunks(&mut self, mut at: usize) -> anyhow::Result<()> {
        self.body.clear();
        loop {
            let line_end = loop {
                if let Some(found) = self.received.get(at..).and_then(|rest| find(rest, b"\r\n")) {
                    break at + found;
                }
                self.more().await?;
            };
            let size = std::str::from_utf8(self.received.get(at..line_end).unwrap_or_default())?;
            let size = usize::from_str_radix(size.trim(), 16).context("no size of a chunk")?;
            let end = line_end + 2 + size;
            while self.received.len() < end + 2 {
                self.more().await?;
            }
            if size == 0 {
                return Ok(());
            }
            self.body.extend_from_slice(self.received.get(line_end + 2..end).unwrap_or_default());
            at = end + 2;
        }
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.received).await? == 0 {
            bail!("the connection ended within an answer");
        }
        Ok(())
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|part| part == wanted)
}

/// Asks for the same pages in turn.
#[derive(Clone)]
pub struct Reads {
    requests: Vec<Vec<u8>>,
    at: usize,
    /// Bytes of the last body.
    pub size: usize,
}

impl Reads {
    /// Pages by path and cookie, beginning with the one at `first`.
    #[must_use]
    pub fn new(pages: &[(String, String)], first: usize) -> Self {
        let requests = pages.iter().map(|(path, cookie)| get(path, cookie)).collect();
        Self { requests, at: first, size: 0 }
    }
}

impl Asker for Reads {
    fn ask(&mut self, request: &mut Vec<u8>) {
        if let Some(next) = self.requests.get(self.at % self.requests.len().max(1)) {
            request.extend_from_slice(next);
        }
        self.at += 1;
    }
    fn answered(&mut self, answer: &Answer<'_>) -> anyhow::Result<()> {
        if answer.status != 200 {
            bail!("a page was answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
        }
        self.size = answer.body.len();
        Ok(())
    }
}

/// A request for a page.
#[must_use]
pub fn get(path: &str, cookie: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nCookie: {cookie}\r\n\r\n")
        .into_bytes()
}

#[cfg(test)]
mod tests_of_the_load {
    use super::*;

    #[tokio::test]
    async fn an_answer_is_read_whole_with_a_length_and_in_chunks() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 64];
            for part in [
                &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"[..],
                b"HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
                b"HTTP/1.1 204 No Content\r\n\r\n",
            ] {
                assert!(stream.read(&mut bytes).await.unwrap() > 0);
                let (begin, rest) = part.split_at(part.len() - 7);
                stream.write_all(begin).await.unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
                stream.write_all(rest).await.unwrap();
            }
        });
        let mut connection = Connection::open(address).await.unwrap();
        for (status, body) in [(200, &b"hello"[..]), (409, b"abcde"), (204, b"")] {
            let answer = connection.exchange(b"?").await.unwrap();
            assert_eq!((answer.status, answer.body), (status, body));
        }
        server.await.unwrap();
    }
}
