//! The keys of a process that starts: that they belong to its database, and that the trail says which came and which went.

use crate::{audit::sealing::from_inside, keys::DataKeys};
use serde_json::json;
use store::{
    Db, StoreError,
    audit::{append_event, last_event_by},
    key_proofs::{WrongKeys, check_keys},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The operation under which the trail names the keys of processes.
const CHANGED: &str = "change_keys";

/// Answers what is wrong with the keys. Where nothing is, and they are others than those of the process that started last, that is
/// recorded, by their ids; `signing` are those of the service's keys. Of several processes that start at once one waits for the other.
pub(super) fn check(
    db: &mut Db,
    keys: &DataKeys,
    signing: &[String],
    now: OffsetDateTime,
) -> Result<WrongKeys, StoreError> {
    let wrong = check_keys(db, &keys.shown(), now)?;
    if wrong != WrongKeys::default() {
        return Ok(wrong);
    }
    let held = json!({
        "data_keys": keys.data_key_ids().collect::<Vec<_>>(),
        "newest_data_key": keys.newest(),
        "seals_from": keys.newest_from().and_then(|from| from.format(&Rfc3339).ok()),
        "lookup_key": keys.lookup_key_id(),
        "service_keys": signing,
    });
    let mut event = from_inside(CHANGED, now);
    event.before = last_event_by(db, &event.actor, CHANGED)?.and_then(|last| last.after);
    event.after = Some(held.to_string());
    if event.before != event.after {
        append_event(db, &event)?;
    }
    Ok(wrong)
}
