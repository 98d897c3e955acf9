//! Met, unmet, not applicable, to be decided, no rule: each with what it rests on.

use super::{hours, items, node, path, standing};
use serde_json::{Value, json};
use tests::{App, each_backend};
use time::{
    Duration,
    format_description::well_known::Rfc3339,
    macros::{date, datetime},
};

#[test]
fn a_shortfall_is_said_with_its_clause_until_the_year_is_met() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610928").register();
        let before = standing(app, learner.id, 2020);
        assert_eq!((&before["verdict"], &before["obligation"]), (&json!("unmet"), &json!("in")));
        assert_eq!(before["place"], json!({ "code": "610928", "name": "旬阳县" }));
        assert_eq!(hours(&before, "total"), [80.0, 0.0, 80.0]);
        assert_eq!((&before["counted"], &before["not_counted"]), (&json!([]), &json!([])));

        let [outcome] = app.push(&stage.platform, [learner.finished(&stage.public)]);
        let half = standing(app, learner.id, 2020);
        assert_eq!(half["verdict"], "unmet");
        assert_eq!(hours(&half, "public"), [24.0, 24.0, 0.0]);
        assert_eq!(hours(&half, "professional"), [56.0, 0.0, 56.0]);
        let professional = node(&half, "professional");
        assert_eq!(professional["met"], false);
        assert_eq!(professional["clauses"][0], json!({ "document": "陕人社函〔2020〕354号", "clause": "一(三)" }));
        let public = node(&half, "public");
        assert_eq!((&public["choose"], &public["subjects"]), (&json!(1), &json!(["延安精神"])));
        assert_eq!((&public["name"], &public["met"]), (&json!("公需课"), &json!(true)));
        assert_eq!(node(&half, "total")["name"], "合计");
        let line = &half["counted"][0];
        assert_eq!(line["entry_id"], outcome["entry_id"]);
        assert_eq!((&line["counted_as"], &line["hours"]), (&json!("public"), &json!(24)));
        assert_eq!(
            (&line["course"]["code"], &line["course"]["title"]),
            (&json!("SX-PUBLIC"), &json!("示例课程SX-PUBLIC"))
        );
        assert_eq!(line["platform"]["code"], "jxjy.xidian.edu.cn");
        assert_eq!(line["completed_at"], "2020-03-01T02:00:00Z");

        let _ = app.push_one(&stage.platform, &learner.finished(&stage.professional));
        let met = standing(app, learner.id, 2020);
        assert_eq!((&met["verdict"], &met["verdict_text"]), (&json!("met"), &json!("已达标")));
        assert_eq!(hours(&met, "total"), [80.0, 80.0, 0.0]);
        let policy = &met["policy"];
        assert_eq!((&policy["place"], &policy["number"]), (&json!("610000"), &json!(1)));
        assert_eq!(policy["source_hash"].as_str().unwrap().len(), 64);
        assert!(policy["title"].as_str().unwrap().contains("2020"));
    });
}

#[test]
fn a_place_is_called_as_it_was_on_the_day_that_the_answer_is_about() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610928").register();
        let _ = app.push_one(&stage.platform, &learner.finished(&stage.public));
        let (county, city) =
            (json!({ "code": "610928", "name": "旬阳县" }), json!({ "code": "610981", "name": "旬阳市" }));
        assert_eq!(standing(app, learner.id, 2020)["place"], county, "the last day of 2020");
        assert_eq!(standing(app, learner.id, 2021)["place"], city, "today");
        let seen = |rest: &str| app.as_officer("610928").get(&format!("/v1/learners/{}{rest}", learner.id)).expect(200);
        assert_eq!(seen("/hour-entries").json["items"][0]["place"], county, "the day of completion");
        assert_eq!(seen("").json["placement"]["place"], city, "today");
        app.clock.set(datetime!(2020-12-31 23:59:59 +08:00));
        assert_eq!(standing(app, learner.id, 2021)["place"], county, "today, before the last day of 2021");
        assert_eq!(seen("").json["placement"]["place"], county, "today");
    });
}

#[test]
fn a_move_with_a_later_day_counts_from_that_day_on() {
    each_backend(|app| {
        let learner = app.learner("410400").moved_to("610100", date!(2021 - 09 - 01)).register();
        for (now, place) in [
            (tests::NOON, "410400"),
            (datetime!(2021-08-31 23:59:59 +08:00), "410400"),
            (datetime!(2021-09-01 00:00:00 +08:00), "610100"),
        ] {
            app.clock.set(now);
            let told = standing(app, learner.id, 2021);
            assert_eq!(told["place"]["code"], place, "{now}: {told}");
            // Whose rules govern today is what is still to do; a move to come is nothing to decide yet.
            if place == "410400" {
                assert_eq!(
                    (&told["verdict"], &told["policy"]["place"]),
                    (&json!("unmet"), &json!("410400")),
                    "{now}: {told}"
                );
            }
        }
    });
}

#[test]
fn a_shortfall_is_still_to_do_until_the_last_day_of_the_year_has_passed() {
    each_backend(|app| {
        let learner = app.learner("410400").register();
        for (now, open, text) in [
            (datetime!(2021-12-31 23:59:59 +08:00), true, "进行中，尚有缺口"),
            (datetime!(2022-01-01 00:00:00 +08:00), false, "未达标"),
        ] {
            app.clock.set(now);
            let told = standing(app, learner.id, 2021);
            assert_eq!((&told["verdict"], &told["open"]), (&json!("unmet"), &json!(open)), "{now}");
            assert_eq!((&told["verdict_text"], &told["closes_on"]), (&json!(text), &json!("2021-12-31")), "{now}");
        }
        let english = app.as_learner(learner.id).in_english().get(&path(learner.id, 2021)).expect(200);
        assert_eq!((&english.json["verdict_text"], english.header("content-language")), (&json!("not met"), "en"));
        assert_eq!(english.json["opens_on"], "2021-01-01");
        // Shaanxi states no closing day for 2020 (SX-A15).
        let learner = app.learner("610000").register();
        let told = standing(app, learner.id, 2020);
        assert_eq!((&told["open"], &told["closes_on"]), (&json!(true), &Value::Null));
    });
}

#[test]
fn a_year_that_has_not_begun_misses_nothing_and_is_not_open() {
    each_backend(|app| {
        let (learner, nobodys) = (app.learner("410400").register(), app.learner("610000").register());
        let caller = app.as_learner(learner.id);
        let mut tags = Vec::new();
        for (now, verdict, open, text) in [
            (datetime!(2020-12-31 23:59:59 +08:00), "not_begun", false, "该年度尚未开始"),
            (datetime!(2021-01-01 00:00:00 +08:00), "unmet", true, "进行中，尚有缺口"),
        ] {
            app.clock.set(now);
            let answer = caller.get(&path(learner.id, 2021)).expect(200);
            let told = &answer.json;
            assert_eq!((&told["verdict"], &told["open"]), (&json!(verdict), &json!(open)), "{now}");
            assert_eq!((&told["verdict_text"], &told["opens_on"]), (&json!(text), &json!("2021-01-01")), "{now}");
            assert_eq!(hours(told, "total"), [90.0, 0.0, 90.0], "what it will ask for is told");
            tags.push(answer.header("etag").to_owned());
            // Where there is no rule yet that is said, and that the year is not open.
            let told = standing(app, nobodys.id, 2021);
            assert_eq!((&told["verdict"], &told["open"]), (&json!("no_rule_in_force"), &json!(open)), "{now}");
            assert_eq!(told["opens_on"], "2021-01-01");
        }
        assert_ne!(tags[0], tags[1]);
    });
}

#[test]
fn an_accountant_in_qinghai_is_the_finance_departments_business() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").series("会计").register();
        let outcome = app.push_one(&stage.platform, &learner.finished(&stage.public));
        assert_eq!(outcome["outcome"], "not_counted");
        let told = standing(app, learner.id, 2020);
        assert_eq!((&told["verdict"], &told["obligation"]), (&json!("not_applicable"), &json!("out")));
        let reason = &told["reasons"][0];
        assert_eq!(reason["code"], "out_of_scope");
        assert_eq!(reason["facts"], json!({ "authority": "青海省财政厅", "under": "青财会字〔2019〕1001号" }));
        assert_eq!(reason["clauses"][0]["clause"], "二");
        assert!(reason["text"].as_str().unwrap().contains("青海省财政厅"));
    });
}

#[test]
fn a_year_in_two_places_under_different_rules_wants_a_decision() {
    each_backend(|app| {
        let moved = app.learner("610100").moved_to("630100", date!(2020 - 07 - 01)).register();
        let told = standing(app, moved.id, 2020);
        assert_eq!((&told["verdict"], &told["place"]["code"]), (&json!("needs_review"), &json!("630100")));
        assert_eq!(told["reasons"][0]["code"], "two_places");
        assert_eq!(told["reasons"][0]["facts"]["places"], json!(["610100", "630100"]));
        let text = told["reasons"][0]["text"].as_str().unwrap();
        assert!(text.contains("西安市（610100）、西宁市（630100）"), "{text}");
        assert_eq!(told["policy"]["place"], "630000");
        // The year after, and a move under one set of rules, are nothing to decide.
        assert_eq!(standing(app, moved.id, 2021)["verdict"], "no_rule_in_force");
        let within = app.learner("610100").moved_to("610928", date!(2020 - 07 - 01)).register();
        let told = standing(app, within.id, 2020);
        assert_eq!((&told["verdict"], &told["reasons"]), (&json!("unmet"), &json!([])));
    });
}

#[test]
fn lines_of_a_year_without_rules_are_listed_and_of_two_places_both_are_named() {
    each_backend(|app| {
        let stage = app.shaanxi();
        for (from_on, at, verdict, codes) in [
            (date!(2020 - 07 - 01), "2020-06-30", "needs_review", &["two_places", "no_rule_in_force"][..]),
            (date!(2020 - 01 - 01), "2019-12-31", "no_rule_in_force", &["no_rule_in_force"]),
        ] {
            let moved = app.learner("610100").moved_to("410400", from_on).register();
            let item = moved.finished(&stage.public).at(&format!("{at}T10:00:00+08:00"));
            let line = app.push_one(&stage.platform, &item);
            assert_eq!(line["outcome"], "credited", "{line}");
            let told = standing(app, moved.id, 2020);
            assert_eq!((&told["verdict"], &told["policy"]), (&json!(verdict), &Value::Null));
            let reasons = told["reasons"].as_array().unwrap();
            assert_eq!(reasons.iter().map(|reason| &reason["code"]).collect::<Vec<_>>(), codes);
            assert_eq!(told["missing_rule"]["place"]["code"], "410400");
            let [waiting] = &told["not_counted"].as_array().unwrap()[..] else { panic!("{told}") };
            assert_eq!((&waiting["entry_id"], &told["counted"]), (&line["entry_id"], &json!([])));
            assert_eq!(waiting["reason"]["code"], "no_rule_in_force");
            assert_eq!(waiting["reason"]["text"], "该年度没有有效规则，暂不计入");
        }
    });
}

#[test]
fn the_same_course_counts_once_with_most_hours_then_the_earliest() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let course =
            |hours| app.course("SX-TWICE").professional().hours(hours).for_year(2020).on(&stage.platform).open();
        let learner = app.learner("610000").register();
        let push = |item| app.push_one(&stage.platform, &item)["entry_id"].clone();
        let small = course(20);
        let [later, earlier] =
            ["2020-05-01T10:00:00+08:00", "2020-04-01T10:00:00+08:00"].map(|at| push(learner.finished(&small).at(at)));
        let told = standing(app, learner.id, 2020);
        assert_eq!(told["counted"][0]["entry_id"], earlier);
        assert_eq!(told["not_counted"][0]["entry_id"], later);
        let reason = &told["not_counted"][0]["reason"];
        assert_eq!((&reason["code"], &reason["facts"]["counted"]), (&json!("same_course"), &earlier));

        let large = push(learner.finished(&course(30)).at("2020-06-01T10:00:00+08:00"));
        let told = standing(app, learner.id, 2020);
        assert_eq!((told["counted"].as_array().unwrap().len(), &told["counted"][0]["entry_id"]), (1, &large));
        assert_eq!(told["counted"][0]["course"]["version"], 2);
        assert_eq!(hours(&told, "professional"), [56.0, 30.0, 26.0]);
        assert_eq!(told["not_counted"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn sessions_at_once_wait_though_their_courses_were_made_for_two_years() {
    each_backend(|app| {
        let platform = app.platform("p-1").register();
        let course = |code: &str, year| app.course(code).hours(2).for_year(year).on(&platform).open();
        let (old, new) = (course("OLD", 2020), course("NEW", 2021));
        let learner = app.learner("340100").register();
        let push = |course, from: &str, until: &str| {
            let [from, until] = [from, until].map(|hour| format!("2021-03-01T{hour}:00+08:00"));
            let item = learner.finished(course).face_to_face().between(&from, &until).at(&until);
            let told = app.push_one(&platform, &item);
            app.clock.set(app.clock.now() + Duration::HOUR);
            told
        };
        let caller = app.as_learner(learner.id);
        let ask = |year| caller.get(&path(learner.id, year)).expect(200);
        let earned = |year| hours(&ask(year).json, "total")[1];

        let first = push(&old, "08:00", "10:00");
        let (before, known_then) = (ask(2020), app.clock.now() - Duration::HOUR);
        assert_eq!((earned(2020), earned(2021)), (2.0, 0.0));
        let second = push(&new, "09:00", "11:00");
        assert_eq!((earned(2020), earned(2021)), (0.0, 0.0), "neither of the two counts");
        for (year, line, with) in [(2020, &first, &second), (2021, &second, &first)] {
            let told = ask(year).json;
            let [waiting] = &told["not_counted"].as_array().unwrap()[..] else { panic!("{told}") };
            assert_eq!(
                (&waiting["entry_id"], &waiting["reason"]["code"]),
                (&line["entry_id"], &json!("overlapping_sessions"))
            );
            assert_eq!(waiting["reason"]["facts"]["with"], with["entry_id"]);
        }
        assert_ne!(ask(2020).header("etag"), before.header("etag"), "a line of another year changed the answer");
        let stale = caller.clone().with("if-none-match", before.header("etag"));
        assert_eq!(stale.get(&path(learner.id, 2020)).status, 200);

        // The same by every way of asking, and as it was known before.
        let list = caller.get(&format!("/v1/learners/{}/standings", learner.id)).expect(200);
        let query = json!({ "year": 2020, "people": [{ "learner_id": learner.id }, { "learner_id": learner.id, "year": 2021 }] });
        let queried = app.as_national_officer().post("/v1/standings/query", &query).expect(200);
        let listed = items(&list).iter().map(|item| &item["total"]["earned"]);
        let queried = items(&queried).iter().map(|item| &item["summary"]["total"]["earned"]);
        assert!(listed.chain(queried).all(|earned| earned == 0), "{}", list.text);
        let at = known_then.format(&Rfc3339).unwrap();
        let known = caller.get(&format!("{}?as_known_at={at}", path(learner.id, 2020))).expect(200).json;
        assert_eq!(hours(&known, "total")[1], 2.0);

        // What was taken back occupies nobody, and a session beside another does not.
        let reversal = format!("/v1/completions/{}/reversal", second["completion_id"].as_str().unwrap());
        let _ = app.as_platform(platform.id).post(&reversal, &json!({ "reason_code": "wrong_data" })).expect(200);
        assert_eq!((earned(2020), earned(2021)), (2.0, 0.0));
        let _ = push(&new, "10:00", "12:00");
        assert_eq!((earned(2020), earned(2021)), (2.0, 2.0));
    });
}

#[test]
fn a_year_met_only_by_what_still_waits_for_a_decision_waits_too() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").register();
        let late = learner.finished(&stage.professional).at("2020-12-01T10:00:00+08:00");
        let [_, late] = app.push(&stage.platform, [learner.finished(&stage.public), late]);
        assert_eq!(late["outcome"], "needs_review");
        let told = standing(app, learner.id, 2020);
        assert_eq!((&told["verdict"], &told["reasons"][0]["code"]), (&json!("needs_review"), &json!("open_decisions")));
        let waiting = &told["not_counted"][0];
        assert_eq!((&waiting["entry_id"], &waiting["reason"]["code"]), (&late["entry_id"], &json!("under_review")));
        assert_eq!(waiting["reason"]["clauses"][0]["clause"], "八(二)");
        assert_eq!(hours(&told, "professional"), [90.0, 0.0, 90.0]);
    });
}

#[test]
fn where_no_rule_is_in_force_the_missing_one_is_named_and_the_wider_one_is_information() {
    each_backend(|app| {
        let learner = app.learner("610100").register();
        let told = standing(app, learner.id, 2021);
        assert_eq!((&told["verdict"], &told["policy"]), (&json!("no_rule_in_force"), &Value::Null));
        let missing = json!({ "place": { "code": "610000", "name": "陕西省" }, "year": 2021 });
        assert_eq!(told["missing_rule"], missing);
        assert_eq!((&told["nodes"], &told["reasons"][0]["code"]), (&json!([]), &json!("no_rule_in_force")));
        assert_eq!(told["reasons"][0]["text"], "陕西省（610000）没有 2021 年度的规则");
        assert_eq!(told["reasons"][0]["facts"], json!({ "layer": "610000", "year": 2021 }));
        let advisory = &told["advisory"];
        assert_eq!((&advisory["policy"]["place"], &advisory["met"]), (&json!("000000"), &json!(false)));
        assert_eq!(hours(advisory, "total"), [90.0, 0.0, 90.0]);
        // A place without any layer of its own is answered by the nation's.
        let elsewhere = app.learner("340000").register();
        let told = standing(app, elsewhere.id, 2021);
        assert_eq!((&told["verdict"], &told["missing_rule"]), (&json!("unmet"), &Value::Null));
        assert_eq!(told["policy"]["place"], "000000");
    });
}

#[test]
fn the_years_of_a_person_are_listed_in_short() {
    each_backend(|app| {
        let stage = app.pingdingshan();
        let learner = app.learner("410400").register();
        let _ = app.push_one(&stage.platform, &learner.finished(&stage.public));
        app.clock.set(datetime!(2022-03-01 12:00 +08:00));
        let path = format!("/v1/learners/{}/standings", learner.id);
        let get = |query: &str| app.as_learner(learner.id).get(&format!("{path}{query}"));
        let years = |query: &str| -> Vec<i64> {
            items(&get(query).expect(200)).iter().map(|item| item["year"].as_i64().unwrap()).collect()
        };
        let listed = get("").expect(200);
        assert_eq!(years(""), [2021, 2022]);
        let first = &items(&listed)[0];
        assert_eq!((&first["verdict"], &first["open"]), (&json!("unmet"), &json!(false)));
        assert_eq!((&first["total"]["earned"], &first["total"]["short"]), (&json!(30), &json!(60)));
        let categories = first["categories"].as_array().unwrap().iter();
        let categories: Vec<_> = categories.map(|node| (node["code"].as_str().unwrap(), &node["met"])).collect();
        assert_eq!(categories, [("public", &json!(true)), ("professional", &json!(false))]);
        assert_eq!(
            (&items(&listed)[1]["verdict"], &items(&listed)[1]["total"]),
            (&json!("no_rule_in_force"), &Value::Null)
        );

        assert_eq!((years("?from=2022"), years("?to=2021"), years("?to=2020")), (vec![2022], vec![2021], vec![]));
        let again = app.as_learner(learner.id).with("if-none-match", listed.header("etag")).get(&path);
        assert_eq!(again.status, 304);
        let problem = get("?from=2022&to=2021").problem(422, "invalid_query");
        assert_eq!(problem["errors"][0]["pointer"], "?to");
        for query in ["?from=1989", "?to=2201", "?from=x", "?year=2021"] {
            let _ = get(query).problem(422, "invalid_query");
        }
    });
}

#[test]
fn a_year_that_is_none_names_nothing() {
    let app = App::start(tests::Backend::Sqlite);
    let learner = app.learner("610000").register();
    for year in [1989, 2201, 99_999_999] {
        let _ = app.as_learner(learner.id).get(&path(learner.id, year)).problem(404, "not_found");
    }
    for year in [1990, 2200] {
        let _ = app.as_learner(learner.id).get(&path(learner.id, year)).expect(200);
    }
}
