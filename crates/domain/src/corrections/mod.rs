//! What a learner asks to have corrected in the own file (申请更正): what may be asked for, and who could do it.
//!
//! Whether it is done, `review` decides, and doing it is the registry's, by the very hands of its own operations. Here stands which kinds
//! there are, how many may be open at once, and of a move whose places it takes: only an office that answers for all of them may record it.

use crate::{
    kernel::PlaceCode,
    registry::{LearnerFacts, displaced},
};
use time::Date;

crate::words! {
    /// What is asked to be corrected: exactly one thing by each request.
    pub enum CorrectionKind {
        /// The name.
        Name = "name",
        /// The identity document.
        Document = "document",
        /// The employer, from a day on.
        Employment = "employment",
        /// The place by personnel relation, from a day on.
        Placement = "placement",
        /// Another file of the same person, which is to end in this one.
        Merge = "merge",
    }
}

/// How many requests of one person may wait at once.
pub const MOST_OPEN: i64 = 10;

/// The places beside the learner's own for which whoever records a move has to answer: the new one, where the move is backdated, and the
/// one that loses days by it. `from_on` is none where it is to hold from the day of the decision.
///
/// An office decides later than today, so a day that is not to come will have passed by then.
#[must_use]
pub fn places_of_move(
    learner: &LearnerFacts,
    (place, from_on): (&PlaceCode, Option<Date>),
    today: Date,
) -> Vec<PlaceCode> {
    let decided_on = today.next_day().unwrap_or(today);
    let lost = match from_on {
        Some(day) => displaced(&learner.places, place, day, decided_on),
        None => displaced(&learner.places, place, today, today),
    };
    let backdated = from_on.is_some_and(|day| day < decided_on);
    backdated.then(|| place.clone()).into_iter().chain(lost.cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernel::{FactId, LearnerId},
        registry::Dated,
    };
    use time::macros::{date, datetime};
    use uuid::Uuid;

    const TODAY: Date = date!(2021 - 06 - 15);

    fn place(code: &str) -> PlaceCode {
        code.parse().unwrap()
    }

    fn learner(places: &[(&str, Date)]) -> LearnerFacts {
        let fact = |(code, from_on): &(&str, Date)| Dated {
            value: place(code),
            from_on: *from_on,
            recorded_at: datetime!(2021-01-01 00:00 UTC),
            fact_id: FactId::from_uuid(Uuid::nil()),
        };
        LearnerFacts {
            places: places.iter().map(fact).collect(),
            ..LearnerFacts::nothing_of(LearnerId::from_uuid(Uuid::nil()))
        }
    }

    #[test]
    fn a_move_that_is_to_come_takes_nobodys_days_and_one_of_today_or_before_does() {
        let learner = learner(&[("a", date!(2020 - 01 - 01)), ("b", date!(2021 - 01 - 01))]);
        let of = |from_on| places_of_move(&learner, (&place("c"), from_on), TODAY);
        assert_eq!(of(None), []);
        assert_eq!(of(Some(date!(2021 - 06 - 16))), []);
        assert_eq!(of(Some(TODAY)), [place("c"), place("b")]);
        assert_eq!(of(Some(date!(2020 - 12 - 31))), [place("c"), place("a")]);
        // Days before the first fact are those of the first place.
        assert_eq!(of(Some(date!(2019 - 12 - 31))), [place("c"), place("a")]);
        let back = places_of_move(&learner, (&place("a"), Some(date!(2020 - 06 - 01))), TODAY);
        assert_eq!(back, [place("a")], "what was theirs anyway is taken from nobody");
    }

    #[test]
    fn of_who_has_no_place_before_tomorrow_that_place_loses_the_days_before() {
        let learner = learner(&[("a", date!(2021 - 06 - 16))]);
        assert_eq!(places_of_move(&learner, (&place("b"), None), TODAY), [place("a")]);
        assert_eq!(places_of_move(&learner, (&place("a"), None), TODAY), []);
    }
}
