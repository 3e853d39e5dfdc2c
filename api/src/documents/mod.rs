//! Files that people take away: what their bytes look like, not what stands in them.
//!
//! To add a kind of file, add a module that turns lines of text into bytes; the columns belong to the page whose file
//! it is (`web/exports.rs`, `web/audit.rs`).

pub mod csv;
