//! Every setting in words: what `assay config reference` prints and `docs/configuration.md` holds.
//!
//! Defaults, variables and secrecy are taken from where they are decided; the rest is [`SETTINGS`]. A test compares the
//! table with the fields of [`super::Config`], and the document with what is printed.

use std::fmt::Write as _;

use super::defaults;
use super::effective::is_secret;

/// What a setting means, for the people who run an installation.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Dotted name.
    pub name: &'static str,
    /// What it is for.
    pub meaning: &'static str,
    /// What it may be.
    pub values: &'static str,
}

const fn setting(name: &'static str, values: &'static str, meaning: &'static str) -> Setting {
    Setting { name, meaning, values }
}

/// All settings, in the order of the document.
pub const SETTINGS: &[Setting] = &[
    setting(
        "mode",
        "`production`, `development`, `demo`",
        "How careful we are. In production everything unsafe is refused; in development mail may stay in memory; \
         `demo` is what `assay demo` sets.",
    ),
    setting(
        "base_url",
        "`https://` and a host, without a path; `http://` for loopback addresses",
        "Address under which people reach this installation. It stands in every mail, so a wrong one breaks every link.",
    ),
    setting("listen", "address and port", "Where the service listens, behind your reverse proxy."),
    setting(
        "data_dir",
        "a folder on a local disk",
        "The embedded database and the evidence. Back it up; only the service's own user should be able to read it.",
    ),
    setting("workers", "0 to 64", "Threads that answer requests; 0: one on each processor."),
    setting(
        "trusted_proxies",
        "addresses and networks; a list in the file, commas in a variable",
        "Your reverse proxies: their `X-Forwarded-For` is believed, nobody else's.",
    ),
    setting(
        "database.url",
        "`sqlite://...`, `postgres://...`",
        "The database. Empty: the file `assay.db` in `data_dir`. May hold a password; the variable `DATABASE_URL` is \
         read too, and this setting wins.",
    ),
    setting(
        "database.url_file",
        "a file",
        "File that holds `database.url` instead, so that its password stands in no settings file.",
    ),
    setting(
        "mail.transport",
        "`smtp`, `memory`",
        "Where mail goes: to the server in `smtp`, or nowhere, shown at `/dev/mailbox` (development on a loopback \
         address only).",
    ),
    setting("smtp.host", "a name or an IP number", "The mail server. Its certificate must carry this name."),
    setting(
        "smtp.port",
        "1 to 65535",
        "Its port: 587 with `starttls`, 465 with `implicit`, 25 inside your network.",
    ),
    setting(
        "smtp.tls",
        "`starttls`, `implicit`, `none`",
        "Encryption of the way to the mail server: switched on at the start, from the first byte, or none. There is no \
         \"if possible\", and without it a password is sent to a loopback address only.",
    ),
    setting(
        "smtp.ca_file",
        "a file of certificates in PEM",
        "Authorities that are believed beside those of this machine: for a mail server with a certificate of your own \
         authority.",
    ),
    setting(
        "smtp.username",
        "text",
        "User name at the mail server, where it wants one; goes with a password.",
    ),
    setting("smtp.password", "at least 8 characters", "Its password. Better in a file: see the next one."),
    setting(
        "smtp.password_file",
        "a file",
        "File that holds `smtp.password` instead, readable for the service alone.",
    ),
    setting(
        "smtp.from",
        "an e-mail address",
        "Address that all mail comes from. The mail server must let this user send from it; bounces go there.",
    ),
    setting(
        "storage.least_free_percent",
        "0 to 99",
        "How much of the disks of evidence and of an embedded database has to stay free, in hundredths. When less is \
         free, uploads are refused while answers are still saved. The greater of this and the next one counts.",
    ),
    setting("storage.least_free_mb", "0 to 4294967295", "The same in megabytes of 1,048,576 bytes."),
    setting(
        "log.format",
        "`text`, `json`",
        "Form of the log on standard error: for people, or one object a line.",
    ),
    setting("log.filter", "as in `info,api::jobs=debug`", "What is logged."),
];

const HEAD: &str = "\
# Configuration

<!-- Made by `assay config reference`: change the texts in `api/src/config/reference.rs`, never here. -->

Later sources win: built-in defaults, the file `assay.toml` (or the one named by `--config` or `ASSAY_CONFIG`),
`DATABASE_URL`, the variables below, the command line. A dot in a name is a table in the file and two underscores in a
variable. A name that does not exist is an error. `assay config check` prints what is in force, with its source;
`assay doctor` tries it out.

A secret is never printed. Where a setting has a `_file` beside it, set one of the two; the end of the file's last line
is not part of the value.

| setting | variable | default | may be | meaning |
|---|---|---|---|---|
";

/// The document.
#[must_use]
pub fn document() -> String {
    let defaults = defaults();
    let mut text = HEAD.to_owned();
    for Setting { name, meaning, values } in SETTINGS {
        let default = defaults.iter().find(|(other, value)| other == name && !value.is_empty());
        let default = default.map_or_else(String::new, |(_, value)| format!("`{value}`"));
        let secret = if is_secret(name) { " **Secret.**" } else { "" };
        // Writing to a String cannot fail.
        let _ =
            writeln!(text, "| `{name}` | `{}` | {default} | {values} | {meaning}{secret} |", variable(name));
    }
    text
}

/// `smtp.host` as `ASSAY_SMTP__HOST`.
fn variable(name: &str) -> String {
    format!("ASSAY_{}", name.replace('.', "__").to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Sources};
    use std::collections::BTreeSet;

    /// The fields of a group, which the refusal of an unknown one lists.
    fn fields(group: &str) -> Vec<String> {
        let unknown = format!("{group}no_such_field");
        let sources = Sources { command_line: vec![(unknown, "x".to_owned())], ..Sources::default() };
        let text = Config::load(&sources).unwrap_err().to_string();
        let (_, expected) = text.split_once("expected").unwrap();
        let is_name =
            |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        expected.split('`').filter(is_name).map(|field| format!("{group}{field}")).collect()
    }

    #[test]
    fn the_table_describes_every_setting_once_and_no_other() {
        let groups = ["database", "mail", "smtp", "storage", "log"];
        let mut names: Vec<String> = fields("");
        names.retain(|name| !groups.contains(&name.as_str()));
        names.extend(groups.iter().flat_map(|group| fields(&format!("{group}."))));
        let known: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        let described: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
        let unique: BTreeSet<&str> = described.iter().copied().collect();
        assert_eq!(unique, known, "SETTINGS and the fields of Config differ");
        assert_eq!(unique.len(), described.len(), "a setting is described twice");
    }

    #[test]
    fn the_document_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            kept == document(),
            "docs/configuration.md is not current; refresh it with\n  \
             cargo run -- config reference > docs/configuration.md"
        );
    }
}
