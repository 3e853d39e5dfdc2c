//! A private PostgreSQL server for one test process: own folder, Unix socket only, gone when the process is.
//!
//! A fixed TCP port may be somebody else's server, so there is none, and the data directory is compared before the
//! first statement. A watchdog shell waits for the end of its standard input, which the kernel closes however the
//! test process ends; it then stops the server and removes the folder. Should the watchdog itself be killed, the next
//! test run finds a folder whose owner's lock is free, and clears it away.

use crate::database::{apart, migrate_apart};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, Statement};
use std::{
    fs::{self, File, Permissions},
    io::Write as _,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

const PREFIX: &str = "assay-test-postgres-";

/// Starts a program as another user; the path of an ordinary shell often lacks its folder.
const RUNUSER: &str = "/usr/sbin/runuser";

/// What the product refuses to run without, and a server that listens on its socket alone.
const SETTINGS: &str = "
listen_addresses = ''
fsync = on
full_page_writes = on
synchronous_commit = on
max_connections = 200
shared_buffers = '32MB'
timezone = 'UTC'
";

/// The server of this test process.
pub struct Cluster {
    folder: PathBuf,
    tools: Tools,
    // Held so that the lock and the watchdog's standard input last as long as this process.
    _lock: File,
    _watchdog: Child,
}

impl Cluster {
    /// The server, started at the first call; none when PostgreSQL is not installed here.
    ///
    /// # Panics
    /// When it is installed and does not start, or is missing although `TEST_REQUIRE_ALL=1`.
    pub fn of_this_process() -> Option<&'static Self> {
        static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
        let cluster = CLUSTER.get_or_init(|| match Tools::find() {
            Ok(tools) => Some(Self::start(tools)),
            Err(why) => {
                // Straight to the terminal: the test harness swallows what passing tests print.
                let _ = writeln!(std::io::stderr(), "\n*** left out: PostgreSQL: {why} ***\n");
                None
            }
        });
        let required = std::env::var_os("TEST_REQUIRE_ALL").is_some_and(|value| value == "1");
        assert!(cluster.is_some() || !required, "TEST_REQUIRE_ALL=1, and PostgreSQL is missing");
        cluster.as_ref()
    }

    /// Another server, for a test that stops it; none as above.
    #[must_use]
    pub fn of_its_own() -> Option<Self> {
        Self::of_this_process()?;
        Tools::find().ok().map(Self::start)
    }

    /// Stops it: `fast` ends sessions in order, `immediate` is a crash.
    pub fn stop(&self, mode: &str) {
        self.tools.run("pg_ctl", &["stop", "--wait", "--silent", "--mode", mode], &self.folder.join("data"));
    }

    /// Starts it again after [`Self::stop`].
    pub fn go_on(&self) {
        self.tools.start(&self.folder);
    }

    /// Stops every one of its processes where it stands: nothing is answered, and nothing is closed.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets them go on after [`Self::freeze`].
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let first = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let first = first.lines().next().unwrap();
        let signals = format!("kill -{signal} {first}; pkill -{signal} -P {first}");
        assert!(Command::new("sh").args(["-c", &signals]).status().unwrap().success());
    }

    fn start(tools: Tools) -> Self {
        clear_leftovers(&tools);
        // A socket's path has room for 107 bytes, and a temporary folder may be deep.
        let parent =
            if std::env::temp_dir().as_os_str().len() > 60 { "/tmp".into() } else { std::env::temp_dir() };
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent).unwrap().keep();
        let folder = folder.canonicalize().unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
        chown(&folder, Some(tools.uid), None).unwrap();
        // Locked before it has its name, so that nobody ever finds it free while we live.
        let unnamed = folder.join("owner.new");
        let lock = File::create(&unnamed).unwrap();
        lock.try_lock().unwrap();
        fs::rename(&unnamed, folder.join("owner.lock")).unwrap();
        let watchdog = tools.watchdog(&folder);

        let data = folder.join("data");
        tools.run(
            "initdb",
            &["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"],
            &data,
        );
        let mut settings = fs::OpenOptions::new().append(true).open(data.join("postgresql.conf")).unwrap();
        writeln!(settings, "{SETTINGS}unix_socket_directories = '{}'", folder.display()).unwrap();
        tools.start(&folder);

        let cluster = Self { folder, tools, _lock: lock, _watchdog: watchdog };
        let (url, expected) = (cluster.url("postgres"), data.display().to_string());
        apart(async move {
            let connection = sea_orm::Database::connect(url).await.unwrap();
            assert_eq!(data_directory(&connection).await, expected, "this is somebody else's server");
            connection.execute_unprepared("CREATE DATABASE migrated").await.unwrap();
            connection.close().await.unwrap();
        });
        migrate_apart(cluster.url("migrated"));
        cluster
    }

    /// The URL of one of its databases.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let socket = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@localhost/{database}?host={socket}")
    }

    /// Executes a statement as the server's administrator.
    ///
    /// # Panics
    /// When the server refuses it.
    pub async fn execute(&self, sql: &str) {
        self.execute_in("postgres", sql).await;
    }

    /// Executes statements in one of its databases, in one transaction.
    ///
    /// # Panics
    /// When the server refuses them.
    pub async fn execute_in(&self, database: &str, sql: &str) {
        let connection = sea_orm::Database::connect(self.url(database)).await.unwrap();
        connection.execute_unprepared(sql).await.unwrap();
        connection.close().await.unwrap();
    }
}

async fn data_directory(connection: &DatabaseConnection) -> String {
    let statement = Statement::from_string(DbBackend::Postgres, "SHOW data_directory");
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// PostgreSQL's programs, and whom to run them as: the server refuses to run as root.
struct Tools {
    programs: PathBuf,
    as_postgres: bool,
    uid: u32,
}

impl Tools {
    fn find() -> Result<Self, String> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = std::env::split_paths(&path)
            .filter_map(|folder| folder.join("initdb").canonicalize().ok()?.parent().map(Path::to_owned))
            .collect();
        // Debian keeps them out of the path; the newest version first.
        let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut installed: Vec<PathBuf> = installed.map(|version| version.path()).collect();
        installed.sort_by_key(|folder| {
            let version = folder.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
            std::cmp::Reverse(version)
        });
        folders.extend(installed.iter().map(|version| version.join("bin")));
        let complete =
            |folder: &PathBuf| ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).exists());
        let programs =
            folders.into_iter().find(complete).ok_or("initdb, pg_ctl and postgres were not found")?;
        let me = id(&["-u"]).ok_or("`id -u` fails")?;
        if me != 0 {
            return Ok(Self { programs, as_postgres: false, uid: me });
        }
        let uid = id(&["-u", "postgres"]).ok_or("root may not run it, and there is no user postgres")?;
        if !Path::new(RUNUSER).exists() {
            return Err(format!("root may not run it, and there is no {RUNUSER}"));
        }
        Ok(Self { programs, as_postgres: true, uid })
    }

    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if self.as_postgres {
            let mut command = Command::new(RUNUSER);
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir("/").stdin(Stdio::null());
        command
    }

    fn start(&self, folder: &Path) {
        let (data, log) = (folder.join("data"), folder.join("log"));
        self.run("pg_ctl", &["start", "--wait", "--silent", "--log", log.to_str().unwrap()], &data);
    }

    fn run(&self, program: &str, arguments: &[&str], data: &Path) {
        // Into files, not pipes: the server would keep a pipe open for as long as it runs.
        let out = tempfile::tempfile().unwrap();
        let mut command = self.command(program);
        command.arg("-D").arg(data).args(arguments);
        command.stdout(out.try_clone().unwrap()).stderr(out.try_clone().unwrap());
        let status = command.status().unwrap();
        if !status.success() {
            use std::io::{Read as _, Seek as _};
            let (mut out, mut said) = (out, String::new());
            out.rewind().unwrap();
            out.read_to_string(&mut said).unwrap();
            let log = data.parent().map(|folder| fs::read_to_string(folder.join("log")).unwrap_or_default());
            panic!("{program} ended with {status}:\n{said}\n{}", log.unwrap_or_default());
        }
    }

    /// A shell that outlives this process by a moment, and clears up after it.
    fn watchdog(&self, folder: &Path) -> Child {
        let script =
            r#"folder=$1; shift; read -r _; "$@" -D "$folder/data" -m immediate stop; rm -rf "$folder""#;
        let stop = self.command("pg_ctl");
        Command::new("sh")
            .args(["-c", script, "watchdog"])
            .arg(folder)
            .arg(stop.get_program())
            .args(stop.get_args())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C is for the tests; this one still has work to do then.
            .process_group(0)
            .spawn()
            .unwrap()
    }
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// Stops and removes the servers of test processes that are no more.
fn clear_leftovers(tools: &Tools) {
    for parent in [std::env::temp_dir(), PathBuf::from("/tmp")] {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let folder = entry.path();
            let ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
                && entry.metadata().is_ok_and(|about| about.is_dir() && about.uid() == tools.uid);
            let Ok(lock) = File::open(folder.join("owner.lock")) else { continue };
            if ours && lock.try_lock().is_ok() {
                let stop = tools
                    .command("pg_ctl")
                    .arg("-D")
                    .arg(folder.join("data"))
                    .args(["-m", "immediate", "stop"])
                    .output();
                drop(stop);
                let _ = fs::remove_dir_all(&folder);
            }
        }
    }
}
