//! What follows when a finding is decided: hours taken back and sanctions, in the transaction of the last approval; and when that is taken
//! back, which annuls it: hours said anew. Nothing is un-reversed.

use super::{
    judge::{Ledger, computed},
    shown::ids,
};
use crate::{
    changes::{Happened, record},
    completions::{accepted, said_anew},
    problem::Problem,
    recognition::case::Seen,
    state::AppState,
};
use domain::{
    findings::{FOUND_FALSE, Finding, Giving, SaidAnew, given_back, standing_for},
    hour_ledger::{ALLOCATION_WITHDRAWN, Basis, Entry},
    kernel::{CaseId, EntryId, LearnerId},
    policy::RuleBook,
    review::State,
};
use std::collections::HashMap;
use store::{
    Db,
    findings::{Found, add_lines, empty_findings, find_finding, findings_of, insert_annulled, insert_decided},
    hour_ledger::insert_entries,
    review::find_case,
    roll::find_roll,
};
use time::OffsetDateTime;

/// Lets follow what follows from where the review of a finding has come to.
///
/// # Errors
/// When the database fails.
pub(crate) fn follow(
    db: &mut Db,
    (state, book): (&AppState, &RuleBook),
    seen: &Seen,
    (by, now): (&str, OffsetDateTime),
) -> Result<(), Problem> {
    let id = seen.case.opening().id;
    let found = find_finding(db, &seen.files, id)?.ok_or_else(|| Problem::internal(format!("{id} found nothing")))?;
    match seen.case.state() {
        State::Approved => take_effect(db, (state, book), (seen, &found), (by, now)),
        State::Revoked => annul(db, state, (seen, &found), (by, now)),
        _ => Ok(()),
    }
}

/// Takes the hours back that stand of those concerned, and keeps the sanctions as the rules compute them now.
fn take_effect(
    db: &mut Db,
    (state, book): (&AppState, &RuleBook),
    (seen, found): (&Seen, &Found),
    (by, now): (&str, OffsetDateTime),
) -> Result<(), Problem> {
    let key = (found.alleged.learner_id, found.alleged.case_id);
    let Ledger { entries } = Ledger::of(db, &seen.files)?;
    // What it was found of may have gone over into another file since, or been taken back for another reason.
    let lines = standing_for(&found.lines, &entries);
    add_lines(db, key, &ids(lines.iter().copied()))?;
    let concerned = entries.iter().filter(|line| found.lines.contains(&line.id));
    let sanctions = computed(book, &seen.learner, (found.alleged.cause, found.alleged.decided_on), concerned);
    insert_decided(db, key, &sanctions, (now, by))?;
    let reversal = |line: &&Entry| line.reversal(EntryId::from_uuid(state.new_id()), FOUND_FALSE, now, by);
    let reversals: Vec<Entry> = lines.iter().map(reversal).collect();
    insert_entries(db, &reversals)?;
    record(db, now, reversals.iter().map(Happened::reversed).collect())
}

/// Says the hours anew that it took back, but for what another finding concerns or what was taken back for another reason since.
fn annul(
    db: &mut Db,
    state: &AppState,
    (seen, found): (&Seen, &Found),
    (by, now): (&str, OffsetDateTime),
) -> Result<(), Problem> {
    let key = (found.alleged.learner_id, found.alleged.case_id);
    insert_annulled(db, key, (now, by))?;
    let Some(finding) = found.finding() else { return Err(Problem::internal("annulled before it took effect")) };
    let others: Vec<Finding> = findings_of(db, &seen.files)?.into_values().flatten().collect();
    let Ledger { entries } = Ledger::of(db, &seen.files)?;
    let lines = still_said(db, given_back(&finding, &others, &entries), &entries)?;
    let giving = Giving { to: seen.learner.id, at: now, by };
    say_anew(db, state, &giving, (&lines, &entries))
}

/// Appends what gives these lines back, with the decisions over their items that say so, and tells those who follow.
pub(super) fn say_anew(
    db: &mut Db,
    state: &AppState,
    giving: &Giving<'_>,
    (lines, entries): (&[&Entry], &[Entry]),
) -> Result<(), Problem> {
    let decisions = said_anew(db, lines)?;
    let number = |line: &Entry| decisions.number(line);
    let said: Vec<SaidAnew> = giving.anew(lines, entries, &number, &mut || EntryId::from_uuid(state.new_id()));
    let reversals: Vec<Entry> = said.iter().filter_map(|one| one.reversal.clone()).collect();
    let anew: Vec<Entry> = said.into_iter().map(|one| one.line).collect();
    insert_entries(db, &reversals)?;
    insert_entries(db, &anew)?;
    decisions.keep(db, &anew)?;
    let told = reversals.iter().map(Happened::reversed).chain(anew.iter().map(Happened::said_anew));
    record(db, giving.at, told.collect())
}

/// Those of the lines that nothing else took back while they were found false: whose recognition was not revoked, whose roll and whose
/// allocation were not taken back, and whose item no other one has replaced.
pub(super) fn still_said<'e>(db: &mut Db, lines: Vec<&'e Entry>, entries: &[Entry]) -> Result<Vec<&'e Entry>, Problem> {
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
        Basis::Recognition => find_case(db, case)?.is_none_or(|case| case.state() != State::Revoked),
        Basis::Exemption | Basis::Attestation => find_roll(db, case)?.is_none_or(|roll| roll.reversed_at.is_none()),
        Basis::Surplus => {
            let mut lines = entries.iter().filter(of_case);
            lines.all(|line| line.reason_code.as_deref() != Some(ALLOCATION_WITHDRAWN))
        }
        Basis::Exception => true,
    })
}

/// Empties what may name these people, who are erased. What waits of them is ended with all their cases; lines and sanctions stay.
///
/// # Errors
/// When the database fails.
pub(crate) fn empty(db: &mut Db, files: &[LearnerId]) -> Result<(), Problem> {
    Ok(empty_findings(db, files)?)
}
