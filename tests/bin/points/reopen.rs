//! Opening answers again that were handed in: state, links, mail and audit event are there as a whole or not at all
//! (K-05).

use super::{
    Kind,
    stage::{Point, Stage},
    submit,
};
use anyhow::ensure;
use tests::faults::{Call, Fault, Happens};

pub fn points(kind: Kind) -> Vec<(&'static str, Point)> {
    let log = |call, happens| Point::File(Fault { call, file: "assay.db-wal", nth: 1, happens });
    let row = |table, act| Point::Row { table, act, when: "true", at_commit: false };
    match kind {
        Kind::Sqlite => vec![
            ("before anything is written", log(Call::Write, Happens::DeathBefore)),
            ("before the log is synced", log(Call::Sync, Happens::DeathBefore)),
            ("when the log is synced", log(Call::Sync, Happens::DeathAfter)),
        ],
        Kind::Postgres => vec![
            ("before the state", row("assessment", "UPDATE")),
            ("before the links", row("invitation", "UPDATE")),
            ("before the mail", row("job", "INSERT")),
            ("before the audit event", row("audit_event", "INSERT")),
            (
                "at the commit",
                Point::Row { table: "audit_event", act: "INSERT", when: "true", at_commit: true },
            ),
        ],
    }
}

const COUNTED: [&str; 3] = [
    "SELECT count(*) FROM assessment WHERE state = 'in_progress' AND submission_number = 1",
    "SELECT count(*) FROM audit_event WHERE act = 'assessment.amendment_agreed'",
    "SELECT count(*) FROM job WHERE kind = 'mail_fresh_link'",
];

pub async fn die(stage: &mut Stage, point: &Point) -> anyhow::Result<&'static str> {
    let (vendor, browser) = stage.come_in().await?;
    submit::ready(&browser).await.submit().await.expect(303);
    // The link, the code, and what says that it has arrived: nothing else is written while the service dies.
    stage.mails.wait_for_mail_to(&vendor.email, 3).await?;
    stage.until("SELECT count(*) FROM job WHERE state IN ('ready', 'leased')", 0).await?;
    let page = stage.admin.open(&vendor.path).await.expect(200);
    let form = page.form("/amend");
    let before = stage.values(&COUNTED).await?;
    let one_more: Vec<i64> = before.iter().map(|count| count + 1).collect();

    let answered = stage.die(point, form.clone()).await?;
    let kept = stage.values(&COUNTED).await?;
    ensure!(kept == before || kept == one_more, "halved: {before:?} became {kept:?}");
    ensure!(answered != Some(303) || kept == one_more, "acknowledged and lost");

    // What was kept refuses the page that was made before it; nothing is done twice.
    let again = form.sent().await?.status().as_u16();
    let wanted: &[u16] = if kept == one_more { &[409, 412] } else { &[200, 303] };
    ensure!(wanted.contains(&again), "sent again it was answered {again}");
    let end = stage.values(&COUNTED).await?;
    ensure!(end == one_more, "sent again, {before:?} became {end:?}");
    stage.mails.wait_for_mail_to(&vendor.email, 4).await?;
    let tasks = browser.open("/portal/tasks").await.expect(200);
    ensure!(tasks.heading().contains("due"), "the vendor may answer again: {}", tasks.heading());
    Ok(if kept == one_more { "whole" } else { "without trace" })
}
