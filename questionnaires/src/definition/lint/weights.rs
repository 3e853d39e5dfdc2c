//! Rules 3, 8, 10, 11 and 13: what a scored question needs, credits, bands, critical questions.

use super::{Code, Faults};
use crate::definition::definition::{AnswerType, CreditMode};
use crate::definition::draft::{Draft, QuestionDraft, credits};
use crate::definition::read::pass_in_range;
use crate::exact::Exact;

/// Every own question.
pub(crate) fn lint(draft: &Draft<'_>, faults: &mut Faults) {
    for question in draft.questions.iter().filter(|q| q.node.is_some()) {
        bands(question, faults);
        critical(question, faults);
        if question.scored() {
            scored(question, faults);
        }
    }
}

fn scored(q: &QuestionDraft<'_>, faults: &mut Faults) {
    let kind = q.question.answer_type;
    let weight_at = q.at("weight");
    if q.question.required {
        faults.add(q.at("required"), Code::RequiredOnScored, "a scored question is never required");
    }
    if q.question.maps.is_empty() && q.at("maps") == q.pos || q.has("maps") && is_empty_list(q, "maps") {
        faults.add(weight_at, Code::ScoredWithoutMaps, "a scored question maps to no control");
    }
    if !q.has("evidence") {
        faults.add(weight_at, Code::ScoredWithoutEvidence, "a scored question names no evidence");
    }
    if !q.has("fix") {
        faults.add(weight_at, Code::ScoredWithoutFix, "a scored question has no fix");
    }
    if !q.sound.answer_type {
        return;
    }
    if matches!(kind, AnswerType::Text | AnswerType::Table | AnswerType::Attest) {
        faults.add(weight_at, Code::ScoredType, "answers of this type have no credit");
        return;
    }
    let source = match kind {
        AnswerType::Number | AnswerType::Date => q.has("bands"),
        _ => q.has("options") || q.has("scale"),
    };
    if !source {
        // A choice without options has been told so already.
        if !matches!(kind, AnswerType::SelectOne | AnswerType::SelectMany) {
            faults.add(
                weight_at,
                Code::ScoredWithoutCredits,
                "a scored question needs options, a scale or bands",
            );
        } else {
            faults.add(q.pos, Code::ScoredWithoutCredits, "a scored choice needs options or a scale");
        }
        return;
    }
    if !q.sound.credits || !q.sound.options {
        return;
    }
    let options_at = if q.has("options") { q.at("options") } else { q.at("scale") };
    for (index, option) in q.question.options.iter().enumerate() {
        if option.credit.is_none() {
            let items = q.node.and_then(|n| n.get("options")).map(|n| n.items());
            let pos = items.and_then(|items| items.get(index)).map_or(options_at, |node| node.pos);
            faults.add(pos, Code::CreditMissing, format!("the option {} has no credit", option.id));
        }
    }
    if kind == AnswerType::SelectMany {
        multi(q, options_at, faults);
        return;
    }
    let credits = credits(&q.question.options, &q.question.bands);
    let complete = credits.len() == q.question.options.len() + q.question.bands.len();
    if complete && !(credits.contains(&Exact::zero()) && credits.contains(&Exact::one())) {
        let pos = if q.question.bands.is_empty() { options_at } else { q.at("bands") };
        faults.add(pos, Code::CreditWithoutZeroAndOne, "the credits do not include both 0 and 1");
    }
}

fn is_empty_list(q: &QuestionDraft<'_>, key: &str) -> bool {
    q.node.and_then(|node| node.get(key)).is_some_and(
        |node| matches!(&node.value, crate::definition::yaml::Value::Seq(items) if items.is_empty()),
    )
}

fn multi(q: &QuestionDraft<'_>, options_at: crate::definition::yaml::Pos, faults: &mut Faults) {
    if q.question.credit_mode != Some(CreditMode::SumCapped) && !q.has("credit_mode") {
        faults.add(q.at("type"), Code::MultiCreditMode, "a scored multi-select says how its credits combine");
    }
    let (exclusive, others): (Vec<_>, Vec<_>) = q.question.options.iter().partition(|o| o.exclusive);
    if exclusive.is_empty() {
        faults.add(options_at, Code::MultiNoExclusive, "a scored multi-select has no exclusive option");
    }
    for option in exclusive {
        if option.credit.as_ref().is_some_and(|credit| !credit.is_zero()) {
            let message = format!("the exclusive option {} has a credit above 0", option.id);
            faults.add(options_at, Code::MultiExclusiveCredit, message);
        }
    }
    let sum: Exact = others.iter().filter_map(|o| o.credit.as_ref()).sum();
    if sum < Exact::one() && others.iter().all(|o| o.credit.is_some()) {
        faults.add(options_at, Code::MultiSum, format!("the credits sum to {sum}"));
    }
}

fn bands(q: &QuestionDraft<'_>, faults: &mut Faults) {
    let bands = &q.question.bands;
    if !q.has("bands") || !q.sound.credits {
        return;
    }
    let open = bands.iter().filter(|band| band.upto.is_none()).count();
    if open != 1 || bands.last().is_none_or(|band| band.upto.is_some()) {
        faults.add(q.at("bands"), Code::BandsLast, "exactly one band, the last, has no upto");
    }
    let bounds: Vec<&Exact> = bands.iter().filter_map(|band| band.upto.as_ref()).collect();
    if bounds.windows(2).any(|pair| pair[0] >= pair[1]) {
        faults.add(q.at("bands"), Code::BandsOrder, "the bands do not ascend");
    }
}

fn critical(q: &QuestionDraft<'_>, faults: &mut Faults) {
    let Some(critical) = &q.question.critical else { return };
    if q.sound.weight && q.question.weight != 5 {
        let message = format!("a critical question has weight 5, not {}", q.question.weight);
        faults.add(q.at("critical"), Code::CriticalWeight, message);
    }
    let given = q.node.and_then(|node| node.get("critical")).and_then(|node| node.get("pass"));
    let pos = given.map_or(q.at("critical"), |node| node.pos);
    if !pass_in_range(&critical.pass) {
        faults.add(pos, Code::CriticalPass, "pass lies above 0 and at most at 1");
    } else if q.sound.credits && q.sound.options && (q.has("options") || q.has("scale") || q.has("bands")) {
        let credits = credits(&q.question.options, &q.question.bands);
        if !credits.contains(&critical.pass) {
            faults.add(pos, Code::CriticalPass, "no option or band has the credit of pass");
        }
    }
}
