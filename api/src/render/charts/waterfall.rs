//! From 100 down to the claimed score: what each section costs.

use super::{tenths, unit};
use crate::render::{Html, parts::rating_word};
use maud::{Markup, html};
use questionnaires::{exact::Exact, scoring::Rating};

/// What one questionnaire's sections lose.
#[derive(Debug, Clone)]
pub struct Waterfall {
    /// Makes the ids of the drawing its own on the page.
    pub id: String,
    /// Sections that lose something, the largest loss first: their titles and points of 100 with two decimals.
    pub losses: Vec<(String, Exact)>,
    /// The claimed score with two decimals: 100 minus the losses.
    pub claimed: Exact,
}

/// Left and right end of the scale, and the height of a row.
const LEFT: i64 = 250;
const RIGHT: i64 = 610;
const ROW: usize = 34;
/// A band narrower than this has room for its letter alone.
const ROOM: i64 = 60;
/// The widest number beside a bar, in tenths as the bars are.
const NUMBER: i64 = 450;
/// Longer labels are broken at a space.
const LINE: usize = 30;

impl Waterfall {
    /// The chart with its caption.
    #[must_use]
    pub fn figure(&self) -> Html {
        let low = self.low();
        html! {
            figure.card.fig {
                (self.drawing(low))
                figcaption.sm.mut {
                    "Points lost per section, largest first, rounded so that they sum exactly. The scale runs from "
                    (low) " to 100."
                }
            }
        }
        .into()
    }

    /// Where the scale begins: a multiple of five at least four points below the claimed score.
    fn low(&self) -> i64 {
        ((tenths(&self.claimed) - 40).max(0) / 50) * 5
    }

    fn drawing(&self, low: i64) -> Markup {
        let rows = self.losses.len();
        let (last, height) = (36 + ROW * (rows + 1), 70 + ROW * (rows + 1));
        let (title, desc) = (format!("{}-chart", self.id), format!("{}-chart-words", self.id));
        let at = |score: &Exact| {
            let share = (score - Exact::from(low)).checked_div(&Exact::from(100 - low)).unwrap_or_default();
            10 * LEFT + tenths(&(Exact::from(RIGHT - LEFT) * share))
        };
        let mut reached = Exact::from(100_i64);
        let bars = self.losses.iter().enumerate().map(|(place, (label, lost))| {
            let (from, y) = (at(&reached), 36 + ROW * (place + 1));
            reached = &reached - lost;
            let to = at(&reached);
            // Left of its bar; right of it where it would reach into the names; inside it where that is full too.
            let (x, anchor) = match (to - 60 - NUMBER > 10 * LEFT, from + 60 + NUMBER < 10 * RIGHT) {
                (true, _) => (to - 60, "end"),
                (false, true) => (from + 60, "start"),
                (false, false) => (from - 60, "end"),
            };
            html! {
                (name(label, y))
                line.cn x1=(unit(from)) x2=(unit(from)) y1=(y - 12) y2=(y) {}
                rect.neg x=(unit(to)) width=(unit(from - to)) y=(y) height="20" rx="2" {}
                text.vl x=(unit(x)) y=(y + 15) text-anchor=(anchor) { "\u{2212}" (lost.display2()) }
            }
        });
        let bars: Vec<Markup> = bars.collect();
        let end = at(&self.claimed);
        // The marker of the claimed score stays on the paper.
        let marker = (end - 280).clamp(10 * LEFT, 10 * RIGHT - 560);
        html! {
            svg.wf viewBox={ "0 0 616 " (height) } role="img" aria-labelledby={ (title) " " (desc) } {
                title id=(title) { "From 100 to " (self.claimed.display2()) }
                desc id=(desc) { "Bars show points lost per section. The table below lists every value." }
                (zones(low, height, &at))
                text.nm x="236" y="51" text-anchor="end" { "All questions at full credit" }
                rect.tot x="570" y="36" width="40" height="20" rx="2" {}
                text.vl.in x="602" y="51" text-anchor="end" { "100" }
                @for bar in &bars { (bar) }
                line.cn x1=(unit(end)) x2=(unit(end)) y1=(last - 12) y2=(last) {}
                text.nm.b x="236" y=(last + 17) text-anchor="end" { "Claimed" }
                rect.tot x=(unit(marker)) y=(last) width="56" height="24" rx="3" {}
                text.vl.in.sum x=(unit(marker + 280)) y=(last + 17) text-anchor="middle" { (self.claimed.display2()) }
            }
        }
    }
}

/// A section's title at the left, on two lines when it is long.
fn name(label: &str, y: usize) -> Markup {
    let broken = label.char_indices().nth(LINE).and_then(|(end, _)| label[..end].rsplit_once(' '));
    html! {
        @match broken {
            Some((first, _)) => {
                text.nm x="236" y=(y + 8) text-anchor="end" {
                    (first) tspan x="236" dy="14" { (label[first.len()..].trim_start()) }
                }
            }
            None => text.nm x="236" y=(y + 15) text-anchor="end" { (label) }
        }
    }
}

fn zones(low: i64, height: usize, at: &dyn Fn(&Exact) -> i64) -> Markup {
    let mut upper = 100;
    let mut zones = Vec::new();
    for band in Rating::ALL {
        let from = band.floor().max(low);
        if from < upper {
            let (x, end) = (at(&Exact::from(from)), at(&Exact::from(upper)));
            let letter = band.as_str();
            let class = format!("bz z{}", letter.to_lowercase());
            zones.push((x, end - x, letter, rating_word(letter).to_lowercase(), class));
        }
        upper = band.floor().min(upper);
    }
    html! {
        @for (x, width, letter, word, class) in zones {
            rect class=(class) x=(unit(x)) width=(unit(width)) y="24" height=(height - 30) {}
            text.bl x=(unit(x + 50)) y="17" { (letter) @if width >= 10 * ROOM { ", " (word) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(losses: &[(&str, &str)]) -> Waterfall {
        let number = |text: &str| Exact::parse_decimal(text, 2).unwrap();
        let losses: Vec<_> = losses.iter().map(|(title, lost)| ((*title).to_owned(), number(lost))).collect();
        let lost: Exact = losses.iter().map(|(_, lost)| lost.clone()).sum();
        Waterfall { id: "q".to_owned(), claimed: Exact::from(100_i64) - lost, losses }
    }

    fn drawn(of: &Waterfall) -> String {
        of.drawing(of.low()).into_string()
    }

    #[test]
    fn the_bars_lead_from_100_to_the_claimed_score() {
        let drawing = drawn(&of(&[
            ("Independent assurance", "3.81"),
            ("Access control", "1.27"),
            ("The rest", "2.86"),
        ]));
        insta::assert_snapshot!(drawing.replace("><", ">\n<"));
    }

    #[test]
    fn the_scale_begins_a_little_below_and_shows_every_band_that_it_reaches() {
        assert_eq!(of(&[("One", "7.94")]).low(), 85);
        assert_eq!(of(&[("One", "20.27")]).low(), 75);
        assert_eq!(of(&[("One", "100.00")]).low(), 0);
        let all = drawn(&of(&[("One", "100.00")]));
        for words in ["A<", "B<", "C<", "D, weak", "E, poor"] {
            assert!(all.contains(words), "{words}: {all}");
        }
        assert!(!drawn(&of(&[("One", "3.00")])).contains("zc"));
    }

    #[test]
    fn near_the_left_end_nothing_is_printed_over_the_names() {
        let inside = drawn(&of(&[("One", "98.60")]));
        assert!(inside.contains("x=\"604.0\" y=\"85\" text-anchor=\"end\">\u{2212}98.60"), "{inside}");
        let drawing = drawn(&of(&[("One", "60.00"), ("Two", "38.60")]));
        assert!(drawing.contains("text-anchor=\"end\">\u{2212}60.00"), "{drawing}");
        assert!(drawing.contains("text-anchor=\"start\">\u{2212}38.60"), "{drawing}");
        assert!(drawing.contains("class=\"tot\" x=\"250.0\""), "{drawing}");
    }

    #[test]
    fn a_long_title_is_broken_and_kept_whole() {
        let drawing = drawn(&of(&[("Training data governance and quality", "1.00")]));
        assert!(
            drawing.contains("Training data governance and<tspan x=\"236\" dy=\"14\">quality</tspan>"),
            "{drawing}"
        );
    }

    #[test]
    fn a_questionnaire_at_full_credit_is_a_marker_alone() {
        let drawing = drawn(&of(&[]));
        assert!(drawing.contains("From 100 to 100.00") && !drawing.contains("class=\"neg\""), "{drawing}");
    }
}
