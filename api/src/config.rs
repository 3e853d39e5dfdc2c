//! The settings of an installation: where they come from, what they may be, and what is refused.
//!
//! Later sources win: built-in defaults, the file `assay.toml`, `DATABASE_URL`, variables `ASSAY_*` (two underscores
//! nest: `ASSAY_SMTP__HOST` is `smtp.host`), the command line. A name that does not exist is an error, so a typing
//! mistake never passes for a setting. To add a setting: a field here with a comment, its default, its line in
//! [`reference::SETTINGS`], and, when it can be wrong in a dangerous way, a line in [`Config::faults`].

mod effective;
mod faults;
mod pairs;
pub mod reference;
mod trusted_proxies;

pub use trusted_proxies::TrustedProxies;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use effective::{all_faults, effective};
use faults::{is_loopback, split_base_url};
use figment2::Figment;
use figment2::providers::{Format, Toml};
use pairs::{Pairs, assay_variables, number};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// How careful we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Real data: everything unsafe is refused.
    Production,
    /// A developer's machine: mail may be kept in memory.
    Development,
    /// `assay demo`: invented data in a temporary folder.
    Demo,
}

/// Where mail goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTransport {
    /// To the server in `smtp`.
    Smtp,
    /// It is kept and shown at `/dev/mailbox`; demo and development on a loopback address only.
    Memory,
}

/// Encryption of the way to the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTls {
    /// None. A password is then sent to a loopback address only.
    None,
    /// STARTTLS, required.
    Starttls,
    /// From the first byte.
    #[serde(alias = "required")]
    Implicit,
}

/// Form of the log on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line, for collectors.
    Json,
}

/// All settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// production, development or demo.
    pub mode: Mode,
    /// Address under which people reach this installation, without a path: stands in every mail.
    pub base_url: String,
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Folder of the embedded database and of the evidence.
    pub data_dir: PathBuf,
    /// Threads that answer requests, at most 64; 0 for one on each processor.
    #[serde(deserialize_with = "number")]
    pub workers: usize,
    /// Reverse proxies in front of this installation, as addresses or networks; only their `X-Forwarded-For` is
    /// believed.
    #[serde(default)]
    pub trusted_proxies: TrustedProxies,
    /// The database.
    #[serde(default)]
    pub database: DatabaseConfig,
    /// How mail leaves.
    pub mail: MailConfig,
    /// The mail server.
    pub smtp: SmtpConfig,
    /// Room on the disks.
    pub storage: StorageConfig,
    /// The log.
    pub log: LogConfig,
}

/// The database.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `postgres://...`, or `sqlite://...`; empty: the file `assay.db` in `data_dir`. May hold a password.
    #[serde(default)]
    pub url: Option<SecretString>,
    /// File that holds the URL instead.
    #[serde(default)]
    pub url_file: Option<PathBuf>,
}

/// How mail leaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// smtp or memory.
    pub transport: MailTransport,
}

/// The mail server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// Name or IP number.
    #[serde(default)]
    pub host: String,
    /// 25, 465 (implicit) or 587 (starttls).
    #[serde(deserialize_with = "number")]
    pub port: u16,
    /// none, starttls or implicit.
    pub tls: SmtpTls,
    /// Certificates of authorities that are believed beside the machine's own, in PEM.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// User name, when the server wants one.
    #[serde(default)]
    pub username: Option<String>,
    /// Password. Better in a file.
    #[serde(default)]
    pub password: Option<SecretString>,
    /// File that holds the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Address that all mail comes from.
    #[serde(default)]
    pub from: String,
}

/// What has to stay free of the disks of evidence and of an embedded database: the greater of the two. Below it uploads
/// are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageConfig {
    /// Hundredths of the disk, 0 to 99.
    #[serde(deserialize_with = "number")]
    pub least_free_percent: u8,
    /// Megabytes of 1,048,576 bytes.
    #[serde(deserialize_with = "number")]
    pub least_free_mb: u32,
}

/// The log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// text or json.
    pub format: LogFormat,
    /// What is logged, as in `info,api::jobs=debug`.
    pub filter: String,
}

/// Where settings are read from. Tests hand in their own; programs use [`Sources::of_this_process`].
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Settings file. A named file must exist; `None` means there is none.
    pub file: Option<PathBuf>,
    /// Environment variables, all of them.
    pub environment: Vec<(String, String)>,
    /// From the command line: dotted name and value, such as `("listen", "127.0.0.1:0")`.
    pub command_line: Vec<(String, String)>,
}

impl Sources {
    /// `--config FILE`, or `ASSAY_CONFIG`, or `assay.toml` in the working folder if it is there; and the environment.
    pub fn of_this_process(config_file: Option<PathBuf>, command_line: Vec<(String, String)>) -> Self {
        let environment: Vec<_> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let named = environment.iter().find(|(name, _)| name == "ASSAY_CONFIG").map(|(_, path)| path.into());
        let usual = PathBuf::from("assay.toml");
        let file = config_file.or(named).or_else(|| usual.is_file().then_some(usual));
        Self { file, environment, command_line }
    }
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The named file is not there.
    #[error("the settings file {0} does not exist")]
    NoFile(PathBuf),
    /// An unknown name, a wrong kind of value, or TOML that is none. Says where it stands.
    #[error("{0}")]
    Invalid(String),
    /// A `*_file` cannot be read.
    #[error("{name} names {path}, which cannot be read: {source}")]
    SecretFile {
        /// The setting.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Both a value and a file for it.
    #[error("{0} and {0}_file are both set: keep one")]
    Both(&'static str),
}

/// A setting that must not be used to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// Its dotted name.
    pub name: &'static str,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

/// One line of `assay config check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EffectiveSetting {
    /// Dotted name.
    pub name: String,
    /// The value in use; secrets are replaced.
    pub value: String,
    /// Where it comes from.
    pub source: String,
}

/// Settings together with where each came from.
#[derive(Debug, Clone)]
pub struct LoadedConfig {
    /// The settings.
    pub config: Config,
    /// Every setting, redacted, in order of name.
    pub effective: Vec<EffectiveSetting>,
}

impl Config {
    /// Reads all sources. Does not ask whether the settings are safe: see [`Config::faults`].
    ///
    /// # Errors
    /// See [`ConfigError`]; the text names the setting and its source.
    pub fn load(sources: &Sources) -> Result<LoadedConfig, ConfigError> {
        let mut figment = Figment::from(Pairs::new("default", defaults()));
        if let Some(file) = &sources.file {
            if !file.is_file() {
                return Err(ConfigError::NoFile(file.clone()));
            }
            figment = figment.merge(Toml::file(file).search(false));
        }
        let database_url =
            sources.environment.iter().filter(|(name, value)| name == "DATABASE_URL" && !value.is_empty());
        figment = figment
            .merge(Pairs::new(
                "variable DATABASE_URL",
                database_url.map(|(_, value)| ("database.url".to_owned(), value.clone())).collect(),
            ))
            .merge(Pairs::new("variable", assay_variables(&sources.environment)))
            .merge(Pairs::new("command line", sources.command_line.clone()));

        let mut config: Config = figment.extract().map_err(|e| ConfigError::Invalid(all_faults(e)))?;
        let effective = effective(&figment, &sources.environment)?;
        config.read_secret_files()?;
        Ok(LoadedConfig { config, effective })
    }

    fn read_secret_files(&mut self) -> Result<(), ConfigError> {
        let pairs = [
            ("smtp.password", &mut self.smtp.password, &self.smtp.password_file),
            ("database.url", &mut self.database.url, &self.database.url_file),
        ];
        for (name, value, file) in pairs {
            let Some(path) = file else { continue };
            if value.is_some() {
                return Err(ConfigError::Both(name));
            }
            let text = std::fs::read_to_string(path).map_err(|source| ConfigError::SecretFile {
                name,
                path: path.clone(),
                source,
            })?;
            *value = Some(SecretString::from(text.trim_end_matches(['\r', '\n'])));
        }
        Ok(())
    }

    /// The URL of the database, with the embedded one in `data_dir` as the default.
    pub fn database_url(&self) -> SecretString {
        match &self.database.url {
            Some(url) if !url.expose_secret().is_empty() => url.clone(),
            _ => {
                SecretString::from(format!("sqlite://{}?mode=rwc", self.data_dir.join("assay.db").display()))
            }
        }
    }

    /// The folder of uploaded evidence.
    pub fn evidence_dir(&self) -> PathBuf {
        self.data_dir.join("evidence")
    }

    /// The folder of private keys.
    pub fn keys_dir(&self) -> PathBuf {
        self.data_dir.join("keys")
    }

    /// How many threads answer requests.
    pub fn serving_threads(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS),
            named => named,
        }
    }

    /// The base URL without a slash at its end: append paths to this.
    pub fn base_url(&self) -> &str {
        self.base_url.trim_end_matches('/')
    }

    /// The host in the base URL, without a port.
    pub fn base_host(&self) -> &str {
        split_base_url(&self.base_url).map_or("", |(_, host)| host)
    }

    /// True when the base URL begins with `https`.
    pub fn is_https(&self) -> bool {
        split_base_url(&self.base_url).is_some_and(|(scheme, _)| scheme == "https")
    }

    /// True when the base URL is on this machine. Cookies lose their `__Host-` prefix only on `http` and loopback.
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.base_host())
    }
}

/// The most threads that answer requests.
const MOST_WORKERS: usize = 64;

/// What holds where no source says anything; settings that are not named here are empty.
fn defaults() -> Vec<(String, String)> {
    [
        ("mode", "production"),
        ("base_url", "http://127.0.0.1:8080"),
        ("listen", "127.0.0.1:8080"),
        ("data_dir", "assay-data"),
        ("workers", "0"),
        ("trusted_proxies", ""),
        ("mail.transport", "smtp"),
        ("smtp.host", ""),
        ("smtp.port", "587"),
        ("smtp.tls", "starttls"),
        ("smtp.from", ""),
        ("storage.least_free_percent", "5"),
        ("storage.least_free_mb", "1024"),
        ("log.format", "text"),
        ("log.filter", "info"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
