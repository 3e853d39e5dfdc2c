//! `assay demo`: everything on an empty machine. SQLite in a temporary folder, twelve invented vendors and an archived
//! one, played through the use-cases on a clock that runs from two years ago to now, mail kept for `/dev/mailbox`.
//! Nothing is kept.

mod actors;
mod evidence_files;
mod handing_in;
mod history;
mod remediation;
mod story;

use crate::{
    auth::keys::KeyFolder,
    blobs::Blobs,
    bootstrap::{self, mailbox_reader},
    cli::DemoArgs,
    domain::{
        Role, Surroundings,
        clock::{Clock as _, ManualClock, SystemClock, SystemRandom},
    },
    jobs::worker::Worker,
    mail::{EmailAddress, Mailer, MemoryMailbox, Transport},
    render::Renderer,
    shutdown::Shutdown,
    store::{ConnectOptions, Database},
    usecases::{Services, SystemCtx},
    web::app::AppState,
};
use actors::Staff;
use anyhow::Context as _;
use chrono::Duration;
use serde_json::json;
use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::Arc,
    time::Instant,
};

/// How long ago the story begins.
const STORY_DAYS: i64 = 730;

/// Seeds and serves until a signal comes.
///
/// # Errors
/// When the port is taken, or the story cannot be played.
pub async fn run(args: DemoArgs, started: Instant) -> anyhow::Result<()> {
    crate::telemetry::start(false, "warn")?;
    let folder = tempfile::Builder::new().prefix("assay-demo-").tempdir()?;
    let port = args.port.unwrap_or(0);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .with_context(|| format!("port {port} on 127.0.0.1 is taken; choose another with --port"))?;
    let address = listener.local_addr()?;
    let base = format!("http://{address}");

    let url = format!("sqlite://{}", folder.path().join("assay.db").display());
    let database = Database::connect(&ConnectOptions::new(url).serving()).await?;
    database.migrate().await?;
    let blobs = Blobs::folder(&folder.path().join("evidence"))?;
    let keys = KeyFolder::at(&folder.path().join("keys"));
    let mailbox = MemoryMailbox::default();
    let renderer = Renderer::new(None)?;
    let from = EmailAddress::parse("assay@northwind.example")?;
    let mailer = || Mailer::new(from.clone(), Transport::Memory(mailbox.clone()));

    // The story is told on a clock of its own, which ends at the present; then the machine's clock takes over.
    let clock = ManualClock::at(SystemClock.now() - Duration::days(STORY_DAYS));
    let past = Surroundings::new(Arc::new(clock.clone()), Arc::new(SystemRandom));
    let seeding = Services::new(database.clone(), past, blobs.clone(), keys.clone(), &base);
    let postman = Worker::new(seeding.clone(), mailer(), renderer.clone(), "demo");
    let system = SystemCtx::new(seeding, "assay demo");
    let staff = Staff::hire(&system).await?;
    story::play(&system, &staff, &clock, &postman).await.context("the demo's story")?;

    let services = Services::new(database.clone(), Surroundings::system(), blobs, keys, &base);
    let shutdown = Shutdown::new();
    shutdown.listen()?;
    bootstrap::start_worker(&shutdown, services.clone(), mailer(), renderer.clone());
    let state = Arc::new(AppState::new(services, renderer, Some(mailbox_reader(mailbox))));
    let announce = Announcement { base, json: args.json, started };
    let people = staff.clone();
    let ready = std::thread::spawn(move || announce.when_ready(address, &people));
    bootstrap::serve_until_stopped(listener, state, 2, &shutdown).await?;
    database.close().await;
    // The thread ends by itself; its result was printed.
    drop(ready);
    Ok(())
}

struct Announcement {
    base: String,
    json: bool,
    started: Instant,
}

impl Announcement {
    /// Asks until the service answers 200, then says where it is and what to try.
    fn when_ready(&self, address: std::net::SocketAddr, staff: &Staff) {
        for _ in 0..2_000 {
            if answers_200(address) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let base = &self.base;
        eprintln!("ready in {} ms", self.started.elapsed().as_millis());
        let admin = staff.of(Role::Admin);
        if self.json {
            let users: Vec<_> = staff
                .people
                .iter()
                .map(
                    |person| json!({"role": person.role, "email": person.email, "password": person.password}),
                )
                .collect();
            let line = json!({
                "url": base, "email": admin.email, "password": admin.password,
                "mailbox": format!("{base}/dev/mailbox"), "users": users,
            });
            println!("{line}");
            return;
        }
        println!("Assay demo: {base}");
        println!();
        for person in &staff.people {
            println!("  {:<14} {:<30} {}", person.role.label(), person.email, person.password);
        }
        println!("  mail           {base}/dev/mailbox");
        println!();
        println!("Three things to try:");
        println!(
            "  1. Sign in as the risk manager: why is Corvid Assist rated as it is, and what would it take to change that?"
        );
        println!(
            "  2. Sign in as procurement: register a vendor, answer the intake, send a questionnaire, read the mail."
        );
        println!("  3. Open a link from the mailbox in a private window and answer as the vendor would.");
        println!();
        println!("Nothing is kept: everything is gone when you press Ctrl-C.");
    }
}

fn answers_200(address: std::net::SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect_timeout(&address, std::time::Duration::from_millis(200)) else {
        return false;
    };
    let ask = format!("GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let mut answer = [0_u8; 12];
    stream.write_all(ask.as_bytes()).is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && answer.ends_with(b"200")
}
