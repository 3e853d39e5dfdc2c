//! Wiring: settings become adapters, adapters become a running process.
//!
//! `serve` runs pages and background work; with PostgreSQL any number of `serve --no-worker` and `worker` processes
//! may share one database. A stop lets requests and jobs finish for 25 seconds; a second signal stops at once.

use crate::{
    auth::keys::KeyFolder,
    blobs::{
        Blobs,
        room::{LeastFree, Room, Space},
    },
    cli::mail::{self, MailTestArgs},
    config::{Config, LogFormat, MailTransport, SmtpTls, Sources},
    domain::{
        Surroundings,
        clock::{SharedClock, SystemRandom},
        ids::JobId,
        signing_key::PublicKey,
    },
    jobs::worker::Worker,
    mail::{EmailAddress, Mailer, MemoryMailbox, SmtpSettings, SmtpTransport, Timeouts, Tls, Transport},
    render::Renderer,
    shutdown::{GRACE, Shutdown},
    store::{ConnectOptions, Database, signing_keys},
    telemetry, timekeeping,
    usecases::{Services, SystemCtx, keys},
    web::app::AppState,
};
use actix_web::HttpServer;
use anyhow::{Context as _, bail};
use secrecy::ExposeSecret as _;
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Reads the settings and starts the log.
///
/// # Errors
/// When a setting cannot be read.
pub fn settings(file: Option<PathBuf>) -> anyhow::Result<Config> {
    let loaded = Config::load(&Sources::of_this_process(file, Vec::new()))?;
    telemetry::start(loaded.config.log.format == LogFormat::Json, &loaded.config.log.filter)?;
    Ok(loaded.config)
}

/// Installs the one cryptography provider; must come before anything that speaks TLS.
pub fn cryptography() {
    // A second call finds it installed, which is just as well.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// What a process wants of the database.
#[derive(Clone, Copy)]
enum For {
    /// It serves.
    Serving,
    /// It works in the background.
    Working,
    /// One command.
    Command,
}

async fn database(config: &Config, purpose: For) -> anyhow::Result<Database> {
    use std::os::unix::fs::DirBuilderExt as _;
    // A folder that is there already keeps its permissions; `assay doctor` looks at them.
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&config.data_dir)
        .with_context(|| format!("the data folder {} cannot be made", config.data_dir.display()))?;
    let url = config.database_url();
    let options = ConnectOptions::new(url.expose_secret());
    let options = match purpose {
        For::Serving => options.serving(),
        For::Working => options.patient(),
        For::Command => options,
    };
    Ok(Database::connect(&options).await?)
}

async fn services(config: &Config, database: Database) -> anyhow::Result<(Services, SharedClock)> {
    let clock = SharedClock::default();
    timekeeping::set(&clock, &database).await;
    let blobs = Blobs::folder(&config.evidence_dir())?;
    let keys = KeyFolder::at(&config.keys_dir());
    let room = Room::new(kept_in(config), least_free(config), Space::of);
    let surroundings = Surroundings::new(Arc::new(clock.clone()), Arc::new(SystemRandom));
    let services = Services::new(database, surroundings, blobs, keys, config.base_url()).watching(room);
    Ok((services, clock))
}

/// The folders whose disks hold what grows: of the evidence, or of where it will be, and of an embedded database.
#[must_use]
pub fn kept_in(config: &Config) -> Vec<PathBuf> {
    let evidence = Some(config.evidence_dir()).filter(|folder| folder.exists());
    let mut folders = vec![evidence.unwrap_or_else(|| config.data_dir.clone())];
    let file = ConnectOptions::new(config.database_url().expose_secret()).sqlite_file();
    if let Some(folder) = file.as_deref().and_then(Path::parent) {
        // The file of `sqlite://assay.db` lies where the process was started.
        folders.push(Path::new(".").join(folder));
    }
    folders
}

/// What has to stay free of their disks.
#[must_use]
pub fn least_free(config: &Config) -> LeastFree {
    let storage = &config.storage;
    LeastFree { percent: storage.least_free_percent, bytes: u64::from(storage.least_free_mb) << 20 }
}

/// The way that mail takes by these settings, and the mailbox where it is kept in memory.
///
/// # Errors
/// When the sender is no address, or encryption to the mail server cannot be prepared.
pub fn mailer(config: &Config) -> anyhow::Result<(Mailer, Option<MemoryMailbox>)> {
    let from = EmailAddress::parse(&config.smtp.from).context("smtp.from is no address")?;
    if config.mail.transport == MailTransport::Memory {
        let mailbox = MemoryMailbox::default();
        return Ok((Mailer::new(from, Transport::Memory(mailbox.clone())), Some(mailbox)));
    }
    let credentials = match (&config.smtp.username, &config.smtp.password) {
        (Some(user), Some(password)) => Some((user.clone(), password.clone())),
        _ => None,
    };
    let authorities = match &config.smtp.ca_file {
        Some(path) => Some(
            std::fs::read(path)
                .with_context(|| format!("smtp.ca_file names {}, which cannot be read", path.display()))?,
        ),
        None => None,
    };
    let settings = SmtpSettings {
        host: config.smtp.host.clone(),
        port: config.smtp.port,
        tls: match config.smtp.tls {
            SmtpTls::None => Tls::None,
            SmtpTls::Starttls => Tls::StartTls,
            SmtpTls::Implicit => Tls::Implicit,
        },
        authorities,
        credentials,
        hello_name: config.base_host().to_owned(),
        timeouts: Timeouts::default(),
    };
    Ok((Mailer::new(from, Transport::Smtp(SmtpTransport::new(settings)?)), None))
}

/// Tries the way to the mail server out; gives the exit status.
///
/// # Errors
/// When it cannot be prepared, or the terminal is gone.
pub async fn mail_test(config: &Config, args: &MailTestArgs) -> anyhow::Result<u8> {
    let faults = config.faults().into_iter().filter(|fault| fault.name.starts_with("smtp."));
    let faults: Vec<String> = faults.map(|fault| fault.to_string()).collect();
    if !faults.is_empty() {
        bail!("settings are not fit for sending mail:\n{}", faults.join("\n"));
    }
    if config.mail.transport == MailTransport::Memory {
        bail!("mail.transport is memory: mail goes nowhere, and there is no mail server to talk to");
    }
    let server = mail::Server {
        host: config.smtp.host.clone(),
        port: config.smtp.port,
        tls: match config.smtp.tls {
            SmtpTls::None => "without encryption",
            SmtpTls::Starttls => "with STARTTLS",
            SmtpTls::Implicit => "encrypted from the first byte",
        },
    };
    let (mailer, _) = mailer(config)?;
    Ok(mail::test(&mailer, &server, args, &Surroundings::system(), &mut std::io::stdout()).await?)
}

/// A context for the command that makes an organisation, the first one where there is no database yet.
///
/// # Errors
/// When the database cannot be opened or brought up to date.
pub async fn founding(config: &Config, command: &'static str) -> anyhow::Result<SystemCtx> {
    let database = database(config, For::Command).await?;
    database.migrate().await?;
    let (services, _) = services(config, database).await?;
    Ok(SystemCtx::new(services, command))
}

/// A context for the operator's commands on an installation that is there. They make no database and change no schema:
/// who asks a question in the wrong folder, or with a newer binary and without a backup, is told.
///
/// # Errors
/// When there is no database, it cannot be opened, or its schema is not current.
pub async fn operator(config: &Config, command: &'static str) -> anyhow::Result<SystemCtx> {
    if !has_database(config) {
        bail!(
            "There is no database in {}. Say with --config or ASSAY_DATA_DIR where it is; `assay serve` and `assay tenant add` make a new one.",
            config.data_dir.display()
        );
    }
    let database = database(config, For::Command).await?;
    if !database.schema_is_current().await? {
        bail!("The database schema is not current. Make a backup, then run `assay migrate`.");
    }
    let (services, _) = services(config, database).await?;
    Ok(SystemCtx::new(services, command))
}

/// Whether there is a database to open, as far as can be seen without making one.
fn has_database(config: &Config) -> bool {
    config.database.url.is_some() || config.data_dir.join("assay.db").is_file()
}

/// The public keys of this installation, or none where there is no installation: a receipt is verified on any machine,
/// and that must not make a database.
///
/// # Errors
/// When there is a database and it cannot be read.
pub async fn published_keys(config: &Config) -> anyhow::Result<Vec<PublicKey>> {
    if !has_database(config) {
        return Ok(Vec::new());
    }
    Ok(signing_keys::all(&database(config, For::Command).await?).await?)
}

/// Brings the schema up to date.
///
/// # Errors
/// When the database cannot be opened or a step fails.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    let database = database(config, For::Command).await?;
    database.migrate().await?;
    println!("The database schema is current.");
    Ok(())
}

/// Serves pages, and runs background work beside them unless told otherwise, until a signal comes.
///
/// # Errors
/// When a setting is wrong, the database unsuitable, or the address taken.
pub async fn serve(config: &Config, with_worker: bool) -> anyhow::Result<()> {
    assert_fit(config)?;
    let database = database(config, For::Serving).await?;
    if !with_worker && database.single_process() {
        bail!("SQLite serves one process: leave out --no-worker, or use PostgreSQL");
    }
    database.migrate().await?;
    let (services, clock) = services(config, database.clone()).await?;
    keys::self_test(&services).await?;
    let (mailer, mailbox) = mailer(config)?;
    let renderer = Renderer::new(None)?;
    let shutdown = Shutdown::new();
    shutdown.listen()?;
    shutdown.spawn(timekeeping::keep(clock, database.clone(), shutdown.clone()));
    if with_worker {
        start_worker(&shutdown, services.clone(), mailer, renderer.clone());
    }
    let listener =
        TcpListener::bind(config.listen).with_context(|| format!("cannot listen on {}", config.listen))?;
    let state = AppState::new(services, renderer, mailbox.map(mailbox_reader));
    let state = Arc::new(state.behind(config.trusted_proxies.clone()));
    tracing::info!(base_url = config.base_url(), listen = %config.listen, "serving");
    serve_until_stopped(listener, state, config.serving_threads(), &shutdown).await?;
    database.close().await;
    Ok(())
}

/// Runs background work alone.
///
/// # Errors
/// On SQLite, where one process does everything; or when the database cannot be opened.
pub async fn worker(config: &Config) -> anyhow::Result<()> {
    assert_fit(config)?;
    let database = database(config, For::Working).await?;
    if database.single_process() {
        bail!(
            "SQLite serves one process, and `assay serve` runs the background work itself. Use PostgreSQL for a worker of its own."
        );
    }
    database.migrate().await?;
    let (services, clock) = services(config, database.clone()).await?;
    let (mailer, _) = mailer(config)?;
    let shutdown = Shutdown::new();
    shutdown.listen()?;
    shutdown.spawn(timekeeping::keep(clock, database.clone(), shutdown.clone()));
    start_worker(&shutdown, services, mailer, Renderer::new(None)?);
    shutdown.stopping().await;
    shutdown.finish(GRACE).await;
    database.close().await;
    Ok(())
}

/// Refuses settings that are unsafe or contradict each other.
fn assert_fit(config: &Config) -> anyhow::Result<()> {
    let faults = config.faults();
    if faults.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> =
        faults.iter().map(|fault| format!("{}: {}", fault.name, fault.message)).collect();
    bail!("settings are not fit for serving:\n{}", lines.join("\n"));
}

/// Starts the background loop under a name of its own.
pub fn start_worker(shutdown: &Shutdown, services: Services, mailer: Mailer, renderer: Renderer) {
    let id: JobId = services.surroundings.id();
    let worker = Worker::new(services, mailer, renderer, format!("worker-{id}"));
    shutdown.spawn(worker.run(shutdown.clone()));
}

/// What the mailbox page reads.
#[must_use]
pub fn mailbox_reader(mailbox: MemoryMailbox) -> crate::web::app::MailboxReader {
    Arc::new(move || {
        let mails = mailbox.newest_first();
        serde_json::to_value(mails).unwrap_or_default()
    })
}

/// Serves until the process is told to stop; requests that are being answered and background work finish, side by
/// side within one [`GRACE`].
///
/// # Errors
/// When the server cannot start.
pub async fn serve_until_stopped(
    listener: TcpListener,
    state: Arc<AppState>,
    workers: usize,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    state.pace.bound_readers(&listener)?;
    let server = HttpServer::new(move || crate::http_app!(state))
        .workers(workers)
        .max_connections(1_000)
        .client_request_timeout(Duration::from_secs(10))
        .shutdown_timeout(GRACE.as_secs())
        .disable_signals()
        .listen(listener)?
        .run();
    let handle = server.handle();
    let stopping = async {
        shutdown.stopping().await;
        handle.stop(true).await;
    };
    let serving = async {
        tokio::select! {
            (served, ()) = futures_util::future::join(server, stopping) => served,
            // Dropping the server ends what it is still doing.
            () = shutdown.cut_off() => Ok(()),
        }
    };
    let (served, _) = futures_util::future::join(serving, shutdown.finish(GRACE)).await;
    Ok(served?)
}
