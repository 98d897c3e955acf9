//! The sealer: one standing piece of work that seals what waits, and removes what is over.
//!
//! Both are steps of one transaction that hold the end of the chain, so that of two sealers one waits for the other. Running a step
//! again finds nothing left of it to do.

use crate::{problem::Problem, state::AppState, work::End};
use actix_web::web::Data;
use domain::{
    audit::{Act, Channel, Event, MOST_MEMBERS, Member, Seal, over_since},
    kernel::{EventId, WorkId},
};
use std::sync::atomic::{AtomicBool, Ordering};
use store::{
    Db,
    audit::{append_event, empty_seals, hold_seals, insert_seal, last_seal, last_seal_before, unsealed_events},
    whole_micros,
    work::{Lease, NewWork, Progress, Work, progress, wake},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// The kind of this work.
pub(crate) const SEAL: &str = "seal_audit_events";

/// There is one piece of it, however many processes serve.
const STANDING: WorkId = WorkId::from_uuid(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001));

/// How many seals are emptied at once at most.
const EMPTIED: i64 = 10;

/// Wakes the sealer if there is something to do.
///
/// # Errors
/// When the database fails.
pub(crate) fn wake_if_needed(db: &mut Db, now: OffsetDateTime, retention: Duration) -> Result<(), Problem> {
    if !unsealed_events(db, 1)?.is_empty() || over(db, now, retention)?.is_some() {
        wake(db, NewWork { id: STANDING, kind: SEAL, payload: "{}", run_after: now }, now)?;
    }
    Ok(())
}

/// Seals and removes until little is left to do, the process is to stop, or the work is someone else's.
///
/// # Errors
/// When the database fails.
pub(crate) fn run(state: &Data<AppState>, lease: Lease<'_>, work: &Work, stop: &AtomicBool) -> Result<End, Problem> {
    let mut done = work.done;
    while !stop.load(Ordering::SeqCst) {
        let (shared, owner, id, lasts) = (state.clone(), lease.owner.to_owned(), work.work_id, lease.lasts);
        let step = state.store.write_blocking(move |db| {
            let now = shared.clock.now();
            let moved = seal_step(db, now, MOST_MEMBERS)? + removal_step(db, now, shared.audit_retention)?;
            // What is sealed waits no longer, so every step begins where the last one ended.
            let made = Progress { done: done + moved, total: None, reached: "{}" };
            let still_ours = progress(db, id, Lease { owner: &owner, now, lasts }, made)?;
            Ok::<_, Problem>((moved, still_ours))
        })?;
        match step {
            (_, false) => return Ok(End::Lost),
            // What came in meanwhile is sealed the next time: one who waits for a moment without events would never end.
            (moved, true) if moved < MOST_MEMBERS => return Ok(End::Done),
            (moved, true) => done += moved,
        }
    }
    Ok(End::Paused)
}

/// Seals up to `limit` of the events that wait; answers how many.
///
/// # Errors
/// When the database fails.
pub(crate) fn seal_step(db: &mut Db, now: OffsetDateTime, limit: i64) -> Result<i64, Problem> {
    hold_seals(db)?;
    let members = waiting(db, limit)?;
    if members.is_empty() {
        return Ok(0);
    }
    let seal = Seal::after(last_seal(db)?.as_ref(), whole_micros(now), &members);
    insert_seal(db, &seal, &members)?;
    Ok(seal.members)
}

/// Removes the events of a few seals whose time is over, if there are any; answers how many. A seal says so, and an event.
fn removal_step(db: &mut Db, now: OffsetDateTime, retention: Duration) -> Result<i64, Problem> {
    hold_seals(db)?;
    let Some(over) = over(db, now, retention)? else { return Ok(0) };
    let now = whole_micros(now);
    let mut event = from_inside("remove_audit_events", now);
    (event.subject_kind, event.subject_id) = (Some("audit_seal".into()), Some(over.number.to_string()));
    append_event(db, &event)?;
    let members = waiting(db, MOST_MEMBERS)?;
    let seal = Seal::after(last_seal(db)?.as_ref(), now, &members).emptying_through(over.number);
    insert_seal(db, &seal, &members)?;
    Ok(i64::try_from(empty_seals(db, over.number)?).unwrap_or(i64::MAX))
}

/// The last of the next seals whose events are to go.
fn over(db: &mut Db, now: OffsetDateTime, retention: Duration) -> Result<Option<Seal>, Problem> {
    let Some(last) = last_seal(db)? else { return Ok(None) };
    Ok(last_seal_before(db, last.emptied_through, EMPTIED, over_since(whole_micros(now), retention))?)
}

fn waiting(db: &mut Db, limit: i64) -> Result<Vec<Member>, Problem> {
    let member = |event: Event| Member { event: event.id, fingerprint: event.fingerprint() };
    Ok(unsealed_events(db, limit)?.into_iter().map(member).collect())
}

/// An event of the service itself.
pub(crate) fn from_inside(operation: &str, at: OffsetDateTime) -> Event {
    Event {
        id: EventId::from_uuid(Uuid::now_v7()),
        at: whole_micros(at),
        act: Act::Write,
        operation: operation.to_owned(),
        actor: "system".to_owned(),
        role: None,
        on_behalf_of: None,
        channel: Channel::Inside,
        channel_name: None,
        subject_kind: None,
        subject_id: None,
        purpose: None,
        problem: None,
        before: None,
        after: None,
        request_id: None,
        times: 1,
    }
}
