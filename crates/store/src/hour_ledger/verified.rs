//! Which files a ledger consists of, for whoever verifies it page by page.

use crate::{
    Db, StoreError,
    db::on_db,
    schema::{completion_decision, hour_entry, learner},
    types::Uid,
};
use diesel::prelude::*;
use domain::kernel::LearnerId;
use std::collections::BTreeSet;

/// The next files in the order of their ids: of everyone who is registered, who has a line, or whom a decision names that brought one. So
/// lines are found whose person is gone, and decisions whose lines are.
pub fn files_after(db: &mut Db, after: Option<LearnerId>, limit: i64) -> Result<Vec<LearnerId>, StoreError> {
    let mut found: BTreeSet<LearnerId> = BTreeSet::new();
    let registered: Vec<Uid> = on_db!(db, c => {
        let mut query = learner::table.select(learner::learner_id).order(learner::learner_id).limit(limit).into_boxed();
        if let Some(after) = after {
            query = query.filter(learner::learner_id.gt(Uid::from(after)));
        }
        query.load(c)
    })?;
    let with_lines: Vec<Uid> = on_db!(db, c => {
        let lines = hour_entry::table.select(hour_entry::learner_id).distinct();
        let mut query = lines.order(hour_entry::learner_id).limit(limit).into_boxed();
        if let Some(after) = after {
            query = query.filter(hour_entry::learner_id.gt(Uid::from(after)));
        }
        query.load(c)
    })?;
    let named = completion_decision::learner_id.assume_not_null();
    let decided: Vec<Uid> = on_db!(db, c => {
        let mut query = completion_decision::table
            .filter(completion_decision::learner_id.is_not_null())
            .select(named)
            .distinct()
            .order(named)
            .limit(limit)
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(named.gt(Uid::from(after)));
        }
        query.load(c)
    })?;
    found.extend(registered.into_iter().chain(with_lines).chain(decided).map(LearnerId::from));
    // Beyond the last of a page some that one list has are still to come in another.
    Ok(found.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
}
