//! One assessment as its respondents work on it: what is asked, what is answered, what is still open. Pure; the
//! portal's pages and the hand-in read from it.
//!
//! It knows facts and tier, because conditions need them, but hands out neither: nothing in what it returns tells a
//! weight, a score, a tier or a reviewer.

mod rows;

pub use rows::{
    AnswerRow, AnswerSource, Asked, CitationRow, ClarificationRow, EvidenceRow, PortalAssessment, ReadyRow,
    SheetRows,
};

use super::{
    answer::{Cited, engine_answer, in_words},
    assessment::AssessmentState,
};
use chrono::NaiveDate;
use questionnaires::{
    answering::{Answers, firing_checks, named_ids, progress, visible},
    definition::{Question, Questionnaire, Section},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Where a section stands, as the vendor is shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionState {
    /// Nothing answered.
    NotStarted,
    /// Something answered, or something missing.
    InProgress,
    /// Called ready, and nothing has become missing since.
    Ready,
    /// Handed in; nothing in it can be changed now.
    Submitted,
}

impl SectionState {
    /// In the words of the pages; never "completed".
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotStarted => "Not started",
            Self::InProgress => "In progress",
            Self::Ready => "Ready",
            Self::Submitted => "Submitted",
        }
    }
}

/// One question on the sheet.
#[derive(Clone, Debug)]
pub struct SheetQuestion {
    /// Its id.
    pub id: String,
    /// `11.3`: place of section and question in the file, hidden ones counted, so that it never changes.
    pub number: String,
    /// Whether it has a value; unknown and N/A count.
    pub done: bool,
}

/// One section with something to ask.
#[derive(Clone, Debug)]
pub struct SheetSection {
    /// Place of its questionnaire on the sheet, from 0.
    pub questionnaire: usize,
    /// Its questionnaire's id.
    pub questionnaire_id: String,
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Place in the file, from 1.
    pub number: usize,
    /// The questions shown now.
    pub questions: Vec<SheetQuestion>,
    /// Questions that still need a note.
    pub missing_notes: Vec<String>,
    /// Where it stands.
    pub state: SectionState,
}

impl SheetSection {
    /// Questions with a value.
    #[must_use]
    pub fn done(&self) -> usize {
        self.questions.iter().filter(|question| question.done).count()
    }
    /// Whether every shown question has a value and its required note.
    #[must_use]
    pub fn can_be_ready(&self) -> bool {
        self.done() == self.questions.len() && self.missing_notes.is_empty()
    }
}

/// What is still missing, over the whole sheet; question ids in the order asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Blank, and blocks the hand-in.
    pub required: Vec<String>,
    /// Blank; listed only.
    pub unanswered: Vec<String>,
    /// "We do not know".
    pub unknown: Vec<String>,
    /// Evidence was asked for and is not there.
    pub evidence: Vec<String>,
    /// The chosen option asks for a note that is not there.
    pub notes: Vec<String>,
}

/// Which questions can be answered now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Openness {
    /// It can be answered.
    Open,
    /// Everything was handed in.
    HandedIn,
    /// Others were sent back, this one was not.
    NotAsked,
    /// Nothing can be answered in this state.
    Closed,
}

/// The sheet: rows put in relation.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What it was made of.
    pub rows: SheetRows,
    /// Sections with something to ask, in order.
    pub sections: Vec<SheetSection>,
    /// What is missing.
    pub missing: Missing,
    /// Texts of the contradictions to look at before the hand-in.
    pub contradictions: Vec<String>,
    answers: BTreeMap<String, usize>,
    /// Where each question stands: its questionnaire, section and place. The first questionnaire that asks it.
    places: BTreeMap<String, (usize, usize, usize)>,
    /// Questions on whose answers others hang.
    gates: BTreeSet<String>,
}

impl Sheet {
    /// Puts the rows in relation, on `today` (evidence may have expired).
    #[must_use]
    pub fn new(rows: SheetRows, today: NaiveDate) -> Self {
        let answers = rows.answers.iter().enumerate().map(|(i, row)| (row.question_id.clone(), i)).collect();
        let mut places = BTreeMap::new();
        let mut gates = BTreeSet::new();
        for (index, asked) in rows.questionnaires.iter().enumerate() {
            gates.extend(named_ids(&asked.definition).into_iter().map(str::to_owned));
            for (at, section) in asked.definition.sections.iter().enumerate() {
                for (place, question) in section.questions.iter().enumerate() {
                    places.entry(question.id.clone()).or_insert((index, at, place));
                }
            }
        }
        let mut sheet = Self {
            rows,
            sections: Vec::new(),
            missing: Missing::default(),
            contradictions: Vec::new(),
            answers,
            places,
            gates,
        };
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for index in 0..sheet.rows.questionnaires.len() {
            sheet.lay_out(index, &mut seen, today);
        }
        sheet
    }

    /// One questionnaire. A question that two questionnaires ask is shown once, where it comes first.
    fn lay_out(&mut self, index: usize, seen: &mut BTreeSet<String>, today: NaiveDate) {
        let Some(asked) = self.rows.questionnaires.get(index) else { return };
        let definition = Arc::clone(&asked.definition);
        let answers = self.engine_answers(&definition, today);
        let (facts, tier) = (&self.rows.assessment.facts, self.rows.assessment.tier);
        let shown = visible(&definition, &answers, facts, tier);
        let counted = progress(&definition, &answers, facts, tier);
        self.contradictions.extend(
            firing_checks(&definition, &answers, facts, tier).into_iter().map(|check| check.text.clone()),
        );
        let mut here = BTreeSet::new();
        for (place, section) in definition.sections.iter().enumerate() {
            let questions: Vec<SheetQuestion> = section
                .questions
                .iter()
                .enumerate()
                .filter(|(_, question)| shown.shows(&question.id) && !seen.contains(&question.id))
                .map(|(at, question)| SheetQuestion {
                    id: question.id.clone(),
                    number: format!("{}.{}", place + 1, at + 1),
                    done: answers.get(&question.id).is_some_and(|answer| answer.value.is_some()),
                })
                .collect();
            here.extend(questions.iter().map(|question| question.id.clone()));
            if !questions.is_empty() {
                let section = self.section(index, place, section, questions, &counted.missing_notes);
                self.sections.push(section);
            }
        }
        let mine = |ids: Vec<String>| ids.into_iter().filter(|id| here.contains(id)).collect::<Vec<_>>();
        self.missing.required.extend(mine(counted.required_blanks));
        self.missing.unanswered.extend(mine(counted.scored_blanks));
        self.missing.unknown.extend(mine(counted.unknowns));
        self.missing.evidence.extend(mine(counted.missing_evidence));
        self.missing.notes.extend(mine(counted.missing_notes));
        seen.extend(here);
    }

    fn section(
        &self,
        index: usize,
        place: usize,
        section: &Section,
        questions: Vec<SheetQuestion>,
        notes: &[String],
    ) -> SheetSection {
        let questionnaire_id =
            self.rows.questionnaires.get(index).map(|asked| asked.definition.id.clone()).unwrap_or_default();
        let missing_notes =
            notes.iter().filter(|id| questions.iter().any(|q| q.id == **id)).cloned().collect();
        let called = self
            .rows
            .ready
            .iter()
            .any(|row| row.questionnaire_id == questionnaire_id && row.section_id == section.id);
        let mut sheet = SheetSection {
            questionnaire: index,
            questionnaire_id,
            id: section.id.clone(),
            title: section.title.clone(),
            number: place + 1,
            questions,
            missing_notes,
            state: SectionState::InProgress,
        };
        let asked_again: Vec<&str> = self.asked_again().map(|one| one.question_id.as_str()).collect();
        let state = self.rows.assessment.state;
        let submitted = |question: &SheetQuestion| {
            matches!(openness(state, &question.id, &asked_again), Openness::HandedIn | Openness::NotAsked)
        };
        sheet.state = match (sheet.done(), called && sheet.can_be_ready()) {
            _ if sheet.questions.iter().all(submitted) => SectionState::Submitted,
            (_, true) => SectionState::Ready,
            (0, _) => SectionState::NotStarted,
            _ => SectionState::InProgress,
        };
        sheet
    }

    /// The answers to one questionnaire's questions as the engine takes them, before any review.
    #[must_use]
    pub fn engine_answers(&self, questionnaire: &Questionnaire, today: NaiveDate) -> Answers {
        let mut answers = Answers::new();
        for (_, question) in questionnaire.questions() {
            let row = self.answer(&question.id);
            let cited: Vec<Cited> = self
                .evidence_of(&question.id)
                .map(|piece| Cited { name: piece.name.clone(), valid_until: piece.valid_until })
                .collect();
            if row.is_none() && cited.is_empty() {
                continue;
            }
            let (value, note) = row.map_or((None, None), |row| (row.value.as_ref(), row.note.as_deref()));
            answers.insert(question.id.clone(), engine_answer(question, value, note, &cited, today));
        }
        answers
    }

    /// Whether other questions hang on the answer to this one.
    #[must_use]
    pub fn is_gate(&self, question: &str) -> bool {
        self.gates.contains(question)
    }

    /// The current answer to a question.
    #[must_use]
    pub fn answer(&self, question: &str) -> Option<&AnswerRow> {
        self.answers.get(question).and_then(|&at| self.rows.answers.get(at))
    }

    /// Evidence beside an answer, in the order added.
    pub fn evidence_of<'a>(&'a self, question: &'a str) -> impl Iterator<Item = &'a EvidenceRow> {
        self.rows.evidence.iter().filter(move |piece| {
            piece.citations.iter().any(|cite| cite.question_id.as_deref() == Some(question))
        })
    }

    /// Evidence for the assessment as a whole, in the order added.
    pub fn documents(&self) -> impl Iterator<Item = &EvidenceRow> {
        self.rows.evidence.iter().filter(|piece| piece.for_all().is_some())
    }

    /// The text and rules of a question, from the first questionnaire that asks it.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&Question> {
        let &(questionnaire, section, place) = self.places.get(id)?;
        let definition = &self.rows.questionnaires.get(questionnaire)?.definition;
        definition.sections.get(section)?.questions.get(place)
    }

    /// The section and place of a question that is shown now.
    #[must_use]
    pub fn place_of(&self, question: &str) -> Option<(&SheetSection, &SheetQuestion)> {
        self.sections.iter().find_map(|section| {
            section.questions.iter().find(|q| q.id == question).map(|found| (section, found))
        })
    }

    /// A section by its address.
    #[must_use]
    pub fn section_at(&self, questionnaire: &str, section: &str) -> Option<usize> {
        self.sections.iter().position(|s| s.questionnaire_id == questionnaire && s.id == section)
    }

    /// Questions shown now.
    #[must_use]
    pub fn total(&self) -> usize {
        self.sections.iter().map(|section| section.questions.len()).sum()
    }

    /// Questions shown now that have a value.
    #[must_use]
    pub fn done(&self) -> usize {
        self.sections.iter().map(SheetSection::done).sum()
    }

    /// The clarifications that wait for replies: the newest batch, while the assessment is returned.
    pub fn asked_again(&self) -> impl Iterator<Item = &ClarificationRow> {
        let returned = self.rows.assessment.state == AssessmentState::Returned;
        let newest = self.rows.clarifications.iter().map(|c| c.batch).max();
        self.rows
            .clarifications
            .iter()
            .filter(move |c| returned && Some(c.batch) == newest && c.answered_at.is_none())
    }

    /// Whether a question can be answered now.
    #[must_use]
    pub fn openness(&self, question: &str) -> Openness {
        let asked: Vec<&str> = self.asked_again().map(|c| c.question_id.as_str()).collect();
        openness(self.rows.assessment.state, question, &asked)
    }

    /// What is handed in: the answers to the questions shown now, with notes and evidence; canonical when printed
    /// with sorted keys.
    #[must_use]
    pub fn handed_in(&self, number: i32, as_of: NaiveDate) -> Value {
        let files = self.rows.questionnaires.iter().map(|asked| {
            // Not its hash: over a file that differs from a public one in a weight, it would give the weight away.
            json!({"id": asked.definition.id, "version": asked.definition.version})
        });
        let mut answers = serde_json::Map::new();
        for question in self.sections.iter().flat_map(|section| &section.questions) {
            let evidence: Vec<Value> = self.evidence_of(&question.id).map(as_handed_in).collect();
            let row = self.answer(&question.id);
            if row.is_none() && evidence.is_empty() {
                continue;
            }
            let entry = json!({
                "rev": row.map_or(0, |row| row.rev),
                "value": row.and_then(|row| row.value.clone()),
                "note": row.and_then(|row| row.note.clone()),
                "source": row.map(|row| row.source.as_str()),
                "evidence": evidence,
            });
            answers.insert(question.id.clone(), entry);
        }
        let mut all = json!({
            "assessment": self.rows.assessment.reference,
            "number": number,
            "as_of": as_of,
            "questionnaires": files.collect::<Vec<_>>(),
            "answers": answers,
        });
        let documents: Vec<Value> = self.documents().map(as_handed_in).collect();
        if !documents.is_empty() {
            all["documents"] = documents.into();
        }
        all
    }

    /// What the respondents saw when they handed in: every question with its answer in words.
    #[must_use]
    pub fn respondent_view(&self) -> Value {
        let sections = self.sections.iter().map(|section| {
            let questions = section.questions.iter().filter_map(|placed| {
                let question = self.question(&placed.id)?;
                let row = self.answer(&placed.id);
                let evidence: Vec<&str> =
                    self.evidence_of(&placed.id).map(|piece| piece.name.as_str()).collect();
                Some(json!({
                    "id": placed.id,
                    "number": placed.number,
                    "question": question.text,
                    "answer": in_words(question, row.and_then(|row| row.value.as_ref())),
                    "note": row.and_then(|row| row.note.clone()),
                    "evidence": evidence,
                }))
            });
            json!({
                "questionnaire": section.questionnaire_id,
                "section": section.title,
                "questions": questions.collect::<Vec<_>>(),
            })
        });
        let mut all =
            json!({"service": self.rows.assessment.service, "sections": sections.collect::<Vec<_>>()});
        let documents: Vec<&str> = self.documents().map(|piece| piece.name.as_str()).collect();
        if !documents.is_empty() {
            all["documents"] = documents.into();
        }
        all
    }
}

fn as_handed_in(piece: &EvidenceRow) -> Value {
    json!({"name": piece.name, "sha256": piece.sha256, "url": piece.url})
}

/// Whether a question can be answered in this state; `asked_again` are the questions sent back.
#[must_use]
pub fn openness(state: AssessmentState, question: &str, asked_again: &[&str]) -> Openness {
    use AssessmentState as S;
    match state {
        S::Sent | S::InProgress => Openness::Open,
        S::Returned if asked_again.contains(&question) => Openness::Open,
        S::Returned => Openness::NotAsked,
        S::Submitted | S::InReview | S::Decided => Openness::HandedIn,
        S::Draft | S::Expired | S::Cancelled => Openness::Closed,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::ids::{AssessmentId, ClarificationId, ServiceId, UserId, VendorId};
    use chrono::DateTime;
    use questionnaires::{
        answering::Facts,
        definition::{AnswerType, Choice, Condition},
    };

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()
    }
    fn question(id: &str, show_if: Option<Condition>) -> Question {
        let choice = |id: &str| Choice { id: id.into(), label: id.to_uppercase(), ..Choice::default() };
        let options = vec![choice("full"), Choice { explain: true, ..choice("part") }];
        Question { id: id.into(), text: "How?".into(), options, show_if, ..Question::default() }
    }
    /// Two questionnaires: ten minutes for a section with a gate and one that wants a file, then one question again.
    pub(in crate::domain) fn sheet(
        state: AssessmentState,
        answers: &[(&str, Value)],
        ready: &[&str],
        asked: &[&str],
    ) -> Sheet {
        let gate = Condition::In { q: "SEC-GOV-01".into(), options: vec!["full".into()] };
        let own = Question { required: true, ..question("SEC-GOV-03", None) };
        let file =
            Question { answer_type: AnswerType::File, options: Vec::new(), ..question("SEC-END-01", None) };
        let first = Section {
            id: "GOV".into(),
            title: "Governance".into(),
            questions: vec![question("SEC-GOV-01", None), question("SEC-GOV-02", Some(gate)), own],
            ..Section::default()
        };
        let second = Section { id: "END".into(), questions: vec![file], ..Section::default() };
        let again =
            Section { id: "USE".into(), questions: vec![question("SEC-GOV-01", None)], ..Section::default() };
        let asked_of = |id: &str, sections| Asked {
            definition: Arc::new(Questionnaire {
                id: id.into(),
                minutes: 10,
                sections,
                ..Questionnaire::default()
            }),
        };
        let row = |(id, value): &(&str, Value)| AnswerRow {
            question_id: (*id).into(),
            rev: 1,
            value: Some(value.clone()),
            note: None,
            source: AnswerSource::Vendor,
            saved_by: "Priya".into(),
            respondent: None,
            saved_at: DateTime::UNIX_EPOCH,
        };
        let clarification = |id: &&str| ClarificationRow {
            id: ClarificationId(uuid::Uuid::nil()),
            question_id: (*id).into(),
            batch: 1,
            text: "Which?".into(),
            sent_at: DateTime::UNIX_EPOCH,
            due_on: None,
            answered_at: None,
        };
        let rows = SheetRows {
            assessment: PortalAssessment {
                id: AssessmentId(uuid::Uuid::nil()),
                reference: "NW-1".into(),
                state,
                vendor_id: VendorId(uuid::Uuid::nil()),
                vendor: "Lumen".into(),
                service_id: ServiceId(uuid::Uuid::nil()),
                service: "Triage".into(),
                owner_id: UserId(uuid::Uuid::nil()),
                owner: "Daniel".into(),
                owner_email: "d@n.example".into(),
                due_on: day(),
                link_ends_at: None,
                message: None,
                facts: Facts::new(),
                tier: None,
                submission_number: 0,
                submitted_at: None,
                version: 1,
                reassesses: false,
                people: Vec::new(),
            },
            questionnaires: vec![asked_of("security", vec![first, second]), asked_of("ai", vec![again])],
            answers: answers.iter().map(row).collect(),
            evidence: Vec::new(),
            ready: ready
                .iter()
                .map(|id| ReadyRow { questionnaire_id: "security".into(), section_id: (*id).into() })
                .collect(),
            clarifications: asked.iter().map(clarification).collect(),
        };
        Sheet::new(rows, day())
    }

    #[test]
    fn hidden_questions_are_not_shown_but_keep_their_number() {
        let numbers =
            |sheet: &Sheet| sheet.sections[0].questions.iter().map(|q| q.number.clone()).collect::<Vec<_>>();
        let blank = sheet(AssessmentState::Sent, &[], &[], &[]);
        assert_eq!(numbers(&blank), ["1.1", "1.3"]);
        let open = sheet(AssessmentState::InProgress, &[("SEC-GOV-01", json!({"choice": "full"}))], &[], &[]);
        assert_eq!(numbers(&open), ["1.1", "1.2", "1.3"]);
        assert_eq!((open.done(), open.total()), (1, 4));
    }

    #[test]
    fn a_question_that_two_questionnaires_ask_is_asked_once() {
        let sheet = sheet(AssessmentState::Sent, &[], &[], &[]);
        assert!(sheet.section_at("ai", "USE").is_none());
        assert_eq!(sheet.place_of("SEC-GOV-01").unwrap().0.questionnaire_id, "security");
    }

    #[test]
    fn what_was_handed_in_is_submitted_but_for_what_is_asked_again() {
        let states = |sheet: &Sheet| sheet.sections.iter().map(|section| section.state).collect::<Vec<_>>();
        let answered = [("SEC-GOV-01", json!({"choice": "full"}))];
        let handed_in = sheet(AssessmentState::InReview, &answered, &[], &[]);
        assert_eq!(states(&handed_in), [SectionState::Submitted; 2]);
        let returned = sheet(AssessmentState::Returned, &answered, &[], &["SEC-GOV-01"]);
        assert_eq!(states(&returned), [SectionState::InProgress, SectionState::Submitted]);
    }

    #[test]
    fn a_section_is_ready_only_while_nothing_is_missing() {
        let unknown = json!({"unknown": true});
        let full = [("SEC-GOV-01", unknown.clone()), ("SEC-GOV-03", unknown)];
        assert_eq!(
            sheet(AssessmentState::Sent, &[], &["GOV"], &[]).sections[0].state,
            SectionState::NotStarted
        );
        assert_eq!(
            sheet(AssessmentState::InProgress, &full[..1], &["GOV"], &[]).sections[0].state,
            SectionState::InProgress
        );
        assert_eq!(
            sheet(AssessmentState::InProgress, &full, &["GOV"], &[]).sections[0].state,
            SectionState::Ready
        );
        let note = [("SEC-GOV-01", json!({"choice": "part"})), full[1].clone()];
        let open = sheet(AssessmentState::InProgress, &note, &["GOV"], &[]);
        assert_eq!(open.sections[0].state, SectionState::InProgress, "an option asks for a note");
        assert_eq!(open.missing.notes, ["SEC-GOV-01"]);
    }

    #[test]
    fn required_blanks_block_and_unknown_satisfies_them() {
        assert_eq!(sheet(AssessmentState::Sent, &[], &[], &[]).missing.required, ["SEC-GOV-03"]);
        let unknown = [("SEC-GOV-03", json!({"unknown": true}))];
        let sheet = sheet(AssessmentState::InProgress, &unknown, &[], &[]);
        assert_eq!(sheet.missing.required, Vec::<String>::new());
        assert_eq!(sheet.missing.unknown, ["SEC-GOV-03"]);
    }

    #[test]
    fn only_what_was_sent_back_is_open_after_a_return() {
        let returned = sheet(AssessmentState::Returned, &[], &[], &["SEC-GOV-01"]);
        assert_eq!(returned.openness("SEC-GOV-01"), Openness::Open);
        assert_eq!(returned.openness("SEC-GOV-03"), Openness::NotAsked);
        assert_eq!(
            sheet(AssessmentState::Submitted, &[], &[], &[]).openness("SEC-GOV-01"),
            Openness::HandedIn
        );
    }

    #[test]
    fn what_is_handed_in_holds_shown_questions_only() {
        let answers = [("SEC-GOV-01", json!({"choice": "part"})), ("SEC-GOV-02", json!({"choice": "full"}))];
        let sheet = sheet(AssessmentState::InProgress, &answers, &[], &[]);
        let handed = sheet.handed_in(1, day());
        assert!(
            handed["answers"].get("SEC-GOV-02").is_none(),
            "hidden since its gate was answered otherwise"
        );
        assert_eq!(handed["answers"]["SEC-GOV-01"]["value"], json!({"choice": "part"}));
        assert!(sheet.respondent_view().to_string().contains("PART"));
    }
}
