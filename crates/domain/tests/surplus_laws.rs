//! What holds of surplus: no year is harmed, nothing exceeds what may be drawn, what is taken back leaves no trace, and the
//! proposal is as good as any that an exhaustive search finds.

#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly, also in what its tests share")]

use domain::{
    hour_ledger::{
        Basis, Chosen, Drawing, Drawn, Entry, EntryKind, Gap, Ground, Proposal, REASSESSED, Redrawing, Room, Spare,
        TransferFault, borne, choose, count, propose,
    },
    kernel::{CaseId, EntryId, Hours, LearnerId, PolicyId},
    policy::{CategoryCode, Fulfils, Rules},
};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};
use time::macros::datetime;
use uuid::Uuid;

const YEAR: i32 = 2020;

/// As Qinghai asks in 2020, in tens: 2 of the public category and 4 of the professional one, of which no more than 9 count.
static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let text = r#"format = 1
document.notice = { number = "示例〔2020〕1号", title = "示例通知", issuer = "示例厅" }
policy = { place = "630000", year = 2020, title = "示例", cite = "notice 标题" }
year = { cite = "notice 一" }
unit = { name = "学时", cite = "notice 一" }
category = [
  { code = "public", name = "公需科目", min = 2, cite = "notice 二" },
  { code = "professional", name = "专业科目", min = 4, max = 9, cite = "notice 二" },
]
total = { min = 7, cite = "notice 一" }
surplus = { mode = "spread", from_year = 2020, into_years = [2015, 2016, 2017, 2018, 2019, 2021], eligible = [{ category = "public" }, { category = "professional" }], cite = "notice 三" }
"#;
    Rules::parse(text).unwrap()
});

/// What can be drawn from the lines for years that no maximum bounds.
fn drawing<'e>(lines: &[Entry], eligible: &'e BTreeSet<EntryId>) -> Drawing<'static, 'e> {
    Drawing { spare: Spare::of(&RULES, YEAR, lines), room: Room::default(), eligible }
}

fn id(number: u128) -> EntryId {
    EntryId::from_uuid(Uuid::from_u128(number))
}

fn line(number: u128, category: &str, hours: i64) -> Entry {
    Entry {
        id: id(number),
        learner: LearnerId::from_uuid(Uuid::nil()),
        kind: EntryKind::Credit,
        year: YEAR,
        place: "630000".parse().unwrap(),
        category: CategoryCode::new(category),
        subject: None,
        hours: Hours::whole(hours),
        course: None,
        course_version: None,
        platform: None,
        external_id: None,
        completion: None,
        decision_number: None,
        mode: None,
        started_at: None,
        ended_at: None,
        completed_at: datetime!(2020-06-01 00:00 UTC),
        ground: None,
        policy: Some(PolicyId::from_uuid(Uuid::nil())),
        review: Vec::new(),
        reverses: None,
        reason_code: None,
        recorded_at: datetime!(2020-06-02 00:00 UTC),
        recorded_by: "law".to_owned(),
    }
}

fn degree(number: u128) -> Entry {
    let case = CaseId::from_uuid(Uuid::from_u128(number));
    let fulfils = Some(Fulfils::CategoryYear);
    let ground = Ground { basis: Basis::Recognition, case, achievement: None, fulfils, drawn: None };
    Entry { ground: Some(ground), ..line(number, "professional", 0) }
}

fn transfer(number: u128, year: i32, from: &Entry, hours: Hours) -> Entry {
    let case = CaseId::from_uuid(Uuid::from_u128(number));
    let drawn = Some(Drawn { year: YEAR, line: from.id });
    let ground = Ground { basis: Basis::Surplus, case, achievement: None, fulfils: None, drawn };
    Entry { id: id(number), year, hours, ground: Some(ground), ..from.clone() }
}

/// The lines of a year, which of them may serve other years, and what earlier years lack.
fn cases() -> impl Strategy<Value = (Vec<Entry>, BTreeSet<EntryId>, Vec<Gap>)> {
    let category = || prop::sample::select(vec!["public", "professional"]);
    let lines = prop::collection::vec((category(), 1_i64..8, any::<bool>()), 0..5);
    let gaps = prop::collection::btree_map((2017_i32..2020, category()), 1_i64..5, 0..5);
    (lines, prop::bool::weighted(0.3), gaps).prop_map(|(lines, with_degree, gaps)| {
        let numbered = lines.iter().enumerate();
        let all = numbered.map(|(number, (category, hours, _))| line(number as u128 + 1, category, *hours));
        let eligible = lines.iter().enumerate().filter(|(_, (_, _, eligible))| *eligible);
        let eligible = eligible.map(|(number, _)| id(number as u128 + 1)).collect();
        let gap =
            |((year, category), short)| Gap { year, category: CategoryCode::new(category), short: Hours::whole(short) };
        (all.chain(with_degree.then(|| degree(99))).collect(), eligible, gaps.into_iter().map(gap).collect())
    })
}

/// How many years and how many gaps an allocation fills.
fn filled(gaps: &[Gap], given: &BTreeMap<(i32, &str), i64>) -> (usize, usize) {
    let is_whole = |gap: &Gap| Hours::whole(given[&(gap.year, gap.category.as_str())]) >= gap.short;
    let years: BTreeSet<i32> = gaps.iter().map(|gap| gap.year).collect();
    let whole = years.iter().filter(|year| gaps.iter().filter(|gap| gap.year == **year).all(is_whole)).count();
    (whole, gaps.iter().filter(|gap| is_whole(gap)).count())
}

/// Whether the year asks for no more than before when hours of a category are taken from its eligible lines, in any way. Written
/// down by hand: the tree has two leaves.
fn can_spare(lines: &[Entry], eligible: &BTreeSet<EntryId>, public: i64, professional: i64) -> bool {
    let has_degree = lines.iter().any(|line| line.fulfils().is_some());
    let sum = |category: &str, of: &dyn Fn(&Entry) -> bool| {
        let fitting = lines.iter().filter(|line| line.category.as_str() == category && of(line));
        fitting.map(|line| line.hours.hundredths() / 100).sum::<i64>()
    };
    let all = |category| sum(category, &|_| true);
    let may = |category| sum(category, &|line| eligible.contains(&line.id));
    let (has_public, has_professional) = (all("public"), all("professional").min(9));
    let lift = |hours: i64| if has_degree { hours.max(4) } else { hours };
    let short = |public: i64, professional: i64| {
        [(2 - public).max(0), (4 - lift(professional)).max(0), (7 - public - lift(professional)).max(0)]
    };
    let (left_public, left_professional) = (has_public - public, has_professional - professional);
    let before = short(has_public, has_professional);
    let after = short(left_public, left_professional);
    public <= may("public")
        && professional <= may("professional")
        && left_public >= 0
        && left_professional >= 0
        && after.iter().zip(&before).all(|(after, before)| after <= before)
}

/// The best that can be had: every way to give whole hours to the gaps is tried.
fn exhaustive(lines: &[Entry], eligible: &BTreeSet<EntryId>, gaps: &[Gap]) -> (usize, usize) {
    let mut best = (0, 0);
    let tops: Vec<i64> = gaps.iter().map(|gap| gap.short.hundredths() / 100).collect();
    let mut given = vec![0_i64; gaps.len()];
    loop {
        let of = |category: &str| {
            let fitting = gaps.iter().zip(&given).filter(|(gap, _)| gap.category.as_str() == category);
            fitting.map(|(_, hours)| *hours).sum::<i64>()
        };
        if can_spare(lines, eligible, of("public"), of("professional")) {
            let keys = gaps.iter().map(|gap| (gap.year, gap.category.as_str()));
            best = best.max(filled(gaps, &keys.zip(given.iter().copied()).collect()));
        }
        let Some(index) = (0..gaps.len()).find(|index| given[*index] < tops[*index]) else { return best };
        given[index] += 1;
        given[..index].fill(0);
    }
}

fn of(proposal: &Proposal, gap: &Gap) -> Hours {
    let fitting = proposal.transfers.iter().filter(|one| one.year == gap.year && one.category == gap.category);
    fitting.map(|one| one.hours).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_proposal_is_as_good_as_any_that_exists((lines, eligible, gaps) in cases()) {
        let proposal = propose(&drawing(&lines, &eligible), &gaps);
        let found = (proposal.years_filled.len(), proposal.gaps_filled.len());
        prop_assert_eq!(found, exhaustive(&lines, &eligible, &gaps), "{:?}", proposal);
        for gap in &proposal.gaps_filled {
            prop_assert_eq!(of(&proposal, gap), gap.short);
        }
        for gap in &proposal.gaps_left {
            prop_assert_eq!(of(&proposal, gap), Hours::ZERO);
        }
    }

    /// The same lines and gaps in another order are the same question.
    #[test]
    fn neither_the_order_of_lines_nor_that_of_gaps_changes_the_proposal(
        ((lines, eligible, gaps), other_lines, other_gaps) in cases().prop_flat_map(|(lines, eligible, gaps)| {
            let (other_lines, other_gaps) = (Just(lines.clone()).prop_shuffle(), Just(gaps.clone()).prop_shuffle());
            (Just((lines, eligible, gaps)), other_lines, other_gaps)
        })
    ) {
        let proposal = propose(&drawing(&lines, &eligible), &gaps);
        prop_assert_eq!(propose(&drawing(&other_lines, &eligible), &other_gaps), proposal);
    }

    #[test]
    fn no_proposal_harms_the_year_or_takes_what_may_not_be_taken((lines, eligible, gaps) in cases()) {
        let proposal = propose(&drawing(&lines, &eligible), &gaps);
        let before = count(&RULES, YEAR, &lines);
        let mut left = lines.clone();
        for transfer in &proposal.transfers {
            prop_assert!(eligible.contains(&transfer.line));
            let line = left.iter_mut().find(|line| line.id == transfer.line).unwrap();
            prop_assert!(transfer.hours <= line.hours);
            line.hours = line.hours - transfer.hours;
        }
        for (after, before) in count(&RULES, YEAR, &left).nodes.iter().zip(&before.nodes) {
            prop_assert!(after.short <= before.short, "{}", after.code);
        }
    }

    #[test]
    fn a_transfer_is_worth_what_the_year_can_spare_as_if_what_was_taken_back_had_never_been(
        (lines, eligible, gaps) in cases(),
        taken_back in prop::collection::vec(any::<bool>(), 5),
    ) {
        let proposal = propose(&drawing(&lines, &eligible), &gaps);
        let from = |line: EntryId| lines.iter().find(|one| one.id == line).unwrap();
        let numbered = proposal.transfers.iter().enumerate();
        let transfers: Vec<Entry> =
            numbered.map(|(number, one)| transfer(500 + number as u128, one.year, from(one.line), one.hours)).collect();
        let all: Vec<Entry> = lines.iter().chain(&transfers).cloned().collect();
        let worth = borne(&RULES, YEAR, &all);
        for one in &transfers {
            prop_assert_eq!(worth[&one.id], one.hours, "what was proposed is worth what it says");
        }
        let gone: Vec<&Entry> = lines.iter().zip(&taken_back).filter(|(_, gone)| **gone).map(|(line, _)| line).collect();
        let reversals = gone.iter().enumerate().map(|(number, line)| {
            line.reversal(id(900 + number as u128), "finding", line.recorded_at, "law")
        });
        let with: Vec<Entry> = all.iter().cloned().chain(reversals).collect();
        let without: Vec<Entry> = all.iter().filter(|line| !gone.iter().any(|gone| gone.id == line.id)).cloned().collect();
        let worth = borne(&RULES, YEAR, &with);
        prop_assert_eq!(&worth, &borne(&RULES, YEAR, &without));
        let of = |category: &str| transfers.iter().filter(|one| one.category.as_str() == category)
            .map(|one| worth[&one.id].hundredths() / 100).sum::<i64>();
        let left: Vec<Entry> = lines.iter().filter(|line| !gone.iter().any(|gone| gone.id == line.id)).cloned().collect();
        prop_assert!(can_spare(&left, &eligible, of("public"), of("professional")));
    }

    /// What was transferred once is not spent again: the year bears the first allocation and every later one together, whichever of the
    /// years that they serve is the later.
    #[test]
    fn a_later_proposal_takes_nothing_from_an_earlier_one(
        (lines, eligible, gaps) in cases(),
        more in prop::collection::btree_map((2015_i32..2022, prop::sample::select(vec!["public", "professional"])), 1_i64..5, 0..5),
    ) {
        let from = |line: EntryId| lines.iter().find(|one| one.id == line).unwrap();
        let recorded = |first: u128, proposal: &Proposal| -> Vec<Entry> {
            let numbered = proposal.transfers.iter().zip(first..);
            numbered.map(|(one, number)| transfer(number, one.year, from(one.line), one.hours)).collect()
        };
        let mut all = lines.clone();
        all.extend(recorded(500, &propose(&drawing(&lines, &eligible), &gaps)));
        let more: Vec<Gap> = more.into_iter().filter(|((year, _), _)| *year != YEAR)
            .map(|((year, category), short)| Gap { year, category: CategoryCode::new(category), short: Hours::whole(short) })
            .collect();
        all.extend(recorded(700, &propose(&drawing(&all, &eligible), &more)));
        let worth = borne(&RULES, YEAR, &all);
        for one in all.iter().filter(|one| one.drawn().is_some()) {
            prop_assert_eq!(worth[&one.id], one.hours, "{} for {}", one.category, one.year);
        }
    }

    #[test]
    fn what_someone_chooses_is_drawn_whole_or_refused_with_how_much_there_is((lines, eligible, gaps) in cases(), asked in 1_i64..9) {
        for gap in &gaps {
            let chosen = Chosen { year: gap.year, category: gap.category.clone(), hours: Hours::whole(asked) };
            let (public, professional) = if gap.category.as_str() == "public" { (asked, 0) } else { (0, asked) };
            let allowed = can_spare(&lines, &eligible, public, professional);
            match choose(&drawing(&lines, &eligible), &gaps, &[chosen]) {
                Ok(transfers) => {
                    prop_assert!(allowed && Hours::whole(asked) <= gap.short);
                    prop_assert_eq!(transfers.iter().map(|one| one.hours).sum::<Hours>(), Hours::whole(asked));
                }
                Err(faults) => match faults[0].1 {
                    TransferFault::BeyondGap(short) => prop_assert_eq!(short, gap.short),
                    TransferFault::BeyondSpare(most) => prop_assert!(!allowed && most < Hours::whole(asked)),
                    other => prop_assert!(false, "{other:?}"),
                },
            }
        }
    }
}

#[test]
fn with_a_degree_all_online_hours_are_spare_and_what_cannot_be_spread_serves_first() {
    // QH-A21: the degree fulfils the professional part, so that all of it is spare.
    let lines = [degree(1), line(2, "professional", 9), line(3, "public", 3)];
    let spare = Spare::of(&RULES, YEAR, &lines);
    assert_eq!(spare.most(id(2), Hours::whole(20)), Hours::whole(9));
    // QH-A9: five hours that cannot be spread leave all of the four online hours to spare but for the total of seven.
    let lines = [line(1, "professional", 5), line(2, "professional", 4), line(3, "public", 2)];
    assert_eq!(Spare::of(&RULES, YEAR, &lines).most(id(2), Hours::whole(20)), Hours::whole(4));
    // Hours beyond the maximum count for nothing and are spare for nothing.
    let lines = [line(1, "professional", 20), line(2, "public", 3)];
    assert_eq!(Spare::of(&RULES, YEAR, &lines).most(id(1), Hours::whole(20)), Hours::whole(5));
}

#[test]
fn a_transfer_takes_the_place_of_no_course_of_the_year_that_it_serves() {
    let course = Some(domain::kernel::CourseId::from_uuid(Uuid::from_u128(1)));
    let source = Entry { course, ..line(1, "public", 8) };
    let (served, own) = (2019, Entry { course, year: 2019, ..line(2, "public", 5) });
    // Of the year that is drawn on nothing can be spared, so that the transfer is worth nothing.
    let gone = source.reversal(id(3), "finding", source.recorded_at, "law");
    let entries = [transfer(4, served, &source, Hours::whole(8)), source, own.clone(), gone];
    let found = count(&RULES, served, &entries);
    assert_eq!(found.nodes[0].earned, Hours::whole(5));
    assert_eq!(found.counted.iter().map(|line| line.entry).collect::<Vec<_>>(), [own.id]);
}

/// Ten years are a thousand choices, for none of which hundreds of lines that can spare nothing are tried one by one.
#[test]
fn many_lines_that_can_spare_nothing_fill_none_of_many_years() {
    let lines: Vec<Entry> = (1..=400).map(|number| line(number, "public.online", 0)).collect();
    let lines: Vec<Entry> = lines.into_iter().map(|one| Entry { hours: Hours::from_hundredths(1), ..one }).collect();
    let eligible: BTreeSet<EntryId> = lines.iter().map(|line| line.id).collect();
    let gap = |year| Gap { year, category: CategoryCode::new("public"), short: Hours::whole(2) };
    let gaps: Vec<Gap> = (2010..2020).map(gap).collect();
    let drawing = drawing(&lines, &eligible);
    let proposal = propose(&drawing, &gaps);
    assert_eq!((proposal.transfers.len(), proposal.gaps_left.len()), (0, 10));
    let (choices, lines) = (1 << gaps.len(), lines.len() as u64);
    assert!((choices..choices + lines).contains(&drawing.spare.tries()), "{} tries", drawing.spare.tries());
}

#[test]
fn what_draws_on_a_line_that_was_decided_anew_draws_on_the_one_in_its_place_and_nothing_else_moves() {
    let (source, other) = (line(1, "public", 9), line(2, "public", 9));
    let drawn =
        |number, from: &Entry| Entry { decision_number: Some(1), ..transfer(number, 2019, from, Hours::whole(3)) };
    let (first, gone, beside) = (drawn(11, &source), drawn(12, &source), drawn(13, &other));
    // Chosen together with the first.
    let second = Entry {
        id: id(14),
        ground: Some(Ground { drawn: beside.drawn(), ..first.ground.clone().unwrap() }),
        ..beside.clone()
    };
    let at = datetime!(2020-07-01 00:00 UTC);
    let back = gone.reversal(id(20), "allocation_withdrawn", at, "law");
    let lines = [first.clone(), gone, back, beside, second.clone()];
    let mut next = 100;
    let redrawn = Redrawing { at, by: "officer:li" }.redraw(&lines, &BTreeMap::from([(source.id, id(3))]), &mut || {
        next += 1;
        id(next)
    });
    let [(reversal, anew), (also, as_well)] = &redrawn[..] else { panic!("{redrawn:?}") };
    assert_eq!((also.reverses, as_well.drawn(), as_well.decision_number), (Some(second.id), second.drawn(), Some(2)));
    assert_eq!((reversal.reverses, reversal.reason_code.as_deref()), (Some(first.id), Some(REASSESSED)));
    assert_eq!(anew.drawn(), Some(Drawn { year: YEAR, line: id(3) }));
    assert_eq!((anew.year, anew.hours, anew.decision_number), (first.year, first.hours, Some(2)));
    let made =
        [line(3, "public", 9), other].into_iter().chain(redrawn.into_iter().flat_map(|(back, anew)| [back, anew]));
    let whole: Vec<Entry> = lines.into_iter().chain(made).collect();
    assert_eq!(borne(&RULES, YEAR, &whole).into_values().sum::<Hours>(), Hours::whole(9), "of the three that stand");
}
