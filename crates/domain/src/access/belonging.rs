//! Who belongs to what an official answers for.

use super::Reach;
use crate::{
    kernel::PlaceCode,
    registry::{Dated, LearnerFacts, PlaceTree, in_force},
};
use time::Date;

/// Whether a learner belongs to a reach on a day: is of its place or of one below it, is there in its series, or is employed by
/// its employer. Nobody belongs to the whole installation or to a training base.
///
/// The place may be named by a division code that is no longer in use. Before the first fact a learner has the place and the
/// post of the first one, as the rules see it, but no employer.
#[must_use]
pub fn belongs(reach: &Reach, places: &PlaceTree, learner: &LearnerFacts, day: Date) -> bool {
    match reach {
        Reach::Place(own) => is_of_place(own, places, learner, day),
        Reach::Series { place, series } => {
            let post = learner.post_on(day, None);
            post.is_some_and(|post| post.series.as_ref() == Some(series)) && is_of_place(place, places, learner, day)
        }
        Reach::Employer(employer) => {
            in_force(&learner.employers, day, None).is_some_and(|fact| fact.value == Some(*employer))
        }
        Reach::Everywhere | Reach::Base(_) => false,
    }
}

/// Whether a learner belongs to a reach on any day from `first` to `last` (both included), all of it on one and the same day:
/// who was in the place at one time and in the series at another never was of that series there.
#[must_use]
pub fn belongs_within(reach: &Reach, places: &PlaceTree, learner: &LearnerFacts, first: Date, last: Date) -> bool {
    // Between two facts nothing changes: the first day and those on which a fact begins stand for all others.
    let begins = from_days(&learner.places).chain(from_days(&learner.posts)).chain(from_days(&learner.employers));
    let mut days = std::iter::once(first).chain(begins).filter(|day| (first..=last).contains(day));
    days.any(|day| belongs(reach, places, learner, day))
}

fn is_of_place(own: &PlaceCode, places: &PlaceTree, learner: &LearnerFacts, day: Date) -> bool {
    let (own, place) = (places.find(own.as_str()), learner.place_on(day, None));
    own.zip(place).is_some_and(|(own, place)| places.contains(&own.code, place))
}

fn from_days<T>(facts: &[Dated<T>]) -> impl Iterator<Item = Date> + '_ {
    facts.iter().map(|fact| fact.from_on)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernel::{BaseId, EmployerId, FactId, LearnerId},
        registry::{CodeSystem, DatedCode, EmploymentKind, PlaceLevel, PlaceNode, Post},
    };
    use time::macros::{date, datetime};
    use uuid::Uuid;

    const NEW_YEAR: Date = date!(2021 - 01 - 01);
    const MARCH: Date = date!(2021 - 03 - 01);

    fn place(code: &str) -> PlaceCode {
        code.parse().unwrap()
    }

    fn tree() -> PlaceTree {
        let node = |code: &str, parent: Option<&str>, level| PlaceNode {
            code: place(code),
            name: code.to_owned(),
            parent: parent.map(place),
            level,
        };
        let nodes = vec![
            node("000000", None, PlaceLevel::Nation),
            node("610000", Some("000000"), PlaceLevel::Province),
            node("610300", Some("610000"), PlaceLevel::City),
            node("630000", Some("000000"), PlaceLevel::Province),
        ];
        let old = DatedCode {
            system: CodeSystem::Gb2260,
            code: "610399".to_owned(),
            place: place("610300"),
            from_on: date!(1990 - 01 - 01),
            until_on: Some(date!(2000 - 12 - 31)),
            name: None,
        };
        PlaceTree::new(nodes, vec![old]).unwrap()
    }

    fn fact<T>(value: T, from_on: Date) -> Dated<T> {
        let recorded_at = datetime!(2021-01-01 00:00 +08:00);
        Dated { value, from_on, recorded_at, fact_id: FactId::from_uuid(Uuid::now_v7()) }
    }

    fn employer(number: u128) -> EmployerId {
        EmployerId::from_uuid(Uuid::from_u128(number))
    }

    /// Of 610300, a teacher without an employer; from March on of 630000, an accountant employed by the first employer, and from
    /// April on by nobody.
    fn learner() -> LearnerFacts {
        let post = |series: &str| Post {
            series: Some(series.to_owned()),
            level: None,
            employment_kind: EmploymentKind::Permanent,
        };
        LearnerFacts {
            places: vec![fact(place("610300"), NEW_YEAR), fact(place("630000"), MARCH)],
            employers: vec![fact(Some(employer(1)), MARCH), fact(None, date!(2021 - 04 - 01))],
            posts: vec![fact(post("教师"), NEW_YEAR), fact(post("会计"), MARCH)],
            ..LearnerFacts::nothing_of(LearnerId::from_uuid(Uuid::nil()))
        }
    }

    fn of(code: &str) -> Reach {
        Reach::Place(place(code))
    }

    fn series(code: &str, series: &str) -> Reach {
        Reach::Series { place: place(code), series: series.to_owned() }
    }

    #[test]
    fn a_learner_belongs_to_the_place_of_the_day_and_to_all_above_it() {
        let (tree, learner) = (tree(), learner());
        let on = |reach: &Reach, day| belongs(reach, &tree, &learner, day);
        let eve = date!(2021 - 02 - 28);
        for own in ["610300", "610000", "000000", "610399"] {
            assert!(on(&of(own), eve), "{own}");
        }
        assert!(!on(&of("630000"), eve) && on(&of("630000"), MARCH) && !on(&of("610300"), MARCH));
        assert!(on(&of("610300"), date!(2010 - 01 - 01)), "before the first fact it is that of the first one");
        assert!(!on(&of("999999"), eve), "no such place");
    }

    #[test]
    fn a_series_reaches_who_is_of_the_place_and_of_the_series() {
        let (tree, learner) = (tree(), learner());
        let on = |reach: &Reach, day| belongs(reach, &tree, &learner, day);
        assert!(on(&series("610000", "教师"), NEW_YEAR) && on(&series("630000", "会计"), MARCH));
        assert!(on(&series("610000", "教师"), date!(2010 - 01 - 01)));
        for (code, name) in [("630000", "教师"), ("610000", "会计"), ("610000", "")] {
            assert!(!on(&series(code, name), NEW_YEAR), "{code} {name}");
        }
        assert!(!belongs(
            &series("610000", "教师"),
            &tree,
            &LearnerFacts { posts: Vec::new(), ..learner.clone() },
            MARCH
        ));
    }

    #[test]
    fn an_employer_reaches_its_own_people_from_their_first_day_to_their_last() {
        let (tree, learner) = (tree(), learner());
        let on = |number, day| belongs(&Reach::Employer(employer(number)), &tree, &learner, day);
        assert!(!on(1, date!(2021 - 02 - 28)) && on(1, MARCH) && on(1, date!(2021 - 03 - 31)));
        assert!(!on(1, date!(2021 - 04 - 01)) && !on(2, MARCH));
    }

    #[test]
    fn nobody_belongs_to_the_installation_or_to_a_base() {
        let (tree, learner) = (tree(), learner());
        for reach in [Reach::Everywhere, Reach::Base(BaseId::from_uuid(Uuid::nil()))] {
            assert!(!belongs(&reach, &tree, &learner, MARCH));
            assert!(!belongs_within(&reach, &tree, &learner, NEW_YEAR, MARCH));
        }
    }

    #[test]
    fn within_days_both_ends_count_and_place_and_series_are_asked_for_on_one_day() {
        let (tree, learner) = (tree(), learner());
        let within = |reach: &Reach, first, last| belongs_within(reach, &tree, &learner, first, last);
        let (eve, december) = (date!(2021 - 02 - 28), date!(2021 - 12 - 31));
        assert!(within(&of("630000"), NEW_YEAR, MARCH) && !within(&of("630000"), NEW_YEAR, eve));
        assert!(within(&of("610300"), eve, december) && !within(&of("610300"), MARCH, december));
        // Of the teachers in 610000 and of the accountants in 630000, but of no accountants in 610000.
        assert!(within(&series("610000", "教师"), NEW_YEAR, december));
        assert!(within(&series("630000", "会计"), NEW_YEAR, december));
        assert!(!within(&series("610000", "会计"), NEW_YEAR, december));
        assert!(!within(&series("630000", "教师"), NEW_YEAR, december));
        // An employment that begins and ends between the two days.
        let employed = Reach::Employer(employer(1));
        assert!(within(&employed, NEW_YEAR, december) && within(&employed, date!(2021 - 03 - 31), december));
        assert!(!within(&employed, date!(2021 - 04 - 01), december) && !within(&employed, NEW_YEAR, eve));
    }
}
