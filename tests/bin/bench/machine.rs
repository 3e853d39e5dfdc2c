//! What the machine does while something is measured: processor time, memory, and how long a sync takes.

use anyhow::{Context as _, ensure};
use std::{
    fs,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

/// The kernel counts processor time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// The processes whose work counts as the work of what is measured.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// With their children.
    pub processes: Vec<u32>,
}

/// Processor time so far.
pub struct Counters {
    watched: Duration,
    own: Duration,
    machine: Duration,
}

/// What happened between two looks at the counters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    /// Processor time of the watched processes.
    pub watched: Duration,
    /// Share of the machine that neither they nor this command used.
    pub external: f64,
}

impl Reading {
    /// The difference.
    #[must_use]
    pub fn between(before: &Counters, after: &Counters, elapsed: Duration) -> Self {
        let spent = |of: fn(&Counters) -> Duration| of(after).saturating_sub(of(before));
        let watched = spent(|c| c.watched);
        let foreign = spent(|c| c.machine).saturating_sub(watched).saturating_sub(spent(|c| c.own));
        let whole = elapsed.as_secs_f64() * processors() as f64;
        Self { watched, external: foreign.as_secs_f64() / whole.max(0.001) }
    }
}

impl Watched {
    /// This process and its children.
    #[must_use]
    pub fn process(id: u32) -> Self {
        Self { processes: vec![id] }
    }
    /// Memory of them and their children in megabytes, shared pages by their share.
    #[must_use]
    pub fn memory(&self) -> f64 {
        let own = |stat: &Stat| self.processes.contains(&stat.id) || self.processes.contains(&stat.parent);
        // A child may end while it is looked at.
        stats().iter().filter(|stat| own(stat)).filter_map(|stat| memory(stat.id).ok()).sum()
    }
    /// Processor time until now.
    ///
    /// # Errors
    /// When the kernel does not say.
    pub fn counters(&self) -> anyhow::Result<Counters> {
        let mut watched = Duration::ZERO;
        if !self.processes.is_empty() {
            for stat in stats() {
                if self.processes.contains(&stat.id) || self.processes.contains(&stat.parent) {
                    watched += stat.spent;
                }
            }
        }
        let own = stat(std::process::id()).context("no /proc for this process")?.spent;
        let all = fs::read_to_string("/proc/stat")?;
        let line = all.lines().next().context("an empty /proc/stat")?;
        let ticks: Vec<u32> = line.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect();
        // user, nice, system, then idle and waiting, which are no work, then interrupts and what was stolen.
        let busy: u32 =
            ticks.iter().take(8).enumerate().filter(|(at, _)| *at != 3 && *at != 4).map(|(_, n)| n).sum();
        Ok(Counters { watched, own, machine: TICK * busy })
    }
}

struct Stat {
    id: u32,
    parent: u32,
    spent: Duration,
}

fn stat(id: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name in brackets may hold anything.
    let words: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u32>().ok());
    Some(Stat { id, parent: number(1)?, spent: TICK * (number(11)? + number(12)?) })
}

fn stats() -> Vec<Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter_map(stat).collect()
}

/// The process whose command line has these words.
#[must_use]
pub fn process_of(words: &[&str]) -> Option<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).find(|id| {
        let line = fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let said: Vec<&str> = line.split('\0').collect();
        words.iter().all(|word| said.iter().any(|one| one.ends_with(word)))
    })
}

/// Memory of a process, shared pages by their share, in megabytes.
///
/// # Errors
/// When the process is gone.
pub fn memory(id: u32) -> anyhow::Result<f64> {
    let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup"))?;
    let line = text.lines().find(|line| line.starts_with("Pss:")).context("no Pss")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).context("no figure")?.parse()?;
    Ok(kilobytes / 1_024.0)
}

/// How many processors there are.
#[must_use]
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Half of 200 appends of 4 KiB were on the disk within this many microseconds.
///
/// # Errors
/// When the folder cannot be written.
pub fn sync_time(folder: &Path) -> anyhow::Result<f64> {
    let mut file = tempfile::tempfile_in(folder)?;
    let block = [7_u8; 4_096];
    let mut took = Vec::with_capacity(200);
    for _ in 0..200 {
        let begun = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    ensure!(took.len() == 200, "no sync was measured");
    Ok(took.get(100).copied().unwrap_or_default().as_secs_f64() * 1_000_000.0)
}

/// The machine in words.
#[must_use]
pub fn described() -> String {
    let line = |path: &str, begins: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let found = text.lines().find(|line| line.starts_with(begins)).and_then(|line| line.split_once(':'));
        found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let kilobytes: f64 =
        line("/proc/meminfo", "MemTotal").trim_end_matches(" kB").trim().parse().unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{} x {}, {:.0} GB of memory, Linux {}",
        processors(),
        line("/proc/cpuinfo", "model name"),
        kilobytes / 1_048_576.0,
        kernel.trim()
    )
}
