//! A row of a dot matrix: one square for each of a few things of a risk level, or for each so many of many.

use super::unit;
use crate::render::{Html, parts::RiskLevel};
use maud::html;

/// The most squares in a row.
const MOST: usize = 8;

/// Squares for things of one level. The number stands beside it, so the drawing is silent.
#[derive(Debug, Clone, Copy)]
pub struct Dots {
    /// Decides the squares' fill.
    pub level: RiskLevel,
    /// How many things.
    pub count: usize,
    /// How many things one square stands for; see [`Dots::each`].
    pub each: usize,
}

impl Dots {
    /// How many things a square stands for when this is the longest row.
    #[must_use]
    pub fn each(longest: usize) -> usize {
        longest.div_ceil(MOST).max(1)
    }

    /// The drawing.
    #[must_use]
    pub fn drawing(&self) -> Html {
        let class = format!("v{}", self.level as u8);
        html! {
            svg.dm viewBox="0 0 176 20" preserveAspectRatio="xMinYMid" aria-hidden="true" {
                @for at in (10..).step_by(220).take(self.squares()) {
                    rect class=(class) x=(unit(at)) y="1" width="18" height="18" rx="3" {}
                }
            }
        }
        .into()
    }

    /// A square that is not full counts as one.
    fn squares(&self) -> usize {
        self.count.div_ceil(self.each.max(1)).min(MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squares(count: usize, each: usize) -> usize {
        Dots { level: RiskLevel::High, count, each }.squares()
    }

    #[test]
    fn three_vendors_of_high_risk_are_three_squares() {
        let dots = Dots { level: RiskLevel::High, count: 3, each: 1 };
        let drawn = serde_json::to_value(dots.drawing()).unwrap();
        insta::assert_snapshot!(drawn["html"].as_str().unwrap().replace("><", ">\n<"));
    }

    #[test]
    fn a_row_has_a_square_for_each_thing_or_for_each_so_many() {
        assert_eq!((Dots::each(0), Dots::each(8), Dots::each(9), Dots::each(2_000)), (1, 1, 2, 250));
        assert_eq!((squares(0, 1), squares(3, 1), squares(8, 1)), (0, 3, 8));
        assert_eq!((squares(1, 250), squares(251, 250), squares(2_000, 250)), (1, 2, 8));
    }
}
