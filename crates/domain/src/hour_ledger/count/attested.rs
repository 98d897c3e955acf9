//! Hours that an office attests of a year, beside those that are recorded here.
//!
//! No source says whether such a word holds what is recorded of the same category. So both are counted once: what is attested counts as
//! far as it exceeds what is recorded, and that the rest is beside it is for an office to decide. Surplus that was given to the year is
//! beside it in any case, since it was given for what the year lacked with all its own.

use super::{super::Basis, Entry, WhyNot};
use crate::{
    kernel::{EntryId, Hours},
    policy::shape::{Category, CategoryCode},
};
use std::collections::BTreeMap;

/// How what is attested counts beside what is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    /// As far as it exceeds it: nobody has decided.
    Unknown,
    /// All of it, as if that had been decided.
    Decided,
}

/// What is attested of one person and year, until all that is recorded is known.
#[derive(Default)]
pub(super) struct Attested<'l, 'r> {
    /// One line a category: a year is attested once, in whatever file of the person.
    lines: BTreeMap<&'l CategoryCode, (&'l Entry, &'r Category)>,
    recorded: BTreeMap<CategoryCode, Hours>,
}

/// A line with its category, what of it counts, and why the rest does not.
type Counts<'l, 'r> = (&'l Entry, &'r Category, (Hours, Option<WhyNot>));

impl<'l, 'r> Attested<'l, 'r> {
    /// Whether a line is one of these.
    pub(super) fn holds(entry: &Entry) -> bool {
        entry.ground.as_ref().is_some_and(|ground| ground.basis == Basis::Attestation)
    }

    /// Takes a line up.
    ///
    /// # Errors
    /// The line that attests the category already.
    pub(super) fn take(&mut self, entry: &'l Entry, node: &'r Category) -> Result<(), EntryId> {
        if let Some((counted, _)) = self.lines.get(&entry.category) {
            return Err(counted.id);
        }
        self.lines.insert(&entry.category, (entry, node));
        Ok(())
    }

    /// That so many hours of a category are recorded.
    pub(super) fn beside(&mut self, node: &Category, hours: Hours) {
        *self.recorded.entry(node.code.clone()).or_default() += hours;
    }

    /// What of the lines counts: parts first, since what is recorded of a part is recorded of the whole as well, and is told apart from
    /// one word alone.
    pub(super) fn counted(self, how: Beside) -> Vec<Counts<'l, 'r>> {
        let mut lines: Vec<_> = self.lines.into_values().collect();
        lines.sort_by_key(|(_, node)| std::cmp::Reverse(node.code.as_str().split('.').count()));
        let mut absorbed: BTreeMap<&CategoryCode, Hours> = BTreeMap::new();
        let mut found: Vec<Counts<'l, 'r>> = Vec::with_capacity(lines.len());
        for (entry, node) in lines {
            let recorded = self.recorded.iter().filter(|(code, _)| code.is_within(&node.code));
            let recorded: Hours = recorded.map(|(_, hours)| *hours).sum();
            let told = absorbed.iter().filter(|(code, _)| code.is_within(&node.code)).map(|(_, hours)| *hours);
            let beyond = match how {
                Beside::Unknown => entry.hours.min(recorded - told.sum::<Hours>()),
                Beside::Decided => Hours::ZERO,
            };
            *absorbed.entry(&node.code).or_default() += beyond;
            let why = beyond.is_positive().then_some(WhyNot::RecordedToo { beyond, recorded });
            found.push((entry, node, (entry.hours - beyond, why)));
        }
        found
    }
}
