//! Random questionnaires that obey every loader rule by construction, with random answers.
//!
//! Everything is drawn from a tape of numbers, so that a failing case shrinks to a shorter tape with smaller
//! numbers; 0 always means the simplest choice.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};
use proptest::prelude::*;
use questionnaires::answering::{
    Answer, AnswerValue, Answers, Compensating, Facts, Grade, NaVerdict, Review, TableRow,
};
use questionnaires::definition::{
    AnswerType, Band, Choice, Column, ColumnType, Condition, CreditMode, Critical, CriticalLevel, Fact,
    IfHidden, Question, Questionnaire, Section, Tier, Widen,
};
use questionnaires::exact::Exact;

/// One questionnaire, its answers and everything else that decides the score.
#[derive(Clone)]
pub struct Case {
    pub questionnaire: Questionnaire,
    pub answers: Answers,
    pub facts: Facts,
    pub tier: Option<Tier>,
    pub tape: Tape,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let file = super::file::file_text(&self.questionnaire);
        write!(f, "{file}\nfacts {:?}\ntier {:?}\nanswers {:#?}", self.facts, self.tier, self.answers)
    }
}

/// Draws cases.
pub fn case() -> impl Strategy<Value = Case> {
    proptest::collection::vec(any::<u32>(), 0..1500).prop_map(|numbers| Case::new(Tape { numbers, at: 0 }))
}

/// The day of submission of every case.
pub fn as_of() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
}

/// Numbers from which choices are made.
#[derive(Clone)]
pub struct Tape {
    numbers: Vec<u32>,
    at: usize,
}

impl Tape {
    /// A number below `bound`; 0 once the tape is used up.
    pub fn below(&mut self, bound: usize) -> usize {
        let number = self.numbers.get(self.at).copied().unwrap_or(0) as usize;
        self.at += 1;
        number % bound
    }

    /// True in `percent` of all cases; false once the tape is used up.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    pub fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    /// Every item with a chance of one half, in their order.
    pub fn some<T: Clone>(&mut self, items: &[T]) -> Vec<T> {
        items.iter().filter(|_| self.chance(50)).cloned().collect()
    }
}

const FACTS: [&str; 3] = ["personal_data", "agentic", "shared_cloud"];
const CONTROLS: [&str; 6] = ["A.5.1", "A.5.2", "A.5.3", "A.8.5", "A.8.8", "A.8.13"];
const CREDITS: [&str; 7] = ["0.25", "0.3", "0.5", "0.6", "0.75", "0.9", "0.05"];

fn x(text: &str) -> Exact {
    text.parse().unwrap()
}

/// Where the generator stands: what earlier questions a condition may name.
#[derive(Default)]
struct Earlier {
    /// Scored questions.
    scored: Vec<Question>,
    /// Weight-0 questions whose own conditions name no scored question.
    scope: Vec<Question>,
}

impl Case {
    fn new(mut tape: Tape) -> Self {
        let questionnaire = questionnaire(&mut tape);
        let answers = answers(&questionnaire, &mut tape);
        let mut facts = Facts::new();
        for fact in FACTS {
            match tape.below(3) {
                0 => {}
                value => drop(facts.insert(fact.to_owned(), value == 1)),
            }
        }
        let tier =
            tape.pick(&[Some(Tier::Low), Some(Tier::Medium), Some(Tier::High), Some(Tier::Critical), None]);
        Self { tier, questionnaire, answers, facts, tape }
    }
}

fn questionnaire(tape: &mut Tape) -> Questionnaire {
    let mut earlier = Earlier::default();
    let mut sections = Vec::new();
    for number in 0..2 + tape.below(3) {
        let id = ["AAA", "BBB", "CCC", "DDD"][number].to_owned();
        let show_if = (number > 0 && tape.chance(25)).then(|| unscored_condition(tape, &earlier));
        let multiplier = x(tape.pick(&["1", "2", "0.5", "1.5", "3"]));
        let mut questions = Vec::new();
        for place in 0..2 + tape.below(5) {
            let id = format!("GEN-{id}-{place:02}");
            let question = match tape.below(10) {
                0..=6 => scored_question(tape, id, &earlier),
                7..=8 => scope_question(tape, id, &earlier),
                _ => plain_question(tape, id, &earlier),
            };
            if question.is_scored() {
                earlier.scored.push(question.clone());
            } else if !question.text.contains("leaf") {
                earlier.scope.push(question.clone());
            }
            questions.push(question);
        }
        let title = format!("Section {id}");
        sections.push(Section {
            id,
            title,
            topics: vec!["governance".into()],
            multiplier,
            show_if,
            questions,
        });
    }
    let fact = |id: &str| Fact { id: id.into(), label: format!("Fact {id}"), default: id == "agentic" };
    Questionnaire {
        format: "assay/1".into(),
        id: "generated".into(),
        version: "1.0.0".into(),
        title: "Generated".into(),
        locale: "en".into(),
        license: "CC0-1.0".into(),
        minutes: 5,
        description: "Drawn at random.".into(),
        counts_to_residual: true,
        facts: FACTS.map(fact).into(),
        sections,
        ..Questionnaire::default()
    }
}

fn choice(id: &str, credit: Option<Exact>) -> Choice {
    Choice { id: id.into(), label: format!("Option {id}"), credit, ..Choice::default() }
}

fn scored_question(tape: &mut Tape, id: String, earlier: &Earlier) -> Question {
    let mut question = Question {
        text: format!("What about {id}?"),
        id,
        weight: 1 + tape.below(5) as u8,
        evidence: Some("A document".into()),
        fix: Some("Do it".into()),
        ..Question::default()
    };
    let mut controls = tape.some(&CONTROLS);
    if controls.is_empty() {
        controls.push("A.5.1");
    }
    question.maps = controls.iter().map(|control| format!("iso27001:{control}").parse().unwrap()).collect();
    if tape.chance(60) {
        question.na = Some("Why not?".into());
    }
    if tape.chance(55) {
        question.show_if = Some(scored_condition(tape, earlier));
    }
    let names_scored = question.show_if.as_ref().is_some_and(|condition| {
        condition.questions().any(|id| earlier.scored.iter().any(|gate| gate.id == id))
    });
    question.if_hidden = names_scored.then_some(IfHidden::Zero);
    match tape.below(8) {
        0..=4 => select_one(tape, &mut question),
        5 => select_many(tape, &mut question),
        _ => banded(tape, &mut question),
    }
    if tape.chance(25) {
        question.weight = 5;
        let credits: Vec<Exact> = question
            .options
            .iter()
            .filter_map(|option| option.credit.clone())
            .chain(question.bands.iter().map(|band| band.credit.clone()))
            .filter(Exact::is_positive)
            .collect();
        let level = tape.pick(&[CriticalLevel::Major, CriticalLevel::Blocker]);
        question.critical = Some(Critical { level, pass: tape.pick(&credits) });
    }
    question
}

/// Credits with 1 first, 0 last, and others between them.
fn credits(tape: &mut Tape) -> Vec<Exact> {
    let mut credits = vec![Exact::one()];
    for _ in 0..tape.below(3) {
        credits.push(x(tape.pick(&CREDITS)));
    }
    if tape.chance(10) {
        credits.push(Exact::one());
    }
    credits.push(Exact::zero());
    credits
}

fn select_one(tape: &mut Tape, question: &mut Question) {
    let ids = ["opt_a", "opt_b", "opt_c", "opt_d", "opt_e", "opt_f"];
    let credits = credits(tape);
    question.options = ids.iter().zip(credits).map(|(id, credit)| choice(id, Some(credit))).collect();
    if tape.chance(15) {
        question.answer_type = AnswerType::File;
    }
}

fn select_many(tape: &mut Tape, question: &mut Question) {
    question.answer_type = AnswerType::SelectMany;
    question.credit_mode = Some(CreditMode::SumCapped);
    for id in ["many_a", "many_b", "many_c"] {
        question.options.push(choice(id, Some(x(tape.pick(&["0.6", "0.4", "1", "0.5"])))));
    }
    if tape.chance(30) {
        question.options.push(choice("many_zero", Some(Exact::zero())));
    }
    question.options.push(Choice { exclusive: true, ..choice("nothing", Some(Exact::zero())) });
}

fn banded(tape: &mut Tape, question: &mut Question) {
    question.answer_type = tape.pick(&[AnswerType::Number, AnswerType::Date]);
    let credits = credits(tape);
    let last = credits.len() - 1;
    let bound = |n: usize| (n < last).then(|| Exact::from(6 * (n as i64 + 1)));
    question.bands =
        credits.into_iter().enumerate().map(|(n, credit)| Band { upto: bound(n), credit }).collect();
    if tape.chance(20) {
        // The other way round: more is better.
        let credits: Vec<Exact> = question.bands.iter().rev().map(|band| band.credit.clone()).collect();
        question.bands.iter_mut().zip(credits).for_each(|(band, credit)| band.credit = credit);
    }
}

fn scope_question(tape: &mut Tape, id: String, earlier: &Earlier) -> Question {
    let mut question = Question { text: format!("Which scope for {id}?"), id, ..Question::default() };
    if tape.chance(40) {
        question.show_if = Some(unscored_condition(tape, earlier));
    }
    match tape.below(6) {
        0..=2 => {
            question.options = ["narrow", "middle", "wide"].map(|id| choice(id, None)).into();
            if tape.chance(40) {
                question.widen = widen(tape, &["middle", "wide"]);
            }
        }
        3 | 4 => {
            question.answer_type = AnswerType::SelectMany;
            question.options = ["part_a", "part_b", "part_c"].map(|id| choice(id, None)).into();
            question.options.push(Choice { exclusive: true, ..choice("nothing", None) });
            if tape.chance(40) {
                question.widen = widen(tape, &["part_a", "part_b"]);
            }
        }
        _ => question.answer_type = AnswerType::Number,
    }
    if tape.chance(20) {
        question.na = Some("Why not?".into());
    }
    question
}

fn widen(tape: &mut Tape, to: &[&str]) -> Vec<Widen> {
    let one = |tape: &mut Tape| Widen { fact: tape.pick(&FACTS).into(), to: tape.pick(to).into() };
    let mut widen = vec![one(tape)];
    if tape.chance(30) {
        widen.push(one(tape));
    }
    widen
}

/// A weight-0 question that nothing hangs on: it may itself hang on scored questions, with any terms.
fn plain_question(tape: &mut Tape, id: String, earlier: &Earlier) -> Question {
    let mut question = Question {
        text: format!("Which leaf is {id}?"),
        id,
        required: tape.chance(30),
        ..Question::default()
    };
    question.answer_type = tape.pick(&[
        AnswerType::Text,
        AnswerType::Table,
        AnswerType::Attest,
        AnswerType::Date,
        AnswerType::File,
    ]);
    if question.answer_type == AnswerType::Table {
        let label = "Name".to_owned();
        let column = Column { id: "name".into(), label, required: true, ..Column::default() };
        let count = Column { id: "number".into(), label: "Number".into(), ..Column::default() };
        question.columns = vec![column, Column { column_type: ColumnType::Number, ..count }];
        question.max_rows = Some(3);
    }
    if tape.chance(30) && !earlier.scored.is_empty() {
        let gate = tape.pick(&earlier.scored).id;
        question.show_if = Some(Condition::Answered { q: gate, answered: true });
    }
    question
}

/// A condition that may name scored questions, with gates that open upward.
fn scored_condition(tape: &mut Tape, earlier: &Earlier) -> Condition {
    let count = 1 + tape.below(3);
    let mut terms: Vec<Condition> = (0..count)
        .map(|_| match tape.below(4) {
            0..=2 if !earlier.scored.is_empty() => {
                // A recent question, so that chains of gates are common.
                let last = earlier.scored.len() - 1;
                let gate = &earlier.scored[last - tape.below(earlier.scored.len().min(3))];
                upward_term(tape, gate)
            }
            _ => unscored_term(tape, earlier),
        })
        .collect();
    combine(tape, &mut terms)
}

fn unscored_condition(tape: &mut Tape, earlier: &Earlier) -> Condition {
    let mut terms: Vec<Condition> = (0..1 + tape.below(2)).map(|_| unscored_term(tape, earlier)).collect();
    combine(tape, &mut terms)
}

fn combine(tape: &mut Tape, terms: &mut Vec<Condition>) -> Condition {
    if terms.len() == 1 {
        return terms.remove(0);
    }
    let rest = terms.split_off(1);
    let inner = match (rest.len(), tape.chance(50)) {
        (1, _) => rest,
        (_, true) => vec![Condition::Any { any: rest }],
        (_, false) => vec![Condition::All { all: rest }],
    };
    let mut parts = vec![terms.remove(0)];
    parts.extend(inner);
    if tape.chance(50) { Condition::Any { any: parts } } else { Condition::All { all: parts } }
}

fn upward_term(tape: &mut Tape, gate: &Question) -> Condition {
    let q = gate.id.clone();
    let credit = |option: &&Choice| option.credit.clone().unwrap_or_default();
    let ids = |options: Vec<&Choice>| options.into_iter().map(|option| option.id.clone()).collect::<Vec<_>>();
    match gate.answer_type {
        AnswerType::SelectOne => {
            let bar = credit(&&gate.options[tape.below(gate.options.len())]);
            if tape.chance(50) && bar < Exact::one() {
                let options = ids(gate.options.iter().filter(|option| credit(option) <= bar).collect());
                Condition::NotIn { q, options }
            } else {
                let options = ids(gate.options.iter().filter(|option| credit(option) >= bar).collect());
                Condition::In { q, options }
            }
        }
        AnswerType::SelectMany if tape.chance(50) => Condition::NotIn {
            q,
            options: ids(gate.options.iter().filter(|option| option.exclusive).collect()),
        },
        AnswerType::SelectMany => {
            let positive = gate.options.iter().filter(|option| credit(option).is_positive());
            Condition::AnyOf { q, options: ids(positive.collect()) }
        }
        _ => Condition::Answered { q, answered: true },
    }
}

fn unscored_term(tape: &mut Tape, earlier: &Earlier) -> Condition {
    match tape.below(6) {
        0 => Condition::Profile { fact: tape.pick(&FACTS).into(), is: tape.chance(50) },
        1 => {
            let mut tiers = tape.some(&Tier::ALL);
            if tiers.is_empty() {
                tiers.push(Tier::High);
            }
            Condition::Tier { tiers }
        }
        _ if earlier.scope.is_empty() => {
            Condition::Profile { fact: tape.pick(&FACTS).into(), is: tape.chance(50) }
        }
        _ => {
            let gate = tape.pick(&earlier.scope);
            let q = gate.id.clone();
            if tape.chance(20) {
                return Condition::Answered { q, answered: true };
            }
            let mut options =
                tape.some(&gate.options.iter().map(|option| option.id.clone()).collect::<Vec<_>>());
            if options.is_empty() {
                options.extend(gate.options.last().map(|option| option.id.clone()));
            }
            let not_in = tape.chance(35);
            match gate.answer_type {
                AnswerType::Number if not_in => Condition::Lte { q, value: x("7") },
                AnswerType::Number => Condition::Gte { q, value: x("4.5") },
                _ if not_in => Condition::NotIn { q, options },
                AnswerType::SelectMany => Condition::AnyOf { q, options },
                _ => Condition::In { q, options },
            }
        }
    }
}

/// Answers to any of the questions, hidden or not.
fn answers(questionnaire: &Questionnaire, tape: &mut Tape) -> Answers {
    let mut answers = BTreeMap::new();
    for (_, question) in questionnaire.questions() {
        let mut review = Review::default();
        let value = match tape.below(20) {
            0..=2 => continue,
            3 if question.answer_type != AnswerType::Attest => AnswerValue::Unknown,
            4..=13 if question.na.is_some() => {
                review.na = tape.pick(&[None, Some(NaVerdict::Accepted), Some(NaVerdict::Rejected)]);
                AnswerValue::NotApplicable { reason: "We have none".into() }
            }
            _ => any_value(tape, question),
        };
        if question.is_scored() && value.is_substantive() && tape.chance(12) {
            review.credit = Some(x(tape.pick(&["0", "1/3", "0.5", "1"])));
        }
        if question.is_scored() && value.is_substantive() && tape.chance(12) {
            review.compensating = Some(tape.pick(&[Compensating::Partial, Compensating::Substantial]));
        }
        review.scope_accepted = !question.is_scored() && tape.chance(25);
        let evidence = tape.pick(&[
            Grade::Asserted,
            Grade::Supplied,
            Grade::Accepted,
            Grade::Independent,
            Grade::Rejected,
            Grade::Supplied,
        ]);
        let note = tape.chance(10).then(|| "As agreed".to_owned());
        answers.insert(question.id.clone(), Answer { value: Some(value), note, evidence, review });
    }
    answers
}

/// Any value that the question allows, except unknown and N/A.
pub fn any_value(tape: &mut Tape, question: &Question) -> AnswerValue {
    match question.answer_type {
        AnswerType::SelectOne => AnswerValue::One(tape.pick(&question.options).id),
        AnswerType::SelectMany => {
            let several: Vec<String> = question
                .options
                .iter()
                .filter(|option| !option.exclusive)
                .map(|option| option.id.clone())
                .collect();
            let mut chosen = tape.some(&several);
            if tape.chance(20) {
                chosen.reverse();
            }
            if chosen.is_empty() {
                chosen.extend(question.options.last().map(|option| option.id.clone()));
            }
            AnswerValue::Many(chosen)
        }
        AnswerType::Number | AnswerType::Date if !question.bands.is_empty() => {
            let band = tape.below(question.bands.len());
            value_in_band(question, band)
        }
        AnswerType::Number => AnswerValue::Number(x(tape.pick(&["3", "4.5", "7", "10.25"]))),
        AnswerType::Date => AnswerValue::Date(as_of() + Months::new(tape.below(3) as u32)),
        AnswerType::Text => AnswerValue::Text("Words".into()),
        AnswerType::Table => {
            let row: TableRow =
                [("name", "Company"), ("number", "2.50")].map(|(id, cell)| (id.into(), cell.into())).into();
            AnswerValue::Rows(vec![row; tape.below(3)])
        }
        AnswerType::File if question.options.is_empty() => {
            AnswerValue::Files { choice: None, files: vec!["card.pdf".into()] }
        }
        AnswerType::File => AnswerValue::One(tape.pick(&question.options).id),
        AnswerType::Attest => AnswerValue::Attest,
    }
}

/// A number or date that falls into this band.
pub fn value_in_band(question: &Question, band: usize) -> AnswerValue {
    let months = 6 * (band + 1);
    match question.answer_type {
        AnswerType::Date => AnswerValue::Date(as_of() - Months::new(months as u32)),
        _ => AnswerValue::Number(Exact::from(months as i64)),
    }
}

/// The values of a scored question from worst to best credit.
pub fn values_by_credit(question: &Question) -> Vec<(Exact, AnswerValue)> {
    let mut values: Vec<(Exact, AnswerValue)> = match question.answer_type {
        AnswerType::SelectMany => {
            let several: Vec<&Choice> = question.options.iter().filter(|option| !option.exclusive).collect();
            let exclusive = question.options.iter().find(|option| option.exclusive).unwrap();
            let mut values = vec![(Exact::zero(), AnswerValue::Many(vec![exclusive.id.clone()]))];
            for count in 1..=several.len() {
                let chosen = &several[..count];
                let sum: Exact = chosen.iter().filter_map(|option| option.credit.as_ref()).sum();
                let ids = chosen.iter().map(|option| option.id.clone()).collect();
                values.push((sum.min(Exact::one()), AnswerValue::Many(ids)));
            }
            values
        }
        AnswerType::Number | AnswerType::Date => {
            let bands = question.bands.iter().enumerate();
            bands.map(|(n, band)| (band.credit.clone(), value_in_band(question, n))).collect()
        }
        _ => {
            let options = question.options.iter();
            let value = |option: &Choice| {
                (option.credit.clone().unwrap_or_default(), AnswerValue::One(option.id.clone()))
            };
            options.map(value).collect()
        }
    };
    values.sort_by(|a, b| a.0.cmp(&b.0));
    values
}
