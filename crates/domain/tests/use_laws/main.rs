//! What holds of the use of years: more hours never do harm, what is proposed fills what it says it fills, and what follows from a
//! missed year follows by the rules of that year.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails should fail loudly, also in what its tests share"
)]

mod entry;
mod surplus;
mod world;

use domain::{
    hour_ledger::{
        Allows, Application, Asked, Declared, Drawing, Eligibility, Entry, EntryKind, Gap, Origins, Room, Spare,
        Verdict, YearIs, consequences, deferred_years, eligibility, eligible_lines, gaps, propose,
    },
    kernel::Hours,
    policy::{
        CategoryCode, RuleBook,
        shape::{Effect, Purpose, Surplus},
    },
    registry::{LearnerFacts, Level},
};
use proptest::prelude::*;
use std::{collections::BTreeSet, sync::LazyLock};
use time::{Date, macros::date};
use world::{BEGAN, YEAR, attested, book, changing, learner, line, recorded, rules, standing_of};

const WINDOWS: &str = r#"
window = [
  { purpose = "title_review", levels = ["assistant"], years = 2, need = "any_year", cite = "notice 三" },
  { purpose = "title_review", levels = ["intermediate"], years = 3, need = "every_year", cite = "notice 三" },
  { purpose = "change_of_series", years = 2, includes_application_year = false, categories = ["professional"], cite = "notice 三" },
]
"#;
const SPREAD: &str = r#"
surplus = { mode = "spread", from_year = 2020, into_years = [2017, 2018, 2019], eligible = [{ category = "public" }, { category = "professional" }], cite = "notice 四" }
"#;

/// Rules for 2018 to 2020; none for 2017.
static BOOK: LazyLock<RuleBook> =
    LazyLock::new(|| book(vec![rules(2018, ""), rules(2019, WINDOWS), rules(YEAR, &format!("{WINDOWS}{SPREAD}"))]));

fn day(year: i32, ordinal: u16) -> Date {
    Date::from_ordinal_date(year, ordinal).unwrap()
}

fn some_line(years: std::ops::RangeInclusive<i32>) -> impl Strategy<Value = (i32, u16, &'static str, i64)> {
    let category = prop::sample::select(vec!["public", "public.required", "professional"]);
    (years, 1_u16..=365, category, 1_i64..6)
}

fn some_lines(years: std::ops::RangeInclusive<i32>, most: usize) -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec(some_line(years), 0..most).prop_map(|lines| {
        let numbered = lines.into_iter().zip(1..);
        numbered.map(|((year, on, category, hours), number)| line(number, category, hours, day(year, on))).collect()
    })
}

fn some_application() -> impl Strategy<Value = (Purpose, Option<Level>)> {
    prop::sample::select(vec![
        (Purpose::TitleReview, Some(Level::Assistant)),
        (Purpose::TitleReview, Some(Level::Intermediate)),
        (Purpose::ChangeOfSeries, None),
    ])
}

fn asked(learner: &LearnerFacts, entries: &[Entry], of: (Purpose, Option<Level>), applied_on: Date) -> Eligibility {
    asked_of(&BOOK, learner, entries, of, applied_on)
}

fn asked_of(
    book: &RuleBook,
    learner: &LearnerFacts,
    entries: &[Entry],
    of: (Purpose, Option<Level>),
    applied_on: Date,
) -> Eligibility {
    let application = Application {
        purpose: of.0,
        level: of.1,
        present_level: None,
        degree: None,
        applied_on,
        same_specialty: None,
        declared: Vec::new(),
    };
    let (bars, known_at) = (&[], None);
    eligibility(&Asked { book, learner, application: &application, entries, bars, verified: &[], known_at })
}

/// An application with what the employer declares of 2019: enough professional hours, as an achievement of some kind.
fn declaring(kind: &str) -> Eligibility {
    let kinds = ["off", "on"].map(|ledger| {
        format!(
            "[[recognition]]\nkind = \"{ledger}\"\nname = \"成果\"\ncategory = \"professional\"\nformula = {{ fixed = 4 }}\n\
             earned_by = \"grant_date\"\nledger = \"{ledger}\"\ncite = \"notice 五\"\n"
        )
    });
    let book = book(vec![rules(2018, ""), rules(2019, ""), rules(YEAR, &format!("{WINDOWS}{}", kinds.concat()))]);
    let declared = Declared {
        achievement: kind.to_owned(),
        year: 2019,
        category: Some(CategoryCode::new("professional")),
        hours: Hours::whole(4),
        fulfils: None,
    };
    let application = Application {
        purpose: Purpose::ChangeOfSeries,
        level: None,
        present_level: None,
        degree: None,
        applied_on: day(YEAR, 9),
        same_specialty: None,
        declared: vec![declared],
    };
    let entries = [line(1, "professional", 4, day(2018, 9))];
    let (learner, bars, known_at) = (&learner(BEGAN), &[], None);
    eligibility(&Asked {
        book: &book,
        learner,
        application: &application,
        entries: &entries,
        bars,
        verified: &[],
        known_at,
    })
}

/// How good an answer is for who asks.
fn good(allows: Allows) -> u8 {
    match allows {
        Allows::NotEligible => 0,
        Allows::NeedsReview => 1,
        Allows::Eligible => 2,
        Allows::NotApplicable | Allows::NotStated => panic!("{allows}"),
    }
}

fn surplus() -> Surplus {
    rules(YEAR, SPREAD).surplus.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn more_hours_never_make_an_application_impossible(
        entries in some_lines(2017..=YEAR, 10),
        more in some_line(2017..=YEAR),
        attests in prop::option::of(2017..=YEAR),
        of in some_application(),
        since in prop::sample::select(vec![BEGAN, date!(2019 - 03 - 01)]),
        on in 1_u16..=365,
    ) {
        let person = learner(since);
        let applied_on = day(YEAR, on);
        let before = asked(&person, &entries, of, applied_on);
        let one = line(900, more.2, more.3, day(more.0, more.1));
        let with = [&entries[..], &[one], &attests.map(|year| attested(901, year)).into_iter().collect::<Vec<_>>()].concat();
        let after = asked(&person, &with, of, applied_on);
        prop_assert!(good(after.allows) >= good(before.allows), "{} {}", before.allows, after.allows);
        for (before, after) in before.years.iter().zip(&after.years) {
            prop_assert!(before.is != YearIs::Met || after.is == YearIs::Met);
        }
    }

    #[test]
    fn an_application_a_day_later_loses_no_completion(
        entries in some_lines(2017..=YEAR, 10),
        of in some_application(),
        on in 1_u16..365,
    ) {
        let person = learner(BEGAN);
        let (before, after) = (asked(&person, &entries, of, day(YEAR, on)), asked(&person, &entries, of, day(YEAR, on + 1)));
        prop_assert!(good(after.allows) >= good(before.allows));
        for (before, after) in before.years.iter().zip(&after.years) {
            let counted = |of: &domain::hour_ledger::YearUsed| -> BTreeSet<_> {
                of.standing.counted.iter().map(|line| line.entry).collect()
            };
            prop_assert!(counted(before).is_subset(&counted(after)));
        }
    }

    #[test]
    fn what_is_proposed_meets_the_years_that_it_says_it_fills(
        earlier in some_lines(2018..=2019, 6),
        source in prop::collection::vec((prop::sample::select(vec!["public", "public.required", "professional"]), 1_i64..12), 0..5),
        lacks in prop::option::of(1_i64..4),
    ) {
        let person = learner(BEGAN);
        let numbered = source.iter().zip(100..);
        let source = numbered.map(|((category, hours), number)| line(number, category, *hours, day(YEAR, 100)));
        let entries: Vec<Entry> = earlier.into_iter().chain(source).collect();
        let today = date!(2021 - 01 - 01);
        let standings = |entries: &[Entry]| [2017, 2018, 2019].map(|year| standing_of(&BOOK, &person, entries, year, today));
        let attested = lacks.map(|hours| Gap { year: 2017, category: CategoryCode::new("public"), short: Hours::whole(hours) });
        let (provision, before) = (surplus(), standings(&entries));
        let lacking = gaps(&provision, &before, attested.as_slice());
        let eligible = eligible_lines(&provision, YEAR, &entries, &Origins::default());
        let of_year = rules(YEAR, SPREAD);
        let spare = Spare::of(&of_year, YEAR, &entries);
        let proposal = propose(&Drawing { spare, room: Room::of(&before), eligible: &eligible }, &lacking);
        let with = [&entries[..], &recorded(&entries, &proposal.transfers)].concat();
        for (before, after) in before.iter().zip(&standings(&with)).filter(|(before, _)| before.policy.is_some()) {
            let filled = proposal.years_filled.contains(&after.year);
            prop_assert_eq!(after.verdict == Verdict::Met, before.verdict == Verdict::Met || filled, "{} {:?}", after.year, proposal);
        }
        let own = |entries: &[Entry]| standing_of(&BOOK, &person, entries, YEAR, today);
        prop_assert_eq!(own(&entries).nodes, own(&with).nodes, "the year that they come from stays as it is");
        for gap in &proposal.gaps_filled {
            let is_part = |left: &&Gap| left.year == gap.year && (left.category.is_within(&gap.category) || gap.category.as_str() == "total");
            prop_assert_eq!(proposal.gaps_left.iter().find(is_part), None, "{:?} is filled, and a part of it is not", gap);
        }
    }
}

/// What follows from each of the years by the rules given, for someone who learned nothing.
fn following(all: &[(i32, &str)], today: Date) -> Vec<domain::hour_ledger::Consequence> {
    let book = book(all.iter().map(|(year, more)| rules(*year, more)).collect());
    let person = learner(BEGAN);
    let of_year =
        |(year, _): &(i32, &str)| consequences(&standing_of(&book, &person, &[], *year, today), &person, None);
    all.iter().flat_map(of_year).collect()
}

fn consequence(keys: &str) -> String {
    format!("consequence = [{{ cause = \"year_missed\", {keys}, cite = \"notice 五\" }}]")
}

#[test]
fn each_missed_year_puts_off_both_clocks_by_what_its_own_rules_say() {
    let both = |term: u32, promotion: u32| {
        let one = |effect: &str, years: u32| {
            format!("{{ cause = \"year_missed\", effect = \"{effect}\", years = {years}, cite = \"notice 五\" }}")
        };
        format!("consequence = [{}, {}]", one("term_deferral", term), one("promotion_deferral", promotion))
    };
    let (early, late) = (both(1, 1), both(2, 1));
    let found = following(&[(2019, &early), (YEAR, &late)], date!(2021 - 01 - 01));
    let clocks = |of: &[_]| (deferred_years(of, Effect::TermDeferral), deferred_years(of, Effect::PromotionDeferral));
    assert_eq!(clocks(&found), (3, 2));
    // The last day of the second year: only the first has been missed.
    assert_eq!(clocks(&following(&[(2019, &early), (YEAR, &late)], date!(2020 - 12 - 31))), (1, 1));
    assert_eq!(clocks(&[]), (0, 0));
}

#[test]
fn a_consequence_holds_since_its_year_and_what_is_recommended_binds_nobody() {
    let since = consequence("effect = \"no_awards\", since = 2019-01-01");
    let of = |year: i32| following(&[(year, &since)], date!(2022 - 01 - 01)).len();
    assert_eq!((of(2018), of(2019), of(2020)), (0, 1, 1));
    let late = consequence("effect = \"term_deferral\", years = 1, recommended_for = { levels = [\"assistant\"] }");
    let found = following(&[(YEAR, &late)], date!(2022 - 01 - 01));
    assert_eq!(found.iter().map(|one| one.binds).collect::<Vec<_>>(), [false]);
    assert_eq!(deferred_years(&found, Effect::TermDeferral), 0);
    let others = consequence("effect = \"no_awards\", recommended_for = { levels = [\"full_senior\"] }");
    assert!(following(&[(YEAR, &others)], date!(2022 - 01 - 01)).is_empty());
}

#[test]
fn a_year_that_is_missed_in_between_is_not_eligible_and_named_with_what_it_lacks() {
    let full = |number, year| {
        [line(number, "public.required", 3, day(year, 9)), line(number + 1, "professional", 4, day(year, 9))]
    };
    let entries = [full(1, 2018), full(5, YEAR)].concat();
    let of = (Purpose::TitleReview, Some(Level::Intermediate));
    let found = asked(&learner(BEGAN), &entries, of, day(YEAR, 9));
    assert_eq!(found.allows, Allows::NotEligible);
    let years: Vec<_> = found.years.iter().map(|year| (year.standing.year, year.is)).collect();
    assert_eq!(years, [(2020, YearIs::Met), (2019, YearIs::Unmet), (2018, YearIs::Met)]);
    let codes: Vec<&str> = found.years[1].missing.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(codes, ["total", "public", "public.required", "professional"]);
    // Known only from a day within that year: for an office to decide.
    let entered = asked(&learner(date!(2019 - 01 - 02)), &entries, of, day(YEAR, 9));
    assert_eq!((entered.allows, entered.years[1].is), (Allows::NeedsReview, YearIs::BeforeService));
    let there = asked(&learner(date!(2019 - 01 - 01)), &entries, of, day(YEAR, 9));
    assert_eq!(there.allows, Allows::NotEligible);
}

#[test]
fn a_window_of_some_categories_waits_for_open_decisions_over_them() {
    let open = Entry { kind: EntryKind::Provisional, ..line(2, "professional", 1, day(2019, 9)) };
    let entries = [line(1, "professional", 3, day(2019, 9)), open, line(3, "professional", 4, day(2018, 9))];
    let of = (Purpose::ChangeOfSeries, None);
    // Of 2019 the public hours are missing whatever is decided, and this purpose does not look at them.
    let found = asked(&learner(BEGAN), &entries, of, day(YEAR, 9));
    assert_eq!((found.years[0].standing.verdict, found.years[0].is), (Verdict::Unmet, YearIs::NeedsReview));
    assert_eq!(found.allows, Allows::NeedsReview);
    let found = asked(&learner(BEGAN), &[&entries[..1], &entries[2..]].concat(), of, day(YEAR, 9));
    assert_eq!((found.years[0].is, found.allows), (YearIs::Unmet, Allows::NotEligible));
}

#[test]
fn of_whom_no_post_is_known_an_office_decides() {
    let unknown = LearnerFacts { posts: Vec::new(), ..learner(BEGAN) };
    let found = asked(&unknown, &[], (Purpose::ChangeOfSeries, None), day(YEAR, 9));
    assert_eq!((found.allows, found.years[0].is), (Allows::NeedsReview, YearIs::BeforeService));
}

#[test]
fn what_enters_the_ledger_is_not_declared_past_its_review() {
    assert_eq!((declaring("off").allows, declaring("off").years[0].is), (Allows::Eligible, YearIs::MetWithDeclared));
    assert_eq!((declaring("on").allows, declaring("on").years[0].is), (Allows::NotEligible, YearIs::Unmet));
    assert_eq!(declaring("unknown").allows, Allows::NotEligible);
}

#[test]
fn who_is_another_authoritys_business_is_so_on_the_day_of_the_application() {
    let scope = "scope = [{ who = { series = [\"会计\"] }, standing = \"out\", authority = \"财政部门\", cite = \"notice 六\" }]";
    let of_year = |year| rules(year, &format!("{WINDOWS}{scope}"));
    let book = book(vec![of_year(2018), of_year(2019), of_year(YEAR)]);
    let full = |number, year| {
        let on = day(year, 9);
        [line(number, "public.required", 3, on), line(number + 1, "professional", 4, on)]
    };
    let answer = |first: &str, then: &str, entries: &[Entry], level: Level| {
        let person = changing(first, then, date!(2020 - 01 - 01));
        let found = asked_of(&book, &person, entries, (Purpose::TitleReview, Some(level)), day(YEAR, 99));
        (found.allows, found.years.iter().map(|year| year.is).collect::<Vec<_>>())
    };
    let (junior, middle) = (Level::Assistant, Level::Intermediate);
    use YearIs::{Met, NotApplicable, Unmet};
    // An accountant until 2019: one year of two is there, and of the other two an office has to ask.
    let entries = full(1, YEAR);
    assert_eq!(answer("会计", "工程", &entries, junior), (Allows::Eligible, vec![Met, NotApplicable]));
    assert_eq!(answer("会计", "工程", &[], junior), (Allows::NeedsReview, vec![Unmet, NotApplicable]));
    assert_eq!(answer("会计", "工程", &entries, middle).0, Allows::NeedsReview);
    assert_eq!(answer("会计", "工程", &[], middle).0, Allows::NotEligible);
    // An accountant since 2020, whatever was learned before.
    let before = full(1, 2019);
    assert_eq!(answer("工程", "会计", &before, junior), (Allows::NotApplicable, vec![NotApplicable, Met]));
}
