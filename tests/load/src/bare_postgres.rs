//! Bare inserts on PostgreSQL: four connections, each with one statement a table and transaction, by `unnest`.

use crate::{
    Outcome,
    bare::Rows,
    lap::{self, Lap},
    push::CLIENTS,
};
use diesel::{
    Connection, PgConnection, RunQueryDsl,
    deserialize::FromSqlRow,
    expression::AsExpression,
    pg::Pg,
    query_builder::QueryId,
    serialize::{self, IsNull, Output, ToSql},
    sql_query,
    sql_types::{Array, BigInt, Bool, Integer, Nullable, SqlType, Text, Timestamptz},
};
use domain::kernel::Words;
use std::{io::Write, sync::Mutex};
use time::OffsetDateTime;
use uuid::Uuid;

/// The database.
#[derive(Debug)]
pub(crate) struct Postgres {
    pub(crate) url: String,
}

/// UUID.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951))]
struct Id;

#[derive(Debug, Clone, Copy, AsExpression, FromSqlRow)]
#[diesel(sql_type = Id)]
struct Uid(Uuid);

impl ToSql<Id, Pg> for Uid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl Postgres {
    /// Writes the batches, a transaction each.
    pub(crate) fn lap(&self, batches: Vec<Vec<Rows>>) -> Outcome<Lap> {
        let batches: Vec<Mutex<Option<Columns>>> =
            batches.into_iter().map(|rows| Mutex::new(Some(Columns::of(&rows)))).collect();
        lap::run(
            CLIENTS,
            batches.len(),
            || Ok(PgConnection::establish(&self.url)?),
            |connection, piece| {
                let columns = batches[piece].lock().ok().and_then(|mut columns| columns.take());
                let columns = columns.ok_or("a batch was taken twice")?;
                Ok(connection.transaction(|connection| columns.insert(connection))?)
            },
        )
    }
}

/// Defines the column vectors of a table, how rows fill them and the statement that inserts them.
macro_rules! columns {
    ($name:ident, $table:literal, $row:ty, { $($column:ident: $sql:ty, $pg:literal, $value:ty = $take:expr;)+ }) => {
        #[derive(Debug, Default)]
        struct $name { $($column: Vec<Option<$value>>,)+ }

        impl $name {
            fn add(&mut self, row: &$row) {
                $(self.$column.push(($take)(row));)+
            }

            fn insert(self, connection: &mut PgConnection) -> diesel::QueryResult<usize> {
                let casts = [$($pg),+];
                let arguments: Vec<String> =
                    casts.iter().enumerate().map(|(at, cast)| format!("${}::{cast}[]", at + 1)).collect();
                sql_query(format!("INSERT INTO {} SELECT * FROM unnest({})", $table, arguments.join(",")))
                    $(.bind::<Array<Nullable<$sql>>, _>(self.$column))+
                    .execute(connection)
            }
        }
    };
}

fn uid(id: Uuid) -> Option<Uid> {
    Some(Uid(id))
}

columns!(Completions, "completion", Rows, {
    platform_id: Id, "uuid", Uid = |r: &Rows| uid(r.completion.platform_id.as_uuid());
    external_id: Text, "text", String = |r: &Rows| Some(r.completion.external_id.clone());
    completion_id: Id, "uuid", Uid = |r: &Rows| uid(r.completion.completion_id.as_uuid());
    person_hash: Text, "text", String = |r: &Rows| r.completion.person_hash.clone();
    name_hash: Text, "text", String = |r: &Rows| r.completion.name_hash.clone();
    learner_ref: Id, "uuid", Uid = |r: &Rows| r.completion.learner_ref.map(|id| Uid(id.as_uuid()));
    course_ref: Text, "text", String = |r: &Rows| Some(r.completion.course_ref.clone());
    course_ref_kind: Text, "text", String = |r: &Rows| Some(r.completion.course_ref_kind.clone());
    mode: Text, "text", String = |r: &Rows| Some(r.completion.mode.as_str().to_owned());
    hours: BigInt, "bigint", i64 = |r: &Rows| r.completion.hours_hundredths.map(|hours| hours.hundredths());
    started_at: Timestamptz, "timestamptz", OffsetDateTime = |r: &Rows| r.completion.started_at;
    ended_at: Timestamptz, "timestamptz", OffsetDateTime = |r: &Rows| r.completion.ended_at;
    score: BigInt, "bigint", i64 = |r: &Rows| r.completion.score_hundredths.map(|score| score.hundredths());
    passed: Bool, "boolean", bool = |r: &Rows| r.completion.passed;
    completed_at: Timestamptz, "timestamptz", OffsetDateTime = |r: &Rows| Some(r.completion.completed_at);
    replaces: Text, "text", String = |r: &Rows| r.completion.replaces.clone();
    evidence: Text, "text", String = |r: &Rows| r.completion.evidence.clone();
    received_at: Timestamptz, "timestamptz", OffsetDateTime = |r: &Rows| Some(r.completion.received_at);
    batch_id: Id, "uuid", Uid = |r: &Rows| uid(r.completion.batch_id.as_uuid());
    attempt: Integer, "integer", i32 = |r: &Rows| Some(r.completion.attempt);
    line: Integer, "integer", i32 = |r: &Rows| Some(r.completion.line);
});

columns!(Decisions, "completion_decision", Rows, {
    platform_id: Id, "uuid", Uid = |r: &Rows| uid(r.decision.platform_id.as_uuid());
    external_id: Text, "text", String = |r: &Rows| Some(r.decision.external_id.clone());
    number: Integer, "integer", i32 = |r: &Rows| Some(r.decision.number);
    batch_id: Id, "uuid", Uid = |r: &Rows| r.decision.batch_id.map(|id| Uid(id.as_uuid()));
    attempt: Integer, "integer", i32 = |r: &Rows| r.decision.attempt;
    line: Integer, "integer", i32 = |r: &Rows| r.decision.line;
    outcome: Text, "text", String = |r: &Rows| Some(r.decision.outcome.clone());
    reasons: Text, "text", String = |r: &Rows| Some(r.decision.reasons.clone());
    learner_id: Id, "uuid", Uid = |r: &Rows| r.decision.learner_id.map(|id| Uid(id.as_uuid()));
    course_id: Id, "uuid", Uid = |r: &Rows| r.decision.course_id.map(|id| Uid(id.as_uuid()));
    year: Integer, "integer", i32 = |r: &Rows| r.decision.year;
    category: Text, "text", String = |r: &Rows| r.decision.category.clone();
    policy_id: Id, "uuid", Uid = |r: &Rows| r.decision.policy_id.map(|id| Uid(id.as_uuid()));
    entry_id: Id, "uuid", Uid = |r: &Rows| r.decision.entry_id.map(|id| Uid(id.as_uuid()));
    decided_at: Timestamptz, "timestamptz", OffsetDateTime = |r: &Rows| Some(r.decision.decided_at);
});

columns!(Entries, "hour_entry", Rows, {
    learner_id: Id, "uuid", Uid = |r: &Rows| uid(r.entry.learner.as_uuid());
    entry_id: Id, "uuid", Uid = |r: &Rows| uid(r.entry.id.as_uuid());
    kind: Text, "text", String = |r: &Rows| Some(r.entry.kind.as_str().to_owned());
    year: Integer, "integer", i32 = |r: &Rows| Some(r.entry.year);
    place_code: Text, "text", String = |r: &Rows| Some(r.entry.place.as_str().to_owned());
    category: Text, "text", String = |r: &Rows| Some(r.entry.category.as_str().to_owned());
    subject: Text, "text", String = |r: &Rows| r.entry.subject.clone();
    hours: BigInt, "bigint", i64 = |r: &Rows| Some(r.entry.hours.hundredths());
    course_id: Id, "uuid", Uid = |r: &Rows| r.entry.course.map(|id| Uid(id.as_uuid()));
    course_version: Integer, "integer", i32 = |r: &Rows| r.entry.course_version;
    platform_id: Id, "uuid", Uid = |r: &Rows| r.entry.platform.map(|id| Uid(id.as_uuid()));
    external_id: Text, "text", String = |r: &Rows| r.entry.external_id.clone();
    completion_id: Id, "uuid", Uid = |r: &Rows| r.entry.completion.map(|id| Uid(id.as_uuid()));
    decision_number: Integer, "integer", i32 = |r: &Rows| r.entry.decision_number;
    mode: Text, "text", String = |r: &Rows| r.entry.mode.map(|mode| mode.as_str().to_owned());
    started_at: Timestamptz, "timestamptz", OffsetDateTime = |r: &Rows| r.entry.started_at;
    ended_at: Timestamptz, "timestamptz", OffsetDateTime = |r: &Rows| r.entry.ended_at;
    completed_at: Timestamptz, "timestamptz", OffsetDateTime = |r: &Rows| Some(r.entry.completed_at);
    basis: Text, "text", String = |_: &Rows| None;
    case_id: Id, "uuid", Uid = |_: &Rows| None;
    achievement: Text, "text", String = |_: &Rows| None;
    fulfils: Text, "text", String = |_: &Rows| None;
    surplus_of: Integer, "integer", i32 = |_: &Rows| None;
    surplus_line: Id, "uuid", Uid = |_: &Rows| None;
    policy_id: Id, "uuid", Uid = |r: &Rows| r.entry.policy.map(|id| Uid(id.as_uuid()));
    review_reasons: Text, "text", String = |_: &Rows| None;
    reverses: Id, "uuid", Uid = |r: &Rows| r.entry.reverses.map(|id| Uid(id.as_uuid()));
    reason_code: Text, "text", String = |r: &Rows| r.entry.reason_code.clone();
    recorded_at: Timestamptz, "timestamptz", OffsetDateTime = |r: &Rows| Some(r.entry.recorded_at);
    recorded_by: Text, "text", String = |r: &Rows| Some(r.entry.recorded_by.clone());
});

#[derive(Debug, Default)]
struct Columns {
    completions: Completions,
    decisions: Decisions,
    entries: Entries,
}

impl Columns {
    fn of(rows: &[Rows]) -> Self {
        let mut columns = Self::default();
        for row in rows {
            columns.completions.add(row);
            columns.decisions.add(row);
            columns.entries.add(row);
        }
        columns
    }

    fn insert(self, connection: &mut PgConnection) -> diesel::QueryResult<()> {
        self.completions.insert(connection)?;
        self.decisions.insert(connection)?;
        self.entries.insert(connection)?;
        Ok(())
    }
}
