//! What black-box tests share: databases, a scripted mail server, a running application, and a browser without
//! script.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test support fails loudly")]

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
