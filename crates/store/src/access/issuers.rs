//! Issuers: other systems whose signed tokens are taken.

use super::hold_access;
use crate::{
    Db, StoreError,
    db::on_db,
    schema::token_issuer,
    types::{Opt, Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{access::KeyFetchFailure, kernel::IssuerId};
use time::OffsetDateTime;

/// A system whose tokens are taken.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = token_issuer, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct TokenIssuer {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub issuer_id: IssuerId,
    pub iss: String,
    pub name: String,
    pub audience: String,
    pub names_learners: bool,
    pub names_officials: bool,
    pub algorithms: String,
    pub jwks: Option<String>,
    pub jwks_uri: Option<String>,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    pub jwks_fetched_at: Option<OffsetDateTime>,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    pub jwks_failed_at: Option<OffsetDateTime>,
    #[diesel(serialize_as = Opt<Word<KeyFetchFailure>>, deserialize_as = Opt<Word<KeyFetchFailure>>)]
    pub jwks_failure: Option<KeyFetchFailure>,
    pub jwks_failures: i32,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    pub jwks_due_at: Option<OffsetDateTime>,
    pub longest_token_seconds: i32,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub created_at: OffsetDateTime,
    pub created_by: String,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub updated_at: OffsetDateTime,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    pub disabled_at: Option<OffsetDateTime>,
}

/// Keeps a new issuer. An `iss` that another has is [`StoreError::Conflict`].
pub fn insert_issuer(db: &mut Db, row: &TokenIssuer) -> Result<(), StoreError> {
    hold_access(db)?;
    on_db!(db, c => diesel::insert_into(token_issuer::table).values(row.clone()).execute(c))?;
    Ok(())
}

/// Changes what may change of an issuer: all but its `iss`, by which its officials are known. Also for keys that were fetched.
pub fn update_issuer(db: &mut Db, row: &TokenIssuer) -> Result<(), StoreError> {
    hold_access(db)?;
    on_db!(db, c => diesel::update(token_issuer::table.find(Uid::from(row.issuer_id)))
        .set((
            token_issuer::name.eq(row.name.as_str()),
            token_issuer::audience.eq(row.audience.as_str()),
            token_issuer::names_learners.eq(row.names_learners),
            token_issuer::names_officials.eq(row.names_officials),
            token_issuer::algorithms.eq(row.algorithms.as_str()),
            token_issuer::jwks.eq(row.jwks.as_deref()),
            token_issuer::jwks_uri.eq(row.jwks_uri.as_deref()),
            token_issuer::jwks_fetched_at.eq(row.jwks_fetched_at.map(Ts::from)),
            token_issuer::jwks_failed_at.eq(row.jwks_failed_at.map(Ts::from)),
            token_issuer::jwks_failure.eq(row.jwks_failure.map(Word::from)),
            token_issuer::jwks_failures.eq(row.jwks_failures),
            token_issuer::jwks_due_at.eq(row.jwks_due_at.map(Ts::from)),
            token_issuer::longest_token_seconds.eq(row.longest_token_seconds),
            token_issuer::updated_at.eq(Ts::from(row.updated_at)),
            token_issuer::disabled_at.eq(row.disabled_at.map(Ts::from)),
        ))
        .execute(c))?;
    Ok(())
}

/// The issuer whose keys are to be fetched next, if it is time for any. Those of a disabled one are not fetched.
pub fn issuer_to_fetch(db: &mut Db, now: OffsetDateTime) -> Result<Option<TokenIssuer>, StoreError> {
    Ok(on_db!(db, c => token_issuer::table
        .filter(token_issuer::jwks_due_at.le(Some(Ts::from(now))))
        .filter(token_issuer::disabled_at.is_null())
        .order((token_issuer::jwks_due_at, token_issuer::issuer_id))
        .select(TokenIssuer::as_select())
        .first(c)
        .optional())?)
}

/// Keeps that the keys of an issuer could not be fetched, and when to try again, unless the issuer was changed meanwhile. Who may
/// do what stays as it was, so nobody need look again.
pub fn note_failed_fetch(db: &mut Db, row: &TokenIssuer) -> Result<(), StoreError> {
    on_db!(db, c => diesel::update(token_issuer::table.find(Uid::from(row.issuer_id)))
        .filter(token_issuer::updated_at.eq(Ts::from(row.updated_at)))
        .filter(token_issuer::jwks_uri.eq(row.jwks_uri.as_deref()))
        .set((
            token_issuer::jwks_failed_at.eq(row.jwks_failed_at.map(Ts::from)),
            token_issuer::jwks_failure.eq(row.jwks_failure.map(Word::from)),
            token_issuer::jwks_failures.eq(row.jwks_failures),
            token_issuer::jwks_due_at.eq(row.jwks_due_at.map(Ts::from)),
        ))
        .execute(c))?;
    Ok(())
}

/// Brings the next fetching of an issuer's keys forward. One that is due earlier stays so, and keys that were given are not fetched.
pub fn fetch_earlier(db: &mut Db, id: IssuerId, due_at: OffsetDateTime) -> Result<(), StoreError> {
    let due_at = Some(Ts::from(due_at));
    on_db!(db, c => diesel::update(token_issuer::table.find(Uid::from(id)))
        .filter(token_issuer::jwks_due_at.gt(due_at))
        .set(token_issuer::jwks_due_at.eq(due_at))
        .execute(c))?;
    Ok(())
}

/// One issuer.
pub fn find_issuer(db: &mut Db, id: IssuerId) -> Result<Option<TokenIssuer>, StoreError> {
    Ok(issuers_by_id(db, &[id])?.pop())
}

/// The issuer that calls itself so.
pub fn find_issuer_by_iss(db: &mut Db, iss: &str) -> Result<Option<TokenIssuer>, StoreError> {
    Ok(on_db!(db, c => token_issuer::table
        .filter(token_issuer::iss.eq(iss))
        .select(TokenIssuer::as_select())
        .first(c)
        .optional())?)
}

/// Those of the issuers that exist, in no promised order.
pub fn issuers_by_id(db: &mut Db, ids: &[IssuerId]) -> Result<Vec<TokenIssuer>, StoreError> {
    let ids: Vec<Uid> = ids.iter().map(|id| Uid::from(*id)).collect();
    Ok(on_db!(db, c => token_issuer::table
        .filter(token_issuer::issuer_id.eq_any(&ids))
        .select(TokenIssuer::as_select())
        .load(c))?)
}

/// Which issuers a page is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuersOf {
    /// All of them.
    All,
    /// Those that are not disabled and name officials.
    Officials,
}

/// A page of issuers, in the order they were registered.
pub fn list_issuers(
    db: &mut Db,
    which: IssuersOf,
    after: Option<IssuerId>,
    limit: i64,
) -> Result<Vec<TokenIssuer>, StoreError> {
    Ok(on_db!(db, c => {
        let mut query = token_issuer::table
            .select(TokenIssuer::as_select())
            .order(token_issuer::issuer_id)
            .limit(limit)
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(token_issuer::issuer_id.gt(Uid::from(after)));
        }
        if which == IssuersOf::Officials {
            query = query.filter(token_issuer::names_officials.eq(true)).filter(token_issuer::disabled_at.is_null());
        }
        query.load(c)
    })?)
}

pub(super) fn enabled(db: &mut Db) -> Result<Vec<TokenIssuer>, StoreError> {
    Ok(on_db!(db, c => token_issuer::table
        .filter(token_issuer::disabled_at.is_null())
        .select(TokenIssuer::as_select())
        .load(c))?)
}
