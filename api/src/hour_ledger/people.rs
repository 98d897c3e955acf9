//! The people of some places, one after the other: whoever ever belonged to them.

use crate::problem::Problem;
use domain::{
    kernel::{LearnerId, PlaceCode},
    registry::LearnerFacts,
};
use std::collections::BTreeSet;
use store::{Db, registry::learners_of_place};

/// Where someone stands in the list: a place, and an id there.
pub(crate) type Row = (PlaceCode, LearnerId);

/// Some of those who ever belonged to the places, place by place, so that each query reads no more than it answers.
pub(crate) fn people(
    db: &mut Db,
    places: &BTreeSet<PlaceCode>,
    after: Option<&Row>,
    most: i64,
) -> Result<Vec<Row>, Problem> {
    let mut rows: Vec<Row> = Vec::new();
    for place in places.iter().filter(|place| after.is_none_or(|(at, _)| *place >= at)) {
        let left = most - i64::try_from(rows.len()).unwrap_or(i64::MAX);
        if left <= 0 {
            break;
        }
        let from = after.filter(|(at, _)| at == place).map(|(_, id)| *id);
        rows.extend(learners_of_place(db, place, from, left)?.into_iter().map(|id| (place.clone(), id)));
    }
    Ok(rows)
}

/// Whether someone is looked at where the list names this place: who belonged to several of them is so at the first alone.
pub(crate) fn stands_at(facts: &LearnerFacts, place: &PlaceCode, places: &BTreeSet<PlaceCode>) -> bool {
    facts.places.iter().map(|fact| &fact.value).filter(|code| places.contains(*code)).min() == Some(place)
}
