//! `assay verify`: a receipt and published keys in, what holds out. Exit 0 when everything holds, 1 when something does
//! not, 2 when there was nothing to check it with.

use crate::{
    domain::signing_key::{PublicKey, parse_key_set},
    usecases::receipts::{self, Verified},
};
use clap::Args;
use std::path::PathBuf;

/// Arguments of `assay verify`.
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    /// The receipt as it was saved, or its signed text alone.
    #[arg(value_name = "RECEIPT")]
    receipt: PathBuf,
    /// Published keys, as saved from `/.well-known/jwks.json`; without it, the keys of this installation.
    #[arg(long, value_name = "FILE")]
    pub jwks: Option<PathBuf>,
}

/// Verifies against the keys that `--jwks` names; gives the exit status.
#[must_use]
pub fn with_saved_keys(args: &VerifyArgs) -> u8 {
    let Some(file) = &args.jwks else { return run(args, &[]) };
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string());
    match text.and_then(|text| parse_key_set(&text)) {
        Ok(keys) => run(args, &keys),
        Err(error) => super::refuse([format!("{}: {error}", file.display())]),
    }
}

/// Verifies against these keys; gives the exit status.
#[must_use]
pub fn run(args: &VerifyArgs, keys: &[PublicKey]) -> u8 {
    let text = match std::fs::read_to_string(&args.receipt) {
        Ok(text) => text,
        Err(error) => return super::refuse([format!("{}: {error}", args.receipt.display())]),
    };
    match receipts::verify(&text, keys) {
        Ok(verified) => report(&verified),
        Err(error) => super::refuse([format!("{}: {error}", args.receipt.display())]),
    }
}

fn report(verified: &Verified) -> u8 {
    for line in &verified.about {
        println!("{line}");
    }
    println!();
    for check in &verified.checks {
        println!("{:<6} {}: {}", if check.holds { "ok" } else { "FAILED" }, check.what, check.detail);
    }
    for warning in &verified.warnings {
        println!("note   {warning}");
    }
    let holds = verified.checks.iter().all(|check| check.holds);
    println!();
    println!("{}", if holds { "This receipt is genuine." } else { "This receipt cannot be relied on." });
    u8::from(!holds)
}
