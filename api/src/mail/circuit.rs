//! Keeps us from knocking at a mail server that is down: after five failures to connect only one mail every thirty
//! seconds is tried, the others wait unharmed. A refused password or a failed encryption stops everything at once
//! and is tried again every fifteen minutes, so that a repair on the server's side needs nobody here.

use chrono::{DateTime, Duration, Utc};

use super::outcome::SendOutcome;

/// Failures to connect, one after the other, that open the circuit.
pub const OPENS_AFTER: u32 = 5;
/// How often an open circuit lets one mail through.
pub const HALF_OPEN_EVERY: Duration = Duration::seconds(30);
/// How often a paused transport lets one mail through.
pub const PAUSE_PROBE_EVERY: Duration = Duration::minutes(15);

/// Why nothing is sent now, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The earliest moment at which one mail may be tried.
    pub until: DateTime<Utc>,
    /// For the page of the administrator.
    pub reason: String,
    /// True when it will hardly mend by itself: tell an administrator.
    pub paused: bool,
}

/// State of the way to the mail server. Time is handed in.
#[derive(Debug, Default)]
pub struct Circuit {
    failures: u32,
    open: Option<Wait>,
}

impl Circuit {
    /// Why a mail would have to wait at `now`; `None` when one may be tried. Changes nothing.
    pub fn waiting(&self, now: DateTime<Utc>) -> Option<&Wait> {
        self.open.as_ref().filter(|wait| now < wait.until)
    }

    /// Why the circuit is open, even when a probe is due.
    pub fn open(&self) -> Option<&Wait> {
        self.open.as_ref()
    }

    /// Asks to try one mail at `now`. An open circuit grants one try per interval.
    ///
    /// # Errors
    /// The reason to wait.
    pub fn take(&mut self, now: DateTime<Utc>) -> Result<(), Wait> {
        match &mut self.open {
            None => Ok(()),
            Some(wait) if now < wait.until => Err(wait.clone()),
            Some(wait) => {
                wait.until = now + if wait.paused { PAUSE_PROBE_EVERY } else { HALF_OPEN_EVERY };
                Ok(())
            }
        }
    }

    /// Learns from an attempt that ended at `now`.
    pub fn record(&mut self, now: DateTime<Utc>, outcome: &SendOutcome) {
        match outcome {
            SendOutcome::NotTried(_) => {}
            SendOutcome::TransportPaused { reason } => {
                self.open =
                    Some(Wait { until: now + PAUSE_PROBE_EVERY, reason: reason.clone(), paused: true });
            }
            SendOutcome::Transient { connection: true, reason, .. } => {
                self.failures = self.failures.saturating_add(1);
                if self.failures >= OPENS_AFTER || self.open.is_some() {
                    self.open =
                        Some(Wait { until: now + HALF_OPEN_EVERY, reason: reason.clone(), paused: false });
                }
            }
            // Any other answer, even a refusal, shows that the server is there and knows us.
            _ => *self = Self::default(),
        }
    }

    /// An administrator has repaired something: try again at once.
    pub fn resume(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }
    fn down() -> SendOutcome {
        SendOutcome::Transient { reason: "connection refused".into(), code: None, connection: true }
    }
    fn greylisted() -> SendOutcome {
        SendOutcome::Transient { reason: "later".into(), code: Some(450), connection: false }
    }

    #[test]
    fn it_opens_after_five_failures_in_a_row_and_lets_one_through_each_thirty_seconds() {
        let mut circuit = Circuit::default();
        for n in 0..4 {
            circuit.take(at(n)).unwrap();
            circuit.record(at(n), &down());
        }
        assert!(circuit.waiting(at(4)).is_none());
        circuit.record(at(4), &down());
        assert!(circuit.waiting(at(5)).is_some());
        assert!(circuit.take(at(33)).is_err());
        assert!(circuit.take(at(34)).is_ok(), "half-open");
        assert!(circuit.take(at(34)).is_err(), "one only");
        circuit.record(at(35), &down());
        assert!(circuit.take(at(64)).is_err());
        assert!(circuit.take(at(65)).is_ok());
        circuit.record(at(65), &greylisted());
        assert!(circuit.open().is_none(), "an answer closes it");
        assert!(circuit.take(at(65)).is_ok() && circuit.take(at(65)).is_ok());
    }

    #[test]
    fn failures_must_follow_each_other_to_open_it() {
        let mut circuit = Circuit::default();
        for _ in 0..3 {
            (0..4).for_each(|n| circuit.record(at(n), &down()));
            circuit.record(at(5), &SendOutcome::Sent { reply: String::new() });
        }
        assert!(circuit.open().is_none());
    }

    #[test]
    fn a_pause_stops_at_once_probes_rarely_and_can_be_lifted() {
        let mut circuit = Circuit::default();
        circuit.record(at(0), &SendOutcome::TransportPaused { reason: "535".into() });
        let wait = circuit.take(at(60)).unwrap_err();
        assert!(wait.paused && wait.until == at(900));
        assert!(circuit.take(at(900)).is_ok());
        assert!(circuit.take(at(901)).is_err());
        circuit.resume();
        assert!(circuit.take(at(902)).is_ok());
    }
}
