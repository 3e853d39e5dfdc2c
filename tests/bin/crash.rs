//! `crash --cycles N [--assay PATH]`: an acknowledged answer survives the death of the process that acknowledged it.
//!
//! Starts the real `assay serve` on a SQLite file, comes in as a vendor, and then N times: several clients save
//! answers over HTTP, each writing and syncing every acknowledgement to a log before its next request; the server
//! is killed (SIGKILL) after 50 to 800 ms and started again; every acknowledgement in the logs must be found in the
//! database as it was acknowledged, and the file must be sound. Exit code 1 when anything is lost or damaged.

use anyhow::{Context as _, bail, ensure};
use api::domain::Surroundings;
use reqwest::Method;
use sqlx::{Connection as _, Row as _, sqlite::SqliteConnectOptions};
use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::Write as _,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};
use tests::{app::PASSWORD, browser::Client, procurement};

/// Browsers that save at the same time.
const CLIENTS: usize = 6;
/// Questions that each of them answers in turn; no two share one.
const QUESTIONS_EACH: usize = 4;

struct Arguments {
    cycles: u32,
    assay: PathBuf,
}

fn arguments() -> anyhow::Result<Arguments> {
    let beside = std::env::current_exe()?.with_file_name("assay");
    let mut found = Arguments { cycles: 30, assay: beside };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--cycles" => found.cycles = value.parse()?,
            "--assay" => found.assay = value.into(),
            _ => bail!("usage: crash [--cycles N] [--assay PATH]"),
        }
    }
    ensure!(found.assay.is_file(), "{} is missing: build it first", found.assay.display());
    // The server is started in a folder of its own, where a relative path would lead nowhere.
    found.assay = found.assay.canonicalize()?;
    Ok(found)
}

/// The server process; killed when dropped.
struct Server {
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where everything of this run is.
struct Place {
    assay: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Place {
    fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts the server and waits until it is ready.
    async fn start(&self) -> anyhow::Result<Server> {
        let log = OpenOptions::new().create(true).append(true).open(self.folder.join("server.log"))?;
        let child = Command::new(&self.assay)
            .arg("serve")
            .current_dir(&self.folder)
            .env_clear()
            .envs([
                ("ASSAY_MODE", "development".to_owned()),
                ("ASSAY_BASE_URL", self.base()),
                ("ASSAY_LISTEN", format!("127.0.0.1:{}", self.port)),
                ("ASSAY_DATA_DIR", self.folder.join("data").display().to_string()),
                ("ASSAY_MAIL__TRANSPORT", "memory".to_owned()),
                ("ASSAY_SMTP__FROM", "assay@northwind.example".to_owned()),
                ("ASSAY_LOG__FILTER", "warn".to_owned()),
            ])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let mut server = Server { child };
        let health = reqwest::Client::builder().no_proxy().build()?;
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            let answer = health.get(format!("{}/health/ready", self.base())).send().await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended with {status}: {}", self.server_log());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the server was not ready within 30 seconds: {}", self.server_log())
    }

    fn server_log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        log.lines().rev().take(20).collect::<Vec<_>>().join("\n")
    }
}

/// The text of the newest mail to the vendor that contains `words`.
async fn mail_with(browser: &Client, words: &str) -> anyhow::Result<String> {
    for _ in 0..500 {
        let mails = browser.json("/dev/mailbox.json").await.expect(200).value();
        let texts = mails.as_array().into_iter().flatten().filter_map(|mail| mail["text"].as_str());
        if let Some(text) = texts.into_iter().find(|text| text.contains(words)) {
            return Ok(text.to_owned());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("no mail with {words:?}")
}

/// Sets up an organisation, sends an assessment and comes in as its vendor.
async fn vendor(base: &str) -> anyhow::Result<Client> {
    let admin = Client::new(base);
    let fields = [
        ("organisation", "Northwind Bank"),
        ("time_zone", "Europe/London"),
        ("name", "Ada Admin"),
        ("email", "admin@northwind.example"),
        ("password", PASSWORD),
    ];
    admin.open("/set-up").await.expect(200).form("/set-up").with(&fields).submit().await.expect(200);
    procurement::sent(&admin).await;
    let text = mail_with(&admin, "/q/").await?;
    let link = text.split("/q/").nth(1).and_then(|rest| rest.split_whitespace().next()).context("a link")?;
    let (id, secret) = link.split_once('#').context("a secret in the link")?;
    let vendor = Client::without_redirects(base);
    let body = serde_json::json!({"link_id": id, "secret": secret});
    vendor.post_json("/q/exchange", &body).await.expect(200);
    let text = mail_with(&admin, "Your code: ").await?;
    let line = text.split("Your code: ").nth(1).and_then(|rest| rest.lines().next()).context("a code")?;
    let code: String = line.chars().filter(char::is_ascii_digit).collect();
    let page = vendor.open("/q/code").await.expect(200);
    page.form("/q/code").set("code", &code).submit().await.expect(303);
    vendor.open("/portal").await.expect(200);
    Ok(vendor)
}

/// One question with the option that is saved every time; the note changes.
#[derive(Clone, Debug)]
struct Question {
    id: String,
    choice: String,
    rev: i64,
}

/// Questions that offer options, enough for every client; and the token of the forms.
async fn questions(vendor: &Client) -> anyhow::Result<(Vec<Question>, String)> {
    let tasks = vendor.open("/portal/tasks").await.expect(200);
    let sections = tasks.attributes("main a", "href");
    let (mut found, mut csrf) = (Vec::<Question>::new(), String::new());
    for section in sections.iter().filter(|href| href.starts_with("/portal/sections/")) {
        let page = vendor.open(section).await.expect(200);
        csrf = page.attributes("input[name=csrf]", "value").first().cloned().unwrap_or(csrf);
        for action in page.attributes("form", "action") {
            let Some(id) = action.strip_prefix("/portal/questions/").filter(|id| !id.contains('/')) else {
                continue;
            };
            let css = format!("form[action=\"{action}\"] input[type=radio][name=choice]");
            let choice = page.attributes(&css, "value").into_iter().find(|value| !value.starts_with('-'));
            if let Some(choice) = choice.filter(|_| found.iter().all(|question| question.id != id)) {
                found.push(Question { id: id.to_owned(), choice, rev: 0 });
            }
        }
        if found.len() >= CLIENTS * QUESTIONS_EACH {
            found.truncate(CLIENTS * QUESTIONS_EACH);
            return Ok((found, csrf));
        }
    }
    bail!("only {} questions with options", found.len())
}

/// One client: saves until the server is gone. Every line of its log is a save that was acknowledged.
struct Saver {
    vendor: Client,
    csrf: String,
    questions: Vec<Question>,
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
        let Some(question) = self.questions.get_mut(at) else { bail!("no question {at}") };
        let path = format!("/portal/questions/{}", question.id);
        let revision = question.rev.to_string();
        let mutation = format!("m-{}-{}", self.number, self.saves);
        let fields = [
            ("csrf", self.csrf.as_str()),
            ("revision", &revision),
            ("mutation", &mutation),
            ("choice", &question.choice),
            ("note", &note),
        ];
        let Ok(answer) = self.vendor.request(Method::POST, &path).form(&fields).send().await else {
            return Ok(false);
        };
        match answer.status().as_u16() {
            303 => {}
            503 => return Ok(true),
            other => bail!("{path} at revision {revision} was answered {other}"),
        }
        question.rev += 1;
        writeln!(self.log, "{}\t{}\t{note}", question.id, question.rev)?;
        self.log.sync_data()?;
        Ok(true)
    }
}

/// What the database holds: the note of each revision, and the current revision of each question.
struct Stored {
    notes: BTreeMap<(String, i64), String>,
    current: BTreeMap<String, i64>,
    integrity: String,
}

async fn stored(folder: &Path) -> anyhow::Result<Stored> {
    let options = SqliteConnectOptions::new().filename(folder.join("data/assay.db")).read_only(true);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await?;
    let integrity: String =
        sqlx::query("PRAGMA integrity_check").fetch_one(&mut connection).await?.try_get(0)?;
    let mut notes = BTreeMap::new();
    let rows =
        sqlx::query("SELECT question_id, rev, note FROM answer_revision").fetch_all(&mut connection).await?;
    for row in rows {
        let note: Option<String> = row.try_get(2)?;
        notes.insert((row.try_get(0)?, row.try_get(1)?), note.unwrap_or_default());
    }
    let mut current = BTreeMap::new();
    for row in sqlx::query("SELECT question_id, rev FROM answer").fetch_all(&mut connection).await? {
        current.insert(row.try_get(0)?, row.try_get(1)?);
    }
    connection.close().await?;
    Ok(Stored { notes, current, integrity })
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
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let place = Place { assay: arguments.assay, folder: folder.path().to_owned(), port };
    let mut server = place.start().await?;
    let browser = vendor(&place.base()).await?;
    let (all, csrf) = questions(&browser).await?;
    let mut savers = Vec::new();
    for (number, own) in all.chunks(QUESTIONS_EACH).enumerate() {
        savers.push(Saver {
            vendor: browser.clone(),
            csrf: csrf.clone(),
            questions: own.to_vec(),
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
            server.child.kill()?;
            server.child.wait()?;
            Ok::<_, anyhow::Error>(())
        };
        let (saved, killed) = futures_util::future::join(saving, killing).await;
        killed?;
        saved?;
        server = place.start().await?;
        let found = stored(&place.folder).await?;
        if found.integrity != "ok" {
            eprintln!("cycle {cycle}: integrity_check says {}", found.integrity);
            damaged += 1;
        }
        (acknowledged, lost) = compare(&place.folder, &found)?;
        if !lost.is_empty() {
            eprintln!("cycle {cycle}: lost {lost:?}");
            break;
        }
        for question in savers.iter_mut().flat_map(|saver| &mut saver.questions) {
            // A save without an acknowledgement may have been kept or not.
            question.rev = found.current.get(&question.id).copied().unwrap_or_default();
        }
        let Some(shown) = savers.first().and_then(|saver| saver.questions.first()) else {
            bail!("no question")
        };
        let page = browser.open(&format!("/portal/questions/{}", shown.id)).await.expect(200);
        let revision = page.attributes("input[name=revision]", "value");
        ensure!(
            revision.first() == Some(&shown.rev.to_string()),
            "the page shows {revision:?}, not {}",
            shown.rev
        );
    }
    println!(
        "{} cycles, {acknowledged} acknowledged, {} lost, {damaged} damaged files; {:.1} s",
        arguments.cycles,
        lost.len(),
        begun.elapsed().as_secs_f64()
    );
    ensure!(acknowledged > u64::from(arguments.cycles), "too little was saved to prove anything");
    Ok(lost.is_empty() && damaged == 0)
}

#[tokio::main]
async fn main() -> ExitCode {
    let sound = match arguments() {
        Ok(arguments) => run(arguments).await,
        Err(error) => Err(error),
    };
    match sound {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests_of_the_judge {
    use super::*;

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
