//! A reassessment by the runner: the items of some people a step. A step commits only while its runner holds the lease: it takes the row of
//! the work first, so that whoever takes the work over waits for it, and finds what it did.

use crate::{
    completions::reassess::{AfterItem, Became, Reassessing, Worth, reassess},
    hour_ledger::{Row, people, stands_at},
    problem::Problem,
    state::AppState,
    work::{End, LEASE, Turn},
};
use actix_web::web::Data;
use domain::{
    kernel::{LearnerId, PlaceCode, ReassessmentId, WorkId},
    registry::LearnerFacts,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use store::{
    Db,
    reassessment::{Reassessed, ReassessedItem, Reassessment, end_reassessment, find_reassessment, insert_reassessed},
    registry::{count_learners_of, hold_learners, load_learner_facts},
    whole_micros,
    work::{Lease, NewWork, Progress, Work, enqueue, progress},
};
use time::OffsetDateTime;

/// The kind of work that decides recorded items anew.
pub(crate) const REASSESS: &str = "reassess";

/// Of how many people one transaction looks at items: as many of these as are decided at a time.
const AT_ONCE: i64 = 50;

#[derive(Serialize, Deserialize)]
struct Payload {
    reassessment: ReassessmentId,
}

/// How far it has come.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Reached {
    /// After whom, place by place.
    after: Option<Row>,
    /// The last of those whose items are being looked at, and after which item.
    within: Option<(Row, AfterItem)>,
    /// How many people and items were looked at on the first way through.
    people: i64,
    items: i64,
    /// Whether that is over.
    again: bool,
    /// Whether this way through has decided anything otherwise, or left it to another transaction.
    found: bool,
}

/// Queues it.
pub(super) fn queue(
    db: &mut Db,
    (id, reassessment): (WorkId, ReassessmentId),
    now: OffsetDateTime,
) -> Result<(), Problem> {
    let payload = serde_json::to_string(&Payload { reassessment }).map_err(Problem::internal)?;
    Ok(enqueue(db, NewWork { id, kind: REASSESS, payload: &payload, run_after: now }, now)?)
}

/// Decides anew, a step a transaction, for one turn. It goes through the people place by place, and begins anew until a way through decides
/// nothing otherwise: a file that went over into another meanwhile may have been passed, and what another transaction was deciding at the
/// same moment was left to it.
///
/// # Errors
/// When the database fails.
pub(crate) fn run(turn: &Turn<'_>, state: &Data<AppState>, owner: &str, work: &Work) -> Result<End, Problem> {
    let Payload { reassessment } = serde_json::from_str(&work.payload).map_err(Problem::internal)?;
    let reached = work.reached.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)?;
    let mut reached: Reached = reached.unwrap_or_default();
    let total = match work.total {
        Some(total) => total,
        None => {
            let shared = state.clone();
            state.store.read_blocking(move |db| {
                let row = row(db, reassessment)?;
                let places = shared.rule_books.current(db)?.places().subtree(&row.place_code);
                Ok::<_, Problem>(count_learners_of(db, &places)?)
            })?
        }
    };
    loop {
        let (shared, owner, id, from) = (state.clone(), owner.to_owned(), work.work_id, reached.clone());
        let made = state.store.write_blocking(move |db| {
            let now = whole_micros(shared.clock.now());
            let lease = Lease { owner: &owner, now, lasts: LEASE };
            let reaches = |reached: &Reached| serde_json::to_string(reached).map_err(Problem::internal);
            let so_far = |reached: &Reached| (reached.people, Some(total.max(reached.people)));
            // Whose lease is lost writes nothing.
            let ((done, total), at) = (so_far(&from), reaches(&from)?);
            if !progress(db, id, lease, Progress { done, total, reached: &at })? {
                return Ok(None);
            }
            let next = step(db, &shared, (reassessment, from.clone()), now)?;
            let there = next.as_ref().unwrap_or(&from);
            let ((done, total), at) = (so_far(there), reaches(there)?);
            progress(db, id, lease, Progress { done, total, reached: &at })?;
            Ok::<_, Problem>(Some(next))
        })?;
        let Some(next) = made else { return Ok(End::Lost) };
        let Some(next) = next else { return Ok(End::Done) };
        reached = next;
        if turn.is_over() {
            return Ok(End::Paused);
        }
    }
}

fn row(db: &mut Db, id: ReassessmentId) -> Result<Reassessment, Problem> {
    find_reassessment(db, id)?.ok_or_else(|| Problem::internal("the reassessment is gone"))
}

/// One step: where to go on, unless nothing is left.
fn step(
    db: &mut Db,
    state: &AppState,
    (id, from): (ReassessmentId, Reached),
    now: OffsetDateTime,
) -> Result<Option<Reached>, Problem> {
    let row = row(db, id)?;
    let book = state.rule_books.current(db)?;
    let places = BTreeSet::from_iter(book.places().subtree(&row.place_code));
    let mut rows = people(db, &places, from.after.as_ref(), AT_ONCE)?;
    if let Some((last, _)) = &from.within {
        rows.retain(|row| row <= last);
    }
    let Some(last) = rows.last().cloned() else { return way_through(db, &row, from, now) };
    let own = looked_at(db, &rows, &places)?;
    let after = from.within.as_ref().map(|(_, item)| item);
    let of = Reassessing { policy: row.policy_id, by: &row.recorded_by, now };
    let looked = reassess(db, state, (&own, after), of)?;
    insert_reassessed(db, id, &looked.became.iter().map(kept).collect::<Vec<_>>())?;
    let mut next = Reached { found: from.found || !looked.became.is_empty() || looked.left > 0, ..from };
    if !next.again {
        next.items += i64::try_from(looked.items).unwrap_or(i64::MAX);
    }
    match looked.next {
        Some(item) => next.within = Some((last, item)),
        None => {
            if !next.again {
                next.people += i64::try_from(own.len()).unwrap_or(i64::MAX);
            }
            (next.after, next.within) = (Some(last), None);
        }
    }
    Ok(Some(next))
}

/// Those of the rows who are looked at there, held: none of their files goes over into another at this moment.
pub(super) fn looked_at(db: &mut Db, rows: &[Row], places: &BTreeSet<PlaceCode>) -> Result<Vec<LearnerId>, Problem> {
    let ids: Vec<LearnerId> = BTreeSet::from_iter(rows.iter().map(|(_, id)| *id)).into_iter().collect();
    let _ = hold_learners(db, &ids)?;
    let facts: HashMap<LearnerId, LearnerFacts> =
        load_learner_facts(db, &ids)?.into_iter().map(|facts| (facts.id, facts)).collect();
    let stands = |(place, id): &&Row| {
        facts.get(id).is_some_and(|facts| facts.ended_in.is_none() && stands_at(facts, place, places))
    };
    Ok(rows.iter().filter(stands).map(|(_, id)| *id).collect())
}

/// Nobody is left: it begins anew where anything was decided otherwise, and else has ended.
fn way_through(
    db: &mut Db,
    row: &Reassessment,
    from: Reached,
    now: OffsetDateTime,
) -> Result<Option<Reached>, Problem> {
    let Reached { people, items, found, .. } = from;
    if found {
        return Ok(Some(Reached { people, items, again: true, ..Reached::default() }));
    }
    let _ = end_reassessment(db, row.reassessment_id, (people, items), now)?;
    Ok(None)
}

fn kept(became: &Became) -> ReassessedItem {
    let worth = |worth: Worth| Reassessed { outcome: worth.outcome, hours: worth.hours };
    ReassessedItem {
        platform: became.platform,
        external_id: became.external_id.clone(),
        number: became.number,
        learner: became.learner,
        before: worth(became.before),
        after: worth(became.after),
    }
}
