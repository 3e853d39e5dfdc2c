//! Samples as goals take them, and the half of a pair that each makes.

use crate::{
    load::{self, Asker, Reads, Sample, Span},
    machine::{self, Reading, Watched},
    report::Half,
    saves,
    scene::Scene,
    server::{Place, Server},
};
use anyhow::ensure;
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// The server's own process, and PostgreSQL's where it works on that.
#[must_use]
pub fn watched(server: &Server, place: &Place) -> Watched {
    let mut processes = vec![server.id()];
    let socket = place.postgres.as_deref().and_then(|url| url.split("host=").nth(1)).unwrap_or_default();
    if !socket.is_empty() {
        let data = Path::new(&socket.replace("%2F", "/")).join("data");
        processes.extend(machine::process_of(&["bin/postgres", &data.display().to_string()]));
    }
    Watched { processes }
}

/// A sample of pages.
///
/// # Errors
/// When an answer is not 200.
pub fn read(
    server: &Server,
    watched: &Watched,
    pages: &[(String, String)],
    clients: usize,
    span: Span,
) -> anyhow::Result<(Sample, usize)> {
    let readers: Vec<Reads> = (0..clients).map(|at| Reads::new(pages, at * 37)).collect();
    let (sample, readers) = load::run(server.address, readers, span, watched)?;
    Ok((sample, readers.iter().map(|reader| reader.size).max().unwrap_or_default()))
}

/// A sample of saves; every acknowledged one is kept in `saved`.
///
/// # Errors
/// When a save is not acknowledged.
pub fn save(
    server: &Server,
    scene: &mut Scene,
    clients: usize,
    span: Span,
    saved: &mut Vec<saves::Saved>,
) -> anyhow::Result<Sample> {
    let watched = watched(server, &scene.place);
    let savers = saves::savers(&scene.data, clients);
    let (sample, savers) = load::run(server.address, savers, span, &watched)?;
    let acknowledged = saves::settle(&mut scene.data, savers);
    ensure!(!acknowledged.is_empty(), "nothing was saved");
    saved.extend(acknowledged);
    Ok(sample)
}

/// The half of a pair whose figure is its rate.
#[must_use]
pub fn by_rate(sample: &Sample, more: &str) -> Half {
    Half {
        value: sample.rate(),
        shown: format!("{}{more}", shown(sample)),
        external: sample.reading.external,
        sync: 0.0,
    }
}

/// The half of a pair whose figure is processor time for each answer.
#[must_use]
pub fn by_cpu(sample: &Sample) -> Half {
    Half { value: sample.cpu(), shown: shown(sample), external: sample.reading.external, sync: 0.0 }
}

/// The half of a pair whose figure is the time within which this share of the answers came.
#[must_use]
pub fn by_time(sample: &Sample, share: f64) -> Half {
    Half { value: sample.at(share), shown: shown(sample), external: sample.reading.external, sync: 0.0 }
}

fn shown(sample: &Sample) -> String {
    format!(
        "{:.0}/s, p50 {:.2} ms, p99 {:.2} ms{}",
        sample.rate(),
        sample.at(0.5),
        sample.at(0.99),
        // Nobody is watched when this command itself does the work.
        if sample.memory > 0.0 {
            format!(", {:.3} CPU ms each, {:.0} MB", sample.cpu(), sample.memory)
        } else {
            String::new()
        }
    )
}

/// A sample of something that is done by this command, once and again; it says how long each took.
///
/// # Errors
/// When it fails.
pub fn repeat(
    watched: &Watched,
    span: Span,
    mut once: impl FnMut() -> anyhow::Result<Duration>,
) -> anyhow::Result<Sample> {
    let warm = Instant::now();
    while warm.elapsed() < span.warm_up {
        once()?;
    }
    let (before, begun, mut took) = (watched.counters()?, Instant::now(), Vec::new());
    while begun.elapsed() < span.measured {
        took.push(once()?);
    }
    let elapsed = begun.elapsed();
    Sample::of(took, elapsed, Reading::between(&before, &watched.counters()?, elapsed), watched)
}

/// An asker's clients against any address.
///
/// # Errors
/// As [`load::run`].
pub fn against<A: Asker>(
    address: std::net::SocketAddr,
    clients: Vec<A>,
    span: Span,
    watched: &Watched,
) -> anyhow::Result<Sample> {
    Ok(load::run(address, clients, span, watched)?.0)
}
