//! Keys of issuers that are fetched: one standing piece of work, an issuer a time, and who asks for it before its time.
//!
//! The last good set stays in the database, so a restart and every replica have it; it is replaced by a further good one alone. How
//! long it is trusted is decided where tokens are read (`foreign.rs`).

use crate::{
    access::{
        book::KnownIssuer,
        key_set::{self, KeySet},
    },
    audit::sealing::from_inside,
    problem::Problem,
    state::AppState,
    work::End,
};
use actix_web::web::Data;
use domain::{
    access::{KeyFetchFailure, SigningAlgorithm},
    kernel::{IssuerId, Words, WorkId},
};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use store::{
    Db,
    access::{TokenIssuer, fetch_earlier, find_issuer, hold_access, issuer_to_fetch, note_failed_fetch, update_issuer},
    audit::append_event,
    work::{NewWork, wake},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// The kind of this work.
pub(crate) const FETCH: &str = "fetch_issuer_keys";

/// There is one piece of it, however many processes serve.
const STANDING: WorkId = WorkId::from_uuid(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0003));

/// The wait after the first failure, doubled by each further one up to the ordinary wait; and how soon after an attempt a token with
/// an unknown key may bring the next one about.
const SOONEST: Duration = Duration::MINUTE;

/// Which issuers' keys this process has asked for before their time, and when.
#[derive(Debug, Default)]
pub(crate) struct Asked(Mutex<HashMap<IssuerId, OffsetDateTime>>);

impl Asked {
    /// Whether an issuer was not asked for within the last minute; then it counts as asked for now.
    fn may(&self, issuer: IssuerId, now: OffsetDateTime) -> bool {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let may = asked.get(&issuer).is_none_or(|at| (now - *at).abs() >= SOONEST);
        if may {
            asked.insert(issuer, now);
        }
        may
    }
}

/// Has the keys of an issuer fetched before their time, where a token names one that it does not have. Nobody waits for that: the
/// token is refused like any other that does not hold.
pub(in crate::access) fn ask_early(state: &AppState, issuer: &KnownIssuer, token: &str) {
    let now = state.clock.now();
    if !issuer.by_address || !issuer.keys.lacks_key_of(token) || !state.access.asked.may(issuer.id, now) {
        return;
    }
    let (store, id) = (state.store.clone(), issuer.id);
    let ask = async move {
        let asked = store.write(move |db| bring_forward(db, id, now)).await;
        if let Err(problem) = asked {
            log::warn!(target: "xueshi::access", issuer = id.to_string().as_str(); "its keys could not be asked for: {problem}");
        }
    };
    drop(actix_web::rt::spawn(ask));
}

fn bring_forward(db: &mut Db, id: IssuerId, now: OffsetDateTime) -> Result<(), Problem> {
    let Some(issuer) = find_issuer(db, id)? else { return Ok(()) };
    Ok(fetch_earlier(db, id, earliest([issuer.jwks_fetched_at, issuer.jwks_failed_at], now))?)
}

/// When keys may be fetched before their time, by when they were fetched last and when they could not be.
fn earliest(tried: [Option<OffsetDateTime>; 2], now: OffsetDateTime) -> OffsetDateTime {
    tried.into_iter().flatten().max().map_or(now, |tried| now.max(tried + SOONEST))
}

/// Wakes the work if it is time for the keys of any issuer.
///
/// # Errors
/// When the database fails.
pub(crate) fn wake_if_needed(db: &mut Db, now: OffsetDateTime) -> Result<(), Problem> {
    if issuer_to_fetch(db, now)?.is_some() {
        wake(db, NewWork { id: STANDING, kind: FETCH, payload: "{}", run_after: now }, now)?;
    }
    Ok(())
}

/// Fetches the keys of the issuer that has waited longest. Others that wait have their turn after other work has had its.
///
/// # Errors
/// When the database fails. That keys could not be had is no error of this work: it is kept with the issuer.
pub(crate) fn run(state: &Data<AppState>) -> Result<End, Problem> {
    let now = state.clock.now();
    let due = state.store.read_blocking(move |db| issuer_to_fetch(db, now).map_err(Problem::from))?;
    let Some((issuer, address)) = due.and_then(|row| row.jwks_uri.clone().map(|address| (row, address))) else {
        return Ok(End::Done);
    };
    let fetched = state.key_source.fetch(&address).and_then(|body| usable(&body, &issuer));
    let outcome = match fetched {
        Ok(jwks) => {
            keep(state, issuer, jwks)?;
            "fetched"
        }
        Err(failure) => {
            let id = issuer.issuer_id.to_string();
            log::warn!(target: "xueshi::access", issuer = id.as_str(), failure = failure.as_str(); "its keys could not be fetched");
            note(state, issuer, failure)?;
            failure.as_str()
        }
    };
    state.metrics.keys_fetched(outcome);
    Ok(End::Done)
}

/// What is kept of the set: the keys of it that can be used for this issuer.
fn usable(body: &[u8], issuer: &TokenIssuer) -> Result<String, KeyFetchFailure> {
    let unusable = KeyFetchFailure::UnusableKeys;
    let set = serde_json::from_slice(body).map_err(|_| unusable)?;
    let allowed: Vec<SigningAlgorithm> = issuer.algorithms.split(' ').filter_map(SigningAlgorithm::of_word).collect();
    let (kept, ignored) = KeySet::fetched(&set, &allowed).ok_or(unusable)?;
    let id = issuer.issuer_id.to_string();
    for (index, reason) in ignored {
        log::info!(target: "xueshi::access", issuer = id.as_str(), index; "a key of its set is ignored: {reason}");
    }
    Ok(kept)
}

/// Keeps a good set, with an event where it is another one; and nothing where the issuer was changed meanwhile, which is fetched again.
fn keep(state: &Data<AppState>, fetched: TokenIssuer, jwks: String) -> Result<(), Problem> {
    let now = state.clock.now();
    let due_at = now.saturating_add(wait(state, 0));
    state.store.write_blocking(move |db| {
        hold_access(db)?;
        let found = find_issuer(db, fetched.issuer_id)?;
        // The clock alone would not tell two changes of one moment apart.
        let same = |row: &TokenIssuer| row.updated_at == fetched.updated_at && row.jwks_uri == fetched.jwks_uri;
        let Some(row) = found.filter(same) else { return Ok(()) };
        let (came, went) = key_set::came_and_went(row.jwks.as_deref(), &jwks);
        if !(came.is_empty() && went.is_empty()) {
            let mut event = from_inside(FETCH, now);
            event.subject_kind = Some("token_issuer".to_owned());
            event.subject_id = Some(row.issuer_id.to_string());
            event.after = Some(serde_json::json!({ "keys_came": came, "keys_went": went }).to_string());
            append_event(db, &event)?;
        }
        let row = TokenIssuer {
            jwks: Some(jwks.clone()),
            jwks_fetched_at: Some(now),
            jwks_failed_at: None,
            jwks_failure: None,
            jwks_failures: 0,
            jwks_due_at: Some(due_at),
            ..row
        };
        Ok::<_, Problem>(update_issuer(db, &row)?)
    })?;
    state.access.forget();
    Ok(())
}

fn note(state: &Data<AppState>, mut row: TokenIssuer, failure: KeyFetchFailure) -> Result<(), Problem> {
    let now = state.clock.now();
    row.jwks_failures = row.jwks_failures.saturating_add(1);
    (row.jwks_failed_at, row.jwks_failure) = (Some(now), Some(failure));
    row.jwks_due_at = Some(now.saturating_add(wait(state, row.jwks_failures)));
    state.store.write_blocking(move |db| note_failed_fetch(db, &row).map_err(Problem::from))
}

/// How long until the next attempt, and up to a tenth longer, so that not all issuers and services ask at one moment.
fn wait(state: &AppState, failures: i32) -> Duration {
    let every = state.key_source.every;
    let wait = if failures == 0 { every } else { every.min(SOONEST * (1 << (failures - 1).min(10))) };
    // The last bits of such an id are random.
    let random = i32::from(state.new_id().as_bytes()[15]);
    wait.saturating_add(wait / 2560 * random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_asked_for_at_most_once_a_minute() {
        let (asked, now) = (Asked::default(), OffsetDateTime::UNIX_EPOCH);
        let [one, other] = [1, 2].map(|id| IssuerId::from_uuid(Uuid::from_u128(id)));
        assert!(asked.may(one, now) && asked.may(other, now));
        assert!(!asked.may(one, now) && !asked.may(one, now + Duration::seconds(59)));
        assert!(asked.may(one, now + Duration::seconds(60)));
    }

    #[test]
    fn keys_are_fetched_no_sooner_than_a_minute_after_the_last_attempt() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let ago = |seconds| Some(now - Duration::seconds(seconds));
        for (fetched, failed, wait) in [
            (None, None, 0),
            (ago(0), None, 60),
            (ago(600), ago(59), 1),
            (ago(1), ago(600), 59),
            (ago(60), None, 0),
            (None, ago(600), 0),
        ] {
            assert_eq!(earliest([fetched, failed], now) - now, Duration::seconds(wait), "{fetched:?} {failed:?}");
        }
    }

    #[test]
    fn failures_are_followed_by_longer_waits_up_to_the_ordinary_one() {
        let state = crate::edge_tests::state();
        let every = state.key_source.every;
        for (failures, least) in
            [(0, every), (1, SOONEST), (2, SOONEST * 2), (4, SOONEST * 8), (5, every), (i32::MAX, every)]
        {
            let waits = (0..50).map(|_| wait(&state, failures)).collect::<Vec<_>>();
            assert!(waits.iter().all(|wait| *wait >= least && *wait <= least * 11 / 10), "{failures}: {waits:?}");
            assert!(waits.iter().any(|wait| *wait != waits[0]), "all at once");
        }
    }
}
