//! `bench [--quick | --smoke] [--assay PATH] [--write FILE] [GOAL...]`: measures the service beside its anchors.
//!
//! Starts the release binary on filled databases and puts it under load, each sample beside one of its anchor; states
//! every goal as the median ratio of the pairs. A non-2xx answer, a save that cannot be read back, or durability
//! settings that differ end the run. `tests/bench` builds what it needs and calls it. To add a goal, write a function
//! in the module that it belongs to and name it in [`PARTS`].

mod anchors;
mod connection;
mod data;
mod durable;
mod engine;
mod filling;
mod form;
mod growth;
mod invitations;
mod list;
mod load;
mod machine;
mod pages;
mod process;
mod report;
mod samples;
mod saves;
mod scene;
mod server;
mod sign_in;

use anyhow::{Context as _, bail};
use scene::{Bench, Pace};
use std::{path::PathBuf, process::Command, process::ExitCode, time::Duration};

type Part = fn(&mut Bench) -> anyhow::Result<()>;

/// Which goals each part measures.
const PARTS: &[(&[&str], Part)] = &[
    (&["B11"], process::file),
    (&["B4"], engine::scores),
    (&["B2", "B2D"], durable::on_sqlite),
    (&["B1"], pages::open),
    (&["B1"], pages::section),
    (&["B3"], pages::score),
    (&["B3"], pages::fresh),
    (&["B5B"], pages::compare),
    (&["B2C"], durable::on_a_slow_disk),
    (&["G6"], durable::by_clients),
    (&["B2B"], durable::on_postgres),
    (&["B10"], sign_in::beside_the_hash),
    (&["B10B"], sign_in::during_guesses),
    (&["B5", "G4"], list::list),
    (&["B8", "B8B"], process::starts),
    (&["G2"], growth::by_vendors),
    (&["G1"], growth::by_questions),
    (&["B6"], invitations::send),
    (&["G2", "G3"], pages::open_grows),
    (&["G7"], growth::by_history),
    (&["B9"], process::memory),
    (&["G8"], growth::memory_by_saves),
];

struct Arguments {
    pace: Pace,
    assay: PathBuf,
    write: Option<PathBuf>,
    /// In capitals; all when none is named.
    goals: Vec<String>,
}

fn arguments() -> anyhow::Result<Arguments> {
    let pace = |warm_up: u64, measured: u64, pairs, vendors, rows, saves| Pace {
        span: load::Span {
            warm_up: Duration::from_millis(warm_up),
            measured: Duration::from_millis(measured),
        },
        pairs,
        vendors,
        rows,
        saves,
        folder: PathBuf::new(),
    };
    let mut found = Arguments {
        pace: pace(2_000, 6_000, 5, (1_000, 10_000), 1_000_000, (10_000, 100_000)),
        assay: std::env::current_exe()?.with_file_name("assay"),
        write: None,
        goals: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().map(PathBuf::from).with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--quick" => found.pace = pace(500, 2_000, 3, (1_000, 10_000), 1_000_000, (10_000, 30_000)),
            "--smoke" => found.pace = pace(200, 1_000, 1, (200, 300), 20_000, (200, 1_000)),
            "--assay" => found.assay = value()?,
            "--write" => found.write = Some(value()?),
            goal if !goal.starts_with('-') => found.goals.push(goal.to_uppercase()),
            _ => bail!("usage: bench [--quick | --smoke] [--assay PATH] [--write FILE] [GOAL...]"),
        }
    }
    let known: Vec<&str> = PARTS.iter().flat_map(|(goals, _)| goals.iter().copied()).collect();
    if let Some(unknown) = found.goals.iter().find(|goal| !known.contains(&goal.as_str())) {
        bail!("there is no goal {unknown}; there are {}", known.join(", "));
    }
    Ok(found)
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    // Not in memory: what is measured is a disk.
    let folder = tempfile::Builder::new().prefix("assay-bench-").tempdir_in("/var/tmp")?;
    let pace = Pace { folder: folder.path().to_owned(), ..arguments.pace };
    let mut bench = Bench::new(arguments.assay.canonicalize().context("the release binary")?, pace)?;
    for (goals, part) in PARTS {
        let wanted = |goal: &&str| arguments.goals.iter().any(|wanted| wanted == goal);
        if arguments.goals.is_empty() || goals.iter().any(wanted) {
            part(&mut bench).with_context(|| format!("measuring {}", goals.join(", ")))?;
        }
    }
    let said = |program: &str, words: &[&str]| {
        let output = Command::new(program).args(words).output().ok();
        output.map(|done| String::from_utf8_lossy(&done.stdout).trim().to_owned()).unwrap_or_default()
    };
    let settings: Vec<String> = bench.settings.iter().cloned().collect();
    let commit = said("git", &["describe", "--always", "--dirty"]);
    let day = said("date", &["-u", "+%Y-%m-%d"]);
    let page = report::page(&machine::described(), &day, &commit, &settings, &bench.findings);
    match arguments.write {
        Some(file) => std::fs::write(file, page)?,
        None => println!("{page}"),
    }
    Ok(())
}

fn main() -> ExitCode {
    match arguments().and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
