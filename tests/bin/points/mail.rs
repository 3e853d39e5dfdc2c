//! Sending a mail: an invitation comes at least once, and twice only where nobody can know; a reminder comes at most
//! once, and the sender is told where nobody can know (K-06).

use super::{
    Kind,
    stage::{Point, Stage},
};
use anyhow::{Context as _, ensure};
use tests::{
    faults::{Call, Fault, Happens},
    smtp,
};

const CLAIMED: &str = "claimed";
const HANDED_OVER: &str = "handed over, not answered";
const ACCEPTED: &str = "accepted, not recorded";
const RECORDED: &str = "recorded, not settled";

pub fn points(kind: Kind) -> Vec<(&'static str, Point)> {
    let log = |call, nth, happens| Fault { call, file: "assay.db-wal", nth, happens };
    let update = |table, when| Point::Row { table, act: "UPDATE", when, at_commit: false };
    let mut points = vec![
        ("connected", Point::Silence(smtp::Point::Greeting)),
        ("recipient named", Point::Silence(smtp::Point::Rcpt)),
        (HANDED_OVER, Point::Silence(smtp::Point::Dot)),
    ];
    points.extend(match kind {
        Kind::Sqlite => [
            // The act that queues it is the first to be synced.
            (CLAIMED, Point::File(log(Call::Sync, 2, Happens::DeathAfter))),
            (ACCEPTED, Point::AfterData(log(Call::Write, 1, Happens::DeathBefore))),
            (RECORDED, Point::AfterData(log(Call::Sync, 1, Happens::DeathAfter))),
        ],
        Kind::Postgres => [
            (CLAIMED, update("job", "NEW.state = 'leased' AND OLD.state = 'leased'")),
            (ACCEPTED, update("email_delivery", "NEW.outcome = 'sent'")),
            (RECORDED, update("job", "NEW.state = 'done'")),
        ],
    });
    points
}

pub async fn die(stage: &mut Stage, name: &str, point: &Point) -> anyhow::Result<&'static str> {
    let (vendor, send) = stage.draft().await;
    stage.die(point, send).await?;
    let twice = [HANDED_OVER, ACCEPTED].contains(&name);
    settled(stage).await?;
    let mails = stage.mails.kept_for(&vendor.email);
    let wanted = if twice { 2 } else { 1 };
    ensure!(mails.len() == wanted, "the invitation came {} times, not {wanted}", mails.len());
    let ids: std::collections::BTreeSet<_> =
        mails.iter().map(|mail| mail.parse().message_id().map(str::to_owned)).collect();
    ensure!(ids.len() == 1, "it came under {} Message-IDs", ids.len());
    ensure!(outcome(stage, "mail_invitation").await? == "sent", "the invitation is not shown as sent");

    let remind = stage.admin.open(&vendor.path).await.expect(200).form("/remind");
    stage.die(point, remind).await?;
    settled(stage).await?;
    let reminders = stage.mails.kept_for(&vendor.email).len() - mails.len();
    let outcome = outcome(stage, "mail_reminder").await?;
    let wanted = match name {
        CLAIMED | RECORDED => (1, "sent"),
        HANDED_OVER | ACCEPTED => (1, "unknown"),
        _ => (0, "unknown"),
    };
    ensure!((reminders, outcome.as_str()) == wanted, "{reminders} reminders, {outcome}; not {wanted:?}");
    Ok(if twice { "invitation twice, reminder once" } else { "invitation once, reminder at most once" })
}

async fn settled(stage: &Stage) -> anyhow::Result<()> {
    stage.until("SELECT count(*) FROM job WHERE state IN ('ready', 'leased') AND kind LIKE 'mail%'", 0).await
}

/// How the newest mail of a kind ended.
async fn outcome(stage: &Stage, kind: &str) -> anyhow::Result<String> {
    let sql =
        format!("SELECT outcome FROM email_delivery WHERE kind = '{kind}' ORDER BY created_at DESC LIMIT 1");
    stage.value(&sql).await.context("no such mail")
}
