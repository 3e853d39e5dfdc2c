//! When a mail that failed for a passing reason is tried again. Pure: attempts, age and randomness are handed in.

use chrono::Duration;

/// Minutes between attempts; the last one repeats until [`GIVE_UP_AFTER`].
const STEPS: [i64; 8] = [1, 5, 15, 60, 180, 360, 720, 1440];
/// A mail that cannot be delivered for this long has failed.
pub const GIVE_UP_AFTER: Duration = Duration::hours(72);
/// A server that was down says nothing about the mail, so such a mail never waits longer than this. With the jitter
/// it leaves at most 18 minutes after the server is back (M-01 asks for 20).
const LONGEST_AFTER_NO_CONNECTION: i64 = 15;

/// Time to wait after the attempt number `attempt` (1 = the first) has failed, `since_first` after the first one.
///
/// `random` lies in `0.0..1.0` and spreads the waits by ±20 %, so that mails which failed together do not return
/// together. `connection` is true when no conversation with the server came about. `None`: give up. The last attempt
/// takes place 72 hours after the first.
pub fn next_wait(attempt: u32, since_first: Duration, connection: bool, random: f64) -> Option<Duration> {
    if since_first >= GIVE_UP_AFTER {
        return None;
    }
    let step = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX).min(STEPS.len() - 1);
    let minutes = STEPS.get(step).copied().unwrap_or(1440);
    let minutes = if connection { minutes.min(LONGEST_AFTER_NO_CONNECTION) } else { minutes };
    let spread = 0.8 + 0.4 * random.clamp(0.0, 1.0);
    let wait = Duration::milliseconds((minutes as f64 * 60_000.0 * spread) as i64);
    Some(wait.min(GIVE_UP_AFTER - since_first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_are_those_of_the_table_within_twenty_percent() {
        for (attempt, minutes) in
            [(1, 1), (2, 5), (3, 15), (4, 60), (5, 180), (6, 360), (7, 720), (8, 1440), (20, 1440)]
        {
            let wait = |random| next_wait(attempt, Duration::zero(), false, random).unwrap();
            assert_eq!(wait(0.5), Duration::minutes(minutes));
            assert_eq!(wait(0.0), Duration::seconds(minutes * 48));
            assert_eq!(wait(1.0), Duration::seconds(minutes * 72));
        }
    }

    #[test]
    fn greylisting_of_five_minutes_is_passed_at_the_third_attempt() {
        let (first, second) =
            (next_wait(1, Duration::zero(), false, 0.0), next_wait(2, Duration::minutes(1), false, 0.0));
        assert!(first.unwrap() < Duration::minutes(5));
        assert!(first.unwrap() + second.unwrap() > Duration::minutes(4));
    }

    #[test]
    fn it_gives_up_after_72_hours_and_not_before() {
        for random in [0.0, 0.3, 0.5, 0.99] {
            let (mut age, mut attempt) = (Duration::zero(), 1);
            while let Some(wait) = next_wait(attempt, age, false, random) {
                assert!(wait > Duration::zero());
                age += wait;
                attempt += 1;
            }
            assert_eq!(age, GIVE_UP_AFTER, "the last attempt is at 72 h");
            assert!((10..=13).contains(&attempt), "{attempt} attempts");
        }
    }

    #[test]
    fn m01_after_an_outage_no_mail_waits_longer_than_twenty_minutes() {
        for attempt in 1..50 {
            let wait = next_wait(attempt, Duration::hours(2), true, 1.0).unwrap();
            assert!(wait <= Duration::minutes(18));
        }
    }
}
