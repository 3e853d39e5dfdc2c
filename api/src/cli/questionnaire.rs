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

/// The file at `path`, or the files below it in a stable order.
///
/// # Errors
///
/// A folder that cannot be read, or in which there is nothing to read.
fn collect(path: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        into.push(path.to_path_buf());
        return Ok(());
    }
    let before = into.len();
    collect_below(path, into)?;
    match into.len() > before {
        true => Ok(()),
        false => Err(io::Error::other("no .yaml, .yml or .json file in this folder")),
    }
}

/// Other kinds of file are passed over, and so are links to folders, which may lead in a circle.
fn collect_below(folder: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            collect_below(&path, into)?;
        } else if is_readable_kind(&path) && !path.is_dir() {
            into.push(path);
        }
    }
    Ok(())
}

fn is_readable_kind(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|kind| ending.eq_ignore_ascii_case(kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lint(paths: &[&Path]) -> u8 {
        let path = paths.iter().map(|path| path.to_path_buf()).collect();
        run(&QuestionnaireCommand::Lint(LintArgs { path, deny_warnings: false }))
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        collect(folder, &mut found).unwrap();
        found.iter().map(|path| path.strip_prefix(folder).unwrap().display().to_string()).collect()
    }

    #[test]
    fn a_folder_without_anything_to_read_is_no_clean_folder() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(lint(&[folder.path()]), 2);
        fs::write(folder.path().join("notes.txt"), "no questionnaire").unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        assert_eq!(lint(&[folder.path()]), 2);
        let told = collect(folder.path(), &mut Vec::new()).unwrap_err().to_string();
        assert_eq!(told, "no .yaml, .yml or .json file in this folder");
        let (id, version, lang) = ("questionnaire: meeting-notes-ai", "version: 1.2.0", "lang: hi");
        fs::write(folder.path().join("sub/texts.yaml"), format!("{id}\n{version}\n{lang}\n")).unwrap();
        assert_eq!(lint(&[folder.path()]), 0);
        fs::write(folder.path().join("sub/wrong.yaml"), "colour: red").unwrap();
        assert_eq!(lint(&[folder.path()]), 1);
        assert_eq!(lint(&[folder.path(), &folder.path().join("nosuch.yaml")]), 2);
    }

    #[test]
    fn every_ending_is_read_whatever_its_case() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.yaml", "b.yml", "c.json", "D.YAML", "E.Yml", "F.JSON", "g.txt", "h.yaml.bak", "yaml"]
        {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(names(folder.path()), ["D.YAML", "E.Yml", "F.JSON", "a.yaml", "b.yml", "c.json"]);
    }

    #[test]
    fn links_in_a_circle_end_and_links_to_files_are_read() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (inside, link) = (folder.path().join("sub"), std::os::unix::fs::symlink::<&Path, PathBuf>);
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("one.yaml"), "").unwrap();
        fs::write(elsewhere.path().join("three.yaml"), "").unwrap();
        link(Path::new("."), inside.join("self")).unwrap();
        link(elsewhere.path(), inside.join("folder.yaml")).unwrap();
        link(Path::new("sub/one.yaml"), folder.path().join("two.yaml")).unwrap();
        assert_eq!(names(folder.path()), ["sub/one.yaml", "two.yaml"]);
        // A folder that is named itself is read, even through a link.
        let named = folder.path().join("named");
        link(&inside, named.clone()).unwrap();
        assert_eq!(names(&named), ["one.yaml"]);
    }
}
