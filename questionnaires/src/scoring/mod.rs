//! What the answers are worth: the state of every scored question, exact scores with their explanation, control sets.
//!
//! Readings where the scoring model leaves room:
//! - Scope lines: a weight-0 question that a scope question hides is followed as if its own terms were true, since its
//!   answer, being hidden, must not influence the result (P14). A scored question that would then be shown is blank,
//!   so it counts as a gate: what hangs on it would be hidden_zero, and is in the line too.
//! - The effective answer to a scope question that is no choice: a number as exact text, a date, the text itself, and
//!   `answered` for tables, files and attestations.
//! - "Named in any condition" means conditions of sections and questions of this questionnaire; checks do not count.
//! - A questionnaire without scored questions is not applicable. An empty table counts as blank in conditions.
//! - Control sets: `questions` of a control are those that count for it; contributions are listed for every question
//!   that counts for some control, zeros included, and not at all when the covered controls weigh 0. Maps of unscored
//!   questions are enough for a control set to be listed; those of buyers' questionnaires are not.
//! - Projected score: rows folded into a gate stay at 0.
//! - Comparison: equal results share a rank and the next rank is skipped; m of "n of m" counts the newest version's
//!   scored questions; common questions are scored in all versions.
//! - Answers file: `answers` is required; an entry without a value is a fault; adjustments stand on answers to scored
//!   questions, `review.na` on N/A and `review.scope` on unscored questions only. Form includes the date rule.

pub mod assessment;
pub mod control_sets;
pub mod credit;
pub mod explain;
pub mod score;
pub mod states;
pub mod what_if;

pub use assessment::{AssessmentInput, AssessmentScore, score_assessment};
pub use control_sets::{ControlScore, ControlSetScore, GroupScore, SetContribution, score_control_set};
pub use explain::{Explained, ScopeLine};
pub use score::{
    Confidence, ConfidenceLabel, KnockOut, QuestionnaireScore, Rating, RowScore, ScoreState, SectionScore,
    score_questionnaire,
};
pub use states::State;
