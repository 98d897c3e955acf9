//! Decides anew what was out of scope, when what is known of its person is corrected.
//!
//! A series entered by mistake makes every item of a person worth nothing. The office corrects the fact, and the items follow:
//! up to [`AT_ONCE`] in its transaction, the rest by the runner. Each gets a further decision, so what was answered when stays
//! known; those that are still out of scope get none. What they displaced is decided anew where they are not accepted any more.

use super::{
    give_back,
    judge::{Bench, Last, candidates_of},
    reasons::reasons_of,
    release::{AT_ONCE, CHUNK, Pass, Reached, SECOND_LOOKS, Step, decide_each, queue},
    write::Written,
};
use crate::{
    problem::{Kind, Problem},
    state::AppState,
};
use domain::{
    completions::{Occasion, out_of_scope},
    kernel::{EmployerId, LearnerId, PlatformId},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{
    Db,
    completions::{CompletionDecision, Whose, uncounted_of},
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
    let found = uncounted_of(db, Whose::Learners(learners), None, AT_ONCE + 1)?;
    if found.is_empty() {
        return Ok(());
    }
    let later = || vec![Pass::Learners(learners.to_vec())];
    let at_once = &found[..found.len().min(usize::try_from(AT_ONCE).unwrap_or(usize::MAX))];
    if at_once.len() < found.len() {
        queue(db, state, later(), now, now)?;
    }
    // An item that its platform sends again at this very moment must not fail the correction.
    match db.savepoint(|db| decide_again(db, state, at_once, now)) {
        Err(problem) if problem.kind() == Kind::Conflict => queue(db, state, later(), now, now),
        done => done,
    }
}

/// What an employer is was entered: the items of its people, who may be many, are looked at by the runner.
pub(crate) fn on_employer(
    db: &mut Db,
    state: &AppState,
    employer: EmployerId,
    now: OffsetDateTime,
) -> Result<(), Problem> {
    queue(db, state, vec![Pass::Employer(employer)], now, now)
}

/// One step of the runner through items of these people; nothing when there are none left.
pub(super) fn step(
    db: &mut Db,
    state: &AppState,
    whose: Whose<'_>,
    after: Option<&Reached>,
    now: OffsetDateTime,
) -> Result<Option<Step>, Problem> {
    let found = uncounted_of(db, whose, after.map(Reached::item), CHUNK)?;
    let Some(last) = found.last() else { return Ok(None) };
    let next = Reached::at(last.platform_id, &last.external_id);
    let name = |one: &CompletionDecision| (one.platform_id, one.external_id.clone());
    let left = decide_each(db, state, &found, name, |db, found| decide_again(db, state, found, now))?;
    if left > 0 {
        // Another transaction was at them, or at what draws on them: they are out of scope still, and are looked at once more.
        let people: BTreeSet<LearnerId> = found.iter().filter_map(|one| one.learner_id).collect();
        queue(db, state, vec![Pass::Learners(people.into_iter().collect())], now + SECOND_LOOKS[0], now)?;
    }
    Ok(Some(Step { looked_at: i64::try_from(found.len()).unwrap_or(i64::MAX), next }))
}

fn decide_again(
    db: &mut Db,
    state: &AppState,
    found: &[CompletionDecision],
    now: OffsetDateTime,
) -> Result<(), Problem> {
    let mut by_platform: BTreeMap<PlatformId, HashMap<&str, Last>> = BTreeMap::new();
    for last in found {
        if out_of_scope(&reasons_of(last)?) {
            let seen = Last { decided: last.number, accepted: true };
            let _ = by_platform.entry(last.platform_id).or_default().insert(&last.external_id, seen);
        }
    }
    for (platform, last) in by_platform {
        let Some(platform) = platform_facts(db, platform)? else { continue };
        let bench = Bench { state, platform: &platform, now, by: None };
        let candidates = candidates_of(db, platform.id, &last)?;
        let written = Written { origin: None, lines_of: &HashMap::new(), secrets: &HashMap::new() };
        let _ = give_back::decide(db, bench, Occasion::Correction, &candidates, &written)?;
    }
    Ok(())
}
