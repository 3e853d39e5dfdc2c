//! The state of every scored question: answered, unanswered, N/A, hidden, or hidden by a scored gate.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::answering::visibility::Sight;
use crate::answering::{AnswerValue, NaVerdict};
use crate::definition::{Condition, Question, Questionnaire};

/// The state of a scored question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A valid answer: its credit counts.
    Answered,
    /// Shown, without an answer or with "we do not know": counts 0.
    Unanswered,
    /// N/A that is valid: out of the score.
    Na,
    /// N/A that is claimed but not valid (yet): counts 0.
    NaPending,
    /// Not asked: out of the score.
    Hidden,
    /// Not asked because of a scored gate: counts 0, so that a bad gate answer never helps.
    HiddenZero,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Answered, Self::Unanswered, Self::Na, Self::NaPending, Self::Hidden, Self::HiddenZero];

    /// Whether a row in this state is in the denominator.
    #[must_use]
    pub fn counts(self) -> bool {
        matches!(self, Self::Answered | Self::Unanswered | Self::NaPending | Self::HiddenZero)
    }

    /// The word used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Unanswered => "unanswered",
            Self::Na => "na",
            Self::NaPending => "na_pending",
            Self::Hidden => "hidden",
            Self::HiddenZero => "hidden_zero",
        }
    }
}

/// The states of one questionnaire's rows; positions are those of [`Sight::rows`].
pub(crate) struct States {
    /// Nothing for weight-0 questions.
    pub(crate) state: Vec<Option<State>>,
    /// Could still earn credit by being answered.
    pub(crate) open: Vec<bool>,
    /// For hidden_zero rows, the counted gate that hides them, never itself hidden_zero.
    pub(crate) gate: Vec<Option<usize>>,
}

impl States {
    pub(crate) fn new(sight: &Sight<'_>) -> Self {
        let count = sight.rows.len();
        let mut states =
            Self { state: Vec::with_capacity(count), open: vec![false; count], gate: vec![None; count] };
        for (row, (_, question)) in sight.rows.iter().enumerate() {
            let state = question.is_scored().then(|| states.state_of(sight, row, question));
            states.state.push(state);
            states.open[row] = match state {
                Some(State::Unanswered) => true,
                Some(State::HiddenZero) => {
                    states.gate[row] = states.gate_of(sight, question);
                    states.own_holds_with(sight, question, |gate| states.counted(gate) && states.open[gate])
                }
                _ => false,
            };
        }
        states
    }

    /// Whether the question at this position is a counted gate where a condition names it. Positions that were
    /// not reached yet do not count; the loader lets conditions name only earlier questions.
    pub(crate) fn counted(&self, row: usize) -> bool {
        self.state.get(row).copied().flatten().is_some_and(State::counts)
    }

    fn state_of(&self, sight: &Sight<'_>, row: usize, question: &Question) -> State {
        if sight.shown(row) {
            return shown_state(sight, row, question);
        }
        let own_condition_hides = sight.section_shown[sight.rows[row].0];
        if own_condition_hides && self.own_holds_with(sight, question, |gate| self.counted(gate)) {
            State::HiddenZero
        } else {
            State::Hidden
        }
    }

    /// The question's own condition, with every term on a question that `taken_as_true` names taken as true.
    fn own_holds_with(
        &self,
        sight: &Sight<'_>,
        question: &Question,
        taken_as_true: impl Fn(usize) -> bool,
    ) -> bool {
        question.show_if.as_ref().is_none_or(|condition| {
            sight.buyer.holds(condition, &|term, id| {
                sight.position.get(id).is_some_and(|&row| taken_as_true(row)) || sight.term(term, id)
            })
        })
    }

    /// The first counted gate, in file order, with a false term; in place of a hidden_zero gate its own gate.
    fn gate_of(&self, sight: &Sight<'_>, question: &Question) -> Option<usize> {
        let terms = question.show_if.iter().flat_map(Condition::terms);
        let gates = terms.filter_map(|term| {
            let id = term.question()?;
            let row = *sight.position.get(id)?;
            (self.counted(row) && !sight.term(term, id)).then_some(row)
        });
        let gate = gates.min()?;
        Some(self.gate[gate].unwrap_or(gate))
    }
}

fn shown_state(sight: &Sight<'_>, row: usize, question: &Question) -> State {
    let Some(answer) = sight.answers[row] else { return State::Unanswered };
    match &answer.value {
        None | Some(AnswerValue::Unknown) => State::Unanswered,
        Some(AnswerValue::NotApplicable { reason }) => {
            let claimed = question.na.is_some() && !reason.trim().is_empty();
            let needs_acceptance = question.critical.is_some() || sight.named[row];
            let valid = match answer.review.na {
                Some(NaVerdict::Accepted) => true,
                Some(NaVerdict::Rejected) => false,
                None => !needs_acceptance,
            };
            if claimed && valid { State::Na } else { State::NaPending }
        }
        Some(_) => State::Answered,
    }
}

/// Which sections and questions hang on which question: the edges along which a scope question hides rows.
struct Dependents {
    /// By position of the question named: the sections and questions whose own condition names it.
    sections: HashMap<usize, Vec<usize>>,
    questions: HashMap<usize, Vec<usize>>,
    /// First and one past last row of each section.
    span: Vec<(usize, usize)>,
}

impl Dependents {
    fn new(questionnaire: &Questionnaire, sight: &Sight<'_>) -> Self {
        let (mut sections, mut questions) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        let mut span = Vec::with_capacity(questionnaire.sections.len());
        let mut first = 0;
        for (index, section) in questionnaire.sections.iter().enumerate() {
            span.push((first, first + section.questions.len()));
            first += section.questions.len();
            for gate in named_rows(sight, section.show_if.as_ref()) {
                sections.entry(gate).or_default().push(index);
            }
        }
        for (row, (_, question)) in sight.rows.iter().enumerate() {
            for gate in named_rows(sight, question.show_if.as_ref()) {
                questions.entry(gate).or_default().push(row);
            }
        }
        Self { sections, questions, span }
    }

    /// All rows that a change of `row` can reach in one step.
    fn of(&self, row: usize) -> impl Iterator<Item = usize> + '_ {
        let sections = self.sections.get(&row).into_iter().flatten();
        let in_sections = sections.flat_map(|section| self.span[*section].0..self.span[*section].1);
        in_sections.chain(self.questions.get(&row).into_iter().flatten().copied())
    }
}

/// The positions of the questions that a condition names, each once.
fn named_rows(sight: &Sight<'_>, condition: Option<&Condition>) -> BTreeSet<usize> {
    let ids = condition.into_iter().flat_map(Condition::questions);
    ids.filter_map(|id| sight.position.get(id).copied()).collect()
}

/// For every scope question in file order: the positions of the hidden rows that it hides.
///
/// A scope question hides a row whose state is hidden and would not be with every term on the scope question
/// taken as true. A weight-0 question that this would show is followed: its terms are taken as true as well,
/// since its own answer, being hidden, must not influence the result. A scored question that this would show
/// would be a blank counted gate. Only rows that hang on the scope question are looked at.
pub(crate) fn hidden_by_scope(
    questionnaire: &Questionnaire,
    sight: &Sight<'_>,
    states: &States,
) -> Vec<(usize, Vec<usize>)> {
    let dependents = Dependents::new(questionnaire, sight);
    let scope_questions = sight
        .rows
        .iter()
        .enumerate()
        .filter(|(row, (_, question))| !question.is_scored() && sight.named[*row]);
    let mut lines = Vec::new();
    for (scope, _) in scope_questions {
        let mut revealed = BTreeSet::from([scope]);
        let mut hidden = Vec::new();
        let mut queue: BTreeSet<usize> = dependents.of(scope).collect();
        while let Some(row) = queue.pop_first() {
            if revealed.contains(&row) || !would_be_revealed(questionnaire, sight, states, &revealed, row) {
                continue;
            }
            revealed.insert(row);
            if states.state[row].is_some() {
                hidden.push(row);
            }
            queue.extend(dependents.of(row).filter(|next| !revealed.contains(next)));
        }
        if !hidden.is_empty() {
            hidden.sort_unstable();
            lines.push((scope, hidden));
        }
    }
    lines
}

/// Whether a row that is hidden now would not be, with the `revealed` questions taken as described above.
fn would_be_revealed(
    questionnaire: &Questionnaire,
    sight: &Sight<'_>,
    states: &States,
    revealed: &BTreeSet<usize>,
    row: usize,
) -> bool {
    let (section, question) = sight.rows[row];
    let hidden_now = match states.state[row] {
        Some(state) => state == State::Hidden,
        None => !sight.shown(row),
    };
    if !hidden_now {
        return false;
    }
    // A scored gate that would be shown is blank, so its terms are false wherever a gate does not count.
    let scope_revealed = |id: &str| {
        sight.position.get(id).is_some_and(|gate| revealed.contains(gate) && states.state[*gate].is_none())
    };
    let gate_counts = |id: &str| {
        sight.position.get(id).is_some_and(|gate| revealed.contains(gate) || states.counted(*gate))
    };
    let section_shown = questionnaire.sections[section].show_if.as_ref().is_none_or(|condition| {
        sight.buyer.holds(condition, &|term, id| scope_revealed(id) || sight.term(term, id))
    });
    let gates_count = question.is_scored();
    section_shown
        && question.show_if.as_ref().is_none_or(|condition| {
            sight.buyer.holds(condition, &|term, id| {
                scope_revealed(id) || (gates_count && gate_counts(id)) || sight.term(term, id)
            })
        })
}
