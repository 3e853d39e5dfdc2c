//! What it means: inherent risk, residual risk, which questionnaires to send, findings, and vendors side by side.

pub mod comparison;
pub mod findings;
pub mod inherent;
pub mod intake;
pub mod residual;
pub mod routing;
