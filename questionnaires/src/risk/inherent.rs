//! Inherent risk: twelve factors to a score, floors so that one dominating factor cannot be averaged away, a tier.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::definition::Tier;
use crate::exact::Exact;

/// One of the twelve factors of the intake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Factor {
    /// Most sensitive data.
    Dat,
    /// How many people's records.
    Vol,
    /// Strongest access to our systems.
    Acc,
    /// How soon we stand still without the service.
    Crt,
    /// How hard the vendor is to replace.
    Sub,
    /// How strictly the outsourcing is regulated.
    Reg,
    /// Where our data is stored or opened.
    Loc,
    /// The vendor's own suppliers with reach to our data.
    Nth,
    /// Strongest effect of the AI.
    Aie,
    /// How freely the AI acts.
    Aut,
    /// How the AI uses our data.
    Aix,
    /// How many people the AI affects.
    Ppl,
}

impl Factor {
    /// Every factor, in the order of the model.
    pub const ALL: [Self; 12] = [
        Self::Dat,
        Self::Vol,
        Self::Acc,
        Self::Crt,
        Self::Sub,
        Self::Reg,
        Self::Loc,
        Self::Nth,
        Self::Aie,
        Self::Aut,
        Self::Aix,
        Self::Ppl,
    ];

    /// Its three letters, as in `INH-DAT`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dat => "DAT",
            Self::Vol => "VOL",
            Self::Acc => "ACC",
            Self::Crt => "CRT",
            Self::Sub => "SUB",
            Self::Reg => "REG",
            Self::Loc => "LOC",
            Self::Nth => "NTH",
            Self::Aie => "AIE",
            Self::Aut => "AUT",
            Self::Aix => "AIX",
            Self::Ppl => "PPL",
        }
    }

    /// The factor of these three letters.
    #[must_use]
    pub fn from_letters(letters: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.as_str() == letters)
    }

    /// Its weight; all weights sum to 38.
    #[must_use]
    pub fn weight(self) -> i64 {
        match self {
            Self::Dat | Self::Crt | Self::Aie => 5,
            Self::Acc => 4,
            Self::Vol | Self::Reg | Self::Aut | Self::Aix => 3,
            Self::Sub | Self::Loc | Self::Ppl => 2,
            Self::Nth => 1,
        }
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Points 0 to 4 by factor; a missing factor counts 0.
pub type Points = BTreeMap<Factor, u8>;

/// A rule that lifts the tier to at least its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Floor {
    /// DAT = 4: high, with VOL >= 3 critical.
    F1,
    /// DAT = 3: medium.
    F2,
    /// ACC = 4: high.
    F3,
    /// CRT = 4: high, with SUB = 4 critical.
    F4,
    /// REG = 4: high.
    F5,
    /// AIE >= 3: high, AIE = 4 and AUT = 4 critical.
    F6,
    /// AIX = 4: high.
    F7,
}

impl Floor {
    /// Every floor in order.
    pub const ALL: [Self; 7] = [Self::F1, Self::F2, Self::F3, Self::F4, Self::F5, Self::F6, Self::F7];

    /// Its name, `F1` to `F7`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::F1 => "F1",
            Self::F2 => "F2",
            Self::F3 => "F3",
            Self::F4 => "F4",
            Self::F5 => "F5",
            Self::F6 => "F6",
            Self::F7 => "F7",
        }
    }

    /// Why it holds, for people.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::F1 => "special, financial or health data, or secrets",
            Self::F2 => "personal data",
            Self::F3 => "administrator or production access",
            Self::F4 => "we stand still within hours without the service",
            Self::F5 => "material regulated outsourcing",
            Self::F6 => "the AI informs or makes decisions about people",
            Self::F7 => "the AI trains models that others use on our data, or it is not known",
        }
    }

    /// The least tier that it demands with these points, if it holds.
    #[must_use]
    pub fn tier(self, points: &Points) -> Option<Tier> {
        let p = |factor: Factor| points.get(&factor).copied().unwrap_or(0);
        let high_or_critical = |critical: bool| if critical { Tier::Critical } else { Tier::High };
        match self {
            Self::F1 => (p(Factor::Dat) == 4).then(|| high_or_critical(p(Factor::Vol) >= 3)),
            Self::F2 => (p(Factor::Dat) == 3).then_some(Tier::Medium),
            Self::F3 => (p(Factor::Acc) == 4).then_some(Tier::High),
            Self::F4 => (p(Factor::Crt) == 4).then(|| high_or_critical(p(Factor::Sub) == 4)),
            Self::F5 => (p(Factor::Reg) == 4).then_some(Tier::High),
            Self::F6 => {
                (p(Factor::Aie) >= 3).then(|| high_or_critical(p(Factor::Aie) == 4 && p(Factor::Aut) == 4))
            }
            Self::F7 => (p(Factor::Aix) == 4).then_some(Tier::High),
        }
    }
}

/// The inherent risk of a service and its tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inherent {
    /// I in [0, 100].
    pub score: Exact,
    /// The tier by the score alone.
    pub base: Tier,
    /// The tier after floors.
    pub tier: Tier,
    /// Every floor that holds, whether or not it lifts the tier.
    pub floors: Vec<Floor>,
}

/// Inherent risk and tier of twelve factors.
#[must_use]
pub fn inherent(points: &Points) -> Inherent {
    let p = |factor: Factor| points.get(&factor).copied().unwrap_or(0);
    let weighted: i64 = Factor::ALL.into_iter().map(|factor| factor.weight() * i64::from(p(factor))).sum();
    let score = Exact::ratio(100 * weighted, 4 * 38);
    let base = match score.r1_tenths() {
        600.. => Tier::Critical,
        400.. => Tier::High,
        200.. => Tier::Medium,
        _ => Tier::Low,
    };
    let floors: Vec<(Floor, Tier)> =
        Floor::ALL.into_iter().filter_map(|floor| Some((floor, floor.tier(points)?))).collect();
    let tier = floors.iter().map(|(_, tier)| *tier).fold(base, Tier::max);
    Inherent { score, base, tier, floors: floors.into_iter().map(|(floor, _)| floor).collect() }
}
