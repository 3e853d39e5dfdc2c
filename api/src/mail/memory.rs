//! Keeps mails instead of sending them: for `assay demo` and development, shown at `/dev/mailbox`.
//!
//! A message goes through the same building and the same checks as over SMTP, so the demo fails where a real
//! installation would.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::message::{Mime, OutgoingMail};
use super::outcome::SendOutcome;

/// Older mails are dropped: the mailbox lives in memory.
const KEPT: usize = 2_000;

/// One kept mail, in the shape of `/dev/mailbox.json`.
#[derive(Debug, Clone, Serialize)]
pub struct KeptMail {
    /// Id of the job that sent it.
    pub id: String,
    /// Address of the recipient.
    pub to: String,
    /// Decoded subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// Header names and values as sent, unfolded.
    pub headers: BTreeMap<String, String>,
    /// When it was handed over.
    pub sent_at: DateTime<Utc>,
}

/// A mailbox shared by its clones.
#[derive(Debug, Clone, Default)]
pub struct MemoryMailbox(Arc<Mutex<VecDeque<KeptMail>>>);

impl MemoryMailbox {
    /// All kept mails, newest first: by the time on the mail, and among equals the one that came later.
    pub fn newest_first(&self) -> Vec<KeptMail> {
        let mut mails: Vec<KeptMail> = self.lock().iter().cloned().collect();
        mails.sort_by_key(|mail| std::cmp::Reverse(mail.sent_at));
        mails
    }

    /// One mail by the id it is listed under.
    pub fn get(&self, id: &str) -> Option<KeptMail> {
        self.lock().iter().find(|mail| mail.id == id).cloned()
    }

    pub(super) fn keep(&self, mail: &OutgoingMail, mime: &Mime) -> SendOutcome {
        let mut mails = self.lock();
        mails.push_front(KeptMail {
            id: mail.message_id.left().to_owned(),
            to: mail.to.typed().to_owned(),
            subject: mail.subject.clone(),
            text: mail.text.clone(),
            html: mail.html.clone(),
            headers: headers(&mime.bytes),
            sent_at: mail.date,
        });
        mails.truncate(KEPT);
        SendOutcome::Sent { reply: "kept in memory".to_owned() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<KeptMail>> {
        // A panic while holding the lock cannot leave half a mail behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn headers(message: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(message);
    let block =
        text.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ").replace("\r\n\t", " ");
    block
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
