//! Learners: how one is found by an identity document, and the dated facts about one.
//!
//! The personal row is next door, in `people`.

use super::{employer_kinds::employer_kinds, merges::successors, people::LearnerPerson};
use crate::{
    Db, StoreError,
    bulk::{LIST, insert_all, insert_new},
    db::on_db,
    schema::{
        learner, learner_employer, learner_identifier, learner_person, learner_place, learner_post, learner_successor,
    },
    types::{Opt, PlaceText, Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    kernel::{EmployerId, FactId, LearnerId, PlaceCode},
    registry::{Dated, EmploymentKind, LearnerFacts, Level, Post},
};
use std::collections::{BTreeSet, HashMap, HashSet};
use time::{Date, OffsetDateTime};

/// That a learner belongs to a place from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = learner_place)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct LearnerPlace {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub learner_id: LearnerId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub fact_id: FactId,
    #[diesel(serialize_as = PlaceText, deserialize_as = PlaceText)]
    pub place_code: PlaceCode,
    pub from_on: Date,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub recorded_at: OffsetDateTime,
    pub recorded_by: String,
}

/// Who employs a learner from a day on; `None` is nobody.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = learner_employer, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct LearnerEmployer {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub learner_id: LearnerId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub fact_id: FactId,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub employer_id: Option<EmployerId>,
    pub from_on: Date,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub recorded_at: OffsetDateTime,
    pub recorded_by: String,
}

/// What a learner is engaged as from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = learner_post, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct LearnerPost {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub learner_id: LearnerId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub fact_id: FactId,
    pub series: Option<String>,
    #[diesel(serialize_as = Opt<Word<Level>>, deserialize_as = Opt<Word<Level>>)]
    pub level: Option<Level>,
    #[diesel(serialize_as = Word<EmploymentKind>, deserialize_as = Word<EmploymentKind>)]
    pub employment_kind: EmploymentKind,
    pub from_on: Date,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub recorded_at: OffsetDateTime,
    pub recorded_by: String,
}

/// A learner to be kept if the identity document is not known yet. The rows must carry the same `learner_id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLearner {
    /// The keyed hash of the identity document.
    pub identifier_hash: String,
    /// The key of that hash.
    pub identifier_key_id: String,
    /// The personal row; its id is the learner's.
    pub person: LearnerPerson,
    /// The first facts about the place.
    pub places: Vec<LearnerPlace>,
    /// The first facts about the employer.
    pub employers: Vec<LearnerEmployer>,
    /// The first facts about the post.
    pub posts: Vec<LearnerPost>,
    /// When.
    pub created_at: OffsetDateTime,
    /// By whom.
    pub created_by: String,
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = learner)]
struct LearnerRow {
    #[diesel(serialize_as = Uid)]
    learner_id: LearnerId,
    #[diesel(serialize_as = Ts)]
    created_at: OffsetDateTime,
    created_by: String,
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = learner_identifier)]
struct IdentifierRow {
    identifier_hash: String,
    key_id: String,
    #[diesel(serialize_as = Uid)]
    learner_id: LearnerId,
}

/// Whose an identity document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The document.
    pub hash: String,
    /// The file under which it was registered.
    pub registered: LearnerId,
    /// The file in which that one has ended, or else itself.
    pub learner: LearnerId,
}

/// The holders of those of the identity documents that are known. Where a file has ended it takes more than one query.
pub fn find_by_identifier(db: &mut Db, hashes: &[&str]) -> Result<Vec<Holder>, StoreError> {
    let mut found = Vec::with_capacity(hashes.len());
    let mut ended: Vec<LearnerId> = Vec::new();
    for chunk in hashes.chunks(LIST) {
        let rows: Vec<(String, Uid, Option<Uid>)> = on_db!(db, c => learner_identifier::table
            .left_join(learner_successor::table
                .on(learner_successor::learner_id.eq(learner_identifier::learner_id)))
            .filter(learner_identifier::identifier_hash.eq_any(chunk))
            .select((
                learner_identifier::identifier_hash,
                learner_identifier::learner_id,
                learner_successor::successor_id.nullable(),
            ))
            .load(c))?;
        for (hash, id, successor) in rows {
            let registered = LearnerId::from(id);
            ended.extend(successor.map(|_| registered));
            found.push(Holder { hash, registered, learner: registered });
        }
    }
    let successors = successors(db, &ended)?;
    for holder in &mut found {
        holder.learner = successors.get(&holder.registered).copied().unwrap_or(holder.registered);
    }
    Ok(found)
}

/// Keeps the learners whose identity document is not known yet and answers which those are. Of the others nothing is
/// written; the same document twice in one call makes one learner.
pub fn insert_learners(db: &mut Db, learners: &[NewLearner]) -> Result<HashSet<LearnerId>, StoreError> {
    let mut identifiers: Vec<IdentifierRow> = learners
        .iter()
        .map(|new| IdentifierRow {
            identifier_hash: new.identifier_hash.clone(),
            key_id: new.identifier_key_id.clone(),
            learner_id: new.person.learner_id,
        })
        .collect();
    // One order for all writers, so that two of them do not wait for each other in a circle.
    identifiers.sort_by(|a, b| a.identifier_hash.cmp(&b.identifier_hash));
    let value = |row: &IdentifierRow| Uid::from(row.learner_id);
    let new = insert_new!(db, learner_identifier::table, &identifiers, learner_identifier::learner_id, Uid, value);
    let new: HashSet<LearnerId> = new.into_iter().map(Into::into).collect();
    let kept: Vec<&NewLearner> = learners.iter().filter(|one| new.contains(&one.person.learner_id)).collect();
    let roots: Vec<LearnerRow> = kept
        .iter()
        .map(|one| LearnerRow {
            learner_id: one.person.learner_id,
            created_at: one.created_at,
            created_by: one.created_by.clone(),
        })
        .collect();
    let people: Vec<LearnerPerson> = kept.iter().map(|one| one.person.clone()).collect();
    insert_all!(db, learner::table, &roots);
    insert_all!(db, learner_person::table, &people);
    let places: Vec<LearnerPlace> = kept.iter().flat_map(|one| one.places.clone()).collect();
    let employers: Vec<LearnerEmployer> = kept.iter().flat_map(|one| one.employers.clone()).collect();
    let posts: Vec<LearnerPost> = kept.iter().flat_map(|one| one.posts.clone()).collect();
    append_facts(db, &places, &employers, &posts)?;
    Ok(new)
}

/// Adds dated facts.
pub fn append_facts(
    db: &mut Db,
    places: &[LearnerPlace],
    employers: &[LearnerEmployer],
    posts: &[LearnerPost],
) -> Result<(), StoreError> {
    insert_all!(db, learner_place::table, places);
    insert_all!(db, learner_employer::table, employers);
    insert_all!(db, learner_post::table, posts);
    Ok(())
}

/// All facts about the learners, in the order asked for; one that does not exist has none. Five queries for any number, and one more for
/// each file on the way from one that has ended to the one that stands.
pub fn load_learner_facts(db: &mut Db, ids: &[LearnerId]) -> Result<Vec<LearnerFacts>, StoreError> {
    let mut facts: Facts = ids.iter().map(|id| (*id, LearnerFacts::nothing_of(*id))).collect();
    for chunk in ids.chunks(LIST) {
        let chunk: Vec<Uid> = chunk.iter().map(|id| Uid::from(*id)).collect();
        add_places(db, &chunk, &mut facts)?;
        add_employers(db, &chunk, &mut facts)?;
        add_posts(db, &chunk, &mut facts)?;
    }
    for (learner, last) in successors(db, ids)? {
        if let Some(facts) = facts.get_mut(&learner) {
            facts.ended_in = Some(last);
        }
    }
    Ok(ids.iter().filter_map(|id| facts.get(id).cloned()).collect())
}

type Facts = HashMap<LearnerId, LearnerFacts>;

fn add_places(db: &mut Db, ids: &[Uid], facts: &mut Facts) -> Result<(), StoreError> {
    let rows: Vec<LearnerPlace> = on_db!(db, c => learner_place::table
        .filter(learner_place::learner_id.eq_any(ids))
        .select(LearnerPlace::as_select())
        .load(c))?;
    for LearnerPlace { learner_id, fact_id, place_code: value, from_on, recorded_at, .. } in rows {
        if let Some(facts) = facts.get_mut(&learner_id) {
            facts.places.push(Dated { value, from_on, recorded_at, fact_id });
        }
    }
    Ok(())
}

fn add_employers(db: &mut Db, ids: &[Uid], facts: &mut Facts) -> Result<(), StoreError> {
    let rows: Vec<LearnerEmployer> = on_db!(db, c => learner_employer::table
        .filter(learner_employer::learner_id.eq_any(ids))
        .select(LearnerEmployer::as_select())
        .load(c))?;
    let employers: BTreeSet<EmployerId> = rows.iter().filter_map(|row| row.employer_id).collect();
    let kinds = employer_kinds(db, &employers.into_iter().collect::<Vec<_>>())?;
    for LearnerEmployer { learner_id, fact_id, employer_id: value, from_on, recorded_at, .. } in rows {
        if let Some(facts) = facts.get_mut(&learner_id) {
            facts.employers.push(Dated { value, from_on, recorded_at, fact_id });
            facts
                .employer_kinds
                .extend(value.and_then(|id| kinds.get_key_value(&id)).map(|(id, all)| (*id, all.clone())));
        }
    }
    Ok(())
}

fn add_posts(db: &mut Db, ids: &[Uid], facts: &mut Facts) -> Result<(), StoreError> {
    let rows: Vec<LearnerPost> = on_db!(db, c => learner_post::table
        .filter(learner_post::learner_id.eq_any(ids))
        .select(LearnerPost::as_select())
        .load(c))?;
    for LearnerPost { learner_id, fact_id, series, level, employment_kind, from_on, recorded_at, .. } in rows {
        let value = Post { series, level, employment_kind };
        if let Some(facts) = facts.get_mut(&learner_id) {
            facts.posts.push(Dated { value, from_on, recorded_at, fact_id });
        }
    }
    Ok(())
}
