//! The years that employers hand in for their staff, and what offices did about them. Whether a year can be verified is decided in
//! `domain::verification`; where its review is stands in the room `review`, under the same id.

use crate::{
    Db, StoreError,
    bulk::{insert_all, of_ids},
    db::on_db,
    schema::{verification_batch, verification_case, verification_step},
    types::{Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    kernel::{CaseId, EmployerId, LearnerId, VerificationBatchId},
    verification::{Step, StepKind},
};
use time::OffsetDateTime;

/// A batch of an employer.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = verification_batch)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct VerificationBatch {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub batch_id: VerificationBatchId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub employer_id: EmployerId,
    pub year: i32,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub recorded_at: OffsetDateTime,
    pub recorded_by: String,
}

/// The year of one person in it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = verification_case)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct VerificationCase {
    /// The file in which it was handed in.
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub learner_id: LearnerId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub case_id: CaseId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub batch_id: VerificationBatchId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub employer_id: EmployerId,
    pub year: i32,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub recorded_at: OffsetDateTime,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = verification_step, treat_none_as_default_value = false)]
struct StepRow {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    learner_id: LearnerId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    case_id: CaseId,
    #[diesel(serialize_as = Word<StepKind>, deserialize_as = Word<StepKind>)]
    step: StepKind,
    year: i32,
    office: Option<String>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    recorded_at: OffsetDateTime,
}

/// Keeps a batch with its cases.
///
/// # Errors
/// [`StoreError::Conflict`] where there is such a batch or such a case.
pub fn insert_batch(db: &mut Db, batch: &VerificationBatch, cases: &[VerificationCase]) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(verification_batch::table).values(batch.clone()).execute(c))?;
    insert_all!(db, verification_case::table, cases);
    Ok(())
}

/// One batch.
pub fn find_batch(db: &mut Db, id: VerificationBatchId) -> Result<Option<VerificationBatch>, StoreError> {
    Ok(on_db!(db, c => verification_batch::table
        .find(Uid::from(id))
        .select(VerificationBatch::as_select())
        .first(c)
        .optional())?)
}

/// The cases of a batch, in the order of their ids.
pub fn cases_of_batch(db: &mut Db, id: VerificationBatchId) -> Result<Vec<VerificationCase>, StoreError> {
    Ok(on_db!(db, c => verification_case::table
        .filter(verification_case::batch_id.eq(Uid::from(id)))
        .order(verification_case::case_id)
        .select(VerificationCase::as_select())
        .load(c))?)
}

/// One case, which stands in one of the files of its person.
pub fn find_verification(
    db: &mut Db,
    files: &[LearnerId],
    case: CaseId,
) -> Result<Option<VerificationCase>, StoreError> {
    let files = uids(files);
    Ok(on_db!(db, c => verification_case::table
        .filter(verification_case::learner_id.eq_any(&files))
        .filter(verification_case::case_id.eq(Uid::from(case)))
        .select(VerificationCase::as_select())
        .first(c)
        .optional())?)
}

/// All cases in these files, in no promised order.
pub fn cases_in(db: &mut Db, files: &[LearnerId]) -> Result<Vec<VerificationCase>, StoreError> {
    of_ids(files, |some| {
        on_db!(db, c => verification_case::table
            .filter(verification_case::learner_id.eq_any(some))
            .select(VerificationCase::as_select())
            .load(c))
    })
}

/// The cases of a year in these files, in no promised order.
pub fn cases_of_year(db: &mut Db, files: &[LearnerId], year: i32) -> Result<Vec<VerificationCase>, StoreError> {
    of_ids(files, |some| {
        on_db!(db, c => verification_case::table
            .filter(verification_case::learner_id.eq_any(some))
            .filter(verification_case::year.eq(year))
            .select(VerificationCase::as_select())
            .load(c))
    })
}

/// A page of the cases in the files of one person, in the order in which they were handed in.
pub fn page_of_verifications(
    db: &mut Db,
    files: &[LearnerId],
    (after, limit): (Option<CaseId>, i64),
) -> Result<Vec<VerificationCase>, StoreError> {
    let files = uids(files);
    Ok(on_db!(db, c => {
        let mut query = verification_case::table
            .filter(verification_case::learner_id.eq_any(&files))
            .order(verification_case::case_id)
            .limit(limit)
            .select(VerificationCase::as_select())
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(verification_case::case_id.gt(Uid::from(after)));
        }
        query.load(c)
    })?)
}

/// Says that an office verified a year, refused to, or took a verification back.
///
/// # Errors
/// [`StoreError::Conflict`] where that was said before.
pub fn insert_step(db: &mut Db, learner_id: LearnerId, step: &Step) -> Result<(), StoreError> {
    let row = StepRow {
        learner_id,
        case_id: step.case,
        step: step.kind,
        year: step.year,
        office: step.office.clone(),
        recorded_at: step.at,
    };
    on_db!(db, c => diesel::insert_into(verification_step::table).values(row).execute(c))?;
    Ok(())
}

/// What offices did about the years in these files, each with its file, in no promised order.
pub fn steps_in(db: &mut Db, files: &[LearnerId]) -> Result<Vec<(LearnerId, Step)>, StoreError> {
    let rows: Vec<StepRow> = of_ids(files, |some| {
        on_db!(db, c => verification_step::table
            .filter(verification_step::learner_id.eq_any(some))
            .select(StepRow::as_select())
            .load(c))
    })?;
    let step = |row: StepRow| Step {
        case: row.case_id,
        year: row.year,
        kind: row.step,
        at: row.recorded_at,
        office: row.office,
    };
    Ok(rows.into_iter().map(|row| (row.learner_id, step(row))).collect())
}

fn uids(files: &[LearnerId]) -> Vec<Uid> {
    files.iter().map(|id| Uid::from(*id)).collect()
}
