//! What stands of a course, over all people.

use crate::{
    Db, StoreError,
    db::on_db,
    schema::hour_entry,
    types::{Uid, Word},
};
use diesel::{
    dsl::{count, count_star, exists, not},
    prelude::*,
};
use domain::{hour_ledger::EntryKind, kernel::CourseId};

/// How many lines of one kind stand of a version of a course and a year, and of how many people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseTally {
    /// The version.
    pub version: i32,
    /// The year.
    pub year: i32,
    /// Counted, or waiting for a decision.
    pub kind: EntryKind,
    /// Lines.
    pub lines: i64,
    /// People.
    pub people: i64,
}

#[derive(Queryable)]
struct Row {
    version: Option<i32>,
    year: i32,
    #[diesel(deserialize_as = Word<EntryKind>)]
    kind: EntryKind,
    lines: i64,
    people: i64,
}

/// The lines of a course that nothing took back, counted by version, year and kind, in that order. It reads every line of the course.
pub fn tally_of_course(db: &mut Db, course: CourseId) -> Result<Vec<CourseTally>, StoreError> {
    let rows: Vec<Row> = on_db!(db, c => {
        let back = diesel::alias!(hour_entry as back);
        let taken_back = back
            .filter(back.field(hour_entry::learner_id).eq(hour_entry::learner_id))
            .filter(back.field(hour_entry::reverses).eq(hour_entry::entry_id.nullable()));
        hour_entry::table
            .filter(hour_entry::course_id.eq(Uid::from(course)))
            .filter(hour_entry::kind.ne(Word::from(EntryKind::Reversal)))
            .filter(not(exists(taken_back)))
            .group_by((hour_entry::course_version, hour_entry::year, hour_entry::kind))
            .order((hour_entry::course_version, hour_entry::year, hour_entry::kind))
            .select((
                hour_entry::course_version,
                hour_entry::year,
                hour_entry::kind,
                count_star(),
                count(hour_entry::learner_id).aggregate_distinct(),
            ))
            .load(c)
    })?;
    let tally =
        |Row { version, year, kind, lines, people }| Some(CourseTally { version: version?, year, kind, lines, people });
    Ok(rows.into_iter().filter_map(tally).collect())
}
