//! The number behind [`Exact`](super::Exact): a fraction of two machine words while it fits into them, as nearly every
//! number of a score does, and one of any size beyond. Both calculate without rounding.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive};
use std::cmp::Ordering;

/// A fraction in lowest terms.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Number {
    /// Numerator and positive denominator. Whatever fits is held so, which makes equal numbers equal values.
    Small(i64, i64),
    /// What does not fit.
    Big(Box<BigRational>),
}

use Number::Small;

impl Number {
    /// `numerator / denominator` in lowest terms; the denominator is not 0.
    pub(super) fn of(numerator: i128, denominator: i128) -> Self {
        let sign = if (numerator < 0) == (denominator < 0) { 1 } else { -1 };
        let (numerator, denominator) = (numerator.unsigned_abs(), denominator.unsigned_abs());
        // Dividing two words of the machine takes a fraction of the time of dividing four.
        let (numerator, denominator) = match (u64::try_from(numerator), u64::try_from(denominator)) {
            (Ok(numerator), Ok(1)) => (numerator.into(), 1),
            (Ok(numerator), Ok(denominator)) => {
                let divisor = numerator.gcd(&denominator);
                ((numerator / divisor).into(), (denominator / divisor).into())
            }
            _ => {
                let divisor = numerator.gcd(&denominator);
                (numerator / divisor, denominator / divisor)
            }
        };
        let signed =
            i128::try_from(numerator).ok().and_then(|numerator| i64::try_from(sign * numerator).ok());
        match (signed, i64::try_from(denominator)) {
            (Some(numerator), Ok(denominator)) => Small(numerator, denominator),
            _ => {
                let numerator = BigInt::from(numerator) * sign;
                Self::Big(Box::new(BigRational::new(numerator, denominator.into())))
            }
        }
    }

    /// A number of any size.
    pub(super) fn of_big(value: BigRational) -> Self {
        match (value.numer().to_i64(), value.denom().to_i64()) {
            (Some(numerator), Some(denominator)) => Small(numerator, denominator),
            _ => Self::Big(Box::new(value)),
        }
    }

    pub(super) fn to_big(&self) -> BigRational {
        match self {
            Small(numerator, denominator) => BigRational::new((*numerator).into(), (*denominator).into()),
            Self::Big(value) => BigRational::clone(value),
        }
    }

    // Products of two words and the sum of two of these fit into twice a word.

    pub(super) fn add(&self, other: &Self) -> Self {
        match (self, other) {
            (&Small(a, b), &Small(c, d)) if b == d => Self::of(i128::from(a) + i128::from(c), b.into()),
            (&Small(a, b), &Small(c, d)) => {
                let [a, b, c, d] = [a, b, c, d].map(i128::from);
                Self::of(a * d + c * b, b * d)
            }
            _ => Self::of_big(self.to_big() + other.to_big()),
        }
    }

    pub(super) fn mul(&self, other: &Self) -> Self {
        match (self, other) {
            (&Small(a, b), &Small(c, d)) => {
                let [a, b, c, d] = [a, b, c, d].map(i128::from);
                Self::of(a * c, b * d)
            }
            _ => Self::of_big(self.to_big() * other.to_big()),
        }
    }

    /// The quotient. Dividing by 0 panics, as it does for integers.
    pub(super) fn div(&self, other: &Self) -> Self {
        match (self, other) {
            (&Small(a, b), &Small(c, d)) => {
                let [a, b, c, d] = [a, b, c, d].map(i128::from);
                assert!(c != 0, "division by zero");
                Self::of(a * d, b * c)
            }
            _ => Self::of_big(self.to_big() / other.to_big()),
        }
    }

    pub(super) fn neg(&self) -> Self {
        match self {
            Small(numerator, denominator) => Self::of(-i128::from(*numerator), (*denominator).into()),
            Self::Big(value) => Self::of_big(-BigRational::clone(value)),
        }
    }

    /// The largest whole number that is not above it.
    pub(super) fn floor(&self) -> Self {
        match self {
            Small(numerator, denominator) => Small(numerator.div_floor(denominator), 1),
            Self::Big(value) => Self::of_big(value.floor()),
        }
    }

    /// -1, 0 or 1.
    pub(super) fn sign(&self) -> i8 {
        let negative = match self {
            Small(0, _) => return 0,
            Small(numerator, _) => *numerator < 0,
            Self::Big(value) => value.is_negative(),
        };
        if negative { -1 } else { 1 }
    }

    pub(super) fn is_integer(&self) -> bool {
        match self {
            Small(_, denominator) => *denominator == 1,
            Self::Big(value) => value.is_integer(),
        }
    }

    /// The numerator of a whole number, of any size.
    pub(super) fn whole(&self) -> BigInt {
        match self {
            Small(numerator, _) => (*numerator).into(),
            Self::Big(value) => value.to_integer(),
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (&Small(a, b), &Small(c, d)) => {
                (i128::from(a) * i128::from(d)).cmp(&(i128::from(c) * i128::from(b)))
            }
            _ => self.to_big().cmp(&other.to_big()),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers of both kinds, many of them at the border between the two.
    fn number() -> impl Strategy<Value = BigRational> {
        let word = prop_oneof![
            -20_i128..20,
            any::<i64>().prop_map(i128::from),
            (-3_i128..3).prop_map(|off| i128::from(i64::MAX) + off),
            (-3_i128..3).prop_map(|off| i128::from(i64::MIN) + off),
            any::<i128>(),
        ];
        let denominator = word.clone().prop_filter("not 0", |word| *word != 0);
        (word, denominator).prop_map(|(n, d)| BigRational::new(n.into(), d.into()))
    }

    /// That a result is the number, and held as every equal number is.
    #[track_caller]
    fn same(found: &Number, wanted: BigRational) {
        assert_eq!(found.to_big(), wanted);
        assert!(*found == Number::of_big(wanted));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn it_calculates_as_numbers_of_any_size_do(a in number(), b in number()) {
            let (x, y) = (Number::of_big(a.clone()), Number::of_big(b.clone()));
            same(&x, a.clone());
            same(&x.add(&y), &a + &b);
            same(&x.mul(&y), &a * &b);
            if y.sign() != 0 {
                same(&x.div(&y), &a / &b);
            }
            same(&x.neg(), -&a);
            same(&x.floor(), a.floor());
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            prop_assert_eq!(x == y, a == b);
            prop_assert_eq!(i64::from(x.sign()), a.signum().to_integer().to_i64().unwrap());
            prop_assert_eq!(x.is_integer(), a.is_integer());
            prop_assert_eq!(x.floor().whole(), a.floor().to_integer());
        }

        #[test]
        fn a_fraction_of_words_is_reduced(n in any::<i64>(), d in any::<i64>(), by in 1_i128..9) {
            prop_assume!(d != 0);
            let wanted = BigRational::new(n.into(), d.into());
            same(&Number::of(i128::from(n) * by, i128::from(d) * by), wanted);
        }
    }
}
