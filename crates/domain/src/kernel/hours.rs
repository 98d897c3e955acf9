//! Hours: exact hundredths of the policy's unit.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Sub},
    str::FromStr,
};
use thiserror::Error;

/// An amount of hours as integer hundredths of the unit that the governing rule names (学时 or 小时).
///
/// Arithmetic saturates instead of wrapping, so no sum of entries can turn into a negative amount. No conversion between
/// units exists: none of the documents gives one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hours(i64);

/// Why a text is not an amount of hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HoursError {
    /// Not a plain decimal number such as `24` or `1.5`.
    #[error("not a decimal number")]
    NotDecimal,
    /// More than two places after the point.
    #[error("more than two decimal places")]
    TooPrecise,
    /// Beyond 99,999,999.99.
    #[error("out of range")]
    OutOfRange,
}

impl Hours {
    /// No hours at all.
    pub const ZERO: Self = Self(0);

    /// Whole hours.
    #[must_use]
    pub const fn whole(hours: i64) -> Self {
        Self(hours.saturating_mul(100))
    }

    /// From integer hundredths, the form that is stored.
    #[must_use]
    pub const fn from_hundredths(hundredths: i64) -> Self {
        Self(hundredths)
    }

    /// Integer hundredths, the form that is stored.
    #[must_use]
    pub const fn hundredths(self) -> i64 {
        self.0
    }

    /// What is still missing to reach `wanted`; zero when nothing is.
    #[must_use]
    pub fn short_of(self, wanted: Self) -> Self {
        Self(wanted.0.saturating_sub(self.0).max(0))
    }

    /// Whether more than nothing.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        match part {
            0 => write!(f, "{sign}{whole}"),
            p if p % 10 == 0 => write!(f, "{sign}{whole}.{}", p / 10),
            p => write!(f, "{sign}{whole}.{p:02}"),
        }
    }
}

impl FromStr for Hours {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(part) || digits.ends_with('.') {
            return Err(HoursError::NotDecimal);
        }
        let part = part.trim_end_matches('0');
        if part.len() > 2 {
            return Err(HoursError::TooPrecise);
        }
        if whole.len() > 8 {
            return Err(HoursError::OutOfRange);
        }
        let whole: i64 = whole.parse().map_err(|_| HoursError::OutOfRange)?;
        let part: i64 = format!("{part:0<2}").parse().map_err(|_| HoursError::NotDecimal)?;
        Ok(Self(sign * (whole * 100 + part)))
    }
}

impl Add for Hours {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Hours {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Hours {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Hours {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

/// On the wire hours are an exact decimal number with at most two places (`24`, `1.5`).
impl serde::Serialize for Hours {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        if self.0 % 100 == 0 {
            out.serialize_i64(self.0 / 100)
        } else {
            // The double nearest to k/100 prints as k/100 again: its shortest form has at most two places here.
            #[expect(clippy::cast_precision_loss, reason = "amounts stay far below 2^53 hundredths")]
            out.serialize_f64(self.0 as f64 / 100.0)
        }
    }
}

impl<'de> serde::Deserialize<'de> for Hours {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Wire;
        impl serde::de::Visitor<'_> for Wire {
            type Value = Hours;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal number of hours with at most two places, such as 24 or 1.5")
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Hours, E> {
                value.to_string().parse().map_err(E::custom)
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Hours, E> {
                value.to_string().parse().map_err(E::custom)
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Hours, E> {
                // Display gives the shortest decimal that reads back as this double, so what the sender wrote.
                value.to_string().parse().map_err(E::custom)
            }
        }
        input.deserialize_any(Wire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_hundredths_agree() {
        for (text, hundredths) in [("24", 2400), ("1.5", 150), ("0.05", 5), ("-3.25", -325), ("0", 0)] {
            let hours: Hours = text.parse().unwrap();
            assert_eq!(hours.hundredths(), hundredths, "{text}");
            assert_eq!(hours.to_string(), text);
        }
        assert_eq!("1.50".parse::<Hours>().unwrap().hundredths(), 150);
    }

    #[test]
    fn what_is_not_an_exact_amount_is_refused() {
        for text in ["", ".", "1.", ".5", "1e3", "+1", "一", "1,5", "NaN", "inf", "--1", " 1"] {
            assert_eq!(text.parse::<Hours>(), Err(HoursError::NotDecimal), "{text}");
        }
        assert_eq!("1.005".parse::<Hours>(), Err(HoursError::TooPrecise));
        assert_eq!("123456789".parse::<Hours>(), Err(HoursError::OutOfRange));
    }

    #[test]
    fn a_shortfall_is_never_negative() {
        assert_eq!(Hours::whole(44).short_of(Hours::whole(45)), Hours::whole(1));
        assert_eq!(Hours::whole(46).short_of(Hours::whole(45)), Hours::ZERO);
    }
}
