//! The real `assay serve` in a folder of its own, and what a load on it begins with: a vendor that came in over its
//! link, questions to answer, and what the database keeps of the answers.

use crate::{
    app::PASSWORD,
    browser::Client,
    procurement,
    smtp::{Received, SmtpServer},
};
use anyhow::{Context as _, bail, ensure};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io::Write as _,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    time::{Duration, Instant, SystemTime},
};

/// The binary that lies beside the running program.
///
/// # Errors
/// When the running program's own place is unknown.
pub fn assay_beside() -> anyhow::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("assay"))
}

/// The binary, for a test; none, with a word on the terminal, when it has to be built first.
///
/// # Panics
/// When it has to be built first although `TEST_REQUIRE_ALL=1`.
#[must_use]
pub fn assay() -> Option<PathBuf> {
    let path = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("assay");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let newest = ["api", "entity", "migration", "questionnaires", "templates"]
        .map(|folder| newest_below(&sources.join(folder)))
        .into_iter()
        .max();
    let built = path.metadata().and_then(|about| about.modified()).ok();
    if built.is_some_and(|built| Some(built) >= newest) {
        return Some(path);
    }
    let why = "the binary is missing or older than its sources; build it first";
    // Straight to the terminal: the test harness swallows what passing tests print.
    let _ = writeln!(std::io::stderr(), "\n*** left out: what runs the binary: {why} ***\n");
    assert!(std::env::var_os("TEST_REQUIRE_ALL").is_none_or(|value| value != "1"), "{why}");
    None
}

fn newest_below(folder: &Path) -> SystemTime {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let times = entries.filter(|entry| entry.file_name() != "tests").map(|entry| {
        match entry.file_type().unwrap().is_dir() {
            true => newest_below(&entry.path()),
            false => entry.metadata().unwrap().modified().unwrap(),
        }
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
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

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// Exit status.
    pub status: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub complaints: String,
}

/// A process of the product; killed when dropped.
pub struct Server {
    /// The process.
    pub child: Child,
}

impl Server {
    /// Asks it to stop (SIGTERM).
    ///
    /// # Errors
    /// When it is gone already.
    pub fn terminate(&self) -> anyhow::Result<()> {
        let pid = self.child.id().to_string();
        ensure!(Command::new("kill").args(["-TERM", &pid]).status()?.success(), "there is no process {pid}");
        Ok(())
    }

    /// Kills it (SIGKILL), and waits until it is gone.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// How it ended.
    ///
    /// # Errors
    /// When it has not ended within `limit`.
    pub async fn ended(&mut self, limit: Duration) -> anyhow::Result<ExitStatus> {
        let begun = Instant::now();
        while begun.elapsed() < limit {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bail!("the process has not ended after {limit:?}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a process runs: its data, its settings and its log.
pub struct Place {
    assay: PathBuf,
    /// Holds `data/`.
    pub folder: PathBuf,
    logs: PathBuf,
    port: u16,
    settings: BTreeMap<&'static str, String>,
}

impl Place {
    /// A place in `folder` for this binary, on a free port, with a SQLite file and mail kept in memory.
    ///
    /// # Errors
    /// When the binary is missing.
    pub fn new(assay: &Path, folder: &Path) -> anyhow::Result<Self> {
        ensure!(assay.is_file(), "{} is missing: build it first", assay.display());
        let settings = [
            ("ASSAY_MODE", "development".to_owned()),
            ("ASSAY_DATA_DIR", folder.join("data").display().to_string()),
            ("ASSAY_MAIL__TRANSPORT", "memory".to_owned()),
            ("ASSAY_SMTP__FROM", "assay@northwind.example".to_owned()),
            // A machine for tests may have a small disk, or a full one.
            ("ASSAY_STORAGE__LEAST_FREE_PERCENT", "0".to_owned()),
            ("ASSAY_STORAGE__LEAST_FREE_MB", "0".to_owned()),
            ("ASSAY_LOG__FILTER", "warn".to_owned()),
        ];
        // The server is started in a folder of its own, where a relative path would lead nowhere.
        let assay = assay.canonicalize()?;
        Self { assay, folder: folder.to_owned(), logs: folder.to_owned(), port: 0, settings: settings.into() }
            .elsewhere()
    }

    /// On a free port; with its own address as base URL unless it has one.
    fn elsewhere(mut self) -> anyhow::Result<Self> {
        self.port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        self.settings.insert("ASSAY_LISTEN", format!("127.0.0.1:{}", self.port));
        let base = self.base();
        self.settings.entry("ASSAY_BASE_URL").or_insert(base);
        Ok(self)
    }

    /// A place for one more process of the same installation, on a port of its own.
    ///
    /// # Errors
    /// When there is no port.
    pub fn beside(&self) -> anyhow::Result<Self> {
        let Self { assay, folder, logs, port, settings } = self;
        let (assay, folder, logs, settings) = (assay.clone(), folder.clone(), logs.clone(), settings.clone());
        Self { assay, folder, logs, port: *port, settings }.elsewhere()
    }

    /// With another value of a variable of the environment.
    #[must_use]
    pub fn with(mut self, variable: &'static str, value: impl Into<String>) -> Self {
        self.settings.insert(variable, value.into());
        self
    }

    /// Keeping its log in this folder.
    #[must_use]
    pub fn logging_to(self, folder: &Path) -> Self {
        Self { logs: folder.to_owned(), ..self }
    }

    /// Sending its mails to this server.
    #[must_use]
    pub fn mailing_to(self, server: &SmtpServer) -> Self {
        self.with("ASSAY_MAIL__TRANSPORT", "smtp")
            .with("ASSAY_SMTP__HOST", "127.0.0.1")
            .with("ASSAY_SMTP__PORT", server.port().to_string())
            .with("ASSAY_SMTP__TLS", "none")
    }

    /// Its database, for reading.
    #[must_use]
    pub fn database_url(&self) -> String {
        let file = || format!("sqlite://{}?mode=ro", self.folder.join("data/assay.db").display());
        self.settings.get("DATABASE_URL").cloned().unwrap_or_else(file)
    }

    /// The address of the server.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts `assay` with these arguments; what it says goes to the log.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<Server> {
        let log = OpenOptions::new().create(true).append(true).open(self.log())?;
        let child = Command::new(&self.assay)
            .args(arguments)
            .current_dir(&self.logs)
            .env_clear()
            .envs(&self.settings)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        Ok(Server { child })
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// When it cannot be started, or says what is no text.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<Said> {
        let mut command = Command::new(&self.assay);
        command.args(arguments).current_dir(&self.logs).env_clear().envs(&self.settings);
        let output = command.stdin(Stdio::null()).output()?;
        let status = output.status.code().context("it was killed")?;
        Ok(Said {
            status,
            out: String::from_utf8(output.stdout)?,
            complaints: String::from_utf8(output.stderr)?,
        })
    }

    /// Starts the server and waits until it is ready.
    ///
    /// # Errors
    /// As [`Self::start_as`].
    pub async fn start(&self) -> anyhow::Result<Server> {
        self.start_as(&["serve"]).await
    }

    /// Starts a server with these arguments and waits until it is ready.
    ///
    /// # Errors
    /// When it ends, or is not ready within 30 seconds; with the end of its log.
    pub async fn start_as(&self, arguments: &[&str]) -> anyhow::Result<Server> {
        let mut server = self.run(arguments)?;
        let health = reqwest::Client::builder().no_proxy().build()?;
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            let answer = health.get(format!("{}/health/ready", self.base())).send().await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended with {status}: {}", self.said());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the server was not ready within 30 seconds: {}", self.said())
    }

    fn log(&self) -> PathBuf {
        self.logs.join(format!("server-{}.log", self.port))
    }

    /// The end of its log.
    #[must_use]
    pub fn said(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

/// Where the mails of a running service can be read.
pub enum Post<'a> {
    /// On the mailbox page, in this browser.
    Mailbox(&'a Client),
    /// At the mail server that got them, those to one address.
    Inbox(&'a SmtpServer, &'a str),
}

impl Post<'_> {
    /// The text of the newest mail that contains `words`.
    ///
    /// # Errors
    /// When none has come after 10 seconds.
    pub async fn text_with(&self, words: &str) -> anyhow::Result<String> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            let texts = self.newest_first().await;
            if let Some(text) = texts.into_iter().find(|text| text.contains(words)) {
                return Ok(text);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("no mail with {words:?}")
    }

    async fn newest_first(&self) -> Vec<String> {
        match self {
            Self::Mailbox(browser) => {
                let mails = browser.json("/dev/mailbox.json").await.expect(200).value();
                let texts = mails.as_array().into_iter().flatten().filter_map(|mail| mail["text"].as_str());
                texts.map(str::to_owned).collect()
            }
            Self::Inbox(server, address) => {
                let mails = server.kept_for(address);
                let text = |mail: &Received| mail.parse().body_text(0).map(|text| text.into_owned());
                mails.iter().rev().filter_map(text).collect()
            }
        }
    }

    /// The id and the secret of the newest link for a vendor.
    ///
    /// # Errors
    /// When none is mailed.
    pub async fn link(&self) -> anyhow::Result<(String, String)> {
        let text = self.text_with("/q/").await?;
        let link =
            text.split("/q/").nth(1).and_then(|rest| rest.split_whitespace().next()).context("a link")?;
        let (id, secret) = link.split_once('#').context("a secret in the link")?;
        Ok((id.to_owned(), secret.to_owned()))
    }

    /// The newest one-time code.
    ///
    /// # Errors
    /// When none is mailed.
    pub async fn code(&self) -> anyhow::Result<String> {
        let text = self.text_with("Your code: ").await?;
        let line = text.split("Your code: ").nth(1).and_then(|rest| rest.lines().next()).context("a code")?;
        Ok(line.chars().filter(char::is_ascii_digit).collect())
    }
}

/// Sets up an organisation on a service that nobody has set up; gives the browser of its admin.
pub async fn admin(base: &str) -> Client {
    let admin = Client::new(base);
    let fields = [
        ("organisation", "Northwind Bank"),
        ("time_zone", "Europe/London"),
        ("name", "Ada Admin"),
        ("email", "admin@northwind.example"),
        ("password", PASSWORD),
    ];
    admin.open("/set-up").await.expect(200).form("/set-up").with(&fields).submit().await.expect(200);
    admin
}

/// Signs that admin in once more, in a browser that stops at redirects; gives the token of its forms too.
pub async fn admin_again(base: &str) -> (Client, String) {
    let admin = Client::without_redirects(base);
    let fields = [("email", "admin@northwind.example"), ("password", PASSWORD)];
    admin.open("/sign-in").await.expect(200).form("/sign-in").with(&fields).submit().await.expect(303);
    let page = admin.open("/vendors/new").await.expect(200);
    let csrf = page.attributes("input[name=csrf]", "value").into_iter().next();
    (admin, csrf.expect("a token"))
}

/// Comes in with the newest link that was mailed. The browser stops at redirects.
///
/// # Errors
/// When a mail does not come.
pub async fn come_in(base: &str, post: &Post<'_>) -> anyhow::Result<Client> {
    let vendor = Client::without_redirects(base);
    enter(&vendor, post).await?;
    Ok(vendor)
}

/// As [`come_in`], in this browser, which has to stop at redirects.
///
/// # Errors
/// When a mail does not come.
pub async fn enter(vendor: &Client, post: &Post<'_>) -> anyhow::Result<()> {
    let (id, secret) = post.link().await?;
    vendor.post_json("/q/exchange", &serde_json::json!({"link_id": id, "secret": secret})).await.expect(200);
    let code = post.code().await?;
    let page = vendor.open("/q/code").await.expect(200);
    page.form("/q/code").set("code", &code).submit().await.expect(303);
    vendor.open("/portal").await.expect(200);
    Ok(())
}

/// Sets up an organisation, sends an assessment and comes in as its vendor, on a server that keeps its mails.
///
/// # Errors
/// When a mail does not come.
pub async fn vendor(base: &str) -> anyhow::Result<Client> {
    let admin = admin(base).await;
    procurement::sent(&admin).await;
    come_in(base, &Post::Mailbox(&admin)).await
}

/// Answers what has to be answered with "we do not know", and hands in. The browser stops at redirects.
pub async fn hand_in(vendor: &Client) {
    for _ in 0..10 {
        let check = vendor.open("/portal/check").await.expect(200);
        if !check.text().contains("Has to be answered before") {
            break;
        }
        for link in check.attributes(".sumlist > div:has(.tag) a", "href") {
            let address = format!("/portal/questions/{}", link.rsplit('#').next().unwrap());
            let page = vendor.open(&address).await.expect(200);
            let form = page.form(&address);
            let form = match page.body.contains("type=\"radio\"") {
                true => form.set("choice", "-unknown"),
                false => form.without("choice").set("unknown", "yes"),
            };
            form.submit().await.expect(303);
        }
    }
    let page = vendor.open("/portal/submit").await.expect(200);
    page.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(303);
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

impl Question {
    /// Saves as the portal's script does.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn put(
        &self,
        vendor: &Client,
        revision: i64,
        mutation: &str,
        note: &str,
    ) -> reqwest::Result<reqwest::Response> {
        let answer = serde_json::json!({"choices": [self.choice], "note": note});
        let request = vendor.request(Method::PUT, &format!("/portal/questions/{}/answer", self.id));
        let request = request.header("If-Match", format!("\"{revision}\"")).header("X-Assay", "1");
        request.header("X-Mutation-Id", mutation).json(&answer).send().await
    }

    /// Adds a file as evidence beside the question.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn attach(
        &self,
        vendor: &Client,
        csrf: &str,
        name: &str,
        content: String,
    ) -> reqwest::Result<reqwest::Response> {
        let file = Part::text(content).file_name(name.to_owned());
        let form = Form::new().text("csrf", csrf.to_owned()).text("mutation", name.to_owned());
        let request = vendor.request(Method::POST, &format!("/portal/questions/{}/evidence", self.id));
        request.multipart(form.part("file", file)).send().await
    }
}

/// What the database holds: the note of each revision, and the current revision of each question.
pub struct Stored {
    /// By question and revision.
    pub notes: BTreeMap<(String, i64), String>,
    /// By question.
    pub current: BTreeMap<String, i64>,
    /// What SQLite's `integrity_check` says; "ok" when the file is sound, and for PostgreSQL, which has no such word.
    pub integrity: String,
}

impl Stored {
    /// Reads the database of a place.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn of(place: &Place) -> anyhow::Result<Self> {
        let database = sea_orm::Database::connect(place.database_url()).await?;
        let backend = database.get_database_backend();
        let all = async |sql: &str| database.query_all_raw(Statement::from_string(backend, sql)).await;
        let integrity = match backend {
            DbBackend::Sqlite => match all("PRAGMA integrity_check").await?.first() {
                Some(row) => row.try_get_by_index(0)?,
                None => bail!("no word about the file's integrity"),
            },
            _ => "ok".to_owned(),
        };
        let mut notes = BTreeMap::new();
        for row in all("SELECT question_id, rev, note FROM answer_revision").await? {
            let note: Option<String> = row.try_get_by_index(2)?;
            notes.insert((row.try_get_by_index(0)?, row.try_get_by_index(1)?), note.unwrap_or_default());
        }
        let mut current = BTreeMap::new();
        for row in all("SELECT question_id, rev FROM answer").await? {
            current.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        }
        database.close().await?;
        Ok(Self { notes, current, integrity })
    }
}
