//! `assay doctor`: an installation that is as it should be gets no word of blame, and each fault is told once, with
//! what to do about it (O-13).

use api::{
    auth::keys::KeyFolder,
    config::Sources,
    doctor::{Finding, Report, State, examine},
    domain::{
        Surroundings,
        clock::{ManualClock, SystemRandom},
        job::Job,
        signing_key::KeyPurpose,
    },
    store::job_queue::Settlement,
};
use chrono::{DateTime, Duration, Utc};
use sea_orm::ConnectionTrait as _;
use std::{
    fs::{Permissions, set_permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};
use tests::{
    app::TestApp,
    certificates::{Authority, ServerCertificate},
    database::TestDatabase,
    smtp::SmtpServer,
};

const HOST: &str = "127.0.0.1";
const PASSWORD: &str = "canary-3f9a-long";

/// An installation that is set up well: a folder of its own, a database, a mail server with a certificate.
struct Installation {
    folder: tempfile::TempDir,
    database: TestDatabase,
    server: SmtpServer,
    settings: Vec<(String, String)>,
    now: DateTime<Utc>,
}

impl Installation {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::usual().await;
        let authority = Authority::new("Northwind Bank CA");
        let server = SmtpServer::with_starttls(&authority.issue(HOST)).await.unwrap();
        server.offer("AUTH PLAIN LOGIN");
        server.knows("assay", PASSWORD);
        let mut installation =
            Self { settings: Vec::new(), now: Surroundings::system().now(), folder, database, server };
        let data = installation.path("data");
        std::fs::create_dir(&data).unwrap();
        set_permissions(&data, Permissions::from_mode(0o700)).unwrap();
        let authority = installation.file("ca.pem", &authority.pem());
        let password = installation.file("smtp-password", PASSWORD);
        for (name, value) in [
            ("base_url", "https://assay.northwind.example"),
            ("data_dir", data.to_str().unwrap()),
            ("smtp.host", HOST),
            ("smtp.port", &installation.server.port().to_string()),
            ("smtp.ca_file", authority.to_str().unwrap()),
            ("smtp.username", "assay"),
            ("smtp.password_file", password.to_str().unwrap()),
            ("smtp.from", "assay@northwind.example"),
        ] {
            installation.set(name, value);
        }
        let url = installation.database.url().to_owned();
        installation.set("database.url", &url);
        installation
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file that its owner alone can read.
    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(other, _)| other != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    fn sources(&self) -> Sources {
        Sources { command_line: self.settings.clone(), ..Sources::default() }
    }

    async fn look(&self) -> Report {
        self.look_with(&self.sources()).await
    }

    async fn look_with(&self, sources: &Sources) -> Report {
        let surroundings = Surroundings::new(Arc::new(ManualClock::at(self.now)), Arc::new(SystemRandom));
        let report = examine(sources, &surroundings).await;
        let mut printed = Vec::new();
        report.print(&mut printed).unwrap();
        report.print_json(&mut printed).unwrap();
        assert!(!String::from_utf8(printed).unwrap().contains("canary"), "{report:?}");
        report
    }

    async fn execute(&self, sql: &str) {
        let raw = sea_orm::Database::connect(self.database.url()).await.unwrap();
        raw.execute_unprepared(sql).await.unwrap();
        raw.close().await.unwrap();
    }
}

/// Whatever is not well. How full the disk of this machine is has its own test.
fn faults(report: &Report) -> Vec<&Finding> {
    let bad = |finding: &&Finding| finding.state != State::Ok && finding.check != "disk";
    report.findings.iter().filter(bad).collect()
}

/// The one fault, and that it comes with a fix.
#[track_caller]
fn only(report: &Report, check: &str, state: State) -> String {
    let faults = faults(report);
    assert!(
        matches!(faults.as_slice(), [one] if (one.check, one.state) == (check, state) && one.fix.is_some()),
        "{check} {state:?} alone: {faults:#?}"
    );
    format!("{} -> {}", faults[0].message, faults[0].fix.clone().unwrap())
}

#[tokio::test]
async fn an_installation_that_is_set_up_well_gets_no_word_of_blame() {
    let installation = Installation::new().await;
    let before = installation.server.received().len();
    let report = installation.look().await;
    assert_eq!(faults(&report), Vec::<&Finding>::new());
    let checks: Vec<&str> = report.findings.iter().map(|finding| finding.check).collect();
    assert_eq!(
        checks,
        [
            "settings",
            "base_url",
            "smtp.password_file",
            "data_dir",
            "evidence",
            "disk",
            "keys",
            "database",
            "schema",
            "clock",
            "jobs",
            "smtp",
        ]
    );
    assert_eq!(installation.server.received().len(), before, "no mail is sent");
    let left = std::fs::read_dir(installation.path("data")).unwrap().count();
    assert_eq!(left, 0, "and nothing is left behind in the data folder");
}

#[tokio::test]
async fn o_13_each_wrong_setting_is_told_once() {
    for (name, value, check) in [
        ("base_url", "http://assay.northwind.example", "base_url"),
        ("smtp.from", "nobody", "smtp.from"),
        ("smtp.host", "", "smtp.host"),
        ("trusted_proxies", "0.0.0.0/0", "trusted_proxies"),
        ("smtp.ca_file", "/nowhere/ca.pem", "smtp"),
        ("workers", "many", "settings"),
        ("no_such_setting", "x", "settings"),
        ("smtp.password_file", "/nowhere/password", "settings"),
        ("data_dir", "/dev/null", "data_dir"),
    ] {
        let mut installation = Installation::new().await;
        installation.set(name, value);
        let report = installation.look().await;
        only(&report, check, State::Failed);
        assert_eq!(report.state(), State::Failed);
    }
    let mut installation = Installation::new().await;
    installation.set("base_url", "http://127.0.0.1:8080");
    only(&installation.look().await, "base_url", State::Warning);
}

#[tokio::test]
async fn o_13_what_others_can_read_is_told_once() {
    let installation = Installation::new().await;
    let chmod =
        |name: &str, mode| set_permissions(installation.path(name), Permissions::from_mode(mode)).unwrap();
    chmod("smtp-password", 0o644);
    let told = only(&installation.look().await, "smtp.password_file", State::Failed);
    assert!(told.contains("mode 644") && told.contains("chmod 600"), "{told}");
    chmod("smtp-password", 0o640);
    only(&installation.look().await, "smtp.password_file", State::Warning);
    chmod("smtp-password", 0o600);
    chmod("data", 0o755);
    let told = only(&installation.look().await, "data_dir", State::Warning);
    assert!(told.contains("chmod 700"), "{told}");
    chmod("data", 0o700);
    let keys = KeyFolder::at(&installation.path("data/keys"));
    let key = keys.make(KeyPurpose::Documents, &Surroundings::system()).unwrap();
    assert_eq!(faults(&installation.look().await), Vec::<&Finding>::new());
    chmod(&format!("data/keys/documents-{}.pem", key.kid), 0o640);
    let told = only(&installation.look().await, "keys", State::Failed);
    assert!(told.contains("chmod 600") && told.contains("rotate"), "{told}");
    std::fs::remove_dir_all(installation.path("data/keys")).unwrap();

    // A password in the settings file makes that file a secret.
    let file = installation.file("assay.toml", &format!("[smtp]\npassword = \"{PASSWORD}\"\n"));
    let mut sources = Sources { file: Some(file), ..installation.sources() };
    sources.command_line.retain(|(name, _)| name != "smtp.password_file");
    assert_eq!(faults(&installation.look_with(&sources).await), Vec::<&Finding>::new());
    chmod("assay.toml", 0o604);
    only(&installation.look_with(&sources).await, "settings_file", State::Failed);
}

#[tokio::test]
async fn o_13_evidence_that_cannot_be_kept_is_told_once() {
    let installation = Installation::new().await;
    std::fs::write(installation.path("data/evidence"), "a file where a folder should be").unwrap();
    only(&installation.look().await, "evidence", State::Failed);
}

#[tokio::test]
async fn o_13_a_mail_server_that_cannot_be_used_is_told_once() {
    let mut installation = Installation::new().await;
    installation.server.knows("assay", "another password");
    let told = only(&installation.look().await, "smtp", State::Failed);
    assert!(told.contains("5.7.8") && told.contains("smtp.password_file"), "{told}");
    installation.server.stop().await;
    let told = only(&installation.look().await, "smtp", State::Failed);
    assert!(told.contains("connection refused") && told.contains("smtp.port"), "{told}");

    let own = SmtpServer::with_starttls(&ServerCertificate::self_signed(HOST)).await.unwrap();
    installation.set("smtp.port", &own.port().to_string());
    let told = only(&installation.look().await, "smtp", State::Failed);
    assert!(told.contains("smtp.ca_file"), "{told}");

    let installation =
        Installation { now: "2089-12-25T00:00:00Z".parse().unwrap(), ..Installation::new().await };
    let report = installation.look().await;
    let ends = report.findings.iter().find(|finding| finding.check == "smtp.certificate").unwrap();
    assert!(ends.message.contains("1 January 2090"), "{ends:?}");
}

#[tokio::test]
async fn o_13_a_clock_that_went_back_is_told_once() {
    let mut installation = Installation::new().await;
    installation.now = "1999-12-31T00:00:00Z".parse().unwrap();
    let told = only(&installation.look().await, "clock", State::Failed);
    assert!(told.contains("1999-12-31") && told.contains("NTP"), "{told}");

    // Set-up recorded events; an hour before, they are yet to come.
    let app = TestApp::start().await;
    let mut installation = Installation::new().await;
    installation.set("database.url", app.database_url());
    installation.now = app.now() - Duration::hours(1);
    let told = only(&installation.look().await, "clock", State::Failed);
    assert!(told.contains("2026-11-24"), "{told}");
}

#[tokio::test]
async fn o_13_a_postgres_server_with_another_time_is_told_once() {
    let mut installation = Installation::new().await;
    let Some(database) = TestDatabase::postgres().await else { return };
    installation.set("database.url", database.url());
    installation.now = Surroundings::system().now() + Duration::seconds(10);
    only(&installation.look().await, "clock", State::Warning);
    installation.now = Surroundings::system().now() + Duration::minutes(10);
    let told = only(&installation.look().await, "clock", State::Failed);
    assert!(told.contains("apart from the database's"), "{told}");
}

#[tokio::test]
async fn o_13_a_database_that_is_not_there_or_would_lose_answers_is_told_once() {
    let mut installation = Installation::new().await;
    installation.set("database.url", "postgres://assay:canary-canary@127.0.0.1:1/assay");
    only(&installation.look().await, "database", State::Failed);
    installation.set("database.url", &format!("sqlite://{}", installation.path("data/assay.db").display()));
    only(&installation.look().await, "database", State::Warning);
    assert!(!installation.path("data/assay.db").exists(), "looking makes no database");
    std::fs::write(installation.path("data/assay.db"), "this is no database, and far from one".repeat(40))
        .unwrap();
    only(&installation.look().await, "database", State::Failed);

    if let Some(database) = TestDatabase::postgres().await {
        installation.set("database.url", database.url());
        let raw = sea_orm::Database::connect(database.url()).await.unwrap();
        let change = "EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database())";
        raw.execute_unprepared(&format!("DO $$ BEGIN {change}; END $$")).await.unwrap();
        let told = only(&installation.look().await, "database", State::Failed);
        assert!(told.contains("synchronous_commit"), "{told}");
    }
}

#[tokio::test]
async fn o_13_a_schema_of_another_version_is_told_once() {
    let installation = Installation::new().await;
    installation
        .execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m2099_later', 0)")
        .await;
    only(&installation.look().await, "schema", State::Failed);
    installation.execute("DELETE FROM seaql_migrations WHERE version = 'm2099_later'").await;
    assert_eq!(faults(&installation.look().await), Vec::<&Finding>::new());
    installation.execute("DELETE FROM seaql_migrations WHERE version LIKE '%audit_chain'").await;
    let told = only(&installation.look().await, "schema", State::Warning);
    assert!(told.contains("1 steps") && told.contains("assay migrate"), "{told}");
}

#[tokio::test]
async fn o_13_work_that_was_given_up_and_mail_that_is_paused_are_told_once() {
    let installation = Installation::new().await;
    installation
        .execute(
            "INSERT INTO installation_setting (name, value, updated_at) \
             VALUES ('mail.paused', 'The mail server refused our user name or password', '2026-11-24T09:00:00Z')",
        )
        .await;
    let told = only(&installation.look().await, "mail.paused", State::Warning);
    assert!(told.contains("refused our user name"), "{told}");
    installation.execute("DELETE FROM installation_setting").await;

    let (database, now) = (installation.database.database(), installation.now);
    let job = Surroundings::system().id();
    database.enqueue_for_installation(job, &Job::ExpireAssessments, now, "test").await.unwrap();
    let claimed = database.claim_jobs("test", 1, now, now + Duration::minutes(2)).await.unwrap().remove(0);
    let dead = Settlement::Dead { reason: "given up".to_owned() };
    assert!(database.settle_job(&claimed, "test", dead, now).await.unwrap());
    let told = only(&installation.look().await, "jobs", State::Warning);
    assert!(told.contains("1 given up") && told.contains("page Jobs"), "{told}");
}

#[tokio::test]
async fn before_the_first_start_nothing_is_called_a_failure() {
    let mut installation = Installation::new().await;
    installation.set("data_dir", Path::new(installation.folder.path()).join("later").to_str().unwrap());
    installation.settings.retain(|(name, _)| name != "database.url");
    only(&installation.look().await, "data_dir", State::Warning);
    assert!(!installation.path("later").exists(), "looking makes no folder");
}
