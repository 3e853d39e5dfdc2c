//! Finding things by what they are called: vendors (also by the models and sub-processors they name), services,
//! contacts, findings, assessments by their reference or by what is assessed, and the questions that ship with this
//! build.

use super::{Ctx, Result, UseCaseError, library};
use crate::{
    domain::{Permission, ids::AssessmentId, vendor::normalised},
    store::{
        scores::Results,
        search::{self as rows, AssessmentHit, ContactHit, FindingHit, ServiceHit, VendorHit},
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// The most characters that are looked for.
pub const MOST_CHARACTERS: usize = 100;
/// The most of each kind that are counted; one more is looked for, to know that there are more.
pub const COUNTED: usize = 100;
/// The most pairs of an assessment and a questionnaire that are read.
const PAIRS: u64 = 500;

/// A question that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionHit {
    /// Its id.
    pub id: &'static str,
    /// Its text.
    pub text: &'static str,
    /// The title of the questionnaire that asks it.
    pub questionnaire: &'static str,
    /// The newest handed-in assessment that asks that questionnaire, with its vendor's name.
    pub latest: Option<(AssessmentId, String)>,
}

/// What was found, at most one of each kind more than [`COUNTED`].
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// By name, and then those that rely on something of that name.
    pub vendors: Vec<VendorHit>,
    /// By name.
    pub services: Vec<ServiceHit>,
    /// Newest first, each once.
    pub assessments: Vec<AssessmentHit>,
    /// What they came to.
    pub results: Results,
    /// By name.
    pub contacts: Vec<ContactHit>,
    /// Newest first.
    pub findings: Vec<FindingHit>,
    /// In the order of the questionnaires.
    pub questions: Vec<QuestionHit>,
}

/// What was typed, without characters that no name has and without blanks around it.
#[must_use]
pub fn plain(typed: &str) -> String {
    let words: String = typed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Everything that has these words in its name, reference, title or text. Five statements, or none without words.
///
/// # Errors
/// [`UseCaseError::Invalid`] for more than [`MOST_CHARACTERS`]; [`UseCaseError::Forbidden`] without the right to read.
pub async fn search(ctx: &Ctx, typed: &str) -> Result<Found> {
    ctx.require(Permission::Read)?;
    let words = normalised(&plain(typed));
    if words.chars().count() > MOST_CHARACTERS {
        let fault = format!("Search for at most {MOST_CHARACTERS} characters");
        return Err(UseCaseError::field("q", "too_long", fault));
    }
    if words.is_empty() {
        return Ok(Found::default());
    }
    let (s, most) = (ctx.scope(), COUNTED as u64 + 1);
    let mut questions = questions(&words);
    let asked: BTreeSet<&str> = questions.iter().map(|(questionnaire, _)| *questionnaire).collect();
    let asked: Vec<&str> = asked.into_iter().collect();
    let pairs = rows::assessments(s, &words, &asked, PAIRS).await?;
    let mut latest = BTreeMap::new();
    for hit in pairs.iter().filter(|hit| hit.state.was_submitted()) {
        if let Some(questionnaire) = hit.questionnaire.as_deref() {
            latest.entry(questionnaire).or_insert((hit.id, hit.vendor.clone()));
        }
    }
    for (questionnaire, hit) in &mut questions {
        hit.latest = latest.get(questionnaire).cloned();
    }
    let mut results = Results::new();
    for hit in &pairs {
        results.entry(hit.id).or_default().extend(hit.result.clone());
    }
    results.retain(|_, lines| !lines.is_empty());
    let called = |hit: &AssessmentHit| {
        [&hit.reference, &hit.vendor, &hit.service].into_iter().any(|name| normalised(name).contains(&words))
    };
    let mut seen = BTreeSet::new();
    let named = pairs.iter().filter(|hit| called(hit) && seen.insert(hit.id));
    Ok(Found {
        assessments: named.take(COUNTED + 1).cloned().collect(),
        results,
        questions: questions.into_iter().map(|(_, hit)| hit).collect(),
        vendors: rows::vendors(s, &words, most).await?,
        services: rows::services(s, &words, most).await?,
        contacts: rows::contacts(s, &words, most).await?,
        findings: rows::findings(s, &words, most).await?,
    })
}

/// Questions whose id or text has these normalised words in it, each with the id of its questionnaire.
fn questions(words: &str) -> Vec<(&'static str, QuestionHit)> {
    let all = library::choosable().into_iter().flat_map(|questionnaire| {
        questionnaire.questions().map(move |(_, question)| (questionnaire, question))
    });
    let fits = all.filter(|(_, question)| {
        question.id.to_lowercase().contains(words) || normalised(&question.text).contains(words)
    });
    let hits = fits.map(|(questionnaire, question)| {
        let hit = QuestionHit {
            id: &question.id,
            text: &question.text,
            questionnaire: &questionnaire.title,
            latest: None,
        };
        (questionnaire.id.as_str(), hit)
    });
    hits.take(COUNTED + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_name_has_is_taken_for_a_blank() {
        assert_eq!(plain(" a\u{0}b\t\u{7}\n c\u{85} "), "a b c");
        assert_eq!(plain("\u{0}\u{1b}"), "");
    }

    #[test]
    fn questions_are_found_by_id_and_by_text() {
        let by_id = questions("sec-asr-03");
        assert!(by_id.iter().all(|(_, hit)| hit.id == "SEC-ASR-03"), "{by_id:?}");
        assert!(!by_id.is_empty());
        let text = normalised(by_id[0].1.text);
        assert!(questions(&text).iter().any(|(_, hit)| hit.id == "SEC-ASR-03"));
        assert_eq!(questions("?").len(), COUNTED + 1, "no more than that are taken");
        assert!(questions("no such words in any question").is_empty());
    }
}
