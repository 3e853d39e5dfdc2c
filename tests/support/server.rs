//! The real `assay serve` in a folder of its own, and what a load on it begins with: a vendor that came in over its
//! link, questions to answer, and what the database keeps of the answers.

use crate::{app::PASSWORD, browser::Client, procurement};
use anyhow::{Context as _, bail, ensure};
use reqwest::Method;
use sqlx::{Connection as _, Row as _, sqlite::SqliteConnectOptions};
use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

/// The binary that lies beside the running program.
///
/// # Errors
/// When the running program's own place is unknown.
pub fn assay_beside() -> anyhow::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("assay"))
}

/// How a command that judges the server ends: 0 when all was sound, 1 when not, 2 when it could not tell.
#[must_use]
pub fn exit_code(sound: anyhow::Result<bool>) -> ExitCode {
    match sound {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

/// The server process; killed when dropped.
pub struct Server {
    /// The process.
    pub child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where everything of one run is.
pub struct Place {
    assay: PathBuf,
    /// Holds `data/`, and the server's log.
    pub folder: PathBuf,
    port: u16,
}

impl Place {
    /// A place in `folder` for this binary, on a free port.
    ///
    /// # Errors
    /// When the binary is missing.
    pub fn new(assay: &Path, folder: &Path) -> anyhow::Result<Self> {
        ensure!(assay.is_file(), "{} is missing: build it first", assay.display());
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        // The server is started in a folder of its own, where a relative path would lead nowhere.
        Ok(Self { assay: assay.canonicalize()?, folder: folder.to_owned(), port })
    }

    /// The address of the server.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts the server and waits until it is ready.
    ///
    /// # Errors
    /// When it ends, or is not ready within 30 seconds; with the end of its log.
    pub async fn start(&self) -> anyhow::Result<Server> {
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

/// Sets up an organisation, sends an assessment and comes in as its vendor. The browser stops at redirects.
///
/// # Errors
/// When a mail does not come.
pub async fn vendor(base: &str) -> anyhow::Result<Client> {
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
pub struct Question {
    /// Its id.
    pub id: String,
    choice: String,
}

/// The first `wanted` questions that offer options; and the token of the forms.
///
/// # Errors
/// When there are fewer.
pub async fn questions(vendor: &Client, wanted: usize) -> anyhow::Result<(Vec<Question>, String)> {
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
                found.push(Question { id: id.to_owned(), choice });
            }
        }
        if found.len() >= wanted {
            found.truncate(wanted);
            return Ok((found, csrf));
        }
    }
    bail!("only {} questions with options", found.len())
}

impl Question {
    /// Sends the question's form, as made at `revision`; a page that answers shows this question alone.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn save(
        &self,
        vendor: &Client,
        csrf: &str,
        revision: i64,
        mutation: &str,
        note: &str,
    ) -> reqwest::Result<reqwest::Response> {
        let path = format!("/portal/questions/{}", self.id);
        let revision = revision.to_string();
        let fields = [
            ("csrf", csrf),
            ("revision", &revision),
            ("mutation", mutation),
            ("go", &path),
            ("choice", &self.choice),
            ("note", note),
        ];
        vendor.request(Method::POST, &path).form(&fields).send().await
    }
}

/// What the database holds: the note of each revision, and the current revision of each question.
pub struct Stored {
    /// By question and revision.
    pub notes: BTreeMap<(String, i64), String>,
    /// By question.
    pub current: BTreeMap<String, i64>,
    /// What `integrity_check` says; "ok" when the file is sound.
    pub integrity: String,
}

impl Stored {
    /// Reads the database of a place.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn of(place: &Place) -> anyhow::Result<Self> {
        let options =
            SqliteConnectOptions::new().filename(place.folder.join("data/assay.db")).read_only(true);
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await?;
        let integrity: String =
            sqlx::query("PRAGMA integrity_check").fetch_one(&mut connection).await?.try_get(0)?;
        let mut notes = BTreeMap::new();
        let rows = sqlx::query("SELECT question_id, rev, note FROM answer_revision")
            .fetch_all(&mut connection)
            .await?;
        for row in rows {
            let note: Option<String> = row.try_get(2)?;
            notes.insert((row.try_get(0)?, row.try_get(1)?), note.unwrap_or_default());
        }
        let mut current = BTreeMap::new();
        for row in sqlx::query("SELECT question_id, rev FROM answer").fetch_all(&mut connection).await? {
            current.insert(row.try_get(0)?, row.try_get(1)?);
        }
        connection.close().await?;
        Ok(Self { notes, current, integrity })
    }
}
