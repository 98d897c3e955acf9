//! What courses and learning platforms are called: all that a list of ledger lines shows of them.

use crate::{
    Db, StoreError,
    bulk::of_ids,
    db::on_db,
    schema::{course, course_version, learning_platform},
    types::Uid,
};
use diesel::prelude::*;
use domain::kernel::{CourseId, PlatformId};

/// What a version of a course is called. Neither the code nor the title of a version ever changes.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct CourseLabel {
    #[diesel(deserialize_as = Uid)]
    pub course_id: CourseId,
    pub number: i32,
    pub code: String,
    pub title: String,
}

/// What a learning platform is called.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct PlatformLabel {
    #[diesel(deserialize_as = Uid)]
    pub platform_id: PlatformId,
    pub code: String,
    pub name: String,
}

/// The labels of all versions of the courses, in no promised order.
pub fn course_labels(db: &mut Db, ids: &[CourseId]) -> Result<Vec<CourseLabel>, StoreError> {
    of_ids(ids, |some| {
        on_db!(db, c => course_version::table
            .inner_join(course::table.on(course::course_id.eq(course_version::course_id)))
            .filter(course_version::course_id.eq_any(some))
            .select((course::course_id, course_version::number, course::course_code, course_version::title))
            .load(c))
    })
}

/// The labels of all platforms, in no promised order. They can change: the `REGISTRY` revision moves with them.
pub fn all_platform_labels(db: &mut Db) -> Result<Vec<PlatformLabel>, StoreError> {
    Ok(on_db!(db, c => learning_platform::table
        .select((learning_platform::platform_id, learning_platform::platform_code, learning_platform::name))
        .load(c))?)
}
