//! What closing a finding adds to the claimed scores: for the board, and for the page of one.

use crate::domain::{finding::FindingState, ids::FindingId, remediation::Finding};
use questionnaires::{
    exact::Exact,
    scoring::{AssessmentScore, QuestionnaireScore},
};
use std::collections::BTreeMap;

/// Points of 100 that findings hold back: what the claimed score gains when the finding closes at its target. Where
/// several questionnaires count the answer, the largest gain.
pub type Points = BTreeMap<FindingId, Exact>;

/// Whether closing a finding can change a score.
pub(super) fn counts(finding: &Finding) -> bool {
    let ahead = finding.state.is_open() || finding.state == FindingState::Accepted;
    ahead && finding.question.is_some()
}

/// The points that a finding holds back; nothing where its answer does not count.
pub(super) fn points_of(score: &AssessmentScore, finding: &Finding) -> Option<Exact> {
    let question = finding.question.as_deref().filter(|_| counts(finding))?;
    gains_of(score, question, target_of(finding)).map(|(_, gain)| gain).max().filter(Exact::is_positive)
}

/// The credit that a finding aims at.
pub(super) fn target_of(finding: &Finding) -> Exact {
    finding.target_credit.clone().unwrap_or_else(Exact::one)
}

/// What one row at `target` adds to S of each questionnaire that counts it.
pub(super) fn gains_of<'a>(
    score: &'a AssessmentScore,
    question: &'a str,
    target: Exact,
) -> impl Iterator<Item = (&'a QuestionnaireScore, Exact)> {
    let full = target == Exact::one();
    let targets = BTreeMap::from([(question.to_owned(), target)]);
    score.questionnaires.iter().filter_map(move |scored| {
        let row = scored.rows.iter().find(|row| row.question == question && row.state.counts())?;
        // Full credit gains what the score page prints as lost, to the last digit.
        if let Some(parts) = row.explained.as_ref().filter(|_| full) {
            return Some((scored, parts.lost_printed.clone()));
        }
        let then = questionnaires::risk::findings::projected(scored, &targets)?;
        Some((scored, then - scored.claimed.clone().unwrap_or_default()))
    })
}
