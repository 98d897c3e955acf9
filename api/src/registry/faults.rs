//! Faults of meaning, gathered so that a caller learns of all of them at once.

use crate::{
    problem::{FieldError, Problem},
    text::Text,
    wire::Day,
};
use domain::{kernel::PlaceCode, registry::PlaceTree};
use time::{Date, Duration, macros::date};

/// The founding of the People's Republic: no personnel relation of it is older.
const EARLIEST: Date = date!(1949 - 10 - 01);

/// The faults found so far in one body or item.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<FieldError>);

impl Faults {
    pub(super) fn add(&mut self, pointer: &str, code: &str, detail: Text) {
        self.0.push(FieldError::new(pointer, code, detail));
    }

    pub(super) fn add_error(&mut self, error: FieldError) {
        self.0.push(error);
    }

    /// The value, or its fault: pointer, code and words.
    pub(super) fn keep<T>(&mut self, read: Result<T, (String, &str, Text)>) -> Option<T> {
        read.map_err(|(pointer, code, words)| self.add(&pointer, code, words)).ok()
    }

    /// The place that a code leads to: its own or a division code of any system, dead or new.
    pub(super) fn place(&mut self, pointer: &str, places: &PlaceTree, code: &str) -> Option<PlaceCode> {
        let found = places.find(code).map(|node| node.code.clone());
        if found.is_none() {
            self.add(pointer, "unknown_place", Text::new("没有这个地区", "there is no such place"));
        }
        found
    }

    /// Something that must exist.
    pub(super) fn must_exist(&mut self, pointer: &str, exists: bool) {
        if !exists {
            self.add(pointer, "unknown_reference", Text::new("所指对象不存在", "what it names does not exist"));
        }
    }

    /// What may be said only once.
    pub(super) fn twice(&mut self, pointer: &str) {
        self.add(pointer, "duplicate", Text::new("重复", "said twice"));
    }

    /// A last day must not be before its first.
    pub(super) fn in_order(&mut self, pointer: &str, from: Day, until: Option<Day>) {
        if until.is_some_and(|until| until < from) {
            let words = Text::new("截止日早于起始日", "the last day is before the first");
            self.add(pointer, "before_first_day", words);
        }
    }

    /// The first day of a dated fact: not before there was anybody to record it of, and not so far ahead that it must be a slip
    /// of the pen.
    pub(super) fn first_day(&mut self, pointer: &str, from_on: Date, today: Date) {
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

    /// All faults, if there are any.
    pub(super) fn found(self) -> Result<(), Vec<FieldError>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }

    /// Refuses the whole body, if there are any.
    pub(super) fn refuse(self) -> Result<(), Problem> {
        self.found().map_err(Problem::invalid_body)
    }
}
