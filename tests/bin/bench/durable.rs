//! Saves: their rate and time beside bare commits, on a slow disk, and with more clients.

use crate::{
    anchors::BareSaves,
    data::Size,
    load::Span,
    machine::{Counters, Reading, Watched},
    report::{Goal, Half, Wanted},
    samples::{by_rate, by_time, save, watched},
    saves::{self, Saved},
    scene::{Bench, Scene},
};
use anyhow::{Context as _, ensure};
use std::{fs, process::Command, time::Instant};

const QUESTIONS: usize = 100;

/// B2: at 32 clients, beside bare SQLite.
///
/// # Errors
/// When the run is void.
pub fn on_sqlite(bench: &mut Bench) -> anyhow::Result<()> {
    let mut scene = bench.take(Size::new(bench.pace.vendors.0, QUESTIONS))?;
    let mut bare = BareSaves::new(&bench.pace.folder)?;
    say_settings(bench, &scene, &bare.settings()?)?;
    let server = scene.place.start()?;
    let (mut saved, pace) = (Vec::new(), bench.pace.clone());
    let goal = Goal {
        id: "B2",
        what: "autosave, SQLite, 32 clients / bare commits of one row",
        wanted: Wanted::AtLeast(0.5),
    };
    let finding = pace.pairs(
        goal,
        || bare_half(&mut bare, pace.span).map(|(rate, _)| rate),
        || {
            let sample = save(&server, &mut scene, 32, pace.span, &mut saved)?;
            Ok(by_rate(&sample, ""))
        },
    )?;
    bench.found(finding);
    let goal = Goal {
        id: "B2d",
        what: "autosave, SQLite, 1 client: median time beyond that of a bare commit",
        wanted: Wanted::Within(0.5, "ms"),
    };
    let finding = pace.alone(goal, || {
        let (_, bare) = bare_half(&mut bare, pace.span)?;
        let sample = save(&server, &mut scene, 1, pace.span, &mut saved)?;
        let half = by_time(&sample, 0.5);
        let shown = format!("{}, bare {:.2} ms", half.shown, bare.value);
        Ok(Half { value: half.value - bare.value, shown, ..half })
    })?;
    bench.found(finding);
    let goal = Goal { id: "B2d", what: "the same, p99", wanted: Wanted::Within(10.0, "ms") };
    let finding =
        pace.alone(goal, || Ok(by_time(&save(&server, &mut scene, 1, pace.span, &mut saved)?, 0.99)))?;
    bench.found(finding);
    drop(server);
    all_kept(bench, scene, &saved)
}

/// The rate of bare saves, and their median time.
fn bare_half(bare: &mut BareSaves, span: Span) -> anyhow::Result<(Half, Half)> {
    let nobody = Watched::default();
    let (before, begun) = (nobody.counters()?, Instant::now());
    let (rate, time) = bare.run(span)?;
    let reading = between(&before, &nobody.counters()?, begun);
    let shown = format!("{rate:.0}/s, p50 {time:.2} ms");
    let half = |value| Half { value, shown: shown.clone(), external: reading.external, sync: 0.0 };
    Ok((half(rate), half(time)))
}

fn between(before: &Counters, after: &Counters, begun: Instant) -> Reading {
    Reading::between(before, after, begun.elapsed())
}

/// Refuses to go on when the two sides commit differently.
fn say_settings(bench: &mut Bench, scene: &Scene, bare: &str) -> anyhow::Result<()> {
    let ours = bench.runtime.block_on(saves::settings(&scene.data))?;
    ensure!(ours == bare, "the service commits with {ours}, bare SQLite with {bare}: the run is void");
    bench.settings.insert(format!("SQLite: {ours}, on both sides"));
    Ok(())
}

/// Reads every acknowledged save back, and keeps the scene for the next goal.
///
/// # Errors
/// When one is missing.
pub fn all_kept(bench: &mut Bench, scene: Scene, saved: &[Saved]) -> anyhow::Result<()> {
    bench.runtime.block_on(saves::read_back(&scene.data, saved))?;
    eprintln!("{} acknowledged saves, all read back", saved.len());
    bench.put(scene);
    Ok(())
}

/// B2b: at 32 clients, beside `pgbench` on the same PostgreSQL.
///
/// # Errors
/// When the run is void.
pub fn on_postgres(bench: &mut Bench) -> anyhow::Result<()> {
    let mut scene = bench.take_postgres(Size::new(bench.pace.vendors.0, QUESTIONS))?;
    let settings = bench.runtime.block_on(saves::settings(&scene.data))?;
    bench.settings.insert(format!("PostgreSQL: {settings}, on both sides"));
    let server = scene.place.start()?;
    let (mut saved, pace) = (Vec::new(), bench.pace.clone());
    let goal = Goal {
        id: "B2b",
        what: "autosave, PostgreSQL, 32 clients / pgbench simple-update, 32 clients",
        wanted: Wanted::AtLeast(0.4),
    };
    let others = watched(&server, &scene.place);
    let pgbench = bench.pgbench()?;
    let finding = pace.pairs(
        goal,
        || {
            // pgbench is a child of ours for as long as it runs, so only PostgreSQL itself is told apart.
            let rate = pgbench.run(32, pace.span)?;
            Ok(Half { value: rate, shown: format!("{rate:.0}/s"), ..Half::default() })
        },
        || {
            let sample = save(&server, &mut scene, 32, pace.span, &mut saved)?;
            Ok(by_rate(&sample, ", PostgreSQL's work and memory included"))
        },
    )?;
    ensure!(others.processes.len() == 2, "the processes of PostgreSQL were not found");
    bench.found(finding);
    drop(server);
    all_kept(bench, scene, &saved)
}

/// A library that makes each sync take four milliseconds longer.
const SLOW_SYNC: &str = "\
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static void wait(void) { struct timespec t = {0, 4000000}; nanosleep(&t, 0); }
int fsync(int fd) { wait(); return ((int (*)(int))dlsym(RTLD_NEXT, \"fsync\"))(fd); }
int fdatasync(int fd) { wait(); return ((int (*)(int))dlsym(RTLD_NEXT, \"fdatasync\"))(fd); }
";

/// B2c: on a disk whose syncs take four milliseconds more, 32 clients beside one.
///
/// # Errors
/// When the run is void, which it also is when a save of one client did not wait for a sync.
pub fn on_a_slow_disk(bench: &mut Bench) -> anyhow::Result<()> {
    let mut scene = bench.take(Size::new(bench.pace.vendors.0, QUESTIONS))?;
    let (source, library) = (bench.pace.folder.join("slow.c"), bench.pace.folder.join("slow.so"));
    fs::write(&source, SLOW_SYNC)?;
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).arg("-ldl");
    ensure!(compiler.status().context("no C compiler")?.success(), "the slow disk does not compile");
    let mut place = scene.place.clone();
    place.settings.push(("LD_PRELOAD".to_owned(), library.display().to_string()));
    let server = place.start()?;
    let pace = bench.pace.clone();
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    let goal = Goal {
        id: "B2c",
        what: "autosave, syncs 4 ms slower: 32 clients / 1 client",
        wanted: Wanted::AtLeast(8.0),
    };
    let scene_of_both = std::cell::RefCell::new(&mut scene);
    let finding = pace.pairs(
        goal,
        || {
            let sample = save(&server, *scene_of_both.borrow_mut(), 1, pace.span, &mut alone)?;
            ensure!(sample.at(0.01) >= 4.0, "a save took {:.2} ms: it waited for no sync", sample.at(0.01));
            Ok(by_rate(&sample, ""))
        },
        || Ok(by_rate(&save(&server, *scene_of_both.borrow_mut(), 32, pace.span, &mut together)?, "")),
    )?;
    bench.found(finding);
    drop(server);
    alone.extend(together);
    all_kept(bench, scene, &alone)
}

/// G6: 64 clients beside 8.
///
/// # Errors
/// When the run is void.
pub fn by_clients(bench: &mut Bench) -> anyhow::Result<()> {
    let mut scene = bench.take(Size::new(bench.pace.vendors.0, QUESTIONS))?;
    let server = scene.place.start()?;
    let pace = bench.pace.clone();
    let mut saved = Vec::new();
    let (mut rates, mut times) = (Vec::new(), Vec::new());
    for _ in 0..pace.pairs {
        let few = save(&server, &mut scene, 8, pace.span, &mut saved)?;
        let many = save(&server, &mut scene, 64, pace.span, &mut saved)?;
        rates.push((by_rate(&few, ""), by_rate(&many, "")));
        times.push((by_time(&few, 0.99), by_time(&many, 0.99)));
    }
    for (what, wanted, halves) in [
        ("rate of saves, 64 clients / 8", Wanted::AtLeast(0.9), rates),
        ("p99 of saves, 64 clients / 8", Wanted::AtMost(8.0), times),
    ] {
        let (few, many): (Vec<Half>, Vec<Half>) = halves.into_iter().unzip();
        let (mut few, mut many) = (few.into_iter(), many.into_iter());
        let next = |halves: &mut std::vec::IntoIter<Half>| halves.next().context("measured already");
        let finding = pace.pairs(Goal { id: "G6", what, wanted }, || next(&mut few), || next(&mut many))?;
        bench.found(finding);
    }
    drop(server);
    all_kept(bench, scene, &saved)
}
