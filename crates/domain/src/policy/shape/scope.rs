//! Dimension 5: who is bound, who is encouraged, who is another authority's business.

use crate::{
    policy::reader::{Cite, section},
    registry::{EmployerKind, EmploymentKind, Level},
    words,
};

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

impl Who {
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
