//! Caps on achievements: what a line is worth stands in the ledger uncut, and what of it counts is said here, when it is read.

use super::{Entry, WhyNot};
use crate::{
    kernel::Hours,
    policy::shape::{CapPer, Recognition, Rules},
};
use std::collections::BTreeMap;

/// What is left of the caps of one person and year.
pub(super) struct Caps<'r> {
    rules: &'r Rules,
    used: BTreeMap<&'r str, Hours>,
}

impl<'r> Caps<'r> {
    pub(super) const fn of(rules: &'r Rules) -> Self {
        Self { rules, used: BTreeMap::new() }
    }

    /// How many hours of a line count, and why the others do not. What counts of all lines of a kind together does not depend
    /// on the order in which they are asked for.
    pub(super) fn cut(&mut self, entry: &Entry) -> (Hours, Option<WhyNot>) {
        let Some((kind, cap)) = self.rule_of(entry).and_then(|kind| Some((kind, kind.cap.as_ref()?))) else {
            return (entry.hours, None);
        };
        let counts = match cap.per {
            CapPer::Item => entry.hours.min(cap.hours),
            CapPer::PersonYear => {
                let used = self.used.entry(kind.kind.as_str()).or_default();
                let counts = entry.hours.min(cap.hours - *used);
                *used += counts;
                counts
            }
        };
        let beyond = entry.hours - counts;
        let cite = kind.cite.0.clone();
        (counts, beyond.is_positive().then_some(WhyNot::BeyondCap { beyond, cap: cap.hours, per: cap.per, cite }))
    }

    fn rule_of(&self, entry: &Entry) -> Option<&'r Recognition> {
        let kind = entry.ground.as_ref()?.achievement.as_ref()?;
        self.rules.recognition.iter().find(|rule| rule.kind == *kind)
    }
}
