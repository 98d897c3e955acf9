//! Items go over to another file of their person: two files were joined, or that is undone. So do lines that rest on cases ([`cases`]).
//!
//! Whose items go is asked of `domain::completions`, what that does to lines of `domain::hour_ledger`. Each gets a further decision
//! that says what the last one said, of the other file, with the line that stands there. So whatever looks for an item by its last
//! decision (taking it back, correcting it, reading it) finds it in the file where it is.

mod cases;

use super::{
    answer::Outcome,
    redraw::redraw_file,
    release::{self, Pass, SECOND_LOOKS, queue, release},
    rescope,
};
use crate::{problem::Problem, state::AppState};
use domain::{
    completions::goes_back,
    hour_ledger::{Carrying, Entry, MERGE_UNDONE, MERGED},
    kernel::{EntryId, LearnerId, MergeId, PlatformId, Words},
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use store::{
    Backend, Db,
    completions::{CompletionDecision, find, held_of_learners, holds_of, insert_decisions, latest_of_learner},
    hour_ledger::{entries_by_id, insert_entries, reversals_of},
    registry::{
        LearnerMerge, ended_in, find_merge, hold_to_the_last, identifiers_of, insert_merge_items, merge_items,
        successors,
    },
};
use time::OffsetDateTime;

/// Brings over what the file that ends has; answers how many items that were.
pub(crate) fn join(
    db: &mut Db,
    state: &AppState,
    merge: &LearnerMerge,
    by: &str,
    now: OffsetDateTime,
) -> Result<usize, Problem> {
    let to = last_file(db, merge.ends_id)?;
    // Opened again meanwhile: what is there is at home.
    if to == merge.ends_id {
        return Ok(0);
    }
    let items = latest_of_learner(db, merge.ends_id)?;
    let before = merge_items(db, merge.merge_id)?;
    let keys = items.iter().map(|item| (item.platform_id, item.external_id.clone()));
    insert_merge_items(db, merge.merge_id, &keys.filter(|key| !before.contains(key)).collect::<Vec<_>>())?;
    let carrying = Carrying { to, why: MERGED, at: now, by };
    let went = carry(db, state, merge.ends_id, &carrying, &items)?;
    cases::carry_all(db, state, merge.ends_id, &carrying, went)?;
    redraw_file(db, state, to, (by, now))?;
    Ok(items.len())
}

/// Gives back what is the ended file's, once that is open again; answers how many items that were.
pub(crate) fn part(
    db: &mut Db,
    state: &AppState,
    merge: &LearnerMerge,
    by: &str,
    now: OffsetDateTime,
) -> Result<usize, Problem> {
    let (from, to) = (last_file(db, merge.stays_id)?, last_file(db, merge.ends_id)?);
    if from == to {
        return Ok(0);
    }
    let all = latest_of_learner(db, from)?;
    let items = of_the_ended(db, merge, all)?;
    let carrying = Carrying { to, why: MERGE_UNDONE, at: now, by };
    let went = carry(db, state, from, &carrying, &items)?;
    cases::carry_back(db, state, from, (&carrying, merge.ends_id), went)?;
    // Of what was let go with the items, something may draw that came over behind them.
    redraw_file(db, state, to, (by, now))?;
    Ok(items.len())
}

/// On PostgreSQL a push that named the one file may commit beside the merge that ends it, or that opens it again. So what is left
/// in the wrong file is looked for once more, as with what waits.
pub(crate) fn look_again_later(
    db: &mut Db,
    state: &AppState,
    merge: MergeId,
    now: OffsetDateTime,
) -> Result<(), Problem> {
    if state.store.backend() == Backend::Postgres {
        for wait in SECOND_LOOKS {
            queue(db, state, vec![Pass::Merge(merge)], now + wait, now)?;
        }
    }
    Ok(())
}

/// Brings to the right file what the merge, or its undoing, has left in the wrong one.
pub(super) fn look_again(db: &mut Db, state: &AppState, merge: MergeId, now: OffsetDateTime) -> Result<(), Problem> {
    let Some((known, _)) = find_merge(db, merge)? else { return Ok(()) };
    // Whoever joins or parts these files, or those in which they have ended, at this moment was before, or waits: else what was found would go where it no longer belongs.
    let _ = hold_to_the_last(db, &[known.ends_id, known.stays_id])?;
    match find_merge(db, merge)? {
        Some((merge, None)) => join(db, state, &merge, &merge.merged_by, now)?,
        Some((merge, Some(undoing))) => part(db, state, &merge, &undoing.undone_by, now)?,
        None => 0,
    };
    Ok(())
}

/// The file in which one is found today.
fn last_file(db: &mut Db, id: LearnerId) -> Result<LearnerId, Problem> {
    Ok(successors(db, &[id])?.get(&id).copied().unwrap_or(id))
}

/// Those of the items that are the ended file's, by what the merge brought and by their evidence.
fn of_the_ended(
    db: &mut Db,
    merge: &LearnerMerge,
    mut items: Vec<CompletionDecision>,
) -> Result<Vec<CompletionDecision>, Problem> {
    let brought = merge_items(db, merge.merge_id)?;
    let mut parted: BTreeSet<LearnerId> = ended_in(db, &[merge.ends_id])?.into_keys().collect();
    let _ = parted.insert(merge.ends_id);
    let owners: HashMap<String, LearnerId> =
        identifiers_of(db, &parted.iter().copied().collect::<Vec<_>>())?.into_iter().collect();
    let mut named: HashMap<(PlatformId, String), LearnerId> = HashMap::new();
    for (platform, ids) in by_platform(&items) {
        for evidence in find(db, platform, &ids)? {
            let owner = evidence.person_hash.as_ref().and_then(|hash| owners.get(hash)).copied();
            let file = evidence.learner_ref.or(owner);
            named.extend(file.map(|file| ((platform, evidence.external_id), file)));
        }
    }
    items.retain(|item| {
        let key = (item.platform_id, item.external_id.clone());
        goes_back(brought.contains(&key), named.get(&key).copied(), &parted)
    });
    Ok(items)
}

fn by_platform(items: &[CompletionDecision]) -> BTreeMap<PlatformId, Vec<&str>> {
    let mut found: BTreeMap<PlatformId, Vec<&str>> = BTreeMap::new();
    for item in items {
        found.entry(item.platform_id).or_default().push(&item.external_id);
    }
    found
}

/// Carries items over, and looks anew at those that wait or were out of scope: by the facts of the other file they may not be. Answers
/// which line stands for which from now on.
fn carry(
    db: &mut Db,
    state: &AppState,
    from: LearnerId,
    carrying: &Carrying<'_>,
    items: &[CompletionDecision],
) -> Result<HashMap<EntryId, EntryId>, Problem> {
    let lines: Vec<EntryId> = items.iter().filter_map(|item| item.entry_id).collect();
    let taken_back: HashMap<EntryId, EntryId> = reversals_of(db, from, &lines)?.into_iter().collect();
    let wanted: Vec<_> = lines.iter().chain(taken_back.values()).map(|id| (from, *id)).collect();
    let entries: HashMap<EntryId, Entry> =
        entries_by_id(db, &wanted)?.into_iter().map(|entry| (entry.id, entry)).collect();
    let (mut decisions, mut written, mut went) = (Vec::new(), Vec::new(), HashMap::new());
    for item in items {
        let number = item.number + 1;
        let line = item.entry_id.and_then(|id| entries.get(&id));
        let carried = line.map(|line| {
            let by = taken_back.get(&line.id).and_then(|id| entries.get(id));
            carrying.over(line, by, Some(number), &mut || EntryId::from_uuid(state.new_id()))
        });
        decisions.push(CompletionDecision {
            number,
            batch_id: None,
            attempt: None,
            line: None,
            learner_id: Some(carrying.to),
            entry_id: carried.as_ref().map(|carried| carried.line.id),
            decided_at: carrying.at,
            ..item.clone()
        });
        went.extend(line.zip(carried.as_ref()).map(|(line, carried)| (line.id, carried.line.id)));
        written.extend(carried.into_iter().flat_map(|one| [one.reversal, Some(one.line), one.taken_back]).flatten());
    }
    insert_decisions(db, &decisions)?;
    insert_entries(db, &written)?;
    decisions.retain(|item| item.outcome == Outcome::Held.as_str());
    for (platform, ids) in by_platform(&decisions) {
        let holds = holds_of(db, platform, &ids)?;
        release(db, state, &holds, carrying.at)?;
    }
    // Of what else waits no decision has named anyone; whose it is, the queue says.
    let holds = held_of_learners(db, &[from], None, i64::MAX)?;
    release(db, state, &holds, carrying.at)?;
    rescope::on_facts(db, state, &[carrying.to], carrying.at)?;
    named_otherwise(db, state, carrying)?;
    Ok(went)
}

/// What waits because of its name is looked at anew: the file may be known by another one, too.
fn named_otherwise(db: &mut Db, state: &AppState, carrying: &Carrying<'_>) -> Result<(), Problem> {
    let mut files: Vec<LearnerId> = ended_in(db, &[carrying.to])?.into_keys().collect();
    files.push(carrying.to);
    let hashes: HashSet<String> = identifiers_of(db, &files)?.into_iter().map(|(hash, _)| hash).collect();
    release::on_persons(db, state, &hashes.into_iter().collect::<Vec<_>>(), carrying.at)
}
