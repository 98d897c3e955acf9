//! What is wrong with the settings: all of it at once, each fault with where it was said.

use domain::policy::Spot;
use std::{
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Why the settings cannot be used.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The demo's folder cannot be made.
    #[error("folder {path}: {reason}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// What was said cannot be used: all that is wrong with it.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
}

/// One thing that cannot be used. No value that may hold a password is part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The setting, as the settings file calls it; empty where it is about the whole file.
    pub name: String,
    /// Where it was said.
    pub place: Place,
    /// What was found, and what is allowed.
    pub what: String,
}

/// Where a setting was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// By a flag or the environment; which of the two, the command line knows.
    CommandLine,
    /// In the settings file.
    File {
        /// The file.
        path: PathBuf,
        /// Line and column; none where the file cannot be read at all.
        spot: Option<Spot>,
    },
}

impl Place {
    pub(super) fn file(path: &Path, spot: Option<Spot>) -> Self {
        Self::File { path: path.to_owned(), spot }
    }
}

impl Fault {
    pub(super) fn new(name: impl Into<String>, place: Place, what: impl Into<String>) -> Self {
        Self { name: name.into(), place, what: what.into() }
    }

    pub(super) fn instead_of(name: &str, place: Place, found: &str, expected: &str) -> Self {
        Self::new(name, place, format!("found {found}, expected {expected}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Place::File { path, spot } = &self.place {
            write!(f, "settings file {}", path.display())?;
            if let Some(Spot { line, column }) = spot {
                write!(f, ", line {line}, column {column}")?;
            }
            write!(f, ": ")?;
        }
        match self.name.as_str() {
            "" => write!(f, "{}", self.what),
            name => write!(f, "{name}: {}", self.what),
        }
    }
}

/// A value as it may be shown. What looks like a URL stays hidden, whatever setting it was put into: it may hold a password.
pub(super) fn shown(value: &OsStr) -> String {
    match value.to_str() {
        None => "bytes that are no UTF-8 text".to_owned(),
        Some(text) if text.contains("://") || text.contains('@') => HIDDEN.to_owned(),
        Some(text) if text.chars().count() > 60 => format!("a text of {} characters", text.chars().count()),
        Some(text) => format!("{text:?}"),
    }
}

/// Instead of what may hold a password.
pub(super) const HIDDEN: &str = "a value that is not shown, as it may hold a password";
