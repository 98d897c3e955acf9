//! Pushes and registrations in bulk go through a lane in which callers take turns, and take nothing from readers.

use crate::{
    access::{
        self,
        grants::{give, officer, official},
    },
    completions::{soon, standing_hours},
    limits::{answer_to_head, each, head, retry_after},
    registry::{learner, number},
};
use domain::kernel::Hours;
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::mpsc::{Sender, channel},
    thread,
    time::Duration,
};
use store::{Db, StoreError};
use tests::{
    Answer, App, Client,
    fixtures::{Course, Item, Learner, Platform, Signer},
};
use uuid::Uuid;
use xueshi::settings::Settings;

const BATCHES: &str = "/v1/completion-batches";

/// A platform with a course of one hour and a learner of its own.
struct Scene {
    platform: Platform,
    course: Course,
    learner: Learner,
}

impl Scene {
    fn of(app: &App, name: &str) -> Self {
        let platform = app.platform(name).register();
        let course = app.course(&format!("C-{name}")).professional().hours(1).on(&platform).open();
        Self { platform, course, learner: app.learner("340100").register() }
    }

    fn item(&self) -> Item {
        self.learner.finished(&self.course)
    }
}

/// Holds up whatever writes to the batches until told to let go.
fn hold(app: &App) -> (Sender<()>, thread::JoinHandle<()>) {
    hold_table(app, "completion_batch")
}

/// Holds up whatever writes to a table until told to let go; the end of the thread is the end of the transaction.
pub(crate) fn hold_table(app: &App, table: &'static str) -> (Sender<()>, thread::JoinHandle<()>) {
    let ((held, is_held), (let_go, told)) = (channel(), channel::<()>());
    let store = app.state().store.clone();
    let holding = thread::spawn(move || {
        let job = move |db: &mut Db| {
            if let Db::Pg(connection) = db {
                let lock = diesel::sql_query(format!("LOCK TABLE {table} IN EXCLUSIVE MODE"));
                diesel::RunQueryDsl::execute(lock, connection).map_err(StoreError::from)?;
            }
            held.send(()).unwrap();
            let _ = told.recv();
            Ok::<_, StoreError>(())
        };
        store.write_blocking(job).unwrap();
    });
    is_held.recv().unwrap();
    (let_go, holding)
}

/// Waits until so many pushes are decided, and so many wait.
fn lane_has(app: &App, working: usize, waiting: usize) {
    let says = |text: &str, state: &str, number: usize| {
        text.lines().any(|line| line == format!("xueshi_pushes{{state=\"{state}\"}} {number}"))
    };
    soon(|| {
        let text = app.as_nobody().get("/metrics").expect(200).text;
        says(&text, "working", working) && (waiting == 0 || says(&text, "waiting", waiting))
    });
}

#[test]
fn a_full_lane_refuses_pushes_at_once_while_readers_and_another_platform_are_served() {
    let narrow = |settings: &mut Settings| (settings.pushes.at_work, settings.pushes.waiting) = (1, 1);
    each(narrow, |app| {
        let (ours, others) = (Scene::of(app, "ours"), Scene::of(app, "others"));
        let client = app.as_platform(ours.platform.id).in_english();
        let (first, second, third, theirs) = (ours.item(), ours.item(), ours.item(), others.item());
        let (let_go, holding) = hold(app);
        thread::scope(|scope| {
            let working = scope.spawn(|| app.push_batch(&ours.platform, [first]));
            lane_has(app, 1, 0);
            let waiting = scope.spawn(|| app.push_batch(&ours.platform, [second]));
            lane_has(app, 1, 1);

            let refused = app.push_batch(&ours.platform, [third.clone()]);
            assert_eq!(retry_after(&refused), 2);
            let _ = refused.problem(503, "busy");
            let told = answer_to_head(app, &client, BATCHES);
            assert!(told.starts_with("HTTP/1.1 503 ") && told.contains("retry-after: 2"), "{told}");
            let _ = client.post(&format!("{BATCHES}/validation"), &json!({ "items": [] })).problem(503, "busy");
            let batch = Uuid::now_v7();
            let lines = format!("{}\n", third.json()).into_bytes();
            let path = format!("{BATCHES}?batch_id={batch}");
            let _ = client.send("POST", &path, Some("application/x-ndjson"), lines).problem(503, "busy");
            let _ = client.get(&format!("{BATCHES}/{batch}")).problem(404, "not_found");
            let counts = app.as_nobody().get("/metrics").expect(200).text;
            assert!(counts.contains("\nxueshi_pushes_refused_total 4\n"), "{counts}");

            // Readers are untouched, and another platform has a queue of its own.
            let _ = client.get("/v1/held-completions").expect(200);
            assert_eq!(standing_hours(app, &ours.learner), Hours::ZERO);
            let other = scope.spawn(|| app.push_batch(&others.platform, [theirs]));
            lane_has(app, 1, 2);

            let_go.send(()).unwrap();
            for pushed in [working, waiting, other] {
                assert_eq!(pushed.join().unwrap().expect(200).json["counts"]["credited"], 1);
            }
        });
        holding.join().unwrap();
        assert_eq!(app.push_batch(&ours.platform, [third]).expect(200).json["counts"]["credited"], 1);
        // Nothing is lost, and nothing was done twice.
        assert_eq!(standing_hours(app, &ours.learner), Hours::whole(3));
        assert_eq!(standing_hours(app, &others.learner), Hours::whole(1));
    });
}

/// Sends a body of lines whole.
fn push_lines(client: &Client<'_>, batch: Uuid, items: &[Item]) -> Answer {
    client.send("POST", &format!("{BATCHES}?batch_id={batch}"), Some("application/x-ndjson"), lines(items).into_bytes())
}

fn lines(items: &[Item]) -> String {
    items.iter().map(|item| format!("{}\n", item.json())).collect()
}

#[test]
fn bodies_that_are_still_coming_are_counted_from_their_head_on() {
    let narrow = |settings: &mut Settings| (settings.pushes.at_work, settings.pushes.waiting) = (1, 2);
    each(narrow, |app| {
        let (ours, others) = (Scene::of(app, "ours"), Scene::of(app, "others"));
        let (client, other) = (app.as_platform(ours.platform.id), app.as_platform(others.platform.id));
        // One more whenever there was room for what asks: that takes the room itself for a moment, in which a head is sent away.
        let (mut begun, nothing) = (Vec::new(), json!({ "items": [] }));
        soon(|| {
            let is_full = client.post(BATCHES, &nothing).status == 503;
            if !is_full {
                begun.push(head(app, &client, BATCHES));
            }
            is_full
        });
        assert!(begun.len() >= 3, "{} are three", begun.len());
        let told = answer_to_head(app, &client, BATCHES);
        assert!(told.starts_with("HTTP/1.1 503 ") && told.contains("retry-after: 2"), "{told}");
        let _ = other.post(BATCHES, &nothing).problem(422, "invalid_body");
        drop(begun);
        soon(|| client.post(BATCHES, &nothing).status == 422);
    });
}

#[test]
fn a_push_of_lines_opens_its_batch_and_officers_register_in_bulk_by_the_same_lane() {
    let one_at_a_time = |settings: &mut Settings| settings.pushes.at_work = 1;
    each(one_at_a_time, |app| {
        let (ours, others) = (Scene::of(app, "ours"), Scene::of(app, "others"));
        let client = app.as_platform(ours.platform.id);
        let (item, theirs) = (ours.item(), others.item());
        let (let_go, holding) = hold(app);
        thread::scope(|scope| {
            // Held up before the first of its lines is decided.
            let opening = scope.spawn(|| push_lines(&client, Uuid::now_v7(), &[item]));
            lane_has(app, 1, 0);
            let waiting = scope.spawn(|| app.push_batch(&others.platform, [theirs]));
            lane_has(app, 1, 1);
            let learner =
                json!({ "document": { "kind": "resident_id", "number": "610302199001010002" }, "name": "示例" });
            let course = json!({ "code": "C-9" });
            for (at, (path, body)) in [("learners", learner), ("courses", course)].into_iter().enumerate() {
                scope.spawn(move || {
                    let bulk = json!({ "items": [body] });
                    let _ = app.as_officer("610000").post(&format!("/v1/{path}/bulk"), &bulk).expect(200);
                });
                lane_has(app, 1, 2 + at);
            }
            let_go.send(()).unwrap();
            for pushed in [opening, waiting] {
                assert_eq!(pushed.join().unwrap().expect(200).json["counts"]["credited"], 1);
            }
        });
        holding.join().unwrap();
    });
}

#[test]
fn nobody_waits_for_a_turn_without_end_and_of_lines_those_before_stand() {
    let impatient = |settings: &mut Settings| {
        (settings.pushes.at_work, settings.pushes.patience) = (1, Duration::from_millis(500));
    };
    each(impatient, |app| {
        let (ours, others) = (Scene::of(app, "ours"), Scene::of(app, "others"));
        let client = app.as_platform(ours.platform.id);
        let items: Vec<Item> = (0..1001).map(|_| ours.item()).collect();
        let (batch, whole) = (Uuid::now_v7(), lines(&items));
        let path = format!("{BATCHES}/{batch}");
        let half = lines(&items[..1000]);
        let mut begun = begin_lines(app, &client, batch, &half, whole.len());
        soon(|| client.get(&path).json["lines"] == 1000);

        let (let_go, holding) = hold(app);
        thread::scope(|scope| {
            let theirs = others.item();
            let working = scope.spawn(|| app.push_batch(&others.platform, [theirs]));
            lane_has(app, 1, 0);
            let late = app.push_batch(&ours.platform, [ours.item()]);
            assert_eq!(retry_after(&late), 2);
            let _ = late.problem(503, "busy");
            begun.write_all(&whole.as_bytes()[half.len()..]).unwrap();
            let told = read_all(&mut begun);
            assert!(told.contains("HTTP/1.1 503 ") && told.contains("\"code\":\"busy\""), "{told}");
            assert!(told.contains("\"lines_recorded\":1000") && told.contains(&batch.to_string()), "{told}");
            let_go.send(()).unwrap();
            let _ = working.join().unwrap().expect(200);
        });
        holding.join().unwrap();
        assert_eq!(standing_hours(app, &ours.learner), Hours::whole(1000));
        // Its end could not be noted either, for want of a turn; silence tells it.
        app.clock.set(app.clock.now() + time::Duration::minutes(16));
        let asked = client.get(&path).expect(200).json;
        assert_eq!((&asked["state"], &asked["lines"]), (&json!("cut"), &json!(1000)));
        let told = push_lines(&client, batch, &items).expect(200).json;
        assert_eq!((&told["counts"]["already_recorded"], &told["counts"]["credited"]), (&json!(1000), &json!(1)));
    });
}

#[test]
fn lines_that_come_in_after_their_sender_was_shut_out_are_not_taken() {
    each(
        |_| (),
        |app| {
            let ours = Scene::of(app, "ours");
            let made = access::client(app, &ours.platform.id.to_string(), Value::Null);
            let id = made["client_id"].as_str().unwrap();
            let secret = access::secret(app, id);
            let items: Vec<Item> = (0..1001).map(|_| ours.item()).collect();
            let (whole, half) = (lines(&items), lines(&items[..1000]));
            let own = app.as_platform(ours.platform.id);
            let token = || access::bearer(app, &access::ask(app, id, &secret).expect(200));
            let begin = |client: &Client<'_>| {
                let batch = Uuid::now_v7();
                let begun = begin_lines(app, client, batch, &half, whole.len());
                let path = format!("{BATCHES}/{batch}");
                soon(|| own.get(&path).json["lines"] == 1000);
                (begun, path)
            };
            let refused = |(mut begun, path): (TcpStream, String)| {
                begun.write_all(&whole.as_bytes()[half.len()..]).unwrap();
                let told = read_all(&mut begun);
                assert!(told.contains("HTTP/1.1 401 ") && told.contains("\"code\":\"invalid_token\""), "{told}");
                assert!(told.contains("\"lines_recorded\":1000"), "{told}");
                let ended = own.get(&path).expect(200).json;
                assert_eq!((&ended["state"], &ended["lines"]), (&json!("cut"), &json!(1000)));
                told
            };
            let disabled = begin(&token());
            let _ =
                app.as_security_administrator().post(&format!("/v1/clients/{id}/disabling"), &Value::Null).expect(200);
            assert!(refused(disabled).contains("\"reason\":\"revoked\""));
            let _ =
                app.as_security_administrator().post(&format!("/v1/clients/{id}/enabling"), &Value::Null).expect(200);
            // A token lives for a quarter of an hour, and half a minute is forgiven.
            let expired = begin(&token());
            app.clock.set(app.clock.now() + time::Duration::minutes(16));
            assert!(refused(expired).contains("\"reason\":\"expired\""));
        },
    );
}

#[test]
fn lines_that_come_in_after_the_grant_they_began_with_is_gone_are_not_taken_by_another() {
    each(
        |_| (),
        |app| {
            let portal = access::issuer(app, access::PORTAL, &[&Signer::ed25519("ed")]);
            let mut first = officer(&portal, "li", "610300");
            first["until_on"] = "2021-06-20".into();
            let first = give(app, &first);
            let other = give(app, &officer(&portal, "li", "610000"));
            let li = official(app, "li");
            let lines: Vec<String> = (0..1001).map(|n| format!("{}\n", learner(n, "示例"))).collect();
            let (half, last) = (lines[..1000].concat(), &lines[1000]);
            let mut begun = begin_lines_to(app, &li, "/v1/learners/bulk", &half, half.len() + last.len());
            let known = |n: u32| {
                let document = json!({ "document": { "kind": "resident_id", "number": number(n) } });
                app.as_officer("610300").post("/v1/learner-lookups", &document).status == 200
            };
            soon(|| known(999));
            let path = format!("/v1/grants/{}/withdrawal", first["grant_id"].as_str().unwrap());
            let _ = app.as_security_administrator().post(&path, &json!({ "reason": "调离" })).expect(200);
            assert_eq!(
                li.get("/v1/caller").expect(200).json["grant_id"],
                other["grant_id"],
                "the other one still holds"
            );
            begun.write_all(last.as_bytes()).unwrap();
            let told = read_all(&mut begun);
            assert!(told.contains("HTTP/1.1 403 ") && told.contains("\"code\":\"no_grant\""), "{told}");
            assert!(told.contains("\"kept_through\":1000"), "{told}");
            assert!(!known(1000), "the line after it is not kept under the other grant");
        },
    );
}

/// Sends the head of a push of lines, and some of its body.
fn begin_lines(app: &App, client: &Client<'_>, batch: Uuid, body: &str, length: usize) -> TcpStream {
    begin_lines_to(app, client, &format!("{BATCHES}?batch_id={batch}"), body, length)
}

/// Sends the head of a request that brings lines, and some of its body.
pub(crate) fn begin_lines_to(app: &App, client: &Client<'_>, path: &str, body: &str, length: usize) -> TcpStream {
    let (address, token) = (app.url("").replace("http://", ""), client.token().unwrap());
    let mut stream = TcpStream::connect(&address).unwrap();
    // An answer that is never read: when the connection is closed before, it is reset and does not only end.
    stream.write_all(format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes()).unwrap();
    let _ = stream.peek(&mut [0]).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/x-ndjson\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    stream
}

pub(crate) fn read_all(stream: &mut TcpStream) -> String {
    let mut all = String::new();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let _ = stream.read_to_string(&mut all).unwrap();
    all
}

#[test]
fn whoever_breaks_off_gives_no_place_back_while_the_transaction_runs() {
    let one_at_a_time = |settings: &mut Settings| settings.pushes.at_work = 1;
    each(one_at_a_time, |app| {
        let ours = Scene::of(app, "ours");
        let client = app.as_platform(ours.platform.id);
        let (first, second) = (lines(&[ours.item()]), ours.item());
        let (let_go, holding) = hold(app);
        let begun = begin_lines(app, &client, Uuid::now_v7(), &first, first.len());
        lane_has(app, 1, 0);
        drop(begun);
        in_flight(app, 1);
        thread::scope(|scope| {
            let next = scope.spawn(|| app.push_batch(&ours.platform, [second]));
            lane_has(app, 1, 1);
            let_go.send(()).unwrap();
            assert_eq!(next.join().unwrap().expect(200).json["counts"]["credited"], 1);
        });
        holding.join().unwrap();
    });
}

/// Waits until so many requests are being answered, the one that asks among them.
fn in_flight(app: &App, number: usize) {
    let line = format!("xueshi_http_requests_in_flight {number}");
    soon(|| app.as_nobody().get("/metrics").expect(200).text.lines().any(|one| one == line));
}

#[test]
fn a_platform_that_sends_much_waits_for_itself_and_not_the_others_for_it() {
    let one_at_a_time = |settings: &mut Settings| settings.pushes.at_work = 1;
    each(one_at_a_time, |app| {
        let (ours, others) = (Scene::of(app, "ours"), Scene::of(app, "others"));
        let (let_go, holding) = hold(app);
        let (told, answers) = channel();
        let push = |scene: &Scene, item: Item, name: &'static str, told: Sender<&'static str>| {
            assert_eq!(app.push_batch(&scene.platform, [item]).expect(200).json["counts"]["credited"], 1);
            told.send(name).unwrap();
        };
        thread::scope(|scope| {
            for _ in 0..12 {
                let (item, told) = (ours.item(), told.clone());
                scope.spawn(|| push(&ours, item, "ours", told));
            }
            lane_has(app, 1, 11);
            let (item, told) = (others.item(), told.clone());
            scope.spawn(|| push(&others, item, "others", told));
            lane_has(app, 1, 12);
            let_go.send(()).unwrap();
        });
        holding.join().unwrap();
        drop(told);
        // Behind the one at work and the one at the door; who reads its answer first is a matter of moments.
        let place = answers.iter().position(|name| name == "others").unwrap();
        assert!(place <= 5, "{place} of 12 went first");
        assert_eq!(standing_hours(app, &ours.learner), Hours::whole(12));
    });
}
