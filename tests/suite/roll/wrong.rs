//! What is wrong with an item of past years, and who may not.

use super::{about, hours, made, met, outcomes, past_years, put};
use serde_json::{Value, json};
use tests::each_backend;
use time::macros::date;

fn faults(told: &Value) -> Vec<(&str, &str)> {
    let all = told["errors"].as_array().unwrap().iter();
    all.map(|fault| (fault["pointer"].as_str().unwrap(), fault["code"].as_str().unwrap())).collect()
}

#[test]
fn each_wrong_item_is_told_its_own_faults_and_none_loses_the_others() {
    each_backend(|app| {
        let learner = app.learner("610100").register();
        let officer = app.as_officer("610000");
        let roll = made(&officer, &past_years("610000"));
        let both = json!({ "year": 2018, "met": true, "hours": [{ "category": "public", "hours": 1 }] });
        let twice = json!([{ "category": "public", "hours": 1 }, { "category": "public", "hours": 2 }]);
        let told = put(
            &officer,
            &roll,
            &json!([
                about(&learner, both),
                about(&learner, json!({ "year": 2018 })),
                about(&learner, json!({ "year": 2018, "met": false })),
                about(&learner, json!({ "year": 2018, "hours": [{ "category": "public", "hours": -1 }] })),
                about(&learner, json!({ "year": 2018, "hours": twice })),
                about(&learner, json!({ "met": true })),
                met(&learner, 2021),
                met(&learner, 1989),
                json!({ "document_number": "610302199001010001", "name": "示例", "year": 2018, "met": true }),
                about(&learner, json!({ "year": 2018, "met": true, "grade": "A" })),
                met(&learner, 2018),
            ]),
        );
        let items = told["items"].as_array().unwrap();
        let wanted: [&[(&str, &str)]; 10] = [
            &[("/met", "exactly_one")],
            &[("/met", "exactly_one")],
            &[("/met", "not_attested")],
            &[("/hours/0/hours", "range")],
            &[("/hours/1/category", "duplicate")],
            &[("/year", "missing")],
            &[("/year", "year_not_over")],
            &[("/year", "range")],
            &[("/document_number", "invalid_document")],
            &[("/grade", "unknown_field")],
        ];
        for (item, wanted) in items.iter().zip(wanted) {
            assert_eq!((item["outcome"].as_str(), faults(item)), (Some("malformed"), wanted.to_vec()), "{item}");
        }
        assert_eq!(items[10]["outcome"], "created");
        assert_eq!(
            told["counts"],
            json!({ "created": 1, "unchanged": 0, "conflict": 0, "refused": 0, "malformed": 10 })
        );
    });
}

#[test]
fn who_is_unknown_of_another_place_or_of_another_name_is_not_listed() {
    each_backend(|app| {
        let (own, other) = (app.learner("610100").register(), app.learner("610300").register());
        let officer = app.as_officer("610100");
        let roll = made(&officer, &past_years("610100"));
        let mut renamed = met(&own, 2018);
        renamed["name"] = "示例别名".into();
        let nobody = tests::fixtures::Person::someone();
        let nobody =
            json!({ "document_number": nobody.document_number, "name": nobody.name, "year": 2018, "met": true });
        let told = put(&officer, &roll, &json!([renamed, met(&other, 2018), nobody]));
        let reasons: Vec<&Value> = told["items"].as_array().unwrap().iter().map(|item| &item["reason"]).collect();
        assert_eq!(reasons, ["other_name", "unknown_person", "unknown_person"], "{told}");
        assert_eq!(told["items"][0]["fields"], json!(["name"]));
        assert!(told["items"].as_array().unwrap().iter().all(|item| item["learner_id"].is_null()), "{told}");
        assert_eq!(officer.get(&roll).expect(200).json["counts"]["lines"], 0);
    });
}

#[test]
fn what_an_office_above_attested_is_seen_below_and_left_alone() {
    each_backend(|app| {
        let learner = app.learner("610100").register();
        let (province, city) = (app.as_officer("610000"), app.as_officer("610100"));
        let (above, wide) = (made(&province, &past_years("610100")), made(&province, &past_years("610000")));
        let item = json!([met(&learner, 2018)]);
        assert_eq!(outcomes(&put(&province, &above, &item)), ["created"]);
        assert_eq!(outcomes(&put(&province, &wide, &json!([met(&learner, 2017)]))), ["created"]);
        assert_eq!(city.get(&above).expect(200).json["counts"]["people"], 1);
        let _ = city.get(&wide).problem(404, "not_found");
        let reversal = format!("{above}/reversal");
        for asked in [json!({ "reason": "x" }), json!({ "reason": "x", "learners": [learner.id] })] {
            let refused = city.post(&reversal, &asked).problem(403, "outside_place");
            assert_eq!(refused["place"], "610000", "{refused}");
        }
        for path in ["items", "items/validation"] {
            let items = json!({ "items": [met(&learner, 2016)] });
            let _ = city.post(&format!("{above}/{path}"), &items).problem(403, "outside_place");
        }
        // Of another roll it is told that there is one, and which where it can be opened.
        let own = made(&city, &past_years("610100"));
        let told = put(&city, &own, &json!([met(&learner, 2018), met(&learner, 2017)]));
        let told = |at: usize| (told["items"][at]["reason"].clone(), told["items"][at]["roll_id"].clone());
        let id = above.rsplit('/').next().unwrap();
        assert_eq!(told(0), (json!("on_another_roll"), json!(id)));
        assert_eq!(told(1), (json!("on_another_roll"), Value::Null));
        // What the city made is the province's to take back as well.
        assert_eq!(outcomes(&put(&city, &own, &json!([met(&learner, 2016)]))), ["created"]);
        let asked = json!({ "reason": "x", "learners": [learner.id] });
        let taken = province.post(&format!("{own}/reversal"), &asked).expect(200).json;
        assert_eq!(taken["learners"][0]["outcome"], "reversed");
    });
}

#[test]
fn what_the_rules_have_no_category_for_or_still_count_is_refused_with_why() {
    each_backend(|app| {
        let learner = app.learner("610100").register();
        let officer = app.as_officer("610100");
        let roll = made(&officer, &past_years("610100"));
        let unknown = about(&learner, json!({ "year": 2018, "hours": [{ "category": "sport", "hours": 1 }] }));
        let told = put(&officer, &roll, &json!([unknown]));
        let reason = &told["items"][0]["reasons"][0];
        assert_eq!((outcomes(&told), &reason["code"]), (vec!["refused"], &json!("category_unknown")));
        assert!(reason["facts"]["known"].as_array().unwrap().contains(&json!("public")), "{reason}");
        // Rules of 2019 by which that year is still open.
        let source = r#"format = 1
document.notice = { number = "示例〔2019〕1号", title = "示例通知", issuer = "示例厅" }
policy = { place = "610100", year = 2019, title = "示例", cite = "notice 标题" }
year = { closes_on = 2021-12-31, cite = "notice 一" }
unit = { name = "学时", cite = "notice 一" }
category = [{ code = "public", name = "公需科目", min = 10, cite = "notice 二" }]
total = { min = 10, cite = "notice 一" }
"#;
        let office = app.as_national_officer();
        let draft = office.post("/v1/policies", &json!({ "source": source })).expect(201).json;
        let publication = format!("/v1/policies/{}/publication", draft["policy_id"].as_str().unwrap());
        let _ = office.send("POST", &publication, None, Vec::new()).expect(201);
        let told = put(&officer, &roll, &json!([hours(&learner, 2019, 5)]));
        let reason = &told["items"][0]["reasons"][0];
        assert_eq!((&reason["code"], &reason["facts"]["until"]), (&json!("computed_here"), &json!("2021-12-31")));
    });
}

#[test]
fn a_year_that_another_place_has_rules_for_is_attested_by_who_answers_for_that_place() {
    each_backend(|app| {
        let learner = app.learner("630100").moved_to("610302", date!(2021 - 01 - 05)).register();
        let years = json!([met(&learner, 2020), met(&learner, 2018)]);
        let town = app.as_officer("610302");
        let told = put(&town, &made(&town, &past_years("610302")), &years);
        assert_eq!(faults(&told["items"][0]), [("/year", "outside_place")]);
        // Of a year without rules whoever answers for the person tells.
        assert_eq!(outcomes(&told), ["malformed", "created"]);
        // Who belonged there then is its to tell of, of that year alone.
        let former = app.as_officer("630100");
        let told = put(&former, &made(&former, &past_years("630100")), &json!([met(&learner, 2020)]));
        assert_eq!(outcomes(&told), ["created"]);
        let stranger = app.as_officer("610100");
        let told = put(&stranger, &made(&stranger, &past_years("610100")), &json!([met(&learner, 2020)]));
        assert_eq!(outcomes(&told), ["refused"]);
        assert_eq!(told["items"][0]["reason"], "unknown_person");
    });
}

#[test]
fn a_roll_is_made_whole_and_within_the_callers_place() {
    each_backend(|app| {
        let officer = app.as_officer("610100");
        let _ = officer.post("/v1/rolls", &past_years("610000")).problem(403, "outside_place");
        let mut input = past_years("999999");
        (input["year"], input["exemption"]) = (2018.into(), "covid_front_line".into());
        input.as_object_mut().unwrap().remove("attested_by");
        let problem = officer.post("/v1/rolls", &input).problem(422, "invalid_body");
        let mut found = faults(&problem);
        found.sort_unstable();
        assert_eq!(
            found,
            [
                ("/attested_by", "missing"),
                ("/exemption", "not_asked"),
                ("/place", "unknown_place"),
                ("/year", "not_asked")
            ]
        );
        let roll = made(&officer, &past_years("610100"));
        for other in [app.as_officer("610300"), super::sector(app, "610100", "会计")] {
            let _ = other.get(&roll).problem(404, "not_found");
            let _ = other.post(&format!("{roll}/reversal"), &json!({ "reason": "x" })).problem(404, "not_found");
        }
        let listed = |caller: &tests::Client<'_>| {
            caller.get("/v1/rolls?kind=past_years").expect(200).json["items"].as_array().unwrap().len()
        };
        assert_eq!((listed(&app.as_officer("610000")), listed(&app.as_officer("610300"))), (1, 0));
    });
}
