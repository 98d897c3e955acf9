//! Rolls: an office's word about many people at once. Who they are and what is said of them are lines of the ledger (`hour_ledger`);
//! what becomes of an item is decided in `domain::roll`.

use crate::{
    Db, StoreError,
    bulk::of_ids,
    db::on_db,
    schema::roll,
    types::{Opt, PlaceText, Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    kernel::{CaseId, PlaceCode, WorkId},
    roll::RollKind,
};
use time::OffsetDateTime;

/// What an office says. But for its reversal nothing of it ever changes.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = roll, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct Roll {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub roll_id: CaseId,
    #[diesel(serialize_as = Word<RollKind>, deserialize_as = Word<RollKind>)]
    pub kind: RollKind,
    /// The people whom it may reach are of this place or of one below it.
    #[diesel(serialize_as = PlaceText, deserialize_as = PlaceText)]
    pub place_code: PlaceCode,
    /// The place of the office whose word it is, at `place_code` or above it.
    #[diesel(serialize_as = PlaceText, deserialize_as = PlaceText)]
    pub office_place_code: PlaceCode,
    /// Of a sector authority's: the series.
    pub series: Option<String>,
    /// The code of the exemption in the rules, of a list of exemptions.
    pub exemption: Option<String>,
    /// The year of a list of exemptions.
    pub year: Option<i32>,
    pub document: String,
    pub attested_by: String,
    pub reason: String,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub recorded_at: OffsetDateTime,
    pub recorded_by: String,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    pub reversed_at: Option<OffsetDateTime>,
    pub reversed_by: Option<String>,
    pub reversal_reason: Option<String>,
    /// The work that takes back what it said.
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub work_id: Option<WorkId>,
}

/// That the whole of a roll is taken back.
#[derive(Clone, Copy, Debug)]
pub struct RollReversal<'r> {
    /// The work that does it.
    pub work: WorkId,
    /// Why.
    pub reason: &'r str,
    /// When.
    pub at: OffsetDateTime,
    /// By whom.
    pub by: &'r str,
}

/// Which rolls a page holds, in the order in which they were made.
#[derive(Clone, Copy, Debug)]
pub struct RollSearch<'a> {
    /// Only those of one of these places.
    pub places: &'a [PlaceCode],
    /// Only those of a sector authority of this series.
    pub series: Option<&'a str>,
    /// Only those of this kind.
    pub kind: Option<RollKind>,
    /// After this one.
    pub after: Option<CaseId>,
    /// At most so many.
    pub limit: i64,
}

/// Who else may be at work on a roll that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldFor {
    /// Others who add to it as well, and nobody who takes the whole of it back.
    Adding,
    /// Nobody.
    Reversing,
}

/// Keeps a roll.
pub fn insert_roll(db: &mut Db, row: &Roll) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(roll::table).values(row.clone()).execute(c))?;
    Ok(())
}

/// One roll.
pub fn find_roll(db: &mut Db, id: CaseId) -> Result<Option<Roll>, StoreError> {
    Ok(on_db!(db, c => roll::table.find(Uid::from(id)).select(Roll::as_select()).first(c).optional())?)
}

/// Those of these rolls that there are, in no promised order.
pub fn find_rolls(db: &mut Db, ids: &[CaseId]) -> Result<Vec<Roll>, StoreError> {
    of_ids(
        ids,
        |some| on_db!(db, c => roll::table.filter(roll::roll_id.eq_any(some)).select(Roll::as_select()).load(c)),
    )
}

/// Holds a roll to the end of the transaction, so that nothing is added to one that is being taken back. On SQLite writes follow one
/// another anyway.
pub fn hold_roll(db: &mut Db, id: CaseId, held: HeldFor) -> Result<(), StoreError> {
    let Db::Pg(c) = db else { return Ok(()) };
    let one = roll::table.find(Uid::from(id)).select(roll::roll_id);
    match held {
        HeldFor::Adding => one.for_share().first::<Uid>(c).optional()?,
        HeldFor::Reversing => one.for_no_key_update().first::<Uid>(c).optional()?,
    };
    Ok(())
}

/// Says that the whole of a roll is taken back. False where that was said before.
pub fn reverse_roll(db: &mut Db, id: CaseId, reversal: RollReversal<'_>) -> Result<bool, StoreError> {
    let RollReversal { work, reason, at, by } = reversal;
    let changed = on_db!(db, c => diesel::update(roll::table.find(Uid::from(id)))
        .filter(roll::reversed_at.is_null())
        .set((
            roll::reversed_at.eq(Some(Ts::from(at))),
            roll::reversed_by.eq(Some(by)),
            roll::reversal_reason.eq(Some(reason)),
            roll::work_id.eq(Some(Uid::from(work))),
        ))
        .execute(c))?;
    Ok(changed > 0)
}

/// A page of rolls.
pub fn search_rolls(db: &mut Db, search: RollSearch<'_>) -> Result<Vec<Roll>, StoreError> {
    let places: Vec<&str> = search.places.iter().map(PlaceCode::as_str).collect();
    Ok(on_db!(db, c => {
        let mut query = roll::table
            .filter(roll::place_code.eq_any(&places))
            .select(Roll::as_select())
            .order(roll::roll_id)
            .limit(search.limit)
            .into_boxed();
        if let Some(series) = search.series {
            query = query.filter(roll::series.assume_not_null().eq(series));
        }
        if let Some(kind) = search.kind {
            query = query.filter(roll::kind.eq(Word::from(kind)));
        }
        if let Some(after) = search.after {
            query = query.filter(roll::roll_id.gt(Uid::from(after)));
        }
        query.load(c)
    })?)
}
