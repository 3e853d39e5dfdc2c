//! Findings that a finished review proposes: severity, folding into gates, days to fix, and the projected score.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::definition::{Audience, CriticalLevel, Question, Questionnaire};
use crate::exact::Exact;
use crate::scoring::score::{QuestionnaireScore, RowScore};
use crate::scoring::states::State;

/// How bad a gap is. The worse is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// An observation: listed, sent only when chosen.
    Low,
    /// `w (1 - c) >= 2`.
    Medium,
    /// A failed major, or w = 5 and c = 0.
    High,
    /// A failed blocker.
    Critical,
}

impl Severity {
    /// Every severity, lowest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word used in files and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Days to fix, counted from the day the finding is sent; a question may say otherwise.
    #[must_use]
    pub fn sla_days(self) -> u32 {
        match self {
            Self::Critical => 14,
            Self::High => 30,
            Self::Medium => 90,
            Self::Low => 180,
        }
    }

    /// Whether a proposal of this severity is chosen to begin with.
    #[must_use]
    pub fn preselected(self) -> bool {
        self >= Self::Medium
    }
}

/// A finding to propose for one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The question to fix.
    pub question: String,
    /// The worst severity among the question's own gap and those of the questions folded into it.
    pub severity: Severity,
    /// The hidden_zero questions that its answer hides, in file order.
    pub folded: Vec<String>,
    /// Days to fix.
    pub sla_days: u32,
    /// Whether it is chosen to begin with.
    pub preselected: bool,
    /// The gap in words: the chosen option's own finding text, where it has one.
    pub text: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
}

/// The findings of an assessment: one per question id, in the order of the questionnaires and of their questions.
///
/// `scored` pairs each questionnaire with its score; own readiness proposes nothing. `chosen` gives the chosen
/// options of an answered question, for the finding's text.
#[must_use]
pub fn propose(
    scored: &[(&Questionnaire, &QuestionnaireScore)],
    chosen: &dyn Fn(&str) -> Vec<String>,
) -> Vec<Proposal> {
    let mut proposals: Vec<Proposal> = Vec::new();
    let mut place: BTreeMap<String, usize> = BTreeMap::new();
    for (questionnaire, score) in scored {
        if questionnaire.audience != Audience::Vendor {
            continue;
        }
        let questions: BTreeMap<&str, &Question> =
            questionnaire.questions().map(|(_, question)| (question.id.as_str(), question)).collect();
        let states: BTreeMap<&str, State> =
            score.rows.iter().map(|row| (row.question.as_str(), row.state)).collect();
        for row in &score.rows {
            let Some(severity) = severity_of(&questions, row) else { continue };
            let target = row.gate.as_deref().unwrap_or(&row.question);
            if states.get(target) == Some(&State::NaPending) {
                continue;
            }
            let Some(question) = questions.get(target) else { continue };
            let at = *place.entry(target.to_owned()).or_insert_with(|| {
                proposals.push(blank_proposal(question, chosen));
                proposals.len() - 1
            });
            let proposal = &mut proposals[at];
            proposal.severity = proposal.severity.max(severity);
            if target != row.question && !proposal.folded.contains(&row.question) {
                proposal.folded.push(row.question.clone());
            }
            proposal.sla_days = question.sla_days.unwrap_or_else(|| proposal.severity.sla_days());
            proposal.preselected = proposal.severity.preselected();
        }
    }
    proposals
}

fn blank_proposal(question: &Question, chosen: &dyn Fn(&str) -> Vec<String>) -> Proposal {
    let options = chosen(&question.id);
    let text = options.iter().filter_map(|id| question.option(id)).find_map(|option| option.finding.clone());
    Proposal {
        question: question.id.clone(),
        severity: Severity::Low,
        folded: Vec::new(),
        sla_days: 0,
        preselected: false,
        text,
        fix: question.fix.clone(),
    }
}

/// The severity of a row's own gap; nothing for rows without one.
fn severity_of(questions: &BTreeMap<&str, &Question>, row: &RowScore) -> Option<Severity> {
    let question = questions.get(row.question.as_str())?;
    if !row.state.counts() || row.credit >= Exact::one() {
        return None;
    }
    let failed = question.critical.as_ref().filter(|critical| row.credit < critical.pass);
    let gap = Exact::from(question.weight) * (Exact::one() - &row.credit);
    Some(match failed.map(|critical| critical.level) {
        Some(CriticalLevel::Blocker) => Severity::Critical,
        Some(CriticalLevel::Major) => Severity::High,
        None if question.weight == 5 && row.credit.is_zero() => Severity::High,
        None if gap >= Exact::from(2_i64) => Severity::Medium,
        None => Severity::Low,
    })
}

/// S in [0, 100] with the question of every finding that has an agreed action at its target credit (1 unless the
/// action names an option). Rows folded into a gate stay at 0: nobody has answered them yet.
#[must_use]
pub fn projected(score: &QuestionnaireScore, targets: &BTreeMap<String, Exact>) -> Option<Exact> {
    let counted = || score.rows.iter().filter(|row| row.state.counts());
    let total: Exact = counted().map(|row| &row.weight).sum();
    let points: Exact =
        counted().map(|row| &row.weight * targets.get(&row.question).unwrap_or(&row.credit)).sum();
    (Exact::from(100_i64) * points).checked_div(&total)
}
