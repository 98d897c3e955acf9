//! The queue of what waits for a person, a course, another item or a rule. Its rows come and go.

use crate::{
    Db, StoreError,
    bulk::{LIST, ROWS, of_ids},
    db::on_db,
    schema::completion_hold,
    types::{Opt, Ts, Uid},
};
use diesel::{prelude::*, upsert::excluded};
use domain::kernel::{LearnerId, PlatformId};
use std::collections::{BTreeMap, HashSet};
use time::OffsetDateTime;

/// An item that waits, with who it is about, encrypted, for the office that has to register that person.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = completion_hold, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct CompletionHold {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub platform_id: PlatformId,
    pub external_id: String,
    pub waits_for: String,
    /// Whose item it is, where that is known: its number is a learner's, and its name is, too.
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub learner_id: Option<LearnerId>,
    pub reason: String,
    pub document_cipher: Option<Vec<u8>>,
    pub name_cipher: Option<Vec<u8>>,
    pub key_id: Option<String>,
    pub suite_id: Option<String>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub held_at: OffsetDateTime,
    /// When it was said that it ends soon.
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    pub said_at: Option<OffsetDateTime>,
}

impl std::fmt::Debug for CompletionHold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompletionHold").field("external_id", &self.external_id).finish_non_exhaustive()
    }
}

/// Written once for one row and for many: what an item waits for is replaced, who it is about is not.
macro_rules! upsert {
    ($rows:expr, $c:expr) => {
        diesel::insert_into(completion_hold::table)
            .values($rows)
            .on_conflict((completion_hold::platform_id, completion_hold::external_id))
            .do_update()
            .set((
                completion_hold::waits_for.eq(excluded(completion_hold::waits_for)),
                completion_hold::learner_id.eq(excluded(completion_hold::learner_id)),
                completion_hold::reason.eq(excluded(completion_hold::reason)),
            ))
            .execute($c)
    };
}

/// Items that wait, in the order of their keys, after a key; at most so many. Written once for both back ends and whatever is asked.
macro_rules! page {
    ($row:ty, $which:expr, $after:expr, $limit:expr) => {{
        let mut query = completion_hold::table
            .filter($which)
            .order((completion_hold::platform_id, completion_hold::external_id))
            .limit($limit)
            .select(<$row>::as_select())
            .into_boxed();
        if let Some((platform, external_id)) = $after {
            let platform = Uid::from(platform);
            query = query.filter(
                completion_hold::platform_id
                    .gt(platform)
                    .or(completion_hold::platform_id.eq(platform).and(completion_hold::external_id.gt(external_id))),
            );
        }
        query
    }};
}
pub(crate) use page;

/// Puts items into the queue of what waits, or notes that they wait for something else now.
///
/// Who an item is about stays as it was first kept: a later row without it does not erase it.
pub fn put_holds(db: &mut Db, rows: &[CompletionHold]) -> Result<(), StoreError> {
    let keys: HashSet<(PlatformId, &str)> =
        rows.iter().map(|row| (row.platform_id, row.external_id.as_str())).collect();
    // PostgreSQL takes many rows in one statement, but not the same key twice.
    let at_once = if keys.len() == rows.len() && matches!(db, Db::Pg(_)) { ROWS } else { 1 };
    for chunk in rows.chunks(at_once) {
        match db {
            Db::Pg(c) => upsert!(chunk.to_vec(), c)?,
            Db::Sqlite(c) => {
                for row in chunk {
                    upsert!(row.clone(), c)?;
                }
                0
            }
        };
    }
    Ok(())
}

/// Notes that items wait for something else now: each with what it waited for until now. An item that was settled in the
/// meantime is not in the queue any more and stays out of it; what waits for something else since then stays as it is. Items
/// that moved alike are noted together.
pub fn move_holds(db: &mut Db, rows: &[(CompletionHold, String)]) -> Result<(), StoreError> {
    let mut alike: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for (row, waited_for) in rows {
        let moved = (row.platform_id, waited_for, &row.waits_for, row.learner_id, &row.reason);
        alike.entry(moved).or_default().push(&row.external_id);
    }
    for ((platform, waited_for, waits_for, learner, reason), external_ids) in alike {
        for chunk in external_ids.chunks(LIST) {
            on_db!(db, c => diesel::update(completion_hold::table)
                .filter(completion_hold::platform_id.eq(Uid::from(platform)))
                .filter(completion_hold::external_id.eq_any(chunk))
                .filter(completion_hold::waits_for.eq(waited_for))
                .set((
                    completion_hold::waits_for.eq(waits_for),
                    completion_hold::learner_id.eq(learner.map(Uid::from)),
                    completion_hold::reason.eq(reason),
                ))
                .execute(c))?;
        }
    }
    Ok(())
}

/// Takes items out of the queue.
pub fn delete_holds(db: &mut Db, platform: PlatformId, external_ids: &[&str]) -> Result<(), StoreError> {
    for chunk in external_ids.chunks(LIST) {
        on_db!(db, c => diesel::delete(completion_hold::table
            .filter(completion_hold::platform_id.eq(Uid::from(platform)))
            .filter(completion_hold::external_id.eq_any(chunk)))
            .execute(c))?;
    }
    Ok(())
}

/// Items that wait for one of these, in the order of what they wait for and their keys; at most `limit`.
pub fn find_waiting(db: &mut Db, waits_for: &[&str], limit: i64) -> Result<Vec<CompletionHold>, StoreError> {
    Ok(on_db!(db, c => completion_hold::table
        .filter(completion_hold::waits_for.eq_any(waits_for))
        .order((completion_hold::waits_for, completion_hold::platform_id, completion_hold::external_id))
        .limit(limit)
        .select(CompletionHold::as_select())
        .load(c))?)
}

/// Which of these anything waits for, in order, each once.
pub fn awaited_among(db: &mut Db, waits_for: &[&str]) -> Result<Vec<String>, StoreError> {
    let mut found: Vec<String> = Vec::new();
    for chunk in waits_for.chunks(LIST) {
        let rows: Vec<String> = on_db!(db, c => completion_hold::table
            .filter(completion_hold::waits_for.eq_any(chunk))
            .select(completion_hold::waits_for)
            .distinct()
            .load(c))?;
        found.extend(rows);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Those of a platform's items that wait, in the order of their ids.
pub fn holds_of(db: &mut Db, platform: PlatformId, external_ids: &[&str]) -> Result<Vec<CompletionHold>, StoreError> {
    let mut found = Vec::new();
    for chunk in external_ids.chunks(LIST) {
        let rows: Vec<CompletionHold> = on_db!(db, c => completion_hold::table
            .filter(completion_hold::platform_id.eq(Uid::from(platform)))
            .filter(completion_hold::external_id.eq_any(chunk))
            .order(completion_hold::external_id)
            .select(CompletionHold::as_select())
            .load(c))?;
        found.extend(rows);
    }
    Ok(found)
}

/// Items of these learners that wait, in the order of their keys, after a key; at most `limit`.
pub fn held_of_learners(
    db: &mut Db,
    learners: &[LearnerId],
    after: Option<(PlatformId, &str)>,
    limit: i64,
) -> Result<Vec<CompletionHold>, StoreError> {
    let learners: Vec<Uid> = learners.iter().map(|id| Uid::from(*id)).collect();
    Ok(on_db!(db, c => page!(CompletionHold, completion_hold::learner_id.eq_any(learners), after, limit).load(c))?)
}

/// The rules that items of these learners wait for, each once.
pub fn rules_awaited_by(db: &mut Db, learners: &[LearnerId]) -> Result<Vec<String>, StoreError> {
    let mut awaited: Vec<String> = of_ids(learners, |some| {
        on_db!(db, c => completion_hold::table
            .filter(completion_hold::learner_id.eq_any(some))
            .filter(completion_hold::waits_for.like("rule:%"))
            .select(completion_hold::waits_for)
            .distinct()
            .load(c))
    })?;
    awaited.sort_unstable();
    awaited.dedup();
    Ok(awaited)
}

/// Items that wait for exactly this, in the order of their keys, after a key; at most `limit`.
pub fn waiting_for(
    db: &mut Db,
    waits_for: &str,
    after: Option<(PlatformId, &str)>,
    limit: i64,
) -> Result<Vec<CompletionHold>, StoreError> {
    Ok(on_db!(db, c => page!(CompletionHold, completion_hold::waits_for.eq(waits_for), after, limit).load(c))?)
}

/// The first thing that begins so, after another, which an item waits for.
pub fn next_awaited(db: &mut Db, prefix: &str, after: Option<&str>) -> Result<Option<String>, StoreError> {
    let least = after.unwrap_or(prefix);
    Ok(on_db!(db, c => completion_hold::table
        .filter(completion_hold::waits_for.ge(least))
        .filter(completion_hold::waits_for.ne(after.unwrap_or_default()))
        .filter(completion_hold::waits_for.lt(format!("{prefix}\u{10FFFF}")))
        .select(completion_hold::waits_for)
        .order(completion_hold::waits_for)
        .first(c)
        .optional())?)
}

/// What waits among one platform's items, in the order of their ids.
pub fn waiting_of_platform(
    db: &mut Db,
    platform: PlatformId,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<CompletionHold>, StoreError> {
    Ok(on_db!(db, c => {
        let mut query = completion_hold::table
            .filter(completion_hold::platform_id.eq(Uid::from(platform)))
            .order(completion_hold::external_id)
            .limit(limit)
            .select(CompletionHold::as_select())
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(completion_hold::external_id.gt(after.to_owned()));
        }
        query.load(c)
    })?)
}
