//! The respondents of one assessment as they see each other: who they are, what they may do, and the last thing each of
//! them did. Pure.

use super::{due, ids::RespondentId, respondent::RespondentRole};
use chrono::{DateTime, Days, Utc};
use chrono_tz::Tz;

/// A respondent whose link was not taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answering {
    /// Who.
    pub id: RespondentId,
    /// Name as invited.
    pub name: String,
    /// Lead or helper.
    pub role: RespondentRole,
    /// When they were in the portal last, to within five minutes; none before the first time.
    pub last_seen: Option<DateTime<Utc>>,
    /// The lead who invited them as helper.
    pub invited_by: Option<RespondentId>,
    /// What that lead asks for.
    pub ask: Option<String>,
}

/// What a respondent may do, in the portal's words.
#[must_use]
pub const fn role_in_words(role: RespondentRole) -> &'static str {
    match role {
        RespondentRole::Lead => "Lead, can submit",
        RespondentRole::Helper => "Helper",
    }
}

/// The last thing that somebody did, who saved an answer at `saved` and was here at `seen`: the save, unless they were
/// here again on a later day. Days and times are those of `zone`.
#[must_use]
pub fn last_act(
    saved: Option<DateTime<Utc>>,
    seen: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    zone: Tz,
) -> String {
    let later = |seen, saved| due::day_in(zone, seen) > due::day_in(zone, saved);
    match (saved, seen) {
        (None, None) => "Has not opened the link yet".to_owned(),
        (Some(saved), Some(seen)) if later(seen, saved) => format!("Last here {}", when(seen, now, zone)),
        (Some(saved), _) => format!("Saved an answer {}", when(saved, now, zone)),
        (None, Some(seen)) => format!("Last here {}", when(seen, now, zone)),
    }
}

/// `at 14:29` today, `yesterday`, or `on 12 Dec 2025`.
fn when(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> String {
    let (day, today) = (due::day_in(zone, at), due::day_in(zone, now));
    if day == today {
        at.with_timezone(&zone).format("at %H:%M").to_string()
    } else if Some(day) == today.checked_sub_days(Days::new(1)) {
        "yesterday".to_owned()
    } else {
        format!("on {}", due::short_day(day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(saved: Option<&str>, seen: Option<&str>) -> String {
        let at = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        let now = "2025-12-03T09:30:00Z".parse().unwrap();
        last_act(at(saved), at(seen), now, due::time_zone("Asia/Kolkata").unwrap())
    }

    #[test]
    fn a_save_is_the_last_act_until_somebody_comes_back_on_another_day() {
        assert_eq!(act(None, None), "Has not opened the link yet");
        assert_eq!(act(None, Some("2025-12-03T08:59:00Z")), "Last here at 14:29");
        let (saved, later) = (Some("2025-12-03T08:59:00Z"), Some("2025-12-03T09:20:00Z"));
        assert_eq!(act(saved, later), "Saved an answer at 14:29");
        let (saved, later) = (Some("2025-12-01T08:59:00Z"), Some("2025-12-02T09:20:00Z"));
        assert_eq!(act(saved, later), "Last here yesterday");
        assert_eq!(act(saved, None), "Saved an answer on 1 Dec 2025");
    }

    #[test]
    fn days_are_those_of_the_zone() {
        // 18:45 in London is past midnight in Kolkata.
        assert_eq!(act(Some("2025-12-02T18:45:00Z"), None), "Saved an answer at 00:15");
        assert_eq!(act(Some("2025-12-02T18:15:00Z"), None), "Saved an answer yesterday");
        assert_eq!(act(Some("2025-12-01T18:15:00Z"), None), "Saved an answer on 1 Dec 2025");
    }
}
