//! The settings file: every value with its place, and everything that is wrong with the file at once.

use super::{
    fault::{Fault, Place, shown},
    given::KEYS,
    value::{Value, found},
};
use domain::{kernel::nearest, policy::Spot};
use std::{
    fs,
    io::{self, ErrorKind},
    ops::Range,
    path::{Path, PathBuf},
};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A settings file as far as it can be read.
pub(super) struct File<'t> {
    path: PathBuf,
    text: &'t str,
    table: DeTable<'t>,
}

/// The text of a settings file.
pub(super) fn text_of(path: &Path, faults: &mut Vec<Fault>) -> String {
    let unreadable = |error: io::Error| {
        let what = match error.kind() {
            ErrorKind::NotFound => "there is no such file".to_owned(),
            ErrorKind::PermissionDenied => "the user of this process may not read it".to_owned(),
            ErrorKind::IsADirectory => "it is a folder, expected a file".to_owned(),
            ErrorKind::InvalidData => "it is no UTF-8 text".to_owned(),
            _ => format!("it cannot be read: {error}"),
        };
        Fault::new("", Place::file(path, None), what)
    };
    fs::read_to_string(path).map_err(|error| faults.push(unreadable(error))).unwrap_or_default()
}

impl<'t> File<'t> {
    /// Reads the text of a file. Where it is no TOML, that alone is told, once a line: what stands in it is then a guess.
    pub(super) fn of(path: &Path, text: &'t str, faults: &mut Vec<Fault>) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut file = Self { path: path.to_owned(), text, table: table.into_inner() };
        let mut told = Vec::new();
        for error in &errors {
            let spot = file.spot(&error.span().unwrap_or(0..0));
            if !told.contains(&spot.line) {
                told.push(spot.line);
                let what = format!("no valid TOML: {}", error.message());
                faults.push(Fault::new(file.key_in(spot.line), Place::file(path, Some(spot)), what));
            }
        }
        if told.is_empty() {
            file.refuse_unknown(faults);
        } else {
            file.table = DeTable::default();
        }
        file
    }

    fn refuse_unknown(&self, faults: &mut Vec<Fault>) {
        for key in self.table.keys().filter(|key| !KEYS.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref().as_ref();
            let what = match nearest(name, KEYS.iter().copied()) {
                Some(meant) => format!("no setting has this name; did you mean {meant}?"),
                None => "no setting has this name; `xueshi serve --help` lists them".to_owned(),
            };
            faults.push(Fault::new(name, self.place(&key.span()), what));
        }
    }

    /// The value of a setting, where the file has it.
    pub(super) fn value<T: Value>(&self, name: &str, faults: &mut Vec<Fault>) -> Option<T> {
        let value = self.table.get(name)?;
        let written = T::written(value.get_ref());
        let read = written.as_deref().and_then(T::of);
        if read.is_none() {
            let found = match (&written, value.get_ref()) {
                (Some(text), DeValue::String(_)) => shown(text),
                (_, other) => found(other),
            };
            faults.push(Fault::instead_of(name, self.place(&value.span()), &found, T::EXPECTED));
        }
        read
    }

    /// Where the file says a setting.
    pub(super) fn place_of(&self, name: &str) -> Option<Place> {
        self.table.get(name).map(|value: &Spanned<_>| self.place(&value.span()))
    }

    fn place(&self, span: &Range<usize>) -> Place {
        Place::file(&self.path, Some(self.spot(span)))
    }

    fn spot(&self, span: &Range<usize>) -> Spot {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Spot { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
    }

    /// The key that a line begins with. Nothing more of the line is shown, as it may hold a password.
    fn key_in(&self, line: usize) -> &'t str {
        let line = self.text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let key = line.split_once('=').map(|(key, _)| key.trim()).unwrap_or_default();
        KEYS.iter().find(|known| **known == key).map_or("", |_| key)
    }
}
