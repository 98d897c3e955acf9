//! Who was ever one person here: what is said of one of them may be at home in the file of another.

use crate::problem::Problem;
use domain::kernel::LearnerId;
use std::collections::BTreeSet;
use store::{
    Db,
    registry::{hold_learners, merges_of},
};

/// Holds all files with which those of these people were ever joined, and answers them: what is said of one of them may be at home in
/// another one. None of them is joined or parted to the end of the transaction.
///
/// # Errors
/// When the database fails.
pub(crate) fn hold_kin(db: &mut Db, people: &[LearnerId]) -> Result<Vec<LearnerId>, Problem> {
    let mut found = kin(db, people)?;
    loop {
        let waited = hold_learners(db, &found)?;
        let again = if waited { kin(db, people)? } else { found.clone() };
        if again == found {
            return Ok(found);
        }
        found = again;
    }
}

fn kin(db: &mut Db, people: &[LearnerId]) -> Result<Vec<LearnerId>, Problem> {
    let mut found: BTreeSet<LearnerId> = people.iter().copied().collect();
    let mut open = people.to_vec();
    while let Some(file) = open.pop() {
        for (merge, _) in merges_of(db, file)? {
            open.extend([merge.ends_id, merge.stays_id].into_iter().filter(|id| found.insert(*id)));
        }
    }
    Ok(found.into_iter().collect())
}
