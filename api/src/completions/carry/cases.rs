//! Lines that rest on a case and on no pushed item (recognitions, exemptions, attested years, exceptions, surplus) go over with the files
//! of their person. The cases stay where they were opened and are found by the file that stands.

use crate::{problem::Problem, state::AppState};
use domain::{
    hour_ledger::{Carrying, Entry, EntryKind},
    kernel::{CaseId, EntryId, LearnerId},
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use store::{
    Db,
    hour_ledger::{insert_entries, lines_on_cases},
    registry::ended_in,
    review::opened_in,
};
use time::OffsetDateTime;

/// Brings over what stands in the file that ends. `went` has the lines of items that went over with it.
pub(super) fn carry_all(
    db: &mut Db,
    state: &AppState,
    from: LearnerId,
    carrying: &Carrying<'_>,
    went: HashMap<EntryId, EntryId>,
) -> Result<(), Problem> {
    let (lines, there) = (lines_on_cases(db, from)?, lines_on_cases(db, carrying.to)?);
    let standing = standing(&lines).collect();
    carry(db, state, (carrying, standing), (&lines, &there), went)
}

/// Gives back what is the ended file's, or of one that had ended in it: whose case was opened there, or, of what no case was opened for, whose
/// first line stood there.
pub(super) fn carry_back(
    db: &mut Db,
    state: &AppState,
    from: LearnerId,
    (carrying, ended): (&Carrying<'_>, LearnerId),
    went: HashMap<EntryId, EntryId>,
) -> Result<(), Problem> {
    let (lines, there) = (lines_on_cases(db, from)?, lines_on_cases(db, carrying.to)?);
    let mut parted: BTreeSet<LearnerId> = ended_in(db, &[ended])?.into_keys().collect();
    let _ = parted.insert(ended);
    let cases: Vec<CaseId> = lines.iter().filter_map(case_of).collect::<BTreeSet<_>>().into_iter().collect();
    let opened = opened_in(db, &cases)?;
    let (first_here, first_there) = (first(&lines), first(&there));
    let goes = |case: CaseId| match opened.get(&case) {
        Some(file) => parted.contains(file),
        None => first_there.get(&case).is_some_and(|there| first_here.get(&case).is_none_or(|here| there < here)),
    };
    let standing = standing(&lines).filter(|line| case_of(line).is_some_and(goes)).collect();
    carry(db, state, (carrying, standing), (&lines, &there), went)
}

fn carry(
    db: &mut Db,
    state: &AppState,
    (carrying, standing): (&Carrying<'_>, Vec<&Entry>),
    (lines, there): (&[Entry], &[Entry]),
    went: HashMap<EntryId, EntryId>,
) -> Result<(), Problem> {
    let mut last: HashMap<CaseId, i32> = HashMap::new();
    for line in lines.iter().chain(there) {
        let Some((case, number)) = case_of(line).zip(line.decision_number) else { continue };
        let greatest = last.entry(case).or_insert(number);
        *greatest = number.max(*greatest);
    }
    let written = carrying.cases_over(&standing, &last, went, &mut || EntryId::from_uuid(state.new_id()));
    Ok(insert_entries(db, &written)?)
}

fn case_of(line: &Entry) -> Option<CaseId> {
    line.ground.as_ref().map(|ground| ground.case)
}

/// Lines that nothing took back.
fn standing(lines: &[Entry]) -> impl Iterator<Item = &Entry> {
    let reversed: HashSet<EntryId> = lines.iter().filter_map(|line| line.reverses).collect();
    lines.iter().filter(move |line| line.kind != EntryKind::Reversal && !reversed.contains(&line.id))
}

/// When the first line of each case was recorded.
fn first(lines: &[Entry]) -> BTreeMap<CaseId, OffsetDateTime> {
    let mut found = BTreeMap::new();
    for line in lines.iter().filter(|line| line.kind != EntryKind::Reversal) {
        let Some(case) = case_of(line) else { continue };
        let first = found.entry(case).or_insert(line.recorded_at);
        *first = line.recorded_at.min(*first);
    }
    found
}
