//! Whether years allow an application.

use super::{attested, each};
use domain::{
    access::Named,
    registry::{EmployerKind, Level},
};
use serde_json::{Value, json};
use tests::{Answer, App, Client, each_backend, fixtures::Learner};
use time::macros::{date, datetime};
use xueshi::auth::{CallerKind, Subject};

const ADDRESS: &str = "/v1/eligibility-checks";
const SOMEONE: &str = "0190d3f0-0000-7000-8000-00000000beef";

fn ask(caller: &Client<'_>, items: &Value) -> Answer {
    caller.post(ADDRESS, &json!({ "items": items })).expect(200)
}

/// The answer about one application.
#[track_caller]
fn one(caller: &Client<'_>, learner: &Learner, more: Value) -> Value {
    let mut item = json!({ "learner_id": learner.id, "purpose": "title_review", "applied_on": "2020-11-30" });
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = ask(caller, &json!([item]));
    assert_eq!(answer.json["items"][0]["result"], "found", "{}", answer.text);
    answer.json["items"][0]["eligibility"].clone()
}

fn of(found: &Value) -> (String, Vec<String>) {
    let reasons = each(&found["reasons"], "code").into_iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    (found["allows"].as_str().unwrap().to_owned(), reasons)
}

#[test]
fn an_intermediate_title_asks_for_three_years_as_they_were_on_the_day_of_the_application() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").register();
        let _ = app.push(&stage.platform, [learner.finished(&stage.public), learner.finished(&stage.professional)]);
        let officer = app.as_officer("630000");
        let asked = |on: &str| one(&officer, &learner, json!({ "level": "intermediate", "applied_on": on }));
        // Of years without rules nothing is assumed.
        let found = asked("2020-11-30");
        assert_eq!((of(&found).0.as_str(), &found["window"]["years"]), ("needs_review", &json!(3)));
        assert_eq!(each(&found["years"], "is"), ["met", "needs_review", "needs_review"]);
        attested(app, &learner, "630000", 2019);
        attested(app, &learner, "630000", 2018);
        let found = asked("2020-11-30");
        assert_eq!(of(&found), ("eligible".to_owned(), Vec::new()));
        assert_eq!(each(&found["years"], "year"), [2020, 2019, 2018]);
        assert_eq!(found["window"]["clauses"][0]["clause"], "四(二)1");
        assert_eq!((&found["policy"]["place"], &found["place"]["name"]), (&json!("630000"), &json!("青海省")));
        assert_eq!(found["years"][0]["standing"]["verdict"], "met");
        // The last course was finished on 1 March: the day before, it does not count.
        let found = asked("2020-02-29");
        assert_eq!(of(&found).0, "not_eligible");
        let year = &found["years"][0];
        assert_eq!((&year["is"], &year["standing"]["total"]["earned"]), (&json!("unmet"), &json!(0)));
        let missing: Vec<_> =
            year["missing"].as_array().unwrap().iter().map(|one| (&one["code"], &one["short"])).collect();
        let [total, public, professional] = [("total", 135), ("public", 45), ("professional", 90)];
        let pairs = [total, public, professional].map(|(code, short)| (json!(code), json!(short)));
        assert_eq!(missing, pairs.iter().map(|(code, short)| (code, short)).collect::<Vec<_>>());
        assert_eq!(year["missing"][1]["clauses"][0]["document"], "青人社厅函〔2020〕227号");
        assert_eq!(of(&asked("2020-03-01")).0, "eligible");
        // Nor what became known after the moment asked about.
        let body = json!({ "as_known_at": "2021-06-15T11:59:59+08:00", "items": [{
            "learner_id": learner.id, "purpose": "title_review", "level": "intermediate", "applied_on": "2020-11-30" }] });
        let then = officer.post(ADDRESS, &body).expect(200).json;
        assert_ne!(then["items"][0]["eligibility"]["allows"], "eligible", "{then}");
    });
}

#[test]
fn how_many_years_depends_on_purpose_level_degree_and_level_held() {
    each_backend(|app| {
        let learner = app.learner("630000").register();
        let officer = app.as_officer("630000");
        let window = |more: Value| {
            let found = one(&officer, &learner, more);
            (
                found["window"]["years"].clone(),
                found["window"]["need"].clone(),
                found["years"].as_array().unwrap().len(),
            )
        };
        for (more, years, need) in [
            (json!({ "level": "assistant" }), 2, "any_year"),
            (json!({ "level": "intermediate" }), 3, "every_year"),
            (json!({ "level": "deputy_senior" }), 4, "every_year"),
            (json!({ "level": "full_senior", "present_level": "deputy_senior" }), 4, "every_year"),
            (
                json!({ "level": "full_senior", "present_level": "deputy_senior", "degree": "doctorate" }),
                2,
                "every_year",
            ),
            (json!({ "purpose": "title_recognition", "level": "assistant", "degree": "bachelor" }), 2, "any_year"),
            (json!({ "purpose": "change_of_series" }), 2, "any_year"),
        ] {
            assert_eq!(window(more.clone()), (json!(years), json!(need), years), "{more}");
        }
        let none = |more: Value| of(&one(&officer, &learner, more));
        let not_stated = |reason: &str| ("not_stated".to_owned(), vec![reason.to_owned()]);
        assert_eq!(none(json!({ "purpose": "awards" })), not_stated("no_window"));
        assert_eq!(none(json!({ "purpose": "appointment" })), not_stated("no_years"));
        assert_eq!(none(json!({})), not_stated("level_not_declared"));
        assert_eq!(none(json!({ "level": "assistant", "applied_on": "2021-06-15" })), not_stated("no_rule"));
    });
}

#[test]
fn an_answer_repeats_the_degree_and_the_level_held_that_it_rests_on() {
    each_backend(|app| {
        let learner = app.learner("630000").level(Level::Intermediate).register();
        let officer = app.as_officer("630000");
        let used = |more: Value| {
            let found = one(&officer, &learner, more);
            (found["present_level"].clone(), found["degree"].clone())
        };
        assert_eq!(used(json!({})), (json!("intermediate"), Value::Null), "that of the register");
        let said = json!({ "present_level": "deputy_senior", "degree": "doctorate" });
        assert_eq!(used(said), (json!("deputy_senior"), json!("doctorate")));
    });
}

#[test]
fn a_missing_rule_is_named_by_the_code_and_the_year_of_the_application() {
    each_backend(|app| {
        let learner = app.learner("610928").register();
        let found = one(&app.as_officer("610000"), &learner, json!({ "applied_on": "2021-06-15" }));
        let reason = &found["reasons"][0];
        assert_eq!(reason["text"], "旬阳市（610981）没有 2021 年度的规则");
        assert_eq!(
            (&reason["code"], &reason["facts"]),
            (&json!("no_rule"), &json!({ "place": "610981", "year": 2021 }))
        );
    });
}

#[test]
fn whether_hours_registered_after_september_serve_the_title_review_of_guangde_an_office_decides() {
    each_backend(|app| {
        app.clock.set(datetime!(2020-09-30 23:59:59 +08:00));
        let stage = app.guangde();
        let registered = || {
            let learner = app.learner("341882").register();
            let _ = app.push(&stage.platform, [learner.finished(&stage.public), learner.finished(&stage.professional)]);
            learner
        };
        let in_time = registered();
        app.clock.set(datetime!(2020-10-01 0:00 +08:00));
        let late = registered();
        let officer = app.as_officer("341882");
        let found = one(&officer, &in_time, json!({ "applied_on": "2020-09-30" }));
        assert_eq!(of(&found), ("eligible".to_owned(), Vec::new()));
        assert_eq!(each(&found["years"], "is"), ["met"]);
        assert_eq!(found["window"]["verified_by"], "2020-09-30");
        let found = one(&officer, &late, json!({ "applied_on": "2020-09-30" }));
        assert_eq!(of(&found), ("needs_review".to_owned(), vec!["registered_late".to_owned()]));
        assert_eq!(each(&found["years"], "is"), ["needs_review"]);
        let reason = &found["reasons"][0];
        assert_eq!(reason["facts"], json!({ "years": [2020], "verified_by": "2020-09-30" }));
        assert!(reason["text"].as_str().unwrap().contains("2020-09-30"), "{reason}");
        // Hours in time that were taken back since are none.
        app.clock.set(datetime!(2020-09-20 12:00 +08:00));
        let anew = app.learner("341882").register();
        let first = app.push_one(&stage.platform, &anew.finished(&stage.professional));
        let _ = app.push_one(&stage.platform, &anew.finished(&stage.public));
        app.clock.set(datetime!(2020-10-05 12:00 +08:00));
        let reversal = format!("/v1/completions/{}/reversal", first["completion_id"].as_str().unwrap());
        let _ = app.as_platform(stage.platform.id).post(&reversal, &json!({ "reason_code": "wrong_data" })).expect(200);
        let _ = app.push_one(&stage.platform, &anew.finished(&stage.professional));
        let found = one(&officer, &anew, json!({ "applied_on": "2020-10-05" }));
        assert_eq!(of(&found), ("needs_review".to_owned(), vec!["registered_late".to_owned()]), "{found}");
        // For an appointment no such day is set.
        let found = one(&officer, &late, json!({ "purpose": "appointment", "applied_on": "2020-09-30" }));
        assert_eq!((of(&found).0.as_str(), &found["window"]["verified_by"]), ("eligible", &Value::Null));
    });
}

#[test]
fn guangde_asks_for_the_year_itself_and_pingdingshan_names_no_number_of_years() {
    each_backend(|app| {
        let stage = app.guangde();
        let learner = app.learner("341882").register();
        let officer = app.as_national_officer();
        let asked = || one(&officer, &learner, json!({ "purpose": "appointment", "applied_on": "2020-12-31" }));
        assert_eq!(of(&asked()).0, "not_eligible");
        let _ = app.push(&stage.platform, [learner.finished(&stage.public), learner.finished(&stage.professional)]);
        let found = asked();
        assert_eq!((of(&found).0.as_str(), &found["window"]["weight"]), ("eligible", &json!("necessary")));
        assert_eq!(found["window"]["clauses"][0]["clause"], "五(三)");
        let of_city = app.learner("410400").register();
        let awards = json!({ "purpose": "awards", "applied_on": "2021-06-15" });
        assert_eq!(of(&one(&officer, &of_city, awards)).1, ["no_years"]);
    });
}

#[test]
fn what_the_employer_declares_counts_in_the_answer_and_never_in_the_ledger() {
    each_backend(|app| {
        let stage = app.qinghai();
        let part = app.course("QH-PART").professional().hours(30).for_year(2020).on(&stage.platform);
        let part = part.filed_on(date!(2020 - 01 - 06)).open();
        let learner = app.learner("630000").series("卫生").level(Level::Intermediate).register();
        let _ = app.push(&stage.platform, [learner.finished(&stage.public), learner.finished(&part)]);
        (2017..2020).for_each(|year| attested(app, &learner, "630000", year));
        let officer = app.as_officer("630000");
        let patent = |rank: u32| {
            json!({ "kind": "patent_invention", "granted_on": "2020-05-01", "rank": rank, "evidence": ["专利证书"],
                "conditions": ["已获授权"] })
        };
        let senior =
            |declared: Value| one(&officer, &learner, json!({ "level": "deputy_senior", "declared": declared }));
        assert_eq!(of(&senior(json!([]))).0, "not_eligible");
        let found = senior(json!([patent(3)]));
        assert_eq!(of(&found), ("eligible".to_owned(), vec!["rests_on_declared".to_owned()]), "{found}");
        assert_eq!(each(&found["years"], "is"), ["met_with_declared", "met", "met", "met"]);
        let (year, declared) = (&found["years"][0], &found["declared"][0]);
        assert_eq!(
            (&year["standing"]["total"]["earned"], &year["with_declared"]["total"]["earned"]),
            (&json!(75), &json!(135))
        );
        assert_eq!((&declared["counted"], &declared["lines"][0]["hours"]), (&json!(true), &json!(60)));
        // Rank 4 is worth ten hours less.
        let found = senior(json!([patent(4)]));
        assert_eq!((of(&found).0.as_str(), &found["years"][0]["missing"][1]["short"]), ("not_eligible", &json!(10)));
        // What is refused counts for nothing.
        let mut unranked = patent(3);
        unranked["rank"] = Value::Null;
        let found = senior(json!([unranked, { "kind": "nothing_known" }]));
        assert_eq!(each(&found["declared"], "counted"), [false, false]);
        assert_eq!(found["declared"][0]["reasons"][0]["code"], "rank_missing");
        assert!(found["declared"][0]["reasons"][0]["text"].as_str().is_some_and(|text| !text.is_empty()), "{found}");
        assert_eq!(found["declared"][1]["reasons"][0]["code"], "kind_unknown");
        // What enters the ledger is not declared here, though it would be worth more than what is missing.
        let training = json!({ "kind": "training", "first_on": "2020-03-02", "last_on": "2020-03-07", "own_field": true,
            "evidence": ["主办或承办单位文件"], "conditions": ["脱产的学习、培训、进修、研修、专题讲座等",
                "由国家部委，省、州市、县（区）行业部门及有关部门统一组织、主办"] });
        let found = senior(json!([training]));
        let declared = &found["declared"][0];
        assert_eq!((&declared["outcome"], &declared["lines"][0]["hours"]), (&json!("worth"), &json!(42)), "{declared}");
        assert_eq!((&declared["ledger"], &declared["counted"]), (&json!("on"), &json!(false)));
        assert_eq!(declared["reasons"][0]["code"], "reviewed_not_declared");
        assert_eq!(of(&found), ("not_eligible".to_owned(), Vec::new()));
        assert_eq!(found["years"][0]["with_declared"], Value::Null);
        // Nothing is declared twice.
        let asked = json!([{ "learner_id": learner.id, "purpose": "title_review", "level": "deputy_senior",
            "applied_on": "2020-11-30", "declared": [patent(4), patent(5), patent(4)] }]);
        let answer = ask(&officer, &asked).json["items"][0].clone();
        let faults = (each(&answer["errors"], "pointer"), each(&answer["errors"], "code"));
        assert_eq!(faults, (vec![&json!("/declared/2")], vec![&json!("duplicate")]), "{answer}");
        // What agrees in everything else is told apart by its reference; and what is wrong in itself is told as that alone.
        let numbered = |number: &str, rank: u32| {
            let mut patent = patent(rank);
            patent["reference"] = number.into();
            patent
        };
        let found = senior(json!([numbered("示例1", 4), numbered("示例2", 4)]));
        assert_eq!(each(&found["declared"], "counted"), [true, true], "{found}");
        let mut faulty = patent(4);
        faulty["granted_on"] = "soon".into();
        let mut undated = patent(4);
        let _ = undated.as_object_mut().unwrap().remove("granted_on");
        let asked = json!([{ "learner_id": learner.id, "purpose": "title_review", "level": "deputy_senior",
            "applied_on": "2020-11-30", "declared": [faulty, undated] }]);
        let answer = ask(&officer, &asked).json["items"][0].clone();
        assert_eq!(each(&answer["errors"], "pointer"), ["/declared/0/granted_on"], "{answer}");
        let many: Vec<Value> = (0..21).map(|_| patent(4)).collect();
        let asked = json!([{ "learner_id": learner.id, "purpose": "title_review", "level": "deputy_senior",
            "applied_on": "2020-11-30", "declared": many }]);
        let answer = ask(&officer, &asked).json["items"][0].clone();
        assert_eq!(each(&answer["errors"], "pointer"), ["/declared"], "{answer}");
        let path = format!("/v1/learners/{}/standings/2020", learner.id);
        let standing = officer.get(&path).expect(200).json;
        assert_eq!(standing["nodes"][0]["earned"], 75, "the archive of the year stays without it");
    });
}

#[test]
fn a_change_of_series_rests_on_the_specialty_that_the_employer_declares() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").register();
        let _ = app.push_one(&stage.platform, &learner.finished(&stage.professional));
        let officer = app.as_officer("630000");
        for (declared, allows, reason) in [
            (Value::Null, "needs_review", Some("specialty_not_declared")),
            (json!(false), "not_eligible", Some("other_specialty")),
            (json!(true), "eligible", None),
        ] {
            let asked = json!({ "purpose": "change_of_series", "same_specialty": declared });
            let found = one(&officer, &learner, asked);
            let reasons: Vec<String> = reason.into_iter().map(str::to_owned).collect();
            assert_eq!(of(&found), (allows.to_owned(), reasons));
        }
    });
}

#[test]
fn everyone_asks_about_their_own_and_others_are_answered_like_those_who_do_not_exist() {
    each_backend(|app| {
        let (own, other) = (app.learner("630000").series("会计").register(), app.learner("610000").register());
        let employer = app.employer(EmployerKind::Enterprise);
        let employed = json!({ "employer_id": employer, "from_on": "2021-06-15" });
        let path = format!("/v1/learners/{}/employments", own.id);
        let _ = app.as_national_officer().post(&path, &employed).expect(201);
        let item = |who: (&str, Value)| {
            let mut item = json!({ "purpose": "title_review", "level": "intermediate", "applied_on": "2020-11-30" });
            item[who.0] = who.1;
            item
        };
        let items = json!([
            item(("learner_id", json!(own.id))),
            item(("learner_id", json!(other.id))),
            item(("learner_id", json!(SOMEONE))),
            item(("document_number", json!(own.person.document_number))),
            item(("document_number", json!(other.person.document_number))),
            item(("document_number", json!("610928199001010000"))),
            { "learner_id": own.id, "purpose": "holidays", "applied_on": "2020-11-30" },
            { "learner_id": own.id, "purpose": "awards", "applied_on": "2021-06-16" },
        ]);
        let named = Named { employer: Some(employer), ..Named::default() };
        let kind = CallerKind::EmployerAdministrator;
        let administrator = app.calling(Subject { kind, name: "wang".to_owned(), named });
        let place = "630000".parse().ok();
        let named = Named { place, series: Some("会计".to_owned()), ..Named::default() };
        let authority = app.calling(Subject { kind: CallerKind::SectorAuthority, name: "qian".to_owned(), named });
        let unknown = "unknown_person";
        for caller in [&app.as_learner(own.id), &administrator, &authority, &app.as_officer("630000")] {
            let answer = ask(caller, &items);
            let results = each(&answer.json["items"], "result");
            assert_eq!(results, ["found", unknown, unknown, "found", unknown, "malformed", "malformed", "malformed"]);
            let stranger = json!({ "line": 2, "result": unknown, "eligibility": null });
            assert_eq!(answer.json["items"][1], stranger, "nothing tells a stranger from nobody");
            let faults = |line: usize| answer.json["items"][line]["errors"][0].clone();
            assert_eq!(faults(5)["code"], "invalid_document");
            assert_eq!((&faults(6)["pointer"], &faults(6)["code"]), (&json!("/purpose"), &json!("unknown_value")));
            assert_eq!((&faults(7)["pointer"], &faults(7)["code"]), (&json!("/applied_on"), &json!("in_the_future")));
        }
        // An employer declares; a learner does not.
        let declaring = json!([{ "learner_id": own.id, "purpose": "change_of_series", "applied_on": "2020-11-30",
            "same_specialty": true, "declared": [{ "kind": "patent_invention" }] }]);
        let refused = ask(&app.as_learner(own.id), &declaring);
        assert_eq!(each(&refused.json["items"][0]["errors"], "code"), ["for_the_employer", "for_the_employer"]);
        assert_eq!(ask(&administrator, &declaring).json["items"][0]["result"], "found");
        let _ =
            app.as_platform(SOMEONE.parse().unwrap()).post(ADDRESS, &json!({})).problem(403, "caller_not_permitted");
    });
}

#[test]
fn an_officer_of_a_former_place_is_answered_where_all_years_looked_at_were_theirs() {
    each_backend(|app| {
        let learner = app.learner("630000").moved_to("610000", date!(2021 - 01 - 01)).register();
        let results = |place: &str, on: &str| {
            let items = json!([{ "learner_id": learner.id, "purpose": "title_review", "level": "assistant", "applied_on": on }]);
            ask(&app.as_officer(place), &items).json["items"][0]["result"].clone()
        };
        assert_eq!(results("630000", "2020-12-31"), "found");
        assert_eq!(results("630000", "2021-01-01"), "unknown_person");
        assert_eq!(results("610000", "2020-12-31"), "found");
        assert_eq!(results("341882", "2020-12-31"), "unknown_person");
    });
}

#[test]
fn a_body_that_is_no_list_of_applications_is_refused() {
    each_backend(|app| {
        let officer = app.as_officer("630000");
        let refused = |body: Value| officer.post(ADDRESS, &body).problem(422, "invalid_body")["errors"][0].clone();
        for (body, pointer, code) in [
            (json!({}), "/items", "missing"),
            (json!({ "items": [] }), "/items", "length"),
            (json!({ "items": vec![json!({}); 1001] }), "/items", "length"),
            (json!({ "items": [{}], "as_known_at": "tomorrow" }), "/as_known_at", "invalid_value"),
            (json!({ "items": [{}], "year": 2020 }), "/year", "unknown_field"),
        ] {
            let fault = refused(body);
            assert_eq!((&fault["pointer"], &fault["code"]), (&json!(pointer), &json!(code)), "{fault}");
        }
    });
}

#[test]
fn a_joined_file_says_in_which_it_ended() {
    each_backend(|app: &App| {
        let (ends, stays) = (app.learner("630000").register(), app.learner("630000").register());
        let merge = json!({ "ends": ends.id, "stays": stays.id, "reason": "重复登记" });
        let _ = app.as_officer("630000").post("/v1/learner-merges", &merge).expect(201);
        let items = json!([{ "learner_id": ends.id, "purpose": "awards", "applied_on": "2020-11-30" }]);
        let answer = ask(&app.as_officer("630000"), &items).json["items"][0].clone();
        assert_eq!((&answer["result"], &answer["successor"]), (&json!("merged"), &json!(stays.id)));
    });
}
