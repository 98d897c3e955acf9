//! What learners ask to have corrected in their files. What may be asked is decided in `domain::corrections`; where its review is stands in
//! the room `review`, under the same id.

use crate::{
    Db, StoreError,
    db::on_db,
    schema::{correction, review_case},
    types::{Opt, PlaceText, Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    corrections::CorrectionKind,
    kernel::{CaseId, DocumentKind, EmployerId, LearnerId, PlaceCode},
    registry::DocumentWas,
    review::Phase,
};
use time::{Date, OffsetDateTime};

/// What is asked by one request. What is personal is sealed, and all of that and what was written about it is gone where its person was
/// erased.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = correction, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct Correction {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub learner_id: LearnerId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub case_id: CaseId,
    #[diesel(serialize_as = Word<CorrectionKind>, deserialize_as = Word<CorrectionKind>)]
    pub kind: CorrectionKind,
    /// Of the document that is asked for, or by which another file is known.
    #[diesel(serialize_as = Opt<Word<DocumentKind>>, deserialize_as = Opt<Word<DocumentKind>>)]
    pub document_kind: Option<DocumentKind>,
    #[diesel(serialize_as = Opt<Word<DocumentWas>>, deserialize_as = Opt<Word<DocumentWas>>)]
    pub document_was: Option<DocumentWas>,
    /// None of an employment also where there is to be no employer.
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub employer_id: Option<EmployerId>,
    #[diesel(serialize_as = Opt<PlaceText>, deserialize_as = Opt<PlaceText>)]
    pub place_code: Option<PlaceCode>,
    /// None where it is to hold from the day of the decision.
    pub from_on: Option<Date>,
    pub reason: Option<String>,
    /// JSON, a list of what the documents are called.
    pub proofs: Option<String>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub recorded_at: OffsetDateTime,
    pub recorded_by: String,
    pub name_cipher: Option<Vec<u8>>,
    pub document_cipher: Option<Vec<u8>>,
    /// Of both.
    pub key_id: Option<String>,
    pub suite_id: Option<String>,
}

/// Keeps what is asked.
///
/// # Errors
/// [`StoreError::Conflict`] where there is such a request.
pub fn insert_correction(db: &mut Db, row: &Correction) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(correction::table).values(row.clone()).execute(c))?;
    Ok(())
}

/// One request, which stands in one of the files of its person.
pub fn find_correction(db: &mut Db, files: &[LearnerId], case: CaseId) -> Result<Option<Correction>, StoreError> {
    let files = uids(files);
    Ok(on_db!(db, c => correction::table
        .filter(correction::learner_id.eq_any(&files))
        .filter(correction::case_id.eq(Uid::from(case)))
        .select(Correction::as_select())
        .first(c)
        .optional())?)
}

/// A page of the requests in the files of one person, in the order in which they were made.
pub fn page_of_corrections(
    db: &mut Db,
    files: &[LearnerId],
    (after, limit): (Option<CaseId>, i64),
) -> Result<Vec<Correction>, StoreError> {
    let files = uids(files);
    Ok(on_db!(db, c => {
        let mut query = correction::table
            .filter(correction::learner_id.eq_any(&files))
            .order(correction::case_id)
            .limit(limit)
            .select(Correction::as_select())
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(correction::case_id.gt(Uid::from(after)));
        }
        query.load(c)
    })?)
}

/// How many requests in the files of one person wait for an office.
pub fn count_open(db: &mut Db, files: &[LearnerId]) -> Result<i64, StoreError> {
    let files = uids(files);
    let open = [Phase::Draft, Phase::Waiting, Phase::Returned].map(Word::from);
    Ok(on_db!(db, c => correction::table
        .inner_join(review_case::table.on(review_case::case_id.eq(correction::case_id)))
        .filter(correction::learner_id.eq_any(&files))
        .filter(review_case::phase.eq_any(&open))
        .count()
        .get_result(c))?)
}

fn uids(files: &[LearnerId]) -> Vec<Uid> {
    files.iter().map(|id| Uid::from(*id)).collect()
}

/// Empties what names these persons, and what was written about them.
pub fn empty_corrections(db: &mut Db, learners: &[LearnerId]) -> Result<(), StoreError> {
    let ids = uids(learners);
    on_db!(db, c => diesel::update(correction::table)
        .filter(correction::learner_id.eq_any(&ids))
        .set((
            correction::reason.eq(None::<String>),
            correction::proofs.eq(None::<String>),
            correction::name_cipher.eq(None::<Vec<u8>>),
            correction::document_cipher.eq(None::<Vec<u8>>),
            correction::key_id.eq(None::<String>),
            correction::suite_id.eq(None::<String>),
        ))
        .execute(c))?;
    Ok(())
}
