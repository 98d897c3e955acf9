//! What holds for every operation, whatever room it belongs to.

use crate::completions::soon;
use serde_json::json;
use std::{
    io::{Read, Write},
    net::TcpStream,
};
use tests::{App, Backend, each_backend};
use xueshi::{auth::CallerKind, logging::LogFormat, openapi, problem::Kind};

const SOMEONE: &str = "0190d3f0-0000-7000-8000-00000000beef";

/// Every operation under `/v1` that needs a token, with a path that names nothing and the kinds of caller it is for.
fn operations() -> Vec<(&'static str, String, Vec<String>)> {
    let document = openapi::document();
    openapi::operations(&document)
        .filter(|(path, _, operation)| path.starts_with("/v1/") && openapi::callers(operation) != ["anyone"])
        .map(|(path, method, operation)| {
            let parts = path.split('/').map(|part| if part.starts_with('{') { SOMEONE } else { part });
            (method, parts.collect::<Vec<_>>().join("/"), openapi::callers(operation))
        })
        .collect()
}

#[test]
fn no_operation_answers_without_a_token_whatever_the_body() {
    let app = App::start(Backend::Sqlite);
    for (method, path, _) in operations() {
        let _ = app.as_nobody().send(method, &path, Some("text/plain"), b"{".to_vec()).problem(401, "unauthenticated");
    }
}

#[test]
fn every_operation_lets_exactly_those_kinds_of_caller_through_that_the_document_names() {
    let app = App::start(Backend::Sqlite);
    for (method, path, callers) in operations() {
        for kind in CallerKind::ALL {
            let answer = app.someone(*kind).send(method, &path, Some("application/json"), b"{".to_vec());
            // A handler that asks for another operation's permission fails with 500.
            assert_ne!(answer.status, 500, "{method} {path} as {kind}: {}", answer.text);
            assert_ne!(answer.status, 401, "{method} {path} as {kind}: {}", answer.text);
            let refused = answer.json["code"] == "caller_not_permitted";
            let named = callers.iter().any(|name| name == kind.as_str());
            assert_eq!(refused, !named, "{method} {path} as {kind}, documented for {callers:?}: {}", answer.text);
        }
    }
}

#[test]
fn the_service_says_that_it_is_alive_ready_and_how_busy() {
    each_backend(|app| {
        assert_eq!(app.as_nobody().get("/healthz").expect(200).json, json!({ "status": "ok" }));
        assert_eq!(app.as_nobody().get("/readyz").expect(200).json, json!({ "status": "ok" }));
        let counts = app.as_nobody().get("/metrics").expect(200).text;
        assert!(counts.contains(r#"xueshi_http_requests_total{method="GET",route="/readyz",status="200"} 1"#));
        let dead = r#"xueshi_work{kind="release_holds",state="dead"} 0"#;
        soon(|| app.as_nobody().get("/metrics").expect(200).text.contains(dead));
    });
}

#[test]
fn the_document_is_served_as_it_is_printed_and_has_its_pages() {
    let app = App::start(Backend::Sqlite);
    let printed: serde_json::Value = serde_json::from_str(&openapi::document_json().unwrap()).unwrap();
    assert_eq!(app.as_nobody().get("/openapi.json").expect(200).json, printed);
    assert_eq!(app.as_nobody().get("/docs").expect(308).header("location"), "/docs/");
    for path in ["/docs/", "/docs/index.html"] {
        let page = app.as_nobody().get(path).expect(200).text;
        assert!(page.contains("swagger-ui-bundle.js") && page.contains("<title>学时 Xueshi"), "{page}");
    }
    let parts = ["swagger-ui.css", "index.css", "swagger-ui-standalone-preset.js", "swagger-initializer.js"];
    let _ = parts.map(|part| app.as_nobody().get(&format!("/docs/{part}")).expect(200));
}

#[test]
fn every_answer_tells_a_browser_to_do_no_harm_with_it() {
    let app = App::start(Backend::Sqlite);
    let nobody = app.as_nobody();
    let (data, pages) = ("default-src 'none'; frame-ancestors 'none'", "script-src 'self';");
    for (path, status, policy) in [
        ("/healthz", 200, data),
        ("/openapi.json", 200, data),
        ("/v1/caller", 401, data),
        ("/v1/nothing", 404, data),
        ("/docs", 308, data),
        ("/docs/", 200, pages),
        ("/docs/swagger-ui-bundle.js", 200, pages),
    ] {
        let answer = nobody.get(path).expect(status);
        let told = answer.header("content-security-policy");
        assert!(told.contains("default-src 'none';") && told.contains("frame-ancestors 'none'"), "{path}: {told}");
        assert!(told.contains(policy) && !told.contains("script-src 'unsafe-inline'"), "{path}: {told}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ] {
            assert_eq!(answer.header(name), value, "{path} {name}");
        }
    }
    let plain = App::set(Backend::Sqlite, |settings| settings.public_url = "http://xueshi.test".to_owned());
    assert_eq!(plain.as_nobody().get("/healthz").header("strict-transport-security"), "");
}

#[test]
fn every_text_says_in_which_characters_it_is_written() {
    let app = App::start(Backend::Sqlite);
    for path in ["/docs/", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/metrics"] {
        let told = app.as_nobody().get(path).expect(200).header("content-type").to_owned();
        assert!(told.starts_with("text/") && told.ends_with("; charset=utf-8"), "{path}: {told}");
    }
    assert_eq!(app.as_nobody().get("/healthz").header("content-type"), "application/json");
}

#[test]
fn failures_at_the_edge_are_problems_in_the_callers_language() {
    let app = App::start(Backend::Sqlite);
    let nobody = app.as_nobody();
    for path in ["/", "/v1", "/v1/", "/v1/nothing", "/docs/nothing", "/v1/caller/", "/%00", "/%ff", "/..%2f.."] {
        let problem = nobody.get(path).problem(404, "unknown_path");
        assert_eq!(problem["title"], "没有这个地址");
    }
    let english = nobody.clone().in_english().get("/nothing");
    assert_eq!(english.header("content-language"), "en");
    assert_eq!(english.problem(404, "unknown_path")["title"], "There is nothing at this address");
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let answer = nobody.send(method, "/v1/caller", None, Vec::new());
        assert_eq!(answer.header("allow"), "GET, HEAD");
        let _ = answer.problem(405, "method_not_allowed");
    }
    let (zh, en) = (nobody.clone(), nobody.clone().in_english());
    for kind in Kind::ALL {
        let path = kind.type_uri();
        let (zh, en) = (zh.get(&path).expect(200), en.get(&path).expect(200));
        assert_eq!((zh.header("content-language"), en.header("content-language")), ("zh-CN", "en"));
        assert_eq!((&zh.json["status"], &zh.json["code"]), (&json!(kind.status().as_u16()), &json!(kind.slug())));
        for word in ["title", "meaning", "advice"] {
            let (zh, en) = (zh.json[word].as_str().unwrap(), en.json[word].as_str().unwrap());
            assert!(!zh.is_ascii() && !en.is_empty() && zh != en, "{path} {word}: {zh} / {en}");
        }
    }
    let _ = nobody.get("/problems/none").problem(404, "not_found");
}

#[test]
fn head_answers_as_get_does_without_the_body() {
    let app = App::start(Backend::Sqlite);
    let document = openapi::document();
    for (path, method, operation) in openapi::operations(&document).filter(|(_, method, _)| *method == "GET") {
        let parts = path.split('/').map(|part| if part.starts_with('{') { SOMEONE } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        let kinds = openapi::callers(operation);
        let kind = CallerKind::ALL.iter().rev().find(|kind| kinds.iter().any(|name| name == kind.as_str()));
        let client = kind.map_or_else(|| app.as_nobody(), |kind| app.someone(*kind));
        let (full, head) = (client.get(&path), client.send("HEAD", &path, None, Vec::new()));
        assert_eq!((head.status, head.text.as_str()), (full.status, ""), "{method} {path}");
        for name in ["content-type", "etag", "cache-control"] {
            assert_eq!(head.header(name), full.header(name), "{path} {name}");
        }
        // Counts change from one moment to the next, and the trail grows by what was gathered meanwhile.
        if !["/metrics", "/v1/audit-events"].contains(&path.as_str()) {
            assert_eq!(head.header("content-length"), full.text.len().to_string(), "{path}");
        }
    }
    let tag = app.as_national_officer().send("HEAD", "/v1/policies", None, Vec::new()).header("etag").to_owned();
    let again = app.as_national_officer().with("if-none-match", &tag).send("HEAD", "/v1/policies", None, Vec::new());
    assert_eq!(again.status, 304);
    let nowhere = app.as_national_officer().send("HEAD", "/v1/standings/query", None, Vec::new());
    assert_eq!((nowhere.status, nowhere.header("allow")), (405, "POST"));
    assert_eq!(app.as_nobody().send("HEAD", "/v1/nothing", None, Vec::new()).status, 404);
    let counts = app.as_nobody().get("/metrics").expect(200).text;
    assert!(counts.contains(r#"xueshi_http_requests_total{method="HEAD",route="/readyz",status="200"} 1"#), "{counts}");
}

/// Seen from the wire: a client would throw a body away.
#[test]
fn after_head_the_connection_carries_the_next_answer_and_no_body() {
    let app = App::start(Backend::Sqlite);
    let address = app.url("");
    let mut wire = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    let asked =
        "HEAD /openapi.json HTTP/1.1\r\nhost: x\r\n\r\nGET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    wire.write_all(asked.as_bytes()).unwrap();
    let mut told = String::new();
    wire.read_to_string(&mut told).unwrap();
    let (head, rest) = told.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("content-length: "), "{head}");
    assert!(rest.starts_with("HTTP/1.1 200") && rest.ends_with("{\"status\":\"ok\"}"), "{rest}");
}

#[test]
fn a_caller_is_who_the_token_says() {
    each_backend(|app| {
        let officer = app.as_officer("610000").get("/v1/caller").expect(200).json;
        assert_eq!(officer, json!({ "kind": "officer", "subject": "chen", "place": "610000" }));
        let platform = app.caller(CallerKind::Platform, SOMEONE, None).get("/v1/caller").expect(200).json;
        assert_eq!(platform, json!({ "kind": "platform", "subject": SOMEONE, "place": null }));
    });
}

#[test]
fn a_process_ends_in_good_order_when_told_to() {
    each_backend(|app| {
        let node = app.node(env!("CARGO_BIN_EXE_node"));
        let alive = ureq::get(node.url("/readyz")).call().unwrap();
        assert_eq!(alive.status(), 200);
        assert!(node.terminate().success());
    });
}

#[test]
fn a_service_comes_back_on_the_database_it_had() {
    for backend in Backend::at_hand() {
        let mut app = App::start(backend);
        app.restart();
        let _ = app.as_nobody().get("/readyz").expect(200);
    }
}

#[test]
fn a_refusal_reaches_the_caller_however_long_the_body_is() {
    let app = App::start(Backend::Sqlite);
    for length in [100_000, 5_000_000] {
        let answer = app.as_nobody().send("POST", "/v1/caller", Some("application/json"), vec![b' '; length]);
        let _ = answer.problem(405, "method_not_allowed");
    }
}

#[test]
fn the_log_of_a_process_names_each_request_by_the_id_that_its_caller_sent() {
    let app = App::start(Backend::Sqlite);
    for format in [LogFormat::Json, LogFormat::Text] {
        let node = app.node_that_logs(env!("CARGO_BIN_EXE_node"), format);
        let id = format!("client-{format:?}.a_B-7");
        let answer = ureq::get(node.url("/healthz")).header("x-request-id", &id).call().unwrap();
        assert_eq!(answer.headers()["x-request-id"], id.as_str());
        let lines = || node.log().into_iter().filter(|line| line.contains(&id)).collect::<Vec<_>>();
        soon(|| !lines().is_empty());
        let [line] = &lines()[..] else { panic!("one line about one request: {:?}", lines()) };
        match format {
            LogFormat::Json => {
                let said: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!((&said["request_id"], &said["route"]), (&json!(id), &json!("/healthz")));
                assert_eq!((&said["method"], &said["status"]), (&json!("GET"), &json!(200)));
            }
            LogFormat::Text => {
                for part in [format!(" request_id={id}"), " route=/healthz".into(), " status=200".into()] {
                    assert!(line.contains(&part), "{part}: {line}");
                }
            }
        }
    }
}

/// Ten seconds long, since a request for a token may take that long to come in, and anyone may begin one.
#[test]
fn a_body_that_does_not_come_in_in_time_is_a_problem_too() {
    let app = App::start(Backend::Sqlite);
    let address = app.url("").replace("http://", "");
    let mut stream = TcpStream::connect(&address).unwrap();
    let head = format!(
        "POST /v1/oauth/token HTTP/1.1\r\nhost: {address}\r\naccept-language: en\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\ngrant_type="
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let (mut answer, mut part) = (String::new(), [0; 4096]);
    while !answer.contains("\r\n\r\n{") || !answer.ends_with('}') {
        let read = stream.read(&mut part).unwrap();
        assert!(read > 0, "the answer breaks off: {answer}");
        answer += &String::from_utf8_lossy(&part[..read]);
    }
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 408 "), "{head}");
    assert!(head.contains("content-type: application/problem+json"), "{head}");
    let problem: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!((&problem["code"], &problem["status"]), (&json!("request_timeout"), &json!(408)), "{problem}");
    assert_eq!((&problem["type"], &problem["limit_seconds"]), (&json!("/problems/request_timeout"), &json!(10)));
}

#[test]
fn whoever_does_not_finish_the_head_of_a_request_is_sent_away() {
    let app = App::set(Backend::Sqlite, |settings| settings.head_time = std::time::Duration::from_secs(1));
    let mut stream = TcpStream::connect(app.url("").replace("http://", "")).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ").unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}
