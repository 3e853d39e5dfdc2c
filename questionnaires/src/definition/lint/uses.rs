//! Expands `uses`, and rule 15: whatever a used question hangs on is used too.

use std::collections::{HashMap, HashSet};

use super::{Code, Faults, clean, show};
use crate::definition::definition::{Condition, Fact, Kind, Question, Questionnaire, UsedFrom};
use crate::definition::draft::{Draft, QuestionDraft, Sound, UseDraft};
use crate::definition::version::{Version, VersionRange};

/// The questionnaires that `uses` may name. Only what they ask themselves can be used.
#[derive(Debug, Default)]
pub(crate) struct Homes<'a> {
    by_id: HashMap<&'a str, Vec<Home<'a>>>,
}

#[derive(Debug)]
struct Home<'a> {
    version: Version,
    whole: &'a Questionnaire,
    own: HashMap<&'a str, &'a Question>,
    /// Files given on the command line come before the shipped ones.
    given: bool,
}

impl<'a> Homes<'a> {
    /// Adds a questionnaire; one without a readable version cannot be named.
    pub fn add(&mut self, whole: &'a Questionnaire, given: bool) {
        let Ok(version) = whole.version.parse() else { return };
        let mut own = HashMap::new();
        for (_, question) in whole.questions().filter(|(_, question)| question.used_from.is_none()) {
            own.entry(question.id.as_str()).or_insert(question);
        }
        self.by_id.entry(&whole.id).or_default().push(Home { version, whole, own, given });
    }

    /// The highest match among the given files, else among the shipped ones; among equals the first given.
    fn find(&self, id: &str, range: VersionRange) -> Option<&Home<'a>> {
        let all = self.by_id.get(id)?;
        [true, false].into_iter().find_map(|given| {
            let fits = all.iter().filter(|home| home.given == given && range.matches(home.version));
            fits.reduce(|best, home| if home.version > best.version { home } else { best })
        })
    }
}

/// Questionnaires with their `uses` expanded, by id and version; of two that are the same the first.
pub(crate) type Versions<'a> = HashMap<(&'a str, &'a str), &'a Questionnaire>;

/// Puts the used questions behind each section's own and adds the facts that they name.
///
/// A fact of the using file wins over a brought one; of two brought ones the first wins. A used id that the
/// questionnaire already has is a fault and is left out.
pub(crate) fn expand(draft: &mut Draft<'_>, homes: &Homes<'_>, faults: &mut Faults) {
    let own = std::mem::take(&mut draft.questions);
    let mut taken: HashSet<String> = own.iter().map(|q| q.id().to_owned()).collect();
    let mut facts: HashSet<String> = draft.head.facts.iter().map(|fact| fact.id.clone()).collect();
    let mut own = own.into_iter().peekable();
    let mut all = Vec::new();
    let mut brought = Vec::new();
    for (at, section) in draft.sections.iter().enumerate() {
        while let Some(question) = own.next_if(|q| q.section == at) {
            all.push(question);
        }
        for entry in &section.uses {
            let Some(home) = find(entry, homes, faults) else { continue };
            for (id, pos) in &entry.questions {
                let Some(question) = home.own.get(id.as_str()) else {
                    let message =
                        format!("{} itself asks no question {}", show(&entry.questionnaire), show(id));
                    faults.add_for(id, *pos, Code::UsesUnknownQuestion, message);
                    continue;
                };
                if home.whole.kind == Kind::Intake && draft.head.kind != Kind::Intake {
                    faults.add_for(
                        id,
                        *pos,
                        Code::IntakeOnly,
                        format!("{} is asked in the intake", show(id)),
                    );
                }
                if !taken.insert(id.clone()) {
                    faults.add_for(id, *pos, Code::DuplicateId, format!("a second question {}", show(id)));
                    continue;
                }
                bring_facts(question, home.whole, &mut facts, &mut brought);
                let mut question = (*question).clone();
                question.used_from = Some(UsedFrom {
                    questionnaire: home.whole.id.clone(),
                    version: home.version.to_string(),
                });
                let terms =
                    question.show_if.as_ref().map(|c| vec![*pos; c.terms().len()]).unwrap_or_default();
                all.push(QuestionDraft {
                    question,
                    section: at,
                    node: None,
                    pos: *pos,
                    terms,
                    sound: Sound::ALL,
                });
            }
        }
    }
    all.extend(own);
    draft.questions = all;
    draft.head.facts.extend(brought);
}

fn find<'h, 'a>(entry: &UseDraft, homes: &'h Homes<'a>, faults: &mut Faults) -> Option<&'h Home<'a>> {
    let range = entry.range?;
    let found = homes.find(&entry.questionnaire, range);
    if found.is_none() {
        if homes.by_id.contains_key(entry.questionnaire.as_str()) {
            let message =
                format!("no version of {} fits {}", show(&entry.questionnaire), show(&entry.range_text));
            faults.add(entry.range_pos, Code::UsesVersion, message);
        } else {
            let message = format!("there is no questionnaire {}", show(&entry.questionnaire));
            faults.add(entry.pos, Code::UsesUnknownQuestionnaire, message);
        }
    }
    found
}

fn bring_facts(
    question: &Question,
    home: &Questionnaire,
    have: &mut HashSet<String>,
    brought: &mut Vec<Fact>,
) {
    let terms = question.show_if.as_ref().map(Condition::terms).unwrap_or_default();
    let named = terms.iter().filter_map(|term| match term {
        Condition::Profile { fact, .. } => Some(fact),
        _ => None,
    });
    for name in named.chain(question.widen.iter().map(|widen| &widen.fact)) {
        if let Some(fact) = home.fact(name)
            && have.insert(name.clone())
        {
            brought.push(fact.clone());
        }
    }
}

/// Rule 15, after expansion: every question that a used question's condition names stands before it, with the content
/// that it has in the used question's own version of its home. Another version's question of the same id, or a
/// namesake, may score and hide otherwise than the condition was judged for.
pub(crate) fn lint(draft: &Draft<'_>, versions: &Versions<'_>, faults: &mut Faults) {
    let mut homes: HashMap<(&str, &str), HashMap<&str, &Question>> = HashMap::new();
    let mut earlier: HashMap<&str, &Question> = HashMap::new();
    for question in &draft.questions {
        if let (None, Some(from)) = (&question.node, &question.question.used_from) {
            let version = (from.questionnaire.as_str(), from.version.as_str());
            let home = homes.entry(version).or_insert_with(|| {
                let asked = versions.get(&version).into_iter().flat_map(|whole| whole.questions());
                asked.map(|(_, question)| (question.id.as_str(), question)).collect()
            });
            let mut told = HashSet::new();
            for gate in question.question.show_if.iter().flat_map(Condition::questions) {
                let standing = earlier.get(gate);
                let same =
                    standing.zip(home.get(gate)).is_some_and(|(there, meant)| there.same_content(meant));
                if !same && told.insert(gate) {
                    let who = match standing {
                        Some(_) => "another question of that id stands",
                        None => "it does not stand",
                    };
                    let message = format!("{} hangs on {}; {who} before it", question.id(), clean(gate));
                    faults.add_for(question.id(), question.pos, Code::UsedGateMissing, message);
                }
            }
        }
        earlier.entry(question.id()).or_insert(&question.question);
    }
}
