//! Dimension 5: who is bound, who is encouraged, who is another authority's business.

use crate::{
    policy::reader::{Cite, section},
    registry::{EmployerKind, EmploymentKind, LearnerFacts, Level},
    words,
};
use time::{Date, OffsetDateTime};

words! {
    /// What the rules mean for a person.
    pub enum Obligation {
        /// Bound.
        In = "in",
        /// Invited, not bound.
        Encouraged = "encouraged",
        /// Another authority's business.
        Out = "out",
    }
}

words! {
    /// Academic degrees.
    pub enum Degree {
        /// 大专.
        JuniorCollege = "junior_college",
        /// 学士 / 本科.
        Bachelor = "bachelor",
        /// 硕士.
        Master = "master",
        /// 博士.
        Doctorate = "doctorate",
    }
}

section! {
    /// A description of people: every key that is present must fit, and a key fits where one of its values does.
    pub struct Who {
        /// 职称系列.
        series: Vec<String>,
        /// Kinds of employer.
        employer_kinds: Vec<EmployerKind>,
        /// Kinds of employment.
        employment_kinds: Vec<EmploymentKind>,
        /// Levels of title held.
        levels: Vec<Level>,
        /// Degrees held.
        degrees: Vec<Degree>,
    }
}

/// What is known of a person or of an employer, as far as a [`Who`] asks for it. Degrees are not known yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Described<'a> {
    /// 职称系列.
    pub series: Option<&'a str>,
    /// The kind of employer.
    pub employer_kind: Option<EmployerKind>,
    /// The kind of employment.
    pub employment_kind: Option<EmploymentKind>,
    /// The level of title held.
    pub level: Option<Level>,
}

impl<'a> Described<'a> {
    /// What is known of a learner on a day, as known at an instant.
    #[must_use]
    pub fn on(learner: &'a LearnerFacts, day: Date, known_at: Option<OffsetDateTime>) -> Self {
        let (post, employer) = (learner.post_on(day, known_at), learner.employer_on(day, known_at));
        Self {
            series: post.and_then(|post| post.series.as_deref()),
            employer_kind: employer.map(|employer| employer.kind),
            employment_kind: post.map(|post| post.employment_kind),
            level: post.and_then(|post| post.level),
        }
    }
}

impl Who {
    /// Whether it describes this person. What is not known fits no key that asks for it.
    #[must_use]
    pub fn fits(&self, person: &Described<'_>) -> bool {
        self.degrees.is_empty() && self.fits_but_for_degrees(person)
    }

    /// Whether it describes this person by every key but `degrees`, of which the facts about a learner know nothing.
    #[must_use]
    pub fn fits_but_for_degrees(&self, person: &Described<'_>) -> bool {
        let among = |wanted: &[String]| wanted.is_empty() || wanted.iter().any(|name| person.series == Some(name));
        among(&self.series)
            && is_one_of(&self.employer_kinds, person.employer_kind)
            && is_one_of(&self.employment_kinds, person.employment_kind)
            && is_one_of(&self.levels, person.level)
    }

    /// Whether it says the same as another one, wherever the two stand.
    #[must_use]
    pub fn says_as(&self, other: &Self) -> bool {
        *self == Self { at: self.at, ..other.clone() }
    }

    /// Whether it describes nobody in particular, and so everyone.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.series.is_empty()
            && self.employer_kinds.is_empty()
            && self.employment_kinds.is_empty()
            && self.levels.is_empty()
            && self.degrees.is_empty()
    }
}

fn is_one_of<T: PartialEq>(wanted: &[T], found: Option<T>) -> bool {
    wanted.is_empty() || found.is_some_and(|found| wanted.contains(&found))
}

impl ScopeRule {
    /// Whose business those are whom the rule puts out, and what they follow; `None` where it binds or invites them.
    #[must_use]
    pub fn elsewhere(&self) -> Option<(String, Option<String>)> {
        let out = self.standing == Obligation::Out;
        out.then(|| (self.authority.clone().unwrap_or_default(), self.under.clone()))
    }
}

section! {
    /// One rule of scope.
    pub struct ScopeRule {
        /// Whom it describes; absent for everyone else.
        who: Option<Who>,
        /// What follows.
        standing: Obligation,
        /// The authority in charge of those who are out.
        authority: Option<String>,
        /// The rule that those who are out follow.
        under: Option<String>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}
