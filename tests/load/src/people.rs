//! Made-up people: names that are numbers, identity documents of sequence 000.

use time::{Date, Duration, macros::date};

const FIRST_BIRTHDAY: Date = date!(1960 - 01 - 01);
const BIRTHDAYS: u32 = 14_000;
const REGION: u32 = 610_102;

/// A person who does not exist.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) number: String,
}

impl Person {
    /// The person of a number; no two have the same document.
    pub(crate) fn of(number: u32) -> Self {
        let digits = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
        let spelled = number.to_string().bytes().map(|b| digits[usize::from(b - b'0')]).collect::<String>();
        let born = FIRST_BIRTHDAY + Duration::days(i64::from(number % BIRTHDAYS));
        let (year, month, day) = born.to_calendar_date();
        let document = format!("{}{year}{:02}{day:02}000", REGION + number / BIRTHDAYS, u8::from(month));
        let check = check_character(&document);
        Self { name: format!("示例{spelled}"), number: format!("{document}{check}") }
    }
}

/// GB 11643: ISO 7064, MOD 11-2.
fn check_character(digits: &str) -> char {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'][(sum % 11) as usize]
}

/// Numbers that look random and are the same in every run (SplitMix64).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        usize::try_from(z % (end.max(1) as u64)).unwrap_or(0)
    }
}
