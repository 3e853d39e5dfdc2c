//! One file per table; columns and what they point at, no logic.
//!
//! To add a table: write the file here, its step in `migration`, and its queries in `api::store`. A table that
//! belongs to a tenant implements [`TenantOwned`]; one whose rows are edited by people implements [`Versioned`].
//! Enumerations are text here: the store converts them and names the row when it meets an unknown word.

pub mod action;
pub mod answer;
pub mod answer_revision;
pub mod assessment;
pub mod assessment_control_set;
pub mod assessment_questionnaire;
pub mod audit_event;
pub mod browser_binding;
pub mod clarification;
pub mod contact;
pub mod control_set_version;
pub mod decision;
pub mod email_delivery;
pub mod evidence;
pub mod evidence_citation;
pub mod finding;
pub mod idempotency_record;
pub mod installation_setting;
pub mod intake;
pub mod invitation;
pub mod job;
pub mod link_secret;
pub mod login_session;
pub mod one_time_code;
pub mod portal_session;
pub mod questionnaire_version;
pub mod rate_limit;
pub mod reassessment;
pub mod reliance;
pub mod respondent;
pub mod review_verdict;
pub mod risk_acceptance;
pub mod saved_view;
pub mod score_result;
pub mod score_snapshot;
pub mod section_state;
pub mod service;
pub mod signing_key;
pub mod submission;
pub mod tenant;
pub mod tenant_owned;
pub mod user_account;
pub mod user_link;
pub mod vendor;

pub use tenant_owned::{TenantOwned, Versioned};
