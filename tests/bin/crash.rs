//! `crash --cycles N [--database sqlite|postgres] [--assay PATH]`: what was acknowledged survives the death of the
//! process that acknowledged it (K-01).
//!
//! Starts the real `assay serve` on a SQLite file, or on a PostgreSQL that lives on while it dies, comes in as a vendor,
//! and then N times: clients save answers over HTTP, every other one as the portal's script does, and two of them add
//! files, each writing and syncing every acknowledgement to a log before its next request; the server is killed
//! (SIGKILL) after 50 to 1,000 ms and started again. Every acknowledgement in the logs must be found as it was
//! acknowledged, files byte for byte; nothing may be there twice or that nobody sent; the database file must be sound.
//! Exit code 1 otherwise.

use anyhow::{Context as _, bail, ensure};
use api::domain::Surroundings;
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeSet,
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

/// Browsers that save at the same time, each a question of its own.
const CLIENTS: usize = 30;
/// Browsers that add files meanwhile, until the assessment may have no more.
const UPLOADERS: usize = 2;
/// The longest start after a death.
const START: Duration = Duration::from_secs(5);

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
    question: Question,
    /// The revision that its answer has.
    revision: i64,
    log: File,
    number: usize,
    saves: u64,
}

impl Saver {
    async fn save_until_killed(&mut self) -> anyhow::Result<()> {
        while self.save().await? {}
        Ok(())
    }

    /// Saves once; false when there was no acknowledgement, so that nobody knows what became of it.
    async fn save(&mut self) -> anyhow::Result<bool> {
        self.saves += 1;
        let note = note_of(self.number, self.saves);
        let mutation = format!("m-{}-{}", self.number, self.saves);
        let Self { vendor, csrf, question, revision, .. } = self;
        let sent = match self.number % 2 {
            0 => question.save(vendor, csrf, *revision, &mutation, &note).await,
            _ => question.put(vendor, *revision, &mutation, &note).await,
        };
        let Ok(answer) = sent else { return Ok(false) };
        match answer.status().as_u16() {
            200 | 303 => {}
            503 => return Ok(true),
            other => bail!("{} at revision {revision} was answered {other}", question.id),
        }
        *revision += 1;
        writeln!(self.log, "{}\t{revision}\t{note}", question.id)?;
        self.log.sync_data()?;
        Ok(true)
    }
}

/// What a client writes with one of its saves; no two are the same.
fn note_of(client: usize, save: u64) -> String {
    format!("client {client} save {save}")
}

/// One client that adds files. Every line of its log is a file that was acknowledged, with its content's hash.
struct Uploader {
    vendor: Client,
    csrf: String,
    question: Question,
    log: File,
    number: usize,
    files: u64,
}

impl Uploader {
    /// Adds files until the server is gone, or until no more are taken.
    async fn add_until_killed(&mut self) -> anyhow::Result<()> {
        loop {
            self.files += 1;
            let name = format!("uploader-{}-file-{}.txt", self.number, self.files);
            let content = format!("{name}\n").repeat(500);
            let hash = hex::encode(Sha256::digest(&content));
            let Ok(answer) = self.question.attach(&self.vendor, &self.csrf, &name, content).await else {
                return Ok(());
            };
            match answer.status().as_u16() {
                303 => {}
                409 => return Ok(()),
                503 => continue,
                other => bail!("{name} was answered {other}"),
            }
            writeln!(self.log, "{name}\t{hash}")?;
            self.log.sync_data()?;
        }
    }
}

/// Files that were acknowledged, and those that are not there byte for byte.
fn compare_files(folder: &Path, evidence: &Path, stored: &Stored) -> anyhow::Result<(u64, Vec<String>)> {
    let (mut acknowledged, mut lost) = (0, Vec::new());
    for number in 0..UPLOADERS {
        for line in std::fs::read_to_string(log_of(folder, "uploader", number))?.lines() {
            let (name, hash) = line.split_once('\t').with_context(|| format!("no log line: {line:?}"))?;
            acknowledged += 1;
            let kept = stored.files.get(name).filter(|(_, stored)| stored == hash);
            let bytes = kept.and_then(|(key, _)| std::fs::read(evidence.join(key)).ok());
            if bytes.is_none_or(|bytes| hex::encode(Sha256::digest(bytes)) != hash) {
                lost.push(name.to_owned());
            }
        }
    }
    Ok((acknowledged, lost))
}

/// What is stored twice, or was never sent; `saves` says how many each client has sent.
fn not_sent_once(stored: &Stored, saves: &[u64]) -> Vec<String> {
    let sent = |note: &str| {
        let numbers = note.strip_prefix("client ").and_then(|rest| rest.split_once(" save "));
        let numbers = numbers.and_then(|(client, save)| Some((client.parse().ok()?, save.parse().ok()?)));
        numbers
            .is_some_and(|(client, save): (usize, u64)| saves.get(client).is_some_and(|sent| save <= *sent))
    };
    let mut seen = BTreeSet::new();
    stored.notes.values().filter(|note| !sent(note) || !seen.insert(note.as_str())).cloned().collect()
}

/// Acknowledgements in the logs, and those that the database does not keep.
fn compare(folder: &Path, stored: &Stored) -> anyhow::Result<(u64, Vec<String>)> {
    let (mut acknowledged, mut lost) = (0, Vec::new());
    for number in 0..CLIENTS {
        for line in std::fs::read_to_string(log_of(folder, "client", number))?.lines() {
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

fn log_of(folder: &Path, kind: &str, number: usize) -> PathBuf {
    folder.join(format!("{kind}-{number}.log"))
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
    let (all, csrf) = questions(&browser, CLIENTS).await?;
    let mut savers = Vec::new();
    for (number, question) in all.iter().enumerate() {
        savers.push(Saver {
            vendor: browser.clone(),
            csrf: csrf.clone(),
            question: question.clone(),
            revision: 0,
            log: File::create_new(log_of(&place.folder, "client", number))?,
            number,
            saves: 0,
        });
    }
    let mut uploaders = Vec::new();
    for (number, question) in all.iter().take(UPLOADERS).enumerate() {
        uploaders.push(Uploader {
            vendor: browser.clone(),
            csrf: csrf.clone(),
            question: question.clone(),
            log: File::create_new(log_of(&place.folder, "uploader", number))?,
            number,
            files: 0,
        });
    }
    let chance = Surroundings::system();
    let (mut acknowledged, mut files, mut lost, mut damaged) = (0, 0, Vec::new(), 0);
    let mut slowest = Duration::ZERO;
    for cycle in 1..=arguments.cycles {
        let life = Duration::from_millis(50 + u64::from(chance.below(951)));
        let saving = futures_util::future::try_join_all(savers.iter_mut().map(Saver::save_until_killed));
        let killing = async {
            tokio::time::sleep(life).await;
            server.kill()
        };
        let adding = futures_util::future::try_join_all(uploaders.iter_mut().map(Uploader::add_until_killed));
        let (saved, added, killed) = futures_util::future::join3(saving, adding, killing).await;
        killed?;
        saved?;
        added?;
        let started = Instant::now();
        server = place.start().await?;
        slowest = slowest.max(started.elapsed());
        let found = Stored::of(&place).await?;
        if found.integrity != "ok" {
            eprintln!("cycle {cycle}: integrity_check says {}", found.integrity);
            damaged += 1;
        }
        (acknowledged, lost) = compare(&place.folder, &found)?;
        let lost_files;
        (files, lost_files) = compare_files(&place.folder, &place.folder.join("data/evidence"), &found)?;
        lost.extend(lost_files);
        let sent: Vec<u64> = savers.iter().map(|saver| saver.saves).collect();
        let strange = not_sent_once(&found, &sent);
        ensure!(strange.is_empty(), "cycle {cycle}: twice, or never sent: {strange:?}");
        if !lost.is_empty() {
            eprintln!("cycle {cycle}: lost {lost:?}");
            break;
        }
        for saver in &mut savers {
            // A save without an acknowledgement may have been kept or not.
            saver.revision = found.current.get(&saver.question.id).copied().unwrap_or_default();
        }
        let Some(Saver { question, revision: stored, .. }) = savers.first() else { bail!("no question") };
        let page = browser.open(&format!("/portal/questions/{}", question.id)).await.expect(200);
        let revision = page.attributes("input[name=revision]", "value");
        ensure!(revision.first() == Some(&stored.to_string()), "the page shows {revision:?}, not {stored}");
    }
    println!(
        "{} cycles on {}, {acknowledged} answers and {files} files acknowledged, {} lost, none twice, {damaged} damaged \
         databases, started again within {:.1} s; {:.1} s",
        arguments.cycles,
        if arguments.postgres { "PostgreSQL" } else { "SQLite" },
        lost.len(),
        slowest.as_secs_f64(),
        begun.elapsed().as_secs_f64()
    );
    ensure!(acknowledged > u64::from(arguments.cycles), "too little was saved to prove anything");
    ensure!(files > 0, "no file was added");
    ensure!(slowest <= START, "a start took {slowest:?}");
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
            std::fs::write(log_of(folder.path(), "client", client), lines).unwrap();
        }
        let note = |id: &str, rev, text: &str| ((id.to_owned(), rev), text.to_owned());
        let notes = BTreeMap::from([note("A", 1, "one"), note("A", 2, "two"), note("B", 1, "other")]);
        let current = BTreeMap::from([("A".to_owned(), 1), ("B".to_owned(), 1)]);
        let stored = Stored { notes, current, files: BTreeMap::new(), integrity: "ok".to_owned() };
        let (acknowledged, lost) = compare(folder.path(), &stored).unwrap();
        assert_eq!(acknowledged, 4);
        assert_eq!(lost, ["A\t2\ttwo", "B\t1\tthree", "C\t1\tfour"], "older, other, missing");
    }
    #[test]
    fn a_file_whose_bytes_are_gone_or_others_is_lost() {
        let (folder, evidence) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let hash = |text: &str| hex::encode(Sha256::digest(text));
        let lines = format!("a\t{}\nb\t{}\nc\t{}\nd\t{}\n", hash("a"), hash("b"), hash("c"), hash("d"));
        std::fs::write(log_of(folder.path(), "uploader", 0), lines).unwrap();
        std::fs::write(log_of(folder.path(), "uploader", 1), "").unwrap();
        std::fs::write(evidence.path().join("key-a"), "a").unwrap();
        std::fs::write(evidence.path().join("key-b"), "other").unwrap();
        let file = |name: &str| (name.to_owned(), (format!("key-{name}"), hash(name)));
        let files = BTreeMap::from([file("a"), file("b"), file("c")]);
        let stored =
            Stored { notes: BTreeMap::new(), current: BTreeMap::new(), files, integrity: String::new() };
        let found = compare_files(folder.path(), evidence.path(), &stored).unwrap();
        assert_eq!(found, (4, vec!["b".to_owned(), "c".to_owned(), "d".to_owned()]), "others, gone, no row");
    }

    #[test]
    fn what_is_there_twice_or_was_never_sent_is_named() {
        let note = |id: &str, text: &str| ((id.to_owned(), 1), text.to_owned());
        let all = [note("A", "client 0 save 1"), note("B", "client 0 save 1"), note("C", "client 1 save 9")];
        let stored = Stored {
            notes: BTreeMap::from(all),
            current: BTreeMap::new(),
            files: BTreeMap::new(),
            integrity: String::new(),
        };
        assert_eq!(not_sent_once(&stored, &[1, 8]), ["client 0 save 1", "client 1 save 9"]);
        assert_eq!(not_sent_once(&stored, &[1, 9]), ["client 0 save 1"]);
    }
}
