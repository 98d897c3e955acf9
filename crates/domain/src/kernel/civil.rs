//! The civil calendar that the rules speak in: days in UTC+08:00, without daylight saving.

use std::ops::RangeInclusive;
use time::{Date, Month, OffsetDateTime, UtcOffset};

/// UTC+08:00, the one offset of the civil time of China.
pub const CHINA: UtcOffset = match UtcOffset::from_hms(8, 0, 0) {
    Ok(offset) => offset,
    Err(_) => UtcOffset::UTC, // not reached: eight hours are in range
};

/// The civil day of an instant.
#[must_use]
pub fn china_date(at: OffsetDateTime) -> Date {
    at.checked_to_offset(CHINA).map_or_else(|| at.date(), OffsetDateTime::date)
}

/// The civil year of an instant; the policy year of an item that names none (SX-A9).
#[must_use]
pub fn china_year(at: OffsetDateTime) -> i32 {
    china_date(at).year()
}

/// The policy years that the service speaks about: rules, completions and questions have no others.
pub const POLICY_YEARS: RangeInclusive<i32> = 1990..=2200;

/// Whether a day lies between a first and a last one, both included; open when there is no last.
#[must_use]
pub fn lasts(from_on: Date, until_on: Option<Date>, day: Date) -> bool {
    from_on <= day && until_on.is_none_or(|last| day <= last)
}

/// 1 January of a policy year.
#[must_use]
pub fn first_day(year: i32) -> Date {
    Date::from_calendar_date(year, Month::January, 1).unwrap_or(Date::MIN)
}

/// 31 December of a policy year.
#[must_use]
pub fn last_day(year: i32) -> Date {
    Date::from_calendar_date(year, Month::December, 31).unwrap_or(Date::MAX)
}

/// The same day of a later year, which is the last day of a term counted in whole years from `day` on, the day itself not counted
/// (QH-A13); of 29 February, 28 February where the year has no other. The last day of the calendar where it ends before.
#[must_use]
pub fn same_day_after(day: Date, years: u32) -> Date {
    let year = i32::try_from(years).ok().and_then(|years| day.year().checked_add(years));
    let on = |year: i32| day.replace_year(year).or_else(|_| Date::from_calendar_date(year, Month::February, 28));
    year.and_then(|year| on(year).ok()).unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime};

    #[test]
    fn a_day_begins_at_midnight_of_china() {
        assert_eq!(china_date(datetime!(2021-12-31 15:59:59 UTC)), date!(2021 - 12 - 31));
        assert_eq!(china_date(datetime!(2021-12-31 16:00:00 UTC)), date!(2022 - 01 - 01));
        assert_eq!(china_year(datetime!(2021-12-31 16:00:00 UTC)), 2022);
    }

    #[test]
    fn a_term_of_years_ends_on_the_same_day() {
        assert_eq!(same_day_after(date!(2020 - 06 - 10), 3), date!(2023 - 06 - 10));
        assert_eq!(same_day_after(date!(2020 - 06 - 10), 0), date!(2020 - 06 - 10));
        assert_eq!(same_day_after(date!(2019 - 12 - 31), 1), date!(2020 - 12 - 31));
        assert_eq!(same_day_after(date!(2020 - 02 - 29), 3), date!(2023 - 02 - 28));
        assert_eq!(same_day_after(date!(2020 - 02 - 29), 4), date!(2024 - 02 - 29));
        assert_eq!(same_day_after(date!(2021 - 02 - 28), 3), date!(2024 - 02 - 28));
        for beyond in [8_000, u32::MAX] {
            assert_eq!(same_day_after(date!(2020 - 02 - 29), beyond), Date::MAX);
        }
    }
}
