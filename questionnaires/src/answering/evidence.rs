//! The effective grade of an answer's evidence, from its citations and the day of the snapshot.

use chrono::NaiveDate;

use super::answer::Grade;

/// One document or link that is cited for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Citation {
    /// `Supplied` when it is merely there, `Accepted` or `Independent` by the reviewer's word.
    pub grade: Grade,
    /// The last day on which it is valid.
    pub expires_on: Option<NaiveDate>,
}

/// The best grade among the citations that have not expired on `evidence_as_of`, the day of the snapshot.
///
/// An expired citation counts as asserted, as does no citation at all. `rejected` is the reviewer's word on the
/// answer and beats everything.
#[must_use]
pub fn effective_grade(citations: &[Citation], rejected: bool, evidence_as_of: NaiveDate) -> Grade {
    if rejected {
        return Grade::Rejected;
    }
    let valid = |citation: &&Citation| citation.expires_on.is_none_or(|last| last >= evidence_as_of);
    let best = citations.iter().filter(valid).map(|citation| citation.grade).max();
    best.unwrap_or(Grade::Asserted).max(Grade::Asserted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_unexpired_citation_counts_and_a_rejected_answer_beats_it() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let report = Citation { grade: Grade::Independent, expires_on: Some(day("2026-11-22")) };
        let policy = Citation { grade: Grade::Supplied, expires_on: None };
        let on = |text: &str| effective_grade(&[policy, report], false, day(text));
        assert_eq!(on("2026-11-22"), Grade::Independent, "valid on its last day");
        assert_eq!(on("2026-11-23"), Grade::Supplied, "the expired one falls back");
        assert_eq!(effective_grade(&[report], false, day("2026-11-23")), Grade::Asserted);
        assert_eq!(effective_grade(&[], false, day("2026-11-23")), Grade::Asserted);
        assert_eq!(effective_grade(&[policy, report], true, day("2026-11-22")), Grade::Rejected);
    }
}
