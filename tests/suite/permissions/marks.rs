//! Nothing personal in logs, metrics, addresses, problems or ids: marked names and numbers go through every operation, failures
//! included, and all that comes out and all that is kept is searched for them.
//!
//! The operations are those of the permission table, by the same requests. A mark that was refused may be nowhere; of people who
//! are registered the name may stand in their one row and the number nowhere in clear.

use super::{
    asked::Asked,
    requests::asked,
    rows,
    said::{self, ERASED, MERGED, TEXTS},
    send,
    world::World,
};
use crate::{
    access::claims,
    completions::soon,
    registry::{learner, number},
    tables,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::{Answer, App, Backend, Client, Node, fixtures::Signer};
use time::OffsetDateTime;
use xueshi::auth::CallerKind;

/// A name that only ever comes in what is refused, or is asked for and not there.
const NAME: &str = "标记某甲";

/// Names of people who get registered, or wait to be.
const PEOPLE: [&str; 4] = ["标记某乙", "标记某丙", "标记某丁", "标记某戊"];

/// The numbers of the tests that nobody has.
const UNKNOWN: u32 = 9000;

/// Those of people.
const KNOWN: [u32; 2] = [9001, 9002];

/// What lists are narrowed by, and what they are not.
const FILTERS: [&str; 6] = ["after", "cursor", "place", "q", "subject_id", "year"];

/// A request, however wrong.
#[derive(Clone)]
struct Sent {
    method: &'static str,
    path: String,
    media: Option<String>,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Sent {
    fn of(asked: &Asked) -> Self {
        let body = asked.body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let media = asked.body.as_ref().map(|_| "application/json".to_owned());
        Self { method: asked.method, path: asked.path.clone(), media, headers: Vec::new(), body }
    }

    fn at(&self, path: String) -> Self {
        Self { path, ..self.clone() }
    }

    fn saying(&self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), media: Some("application/json".into()), ..self.clone() }
    }

    fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut other = self.clone();
        other.headers.push((name, value.into()));
        other
    }

    fn by(&self, client: &Client<'_>) -> Answer {
        let client = self.headers.iter().fold(client.clone(), |client, (name, value)| client.with(name, value));
        client.send(self.method, &self.path, self.media.as_deref(), self.body.clone())
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The address with marks in each of its parts.
fn wrong_addresses(right: &Sent, number: &str) -> Vec<Sent> {
    let (path, query) = right.path.split_once('?').unwrap_or((&right.path, ""));
    let parts: Vec<&str> = path.split('/').collect();
    let mut all = Vec::new();
    for (at, mark) in (2..parts.len()).flat_map(|at| [(at, encoded(NAME)), (at, number.to_owned())]) {
        let mut parts: Vec<&str> = parts.clone();
        parts[at] = &mark;
        all.push(right.at(parts.join("/")));
    }
    let more = if query.is_empty() { "?" } else { "&" };
    for mark in [encoded(NAME), number.to_owned(), format!("%FF{number}"), format!("limit={number}")] {
        all.push(right.at(format!("{}{more}{mark}={mark}", right.path)));
        let filters: &[&str] = if right.method == "GET" { &FILTERS } else { &[] };
        for name in filters {
            all.push(right.at(format!("{path}?{name}={mark}")));
        }
    }
    all
}

/// Each place of a body where something simple stands.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, one)| leaves(one, &format!("{at}/{name}"), found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, one)| leaves(one, &format!("{at}/{n}"), found)),
        _ => found.push(at.to_owned()),
    }
}

/// The body with marks in each of its places, and bodies that cannot be read.
fn wrong_bodies(right: &Sent, body: &Value, number: &str) -> Vec<Sent> {
    let mark = format!("{NAME}{number}");
    let mut places = Vec::new();
    leaves(body, "", &mut places);
    let mut all = Vec::new();
    for place in places {
        // A text that every field refuses, whatever it takes; an object where none is meant; a number of 18 digits.
        for wrong in [json!(format!("{mark}\0")), json!({ &mark: mark }), json!(610_302_196_001_010_002_i64)] {
            let mut other = body.clone();
            *other.pointer_mut(&place).unwrap() = wrong;
            all.push(right.saying(other.to_string()));
        }
    }
    let mut other = body.clone();
    other[&mark] = json!(mark);
    all.extend([
        right.saying(other.to_string()),
        right.saying(format!("{{\"{mark}\": 1, \"{mark}\": 2}}")),
        right.saying(format!("{{\"name\": \"{mark}")),
        right.saying([mark.as_bytes(), b"\xff"].concat()),
        right.saying(format!("\"{mark}\"")),
        right.saying(mark.repeat(40_000)),
        right.with("content-encoding", "gzip").saying(mark.as_bytes()),
        Sent { media: Some(format!("text/x-{number}")), ..right.saying(mark.as_bytes()) },
        Sent { media: Some("application/x-ndjson".into()), ..right.saying(format!("{{\"{mark}\":\n{mark}\n")) },
    ]);
    all
}

/// The request in all the ways in which it goes wrong.
fn wrong(asked: &Asked, number: &str) -> Vec<Sent> {
    let right = Sent::of(asked);
    let mut all = wrong_addresses(&right, number);
    for name in ["idempotency-key", "x-grant-id", "accept-language", "if-none-match", "accept", "x-request-id"] {
        all.push(right.at(format!("{}/{number}", right.path)).with(name, number.to_owned()));
    }
    all.push(right.with("idempotency-key", number.repeat(20)));
    all.push(right.with("x-request-id", format!("r-{number}")).at(format!("/v1/{number}")));
    all.push(Sent { method: "DELETE", ..right.at(format!("/v1/{}", encoded(NAME))) });
    if let Some(body) = &asked.body {
        all.extend(wrong_bodies(&right, body, number));
    }
    all
}

/// What came out, as a text to be searched.
fn whole(answer: &Answer) -> String {
    let headers: String = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    format!("{} {headers}{}", answer.status, answer.text)
}

/// Every operation as it should be asked and in every wrong way, by who may, by who may not and by nobody.
fn everything(world: &World<'_>, node: &Node, number: &str) -> BTreeSet<String> {
    let rows = rows();
    let operations: BTreeSet<&str> =
        rows.iter().filter(|row| row.caller != "anyone").map(|row| row.operation.as_str()).collect();
    let nobody = world.app.as_nobody().at(node);
    let stranger = nobody.clone().bearing(number);
    let mut succeeded = BTreeSet::new();
    for operation in operations {
        let may = |row: &&super::Row| row.operation == operation && row.own != "refused";
        let kind = rows.iter().find(may).map(|row| row.caller.clone()).unwrap();
        let kind = *CallerKind::ALL.iter().find(|one| one.as_str() == kind).unwrap();
        let client = world.caller(kind).at(node);
        world.acting.set(kind);
        for side in [&world.own, &world.other] {
            let asked = asked(world, operation, side).unwrap();
            let answer = send(&client, &asked);
            if (200..300).contains(&answer.status) {
                let _ = succeeded.insert(operation.to_owned());
            }
            let _ = send(&nobody, &asked);
            let _ = send(&stranger, &asked);
        }
        let asked = asked(world, operation, &world.own).unwrap();
        for sent in wrong(&asked, number) {
            let answer = sent.by(&client);
            assert!(answer.status < 500, "{operation}: {}", answer.text);
            let told = whole(&answer);
            for mark in [NAME, number, &encoded(NAME)] {
                assert!(!told.contains(mark), "{operation} at {}: {told}", sent.path);
            }
        }
    }
    succeeded
}

/// What leaves the service about people who are registered: masked, but to themselves.
fn story(world: &World<'_>, node: &Node) -> Vec<Answer> {
    let app = world.app;
    let office = app.as_national_officer().at(node);
    let platform = app.as_platform(world.own.platform.id).at(node);
    let mut told = Vec::new();
    let registered = office
        .clone()
        .with("idempotency-key", "marked")
        .post("/v1/learners", &learner(KNOWN[0], PEOPLE[0]))
        .expect(201);
    let id = registered.json["learner_id"].as_str().unwrap().to_owned();
    told.push(registered);
    let document = |n: u32| json!({ "kind": "resident_id", "number": number(n) });
    let person = |n: u32, name: &str| json!({ "document_number": number(n), "name": name });
    let item = |n: u32, name: &str, id: &str| {
        let mut item = world.own.item.clone();
        (item["person"], item["external_id"]) = (person(n, name), id.into());
        item
    };
    let ask = |client: &Client<'_>, path: &str, body: Value| client.post(path, &body);
    told.push(ask(&office, "/v1/learners", learner(KNOWN[0], PEOPLE[0])));
    told.push(ask(&office, "/v1/learners", learner(KNOWN[0], PEOPLE[1])));
    told.push(ask(
        &office,
        "/v1/learners/bulk",
        json!({ "items": [learner(KNOWN[0], PEOPLE[1]), learner(KNOWN[0], PEOPLE[0])] }),
    ));
    told.push(ask(&office, "/v1/learner-lookups", json!({ "document": document(KNOWN[0]) })));
    told.push(ask(&office, "/v1/learner-searches", json!({ "name": PEOPLE[0] })));
    told.push(ask(
        &office,
        "/v1/standings/query",
        json!({ "year": 2020, "people": [{ "document": document(KNOWN[0]) }] }),
    ));
    let checked = json!({ "document_number": number(KNOWN[0]), "purpose": "awards", "applied_on": "2020-11-30" });
    told.push(ask(&office, "/v1/eligibility-checks", json!({ "items": [checked] })));
    // Credited, held for a person nobody knows, and held for another name.
    let items = [
        item(KNOWN[0], PEOPLE[0], "marked-1"),
        item(KNOWN[1], PEOPLE[2], "marked-2"),
        item(KNOWN[0], PEOPLE[3], "marked-3"),
    ];
    told.push(ask(&platform, "/v1/completion-batches", json!({ "items": items })));
    told.push(ask(&platform, "/v1/completion-batches", json!({ "items": items })));
    told.push(ask(&platform, "/v1/completion-batches/validation", json!({ "items": items })));
    told.push(platform.get("/v1/held-completions"));
    told.push(office.patch(&format!("/v1/learners/{id}"), &json!({ "name": PEOPLE[1] })));
    for path in ["", "/history", "/standings", "/standings/2020", "/hour-entries"] {
        told.push(office.get(&format!("/v1/learners/{id}{path}")).expect(200));
    }
    told.extend(said::said(world, node, &id, &person(KNOWN[0], PEOPLE[1])));
    let refused = app.as_officer("630000").at(node);
    told.push(refused.get(&format!("/v1/learners/{id}")));
    told.push(ask(&refused, "/v1/learners", learner(KNOWN[0], PEOPLE[0])));
    told
}

/// A portal that names people by number and name.
fn portal(world: &World<'_>, node: &Node) -> Vec<Answer> {
    let name = |n: u32, name: &str| {
        let mut claims = claims(world.app, "");
        claims.as_object_mut().unwrap().remove("sub");
        (claims["document_number"], claims["name"]) = (number(n).into(), name.into());
        world.app.as_nobody().at(node).bearing(&Signer::ed25519("ed").sign(&claims))
    };
    [(KNOWN[0], PEOPLE[1]), (KNOWN[0], PEOPLE[3]), (UNKNOWN, NAME)].map(|(n, by)| name(n, by).get("/v1/caller")).into()
}

/// A service that says all it can in its log, and every request that there is.
#[test]
fn nothing_personal_is_where_it_does_not_belong() {
    for backend in Backend::at_hand() {
        let app = App::set(backend, |settings| {
            settings.log_level = "trace".parse().unwrap();
            settings.requests_a_minute = 0;
        });
        // By the machine's clock, which the process reads.
        app.clock.set(OffsetDateTime::now_utc());
        let node = app.node(env!("CARGO_BIN_EXE_node"));
        let world = World::new(&app);
        let unknown = number(UNKNOWN);
        let done = everything(&world, &node, &unknown);
        let all: BTreeSet<String> =
            rows().into_iter().filter(|row| row.caller != "anyone").map(|row| row.operation).collect();
        let never = ["change_policy_version", "delete_policy_version", "replace_policy_version"];
        let failed: Vec<&String> = all.difference(&done).filter(|one| !never.contains(&one.as_str())).collect();
        assert!(failed.is_empty(), "none of these went well: {failed:?}");

        let numbers: Vec<String> = [UNKNOWN, KNOWN[0], KNOWN[1], MERGED.0, ERASED.0].map(number).into();
        let names = PEOPLE.into_iter().chain([NAME, MERGED.1, ERASED.1]);
        let of_people: Vec<&str> = numbers.iter().map(String::as_str).chain(names).collect();
        let holds = |what: &str, text: &str| {
            let found: Vec<_> = of_people.iter().filter(|mark| text.contains(**mark)).collect();
            assert!(found.is_empty(), "{what} holds {found:?}: {}", text.chars().take(2000).collect::<String>());
        };
        for answer in story(&world, &node).iter().chain(&portal(&world, &node)) {
            holds("an answer", &whole(answer));
        }
        let client = app.as_nobody().at(&node).with("x-request-id", "the-last-one");
        let counts = client.get("/metrics").expect(200).text;
        holds("the metrics", &counts);
        soon(|| node.log().iter().any(|line| line.contains("the-last-one")));
        let log = node.log().join("\n");
        assert!(log.lines().count() > 1000, "{log}");
        holds("the log", &log);

        // What was gathered is written when the process stops.
        assert!(node.terminate().success());
        let trail = app.as_audit_administrator().with("accept", "application/x-ndjson").get("/v1/audit-events");
        assert!(trail.text.lines().count() > 100, "{}", trail.text);
        holds("the audit trail", &trail.text);
        assert!(trail.text.contains("标*"), "what changed is there, masked");
        for mark in &of_people {
            let found = tables::columns_with(&app, mark);
            let own = [PEOPLE[1], MERGED.1].contains(mark);
            let wanted: Vec<String> = own.then(|| "learner_person.name".to_owned()).into_iter().collect();
            assert_eq!(found, wanted, "{mark}");
        }
        // Texts that people write are where they are kept, and neither in the log nor in what is counted.
        for (text, columns) in TEXTS {
            assert!(!log.contains(text) && !counts.contains(text), "the log or the counts hold {text}");
            assert_eq!(tables::columns_with(&app, text), columns, "{text}");
            let in_trail = columns.iter().any(|column| column.starts_with("audit_event."));
            assert_eq!(trail.text.contains(text), in_trail, "{text}");
        }
        // That the search finds what is there: names are kept in clear.
        assert_eq!(!tables::files_with(&app, PEOPLE[1]).is_empty(), backend == Backend::Sqlite);
        let own = &world.own.learner.person.document_number;
        assert_eq!(tables::columns_with(&app, own), [""; 0]);
        for mark in numbers.iter().chain([own]).map(String::as_str).chain([NAME]) {
            assert_eq!(tables::files_with(&app, mark), [""; 0], "{mark}");
        }
    }
}
