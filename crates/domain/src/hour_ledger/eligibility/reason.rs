//! What an answer about an application rests on besides the years.

use crate::{
    kernel::{Citation, PlaceCode},
    registry::Level,
};
use time::Date;

/// What an answer rests on besides the years.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UseReason {
    /// No rule is in force in the place and year of the application.
    NoRule {
        /// The place; `None` where the person has none.
        place: Option<PlaceCode>,
        /// The year.
        year: i32,
    },
    /// The rules have no window for the purpose, or none for such an applicant.
    NoWindow,
    /// They have some for one level or another, and the application names none.
    LevelNotDeclared {
        /// The levels.
        levels: Vec<Level>,
    },
    /// They have one, but it names no number of years.
    NoYears,
    /// The person is barred.
    Barred {
        /// Through this day.
        until_on: Date,
        /// The clause.
        cite: Vec<Citation>,
    },
    /// Whether the hours lie in the same or a near specialty is for the employer to declare.
    SpecialtyNotDeclared,
    /// The employer declares that they do not.
    OtherSpecialty,
    /// Some years are as asked only with achievements that the employer declares and answers for.
    RestsOnDeclared {
        /// The years.
        years: Vec<i32>,
    },
    /// Some years are as asked only with what was registered too late for the purpose, or were verified too late: an office says whether
    /// that is let pass (GD-A6).
    RegisteredLate {
        /// The years.
        years: Vec<i32>,
        /// The last day on which years are verified, or their hours registered, for the purpose.
        verified_by: Date,
    },
}

impl UseReason {
    /// Its stable code, as on the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoRule { .. } => "no_rule",
            Self::NoWindow => "no_window",
            Self::LevelNotDeclared { .. } => "level_not_declared",
            Self::NoYears => "no_years",
            Self::Barred { .. } => "barred",
            Self::SpecialtyNotDeclared => "specialty_not_declared",
            Self::OtherSpecialty => "other_specialty",
            Self::RestsOnDeclared { .. } => "rests_on_declared",
            Self::RegisteredLate { .. } => "registered_late",
        }
    }
}
