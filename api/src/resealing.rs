//! Sealing anew by the newest data key what other keys sealed, while the service goes on serving: a piece of work for the runner.
//!
//! Every field is opened and sealed for the same row and field again, some hundred rows a transaction. A row that someone writes
//! meanwhile is left to them. Running it twice, or on two replicas at once, finds less to do. What is found by a keyed hash is
//! found as before: the lookup key is another one and stays.

use crate::{
    audit::sealing::from_inside,
    completions::hold_bound_to,
    idempotency,
    keys::{DataKeys, Sealed},
    problem::Problem,
    registry::number_bound_to,
    settings::Settings,
    startup::{self, StartError},
    state::AppState,
    work::{End, Turn},
};
use actix_web::web::Data;
use domain::kernel::{LearnerId, PlatformId, WorkId};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt::Write, sync::Arc};
use store::{
    Db,
    audit::append_event,
    sealed::{
        answers_by_other_keys, holds_by_other_keys, persons_by_other_keys, replace_answer, replace_hold,
        replace_person, rows_by_key,
    },
    work::{Lease, NewWork, Progress, Work, WorkState, enqueue, last_of_kind, progress},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

/// The kind of this work.
pub(crate) const RESEAL: &str = "reseal_personal_fields";

/// How many rows a transaction seals anew: few enough that other writes hardly wait for it on SQLite.
const AT_ONCE: i64 = 500;

/// Rounds through all tables: a second one for what was under way when the key changed.
const ROUNDS: u8 = 2;

#[derive(Serialize, Deserialize)]
struct Payload {
    /// The key that is to seal everything.
    key_id: String,
}

/// Where a round goes on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum At {
    Persons(Option<LearnerId>),
    Holds(Option<(PlatformId, String)>),
    Answers(Option<String>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Position {
    round: u8,
    at: At,
}

/// Orders that everything be sealed by the newest key.
///
/// # Errors
/// When that key has yet to wait for its moment, or the database fails.
pub(crate) fn order(settings: &Settings, now: OffsetDateTime) -> Result<(), Box<dyn std::error::Error>> {
    let keys = DataKeys::load(&settings.data_keys_file()).map_err(StartError::from)?;
    if let Some(from) = keys.newest_waits_until(now) {
        let from = from.format(&Rfc3339).unwrap_or_default();
        return Err(format!("{} seals from {from} on; nothing can be sealed anew by it before", keys.newest()).into());
    }
    let payload = serde_json::to_string(&Payload { key_id: keys.newest().to_owned() })?;
    // Due since its key is, whatever the clock of this machine says.
    let run_after = keys.newest_from().unwrap_or(now);
    startup::open_existing(settings)?.write_blocking(move |db| {
        let new = NewWork { id: WorkId::from_uuid(Uuid::now_v7()), kind: RESEAL, payload: &payload, run_after };
        enqueue(db, new, now)?;
        append_event(db, &from_inside("order_resealing", now))
    })?;
    Ok(())
}

/// Which key seals how much, what may be taken out of the file, and how far the work is.
///
/// # Errors
/// When the keys or the database cannot be read.
pub(crate) fn status(settings: &Settings, now: OffsetDateTime) -> Result<String, StartError> {
    let keys = DataKeys::load(&settings.data_keys_file())?;
    let (rows, work) = startup::open_existing(settings)?
        .read_blocking(|db| Ok::<_, store::StoreError>((rows_by_key(db)?, last_of_kind(db, RESEAL)?)))?;
    Ok(said(&keys, rows, work.as_ref(), now))
}

fn said(keys: &DataKeys, mut rows: BTreeMap<String, i64>, work: Option<&Work>, now: OffsetDateTime) -> String {
    let mut text = String::new();
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
    let _ = work.last_error.as_ref().map_or(Ok(()), |error| write!(text, "; {error}"));
    text + "\n"
}

/// Seals anew for one turn, and one step at least.
///
/// # Errors
/// When this process seals by another key, a field does not open, or the database fails.
pub(crate) fn run(turn: &Turn<'_>, state: &Data<AppState>, owner: &str, work: &Work) -> Result<End, Problem> {
    let payload: Payload = serde_json::from_str(&work.payload).map_err(Problem::internal)?;
    let key_id: Arc<str> = payload.key_id.into();
    let reached = work.reached.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)?;
    let mut position = reached.unwrap_or(Position { round: 1, at: At::Persons(None) });
    let total = match work.total {
        Some(total) => total,
        None => left(state, &key_id)?,
    };
    let mut done = work.done;
    loop {
        let (shared, key, from, before) = (state.clone(), Arc::clone(&key_id), position.clone(), done);
        let (owner, id) = (owner.to_owned(), work.work_id);
        let (next, so_far, still_ours) = state.store.write_blocking(move |db| {
            let now = shared.clock.now();
            let (looked_at, at) = step(db, &shared.keys, &from.at, &key, now)?;
            let reached = at.map_or_else(
                || Position { round: from.round + 1, at: At::Persons(None) },
                |at| Position { round: from.round, at },
            );
            let text = serde_json::to_string(&reached).map_err(Problem::internal)?;
            let made = Progress { done: before + looked_at, total: Some(total), reached: &text };
            let still_ours = progress(db, id, Lease { owner: &owner, now, lasts: crate::work::LEASE }, made)?;
            Ok::<_, Problem>((reached, made.done, still_ours))
        })?;
        if !still_ours {
            return Ok(End::Lost);
        }
        (position, done) = (next, so_far);
        if position.round > ROUNDS {
            return finish(state, &key_id, done);
        }
        if turn.is_over() {
            return Ok(End::Paused);
        }
    }
}

/// How many rows other keys seal.
fn left(state: &Data<AppState>, key_id: &str) -> Result<i64, Problem> {
    let rows = state.store.read_blocking(rows_by_key)?;
    Ok(rows.into_iter().filter(|(id, _)| id != key_id).map(|(_, count)| count).sum())
}

fn finish(state: &Data<AppState>, key_id: &str, done: i64) -> Result<End, Problem> {
    let mut event = from_inside("reseal_personal_fields", state.clock.now());
    (event.subject_kind, event.subject_id) = (Some("data_key".into()), Some(key_id.to_owned()));
    state.store.write_blocking(move |db| append_event(db, &event).map_err(Problem::from))?;
    match left(state, key_id)? {
        0 => log::info!(target: "xueshi::work", key_id, rows = done; "everything is sealed by the newest key"),
        left => log::warn!(
            target: "xueshi::work", key_id, rows = left;
            "others have sealed by an older key meanwhile: restart processes that do not have the newest, and order it again"
        ),
    }
    Ok(End::Done)
}

/// Seals the next rows anew; answers how many, and where to go on.
fn step(
    db: &mut Db,
    keys: &DataKeys,
    at: &At,
    key_id: &str,
    now: OffsetDateTime,
) -> Result<(i64, Option<At>), Problem> {
    if keys.active(now) != key_id {
        return Err(Problem::internal(format!(
            "this process does not seal by {key_id}: restart it with the newer keys"
        )));
    }
    let again = |bytes: &[u8], (key_id, suite_id): (&str, &str), bound_to: &[u8]| {
        let sealed = Sealed { key_id: key_id.to_owned(), suite_id: suite_id.to_owned(), bytes: bytes.to_vec() };
        let opened = keys.open(&sealed, bound_to).map_err(Problem::internal)?;
        keys.seal(&opened, bound_to, now).map_err(Problem::internal)
    };
    let (count, next) = match at {
        At::Persons(after) => {
            let rows = persons_by_other_keys(db, key_id, *after, AT_ONCE)?;
            for row in &rows {
                let bound_to = number_bound_to(row.learner_id);
                let anew = again(&row.document_cipher, (&row.key_id, &row.suite_id), &bound_to)?;
                replace_person(db, row, (&anew.bytes, &anew.key_id, &anew.suite_id))?;
            }
            let next = rows.last().map_or(At::Holds(None), |last| At::Persons(Some(last.learner_id)));
            (rows.len(), Some(next))
        }
        At::Holds(after) => {
            let after = after.as_ref().map(|(platform, id)| (*platform, id.as_str()));
            let rows = holds_by_other_keys(db, key_id, after, AT_ONCE)?;
            for row in &rows {
                let bound_to = hold_bound_to(row.platform_id, &row.external_id);
                let field = |field: &Option<Vec<u8>>| {
                    let anew = |bytes: &Vec<u8>| again(bytes, (&row.key_id, &row.suite_id), &bound_to);
                    field.as_ref().map(anew).transpose()
                };
                let (document, name) = (field(&row.document_cipher)?, field(&row.name_cipher)?);
                let Some(of) = document.as_ref().or(name.as_ref()) else { continue };
                let bytes = |field: &Option<Sealed>| field.as_ref().map(|sealed| sealed.bytes.clone());
                let (document, name) = (bytes(&document), bytes(&name));
                replace_hold(db, row, (document.as_deref(), name.as_deref()), (&of.key_id, &of.suite_id))?;
            }
            let next = |last: &store::sealed::SealedHold| At::Holds(Some((last.platform_id, last.external_id.clone())));
            (rows.len(), Some(rows.last().map_or(At::Answers(None), next)))
        }
        At::Answers(after) => {
            let rows = answers_by_other_keys(db, key_id, after.as_deref(), AT_ONCE)?;
            for row in &rows {
                let bound_to = idempotency::bound_to(&row.key_hash, &row.request_hash);
                let anew = again(&row.answer_cipher, (&row.key_id, &row.suite_id), &bound_to)?;
                replace_answer(db, row, (&anew.bytes, &anew.key_id, &anew.suite_id))?;
            }
            (rows.len(), rows.last().map(|last| At::Answers(Some(last.key_hash.clone()))))
        }
    };
    Ok((i64::try_from(count).unwrap_or(i64::MAX), next))
}
