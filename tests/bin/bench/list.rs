//! The vendor list: beside the bare SQL for it, and it and the start page as vendors grow.

use crate::{
    connection::{Connection as Client, get},
    data::{Data, Size},
    machine::Watched,
    report::{Goal, Half, Wanted},
    samples::{by_cpu, by_time, read, repeat, watched},
    scene::Bench,
    server::Server,
};
use anyhow::ensure;
use rusqlite::{Connection, OpenFlags};
use std::time::Instant;

const QUESTIONS: usize = 100;

/// How many vendors there are, as the head of the list says.
const COUNT: &str = "SELECT count(*) FROM vendor WHERE tenant_id = ?1 AND state = 'active'";

/// What a row of the first page shows: the vendor, its services, the highest tier of their current intakes, the worst
/// residual risk of their latest assessments, and what is open.
const LIST: &str = "\
WITH page AS MATERIALIZED (SELECT id, name, name_normalised FROM vendor
  WHERE tenant_id = ?1 AND state = 'active' ORDER BY name_normalised, id LIMIT 50)
SELECT page.id, page.name,
  (SELECT count(*) FROM service s WHERE s.tenant_id = ?1 AND s.vendor_id = page.id),
  (SELECT max(CASE (SELECT i.tier FROM intake i WHERE i.tenant_id = ?1 AND i.service_id = s.id
     ORDER BY i.number DESC LIMIT 1) WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 END)
   FROM service s WHERE s.tenant_id = ?1 AND s.vendor_id = page.id),
  (SELECT max(CASE (SELECT p.residual FROM score_snapshot p WHERE p.tenant_id = ?1 AND p.assessment_id = a.id
     ORDER BY p.number DESC LIMIT 1) WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'moderate' THEN 2 WHEN 'low' THEN 1 END)
   FROM assessment a WHERE a.tenant_id = ?1 AND a.vendor_id = page.id
     AND a.state IN ('submitted', 'in_review', 'returned', 'decided')
     AND NOT EXISTS (SELECT 1 FROM assessment b WHERE b.tenant_id = ?1 AND b.service_id = a.service_id
       AND b.state IN ('submitted', 'in_review', 'returned', 'decided')
       AND (b.submitted_at, b.id) > (a.submitted_at, a.id))),
  (SELECT count(*) FROM assessment a WHERE a.tenant_id = ?1 AND a.vendor_id = page.id
   AND a.state NOT IN ('draft', 'cancelled', 'decided', 'expired'))
FROM page ORDER BY page.name_normalised, page.id";

/// The bare SQL on the file that the service works on.
struct Bare {
    file: Connection,
    tenant: Vec<u8>,
}

/// A row of it.
struct Row {
    name: String,
    services: i64,
    tier: Option<i64>,
    residual: Option<i64>,
    open: i64,
}

impl Bare {
    fn open(file: &std::path::Path) -> anyhow::Result<Self> {
        let file = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        file.execute_batch("PRAGMA cache_size = -16000")?;
        let tenant = file.query_row("SELECT id FROM tenant", (), |row| row.get(0))?;
        Ok(Self { file, tenant })
    }

    /// Both statements, prepared once, every column read.
    fn rows(&self) -> anyhow::Result<(i64, Vec<Row>)> {
        let count = self.file.prepare_cached(COUNT)?.query_row([&self.tenant], |row| row.get(0))?;
        let mut list = self.file.prepare_cached(LIST)?;
        let rows = list.query_map([&self.tenant], |row| {
            let _id: Vec<u8> = row.get(0)?;
            Ok(Row {
                name: row.get(1)?,
                services: row.get(2)?,
                tier: row.get(3)?,
                residual: row.get(4)?,
                open: row.get(5)?,
            })
        })?;
        Ok((count, rows.collect::<Result<_, _>>()?))
    }

    /// Whether it says what the page says.
    fn is_the_page(&self, bench: &Bench, server: &Server, staff: &str) -> anyhow::Result<()> {
        let body = bench.runtime.block_on(async {
            let mut client = Client::open(server.address).await?;
            let answer = client.exchange(&get("/vendors", staff)).await?;
            ensure!(answer.status == 200, "the list was answered {}", answer.status);
            Ok(String::from_utf8_lossy(answer.body).into_owned())
        })?;
        let (count, rows) = self.rows()?;
        ensure!(rows.len() == 50 && body.contains(&format!("{count} vendors")), "not {count} vendors");
        let words = |at: Option<i64>, words: [&'static str; 4]| {
            at.and_then(|at| words.get(usize::try_from(at - 1).ok()?).copied()).unwrap_or_default()
        };
        let mut rest = body.as_str();
        for row in rows {
            let tier = words(row.tier, ["Low", "Medium", "High", "Critical"]);
            let residual = words(row.residual, ["Low", "Moderate", "High", "Critical"]);
            let (_, after) = rest.split_once(row.name.as_str()).unwrap_or_default();
            let line = after.split("</tr>").next().unwrap_or_default();
            let shown =
                [tier.to_owned(), residual.to_owned(), row.services.to_string(), row.open.to_string()];
            let mut said = shown.iter().filter(|word| !word.is_empty());
            ensure!(
                said.all(|word| line.contains(&format!(">{word}<"))),
                "{} is listed otherwise: {line}",
                row.name
            );
            rest = after;
        }
        Ok(())
    }
}

/// B5 and G4: the vendor list among 10,000 vendors, beside the bare SQL for it, and it and the start page beside
/// themselves among 1,000.
///
/// # Errors
/// When a page is not answered 200, or bare SQL says something else than the page.
pub fn list(bench: &mut Bench) -> anyhow::Result<()> {
    let (few, many) = bench.pace.vendors;
    let small = bench.take(Size::new(few, QUESTIONS))?;
    let large = bench.take(Size::new(many, QUESTIONS))?;
    let (for_small, for_large) = (small.place.start()?, large.place.start()?);
    let (of_small, of_large) = (watched(&for_small, &small.place), watched(&for_large, &large.place));
    let in_large = [("/vendors".to_owned(), large.data.staff.clone())];
    let pace = bench.pace.clone();

    let bare = Bare::open(&large.place.sqlite_file())?;
    bare.is_the_page(bench, &for_large, &large.data.staff)?;
    let once = || {
        let begun = Instant::now();
        let (_, rows) = bare.rows()?;
        ensure!(rows.len() == 50, "the bare list has {} rows", rows.len());
        Ok(begun.elapsed())
    };
    let what =
        "first page of the vendor list, 10,000 vendors, 1 client, p50 / the bare SQL for its rows and counts";
    let finding = pace.pairs(
        Goal { id: "B5", what, wanted: Wanted::AtMost(3.0) },
        || Ok(by_time(&repeat(&Watched::default(), pace.span, once)?, 0.5)),
        || {
            let (sample, size) = read(&for_large, &of_large, &in_large, 1, pace.span)?;
            let half = by_time(&sample, 0.5);
            Ok(Half { shown: format!("{}, {size} bytes", half.shown), ..half })
        },
    )?;
    bench.found(finding);

    for (path, what, most) in [
        ("/vendors", "CPU of the vendor list, 10,000 vendors / 1,000", 1.5),
        ("/", "CPU of the start page, 10,000 vendors / 1,000", 4.0),
    ] {
        let pages = |data: &Data| vec![(path.to_owned(), data.staff.clone())];
        let (in_small, in_large) = (pages(&small.data), pages(&large.data));
        let mut sizes = (0, 0);
        let finding = pace.pairs(
            Goal { id: "G4", what, wanted: Wanted::AtMost(most) },
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
        ensure!((0.95..=1.05).contains(&grown), "the body of {path} grew {grown:.2} times");
    }
    bench.put(small);
    bench.put(large);
    Ok(())
}
