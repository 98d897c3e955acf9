//! Lines that draw on the surplus of a year.

use super::Row;
use crate::{
    Db, StoreError,
    bulk::{LIST, of_ids},
    db::on_db,
    schema::hour_entry,
    types::Uid,
};
use diesel::prelude::*;
use domain::{
    hour_ledger::{Entry, EntryKind},
    kernel::{EntryId, LearnerId},
};
use std::collections::HashSet;

/// The lines that draw on these years of these people and were not taken back, in no promised order.
pub fn drawing_on(db: &mut Db, years: &[(LearnerId, i32)]) -> Result<Vec<Entry>, StoreError> {
    let mut found = Vec::new();
    for chunk in years.chunks(LIST) {
        let learners: Vec<Uid> = chunk.iter().map(|(learner, _)| Uid::from(*learner)).collect();
        let of: Vec<i32> = chunk.iter().map(|(_, year)| *year).collect();
        let rows: Vec<Row> = on_db!(db, c => hour_entry::table
            .filter(hour_entry::learner_id.eq_any(&learners))
            .filter(hour_entry::surplus_of.assume_not_null().eq_any(&of))
            .filter(hour_entry::surplus_of.is_not_null())
            .select(Row::as_select())
            .load(c))?;
        for row in rows {
            found.push(Entry::try_from(row)?);
        }
    }
    let gone: HashSet<EntryId> = found.iter().filter_map(|line| line.reverses).collect();
    let asked: HashSet<(LearnerId, i32)> = years.iter().copied().collect();
    found.retain(|line| {
        let of_year = line.drawn().is_some_and(|drawn| asked.contains(&(line.learner, drawn.year)));
        of_year && line.kind == EntryKind::Credit && !gone.contains(&line.id)
    });
    Ok(found)
}

/// Those of these people whose files hold, or held, lines that draw on surplus; in the order of their ids.
pub fn who_draw_surplus(db: &mut Db, learners: &[LearnerId]) -> Result<Vec<LearnerId>, StoreError> {
    let found: Vec<Uid> = of_ids(learners, |some| {
        on_db!(db, c => hour_entry::table
            .filter(hour_entry::learner_id.eq_any(some))
            .filter(hour_entry::surplus_of.is_not_null())
            .select(hour_entry::learner_id)
            .distinct()
            .load(c))
    })?;
    let mut found: Vec<LearnerId> = found.into_iter().map(LearnerId::from).collect();
    found.sort_unstable();
    Ok(found)
}
