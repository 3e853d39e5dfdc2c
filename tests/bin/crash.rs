//! `crash --cycles N [--database sqlite|postgres] [--assay PATH]`: an acknowledged answer survives the death of the process that acknowledged it.
//!
//! Starts the real `assay serve` on a SQLite file, or on a PostgreSQL that lives on while it dies, comes in as a vendor, and then N times: several clients save
//! answers over HTTP, each writing and syncing every acknowledgement to a log before its next request; the server
//! is killed (SIGKILL) after 50 to 800 ms and started again; every acknowledgement in the logs must be found in the
//! database as it was acknowledged, and the file must be sound. Exit code 1 when anything is lost or damaged.

use anyhow::{Context as _, bail, ensure};
use api::domain::Surroundings;
use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};
use tests::{
    browser::Client,
    postgres::Cluster,
    server::{Place, Question, Stored, assay_beside, exit_code, questions, vendor},
};

/// Browsers that save at the same time.
const CLIENTS: usize = 6;
/// Questions that each of them answers in turn; no two share one.
const QUESTIONS_EACH: usize = 4;

struct Arguments {
    cycles: u32,
    postgres: bool,
    assay: PathBuf,
}

fn arguments() -> anyhow::Result<Arguments> {
    let mut found = Arguments { cycles: 30, postgres: false, assay: assay_beside()? };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} needs a value"))?;
        match (word.as_str(), value.as_str()) {
            ("--cycles", _) => found.cycles = value.parse()?,
            ("--database", "sqlite") => found.postgres = false,
            ("--database", "postgres") => found.postgres = true,
            ("--assay", _) => found.assay = value.into(),
            _ => bail!("usage: crash [--cycles N] [--database sqlite|postgres] [--assay PATH]"),
        }
    }
    Ok(found)
}

/// One client: saves until the server is gone. Every line of its log is a save that was acknowledged.
struct Saver {
    vendor: Client,
    csrf: String,
    /// With the revision that its answer has.
    questions: Vec<(Question, i64)>,
    log: File,
    number: usize,
    saves: u64,
}

impl Saver {
    async fn save_until_killed(&mut self) -> anyhow::Result<()> {
        loop {
            for at in 0..self.questions.len() {
                if !self.save(at).await? {
                    return Ok(());
                }
            }
        }
    }

    /// Saves one answer; false when there was no acknowledgement, so that nobody knows what became of it.
    async fn save(&mut self, at: usize) -> anyhow::Result<bool> {
        self.saves += 1;
        let note = format!("client {} save {}", self.number, self.saves);
        let mutation = format!("m-{}-{}", self.number, self.saves);
        let Some((question, revision)) = self.questions.get_mut(at) else { bail!("no question {at}") };
        let sent = question.save(&self.vendor, &self.csrf, *revision, &mutation, &note);
        let Ok(answer) = sent.await else {
            return Ok(false);
        };
        match answer.status().as_u16() {
            303 => {}
            503 => return Ok(true),
            other => bail!("{} at revision {revision} was answered {other}", question.id),
        }
        *revision += 1;
        writeln!(self.log, "{}\t{revision}\t{note}", question.id)?;
        self.log.sync_data()?;
        Ok(true)
    }
}

/// Acknowledgements in the logs, and those that the database does not keep.
fn compare(folder: &Path, stored: &Stored) -> anyhow::Result<(u64, Vec<String>)> {
    let (mut acknowledged, mut lost) = (0, Vec::new());
    for number in 0..CLIENTS {
        for line in std::fs::read_to_string(log_of(folder, number))?.lines() {
            let mut parts = line.split('\t');
            let (Some(id), Some(rev), Some(note)) = (parts.next(), parts.next(), parts.next()) else {
                bail!("a log line that is none: {line:?}");
            };
            let rev: i64 = rev.parse()?;
            acknowledged += 1;
            let kept = stored.notes.get(&(id.to_owned(), rev)).is_some_and(|kept| kept == note);
            if !kept || stored.current.get(id).is_none_or(|current| *current < rev) {
                lost.push(line.to_owned());
            }
        }
    }
    Ok((acknowledged, lost))
}

fn log_of(folder: &Path, client: usize) -> PathBuf {
    folder.join(format!("client-{client}.log"))
}

async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let begun = Instant::now();
    let folder = tempfile::tempdir()?;
    let mut place = Place::new(&arguments.assay, folder.path())?;
    if arguments.postgres {
        let cluster = Cluster::of_this_process().context("PostgreSQL is missing")?;
        cluster.execute("CREATE DATABASE crash TEMPLATE migrated").await;
        place = place.with("DATABASE_URL", cluster.url("crash"));
    }
    let mut server = place.start().await?;
    let browser = vendor(&place.base()).await?;
    let (all, csrf) = questions(&browser, CLIENTS * QUESTIONS_EACH).await?;
    let mut savers = Vec::new();
    for (number, own) in all.chunks(QUESTIONS_EACH).enumerate() {
        savers.push(Saver {
            vendor: browser.clone(),
            csrf: csrf.clone(),
            questions: own.iter().map(|question| (question.clone(), 0)).collect(),
            log: File::create_new(log_of(&place.folder, number))?,
            number,
            saves: 0,
        });
    }
    let chance = Surroundings::system();
    let (mut acknowledged, mut lost, mut damaged) = (0, Vec::new(), 0);
    for cycle in 1..=arguments.cycles {
        let life = Duration::from_millis(50 + u64::from(chance.below(751)));
        let saving = futures_util::future::try_join_all(savers.iter_mut().map(Saver::save_until_killed));
        let killing = async {
            tokio::time::sleep(life).await;
            server.kill()
        };
        let (saved, killed) = futures_util::future::join(saving, killing).await;
        killed?;
        saved?;
        server = place.start().await?;
        let found = Stored::of(&place).await?;
        if found.integrity != "ok" {
            eprintln!("cycle {cycle}: integrity_check says {}", found.integrity);
            damaged += 1;
        }
        (acknowledged, lost) = compare(&place.folder, &found)?;
        if !lost.is_empty() {
            eprintln!("cycle {cycle}: lost {lost:?}");
            break;
        }
        for (question, revision) in savers.iter_mut().flat_map(|saver| &mut saver.questions) {
            // A save without an acknowledgement may have been kept or not.
            *revision = found.current.get(&question.id).copied().unwrap_or_default();
        }
        let Some((shown, stored)) = savers.first().and_then(|saver| saver.questions.first()) else {
            bail!("no question")
        };
        let page = browser.open(&format!("/portal/questions/{}", shown.id)).await.expect(200);
        let revision = page.attributes("input[name=revision]", "value");
        ensure!(revision.first() == Some(&stored.to_string()), "the page shows {revision:?}, not {stored}");
    }
    println!(
        "{} cycles on {}, {acknowledged} acknowledged, {} lost, {damaged} damaged files; {:.1} s",
        arguments.cycles,
        if arguments.postgres { "PostgreSQL" } else { "SQLite" },
        lost.len(),
        begun.elapsed().as_secs_f64()
    );
    ensure!(acknowledged > u64::from(arguments.cycles), "too little was saved to prove anything");
    Ok(lost.is_empty() && damaged == 0)
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(match arguments() {
        Ok(arguments) => run(arguments).await,
        Err(error) => Err(error),
    })
}

#[cfg(test)]
mod tests_of_the_judge {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn an_answer_that_is_missing_other_or_older_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        for client in 0..CLIENTS {
            let lines = if client == 0 { "A\t1\tone\nA\t2\ttwo\nB\t1\tthree\nC\t1\tfour\n" } else { "" };
            std::fs::write(log_of(folder.path(), client), lines).unwrap();
        }
        let note = |id: &str, rev, text: &str| ((id.to_owned(), rev), text.to_owned());
        let notes = BTreeMap::from([note("A", 1, "one"), note("A", 2, "two"), note("B", 1, "other")]);
        let current = BTreeMap::from([("A".to_owned(), 1), ("B".to_owned(), 1)]);
        let stored = Stored { notes, current, integrity: "ok".to_owned() };
        let (acknowledged, lost) = compare(folder.path(), &stored).unwrap();
        assert_eq!(acknowledged, 4);
        assert_eq!(lost, ["A\t2\ttwo", "B\t1\tthree", "C\t1\tfour"], "older, other, missing");
    }
}
