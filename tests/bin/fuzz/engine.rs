//! Changes inputs, runs a target on them, and keeps those that made it say something new.

use rand::{Rng as _, RngExt as _, SeedableRng as _, rngs::StdRng};
use rustix::time::{ClockId, clock_gettime};
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    time::Duration,
};

/// Longer inputs are cut: every reader has its own bound, and short inputs find more in the same time.
const LONGEST: usize = 24 * 1024;
/// The most inputs that are changed further.
const POPULATION: usize = 4_000;
/// The longest that one input may take, as [`worked`] counts.
const SLOW: Duration = Duration::from_secs(1);

/// Reads an input and says in a number what came of it; panics when what it promises does not hold.
pub type Read = Box<dyn Fn(&[u8]) -> u64 + Send + Sync>;

/// Something that reads what strangers send.
pub struct Target {
    /// Also the name of its folder.
    pub name: &'static str,
    /// Good inputs to begin with.
    pub seeds: Vec<Vec<u8>>,
    /// Words that mean something to it.
    pub words: &'static [&'static str],
    /// The reader.
    pub read: Read,
}

/// One target at work.
pub struct Engine<'a> {
    target: &'a Target,
    random: StdRng,
    population: Vec<Vec<u8>>,
    /// What was said so far.
    said: HashSet<u64>,
    runs: u64,
    slowest: Duration,
    new: Vec<Vec<u8>>,
}

impl<'a> Engine<'a> {
    /// A target with its seeds and the inputs kept for it.
    pub fn new(target: &'a Target, seed: u64) -> Self {
        let mut population = target.seeds.clone();
        for entry in fs::read_dir(folder(target)).into_iter().flatten().flatten() {
            population.extend(fs::read(entry.path()).ok());
        }
        let random = StdRng::seed_from_u64(seed);
        Self {
            target,
            random,
            population,
            said: HashSet::new(),
            runs: 0,
            slowest: Duration::ZERO,
            new: Vec::new(),
        }
    }

    /// Runs for this long, as [`worked`] counts; gives the first failure.
    pub fn run(&mut self, time: Duration) -> Option<String> {
        let until = worked() + time;
        for input in self.population.clone() {
            match self.once(&input) {
                Ok(said) => self.said.insert(said),
                Err(failure) => return Some(failure),
            };
        }
        while worked() < until {
            let input = self.changed();
            match self.once(&input) {
                Ok(said) if self.said.insert(said) && self.population.len() < POPULATION => {
                    self.new.push(input.clone());
                    self.population.push(input);
                }
                Ok(_) => {}
                Err(failure) => return Some(failure),
            }
        }
        None
    }

    fn once(&mut self, input: &[u8]) -> Result<u64, String> {
        let begun = worked();
        let said = catch_unwind(AssertUnwindSafe(|| (self.target.read)(input)));
        let took = worked() - begun;
        self.runs += 1;
        self.slowest = self.slowest.max(took);
        match said {
            Err(panic) => {
                let why = panic.downcast_ref::<String>().cloned();
                let why = why.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                Err(self.failed(input, &why.unwrap_or_else(|| "a panic".to_owned())))
            }
            Ok(_) if took > SLOW => Err(self.failed(input, &format!("took {} ms", took.as_millis()))),
            Ok(said) => Ok(said),
        }
    }

    fn failed(&self, input: &[u8], why: &str) -> String {
        let path = folder(self.target).join(format!("failed-{}", name(input)));
        let written = fs::create_dir_all(folder(self.target)).and_then(|()| fs::write(&path, input));
        let place = written.map_or_else(|error| error.to_string(), |()| path.display().to_string());
        format!("{}: {why}\n  input: {place}", self.target.name)
    }

    /// An input of the population with one to eight changes.
    fn changed(&mut self) -> Vec<u8> {
        let mut input = self.some_input();
        for _ in 0..self.random.random_range(1..=8) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    fn some_input(&mut self) -> Vec<u8> {
        match self.population.len() {
            0 => Vec::new(),
            many => self.population.get(self.random.random_range(0..many)).cloned().unwrap_or_default(),
        }
    }

    fn range(&mut self, of: &[u8]) -> std::ops::Range<usize> {
        let from = self.random.random_range(0..=of.len());
        let most = (of.len() - from).min(if self.random.random_bool(0.8) { 16 } else { 2_000 });
        from..from + self.random.random_range(0..=most)
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let place = self.range(input);
        match self.random.random_range(0..9) {
            0 => drop(input.drain(place)),
            1 => {
                let part = input.get(place.clone()).unwrap_or_default().to_vec();
                input.splice(place.start..place.start, part);
            }
            2 => {
                let other = self.some_input();
                let part = self.range(&other);
                let part = other.get(part).unwrap_or_default().to_vec();
                input.splice(place, part);
            }
            3 | 4 if !self.target.words.is_empty() => {
                let word = self.target.words[self.random.random_range(0..self.target.words.len())];
                let keep = self.random.random_bool(0.5);
                let place = if keep { place.start..place.start } else { place };
                input.splice(place, word.bytes());
            }
            5 => input.truncate(place.start),
            6 => {
                let unit = input.get(place.clone()).unwrap_or_default().to_vec();
                let times = self.random.random_range(2..40);
                input.splice(place, unit.repeat(times));
            }
            7 => {
                const ODD: [&str; 12] = [
                    "\0",
                    "\u{feff}",
                    "\u{202e}",
                    "\r\n",
                    "\u{ff1d}",
                    "é",
                    "\u{1f600}",
                    "-1",
                    "18446744073709551616",
                    "1e999",
                    "\u{0}",
                    "\u{2028}",
                ];
                let odd = ODD[self.random.random_range(0..ODD.len())];
                input.splice(place, odd.bytes());
            }
            _ => {
                let mut byte = [0];
                self.random.fill_bytes(&mut byte);
                match input.get_mut(place.start) {
                    Some(at) if self.random.random_bool(0.5) => *at ^= 1 << (byte[0] % 8),
                    Some(at) => *at = byte[0],
                    None => input.extend(byte),
                }
            }
        }
    }

    /// One line of figures.
    pub fn summary(&self) -> String {
        format!(
            "{:<12} {:>9} inputs, {:>5} kinds of answers, slowest {} ms",
            self.target.name,
            self.runs,
            self.said.len(),
            self.slowest.as_millis()
        )
    }

    /// Keeps new inputs that are short enough to be read by people.
    pub fn keep(&self) {
        for input in self.new.iter().filter(|input| input.len() <= 400).take(12) {
            let written = fs::create_dir_all(folder(self.target))
                .and_then(|()| fs::write(folder(self.target).join(name(input)), input));
            if let Err(error) = written {
                println!("{}: {error}", self.target.name);
            }
        }
    }
}

/// How long this thread has been at work: on a machine that is busy otherwise an hour is still an hour, and an input
/// that waits for its turn is not slow.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn folder(target: &Target) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(target.name)
}

fn name(input: &[u8]) -> String {
    hex::encode(&Sha256::digest(input)[..8])
}
