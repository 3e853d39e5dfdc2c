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

/// The scale from 0 to 100, and the least distance of two circles, in tenths of a unit.
const LEFT: i64 = 80;
const RIGHT: i64 = 2000;
const APART: i64 = 90;

struct Circle {
    name: String,
    score: Exact,
    letter: String,
    at: i64,
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
            svg.strip viewBox="0 0 208 28" role="img" aria-label={ "Spread: " (words.join(", ")) } {
                line.ax x1="8" x2="200" y1="14" y2="14" {}
                @if let Some((first, last)) = range {
                    line.rg x1=(unit(place(&first.score))) x2=(unit(place(&last.score))) y1="14" y2="14" {}
                }
                @for circle in &circles {
                    g.pt.me[circle.score == highest] {
                        circle cx=(unit(circle.at)) cy="14" r="7.5" {}
                        text x=(unit(circle.at)) y="17.3" text-anchor="middle" { (circle.letter) }
                    }
                }
            }
        }
        .into()
    }

    /// From the lowest score to the highest, none over another.
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
                    score: score.clone(),
                }
            })
            .collect();
        circles.sort_by(|a, b| a.score.cmp(&b.score));
        let mut least = LEFT;
        for circle in &mut circles {
            circle.at = circle.at.max(least);
            least = circle.at + APART;
        }
        // Those that were pushed over the end go back, and push those before them.
        let mut most = RIGHT;
        for circle in circles.iter_mut().rev() {
            circle.at = circle.at.min(most);
            most = circle.at - APART;
        }
        circles
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(scores: &[(&'a str, i64)]) -> Strip<'a> {
        Strip { scores: scores.iter().map(|(name, score)| (*name, Exact::from(*score))).collect() }
    }

    #[test]
    fn circles_stand_at_their_scores_and_never_over_each_other() {
        let circles = of(&[("Lumen", 40), ("Corvid", 60), ("Hearth", 100), ("Vantor", 100)]).circles();
        let places: Vec<i64> = circles.iter().map(|circle| circle.at).collect();
        assert_eq!(places, [848, 1232, 1910, 2000]);
        for scores in [[0_i64, 0, 1, 1], [99, 100, 100, 100], [50, 50, 50, 50]] {
            let names = ["Ann", "Ben", "Cid", "Dan"];
            let strip = Strip { scores: names.into_iter().zip(scores.map(Exact::from)).collect() };
            let circles = strip.circles();
            assert!(circles.windows(2).all(|pair| pair[1].at - pair[0].at >= APART), "{scores:?}");
            assert!(circles.iter().all(|circle| (LEFT..=RIGHT).contains(&circle.at)), "{scores:?}");
        }
    }

    #[test]
    fn vendors_with_one_initial_are_told_apart_by_two_letters() {
        let circles = of(&[("Hearth", 90), ("Halden", 50), ("Vantor", 60)]).circles();
        let letters: Vec<&str> = circles.iter().map(|circle| circle.letter.as_str()).collect();
        assert_eq!(letters, ["Ha", "V", "He"]);
    }
}
