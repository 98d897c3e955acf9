//! Ends what has waited too long: a decision that is appended, after it was said a month before.
//!
//! Nothing is deleted without a trace: the evidence stays, the decision says why, and only the place in the queue goes, with the
//! document and the name that were sealed in it.

use super::{
    answer::Outcome,
    release::{CHUNK, Pass, RELEASE, Reached, Step, decide_each, payload},
    write::closing,
};
use crate::{
    changes::{Happened, record},
    problem::Problem,
    state::AppState,
};
use domain::{
    changes::ChangeKind,
    completions::{Closed, SAID_BEFORE},
    kernel::{PlatformId, Words, WorkId},
};
use std::collections::{BTreeMap, HashMap};
use store::{
    Db,
    completions::{
        CompletionDecision, CompletionHold, Waited, delete_holds, find, insert_decisions, latest_decisions, long_held,
        note_said,
    },
    work::{NewWork, wake},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// There is one piece of it, however many processes serve.
const STANDING: WorkId = WorkId::from_uuid(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0010));

/// What may wait so long: of what is older than the first it is said, what is older than the second ends.
fn due(now: OffsetDateTime, longest: Duration) -> [(OffsetDateTime, Waited); 2] {
    let since = |long: Duration| now.checked_sub(long).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let said_since = since(longest.saturating_sub(SAID_BEFORE).max(Duration::ZERO));
    [(said_since, Waited::Unsaid), (since(longest), Waited::SaidBy(now - SAID_BEFORE))]
}

/// Wakes the work if anything has waited so long that it is to be said, or to end.
///
/// # Errors
/// When the database fails.
pub(crate) fn wake_if_needed(db: &mut Db, now: OffsetDateTime, longest: Duration) -> Result<(), Problem> {
    for (since, which) in due(now, longest) {
        if !long_held(db, since, which, None, 1)?.is_empty() {
            let payload = payload(vec![Pass::Waited])?;
            return Ok(wake(db, NewWork { id: STANDING, kind: RELEASE, payload: &payload, run_after: now }, now)?);
        }
    }
    Ok(())
}

/// One step of the runner: says it of the next items, or where there are none, ends the next; nothing when there are none of either.
pub(super) fn step(
    db: &mut Db,
    state: &AppState,
    after: Option<&Reached>,
    now: OffsetDateTime,
) -> Result<Option<Step>, Problem> {
    let [(unsaid_since, unsaid), (over_since, over)] = due(now, state.held_retention);
    let items = long_held(db, unsaid_since, unsaid, None, CHUNK)?;
    let is_said = items.is_empty();
    // What cannot be ended stays, and must not keep back what stands behind it.
    let items = if is_said { long_held(db, over_since, over, after.map(Reached::item), CHUNK)? } else { items };
    let Some(last) = items.last() else { return Ok(None) };
    let next = if is_said { Reached::at(last.platform_id, &last.external_id) } else { Reached::start() };
    if is_said {
        let name = |hold: &CompletionHold| (hold.platform_id, hold.external_id.clone());
        let _ = decide_each(db, state, &items, name, |db, holds| end(db, holds, now))?;
    } else {
        say(db, &items, now)?;
    }
    Ok(Some(Step { looked_at: i64::try_from(items.len()).unwrap_or(i64::MAX), next }))
}

fn by_platform(holds: &[CompletionHold]) -> BTreeMap<PlatformId, Vec<&CompletionHold>> {
    let mut found: BTreeMap<PlatformId, Vec<&CompletionHold>> = BTreeMap::new();
    for hold in holds {
        found.entry(hold.platform_id).or_default().push(hold);
    }
    found
}

/// When the items were completed, so that who answered for their persons then is told too.
fn completed(db: &mut Db, platform: PlatformId, ids: &[&str]) -> Result<HashMap<String, OffsetDateTime>, Problem> {
    Ok(find(db, platform, ids)?.into_iter().map(|item| (item.external_id, item.completed_at)).collect())
}

fn say(db: &mut Db, holds: &[CompletionHold], now: OffsetDateTime) -> Result<(), Problem> {
    for (platform, holds) in by_platform(holds) {
        let ids: Vec<&str> = holds.iter().map(|hold| hold.external_id.as_str()).collect();
        note_said(db, platform, &ids, now)?;
        let completed = completed(db, platform, &ids)?;
        let told = |hold: &&CompletionHold| Happened {
            kind: ChangeKind::Expiring,
            completed_at: completed.get(&hold.external_id).copied(),
            ..Happened::decided((platform, hold.external_id.as_str()), hold.learner_id, Outcome::Held.as_str())
        };
        record(db, now, holds.iter().map(told).collect())?;
    }
    Ok(())
}

fn end(db: &mut Db, holds: &[CompletionHold], now: OffsetDateTime) -> Result<(), Problem> {
    for (platform, holds) in by_platform(holds) {
        let ids: Vec<&str> = holds.iter().map(|hold| hold.external_id.as_str()).collect();
        // Another transaction may have decided one after the queue was read: then ours collides with its decision, or it waits no more.
        let last: HashMap<String, CompletionDecision> = latest_decisions(db, platform, &ids)?
            .into_iter()
            .filter(|decision| decision.outcome == Outcome::Held.as_str())
            .map(|decision| (decision.external_id.clone(), decision))
            .collect();
        let completed = completed(db, platform, &ids)?;
        let (mut decisions, mut told) = (Vec::new(), Vec::new());
        for (hold, last) in holds.iter().filter_map(|hold| Some((hold, last.get(&hold.external_id)?))) {
            let learner = hold.learner_id.or(last.learner_id);
            decisions.push(closing(platform, &Closed::expired(&hold.external_id, last.number), learner, now));
            let item = (platform, hold.external_id.as_str());
            let completed_at = completed.get(&hold.external_id).copied();
            told.push(Happened { completed_at, ..Happened::decided(item, learner, Outcome::NotCounted.as_str()) });
        }
        insert_decisions(db, &decisions)?;
        let ended: Vec<&str> = decisions.iter().map(|one| one.external_id.as_str()).collect();
        delete_holds(db, platform, &ended)?;
        record(db, now, told)?;
    }
    Ok(())
}
