use super::*;
use crate::wire::PlaceRef;
use domain::{
    completions::{Reason, ReasonKind},
    exceptions,
    hour_ledger::{StandingReason, Verdict, WhyNot},
    kernel::{CaseId, EntryId, Hours, LearnerId, PlaceCode},
    policy::{
        CategoryCode,
        shape::{MakeUpMode, OwedOnEntry},
    },
    verification,
};
use serde_json::json;
use std::collections::BTreeSet;
use time::macros::date;

/// One reason of every kind that carries facts, and some without.
fn reasons() -> Vec<ReasonKind> {
    use ReasonKind as R;
    let (text, hours, day) = (|| "x".to_owned(), Hours::whole(24), date!(2021 - 12 - 31));
    vec![
        R::OutOfScope { authority: text(), under: None },
        R::OutOfScope { authority: text(), under: Some("y".to_owned()) },
        R::CategoryUnknownToRule { category: text() },
        R::NotADeclaredSubject { subjects: vec![text()] },
        R::SubjectUnknown { subject: text() },
        R::SubjectHoursDiffer { course: hours, subject: hours },
        R::HoursNotOfCourse { claimed: hours, course: hours },
        R::ModeNotOffered { mode: Mode::Online },
        R::PlatformDoesNotCarryCourse,
        R::PlatformNotServingCategory { category: text() },
        R::NoSourceForCategory { category: text() },
        R::ModeNotAllowed { allowed: vec![Mode::Online, Mode::FaceToFace] },
        R::PlatformNotAllowed { allowed: vec![text()] },
        R::PlatformTierNotAllowed { allowed: vec![Tier::City] },
        R::ProviderNotAllowed { allowed: vec![ProviderKind::Base] },
        R::BaseTierNotAllowed { allowed: vec![Tier::National, Tier::Provincial] },
        R::BaseNotRecognised { on: day },
        R::ExamResultMissing { pass_mark: Some(hours) },
        R::ExamNotPassed { score: Some(hours), pass_mark: Some(hours) },
        R::PlanNotFiled,
        R::CompletedBeforeWindow { opens_on: day },
        R::CompletedLate { on_time_until: day },
        R::CompletedAfterWindow { closes_on: day },
        R::MakeUpNotAllowed { year: 2019 },
        R::MakeUpNotNamed { year: 2019 },
        R::MakeUpClosed { year: 2019, closes_on: day },
        R::InTheFuture,
        R::BeforeTheCourse { available_from: day },
        R::MoreThanTheTime { minutes_needed: 60, minutes_between: 59 },
        R::OverlappingSessions,
        R::PersonUnknown,
        R::NameMismatch,
        R::CourseUnknown { course: text() },
        R::NoSuchPerson,
        R::NoSuchCourse { course: text() },
        R::ReplacedItemUnknown { replaces: text() },
        R::ReplacementCircle { replaces: text() },
        R::NoRuleInForce { place: "610000".parse().unwrap(), year: 2021 },
        R::Withdrawn,
        R::WaitedTooLong,
        R::AlreadyReplaced { by: "b".into() },
        R::Replaced { by: "b".into() },
    ]
}

#[test]
fn every_reason_has_a_code_and_a_sentence_in_each_language() {
    for kind in reasons() {
        let explained = of_line(&Reason::plain(kind.clone()));
        assert!(!explained.code.is_empty(), "{kind:?}");
        assert!(!explained.facts.contains_key("code"));
        assert!(explained.text.zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{kind:?}");
        assert!(explained.text.en.is_ascii() && explained.text.en.len() > 10, "{kind:?}");
    }
    let codes: BTreeSet<String> = reasons().into_iter().map(|kind| of_line(&Reason::plain(kind)).code).collect();
    assert_eq!(codes.len(), reasons().len() - 1, "only out_of_scope stands twice above");
}

#[test]
fn the_guide_says_of_every_hint_what_to_do() {
    let guide = include_str!("../../../docs/INTEGRATION-learning-platform.md");
    let table = guide.split("| `hint.action` | do |").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap();
    let hints = table.lines().filter_map(|row| row.split('|').nth(1)).flat_map(|cell| cell.split(','));
    let told: BTreeSet<&str> = hints.filter_map(|hint| hint.trim().strip_prefix('`')?.strip_suffix('`')).collect();
    assert_eq!(told, Action::ALL.iter().map(|action| action.as_str()).collect());
}

#[test]
fn a_missing_rule_is_told_with_the_place_as_it_is_called() {
    let kind = ReasonKind::NoRuleInForce { place: "610000".parse().unwrap(), year: 2021 };
    let explained = reason(&Reason::plain(kind), &|place, year| {
        Text::new(format!("某省（{place}，{year}）"), format!("some province ({place}, {year})"))
    });
    assert_eq!(explained.text.zh, "某省（610000，2021）没有 2021 年度的规则");
    assert_eq!(explained.text.en, "some province (610000, 2021) has no rule in force for 2021");
    assert_eq!(explained.facts["place"], "610000");
}

#[test]
fn a_reason_carries_its_facts_its_clause_and_what_would_help() {
    let cite = Citation { document: "平人社〔2021〕1号".to_owned(), clause: "三".to_owned() };
    let kind = ReasonKind::CompletedAfterWindow { closes_on: date!(2021 - 12 - 31) };
    let explained = of_line(&Reason { kind, cite: vec![cite] });
    let body = serde_json::to_value(explained.body(Language::Chinese)).unwrap();
    assert_eq!(body["code"], "completed_after_window");
    assert_eq!(body["text"], "完成日期晚于截止日 2021-12-31，不予计入");
    assert_eq!(body["hint"]["action"], "none");
    assert_eq!(body["facts"]["closes_on"], "2021-12-31");
    assert_eq!(body["clauses"][0]["clause"], "三");
    let person = of_line(&Reason::plain(ReasonKind::PersonUnknown));
    assert_eq!(person.body(Language::English).hint.action, Action::RegisterPerson);
}

#[test]
fn a_score_that_reaches_the_mark_is_not_said_to_miss_it() {
    let words = |score: i64| {
        let (score, pass_mark) = (Some(Hours::whole(score)), Some(Hours::whole(60)));
        of_line(&Reason::plain(ReasonKind::ExamNotPassed { score, pass_mark })).text
    };
    assert_eq!(words(59).zh, "考试 59 分，未达到合格线 60 分");
    assert_eq!(words(59).en, "the exam's 59 points are below the pass mark of 60");
    for score in [60, 61] {
        assert_eq!(words(score).zh, format!("考试 {score} 分，已达到合格线 60 分，但平台报告为未合格"));
        let english = "points reach the pass mark of 60, but the platform reports it as not passed";
        assert_eq!(words(score).en, format!("the exam's {score} {english}"));
    }
}

#[test]
fn a_line_under_review_says_all_that_it_waits_for_with_the_clauses() {
    let cite = Citation { document: "d".to_owned(), clause: "四(一)".to_owned() };
    let late = ReasonKind::CompletedLate { on_time_until: date!(2020 - 12 - 31) };
    let reasons = vec![Reason { kind: late, cite: vec![cite.clone()] }, Reason::plain(ReasonKind::InTheFuture)];
    let explained = why_not(&WhyNot::UnderReview { reasons });
    assert!(explained.text.zh.contains("2020-12-31") && explained.text.zh.contains('；'));
    assert_eq!(explained.cite, [cite]);
    assert_eq!(explained.facts["reasons"][1]["code"], "in_the_future");
}

#[test]
fn lines_and_verdicts_have_words_too() {
    let id = EntryId::from_uuid(uuid::Uuid::nil());
    let reversed = why_not(&WhyNot::Reversed { by: id, reason_code: None });
    assert_eq!((reversed.code.as_str(), reversed.facts.len()), ("reversed", 1));
    let called = |place: &PlaceCode| PlaceRef { code: format!("{place}-today"), name: "省".to_owned() };
    let no_rule = standing_reason(&StandingReason::NoRule { layer: None }, 2021, &called);
    assert_eq!(no_rule.action, Action::AwaitRule);
    // By the code that the sentence says.
    let no_rule = standing_reason(&StandingReason::NoRule { layer: "610928".parse().ok() }, 2021, &called);
    assert_eq!(no_rule.text.zh, "省（610928-today）没有 2021 年度的规则");
    assert_eq!(Value::Object(no_rule.facts), json!({ "layer": "610928-today", "year": 2021 }));
    let places = ["610000", "630000"].map(|code| code.parse().unwrap()).to_vec();
    let moved = standing_reason(&StandingReason::TwoPlaces { places }, 2021, &called);
    assert!(moved.text.zh.contains("省（610000-today）、省（630000-today）"), "{moved:?}");
    assert_eq!(moved.facts["places"], json!(["610000-today", "630000-today"]));
    let said = [None, Some(OwedOnEntry::All), Some(OwedOnEntry::Nothing)].map(|owed| {
        let from_on = date!(2020 - 05 - 06);
        let began = standing_reason(&StandingReason::BeganLater { from_on, owed, cite: Vec::new() }, 2020, &called);
        // What says nothing is left out.
        let facts =
            owed.map_or(json!({ "from_on": "2020-05-06" }), |owed| json!({ "from_on": "2020-05-06", "owed": owed }));
        assert_eq!(Value::Object(began.facts), facts);
        (began.text.zh, began.text.en, began.action == Action::AskAuthority)
    });
    let different: BTreeSet<_> = said.iter().collect();
    assert_eq!((different.len(), said.map(|one| one.2)), (3, [true, false, false]));
    assert_eq!(why_not(&WhyNot::NoRule).action, Action::AwaitRule);
    assert_ne!(verdict(Verdict::Unmet, true), verdict(Verdict::Unmet, false));
}

#[test]
fn an_exception_says_who_granted_it_and_every_reason_against_one_has_its_words() {
    use exceptions::ReasonKind as R;
    let called = |place: &PlaceCode| PlaceRef { code: place.to_string(), name: "省".to_owned() };
    let by = vec![EntryId::from_uuid(uuid::Uuid::nil())];
    let granted = |office: Option<&str>| {
        let office = office.map(str::to_owned);
        standing_reason(&StandingReason::ByException { by: by.clone(), office, cite: Vec::new() }, 2020, &called)
    };
    assert!(granted(Some("示例科")).text.zh.starts_with("部分内容由示例科例外认定"));
    assert!(granted(None).text.zh.starts_with("部分内容由主管部门例外认定"));
    let category = CategoryCode::new("elective");
    let provided = MakeUpMode::ALL.iter().copied().map(Some).chain([None]);
    let verdicts = [Verdict::Met, Verdict::NeedsReview, Verdict::NotApplicable];
    let kinds = provided
        .map(|make_up| R::NoExceptionProvided { year: 2020, make_up })
        .chain(verdicts.map(|verdict| R::YearNotMissed { year: 2020, verdict }))
        .chain([
            R::YearOpen { year: 2020, until: date!(2020 - 12 - 31) },
            R::HoursWithoutRules { year: 2020 },
            R::AlreadyWaiting { year: 2020, case_id: CaseId::from_uuid(uuid::Uuid::nil()) },
            R::CategoryUnknown { category: category.clone(), known: vec![category] },
        ]);
    let told: Vec<Explained> = kinds.map(|kind| of_exception(&exceptions::Reason { kind, cite: Vec::new() })).collect();
    let sentences: BTreeSet<&str> = told.iter().map(|one| &*one.text.zh).collect();
    assert_eq!(sentences.len(), told.len(), "each says something else: {told:#?}");
    assert!(told.iter().all(|one| one.text.en.is_ascii() && !one.facts.contains_key("code")));
    let codes: BTreeSet<&str> = told.iter().map(|one| one.code.as_str()).collect();
    let known = [
        "already_waiting",
        "category_unknown",
        "hours_without_rules",
        "no_exception_provided",
        "year_not_missed",
        "year_open",
    ];
    assert_eq!(codes, BTreeSet::from(known));
    let waits = told.iter().filter(|one| one.action == Action::AwaitReview).count();
    assert_eq!(waits, 2, "what an office has to decide first");
}

#[test]
fn every_reason_against_a_verification_has_its_words_in_both_languages() {
    use verification::ReasonKind as R;
    let (case_id, category) = (CaseId::from_uuid(uuid::Uuid::nil()), CategoryCode::new("professional"));
    let lacking = |name: Option<&str>, short: i64| R::CategoryNotRegistered {
        category: category.clone(),
        name: name.map(str::to_owned),
        required: Hours::whole(60),
        registered: Hours::whole(60 - short),
        short: Hours::whole(short),
    };
    let kinds = [
        R::NotStaff,
        R::FileMerged { successor: LearnerId::from_uuid(uuid::Uuid::nil()) },
        R::NoRuleInForce { year: 2020 },
        R::NoBatchProvided { year: 2020 },
        R::NotBound { year: 2020 },
        R::NobodyDecides { year: 2020 },
        lacking(Some("专业科目"), 1),
        lacking(Some("专业科目"), 0),
        lacking(None, 1),
        R::AlreadyWaiting { case_id },
        R::AlreadyVerified { case_id, on: date!(2020 - 09 - 10) },
    ];
    let told: Vec<Explained> = kinds.map(|kind| of_verification(&verification::Reason::plain(kind))).into();
    let sentences: BTreeSet<&str> = told.iter().map(|one| &*one.text.zh).collect();
    assert_eq!(sentences.len(), told.len(), "each says something else: {told:#?}");
    assert!(told.iter().all(|one| !one.facts.contains_key("code") && !one.code.is_empty()));
    assert!(told[6].text.zh.contains("缺 1") && told[6].text.en.contains("1 are missing"), "{:?}", told[6]);
    assert!(told[7].text.zh.contains("指定科目") && told[8].text.zh.starts_with("总学时"), "{told:#?}");
    assert_eq!(told[9].action, Action::AwaitReview);
}

#[test]
fn a_year_that_is_met_and_not_verified_says_what_became_of_it_and_who_does_what() {
    use domain::verification::{Period, Unverified, UnverifiedKind as K};
    let (case_id, on) = (CaseId::from_uuid(uuid::Uuid::nil()), date!(2020 - 09 - 10));
    let whole = Period { from: Some(date!(2020 - 07 - 01)), by: Some(date!(2020 - 09 - 30)) };
    let why = |kind, periods: &[Period]| Unverified {
        kind,
        year: 2020,
        submitters: vec!["employer".to_owned()],
        office: Some("office".to_owned()),
        periods: periods.to_vec(),
        cite: Vec::new(),
    };
    let told = |kind| of_unverified(&why(kind, &[whole]));
    let all = [
        told(K::NotHandedIn),
        told(K::AwaitsVerification { case_id, since: on }),
        told(K::VerificationRefused { case_id, on }),
        told(K::VerificationRevoked { case_id, on }),
    ];
    let codes = ["not_handed_in", "awaits_verification", "verification_refused", "verification_revoked"];
    assert_eq!(all.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(), codes);
    let hand_in = Action::HandInYear;
    assert_eq!(all.iter().map(|one| one.action).collect::<Vec<_>>(), [hand_in, Action::AwaitReview, hand_in, hand_in]);
    for one in &all {
        assert!(one.text.en.is_ascii() && one.text.zh.contains("已达标"), "{one:?}");
        assert_eq!(one.text.zh.contains("2020-07-01 至 2020-09-30"), one.action == hand_in, "{one:?}");
        assert_eq!(one.facts["periods"], json!([{ "from": "2020-07-01", "by": "2020-09-30" }]));
    }
    let days = |from, by| of_unverified(&why(K::NotHandedIn, &[Period { from, by }])).text.en;
    assert!(days(Some(on), None).contains("from 2020-09-10 on") && days(None, Some(on)).contains("through 2020-09-10"));
    assert!(days(Some(on), Some(on)).contains("on 2020-09-10"));
    assert!(!of_unverified(&why(K::NotHandedIn, &[])).text.en.contains("notice"), "none is named");
    let unnamed = Unverified { submitters: Vec::new(), office: None, ..why(K::NotHandedIn, &[]) };
    assert!(of_unverified(&unnamed).text.zh.contains("由用人单位集中报送，规则所定机关验证"));
}
