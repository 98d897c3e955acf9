//! Authorities, employers and training bases.

use super::{REGISTRY, Search, codes, end_of_prefix};
use crate::{
    Db, StoreError,
    bulk::of_ids,
    db::on_db,
    policy::touch_revision,
    schema::{authority, employer, employer_credit_code, training_base},
    types::{Opt, PlaceText, Ts, Uid, Word},
};
use diesel::prelude::*;
use diesel::upsert::excluded;
use domain::{
    kernel::{AuthorityId, BaseId, EmployerId, PlaceCode},
    registry::{AuthorityKind, Tier},
};
use time::{Date, OffsetDateTime};

/// An office that approves, reviews or supervises.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = authority, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct Authority {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub authority_id: AuthorityId,
    pub name: String,
    #[diesel(serialize_as = Word<AuthorityKind>, deserialize_as = Word<AuthorityKind>)]
    pub kind: AuthorityKind,
    #[diesel(serialize_as = PlaceText, deserialize_as = PlaceText)]
    pub place_code: PlaceCode,
    pub series: Option<String>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub created_at: OffsetDateTime,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub updated_at: OffsetDateTime,
}

/// An organisation that employs learners. What it is (`EmployerKind`) is dated and stands next door, in `employer_kinds`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = employer, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct Employer {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub employer_id: EmployerId,
    pub name: String,
    pub credit_code: Option<String>,
    pub credit_code_checksum_ok: bool,
    #[diesel(serialize_as = PlaceText, deserialize_as = PlaceText)]
    pub place_code: PlaceCode,
    #[diesel(serialize_as = Opt<PlaceText>, deserialize_as = Opt<PlaceText>)]
    pub registered_place_code: Option<PlaceCode>,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub authority_id: Option<AuthorityId>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub created_at: OffsetDateTime,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub updated_at: OffsetDateTime,
}

/// A continuing education base. Both days of its recognition are included.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = training_base, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct TrainingBase {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub base_id: BaseId,
    pub name: String,
    #[diesel(serialize_as = Word<Tier>, deserialize_as = Word<Tier>)]
    pub level: Tier,
    #[diesel(serialize_as = PlaceText, deserialize_as = PlaceText)]
    pub place_code: PlaceCode,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub authority_id: Option<AuthorityId>,
    pub recognised_from: Date,
    pub recognised_until: Option<Date>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub created_at: OffsetDateTime,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub updated_at: OffsetDateTime,
}

/// The page that a [`Search`] asks for, of a table with a name, an id and a place.
macro_rules! search_by_name {
    ($db:expr, $table:ident, $id:ident, $row:ty, $search:expr $(, $code:ident)?) => {{
        let search: Search<'_> = $search;
        on_db!($db, c => {
            let mut query = $table::table
                .select(<$row>::as_select())
                .order(($table::name, $table::$id))
                .limit(search.limit)
                .into_boxed();
            if let Some(text) = search.text {
                let begins = $table::name.ge(text).and($table::name.lt(end_of_prefix(text)));
                query = query.filter(begins$(.or($table::$code.eq(text)))?);
            }
            if let Some(places) = search.places {
                query = query.filter($table::place_code.eq_any(codes(places)));
            }
            if let Some(after) = search.after {
                query = query.filter(
                    $table::name.gt(&after.name)
                        .or($table::name.eq(&after.name).and($table::$id.gt(Uid::from(after.id)))),
                );
            }
            query.load(c)
        })
    }};
}
pub(super) use search_by_name;

/// Keeps an authority, new or changed; `created_at` of a known one stays.
pub fn upsert_authority(db: &mut Db, row: &Authority) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(authority::table)
        .values(row.clone())
        .on_conflict(authority::authority_id)
        .do_update()
        .set((
            authority::name.eq(excluded(authority::name)),
            authority::kind.eq(excluded(authority::kind)),
            authority::place_code.eq(excluded(authority::place_code)),
            authority::series.eq(excluded(authority::series)),
            authority::updated_at.eq(excluded(authority::updated_at)),
        ))
        .execute(c))?;
    touch_revision(db, REGISTRY)
}

/// One authority.
pub fn find_authority(db: &mut Db, id: AuthorityId) -> Result<Option<Authority>, StoreError> {
    Ok(on_db!(db, c => authority::table.find(Uid::from(id)).select(Authority::as_select()).first(c).optional())?)
}

/// Those of the authorities that exist.
pub fn authorities_by_id(db: &mut Db, ids: &[AuthorityId]) -> Result<Vec<Authority>, StoreError> {
    of_ids(ids, |some| {
        on_db!(db, c => authority::table
            .filter(authority::authority_id.eq_any(some))
            .select(Authority::as_select())
            .load(c))
    })
}

/// Every place with an authority that answers for a series there.
pub fn sector_places(db: &mut Db, series: &str) -> Result<Vec<PlaceCode>, StoreError> {
    let places: Vec<PlaceText> = on_db!(db, c => authority::table
        .filter(authority::kind.eq(Word::from(AuthorityKind::Sector)))
        .filter(authority::series.eq(series))
        .select(authority::place_code)
        .load(c))?;
    places
        .into_iter()
        .map(|place| PlaceCode::try_from(place).map_err(|error| StoreError::Unreadable(error.to_string())))
        .collect()
}

/// The authorities of exactly this name.
pub fn authorities_named(db: &mut Db, name: &str) -> Result<Vec<Authority>, StoreError> {
    Ok(on_db!(db, c => authority::table
        .filter(authority::name.eq(name))
        .order(authority::authority_id)
        .select(Authority::as_select())
        .load(c))?)
}

/// A page of authorities.
pub fn search_authorities(db: &mut Db, search: Search<'_>) -> Result<Vec<Authority>, StoreError> {
    Ok(search_by_name!(db, authority, authority_id, Authority, search)?)
}

/// Keeps an employer, new or changed; `created_at` of a known one stays. A credit code that another employer holds is
/// [`StoreError::Conflict`] in `employer_credit_code`.
pub fn upsert_employer(db: &mut Db, row: &Employer) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(employer::table)
        .values(row.clone())
        .on_conflict(employer::employer_id)
        .do_update()
        .set((
            employer::name.eq(excluded(employer::name)),
            employer::credit_code.eq(excluded(employer::credit_code)),
            employer::credit_code_checksum_ok.eq(excluded(employer::credit_code_checksum_ok)),
            employer::place_code.eq(excluded(employer::place_code)),
            employer::registered_place_code.eq(excluded(employer::registered_place_code)),
            employer::authority_id.eq(excluded(employer::authority_id)),
            employer::updated_at.eq(excluded(employer::updated_at)),
        ))
        .execute(c))?;
    let id = Uid::from(row.employer_id);
    on_db!(db, c => diesel::delete(employer_credit_code::table.filter(employer_credit_code::employer_id.eq(id)))
        .execute(c))?;
    if let Some(code) = &row.credit_code {
        on_db!(db, c => diesel::insert_into(employer_credit_code::table)
            .values((employer_credit_code::credit_code.eq(code), employer_credit_code::employer_id.eq(id)))
            .execute(c))?;
    }
    Ok(())
}

/// One employer.
pub fn find_employer(db: &mut Db, id: EmployerId) -> Result<Option<Employer>, StoreError> {
    Ok(on_db!(db, c => employer::table.find(Uid::from(id)).select(Employer::as_select()).first(c).optional())?)
}

/// The employer that holds a credit code.
pub fn find_employer_by_credit_code(db: &mut Db, code: &str) -> Result<Option<Employer>, StoreError> {
    Ok(on_db!(db, c => employer_credit_code::table
        .find(code)
        .inner_join(employer::table)
        .select(Employer::as_select())
        .first(c)
        .optional())?)
}

/// Those of the employers that exist.
pub fn employers_by_id(db: &mut Db, ids: &[EmployerId]) -> Result<Vec<Employer>, StoreError> {
    of_ids(ids, |some| {
        on_db!(db, c => employer::table
            .filter(employer::employer_id.eq_any(some))
            .select(Employer::as_select())
            .load(c))
    })
}

/// A page of employers; the text may be a whole credit code.
pub fn search_employers(db: &mut Db, search: Search<'_>) -> Result<Vec<Employer>, StoreError> {
    Ok(search_by_name!(db, employer, employer_id, Employer, search, credit_code)?)
}

/// Keeps a training base, new or changed; `created_at` of a known one stays.
pub fn upsert_base(db: &mut Db, row: &TrainingBase) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(training_base::table)
        .values(row.clone())
        .on_conflict(training_base::base_id)
        .do_update()
        .set((
            training_base::name.eq(excluded(training_base::name)),
            training_base::level.eq(excluded(training_base::level)),
            training_base::place_code.eq(excluded(training_base::place_code)),
            training_base::authority_id.eq(excluded(training_base::authority_id)),
            training_base::recognised_from.eq(excluded(training_base::recognised_from)),
            training_base::recognised_until.eq(excluded(training_base::recognised_until)),
            training_base::updated_at.eq(excluded(training_base::updated_at)),
        ))
        .execute(c))?;
    touch_revision(db, REGISTRY)
}

/// One training base.
pub fn find_base(db: &mut Db, id: BaseId) -> Result<Option<TrainingBase>, StoreError> {
    Ok(on_db!(db, c => training_base::table.find(Uid::from(id)).select(TrainingBase::as_select()).first(c).optional())?)
}

/// Those of the training bases that exist.
pub fn bases_by_id(db: &mut Db, ids: &[BaseId]) -> Result<Vec<TrainingBase>, StoreError> {
    of_ids(ids, |some| {
        on_db!(db, c => training_base::table
            .filter(training_base::base_id.eq_any(some))
            .select(TrainingBase::as_select())
            .load(c))
    })
}

/// A page of training bases.
pub fn search_bases(db: &mut Db, search: Search<'_>) -> Result<Vec<TrainingBase>, StoreError> {
    Ok(search_by_name!(db, training_base, base_id, TrainingBase, search)?)
}
