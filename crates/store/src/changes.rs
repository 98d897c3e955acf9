//! What callers follow: changes as rows, their numbers, and the queue of those that wait for one.
//!
//! A change is appended in the transaction of its cause, together with its place in the queue. Numbers are given by membership of
//! the queue, in transactions that hold one row, so that whoever has read up to a number has missed nothing that commits later.

use crate::{
    Db, StoreError,
    bulk::{LIST, insert_all},
    db::on_db,
    policy::touch_revision,
    schema::{change, change_number, change_unnumbered, completion},
    types::{Opt, PlaceText, Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    changes::ChangeKind,
    kernel::{ChangeId, CompletionId, EmployerId, EntryId, LearnerId, PlaceCode, PlatformId, PolicyId},
};
use time::OffsetDateTime;

/// The revision whose row numberers hold, so that one waits for the other.
const NUMBERS: &str = "change_number";

/// What happened, by ids, and to whom it belongs.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = change, treat_none_as_default_value = false)]
pub struct Change {
    /// Its key.
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub change_id: ChangeId,
    /// When.
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub happened_at: OffsetDateTime,
    /// What.
    #[diesel(serialize_as = Word<ChangeKind>, deserialize_as = Word<ChangeKind>)]
    pub kind: ChangeKind,
    /// Whose file changed.
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub learner_id: Option<LearnerId>,
    /// The file that goes on, where one was merged into another.
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub successor_id: Option<LearnerId>,
    /// Who pushed the item.
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub platform_id: Option<PlatformId>,
    /// What they call it.
    pub external_id: Option<String>,
    /// What was decided.
    pub outcome: Option<String>,
    /// The policy year that changed, where it is one.
    pub year: Option<i32>,
    /// The line that was added to the ledger.
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub entry_id: Option<EntryId>,
    /// The rules that were published.
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub policy_id: Option<PolicyId>,
    /// The person's place on the day of the change.
    #[diesel(serialize_as = Opt<PlaceText>, deserialize_as = Opt<PlaceText>)]
    pub place_code: Option<PlaceCode>,
    /// Their series on that day.
    pub series: Option<String>,
    /// Their employer on that day.
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub employer_id: Option<EmployerId>,
    /// Their place on the day of completion.
    #[diesel(serialize_as = Opt<PlaceText>, deserialize_as = Opt<PlaceText>)]
    pub then_place_code: Option<PlaceCode>,
    /// Their series on that day.
    pub then_series: Option<String>,
    /// Their employer on that day.
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub then_employer_id: Option<EmployerId>,
}

#[derive(Clone, Copy, Insertable)]
#[diesel(table_name = change_unnumbered)]
struct Unnumbered {
    change_id: Uid,
}

#[derive(Clone, Insertable)]
#[diesel(table_name = change_number)]
struct Number {
    number: i64,
    change_id: Uid,
    numbered_at: Ts,
}

/// Appends changes, to be numbered.
pub fn append_changes(db: &mut Db, changes: &[Change]) -> Result<(), StoreError> {
    insert_all!(db, change::table, changes);
    let queue: Vec<Unnumbered> = changes.iter().map(|one| Unnumbered { change_id: one.change_id.into() }).collect();
    insert_all!(db, change_unnumbered::table, &queue);
    Ok(())
}

/// Changes that wait for a number, in the order in which they were written.
fn unnumbered(db: &mut Db, limit: i64) -> Result<Vec<Uid>, StoreError> {
    Ok(on_db!(db, c => change_unnumbered::table
        .order(change_unnumbered::position)
        .limit(limit)
        .select(change_unnumbered::change_id)
        .load(c))?)
}

/// Whether any change waits for a number.
pub fn any_unnumbered(db: &mut Db) -> Result<bool, StoreError> {
    Ok(!unnumbered(db, 1)?.is_empty())
}

/// Gives the next numbers to up to `limit` changes of those that wait; answers how many. Of two at once one waits for the other.
pub fn number_changes(db: &mut Db, now: OffsetDateTime, limit: i64) -> Result<i64, StoreError> {
    touch_revision(db, NUMBERS)?;
    let waiting = unnumbered(db, limit)?;
    let last = kept(db)?.last;
    let number = |(change_id, number): (&Uid, i64)| Number { number, change_id: *change_id, numbered_at: now.into() };
    let rows: Vec<Number> = waiting.iter().zip(last + 1..).map(number).collect();
    insert_all!(db, change_number::table, &rows);
    for ids in waiting.chunks(LIST) {
        let done = change_unnumbered::table.filter(change_unnumbered::change_id.eq_any(ids.to_vec()));
        on_db!(db, c => diesel::delete(done).execute(c))?;
    }
    Ok(i64::try_from(rows.len()).unwrap_or(i64::MAX))
}

/// Which numbers are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The first; 1 before there is any.
    pub first: i64,
    /// The last; 0 before there is any.
    pub last: i64,
}

/// Which numbers are kept. The last one that was given always is.
pub fn kept(db: &mut Db) -> Result<Kept, StoreError> {
    use diesel::dsl::{max, min};
    // Each is the end of an index.
    let first: Option<i64> = on_db!(db, c => change_number::table.select(min(change_number::number)).first(c))?;
    let last: Option<i64> = on_db!(db, c => change_number::table.select(max(change_number::number)).first(c))?;
    Ok(Kept { first: first.unwrap_or(1), last: last.unwrap_or(0) })
}

/// Which change has a number, where that is kept.
pub fn change_at(db: &mut Db, number: i64) -> Result<Option<ChangeId>, StoreError> {
    let found: Option<Uid> = on_db!(db, c => change_number::table
        .find(number)
        .select(change_number::change_id)
        .first(c)
        .optional())?;
    Ok(found.map(ChangeId::from))
}

/// Whose changes. Rules that are published are everyone's.
#[derive(Clone, Debug)]
pub enum Followed {
    /// Of this learner.
    Learner(LearnerId),
    /// About the items of this platform, and of the files that these were in.
    Platform(PlatformId),
    /// Of people of this employer.
    Employer(EmployerId),
    /// Of people of these places.
    Places(Vec<PlaceCode>),
    /// Of people of these places in this series.
    Series(Vec<PlaceCode>, String),
    /// Of nobody.
    Nobody,
}

/// A change with its number, and what we call the item that it is about.
pub type Numbered = (i64, Change, Option<CompletionId>);

/// The changes of someone with numbers above `after` and up to `until`, by number; at most `limit`.
pub fn changes_between(
    db: &mut Db,
    whose: &Followed,
    (after, until): (i64, i64),
    limit: i64,
) -> Result<Vec<Numbered>, StoreError> {
    let item = completion::platform_id
        .nullable()
        .eq(change::platform_id)
        .and(completion::external_id.nullable().eq(change::external_id));
    let published = || change::kind.eq(Word::from(ChangeKind::Published));
    let codes = |places: &[PlaceCode]| places.iter().map(ToString::to_string).collect::<Vec<_>>();
    let rows: Vec<(i64, Change, Option<Uid>)> = on_db!(db, c => {
        let query = change_number::table
            .inner_join(change::table.on(change::change_id.eq(change_number::change_id)))
            .left_join(completion::table.on(item))
            .filter(change_number::number.gt(after))
            .filter(change_number::number.le(until))
            .order(change_number::number)
            .limit(limit)
            .select((change_number::number, Change::as_select(), completion::completion_id.nullable()))
            .into_boxed();
        let query = match whose {
            Followed::Nobody => query.filter(published()),
            Followed::Learner(id) => {
                let id = Uid::from(*id);
                // What a platform is told of the file and no item of its own, the learner is told besides.
                let of_a_platform = change::platform_id.is_not_null().and(change::external_id.is_null());
                let own = change::learner_id.eq(id).or(change::successor_id.eq(id)).and(diesel::dsl::not(of_a_platform));
                query.filter(published().or(own))
            }
            Followed::Platform(id) => query.filter(published().or(change::platform_id.eq(Uid::from(*id)))),
            Followed::Employer(id) => {
                let id = Uid::from(*id);
                query.filter(published().or(change::employer_id.eq(id)).or(change::then_employer_id.eq(id)))
            }
            Followed::Places(places) => {
                let (now, then) = (change::place_code.eq_any(codes(places)), change::then_place_code.eq_any(codes(places)));
                query.filter(published().or(now).or(then))
            }
            Followed::Series(places, series) => {
                let now = change::place_code.eq_any(codes(places)).and(change::series.eq(series));
                let then = change::then_place_code.eq_any(codes(places)).and(change::then_series.eq(series));
                query.filter(published().or(now).or(then))
            }
        };
        query.load(c)
    })?;
    Ok(rows.into_iter().map(|(number, change, id)| (number, change, id.map(CompletionId::from))).collect())
}

/// Removes the changes that were numbered at a moment or before, the first ones first and never the last one, whose number the next
/// follows; at most `limit`. Answers how many.
pub fn remove_old(db: &mut Db, until: OffsetDateTime, limit: i64) -> Result<usize, StoreError> {
    let last = kept(db)?.last;
    let first: Vec<(i64, Uid, Ts)> = on_db!(db, c => change_number::table
        .filter(change_number::number.lt(last))
        .order(change_number::number)
        .limit(limit)
        .select((change_number::number, change_number::change_id, change_number::numbered_at))
        .load(c))?;
    // Without a gap: what a clock that went wrong numbered late keeps what comes after it.
    let over: Vec<_> = first.into_iter().take_while(|(_, _, at)| OffsetDateTime::from(*at) <= until).collect();
    let Some((through, ..)) = over.last() else { return Ok(0) };
    on_db!(db, c => diesel::delete(change_number::table.filter(change_number::number.le(through))).execute(c))?;
    for ids in over.chunks(LIST) {
        let ids: Vec<Uid> = ids.iter().map(|(_, id, _)| *id).collect();
        on_db!(db, c => diesel::delete(change::table.filter(change::change_id.eq_any(ids))).execute(c))?;
    }
    Ok(over.len())
}
