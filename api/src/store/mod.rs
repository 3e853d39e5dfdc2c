//! The database: rows in, domain types out. Nothing above this floor sees an entity or a SeaORM type.
//!
//! The base (`connect`, `tenant_scope`, `write_tx`, `error`) makes the safe path the short one: every read goes
//! through a [`TenantScope`] that adds the tenant, every write through a [`WriteTx`] that cannot commit without an
//! audit event or a stated reason; only a saved answer is one statement of its own (`saved_answers`). One file per noun
//! holds its queries as free functions over [`Scoped`], so that they work inside and outside a transaction. To add a
//! noun: a table in `entity`, a step in `migration`, a file here.

pub mod acceptances;
pub mod accounts;
pub mod answers;
pub mod assessment_list;
pub mod assessments;
pub mod audit_log;
pub mod audit_trail;
mod bounded;
pub mod cases;
pub mod connect;
pub mod decisions;
pub mod deliveries;
mod disk;
pub mod error;
pub mod evidence;
pub mod findings;
pub mod idempotency;
pub mod inspection;
pub mod intakes;
pub mod job_queue;
pub mod kept;
mod latest;
pub mod log_file;
pub mod matrix;
pub mod outlook;
pub mod portal;
mod postgres;
pub mod questionnaires;
pub mod rate_limit;
pub mod reassessments;
pub mod residuals;
pub mod respondents;
pub mod reviews;
pub mod saved_answers;
pub mod saved_views;
pub mod scores;
pub mod search;
pub mod settings;
pub mod shelf;
pub mod signing_keys;
pub mod tenant_scope;
pub mod timeline;
pub mod today;
pub mod vendors;
mod write_queue;
pub mod write_tx;

pub use connect::{ConnectOptions, Database};
pub use error::StoreError;
pub use tenant_scope::{AcrossTenants, Scoped, TenantScope};
pub use write_tx::WriteTx;
