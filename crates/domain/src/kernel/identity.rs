//! Identity documents: their numbers in one normal form, checked as far as the number itself allows.
//!
//! A number is personal. It is never a key, never in an address and never in a log, so neither `Debug` nor any error here
//! shows one; [`Document::number`] is the one way to it.

use super::{
    name::is_unseen,
    typed_text::{half_width, is_blank},
};
use std::fmt;
use thiserror::Error;
use time::{Date, Month};
use unicode_normalization::UnicodeNormalization;

crate::words! {
    /// What kind of document names a person.
    pub enum DocumentKind {
        /// 居民身份证.
        ResidentId = "resident_id",
        /// 港澳台居民居住证, numbered like a resident id with the regions 810000, 820000 and 830000.
        HkMacaoTaiwanResidencePermit = "hk_macao_taiwan_residence_permit",
        /// 外国人永久居留身份证.
        ForeignPermanentResidentId = "foreign_permanent_resident_id",
        /// 护照.
        Passport = "passport",
        /// Anything else.
        Other = "other",
    }
}

/// The kind and number of an identity document, in normal form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Document {
    kind: DocumentKind,
    number: String,
}

/// Why a text is not the number of a document. Positions count characters from 1 after blanks were dropped.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DocumentError {
    /// Too long or too short.
    #[error("expected {least} to {most} characters, found {found}")]
    Length {
        /// The least there may be.
        least: usize,
        /// The most there may be.
        most: usize,
        /// How many there are.
        found: usize,
    },
    /// A resident id of 15 digits, which was replaced by one of 18 in 1999 and is valid no more.
    #[error("15 digits are an old number; the number of 18 stands on the present document")]
    OldNumber,
    /// A character that does not belong there.
    #[error("expected {expected} at position {position}, found {found:?}")]
    Character {
        /// Where.
        position: usize,
        /// What may stand there.
        expected: &'static str,
        /// What stands there.
        found: char,
    },
    /// Characters 7 to 14 are no day from 1900 on.
    #[error("characters 7 to 14 are no day of birth")]
    NoDayOfBirth,
    /// Characters 7 to 14 are a day that has not come yet.
    #[error("characters 7 to 14 are a day in the future")]
    NotBornYet,
    /// The last character does not fit the others.
    #[error("expected {expected:?} as the last character, found {found:?}")]
    CheckCharacter {
        /// What the other characters ask for.
        expected: char,
        /// What stands there.
        found: char,
    },
    /// A residence permit whose number does not begin with 810000, 820000 or 830000.
    #[error("expected the region 810000, 820000 or 830000")]
    NotAPermitRegion,
    /// A passport's or another document's number that is a resident id's.
    #[error("this is the number of a resident identity card: say so as the kind")]
    ResidentNumber,
}

const PERMIT_REGIONS: [&str; 3] = ["810000", "820000", "830000"];

impl Document {
    /// Reads a number as people type it: blanks are dropped, full-width characters become ASCII, letters upper case.
    ///
    /// Resident ids and residence permits are checked by GB 11643: 17 digits, a day of birth that exists and is not after
    /// `today`, the check character. The region is never compared with a table of today, because it is that of the first
    /// registration. A resident id of a permit's region becomes a permit: the number says so, and one person must not have
    /// two documents by it. Passports and permanent residents' ids are 5 to 20 of A-Z and 0-9, others 2 to 40 letters,
    /// digits and hyphens of any script; of neither a number that GB 11643 lets pass is taken, since one person would have two files by it.
    ///
    /// # Errors
    /// The first fault of the number, without the number.
    pub fn parse(kind: DocumentKind, text: &str, today: Date) -> Result<Self, DocumentError> {
        let number = normal(text);
        match kind {
            DocumentKind::ResidentId | DocumentKind::HkMacaoTaiwanResidencePermit => {
                check_gb11643(&number, today)?;
                let is_permit = PERMIT_REGIONS.iter().any(|region| number.starts_with(region));
                if kind == DocumentKind::HkMacaoTaiwanResidencePermit && !is_permit {
                    return Err(DocumentError::NotAPermitRegion);
                }
                let kind =
                    if is_permit { DocumentKind::HkMacaoTaiwanResidencePermit } else { DocumentKind::ResidentId };
                Ok(Self { kind, number })
            }
            DocumentKind::Passport | DocumentKind::Other if check_gb11643(&number, today).is_ok() => {
                Err(DocumentError::ResidentNumber)
            }
            DocumentKind::Passport | DocumentKind::ForeignPermanentResidentId => {
                check_characters(&number, 5, 20, "A-Z or 0-9", |c| c.is_ascii_digit() || c.is_ascii_uppercase())?;
                Ok(Self { kind, number })
            }
            DocumentKind::Other => {
                check_characters(&number, 2, 40, "a letter, a digit or -", |c| c.is_alphanumeric() || c == '-')?;
                Ok(Self { kind, number })
            }
        }
    }

    /// A document that was parsed when it was stored; nothing is checked again.
    #[must_use]
    pub const fn from_stored(kind: DocumentKind, number: String) -> Self {
        Self { kind, number }
    }

    /// The kind of document.
    #[must_use]
    pub const fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// The full number in normal form. Personal: to be encrypted, hashed or shown to those entitled, nothing else.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// Kind and number as one text (`resident_id:...`), the same for the same document however it was typed; what a keyed
    /// hash is made of. Personal like the number.
    #[must_use]
    pub fn canonical(&self) -> String {
        format!("{}:{}", self.kind, self.number)
    }

    /// The number with its middle hidden: the first and the last four characters of 18, two of nine or more, one of three or
    /// more. The count of characters stays.
    #[must_use]
    pub fn masked(&self) -> String {
        let count = self.number.chars().count();
        let kept = match count {
            18.. => 4,
            9..18 => 2,
            3..9 => 1,
            _ => 0,
        };
        let hide = |(at, c)| if at < kept || at >= count - kept { c } else { '*' };
        self.number.chars().enumerate().map(hide).collect()
    }
}

/// Shows the kind and the masked number.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({} {})", self.kind, self.masked())
    }
}

fn normal(text: &str) -> String {
    text.chars().filter(|c| !is_blank(*c)).map(|c| half_width(c).to_ascii_uppercase()).nfc().collect()
}

fn check_characters(
    number: &str,
    least: usize,
    most: usize,
    expected: &'static str,
    fits: impl Fn(char) -> bool,
) -> Result<(), DocumentError> {
    let found = number.chars().count();
    if found < least || found > most {
        return Err(DocumentError::Length { least, most, found });
    }
    match number.chars().zip(1..).find(|(c, _)| !fits(*c)) {
        Some((found, position)) => Err(DocumentError::Character { position, expected, found }),
        None => Ok(()),
    }
}

fn check_gb11643(number: &str, today: Date) -> Result<(), DocumentError> {
    let characters: Vec<char> = number.chars().collect();
    if characters.len() == 15 && characters.iter().all(char::is_ascii_digit) {
        return Err(DocumentError::OldNumber);
    }
    let [body @ .., last] = characters.as_slice() else {
        return Err(DocumentError::Length { least: 18, most: 18, found: 0 });
    };
    if body.len() != 17 {
        return Err(DocumentError::Length { least: 18, most: 18, found: characters.len() });
    }
    let mut digits = [0_u32; 17];
    for ((digit, found), position) in digits.iter_mut().zip(body).zip(1..) {
        let misfit = DocumentError::Character { position, expected: "0-9", found: *found };
        *digit = found.to_digit(10).ok_or(misfit)?;
    }
    if !last.is_ascii_digit() && *last != 'X' {
        return Err(DocumentError::Character { position: 18, expected: "0-9 or X", found: *last });
    }
    let born = day_of_birth(&digits[6..14]).ok_or(DocumentError::NoDayOfBirth)?;
    if born > today {
        return Err(DocumentError::NotBornYet);
    }
    let expected = check_character(&digits);
    if expected != *last {
        return Err(DocumentError::CheckCharacter { expected, found: *last });
    }
    Ok(())
}

/// Whether a text holds the number of a resident identity card, or of a permit of that form: 18 characters in a row that GB 11643
/// lets pass, full-width ones as ASCII, and no digit beside them. Platforms number what they keep by long rows of digits, of which
/// one in some 20,000 would hold such a number by chance; what was learned must not be lost by that.
#[must_use]
pub fn names_a_person(text: &str, today: Date) -> bool {
    let text: Vec<char> = text.nfkc().collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(char::is_ascii_digit);
    let is_number = |(at, part): (usize, &[char])| {
        !is_digit(at.checked_sub(1))
            && !is_digit(Some(at + 18))
            && part[..17].iter().all(char::is_ascii_digit)
            && check_gb11643(&part.iter().collect::<String>().to_ascii_uppercase(), today).is_ok()
    };
    text.windows(18).enumerate().any(is_number)
}

/// From which age on a number in groups is taken for somebody's: whose business this is are grown up.
const GROWN_UP: i32 = 15;

/// Whether a text holds such a number in groups, as people write it: `610402-19850718-000X`, the year, or the last character, by itself or not.
/// Of somebody grown up: what is numbered by place, day and number would hold one in eleven times, were its days taken for those of births.
/// For texts that people write and for nothing by which machines name things.
#[must_use]
pub fn names_a_person_in_groups(text: &str, today: Date) -> bool {
    let text: Vec<char> = text.nfkc().collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(char::is_ascii_digit);
    let written: Vec<usize> = (0..text.len()).filter(|at| !parts_groups(text[*at])).collect();
    let is_number = |part: &[usize]| {
        let (Some(first), Some(last)) = (part.first(), part.last()) else { return false };
        if is_digit(first.checked_sub(1))
            || is_digit(Some(last + 1))
            || !part[..17].iter().all(|at| is_digit(Some(*at)))
        {
            return false;
        }
        let ends = |offset: usize| part[offset] - part[offset - 1] > 1;
        let number: String = part.iter().map(|at| text[*at].to_ascii_uppercase()).collect();
        let born = number.get(6..10).and_then(|year| year.parse::<i32>().ok());
        // Months in a row part elsewhere: `2001.09-2005.06 2005.09`.
        ends(6)
            && (1..18).filter(|offset| ends(*offset)).all(|offset| [6, 10, 14, 17].contains(&offset))
            && born.is_some_and(|year| year <= today.year() - GROWN_UP)
            && check_gb11643(&number, today).is_ok()
    };
    written.windows(18).any(is_number)
}

/// Whether people part the groups of a number by it.
fn parts_groups(c: char) -> bool {
    is_blank(c)
        || is_unseen(c)
        || matches!(c, '-' | '_' | '.' | '/' | '\\' | '·' | '•' | '・' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn day_of_birth(digits: &[u32]) -> Option<Date> {
    let value = digits.iter().fold(0_u32, |value, digit| value * 10 + digit);
    let year = i32::try_from(value / 10_000).ok().filter(|year| *year >= 1900)?;
    let month = u8::try_from(value / 100 % 100).ok().and_then(|month| Month::try_from(month).ok())?;
    Date::from_calendar_date(year, month, u8::try_from(value % 100).ok()?).ok()
}

/// The check character of GB 11643 (ISO 7064, MOD 11-2).
fn check_character(digits: &[u32; 17]) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHARACTERS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    CHARACTERS[(sum % 11) as usize]
}

#[cfg(test)]
mod tests;
