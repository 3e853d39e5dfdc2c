//! An answered intake: factors, facts, inherent risk, the tier, and how a person may override it.

use super::ids::{IntakeId, ServiceId, UserId};
use chrono::{DateTime, Utc};
use questionnaires::{
    answering::{Answers, Facts},
    definition::Tier,
    risk::inherent::{Floor, Points, inherent},
};

/// The fact that the planned use may be banned: nothing is sent while it holds, and the recommendation is to stop.
pub const PROHIBITED_USE: &str = "prohibited_use";

/// One answered intake of a service; the one with the highest number is current.
#[derive(Clone, Debug, PartialEq)]
pub struct Intake {
    /// Which.
    pub id: IntakeId,
    /// About what.
    pub service_id: ServiceId,
    /// 1, 2, ...
    pub number: i32,
    /// As answered, by question id.
    pub answers: Answers,
    /// Points by factor.
    pub points: Points,
    /// Every fact that the intake declares.
    pub facts: Facts,
    /// Inherent risk, exactly, as text.
    pub inherent_exact: String,
    /// Inherent risk, rounded, in tenths.
    pub inherent_tenths: i32,
    /// The tier that answers and floors give.
    pub computed_tier: Tier,
    /// Every floor that holds.
    pub floors: Vec<Floor>,
    /// The tier in force.
    pub tier: Tier,
    /// What a person asked for instead.
    pub tier_override: Option<TierOverride>,
    /// Who answered.
    pub answered_by: UserId,
    /// When.
    pub answered_at: DateTime<Utc>,
    /// Raised by each save.
    pub version: i64,
}

/// A tier that a person wants instead of the computed one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierOverride {
    /// The wanted tier.
    pub tier: Tier,
    /// Why.
    pub reason: String,
    /// By whom.
    pub requested_by: UserId,
    /// The second user, for a lower tier.
    pub approved_by: Option<UserId>,
    /// When approved.
    pub approved_at: Option<DateTime<Utc>>,
}

/// What becomes of a wish for another tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverrideEffect {
    /// It is the computed tier: nothing to override.
    None,
    /// Higher: in force at once.
    AtOnce,
    /// Lower: in force when a second user approves.
    NeedsApproval,
}

/// Upward with a reason; downward with a reason and a second user's approval.
#[must_use]
pub fn override_effect(computed: Tier, wanted: Tier) -> OverrideEffect {
    match wanted.cmp(&computed) {
        std::cmp::Ordering::Equal => OverrideEffect::None,
        std::cmp::Ordering::Greater => OverrideEffect::AtOnce,
        std::cmp::Ordering::Less => OverrideEffect::NeedsApproval,
    }
}

impl Intake {
    /// Why the tier is another than the points alone give, in a few words; nothing where they agree.
    #[must_use]
    pub fn tier_reason(&self) -> Option<String> {
        if self.tier != self.computed_tier {
            return Some("set by a person".to_owned());
        }
        let found = inherent(&self.points);
        let lifting = found.floors.iter().filter(|floor| floor.tier(&self.points) == Some(found.tier));
        let reasons: Vec<&str> = lifting.map(|floor| floor.reason()).collect();
        (found.tier > found.base).then(|| format!("lifted from {} by {}", found.base, reasons.join(" and ")))
    }
    /// A lower tier that waits for a second user.
    #[must_use]
    pub fn pending_override(&self) -> Option<&TierOverride> {
        self.tier_override.as_ref().filter(|wish| {
            wish.approved_at.is_none()
                && override_effect(self.computed_tier, wish.tier) == OverrideEffect::NeedsApproval
        })
    }
}

/// Inherent risk with one decimal, as pages show it.
#[must_use]
pub fn shown_tenths(tenths: i32) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_tier_holds_at_once_and_a_lower_one_needs_a_second_user() {
        assert_eq!(override_effect(Tier::Medium, Tier::High), OverrideEffect::AtOnce);
        assert_eq!(override_effect(Tier::Medium, Tier::Low), OverrideEffect::NeedsApproval);
        assert_eq!(override_effect(Tier::Medium, Tier::Medium), OverrideEffect::None);
    }

    #[test]
    fn tenths_are_shown_with_one_decimal() {
        assert_eq!(shown_tenths(322), "32.2");
        assert_eq!(shown_tenths(7), "0.7");
    }
}
