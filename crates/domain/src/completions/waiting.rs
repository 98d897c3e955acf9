//! What a held item waits for, and the one text form under which it is kept and looked up.

use super::{Candidate, CourseRef, Reason, ReasonKind, Who};
use crate::kernel::{LearnerId, PlaceCode, PlatformId};
use std::fmt;

/// What has to appear before a held item can be decided. Its text is the key of the queue of what waits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitsFor {
    /// A person with this hash of a document number.
    Person(String),
    /// The right name of the person with this hash of a document number.
    Name(String),
    /// A course with this code.
    Course(String),
    /// Another item of the same platform.
    Item {
        /// The platform.
        platform: PlatformId,
        /// Its id of that item.
        external_id: String,
    },
    /// A rule for a year.
    Rule {
        /// The place whose layer is silent.
        place: PlaceCode,
        /// The year.
        year: i32,
        /// Whose item it is. It closes the key: who moves has only the own items looked at, however many others wait for the same
        /// rule.
        learner: Option<LearnerId>,
    },
}

impl fmt::Display for WaitsFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(hash) => write!(f, "person:{hash}"),
            Self::Name(hash) => write!(f, "name:{hash}"),
            Self::Course(code) => write!(f, "course:{code}"),
            Self::Item { platform, external_id } => write!(f, "item:{platform}:{external_id}"),
            Self::Rule { place, year, learner: None } => write!(f, "{}{year}", Self::rules_of(place)),
            Self::Rule { place, year, learner: Some(learner) } => {
                write!(f, "{}{year}:{learner}", Self::rules_of(place))
            }
        }
    }
}

impl WaitsFor {
    /// How the text of everything begins that waits for a rule of this place, whatever the year.
    #[must_use]
    pub fn rules_of(place: &PlaceCode) -> String {
        format!("rule:{place}:")
    }

    /// What a candidate waits for that is held for these reasons: what its first reason names. Nothing, so that
    /// the item is refused, where waiting cannot help: ids are made by this service, so a person or course named by one that it
    /// does not know will not appear later, and what items replace never changes, so a circle stays one.
    pub(super) fn of(
        reasons: &[Reason],
        candidate: &Candidate,
        learner: Option<LearnerId>,
        platform: PlatformId,
    ) -> Option<Self> {
        let for_ever = |reason: &Reason| {
            matches!(
                reason.kind,
                ReasonKind::NoSuchPerson | ReasonKind::NoSuchCourse { .. } | ReasonKind::ReplacementCircle { .. }
            )
        };
        if reasons.iter().any(for_ever) {
            return None;
        }
        match (&reasons.first()?.kind, &candidate.who, &candidate.course) {
            (ReasonKind::PersonUnknown, Who::Document { hash, .. }, _) => Some(Self::Person(hash.clone())),
            (ReasonKind::NameMismatch, Who::Document { hash, .. }, _) => Some(Self::Name(hash.clone())),
            (ReasonKind::CourseUnknown { .. }, _, CourseRef::Code(code)) => Some(Self::Course(code.clone())),
            (ReasonKind::ReplacedItemUnknown { replaces }, _, _) => {
                Some(Self::Item { platform, external_id: replaces.clone() })
            }
            (ReasonKind::NoRuleInForce { place, year }, _, _) => {
                Some(Self::Rule { place: place.clone(), year: *year, learner })
            }
            _ => None,
        }
    }
}

/// What is unknown under an id will stay so: that is another reason than not being registered yet, and wants another action.
pub(super) fn under_its_id(mut reason: Reason, candidate: &Candidate) -> Reason {
    reason.kind = match (reason.kind, &candidate.who, &candidate.course) {
        (ReasonKind::PersonUnknown, Who::Learner(_), _) => ReasonKind::NoSuchPerson,
        (ReasonKind::CourseUnknown { course }, _, CourseRef::Id(_)) => ReasonKind::NoSuchCourse { course },
        (kind, ..) => kind,
    };
    reason
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        completions::Item,
        kernel::{CompletionId, CourseId, LearnerId},
        registry::Mode,
    };
    use time::macros::datetime;
    use uuid::Uuid;

    fn candidate(who: Who, course: CourseRef) -> Candidate {
        let completed_at = datetime!(2020-03-01 10:00 +08:00);
        Candidate {
            external_id: "E-1".to_owned(),
            completion: CompletionId::from_uuid(Uuid::nil()),
            who,
            course,
            item: Item {
                mode: Mode::Online,
                claimed: None,
                started_at: None,
                ended_at: None,
                score: None,
                passed: None,
                completed_at,
            },
            replaces: None,
            decided: 0,
            accepted: false,
            said: None,
            recorded: None,
            pushed_at: completed_at,
        }
    }

    fn by_document() -> Who {
        Who::Document { hash: "h".to_owned(), name_hash: None }
    }

    fn text(kinds: Vec<ReasonKind>, who: Who, course: CourseRef) -> Option<String> {
        let candidate = candidate(who, course);
        let reasons = kinds.into_iter().map(|kind| under_its_id(Reason::plain(kind), &candidate));
        let reasons: Vec<Reason> = reasons.collect();
        let platform = PlatformId::from_uuid(Uuid::nil());
        WaitsFor::of(&reasons, &candidate, Some(LearnerId::from_uuid(Uuid::nil())), platform)
            .map(|waits_for| waits_for.to_string())
    }

    #[test]
    fn an_item_waits_for_what_its_first_reason_names() {
        let code = || CourseRef::Code("C:1".to_owned());
        let course = || ReasonKind::CourseUnknown { course: "C:1".to_owned() };
        let replaced = || ReasonKind::ReplacedItemUnknown { replaces: "E-0".to_owned() };
        let rule = ReasonKind::NoRuleInForce { place: "610000".parse().unwrap(), year: 2019 };
        let told = |kinds| text(kinds, by_document(), code()).unwrap();
        assert_eq!(told(vec![ReasonKind::PersonUnknown, course(), replaced()]), "person:h");
        assert_eq!(told(vec![ReasonKind::NameMismatch, replaced()]), "name:h");
        assert_eq!(told(vec![course(), replaced()]), "course:C:1");
        assert_eq!(told(vec![replaced()]), "item:00000000-0000-0000-0000-000000000000:E-0");
        assert_eq!(told(vec![rule]), "rule:610000:2019:00000000-0000-0000-0000-000000000000");
        assert!("rule:610000:2019".starts_with(&WaitsFor::rules_of(&"610000".parse().unwrap())));
    }

    #[test]
    fn nothing_is_waited_for_before_a_circle() {
        let circle = || ReasonKind::ReplacementCircle { replaces: "E-0".to_owned() };
        let code = || CourseRef::Code("C".to_owned());
        assert_eq!(text(vec![circle()], by_document(), code()), None);
        assert_eq!(text(vec![ReasonKind::PersonUnknown, circle()], by_document(), code()), None);
    }

    #[test]
    fn nothing_is_waited_for_by_an_id_that_this_service_would_have_made() {
        let course = || ReasonKind::CourseUnknown { course: "C".to_owned() };
        let learner = Who::Learner(LearnerId::from_uuid(Uuid::nil()));
        let id = CourseRef::Id(CourseId::from_uuid(Uuid::nil()));
        let code = CourseRef::Code("C".to_owned());
        assert_eq!(text(vec![ReasonKind::PersonUnknown], learner.clone(), code.clone()), None);
        assert_eq!(text(vec![ReasonKind::PersonUnknown, course()], by_document(), id.clone()), None);
        assert_eq!(text(vec![ReasonKind::PersonUnknown], by_document(), id).unwrap(), "person:h");
        assert_eq!(text(vec![course()], learner, code).unwrap(), "course:C");
    }
}
