//! What deserves a second look. Warnings never make a file unusable.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Code, Faults, show};
use crate::definition::definition::AnswerType;
use crate::definition::draft::{Draft, QuestionDraft};
use crate::definition::yaml::{Node, Pos};
use crate::exact::Exact;

/// More questions than this are worth a warning.
const MANY_QUESTIONS: usize = 100;

/// All warnings of one questionnaire whose `uses` are expanded.
pub(crate) fn lint(draft: &Draft<'_>, faults: &mut Faults) {
    if draft.questions.len() > MANY_QUESTIONS {
        let pos = draft.root.get("sections").map_or(Pos::START, |node| node.pos);
        faults.add(pos, Code::TooManyQuestions, format!("{} questions", draft.questions.len()));
    }
    near_duplicates(draft, faults);
    dominant_weights(draft, faults);
    best_options(draft, faults);
    topics(draft, faults);
}

/// Two texts are near-duplicates when their sets of words are equal, or differ in one word on either side and have
/// at least five words.
fn near_duplicates(draft: &Draft<'_>, faults: &mut Faults) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for question in &draft.questions {
        let words: BTreeSet<String> = question
            .question
            .text
            .split(|c: char| !c.is_alphanumeric() && !matches!(c, '\u{900}'..='\u{dff}'))
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .take(60)
            .collect();
        if words.is_empty() {
            continue;
        }
        let words: Vec<String> = words.into_iter().collect();
        let mut keys = vec![words.join(" ")];
        if words.len() >= 5 {
            for left_out in 0..words.len() {
                let rest: Vec<&str> = words
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| *i != left_out)
                    .map(|(_, w)| w.as_str())
                    .collect();
                keys.push(rest.join(" "));
            }
        }
        if let Some(other) = keys.iter().find_map(|key| seen.get(key)) {
            let message = format!("the text is nearly that of {}", show(other));
            faults.add_for(question.id(), question.at("text"), Code::NearDuplicateText, message);
        }
        for key in keys {
            seen.entry(key).or_insert(question.id());
        }
    }
}

/// A weight dominates when it is more than half of its section's sum among three or more scored questions, or more
/// than three quarters among two.
fn dominant_weights(draft: &Draft<'_>, faults: &mut Faults) {
    let mut sections: HashMap<usize, Vec<&QuestionDraft<'_>>> = HashMap::new();
    for question in draft.questions.iter().filter(|q| q.scored()) {
        sections.entry(question.section).or_default().push(question);
    }
    for questions in sections.values().filter(|questions| questions.len() > 1) {
        let sum: u64 = questions.iter().map(|q| u64::from(q.question.weight)).sum();
        for question in questions {
            let weight = u64::from(question.question.weight);
            let dominates = if questions.len() == 2 { 4 * weight > 3 * sum } else { 2 * weight > sum };
            if dominates {
                let message = format!("weight {weight} of {sum} in its section");
                faults.add_for(question.id(), question.at("weight"), Code::DominantWeight, message);
            }
        }
    }
}

fn best_options(draft: &Draft<'_>, faults: &mut Faults) {
    let multi = |q: &&QuestionDraft<'_>| q.node.is_some() && q.question.answer_type == AnswerType::SelectMany;
    for question in draft.questions.iter().filter(multi) {
        let options = &question.question.options;
        let best = options.iter().filter_map(|o| o.credit.as_ref()).max();
        if let Some(best) = best.filter(|best| **best > Exact::zero())
            && let Some(option) = options.iter().find(|o| o.exclusive && o.credit.as_ref() == Some(best))
        {
            let message = format!("the best option {} is exclusive", show(&option.id));
            faults.add_for(question.id(), question.pos, Code::BestOptionExclusive, message);
        }
    }
}

/// Topics of sections and of own questions that no scored question has. The intake scores nothing and is left out.
fn topics(draft: &Draft<'_>, faults: &mut Faults) {
    if draft.head.kind == crate::definition::definition::Kind::Intake {
        return;
    }
    let mut scored: HashSet<&str> = HashSet::new();
    for question in draft.questions.iter().filter(|q| !q.unscored()) {
        scored.extend(question.question.topics.iter().map(String::as_str));
        let section = draft.sections.get(question.section);
        scored.extend(section.iter().flat_map(|s| s.section.topics.iter().map(String::as_str)));
    }
    let nodes = draft.sections.iter().map(|s| s.node).chain(draft.questions.iter().filter_map(|q| q.node));
    let mut told = HashSet::new();
    for topic in nodes.filter_map(|node| node.get("topics")).flat_map(Node::items) {
        if let Some(name) = topic.scalar().filter(|name| !scored.contains(name))
            && told.insert(name)
        {
            faults.add(
                topic.pos,
                Code::TopicNeverScored,
                format!("the topic {} is never scored", show(name)),
            );
        }
    }
}
