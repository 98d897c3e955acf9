//! What a kind of caller may not see of a thing has no place in what they read of it, rather than an empty one: everything that
//! several kinds of caller may read, read by each of them and compared.

use super::{requests::asked, rows, world::World};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tests::each_backend;
use uuid::Uuid;
use xueshi::auth::CallerKind;

/// Each property of an answer by its place, and whether it is null.
fn properties(value: &Value, at: &str, found: &mut BTreeMap<String, bool>) {
    match value {
        Value::Object(members) => {
            for (name, one) in members {
                found.insert(format!("{at}/{name}"), one.is_null());
                properties(one, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            let people: BTreeSet<u128> = items.iter().filter_map(person).collect();
            for (at_index, one) in items.iter().enumerate() {
                // What has a number is the same thing wherever it stands, and so is a person of a list of people.
                let person = person(one).filter(|_| people.len() == items.len());
                let number =
                    one["number"].as_u64().map(u128::from).or(person).map_or(at_index.to_string(), |n| n.to_string());
                found.insert(format!("{at}/{number}"), false);
                properties(one, &format!("{at}/{number}"), found);
            }
        }
        _ => {}
    }
}

/// Whom it is about, as a number.
fn person(one: &Value) -> Option<u128> {
    Some(one["learner_id"].as_str()?.parse::<Uuid>().ok()?.as_u128())
}

/// The thing of which this is a property; none where it is a thing of a list, which others may not have before them.
fn thing(place: &str) -> Option<&str> {
    let (thing, name) = place.rsplit_once('/')?;
    (!name.bytes().all(|byte| byte.is_ascii_digit())).then_some(thing)
}

#[test]
fn what_a_kind_of_caller_may_not_see_of_a_thing_is_absent_and_never_null() {
    each_backend(|app| {
        let world = World::new(app);
        let mut readers: BTreeMap<String, Vec<CallerKind>> = BTreeMap::new();
        // Who is asked about oneself, is asked about something else by each.
        for row in rows().into_iter().filter(|row| row.own == "allowed" && row.operation != "get_caller") {
            let kind = CallerKind::ALL.iter().find(|kind| kind.as_str() == row.caller);
            readers.entry(row.operation).or_default().extend(kind);
        }
        readers.retain(|_, kinds| kinds.len() > 1);
        let (mut compared, mut withheld, mut nulls) = (0, BTreeSet::new(), Vec::new());
        for (operation, kinds) in &readers {
            world.acting.set(kinds[0]);
            let asked = asked(&world, operation, &world.own).unwrap();
            if asked.method != "GET" {
                continue;
            }
            let seen = kinds.iter().map(|kind| {
                let mut found = BTreeMap::new();
                let answer = world.caller(*kind).get(&asked.path);
                // A case that waits for one office is no other's.
                if answer.status == 200 {
                    properties(&answer.json, "", &mut found);
                }
                // Lists are compared where they hold the same things, and changes by their numbers.
                let length =
                    if operation == "list_changes" { 0 } else { answer.json["items"].as_array().map_or(0, Vec::len) };
                (*kind, length, found)
            });
            let seen: Vec<_> = seen.filter(|(_, _, found)| !found.is_empty()).collect();
            let alike = seen.iter().filter(|(_, length, _)| *length == seen[0].1);
            let alike: Vec<_> = alike.map(|(kind, _, found)| (*kind, found)).collect();
            compared += usize::from(alike.len() > 1);
            for (place, is_null) in alike.iter().flat_map(|(_, found)| found.iter()) {
                if *is_null {
                    continue;
                }
                for (kind, found) in &alike {
                    match found.get(place) {
                        Some(true) => nulls.push(format!("{operation}{place} is null for {kind}")),
                        Some(false) => {}
                        None if thing(place).is_some_and(|thing| thing.is_empty() || found.contains_key(thing)) => {
                            let name = place.rsplit('/').next().unwrap().to_owned();
                            withheld.insert((operation.clone(), name, kind.to_string()));
                        }
                        None => {}
                    }
                }
            }
        }
        assert_eq!(nulls, [""; 0], "told by null that it is not told");
        // No property of anything is for some kinds of those alone who read the thing, but of issuers, of which officers see what a
        // grant takes. What is only for who sees another year, or a person who is registered elsewhere, has tests of its own.
        let of_issuers =
            ["algorithms", "audience", "created_at", "created_by", "jwks", "longest_token_seconds", "updated_at"];
        let operations = ["get_token_issuer", "list_token_issuers"].into_iter();
        let wanted = operations.flat_map(|operation| {
            of_issuers.map(|name| (operation.to_owned(), name.to_owned(), CallerKind::Officer.to_string()))
        });
        assert_eq!(withheld, wanted.collect::<BTreeSet<_>>());
        assert!(compared > 20, "{compared} things that several kinds of caller read");
    });
}
