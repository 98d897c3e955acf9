//! The rule book at run time: versions of rule files, their publications, and the number that moves with every change.
//!
//! Parsing and layering live in `domain::policy`; this room keeps texts and who published which.

use crate::{
    Db, StoreError,
    db::on_db,
    registry::REGISTRY,
    schema::{policy_publication, policy_version, revision},
    types::{PlaceText, Ts, Uid},
};
use diesel::prelude::*;
use domain::kernel::{PlaceCode, PolicyId};
use time::{Duration, OffsetDateTime};

/// The revision that moves with every write to places and policies.
pub const RULE_BOOK: &str = "rule_book";

/// The numbers that move with what services keep in memory, as one statement saw them; zero where nothing has moved yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revisions {
    /// Of places and policies: [`RULE_BOOK`].
    pub rule_book: i64,
    /// Of authorities, bases and platforms: [`REGISTRY`].
    pub registry: i64,
}

impl Revisions {
    /// Takes over one of the numbers, if it is one of these.
    pub(crate) fn note(&mut self, name: &str, number: i64) {
        match name {
            RULE_BOOK => self.rule_book = number,
            REGISTRY => self.registry = number,
            _ => {}
        }
    }
}

/// One text of one rule file. Without a publication it is a draft.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = policy_version, treat_none_as_default_value = false)]
pub struct PolicyVersion {
    /// Its key.
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub policy_id: PolicyId,
    /// The place whose layer it is.
    #[diesel(serialize_as = PlaceText, deserialize_as = PlaceText)]
    pub place_code: PlaceCode,
    /// The first policy year it speaks of.
    pub year_from: i32,
    /// The last one, if it ends.
    pub year_until: Option<i32>,
    /// The rule file as it was handed in.
    pub source: String,
    /// SHA-256 of the source, hexadecimal.
    pub source_hash: String,
    /// When it was handed in.
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub drafted_at: OffsetDateTime,
    /// By whom.
    pub drafted_by: String,
}

/// The act of publishing a version.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = policy_publication)]
pub struct PolicyPublication {
    /// The version published.
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub policy_id: PolicyId,
    /// The place of the version.
    #[diesel(serialize_as = PlaceText, deserialize_as = PlaceText)]
    pub place_code: PlaceCode,
    /// The first year of the version.
    pub year_from: i32,
    /// Its number among the publications of that place and year, from 1.
    pub number: i32,
    /// From when it governs what is computed.
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub published_at: OffsetDateTime,
    /// By whom.
    pub published_by: String,
}

/// A version with its publication, if it has one.
pub type VersionWithPublication = (PolicyVersion, Option<PolicyPublication>);

/// Keeps a draft. Call [`touch_revision`] only on publication: a draft changes no answer.
pub fn insert_version(db: &mut Db, version: &PolicyVersion) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(policy_version::table).values(version.clone()).execute(c))?;
    Ok(())
}

/// One version.
pub fn find_version(db: &mut Db, id: PolicyId) -> Result<Option<VersionWithPublication>, StoreError> {
    Ok(on_db!(db, c => policy_version::table
        .find(Uid::from(id))
        .left_join(policy_publication::table)
        .select((PolicyVersion::as_select(), Option::<PolicyPublication>::as_select()))
        .first(c)
        .optional())?)
}

/// Versions with their publications, as they are asked for, by id, of one place or of all.
macro_rules! listed {
    ($connection:expr, $asked:expr, $place:expr, $after:expr, $limit:expr) => {{
        let mut query = $asked.order(policy_version::policy_id).limit($limit).into_boxed();
        if let Some(place) = $place {
            query = query.filter(policy_version::place_code.eq(place.as_str()));
        }
        if let Some(after) = $after {
            query = query.filter(policy_version::policy_id.gt(Uid::from(after)));
        }
        query.load($connection)
    }};
}

/// Versions in the order they were drafted, of one place or of all.
pub fn list_versions(
    db: &mut Db,
    place: Option<&PlaceCode>,
    after: Option<PolicyId>,
    limit: i64,
) -> Result<Vec<VersionWithPublication>, StoreError> {
    let all = policy_version::table.left_join(policy_publication::table);
    Ok(on_db!(db, c => {
        let all = all.select((PolicyVersion::as_select(), Option::<PolicyPublication>::as_select()));
        listed!(c, all, place, after, limit)
    })?)
}

/// Drafts in the order they were handed in, of one place or of all: versions that nobody published yet.
pub fn list_drafts(
    db: &mut Db,
    place: Option<&PlaceCode>,
    after: Option<PolicyId>,
    limit: i64,
) -> Result<Vec<PolicyVersion>, StoreError> {
    let drafts = policy_version::table.left_join(policy_publication::table);
    let drafts = drafts.filter(policy_publication::policy_id.nullable().is_null());
    Ok(on_db!(db, c => listed!(c, drafts.select(PolicyVersion::as_select()), place, after, limit))?)
}

/// Publishes a version with the next number of its place and first year, and moves the rule book's revision. Publishing
/// twice is [`StoreError::Conflict`]; a version that does not exist answers `None`.
///
/// What governs is decided by the moment of publication, which the caller read before it waited for its turn, on a clock of its
/// own. So of one place each publication is later than the one before: by a microsecond where the clocks say otherwise.
pub fn publish(
    db: &mut Db,
    id: PolicyId,
    published_at: OffsetDateTime,
    published_by: &str,
) -> Result<Option<PolicyPublication>, StoreError> {
    let Some((version, _)) = find_version(db, id)? else { return Ok(None) };
    let now = crate::whole_micros(published_at);
    // The revision's row is the lock: two publications cannot take the same number.
    touch_revision(db, RULE_BOOK)?;
    let of_place = policy_publication::place_code.eq(version.place_code.as_str());
    let last: Option<i32> = on_db!(db, c => policy_publication::table
        .filter(of_place)
        .filter(policy_publication::year_from.eq(version.year_from))
        .select(diesel::dsl::max(policy_publication::number))
        .get_result(c))?;
    let last_at: Option<Ts> = on_db!(db, c => policy_publication::table
        .filter(of_place)
        .select(diesel::dsl::max(policy_publication::published_at))
        .get_result(c))?;
    let after_the_last = last_at.map(|last| OffsetDateTime::from(last) + Duration::MICROSECOND);
    let publication = PolicyPublication {
        policy_id: id,
        place_code: version.place_code,
        year_from: version.year_from,
        number: last.unwrap_or(0) + 1,
        published_at: after_the_last.map_or(now, |least| now.max(least)),
        published_by: published_by.to_owned(),
    };
    on_db!(db, c => diesel::insert_into(policy_publication::table).values(publication.clone()).execute(c))?;
    Ok(Some(publication))
}

/// Every published version with its publication, oldest publication first: what the rule book is built from.
pub fn published_all(db: &mut Db) -> Result<Vec<(PolicyVersion, PolicyPublication)>, StoreError> {
    Ok(on_db!(db, c => policy_version::table
        .inner_join(policy_publication::table)
        .select((PolicyVersion::as_select(), PolicyPublication::as_select()))
        .order((policy_publication::published_at, policy_publication::policy_id))
        .load(c))?)
}

/// The numbers of both revisions.
pub fn revisions(db: &mut Db) -> Result<Revisions, StoreError> {
    let rows: Vec<(String, i64)> = on_db!(db, c => revision::table.select((revision::name, revision::number)).load(c))?;
    let mut found = Revisions::default();
    rows.iter().for_each(|(name, number)| found.note(name, *number));
    Ok(found)
}

/// The number of a revision; zero when nothing has moved it yet.
pub fn current_revision(db: &mut Db, name: &str) -> Result<i64, StoreError> {
    let number = on_db!(db, c => revision::table.find(name).select(revision::number).first(c).optional())?;
    Ok(number.unwrap_or(0))
}

/// Moves a revision on by one. The row stays locked until the transaction ends.
pub fn bump_revision(db: &mut Db, name: &str) -> Result<(), StoreError> {
    add_to_revision(db, name, 1)
}

/// Moves on a revision that services keep values under. The row stays locked until the transaction ends.
///
/// The step is a random one: a value that was kept under the number of a transaction that was then rolled back must not be
/// taken for the one that belongs to the number of the next transaction.
pub fn touch_revision(db: &mut Db, name: &str) -> Result<(), StoreError> {
    let [.., a, b, c] = uuid::Uuid::now_v7().into_bytes();
    add_to_revision(db, name, 1 + i64::from(u32::from_be_bytes([0, a, b, c])))
}

fn add_to_revision(db: &mut Db, name: &str, step: i64) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(revision::table)
        .values((revision::name.eq(name), revision::number.eq(step)))
        .on_conflict(revision::name)
        .do_update()
        .set(revision::number.eq(revision::number + step))
        .execute(c))?;
    Ok(())
}
