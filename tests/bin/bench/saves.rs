//! Saving answers as the portal's script does, and reading back every save that was acknowledged.

use crate::{
    connection::{Answer, get},
    data::{Data, Seat, Size, words},
    form::{OPTIONS, question_id, section_path},
    load::Asker,
};
use anyhow::{bail, ensure};
use api::store::{ConnectOptions, Database, Scoped as _};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::{
    collections::HashMap,
    io::Write as _,
    sync::atomic::{AtomicU32, Ordering},
};
use uuid::Uuid;

/// A save that was acknowledged.
#[derive(Clone, Copy, Debug)]
pub struct Saved {
    assessment: Uuid,
    question: usize,
    revision: i64,
    run: u32,
    client: usize,
    save: u64,
}

impl Saved {
    fn note(&self) -> String {
        words(&format!("run {} client {} save {}", self.run, self.client, self.save))
    }
}

/// One client: goes round the questions of its own respondents.
pub struct Saver {
    seats: Vec<(usize, Seat)>,
    run: u32,
    client: usize,
    save: u64,
    asked: Option<Saved>,
    /// What was acknowledged.
    pub saved: Vec<Saved>,
}

/// As many clients as wanted, who share the respondents among themselves so that nobody meets another.
#[must_use]
pub fn savers(data: &Data, clients: usize) -> Vec<Saver> {
    static RUNS: AtomicU32 = AtomicU32::new(1);
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let seats_of = |client: usize| {
        let own = data.seats.iter().cloned().enumerate();
        own.filter(|(number, _)| number % clients == client).collect()
    };
    (0..clients)
        .map(|client| Saver { seats: seats_of(client), run, client, save: 0, asked: None, saved: Vec::new() })
        .collect()
}

/// Takes the revisions back that the clients raised, and gives what was acknowledged.
pub fn settle(data: &mut Data, savers: Vec<Saver>) -> Vec<Saved> {
    let mut all = Vec::new();
    for saver in savers {
        for (number, seat) in saver.seats {
            if let Some(own) = data.seats.get_mut(number) {
                *own = seat;
            }
        }
        all.extend(saver.saved);
    }
    all
}

impl Saver {
    /// Whose answer the last save was.
    fn seat(&self) -> Option<&(usize, Seat)> {
        self.seats.get(self.save as usize % self.seats.len().max(1))
    }
}

impl Asker for Saver {
    fn ask(&mut self, request: &mut Vec<u8>) {
        self.save += 1;
        let (save, seats) = (self.save as usize, self.seats.len().max(1));
        let Some((_, seat)) = self.seat() else { return };
        // Each round another question, each respondent beginning elsewhere.
        let question = 1 + (save / seats + save) % seat.revisions.len().max(1);
        let revision = seat.revisions.get(question - 1).copied().unwrap_or_default();
        let option = OPTIONS.get(save % OPTIONS.len()).copied().unwrap_or_default();
        let saved = Saved {
            assessment: seat.assessment,
            question,
            revision: revision + 1,
            run: self.run,
            client: self.client,
            save: self.save,
        };
        let body = format!("{{\"choices\":[\"{option}\"],\"note\":\"{}\"}}", saved.note());
        let _ = write!(
            request,
            "PUT /portal/questions/{}/answer HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {}\r\nX-Assay: 1\r\n\
             If-Match: \"{revision}\"\r\nX-Mutation-Id: m-{}-{}-{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            question_id(question),
            seat.cookie,
            self.run,
            self.client,
            self.save,
            body.len(),
        );
        self.asked = Some(saved);
    }

    fn answered(&mut self, answer: &Answer<'_>) -> anyhow::Result<()> {
        let Some(saved) = self.asked.take() else { bail!("an answer to nothing") };
        let said = String::from_utf8_lossy(answer.body);
        ensure!(answer.status == 200, "a save was answered {}: {said}", answer.status);
        ensure!(
            said.contains(&format!("\"rev\":{}", saved.revision)),
            "not revision {}: {said}",
            saved.revision
        );
        let seats = self.seats.len().max(1);
        let seat = self.seats.get_mut(self.save as usize % seats);
        if let Some(revision) = seat.and_then(|(_, seat)| seat.revisions.get_mut(saved.question - 1)) {
            *revision = saved.revision;
        }
        self.saved.push(saved);
        Ok(())
    }
}

/// A client that opens the section after each of its saves.
pub struct Rereads {
    /// Who saves.
    pub saver: Saver,
    /// Sections that were read.
    pub read: u32,
    /// Those that did not show the save before them.
    pub missed: u32,
    size: Size,
    /// What the section has to show now.
    pending: Option<String>,
}

impl Rereads {
    /// A client that saves as this one does, on forms of one section.
    #[must_use]
    pub fn new(saver: Saver, size: Size) -> Self {
        Self { saver, read: 0, missed: 0, size, pending: None }
    }
}

impl Asker for Rereads {
    fn ask(&mut self, request: &mut Vec<u8>) {
        let Some((_, seat)) = self.saver.seat().filter(|_| self.pending.is_some()) else {
            return self.saver.ask(request);
        };
        request.extend_from_slice(&get(&section_path(self.size, 1), &seat.cookie));
    }

    fn answered(&mut self, answer: &Answer<'_>) -> anyhow::Result<()> {
        let Some(note) = self.pending.take() else {
            self.saver.answered(answer)?;
            self.pending = self.saver.saved.last().map(Saved::note);
            return Ok(());
        };
        ensure!(answer.status == 200, "a section was answered {}", answer.status);
        self.read += 1;
        self.missed += u32::from(!String::from_utf8_lossy(answer.body).contains(&note));
        Ok(())
    }
}

/// Looks for every acknowledged save in the database.
///
/// # Errors
/// When one is missing or other than it was sent.
pub async fn read_back(data: &Data, saved: &[Saved]) -> anyhow::Result<()> {
    let connection = sea_orm::Database::connect(&data.url).await?;
    let sql =
        "SELECT assessment_id, question_id, rev, note FROM answer_revision WHERE mutation_id LIKE 'm-%'";
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let mut stored: HashMap<(Uuid, String, i64), String> = HashMap::new();
    for row in connection.query_all_raw(statement).await? {
        let key = (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        stored.insert(key, row.try_get_by_index::<Option<String>>(3)?.unwrap_or_default());
    }
    connection.close().await?;
    for one in saved {
        let key = (one.assessment, question_id(one.question), one.revision);
        ensure!(stored.get(&key) == Some(&one.note()), "acknowledged and not stored: {one:?}");
    }
    Ok(())
}

/// The settings on which the durability of the service's saves rests, read from a connection opened as it opens its
/// own.
///
/// # Errors
/// When a save would not be durable, or the database does not answer.
pub async fn settings(data: &Data) -> anyhow::Result<String> {
    let database = Database::connect(&ConnectOptions::new(&data.url)).await?;
    let tenant = api::domain::ids::TenantId(Uuid::nil());
    let tx = database.tenant(tenant).begin_write().await?;
    let connection = tx.connection();
    let in_words = if database.backend() == DbBackend::Postgres {
        let mut all = Vec::new();
        for name in ["fsync", "full_page_writes", "synchronous_commit"] {
            let value = value(connection, &format!("SELECT current_setting('{name}')")).await?;
            ensure!(value == "on", "{name} is {value}: the run is void");
            all.push(format!("{name} {value}"));
        }
        all.join(", ")
    } else {
        let mode = value(connection, "SELECT journal_mode FROM pragma_journal_mode").await?;
        let level = value(connection, "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous").await?;
        settings_in_words(&mode, &level)
    };
    drop(tx);
    database.close().await;
    Ok(in_words)
}

/// SQLite's settings, alike for the service and for bare saves.
#[must_use]
pub fn settings_in_words(journal_mode: &str, synchronous: &str) -> String {
    let level = if synchronous == "2" { "FULL" } else { synchronous };
    format!("journal_mode {journal_mode}, synchronous {level}")
}

async fn value(connection: &impl ConnectionTrait, sql: &str) -> anyhow::Result<String> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let Some(row) = connection.query_one_raw(statement).await? else { bail!("{sql} finds nothing") };
    Ok(row.try_get_by_index(0)?)
}
