//! Why the score is what it is: each question's contribution and loss, and what scope answers leave out.

use serde::{Deserialize, Serialize};

use super::score::RowScore;
use super::states::{States, hidden_by_scope};
use crate::answering::AnswerValue;
use crate::answering::condition::Effective;
use crate::answering::visibility::Sight;
use crate::definition::Questionnaire;
use crate::exact::{Exact, largest_remainder};

/// One row's part of the score. The exact contributions sum to S and the losses to 100 - S; the printed ones
/// sum to S rounded to 0.01 and to 100 minus that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// `100 W c / sum W`.
    pub contribution: Exact,
    /// The contribution in hundredths, by largest remainder.
    pub contribution_printed: Exact,
    /// `100 W (1 - c) / sum W`.
    pub lost: Exact,
    /// The loss in hundredths, by largest remainder.
    pub lost_printed: Exact,
}

/// What the effective answer to one scope question keeps out of the score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeLine {
    /// The scope question.
    pub question: String,
    /// Its answer after widening; nothing when blank or hidden.
    pub effective: Option<ScopeAnswer>,
    /// How many scored questions it hides.
    pub hidden: usize,
    /// Their W in sum.
    pub hidden_weight: Exact,
    /// The critical ones among them, in file order.
    pub hidden_critical: Vec<String>,
}

/// The effective answer to a scope question: one text, or the chosen options in file order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ScopeAnswer {
    /// An option, a number (exact), a date, a text; `answered` for tables, files and attestations.
    One(String),
    /// The options of a select_many.
    Many(Vec<String>),
}

/// Fills `explained` on every row in the denominator.
pub(crate) fn explain(rows: &mut [RowScore], denominator: &Exact, claimed: Option<&Exact>) {
    let Some(claimed) = claimed else { return };
    let per_weight = Exact::from(100_i64) / denominator;
    let whole: Vec<Exact> =
        rows.iter().filter(|row| row.state.counts()).map(|row| &per_weight * &row.weight).collect();
    let credits = || rows.iter().filter(|row| row.state.counts()).map(|row| &row.credit);
    let contributions: Vec<Exact> = whole.iter().zip(credits()).map(|(whole, c)| whole * c).collect();
    let losses: Vec<Exact> = whole.iter().zip(&contributions).map(|(whole, part)| whole - part).collect();

    let printed_claim = claimed.rounded(2);
    let printed_loss = Exact::from(100_i64) - &printed_claim;
    let contributions_printed = largest_remainder(&contributions, &printed_claim, 2);
    let losses_printed = largest_remainder(&losses, &printed_loss, 2);

    let parts =
        contributions.into_iter().zip(contributions_printed).zip(losses.into_iter().zip(losses_printed));
    for (row, parts) in rows.iter_mut().filter(|row| row.state.counts()).zip(parts) {
        let ((contribution, contribution_printed), (lost, lost_printed)) = parts;
        row.explained = Some(Explained { contribution, contribution_printed, lost, lost_printed });
    }
}

/// One line for every scope question that hides anything, in file order.
pub(crate) fn scope_lines(
    questionnaire: &Questionnaire,
    sight: &Sight<'_>,
    states: &States,
) -> Vec<ScopeLine> {
    let lines = hidden_by_scope(questionnaire, sight, states).into_iter().map(|(scope, hidden)| {
        let weight = |row: &usize| {
            let (section, question) = sight.rows[*row];
            &questionnaire.sections[section].multiplier * Exact::from(question.weight)
        };
        let critical =
            hidden.iter().map(|row| sight.rows[*row].1).filter(|question| question.critical.is_some());
        ScopeLine {
            question: sight.rows[scope].1.id.clone(),
            effective: scope_answer(sight, scope),
            hidden: hidden.len(),
            hidden_weight: hidden.iter().map(weight).sum(),
            hidden_critical: critical.map(|question| question.id.clone()).collect(),
        }
    });
    lines.collect()
}

fn scope_answer(sight: &Sight<'_>, scope: usize) -> Option<ScopeAnswer> {
    let question = sight.rows[scope].1;
    Some(match &sight.effective[scope] {
        Effective::Blank => return None,
        Effective::Chosen(chosen) if question.answer_type == crate::definition::AnswerType::SelectMany => {
            let options = question.options.iter().filter(|option| chosen.contains(&option.id.as_str()));
            ScopeAnswer::Many(options.map(|option| option.id.clone()).collect())
        }
        Effective::Chosen(chosen) => ScopeAnswer::One(chosen.concat()),
        Effective::Value(AnswerValue::Number(number)) => ScopeAnswer::One(number.to_string()),
        Effective::Value(AnswerValue::Date(date)) => ScopeAnswer::One(date.to_string()),
        Effective::Value(AnswerValue::Text(text)) => ScopeAnswer::One(text.clone()),
        Effective::Value(_) => ScopeAnswer::One("answered".to_owned()),
    })
}
