//! Whether a caller answers for a place of the administration tree.

use crate::{
    auth::Caller,
    problem::{Kind, Problem},
};
use domain::{kernel::PlaceCode, registry::PlaceTree};

/// Whether a caller answers for a place: an officer for their own and all below it, an administrator for every one.
pub(crate) fn answers_for(caller: &Caller, places: &PlaceTree, place: &PlaceCode) -> bool {
    match caller {
        Caller::Administrator { .. } => true,
        Caller::Officer { place: own, .. } => {
            places.find(own.as_str()).is_some_and(|own| places.contains(&own.code, place))
        }
        Caller::Learner(_) | Caller::Platform(_) => false,
    }
}

/// Refuses a caller who does not answer for a place.
///
/// # Errors
/// `outside_place`, naming both places.
pub(crate) fn require(caller: &Caller, places: &PlaceTree, place: &PlaceCode) -> Result<(), Problem> {
    if answers_for(caller, places, place) {
        return Ok(());
    }
    let own = match caller {
        Caller::Officer { place, .. } => Some(place),
        _ => None,
    };
    Err(Problem::new(Kind::OutsidePlace).with("place", place).with("answers_for", own))
}
