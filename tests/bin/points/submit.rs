//! Handing in: the submission with its audit event and its mails is there as a whole or not at all (K-03).

use super::{
    Kind,
    stage::{Point, Stage},
};
use anyhow::ensure;
use tests::{
    browser::{Client, Form},
    faults::{Call, Fault, Happens},
};

pub fn points(kind: Kind) -> Vec<(&'static str, Point)> {
    let log = |call, nth, happens| Point::File(Fault { call, file: "assay.db-wal", nth, happens });
    let row = |table| Point::Row { table, act: "INSERT", when: "true", at_commit: false };
    match kind {
        Kind::Sqlite => vec![
            ("before anything is written", log(Call::Write, 1, Happens::DeathBefore)),
            ("in the middle of the log", log(Call::Write, 9, Happens::DeathAfter)),
            ("before the log is synced", log(Call::Sync, 1, Happens::DeathBefore)),
            ("when the log is synced", log(Call::Sync, 1, Happens::DeathAfter)),
        ],
        Kind::Postgres => vec![
            ("before the submission", row("submission")),
            ("before the score", row("score_snapshot")),
            ("before the mails", row("job")),
            ("before the audit event", row("audit_event")),
            (
                "at the commit",
                Point::Row { table: "submission", act: "INSERT", when: "true", at_commit: true },
            ),
            ("after the commit", Point::Visible("SELECT count(*) FROM submission")),
        ],
    }
}

const COUNTED: [&str; 4] = [
    "SELECT count(*) FROM submission",
    "SELECT count(*) FROM audit_event WHERE act = 'assessment.submitted'",
    "SELECT count(*) FROM job WHERE kind = 'mail_submitted'",
    "SELECT count(*) FROM job WHERE kind = 'mail_submission_arrived'",
];

/// Answers with "we do not know" whatever has to be answered; the rest may stay blank.
async fn answer_required(browser: &Client) {
    loop {
        let check = browser.open("/portal/check").await.expect(200);
        let links = check.attributes(".sumlist > div:has(.tag) a", "href");
        if links.is_empty() || !check.text().contains("Has to be answered before") {
            return;
        }
        for link in links {
            let address = format!("/portal/questions/{}", link.rsplit('#').next().unwrap_or_default());
            let page = browser.open(&address).await.expect(200);
            let form = page.form(&address);
            let form = match page.body.contains("type=\"radio\"") {
                true => form.set("choice", "-unknown"),
                false => form.without("choice").set("unknown", "yes"),
            };
            form.submit().await.expect(303);
        }
    }
}

/// The declaration, ready to be sent.
pub async fn ready(browser: &Client) -> Form {
    answer_required(browser).await;
    let page = browser.open("/portal/submit").await.expect(200);
    page.form("/portal/submit").set("role", "Lead").set("agree", "yes")
}

pub async fn die(stage: &mut Stage, point: &Point) -> anyhow::Result<&'static str> {
    let (vendor, browser) = stage.come_in().await?;
    let form = ready(&browser).await;
    let before = stage.values(&COUNTED).await?;
    let one_more: Vec<i64> = before.iter().map(|count| count + 1).collect();

    let answered = stage.die(point, form.clone()).await?;
    let kept = stage.values(&COUNTED).await?;
    ensure!(kept == before || kept == one_more, "halved: {before:?} became {kept:?}");
    ensure!(answered != Some(303) || kept == one_more, "acknowledged and lost");

    let again = form.sent().await?;
    ensure!(again.status() == 303, "sent again it was answered {}", again.status());
    let end = stage.values(&COUNTED).await?;
    ensure!(end == one_more, "sent again, {before:?} became {end:?}");
    // The link, the code, and what says that it has arrived.
    stage.mails.wait_for_mail_to(&vendor.email, 3).await?;
    stage
        .until("SELECT count(*) FROM job WHERE state IN ('ready', 'leased') AND kind LIKE 'mail%'", 0)
        .await?;
    let mails = stage.mails.kept_for(&vendor.email).len();
    // What was committed may have been handed over when the process died, and is then sent once more.
    let most = if kept == one_more { 4 } else { 3 };
    ensure!((3..=most).contains(&mails), "{mails} mails instead of 3");
    Ok(if kept == one_more { "whole" } else { "without trace" })
}
