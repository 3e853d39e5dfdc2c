//! How long the questions that are still open take, by the questionnaires' own estimate of their minutes. Pure.

use super::sheet::{Openness, Sheet, SheetSection};

/// The minutes of `open` out of `all` questions that take `minutes` together, rounded up.
fn share(minutes: u32, open: usize, all: usize) -> usize {
    let minutes = usize::try_from(minutes).unwrap_or_default();
    if all == 0 { 0 } else { (minutes * open).div_ceil(all) }
}

/// The questions of a section that can be answered now and are not.
fn open_in(sheet: &Sheet, section: &SheetSection) -> usize {
    let open = |id: &str| sheet.openness(id) == Openness::Open;
    section.questions.iter().filter(|question| !question.done && open(&question.id)).count()
}

/// Minutes for the open questions of the sections of one questionnaire, out of all that it asks now.
fn minutes_of<'a>(
    sheet: &Sheet,
    questionnaire: usize,
    sections: impl Iterator<Item = &'a SheetSection>,
) -> usize {
    let Some(asked) = sheet.rows.questionnaires.get(questionnaire) else { return 0 };
    let own = sheet.sections.iter().filter(|section| section.questionnaire == questionnaire);
    let all = own.map(|section| section.questions.len()).sum();
    share(asked.definition.minutes, sections.map(|section| open_in(sheet, section)).sum(), all)
}

/// Minutes that the open questions of the whole sheet take; none when nothing is open.
#[must_use]
pub fn minutes_left(sheet: &Sheet) -> Option<usize> {
    let of = |index: usize| {
        minutes_of(sheet, index, sheet.sections.iter().filter(|section| section.questionnaire == index))
    };
    let minutes = (0..sheet.rows.questionnaires.len()).map(of).sum();
    (minutes > 0).then_some(minutes)
}

/// Minutes that the open questions of one section take; none when nothing is open there.
#[must_use]
pub fn minutes_left_in(sheet: &Sheet, section: &SheetSection) -> Option<usize> {
    let minutes = minutes_of(sheet, section.questionnaire, std::iter::once(section));
    (minutes > 0).then_some(minutes)
}

/// `1 minute`, `35 minutes`.
#[must_use]
pub fn in_words(minutes: usize) -> String {
    if minutes == 1 { "1 minute".to_owned() } else { format!("{minutes} minutes") }
}

/// `about 75 minutes`.
#[must_use]
pub fn about_minutes(minutes: u32) -> String {
    format!("about {}", in_words(usize::try_from(minutes).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{assessment::AssessmentState as S, sheet::tests::sheet};
    use serde_json::json;

    #[test]
    fn what_is_open_takes_its_share_of_the_minutes_rounded_up() {
        // Ten minutes for three questions, two of them in the first section; an answer shows a fourth.
        let blank = sheet(S::Sent, &[], &[], &[]);
        assert_eq!(minutes_left(&blank), Some(10));
        let in_each: Vec<_> = blank.sections.iter().map(|one| minutes_left_in(&blank, one)).collect();
        assert_eq!(in_each, [Some(7), Some(4)]);
        let started = sheet(S::InProgress, &[("SEC-GOV-01", json!({"choice": "full"}))], &[], &[]);
        assert_eq!(minutes_left(&started), Some(8));
    }

    #[test]
    fn nothing_open_takes_no_time() {
        let unknown = json!({"unknown": true});
        let answers = ["SEC-GOV-01", "SEC-GOV-03"].map(|id| (id, unknown.clone()));
        let done = sheet(S::InProgress, &answers, &[], &[]);
        assert_eq!(minutes_left_in(&done, &done.sections[0]), None);
        assert_eq!(minutes_left(&done), Some(4), "the section that waits for a file");
        assert_eq!(minutes_left(&sheet(S::Submitted, &[], &[], &[])), None, "blanks were handed in");
        assert_eq!(
            minutes_left(&sheet(S::Returned, &[], &[], &["SEC-GOV-01"])),
            Some(4),
            "one was sent back"
        );
    }

    #[test]
    fn a_minute_is_not_minutes() {
        assert_eq!(in_words(1), "1 minute");
        assert_eq!(in_words(35), "35 minutes");
        assert_eq!(about_minutes(75), "about 75 minutes");
    }
}
