//! Versions of questionnaires and control sets, and the ranges that `uses` asks for.

use std::fmt;
use std::str::FromStr;

/// Major.minor.patch, compared by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Raised when ids are taken away or mean something else.
    pub major: u32,
    /// Raised when questions are added, removed or re-weighted.
    pub minor: u32,
    /// Raised when only words change.
    pub patch: u32,
}

/// A text that is no version or range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write a version as three numbers, such as 1.0.0")]
pub struct NotAVersion;

impl FromStr for Version {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        match numbers(text)?[..] {
            [major, minor, patch] => Ok(Self { major, minor, patch }),
            _ => Err(NotAVersion),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Which versions will do: `^1`, `^1.2`, `^1.2.3` (at least this, with the same leftmost number that is not 0, as
/// in Cargo) or `1.2.3` (exactly this).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionRange {
    from: Version,
    /// How many numbers must be equal.
    fixed: usize,
}

impl FromStr for VersionRange {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let Some(caret) = text.strip_prefix('^') else {
            return Ok(Self { from: text.parse()?, fixed: 3 });
        };
        let given = numbers(caret)?;
        let at = |i: usize| given.get(i).copied().unwrap_or(0);
        let fixed = given.iter().position(|n| *n > 0).map_or(given.len(), |i| i + 1);
        Ok(Self { from: Version { major: at(0), minor: at(1), patch: at(2) }, fixed })
    }
}

impl VersionRange {
    /// Whether `version` is in the range.
    #[must_use]
    pub fn matches(&self, version: Version) -> bool {
        let parts = |v: Version| [v.major, v.minor, v.patch];
        version >= self.from
            && parts(version).iter().zip(parts(self.from)).take(self.fixed).all(|(a, b)| *a == b)
    }
}

fn numbers(text: &str) -> Result<Vec<u32>, NotAVersion> {
    let parts: Vec<&str> = text.split('.').take(4).collect();
    if parts.len() > 3 {
        return Err(NotAVersion);
    }
    let number = |part: &str| {
        let leading_zero = part.len() > 1 && part.starts_with('0');
        let digits = !part.is_empty() && part.len() <= 9 && part.bytes().all(|b| b.is_ascii_digit());
        if leading_zero || !digits { Err(NotAVersion) } else { part.parse().map_err(|_| NotAVersion) }
    };
    parts.into_iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caret_keeps_the_leftmost_number_that_is_not_zero() {
        let fits = |range: &str, version: &str| {
            range.parse::<VersionRange>().unwrap().matches(version.parse().unwrap())
        };
        assert!(fits("^1", "1.0.0") && fits("^1", "1.9.3") && !fits("^1", "2.0.0") && !fits("^1", "0.9.0"));
        assert!(fits("^1.2", "1.3.0") && !fits("^1.2", "1.1.9"));
        assert!(fits("^0.2", "0.2.9") && !fits("^0.2", "0.3.0"));
        assert!(fits("^0", "0.7.0") && !fits("^0", "1.0.0"));
        assert!(fits("1.2.3", "1.2.3") && !fits("1.2.3", "1.2.4"));
    }

    #[test]
    fn versions_are_three_plain_numbers() {
        assert!("1.10.0".parse::<Version>().unwrap() > "1.9.0".parse().unwrap());
        for bad in
            ["", "1", "1.0", "1.0.0.0", "v1.0.0", "1.0.x", "01.0.0", "1.0.-1", "1.0.0-rc", "9999999999.0.0"]
        {
            assert!(bad.parse::<Version>().is_err(), "{bad}");
        }
        for bad in ["", "^", "1", "~1", ">=1", "^1.x", "^^1", "*"] {
            assert!(bad.parse::<VersionRange>().is_err(), "{bad}");
        }
    }
}
