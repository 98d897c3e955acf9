//! What waits for review, how long it has, and whether it will be done in time at the present pace. Whole cases and days only.

use crate::policy::shape::Seat;
use std::collections::BTreeMap;
use time::Date;

/// How old, in days, what waits may be to count as fresh, and as not yet old.
pub const AGE_BANDS: [u64; 2] = [7, 30];

/// Cases that came to a stage on one day and have one deadline, counted where they are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pile {
    /// The stage.
    pub seat: Seat,
    /// The day they came to it.
    pub arrived_on: Date,
    /// Their last day; none where no rule sets one.
    pub due_on: Option<Date>,
    /// How many.
    pub cases: u64,
}

/// Cases by the days they have waited, as bounded by [`AGE_BANDS`], both included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ages {
    /// Up to the first bound.
    pub fresh: u64,
    /// Up to the second.
    pub ageing: u64,
    /// Longer.
    pub old: u64,
}

/// What waits at one stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfStage {
    /// The stage.
    pub seat: Seat,
    /// How many wait.
    pub waiting: u64,
    /// How many of them are past their last day.
    pub overdue: u64,
    /// How long they have waited.
    pub ages: Ages,
    /// The day the first of them came.
    pub oldest_on: Date,
}

/// What waits in a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many wait.
    pub waiting: u64,
    /// How many of them are past their last day.
    pub overdue: u64,
    /// Each stage at which any wait, in the order of the seats.
    pub stages: Vec<OfStage>,
}

/// What waits on a day. What came later than that day counts as come on it.
#[must_use]
pub fn backlog(piles: &[Pile], today: Date) -> Backlog {
    let mut stages: BTreeMap<Seat, OfStage> = BTreeMap::new();
    for pile in piles.iter().filter(|pile| pile.cases > 0) {
        let Pile { seat, arrived_on, due_on, cases } = *pile;
        let empty = OfStage { seat, waiting: 0, overdue: 0, ages: Ages::default(), oldest_on: arrived_on };
        let stage = stages.entry(seat).or_insert(empty);
        stage.waiting = stage.waiting.saturating_add(cases);
        stage.oldest_on = stage.oldest_on.min(arrived_on);
        if due_on.is_some_and(|due_on| due_on < today) {
            stage.overdue = stage.overdue.saturating_add(cases);
        }
        let days = u64::try_from((today - arrived_on).whole_days()).unwrap_or(0);
        let band = match AGE_BANDS {
            [fresh, _] if days <= fresh => &mut stage.ages.fresh,
            [_, ageing] if days <= ageing => &mut stage.ages.ageing,
            _ => &mut stage.ages.old,
        };
        *band = band.saturating_add(cases);
    }
    let sum = |of: fn(&OfStage) -> u64| stages.values().map(of).fold(0, u64::saturating_add);
    Backlog {
        waiting: sum(|stage| stage.waiting),
        overdue: sum(|stage| stage.overdue),
        stages: stages.into_values().collect(),
    }
}

/// What came and what was settled within some days up to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// The days looked at; 0 where nothing is known.
    pub days: u32,
    /// Cases that came.
    pub arrived: u64,
    /// Cases that were settled.
    pub settled: u64,
}

/// What becomes of what waits until a deadline, if all goes on as it did. Shares of a case are rounded to the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// The days left, today and the last one included; 0 once it has passed.
    pub days_left: u64,
    /// Cases that will still come.
    pub to_come: u64,
    /// Cases that will be settled at the present pace.
    pub to_settle: u64,
    /// Cases that will be left over. More than none in October is what nobody wants to see in December.
    pub left_over: u64,
    /// Cases that have to be settled each day for nothing to be left over; none once the deadline has passed.
    pub needed_a_day: Option<u64>,
}

/// The forecast for what waits today until a last day (itself included).
#[must_use]
pub fn forecast(waiting: u64, rates: Rates, today: Date, last: Date) -> Forecast {
    let days_left = u64::try_from((last - today).whole_days().saturating_add(1)).unwrap_or(0);
    let window = u64::from(rates.days);
    let over_the_rest = |cases: u64| cases.saturating_mul(days_left);
    // Without days there is no pace: nothing is known to come or to be settled.
    let to_come = if window == 0 { 0 } else { over_the_rest(rates.arrived).div_ceil(window) };
    let all = waiting.saturating_add(to_come);
    let could = over_the_rest(rates.settled).checked_div(window).unwrap_or(0);
    let to_settle = could.min(all);
    let needed_a_day = (days_left > 0).then(|| all.div_ceil(days_left));
    Forecast { days_left, to_come, to_settle, left_over: all - to_settle, needed_a_day }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    const TODAY: Date = date!(2020 - 10 - 31);

    #[test]
    fn what_waits_is_counted_by_stage_and_age_with_both_ends_of_each_band() {
        let pile = |seat, arrived_on, due_on, cases| Pile { seat, arrived_on, due_on, cases };
        let found = backlog(
            &[
                pile(Seat::City, date!(2020 - 10 - 24), Some(TODAY), 3),
                pile(Seat::City, date!(2020 - 10 - 23), Some(date!(2020 - 10 - 30)), 4),
                pile(Seat::City, date!(2020 - 10 - 01), None, 5),
                pile(Seat::City, date!(2020 - 09 - 30), None, 6),
                pile(Seat::County, date!(2020 - 11 - 02), None, 1),
                pile(Seat::Province, TODAY, None, 0),
            ],
            TODAY,
        );
        assert_eq!((found.waiting, found.overdue), (19, 4));
        let [county, city] = found.stages[..] else { unreachable!("two stages wait: {found:?}") };
        assert_eq!((county.seat, county.ages), (Seat::County, Ages { fresh: 1, ..Ages::default() }));
        assert_eq!((city.waiting, city.overdue, city.oldest_on), (18, 4, date!(2020 - 09 - 30)));
        assert_eq!(city.ages, Ages { fresh: 3, ageing: 9, old: 6 });
    }

    #[test]
    fn the_rush_is_seen_before_it_is_there() {
        // 46 days are left from 31 October to 15 December.
        let last = date!(2020 - 12 - 15);
        let rates = Rates { days: 30, arrived: 600, settled: 300 };
        let found = forecast(1_000, rates, TODAY, last);
        assert_eq!((found.days_left, found.to_come, found.to_settle, found.left_over), (46, 920, 460, 1_460));
        assert_eq!(found.needed_a_day, Some(42));
        // 42 a day are enough, 41 are not.
        let at = |settled| forecast(1_000, Rates { settled, ..rates }, TODAY, last).left_over;
        assert_eq!((at(42 * 30), at(41 * 30)), (0, 1_920 - 41 * 46));
    }

    #[test]
    fn on_the_last_day_one_day_is_left_and_then_none() {
        let rates = Rates { days: 7, arrived: 1, settled: 13 };
        let on = |today| forecast(10, rates, today, TODAY);
        assert_eq!(
            on(TODAY),
            Forecast { days_left: 1, to_come: 1, to_settle: 1, left_over: 10, needed_a_day: Some(11) }
        );
        let after = on(date!(2020 - 11 - 01));
        assert_eq!((after.days_left, after.left_over, after.needed_a_day), (0, 10, None));
        let unknown = forecast(10, Rates { days: 0, arrived: 0, settled: 0 }, TODAY, TODAY);
        assert_eq!((unknown.left_over, unknown.needed_a_day), (10, Some(10)));
    }
}
