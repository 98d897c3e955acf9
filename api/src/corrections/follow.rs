//! What follows when an office decides: what it approves is done, in the transaction of the approval, and who asked is told.

use super::kept::wanted;
use crate::{
    changes::{Happened, record},
    problem::{Kind, Problem},
    recognition::case::Seen,
    registry::{Corrected, Occasion, carry_out},
};
use domain::review::State;
use store::{Db, corrections::find_correction};

/// Lets follow what follows from where the review of a request has come to; answers what of the file that changed.
///
/// # Errors
/// What speaks against doing it now; then the request goes on waiting.
pub(crate) fn follow(db: &mut Db, at: Occasion<'_>, seen: &Seen) -> Result<Option<Corrected>, Problem> {
    let (outcome, corrected) = match seen.case.state() {
        State::Approved => {
            let id = seen.case.opening().id;
            let hidden = || Problem::new(Kind::NotFound);
            let row = find_correction(db, &seen.files, id)?.ok_or_else(hidden)?;
            let wanted = wanted(&at.state.keys, &row)?.ok_or_else(hidden)?;
            ("approved", Some(carry_out(db, at, (seen.learner.id, id), wanted)?))
        }
        State::Refused => ("refused", None),
        _ => return Ok(None),
    };
    record(db, at.now, vec![Happened::of_offices(seen.learner.id, outcome)])?;
    Ok(corrected)
}
