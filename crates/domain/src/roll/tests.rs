//! What becomes of an item of a roll, on both sides of every border.

use super::*;
use crate::{
    hour_ledger::{Entry, EntryKind, Node},
    kernel::{CaseId, EntryId, FactId, Hours, LearnerId, PolicyId},
    policy::{CategoryCode, Fulfils, Policy, RuleBook, Rules},
    recognition::{Listing, ReasonKind},
    registry::{Dated, EmploymentKind, LearnerFacts, PlaceLevel, PlaceNode, PlaceTree, Post},
};
use std::collections::BTreeMap;
use time::{Date, OffsetDateTime, macros::date, macros::datetime};
use uuid::Uuid;

const NOW: OffsetDateTime = datetime!(2021-06-15 04:00 UTC);
const TODAY: Date = date!(2021 - 06 - 15);

fn rules(place: &str, year: i32, list_by: &str) -> Policy {
    let text = format!(
        r#"format = 1
document.notice = {{ number = "示例〔{year}〕1号", title = "示例通知", issuer = "示例厅" }}
policy = {{ place = "{place}", year = {year}, title = "示例", cite = "notice 标题" }}
year = {{ closes_on = {year}-12-31, cite = "notice 一" }}
unit = {{ name = "学时", cite = "notice 一" }}
category = [
  {{ code = "public", name = "公需科目", min = 10, cite = "notice 二" }},
  {{ code = "professional", name = "专业科目", min = 30, cite = "notice 二" }},
]
total = {{ min = 40, cite = "notice 一" }}
[[exemption]]
kind = "front_line"
name = "示例"
who = {{ series = ["卫生"] }}
fulfils = "everything_year"
years = [{year}]
list_by = "{list_by}"
cite = "notice 三"
"#
    );
    Policy {
        id: PolicyId::from_uuid(Uuid::now_v7()),
        number: 1,
        published_at: NOW,
        source_hash: String::new(),
        rules: Rules::parse(&text).unwrap(),
    }
}

/// 610000 and 630000 below the nation: the one with rules of 2020 and 2021, the other with rules of 2020 whose lists are another's.
fn book() -> RuleBook {
    let node = |code: &str, parent: Option<&str>, level| PlaceNode {
        code: code.parse().unwrap(),
        name: code.to_owned(),
        parent: parent.map(|parent| parent.parse().unwrap()),
        level,
    };
    let nodes = vec![
        node("000000", None, PlaceLevel::Nation),
        node("610000", Some("000000"), PlaceLevel::Province),
        node("630000", Some("000000"), PlaceLevel::Province),
    ];
    let published = vec![rules("610000", 2020, "甲委"), rules("610000", 2021, "甲委"), rules("630000", 2020, "乙委")];
    RuleBook::new(PlaceTree::new(nodes, Vec::new()).unwrap(), published)
}

fn learner(place: &str, series: &str) -> LearnerFacts {
    fn fact<T>(value: T) -> Dated<T> {
        Dated { value, from_on: date!(2010 - 01 - 01), recorded_at: NOW, fact_id: FactId::from_uuid(Uuid::nil()) }
    }
    let post = Post { series: Some(series.to_owned()), level: None, employment_kind: EmploymentKind::Permanent };
    LearnerFacts {
        places: vec![fact(place.parse().unwrap())],
        posts: vec![fact(post)],
        ..LearnerFacts::nothing_of(LearnerId::from_uuid(Uuid::nil()))
    }
}

fn roll(number: u128) -> CaseId {
    CaseId::from_uuid(Uuid::from_u128(number))
}

fn said(of: CaseId) -> Said<'static> {
    Said { roll: of, at: NOW, by: "officer:li" }
}

fn new_id() -> EntryId {
    EntryId::from_uuid(Uuid::now_v7())
}

/// What becomes of an item by the first roll.
fn decided(learner: &LearnerFacts, entries: &[Entry], item: Item<'_>) -> Decided {
    let book = book();
    let person = Person { book: &book, learner, entries, today: TODAY };
    decide(&person, item, &said(roll(1)), &mut new_id)
}

fn met(year: i32) -> PastYear {
    PastYear { year, stated: Stated::Met }
}

fn hours(year: i32, of: &[(&str, i64)]) -> PastYear {
    let of = of.iter().map(|(category, hours)| (CategoryCode::new(*category), Hours::whole(*hours)));
    PastYear { year, stated: Stated::Hours(of.collect::<BTreeMap<_, _>>()) }
}

fn written(decided: Decided) -> Vec<Entry> {
    match decided {
        Decided::Written(lines) => lines,
        other => panic!("{other:?}"),
    }
}

fn refused(decided: Decided) -> Vec<Reason> {
    match decided {
        Decided::Refused(reasons) => reasons,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_year_without_rules_is_attested_as_met_by_a_line_that_names_no_rules() {
    let lines = written(decided(&learner("610000", "会计"), &[], Item::PastYear(&met(2018))));
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((line.year, line.category.as_str(), line.hours), (2018, Node::TOTAL, Hours::ZERO));
    assert_eq!((line.fulfils(), line.policy, line.decision_number), (Some(Fulfils::EverythingYear), None, Some(1)));
}

#[test]
fn hours_are_a_line_each_category_and_name_the_rules_of_a_closed_year() {
    let lines = written(decided(
        &learner("610000", "会计"),
        &[],
        Item::PastYear(&hours(2020, &[("public", 12), ("professional.clinic", 30)])),
    ));
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.policy.is_some() && line.fulfils().is_none()));
}

#[test]
fn a_year_is_attested_from_the_day_after_it_has_closed_and_never_before() {
    let person = learner("610000", "会计");
    assert_eq!(refused(decided(&person, &[], Item::PastYear(&met(2021)))), [Reason::YearNotOver { year: 2021 }]);
    let _ = written(decided(&person, &[], Item::PastYear(&met(2020))));
    let late = rules("610000", 2019, "甲委");
    let mut open = late.clone();
    for (closes_on, refuses) in [(TODAY, true), (date!(2021 - 06 - 14), false)] {
        open.rules.year.closes_on = Some(closes_on);
        let tree = PlaceTree::new(book().places().nodes().to_vec(), Vec::new()).unwrap();
        let book = RuleBook::new(tree, vec![open.clone()]);
        let asked = Person { book: &book, learner: &person, entries: &[], today: TODAY };
        let found = decide(&asked, Item::PastYear(&met(2019)), &said(roll(1)), &mut new_id);
        assert_eq!(matches!(found, Decided::Refused(_)), refuses, "{closes_on}: {found:?}");
    }
}

#[test]
fn a_category_must_be_one_of_the_years_rules_or_of_any_where_it_has_none() {
    for year in [2018, 2020] {
        let reasons = refused(decided(
            &learner("610000", "会计"),
            &[],
            Item::PastYear(&hours(year, &[("public", 1), ("sport", 2)])),
        ));
        let known = vec![CategoryCode::new("professional"), CategoryCode::new("public")];
        assert_eq!(reasons, [Reason::CategoryUnknown { category: CategoryCode::new("sport"), known }]);
    }
}

#[test]
fn the_same_again_changes_nothing_and_other_content_is_a_conflict_that_names_the_fields() {
    let person = learner("610000", "会计");
    let first = hours(2018, &[("public", 24)]);
    let lines = written(decided(&person, &[], Item::PastYear(&first)));
    assert_eq!(decided(&person, &lines, Item::PastYear(&first)), Decided::Unchanged);
    for (other, fields) in [
        (hours(2018, &[("public", 25)]), &["hours"][..]),
        (hours(2018, &[("public", 24), ("professional", 1)]), &["hours"]),
        (met(2018), &["met", "hours"]),
    ] {
        assert_eq!(decided(&person, &lines, Item::PastYear(&other)), Decided::Otherwise(fields));
    }
    assert_eq!(written(decided(&person, &lines, Item::PastYear(&met(2017))))[0].decision_number, Some(2));
}

#[test]
fn hours_of_a_category_include_those_of_its_parts_and_what_has_none_has_no_line() {
    let amounts = |of: &[(&str, i64)]| -> Vec<(String, i64)> {
        let amounts = hours(2018, of).stated.amounts().into_iter();
        amounts.map(|(category, hours, _)| (category.to_string(), hours.hundredths() / 100)).collect()
    };
    let own = |of: &[(&str, i64)]| of.iter().map(|(code, hours)| ((*code).to_owned(), *hours)).collect::<Vec<_>>();
    let said = [("public", 24), ("public.required", 8), ("professional", 30)];
    assert_eq!(amounts(&said), own(&[("professional", 30), ("public", 16), ("public.required", 8)]));
    assert_eq!(amounts(&[("public", 8), ("public.required", 8)]), own(&[("public.required", 8)]));
    // A part of a part is told by the part.
    let deep = [("public", 24), ("public.required", 8), ("public.required.law", 3)];
    assert_eq!(amounts(&deep), own(&[("public", 16), ("public.required", 5), ("public.required.law", 3)]));
    assert_eq!(amounts(&[("public.required", 8), ("professional", 0)]), own(&[("public.required", 8)]));
    let less =
        |of: &[(&str, i64)]| hours(2018, of).stated.less_than_parts().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!((less(&[("public", 8), ("public.required", 8)]), less(&said)), (Vec::<String>::new(), Vec::new()));
    assert_eq!(less(&[("public", 7), ("public.required", 8)]), ["public"]);
}

#[test]
fn what_another_roll_says_is_taken_back_first() {
    let person = learner("610000", "会计");
    let lines = written(decided(&person, &[], Item::PastYear(&met(2018))));
    let book = book();
    let asked = Person { book: &book, learner: &person, entries: &lines, today: TODAY };
    let by_another = decide(&asked, Item::PastYear(&met(2018)), &said(roll(2)), &mut new_id);
    assert_eq!(by_another, Decided::OnAnother(roll(1)));
    let back = lines[0].reversal(new_id(), "removed_from_roll", NOW, "officer:li");
    let entries = [lines[0].clone(), back];
    assert_eq!(standing_on(roll(1), &entries).count(), 0);
    // Said anew by the same roll it has a later number, so that no decision grants the same twice.
    let again = written(decided(&person, &entries, Item::PastYear(&met(2018))));
    assert_eq!((again[0].decision_number, again[0].kind), (Some(2), EntryKind::Credit));
}

fn listed(year: i32, list_by: &str) -> Listed {
    Listed { listing: Listing { kind: "front_line".to_owned(), year }, list_by: list_by.to_owned() }
}

#[test]
fn who_stands_on_the_authoritys_list_has_met_the_year_and_nobody_else() {
    let nurse = learner("610000", "卫生");
    let lines = written(decided(&nurse, &[], Item::Listed(&listed(2020, "甲委"))));
    let ground = lines[0].ground.clone().unwrap();
    assert_eq!((ground.achievement.as_deref(), ground.fulfils), (Some("front_line"), Some(Fulfils::EverythingYear)));
    assert_eq!(decided(&nurse, &lines, Item::Listed(&listed(2020, "甲委"))), Decided::Unchanged);
    let kinds = |decided| -> Vec<ReasonKind> {
        let plain = |reason| match reason {
            Reason::NotExempt(reason) => reason.kind,
            other => panic!("{other:?}"),
        };
        refused(decided).into_iter().map(plain).collect()
    };
    let teacher = decided(&learner("610000", "教师"), &[], Item::Listed(&listed(2020, "甲委")));
    assert_eq!(kinds(teacher), [ReasonKind::NotForThem]);
    for year in [2019, 2022] {
        let found = kinds(decided(&nurse, &[], Item::Listed(&listed(year, "甲委"))));
        assert_eq!(found, [ReasonKind::NoRuleForYear { year }]);
    }
    let elsewhere = refused(decided(&learner("630000", "卫生"), &[], Item::Listed(&listed(2020, "甲委"))));
    assert_eq!(elsewhere, [Reason::ListOfAnother { list_by: "乙委".to_owned() }]);
}
