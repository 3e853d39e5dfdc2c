//! The intake: twelve factors, their points, and the facts that its options set.

use std::collections::HashSet;

use super::{Code, Faults, list, show};
use crate::definition::definition::{AnswerType, Audience, Kind};
use crate::definition::draft::{Draft, QuestionDraft};
use crate::definition::yaml::{Node, Pos};
use crate::risk::inherent::Factor;

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
    for question in draft.questions.iter().filter_map(|q| q.node) {
        if let Some(node) = question.get("factor_weight") {
            faults.add(node.pos, Code::IntakeOnly, "factor_weight outside the intake");
        }
    }
    for option in options(draft) {
        for key in ["points", "sets_facts"] {
            if let Some(node) = option.get(key) {
                faults.add(node.pos, Code::IntakeOnly, format!("{key} outside the intake"));
            }
        }
    }
}

/// Every option that the file writes out: of scales, whether used or not, of questions and of table columns.
fn options<'n>(draft: &Draft<'n>) -> impl Iterator<Item = &'n Node> {
    let scales = draft.root.get("scales").map(Node::entries).unwrap_or_default();
    let mut lists: Vec<&Node> = scales.iter().map(|entry| &entry.node).collect();
    for question in draft.questions.iter().filter_map(|q| q.node) {
        let columns = question.get("columns").map(Node::items).unwrap_or_default();
        lists.extend(question.get("options"));
        lists.extend(columns.iter().filter_map(|column| column.get("options")));
    }
    lists.into_iter().flat_map(Node::items)
}

fn factors(draft: &Draft<'_>, sections: Pos, faults: &mut Faults) {
    let is_factor = |q: &&QuestionDraft<'_>| q.has("factor_weight") || q.question.factor_weight.is_some();
    let factors: Vec<&QuestionDraft<'_>> = draft.questions.iter().filter(is_factor).collect();
    for question in &factors {
        let mut add = |message: String| {
            faults.add_for(question.id(), question.at("factor_weight"), Code::IntakeFactors, message);
        };
        match question.id().strip_prefix("INH-").and_then(Factor::from_letters) {
            None => add("the inherent risk knows no such factor".to_owned()),
            Some(factor) => {
                if question.question.factor_weight.is_some_and(|weight| i64::from(weight) != factor.weight())
                {
                    add(format!("{factor} has the weight {} in the inherent risk", factor.weight()));
                }
            }
        }
        points(question, faults);
    }
    let ids: HashSet<&str> = factors.iter().map(|q| q.id()).collect();
    let missing: Vec<&str> = Factor::ALL
        .into_iter()
        .map(Factor::as_str)
        .filter(|factor| !ids.contains(format!("INH-{factor}").as_str()))
        .collect();
    if !missing.is_empty() {
        faults.add(sections, Code::IntakeFactors, format!("factors without a question: {}", list(&missing)));
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

/// Facts set are declared, and facts declared are set by an option of a question.
fn facts(draft: &Draft<'_>, faults: &mut Faults) {
    let declared: HashSet<&str> = draft.head.facts.iter().map(|fact| fact.id.as_str()).collect();
    let undeclared = |fact: &str| format!("an option sets {}, which is not declared", show(fact));
    for node in options(draft).filter_map(|option| option.get("sets_facts")).flat_map(Node::items) {
        if let Some(fact) = node.scalar().filter(|fact| !declared.contains(fact)) {
            faults.add(node.pos, Code::UnknownFact, undeclared(fact));
        }
    }
    let mut set: HashSet<&str> = HashSet::new();
    for question in &draft.questions {
        for fact in question.question.options.iter().flat_map(|option| &option.sets_facts) {
            set.insert(fact);
            if question.node.is_none() && !declared.contains(fact.as_str()) {
                faults.add_for(question.id(), question.pos, Code::UnknownFact, undeclared(fact));
            }
        }
    }
    for node in draft.root.get("facts").map(Node::items).unwrap_or_default() {
        if let Some(id) = node.get("id").and_then(Node::scalar).filter(|id| !set.contains(id)) {
            faults.add(node.pos, Code::IntakeFactUnset, format!("no option sets the fact {}", show(id)));
        }
    }
}
