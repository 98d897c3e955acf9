//! Lines that rest on a case and on no pushed item (recognitions, exemptions, attested years, exceptions, surplus) go over with the files
//! of their person. The cases stay where they were opened and are found by the file that stands. What was taken back goes over with what
//! took it back, so that whoever asks the file that stands learns what became of it.

use crate::{problem::Problem, state::AppState};
use domain::{
    findings::{FINDING_ANNULLED, FOUND_FALSE},
    hour_ledger::{Basis, Carrying, Entry, EntryKind, MERGE_UNDONE, MERGED},
    kernel::{CaseId, EntryId, Hours, LearnerId},
    policy::CategoryCode,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    let going = going(&File::of(&lines), &File::of(&there), |_| true);
    carry(db, state, (carrying, going), (&lines, &there), went)
}

/// Gives back what is the ended file's, or of one that had ended in it: whose case was opened there, or, of what no case was opened for, whose
/// first line stood there. A roll may name both files, so each line of one goes its own way: back where it came from.
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
    let (here, home) = (File::of(&lines), File::of(&there));
    let of_rolls = said_of_whom_goes_back(&here, &home);
    let goes_back = |line: &Entry| match is_on_a_roll(line) {
        true => of_rolls.contains(&line.id),
        false => case_of(line).is_some_and(goes),
    };
    let mut going = going(&here, &home, goes_back);
    // What was found false of a roll goes back as that, so that an annulment gives it to whose it is.
    going.extend(here.found_false().filter(|(line, _)| of_rolls.contains(&line.id)).map(|(line, by)| (line, Some(by))));
    carry(db, state, (carrying, going), (&lines, &there), went)
}

fn carry(
    db: &mut Db,
    state: &AppState,
    (carrying, going): (&Carrying<'_>, Vec<Going<'_>>),
    (lines, there): (&[Entry], &[Entry]),
    went: HashMap<EntryId, EntryId>,
) -> Result<(), Problem> {
    let mut last: HashMap<CaseId, i32> = HashMap::new();
    for line in lines.iter().chain(there) {
        let Some((case, number)) = case_of(line).zip(line.decision_number) else { continue };
        let greatest = last.entry(case).or_insert(number);
        *greatest = number.max(*greatest);
    }
    let written = carrying.cases_over(&going, &last, went, &mut || EntryId::from_uuid(state.new_id()));
    Ok(insert_entries(db, &written)?)
}

fn case_of(line: &Entry) -> Option<CaseId> {
    line.ground.as_ref().map(|ground| ground.case)
}

/// Whether a line rests on a roll, which speaks of many people.
fn is_on_a_roll(line: &Entry) -> bool {
    line.ground.as_ref().is_some_and(|ground| matches!(ground.basis, Basis::Exemption | Basis::Attestation))
}

/// The lines of rolls that go back: a roll speaks of many, so of its lines those that were brought over and say what went over from there
/// at the last joining, each as often as it went: those that stand, and those that were found false meanwhile.
fn said_of_whom_goes_back(here: &File<'_>, home: &File<'_>) -> BTreeSet<EntryId> {
    let mut went: Vec<(&Entry, OffsetDateTime)> = home.went_over().filter(|(line, _)| is_on_a_roll(line)).collect();
    let last = went.iter().map(|(_, at)| *at).max();
    went.retain(|(_, at)| Some(*at) == last);
    let mut owed: BTreeMap<_, usize> = BTreeMap::new();
    for (line, _) in &went {
        *owed.entry(content(line)).or_default() += 1;
    }
    // Whoever looks once more after an undoing finds what came back already, under later numbers than what went.
    let latest = |of: &Entry| {
        went.iter().filter(|(line, _)| case_of(line) == case_of(of)).map(|(line, _)| line.decision_number).max()
    };
    for line in home.lines.iter().filter(|line| line.kind != EntryKind::Reversal && is_on_a_roll(line)) {
        let came_back = line.reason_code.as_deref() == Some(MERGE_UNDONE) && Some(line.decision_number) > latest(line);
        if let Some(left) = owed.get_mut(&content(line)).filter(|_| came_back) {
            *left = left.saturating_sub(1);
        }
    }
    // Through a file that ended in this one and stands again they came back by an undoing, and what was found false by an annulment.
    let was_brought =
        |line: &&Entry| matches!(line.reason_code.as_deref(), Some(MERGED | MERGE_UNDONE | FINDING_ANNULLED));
    let here = here.standing().chain(here.found_false().map(|(line, _)| line));
    let brought = here.filter(|line| is_on_a_roll(line)).filter(was_brought);
    let mut goes = BTreeSet::new();
    for line in brought {
        if let Some(left) = owed.get_mut(&content(line)).filter(|left| **left > 0) {
            *left -= 1;
            let _ = goes.insert(line.id);
        }
    }
    goes
}

/// What a line says, in whichever file it stands.
fn content(line: &Entry) -> (Option<CaseId>, i32, &CategoryCode, Hours) {
    (case_of(line), line.year, &line.category, line.hours)
}

/// A line, and what took it back.
type Going<'l> = (&'l Entry, Option<&'l Entry>);

/// The lines of a file that rest on cases.
struct File<'l> {
    lines: &'l [Entry],
    taken_back: HashMap<EntryId, &'l Entry>,
    /// The greatest number under which a line of each case stands there.
    last: HashMap<CaseId, i32>,
}

impl<'l> File<'l> {
    fn of(lines: &'l [Entry]) -> Self {
        let taken_back = lines.iter().filter_map(|line| Some((line.reverses?, line))).collect();
        let mut last: HashMap<CaseId, i32> = HashMap::new();
        for (case, number) in lines.iter().filter_map(|line| case_of(line).zip(line.decision_number)) {
            let greatest = last.entry(case).or_insert(number);
            *greatest = number.max(*greatest);
        }
        Self { lines, taken_back, last }
    }

    /// The lines that say how a case ended, where it did: the last ones, taken back for another reason than that they went over.
    fn ends(&self) -> impl Iterator<Item = (CaseId, Going<'l>)> {
        let of_case = self.lines.iter().filter_map(|line| Some((case_of(line)?, line)));
        let latest = of_case.filter(|(case, line)| line.decision_number.as_ref() == self.last.get(case));
        let ended = latest.filter_map(|(case, line)| Some((case, line, *self.taken_back.get(&line.id)?)));
        let by_itself = |by: &Entry| !matches!(by.reason_code.as_deref(), Some(MERGED | MERGE_UNDONE));
        ended.filter(move |(.., by)| by_itself(by)).map(|(case, line, by)| (case, (line, Some(by))))
    }

    /// Lines that stand no more because the files were joined, and when that was.
    fn went_over(&self) -> impl Iterator<Item = (&'l Entry, OffsetDateTime)> {
        let by = self.lines.iter().filter_map(|line| Some((line, *self.taken_back.get(&line.id)?)));
        let joined = by.filter(|(_, by)| by.reason_code.as_deref() == Some(MERGED));
        joined.map(|(line, by)| (line, by.recorded_at))
    }

    /// Lines that a finding took back, and what did.
    fn found_false(&self) -> impl Iterator<Item = (&'l Entry, &'l Entry)> {
        let by = self.lines.iter().filter_map(|line| Some((line, *self.taken_back.get(&line.id)?)));
        by.filter(|(_, by)| by.reason_code.as_deref() == Some(FOUND_FALSE))
    }

    /// Lines that nothing took back.
    fn standing(&self) -> impl Iterator<Item = &'l Entry> {
        let lines = self.lines.iter().filter(|line| line.kind != EntryKind::Reversal);
        lines.filter(|line| !self.taken_back.contains_key(&line.id))
    }
}

/// What goes over: what stands, and how cases ended that the other file knows no end of.
fn going<'l>(from: &File<'l>, to: &File<'_>, goes: impl Fn(&Entry) -> bool) -> Vec<Going<'l>> {
    let known: BTreeSet<CaseId> = to.ends().map(|(case, _)| case).collect();
    let ended = from.ends().filter(|(case, (line, _))| goes(line) && !is_on_a_roll(line) && !known.contains(case));
    let ended = ended.map(|(_, line)| line);
    let standing = from.standing().filter(|line| case_of(line).is_some() && goes(line)).map(|line| (line, None));
    standing.chain(ended).collect()
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
