//! The sealer: one standing piece of work that seals what waits, and removes what is over.
//!
//! Both are steps of one transaction that hold the end of the chain, so that of two sealers one waits for the other. Running a step
//! again finds nothing left of it to do.

use crate::{
    problem::Problem,
    state::AppState,
    work::{End, Standing},
};
use actix_web::web::Data;
use domain::{
    audit::{Act, Channel, Event, MOST_MEMBERS, Member, Seal, over_since},
    kernel::{EventId, WorkId},
};
use serde_json::json;
use store::{
    Db,
    audit::{
        append_event, empty_seals, hold_seals, insert_seal, last_seal, last_seal_before, no_longer_unsealed,
        unsealed_and_sealed, unsealed_events,
    },
    whole_micros,
    work::{NewWork, wake},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// The kind of this work.
pub(crate) const SEAL: &str = "seal_audit_events";

/// There is one piece of it, however many processes serve.
const STANDING: WorkId = WorkId::from_uuid(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001));

/// Whether a seal is one of reads: these first, as the verification of the chain relies on.
const KINDS: [bool; 2] = [true, false];

/// How long events are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    /// Reads of people's files.
    pub(crate) reads: Duration,
    /// All others.
    pub(crate) others: Duration,
}

/// How many seals are emptied at once at most.
const EMPTIED: i64 = 10;

/// Wakes the sealer if there is something to do.
///
/// # Errors
/// When the database fails.
pub(crate) fn wake_if_needed(db: &mut Db, now: OffsetDateTime, kept: Kept) -> Result<(), Problem> {
    if !unsealed_and_sealed(db, 1)?.is_empty() {
        return wake_sealer(db, now);
    }
    for of_reads in KINDS {
        if !unsealed_events(db, of_reads, 1)?.is_empty() || over(db, of_reads, now, kept)?.is_some() {
            return wake_sealer(db, now);
        }
    }
    Ok(())
}

fn wake_sealer(db: &mut Db, now: OffsetDateTime) -> Result<(), Problem> {
    Ok(wake(db, NewWork { id: STANDING, kind: SEAL, payload: "{}", run_after: now }, now)?)
}

/// Seals and removes until little is left to do, the process is to stop, or the work is someone else's.
///
/// # Errors
/// When the database fails.
pub(crate) fn run(state: &Data<AppState>, standing: Standing<'_>) -> Result<End, Problem> {
    standing.in_steps(state, MOST_MEMBERS, |db, state, now| {
        let mut moved = seal_step(db, now, MOST_MEMBERS)?;
        if moved < MOST_MEMBERS {
            for of_reads in KINDS {
                moved += removal_step(db, of_reads, now, state.kept())?;
            }
        }
        Ok(moved)
    })
}

/// Seals up to `limit` of each kind of the events that wait, and nothing after what is left of a kind; answers how many.
///
/// # Errors
/// When the database fails.
pub(crate) fn seal_step(db: &mut Db, now: OffsetDateTime, limit: i64) -> Result<i64, Problem> {
    hold_seals(db)?;
    pass_over(db, limit)?;
    let mut sealed = 0;
    for of_reads in KINDS {
        let members = waiting(db, of_reads, limit)?;
        if members.is_empty() {
            continue;
        }
        let seal = Seal::after(last_seal(db)?.as_ref(), whole_micros(now), &members).over_reads(of_reads);
        insert_seal(db, &seal, &members)?;
        sealed += seal.members;
        if seal.members >= limit {
            break;
        }
    }
    Ok(sealed)
}

/// Clears the queue of what is sealed already: a second seal of it would fail, and with it every seal from then on.
fn pass_over(db: &mut Db, limit: i64) -> Result<(), Problem> {
    let sealed = unsealed_and_sealed(db, limit)?;
    for event in &sealed {
        log::error!(target: "xueshi::audit", event = event.to_string().as_str(); "is sealed and was put among those that wait, past the service; passed over");
    }
    Ok(no_longer_unsealed(db, &sealed)?)
}

/// Removes the events of a few seals whose time is over, if there are any; answers how many. A seal says so, and an event.
fn removal_step(db: &mut Db, of_reads: bool, now: OffsetDateTime, kept: Kept) -> Result<i64, Problem> {
    hold_seals(db)?;
    let Some(over) = over(db, of_reads, now, kept)? else { return Ok(0) };
    let now = whole_micros(now);
    let mut event = from_inside("remove_audit_events", now);
    (event.subject_kind, event.subject_id) = (Some("audit_seal".into()), Some(over.number.to_string()));
    event.after = Some(json!({ "of_reads": of_reads }).to_string());
    append_event(db, &event)?;
    let members = waiting(db, false, MOST_MEMBERS)?;
    let last = last_seal(db)?;
    let emptied = last.as_ref().map_or(0, |last| last.emptied(of_reads));
    let seal = Seal::after(last.as_ref(), now, &members).emptying_through(of_reads, over.number);
    insert_seal(db, &seal, &members)?;
    Ok(i64::try_from(empty_seals(db, of_reads, (emptied, over.number))?).unwrap_or(i64::MAX))
}

/// The last of the next seals whose events are to go.
fn over(db: &mut Db, of_reads: bool, now: OffsetDateTime, kept: Kept) -> Result<Option<Seal>, Problem> {
    let Some(last) = last_seal(db)? else { return Ok(None) };
    let retention = if of_reads { kept.reads } else { kept.others };
    let over_since = over_since(whole_micros(now), retention);
    Ok(last_seal_before(db, of_reads, (last.emptied(of_reads), EMPTIED), over_since)?)
}

fn waiting(db: &mut Db, of_reads: bool, limit: i64) -> Result<Vec<Member>, Problem> {
    let member = |event: Event| Member { event: event.id, fingerprint: event.fingerprint() };
    Ok(unsealed_events(db, of_reads, limit)?.into_iter().map(member).collect())
}

/// An event of someone at the command line.
pub(crate) fn by_operator(operation: &str, (kind, id): (&str, &str), at: OffsetDateTime) -> Event {
    Event {
        actor: "operator".to_owned(),
        subject_kind: Some(kind.to_owned()),
        subject_id: Some(id.to_owned()),
        ..from_inside(operation, at)
    }
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
