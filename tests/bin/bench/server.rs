//! The release binary, started as an operator would.

use crate::machine;
use anyhow::{bail, ensure};
use std::{
    fs::OpenOptions,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Where the server works: its folder, its database, and where mail goes.
#[derive(Clone, Debug)]
pub struct Place {
    /// The binary.
    pub assay: PathBuf,
    /// Holds the data folder and the log.
    pub folder: PathBuf,
    /// None for the SQLite file in the data folder.
    pub postgres: Option<String>,
    /// More settings, as the environment has them.
    pub settings: Vec<(String, String)>,
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the process to its first 200.
    pub ready_after: Duration,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Place {
    /// A place for a SQLite database.
    #[must_use]
    pub fn new(assay: &Path, folder: &Path) -> Self {
        Self { assay: assay.to_owned(), folder: folder.to_owned(), postgres: None, settings: Vec::new() }
    }

    /// The SQLite file's address.
    #[must_use]
    pub fn sqlite_url(&self) -> String {
        format!("sqlite://{}", self.sqlite_file().display())
    }

    /// The SQLite file.
    #[must_use]
    pub fn sqlite_file(&self) -> PathBuf {
        self.folder.join("data/assay.db")
    }

    /// Starts the server and waits for its first 200.
    ///
    /// # Errors
    /// When it ends, or none comes within a minute.
    pub fn start(&self) -> anyhow::Result<Server> {
        ensure!(self.assay.is_file(), "{} is missing: tests/bench builds it", self.assay.display());
        std::fs::create_dir_all(self.folder.join("data"))?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = OpenOptions::new().create(true).append(true).open(self.folder.join("server.log"))?;
        let mut command = Command::new(&self.assay);
        command
            .arg("serve")
            .current_dir(&self.folder)
            .env_clear()
            .envs([
                ("ASSAY_MODE", "development".to_owned()),
                ("ASSAY_BASE_URL", format!("http://{address}")),
                ("ASSAY_LISTEN", address.to_string()),
                ("ASSAY_DATA_DIR", self.folder.join("data").display().to_string()),
                ("ASSAY_MAIL__TRANSPORT", "memory".to_owned()),
                ("ASSAY_SMTP__FROM", "assay@northwind.example".to_owned()),
                ("ASSAY_STORAGE__LEAST_FREE_PERCENT", "0".to_owned()),
                ("ASSAY_STORAGE__LEAST_FREE_MB", "0".to_owned()),
                ("ASSAY_LOG__FILTER", "warn".to_owned()),
            ])
            .envs(self.settings.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        if let Some(url) = &self.postgres {
            command.env("DATABASE_URL", url);
        }
        let begun = Instant::now();
        let mut server = Server { child: command.spawn()?, address, ready_after: Duration::ZERO };
        while begun.elapsed() < Duration::from_secs(60) {
            if is_ready(address) {
                server.ready_after = begun.elapsed();
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended with {status}: {}", self.log());
            }
            thread::sleep(Duration::from_millis(1));
        }
        bail!("the server was not ready within a minute: {}", self.log())
    }

    fn log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        log.lines().rev().take(20).collect::<Vec<_>>().join("\n")
    }
}

impl Server {
    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }
    /// Its memory in megabytes.
    ///
    /// # Errors
    /// When it is gone.
    pub fn memory(&self) -> anyhow::Result<f64> {
        machine::memory(self.id())
    }
}

/// Whether the server says that it is ready.
fn is_ready(address: SocketAddr) -> bool {
    use std::io::{Read as _, Write as _};
    let asked = || {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok::<_, std::io::Error>(head)
    };
    asked().is_ok_and(|head| head.ends_with(b"200"))
}
