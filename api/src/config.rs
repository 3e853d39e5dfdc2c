//! The settings of an installation: where they come from, what they may be, and what is refused.
//!
//! Later sources win: built-in defaults, the file `assay.toml`, `DATABASE_URL`, variables `ASSAY_*` (two underscores
//! nest: `ASSAY_SMTP__HOST` is `smtp.host`), the command line. A name that does not exist is an error, so a typing
//! mistake never passes for a setting. To add a setting: a field here with a comment, its default, and, when it can be
//! wrong in a dangerous way, a line in [`Config::faults`].

mod trusted_proxies;

pub use trusted_proxies::TrustedProxies;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use figment2::providers::{Format, Toml};
use figment2::value::{Dict, Map, Value};
use figment2::{Figment, Metadata, Profile, Provider};
use secrecy::{ExposeSecret, SecretString};
use serde::de::Deserializer;
use serde::{Deserialize, Serialize};

/// Shortest password or key that is taken for a real one.
const SHORTEST_SECRET: usize = 8;
/// Texts that stand in examples and are never a secret.
const SAMPLE_SECRETS: [&str; 8] =
    ["changeme", "change-me", "password", "secret", "example", "sample", "replace-me", "your-password"];

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
    /// Jobs (mails above all) done at the same time, 1 to 64.
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

    /// Everything that forbids serving with these settings. Empty: go on.
    pub fn faults(&self) -> Vec<ConfigFault> {
        let mut faults = Vec::new();
        let mut fault = |name, message: String| faults.push(ConfigFault { name, message });

        match split_base_url(&self.base_url) {
            None => fault(
                "base_url",
                format!("{:?} is no address like https://assay.bank.example", self.base_url),
            ),
            Some(("http", host)) if !is_loopback(host) => {
                fault(
                    "base_url",
                    "must begin with https, because secrets travel under it; http is for loopback addresses"
                        .into(),
                );
            }
            Some(_) => {}
        }
        if self.trusted_proxies.everybody() {
            fault(
                "trusted_proxies",
                "trusts everybody, so that anybody could pretend any address: name your proxies".into(),
            );
        }
        if !(1..=64).contains(&self.workers) {
            fault("workers", format!("{} is not between 1 and 64", self.workers));
        }
        match self.mail.transport {
            MailTransport::Memory if self.mode == Mode::Production => {
                fault("mail.transport", "memory sends no mail: set smtp, or mode = \"development\"".into());
            }
            MailTransport::Memory if !self.is_loopback() => {
                fault(
                    "mail.transport",
                    "memory shows every mail to whoever comes: only with a loopback base_url".into(),
                );
            }
            MailTransport::Memory => {}
            MailTransport::Smtp => {
                if self.smtp.host.is_empty() {
                    fault("smtp.host", "is empty: name your mail server".into());
                }
                if !self.smtp.from.contains('@') {
                    fault("smtp.from", "is no e-mail address: set the address that mail comes from".into());
                }
                let has_password = self.smtp.password.is_some();
                if has_password != self.smtp.username.is_some() {
                    fault("smtp.password", "username and password belong together".into());
                }
                if has_password && self.smtp.tls == SmtpTls::None && !is_loopback(&self.smtp.host) {
                    fault(
                        "smtp.tls",
                        "a password needs starttls or implicit, unless the server is on this machine".into(),
                    );
                }
            }
        }
        if self.mode == Mode::Production {
            if let Some(why) = self.smtp.password.as_ref().and_then(|p| weak(p.expose_secret())) {
                fault("smtp.password", why.into());
            }
            let url = self.database_url();
            if let Some(why) = url_password(url.expose_secret()).and_then(weak) {
                fault("database.url", format!("its password {why}"));
            }
        }
        faults
    }
}

/// Why a text is no secret; `None` when it may be one.
fn weak(secret: &str) -> Option<&'static str> {
    if secret.trim().is_empty() {
        Some("is empty")
    } else if SAMPLE_SECRETS.iter().any(|sample| secret.eq_ignore_ascii_case(sample))
        || secret.starts_with('<')
    {
        Some("is the text of an example")
    } else if secret.len() < SHORTEST_SECRET {
        Some("is shorter than 8 characters")
    } else {
        None
    }
}

/// The password in `scheme://user:password@host`.
fn url_password(url: &str) -> Option<&str> {
    let authority = url.split_once("://")?.1.split(['/', '?']).next()?;
    authority.rsplit_once('@')?.0.split_once(':').map(|(_, password)| password)
}

/// Scheme and host of `scheme://host[:port]`; nothing may follow but one slash.
fn split_base_url(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if !matches!(scheme, "http" | "https") || rest.contains(['/', '?', '#', '@', ' ', '\\']) {
        return None;
    }
    let (host, port) = match rest.strip_prefix('[') {
        Some(v6) => v6.split_once(']')?,
        None => rest.find(':').map_or((rest, ""), |at| rest.split_at(at)),
    };
    let port_fits =
        port.is_empty() || port.strip_prefix(':').is_some_and(|digits| digits.parse::<u16>().is_ok());
    (!host.is_empty() && port_fits).then_some((scheme, host))
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn defaults() -> Vec<(String, String)> {
    [
        ("mode", "production"),
        ("base_url", "http://127.0.0.1:8080"),
        ("listen", "127.0.0.1:8080"),
        ("data_dir", "assay-data"),
        ("workers", "4"),
        ("trusted_proxies", ""),
        ("mail.transport", "smtp"),
        ("smtp.host", ""),
        ("smtp.port", "587"),
        ("smtp.tls", "starttls"),
        ("smtp.from", ""),
        ("log.format", "text"),
        ("log.filter", "info"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// `ASSAY_SMTP__HOST` becomes `smtp.host`. `ASSAY_CONFIG` names the file and is no setting.
fn assay_variables(environment: &[(String, String)]) -> Vec<(String, String)> {
    environment
        .iter()
        .filter_map(|(name, value)| {
            let name = name.strip_prefix("ASSAY_")?;
            (name != "CONFIG").then(|| (name.to_ascii_lowercase().replace("__", "."), value.clone()))
        })
        .collect()
}

/// Texts under dotted names. All values stay texts, so a password of digits remains a password; numbers are read from
/// text where the field wants one.
struct Pairs {
    name: &'static str,
    pairs: Vec<(String, String)>,
}

impl Pairs {
    fn new(name: &'static str, pairs: Vec<(String, String)>) -> Self {
        Self { name, pairs }
    }
}

impl Provider for Pairs {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }
    fn data(&self) -> Result<Map<Profile, Dict>, figment2::Error> {
        let mut root = Dict::new();
        for (name, value) in &self.pairs {
            insert(&mut root, name, value);
        }
        Ok(Profile::Default.collect(root))
    }
}

/// Puts `value` at `a.b.c`. A text that stands where a group is needed gives way; the unknown name is reported later.
fn insert(into: &mut Dict, name: &str, value: &str) {
    let Some((group, rest)) = name.split_once('.') else {
        into.insert(name.to_owned(), Value::from(value));
        return;
    };
    let inner = into.entry(group.to_owned()).or_insert_with(|| Value::from(Dict::new()));
    if !matches!(inner, Value::Dict(..)) {
        *inner = Value::from(Dict::new());
    }
    if let Value::Dict(_, dict) = inner {
        insert(dict, rest, value);
    }
}

/// A number, also when it comes as text from a variable.
fn number<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr + TryFrom<i64>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Raw {
        Number(i64),
        Text(String),
    }
    let fault = || serde::de::Error::custom("is no number in the permitted range");
    match Raw::deserialize(deserializer)? {
        Raw::Number(number) => T::try_from(number).map_err(|_| fault()),
        Raw::Text(text) => text.trim().parse().map_err(|_| fault()),
    }
}

fn all_faults(error: figment2::Error) -> String {
    error.into_iter().map(|fault| redact_fault(&fault)).collect::<Vec<_>>().join("; ")
}

/// figment repeats the offending value in its message; a secret must not reach the terminal that way.
fn redact_fault(fault: &figment2::Error) -> String {
    let name = fault.path.join(".");
    if is_secret(&name) {
        let source = fault.metadata.as_ref().map_or("default", |m| m.name.as_ref());
        return format!("{name} is no text (from {source})");
    }
    let text = fault.to_string();
    if text.contains(&name) { text } else { format!("{name}: {text}") }
}

fn is_secret(name: &str) -> bool {
    matches!(name, "smtp.password" | "database.url")
}

fn effective(
    figment: &Figment,
    environment: &[(String, String)],
) -> Result<Vec<EffectiveSetting>, ConfigError> {
    let tree = figment.find_value("").map_err(|e| ConfigError::Invalid(all_faults(e)))?;
    let mut values = BTreeMap::new();
    flatten(&tree, String::new(), &mut values);
    let settings = values.into_iter().map(|(name, value)| {
        let source = figment
            .find_metadata(&name)
            .map_or_else(|| "default".to_owned(), |m| describe(m, &name, environment));
        let value = if is_secret(&name) { redacted(&value) } else { value };
        EffectiveSetting { name, value, source }
    });
    Ok(settings.collect())
}

fn describe(metadata: &Metadata, name: &str, environment: &[(String, String)]) -> String {
    match &metadata.source {
        Some(figment2::Source::File(path)) => format!("file {}", short(path)),
        _ if metadata.name == "variable" => {
            let is_it = |variable: &&String| {
                variable
                    .strip_prefix("ASSAY_")
                    .is_some_and(|rest| rest.to_ascii_lowercase().replace("__", ".") == name)
            };
            let variable = environment.iter().map(|(variable, _)| variable).find(is_it);
            format!("variable {}", variable.map_or("ASSAY_*", String::as_str))
        }
        _ => metadata.name.to_string(),
    }
}

fn short(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn flatten(value: &Value, name: String, into: &mut BTreeMap<String, String>) {
    if let Some(dict) = value.as_dict() {
        for (key, inner) in dict {
            flatten(inner, if name.is_empty() { key.clone() } else { format!("{name}.{key}") }, into);
        }
    } else if let Some(list) = value.as_array() {
        let texts: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
        into.insert(name, texts.join(", "));
    } else {
        let text = value.clone().into_string().or_else(|| value.to_i128().map(|n| n.to_string()));
        into.insert(name, text.unwrap_or_else(|| format!("{value:?}")));
    }
}

/// Of a URL scheme and host stay; of anything else nothing.
fn redacted(value: &str) -> String {
    match value.split_once("://") {
        Some((scheme, rest)) if url_password(value).is_some() => {
            format!(
                "{scheme}://[redacted]@{}",
                rest.split(['?']).next().and_then(|r| r.rsplit_once('@')).map_or("", |(_, host)| host)
            )
        }
        Some((_, rest)) => {
            let end = value.len() - rest.len() + rest.find('?').unwrap_or(rest.len());
            value.get(..end).unwrap_or_default().to_owned()
        }
        None => "[redacted]".to_owned(),
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
