//! Many at once: searches by pages, bulk by lists and lines.

use super::{base, course, learner, number, register};
use serde_json::{Value, json};
use tests::{Client, each_backend};
use uuid::Uuid;

const NDJSON: &str = "application/x-ndjson";

fn lines(client: &Client<'_>, path: &str, lines: &[String]) -> Vec<Value> {
    let answer = client.send("POST", path, Some(NDJSON), lines.join("\n").into_bytes()).expect(200);
    assert_eq!(answer.header("content-type"), NDJSON);
    answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn outcomes(items: &[Value]) -> Vec<(u64, &str)> {
    items.iter().map(|item| (item["at"].as_u64().unwrap(), item["outcome"].as_str().unwrap())).collect()
}

#[test]
fn learners_are_taken_in_each_judged_by_itself() {
    each_backend(|app| {
        let officer = app.as_officer("610300");
        let known = register(app, 1, "示例甲");
        let _ = app.as_national_officer().post("/v1/learners", &{
            let mut elsewhere = learner(9, "示例壬");
            elsewhere["placement"]["place"] = json!("630102");
            elsewhere
        });
        let with = |n, name: &str, change: &dyn Fn(&mut Value)| {
            let mut item = learner(n, name);
            change(&mut item);
            item
        };
        let items = json!({ "items": [
            learner(1, "示例甲"),
            learner(2, "示例乙"),
            with(2, "示例乙", &|item| item["post"] = json!({ "employment_kind": "contract" })),
            with(1, "示例甲", &|item| item["post"] = json!({ "employment_kind": "contract", "from_on": "2020-01-01" })),
            learner(1, "另一名"),
            with(3, "示例丙", &|item| item["placement"]["place"] = json!("630102")),
            with(4, "", &|item| item["document"]["number"] = json!("1")),
            with(5, "示例戊", &|item| item["nick"] = json!("x")),
            learner(9, "示例壬"),
            "nonsense",
            learner(6, "示例己\u{0}"),
        ]});
        let answer = officer.post("/v1/learners/bulk", &items).expect(200);
        assert!(!answer.text.contains(&number(1)));
        let results = answer.json["items"].as_array().unwrap();
        let wanted = [
            (0, "unchanged"),
            (1, "created"),
            (2, "updated"),
            (3, "updated"),
            (4, "conflict"),
            (5, "malformed"),
            (6, "malformed"),
            (7, "malformed"),
            (8, "conflict"),
            (9, "malformed"),
            (10, "malformed"),
        ];
        assert_eq!(outcomes(results), wanted);
        assert_eq!(results[0]["id"], json!(known));
        assert_eq!(results[1]["id"], results[2]["id"]);
        assert_eq!((&results[4]["reason"], &results[4]["fields"]), (&json!("other_name"), &json!(["name"])));
        assert_eq!(results[5]["errors"][0]["code"], "outside_place");
        assert_eq!(
            super::faults(&results[6]),
            super::named(&[("/document/number", "invalid_document"), ("/name", "invalid_name")])
        );
        assert_eq!(super::faults(&results[7]), super::named(&[("/nick", "unknown_field")]));
        assert_eq!(results[8]["reason"], "registered_elsewhere");
        assert_eq!(super::faults(&results[10]), super::named(&[("/name", "null_character")]));
        assert_eq!(
            answer.json["counts"],
            json!({ "created": 1, "updated": 2, "unchanged": 1, "malformed": 5, "conflict": 2 })
        );
        let again = officer.post("/v1/learners/bulk", &items).expect(200).json;
        assert_eq!(again["counts"]["created"], 0);
        assert_eq!(again["counts"]["updated"], 0);
        let too_many = json!({ "items": vec![learner(1, "示例甲"); 1001] });
        let _ = officer.post("/v1/learners/bulk", &too_many).problem(422, "invalid_body");
        let _ = app.as_learner(known).post("/v1/learners/bulk", &items).problem(403, "caller_not_permitted");
    });
}

#[test]
fn lines_are_answered_by_lines() {
    each_backend(|app| {
        let officer = app.as_officer("610300");
        let mut body: Vec<String> = (0..1_500).map(|n| learner(n, "示例").to_string()).collect();
        body[3] = "{".to_owned();
        body.insert(10, String::new());
        let first = lines(&officer, "/v1/learners/bulk", &body);
        assert_eq!(first.len(), 1_500);
        for (result, line) in first.iter().zip((1..).filter(|line| *line != 11)) {
            let wanted = if line == 4 { "malformed" } else { "created" };
            assert_eq!((&result["at"], &result["outcome"]), (&json!(line), &json!(wanted)));
        }
        assert_eq!(first[3]["errors"][0]["code"], "malformed_json");
        let again = lines(&officer, "/v1/learners/bulk", &body);
        assert!(again.iter().all(|result| ["unchanged", "malformed"].contains(&result["outcome"].as_str().unwrap())));
        assert!(again.iter().zip(&first).all(|(now, then)| now["id"] == then["id"]));
        let wrong = officer.send("POST", "/v1/learners/bulk", Some("text/plain"), Vec::new());
        let problem = wrong.problem(415, "unsupported_media_type");
        assert_eq!(problem["supported"], json!(["application/json", NDJSON]));
    });
}

#[test]
fn too_many_lines_are_refused_and_what_was_kept_is_named() {
    each_backend(|app| {
        let body = "x\n".repeat(100_001);
        let answer = app.as_officer("610300").send("POST", "/v1/learners/bulk", Some(NDJSON), body.into_bytes());
        let problem = answer.problem(413, "body_too_large");
        assert_eq!((&problem["limit_lines"], &problem["kept_through"]), (&json!(100_000), &json!(100_000)));
    });
}

#[test]
fn courses_are_taken_in_by_list_and_by_lines() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        let base = base(app);
        let mut changed = course("c-1", base);
        changed["title"] = json!("另一题目");
        let mut unknown = course("c-3", base);
        unknown["provider"]["id"] = json!(Uuid::now_v7());
        let items = [course("c-1", base), course("c-2", base), changed, unknown, course("c-2", base)];
        let answer = officer.post("/v1/courses/bulk", &json!({ "items": items })).expect(200).json;
        let wanted = [(0, "created"), (1, "created"), (2, "updated"), (3, "malformed"), (4, "unchanged")];
        assert_eq!(outcomes(answer["items"].as_array().unwrap()), wanted);
        let body: Vec<String> = items.iter().map(ToString::to_string).collect();
        let wanted = [(1, "updated"), (2, "unchanged"), (3, "updated"), (4, "malformed"), (5, "unchanged")];
        assert_eq!(outcomes(&lines(&officer, "/v1/courses/bulk", &body)), wanted);
        let elsewhere = app.as_officer("630000").post("/v1/courses/bulk", &json!({ "items": [course("c-1", base)] }));
        assert_eq!(elsewhere.expect(200).json["items"][0]["errors"][0]["code"], "outside_place");
    });
}

#[test]
fn learners_are_searched_in_pages_of_the_callers_places() {
    each_backend(|app| {
        for n in 0..5 {
            let _ = register(app, n, "示例");
        }
        let _ = register(app, 5, "例示");
        let officer = app.as_officer("610300");
        let mut seen = Vec::new();
        let mut asked = json!({ "name": "示", "limit": 2 });
        loop {
            let page = officer.post("/v1/learner-searches", &asked).expect(200);
            assert!(!page.text.contains("示例"));
            let items = page.json["items"].as_array().unwrap();
            assert!(!items.is_empty() && items.len() <= 2);
            seen.extend(items.iter().map(|item| item["learner_id"].to_string()));
            let Some(cursor) = page.json["next_cursor"].as_str() else { break };
            asked["cursor"] = cursor.into();
            // The cursor leads on among those of this name alone.
            let other = json!({ "name": "例", "limit": 2, "cursor": cursor });
            let refused = officer.post("/v1/learner-searches", &other).problem(422, "invalid_body");
            assert_eq!(refused["errors"][0]["pointer"], "/cursor");
        }
        for (wrong, pointer) in [
            (json!({ "name": "示", "place": "999999" }), "/place"),
            (json!({ "name": "示", "limit": 201 }), "/limit"),
            (json!({ "name": "" }), "/name"),
            (json!({}), "/name"),
        ] {
            let refused = officer.post("/v1/learner-searches", &wrong).problem(422, "invalid_body");
            assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
        }
        let elsewhere = json!({ "name": "示", "place": "630000" });
        let _ = officer.post("/v1/learner-searches", &elsewhere).problem(403, "outside_place");
        let distinct: std::collections::HashSet<_> = seen.iter().collect();
        assert_eq!((seen.len(), distinct.len()), (5, 5));
        let count = |place: &str, query: &str| {
            let page = app.as_officer(place).get(&format!("/v1/learners?{query}")).expect(200).json;
            page["items"].as_array().unwrap().len()
        };
        assert_eq!(count("610302", ""), 6);
        assert_eq!(count("610000", "place=610300"), 6);
        assert_eq!(count("610000", "place=610303"), 0);
        assert_eq!(count("610303", ""), 0);
        assert_eq!(count("610300", &format!("employer={}", Uuid::now_v7())), 0);
        let _ = officer.get("/v1/learners?place=630000").problem(403, "outside_place");
        let _ = officer.get("/v1/learners?cursor=nonsense").problem(422, "invalid_query");
        let _ = officer.get("/v1/learners?nmae=x").problem(422, "invalid_query");
        assert_eq!(
            app.as_national_officer().get("/v1/learners").expect(200).json["items"].as_array().unwrap().len(),
            6
        );
    });
}

#[test]
fn of_many_malformed_lines_the_faults_are_named_up_to_a_total() {
    each_backend(|app| {
        let line = format!("{{{}}}", (0..30).map(|at| format!(r#""field_{at}":1"#)).collect::<Vec<_>>().join(","));
        let officer = app.as_officer("610300");
        let found = lines(&officer, "/v1/learners/bulk", &vec![line; 400]);
        let named = |item: &Value| item["errors"].as_array().map(Vec::len);
        assert!(found.iter().all(|item| item["outcome"] == "malformed"));
        let total: usize = found.iter().filter_map(named).sum();
        assert!((4_900..=5_000).contains(&total), "{total}");
        assert_eq!((named(&found[0]), named(&found[399])), (Some(21), None));
    });
}
