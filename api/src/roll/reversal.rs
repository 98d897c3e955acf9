//! Taking back what a roll says: of some people at once, of a whole roll by the runner, a thousand lines a step. The people are as if
//! the roll had never named them.

use super::{
    body::{Became, ReversedLearner, RollReversalBody, RollReversalInput},
    service::{shown, spoken_for, still_stands},
};
use crate::{
    audit::Recording,
    auth::Permission,
    changes::{Happened, record},
    extract::Unjudged,
    problem::{Kind, Problem},
    quota,
    state::AppState,
    work::{self, End, Turn, in_step},
};
use actix_web::web::Data;
use domain::{
    hour_ledger::Entry,
    kernel::{CaseId, EntryId, LearnerId, WorkId},
    roll::standing_on,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use store::{
    Db,
    hour_ledger::{count_on_roll, insert_entries, lines_on_rolls, people_on_roll},
    registry::{hold_learners, hold_to_the_last},
    roll::{HeldFor, Roll, RollReversal, find_roll, hold_roll, reverse_roll},
    whole_micros,
    work::{NewWork, Work, enqueue},
};
use time::OffsetDateTime;

/// The kind of work that takes a whole roll back.
pub(crate) const REVERSE: &str = "reverse_roll";

/// The reason code of lines by which a whole roll is taken back.
const REVERSED: &str = "roll_reversed";

/// The same of some of its people.
const REMOVED: &str = "removed_from_roll";

/// Lines of how many people one transaction takes back. A person has few lines on a roll.
const AT_ONCE: i64 = 250;

/// Most lines in one transaction.
const MOST_LINES: usize = 1_000;

#[derive(Serialize, Deserialize)]
struct Payload {
    roll: CaseId,
}

/// How far a reversal has come.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Reached {
    after: Option<LearnerId>,
}

pub(super) async fn reverse(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
    input: Unjudged<RollReversalInput>,
) -> Result<RollReversalBody, Problem> {
    if let Some(learners) = &input.as_read().learners {
        state.quotas.spend_on_body(&permission.signature(), quota::many(learners.len()))?;
    }
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let (author, work) = (permission.author(), WorkId::from_uuid(state.new_id()));
    let write = move |db: &mut Recording<'_>| {
        hold_roll(db, id, HeldFor::Reversing)?;
        let book = shared.rule_books.current(db)?;
        let found = spoken_for(db, &permission, &book, id).and_then(|roll| still_stands(&roll).map(|()| roll));
        let roll = input.after(found)?;
        let asked = input.judged(|input, faults| {
            let mut known = BTreeSet::new();
            for (at, learner) in input.learners.iter().flatten().enumerate() {
                if !known.insert(*learner) {
                    faults.twice(&format!("/learners/{at}"));
                }
            }
            Ok(Some(input.clone()))
        })?;
        let before = shown(db, &book, roll.clone(), today)?;
        db.before(&json!({ "roll": before }));
        let by = permission.signature();
        let learners = match &asked.learners {
            None => {
                let reversal = RollReversal { work, reason: asked.reason.trim(), at: now, by: &by };
                begin(db, &roll, reversal)?;
                Vec::new()
            }
            Some(learners) => remove(db, &shared, (&roll, learners), (now, &by))?,
        };
        let roll = find_roll(db, id)?.ok_or_else(|| Problem::new(Kind::NotFound))?;
        let body = RollReversalBody { roll: shown(db, &book, roll, today)?, learners };
        let told = json!({ "reason": asked.reason, "whole": asked.learners.is_none(), "learners": body.learners, "roll": body.roll });
        let _ = db.after("roll", id, told);
        Ok(body)
    };
    state.write(author, write).await
}

/// Says that the whole of it is taken back, and queues the work.
fn begin(db: &mut Db, roll: &Roll, reversal: RollReversal<'_>) -> Result<(), Problem> {
    if !reverse_roll(db, roll.roll_id, reversal)? {
        return Err(Problem::new(Kind::RollReversed));
    }
    let payload = serde_json::to_string(&Payload { roll: roll.roll_id }).map_err(Problem::internal)?;
    let new = NewWork { id: reversal.work, kind: REVERSE, payload: &payload, run_after: reversal.at };
    Ok(enqueue(db, new, reversal.at)?)
}

/// Takes back what it says of these people, in their last files.
fn remove(
    db: &mut Db,
    state: &AppState,
    (roll, learners): (&Roll, &[LearnerId]),
    (now, by): (OffsetDateTime, &str),
) -> Result<Vec<ReversedLearner>, Problem> {
    let last = hold_to_the_last(db, learners)?;
    let file = |learner: &LearnerId| last.get(learner).copied().unwrap_or(*learner);
    let files: BTreeSet<LearnerId> = learners.iter().map(file).collect();
    let (taken, _) = take_back(db, state, (roll.roll_id, Vec::from_iter(files), usize::MAX), (REMOVED, now, by))?;
    let of: BTreeSet<LearnerId> = taken.iter().map(|line| line.learner).collect();
    let outcome = |learner: &LearnerId| {
        let outcome = if of.contains(&file(learner)) { Became::Reversed } else { Became::NotListed };
        ReversedLearner { learner_id: *learner, outcome }
    };
    Ok(learners.iter().map(outcome).collect())
}

/// Reverses what stands of a roll in these files, at most so many lines but those of one person whole, and tells those who follow. Files
/// are held, so that none of them goes over into another at this moment. Answers whether that was all.
fn take_back(
    db: &mut Db,
    state: &AppState,
    (roll, files, most): (CaseId, Vec<LearnerId>, usize),
    (why, now, by): (&str, OffsetDateTime, &str),
) -> Result<(Vec<Entry>, bool), Problem> {
    let _ = hold_learners(db, &files)?;
    let mut of: BTreeMap<LearnerId, Vec<Entry>> = BTreeMap::new();
    for line in lines_on_rolls(db, &files)? {
        of.entry(line.learner).or_default().push(line);
    }
    let (mut reversals, mut all): (Vec<Entry>, bool) = (Vec::new(), true);
    for lines in of.values() {
        let standing: Vec<&Entry> = standing_on(roll, lines).collect();
        if !reversals.is_empty() && reversals.len() + standing.len() > most {
            all = false;
            break;
        }
        let reversal = |line: &Entry| line.reversal(EntryId::from_uuid(state.new_id()), why, now, by);
        reversals.extend(standing.into_iter().map(reversal));
    }
    insert_entries(db, &reversals)?;
    record(db, now, reversals.iter().map(Happened::reversed).collect())?;
    Ok((reversals, all))
}

/// Takes a whole roll back, a step a transaction, for one turn. It goes through the people in their order, and begins anew until a way
/// through finds nobody: a file that went over into another meanwhile may have been passed.
///
/// # Errors
/// When the database fails.
pub(crate) fn run(turn: &Turn<'_>, state: &Data<AppState>, owner: &str, work: &Work) -> Result<End, Problem> {
    let Payload { roll } = serde_json::from_str(&work.payload).map_err(Problem::internal)?;
    let reached = work.reached.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)?;
    let (mut reached, mut done): (Reached, i64) = (reached.unwrap_or_default(), work.done);
    let total = match work.total {
        Some(total) => total,
        None => {
            let counts = state.store.read_blocking(move |db| count_on_roll(db, roll))?;
            counts.lines - counts.reversed
        }
    };
    loop {
        let (shared, from, before) = (state.clone(), reached, done);
        let stepped = in_step(state, (work.work_id, owner), move |db, now| {
            let (next, lines) = step(db, &shared, (roll, from), whole_micros(now))?;
            let (done, at) = (before + lines, serde_json::to_string(&next.unwrap_or_default()));
            let at = at.map_err(Problem::internal)?;
            Ok(((next, done), work::Reached { done, total: Some(total.max(done)), at }))
        })?;
        let Some((next, so_far)) = stepped else { return Ok(End::Lost) };
        let Some(next) = next else { return Ok(End::Done) };
        (reached, done) = (next, so_far);
        if turn.is_over() {
            return Ok(End::Paused);
        }
    }
}

/// One step: where to go on, unless nothing is left, and how many lines were taken back.
fn step(
    db: &mut Db,
    state: &AppState,
    (id, from): (CaseId, Reached),
    now: OffsetDateTime,
) -> Result<(Option<Reached>, i64), Problem> {
    let roll = find_roll(db, id)?.ok_or_else(|| Problem::internal("the roll is gone"))?;
    let by = roll.reversed_by.ok_or_else(|| Problem::internal("the roll is not taken back"))?;
    let people = people_on_roll(db, id, from.after, AT_ONCE)?;
    if people.is_empty() {
        return Ok((from.after.map(|_| Reached::default()), 0));
    }
    let last = people.last().copied();
    let (taken, all) = take_back(db, state, (id, people, MOST_LINES), (REVERSED, now, &by))?;
    // Whoever the bound left out is met next.
    let last = if all { last } else { taken.last().map(|line| line.learner) };
    Ok((Some(Reached { after: last }), i64::try_from(taken.len()).unwrap_or(i64::MAX)))
}
