//! Hours said anew, because the finding that took them back was annulled. Nothing is un-reversed: another line says the same, in the file
//! in which that is at home today.

use super::judge::Ledger;
use crate::{
    changes::{Happened, record},
    completions::{accepted, said_anew},
    problem::Problem,
    registry::hold_kin,
    state::AppState,
};
use domain::{
    findings::{Finding, Giving, SaidAnew, given_back, home_of},
    hour_ledger::{ALLOCATION_WITHDRAWN, Basis, Entry},
    kernel::{CaseId, CompletionId, EntryId, LearnerId},
    review::State,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{
    Db,
    findings::{course_findings_of, findings_of},
    hour_ledger::{cases_about, insert_entries},
    registry::successors,
    review::find_case,
    roll::find_roll,
};
use time::OffsetDateTime;

/// Says the hours anew that an annulled finding took back, but for what another finding concerns or what was taken back for another reason
/// since. `person` is the file that stands of whom it was found. What came over with a joining of files that was undone since goes to
/// the file to which it went back.
///
/// # Errors
/// When the database fails.
pub(super) fn give_back(
    db: &mut Db,
    state: &AppState,
    (case, person): (CaseId, LearnerId),
    (by, now): (&str, OffsetDateTime),
) -> Result<(), Problem> {
    let kin = hold_kin(db, &[person])?;
    let last = successors(db, &kin)?;
    let stands = |file: LearnerId| last.get(&file).copied().unwrap_or(file);
    let Ledger { entries } = Ledger::of(db, &kin)?;
    let mut all: Vec<Finding> = findings_of(db, &kin)?.into_values().flatten().collect();
    all.extend(course_findings_of(db, &kin)?.into_values().flatten());
    let (own, others): (Vec<Finding>, Vec<Finding>) = all.into_iter().partition(|one| one.case == case);
    let lines: Vec<EntryId> = own.iter().flat_map(|one| one.lines.iter().copied()).collect();
    let Some(finding) = own.into_iter().next().map(|one| Finding { lines, ..one }) else { return Ok(()) };
    let mut homes: BTreeMap<LearnerId, Vec<&Entry>> = BTreeMap::new();
    for line in still_said(db, given_back(&finding, &others, &entries), &entries)? {
        homes.entry(stands(home_of(line, &entries))).or_default().push(line);
    }
    for (to, lines) in homes {
        say_anew(db, state, &Giving { to, at: now, by }, (&lines, &entries))?;
    }
    Ok(())
}

/// Appends what gives these lines back, with the decisions over their items that say so, and tells those who follow.
fn say_anew(
    db: &mut Db,
    state: &AppState,
    giving: &Giving<'_>,
    (lines, entries): (&[&Entry], &[Entry]),
) -> Result<(), Problem> {
    let decisions = said_anew(db, lines)?;
    let number = |line: &Entry| decisions.number(line);
    let said: Vec<SaidAnew> = giving.anew(lines, entries, &number, &mut || EntryId::from_uuid(state.new_id()));
    let reversals: Vec<Entry> = said.iter().filter_map(|one| one.reversal.clone()).collect();
    let uncounted = uncounted(db, lines)?;
    let waits = |one: SaidAnew| if uncounted.contains(&one.instead_of) { one.waiting() } else { one };
    let anew: Vec<Entry> = said.into_iter().map(|one| waits(one).line).collect();
    insert_entries(db, &reversals)?;
    insert_entries(db, &anew)?;
    let otherwise = decisions.keep(db, &anew)?;
    let again = |line: &Entry| match otherwise.get(&line.id) {
        Some(outcome) => Happened { outcome: Some(*outcome), ..Happened::said_anew(line) },
        None => Happened::said_anew(line),
    };
    let told = reversals.iter().map(Happened::reversed).chain(anew.iter().map(again));
    record(db, giving.at, told.collect())
}

/// Those of the lines by which an office had counted hours that it does not count any more: it took that back while they were found false.
fn uncounted(db: &mut Db, lines: &[&Entry]) -> Result<BTreeSet<EntryId>, Problem> {
    let decided = || lines.iter().filter(|line| line.was_decided());
    let items: Vec<CompletionId> = decided().filter_map(|line| line.completion).collect();
    let mut counted = BTreeSet::new();
    for one in cases_about(db, &items)? {
        if find_case(db, one.case_id)?.is_some_and(|case| case.state() == State::Approved) {
            let _ = counted.insert(one.completion_id);
        }
    }
    let is_counted = |line: &Entry| line.completion.is_some_and(|item| counted.contains(&item));
    Ok(decided().filter(|line| !is_counted(line)).map(|line| line.id).collect())
}

/// Those of the lines that nothing else took back while they were found false: whose recognition or exception was not revoked, whose roll and whose
/// allocation were not taken back, and whose item no other one has replaced.
fn still_said<'e>(db: &mut Db, lines: Vec<&'e Entry>, entries: &[Entry]) -> Result<Vec<&'e Entry>, Problem> {
    let mut said: HashMap<CaseId, bool> = HashMap::new();
    let mut kept = Vec::new();
    for line in accepted(db, lines)? {
        let Some(ground) = &line.ground else {
            kept.push(line);
            continue;
        };
        let stands = match said.get(&ground.case) {
            Some(stands) => *stands,
            None => case_stands(db, (ground.basis, ground.case), entries)?,
        };
        let _ = said.insert(ground.case, stands);
        if stands {
            kept.push(line);
        }
    }
    Ok(kept)
}

fn case_stands(db: &mut Db, (basis, case): (Basis, CaseId), entries: &[Entry]) -> Result<bool, Problem> {
    let of_case = |line: &&Entry| line.ground.as_ref().is_some_and(|ground| ground.case == case);
    Ok(match basis {
        Basis::Recognition | Basis::Exception => find_case(db, case)?.is_none_or(|case| case.state() != State::Revoked),
        Basis::Exemption | Basis::Attestation => find_roll(db, case)?.is_none_or(|roll| roll.reversed_at.is_none()),
        Basis::Surplus => {
            let mut lines = entries.iter().filter(of_case);
            lines.all(|line| line.reason_code.as_deref() != Some(ALLOCATION_WITHDRAWN))
        }
    })
}
