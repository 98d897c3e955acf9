//! Courses and their versions. A version is never changed: what a learner finished stays what it was on that day.

use super::{ProviderKind, Tier};
use crate::kernel::{CourseId, Hours, PlatformId, lasts};
use time::Date;
use uuid::Uuid;

crate::words! {
    /// How a course is taught (SX-03).
    pub enum Mode {
        /// 网络.
        Online = "online",
        /// 面授.
        FaceToFace = "face_to_face",
    }

    /// Whether a course counts towards a required or an elective part of its category (PDS-03).
    pub enum Requirement {
        /// 必修.
        Required = "required",
        /// 选修.
        Elective = "elective",
    }
}

/// One version of a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseVersion {
    /// Counts up from 1 inside one course.
    pub number: i32,
    /// The printed title.
    pub title: String,
    /// The category of the rule book's tree, a dotted path such as `public.required`.
    pub category: String,
    /// Required or elective, where the rule makes the difference.
    pub requirement: Option<Requirement>,
    /// The code of a subject that a rule names (科目), when this course teaches one.
    pub subject: Option<String>,
    /// The nominal hours, which are what is credited; never measured minutes (SX-A1, QH-A12).
    pub hours: Hours,
    /// The modes in which it is offered.
    pub modes: Vec<Mode>,
    /// The policy year it is made for; `None` leaves the year to the day of completion (SX-A9).
    pub policy_year: Option<i32>,
    /// The first civil day on which it could be taken.
    pub available_from: Date,
}

/// What the rules need to know of a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseFacts {
    /// The course; the same course is the same id, whatever the version and the platform.
    pub id: CourseId,
    /// The code by which platforms name it.
    pub code: String,
    /// What kind of organisation offers it.
    pub provider_kind: ProviderKind,
    /// The organisation: a base, an authority or an employer, by `provider_kind`.
    pub provider_id: Uuid,
    /// The tier of the base, when a base offers it.
    pub base_tier: Option<Tier>,
    /// First and, when there is one, last day of the base's recognition (both included), when a base offers it.
    pub base_recognised: Option<(Date, Option<Date>)>,
    /// Every version known.
    pub versions: Vec<CourseVersion>,
    /// The platforms that carry it.
    pub platforms: Vec<PlatformId>,
    /// The day on which its training plan was filed (备案), when it was, by the last statement about it.
    pub filed_on: Option<Date>,
}

impl CourseFacts {
    /// The version of a day: the highest number among those available by then. `None` before the course existed.
    #[must_use]
    pub fn version_on(&self, day: Date) -> Option<&CourseVersion> {
        self.versions.iter().filter(|version| version.available_from <= day).max_by_key(|version| version.number)
    }

    /// Whether the offering base was recognised on a day; `None` when no base offers the course.
    #[must_use]
    pub fn base_recognised_on(&self, day: Date) -> Option<bool> {
        self.base_recognised.map(|(from_on, until_on)| lasts(from_on, until_on, day))
    }

    /// The tier of the base that offers it; `None` when no base does.
    #[must_use]
    pub fn taught_by_base_of(&self) -> Option<Tier> {
        self.base_tier.filter(|_| self.provider_kind == ProviderKind::Base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn version(number: i32, available_from: Date) -> CourseVersion {
        CourseVersion {
            number,
            title: "新一代信息技术".to_owned(),
            category: "public.required".to_owned(),
            requirement: Some(Requirement::Required),
            subject: None,
            hours: Hours::whole(8),
            modes: vec![Mode::Online],
            policy_year: None,
            available_from,
        }
    }

    fn course(versions: Vec<CourseVersion>) -> CourseFacts {
        CourseFacts {
            id: CourseId::from_uuid(Uuid::from_u128(1)),
            code: "C-1".to_owned(),
            provider_kind: ProviderKind::Base,
            provider_id: Uuid::from_u128(2),
            base_tier: Some(Tier::Provincial),
            base_recognised: Some((date!(2019 - 01 - 01), Some(date!(2020 - 12 - 31)))),
            versions,
            platforms: Vec::new(),
            filed_on: None,
        }
    }

    #[test]
    fn the_highest_version_available_by_a_day_is_the_version_of_that_day() {
        let course = course(vec![version(2, date!(2021 - 05 - 01)), version(1, date!(2020 - 01 - 01))]);
        let number = |day| course.version_on(day).map(|version| version.number);
        assert_eq!(number(date!(2019 - 12 - 31)), None);
        assert_eq!(number(date!(2020 - 01 - 01)), Some(1));
        assert_eq!(number(date!(2021 - 04 - 30)), Some(1));
        assert_eq!(number(date!(2021 - 05 - 01)), Some(2));
    }

    #[test]
    fn recognition_of_a_base_includes_its_last_day() {
        let mut course = course(Vec::new());
        assert_eq!(course.base_recognised_on(date!(2018 - 12 - 31)), Some(false));
        assert_eq!(course.base_recognised_on(date!(2019 - 01 - 01)), Some(true));
        assert_eq!(course.base_recognised_on(date!(2020 - 12 - 31)), Some(true));
        assert_eq!(course.base_recognised_on(date!(2021 - 01 - 01)), Some(false));
        course.base_recognised = None;
        assert_eq!(course.base_recognised_on(date!(2020 - 01 - 01)), None);
    }
}
