//! Time and randomness, injected: nothing else in the product may ask the machine for either.
//!
//! Instants are cut to microseconds, because PostgreSQL keeps no more and SQLite keeps whatever it is given.

use super::ids::Id;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};
use uuid::{Builder, Uuid};

/// Where instants come from.
pub trait Clock: Send + Sync {
    /// The present instant, in whole microseconds.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// The machine's clock, corrected by how far another one was ahead of it when that was last asked: machines that share a
/// database go by the database's clock, so that a lease or a code ends at one instant for all of them.
#[derive(Debug, Default, Clone)]
pub struct SharedClock {
    /// In microseconds.
    ahead: Arc<AtomicI64>,
}

impl SharedClock {
    /// Goes by the other clock from now on, which showed `shown` at some moment between `asked` and `answered` of this
    /// machine's own. Gives how far it is ahead; nothing, and nothing changes, when the answer took so long that it says
    /// too little.
    pub fn set(
        &self,
        asked: DateTime<Utc>,
        shown: DateTime<Utc>,
        answered: DateTime<Utc>,
    ) -> Option<TimeDelta> {
        let took = answered - asked;
        if took < TimeDelta::zero() || took > TimeDelta::seconds(1) {
            return None;
        }
        let ahead = shown - (asked + took / 2);
        self.ahead.store(ahead.num_microseconds()?, Ordering::Relaxed);
        Some(ahead)
    }
}

impl Clock for SharedClock {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + TimeDelta::microseconds(self.ahead.load(Ordering::Relaxed))
    }
}

/// A clock that stands still until it is moved: for tests and for seeding the demo's past.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl ManualClock {
    /// A clock that shows `start`.
    #[must_use]
    pub fn at(start: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(start.trunc_subsecs(6))))
    }
    /// Moves the clock to `instant`.
    pub fn set(&self, instant: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = instant.trunc_subsecs(6);
    }
    /// Moves the clock on by `span` (back when negative).
    pub fn advance(&self, span: chrono::Duration) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *shown += span;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where random bytes come from.
pub trait Random: Send + Sync {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator, through the thread's cryptographic generator.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "the one place that draws randomness")]
    fn fill(&self, bytes: &mut [u8]) {
        use rand::Rng as _;
        rand::rng().fill_bytes(bytes);
    }
}

/// The clock and the randomness that everything is handed.
#[derive(Clone)]
pub struct Surroundings {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Surroundings")
    }
}

impl Surroundings {
    /// Bundles a clock and a source of randomness.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { clock, random }
    }
    /// The machine's own clock and randomness.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Arc::new(SystemClock), Arc::new(SystemRandom))
    }
    /// The present instant.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
    /// `N` unpredictable bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }
    /// A number in `0..bound`, uniform (by rejection). `bound` 0 gives 0.
    #[must_use]
    pub fn below(&self, bound: u32) -> u32 {
        if bound == 0 {
            return 0;
        }
        let limit = u32::MAX - u32::MAX % bound;
        loop {
            let draw = u32::from_le_bytes(self.bytes());
            if draw < limit {
                return draw % bound;
            }
        }
    }
    /// A fresh raw UUIDv7 of the present instant.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }
    /// A fresh typed id.
    #[must_use]
    pub fn id<T: Id>(&self) -> T {
        T::from_uuid(self.uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_clock_goes_by_the_other_one_unless_it_was_told_too_late() {
        let clock = SharedClock::default();
        let at = |seconds: i64| DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap();
        let far = TimeDelta::days(1);
        assert!((clock.now() - SystemClock.now()).abs() < TimeDelta::seconds(5));
        assert_eq!(clock.set(at(0), at(0) + far, at(1)), Some(far - TimeDelta::milliseconds(500)));
        assert!(clock.now() - SystemClock.now() > far - TimeDelta::seconds(5));
        assert_eq!(clock.set(at(0), at(0), at(2)), None, "it took two seconds");
        assert_eq!(clock.set(at(1), at(0), at(0)), None, "our own clock was set back in between");
        assert!(clock.now() - SystemClock.now() > far - TimeDelta::seconds(5), "nothing changed");
    }

    #[test]
    fn a_manual_clock_stands_still_until_moved() {
        let start = DateTime::from_timestamp(1_700_000_000, 123_456_789).unwrap();
        let clock = ManualClock::at(start);
        assert_eq!(clock.now().timestamp_subsec_nanos(), 123_456_000);
        clock.advance(chrono::Duration::minutes(5));
        assert_eq!(
            (clock.now() - start).num_minutes(),
            4,
            "cut to the microsecond, so just under five minutes"
        );
    }

    #[test]
    fn draws_below_a_bound_stay_below_it_and_reach_every_value() {
        let s = Surroundings::system();
        let mut seen = [false; 7];
        for _ in 0..1000 {
            seen[s.below(7) as usize] = true;
        }
        assert!(seen.iter().all(|hit| *hit));
    }
}
