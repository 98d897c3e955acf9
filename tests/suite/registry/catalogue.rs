//! Platforms and courses: what every official and platform may look up.

use super::{base, course, encoded, faults, named, platform, platform_input};
use serde_json::{Value, json};
use tests::each_backend;
use uuid::Uuid;

#[test]
fn a_platform_is_registered_replaced_found_and_listed() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        let id = platform(app, "p-1");
        let path = format!("/v1/learning-platforms/{id}");
        let seen = app.as_platform(id).get(&path).expect(200).json;
        assert_eq!(seen["place"], json!({ "code": "610000", "name": "陕西省" }));
        assert_eq!(
            seen["categories"],
            json!([{ "category": "public", "from_on": "2021-01-01", "until_on": "2021-12-31" }])
        );
        // A dead division code leads to the place that bears another one now.
        let mut input = platform_input("p-1", "610981");
        input["categories"] = json!([{ "category": "professional", "from_on": "2021-03-01" }]);
        let replaced = officer.put(&path, &input).expect(200).json;
        assert_eq!(replaced["place"], json!({ "code": "610981", "name": "旬阳市" }));
        assert_eq!(replaced["categories"][0]["until_on"], Value::Null);
        assert_eq!(replaced["created_at"], seen["created_at"]);
        assert_eq!(officer.get(&path).expect(200).json, replaced);
        let listed = |query: &str| officer.get(&format!("/v1/learning-platforms?{query}")).expect(200).json;
        let named = format!("q={}", encoded("示例"));
        for query in ["q=p-1", &named, "place=610928", "place=610900", "place=610000", ""] {
            assert_eq!(listed(query)["items"], json!([replaced]), "{query}");
        }
        for query in ["q=p-2", "place=610300", "place=630000"] {
            assert_eq!(listed(query)["items"], json!([]), "{query}");
        }
        let _ = officer.get("/v1/learning-platforms?place=999999").problem(422, "invalid_query");
    });
}

#[test]
fn a_platform_is_refused_with_all_its_faults() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        let existing = platform(app, "p-1");
        let input = json!({
            "code": "p 2", "name": " ", "level": "provincial", "place": "610000", "colour": "red",
            "categories": [{ "category": "Public", "from_on": "2021-01-01" }]
        });
        let problem = officer.post("/v1/learning-platforms", &input).problem(422, "invalid_body");
        let wanted = [
            ("/categories/0/category", "category"),
            ("/code", "code"),
            ("/colour", "unknown_field"),
            ("/name", "blank"),
        ];
        assert_eq!(faults(&problem), named(&wanted));
        let input = json!({
            "code": "p-2", "name": "示例", "level": "provincial", "place": "619999",
            "categories": [
                { "category": "public", "from_on": "2021-01-01", "until_on": "2020-12-31" },
                { "category": "public", "from_on": "2021-01-01" }
            ]
        });
        let problem = officer.post("/v1/learning-platforms", &input).problem(422, "invalid_body");
        let wanted = [
            ("/categories/0/until_on", "before_first_day"),
            ("/categories/1", "duplicate"),
            ("/place", "unknown_place"),
        ];
        assert_eq!(faults(&problem), named(&wanted));
        let mut input = platform_input("p-2", "610000");
        input["base_id"] = json!(Uuid::now_v7());
        let problem = officer.post("/v1/learning-platforms", &input).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/base_id", "unknown_reference")]));
        let problem =
            officer.post("/v1/learning-platforms", &platform_input("p-1", "610000")).problem(409, "already_exists");
        assert_eq!(problem["platform_id"], json!(existing));
    });
}

#[test]
fn an_officer_keeps_platforms_of_the_own_places_only() {
    each_backend(|app| {
        let id = platform(app, "p-1");
        let path = format!("/v1/learning-platforms/{id}");
        let elsewhere = app.as_officer("630000");
        let problem =
            elsewhere.post("/v1/learning-platforms", &platform_input("p-2", "610000")).problem(403, "outside_place");
        assert_eq!((&problem["place"], &problem["answers_for"]), (&json!("610000"), &json!("630000")));
        // Taking one over is no more allowed than giving one away.
        let _ = elsewhere.put(&path, &platform_input("p-1", "630000")).problem(403, "outside_place");
        let _ = app.as_officer("610000").put(&path, &platform_input("p-1", "630000")).problem(403, "outside_place");
        let _ = app.as_officer("610300").put(&path, &platform_input("p-1", "610300")).problem(403, "outside_place");
        let _ = app.as_national_officer().put(&path, &platform_input("p-1", "630000")).expect(200);
        assert_eq!(elsewhere.get(&path).expect(200).json["place"]["code"], "630000");
        let unknown = format!("/v1/learning-platforms/{}", Uuid::now_v7());
        let _ = elsewhere.get(&unknown).problem(404, "not_found");
        let _ = elsewhere.put(&unknown, &platform_input("p-1", "630000")).problem(404, "not_found");
        let _ = app.as_nobody().get(&path).problem(401, "unauthenticated");
    });
}

#[test]
fn a_course_gets_a_new_version_when_it_says_something_else_and_nothing_when_it_repeats_itself() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        let (base, carrier) = (base(app), platform(app, "p-1"));
        let input = course("c-1", base);
        let first = officer.post("/v1/courses", &input).expect(201);
        let id = first.json["course"]["course_id"].as_str().unwrap().to_owned();
        assert_eq!(first.header("location"), format!("/v1/courses/{id}"));
        assert_eq!(first.json["course"]["versions"][0]["hours"], json!(7.5));
        let again = officer.post("/v1/courses", &input).expect(200).json;
        assert_eq!((&again["outcome"], &again["course"]), (&json!("unchanged"), &first.json["course"]));

        let mut changed = input.clone();
        changed["hours"] = json!(8);
        let answer = officer.post("/v1/courses", &changed).expect(200).json;
        assert_eq!(answer["outcome"], "updated");
        let hours: Vec<_> = answer["course"]["versions"].as_array().unwrap().iter().map(|v| &v["hours"]).collect();
        assert_eq!(hours, [&json!(7.5), &json!(8)]);
        changed["platforms"] = json!([carrier]);
        let carried = officer.post("/v1/courses", &changed).expect(200).json;
        assert_eq!((&carried["outcome"], &carried["course"]["platforms"]), (&json!("updated"), &json!([carrier])));
        assert_eq!(carried["course"]["versions"].as_array().unwrap().len(), 2);

        let reader = app.as_platform(carrier);
        assert_eq!(reader.get(&format!("/v1/courses/{id}")).expect(200).json, carried["course"]);
        let by = |query: String| reader.get(&format!("/v1/courses?{query}")).expect(200).json["items"].clone();
        for query in [
            format!("platform={carrier}"),
            format!("provider={base}"),
            "q=c-".into(),
            format!("q={}", encoded("示例课程")),
        ] {
            assert_eq!(by(query.clone()), json!([carried["course"]]), "{query}");
        }
        assert_eq!(by(format!("platform={}", Uuid::now_v7())), json!([]));
    });
}

#[test]
fn a_course_is_refused_with_all_its_faults_and_kept_by_its_providers_place_only() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        let base = base(app);
        let mut input = course("c-1", base);
        for (field, value) in [("hours", json!(0)), ("modes", json!([])), ("policy_year", json!(1900))] {
            input[field] = value;
        }
        let problem = officer.post("/v1/courses", &input).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/hours", "range"), ("/modes", "length"), ("/policy_year", "range")]));
        let mut input = course("c-1", base);
        input["hours"] = json!(1.005);
        let problem = officer.post("/v1/courses", &input).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/hours", "invalid_value")]));
        let mut input = course("c-1", base);
        input["provider"]["id"] = json!(Uuid::now_v7());
        input["platforms"] = json!([Uuid::now_v7()]);
        let problem = officer.post("/v1/courses", &input).problem(422, "invalid_body");
        assert_eq!(
            faults(&problem),
            named(&[("/platforms/0", "unknown_reference"), ("/provider/id", "unknown_reference")])
        );
        let _ = app.as_officer("610300").post("/v1/courses", &course("c-1", base)).problem(403, "outside_place");
        let _ = officer.get(&format!("/v1/courses/{}", Uuid::now_v7())).problem(404, "not_found");
        let _ = officer.get("/v1/courses/nonsense").problem(404, "not_found");
    });
}

#[test]
fn the_last_word_about_the_filing_of_a_plan_holds() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        let base = base(app);
        let id = officer.post("/v1/courses", &course("c-1", base)).expect(201).json["course"]["course_id"].clone();
        let course = format!("/v1/courses/{}", id.as_str().unwrap());
        let path = format!("{course}/plan-filing");
        let filed =
            |day: &str, number: i64| json!({ "filed_on": day, "reference": format!("示例备案〔2021〕{number}号") });
        let withdrawn = json!({ "filed_on": null });
        let said = [
            withdrawn.clone(),
            filed("2021-06-01", 1),
            filed("2021-06-15", 1),
            filed("2021-06-15", 2),
            withdrawn,
            filed("2021-06-15", 2),
            filed("2021-06-01", 1),
        ];
        for (index, filing) in said.into_iter().enumerate() {
            let answers = [(); 2].map(|()| officer.post(&path, &filing).expect(200).json);
            let found = officer.get("/v1/courses?q=c-1").expect(200).json["items"][0].clone();
            let seen = app.as_officer("630000").get(&course).expect(200).json;
            for told in answers.into_iter().chain([found, seen]) {
                assert_eq!(told["filed_on"], filing["filed_on"]);
                let last = &told["plan_filing"];
                // What was never said has nothing to be withdrawn.
                assert_eq!(last.is_null(), index == 0, "{told}");
                if index > 0 {
                    assert_eq!((&last["filed_on"], &last["reference"]), (&filing["filed_on"], &filing["reference"]));
                    assert_eq!(last["withdrawn"], json!(filing["filed_on"].is_null()));
                    assert_eq!(last["recorded_at"], "2021-06-15T04:00:00Z");
                }
            }
        }
        let wrong = [
            (filed("2021-06-16", 1), "/filed_on", "in_future"),
            (json!({ "filed_on": "2021-06-15" }), "/reference", "missing"),
            (json!({ "filed_on": null, "reference": "1号" }), "/reference", "without_filing"),
            (json!({ "reference": "1号" }), "/filed_on", "missing"),
            (json!({ "filed_on": "2021-06-15", "reference": " " }), "/reference", "blank"),
        ];
        for (filing, pointer, code) in wrong {
            let problem = officer.post(&path, &filing).problem(422, "invalid_body");
            assert_eq!(faults(&problem), named(&[(pointer, code)]), "{filing}");
        }
        let filing = filed("2021-06-15", 1);
        let _ = app.as_officer("630000").post(&path, &filing).problem(403, "outside_place");
        let nothing = format!("/v1/courses/{}/plan-filing", Uuid::now_v7());
        let _ = officer.post(&nothing, &filing).problem(404, "not_found");
    });
}

#[test]
fn a_course_is_of_a_category_that_some_rule_has_and_names_each_mode_once() {
    each_backend(|app| {
        let (base, officer) = (base(app), app.as_officer("610000"));
        let mut input = course("C-1", base);
        (input["category"], input["modes"]) = (json!("profesional"), json!(["online", "online"]));
        let problem = officer.post("/v1/courses", &input).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/category", "unknown_category"), ("/modes", "duplicate")]));
        let errors = problem["errors"].as_array().unwrap();
        let known = &errors.iter().find(|error| error["code"] == "unknown_category").unwrap()["known"];
        for category in ["public", "professional"] {
            assert!(known.as_array().unwrap().contains(&json!(category)), "{known}");
        }
        let answer =
            officer.post("/v1/courses/bulk", &json!({ "items": [input, course("C-2", base)] })).expect(200).json;
        let outcomes: Vec<_> = answer["items"].as_array().unwrap().iter().map(|item| &item["outcome"]).collect();
        assert_eq!(outcomes, ["malformed", "created"]);
        // A part of a category that a rule has counts as that category.
        (input["category"], input["modes"]) = (json!("public.anything"), json!(["online", "face_to_face"]));
        let _ = officer.post("/v1/courses", &input).expect(201);
    });
}

#[test]
fn courses_and_platforms_are_listed_page_by_page() {
    each_backend(|app| {
        let (base, officer) = (base(app), app.as_officer("610000"));
        for number in 1..=5 {
            let _ = officer.post("/v1/courses", &course(&format!("c-{number}"), base)).expect(201);
            let _ = platform(app, &format!("p-{number}"));
        }
        for path in ["/v1/courses", "/v1/learning-platforms"] {
            let whole = officer.get(&format!("{path}?limit=5")).expect(200).json;
            assert_eq!((whole["items"].as_array().unwrap().len(), &whole["next_cursor"]), (5, &Value::Null), "{path}");
            let (mut seen, mut sizes, mut next) = (Vec::new(), Vec::new(), String::new());
            loop {
                let page = officer.get(&format!("{path}?limit=2{next}")).expect(200).json;
                let items = page["items"].as_array().unwrap();
                sizes.push(items.len());
                seen.extend(items.iter().cloned());
                let Some(cursor) = page["next_cursor"].as_str() else { break };
                next = format!("&cursor={cursor}");
            }
            assert_eq!((sizes, json!(seen)), (vec![2, 2, 1], whole["items"].clone()), "{path}");
            let _ = officer.get(&format!("{path}?limit=2&cursor=nonsense")).problem(422, "invalid_query");
            let found = officer.get(&format!("{path}?q=-3&limit=2")).expect(200).json;
            assert!(found["items"].as_array().unwrap().len() <= 1, "{path}: {found}");
        }
    });
}
