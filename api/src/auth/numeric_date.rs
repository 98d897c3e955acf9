//! Moments as tokens say them: seconds since 1970, perhaps with a fraction (RFC 7519, section 2, `NumericDate`).

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Number;

/// The whole seconds of a moment; a fraction is left out. So a token ends no later than it says; it may begin up to a second
/// earlier, which is within what clocks are allowed to differ by.
pub(crate) fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    let number = Number::deserialize(from)?;
    number.as_i64().or_else(|| number.as_f64().and_then(whole)).ok_or_else(|| D::Error::custom("no moment"))
}

/// Like [`seconds`], where nothing may be said.
pub(crate) fn some_seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    let number = Option::<Number>::deserialize(from)?;
    number.map(seconds).transpose().map_err(D::Error::custom)
}

#[expect(clippy::cast_possible_truncation, reason = "the bounds are far within")]
fn whole(number: f64) -> Option<i64> {
    // Up to here a number with a fraction is exact to the second.
    const MOST: f64 = 9_007_199_254_740_992.0;
    (number.abs() < MOST).then(|| number.floor() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    #[derive(Debug, Deserialize, PartialEq)]
    struct Claims {
        #[serde(deserialize_with = "seconds")]
        exp: i64,
        #[serde(default, deserialize_with = "some_seconds")]
        nbf: Option<i64>,
    }

    #[test]
    fn a_fraction_is_left_out_and_what_is_no_number_is_refused() {
        for (said, exp, nbf) in [
            (json!({ "exp": 1_700_000_000 }), 1_700_000_000, None),
            (json!({ "exp": 1_700_000_000.9, "nbf": -1.5 }), 1_700_000_000, Some(-2)),
            (json!({ "exp": i64::MAX, "nbf": null }), i64::MAX, None),
        ] {
            assert_eq!(from_value::<Claims>(said).unwrap(), Claims { exp, nbf });
        }
        for wrong in [json!("1700000000"), json!(1e300), json!(u64::MAX), json!(null), json!(true), json!([1])] {
            assert!(from_value::<Claims>(json!({ "exp": wrong })).is_err(), "{wrong}");
            assert!(wrong.is_null() || from_value::<Claims>(json!({ "exp": 1, "nbf": wrong })).is_err(), "{wrong}");
        }
    }
}
