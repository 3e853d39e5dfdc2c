//! Saves as everything around them grows: the form, the vendors, the history, and the number of saves.

use crate::{
    data::{Data, Size},
    durable::all_kept,
    report::{Finding, Goal, Half, Pair, Wanted},
    samples::{by_cpu, save},
    saves,
    scene::{Bench, Scene},
    server::Place,
};
use anyhow::ensure;
use rusqlite::Connection;
use std::process::Command;

const QUESTIONS: usize = 100;

/// G1: processor time of a save on a form of 50 questions and on one of 1,000.
///
/// # Errors
/// When the run is void.
pub fn by_questions(bench: &mut Bench) -> anyhow::Result<()> {
    let vendors = bench.pace.vendors.0 / 4;
    let what = "CPU of a save, 1,000 questions in the form / 50";
    let goal = Goal { id: "G1", what, wanted: Wanted::AtMost(1.3) };
    let (mut small, mut large) =
        (bench.take(Size::new(vendors, 50))?, bench.take(Size::new(vendors, 1_000))?);
    grows(bench, goal, &mut small, &mut large)?;
    bench.put(small);
    bench.put(large);
    Ok(())
}

/// G2: processor time of a save among 1,000 vendors and among 10,000.
///
/// # Errors
/// When the run is void.
pub fn by_vendors(bench: &mut Bench) -> anyhow::Result<()> {
    let (few, many) = bench.pace.vendors;
    let goal = Goal { id: "G2", what: "CPU of a save, 10,000 vendors / 1,000", wanted: Wanted::AtMost(1.3) };
    let (mut small, mut large) =
        (bench.take(Size::new(few, QUESTIONS))?, bench.take(Size::new(many, QUESTIONS))?);
    grows(bench, goal, &mut small, &mut large)?;
    bench.put(small);
    bench.put(large);
    Ok(())
}

/// G7: processor time of a save beside no history and beside 1,000,000 revisions and as many audit events.
///
/// # Errors
/// When the run is void.
pub fn by_history(bench: &mut Bench) -> anyhow::Result<()> {
    let mut young = bench.take(Size::new(bench.pace.vendors.0 / 2, QUESTIONS))?;
    let mut old = with_history(bench, &young)?;
    let what = "CPU of a save, after 1,000,000 revisions and 1,000,000 audit events / after none";
    let goal = Goal { id: "G7", what, wanted: Wanted::AtMost(1.3) };
    grows(bench, goal, &mut young, &mut old)?;
    bench.put(young);
    Ok(())
}

fn grows(bench: &mut Bench, goal: Goal, small: &mut Scene, large: &mut Scene) -> anyhow::Result<()> {
    let (for_small, for_large) = (small.place.start()?, large.place.start()?);
    let (mut in_small, mut in_large) = (Vec::new(), Vec::new());
    let pace = bench.pace.clone();
    let finding = pace.pairs(
        goal,
        || Ok(by_cpu(&save(&for_small, small, 8, pace.span, &mut in_small)?)),
        || Ok(by_cpu(&save(&for_large, large, 8, pace.span, &mut in_large)?)),
    )?;
    bench.found(finding);
    drop((for_small, for_large));
    for (scene, saved) in [(small, in_small), (large, in_large)] {
        bench.runtime.block_on(saves::read_back(&scene.data, &saved))?;
    }
    Ok(())
}

/// Revisions 2 to `?1` of every answer that is still being given, as the first one was.
const REVISIONS: &str = "\
WITH RECURSIVE later(rev) AS (SELECT 2 UNION ALL SELECT rev + 1 FROM later WHERE rev < ?1)
INSERT INTO answer_revision (id, tenant_id, assessment_id, question_id, rev, value, note, mutation_id, source,
  saved_by_respondent, saved_by_user, saved_at)
SELECT randomblob(16), r.tenant_id, r.assessment_id, r.question_id, later.rev, r.value, r.note,
  'older-' || r.question_id || '-' || later.rev, r.source, r.saved_by_respondent, r.saved_by_user, r.saved_at
FROM answer_revision r JOIN assessment a ON a.tenant_id = r.tenant_id AND a.id = r.assessment_id
CROSS JOIN later WHERE a.state = 'in_progress' AND r.rev = 1";
const LATEST: &str = "\
UPDATE answer SET rev = ?1 WHERE assessment_id IN (SELECT id FROM assessment WHERE state = 'in_progress')";
/// So many audit events more, spread over the assessments.
const EVENTS: &str = "\
WITH RECURSIVE next(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM next WHERE number < ?1),
  of AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS at, count(*) OVER () AS every FROM assessment)
INSERT INTO audit_event (id, tenant_id, seq, act, record_kind, record_id, assessment_id, actor_kind, at, hash)
SELECT randomblob(16), t.id, t.audit_seq + next.number, 'assessment.measured', 'assessment', of.id, of.id, 'system',
  strftime('%Y-%m-%d %H:%M:%S', 'now'), ''
FROM next JOIN tenant t JOIN of ON of.at = next.number % of.every";
const LAST: &str = "UPDATE tenant SET audit_seq = audit_seq + ?1";

/// A copy of the scene in which each answer was saved many times before.
fn with_history(bench: &Bench, scene: &Scene) -> anyhow::Result<Scene> {
    let folder = bench.pace.folder.join("history");
    let copied = Command::new("cp").arg("-r").arg(&scene.place.folder).arg(&folder).status()?;
    ensure!(copied.success(), "the database cannot be copied");
    let place = Place { folder, ..scene.place.clone() };
    let mut data = Data { url: place.sqlite_url(), ..scene.data.clone() };
    let answers =
        data.seats.iter().flat_map(|seat| &seat.revisions).filter(|revision| **revision > 0).count();
    let each = 1 + (bench.pace.rows as usize).div_ceil(answers.max(1)) as i64;
    eprintln!("writing {} revisions and audit events", bench.pace.rows);
    let mut file = Connection::open(place.sqlite_file())?;
    // Only while it is written; the service opens it as ever.
    file.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000")?;
    let writing = file.transaction()?;
    let mut written = writing.execute(REVISIONS, [each])?;
    ensure!(writing.execute(LATEST, [each])? == answers, "not every answer has a history");
    ensure!(written >= bench.pace.rows as usize, "only {written} revisions");
    written = writing.execute(EVENTS, [bench.pace.rows])?;
    ensure!(written == bench.pace.rows as usize, "only {written} audit events");
    writing.execute(LAST, [bench.pace.rows])?;
    writing.commit()?;
    for revision in data.seats.iter_mut().flat_map(|seat| &mut seat.revisions).filter(|known| **known > 0) {
        *revision = each;
    }
    Ok(Scene { place, data, filled: 0 })
}

/// G8: memory when it is warm, and after ten times as many saves.
///
/// # Errors
/// When the run is void.
pub fn memory_by_saves(bench: &mut Bench) -> anyhow::Result<()> {
    let mut scene = bench.take(Size::new(bench.pace.vendors.0, QUESTIONS))?;
    let server = scene.place.start()?;
    let (span, (warm, all)) = (bench.pace.span, bench.pace.saves);
    let mut saved = Vec::new();
    let mut after = |wanted: usize| {
        while saved.len() < wanted {
            save(&server, &mut scene, 32, span, &mut saved)?;
        }
        let memory = server.memory()?;
        let shown = format!("{memory:.1} MB after {} saves", saved.len());
        Ok::<_, anyhow::Error>(Half { value: memory, shown, ..Half::default() })
    };
    let pair = Pair { anchor: after(warm)?, ours: after(all)? };
    let what = "memory (PSS) after many saves / after the first of them (how many, see beside)";
    bench.found(Finding::new(Goal { id: "G8", what, wanted: Wanted::AtMost(1.2) }, vec![pair]));
    drop(server);
    all_kept(bench, scene, &saved)
}
