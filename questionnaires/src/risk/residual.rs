//! The risk that remains: tier and rating in a matrix, behind an evidence gate; and what to recommend.

use serde::{Deserialize, Serialize};

use crate::definition::Tier;
use crate::exact::Exact;
use crate::scoring::score::{QuestionnaireScore, Rating, ScoreState};

/// How much risk remains. The worse is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResidualLevel {
    /// Little.
    Low,
    /// Some.
    Moderate,
    /// Much.
    High,
    /// Too much.
    Critical,
}

impl ResidualLevel {
    /// Every level, lowest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Moderate, Self::High, Self::Critical];

    /// The word used in files and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// The residual risk of one questionnaire, and how the matrix was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Residual {
    /// The tier.
    pub tier: Tier,
    /// The column of the matrix; nothing when not assessed.
    pub read_as: Option<Rating>,
    /// V lies below the evidence gate ("not proven"); E stays E.
    pub shifted: bool,
    /// The cell.
    pub level: ResidualLevel,
}

/// The least r1(V) at which the rating is read as it is, in points of 100.
#[must_use]
pub fn evidence_gate(tier: Tier) -> i64 {
    match tier {
        Tier::Critical => 50,
        Tier::High => 35,
        Tier::Medium => 20,
        Tier::Low => 0,
    }
}

/// The cell of the matrix.
#[must_use]
pub fn matrix(tier: Tier, rating: Rating) -> ResidualLevel {
    use ResidualLevel::{Critical, High, Low, Moderate};
    let row = match tier {
        Tier::Critical => [Moderate, Moderate, High, Critical, Critical],
        Tier::High => [Low, Moderate, High, High, Critical],
        Tier::Medium => [Low, Low, Moderate, High, High],
        Tier::Low => [Low, Low, Low, Moderate, Moderate],
    };
    row[rating as usize]
}

/// The residual risk from a questionnaire's result; nothing when it is not applicable.
#[must_use]
pub fn residual(
    tier: Tier,
    state: ScoreState,
    rating: Option<Rating>,
    evidenced: Option<&Exact>,
) -> Option<Residual> {
    match (state, rating, evidenced) {
        (ScoreState::NotApplicable, ..) => None,
        (ScoreState::Scored, Some(rating), Some(evidenced)) => {
            let shifted = evidenced.r1_tenths() < 10 * evidence_gate(tier);
            let read_as = if shifted { rating.one_worse() } else { rating };
            Some(Residual { tier, read_as: Some(read_as), shifted, level: matrix(tier, read_as) })
        }
        // Not assessed: the tier's worst cell.
        _ => Some(Residual { tier, read_as: None, shifted: false, level: matrix(tier, Rating::E) }),
    }
}

/// The worst residual among the questionnaires that count; own readiness and not applicable ones have none.
#[must_use]
pub fn assessment_residual(questionnaires: &[QuestionnaireScore]) -> Option<ResidualLevel> {
    let counting = questionnaires.iter().filter(|score| score.counts_to_residual);
    counting.filter_map(|score| score.residual).map(|residual| residual.level).max()
}

/// What to do with the vendor. The worse is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recommendation {
    /// Low residual.
    Approve,
    /// Moderate residual.
    ApproveWithActions,
    /// High residual: the risk owner accepts, with a dated plan before go-live.
    Conditional,
    /// Critical residual.
    DoNotProceed,
    /// An open failed blocker, or a prohibited use.
    Stop,
}

/// The recommendation for an assessment; nothing when there is no residual and nothing to stop for.
///
/// `open_blocker`: some failed blocker is neither closed nor covered by an approved risk acceptance.
/// `prohibited_use`: the fact of that name; no risk acceptance lifts it.
#[must_use]
pub fn recommendation(
    residual: Option<ResidualLevel>,
    open_blocker: bool,
    prohibited_use: bool,
) -> Option<Recommendation> {
    if open_blocker || prohibited_use {
        return Some(Recommendation::Stop);
    }
    residual.map(|level| match level {
        ResidualLevel::Critical => Recommendation::DoNotProceed,
        ResidualLevel::High => Recommendation::Conditional,
        ResidualLevel::Moderate => Recommendation::ApproveWithActions,
        ResidualLevel::Low => Recommendation::Approve,
    })
}
