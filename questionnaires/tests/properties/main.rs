//! The properties P1 to P16 of the scoring model, on random questionnaires that pass the loader.
//!
//! `PROPTEST_CASES` sets the number of cases of each property (256 without it).
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod file;
mod generate;
mod risk;
mod score;
mod sets;
mod shares;
mod what_if;

/// Cases as `PROPTEST_CASES` says; failures print the whole case instead of being kept in a file.
fn config() -> proptest::test_runner::Config {
    proptest::test_runner::Config { failure_persistence: None, ..proptest::test_runner::Config::default() }
}
