//! What employers are: dated facts, never overwritten.

use crate::{
    Db, StoreError,
    bulk::{insert_all, of_ids},
    db::on_db,
    schema::employer_kind,
    types::{Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    kernel::{EmployerId, FactId},
    registry::{Dated, EmployerKind, EmployerKinds},
};
use time::{Date, OffsetDateTime};

/// What an employer is from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = employer_kind)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct EmployerKindFact {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub employer_id: EmployerId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub fact_id: FactId,
    #[diesel(serialize_as = Word<EmployerKind>, deserialize_as = Word<EmployerKind>)]
    pub kind: EmployerKind,
    pub from_on: Date,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub recorded_at: OffsetDateTime,
    pub recorded_by: String,
}

/// Adds what employers are from a day on.
pub fn append_employer_kinds(db: &mut Db, facts: &[EmployerKindFact]) -> Result<(), StoreError> {
    insert_all!(db, employer_kind::table, facts);
    Ok(())
}

/// All facts about what the employers are: one query for up to 10,000 of them.
pub fn employer_kinds(db: &mut Db, ids: &[EmployerId]) -> Result<EmployerKinds, StoreError> {
    let rows: Vec<EmployerKindFact> = of_ids(ids, |some| {
        on_db!(db, c => employer_kind::table
            .filter(employer_kind::employer_id.eq_any(some))
            .select(EmployerKindFact::as_select())
            .load(c))
    })?;
    let mut found = EmployerKinds::new();
    for EmployerKindFact { employer_id, fact_id, kind: value, from_on, recorded_at, .. } in rows {
        found.entry(employer_id).or_default().push(Dated { value, from_on, recorded_at, fact_id });
    }
    Ok(found)
}
