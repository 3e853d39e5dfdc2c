//! Days that people set, in the tenant's time zone: due dates, "today", and the end of a link.

use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// Reads an IANA name such as `Europe/London`.
#[must_use]
pub fn time_zone(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// The day that `instant` falls on in `zone`.
#[must_use]
pub fn day_in(zone: Tz, instant: DateTime<Utc>) -> NaiveDate {
    instant.with_timezone(&zone).date_naive()
}

/// The end of `day` in `zone`: the first instant of the next day. Where that midnight does not exist (a clock
/// change), the first instant after the gap; where it exists twice, the later one, so nobody loses an hour.
#[must_use]
pub fn end_of_day(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    let mut local = next.and_time(NaiveTime::MIN);
    for _ in 0..24 {
        if let Some(instant) = zone.from_local_datetime(&local).latest() {
            return instant.with_timezone(&Utc);
        }
        local += Duration::minutes(15);
    }
    next.and_time(NaiveTime::MIN).and_utc()
}

/// When a link ends: the later of 30 days after sending and 14 days after the due day, at most 120 days after
/// `base` (sending, the last return or the last extension).
#[must_use]
pub fn link_end(zone: Tz, sent_at: DateTime<Utc>, due_on: NaiveDate, base: DateTime<Utc>) -> DateTime<Utc> {
    let by_sending = sent_at + Duration::days(30);
    let by_due = end_of_day(zone, due_on) + Duration::days(14);
    by_sending.max(by_due).min(base + Duration::days(120))
}

/// Whether `due_on` lies in the past at `now`: its last instant in `zone` is over.
#[must_use]
pub fn is_past(zone: Tz, due_on: NaiveDate, now: DateTime<Utc>) -> bool {
    now >= end_of_day(zone, due_on)
}

/// How many days an assessment may lie unstarted before its vendor is to be chased.
pub const UNSTARTED_DAYS: i64 = 3;

/// From when on something is late. For queries, which compare days and instants.
#[derive(Clone, Copy, Debug)]
pub struct Lateness {
    /// The last due day that is past.
    pub last_past: NaiveDate,
    /// What was sent before and is not begun lies unstarted.
    pub begun_if_sent_before: DateTime<Utc>,
}

impl Lateness {
    /// As it is at `now`.
    #[must_use]
    pub fn at(zone: Tz, now: DateTime<Utc>) -> Self {
        Self { last_past: last_past(zone, now), begun_if_sent_before: now - Duration::days(UNSTARTED_DAYS) }
    }
}

/// The last day that is past at `now`: due days up to it are past, later ones are not.
#[must_use]
pub fn last_past(zone: Tz, now: DateTime<Utc>) -> NaiveDate {
    let mut days = std::iter::successors(Some(day_in(zone, now)), NaiveDate::pred_opt);
    days.find(|day| is_past(zone, *day, now)).unwrap_or(NaiveDate::MIN)
}

/// How far `due_on` is from `today`: `9 days left`, `Due today`, `2 days late`.
#[must_use]
pub fn left_in_words(due_on: NaiveDate, today: NaiveDate) -> String {
    match (due_on - today).num_days() {
        0 => "Due today".to_owned(),
        1 => "1 day left".to_owned(),
        -1 => "1 day late".to_owned(),
        left @ 2.. => format!("{left} days left"),
        late => format!("{} days late", late.unsigned_abs()),
    }
}

/// `Friday 12 December 2025`.
#[must_use]
pub fn long_day(day: NaiveDate) -> String {
    day.format("%A %-d %B %Y").to_string()
}

/// `12 Dec 2025`.
#[must_use]
pub fn short_day(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}

/// `12 Dec 2025, 14:32`, in `zone`.
#[must_use]
pub fn short_instant(zone: Tz, instant: DateTime<Utc>) -> String {
    instant.with_timezone(&zone).format("%-d %b %Y, %H:%M").to_string()
}

/// `2025-12-12 14:32:09`, in `zone`: for files, where it sorts and spreadsheets read it as a time.
#[must_use]
pub fn sortable_instant(zone: Tz, instant: DateTime<Utc>) -> String {
    instant.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    #[test]
    fn a_due_day_ends_at_midnight_of_the_tenants_zone() {
        let kolkata = time_zone("Asia/Kolkata").unwrap();
        assert_eq!(end_of_day(kolkata, day(2026, 11, 24)).to_rfc3339(), "2026-11-24T18:30:00+00:00");
        assert!(!is_past(kolkata, day(2026, 11, 24), "2026-11-24T18:29:59Z".parse().unwrap()));
        assert!(is_past(kolkata, day(2026, 11, 24), "2026-11-24T18:30:00Z".parse().unwrap()));
    }

    #[test]
    fn days_left_are_counted_until_the_due_day_is_over() {
        let words = |due, today| left_in_words(day(2025, 12, due), day(2025, 12, today));
        assert_eq!(words(12, 3), "9 days left");
        assert_eq!(words(12, 11), "1 day left");
        assert_eq!(words(12, 12), "Due today");
        assert_eq!(words(12, 13), "1 day late");
        assert_eq!(words(12, 14), "2 days late");
    }

    #[test]
    fn a_midnight_that_a_clock_change_skips_is_the_first_instant_after_it() {
        // Cairo skipped 00:00 to 01:00 on 26 April 2024.
        let cairo = time_zone("Africa/Cairo").unwrap();
        assert_eq!(end_of_day(cairo, day(2024, 4, 25)).to_rfc3339(), "2024-04-25T22:00:00+00:00");
    }

    #[test]
    fn the_last_past_day_is_the_last_one_that_is_past() {
        for zone in ["UTC", "Asia/Kolkata", "Africa/Cairo", "America/Havana", "Pacific/Apia"] {
            let zone = time_zone(zone).unwrap();
            let start: DateTime<Utc> = "2025-10-31T00:00:00Z".parse().unwrap();
            for now in (0..200).map(|number| start + Duration::minutes(30 * number)) {
                let last = last_past(zone, now);
                assert!(is_past(zone, last, now), "{zone} {now}");
                assert!(!is_past(zone, last.succ_opt().unwrap(), now), "{zone} {now}");
            }
        }
    }

    #[test]
    fn a_link_lives_30_days_or_14_past_due_but_never_more_than_120() {
        let utc = time_zone("UTC").unwrap();
        let sent: DateTime<Utc> = "2026-01-01T12:00:00Z".parse().unwrap();
        assert_eq!(link_end(utc, sent, day(2026, 1, 8), sent), sent + Duration::days(30));
        assert_eq!(link_end(utc, sent, day(2026, 1, 31), sent).to_rfc3339(), "2026-02-15T00:00:00+00:00");
        assert_eq!(link_end(utc, sent, day(2026, 12, 31), sent), sent + Duration::days(120));
    }
}
