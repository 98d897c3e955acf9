//! Who belongs to what an official answers for.

use super::Reach;
use crate::{
    kernel::PlaceCode,
    registry::{Dated, LearnerFacts, PlaceTree, in_force},
};
use time::Date;

/// Whether a learner belongs to a reach on a day: is of its place or of one below it, is there in its series, or is employed by
/// its employer. Nobody belongs to the whole installation or to a training base.
///
/// The place may be named by a division code that is no longer in use. Before the first fact a learner has the place and the
/// post of the first one, as the rules see it, but no employer.
#[must_use]
pub fn belongs(reach: &Reach, places: &PlaceTree, learner: &LearnerFacts, day: Date) -> bool {
    match reach {
        Reach::Place(own) => is_of_place(own, places, learner, day),
        Reach::Series { place, series } => {
            let post = learner.post_on(day, None);
            post.is_some_and(|post| post.series.as_ref() == Some(series)) && is_of_place(place, places, learner, day)
        }
        Reach::Employer(employer) => {
            in_force(&learner.employers, day, None).is_some_and(|fact| fact.value == Some(*employer))
        }
        Reach::Everywhere | Reach::Base(_) => false,
    }
}

/// Whether a learner belongs to a reach on any day from `first` to `last` (both included), all of it on one and the same day:
/// who was in the place at one time and in the series at another never was of that series there.
#[must_use]
pub fn belongs_within(reach: &Reach, places: &PlaceTree, learner: &LearnerFacts, first: Date, last: Date) -> bool {
    // Between two facts nothing changes: the first day and those on which a fact begins stand for all others.
    let begins = from_days(&learner.places).chain(from_days(&learner.posts)).chain(from_days(&learner.employers));
    let mut days = std::iter::once(first).chain(begins).filter(|day| (first..=last).contains(day));
    days.any(|day| belongs(reach, places, learner, day))
}

fn is_of_place(own: &PlaceCode, places: &PlaceTree, learner: &LearnerFacts, day: Date) -> bool {
    let (own, place) = (places.find(own.as_str()), learner.place_on(day, None));
    own.zip(place).is_some_and(|(own, place)| places.contains(&own.code, place))
}

fn from_days<T>(facts: &[Dated<T>]) -> impl Iterator<Item = Date> + '_ {
    facts.iter().map(|fact| fact.from_on)
}
