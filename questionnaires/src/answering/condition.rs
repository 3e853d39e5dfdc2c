//! Conditions: is a `show_if` or a check true, given the answers, the buyer's facts and the tier?
//!
//! A term on a question that is blank, unknown, N/A or hidden is false, `not_in` included. To add a kind of term,
//! add it to `definition::Condition`, to `term_holds`, and to the linter's rules.

use std::collections::{BTreeMap, HashMap};

use super::answer::AnswerValue;
use crate::definition::{Condition, Questionnaire, Tier};

/// What the buyer told us, by fact id. A fact that is missing takes the questionnaire's default.
pub type Facts = BTreeMap<String, bool>;

/// What the conditions on a question look at: its answer after hiding and widening.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effective<'a> {
    /// Hidden, unanswered, unknown or N/A.
    Blank,
    /// Chosen options; never empty.
    Chosen(Vec<&'a str>),
    /// Any other answer.
    Value(&'a AnswerValue),
}

/// The buyer's side of every condition of one questionnaire.
#[derive(Debug, Clone)]
pub(crate) struct BuyerSide<'a> {
    facts: HashMap<&'a str, bool>,
    tier: Option<Tier>,
}

impl<'a> BuyerSide<'a> {
    pub(crate) fn new(questionnaire: &'a Questionnaire, given: &Facts, tier: Option<Tier>) -> Self {
        let facts = questionnaire
            .facts
            .iter()
            .map(|fact| (fact.id.as_str(), given.get(&fact.id).copied().unwrap_or(fact.default)))
            .collect();
        Self { facts, tier }
    }

    /// The value of a declared fact. The loader refuses conditions on facts that are not declared.
    pub(crate) fn fact(&self, id: &str) -> bool {
        self.facts.get(id).copied().unwrap_or(false)
    }

    /// Whether `condition` holds when `term` says which of its terms on questions do.
    pub(crate) fn holds(&self, condition: &Condition, term: &dyn Fn(&Condition, &str) -> bool) -> bool {
        match condition {
            Condition::All { all } => all.iter().all(|part| self.holds(part, term)),
            Condition::Any { any } => any.iter().any(|part| self.holds(part, term)),
            Condition::Profile { fact, is } => self.fact(fact) == *is,
            Condition::Tier { tiers } => self.tier.is_some_and(|tier| tiers.contains(&tier)),
            single => single.question().is_some_and(|question| term(single, question)),
        }
    }
}

/// Whether a single term on a question holds for that question's effective answer.
pub(crate) fn term_holds(term: &Condition, answer: &Effective<'_>) -> bool {
    let any_chosen = |options: &[String]| match answer {
        Effective::Chosen(chosen) => chosen.iter().any(|id| options.iter().any(|option| option == id)),
        _ => false,
    };
    match term {
        Condition::In { options, .. } | Condition::AnyOf { options, .. } => any_chosen(options),
        Condition::NotIn { options, .. } => matches!(answer, Effective::Chosen(_)) && !any_chosen(options),
        Condition::Gte { value, .. } => {
            matches!(answer, Effective::Value(AnswerValue::Number(number)) if number >= value)
        }
        Condition::Lte { value, .. } => {
            matches!(answer, Effective::Value(AnswerValue::Number(number)) if number <= value)
        }
        Condition::Answered { answered, .. } => *answered && *answer != Effective::Blank,
        Condition::Profile { .. }
        | Condition::Tier { .. }
        | Condition::All { .. }
        | Condition::Any { .. } => false,
    }
}
