//! Requests that are sent again with the same `Idempotency-Key`: what was done is not done twice. That each operation which creates
//! answers so is tried with its event in `audit/writes.rs`.

use crate::{
    access::{TOKENS, new_client, secret},
    lane::hold_table,
    registry::{learner, number},
    tables::{kept_in_the_clear, sealed_answers},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::mpsc::channel, thread, time::Duration as Wait};
use tests::{Answer, App, Backend, Client, NOON, at_once, each_backend};
use time::Duration;
use uuid::Uuid;

const EMPLOYERS: &str = "/v1/employers";

fn employer(name: &str) -> Value {
    json!({ "kind": "enterprise", "name": name, "place": "610100" })
}

fn keyed<'a>(caller: Client<'a>, key: &str) -> Client<'a> {
    caller.with("idempotency-key", key)
}

fn id(answer: &Answer) -> String {
    answer.json["employer_id"].as_str().unwrap().to_owned()
}

/// How many employers of this name there are.
fn employers(app: &App, name: &str) -> usize {
    let encoded: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let found = app.as_system_administrator().get(&format!("{EMPLOYERS}?q={encoded}")).expect(200);
    found.json["items"].as_array().unwrap().len()
}

#[test]
fn a_repeat_gets_the_first_answer_and_makes_nothing_new() {
    each_backend(|app| {
        let office = keyed(app.as_officer("610000"), "k-1");
        let first = office.post(EMPLOYERS, &employer("示例甲")).expect(201);
        assert_eq!(first.header("idempotency-replayed"), "");
        // What was made is changed since; the answer is what it was.
        let path = format!("{EMPLOYERS}/{}", id(&first));
        let _ = office.put(&path, &employer("示例乙")).expect(200);
        app.clock.set(NOON + Duration::hours(23));
        let again = office.post(EMPLOYERS, &employer("示例甲")).expect(201);
        assert_eq!((&again.text, again.header("location")), (&first.text, first.header("location")));
        assert_eq!((again.header("content-type"), again.header("idempotency-replayed")), ("application/json", "true"));
        assert_eq!((employers(app, "示例甲"), employers(app, "示例乙")), (0, 1));
        let without = app.as_officer("610000").post(EMPLOYERS, &employer("示例甲")).expect(201);
        assert_ne!(id(&without), id(&first));
    });
}

#[test]
fn an_answer_is_kept_for_as_long_as_the_setting_says() {
    for backend in Backend::at_hand() {
        let app = App::set(backend, |settings| settings.repeats_retention = Duration::hours(48));
        let first = keyed(app.as_officer("610000"), "k-1").post(EMPLOYERS, &employer("示例甲")).expect(201);
        for (hours, replayed) in [(47, true), (49, false)] {
            app.clock.set(NOON + Duration::hours(hours));
            let again = keyed(app.as_officer("610000"), "k-1").post(EMPLOYERS, &employer("示例甲")).expect(201);
            assert_eq!(id(&again) == id(&first), replayed, "after {hours} hours");
        }
    }
}

#[test]
fn another_body_or_another_address_under_the_same_key_is_refused() {
    each_backend(|app| {
        let office = keyed(app.as_officer("610000"), "k-1");
        let _ = office.post(EMPLOYERS, &employer("示例甲")).expect(201);
        office.post(EMPLOYERS, &employer("示例乙")).problem(422, "idempotency_key_reused");
        let authority = json!({ "kind": "human_resources", "name": "示例厅", "place": "610000" });
        office.post("/v1/authorities", &authority).problem(422, "idempotency_key_reused");
        assert_eq!(employers(app, "示例乙"), 0);
        let person = office.clone().with("x-request-id", "r").post("/v1/learners", &learner(1, "示例甲"));
        person.problem(422, "idempotency_key_reused");
    });
}

#[test]
fn the_same_key_of_another_caller_or_by_another_grant_is_another_key() {
    each_backend(|app| {
        let callers = [app.as_officer("610000"), app.as_officer("610100"), app.as_system_administrator()];
        let made = callers.map(|caller| id(&keyed(caller, "k-1").post(EMPLOYERS, &employer("示例甲")).expect(201)));
        assert_eq!(BTreeSet::from(made).len(), 3);
    });
}

#[test]
fn a_refused_attempt_leaves_nothing_and_is_decided_anew() {
    each_backend(|app| {
        let root = keyed(app.as_system_administrator(), "k-1");
        let path = "/v1/places/610100-zone/division-codes";
        let code = json!({ "code": "610199", "from_on": "2021-01-01", "system": "gb2260" });
        root.post(path, &code).problem(404, "not_found");
        assert_eq!(sealed_answers(app).len(), 0);
        let zone = json!({ "code": "610100-zone", "level": "zone", "name": "示例新区", "parent": "610100" });
        let _ = app.as_system_administrator().post("/v1/places", &zone).expect(201);
        let made = root.post(path, &code).expect(201);
        assert_eq!(made.header("idempotency-replayed"), "");
        assert_eq!(root.post(path, &code).expect(201).text, made.text);
        // Of a refused one the key is free, also for something else.
        let office = keyed(app.as_officer("610000"), "k-2");
        office
            .post(EMPLOYERS, &json!({ "kind": "enterprise", "name": "示例甲", "place": "nowhere" }))
            .problem(422, "invalid_body");
        let _ = office.post(EMPLOYERS, &employer("示例甲")).expect(201);
    });
}

#[test]
fn after_a_day_a_key_is_a_new_one() {
    each_backend(|app| {
        let office = keyed(app.as_officer("610000"), "k-1");
        let first = office.post(EMPLOYERS, &employer("示例甲")).expect(201);
        app.clock.set(NOON + Duration::days(1) - Duration::seconds(1));
        assert_eq!(id(&office.post(EMPLOYERS, &employer("示例甲")).expect(201)), id(&first));
        app.clock.set(NOON + Duration::days(1));
        let later = office.post(EMPLOYERS, &employer("示例甲")).expect(201);
        assert_eq!(later.header("idempotency-replayed"), "");
        assert_ne!(id(&later), id(&first));
        assert_eq!((employers(app, "示例甲"), sealed_answers(app).len()), (2, 1));
    });
}

#[test]
fn of_twins_at_the_same_moment_one_works_and_the_other_is_told_so_or_to_retry() {
    each_backend(|app| {
        for round in 0..20 {
            let (key, name) = (format!("k-{round}"), format!("示例{round}号"));
            let send = || keyed(app.as_officer("610000"), &key).post(EMPLOYERS, &employer(&name));
            let (one, other) = at_once(send, send);
            let first = if one.status == 201 { one.text.clone() } else { other.text.clone() };
            for answer in [one, other] {
                if answer.status == 201 {
                    assert_eq!(answer.text, first);
                } else {
                    assert_eq!(answer.header("retry-after"), "1");
                    answer.problem(409, "idempotency_in_progress");
                }
            }
            assert_eq!(send().expect(201).text, first);
            assert_eq!(employers(app, &name), 1, "{round}");
        }
    });
}

#[test]
fn of_twins_the_second_is_told_to_retry_while_the_first_is_at_work() {
    each_backend(|app| {
        let send = || keyed(app.as_officer("610000"), "twins").post(EMPLOYERS, &employer("示例甲"));
        let (let_go, holding) = hold_table(app, "idempotency_answer");
        let (told, answers) = channel();
        thread::scope(|scope| {
            for told in [told.clone(), told] {
                scope.spawn(move || told.send(send()).unwrap());
            }
            // While nothing can be written, whoever is answered is the one that has to wait.
            let second = answers.recv_timeout(Wait::from_secs(60)).unwrap();
            assert_eq!(second.header("retry-after"), "1");
            second.problem(409, "idempotency_in_progress");
            let_go.send(()).unwrap();
            let first = answers.recv_timeout(Wait::from_secs(60)).unwrap().expect(201);
            assert_eq!(first.header("idempotency-replayed"), "");
            assert_eq!(send().expect(201).text, first.text);
        });
        holding.join().unwrap();
        assert_eq!(employers(app, "示例甲"), 1);
    });
}

#[test]
fn neither_the_key_nor_the_request_nor_the_answer_is_kept_in_the_clear() {
    each_backend(|app| {
        let (key, name) = (format!("key-{}", Uuid::now_v7()), "示例甲");
        let made = keyed(app.as_officer("610300"), &key).post("/v1/learners", &learner(7, name)).expect(201);
        assert!(made.text.contains("learner_id"));
        let kept = sealed_answers(app);
        assert_eq!(kept.len(), 1);
        assert!(kept[0].document_cipher.len() > made.text.len(), "the answer is there");
        let shown = String::from_utf8_lossy(&kept[0].document_cipher);
        assert!(!shown.contains(name) && !shown.contains("learner_id"), "{shown}");
        for text in [key.as_str(), &number(7)] {
            assert_eq!(kept_in_the_clear(app, text), [""; 0]);
        }
    });
}

#[test]
fn what_is_no_key_is_refused_and_where_nothing_is_created_a_key_means_nothing() {
    each_backend(|app| {
        let office = app.as_officer("610000");
        for key in ["a b", &"k".repeat(256)] {
            let refused = keyed(office.clone(), key).post(EMPLOYERS, &json!({})).problem(400, "bad_request");
            assert_eq!(refused["header"], "Idempotency-Key");
        }
        keyed(keyed(office.clone(), "a"), "b").post(EMPLOYERS, &json!({})).problem(400, "bad_request");
        // Who may not create is told that first.
        keyed(app.someone(xueshi::auth::CallerKind::Platform), "a b")
            .post(EMPLOYERS, &json!({}))
            .problem(403, "caller_not_permitted");
        let made = id(&office.post(EMPLOYERS, &employer("示例甲")).expect(201));
        let replaced = keyed(office, "a b").put(&format!("{EMPLOYERS}/{made}"), &employer("示例乙")).expect(200);
        assert_eq!(replaced.header("idempotency-replayed"), "");
    });
}

#[test]
fn secrets_tokens_questions_rehearsals_and_batches_are_not_kept_under_a_key() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let item = app.learner("610000").register().finished(&stage.public).json().clone();
        let id = new_client(app);
        let secrets = format!("/v1/clients/{id}/secrets");
        let platform = app.as_platform(stage.platform.id);
        let people = json!({ "year": 2020, "people": [{ "learner_id": Uuid::now_v7() }] });
        for (client, path, body) in [
            (app.as_security_administrator(), secrets.as_str(), json!({})),
            (app.as_officer("610000"), "/v1/standings/query", people),
            (platform.clone(), "/v1/completion-batches/validation", json!({ "items": [item] })),
            (platform, "/v1/completion-batches", json!({ "items": [item] })),
        ] {
            let client = keyed(client, "k-1");
            let (first, again) = (client.post(path, &body), client.post(path, &body));
            assert!([200, 201].contains(&first.status), "{path}: {}", first.text);
            assert_eq!((again.status, again.header("idempotency-replayed")), (first.status, ""), "{path}");
            assert!(path != secrets || first.json["client_secret"] != again.json["client_secret"]);
        }
        let token = || {
            let secret = secret(app, &id);
            let fields = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
            keyed(app.as_nobody(), "k-1").post_form(TOKENS, &fields).expect(200)
        };
        let (first, again) = (token(), token());
        assert_eq!(again.header("idempotency-replayed"), "");
        assert_ne!(first.json["access_token"], again.json["access_token"]);
        assert!(sealed_answers(app).is_empty(), "none of these answers is kept");
    });
}

#[test]
fn a_repeat_of_a_merge_is_a_look_at_both_files() {
    each_backend(|app| {
        let (ends, stays) = (app.learner("610300").register(), app.learner("610300").register());
        let li = app.caller(xueshi::auth::CallerKind::Officer, "li", "610300".parse().ok());
        let body = json!({ "ends": ends.id, "stays": stays.id, "reason": "重复登记" });
        let merge = || keyed(li.clone(), "merge").post("/v1/learner-merges", &body).expect(201);
        let looks = || {
            let events = app.someone(xueshi::auth::CallerKind::AuditAdministrator);
            [&ends, &stays].map(|learner| {
                let query = format!("/v1/audit-events?act=read&subject_id={}&limit=200", learner.id);
                events.get(&query).expect(200).json["items"].as_array().unwrap().len()
            })
        };
        let made = merge();
        crate::completions::soon(|| looks() == [1, 1]);
        app.clock.set(app.clock.now() + time::Duration::hours(7));
        let again = merge();
        assert_eq!((again.header("idempotency-replayed"), &again.text), ("true", &made.text));
        crate::completions::soon(|| looks() == [2, 2]);
    });
}

#[test]
fn a_repeat_that_shows_a_file_is_a_look_at_it() {
    each_backend(|app| {
        let learner = app.learner("610300").register();
        let path = format!("/v1/learners/{}/placements", learner.id);
        let li = app.caller(xueshi::auth::CallerKind::Officer, "li", "610300".parse().ok());
        let moved = || {
            let body = json!({ "place": "630000", "from_on": "2021-06-15" });
            li.clone().with("idempotency-key", "moved").post(&path, &body).expect(201)
        };
        let own = app.as_learner(learner.id);
        let looks = || {
            let records = own.get(&format!("/v1/learners/{}/access-records", learner.id)).expect(200).json;
            let by_li = |one: &&Value| one["reader"].as_str().unwrap().ends_with("li") && one["act"] == "read";
            records["items"].as_array().unwrap().iter().filter(by_li).count()
        };
        let _ = moved();
        let once_there = |number: usize| {
            let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
            while looks() < number && std::time::Instant::now() < until {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            looks()
        };
        let before = once_there(1);
        app.clock.set(app.clock.now() + time::Duration::hours(7));
        assert_eq!(moved().header("idempotency-replayed"), "true");
        assert_eq!(once_there(before + 1), before + 1);
    });
}
