//! How each kind of value is read from a rule file, what is expected in its place, and what stands in for it.

use super::{
    fault::{FaultKind, Spot},
    reader::{Read, Reader},
};
use crate::kernel::{Citation, Hours, POLICY_YEARS, PlaceCode, UnknownWord, Words};
use time::{Date, Month};
use toml::{Spanned, de::DeValue};

impl Read for String {
    fn expected() -> String {
        "a text in quotes".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.as_ref().to_owned()),
            _ => reader.wrong(value),
        }
    }

    fn stand_in() -> Option<Self> {
        Some(Self::new())
    }
}

impl Read for bool {
    fn expected() -> String {
        "true or false".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        match value.get_ref() {
            DeValue::Boolean(value) => Some(*value),
            _ => reader.wrong(value),
        }
    }

    fn stand_in() -> Option<Self> {
        Some(false)
    }
}

/// A whole number as it stands, where its type can hold it.
fn whole<T: TryFrom<i64>>(value: &Spanned<DeValue<'_>>) -> Option<T> {
    let DeValue::Integer(number) = value.get_ref() else { return None };
    let number = i64::from_str_radix(number.as_str(), number.radix()).ok()?;
    T::try_from(number).ok()
}

impl Read for i64 {
    fn expected() -> String {
        "a whole number".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        whole(value).or_else(|| reader.wrong(value))
    }

    fn stand_in() -> Option<Self> {
        Some(0)
    }
}

impl Read for u32 {
    fn expected() -> String {
        "a whole number from 0".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        whole(value).or_else(|| reader.wrong(value))
    }

    fn stand_in() -> Option<Self> {
        Some(0)
    }
}

/// A policy year.
impl Read for i32 {
    fn expected() -> String {
        format!("a year from {} to {}", POLICY_YEARS.start(), POLICY_YEARS.end())
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        whole(value).filter(|year| POLICY_YEARS.contains(year)).or_else(|| reader.wrong(value))
    }

    fn stand_in() -> Option<Self> {
        Some(0)
    }
}

impl Read for Hours {
    fn expected() -> String {
        "a number of hours with at most two decimal places, such as 24 or 0.5".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => reader.hours(value, number.as_str()),
            DeValue::Float(number) => reader.hours(value, number.as_str()),
            _ => reader.wrong(value),
        }
    }

    fn stand_in() -> Option<Self> {
        Some(Self::ZERO)
    }
}

impl Read for Date {
    fn expected() -> String {
        "a date without quotes, such as 2020-12-31".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        if let DeValue::Datetime(found) = value.get_ref()
            && let (Some(date), None) = (found.date, found.time)
            && let Ok(month) = Month::try_from(date.month)
            && let Ok(date) = Self::from_calendar_date(i32::from(date.year), month, date.day)
        {
            return Some(date);
        }
        reader.wrong(value)
    }

    fn stand_in() -> Option<Self> {
        Some(Self::MIN)
    }
}

impl Read for PlaceCode {
    fn expected() -> String {
        "the key of a place in quotes, such as \"610000\"".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::String(text) = value.get_ref() else { return reader.wrong(value) };
        match text.parse() {
            Ok(code) => Some(code),
            Err(_) => reader.wrong(value),
        }
    }

    fn stand_in() -> Option<Self> {
        "000000".parse().ok()
    }
}

impl<W: Words> Read for W {
    fn expected() -> String {
        format!("one of: {}", W::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(", "))
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::String(text) = value.get_ref() else { return reader.wrong(value) };
        let word = W::of_word(text);
        if word.is_none() {
            let UnknownWord { found, expected } = UnknownWord::of::<W>(text);
            let at = reader.spot(&value.span());
            reader.note(at, FaultKind::UnknownWord { found, expected });
        }
        word
    }

    fn stand_in() -> Option<Self> {
        W::ALL.first().copied()
    }
}

impl<T: Read> Read for Option<T> {
    fn expected() -> String {
        T::expected()
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        // A fault was noted where there is one; the reading goes on, so that the faults behind it are found as well.
        Some(T::read(value, reader))
    }

    fn absent(_: Spot, _: &mut Reader<'_>) -> Option<Self> {
        Some(None)
    }

    fn stand_in() -> Option<Self> {
        Some(None)
    }
}

impl<T: Read> Read for Vec<T> {
    fn expected() -> String {
        format!("a list, each {}", T::expected())
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Array(items) = value.get_ref() else { return reader.wrong(value) };
        // An item with a fault is left out; the others are still read and judged.
        let read = |(index, item)| reader.within(format!("[{index}]"), |reader| T::read(item, reader));
        Some(items.iter().enumerate().filter_map(read).collect())
    }

    fn absent(_: Spot, _: &mut Reader<'_>) -> Option<Self> {
        Some(Self::new())
    }

    fn stand_in() -> Option<Self> {
        Some(Self::new())
    }
}

/// The clauses a rule rests on: `"<document> <clause>"`, several divided by `;`, the document named once where it stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cite(pub Vec<Citation>);

impl Cite {
    fn of_text(text: &str, at: Spot, reader: &mut Reader<'_>) -> Option<Self> {
        let mut document: Option<String> = None;
        let mut clauses = Vec::new();
        for part in text.split(';').map(str::trim) {
            let (head, rest) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
            let clause = match reader.documents.get(head) {
                Some(number) => {
                    document = Some(number.clone());
                    rest.trim()
                }
                // A clause as printed does not begin like the key of a document and go on.
                None if document.is_none() || !rest.trim().is_empty() && looks_like_a_key(head) => {
                    let known = reader.documents.keys().cloned().collect();
                    reader.note(at, FaultKind::UnknownDocument { found: head.to_owned(), known });
                    return None;
                }
                None => part,
            };
            if clause.is_empty() {
                let example = format!("{head} 一(一)");
                reader.note(at, FaultKind::MissingClause { example });
                return None;
            }
            clauses.push(Citation { document: document.clone().unwrap_or_default(), clause: clause.to_owned() });
        }
        Some(Self(clauses))
    }
}

fn looks_like_a_key(head: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    head.starts_with(|first: char| first.is_ascii_lowercase()) && head.bytes().all(plain)
}

impl Read for Cite {
    fn expected() -> String {
        "a citation in quotes: \"<document> <clause>\"".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        let at = reader.spot(&value.span());
        match value.get_ref() {
            DeValue::String(text) if text.trim().is_empty() => Self::absent(at, reader),
            DeValue::String(text) => Self::of_text(text.trim(), at, reader),
            _ => reader.wrong(value),
        }
    }

    fn absent(at: Spot, reader: &mut Reader<'_>) -> Option<Self> {
        let document = reader.documents.keys().next().map_or("notice", String::as_str);
        let example = format!("{document} 一(一)");
        reader.note(at, FaultKind::MissingClause { example });
        Some(Self(Vec::new()))
    }

    fn stand_in() -> Option<Self> {
        Some(Self(Vec::new()))
    }
}
