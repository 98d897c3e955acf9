//! Who sends a body slowly, and who reads nothing of an answer. How long either may take is shortened here, and no setting of operators.

use crate::{
    completions::soon,
    roll::{made, past_years},
};
use domain::{
    audit::{Act, Channel, Event},
    kernel::EventId,
};
use serde_json::{Value, json};
use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};
use store::audit::append_events;
use tests::{App, Backend, Client};
use uuid::Uuid;

fn address(app: &App) -> SocketAddr {
    app.url("").replace("http://", "").parse().unwrap()
}

fn head(client: &Client<'_>, request: &str, fields: &str) -> Vec<u8> {
    let token = client.token().unwrap();
    format!("{request} HTTP/1.1\r\nhost: x\r\naccept-language: en\r\nauthorization: Bearer {token}\r\n{fields}\r\n\r\n")
        .into_bytes()
}

/// What is answered to the beginning of a body of which the rest never comes: the whole of a problem.
fn answered(app: &App, begun: &[u8]) -> (String, Value) {
    let mut stream = TcpStream::connect(address(app)).unwrap();
    stream.write_all(begun).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let (mut answer, mut part) = (String::new(), [0; 4096]);
    while !answer.contains("\r\n\r\n{") || !answer.ends_with('}') {
        let read = stream.read(&mut part).unwrap();
        assert!(read > 0, "the answer breaks off: {answer}");
        answer += &String::from_utf8_lossy(&part[..read]);
    }
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap())
}

#[test]
fn no_body_whatever_it_is_of_may_take_longer_than_others() {
    let app = App::set(Backend::Sqlite, |settings| settings.limits.body_time = Duration::from_secs(1));
    let stage = app.shaanxi();
    let (officer, platform) = (app.as_officer("610000"), app.as_platform(stage.platform.id));
    let roll = format!("POST {}/items", made(&officer, &past_years("610000")));
    let approval = format!("POST /v1/reviews/{}/approval", Uuid::now_v7());
    for (client, request, media, begun) in [
        (&officer, "POST /v1/learners", "application/json", "{\"name\":"),
        (&officer, "POST /v1/standings/query", "application/json", "{\"year\":"),
        (&officer, "POST /v1/policies", "application/toml", "format = "),
        (&platform, "POST /v1/completion-batches", "application/json", "{\"items\":["),
        (&platform, "POST /v1/completion-batches", "application/x-ndjson", "{\"external_id\":"),
        (&officer, roll.as_str(), "application/json", "{\"items\":["),
        (&officer, roll.as_str(), "text/csv", "document_number,name\n610302"),
        // One that may be left out.
        (&officer, approval.as_str(), "application/json", "{\"note\":"),
    ] {
        let fields = format!("content-type: {media}\r\ncontent-length: 1000");
        let (head, problem) = answered(&app, &[head(client, request, &fields), begun.as_bytes().to_vec()].concat());
        assert!(head.starts_with("HTTP/1.1 408 "), "{request} of {media}: {head} {problem}");
        assert!(head.contains("content-type: application/problem+json"), "{head}");
        assert_eq!((&problem["code"], &problem["limit_seconds"]), (&json!("request_timeout"), &json!(1)), "{problem}");
    }
}

#[test]
fn what_comes_in_in_time_is_taken_in_however_many_parts() {
    let app = App::start(Backend::Sqlite);
    let stage = app.shaanxi();
    let (platform, whole) = (app.as_platform(stage.platform.id), stage_item(&app, &stage));
    let (first, rest) = whole.split_at(whole.len() / 2);
    let fields = format!("content-type: application/json\r\ncontent-length: {}", whole.len());
    let mut stream = TcpStream::connect(address(&app)).unwrap();
    stream
        .write_all(&[head(&platform, "POST /v1/completion-batches", &fields), first.as_bytes().to_vec()].concat())
        .unwrap();
    stream.flush().unwrap();
    // Whatever is asked in between, so that the halves come in one after the other.
    let _ = app.as_officer("610000").get("/v1/learners").expect(200);
    stream.write_all(rest.as_bytes()).unwrap();
    let mut part = [0; 4096];
    let read = stream.read(&mut part).unwrap();
    assert!(part[..read].starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&part[..read]));
}

fn stage_item(app: &App, stage: &tests::fixtures::Stage) -> String {
    let learner = app.learner("610100").register();
    json!({ "items": [learner.finished(&stage.public).json()] }).to_string()
}

#[cfg(target_os = "linux")]
/// The states in which the kernel holds the service's end of a connection of this process; 01 is an open one.
fn held(service: SocketAddr, client: SocketAddr) -> Vec<String> {
    let port = |text: &str| u16::from_str_radix(text.rsplit(':').next().unwrap(), 16).unwrap();
    let table = fs::read_to_string("/proc/self/net/tcp").unwrap();
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let own = rows.filter(|row| (port(row[1]), port(row[2])) == (service.port(), client.port()));
    own.map(|row| row[3].to_owned()).collect()
}

#[cfg(target_os = "linux")]
fn event() -> Event {
    Event {
        id: EventId::from_uuid(Uuid::now_v7()),
        at: tests::NOON,
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
        after: Some(json!({ "name": "示例".repeat(100) }).to_string()),
        request_id: None,
        times: 1,
    }
}

/// With one connection to the database and one worker of the service: whoever keeps either keeps it from everyone.
#[cfg(target_os = "linux")]
#[test]
fn who_reads_nothing_of_an_answer_keeps_nothing_from_others_and_loses_the_connection() {
    let app = App::set(Backend::Sqlite, |settings| {
        settings.taking_time = Duration::from_secs(2);
        (settings.workers, settings.database_connections) = (1, 1);
    });
    for _ in 0..10 {
        let events: Vec<Event> = (0..2_000).map(|_| event()).collect();
        app.write(move |db| append_events(db, &events));
    }
    let auditor = app.as_audit_administrator();
    // One that is built whole before it is sent, and as often as fills every buffer on the way; and one that is read page by page.
    let document = head(&auditor, "GET /openapi.json", "x: x").repeat(12);
    let lines = head(&auditor, "GET /v1/audit-events", "accept: application/x-ndjson");
    for asked in [document, lines] {
        let mut stream = TcpStream::connect(address(&app)).unwrap();
        stream.write_all(&asked).unwrap();
        let client = stream.local_addr().unwrap();
        // The answer has begun.
        let mut first = [0; 1];
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.read_exact(&mut first).unwrap();
        assert_eq!(held(address(&app), client), ["01"]);
        let _ = app.as_officer("610000").get("/v1/learners").expect(200);
        let _ = app.as_audit_administrator().get("/v1/audit-events?limit=1").expect(200);
        soon(|| !held(address(&app), client).contains(&"01".to_owned()));
        // What was in the buffers is all that came.
        let mut came = Vec::new();
        let ended = stream.read_to_end(&mut came);
        assert!(ended.is_err() || !came.ends_with(b"0\r\n\r\n"), "the whole answer came: {}", came.len());
        let _ = app.as_officer("610000").get("/v1/learners").expect(200);
    }
}
