//! A questionnaire as the text of a file, so that generated ones go through the loader.

use questionnaires::definition::Questionnaire;
use questionnaires::definition::load::{SourceFile, load};
use questionnaires::exact::Exact;
use serde_json::Value;

/// Keys whose values are numbers in files and exact texts in the pinned form.
const NUMBERS: [&str; 6] = ["credit", "upto", "multiplier", "pass", "gte", "lte"];

/// The file, as JSON, which is YAML too.
pub fn file_text(questionnaire: &Questionnaire) -> String {
    let mut value = serde_json::to_value(questionnaire).unwrap();
    mark_numbers(&mut value);
    serde_json::to_string_pretty(&value).unwrap().replace("\"<number>", "").replace("</number>\"", "")
}

fn mark_numbers(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            for (key, entry) in entries.iter_mut() {
                match entry {
                    Value::String(text) if NUMBERS.contains(&key.as_str()) => {
                        *text = format!("<number>{}</number>", decimal(&text.parse().unwrap()));
                    }
                    other => mark_numbers(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mark_numbers),
        _ => {}
    }
}

fn decimal(value: &Exact) -> String {
    let places = (0..=4).find(|places| value.rounded(*places) == *value).expect("at most four decimals");
    let scaled = value * &Exact::from(10_i64.pow(places as u32));
    let digits = format!("{:0>width$}", scaled.to_string(), width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
}

/// Reads the text through the loader; every fault fails the test, warnings do not.
pub fn loaded(questionnaire: &Questionnaire) -> Result<Questionnaire, String> {
    let text = file_text(questionnaire);
    let loaded = load(&[SourceFile { name: "generated.yaml", bytes: text.as_bytes() }]);
    if loaded.has_faults() {
        return Err(format!("{:#?}\n{text}", loaded.faults));
    }
    loaded.questionnaires.into_iter().next().ok_or_else(|| "nothing was loaded".to_owned())
}
