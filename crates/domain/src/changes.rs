//! Told what happened: the kinds of change that callers follow, and to whom a person's change belongs.
//!
//! A change names ids and kinds and nothing personal; whoever follows reads what they need by the id. Not here: how changes are
//! kept and numbered (`store`), and what is worth one (`api`).

use crate::{
    kernel::{EmployerId, PlaceCode},
    registry::{LearnerFacts, in_force},
};
use time::Date;

crate::words! {
    /// 变动类别 / What kind of change it is.
    pub enum ChangeKind {
        /// An item was decided otherwise than as the answer to its push: let go after it waited, or decided anew.
        Decided = "decided",
        /// An item that waits will be kept waiting no longer in a month.
        Expiring = "expiring",
        /// The hours of an item were taken back.
        Reversed = "reversed",
        /// Rules were published.
        Published = "published",
        /// One learner's file went over into another's.
        Merged = "merged",
        /// That was undone: the file stands by itself again.
        MergeUndone = "merge_undone",
    }
}

/// To what a person belongs on a day, so that those who answer for it are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belonging {
    /// The place.
    pub place: Option<PlaceCode>,
    /// The series of the post.
    pub series: Option<String>,
    /// The employer; none before the first one, as nobody sees a person as its own before that.
    pub employer: Option<EmployerId>,
}

impl Belonging {
    /// To what a learner belongs on a day, by the same facts as `belongs` of the room `access`.
    #[must_use]
    pub fn on(learner: &LearnerFacts, day: Date) -> Self {
        Self {
            place: learner.place_on(day, None).cloned(),
            series: learner.post_on(day, None).and_then(|post| post.series.clone()),
            employer: in_force(&learner.employers, day, None).and_then(|fact| fact.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        access::{Reach, belongs},
        kernel::{FactId, LearnerId},
        registry::{Dated, EmploymentKind, PlaceLevel, PlaceNode, PlaceTree, Post},
    };
    use time::macros::{date, datetime};
    use uuid::Uuid;

    fn fact<T>(value: T, from_on: Date) -> Dated<T> {
        Dated { value, from_on, recorded_at: datetime!(2021-01-01 00:00 UTC), fact_id: FactId::from_uuid(Uuid::nil()) }
    }

    #[test]
    fn who_is_told_of_a_person_is_who_the_person_belongs_to() {
        let place = |code: &str| code.parse::<PlaceCode>().unwrap();
        let employer = EmployerId::from_uuid(Uuid::from_u128(1));
        let post = Post { series: Some("会计".into()), level: None, employment_kind: EmploymentKind::Permanent };
        let learner = LearnerFacts {
            places: vec![fact(place("a"), date!(2021 - 02 - 01)), fact(place("b"), date!(2021 - 06 - 01))],
            employers: vec![fact(Some(employer), date!(2021 - 03 - 01)), fact(None, date!(2021 - 07 - 01))],
            posts: vec![fact(post, date!(2021 - 04 - 01))],
            ..LearnerFacts::nothing_of(LearnerId::from_uuid(Uuid::nil()))
        };
        let node = |code: &str, parent: Option<&str>, level| PlaceNode {
            code: place(code),
            name: code.to_owned(),
            parent: parent.map(place),
            level,
        };
        let (nation, province) = (PlaceLevel::Nation, PlaceLevel::Province);
        let nodes = vec![node("0", None, nation), node("a", Some("0"), province), node("b", Some("0"), province)];
        let tree = PlaceTree::new(nodes, Vec::new()).unwrap();
        let mut day = date!(2021 - 01 - 01);
        while day < date!(2021 - 08 - 01) {
            let told = Belonging::on(&learner, day);
            for code in ["a", "b"] {
                let series = Reach::Series { place: place(code), series: "会计".into() };
                let here = told.place == Some(place(code));
                assert_eq!(here, belongs(&Reach::Place(place(code)), &tree, &learner, day), "{day}");
                let within = here && told.series.as_deref() == Some("会计");
                assert_eq!(within, belongs(&series, &tree, &learner, day), "{day}");
            }
            let employed = told.employer == Some(employer);
            assert_eq!(employed, belongs(&Reach::Employer(employer), &tree, &learner, day), "{day}");
            day = day.next_day().unwrap();
        }
    }
}
