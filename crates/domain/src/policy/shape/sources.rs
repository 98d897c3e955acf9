//! Dimension 6: from where hours may come, and what is implausible.

use super::CategoryCode;
use crate::{
    kernel::Hours,
    policy::reader::{Cite, section},
    registry::{Mode, ProviderKind, Tier},
    words,
};
use time::Date;

section! {
    /// The exam that a source demands.
    pub struct Exam {
        /// The lowest mark that passes, itself included; absent where the platform says passed or failed.
        pass_mark: Option<Hours>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

section! {
    /// That the plan of a course must be filed before its hours count.
    pub struct Filing {
        /// How many days before the start, both ends as the reading says. Not evaluated yet: that it was filed by the day of the training is.
        days_before_start: Option<u32>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

section! {
    /// One way to earn hours of a category. An empty list allows all.
    pub struct SourceRule {
        /// The category, with all below it.
        category: CategoryCode,
        /// Modes of study.
        modes: Vec<Mode>,
        /// Platforms by code.
        platforms: Vec<String>,
        /// Tiers of platform.
        platform_tiers: Vec<Tier>,
        /// Kinds of provider.
        providers: Vec<ProviderKind>,
        /// Tiers of base, where the provider is one.
        base_tiers: Vec<Tier>,
        /// The exam, where one is demanded.
        exam: Option<Exam>,
        /// The filing, where it is a precondition.
        filing: Option<Filing>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

section! {
    /// A platform that the documents name.
    pub struct NamedPlatform {
        /// The code under which it is registered.
        code: String,
        /// Its name.
        name: String,
        /// Its address, where the documents print one.
        address: Option<String>,
        /// Other names in the documents.
        aliases: Vec<String>,
        /// Its tier. Not evaluated: that of the registry is.
        tier: Option<Tier>,
        /// The categories for which the documents name it. Not evaluated: to be named for one forbids no other, and what it may serve is the registry's to say.
        serves: Vec<CategoryCode>,
        /// The first day it serves them. Not evaluated.
        from: Option<Date>,
        /// The first day it no longer does. Not evaluated.
        until: Option<Date>,
        /// Service line of the organisation, where the documents print one.
        hotline: Vec<String>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

words! {
    /// What can be implausible about a completion.
    pub enum CheckKind {
        /// It lies in the future.
        InTheFuture = "in_the_future",
        /// It lies before the course could be taken.
        BeforeTheCourse = "before_the_course",
        /// It is worth more than the time between start and end allows.
        MoreThanTheTime = "more_than_the_time",
        /// It overlaps another session of the same person at another place.
        OverlappingSessions = "overlapping_sessions",
    }
}

words! {
    /// What follows from an implausible completion.
    pub enum CheckResult {
        /// It is refused.
        Refused = "refused",
        /// It is kept and wants a decision.
        NeedsReview = "needs_review",
    }
}

section! {
    /// One check of plausibility.
    pub struct Check {
        /// What is looked at.
        what: CheckKind,
        /// What follows.
        then: CheckResult,
        /// For `more_than_the_time`: the fewest minutes that one unit takes.
        minutes_per_unit: Option<u32>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}
