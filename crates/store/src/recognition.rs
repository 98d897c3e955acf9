//! What is declared of achievements, version by version, and the files that prove it. What it is worth is decided in
//! `domain::recognition`; where its review is stands in the room `review`, under the same id.

use crate::{
    Db, StoreError,
    db::on_db,
    schema::{recognition_claim, recognition_evidence, review_case},
    types::{Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    kernel::{CaseId, EvidenceId, LearnerId},
    review::Phase,
};
use time::OffsetDateTime;

/// One version of what is declared of an achievement.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = recognition_claim, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct ClaimVersion {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub learner_id: LearnerId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub case_id: CaseId,
    /// From 1.
    pub number: i32,
    /// JSON, and nothing personal.
    pub claim: String,
    /// The document by its title or number; none where it was not named, or its person was erased.
    pub document: Option<String>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub recorded_at: OffsetDateTime,
    pub recorded_by: String,
}

/// One file that proves an achievement, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = recognition_evidence)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct Evidence {
    #[diesel(deserialize_as = Uid)]
    pub learner_id: LearnerId,
    #[diesel(deserialize_as = Uid)]
    pub evidence_id: EvidenceId,
    #[diesel(deserialize_as = Uid)]
    pub case_id: CaseId,
    /// What it is, in the words of the rule.
    pub kind: String,
    pub media_type: String,
    /// Bytes.
    pub size: i32,
    /// Of its bytes, in hexadecimal.
    pub sha256: String,
    pub file_name: Option<String>,
    #[diesel(deserialize_as = Ts)]
    pub added_at: OffsetDateTime,
    pub added_by: String,
}

/// The same as the columns hold it: all or none.
type ContentRow = (Option<Vec<u8>>, Option<String>, Option<String>);

/// The sealed bytes of a file with the key and the suite.
pub type SealedContent = (Vec<u8>, String, String);

/// Appends a version. One of that number is [`StoreError::Conflict`].
pub fn insert_claim(db: &mut Db, version: &ClaimVersion) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(recognition_claim::table).values(version.clone()).execute(c))?;
    Ok(())
}

/// The last version, which stands in one of the files of its person; none where there is no such recognition.
pub fn last_claim(db: &mut Db, files: &[LearnerId], case: CaseId) -> Result<Option<ClaimVersion>, StoreError> {
    let files = uids(files);
    Ok(on_db!(db, c => recognition_claim::table
        .filter(recognition_claim::learner_id.eq_any(&files))
        .filter(recognition_claim::case_id.eq(Uid::from(case)))
        .order(recognition_claim::number.desc())
        .select(ClaimVersion::as_select())
        .first(c)
        .optional())?)
}

/// A page of the recognitions in the files of one person, in the order in which they were filed.
pub fn recognitions_of(
    db: &mut Db,
    files: &[LearnerId],
    after: Option<CaseId>,
    limit: i64,
) -> Result<Vec<CaseId>, StoreError> {
    let files = uids(files);
    let ids: Vec<Uid> = on_db!(db, c => {
        let mut query = recognition_claim::table
            .filter(recognition_claim::learner_id.eq_any(&files))
            .filter(recognition_claim::number.eq(1))
            .order(recognition_claim::case_id)
            .limit(limit)
            .select(recognition_claim::case_id)
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(recognition_claim::case_id.gt(Uid::from(after)));
        }
        query.load(c)
    })?;
    Ok(ids.into_iter().map(CaseId::from).collect())
}

/// What is with an office or was approved, in the files of one person but for one case: the last version of each, the latest cases
/// first, at most so many.
pub fn claims_handed_in(
    db: &mut Db,
    files: &[LearnerId],
    but: CaseId,
    limit: i64,
) -> Result<Vec<ClaimVersion>, StoreError> {
    let files = uids(files);
    let later = diesel::alias!(recognition_claim as later);
    let is_later = later
        .filter(later.field(recognition_claim::learner_id).eq(recognition_claim::learner_id))
        .filter(later.field(recognition_claim::case_id).eq(recognition_claim::case_id))
        .filter(later.field(recognition_claim::number).gt(recognition_claim::number));
    let phases = [Phase::Waiting, Phase::Returned, Phase::Approved].map(Word::from);
    Ok(on_db!(db, c => recognition_claim::table
        .inner_join(review_case::table.on(review_case::case_id.eq(recognition_claim::case_id)))
        .filter(recognition_claim::learner_id.eq_any(&files))
        .filter(recognition_claim::case_id.ne(Uid::from(but)))
        .filter(review_case::phase.eq_any(&phases))
        .filter(diesel::dsl::not(diesel::dsl::exists(is_later)))
        .order(recognition_claim::case_id.desc())
        .limit(limit)
        .select(ClaimVersion::as_select())
        .load(c))?)
}

/// Every version of what a case declares, the first one first.
pub fn claims_of(db: &mut Db, files: &[LearnerId], case: CaseId) -> Result<Vec<ClaimVersion>, StoreError> {
    let files = uids(files);
    Ok(on_db!(db, c => recognition_claim::table
        .filter(recognition_claim::learner_id.eq_any(&files))
        .filter(recognition_claim::case_id.eq(Uid::from(case)))
        .order(recognition_claim::number)
        .select(ClaimVersion::as_select())
        .load(c))?)
}

fn uids(files: &[LearnerId]) -> Vec<Uid> {
    files.iter().map(|id| Uid::from(*id)).collect()
}

/// Keeps a file.
pub fn insert_evidence(
    db: &mut Db,
    file: &Evidence,
    (cipher, key_id, suite_id): &SealedContent,
) -> Result<(), StoreError> {
    use recognition_evidence as of;
    let row = (
        of::learner_id.eq(Uid::from(file.learner_id)),
        of::evidence_id.eq(Uid::from(file.evidence_id)),
        of::case_id.eq(Uid::from(file.case_id)),
        of::kind.eq(&file.kind),
        of::media_type.eq(&file.media_type),
        of::size.eq(file.size),
        of::sha256.eq(&file.sha256),
        of::file_name.eq(file.file_name.as_deref()),
        of::content_cipher.eq(Some(cipher.as_slice())),
        of::key_id.eq(Some(key_id.as_str())),
        of::suite_id.eq(Some(suite_id.as_str())),
        of::added_at.eq(Ts::from(file.added_at)),
        of::added_by.eq(&file.added_by),
    );
    on_db!(db, c => diesel::insert_into(of::table).values(row).execute(c))?;
    Ok(())
}

/// The papers of a recognition, in the order in which they came.
pub fn evidence_of(db: &mut Db, files: &[LearnerId], case: CaseId) -> Result<Vec<Evidence>, StoreError> {
    let files = uids(files);
    Ok(on_db!(db, c => recognition_evidence::table
        .filter(recognition_evidence::learner_id.eq_any(&files))
        .filter(recognition_evidence::case_id.eq(Uid::from(case)))
        .order(recognition_evidence::evidence_id)
        .select(Evidence::as_select())
        .load(c))?)
}

/// How many bytes of papers the files of one person hold.
pub fn evidence_bytes(db: &mut Db, files: &[LearnerId]) -> Result<i64, StoreError> {
    let files = uids(files);
    let sum: Option<i64> = on_db!(db, c => recognition_evidence::table
        .filter(recognition_evidence::learner_id.eq_any(&files))
        .filter(recognition_evidence::content_cipher.is_not_null())
        .select(diesel::dsl::sum(recognition_evidence::size))
        .first(c))?;
    Ok(sum.unwrap_or_default())
}

/// The sealed bytes of a file; none where its person was erased, or there is no such file.
pub fn content_of(db: &mut Db, learner: LearnerId, id: EvidenceId) -> Result<Option<SealedContent>, StoreError> {
    use recognition_evidence as of;
    let row: Option<ContentRow> = on_db!(db, c => of::table
        .find((Uid::from(learner), Uid::from(id)))
        .select((of::content_cipher, of::key_id, of::suite_id))
        .first(c)
        .optional())?;
    Ok(row.and_then(|(cipher, key_id, suite_id)| Some((cipher?, key_id?, suite_id?))))
}

/// Empties what names these persons: the files and how they and the documents are called.
pub fn empty_recognitions(db: &mut Db, learners: &[LearnerId]) -> Result<(), StoreError> {
    let ids = uids(learners);
    on_db!(db, c => {
        diesel::update(recognition_claim::table)
            .filter(recognition_claim::learner_id.eq_any(&ids))
            .filter(recognition_claim::document.is_not_null())
            .set(recognition_claim::document.eq(None::<String>))
            .execute(c)?;
        diesel::update(recognition_evidence::table)
            .filter(recognition_evidence::learner_id.eq_any(&ids))
            .set((
                recognition_evidence::file_name.eq(None::<String>),
                recognition_evidence::content_cipher.eq(None::<Vec<u8>>),
                recognition_evidence::key_id.eq(None::<String>),
                recognition_evidence::suite_id.eq(None::<String>),
            ))
            .execute(c)
    })?;
    Ok(())
}
