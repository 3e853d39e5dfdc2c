//! Rule 14: control sets named by `maps` and `assured_by` are known; a control that its set lacks is a warning.

use std::collections::{HashMap, HashSet};

use super::texts::holds_html;
use super::{Code, Faults, show};
use crate::definition::definition::MapRef;
use crate::definition::draft::Draft;
use crate::definition::yaml::Node;

/// The references of every known control set, by its id.
pub(crate) type KnownControls = HashMap<String, HashSet<String>>;

/// One entry of `maps`: `<control set id>:<ref>`, without HTML.
pub(crate) fn parse(text: &str) -> Option<MapRef> {
    text.parse().ok().filter(|_| !holds_html(text))
}

/// Every own question. The format says of `maps` that its sets are known; for `assured_by`, a list of the same ids,
/// the same holds here.
pub(crate) fn lint(draft: &Draft<'_>, known: &KnownControls, faults: &mut Faults) {
    for question in &draft.questions {
        let Some(node) = question.node else { continue };
        for item in node.get("maps").map(Node::items).unwrap_or_default() {
            let Some(MapRef { set, reference }) = item.scalar().and_then(parse) else { continue };
            match known.get(&set) {
                None => {
                    faults.add(
                        item.pos,
                        Code::UnknownControlSet,
                        format!("there is no control set {}", show(&set)),
                    );
                }
                Some(controls) if !controls.contains(&reference) => {
                    let message = format!("the control set {set} has no control {}", show(&reference));
                    faults.add(item.pos, Code::UnknownControl, message);
                }
                Some(_) => {}
            }
        }
        for item in node.get("assured_by").map(Node::items).unwrap_or_default() {
            if let Some(set) = item.scalar().filter(|set| !known.contains_key(*set)) {
                faults.add(
                    item.pos,
                    Code::UnknownControlSet,
                    format!("there is no control set {}", show(set)),
                );
            }
        }
    }
}
