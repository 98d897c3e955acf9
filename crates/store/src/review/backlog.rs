//! What waits in some places, and how fast it comes and goes: counted where it is kept, never case by case.

use crate::{
    Db, StoreError,
    db::on_db,
    schema::{review_case, review_event},
    types::{PlaceText, Ts, Word},
};
use diesel::{
    dsl::{count_star, min},
    prelude::*,
};
use domain::{
    kernel::PlaceCode,
    policy::shape::Seat,
    review::{Phase, Pile},
};
use std::collections::BTreeMap;
use time::{Date, OffsetDateTime};

/// A desk, the day of arrival, the last day, and how many.
type PileRow = (Option<Word<Seat>>, Option<Date>, Option<Date>, i64);

/// What waits of the people of these places, counted by desk, day of arrival and last day.
pub fn piles(db: &mut Db, places: &[PlaceCode]) -> Result<Vec<Pile>, StoreError> {
    let rows: Vec<PileRow> = on_db!(db, c => review_case::table
        .filter(review_case::phase.eq(Word::from(Phase::Waiting)))
        .filter(review_case::place_code.eq_any(texts(places)))
        .group_by((review_case::seat, review_case::arrived_on, review_case::due_on))
        .select((review_case::seat, review_case::arrived_on, review_case::due_on, count_star()))
        .load(c))?;
    let pile = |(seat, arrived_on, due_on, cases): PileRow| {
        Some(Pile { seat: seat?.into(), arrived_on: arrived_on?, due_on, cases: counted(cases) })
    };
    Ok(rows.into_iter().filter_map(pile).collect())
}

/// How many cases came to a desk and how many left it, handed on, handed back or settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the line above says it")]
pub struct Passed {
    pub arrived: u64,
    pub left: u64,
}

/// A desk, and how many.
type DeskRow = (Option<Word<Seat>>, i64);

/// How many cases of the people of these places came to each desk and left it from a moment on.
pub fn passed(db: &mut Db, places: &[PlaceCode], since: OffsetDateTime) -> Result<BTreeMap<Seat, Passed>, StoreError> {
    let mut found: BTreeMap<Seat, Passed> = BTreeMap::new();
    let (came, left): (Vec<DeskRow>, Vec<DeskRow>) = on_db!(db, c => {
        let came = review_event::table
            .inner_join(review_case::table.on(review_case::case_id.eq(review_event::case_id)))
            .filter(review_event::happened_at.ge(Ts::from(since)))
            .filter(review_event::came_to.is_not_null())
            .filter(review_case::place_code.eq_any(texts(places)))
            .group_by(review_event::came_to)
            .select((review_event::came_to, count_star()))
            .load(c)?;
        let left = review_event::table
            .inner_join(review_case::table.on(review_case::case_id.eq(review_event::case_id)))
            .filter(review_event::happened_at.ge(Ts::from(since)))
            .filter(review_event::left_seat.is_not_null())
            .filter(review_case::place_code.eq_any(texts(places)))
            .group_by(review_event::left_seat)
            .select((review_event::left_seat, count_star()))
            .load(c)?;
        Ok::<_, diesel::result::Error>((came, left))
    })?;
    for (seat, cases) in came.into_iter().filter_map(|(seat, cases)| Some((seat?, cases))) {
        found.entry(seat.into()).or_default().arrived = counted(cases);
    }
    for (seat, cases) in left.into_iter().filter_map(|(seat, cases)| Some((seat?, cases))) {
        found.entry(seat.into()).or_default().left = counted(cases);
    }
    Ok(found)
}

/// When the first case of the people of these places was opened; before it nothing is known of any pace.
pub fn first_opened_at(db: &mut Db, places: &[PlaceCode]) -> Result<Option<OffsetDateTime>, StoreError> {
    let first: Option<Ts> = on_db!(db, c => review_case::table
        .filter(review_case::place_code.eq_any(texts(places)))
        .select(min(review_case::opened_at))
        .first(c))?;
    Ok(first.map(Into::into))
}

fn texts(places: &[PlaceCode]) -> Vec<PlaceText> {
    places.iter().map(PlaceText::from).collect()
}

fn counted(cases: i64) -> u64 {
    u64::try_from(cases).unwrap_or_default()
}
