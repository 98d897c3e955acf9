//! A place with rules for some years, one person in it, and lines of the person's ledger.

use domain::{
    hour_ledger::{Basis, Entry, EntryKind, Ground, Question, Standing, Transfer, standing},
    kernel::{CHINA, CaseId, EntryId, FactId, Hours, LearnerId, PlaceCode, PolicyId},
    policy::{CategoryCode, Fulfils, Policy, RuleBook, Rules},
    registry::{Dated, EmploymentKind, LearnerFacts, Level, PlaceLevel, PlaceNode, PlaceTree, Post},
};
use std::collections::BTreeMap;
use time::{
    Date, OffsetDateTime,
    macros::{date, datetime},
};
use uuid::Uuid;

/// The year of the applications and of the surplus.
pub(crate) const YEAR: i32 = 2020;
pub(crate) const BEGAN: Date = date!(2010 - 01 - 01);

/// The rules of a year: a tree with a part and a maximum, and a total that asks for more than its categories do.
pub(crate) fn rules(year: i32, more: &str) -> Rules {
    let tree = r#"
  { code = "public", name = "公需科目", min = 2, cite = "notice 二" },
  { code = "public.required", name = "必修", min = 1, cite = "notice 二" },
  { code = "professional", name = "专业科目", min = 4, max = 12, cite = "notice 二" },
"#;
    rules_with(year, (tree, 7), more)
}

/// The rules of a year with this tree, and so much in total.
pub(crate) fn rules_with(year: i32, (tree, total): (&str, u32), more: &str) -> Rules {
    let text = format!(
        r#"format = 1
document.notice = {{ number = "示例〔{year}〕1号", title = "示例通知", issuer = "示例厅" }}
policy = {{ place = "630000", year = {year}, title = "示例", cite = "notice 标题" }}
year = {{ closes_on = {year}-12-31, cite = "notice 一" }}
unit = {{ name = "学时", cite = "notice 一" }}
category = [{tree}]
total = {{ min = {total}, cite = "notice 一" }}
{more}
"#
    );
    Rules::parse(&text).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

pub(crate) fn book(all: Vec<Rules>) -> RuleBook {
    let place: PlaceCode = "630000".parse().unwrap();
    let root = PlaceNode { code: place, name: "示例".to_owned(), parent: None, level: PlaceLevel::Nation };
    let policy = |(index, rules): (usize, Rules)| Policy {
        id: PolicyId::from_uuid(Uuid::from_u128(index as u128)),
        number: 1,
        published_at: datetime!(2010-01-01 00:00 UTC),
        source_hash: String::new(),
        rules,
    };
    RuleBook::new(PlaceTree::new(vec![root], Vec::new()).unwrap(), all.into_iter().enumerate().map(policy).collect())
}

fn fact<T>(value: T, from_on: Date) -> Dated<T> {
    Dated { value, from_on, recorded_at: OffsetDateTime::UNIX_EPOCH, fact_id: FactId::from_uuid(Uuid::nil()) }
}

fn post(series: Option<&str>) -> Post {
    let series = series.map(str::to_owned);
    Post { series, level: Some(Level::Assistant), employment_kind: EmploymentKind::Permanent }
}

/// Someone whose first known post begins on a day.
pub(crate) fn learner(since: Date) -> LearnerFacts {
    LearnerFacts {
        places: vec![fact("630000".parse().unwrap(), BEGAN)],
        posts: vec![fact(post(None), since)],
        ..LearnerFacts::nothing_of(LearnerId::from_uuid(Uuid::nil()))
    }
}

/// Someone who went over from one series to another on a day.
pub(crate) fn changing(first: &str, then: &str, on: Date) -> LearnerFacts {
    LearnerFacts { posts: vec![fact(post(Some(first)), BEGAN), fact(post(Some(then)), on)], ..learner(BEGAN) }
}

pub(crate) fn id(number: u128) -> EntryId {
    EntryId::from_uuid(Uuid::from_u128(number))
}

/// Hours of a category, finished on a day of the year in which they count.
pub(crate) fn line(number: u128, category: &str, hours: i64, completed_on: Date) -> Entry {
    let completed_at = completed_on.midnight().assume_offset(CHINA);
    Entry {
        id: id(number),
        learner: LearnerId::from_uuid(Uuid::nil()),
        kind: EntryKind::Credit,
        year: completed_on.year(),
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
        completed_at,
        ground: None,
        policy: None,
        review: Vec::new(),
        reverses: None,
        reason_code: None,
        recorded_at: completed_at,
        recorded_by: "law".to_owned(),
    }
}

/// That an office attests a year as met.
pub(crate) fn attested(number: u128, year: i32) -> Entry {
    let day = Date::from_calendar_date(year, time::Month::June, 1).unwrap();
    let ground = Ground {
        basis: Basis::Attestation,
        case: CaseId::from_uuid(Uuid::nil()),
        achievement: None,
        fulfils: Some(Fulfils::EverythingYear),
        drawn: None,
    };
    Entry { ground: Some(ground), ..line(number, "total", 0, day) }
}

/// The lines that a proposal adds to a ledger.
pub(crate) fn recorded(entries: &[Entry], transfers: &[Transfer]) -> Vec<Entry> {
    let from: BTreeMap<EntryId, &Entry> = entries.iter().map(|entry| (entry.id, entry)).collect();
    let one = |(number, transfer): (usize, &Transfer)| {
        let source = from[&transfer.line];
        let ground = Ground {
            basis: Basis::Surplus,
            case: CaseId::from_uuid(Uuid::nil()),
            achievement: None,
            fulfils: None,
            drawn: Some(domain::hour_ledger::Drawn { year: source.year, line: source.id }),
        };
        Entry {
            id: id(5_000 + number as u128),
            year: transfer.year,
            hours: transfer.hours,
            ground: Some(ground),
            ..source.clone()
        }
    };
    transfers.iter().enumerate().map(one).collect()
}

pub(crate) fn standing_of(
    book: &RuleBook,
    learner: &LearnerFacts,
    entries: &[Entry],
    year: i32,
    today: Date,
) -> Standing {
    standing(&Question { book, learner, year, entries, today, known_at: None })
}
