//! Taking back: of some people at once, of a whole roll by the runner. The years are as if the roll had never been.

use super::{about, commission, entries, list_of, made, met, outcomes, past_years, put, standing};
use crate::{completions::soon, registry};
use serde_json::{Value, json};
use store::work::{Lease, lease_next};
use tests::{App, Backend, each_backend};
use time::Duration;

/// The verdict and all that it rests on but for the lines that do not count.
fn essence(mut standing: Value) -> Value {
    standing["not_counted"].take();
    standing["advisory"]["not_counted"].take();
    standing
}

#[test]
fn who_is_removed_is_as_if_never_listed_and_may_be_listed_again() {
    each_backend(|app| {
        let commission = commission(app);
        let nurse = app.learner("630000").series("卫生").register();
        let roll = made(&commission, &list_of(2020));
        let before = essence(standing(app, &nurse, 2020));
        let item = json!([about(&nurse, json!({}))]);
        let _ = put(&commission, &roll, &item);
        let stranger = app.learner("630000").series("卫生").register();
        let asked = json!({ "reason": "重复上报", "learners": [nurse.id, stranger.id] });
        let told = commission.post(&format!("{roll}/reversal"), &asked).expect(200).json;
        let became: Vec<&Value> = told["learners"].as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
        assert_eq!((became, &told["roll"]["reversal"]), (vec![&json!("reversed"), &json!("not_listed")], &Value::Null));
        assert_eq!(told["roll"]["counts"], json!({ "people": 0, "lines": 1, "reversed": 1 }));
        assert_eq!(essence(standing(app, &nurse, 2020)), before);
        assert_eq!(outcomes(&put(&commission, &roll, &item)), ["created"]);
        assert_eq!(standing(app, &nurse, 2020)["verdict"], "met");
        let numbers: Vec<Value> = entries(app, &nurse).iter().map(|line| line["decision_number"].clone()).collect();
        assert_eq!(numbers, [json!(1), Value::Null, json!(2)]);
        let listed = commission.get(&format!("{roll}/items")).expect(200).json;
        let listed: Vec<&Value> =
            listed["items"].as_array().unwrap().iter().map(|item| &item["reversed"]["reason_code"]).collect();
        assert_eq!(listed, [&json!("removed_from_roll"), &Value::Null]);
    });
}

#[test]
fn a_whole_roll_is_taken_back_with_progress_and_nothing_is_added_to_it_afterwards() {
    each_backend(|app| {
        let people: Vec<_> = (0..3).map(|_| app.learner("610100").register()).collect();
        let officer = app.as_officer("610100");
        let before: Vec<Value> = people.iter().map(|one| essence(standing(app, one, 2018))).collect();
        let roll = made(&officer, &past_years("610100"));
        let items: Vec<Value> = people.iter().flat_map(|one| [met(one, 2017), met(one, 2018)]).collect();
        let _ = put(&officer, &roll, &json!(items));
        assert_eq!(standing(app, &people[0], 2018)["verdict"], "met");
        let told = officer.post(&format!("{roll}/reversal"), &json!({ "reason": "导入错误" })).expect(200).json;
        assert_eq!((&told["roll"]["reversal"]["reason"], &told["learners"]), (&json!("导入错误"), &json!([])));
        soon(|| officer.get(&roll).expect(200).json["reversal"]["state"] == "done");
        let shown = officer.get(&roll).expect(200).json;
        assert_eq!(shown["counts"], json!({ "people": 0, "lines": 6, "reversed": 6 }));
        assert_eq!((&shown["reversal"]["done"], &shown["reversal"]["total"]), (&json!(6), &json!(6)));
        for (one, before) in people.iter().zip(before) {
            assert_eq!(essence(standing(app, one, 2018)), before);
            let reversals = entries(app, one).iter().filter(|line| line["reason_code"] == "roll_reversed").count();
            assert_eq!(reversals, 2, "exactly once");
        }
        let _ = officer.post(&format!("{roll}/items"), &json!({ "items": items })).problem(409, "roll_reversed");
        let _ = officer.post(&format!("{roll}/reversal"), &json!({ "reason": "x" })).problem(409, "roll_reversed");
        // By another roll the years can be said anew.
        let second = made(&officer, &past_years("610100"));
        assert_eq!(outcomes(&put(&officer, &second, &json!([met(&people[0], 2018)]))), ["created"]);
    });
}

#[test]
fn what_is_put_while_the_whole_roll_is_taken_back_is_taken_back_too_or_refused() {
    each_backend(|app| {
        let officer = app.as_officer("610100");
        for _ in 0..4 {
            let (one, other) = (app.learner("610100").register(), app.learner("610100").register());
            let roll = made(&officer, &past_years("610100"));
            let _ = put(&officer, &roll, &json!([met(&one, 2018)]));
            let items = json!({ "items": [met(&other, 2018)] });
            let (putting, taking) = tests::at_once(
                || officer.post(&format!("{roll}/items"), &items),
                || officer.post(&format!("{roll}/reversal"), &json!({ "reason": "导入错误" })),
            );
            let _ = taking.expect(200);
            assert!([200, 409].contains(&putting.status), "{}", putting.text);
            soon(|| officer.get(&roll).expect(200).json["reversal"]["state"] == "done");
            let lines = if putting.status == 200 { 2 } else { 1 };
            let counts = officer.get(&roll).expect(200).json["counts"].clone();
            assert_eq!(counts, json!({ "people": 0, "lines": lines, "reversed": lines }));
            for learner in [&one, &other] {
                assert_eq!(standing(app, learner, 2018)["verdict"], "no_rule_in_force");
            }
        }
    });
}

/// So many that the runner takes several steps.
const MANY: u32 = 600;

#[test]
fn a_reversal_whose_runner_died_is_taken_over_and_every_line_is_taken_back_once() {
    for backend in Backend::at_hand() {
        let mut app = App::start(backend);
        app.rest_runner();
        app.restart();
        let officer = app.as_officer("610300");
        let people: Vec<Value> = (1..=MANY).map(|n| registry::learner(n, "示例甲")).collect();
        let registered = officer.post("/v1/learners/bulk", &json!({ "items": people })).expect(200).json;
        assert_eq!(registered["counts"]["created"], MANY);
        let roll = made(&officer, &past_years("610300"));
        let item = |n| json!({ "document_number": registry::number(n), "name": "示例甲", "year": 2018, "met": true });
        let items: Vec<Value> = (1..=MANY).map(item).collect();
        assert_eq!(put(&officer, &roll, &json!(items))["counts"]["created"], MANY);
        let _ = officer.post(&format!("{roll}/reversal"), &json!({ "reason": "导入错误" })).expect(200);
        let waits = officer.get(&roll).expect(200).json;
        assert_eq!((&waits["reversal"]["state"], &waits["counts"]["people"]), (&json!("waiting"), &json!(MANY)));
        // Somebody took it up and died before the first step.
        let lease = Lease { owner: "died", now: app.clock.now(), lasts: Duration::seconds(-1) };
        let leased = app.write(move |db| lease_next(db, &["reverse_roll"], lease));
        assert!(leased.is_some());
        app.with_runner();
        app.restart();
        let officer = app.as_officer("610300");
        soon(|| officer.get(&roll).expect(200).json["reversal"]["state"] == "done");
        let shown = officer.get(&roll).expect(200).json;
        assert_eq!(shown["counts"], json!({ "people": 0, "lines": MANY, "reversed": MANY }));
        assert_eq!((&shown["reversal"]["done"], &shown["reversal"]["total"]), (&json!(MANY), &json!(MANY)));
    }
}
