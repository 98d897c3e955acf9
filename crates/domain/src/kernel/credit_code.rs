//! Unified social credit codes (统一社会信用代码, GB 32100).

use super::typed_text::{half_width, is_blank};
use std::fmt;
use thiserror::Error;

/// The characters of a code in the order of their values; I, O, S, V and Z are left out.
const CHARACTERS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/// The credit code of an organisation: 18 characters of the set, in upper case.
///
/// The check character is worked out and not insisted on: codes that really were issued fail it, so a failure is a warning
/// ([`CreditCode::checksum_ok`]) that is stored beside the code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CreditCode {
    code: String,
    expected: char,
}

/// Why a text is not a credit code. Positions count characters from 1 after blanks were dropped.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CreditCodeError {
    /// Not 18 characters.
    #[error("expected 18 characters, found {found}")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// A character outside the set.
    #[error("expected 0-9 or a capital letter other than I, O, S, V and Z at position {position}, found {found:?}")]
    Character {
        /// Where.
        position: usize,
        /// What stands there.
        found: char,
    },
}

impl CreditCode {
    /// Reads a code as people type it: blanks are dropped, full-width characters become ASCII, letters upper case.
    ///
    /// # Errors
    /// Another length or a character outside the set. A failed checksum is none.
    pub fn parse(text: &str) -> Result<Self, CreditCodeError> {
        let code: String = text.chars().filter(|c| !is_blank(*c)).map(|c| half_width(c).to_ascii_uppercase()).collect();
        let found = code.chars().count();
        if found != 18 {
            return Err(CreditCodeError::Length { found });
        }
        let (mut sum, mut weight) = (0, 1);
        for (found, position) in code.chars().zip(1..) {
            let value = CHARACTERS.find(found).ok_or(CreditCodeError::Character { position, found })?;
            if position < 18 {
                sum += value * weight;
                weight = weight * 3 % 31;
            }
        }
        let expected = CHARACTERS.as_bytes()[(31 - sum % 31) % 31].into();
        Ok(Self { code, expected })
    }

    /// The code in upper case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.code
    }

    /// Whether the last character is the one that the others ask for.
    #[must_use]
    pub fn checksum_ok(&self) -> bool {
        self.code.ends_with(self.expected)
    }

    /// The last character that the others ask for, to show beside a code that fails.
    #[must_use]
    pub const fn expected_check(&self) -> char {
        self.expected
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_codes_pass() {
        for text in ["91110000101623741K", "91350100M000100Y43"] {
            assert!(CreditCode::parse(text).unwrap().checksum_ok(), "{text}");
        }
    }

    #[test]
    fn a_failed_checksum_is_a_warning_because_real_codes_fail_it() {
        let code = CreditCode::parse("91350211M0000XUF46").unwrap();
        assert!(!code.checksum_ok());
        assert_ne!(code.expected_check(), '6');
        assert_eq!(code.as_str(), "91350211M0000XUF46");
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = CreditCode::parse(" ９１１１００００ 101623741ｋ\u{FEFF}").unwrap();
        assert_eq!(code.to_string(), "91110000101623741K");
    }

    #[test]
    fn length_and_characters_are_errors() {
        assert_eq!(CreditCode::parse(""), Err(CreditCodeError::Length { found: 0 }));
        assert_eq!(CreditCode::parse("91110000101623741"), Err(CreditCodeError::Length { found: 17 }));
        assert_eq!(CreditCode::parse("一二三四五六"), Err(CreditCodeError::Length { found: 6 }));
        for found in ['I', 'O', 'S', 'V', 'Z', '-', '码'] {
            let text = format!("9111000010162374{found}K");
            assert_eq!(CreditCode::parse(&text), Err(CreditCodeError::Character { position: 17, found }));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_normal_form_is_stable(text in ".*", close in "[0-9A-Za-zＡ-Ｚ ]{18,20}") {
            for text in [text, close] {
                if let Ok(code) = CreditCode::parse(&text) {
                    prop_assert_eq!(CreditCode::parse(code.as_str()).unwrap(), code);
                }
            }
        }

        #[test]
        fn a_wrong_character_and_a_swapped_pair_are_found(body in "[0-9A-HJ-NPQRTUWXY]{17}", at in 0_usize..18, by in 1_usize..31) {
            let expected = CreditCode::parse(&format!("{body}0")).unwrap().expected_check();
            let code = format!("{body}{expected}");
            prop_assert!(CreditCode::parse(&code).unwrap().checksum_ok());
            let set: Vec<char> = CHARACTERS.chars().collect();
            let mut wrong: Vec<char> = code.chars().collect();
            let value = set.iter().position(|c| *c == wrong[at]).unwrap();
            wrong[at] = set[(value + by) % 31];
            prop_assert!(!CreditCode::parse(&wrong.iter().collect::<String>()).unwrap().checksum_ok());
            let mut swapped: Vec<char> = code.chars().collect();
            swapped.swap(at, (at + 1).min(17));
            let swapped: String = swapped.into_iter().collect();
            prop_assert!(swapped == code || !CreditCode::parse(&swapped).unwrap().checksum_ok());
        }
    }
}
