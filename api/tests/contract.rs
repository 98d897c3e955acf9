//! The committed document is the one the code gives, and every operation says what a caller must know.

use serde_json::Value;
use std::fs;
use utoipa::openapi::{OpenApi, RefOr, path::Operation};
use xueshi::{auth, openapi};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi");

fn is_current(file: &str, now: &str, command: &str) {
    let committed = fs::read_to_string(format!("{FOLDER}/{file}")).unwrap_or_default();
    assert!(committed == now, "openapi/{file} is not current; make it anew with: {command}");
}

fn each_operation(check: impl Fn(&str, &Operation)) {
    let document: OpenApi = openapi::document();
    for (path, method, operation) in openapi::operations(&document) {
        check(&format!("{method} {path}"), operation);
    }
}

/// Where a client proves who it is and gets a token: open to anyone, and with failures as RFC 6749 wants them.
const TOKENS: &str = "POST /v1/oauth/token";

fn bilingual(text: &str) -> bool {
    text.split_once(" / ").is_some_and(|(zh, en)| !zh.is_ascii() && en.is_ascii() && !en.is_empty())
}

#[test]
fn the_committed_document_is_current() {
    is_current("v1.json", &openapi::document_json().unwrap(), "cargo run -- openapi > openapi/v1.json");
}

#[test]
fn the_committed_list_of_operations_is_current() {
    let command = "cargo run -- openapi --operations > openapi/v1-operations.txt";
    is_current("v1-operations.txt", &openapi::operations_list(), command);
}

#[test]
fn the_committed_table_of_permissions_is_current() {
    let command = "cargo run -- openapi --permissions > openapi/v1-permissions.txt";
    is_current("v1-permissions.txt", &auth::permissions_list(), command);
}

#[test]
fn every_operation_has_an_id_of_its_own_a_known_tag_and_a_summary_in_both_languages() {
    let document = openapi::document();
    let tags: Vec<_> = document.tags.iter().flatten().map(|tag| tag.name.clone()).collect();
    let mut ids = std::collections::HashSet::new();
    for (path, method, operation) in openapi::operations(&document) {
        let id = operation.operation_id.as_deref().unwrap_or_default();
        assert!(!id.is_empty() && ids.insert(id.to_owned()), "{method} {path}: operation id {id:?}");
        let own: Vec<_> = operation.tags.iter().flatten().collect();
        assert!(own.len() == 1 && tags.contains(own[0]), "{method} {path}: tags {own:?}");
        let summary = operation.summary.as_deref().unwrap_or_default();
        assert!(bilingual(summary), "{method} {path}: summary {summary:?} is not `中文 / English`");
    }
    for tag in document.tags.iter().flatten() {
        assert!(bilingual(tag.description.as_deref().unwrap_or_default()), "tag {}", tag.name);
    }
}

#[test]
fn every_operation_says_who_may_call_it() {
    each_operation(|at, operation| {
        let callers = openapi::callers(operation);
        let public = serde_json::to_value(&operation.security).unwrap() == serde_json::json!([{}]);
        assert_eq!(callers == ["anyone"], public, "{at}: `security(())` and `x-callers` must agree");
        assert!(!at.contains("/v1/") || !public || at == TOKENS, "{at}: nothing else under /v1 is open to anyone");
        let said = operation.description.as_deref().unwrap_or_default();
        assert!(public || callers.iter().all(|kind| said.contains(&format!("`{kind}`"))), "{at}: {said}");
    });
}

#[test]
fn every_operation_documents_its_failures_as_problems() {
    each_operation(|at, operation| {
        let mut wanted = vec!["500"];
        if openapi::callers(operation) != ["anyone"] {
            wanted.extend(["401", "403"]);
        }
        if at.contains('{') {
            wanted.push("404");
        }
        if operation.request_body.is_some() {
            wanted.extend(["400", "413", "415"]);
            wanted.extend((at != TOKENS).then_some("422"));
        }
        for status in wanted {
            assert!(operation.responses.responses.contains_key(status), "{at}: no {status}");
        }
        for (status, response) in &operation.responses.responses {
            let RefOr::T(response) = response else { continue };
            assert!(bilingual(&response.description), "{at} {status}: {:?}", response.description);
            if status.starts_with('4') || status.starts_with('5') {
                let own = at == TOKENS && ["400", "401", "429"].contains(&status.as_str());
                let media = if own { "application/json" } else { "application/problem+json" };
                assert!(response.content.contains_key(media), "{at} {status}");
            }
        }
    });
}

#[test]
fn every_body_has_an_example() {
    each_operation(|at, operation| {
        let body = serde_json::to_value(&operation.request_body).unwrap();
        let media = body["content"].as_object().into_iter().flatten();
        for (name, content) in media {
            let given = |key: &str| content.get(key).is_some_and(|v: &Value| !v.is_null());
            assert!(given("example") || given("examples"), "{at}: {name} has no example");
        }
    });
}

#[test]
fn every_word_of_a_closed_list_is_written_as_the_wire_writes_it() {
    fn walk(value: &Value, at: &str, wrong: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                let words = members.get("enum").and_then(Value::as_array).into_iter().flatten();
                let other = words.filter_map(Value::as_str).filter(|word| word.chars().any(char::is_uppercase));
                // The algorithms of RFC 7518 and the versions of an open standard keep their own spelling.
                wrong.extend(
                    other
                        .filter(|word| !["ES256", "RS256", "EdDSA"].contains(word))
                        .map(|word| format!("{at}: {word}")),
                );
                members.iter().for_each(|(name, member)| walk(member, &format!("{at}/{name}"), wrong));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, at, wrong)),
            _ => {}
        }
    }
    let mut wrong = Vec::new();
    walk(&serde_json::to_value(openapi::document()).unwrap(), "", &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
}
