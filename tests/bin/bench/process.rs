//! The process itself: how fast it starts, and how much memory it keeps.

use crate::{
    data::{Size, section_path},
    report::{Goal, Half, Wanted},
    saves,
    scene::{Bench, read, save, watched},
    server::Place,
};
use std::fs;

const QUESTIONS: usize = 100;

/// B8 and B8b: from the start of the process to its first 200.
///
/// # Errors
/// When it does not start.
pub fn starts(bench: &mut Bench) -> anyhow::Result<()> {
    let scene = bench.take(Size { vendors: bench.pace.vendors.1, questions: QUESTIONS })?;
    let pace = bench.pace.clone();
    let within = |seconds: f64| Half { value: seconds, shown: format!("{seconds:.3} s"), ..Half::default() };
    let what = "cold start to the first 200, 10,000 vendors, nothing to migrate";
    let goal = Goal { id: "B8", what, wanted: Wanted::Within(0.3, "s") };
    let finding = pace.alone(goal, || Ok(within(scene.place.start()?.ready_after.as_secs_f64())))?;
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
        Ok(within(Place::new(&assay, &folder).start()?.ready_after.as_secs_f64()))
    })?;
    bench.found(finding);
    Ok(())
}

/// B9: memory after pages and saves among 10,000 vendors.
///
/// # Errors
/// When a request fails.
pub fn memory(bench: &mut Bench) -> anyhow::Result<()> {
    let mut scene = bench.take(Size { vendors: bench.pace.vendors.1, questions: QUESTIONS })?;
    let pace = bench.pace.clone();
    let goal = Goal {
        id: "B9",
        what: "memory (PSS) after forms, scores, lists and saves, 10,000 vendors",
        wanted: Wanted::Within(65.0, "MB"),
    };
    let form = section_path(QUESTIONS);
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
