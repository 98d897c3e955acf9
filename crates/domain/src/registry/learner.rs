//! A learner as the rules see one: places, employers and posts with their days, and nothing personal.

use super::{Dated, EmployerFact, EmployerKinds, held_on};
use crate::kernel::{EmployerId, LearnerId, PlaceCode};
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

    /// What a document was that another takes the place of.
    pub enum DocumentWas {
        /// Somebody else's, or nobody's: it leads to the learner no more.
        Wrong = "wrong",
        /// The learner's own until now: it goes on leading there.
        Former = "former",
    }
}

/// What a learner is engaged as. Series (职称系列) is named as the notices name it, such as `会计`:
/// rules match it by that name.
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
    pub employers: Vec<Dated<Option<EmployerId>>>,
    /// What those employers are, each with its own days.
    pub employer_kinds: EmployerKinds,
    /// Series, level and kind of employment.
    pub posts: Vec<Dated<Post>>,
    /// The file that stands for this one, where it has ended: two files were one person's. Where the file in which it ended has ended in
    /// its turn, it is the last one, and never one that has ended.
    pub ended_in: Option<LearnerId>,
}

impl LearnerFacts {
    /// A learner of whom nothing is known yet.
    #[must_use]
    pub fn nothing_of(id: LearnerId) -> Self {
        let (places, employers, posts) = (Vec::new(), Vec::new(), Vec::new());
        Self { id, places, employers, employer_kinds: EmployerKinds::new(), posts, ended_in: None }
    }

    /// The first day on which the register knows the person somewhere, as known at an instant.
    #[must_use]
    pub fn known_since(&self, known_at: Option<OffsetDateTime>) -> Option<Date> {
        let known = self.places.iter().filter(|fact| known_at.is_none_or(|moment| fact.recorded_at <= moment));
        known.map(|fact| fact.from_on).min()
    }

    /// The first day on which the register knows the person in a post, as known at an instant; `None` where it knows of none.
    #[must_use]
    pub fn served_since(&self, known_at: Option<OffsetDateTime>) -> Option<Date> {
        let known = self.posts.iter().filter(|fact| known_at.is_none_or(|moment| fact.recorded_at <= moment));
        known.map(|fact| fact.from_on).min()
    }

    /// The managing place on a day, as known at an instant; before the first fact, that of the first fact.
    #[must_use]
    pub fn place_on(&self, day: Date, known_at: Option<OffsetDateTime>) -> Option<&PlaceCode> {
        held_on(&self.places, day, known_at).map(|fact| &fact.value)
    }

    /// The post on a day, as known at an instant; before the first fact, that of the first fact.
    #[must_use]
    pub fn post_on(&self, day: Date, known_at: Option<OffsetDateTime>) -> Option<&Post> {
        held_on(&self.posts, day, known_at).map(|fact| &fact.value)
    }

    /// The employer on a day with what it was on that day, both as known at an instant; before the first fact, that of the
    /// first fact.
    #[must_use]
    pub fn employer_on(&self, day: Date, known_at: Option<OffsetDateTime>) -> Option<EmployerFact> {
        let id = held_on(&self.employers, day, known_at)?.value?;
        let kind = held_on(self.employer_kinds.get(&id)?, day, known_at)?.value;
        Some(EmployerFact { id, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{kernel::FactId, registry::EmployerKind};
    use time::macros::{date, datetime};
    use uuid::Uuid;

    fn place(code: &str, from_on: Date, recorded_at: OffsetDateTime, id: u128) -> Dated<PlaceCode> {
        Dated { value: code.parse().unwrap(), from_on, recorded_at, fact_id: FactId::from_uuid(Uuid::from_u128(id)) }
    }

    #[test]
    fn before_the_first_fact_the_first_one_holds_as_it_was_known() {
        let (first, later) = (datetime!(2020-02-01 00:00 UTC), datetime!(2020-03-01 00:00 UTC));
        let places = vec![
            place("630000", date!(2020 - 06 - 01), later, 3),
            place("610100", date!(2020 - 01 - 01), later, 2),
            place("610000", date!(2020 - 01 - 01), first, 1),
        ];
        let facts = LearnerFacts { places, ..LearnerFacts::nothing_of(LearnerId::from_uuid(Uuid::nil())) };
        let on = |day, known_at| facts.place_on(day, known_at).map(PlaceCode::as_str);
        assert_eq!(on(date!(2019 - 07 - 01), None), Some("610100"), "as corrected");
        assert_eq!(on(date!(2019 - 07 - 01), Some(first)), Some("610000"), "as it was known");
        assert_eq!(on(date!(2020 - 07 - 01), Some(first)), Some("610000"));
        assert_eq!(on(date!(2020 - 07 - 01), None), Some("630000"));
        assert_eq!(on(date!(2020 - 07 - 01), Some(datetime!(2019-01-01 00:00 UTC))), None);
    }

    #[test]
    fn what_an_employer_was_is_told_for_the_day_and_as_it_was_known() {
        let (first, later) = (datetime!(2020-02-01 00:00 UTC), datetime!(2021-03-01 00:00 UTC));
        let id = EmployerId::from_uuid(Uuid::from_u128(7));
        let fact = |value, from_on, recorded_at, fact| Dated {
            value,
            from_on,
            recorded_at,
            fact_id: FactId::from_uuid(Uuid::from_u128(fact)),
        };
        let (enterprise, school) = (EmployerKind::Enterprise, EmployerKind::PublicInstitution);
        let kinds = vec![
            fact(enterprise, date!(2020 - 02 - 01), first, 1),
            fact(school, date!(2020 - 02 - 01), later, 2),
            fact(EmployerKind::Other, date!(2021 - 01 - 01), later, 3),
        ];
        let employed =
            Dated { value: Some(id), from_on: date!(2020 - 01 - 01), recorded_at: first, fact_id: kinds[0].fact_id };
        let facts = LearnerFacts {
            employers: vec![employed],
            employer_kinds: [(id, kinds)].into(),
            ..LearnerFacts::nothing_of(LearnerId::from_uuid(Uuid::nil()))
        };
        let on = |day, known_at| facts.employer_on(day, known_at).map(|employer| employer.kind);
        assert_eq!(on(date!(2019 - 07 - 01), None), Some(school), "before all facts, as corrected");
        assert_eq!(on(date!(2019 - 07 - 01), Some(first)), Some(enterprise), "before all facts, as it was known");
        assert_eq!(on(date!(2020 - 12 - 31), None), Some(school), "a correction reaches back");
        assert_eq!(on(date!(2021 - 07 - 01), Some(first)), Some(enterprise), "no later word leaks into what was known");
        assert_eq!(on(date!(2021 - 07 - 01), None), Some(EmployerKind::Other), "a change holds from its day on");
        assert_eq!(on(date!(2021 - 07 - 01), Some(datetime!(2020-01-31 00:00 UTC))), None);
    }
}
