//! Why a claim has the outcome it has: a stable code, typed facts, and the clause.

use super::DayOf;
use crate::{
    kernel::{Citation, Hours},
    policy::{CategoryCode, Cite},
};
use serde::{Deserialize, Serialize};
use time::Date;

/// One reason, with the clause it rests on where a rule speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What it is.
    #[serde(flatten)]
    pub kind: ReasonKind,
    /// Where it stands written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cite: Vec<Citation>,
}

impl Reason {
    /// A reason that a clause gives.
    #[must_use]
    pub fn cited(kind: ReasonKind, cite: &Cite) -> Self {
        Self { kind, cite: cite.0.clone() }
    }

    /// A reason that no clause gives: a matter of plain sense.
    #[must_use]
    pub const fn plain(kind: ReasonKind) -> Self {
        Self { kind, cite: Vec::new() }
    }

    /// Whether an office can decide the question; all other reasons refuse.
    #[must_use]
    pub const fn is_open_question(&self) -> bool {
        matches!(
            self.kind,
            ReasonKind::CategoryInDoubt { .. }
                | ReasonKind::BeganTooEarly { .. }
                | ReasonKind::PostUnknown
                | ReasonKind::PostStartUnknown { .. }
                | ReasonKind::DegreeUnknown
                | ReasonKind::EmploymentUnknown
                | ReasonKind::YearUnclear { .. }
                | ReasonKind::NoRuleForYear { .. }
                | ReasonKind::HoursToBeGranted { .. }
        )
    }
}

/// The kinds of reason. The serialised `code` is stable and meant for machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ReasonKind {
    /// The rules have no such kind of achievement.
    KindUnknown {
        /// The kinds they have.
        known: Vec<String>,
    },
    /// The person is another authority's business.
    OutOfScope {
        /// The authority in charge.
        authority: String,
        /// The rule it follows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        under: Option<String>,
    },
    /// A day that the rules need is not declared.
    DayMissing {
        /// Which.
        day: DayOf,
    },
    /// None of the days is declared, and the rules do not say which decides.
    NoDayGiven,
    /// A day lies in the future.
    InTheFuture {
        /// Which.
        day: DayOf,
        /// The day.
        on: Date,
    },
    /// The last day comes before the first.
    EndsBeforeItBegins {
        /// The first day.
        first_on: Date,
        /// The last day, or that of the conclusion.
        last_on: Date,
    },
    /// Neither days nor hours are declared.
    DaysMissing,
    /// More days are declared than lie between the first and the last.
    MoreDaysThanLieBetween {
        /// The days declared.
        days: u32,
        /// The days from the first to the last.
        between: u32,
    },
    /// More travel is declared than days.
    MoreTravelThanDays {
        /// Days of travel.
        travel_days: u32,
        /// All days.
        days: u32,
    },
    /// The document that states the hours is not named.
    DocumentNotNamed,
    /// By its formula it is worth no hours at all.
    WorthNothing,
    /// The rank decides and is not declared.
    RankMissing,
    /// Ranks are counted from 1, and some rules count only the first ones.
    RankNotCounted {
        /// The rank.
        rank: u32,
        /// The last that counts, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<u32>,
    },
    /// The role decides and is not declared.
    RoleMissing {
        /// The roles that count.
        roles: Vec<String>,
    },
    /// The role is none that counts.
    RoleNotCounted {
        /// The role.
        role: String,
        /// The roles that count.
        roles: Vec<String>,
    },
    /// The level is not declared.
    LevelMissing {
        /// The levels that count.
        levels: Vec<String>,
    },
    /// The level is none that counts.
    LevelNotCounted {
        /// The level.
        level: String,
        /// The levels that count.
        levels: Vec<String>,
    },
    /// Evidence that the rules ask for is not attached.
    EvidenceMissing {
        /// What is missing: each of these, or one of them.
        missing: Vec<String>,
        /// Whether one of them is enough.
        any_one: bool,
    },
    /// The claim must name a category.
    CategoryMissing {
        /// Those it may name.
        admitted: Vec<CategoryCode>,
    },
    /// The category named is not one that this kind serves.
    CategoryNotAdmitted {
        /// The category.
        category: CategoryCode,
        /// Those it may name.
        admitted: Vec<CategoryCode>,
    },
    /// Whether this kind serves the category at all wants a decision.
    CategoryInDoubt {
        /// The category.
        category: CategoryCode,
    },
    /// Nobody declared that it lies in the person's own field.
    OwnFieldNotDeclared,
    /// It does not lie in the person's own field.
    NotOwnField,
    /// Nobody declared whether a condition holds.
    ConditionNotDeclared {
        /// The condition.
        condition: String,
    },
    /// A condition is declared not to hold.
    ConditionNotMet {
        /// The condition.
        condition: String,
    },
    /// A condition is declared that the rules do not have.
    ConditionUnknown {
        /// The condition.
        condition: String,
    },
    /// It was earned before the day from which such achievements count.
    EarnedTooEarly {
        /// The first day.
        earned_from: Date,
    },
    /// It ended in time, but began before the day from which such achievements count; what that means for its first days wants
    /// a decision.
    BeganTooEarly {
        /// The first day.
        earned_from: Date,
    },
    /// It was earned in an earlier post.
    BeforePresentPost {
        /// The first day of the present post.
        since: Date,
    },
    /// It was earned before the first day on which the present post is recorded, and when that post began is not.
    PostStartUnknown {
        /// The first day recorded.
        recorded_since: Date,
    },
    /// No post is recorded.
    PostUnknown,
    /// It is for people of another description.
    NotForThem,
    /// It is for people with a degree, and which the person holds is not known here.
    DegreeUnknown,
    /// The person had no employer on the day that decides.
    NotInPost {
        /// The day.
        on: Date,
    },
    /// Whether the person had an employer on the day that decides is not recorded.
    EmploymentUnknown,
    /// The rules do not say which day decides the year, and the days declared lie in several.
    YearUnclear {
        /// The years.
        years: Vec<i32>,
    },
    /// The rules that were asked do not speak for the year; they are never assumed to.
    NoRuleForYear {
        /// The year.
        year: i32,
    },
    /// An exemption names other years.
    YearNotExempt {
        /// The year.
        year: i32,
        /// The years it names.
        years: Vec<i32>,
    },
    /// The year has not begun.
    YearNotBegun {
        /// The year.
        year: i32,
    },
    /// The hours are those of a filed and determined plan, and none is known.
    FiledHoursMissing,
    /// The hours are for the reviewer to grant.
    HoursToBeGranted {
        /// The least.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        least: Option<Hours>,
        /// The most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        most: Option<Hours>,
    },
    /// Hours were granted without a reason.
    GrantWithoutReason,
    /// Less was granted than the rules allow.
    GrantBelowLeast {
        /// What was granted.
        hours: Hours,
        /// The least.
        least: Hours,
    },
    /// More was granted than the rules allow.
    GrantAboveMost {
        /// What was granted.
        hours: Hours,
        /// The most.
        most: Hours,
    },
    /// Hours were granted where the rules have a formula.
    NothingToGrant,
    /// No year of the project lies within the present post.
    NoYearInPresentPost,
}
