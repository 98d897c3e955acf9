//! Surplus that draws on hours which were decided otherwise: once they count again, it draws on the line by which they do.

use crate::{
    changes::{Happened, record},
    problem::Problem,
    state::AppState,
};
use domain::{
    hour_ledger::{Entry, Redrawing, in_their_place, live},
    kernel::{EntryId, LearnerId},
};
use store::{
    Db,
    hour_ledger::{entries_by_id, insert_entries, lines_on_cases},
};
use time::OffsetDateTime;

/// Lets what draws on earlier lines of the same items draw on these lines of one person, which count now, and tells those who follow.
///
/// # Errors
/// When the database fails.
pub(crate) fn redraw(
    db: &mut Db,
    state: &AppState,
    (learner, counting): (LearnerId, Vec<&Entry>),
    (by, now): (&str, OffsetDateTime),
) -> Result<(), Problem> {
    let lines = lines_on_cases(db, learner)?;
    let drawn_on: Vec<(LearnerId, EntryId)> =
        live(&lines).into_iter().filter_map(|line| Some((learner, line.drawn()?.line))).collect();
    let stands = in_their_place(&entries_by_id(db, &drawn_on)?, &counting);
    if stands.is_empty() {
        return Ok(());
    }
    let anew = Redrawing { at: now, by }.redraw(&lines, &stands, &mut || EntryId::from_uuid(state.new_id()));
    let (reversals, drawn): (Vec<Entry>, Vec<Entry>) = anew.into_iter().unzip();
    insert_entries(db, &reversals)?;
    insert_entries(db, &drawn)?;
    let told = reversals.iter().map(Happened::reversed).chain(drawn.iter().map(Happened::said_anew));
    record(db, now, told.collect())
}
