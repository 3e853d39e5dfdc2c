//! All vendors under one questionnaire: what a line of that table holds, and in which order the lines stand.

use super::{assessment::AssessmentState, ids::AssessmentId};
use crate::word_enum;
use questionnaires::{
    definition::Tier,
    exact::Exact,
    risk::residual::Residual,
    scoring::{KnockOut, Rating, ScoreState, SectionScore},
};
use serde::Deserialize;

word_enum! {
    /// In which order vendors of one tier stand.
    MatrixOrder {
        /// By the vendor's name.
        Vendor => "vendor",
        /// The lowest claimed score first.
        Claimed => "claimed",
        /// The lowest evidenced score first.
        Evidenced => "evidenced",
    }
}

/// The part of a questionnaire's stored result that a line shows.
#[derive(Clone, Debug, Deserialize)]
pub struct Figures {
    /// The questionnaire.
    pub id: String,
    /// Whether there is a score.
    pub state: ScoreState,
    /// More than 30 % of the weight is N/A.
    pub limited_scope: bool,
    /// S, from 0 to 100.
    pub claimed: Option<Exact>,
    /// V, from 0 to 100.
    pub evidenced: Option<Exact>,
    /// After caps.
    pub rating: Option<Rating>,
    /// Failed critical questions.
    pub knock_outs: Vec<KnockOut>,
    /// Each section's own score.
    pub sections: Vec<SectionScore>,
    /// The risk that remains.
    pub residual: Option<Residual>,
}

/// The part of a control set's stored score that a line shows; it speaks of all questionnaires of the assessment.
#[derive(Clone, Debug, Deserialize)]
pub struct SetFigures {
    /// The control set.
    pub id: String,
    /// From 0 to 100; nothing when the covered controls weigh 0.
    pub claimed: Option<Exact>,
    /// How many controls the answers cover.
    pub covered: usize,
    /// Of how many.
    pub counted: usize,
}

/// The newest result of one service.
#[derive(Clone, Debug)]
pub struct MatrixLine {
    /// Of which assessment.
    pub assessment: AssessmentId,
    /// Its reference.
    pub reference: String,
    /// Where it is in its lifecycle.
    pub state: AssessmentState,
    /// The service's tier when it was sent.
    pub tier: Option<Tier>,
    /// Name of the vendor.
    pub vendor: String,
    /// Name of the service.
    pub service: String,
    /// The result.
    pub figures: Figures,
    /// The same answers read against control sets.
    pub control_sets: Vec<SetFigures>,
}
