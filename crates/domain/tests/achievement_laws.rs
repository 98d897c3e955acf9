//! What holds of achievements whenever a year is counted: caps hold in any order, what fulfils lifts to the minimum and never above,
//! and what was taken back leaves no trace in the count.

#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly, also in what its tests share")]

use domain::{
    hour_ledger::{Basis, Count, Entry, EntryKind, Ground, Node, WhyNot, count},
    kernel::{CaseId, EntryId, Hours, LearnerId, PolicyId},
    policy::{CategoryCode, Fulfils, Rules, shape::CapPer},
};
use proptest::prelude::*;
use std::sync::LazyLock;
use time::macros::datetime;
use uuid::Uuid;

const YEAR: i32 = 2020;

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let text = r#"format = 1
document.notice = { number = "示例〔2020〕1号", title = "示例通知", issuer = "示例厅" }
policy = { place = "610000", year = 2020, title = "示例", cite = "notice 标题" }
year = { cite = "notice 一" }
unit = { name = "学时", hours_per_day = 7, cite = "notice 一" }
category = [
  { code = "public", name = "公需科目", min = 30, cite = "notice 二" },
  { code = "public.required", name = "必修", min = 24, cite = "notice 二" },
  { code = "public.elective", name = "选修", max = 10, cite = "notice 二" },
  { code = "professional", name = "专业科目", min = 60, max = 100, cite = "notice 二" },
]
total = { min = 90, cite = "notice 一" }
[[recognition]]
kind = "mentoring"
name = "带教"
category = "professional"
formula = { per_day = 7 }
cap = { hours = 30, per = "person_year" }
earned_by = "activity_end"
ledger = "on"
cite = "notice 三"
[[recognition]]
kind = "exchange"
name = "交流"
categories = ["public.required", "professional"]
formula = { fixed = 30 }
cap = { hours = 30, per = "person_year" }
earned_by = "activity_end"
ledger = "on"
cite = "notice 三"
[[recognition]]
kind = "lecture"
name = "讲座"
category = "public.elective"
formula = { fixed = 12 }
cap = { hours = 4, per = "item" }
earned_by = "activity_end"
ledger = "on"
cite = "notice 三"
"#;
    Rules::parse(text).unwrap()
});

/// What the lines of a random ledger are.
#[derive(Clone, Copy, Debug)]
enum Line {
    Course(&'static str, i64),
    Achievement(&'static str, &'static str, i64),
    Fulfilment(Fulfils, &'static str),
}

fn lines() -> impl Strategy<Value = Vec<(Line, bool)>> {
    let hours = || 1_i64..4_000;
    let line = prop_oneof![
        (prop::sample::select(vec!["public", "public.required", "public.elective", "professional"]), hours())
            .prop_map(|(category, hours)| Line::Course(category, hours)),
        hours().prop_map(|hours| Line::Achievement("mentoring", "professional", hours)),
        prop::sample::select(vec!["public.required", "professional"])
            .prop_map(|category| Line::Achievement("exchange", category, 3_000)),
        hours().prop_map(|hours| Line::Achievement("lecture", "public.elective", hours)),
        prop::sample::select(vec!["public", "public.required", "professional"])
            .prop_map(|category| Line::Fulfilment(Fulfils::CategoryYear, category)),
        Just(Line::Fulfilment(Fulfils::EverythingYear, "total")),
    ];
    prop::collection::vec((line, prop::bool::weighted(0.2)), 0..9)
}

fn entry(number: usize, line: Line) -> Entry {
    let ground = |achievement: &str, fulfils| Ground {
        basis: Basis::Recognition,
        case: CaseId::from_uuid(Uuid::from_u128(number as u128)),
        achievement: Some(achievement.to_owned()),
        fulfils,
        drawn: None,
    };
    let (category, hundredths, ground) = match line {
        Line::Course(category, hours) => (category, hours, None),
        Line::Achievement(kind, category, hours) => (category, hours, Some(ground(kind, None))),
        Line::Fulfilment(fulfils, category) => (category, 0, Some(ground("degree", Some(fulfils)))),
    };
    Entry {
        id: EntryId::from_uuid(Uuid::from_u128(1_000 + number as u128)),
        learner: LearnerId::from_uuid(Uuid::nil()),
        kind: EntryKind::Credit,
        year: YEAR,
        place: "610000".parse().unwrap(),
        category: CategoryCode::new(category),
        subject: None,
        hours: Hours::from_hundredths(hundredths),
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
        ground,
        policy: Some(PolicyId::from_uuid(Uuid::nil())),
        review: Vec::new(),
        reverses: None,
        reason_code: None,
        recorded_at: datetime!(2020-06-02 00:00 UTC),
        recorded_by: "law".to_owned(),
    }
}

fn ledger(lines: &[(Line, bool)]) -> (Vec<Entry>, Vec<Entry>) {
    let all: Vec<Entry> = lines.iter().enumerate().map(|(number, (line, _))| entry(number, *line)).collect();
    let gone = lines.iter().zip(&all).filter(|((_, reversed), _)| *reversed).map(|(_, line)| line);
    let gone: Vec<Entry> = gone
        .map(|line| {
            let id = EntryId::from_uuid(Uuid::from_u128(line.id.as_uuid().as_u128() + 5_000));
            line.reversal(id, "finding", line.recorded_at, "law")
        })
        .collect();
    let left = lines.iter().zip(&all).filter(|((_, reversed), _)| !reversed).map(|(_, line)| line.clone()).collect();
    (all.into_iter().chain(gone).collect(), left)
}

fn node<'c>(count: &'c Count, code: &str) -> &'c Node {
    count.nodes.iter().find(|node| node.code == code).unwrap()
}

fn sum(all: impl Iterator<Item = Hours>) -> Hours {
    all.fold(Hours::ZERO, |sum, hours| sum + hours)
}

proptest! {
    #[test]
    fn no_order_of_the_lines_changes_what_counts((one, other) in lines().prop_flat_map(|lines| {
        let all = ledger(&lines).0;
        (Just(all.clone()), Just(all).prop_shuffle())
    })) {
        prop_assert_eq!(count(&RULES, YEAR, &one).nodes, count(&RULES, YEAR, &other).nodes);
    }

    /// Ids say when a line arrived, and nothing of what it is.
    #[test]
    fn no_order_of_arrival_changes_what_counts(lines in lines()) {
        let (all, _) = ledger(&lines);
        let later = |id: EntryId| EntryId::from_uuid(Uuid::from_u128(100_000 - id.as_uuid().as_u128()));
        let other: Vec<Entry> = all
            .iter()
            .map(|line| Entry { id: later(line.id), reverses: line.reverses.map(later), ..line.clone() })
            .collect();
        let nodes = |lines: &[Entry]| -> Vec<(Hours, Hours, Hours)> {
            count(&RULES, YEAR, lines).nodes.iter().map(|node| (node.earned, node.deemed, node.short)).collect()
        };
        prop_assert_eq!(nodes(&all), nodes(&other));
    }

    #[test]
    fn what_was_taken_back_leaves_no_trace(lines in lines()) {
        let (with, without) = ledger(&lines);
        let (with, without) = (count(&RULES, YEAR, &with), count(&RULES, YEAR, &without));
        prop_assert_eq!(with.nodes, without.nodes);
        prop_assert_eq!(with.counted, without.counted);
    }

    #[test]
    fn a_cap_cuts_what_counts_and_says_what_it_cut(lines in lines()) {
        let (all, live) = ledger(&lines);
        let count = count(&RULES, YEAR, &all);
        let of = |kind: &str| live.iter().filter(|line| {
            line.ground.as_ref().and_then(|ground| ground.achievement.as_deref()) == Some(kind)
        }).cloned().collect::<Vec<_>>();
        let counts = |entry: &Entry| sum(count.counted.iter().filter(|line| line.entry == entry.id).map(|line| line.hours));
        let beyond = |entry: &Entry| sum(count.not_counted.iter().filter(|line| line.entry == entry.id).map(|line| {
            match &line.why { WhyNot::BeyondCap { beyond, .. } => *beyond, _ => Hours::ZERO }
        }));
        let mentoring = of("mentoring");
        let (worth, counted) = (sum(mentoring.iter().map(|line| line.hours)), sum(mentoring.iter().map(counts)));
        prop_assert_eq!(counted, worth.min(Hours::whole(30)));
        for line in of("lecture") {
            prop_assert_eq!(counts(&line), line.hours.min(Hours::whole(4)));
        }
        for line in live.iter().filter(|line| line.fulfils().is_none()) {
            prop_assert_eq!(counts(line) + beyond(line), line.hours);
        }
    }

    #[test]
    fn what_fulfils_lifts_to_the_minimum_and_makes_no_surplus(lines in lines()) {
        let (all, live) = ledger(&lines);
        let with = count(&RULES, YEAR, &all);
        let hours_alone: Vec<Entry> = live.iter().filter(|line| line.fulfils().is_none()).cloned().collect();
        let without = count(&RULES, YEAR, &hours_alone);
        for (with, without) in with.nodes.iter().zip(&without.nodes) {
            prop_assert_eq!(with.earned, without.earned, "what was learned stays what it was");
            let held = with.earned + with.deemed;
            prop_assert_eq!(with.short, held.short_of(with.required));
            prop_assert!(with.fulfilled_by.is_empty() || with.is_met());
            let has_parts = ["total", "public"].contains(&with.code.as_str());
            if !has_parts {
                let lifted = if with.fulfilled_by.is_empty() { with.earned } else { with.earned.max(with.required) };
                prop_assert_eq!(held, lifted, "to the minimum and never above");
            }
        }
        let everything = live.iter().any(|line| line.fulfils() == Some(Fulfils::EverythingYear));
        prop_assert!(!everything || with.is_met());
    }
}

#[test]
fn a_degree_fulfils_its_category_beside_the_hours_and_the_rest_is_asked_for_as_before() {
    let degree = entry(0, Line::Fulfilment(Fulfils::CategoryYear, "professional"));
    let public = entry(1, Line::Course("public.required", 2_900));
    let year = count(&RULES, YEAR, &[degree.clone(), public]);
    let professional = node(&year, "professional");
    assert_eq!((professional.earned, professional.deemed), (Hours::ZERO, Hours::whole(60)));
    assert_eq!(professional.fulfilled_by, [degree.id]);
    assert_eq!(node(&year, "total").deemed, Hours::whole(60));
    assert_eq!(node(&year, "public").short, Hours::whole(1));
    assert!(!year.is_met());
    let enough = entry(2, Line::Course("public", 100));
    assert!(count(&RULES, YEAR, &[degree, entry(1, Line::Course("public.required", 2_900)), enough]).is_met());
}

#[test]
fn a_fulfilled_part_of_a_category_serves_the_whole() {
    let year = count(&RULES, YEAR, &[entry(0, Line::Fulfilment(Fulfils::CategoryYear, "public.required"))]);
    assert_eq!(node(&year, "public").deemed, Hours::whole(24));
    assert_eq!(node(&year, "public").short, Hours::whole(6));
    assert!(node(&year, "public.elective").fulfilled_by.is_empty());
}

#[test]
fn mentoring_of_the_year_counts_up_to_thirty_and_the_line_that_is_cut_says_so() {
    let lines = [
        entry(0, Line::Achievement("mentoring", "professional", 2_100)),
        entry(1, Line::Achievement("mentoring", "professional", 1_400)),
    ];
    let year = count(&RULES, YEAR, &lines);
    assert_eq!(node(&year, "professional").earned, Hours::whole(30));
    let cut: Vec<_> = year.not_counted.iter().map(|line| (line.entry, line.why.clone())).collect();
    let cite = RULES.recognition[0].cite.0.clone();
    let why = WhyNot::BeyondCap { beyond: Hours::whole(5), cap: Hours::whole(30), per: CapPer::PersonYear, cite };
    assert_eq!(cut, [(lines[1].id, why)]);
    let exact = count(&RULES, YEAR, &[entry(0, Line::Achievement("mentoring", "professional", 3_000))]);
    assert!(exact.not_counted.is_empty());
}

/// One public subject is to be finished, and nothing else is public.
static SUBJECTS: LazyLock<Rules> = LazyLock::new(|| {
    let text = r#"format = 1
document.notice = { number = "示例〔2020〕1号", title = "示例通知", issuer = "示例厅" }
policy = { place = "610000", year = 2020, title = "示例", cite = "notice 标题" }
year = { cite = "notice 一" }
unit = { name = "小时", cite = "notice 一" }
category = [{ code = "public", name = "公需课", min = 24, choose = 1, subjects_only = true, cite = "notice 二" }]
total = { min = 24, cite = "notice 一" }
subject = [{ code = "one", title = "科目一", category = "public", hours = 24, cite = "notice 二" }]
"#;
    Rules::parse(text).unwrap()
});

#[test]
fn what_an_office_grants_or_deems_met_needs_no_declared_subject() {
    let of = |lines: &[Line]| {
        let lines: Vec<Entry> = lines.iter().enumerate().map(|(number, line)| entry(number, *line)).collect();
        let count = count(&SUBJECTS, YEAR, &lines);
        (count.is_met(), count.nodes[0].earned, count.not_counted.len())
    };
    assert_eq!(of(&[Line::Fulfilment(Fulfils::CategoryYear, "public")]), (true, Hours::ZERO, 0));
    assert_eq!(of(&[Line::Fulfilment(Fulfils::EverythingYear, "total")]), (true, Hours::ZERO, 0));
    // SX-A18: hours that an office recognised stand for a subject once there are as many as one asks for.
    assert_eq!(of(&[Line::Achievement("equivalent_hours", "public", 2_400)]), (true, Hours::whole(24), 0));
    assert!(!of(&[Line::Achievement("equivalent_hours", "public", 2_399)]).0);
    assert_eq!(of(&[Line::Course("public", 2_400)]), (false, Hours::ZERO, 1));
}
