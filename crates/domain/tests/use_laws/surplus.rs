//! What years lack, and what surplus fills of it.

use super::{
    BOOK, SPREAD, day, surplus,
    world::{BEGAN, YEAR, attested, book, changing, id, learner, line, recorded, rules, rules_with, standing_of},
};
use domain::{
    hour_ledger::{
        Allocating, Basis, Chosen, Drawing, Entry, Gap, Ground, Origins, Room, Spare, Transfer, TransferFault, Verdict,
        choose, eligible_lines, gaps, propose, spreading,
    },
    kernel::Hours,
    policy::{CategoryCode, Fulfils},
};
use std::collections::BTreeSet;
use time::macros::date;

fn gap(category: &str, short: i64) -> Gap {
    Gap { year: 2019, category: CategoryCode::new(category), short: Hours::whole(short) }
}

fn lacking_of(entries: &[Entry]) -> Vec<Gap> {
    let standing = standing_of(&BOOK, &learner(BEGAN), entries, 2019, date!(2021 - 01 - 01));
    gaps(&surplus(), &[standing], &[])
}

#[test]
fn a_whole_has_a_gap_of_its_own_only_where_its_parts_do_not_account_for_it() {
    // Two public hours of which one is required, four professional ones, and seven in all.
    assert_eq!(lacking_of(&[]), [gap("professional", 4), gap("public", 2), gap("public.required", 1), gap("total", 7)]);
    let (on, elective) = (day(2019, 100), line(1, "public", 3, day(2019, 100)));
    assert_eq!(lacking_of(std::slice::from_ref(&elective)), [gap("professional", 4), gap("public.required", 1)]);
    let enough = line(2, "professional", 9, on);
    assert_eq!(lacking_of(&[elective, enough.clone()]), [gap("public.required", 1)]);
    let required = line(3, "public.required", 2, on);
    assert_eq!(lacking_of(&[required, enough]), []);
}

#[test]
fn hours_chosen_for_a_part_are_no_longer_lacking_in_the_whole() {
    let lines = [line(1, "public.required", 20, day(YEAR, 100)), line(2, "professional", 20, day(YEAR, 100))];
    let (of_year, eligible) = (rules(YEAR, ""), BTreeSet::from([id(1), id(2)]));
    let lacking = lacking_of(&[]);
    let choose = |chosen: &[(&str, i64)]| {
        let one = |(category, hours): &(&str, i64)| {
            let Gap { year, category, short } = gap(category, *hours);
            Chosen { year, category, hours: short }
        };
        let spare = Spare::of(&of_year, YEAR, &lines);
        let drawing = Drawing { spare, room: Room::default(), eligible: &eligible };
        choose(&drawing, &lacking, &chosen.iter().map(one).collect::<Vec<_>>())
    };
    let all = choose(&[("public.required", 1), ("public", 1), ("professional", 4), ("total", 1)]).unwrap();
    assert_eq!(all.iter().map(|one| one.hours).sum::<Hours>(), Hours::whole(7));
    let beyond = |index, left| Err(vec![(index, TransferFault::BeyondGap(Hours::whole(left)))]);
    assert_eq!(choose(&[("public.required", 1), ("public", 2)]), beyond(1, 1));
    assert_eq!(choose(&[("public", 2), ("professional", 4), ("total", 2)]), beyond(2, 1));
    assert_eq!(choose(&[("public", 2), ("public.required", 1)]), Err(vec![(1, TransferFault::NoGap)]));
    // A category without a gap of its own serves the nearest whole that has one.
    assert_eq!(choose(&[("theme", 8)]), beyond(0, 7));
}

#[test]
fn surplus_of_another_year_and_years_that_the_rules_do_not_name_have_no_part_in_it() {
    let lines = [line(1, "public", 9, day(YEAR, 100)), line(2, "public", 9, day(2019, 100))];
    let drawable = |year| eligible_lines(&surplus(), year, &lines, &Origins::default());
    assert_eq!(drawable(YEAR), BTreeSet::from([id(1)]));
    assert_eq!(drawable(2019), BTreeSet::new());
    let unnamed = standing_of(&BOOK, &learner(BEGAN), &[], YEAR, date!(2021 - 01 - 01));
    assert_eq!(gaps(&surplus(), &[unnamed], &[Gap { year: YEAR, ..gap("public", 1) }]), []);
    // Of a year with rules these say what it lacks, whatever an office attests.
    let ruled = standing_of(&BOOK, &learner(BEGAN), &[attested(1, 2019)], 2019, date!(2021 - 01 - 01));
    assert_eq!(gaps(&surplus(), &[ruled], &[gap("public", 1)]), []);
}

/// It was granted for what its own year lacked.
#[test]
fn hours_granted_by_exception_are_surplus_for_no_other_year() {
    let granted = |number, basis| {
        let mut line = line(number, "public", 9, day(YEAR, 100));
        line.ground = attested(number, YEAR).ground.map(|ground| Ground { basis, fulfils: None, ..ground });
        line
    };
    let lines = [granted(1, Basis::Exception), granted(2, Basis::Recognition), line(3, "public", 9, day(YEAR, 100))];
    assert_eq!(eligible_lines(&surplus(), YEAR, &lines, &Origins::default()), BTreeSet::from([id(2), id(3)]));
}

/// However it came that the year has more than it needs: it was let pass as a whole, more was granted than it lacked, or hours came late.
#[test]
fn beside_what_was_granted_by_exception_the_own_hours_leave_nothing_over() {
    let rules =
        rules_with(YEAR, ("{ code = \"professional\", name = \"专业科目\", min = 6, cite = \"notice 二\" }", 6), "");
    let exception = |number, hours, fulfils| {
        let mut line = line(number, "professional", hours, day(YEAR, 100));
        line.ground = attested(number, YEAR).ground.map(|ground| Ground { basis: Basis::Exception, fulfils, ..ground });
        line
    };
    let own = |number, hours| line(number, "professional", hours, day(YEAR, 90));
    let most = |lines: &[Entry]| {
        let mut spare = Spare::of(&rules, YEAR, lines);
        let own = lines.iter().filter(|line| line.ground.is_none());
        own.map(|line| spare.draw(line.id, Hours::whole(9))).sum::<Hours>()
    };
    assert_eq!(most(&[own(1, 4), exception(2, 0, Some(Fulfils::EverythingYear))]), Hours::ZERO);
    assert_eq!(most(&[own(1, 4), exception(2, 3, None)]), Hours::ZERO);
    assert_eq!(most(&[own(1, 4), exception(2, 2, None), own(3, 2)]), Hours::ZERO);
    // What they leave over by themselves is theirs to give.
    assert_eq!(most(&[own(1, 4), exception(2, 2, None), own(3, 5)]), Hours::whole(3));
}

/// GD-A4: what an office lets pass by exception is no attestation, and stands like one where no rules are in force.
#[test]
fn a_year_without_rules_is_met_by_an_offices_word_alone() {
    let standing = |basis| {
        let mut line = attested(1, 2017);
        line.ground = line.ground.map(|ground| Ground { basis, ..ground });
        standing_of(&BOOK, &learner(BEGAN), &[line], 2017, date!(2021 - 01 - 01)).verdict
    };
    assert_eq!((standing(Basis::Attestation), standing(Basis::Exception)), (Verdict::Met, Verdict::Met));
    assert_eq!(standing(Basis::Recognition), Verdict::NoRuleInForce);
}

/// No rules are in force for 2017: what it lacks is attested, and lacking no longer once surplus was given to it.
#[test]
fn an_attested_gap_is_filled_once() {
    let entries = [line(1, "public", 9, day(YEAR, 100)), line(2, "professional", 9, day(YEAR, 100))];
    let attested = [Gap { year: 2017, ..gap("public", 2) }];
    let today = date!(2021 - 01 - 01);
    let lacking = |entries: &[Entry]| {
        let of_2017 = standing_of(&BOOK, &learner(BEGAN), entries, 2017, today);
        assert_eq!(of_2017.verdict, Verdict::NoRuleInForce, "whether that is enough an office says");
        (gaps(&surplus(), std::slice::from_ref(&of_2017), &attested), of_2017.counted.len())
    };
    assert_eq!(lacking(&entries), (attested.to_vec(), 0));
    let (of_year, eligible) = (rules(YEAR, ""), BTreeSet::from([id(1), id(2)]));
    let spare = Spare::of(&of_year, YEAR, &entries);
    let proposal = propose(&Drawing { spare, room: Room::default(), eligible: &eligible }, &attested);
    assert_eq!(proposal.years_filled, [2017]);
    let with = [&entries[..], &recorded(&entries, &proposal.transfers)].concat();
    assert_eq!(lacking(&with), (Vec::new(), 1));
    // What the year that it comes from can no longer spare is lacking again.
    let gone = entries[0].reversal(id(90), "finding", entries[0].recorded_at, "law");
    assert_eq!(lacking(&[&with[..], &[gone]].concat()), (attested.to_vec(), 0));
}

const CAPPED: &str = r#"
  { code = "public", name = "公需科目", min = 2, cite = "notice 二" },
  { code = "professional", name = "专业科目", min = 4, max = 5, cite = "notice 二" },
"#;

/// What comes of spreading the surplus of the year by rules of 2019 with that tree.
fn spread_into_2019(tree: (&str, u32), entries: &[Entry], chosen: Option<&[Chosen]>) -> Spread {
    let book = book(vec![rules_with(2019, tree, ""), rules(YEAR, SPREAD)]);
    let (learner, origins) = (learner(BEGAN), Origins::default());
    let asked = Allocating {
        book: &book,
        learner: &learner,
        from_year: YEAR,
        entries,
        origins: &origins,
        attested: &[],
        today: date!(2021 - 01 - 01),
    };
    spreading(&asked).unwrap().transfers(YEAR, entries, chosen)
}

type Spread = Result<Vec<Transfer>, Vec<(usize, TransferFault)>>;

fn given(spread: Spread) -> Vec<(String, Hours)> {
    spread.unwrap().into_iter().map(|one| (one.category.to_string(), one.hours)).collect()
}

/// Of 2019 the professional hours have reached their maximum, and two are lacking in total.
#[test]
fn no_hours_are_spent_that_the_year_they_serve_would_not_count() {
    let of_2019 = [line(1, "public", 2, day(2019, 9)), line(2, "professional", 5, day(2019, 9))];
    let with = |public: i64| {
        let source = [line(3, "public", public, day(YEAR, 9)), line(4, "professional", 12, day(YEAR, 9))];
        [&of_2019[..], &source].concat()
    };
    // Of the public hours the year itself needs two.
    assert_eq!(given(spread_into_2019((CAPPED, 9), &with(3), None)), []);
    assert_eq!(given(spread_into_2019((CAPPED, 9), &with(4), None)), [("public".to_owned(), Hours::whole(2))]);
    let chosen = |category: &str, hours| {
        let Gap { year, category, short } = gap(category, hours);
        spread_into_2019((CAPPED, 9), &with(4), Some(&[Chosen { year, category, hours: short }]))
    };
    assert_eq!(given(chosen("total", 2)), [("public".to_owned(), Hours::whole(2))]);
    assert_eq!(chosen("professional", 1), Err(vec![(0, TransferFault::BeyondRoom(Hours::ZERO))]));
}

#[test]
fn no_hours_are_spent_on_a_year_whose_rules_have_no_such_category() {
    let tree = r#"{ code = "public", name = "公需科目", min = 2, cite = "notice 二" },"#;
    let entries = [line(1, "professional", 12, day(YEAR, 9)), line(2, "public", 2, day(YEAR, 9))];
    assert_eq!(given(spread_into_2019((tree, 2), &entries, None)), []);
    let entries = [line(1, "professional", 12, day(YEAR, 9)), line(2, "public", 4, day(YEAR, 9))];
    assert_eq!(given(spread_into_2019((tree, 2), &entries, None)), [("public".to_owned(), Hours::whole(2))]);
}

/// The file may have gone over to a place whose rules say otherwise (GD-14), or these may have been published anew.
#[test]
fn what_was_given_counts_for_as_long_as_the_rules_let_it_serve_that_year() {
    let entries = [line(1, "public", 9, day(YEAR, 9)), line(2, "professional", 9, day(YEAR, 9))];
    let of_2019 = |transfers: &[Transfer], surplus: &str| {
        let book = book(vec![rules(2019, ""), rules(YEAR, surplus)]);
        let with = [&entries[..], &recorded(&entries, transfers)].concat();
        let standing = standing_of(&book, &learner(BEGAN), &with, 2019, date!(2021 - 01 - 01));
        standing.nodes.first().map(|total| total.earned).unwrap()
    };
    let transfers =
        [Transfer { year: 2019, category: CategoryCode::new("public"), line: id(1), hours: Hours::whole(2) }];
    assert_eq!(of_2019(&transfers, SPREAD), Hours::whole(2));
    assert_eq!(of_2019(&transfers, ""), Hours::ZERO);
    assert_eq!(of_2019(&transfers, &SPREAD.replace("[2017, 2018, 2019]", "[2017, 2018]")), Hours::ZERO);
    // What is not allowed takes nothing from what is: of the seven public hours that the year can spare all may serve 2018.
    let book = book(vec![rules(2018, ""), rules(2019, ""), rules(YEAR, &SPREAD.replace("2018, 2019]", "2018]"))]);
    let both = [transfers[0].clone(), Transfer { year: 2018, hours: Hours::whole(7), ..transfers[0].clone() }];
    let with = [&entries[..], &recorded(&entries, &both)].concat();
    let of_2018 = standing_of(&book, &learner(BEGAN), &with, 2018, date!(2021 - 01 - 01));
    assert_eq!(of_2018.nodes.first().map(|total| total.earned), Some(Hours::whole(7)));
}

#[test]
fn what_hours_cannot_fill_is_said_to_be_that() {
    let book = book(vec![
        rules(
            2019,
            r#"scope = [{ who = { series = ["会计"] }, standing = "out", authority = "示例厅", cite = "notice 五" }]"#,
        ),
        rules(YEAR, SPREAD),
    ]);
    let (learner, origins) = (changing("会计", "教师", date!(2020 - 01 - 02)), Origins::default());
    let entries = [line(1, "public", 9, day(YEAR, 9)), line(2, "professional", 9, day(YEAR, 9))];
    let today = date!(2021 - 01 - 01);
    let asked = Allocating {
        book: &book,
        learner: &learner,
        from_year: YEAR,
        entries: &entries,
        origins: &origins,
        attested: &[],
        today,
    };
    let Gap { year, category, short } = gap("public", 2);
    let chosen = [Chosen { year, category, hours: short }];
    let found = spreading(&asked).unwrap().transfers(YEAR, &entries, Some(&chosen));
    assert_eq!(found, Err(vec![(0, TransferFault::NotByHours(Verdict::NotApplicable))]));
}
