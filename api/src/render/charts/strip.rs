//! Where vendors lie between 0 and 100, each as a circle with its initial.

use super::{tenths, unit};
use crate::render::Html;
use maud::html;
use questionnaires::exact::Exact;

/// The scores of those who have one.
#[derive(Debug, Clone)]
pub struct Strip<'a> {
    /// The vendor's name, and its score in [0, 100].
    pub scores: Vec<(&'a str, Exact)>,
}

/// The scale from 0 to 100, and the least distance of two circles beside each other, in tenths of a unit.
const LEFT: i64 = 80;
const RIGHT: i64 = 2000;
const APART: i64 = 150;

/// The distance below which two circles cover each other.
const COVER: i64 = 140;

/// Height of the scale, and of the rows above and below it in which circles stand that would cover each other.
const SCALE: i64 = 160;
const ROWS: [i64; 2] = [80, 240];

struct Circle {
    name: String,
    score: Exact,
    letter: String,
    at: i64,
    height: i64,
}

impl Strip<'_> {
    /// The drawing; its words say every score, the highest first.
    #[must_use]
    pub fn drawing(&self) -> Html {
        let circles = self.circles();
        let highest = circles.last().map(|circle| circle.score.clone()).unwrap_or_default();
        let place = |score: &Exact| LEFT + tenths(score) * (RIGHT - LEFT) / 1000;
        let words: Vec<String> =
            circles.iter().rev().map(|one| format!("{} {}", one.name, one.score.display1())).collect();
        let range = circles.first().zip(circles.last());
        html! {
            svg.strip viewBox="0 0 208 32" role="img" aria-label={ "Spread: " (words.join(", ")) } {
                line.ax x1="8" x2="200" y1="16" y2="16" {}
                @if let Some((first, last)) = range {
                    line.rg x1=(unit(place(&first.score))) x2=(unit(place(&last.score))) y1="16" y2="16" {}
                }
                @for circle in &circles {
                    g.pt.me[circle.score == highest] {
                        circle cx=(unit(circle.at)) cy=(unit(circle.height)) r="7" {}
                        text x=(unit(circle.at)) y=(unit(circle.height + 32)) text-anchor="middle" { (circle.letter) }
                    }
                }
            }
        }
        .into()
    }

    /// From the lowest score to the highest, none over another: those too near to others stand by turns above and below
    /// the scale, and only where that is not enough beside their score.
    fn circles(&self) -> Vec<Circle> {
        let initial = |name: &str, letters: usize| name.chars().take(letters).collect::<String>();
        let mut circles: Vec<Circle> = self
            .scores
            .iter()
            .map(|(name, score)| {
                let same =
                    self.scores.iter().filter(|(other, _)| initial(other, 1) == initial(name, 1)).count();
                Circle {
                    name: (*name).to_owned(),
                    letter: initial(name, if same > 1 { 2 } else { 1 }),
                    at: LEFT + tenths(score) * (RIGHT - LEFT) / 1000,
                    height: SCALE,
                    score: score.clone(),
                }
            })
            .collect();
        circles.sort_by(|a, b| a.score.cmp(&b.score));
        let near = |one: Option<&Circle>, at: i64| one.is_some_and(|one| (one.at - at).abs() < APART);
        let crowded = (0..circles.len()).filter(|index| {
            let at = circles.get(*index).map_or(0, |one| one.at);
            near(index.checked_sub(1).and_then(|before| circles.get(before)), at)
                || near(circles.get(index + 1), at)
        });
        let crowded: Vec<usize> = crowded.collect();
        arrange(&mut circles, &crowded);
        let cover = |one: &Circle, other: &Circle| {
            let (across, up) = (one.at - other.at, one.height - other.height);
            across * across + up * up < COVER * COVER
        };
        let mut pairs = circles.iter().enumerate();
        if pairs.any(|(index, one)| circles.iter().skip(index + 1).any(|other| cover(one, other))) {
            // Somebody was moved beside one who stood alone: everybody takes turns.
            let all: Vec<usize> = (0..circles.len()).collect();
            arrange(&mut circles, &all);
        }
        circles
    }
}

/// Lets these stand above and below the scale by turns, and moves those of a row apart.
fn arrange(circles: &mut [Circle], crowded: &[usize]) {
    for (turn, index) in crowded.iter().enumerate() {
        if let Some(circle) = circles.get_mut(*index) {
            circle.height = if turn % 2 == 0 { ROWS[0] } else { ROWS[1] };
        }
    }
    for row in ROWS {
        spread(circles.iter_mut().filter(|one| one.height == row).collect());
    }
}

/// Moves the circles of a row apart, as little to the right as that takes, and back from the end of the scale.
fn spread(mut row: Vec<&mut Circle>) {
    let mut least = LEFT;
    for circle in &mut row {
        circle.at = circle.at.max(least);
        least = circle.at + APART;
    }
    let mut most = RIGHT;
    for circle in row.iter_mut().rev() {
        circle.at = circle.at.min(most);
        most = circle.at - APART;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(scores: &[(&'a str, i64)]) -> Strip<'a> {
        Strip { scores: scores.iter().map(|(name, score)| (*name, Exact::from(*score))).collect() }
    }

    #[test]
    fn a_strip_shows_four_vendors_between_0_and_100() {
        let strip = of(&[("Lumen", 40), ("Corvid", 60), ("Hearth", 100), ("Vantor", 100)]);
        let drawn = serde_json::to_value(strip.drawing()).unwrap();
        insta::assert_snapshot!(drawn["html"].as_str().unwrap().replace("><", ">\n<"));
    }

    #[test]
    fn circles_stand_at_their_scores_and_never_over_each_other() {
        let circles = of(&[("Lumen", 40), ("Corvid", 60), ("Hearth", 100), ("Vantor", 100)]).circles();
        let places: Vec<(i64, i64)> = circles.iter().map(|circle| (circle.at, circle.height)).collect();
        assert_eq!(places, [(848, SCALE), (1232, SCALE), (2000, ROWS[0]), (2000, ROWS[1])]);
        for scores in [
            [0_i64, 0, 1, 1],
            [99, 100, 100, 100],
            [50, 50, 50, 50],
            [40, 47, 54, 61],
            [0, 7, 50, 55],
            [50, 50, 50, 58],
        ] {
            let names = ["Ann", "Ben", "Cid", "Dan"];
            let strip = Strip { scores: names.into_iter().zip(scores.map(Exact::from)).collect() };
            let circles = strip.circles();
            for (index, one) in circles.iter().enumerate() {
                assert!((LEFT..=RIGHT).contains(&one.at), "{scores:?}");
                for other in circles.iter().skip(index + 1) {
                    let (across, up) = (one.at - other.at, one.height - other.height);
                    assert!(
                        across * across + up * up >= COVER * COVER,
                        "{scores:?}: {} {}",
                        one.name,
                        other.name
                    );
                }
            }
        }
    }

    #[test]
    fn vendors_with_one_initial_are_told_apart_by_two_letters() {
        let circles = of(&[("Hearth", 90), ("Halden", 50), ("Vantor", 60)]).circles();
        let letters: Vec<&str> = circles.iter().map(|circle| circle.letter.as_str()).collect();
        assert_eq!(letters, ["Ha", "V", "He"]);
    }
}
