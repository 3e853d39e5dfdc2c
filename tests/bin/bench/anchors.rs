//! What the service is compared with: nginx with a file, SQLite and PostgreSQL with bare statements.

use crate::{
    load::{Reads, Span},
    machine::Watched,
};
use anyhow::{Context as _, bail, ensure};
use rusqlite::Connection;
use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// nginx with two workers, serving files of the sizes it is asked for.
pub struct Nginx {
    child: Child,
    folder: PathBuf,
    address: SocketAddr,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The workers end with their master, which has to be asked.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

impl Nginx {
    /// Starts it in `folder`.
    ///
    /// # Errors
    /// When it is not installed or does not listen.
    pub fn start(folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.join("nginx");
        fs::create_dir_all(folder.join("files"))?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        // Nobody but root may name whom the workers run as.
        let user = if Path::new("/root").read_dir().is_ok() { "user root;" } else { "" };
        let settings = format!(
            "daemon off; {user} worker_processes 2; pid {dir}/pid; error_log {dir}/error.log;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;\n\
             server {{ listen {address}; root {dir}/files; }} }}\n",
            dir = folder.display()
        );
        fs::write(folder.join("nginx.conf"), settings)?;
        let program =
            ["/usr/sbin/nginx", "/usr/local/sbin/nginx"].into_iter().find(|p| Path::new(p).exists());
        let child = Command::new(program.unwrap_or("nginx"))
            .arg("-c")
            .arg(folder.join("nginx.conf"))
            .args(["-e", "stderr"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("nginx is missing: apt-get install nginx-light")?;
        let nginx = Self { child, folder, address };
        for _ in 0..500 {
            if TcpStream::connect(address).is_ok() {
                return Ok(nginx);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        bail!("nginx does not listen")
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its processes.
    #[must_use]
    pub fn watched(&self) -> Watched {
        Watched::process(self.child.id())
    }

    /// Clients that fetch a file of this many bytes.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn clients(&self, bytes: usize, clients: usize) -> anyhow::Result<Vec<Reads>> {
        fs::write(self.folder.join("files").join(bytes.to_string()), vec![b'x'; bytes])?;
        let page = (format!("/{bytes}"), "none=1".to_owned());
        Ok(vec![Reads::new(&[page], 0); clients])
    }
}

/// Rows of the table that bare saves go to.
const ROWS: u32 = 100_000;

/// Bare saves: one row, one durable commit, no service.
pub struct BareSaves {
    connection: Connection,
    saves: u64,
}

impl BareSaves {
    /// Makes the table in `folder`, opened as the service opens its database.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn new(folder: &Path) -> anyhow::Result<Self> {
        let mut connection = Connection::open(folder.join("bare.db"))?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
             PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 67108864; \
             CREATE TABLE IF NOT EXISTS answer (assessment INTEGER, question INTEGER, rev INTEGER, value TEXT, \
             note TEXT, PRIMARY KEY (assessment, question)) WITHOUT ROWID;",
        )?;
        let filling = connection.transaction()?;
        for row in 0..ROWS {
            let first = (row / 100, row % 100, 1, VALUE, crate::data::words("first"));
            filling.prepare_cached(UPSERT)?.execute(first)?;
        }
        filling.commit()?;
        Ok(Self { connection, saves: 0 })
    }

    /// Its settings, as the connection says them.
    ///
    /// # Errors
    /// When it says nothing.
    pub fn settings(&self) -> anyhow::Result<String> {
        let one = |name: &str| {
            self.connection.query_row(&format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"), (), |row| {
                row.get::<_, String>(0)
            })
        };
        Ok(crate::saves::settings_in_words(&one("journal_mode")?, &one("synchronous")?))
    }

    /// Saves for this long; gives the rate and the median time in milliseconds.
    ///
    /// # Errors
    /// When a save fails.
    pub fn run(&mut self, span: Span) -> anyhow::Result<(f64, f64)> {
        let end = Instant::now() + span.warm_up;
        while Instant::now() < end {
            self.save()?;
        }
        let (begun, mut took) = (Instant::now(), Vec::new());
        while begun.elapsed() < span.measured {
            let one = Instant::now();
            self.save()?;
            took.push(one.elapsed());
        }
        let rate = took.len() as f64 / begun.elapsed().as_secs_f64();
        took.sort_unstable();
        let median = took.get(took.len() / 2).copied().unwrap_or_default();
        Ok((rate, median.as_secs_f64() * 1_000.0))
    }

    fn save(&mut self) -> anyhow::Result<()> {
        self.saves += 1;
        let row = u32::try_from(crate::data::mixed(self.saves) % u64::from(ROWS))?;
        let note = crate::data::words(&format!("save {}", self.saves));
        let mut upsert = self.connection.prepare_cached(UPSERT)?;
        ensure!(upsert.execute((row / 100, row % 100, 2, VALUE, note))? == 1, "a bare save changed nothing");
        Ok(())
    }
}

const VALUE: &str = "{\"choice\":\"full\"}";
const UPSERT: &str = "INSERT INTO answer VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET rev = rev + 1, \
                      value = excluded.value, note = excluded.note";

/// `pgbench` in a database of its own.
pub struct PgBench {
    program: PathBuf,
    url: String,
}

impl PgBench {
    /// Fills its tables.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn new(url: &str, scale: u32) -> anyhow::Result<Self> {
        let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let program = installed.map(|version| version.path().join("bin/pgbench")).find(|path| path.exists());
        let bench = Self { program: program.unwrap_or_else(|| "pgbench".into()), url: url.to_owned() };
        bench.call(&["-i", "-q", "-s", &scale.to_string()])?;
        Ok(bench)
    }

    /// Transactions a second with these clients: one update, one insert and a select each.
    ///
    /// # Errors
    /// When it fails.
    pub fn run(&self, clients: usize, span: Span) -> anyhow::Result<f64> {
        let seconds = span.measured.as_secs().max(1).to_string();
        let clients = clients.to_string();
        let said = self.call(&["-N", "-n", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds])?;
        let line = said.lines().find(|line| line.starts_with("tps = ")).context("pgbench says no tps")?;
        Ok(line.split_whitespace().nth(2).context("no figure")?.parse()?)
    }

    fn call(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let called = Command::new(&self.program).args(arguments).arg(&self.url).current_dir("/").output();
        let done = called.context("pgbench is missing: apt-get install postgresql-contrib")?;
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        ensure!(done.status.success(), "pgbench: {said}{}", String::from_utf8_lossy(&done.stderr));
        Ok(said)
    }
}
