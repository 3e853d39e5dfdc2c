//! Pages: their rate beside a file from nginx, how they grow, and that they show what was just saved.

use crate::{
    data::{Data, Size},
    form::section_path,
    load::{self, Span},
    report::{Finding, Goal, Half, Wanted},
    samples::{against, by_cpu, by_rate, by_time, read, watched},
    saves::{self, Rereads},
    scene::Bench,
};
use anyhow::ensure;

const QUESTIONS: usize = 100;

/// A section for everybody who answers; the next one for the next of them.
fn open_forms(data: &Data) -> Vec<(String, String)> {
    let seats = data.seats.iter().enumerate();
    seats
        .map(|(at, seat)| (section_path(data.size, 1 + at % data.size.sections), seat.cookie.clone()))
        .collect()
}

fn scores(data: &Data) -> Vec<(String, String)> {
    let all = data.handed_in.iter();
    all.map(|assessment| (format!("/assessments/{assessment}/score"), data.staff.clone())).collect()
}

/// B1: the open questionnaire.
///
/// # Errors
/// When a page is not answered 200.
pub fn open(bench: &mut Bench) -> anyhow::Result<()> {
    let scene = bench.take(Size::new(bench.pace.vendors.0, QUESTIONS))?;
    let pages = open_forms(&scene.data);
    let what = "open a questionnaire of 100 questions, 32 clients / nginx, as many bytes";
    beside_nginx(bench, &scene.place, Goal { id: "B1", what, wanted: Wanted::AtLeast(0.05) }, &pages, None)?;
    let server = scene.place.start()?;
    let (pace, own) = (bench.pace.clone(), watched(&server, &scene.place));
    let goal = Goal { id: "B1", what: "the same, p99 at 8 clients", wanted: Wanted::Within(20.0, "ms") };
    let finding = pace.alone(goal, || Ok(by_time(&read(&server, &own, &pages, 8, pace.span)?.0, 0.99)))?;
    bench.found(finding);
    bench.put(scene);
    Ok(())
}

/// B1, one section: ten of the hundred questions.
///
/// # Errors
/// When a page is not answered 200.
pub fn section(bench: &mut Bench) -> anyhow::Result<()> {
    let size = Size { sections: 10, ..Size::new(bench.pace.vendors.0 / 2, QUESTIONS) };
    let scene = bench.take(size)?;
    let pages = open_forms(&scene.data);
    let what = "open a section, 10 of 100 questions, 32 clients / nginx, as many bytes";
    beside_nginx(bench, &scene.place, Goal { id: "B1", what, wanted: Wanted::AtLeast(0.05) }, &pages, None)?;
    bench.put(scene);
    Ok(())
}

/// B3: a section that is read right after a save was acknowledged shows that save.
///
/// # Errors
/// When one does not, or the run is void.
pub fn fresh(bench: &mut Bench) -> anyhow::Result<()> {
    let mut scene = bench.take(Size::new(bench.pace.vendors.0, QUESTIONS))?;
    let (server, span) = (scene.place.start()?, bench.pace.span);
    let own = watched(&server, &scene.place);
    let savers = saves::savers(&scene.data, 32).into_iter();
    let clients: Vec<Rereads> = savers.map(|saver| Rereads::new(saver, scene.data.size)).collect();
    let (sample, clients) = load::run(server.address, clients, span, &own)?;
    let (missed, read) = clients.iter().fold((0, 0), |(m, r), client| (m + client.missed, r + client.read));
    let half = by_rate(&sample, &format!(", {read} sections read after a save, {missed} without it"));
    let what = "sections read right after an acknowledged save, 32 clients, that do not show it";
    let goal = Goal { id: "B3", what, wanted: Wanted::Within(0.0, "sections") };
    bench.found(Finding::alone(goal, vec![Half { value: f64::from(missed), ..half }]));
    ensure!(read > 0 && missed == 0, "{missed} of {read} sections did not show the save before them");
    drop(server);
    let saved = saves::settle(&mut scene.data, clients.into_iter().map(|client| client.saver).collect());
    bench.runtime.block_on(saves::read_back(&scene.data, &saved))?;
    bench.put(scene);
    Ok(())
}

/// B3: the score of an assessment.
///
/// # Errors
/// When a page is not answered 200.
pub fn score(bench: &mut Bench) -> anyhow::Result<()> {
    let scene = bench.take(Size::new(bench.pace.vendors.0, QUESTIONS))?;
    let pages = scores(&scene.data);
    let what = "score page of an assessment, 32 clients / nginx, 1 KiB";
    let goal = Goal { id: "B3", what, wanted: Wanted::AtLeast(0.1) };
    beside_nginx(bench, &scene.place, goal, &pages, Some(1_024))?;
    bench.put(scene);
    Ok(())
}

/// B5b: five assessments side by side, beside the score page of one.
///
/// # Errors
/// When a page is not answered 200.
pub fn compare(bench: &mut Bench) -> anyhow::Result<()> {
    let scene = bench.take(Size::new(bench.pace.vendors.0, QUESTIONS))?;
    let side_by_side = |chosen: &[uuid::Uuid]| {
        let picks: Vec<String> = chosen.iter().map(|id| format!("assessment={id}")).collect();
        (format!("/compare?{}&view=1", picks.join("&")), scene.data.staff.clone())
    };
    let compared: Vec<_> = scene.data.handed_in.chunks_exact(5).map(side_by_side).collect();
    let alone = scores(&scene.data);
    let server = scene.place.start()?;
    let (pace, own) = (bench.pace.clone(), watched(&server, &scene.place));
    let what = "CPU of a comparison of 5 assessments, 100 questions / of the score page of one";
    let finding = pace.pairs(
        Goal { id: "B5b", what, wanted: Wanted::AtMost(6.0) },
        || Ok(by_cpu(&read(&server, &own, &alone, 4, pace.span)?.0)),
        || {
            let (sample, size) = read(&server, &own, &compared, 4, pace.span)?;
            let half = by_cpu(&sample);
            Ok(Half { shown: format!("{}, {size} bytes", half.shown), ..half })
        },
    )?;
    bench.found(finding);
    bench.put(scene);
    Ok(())
}

fn beside_nginx(
    bench: &mut Bench,
    place: &crate::server::Place,
    goal: Goal,
    pages: &[(String, String)],
    bytes: Option<usize>,
) -> anyhow::Result<()> {
    let server = place.start()?;
    let (pace, own) = (bench.pace.clone(), watched(&server, place));
    let (_, size) = read(&server, &own, pages, 1, Span { measured: pace.span.warm_up, ..pace.span })?;
    let nginx = bench.nginx()?;
    let finding = pace.pairs(
        goal,
        || {
            let clients = nginx.clients(bytes.unwrap_or(size), 32)?;
            Ok(by_rate(&against(nginx.address(), clients, pace.span, &nginx.watched())?, ""))
        },
        || {
            let (sample, size) = read(&server, &own, pages, 32, pace.span)?;
            Ok(by_rate(&sample, &format!(", {size} bytes")))
        },
    )?;
    bench.found(finding);
    Ok(())
}

/// G2 and G3: an open questionnaire among more vendors, and with more questions.
///
/// # Errors
/// When a page is not answered 200.
pub fn open_grows(bench: &mut Bench) -> anyhow::Result<()> {
    let (few, many) = bench.pace.vendors;
    let size = Size::new;
    for (id, what, most, small, large) in [
        (
            "G2",
            "CPU of an open questionnaire, 10,000 vendors / 1,000",
            1.3,
            size(few, QUESTIONS),
            size(many, QUESTIONS),
        ),
        (
            "G3",
            "CPU of an open questionnaire, 1,000 questions / 100",
            11.0,
            size(few, QUESTIONS),
            size(few / 4, 1_000),
        ),
    ] {
        let (small, large) = (bench.take(small)?, bench.take(large)?);
        let (for_small, for_large) = (small.place.start()?, large.place.start()?);
        let (of_small, of_large) = (watched(&for_small, &small.place), watched(&for_large, &large.place));
        let (in_small, in_large) = (open_forms(&small.data), open_forms(&large.data));
        let pace = bench.pace.clone();
        let finding = pace.pairs(
            Goal { id, what, wanted: Wanted::AtMost(most) },
            || Ok(by_cpu(&read(&for_small, &of_small, &in_small, 8, pace.span)?.0)),
            || Ok(by_cpu(&read(&for_large, &of_large, &in_large, 8, pace.span)?.0)),
        )?;
        bench.found(finding);
        bench.put(small);
        bench.put(large);
    }
    Ok(())
}
