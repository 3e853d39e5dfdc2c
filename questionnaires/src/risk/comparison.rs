//! Vendors side by side: aligning scored assessments of one questionnaire, and ranking them by stated rules.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::definition::{Question, Questionnaire};
use crate::exact::Exact;
use crate::scoring::score::{QuestionnaireScore, Rating, RowScore, ScoreState, totals_of};

/// SHA-256 in hex over the canonical JSON (RFC 8785) of what an answer means for the score: type, option ids and
/// credits in order, bands, credit mode. Labels, text and weight stay out.
#[must_use]
pub fn options_hash(question: &Question) -> String {
    let options: Vec<Value> =
        question.options.iter().map(|option| json!({"id": option.id, "credit": option.credit})).collect();
    let value = json!({
        "type": question.answer_type,
        "options": options,
        "bands": question.bands,
        "credit_mode": question.credit_mode,
    });
    // Strings, arrays and nulls only: nothing that the canonical form could refuse.
    let canonical = serde_json_canonicalizer::to_vec(&value).unwrap_or_default();
    hex::encode(Sha256::digest(&canonical))
}

/// One vendor's latest submitted or decided result for the questionnaire.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// The vendor's name; ties are listed by it.
    pub name: &'a str,
    /// The pinned version.
    pub questionnaire: &'a Questionnaire,
    /// The pinned result.
    pub score: &'a QuestionnaireScore,
}

/// Why a vendor is listed without a rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotRanked {
    /// Nothing was counted, everything asked was N/A.
    NotAssessed,
    /// Every question was hidden.
    NotApplicable,
    /// More than 30 % of the weight is N/A.
    LimitedScope,
    /// The common questions hold less than 70 % of the weight of this vendor's version.
    SmallCommonSet,
}

/// One line of the comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedLine {
    /// Position in the input.
    pub index: usize,
    /// 1 is best; equal results share a rank, and the next rank is skipped. Nothing when not ranked.
    pub rank: Option<usize>,
    /// Why there is no rank.
    pub not_ranked: Option<NotRanked>,
    /// The rating that was compared.
    pub rating: Option<Rating>,
    /// The S that was compared, in [0, 100].
    pub claimed: Option<Exact>,
    /// The V that was compared.
    pub evidenced: Option<Exact>,
}

/// Vendors side by side for one questionnaire.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Ranked ones first, then the others by name.
    pub lines: Vec<ComparedLine>,
    /// "Common questions, n of m": set when versions differ; m counts the newest version's scored questions.
    pub common: Option<(usize, usize)>,
}

/// Compares results of one questionnaire.
///
/// When all pin the same version, each keeps its own result. Otherwise all are re-scored on the common set: the
/// scored questions with equal options hash in all versions. Each row keeps state, credit and evidence of its own
/// result; weights, multipliers and critical marks are the newest version's.
#[must_use]
pub fn compare(compared: &[Compared<'_>]) -> Comparison {
    let newest = compared.iter().map(|one| one.questionnaire).max_by_key(|one| version_key(&one.version));
    let Some(newest) = newest else { return Comparison { lines: Vec::new(), common: None } };
    let same = compared.iter().all(|one| one.questionnaire.version == newest.version);
    let common_set = (!same).then(|| common_questions(compared, newest));
    let mut lines: Vec<ComparedLine> = compared
        .iter()
        .enumerate()
        .map(|(index, one)| match &common_set {
            None => line_of(index, one.score),
            Some(common) => line_on_common_set(index, one, newest, common),
        })
        .collect();
    lines.sort_by(|a, b| {
        let by_name = || compared[a.index].name.cmp(compared[b.index].name).then(a.index.cmp(&b.index));
        a.not_ranked.is_some().cmp(&b.not_ranked.is_some()).then_with(|| {
            match a.not_ranked.is_some() {
                true => Ordering::Equal,
                false => better_first(a, b),
            }
            .then_with(by_name)
        })
    });
    for position in 0..lines.len() {
        if lines[position].not_ranked.is_some() {
            break;
        }
        lines[position].rank = match position.checked_sub(1).map(|before| &lines[before]) {
            Some(before) if better_first(before, &lines[position]) == Ordering::Equal => before.rank,
            _ => Some(position + 1),
        };
    }
    let all = newest.questions().filter(|(_, question)| question.is_scored()).count();
    Comparison { lines, common: common_set.map(|common| (common.len(), all)) }
}

/// A question that vendors answered differently.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Which.
    pub question: String,
    /// Points of weight between the best and the worst answer: W of the newest version times the difference in credit.
    pub points: Exact,
}

/// The common questions in which credits differ, the largest difference first, ties in file order. An answer that does
/// not count, because it was not asked or does not apply, is left out.
#[must_use]
pub fn differences(compared: &[Compared<'_>]) -> Vec<Difference> {
    let newest = compared.iter().map(|one| one.questionnaire).max_by_key(|one| version_key(&one.version));
    let Some(newest) = newest else { return Vec::new() };
    let common = common_questions(compared, newest);
    let rows: Vec<BTreeMap<&str, &RowScore>> = compared
        .iter()
        .map(|one| one.score.rows.iter().map(|row| (row.question.as_str(), row)).collect())
        .collect();
    let questions = newest.questions().filter(|(_, question)| common.contains(question.id.as_str()));
    let mut found: Vec<Difference> = questions
        .filter_map(|(section, question)| {
            let own = rows.iter().filter_map(|rows| rows.get(question.id.as_str()));
            let credits: Vec<&Exact> = own.filter(|row| row.state.counts()).map(|row| &row.credit).collect();
            let (least, most) = (credits.iter().min()?, credits.iter().max()?);
            let weight = &section.multiplier * Exact::from(question.weight);
            let points = weight * (*most - *least);
            points.is_positive().then(|| Difference { question: question.id.clone(), points })
        })
        .collect();
    found.sort_by(|a, b| b.points.cmp(&a.points));
    found
}

/// By rating, then r1(S), then r1(V).
fn better_first(a: &ComparedLine, b: &ComparedLine) -> Ordering {
    let tenths = |score: &Option<Exact>| score.as_ref().map(Exact::r1_tenths);
    a.rating
        .cmp(&b.rating)
        .then_with(|| tenths(&b.claimed).cmp(&tenths(&a.claimed)))
        .then_with(|| tenths(&b.evidenced).cmp(&tenths(&a.evidenced)))
}

fn line_of(index: usize, score: &QuestionnaireScore) -> ComparedLine {
    ComparedLine {
        index,
        rank: None,
        not_ranked: reason(score.state, score.limited_scope),
        rating: score.rating,
        claimed: score.claimed.clone(),
        evidenced: score.evidenced.clone(),
    }
}

fn reason(state: ScoreState, limited_scope: bool) -> Option<NotRanked> {
    match state {
        ScoreState::NotAssessed => Some(NotRanked::NotAssessed),
        ScoreState::NotApplicable => Some(NotRanked::NotApplicable),
        ScoreState::Scored => limited_scope.then_some(NotRanked::LimitedScope),
    }
}

fn line_on_common_set(
    index: usize,
    one: &Compared<'_>,
    newest: &Questionnaire,
    common: &BTreeSet<&str>,
) -> ComparedLine {
    let own: BTreeMap<&str, &RowScore> =
        one.score.rows.iter().map(|row| (row.question.as_str(), row)).collect();
    let (mut rows, mut critical) = (Vec::new(), Vec::new());
    for (section, question) in
        newest.questions().filter(|(_, question)| common.contains(question.id.as_str()))
    {
        let Some(row) = own.get(question.id.as_str()) else { continue };
        rows.push(RowScore {
            question_weight: question.weight,
            weight: &section.multiplier * Exact::from(question.weight),
            explained: None,
            ..(*row).clone()
        });
        critical.push(question.critical.clone());
    }
    let totals = totals_of(rows, &critical);
    let weight_of = |only_common: bool| -> Exact {
        let questions = one.questionnaire.questions();
        let kept = questions.filter(|(_, question)| !only_common || common.contains(question.id.as_str()));
        kept.map(|(section, question)| &section.multiplier * Exact::from(question.weight)).sum()
    };
    let share = weight_of(true).checked_div(&weight_of(false)).unwrap_or_default();
    let small = (share < Exact::ratio(7, 10)).then_some(NotRanked::SmallCommonSet);
    ComparedLine {
        index,
        rank: None,
        not_ranked: reason(totals.state, totals.limited_scope).or(small),
        rating: totals.rating,
        claimed: totals.claimed,
        evidenced: totals.evidenced,
    }
}

/// Ids that are scored in all versions, with equal options hash.
fn common_questions<'a>(compared: &[Compared<'_>], newest: &'a Questionnaire) -> BTreeSet<&'a str> {
    let scored = |questionnaire: &Questionnaire| -> BTreeMap<String, String> {
        let questions = questionnaire.questions().filter(|(_, question)| question.is_scored());
        questions.map(|(_, question)| (question.id.clone(), options_hash(question))).collect()
    };
    let mut versions: BTreeMap<&str, &Questionnaire> = BTreeMap::new();
    for one in compared {
        versions.insert(&one.questionnaire.version, one.questionnaire);
    }
    let hashes: Vec<_> = versions.values().map(|questionnaire| scored(questionnaire)).collect();
    let own = scored(newest);
    let ids = newest.questions().map(|(_, question)| question.id.as_str());
    ids.filter(|id| own.get(*id).is_some_and(|hash| hashes.iter().all(|other| other.get(*id) == Some(hash))))
        .collect()
}

/// Major, minor, patch as numbers, so that 1.10.0 is newer than 1.9.0.
fn version_key(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}
