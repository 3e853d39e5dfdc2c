//! The pages and routes of the service, over real HTTP against a real database: one file per noun.
#![expect(clippy::unwrap_used, reason = "tests")]

mod accounts;
mod aftermath;
mod answers;
mod assessments;
mod audit;
mod authorization;
mod bodies;
mod canaries;
mod carry;
mod doors;
mod downloads;
mod evidence;
mod exports;
mod figures;
mod foreign_ids;
mod forms;
mod intake;
mod lists;
mod load;
mod mail_jobs;
mod mail_words;
mod outlook;
mod portal_access;
mod previews;
mod proxies;
mod races;
mod receipts;
mod replays;
mod reviews;
mod reviews_together;
mod rights;
mod saved_views;
mod saving;
mod search;
mod seed;
mod statements;
mod submission;
mod theme;
mod unwanted_mail;
mod uploads;
mod vendor_side;
mod vendors;
mod weights;

use tests::procurement;
