//! Evidence of a person who is erased: what names them is emptied, and what could still come to count is withdrawn, as it can be
//! decided for nobody any more. Lines of the ledger stay.

use super::{
    answer::Outcome,
    reasons::reasons_of,
    release::{Pass, SECOND_LOOKS, queue},
    write::closing,
};
use crate::{
    changes::{self, Happened},
    problem::Problem,
    state::AppState,
};
use domain::{
    completions::{Closed, out_of_scope},
    kernel::{LearnerId, PlatformId, Words},
};
use std::collections::{BTreeMap, BTreeSet};
use store::{
    Backend, Db,
    completions::{
        delete_holds, empty_evidence, held_of_learners, insert_decisions, latest_decisions, latest_of_learner, naming,
    },
};
use time::OffsetDateTime;

/// What became of the evidence.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Emptied {
    pub(crate) completions: usize,
    pub(crate) withdrawn: usize,
}

/// Empties the evidence about these files, which were registered by documents with these hashes.
pub(crate) fn erase(
    db: &mut Db,
    files: &[LearnerId],
    hashes: &[String],
    now: OffsetDateTime,
) -> Result<Emptied, Problem> {
    let mut done = Emptied::default();
    for (platform, ids) in items(db, files, hashes)? {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        done.completions += empty_evidence(db, platform, &ids)?;
        let (mut closed, mut told) = (Vec::new(), Vec::new());
        for last in latest_decisions(db, platform, &ids)? {
            let may_yet_count = match Outcome::of_word(&last.outcome) {
                Some(Outcome::Held) => true,
                Some(Outcome::NotCounted) => out_of_scope(&reasons_of(&last)?),
                _ => false,
            };
            if may_yet_count {
                closed.push(closing(
                    platform,
                    &Closed::withdrawn(&last.external_id, last.number),
                    last.learner_id,
                    now,
                ));
                told.push(Happened::decided((platform, &last.external_id), None, Outcome::NotCounted.as_str()));
            }
        }
        insert_decisions(db, &closed)?;
        delete_holds(db, platform, &ids)?;
        changes::record(db, now, told)?;
        done.withdrawn += closed.len();
    }
    Ok(done)
}

/// On PostgreSQL a push that found the person may commit beside the erasure. So what was decided for the file, or waits for it,
/// is emptied once more; what waits by then for somebody of that number is about someone unknown, as if it had come later.
pub(crate) fn look_again_later(
    db: &mut Db,
    state: &AppState,
    files: &[LearnerId],
    now: OffsetDateTime,
) -> Result<(), Problem> {
    if state.store.backend() == Backend::Postgres {
        for wait in SECOND_LOOKS {
            queue(db, state, vec![Pass::Erased(files.to_vec())], now + wait, now)?;
        }
    }
    Ok(())
}

/// Every item about these files: by its evidence where that has the number, by the last decision over it, and by the queue.
fn items(
    db: &mut Db,
    files: &[LearnerId],
    hashes: &[String],
) -> Result<BTreeMap<PlatformId, BTreeSet<String>>, Problem> {
    let mut found: BTreeMap<PlatformId, BTreeSet<String>> = BTreeMap::new();
    let mut add = |platform: PlatformId, id: String| found.entry(platform).or_default().insert(id);
    for (platform, id) in naming(db, hashes)? {
        let _ = add(platform, id);
    }
    for file in files {
        for last in latest_of_learner(db, *file)? {
            let _ = add(last.platform_id, last.external_id);
        }
    }
    for hold in held_of_learners(db, files, None, i64::MAX)? {
        let _ = add(hold.platform_id, hold.external_id);
    }
    Ok(found)
}
