//! A learner as the rules see one: places, employers and posts with their days, and nothing personal.

use super::{Dated, EmployerFact, in_force};
use crate::kernel::{LearnerId, PlaceCode};
use time::{Date, OffsetDateTime};

crate::words! {
    /// The level (层级) of a professional post, from low to high.
    pub enum Level {
        /// 员级.
        Member = "member",
        /// 助理级; with the one above, 初级.
        Assistant = "assistant",
        /// 中级.
        Intermediate = "intermediate",
        /// 副高级.
        DeputySenior = "deputy_senior",
        /// 正高级.
        FullSenior = "full_senior",
    }

    /// How a learner is employed. Rules bind some kinds and leave out others (在职临聘 are bound in Qinghai, QH-02).
    pub enum EmploymentKind {
        /// 在编.
        Permanent = "permanent",
        /// 合同聘用.
        Contract = "contract",
        /// 在职临聘.
        Temporary = "temporary",
        /// 自由职业.
        Freelance = "freelance",
        /// Anything else.
        Other = "other",
    }
}

/// What a learner is engaged as. Series (职称系列) is a code of the rule book such as `accounting`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The series, when one is known.
    pub series: Option<String>,
    /// The level, when one is held.
    pub level: Option<Level>,
    /// How the learner is employed.
    pub employment_kind: EmploymentKind,
}

/// All dated facts about one learner. Name and identity document are not among them: no rule asks for either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnerFacts {
    /// The learner.
    pub id: LearnerId,
    /// The managing place (人事隶属), an explicit relation and not derived from where one lives (SX-A5).
    pub places: Vec<Dated<PlaceCode>>,
    /// The employer; `None` from the day on which a learner has none.
    pub employers: Vec<Dated<Option<EmployerFact>>>,
    /// Series, level and kind of employment.
    pub posts: Vec<Dated<Post>>,
}

impl LearnerFacts {
    /// The managing place on a day, as known at an instant; before the first fact, that of the first fact.
    #[must_use]
    pub fn place_on(&self, day: Date, known_at: Option<OffsetDateTime>) -> Option<&PlaceCode> {
        let known = |fact: &&Dated<PlaceCode>| known_at.is_none_or(|at| fact.recorded_at <= at);
        let first = || self.places.iter().filter(known).min_by_key(|fact| (fact.from_on, fact.recorded_at));
        in_force(&self.places, day, known_at).or_else(first).map(|fact| &fact.value)
    }
}
