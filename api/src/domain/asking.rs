//! What a vendor may be asked: which questions of a questionnaire can appear at all, given what the buyer already
//! knows, whatever the vendor answers. Previews and invitations count with it ("up to 145 questions").

use questionnaires::{
    answering::Facts,
    definition::{Condition, Question, Questionnaire, Section, Tier, catalog::Library},
};
use std::collections::BTreeSet;

/// A section with the questions that can appear in it, in file order. Never empty.
#[derive(Clone, Debug)]
pub struct AskedSection<'a> {
    /// The section.
    pub section: &'a Section,
    /// Each question, and whether it depends on an earlier answer.
    pub questions: Vec<(&'a Question, bool)>,
}

/// The sections and questions that can appear for these facts and this tier, whatever the vendor answers.
#[must_use]
pub fn asked<'a>(
    questionnaire: &'a Questionnaire,
    facts: &Facts,
    tier: Option<Tier>,
) -> Vec<AskedSection<'a>> {
    let mut possible: BTreeSet<&str> = BTreeSet::new();
    let mut sections = Vec::new();
    for section in &questionnaire.sections {
        let holds = |condition: Option<&Condition>, possible: &BTreeSet<&str>| {
            condition.is_none_or(|condition| may_hold(condition, questionnaire, possible, facts, tier))
        };
        if !holds(section.show_if.as_ref(), &possible) {
            continue;
        }
        let depends = |condition: Option<&Condition>| {
            condition.is_some_and(|condition| condition.questions().next().is_some())
        };
        let section_depends = depends(section.show_if.as_ref());
        let mut questions = Vec::new();
        for question in &section.questions {
            if holds(question.show_if.as_ref(), &possible) {
                possible.insert(&question.id);
                questions.push((question, section_depends || depends(question.show_if.as_ref())));
            }
        }
        if !questions.is_empty() {
            sections.push(AskedSection { section, questions });
        }
    }
    sections
}

/// Conditions hold no negation of a part, so taking every term on a question that can appear as true is the widest
/// reading.
fn may_hold(
    condition: &Condition,
    questionnaire: &Questionnaire,
    possible: &BTreeSet<&str>,
    facts: &Facts,
    tier: Option<Tier>,
) -> bool {
    let recurse = |part: &Condition| may_hold(part, questionnaire, possible, facts, tier);
    match condition {
        Condition::All { all } => all.iter().all(recurse),
        Condition::Any { any } => any.iter().any(recurse),
        Condition::Profile { fact, is } => {
            let known = facts.get(fact).copied();
            known.or_else(|| questionnaire.fact(fact).map(|f| f.default)).unwrap_or(false) == *is
        }
        Condition::Tier { tiers } => tier.is_some_and(|tier| tiers.contains(&tier)),
        term => term.question().is_some_and(|id| possible.contains(id)),
    }
}

/// How many different questions can appear over several questionnaires; one asked in two counts once.
#[must_use]
pub fn question_count<'a>(
    questionnaires: impl IntoIterator<Item = &'a Questionnaire>,
    facts: &Facts,
    tier: Option<Tier>,
) -> usize {
    let mut ids = BTreeSet::new();
    for questionnaire in questionnaires {
        for section in asked(questionnaire, facts, tier) {
            ids.extend(section.questions.into_iter().map(|(question, _)| question.id.as_str()));
        }
    }
    ids.len()
}

/// The sets named by `maps` anywhere in these questionnaires, each once, sorted.
#[must_use]
pub fn control_sets_used<'a>(
    questionnaires: impl IntoIterator<Item = &'a Questionnaire>,
) -> BTreeSet<&'a str> {
    questionnaires
        .into_iter()
        .flat_map(Questionnaire::questions)
        .flat_map(|(_, question)| &question.maps)
        .map(|map| map.set.as_str())
        .collect()
}

/// The requirements that a question answers to, by the names of their frameworks, as its questionnaire maps it:
/// `ISO/IEC 27001:2022 Annex A: A.5.1, A.5.2; EU AI Act, Regulation (EU) 2024/1689: 10`. None when it maps to none of
/// the `shipped` control sets: the names of others are the buyer's own words.
#[must_use]
pub fn requirements_in_words(question: &Question, shipped: &Library) -> Option<String> {
    let words = requirements(question, |set| shipped.control_set(set).map(|set| set.title.as_str()));
    (!words.is_empty()).then(|| words.join("; "))
}

/// The requirements that a question answers to, one line for each framework that has a title.
#[must_use]
pub fn requirements<'a>(question: &'a Question, title: impl Fn(&'a str) -> Option<&'a str>) -> Vec<String> {
    let mut frameworks: Vec<(&str, Vec<&str>)> = Vec::new();
    for map in &question.maps {
        let Some(title) = title(&map.set) else { continue };
        match frameworks.iter_mut().find(|(known, _)| *known == title) {
            Some((_, refs)) => refs.push(&map.reference),
            None => frameworks.push((title, vec![&map.reference])),
        }
    }
    frameworks.into_iter().map(|(title, refs)| format!("{title}: {}", refs.join(", "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use questionnaires::definition::MapRef;

    #[test]
    fn a_false_fact_leaves_out_what_only_it_could_show() {
        let library = Library::shipped();
        let core = library.questionnaire("supplier-security-core").unwrap();
        let every: Facts = core.facts.iter().map(|fact| (fact.id.clone(), true)).collect();
        let none: Facts = core.facts.iter().map(|fact| (fact.id.clone(), false)).collect();
        let count = |facts: &Facts| question_count([core], facts, Some(Tier::High));
        assert!(count(&none) < count(&every));
        assert!(count(&every) <= core.questions().count());
        assert_eq!(question_count([core, core], &every, Some(Tier::High)), count(&every));
    }

    #[test]
    fn requirements_are_grouped_by_framework_and_only_shipped_ones_are_named() {
        let map = |set: &str, reference: &str| MapRef { set: set.into(), reference: reference.into() };
        let words = |maps: Vec<MapRef>| {
            requirements_in_words(&Question { maps, ..Question::default() }, &Library::shipped())
        };
        let maps = vec![
            map("iso27001", "A.5.1"),
            map("euaia", "10"),
            map("our-own-rules", "7"),
            map("iso27001", "A.5.2"),
        ];
        assert_eq!(
            words(maps).unwrap(),
            "ISO/IEC 27001:2022 Annex A: A.5.1, A.5.2; EU AI Act, Regulation (EU) 2024/1689: 10"
        );
        assert_eq!(words(vec![map("our-own-rules", "7")]), None);
        assert_eq!(words(Vec::new()), None);
    }

    #[test]
    fn follow_ups_are_marked_as_depending_on_an_earlier_answer() {
        let library = Library::shipped();
        let lite = library.questionnaire("ai-tool-risk").unwrap();
        let facts: Facts = lite.facts.iter().map(|fact| (fact.id.clone(), true)).collect();
        let sections = asked(lite, &facts, Some(Tier::High));
        assert!(sections.iter().any(|s| s.questions.iter().any(|(_, depends)| *depends)));
        assert!(sections.iter().any(|s| s.questions.iter().any(|(_, depends)| !*depends)));
    }
}
