//! Files to definitions: reads, expands `uses`, lints. Pure: files come as names and bytes.
//!
//! Readings where the format leaves room:
//! - What a file is says its content: `format`, or for a translation `questionnaire` and `lang`; its name says nothing.
//! - Missing keys: every key without "?" in the format is required.
//! - Used questions bring the facts that they name. They are judged in their home file; in the using file only
//!   rule 15 and rule 9 look at them, at the place of their id under `uses`.
//! - "Earlier" for a section's `show_if` means: in a section before it. Checks may name any question.
//! - Question ids are unique within a questionnaire. Whether two files give one id different content is for those to
//!   say who score both.

use std::collections::HashMap;

use super::catalog;
use super::control_set::ControlSet;
use super::definition::Questionnaire;
use super::draft::Draft;
use super::lint::maps::KnownControls;
use super::lint::uses::{Homes, Versions};
use super::lint::{self, Code, Fault, Faults, Severity, show};
use super::overlay::{self, Overlay};
use super::yaml::{self, Node, Pos, Tree};
use super::{read, read_control_set};

/// A file as somebody read it.
#[derive(Debug, Clone, Copy)]
pub struct SourceFile<'a> {
    /// Shown in faults.
    pub name: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
}

/// Everything that a set of files says. Files with faults contribute faults only.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// In the order of the files.
    pub questionnaires: Vec<Questionnaire>,
    /// In the order of the files.
    pub control_sets: Vec<ControlSet>,
    /// In the order of the files.
    pub overlays: Vec<Overlay>,
    /// Faults and warnings, by file in the order given, then by place.
    pub faults: Vec<Fault>,
}

impl Loaded {
    /// Whether any file was refused.
    #[must_use]
    pub fn has_faults(&self) -> bool {
        self.faults.iter().any(|fault| fault.severity() == Severity::Fault)
    }
}

/// Reads and lints `files`. What they name is looked for among them first, then in the shipped catalog.
#[must_use]
pub fn load(files: &[SourceFile<'_>]) -> Loaded {
    load_over(files, Some(catalog::shipped()))
}

enum Content<'n> {
    Questionnaire(Draft<'n>),
    ControlSet(ControlSet),
    Overlay(Overlay),
    Nothing,
}

/// Reads and lints `files` over what `shipped` holds; the shipped files themselves are read over nothing.
pub(crate) fn load_over(files: &[SourceFile<'_>], shipped: Option<&Loaded>) -> Loaded {
    let mut faults: Vec<Faults> = files.iter().map(|file| Faults::new(file.name)).collect();
    let trees: Vec<Tree> =
        files.iter().zip(&mut faults).map(|(file, faults)| yaml::parse(file.bytes, faults)).collect();
    let mut contents: Vec<Content<'_>> =
        trees.iter().zip(&mut faults).map(|(tree, faults)| content(tree, faults)).collect();

    let homes: Vec<Questionnaire> = contents
        .iter()
        .filter_map(|content| match content {
            Content::Questionnaire(draft) => Some(draft.to_questionnaire()),
            _ => None,
        })
        .collect();
    let mut known_homes = Homes::default();
    homes.iter().for_each(|home| known_homes.add(home, true));
    shipped.iter().flat_map(|all| &all.questionnaires).for_each(|home| known_homes.add(home, false));

    for (content, faults) in contents.iter_mut().zip(&mut faults) {
        if let Content::Questionnaire(draft) = content {
            lint::uses::expand(draft, &known_homes, faults);
        }
    }
    let all: Vec<Option<Questionnaire>> = contents
        .iter()
        .map(|content| match content {
            Content::Questionnaire(draft) => Some(draft.to_questionnaire()),
            _ => None,
        })
        .collect();
    let mut versions = Versions::new();
    for whole in all.iter().flatten().chain(shipped.iter().flat_map(|all| &all.questionnaires)) {
        versions.entry((&whole.id, &whole.version)).or_insert(whole);
    }
    let known_controls = known_controls(&contents, shipped);
    for (content, faults) in contents.iter().zip(&mut faults) {
        if let Content::Questionnaire(draft) = content {
            questionnaire(draft, &versions, &known_controls, faults);
        }
    }

    let mut loaded = Loaded::default();
    published_twice(&contents, &all, &trees, &mut faults);
    for (at, content) in contents.iter().enumerate() {
        if let (Content::Overlay(overlay), Some(root), Some(faults)) =
            (content, trees.get(at).and_then(|tree| tree.root.as_ref()), faults.get_mut(at))
        {
            lint_overlay(overlay, root, all.iter().flatten(), shipped, faults);
        }
    }
    for ((content, whole), (tree, faults)) in contents.into_iter().zip(all).zip(trees.iter().zip(faults)) {
        let found = finish(tree.root.as_ref(), faults);
        let good = found.iter().all(|fault| fault.severity() == Severity::Warning);
        loaded.faults.extend(found);
        if !good {
            continue;
        }
        match content {
            Content::Questionnaire(_) => loaded.questionnaires.extend(whole),
            Content::ControlSet(set) => loaded.control_sets.push(set),
            Content::Overlay(overlay) => loaded.overlays.push(overlay),
            Content::Nothing => {}
        }
    }
    loaded
}

/// Rule 16: a version is published once. Two given files with one id and version say the same; translations also have
/// a language.
fn published_twice(
    contents: &[Content<'_>],
    questionnaires: &[Option<Questionnaire>],
    trees: &[Tree],
    faults: &mut [Faults],
) {
    let mut first: HashMap<(&str, &str, &str, &str), usize> = HashMap::new();
    for (at, content) in contents.iter().enumerate() {
        let (kind, id, version, lang) = match (content, &questionnaires[at]) {
            (Content::ControlSet(set), _) => ("control set", set.id.as_str(), set.version.as_str(), ""),
            (Content::Overlay(o), _) => {
                ("translation", o.questionnaire.as_str(), o.version.as_str(), o.lang.as_str())
            }
            (_, Some(one)) => ("questionnaire", one.id.as_str(), one.version.as_str(), ""),
            _ => continue,
        };
        let earlier = *first.entry((kind, id, version, lang)).or_insert(at);
        let same = match (content, &contents[earlier]) {
            (Content::ControlSet(a), Content::ControlSet(b)) => a == b,
            (Content::Overlay(a), Content::Overlay(b)) => a == b,
            _ => questionnaires[at] == questionnaires[earlier],
        };
        if !same && !id.is_empty() {
            let root = trees[at].root.as_ref();
            let place = root.and_then(|root| root.get("id").or(root.get("questionnaire")));
            let place = place.map_or(Pos::START, |node| node.pos);
            let message = format!(
                "another file given says otherwise what the {kind} {} {} is",
                show(id),
                show(version)
            );
            faults[at].add(place, Code::DuplicateId, message);
        }
    }
}

fn content<'n>(tree: &'n Tree, faults: &mut Faults) -> Content<'n> {
    if !tree.complete {
        return Content::Nothing;
    }
    let Some(root) = &tree.root else {
        faults.add(Pos::START, Code::EmptyFile, "there is nothing in this file");
        return Content::Nothing;
    };
    if overlay::is_overlay(root) {
        return overlay::read(root, faults).map_or(Content::Nothing, Content::Overlay);
    }
    if root.scalar().is_some_and(str::is_empty) {
        faults.add(Pos::START, Code::EmptyFile, "there is nothing in this file");
        return Content::Nothing;
    }
    match root.get("format") {
        Some(format) if format.scalar() == Some(read_control_set::FORMAT) => {
            read_control_set::control_set(root, faults).map_or(Content::Nothing, Content::ControlSet)
        }
        Some(format) if format.scalar() != Some(read::FORMAT) => {
            let message = format!("unknown format {}", show(format.scalar().unwrap_or_default()));
            faults.add(format.pos, Code::UnknownFormat, message);
            Content::Nothing
        }
        format => {
            if format.is_none() && !root.entries().is_empty() {
                faults.add(root.pos, Code::MissingKey, "the key format is missing");
            }
            read::questionnaire(root, faults).map_or(Content::Nothing, Content::Questionnaire)
        }
    }
}

fn known_controls(contents: &[Content<'_>], shipped: Option<&Loaded>) -> KnownControls {
    let given = contents.iter().filter_map(|content| match content {
        Content::ControlSet(set) => Some(set),
        _ => None,
    });
    let mut known: KnownControls = HashMap::new();
    // A given set stands for the shipped one of the same id.
    for set in shipped.iter().flat_map(|all| &all.control_sets).chain(given) {
        let references = set.controls().map(|(_, control)| control.reference.clone()).collect();
        known.insert(set.id.clone(), references);
    }
    known
}

/// All rules for a questionnaire whose `uses` are expanded.
fn questionnaire(draft: &Draft<'_>, versions: &Versions<'_>, controls: &KnownControls, faults: &mut Faults) {
    lint::ids::lint(draft, faults);
    lint::options::lint(draft, faults);
    lint::weights::lint(draft, faults);
    lint::conditions::lint(draft, faults);
    lint::uses::lint(draft, versions, faults);
    lint::maps::lint(draft, controls, faults);
    lint::intake::lint(draft, faults);
    lint::warnings::lint(draft, faults);
}

/// The questionnaire that a translation is for: the same version, else the highest; given files first.
fn lint_overlay<'q>(
    overlay: &Overlay,
    root: &Node,
    given: impl Iterator<Item = &'q Questionnaire>,
    shipped: Option<&'q Loaded>,
    faults: &mut Faults,
) {
    let candidates: Vec<&Questionnaire> = given
        .chain(shipped.iter().flat_map(|all| &all.questionnaires))
        .filter(|questionnaire| questionnaire.id == overlay.questionnaire)
        .collect();
    let exact = candidates.iter().find(|questionnaire| questionnaire.version == overlay.version);
    match exact.or(candidates.first()) {
        Some(over) => {
            overlay::lint(root, over, faults);
            stale(overlay, root, over, faults);
        }
        None => {
            let pos = root.get("questionnaire").map_or(root.pos, |node| node.pos);
            let message = format!("there is no questionnaire {}", show(&overlay.questionnaire));
            faults.add(pos, Code::OverlayUnknownQuestionnaire, message);
        }
    }
}

/// What was translated from other words than those that stand there now.
fn stale(overlay: &Overlay, root: &Node, over: &Questionnaire, faults: &mut Faults) {
    if overlay.version != over.version && !overlay.version.is_empty() {
        let pos = root.get("version").map_or(root.pos, |node| node.pos);
        let message = format!("{} is at version {} now", show(&over.id), show(&over.version));
        faults.add(pos, Code::OverlayStale, message);
    }
    for id in overlay.stale(over) {
        let entry = root.get("questions").and_then(|questions| questions.get(&id));
        let pos = entry.and_then(|entry| entry.get("text_hash")).map_or(root.pos, |node| node.pos);
        faults.add_for(&id, pos, Code::OverlayStale, format!("the text of {} has changed", show(&id)));
    }
}

/// Adds the question to each fault that lies inside one, and sorts by place.
fn finish(root: Option<&Node>, mut faults: Faults) -> Vec<Fault> {
    let mut spans: Vec<(Pos, Pos, &str)> = Vec::new();
    for section in root.and_then(|root| root.get("sections")).map(Node::items).unwrap_or_default() {
        for question in section.get("questions").map(Node::items).unwrap_or_default() {
            if let Some(id) = question.get("id").and_then(Node::scalar).filter(|id| !id.is_empty()) {
                spans.push((question.pos, question.end, id));
            }
        }
    }
    for entry in root.and_then(|root| root.get("questions")).map(Node::entries).unwrap_or_default() {
        spans.push((entry.key_pos, entry.node.end, &entry.key));
    }
    spans.sort_unstable_by_key(|span| span.0);
    for fault in faults.iter_mut().filter(|fault| fault.question.is_none()) {
        let pos = Pos { line: fault.line, column: fault.column };
        let before = spans.partition_point(|span| span.0 <= pos);
        if let Some((start, end, id)) = before.checked_sub(1).and_then(|at| spans.get(at)) {
            // After a syntax error the question that was open has no end; the error belongs to it.
            if pos < *end || start == end {
                fault.question = Some(lint::clean(id));
            }
        }
    }
    let mut found = faults.into_vec();
    found.sort_by_key(|fault| (fault.line, fault.column, fault.code));
    found.dedup();
    found
}
