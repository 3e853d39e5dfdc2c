//! Questionnaires: what is asked, shown and scored. Pure: no async, no clock, no reading of files.
//!
//! - [`exact`]: rational numbers, rounded once and only for display.
//! - [`definition`]: what a questionnaire or control-set file says; loading, linting, the shipped catalog.
//! - [`answering`]: answers, conditions, what is shown, progress.
//! - [`scoring`]: states, scores with their explanation, control sets.
//! - [`risk`]: inherent and residual risk, routing, findings, comparison.
//! - [`report`]: the contract of `assay score` and `assay tier`.
//!
//! ```
//! use questionnaires::answering::{Answer, Answers, Facts, Grade};
//! use questionnaires::definition::{Tier, catalog::Library};
//! use questionnaires::scoring::score_questionnaire;
//!
//! let library = Library::shipped();
//! let core = library.questionnaire("supplier-security-core").ok_or("it ships")?;
//! let strong = Answer::one("strong").graded(Grade::Accepted);
//! let answers = Answers::from([("SEC-IAM-01".to_owned(), strong)]);
//! let score = score_questionnaire(core, &answers, &Facts::new(), Some(Tier::High), None);
//! assert_eq!(score.claimed.map(|claimed| claimed.to_string()), Some("125/54".to_owned()));
//! # Ok::<(), &str>(())
//! ```

pub mod answering;
pub mod definition;
pub mod exact;
pub mod report;
pub mod risk;
pub mod scoring;
