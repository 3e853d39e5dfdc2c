//! Exact numbers: rationals that are read from text, calculated without rounding, and rounded once for display.
//!
//! Nothing in this crate passes through a floating-point number.

mod number;

use std::fmt;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};
use std::str::FromStr;

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use number::Number;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest text of a number. No figure that anybody means comes near it; without a bound, reading a hostile one
/// would take time that grows with the square of its length.
pub(crate) const MAX_TEXT: usize = 4_096;

/// More places than anybody types.
const MOST_PLACES: usize = 60;

/// A rational number of any size, always in lowest terms.
///
/// Its text is `"n"` or `"n/d"`; in JSON it is that string.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exact(Number);

/// Why a text is no exact number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExactError {
    /// Longer than a number has a reason to be.
    #[error("a number of at most {0} characters is expected")]
    TooLong(usize),
    /// Not an integer, a decimal or a fraction.
    #[error("not a number: write digits with an optional decimal point, such as 0.75")]
    NotANumber,
    /// A decimal with more places than allowed.
    #[error("more than {0} decimal places")]
    TooManyPlaces(usize),
    /// A fraction with denominator 0.
    #[error("the denominator is zero")]
    ZeroDenominator,
}

impl Exact {
    /// 0.
    #[must_use]
    pub fn zero() -> Self {
        Self(Number::Small(0, 1))
    }

    /// 1.
    #[must_use]
    pub fn one() -> Self {
        Self(Number::Small(1, 1))
    }

    /// `numerator / denominator`, for numbers that stand in the code.
    ///
    /// # Panics
    ///
    /// When `denominator` is 0.
    #[must_use]
    pub fn ratio(numerator: i64, denominator: i64) -> Self {
        assert!(denominator != 0, "the denominator is zero");
        Self(Number::of(numerator.into(), denominator.into()))
    }

    /// Reads a plain decimal such as `-3` or `0.75`: digits, then optionally a point and at least one and at most
    /// `max_places` digits. No sign but `-`, no exponent, no spaces, at most 4,096 characters.
    ///
    /// # Errors
    ///
    /// Says why `text` is no such number.
    pub fn parse_decimal(text: &str, max_places: usize) -> Result<Self, ExactError> {
        if text.len() > MAX_TEXT {
            return Err(ExactError::TooLong(MAX_TEXT));
        }
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, places) = match unsigned.split_once('.') {
            Some((whole, places)) if !places.is_empty() => (whole, places),
            Some(_) => return Err(ExactError::NotANumber),
            None => (unsigned, ""),
        };
        if whole.is_empty() || !whole.bytes().chain(places.bytes()).all(|b| b.is_ascii_digit()) {
            return Err(ExactError::NotANumber);
        }
        if places.len() > max_places {
            return Err(ExactError::TooManyPlaces(max_places));
        }
        let digits: BigInt = format!("{whole}{places}").parse().map_err(|_| ExactError::NotANumber)?;
        let value = BigRational::new(digits, ten_to(places.len()));
        Ok(Self(Number::of_big(if unsigned.len() < text.len() { -value } else { value })))
    }

    /// True for 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.sign() == 0
    }

    /// True for numbers above 0.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.0.sign() > 0
    }

    /// True for numbers below 0.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.0.sign() < 0
    }

    /// True for whole numbers.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        self.0.is_integer()
    }

    /// The quotient, or nothing when `divisor` is 0.
    #[must_use]
    pub fn checked_div(&self, divisor: &Self) -> Option<Self> {
        (!divisor.is_zero()).then(|| self / divisor)
    }

    /// Rounded half-up (towards positive infinity on a tie) to `places` decimals.
    #[must_use]
    pub fn rounded(&self, places: usize) -> Self {
        self.units(places) / power_of_ten(places)
    }

    /// `r1`: rounded half-up to one decimal. Bands and gates are decided on this value.
    #[must_use]
    pub fn r1(&self) -> Self {
        self.rounded(1)
    }

    /// `r1` in tenths: 559 for 55.9. Saturates beyond the range of `i64`.
    #[must_use]
    pub fn r1_tenths(&self) -> i64 {
        let units = self.units(1);
        units.0.whole().to_i64().unwrap_or(if units.is_negative() { i64::MIN } else { i64::MAX })
    }

    /// Half-up with exactly one decimal: "55.9", "100.0".
    #[must_use]
    pub fn display1(&self) -> String {
        self.display_places(1)
    }

    /// Half-up with exactly two decimals: "29.41", "0.00".
    #[must_use]
    pub fn display2(&self) -> String {
        self.display_places(2)
    }

    /// The decimal that this is, with no more places than it needs: "12.5", "3"; none for a number like 1/3.
    #[must_use]
    pub fn to_decimal(&self) -> Option<String> {
        if self == &self.floor() {
            return Some(self.to_string());
        }
        (1..=MOST_PLACES)
            .map(|places| self.display_places(places))
            .find(|text| text.parse().as_ref() == Ok(self))
    }

    /// The whole units of `10^-places` after half-up rounding.
    fn units(&self, places: usize) -> Self {
        (self * power_of_ten(places) + Self::ratio(1, 2)).floor()
    }

    fn floor(&self) -> Self {
        Self(self.0.floor())
    }

    fn display_places(&self, places: usize) -> String {
        let units = self.units(places).0.whole();
        let (whole, part) = units.abs().div_rem(&ten_to(places));
        let sign = if units.is_negative() { "-" } else { "" };
        format!("{sign}{whole}.{part:0>places$}", part = part.to_string())
    }
}

/// Rounds non-negative `parts` to `places` decimals so that the rounded parts sum to `total`.
///
/// Every part is rounded down; what is then missing goes, one unit each, to the parts with the largest
/// remainders, and among equal remainders to the earlier part. `total` is rounded to `places` first.
#[must_use]
pub fn largest_remainder(parts: &[Exact], total: &Exact, places: usize) -> Vec<Exact> {
    let scale = power_of_ten(places);
    let mut units: Vec<Exact> = Vec::with_capacity(parts.len());
    let mut order: Vec<(Exact, usize)> = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        let scaled = part * &scale;
        let floor = scaled.floor();
        order.push((scaled - &floor, index));
        units.push(floor);
    }
    order.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let missing = total.units(places) - units.iter().sum::<Exact>();
    for (_, index) in order.iter().take(missing.0.whole().to_usize().unwrap_or(0)) {
        units[*index] += Exact::one();
    }
    units.into_iter().map(|units| units / &scale).collect()
}

fn power_of_ten(exponent: usize) -> Exact {
    Exact(Number::of_big(ten_to(exponent).into()))
}

fn ten_to(exponent: usize) -> BigInt {
    num_traits::pow(BigInt::from(10), exponent)
}

impl Default for Exact {
    fn default() -> Self {
        Self::zero()
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Number::Small(numerator, 1) => write!(f, "{numerator}"),
            Number::Small(numerator, denominator) => write!(f, "{numerator}/{denominator}"),
            // Prints a whole number without its denominator as well.
            Number::Big(value) => write!(f, "{value}"),
        }
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Exact {
    type Err = ExactError;

    /// Reads a decimal or a fraction `num/den`.
    fn from_str(text: &str) -> Result<Self, ExactError> {
        if text.len() > MAX_TEXT {
            return Err(ExactError::TooLong(MAX_TEXT));
        }
        let Some((numerator, denominator)) = text.split_once('/') else {
            return match text.contains('.') {
                true => Self::parse_decimal(text, MAX_TEXT),
                false => Ok(Self(Number::of_big(integer(text)?.into()))),
            };
        };
        if denominator.starts_with('-') {
            return Err(ExactError::NotANumber);
        }
        let (numerator, denominator) = (integer(numerator)?, integer(denominator)?);
        if denominator.is_zero() {
            return Err(ExactError::ZeroDenominator);
        }
        Ok(Self(Number::of_big(BigRational::new(numerator, denominator))))
    }
}

fn integer(text: &str) -> Result<BigInt, ExactError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ExactError::NotANumber);
    }
    text.parse().map_err(|_| ExactError::NotANumber)
}

impl From<i64> for Exact {
    fn from(value: i64) -> Self {
        Self(Number::Small(value, 1))
    }
}

impl From<u8> for Exact {
    fn from(value: u8) -> Self {
        Self::from(i64::from(value))
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, |$a:ident, $b:ident| $calculated:expr) => {
        impl $trait<&Exact> for &Exact {
            type Output = Exact;
            fn $method(self, other: &Exact) -> Exact {
                let ($a, $b) = (&self.0, &other.0);
                Exact($calculated)
            }
        }
        impl $trait<Exact> for Exact {
            type Output = Exact;
            fn $method(self, other: Exact) -> Exact {
                (&self).$method(&other)
            }
        }
        impl $trait<&Exact> for Exact {
            type Output = Exact;
            fn $method(self, other: &Exact) -> Exact {
                (&self).$method(other)
            }
        }
        impl $trait<Exact> for &Exact {
            type Output = Exact;
            fn $method(self, other: Exact) -> Exact {
                self.$method(&other)
            }
        }
    };
}
operator!(Add, add, |a, b| a.add(b));
operator!(Sub, sub, |a, b| a.add(&b.neg()));
operator!(Mul, mul, |a, b| a.mul(b));
// Division by zero panics, as for integers; use `checked_div` where the divisor may be 0.
operator!(Div, div, |a, b| a.div(b));

impl Neg for Exact {
    type Output = Exact;
    fn neg(self) -> Exact {
        Exact(self.0.neg())
    }
}

impl AddAssign<&Exact> for Exact {
    fn add_assign(&mut self, other: &Exact) {
        *self = &*self + other;
    }
}

impl AddAssign for Exact {
    fn add_assign(&mut self, other: Exact) {
        *self += &other;
    }
}

impl SubAssign<&Exact> for Exact {
    fn sub_assign(&mut self, other: &Exact) {
        *self = &*self - other;
    }
}

impl std::iter::Sum for Exact {
    fn sum<I: Iterator<Item = Exact>>(iter: I) -> Exact {
        iter.fold(Exact::zero(), |sum, x| sum + x)
    }
}

impl<'a> std::iter::Sum<&'a Exact> for Exact {
    fn sum<I: Iterator<Item = &'a Exact>>(iter: I) -> Exact {
        iter.fold(Exact::zero(), |sum, x| sum + x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn x(text: &str) -> Exact {
        text.parse().unwrap()
    }

    #[test]
    fn decimals_are_read_from_their_text() {
        assert_eq!(Exact::parse_decimal("0.75", 4).unwrap(), Exact::ratio(3, 4));
        assert_eq!(Exact::parse_decimal("-3", 4).unwrap(), Exact::from(-3i64));
        assert_eq!(Exact::parse_decimal("0.12345", 4), Err(ExactError::TooManyPlaces(4)));
        for bad in ["", ".", ".5", "5.", "+1", "1e3", "0x10", "1_000", " 1", "--1", "nan", "1.-2", "٣", "1/2"]
        {
            assert_eq!(Exact::parse_decimal(bad, 4), Err(ExactError::NotANumber), "{bad}");
        }
        assert_eq!(Exact::parse_decimal(&"9".repeat(41), 4).unwrap().to_string(), "9".repeat(41));
        assert_eq!(Exact::parse_decimal(&"9".repeat(4_097), 4), Err(ExactError::TooLong(4_096)));
    }

    #[test]
    fn fractions_are_read_and_reduced() {
        assert_eq!(x("950/17").to_string(), "950/17");
        assert_eq!(x("4/2").to_string(), "2");
        assert_eq!(x("-1/2"), Exact::ratio(-1, 2));
        assert_eq!("1/0".parse::<Exact>(), Err(ExactError::ZeroDenominator));
        for bad in ["1/-2", "/2", "1/", "1/2/3", "0.5/2", ""] {
            assert_eq!(bad.parse::<Exact>(), Err(ExactError::NotANumber), "{bad}");
        }
        assert!("1".repeat(5_000).parse::<Exact>().is_err());
    }

    #[test]
    fn rounding_is_half_up() {
        assert_eq!(x("950/17").display1(), "55.9");
        assert_eq!(x("0.05").display1(), "0.1");
        assert_eq!(x("0.25").display1(), "0.3", "half-even would say 0.2");
        assert_eq!(x("89.95").r1(), x("90"));
        assert_eq!(x("89.9499").r1_tenths(), 899);
        assert_eq!(x("100").display1(), "100.0");
        assert_eq!(Exact::zero().display2(), "0.00");
        assert_eq!(x("500/17").display2(), "29.41");
        assert_eq!(x("-0.04").display1(), "0.0");
        assert_eq!(x("-1.26").display1(), "-1.3");
    }

    #[test]
    fn largest_remainder_sums_to_the_rounded_total_and_ties_go_to_the_earlier() {
        let thirds = vec![x("100/3"); 3];
        let parts = largest_remainder(&thirds, &x("100"), 2);
        assert_eq!(parts, [x("33.34"), x("33.33"), x("33.33")]);
        assert_eq!(parts.iter().sum::<Exact>(), x("100"));
        assert_eq!(largest_remainder(&[], &x("0"), 2), []);
    }

    #[test]
    fn json_holds_the_exact_text() {
        let json = serde_json::to_string(&x("3/4")).unwrap();
        assert_eq!(json, "\"3/4\"");
        assert_eq!(serde_json::from_str::<Exact>(&json).unwrap(), x("0.75"));
        assert!(serde_json::from_str::<Exact>("0.75").is_err(), "a JSON number has been through a float");
    }
}
