//! Taking in a file: never a row without its bytes, and a file that was acknowledged is there (K-04).

use super::{
    Kind,
    stage::{Point, Stage},
};
use anyhow::{Context as _, ensure};
use std::path::Path;
use tests::faults::{Call, Fault, Happens};

pub fn points(kind: Kind) -> Vec<(&'static str, Point)> {
    let at = |file, call, nth, happens| Point::File(Fault { call, file, nth, happens });
    let mut points = vec![
        ("in the middle of the file", at("/incoming/", Call::Write, 2, Happens::DeathAfter)),
        ("before the file is synced", at("/incoming/", Call::Sync, 1, Happens::DeathBefore)),
        ("when the file is synced", at("/incoming/", Call::Sync, 1, Happens::DeathAfter)),
        ("when the file has its name", at("/evidence/", Call::Sync, 2, Happens::DeathBefore)),
    ];
    points.extend(match kind {
        Kind::Sqlite => vec![
            ("before the row", at("assay.db-wal", Call::Write, 1, Happens::DeathBefore)),
            ("before the commit", at("assay.db-wal", Call::Sync, 1, Happens::DeathBefore)),
            ("after the commit", at("assay.db-wal", Call::Sync, 1, Happens::DeathAfter)),
        ],
        Kind::Postgres => vec![
            (
                "before the row",
                Point::Row { table: "evidence", act: "INSERT", when: "true", at_commit: false },
            ),
            ("at the commit", Point::Row { table: "evidence", act: "INSERT", when: "true", at_commit: true }),
            ("after the commit", Point::Visible("SELECT count(*) FROM evidence")),
        ],
    });
    points
}

/// Files below a folder.
fn files(folder: &Path) -> anyhow::Result<usize> {
    let mut count = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        count += if path.is_dir() { files(&path)? } else { 1 };
    }
    Ok(count)
}

/// Reads every file that a row names; gives how many rows there are.
async fn rows_with_bytes(stage: &Stage) -> anyhow::Result<usize> {
    let rows = stage.rows("SELECT storage_key, size_bytes FROM evidence").await?;
    for row in &rows {
        let (key, size): (String, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let bytes = std::fs::read(stage.evidence().join(&key)).context("a row without bytes")?;
        ensure!(i64::try_from(bytes.len())? == size, "{key} has {} bytes, not {size}", bytes.len());
        ensure!(bytes.ends_with(b"the end"), "{key} is not what was sent");
    }
    Ok(rows.len())
}

pub async fn die(stage: &mut Stage, point: &Point) -> anyhow::Result<&'static str> {
    let (_, browser) = stage.come_in().await?;
    let page = browser.open("/portal/questions/SUB-02").await.expect(200);
    let content = [b"a line of the report\n".repeat(20_000), b"the end".to_vec()].concat();
    let form = page.form("SUB-02/evidence").file("file", "report.txt", content);
    let (before, files_before) = (rows_with_bytes(stage).await?, files(&stage.evidence())?);

    let answered = stage.die(point, form.clone()).await?;
    let kept = rows_with_bytes(stage).await?;
    ensure!(kept == before || kept == before + 1, "{before} rows became {kept}");
    ensure!(answered != Some(303) || kept == before + 1, "acknowledged and lost");
    ensure!(files(&stage.evidence().join("incoming"))? == 0, "an unfinished file stays after the start");

    let again = form.sent().await?;
    ensure!(again.status() == 303, "sent again it was answered {}", again.status());
    let end = rows_with_bytes(stage).await?;
    ensure!(end == before + 1, "sent again, {before} rows became {end}");
    let orphans = files(&stage.evidence())? - files_before - 1;
    ensure!(orphans <= 1, "{orphans} files that nothing names");
    Ok(match (kept == end, orphans) {
        (true, _) => "whole",
        (false, 0) => "without trace",
        (false, _) => "bytes without a row",
    })
}
