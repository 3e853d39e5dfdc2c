//! Is this answer allowed for this question? Every fault, with its place inside the answer.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::answer::{Answer, AnswerValue, Fault, TableRow};
use super::json::exact_number;
use crate::definition::{AnswerType, Choice, Column, ColumnType, Question};
use crate::exact::Exact;

/// The longest note, in characters.
pub const MAX_NOTE: usize = 4_000;

/// All faults of `answer` as an answer to `question`; none means that it may be stored and scored.
///
/// `as_of` is the day of submission; a banded date must not lie after it, and cannot be scored without it.
/// The paths are those of the answers file (`choice`, `rows[2].name`, `review.credit`), relative to the answer.
#[must_use]
pub fn check_answer(question: &Question, answer: &Answer, as_of: Option<NaiveDate>) -> Vec<Fault> {
    let mut faults = check_form(question, answer);
    faults.extend(check_use(question, answer, as_of));
    faults
}

/// The faults that stand whether the question is shown or hidden: a value of another kind, an unknown option, N/A
/// where it is not allowed, a credit outside 0 to 1.
#[must_use]
pub fn check_form(question: &Question, answer: &Answer) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Some(value) = &answer.value {
        check_value(question, value, &mut faults);
    }
    if answer.note.as_ref().is_some_and(|note| note.chars().count() > MAX_NOTE) {
        faults.push(Fault::new("note", format!("a note has at most {MAX_NOTE} characters")));
    }
    let outside = |credit: &Exact| *credit < Exact::zero() || *credit > Exact::one();
    if answer.review.credit.as_ref().is_some_and(outside) {
        faults.push(Fault::new("review.credit", "a credit lies between 0 and 1"));
    }
    faults
}

/// The faults of using an answer; answers to hidden questions are ignored, so for them these do not matter: a banded
/// date that cannot be scored, an adjustment of what was not answered, a verdict on an N/A that was not claimed or on
/// a scope that the question does not set.
#[must_use]
pub fn check_use(question: &Question, answer: &Answer, as_of: Option<NaiveDate>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let (AnswerType::Date, Some(AnswerValue::Date(date)), false) =
        (question.answer_type, &answer.value, question.bands.is_empty())
    {
        match as_of {
            None => faults.push(Fault::new("date", "as_of is needed to score this date")),
            Some(as_of) if *date > as_of => {
                faults.push(Fault::new("date", format!("the date lies after {as_of}")));
            }
            Some(_) => {}
        }
    }
    let review = &answer.review;
    let adjustable = question.is_scored() && answer.substantive().is_some();
    let unused = "only the answer to a scored question can be adjusted";
    if review.credit.is_some() && !adjustable {
        faults.push(Fault::new("review.credit", unused));
    }
    if review.compensating.is_some() && !adjustable {
        faults.push(Fault::new("review.compensating", unused));
    }
    if review.scope_accepted && question.is_scored() {
        faults.push(Fault::new("review.scope", "only an unscored question can set the scope"));
    }
    if review.na.is_some() && !matches!(answer.value, Some(AnswerValue::NotApplicable { .. })) {
        faults.push(Fault::new("review.na", "this verdict needs an answer \"not applicable\""));
    }
    faults
}

fn check_value(question: &Question, value: &AnswerValue, faults: &mut Vec<Fault>) {
    let mut fault = |path: &str, message: String| faults.push(Fault::new(path, message));
    match (question.answer_type, value) {
        (AnswerType::Attest, AnswerValue::Unknown) => {
            fault("unknown", "an attestation cannot be answered with \"we do not know\"".into());
        }
        (_, AnswerValue::Unknown) => {}
        (_, AnswerValue::NotApplicable { reason }) => {
            if question.na.is_none() {
                fault("na", "this question does not allow \"not applicable\"".into());
            }
            if reason.trim().is_empty() {
                fault("reason", "\"not applicable\" needs a reason".into());
            }
        }
        (AnswerType::SelectOne, AnswerValue::One(option)) => {
            one_option(&question.options, option, "choice", &mut fault);
        }
        (AnswerType::SelectOne, AnswerValue::Many(_)) => {
            fault("choice", "exactly one option is expected, not a list".into());
        }
        (AnswerType::SelectMany, AnswerValue::Many(options)) => {
            several_options(&question.options, options, &mut fault);
        }
        (AnswerType::SelectMany, AnswerValue::One(_)) => {
            fault("choice", "a list of options is expected".into());
        }
        (AnswerType::Number, AnswerValue::Number(_))
        | (AnswerType::Attest, AnswerValue::Attest)
        | (AnswerType::Date, AnswerValue::Date(_)) => {}
        (AnswerType::Text, AnswerValue::Text(text)) => {
            if text.trim().is_empty() {
                fault("text", "the text is empty".into());
            }
        }
        (AnswerType::File, AnswerValue::One(option)) if !question.options.is_empty() => {
            one_option(&question.options, option, "choice", &mut fault);
        }
        (AnswerType::File, AnswerValue::Files { choice, files }) => {
            match (choice, question.options.is_empty()) {
                (Some(option), false) => one_option(&question.options, option, "choice", &mut fault),
                (None, false) => fault("choice", "one of the options is expected beside the files".into()),
                (Some(_), true) => fault("choice", "this question has no options".into()),
                (None, true) => {}
            }
            if files.is_empty() {
                fault("files", "the list of files is empty".into());
            }
            let mut seen = BTreeSet::new();
            for (index, name) in files.iter().enumerate() {
                if name.trim().is_empty() {
                    fault(&format!("files[{index}]"), "a file name is expected".into());
                } else if !seen.insert(name) {
                    fault(&format!("files[{index}]"), format!("{name:?} is named twice"));
                }
            }
        }
        (AnswerType::Table, AnswerValue::Rows(rows)) => check_rows(question, rows, faults),
        (expected, given) => {
            let (key, expected) = (key_of(given), expected_key(expected));
            fault(key, format!("this question is answered with {expected}"));
        }
    }
}

fn one_option(options: &[Choice], option: &str, path: &str, fault: &mut impl FnMut(&str, String)) {
    if !options.iter().any(|known| known.id == option) {
        fault(path, format!("{option:?} is no option of this question"));
    }
}

fn several_options(options: &[Choice], chosen: &[String], fault: &mut impl FnMut(&str, String)) {
    if chosen.is_empty() {
        fault("choice", "the list of options is empty".into());
    }
    let mut seen = BTreeSet::new();
    for (index, id) in chosen.iter().enumerate() {
        let path = format!("choice[{index}]");
        one_option(options, id, &path, fault);
        if !seen.insert(id) {
            fault(&path, format!("{id:?} is chosen twice"));
        }
        let alone = options.iter().find(|option| option.id == *id && option.exclusive);
        if let Some(option) = alone.filter(|_| chosen.len() > 1) {
            fault(&path, format!("\"{}\" cannot be chosen together with others", option.label));
        }
    }
}

fn check_rows(question: &Question, rows: &[TableRow], faults: &mut Vec<Fault>) {
    if let Some(most) = question.max_rows
        && rows.len() > most as usize
    {
        faults.push(Fault::new("rows", format!("at most {most} rows are allowed")));
    }
    for (index, row) in rows.iter().enumerate() {
        for id in row.keys() {
            if !question.columns.iter().any(|column| column.id == *id) {
                faults.push(Fault::new(format!("rows[{index}].{id}"), "the table has no such column"));
            }
        }
        for column in &question.columns {
            let message = match row.get(&column.id).map(|cell| cell.trim()) {
                None | Some("") if column.required => Some("this column must be filled".to_owned()),
                None | Some("") => None,
                Some(cell) => cell_fault(column, cell),
            };
            faults.extend(message.map(|message| Fault::new(format!("rows[{index}].{}", column.id), message)));
        }
    }
}

fn cell_fault(column: &Column, cell: &str) -> Option<String> {
    match column.column_type {
        ColumnType::Text => None,
        ColumnType::Number => {
            let number = exact_number(cell).filter(|_| !cell.contains('/'));
            number.is_none().then(|| "a number is expected, such as 12.5".to_owned())
        }
        ColumnType::Date => {
            parse_date(cell).is_none().then(|| "a date is expected, such as 2026-11-22".to_owned())
        }
        ColumnType::SelectOne => (!column.options.iter().any(|option| option.id == cell))
            .then(|| format!("{cell:?} is no option of this column")),
    }
}

/// A day written as four, two and two digits; nothing else.
#[must_use]
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let digits = |range: std::ops::Range<usize>| {
        text.get(range).is_some_and(|part| part.bytes().all(|b| b.is_ascii_digit()))
    };
    let shaped = text.len() == 10 && digits(0..4) && digits(5..7) && digits(8..10);
    if !shaped {
        return None;
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// The key under which a value stands in the answers file.
fn key_of(value: &AnswerValue) -> &'static str {
    match value {
        AnswerValue::One(_) | AnswerValue::Many(_) => "choice",
        AnswerValue::Number(_) => "number",
        AnswerValue::Date(_) => "date",
        AnswerValue::Text(_) => "text",
        AnswerValue::Rows(_) => "rows",
        AnswerValue::Files { .. } => "files",
        AnswerValue::Attest => "attest",
        AnswerValue::Unknown => "unknown",
        AnswerValue::NotApplicable { .. } => "na",
    }
}

fn expected_key(answer_type: AnswerType) -> &'static str {
    match answer_type {
        AnswerType::SelectOne => "one option",
        AnswerType::SelectMany => "a list of options",
        AnswerType::Number => "a number",
        AnswerType::Date => "a date",
        AnswerType::Text => "a text",
        AnswerType::File => "files, or one of its options",
        AnswerType::Table => "rows",
        AnswerType::Attest => "a confirmation",
    }
}
