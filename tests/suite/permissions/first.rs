//! Whose a thing is, is decided before the body that says what shall be done with it is judged.

use super::{Row, asked::Asked, requests::asked, rows, world::World};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use tests::{Answer, Client, each_backend};
use xueshi::auth::CallerKind::{self, EmployerAdministrator, Learner, Platform, SectorAuthority};

/// A field that no body has.
const UNKNOWN: &str = "no_such_field";

/// Bodies from which nothing can be read, whatever they should be.
const UNREADABLE: [&str; 2] = ["7", "{\"half\":"];

fn send(client: &Client<'_>, asked: &Asked, body: &str) -> Answer {
    client.send(asked.method, &asked.path, Some("application/json"), body.as_bytes().to_vec())
}

/// What is asked, with something in it that is wrong wherever it stands; nothing where it has no body.
fn with_a_fault(asked: &Asked) -> Option<String> {
    let mut body = asked.body.clone()?;
    body.as_object_mut()?.insert(UNKNOWN.to_owned(), json!(1));
    Some(body.to_string())
}

fn told(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.json["code"].as_str().unwrap_or_default())
}

/// What is wrong with the answers about another's thing.
fn about_anothers(client: &Client<'_>, row: &Row, asked: &Asked) -> Vec<String> {
    let Some(faulty) = with_a_fault(asked) else { return Vec::new() };
    let wanted = if row.others == "hidden" { (404, "not_found") } else { (403, "outside_place") };
    // What the body itself names is nobody's as long as nothing can be read from it.
    let by_path = row.path.contains('{');
    let unreadable = UNREADABLE.into_iter().filter(|_| by_path).map(str::to_owned);
    let bodies = [faulty].into_iter().chain(unreadable);
    let wrong = bodies.filter_map(|body| {
        let answer = send(client, asked, &body);
        (told(&answer) != wanted).then(|| format!("{} as {}: {body}: {}", row.operation, row.caller, answer.text))
    });
    wrong.collect()
}

/// What is wrong with the answers where the body has not the form that the document gives it: a list of its values, and every field of a type
/// that none has, all at once.
fn out_of_shape(client: &Client<'_>, row: &Row, asked: &Asked) -> Vec<String> {
    let Some(fields) = asked.body.as_ref().and_then(Value::as_object) else { return Vec::new() };
    let faults = |body: &Value| {
        let answer = send(client, asked, &body.to_string());
        let errors = answer.json["errors"].as_array().cloned().unwrap_or_default();
        let told = |error: &Value| (text(&error["pointer"]), text(&error["code"]));
        (answer.status, errors.iter().map(told).collect::<BTreeSet<_>>())
    };
    let one = |pointer: &str| (pointer.to_owned(), "wrong_type".to_owned());
    let positional: Vec<&Value> = fields.values().collect();
    let mut wrong = Vec::new();
    let (status, found) = faults(&json!(positional));
    if (status, &found) != (422, &BTreeSet::from([one("")])) {
        wrong.push(format!("{} as {}, a list: {status} {found:?}", row.operation, row.caller));
    }
    for (body, told_so) in UNREADABLE.into_iter().zip([(422, "invalid_body"), (400, "malformed_json")]) {
        let answer = send(client, asked, body);
        if told(&answer) != told_so {
            wrong.push(format!("{} as {}: {body}: {}", row.operation, row.caller, answer.text));
        }
    }
    let other = |value: &Value| if value.is_object() { json!(["x"]) } else { json!({ "x": 1 }) };
    let all: Map<String, Value> = fields.iter().map(|(name, value)| (name.clone(), other(value))).collect();
    let wanted: BTreeSet<_> = fields.keys().map(|name| one(&format!("/{name}"))).collect();
    let (status, found) = faults(&json!(all));
    if status != 422 || !wanted.is_subset(&found) {
        wrong.push(format!("{} as {}, every field: {status} {found:?}", row.operation, row.caller));
    }
    wrong
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[test]
fn whose_a_thing_is_is_told_before_what_is_wrong_with_the_body() {
    each_backend(|app| {
        let world = World::new(app);
        let (mut wrong, mut tried) = (Vec::new(), BTreeSet::new());
        // Whoever asks about a number asks about nobody before the question can be read.
        let told_apart = |row: &Row| {
            row.own == "allowed"
                && ["hidden", "refused"].contains(&row.others.as_str())
                && row.operation != "look_up_learner"
        };
        for row in rows().into_iter().filter(told_apart) {
            let kind = *CallerKind::ALL.iter().find(|kind| kind.as_str() == row.caller).unwrap();
            let client = world.caller(kind);
            world.acting.set(kind);
            let beside = if kind == Platform { &world.rival } else { &world.beside };
            let by_owner = [Learner, Platform, EmployerAdministrator, SectorAuthority].contains(&kind);
            let beside = (by_owner && row.others == "hidden").then_some(beside);
            for side in [&world.other].into_iter().chain(beside) {
                wrong.extend(about_anothers(&client, &row, &asked(&world, &row.operation, side).unwrap()));
            }
            let own = asked(&world, &row.operation, &world.own).unwrap();
            let Some(faulty) = with_a_fault(&own) else { continue };
            if tried.insert(row.operation.clone()) {
                wrong.extend(out_of_shape(&client, &row, &own));
            }
            let answer = send(&client, &own, &faulty);
            let pointer = answer.json["errors"][0]["pointer"].as_str().unwrap_or_default();
            if told(&answer) != (422, "invalid_body") || !pointer.ends_with(UNKNOWN) {
                wrong.push(format!("{} as {} of the own: {}", row.operation, row.caller, answer.text));
            }
        }
        assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
        assert!(tried.len() > 25, "{tried:?}");
    });
}
