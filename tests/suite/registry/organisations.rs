//! Authorities, employers and training bases: what each place keeps and every official reads.

use super::{encoded, faults, named, platform, platform_input};
use serde_json::{Value, json};
use tests::{App, each_backend};
use uuid::Uuid;

/// A code whose check character fits, and one whose does not; both are made up.
const GOOD_CODE: &str = "91610000MA00000016";
const ODD_CODE: &str = "91610000MA00000017";

fn authority(name: &str, place: &str) -> Value {
    json!({ "name": name, "kind": "human_resources", "place": place })
}

fn employer(name: &str, place: &str, credit_code: &str) -> Value {
    json!({ "name": name, "kind": "enterprise", "place": place, "credit_code": credit_code })
}

fn training_base(name: &str, place: &str) -> Value {
    json!({
        "name": name, "level": "provincial", "place": place,
        "recognised_from": "2018-01-01", "recognised_until": "2022-12-31"
    })
}

/// The id in the address of what was made.
fn made(app: &App, path: &str, input: &Value) -> Uuid {
    let answer = app.as_system_administrator().post(path, input).expect(201);
    answer.header("location").strip_prefix(&format!("{path}/")).unwrap().parse().unwrap()
}

#[test]
fn an_organisation_is_registered_replaced_found_and_listed() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        for (path, id, input) in [
            ("/v1/authorities", "authority_id", authority("示例甲", "610000")),
            ("/v1/employers", "employer_id", employer("示例甲", "610000", GOOD_CODE)),
            ("/v1/training-bases", "base_id", training_base("示例甲", "610000")),
        ] {
            let answer = officer.post(path, &input).expect(201);
            let one = format!("{path}/{}", answer.json[id].as_str().unwrap());
            assert_eq!(answer.header("location"), one);
            let seen = officer.get(&one).expect(200).json;
            assert_eq!(seen, answer.json);
            for (field, value) in input.as_object().unwrap() {
                let wanted = if field == "place" { &json!({ "code": "610000", "name": "陕西省" }) } else { value };
                assert_eq!(&seen[field], wanted, "{path}: {field}");
            }
            let mut changed = input.clone();
            (changed["name"], changed["place"]) = (json!(" 示例乙 "), json!("610981"));
            app.clock.set(tests::NOON + time::Duration::HOUR);
            let replaced = officer.put(&one, &changed).expect(200).json;
            app.clock.set(tests::NOON);
            assert_eq!(replaced["name"], "示例乙");
            assert_eq!(replaced["place"], json!({ "code": "610981", "name": "旬阳市" }));
            assert_eq!(replaced["created_at"], seen["created_at"]);
            assert_ne!(replaced["updated_at"], seen["updated_at"]);
            assert_eq!(officer.get(&one).expect(200).json, replaced);
            let listed = |query: &str| {
                app.as_officer("630000").get(&format!("{path}?{query}")).expect(200).json["items"].clone()
            };
            let (old, new) = (format!("q={}", encoded("示例甲")), format!("q={}", encoded("示例乙")));
            for query in [&new, "place=610928", "place=610981", "place=610000", ""] {
                assert_eq!(listed(query), json!([replaced]), "{path}?{query}");
            }
            for query in [&old, "place=610300", "place=630000"] {
                assert_eq!(listed(query), json!([]), "{path}?{query}");
            }
            let _ = officer.get(&format!("{path}?place=999999")).problem(422, "invalid_query");
        }
    });
}

#[test]
fn a_list_of_organisations_comes_in_pages_by_name() {
    each_backend(|app| {
        for path in ["/v1/authorities", "/v1/employers", "/v1/training-bases"] {
            for name in ["丙", "甲", "乙", "甲", "丁"] {
                let input = match path {
                    "/v1/authorities" => authority(name, "610000"),
                    "/v1/employers" => json!({ "name": name, "kind": "other", "place": "610000" }),
                    _ => training_base(name, "610000"),
                };
                made(app, path, &input);
            }
            let (mut names, mut next, mut pages) = (Vec::new(), String::new(), 0);
            loop {
                let page = app.as_officer("610000").get(&format!("{path}?limit=2{next}")).expect(200).json;
                names.extend(
                    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()),
                );
                pages += 1;
                let Some(cursor) = page["next_cursor"].as_str() else { break };
                next = format!("&cursor={cursor}");
            }
            assert_eq!((names.join(""), pages), ("丁丙乙甲甲".to_owned(), 3), "{path}");
            let _ = app.as_officer("610000").get(&format!("{path}?cursor=W10")).problem(422, "invalid_query");
        }
    });
}

#[test]
fn an_organisation_is_refused_with_all_its_faults() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        let input =
            json!({ "name": " ", "kind": "human_resources", "place": "610000", "series": "a b", "colour": "red" });
        let problem = officer.post("/v1/authorities", &input).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/colour", "unknown_field"), ("/name", "blank"), ("/series", "code")]));
        let problem = officer.post("/v1/authorities", &authority("示例", "999999")).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/place", "unknown_place")]));
        let problem = officer.post("/v1/authorities", &json!({ "name": "示例", "kind": "bank", "place": "610000" }));
        assert_eq!(faults(&problem.problem(422, "invalid_body"))[0].0, "/kind");

        let problem = officer.post("/v1/employers", &employer("", "610000", "9161")).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/credit_code", "credit_code_length"), ("/name", "blank")]));
        let problem = officer.post("/v1/employers", &employer("示例", "610000", "91610000MA0000001O"));
        let problem = problem.problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/credit_code", "credit_code_character")]));
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("18"));
        let mut input = employer("示例", "999999", GOOD_CODE);
        (input["registered_place"], input["authority_id"]) = (json!("x"), json!(Uuid::now_v7()));
        let problem = officer.post("/v1/employers", &input).problem(422, "invalid_body");
        let wanted = [
            ("/authority_id", "unknown_reference"),
            ("/place", "unknown_place"),
            ("/registered_place", "unknown_place"),
        ];
        assert_eq!(faults(&problem), named(&wanted));

        let mut input = training_base("示例", "999999");
        (input["recognised_until"], input["authority_id"]) = (json!("2017-12-31"), json!(Uuid::now_v7()));
        let problem = officer.post("/v1/training-bases", &input).problem(422, "invalid_body");
        let wanted = [
            ("/authority_id", "unknown_reference"),
            ("/place", "unknown_place"),
            ("/recognised_until", "before_first_day"),
        ];
        assert_eq!(faults(&problem), named(&wanted));
        assert_eq!(officer.get("/v1/training-bases").expect(200).json["items"], json!([]));
    });
}

#[test]
fn a_credit_code_whose_checksum_fails_is_kept_with_a_warning() {
    each_backend(|app| {
        let officer = app.as_officer("610000").in_english();
        let typed = "９１６１００００ma 00000017";
        let kept = officer.post("/v1/employers", &employer("示例", "610000", typed)).expect(201).json;
        assert_eq!(kept["credit_code"], ODD_CODE);
        let warning = &kept["warnings"][0];
        assert_eq!((&warning["pointer"], &warning["code"]), (&json!("/credit_code"), &json!("credit_code_checksum")));
        assert!(warning["detail"].as_str().unwrap().contains("ask for 6"), "{warning}");
        let one = format!("/v1/employers/{}", kept["employer_id"].as_str().unwrap());
        assert_eq!(officer.get(&one).expect(200).json, kept);
        let found = officer.get(&format!("/v1/employers?q={}", encoded("91610000 ma00000017"))).expect(200).json;
        assert_eq!(found["items"], json!([kept]));
        let corrected = officer.put(&one, &employer("示例", "610000", GOOD_CODE)).expect(200).json;
        assert_eq!((&corrected["credit_code"], &corrected["warnings"]), (&json!(GOOD_CODE), &json!([])));
    });
}

#[test]
fn a_credit_code_belongs_to_one_employer() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        let first = made(app, "/v1/employers", &employer("示例甲", "610000", GOOD_CODE));
        let second = made(app, "/v1/employers", &employer("示例乙", "610000", ODD_CODE));
        for answer in [
            officer.post("/v1/employers", &employer("示例丙", "610000", GOOD_CODE)),
            officer.put(&format!("/v1/employers/{second}"), &employer("示例乙", "610000", GOOD_CODE)),
        ] {
            assert_eq!(answer.problem(409, "already_exists")["employer_id"], json!(first));
        }
        // A code that was given up is free again, and an employer may keep its own.
        let _ = officer.put(&format!("/v1/employers/{first}"), &employer("示例甲", "610000", GOOD_CODE)).expect(200);
        let without = json!({ "name": "示例甲", "kind": "enterprise", "place": "610000" });
        let cleared = officer.put(&format!("/v1/employers/{first}"), &without).expect(200).json;
        assert_eq!((&cleared["credit_code"], &cleared["warnings"]), (&Value::Null, &json!([])));
        let _ = officer.post("/v1/employers", &employer("示例丙", "610000", GOOD_CODE)).expect(201);
    });
}

#[test]
fn an_officer_keeps_organisations_of_the_own_places_only_and_reads_all() {
    each_backend(|app| {
        let platform = platform(app, "p-1");
        for (path, input) in [
            ("/v1/authorities", authority("示例", "610300")),
            ("/v1/employers", employer("示例", "610300", GOOD_CODE)),
            ("/v1/training-bases", training_base("示例", "610300")),
        ] {
            let one = format!("{path}/{}", made(app, path, &input));
            let mut elsewhere = input.clone();
            elsewhere["place"] = json!("630000");
            let outside = app.as_officer("630000");
            let problem = outside.post(path, &input).problem(403, "outside_place");
            assert_eq!((&problem["place"], &problem["answers_for"]), (&json!("610300"), &json!("630000")));
            // Taking one over is no more allowed than giving one away, and a city answers for nothing above it.
            let _ = outside.put(&one, &elsewhere).problem(403, "outside_place");
            let _ = app.as_officer("610300").put(&one, &elsewhere).problem(403, "outside_place");
            let _ = app.as_officer("610302").put(&one, &input).problem(403, "outside_place");
            let _ = app.as_officer("610000").put(&one, &input).expect(200);
            let _ = outside.get(&one).expect(200);
            let nothing = format!("{path}/{}", Uuid::now_v7());
            let _ = outside.get(&nothing).problem(404, "not_found");
            let _ = outside.put(&nothing, &elsewhere).problem(404, "not_found");
            let _ = outside.get(&format!("{path}/nonsense")).problem(404, "not_found");
            let reader = app.as_platform(platform).get(&one);
            match path {
                "/v1/training-bases" => drop(reader.expect(200)),
                _ => drop(reader.problem(403, "caller_not_permitted")),
            }
        }
    });
}

#[test]
fn an_employer_that_becomes_something_else_is_that_from_its_day_on_and_a_repeat_adds_nothing() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        let one = format!("/v1/employers/{}", made(app, "/v1/employers", &employer("示例", "610000", GOOD_CODE)));
        let kinds = |body: &Value| -> Vec<(String, String)> {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            body["kinds"].as_array().unwrap().iter().map(|fact| (text(&fact["kind"]), text(&fact["from_on"]))).collect()
        };
        let registered = officer.get(&one).expect(200).json;
        assert_eq!(kinds(&registered), named(&[("enterprise", "2021-06-15")]));
        let mut changed = employer("示例", "610000", GOOD_CODE);
        (changed["kind"], changed["kind_from_on"]) = (json!("other"), json!("2021-07-01"));
        for _ in 0..2 {
            let answer = officer.put(&one, &changed).expect(200).json;
            assert_eq!(kinds(&answer), named(&[("enterprise", "2021-06-15"), ("other", "2021-07-01")]));
            assert_eq!((&answer["kind"], &answer["kind_from_on"]), (&json!("enterprise"), &json!("2021-06-15")));
        }
        app.clock.set(time::macros::datetime!(2021-06-30 16:00 UTC));
        let seen = officer.get(&one).expect(200).json;
        assert_eq!((&seen["kind"], &seen["kind_from_on"]), (&json!("other"), &json!("2021-07-01")));
        assert_eq!(officer.get("/v1/employers").expect(200).json["items"], json!([seen]));
    });
}

#[test]
fn an_office_recognises_no_higher_than_it_stands() {
    each_backend(|app| {
        let base = |place: &str, level: &str| {
            let mut input = training_base("示例", place);
            input["level"] = level.into();
            input
        };
        let with_level = |code: &str, place: &str, level: &str| {
            let mut input = platform_input(code, place);
            input["level"] = level.into();
            input
        };
        for (office, allowed) in [("610302", None), ("610300", Some("city")), ("610000", Some("provincial"))] {
            let officer = app.as_officer(office);
            let mut granted = allowed.is_some();
            for level in ["city", "provincial", "national"] {
                for (path, input) in [
                    ("/v1/training-bases", base(office, level)),
                    ("/v1/learning-platforms", with_level(&format!("p-{office}-{level}"), office, level)),
                ] {
                    let answer = officer.post(path, &input);
                    if granted {
                        let _ = answer.expect(201);
                        continue;
                    }
                    let problem = answer.problem(403, "level_above_office");
                    assert_eq!(problem["pointer"], "/level");
                    assert_eq!((&problem["level"], &problem["allowed"]), (&json!(level), &json!(allowed)), "{office}");
                }
                granted &= allowed != Some(level);
            }
        }
        // What stands above the office is not its to change, wherever it stands.
        for (path, input) in [
            ("/v1/training-bases", base("610302", "provincial")),
            ("/v1/learning-platforms", with_level("high", "610302", "provincial")),
        ] {
            let one = format!("{path}/{}", made(app, path, &input));
            let mut lower = input.clone();
            lower["level"] = "city".into();
            for change in [&input, &lower] {
                let problem = app.as_officer("610300").put(&one, change).problem(403, "level_above_office");
                assert_eq!((&problem["level"], &problem["allowed"]), (&json!("provincial"), &json!("city")));
            }
            let _ = app.as_officer("610000").put(&one, &lower).expect(200);
            let _ = app.as_officer("610300").put(&one, &lower).expect(200);
        }
    });
}

#[test]
fn a_code_that_rules_name_and_a_base_are_taken_by_who_answers_for_them() {
    each_backend(|app| {
        let path = "/v1/learning-platforms";
        let city = |code: &str, place: &str| {
            let mut input = platform_input(code, place);
            input["level"] = "city".into();
            input
        };
        // The rules of 陕西 admit hours of this one, those of 青海 of that one.
        let (of_shaanxi, of_qinghai) = ("jxjy.xidian.edu.cn", "青海干部网络学院");
        let lower = app.as_officer("610300");
        for (code, place) in [(of_shaanxi, "610000"), (of_qinghai, "630000")] {
            let problem = lower.post(path, &city(code, "610300")).problem(403, "outside_place");
            assert_eq!((&problem["pointer"], &problem["place"]), (&json!("/code"), &json!(place)));
        }
        let upper = app.as_officer("610000");
        let _ = upper.post(path, &city(of_qinghai, "610000")).problem(403, "outside_place");
        let made =
            |answer: tests::Answer| format!("{path}/{}", answer.expect(201).json["platform_id"].as_str().unwrap());
        let own = made(lower.post(path, &city("own", "610300")));
        let _ = lower.put(&own, &city(of_shaanxi, "610300")).problem(403, "outside_place");
        let _ = lower.put(&own, &city("renamed", "610300")).expect(200);
        // Given by who may, it stays when the lower office changes something else.
        let _ = upper.put(&own, &city(of_shaanxi, "610300")).expect(200);
        let _ = lower.put(&own, &city(of_shaanxi, "610302")).expect(200);
        let _ = app.as_system_administrator().post(path, &city(of_qinghai, "630000")).expect(201);

        let base = made_base(app, "630000");
        let mut tied = city("tied", "610300");
        tied["base_id"] = json!(base);
        let problem = lower.post(path, &tied).problem(403, "outside_place");
        assert_eq!((&problem["pointer"], &problem["place"]), (&json!("/base_id"), &json!("630000")));
        let one = made(app.as_system_administrator().post(path, &tied));
        tied["name"] = "示例改".into();
        let _ = lower.put(&one, &tied).expect(200);
        tied["base_id"] = json!(made_base(app, "610302"));
        let _ = lower.put(&one, &tied).expect(200);
    });
}

fn made_base(app: &App, place: &str) -> Uuid {
    made(app, "/v1/training-bases", &training_base("示例", place))
}
