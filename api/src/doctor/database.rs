//! The database: can it be opened, would it lose answers, is its schema ours, do its clock and ours agree, and which
//! work in it was given up.

use super::Report;
use crate::{
    config::Config,
    domain::Surroundings,
    store::{
        ConnectOptions, Database, StoreError,
        inspection::{Contents, Facts},
        log_file,
    },
    usecases::deliveries,
};
use chrono::{DateTime, Datelike as _, Duration, Utc};
use secrecy::ExposeSecret as _;
use std::{error::Error as _, path::Path};

/// Clocks that differ by more than this are told.
const NOTICEABLE: Duration = Duration::seconds(2);
/// Clocks that differ by more than this end codes and links at wrong times.
const LEEWAY: Duration = Duration::seconds(30);
/// No installation is older than the product: a clock that shows an earlier year was never set.
const FIRST_YEAR: i32 = 2026;

pub(super) async fn examine(config: &Config, surroundings: &Surroundings, report: &mut Report) {
    if report.tells_of("database.") {
        return;
    }
    let url = config.database_url();
    let options = ConnectOptions::new(url.expose_secret());
    if let Some(file) = options.sqlite_file().filter(|file| !file.exists()) {
        // Opening it would make it; without its folder that is told already.
        if file.parent().is_some_and(Path::exists) {
            let fix =
                "Nothing, before the first start of the service; later on check data_dir and database.url.";
            report.warn("database", format!("{} does not exist yet", file.display()), fix);
        }
        return;
    }
    match Database::connect(&options).await {
        Ok(database) => {
            match database.inspect().await {
                Ok(facts) => {
                    tell(&facts, report);
                    examine_clock(&facts, surroundings.now(), report);
                    if let Some(file) = options.sqlite_file() {
                        examine_log(&file, report);
                    }
                    if let Some(contents) = &facts.contents {
                        examine_work(contents, &database, report).await;
                    }
                }
                Err(error) => told(&error, report),
            }
            database.close().await;
        }
        Err(error) => told(&error, report),
    }
}

fn told(error: &StoreError, report: &mut Report) {
    let (message, fix) = match error {
        StoreError::Unsuitable(why) => (
            why.clone(),
            "Change that setting of the database, or take a newer version of it; docs/operations.md says why.",
        ),
        StoreError::Busy => (
            "it did not answer in time".to_owned(),
            "Start the database, let this machine reach it, and raise its number of connections if they are used up.",
        ),
        other => (
            other.source().map_or_else(|| other.to_string(), ToString::to_string),
            "Check database.url (host, port, name, user, password), that the database runs, and that it is whole.",
        ),
    };
    report.fail("database", message, fix);
}

fn tell(facts: &Facts, report: &mut Report) {
    let Facts { product, settings, .. } = facts;
    match &facts.damage {
        None => report.ok("database", format!("{product} answers; {settings}")),
        Some(damage) => report.fail(
            "database",
            format!("{product}: the file is damaged: {damage}"),
            "Stop the service, keep the file aside, and restore the newest backup (docs/operations.md).",
        ),
    }
    match (facts.missing_steps, facts.unknown_steps) {
        (0, 0) => report.ok("schema", "current"),
        (missing, 0) => report.warn(
            "schema",
            format!("{missing} steps have not run"),
            "Run `assay migrate`, or start the service, which does it; take a backup before.",
        ),
        (_, unknown) => report.fail(
            "schema",
            format!("{unknown} steps are newer than this program"),
            "Run the newer version of the program, or restore the backup from before the upgrade.",
        ),
    }
}

fn examine_clock(facts: &Facts, now: DateTime<Utc>, report: &mut Report) {
    let shown = now.format("%Y-%m-%d %H:%M:%S UTC");
    let fix = "Have this machine's clock set by NTP (for instance chrony), then look again.";
    let newest = facts.contents.as_ref().and_then(|contents| contents.newest_event);
    let apart = facts.clock.map(|theirs| (theirs - now).abs());
    if now.year() < FIRST_YEAR {
        report.fail("clock", format!("it shows {shown}, before this program was made"), fix);
    } else if newest.is_some_and(|newest| newest > now + LEEWAY) {
        let newest = newest.map(|at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default();
        report.fail("clock", format!("it shows {shown}, and something was recorded at {newest}"), fix);
    } else if let Some(apart) = apart.filter(|apart| *apart > NOTICEABLE) {
        let message = format!("it shows {shown}, {} seconds apart from the database's", apart.num_seconds());
        let fix = "Have the clocks of both machines set by NTP (for instance chrony), then look again.";
        if apart > LEEWAY { report.fail("clock", message, fix) } else { report.warn("clock", message, fix) }
    } else {
        report.ok("clock", format!("it shows {shown}"));
    }
}

/// Whether SQLite's write-ahead log has grown beyond what it should.
fn examine_log(file: &Path, report: &mut Report) {
    match log_file::length(file) {
        Ok(length) if length <= log_file::TOO_LONG => {}
        Ok(length) => report.warn(
            "database.log",
            format!("{} MB wait in {}-wal to be folded into the file", length / (1024 * 1024), file.display()),
            "End what reads the file all the time (a copy being made, a shell). The service empties the log then; start \
             it if it does not run.",
        ),
        Err(error) => report.fail("database.log", error.to_string(), "Check the folder of the database."),
    }
}

/// Work that stands still.
async fn examine_work(contents: &Contents, database: &Database, report: &mut Report) {
    match deliveries::paused_in(database).await {
        Ok(None) => {}
        Ok(Some(reason)) => report.warn(
            "mail.paused",
            format!("all mail waits: {reason}"),
            "Mend what smtp tells below. Nothing is lost; mail goes on by itself within 15 minutes.",
        ),
        Err(error) => report.fail("mail.paused", error.to_string(), "Check the database."),
    }
    match contents.dead_jobs {
        0 => report.ok("jobs", "none was given up"),
        count => report.warn(
            "jobs",
            format!("{count} given up"),
            "An admin sees them with their reasons on the page Jobs, and can have them tried again.",
        ),
    }
}
