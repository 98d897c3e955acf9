//! No query for each item: a batch of a thousand asks the database as often as a batch of a hundred.

use crate::{access, audit::looking, verification};
use diesel::{
    QueryableByName, RunQueryDsl,
    connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation},
    sql_query,
    sql_types::BigInt,
};
use domain::audit::Act;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Mutex, Once},
    thread::ThreadId,
};
use store::Db;
use tests::{
    App, Backend, OwnPostgres,
    fixtures::{Item, Learner, Stage},
};

/// What each thread has asked so far, of the connections that were opened since the first [`count_statements`].
static ASKED: Mutex<Option<HashMap<ThreadId, Vec<String>>>> = Mutex::new(None);

struct Counter;

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let mut asked = ASKED.lock().unwrap();
            asked.get_or_insert_default().entry(std::thread::current().id()).or_default().push(query.to_string());
        }
    }
}

/// Statements of connections that have no watcher of their own: that of the SQLite writer, which takes every push.
fn count_statements() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| set_default_instrumentation(|| Some(Box::new(Counter))).unwrap());
}

/// How many queries were asked among these statements.
fn queries(statements: &[String]) -> usize {
    let is_query = |statement: &&String| {
        let head = statement.trim_start_matches(['"', '(', ' ', '\n']).to_ascii_uppercase();
        head.starts_with("SELECT") || head.starts_with("WITH")
    };
    statements.iter().filter(is_query).count()
}

/// A batch in which every kind of item is equally frequent: to be credited, repeated, in conflict, refused, of a person or a
/// course that nobody knows, replacing another.
fn mixed(stage: &Stage, learners: &[Learner], size: usize) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for number in 0..size {
        let learner = &learners[number % learners.len()];
        let item = learner.finished(&stage.public);
        items.push(match number % 6 {
            0 | 1 => item,
            2 => item.with("passed", false),
            3 => tests::fixtures::Person::someone().finished("SX-PUBLIC"),
            4 => item.with("course_code", format!("NOT-YET-{number}")),
            _ => {
                let other = items[number - 5].clone();
                learners[(number - 5) % learners.len()].finished(&stage.public).replacing(&other)
            }
        });
    }
    items
}

fn push(app: &App, stage: &Stage, items: &[Item]) -> Value {
    let told = app.push_batch(&stage.platform, items.iter().cloned()).expect(200).json;
    let counts = &told["counts"];
    assert!(counts["held"].as_u64().unwrap() * 4 > items.len() as u64, "{counts}");
    told["counts"].clone()
}

/// Pushes batches of a hundred and of a thousand, each twice, and compares what each wants to know of the database.
fn compare(app: &App, mut asked_by: impl FnMut(&mut dyn FnMut()) -> Vec<String>) {
    let stage = app.shaanxi();
    let learners: Vec<Learner> = (0..120).map(|_| app.learner("610000").register()).collect();
    // What is kept in memory is read by the first batch.
    let _ = push(app, &stage, &mixed(&stage, &learners, 12));
    let mut counted = Vec::new();
    for size in [100, 1000] {
        let items = mixed(&stage, &learners, size);
        for _ in 0..2 {
            let statements = asked_by(&mut || drop(push(app, &stage, &items)));
            counted.push((size, queries(&statements), statements));
        }
    }
    let [(_, first, _), (_, repeated, _), (_, many, statements), (_, many_repeated, again)] = &counted[..] else {
        unreachable!("four batches")
    };
    assert!((3..60).contains(first), "{first} queries for a batch of a hundred");
    // Lists of more than some hundred values are asked for in parts: a few more, and never one an item.
    assert!(*many <= first + 40, "{first} queries for 100 items, {many} for 1000: {:#?}", shortened(statements));
    assert!(*many_repeated <= repeated + 40, "repeated: {repeated}, {many_repeated}: {:#?}", shortened(again));
}

fn shortened(statements: &[String]) -> Vec<String> {
    statements.iter().take(80).map(|statement| statement.chars().take(160).collect()).collect()
}

#[test]
fn a_batch_asks_no_query_for_each_item_on_sqlite() {
    count_statements();
    // What the runner asks now and then is asked of the same writer, and more of it the longer a batch takes.
    let app = App::without_runner(Backend::Sqlite);
    let writer = app.write(|_| Ok(std::thread::current().id()));
    compare(&app, |work| {
        let so_far = ASKED.lock().unwrap().get_or_insert_default().get(&writer).map_or(0, Vec::len);
        work();
        ASKED.lock().unwrap().get_or_insert_default()[&writer][so_far..].to_vec()
    });
}

#[test]
fn a_batch_asks_no_query_for_each_item_on_postgresql() {
    // Only where tests run on PostgreSQL and the machine has the programs of a server: this one writes down what it is asked.
    let Some(server) = OwnPostgres::start() else { return };
    let mut app = App::on(&server);
    // What the runner asks now and then stands in the same log, and more of it the longer a batch takes.
    app.rest_runner();
    app.restart();
    server.run("ALTER SYSTEM SET log_statement = 'all'");
    server.run("SELECT pg_reload_conf()");
    compare(&app, |work| watched(&server, work));
    compare_checks(&app, |work| watched(&server, work));
}

#[test]
fn deciding_about_many_years_reads_what_they_rest_on_once_on_sqlite() {
    count_statements();
    let app = App::without_runner(Backend::Sqlite);
    let writer = app.write(|_| Ok(std::thread::current().id()));
    let school = verification::School::new(&app);
    let mut counted = Vec::new();
    for size in [1, 12] {
        let ready: Vec<Learner> = (0..size).map(|_| school.ready()).collect();
        let (_, items) = verification::handed_in(&school.wu(), 2020, &ready.iter().collect::<Vec<_>>());
        let approve = |item: &Value| json!({ "case_id": item["case_id"], "decision": "approve" });
        let decisions = json!({ "items": items.iter().map(approve).collect::<Vec<_>>() });
        let so_far = ASKED.lock().unwrap().get_or_insert_default().get(&writer).map_or(0, Vec::len);
        let decided = school.wang().post("/v1/review-decisions", &decisions).expect(200).json;
        assert!(decided["items"].as_array().unwrap().iter().all(|item| item["result"] == "decided"), "{decided}");
        let statements = ASKED.lock().unwrap().get_or_insert_default()[&writer][so_far..].to_vec();
        let of = |table: &str| {
            let asks = |one: &&String| one.contains("SELECT") && one.contains(&format!("FROM `{table}`"));
            statements.iter().filter(asks).count()
        };
        counted.push(["hour_entry", "verification_case", "verification_step"].map(of));
    }
    assert_eq!(counted[0], counted[1], "lines, what was handed in and what was decided, of one year and of a dozen");
    assert!(counted[0][0] > 0 && counted[0][1] > 0, "they are read, and seen here: {counted:?}");
}

/// By what transactions the events of reads were appended, as the database itself tells them apart: on PostgreSQL each row bears the number of
/// its own; on SQLite what the writer was asked is cut where a transaction or a part of one begins or ends.
fn transactions_of_reads(app: &App, so_far: usize) -> usize {
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = BigInt)]
        number: i64,
    }
    if app.backend() == Backend::Postgres {
        let sql = "SELECT count(DISTINCT xmin::text) AS number FROM audit_event WHERE act = 'read'";
        let number = app.read(move |db| match db {
            Db::Pg(c) => Ok(sql_query(sql).get_result::<Number>(c)?.number),
            Db::Sqlite(_) => Ok(0),
        });
        return usize::try_from(number).unwrap();
    }
    let writer = app.write(|_| Ok(std::thread::current().id()));
    let asked = ASKED.lock().unwrap().get_or_insert_default()[&writer][so_far..].to_vec();
    let (mut ends, mut found) = (0, std::collections::BTreeSet::new());
    for statement in asked {
        let is = |word: &str| statement.starts_with(word);
        ends += usize::from(["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"].into_iter().any(is));
        if is("INSERT INTO `audit_event`") {
            let _ = found.insert(ends);
        }
    }
    assert!(ends > 2, "begins and ends are seen");
    found.len()
}

#[test]
fn what_was_gathered_of_looks_is_written_in_one_transaction_for_a_group_of_them() {
    count_statements();
    for backend in Backend::at_hand() {
        let app = App::without_runner(backend);
        let people: Vec<Value> =
            (0..300).map(|_| json!({ "learner_id": app.learner("630000").register().id })).collect();
        let writer = app.write(|_| Ok(std::thread::current().id()));
        let so_far = ASKED.lock().unwrap().get_or_insert_default().get(&writer).map_or(0, Vec::len);
        let look = |people: &[Value]| {
            let asked = json!({ "year": 2020, "people": people });
            let _ = app.as_officer("630000").post("/v1/standings/query", &asked).expect(200);
        };
        look(&people);
        let _ = looking::once_there(&app, Act::Read, 300);
        assert_eq!(transactions_of_reads(&app, so_far), 1);
        // Of another hour and later: another group.
        app.clock.set(app.clock.now() + time::Duration::HOUR);
        look(&people[..2]);
        let _ = looking::once_there(&app, Act::Read, 302);
        assert_eq!(transactions_of_reads(&app, so_far), 2);
    }
}

/// A client that there is not is found out by the same work as a wrong secret: in memory, with nothing asked of the database.
#[test]
fn whoever_fails_to_prove_a_client_costs_the_database_the_same() {
    let Some(server) = OwnPostgres::start() else { return };
    let mut app = App::on(&server);
    app.rest_runner();
    app.restart();
    server.run("ALTER SYSTEM SET log_statement = 'all'");
    server.run("SELECT pg_reload_conf()");
    let id = access::new_client(&app);
    let right = access::secret(&app, &id);
    // Which clients there are is read now and then by whatever asks, and who was refused is written down beside it.
    let of_callers = |statements: Vec<String>| {
        let beside = |one: &String| one.contains("revision") || !one.contains("client");
        statements.into_iter().filter(|one| !beside(one)).collect::<Vec<_>>()
    };
    let read = of_callers(watched(&server, &mut || drop(access::ask(&app, &id, &right).expect(200))));
    assert!(!read.is_empty(), "what there is of clients is read, and seen here");
    let stranger = "0190d3f0-0000-7000-8000-00000000beef";
    for (named, secret) in [(id.as_str(), "xs_wrong"), (stranger, right.as_str()), ("nobody", "x"), (&id, &right[..45])]
    {
        let asked = of_callers(watched(&server, &mut || drop(access::ask(&app, named, secret).expect(401))));
        assert_eq!(asked, [""; 0], "{named}");
    }
}

/// The statements of a server that writes down what it is asked.
fn watched(server: &OwnPostgres, work: &mut dyn FnMut()) -> Vec<String> {
    let so_far = server.log().len();
    work();
    let log = server.log();
    let said = |line: &str| {
        let (_, statement) = line.split_once("LOG:  ")?;
        let asked = ["execute ", "statement: "].iter().any(|head| statement.starts_with(head));
        asked.then(|| statement.split_once(": ").unwrap().1.to_owned())
    };
    log[so_far..].lines().filter_map(said).collect()
}

/// Checks a hundred applications and a thousand, each of another person, and compares what each wants to know of the database.
fn compare_checks(app: &App, mut asked_by: impl FnMut(&mut dyn FnMut()) -> Vec<String>) {
    let learners: Vec<Learner> = (0..1000).map(|_| app.learner("630000").register()).collect();
    let officer = app.as_officer("630000");
    let mut counted = Vec::new();
    for size in [1, 100, 1000] {
        let item = |learner: &Learner| json!({ "learner_id": learner.id, "purpose": "title_review", "level": "deputy_senior", "applied_on": "2020-11-30" });
        let items: Vec<Value> = learners.iter().take(size).map(item).collect();
        let statements = asked_by(&mut || {
            let answer = officer.post("/v1/eligibility-checks", &json!({ "items": items })).expect(200).json;
            assert!(answer["items"].as_array().unwrap().iter().all(|item| item["result"] == "found"));
        });
        counted.push((queries(&statements), statements));
    }
    let [_, (hundred, _), (thousand, statements)] = &counted[..] else { unreachable!("three checks") };
    assert!((3..40).contains(hundred), "{hundred} queries for a hundred applications");
    // Ten lists of a hundred people each, where the other has one.
    assert!(*thousand <= 6 * hundred, "{hundred} queries for 100, {thousand} for 1000: {:#?}", shortened(statements));
}
