//! Lines that rest on rolls: those of some people, and those of one roll, whoever they are of.

use super::Row;
use crate::{
    Db, StoreError,
    bulk::LIST,
    db::on_db,
    schema::hour_entry,
    types::{Id, Uid, Word},
};
use diesel::{
    dsl::{exists, not},
    prelude::*,
    sql_query,
    sql_types::BigInt,
};
use domain::{
    hour_ledger::{Basis, Entry, EntryKind},
    kernel::{CaseId, LearnerId},
};

/// What a roll says of one person and year, once: the key by which its lines are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RollItem {
    /// The person.
    pub learner: LearnerId,
    /// The policy year.
    pub year: i32,
    /// The number of the decision that said it.
    pub number: i32,
}

/// How much a roll holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RollCounts {
    /// People of whom a line stands.
    pub people: i64,
    /// Lines, those that were taken back among them.
    pub lines: i64,
    /// Lines that were taken back.
    pub reversed: i64,
}

/// All lines of these people that rest on rolls, with what took them back; in no promised order.
pub fn lines_on_rolls(db: &mut Db, learners: &[LearnerId]) -> Result<Vec<Entry>, StoreError> {
    let mut found = Vec::new();
    for chunk in learners.chunks(LIST) {
        let ids: Vec<Uid> = chunk.iter().map(|id| Uid::from(*id)).collect();
        let bases = [Basis::Exemption, Basis::Attestation].map(Word::from);
        let rows: Vec<Row> = on_db!(db, c => hour_entry::table
            .filter(hour_entry::learner_id.eq_any(&ids))
            .filter(hour_entry::case_id.is_not_null())
            .filter(hour_entry::basis.assume_not_null().eq_any(&bases))
            .select(Row::as_select())
            .load(c))?;
        for row in rows {
            found.push(Entry::try_from(row)?);
        }
    }
    Ok(found)
}

/// Lines of a roll that nothing took back.
macro_rules! standing {
    ($roll:expr) => {{
        let back = diesel::alias!(hour_entry as back);
        let taken_back = back
            .filter(back.field(hour_entry::learner_id).eq(hour_entry::learner_id))
            .filter(back.field(hour_entry::reverses).eq(hour_entry::entry_id.nullable()));
        hour_entry::table
            .filter(hour_entry::case_id.eq(Uid::from($roll)))
            .filter(hour_entry::kind.ne(Word::from(EntryKind::Reversal)))
            .filter(not(exists(taken_back)))
    }};
}

/// The next people of whom a roll says something that nothing took back, in the order of their ids.
pub fn people_on_roll(
    db: &mut Db,
    roll: CaseId,
    after: Option<LearnerId>,
    limit: i64,
) -> Result<Vec<LearnerId>, StoreError> {
    let rows: Vec<Uid> = on_db!(db, c => {
        let query = standing!(roll);
        let mut query = query.select(hour_entry::learner_id).distinct().order(hour_entry::learner_id).limit(limit).into_boxed();
        if let Some(after) = after {
            query = query.filter(hour_entry::learner_id.gt(Uid::from(after)));
        }
        query.load(c)
    })?;
    Ok(rows.into_iter().map(LearnerId::from).collect())
}

/// A page of what a roll says and said, by people in the order of their ids.
pub fn page_of_roll(
    db: &mut Db,
    roll: CaseId,
    after: Option<RollItem>,
    limit: i64,
) -> Result<Vec<RollItem>, StoreError> {
    let number = hour_entry::decision_number.assume_not_null();
    let rows: Vec<(Uid, i32, i32)> = on_db!(db, c => {
        let mut query = hour_entry::table
            .filter(hour_entry::case_id.eq(Uid::from(roll)))
            .filter(hour_entry::kind.ne(Word::from(EntryKind::Reversal)))
            .select((hour_entry::learner_id, hour_entry::year, number))
            .distinct()
            .order((hour_entry::learner_id, hour_entry::year, number))
            .limit(limit)
            .into_boxed();
        if let Some(RollItem { learner, year, number: last }) = after {
            let learner = Uid::from(learner);
            let of_year = hour_entry::year.gt(year).or(hour_entry::year.eq(year).and(number.gt(last)));
            query = query.filter(
                hour_entry::learner_id.gt(learner).or(hour_entry::learner_id.eq(learner).and(of_year)),
            );
        }
        query.load(c)
    })?;
    let item = |(learner, year, number): (Uid, i32, i32)| RollItem { learner: learner.into(), year, number };
    Ok(rows.into_iter().map(item).collect())
}

/// How much a roll holds.
pub fn count_on_roll(db: &mut Db, roll: CaseId) -> Result<RollCounts, StoreError> {
    let counts: Counts = on_db!(db, c => sql_query(COUNTS).bind::<Id, _>(Uid::from(roll)).get_result(c))?;
    Ok(RollCounts { people: counts.people, lines: counts.lines, reversed: counts.reversed })
}

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    people: i64,
    #[diesel(sql_type = BigInt)]
    lines: i64,
    #[diesel(sql_type = BigInt)]
    reversed: i64,
}

/// A line of a roll is taken back by one line that rests on it as well, in the same ledger: so who stands on it has more of the one than of
/// the other.
const COUNTS: &str = "
    SELECT count(*) FILTER (WHERE lines > reversed) AS people,
        CAST(coalesce(sum(lines), 0) AS BIGINT) AS lines, CAST(coalesce(sum(reversed), 0) AS BIGINT) AS reversed
    FROM (
        SELECT count(*) FILTER (WHERE kind <> 'reversal') AS lines, count(*) FILTER (WHERE kind = 'reversal') AS reversed
        FROM hour_entry WHERE case_id = $1 GROUP BY learner_id
    ) AS person";
