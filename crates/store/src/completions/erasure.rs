//! Evidence without its person: the only change that evidence admits.

use crate::{Db, StoreError, bulk::LIST, db::on_db, schema::completion, types::Uid};
use diesel::prelude::*;
use domain::kernel::PlatformId;

/// The items whose evidence names one of these documents.
pub fn naming(db: &mut Db, hashes: &[String]) -> Result<Vec<(PlatformId, String)>, StoreError> {
    let rows: Vec<(Uid, String)> = on_db!(db, c => completion::table
        .filter(completion::person_hash.eq_any(hashes))
        .select((completion::platform_id, completion::external_id))
        .load(c))?;
    Ok(rows.into_iter().map(|(platform, id)| (platform.into(), id)).collect())
}

/// Empties what names a person in the evidence of these items; answers of how many.
pub fn empty_evidence(db: &mut Db, platform: PlatformId, external_ids: &[&str]) -> Result<usize, StoreError> {
    let mut emptied = 0;
    for chunk in external_ids.chunks(LIST) {
        emptied += on_db!(db, c => diesel::update(completion::table)
            .filter(completion::platform_id.eq(Uid::from(platform)))
            .filter(completion::external_id.eq_any(chunk))
            .filter(
                completion::person_hash.is_not_null()
                    .or(completion::name_hash.is_not_null())
                    .or(completion::evidence.is_not_null()),
            )
            .set((
                completion::person_hash.eq(None::<String>),
                completion::name_hash.eq(None::<String>),
                completion::evidence.eq(None::<String>),
            ))
            .execute(c))?;
    }
    Ok(emptied)
}
