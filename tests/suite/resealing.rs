//! A new data key: it seals from its moment on, everything is sealed anew by it while the service serves, and the old one goes.

use crate::{
    recognition::Town,
    registry::{learner, number},
};
use domain::audit::Event;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration as Wait, Instant},
};
use store::{
    audit::{EventSearch, search_events},
    sealed::rows_by_key,
};
use tests::{
    App, Backend, NOON,
    fixtures::{Item, Person},
};
use time::Duration;
use xueshi::auth::CallerKind;

pub(crate) const NODE: &str = env!("CARGO_BIN_EXE_node");

pub(crate) fn run(app: &App, arguments: &[&str]) -> (bool, String) {
    let keys = app.folder().join("keys");
    // A start that is not refused, as it should be, would serve for ever.
    let command = [&["60", NODE], arguments, &["--keys-dir", keys.to_str().unwrap()]].concat();
    let output = app.command("timeout", &command);
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

pub(crate) fn status(app: &App) -> String {
    let (done, said) = run(app, &["keys", "status"]);
    assert!(done, "{said}");
    said
}

fn file(app: &App) -> std::path::PathBuf {
    app.folder().join("keys/data-keys.json")
}

fn change(file: &Path, change: impl FnOnce(&mut Value)) {
    let mut keys: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    change(&mut keys);
    fs::write(file, keys.to_string()).unwrap();
}

/// Makes another data key, which seals an hour after the test's clock began; answers its id.
pub(crate) fn rotate(app: &App) -> String {
    let (done, said) = run(app, &["keys", "rotate", "--data", "--after-minutes", "0"]);
    assert!(done, "{said}");
    // The command goes by the machine's clock.
    change(&file(app), |keys| keys["active_from"] = json!("2021-06-15T05:00:00Z"));
    said.split(' ').next().unwrap().to_owned()
}

pub(crate) fn rows(app: &App) -> BTreeMap<String, i64> {
    app.read(rows_by_key)
}

pub(crate) fn until(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + Wait::from_secs(120);
    while !done() {
        assert!(Instant::now() < end, "not within two minutes: {what}");
        thread::sleep(Wait::from_millis(20));
    }
}

pub(crate) fn enroll(app: &App, from: u32, count: u32) {
    let items: Vec<Value> = (from..from + count).map(|n| learner(n, "示例甲")).collect();
    let answer = app.as_officer("610300").post("/v1/learners/bulk", &json!({ "items": items })).expect(200);
    assert!(
        answer.json["items"].as_array().unwrap().iter().all(|item| item["outcome"] == "created"),
        "{}",
        answer.text
    );
}

pub(crate) fn find(app: &App, n: u32) -> String {
    let asked = json!({ "document": { "kind": "resident_id", "number": number(n) } });
    let found = app.as_officer("610300").post("/v1/learner-lookups", &asked).expect(200);
    found.json["learner_id"].as_str().unwrap().to_owned()
}

/// What a whole number is shown as, by an officer who has not used up the day.
pub(crate) fn unmasked(app: &App, n: u32, officer: &str) -> Value {
    let office = app.caller(CallerKind::Officer, officer, "610300".parse().ok());
    let asked = json!({ "purpose": "complaint", "reference": "投诉〔2026〕12号" });
    let shown = office.post(&format!("/v1/learners/{}/unmasking", find(app, n)), &asked).expect(200);
    shown.json["document"]["number"].clone()
}

#[test]
fn everything_is_sealed_anew_while_pushes_and_reads_go_on_and_then_the_old_key_may_go() {
    for backend in Backend::at_hand() {
        let mut app = App::start(backend);
        let stage = app.shaanxi();
        enroll(&app, 0, 620);
        let strangers: [(Person, Item); 2] = std::array::from_fn(|_| {
            let person = Person::someone();
            let item = person.finished("SX-PUBLIC");
            (person, item)
        });
        let push = |app: &App, item: &Item| app.push_one(&stage.platform, item)["outcome"].clone();
        assert_eq!(push(&app, &strangers[0].1), "held");
        let employer = json!({ "kind": "enterprise", "name": "示例厂", "place": "610100" });
        let again =
            |app: &App| app.as_officer("610000").with("idempotency-key", "k-1").post("/v1/employers", &employer);
        let first = again(&app).expect(201);
        assert_eq!(rows(&app), BTreeMap::from([("data-1".to_owned(), 622)]));

        let newest = rotate(&app);
        app.restart();
        enroll(&app, 620, 1);
        assert_eq!(rows(&app), BTreeMap::from([("data-1".to_owned(), 623)]), "its moment has not come");
        app.clock.set(NOON + Duration::hours(1));
        enroll(&app, 621, 1);
        assert_eq!(push(&app, &strangers[1].1), "held");
        assert_eq!(rows(&app), BTreeMap::from([("data-1".to_owned(), 623), (newest.clone(), 2)]));
        assert!(status(&app).contains("data-1: 623 rows; opens what it sealed"), "{}", status(&app));
        assert_eq!((unmasked(&app, 0, "li"), unmasked(&app, 621, "li")), (json!(number(0)), json!(number(621))));

        let (ordered, said) = run(&app, &["keys", "reseal"]);
        assert!(ordered, "{said}");
        let (over, reader) = (AtomicBool::new(false), app.as_officer("610300"));
        thread::scope(|scope| {
            let (app, over, stage, push) = (&app, &over, &stage, &push);
            scope.spawn(move || {
                for n in 0.. {
                    let known =
                        json!({ "document_kind": "resident_id", "document_number": number(n % 620), "name": "示例甲" });
                    assert_eq!(push(app, &Item::new(known, &stage.public.code, stage.public.year)), "credited");
                    assert_eq!(push(app, &Person::someone().finished("SX-PUBLIC")), "held");
                    if over.load(Ordering::SeqCst) {
                        break;
                    }
                }
            });
            scope.spawn(move || {
                for n in 0.. {
                    // Persons are written, too: nobody's number is lost or mixed up.
                    let id = find(app, 619 - n % 100);
                    // The document is written with the name, so each time with another one.
                    let name = if n % 2 == 0 { "示例 甲" } else { "示例甲" };
                    let _ = reader.patch(&format!("/v1/learners/{id}"), &json!({ "name": name })).expect(200);
                    assert_eq!(unmasked(app, n % 620, &format!("li-{}", n / 40)), number(n % 620).as_str());
                    if over.load(Ordering::SeqCst) {
                        break;
                    }
                }
            });
            until("everything is sealed anew", || rows(app).keys().eq([&newest]) && status(app).contains("anew: done"));
            over.store(true, Ordering::SeqCst);
        });
        let told = status(&app);
        for part in [
            "data-1: 0 rows; seals nothing any more: it may be taken out of the file",
            &format!("{newest}: "),
            "seals what is written now",
            // Whoever was written meanwhile was sealed by the new key already.
            "sealing anew: done, 6",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }

        change(&file(&app), |keys| {
            keys["data_keys"].as_object_mut().unwrap().remove("data-1").unwrap();
        });
        app.restart();
        assert_eq!(again(&app).expect(201).text, first.text);
        assert_eq!((unmasked(&app, 1, "wang"), unmasked(&app, 620, "wang")), (json!(number(1)), json!(number(620))));
        // Who waited is known by name and number, however it is sealed.
        for (person, item) in &strangers {
            let learner = json!({
                "document": { "kind": "resident_id", "number": person.document_number },
                "name": person.name,
                "placement": { "place": "610000", "from_on": "2010-01-01" },
            });
            let _ = app.as_officer("610000").post("/v1/learners", &learner).expect(201);
            assert_eq!(push(&app, item), "already_recorded", "it was let go");
        }
        // It is forgotten, so that no later start looks for it.
        app.restart();
    }
}

#[test]
fn files_of_recognitions_are_sealed_anew_and_open_as_before() {
    for backend in Backend::at_hand() {
        let mut app = App::start(backend);
        // More of them than are sealed in one transaction, two with bytes of their own.
        let (at, learner) = {
            let town = Town::new(&app);
            let at = town.draft(&town.filer());
            for _ in 0..9 {
                let file = json!({ "kind": "其他", "content": "JVBERi0xLjQKJSVFT0YK" });
                let _ = town.filer().post(&format!("{at}/evidence"), &file).expect(201);
            }
            let file = json!({ "kind": "其他", "content": "JVBERi0xLjUKJSVFT0YK" });
            let _ = town.filer().post(&format!("{at}/evidence"), &file).expect(201);
            (at, town.learner.id)
        };
        let files = |app: &App| {
            let of_case = app.as_learner(learner).get(&at).expect(200).json["evidence"].clone();
            let bytes = of_case.as_array().unwrap().iter().map(|file| {
                let path = format!("{at}/evidence/{}", file["evidence_id"].as_str().unwrap());
                app.as_learner(learner).get(&path).expect(200).json
            });
            bytes.collect::<Vec<Value>>()
        };
        let before = files(&app);
        assert_eq!((before.len(), &before[10]["content"]), (11, &json!("JVBERi0xLjUKJSVFT0YK")));
        assert_eq!(rows(&app).keys().collect::<Vec<_>>(), ["data-1"]);
        let newest = rotate(&app);
        app.clock.set(NOON + Duration::hours(1));
        app.restart();
        let (ordered, said) = run(&app, &["keys", "reseal"]);
        assert!(ordered, "{said}");
        until("everything is sealed anew", || rows(&app).keys().eq([&newest]) && status(&app).contains("anew: done"));
        change(&file(&app), |keys| {
            keys["data_keys"].as_object_mut().unwrap().remove("data-1").unwrap();
        });
        app.restart();
        assert_eq!(files(&app), before, "each opens, as its own");
    }
}

#[test]
fn two_replicas_and_two_orders_at_once_do_no_harm() {
    for backend in Backend::at_hand() {
        let mut app = App::start(backend);
        enroll(&app, 0, 620);
        let newest = rotate(&app);
        app.restart();
        app.clock.set(NOON + Duration::hours(1));
        let node = app.node(NODE);
        for _ in 0..2 {
            let (ordered, said) = run(&app, &["keys", "reseal"]);
            assert!(ordered, "{said}");
        }
        let done = |app: &App| {
            let work = app.read(store::work::count_by_state);
            let of_ours: Vec<_> = work.iter().filter(|(kind, ..)| kind == "reseal_personal_fields").collect();
            matches!(of_ours[..], [(_, store::work::WorkState::Done, 2)])
        };
        until("both are done", || done(&app));
        assert_eq!(rows(&app), BTreeMap::from([(newest, 620)]));
        assert_eq!([0, 311, 619].map(|n| unmasked(&app, n, "li")), [0, 311, 619].map(|n| json!(number(n))));
        assert!(node.terminate().success());
    }
}

#[test]
fn a_key_on_which_something_depends_is_missed_at_the_start() {
    for backend in Backend::at_hand() {
        let mut app = App::start(backend);
        enroll(&app, 0, 1);
        let old = fs::read_to_string(file(&app)).unwrap();
        let newest = rotate(&app);
        app.clock.set(NOON + Duration::minutes(1));
        app.restart();
        let whole = fs::read_to_string(file(&app)).unwrap();
        let serve = |text: &str| {
            fs::write(file(&app), text).unwrap();
            run(&app, &["serve", "--listen", "127.0.0.1:0"])
        };
        let mut without: Value = serde_json::from_str(&whole).unwrap();
        without["data_keys"].as_object_mut().unwrap().remove("data-1").unwrap();
        // The one that sealed what is there, and one that another process has already and will seal by.
        for (text, missing) in [(without.to_string(), "data-1"), (old, &newest)] {
            let (served, said) = serve(&text);
            assert!(
                !served && said.contains(&format!("has no keys {missing}, on which this database depends")),
                "{said}"
            );
        }
        // Another lookup key would find nobody.
        let other = whole.replace("lookup-1", "lookup-2");
        let (served, said) = serve(&other);
        assert!(!served && said.contains("has no keys lookup-1"), "{said}");
        // Whatever was refused left nothing by which the right file would be.
        fs::write(file(&app), whole).unwrap();
        app.restart();
        let (ordered, said) = run(&app, &["keys", "reseal"]);
        assert!(ordered, "by the machine's clock its moment has come: {said}");
        change(&file(&app), |keys| keys["active_from"] = json!("2100-01-01T00:00:00Z"));
        let (ordered, said) = run(&app, &["keys", "reseal"]);
        assert!(!ordered && said.contains("seals from 2100-01-01T00:00:00Z on"), "{said}");
    }
}

/// What the trail has of keys, by whom, in its order.
pub(crate) fn key_events(app: &App) -> Vec<Event> {
    let all = app.read(|db| search_events(db, EventSearch { limit: 1000, ..EventSearch::default() }));
    all.into_iter().filter(|event| ["system", "operator"].contains(&event.actor.as_str())).collect()
}

#[test]
fn the_trail_says_which_keys_came_and_which_went_and_shows_none() {
    for backend in Backend::at_hand() {
        let mut app = App::start(backend);
        let changes = |app: &App| {
            let of_keys = key_events(app).into_iter().filter(|event| event.operation == "change_keys");
            of_keys.map(|event| serde_json::from_str::<Value>(&event.after.unwrap()).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(changes(&app).len(), 1);
        app.restart();
        assert_eq!(changes(&app).len(), 1, "the same keys are no news");
        let newest = rotate(&app);
        let (added, said) = run(&app, &["keys", "rotate", "--after-minutes", "0"]);
        assert!(added, "{said}");
        // The second line warns of a key that is in use at once.
        let service_key = std::path::PathBuf::from(said.lines().next().unwrap());
        app.clock.set(NOON + Duration::MINUTE);
        app.restart();
        app.clock.set(NOON + Duration::hours(2));
        let (ordered, said) = run(&app, &["keys", "reseal"]);
        assert!(ordered, "{said}");
        fs::remove_file(&service_key).unwrap();
        app.restart();
        let told = changes(&app);
        assert_eq!(told.len(), 3, "{told:#?}");
        assert_eq!(told[1]["newest_data_key"], newest.as_str());
        assert_eq!(told[1]["seals_from"], "2021-06-15T05:00:00Z");
        assert_eq!([0, 1, 2].map(|at| told[at]["service_keys"].as_array().unwrap().len()), [1, 2, 1]);
        let name = service_key.file_name().unwrap().to_str().unwrap().to_owned();
        for (operation, subject) in
            [("add_data_key", newest.clone()), ("add_service_key", name), ("order_resealing", newest)]
        {
            let done = key_events(&app).into_iter().find(|event| event.operation == operation).expect(operation);
            assert_eq!((done.actor.as_str(), done.subject_id), ("operator", Some(subject)), "{operation}");
        }
        let keys: Value = serde_json::from_str(&fs::read_to_string(file(&app)).unwrap()).unwrap();
        let trail = format!("{:?}", key_events(&app));
        for key in keys["data_keys"].as_object().unwrap().values().chain([&keys["lookup_key"]]) {
            assert!(!trail.contains(key.as_str().unwrap()));
        }
    }
}

#[test]
fn of_rotations_at_once_each_that_says_so_has_made_its_key() {
    use std::os::unix::fs::PermissionsExt;
    let app = App::start(Backend::Sqlite);
    let rotated = |rotate: &[&str]| {
        let mut made: Vec<String> = thread::scope(|scope| {
            let rotations: Vec<_> = (0..8).map(|_| scope.spawn(|| run(&app, rotate))).collect();
            let ended = rotations.into_iter().map(|rotation| rotation.join().unwrap());
            ended
                .filter(|(made, _)| *made)
                .map(|(_, said)| said.split_whitespace().next().unwrap().to_owned())
                .collect()
        });
        made.sort();
        assert!(!made.is_empty());
        made
    };
    let made = rotated(&["keys", "rotate", "--data", "--after-minutes", "0"]);
    let keys: Value = serde_json::from_str(&fs::read_to_string(file(&app)).unwrap()).unwrap();
    let mut held: Vec<&String> = keys["data_keys"].as_object().unwrap().keys().filter(|id| *id != "data-1").collect();
    held.sort();
    assert_eq!(made.iter().collect::<Vec<_>>(), held);
    let made = rotated(&["keys", "rotate", "--after-minutes", "0"]);
    assert!(made.is_sorted_by(|one, next| one < next), "two that found one key in a second say they made it: {made:?}");
    assert_eq!(fs::metadata(file(&app)).unwrap().permissions().mode() & 0o777, 0o600);
    let left: Vec<_> =
        fs::read_dir(app.folder().join("keys")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with("new")), "{left:?}");
}

#[test]
fn every_table_with_sealed_fields_is_sealed_anew() {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/sqlite");
    let mut found = Vec::new();
    for step in fs::read_dir(migrations).unwrap() {
        let text = fs::read_to_string(step.unwrap().path().join("up.sql")).unwrap();
        for table in text.split("CREATE TABLE ").skip(1) {
            let (name, rest) = table.split_once(' ').unwrap();
            let columns = rest.split("STRICT").next().unwrap();
            assert!(columns.contains("suite_id") || !columns.contains("_cipher"), "{name}: which key sealed it?");
            if columns.contains("suite_id") {
                found.push(name.to_owned());
            }
        }
    }
    found.sort();
    assert_eq!(found, store::sealed::TABLES);
}
