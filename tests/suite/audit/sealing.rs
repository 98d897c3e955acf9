//! Sealing by the runner, verification by the command line: also when processes die, and when someone tampers.

use diesel::connection::SimpleConnection;
use domain::{
    audit::{Act, Channel, Event, LEAST_RETENTION},
    kernel::EventId,
};
use serde_json::json;
use std::{
    thread,
    time::{Duration as Wait, Instant},
};
use store::{
    Db, StoreError,
    audit::{EventSearch, append_events, count_unsealed, last_seal, search_events},
};
use tests::{App, Node, each_backend};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

fn event(at: OffsetDateTime) -> Event {
    Event {
        id: EventId::from_uuid(Uuid::now_v7()),
        at,
        act: Act::Write,
        operation: "create_employer".into(),
        actor: "officer:li".into(),
        role: Some("officer".into()),
        on_behalf_of: None,
        channel: Channel::OwnToken,
        channel_name: None,
        subject_kind: Some("employer".into()),
        subject_id: Some("7".into()),
        purpose: None,
        problem: None,
        before: None,
        after: None,
        request_id: None,
        times: 1,
    }
}

fn append(app: &App, count: usize, at: OffsetDateTime) {
    let events: Vec<Event> = (0..count).map(|_| event(at)).collect();
    app.write(move |db| append_events(db, &events));
}

fn node(app: &App) -> Node {
    app.node(env!("CARGO_BIN_EXE_node"))
}

/// A command on the trail: how it ended and what it said.
fn audit(app: &App, arguments: &[&str]) -> (Option<i32>, String) {
    let output = app.command(env!("CARGO_BIN_EXE_node"), &[&["audit"], arguments].concat());
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

/// Waits for the runner, which looks after the trail when it starts and then every few seconds.
fn until(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + Wait::from_secs(120);
    while !done() {
        assert!(Instant::now() < end, "not within two minutes: {what}");
        thread::sleep(Wait::from_millis(20));
    }
}

fn until_sealed(app: &App) {
    until("everything is sealed", || app.read(count_unsealed) == 0);
}

/// Starts the application anew, whose runner then seals what waits.
fn seal(app: &mut App) -> String {
    app.restart();
    until_sealed(app);
    let (code, mark) = audit(app, &["seal"]);
    assert_eq!(code, Some(0), "{mark}");
    mark.trim().to_owned()
}

/// What an intruder does who owns the database.
fn tamper(app: &App, sql: &str) {
    let sql = sql.to_owned();
    app.write(move |db| match db {
        Db::Sqlite(c) => {
            for trigger in ["event_no_update", "event_no_early_delete", "member_no_early_delete", "seal_no_delete"] {
                c.batch_execute(&format!("DROP TRIGGER IF EXISTS audit_{trigger}"))?;
            }
            c.batch_execute(&sql).map_err(StoreError::from)
        }
        Db::Pg(c) => Ok(c.batch_execute(&format!("SET LOCAL session_replication_role = replica; {sql}"))?),
    });
}

/// Each back end with an application that can be started anew.
fn each(test: impl Fn(&mut App)) {
    for backend in tests::Backend::at_hand() {
        test(&mut App::start(backend));
    }
}

#[test]
fn the_runner_seals_and_the_command_line_verifies() {
    each(|app| {
        assert_eq!(audit(app, &["verify"]).0, Some(0));
        append(app, 2500, tests::NOON);
        let mark = seal(app);
        // What the interface gives to be kept elsewhere is what the command takes.
        let kept = app.as_audit_administrator().get("/v1/audit-seals/latest").expect(200).json;
        assert_eq!(kept["mark"], mark);
        let (code, said) = audit(app, &["verify", "--against", kept["mark"].as_str().unwrap()]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("0 not sealed yet") && said.contains("that was kept"), "{said}");
        assert!(app.read(last_seal).unwrap().number >= 3, "a seal covers a thousand events at most");
        assert_eq!(audit(app, &["verify", "--against", "7"]).0, Some(2), "no seal at all");
    });
}

#[test]
fn the_trail_verifies_after_a_person_was_erased() {
    each(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610100").register();
        let _ = app.push_batch(&stage.platform, [learner.finished(&stage.public)]).expect(200);
        let mark = seal(app);
        let path = format!("/v1/learners/{}/erasure", learner.id);
        let _ = app.as_officer("610000").post(&path, &json!({ "ground": "受理〔2021〕1号" })).expect(200);
        let after = seal(app);
        assert_ne!(mark, after);
        for mark in [mark, after] {
            let (code, said) = audit(app, &["verify", "--against", &mark]);
            assert_eq!(code, Some(0), "{said}");
        }
    });
}

#[test]
fn what_was_changed_removed_inserted_or_cut_off_is_found_by_the_command_line() {
    each(|app| {
        append(app, 3, tests::NOON);
        seal(app);
        append(app, 1, tests::NOON);
        let kept = seal(app);
        let last = app.read(last_seal).unwrap().number;
        let in_seal = |number: i64| {
            format!(
                "(SELECT min(event_id{0}) FROM audit_member WHERE seal_number = {number})",
                match app.backend() {
                    tests::Backend::Sqlite => "",
                    tests::Backend::Postgres => "::text",
                }
            )
        };
        let id = match app.backend() {
            tests::Backend::Sqlite => "event_id",
            tests::Backend::Postgres => "event_id::text",
        };
        let found = |sql: &str, wanted: &str, against: &[&str]| {
            tamper(app, sql);
            let (code, said) = audit(app, &[&["verify"], against].concat());
            assert_eq!(code, Some(3), "{sql}: {said}");
            assert!(said.contains(wanted) && said.contains("NOT verif"), "{sql}: {said}");
        };
        let cut = format!(
            "DELETE FROM audit_event WHERE event_id IN (SELECT event_id FROM audit_member WHERE seal_number = {last});
             DELETE FROM audit_member WHERE seal_number = {last}; DELETE FROM audit_seal WHERE number = {last}"
        );
        tamper(app, &cut);
        let (code, said) = audit(app, &["verify"]);
        assert_eq!(code, Some(0), "without the seal that was kept nobody can tell: {said}");
        assert!(said.contains("only with --against"), "{said}");
        found("SELECT 1", "the end was cut off", &["--against", &kept]);
        let copy = "INSERT INTO audit_event (event_id, happened_at, act, operation, actor, channel, times) SELECT ";
        let new = Uuid::now_v7();
        let new = match app.backend() {
            tests::Backend::Sqlite => format!("x'{}'", new.simple()),
            tests::Backend::Postgres => format!("'{new}'"),
        };
        let columns = "happened_at, act, operation, actor, channel, times FROM audit_event WHERE";
        found(&format!("{copy}{new}, {columns} {id} = {}", in_seal(1)), "was inserted past the service", &[]);
        found(&format!("UPDATE audit_event SET actor = 'x' WHERE {id} = {}", in_seal(1)), "was changed", &[]);
        found(&format!("DELETE FROM audit_event WHERE {id} = {}", in_seal(1)), "was removed", &[]);
    });
}

#[test]
fn an_event_that_is_queued_again_is_found_and_does_not_stop_the_sealer() {
    for backend in tests::Backend::at_hand() {
        let mut app = App::start(backend);
        append(&app, 3, tests::NOON);
        let mark = seal(&mut app);
        // No sealer runs while the finding is to stand.
        app.rest_runner();
        app.restart();
        append(&app, 2, OffsetDateTime::now_utc() - Duration::hours(50));
        let waiting = app.read(count_unsealed) + 1;
        tamper(&app, "INSERT INTO audit_unsealed SELECT event_id FROM audit_member LIMIT 1");
        let (code, said) = audit(&app, &["verify", "--against", &mark]);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains("is sealed and was put among those that wait"), "{said}");
        assert!(said.contains(&format!("{waiting} not sealed yet, the oldest of them 2 d 2 h old")), "{said}");
        app.with_runner();
        seal(&mut app);
        let (code, said) = audit(&app, &["verify", "--against", &mark]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains(" 0 not sealed yet\n"), "{said}");
    }
}

#[test]
fn a_trail_survives_kills_of_its_sealers_and_two_of_them_at_once() {
    each_backend(|app| {
        // By the machine's clock, which the processes read.
        app.clock.set(OffsetDateTime::now_utc());
        append(app, 8_000, OffsetDateTime::now_utc());
        for round in 0..4_u64 {
            let (one, other) = (node(app), node(app));
            thread::sleep(Wait::from_millis(40 * round));
            one.kill();
            other.kill();
            let (code, said) = audit(app, &["verify"]);
            assert_eq!(code, Some(0), "{said}");
        }
        // What the killed ones held is free again when their lease has run out.
        app.clock.set(OffsetDateTime::now_utc() + Duration::minutes(2));
        let node = node(app);
        until_sealed(app);
        node.kill();
        let (code, said) = audit(app, &["verify"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains(" 0 not sealed yet"), "{said}");
    });
}

#[test]
fn events_whose_time_is_over_go_and_the_chain_still_verifies() {
    each(|app| {
        append(app, 5, tests::NOON);
        let mark = seal(app);
        app.clock.set(tests::NOON + Duration::days(1094));
        seal(app);
        let said = audit(app, &["verify"]).1;
        assert!(said.contains(" 0 removed"), "not a day early: {said}");
        app.clock.set(tests::NOON + Duration::days(1096));
        app.restart();
        until("the old events are removed", || app.read(last_seal).unwrap().emptied_through > 0);
        until_sealed(app);
        let (code, said) = audit(app, &["verify", "--against", &mark]);
        assert_eq!(code, Some(0), "{said}");
        assert!(!said.contains(" 0 removed"), "{said}");
    });
}

#[test]
fn who_looked_at_whose_file_is_kept_as_long_as_its_own_setting_says() {
    for backend in tests::Backend::at_hand() {
        let mut app = App::set(backend, |settings| settings.access_retention = LEAST_RETENTION);
        let read = Event {
            act: Act::Read,
            operation: "get_learner".into(),
            subject_kind: Some("learner".into()),
            ..event(tests::NOON)
        };
        let unmasked = Event {
            id: EventId::from_uuid(Uuid::now_v7()),
            operation: "unmask_learner".into(),
            purpose: Some("complaint: 1".into()),
            ..read.clone()
        };
        append(&app, 3, tests::NOON);
        app.write(move |db| append_events(db, &[read.clone(), unmasked.clone()]));
        let mark = seal(&mut app);
        let both = ["create_employer", "get_learner", "unmask_learner"];
        let others = ["create_employer", "unmask_learner"];
        let kept = |app: &App| {
            let all = app.read(|db| search_events(db, EventSearch { limit: 100, ..EventSearch::default() }));
            let mut operations: Vec<String> = all.into_iter().map(|event| event.operation).collect();
            operations.retain(|operation| both.contains(&operation.as_str()));
            operations.sort();
            operations.dedup();
            operations
        };
        app.clock.set(tests::NOON + LEAST_RETENTION - Duration::HOUR);
        seal(&mut app);
        assert_eq!(kept(&app), both, "not an hour early");
        app.clock.set(tests::NOON + LEAST_RETENTION + Duration::DAY);
        app.restart();
        until("the reads are removed", || app.read(last_seal).unwrap().reads_emptied_through > 0);
        until_sealed(&app);
        assert_eq!(kept(&app), others);
        let all = app.read(|db| search_events(db, EventSearch { limit: 100, ..EventSearch::default() }));
        let removals = all.iter().filter(|event| event.operation == "remove_audit_events");
        let said: Vec<_> = removals.map(|event| event.after.as_deref()).collect();
        assert_eq!(said, [Some(r#"{"of_reads":true}"#)]);
        let (code, said) = audit(&app, &["verify", "--against", &mark]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains(" 1 removed"), "{said}");
    }
}
