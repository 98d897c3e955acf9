//! Checks a rule file: its form, its situations, and whether the situations would notice a wrong figure.

use crate::{
    places,
    situations::{Failure, Situations},
};
use domain::policy::{Fault, Rules};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// The rules.
    pub rules: Rules,
    /// How many situations ran.
    pub situations: usize,
    /// What they expected and did not find.
    pub failures: Vec<Failure>,
    /// Evaluated numbers that could be turned by one without any situation failing.
    pub unnoticed: Vec<String>,
}

impl Checked {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.failures.is_empty() && self.unnoticed.is_empty()
    }
}

/// Why a check could not be made.
#[derive(Debug, Error)]
pub enum CheckError {
    /// A file cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The rule file has faults.
    #[error("{} faults in the rule file", .0.len())]
    Faults(Vec<Fault>),
    /// The tree of places that comes with the rule files cannot be read.
    #[error("the places: {0}")]
    Places(String),
    /// The situations file cannot be read.
    #[error("the situations: {0}")]
    Situations(String),
}

/// Checks a rule file's text with the text of its situations.
///
/// # Errors
/// Faults of form or meaning; situations that cannot be read.
pub fn check(rules: &str, situations: &str) -> Result<Checked, CheckError> {
    let rules = Rules::parse_within(rules, &places::tree().map_err(CheckError::Places)?).map_err(CheckError::Faults)?;
    let situations = Situations::parse(situations).map_err(CheckError::Situations)?;
    let failures = situations.run(&rules);
    // Without situations there is nothing that could notice; that there are none is said by their number.
    let count = situations.situation.len();
    let unnoticed = if failures.is_empty() && count > 0 { unnoticed(&rules, &situations) } else { Vec::new() };
    Ok(Checked { situations: count, failures, unnoticed, rules })
}

/// Checks a rule file on disk with the situations beside it (`<year>.situations.toml`); without any, its form alone.
///
/// # Errors
/// Like [`check`]; also where a file cannot be read.
pub fn check_file(path: &Path) -> Result<Checked, CheckError> {
    let read =
        |path: &Path| fs::read_to_string(path).map_err(|error| CheckError::Unreadable { path: path.to_owned(), error });
    let rules = read(path)?;
    let beside = path.with_extension("situations.toml");
    let situations = if beside.exists() { read(&beside)? } else { String::new() };
    check(&rules, &situations)
}

fn unnoticed(rules: &Rules, situations: &Situations) -> Vec<String> {
    let turns = rules.turns().into_iter();
    turns.filter(|turn| situations.run(&turn.rules).is_empty()).map(|turn| turn.what).collect()
}
