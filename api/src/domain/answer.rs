//! Answers between three forms: what a page's form sent, what is stored, and what the engine scores.
//!
//! Stored is the form of an answers file (`{"choice": "yes"}`, `{"na": true, "reason": "..."}`), except that a number
//! is kept as the text that was typed, so that 12.50 comes back as 12.50. The engine decides what is allowed.

use chrono::NaiveDate;
use questionnaires::{
    answering::{Answer, AnswerValue, Grade, TableRow, check_answer},
    definition::{AnswerType, Question},
    exact::Exact,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The choice "we do not know". No option can have this id.
pub const UNKNOWN: &str = "-unknown";
/// The choice "does not apply to us". No option can have this id.
pub const NOT_APPLICABLE: &str = "-na";
/// The choice "there are none" of a table. No option can have this id.
pub const NONE: &str = "-none";
/// The most bytes of a text answer.
pub const MAX_TEXT: usize = 64 * 1024;
/// The most characters of a note.
pub const MAX_NOTE: usize = 4_000;
/// The most characters of the reason of an N/A.
const MAX_REASON: usize = 4_000;
/// The most characters of a table cell.
const MAX_CELL: usize = 1_000;
/// The most characters of a number.
const MAX_NUMBER: usize = 60;

/// What a form sent for one question, as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedAnswer {
    /// Chosen options; [`UNKNOWN`], [`NOT_APPLICABLE`] and [`NONE`] among them.
    pub choices: Vec<String>,
    /// Number, date or text.
    pub value: String,
    /// Cells by row and column.
    pub rows: Vec<TableRow>,
    /// Why it does not apply.
    pub reason: String,
    /// The words beside it.
    pub note: String,
}

/// One fault of a typed answer, by the form's field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerFault {
    /// `choice`, `value`, `rows.0.name`, `reason` or `note`.
    pub field: String,
    /// A stable word.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

/// A typed answer that may be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadAnswer {
    /// The stored form; none when the question was left blank.
    pub value: Option<Value>,
    /// The note; none when blank.
    pub note: Option<String>,
}

impl TypedAnswer {
    /// The form's content for a stored answer, so that a page shows what is stored.
    #[must_use]
    pub fn of_stored(value: Option<&Value>, note: Option<&str>) -> Self {
        let mut typed = Self { note: note.unwrap_or_default().to_owned(), ..Self::default() };
        let Some(Value::Object(map)) = value else { return typed };
        let text = |key: &str| map.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        typed.choices = match map.get("choice") {
            Some(Value::String(option)) => vec![option.clone()],
            Some(Value::Array(options)) => {
                options.iter().filter_map(|o| o.as_str().map(str::to_owned)).collect()
            }
            _ => Vec::new(),
        };
        if map.contains_key("unknown") {
            typed.choices = vec![UNKNOWN.to_owned()];
        }
        if map.contains_key("attest") {
            typed.choices = vec!["yes".to_owned()];
        }
        if map.contains_key("na") {
            typed.choices = vec![NOT_APPLICABLE.to_owned()];
            typed.reason = text("reason");
        }
        typed.value = ["number", "date", "text"]
            .iter()
            .map(|key| text(key))
            .find(|t| !t.is_empty())
            .unwrap_or_default();
        typed.rows = map.get("rows").map(rows_of).unwrap_or_default();
        if map.contains_key("rows") && typed.rows.is_empty() {
            typed.choices = vec![NONE.to_owned()];
        }
        typed
    }

    /// Reads the form as an answer to `question` given on `today`.
    ///
    /// # Errors
    /// Every fault, by field.
    pub fn read(&self, question: &Question, today: NaiveDate) -> Result<ReadAnswer, Vec<AnswerFault>> {
        let mut faults = Vec::new();
        let stored = self.stored(question, &mut faults);
        let note = Some(self.note.clone()).filter(|note| !note.trim().is_empty());
        for (field, text, most) in
            [("note", self.note.as_str(), MAX_NOTE), ("reason", self.reason.as_str(), MAX_REASON)]
        {
            if text.chars().count() > most {
                faults.push(fault(field, "too_long", format!("Shorten this to at most {most} characters")));
            }
        }
        let cells = self.rows.iter().flat_map(BTreeMap::values);
        let texts = [&self.note, &self.reason, &self.value].into_iter().chain(cells).chain(&self.choices);
        if texts.into_iter().any(|text| text.contains('\0')) {
            faults.push(fault(
                "value",
                "not_text",
                "Remove the invisible characters (NUL) from your answer".to_owned(),
            ));
        }
        if let Some(value) = stored.as_ref().filter(|_| faults.is_empty()).and_then(engine_value) {
            let answer = Answer { value: Some(value), note: note.clone(), ..Answer::default() };
            faults.extend(check_answer(question, &answer, Some(today)).into_iter().map(|found| {
                AnswerFault {
                    field: field_of(&found.path),
                    code: "not_allowed",
                    message: sentence(&found.message),
                }
            }));
        }
        if faults.is_empty() { Ok(ReadAnswer { value: stored, note }) } else { Err(faults) }
    }

    fn stored(&self, question: &Question, faults: &mut Vec<AnswerFault>) -> Option<Value> {
        let marks: Vec<&str> =
            self.choices.iter().map(String::as_str).filter(|c| c.starts_with('-')).collect();
        let chosen: Vec<&str> =
            self.choices.iter().map(String::as_str).filter(|c| !c.starts_with('-')).collect();
        match marks.as_slice() {
            [] => {}
            [mark] => {
                if !chosen.is_empty() {
                    let text = "Choose either an answer or one of the last boxes, not both".to_owned();
                    faults.push(fault("choice", "contradiction", text));
                }
                return match *mark {
                    UNKNOWN => Some(json!({"unknown": true})),
                    NONE if question.answer_type == AnswerType::Table => {
                        let cells = self.rows.iter().flat_map(BTreeMap::values);
                        if cells.into_iter().any(|cell| !cell.trim().is_empty()) {
                            let text = "Fill in the table, or say that there are none, not both".to_owned();
                            faults.push(fault("choice", "contradiction", text));
                        }
                        Some(json!({"rows": []}))
                    }
                    NOT_APPLICABLE => {
                        if self.reason.trim().is_empty() {
                            faults.push(fault(
                                "reason",
                                "required",
                                "Say why this does not apply".to_owned(),
                            ));
                        }
                        Some(json!({"na": true, "reason": self.reason}))
                    }
                    other => {
                        faults.push(fault(
                            "choice",
                            "unknown_option",
                            format!("{other:?} is no option of this question"),
                        ));
                        None
                    }
                };
            }
            _ => {
                let text = "Choose either \"we do not know\" or \"does not apply\", not both".to_owned();
                faults.push(fault("choice", "contradiction", text));
                return None;
            }
        }
        match question.answer_type {
            AnswerType::SelectOne | AnswerType::File => match chosen.as_slice() {
                [] => None,
                [one] => Some(json!({"choice": one})),
                _ => {
                    faults.push(fault("choice", "too_many", "Choose one option".to_owned()));
                    None
                }
            },
            AnswerType::SelectMany => (!chosen.is_empty()).then(|| json!({"choice": chosen})),
            AnswerType::Attest => match chosen.as_slice() {
                [] => None,
                ["yes"] => Some(json!({"attest": true})),
                _ => {
                    faults.push(fault("choice", "unknown_option", "Tick the box to confirm".to_owned()));
                    None
                }
            },
            AnswerType::Number => self.typed_number(faults),
            AnswerType::Date => self.typed_date(faults),
            AnswerType::Text => {
                if self.value.len() > MAX_TEXT {
                    faults.push(fault(
                        "value",
                        "too_long",
                        "Shorten your answer to at most 64 kB".to_owned(),
                    ));
                }
                // Kept byte for byte; only a text of nothing but blanks is no answer.
                (!self.value.trim().is_empty()).then(|| json!({"text": self.value}))
            }
            AnswerType::Table => self.typed_rows(question, faults),
        }
    }

    fn typed_number(&self, faults: &mut Vec<AnswerFault>) -> Option<Value> {
        let text = self.value.trim();
        if text.is_empty() {
            return None;
        }
        let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
        if text.len() > MAX_NUMBER || !plain || text.parse::<Exact>().is_err() {
            let hint = "Write digits with an optional decimal point, such as 1200 or 0.75".to_owned();
            faults.push(fault("value", "not_a_number", hint));
            return None;
        }
        Some(json!({"number": text}))
    }

    fn typed_date(&self, faults: &mut Vec<AnswerFault>) -> Option<Value> {
        let text = self.value.trim();
        if text.is_empty() {
            return None;
        }
        if day(text).is_none() {
            faults.push(fault(
                "value",
                "not_a_date",
                "Write the date as year-month-day, such as 2026-11-22".to_owned(),
            ));
            return None;
        }
        Some(json!({"date": text}))
    }

    fn typed_rows(&self, question: &Question, faults: &mut Vec<AnswerFault>) -> Option<Value> {
        let mut rows = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            let mut kept = Map::new();
            for (column, cell) in row.iter().filter(|(_, cell)| !cell.trim().is_empty()) {
                if cell.chars().count() > MAX_CELL {
                    let text = format!("Shorten this to at most {MAX_CELL} characters");
                    faults.push(fault(&format!("rows.{index}.{column}"), "too_long", text));
                }
                kept.insert(column.clone(), Value::String(cell.trim().to_owned()));
            }
            if !kept.is_empty() {
                rows.push(Value::Object(kept));
            }
        }
        if let Some(most) = question.max_rows.filter(|most| rows.len() > *most as usize) {
            faults.push(fault("rows", "too_many", format!("At most {most} rows are taken")));
        }
        (!rows.is_empty()).then(|| json!({"rows": rows}))
    }
}

fn fault(field: &str, code: &'static str, message: String) -> AnswerFault {
    AnswerFault { field: field.to_owned(), code, message }
}

/// The engine's path of a fault as a field of the form: `choice[1]` is `choice`, `rows[2].name` is `rows.2.name`.
fn field_of(path: &str) -> String {
    if let Some(rest) = path.strip_prefix("rows[") {
        return format!("rows.{}", rest.replace(']', ""));
    }
    match path.split('[').next().unwrap_or_default() {
        "number" | "date" | "text" => "value".to_owned(),
        "unknown" | "na" | "attest" => "choice".to_owned(),
        other => other.to_owned(),
    }
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), characters.as_str()))
}

/// A day written as four, two and two digits; nothing else.
#[must_use]
pub fn day(text: &str) -> Option<NaiveDate> {
    let shaped = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    if shaped { NaiveDate::parse_from_str(text, "%Y-%m-%d").ok() } else { None }
}

fn rows_of(value: &Value) -> Vec<TableRow> {
    let cells = |row: &Value| {
        let map = row.as_object()?;
        Some(map.iter().filter_map(|(id, cell)| Some((id.clone(), cell.as_str()?.to_owned()))).collect())
    };
    value.as_array().map(|rows| rows.iter().filter_map(cells).collect()).unwrap_or_default()
}

/// The stored form of a value that the engine holds; none for one that nobody can give again without its files.
#[must_use]
pub fn stored_value(value: &AnswerValue) -> Option<Value> {
    Some(match value {
        AnswerValue::One(option) | AnswerValue::Files { choice: Some(option), .. } => {
            json!({"choice": option})
        }
        AnswerValue::Many(options) => json!({"choice": options}),
        AnswerValue::Number(number) => json!({"number": number.to_decimal()?}),
        AnswerValue::Date(day) => json!({"date": day.to_string()}),
        AnswerValue::Text(text) => json!({"text": text}),
        AnswerValue::Rows(rows) => json!({"rows": rows}),
        AnswerValue::Attest => json!({"attest": true}),
        AnswerValue::Unknown => json!({"unknown": true}),
        AnswerValue::NotApplicable { reason } => json!({"na": true, "reason": reason}),
        AnswerValue::Files { choice: None, .. } => return None,
    })
}

/// A stored value as the engine takes it; none for a shape that this build does not know.
#[must_use]
pub fn engine_value(stored: &Value) -> Option<AnswerValue> {
    let map = stored.as_object()?;
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    if map.contains_key("unknown") {
        return Some(AnswerValue::Unknown);
    }
    if map.contains_key("attest") {
        return Some(AnswerValue::Attest);
    }
    if map.contains_key("na") {
        return Some(AnswerValue::NotApplicable { reason: text("reason").unwrap_or_default().to_owned() });
    }
    if let Some(number) = text("number") {
        return number.parse().ok().map(AnswerValue::Number);
    }
    if let Some(date) = text("date") {
        return day(date).map(AnswerValue::Date);
    }
    if let Some(text) = text("text") {
        return Some(AnswerValue::Text(text.to_owned()));
    }
    if let Some(rows) = map.get("rows") {
        return Some(AnswerValue::Rows(rows_of(rows)));
    }
    match map.get("choice")? {
        Value::String(option) => Some(AnswerValue::One(option.clone())),
        Value::Array(options) => {
            Some(AnswerValue::Many(options.iter().filter_map(|o| o.as_str().map(str::to_owned)).collect()))
        }
        _ => None,
    }
}

/// One piece of evidence that stands beside an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cited {
    /// File name or link.
    pub name: String,
    /// The last day it proves anything, if it ends.
    pub valid_until: Option<NaiveDate>,
}

/// A stored answer with its evidence as the engine takes it, before any review.
///
/// A file question is answered by the evidence that stands beside it, so that adding the file is the answer. The
/// grade is *supplied* while any evidence holds on `as_of`, *asserted* otherwise.
#[must_use]
pub fn engine_answer(
    question: &Question,
    stored: Option<&Value>,
    note: Option<&str>,
    cited: &[Cited],
    as_of: NaiveDate,
) -> Answer {
    let mut value = stored.and_then(engine_value);
    if question.answer_type == AnswerType::File && !cited.is_empty() {
        let files: std::collections::BTreeSet<String> = cited.iter().map(|c| c.name.clone()).collect();
        let files: Vec<String> = files.into_iter().collect();
        value = match value {
            None if question.options.is_empty() => Some(AnswerValue::Files { choice: None, files }),
            Some(AnswerValue::One(option)) => Some(AnswerValue::Files { choice: Some(option), files }),
            other => other,
        };
    }
    let holds = cited.iter().any(|c| c.valid_until.is_none_or(|last| last >= as_of));
    let evidence = if holds { Grade::Supplied } else { Grade::Asserted };
    Answer { value, note: note.map(str::to_owned), evidence, ..Answer::default() }
}

/// A stored value in the words of the question, for people: one line per thing said.
#[must_use]
pub fn in_words(question: &Question, stored: Option<&Value>) -> String {
    let label = |id: &str| question.option(id).map_or_else(|| id.to_owned(), |option| option.label.clone());
    match stored.and_then(engine_value) {
        None => "Not answered".to_owned(),
        Some(AnswerValue::Unknown) => "We do not know".to_owned(),
        Some(AnswerValue::Attest) => "Confirmed".to_owned(),
        Some(AnswerValue::NotApplicable { reason }) => format!("Does not apply: {reason}"),
        Some(AnswerValue::Text(text)) => text,
        Some(AnswerValue::Date(day)) => super::due::short_day(day),
        Some(AnswerValue::Number(number)) => {
            let typed = stored.and_then(|value| value.get("number")).and_then(Value::as_str);
            typed.map_or_else(|| number.to_string(), str::to_owned)
        }
        Some(AnswerValue::One(option)) => label(&option),
        Some(AnswerValue::Files { choice, .. }) => {
            choice.map_or_else(|| "Files added".to_owned(), |id| label(&id))
        }
        Some(AnswerValue::Many(options)) => options.iter().map(|id| label(id)).collect::<Vec<_>>().join("\n"),
        Some(AnswerValue::Rows(rows)) if rows.is_empty() => "There are none".to_owned(),
        Some(AnswerValue::Rows(rows)) => {
            let cell = |row: &TableRow, column: &questionnaires::definition::Column| {
                let raw = row.get(&column.id).filter(|cell| !cell.is_empty())?;
                let chosen = column.options.iter().find(|option| option.id == *raw);
                Some(chosen.map_or_else(|| raw.clone(), |option| option.label.clone()))
            };
            let line = |row: &TableRow| {
                let cells: Vec<String> =
                    question.columns.iter().filter_map(|column| cell(row, column)).collect();
                cells.join(", ")
            };
            rows.iter().map(line).collect::<Vec<_>>().join("\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use questionnaires::definition::{Band, Choice, Column};

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()
    }
    fn question(answer_type: AnswerType) -> Question {
        let choice = |id: &str| Choice { id: id.into(), label: id.to_uppercase(), ..Choice::default() };
        let choices = matches!(answer_type, AnswerType::SelectOne | AnswerType::SelectMany);
        Question {
            id: "SEC-IAM-01".into(),
            answer_type,
            options: if choices { vec![choice("full"), choice("part"), choice("none")] } else { Vec::new() },
            ..Question::default()
        }
    }
    fn chose(choices: &[&str]) -> TypedAnswer {
        TypedAnswer { choices: choices.iter().map(|c| (*c).to_owned()).collect(), ..TypedAnswer::default() }
    }
    fn typed(value: &str) -> TypedAnswer {
        TypedAnswer { value: value.into(), ..TypedAnswer::default() }
    }
    fn codes(answer: &TypedAnswer, question: &Question) -> Vec<&'static str> {
        answer.read(question, today()).err().unwrap_or_default().into_iter().map(|fault| fault.code).collect()
    }

    #[test]
    fn v_01_an_option_that_is_not_listed_twice_chosen_or_one_too_many_is_refused() {
        let one = question(AnswerType::SelectOne);
        assert_eq!(chose(&["full"]).read(&one, today()).unwrap().value, Some(json!({"choice": "full"})));
        assert_eq!(codes(&chose(&["nonsense"]), &one), ["not_allowed"]);
        assert_eq!(codes(&chose(&["full", "part"]), &one), ["too_many"]);
        let many = question(AnswerType::SelectMany);
        assert_eq!(
            chose(&["full", "part"]).read(&many, today()).unwrap().value,
            Some(json!({"choice": ["full", "part"]}))
        );
        assert_eq!(codes(&chose(&["full", "full"]), &many), ["not_allowed"]);
        assert_eq!(chose(&[]).read(&many, today()).unwrap().value, None);
    }

    #[test]
    fn v_01_numbers_are_kept_as_they_were_typed_and_what_is_no_number_is_refused() {
        let number = question(AnswerType::Number);
        for text in ["0", "-3", "12.50", "99999999999999999999999999"] {
            assert_eq!(typed(text).read(&number, today()).unwrap().value, Some(json!({"number": text})));
        }
        for text in ["NaN", "1e9", "1/2", "1,200", "--1", "1.2.3", "∞", &"9".repeat(61)] {
            assert_eq!(codes(&typed(text), &number), ["not_a_number"], "{text}");
        }
    }

    #[test]
    fn v_02_a_text_is_stored_byte_for_byte_up_to_64_kb_and_nul_is_refused() {
        let text = question(AnswerType::Text);
        for kept in ["a\r\nb", "a\nb", " \u{202e}rtl 🚲 e\u{301}\u{301} ", &"x".repeat(MAX_TEXT)] {
            assert_eq!(typed(kept).read(&text, today()).unwrap().value, Some(json!({"text": kept})));
        }
        assert_eq!(codes(&typed(&"x".repeat(MAX_TEXT + 1)), &text), ["too_long"]);
        assert_eq!(codes(&typed("a\0b"), &text), ["not_text"]);
    }

    #[test]
    fn v_04_dates_are_days_and_a_banded_date_may_not_lie_ahead() {
        let mut date = question(AnswerType::Date);
        for day in ["2028-02-29", "9999-12-31", "2026-11-25"] {
            assert_eq!(typed(day).read(&date, today()).unwrap().value, Some(json!({"date": day})));
        }
        for nonsense in ["2026-02-29", "24.11.2026", "2026-1-1", "today"] {
            assert_eq!(codes(&typed(nonsense), &date), ["not_a_date"], "{nonsense}");
        }
        date.bands = vec![Band::default()];
        assert_eq!(codes(&typed("2026-11-24"), &date), Vec::<&str>::new());
        assert_eq!(codes(&typed("2026-11-25"), &date), ["not_allowed"]);
    }

    #[test]
    fn na_needs_a_reason_and_must_be_allowed() {
        let mut one = question(AnswerType::SelectOne);
        let na = TypedAnswer { reason: "No AI here".into(), ..chose(&[NOT_APPLICABLE]) };
        assert_eq!(codes(&na, &one), ["not_allowed"]);
        one.na = Some("Why?".into());
        assert_eq!(na.read(&one, today()).unwrap().value, Some(json!({"na": true, "reason": "No AI here"})));
        assert_eq!(codes(&chose(&[NOT_APPLICABLE]), &one), ["required"]);
        assert_eq!(codes(&chose(&[UNKNOWN, "full"]), &one), ["contradiction"]);
        assert_eq!(chose(&[UNKNOWN]).read(&one, today()).unwrap().value, Some(json!({"unknown": true})));
    }

    #[test]
    fn blank_rows_of_a_table_are_dropped_and_required_cells_are_named() {
        let column = |id: &str, required| Column { id: id.into(), required, ..Column::default() };
        let mut table = question(AnswerType::Table);
        table.columns = vec![column("name", true), column("region", false)];
        table.max_rows = Some(1);
        let row = |cells: &[(&str, &str)]| {
            cells.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<TableRow>()
        };
        let rows = |rows: Vec<TableRow>| TypedAnswer { rows, ..TypedAnswer::default() };
        let good =
            rows(vec![row(&[("name", ""), ("region", " ")]), row(&[("name", "Corvid"), ("region", "EU")])]);
        assert_eq!(
            good.read(&table, today()).unwrap().value,
            Some(json!({"rows": [{"name": "Corvid", "region": "EU"}]}))
        );
        let bad = rows(vec![row(&[("region", "EU")])]).read(&table, today()).unwrap_err();
        assert_eq!(bad[0].field, "rows.0.name");
        assert_eq!(codes(&rows(vec![row(&[("name", "A")]), row(&[("name", "B")])]), &table), ["too_many"]);
        // That there are none is an answer; a table that nobody has touched is none.
        assert_eq!(chose(&[NONE]).read(&table, today()).unwrap().value, Some(json!({"rows": []})));
        assert_eq!(rows(vec![row(&[("name", " ")])]).read(&table, today()).unwrap().value, None);
        let both = TypedAnswer { choices: vec![NONE.into()], ..rows(vec![row(&[("name", "A")])]) };
        assert_eq!(codes(&both, &table), ["contradiction"]);
        assert_eq!(codes(&chose(&[NONE]), &question(AnswerType::Text)), ["unknown_option"]);
    }

    #[test]
    fn a_stored_answer_fills_its_form_again() {
        for (answer_type, form) in [
            (AnswerType::SelectOne, TypedAnswer { note: "n".into(), ..chose(&["part"]) }),
            (AnswerType::SelectMany, chose(&["full", "part"])),
            (AnswerType::Number, typed("12.50")),
            (AnswerType::Attest, chose(&["yes"])),
            (AnswerType::Text, chose(&[UNKNOWN])),
            (AnswerType::Table, chose(&[NONE])),
        ] {
            let read = form.read(&question(answer_type), today()).unwrap();
            assert_eq!(TypedAnswer::of_stored(read.value.as_ref(), read.note.as_deref()), form);
        }
    }

    #[test]
    fn a_file_question_is_answered_by_the_evidence_beside_it() {
        let file = question(AnswerType::File);
        let cited = [Cited { name: "card.pdf".into(), valid_until: None }];
        let answer = engine_answer(&file, None, None, &cited, today());
        assert!(answer.substantive().is_some());
        assert_eq!(answer.evidence, Grade::Supplied);
        let expired = [Cited { name: "card.pdf".into(), valid_until: today().pred_opt() }];
        assert_eq!(engine_answer(&file, None, None, &expired, today()).evidence, Grade::Asserted);
        assert_eq!(engine_answer(&file, None, None, &[], today()).value, None);
    }
}
