//! What black-box tests share: databases, a scripted mail server, a running application, and a browser without
//! script.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test support fails loudly")]

use std::sync::atomic::{AtomicU64, Ordering};

pub mod app;
pub mod browser;
pub mod certificates;
pub mod database;
pub mod disk;
pub mod faults;
pub mod mail_run;
pub mod postgres;
pub mod procurement;
pub mod rows;
pub mod server;
pub mod smtp;
pub mod trace;

/// How often a test tries its luck: `usual`, and with `TEST_LONG=1` as often as is worth it once in a while.
#[must_use]
pub fn tries(usual: usize, long: usize) -> usize {
    if std::env::var_os("TEST_LONG").is_some_and(|value| value == "1") { long } else { usual }
}

/// A key that no other act has, as each form carries one.
#[must_use]
pub fn key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("test-{:016}", NEXT.fetch_add(1, Ordering::Relaxed))
}
