//! The claimed score of one questionnaire from submission to submission.

use super::{tenths, unit};
use crate::{
    domain::due,
    render::{Html, parts::rating_word},
};
use chrono::NaiveDate;
use maud::{Markup, html};
use questionnaires::{exact::Exact, scoring::Rating};

/// One submission's score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The day.
    pub on: NaiveDate,
    /// Claimed, from 0 to 100.
    pub claimed: Exact,
    /// The rating's letter.
    pub rating: String,
}

/// Scores of a questionnaire about one service, the oldest first; two at least, or there is nothing to compare.
#[derive(Debug, Clone)]
pub struct History {
    /// Makes the ids of the drawing its own on the page.
    pub id: String,
    /// What was asked, about what.
    pub title: String,
    /// The scores.
    pub scores: Vec<Submitted>,
}

const LEFT: i64 = 44;
const RIGHT: i64 = 560;
const TOP: i64 = 20;
const HEIGHT: i64 = 160;
/// So far apart are the words of two days at least.
const APART: i64 = 900;

impl History {
    /// The chart with its caption.
    #[must_use]
    pub fn figure(&self) -> Html {
        html! {
            figure.fig.plain {
                (self.drawing())
                figcaption.sm.mut { (self.title) ". Letters are ratings; a cap can hold a rating below its score." }
            }
        }
        .into()
    }

    fn drawing(&self) -> Markup {
        let (title, desc) = (format!("{}-chart", self.id), format!("{}-chart-words", self.id));
        let dots = self.places();
        let path: Vec<String> = dots.iter().map(|(x, y)| format!("{},{}", unit(*x), unit(*y))).collect();
        html! {
            svg.ln viewBox="0 0 616 216" role="img" aria-labelledby={ (title) " " (desc) } {
                title id=(title) { (self.title) }
                desc id=(desc) { "The line joins the claimed scores. The table lists every value." }
                (grid())
                polyline points=(path.join(" ")) {}
                @for (score, (x, y)) in self.scores.iter().zip(&dots) { (dot(score, *x, *y)) }
                (self.days(&dots))
            }
        }
    }

    /// Where each score stands: days along, points up.
    fn places(&self) -> Vec<(i64, i64)> {
        let day = |score: Option<&Submitted>| score.map_or(0, |score| days_of(score.on));
        let (first, last) = (day(self.scores.first()), day(self.scores.last()));
        let place = |score: &Submitted| {
            let x = 10 * (RIGHT - LEFT - 30) * (days_of(score.on) - first) / (last - first).max(1);
            (10 * (LEFT + 15) + x, up(tenths(&score.claimed)))
        };
        self.scores.iter().map(place).collect()
    }

    /// The days under the line; one that would run into the day before is left to the table.
    fn days(&self, dots: &[(i64, i64)]) -> Markup {
        let mut free = 0;
        let mut shown = Vec::new();
        for (score, (x, _)) in self.scores.iter().zip(dots) {
            if *x >= free {
                shown.push((*x, due::short_day(score.on)));
                free = x + APART;
            }
        }
        html! {
            @for (x, day) in shown {
                text.bl x=(unit(x)) y=(TOP + HEIGHT + 30) text-anchor="middle" { (day) }
            }
        }
    }
}

fn days_of(day: NaiveDate) -> i64 {
    day.signed_duration_since(NaiveDate::default()).num_days()
}

/// How far down a score in tenths stands.
fn up(score: i64) -> i64 {
    10 * TOP + HEIGHT * (1000 - score) / 100
}

/// A line at every floor of a band, with its letter.
fn grid() -> Markup {
    html! {
        @for band in Rating::ALL {
            @let y = up(10 * band.floor());
            line.gr x1=(LEFT) x2=(RIGHT) y1=(unit(y)) y2=(unit(y)) {}
            text.bl x=(LEFT - 8) y=(unit(y + 40)) text-anchor="end" { (band.floor()) }
            text.bl x=(RIGHT + 8) y=(unit(y + 40)) {
                (band.as_str()) ", " (rating_word(band.as_str()).to_lowercase())
            }
        }
    }
}

fn dot(score: &Submitted, x: i64, y: i64) -> Markup {
    let class = format!("dt z{}", score.rating.to_lowercase());
    html! {
        circle class=(class) cx=(unit(x)) cy=(unit(y)) r="10" {}
        text class={ "in z" (score.rating.to_lowercase()) } x=(unit(x)) y=(unit(y + 40)) text-anchor="middle" {
            (score.rating)
        }
        text.vl x=(unit(x)) y=(unit(if y < 10 * TOP + 200 { y + 270 } else { y - 140 })) text-anchor="middle" {
            (score.claimed.display1())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scores: &[(&str, &str, &str)]) -> History {
        let scores = scores.iter().map(|(on, claimed, rating)| Submitted {
            on: on.parse().unwrap(),
            claimed: claimed.parse().unwrap(),
            rating: (*rating).to_owned(),
        });
        History {
            id: "q".to_owned(),
            title: "Supplier security, Hearth Inbox".to_owned(),
            scores: scores.collect(),
        }
    }

    #[test]
    fn a_line_joins_the_scores_of_three_years() {
        let history =
            of(&[("2024-12-03", "61.5", "C"), ("2025-11-30", "82.4", "B"), ("2026-10-12", "98", "A")]);
        insta::assert_snapshot!(history.drawing().into_string().replace("><", ">\n<"));
    }

    #[test]
    fn days_that_would_run_into_each_other_are_left_to_the_table() {
        let history = of(&[("2026-01-01", "50", "D"), ("2026-01-02", "0", "E"), ("2026-12-31", "100", "A")]);
        let drawing = history.drawing().into_string();
        assert!(drawing.contains("1 Jan 2026") && !drawing.contains("2 Jan 2026"), "{drawing}");
        assert!(drawing.contains("31 Dec 2026"), "{drawing}");
    }

    #[test]
    fn scores_of_one_day_stand_at_one_place() {
        let places = of(&[("2026-01-01", "50", "D"), ("2026-01-01", "60", "C")]).places();
        assert_eq!(places, [(590, 1000), (590, 840)]);
    }
}
