//! `ANSWERS.json`: facts, day of submission and answers, read strictly, with every fault and its path.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::answer::{Answer, AnswerValue, Answers, Compensating, Fault, Grade, NaVerdict, Review, TableRow};
use super::check::{check_answer, check_form, check_use, parse_date};
use super::condition::Facts;
use super::json::{Node, Reader, exact_number, join, parse_json};
use crate::definition::{ColumnType, Question};

/// What an answers file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnswersFile {
    /// What the buyer told.
    pub facts: Facts,
    /// The day of submission.
    pub as_of: Option<NaiveDate>,
    /// By question id; all of the right form for their questions. Whether they can be used shows when it is known
    /// which questions are hidden ([`crate::scoring::assessment::faults_of`]).
    pub answers: Answers,
}

/// Reads an answers file for these questions (by id) and declared facts.
///
/// # Errors
///
/// Every fault of the file: nothing is guessed.
pub fn parse_answers(
    text: &str,
    questions: &BTreeMap<&str, &Question>,
    declared_facts: &BTreeSet<&str>,
) -> Result<AnswersFile, Vec<Fault>> {
    let root = parse_json(text).map_err(|fault| vec![fault])?;
    let mut reader = Reader::default();
    let mut file = AnswersFile::default();
    let entries: BTreeMap<&str, &Node> =
        reader.map("", &root, &["facts", "as_of", "answers"]).into_iter().collect();
    if let Some(node) = entries.get("facts") {
        file.facts = facts(&mut reader, node, declared_facts);
    }
    // An unreadable day is one fault; it must not make every date a second one.
    let mut day_for_checks = None;
    if let Some(node) = entries.get("as_of") {
        file.as_of = date(&mut reader, "as_of", node);
        day_for_checks = Some(file.as_of.unwrap_or(NaiveDate::MAX));
    }
    match entries.get("answers") {
        // Nothing answered yet: every question is blank.
        None => {}
        Some(node) => {
            let mut of_use = Vec::new();
            for (id, node) in reader.map("answers", node, &[]) {
                let path = join("answers", id);
                let question = questions.get(id).copied();
                let known = reader.faults.len();
                let answer = answer(&mut reader, &path, question, node);
                match question {
                    None => reader.fault(&path, "no such question in the questionnaires given"),
                    Some(question) => {
                        let faults = check_form(question, &answer).into_iter();
                        let faults = faults.map(|fault| fault.within(&path));
                        // What could not even be read is not reported as missing too.
                        let new =
                            |fault: &Fault| !reader.faults[known..].iter().any(|f| f.path == fault.path);
                        let faults: Vec<Fault> = faults.filter(new).collect();
                        reader.faults.extend(faults);
                        let unusable = check_use(question, &answer, day_for_checks).into_iter();
                        of_use.extend(unusable.map(|fault| fault.within(&path)));
                    }
                }
                file.answers.insert(id.to_owned(), answer);
            }
            // With faults of form nobody can say what is hidden, so everything else is listed too.
            if !reader.faults.is_empty() {
                reader.faults.extend(of_use);
            }
        }
    }
    if reader.faults.is_empty() { Ok(file) } else { Err(reader.faults) }
}

/// Reads one answer in the form it has inside an answers file.
///
/// # Errors
///
/// Every fault, with paths relative to the answer.
pub fn parse_answer(text: &str, question: &Question, as_of: Option<NaiveDate>) -> Result<Answer, Vec<Fault>> {
    let root = parse_json(text).map_err(|fault| vec![fault])?;
    let mut reader = Reader::default();
    let answer = answer(&mut reader, "", Some(question), &root);
    reader.faults.extend(check_answer(question, &answer, as_of));
    if reader.faults.is_empty() { Ok(answer) } else { Err(reader.faults) }
}

fn facts(reader: &mut Reader, node: &Node, declared: &BTreeSet<&str>) -> Facts {
    let mut facts = Facts::new();
    for (id, node) in reader.map("facts", node, &[]) {
        let path = join("facts", id);
        if !declared.contains(id) {
            reader.fault(&path, "no questionnaire declares this fact");
        }
        match node {
            Node::Bool(value) => {
                facts.insert(id.to_owned(), *value);
            }
            other => reader.fault(&path, format!("true or false is expected, not {}", other.kind())),
        }
    }
    facts
}

fn date(reader: &mut Reader, path: &str, node: &Node) -> Option<NaiveDate> {
    let day = parse_date(reader.text(path, node)?);
    if day.is_none() {
        reader.fault(path, "a date is expected, such as \"2026-11-22\"");
    }
    day
}

/// Every key of an answer.
const KEYS: [&str; 13] = [
    "choice", "number", "date", "text", "rows", "files", "attest", "unknown", "na", "reason", "evidence",
    "note", "review",
];

/// The keys of which exactly one gives the value; `files` may stand beside `choice`.
const VALUES: [&str; 9] = ["choice", "number", "date", "text", "rows", "files", "attest", "unknown", "na"];

fn answer(reader: &mut Reader, path: &str, question: Option<&Question>, node: &Node) -> Answer {
    let keys: BTreeMap<&str, &Node> = reader.map(path, node, &KEYS).into_iter().collect();
    let given: Vec<&str> = VALUES.into_iter().filter(|key| keys.contains_key(key)).collect();
    // An entry without a value is a blank answer; a note or evidence may stand beside it.
    if given.len() > 1 && given != ["choice", "files"] {
        reader.fault(path, format!("{} cannot stand together", given.join(" and ")));
    }
    if let (Some(_), None) = (keys.get("reason"), keys.get("na")) {
        reader.fault(&join(path, "reason"), "a reason stands beside \"na\" only");
    }
    let mut answer = Answer::default();
    if let Some(key) = given.first() {
        answer.value = value(reader, path, key, &keys, question);
    }
    if let Some(node) = keys.get("note") {
        answer.note = reader.text(&join(path, "note"), node).map(str::to_owned);
    }
    if let Some(node) = keys.get("evidence") {
        let path = join(path, "evidence");
        if let Some(word) = reader.text(&path, node) {
            match Grade::from_word(word) {
                Some(grade) => answer.evidence = grade,
                None => reader.fault(
                    &path,
                    "a grade is expected: asserted, supplied, accepted, independent or rejected",
                ),
            }
        }
    }
    if let Some(node) = keys.get("review") {
        answer.review = review(reader, &join(path, "review"), node);
    }
    answer
}

fn value(
    reader: &mut Reader,
    path: &str,
    key: &str,
    keys: &BTreeMap<&str, &Node>,
    question: Option<&Question>,
) -> Option<AnswerValue> {
    let node = *keys.get(key)?;
    let here = join(path, key);
    Some(match key {
        "choice" => {
            let chosen = match node {
                Node::Text(option) => AnswerValue::One(option.clone()),
                Node::List(_) => AnswerValue::Many(reader.texts(&here, node)),
                other => {
                    reader.fault(
                        &here,
                        format!("an option or a list of options is expected, not {}", other.kind()),
                    );
                    return None;
                }
            };
            match (chosen, keys.get("files")) {
                (AnswerValue::One(option), Some(files)) => {
                    let files = reader.texts(&join(path, "files"), files);
                    AnswerValue::Files { choice: Some(option), files }
                }
                (chosen, Some(_)) => {
                    reader.fault(&join(path, "files"), "files stand beside a single option only");
                    chosen
                }
                (chosen, None) => chosen,
            }
        }
        "number" => AnswerValue::Number(reader.number(&here, node)?),
        "date" => AnswerValue::Date(date(reader, &here, node)?),
        "text" => AnswerValue::Text(reader.text(&here, node)?.to_owned()),
        "rows" => AnswerValue::Rows(rows(reader, &here, node, question)?),
        "files" => AnswerValue::Files { choice: None, files: reader.texts(&here, node) },
        "attest" => {
            reader.yes(&here, node);
            AnswerValue::Attest
        }
        "unknown" => {
            reader.yes(&here, node);
            AnswerValue::Unknown
        }
        _ => {
            reader.yes(&here, node);
            let reason = match keys.get("reason") {
                // A reason that is no text is a fault already; it must not be reported as missing too.
                Some(reason) => reader.text(&join(path, "reason"), reason).unwrap_or("?").to_owned(),
                None => String::new(),
            };
            AnswerValue::NotApplicable { reason }
        }
    })
}

fn rows(reader: &mut Reader, path: &str, node: &Node, question: Option<&Question>) -> Option<Vec<TableRow>> {
    let Node::List(items) = node else {
        reader.fault(path, format!("a list of rows is expected, not {}", node.kind()));
        return None;
    };
    let mut rows = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let mut row = TableRow::new();
        for (id, cell) in reader.map(&path, item, &[]) {
            let column = question.and_then(|question| question.columns.iter().find(|column| column.id == id));
            let wants_number = column.is_some_and(|column| column.column_type == ColumnType::Number);
            let path = join(&path, id);
            let text = match (cell, wants_number) {
                (Node::Number(text), true) if exact_number(text).is_some() => text.clone(),
                (Node::Text(text), false) => text.clone(),
                (other, _) => {
                    let expected = if wants_number { "a number" } else { "a text" };
                    reader.fault(&path, format!("{expected} is expected, not {}", other.kind()));
                    continue;
                }
            };
            row.insert(id.to_owned(), text);
        }
        rows.push(row);
    }
    Some(rows)
}

fn review(reader: &mut Reader, path: &str, node: &Node) -> Review {
    let mut review = Review::default();
    for (key, node) in reader.map(path, node, &["na", "credit", "compensating", "scope"]) {
        let path = join(path, key);
        if key == "credit" {
            let number = match node {
                Node::Number(text) => exact_number(text),
                Node::Text(text) => text.parse().ok(),
                _ => None,
            };
            if number.is_none() {
                reader.fault(&path, "a credit is expected, such as \"3/4\" or 0.75");
            }
            review.credit = number;
            continue;
        }
        let Some(word) = reader.text(&path, node) else { continue };
        match (key, word) {
            ("na", "accepted") => review.na = Some(NaVerdict::Accepted),
            ("na", "rejected") => review.na = Some(NaVerdict::Rejected),
            ("na", _) => reader.fault(&path, "accepted or rejected is expected"),
            ("compensating", "partial") => review.compensating = Some(Compensating::Partial),
            ("compensating", "substantial") => review.compensating = Some(Compensating::Substantial),
            ("compensating", _) => reader.fault(&path, "partial or substantial is expected"),
            (_, "accepted") => review.scope_accepted = true,
            (_, _) => reader.fault(&path, "accepted is expected"),
        }
    }
    review
}
