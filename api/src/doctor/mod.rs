//! `assay doctor`: looks at everything that an installation stands on and says what to mend.
//!
//! It changes nothing: no schema step, no mail, no folder. Each file looks at one part and reports [`Finding`]s; each
//! fault is reported once, where its cause is. To look at something new: a function that takes the [`Report`], called
//! in [`examine`].

mod database;
mod files;
mod mail;
mod settings;

use crate::{
    config::{Config, Sources},
    domain::Surroundings,
};
use serde::Serialize;
use std::{fmt, io};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, and may not go on so.
    Warning,
    /// It does not work, or is unsafe.
    Failed,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        })
    }
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at; where a setting is wrong, its dotted name.
    pub check: &'static str,
    /// How it is.
    pub state: State,
    /// What was found. No secret.
    pub message: String,
    /// What to do about it; none when all is well.
    pub fix: Option<String>,
}

/// Everything that was found, in the order of looking.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// The lines.
    pub findings: Vec<Finding>,
}

impl Report {
    fn ok(&mut self, check: &'static str, message: impl Into<String>) {
        let message = message.into();
        self.findings.push(Finding { check, state: State::Ok, message, fix: None });
    }
    fn warn(&mut self, check: &'static str, message: impl Into<String>, fix: impl Into<String>) {
        let (message, fix) = (message.into(), Some(fix.into()));
        self.findings.push(Finding { check, state: State::Warning, message, fix });
    }
    fn fail(&mut self, check: &'static str, message: impl Into<String>, fix: impl Into<String>) {
        let (message, fix) = (message.into(), Some(fix.into()));
        self.findings.push(Finding { check, state: State::Failed, message, fix });
    }
    /// Whether a fault of this check, or of the group that it ends with a dot, is reported already.
    fn tells_of(&self, check: &str) -> bool {
        let about = |name: &str| name == check || (check.ends_with('.') && name.starts_with(check));
        self.findings.iter().any(|finding| finding.state == State::Failed && about(finding.check))
    }

    /// The worst of all.
    #[must_use]
    pub fn state(&self) -> State {
        self.findings.iter().map(|finding| finding.state).max().unwrap_or(State::Ok)
    }

    /// Writes one line a finding, with the remedy below it.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn print(&self, out: &mut impl io::Write) -> io::Result<()> {
        for Finding { check, state, message, fix } in &self.findings {
            writeln!(out, "{state:8} {check}: {message}")?;
            if let Some(fix) = fix {
                writeln!(out, "         -> {fix}")?;
            }
        }
        Ok(())
    }

    /// Writes one JSON object.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn print_json(&self, out: &mut impl io::Write) -> io::Result<()> {
        let object = serde_json::json!({ "state": self.state(), "findings": self.findings });
        writeln!(out, "{object}")
    }
}

/// Looks at everything that these settings lead to.
pub async fn examine(sources: &Sources, surroundings: &Surroundings) -> Report {
    let mut report = Report::default();
    let loaded = match Config::load(sources) {
        Ok(loaded) => loaded,
        Err(error) => {
            let fix = "Correct it; what each setting may be is in docs/configuration.md.";
            report.fail("settings", error.to_string(), fix);
            return report;
        }
    };
    settings::examine(&loaded.config, &mut report);
    files::examine_secrets(&loaded, sources, &mut report);
    files::examine_data(&loaded.config, &mut report);
    files::examine_keys(&loaded.config, &mut report);
    database::examine(&loaded.config, surroundings, &mut report).await;
    mail::examine(&loaded.config, surroundings, &mut report).await;
    report
}
