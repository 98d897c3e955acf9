//! Lines of any number: read in chunks, answered line by line, cut off and sent again.

use crate::completions::{soon, standing_hours};
use domain::kernel::Hours;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use std::{
    io::Write,
    net::{Shutdown, TcpStream},
};
use tests::{
    Answer, App, Client, NOON, each_backend,
    fixtures::{Course, Item, Learner, Platform},
};
use time::Duration;
use uuid::Uuid;

const BATCHES: &str = "/v1/completion-batches";
const NDJSON: &str = "application/x-ndjson";

struct Scene {
    platform: Platform,
    course: Course,
    learner: Learner,
}

/// A place where the nation's rules answer, and a course of one hour.
fn scene(app: &App) -> Scene {
    let platform = app.platform("lines").register();
    let course = app.course("C-1").professional().hours(1).on(&platform).open();
    Scene { platform, course, learner: app.learner("340100").register() }
}

impl Scene {
    fn items(&self, count: usize) -> Vec<Item> {
        (0..count).map(|_| self.learner.finished(&self.course)).collect()
    }
}

fn lines(items: &[Item]) -> String {
    items.iter().map(|item| format!("{}\n", item.json())).collect()
}

fn push(client: &Client<'_>, batch: Uuid, body: impl Into<Vec<u8>>) -> Answer {
    client.send("POST", &format!("{BATCHES}?batch_id={batch}"), Some(NDJSON), body.into())
}

/// The outcomes of a batch, page by page.
fn by_pages(client: &Client<'_>, batch: Uuid) -> Vec<Value> {
    let mut path = format!("{BATCHES}/{batch}/outcomes?limit=200");
    let mut all = Vec::new();
    loop {
        let page = client.get(&path).expect(200).json;
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else { return all };
        path = format!("{BATCHES}/{batch}/outcomes?limit=200&cursor={cursor}");
    }
}

/// The outcomes of a batch as lines.
fn by_lines(client: &Client<'_>, batch: Uuid) -> Vec<Value> {
    let answer = client.clone().with("accept", NDJSON).get(&format!("{BATCHES}/{batch}/outcomes")).expect(200);
    assert_eq!(answer.header("content-type"), NDJSON);
    answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn thousands_of_lines_are_taken_with_bad_ones_among_them() {
    each_backend(|app| {
        let scene = scene(app);
        let client = app.as_platform(scene.platform.id).in_english();
        let items = scene.items(3000);
        // After every tenth line one that cannot be read, and a blank one after that.
        let bad = ["{\"external_id\":", "[]", "\"\u{0}\"", "{\"external_id\":\"E\\u0000\"}"];
        let mut body = String::new();
        for (number, item) in items.iter().enumerate() {
            body += &format!("{}\n", item.json());
            if number % 10 == 9 {
                body += &format!("{}\n  \r\n", bad[number / 10 % bad.len()]);
            }
        }
        let batch = Uuid::now_v7();
        let answer = push(&client, batch, body).expect(200);
        assert_eq!(answer.header("location"), format!("{BATCHES}/{batch}"));
        let told = &answer.json;
        assert_eq!((&told["state"], &told["attempt"], &told["lines"]), (&json!("complete"), &json!(1), &json!(3300)));
        assert_eq!((&told["counts"]["credited"], &told["counts"]["malformed"]), (&json!(3000), &json!(300)));
        // The answer holds the first hundred faults; the rest is read with the outcomes.
        let faults = told["items"].as_array().unwrap();
        assert_eq!(faults.len(), 100);
        assert!(faults.iter().all(|fault| fault["outcome"] == "malformed" && !fault["errors"][0].is_null()));
        assert_eq!((&faults[0]["line"], &faults[1]["line"]), (&json!(11), &json!(23)));

        let outcomes = by_pages(&client, batch);
        assert_eq!(outcomes.len(), 3300);
        assert_eq!(by_lines(&client, batch), outcomes);
        let mut numbers = outcomes.iter().map(|outcome| outcome["line"].as_i64().unwrap());
        assert!(numbers.clone().is_sorted() && numbers.all(|line| line % 12 != 0));
        let credited: Vec<_> = outcomes.iter().filter(|outcome| outcome["outcome"] == "credited").collect();
        let ids: Vec<_> = credited.iter().map(|outcome| outcome["external_id"].as_str().unwrap()).collect();
        assert_eq!(ids, items.iter().map(Item::external_id).collect::<Vec<_>>());
        assert_eq!(standing_hours(app, &scene.learner), Hours::whole(3000));
        let asked = client.get(&format!("{BATCHES}/{batch}")).expect(200).json;
        assert_eq!((&asked["counts"], &asked["lines"]), (&told["counts"], &told["lines"]));
        let counts = app.as_nobody().get("/metrics").expect(200).text;
        assert!(counts.contains(r#"xueshi_outcomes_total{outcome="credited",room="completions"} 3000"#), "{counts}");
    });
}

#[test]
fn a_line_repeats_another_whether_in_its_chunk_or_in_a_later_one() {
    each_backend(|app| {
        let scene = scene(app);
        let client = app.as_platform(scene.platform.id);
        let mut items = scene.items(1100);
        items[1] = items[0].clone();
        items[1050] = items[0].clone();
        items[1051] = items[0].clone().with("score", 1);
        let batch = Uuid::now_v7();
        let told = push(&client, batch, lines(&items)).expect(200).json;
        let counts = &told["counts"];
        assert_eq!((&counts["credited"], &counts["already_recorded"]), (&json!(1097), &json!(2)));
        assert_eq!(counts["conflict"], 1);
        let outcomes = by_lines(&client, batch);
        for line in [1, 1050] {
            assert_eq!(outcomes[line]["first"]["outcome"], "credited");
        }
        assert_eq!(outcomes[1051]["conflicting_fields"], json!(["score"]));
        assert_eq!(told["items"].as_array().unwrap().len(), 1);
        assert_eq!(standing_hours(app, &scene.learner), Hours::whole(1097));
    });
}

#[test]
fn a_line_that_is_too_long_or_no_text_at_all_is_dropped_alone() {
    each_backend(|app| {
        let scene = scene(app);
        let client = app.as_platform(scene.platform.id).in_english();
        let items = scene.items(3);
        let long = items[0].clone().called("long").with("evidence", json!({ "a": "x".repeat(70_000) }));
        let mut body = lines(&[items[0].clone(), long]).into_bytes();
        body.extend([0xff, 0xfe, b'\n']);
        body.extend(lines(&items[1..]).trim_end().bytes());
        let told = push(&client, Uuid::now_v7(), body).expect(200).json;
        assert_eq!((&told["lines"], &told["counts"]["credited"]), (&json!(5), &json!(3)));
        let faults: Vec<_> =
            told["items"].as_array().unwrap().iter().map(|item| (&item["line"], &item["errors"][0]["code"])).collect();
        assert_eq!(faults, [(&json!(2), &json!("length")), (&json!(3), &json!("malformed_json"))]);
        assert_eq!(told["items"][0]["external_id"], Value::Null);
        // What is no JSON is told in words of this service, and in which column.
        for (line, detail) in [
            (r#"{"a":1,}"#, "column 8: a comma too many"),
            (r#"{"a":1} x"#, "column 9: there is more behind the JSON value"),
            (r#"{"a":"#, "column 5: the text ends too early"),
        ] {
            let told = push(&client, Uuid::now_v7(), line.as_bytes().to_vec()).expect(200).json;
            let fault = &told["items"][0]["errors"][0];
            assert_eq!((&fault["code"], &fault["detail"]), (&json!("malformed_json"), &json!(detail)), "{line}");
        }
    });
}

#[test]
fn an_id_or_a_code_that_begins_or_ends_with_a_blank_is_refused_in_lines_too() {
    each_backend(|app| {
        let scene = scene(app);
        let items = scene.items(3);
        let wrong = [items[0].clone().called(" E"), items[1].clone().with("course_code", " SX"), items[2].clone()];
        let client = app.as_platform(scene.platform.id);
        let told = push(&client, Uuid::now_v7(), lines(&wrong)).expect(200).json;
        let faults: Vec<_> = told["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| (&item["line"], &item["errors"][0]["pointer"], &item["errors"][0]["code"]))
            .collect();
        let (id, code) = ((json!("/external_id"), json!("blank")), (json!("/course_code"), json!("code")));
        assert_eq!(faults, [(&json!(1), &id.0, &id.1), (&json!(2), &code.0, &code.1)]);
        assert_eq!((&told["counts"]["malformed"], &told["counts"]["credited"]), (&json!(2), &json!(1)));
    });
}

#[test]
fn a_compressed_body_is_read_like_any_other() {
    each_backend(|app| {
        let scene = scene(app);
        let client = app.as_platform(scene.platform.id).with("content-encoding", "gzip");
        let compressed = |text: &str| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.finish().unwrap()
        };
        let body = compressed(&lines(&scene.items(1500)));
        assert!(body.len() < 64 * 1024);
        let told = client.send("POST", BATCHES, Some("application/x-ndjson; charset=utf-8"), body).expect(200).json;
        assert_eq!(told["counts"]["credited"], 1500);
        let body = compressed(&tests::fixtures::batch(scene.items(10)).to_string());
        let told = client.send("POST", BATCHES, Some("application/json"), body).expect(200).json;
        assert_eq!(told["counts"]["credited"], 10);
        // A body that does not unpack to its end keeps what came before whole, or nothing.
        let whole = compressed(&lines(&scene.items(100)));
        let batch = Uuid::now_v7();
        let problem = push(&client, batch, &whole[..whole.len() / 2]);
        assert_eq!((problem.status, &problem.json["code"]), (400, &json!("bad_request")), "{}", problem.text);
        let asked = app.as_platform(scene.platform.id).get(&format!("{BATCHES}/{batch}")).expect(200).json;
        assert_eq!((&asked["state"], &asked["lines"]), (&json!("cut"), &json!(0)));
        assert_eq!(standing_hours(app, &scene.learner), Hours::whole(1510));
    });
}

/// Begins a push that announces the body's length, or sends it in chunks, and sends so much of the body.
fn begin(app: &App, client: &Client<'_>, batch: Uuid, body: &str, announced: Option<usize>) -> TcpStream {
    let address = app.url("").replace("http://", "");
    let mut stream = TcpStream::connect(&address).unwrap();
    let length =
        announced.map_or("transfer-encoding: chunked".to_owned(), |length| format!("content-length: {length}"));
    let token = client.token().unwrap();
    let head = format!(
        "POST {BATCHES}?batch_id={batch} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: {NDJSON}\r\n{length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    if announced.is_some() {
        stream.write_all(body.as_bytes()).unwrap();
    } else {
        stream.write_all(format!("{:x}\r\n{body}\r\n", body.len()).as_bytes()).unwrap();
    }
    stream
}

#[test]
fn of_a_push_that_is_cut_off_whole_chunks_stand_and_sending_all_of_it_again_is_safe() {
    each_backend(|app| {
        for announced in [true, false] {
            let scene = scene_again(app, announced);
            let client = app.as_platform(scene.platform.id);
            let items = scene.items(2500);
            let whole = lines(&items);
            let before = lines(&items[..2300]);
            let half_a_line = &whole[..before.len() + 40];
            let batch = Uuid::now_v7();
            let stream = begin(app, &client, batch, half_a_line, announced.then_some(whole.len()));
            let path = format!("{BATCHES}/{batch}");
            soon(|| client.get(&path).json["lines"] == 2000);
            assert_eq!(client.get(&path).json["state"], "receiving");
            stream.shutdown(Shutdown::Both).unwrap();
            soon(|| client.get(&path).json["state"] == "cut");
            let asked = client.get(&path).expect(200).json;
            assert_eq!((&asked["lines"], &asked["attempt"]), (&json!(2000), &json!(1)));
            assert_eq!(asked["counts"]["credited"], 2000);
            assert_eq!(by_lines(&client, batch).len(), 2000);
            assert_eq!(standing_hours(app, &scene.learner), Hours::whole(2000));

            let told = push(&client, batch, whole).expect(200).json;
            assert_eq!(
                (&told["state"], &told["attempt"], &told["lines"]),
                (&json!("complete"), &json!(2), &json!(2500))
            );
            assert_eq!((&told["counts"]["already_recorded"], &told["counts"]["credited"]), (&json!(2000), &json!(500)));
            assert_eq!(standing_hours(app, &scene.learner), Hours::whole(2500));
            let first = client.get(&format!("{path}/outcomes?attempt=1&limit=1")).expect(200).json;
            assert_eq!(first["items"][0]["outcome"], "credited");
        }
    });
}

/// Another platform with a course and a learner of its own.
fn scene_again(app: &App, first: bool) -> Scene {
    if first {
        return scene(app);
    }
    let platform = app.platform("lines-2").register();
    let course = app.course("C-2").professional().hours(1).on(&platform).open();
    Scene { platform, course, learner: app.learner("340100").register() }
}

#[test]
fn of_a_push_cut_off_within_its_first_chunk_nothing_stands() {
    each_backend(|app| {
        let scene = scene(app);
        let client = app.as_platform(scene.platform.id);
        let whole = lines(&scene.items(500));
        let batch = Uuid::now_v7();
        let stream = begin(app, &client, batch, &whole[..whole.len() - 1], Some(whole.len()));
        soon(|| client.get(&format!("{BATCHES}/{batch}")).status == 200);
        stream.shutdown(Shutdown::Both).unwrap();
        soon(|| client.get(&format!("{BATCHES}/{batch}")).json["state"] == "cut");
        assert_eq!(client.get(&format!("{BATCHES}/{batch}")).json["lines"], 0);
        assert_eq!(by_pages(&client, batch), Vec::<Value>::new());
        assert_eq!(standing_hours(app, &scene.learner), Hours::ZERO);
    });
}

/// More of them than the service has threads for requests, and connections to its database.
#[test]
fn pushes_that_hang_within_a_chunk_hold_up_no_other() {
    each_backend(|app| {
        let scene = scene(app);
        let client = app.as_platform(scene.platform.id);
        let whole = lines(&scene.items(1500));
        let half = &whole[..whole.len() - 40];
        let mut hanging: Vec<(Uuid, TcpStream)> = Vec::new();
        for announced in [true, false, true, false, true] {
            let batch = Uuid::now_v7();
            hanging.push((batch, begin(app, &client, batch, half, announced.then_some(whole.len()))));
        }
        let state = |batch: &Uuid| client.get(&format!("{BATCHES}/{batch}")).json;
        soon(|| hanging.iter().all(|(batch, _)| state(batch)["lines"] == 1000));

        let other = scene_again(app, false);
        let pusher = app.as_platform(other.platform.id);
        let told = push(&pusher, Uuid::now_v7(), lines(&other.items(1100))).expect(200).json;
        assert_eq!((&told["state"], &told["counts"]["credited"]), (&json!("complete"), &json!(1100)));
        let told = app.push_batch(&other.platform, other.items(10)).expect(200).json;
        assert_eq!(told["counts"]["credited"], 10);
        // Whoever hangs may themselves push something else meanwhile.
        let told = app.push_batch(&scene.platform, scene.items(10)).expect(200).json;
        assert_eq!(told["counts"]["credited"], 10);
        // The others were not answered because these came to an end: they have not, and go on where they stopped.
        for (batch, _) in &hanging {
            let state = state(batch);
            assert_eq!((&state["state"], &state["lines"]), (&json!("receiving"), &json!(1000)));
        }
        let (batch, stream) = &mut hanging[0];
        stream.write_all(&whole.as_bytes()[half.len()..]).unwrap();
        soon(|| state(batch)["state"] == "complete");
        assert_eq!(standing_hours(app, &scene.learner), Hours::whole(1510));
        assert_eq!(standing_hours(app, &other.learner), Hours::whole(1110));
    });
}

/// The process that took a push in may have been killed: nobody is left to note its end.
#[test]
fn a_push_that_fell_silent_was_cut() {
    each_backend(|app| {
        let scene = scene(app);
        let client = app.as_platform(scene.platform.id);
        let whole = lines(&scene.items(1200));
        let batch = Uuid::now_v7();
        let _stream = begin(app, &client, batch, &whole[..whole.len() - 1], Some(whole.len()));
        let state = || client.get(&format!("{BATCHES}/{batch}")).json;
        soon(|| state()["lines"] == 1000);
        app.clock.set(NOON + Duration::minutes(15));
        assert_eq!(state()["state"], "receiving");
        app.clock.set(NOON + Duration::minutes(15) + Duration::SECOND);
        assert_eq!((&state()["state"], &state()["lines"]), (&json!("cut"), &json!(1000)));
    });
}

#[test]
fn blank_lines_count_towards_the_most_there_may_be() {
    each_backend(|app| {
        let scene = scene(app);
        let client = app.as_platform(scene.platform.id);
        let mut body = lines(&scene.items(1));
        body += &"\n".repeat(99_999);
        assert_eq!(push(&client, Uuid::now_v7(), body.clone()).expect(200).json["lines"], 1);
        let answer = push(&client, Uuid::now_v7(), body + "\n");
        let problem = answer.problem(413, "body_too_large");
        assert_eq!((&problem["limit_lines"], &problem["lines_recorded"]), (&json!(100_000), &json!(1)));
        // What a push recorded before it was cut is counted like any other.
        let metrics = app.as_nobody().get("/metrics").expect(200).text;
        let counted = metrics.lines().filter(|line| line.starts_with("xueshi_outcomes_total{"));
        let counted = counted.filter(|line| line.contains("completions")).filter_map(|line| line.rsplit(' ').next());
        assert_eq!(counted.filter_map(|number| number.parse::<u32>().ok()).sum::<u32>(), 2, "{metrics}");
    });
}
