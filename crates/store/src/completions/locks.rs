//! Items held against other corrections while one decides whose place a correction takes, while hours of an item are found false or said
//! anew, and while it is taken back by hand.
//!
//! On SQLite writes follow one another anyway. On PostgreSQL two corrections that replace the same item, directly or over
//! others, would both read that nobody has taken its place, and no key need keep the second one out: of an item that was taken
//! back by hand neither of them writes anything more.

use crate::{Db, StoreError, bulk::LIST, types::Id, types::Uid};
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Array, Integer, Text},
};
use domain::kernel::PlatformId;

/// What an item replaces never changes, so all that lies below is known before anything is held, and is held in one order for
/// all writers: two batches that correct the same items in opposite orders do not wait for one another in a circle.
const BELOW: &str = "
    WITH RECURSIVE below (external_id, depth) AS (
        SELECT replaced COLLATE \"C\", 1 FROM unnest($2) AS replaced
        UNION
        SELECT completion.replaces, below.depth + 1
        FROM below JOIN completion ON completion.platform_id = $1 AND completion.external_id = below.external_id
        WHERE completion.replaces IS NOT NULL AND below.depth < $3
    )
    SELECT 1 FROM completion
    WHERE completion.platform_id = $1 AND completion.external_id IN (SELECT external_id FROM below)
    ORDER BY completion.external_id
    FOR NO KEY UPDATE";

/// Holds these items of a platform and those that they replace in their turn, `deep` generations of them at most, to the end of
/// the transaction. What is read of them after this is what holds. There is nothing to hold of what has not arrived.
pub fn hold_below(db: &mut Db, platform: PlatformId, replaced: &[&str], deep: usize) -> Result<(), StoreError> {
    let Db::Pg(c) = db else { return Ok(()) };
    let deep = i32::try_from(deep).unwrap_or(i32::MAX);
    for chunk in replaced.chunks(LIST) {
        let items = sql_query(BELOW).bind::<Id, _>(Uid::from(platform)).bind::<Array<Text>, _>(chunk);
        items.bind::<Integer, _>(deep).execute(c)?;
    }
    Ok(())
}
