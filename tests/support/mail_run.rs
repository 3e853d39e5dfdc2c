//! Many mails at once through the real worker and a scripted mail server: shared by a test of 200 and `mails --count`.

use crate::{app::TestApp, smtp::SmtpServer};
use api::{
    domain::Role,
    usecases::accounts::{self, InviteUser},
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// What became of the mails of one run.
#[derive(Debug)]
pub struct MailRun {
    /// Mails queued, one to each address.
    pub queued: usize,
    /// Mails that the server took.
    pub accepted: usize,
    /// Different Message-IDs among them.
    pub message_ids: usize,
    /// Addresses that got none.
    pub lost: usize,
    /// Mails beyond the first to an address.
    pub doubled: usize,
    /// Jobs that are still open or dead.
    pub left: u64,
    /// From the first job to the last.
    pub took: Duration,
}

impl MailRun {
    /// Whether each mail was accepted once and none is left.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let Self { queued, accepted, message_ids, lost, doubled, left, .. } = self;
        (queued == accepted) && (queued == message_ids) && (*lost, *doubled, *left) == (0, 0, 0)
    }
}

/// Queues `count` sign-in links, each to an address of its own.
pub async fn queue(app: &TestApp, count: usize) -> Vec<String> {
    let ctx = app.ctx(Role::Admin).await;
    let mut addresses = Vec::with_capacity(count);
    for number in 0..count {
        let email = format!("person{number}@northwind.example");
        let input =
            InviteUser { name: format!("Person {number}"), email: email.clone(), role: "viewer".to_owned() };
        accounts::invite_user(&ctx, input, &crate::key()).await.unwrap();
        addresses.push(email);
    }
    addresses
}

/// Counts what the server took for these addresses.
pub async fn counted(app: &TestApp, server: &SmtpServer, addresses: &[String], took: Duration) -> MailRun {
    let mut per_address: BTreeMap<&str, usize> = addresses.iter().map(|to| (to.as_str(), 0)).collect();
    let mut ids = BTreeMap::new();
    let kept = server.kept();
    for mail in &kept {
        assert_eq!(mail.to.len(), 1, "one recipient a message: {:?}", mail.to);
        *per_address.get_mut(mail.to[0].as_str()).expect("a mail nobody asked for") += 1;
        let id = mail.parse().message_id().unwrap_or_default().to_owned();
        *ids.entry(id).or_insert(0) += 1;
    }
    let database = &app.services.database;
    let mut left = 0;
    for state in ["ready", "leased", "dead"] {
        left += database.count_jobs(state).await.unwrap();
    }
    MailRun {
        queued: addresses.len(),
        accepted: kept.len(),
        message_ids: ids.len(),
        lost: per_address.values().filter(|count| **count == 0).count(),
        doubled: per_address.values().map(|count| count.saturating_sub(1)).sum(),
        left,
        took,
    }
}

/// Two workers of one process empty a queue of `count` mails.
pub async fn run(count: usize) -> MailRun {
    let server = SmtpServer::start().await.unwrap();
    let app = TestApp::with_mail_server(&server).await;
    let addresses = queue(&app, count).await;
    let second = app.another_worker(crate::app::smtp_mailer(&server));
    let begun = Instant::now();
    let (_, other) = futures_util::future::join(app.run_jobs(), second.run_until_idle()).await;
    other.unwrap();
    // What one of the two had leased when the other found nothing is done by now.
    app.run_jobs().await;
    counted(&app, &server, &addresses, begun.elapsed()).await
}
