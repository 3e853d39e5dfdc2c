//! Rule 2: how ids look, and that they are unique.

use std::collections::HashSet;
use std::str::FromStr;

use super::{Code, Faults, show};
use crate::definition::definition::Kind;
use crate::definition::draft::Draft;
use crate::definition::fields::word;
use crate::definition::version::Version;
use crate::definition::yaml::{Node, Pos};

/// Words that some YAML readers take for a truth value or null.
const RESERVED: [&str; 9] = ["yes", "no", "on", "off", "true", "false", "y", "n", "null"];

/// Reads an id whose look the code stands for.
pub(crate) fn name(node: &Node, code: Code, faults: &mut Faults) -> Option<String> {
    let text = word(node, faults)?;
    check(&text, node.pos, code, faults);
    Some(text)
}

/// Holds an id against the look that the code stands for.
///
/// The format leaves open how facts, checks, columns and topics look (`NameSyntax`): snake_case, at most 40.
pub(crate) fn check(text: &str, pos: Pos, code: Code, faults: &mut Faults) {
    let good = match code {
        Code::QuestionnaireIdSyntax => {
            (3..=40).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        }
        Code::SectionIdSyntax => text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase()),
        Code::NameSyntax => snake_case(text, 1, 40),
        _ => snake_case(text, 2, 20),
    };
    if !good {
        faults.add(pos, code, format!("{} cannot be used here", show(text)));
    }
}

/// The word of an option id. An unquoted `null` is a word here, so that it is refused for what it is.
pub(crate) fn option_word(node: &Node, faults: &mut Faults) -> Option<String> {
    match node.scalar() {
        Some("null") => Some("null".to_owned()),
        _ => word(node, faults),
    }
}

pub(crate) fn check_option(text: &str, pos: Pos, faults: &mut Faults) {
    if RESERVED.contains(&text) {
        faults.add(pos, Code::OptionIdReserved, format!("{} is no option id", show(text)));
    } else {
        check(text, pos, Code::OptionIdSyntax, faults);
    }
}

fn snake_case(text: &str, from: usize, to: usize) -> bool {
    (from..=to).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Reads a version of three numbers.
pub(crate) fn version(node: &Node, faults: &mut Faults) -> Option<String> {
    let text = word(node, faults)?;
    if Version::from_str(&text).is_err() {
        faults.add(node.pos, Code::VersionSyntax, format!("{} is no version", show(&text)));
    }
    Some(text)
}

/// The three forms of question ids.
#[derive(PartialEq)]
enum Form {
    Long,
    Short,
    Intake,
}

fn form(id: &str) -> Option<Form> {
    let parts: Vec<&str> = id.split('-').take(4).collect();
    let capitals = |part: &str| part.len() == 3 && part.bytes().all(|b| b.is_ascii_uppercase());
    let number = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    match parts[..] {
        [a, b, c] if capitals(a) && capitals(b) && number(c) => Some(Form::Long),
        [a, b] if capitals(a) && number(b) => Some(Form::Short),
        ["INH", b] if capitals(b) => Some(Form::Intake),
        _ => None,
    }
}

/// Ids of own questions, and that ids of sections, questions, facts and checks stand once.
pub(crate) fn lint(draft: &Draft<'_>, faults: &mut Faults) {
    let own: Vec<_> = draft.questions.iter().filter(|q| q.node.is_some() && q.sound.id).collect();
    let first = own.iter().find(|q| form(q.id()).is_some()).and_then(|q| q.id().get(..3));
    let any_short = own.iter().any(|q| form(q.id()) == Some(Form::Short));
    for question in &own {
        let (id, pos) = (question.id(), question.at("id"));
        match form(id) {
            Some(Form::Intake) if draft.head.kind != Kind::Intake => {
                faults.add_for(id, pos, Code::QuestionIdSyntax, "INH-ABC is an id of the intake");
            }
            None => {
                faults.add_for(id, pos, Code::QuestionIdSyntax, format!("{} is no question id", show(id)));
            }
            Some(_) if any_short && id.get(..3) != first => {
                let message =
                    "there are ids of the form ABC-01, and this one begins otherwise than the first id";
                faults.add_for(id, pos, Code::QuestionIdPrefix, message);
            }
            Some(_) => {}
        }
    }
    let mut seen = HashSet::new();
    for question in &draft.questions {
        if question.sound.id && !seen.insert(question.id()) {
            let message = format!("a second question {}", show(question.id()));
            faults.add_for(question.id(), question.at("id"), Code::DuplicateId, message);
        }
    }
    let at = |node: &Node| node.get("id").map_or(node.pos, |id| id.pos);
    for list in ["sections", "facts", "checks"] {
        let mut seen = HashSet::new();
        for node in draft.root.get(list).map(Node::items).unwrap_or_default() {
            if let Some(id) = node.get("id").and_then(Node::scalar)
                && !seen.insert(id)
            {
                faults.add(at(node), Code::DuplicateId, format!("a second {} in {list}", show(id)));
            }
        }
    }
}
