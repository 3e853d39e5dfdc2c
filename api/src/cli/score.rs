//! `assay score`: files in, exact scores out. Exit 0 when scored, 2 with every fault listed when the input is wrong.

use super::{of_file, refuse};
use clap::Args;
use questionnaires::{
    definition::{
        ControlSet, Kind, Questionnaire, Tier,
        catalog::{self, Library},
        lint::Severity,
        load::SourceFile,
    },
    report::{ScoreFiles, score_answers_file, score_json, score_text},
};
use std::{fs, path::PathBuf};

/// Arguments of `assay score`.
#[derive(Debug, Args)]
pub struct ScoreArgs {
    /// Questionnaire files, in the order in which they are listed.
    #[arg(long, required = true, num_args = 1.., value_name = "FILE.yaml")]
    questionnaire: Vec<PathBuf>,
    /// Answers, facts and verdicts.
    #[arg(long, value_name = "ANSWERS.json")]
    answers: PathBuf,
    /// Control-set files that take the place of shipped ones, or add to them.
    #[arg(long, num_args = 1.., value_name = "FILE.yaml")]
    control_set: Vec<PathBuf>,
    /// The inherent risk tier, for conditions and the residual risk.
    #[arg(long, value_parser = ["low", "medium", "high", "critical"])]
    tier: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command; gives the exit status.
#[must_use]
pub fn run(args: &ScoreArgs) -> u8 {
    match report(args) {
        Ok(text) => {
            println!("{text}");
            0
        }
        Err(faults) => refuse(faults),
    }
}

fn report(args: &ScoreArgs) -> Result<String, Vec<String>> {
    let mut unreadable = Vec::new();
    let mut read = |path: &PathBuf| match fs::read(path) {
        Ok(bytes) => (path.display().to_string(), bytes),
        Err(error) => {
            unreadable.push(format!("{}: {error}", path.display()));
            (path.display().to_string(), Vec::new())
        }
    };
    let files: Vec<(String, Vec<u8>)> =
        args.questionnaire.iter().chain(&args.control_set).map(&mut read).collect();
    let (_, answers) = read(&args.answers);
    if !unreadable.is_empty() {
        return Err(unreadable);
    }
    let sources: Vec<SourceFile<'_>> = files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    let library = Library::with_files(&sources);
    let loaded = library.given();
    if loaded.has_faults() {
        let faults = loaded.faults.iter().filter(|fault| fault.severity() == Severity::Fault);
        return Err(faults.map(ToString::to_string).collect());
    }
    if loaded.questionnaires.len() != args.questionnaire.len()
        || loaded.control_sets.len() != args.control_set.len()
    {
        return Err(vec![
            "give questionnaire files with --questionnaire and control sets with --control-set".to_owned(),
        ]);
    }
    let questionnaires: Vec<&Questionnaire> = loaded.questionnaires.iter().collect();
    let given_sets: Vec<&ControlSet> = loaded.control_sets.iter().collect();
    let shipped = catalog::shipped();
    let shipped_sets: Vec<&ControlSet> = shipped.control_sets.iter().collect();
    let files = ScoreFiles {
        questionnaires: &questionnaires,
        given_sets: &given_sets,
        shipped_sets: &shipped_sets,
        intake: shipped.questionnaires.iter().find(|questionnaire| questionnaire.kind == Kind::Intake),
    };
    let text =
        String::from_utf8(answers).map_err(|_| vec![format!("{}: not UTF-8", args.answers.display())])?;
    let tier: Option<Tier> = args.tier.as_deref().and_then(|word| word.parse().ok());
    let score = score_answers_file(&files, &text, tier)
        .map_err(|faults| faults.iter().map(|fault| of_file(&args.answers, fault)).collect::<Vec<_>>())?;
    if args.json { score_json(&score).map_err(|e| vec![e.to_string()]) } else { Ok(score_text(&score)) }
}
