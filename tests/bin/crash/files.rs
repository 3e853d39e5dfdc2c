//! Clients that add files and now and then remove one, and what must be stored of them.

use crate::log::{Log, lines};
use anyhow::{Context as _, bail};
use reqwest::Method;
use sea_orm::{ConnectionTrait as _, Statement};
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
    time::Duration,
};
use tests::{
    browser::Client,
    server::{Place, Question},
};
use uuid::Uuid;

/// Browsers that add files, each to an assessment of its own.
pub const UPLOADERS: usize = 2;
/// After so many files the next assessment is begun: one may have 200 pieces of evidence, removed ones included.
pub const FILES_OF_ONE: u64 = 120;
/// Of so many files one is removed again.
const REMOVED_OF: u64 = 5;

/// One client that adds files. Its log says which were acknowledged, with their hashes, and which it asked to remove.
pub struct Uploader {
    pub vendor: Client,
    pub csrf: String,
    pub question: Question,
    pub log: Log,
    pub number: usize,
    /// Files sent so far.
    pub files: u64,
    /// Those sent to the present assessment.
    pub here: u64,
    /// What it may remove, by the number of its use.
    pub removable: VecDeque<(String, Uuid)>,
    /// Deaths while a file was on its way.
    pub cut_off: u32,
}

impl Uploader {
    /// Adds files, and removes some, until the server is gone.
    pub async fn add_until_killed(&mut self) -> anyhow::Result<()> {
        while self.add().await? {
            if self.files.is_multiple_of(REMOVED_OF) && !self.remove().await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Adds one; false when no answer came.
    async fn add(&mut self) -> anyhow::Result<bool> {
        self.files += 1;
        self.here += 1;
        let name = name_of(self.number, self.files);
        let content = format!("{name}\n").repeat(500);
        let hash = hex::encode(Sha256::digest(&content));
        let answer = match self.question.attach(&self.vendor, &self.csrf, &name, content).await {
            Ok(answer) => answer,
            Err(error) => {
                self.cut_off += u32::from(!error.is_connect());
                return Ok(false);
            }
        };
        match answer.status().as_u16() {
            303 => self.log.note(&format!("added\t{name}\t{hash}"))?,
            503 => {}
            // A fast machine may fill an assessment within one life.
            409 => tokio::time::sleep(Duration::from_millis(20)).await,
            other => bail!("{name} was answered {other}"),
        }
        Ok(true)
    }

    /// Removes one that was there after the last start; false when no answer came.
    async fn remove(&mut self) -> anyhow::Result<bool> {
        let Some((name, citation)) = self.removable.pop_front() else { return Ok(true) };
        self.log.note(&format!("asked\t{name}\t"))?;
        let path = format!("/portal/citations/{citation}/remove");
        let request = self.vendor.request(Method::POST, &path).form(&[("csrf", self.csrf.as_str())]);
        let Ok(answer) = request.send().await else { return Ok(false) };
        match answer.status().as_u16() {
            303 => self.log.note(&format!("removed\t{name}\t"))?,
            503 => {}
            other => bail!("removing {name} was answered {other}"),
        }
        Ok(true)
    }
}

fn name_of(uploader: usize, file: u64) -> String {
    format!("uploader-{uploader}-file-{file}.txt")
}

/// The name of an uploader's log.
pub fn log_of(uploader: usize) -> String {
    format!("uploader-{uploader}.log")
}

/// A file as the database has it.
#[derive(Clone, Debug)]
pub struct Kept {
    key: String,
    sha256: String,
    citation: Uuid,
    /// Whether it is still used beside its question.
    used: bool,
}

/// All files, by name; names that are there twice.
pub struct Shelf {
    files: BTreeMap<String, Kept>,
    twice: Vec<String>,
}

impl Shelf {
    /// Reads the database of a place.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn of(place: &Place) -> anyhow::Result<Self> {
        let database = sea_orm::Database::connect(place.database_url()).await?;
        let sql = "SELECT e.display_name, e.storage_key, e.sha256, c.id, \
                   CASE WHEN c.removed_at IS NULL THEN 'yes' ELSE 'no' END \
                   FROM evidence e JOIN evidence_citation c ON c.evidence_id = e.id WHERE e.kind = 'file' \
                   ORDER BY e.added_at";
        let rows =
            database.query_all_raw(Statement::from_string(database.get_database_backend(), sql)).await?;
        let (mut files, mut twice) = (BTreeMap::new(), Vec::new());
        for row in rows {
            let name: String = row.try_get_by_index(0)?;
            let used: String = row.try_get_by_index(4)?;
            let kept = Kept {
                key: row.try_get_by_index(1)?,
                sha256: row.try_get_by_index(2)?,
                citation: row.try_get_by_index(3)?,
                used: used == "yes",
            };
            if files.insert(name.clone(), kept).is_some() {
                twice.push(name);
            }
        }
        database.close().await?;
        Ok(Self { files, twice })
    }

    /// What an uploader may remove from its present assessment: of its newest `files`, those in use.
    pub fn removable(&self, uploader: usize, all: u64, here: u64) -> VecDeque<(String, Uuid)> {
        let names = (all - here + 1..=all).map(|file| name_of(uploader, file));
        let used = names.filter_map(|name| {
            let kept = self.files.get(&name).filter(|kept| kept.used)?;
            Some((name, kept.citation))
        });
        used.collect()
    }

    /// What is there twice, or was never sent; `sent` says how many files each uploader has sent.
    pub fn not_sent_once(&self, sent: &[u64]) -> Vec<String> {
        let of = |name: &str| {
            let numbers = name.strip_prefix("uploader-")?.strip_suffix(".txt")?.split_once("-file-")?;
            Some((numbers.0.parse().ok()?, numbers.1.parse().ok()?))
        };
        let sent = |name: &str| {
            of(name).is_some_and(|(one, file): (usize, u64)| sent.get(one).is_some_and(|all| file <= *all))
        };
        let strange = self.files.keys().filter(|name| !sent(name));
        strange.chain(&self.twice).cloned().collect()
    }
}

/// Files that were acknowledged, removals that were, and what of both is not as it was acknowledged.
pub fn compare(folder: &Path, evidence: &Path, shelf: &Shelf) -> anyhow::Result<(u64, u64, Vec<String>)> {
    let (mut added, mut removed, mut lost) = (0, 0, Vec::new());
    for number in 0..UPLOADERS {
        let lines = lines(folder, &log_of(number))?;
        let words = |line: &'_ str| {
            let mut parts = line.split('\t').map(str::to_owned);
            let words = parts.next().zip(parts.next()).zip(parts.next());
            words.with_context(|| format!("a log line that is none: {line:?}"))
        };
        let lines: Vec<_> = lines.iter().map(|line| words(line)).collect::<anyhow::Result<_>>()?;
        let asked: BTreeSet<&str> = lines
            .iter()
            .filter(|((what, _), _)| what == "asked")
            .map(|((_, name), _)| name.as_str())
            .collect();
        for ((what, name), hash) in &lines {
            let kept = shelf.files.get(name);
            let sound = match what.as_str() {
                "added" => {
                    added += 1;
                    // One whose removal was asked for and not acknowledged may stand or not; its bytes stay in any case.
                    let kept = kept.filter(|kept| kept.used || asked.contains(name.as_str()));
                    let kept = kept.filter(|kept| kept.sha256 == *hash);
                    let bytes = kept.and_then(|kept| std::fs::read(evidence.join(&kept.key)).ok());
                    bytes.is_some_and(|bytes| hex::encode(Sha256::digest(bytes)) == *hash)
                }
                "removed" => {
                    removed += 1;
                    kept.is_some_and(|kept| !kept.used)
                }
                _ => true,
            };
            if !sound {
                lost.push(format!("{what} {name}"));
            }
        }
    }
    Ok((added, removed, lost))
}

#[cfg(test)]
mod tests_of_the_judge {
    use super::*;

    fn hash(text: &str) -> String {
        hex::encode(Sha256::digest(text))
    }

    fn shelf(files: &[(&str, bool)]) -> Shelf {
        let kept = |(name, used): &(&str, bool)| {
            let (key, sha256) = (format!("key-{name}"), hash(name));
            ((*name).to_owned(), Kept { key, sha256, citation: Uuid::nil(), used: *used })
        };
        Shelf { files: files.iter().map(kept).collect(), twice: Vec::new() }
    }

    /// What is lost of these lines of a log.
    fn lost(lines: &str, bytes: &[(&str, &str)], shelf: &Shelf) -> Vec<String> {
        let (folder, evidence) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join(log_of(0)), lines).unwrap();
        std::fs::write(folder.path().join(log_of(1)), "").unwrap();
        for (name, content) in bytes {
            std::fs::write(evidence.path().join(format!("key-{name}")), content).unwrap();
        }
        compare(folder.path(), evidence.path(), shelf).unwrap().2
    }

    #[test]
    fn a_file_whose_bytes_are_gone_or_others_is_lost() {
        let lines: String =
            ["a", "b", "c", "d"].map(|name| format!("added\t{name}\t{}\n", hash(name))).concat();
        let shelf = shelf(&[("a", true), ("b", true), ("c", true)]);
        let found = lost(&lines, &[("a", "a"), ("b", "other")], &shelf);
        assert_eq!(found, ["added b", "added c", "added d"], "others, gone, no row");
    }

    #[test]
    fn a_file_is_gone_only_when_somebody_asked_for_it_and_stays_gone() {
        let added: String = ["a", "b", "c"].map(|name| format!("added\t{name}\t{}\n", hash(name))).concat();
        let lines = format!("{added}asked\tb\t\nasked\tc\t\nremoved\tc\t\n");
        let bytes = [("a", "a"), ("b", "b"), ("c", "c")];
        assert_eq!(lost(&lines, &bytes, &shelf(&[("a", true), ("b", false), ("c", false)])), [""; 0]);
        assert_eq!(lost(&lines, &bytes, &shelf(&[("a", true), ("b", true), ("c", false)])), [""; 0]);
        let wrong = shelf(&[("a", false), ("b", true), ("c", true)]);
        assert_eq!(lost(&lines, &bytes, &wrong), ["added a", "removed c"], "gone by itself, back again");
    }

    #[test]
    fn what_is_there_twice_or_was_never_sent_is_named() {
        let names = ["uploader-0-file-1.txt", "uploader-0-file-3.txt", "uploader-2-file-1.txt", "other.txt"];
        let mut shelf = shelf(&names.map(|name| (name, true)));
        shelf.twice.push(names[0].to_owned());
        assert_eq!(shelf.not_sent_once(&[2, 0]), [names[3], names[1], names[2], names[0]]);
    }

    #[test]
    fn only_what_is_used_in_the_present_assessment_can_be_removed() {
        let names = [
            ("uploader-0-file-1.txt", true),
            ("uploader-0-file-2.txt", false),
            ("uploader-0-file-3.txt", true),
        ];
        let found = shelf(&names).removable(0, 4, 3);
        assert_eq!(found, [("uploader-0-file-3.txt".to_owned(), Uuid::nil())]);
    }
}
