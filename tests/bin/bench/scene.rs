//! What a goal is measured on: a filled database, made once in a run, and the server that works on it.

use crate::{
    anchors::{Nginx, PgBench},
    data::{self, Data, Size},
    load::{self, Asker, Reads, Sample, Span},
    machine::{self, Watched},
    report::{Finding, Goal, Half, Pair},
    saves,
    server::{Place, Server},
};
use anyhow::{Context as _, ensure};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use tests::postgres::Cluster;

/// How long and how often.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Of each sample.
    pub span: Span,
    /// Pairs of a goal.
    pub pairs: usize,
    /// Vendors where a goal says 1,000, and where it says 10,000.
    pub vendors: (usize, usize),
    /// On the disk that is measured.
    pub folder: PathBuf,
}

/// A filled database.
pub struct Scene {
    /// Where the server works.
    pub place: Place,
    /// What is in it.
    pub data: Data,
}

/// Everything that a run shares.
pub struct Bench {
    /// How long and how often.
    pub pace: Pace,
    /// The release binary.
    pub assay: PathBuf,
    /// What was found so far.
    pub findings: Vec<Finding>,
    /// Settings in force, in words.
    pub settings: BTreeSet<String>,
    /// For what is not load.
    pub runtime: tokio::runtime::Runtime,
    scenes: Vec<Scene>,
    nginx: Option<Nginx>,
    pgbench: Option<PgBench>,
}

impl Bench {
    /// A run that has measured nothing yet.
    ///
    /// # Errors
    /// When no runtime can be made.
    pub fn new(assay: PathBuf, pace: Pace) -> anyhow::Result<Self> {
        Ok(Self {
            pace,
            assay,
            findings: Vec::new(),
            settings: BTreeSet::new(),
            runtime: tokio::runtime::Runtime::new()?,
            scenes: Vec::new(),
            nginx: None,
            pgbench: None,
        })
    }

    /// The SQLite database of this size; filled when it is first asked for. Give it back with [`Self::put`].
    ///
    /// # Errors
    /// When it cannot be filled.
    pub fn take(&mut self, size: Size) -> anyhow::Result<Scene> {
        let wanted = |scene: &Scene| scene.data.size == size && scene.place.postgres.is_none();
        if let Some(at) = self.scenes.iter().position(wanted) {
            return Ok(self.scenes.swap_remove(at));
        }
        let folder = self.pace.folder.join(format!("sqlite-{}-{}", size.vendors, size.questions));
        let place = Place::new(&self.assay, &folder);
        fs::create_dir_all(folder.join("data"))?;
        self.fill(place.sqlite_url(), place, size)
    }

    /// The PostgreSQL database of this size, as [`Self::take`].
    ///
    /// # Errors
    /// When PostgreSQL is not installed.
    pub fn take_postgres(&mut self, size: Size) -> anyhow::Result<Scene> {
        let wanted = |scene: &Scene| scene.data.size == size && scene.place.postgres.is_some();
        if let Some(at) = self.scenes.iter().position(wanted) {
            return Ok(self.scenes.swap_remove(at));
        }
        let cluster = Cluster::of_this_process().context("PostgreSQL is not installed")?;
        let name = format!("measured_{}_{}", size.vendors, size.questions);
        self.runtime.block_on(cluster.execute(&format!("CREATE DATABASE {name}")));
        let folder = self.pace.folder.join(&name);
        fs::create_dir_all(folder.join("data"))?;
        let place = Place { postgres: Some(cluster.url(&name)), ..Place::new(&self.assay, &folder) };
        self.fill(cluster.url(&name), place, size)
    }

    fn fill(&self, url: String, place: Place, size: Size) -> anyhow::Result<Scene> {
        eprintln!("filling {} vendors with {} questions each", size.vendors, size.questions);
        let data = self.runtime.block_on(data::fill(&url, &place.folder.join("data/evidence"), size))?;
        Ok(Scene { place, data })
    }

    /// Keeps a scene for the next goal.
    pub fn put(&mut self, scene: Scene) {
        self.scenes.push(scene);
    }

    /// nginx, started when it is first asked for.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn nginx(&mut self) -> anyhow::Result<&Nginx> {
        if self.nginx.is_none() {
            self.nginx = Some(Nginx::start(&self.pace.folder)?);
        }
        self.nginx.as_ref().context("no nginx")
    }

    /// `pgbench` on the cluster of this run.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn pgbench(&mut self) -> anyhow::Result<&PgBench> {
        if self.pgbench.is_none() {
            let cluster = Cluster::of_this_process().context("PostgreSQL is not installed")?;
            self.runtime.block_on(cluster.execute("CREATE DATABASE bare"));
            self.pgbench = Some(PgBench::new(&cluster.url("bare"), 20)?);
        }
        self.pgbench.as_ref().context("no pgbench")
    }

    /// Keeps a finding, and says it.
    pub fn found(&mut self, finding: Finding) {
        eprintln!("{}", finding.row());
        self.findings.push(finding);
    }
}

impl Pace {
    /// Anchor, ours, anchor, ours.
    ///
    /// # Errors
    /// When a sample fails.
    pub fn pairs(
        &self,
        goal: Goal,
        mut anchor: impl FnMut() -> anyhow::Result<Half>,
        mut ours: impl FnMut() -> anyhow::Result<Half>,
    ) -> anyhow::Result<Finding> {
        let mut pairs = Vec::new();
        for _ in 0..self.pairs {
            let anchor = self.with_sync(&mut anchor)?;
            pairs.push(Pair { anchor, ours: self.with_sync(&mut ours)? });
        }
        Ok(Finding::new(goal, pairs))
    }

    /// Ours, as often as there are pairs, for a goal without an anchor.
    ///
    /// # Errors
    /// When a sample fails.
    pub fn alone(
        &self,
        goal: Goal,
        mut ours: impl FnMut() -> anyhow::Result<Half>,
    ) -> anyhow::Result<Finding> {
        let mut pairs = Vec::new();
        for _ in 0..self.pairs {
            let ours = self.with_sync(&mut ours)?;
            let anchor = Half { value: 1.0, shown: "none".to_owned(), sync: ours.sync, ..Half::default() };
            pairs.push(Pair { anchor, ours });
        }
        Ok(Finding::new(goal, pairs))
    }

    fn with_sync(&self, half: &mut impl FnMut() -> anyhow::Result<Half>) -> anyhow::Result<Half> {
        let sync = machine::sync_time(&self.folder)?;
        Ok(Half { sync, ..half()? })
    }
}

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
        "{:.0}/s, p50 {:.2} ms, p99 {:.2} ms, {:.3} CPU ms each",
        sample.rate(),
        sample.at(0.5),
        sample.at(0.99),
        sample.cpu()
    )
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
