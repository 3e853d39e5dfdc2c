//! Charts as SVG, drawn on the server from exact numbers.
//!
//! A chart is a struct of data with a `figure` that gives its HTML: a drawing with a title and a description for those
//! who do not see it, and a caption. It stands beside a table that says every value, and it says nothing by colour
//! alone. Places are tenths of a unit, so the same score gives the same bytes. A new chart is a file here.

pub mod dots;
pub mod history;
pub mod strip;
pub mod waterfall;

use questionnaires::exact::Exact;

/// A place or length in tenths of a unit, as SVG has it: `123.4`.
pub(super) fn unit(tenths: i64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// A number in tenths, rounded half up.
pub(super) fn tenths(number: &Exact) -> i64 {
    number.r1_tenths()
}
