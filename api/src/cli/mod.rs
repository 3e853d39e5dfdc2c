//! The command line: `assay score`, `tier`, `questionnaire lint` on files alone, and the operator's commands.
//!
//! Each file is one command: it reads arguments and files, calls the library or one use-case, prints, and returns the
//! exit status. `serve`, `worker`, `demo` and `migrate` are started by `main` through `bootstrap`.

pub mod accounts;
pub mod audit;
pub mod config;
pub mod keys;
pub mod mail;
pub mod questionnaire;
pub mod score;
pub mod tier;
pub mod verify;

use clap::{Args, Parser, Subcommand};
use questionnaires::answering::Fault;
use std::path::{Path, PathBuf};

const ABOUT: &str =
    "Asks vendors about supplier security and AI risk, scores what they answer, and gets the gaps fixed.";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "assay", version, about = ABOUT, disable_help_subcommand = true)]
pub struct Cli {
    /// Settings file (default: assay.toml where it exists).
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show everything on an empty machine: twelve invented vendors, mail in a mailbox page, nothing kept.
    Demo(DemoArgs),
    /// Serve pages and run background work.
    Serve(ServeArgs),
    /// Run background work alone, beside other processes on PostgreSQL.
    Worker,
    /// Bring the database schema up to date.
    Migrate,
    /// Organisations.
    #[command(subcommand)]
    Tenant(accounts::TenantCommand),
    /// Users.
    #[command(subcommand)]
    User(accounts::UserCommand),
    /// The audit trail.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Look at everything that this installation stands on, and say what to mend; exit 1 when something fails.
    Doctor(DoctorArgs),
    /// The way to the mail server.
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// Questionnaire and control-set files.
    #[command(subcommand)]
    Questionnaire(questionnaire::QuestionnaireCommand),
    /// Score answers without a database.
    Score(score::ScoreArgs),
    /// Inherent risk and tier from the twelve factors of an intake.
    Tier(tier::TierArgs),
    /// Verify a receipt: its signature, its hashes and, of a score receipt, the score.
    Verify(verify::VerifyArgs),
    /// The keys that sign receipts.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Settings.
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// Arguments of `assay demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Port on 127.0.0.1; a free one is chosen when it is not given.
    #[arg(long)]
    pub port: Option<u16>,
    /// Print one line of JSON with addresses and passwords to standard output.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `assay serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Leave background work to `assay worker` (PostgreSQL only).
    #[arg(long)]
    pub no_worker: bool,
}

/// Arguments of `assay doctor`.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// Print one line of JSON.
    #[arg(long)]
    pub json: bool,
}

/// `assay config ...`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the settings in force, secrets hidden, with where each comes from; exit 1 when one is wrong.
    Check,
    /// Print what every setting means, its variable, its default and what it may be.
    Reference,
}

/// A fault of a file; one that lies nowhere inside it is told with the file's name.
pub(crate) fn of_file(path: &Path, fault: &Fault) -> String {
    match fault.path.is_empty() {
        true => format!("{}: {fault}", path.display()),
        false => fault.to_string(),
    }
}

/// Prints faults to standard error, one a line, and gives the status for invalid input.
pub(crate) fn refuse<T: std::fmt::Display>(faults: impl IntoIterator<Item = T>) -> u8 {
    for fault in faults {
        eprintln!("{fault}");
    }
    2
}
