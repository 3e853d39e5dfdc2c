//! `fuzz [--seconds N] [--seed N] [--keep] [TARGET...]`: throws hostile bytes at everything that reads what strangers
//! send. Each target gets N seconds (60) of a processor; the inputs kept in `tests/fuzz/<target>` are tried first.
//!
//! Inputs are changed at random and the changed ones that make a target say something new are changed further. An input
//! that panics, breaks what the target promises, or takes over a second is written to `tests/fuzz/<target>/failed-*` and
//! ends the run with 1: mend the product and leave the file where it is. `--keep` adds inputs that said something new.
//! To add a target, add a row to `targets.rs`.

mod engine;
mod targets;

use anyhow::{Context as _, bail, ensure};
use engine::Engine;
use std::{process::ExitCode, sync::Mutex, time::Duration};
use tests::server::exit_code;

struct Arguments {
    seconds: u64,
    seed: u64,
    keep: bool,
    targets: Vec<String>,
}

fn arguments() -> anyhow::Result<Arguments> {
    let mut found = Arguments { seconds: 60, seed: rand::random(), keep: false, targets: Vec::new() };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--seconds" => found.seconds = value()?.parse()?,
            "--seed" => found.seed = value()?.parse()?,
            "--keep" => found.keep = true,
            other if other.starts_with('-') => {
                bail!("usage: fuzz [--seconds N] [--seed N] [--keep] [TARGET...]")
            }
            target => found.targets.push(target.to_owned()),
        }
    }
    Ok(found)
}

fn run() -> anyhow::Result<bool> {
    let arguments = arguments()?;
    let all = targets::all();
    let chosen =
        all.iter().filter(|t| arguments.targets.is_empty() || arguments.targets.contains(&t.name.into()));
    let waiting: Mutex<Vec<_>> = Mutex::new(chosen.collect());
    let count = waiting.lock().map_or(0, |list| list.len());
    ensure!(
        count > 0,
        "no such target; there are: {}",
        all.iter().map(|t| t.name).collect::<Vec<_>>().join(", ")
    );
    println!("seed {}", arguments.seed);
    // A panic is reported with its input; the default report of each would drown it.
    std::panic::set_hook(Box::new(|_| ()));
    let threads = std::thread::available_parallelism()?.get().min(count);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some(target) = waiting.lock().ok().and_then(|mut list| list.pop()) else { return };
                    let mut engine = Engine::new(target, arguments.seed);
                    let found = engine.run(Duration::from_secs(arguments.seconds));
                    println!("{}", engine.summary());
                    if arguments.keep && found.is_none() {
                        engine.keep();
                    }
                    if let (Some(failure), Ok(mut list)) = (found, failures.lock()) {
                        list.push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap_or_default();
    for failure in &failures {
        println!("{failure}");
    }
    Ok(failures.is_empty())
}

fn main() -> ExitCode {
    exit_code(run())
}
