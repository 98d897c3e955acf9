//! Faults of meaning: what only a service can find, such as a reference that leads nowhere. They are gathered so that a caller
//! learns of all of them at once, with those of shape ([`Unjudged`](super::Unjudged)).

use crate::{problem::FieldError, text::Text, wire::Day};
use domain::{kernel::PlaceCode, registry::PlaceTree};
use time::{Date, Duration, macros::date};

/// The founding of the People's Republic: no personnel relation of it is older.
const EARLIEST: Date = date!(1949 - 10 - 01);

/// The faults of meaning found so far in one body or item, beside those that its reader found.
#[derive(Debug)]
pub struct Faults<'b> {
    before: &'b [FieldError],
    found: Vec<FieldError>,
}

/// Whether none of these faults concerns one of these fields, what stands in it or around it.
pub(super) fn are_sound_beside(faults: &[FieldError], pointers: &[&str]) -> bool {
    let lies_below = |one: &str, other: &str| one.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'));
    let concerns = |fault: &FieldError, at: &str| {
        fault.code != "unknown_field"
            && (fault.pointer == at || lies_below(&fault.pointer, at) || lies_below(at, &fault.pointer))
    };
    !faults.iter().any(|fault| pointers.iter().any(|at| concerns(fault, at)))
}

impl<'b> Faults<'b> {
    /// None yet, beside what is known to be wrong.
    pub(super) fn beside(before: &'b [FieldError]) -> Self {
        Self { before, found: Vec::new() }
    }

    /// None yet, of what no reader has looked at.
    pub(crate) fn none() -> Self {
        Self::beside(&[])
    }

    pub(crate) fn into_found(self) -> Vec<FieldError> {
        self.found
    }

    /// Whether these fields hold what was sent: the reader found nothing wrong with them. A rule that rests on more than the field
    /// it speaks of asks this of the others first, since something harmless may stand there instead, or nothing.
    pub(crate) fn are_sound(&self, pointers: &[&str]) -> bool {
        are_sound_beside(self.before, pointers)
    }

    /// Whether a fault of meaning was found at exactly this place.
    pub(crate) fn tell_of(&self, pointer: &str) -> bool {
        self.found.iter().any(|fault| fault.pointer == pointer)
    }

    pub(crate) fn add(&mut self, pointer: &str, code: &str, detail: Text) {
        self.found.push(FieldError::new(pointer, code, detail));
    }

    pub(crate) fn add_error(&mut self, error: FieldError) {
        self.found.push(error);
    }

    pub(crate) fn extend(&mut self, errors: Vec<FieldError>) {
        self.found.extend(errors);
    }

    /// The value, or its fault: pointer, code and words.
    pub(crate) fn keep<T>(&mut self, read: Result<T, (String, &str, Text)>) -> Option<T> {
        read.map_err(|(pointer, code, words)| self.add(&pointer, code, words)).ok()
    }

    /// The place that a code leads to: its own or a division code of any system, dead or new.
    pub(crate) fn place(&mut self, pointer: &str, places: &PlaceTree, code: &str) -> Option<PlaceCode> {
        let found = places.find(code).map(|node| node.code.clone());
        if found.is_none() {
            self.add(pointer, "unknown_place", Text::new("没有这个地区", "there is no such place"));
        }
        found
    }

    /// Something that must exist.
    pub(crate) fn must_exist(&mut self, pointer: &str, exists: bool) {
        if !exists {
            self.add(pointer, "unknown_reference", Text::new("所指对象不存在", "what it names does not exist"));
        }
    }

    /// What may be said only once.
    pub(crate) fn twice(&mut self, pointer: &str) {
        self.add(pointer, "duplicate", Text::new("重复", "said twice"));
    }

    /// A last day must not be before its first.
    pub(crate) fn in_order(&mut self, (first, from): (&str, Day), (last, until): (&str, Option<Day>)) {
        if until.is_some_and(|until| until < from) && self.are_sound(&[first]) {
            let words = Text::new("截止日早于起始日", "the last day is before the first");
            self.add(last, "before_first_day", words);
        }
    }

    /// The first day of a dated fact: not before there was anybody to record it of, and not so far ahead that it must be a slip
    /// of the pen.
    pub(crate) fn first_day(&mut self, pointer: &str, from_on: Date, today: Date) {
        let latest = today.replace_year(today.year() + 1).unwrap_or(today + Duration::days(366));
        if from_on < EARLIEST {
            let words = Text::new(format!("不得早于 {EARLIEST}"), format!("must not be before {EARLIEST}"));
            self.add(pointer, "too_early", words);
        } else if from_on > latest {
            let words = Text::new(
                format!("不得晚于一年之后（{latest}）"),
                format!("must not be more than a year ahead ({latest})"),
            );
            self.add(pointer, "too_far_ahead", words);
        }
    }
}
