//! Completions in: what becomes of one item, of a batch, of what waits and of what was wrong.

mod batches;
mod corrections;
mod expiry;
mod filings;
mod held;
mod kept;
mod malformed;
mod outcomes;
mod races;
mod read_back;
mod refusals;
mod repeats;
mod rescope;
mod reversal_rights;
mod rivals;
mod windows;

pub(crate) use held::register;

use domain::{
    hour_ledger::{Entry, EntryKind},
    kernel::Hours,
};
use serde_json::{Value, json};
use std::{
    thread,
    time::{Duration, Instant},
};
use tests::{
    App,
    fixtures::{Item, Learner, Platform},
};

/// How long a test waits for what another thread does.
const PATIENCE: Duration = Duration::from_secs(120);

/// The codes of an outcome's reasons.
pub(crate) fn codes(outcome: &Value) -> Vec<&str> {
    let reasons = outcome["reasons"].as_array().unwrap();
    reasons.iter().map(|reason| reason["code"].as_str().unwrap()).collect()
}

/// The one reason of an outcome.
#[track_caller]
pub(crate) fn reason(outcome: &Value) -> &Value {
    let reasons = outcome["reasons"].as_array().unwrap();
    assert_eq!(reasons.len(), 1, "{outcome}");
    &reasons[0]
}

/// What a learner has on the ledger, whatever became of it.
pub(crate) fn ledger(app: &App, learner: &Learner) -> Vec<Entry> {
    let id = learner.id;
    app.read(move |db| store::hour_ledger::entries_of_many(db, &[id], None, None))
}

/// The hours that stand on a learner's ledger: credits that nothing took back.
pub(crate) fn standing_hours(app: &App, learner: &Learner) -> Hours {
    let entries = ledger(app, learner);
    let live = |entry: &&Entry| {
        entry.kind == EntryKind::Credit && !entries.iter().any(|other| other.reverses == Some(entry.id))
    };
    entries.iter().filter(live).map(|entry| entry.hours).sum()
}

/// How an item stands, asked by the platform.
pub(crate) fn stands(app: &App, platform: &Platform, completion_id: &Value) -> Value {
    let path = format!("/v1/completions/{}", completion_id.as_str().unwrap());
    app.as_platform(platform.id).in_english().get(&path).expect(200).json
}

/// The outcome of the last decision over an item.
pub(crate) fn last_outcome(app: &App, platform: &Platform, completion_id: &Value) -> String {
    let body = stands(app, platform, completion_id);
    let last = body["decisions"].as_array().unwrap().last().unwrap().clone();
    last["outcome"].as_str().unwrap().to_owned()
}

/// Takes an item back as its platform.
pub(crate) fn reverse(app: &App, platform: &Platform, completion_id: &Value) -> tests::Answer {
    let path = format!("/v1/completions/{}/reversal", completion_id.as_str().unwrap());
    app.as_platform(platform.id).in_english().post(&path, &json!({ "reason_code": "wrong_data" }))
}

/// Looks until it is so; never longer than [`PATIENCE`].
#[track_caller]
pub(crate) fn soon(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it did not come to pass");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Pushes one item that must have this outcome.
#[track_caller]
pub(crate) fn pushed(app: &App, platform: &Platform, item: &Item, outcome: &str) -> Value {
    let answer = app.push_one(platform, item);
    assert_eq!(answer["outcome"], outcome, "{answer}");
    answer
}
