//! What would change if: the fewest fixes to the next better rating, and the score without what is not proven.
//!
//! Every figure comes from scoring changed answers or changed rows with the same engine, so that what is promised here
//! is what a later score says. A fixed answer is the best one that the question offers, with evidence as good as now.

use std::cmp::Reverse;

use chrono::{Months, NaiveDate};

use super::score::{QuestionnaireScore, Rating, RowScore, cap, score_questionnaire, totals_of};
use super::states::State;
use crate::answering::{Answer, AnswerValue, Answers, Facts, Grade, Review};
use crate::definition::{AnswerType, Question, Questionnaire, Tier};
use crate::exact::{Exact, largest_remainder};
use crate::risk::residual::{Residual, residual};

/// What one questionnaire is scored from.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// What was asked.
    pub questionnaire: &'a Questionnaire,
    /// What was answered, with the verdicts.
    pub answers: &'a Answers,
    /// What the intake says.
    pub facts: &'a Facts,
    /// How much depends on the service.
    pub tier: Option<Tier>,
    /// The day of submission.
    pub as_of: Option<NaiveDate>,
}

impl Basis<'_> {
    fn score(&self, answers: &Answers) -> QuestionnaireScore {
        score_questionnaire(self.questionnaire, answers, self.facts, self.tier, self.as_of)
    }
}

/// One answer to replace by the best.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Whose answer.
    pub question: String,
    /// Its credit now, in [0, 1]. It is 1 where a reviewer's word gave a gate full credit: its answer still leaves
    /// questions unasked, which count 0, so it has to be answered again before they can be.
    pub credit: Exact,
    /// w, from 1 to 5.
    pub weight: u8,
    /// Points of 100 that it adds when the fixes before it are made.
    pub gain: Exact,
    /// The same with two decimals; these sum to the printed difference of the scores.
    pub gain_printed: Exact,
}

/// The way to the next better rating.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fastest {
    /// The rating aimed at.
    pub target: Rating,
    /// Whether fixes alone lead there.
    pub reached: bool,
    /// In the order of making them: first what caps the rating, then what adds most.
    pub fixes: Vec<Fix>,
    /// The score when all of them are made.
    pub after: QuestionnaireScore,
    /// When they do not: the questions whose "does not apply" counts 0 until somebody accepts it.
    pub waiting: Vec<String>,
}

/// The fewest fixes found that lift the rating by a letter: every failed critical question that caps it, then the
/// answers that lose most. Nothing when there is no rating or none is better.
#[must_use]
pub fn fastest(basis: &Basis<'_>, now: &QuestionnaireScore) -> Option<Fastest> {
    let (Some(rating), Some(claimed)) = (now.rating, &now.claimed) else { return None };
    let better = Rating::ALL.into_iter().rev().find(|one| *one < rating)?;
    let mut way = Fastest {
        target: better,
        reached: false,
        fixes: Vec::new(),
        after: now.clone(),
        waiting: Vec::new(),
    };
    let mut answers = basis.answers.clone();
    while way.after.rating.is_some_and(|rating| rating > better) {
        let Some(row) = next_fix(&way).cloned() else { break };
        let Some(answer) = best_answer(basis, &row, answers.get(&row.question)) else { break };
        answers.insert(row.question.clone(), answer);
        let after = basis.score(&answers);
        let gain = after.claimed.clone().unwrap_or_default() - way.after.claimed.clone().unwrap_or_default();
        way.after = after;
        way.fixes.push(Fix {
            question: row.question,
            credit: row.credit,
            weight: row.question_weight,
            gain_printed: gain.clone(),
            gain,
        });
    }
    way.reached = way.after.rating.is_some_and(|rating| rating <= better);
    if !way.reached {
        let pending = way.after.rows.iter().filter(|row| row.state == State::NaPending);
        way.waiting = pending.map(|row| row.question.clone()).collect();
    }
    let gains: Vec<Exact> = way.fixes.iter().map(|fix| fix.gain.clone()).collect();
    let total = way.after.claimed.clone().unwrap_or_default().rounded(2) - claimed.rounded(2);
    for (fix, printed) in way.fixes.iter_mut().zip(largest_remainder(&gains, &total, 2)) {
        fix.gain_printed = printed;
    }
    Some(way)
}

fn row_of<'a>(score: &'a QuestionnaireScore, id: &str) -> Option<&'a RowScore> {
    score.rows.iter().find(|row| row.question == id)
}

/// The points of 100 that a row loses.
fn lost(row: &RowScore) -> Exact {
    row.explained.as_ref().map(|parts| parts.lost.clone()).unwrap_or_default()
}

/// What to fix next: the gate or the answer behind a failed critical question while these cap the rating below the
/// target, otherwise the answer that loses most.
fn next_fix(way: &Fastest) -> Option<&RowScore> {
    let score = &way.after;
    let hides = |row: &RowScore| score.rows.iter().any(|hidden| hidden.gate.as_ref() == Some(&row.question));
    let fixable = |row: &&RowScore| {
        let shown = matches!(row.state, State::Answered | State::Unanswered);
        let fixed = way.fixes.iter().any(|fix| fix.question == row.question);
        shown && !fixed && (row.credit < Exact::one() || hides(row))
    };
    if cap(&score.knock_outs).is_some_and(|cap| cap > way.target) {
        let behind = score.knock_outs.iter().filter_map(|failed| {
            let row = row_of(score, failed.gate.as_ref().unwrap_or(&failed.question))?;
            Some((failed.level, row)).filter(|(_, row)| fixable(row))
        });
        return behind.max_by_key(|(level, row)| (*level, lost(row))).map(|(_, row)| row);
    }
    let open = score.rows.iter().enumerate().filter(|(_, row)| fixable(row));
    open.max_by_key(|(place, row)| (lost(row), Reverse(*place))).map(|(_, row)| row)
}

/// The best answer that the question offers, in the place of what was answered.
fn best_answer(basis: &Basis<'_>, row: &RowScore, now: Option<&Answer>) -> Option<Answer> {
    let question = basis.questionnaire.question(&row.question)?;
    let evidence = now.filter(|_| row.state == State::Answered).map(|answer| answer.evidence);
    Some(Answer {
        value: Some(best_value(question, basis.as_of)?),
        note: None,
        evidence: evidence.unwrap_or_default(),
        review: Review::default(),
    })
}

fn best_value(question: &Question, as_of: Option<NaiveDate>) -> Option<AnswerValue> {
    let best_band = || {
        let bands = question.bands.iter().enumerate();
        bands.max_by(|(m, a), (n, b)| a.credit.cmp(&b.credit).then(n.cmp(m))).map(|(place, _)| place)
    };
    // A value in that band: one above the band before it, or its own bound.
    let above = |place: usize| {
        let before = place.checked_sub(1).and_then(|place| question.bands.get(place)?.upto.clone());
        before.map_or_else(Exact::zero, |upto| upto + Exact::one())
    };
    Some(match question.answer_type {
        AnswerType::SelectMany => {
            let several = question.options.iter().filter(|option| !option.exclusive);
            AnswerValue::Many(several.map(|option| option.id.clone()).collect())
        }
        AnswerType::Number => {
            let place = best_band()?;
            AnswerValue::Number(question.bands.get(place)?.upto.clone().unwrap_or_else(|| above(place)))
        }
        AnswerType::Date => {
            let months = u32::try_from(above(best_band()?).r1_tenths() / 10).ok()?;
            AnswerValue::Date(as_of?.checked_sub_months(Months::new(months))?)
        }
        _ => {
            let credit = |option: &crate::definition::Choice| option.credit.clone().unwrap_or_default();
            let best = question.options.iter().rev().max_by_key(|option| credit(option))?;
            AnswerValue::One(best.id.clone())
        }
    })
}

/// The score if every answer whose proof is worse than this were false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unproven {
    /// S in [0, 100].
    pub claimed: Exact,
    /// Under the knock-outs that follow.
    pub rating: Rating,
    /// Nothing without a tier.
    pub residual: Option<Residual>,
    /// Answers that would be false and give points now, dearest first: the question and its points of 100.
    pub carried: Vec<(String, Exact)>,
    /// Critical questions that would fail and do not now, in file order.
    pub failing: Vec<String>,
}

/// The score if answers with less than `proof` counted 0. Everything else stays as it is, also what a false answer
/// would have hidden. Nothing without a score.
#[must_use]
pub fn unproven(basis: &Basis<'_>, now: &QuestionnaireScore, proof: Grade) -> Option<Unproven> {
    let mut rows = now.rows.clone();
    let mut carried = Vec::new();
    for row in rows.iter_mut().filter(|row| row.evidence.is_some_and(|grade| grade < proof)) {
        if row.credit.is_positive() {
            let points = row.explained.as_ref().map(|parts| parts.contribution.clone()).unwrap_or_default();
            carried.push((row.question.clone(), points));
        }
        row.credit = Exact::zero();
    }
    carried.sort_by(|a, b| b.1.cmp(&a.1));
    let scored = basis.questionnaire.questions().filter(|(_, question)| question.is_scored());
    let critical: Vec<_> = scored.map(|(_, question)| question.critical.clone()).collect();
    let then = totals_of(rows, &critical);
    let before = |id: &str| now.knock_outs.iter().any(|failed| failed.question == id);
    let failing = then.knock_outs.iter().map(|failed| failed.question.clone());
    let tier = basis.tier.filter(|_| now.residual.is_some());
    Some(Unproven {
        claimed: then.claimed?,
        rating: then.rating?,
        residual: tier.and_then(|tier| residual(tier, then.state, then.rating, then.evidenced.as_ref())),
        carried,
        failing: failing.filter(|id| !before(id)).collect(),
    })
}
