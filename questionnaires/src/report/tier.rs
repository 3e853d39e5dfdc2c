//! `assay tier`: twelve factors in, inherent risk, tier and floors out.

use serde::Serialize;

use crate::answering::Fault;
use crate::answering::json::{Node, Reader, exact_number, parse_json};
use crate::definition::Tier;
use crate::risk::inherent::{Factor, Floor, Inherent, Points, inherent};

/// The result of `assay tier`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierReport {
    /// As given.
    pub points: Points,
    /// Score, tier and floors.
    pub inherent: Inherent,
}

/// Reads `{"DAT": 2, ...}` with all twelve factors, taken as given, and computes the tier.
///
/// # Errors
///
/// Every fault: a missing, repeated or unknown factor, and a value that is no whole number from 0 to 4.
pub fn tier_report(text: &str) -> Result<TierReport, Vec<Fault>> {
    let root = parse_json(text).map_err(|fault| vec![fault])?;
    let mut reader = Reader::default();
    let known: Vec<&str> = Factor::ALL.into_iter().map(Factor::as_str).collect();
    let mut points = Points::new();
    let entries = reader.map("", &root, &known);
    for (letters, node) in &entries {
        let Some(factor) = Factor::from_letters(letters) else { continue };
        let value = match node {
            Node::Number(text) => (0..=4_u8).find(|p| exact_number(text).is_some_and(|x| x == (*p).into())),
            _ => None,
        };
        match value {
            Some(p) => {
                points.insert(factor, p);
            }
            None => reader.fault(letters, "a whole number from 0 to 4 is expected"),
        }
    }
    if matches!(root, Node::Map(_)) {
        for letters in known.iter().filter(|letters| !entries.iter().any(|(given, _)| given == *letters)) {
            reader.fault(letters, "this factor is missing");
        }
    }
    match reader.faults.is_empty() {
        true => Ok(TierReport { inherent: inherent(&points), points }),
        false => Err(reader.faults),
    }
}

#[derive(Serialize)]
struct TierJson<'a> {
    inherent: Number,
    tier: Tier,
    floors: &'a [Floor],
}

#[derive(Serialize)]
struct Number {
    exact: String,
    display: String,
}

impl TierReport {
    /// The JSON of `assay tier --json`, on one line.
    ///
    /// # Errors
    ///
    /// None in practice: every part is text, a list or an object.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        let score = &self.inherent.score;
        serde_json::to_string(&TierJson {
            inherent: Number { exact: score.to_string(), display: score.display1() },
            tier: self.inherent.tier,
            floors: &self.inherent.floors,
        })
    }

    /// The result for people: every factor with its part, then tier and floors.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::from("Factor  points  weight\n");
        for factor in Factor::ALL {
            let p = self.points.get(&factor).copied().unwrap_or(0);
            out.push_str(&format!("{factor}     {p:>6}  {:>6}\n", factor.weight()));
        }
        let Inherent { score, base, tier, floors } = &self.inherent;
        out.push_str(&format!(
            "\nInherent risk {} of 100 (exactly {score}): {base} by points alone.\n",
            score.display1()
        ));
        for floor in floors {
            out.push_str(&format!("Floor {} holds: {}.\n", floor.as_str(), floor.reason()));
        }
        out.push_str(&format!("Tier: {tier}\n"));
        out
    }
}
