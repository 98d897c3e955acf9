//! Reads a rule file into typed sections and collects every fault on the way, each with its place.
//!
//! Deserialising with serde would stop at the first fault; a clerk who enters a province's rules wants them all. TOML itself is
//! parsed by the `toml` crate, which keeps the place of every value.

use super::fault::{Fault, FaultKind, Spot};
use crate::kernel::{Citation, Hours, PlaceCode, UnknownWord, Words};
use std::{collections::BTreeMap, ops::Range};
use time::{Date, Month};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The state of one reading: the source for places, the documents introduced so far, the faults found so far.
pub struct Reader<'s> {
    source: &'s str,
    path: Vec<String>,
    pub(super) documents: BTreeMap<String, String>,
    pub(super) faults: Vec<Fault>,
    /// Where the value of each key stands, by its path.
    pub(super) places: BTreeMap<String, Spot>,
}

/// A value that can stand in a rule file.
pub trait Read: Sized {
    /// What to write, for a fault that says so.
    fn expected() -> String;

    /// Reads the value; `None` after a fault was noted.
    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self>;

    /// The value of an absent key: a fault, unless the type says otherwise.
    fn absent(at: Spot, reader: &mut Reader<'_>) -> Option<Self> {
        reader.note(at, FaultKind::Missing { expected: Self::expected() });
        None
    }
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self { source, path: Vec::new(), documents: BTreeMap::new(), faults: Vec::new(), places: BTreeMap::new() }
    }

    /// The line and column where a span begins.
    pub fn spot(&self, span: &Range<usize>) -> Spot {
        let before = self.source.get(..span.start).unwrap_or(self.source);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Spot { line, column: before[line_start..].chars().count() + 1 }
    }

    /// Notes a fault at the present path.
    pub fn note(&mut self, at: Spot, kind: FaultKind) {
        let path = self.path();
        self.faults.push(Fault { at, path, kind });
    }

    fn path(&self) -> String {
        self.path.join(".").replace(".[", "[")
    }

    fn wrong<T: Read>(&mut self, value: &Spanned<DeValue<'_>>) -> Option<T> {
        self.wrong_type(value, T::expected())
    }

    fn wrong_type<T>(&mut self, value: &Spanned<DeValue<'_>>, expected: String) -> Option<T> {
        let at = self.spot(&value.span());
        self.note(at, FaultKind::WrongType { found: found(value.get_ref()), expected });
        None
    }

    /// Does `read` one step further down the path.
    pub fn within<T>(&mut self, step: impl Into<String>, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step.into());
        let value = read(self);
        self.path.pop();
        value
    }

    /// The table in `value` with its place, after every key outside `known` was noted.
    pub fn section<'v, 'i>(
        &mut self,
        value: &'v Spanned<DeValue<'i>>,
        known: &'static [&'static str],
    ) -> Option<(&'v DeTable<'i>, Spot)> {
        let DeValue::Table(table) = value.get_ref() else {
            return self.wrong_type(value, format!("a table with {}", known.join(", ")));
        };
        let at = self.spot(&value.span());
        self.refuse_unknown(table, known);
        Some((table, at))
    }

    pub(super) fn refuse_unknown(&mut self, table: &DeTable<'_>, known: &'static [&'static str]) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let at = self.spot(&key.span());
            let nearest = nearest(key.get_ref(), known);
            self.within(key.get_ref().as_ref(), |reader| reader.note(at, FaultKind::UnknownKey { nearest, known }));
        }
    }

    /// The value of one key of a section.
    pub fn field<T: Read>(&mut self, table: &DeTable<'_>, at: Spot, key: &'static str) -> Option<T> {
        self.within(key, |reader| match table.get(key) {
            Some(value) => {
                reader.places.insert(reader.path(), reader.spot(&value.span()));
                T::read(value, reader)
            }
            None => T::absent(at, reader),
        })
    }

    fn hours(&mut self, value: &Spanned<DeValue<'_>>, text: &str) -> Option<Hours> {
        match text.parse::<Hours>() {
            Ok(hours) if hours >= Hours::ZERO => Some(hours),
            _ => self.wrong(value),
        }
    }
}

fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text {text:?}"),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(value) => format!("{value}"),
        DeValue::Datetime(value) => format!("the date {value}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// The known key with the least edit distance, where that is small enough to be a slip.
fn nearest(key: &str, known: &'static [&'static str]) -> Option<&'static str> {
    let best = known.iter().map(|candidate| (distance(key, candidate), *candidate)).min()?;
    (best.0 <= 2.max(key.chars().count() / 3)).then_some(best.1)
}

fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

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
}

impl Read for i64 {
    fn expected() -> String {
        "a whole number".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Integer(number) = value.get_ref() else { return reader.wrong(value) };
        match Self::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Some(number),
            Err(_) => reader.wrong(value),
        }
    }
}

impl Read for u32 {
    fn expected() -> String {
        "a whole number from 0".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Integer(number) = value.get_ref() else { return reader.wrong(value) };
        match Self::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Some(number),
            Err(_) => reader.wrong(value),
        }
    }
}

/// A policy year.
impl Read for i32 {
    fn expected() -> String {
        "a year from 1990 to 2200".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Integer(number) = value.get_ref() else { return reader.wrong(value) };
        match Self::from_str_radix(number.as_str(), number.radix()) {
            Ok(year) if (1990..=2200).contains(&year) => Some(year),
            _ => reader.wrong(value),
        }
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
                None if document.is_none() => {
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

impl Read for Cite {
    fn expected() -> String {
        "a citation in quotes: \"<document> <clause>\"".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        let at = reader.spot(&value.span());
        match value.get_ref() {
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
}

/// Declares a section of a rule file: a struct, its keys, and its reading. Each field is a key; `Option` and `Vec` may be absent.
macro_rules! section {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            /// Where the section begins in the file.
            pub at: $crate::policy::Spot,
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $crate::policy::reader::Read for $name {
            fn expected() -> String {
                format!("a table with {}", [$(stringify!($field)),*].join(", "))
            }

            fn read(
                value: &toml::Spanned<toml::de::DeValue<'_>>,
                reader: &mut $crate::policy::reader::Reader<'_>,
            ) -> Option<Self> {
                const KEYS: &[&str] = &[$(stringify!($field)),*];
                let (table, at) = reader.section(value, KEYS)?;
                $(let $field = reader.field(table, at, stringify!($field));)*
                Some(Self { at, $($field: $field?,)* })
            }
        }
    };
}
pub(super) use section;
