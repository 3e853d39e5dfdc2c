//! Rules 5, 6, 7 and 9: what conditions may name, and that a bad answer to a scored gate never pays.

use std::collections::{HashMap, HashSet};

use super::{Code, Faults, show};
use crate::definition::definition::{AnswerType, Choice, Condition};
use crate::definition::draft::{Draft, QuestionDraft, placed};
use crate::definition::yaml::Pos;
use crate::exact::Exact;

/// All conditions of a questionnaire whose `uses` are expanded. Used questions were judged at home; here they are
/// judged as gates, and for laundering, which another questionnaire's conditions can bring about.
pub(crate) fn lint(draft: &Draft<'_>, faults: &mut Faults) {
    let index = draft.index();
    let declared: HashSet<&str> = draft.head.facts.iter().map(|fact| fact.id.as_str()).collect();
    let gates = draft.gates();
    let context = Context { draft, index: &index, declared: &declared };

    let mut first = 0;
    for (at, section) in draft.sections.iter().enumerate() {
        while draft.questions.get(first).is_some_and(|q| q.section < at) {
            first += 1;
        }
        for (term, pos) in placed(section.section.show_if.as_ref(), &section.terms, section.node.pos) {
            context.term(term, pos, Some(first), None, faults);
            context.laundered(term, pos, None, faults);
        }
    }
    for (at, question) in draft.questions.iter().enumerate() {
        for (term, pos) in question.placed_terms() {
            if question.node.is_some() {
                context.term(term, pos, Some(at), Some(question.id()), faults);
                if question.scored() {
                    context.upward(term, pos, question.id(), faults);
                }
            }
            if question.unscored() && gates.contains(question.id()) {
                context.laundered(term, pos, Some(question.id()), faults);
            }
        }
        if question.node.is_some() {
            context.if_hidden(question, faults);
        }
    }
    for (check, terms) in &draft.checks {
        for (term, pos) in placed(Some(&check.when), terms, Pos::START) {
            context.term(term, pos, None, None, faults);
        }
    }
}

struct Context<'a> {
    draft: &'a Draft<'a>,
    index: &'a HashMap<&'a str, usize>,
    declared: &'a HashSet<&'a str>,
}

impl Context<'_> {
    fn gate(&self, term: &Condition) -> Option<&QuestionDraft<'_>> {
        self.index.get(term.question()?).and_then(|at| self.draft.questions.get(*at))
    }

    /// Rule 5. `before` is the position that named questions must precede; checks have none.
    fn term(&self, term: &Condition, pos: Pos, before: Option<usize>, on: Option<&str>, faults: &mut Faults) {
        let mut add = |code: Code, message: String| {
            faults.add(pos, code, message).question = on.and_then(super::named);
        };
        if let Condition::Profile { fact, .. } = term
            && !self.declared.contains(fact.as_str())
        {
            add(Code::UnknownFact, format!("the fact {} is not declared", show(fact)));
        }
        let Some(named) = term.question() else { return };
        let Some(at) = self.index.get(named) else {
            add(Code::ConditionUnknownQuestion, format!("there is no question {}", show(named)));
            return;
        };
        if before.is_some_and(|before| *at >= before) {
            add(Code::ConditionNotEarlier, format!("{} does not come earlier", show(named)));
        }
        let Some(gate) = self.draft.questions.get(*at).filter(|gate| gate.sound.answer_type) else { return };
        let kind = gate.question.answer_type;
        let (fits, options): (bool, &[String]) = match term {
            Condition::In { options, .. } => (kind == AnswerType::SelectOne, options),
            Condition::NotIn { options, .. } => {
                (matches!(kind, AnswerType::SelectOne | AnswerType::SelectMany), options)
            }
            Condition::AnyOf { options, .. } => (kind == AnswerType::SelectMany, options),
            Condition::Gte { .. } | Condition::Lte { .. } => (kind == AnswerType::Number, &[]),
            _ => (true, &[]),
        };
        if !fits {
            add(Code::ConditionOperator, format!("{} is not a question that can be asked so", show(named)));
            return;
        }
        if !gate.sound.options || options.is_empty() {
            return;
        }
        let known: HashSet<&str> = gate.question.options.iter().map(|option| option.id.as_str()).collect();
        for option in options.iter().filter(|option| !known.contains(option.as_str())) {
            add(Code::ConditionUnknownOption, format!("{} has no option {}", show(named), show(option)));
        }
    }

    /// Rule 6: `if_hidden: zero` exactly on scored questions whose own condition names a scored question.
    fn if_hidden(&self, q: &QuestionDraft<'_>, faults: &mut Faults) {
        if !q.sound.weight || !q.sound.show_if {
            return;
        }
        let gates: Vec<_> = q.placed_terms().into_iter().filter_map(|(term, _)| self.gate(term)).collect();
        if gates.iter().any(|gate| !gate.sound.weight) {
            return;
        }
        let needed = q.scored() && gates.iter().any(|gate| gate.scored());
        if needed && !q.has("if_hidden") {
            let message = "a scored question hides behind a scored question";
            faults.add_for(q.id(), q.at("show_if"), Code::IfHiddenMissing, message);
        }
        if !needed && q.has("if_hidden") {
            let message = "no scored question hides this one, or it is not scored";
            faults.add_for(q.id(), q.at("if_hidden"), Code::IfHiddenMisplaced, message);
        }
    }

    /// Rule 7 for one term of a scored question's condition. Terms on unscored questions, facts and tiers are free.
    fn upward(&self, term: &Condition, pos: Pos, on: &str, faults: &mut Faults) {
        let Some(gate) = self.gate(term).filter(|gate| gate.scored() && gate.sound.answer_type) else {
            return;
        };
        let mut add = |message: String| faults.add_for(on, pos, Code::GateNotUpward, message);
        let kind = gate.question.answer_type;
        if matches!(term, Condition::Gte { .. } | Condition::Lte { .. }) {
            if kind == AnswerType::Number {
                add(format!("a number that is scored cannot be a gate: {}", show(gate.id())));
            }
            return;
        }
        let complete = gate.question.options.iter().all(|option| option.credit.is_some());
        if !(gate.sound.credits && gate.sound.options && complete) {
            return;
        }
        let split = |listed: &[String]| -> (Vec<&Choice>, Vec<&Choice>) {
            let listed: HashSet<&str> = listed.iter().map(String::as_str).collect();
            gate.question.options.iter().partition(|option| listed.contains(option.id.as_str()))
        };
        // An empty list is a fault of its own.
        if let Condition::In { options, .. }
        | Condition::NotIn { options, .. }
        | Condition::AnyOf { options, .. } = term
            && options.is_empty()
        {
            return;
        }
        let one = Exact::one();
        match (term, kind) {
            (Condition::In { options, .. }, AnswerType::SelectOne) => {
                let (listed, others) = split(options);
                let best_other = others.iter().filter_map(|o| o.credit.as_ref()).max();
                let worst_listed = listed.iter().filter_map(|o| o.credit.as_ref()).min();
                if best_other
                    .is_some_and(|best| *best == one || worst_listed.is_some_and(|worst| worst < best))
                {
                    add(format!(
                        "in leaves out an option of {} that is better than a listed one, or has credit 1",
                        show(gate.id())
                    ));
                }
            }
            (Condition::NotIn { options, .. }, AnswerType::SelectOne) => {
                let (excluded, others) = split(options);
                let best_excluded = excluded.iter().filter_map(|o| o.credit.as_ref()).max();
                let worst_other = others.iter().filter_map(|o| o.credit.as_ref()).min();
                if best_excluded
                    .is_some_and(|best| *best == one || worst_other.is_some_and(|worst| worst < best))
                {
                    add(format!(
                        "not_in excludes an option of {} that is better than one it leaves, or has credit 1",
                        show(gate.id())
                    ));
                }
            }
            (Condition::NotIn { options, .. }, AnswerType::SelectMany) => {
                let (excluded, _) = split(options);
                if excluded.iter().any(|option| !option.exclusive) {
                    add(format!("not_in may exclude only exclusive options of {}", show(gate.id())));
                }
            }
            (Condition::AnyOf { options, .. }, AnswerType::SelectMany) => {
                let (_, others) = split(options);
                if others.iter().any(|o| o.credit.as_ref().is_some_and(Exact::is_positive)) {
                    add(format!("any_of leaves out an option of {} that has a credit", show(gate.id())));
                }
            }
            _ => {}
        }
    }

    /// Rule 9 for one term of a section's condition, or of a weight-0 question that conditions name. Following it
    /// through weight-0 questions needs no search: whatever such a condition names is itself named, so it is judged.
    fn laundered(&self, term: &Condition, pos: Pos, on: Option<&str>, faults: &mut Faults) {
        if let Some(gate) = self.gate(term).filter(|gate| gate.scored()) {
            let who = if on.is_some() { "a weight-0 question that conditions name" } else { "a section" };
            let message = format!("{who} hangs on the scored question {}", show(gate.id()));
            faults.add(pos, Code::ScoredGateLaundered, message).question = on.and_then(super::named);
        }
    }
}
