//! The facts about one person and the numbers that move with what services keep in memory: all that a question about one
//! person rests on besides the ledger, by one statement.
//!
//! Facts about many persons are loaded next door, in `learners`.

use super::successors;
use crate::{
    Db, StoreError,
    db::on_db,
    policy::Revisions,
    types::{Id, Instant, Ts, Uid},
};
use diesel::{
    backend::Backend,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{BigInt, Date as SqlDate, HasSqlType, Integer, Nullable, Text},
};
use domain::{
    kernel::LearnerId,
    registry::{Dated, LearnerFacts, Post},
};
use time::Date;

/// The first column of an arm's rows; the rest are posts, and revisions, which have no days.
const PLACE: i32 = 1;
const EMPLOYER: i32 = 2;
const EMPLOYER_KIND: i32 = 4;
const ENDED: i32 = 5;

/// The statement. Each piece ends where the learner's id stands. The first arm names the types for PostgreSQL.
const ARMS: [&str; 6] = [
    "SELECT 1, fact_id, from_on, recorded_at, place_code, CAST(NULL AS uuid), CAST(NULL AS text), CAST(NULL AS text), \
     CAST(NULL AS bigint) FROM learner_place WHERE learner_id = ",
    " UNION ALL SELECT 2, fact_id, from_on, recorded_at, '', employer_id, NULL, NULL, NULL \
     FROM learner_employer WHERE learner_id = ",
    " UNION ALL SELECT 3, fact_id, from_on, recorded_at, employment_kind, NULL, series, level, NULL \
     FROM learner_post WHERE learner_id = ",
    " UNION ALL SELECT 4, fact_id, from_on, recorded_at, kind, employer_id, NULL, NULL, NULL FROM employer_kind \
     WHERE employer_id IN (SELECT held.employer_id FROM learner_employer held WHERE held.learner_id = ",
    ") UNION ALL SELECT 5, NULL, NULL, NULL, '', successor_id, NULL, NULL, NULL FROM learner_successor \
     WHERE learner_id = ",
    " UNION ALL SELECT 6, NULL, NULL, NULL, name, NULL, NULL, NULL, number FROM revision",
];

struct AllOf(Uid);

impl QueryId for AllOf {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for AllOf {
    type SqlType = (
        Integer,
        Nullable<Id>,
        Nullable<SqlDate>,
        Nullable<Instant>,
        Text,
        Nullable<Id>,
        Nullable<Text>,
        Nullable<Text>,
        Nullable<BigInt>,
    );
}

impl<DB> QueryFragment<DB> for AllOf
where
    DB: Backend + HasSqlType<Id>,
    Uid: ToSql<Id, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let [of_learner @ .., revisions] = &ARMS;
        for arm in of_learner {
            out.push_sql(arm);
            out.push_bind_param::<Id, _>(&self.0)?;
        }
        out.push_sql(revisions);
        Ok(())
    }
}

impl<C> RunQueryDsl<C> for AllOf {}

type Row =
    (i32, Option<Uid>, Option<Date>, Option<Ts>, String, Option<Uid>, Option<String>, Option<String>, Option<i64>);

/// All facts about a person, none where there is no such person, and the revisions. One statement; of a file that has ended, one more
/// for each file on the way to the one that stands.
pub fn load_person(db: &mut Db, id: LearnerId) -> Result<(LearnerFacts, Revisions), StoreError> {
    let rows: Vec<Row> = on_db!(db, c => AllOf(id.into()).load(c))?;
    let mut facts = LearnerFacts::nothing_of(id);
    let mut revisions = Revisions::default();
    for (arm, fact_id, from_on, recorded_at, word, other, series, level, number) in rows {
        if arm == ENDED {
            facts.ended_in = other.map(Into::into);
            continue;
        }
        let Some(((fact_id, from_on), recorded_at)) = fact_id.zip(from_on).zip(recorded_at) else {
            revisions.note(&word, number.unwrap_or_default());
            continue;
        };
        let when = (from_on, recorded_at, fact_id);
        match arm {
            PLACE => facts.places.push(dated(word.parse().map_err(unreadable)?, when)),
            EMPLOYER => facts.employers.push(dated(other.map(Into::into), when)),
            EMPLOYER_KIND => {
                let kind = dated(word.parse().map_err(unreadable)?, when);
                if let Some(employer) = other {
                    facts.employer_kinds.entry(employer.into()).or_default().push(kind);
                }
            }
            _ => {
                let level = level.map(|level| level.parse().map_err(unreadable)).transpose()?;
                let employment_kind = word.parse().map_err(unreadable)?;
                facts.posts.push(dated(Post { series, level, employment_kind }, when));
            }
        }
    }
    if let Some(next) = facts.ended_in {
        facts.ended_in = successors(db, &[next])?.remove(&next).or(Some(next));
    }
    Ok((facts, revisions))
}

fn dated<T>(value: T, (from_on, recorded_at, fact_id): (Date, Ts, Uid)) -> Dated<T> {
    Dated { value, from_on, recorded_at: recorded_at.into(), fact_id: fact_id.into() }
}

/// What the database's own checks should have refused.
fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::from(diesel::result::Error::DeserializationError(Box::new(error)))
}
