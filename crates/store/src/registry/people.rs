//! The personal row of a learner: the only one, so the only one to correct, erase and search by name.

use super::{AfterName, codes, end_of_prefix};
use crate::{
    Db, StoreError,
    bulk::of_ids,
    db::on_db,
    schema::{learner_employer, learner_identifier, learner_person, learner_place, learner_post, learner_successor},
    types::{Ts, Uid, Word},
};
use diesel::upsert::excluded;
use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use domain::kernel::{DocumentKind, EmployerId, LearnerId, PlaceCode};
use time::{Date, OffsetDateTime};

/// Name and encrypted identity document of a learner.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = learner_person, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct LearnerPerson {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub learner_id: LearnerId,
    pub name: String,
    #[diesel(serialize_as = Word<DocumentKind>, deserialize_as = Word<DocumentKind>)]
    pub document_kind: DocumentKind,
    pub document_cipher: Vec<u8>,
    pub document_mask: Option<String>,
    pub key_id: String,
    pub suite_id: String,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub updated_at: OffsetDateTime,
}

impl std::fmt::Debug for LearnerPerson {
    /// Shows nothing personal, so that no log can.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LearnerPerson").field("learner_id", &self.learner_id).finish_non_exhaustive()
    }
}

/// Which learners a page holds, in the order of name and id.
#[derive(Clone, Copy, Debug)]
pub struct LearnerSearch<'a> {
    /// The beginning of the name.
    pub name: Option<&'a str>,
    /// Only those whose place on `today` is one of these; before the first of all places, that one.
    pub places: Option<&'a [PlaceCode]>,
    /// Only those whose employer in force on `today` is this one: before the first of all employers there is none.
    pub employer: Option<EmployerId>,
    /// Only those whose post on `today` is of this series; before the first of all posts, that one.
    pub series: Option<&'a str>,
    /// The civil day on which place, employer and post are looked at.
    pub today: Date,
    /// After this row.
    pub after: Option<&'a AfterName>,
    /// At most so many.
    pub limit: i64,
}

/// The personal rows of those of the learners that have one, in no promised order.
pub fn persons(db: &mut Db, ids: &[LearnerId]) -> Result<Vec<LearnerPerson>, StoreError> {
    of_ids(ids, |some| {
        on_db!(db, c => learner_person::table
            .filter(learner_person::learner_id.eq_any(some))
            .select(LearnerPerson::as_select())
            .load(c))
    })
}

/// Replaces the personal row of a learner.
pub fn update_person(db: &mut Db, person: &LearnerPerson) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(learner_person::table)
        .values(person.clone())
        .on_conflict(learner_person::learner_id)
        .do_update()
        .set((
            learner_person::name.eq(excluded(learner_person::name)),
            learner_person::document_kind.eq(excluded(learner_person::document_kind)),
            learner_person::document_cipher.eq(excluded(learner_person::document_cipher)),
            learner_person::document_mask.eq(excluded(learner_person::document_mask)),
            learner_person::key_id.eq(excluded(learner_person::key_id)),
            learner_person::suite_id.eq(excluded(learner_person::suite_id)),
            learner_person::updated_at.eq(excluded(learner_person::updated_at)),
        ))
        .execute(c))?;
    Ok(())
}

/// Ties one more identity document to a learner; false when that document is tied to someone already.
pub fn add_identifier(db: &mut Db, hash: &str, key_id: &str, learner: LearnerId) -> Result<bool, StoreError> {
    let inserted = on_db!(db, c => diesel::insert_into(learner_identifier::table)
        .values((
            learner_identifier::identifier_hash.eq(hash),
            learner_identifier::key_id.eq(key_id),
            learner_identifier::learner_id.eq(Uid::from(learner)),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted > 0)
}

/// Unties an identity document from a learner; false when it was not tied to this one.
pub fn remove_identifier(db: &mut Db, hash: &str, learner: LearnerId) -> Result<bool, StoreError> {
    let of_learner = learner_identifier::learner_id.eq(Uid::from(learner));
    let removed = on_db!(db, c => diesel::delete(learner_identifier::table.find(hash).filter(of_learner)).execute(c))?;
    Ok(removed > 0)
}

/// Deletes the personal rows of these learners and the hashes of their documents. What else is theirs stays, under ids that name
/// nobody any more.
pub fn erase_people(db: &mut Db, ids: &[LearnerId]) -> Result<(), StoreError> {
    let ids: Vec<Uid> = ids.iter().map(|id| Uid::from(*id)).collect();
    let people = learner_person::table.filter(learner_person::learner_id.eq_any(&ids));
    on_db!(db, c => diesel::delete(people).execute(c))?;
    let identifiers = learner_identifier::table.filter(learner_identifier::learner_id.eq_any(&ids));
    on_db!(db, c => diesel::delete(identifiers).execute(c))?;
    Ok(())
}

/// Whether the fact of `$table` held on `$today` has `$column` among `$wanted`. In force is the fact than which none is later
/// by (from_on, recorded_at, fact_id); before the first day of all, that of the first day. See `domain::registry::held_on`.
macro_rules! held_among {
    ($table:ident, $fact:ident, $later:ident, $column:ident, $wanted:expr, $today:expr) => {{
        let of_learner = $later.field($table::learner_id).eq($fact.field($table::learner_id));
        let earlier = $later.filter(of_learner).filter($later.field($table::from_on).lt($fact.field($table::from_on)));
        let begun = $fact.field($table::from_on).le($today).or(not(exists(earlier)));
        let same_day = $later.field($table::from_on).eq($fact.field($table::from_on));
        let by_id = $later
            .field($table::recorded_at)
            .eq($fact.field($table::recorded_at))
            .and($later.field($table::fact_id).gt($fact.field($table::fact_id)));
        let by_record = same_day.and($later.field($table::recorded_at).gt($fact.field($table::recorded_at)).or(by_id));
        let outranked = $later
            .filter(of_learner)
            .filter($later.field($table::from_on).le($today).or(same_day))
            .filter($later.field($table::from_on).gt($fact.field($table::from_on)).or(by_record));
        let in_force = $fact
            .filter($fact.field($table::learner_id).eq(learner_person::learner_id))
            .filter($fact.field($table::$column).eq_any($wanted))
            .filter(begun)
            .filter(not(exists(outranked)));
        exists(in_force)
    }};
}

/// Learners who belong or ever belonged to a place itself, in the order of their ids.
pub fn learners_of_place(
    db: &mut Db,
    place: &PlaceCode,
    after: Option<LearnerId>,
    limit: i64,
) -> Result<Vec<LearnerId>, StoreError> {
    let ids: Vec<Uid> = on_db!(db, c => {
        let mut query = learner_place::table
            .filter(learner_place::place_code.eq(place.as_str()))
            .select(learner_place::learner_id)
            .distinct()
            .order(learner_place::learner_id)
            .limit(limit)
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(learner_place::learner_id.gt(Uid::from(after)));
        }
        query.load(c)
    })?;
    Ok(ids.into_iter().map(LearnerId::from).collect())
}

/// How many learners ever belonged to any of these places.
pub fn count_learners_of(db: &mut Db, places: &[PlaceCode]) -> Result<i64, StoreError> {
    let places: Vec<&str> = places.iter().map(PlaceCode::as_str).collect();
    let people = learner_place::table.filter(learner_place::place_code.eq_any(&places));
    let distinct = diesel::dsl::count(learner_place::learner_id).aggregate_distinct();
    Ok(on_db!(db, c => people.select(distinct).first(c))?)
}

/// A page of learners. Files that ended in another are not among them.
pub fn search_learners(db: &mut Db, search: LearnerSearch<'_>) -> Result<Vec<LearnerPerson>, StoreError> {
    let (fact, later) = diesel::alias!(learner_place as fact, learner_place as later);
    let (job, next_job) = diesel::alias!(learner_employer as job, learner_employer as next_job);
    let (post, next_post) = diesel::alias!(learner_post as post, learner_post as next_post);
    let today = search.today;
    Ok(on_db!(db, c => {
        let mut query = learner_person::table
            .select(LearnerPerson::as_select())
            .filter(not(exists(
                learner_successor::table.filter(learner_successor::learner_id.eq(learner_person::learner_id)),
            )))
            .order((learner_person::name, learner_person::learner_id))
            .limit(search.limit)
            .into_boxed();
        if let Some(name) = search.name {
            query = query.filter(learner_person::name.ge(name).and(learner_person::name.lt(end_of_prefix(name))));
        }
        if let Some(places) = search.places {
            query = query.filter(held_among!(learner_place, fact, later, place_code, codes(places), today));
        }
        if let Some(employer) = search.employer {
            let wanted = [Uid::from(employer)];
            query = query.filter(held_among!(learner_employer, job, next_job, employer_id, wanted, today));
            let begun = learner_employer::learner_id
                .eq(learner_person::learner_id)
                .and(learner_employer::from_on.le(today));
            query = query.filter(exists(learner_employer::table.filter(begun)));
        }
        if let Some(series) = search.series {
            query = query.filter(held_among!(learner_post, post, next_post, series, [series], today));
        }
        if let Some(after) = search.after {
            let id = Uid::from(after.id);
            query = query.filter(
                learner_person::name.gt(&after.name)
                    .or(learner_person::name.eq(&after.name).and(learner_person::learner_id.gt(id))),
            );
        }
        query.load(c)
    })?)
}
