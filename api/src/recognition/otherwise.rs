//! Whether other rules would credit an approved achievement otherwise. Offices decided it, so nothing follows by itself: they are told.

use super::{
    case::Seen,
    credited::Credited,
    service::{claim_of, filed},
};
use crate::problem::Problem;
use domain::{kernel::CaseId, policy::Rules};
use store::{Db, review::find_case};

/// Whether these rules would lead to other lines than those that stand of a case: what was declared and granted, as known when it was
/// approved.
///
/// # Errors
/// When the database fails.
pub(crate) fn worth_otherwise(db: &mut Db, rules: &Rules, id: CaseId) -> Result<bool, Problem> {
    let case = find_case(db, id)?.ok_or_else(|| Problem::internal(format!("lines rest on {id}, which is no case")))?;
    let seen = Seen::of(db, case)?;
    let claim = claim_of(&filed(db, &seen)?, &seen)?;
    Ok(!Credited::of(db, &seen)?.agrees_with(rules, &seen, &claim))
}
