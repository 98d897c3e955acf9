//! The rule book: the typed shape of the law, its parser, its checks, and which rules answer for a place and a year.
//!
//! The law is data with a date and a clause. What a place asks of its people stands in a rule file; this room knows only the
//! shape that all rule files share ([`shape`]), reads one ([`Rules::parse`]) and finds the one in force ([`RuleBook`]).
//! It counts nothing: what an item is worth is decided in `completions`, whether a year is met in `hour_ledger`.

mod fault;
mod follow_up;
mod lines;
mod meaning;
mod numbers;
mod reader;
mod rule_book;
pub mod shape;
mod values;

pub use fault::{Ends, Fault, FaultKind, Spot};
pub use numbers::Turn;
pub use reader::{Cite, Read, Reader};
pub use rule_book::{Policy, Resolution, RuleBook};
pub use shape::{CategoryCode, Fulfils, Obligation, Rules};

use crate::registry::PlaceTree;
use toml::{Spanned, de::DeTable, de::DeValue};

/// The version of the shape that this build reads.
pub const FORMAT: i64 = 1;

/// How many faults of a rule file are of use. Of a file with more, this many and one are found.
pub const MOST_FAULTS: usize = 500;

impl Rules {
    /// Reads a rule file.
    ///
    /// # Errors
    /// The first fault of syntax alone; otherwise every unknown key, wrong value and fault of meaning at once, in the order
    /// of the file, up to one more than [`MOST_FAULTS`]. What only follows from another fault is not told.
    pub fn parse(source: &str) -> Result<Self, Vec<Fault>> {
        Self::read_all(source, Self::faults)
    }

    /// Reads a rule file that was published once. It was held against what a rule file may not say then; what a later version of
    /// this program finds fault with besides keeps nobody from reading it, or the whole rule book would fall silent.
    ///
    /// # Errors
    /// As [`Rules::parse`], but for faults of meaning ([`Rules::faults`] tells them).
    pub fn parse_published(source: &str) -> Result<Self, Vec<Fault>> {
        Self::read_all(source, |_| Vec::new())
    }

    /// Reads a rule file whose places must be among those of the tree.
    ///
    /// # Errors
    /// As [`Rules::parse`], and every place that the tree does not have.
    pub fn parse_within(source: &str, places: &PlaceTree) -> Result<Self, Vec<Fault>> {
        Self::read_all(source, |rules| {
            let mut faults = rules.faults();
            faults.extend(meaning::places(rules, places));
            faults
        })
    }

    /// The code of the place that a rule file says it is of, whatever else in it does not read; nothing where it is no TOML or
    /// names none.
    #[must_use]
    pub fn place_named(source: &str) -> Option<String> {
        let table = DeTable::parse(source).ok()?;
        let DeValue::Table(policy) = table.get_ref().get("policy")?.get_ref() else { return None };
        let DeValue::String(place) = policy.get("place")?.get_ref() else { return None };
        Some(place.as_ref().to_owned())
    }

    fn read_all(source: &str, meaning: impl FnOnce(&Self) -> Vec<Fault>) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader::new(source);
        let table = match DeTable::parse(source) {
            Ok(table) => table,
            Err(error) => {
                let at = reader.spot(&error.span().unwrap_or(0..0));
                let kind = FaultKind::Syntax { message: error.message().to_owned() };
                return Err(vec![Fault { at, path: String::new(), kind }]);
            }
        };
        let span = table.span();
        let root = Spanned::new(span, DeValue::Table(table.into_inner()));
        let rules = <Self as Read>::read(&root, &mut reader);
        let mut faults = reader.faults;
        if let Some(rules) = &rules {
            let own = meaning(rules).into_iter().filter(|fault| !follow_up::follows(fault, &faults));
            let own: Vec<Fault> = own.take((MOST_FAULTS + 1).saturating_sub(faults.len())).collect();
            for mut fault in own {
                // A section knows where it begins; the value that is at fault stands further down.
                fault.at = reader.places.get(&fault.path).copied().unwrap_or(fault.at);
                faults.push(fault);
            }
        }
        faults.sort_by(|a, b| (a.at, &a.path).cmp(&(b.at, &b.path)));
        match rules {
            Some(rules) if faults.is_empty() => Ok(rules),
            _ => Err(faults),
        }
    }

    /// What the rules may not say, as [`Rules::parse`] would find it; for rules that were changed after they were read.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        meaning::check(self, &mut faults);
        faults
    }
}
