//! By which the keys of a process show that they belong to this database. The keys themselves are never here.

use crate::{Db, StoreError, db::on_db, policy::bump_revision, schema::key_proof, sealed::is_in_use, types::Ts};
use diesel::prelude::*;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// The revision that moves when keys are looked at, so that of two processes the second sees what the first brought.
const KEYS: &str = "keys";

/// What is wrong with the keys of a process.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct WrongKeys {
    /// Keys of the same name that are not the same keys.
    pub others: Vec<String>,
    /// Keys that are not there, though something depends on them, or a process that has them will make it so.
    pub missing: Vec<String>,
}

/// The keys of a process that starts.
#[derive(Clone, Debug)]
pub struct OwnKeys {
    /// What shows of each of them that it is this very key, by its id.
    pub proofs: BTreeMap<String, String>,
    /// The key that seals from now on or from a moment to come, and the one before it where the file says it.
    pub newest: (String, Option<String>),
}

/// A key as this database knows it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = key_proof)]
struct KnownKey {
    key_id: String,
    proof: String,
    #[diesel(deserialize_as = Ts)]
    recorded_at: OffsetDateTime,
    is_forgotten: bool,
}

/// Answers what is wrong with the keys of a process. Where nothing is, it keeps the proofs of those that this database has not
/// seen, and forgets those that are not there any more and on which nothing depends; else it keeps nothing. A forgotten key
/// may come back, and is missed again as soon as something depends on it.
///
/// # Errors
/// When the database refuses.
pub fn check_keys(db: &mut Db, own: &OwnKeys, now: OffsetDateTime) -> Result<WrongKeys, StoreError> {
    bump_revision(db, KEYS)?;
    let known: Vec<KnownKey> = on_db!(db, c => key_proof::table
        .select(KnownKey::as_select())
        .order(key_proof::key_id)
        .load(c))?;
    let known_since = |id: &String| known.iter().find(|key| key.key_id == *id).map(|key| key.recorded_at);
    let (newest, before) = &own.newest;
    let since = known_since(newest).or_else(|| known_since(before.as_ref()?));
    let mut wrong = WrongKeys::default();
    let (mut gone, mut back) = (Vec::new(), Vec::new());
    for key in &known {
        match own.proofs.get(&key.key_id) {
            Some(proof) if *proof != key.proof => wrong.others.push(key.key_id.clone()),
            Some(_) if key.is_forgotten => back.push(key.key_id.as_str()),
            Some(_) => {}
            None if is_in_use(db, &key.key_id)? => wrong.missing.push(key.key_id.clone()),
            None if key.is_forgotten => {}
            // Another process has brought it since: it seals by it already, or will.
            None if since < Some(key.recorded_at) => wrong.missing.push(key.key_id.clone()),
            None => gone.push(key.key_id.as_str()),
        }
    }
    if wrong == WrongKeys::default() {
        for (ids, is_forgotten) in [(gone, true), (back, false)] {
            on_db!(db, c => diesel::update(key_proof::table.filter(key_proof::key_id.eq_any(&ids)))
                .set(key_proof::is_forgotten.eq(is_forgotten))
                .execute(c))?;
        }
        for (id, proof) in own.proofs.iter().filter(|(id, _)| known_since(id).is_none()) {
            let row = (key_proof::key_id.eq(id), key_proof::proof.eq(proof), key_proof::recorded_at.eq(Ts::from(now)));
            let row = (row, key_proof::is_forgotten.eq(false));
            on_db!(db, c => diesel::insert_into(key_proof::table).values(row).execute(c))?;
        }
    }
    Ok(wrong)
}
