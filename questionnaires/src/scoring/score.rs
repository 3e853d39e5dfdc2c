//! One questionnaire's score: claimed, evidenced, confidence, upper bound, completeness, band, knock-outs, rating.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::credit::credit_of;
use super::explain::{Explained, ScopeLine, explain, scope_lines};
use super::states::{State, States};
use crate::answering::visibility::Sight;
use crate::answering::{Answers, Facts, Grade};
use crate::definition::{Audience, CriticalLevel, Kind, Questionnaire, Tier};
use crate::exact::Exact;
use crate::risk::residual::{Residual, residual};

/// A letter from A (best) to E: the band of a score, or the rating after knock-outs. The worse is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rating {
    /// Strong: from 90.
    A,
    /// Good: from 75.
    B,
    /// Fair: from 60.
    C,
    /// Weak: from 40.
    D,
    /// Poor: below 40.
    E,
}

impl Rating {
    /// Every letter, best first.
    pub const ALL: [Self; 5] = [Self::A, Self::B, Self::C, Self::D, Self::E];

    /// The band of a score in [0, 100], decided on the score rounded to one decimal.
    #[must_use]
    pub fn of(score: &Exact) -> Self {
        match score.r1_tenths() {
            900.. => Self::A,
            750.. => Self::B,
            600.. => Self::C,
            400.. => Self::D,
            _ => Self::E,
        }
    }

    /// The least score of the band, in points of 100.
    #[must_use]
    pub fn floor(self) -> i64 {
        match self {
            Self::A => 90,
            Self::B => 75,
            Self::C => 60,
            Self::D => 40,
            Self::E => 0,
        }
    }

    /// The letter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
        }
    }

    /// One step worse; E stays E.
    #[must_use]
    pub fn one_worse(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::C,
            Self::C => Self::D,
            Self::D | Self::E => Self::E,
        }
    }
}

impl fmt::Display for Rating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether there is a score at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreState {
    /// At least one row counts.
    Scored,
    /// No row counts, and at least one is N/A.
    NotAssessed,
    /// Every scored row is hidden.
    NotApplicable,
}

/// How much of the claimed score is proven: K = V / S.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confidence {
    /// In [0, 1].
    pub exact: Exact,
    /// Decided on the exact value.
    pub label: ConfidenceLabel,
}

/// The confidence in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfidenceLabel {
    /// Below 2/5.
    Low,
    /// Below 7/10.
    Medium,
    /// From 7/10.
    High,
}

impl ConfidenceLabel {
    fn of(confidence: &Exact) -> Self {
        if *confidence < Exact::ratio(2, 5) {
            Self::Low
        } else if *confidence < Exact::ratio(7, 10) {
            Self::Medium
        } else {
            Self::High
        }
    }
}

/// A failed critical question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnockOut {
    /// The question.
    pub question: String,
    /// How far it caps the rating.
    pub level: CriticalLevel,
    /// For a hidden_zero question the gate that hides it.
    pub gate: Option<String>,
}

/// One section's own score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionScore {
    /// The section.
    pub id: String,
    /// In [0, 100]; nothing when none of its rows counts.
    pub claimed: Option<Exact>,
    /// W of its rows in the denominator.
    pub weight: Exact,
}

/// One scored question's part in the score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowScore {
    /// The question.
    pub question: String,
    /// Its section.
    pub section: String,
    /// Its state.
    pub state: State,
    /// w, without the section's multiplier: 1 to 5.
    pub question_weight: u8,
    /// W = multiplier * w.
    pub weight: Exact,
    /// In [0, 1]; 0 unless answered.
    pub credit: Exact,
    /// The grade of its evidence; nothing unless answered.
    pub evidence: Option<Grade>,
    /// Unanswered, or hidden by gates that are themselves open: could still earn credit.
    pub open: bool,
    /// For a hidden_zero row the question that it folds into.
    pub gate: Option<String>,
    /// Its part of the score and of what is missing; nothing when out of the denominator.
    pub explained: Option<Explained>,
}

impl RowScore {
    /// e in [0, 1]; 0 unless answered, since the credit is 0 there.
    #[must_use]
    pub fn evidence_factor(&self) -> Exact {
        self.evidence.map_or_else(Exact::zero, Grade::factor)
    }
}

/// The score of one questionnaire with its full explanation. Nothing in it is rounded but the printed parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionnaireScore {
    /// The questionnaire.
    pub id: String,
    /// Its exact version.
    pub version: String,
    /// Whether there is a score.
    pub state: ScoreState,
    /// More than 30 % of the weight is N/A.
    pub limited_scope: bool,
    /// Answered by the tenant about itself: enters nothing of the vendor's.
    pub own_readiness: bool,
    /// Whether its residual enters the assessment's.
    pub counts_to_residual: bool,
    /// S in [0, 100].
    pub claimed: Option<Exact>,
    /// V in [0, S].
    pub evidenced: Option<Exact>,
    /// K; nothing when S is 0.
    pub confidence: Option<Confidence>,
    /// S with every open row at credit 1.
    pub upper: Option<Exact>,
    /// Share of the weight that is not open, in [0, 1].
    pub completeness: Option<Exact>,
    /// Share of the weight that is N/A, in [0, 1].
    pub na_share: Option<Exact>,
    /// The band of S.
    pub band: Option<Rating>,
    /// The worse of the band and the cap by knock-outs.
    pub rating: Option<Rating>,
    /// Failed critical questions in file order.
    pub knock_outs: Vec<KnockOut>,
    /// What the answers to scope questions leave out.
    pub scope: Vec<ScopeLine>,
    /// Shown scope questions that are blank, unknown or N/A, in file order: their answers may still move `upper`.
    pub blank_scope: Vec<String>,
    /// Every section in file order.
    pub sections: Vec<SectionScore>,
    /// Every scored question in file order.
    pub rows: Vec<RowScore>,
    /// Risk that remains; nothing without a tier, when not applicable, and for own readiness.
    pub residual: Option<Residual>,
}

/// Scores one questionnaire. The answers are taken as valid (see [`crate::answering::check_answer`]); answers to
/// questions that are not in it, or that are hidden, have no influence.
///
/// `as_of` is the day of submission, to which banded dates are compared.
#[must_use]
pub fn score_questionnaire(
    questionnaire: &Questionnaire,
    answers: &Answers,
    facts: &Facts,
    tier: Option<Tier>,
    as_of: Option<NaiveDate>,
) -> QuestionnaireScore {
    let sight = Sight::new(questionnaire, answers, facts, tier);
    let states = States::new(&sight);
    let rows = rows_of(questionnaire, &sight, &states, as_of);
    let passes: Vec<_> = sight
        .rows
        .iter()
        .filter(|(_, question)| question.is_scored())
        .map(|(_, question)| question.critical.clone())
        .collect();
    let totals = totals_of(rows, &passes);
    let scope = scope_lines(questionnaire, &sight, &states);
    let blank_scope = sight.blank_scope_questions();
    let own_readiness =
        questionnaire.audience == Audience::Buyer && questionnaire.kind == Kind::Questionnaire;
    let residual = match tier {
        Some(tier) if !own_readiness => {
            residual(tier, totals.state, totals.rating, totals.evidenced.as_ref())
        }
        _ => None,
    };
    QuestionnaireScore {
        id: questionnaire.id.clone(),
        version: questionnaire.version.clone(),
        own_readiness,
        counts_to_residual: questionnaire.counts_to_residual,
        sections: sections_of(questionnaire, &totals.rows),
        scope,
        blank_scope,
        residual,
        state: totals.state,
        limited_scope: totals.limited_scope,
        claimed: totals.claimed,
        evidenced: totals.evidenced,
        confidence: totals.confidence,
        upper: totals.upper,
        completeness: totals.completeness,
        na_share: totals.na_share,
        band: totals.band,
        rating: totals.rating,
        knock_outs: totals.knock_outs,
        rows: totals.rows,
    }
}

fn rows_of(
    questionnaire: &Questionnaire,
    sight: &Sight<'_>,
    states: &States,
    as_of: Option<NaiveDate>,
) -> Vec<RowScore> {
    let mut rows = Vec::with_capacity(sight.rows.len());
    for (row, (section, question)) in sight.rows.iter().enumerate() {
        let Some(state) = states.state[row] else { continue };
        let section = &questionnaire.sections[*section];
        let answer = sight.answers[row].filter(|_| state == State::Answered);
        rows.push(RowScore {
            question: question.id.clone(),
            section: section.id.clone(),
            state,
            question_weight: question.weight,
            weight: &section.multiplier * Exact::from(question.weight),
            credit: answer.map_or_else(Exact::zero, |answer| credit_of(question, answer, as_of)),
            evidence: answer.map(|answer| answer.evidence),
            open: states.open[row],
            gate: states.gate[row].map(|gate| sight.rows[gate].1.id.clone()),
            explained: None,
        });
    }
    rows
}

/// What follows from the rows alone; shared with the comparison of vendors, which re-weights stored rows.
pub(crate) struct Totals {
    pub(crate) state: ScoreState,
    pub(crate) limited_scope: bool,
    pub(crate) claimed: Option<Exact>,
    pub(crate) evidenced: Option<Exact>,
    pub(crate) confidence: Option<Confidence>,
    pub(crate) upper: Option<Exact>,
    pub(crate) completeness: Option<Exact>,
    pub(crate) na_share: Option<Exact>,
    pub(crate) band: Option<Rating>,
    pub(crate) rating: Option<Rating>,
    pub(crate) knock_outs: Vec<KnockOut>,
    pub(crate) rows: Vec<RowScore>,
}

/// `critical` says for each row whether and how it is critical.
pub(crate) fn totals_of(mut rows: Vec<RowScore>, critical: &[Option<crate::definition::Critical>]) -> Totals {
    let sum = |of: &dyn Fn(&RowScore) -> Option<Exact>| rows.iter().filter_map(of).sum::<Exact>();
    let weight_if = |holds: &dyn Fn(&RowScore) -> bool| sum(&|row| holds(row).then(|| row.weight.clone()));
    let earned = |row: &RowScore| &row.weight * &row.credit;

    let denominator = weight_if(&|row| row.state.counts());
    let na = weight_if(&|row| row.state == State::Na);
    let not_hidden = &denominator + &na;
    let open = weight_if(&|row| row.open);
    let points = sum(&|row| row.state.counts().then(|| earned(row)));
    let proven = sum(&|row| row.state.counts().then(|| earned(row) * row.evidence_factor()));

    let hundred = Exact::from(100_i64);
    let percent = |part: &Exact| (&hundred * part).checked_div(&denominator);
    let claimed = percent(&points);
    let evidenced = percent(&proven);
    // Open rows have credit 0 now, so filling them adds their whole weight.
    let upper = percent(&(&points + &open));
    let completeness = (&not_hidden - &open).checked_div(&not_hidden);
    let na_share = na.checked_div(&not_hidden);
    let confidence =
        proven.checked_div(&points).map(|exact| Confidence { label: ConfidenceLabel::of(&exact), exact });
    let band = claimed.as_ref().map(Rating::of);
    let knock_outs = knock_outs_of(&rows, critical);
    let rating = band.map(|band| cap(&knock_outs).map_or(band, |cap| band.max(cap)));
    let state = match (claimed.is_some(), na.is_zero()) {
        (true, _) => ScoreState::Scored,
        (false, false) => ScoreState::NotAssessed,
        (false, true) => ScoreState::NotApplicable,
    };
    let limited_scope = na_share.as_ref().is_some_and(|share| *share > Exact::ratio(3, 10));
    explain(&mut rows, &denominator, claimed.as_ref());
    Totals {
        state,
        limited_scope,
        claimed,
        evidenced,
        confidence,
        upper,
        completeness,
        na_share,
        band,
        rating,
        knock_outs,
        rows,
    }
}

fn knock_outs_of(rows: &[RowScore], critical: &[Option<crate::definition::Critical>]) -> Vec<KnockOut> {
    let failed = rows.iter().zip(critical).filter_map(|(row, critical)| {
        let critical = critical.as_ref()?;
        (row.state.counts() && row.credit < critical.pass).then(|| KnockOut {
            question: row.question.clone(),
            level: critical.level,
            gate: row.gate.clone(),
        })
    });
    failed.collect()
}

/// The best rating that these knock-outs leave.
pub(crate) fn cap(knock_outs: &[KnockOut]) -> Option<Rating> {
    let (by_few_majors, by_many_or_blocker) = (Rating::C, Rating::D);
    let majors = knock_outs.iter().filter(|failed| failed.level == CriticalLevel::Major).count();
    let blockers = knock_outs.len() - majors;
    if blockers > 0 || majors >= 3 {
        Some(by_many_or_blocker)
    } else if majors > 0 {
        Some(by_few_majors)
    } else {
        None
    }
}

fn sections_of(questionnaire: &Questionnaire, rows: &[RowScore]) -> Vec<SectionScore> {
    let mut rest = rows;
    let mut sections = Vec::with_capacity(questionnaire.sections.len());
    for section in &questionnaire.sections {
        let scored = section.questions.iter().filter(|question| question.is_scored()).count();
        let (own, after) = rest.split_at(scored.min(rest.len()));
        rest = after;
        let counted = || own.iter().filter(|row| row.state.counts());
        let weight = |row: &RowScore| Exact::from(row.question_weight);
        let points: Exact = counted().map(|row| weight(row) * &row.credit).sum();
        let total: Exact = counted().map(weight).sum();
        sections.push(SectionScore {
            id: section.id.clone(),
            claimed: (Exact::from(100_i64) * points).checked_div(&total),
            weight: counted().map(|row| &row.weight).sum(),
        });
    }
    sections
}
