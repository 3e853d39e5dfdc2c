//! Which questionnaires to suggest for a tier, its factors and facts, each with its reason; how often to reassess.

use super::inherent::{Factor, Points};
use crate::answering::Facts;
use crate::definition::Tier;

/// A questionnaire to send, and why. The buyer may add others; removing one needs a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The questionnaire's id.
    pub questionnaire: &'static str,
    /// Why, in one sentence.
    pub reason: String,
}

/// The suggested questionnaires, in the order in which to send them.
#[must_use]
pub fn suggest(tier: Tier, points: &Points, facts: &Facts) -> Vec<Suggestion> {
    let p = |factor: Factor| points.get(&factor).copied().unwrap_or(0);
    let fact = |id: &str| facts.get(id).copied().unwrap_or(false);
    let mut suggestions = Vec::new();
    let mut add = |questionnaire, reason: String| suggestions.push(Suggestion { questionnaire, reason });

    let mut reach = Vec::new();
    if p(Factor::Dat) >= 1 {
        reach.push("the vendor holds or sees our data");
    }
    if p(Factor::Acc) >= 1 {
        reach.push("the vendor or its portal connects to our work");
    }
    if fact("onsite") {
        reach.push("its people work at our sites");
    }
    if fact("software_delivered") {
        reach.push("it delivers software that we run");
    }
    if !reach.is_empty() {
        let questionnaire = match tier {
            Tier::Low => "supplier-security-lite",
            _ => "supplier-security-core",
        };
        add(questionnaire, format!("Tier {tier}: {}.", reach.join(", ")));
    }
    if fact("ai_present") {
        if tier >= Tier::High {
            add("ai-tool-risk", format!("The product contains AI, and the tier is {tier}."));
        } else if p(Factor::Aie) >= 2 {
            add("ai-tool-risk", "The AI's effect goes beyond drafting and organising.".to_owned());
        } else {
            add("ai-lite", format!("The product contains AI, with little effect, at tier {tier}."));
        }
        match (fact("genai"), fact("agentic")) {
            (true, true) => add("genai-agent", "The AI generates content and takes actions.".to_owned()),
            (true, false) => add("genai-agent", "The AI generates content.".to_owned()),
            (false, true) => add("genai-agent", "The AI takes actions in other systems.".to_owned()),
            (false, false) => {}
        }
        if fact("eu_use") {
            add(
                "eu-ai-act-vendor",
                "The AI or its output is used in the EU: the vendor's duties.".to_owned(),
            );
            add("eu-ai-act-own", "The AI or its output is used in the EU: our own duties.".to_owned());
        }
    }
    if fact("india_regulated") {
        add("india-regulatory", "Indian law or an Indian regulator reaches this use.".to_owned());
    }
    suggestions
}

/// Months until the next reassessment, unless a trigger comes first.
#[must_use]
pub fn cadence_months(tier: Tier) -> u32 {
    match tier {
        Tier::Critical | Tier::High => 12,
        Tier::Medium => 24,
        Tier::Low => 36,
    }
}
