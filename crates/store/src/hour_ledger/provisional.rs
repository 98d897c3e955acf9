//! Lines that wait for an office's word: which of them came or went since the runner last looked, and the cases by which they are put
//! before the office.

use crate::{
    Db, StoreError,
    bulk::{LIST, insert_all, of_ids},
    db::on_db,
    schema::{hour_entry, provisional_case, provisional_unlooked},
    types::{Uid, Word},
};
use diesel::prelude::*;
use domain::{
    hour_ledger::{Entry, EntryKind},
    kernel::{CaseId, CompletionId, EntryId, LearnerId},
};
use std::collections::HashSet;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = provisional_unlooked, treat_none_as_default_value = false)]
struct Unlooked {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    learner_id: LearnerId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    entry_id: EntryId,
}

/// Which item a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = provisional_case, treat_none_as_default_value = false)]
pub struct ProvisionalCase {
    /// The file in which the case was opened.
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub learner_id: LearnerId,
    /// The case.
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub case_id: CaseId,
    /// The item.
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub completion_id: CompletionId,
}

/// Notes, of lines that were inserted, those at which the runner has to look: that wait, and that take back one that waited.
pub(super) fn note(db: &mut Db, entries: &[Entry]) -> Result<(), StoreError> {
    let back: Vec<(LearnerId, EntryId)> = entries
        .iter()
        .filter(|entry| entry.completion.is_some())
        .filter_map(|entry| Some((entry.learner, entry.reverses?)))
        .collect();
    let waited = provisional_among(db, &back)?;
    let is_looked_at = |entry: &&Entry| {
        let takes_back = entry.reverses.is_some_and(|line| waited.contains(&(entry.learner, line)));
        entry.kind == EntryKind::Provisional || takes_back
    };
    let rows: Vec<Unlooked> = entries
        .iter()
        .filter(is_looked_at)
        .map(|entry| Unlooked { learner_id: entry.learner, entry_id: entry.id })
        .collect();
    insert_all!(db, provisional_unlooked::table, &rows);
    Ok(())
}

/// Those of the lines that wait, or waited.
fn provisional_among(db: &mut Db, lines: &[(LearnerId, EntryId)]) -> Result<HashSet<(LearnerId, EntryId)>, StoreError> {
    let mut found = HashSet::new();
    for chunk in lines.chunks(LIST / 2) {
        let learners: Vec<Uid> = chunk.iter().map(|(learner, _)| (*learner).into()).collect();
        let ids: Vec<Uid> = chunk.iter().map(|(_, line)| (*line).into()).collect();
        let rows: Vec<(Uid, Uid)> = on_db!(db, c => hour_entry::table
            .filter(hour_entry::learner_id.eq_any(&learners))
            .filter(hour_entry::entry_id.eq_any(&ids))
            .filter(hour_entry::kind.eq(Word::from(EntryKind::Provisional)))
            .select((hour_entry::learner_id, hour_entry::entry_id))
            .load(c))?;
        found.extend(rows.into_iter().map(|(learner, line)| (learner.into(), line.into())));
    }
    Ok(found)
}

/// The next lines at which nobody has looked, with the file in which each stands, at most so many.
pub fn unlooked_lines(db: &mut Db, limit: i64) -> Result<Vec<(LearnerId, EntryId)>, StoreError> {
    let rows: Vec<Unlooked> = on_db!(db, c => provisional_unlooked::table
        .order((provisional_unlooked::learner_id, provisional_unlooked::entry_id))
        .limit(limit)
        .select(Unlooked::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(|row| (row.learner_id, row.entry_id)).collect())
}

/// Says that these lines were looked at.
pub fn looked_at(db: &mut Db, lines: &[(LearnerId, EntryId)]) -> Result<(), StoreError> {
    for (learner, entry) in lines {
        let one = provisional_unlooked::table.find((Uid::from(*learner), Uid::from(*entry)));
        on_db!(db, c => diesel::delete(one).execute(c))?;
    }
    Ok(())
}

/// Keeps which item a case is about.
///
/// # Errors
/// [`StoreError::Conflict`] where that was said before.
pub fn insert_provisional_case(db: &mut Db, row: ProvisionalCase) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(provisional_case::table).values(row).execute(c))?;
    Ok(())
}

/// All cases about these items, whatever became of them.
pub fn cases_about(db: &mut Db, items: &[CompletionId]) -> Result<Vec<ProvisionalCase>, StoreError> {
    of_ids(items, |some| {
        on_db!(db, c => provisional_case::table
            .filter(provisional_case::completion_id.eq_any(some))
            .order((provisional_case::completion_id, provisional_case::case_id))
            .select(ProvisionalCase::as_select())
            .load(c))
    })
}

/// The item that a case is about, which was opened in one of these files.
pub fn item_of_case(db: &mut Db, files: &[LearnerId], case: CaseId) -> Result<Option<CompletionId>, StoreError> {
    let found: Vec<Uid> = of_ids(files, |some| {
        on_db!(db, c => provisional_case::table
            .filter(provisional_case::learner_id.eq_any(some))
            .filter(provisional_case::case_id.eq(Uid::from(case)))
            .select(provisional_case::completion_id)
            .load(c))
    })?;
    Ok(found.into_iter().next().map(CompletionId::from))
}
