//! Closed lists of words: an enum in Rust, text with a CHECK in the database, snake_case on the wire and in rule files.

use std::fmt;
use thiserror::Error;

/// An enum whose every value is one word.
pub trait Words: Copy + 'static {
    /// Every value, in the order of its declaration.
    const ALL: &'static [Self];

    /// The word on the wire, in rule files and in the database.
    fn as_str(self) -> &'static str;

    /// The value that a word names.
    fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == word)
    }
}

/// A text that is none of the words of a list.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct UnknownWord {
    /// What was found.
    pub found: String,
    /// What would have been right.
    pub expected: Vec<&'static str>,
}

impl UnknownWord {
    /// The refusal of `found` where a `W` is wanted.
    #[must_use]
    pub fn of<W: Words>(found: &str) -> Self {
        Self { found: found.to_owned(), expected: W::ALL.iter().map(|value| value.as_str()).collect() }
    }
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is none of {}", self.found, self.expected.join(", "))
    }
}

/// Declares enums of words with [`Words`], `Display`, `FromStr` and serde.
///
/// The order of a list is the order of its values, so a list that ranks is written from low to high.
#[macro_export]
macro_rules! words {
    ($($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        $vis enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $crate::kernel::Words for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::kernel::Words::as_str(*self))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::kernel::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                <Self as $crate::kernel::Words>::of_word(text).ok_or_else(|| $crate::kernel::UnknownWord::of::<Self>(text))
            }
        }
    )+};
}

#[cfg(test)]
mod tests {
    use super::Words;

    words! {
        /// Two words.
        enum Colour {
            /// Like the sea.
            DeepBlue = "deep_blue",
            /// Like the grass.
            Green = "green",
        }
    }

    #[test]
    fn every_word_reads_back_as_its_value() {
        for value in Colour::ALL {
            assert_eq!(value.to_string(), value.as_str());
            assert_eq!(value.as_str().parse::<Colour>().unwrap(), *value);
        }
        assert!(Colour::DeepBlue < Colour::Green);
    }

    #[test]
    fn an_unknown_word_names_the_words_that_exist() {
        let error = "DeepBlue".parse::<Colour>().unwrap_err();
        assert_eq!(error.to_string(), "\"DeepBlue\" is none of deep_blue, green");
    }
}
