//! Whose standing a caller may see, and what of it stays masked.

use crate::auth::{Caller, Permission};
use domain::{
    kernel::{PlaceCode, first_day, last_day},
    registry::{LearnerFacts, PlaceTree, changes_within},
};
use time::Date;

/// Whose eyes an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mask {
    /// The learner's own: who of an office recorded a line is not theirs to see, the kind of caller is.
    Learner,
    /// An office's: everything.
    Office,
}

impl Mask {
    pub(super) fn of(caller: &Caller) -> Self {
        match caller {
            Caller::Officer { .. } | Caller::Administrator { .. } => Self::Office,
            Caller::Learner(_) | Caller::Platform(_) => Self::Learner,
        }
    }

    /// Part of an answer's tag.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Learner => "learner",
            Self::Office => "office",
        }
    }

    /// Who recorded something (`officer:li`), as far as it is shown.
    pub(super) fn recorder(self, recorded_by: &str) -> String {
        match self {
            Self::Office => recorded_by.to_owned(),
            Self::Learner => recorded_by.split(':').next().unwrap_or_default().to_owned(),
        }
    }
}

/// What a caller sees of a person.
#[derive(Clone, Debug)]
pub(super) enum Sight<'s> {
    /// Every year.
    Everything,
    /// The years in which the person belonged to the officer's place.
    YearsOf {
        /// The officer's place and the places.
        office: Option<(&'s PlaceCode, &'s PlaceTree)>,
        /// The person.
        learner: &'s LearnerFacts,
    },
}

impl<'s> Sight<'s> {
    /// A learner sees what is theirs, an administrator everything. An officer sees whom their place or one below it is
    /// responsible for today; of others the years in which it was.
    pub(super) fn of(
        permission: &'s Permission,
        places: &'s PlaceTree,
        learner: &'s LearnerFacts,
        today: Date,
    ) -> Self {
        match permission.caller() {
            _ if permission.is_for_any() => Self::Everything,
            Caller::Learner(id) if *id == learner.id => Self::Everything,
            Caller::Learner(_) | Caller::Platform(_) | Caller::Administrator { .. } => {
                Self::YearsOf { office: None, learner }
            }
            Caller::Officer { place, .. } => {
                let office = places.find(place.as_str()).map(|node| (&node.code, places));
                let present = learner.place_on(today, None);
                match (office, present) {
                    (Some((office, places)), Some(present)) if places.contains(office, present) => Self::Everything,
                    _ => Self::YearsOf { office, learner },
                }
            }
        }
    }

    /// Whether the caller sees all years, now and to come.
    pub(super) const fn is_whole(&self) -> bool {
        matches!(self, Self::Everything)
    }

    /// Whether the caller sees a year.
    pub(super) fn sees(&self, year: i32) -> bool {
        match self {
            Self::Everything => true,
            Self::YearsOf { office: None, .. } => false,
            Self::YearsOf { office: Some((office, places)), learner } => {
                let within = changes_within(&learner.places, first_day(year), last_day(year), None);
                let first = learner.place_on(first_day(year), None);
                within.iter().map(|fact| &fact.value).chain(first).any(|place| places.contains(office, place))
            }
        }
    }
}
