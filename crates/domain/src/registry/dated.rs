//! Facts with a first day and the moment they became known; a change is one more fact, never an overwrite.

use crate::kernel::FactId;
use time::{Date, OffsetDateTime};

/// A value that holds from a civil day until another fact of the same list takes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated<T> {
    /// What holds.
    pub value: T,
    /// The first civil day (UTC+08:00) on which it holds.
    pub from_on: Date,
    /// When the service learned of it; orders corrections of one day.
    pub recorded_at: OffsetDateTime,
    /// The fact's own id; the last tie-breaker, so that the order is total.
    pub fact_id: FactId,
}

impl<T> Dated<T> {
    fn rank(&self) -> (Date, OffsetDateTime, FactId) {
        (self.from_on, self.recorded_at, self.fact_id)
    }

    fn is_known(&self, known_at: Option<OffsetDateTime>) -> bool {
        known_at.is_none_or(|moment| self.recorded_at <= moment)
    }
}

/// The fact in force on a day: among those known at `known_at` (all, when it is `None`) with `from_on` on or before the day,
/// the one with the greatest (`from_on`, `recorded_at`, `fact_id`). The order of the list has no influence.
#[must_use]
pub fn in_force<T>(facts: &[Dated<T>], on: Date, known_at: Option<OffsetDateTime>) -> Option<&Dated<T>> {
    facts.iter().filter(|fact| fact.is_known(known_at) && fact.from_on <= on).max_by_key(|fact| fact.rank())
}

/// The fact in force on a day; before the first day of all that are known at `known_at`, that of the first day.
#[must_use]
pub fn held_on<T>(facts: &[Dated<T>], on: Date, known_at: Option<OffsetDateTime>) -> Option<&Dated<T>> {
    let first = facts.iter().filter(|fact| fact.is_known(known_at)).map(|fact| fact.from_on).min()?;
    in_force(facts, on.max(first), known_at)
}

/// Whether `value` from a day on would be news: something else is in force on that day, or nothing is. What is no news needs
/// no further fact.
#[must_use]
pub fn is_news<T: PartialEq>(facts: &[Dated<T>], value: &T, from_on: Date) -> bool {
    in_force(facts, from_on, None).is_none_or(|fact| fact.value != *value)
}

/// The value that days before `today` would lose to `value`, were it said to hold from a day on; none where they lose nothing.
/// It is one at most: what is said begins at its day, ends with the next fact, and days before the first fact have the value of
/// that first one.
#[must_use]
pub fn displaced<'a, T: PartialEq>(facts: &'a [Dated<T>], value: &T, from_on: Date, today: Date) -> Option<&'a T> {
    let first = facts.iter().map(|fact| fact.from_on).min()?;
    // A new first fact also speaks for all days before it, even if it begins today or later.
    let held = held_on(facts, from_on, None).filter(|_| from_on < today || from_on <= first)?;
    Some(&held.value).filter(|held| *held != value)
}

/// The distinct values in force on any day from `from` to `until` (both included), in the order in which they first held.
///
/// Days before the first fact have no value and add nothing. A value that comes back later is not listed again: two places
/// in one year are two places however often the learner moved between them.
#[must_use]
pub fn changes_within<T: PartialEq>(
    facts: &[Dated<T>],
    from: Date,
    until: Date,
    known_at: Option<OffsetDateTime>,
) -> Vec<&Dated<T>> {
    if from > until {
        return Vec::new();
    }
    let mut days: Vec<Date> = facts
        .iter()
        .filter(|fact| fact.is_known(known_at))
        .map(|fact| fact.from_on)
        .filter(|day| from < *day && *day <= until)
        .collect();
    days.push(from);
    days.sort_unstable();
    days.dedup();
    let mut found: Vec<&Dated<T>> = Vec::new();
    for fact in days.into_iter().filter_map(|day| in_force(facts, day, known_at)) {
        if found.iter().all(|earlier| earlier.value != fact.value) {
            found.push(fact);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::{date, datetime};
    use uuid::Uuid;

    fn fact(value: &'static str, from_on: Date, recorded_at: OffsetDateTime, id: u128) -> Dated<&'static str> {
        Dated { value, from_on, recorded_at, fact_id: FactId::from_uuid(Uuid::from_u128(id)) }
    }

    fn values<'a>(found: Vec<&Dated<&'a str>>) -> Vec<&'a str> {
        found.into_iter().map(|fact| fact.value).collect()
    }

    #[test]
    fn a_fact_holds_from_its_first_day_until_the_next_one() {
        let facts = [
            fact("new", date!(2021 - 07 - 01), datetime!(2021-07-02 08:00 UTC), 2),
            fact("old", date!(2020 - 01 - 01), datetime!(2020-01-01 08:00 UTC), 1),
        ];
        assert_eq!(in_force(&facts, date!(2019 - 12 - 31), None), None);
        assert_eq!(in_force(&facts, date!(2020 - 01 - 01), None).unwrap().value, "old");
        assert_eq!(in_force(&facts, date!(2021 - 06 - 30), None).unwrap().value, "old");
        assert_eq!(in_force(&facts, date!(2021 - 07 - 01), None).unwrap().value, "new");
    }

    #[test]
    fn what_was_not_yet_recorded_was_not_known() {
        let facts = [
            fact("first", date!(2020 - 01 - 01), datetime!(2020-01-01 08:00 UTC), 1),
            fact("corrected", date!(2020 - 01 - 01), datetime!(2020-03-01 08:00 UTC), 2),
        ];
        let day = date!(2020 - 02 - 01);
        let known = |at| in_force(&facts, day, Some(at)).unwrap().value;
        assert_eq!(known(datetime!(2020-03-01 07:59:59 UTC)), "first");
        assert_eq!(known(datetime!(2020-03-01 08:00 UTC)), "corrected");
        assert_eq!(in_force(&facts, day, None).unwrap().value, "corrected");
    }

    #[test]
    fn a_later_first_day_outranks_a_later_record() {
        let facts = [
            fact("moved", date!(2020 - 06 - 01), datetime!(2020-06-01 08:00 UTC), 1),
            fact("late word of the past", date!(2020 - 01 - 01), datetime!(2020-09-01 08:00 UTC), 2),
        ];
        assert_eq!(in_force(&facts, date!(2020 - 12 - 31), None).unwrap().value, "moved");
    }

    #[test]
    fn only_another_value_than_that_in_force_is_news() {
        let at = datetime!(2020-01-01 08:00 UTC);
        let facts = [fact("a", date!(2020 - 01 - 01), at, 1), fact("b", date!(2021 - 01 - 01), at, 2)];
        assert!(!is_news(&facts, &"a", date!(2020 - 12 - 31)));
        assert!(is_news(&facts, &"a", date!(2021 - 01 - 01)));
        assert!(is_news(&facts, &"b", date!(2020 - 12 - 31)));
        assert!(is_news(&facts, &"a", date!(2019 - 12 - 31)));
    }

    #[test]
    fn a_year_lists_each_value_once_in_order() {
        let at = datetime!(2019-01-01 08:00 UTC);
        let facts = [
            fact("a", date!(2019 - 01 - 01), at, 1),
            fact("b", date!(2020 - 05 - 01), at, 2),
            fact("a", date!(2020 - 06 - 01), at, 3),
            fact("c", date!(2021 - 01 - 01), at, 4),
        ];
        let year = |from, until| values(changes_within(&facts, from, until, None));
        assert_eq!(year(date!(2020 - 01 - 01), date!(2020 - 12 - 31)), ["a", "b"]);
        assert_eq!(year(date!(2020 - 06 - 01), date!(2021 - 01 - 01)), ["a", "c"]);
        assert_eq!(year(date!(2018 - 01 - 01), date!(2018 - 12 - 31)), [""; 0]);
        assert_eq!(year(date!(2020 - 12 - 31), date!(2020 - 01 - 01)), [""; 0]);
    }

    #[test]
    fn a_correction_of_the_same_day_hides_what_it_corrects() {
        let facts = [
            fact("wrong", date!(2020 - 05 - 01), datetime!(2020-05-01 08:00 UTC), 1),
            fact("right", date!(2020 - 05 - 01), datetime!(2020-05-02 08:00 UTC), 2),
        ];
        let found = changes_within(&facts, date!(2020 - 01 - 01), date!(2020 - 12 - 31), None);
        assert_eq!(values(found), ["right"]);
    }

    proptest! {
        #[test]
        fn the_order_of_the_list_has_no_influence(
            rows in prop::collection::vec((0_i32..40, 0_i64..5, 0_u8..3), 0..12),
            turn in 0_usize..12,
            day in 0_i32..40,
        ) {
            let day_of = |n: i32| Date::from_julian_day(2_459_000 + n).unwrap();
            let facts: Vec<Dated<u8>> = rows.iter().enumerate().map(|(id, (from, at, value))| Dated {
                value: *value,
                from_on: day_of(*from),
                recorded_at: OffsetDateTime::from_unix_timestamp(*at).unwrap(),
                fact_id: FactId::from_uuid(Uuid::from_u128(id as u128)),
            }).collect();
            let mut turned = facts.clone();
            turned.rotate_left(turn % facts.len().max(1));
            prop_assert_eq!(in_force(&facts, day_of(day), None), in_force(&turned, day_of(day), None));
            let by_day: Vec<u8> = (10..=day).filter_map(|d| in_force(&facts, day_of(d), None)).map(|f| f.value).collect();
            let mut distinct: Vec<u8> = Vec::new();
            for value in by_day {
                if !distinct.contains(&value) {
                    distinct.push(value);
                }
            }
            let found = changes_within(&turned, day_of(10), day_of(day), None);
            prop_assert_eq!(found.into_iter().map(|f| f.value).collect::<Vec<_>>(), distinct);
        }

        #[test]
        fn what_is_said_takes_days_that_have_passed_from_one_value_only(
            rows in prop::collection::vec((0_i32..20, 0_i64..5, 0_u8..3), 0..6),
            (value, from, today) in (0_u8..3, 0_i32..20, 0_i32..25),
        ) {
            let day_of = |n: i32| Date::from_julian_day(2_459_000 + n).unwrap();
            let said = |id: usize, from: i32, at: i64, value: u8| Dated {
                value,
                from_on: day_of(from),
                recorded_at: OffsetDateTime::from_unix_timestamp(at).unwrap(),
                fact_id: FactId::from_uuid(Uuid::from_u128(id as u128)),
            };
            let facts: Vec<_> = rows.iter().enumerate().map(|(id, (from, at, value))| said(id, *from, *at, *value)).collect();
            let mut after = facts.clone();
            if is_news(&facts, &value, day_of(from)) {
                after.push(said(99, from, 10, value));
            }
            let held = |facts: &[Dated<u8>], day| held_on(facts, day_of(day), None).map(|fact| fact.value);
            let mut lost: Vec<u8> = (-5..today)
                .filter(|day| held(&facts, *day) != held(&after, *day))
                .filter_map(|day| held(&facts, day))
                .collect();
            lost.dedup();
            let named = displaced(&facts, &value, day_of(from), day_of(today)).copied();
            prop_assert_eq!(lost, Vec::from_iter(named));
        }
    }
}
