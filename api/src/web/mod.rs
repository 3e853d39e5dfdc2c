//! HTTP: one file per noun with its routes, JSON handlers and page handlers; shared pieces beside them.
//!
//! A handler extracts (already admitted by `guard`), calls one use-case, chooses a status, and presents. Business
//! rules live below. To add a page: a handler in its noun's file, a line in that file's `routes!` with the
//! fields of its form, a template.

mod acceptances;
pub mod accounts;
pub mod acts;
pub mod app;
pub mod assessments;
pub mod assets;
pub mod audit;
pub mod body;
pub mod compare;
pub mod decisions;
pub mod error_page;
pub mod exports;
pub mod findings;
pub mod form;
pub mod frame;
pub mod guard;
pub mod head;
pub mod health;
pub mod in_charge;
pub mod intake;
pub mod jobs;
pub mod load;
pub mod mailbox;
pub mod page;
pub mod portal;
pub mod portal_access;
mod portal_aside;
pub mod portal_evidence;
pub mod portal_findings;
pub mod portal_people;
pub mod portal_preview;
mod portal_reader;
pub mod portal_saving;
pub mod portal_shelf;
pub mod portal_submission;
mod portal_tasks;
mod portal_views;
pub mod previews;
pub mod problem;
pub mod receipts;
pub mod respondents;
mod results;
pub mod reviews;
pub mod reviews_together;
pub mod routes;
pub mod saved_views;
pub mod scores;
pub mod search;
pub mod sending;
pub mod session;
pub mod shares;
pub mod theme;
pub mod today;
pub mod vendors;

/// What a handler gives back.
pub type Answer = Result<actix_web::HttpResponse, problem::Problem>;
