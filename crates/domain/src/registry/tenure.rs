//! Since when a person holds the post of a day.

use super::{LearnerFacts, Post, held_on};
use time::{Date, OffsetDateTime};

/// The present post (现职) of a day: the same series and level, whatever the kind of employment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenure {
    /// The first day of the post, as recorded.
    pub since: Date,
    /// Whether another post is recorded before it. Where none is, the first recorded fact also speaks for the days before it
    /// ([`LearnerFacts::post_on`]), so that the post may have begun earlier.
    pub is_first_day_known: bool,
}

impl LearnerFacts {
    /// The tenure of the post that a person holds on a day, as known at an instant; `None` where no level is known.
    #[must_use]
    pub fn tenure_on(&self, day: Date, known_at: Option<OffsetDateTime>) -> Option<Tenure> {
        let on = |day: Date| held_on(&self.posts, day, known_at);
        let present = on(day).filter(|fact| fact.value.level.is_some())?;
        let same = |post: &Post| post.level == present.value.level && post.series == present.value.series;
        let mut since = present.from_on;
        while let Some(before) = since.previous_day().and_then(on).filter(|before| before.from_on < since) {
            if !same(&before.value) {
                return Some(Tenure { since, is_first_day_known: true });
            }
            since = before.from_on;
        }
        Some(Tenure { since, is_first_day_known: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernel::{FactId, LearnerId},
        registry::{Dated, EmploymentKind, Level},
    };
    use time::macros::{date, datetime};
    use uuid::Uuid;

    fn learner(posts: &[(Date, Option<Level>, EmploymentKind)]) -> LearnerFacts {
        let fact =
            |(index, (from_on, level, employment_kind)): (usize, &(Date, Option<Level>, EmploymentKind))| Dated {
                value: Post { series: None, level: *level, employment_kind: *employment_kind },
                from_on: *from_on,
                recorded_at: datetime!(2020-01-01 00:00 UTC),
                fact_id: FactId::from_uuid(Uuid::from_u128(index as u128)),
            };
        let posts = posts.iter().enumerate().map(fact).collect();
        LearnerFacts { posts, ..LearnerFacts::nothing_of(LearnerId::from_uuid(Uuid::nil())) }
    }

    #[test]
    fn a_post_lasts_as_long_as_series_and_level_and_its_first_day_is_known_where_another_one_went_before() {
        let (kind, contract) = (EmploymentKind::Permanent, EmploymentKind::Contract);
        let (middle, senior) = (Some(Level::Intermediate), Some(Level::DeputySenior));
        let (first, raised, renewed) = (date!(2012 - 07 - 01), date!(2017 - 03 - 01), date!(2019 - 01 - 01));
        let person = learner(&[(renewed, senior, contract), (first, middle, kind), (raised, senior, kind)]);
        let known = |since| Some(Tenure { since, is_first_day_known: true });
        assert_eq!(person.tenure_on(date!(2020 - 06 - 01), None), known(raised));
        assert_eq!(person.tenure_on(raised, None), known(raised));
        let recorded = Some(Tenure { since: first, is_first_day_known: false });
        assert_eq!(person.tenure_on(date!(2017 - 02 - 28), None), recorded);
        assert_eq!(
            person.tenure_on(date!(2000 - 01 - 01), None),
            recorded,
            "the first fact speaks for the days before"
        );
        assert_eq!(learner(&[]).tenure_on(raised, None), None);
        assert_eq!(learner(&[(first, None, kind)]).tenure_on(raised, None), None, "no level, no post");
        assert_eq!(person.tenure_on(raised, Some(datetime!(2019-12-31 00:00 UTC))), None, "nothing was known yet");
    }
}
