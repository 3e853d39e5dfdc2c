//! `stress --seconds N [--clients N] [--assay PATH]`: many clients save answers of one assessment at once (C-01).
//!
//! Starts the real `assay serve` on a SQLite file and comes in as a vendor. For N seconds the clients (50) save over
//! HTTP as fast as the server takes it, every other one as the portal's script does, all of them going round the same
//! questions, so that they meet; whoever hears that somebody saved in between (412) saves again on top of what the
//! answer shows. Afterwards no answer may have been a
//! server error, each acknowledged save must stand in the database as it was sent, and the revision of each question
//! must be the number of saves acknowledged for it. Prints figures; the exit code is 1 when anything is wrong.

use anyhow::{Context as _, bail, ensure};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};
use tests::{
    browser::Client,
    server::{Place, Question, Stored, assay_beside, exit_code, questions, vendor},
};

/// Questions that all clients answer.
const QUESTIONS: usize = 40;

struct Arguments {
    seconds: u64,
    clients: usize,
    assay: PathBuf,
}

fn arguments() -> anyhow::Result<Arguments> {
    let mut found = Arguments { seconds: 30, clients: 50, assay: assay_beside()? };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--seconds" => found.seconds = value.parse()?,
            "--clients" => found.clients = value.parse()?,
            "--assay" => found.assay = value.into(),
            _ => bail!("usage: stress [--seconds N] [--clients N] [--assay PATH]"),
        }
    }
    Ok(found)
}

/// A save that was acknowledged.
struct Saved {
    question: String,
    revision: i64,
    note: String,
}

/// What one client saw.
#[derive(Default)]
struct Seen {
    saved: Vec<Saved>,
    /// Saves that met somebody else's.
    met: u64,
    /// Answers that no save may get, with their status.
    wrong: Vec<String>,
    /// How long each save took, acknowledged or not.
    took: Vec<Duration>,
}

/// One client: goes round the questions until the time is over, beginning at its own.
async fn save_until(
    end: Instant,
    number: usize,
    vendor: Client,
    csrf: &str,
    questions: &[Question],
) -> anyhow::Result<Seen> {
    let mut seen = Seen::default();
    let mut known = vec![0; questions.len()];
    let mut saves = 0_u64;
    for at in (0..questions.len()).cycle().skip(number) {
        let (Some(question), Some(revision)) = (questions.get(at), known.get_mut(at)) else {
            bail!("no question {at}")
        };
        // Until this client's words are saved: each time upon what it was shown last.
        loop {
            if Instant::now() >= end {
                return Ok(seen);
            }
            saves += 1;
            let note = format!("client {number} save {saves}");
            let mutation = format!("m-{number}-{saves}");
            let begun = Instant::now();
            let by_script = number % 2 == 1;
            let answer = match by_script {
                true => question.put(&vendor, *revision, &mutation, &note).await?,
                false => question.save(&vendor, csrf, *revision, &mutation, &note).await?,
            };
            let status = answer.status().as_u16();
            let body = answer.text().await?;
            seen.took.push(begun.elapsed());
            match status {
                200 | 303 => {
                    *revision += 1;
                    let question = question.id.clone();
                    seen.saved.push(Saved { question, revision: *revision, note });
                    break;
                }
                412 => {
                    let shown = if by_script { told_revision(&body) } else { shown_revision(&body) };
                    *revision = shown.context("a conflict without a revision")?;
                    seen.met += 1;
                }
                other => {
                    seen.wrong.push(format!("{} at revision {revision}: {other}", question.id));
                    break;
                }
            }
        }
    }
    Ok(seen)
}

/// The revision in the form of a page that shows one question.
fn shown_revision(page: &str) -> Option<i64> {
    let input = page.split("<input").find(|input| input.contains("name=\"revision\""))?;
    input.split("value=\"").nth(1)?.split('"').next()?.parse().ok()
}

/// The revision in the problem that a script is told.
fn told_revision(problem: &str) -> Option<i64> {
    serde_json::from_str::<serde_json::Value>(problem).ok()?["current"]["rev"].as_i64()
}

/// What the database does not keep as it was acknowledged, and what it keeps beyond that.
fn faults(saved: &[Saved], stored: &Stored) -> Vec<String> {
    let mut faults = Vec::new();
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for Saved { question, revision, note } in saved {
        *counts.entry(question).or_default() += 1;
        if stored.notes.get(&(question.clone(), *revision)) != Some(note) {
            faults.push(format!("{question} revision {revision} is not {note:?}"));
        }
    }
    for (question, current) in &stored.current {
        let count = counts.get(question.as_str()).copied().unwrap_or_default();
        if count != *current {
            faults.push(format!("{question} is at revision {current} after {count} acknowledged saves"));
        }
    }
    if stored.notes.len() != saved.len() {
        faults.push(format!("{} revisions for {} acknowledged saves", stored.notes.len(), saved.len()));
    }
    if stored.integrity != "ok" {
        faults.push(format!("integrity_check says {}", stored.integrity));
    }
    faults
}

async fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let folder = tempfile::tempdir()?;
    let place = Place::new(&arguments.assay, folder.path())?;
    let _server = place.start().await?;
    let browser = vendor(&place.base()).await?;
    let (asked, csrf) = questions(&browser, QUESTIONS).await?;
    let begun = Instant::now();
    let end = begun + Duration::from_secs(arguments.seconds);
    let clients =
        (0..arguments.clients).map(|number| save_until(end, number, browser.clone(), &csrf, &asked));
    let all = futures_util::future::try_join_all(clients).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let stored = Stored::of(&place).await?;

    let (mut saved, mut wrong, mut took, mut met) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for seen in all {
        saved.extend(seen.saved);
        wrong.extend(seen.wrong);
        took.extend(seen.took);
        met += seen.met;
    }
    took.sort_unstable();
    let at = |share: usize| took.get((took.len() * share / 1_000).min(took.len().saturating_sub(1)));
    let shown = |share| at(share).copied().unwrap_or_default().as_millis();
    let wrongs = wrong.len();
    wrong.extend(faults(&saved, &stored));
    for fault in wrong.iter().take(20) {
        eprintln!("{fault}");
    }
    println!(
        "{} clients, {seconds:.1} s: {} saved ({:.0} a second), {met} met another save, {wrongs} wrong answers, {} faults \
         in the database; p50 {} ms, p95 {} ms, p99 {} ms, longest {} ms",
        arguments.clients,
        saved.len(),
        saved.len() as f64 / seconds.max(0.001),
        wrong.len() - wrongs,
        shown(500),
        shown(950),
        shown(990),
        shown(1_000),
    );
    ensure!(saved.len() > arguments.clients && met > 0, "too little was saved to prove anything");
    Ok(wrong.is_empty())
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

    #[test]
    fn a_save_that_is_missing_other_or_uncounted_is_a_fault() {
        let saved = |question: &str, revision, note: &str| Saved {
            question: question.to_owned(),
            revision,
            note: note.to_owned(),
        };
        let all = [saved("A", 1, "one"), saved("A", 2, "two"), saved("B", 1, "three")];
        let stored = |notes: &[(&str, i64, &str)], current: &[(&str, i64)]| Stored {
            notes: notes
                .iter()
                .map(|(id, rev, note)| (((*id).to_owned(), *rev), (*note).to_owned()))
                .collect(),
            current: current.iter().map(|(id, rev)| ((*id).to_owned(), *rev)).collect(),
            integrity: "ok".to_owned(),
        };
        let sound = [("A", 1, "one"), ("A", 2, "two"), ("B", 1, "three")];
        assert_eq!(faults(&all, &stored(&sound, &[("A", 2), ("B", 1)])), Vec::<String>::new());
        let other = [("A", 1, "one"), ("A", 2, "other"), ("B", 1, "three")];
        assert_eq!(faults(&all, &stored(&other, &[("A", 2), ("B", 1)])).len(), 1, "overwritten");
        assert_eq!(
            faults(&all, &stored(&sound[..2], &[("A", 2), ("B", 1)])).len(),
            2,
            "missing, and uncounted"
        );
        assert_eq!(faults(&all, &stored(&sound, &[("A", 1), ("B", 1)])).len(), 1, "the current one is older");
    }

    #[test]
    fn the_revision_is_read_from_the_form_and_from_the_problem() {
        let page = "<input type=\"hidden\" name=\"csrf\" value=\"9\"><input name=\"revision\" type=\"hidden\" value=\"17\">";
        assert_eq!(shown_revision(page), Some(17));
        assert_eq!(shown_revision("<p>"), None);
        assert_eq!(told_revision("{\"code\": \"version-conflict\", \"current\": {\"rev\": 17}}"), Some(17));
        assert_eq!(told_revision("{\"code\": \"version-conflict\"}"), None);
    }
}
