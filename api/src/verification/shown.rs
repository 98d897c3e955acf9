//! Verifications as callers see them.

use super::body::VerificationBody;
use crate::{
    explain::ClauseBody,
    problem::{Kind, Problem},
    recognition::case::Seen,
    wire::Moment,
};
use domain::review::{Action, State, What};
use store::{
    Db,
    verification::{VerificationCase, find_verification},
};

/// The year that a case is about, as callers see it.
///
/// # Errors
/// `not_found` where the case is about none.
pub(crate) fn verification(db: &mut Db, seen: &Seen) -> Result<VerificationBody, Problem> {
    let row = find_verification(db, &seen.files, seen.case.opening().id)?;
    Ok(shown(seen, &row.ok_or_else(|| Problem::new(Kind::NotFound))?))
}

pub(super) fn shown(seen: &Seen, row: &VerificationCase) -> VerificationBody {
    let stage = seen.case.stages().last();
    let when = |action: Action| seen.case.events().iter().rfind(|event| event.what.action() == action);
    let taken = |action: Action| when(action).map(|event| Moment(event.at));
    let decided_at = match seen.case.state() {
        State::Approved | State::Revoked => taken(Action::Approve),
        State::Refused => taken(Action::Refuse),
        _ => None,
    };
    let (reason, refused_by) = match seen.case.events().last().map(|event| &event.what) {
        Some(What::Refused { clause, reason }) => (reason.clone(), Some(ClauseBody::from(clause))),
        Some(What::Revoked { reason }) => (Some(reason.clone()), None),
        _ => (None, None),
    };
    VerificationBody {
        case_id: row.case_id,
        batch_id: row.batch_id,
        employer_id: row.employer_id,
        learner_id: seen.learner.id,
        year: row.year,
        state: seen.case.state().phase(),
        office: stage.and_then(|stage| stage.office.clone()),
        clauses: stage.into_iter().flat_map(|stage| &stage.cite).map(ClauseBody::from).collect(),
        filed_at: Moment(row.recorded_at),
        decided_at,
        reason,
        refused_by,
        annulled_at: taken(Action::Revoke),
    }
}
