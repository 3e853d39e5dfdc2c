//! The process itself: how fast it starts, how much memory it keeps, and how large its file is.

use crate::{
    data::Size,
    form::section_path,
    report::{Finding, Goal, Half, Wanted},
    samples::{read, save, watched},
    saves,
    scene::Bench,
    server::Place,
};
use std::fs;

const QUESTIONS: usize = 100;

/// B8 and B8b: from the start of the process to its first 200.
///
/// # Errors
/// When it does not start.
pub fn starts(bench: &mut Bench) -> anyhow::Result<()> {
    let scene = bench.take(Size::new(bench.pace.vendors.1, QUESTIONS))?;
    let pace = bench.pace.clone();
    let ready = |place: &Place| {
        let server = place.start()?;
        let (seconds, memory) = (server.ready_after.as_secs_f64(), server.memory()?);
        let shown = format!("{seconds:.3} s, {memory:.1} MB");
        Ok::<_, anyhow::Error>(Half { value: seconds, shown, ..Half::default() })
    };
    let what = "cold start to the first 200, 10,000 vendors, nothing to migrate";
    let goal = Goal { id: "B8", what, wanted: Wanted::Within(0.3, "s") };
    let finding = pace.alone(goal, || ready(&scene.place))?;
    bench.found(finding);
    bench.put(scene);
    let folder = bench.pace.folder.join("empty");
    let goal = Goal {
        id: "B8b",
        what: "empty folder to the first 200, every schema step",
        wanted: Wanted::Within(1.3, "s"),
    };
    let assay = bench.assay.clone();
    let finding = pace.alone(goal, || {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        ready(&Place::new(&assay, &folder))
    })?;
    bench.found(finding);
    Ok(())
}

/// B9: memory after pages and saves among 10,000 vendors.
///
/// # Errors
/// When a request fails.
pub fn memory(bench: &mut Bench) -> anyhow::Result<()> {
    let mut scene = bench.take(Size::new(bench.pace.vendors.1, QUESTIONS))?;
    let pace = bench.pace.clone();
    let goal = Goal {
        id: "B9",
        what: "memory (PSS) after forms, scores, lists and saves, 10,000 vendors",
        wanted: Wanted::Within(65.0, "MB"),
    };
    let form = section_path(scene.data.size, 1);
    let forms: Vec<_> = scene.data.seats.iter().map(|seat| (form.clone(), seat.cookie.clone())).collect();
    let staff = |path: String| (path, scene.data.staff.clone());
    let mut pages: Vec<_> =
        ["/", "/vendors", "/assessments", "/findings"].map(|p| staff(p.to_owned())).into();
    let scored = scene.data.handed_in.iter().take(200);
    pages.extend(scored.map(|assessment| staff(format!("/assessments/{assessment}/score"))));
    let mut saved = Vec::new();
    let finding = pace.alone(goal, || {
        let server = scene.place.start()?;
        let own = watched(&server, &scene.place);
        let fresh = server.memory()?;
        read(&server, &own, &forms, 32, pace.span)?;
        read(&server, &own, &pages, 8, pace.span)?;
        save(&server, &mut scene, 32, pace.span, &mut saved)?;
        let after = server.memory()?;
        Ok(Half { value: after, shown: format!("{after:.1} MB, {fresh:.1} MB at first"), ..Half::default() })
    })?;
    bench.found(finding);
    bench.runtime.block_on(saves::read_back(&scene.data, &saved))?;
    bench.put(scene);
    Ok(())
}

/// B11: the SQLite file of 1,000 vendors, just filled.
///
/// # Errors
/// When it cannot be filled.
pub fn file(bench: &mut Bench) -> anyhow::Result<()> {
    let scene = bench.take(Size::new(bench.pace.vendors.0, QUESTIONS))?;
    let megabytes = scene.filled as f64 / 1e6;
    let half = Half { value: megabytes, shown: format!("{megabytes:.1} MB"), ..Half::default() };
    let what = "SQLite file of 1,000 vendors, 100 questions each, 75 % answered";
    bench.found(Finding::alone(Goal { id: "B11", what, wanted: Wanted::Within(57.0, "MB") }, vec![half]));
    bench.put(scene);
    Ok(())
}
