//! Many rows at once: the bulk paths where the two back ends differ.
//!
//! PostgreSQL takes one statement of many rows (at most 65,535 values, so in chunks); SQLite is faster with one prepared
//! statement run again and again.

use crate::{StoreError, types::Uid};

/// Rows in one statement on PostgreSQL. The widest table has 24 columns.
pub(crate) const ROWS: usize = 1_000;

/// Values in one `IN` list; the bundled SQLite allows 32,766.
pub(crate) const LIST: usize = 10_000;

/// What a query finds of these ids, asked for [`LIST`] at a time.
pub(crate) fn of_ids<I: Copy + Into<Uid>, R, E: Into<StoreError>>(
    ids: &[I],
    mut query: impl FnMut(&[Uid]) -> Result<Vec<R>, E>,
) -> Result<Vec<R>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(LIST) {
        let chunk: Vec<Uid> = chunk.iter().map(|id| (*id).into()).collect();
        found.extend(query(&chunk).map_err(Into::into)?);
    }
    Ok(found)
}

/// Inserts every row; any conflict is an error.
macro_rules! insert_all {
    ($db:expr, $table:expr, $rows:expr) => {{
        let rows = $rows;
        match $db {
            $crate::db::Db::Pg(c) => {
                for chunk in rows.chunks($crate::bulk::ROWS) {
                    diesel::insert_into($table).values(chunk.to_vec()).execute(c)?;
                }
            }
            $crate::db::Db::Sqlite(c) => {
                for row in rows {
                    diesel::insert_into($table).values(row.clone()).execute(c)?;
                }
            }
        }
    }};
}

/// Inserts the rows whose key is free and answers one value of those that were new, in no promised order: by its column on
/// PostgreSQL, from the row on SQLite, where RETURNING would run each insert as a trigger with a journal of its own.
macro_rules! insert_new {
    ($db:expr, $table:expr, $rows:expr, $column:expr, $new:ty, $value:expr) => {{
        let rows = $rows;
        let mut new: Vec<$new> = Vec::with_capacity(rows.len());
        match $db {
            $crate::db::Db::Pg(c) => {
                for chunk in rows.chunks($crate::bulk::ROWS) {
                    let insert = diesel::insert_into($table).values(chunk.to_vec()).on_conflict_do_nothing();
                    new.extend(insert.returning($column).get_results::<$new>(c)?);
                }
            }
            $crate::db::Db::Sqlite(c) => {
                for row in rows {
                    let insert = diesel::insert_into($table).values(row.clone()).on_conflict_do_nothing();
                    if insert.execute(c)? > 0 {
                        new.push(($value)(row));
                    }
                }
            }
        }
        new
    }};
}

pub(crate) use {insert_all, insert_new};
