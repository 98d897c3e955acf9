//! By which the keys of a process show that they belong to this database. The keys themselves are never here.

use crate::{Db, StoreError, db::on_db, schema::key_proof, sealed::is_in_use, types::Ts};
use diesel::prelude::*;
use time::OffsetDateTime;

/// What is wrong with the keys of a process.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct WrongKeys {
    /// Keys of the same name that are not the same keys.
    pub others: Vec<String>,
    /// Keys that are not there, though something depends on them, or a process that has them will make it so.
    pub missing: Vec<String>,
}

/// Keeps the proofs of keys that this database has not seen, and answers what is wrong with those of a process whose newest key
/// is `newest`. A key that is not there any more and on which nothing depends is forgotten.
///
/// # Errors
/// When the database refuses.
pub fn check_keys(
    db: &mut Db,
    proofs: &[(String, String)],
    newest: &str,
    now: OffsetDateTime,
) -> Result<WrongKeys, StoreError> {
    for (id, proof) in proofs {
        let row = (key_proof::key_id.eq(id), key_proof::proof.eq(proof), key_proof::recorded_at.eq(Ts::from(now)));
        on_db!(db, c => diesel::insert_into(key_proof::table).values(row).on_conflict_do_nothing().execute(c))?;
    }
    let kept: Vec<(String, String, Ts)> = on_db!(db, c => key_proof::table
        .select((key_proof::key_id, key_proof::proof, key_proof::recorded_at))
        .order(key_proof::key_id)
        .load(c))?;
    let mut wrong = WrongKeys::default();
    let known_since = kept.iter().find(|(id, ..)| id == newest).map(|(.., at)| OffsetDateTime::from(*at));
    for (id, proof, at) in &kept {
        match proofs.iter().find(|(of, _)| of == id) {
            Some((_, ours)) if ours == proof => {}
            Some(_) => wrong.others.push(id.clone()),
            // Another process has brought it since: it seals by it already, or will.
            None if known_since < Some(OffsetDateTime::from(*at)) => wrong.missing.push(id.clone()),
            None if is_in_use(db, id)? => wrong.missing.push(id.clone()),
            None => {
                on_db!(db, c => diesel::delete(key_proof::table.find(id)).execute(c))?;
            }
        }
    }
    Ok(wrong)
}
