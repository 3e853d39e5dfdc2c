//! Pairs of samples, the median of their ratios, and the page that states them.
//!
//! A pair is an anchor and ours, measured one after the other; without an anchor it is ours alone. It is dropped when
//! somebody else used more than a tenth of the machine, or when a sync took twice as long in one half as in the other;
//! how many were dropped is told.

use std::fmt::Write as _;

/// What a ratio of ours to the anchor has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wanted {
    /// More is better.
    AtLeast(f64),
    /// Less is better.
    AtMost(f64),
    /// No anchor: the figure itself, in this unit, is no larger.
    Within(f64, &'static str),
}

/// One goal.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// `B2`.
    pub id: &'static str,
    /// What is done, and what it is compared with.
    pub what: &'static str,
    /// The ratio of ours to the anchor.
    pub wanted: Wanted,
}

/// One measured half of a pair.
#[derive(Clone, Debug, Default)]
pub struct Half {
    /// What is compared: a rate, or a time.
    pub value: f64,
    /// In words.
    pub shown: String,
    /// Share of the machine that somebody else used.
    pub external: f64,
    /// Half of the syncs just before took this many microseconds.
    pub sync: f64,
}

/// An anchor and ours.
#[derive(Clone, Debug)]
pub struct Pair {
    /// First.
    pub anchor: Half,
    /// Then.
    pub ours: Half,
}

impl Pair {
    fn ratio(&self) -> f64 {
        self.ours.value / self.anchor.value
    }
    /// Why it does not count.
    fn fault(&self) -> Option<&'static str> {
        let syncs = (self.anchor.sync / self.ours.sync).max(self.ours.sync / self.anchor.sync);
        if self.anchor.external.max(self.ours.external) > 0.1 {
            Some("somebody else was busy")
        } else if syncs > 2.0 {
            Some("the disk was")
        } else {
            None
        }
    }
}

/// What was found about one goal.
#[derive(Clone, Debug)]
pub struct Finding {
    goal: Goal,
    pairs: Vec<Pair>,
}

impl Finding {
    /// The finding of these pairs.
    #[must_use]
    pub fn new(goal: Goal, pairs: Vec<Pair>) -> Self {
        Self { goal, pairs }
    }

    /// The finding of figures without an anchor.
    #[must_use]
    pub fn alone(goal: Goal, halves: Vec<Half>) -> Self {
        let none = |sync| Half { value: 1.0, shown: "none".to_owned(), sync, ..Half::default() };
        Self::new(goal, halves.into_iter().map(|ours| Pair { anchor: none(ours.sync), ours }).collect())
    }

    /// Ratios of the pairs that count, sorted; of all when none counts, and whether that is so.
    fn ratios(&self) -> (Vec<f64>, bool) {
        let counted: Vec<f64> = self.pairs.iter().filter(|p| p.fault().is_none()).map(Pair::ratio).collect();
        let provisional = counted.is_empty();
        let mut ratios = if provisional { self.pairs.iter().map(Pair::ratio).collect() } else { counted };
        ratios.sort_by(f64::total_cmp);
        (ratios, provisional)
    }

    /// The pair in the middle of those that count.
    fn middle(&self) -> Option<(&Pair, f64, f64, f64, bool)> {
        let (ratios, provisional) = self.ratios();
        let median = *ratios.get(ratios.len() / 2)?;
        let pair = self.pairs.iter().find(|pair| pair.ratio() == median)?;
        Some((pair, median, *ratios.first()?, *ratios.last()?, provisional))
    }

    fn met(&self, median: f64) -> bool {
        match self.goal.wanted {
            Wanted::AtLeast(least) => median >= least,
            Wanted::AtMost(most) | Wanted::Within(most, _) => median <= most,
        }
    }

    /// A row of the table, without a word when nothing was measured.
    #[must_use]
    pub fn row(&self) -> String {
        let Some((pair, median, least, most, provisional)) = self.middle() else { return String::new() };
        let wanted = match self.goal.wanted {
            Wanted::AtLeast(least) => format!("at least {}", ratio(least)),
            Wanted::AtMost(most) => format!("at most {}", ratio(most)),
            Wanted::Within(most, unit) => format!("at most {most} {unit}"),
        };
        let verdict = match (self.met(median), provisional) {
            (true, false) => "met",
            (false, false) => "**missed**",
            (true, true) => "met, provisional",
            (false, true) => "**missed**, provisional",
        };
        let external = self.pairs.iter().map(|p| p.anchor.external.max(p.ours.external)).fold(0.0, f64::max);
        let dropped = self.pairs.iter().filter(|pair| pair.fault().is_some()).count();
        format!(
            "| {} | {} | {wanted} | {} ({} to {}) | {verdict} | {} | {} | {:.0} us | {:.0} % | {dropped} of {} |",
            self.goal.id,
            self.goal.what,
            ratio(median),
            ratio(least),
            ratio(most),
            pair.ours.shown,
            pair.anchor.shown,
            pair.ours.sync,
            external * 100.0,
            self.pairs.len(),
        )
    }
}

fn ratio(value: f64) -> String {
    match value {
        value if value >= 10.0 => format!("{value:.0}"),
        value if value >= 1.0 => format!("{value:.2}"),
        value => format!("{value:.3}"),
    }
}

/// The heading of the table.
pub const HEADING: &str = "\
| # | what | wanted | ours / anchor: median (least to most) | | ours | anchor | sync p50 | others, at most | pairs dropped |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

/// The page.
#[must_use]
pub fn page(machine: &str, day: &str, commit: &str, settings: &[String], findings: &[Finding]) -> String {
    let mut page = format!(
        "# Performance\n\n\
         Where a goal is missed, [performance-misses.md](performance-misses.md) says why.\n\n\
         Written by `tests/bench`, which states each goal as a ratio to an anchor measured in the same run, by the same \
         load generator, one after the other: nginx for pages, bare SQLite and `pgbench` for saves, bare SQL for lists and scores, \
         argon2id for signing in. \
         Absolute figures belong to this machine; the ratios carry over to others. A pair of samples is dropped when \
         somebody else used more than a tenth of the machine or when a sync took twice as long in one half as in the \
         other; when every pair would be dropped they all count and the figure is called provisional.\n\n\
         - Machine: {machine}\n- Day: {day}\n- Commit: {commit}\n"
    );
    for setting in settings {
        let _ = writeln!(page, "- {setting}");
    }
    let _ = writeln!(page, "\n{HEADING}");
    for row in findings.iter().map(Finding::row).filter(|row| !row.is_empty()) {
        let _ = writeln!(page, "{row}");
    }
    page
}

#[cfg(test)]
mod tests_of_the_report {
    use super::*;

    fn half(value: f64, external: f64, sync: f64) -> Half {
        Half { value, shown: format!("{value}"), external, sync }
    }

    fn finding(pairs: &[(f64, f64, f64)]) -> Finding {
        let goal = Goal { id: "B0", what: "nothing", wanted: Wanted::AtLeast(0.5) };
        let pair = |&(ours, external, sync): &(f64, f64, f64)| Pair {
            anchor: half(100.0, 0.0, 100.0),
            ours: half(ours, external, sync),
        };
        Finding::new(goal, pairs.iter().map(pair).collect())
    }

    #[test]
    fn a_pair_counts_only_when_the_machine_was_ours_and_the_disk_steady() {
        let row = finding(&[(60.0, 0.0, 100.0), (10.0, 0.2, 100.0), (10.0, 0.0, 300.0)]).row();
        assert!(row.contains("| 0.600 (0.600 to 0.600) | met |") && row.ends_with("| 2 of 3 |"), "{row}");
    }

    #[test]
    fn the_median_decides_and_figures_from_a_busy_machine_are_provisional() {
        let row = finding(&[(40.0, 0.0, 100.0), (30.0, 0.0, 100.0), (90.0, 0.0, 100.0)]).row();
        assert!(row.contains("| 0.400 (0.300 to 0.900) | **missed** |"), "{row}");
        let row = finding(&[(60.0, 0.5, 100.0)]).row();
        assert!(row.contains("met, provisional"), "{row}");
    }
}
