//! Who asks too much is told when to come again, and takes nothing from the others.

use crate::{
    access::{PORTAL, TOKENS, ask, claims, issuer, new_client, secret},
    completions::soon,
};
use domain::audit::Act;
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::mpsc::channel,
    thread,
    time::Duration,
};
use store::StoreError;
use tests::{Answer, App, Backend, Client, fixtures::Signer};
use uuid::Uuid;
use xueshi::{auth::CallerKind, settings::Settings};

/// On every back end, with settings of the test's own.
pub(crate) fn each(change: impl Fn(&mut Settings), test: impl Fn(&App)) {
    Backend::at_hand().into_iter().for_each(|backend| test(&App::set(backend, &change)));
}

fn official<'a>(app: &'a App, name: &str) -> Client<'a> {
    app.caller(CallerKind::Officer, name, "610000".parse().ok()).in_english()
}

/// Asks until the quota is spent; how often that went well.
fn spend(client: &Client<'_>, path: &str) -> usize {
    let told = |_: &usize| client.get(path).status != 429;
    (0..500).take_while(told).count()
}

pub(crate) fn retry_after(answer: &Answer) -> u64 {
    answer.header("retry-after").parse().unwrap()
}

/// Sends the head of a request alone.
pub(crate) fn head(app: &App, client: &Client<'_>, path: &str) -> TcpStream {
    let address = app.url("").replace("http://", "");
    let mut stream = TcpStream::connect(&address).unwrap();
    let token = client.token().unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 100000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// Sends the head of a request alone and reads the head of the answer.
pub(crate) fn answer_to_head(app: &App, client: &Client<'_>, path: &str) -> String {
    let mut stream = head(app, client, path);
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let (mut answer, mut part) = (String::new(), [0; 4096]);
    while !answer.contains("\r\n\r\n") {
        let read = stream.read(&mut part).unwrap();
        assert!(read > 0, "the answer breaks off: {answer}");
        answer += &String::from_utf8_lossy(&part[..read]);
    }
    answer
}

#[test]
fn a_caller_over_the_quota_is_told_when_to_come_again_while_others_are_served() {
    let few = |settings: &mut Settings| settings.requests_a_minute = 20;
    each(few, |app| {
        let li = official(app, "li");
        assert_eq!(spend(&li, "/v1/caller"), 20);
        let refused = li.get("/v1/caller");
        assert_eq!(retry_after(&refused), 4);
        assert_eq!(refused.header("cache-control"), "no-store");
        let problem = refused.problem(429, "too_many_requests");
        assert_eq!(problem["title"], "Too many requests; please try again later");
        assert_eq!((&problem["units_a_minute"], &problem["units"]), (&json!(20), &json!(1)));
        assert!(answer_to_head(app, &li, "/v1/learners").starts_with("HTTP/1.1 429 "));

        // A write costs two, a page by its rows, and what costs more than all a minute gives costs all of it.
        assert_eq!(spend(&official(app, "wang"), "/v1/learners?limit=10"), 10);
        let zhao = official(app, "zhao");
        let _ = zhao.get("/v1/learners?limit=200").expect(200);
        let _ = zhao.get("/v1/caller").problem(429, "too_many_requests");
        let _ = official(app, "qian").get("/v1/caller").expect(200);

        // A question about more people than all a minute gives is answered once a minute.
        let sun = official(app, "sun");
        let people: Vec<_> = (0..1000).map(|_| json!({ "learner_id": Uuid::now_v7() })).collect();
        let _ = sun.post("/v1/standings/query", &json!({ "year": 2020, "people": people })).expect(200);
        let _ = sun.get("/v1/caller").expect(200);
        let _ = sun.get("/v1/caller").problem(429, "too_many_requests");

        // Whoever shows no token that holds is known by the address, and spends nothing of anyone else's.
        let nobody = app.as_nobody().in_english();
        assert_eq!(spend(&nobody, "/v1/caller"), 20);
        for path in ["/healthz", "/readyz", "/metrics"] {
            let _ = nobody.get(path).expect(200);
        }
        let _ = nobody.post_form("/v1/oauth/token", &[("grant_type", "client_credentials")]).expect(401);
        let _ = official(app, "qian").get("/v1/caller").expect(200);

        // The units come back evenly.
        app.clock.set(app.clock.now() + time::Duration::seconds(15));
        assert_eq!(spend(&li, "/v1/caller"), 5);
    });
}

#[test]
fn a_head_or_an_address_past_its_bounds_is_refused_and_the_next_request_served() {
    let app = App::start(Backend::Sqlite);
    let ask = |path: &str, headers: &str| {
        let mut stream = TcpStream::connect(app.url("").trim_start_matches("http://")).unwrap();
        let asked = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
        let mut said = Vec::new();
        // Whether the rest of what was sent is still on its way decides how the end looks.
        let _ = stream.write_all(asked.as_bytes());
        let _ = stream.read_to_end(&mut said);
        String::from_utf8_lossy(&said).into_owned()
    };
    let headers = |count: usize| (0..count).map(|n| format!("a{n}: x\r\n")).collect::<String>();
    let long = |bytes: usize| format!("a: {}\r\n", "x".repeat(bytes));
    let path = |bytes: usize| format!("/healthz?{}", "x".repeat(bytes - 9));
    assert!(ask("/healthz", &headers(94)).starts_with("HTTP/1.1 200"), "{}", ask("/healthz", &headers(94)));
    assert!(ask("/healthz", &headers(95)).starts_with("HTTP/1.1 431"), "{}", ask("/healthz", &headers(95)));
    assert!(ask("/healthz", &long(130_000)).starts_with("HTTP/1.1 200"));
    let past = ask("/healthz", &long(200_000));
    assert!(past.is_empty() || past.starts_with("HTTP/1.1 431"), "{past}");
    assert!(ask(&path(65_534), "").starts_with("HTTP/1.1 200"));
    let past = ask(&path(65_535), "");
    assert!(past.starts_with("HTTP/1.1 400") && past.ends_with("\r\n\r\n"), "{past}");
    assert_eq!(app.as_nobody().get("/healthz").status, 200);
}

#[test]
fn whose_token_has_ended_is_told_so_however_much_the_others_of_one_address_ask() {
    each(
        |settings| settings.requests_a_minute = 20,
        |app| {
            let nobody = app.as_nobody();
            assert_eq!(spend(&nobody, "/v1/caller"), 20);
            let junk = nobody.clone().bearing("nonsense");
            let _ = junk.get("/v1/caller").problem(401, "invalid_token");
            assert!(answer_to_head(app, &junk, "/v1/learners").starts_with("HTTP/1.1 401 "));
            // What wants no token is not to be had by a bad one.
            let _ = junk.get("/.well-known/jwks.json").problem(429, "too_many_requests");
            // And that it was refused is written down.
            soon(|| {
                let told = crate::audit::looking::events(app, Act::Refusal);
                told.iter().any(|event| {
                    event.operation == "create_learner" && event.problem.as_deref() == Some("invalid_token")
                })
            });
        },
    );
}

#[test]
fn a_learner_of_a_portal_pays_before_the_database_is_asked_who_that_is() {
    let narrow = |settings: &mut Settings| {
        settings.requests_a_minute = 20;
        (settings.database_connections, settings.database_wait) = (1, Duration::from_millis(200));
    };
    each(narrow, |app| {
        let _ = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let learner = app.learner("610300").register().id;
        let (known, stranger, unnamed) = (json!(learner), json!(Uuid::now_v7()), json!({}));
        let document = json!({ "document_number": "610302199001010002", "name": "示例" });
        let token = |named: &Value| {
            let mut said = claims(app, "x");
            match named.as_object() {
                Some(fields) => said.as_object_mut().unwrap().extend(fields.clone()),
                None => said["learner_id"] = named.clone(),
            }
            app.as_nobody().bearing(&Signer::ed25519("ed").sign(&said))
        };
        for (named, status) in [(known, 200), (stranger, 403), (document, 403)] {
            let client = token(&named);
            let answers: Vec<u16> = (0..21).map(|_| client.get("/v1/caller").status).collect();
            assert_eq!(answers, [vec![status; 20], vec![429]].concat(), "{named}");
            // The issuers that are known are read anew once a second, so a machine that takes longer tries again.
            assert!((0..20).any(|_| while_readers_wait(app, || client.get("/v1/caller").status) == 429), "{named}");
        }
        // None of it was the address's to pay.
        let _ = token(&unnamed).get("/v1/caller").problem(403, "no_grant");
    });
}

#[test]
fn a_client_pays_for_its_tokens_and_more_where_a_learner_is_looked_up() {
    each(
        |settings| settings.requests_a_minute = 20,
        |app| {
            let id = new_client(app);
            let right = secret(app, &id);
            let tokens: Vec<u16> = (0..11).map(|_| ask(app, &id, &right).status).collect();
            assert_eq!(tokens, [vec![200; 10], vec![429]].concat());
            let refused = ask(app, &id, &right);
            assert_eq!(retry_after(&refused), 7);
            let _ = refused.problem(429, "too_many_requests");
            // Nobody can spend what is another's.
            assert_eq!(ask(app, &id, "xs_wrong").status, 401);

            let body = json!({ "kind": "mini_program", "name": "12333", "scopes": ["learner:self"] });
            let made = app.as_security_administrator().post("/v1/clients", &body).expect(201).json;
            let id = made["client_id"].as_str().unwrap();
            let (right, stranger) = (secret(app, id), Uuid::now_v7().to_string());
            let fields = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", &right)];
            let named = [&fields[..], &[("learner_id", &stranger)]].concat();
            let asked: Vec<u16> = (0..5).map(|_| app.as_nobody().post_form(TOKENS, &named).status).collect();
            assert_eq!(asked, [400, 400, 400, 400, 429]);
            let counts = app.as_nobody().get("/metrics").expect(200).text;
            let line = "xueshi_outcomes_total{outcome=\"unknown_learner\",room=\"access\"} 4\n";
            assert!(counts.contains(line), "{counts}");
        },
    );
}

#[test]
fn people_without_a_file_keep_nobody_of_a_mini_program_out() {
    each(
        |settings| settings.requests_a_minute = 12_000,
        |app| {
            let learner = app.learner("610300").register().id.to_string();
            let body = json!({ "kind": "mini_program", "name": "12333", "scopes": ["learner:self"] });
            let made = app.as_security_administrator().post("/v1/clients", &body).expect(201).json;
            let id = made["client_id"].as_str().unwrap();
            let right = secret(app, id);
            let fields = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", &right)];
            let ask_for =
                |who: &str| app.as_nobody().post_form(TOKENS, &[&fields[..], &[("learner_id", who)]].concat());
            for _ in 0..25 {
                assert_eq!(ask_for(&Uuid::now_v7().to_string()).status, 400);
            }
            let _ = ask_for(&learner).expect(200);
            // Wrong secrets are counted by themselves, from the first on.
            for _ in 0..10 {
                assert_eq!(ask(app, id, "xs_wrong").status, 401);
            }
            assert_eq!(ask(app, id, "xs_wrong").status, 429);
        },
    );
}

#[test]
fn a_document_pays_from_one_quota_however_it_is_written() {
    each(
        |settings| settings.requests_a_minute = 20,
        |app| {
            let _ = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
            let asked = |number: &str| {
                let mut said = claims(app, "x");
                said["document_number"] = json!(number);
                said["name"] = json!("示例");
                app.as_nobody().bearing(&Signer::ed25519("ed").sign(&said)).get("/v1/caller").status
            };
            // One person, by a number that ends with X.
            let written = ["61030219900106000X", "61030219900106000x"];
            let valid = domain::kernel::Document::parse(
                domain::kernel::DocumentKind::ResidentId,
                written[0],
                time::macros::date!(2021 - 06 - 15),
            );
            assert!(valid.is_ok(), "{valid:?}");
            let answers: Vec<u16> = (0..24).map(|n| asked(written[n % written.len()])).collect();
            assert_eq!(answers, [vec![403; 20], vec![429; 4]].concat());
        },
    );
}

#[test]
fn what_costs_nothing_asks_the_database_nothing_whatever_token_comes_with_it() {
    let narrow = |settings: &mut Settings| {
        (settings.database_connections, settings.database_wait) = (1, Duration::from_millis(200));
    };
    each(narrow, |app| {
        let _ = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let learner = app.learner("610300").register().id;
        let mut said = claims(app, "x");
        said["learner_id"] = json!(learner);
        let client = app.as_nobody().bearing(&Signer::ed25519("ed").sign(&said));
        let _ = client.get("/v1/caller").expect(200);
        let took = while_readers_wait(app, || {
            let begun = std::time::Instant::now();
            for _ in 0..20 {
                let _ = client.get("/metrics").expect(200);
            }
            begun.elapsed()
        });
        assert!(took < Duration::from_millis(3900), "each waited for the database: {took:?}");
    });
}

#[test]
fn readiness_asks_the_database_once_a_second_however_many_ask() {
    let narrow = |settings: &mut Settings| {
        (settings.database_connections, settings.database_wait) = (1, Duration::from_millis(200));
    };
    each(narrow, |app| {
        let ready = || app.as_nobody().get("/readyz").status;
        // A machine that takes longer than that second tries again.
        assert!((0..20).any(|_| {
            soon(|| ready() == 200);
            while_readers_wait(app, ready) == 200
        }));
        while_readers_wait(app, || soon(|| ready() == 503));
        soon(|| ready() == 200);
    });
}

/// Does something while nobody gets a connection to read by.
fn while_readers_wait<T>(app: &App, act: impl FnOnce() -> T) -> T {
    let ((held, is_held), (let_go, told)) = (channel(), channel::<()>());
    let store = app.state().store.clone();
    // What is read at most once a second is read now.
    let _ = app.as_nobody().bearing(&Signer::ed25519("ed").sign(&claims(app, "nobody"))).get("/v1/caller");
    let holding = thread::spawn(move || {
        store.read_blocking(|_| {
            held.send(()).unwrap();
            let _ = told.recv();
            Ok::<_, StoreError>(())
        })
    });
    is_held.recv().unwrap();
    let done = act();
    let_go.send(()).unwrap();
    holding.join().unwrap().unwrap();
    done
}

#[test]
fn a_question_about_many_people_costs_by_their_number() {
    let some = |settings: &mut Settings| settings.requests_a_minute = 150;
    each(some, |app| {
        let people: Vec<Value> = (0..1000).map(|_| json!({ "learner_id": Uuid::now_v7() })).collect();
        let question = json!({ "year": 2020, "people": people });
        let li = official(app, "li");
        let _ = li.post("/v1/standings/query", &question).expect(200);
        let refused = li.post("/v1/standings/query", &question).problem(429, "too_many_requests");
        assert_eq!(refused["units"], 100);
        let one = json!({ "year": 2020, "people": [people[0]] });
        let _ = li.post("/v1/standings/query", &one).expect(200);
        let wang = official(app, "wang");
        let search = |limit| wang.post("/v1/learner-searches", &json!({ "name": "示例", "limit": limit }));
        for _ in 0..7 {
            let _ = search(200).expect(200);
        }
        assert_eq!(search(200).problem(429, "too_many_requests")["units"], 20);
        let _ = search(10).expect(200);
        // An application looks at some years, and what is declared with it is judged one by one.
        let zhao = official(app, "zhao");
        let check = |declared: Value| {
            let items: Vec<Value> = (0..100)
                .map(|_| {
                    json!({ "learner_id": Uuid::now_v7(), "purpose": "title_review", "applied_on": "2020-11-30",
                        "declared": declared })
                })
                .collect();
            zhao.post("/v1/eligibility-checks", &json!({ "items": items }))
        };
        let both = json!([{ "kind": "patent_invention" }, { "kind": "award" }]);
        let _ = check(json!([])).expect(200);
        let _ = check(both.clone()).expect(200);
        // 150 less 41 and 61.
        assert_eq!(check(both).problem(429, "too_many_requests")["units"], 60);
        let _ = check(json!([])).expect(200);
        // All years of one person are one read, also for who would have them as lines.
        let learner = app.learner("610000").register().id;
        for (rest, name) in [("consequences", "qian"), ("standings", "sun")] {
            let caller = official(app, name).with("accept", "application/x-ndjson, application/json");
            assert_eq!(spend(&caller, &format!("/v1/learners/{learner}/{rest}")), 150, "{rest}");
        }
    });
}
