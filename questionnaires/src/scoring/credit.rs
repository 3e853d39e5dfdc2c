//! The credit in [0, 1] of one answer: by option, by band, and as the reviewer adjusted it.

use chrono::{Datelike, NaiveDate};

use crate::answering::{Answer, AnswerValue};
use crate::definition::{Band, Question};
use crate::exact::Exact;

/// The credit of an answered row, the reviewer's adjustments included.
///
/// `as_of` is the day of submission; a banded date without it has no age and earns nothing.
#[must_use]
pub fn credit_of(question: &Question, answer: &Answer, as_of: Option<NaiveDate>) -> Exact {
    let review = &answer.review;
    let replaced = review.credit.clone();
    let credit = replaced.unwrap_or_else(|| match &answer.value {
        Some(value) => credit_of_value(question, value, as_of),
        None => Exact::zero(),
    });
    match review.compensating {
        Some(compensating) => credit.max(compensating.credit()),
        None => credit,
    }
}

/// The credit that the question itself gives to a value.
#[must_use]
pub fn credit_of_value(question: &Question, value: &AnswerValue, as_of: Option<NaiveDate>) -> Exact {
    match value {
        AnswerValue::Number(number) => band_credit(&question.bands, number),
        AnswerValue::Date(date) => match as_of {
            Some(as_of) => band_credit(&question.bands, &Exact::from(full_months(*date, as_of))),
            None => Exact::zero(),
        },
        value => {
            let credits = value.chosen().into_iter().filter_map(|id| question.option(id)?.credit.as_ref());
            credits.sum::<Exact>().min(Exact::one())
        }
    }
}

/// The first band whose bound is at or above the value; the band without a bound takes the rest.
fn band_credit(bands: &[Band], value: &Exact) -> Exact {
    let band = bands.iter().find(|band| band.upto.as_ref().is_none_or(|upto| upto >= value));
    band.map_or_else(Exact::zero, |band| band.credit.clone())
}

/// Full months from one day to a later one; a month is full on the same day of the month.
#[must_use]
pub fn full_months(from: NaiveDate, to: NaiveDate) -> i64 {
    let months = 12 * (i64::from(to.year()) - i64::from(from.year())) + i64::from(to.month())
        - i64::from(from.month());
    months - i64::from(to.day() < from.day())
}
