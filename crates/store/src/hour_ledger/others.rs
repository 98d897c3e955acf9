//! Lines that stand in a file and are about another person: the files of two were joined, and that was undone.

use super::entries_of_many;
use crate::{
    Db, StoreError,
    bulk::of_ids,
    completions::last_named,
    db::on_db,
    registry::successors,
    review::opened_in,
    schema::{learner_merge, learner_merge_undoing},
    types::Uid,
};
use diesel::prelude::*;
use domain::{
    hour_ledger::Entry,
    kernel::{CaseId, EntryId, LearnerId, PlatformId},
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The lines in these files whose items are another file's by the last decision that names anyone, or whose case is about another file.
/// One query where no merge into these was undone.
pub fn lines_of_others(db: &mut Db, learners: &[LearnerId]) -> Result<HashSet<EntryId>, StoreError> {
    let parted = parted(db, learners)?;
    if parted.is_empty() {
        return Ok(HashSet::new());
    }
    let lines = entries_of_many(db, &parted, None, None)?;
    let mut items: BTreeMap<PlatformId, Vec<&str>> = BTreeMap::new();
    for (platform, id) in lines.iter().filter_map(item) {
        items.entry(platform).or_default().push(id);
    }
    let mut owners: HashMap<(PlatformId, String), LearnerId> = HashMap::new();
    for (platform, ids) in items {
        let named = last_named(db, platform, &ids)?.into_iter();
        owners.extend(named.map(|(id, learner)| ((platform, id), learner)));
    }
    let cases = about(db, &lines)?;
    let is_anothers = |line: &&Entry| {
        let of_item = item(line).and_then(|(platform, id)| owners.get(&(platform, id.to_owned())));
        let owner = of_item.or_else(|| cases.get(&case(line)?));
        owner.is_some_and(|owner| *owner != line.learner)
    };
    let mut others: HashSet<EntryId> = lines.iter().filter(is_anothers).map(|line| line.id).collect();
    // Surplus belongs to whom the hours do that it draws on: to none of these where they do not stand here at all.
    let here: HashSet<EntryId> = lines.iter().map(|line| line.id).collect();
    let is_anothers = |line: EntryId| others.contains(&line) || !here.contains(&line);
    let drawing = lines.iter().filter(|line| line.drawn().is_some_and(|drawn| is_anothers(drawn.line)));
    others.extend(drawing.map(|line| line.id).collect::<Vec<_>>());
    Ok(others)
}

fn item(line: &Entry) -> Option<(PlatformId, &str)> {
    line.platform.zip(line.external_id.as_deref())
}

fn case(line: &Entry) -> Option<CaseId> {
    line.ground.as_ref().map(|ground| ground.case)
}

/// About which file the cases are on which lines rest: that in which they were opened, or in which it has ended.
fn about(db: &mut Db, lines: &[Entry]) -> Result<HashMap<CaseId, LearnerId>, StoreError> {
    let cases: Vec<CaseId> = lines.iter().filter_map(case).collect::<HashSet<_>>().into_iter().collect();
    let mut found = opened_in(db, &cases)?;
    let last = successors(db, &found.values().copied().collect::<Vec<_>>())?;
    found.values_mut().for_each(|file| *file = last.get(file).copied().unwrap_or(*file));
    Ok(found)
}

/// Those of the files into which a merge was undone.
fn parted(db: &mut Db, learners: &[LearnerId]) -> Result<Vec<LearnerId>, StoreError> {
    let rows: Vec<Uid> = of_ids(learners, |some| {
        on_db!(db, c => learner_merge::table
            .inner_join(learner_merge_undoing::table.on(learner_merge_undoing::merge_id.eq(learner_merge::merge_id)))
            .filter(learner_merge::stays_id.eq_any(some))
            .select(learner_merge::stays_id)
            .distinct()
            .load(c))
    })?;
    Ok(rows.into_iter().map(LearnerId::from).collect())
}
