//! The load: clients that keep one connection each, ask, wait for the whole answer, and ask again.
//!
//! The same generator drives the service and what it is compared with. A new kind of request is another [`Asker`].

use crate::{
    connection::{Answer, Connection, get},
    machine::{Reading, Watched},
};
use anyhow::{bail, ensure};
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU8, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
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

/// How long a sample is warmed up, and how long it is measured.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Not counted.
    pub warm_up: Duration,
    /// Counted.
    pub measured: Duration,
}

impl Span {
    /// Half as long, for what varies little.
    #[must_use]
    pub fn half(self) -> Self {
        Self { warm_up: self.warm_up / 2, measured: self.measured / 2 }
    }
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
    /// Memory of the watched processes at the end, in megabytes.
    pub memory: f64,
}

impl Sample {
    /// The sample of these times.
    ///
    /// # Errors
    /// When there are none: nothing was measured then.
    pub fn of(
        mut took: Vec<Duration>,
        elapsed: Duration,
        reading: Reading,
        watched: &Watched,
    ) -> anyhow::Result<Self> {
        ensure!(!took.is_empty(), "nothing was answered within {elapsed:?}");
        took.sort_unstable();
        Ok(Self { answers: took.len(), took, elapsed, reading, memory: watched.memory() })
    }
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

/// A sample lasts until there are so many answers for each client, however slow they are: of fewer, those that were
/// begun before the sample or ended after it would be most.
const ANSWERS: usize = 4;
/// But no longer than this.
const PATIENCE: Duration = Duration::from_secs(60);

/// Lets the clients work for a span, and longer when answers are slow, on at most two threads; gives them back.
///
/// # Errors
/// When a connection ends, an answer is not what a client takes, or none came in the measured time.
pub fn run<A: Asker>(
    address: SocketAddr,
    clients: Vec<A>,
    span: Span,
    watched: &Watched,
) -> anyhow::Result<(Sample, Vec<A>)> {
    let (phase, counted) = (AtomicU8::new(WARMING), AtomicUsize::new(0));
    let (threads, wanted) = (clients.len().clamp(1, 2), clients.len() * ANSWERS);
    let mut shares: Vec<Vec<A>> = (0..threads).map(|_| Vec::new()).collect();
    for (number, client) in clients.into_iter().enumerate() {
        if let Some(share) = shares.get_mut(number % threads) {
            share.push(client);
        }
    }
    thread::scope(|scope| {
        let (phase, counted) = (&phase, &counted);
        let running: Vec<_> = shares
            .into_iter()
            .map(|share| scope.spawn(move || drive(address, share, phase, counted)))
            .collect();
        thread::sleep(span.warm_up);
        let before = watched.counters()?;
        let begun = Instant::now();
        phase.store(MEASURING, Ordering::Relaxed);
        thread::sleep(span.measured);
        while counted.load(Ordering::Relaxed) < wanted
            && begun.elapsed() < PATIENCE
            && !running.iter().any(thread::ScopedJoinHandle::is_finished)
        {
            thread::sleep(Duration::from_millis(10));
        }
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
        let reading = Reading::between(&before, &after, elapsed);
        Ok((Sample::of(took, elapsed, reading, watched)?, back))
    })
}

type Done<A> = Vec<(A, Vec<Duration>)>;

fn drive<A: Asker>(
    address: SocketAddr,
    clients: Vec<A>,
    phase: &AtomicU8,
    counted: &AtomicUsize,
) -> anyhow::Result<Done<A>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let all = clients.into_iter().map(|client| ask_until_over(address, client, phase, counted));
    runtime.block_on(futures_util::future::try_join_all(all))
}

async fn ask_until_over<A: Asker>(
    address: SocketAddr,
    mut client: A,
    phase: &AtomicU8,
    counted: &AtomicUsize,
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
            counted.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok((client, took))
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
