//! The contract of `assay score` and `assay tier`: files and answers in, JSON or readable text out.
//!
//! The JSON has exactly the keys and the order that the scoring model prints; exact numbers are text.

pub mod score_json;
pub mod score_text;
pub mod tier;

use std::collections::BTreeSet;

use crate::answering::{Fault, parse_answers};
use crate::definition::catalog::{Library, shipped};
use crate::definition::{ControlSet, Kind, Questionnaire, Tier};
use crate::scoring::assessment::{AssessmentInput, AssessmentScore, clashes, questions_of, score_assessment};

pub use score_json::score_json;
pub use score_text::score_text;
pub use tier::{TierReport, tier_report};

/// The definitions with which `assay score` works.
#[derive(Debug, Clone, Copy)]
pub struct ScoreFiles<'a> {
    /// Given on the command line, expanded, in the order given.
    pub questionnaires: &'a [&'a Questionnaire],
    /// Given on the command line, in the order given.
    pub given_sets: &'a [&'a ControlSet],
    /// Those that ship, in any order; a given one of the same id takes its place.
    pub shipped_sets: &'a [&'a ControlSet],
    /// The shipped intake, whose facts are known beside those of the questionnaires given.
    pub intake: Option<&'a Questionnaire>,
}

/// Scores an answers file against what a library holds: the questionnaires and control sets given to it, then the
/// shipped control sets and the shipped intake.
///
/// # Errors
///
/// See [`score_answers_file`]. Faults of the definitions themselves are the library's to tell.
pub fn score_library(
    library: &Library,
    answers_text: &str,
    tier: Option<Tier>,
) -> Result<AssessmentScore, Vec<Fault>> {
    let given = library.given();
    let files = ScoreFiles {
        questionnaires: &given.questionnaires.iter().collect::<Vec<_>>(),
        given_sets: &given.control_sets.iter().collect::<Vec<_>>(),
        shipped_sets: &shipped().control_sets.iter().collect::<Vec<_>>(),
        intake: shipped().questionnaires.iter().find(|questionnaire| questionnaire.kind == Kind::Intake),
    };
    score_answers_file(&files, answers_text, tier)
}

/// Scores an answers file without a database.
///
/// # Errors
///
/// Every fault of the input with its path; the command then exits with status 2.
pub fn score_answers_file(
    files: &ScoreFiles<'_>,
    answers_text: &str,
    tier: Option<Tier>,
) -> Result<AssessmentScore, Vec<Fault>> {
    let mut faults = clashes(files.questionnaires);
    for (index, set) in files.given_sets.iter().enumerate() {
        if files.given_sets[..index].iter().any(|earlier| earlier.id == set.id) {
            faults.push(Fault::new(set.id.clone(), "this control set is given twice"));
        }
    }
    let declared: BTreeSet<&str> = files
        .questionnaires
        .iter()
        .copied()
        .chain(files.intake)
        .flat_map(|questionnaire| &questionnaire.facts)
        .map(|fact| fact.id.as_str())
        .collect();
    let file = match parse_answers(answers_text, &questions_of(files.questionnaires), &declared) {
        Ok(file) if faults.is_empty() => file,
        Ok(_) => return Err(faults),
        Err(more) => {
            faults.extend(more);
            return Err(faults);
        }
    };
    let given: BTreeSet<&str> = files.given_sets.iter().map(|set| set.id.as_str()).collect();
    let mut shipped: Vec<&ControlSet> =
        files.shipped_sets.iter().copied().filter(|set| !given.contains(set.id.as_str())).collect();
    shipped.sort_by(|a, b| a.id.cmp(&b.id));
    let control_sets: Vec<&ControlSet> = files.given_sets.iter().copied().chain(shipped).collect();
    score_assessment(&AssessmentInput {
        questionnaires: files.questionnaires,
        answers: &file.answers,
        facts: &file.facts,
        tier,
        as_of: file.as_of,
        control_sets: &control_sets,
    })
}
