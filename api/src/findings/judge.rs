//! What may be found of a person, and what would follow.

use super::body::FindingInput;
use crate::{
    auth::Permission,
    extract::Faults,
    problem::{FieldError, Problem},
    text::Text,
    wire::{Day, Moment},
};
use domain::{
    findings::{Sanction, sanctions_together},
    hour_ledger::{Entry, EntryKind},
    kernel::{LearnerId, china_date},
    policy::{Policy, RuleBook, shape::Cause},
    registry::LearnerFacts,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use store::{Db, hour_ledger::entries_of_many};
use time::Date;

/// All lines of a person, in the order of their ids.
pub(super) struct Ledger {
    pub(super) entries: Vec<Entry>,
}

impl Ledger {
    /// Those of all files of one person.
    pub(super) fn of(db: &mut Db, files: &[LearnerId]) -> Result<Self, Problem> {
        let mut entries = entries_of_many(db, files, None, None)?;
        entries.sort_by_key(|line| line.id);
        Ok(Self { entries })
    }
}

/// What follows from a finding about these lines: the rules of each place and year whose hours they are speak.
pub(super) fn computed<'e>(
    book: &RuleBook,
    learner: &LearnerFacts,
    (cause, decided_on): (Cause, Date),
    lines: impl IntoIterator<Item = &'e Entry>,
) -> Vec<Sanction> {
    let years: BTreeSet<(i32, _)> = lines.into_iter().map(|line| (line.year, line.place.clone())).collect();
    let mut policies: Vec<Arc<Policy>> = Vec::new();
    for policy in years.iter().filter_map(|(year, place)| book.resolve(place, *year, None).in_force().cloned()) {
        if policies.iter().all(|other| other.id != policy.id) {
            policies.push(policy);
        }
    }
    sanctions_together(policies.iter().map(Arc::as_ref), cause, decided_on, learner)
}

/// The lines that a finding names, in its order, unless something speaks against it. `entries` are the lines of the person's own file.
pub(super) fn named<'e>(
    (permission, book): (&Permission, &RuleBook),
    input: &FindingInput,
    (entries, today): (&'e [Entry], Date),
    faults: &mut Faults<'_>,
) -> Option<Vec<&'e Entry>> {
    if !input.cause.is_found() {
        let words = Text::new("此事由依日期即可得知，不须查实", "the calendar tells this; no office finds it");
        faults.add("/cause", "not_found_by_offices", words);
    }
    if input.decided_on > Day(today) {
        faults.add("/decided_on", "in_the_future", Text::new("不得晚于今天", "must not lie in the future"));
    }
    let known: BTreeMap<_, &Entry> = entries.iter().map(|line| (line.id, line)).collect();
    let gone: BTreeMap<_, &Entry> = entries.iter().filter_map(|by| Some((by.reverses?, by))).collect();
    let (mut found, mut said) = (Vec::new(), BTreeSet::new());
    for (at, id) in input.lines.iter().enumerate() {
        let pointer = format!("/lines/{at}");
        if !said.insert(*id) {
            faults.twice(&pointer);
        }
        let line = known.get(id).copied();
        faults.must_exist(&pointer, line.is_some());
        let Some(line) = line else { continue };
        if line.kind == EntryKind::Reversal {
            let words = Text::new("这是冲销分录，不是学时", "it takes another line back and is no hours");
            faults.add(&pointer, "is_a_reversal", words);
        } else if let Some(by) = gone.get(id) {
            let words = Text::new("该分录此前已被冲销", "the line was taken back before");
            let fault = FieldError::new(&pointer, "already_reversed", words);
            faults.add_error(fault.with("reversed_at", Moment(by.recorded_at)).with("reason_code", &by.reason_code));
        } else if !permission.covers_place(book.places(), &line.place) {
            // A line is the business of the place under whose rule it was credited, wherever the person went since.
            faults.add_error(permission.outside(book.places(), &line.place).fault(&pointer));
        } else if input.decided_on < Day(china_date(line.completed_at)) && faults.are_sound(&["/decided_on"]) {
            let words = Text::new("查实之日早于学时完成之日", "it was established before the hours were completed");
            faults.add(&pointer, "after_the_decision", words);
        }
        found.push(line);
    }
    Some(found)
}
