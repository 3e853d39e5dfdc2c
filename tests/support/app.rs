//! The whole service on a port of its own: a real database, real HTTP, mail into memory, a clock that tests move.

use crate::{browser::Client, database::TestDatabase, rows, smtp::SmtpServer};
use actix_web::HttpServer;
use api::{
    auth::{Secret, keys::KeyFolder},
    blobs::Blobs,
    bootstrap::mailbox_reader,
    domain::{
        RequestInfo, Role, Surroundings,
        clock::{Clock as _, ManualClock, SystemRandom},
        ids::TenantId,
    },
    http_app,
    jobs::worker::Worker,
    mail::{EmailAddress, Mailer, MemoryMailbox, SmtpSettings, SmtpTransport, Timeouts, Tls, Transport},
    render::Renderer,
    usecases::{
        Ctx, Services, SystemCtx,
        accounts::{self, CreateOrganisation, InviteUser},
        keys,
    },
    web::app::AppState,
};
use chrono::{DateTime, Duration, Utc};
use std::{net::TcpListener, sync::Arc};

/// A password that every test user has.
pub const PASSWORD: &str = "four quiet lamps by the river";

/// One running service with one organisation, "Northwind Bank".
pub struct TestApp {
    /// Address.
    pub base: String,
    /// For looking behind the pages.
    pub services: Services,
    /// Move it to make time pass.
    pub clock: ManualClock,
    /// Mails that were sent.
    pub mailbox: MemoryMailbox,
    /// The organisation.
    pub tenant: TenantId,
    worker: Worker,
    server: actix_web::dev::ServerHandle,
    folder: tempfile::TempDir,
    database: TestDatabase,
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // Tells the server to stop; its threads end with the test process at the latest.
        drop(self.server.stop(false));
    }
}

/// How a test's service differs from the usual one.
struct Launch {
    base_url: Option<&'static str>,
    change: Box<dyn FnOnce(AppState) -> AppState>,
}

impl Default for Launch {
    fn default() -> Self {
        Self { base_url: None, change: Box::new(|state| state) }
    }
}

/// When tests begin: a Tuesday morning.
#[must_use]
pub fn start_of_time() -> DateTime<Utc> {
    "2026-11-24T09:00:00Z".parse().unwrap()
}

impl TestApp {
    /// A service on a fresh database, with an admin, a risk manager, a procurement user and a viewer.
    pub async fn start() -> Self {
        Self::on(TestDatabase::usual().await).await
    }

    /// A service on the given database.
    pub async fn on(database: TestDatabase) -> Self {
        let mailbox = MemoryMailbox::default();
        Self::launch(database, memory_mailer(&mailbox), mailbox, Launch::default()).set_up().await
    }

    /// A service with other settings for requests.
    pub async fn with(change: impl FnOnce(AppState) -> AppState + 'static) -> Self {
        let mailbox = MemoryMailbox::default();
        let database = TestDatabase::usual().await;
        let launch = Launch { change: Box::new(change), ..Launch::default() };
        Self::launch(database, memory_mailer(&mailbox), mailbox, launch).set_up().await
    }

    /// A service that hands its mails to this mail server.
    pub async fn with_mail_server(server: &SmtpServer) -> Self {
        Self::with_mailer(smtp_mailer(server)).await
    }

    /// A service that hands its mails to this mailer.
    pub async fn with_mailer(mailer: Mailer) -> Self {
        let mailbox = MemoryMailbox::default();
        let database = TestDatabase::usual().await;
        Self::launch(database, mailer, mailbox, Launch::default()).set_up().await
    }

    /// A service that nobody has set up yet.
    pub async fn untouched() -> Self {
        let mailbox = MemoryMailbox::default();
        let database = TestDatabase::usual().await;
        Self::launch(database, memory_mailer(&mailbox), mailbox, Launch::default())
    }

    /// As [`Self::untouched`], reached under this base URL by everybody but the tests.
    pub async fn untouched_behind(base_url: &'static str) -> Self {
        let mailbox = MemoryMailbox::default();
        let database = TestDatabase::usual().await;
        let launch = Launch { base_url: Some(base_url), ..Launch::default() };
        Self::launch(database, memory_mailer(&mailbox), mailbox, launch)
    }

    fn launch(
        database: TestDatabase,
        mailer: Mailer,
        mailbox: MemoryMailbox,
        Launch { base_url, change }: Launch,
    ) -> Self {
        let clock = ManualClock::at(start_of_time());
        let surroundings = Surroundings::new(Arc::new(clock.clone()), Arc::new(SystemRandom));
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let blobs = Blobs::folder(&folder.path().join("evidence")).unwrap();
        let keys = KeyFolder::at(&folder.path().join("keys"));
        let base_url = base_url.unwrap_or(&base);
        let services = Services::new(database.database().clone(), surroundings, blobs, keys, base_url);
        let worker = Worker::new(services.clone(), mailer, Renderer::new(None).unwrap(), "test");
        let server = serve(listener, &services, &mailbox, change);
        Self {
            base,
            services,
            clock,
            mailbox,
            tenant: TenantId(uuid::Uuid::nil()),
            worker,
            server,
            folder,
            database,
        }
    }

    /// Ends the service and starts it again at the same address, over the same database and evidence.
    pub async fn restart(&mut self) {
        self.server.stop(true).await;
        self.database.reopen().await;
        self.services = Services::new(
            self.database.database().clone(),
            self.services.surroundings.clone(),
            Blobs::folder(&self.folder.path().join("evidence")).unwrap(),
            KeyFolder::at(&self.folder.path().join("keys")),
            &self.services.base_url,
        );
        let renderer = Renderer::new(None).unwrap();
        self.worker = Worker::new(self.services.clone(), memory_mailer(&self.mailbox), renderer, "test");
        let address = self.base.trim_start_matches("http://");
        let listener = TcpListener::bind(address).unwrap();
        self.server = serve(listener, &self.services, &self.mailbox, |state| state);
    }

    /// As [`Self::restart`], with the private keys gone.
    pub async fn restart_without_keys(&mut self) {
        std::fs::remove_dir_all(self.folder.path().join("keys")).unwrap();
        self.restart().await;
    }

    async fn set_up(mut self) -> Self {
        // As at every start of the service.
        keys::self_test(&self.services).await.unwrap();
        let system = SystemCtx::new(self.services.clone(), "test");
        let input = CreateOrganisation {
            organisation: "Northwind Bank".to_owned(),
            time_zone: "Europe/London".to_owned(),
            name: "Ada Admin".to_owned(),
            email: "admin@northwind.example".to_owned(),
            password: PASSWORD.to_owned(),
        };
        let admin = accounts::add_tenant(&system, input).await.unwrap();
        self.tenant = admin.tenant_id;
        for role in [Role::RiskManager, Role::Procurement, Role::Viewer] {
            self.add_user("Northwind Bank", role, &address(role)).await;
        }
        self
    }

    /// Adds a user with the password of all test users.
    pub async fn add_user(&self, organisation: &str, role: Role, email: &str) {
        let system = SystemCtx::new(self.services.clone(), "test");
        let input = InviteUser {
            name: format!("{} Person", role.label()),
            email: email.to_owned(),
            role: role.to_string(),
        };
        accounts::add_user(&system, Some(organisation), input).await.unwrap();
        let link = accounts::reset_by_operator(&system, email).await.unwrap();
        accounts::accept_user_link(&self.services, &link, PASSWORD, RequestInfo::default()).await.unwrap();
    }

    /// A second organisation with its own admin, for tenancy tests.
    pub async fn other_organisation(&self) -> Client {
        let system = SystemCtx::new(self.services.clone(), "test");
        let input = CreateOrganisation {
            organisation: "Other Org".to_owned(),
            time_zone: "UTC".to_owned(),
            name: "Olga Other".to_owned(),
            email: "admin@other.example".to_owned(),
            password: PASSWORD.to_owned(),
        };
        accounts::add_tenant(&system, input).await.unwrap();
        self.sign_in("admin@other.example").await
    }

    /// A browser nobody has signed in with.
    #[must_use]
    pub fn anonymous(&self) -> Client {
        Client::new(&self.base)
    }

    /// A browser in which the user of this role has signed in.
    pub async fn signed_in(&self, role: Role) -> Client {
        self.sign_in(&address(role)).await
    }

    /// A browser in which the user of this address has signed in.
    pub async fn sign_in(&self, email: &str) -> Client {
        let client = self.anonymous();
        let page = client.open("/sign-in").await.expect(200);
        let page = page.form("/sign-in").set("email", email).set("password", PASSWORD).submit().await;
        assert_eq!(page.expect(200).path, "/");
        client
    }

    /// The context of the user of this role, for preparing what a test is not about.
    pub async fn ctx(&self, role: Role) -> Ctx {
        self.ctx_of(&address(role)).await
    }

    /// The context of the user of this address.
    pub async fn ctx_of(&self, email: &str) -> Ctx {
        let secret: Secret =
            accounts::sign_in(&self.services, email, PASSWORD, RequestInfo::default()).await.unwrap();
        accounts::authenticate(&self.services, &secret, RequestInfo::default()).await.unwrap()
    }

    /// Runs every job that is due, until none is left.
    pub async fn run_jobs(&self) {
        self.worker.run_until_idle().await.expect("the queue answers");
    }

    /// Another worker on the same queue, with a name and a way to the mail server of its own.
    #[must_use]
    pub fn another_worker(&self, mailer: Mailer) -> Worker {
        Worker::new(self.services.clone(), mailer, Renderer::new(None).unwrap(), "another")
    }

    /// Where evidence is kept.
    #[must_use]
    pub fn evidence_folder(&self) -> std::path::PathBuf {
        self.folder.path().join("evidence")
    }

    /// Every row of the database.
    pub async fn rows(&self) -> rows::Rows {
        rows::all(self.database.url()).await
    }

    /// Where the database is.
    #[must_use]
    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    /// The bytes of the database and of what is not folded into it yet, where it is a SQLite file.
    #[must_use]
    pub fn database_bytes(&self) -> Option<Vec<u8>> {
        let path = self.database.url().strip_prefix("sqlite://")?;
        let files = [path.to_owned(), format!("{path}-wal")];
        Some(files.iter().flat_map(|file| std::fs::read(file).unwrap()).collect())
    }

    /// Lets time pass.
    pub fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// The present instant of the test.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Statements that a piece of work executes.
    pub async fn statements<T>(&self, work: impl Future<Output = T>) -> (T, u64) {
        let before = self.services.database.statements();
        let result = work.await;
        (result, self.services.database.statements() - before)
    }
}

fn serve(
    listener: TcpListener,
    services: &Services,
    mailbox: &MemoryMailbox,
    change: impl FnOnce(AppState) -> AppState,
) -> actix_web::dev::ServerHandle {
    let reader = mailbox_reader(mailbox.clone());
    let state = AppState::new(services.clone(), Renderer::new(None).unwrap(), Some(reader));
    let state = Arc::new(change(state));
    state.pace.bound_readers(&listener).unwrap();
    let server = HttpServer::new(move || http_app!(state))
        .workers(2)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
    let handle = server.handle();
    tokio::spawn(server);
    handle
}

/// A mailer that keeps every mail.
#[must_use]
pub fn memory_mailer(mailbox: &MemoryMailbox) -> Mailer {
    let from = EmailAddress::parse("assay@northwind.example").unwrap();
    Mailer::new(from, Transport::Memory(mailbox.clone()))
}

/// A mailer that hands its mails to this mail server.
#[must_use]
pub fn smtp_mailer(server: &SmtpServer) -> Mailer {
    mailer_with(smtp_settings(server))
}

/// A mailer with these settings.
#[must_use]
pub fn mailer_with(settings: SmtpSettings) -> Mailer {
    let from = EmailAddress::parse("assay@northwind.example").unwrap();
    Mailer::new(from, Transport::Smtp(SmtpTransport::new(settings).unwrap()))
}

/// The way to this mail server, with a password, and with no more patience than a test may have.
#[must_use]
pub fn smtp_settings(server: &SmtpServer) -> SmtpSettings {
    server.offer("AUTH PLAIN LOGIN");
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: server.port(),
        tls: Tls::None,
        authorities: None,
        credentials: Some(("assay".to_owned(), "four quiet lamps".to_owned().into())),
        hello_name: "assay.northwind.example".to_owned(),
        timeouts: Timeouts {
            connect: std::time::Duration::from_secs(2),
            command: std::time::Duration::from_secs(2),
            data: std::time::Duration::from_secs(2),
        },
    }
}

/// The address of the test user of this role.
#[must_use]
pub fn address(role: Role) -> String {
    format!("{}@northwind.example", role.as_str().replace("risk_manager", "risk"))
}
