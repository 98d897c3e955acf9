//! The permission table, cell by cell: every operation by every kind of caller, about what is their own and about another's.
//!
//! What is expected is read from the table as it is printed. An allowed cell shows its effect: the answer holds what was asked
//! for or made, and what was written is there for who looks afterwards. An operation without a request here fails the test, and a
//! write at which nobody looks afterwards as well.

mod absent;
mod anyone;
mod asked;
mod corrections;
mod exceptions;
mod findings;
mod first;
mod looks;
mod marks;
mod requests;
mod reviews;
mod rolls;
mod said;
mod surplus;
mod verification;
mod world;

use crate::audit::WRITES_NOTHING;
use asked::Asked;
use requests::asked;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tests::{Answer, App, Backend, Client, each_backend};
use time::Duration;
use world::World;
use xueshi::auth::{
    CallerKind::{self, EmployerAdministrator, Learner, Platform, SectorAuthority},
    Tokens, permissions_list,
};

/// A line of the printed table.
struct Row {
    operation: String,
    path: String,
    caller: String,
    own: String,
    others: String,
}

fn rows() -> Vec<Row> {
    let printed = permissions_list();
    let lines = printed.lines().filter(|line| !line.starts_with('#'));
    let row = |line: &str| {
        let parts: Vec<&str> = line.split(' ').collect();
        let [operation, _, path, caller, _, own, others] = parts.try_into().unwrap();
        let [operation, path, caller, own, others] = [operation, path, caller, own, others].map(str::to_owned);
        Row { operation, path, caller, own, others }
    };
    lines.map(row).collect()
}

fn send(client: &Client<'_>, asked: &Asked) -> Answer {
    let media_type = asked.body.as_ref().map(|_| "application/json");
    let body = asked.body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default();
    client.send(asked.method, &asked.path, media_type, body)
}

/// Whether a cell is answered as the table says; says why not.
fn judge(world: &World<'_>, row: &Row, wanted: &str, asked: &Asked, answer: &Answer) -> Result<(), String> {
    let code = answer.json["code"].as_str().unwrap_or_default();
    let holds = |wanted: &str| answer.text.contains(wanted);
    let fits = match wanted {
        "refused" if row.own == "refused" => (answer.status, code) == (403, "caller_not_permitted"),
        "refused" => (answer.status, code) == (403, "outside_place"),
        "hidden" => (answer.status, code) == (404, "not_found"),
        // Nobody sends in another's name: the name of another's batch is taken.
        "left_out" if row.operation == "push_completions" => (answer.status, code) == (409, "batch_of_another"),
        "left_out" => answer.status == asked.status && !holds(&asked.shows),
        "allowed" if asked.never => answer.status == 409 && code.ends_with("_is_immutable"),
        "allowed" => answer.status == asked.status && holds(&asked.shows) && world.was_done(asked, answer),
        _ => false,
    };
    let writes = asked.method != "GET" && !WRITES_NOTHING.contains(&row.operation.as_str());
    if wanted == "allowed" && writes && asked.then.is_none() {
        return Err(format!("{}: nobody looks at what is there afterwards", row.operation));
    }
    if fits {
        Ok(())
    } else {
        Err(format!(
            "{} as {} at {}: {wanted}, but {} {}",
            row.operation, row.caller, asked.path, answer.status, answer.text
        ))
    }
}

#[test]
fn every_cell_of_the_table_is_what_the_service_does() {
    each_backend(|app| {
        let world = World::new(app);
        let rows = rows();
        let (mut wrong, mut spare, mut besides) = (Vec::new(), HashMap::new(), 0);
        for row in rows.iter().filter(|row| row.caller != "anyone") {
            let kind = *CallerKind::ALL.iter().find(|kind| kind.as_str() == row.caller).unwrap();
            let client = world.caller(kind);
            world.acting.set(kind);
            // What stands at the same place and is another's is another's as well, for whom a place is not all that tells.
            let by_owner = [Learner, Platform, EmployerAdministrator, SectorAuthority].contains(&kind);
            let told_apart = by_owner && row.own == "allowed" && ["hidden", "left_out"].contains(&row.others.as_str());
            besides += usize::from(told_apart);
            let beside = if kind == Platform { &world.rival } else { &world.beside };
            let beside = told_apart.then_some((&row.others, beside));
            for (wanted, side) in [(&row.own, &world.own), (&row.others, &world.other)].into_iter().chain(beside) {
                let made = || {
                    asked(&world, &row.operation, side)
                        .unwrap_or_else(|| panic!("{} has no request here", row.operation))
                };
                // Whoever is refused at the door uses nothing up, so that one request will do for all of them.
                let at_the_door = row.own == "refused";
                let asked = at_the_door.then(|| spare.remove(&(&row.operation, side.place))).flatten();
                let asked = asked.unwrap_or_else(made);
                let answer = send(&client, &asked);
                wrong.extend(judge(&world, row, wanted, &asked, &answer).err());
                if at_the_door {
                    spare.insert((&row.operation, side.place), asked);
                }
            }
        }
        assert!(rows.len() > 600 && besides > 60, "{} cells, {besides} beside", rows.len());
        assert!(wrong.is_empty(), "{} cells:\n{}", wrong.len(), wrong.join("\n"));
    });
}

/// How many rows there are of all that is kept, but of who looked at what, and of what the runner does after earlier requests.
fn kept(app: &App) -> BTreeMap<String, i64> {
    let mut rows = crate::tables::rows(app);
    rows.retain(|table, _| !["audit_", "change", "revision", "work"].iter().any(|of| table.starts_with(of)));
    assert!(rows.len() > 40, "{rows:?}");
    rows
}

#[test]
fn what_asks_rehearses_or_refuses_leaves_nothing() {
    each_backend(|app| {
        let world = World::new(app);
        let mut tried = BTreeSet::new();
        for row in rows().into_iter().filter(|row| row.own == "allowed") {
            let kind = CallerKind::ALL.iter().copied().find(|kind| kind.as_str() == row.caller);
            let Some(kind) = kind.filter(|_| WRITES_NOTHING.contains(&row.operation.as_str())) else { continue };
            world.acting.set(kind);
            let asked = asked(&world, &row.operation, &world.own).unwrap();
            let (before, answer, after) = (kept(app), send(&world.caller(kind), &asked), kept(app));
            let status = if asked.never { 409 } else { asked.status };
            assert_eq!(answer.status, status, "{} as {kind}: {}", row.operation, answer.text);
            assert_eq!(after, before, "{} as {kind}", row.operation);
            tried.insert(row.operation);
        }
        // Whoever asks for a token is nobody yet.
        assert_eq!(tried.len(), WRITES_NOTHING.len() - 1, "{tried:?}");
    });
}

#[test]
fn deeply_nested_and_oversize_bodies_are_refused_by_every_operation() {
    // How a body is read does not depend on the database.
    let app = App::start(Backend::Sqlite);
    let world = World::new(&app);
    let deep = 100_000;
    let closed = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    let nested =
        [closed, "[".repeat(deep), "{\"items\":".repeat(deep), format!("{{\"evidence\":{}", "[[],".repeat(deep))];
    let mut tried = BTreeSet::new();
    for row in rows().iter().filter(|row| row.caller != "anyone" && row.own == "allowed") {
        let kind = *CallerKind::ALL.iter().find(|kind| kind.as_str() == row.caller).unwrap();
        world.acting.set(kind);
        let request = asked(&world, &row.operation, &world.own).unwrap();
        if request.body.is_none() || !tried.insert(row.operation.clone()) {
            continue;
        }
        let client = world.caller(kind);
        let send = |media: &str, body: Vec<u8>| client.send(request.method, &request.path, Some(media), body);
        for text in &nested {
            let answer = send("application/json", text.clone().into_bytes());
            assert!([400, 422].contains(&answer.status), "{}: {} {}", row.operation, answer.status, answer.text);
        }
        let _ = send("application/json", vec![b' '; (8 << 20) + 1]).problem(413, "body_too_large");
    }
    assert!(tried.len() > 30, "{tried:?}");
    let line = "[".repeat(deep);
    let lines = world.caller(CallerKind::Platform).send(
        "POST",
        "/v1/completion-batches",
        Some("application/x-ndjson"),
        line.into_bytes(),
    );
    assert_eq!(lines.expect(200).json["counts"]["malformed"], 1);
}

#[test]
fn a_token_that_does_not_hold_opens_no_operation() {
    each_backend(|app| {
        let world = World::new(app);
        let (issuer, now) = (app.state().tokens.issuer(), app.clock.now());
        let elsewhere = Tokens::load(&app.folder().join("keys"), issuer, "another-service").unwrap();
        let bad = CallerKind::ALL.iter().map(|kind| {
            let subject = world.subject(*kind);
            let expired = app.state().tokens.mint(&subject, now - Duration::DAY, Duration::HOUR).unwrap();
            (expired, elsewhere.mint(&subject, now, Duration::HOUR).unwrap())
        });
        let bad: Vec<(String, String)> = bad.collect();
        let operations: BTreeSet<String> =
            rows().into_iter().filter(|row| row.caller != "anyone").map(|row| row.operation).collect();
        for operation in operations {
            let asked = asked(&world, &operation, &world.own).unwrap();
            for (expired, misled) in &bad {
                for (token, reason) in [(expired, "expired"), (misled, "wrong_audience")] {
                    let problem = send(&app.as_nobody().bearing(token), &asked).problem(401, "invalid_token");
                    assert_eq!(problem["reason"], reason, "{operation}");
                }
            }
            let _ = send(&app.as_nobody(), &asked).problem(401, "unauthenticated");
        }
    });
}
