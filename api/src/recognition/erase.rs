//! Recognitions of a person who is erased: what names them is emptied, and what waits is ended. Lines of the ledger stay.

use super::case::{Acting, act};
use crate::{auth::Caller, problem::Problem};
use domain::{kernel::LearnerId, registry::PlaceTree, review::Asked};
use store::{
    Db,
    recognition::empty_recognitions,
    review::{cases_of, hold_case},
};
use time::OffsetDateTime;

/// Empties and ends all recognitions of these files.
pub(crate) fn erase(
    db: &mut Db,
    (caller, places): (&Caller, &PlaceTree),
    files: &[LearnerId],
    now: OffsetDateTime,
) -> Result<(), Problem> {
    let acting = Acting::of(caller, places);
    for file in files {
        for id in cases_of(db, *file)? {
            let Some(case) = hold_case(db, id)?.filter(|case| !case.state().is_final()) else { continue };
            let _ = act(db, &acting, case, (None, Asked::Cancel { reason: "erasure".to_owned() }), now)?;
        }
    }
    Ok(empty_recognitions(db, files)?)
}
