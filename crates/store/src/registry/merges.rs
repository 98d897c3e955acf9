//! Files that were joined: which ended in which, what that brought over, and that it was undone.
//!
//! A document's hash stays with the file under which it was registered; [`super::find_by_identifier`] follows from there to the
//! file that stays, so that an undoing has nothing to give back.

use super::{Holder, persons};
use crate::{
    Db, StoreError,
    bulk::{insert_all, of_ids},
    db::on_db,
    schema::{learner_identifier, learner_merge, learner_merge_item, learner_merge_undoing, learner_successor},
    types::{Ts, Uid},
};
use diesel::prelude::*;
use domain::kernel::{LearnerId, MergeId, PlatformId};
use std::collections::{HashMap, HashSet};
use time::OffsetDateTime;

/// That one file ended in another.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = learner_merge, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct LearnerMerge {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub merge_id: MergeId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub ends_id: LearnerId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub stays_id: LearnerId,
    pub reason: String,
    pub reference: Option<String>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub merged_at: OffsetDateTime,
    pub merged_by: String,
}

/// That a merge was undone.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = learner_merge_undoing)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct MergeUndoing {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub merge_id: MergeId,
    pub reason: String,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub undone_at: OffsetDateTime,
    pub undone_by: String,
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = learner_merge_item)]
struct Item {
    #[diesel(serialize_as = Uid)]
    merge_id: MergeId,
    #[diesel(serialize_as = Uid)]
    platform_id: PlatformId,
    external_id: String,
}

/// Records a merge: from now on the one file is found by the other. A file that has ended meanwhile is [`StoreError::Conflict`].
pub fn insert_merge(db: &mut Db, merge: &LearnerMerge) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(learner_successor::table)
        .values((
            learner_successor::learner_id.eq(Uid::from(merge.ends_id)),
            learner_successor::successor_id.eq(Uid::from(merge.stays_id)),
            learner_successor::merge_id.eq(Uid::from(merge.merge_id)),
        ))
        .execute(c))?;
    on_db!(db, c => diesel::insert_into(learner_merge::table).values(merge.clone()).execute(c))?;
    Ok(())
}

/// Records that a merge was undone: from now on each file is found by itself.
pub fn insert_undoing(db: &mut Db, undoing: &MergeUndoing) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(learner_merge_undoing::table).values(undoing.clone()).execute(c))?;
    let of_merge = learner_successor::table.filter(learner_successor::merge_id.eq(Uid::from(undoing.merge_id)));
    on_db!(db, c => diesel::delete(of_merge).execute(c))?;
    Ok(())
}

/// Notes which items a merge brought over.
pub fn insert_merge_items(db: &mut Db, merge: MergeId, items: &[(PlatformId, String)]) -> Result<(), StoreError> {
    let row = |(platform_id, external_id): &(PlatformId, String)| Item {
        merge_id: merge,
        platform_id: *platform_id,
        external_id: external_id.clone(),
    };
    let rows: Vec<Item> = items.iter().map(row).collect();
    insert_all!(db, learner_merge_item::table, &rows);
    Ok(())
}

/// The items that a merge brought over.
pub fn merge_items(db: &mut Db, merge: MergeId) -> Result<HashSet<(PlatformId, String)>, StoreError> {
    let rows: Vec<(Uid, String)> = on_db!(db, c => learner_merge_item::table
        .filter(learner_merge_item::merge_id.eq(Uid::from(merge)))
        .select((learner_merge_item::platform_id, learner_merge_item::external_id))
        .load(c))?;
    Ok(rows.into_iter().map(|(platform, id)| (platform.into(), id)).collect())
}

/// A merge, and its undoing where it was undone.
pub fn find_merge(db: &mut Db, id: MergeId) -> Result<Option<(LearnerMerge, Option<MergeUndoing>)>, StoreError> {
    Ok(on_db!(db, c => learner_merge::table
        .left_join(learner_merge_undoing::table.on(learner_merge_undoing::merge_id.eq(learner_merge::merge_id)))
        .filter(learner_merge::merge_id.eq(Uid::from(id)))
        .select((LearnerMerge::as_select(), Option::<MergeUndoing>::as_select()))
        .first(c)
        .optional())?)
}

/// Every merge that a file took part in, undone or not, the first one first.
pub fn merges_of(db: &mut Db, learner: LearnerId) -> Result<Vec<(LearnerMerge, Option<MergeUndoing>)>, StoreError> {
    let learner = Uid::from(learner);
    Ok(on_db!(db, c => learner_merge::table
        .left_join(learner_merge_undoing::table.on(learner_merge_undoing::merge_id.eq(learner_merge::merge_id)))
        .filter(learner_merge::ends_id.eq(learner).or(learner_merge::stays_id.eq(learner)))
        .order((learner_merge::merged_at, learner_merge::merge_id))
        .select((LearnerMerge::as_select(), Option::<MergeUndoing>::as_select()))
        .load(c))?)
}

/// Every merge by which one of these files, or one that those were ever joined with, took part in a joining, undone or not; in no promised
/// order. One query where none did.
pub fn merges_among_kin(db: &mut Db, ids: &[LearnerId]) -> Result<Vec<LearnerMerge>, StoreError> {
    let mut found: HashMap<MergeId, LearnerMerge> = HashMap::new();
    let mut known: HashSet<LearnerId> = ids.iter().copied().collect();
    let mut asked = ids.to_vec();
    while !asked.is_empty() {
        let rows: Vec<LearnerMerge> = of_ids(&asked, |some| {
            on_db!(db, c => learner_merge::table
                .filter(learner_merge::ends_id.eq_any(some).or(learner_merge::stays_id.eq_any(some)))
                .select(LearnerMerge::as_select())
                .load(c))
        })?;
        asked.clear();
        for merge in rows {
            asked.extend([merge.ends_id, merge.stays_id].into_iter().filter(|id| known.insert(*id)));
            let _ = found.insert(merge.merge_id, merge);
        }
    }
    Ok(found.into_values().collect())
}

/// In which file each of these has ended: the last one where that ended in its turn. Those that have not are not among the
/// answer. One query where none has.
pub fn successors(db: &mut Db, ids: &[LearnerId]) -> Result<HashMap<LearnerId, LearnerId>, StoreError> {
    let mut found = next(db, ids)?;
    let mut further = found.clone();
    while !further.is_empty() {
        let asked: Vec<LearnerId> = further.into_values().collect();
        further = next(db, &asked)?;
        found.values_mut().for_each(|last| *last = further.get(last).copied().unwrap_or(*last));
    }
    Ok(found)
}

/// In which file each of these has ended, be it that that one has ended too.
fn next(db: &mut Db, ids: &[LearnerId]) -> Result<HashMap<LearnerId, LearnerId>, StoreError> {
    let rows: Vec<(Uid, Uid)> = of_ids(ids, |some| {
        on_db!(db, c => learner_successor::table
            .filter(learner_successor::learner_id.eq_any(some))
            .select((learner_successor::learner_id, learner_successor::successor_id))
            .load(c))
    })?;
    Ok(rows.into_iter().map(|(id, to)| (id.into(), to.into())).collect())
}

/// The files that have ended in these, or in one that did, each with the one of these in which it is found.
pub fn ended_in(db: &mut Db, ids: &[LearnerId]) -> Result<HashMap<LearnerId, LearnerId>, StoreError> {
    let mut found: HashMap<LearnerId, LearnerId> = HashMap::new();
    let mut asked = ids.to_vec();
    while !asked.is_empty() {
        let rows: Vec<(Uid, Uid)> = of_ids(&asked, |some| {
            on_db!(db, c => learner_successor::table
                .filter(learner_successor::successor_id.eq_any(some))
                .select((learner_successor::learner_id, learner_successor::successor_id))
                .load(c))
        })?;
        asked.clear();
        for (id, to) in rows {
            let (id, to) = (LearnerId::from(id), LearnerId::from(to));
            let stays = found.get(&to).copied().unwrap_or(to);
            asked.push(id);
            let _ = found.insert(id, stays);
        }
    }
    Ok(found)
}

/// The hashes of the documents under which these files were registered.
pub fn identifiers_of(db: &mut Db, ids: &[LearnerId]) -> Result<Vec<(String, LearnerId)>, StoreError> {
    let rows: Vec<(String, Uid)> = of_ids(ids, |some| {
        on_db!(db, c => learner_identifier::table
            .filter(learner_identifier::learner_id.eq_any(some))
            .select((learner_identifier::identifier_hash, learner_identifier::learner_id))
            .load(c))
    })?;
    Ok(rows.into_iter().map(|(hash, id)| (hash, id.into())).collect())
}

/// Every name under which each of these people is known: that of the file, and those of the files that ended in it.
pub fn names_of(db: &mut Db, ids: &[LearnerId]) -> Result<HashMap<LearnerId, Vec<String>>, StoreError> {
    let ended = ended_in(db, ids)?;
    let asked: HashSet<LearnerId> = ids.iter().copied().collect();
    let all: Vec<LearnerId> = asked.iter().chain(ended.keys().filter(|id| !asked.contains(id))).copied().collect();
    let mut found: HashMap<LearnerId, Vec<String>> = HashMap::new();
    for person in persons(db, &all)? {
        let id = person.learner_id;
        // Who asks about a file that ends in another one of these at this very moment still finds its person.
        for file in [Some(id).filter(|id| asked.contains(id)), ended.get(&id).copied()].into_iter().flatten() {
            found.entry(file).or_default().push(person.name.clone());
        }
    }
    Ok(found)
}

/// Every name under which the holders of these documents, and these other people, are known. Those of the file under which a document
/// was registered are among them also where a merge was undone since its holder was looked for.
pub fn names_of_holders(
    db: &mut Db,
    holders: &[Holder],
    others: &[LearnerId],
) -> Result<HashMap<LearnerId, Vec<String>>, StoreError> {
    let mut asked = others.to_vec();
    asked.extend(holders.iter().flat_map(|holder| [holder.registered, holder.learner]));
    asked.sort_unstable();
    asked.dedup();
    let mut found = names_of(db, &asked)?;
    for holder in holders.iter().filter(|holder| holder.registered != holder.learner) {
        // Of somebody who is erased meanwhile there is no name, and no person either.
        let Some(registered) = found.get(&holder.registered).cloned() else { continue };
        let known = found.entry(holder.learner).or_default();
        known.extend(registered);
        known.sort_unstable();
        known.dedup();
    }
    Ok(found)
}
