//! `points [--database sqlite|postgres] [--times N] [--assay PATH]`: death at named points of submitting, uploading,
//! mailing and opening again (K-03 to K-06).
//!
//! Starts the real `assay serve` and kills it N times (3) at each point: where a file is written or synced, by the
//! library of `faults.rs`; where PostgreSQL is about to write a row or to commit, by a trigger that waits; where a mail
//! server hears something. Each time the service is started again, and what it has kept must be nothing or the whole;
//! the same request, sent again, must come to the same end as if nobody had died. Prints a line for each point; the exit
//! code is 1 when anything was lost, halved or doubled. To add a point, add a line to a table of `submit`, `upload`,
//! `mail` or `reopen`.

mod mail;
mod reopen;
mod stage;
mod submit;
mod upload;

use anyhow::{Context as _, bail};
use stage::Stage;
use std::{path::PathBuf, process::ExitCode, time::Instant};
use tests::server::{assay_beside, exit_code};

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sqlite,
    Postgres,
}

struct Arguments {
    kind: Kind,
    times: u32,
    assay: PathBuf,
}

fn arguments() -> anyhow::Result<Arguments> {
    let mut found = Arguments { kind: Kind::Sqlite, times: 3, assay: assay_beside()? };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} needs a value"))?;
        match (word.as_str(), value.as_str()) {
            ("--database", "sqlite") => found.kind = Kind::Sqlite,
            ("--database", "postgres") => found.kind = Kind::Postgres,
            ("--times", _) => found.times = value.parse()?,
            ("--assay", _) => found.assay = value.into(),
            _ => bail!("usage: points [--database sqlite|postgres] [--times N] [--assay PATH]"),
        }
    }
    Ok(found)
}

async fn run(Arguments { kind, times, assay }: Arguments) -> anyhow::Result<bool> {
    let begun = Instant::now();
    let mut stage = Stage::new(&assay, kind).await?;
    let (mut deaths, mut wrong) = (0, 0);
    for subject in ["submit", "upload", "mail", "reopen"] {
        let points = match subject {
            "submit" => submit::points(kind),
            "upload" => upload::points(kind),
            "reopen" => reopen::points(kind),
            _ => mail::points(kind),
        };
        for (name, point) in points {
            for _ in 0..times {
                deaths += 1;
                let came = match subject {
                    "submit" => submit::die(&mut stage, &point).await,
                    "upload" => upload::die(&mut stage, &point).await,
                    "reopen" => reopen::die(&mut stage, &point).await,
                    _ => mail::die(&mut stage, name, &point).await,
                };
                match came.with_context(|| format!("{subject}, {name}")) {
                    Ok(came) => println!("{subject}, {name}: {came}"),
                    Err(error) => {
                        eprintln!("{error:#}");
                        wrong += 1;
                        stage.again().await?;
                    }
                }
            }
        }
    }
    println!("{deaths} deaths on {kind:?}, {wrong} wrong; {:.1} s", begun.elapsed().as_secs_f64());
    Ok(wrong == 0)
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(match arguments() {
        Ok(arguments) => run(arguments).await,
        Err(error) => Err(error),
    })
}
