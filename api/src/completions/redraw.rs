//! Surplus that draws on hours which were decided otherwise: once they count again, it draws on the line by which they do.

use crate::{
    changes::{Happened, record},
    problem::Problem,
    state::AppState,
};
use domain::{
    completions::{Candidate, Decided},
    hour_ledger::{Entry, EntryKind, Redrawing, in_their_place, live},
    kernel::{EntryId, LearnerId},
};
use std::collections::{BTreeMap, BTreeSet};
use store::{
    Db,
    hour_ledger::{entries_by_id, entries_of_many, insert_entries, lines_on_cases, who_draw_surplus},
    registry::merges_among_kin,
};
use time::OffsetDateTime;

/// The lines of items that were decided before: what they brought then, something may draw on as surplus.
pub(super) fn again<'d>(candidates: &'d [Candidate], decided: &'d [Decided]) -> impl Iterator<Item = &'d Entry> {
    let before = candidates.iter().zip(decided).filter(|(item, one)| item.decided > 0 && one.number.is_some());
    before.filter_map(|(_, one)| one.entry.as_ref())
}

/// The same of whatever lines count now, person by person, in the name of whoever recorded them.
///
/// # Errors
/// When the database fails.
pub(super) fn redraw_all<'e>(
    db: &mut Db,
    state: &AppState,
    counting: impl Iterator<Item = &'e Entry>,
    now: OffsetDateTime,
) -> Result<(), Problem> {
    let mut of: BTreeMap<LearnerId, Vec<&Entry>> = BTreeMap::new();
    for line in counting.filter(|line| line.kind == EntryKind::Credit) {
        of.entry(line.learner).or_default().push(line);
    }
    let learners: Vec<LearnerId> = of.keys().copied().collect();
    for learner in who_draw_surplus(db, &learners)? {
        if let Some(lines) = of.remove(&learner) {
            let by = lines.first().map(|line| line.recorded_by.as_str()).unwrap_or_default();
            redraw(db, state, (learner, lines), (by, now))?;
        }
    }
    Ok(())
}

/// The same of all that counts in a file to which lines of items and what draws on them came over one after the other.
///
/// # Errors
/// When the database fails.
pub(super) fn redraw_file(
    db: &mut Db,
    state: &AppState,
    file: LearnerId,
    (by, now): (&str, OffsetDateTime),
) -> Result<(), Problem> {
    if who_draw_surplus(db, &[file])?.is_empty() {
        return Ok(());
    }
    let lines = entries_of_many(db, &[file], None, None)?;
    redraw(db, state, (file, live(&lines)), (by, now))
}

/// Lets what draws on earlier lines of the same items draw on these lines of one person, which count now, and tells those who follow.
///
/// # Errors
/// When the database fails.
pub(crate) fn redraw(
    db: &mut Db,
    state: &AppState,
    (learner, counting): (LearnerId, Vec<&Entry>),
    (by, now): (&str, OffsetDateTime),
) -> Result<(), Problem> {
    let lines = lines_on_cases(db, learner)?;
    let drawn: BTreeSet<EntryId> = live(&lines).into_iter().filter_map(|line| Some(line.drawn()?.line)).collect();
    if drawn.is_empty() {
        return Ok(());
    }
    // What it draws on may have stood in a file that was joined with this one.
    let merges = merges_among_kin(db, &[learner])?;
    let kin = merges.iter().flat_map(|merge| [merge.ends_id, merge.stays_id]);
    let files: BTreeSet<LearnerId> = kin.chain([learner]).collect();
    let drawn_on: Vec<(LearnerId, EntryId)> =
        drawn.iter().flat_map(|line| files.iter().map(|file| (*file, *line))).collect();
    let stands = in_their_place(&entries_by_id(db, &drawn_on)?, &counting);
    if stands.is_empty() {
        return Ok(());
    }
    let anew = Redrawing { at: now, by }.redraw(&lines, &stands, &mut || EntryId::from_uuid(state.new_id()));
    let (reversals, drawn): (Vec<Entry>, Vec<Entry>) = anew.into_iter().unzip();
    insert_entries(db, &reversals)?;
    insert_entries(db, &drawn)?;
    let told = reversals.iter().map(Happened::reversed).chain(drawn.iter().map(Happened::said_anew));
    record(db, now, told.collect())
}
