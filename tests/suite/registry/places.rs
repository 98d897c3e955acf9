//! The administration tree and its division codes, dead and new.

use super::{encoded, faults, named, platform};
use serde_json::{Value, json};
use tests::{App, each_backend};
use time::macros::datetime;

fn codes(items: &Value) -> Vec<&str> {
    items.as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap()).collect()
}

fn place(app: &App, code: &str) -> Value {
    app.as_officer("630000").get(&format!("/v1/places/{code}")).expect(200).json
}

fn code(code: &str, from_on: &str, succeeds: Option<&str>) -> Value {
    json!({ "system": "gb2260", "code": code, "from_on": from_on, "succeeds": succeeds })
}

#[test]
fn both_codes_of_xunyang_lead_to_one_place() {
    each_backend(|app| {
        let seen = place(app, "610981");
        assert_eq!(
            seen,
            json!({
                "key": "610928", "code": "610981", "name": "旬阳市", "level": "county",
                "above": [
                    { "code": "610900", "name": "安康市" },
                    { "code": "610000", "name": "陕西省" },
                    { "code": "000000", "name": "全国" }
                ],
                "children_count": 0,
                "division_code": "610981",
                "division_codes": [
                    { "system": "gb2260", "code": "610928", "from_on": "1980-01-01", "until_on": "2020-12-31", "name": null },
                    { "system": "gb2260", "code": "610981", "from_on": "2021-01-01", "until_on": null, "name": "旬阳市" }
                ]
            })
        );
        assert_eq!(place(app, "610928"), seen);
        assert_eq!(place(app, "610900")["children_count"], 10);
        app.clock.set(datetime!(2020-12-31 23:59:59 +08:00));
        let before = place(app, "610981");
        assert_eq!((&before["key"], &before["division_code"]), (&json!("610928"), &json!("610928")));
        assert_eq!((&before["code"], &before["name"]), (&json!("610928"), &json!("旬阳县")));
        for unknown in ["610982", "nonsense", "%E6%97%AC%E9%98%B3%E5%B8%82"] {
            let _ = app.as_system_administrator().get(&format!("/v1/places/{unknown}")).problem(404, "not_found");
        }
    });
}

#[test]
fn places_are_found_by_name_by_any_code_and_below_their_parent_in_pages() {
    each_backend(|app| {
        let reader = app.as_platform(platform(app, "p-1"));
        let listed = |query: &str| reader.get(&format!("/v1/places?{query}")).expect(200).json["items"].clone();
        let (name, once) = (format!("q={}", encoded("旬阳")), format!("q={}", encoded("旬阳县")));
        for query in [&name, &once, "q=610928", "q=610981", &format!("{name}&parent=610900")] {
            assert_eq!(listed(query), json!([place(app, "610928")]), "{query}");
        }
        for query in [&format!("q={}", encoded("阳市")), "q=61092", &format!("{name}&parent=610000"), "parent=610981"]
        {
            assert_eq!(listed(query), json!([]), "{query}");
        }
        assert_eq!(codes(&listed("parent=410400&q=410471")), ["410400-high-tech"]);
        let all = listed("parent=610900");
        assert_eq!(codes(&all).len(), 10);
        let (mut found, mut next) = (Vec::new(), String::new());
        loop {
            let page = reader.get(&format!("/v1/places?parent=610900&limit=4{next}")).expect(200).json;
            found.extend(page["items"].as_array().unwrap().clone());
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            next = format!("&cursor={cursor}");
        }
        assert_eq!(json!(found), all);
        for query in ["parent=999999", "cursor=W10", "level=city", "q="] {
            let _ = reader.get(&format!("/v1/places?{query}")).problem(422, "invalid_query");
        }
        let _ = app
            .caller(xueshi::auth::CallerKind::Learner, "0190d3f0-0000-7000-8000-00000000beef", None)
            .get("/v1/places")
            .problem(403, "caller_not_permitted");
    });
}

#[test]
fn an_administrator_adds_a_place_and_its_officers_answer_for_it_at_once() {
    each_backend(|app| {
        let root = app.as_system_administrator();
        let zone = json!({ "code": "610100-example", "name": "示例新区", "parent": "610100", "level": "zone" });
        let before = place(app, "610100")["children_count"].as_u64().unwrap();
        let answer = root.post("/v1/places", &zone).expect(201);
        assert_eq!(answer.header("location"), "/v1/places/610100-example");
        assert_eq!(answer.json, place(app, "610100-example"));
        assert_eq!((&answer.json["division_code"], &answer.json["division_codes"]), (&Value::Null, &json!([])));
        assert_eq!(answer.json["above"][0], json!({ "code": "610100", "name": "西安市" }));
        assert_eq!(place(app, "610100")["children_count"], before + 1);
        let office = json!({ "name": "示例", "kind": "other", "place": "610100-example" });
        for officer in ["610100-example", "610100", "610000"] {
            let _ = app.as_officer(officer).post("/v1/authorities", &office).expect(201);
        }
        for taken in ["610100-example", "610928", "610981", "410471"] {
            let mut again = zone.clone();
            again["code"] = json!(taken);
            let problem = root.post("/v1/places", &again).problem(409, "already_exists");
            assert!(problem["place"]["code"].is_string());
        }
        let _ = app.as_officer("610000").post("/v1/places", &zone).problem(403, "caller_not_permitted");
    });
}

#[test]
fn a_place_is_refused_with_all_its_faults() {
    each_backend(|app| {
        let root = app.as_system_administrator();
        let post = |input: Value| faults(&root.post("/v1/places", &input).problem(422, "invalid_body"));
        let bad = json!({ "code": "新区", "name": "示例", "parent": "999999", "level": "zone" });
        assert_eq!(post(bad), named(&[("/code", "place_code"), ("/parent", "unknown_place")]));
        for (level, parent) in [("nation", "000000"), ("province", "610000"), ("city", "610100"), ("county", "000000")]
        {
            let input = json!({ "code": "x", "name": "示例", "parent": parent, "level": level });
            assert_eq!(post(input), named(&[("/level", "level_below_parent")]), "{level} below {parent}");
        }
        let input = json!({ "code": "x", "name": "", "parent": "610100", "level": "zone", "colour": "red" });
        assert_eq!(post(input), named(&[("/colour", "unknown_field"), ("/name", "blank")]));
    });
}

#[test]
fn a_code_succeeds_another_on_its_day_and_all_lead_to_the_place() {
    each_backend(|app| {
        let root = app.as_system_administrator();
        let path = "/v1/places/610981/division-codes";
        let answer = root.post(path, &code("610982", "2022-01-01", Some("610981"))).expect(201);
        assert_eq!(answer.header("location"), "/v1/places/610928");
        let days = answer.json["division_codes"].as_array().unwrap();
        let days: Vec<_> = days.iter().map(|code| (code["code"].as_str().unwrap(), &code["until_on"])).collect();
        let wanted = [("610928", &json!("2020-12-31")), ("610981", &json!("2021-12-31")), ("610982", &Value::Null)];
        assert_eq!(days, wanted);
        assert_eq!(answer.json["division_code"], "610981");
        app.clock.set(datetime!(2022-01-01 00:00 +08:00));
        for any in ["610928", "610981", "610982"] {
            assert_eq!(
                (&place(app, any)["code"], &place(app, any)["division_code"]),
                (&json!("610982"), &json!("610982"))
            );
        }
        // The other system counts for itself.
        let statistical = json!({ "system": "statistical", "code": "610982", "from_on": "2022-01-01" });
        let _ = root.post(path, &statistical).expect(201);
        let office = json!({ "name": "示例", "kind": "other", "place": "610982" });
        let made = app.as_officer("610982").post("/v1/authorities", &office).expect(201).json;
        assert_eq!(made["place"], json!({ "code": "610982", "name": "旬阳市" }), "a code alone changes no name");
        let mut renamed = code("610983", "2022-06-01", Some("610982"));
        renamed["name"] = json!("示例市");
        let _ = root.post("/v1/places/610928/division-codes", &renamed).expect(201);
        let office = format!("/v1/authorities/{}", made["authority_id"].as_str().unwrap());
        let shown = || app.as_officer("610928").get(&office).expect(200).json["place"].clone();
        assert_eq!(shown(), json!({ "code": "610982", "name": "旬阳市" }));
        app.clock.set(datetime!(2022-06-01 00:00 +08:00));
        assert_eq!(shown(), json!({ "code": "610983", "name": "示例市" }));
    });
}

#[test]
fn codes_that_overlap_or_lead_elsewhere_are_refused_and_leave_everything_as_it_was() {
    each_backend(|app| {
        let root = app.as_system_administrator();
        let (path, before) = ("/v1/places/610928/division-codes", place(app, "610928"));
        let problem = root.post(path, &code("610982", "2022-01-01", None)).problem(409, "division_code_overlaps");
        assert_eq!(problem["overlaps"], json!([before["division_codes"][1]]));
        let mut back = code("610982", "1979-01-01", None);
        back["until_on"] = json!("1980-01-01");
        let problem = root.post(path, &back).problem(409, "division_code_overlaps");
        assert_eq!(problem["overlaps"], json!([before["division_codes"][0]]));
        let problem = root.post(path, &code("610929", "2022-01-01", Some("610981"))).problem(409, "already_exists");
        assert_eq!(problem["place"], json!({ "code": "610929", "name": "白河县" }));

        let post = |input: Value| faults(&root.post(path, &input).problem(422, "invalid_body"));
        let mut bad = code("61098", "2022-01-01", Some("610929"));
        bad["until_on"] = json!("2021-12-31");
        let wanted =
            [("/code", "division_code"), ("/succeeds", "unknown_reference"), ("/until_on", "before_first_day")];
        assert_eq!(post(bad), named(&wanted));
        assert_eq!(post(code("610982", "2021-01-01", Some("610981"))), named(&[("/from_on", "before_first_day")]));
        assert_eq!(place(app, "610928"), before);
        let fine = code("610982", "2022-01-01", Some("610981"));
        let _ = root.post("/v1/places/999999/division-codes", &fine).problem(404, "not_found");
        let _ = app.as_officer("610000").post(path, &fine).problem(403, "caller_not_permitted");
        let _ = root.post(path, &fine).expect(201);
    });
}

#[test]
fn writers_of_places_wait_for_one_another() {
    each_backend(|app| {
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let post = |place: &'static str| {
                let input = json!({ "system": "statistical", "code": "610999", "from_on": "2022-01-01" });
                let root = app.as_system_administrator();
                scope.spawn(move || root.post(&format!("/v1/places/{place}/division-codes"), &input).status)
            };
            let all = ["610928", "610929", "610927", "610926"].map(post);
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 3, "{statuses:?}");
        let _ = app.as_officer("610000").get("/v1/places/610999").expect(200);
    });
}
