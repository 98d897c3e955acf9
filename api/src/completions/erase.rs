//! Evidence of a person who is erased: what names them is emptied, and what could still come to count is withdrawn, as it can be
//! decided for nobody any more. Lines of the ledger stay.

use super::{answer::Outcome, reasons::reasons_of, write::closing};
use crate::{
    changes::{self, Happened},
    problem::Problem,
};
use domain::{
    completions::{Closed, WaitsFor, out_of_scope},
    kernel::{LearnerId, PlatformId, Words},
};
use std::collections::{BTreeMap, BTreeSet};
use store::{
    Db,
    completions::{
        delete_holds, empty_evidence, find_waiting, insert_decisions, latest_decisions, latest_of_learner, naming,
    },
};
use time::OffsetDateTime;

/// How many items waiting for one person are looked for: more than platforms push in good faith.
const MOST_WAITING: i64 = 100_000;

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
                closed.push(closing(platform, &Closed::withdrawn(&last.external_id, last.number), now));
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

/// Every item about these files: by its evidence, by the last decision over it, and by what it waits for.
fn items(
    db: &mut Db,
    files: &[LearnerId],
    hashes: &[String],
) -> Result<BTreeMap<PlatformId, BTreeSet<String>>, Problem> {
    let mut found: BTreeMap<PlatformId, BTreeSet<String>> = BTreeMap::new();
    let mut add = |platform: PlatformId, id: String| found.entry(platform).or_default().insert(id);
    for (platform, id) in naming(db, hashes, files)? {
        let _ = add(platform, id);
    }
    for file in files {
        for last in latest_of_learner(db, *file)? {
            let _ = add(last.platform_id, last.external_id);
        }
    }
    let keys = |hash: &String| [WaitsFor::Person(hash.clone()), WaitsFor::Name(hash.clone())];
    let keys: Vec<String> = hashes.iter().flat_map(keys).map(|key| key.to_string()).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    for hold in find_waiting(db, &keys, MOST_WAITING)? {
        let _ = add(hold.platform_id, hold.external_id);
    }
    Ok(found)
}
