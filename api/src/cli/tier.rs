//! `assay tier`: the twelve factors in, inherent risk, tier and floors out. Exit 2 when a factor is missing or wrong.

use super::{of_file, refuse};
use clap::Args;
use questionnaires::report::tier_report;
use std::{fs, path::PathBuf};

/// Arguments of `assay tier`.
#[derive(Debug, Args)]
pub struct TierArgs {
    /// `{"DAT": 2, "VOL": 2, ...}` with all twelve factors, 0 to 4.
    #[arg(long, value_name = "INTAKE.json")]
    answers: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command; gives the exit status.
#[must_use]
pub fn run(args: &TierArgs) -> u8 {
    let text = match fs::read_to_string(&args.answers) {
        Ok(text) => text,
        Err(error) => return refuse([format!("{}: {error}", args.answers.display())]),
    };
    match tier_report(&text) {
        Err(faults) => refuse(faults.iter().map(|fault| of_file(&args.answers, fault))),
        Ok(report) if args.json => match report.json() {
            Ok(json) => {
                println!("{json}");
                0
            }
            Err(error) => refuse([error]),
        },
        Ok(report) => {
            println!("{}", report.text());
            0
        }
    }
}
