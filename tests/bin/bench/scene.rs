//! What a goal is measured on: a filled database, made once in a run, and the server that works on it.

use crate::{
    anchors::{Nginx, PgBench},
    data::{self, Data, Size},
    load::Span,
    machine,
    report::{Finding, Goal, Half, Pair},
    server::Place,
};
use anyhow::Context as _;
use std::{collections::BTreeSet, fs, path::PathBuf};
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
    /// Rows of history, of the audit trail and of bare SQL where a goal says 1,000,000.
    pub rows: u32,
    /// Saves after which memory is looked at: when it is warm, and at the end.
    pub saves: (usize, usize),
    /// On the disk that is measured.
    pub folder: PathBuf,
}

/// A filled database.
pub struct Scene {
    /// Where the server works.
    pub place: Place,
    /// What is in it.
    pub data: Data,
    /// Bytes of its SQLite file when it was just filled; 0 on PostgreSQL.
    pub filled: u64,
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
        let Size { vendors, questions, sections } = size;
        let folder = self.pace.folder.join(format!("sqlite-{vendors}-{questions}-{sections}"));
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
        let Size { vendors, questions, sections } = size;
        eprintln!("filling {vendors} vendors with {questions} questions each in {sections} section(s)");
        let data = self.runtime.block_on(data::fill(&url, &place.folder.join("data/evidence"), size))?;
        let filled = fs::metadata(place.sqlite_file()).map(|file| file.len()).unwrap_or_default();
        Ok(Scene { place, data, filled })
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
        let halves = (0..self.pairs).map(|_| self.with_sync(&mut ours)).collect::<Result<Vec<_>, _>>()?;
        Ok(Finding::alone(goal, halves))
    }

    fn with_sync(&self, half: &mut impl FnMut() -> anyhow::Result<Half>) -> anyhow::Result<Half> {
        let sync = machine::sync_time(&self.folder)?;
        Ok(Half { sync, ..half()? })
    }
}
