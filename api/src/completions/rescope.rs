//! Decides anew what was out of scope, when what is known of its person is corrected.
//!
//! A series entered by mistake makes every item of a person worth nothing. The office corrects the fact, and the items follow:
//! up to [`AT_ONCE`] in its transaction, the rest by the runner. Each gets a further decision, so what was answered when stays
//! known; those that are still out of scope get none.

use super::{
    intake::reasons_of,
    judge::{Bench, candidate, decide_all},
    release::{AT_ONCE, CHUNK, Pass, Reached, Step, decide_each, queue},
    write::{Written, write},
};
use crate::{
    problem::{Kind, Problem},
    state::AppState,
};
use domain::{
    completions::{Candidate, Occasion, out_of_scope},
    kernel::{LearnerId, PlatformId},
};
use std::collections::{BTreeMap, HashMap};
use store::{
    Db,
    completions::{CompletionDecision, find, uncounted_of_learners},
    registry::platform_facts,
};
use time::OffsetDateTime;

/// Places, employers or posts of these learners were entered.
pub(crate) fn on_facts(
    db: &mut Db,
    state: &AppState,
    learners: &[LearnerId],
    now: OffsetDateTime,
) -> Result<(), Problem> {
    if learners.is_empty() {
        return Ok(());
    }
    let found = uncounted_of_learners(db, learners, None, AT_ONCE + 1)?;
    if found.is_empty() {
        return Ok(());
    }
    let later = || vec![Pass::Learners(learners.to_vec())];
    let at_once = &found[..found.len().min(usize::try_from(AT_ONCE).unwrap_or(usize::MAX))];
    if at_once.len() < found.len() {
        queue(db, later(), now, now)?;
    }
    // An item that its platform sends again at this very moment must not fail the correction.
    match db.savepoint(|db| decide_again(db, state, at_once, now)) {
        Err(problem) if problem.kind() == Kind::Conflict => queue(db, later(), now, now),
        done => done,
    }
}

/// One step of the runner through items of these learners; nothing when there are none left.
pub(super) fn step(
    db: &mut Db,
    state: &AppState,
    learners: &[LearnerId],
    after: Option<&Reached>,
    now: OffsetDateTime,
) -> Result<Option<Step>, Problem> {
    let found = uncounted_of_learners(db, learners, after.map(Reached::item), CHUNK)?;
    let Some(last) = found.last() else { return Ok(None) };
    let next = Reached::at(last.platform_id, &last.external_id);
    let name = |one: &CompletionDecision| (one.platform_id, one.external_id.clone());
    decide_each(db, state, &found, name, |db, found| decide_again(db, state, found, now))?;
    Ok(Some(Step { looked_at: i64::try_from(found.len()).unwrap_or(i64::MAX), next }))
}

fn decide_again(
    db: &mut Db,
    state: &AppState,
    found: &[CompletionDecision],
    now: OffsetDateTime,
) -> Result<(), Problem> {
    let mut by_platform: BTreeMap<PlatformId, HashMap<&str, i32>> = BTreeMap::new();
    for last in found.iter().filter(|last| out_of_scope(&reasons_of(last))) {
        by_platform.entry(last.platform_id).or_default().insert(&last.external_id, last.number);
    }
    for (platform, numbers) in by_platform {
        let Some(platform) = platform_facts(db, platform)? else { continue };
        let bench = Bench { state, platform: &platform, now };
        let mut ids: Vec<&str> = numbers.keys().copied().collect();
        ids.sort_unstable();
        let candidates: Vec<Candidate> = find(db, platform.id, &ids)?
            .into_iter()
            .filter_map(|evidence| {
                // The number is that of the decision we have seen, so a later one collides with ours.
                let (decided, pushed_at) = (*numbers.get(evidence.external_id.as_str())?, evidence.received_at);
                Some(candidate(evidence, decided, pushed_at))
            })
            .collect();
        let decided = decide_all(db, bench, Occasion::Correction, &candidates)?;
        let written = Written { origin: None, lines_of: &HashMap::new(), secrets: &HashMap::new() };
        write(db, bench, &candidates, &decided, &written)?;
    }
    Ok(())
}
