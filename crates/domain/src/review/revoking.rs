//! Whose officials take an approval back.

use super::Case;
use crate::{
    access::Reach,
    kernel::china_date,
    registry::{LearnerFacts, in_force},
};
use time::Date;

/// The offices that may take back what was approved last. An office of a place, or of a series there, decides for it whoever sits there, so
/// it is that office. An employer decides for its own people: it may as long as the person is one of them, and so may, then and
/// afterwards, whoever answers for the place of the person on the day on which the case was handed in.
#[must_use]
pub fn revokers(case: &Case, learner: &LearnerFacts, today: Date) -> Vec<Reach> {
    let Some(last) = case.stages().last() else { return Vec::new() };
    let Reach::Employer(employer) = &last.reach else { return vec![last.reach.clone()] };
    let works_there = in_force(&learner.employers, today, None).and_then(|fact| fact.value) == Some(*employer);
    let handed_in = case.events().first().map_or(today, |event| china_date(event.at));
    let place = learner.place_on(handed_in, None).cloned().map(Reach::Place);
    works_there.then(|| last.reach.clone()).into_iter().chain(place).collect()
}
