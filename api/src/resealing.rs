//! Sealing anew by the newest data key what other keys sealed, while the service goes on serving: a piece of work for the runner.
//!
//! Every field is opened and sealed for the same row and field again, some hundred rows a transaction. A row that someone writes
//! meanwhile is left to them, and one that does not open is counted and left as it is. Running it twice, or on two replicas at once, finds less to do. What is found by a keyed hash is
//! found as before: the lookup key is another one and stays. Which rows there are and how each is sealed, `rows.rs` says.

mod rows;

use crate::{
    audit::sealing::{by_operator, from_inside},
    keys::DataKeys,
    problem::Problem,
    settings::Settings,
    startup::{self, StartError},
    state::AppState,
    work::{End, Reached, Turn, in_step},
};
use actix_web::web::Data;
use domain::{audit::Event, kernel::WorkId};
use rows::{At, Step, step};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{collections::BTreeMap, fmt::Write, sync::Arc};
use store::{
    audit::append_event,
    sealed::rows_by_key,
    work::{NewWork, Work, WorkState, enqueue, last_of_kind},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

/// The kind of this work.
pub(crate) const RESEAL: &str = "reseal_personal_fields";

/// Rounds through all tables: a second one for what was under way when the key changed.
const ROUNDS: u8 = 2;

#[derive(Serialize, Deserialize)]
struct Payload {
    /// The key that is to seal everything.
    key_id: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Position {
    round: u8,
    at: At,
    /// Rows that did not open in this round. They stay as they are.
    #[serde(default)]
    unopened: i64,
}

impl Position {
    /// Whether all rounds are done, and their event is written.
    const fn is_end(&self) -> bool {
        self.round > ROUNDS
    }
}

/// Orders that everything be sealed by the newest key.
///
/// # Errors
/// When that key has yet to wait for its moment, or the database fails.
pub(crate) fn order(settings: &Settings, now: OffsetDateTime) -> Result<(), Box<dyn std::error::Error>> {
    let keys = settings.load_data_keys().map_err(StartError::from)?;
    if let Some(from) = keys.newest_waits_until(now) {
        let from = from.format(&Rfc3339).unwrap_or_default();
        return Err(format!("{} seals from {from} on; nothing can be sealed anew by it before", keys.newest()).into());
    }
    let payload = serde_json::to_string(&Payload { key_id: keys.newest().to_owned() })?;
    let ordered = by_operator("order_resealing", ("data_key", keys.newest()), now);
    // Due since its key is, whatever the clock of this machine says.
    let run_after = keys.newest_from().unwrap_or(now);
    startup::open_existing(settings)?.write_blocking(move |db| {
        let new = NewWork { id: WorkId::from_uuid(Uuid::now_v7()), kind: RESEAL, payload: &payload, run_after };
        enqueue(db, new, now)?;
        append_event(db, &ordered)
    })?;
    Ok(())
}

/// Which key seals how much, what may be taken out of the file, and how far the work is.
///
/// # Errors
/// When the keys or the database cannot be read.
pub(crate) fn status(settings: &Settings, now: OffsetDateTime) -> Result<String, StartError> {
    let keys = settings.load_data_keys()?;
    let (rows, work) = startup::open_existing(settings)?
        .read_blocking(|db| Ok::<_, store::StoreError>((rows_by_key(db)?, last_of_kind(db, RESEAL)?)))?;
    Ok(said(&keys, rows, work.as_ref(), now))
}

fn said(keys: &DataKeys, mut rows: BTreeMap<String, i64>, work: Option<&Work>, now: OffsetDateTime) -> String {
    let mut text = String::new();
    let reached = work.and_then(|work| work.reached.as_deref()).and_then(|text| serde_json::from_str(text).ok());
    let unopened = reached.filter(Position::is_end).map_or(0, |position| position.unopened);
    let under_way = work.is_some_and(|work| matches!(work.state, WorkState::Waiting | WorkState::Running));
    for id in keys.data_key_ids() {
        let count = rows.remove(id).unwrap_or_default();
        let role = match (id == keys.active(now), id == keys.newest(), count) {
            (true, ..) => "seals what is written now",
            (_, true, _) => "waits for its moment",
            (_, _, 0) if under_way => "seals nothing any more; wait until the work is done",
            (_, _, 0) => {
                "seals nothing any more: it may be taken out of the file once every replica runs with the newest"
            }
            _ if unopened > 0 => {
                "opens what it sealed; of that, some did not open when all was sealed anew: the log names it, OPERATIONS says what to do"
            }
            _ => "opens what it sealed; `xueshi keys reseal` seals that anew",
        };
        let _ = writeln!(text, "{id}: {count} rows; {role}");
    }
    for (id, count) in rows {
        let _ = writeln!(text, "{id}: {count} rows; NOT IN THE FILE: they cannot be read");
    }
    let Some(work) = work else { return text };
    let _ = write!(text, "sealing anew: {}, {} rows", work.state, work.done);
    let _ = work.total.map_or(Ok(()), |total| write!(text, " of {total}"));
    if unopened > 0 {
        let _ = write!(text, "; finished with {unopened} rows that do not open, see the log");
    }
    let _ = work.last_error.as_ref().map_or(Ok(()), |error| write!(text, "; {error}"));
    text + "\n"
}

/// Seals anew for one turn, and one step at least.
///
/// # Errors
/// When this process seals by another key, or the database fails.
pub(crate) fn run(turn: &Turn<'_>, state: &Data<AppState>, owner: &str, work: &Work) -> Result<End, Problem> {
    let payload: Payload = serde_json::from_str(&work.payload).map_err(Problem::internal)?;
    let key_id: Arc<str> = payload.key_id.into();
    let reached = work.reached.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)?;
    let mut position = reached.unwrap_or(Position { round: 1, at: At::Persons(None), unopened: 0 });
    let total = match work.total {
        Some(total) => total,
        None => left(state, &key_id)?,
    };
    let mut done = work.done;
    // One that stopped right before its end has nothing more to seal, and has said so in the trail.
    while !position.is_end() {
        let (shared, key, from, before) = (state.clone(), Arc::clone(&key_id), position.clone(), done);
        let stepped = in_step(state, (work.work_id, owner), move |db, now| {
            let Step { looked_at, unopened, next } = step(db, &shared.keys, &from.at, (&key, now))?;
            let last_round = from.round >= ROUNDS;
            // What does not open is met in each round, and counted in the last.
            let done = before + if last_round { looked_at } else { looked_at - unopened };
            let unopened = from.unopened + unopened;
            let reached = match next {
                Some(at) => Position { round: from.round, at, unopened },
                // The last round says how many there are.
                None => {
                    let unopened = if last_round { unopened } else { 0 };
                    Position { round: from.round + 1, at: At::Persons(None), unopened }
                }
            };
            let text = serde_json::to_string(&reached).map_err(Problem::internal)?;
            let made = Reached { done, total: Some(total), at: text };
            if reached.is_end() {
                append_event(db, &finished(&key, &made, reached.unopened, now))?;
            }
            Ok(((reached, done), made))
        })?;
        let Some(next) = stepped else { return Ok(End::Lost) };
        (position, done) = next;
        if turn.is_over() && !position.is_end() {
            return Ok(End::Paused);
        }
    }
    tell(state, &key_id, done, position.unopened)
}

/// How many rows other keys seal.
fn left(state: &Data<AppState>, key_id: &str) -> Result<i64, Problem> {
    let rows = state.store.read_blocking(rows_by_key)?;
    Ok(rows.into_iter().filter(|(id, _)| id != key_id).map(|(_, count)| count).sum())
}

/// What sealing anew came to.
fn finished(key_id: &str, made: &Reached, unopened: i64, now: OffsetDateTime) -> Event {
    let mut event = from_inside("reseal_personal_fields", now);
    (event.subject_kind, event.subject_id) = (Some("data_key".into()), Some(key_id.to_owned()));
    event.after = Some(json!({ "rows": made.done, "unopened": unopened }).to_string());
    event
}

fn tell(state: &Data<AppState>, key_id: &str, done: i64, unopened: i64) -> Result<End, Problem> {
    state.metrics.unopened(unopened);
    if unopened > 0 {
        log::error!(target: "xueshi::work", key_id, rows = unopened; "sealing anew finished with rows that do not open; they stay as they are");
    }
    match left(state, key_id)? - unopened {
        left if left > 0 => log::warn!(
            target: "xueshi::work", key_id, rows = left;
            "others have sealed by an older key meanwhile: restart processes that do not have the newest, and order it again"
        ),
        _ if unopened > 0 => {}
        _ => log::info!(target: "xueshi::work", key_id, rows = done; "everything is sealed by the newest key"),
    }
    Ok(End::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::atomic::AtomicBool, time::Duration as Wait};
    use store::{
        Db,
        audit::{EventSearch, search_events},
        work::{Lease, find_work, lease_next},
    };

    #[test]
    fn what_stopped_right_before_its_end_is_sealed_in_no_further_round_and_told_once() {
        let state = crate::work::tests::serving();
        let (now, id) = (state.clock.now(), WorkId::from_uuid(Uuid::now_v7()));
        let payload = serde_json::to_string(&Payload { key_id: state.keys.active(now).to_owned() }).unwrap();
        let leased = state.store.write_blocking(move |db| {
            enqueue(db, NewWork { id, kind: RESEAL, payload: &payload, run_after: now }, now)?;
            lease_next(db, &[RESEAL], Lease { owner: "a", now, lasts: crate::work::LEASE })
        });
        let (mut work, go_on) = (leased.unwrap().unwrap(), AtomicBool::new(false));
        let mut reached = None;
        for _ in 0..3 {
            let turn = Turn::begin(Wait::from_secs(60), &go_on);
            assert_eq!(run(&turn, &state, "a", &work).unwrap(), End::Done);
            work = state.store.read_blocking(move |db| find_work(db, id)).unwrap().unwrap();
            assert_eq!(reached.get_or_insert(work.reached.clone()), &work.reached);
            let search = |db: &mut Db| search_events(db, EventSearch { limit: 100, ..EventSearch::default() });
            let events = state.store.read_blocking(search).unwrap();
            assert_eq!(events.iter().filter(|event| event.operation == "reseal_personal_fields").count(), 1);
        }
    }
}
