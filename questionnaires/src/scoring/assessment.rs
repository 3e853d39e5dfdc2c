//! One assessment: several questionnaires over one set of answers, side by side, never averaged into one number.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::control_sets::{ControlSetScore, CountedRows, score_control_set};
use super::score::{QuestionnaireScore, score_questionnaire};
use crate::answering::{Answers, Facts, Fault, check_form, check_use, visible};
use crate::definition::{ControlSet, Question, Questionnaire, Tier};
use crate::risk::residual::{ResidualLevel, assessment_residual};

/// The name of the scoring model, printed with every score.
pub const SCORING_MODEL: &str = "assay-score/1";

/// Everything that decides a score: pinned definitions, answers with verdicts and effective evidence, facts, tier,
/// and the day of submission.
#[derive(Debug, Clone, Copy)]
pub struct AssessmentInput<'a> {
    /// In the order listed; the order decides which row of a shared question counts for control sets.
    pub questionnaires: &'a [&'a Questionnaire],
    /// One set of answers by question id.
    pub answers: &'a Answers,
    /// What the buyer told; missing facts take the questionnaires' defaults, others are ignored.
    pub facts: &'a Facts,
    /// Without a tier there are no residuals.
    pub tier: Option<Tier>,
    /// The day of submission; needed when a banded date is answered.
    pub as_of: Option<NaiveDate>,
    /// In the order in which to list them; those that no question maps to are left out.
    pub control_sets: &'a [&'a ControlSet],
}

/// The scores of one assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssessmentScore {
    /// In the order listed.
    pub questionnaires: Vec<QuestionnaireScore>,
    /// The worst residual of the questionnaires that count.
    pub residual: Option<ResidualLevel>,
    /// Those that some vendor question maps to.
    pub control_sets: Vec<ControlSetScore>,
}

/// Scores an assessment.
///
/// # Errors
///
/// Every fault of the answers, with its path: an answer to an unknown question, one that its question does not
/// allow, and a question id that stands with different content in two questionnaires.
pub fn score_assessment(input: &AssessmentInput<'_>) -> Result<AssessmentScore, Vec<Fault>> {
    let faults = faults_of(input);
    if !faults.is_empty() {
        return Err(faults);
    }
    let score = |questionnaire: &&Questionnaire| {
        score_questionnaire(questionnaire, input.answers, input.facts, input.tier, input.as_of)
    };
    let questionnaires: Vec<QuestionnaireScore> = input.questionnaires.iter().map(score).collect();
    let scored: Vec<_> = input.questionnaires.iter().copied().zip(&questionnaires).collect();
    let counted = CountedRows::new(&scored);
    let control_sets = input
        .control_sets
        .iter()
        .filter(|set| counted.maps_to(&set.id))
        .map(|set| score_control_set(set, &counted))
        .collect();
    Ok(AssessmentScore { residual: assessment_residual(&questionnaires), questionnaires, control_sets })
}

/// All faults of definitions and answers together, in order of question id within `answers`. Answers to questions
/// that are hidden in every questionnaire are checked for form alone, because they are ignored.
#[must_use]
pub fn faults_of(input: &AssessmentInput<'_>) -> Vec<Fault> {
    let mut faults = clashes(input.questionnaires);
    let questions = questions_of(input.questionnaires);
    let mut of_use = Vec::new();
    for (id, answer) in input.answers {
        let path = format!("answers.{id}");
        match questions.get(id.as_str()) {
            None => faults.push(Fault::new(path, "no such question in the questionnaires given")),
            Some(question) => {
                faults.extend(check_form(question, answer).into_iter().map(|fault| fault.within(&path)));
                let unusable = check_use(question, answer, input.as_of);
                of_use.extend(unusable.into_iter().map(|fault| (id, fault.within(&path))));
            }
        }
    }
    if of_use.is_empty() {
        return faults;
    }
    // What is hidden can be told only from answers of the right form; with faults in them, everything is listed.
    let shown: Vec<_> = input
        .questionnaires
        .iter()
        .filter(|_| faults.is_empty())
        .map(|questionnaire| visible(questionnaire, input.answers, input.facts, input.tier))
        .collect();
    let counts = |id: &str| shown.is_empty() || shown.iter().any(|visibility| visibility.shows(id));
    faults.extend(of_use.into_iter().filter(|(id, _)| counts(id)).map(|(_, fault)| fault));
    faults.sort_by(|a, b| a.path.cmp(&b.path));
    faults
}

/// Every question of the questionnaires by id; the first listed where several hold it.
pub(crate) fn questions_of<'a>(questionnaires: &[&'a Questionnaire]) -> BTreeMap<&'a str, &'a Question> {
    let mut questions = BTreeMap::new();
    for (_, question) in questionnaires.iter().flat_map(|questionnaire| questionnaire.questions()) {
        questions.entry(question.id.as_str()).or_insert(question);
    }
    questions
}

/// Questionnaires listed twice, and question ids with different content in two of them.
pub(crate) fn clashes(questionnaires: &[&Questionnaire]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut first: BTreeMap<&str, (&Questionnaire, &Question)> = BTreeMap::new();
    for (index, questionnaire) in questionnaires.iter().enumerate() {
        let same = |earlier: &&Questionnaire| {
            (&earlier.id, &earlier.version) == (&questionnaire.id, &questionnaire.version)
        };
        if questionnaires[..index].iter().any(same) {
            faults.push(Fault::new(questionnaire.id.clone(), "this questionnaire is given twice"));
            continue;
        }
        for (_, question) in questionnaire.questions() {
            let (home, other) = *first.entry(question.id.as_str()).or_insert((questionnaire, question));
            if !other.same_content(question) {
                let message = format!("this question has different content in {}", home.id);
                faults.push(Fault::new(format!("{}.{}", questionnaire.id, question.id), message));
            }
        }
    }
    faults
}
