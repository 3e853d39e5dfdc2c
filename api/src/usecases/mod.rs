//! One function per thing a person or a timer can do. Pages, JSON routes, jobs and commands all call these.
//!
//! Each file is one noun of the glossary; each function carries the glossary's verb, takes a context
//! ([`ctx::Ctx`] for staff, [`ctx::PortalCtx`] for a respondent, [`ctx::SystemCtx`] for timers and commands), checks
//! the permission first, writes in one transaction and ends it with an audit event.

pub mod acceptances;
pub mod accounts;
pub mod answers;
pub mod assessments;
pub mod audit;
pub mod carry;
pub mod colleagues;
pub mod comparison;
pub mod ctx;
pub mod decisions;
pub mod deliveries;
pub mod downloads;
pub mod error;
pub mod evidence;
pub mod exports;
pub mod findings;
pub mod idempotency;
pub mod intake;
pub mod keys;
pub mod library;
pub mod mail_content;
pub mod matrix;
pub mod operations;
pub mod portal_access;
pub mod portal_findings;
pub mod previews;
pub mod receipts;
pub mod respondents;
pub mod reviews;
pub mod reviews_together;
pub mod saved_views;
pub mod scores;
pub mod search;
pub mod sending;
pub mod submission;
pub mod today;
pub mod vendors;

pub use ctx::{Ctx, PortalCtx, Services, SystemCtx};
pub use error::{FieldError, UseCaseError};

/// What a use-case gives back.
pub type Result<T> = std::result::Result<T, UseCaseError>;

/// The page that is shown when `wanted` is asked for of `total` things, `most` on each: from 1, and one that there is.
fn page_within(wanted: usize, total: usize, most: usize) -> usize {
    wanted.clamp(1, total.div_ceil(most).max(1))
}
