//! What an office attests of a year beside what is recorded here: each category counts once, and what stands beside the other is open.

#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly")]

use domain::{
    hour_ledger::{Basis, Count, Entry, EntryKind, Ground, Node, WhyNot, count},
    kernel::{CaseId, EntryId, Hours, LearnerId, PolicyId},
    policy::{CategoryCode, Rules},
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
unit = { name = "学时", cite = "notice 一" }
category = [
  { code = "public", name = "公需科目", min = 24, cite = "notice 二" },
  { code = "public.required", name = "必修课", min = 8, cite = "notice 二" },
  { code = "professional", name = "专业科目", cite = "notice 二" },
]
total = { min = 24, cite = "notice 一" }
"#;
    Rules::parse(text).unwrap()
});

fn recorded(number: u128, category: &str, hours: i64) -> Entry {
    Entry {
        id: EntryId::from_uuid(Uuid::from_u128(number)),
        learner: LearnerId::from_uuid(Uuid::nil()),
        kind: EntryKind::Credit,
        year: YEAR,
        place: "610000".parse().unwrap(),
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

fn attested(number: u128, category: &str, hours: i64) -> Entry {
    let case = CaseId::from_uuid(Uuid::nil());
    let ground = Ground { basis: Basis::Attestation, case, achievement: None, fulfils: None, drawn: None };
    Entry { ground: Some(ground), ..recorded(number, category, hours) }
}

fn earned(nodes: &[Node], code: &str) -> Hours {
    nodes.iter().find(|node| node.code == code).unwrap().earned
}

/// What counts of both categories, and whether the year is met, for certain and if all were beside each other.
fn told(count: &Count) -> ([Hours; 2], bool, bool) {
    (["public", "public.required"].map(|code| earned(&count.nodes, code)), count.is_met(), count.met_if_confirmed)
}

#[test]
fn what_is_recorded_and_attested_of_a_category_counts_once_and_both_only_if_an_office_says_so() {
    let hours = |public, required| [Hours::whole(public), Hours::whole(required)];
    let required = || recorded(9, "public.required", 8);
    for (lines, wanted) in [
        // Alone each counts whole.
        (vec![attested(1, "public", 16), attested(2, "public.required", 8)], (hours(24, 8), true, true)),
        // The more of the two counts, and the year is met by that alone or not at all without a decision.
        (vec![attested(1, "public", 24), required()], (hours(24, 8), true, true)),
        (vec![attested(1, "public", 23), required()], (hours(23, 8), false, true)),
        (vec![attested(1, "public", 16), required()], (hours(16, 8), false, true)),
        (vec![attested(1, "public", 15), required()], (hours(15, 8), false, false)),
        (vec![attested(1, "public", 7), required(), recorded(3, "public", 9)], (hours(17, 8), false, true)),
        // A part of which nothing is recorded is beside what is recorded of the whole.
        (vec![attested(1, "public.required", 8), recorded(2, "public", 16)], (hours(24, 8), true, true)),
        // Of a whole attested with its part, what is recorded of the part is told once.
        (
            vec![attested(1, "public", 16), attested(2, "public.required", 8), recorded(3, "public.required", 10)],
            (hours(24, 10), true, true),
        ),
        // Another category is beside it.
        (vec![attested(1, "public", 16), required(), recorded(2, "professional", 30)], (hours(16, 8), false, true)),
    ] {
        let found = count(&RULES, YEAR, &lines);
        assert_eq!(told(&found), wanted, "{lines:?}");
    }
    let found = count(&RULES, YEAR, &[attested(1, "public", 16), required()]);
    let why = WhyNot::RecordedToo { beyond: Hours::whole(8), recorded: Hours::whole(8) };
    assert_eq!(found.not_counted.iter().map(|line| &line.why).collect::<Vec<_>>(), [&why]);
}

proptest! {
    /// Of one category the more of the two counts for certain, and both together if that is decided.
    #[test]
    fn of_one_category_the_more_counts_and_no_line_more_makes_a_year_less(
        said in 1_i64..40, lines in prop::collection::vec(1_i64..20, 0..4), more in 1_i64..20,
    ) {
        let mut all: Vec<Entry> = (10..).zip(&lines).map(|(number, hours)| recorded(number, "public", *hours)).collect();
        let sum: i64 = lines.iter().sum();
        all.push(attested(1, "public", said));
        let found = count(&RULES, YEAR, &all);
        prop_assert_eq!(earned(&found.nodes, "public"), Hours::whole(said.max(sum)));
        prop_assert_eq!(earned(&found.if_confirmed, "public"), Hours::whole(said + sum));
        all.push(recorded(99, "public.required", more));
        let after = count(&RULES, YEAR, &all);
        prop_assert_eq!(earned(&after.nodes, "public"), Hours::whole(said.max(sum + more)));
        prop_assert!(!found.is_met() || after.is_met());
    }
}
