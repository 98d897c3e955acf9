//! A line that goes over into another file of the same person, because two files were joined or that was undone.
//!
//! Nothing is moved: the line is taken back where it stood and stands again in the other file, worth what it was worth. What was
//! taken back before goes over with what took it back, so that in the new file it is known for what reason.

use super::Entry;
use crate::kernel::{CaseId, EntryId, LearnerId};
use std::collections::HashMap;
use time::OffsetDateTime;

/// The reason code of lines that a joining of files took back, and of those that it brought.
pub const MERGED: &str = "merged";

/// The same of the undoing of one.
pub const MERGE_UNDONE: &str = "merge_undone";

/// Where lines go, why, when and in whose name.
#[derive(Clone, Copy, Debug)]
pub struct Carrying<'c> {
    /// Whose ledger they stand in from then on.
    pub to: LearnerId,
    /// [`MERGED`] or [`MERGE_UNDONE`].
    pub why: &'c str,
    /// When.
    pub at: OffsetDateTime,
    /// Who has it done.
    pub by: &'c str,
}

/// What carries one line over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// What takes the line back where it stands, unless that has happened before.
    pub reversal: Option<Entry>,
    /// The line in the other file.
    pub line: Entry,
    /// What takes that back, where the line had been taken back.
    pub taken_back: Option<Entry>,
}

impl Carrying<'_> {
    /// Carries one line over, under the number of the decision that says so; `taken_back` is what took it back.
    #[must_use]
    pub fn over(
        &self,
        line: &Entry,
        taken_back: Option<&Entry>,
        decision_number: Option<i32>,
        new_id: &mut dyn FnMut() -> EntryId,
    ) -> Carried {
        let Self { to, why, at, by } = *self;
        let reversal = taken_back.is_none().then(|| line.reversal(new_id(), why, at, by));
        let carried = Entry {
            id: new_id(),
            learner: to,
            decision_number,
            reason_code: Some(why.to_owned()),
            recorded_at: at,
            recorded_by: by.to_owned(),
            ..line.clone()
        };
        let taken_back = taken_back.and_then(|by| by.reason_code.as_deref());
        let taken_back = taken_back.map(|code| carried.reversal(new_id(), code, at, by));
        Carried { reversal, line: carried, taken_back }
    }

    /// Carries over lines that rest on cases, each with what took it back where something did. `last` says the greatest number under which a line of a case stands in either
    /// file: those that go over get later ones, in their order. What draws on a line that goes over too, here or among `went` (from where to
    /// where), draws on it where it stands then.
    #[must_use]
    pub fn cases_over(
        &self,
        lines: &[(&Entry, Option<&Entry>)],
        last: &HashMap<CaseId, i32>,
        mut went: HashMap<EntryId, EntryId>,
        new_id: &mut dyn FnMut() -> EntryId,
    ) -> Vec<Entry> {
        let numbered = |line: &Entry| Some((line.ground.as_ref()?.case, line.decision_number?));
        let mut first: HashMap<CaseId, i32> = HashMap::new();
        for (case, number) in lines.iter().filter_map(|(line, _)| numbered(line)) {
            let least = first.entry(case).or_insert(number);
            *least = number.min(*least);
        }
        let later = |line: &Entry| {
            let (case, number) = numbered(line)?;
            Some(last.get(&case)? + 1 + number - first.get(&case)?)
        };
        let mut carried: Vec<Carried> = Vec::with_capacity(lines.len());
        for (line, taken_back) in lines {
            let one = self.over(line, *taken_back, later(line), new_id);
            went.insert(line.id, one.line.id);
            carried.push(one);
        }
        for drawn in carried.iter_mut().filter_map(|one| one.line.ground.as_mut()?.drawn.as_mut()) {
            drawn.line = went.get(&drawn.line).copied().unwrap_or(drawn.line);
        }
        // What takes a line back draws on what the line draws on.
        for one in &mut carried {
            if let Some(taken_back) = &mut one.taken_back {
                taken_back.ground.clone_from(&one.line.ground);
            }
        }
        let written = |one: Carried| [one.reversal, Some(one.line), one.taken_back];
        carried.into_iter().flat_map(written).flatten().collect()
    }
}
