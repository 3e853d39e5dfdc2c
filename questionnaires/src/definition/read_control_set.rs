//! A control-set file: node tree to [`ControlSet`].

use std::collections::HashSet;

use super::control_set::{Control, ControlGroup, ControlSet};
use super::fields::*;
use super::lint::{Code, Faults, ids, show};
use super::yaml::{Node, Value};
use crate::exact::Exact;

/// The `format` of control-set files.
pub const FORMAT: &str = "assay-control-set/1";

/// Reads a control set. Returns nothing only when the file is no map.
///
/// The format shows the keys by example; `authority`, `licence_note` and `text_allowed` (false) may be absent here.
pub(crate) fn control_set(root: &Node, faults: &mut Faults) -> Option<ControlSet> {
    let keys = ["format", "id", "version", "title", "authority", "licence_note", "text_allowed", "groups"];
    let fields = Fields::read(root, "a control set", &keys, faults)?;
    let mut set = ControlSet { format: FORMAT.to_owned(), ..ControlSet::default() };
    if let Some(node) = fields.required("id", faults) {
        set.id = ids::name(node, Code::QuestionnaireIdSyntax, faults).unwrap_or_default();
    }
    if let Some(node) = fields.required("version", faults) {
        set.version = ids::version(node, faults).unwrap_or_default();
    }
    set.title = fields.required_text("title", faults);
    set.authority = fields.text("authority", faults);
    set.licence_note = fields.text("licence_note", faults);
    set.text_allowed = fields.flag("text_allowed", faults);
    let mut groups = HashSet::new();
    let mut references = HashSet::new();
    if let Some(list) = fields.required("groups", faults) {
        not_empty(list, "a control set has at least one group", faults);
        for node in items(list, faults) {
            let Some(fields) = Fields::read(node, "a group", &["id", "title", "controls"], faults) else {
                continue;
            };
            let mut group = ControlGroup::default();
            if let Some(node) = fields.required("id", faults)
                && let Some(id) = reference(node, faults)
            {
                if !groups.insert(id.clone()) {
                    faults.add(node.pos, Code::DuplicateId, format!("a second group {}", show(&id)));
                }
                group.id = id;
            }
            group.title = fields.required_text("title", faults);
            if let Some(list) = fields.required("controls", faults) {
                not_empty(list, "a group has at least one control", faults);
                for node in items(list, faults) {
                    group.controls.extend(control(node, &mut references, faults));
                }
            }
            set.groups.push(group);
        }
    }
    Some(set)
}

fn not_empty(list: &Node, message: &str, faults: &mut Faults) {
    if matches!(&list.value, Value::Seq(items) if items.is_empty()) {
        faults.add(list.pos, Code::MissingKey, message);
    }
}

/// A framework's own identifier: any text without spaces, held to the rules of every text.
fn reference(node: &Node, faults: &mut Faults) -> Option<String> {
    let text = text(node, faults)?;
    if text.contains(char::is_whitespace) || text.len() > 80 {
        faults.add(node.pos, Code::TextNotPlain, "a reference has no spaces and at most 80 characters");
    }
    Some(text)
}

fn control(node: &Node, references: &mut HashSet<String>, faults: &mut Faults) -> Option<Control> {
    let keys = ["ref", "label", "weight", "why", "url", "applies_from", "source", "checked_on"];
    let fields = Fields::read(node, "a control", &keys, faults)?;
    let mut control = Control { weight: Exact::one(), ..Control::default() };
    if let Some(node) = fields.required("ref", faults)
        && let Some(id) = reference(node, faults)
    {
        if !references.insert(id.clone()) {
            faults.add(node.pos, Code::DuplicateId, format!("a second control {}", show(&id)));
        }
        control.reference = id;
    }
    control.label = fields.required_text("label", faults);
    control.why = fields.text("why", faults);
    if let Some(node) = fields.get("weight")
        && let Some(weight) = integer(node, 0, 5, Code::WeightRange, faults)
    {
        control.weight = Exact::from(i64::from(weight));
        if weight != 1 && fields.get("why").is_none() {
            faults.add(node.pos, Code::ControlWhyMissing, format!("weight {weight} without a reason"));
        }
    }
    if let Some(node) = fields.get("url") {
        control.url = bare_text(node, faults);
        if let Some(url) = control.url.as_deref().filter(|url| !is_https_address(url)) {
            faults.add(node.pos, Code::ControlUrl, format!("{} is no https address", show(url)));
        }
    }
    control.applies_from = fields.get("applies_from").and_then(|node| date(node, faults));
    control.source = fields.text("source", faults);
    control.checked_on = fields.get("checked_on").and_then(|node| date(node, faults));
    Some(control)
}

/// `https://`, a host, and no space anywhere.
fn is_https_address(url: &str) -> bool {
    let host = url.strip_prefix("https://").and_then(|rest| rest.chars().next());
    host.is_some_and(char::is_alphanumeric) && !url.contains(char::is_whitespace)
}
