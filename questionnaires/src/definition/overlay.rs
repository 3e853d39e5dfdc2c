//! Translations: texts by id over a questionnaire, never structure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::definition::{Question, Questionnaire};
use super::fields::*;
use super::lint::{Code, Faults, show, texts};
use super::yaml::{Node, Pos};

/// The texts of one questionnaire in another language. What is missing is shown in the questionnaire's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// Id of the questionnaire.
    pub questionnaire: String,
    /// The version that was translated.
    pub version: String,
    /// Language, such as `hi`.
    pub lang: String,
    /// Labels by scale and option.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub scales: BTreeMap<String, BTreeMap<String, String>>,
    /// Texts by question.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub questions: BTreeMap<String, QuestionTexts>,
}

/// The translated texts of one question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionTexts {
    /// The question.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    /// Its help.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub help: Option<String>,
    /// Labels by option.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub options: BTreeMap<String, String>,
    /// What would prove the answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub evidence: Option<String>,
    /// What to do about a gap.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fix: Option<String>,
    /// [`text_hash`] of the question that was translated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text_hash: Option<String>,
}

/// SHA-256, in hexadecimal, of the texts of a question that a translation covers: one JSON list of its text, help,
/// option ids and labels, evidence and fix.
#[must_use]
pub fn text_hash(question: &Question) -> String {
    let options: Vec<(&str, &str)> =
        question.options.iter().map(|o| (o.id.as_str(), o.label.as_str())).collect();
    let texts = serde_json::json!([question.text, question.help, options, question.evidence, question.fix]);
    hex::encode(Sha256::digest(texts.to_string()))
}

impl Overlay {
    /// What the questionnaire says and this translation does not, as `id.key` paths in file order.
    #[must_use]
    pub fn missing(&self, questionnaire: &Questionnaire) -> Vec<String> {
        let none = QuestionTexts::default();
        let mut found = Vec::new();
        for (_, question) in questionnaire.questions() {
            let have = self.questions.get(&question.id).unwrap_or(&none);
            let mut need = |key: &str, wanted: bool, given: bool| {
                if wanted && !given {
                    found.push(format!("{}.{key}", question.id));
                }
            };
            need("text", true, have.text.is_some());
            need("help", question.help.is_some(), have.help.is_some());
            let scale = question.scale.as_ref().and_then(|scale| self.scales.get(scale));
            for option in &question.options {
                let given = have.options.contains_key(&option.id)
                    || scale.is_some_and(|s| s.contains_key(&option.id));
                need(&format!("options.{}", option.id), true, given);
            }
            need("evidence", question.evidence.is_some(), have.evidence.is_some());
            need("fix", question.fix.is_some(), have.fix.is_some());
        }
        found
    }

    /// The questions whose text has changed since they were translated; only those with a `text_hash` can be told.
    #[must_use]
    pub fn stale(&self, questionnaire: &Questionnaire) -> Vec<String> {
        let changed = |question: &&Question| {
            let hash = self.questions.get(&question.id).and_then(|texts| texts.text_hash.as_ref());
            hash.is_some_and(|hash| *hash != text_hash(question))
        };
        questionnaire.questions().map(|(_, q)| q).filter(changed).map(|q| q.id.clone()).collect()
    }
}

/// Whether a file is a translation: it has no `format`, but a language or a questionnaire.
pub(crate) fn is_overlay(root: &Node) -> bool {
    root.get("format").is_none() && (root.get("lang").is_some() || root.get("questionnaire").is_some())
}

/// Reads a translation. Ids are compared with the questionnaire by [`lint`].
pub(crate) fn read(root: &Node, faults: &mut Faults) -> Option<Overlay> {
    let keys = ["questionnaire", "version", "lang", "scales", "questions"];
    let fields = Fields::read(root, "a translation", &keys, faults)?;
    let mut overlay = Overlay::default();
    let questionnaire = fields.required("questionnaire", faults).and_then(|node| word(node, faults));
    if let Some(node) = fields.required("version", faults) {
        overlay.version = super::lint::ids::version(node, faults).unwrap_or_default();
    }
    if let Some(node) = fields.required("lang", faults) {
        overlay.lang = language(node, faults).unwrap_or_default();
    }
    if let Some(node) = map(fields.get("scales"), "scales", faults) {
        for entry in node.entries() {
            overlay.scales.insert(entry.key.clone(), labels(&entry.node, faults));
        }
    }
    if let Some(node) = map(fields.get("questions"), "questions", faults) {
        for entry in node.entries() {
            if let Some(texts) = question(&entry.node, faults) {
                overlay.questions.insert(entry.key.clone(), texts);
            }
        }
    }
    // Without an id nothing can be said about what is translated.
    overlay.questionnaire = questionnaire?;
    Some(overlay)
}

fn language(node: &Node, faults: &mut Faults) -> Option<String> {
    let text = word(node, faults)?;
    let mut parts = text.split('-');
    let main = parts.next().unwrap_or_default();
    let good = (2..=3).contains(&main.len())
        && main.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if !good {
        faults.add(
            node.pos,
            Code::UnknownWord,
            format!("{} is no language such as hi or pt-BR", show(&text)),
        );
    }
    Some(text)
}

fn map<'n>(node: Option<&'n Node>, what: &str, faults: &mut Faults) -> Option<&'n Node> {
    let node = node?;
    if !matches!(node.value, super::yaml::Value::Map(_)) {
        wrong_type(node, &format!("{what} is a map by id"), faults);
    }
    Some(node)
}

fn labels(node: &Node, faults: &mut Faults) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in map(Some(node), "a list of labels", faults).map(Node::entries).unwrap_or_default() {
        if let Some(label) = text(&entry.node, faults) {
            found.insert(entry.key.clone(), label);
        }
    }
    found
}

fn question(node: &Node, faults: &mut Faults) -> Option<QuestionTexts> {
    let keys = ["text", "help", "options", "evidence", "fix", "text_hash"];
    let fields = Fields::read(node, "a translated question", &keys, faults)?;
    Some(QuestionTexts {
        text: fields.get("text").and_then(|node| question_text(node, &texts::MARKS, faults)),
        help: fields.text("help", faults),
        options: fields.get("options").map(|node| labels(node, faults)).unwrap_or_default(),
        evidence: fields.text("evidence", faults),
        fix: fields.text("fix", faults),
        text_hash: fields.get("text_hash").and_then(|node| word(node, faults)),
    })
}

/// That a translation has no id which the questionnaire lacks.
pub(crate) fn lint(root: &Node, over: &Questionnaire, faults: &mut Faults) {
    let unknown = |what: &str, id: &str, pos: Pos, faults: &mut Faults| {
        faults.add(pos, Code::OverlayUnknownId, format!("{} has no {what} {}", show(&over.id), show(id)));
    };
    let questions: BTreeMap<&str, &Question> = over.questions().map(|(_, q)| (q.id.as_str(), q)).collect();
    // Of several questions with the same scale name, a used one may have brought a scale of its own.
    let mut scales: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for question in questions.values() {
        if let Some(scale) = &question.scale {
            scales.entry(scale).or_default().extend(question.options.iter().map(|o| o.id.as_str()));
        }
    }
    for known in scales.values_mut() {
        known.sort_unstable();
        known.dedup();
    }
    for scale in root.get("scales").map(Node::entries).unwrap_or_default() {
        let Some(known) = scales.get(scale.key.as_str()) else {
            unknown("scale", &scale.key, scale.key_pos, faults);
            continue;
        };
        for entry in scale.node.entries().iter().filter(|e| known.binary_search(&e.key.as_str()).is_err()) {
            unknown("option", &entry.key, entry.key_pos, faults);
        }
    }
    for entry in root.get("questions").map(Node::entries).unwrap_or_default() {
        let Some(question) = questions.get(entry.key.as_str()) else {
            unknown("question", &entry.key, entry.key_pos, faults);
            continue;
        };
        for option in entry.node.get("options").map(Node::entries).unwrap_or_default() {
            if question.option(&option.key).is_none() {
                unknown("option", &option.key, option.key_pos, faults);
            }
        }
    }
}
