//! `assay questionnaire lint`: every fault of questionnaire, control-set and translation files, with place and hint.
//! Exit 0 clean, 1 with faults, 2 when a file cannot be read.

use clap::{Args, Subcommand};
use questionnaires::definition::{
    catalog,
    lint::{Severity, exit_status},
    load::{Loaded, SourceFile, load},
    overlay::Overlay,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// `assay questionnaire ...`
#[derive(Debug, Subcommand)]
pub enum QuestionnaireCommand {
    /// Check files and folders.
    Lint(LintArgs),
}

/// Arguments of `assay questionnaire lint`.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// Files, or folders whose .yaml, .yml and .json files are read, sub-folders included.
    #[arg(required = true)]
    path: Vec<PathBuf>,
    /// Let warnings fail too.
    #[arg(long)]
    deny_warnings: bool,
}

/// Runs the command; gives the exit status.
#[must_use]
pub fn run(command: &QuestionnaireCommand) -> u8 {
    let QuestionnaireCommand::Lint(args) = command;
    let mut paths = Vec::new();
    let mut unreadable = false;
    for path in &args.path {
        if let Err(error) = collect(path, &mut paths) {
            eprintln!("{}: {error}", path.display());
            unreadable = true;
        }
    }
    let mut files = Vec::new();
    for path in paths {
        match fs::read(&path) {
            Ok(bytes) => files.push((path.display().to_string(), bytes)),
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                unreadable = true;
            }
        }
    }
    let sources: Vec<SourceFile<'_>> = files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    let loaded = load(&sources);
    for fault in &loaded.faults {
        println!("{fault}");
    }
    for overlay in &loaded.overlays {
        if let Some(missing) = untranslated(overlay, &loaded) {
            eprintln!("{missing}");
        }
    }
    let (mut faults, mut warnings) = (0, 0);
    for fault in &loaded.faults {
        match fault.severity() {
            Severity::Fault => faults += 1,
            Severity::Warning => warnings += 1,
        }
    }
    eprintln!("{} files, {faults} faults, {warnings} warnings", files.len());
    exit_status(&loaded.faults, unreadable, args.deny_warnings)
}

/// What a translation leaves to the questionnaire's own language; no fault, but worth knowing.
fn untranslated(overlay: &Overlay, loaded: &Loaded) -> Option<String> {
    let mut known = loaded.questionnaires.iter().chain(&catalog::shipped().questionnaires);
    let over = known.find(|questionnaire| questionnaire.id == overlay.questionnaire)?;
    let missing = overlay.missing(over);
    (!missing.is_empty()).then(|| {
        format!(
            "{} in {}: {} texts are not translated: {}",
            over.id,
            overlay.lang,
            missing.len(),
            missing.join(", ")
        )
    })
}

/// The files below `path`, in a stable order; other kinds of file in a folder are passed over.
fn collect(path: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        into.push(path.to_path_buf());
        return Ok(());
    }
    let mut entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    for entry in entries {
        let known = entry.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
        if entry.is_dir() || known {
            collect(&entry, into)?;
        }
    }
    Ok(())
}
