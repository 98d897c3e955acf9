//! Whose year can be verified, what stands of it, and what an application makes of the day.

use super::*;
use crate::{
    hour_ledger::{
        Allows, Application, Basis, Entry, EntryKind, Ground, Question, UseReason, Verified, YearIs, eligibility,
        standing,
    },
    kernel::{CaseId, EntryId, FactId, Hours, LearnerId, PolicyId},
    policy::{CategoryCode, Policy, RuleBook, Rules, shape::Purpose},
    registry::{Dated, EmploymentKind, LearnerFacts, PlaceLevel, PlaceNode, PlaceTree, Post},
};
use time::{Date, OffsetDateTime, macros::date, macros::datetime};
use uuid::Uuid;

const NOW: OffsetDateTime = datetime!(2020-09-10 04:00 UTC);
const TODAY: Date = date!(2020 - 09 - 10);

/// A place whose rules of 2020 have an employer's batch, and one whose rules have none.
const PLACE: &str = "341882";
const OTHER: &str = "630000";

const ROUTE: &str = r#"route = [{ subject = "employer_batch", submitters = ["用人单位"], filed_by = ["employer"], step = [{ office = "专技科", seat = ["county"], act = "verifies" }], cite = "notice 三" }]
date = [{ subject = "verification", from = 2020-07-01, by = 2020-09-30, cite = "notice 四" }, { subject = "verification", cite = "notice 四" }]"#;

fn rules(place: &str, more: &str) -> Policy {
    let text = format!(
        r#"format = 1
document.notice = {{ number = "示例〔2020〕1号", title = "示例通知", issuer = "示例厅" }}
policy = {{ place = "{place}", year = 2020, title = "示例", cite = "notice 标题" }}
year = {{ closes_on = 2020-12-31, cite = "notice 一" }}
unit = {{ name = "学时", cite = "notice 一" }}
category = [
  {{ code = "public", name = "公需科目", min = 30, cite = "notice 二" }},
  {{ code = "professional", name = "专业科目", min = 60, cite = "notice 二" }},
]
total = {{ min = 100, cite = "notice 一" }}
scope = [{{ standing = "out", who = {{ series = ["会计"] }}, authority = "财政部门", cite = "notice 五" }}]
window = [{{ purpose = "title_review", years = 1, includes_application_year = true, need = "every_year", verified_by = 2020-09-30, cite = "notice 四" }}]
{more}
"#
    );
    Policy {
        id: PolicyId::from_uuid(Uuid::now_v7()),
        number: 1,
        published_at: NOW,
        source_hash: String::new(),
        rules: Rules::parse(&text).unwrap_or_else(|faults| panic!("{faults:#?}")),
    }
}

fn book() -> RuleBook {
    let node = |code: &str, parent: Option<&str>, level| PlaceNode {
        code: code.parse().unwrap(),
        name: code.to_owned(),
        parent: parent.map(|parent| parent.parse().unwrap()),
        level,
    };
    let nodes = vec![
        node("000000", None, PlaceLevel::Nation),
        node(PLACE, Some("000000"), PlaceLevel::Province),
        node(OTHER, Some("000000"), PlaceLevel::Province),
    ];
    RuleBook::new(PlaceTree::new(nodes, Vec::new()).unwrap(), vec![rules(PLACE, ROUTE), rules(OTHER, "")])
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

/// Hours of a category, as an office attests them.
fn line(category: &str, hours: i64, recorded_at: OffsetDateTime) -> Entry {
    let ground = Ground {
        basis: Basis::Attestation,
        case: CaseId::from_uuid(Uuid::now_v7()),
        achievement: None,
        fulfils: None,
        drawn: None,
    };
    Entry {
        id: EntryId::from_uuid(Uuid::now_v7()),
        learner: LearnerId::from_uuid(Uuid::nil()),
        kind: EntryKind::Credit,
        year: 2020,
        place: PLACE.parse().unwrap(),
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
        completed_at: datetime!(2020-06-01 04:00 UTC),
        ground: Some(ground),
        policy: None,
        review: Vec::new(),
        reverses: None,
        reason_code: None,
        recorded_at,
        recorded_by: String::new(),
    }
}

fn lines(of: &[(&str, i64)]) -> Vec<Entry> {
    of.iter().map(|(category, hours)| line(category, *hours, NOW)).collect()
}

fn judged(learner: &LearnerFacts, entries: &[Entry], year: i32) -> Result<(), Vec<Reason>> {
    judge(&Asked { book: &book(), learner, entries, year, today: TODAY }).map(|_| ())
}

fn kinds(judged: Result<(), Vec<Reason>>) -> Vec<ReasonKind> {
    judged.unwrap_err().into_iter().map(|reason| reason.kind).collect()
}

fn lacking(category: &str, name: Option<&str>, [required, registered, short]: [i64; 3]) -> ReasonKind {
    ReasonKind::CategoryNotRegistered {
        category: CategoryCode::new(category),
        name: name.map(str::to_owned),
        required: Hours::whole(required),
        registered: Hours::whole(registered),
        short: Hours::whole(short),
    }
}

#[test]
fn a_year_can_be_verified_once_every_category_is_registered_and_not_an_hour_before() {
    let learner = learner(PLACE);
    judged(&learner, &lines(&[("public", 40), ("professional", 60)]), 2020).unwrap();
    let public = lacking("public", Some("公需科目"), [30, 29, 1]);
    let professional = lacking("professional", Some("专业科目"), [60, 59, 1]);
    let reasons = judged(&learner, &lines(&[("public", 29), ("professional", 59)]), 2020).unwrap_err();
    assert!(reasons.iter().all(|reason| reason.cite[0].clause == "三"), "by the clause of the batch: {reasons:?}");
    assert_eq!(kinds(Err(reasons)), [public.clone(), professional]);
    let one = judged(&learner, &lines(&[("public", 29), ("professional", 71)]), 2020);
    assert_eq!(kinds(one), [public], "what is beyond the need of one category is not the other's");
    let whole = judged(&learner, &lines(&[("public", 30), ("professional", 60)]), 2020);
    assert_eq!(kinds(whole), [lacking("total", None, [100, 90, 10])], "each is there, and not enough together");
}

#[test]
fn rules_that_have_no_batch_and_a_year_without_rules_say_so() {
    let enough = lines(&[("public", 40), ("professional", 60)]);
    let of_other = judged(&learner(OTHER), &enough, 2020).unwrap_err();
    assert_eq!(of_other[0].cite[0].clause, "一");
    assert_eq!(kinds(Err(of_other)), [ReasonKind::NoBatchProvided { year: 2020 }]);
    assert_eq!(kinds(judged(&learner(PLACE), &enough, 2019)), [ReasonKind::NoRuleInForce { year: 2019 }]);
    let nowhere = LearnerFacts::nothing_of(LearnerId::from_uuid(Uuid::nil()));
    assert_eq!(kinds(judged(&nowhere, &enough, 2020)), [ReasonKind::NoRuleInForce { year: 2020 }]);
}

#[test]
fn whoever_the_rules_do_not_bind_has_nothing_to_be_verified() {
    let post = |series: &str| Dated {
        value: Post { series: Some(series.to_owned()), level: None, employment_kind: EmploymentKind::Permanent },
        from_on: date!(2010 - 01 - 01),
        recorded_at: NOW,
        fact_id: FactId::from_uuid(Uuid::nil()),
    };
    let of = |series| LearnerFacts { posts: vec![post(series)], ..learner(PLACE) };
    let enough = lines(&[("public", 40), ("professional", 60)]);
    let out = judged(&of("会计"), &enough, 2020).unwrap_err();
    assert_eq!(out[0].cite[0].clause, "五");
    assert_eq!(kinds(Err(out)), [ReasonKind::NotBound { year: 2020 }]);
    judged(&of("教师"), &enough, 2020).unwrap();
}

const FIRST: OffsetDateTime = datetime!(2020-09-01 04:00 UTC);
const LATER: OffsetDateTime = datetime!(2020-09-02 04:00 UTC);

fn step(case: u128, kind: StepKind, at: OffsetDateTime) -> Step {
    Step { case: CaseId::from_uuid(Uuid::from_u128(case)), year: 2020, kind, at, office: Some("专技科".to_owned()) }
}

fn cases(steps: &[Step], known_at: Option<OffsetDateTime>) -> Vec<(u128, Date)> {
    verified(steps, known_at).iter().map(|one| (one.case.as_uuid().as_u128(), one.on)).collect()
}

#[test]
fn a_verification_stands_from_its_moment_until_it_is_taken_back() {
    let steps = [step(1, StepKind::Verified, FIRST), step(1, StepKind::Annulled, LATER)];
    let moment = time::Duration::microseconds(1);
    assert_eq!(cases(&steps, Some(FIRST - moment)), []);
    assert_eq!(cases(&steps, Some(FIRST)), [(1, date!(2020 - 09 - 01))]);
    assert_eq!(cases(&steps, Some(LATER - moment)), [(1, date!(2020 - 09 - 01))]);
    assert_eq!(cases(&steps, Some(LATER)), []);
    assert_eq!(cases(&steps, None), []);
    // A day is one in China.
    assert_eq!(
        cases(&[step(1, StepKind::Verified, datetime!(2020-09-30 16:00 UTC))], None)[0].1,
        date!(2020 - 10 - 01)
    );
}

#[test]
fn of_two_verifications_of_joined_files_the_earlier_one_that_stands_is_told_in_whatever_order() {
    let (first, later) = (step(2, StepKind::Verified, FIRST), step(1, StepKind::Verified, LATER));
    let annulled = step(2, StepKind::Annulled, LATER);
    for steps in [[first.clone(), later.clone()], [later.clone(), first.clone()]] {
        assert_eq!(cases(&steps, None), [(2, date!(2020 - 09 - 01))]);
    }
    assert_eq!(cases(&[annulled.clone(), first.clone(), later.clone()], None), [(1, date!(2020 - 09 - 02))]);
    let of_2019 = Step { year: 2019, ..later };
    assert_eq!(verified(&[first, of_2019], None).iter().map(|one| one.year).collect::<Vec<_>>(), [2019, 2020]);
}

/// A case of 2020 that was handed in.
fn handed_in(case: u128, at: OffsetDateTime, waits: bool) -> HandedIn {
    HandedIn { case: CaseId::from_uuid(Uuid::from_u128(case)), year: 2020, at, waits }
}

#[test]
fn what_became_of_a_year_that_is_not_verified_is_told_as_it_was_known() {
    let case = |number| CaseId::from_uuid(Uuid::from_u128(number));
    let (since, on) = (date!(2020 - 09 - 01), date!(2020 - 09 - 02));
    let moment = time::Duration::microseconds(1);
    let waits = UnverifiedKind::AwaitsVerification { case_id: case(1), since };
    let refused = UnverifiedKind::VerificationRefused { case_id: case(1), on };
    let (once, no) = (handed_in(1, FIRST, false), step(1, StepKind::Refused, LATER));
    let told = |known_at| last_try(2020, &[once], std::slice::from_ref(&no), known_at);
    assert_eq!(told(Some(FIRST - moment)), UnverifiedKind::NotHandedIn);
    assert_eq!([FIRST, LATER - moment].map(|at| told(Some(at))), [waits; 2]);
    assert_eq!([Some(LATER), None].map(told), [refused; 2]);
    let revoked = UnverifiedKind::VerificationRevoked { case_id: case(1), on };
    let taken_back = [step(1, StepKind::Verified, LATER), step(1, StepKind::Annulled, LATER)];
    assert_eq!(last_try(2020, &[once], &taken_back, None), revoked, "be it at one moment");
    // The latest counts, whatever the order, and what waits before what was decided.
    let again = step(2, StepKind::Refused, LATER + moment);
    let latest = UnverifiedKind::VerificationRefused { case_id: case(2), on };
    for steps in [[no.clone(), again.clone()], [again, no.clone()]] {
        assert_eq!(last_try(2020, &[once], &steps, None), latest);
    }
    let anew = handed_in(3, LATER, true);
    let waits = UnverifiedKind::AwaitsVerification { case_id: case(3), since: on };
    assert_eq!(last_try(2020, &[once, anew], &[no], None), waits);
    // What ended undecided is as if it had not been handed in, and of another year nothing is told.
    assert_eq!(last_try(2020, &[once], &[], None), UnverifiedKind::NotHandedIn);
    assert_eq!(last_try(2019, &[anew], &taken_back, None), UnverifiedKind::NotHandedIn);
}

#[test]
fn a_year_that_is_met_says_that_it_is_not_verified_where_the_rules_have_a_batch_and_no_other_does() {
    let (book, kind) = (book(), UnverifiedKind::NotHandedIn);
    let of = |place: &str, hours: i64, year: i32| {
        let entries = lines(&[("public", 40), ("professional", hours)]);
        let learner = learner(place);
        let question =
            Question { book: &book, learner: &learner, year, entries: &entries, today: TODAY, known_at: None };
        unverified(&standing(&question), kind)
    };
    let why = of(PLACE, 60, 2020).unwrap();
    let period = Period { from: Some(date!(2020 - 07 - 01)), by: Some(date!(2020 - 09 - 30)) };
    assert_eq!((why.kind, why.year, why.submitters.as_slice()), (kind, 2020, &["用人单位".to_owned()][..]));
    assert_eq!((why.office.as_deref(), why.periods.as_slice()), (Some("专技科"), &[period][..]));
    assert_eq!(why.cite.iter().map(|one| one.clause.as_str()).collect::<Vec<_>>(), ["三", "四"], "each clause once");
    assert_eq!(of(PLACE, 59, 2020), None, "what is missing says enough");
    assert_eq!(of(OTHER, 60, 2020), None);
    assert_eq!(of(PLACE, 60, 2019), None);
}

/// What a title review of December makes of lines that were recorded on a day, and of a verification.
fn applied(recorded_at: OffsetDateTime, verified_on: Option<Date>) -> (Allows, YearIs, Vec<UseReason>) {
    let entries = [line("public", 40, recorded_at), line("professional", 60, recorded_at)];
    let application = Application {
        purpose: Purpose::TitleReview,
        level: None,
        present_level: None,
        degree: None,
        applied_on: date!(2020 - 12 - 01),
        same_specialty: None,
        declared: Vec::new(),
    };
    let case = CaseId::from_uuid(Uuid::nil());
    let verified: Vec<Verified> =
        verified_on.into_iter().map(|on| Verified { year: 2020, on, case, office: None }).collect();
    let found = eligibility(&crate::hour_ledger::Asked {
        book: &book(),
        learner: &learner(PLACE),
        application: &application,
        entries: &entries,
        bars: &[],
        verified: &verified,
        known_at: None,
    });
    (found.allows, found.years[0].is, found.reasons)
}

#[test]
fn a_year_is_registered_in_time_and_where_it_is_verified_that_too() {
    let late = vec![UseReason::RegisteredLate { years: vec![2020], verified_by: date!(2020 - 09 - 30) }];
    let (september, october) = (datetime!(2020-09-30 15:59 UTC), datetime!(2020-09-30 16:00 UTC));
    let (last, next) = (date!(2020 - 09 - 30), date!(2020 - 10 - 01));
    let in_time = (Allows::Eligible, YearIs::Met, Vec::new());
    let too_late = (Allows::NeedsReview, YearIs::NeedsReview, late);
    assert_eq!(applied(september, None), in_time);
    assert_eq!(applied(october, None), too_late);
    assert_eq!(applied(september, Some(last)), in_time);
    assert_eq!(applied(october, Some(last)), too_late, "it looked at none of these hours");
    for recorded_at in [september, october] {
        assert_eq!(applied(recorded_at, Some(next)), too_late, "verified too late, though its lines came in in time");
    }
    // What an office did after the application says nothing about it.
    assert_eq!(applied(september, Some(date!(2020 - 12 - 01))), too_late);
    assert_eq!(applied(september, Some(date!(2020 - 12 - 02))), in_time);
}
