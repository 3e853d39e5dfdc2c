//! What the operator's commands say of a whole installation.
#![expect(clippy::unwrap_used, reason = "tests")]

mod commands;
mod doctor;
mod starting;
