//! Which years an exception can be granted for, on both sides of every border, and what it makes of them.

use super::*;
use crate::{
    hour_ledger::{Basis, Entry, Question, StandingReason, Verdict, standing},
    kernel::{CaseId, EntryId, FactId, Hours, LearnerId, PolicyId},
    policy::{
        CategoryCode, Policy, RuleBook, Rules,
        shape::{MakeUp, MakeUpMode},
    },
    registry::{Dated, LearnerFacts, PlaceLevel, PlaceNode, PlaceTree},
    roll::{Said, Stated},
};
use time::{Date, OffsetDateTime, macros::date, macros::datetime};
use uuid::Uuid;

const NOW: OffsetDateTime = datetime!(2021-06-15 04:00 UTC);
const TODAY: Date = date!(2021 - 06 - 15);

/// Somebody of the place whose rules name an office, and of one whose rules name none.
const NAMED: &str = "341882";
const UNNAMED: &str = "630000";

fn rules(place: &str, year: i32, make_up: &str) -> Policy {
    let text = format!(
        r#"format = 1
document.notice = {{ number = "示例〔{year}〕1号", title = "示例通知", issuer = "示例厅" }}
policy = {{ place = "{place}", year = {year}, title = "示例", cite = "notice 标题" }}
year = {{ closes_on = {year}-12-31, cite = "notice 一" }}
unit = {{ name = "学时", cite = "notice 一" }}
category = [
  {{ code = "public", name = "公需科目", min = 30, choose = 1, subjects_only = true, cite = "notice 二" }},
  {{ code = "professional", name = "专业科目", min = 60, cite = "notice 二" }},
]
subject = [{{ code = "new-ideas", title = "新思想", category = "public", hours = 30, cite = "notice 二" }}]
total = {{ min = 90, cite = "notice 一" }}
make_up = [{{ mode = "none", years_to = {}, cite = "notice 三", {make_up} }}]
"#,
        year - 1
    );
    Policy {
        id: PolicyId::from_uuid(Uuid::now_v7()),
        number: 1,
        published_at: NOW,
        source_hash: String::new(),
        rules: Rules::parse(&text).unwrap_or_else(|faults| panic!("{faults:#?}")),
    }
}

/// Rules of 2020 in both places; none for 2019.
fn book() -> RuleBook {
    let node = |code: &str, parent: Option<&str>, level| PlaceNode {
        code: code.parse().unwrap(),
        name: code.to_owned(),
        parent: parent.map(|parent| parent.parse().unwrap()),
        level,
    };
    let nodes = vec![
        node("000000", None, PlaceLevel::Nation),
        node(NAMED, Some("000000"), PlaceLevel::Province),
        node(UNNAMED, Some("000000"), PlaceLevel::Province),
    ];
    let published = vec![rules(NAMED, 2020, "exception_by = \"专技科\""), rules(UNNAMED, 2020, "")];
    RuleBook::new(PlaceTree::new(nodes, Vec::new()).unwrap(), published)
}

fn learner(place: &str) -> LearnerFacts {
    let place = Dated {
        value: place.parse().unwrap(),
        from_on: date!(2010 - 01 - 01),
        recorded_at: NOW,
        fact_id: FactId::from_uuid(Uuid::nil()),
    };
    LearnerFacts { places: vec![place], ..LearnerFacts::nothing_of(LearnerId::from_uuid(Uuid::nil())) }
}

fn hours(of: &[(&str, i64)]) -> Stated {
    Stated::Hours(of.iter().map(|(code, hours)| (CategoryCode::new(*code), Hours::whole(*hours))).collect())
}

struct World {
    book: RuleBook,
    learner: LearnerFacts,
    entries: Vec<Entry>,
}

impl World {
    fn of(place: &str) -> Self {
        Self { book: book(), learner: learner(place), entries: Vec::new() }
    }

    fn judged(&self, year: i32, stated: &Stated, today: Date) -> Result<Possible, Vec<ReasonKind>> {
        let Self { book, learner, entries } = self;
        let judged = judge(&Asked { book, learner, entries, year, stated, today });
        judged.map_err(|reasons| reasons.into_iter().map(|reason| reason.kind).collect())
    }

    /// Grants it, by another case each time.
    fn granted(&mut self, year: i32, stated: &Stated) {
        let said = Said { roll: CaseId::from_uuid(Uuid::now_v7()), at: NOW, by: "officer:li" };
        let possible = self.judged(year, stated, TODAY).unwrap();
        let new_id = &mut || EntryId::from_uuid(Uuid::now_v7());
        self.entries.extend(possible.lines((self.learner.id, year, stated), (&said, 2), new_id));
    }

    fn standing(&self, year: i32) -> (Verdict, Vec<StandingReason>) {
        let Self { book, learner, entries } = self;
        let answer = standing(&Question { book, learner, year, entries, today: TODAY, known_at: None });
        (answer.verdict, answer.reasons)
    }
}

#[test]
fn a_missed_year_is_met_by_exception_which_names_the_office_and_the_clause() {
    let mut world = World::of(NAMED);
    assert_eq!(world.standing(2020).0, Verdict::Unmet);
    world.granted(2020, &Stated::Met);
    let (verdict, reasons) = world.standing(2020);
    let [StandingReason::ByException { by, office, cite }] = reasons.as_slice() else { panic!("{reasons:?}") };
    assert_eq!((verdict, by.as_slice(), office.as_deref()), (Verdict::Met, &[world.entries[0].id][..], Some("专技科")));
    assert_eq!(cite[0].clause, "三");
    let missed = ReasonKind::YearNotMissed { year: 2020, verdict: Verdict::Met };
    assert_eq!(world.judged(2020, &Stated::Met, TODAY).unwrap_err(), [missed], "nothing is left to grant");
}

#[test]
fn hours_granted_add_to_the_others_and_stand_for_the_subjects() {
    let mut world = World::of(NAMED);
    world.granted(2020, &hours(&[("public", 30), ("professional", 59)]));
    assert_eq!(world.standing(2020).0, Verdict::Unmet, "one hour short");
    world.granted(2020, &hours(&[("professional", 1)]));
    assert_eq!(world.standing(2020).0, Verdict::Met);
    assert!(world.entries.iter().all(|line| line.is_by_exception() && line.policy.is_some()));
}

#[test]
fn what_is_granted_is_beside_what_an_office_attests() {
    let mut world = World::of(NAMED);
    world.granted(2020, &hours(&[("public", 30), ("professional", 20)]));
    let mut attested = world.entries.last().unwrap().clone();
    attested.id = EntryId::from_uuid(Uuid::now_v7());
    (attested.category, attested.hours) = (CategoryCode::new("professional"), Hours::whole(40));
    attested.ground = attested.ground.map(|ground| crate::hour_ledger::Ground { basis: Basis::Attestation, ..ground });
    world.entries.push(attested);
    assert_eq!(world.standing(2020).0, Verdict::Met);
}

#[test]
fn a_year_without_rules_rests_on_later_ones_that_reach_it() {
    let mut world = World::of(NAMED);
    assert_eq!(world.standing(2019).0, Verdict::NoRuleInForce);
    let of_2020 = world.judged(2019, &Stated::Met, TODAY).unwrap().provision;
    assert_eq!((of_2020.policy.rules.policy.first_year(), of_2020.office.as_str()), (2020, "专技科"));
    world.granted(2019, &Stated::Met);
    let (verdict, reasons) = world.standing(2019);
    assert_eq!(verdict, Verdict::Met);
    assert!(matches!(
        &reasons[..],
        [StandingReason::NoRule { .. }, StandingReason::ByException { office: Some(_), .. }]
    ));
    // By no rules of the year hours would count for nothing.
    world.entries.clear();
    let refused = world.judged(2019, &hours(&[("professional", 60)]), TODAY).unwrap_err();
    assert_eq!(refused, [ReasonKind::HoursWithoutRules { year: 2019 }]);
    // Of a year after them they say nothing.
    let refused = world.judged(2021, &Stated::Met, date!(2022 - 06 - 15)).unwrap_err();
    assert_eq!(refused, [ReasonKind::NoExceptionProvided { year: 2021, make_up: None }]);
}

#[test]
fn of_several_provisions_that_reach_a_year_the_one_that_names_an_office_speaks() {
    let mut of_2020 = rules(NAMED, 2020, "exception_by = \"专技科\"");
    let silent = MakeUp { exception_by: None, ..of_2020.rules.make_up[0].clone() };
    of_2020.rules.make_up.insert(0, silent);
    let named = World::of(NAMED);
    let world = World { book: RuleBook::new(named.book.places().clone(), vec![of_2020]), ..named };
    for year in [2019, 2020] {
        assert_eq!(world.judged(year, &Stated::Met, TODAY).unwrap().provision.office, "专技科", "{year}");
    }
}

#[test]
fn rules_that_name_no_office_grant_none_and_say_so_with_their_clause() {
    let world = World::of(UNNAMED);
    for year in [2019, 2020] {
        let (book, learner, entries) = (&world.book, &world.learner, &world.entries[..]);
        let refused = judge(&Asked { book, learner, entries, year, stated: &Stated::Met, today: TODAY }).unwrap_err();
        assert_eq!(refused[0].kind, ReasonKind::NoExceptionProvided { year, make_up: Some(MakeUpMode::None) });
        assert_eq!((refused.len(), refused[0].cite[0].clause.as_str()), (1, "三"));
    }
}

#[test]
fn a_year_is_left_to_its_rules_through_its_last_day_and_no_longer() {
    let world = World::of(NAMED);
    let last = date!(2020 - 12 - 31);
    let open = world.judged(2020, &Stated::Met, last).unwrap_err();
    assert_eq!(open, [ReasonKind::YearOpen { year: 2020, until: last }]);
    assert!(world.judged(2020, &Stated::Met, last.next_day().unwrap()).is_ok());
    // One without rules is over with the calendar year.
    let last = date!(2019 - 12 - 31);
    let open = world.judged(2019, &Stated::Met, last).unwrap_err();
    assert!(open.contains(&ReasonKind::YearOpen { year: 2019, until: last }), "{open:?}");
    assert!(world.judged(2019, &Stated::Met, last.next_day().unwrap()).is_ok());
}

#[test]
fn everything_against_it_is_said_at_once() {
    let world = World::of(UNNAMED);
    let known = vec![CategoryCode::new("professional"), CategoryCode::new("public")];
    let refused = world.judged(2020, &hours(&[("elective", 1), ("public.required", 1)]), date!(2020 - 06 - 15));
    assert_eq!(
        refused.unwrap_err(),
        [
            ReasonKind::NoExceptionProvided { year: 2020, make_up: Some(MakeUpMode::None) },
            ReasonKind::YearOpen { year: 2020, until: date!(2020 - 12 - 31) },
            ReasonKind::CategoryUnknown { category: CategoryCode::new("elective"), known },
        ]
    );
}
