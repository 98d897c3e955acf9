//! By which the keys of a process show that they belong to this database. The keys themselves are never here.

use crate::{Db, StoreError, db::on_db, schema::key_proof, types::Ts};
use diesel::prelude::*;
use time::OffsetDateTime;

/// Keeps the proofs of keys that this database has not seen, and answers the ids of those whose proof is another than the one
/// kept: keys of the same name that are not the same keys.
///
/// # Errors
/// When the database refuses.
pub fn other_keys(db: &mut Db, proofs: &[(String, String)], now: OffsetDateTime) -> Result<Vec<String>, StoreError> {
    for (id, proof) in proofs {
        let row = (key_proof::key_id.eq(id), key_proof::proof.eq(proof), key_proof::recorded_at.eq(Ts::from(now)));
        on_db!(db, c => diesel::insert_into(key_proof::table).values(row).on_conflict_do_nothing().execute(c))?;
    }
    let kept: Vec<(String, String)> =
        on_db!(db, c => key_proof::table.select((key_proof::key_id, key_proof::proof)).load(c))?;
    let differs = |(id, proof): &&(String, String)| kept.iter().any(|(of, other)| of == id && other != proof);
    Ok(proofs.iter().filter(differs).map(|(id, _)| id.clone()).collect())
}
