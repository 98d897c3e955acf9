//! Learners' files: masked, kept by their place, added to and never overwritten.

use super::{faults, learner, named, number, register};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::kernel::LearnerId;
use serde_json::{Value, json};
use tests::{
    App, each_backend,
    fixtures::{Item, Person},
};
use uuid::Uuid;

fn path(id: LearnerId) -> String {
    format!("/v1/learners/{id}")
}

#[test]
fn a_file_shows_the_learner_the_own_name_and_everyone_else_a_mask() {
    each_backend(|app| {
        let id = register(app, 1, "示例甲");
        let officer = app.as_officer("610300").get(&path(id)).expect(200);
        assert_eq!(officer.json["name"], "示*");
        assert_eq!(officer.json["document"], json!({ "kind": "resident_id", "number": masked(1) }));
        assert_eq!(officer.json["placement"]["place"], json!({ "code": "610302", "name": "渭滨区" }));
        assert_eq!((&officer.json["employment"], &officer.json["post"]), (&Value::Null, &Value::Null));
        let own = app.as_learner(id).get(&path(id)).expect(200);
        assert_eq!((&own.json["name"], &own.json["document"]), (&json!("示例甲"), &officer.json["document"]));
        assert_eq!(app.as_national_officer().get(&path(id)).expect(200).json, officer.json);
        for answer in [&officer, &own] {
            assert!(!answer.text.contains(&number(1)));
        }
    });
}

fn masked(n: u32) -> String {
    let number = number(n);
    format!("{}**********{}", &number[..4], &number[14..])
}

#[test]
fn a_file_does_not_exist_for_those_it_is_not_for() {
    each_backend(|app| {
        let (id, other) = (register(app, 1, "示例甲"), register(app, 2, "示例乙"));
        for at in [path(id), format!("{}/history", path(id))] {
            let _ = app.as_officer("630000").get(&at).problem(404, "not_found");
            let _ = app.as_officer("610303").get(&at).problem(404, "not_found");
            let _ = app.as_learner(other).get(&at).problem(404, "not_found");
            let _ = app.as_nobody().get(&at).problem(401, "unauthenticated");
            let platform = app.caller(xueshi::auth::CallerKind::Platform, &Uuid::now_v7().to_string(), None);
            let _ = platform.get(&at).problem(403, "caller_not_permitted");
            let _ = app.as_officer("610302").get(&at).expect(200);
        }
        let elsewhere = app.as_officer("630000");
        let _ = elsewhere.patch(&path(id), &json!({ "name": "示例" })).problem(404, "not_found");
        let place = json!({ "place": "630100" });
        let _ = elsewhere.post(&format!("{}/placements", path(id)), &place).problem(404, "not_found");
        let nobody = LearnerId::from_uuid(Uuid::now_v7());
        let _ = app.as_national_officer().get(&path(nobody)).problem(404, "not_found");
        let _ = app.as_national_officer().get("/v1/learners/nonsense").problem(404, "not_found");
    });
}

#[test]
fn a_learner_is_refused_with_all_faults() {
    each_backend(|app| {
        let officer = app.as_officer("610300");
        let mut input = learner(1, "示\u{e000}");
        input["document"]["number"] = json!("610302199001010003");
        input["placement"]["place"] = json!("999999");
        input["employment"] = json!({ "employer_id": Uuid::now_v7() });
        let answer = officer.clone().in_english().post("/v1/learners", &input);
        assert!(!answer.text.contains("610302199001010003"));
        let wanted = [
            ("/document/number", "invalid_document"),
            ("/employment/employer_id", "unknown_reference"),
            ("/name", "invalid_name"),
            ("/placement/place", "unknown_place"),
        ];
        assert_eq!(faults(&answer.problem(422, "invalid_body")), named(&wanted));
        // A number in the wrong field or of the wrong type does not come back either.
        for (kind, number) in
            [(json!(number(1)), json!("resident_id")), (json!("resident_id"), json!(610_302_199_001_010_002_u64))]
        {
            let mut input = learner(1, "示例甲");
            input["document"] = json!({ "kind": kind, "number": number });
            let answer = officer.post("/v1/learners", &input);
            assert!(!answer.text.contains("6103021") && !answer.text.contains("61030219"), "{}", answer.text);
            let _ = answer.problem(422, "invalid_body");
        }
        let _ = app.as_officer("630000").post("/v1/learners", &learner(1, "示例甲")).problem(403, "outside_place");
        let _ = officer.post("/v1/learners", &learner(1, "示例甲")).expect(201);
    });
}

#[test]
fn a_name_of_any_character_of_gb_18030_is_kept_masked_found_and_compared() {
    each_backend(|app| {
        let stage = app.shaanxi();
        // Four bytes in GB 18030; a minority's name has a dot, which people type in several ways.
        for (n, name, variants) in [
            (1, "示\u{2BC21}", ["示\u{2BC21}", "示\u{2BC21} ", "\u{3000}示\u{2BC21}"]),
            (2, "示例\u{b7}迪亚", ["示例\u{2022}迪亚", "示例\u{30fb}迪亚", "示例\u{ff0e}迪亚"]),
        ] {
            let id = register(app, n, name);
            let file = app.as_officer("610300").get(&format!("/v1/learners/{id}")).expect(200).json;
            assert_eq!(file["name"], "示*");
            let own = json!({ "purpose": "own_file", "reference": "本人查看" });
            let shown = app.as_learner(id).post(&format!("/v1/learners/{id}/unmasking"), &own).expect(200).json;
            assert_eq!(shown["name"], name);
            let found = app.as_officer("610300").post("/v1/learner-searches", &json!({ "name": name })).expect(200);
            assert_eq!(found.json["items"][0]["learner_id"], json!(id), "{}", found.text);
            for (variant, course) in variants.iter().zip([&stage.public, &stage.professional, &stage.public]) {
                let person = Person { document_number: number(n), name: (*variant).to_owned() };
                let told = app.push_one(&stage.platform, &Item::new(person.reference(), &course.code, 2020));
                assert_ne!(told["outcome"], "held", "{variant}: {told}");
                assert_eq!(told["learner_id"], json!(id), "{variant}");
            }
        }
        let refused = app.as_officer("610300").in_english().post("/v1/learners", &learner(3, "示\u{e000}"));
        let problem = refused.problem(422, "invalid_body");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("U+E000"), "{problem}");
    });
}

#[test]
fn a_number_registers_one_learner_and_says_who_only_to_those_who_may_know() {
    each_backend(|app| {
        let id = register(app, 1, "示例甲");
        let problem =
            app.as_officer("610302").post("/v1/learners", &learner(1, "示例甲")).problem(409, "already_exists");
        assert_eq!(problem["learner_id"], json!(id));
        let mut elsewhere = learner(1, "示例甲");
        elsewhere["placement"]["place"] = json!("630102");
        let problem = app.as_officer("630000").post("/v1/learners", &elsewhere).problem(409, "already_exists");
        assert!(problem.get("learner_id").is_none(), "{problem}");
    });
}

#[test]
fn a_learner_is_looked_up_by_document_however_it_was_typed() {
    each_backend(|app| {
        let id = register(app, 1, "示例甲");
        let look = |number: &str| json!({ "document": { "kind": "resident_id", "number": number } });
        let officer = app.as_officer("610300");
        let typed = format!(" {} {}", &number(1)[..6], number(1)[6..].to_lowercase());
        let found = officer.post("/v1/learner-lookups", &look(&typed)).expect(200);
        assert_eq!(found.json["learner_id"], json!(id));
        assert!(!found.text.contains(&number(1)));
        let _ = officer.post("/v1/learner-lookups", &look(&number(2))).problem(404, "not_found");
        let _ = app.as_officer("630000").post("/v1/learner-lookups", &look(&number(1))).problem(404, "not_found");
        let problem = officer.post("/v1/learner-lookups", &look("61030219900101")).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/document/number", "invalid_document")]));
        let _ = app.as_learner(id).post("/v1/learner-lookups", &look(&number(1))).problem(403, "caller_not_permitted");
    });
}

#[test]
fn a_wrong_name_or_number_is_corrected_and_the_wrong_number_is_free_again() {
    each_backend(|app| {
        let (id, other) = (register(app, 1, "示例甲"), register(app, 2, "示例乙"));
        let officer = app.as_officer("610300");
        let document = |n| json!({ "document": { "kind": "resident_id", "number": number(n) } });
        let problem = officer.patch(&path(id), &json!({})).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("", "missing")]));
        let problem = officer.patch(&path(id), &document(2)).problem(409, "already_exists");
        assert_eq!(problem["learner_id"], json!(other));
        let corrected = officer.patch(&path(id), &json!({ "name": "例示", "document": document(3)["document"] }));
        let corrected = corrected.expect(200).json;
        assert_eq!((&corrected["name"], &corrected["document"]["number"]), (&json!("例*"), &json!(masked(3))));
        assert_eq!(app.as_learner(id).get(&path(id)).expect(200).json["name"], "例示");
        let found = officer.post("/v1/learner-lookups", &document(3)).expect(200).json;
        assert_eq!(found["learner_id"], json!(id));
        let _ = officer.post("/v1/learner-lookups", &document(1)).problem(404, "not_found");
        assert_ne!(register(app, 1, "示例丙"), id);
    });
}

fn history(app: &App, id: LearnerId) -> Value {
    app.as_learner(id).get(&format!("{}/history", path(id))).expect(200).json
}

#[test]
fn changes_are_dated_facts_and_nothing_is_overwritten() {
    each_backend(|app| {
        let id = register(app, 1, "示例甲");
        let officer = app.as_officer("610300");
        let posts = format!("{}/posts", path(id));
        let post = |level: &str, from_on: &str| json!({ "series": "会计", "level": level, "employment_kind": "permanent", "from_on": from_on });
        let _ = officer.post(&posts, &post("intermediate", "2021-01-01")).expect(201);
        // What was in force already needs no further fact; an earlier day does.
        let _ = officer.post(&posts, &post("intermediate", "2021-06-01")).expect(200);
        let _ = officer.post(&posts, &post("assistant", "2019-01-01")).expect(201);
        let _ = officer.post(&posts, &post("deputy_senior", "2022-01-01")).expect(201);
        let levels: Vec<_> = history(app, id)["posts"].as_array().unwrap().iter().map(|p| p["level"].clone()).collect();
        assert_eq!(levels, ["assistant", "intermediate", "deputy_senior"]);
        let file = || officer.get(&path(id)).expect(200).json;
        assert_eq!(file()["post"]["level"], "intermediate");
        app.clock.set(time::macros::datetime!(2021-12-31 16:00 UTC));
        assert_eq!(file()["post"]["level"], "deputy_senior");
        let problem = officer.post(&posts, &json!({ "employment_kind": "sometimes" })).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/employment_kind", "unknown_value")]));
        // Rules name a series as the notices do; by another name it would be passed over in silence.
        let english = json!({ "series": "accounting", "employment_kind": "permanent" });
        let problem = officer.post(&posts, &english).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/series", "series")]));

        let employments = format!("{}/employments", path(id));
        let nobody = json!({ "employer_id": null, "from_on": "2021-01-01" });
        let _ = officer.post(&employments, &nobody).expect(201);
        assert_eq!(file()["employment"]["employer"], Value::Null);
        let problem =
            officer.post(&employments, &json!({ "employer_id": Uuid::now_v7() })).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/employer_id", "unknown_reference")]));
    });
}

#[test]
fn who_moves_away_is_handed_over_on_the_day() {
    each_backend(|app| {
        let id = register(app, 1, "示例甲");
        let (old, new) = (app.as_officer("610300"), app.as_officer("630000"));
        let placements = format!("{}/placements", path(id));
        let problem = old.post(&placements, &json!({ "place": "999999" })).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/place", "unknown_place")]));
        let moving = json!({ "place": "630102", "from_on": "2021-07-01" });
        assert_eq!(old.post(&placements, &moving).expect(201).json["placements"].as_array().unwrap().len(), 2);
        let _ = new.get(&path(id)).problem(404, "not_found");
        let _ = old.get(&path(id)).expect(200);
        app.clock.set(time::macros::datetime!(2021-06-30 15:59:59 UTC));
        let _ = old.get(&path(id)).expect(200);
        app.clock.set(time::macros::datetime!(2021-06-30 16:00 UTC));
        let _ = old.get(&path(id)).problem(404, "not_found");
        assert_eq!(new.get(&path(id)).expect(200).json["placement"]["from_on"], "2021-07-01");
    });
}

#[test]
fn a_first_day_lies_between_the_founding_of_the_republic_and_a_year_from_now() {
    each_backend(|app| {
        let id = register(app, 1, "示例甲");
        let officer = app.as_officer("610300");
        let post = |from_on: &str| json!({ "employment_kind": "permanent", "from_on": from_on });
        let place = |from_on: &str| json!({ "place": "610303", "from_on": from_on });
        let nobody = |from_on: &str| json!({ "employer_id": null, "from_on": from_on });
        for (wrong, code) in [("1949-09-30", "too_early"), ("2022-06-16", "too_far_ahead")] {
            for (part, body) in [("posts", post(wrong)), ("placements", place(wrong)), ("employments", nobody(wrong))] {
                let problem = officer.post(&format!("{}/{part}", path(id)), &body).problem(422, "invalid_body");
                assert_eq!(faults(&problem), named(&[("/from_on", code)]), "{part} {wrong}");
            }
            let mut item = learner(2, "示例乙");
            item["placement"]["from_on"] = json!(wrong);
            item["post"] = post(wrong);
            let problem = officer.post("/v1/learners", &item).problem(422, "invalid_body");
            assert_eq!(faults(&problem), named(&[("/placement/from_on", code), ("/post/from_on", code)]));
            let employer = json!({ "name": "示例", "kind": "other", "place": "610300", "kind_from_on": wrong });
            let problem = officer.post("/v1/employers", &employer).problem(422, "invalid_body");
            assert_eq!(faults(&problem), named(&[("/kind_from_on", code)]));
        }
        for right in ["1949-10-01", "2022-06-15"] {
            let _ = officer.post(&format!("{}/employments", path(id)), &nobody(right));
            let _ = officer.post(&format!("{}/placements", path(id)), &place(right)).expect(201);
        }
    });
}

#[test]
fn an_officer_backdates_no_move_out_of_the_own_places() {
    each_backend(|app| {
        let id = register(app, 1, "示例甲");
        let officer = app.as_officer("610300");
        let placements = format!("{}/placements", path(id));
        let moved = |place: &str, from_on: &str| json!({ "place": place, "from_on": from_on });
        let problem = officer.post(&placements, &moved("630102", "2021-06-14")).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/from_on", "backdated_move_away")]));
        // Within the own places the past may be set right, and anyone may be handed over from today on.
        let _ = officer.post(&placements, &moved("610303", "2020-01-01")).expect(201);
        let _ = officer.post(&placements, &moved("630102", "2021-06-15")).expect(201);
        let _ = app.as_national_officer().post(&placements, &moved("630102", "2021-06-14")).expect(201);
    });
}

#[test]
fn an_officer_takes_no_past_of_another_place() {
    each_backend(|app| {
        // Of 青海 since 2018, and in 渭滨区 since March 2021.
        let input = |from_on: &str| {
            let mut input = learner(1, "示例甲");
            input["placement"] = json!({ "place": "610302", "from_on": from_on });
            input
        };
        let mut first = learner(1, "示例甲");
        first["placement"] = json!({ "place": "630000", "from_on": "2018-01-01" });
        let made = app.as_officer("630000").post("/v1/learners", &first).expect(201).json;
        let placements = format!("/v1/learners/{}/placements", made["learner_id"].as_str().unwrap());
        let moved = |place: &str, from_on: &str| json!({ "place": place, "from_on": from_on });
        let _ = app.as_national_officer().post(&placements, &moved("610302", "2021-03-01")).expect(201);

        let officer = app.as_officer("610302");
        let bulk = |from_on: &str| {
            let body = json!({ "items": [input(from_on)] });
            officer.post("/v1/learners/bulk", &body).expect(200).json["items"][0].clone()
        };
        for taken in ["2021-02-28", "2020-06-01", "2018-01-01", "2017-12-31", "1990-01-01"] {
            let problem = officer.post(&placements, &moved("610302", taken)).problem(422, "invalid_body");
            assert_eq!(faults(&problem), named(&[("/from_on", "past_of_another_place")]), "{taken}");
            let item = bulk(taken);
            assert_eq!(item["outcome"], "malformed", "{item}");
            assert_eq!(faults(&item), named(&[("/placement/from_on", "past_of_another_place")]), "{taken}");
        }
        // One's own days may be set right, days to come be anyone's, and the administrator may do it all.
        assert_eq!(bulk("2021-04-01")["outcome"], "unchanged");
        let both = app.as_officer("610300");
        let _ = both.post(&placements, &moved("610303", "2021-04-01")).expect(201);
        let _ = both.post(&placements, &moved("630102", "2021-06-15")).expect(201);
        let _ = app.as_national_officer().post(&placements, &moved("610302", "2018-01-01")).expect(201);
    });
}

#[test]
fn a_made_up_cursor_tells_nobody_who_is_registered_elsewhere() {
    each_backend(|app| {
        for n in 1..=3 {
            register(app, n, "示例甲");
        }
        let mut other = learner(4, "示例乙");
        other["placement"] = json!({ "place": "630000", "from_on": "2018-01-01" });
        let other = app.as_officer("630000").post("/v1/learners", &other).expect(201).json;
        let officer = app.as_officer("610302");
        let page = officer.get("/v1/learners?limit=1").expect(200).json;
        let cursor = page["next_cursor"].as_str().unwrap();
        let held: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).unwrap()).unwrap();
        let with = |id: &str| {
            let made_up = URL_SAFE_NO_PAD.encode(json!([held[0], id]).to_string());
            officer.get(&format!("/v1/learners?limit=1&cursor={made_up}"))
        };
        let _ = with(page["items"][0]["learner_id"].as_str().unwrap()).expect(200);
        let foreign = with(other["learner_id"].as_str().unwrap()).problem(422, "invalid_query");
        let unknown = with("0190d3f0-0000-7000-8000-00000000beef").problem(422, "invalid_query");
        assert_eq!(foreign, unknown);
    });
}
