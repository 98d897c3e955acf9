//! Rows held against other writers while one reads, changes and writes them.
//!
//! On SQLite writes follow one another anyway. On PostgreSQL two transactions would both read what stood before, and the
//! second to write would undo what the first one changed. Keys stay as they are, so rows that only name a held one are written
//! beside it: a push that credits a course does not wait for whoever changes that course.

use super::successors;
use crate::{
    Db, StoreError,
    bulk::LIST,
    schema::{authority, course, employer, learner_person, learning_platform, training_base},
    types::Uid,
};
use diesel::prelude::*;
use domain::kernel::{AuthorityId, BaseId, EmployerId, LearnerId, PlatformId};
use std::collections::{BTreeSet, HashMap};

/// A row that is read, changed and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// An authority.
    Authority(AuthorityId),
    /// An employer, with its credit code and what it is.
    Employer(EmployerId),
    /// A training base.
    TrainingBase(BaseId),
    /// A learning platform with its categories.
    LearningPlatform(PlatformId),
    /// A learner: the personal row, and by agreement the dated facts.
    Learner(LearnerId),
}

/// Holds a row to the end of the transaction; what is read after this is what is written over. There is nothing to hold of
/// what does not exist.
pub fn hold(db: &mut Db, row: Held) -> Result<(), StoreError> {
    macro_rules! hold_one {
        ($c:expr, $table:ident, $key:ident, $id:expr) => {{
            let one = $table::table.find(Uid::from($id)).select($table::$key).for_no_key_update();
            one.first::<Uid>($c).optional()?;
        }};
    }
    let Db::Pg(c) = db else { return Ok(()) };
    match row {
        Held::Authority(id) => hold_one!(c, authority, authority_id, id),
        Held::Employer(id) => hold_one!(c, employer, employer_id, id),
        Held::TrainingBase(id) => hold_one!(c, training_base, base_id, id),
        Held::LearningPlatform(id) => hold_one!(c, learning_platform, platform_id, id),
        Held::Learner(id) => hold_one!(c, learner_person, learner_id, id),
    }
    Ok(())
}

/// [`hold`] for all courses of these codes that exist, in one order for all writers.
pub fn hold_courses(db: &mut Db, codes: &[&str]) -> Result<(), StoreError> {
    let Db::Pg(c) = db else { return Ok(()) };
    let held = course::table.filter(course::course_code.eq_any(codes)).order(course::course_code);
    held.select(course::course_id).for_no_key_update().load::<Uid>(c)?;
    Ok(())
}

/// [`hold_learners`] for these files and for those in which they have ended, which are answered by the files that did. One that goes over
/// into another at this moment is waited for, and the other is held as well.
pub fn hold_to_the_last(db: &mut Db, ids: &[LearnerId]) -> Result<HashMap<LearnerId, LearnerId>, StoreError> {
    let mut last = successors(db, ids)?;
    loop {
        let files: BTreeSet<LearnerId> = ids.iter().chain(last.values()).copied().collect();
        if !hold_learners(db, &Vec::from_iter(files))? {
            return Ok(last);
        }
        let found = successors(db, ids)?;
        if found == last {
            return Ok(last);
        }
        last = found;
    }
}

/// [`hold`] for all of these learners, in one order for all writers. Answers whether it may have waited for another writer, so
/// that what led to them is to be read again; on SQLite never.
pub fn hold_learners(db: &mut Db, ids: &[LearnerId]) -> Result<bool, StoreError> {
    let Db::Pg(c) = db else { return Ok(false) };
    let mut ids: Vec<Uid> = ids.iter().map(|id| (*id).into()).collect();
    ids.sort_unstable();
    for chunk in ids.chunks(LIST) {
        let held =
            learner_person::table.filter(learner_person::learner_id.eq_any(chunk)).order(learner_person::learner_id);
        held.select(learner_person::learner_id).for_no_key_update().load::<Uid>(c)?;
    }
    Ok(!ids.is_empty())
}
