//! Pages: their rate beside a file from nginx, lists beside bare SQL, and how they grow.

use crate::{
    data::{Data, Size, section_path},
    load::Span,
    machine::{Reading, Watched},
    report::{Goal, Half, Wanted},
    scene::{Bench, against, by_cpu, by_rate, by_time, read, watched},
};
use anyhow::ensure;
use rusqlite::{Connection, OpenFlags};
use std::time::Instant;

const QUESTIONS: usize = 100;

/// The page with every question, for everybody who answers.
fn open_forms(data: &Data) -> Vec<(String, String)> {
    let path = section_path(data.size.questions);
    data.seats.iter().map(|seat| (path.clone(), seat.cookie.clone())).collect()
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
    let scene = bench.take(Size { vendors: bench.pace.vendors.0, questions: QUESTIONS })?;
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

/// B3: the score of an assessment.
///
/// # Errors
/// When a page is not answered 200.
pub fn score(bench: &mut Bench) -> anyhow::Result<()> {
    let scene = bench.take(Size { vendors: bench.pace.vendors.0, questions: QUESTIONS })?;
    let pages = scores(&scene.data);
    let what = "score page of an assessment, 32 clients / nginx, 1 KiB";
    let goal = Goal { id: "B3", what, wanted: Wanted::AtLeast(0.1) };
    beside_nginx(bench, &scene.place, goal, &pages, Some(1_024))?;
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
            Ok(by_rate(&sample, &format!(", {size} bytes, {:.0} MB", server.memory()?)))
        },
    )?;
    bench.found(finding);
    Ok(())
}

/// What the first page of the vendor list says, asked of SQLite directly.
const LIST: &str = "\
SELECT v.id, v.name,
  (SELECT count(*) FROM service s WHERE s.tenant_id = v.tenant_id AND s.vendor_id = v.id),
  (SELECT max(CASE i.tier WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 ELSE 1 END)
   FROM service s JOIN intake i ON i.tenant_id = s.tenant_id AND i.service_id = s.id
   WHERE s.tenant_id = v.tenant_id AND s.vendor_id = v.id),
  (SELECT count(*) FROM assessment a WHERE a.tenant_id = v.tenant_id AND a.vendor_id = v.id
   AND a.state NOT IN ('draft', 'cancelled', 'decided', 'expired')),
  (SELECT p.residual FROM assessment a JOIN score_snapshot p ON p.tenant_id = a.tenant_id AND p.assessment_id = a.id
   WHERE a.tenant_id = v.tenant_id AND a.vendor_id = v.id ORDER BY a.submitted_at DESC, p.number DESC LIMIT 1)
FROM vendor v WHERE v.tenant_id = (SELECT id FROM tenant) AND v.state = 'active'
ORDER BY v.name_normalised, v.id LIMIT 50";
const COUNT: &str =
    "SELECT count(*) FROM vendor WHERE tenant_id = (SELECT id FROM tenant) AND state = 'active'";

/// B5 and G4: the vendor list among 10,000 vendors, beside the bare SQL for it and beside itself among 1,000.
///
/// # Errors
/// When a page is not answered 200.
pub fn list(bench: &mut Bench) -> anyhow::Result<()> {
    let (few, many) = bench.pace.vendors;
    let small = bench.take(Size { vendors: few, questions: QUESTIONS })?;
    let large = bench.take(Size { vendors: many, questions: QUESTIONS })?;
    let (for_small, for_large) = (small.place.start()?, large.place.start()?);
    let (of_small, of_large) = (watched(&for_small, &small.place), watched(&for_large, &large.place));
    let pages = |data: &Data| vec![("/vendors".to_owned(), data.staff.clone())];
    let (in_small, in_large) = (pages(&small.data), pages(&large.data));
    let pace = bench.pace.clone();

    let file = Connection::open_with_flags(large.place.sqlite_file(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    file.execute_batch("PRAGMA cache_size = -16000")?;
    let what = "first page of the vendor list, 10,000 vendors, 1 client, p50 / the bare SQL for it";
    let finding = pace.pairs(
        Goal { id: "B5", what, wanted: Wanted::AtMost(3.0) },
        || bare(&file, pace.span),
        || {
            let (sample, size) = read(&for_large, &of_large, &in_large, 1, pace.span)?;
            let half = by_time(&sample, 0.5);
            Ok(Half { shown: format!("{}, {size} bytes", half.shown), ..half })
        },
    )?;
    bench.found(finding);

    let what = "CPU of the vendor list, 10,000 vendors / 1,000";
    let mut sizes = (0, 0);
    let finding = pace.pairs(
        Goal { id: "G4", what, wanted: Wanted::AtMost(1.5) },
        || {
            let (sample, size) = read(&for_small, &of_small, &in_small, 4, pace.span)?;
            sizes.0 = size;
            Ok(by_cpu(&sample))
        },
        || {
            let (sample, size) = read(&for_large, &of_large, &in_large, 4, pace.span)?;
            sizes.1 = size;
            Ok(by_cpu(&sample))
        },
    )?;
    bench.found(finding);
    let grown = sizes.1 as f64 / sizes.0 as f64;
    ensure!((0.95..=1.05).contains(&grown), "the body of the vendor list grew {grown:.2} times");
    bench.put(small);
    bench.put(large);
    Ok(())
}

fn bare(file: &Connection, span: Span) -> anyhow::Result<Half> {
    let once = || {
        let begun = Instant::now();
        file.prepare_cached(COUNT)?.query_row((), |row| row.get::<_, i64>(0))?;
        let mut list = file.prepare_cached(LIST)?;
        let mut rows = list.query(())?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            count += usize::from(row.get_ref(1)?.as_str().is_ok());
        }
        ensure!(count == 50, "the bare list has {count} rows");
        Ok(begun.elapsed())
    };
    let nobody = Watched::default();
    let (before, begun, mut took) = (nobody.counters()?, Instant::now(), Vec::new());
    while begun.elapsed() < span.measured {
        took.push(once()?);
    }
    let reading = Reading::between(&before, &nobody.counters()?, begun.elapsed());
    took.sort_unstable();
    let median = took.get(took.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1_000.0;
    Ok(Half { value: median, shown: format!("p50 {median:.2} ms"), external: reading.external, sync: 0.0 })
}

/// G2 and G3: an open questionnaire among more vendors, and with more questions.
///
/// # Errors
/// When a page is not answered 200.
pub fn open_grows(bench: &mut Bench) -> anyhow::Result<()> {
    let (few, many) = bench.pace.vendors;
    let size = |vendors, questions| Size { vendors, questions };
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
