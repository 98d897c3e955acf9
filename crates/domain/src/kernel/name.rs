//! Names of persons: kept as given, compared in one normal form.

use super::typed_text::{half_width, is_blank};
use std::fmt;
use thiserror::Error;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The dot between the parts of a name (U+00B7), for which many others are typed.
const DOT: char = '\u{B7}';

/// The name of a person, 1 to 64 characters in Unicode's composed form, of any plane.
///
/// Personal: `Debug` shows it masked. People are found by their document; a name only confirms one.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing but blanks and marks.
    #[error("expected a name, found nothing")]
    Empty,
    /// More than 64 characters.
    #[error("expected at most 64 characters, found {found}")]
    TooLong {
        /// How many there are.
        found: usize,
    },
    /// A control character, U+0000 among them.
    #[error("U+{:04X} at position {position} is a control character", u32::from(*.found))]
    Control {
        /// Where, counted in characters from 1 after leading blanks.
        position: usize,
        /// The character.
        found: char,
    },
    /// A character that nobody sees: one that turns the direction of what follows, a blank without width, one that means nothing in
    /// Unicode. Two names that look alike would not match. Joiners and what chooses a form of a letter are parts of names.
    #[error("U+{:04X} at position {position} is a character that cannot be seen", u32::from(*.found))]
    Unseen {
        /// Where, counted in characters from 1 after leading blanks.
        position: usize,
        /// The character.
        found: char,
    },
    /// A private-use character: an old system's stand-in for a rare one, which means something else everywhere else.
    #[error("U+{:04X} at position {position} is a private-use character; send the character's own code", u32::from(*.found))]
    PrivateUse {
        /// Where, counted in characters from 1 after leading blanks.
        position: usize,
        /// The character.
        found: char,
    },
}

impl PersonName {
    /// Reads a name: blanks at both ends are dropped, the rest is kept as given in composed form (NFC).
    ///
    /// # Errors
    /// An empty or overlong name, and the first character that no name can hold, with its code point and position.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.trim_matches(is_blank);
        for (found, position) in text.chars().zip(1..) {
            if found.is_control() {
                return Err(NameError::Control { position, found });
            }
            if is_unseen(found) {
                return Err(NameError::Unseen { position, found });
            }
            if is_private_use(found) {
                return Err(NameError::PrivateUse { position, found });
            }
        }
        let name: String = text.nfc().collect();
        match name.chars().filter(|c| !is_mark(*c)).count() {
            0 => Err(NameError::Empty),
            _ => match name.chars().count() {
                1..=64 => Ok(Self(name)),
                found => Err(NameError::TooLong { found }),
            },
        }
    }

    /// A name that was parsed when it was stored; nothing is checked again.
    #[must_use]
    pub const fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The name as given. Personal.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two names are compared: all dots alike, full-width as ASCII, no blanks, ASCII letters lower case.
    /// Personal like the name; never shown.
    #[must_use]
    pub fn normalised(&self) -> String {
        let plain = self.0.nfc().filter(|c| !is_blank(*c)).map(|c| dot(half_width(c)).to_ascii_lowercase());
        plain.nfc().collect()
    }

    /// Whether both are the same name, however they were typed.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.normalised() == other.normalised()
    }

    /// The first character and one `*`, which hides the length too: `张*`; of a name of one character, which would be all of it, none.
    #[must_use]
    pub fn masked(&self) -> String {
        let shown = usize::from(self.0.chars().nth(1).is_some());
        self.0.chars().take(shown).chain(['*']).collect()
    }
}

/// Shows the masked name.
impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonName({})", self.masked())
    }
}

fn dot(c: char) -> char {
    match c {
        '.' | '•' | '・' | '\u{FF65}' | '‧' | '∙' | '⋅' => DOT,
        _ => c,
    }
}

/// Whether a character turns the direction of text, stands for nothing, or is none (Unicode 16, 23.2, 23.7, 23.8). U+200C and U+200D
/// join letters of Uyghur, U+180E and the selectors of variants choose forms of Mongolian and of ideographs: names hold them.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    let turns = matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}');
    let stands_for_nothing = matches!(c, '\u{AD}' | '\u{200B}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}'
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}');
    // Letters and signs that are blank by their very shape.
    let is_blank_letter = matches!(c, '\u{115F}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}');
    let is_none = matches!(c, '\u{FDD0}'..='\u{FDEF}') || u32::from(c) & 0xFFFE == 0xFFFE;
    turns || stands_for_nothing || is_blank_letter || is_none
}

/// What is no name by itself: dots, ASCII's marks of punctuation in either width, and signs that are set on a letter.
fn is_mark(c: char) -> bool {
    let c = half_width(c);
    is_blank(c) || dot(c) == DOT || c.is_ascii_punctuation() || is_combining_mark(c)
}

fn is_private_use(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(text: &str) -> PersonName {
        PersonName::parse(text).unwrap()
    }

    #[test]
    fn a_name_is_kept_as_given() {
        assert_eq!(name("  示例甲\u{3000}").as_str(), "示例甲");
        assert_eq!(name("示例\u{2BC21}").as_str(), "示例\u{2BC21}");
        assert_eq!(name("Jose\u{301}").as_str(), "Jos\u{e9}");
        assert!(PersonName::parse(&"长".repeat(64)).is_ok());
    }

    #[test]
    fn what_no_name_holds_is_refused_with_its_place() {
        for nothing in [" \u{3000}\t", "·", "-.", "．－", "\u{301}"] {
            assert_eq!(PersonName::parse(nothing), Err(NameError::Empty), "{nothing:?}");
        }
        assert_eq!(PersonName::parse(&"长".repeat(65)), Err(NameError::TooLong { found: 65 }));
        assert_eq!(PersonName::parse(" 示\0例"), Err(NameError::Control { position: 2, found: '\0' }));
        assert_eq!(PersonName::parse("示\n例"), Err(NameError::Control { position: 2, found: '\n' }));
        assert_eq!(PersonName::parse("示例\u{E000}"), Err(NameError::PrivateUse { position: 3, found: '\u{E000}' }));
        let message = PersonName::parse("示\u{F0001}").unwrap_err().to_string();
        assert_eq!(message, "U+F0001 at position 2 is a private-use character; send the character's own code");
    }

    #[test]
    fn what_cannot_be_seen_is_refused_and_what_shapes_letters_is_kept() {
        for (text, position, found) in [
            ("张\u{200B}三", 2, '\u{200B}'),
            ("张三\u{202E}", 3, '\u{202E}'),
            ("张\u{FEFF}三", 2, '\u{FEFF}'),
            ("张\u{3FFFE}", 2, '\u{3FFFE}'),
            ("张\u{FDD0}", 2, '\u{FDD0}'),
            ("\u{3164}", 1, '\u{3164}'),
            ("张\u{2800}", 2, '\u{2800}'),
        ] {
            assert_eq!(PersonName::parse(text), Err(NameError::Unseen { position, found }), "{text:?}");
        }
        for text in ["ئا\u{200C}بد", "ᠪ\u{180E}ᠠ", "葛\u{E0100}", "葛\u{FE00}", "张\u{FFFD}", "\u{3FFFD}"] {
            assert!(PersonName::parse(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn names_match_however_they_were_typed() {
        for dotted in
            ["示例·甲", "示例•甲", "示例・甲", "示例‧甲", "示例∙甲", "示例⋅甲", "示例.甲", "示例．甲", "示例 · 甲"]
        {
            assert!(name(dotted).matches(&name("示例·甲")), "{dotted}");
        }
        assert!(name("Ｅｘａｍｐｌｅ One").matches(&name("example one")));
        assert!(!name("示例甲").matches(&name("示例乙")));
        assert!(!name("示例·甲").matches(&name("示例甲")));
    }

    #[test]
    fn a_masked_name_shows_its_first_character_only() {
        assert_eq!(name("张甲乙").masked(), "张*");
        assert_eq!(name("\u{2BC21}甲").masked(), "\u{2BC21}*");
        assert_eq!(name("甲").masked(), "*", "one character is the whole name");
        assert_eq!(format!("{:?}", name("张甲乙")), "PersonName(张*)");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_normal_form_is_stable(text in ".*", near in "[ ·.•ＡｂK\u{212A}\u{301}\u{307}İI示\u{1100}\u{1161}\u{200D}]{0,12}") {
            for text in [text, near] {
                let _ = PersonName::from_stored(text.clone()).masked();
                if let Ok(name) = PersonName::parse(&text) {
                    prop_assert_eq!(&PersonName::parse(name.as_str()).unwrap(), &name);
                    let once = name.normalised();
                    prop_assert_eq!(PersonName::from_stored(once.clone()).normalised(), once);
                }
            }
        }
    }
}
