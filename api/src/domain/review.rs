//! Judging a submission: verdicts, which questions come first, and what must be judged before a decision.

use super::{
    ids::UserId,
    score_inputs::{Citation, Definitions, ScoreInputs, asked_of_the_vendor},
};
use crate::word_enum;
use chrono::{DateTime, Utc};
use questionnaires::{
    answering::{AnswerValue, Compensating, Grade, NaVerdict, visible},
    definition::{Condition, CriticalLevel, Question, Questionnaire},
    exact::Exact,
    scoring::{AssessmentScore, State},
};
use std::collections::{BTreeMap, BTreeSet};

word_enum! {
    /// What the reviewer said of one answer.
    VerdictKind {
        /// It stands.
        Accepted => "accepted",
        /// A question goes back to the vendor.
        Asked => "asked",
        /// It counts otherwise than it was given, with a reason.
        Adjusted => "adjusted",
    }
}

impl VerdictKind {
    /// In plain words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::Asked => "Asked",
            Self::Adjusted => "Adjusted",
        }
    }
}

/// A judgement on one answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Of which question.
    pub question: String,
    /// What was said.
    pub kind: VerdictKind,
    /// On an N/A.
    pub na: Option<NaVerdict>,
    /// The answer to a scope question stands as given, so that nothing widens it.
    pub scope_accepted: bool,
    /// Replaces the credit, in [0, 1].
    pub credit: Option<Exact>,
    /// Lifts the credit.
    pub compensating: Option<Compensating>,
    /// What the evidence is worth.
    pub grade: Option<Grade>,
    /// Why.
    pub reason: Option<String>,
    /// The revision of the answer that was judged; 0 for a blank one.
    pub answer_rev: i64,
    /// By whom.
    pub decided_by: UserId,
    /// Their name.
    pub decided_by_name: String,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// Raised by each save.
    pub version: i64,
}

/// Where a question stands in the queue. The order is the order of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QueueGroup {
    /// Its answer decides what is counted.
    Scope,
    /// "Does not apply": needs a verdict too.
    NotApplicable,
    /// Answered otherwise than in the submission before, or a clarification was answered.
    Changed,
    /// Costs a rating, or a medium gap or more.
    Risky,
    /// Evidence has expired, or is missing where it was asked for or the answer weighs most.
    Unproven,
    /// Everything else that was shown.
    Rest,
}

impl QueueGroup {
    /// Every group, in the order of work.
    pub const ALL: [Self; 6] =
        [Self::Scope, Self::NotApplicable, Self::Changed, Self::Risky, Self::Unproven, Self::Rest];
    /// The same in a few words, for lists.
    #[must_use]
    pub const fn in_short(self) -> &'static str {
        match self {
            Self::Scope => "Scope questions",
            Self::NotApplicable => "Does not apply",
            Self::Changed => "Changed answers",
            Self::Risky => "Large effect on a rating",
            Self::Unproven => "Evidence expired or missing",
            Self::Rest => "The rest",
        }
    }
    /// Heading in the queue.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Scope => "Scope questions: verdict needed before a decision",
            Self::NotApplicable => "Does not apply: verdict needed before a decision",
            Self::Changed => "Changed since the submission before",
            Self::Risky => "Largest effect on a rating",
            Self::Unproven => "Evidence expired or missing",
            Self::Rest => "The rest",
        }
    }
    /// Whether a decision waits for verdicts in it.
    #[must_use]
    pub const fn blocks_decision(self) -> bool {
        matches!(self, Self::Scope | Self::NotApplicable)
    }
}

/// One question of the review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueItem {
    /// The question.
    pub question: String,
    /// Its printed number: position in the pinned version, hidden questions counted; a letter in front when several
    /// questionnaires were sent.
    pub number: String,
    /// Its text.
    pub text: String,
    /// Title of its section.
    pub section: String,
    /// Ids of its questionnaire and section, such as `supplier-security-core.GOV`.
    pub section_key: String,
    /// Why it stands where it stands.
    pub group: QueueGroup,
    /// How much its gap matters: 0 none, 1 low to 4 critical.
    pub effect: u8,
    /// What was said of the answer as it is now.
    pub verdict: Option<VerdictKind>,
    /// There is a verdict, but on an earlier answer.
    pub outdated: bool,
}

impl QueueItem {
    /// Whether the reviewer still has to say something: no verdict, or one on an earlier answer.
    #[must_use]
    pub fn open(&self) -> bool {
        self.verdict.is_none()
    }
    /// Whether it has a verdict that counts; a question to the vendor waits for one.
    #[must_use]
    pub const fn judged(&self) -> bool {
        matches!(self.verdict, Some(VerdictKind::Accepted | VerdictKind::Adjusted))
    }
    /// Whether a decision has to wait for this one.
    #[must_use]
    pub const fn blocks_decision(&self) -> bool {
        self.group.blocks_decision() && !self.judged()
    }
}

/// Every question that was shown, once, in the order of work.
///
/// `previous` is the submission before, if there was one; `asked` holds the questions of the last returned batch.
#[must_use]
pub fn queue(
    definitions: &Definitions,
    inputs: &ScoreInputs,
    score: &AssessmentScore,
    verdicts: &[Verdict],
    citations: &[Citation],
    previous: Option<&ScoreInputs>,
) -> Vec<QueueItem> {
    let several = definitions.questionnaires.len() > 1;
    let effects = effects(definitions, score);
    let mut seen = BTreeSet::new();
    let mut items = Vec::new();
    for (letter, questionnaire) in ('A'..='Z').zip(&definitions.questionnaires) {
        if !asked_of_the_vendor(questionnaire) {
            continue;
        }
        let shown = visible(questionnaire, &inputs.answers, &inputs.facts, inputs.tier);
        let scope = scope_questions(questionnaire);
        for (s, section) in questionnaire.sections.iter().enumerate() {
            for (q, question) in section.questions.iter().enumerate() {
                if !shown.shows(&question.id) || !seen.insert(question.id.clone()) {
                    continue;
                }
                let id = question.id.as_str();
                let effect = effects.get(id).copied().unwrap_or(0);
                let group = if scope.contains(id) {
                    QueueGroup::Scope
                } else {
                    group_of(question, inputs, citations, previous, effect)
                };
                let current = inputs.current_verdict(verdicts, id);
                let number = format!("{}.{}", s + 1, q + 1);
                items.push(QueueItem {
                    question: question.id.clone(),
                    number: if several { format!("{letter}{number}") } else { number },
                    text: question.text.clone(),
                    section: section.title.clone(),
                    section_key: format!("{}.{}", questionnaire.id, section.id),
                    group,
                    effect,
                    verdict: current.map(|verdict| verdict.kind),
                    outdated: current.is_none() && verdicts.iter().any(|verdict| verdict.question == id),
                });
            }
        }
    }
    // Stable: inside a group the order of the questionnaires stays, but the largest effects come first.
    items.sort_by_key(|item| (item.group, if item.group == QueueGroup::Risky { 4 - item.effect } else { 0 }));
    items
}

/// What a decision still waits for.
pub fn missing_for_decision(queue: &[QueueItem]) -> impl Iterator<Item = &QueueItem> {
    queue.iter().filter(|item| item.blocks_decision())
}

/// The answers of a section that may be accepted in one decision: not judged yet, the same as in the submission before
/// if there was one, of little effect on a rating, and with evidence that holds on the day of the score.
#[must_use]
pub fn acceptable_together<'a>(
    queue: &'a [QueueItem],
    inputs: &ScoreInputs,
    citations: &[Citation],
    section_key: &str,
) -> Vec<&'a QueueItem> {
    let evidenced = |id: &str| {
        citations.iter().any(|cited| cited.question == id && cited.holds_on(inputs.evidence_as_of))
    };
    let answered = |id: &str| inputs.answers.get(id).is_some_and(|answer| answer.substantive().is_some());
    let plain = |item: &&QueueItem| {
        item.group == QueueGroup::Rest && item.effect <= 1 && item.open() && !item.outdated
    };
    let of_section = queue.iter().filter(|item| item.section_key == section_key).filter(plain);
    of_section.filter(|item| answered(&item.question) && evidenced(&item.question)).collect()
}

fn group_of(
    question: &Question,
    inputs: &ScoreInputs,
    citations: &[Citation],
    previous: Option<&ScoreInputs>,
    effect: u8,
) -> QueueGroup {
    let id = question.id.as_str();
    let answer = inputs.answers.get(id);
    if matches!(answer.and_then(|a| a.value.as_ref()), Some(AnswerValue::NotApplicable { .. })) {
        return QueueGroup::NotApplicable;
    }
    let said = |inputs: &ScoreInputs| inputs.answers.get(id).map(|a| (a.value.clone(), a.note.clone()));
    if previous.is_some_and(|before| said(before) != said(inputs)) {
        return QueueGroup::Changed;
    }
    if effect >= 2 {
        return QueueGroup::Risky;
    }
    let expired = citations.iter().any(|c| c.question == id && !c.holds_on(inputs.evidence_as_of));
    let required =
        matches!((question.evidence_required_from, inputs.tier), (Some(from), Some(tier)) if tier >= from);
    // What weighs most is not taken on trust where the question says what would prove it.
    let weighty = question.critical.is_some() || question.weight == 5;
    let asked = required || (weighty && question.evidence.is_some());
    let answered = answer.is_some_and(|a| a.substantive().is_some());
    let unproven = answer.is_some_and(|a| a.evidence == Grade::Asserted);
    if expired || (asked && answered && unproven) { QueueGroup::Unproven } else { QueueGroup::Rest }
}

/// How much the gap of each counted row matters, by the severities of findings: 1 low to 4 critical.
fn effects(definitions: &Definitions, score: &AssessmentScore) -> BTreeMap<String, u8> {
    let mut effects: BTreeMap<String, u8> = BTreeMap::new();
    for scored in &score.questionnaires {
        for row in scored.rows.iter().filter(|row| row.state.counts() && row.credit < Exact::one()) {
            let Some(question) = definitions.question(&row.question) else { continue };
            let failed = question.critical.as_ref().filter(|critical| row.credit < critical.pass);
            let gap = Exact::from(question.weight) * (Exact::one() - &row.credit);
            let level = match failed.map(|critical| critical.level) {
                Some(CriticalLevel::Blocker) => 4,
                Some(CriticalLevel::Major) => 3,
                None if question.weight == 5 && row.credit.is_zero() => 3,
                None if gap >= Exact::from(2_i64) => 2,
                None => 1,
            };
            // What a gate hides is fixed at the gate.
            let at = if row.state == State::HiddenZero {
                row.gate.as_ref().unwrap_or(&row.question)
            } else {
                &row.question
            };
            let entry = effects.entry(at.clone()).or_insert(0);
            *entry = (*entry).max(level);
        }
    }
    effects
}

/// Unscored questions that some condition names: their answers decide what is counted.
#[must_use]
pub fn scope_questions(questionnaire: &Questionnaire) -> BTreeSet<&str> {
    let sections = questionnaire.sections.iter().filter_map(|section| section.show_if.as_ref());
    let questions = questionnaire.questions().filter_map(|(_, question)| question.show_if.as_ref());
    let named: BTreeSet<&str> = sections.chain(questions).flat_map(Condition::questions).collect();
    questionnaire
        .questions()
        .filter(|(_, question)| !question.is_scored() && named.contains(question.id.as_str()))
        .map(|(_, question)| question.id.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use questionnaires::{
        answering::{Answer, Answers, Facts},
        definition::{Choice, Section, Tier},
    };
    use std::sync::Arc;

    fn question(id: &str, weight: u8) -> Question {
        let choice = |id: &str, credit: i64| Choice {
            id: id.into(),
            credit: (weight > 0).then(|| Exact::from(credit)),
            ..Choice::default()
        };
        Question {
            id: id.into(),
            weight,
            options: vec![choice("yes", 1), choice("no", 0)],
            ..Question::default()
        }
    }

    fn small() -> Definitions {
        let mut follow = question("Q3", 4);
        follow.show_if = Some(Condition::In { q: "Q1".into(), options: vec!["yes".into()] });
        let mut na = question("Q4", 1);
        na.na = Some("Why?".into());
        let mut proof = question("Q5", 1);
        proof.evidence_required_from = Some(Tier::High);
        let section = Section {
            id: "ONE".into(),
            questions: vec![question("Q1", 0), question("Q2", 5), follow, na, proof, question("Q6", 1)],
            ..Section::default()
        };
        let questionnaire =
            Questionnaire { id: "small".into(), sections: vec![section], ..Questionnaire::default() };
        Definitions { questionnaires: vec![Arc::new(questionnaire)], control_sets: vec![] }
    }

    fn submission(answers: &[(&str, Answer)]) -> ScoreInputs {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        let mut inputs = ScoreInputs::submitted(vec![], vec![], Facts::new(), Some(Tier::High), day);
        inputs.answers = answers.iter().map(|(id, a)| ((*id).to_owned(), a.clone())).collect::<Answers>();
        inputs.revisions = answers.iter().map(|(id, _)| ((*id).to_owned(), 1)).collect();
        inputs
    }

    fn groups(inputs: &ScoreInputs, previous: Option<&ScoreInputs>) -> Vec<(String, QueueGroup)> {
        let definitions = small();
        let score = inputs.score(&definitions).unwrap();
        queue(&definitions, inputs, &score, &[], &[], previous)
            .into_iter()
            .map(|i| (i.question, i.group))
            .collect()
    }

    #[test]
    fn scope_comes_first_then_na_changed_risky_unproven_and_the_rest() {
        let now = submission(&[
            ("Q1", Answer::one("yes")),
            ("Q2", Answer::one("no")),
            ("Q3", Answer::one("yes")),
            ("Q4", Answer::na("none here")),
            ("Q5", Answer::one("yes")),
            ("Q6", Answer::one("yes")),
        ]);
        let mut before = now.clone();
        before.answers.insert("Q3".into(), Answer::one("no"));
        use QueueGroup as G;
        let expected = [
            ("Q1", G::Scope),
            ("Q4", G::NotApplicable),
            ("Q3", G::Changed),
            ("Q2", G::Risky),
            ("Q5", G::Unproven),
            ("Q6", G::Rest),
        ];
        let expected: Vec<_> = expected.iter().map(|(id, group)| ((*id).to_owned(), *group)).collect();
        assert_eq!(groups(&now, Some(&before)), expected);
    }

    #[test]
    fn only_plain_answers_with_evidence_that_holds_can_be_accepted_together() {
        let definitions = small();
        let now = submission(&[
            ("Q1", Answer::one("yes")),
            ("Q2", Answer::one("no")),
            ("Q3", Answer::one("yes")),
            ("Q5", Answer { evidence: Grade::Supplied, ..Answer::one("yes") }),
            ("Q6", Answer::one("yes")),
        ]);
        let cited = |question: &str, valid_until: Option<chrono::NaiveDate>| Citation {
            evidence: uuid::Uuid::nil(),
            question: question.to_owned(),
            name: "Policy.pdf".to_owned(),
            url: None,
            size_bytes: None,
            media_type: None,
            valid_until,
        };
        let together = |inputs: &ScoreInputs, citations: &[Citation], previous: Option<&ScoreInputs>| {
            let score = inputs.score(&definitions).unwrap();
            let queue = queue(&definitions, inputs, &score, &[], citations, previous);
            let items = acceptable_together(&queue, inputs, citations, "small.ONE");
            let ids: Vec<String> = items.into_iter().map(|item| item.question.clone()).collect();
            assert!(acceptable_together(&queue, inputs, citations, "small.TWO").is_empty());
            ids
        };
        let all: Vec<Citation> = ["Q1", "Q2", "Q3", "Q5"].map(|id| cited(id, None)).into();
        assert_eq!(together(&now, &all, None), ["Q3", "Q5"], "scope, a large gap and no evidence stay out");
        let mut before = now.clone();
        before.answers.insert("Q3".into(), Answer::one("no"));
        assert_eq!(together(&now, &all, Some(&before)), ["Q5"], "what changed stays out");
        let yesterday = [cited("Q5", now.evidence_as_of.pred_opt())];
        assert!(together(&now, &yesterday, None).is_empty(), "expired evidence stays out");
    }

    #[test]
    fn hidden_questions_are_not_put_to_the_reviewer() {
        let now = submission(&[("Q1", Answer::one("no"))]);
        assert!(groups(&now, None).iter().all(|(id, _)| id != "Q3"));
    }

    #[test]
    fn a_decision_waits_for_scope_and_na_but_not_for_the_rest() {
        let definitions = small();
        let inputs = submission(&[("Q1", Answer::one("yes")), ("Q4", Answer::na("none"))]);
        let score = inputs.score(&definitions).unwrap();
        let verdict = |question: &str, kind| Verdict {
            question: question.into(),
            kind,
            na: None,
            scope_accepted: true,
            credit: None,
            compensating: None,
            grade: None,
            reason: None,
            answer_rev: 1,
            decided_by: UserId(uuid::Uuid::nil()),
            decided_by_name: String::new(),
            decided_at: DateTime::UNIX_EPOCH,
            version: 1,
        };
        let missing = |verdicts: &[Verdict]| {
            let queue = queue(&definitions, &inputs, &score, verdicts, &[], None);
            missing_for_decision(&queue).map(|i| i.question.clone()).collect::<Vec<_>>()
        };
        assert_eq!(missing(&[]), ["Q1", "Q4"]);
        assert_eq!(
            missing(&[verdict("Q1", VerdictKind::Accepted), verdict("Q4", VerdictKind::Asked)]),
            ["Q4"]
        );
        assert_eq!(
            missing(&[verdict("Q1", VerdictKind::Adjusted), verdict("Q4", VerdictKind::Accepted)]),
            Vec::<String>::new()
        );
        // A verdict on an earlier revision does not count.
        let mut old = verdict("Q1", VerdictKind::Accepted);
        old.answer_rev = 0;
        assert_eq!(missing(&[old, verdict("Q4", VerdictKind::Accepted)]), ["Q1"]);
    }
}
