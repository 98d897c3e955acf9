//! What offices ask to grant somebody by exception. Whether it can be granted is decided in `domain::exceptions`; where its review is stands
//! in the room `review`, under the same id, and what was granted in the hour ledger.

use crate::{
    Db, StoreError,
    db::on_db,
    schema::{office_exception, review_case},
    types::{Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    kernel::{CaseId, LearnerId},
    review::Phase,
    roll::Stated,
};
use time::{Date, OffsetDateTime};

/// What is asked to be granted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct OfficeException {
    pub learner_id: LearnerId,
    pub case_id: CaseId,
    pub year: i32,
    pub stated: Stated,
    /// The civil day of the office's paper.
    pub decided_on: Date,
    /// Why; none where its person was erased.
    pub reason: Option<String>,
    /// The office's paper, by its title or number; none where its person was erased.
    pub document: Option<String>,
    pub recorded_at: OffsetDateTime,
    pub recorded_by: String,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = office_exception, treat_none_as_default_value = false)]
struct Row {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    learner_id: LearnerId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    case_id: CaseId,
    year: i32,
    hours: Option<String>,
    decided_on: Date,
    reason: Option<String>,
    document: Option<String>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    recorded_at: OffsetDateTime,
    recorded_by: String,
}

impl TryFrom<&OfficeException> for Row {
    type Error = StoreError;

    fn try_from(of: &OfficeException) -> Result<Self, StoreError> {
        let hours = match &of.stated {
            Stated::Met => None,
            Stated::Hours(hours) => {
                Some(serde_json::to_string(hours).map_err(|error| StoreError::Unreadable(error.to_string()))?)
            }
        };
        Ok(Self {
            learner_id: of.learner_id,
            case_id: of.case_id,
            year: of.year,
            hours,
            decided_on: of.decided_on,
            reason: of.reason.clone(),
            document: of.document.clone(),
            recorded_at: of.recorded_at,
            recorded_by: of.recorded_by.clone(),
        })
    }
}

impl TryFrom<Row> for OfficeException {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let unreadable = |error| StoreError::Unreadable(format!("the hours of exception {}: {error}", row.case_id));
        let stated = match &row.hours {
            None => Stated::Met,
            Some(hours) => Stated::Hours(serde_json::from_str(hours).map_err(unreadable)?),
        };
        Ok(Self {
            learner_id: row.learner_id,
            case_id: row.case_id,
            year: row.year,
            stated,
            decided_on: row.decided_on,
            reason: row.reason,
            document: row.document,
            recorded_at: row.recorded_at,
            recorded_by: row.recorded_by,
        })
    }
}

/// Keeps what is asked.
///
/// # Errors
/// [`StoreError::Conflict`] where there is such an exception.
pub fn insert_exception(db: &mut Db, of: &OfficeException) -> Result<(), StoreError> {
    let row = Row::try_from(of)?;
    on_db!(db, c => diesel::insert_into(office_exception::table).values(row).execute(c))?;
    Ok(())
}

/// One exception, which stands in one of the files of its person.
pub fn find_exception(db: &mut Db, files: &[LearnerId], case: CaseId) -> Result<Option<OfficeException>, StoreError> {
    let files = uids(files);
    let row: Option<Row> = on_db!(db, c => office_exception::table
        .filter(office_exception::learner_id.eq_any(&files))
        .filter(office_exception::case_id.eq(Uid::from(case)))
        .select(Row::as_select())
        .first(c)
        .optional())?;
    row.map(OfficeException::try_from).transpose()
}

/// What waits of the exceptions in the files of one person for a year: the one that was filed first.
pub fn waiting_exception(db: &mut Db, files: &[LearnerId], year: i32) -> Result<Option<CaseId>, StoreError> {
    let files = uids(files);
    let case: Option<Uid> = on_db!(db, c => office_exception::table
        .inner_join(review_case::table.on(review_case::case_id.eq(office_exception::case_id)))
        .filter(office_exception::learner_id.eq_any(&files))
        .filter(office_exception::year.eq(year))
        .filter(review_case::phase.eq(Word::from(Phase::Waiting)))
        .order(office_exception::case_id)
        .select(office_exception::case_id)
        .first(c)
        .optional())?;
    Ok(case.map(CaseId::from))
}

/// A page of the exceptions in the files of one person, in the order in which they were filed.
pub fn page_of_exceptions(
    db: &mut Db,
    files: &[LearnerId],
    (after, limit): (Option<CaseId>, i64),
) -> Result<Vec<OfficeException>, StoreError> {
    let files = uids(files);
    let rows: Vec<Row> = on_db!(db, c => {
        let mut query = office_exception::table
            .filter(office_exception::learner_id.eq_any(&files))
            .order(office_exception::case_id)
            .limit(limit)
            .select(Row::as_select())
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(office_exception::case_id.gt(Uid::from(after)));
        }
        query.load(c)
    })?;
    rows.into_iter().map(OfficeException::try_from).collect()
}

fn uids(files: &[LearnerId]) -> Vec<Uid> {
    files.iter().map(|id| Uid::from(*id)).collect()
}

/// Empties what may name these persons.
pub fn empty_exceptions(db: &mut Db, learners: &[LearnerId]) -> Result<(), StoreError> {
    let ids = uids(learners);
    on_db!(db, c => diesel::update(office_exception::table)
        .filter(office_exception::learner_id.eq_any(&ids))
        .set((office_exception::reason.eq(None::<String>), office_exception::document.eq(None::<String>)))
        .execute(c))?;
    Ok(())
}
