//! What the store promises, on SQLite and PostgreSQL alike: the same functions run on both.
//!
//! To add a promise: write `async fn what_it_promises(at: TestDatabase)` in the file of its subject and name it in
//! that file's `on_both_databases!`. What only one of the two promises says so in its test's name.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

mod accounts;
mod fixtures;
mod jobs;
mod migrations;
mod opening;
mod repeats;
mod saved_answers;
mod schema;
mod tenancy;
mod transactions;
mod values;
