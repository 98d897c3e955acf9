//! Cases as those see them who verify what rests on them: about whom each is, and where it has come to.

use crate::{
    Db, StoreError,
    bulk::of_ids,
    db::on_db,
    schema::review_case,
    types::{Uid, Word},
};
use diesel::prelude::*;
use domain::{
    kernel::{CaseId, LearnerId},
    review::{Phase, Subject},
};

/// A case, without its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = review_case)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct KeptCase {
    #[diesel(deserialize_as = Uid)]
    pub case_id: CaseId,
    #[diesel(deserialize_as = Word<Subject>)]
    pub subject: Subject,
    #[diesel(deserialize_as = Uid)]
    pub learner_id: LearnerId,
    #[diesel(deserialize_as = Word<Phase>)]
    pub phase: Phase,
}

/// Those of these cases that there are, in no promised order.
pub fn kept_cases(db: &mut Db, ids: &[CaseId]) -> Result<Vec<KeptCase>, StoreError> {
    of_ids(ids, |some| {
        on_db!(db, c => review_case::table
            .filter(review_case::case_id.eq_any(some))
            .select(KeptCase::as_select())
            .load(c))
    })
}

/// The cases about such things opened in these files whose approval stands, in no promised order.
pub fn approved_cases(db: &mut Db, subjects: &[Subject], files: &[LearnerId]) -> Result<Vec<KeptCase>, StoreError> {
    let subjects: Vec<Word<Subject>> = subjects.iter().copied().map(Word::from).collect();
    of_ids(files, |some| {
        on_db!(db, c => review_case::table
            .filter(review_case::learner_id.eq_any(some))
            .filter(review_case::subject.eq_any(&subjects))
            .filter(review_case::phase.eq(Word::from(Phase::Approved)))
            .select(KeptCase::as_select())
            .load(c))
    })
}
