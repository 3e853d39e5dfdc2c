//! Everything that decides a score, as a snapshot keeps it: pinned definitions, answers with the reviewer's word and
//! the effective evidence, facts, tier and both days. Scoring the same inputs again gives the same result, bit for
//! bit (P13).

use chrono::NaiveDate;
use questionnaires::{
    answering::{Answer, AnswerValue, Answers, Compensating, Facts, Fault, Grade, NaVerdict, Review},
    definition::{AnswerType, Audience, ControlSet, Question, Questionnaire, Tier},
    exact::Exact,
    scoring::{AssessmentInput, AssessmentScore, assessment::SCORING_MODEL, score_assessment},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use uuid::Uuid;

use super::review::Verdict;

/// One pinned definition: the row that holds it, and what it says it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// Row of the pinned version.
    pub row: Uuid,
    /// Id in the file.
    pub id: String,
    /// Exact version.
    pub version: String,
    /// SHA-256 over the canonical definition, in hex.
    pub sha256: String,
}

/// The definitions behind the pins, in the same order.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    /// In the order in which they were sent.
    pub questionnaires: Vec<Arc<Questionnaire>>,
    /// In the order pinned.
    pub control_sets: Vec<Arc<ControlSet>>,
}

impl Definitions {
    /// The question with this id, in the first questionnaire that holds it.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questionnaires.iter().find_map(|questionnaire| questionnaire.question(id))
    }
    /// The questionnaire with this id.
    #[must_use]
    pub fn questionnaire(&self, id: &str) -> Option<&Questionnaire> {
        self.questionnaires.iter().find(|questionnaire| questionnaire.id == id).map(AsRef::as_ref)
    }
    /// The control set with this id.
    #[must_use]
    pub fn control_set(&self, id: &str) -> Option<&ControlSet> {
        self.control_sets.iter().find(|set| set.id == id).map(AsRef::as_ref)
    }
}

/// One piece of evidence cited for one question, or for the assessment as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    /// Row of the evidence.
    pub evidence: Uuid,
    /// For which question; empty for the assessment as a whole.
    pub question: String,
    /// File name or link text.
    pub name: String,
    /// A link elsewhere; none for a file.
    pub url: Option<String>,
    /// Size of a file.
    pub size_bytes: Option<i64>,
    /// What the content of a file is.
    pub media_type: Option<String>,
    /// The last day on which it proves anything.
    pub valid_until: Option<NaiveDate>,
}

impl Citation {
    /// Whether it still proves something on `day`.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.valid_until.is_none_or(|last| last >= day)
    }
}

/// What a snapshot keeps of its inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreInputs {
    /// `assay-score/1`.
    pub scoring_model: String,
    /// In the order sent.
    pub questionnaires: Vec<Pin>,
    /// In the order pinned.
    pub control_sets: Vec<Pin>,
    /// With the reviewer's word and the effective grade.
    pub answers: Answers,
    /// Revision of each answer that was handed in; a verdict counts only for the revision that it judged.
    pub revisions: BTreeMap<String, i64>,
    /// What the buyer told, pinned at send.
    pub facts: Facts,
    /// Pinned at send.
    pub tier: Option<Tier>,
    /// The day of submission, to which banded dates are compared.
    pub as_of: NaiveDate,
    /// The day to which the expiry of evidence is compared.
    pub evidence_as_of: NaiveDate,
}

impl ScoreInputs {
    /// Inputs of a submission that nobody has judged yet.
    #[must_use]
    pub fn submitted(
        questionnaires: Vec<Pin>,
        control_sets: Vec<Pin>,
        facts: Facts,
        tier: Option<Tier>,
        as_of: NaiveDate,
    ) -> Self {
        Self {
            scoring_model: SCORING_MODEL.to_owned(),
            questionnaires,
            control_sets,
            answers: Answers::new(),
            revisions: BTreeMap::new(),
            facts,
            tier,
            as_of,
            evidence_as_of: as_of,
        }
    }

    /// The revision of an answer; 0 when there never was one.
    #[must_use]
    pub fn revision(&self, question: &str) -> i64 {
        self.revisions.get(question).copied().unwrap_or(0)
    }

    /// The verdict on a question, if it judged the answer that was handed in.
    #[must_use]
    pub fn current_verdict<'a>(&self, verdicts: &'a [Verdict], question: &str) -> Option<&'a Verdict> {
        verdicts.iter().find(|v| v.question == question && v.answer_rev == self.revision(question))
    }

    /// The same submission, judged by these verdicts, with the evidence that holds on `day`.
    #[must_use]
    pub fn judged(
        &self,
        definitions: &Definitions,
        verdicts: &[Verdict],
        citations: &[Citation],
        day: NaiveDate,
    ) -> Self {
        let cited: BTreeSet<&str> = citations.iter().map(|c| c.question.as_str()).collect();
        let proven: BTreeSet<&str> =
            citations.iter().filter(|c| c.holds_on(day)).map(|c| c.question.as_str()).collect();
        let mut inputs = Self { evidence_as_of: day, ..self.clone() };
        let judged: BTreeSet<String> =
            self.answers.keys().cloned().chain(verdicts.iter().map(|v| v.question.clone())).collect();
        for id in judged {
            let Some(question) = definitions.question(&id) else { continue };
            let verdict = self.current_verdict(verdicts, &id);
            let mut answer = self.answers.get(&id).cloned().unwrap_or_default();
            answer.review = Review::default();
            // A file answer counts its own file as the citation that it is.
            let holds = proven.contains(id.as_str())
                || (!cited.contains(id.as_str()) && matches!(answer.value, Some(AnswerValue::Files { .. })));
            answer.evidence = effective_grade(holds, verdict.and_then(|v| v.grade));
            if let Some(verdict) = verdict {
                apply(question, verdict, &mut answer);
            }
            if answer != Answer::default() {
                inputs.answers.insert(id, answer);
            }
        }
        inputs
    }

    /// Scores these inputs against their pinned definitions.
    ///
    /// # Errors
    /// Every fault of the answers; stored submissions have none.
    pub fn score(&self, definitions: &Definitions) -> Result<AssessmentScore, Vec<Fault>> {
        let questionnaires: Vec<&Questionnaire> =
            definitions.questionnaires.iter().map(AsRef::as_ref).collect();
        let control_sets: Vec<&ControlSet> = definitions.control_sets.iter().map(AsRef::as_ref).collect();
        score_assessment(&AssessmentInput {
            questionnaires: &questionnaires,
            answers: &self.answers,
            facts: &self.facts,
            tier: self.tier,
            as_of: Some(self.as_of),
            control_sets: &control_sets,
        })
    }
}

/// The grade of an answer's evidence: the reviewer's rejection beats everything; a grade given counts while some
/// citation holds; evidence that nobody judged is *supplied*; without any that holds the answer is *asserted*.
#[must_use]
pub fn effective_grade(any_citation_holds: bool, given: Option<Grade>) -> Grade {
    match (given, any_citation_holds) {
        (Some(Grade::Rejected), _) => Grade::Rejected,
        (_, false) => Grade::Asserted,
        (Some(grade), true) => grade,
        (None, true) => Grade::Supplied,
    }
}

/// Puts the reviewer's word on an answer, where that kind of answer takes it.
fn apply(question: &Question, verdict: &Verdict, answer: &mut Answer) {
    if !question.is_scored() {
        answer.review.scope_accepted = verdict.scope_accepted;
    } else if answer.substantive().is_some() {
        answer.review.credit = verdict.credit.clone();
        answer.review.compensating = verdict.compensating;
    } else if let Some(credit) = &verdict.credit {
        // A verified action gives credit where nothing had been answered: the option that earns exactly this credit
        // becomes the answer.
        answer.value = value_worth(question, credit);
        if answer.value.is_some() {
            return;
        }
    }
    if matches!(answer.value, Some(AnswerValue::NotApplicable { .. })) {
        answer.review.na = verdict.na;
    }
}

/// The choice that earns exactly this credit, for questions with options; none where no single choice does.
#[must_use]
pub fn value_worth(question: &Question, credit: &Exact) -> Option<AnswerValue> {
    let option = question.options.iter().find(|option| option.credit.as_ref() == Some(credit))?;
    match question.answer_type {
        AnswerType::SelectOne | AnswerType::File => Some(AnswerValue::One(option.id.clone())),
        AnswerType::SelectMany => Some(AnswerValue::Many(vec![option.id.clone()])),
        _ => None,
    }
}

/// What may be said about a verdict's parts, in words.
#[must_use]
pub fn grade_label(grade: Grade) -> &'static str {
    match grade {
        Grade::Rejected => "Rejected: contradicts the answer",
        Grade::Asserted => "Asserted: no evidence",
        Grade::Supplied => "Supplied, not judged",
        Grade::Accepted => "Accepted: read, supports the answer",
        Grade::Independent => "Independent proof, accepted",
    }
}

/// The word in which a verdict on an N/A is stored.
#[must_use]
pub const fn na_word(na: NaVerdict) -> &'static str {
    match na {
        NaVerdict::Accepted => "accepted",
        NaVerdict::Rejected => "rejected",
    }
}

/// The verdict on an N/A that this word stands for.
#[must_use]
pub fn na_from_word(word: &str) -> Option<NaVerdict> {
    match word {
        "accepted" => Some(NaVerdict::Accepted),
        "rejected" => Some(NaVerdict::Rejected),
        _ => None,
    }
}

/// The word in which a compensating control is stored.
#[must_use]
pub const fn compensating_word(compensating: Compensating) -> &'static str {
    match compensating {
        Compensating::Partial => "partial",
        Compensating::Substantial => "substantial",
    }
}

/// The compensating control that this word stands for.
#[must_use]
pub fn compensating_from_word(word: &str) -> Option<Compensating> {
    match word {
        "partial" => Some(Compensating::Partial),
        "substantial" => Some(Compensating::Substantial),
        _ => None,
    }
}

/// Whether the vendor answers this questionnaire, so that it enters the vendor's scores.
#[must_use]
pub fn asked_of_the_vendor(questionnaire: &Questionnaire) -> bool {
    questionnaire.audience == Audience::Vendor
}

/// What was answered, in the question's own words, one line per thing said.
#[must_use]
pub fn in_words(question: &Question, answer: Option<&Answer>) -> Vec<String> {
    let label = |id: &str| question.option(id).map_or_else(|| id.to_owned(), |option| option.label.clone());
    match answer.and_then(|answer| answer.value.as_ref()) {
        None => vec!["Not answered".to_owned()],
        Some(AnswerValue::One(option)) => vec![label(option)],
        Some(AnswerValue::Many(options)) => options.iter().map(|option| label(option)).collect(),
        Some(AnswerValue::Number(number)) => vec![number.to_string()],
        Some(AnswerValue::Date(day)) => vec![super::due::short_day(*day)],
        Some(AnswerValue::Text(text)) => vec![text.clone()],
        Some(AnswerValue::Attest) => vec!["Confirmed".to_owned()],
        Some(AnswerValue::Unknown) => vec!["We do not know".to_owned()],
        Some(AnswerValue::NotApplicable { reason }) => vec![format!("Does not apply: {reason}")],
        Some(AnswerValue::Files { choice, files }) => {
            choice.iter().map(|option| label(option)).chain(files.iter().cloned()).collect()
        }
        Some(AnswerValue::Rows(rows)) if rows.is_empty() => vec!["There are none".to_owned()],
        Some(AnswerValue::Rows(rows)) => rows
            .iter()
            .map(|row| {
                let cells = question.columns.iter().filter_map(|column| {
                    let cell = row.get(&column.id)?;
                    let words = column.options.iter().find(|option| option.id == *cell);
                    Some(format!("{}: {}", column.label, words.map_or(cell, |option| &option.label)))
                });
                cells.collect::<Vec<_>>().join("; ")
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ids::UserId, review::VerdictKind};
    use questionnaires::definition::{Choice, Section};

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, d).unwrap()
    }

    fn option(id: &str, credit: Option<Exact>) -> Choice {
        Choice { id: id.into(), label: id.to_uppercase(), credit, ..Choice::default() }
    }

    fn question(id: &str, weight: u8) -> Question {
        let credit = |c: Exact| (weight > 0).then_some(c);
        let options = vec![
            option("full", credit(Exact::one())),
            option("part", credit(Exact::ratio(1, 2))),
            option("none", credit(Exact::zero())),
        ];
        Question { id: id.into(), weight, options, na: Some("Why?".into()), ..Question::default() }
    }

    fn definitions() -> Definitions {
        let section = Section {
            id: "ONE".into(),
            questions: vec![question("Q1", 5), question("Q2", 3), question("Q0", 0)],
            ..Section::default()
        };
        let questionnaire = Questionnaire {
            id: "small".into(),
            version: "1.0.0".into(),
            sections: vec![section],
            ..Questionnaire::default()
        };
        Definitions { questionnaires: vec![Arc::new(questionnaire)], control_sets: vec![] }
    }

    fn verdict(question: &str, rev: i64) -> Verdict {
        Verdict {
            question: question.into(),
            kind: VerdictKind::Accepted,
            na: None,
            scope_accepted: false,
            credit: None,
            compensating: None,
            grade: None,
            reason: None,
            answer_rev: rev,
            decided_by: UserId(Uuid::nil()),
            decided_by_name: "Amara".into(),
            decided_at: chrono::DateTime::UNIX_EPOCH,
            version: 1,
        }
    }

    fn inputs(answers: &[(&str, Answer)]) -> ScoreInputs {
        let mut inputs = ScoreInputs::submitted(vec![], vec![], Facts::new(), Some(Tier::High), day(1));
        for (id, answer) in answers {
            inputs.answers.insert((*id).to_owned(), answer.clone());
            inputs.revisions.insert((*id).to_owned(), 1);
        }
        inputs
    }

    fn cites(question: &str, until: Option<NaiveDate>) -> Citation {
        Citation {
            evidence: Uuid::nil(),
            question: question.into(),
            name: "soc2.pdf".into(),
            url: None,
            size_bytes: None,
            media_type: None,
            valid_until: until,
        }
    }

    #[test]
    fn evidence_counts_while_it_holds_and_the_reviewers_rejection_beats_everything() {
        assert_eq!(effective_grade(true, None), Grade::Supplied);
        assert_eq!(effective_grade(true, Some(Grade::Independent)), Grade::Independent);
        assert_eq!(effective_grade(false, Some(Grade::Independent)), Grade::Asserted);
        assert_eq!(effective_grade(false, Some(Grade::Rejected)), Grade::Rejected);
        assert_eq!(effective_grade(true, Some(Grade::Rejected)), Grade::Rejected);
    }

    #[test]
    fn evidence_that_expired_counts_as_asserted_on_the_day_after() {
        let base = inputs(&[("Q1", Answer::one("full"))]);
        let graded = [Verdict { grade: Some(Grade::Accepted), ..verdict("Q1", 1) }];
        let cited = [cites("Q1", Some(day(10)))];
        let grade = |on| base.judged(&definitions(), &graded, &cited, on).answers["Q1"].evidence;
        assert_eq!(grade(day(10)), Grade::Accepted);
        assert_eq!(grade(day(11)), Grade::Asserted);
    }

    #[test]
    fn a_verdict_on_an_earlier_revision_no_longer_counts() {
        let base = inputs(&[("Q1", Answer::one("part"))]);
        let raised = Verdict { credit: Some(Exact::one()), ..verdict("Q1", 1) };
        let now = base.judged(&definitions(), std::slice::from_ref(&raised), &[], day(1));
        assert_eq!(now.answers["Q1"].review.credit, Some(Exact::one()));
        let changed = ScoreInputs { revisions: [("Q1".to_owned(), 2)].into(), ..base };
        let then = changed.judged(&definitions(), &[raised], &[], day(1));
        assert_eq!(then.answers["Q1"].review.credit, None);
    }

    #[test]
    fn a_verified_action_gives_credit_where_nothing_was_answered() {
        let base = inputs(&[("Q1", Answer::one("full"))]);
        let verified = Verdict { credit: Some(Exact::ratio(1, 2)), ..verdict("Q2", 0) };
        let judged = base.judged(&definitions(), &[verified], &[], day(1));
        assert_eq!(judged.answers["Q2"].value, Some(AnswerValue::One("part".into())));
        assert_eq!(judged.answers["Q2"].review, Review::default());
        let score = judged.score(&definitions()).unwrap();
        // (5 * 1 + 3 * 1/2) / 8
        assert_eq!(score.questionnaires[0].claimed, Some(Exact::ratio(325, 4)));
    }

    #[test]
    fn p13_inputs_that_were_stored_score_bit_for_bit_as_before() {
        let base = inputs(&[
            ("Q1", Answer::one("part").graded(Grade::Supplied)),
            ("Q2", Answer::na("no staff")),
            ("Q0", Answer::one("full")),
        ]);
        let verdicts = [
            Verdict { compensating: Some(Compensating::Substantial), ..verdict("Q1", 1) },
            Verdict { na: Some(NaVerdict::Accepted), ..verdict("Q2", 1) },
            Verdict { scope_accepted: true, ..verdict("Q0", 1) },
        ];
        let judged = base.judged(&definitions(), &verdicts, &[], day(3));
        let score = judged.score(&definitions()).unwrap();
        assert_eq!(score.questionnaires[0].claimed, Some(Exact::from(75_i64)));
        let text = serde_json::to_string(&judged).unwrap();
        let again: ScoreInputs = serde_json::from_str(&text).unwrap();
        assert_eq!(again, judged);
        let stored = serde_json::to_string(&score).unwrap();
        assert_eq!(serde_json::to_string(&again.score(&definitions()).unwrap()).unwrap(), stored);
        assert_eq!(serde_json::from_str::<AssessmentScore>(&stored).unwrap(), score);
    }

    #[test]
    fn answers_read_in_the_words_of_the_question() {
        let question = question("Q1", 5);
        assert_eq!(in_words(&question, Some(&Answer::one("full"))), ["FULL"]);
        assert_eq!(in_words(&question, None), ["Not answered"]);
        assert_eq!(in_words(&question, Some(&Answer::na("no AI"))), ["Does not apply: no AI"]);
    }
}
