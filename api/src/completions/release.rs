//! Lets go what waited: a person, a course, another item or a rule has appeared.
//!
//! Up to [`AT_ONCE`] items are decided in the transaction of the cause, the rest by the runner.

use super::{
    answer::Outcome,
    carry, erase, expiry,
    judge::{Bench, Last, candidates_of, decide_all},
    redraw::{again, redraw_all},
    rescope,
    write::{Written, write},
};
use crate::{
    problem::{Kind, Problem},
    state::AppState,
};
use domain::{
    completions::{Fate, Occasion, WaitsFor},
    kernel::{EmployerId, LearnerId, MergeId, PlaceCode, PlatformId, Words, WorkId},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use store::{
    Backend, Db,
    completions::{
        CompletionHold, Whose, awaited_among, find_waiting, holds_of, latest_decisions, move_holds, next_awaited,
        rules_awaited_by, waiting_for,
    },
    registry::platform_facts,
    work::{NewWork, enqueue},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// The kind of work that lets go what waits.
pub(crate) const RELEASE: &str = "release_holds";

/// How many items are let go in the transaction of the cause.
pub(crate) const AT_ONCE: i64 = 100;

/// How many items one transaction of the runner decides.
pub(super) const CHUNK: i64 = 500;

/// After what times what was left waiting is looked at again: soon after a registration would have committed, and once more
/// after any that had to be tried again.
pub(super) const SECOND_LOOKS: [Duration; 2] = [Duration::seconds(10), Duration::minutes(2)];

/// What the runner is told: through what to go, one after the other.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Payload {
    pub(crate) passes: Vec<Pass>,
}

/// What the runner goes through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pass {
    /// Items that wait for this.
    Key(String),
    /// Items that wait for anything that begins so.
    Beginning(String),
    /// These items of a platform, as far as they wait.
    Items { platform: PlatformId, external_ids: Vec<String> },
    /// Items of these learners that were out of scope.
    Learners(Vec<LearnerId>),
    /// Items that were out of scope, of all who are or were with this employer.
    Employer(EmployerId),
    /// What has waited so long that it is to end.
    Waited,
    /// What a merge of two files, or its undoing, has left in the wrong file.
    Merge(MergeId),
    /// What a push beside their erasure has left of these files' person.
    Erased(Vec<LearnerId>),
}

impl Pass {
    fn keys(keys: impl IntoIterator<Item = String>) -> Vec<Self> {
        keys.into_iter().map(Self::Key).collect()
    }
}

/// How far a pass has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Reached {
    /// What the last item waits for; of use where a pass goes through several.
    key: String,
    platform: PlatformId,
    external_id: String,
}

impl Reached {
    fn of(hold: &CompletionHold) -> Self {
        let (key, platform, external_id) = (hold.waits_for.clone(), hold.platform_id, hold.external_id.clone());
        Self { key, platform, external_id }
    }

    pub(super) fn at(platform: PlatformId, external_id: &str) -> Self {
        Self { key: String::new(), platform, external_id: external_id.to_owned() }
    }

    /// Before everything.
    pub(super) fn start() -> Self {
        Self::at(PlatformId::from_uuid(Uuid::nil()), "")
    }

    pub(super) fn item(&self) -> (PlatformId, &str) {
        (self.platform, &self.external_id)
    }
}

/// Persons were registered or their names corrected.
pub(crate) fn on_persons(db: &mut Db, state: &AppState, hashes: &[String], now: OffsetDateTime) -> Result<(), Problem> {
    let keys = hashes.iter().flat_map(|hash| [WaitsFor::Person(hash.clone()), WaitsFor::Name(hash.clone())]);
    released_by(db, state, keys, now)
}

/// Courses were registered.
pub(crate) fn on_courses(db: &mut Db, state: &AppState, codes: &[String], now: OffsetDateTime) -> Result<(), Problem> {
    released_by(db, state, codes.iter().cloned().map(WaitsFor::Course), now)
}

/// Learners were said to belong elsewhere: another place may have a rule for what they have waiting.
pub(crate) fn on_places(
    db: &mut Db,
    state: &AppState,
    learners: &[LearnerId],
    now: OffsetDateTime,
) -> Result<(), Problem> {
    let keys = rules_awaited_by(db, learners)?;
    released_by(db, state, keys.into_iter(), now)
}

/// Items arrived that others replace.
pub(super) fn released_by_items(db: &mut Db, bench: Bench<'_>, arrived: &HashSet<String>) -> Result<(), Problem> {
    let platform = bench.platform.id;
    let keys = arrived.iter().map(|external_id| WaitsFor::Item { platform, external_id: external_id.clone() });
    released_by(db, bench.state, keys, bench.now)
}

/// Rules were published for a layer; everything that waits for any of its years is looked at by the runner.
pub(crate) fn on_publication(
    db: &mut Db,
    state: &AppState,
    place: &PlaceCode,
    now: OffsetDateTime,
) -> Result<(), Problem> {
    queue(db, state, vec![Pass::Beginning(WaitsFor::rules_of(place))], now, now)
}

/// A push on PostgreSQL may leave an item waiting for someone whose registration commits at the same moment and sees no
/// hold, or leave one out of scope by a fact whose correction commits at that moment and sees no decision. So what was left is
/// looked at once more: these items alone, whatever else waits for the same, and those of these learners that are out of scope,
/// so that all looking is in proportion to what was pushed. On SQLite writes follow one another and this cannot happen.
pub(super) fn look_again(
    db: &mut Db,
    bench: Bench<'_>,
    holds: &[CompletionHold],
    mut uncounted: Vec<LearnerId>,
) -> Result<(), Problem> {
    if bench.state.store.backend() == Backend::Sqlite {
        return Ok(());
    }
    let mut passes = Vec::new();
    if !holds.is_empty() {
        let mut external_ids: Vec<String> = holds.iter().map(|hold| hold.external_id.clone()).collect();
        external_ids.sort_unstable();
        passes.push(Pass::Items { platform: bench.platform.id, external_ids });
    }
    if !uncounted.is_empty() {
        uncounted.sort_unstable();
        uncounted.dedup();
        passes.push(Pass::Learners(uncounted));
    }
    if passes.is_empty() {
        return Ok(());
    }
    for wait in SECOND_LOOKS {
        queue(db, bench.state, passes.clone(), bench.now + wait, bench.now)?;
    }
    Ok(())
}

/// What the runner is told, as the queue keeps it.
pub(super) fn payload(passes: Vec<Pass>) -> Result<String, Problem> {
    serde_json::to_string(&Payload { passes }).map_err(Problem::internal)
}

pub(super) fn queue(
    db: &mut Db,
    state: &AppState,
    passes: Vec<Pass>,
    run_after: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<(), Problem> {
    let payload = payload(passes)?;
    let id = WorkId::from_uuid(state.new_id());
    enqueue(db, NewWork { id, kind: RELEASE, payload: &payload, run_after }, now)?;
    Ok(())
}

fn released_by(
    db: &mut Db,
    state: &AppState,
    keys: impl Iterator<Item = impl ToString>,
    now: OffsetDateTime,
) -> Result<(), Problem> {
    let keys: Vec<String> = keys.map(|key| key.to_string()).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let wanted: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut holds = find_waiting(db, &wanted, AT_ONCE + 1)?;
    if holds.len() > usize::try_from(AT_ONCE).unwrap_or(usize::MAX) {
        holds.pop();
        let awaited = awaited_among(db, &wanted)?;
        queue(db, state, Pass::keys(awaited), now, now)?;
    }
    if holds.is_empty() {
        return Ok(());
    }
    // An item that its platform sends again at this very moment must not fail the registration that lets it go.
    match db.savepoint(|db| release(db, state, &holds, now)) {
        Err(problem) if problem.kind() == Kind::Conflict => {
            let awaited: BTreeSet<String> = holds.into_iter().map(|hold| hold.waits_for).collect();
            queue(db, state, Pass::keys(awaited), now, now)
        }
        done => done,
    }
}

/// What one step of the runner did.
#[derive(Debug)]
pub(crate) struct Step {
    /// How many items it looked at.
    pub(crate) looked_at: i64,
    /// Where the next step goes on.
    pub(crate) next: Reached,
}

/// One step of the runner: decides the next items of a pass; nothing when there are none.
pub(crate) fn step(
    db: &mut Db,
    state: &AppState,
    pass: &Pass,
    after: Option<&Reached>,
    now: OffsetDateTime,
) -> Result<Option<Step>, Problem> {
    let holds = match pass {
        Pass::Key(key) => waiting_for(db, key, after.map(Reached::item), CHUNK)?,
        Pass::Beginning(prefix) => beginning(db, prefix, after)?,
        Pass::Items { platform, external_ids } => {
            let rest = external_ids.iter().map(String::as_str);
            let rest: Vec<&str> =
                rest.filter(|id| after.is_none_or(|after| *id > after.external_id.as_str())).collect();
            // All are asked for, a chunk of a push at most: that none of the first waits says nothing of those behind them.
            let mut holds = holds_of(db, *platform, &rest)?;
            holds.truncate(usize::try_from(CHUNK).unwrap_or(usize::MAX));
            holds
        }
        Pass::Learners(learners) => return rescope::step(db, state, Whose::Learners(learners), after, now),
        Pass::Merge(merge) => {
            carry::look_again(db, state, *merge, now)?;
            return Ok(None);
        }
        Pass::Erased(files) => {
            let _ = erase::erase(db, files, &[], now)?;
            return Ok(None);
        }
        Pass::Employer(employer) => return rescope::step(db, state, Whose::Employer(*employer), after, now),
        Pass::Waited => return expiry::step(db, state, after, now),
    };
    let Some(last) = holds.last() else { return Ok(None) };
    let next = Reached::of(last);
    let name = |hold: &CompletionHold| (hold.platform_id, hold.external_id.clone());
    let _ = decide_each(db, state, &holds, name, |db, holds| release(db, state, holds, now))?;
    Ok(Some(Step { looked_at: i64::try_from(holds.len()).unwrap_or(i64::MAX), next }))
}

/// The next items that wait for anything that begins so: the rest of those that wait for one thing, or some that wait for the
/// next.
fn beginning(db: &mut Db, prefix: &str, after: Option<&Reached>) -> Result<Vec<CompletionHold>, Problem> {
    if let Some(after) = after {
        let rest = waiting_for(db, &after.key, Some(after.item()), CHUNK)?;
        if !rest.is_empty() {
            return Ok(rest);
        }
    }
    match next_awaited(db, prefix, after.map(|after| after.key.as_str()))? {
        Some(key) => Ok(waiting_for(db, &key, None, CHUNK)?),
        None => Ok(Vec::new()),
    }
}

/// Decides all of these, or, where one of them cannot be decided, all others: one that always fails must not keep back what
/// stands behind it. It stays as it is, and the log says why. Answers how many were left to another transaction that was deciding them.
pub(super) fn decide_each<T>(
    db: &mut Db,
    state: &AppState,
    items: &[T],
    name: impl Fn(&T) -> (PlatformId, String),
    decide: impl Fn(&mut Db, &[T]) -> Result<(), Problem>,
) -> Result<usize, Problem> {
    match db.savepoint(|db| decide(db, items)) {
        Err(problem) if problem.kind() != Kind::Unavailable => {}
        done => return done.map(|()| 0),
    }
    let mut left = 0;
    for item in items {
        match db.savepoint(|db| decide(db, std::slice::from_ref(item))) {
            Err(problem) if problem.kind() == Kind::Unavailable => return Err(problem),
            // Another transaction decided it, or one of its chain, at this very moment. What that left waiting is looked at again.
            Err(problem) if problem.kind() == Kind::Conflict => {
                left += 1;
                let (_, external_id) = name(item);
                log::info!(target: "xueshi::work", external_id = external_id.as_str(); "an item, or one of its chain, was decided by another transaction");
            }
            Err(problem) => {
                state.metrics.count("completions", "not_released", 1);
                let ((platform, external_id), cause) = (name(item), problem.cause().unwrap_or("refused"));
                log::error!(target: "xueshi::work", external_id = external_id.as_str(); "an item of platform {platform} cannot be released: {problem}: {cause}");
            }
            Ok(()) => {}
        }
    }
    Ok(left)
}

pub(super) fn release(
    db: &mut Db,
    state: &AppState,
    holds: &[CompletionHold],
    now: OffsetDateTime,
) -> Result<(), Problem> {
    let mut by_platform: BTreeMap<PlatformId, Vec<&CompletionHold>> = BTreeMap::new();
    for hold in holds {
        by_platform.entry(hold.platform_id).or_default().push(hold);
    }
    for (platform, holds) in by_platform {
        let Some(platform) = platform_facts(db, platform)? else { continue };
        let bench = Bench { state, platform: &platform, now, by: None };
        release_of(db, bench, &holds)?;
    }
    Ok(())
}

fn release_of(db: &mut Db, bench: Bench<'_>, holds: &[&CompletionHold]) -> Result<(), Problem> {
    let seen: HashMap<&str, &CompletionHold> = holds.iter().map(|hold| (hold.external_id.as_str(), *hold)).collect();
    let waiting = still_waiting(db, bench, holds)?;
    let candidates = candidates_of(db, bench.platform.id, &waiting)?;
    let decided = decide_all(db, bench, Occasion::Release, &candidates)?;
    let mut moved = Vec::new();
    for (candidate, one) in candidates.iter().zip(&decided) {
        // Something is still missing: no decision has fallen, it only waits for another thing now, or is known to be somebody's.
        if let (Fate::Held(waits_for), Some(hold)) = (&one.fate, seen.get(candidate.external_id.as_str())) {
            let (waits_for, learner_id) = (waits_for.to_string(), one.learner);
            if waits_for != hold.waits_for || learner_id != hold.learner_id {
                let reason = serde_json::to_string(&one.reasons).unwrap_or_default();
                let now = CompletionHold { waits_for, learner_id, reason, ..CompletionHold::clone(hold) };
                moved.push((now, hold.waits_for.clone()));
            }
        }
    }
    move_holds(db, &moved)?;
    look_again(db, bench, &moved.into_iter().map(|(hold, _)| hold).collect::<Vec<_>>(), Vec::new())?;
    let written = Written { origin: None, lines_of: &HashMap::new(), secrets: &HashMap::new() };
    write(db, bench, &candidates, &decided, &written)?;
    redraw_all(db, bench.state, again(&candidates, &decided), bench.now)
}

/// Those that still wait, each with its last decision. Another transaction may have decided one after the queue was read: its
/// decision stands and must not be followed by ours. Whoever wrote it has taken the item out of the queue, or let it wait anew.
fn still_waiting<'h>(
    db: &mut Db,
    bench: Bench<'_>,
    holds: &[&'h CompletionHold],
) -> Result<HashMap<&'h str, Last>, Problem> {
    let ids: Vec<&'h str> = holds.iter().map(|hold| hold.external_id.as_str()).collect();
    let last: HashMap<String, i32> = latest_decisions(db, bench.platform.id, &ids)?
        .into_iter()
        .filter(|decision| decision.outcome == Outcome::Held.as_str())
        .map(|decision| (decision.external_id, decision.number))
        .collect();
    let waits = |id: &'h str| Some((id, Last { decided: *last.get(id)?, accepted: false }));
    Ok(ids.into_iter().filter_map(waits).collect())
}
