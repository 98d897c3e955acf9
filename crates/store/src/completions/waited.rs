//! Items that have waited long: those of which it is to be said, and those that are to end.

use super::CompletionHold;
use crate::{
    Db, StoreError,
    bulk::LIST,
    db::on_db,
    schema::completion_hold,
    types::{Ts, Uid},
};
use diesel::prelude::*;
use domain::kernel::PlatformId;
use time::OffsetDateTime;

/// Which items that have waited since a moment or longer.
#[derive(Clone, Copy, Debug)]
pub enum Waited {
    /// Those of which nothing was said.
    Unsaid,
    /// Those of which it was said at this moment or before.
    SaidBy(OffsetDateTime),
}

/// Items that have waited since a moment or longer, in the order of their keys, after a key; at most `limit`.
pub fn long_held(
    db: &mut Db,
    since: OffsetDateTime,
    which: Waited,
    after: Option<(PlatformId, &str)>,
    limit: i64,
) -> Result<Vec<CompletionHold>, StoreError> {
    Ok(on_db!(db, c => {
        let mut query = completion_hold::table
            .filter(completion_hold::held_at.le(Ts::from(since)))
            .order((completion_hold::platform_id, completion_hold::external_id))
            .limit(limit)
            .select(CompletionHold::as_select())
            .into_boxed();
        query = match which {
            Waited::Unsaid => query.filter(completion_hold::said_at.is_null()),
            Waited::SaidBy(moment) => query.filter(completion_hold::said_at.le(Ts::from(moment))),
        };
        if let Some((platform, external_id)) = after {
            let platform = Uid::from(platform);
            query = query.filter(completion_hold::platform_id.gt(platform).or(
                completion_hold::platform_id.eq(platform).and(completion_hold::external_id.gt(external_id)),
            ));
        }
        query.load(c)
    })?)
}

/// Notes that it was said of items of a platform that they end soon.
pub fn note_said(
    db: &mut Db,
    platform: PlatformId,
    external_ids: &[&str],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    for chunk in external_ids.chunks(LIST) {
        on_db!(db, c => diesel::update(completion_hold::table)
            .filter(completion_hold::platform_id.eq(Uid::from(platform)))
            .filter(completion_hold::external_id.eq_any(chunk))
            .set(completion_hold::said_at.eq(Ts::from(now)))
            .execute(c))?;
    }
    Ok(())
}
