//! What follows when an exception is decided: lines of the ledger, in the transaction of its approval; and when that is taken back, which
//! annuls it: these lines are taken back, and the year is as if it had never been.

use super::filed::{refused, stage};
use crate::{
    changes::{Happened, record},
    problem::{Kind, Problem},
    recognition::case::Seen,
    state::AppState,
    text::{Language, Text},
};
use domain::{
    exceptions::{Asked, judge},
    hour_ledger::{EXCEPTION_ANNULLED, Entry, EntryKind},
    kernel::EntryId,
    policy::RuleBook,
    review::State,
    roll::Said,
};
use std::collections::BTreeSet;
use store::{
    Db,
    exceptions::find_exception,
    hour_ledger::{entries_of, insert_entries, lines_of_case},
};
use time::{Date, OffsetDateTime};

/// Lets follow what follows from where the review of an exception has come to.
///
/// # Errors
/// `exception_refused` where it cannot be granted any more; then it goes on waiting.
pub(crate) fn follow(
    db: &mut Db,
    (state, book): (&AppState, &RuleBook),
    seen: &Seen,
    (by, now, today, language): (&str, OffsetDateTime, Date, Language),
) -> Result<(), Problem> {
    match seen.case.state() {
        State::Approved => grant(db, (state, book), seen, (by, now, today, language)),
        State::Revoked => annul(db, state, seen, (by, now)),
        State::Refused => record(db, now, vec![Happened::of_offices(seen.learner.id, "refused")]),
        _ => Ok(()),
    }
}

/// Appends its lines, if it can still be granted: the year may have been met since it was filed.
fn grant(
    db: &mut Db,
    (state, book): (&AppState, &RuleBook),
    seen: &Seen,
    (by, now, today, language): (&str, OffsetDateTime, Date, Language),
) -> Result<(), Problem> {
    let (id, learner) = (seen.case.opening().id, &seen.learner);
    let filed = find_exception(db, &seen.files, id)?.ok_or_else(|| Problem::internal(format!("{id} asks nothing")))?;
    let (year, stated) = (filed.year, &filed.stated);
    let entries = entries_of(db, learner.id, year, None)?;
    let possible = judge(&Asked { book, learner, entries: &entries, year, stated, today });
    let possible = possible.map_err(|reasons| refused(&reasons, language))?;
    if seen.case.stages().last().map(|last| &last.reach) != Some(&stage(&possible, book.places())?.reach) {
        let words = Text::new(
            "该年度现由其他机关办理；请不予办理，另行提出",
            "the year is another office's to decide now: refuse it, and let it be filed anew",
        );
        return Err(Problem::new(Kind::NoRoute).detail(words));
    }
    let number = i32::try_from(seen.case.number()).unwrap_or(i32::MAX);
    let said = Said { roll: id, at: now, by };
    let mut new_id = || EntryId::from_uuid(state.new_id());
    let lines = possible.lines((learner.id, year, stated), (&said, number), &mut new_id);
    insert_entries(db, &lines)?;
    record(db, now, lines.iter().map(|line| Happened::recognised(learner.id, "credited", Some(line))).collect())
}

/// Takes back what stands of its lines.
fn annul(db: &mut Db, state: &AppState, seen: &Seen, (by, now): (&str, OffsetDateTime)) -> Result<(), Problem> {
    let lines = lines_of_case(db, &seen.files, seen.case.opening().id)?;
    let gone: BTreeSet<EntryId> = lines.iter().filter_map(|line| line.reverses).collect();
    let stands = |line: &&Entry| line.kind != EntryKind::Reversal && !gone.contains(&line.id);
    let reversal = |line: &Entry| line.reversal(EntryId::from_uuid(state.new_id()), EXCEPTION_ANNULLED, now, by);
    let reversals: Vec<Entry> = lines.iter().filter(stands).map(reversal).collect();
    insert_entries(db, &reversals)?;
    record(db, now, reversals.iter().map(Happened::reversed).collect())
}
