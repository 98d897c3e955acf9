//! What follows when a finding is decided: hours taken back and sanctions, in the transaction of the last approval; and when that is taken
//! back, which annuls it: hours said anew. Nothing is un-reversed.

use super::{
    anew::give_back,
    judge::{Ledger, computed},
    shown::ids,
};
use crate::{
    changes::{Happened, record},
    completions::hold_items,
    problem::{Kind, Problem},
    recognition::case::Seen,
    state::AppState,
    text::Text,
};
use domain::{
    findings::{FOUND_FALSE, parted, standing_for},
    hour_ledger::Entry,
    kernel::{EntryId, LearnerId},
    policy::RuleBook,
    review::{Phase, State},
};
use store::{
    Db,
    findings::{Found, add_lines, empty_findings, find_finding, insert_annulled, insert_decided},
    hour_ledger::insert_entries,
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
    hold_items(db, &standing_for(&found.lines, &entries))?;
    // One of them may have been replaced or taken back before it was held.
    let Ledger { entries } = Ledger::of(db, &seen.files)?;
    // What it was found of may have gone over into another file since, or been taken back for another reason.
    let lines = standing_for(&found.lines, &entries);
    if parted(&found.lines, &entries) {
        return Err(of_another_file());
    }
    add_lines(db, key, &ids(lines.iter().copied()))?;
    let concerned = entries.iter().filter(|line| found.lines.contains(&line.id));
    let sanctions = computed(book, &seen.learner, (found.alleged.cause, found.alleged.decided_on), concerned);
    insert_decided(db, key, &sanctions, (now, by))?;
    let reversal = |line: &&Entry| line.reversal(EntryId::from_uuid(state.new_id()), FOUND_FALSE, now, by);
    let reversals: Vec<Entry> = lines.iter().map(reversal).collect();
    insert_entries(db, &reversals)?;
    record(db, now, reversals.iter().map(Happened::reversed).collect())
}

fn of_another_file() -> Problem {
    let words = Text::new(
        "合并已撤销，所涉学时已回到另一人的档案；请不予认定，另就该档案提出",
        "the joining was undone and the hours are another file's again: refuse it, and file it there",
    );
    Problem::new(Kind::ReviewNotNow).detail(words).with("state", Phase::Waiting)
}

/// Says the hours anew that it took back.
fn annul(
    db: &mut Db,
    state: &AppState,
    (seen, found): (&Seen, &Found),
    (by, now): (&str, OffsetDateTime),
) -> Result<(), Problem> {
    if found.decided.is_none() {
        return Err(Problem::internal("annulled before it took effect"));
    }
    let case = found.alleged.case_id;
    insert_annulled(db, (found.alleged.learner_id, case), (now, by))?;
    give_back(db, state, (case, seen.learner.id), (by, now))
}

/// Empties what may name these people, who are erased. What waits of them is ended with all their cases; lines and sanctions stay.
///
/// # Errors
/// When the database fails.
pub(crate) fn empty(db: &mut Db, files: &[LearnerId]) -> Result<(), Problem> {
    Ok(empty_findings(db, files)?)
}
