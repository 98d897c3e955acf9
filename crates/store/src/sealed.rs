//! Every place where sealed fields lie, for sealing them anew under another key. What they hold is not known here.
//!
//! A row is replaced only where it still is as it was read, so nothing has to be held meanwhile: whoever wrote it since has
//! sealed it anew, and it is looked at again in a later round.

use crate::{
    Db, StoreError,
    completions::page,
    db::on_db,
    schema::{
        completion_hold, correction, idempotency_answer, learner_identifier, learner_person, recognition_evidence,
    },
    types::Uid,
};
use diesel::{dsl::exists, prelude::*, select};
use domain::kernel::{CaseId, EvidenceId, LearnerId, PlatformId};
use std::collections::BTreeMap;

/// The tables that hold sealed fields; a test holds that there is no other.
pub const TABLES: [&str; 5] =
    ["completion_hold", "correction", "idempotency_answer", "learner_person", "recognition_evidence"];

/// The sealed number of a learner.
#[derive(Queryable, Selectable)]
#[diesel(table_name = learner_person)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct SealedPerson {
    #[diesel(deserialize_as = Uid)]
    pub learner_id: LearnerId,
    pub document_cipher: Vec<u8>,
    pub key_id: String,
    pub suite_id: String,
}

/// Whom an item that waits is about.
#[derive(Queryable, Selectable)]
#[diesel(table_name = completion_hold)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct SealedHold {
    #[diesel(deserialize_as = Uid)]
    pub platform_id: PlatformId,
    pub external_id: String,
    pub document_cipher: Option<Vec<u8>>,
    pub name_cipher: Option<Vec<u8>>,
    #[diesel(select_expression = completion_hold::key_id.assume_not_null())]
    pub key_id: String,
    #[diesel(select_expression = completion_hold::suite_id.assume_not_null())]
    pub suite_id: String,
}

/// An answer that is kept for repeats.
#[derive(Queryable, Selectable)]
#[diesel(table_name = idempotency_answer)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct SealedAnswer {
    pub key_hash: String,
    pub request_hash: String,
    pub answer_cipher: Vec<u8>,
    pub key_id: String,
    pub suite_id: String,
}

/// A file that proves an achievement.
#[derive(Queryable, Selectable)]
#[diesel(table_name = recognition_evidence)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct SealedFile {
    #[diesel(deserialize_as = Uid)]
    pub learner_id: LearnerId,
    #[diesel(deserialize_as = Uid)]
    pub evidence_id: EvidenceId,
    #[diesel(select_expression = recognition_evidence::content_cipher.assume_not_null())]
    pub content_cipher: Vec<u8>,
    #[diesel(select_expression = recognition_evidence::key_id.assume_not_null())]
    pub key_id: String,
    #[diesel(select_expression = recognition_evidence::suite_id.assume_not_null())]
    pub suite_id: String,
}

/// What a learner asks to have corrected, as far as it is personal.
#[derive(Queryable, Selectable)]
#[diesel(table_name = correction)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct SealedCorrection {
    #[diesel(deserialize_as = Uid)]
    pub learner_id: LearnerId,
    #[diesel(deserialize_as = Uid)]
    pub case_id: CaseId,
    pub name_cipher: Option<Vec<u8>>,
    pub document_cipher: Option<Vec<u8>>,
    #[diesel(select_expression = correction::key_id.assume_not_null())]
    pub key_id: String,
    #[diesel(select_expression = correction::suite_id.assume_not_null())]
    pub suite_id: String,
}

/// Persons whose number another key than this one seals, in the order of their ids, after one of them.
pub fn persons_by_other_keys(
    db: &mut Db,
    key_id: &str,
    after: Option<LearnerId>,
    limit: i64,
) -> Result<Vec<SealedPerson>, StoreError> {
    Ok(on_db!(db, c => {
        let mut query = learner_person::table
            .filter(learner_person::key_id.ne(key_id))
            .order(learner_person::learner_id)
            .limit(limit)
            .select(SealedPerson::as_select())
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(learner_person::learner_id.gt(Uid::from(after)));
        }
        query.load(c)
    })?)
}

/// Items that wait and that another key than this one seals, in the order of their keys, after one of them.
pub fn holds_by_other_keys(
    db: &mut Db,
    key_id: &str,
    after: Option<(PlatformId, &str)>,
    limit: i64,
) -> Result<Vec<SealedHold>, StoreError> {
    Ok(on_db!(db, c => page!(SealedHold, completion_hold::key_id.ne(key_id).assume_not_null(), after, limit).load(c))?)
}

/// Kept answers that another key than this one seals, in the order of their keys, after one of them.
pub fn answers_by_other_keys(
    db: &mut Db,
    key_id: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<SealedAnswer>, StoreError> {
    Ok(on_db!(db, c => {
        let mut query = idempotency_answer::table
            .filter(idempotency_answer::key_id.ne(key_id))
            .order(idempotency_answer::key_hash)
            .limit(limit)
            .select(SealedAnswer::as_select())
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(idempotency_answer::key_hash.gt(after));
        }
        query.load(c)
    })?)
}

/// Files that another key than this one seals, in the order of their keys, after one of them.
pub fn files_by_other_keys(
    db: &mut Db,
    key_id: &str,
    after: Option<(LearnerId, EvidenceId)>,
    limit: i64,
) -> Result<Vec<SealedFile>, StoreError> {
    use recognition_evidence as of;
    Ok(on_db!(db, c => {
        let mut query = of::table
            .filter(of::key_id.ne(key_id).assume_not_null())
            .order((of::learner_id, of::evidence_id))
            .limit(limit)
            .select(SealedFile::as_select())
            .into_boxed();
        if let Some((learner, file)) = after {
            let learner = Uid::from(learner);
            let later = of::learner_id.eq(learner).and(of::evidence_id.gt(Uid::from(file)));
            query = query.filter(of::learner_id.gt(learner).or(later));
        }
        query.load(c)
    })?)
}

/// What learners ask to have corrected and another key than this one seals, in the order of their keys, after one of them.
pub fn corrections_by_other_keys(
    db: &mut Db,
    key_id: &str,
    after: Option<(LearnerId, CaseId)>,
    limit: i64,
) -> Result<Vec<SealedCorrection>, StoreError> {
    use correction as of;
    Ok(on_db!(db, c => {
        let mut query = of::table
            .filter(of::key_id.ne(key_id).assume_not_null())
            .order((of::learner_id, of::case_id))
            .limit(limit)
            .select(SealedCorrection::as_select())
            .into_boxed();
        if let Some((learner, case)) = after {
            let learner = Uid::from(learner);
            let later = of::learner_id.eq(learner).and(of::case_id.gt(Uid::from(case)));
            query = query.filter(of::learner_id.gt(learner).or(later));
        }
        query.load(c)
    })?)
}

/// What stands instead: the sealed bytes, the key and the suite.
pub type Anew<'a> = (&'a [u8], &'a str, &'a str);

/// Replaces the sealed number of a learner, where it still is as it was read.
pub fn replace_person(
    db: &mut Db,
    read: &SealedPerson,
    (cipher, key_id, suite_id): Anew<'_>,
) -> Result<(), StoreError> {
    use learner_person as of;
    let anew = (of::document_cipher.eq(cipher), of::key_id.eq(key_id), of::suite_id.eq(suite_id));
    let same = of::table.find(Uid::from(read.learner_id)).filter(of::document_cipher.eq(&read.document_cipher));
    on_db!(db, c => diesel::update(same).set(anew).execute(c))?;
    Ok(())
}

/// Replaces whom an item that waits is about, where it still waits. Nothing else ever changes these columns.
pub fn replace_hold(
    db: &mut Db,
    read: &SealedHold,
    (document, name): (Option<&[u8]>, Option<&[u8]>),
    (key_id, suite_id): (&str, &str),
) -> Result<(), StoreError> {
    use completion_hold as of;
    let anew =
        (of::document_cipher.eq(document), of::name_cipher.eq(name), of::key_id.eq(key_id), of::suite_id.eq(suite_id));
    let same = of::table
        .find((Uid::from(read.platform_id), &read.external_id))
        .filter(of::document_cipher.eq(read.document_cipher.as_deref()))
        .filter(of::name_cipher.eq(read.name_cipher.as_deref()));
    on_db!(db, c => diesel::update(same).set(anew).execute(c))?;
    Ok(())
}

/// Replaces an answer that is kept, where it still is as it was read.
pub fn replace_answer(
    db: &mut Db,
    read: &SealedAnswer,
    (cipher, key_id, suite_id): Anew<'_>,
) -> Result<(), StoreError> {
    use idempotency_answer as of;
    let anew = (of::answer_cipher.eq(cipher), of::key_id.eq(key_id), of::suite_id.eq(suite_id));
    let same = of::table.find(&read.key_hash).filter(of::answer_cipher.eq(&read.answer_cipher));
    on_db!(db, c => diesel::update(same).set(anew).execute(c))?;
    Ok(())
}

/// Replaces the bytes of a file, where they still are as they were read.
pub fn replace_file(db: &mut Db, read: &SealedFile, (cipher, key_id, suite_id): Anew<'_>) -> Result<(), StoreError> {
    use recognition_evidence as of;
    let anew = (of::content_cipher.eq(Some(cipher)), of::key_id.eq(Some(key_id)), of::suite_id.eq(Some(suite_id)));
    let same = of::table
        .find((Uid::from(read.learner_id), Uid::from(read.evidence_id)))
        .filter(of::content_cipher.eq(Some(&read.content_cipher)));
    on_db!(db, c => diesel::update(same).set(anew).execute(c))?;
    Ok(())
}

/// Replaces what a learner asks to have corrected, where it still is as it was read. Nothing but an erasure ever changes these columns
/// else.
pub fn replace_correction(
    db: &mut Db,
    read: &SealedCorrection,
    (name, document): (Option<&[u8]>, Option<&[u8]>),
    (key_id, suite_id): (&str, &str),
) -> Result<(), StoreError> {
    use correction as of;
    let anew =
        (of::name_cipher.eq(name), of::document_cipher.eq(document), of::key_id.eq(key_id), of::suite_id.eq(suite_id));
    let same =
        of::table.find((Uid::from(read.learner_id), Uid::from(read.case_id))).filter(of::key_id.eq(Some(&read.key_id)));
    on_db!(db, c => diesel::update(same).set(anew).execute(c))?;
    Ok(())
}

/// How many rows each key seals. It reads all of them.
pub fn rows_by_key(db: &mut Db) -> Result<BTreeMap<String, i64>, StoreError> {
    let mut found = BTreeMap::new();
    macro_rules! count {
        ($($table:ident),+) => {$(
            let key_id = $table::key_id;
            let rows: Vec<(Option<String>, i64)> = on_db!(db, c => $table::table
                .group_by(key_id)
                .select((key_id.nullable(), diesel::dsl::count_star()))
                .load(c))?;
            for (key_id, rows) in rows {
                *found.entry(key_id.unwrap_or_default()).or_default() += rows;
            }
        )+};
    }
    count!(completion_hold, correction, idempotency_answer, learner_person, recognition_evidence);
    // An item that waits for nobody in particular has no key, nor has what asks for nothing personal, or whose person was erased.
    found.remove("");
    Ok(found)
}

/// Whether anything depends on a key: what it seals, or whom it finds. Where nothing does, all rows are read.
pub(crate) fn is_in_use(db: &mut Db, key_id: &str) -> Result<bool, StoreError> {
    macro_rules! used {
        ($($table:ident),+) => {
            $(on_db!(db, c => select(exists($table::table.filter($table::key_id.eq(key_id)))).get_result::<bool>(c))?)||+
        };
    }
    Ok(used!(learner_identifier, learner_person, completion_hold, correction, idempotency_answer, recognition_evidence))
}
