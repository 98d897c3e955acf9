//! Answers that are kept for whoever sends the same request again.
//!
//! A row is taken before the work of its request and filled after it, in one transaction: whoever sends the same meanwhile waits
//! for the row on PostgreSQL, and for the one writer on SQLite, and then finds the answer, or nothing where the work failed.

use crate::{Db, StoreError, db::on_db, schema::idempotency_answer, types::Ts};
use diesel::prelude::*;
use time::OffsetDateTime;

/// An answer as it is kept.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = idempotency_answer)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct KeptAnswer {
    pub request_hash: String,
    pub answer_cipher: Vec<u8>,
    pub key_id: String,
    pub suite_id: String,
}

impl std::fmt::Debug for KeptAnswer {
    /// Shows nothing that a log should not hold.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptAnswer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// A request that names a key.
#[derive(Clone, Copy, Debug)]
pub struct Repeatable<'a> {
    /// Whose key, and which.
    pub key_hash: &'a str,
    /// What is asked for.
    pub request_hash: &'a str,
}

/// Finds the answer that was given to this key after `since`; where there is none, takes the key until the transaction ends, and
/// it must be given its answer ([`keep`]) or the transaction must fail.
///
/// # Errors
/// When the database refuses; `Contention` when the answer went in the very moment it was looked for.
pub fn find_or_take(
    db: &mut Db,
    asked: Repeatable<'_>,
    now: OffsetDateTime,
    since: OffsetDateTime,
) -> Result<Option<KeptAnswer>, StoreError> {
    use idempotency_answer as kept;
    let row = (
        kept::key_hash.eq(asked.key_hash),
        kept::request_hash.eq(asked.request_hash),
        kept::answer_cipher.eq(&[] as &[u8]),
        kept::key_id.eq(""),
        kept::suite_id.eq(""),
        kept::answered_at.eq(Ts::from(now)),
    );
    on_db!(db, c => {
        let this = kept::table.find(asked.key_hash);
        diesel::delete(this.filter(kept::answered_at.le(Ts::from(since)))).execute(c)?;
        if diesel::insert_into(kept::table).values(row).on_conflict_do_nothing().execute(c)? > 0 {
            return Ok(None);
        }
        let found = this.select(KeptAnswer::as_select()).first(c).optional()?;
        found.map(Some).ok_or_else(|| StoreError::Contention("a kept answer went while it was looked for".to_owned()))
    })
}

/// Keeps the sealed answer to a key that this transaction has taken.
///
/// # Errors
/// When the database refuses.
pub fn keep(db: &mut Db, key_hash: &str, sealed: (&[u8], &str, &str)) -> Result<(), StoreError> {
    use idempotency_answer as kept;
    let (cipher, key_id, suite_id) = sealed;
    let filled = (kept::answer_cipher.eq(cipher), kept::key_id.eq(key_id), kept::suite_id.eq(suite_id));
    on_db!(db, c => diesel::update(kept::table.find(key_hash)).set(filled).execute(c))?;
    Ok(())
}

/// Removes answers that were given at this moment or before, at most `limit`; answers how many.
///
/// # Errors
/// When the database refuses.
pub fn remove_old(db: &mut Db, until: OffsetDateTime, limit: i64) -> Result<usize, StoreError> {
    use idempotency_answer as kept;
    let hashes: Vec<String> = on_db!(db, c => kept::table
        .filter(kept::answered_at.le(Ts::from(until)))
        .order(kept::answered_at)
        .limit(limit)
        .select(kept::key_hash)
        .load(c))?;
    // A key may have been taken anew since.
    let old = kept::table.filter(kept::key_hash.eq_any(hashes)).filter(kept::answered_at.le(Ts::from(until)));
    Ok(on_db!(db, c => diesel::delete(old).execute(c))?)
}
