//! Signing in: beside the bare password hash, and what bad sign-ins do to saves.

use crate::{
    connection::{Answer, Connection, post},
    data::{ADMIN, Size},
    durable::all_kept,
    load::Asker,
    machine::Watched,
    report::{Goal, Half, Wanted},
    samples::{against, by_time, repeat, save, watched},
    scene::Bench,
};
use anyhow::{Context as _, ensure};
use api::{auth::password, domain::Surroundings};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tests::app::PASSWORD;
use tokio::{runtime::Runtime, task::JoinHandle};

const QUESTIONS: usize = 100;

/// A client that signs in again and again.
struct SignIns;

impl Asker for SignIns {
    fn ask(&mut self, request: &mut Vec<u8>) {
        request.extend(post("/sign-in", "", &[("email", ADMIN), ("password", PASSWORD)]));
    }
    fn answered(&mut self, answer: &Answer<'_>) -> anyhow::Result<()> {
        let to = answer.location.as_deref();
        ensure!(
            (answer.status, to) == (303, Some("/")),
            "a sign-in was answered {}, to {to:?}",
            answer.status
        );
        Ok(())
    }
}

/// B10: a sign-in beside the hash of its password.
///
/// # Errors
/// When one is refused.
pub fn beside_the_hash(bench: &mut Bench) -> anyhow::Result<()> {
    let scene = bench.take(Size::new(bench.pace.vendors.0, QUESTIONS))?;
    let server = scene.place.start()?;
    let (pace, own) = (bench.pace.clone(), watched(&server, &scene.place));
    let stored = password::hash(PASSWORD, &Surroundings::system()).map_err(anyhow::Error::msg)?;
    let once = || {
        let begun = Instant::now();
        ensure!(password::verify(PASSWORD, Some(&stored)), "the password does not match");
        Ok(begun.elapsed())
    };
    let span = pace.span.half();
    let what = "sign in, 1 client, p50 / argon2id alone, same parameters";
    let finding = pace.pairs(
        Goal { id: "B10", what, wanted: Wanted::AtMost(1.25) },
        || Ok(by_time(&repeat(&Watched::default(), span, once)?, 0.5)),
        || Ok(by_time(&against(server.address, vec![SignIns], span, &own)?, 0.5)),
    )?;
    bench.found(finding);
    drop(server);
    bench.put(scene);
    Ok(())
}

/// B10b: saves while somebody guesses passwords, beside saves in quiet.
///
/// # Errors
/// When a save fails, or a guess is answered otherwise than that it is wrong.
pub fn during_guesses(bench: &mut Bench) -> anyhow::Result<()> {
    let mut scene = bench.take(Size::new(bench.pace.vendors.0, QUESTIONS))?;
    let mut place = scene.place.clone();
    // Every guess comes from an address of its own, or the limits would stop all but the first.
    place.settings.push(("ASSAY_TRUSTED_PROXIES".to_owned(), "127.0.0.1".to_owned()));
    let server = place.start()?;
    let pace = bench.pace.clone();
    let (mut quiet, mut loud) = (Vec::new(), Vec::new());
    let scene_of_both = std::cell::RefCell::new(&mut scene);
    let (runtime, guessed) = (&bench.runtime, std::cell::Cell::new(0));
    let what = "autosave, 8 clients, p99 during 20 bad sign-ins a second / in quiet";
    let finding = pace.pairs(
        Goal { id: "B10b", what, wanted: Wanted::AtMost(3.0) },
        || Ok(by_time(&save(&server, *scene_of_both.borrow_mut(), 8, pace.span, &mut quiet)?, 0.99)),
        || {
            let guesses = Guesses::start(runtime, server.address, guessed.get());
            let begun = Instant::now();
            let half = by_time(&save(&server, *scene_of_both.borrow_mut(), 8, pace.span, &mut loud)?, 0.99);
            let count = guesses.end(runtime)?;
            let during = begun.elapsed();
            guessed.set(guessed.get() + count);
            let shown =
                format!("{}, {:.1} bad sign-ins/s", half.shown, f64::from(count) / during.as_secs_f64());
            Ok(Half { shown, ..half })
        },
    )?;
    bench.found(finding);
    drop(server);
    quiet.extend(loud);
    all_kept(bench, scene, &quiet)
}

/// So many clients guess once a second each, one after the other.
const GUESSERS: u32 = 20;

/// Guessing that goes on until it is ended.
struct Guesses {
    over: Arc<AtomicBool>,
    running: Vec<JoinHandle<anyhow::Result<u32>>>,
}

impl Guesses {
    /// Begins; `before` guesses were made earlier.
    fn start(runtime: &Runtime, address: SocketAddr, before: u32) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let guesser = |number| runtime.spawn(guess(address, number, before, over.clone()));
        Self { running: (0..GUESSERS).map(guesser).collect(), over }
    }

    /// Ends; how many were answered.
    fn end(self, runtime: &Runtime) -> anyhow::Result<u32> {
        self.over.store(true, Ordering::Relaxed);
        let mut count = 0;
        for guesser in self.running {
            count += runtime.block_on(guesser).context("a guesser broke")??;
        }
        Ok(count)
    }
}

async fn guess(address: SocketAddr, number: u32, before: u32, over: Arc<AtomicBool>) -> anyhow::Result<u32> {
    let mut connection = Connection::open(address).await?;
    tokio::time::sleep(Duration::from_secs(1) / GUESSERS * number).await;
    let mut each = tokio::time::interval(Duration::from_secs(1));
    let mut count = 0;
    while !over.load(Ordering::Relaxed) {
        each.tick().await;
        let [_, a, b, c] = (before + count * GUESSERS + number).to_be_bytes();
        let headers = format!("X-Forwarded-For: 10.{a}.{b}.{c}\r\n");
        let email = format!("nobody{a}-{b}-{c}@northwind.example");
        let fields = [("email", email.as_str()), ("password", "four loud lamps by the river")];
        let status = connection.exchange(&post("/sign-in", &headers, &fields)).await?.status;
        ensure!(status == 422, "a bad sign-in was answered {status}");
        count += 1;
    }
    Ok(count)
}
