//! The intake: twelve factors, their points, and the facts that its options set.

use std::collections::HashSet;

use super::{Code, Faults, clean, list, show};
use crate::definition::definition::{AnswerType, Audience, Kind};
use crate::definition::draft::{Draft, QuestionDraft};
use crate::definition::yaml::{Node, Pos};

/// The factors of the inherent risk; a factor question has the id `INH-<factor>`.
const FACTORS: [&str; 12] =
    ["DAT", "VOL", "ACC", "CRT", "SUB", "REG", "LOC", "NTH", "AIE", "AUT", "AIX", "PPL"];

/// What the weights of the factors sum to.
const WEIGHT_SUM: u32 = 38;

/// All rules of the intake; in other questionnaires, that its keys do not occur.
pub(crate) fn lint(draft: &Draft<'_>, faults: &mut Faults) {
    if draft.head.kind != Kind::Intake {
        return foreign_keys(draft, faults);
    }
    let at = |key: &str| draft.root.get(key).map_or(Pos::START, |node| node.pos);
    if draft.head.audience != Audience::Buyer && draft.root.get("audience").is_some() {
        faults.add(at("audience"), Code::IntakeAudience, "the vendor does not answer the intake");
    }
    for question in draft.questions.iter().filter(|q| q.scored()) {
        faults.add_for(
            question.id(),
            question.at("weight"),
            Code::IntakeScored,
            "a scored question in the intake",
        );
    }
    factors(draft, at("sections"), faults);
    facts(draft, faults);
}

fn foreign_keys(draft: &Draft<'_>, faults: &mut Faults) {
    let scales = draft.root.get("scales").map(Node::entries).unwrap_or_default();
    let mut lists: Vec<&Node> = scales.iter().map(|entry| &entry.node).collect();
    for question in draft.questions.iter().filter_map(|q| q.node) {
        if let Some(node) = question.get("factor_weight") {
            faults.add(node.pos, Code::IntakeOnly, "factor_weight outside the intake");
        }
        lists.extend(question.get("options"));
    }
    for option in lists.into_iter().flat_map(Node::items) {
        for key in ["points", "sets_facts"] {
            if let Some(node) = option.get(key) {
                faults.add(node.pos, Code::IntakeOnly, format!("{key} outside the intake"));
            }
        }
    }
}

fn factors(draft: &Draft<'_>, sections: Pos, faults: &mut Faults) {
    let factors: Vec<&QuestionDraft<'_>> =
        draft.questions.iter().filter(|q| q.has("factor_weight")).collect();
    let mut complete = true;
    for question in &factors {
        complete &= question.question.factor_weight.is_some();
        let factor = question.id().strip_prefix("INH-").unwrap_or_default();
        if !FACTORS.contains(&factor) {
            let message = "the inherent risk knows no such factor";
            faults.add_for(question.id(), question.at("factor_weight"), Code::IntakeFactors, message);
        }
        points(question, faults);
    }
    let ids: HashSet<&str> = factors.iter().map(|q| q.id()).collect();
    let sum: u32 = factors.iter().filter_map(|q| q.question.factor_weight).map(u32::from).sum();
    let missing: Vec<&str> =
        FACTORS.into_iter().filter(|f| !ids.contains(format!("INH-{f}").as_str())).collect();
    if !missing.is_empty() {
        faults.add(sections, Code::IntakeFactors, format!("factors without a question: {}", list(&missing)));
    } else if complete && sum != WEIGHT_SUM {
        faults.add(sections, Code::IntakeFactors, format!("the factor weights sum to {sum}"));
    }
}

fn points(q: &QuestionDraft<'_>, faults: &mut Faults) {
    if !q.sound.options {
        return;
    }
    let mut found: Vec<u8> = q.question.options.iter().filter_map(|option| option.points).collect();
    found.sort_unstable();
    let every_option = q.question.options.len() == found.len();
    if q.question.answer_type != AnswerType::SelectOne || !every_option || found != [0, 1, 2, 3, 4] {
        let message = "a factor has one option for each of points 0 to 4";
        faults.add_for(q.id(), q.at("options"), Code::IntakePoints, message);
    }
}

/// Facts set are declared, and facts declared are set.
fn facts(draft: &Draft<'_>, faults: &mut Faults) {
    let declared: HashSet<&str> = draft.head.facts.iter().map(|fact| fact.id.as_str()).collect();
    let mut set: HashSet<&str> = HashSet::new();
    for question in &draft.questions {
        for option in &question.question.options {
            for fact in &option.sets_facts {
                set.insert(fact);
                if !declared.contains(fact.as_str()) {
                    let message = format!(
                        "the option {} sets {}, which is not declared",
                        clean(&option.id),
                        show(fact)
                    );
                    faults.add_for(question.id(), question.at("options"), Code::UnknownFact, message);
                }
            }
        }
    }
    for node in draft.root.get("facts").map(Node::items).unwrap_or_default() {
        if let Some(id) = node.get("id").and_then(Node::scalar).filter(|id| !set.contains(id)) {
            faults.add(node.pos, Code::IntakeFactUnset, format!("no option sets the fact {}", show(id)));
        }
    }
}
