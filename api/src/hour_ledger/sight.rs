//! Whose standing a caller may see, and what of it stays masked.

use crate::auth::{Caller, Permission};
use domain::{
    access::{Reach, Role, belongs_within},
    kernel::{first_day, last_day},
    registry::{LearnerFacts, PlaceTree},
};
use time::Date;

/// Whose eyes an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mask {
    /// Anyone else's, the learner's above all: who of an office recorded a line is not theirs to see, the kind of caller is.
    Learner,
    /// An office's: everything.
    Office,
}

impl Mask {
    pub(super) fn of(caller: &Caller) -> Self {
        match caller {
            Caller::Official { role: Role::Officer, .. } => Self::Office,
            Caller::Learner(_) | Caller::Platform(_) | Caller::Official { .. } => Self::Learner,
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
pub(crate) enum Sight<'s> {
    /// Every year.
    Everything,
    /// The years in which the person belonged to what the caller answers for.
    YearsOf {
        /// What that is; nothing where the caller answers for nobody.
        reach: Option<&'s Reach>,
        /// The places.
        places: &'s PlaceTree,
        /// The person.
        learner: &'s LearnerFacts,
    },
}

impl<'s> Sight<'s> {
    /// A learner sees what is theirs. An officer sees whom their place or one below it is responsible for today, an employer's
    /// administrator whom it employs, a sector authority whose post is of its series; of others the years in which it was so.
    pub(crate) fn of(
        permission: &'s Permission,
        places: &'s PlaceTree,
        learner: &'s LearnerFacts,
        today: Date,
    ) -> Self {
        let caller = permission.caller();
        let own = matches!(caller, Caller::Learner(id) if *id == learner.id);
        let years = Self::YearsOf { reach: caller.reach(), places, learner };
        if permission.covers(own) || years.includes(today, today) { Self::Everything } else { years }
    }

    /// Whether the caller sees all years, now and to come.
    pub(crate) const fn is_whole(&self) -> bool {
        matches!(self, Self::Everything)
    }

    /// Whether the caller sees a year.
    pub(crate) fn sees(&self, year: i32) -> bool {
        self.includes(first_day(year), last_day(year))
    }

    /// Whether the person belonged to what the caller answers for on one of these days.
    fn includes(&self, first: Date, last: Date) -> bool {
        let Self::YearsOf { reach, places, learner } = self else { return true };
        reach.is_some_and(|reach| belongs_within(reach, places, learner, first, last))
    }
}
