//! Clients that save answers, and what must be stored of them.

use crate::log::{Log, lines};
use anyhow::bail;
use std::{collections::BTreeSet, path::Path};
use tests::{
    browser::Client,
    server::{Question, Stored},
};

/// Browsers that save at the same time, each a question of its own.
pub const CLIENTS: usize = 30;

/// One client: saves until the server is gone. Every line of its log is a save that was acknowledged.
pub struct Saver {
    pub vendor: Client,
    pub csrf: String,
    pub question: Question,
    /// The revision that its answer has.
    pub revision: i64,
    pub log: Log,
    pub number: usize,
    pub saves: u64,
}

impl Saver {
    pub async fn save_until_killed(&mut self) -> anyhow::Result<()> {
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
        self.log.note(&format!("{}\t{revision}\t{note}", question.id))?;
        Ok(true)
    }
}

/// What a client writes with one of its saves; no two are the same.
fn note_of(client: usize, save: u64) -> String {
    format!("client {client} save {save}")
}

/// The name of a client's log.
pub fn log_of(client: usize) -> String {
    format!("client-{client}.log")
}

/// What is stored twice, or was never sent; `saves` says how many each client has sent.
pub fn not_sent_once(stored: &Stored, saves: &[u64]) -> Vec<String> {
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
pub fn compare(folder: &Path, stored: &Stored) -> anyhow::Result<(u64, Vec<String>)> {
    let (mut acknowledged, mut lost) = (0, Vec::new());
    for number in 0..CLIENTS {
        for line in lines(folder, &log_of(number))? {
            let mut parts = line.split('\t');
            let (Some(id), Some(rev), Some(note)) = (parts.next(), parts.next(), parts.next()) else {
                bail!("a log line that is none: {line:?}");
            };
            let rev: i64 = rev.parse()?;
            acknowledged += 1;
            let kept = stored.notes.get(&(id.to_owned(), rev)).is_some_and(|kept| kept == note);
            if !kept || stored.current.get(id).is_none_or(|current| *current < rev) {
                lost.push(line);
            }
        }
    }
    Ok((acknowledged, lost))
}

#[cfg(test)]
mod tests_of_the_judge {
    use super::*;
    use std::collections::BTreeMap;

    fn stored(notes: &[(&str, i64, &str)], current: &[(&str, i64)]) -> Stored {
        Stored {
            notes: notes
                .iter()
                .map(|(id, rev, note)| (((*id).to_owned(), *rev), (*note).to_owned()))
                .collect(),
            current: current.iter().map(|(id, rev)| ((*id).to_owned(), *rev)).collect::<BTreeMap<_, _>>(),
            integrity: "ok".to_owned(),
        }
    }

    #[test]
    fn an_answer_that_is_missing_other_or_older_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        for client in 0..CLIENTS {
            let lines = if client == 0 { "A\t1\tone\nA\t2\ttwo\nB\t1\tthree\nC\t1\tfour\n" } else { "" };
            std::fs::write(folder.path().join(log_of(client)), lines).unwrap();
        }
        let stored = stored(&[("A", 1, "one"), ("A", 2, "two"), ("B", 1, "other")], &[("A", 1), ("B", 1)]);
        let (acknowledged, lost) = compare(folder.path(), &stored).unwrap();
        assert_eq!(acknowledged, 4);
        assert_eq!(lost, ["A\t2\ttwo", "B\t1\tthree", "C\t1\tfour"], "older, other, missing");
    }

    #[test]
    fn what_is_there_twice_or_was_never_sent_is_named() {
        let notes = [("A", 1, "client 0 save 1"), ("B", 1, "client 0 save 1"), ("C", 1, "client 1 save 9")];
        let stored = stored(&notes, &[]);
        assert_eq!(not_sent_once(&stored, &[1, 8]), ["client 0 save 1", "client 1 save 9"]);
        assert_eq!(not_sent_once(&stored, &[1, 9]), ["client 0 save 1"]);
    }
}
