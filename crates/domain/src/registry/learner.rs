//! A learner as the rules see one: places, employers and posts with their days, and nothing personal.

use super::{Dated, EmployerFact};
use crate::kernel::{LearnerId, PlaceCode};

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
