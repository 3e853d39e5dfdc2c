//! What forbids serving with settings that can be read: unsafe, contradictory, or the text of an example.
//!
//! To refuse something new: a branch of [`Config::faults`] that names the setting and says what to write instead.

use secrecy::ExposeSecret as _;
use std::net::IpAddr;

use super::{Config, ConfigFault, MOST_WORKERS, MailTransport, Mode, SmtpTls};

/// Shortest password or key that is taken for a real one.
const SHORTEST_SECRET: usize = 8;
/// Texts that stand in examples and are never a secret.
const SAMPLE_SECRETS: [&str; 8] =
    ["changeme", "change-me", "password", "secret", "example", "sample", "replace-me", "your-password"];

impl Config {
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
        if self.workers > MOST_WORKERS {
            fault("workers", format!("{} is not between 0 and {MOST_WORKERS}", self.workers));
        }
        if self.storage.least_free_percent > 99 {
            let percent = self.storage.least_free_percent;
            fault("storage.least_free_percent", format!("{percent} is not between 0 and 99"));
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
pub(super) fn url_password(url: &str) -> Option<&str> {
    let authority = url.split_once("://")?.1.split(['/', '?']).next()?;
    authority.rsplit_once('@')?.0.split_once(':').map(|(_, password)| password)
}

/// Scheme and host of `scheme://host[:port]`; nothing may follow but one slash.
pub(super) fn split_base_url(url: &str) -> Option<(&str, &str)> {
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

pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
