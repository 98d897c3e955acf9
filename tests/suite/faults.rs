//! What an integrator is told that sends something wrong: everything at once, with its place, in words for people.

use crate::registry::{faults, learner, named};
use serde_json::{Map, Value, json};
use tests::{App, Backend, Client, each_backend};
use xueshi::{auth::CallerKind, openapi};

const SOMEONE: &str = "0190d3f0-0000-7000-8000-00000000beef";

/// Words of the program's own language; none of them may be told to anyone.
const RUST: [&str; 12] =
    ["struct", "enum", "u16", "u32", "i32", "i64", "f64", "a sequence", "a map", "invalid type", "variant", "`"];

/// Every operation that takes a JSON object and names nothing by its path: method, path and the example that the document gives. Of
/// what a path names it is told first that it is not there; those are held against their shapes with what is (`permissions/first.rs`).
fn with_bodies() -> Vec<(&'static str, String, Vec<String>, Value)> {
    let document = openapi::document();
    let found: Vec<_> = openapi::operations(&document)
        .filter_map(|(path, method, operation)| {
            let body = serde_json::to_value(operation.request_body.as_ref()?).unwrap();
            let example = body["content"]["application/json"]["example"].clone();
            let is_one = example.is_object() && !path.contains('{');
            is_one.then(|| (method, path.to_owned(), openapi::callers(operation), example))
        })
        .collect();
    assert!(found.len() > 20, "{} operations with bodies", found.len());
    found
}

fn caller<'a>(app: &'a App, kinds: &[String]) -> Client<'a> {
    match kinds {
        kinds if kinds.iter().any(|kind| kind == "officer") => app.as_national_officer(),
        kinds => CallerKind::ALL
            .iter()
            .find(|kind| kinds.iter().any(|name| name == kind.as_str()))
            .map_or_else(|| app.as_nobody(), |kind| app.someone(*kind)),
    }
}

fn in_plain_words(text: &str) {
    for word in RUST {
        assert!(!text.contains(word), "{word} in {text}");
    }
}

#[test]
fn every_body_is_held_against_the_shape_that_the_document_gives_it() {
    let app = App::start(Backend::Sqlite);
    for (method, path, kinds, example) in with_bodies() {
        let client = caller(&app, &kinds).in_english();
        let send = |text: String| {
            let answer = client.send(method, &path, Some("application/json"), text.into_bytes());
            in_plain_words(&answer.text);
            answer
        };
        let refused = |text: String| {
            let answer = send(text);
            assert_eq!(answer.status, 422, "{method} {path}: {}", answer.text);
            faults(&answer.problem(422, "invalid_body"))
        };
        // A list where an object is meant, with the values in the order of its fields.
        let fields = example.as_object().unwrap();
        let positional: Vec<&Value> = fields.values().collect();
        assert_eq!(refused(json!(positional).to_string()), named(&[("", "wrong_type")]), "{method} {path}");
        // Every field of a type that none has, all at once.
        let wrong = |value: &Value| if value.is_object() { json!(["x"]) } else { json!({ "x": 1 }) };
        let all: Map<String, Value> = fields.iter().map(|(name, value)| (name.clone(), wrong(value))).collect();
        let wanted: Vec<_> = fields.keys().map(|name| (format!("/{name}"), "wrong_type".to_owned())).collect();
        let found = refused(json!(all).to_string());
        assert!(wanted.iter().all(|fault| found.contains(fault)), "{method} {path}: {found:?}");
        // A field that is said twice.
        let (name, value) = fields.iter().next().unwrap();
        let twice = format!("{{{}: {value}, {}", json!(name), &example.to_string()[1..]);
        // What an example names need not exist, which is told first where it says whose it is.
        let answer = send(twice);
        if answer.status == 404 {
            assert!(example.get("learner_id").is_some(), "{method} {path}: {}", answer.text);
            continue;
        }
        let found = faults(&answer.problem(422, "invalid_body"));
        let found: Vec<_> = found.into_iter().filter(|(_, code)| code != "unknown_reference").collect();
        assert_eq!(found, [(format!("/{name}"), "duplicate_field".to_owned())], "{method} {path}");
    }
}

#[test]
fn a_body_is_refused_with_every_fault_of_shape_in_both_languages_and_without_its_values() {
    let app = App::start(Backend::Sqlite);
    let mut input = learner(1, "示例甲");
    input["document"] = json!({ "kind": "610302199001010002", "number": 610_302_199_001_010_002_u64 });
    input["name"] = json!(["示例甲"]);
    input["placement"] = json!(["610302", "2019-01-01"]);
    input["post"] = json!({ "employment_kind": 7, "level": "十级", "from_on": "1.1.2019" });
    input["示例乙"] = json!(1);
    let wanted = named(&[
        ("/***", "unknown_field"),
        ("/document/kind", "unknown_value"),
        ("/document/number", "wrong_type"),
        ("/name", "wrong_type"),
        ("/placement", "wrong_type"),
        ("/post/employment_kind", "wrong_type"),
        ("/post/from_on", "invalid_value"),
        ("/post/level", "unknown_value"),
    ]);
    let officer = app.as_officer("610300");
    for client in [officer.clone(), officer.clone().in_english()] {
        let answer = client.post("/v1/learners", &input);
        in_plain_words(&answer.text);
        for value in ["6103021990", "示例", "十级", "1.1.2019"] {
            assert!(!answer.text.contains(value), "{value} in {}", answer.text);
        }
        assert_eq!(faults(&answer.problem(422, "invalid_body")), wanted);
    }
    let details = |client: &Client<'_>, pointer: &str| {
        let problem = client.post("/v1/learners", &input).problem(422, "invalid_body");
        let errors = problem["errors"].as_array().unwrap().clone();
        errors.into_iter().find(|error| error["pointer"] == pointer).unwrap()["detail"].clone()
    };
    assert_eq!(details(&officer, "/placement"), "应为对象，实为列表");
    assert_eq!(details(&officer.clone().in_english(), "/placement"), "found a list, expected an object");
}

#[test]
fn text_that_is_no_json_is_refused_with_its_place_in_words_for_people() {
    let app = App::start(Backend::Sqlite);
    for (text, zh, en) in [
        ("{\"document\": {}", "第 1 行第 15 列：内容不完整", "line 1, column 15: the text ends too early"),
        ("{\"name\": \"a\",}", "第 1 行第 14 列：多余的逗号", "line 1, column 14: a comma too many"),
        (
            "{name: 1}",
            "第 1 行第 2 列：字段名须为带双引号的文本",
            "line 1, column 2: the name of a field must be a text in double quotes",
        ),
    ] {
        let officer = app.as_officer("610300");
        for (client, words) in [(officer.clone(), zh), (officer.in_english(), en)] {
            let answer = client.send("POST", "/v1/learners", Some("application/json"), text.into());
            assert_eq!(answer.problem(400, "malformed_json")["detail"], words);
        }
    }
}

#[test]
fn an_item_of_a_batch_is_held_against_its_shape_by_itself() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let good = learner.finished(&stage.public).json().to_string();
        let twice = format!("{{\"external_id\": \"E-0\", {}", &good[1..]);
        let body = format!("{{\"items\": [{good}, [\"E-1\"], {twice}]}}");
        let platform = app.as_platform(stage.platform.id);
        let answer = platform.send("POST", "/v1/completion-batches", Some("application/json"), body.into()).expect(200);
        let outcomes: Vec<&Value> =
            answer.json["items"].as_array().unwrap().iter().map(|item| &item["outcome"]).collect();
        assert_eq!(outcomes, ["credited", "malformed", "malformed"]);
        assert_eq!(faults(&answer.json["items"][1]), named(&[("", "wrong_type")]));
        assert_eq!(faults(&answer.json["items"][2]), named(&[("/external_id", "duplicate_field")]));
        let officer = app.as_officer("610300");
        let doubled = "{\"items\": [{\"name\": \"a\", \"name\": \"b\"}, []]}";
        let answer = officer.send("POST", "/v1/learners/bulk", Some("application/json"), doubled.into()).expect(200);
        let (first, second) = (faults(&answer.json["items"][0]), faults(&answer.json["items"][1]));
        assert_eq!(first, named(&[("/document", "missing"), ("/name", "duplicate_field"), ("/placement", "missing")]));
        assert_eq!(second, named(&[("", "wrong_type")]));
    });
}

#[test]
fn a_push_that_carries_nothing_is_refused_in_every_form() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let platform = app.as_platform(stage.platform.id);
        let officer = app.as_officer("610300");
        for (client, path) in [(platform, "/v1/completion-batches"), (officer, "/v1/learners/bulk")] {
            let problem = client.post(path, &json!({ "items": [] })).problem(422, "invalid_body");
            assert_eq!(faults(&problem), named(&[("/items", "length")]));
            for lines in ["", "\n \n"] {
                let answer = client.send("POST", path, Some("application/x-ndjson"), lines.into());
                assert_eq!(faults(&answer.problem(422, "invalid_body")), named(&[("", "length")]));
            }
        }
        // It opened no batch either.
        let batch = format!("/v1/completion-batches?batch_id={SOMEONE}");
        let platform = app.as_platform(stage.platform.id);
        let _ = platform.send("POST", &batch, Some("application/x-ndjson"), Vec::new()).problem(422, "invalid_body");
        let _ = platform.get(&format!("/v1/completion-batches/{SOMEONE}")).problem(404, "not_found");
    });
}

#[test]
fn a_query_is_refused_with_every_fault_whoever_reads_the_parameter() {
    let app = App::start(Backend::Sqlite);
    let officer = app.as_officer("610000");
    let found = |path: &str| faults(&officer.get(path).problem(422, "invalid_query"));
    let wanted = named(&[("?foo", "unknown_parameter"), ("?limit", "range"), ("?provider", "invalid_value")]);
    assert_eq!(found("/v1/courses?limit=0&foo=1&provider=x"), wanted);
    assert_eq!(found("/v1/courses?provider=x&foo=1&foo=2&limit=0"), wanted);
    let wanted = named(&[("?limit", "duplicate_parameter"), ("?q", "length")]);
    assert_eq!(found("/v1/courses?limit=1&limit=2&q="), wanted);
    let wanted = named(&[("?as_known_at", "invalid_value"), ("?from", "range"), ("?to", "invalid_value")]);
    assert_eq!(found(&format!("/v1/learners/{SOMEONE}/standings?from=1&to=x&as_known_at=now")), wanted);
    let answer = officer.clone().in_english().get("/v1/courses?limit=x&foo=1");
    in_plain_words(&answer.text);
    assert!(answer.text.contains("known are: cursor, limit, platform, provider, q"), "{}", answer.text);
}

#[test]
fn where_an_operation_takes_no_parameters_one_is_refused() {
    let app = App::start(Backend::Sqlite);
    let officer = app.as_officer("610000");
    let body = json!({ "purpose": "correction", "reference": "1" });
    for answer in [
        officer.post(&format!("/v1/learners/{SOMEONE}/unmasking?x=y"), &body),
        officer.post(&format!("/v1/learners/{SOMEONE}/erasure?x=y"), &json!({})),
        officer.post("/v1/learners?x=y", &json!({})),
        officer.get(&format!("/v1/learners/{SOMEONE}?x=y")),
        officer.get(&format!("/v1/learners/{SOMEONE}/history?x")),
    ] {
        assert_eq!(faults(&answer.problem(422, "invalid_query")), named(&[("?x", "unknown_parameter")]));
    }
    let stranger = app.someone(xueshi::auth::CallerKind::Platform);
    let _ = stranger.post(&format!("/v1/learners/{SOMEONE}/unmasking?x=y"), &body).problem(403, "caller_not_permitted");
}

#[test]
fn a_path_that_cannot_be_one_says_which_part_and_what_it_must_be() {
    let app = App::start(Backend::Sqlite);
    let officer = app.as_officer("610000");
    let problem = officer.get("/v1/learners/610302199001010002/standings/zwanzig").problem(404, "not_found");
    assert_eq!(faults(&problem), named(&[("{id}", "invalid_value"), ("{year}", "invalid_value")]));
    assert_eq!(problem["errors"][1]["detail"], "应为整数");
    assert!(!problem.to_string().contains("6103021990") && problem["detail"].is_string());
    // One that could be an id is answered as before: nothing tells what exists.
    let problem = officer.get(&format!("/v1/learners/{SOMEONE}")).problem(404, "not_found");
    assert_eq!((&problem["errors"], &problem["detail"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_body_in_an_encoding_that_is_not_read_is_refused_with_those_that_are() {
    let app = App::start(Backend::Sqlite);
    for encoding in ["br", "zstd", "gzip, gzip", "none"] {
        let officer = app.as_officer("610300").with("content-encoding", encoding);
        for (path, media) in [
            ("/v1/learners", "application/json"),
            ("/v1/learners/bulk", "application/json"),
            ("/v1/learners/bulk", "application/x-ndjson"),
        ] {
            let answer = officer.send("POST", path, Some(media), b"{}".to_vec());
            assert_eq!(answer.header("accept-encoding"), "gzip, deflate, identity");
            let _ = answer.problem(415, "unsupported_media_type");
        }
    }
    let plain = app.as_officer("610300").with("content-encoding", "identity");
    let _ = plain.send("POST", "/v1/learners", Some("application/json"), b"{}".to_vec()).problem(422, "invalid_body");
}

#[test]
fn a_body_in_another_encoding_of_characters_is_refused_by_its_name() {
    let app = App::start(Backend::Sqlite);
    let officer = app.as_officer("610000");
    let example = json!({ "items": [] }).to_string();
    for (path, media) in [
        ("/v1/learners", "application/json"),
        ("/v1/learners/bulk", "application/json"),
        ("/v1/learners/bulk", "application/x-ndjson"),
        ("/v1/policies", "application/toml"),
        ("/v1/policies", "text/plain"),
        ("/v1/standings/query", "application/json"),
    ] {
        for charset in ["gbk", "GB18030", "\"gbk\"", "utf-16", "iso-8859-1"] {
            let media = format!("{media}; charset={charset}");
            let answer = officer.send("POST", path, Some(&media), example.clone().into());
            let problem = answer.problem(415, "unsupported_media_type");
            let name = charset.trim_matches('"');
            assert_eq!((&problem["charset"], &problem["supported_charsets"]), (&json!(name), &json!(["utf-8"])));
            assert!(problem["detail"].as_str().unwrap().contains(name), "{problem}");
        }
        for charset in ["utf-8", "UTF-8", "\"Utf-8\"", "utf8"] {
            let answer =
                officer.send("POST", path, Some(&format!("{media};charset={charset}")), example.clone().into());
            assert_ne!(answer.status, 415, "{media} {charset}");
        }
    }
}

#[test]
fn a_query_that_is_not_utf_8_is_a_fault_of_its_parameter() {
    let app = App::start(Backend::Sqlite);
    let officer = app.as_officer("610000");
    let found = |path: &str| faults(&officer.get(path).problem(422, "invalid_query"));
    // 培训 in GBK, as an old portal sends it; a letter cut short; one that is no letter.
    for value in ["%C5%E0%D1%B5", "%E5%9F", "a%FFb", "%ED%A0%80"] {
        assert_eq!(found(&format!("/v1/courses?q={value}")), named(&[("?q", "not_utf8")]), "{value}");
    }
    assert_eq!(found("/v1/learners?place=%FF&limit=0"), named(&[("?limit", "range"), ("?place", "not_utf8")]));
    assert_eq!(found("/v1/places?&&q=x&parent=%FF"), named(&[("?parent", "not_utf8")]));
    assert_eq!(found("/v1/places?%FF=x").len(), 1);
    let _ = officer.get("/v1/courses?q=%E5%9F%B9%E8%AE%AD+100%25").expect(200);
}

/// A made-up identity number, which may slip into any place of a request.
const MARK: &str = "610302199001010002";

/// Every way in which the mark may stand in a body that was good.
fn marked(example: &Value) -> Vec<String> {
    let whole = example.to_string();
    let inner = &whole[1..whole.len() - 1];
    let mut bodies = vec![
        format!(r#"{{{inner},"{MARK}":1}}"#),
        format!(r#"{{{inner},"{MARK}":1,"{MARK}":2}}"#),
        format!(r#"{{{inner},"{MARK}":["\u0000"]}}"#),
        format!(r#"{{{inner},"{MARK}\u0000":1}}"#),
        format!(r#"{{"{MARK}":{{"a":1,"a":2}}}}"#),
        format!(r#"{{"{MARK}"#),
    ];
    for name in example.as_object().unwrap().keys() {
        for wrong in [json!({ MARK: 1 }), json!([{ MARK: "\0" }])] {
            let mut body = example.clone();
            body[name] = wrong;
            bodies.push(body.to_string());
        }
    }
    bodies
}

#[test]
fn no_refusal_says_back_what_was_sent() {
    let app = App::start(Backend::Sqlite);
    let mut refused = 0;
    let mut silent = |answer: tests::Answer, door: &str| {
        if answer.status >= 400 {
            refused += 1;
            assert!(!answer.text.contains(MARK), "{door}: {}", answer.text);
        }
    };
    for (method, path, kinds, example) in with_bodies() {
        let client = caller(&app, &kinds);
        for body in marked(&example) {
            let door = format!("{method} {path} {body}");
            silent(client.send(method, &path, Some("application/json"), body.into_bytes()), &door);
        }
    }
    let document = openapi::document();
    for (path, method, operation) in openapi::operations(&document).filter(|(path, ..)| path.starts_with("/v1/")) {
        let client = caller(&app, &openapi::callers(operation));
        let parts = |with: &str| {
            path.split('/').map(|part| if part.starts_with('{') { with } else { part }).collect::<Vec<_>>().join("/")
        };
        for target in [
            parts(MARK),
            format!("{}?{MARK}=1", parts(SOMEONE)),
            format!("{}?{MARK}=%00", parts(SOMEONE)),
            format!("{}?place={MARK}&year={MARK}&limit={MARK}&cursor={MARK}", parts(SOMEONE)),
        ] {
            let media = format!("application/json; charset={MARK}");
            silent(client.send(method, &target, None, Vec::new()), &target);
            silent(client.send(method, &target, Some(&media), b"{}".to_vec()), &target);
        }
    }
    assert!(refused > 500, "{refused}");
}
