//! Grants of officials, and their withdrawals. Both are only ever added.

use super::hold_access;
use crate::{
    Db, StoreError,
    db::on_db,
    schema::{access_grant, access_grant_withdrawal, employer, training_base},
    types::{Opt, PlaceText, Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    access::Role,
    kernel::{BaseId, EmployerId, GrantId, IssuerId, PlaceCode},
};
use time::{Date, OffsetDateTime};

/// What an official was granted.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = access_grant, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct AccessGrant {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub grant_id: GrantId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub issuer_id: IssuerId,
    pub subject: String,
    #[diesel(serialize_as = Word<Role>, deserialize_as = Word<Role>)]
    pub role: Role,
    #[diesel(serialize_as = Opt<PlaceText>, deserialize_as = Opt<PlaceText>)]
    pub place_code: Option<PlaceCode>,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub employer_id: Option<EmployerId>,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub base_id: Option<BaseId>,
    pub series: Option<String>,
    pub from_on: Date,
    pub until_on: Option<Date>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub given_at: OffsetDateTime,
    pub given_by: String,
    pub reason: String,
}

/// The end of a grant before its time.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = access_grant_withdrawal)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct AccessGrantWithdrawal {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub grant_id: GrantId,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub withdrawn_at: OffsetDateTime,
    pub withdrawn_by: String,
    pub reason: String,
}

/// A grant with its withdrawal, if it was withdrawn.
pub type GrantWithEnd = (AccessGrant, Option<AccessGrantWithdrawal>);

/// Which grants a page holds, in the order they were given.
#[derive(Clone, Copy, Debug, Default)]
pub struct GrantSearch<'a> {
    /// Only those of this issuer's officials.
    pub issuer: Option<IssuerId>,
    /// Only those of this official.
    pub subject: Option<&'a str>,
    /// Only those for one of these places, or for an employer or a base of one of them.
    pub places: Option<&'a [PlaceCode]>,
    /// After this one.
    pub after: Option<GrantId>,
    /// At most so many.
    pub limit: i64,
}

/// Keeps a grant.
pub fn insert_grant(db: &mut Db, row: &AccessGrant) -> Result<(), StoreError> {
    hold_access(db)?;
    on_db!(db, c => diesel::insert_into(access_grant::table).values(row.clone()).execute(c))?;
    Ok(())
}

/// Withdraws a grant. Doing it twice is [`StoreError::Conflict`].
pub fn insert_withdrawal(db: &mut Db, row: &AccessGrantWithdrawal) -> Result<(), StoreError> {
    hold_access(db)?;
    on_db!(db, c => diesel::insert_into(access_grant_withdrawal::table).values(row.clone()).execute(c))?;
    Ok(())
}

/// One grant.
pub fn find_grant(db: &mut Db, id: GrantId) -> Result<Option<GrantWithEnd>, StoreError> {
    Ok(on_db!(db, c => access_grant::table
        .find(Uid::from(id))
        .left_join(access_grant_withdrawal::table)
        .select((AccessGrant::as_select(), Option::<AccessGrantWithdrawal>::as_select()))
        .first(c)
        .optional())?)
}

/// A page of grants.
pub fn search_grants(db: &mut Db, search: GrantSearch<'_>) -> Result<Vec<GrantWithEnd>, StoreError> {
    let places: Option<Vec<&str>> = search.places.map(|places| places.iter().map(PlaceCode::as_str).collect());
    Ok(on_db!(db, c => {
        let mut query = access_grant::table
            .left_join(access_grant_withdrawal::table)
            .select((AccessGrant::as_select(), Option::<AccessGrantWithdrawal>::as_select()))
            .order(access_grant::grant_id)
            .limit(search.limit)
            .into_boxed();
        if let Some(issuer) = search.issuer {
            query = query.filter(access_grant::issuer_id.eq(Uid::from(issuer)));
        }
        if let Some(subject) = search.subject {
            query = query.filter(access_grant::subject.eq(subject));
        }
        if let Some(places) = &places {
            let employers = employer::table
                .filter(employer::place_code.eq_any(places))
                .select(employer::employer_id.nullable());
            let bases = training_base::table
                .filter(training_base::place_code.eq_any(places))
                .select(training_base::base_id.nullable());
            query = query.filter(
                access_grant::place_code.eq_any(places)
                    .or(access_grant::employer_id.eq_any(employers))
                    .or(access_grant::base_id.eq_any(bases)),
            );
        }
        if let Some(after) = search.after {
            query = query.filter(access_grant::grant_id.gt(Uid::from(after)));
        }
        query.load(c)
    })?)
}

/// The grants of one official that were not withdrawn, on whatever days they hold.
pub fn grants_of(db: &mut Db, issuer: IssuerId, subject: &str) -> Result<Vec<AccessGrant>, StoreError> {
    Ok(on_db!(db, c => access_grant::table
        .left_join(access_grant_withdrawal::table)
        .filter(access_grant_withdrawal::grant_id.nullable().is_null())
        .filter(access_grant::issuer_id.eq(Uid::from(issuer)).and(access_grant::subject.eq(subject)))
        .select(AccessGrant::as_select())
        .load(c))?)
}

/// Every grant that these officials of an issuer ever had.
pub fn grants_ever_of(db: &mut Db, issuer: IssuerId, subjects: &[&str]) -> Result<Vec<GrantWithEnd>, StoreError> {
    Ok(on_db!(db, c => access_grant::table
        .left_join(access_grant_withdrawal::table)
        .filter(access_grant::issuer_id.eq(Uid::from(issuer)).and(access_grant::subject.eq_any(subjects)))
        .select((AccessGrant::as_select(), Option::<AccessGrantWithdrawal>::as_select()))
        .load(c))?)
}

pub(super) fn not_withdrawn(db: &mut Db) -> Result<Vec<AccessGrant>, StoreError> {
    Ok(on_db!(db, c => access_grant::table
        .left_join(access_grant_withdrawal::table)
        .filter(access_grant_withdrawal::grant_id.nullable().is_null())
        .select(AccessGrant::as_select())
        .load(c))?)
}
