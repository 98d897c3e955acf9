//! A place is a node of the administration tree, which is not the tree of division codes.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use thiserror::Error;

/// The key of a node of the administration tree.
///
/// Nodes that have a GB/T 2260 code use the one under which they first entered the tree, for ever: when 610928 became 610981
/// the node stayed, and both codes lead to it. Nodes without such a code have a key of their own, for instance
/// `610000-xixian`. One to 32 characters of `0-9a-z-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlaceCode(String);

/// A text that cannot be the key of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a place code: 1 to 32 characters of 0-9, a-z and -")]
pub struct PlaceCodeError;

impl PlaceCode {
    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PlaceCode {
    type Err = PlaceCodeError;

    fn from_str(text: &str) -> Result<Self, PlaceCodeError> {
        let plain = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase() || b == b'-';
        if text.is_empty() || text.len() > 32 || !text.bytes().all(plain) {
            return Err(PlaceCodeError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for PlaceCode {
    type Error = PlaceCodeError;

    fn try_from(text: String) -> Result<Self, PlaceCodeError> {
        text.parse()
    }
}

impl From<PlaceCode> for String {
    fn from(code: PlaceCode) -> Self {
        code.0
    }
}

impl fmt::Display for PlaceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
