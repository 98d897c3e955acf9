//! Reads a rule file into typed sections and collects every fault on the way, each with its place.
//!
//! Deserialising with serde would stop at the first fault; a clerk who enters a province's rules wants them all. TOML itself is
//! parsed by the `toml` crate, which keeps the place of every value.

pub use super::values::Cite;
use super::{
    MOST_FAULTS,
    fault::{Fault, FaultKind, Spot},
    lines::Lines,
};
use crate::kernel::{self, Hours};
use std::{collections::BTreeMap, ops::Range};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The state of one reading: the source for places, the documents introduced so far, the faults found so far.
pub struct Reader<'s> {
    lines: Lines<'s>,
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

    /// What takes the place of a value that could not be read, so that what stands around it is still judged. It never leaves
    /// the parser: a fault was noted in its place.
    fn stand_in() -> Option<Self>;

    /// The value of an absent key: a fault, unless the type says otherwise.
    fn absent(at: Spot, reader: &mut Reader<'_>) -> Option<Self> {
        reader.note(at, FaultKind::Missing { expected: Self::expected() });
        None
    }
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        let lines = Lines::of(source);
        Self { lines, path: Vec::new(), documents: BTreeMap::new(), faults: Vec::new(), places: BTreeMap::new() }
    }

    /// The line and column where a span begins.
    pub fn spot(&self, span: &Range<usize>) -> Spot {
        self.lines.spot(span.start)
    }

    /// Notes a fault at the present path, unless more than enough are known.
    pub fn note(&mut self, at: Spot, kind: FaultKind) {
        if self.faults.len() > MOST_FAULTS {
            return;
        }
        let path = self.path();
        self.faults.push(Fault { at, path, kind });
    }

    fn path(&self) -> String {
        self.path.join(".").replace(".[", "[")
    }

    pub(super) fn wrong<T: Read>(&mut self, value: &Spanned<DeValue<'_>>) -> Option<T> {
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
            let nearest = kernel::nearest(key.get_ref(), known.iter().copied());
            self.within(key.get_ref().as_ref(), |reader| reader.note(at, FaultKind::UnknownKey { nearest, known }));
        }
    }

    /// The value of one key of a section, or what stands in for it.
    pub fn field<T: Read>(&mut self, table: &DeTable<'_>, at: Spot, key: &'static str) -> Option<T> {
        self.within(key, |reader| match table.get(key) {
            Some(value) => {
                reader.places.insert(reader.path(), reader.spot(&value.span()));
                T::read(value, reader)
            }
            None => T::absent(at, reader),
        })
        .or_else(T::stand_in)
    }

    pub(super) fn hours(&mut self, value: &Spanned<DeValue<'_>>, text: &str) -> Option<Hours> {
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

            fn stand_in() -> Option<Self> {
                let at = $crate::policy::Spot { line: 1, column: 1 };
                Some(Self { at, $($field: <$type as $crate::policy::reader::Read>::stand_in()?,)* })
            }
        }
    };
}
pub(super) use section;
