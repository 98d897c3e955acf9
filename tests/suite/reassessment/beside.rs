//! What happens beside a reassessment: runners that die, platforms that take back and correct, files that are joined.

use super::{ALL_LATE, begun, ended, path, published, reason, reassessed, reversals, standing};
use crate::completions::{ledger, pushed, soon};
use domain::hour_ledger::{Entry, EntryKind};
use serde_json::json;
use store::work::{Lease, lease_next};
use tests::{App, Backend, at_once, each_backend, fixtures::Learner};
use time::Duration;

/// So many that the runner takes several steps.
const MANY: usize = 120;

/// People with one item each that another version would keep for review.
fn people(app: &App, many: usize) -> Vec<Learner> {
    let stage = app.qinghai();
    let people: Vec<Learner> = (0..many).map(|_| app.learner("630102").register()).collect();
    let items = people.iter().map(|learner| learner.finished(&stage.public));
    let told = app.push_batch(&stage.platform, items).expect(200).json;
    assert_eq!(told["counts"]["credited"], many, "{told}");
    people
}

fn each_once(app: &App, people: &[Learner]) {
    for learner in people {
        let [line] = <[Entry; 1]>::try_from(standing(app, learner)).unwrap();
        assert_eq!((line.kind, line.decision_number), (EntryKind::Provisional, Some(2)));
        assert_eq!(reversals(app, learner), ["reassessed"]);
    }
}

#[test]
fn one_whose_runner_died_is_taken_over_and_every_item_is_decided_once() {
    for backend in Backend::at_hand() {
        let mut app = App::start(backend);
        app.rest_runner();
        app.restart();
        let people = people(&app, MANY);
        let at = begun(&app, &published(&app, &[ALL_LATE]));
        // Somebody took it up and died before the first step.
        let lease = Lease { owner: "died", now: app.clock.now(), lasts: Duration::seconds(-1) };
        assert!(app.write(move |db| lease_next(db, &["reassess"], lease)).is_some());
        app.with_runner();
        app.restart();
        let officer = app.as_officer("630000");
        soon(|| officer.get(&at).expect(200).json["people"].as_u64().unwrap_or_default() > 0);
        // Stopped in the middle, as far as it is not through: whoever takes it next goes on where it was.
        app.restart();
        let told = ended(&app, &at);
        assert_eq!((&told["people"], &told["items"]), (&json!(MANY), &json!(MANY)), "{told}");
        assert_eq!(told["changed"][0]["items"], json!(MANY));
        each_once(&app, &people);
    }
}

#[test]
fn two_offices_that_ask_at_once_begin_one() {
    each_backend(|app| {
        let people = people(app, 3);
        let policy = published(app, &[ALL_LATE]);
        let ask = || app.as_officer("630000").post(&path(&policy, ""), &reason());
        let (one, other) = at_once(ask, ask);
        // Where the one had ended before the other was asked for, both began.
        for answer in [one, other] {
            assert!([201, 409].contains(&answer.status), "{}", answer.text);
            if answer.status == 201 {
                let _ = ended(app, answer.header("location"));
            }
        }
        each_once(app, &people);
    });
}

#[test]
fn what_a_platform_takes_back_beside_it_is_taken_back_once() {
    each_backend(|app| {
        let stage = app.qinghai();
        for _ in 0..4 {
            let learner = app.learner("630102").register();
            let item = pushed(app, &stage.platform, &learner.finished(&stage.public), "credited");
            let policy = published(app, &[ALL_LATE]);
            let taking = format!("/v1/completions/{}/reversal", item["completion_id"].as_str().unwrap());
            let body = json!({ "reason_code": "wrong_data" });
            let (at, taken) =
                at_once(|| begun(app, &policy), || app.as_platform(stage.platform.id).post(&taking, &body));
            let _ = ended(app, &at);
            assert!([200, 409].contains(&taken.status), "{}", taken.text);
            let stands = standing(app, &learner);
            assert_eq!(stands.len(), usize::from(taken.status == 409), "{stands:?}");
            // As before, for the next round.
            let _ = reassessed(app, &published(app, &[]));
        }
    });
}

#[test]
fn what_a_platform_corrects_beside_it_stands_once() {
    each_backend(|app| {
        let stage = app.qinghai();
        for _ in 0..4 {
            let learner = app.learner("630102").register();
            let first = learner.finished(&stage.public);
            let _ = pushed(app, &stage.platform, &first, "credited");
            let policy = published(app, &[ALL_LATE]);
            let correction = learner.finished(&stage.public).replacing(&first);
            let (at, _) = at_once(|| begun(app, &policy), || pushed(app, &stage.platform, &correction, "needs_review"));
            let _ = ended(app, &at);
            let [line] = &standing(app, &learner)[..] else { panic!("one stands: {:?}", ledger(app, &learner)) };
            assert_eq!(line.external_id.as_deref(), Some(correction.external_id()));
            let _ = reassessed(app, &published(app, &[]));
        }
    });
}

#[test]
fn an_item_whose_file_is_joined_to_another_beside_it_is_decided_in_the_file_that_stays() {
    each_backend(|app| {
        let stage = app.qinghai();
        for _ in 0..4 {
            let (ends, stays) = (app.learner("630102").register(), app.learner("630102").register());
            let _ = pushed(app, &stage.platform, &ends.finished(&stage.public), "credited");
            let policy = published(app, &[ALL_LATE]);
            let asked = json!({
                "ends": ends.id, "stays": stays.id, "reason": "重复登记", "reference": "受理〔2021〕1号"
            });
            let (at, merged) =
                at_once(|| begun(app, &policy), || app.as_officer("630000").post("/v1/learner-merges", &asked));
            let _ = merged.expect(201);
            let _ = ended(app, &at);
            assert_eq!(standing(app, &ends), [], "all of it went over");
            let [line] = &standing(app, &stays)[..] else { panic!("one stands: {:?}", ledger(app, &stays)) };
            assert_eq!((line.kind, line.policy.map(|id| id.to_string())), (EntryKind::Provisional, Some(policy)));
            let _ = reassessed(app, &published(app, &[]));
        }
    });
}
