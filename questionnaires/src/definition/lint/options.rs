//! Which keys go with which type; options, widening.

use std::collections::HashSet;

use super::{Code, Faults, show};
use crate::definition::definition::{AnswerType, Kind};
use crate::definition::draft::{Draft, QuestionDraft};
use crate::definition::yaml::Node;

/// Every own question.
pub(crate) fn lint(draft: &Draft<'_>, faults: &mut Faults) {
    let declared: HashSet<&str> = draft.head.facts.iter().map(|fact| fact.id.as_str()).collect();
    for question in draft.questions.iter().filter(|q| q.node.is_some()) {
        if question.sound.answer_type {
            keys(question, faults);
        }
        if question.question.answer_type == AnswerType::Table {
            column_options(question, draft.head.kind, faults);
        }
        widen(question, &declared, faults);
    }
}

/// An option of a table's column is a word to choose: it has no credit and shuts nothing out. What belongs to the
/// intake is told to be so elsewhere; inside the intake a column gives no points and sets no facts either.
fn column_options(q: &QuestionDraft<'_>, kind: Kind, faults: &mut Faults) {
    let keys: &[&str] = match kind {
        Kind::Questionnaire => &["credit", "exclusive"],
        Kind::Intake => &["credit", "exclusive", "points", "sets_facts"],
    };
    let columns = q.node.and_then(|node| node.get("columns")).map(Node::items).unwrap_or_default();
    for option in columns.iter().filter_map(|column| column.get("options")).flat_map(Node::items) {
        for (key, node) in keys.iter().filter_map(|key| Some((key, option.get(key)?))) {
            let message = format!("{key} does not belong to an option of a column");
            faults.add(node.pos, Code::KeyNotForType, message);
        }
    }
}

fn keys(q: &QuestionDraft<'_>, faults: &mut Faults) {
    use AnswerType::{Date, File, Number, SelectMany, SelectOne, Table};
    let kind = q.question.answer_type;
    let belongs = |key: &str| match key {
        "options" | "scale" => matches!(kind, SelectOne | SelectMany | File),
        "bands" => matches!(kind, Number | Date),
        "credit_mode" => kind == SelectMany,
        "widen" => matches!(kind, SelectOne | SelectMany),
        "accept" | "max_mb" => kind == File,
        _ => kind == Table,
    };
    for key in
        ["options", "scale", "bands", "credit_mode", "widen", "accept", "max_mb", "columns", "max_rows"]
    {
        if q.has(key) && !belongs(key) {
            faults.add(
                q.at(key),
                Code::KeyNotForType,
                format!("{key} does not belong to this type of question"),
            );
        }
    }
    let choice = matches!(kind, SelectOne | SelectMany);
    // A scored choice without options is told that it lacks credits.
    if choice && !q.has("options") && !q.has("scale") && !q.scored() {
        faults.add(q.pos, Code::OptionsMissing, "a choice without options");
    }
    if kind == Table && q.node.and_then(|n| n.get("columns")).is_none_or(|n| n.items().is_empty()) {
        faults.add(q.at("columns"), Code::MissingKey, "a table has columns");
    }
    for ending in &q.question.accept {
        if ending.is_empty()
            || ending.len() > 10
            || !ending.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        {
            faults.add(q.at("accept"), Code::NameSyntax, format!("{} is no file name ending", show(ending)));
        }
    }
}

fn widen(q: &QuestionDraft<'_>, declared: &HashSet<&str>, faults: &mut Faults) {
    if q.question.widen.is_empty() {
        return;
    }
    if q.scored() {
        faults.add(q.at("widen"), Code::WidenScored, "a scored question is not widened");
    }
    let place = |at: usize, key: &str| {
        let entry = q.node.and_then(|n| n.get("widen")).and_then(|n| n.items().get(at));
        entry.and_then(|entry| entry.get(key)).map_or(q.at("widen"), |node: &Node| node.pos)
    };
    let options: HashSet<&str> = q.question.options.iter().map(|option| option.id.as_str()).collect();
    for (at, entry) in q.question.widen.iter().enumerate() {
        if !declared.contains(entry.fact.as_str()) {
            faults.add(
                place(at, "fact"),
                Code::UnknownFact,
                format!("{} is not declared", show(&entry.fact)),
            );
        }
        if q.sound.options && !options.is_empty() && !options.contains(entry.to.as_str()) {
            faults.add(
                place(at, "to"),
                Code::WidenUnknownOption,
                format!("there is no option {}", show(&entry.to)),
            );
        }
    }
}
