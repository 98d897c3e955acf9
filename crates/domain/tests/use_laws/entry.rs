//! Whose service begins within a year, or after it.

use super::{
    WINDOWS, asked_of, day,
    world::{YEAR, book, learner, line, rules, standing_of},
};
use domain::{
    hour_ledger::{Allows, Entry, EntryKind, StandingReason, Verdict, YearIs, consequences},
    policy::{
        RuleBook,
        shape::{OwedOnEntry, Purpose},
    },
    registry::Level,
};
use time::{Date, macros::date};

const MISSED: &str = "consequence = [{ cause = \"year_missed\", effect = \"no_awards\", cite = \"notice 五\" }]";
/// The last day before service begins on the first of the year, and the first after it.
const FIRST: Date = date!(2019 - 01 - 01);
const SECOND: Date = date!(2019 - 01 - 02);
const LAST: Date = date!(2019 - 12 - 31);
const AFTER: Date = date!(2020 - 01 - 01);

/// Rules of which those of 2019 say what somebody owes who begins within it.
fn owing(owed: Option<OwedOnEntry>) -> RuleBook {
    let mut of_2019 = rules(2019, &format!("{WINDOWS}{MISSED}"));
    of_2019.year.owed_on_entry = owed;
    book(vec![rules(2018, ""), of_2019, rules(YEAR, WINDOWS)])
}

#[test]
fn what_a_year_asks_of_who_begins_within_it_its_rules_say_or_an_office() {
    let today = day(YEAR, 9);
    for (owed, within) in [
        (None, Verdict::NeedsReview),
        (Some(OwedOnEntry::All), Verdict::Unmet),
        (Some(OwedOnEntry::Nothing), Verdict::NotApplicable),
    ] {
        let book = owing(owed);
        // What lies before service altogether no rule of entry speaks of.
        for (since, wanted, said) in [
            (FIRST, Verdict::Unmet, None),
            (SECOND, within, Some(owed)),
            (LAST, within, Some(owed)),
            (AFTER, Verdict::NeedsReview, Some(None)),
        ] {
            let person = learner(since);
            let found = standing_of(&book, &person, &[], 2019, today);
            assert_eq!((found.verdict, found.began_later()), (wanted, said), "{owed:?} since {since}");
            let named = found.reasons.iter().any(|reason| {
                matches!(reason, StandingReason::BeganLater { from_on, cite, .. }
                    if *from_on == since && cite.is_empty() == said.flatten().is_none())
            });
            assert_eq!(named, said.is_some(), "{:?}", found.reasons);
            let follows = !consequences(&found, &person, None).is_empty();
            assert_eq!(follows, wanted == Verdict::Unmet, "{owed:?} since {since}");
        }
        // What is open decides where something is owed, and nowhere else.
        let open = Entry { kind: EntryKind::Provisional, ..line(2, "professional", 4, day(2019, 9)) };
        let waiting = [line(1, "public.required", 3, day(2019, 9)), open];
        let wanted = if within == Verdict::NotApplicable { within } else { Verdict::NeedsReview };
        assert_eq!(standing_of(&book, &learner(SECOND), &waiting, 2019, today).verdict, wanted, "{owed:?}");
        // Who has all of it has met it whenever they began, and before the year nobody lacks anything.
        let full = [line(1, "public.required", 3, day(2019, 9)), line(2, "professional", 4, day(2019, 9))];
        assert_eq!(standing_of(&book, &learner(SECOND), &full, 2019, today).verdict, Verdict::Met);
        let before = standing_of(&book, &learner(SECOND), &[], 2019, date!(2018 - 12 - 31));
        assert_eq!((before.verdict, before.reasons), (Verdict::NotBegun, Vec::new()));
    }
}

#[test]
fn a_window_takes_a_year_of_entry_as_its_rules_do() {
    let entries: Vec<_> = [2018, YEAR]
        .into_iter()
        .zip([1, 5])
        .flat_map(|(year, number)| {
            [line(number, "public.required", 3, day(year, 9)), line(number + 1, "professional", 4, day(year, 9))]
        })
        .collect();
    let of = (Purpose::TitleReview, Some(Level::Intermediate));
    for (owed, is, allows) in [
        (None, YearIs::BeforeService, Allows::NeedsReview),
        (Some(OwedOnEntry::All), YearIs::Unmet, Allows::NotEligible),
        (Some(OwedOnEntry::Nothing), YearIs::BeforeService, Allows::NeedsReview),
    ] {
        let found = asked_of(&owing(owed), &learner(SECOND), &entries, of, day(YEAR, 9));
        assert_eq!((found.years[1].is, found.allows), (is, allows), "{owed:?}");
    }
}
