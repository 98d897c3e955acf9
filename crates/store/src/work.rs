//! Work that outlives its request: queued in the transaction of its cause, leased by one runner at a time, done in chunks.
//!
//! What a piece of work does is not known here; the runner in `api` is. Time comes in, so that tests need not sleep.

use crate::{
    Db, StoreError,
    db::on_db,
    schema::work,
    types::{Opt, Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::kernel::WorkId;
use time::{Duration, OffsetDateTime};

/// After so many attempts without coming further a piece of work is dead: it waits for a person, not for time.
pub const MAX_ATTEMPTS: i32 = 8;

/// The wait after the first failure; each further one doubles it.
const FIRST_BACKOFF: Duration = Duration::seconds(5);
const LONGEST_BACKOFF: Duration = Duration::hours(1);

domain::words! {
    /// Where a piece of work stands.
    pub enum WorkState {
        /// Not before `run_after`.
        Waiting = "waiting",
        /// Leased; free again when the lease has run out.
        Running = "running",
        /// Done.
        Done = "done",
        /// Failed too often.
        Dead = "dead",
    }
}

/// A piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = work, treat_none_as_default_value = false)]
pub struct Work {
    /// Its key.
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub work_id: WorkId,
    /// What to do.
    pub kind: String,
    /// With what, as JSON.
    pub payload: String,
    /// Not before.
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub run_after: OffsetDateTime,
    /// Until when its owner may work on it without a sign of life.
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    pub lease_until: Option<OffsetDateTime>,
    /// Who works on it.
    pub lease_owner: Option<String>,
    /// How often it was leased since it last came further.
    pub attempts: i32,
    /// How much is done.
    pub done: i64,
    /// Of how much, where that is known.
    pub total: Option<i64>,
    /// How far it has come, as JSON: where whoever takes it next goes on.
    pub reached: Option<String>,
    /// Where it stands.
    #[diesel(serialize_as = Word<WorkState>, deserialize_as = Word<WorkState>)]
    pub state: WorkState,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// When it was queued.
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub created_at: OffsetDateTime,
    /// When anything of it changed last.
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub updated_at: OffsetDateTime,
}

/// A runner that holds a lease: who, at what time, for how long from then.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    /// The runner, different in each process.
    pub owner: &'a str,
    /// The present.
    pub now: OffsetDateTime,
    /// How long without a sign of life.
    pub lasts: Duration,
}

/// How far a piece of work has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// How much is done.
    pub done: i64,
    /// Of how much, where that is known.
    pub total: Option<i64>,
    /// Where to go on, as JSON.
    pub reached: &'a str,
}

/// Work to be queued.
#[derive(Clone, Copy, Debug)]
pub struct NewWork<'a> {
    /// Its key.
    pub id: WorkId,
    /// What to do.
    pub kind: &'a str,
    /// With what, as JSON.
    pub payload: &'a str,
    /// Not before.
    pub run_after: OffsetDateTime,
}

/// Queues a piece of work.
pub fn enqueue(db: &mut Db, new: NewWork<'_>, now: OffsetDateTime) -> Result<(), StoreError> {
    let row = fresh(new, now);
    on_db!(db, c => diesel::insert_into(work::table).values(row).execute(c))?;
    Ok(())
}

fn fresh(new: NewWork<'_>, now: OffsetDateTime) -> Work {
    Work {
        work_id: new.id,
        kind: new.kind.to_owned(),
        payload: new.payload.to_owned(),
        run_after: new.run_after,
        lease_until: None,
        lease_owner: None,
        attempts: 0,
        done: 0,
        total: None,
        reached: None,
        state: WorkState::Waiting,
        last_error: None,
        created_at: now,
        updated_at: now,
    }
}

/// Queues a standing piece of work, of which there is one under a fixed key: as new when it was done, and not at all while it waits
/// or runs. One that is dead stays so, for a person.
pub fn wake(db: &mut Db, standing: NewWork<'_>, now: OffsetDateTime) -> Result<(), StoreError> {
    let (id, waiting) = (Uid::from(standing.id), Word::from(WorkState::Waiting));
    let woken = on_db!(db, c => diesel::update(work::table.find(id))
        .filter(work::state.eq(Word::from(WorkState::Done)))
        .set((
            work::state.eq(waiting),
            work::run_after.eq(Ts::from(standing.run_after)),
            work::attempts.eq(0),
            work::done.eq(0_i64),
            work::reached.eq(None::<&str>),
            work::updated_at.eq(Ts::from(now)),
        ))
        .execute(c))?;
    if woken == 0 {
        let row = fresh(standing, now);
        on_db!(db, c => diesel::insert_into(work::table).values(row).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

/// The piece of work of a kind that was queued last.
pub fn last_of_kind(db: &mut Db, kind: &str) -> Result<Option<Work>, StoreError> {
    let of_kind = work::table.filter(work::kind.eq(kind)).order((work::created_at.desc(), work::work_id.desc()));
    Ok(on_db!(db, c => of_kind.select(Work::as_select()).first(c).optional())?)
}

/// One piece of work.
pub fn find_work(db: &mut Db, id: WorkId) -> Result<Option<Work>, StoreError> {
    Ok(on_db!(db, c => work::table.find(Uid::from(id)).select(Work::as_select()).first(c).optional())?)
}

/// The pieces of work that failed too often, those that failed last before the others, at most so many.
pub fn dead_work(db: &mut Db, limit: i64) -> Result<Vec<Work>, StoreError> {
    let dead = work::table.filter(work::state.eq(Word::from(WorkState::Dead)));
    let dead = dead.order((work::updated_at.desc(), work::work_id.desc())).limit(limit);
    Ok(on_db!(db, c => dead.select(Work::as_select()).load(c))?)
}

/// Lets a piece of work that failed too often be leased again, from where it was; answers whether it was one.
pub fn try_again(db: &mut Db, id: WorkId, now: OffsetDateTime) -> Result<bool, StoreError> {
    let tried = on_db!(db, c => diesel::update(work::table.find(Uid::from(id)))
        .filter(work::state.eq(Word::from(WorkState::Dead)))
        .set((
            work::state.eq(Word::from(WorkState::Waiting)),
            work::run_after.eq(Ts::from(now)),
            work::attempts.eq(0),
            work::updated_at.eq(Ts::from(now)),
        ))
        .execute(c))?;
    Ok(tried > 0)
}

/// Takes work whose runner was lost, or else the piece that has waited longest. Of two runners at once each gets another one, or
/// none. Work whose runner died is free again; work that killed its runner too often is dead.
pub fn lease_next(db: &mut Db, kinds: &[&str], lease: Lease<'_>) -> Result<Option<Work>, StoreError> {
    while let Some(found) = next_free(db, kinds, lease.now)? {
        if found.attempts >= MAX_ATTEMPTS {
            end(db, &found, WorkState::Dead, Some("its runner died on every attempt"), lease.now)?;
            continue;
        }
        let until = lease.now + lease.lasts;
        on_db!(db, c => diesel::update(work::table.find(Uid::from(found.work_id)))
            .set((
                work::state.eq(Word::from(WorkState::Running)),
                work::lease_until.eq(Some(Ts::from(until))),
                work::lease_owner.eq(Some(lease.owner)),
                work::attempts.eq(work::attempts + 1),
                work::updated_at.eq(Ts::from(lease.now)),
            ))
            .execute(c))?;
        return find_work(db, found.work_id);
    }
    Ok(None)
}

/// The first row that is free, locked until the transaction ends.
fn next_free(db: &mut Db, kinds: &[&str], now: OffsetDateTime) -> Result<Option<Work>, StoreError> {
    let now = Ts::from(now);
    // Two questions, since one with `or` would sort everything that is due instead of reading an index in order.
    let lost = work::table
        .filter(work::state.eq(Word::from(WorkState::Running)))
        .filter(work::lease_until.lt(now).assume_not_null())
        .filter(work::kind.eq_any(kinds))
        .order((work::run_after, work::work_id))
        .limit(1);
    let due = work::table
        .filter(work::state.eq(Word::from(WorkState::Waiting)))
        .filter(work::run_after.le(now))
        .filter(work::kind.eq_any(kinds))
        .order((work::run_after, work::work_id))
        .limit(1);
    Ok(match db {
        // A row that another runner is just taking is passed over instead of waited for.
        Db::Pg(c) => match lost.select(Work::as_select()).for_update().skip_locked().first(c).optional()? {
            Some(found) => Some(found),
            None => due.select(Work::as_select()).for_update().skip_locked().first(c).optional()?,
        },
        // The one writer holds the lock of the whole file already.
        Db::Sqlite(c) => match lost.select(Work::as_select()).first(c).optional()? {
            Some(found) => Some(found),
            None => due.select(Work::as_select()).first(c).optional()?,
        },
    })
}

/// Says how far the work is and extends the lease. False when the lease is lost: then stop, someone else has the work. What
/// came further has not failed as often as it may: this is its first attempt at the rest.
pub fn progress(db: &mut Db, id: WorkId, lease: Lease<'_>, made: Progress<'_>) -> Result<bool, StoreError> {
    let changed = on_db!(db, c => diesel::update(work::table.find(Uid::from(id)))
        .filter(work::state.eq(Word::from(WorkState::Running)))
        .filter(work::lease_owner.eq(lease.owner))
        .set((
            work::done.eq(made.done),
            work::total.eq(made.total),
            work::reached.eq(Some(made.reached)),
            work::attempts.eq(1),
            work::lease_until.eq(Some(Ts::from(lease.now + lease.lasts))),
            work::updated_at.eq(Ts::from(lease.now)),
        ))
        .execute(c))?;
    Ok(changed > 0)
}

/// Ends the work. False when the lease is lost.
pub fn finish(db: &mut Db, id: WorkId, owner: &str, now: OffsetDateTime) -> Result<bool, StoreError> {
    let Some(held) = held(db, id, owner)? else { return Ok(false) };
    end(db, &held, WorkState::Done, None, now)?;
    Ok(true)
}

/// Gives the work back because its runner stops: for whoever comes next, at once, and as if this attempt had not been. False
/// when the lease is lost.
pub fn give_back(db: &mut Db, id: WorkId, owner: &str, now: OffsetDateTime) -> Result<bool, StoreError> {
    let changed = on_db!(db, c => diesel::update(work::table.find(Uid::from(id)))
        .filter(work::state.eq(Word::from(WorkState::Running)))
        .filter(work::lease_owner.eq(owner))
        .set((
            work::state.eq(Word::from(WorkState::Waiting)),
            work::lease_until.eq(None::<Ts>),
            work::lease_owner.eq(None::<&str>),
            work::attempts.eq(work::attempts - 1),
            work::updated_at.eq(Ts::from(now)),
        ))
        .execute(c))?;
    Ok(changed > 0)
}

/// Gives the work back after a failure: to wait longer each time, and dead after [`MAX_ATTEMPTS`]. Answers where it stands
/// now, or `None` when the lease is lost.
pub fn fail(
    db: &mut Db,
    id: WorkId,
    owner: &str,
    error: &str,
    now: OffsetDateTime,
) -> Result<Option<WorkState>, StoreError> {
    let Some(mut held) = held(db, id, owner)? else { return Ok(None) };
    let state = if held.attempts >= MAX_ATTEMPTS { WorkState::Dead } else { WorkState::Waiting };
    held.run_after = now + backoff(held.attempts);
    // A message of the database may hold anything; the text of a table may not.
    let error = error.replace('\0', "");
    end(db, &held, state, Some(&error), now)?;
    Ok(Some(state))
}

fn backoff(attempts: i32) -> Duration {
    let doubled = 2_i32.saturating_pow(u32::try_from(attempts - 1).unwrap_or(0).min(20));
    (FIRST_BACKOFF * doubled).min(LONGEST_BACKOFF)
}

fn held(db: &mut Db, id: WorkId, owner: &str) -> Result<Option<Work>, StoreError> {
    let query = work::table
        .find(Uid::from(id))
        .filter(work::state.eq(Word::from(WorkState::Running)))
        .filter(work::lease_owner.eq(owner));
    Ok(match db {
        Db::Pg(c) => query.select(Work::as_select()).for_update().first(c).optional(),
        Db::Sqlite(c) => query.select(Work::as_select()).first(c).optional(),
    }?)
}

fn end(db: &mut Db, row: &Work, state: WorkState, error: Option<&str>, now: OffsetDateTime) -> Result<(), StoreError> {
    on_db!(db, c => diesel::update(work::table.find(Uid::from(row.work_id)))
        .set((
            work::state.eq(Word::from(state)),
            work::run_after.eq(Ts::from(row.run_after)),
            work::lease_until.eq(None::<Ts>),
            work::lease_owner.eq(None::<&str>),
            work::last_error.eq(error),
            work::updated_at.eq(Ts::from(now)),
        ))
        .execute(c))?;
    Ok(())
}

/// How many pieces of work stand where, by kind and state.
pub fn count_by_state(db: &mut Db) -> Result<Vec<(String, WorkState, i64)>, StoreError> {
    let rows: Vec<(String, Word<WorkState>, i64)> = on_db!(db, c => work::table
        .group_by((work::kind, work::state))
        .select((work::kind, work::state, diesel::dsl::count_star()))
        .order((work::kind, work::state))
        .load(c))?;
    Ok(rows.into_iter().map(|(kind, state, count)| (kind, state.into(), count)).collect())
}

/// Removes work that was done before a moment, at most `limit` rows; answers how many. What is dead stays: it waits for a
/// person.
pub fn remove_done(db: &mut Db, before: OffsetDateTime, limit: i64) -> Result<usize, StoreError> {
    let ids: Vec<Uid> = on_db!(db, c => work::table
        .filter(work::state.eq(Word::from(WorkState::Done)))
        .filter(work::updated_at.lt(Ts::from(before)))
        .order(work::updated_at)
        .limit(limit)
        .select(work::work_id)
        .load(c))?;
    Ok(on_db!(db, c => diesel::delete(work::table.filter(work::work_id.eq_any(ids))).execute(c))?)
}
