//! P11 and P12: inherent and residual risk are monotone.

use proptest::prelude::*;
use questionnaires::definition::Tier;
use questionnaires::exact::Exact;
use questionnaires::risk::inherent::{Factor, Points, inherent};
use questionnaires::risk::residual::{matrix, residual};
use questionnaires::scoring::score::{Rating, ScoreState};

proptest! {
    #![proptest_config(super::config())]

    #[test]
    fn p11_inherent_risk_and_tier_are_monotone_in_each_factor(values in proptest::array::uniform12(0_u8..=4)) {
        let points: Points = Factor::ALL.into_iter().zip(values).collect();
        let before = inherent(&points);
        for factor in Factor::ALL {
            for p in points[&factor]..=4 {
                let mut more = points.clone();
                more.insert(factor, p);
                let after = inherent(&more);
                prop_assert!(after.score >= before.score && after.tier >= before.tier, "{factor}");
                prop_assert!(after.tier >= after.base);
            }
        }
    }

    #[test]
    fn p12_residual_is_monotone_in_tier_and_rating(evidenced in 0_i64..=1000) {
        let evidenced = Exact::ratio(evidenced, 10);
        let level = |tier: Tier, rating: Rating| {
            residual(tier, ScoreState::Scored, Some(rating), Some(&evidenced)).unwrap().level
        };
        for pair in Tier::ALL.windows(2) {
            for rating in Rating::ALL {
                prop_assert!(matrix(pair[0], rating) <= matrix(pair[1], rating));
                prop_assert!(level(pair[0], rating) <= level(pair[1], rating));
            }
        }
        for pair in Rating::ALL.windows(2) {
            for tier in Tier::ALL {
                prop_assert!(matrix(tier, pair[0]) <= matrix(tier, pair[1]));
                prop_assert!(level(tier, pair[0]) <= level(tier, pair[1]));
            }
        }
    }
}
