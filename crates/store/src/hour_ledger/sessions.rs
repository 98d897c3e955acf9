//! Lines by their stated sessions: what an overlap is looked for among while a batch is decided.

use super::Row;
use crate::{
    Db, StoreError,
    bulk::LIST,
    db::on_db,
    schema::hour_entry,
    types::{Id, Instant, Ts, Uid},
};
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{Array, Bool, Text},
};
use domain::{hour_ledger::Entry, kernel::LearnerId};
use std::collections::HashMap;
use time::OffsetDateTime;

/// A stated session of one person, with which those of lines are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionWindow {
    /// Whose lines are looked through.
    pub learner: LearnerId,
    /// Its begin.
    pub from: OffsetDateTime,
    /// Its end.
    pub until: OffsetDateTime,
}

/// Lines whose stated sessions touch a window of their own person: what an overlap is looked for among. In no promised order,
/// each once. One query for any number of windows, and one that lies far off brings no other person's lines along.
pub fn sessions_of(db: &mut Db, windows: &[SessionWindow]) -> Result<Vec<Entry>, StoreError> {
    let mut found = HashMap::new();
    for chunk in windows.chunks(LIST) {
        let rows: Vec<Row> = match db {
            Db::Pg(c) => {
                let learners: Vec<Uid> = chunk.iter().map(|window| Uid::from(window.learner)).collect();
                let from: Vec<Ts> = chunk.iter().map(|window| Ts::from(window.from)).collect();
                let until: Vec<Ts> = chunk.iter().map(|window| Ts::from(window.until)).collect();
                let touching = sql::<Bool>(TOUCHING)
                    .sql("unnest(")
                    .bind::<Array<Id>, _>(learners)
                    .sql(", ")
                    .bind::<Array<Instant>, _>(from)
                    .sql(", ")
                    .bind::<Array<Instant>, _>(until)
                    .sql(
                        ") AS w(learner_id, from_at, until_at) JOIN hour_entry e ON e.learner_id = w.learner_id
                        WHERE e.started_at < w.until_at AND e.ended_at > w.from_at)",
                    );
                hour_entry::table.filter(touching).select(Row::as_select()).load(c)?
            }
            Db::Sqlite(c) => {
                // SQLite takes a list of rows as JSON; CROSS JOIN keeps the windows outside, so each reads by the key.
                let micros = |at: OffsetDateTime| at.unix_timestamp_nanos().div_euclid(1_000).to_string();
                let window = |one: &SessionWindow| {
                    let learner = one.learner.as_uuid().simple();
                    format!("[\"{learner}\",{},{}]", micros(one.from), micros(one.until))
                };
                let list: Vec<String> = chunk.iter().map(window).collect();
                let touching =
                    sql::<Bool>(TOUCHING).sql("json_each(").bind::<Text, _>(format!("[{}]", list.join(","))).sql(
                        ") AS w CROSS JOIN hour_entry e ON e.learner_id = unhex(w.value ->> 0)
                        WHERE e.started_at < w.value ->> 2 AND e.ended_at > w.value ->> 1)",
                    );
                hour_entry::table.filter(touching).select(Row::as_select()).load(c)?
            }
        };
        // Two windows in different chunks may touch the same line.
        for row in rows {
            let _ = found.insert(row.entry_id, Entry::try_from(row)?);
        }
    }
    Ok(found.into_values().collect())
}

/// The lines of pushed items of one person whose stated session touches a window, or that were completed within it, with what took them
/// back. In no promised order.
pub fn lines_within(db: &mut Db, window: SessionWindow) -> Result<Vec<Entry>, StoreError> {
    let (from, until) = (Ts::from(window.from), Ts::from(window.until));
    let rows: Vec<Row> = on_db!(db, c => hour_entry::table
        .filter(hour_entry::learner_id.eq(Uid::from(window.learner)))
        .filter(hour_entry::completion_id.is_not_null())
        .filter(
            hour_entry::completed_at.ge(from).and(hour_entry::completed_at.lt(until)).or(hour_entry::started_at
                .assume_not_null()
                .lt(until)
                .and(hour_entry::ended_at.assume_not_null().gt(from))),
        )
        .select(Row::as_select())
        .load(c))?;
    rows.into_iter().map(Entry::try_from).collect()
}

/// The lines among those of a list of windows, which follows.
const TOUCHING: &str = "(hour_entry.learner_id, hour_entry.entry_id) IN (SELECT e.learner_id, e.entry_id FROM ";
