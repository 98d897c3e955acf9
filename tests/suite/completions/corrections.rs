//! What was wrong is taken back by another line, or replaced by another item, in whatever order the two arrive.

use super::{codes, last_outcome, ledger, pushed, reverse, standing_hours, stands};
use domain::{
    hour_ledger::EntryKind,
    kernel::{CompletionId, Hours},
    registry::Mode,
};
use serde_json::{Value, json};
use tests::{
    App, Client, each_backend,
    fixtures::{Item, Learner, Person, Stage},
};

fn reversal_of(completion_id: &Value) -> String {
    format!("/v1/completions/{}/reversal", completion_id.as_str().unwrap())
}

fn take_back(caller: &Client<'_>, completion_id: &Value) -> tests::Answer {
    caller.post(&reversal_of(completion_id), &json!({ "reason_code": "fraud" }))
}

#[test]
fn a_platform_takes_back_what_is_its_own_once() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let credited = pushed(app, &stage.platform, &learner.finished(&stage.public), "credited");
        let done = reverse(app, &stage.platform, &credited["completion_id"]).expect(200).json;
        assert_eq!(done["reverses"], credited["entry_id"]);
        assert_eq!((&done["year"], &done["hours"]), (&json!(2020), &json!(24)));
        let lines = ledger(app, &learner);
        assert_eq!(lines.len(), 2);
        let line = lines.iter().find(|line| line.kind == EntryKind::Reversal).unwrap();
        assert_eq!(
            (json!(line.id), json!(line.reverses)),
            (done["reversal_entry_id"].clone(), credited["entry_id"].clone())
        );
        assert_eq!((line.reason_code.as_deref(), line.year), (Some("wrong_data"), 2020));
        assert_eq!(line.recorded_by, format!("platform:{}", stage.platform.id));
        assert_eq!(standing_hours(app, &learner), Hours::ZERO);

        let problem = reverse(app, &stage.platform, &credited["completion_id"]).problem(409, "already_reversed");
        assert_eq!(problem["reversal_entry_id"], done["reversal_entry_id"]);
        assert_eq!(problem["reason_code"], "wrong_data");
        assert_eq!(ledger(app, &learner).len(), 2);
        assert_eq!(stands(app, &stage.platform, &credited["completion_id"])["reversed"], true);
    });
}

#[test]
fn what_wants_a_decision_can_be_taken_back_too() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").register();
        let late = learner.finished(&stage.public).at("2020-12-01T00:00:00+08:00");
        let provisional = pushed(app, &stage.platform, &late, "needs_review");
        let done = reverse(app, &stage.platform, &provisional["completion_id"]).expect(200).json;
        assert_eq!(done["reverses"], provisional["entry_id"]);
        let _ = reverse(app, &stage.platform, &provisional["completion_id"]).problem(409, "already_reversed");
    });
}

#[test]
fn what_was_refused_or_waits_is_withdrawn_once_and_never_counts() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").register();
        let failed = learner.finished(&stage.public).with("passed", false);
        // It has no hours; what is withdrawn is not decided anew when it is sent again, nor by later rules.
        let refused = pushed(app, &stage.platform, &failed, "refused");
        let nothing = json!({ "reversal_entry_id": null, "reverses": null, "year": null, "hours": null });
        assert_eq!(reverse(app, &stage.platform, &refused["completion_id"]).expect(200).json, nothing);
        let _ = reverse(app, &stage.platform, &refused["completion_id"]).problem(409, "nothing_to_reverse");
        let repeated = pushed(app, &stage.platform, &failed, "already_recorded");
        assert_eq!(repeated["first"], json!({ "outcome": "refused", "now": "not_counted", "reversed": false }));

        let stranger = Person::someone();
        let item = stranger.finished("QH-PUBLIC");
        let held = pushed(app, &stage.platform, &item, "held");
        let done = reverse(app, &stage.platform, &held["completion_id"]).expect(200).json;
        assert_eq!(done, nothing);
        let _ = reverse(app, &stage.platform, &held["completion_id"]).problem(409, "nothing_to_reverse");
        let waiting = app.as_platform(stage.platform.id).get("/v1/held-completions").expect(200).json;
        assert_eq!(waiting["items"], json!([]));
        // It never comes back, not even when the person appears.
        let late = app.learner("630000").who_is(&stranger).register();
        let repeated = pushed(app, &stage.platform, &item, "already_recorded");
        assert_eq!(repeated["first"], json!({ "outcome": "held", "now": "not_counted", "reversed": false }));
        assert_eq!(codes(&repeated), ["withdrawn"]);
        assert_eq!(ledger(app, &late), []);
    });
}

#[test]
fn nobody_takes_back_or_reads_what_is_anothers() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610100").register();
        let credited = pushed(app, &stage.platform, &learner.finished(&stage.public), "credited");
        let id = &credited["completion_id"];
        let path = format!("/v1/completions/{}", id.as_str().unwrap());
        let other = app.platform("other").register();
        for stranger in [app.as_platform(other.id), app.as_officer("630000"), app.as_officer("610200")] {
            let _ = take_back(&stranger, id).problem(404, "not_found");
            let _ = stranger.get(&path).problem(404, "not_found");
        }
        let neighbour = app.learner("610100").register();
        let _ = app.as_learner(neighbour.id).get(&path).problem(404, "not_found");
        let _ = take_back(&app.as_learner(learner.id), id).problem(403, "caller_not_permitted");
        assert_eq!(app.as_learner(learner.id).get(&path).expect(200).json["external_id"], credited["external_id"]);
        let unknown = json!(CompletionId::from_uuid(uuid::Uuid::now_v7()));
        let _ = take_back(&app.as_national_officer(), &unknown).problem(404, "not_found");
        let platform = app.as_platform(stage.platform.id);
        let _ = platform.post(&reversal_of(id), &json!({ "reason_code": "mood" })).problem(422, "invalid_body");
        let _ = platform.post(&reversal_of(id), &json!({})).problem(422, "invalid_body");
        assert_eq!(ledger(app, &learner).len(), 1);
        // The officer of the place may, and the city's officer as well.
        let _ = take_back(&app.as_officer("610100"), id).expect(200);
        let lines = ledger(app, &learner);
        let line = lines.iter().find(|line| line.kind == EntryKind::Reversal).unwrap();
        assert_eq!((line.recorded_by.as_str(), line.reason_code.as_deref()), ("officer:chen", Some("fraud")));
        let _ = take_back(&app.as_officer("610000"), id).problem(409, "already_reversed");
    });
}

#[test]
fn an_item_may_be_pushed_again_under_a_new_id_after_it_was_taken_back() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let wrong = pushed(app, &stage.platform, &learner.finished(&stage.public), "credited");
        let _ = reverse(app, &stage.platform, &wrong["completion_id"]).expect(200);
        let _ = pushed(app, &stage.platform, &learner.finished(&stage.public), "credited");
        assert_eq!(standing_hours(app, &learner), Hours::whole(24));
        assert_eq!(ledger(app, &learner).len(), 3);
    });
}

/// Three items of one person, each replacing the one before, with different courses.
fn chain(app: &App, stage: &Stage) -> (Learner, [Item; 3]) {
    let learner = app.learner("610000").register();
    let course = |hours: i64| {
        let code = format!("SX-{hours}");
        learner.finished(&app.course(&code).professional().hours(hours).on(&stage.platform).open())
    };
    let first = course(1);
    let second = course(10).replacing(&first);
    let third = course(100).replacing(&second);
    (learner, [first, second, third])
}

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

#[test]
fn of_a_chain_of_corrections_only_the_last_counts_in_whatever_order_they_arrive() {
    each_backend(|app| {
        let stage = app.shaanxi();
        for order in ORDERS {
            let (learner, items) = chain(app, &stage);
            for index in order {
                let outcome = app.push_one(&stage.platform, &items[index]);
                let known = index == 0 || standing_hours(app, &learner) > Hours::ZERO;
                assert!(
                    outcome["outcome"] == "credited" || outcome["outcome"] == "held",
                    "{order:?}: {outcome} {known}"
                );
            }
            assert_eq!(standing_hours(app, &learner), Hours::whole(100), "one by one, {order:?}");
            let repeats = app.push(&stage.platform, items);
            assert!(repeats.iter().all(|repeat| repeat["outcome"] == "already_recorded"), "{order:?}: {repeats:?}");
            assert_eq!(standing_hours(app, &learner), Hours::whole(100), "sent again, {order:?}");
        }
        for order in ORDERS {
            let (learner, items) = chain(app, &stage);
            let _ = app.push(&stage.platform, order.map(|index| items[index].clone()));
            assert_eq!(standing_hours(app, &learner), Hours::whole(100), "in one batch, {order:?}");
        }
    });
}

#[test]
fn a_corrected_item_waits_for_the_one_it_replaces() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let wrong = learner.finished(&stage.public);
        let right = learner.finished(&stage.professional).replacing(&wrong);
        let held = pushed(app, &stage.platform, &right, "held");
        assert_eq!(codes(&held), ["replaced_item_unknown"]);
        assert_eq!(held["reasons"][0]["facts"]["replaces"], wrong.external_id());
        assert_eq!(held["reasons"][0]["hint"]["action"], "send_replaced_item");
        let first = pushed(app, &stage.platform, &wrong, "credited");
        assert_eq!(last_outcome(app, &stage.platform, &held["completion_id"]), "credited");
        assert_eq!(stands(app, &stage.platform, &first["completion_id"])["reversed"], true);
        let lines = ledger(app, &learner);
        let reversal = lines.iter().find(|line| line.kind == EntryKind::Reversal).unwrap();
        assert_eq!(reversal.reason_code.as_deref(), Some("replaced"));
        assert_eq!(standing_hours(app, &learner), Hours::whole(56));
        // Another platform's item of that id is not what it waits for.
        let wrong = learner.finished(&stage.public);
        let held = pushed(app, &stage.platform, &learner.finished(&stage.public).replacing(&wrong), "held");
        let other = app.platform("other").register();
        let _ = app.push_one(&other, &wrong);
        assert_eq!(last_outcome(app, &stage.platform, &held["completion_id"]), "held");
    });
}

#[test]
fn what_was_worth_nothing_can_be_replaced_and_never_comes_back() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let refused = learner.finished(&stage.public).with("passed", false);
        let first = pushed(app, &stage.platform, &refused, "refused");
        let right = learner.finished(&stage.public).replacing(&refused);
        let _ = pushed(app, &stage.platform, &right, "credited");
        let repeated = pushed(app, &stage.platform, &refused, "already_recorded");
        assert_eq!(repeated["first"], json!({ "outcome": "refused", "now": "not_counted", "reversed": false }));
        assert_eq!(codes(&repeated), ["replaced"]);
        let _ = reverse(app, &stage.platform, &first["completion_id"]).problem(409, "nothing_to_reverse");

        // What waits under a mistyped number is replaced by the right one.
        let typo = Person::someone().finished(&stage.professional.code);
        let held = pushed(app, &stage.platform, &typo, "held");
        let right = learner.finished(&stage.professional).replacing(&typo);
        let _ = pushed(app, &stage.platform, &right, "credited");
        assert_eq!(last_outcome(app, &stage.platform, &held["completion_id"]), "not_counted");
        let waiting = app.as_platform(stage.platform.id).get("/v1/held-completions").expect(200).json;
        assert_eq!(waiting["items"], json!([]));
        assert_eq!(standing_hours(app, &learner), Hours::whole(80));
    });
}

#[test]
fn a_correction_that_is_refused_changes_nothing_and_the_next_one_replaces_both() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let wrong = learner.finished(&stage.professional);
        let _ = pushed(app, &stage.platform, &wrong, "credited");
        let botched = learner.finished(&stage.public).with("hours", 23).replacing(&wrong);
        let _ = pushed(app, &stage.platform, &botched, "refused");
        assert_eq!(standing_hours(app, &learner), Hours::whole(56));
        let right = learner.finished(&stage.public).replacing(&botched);
        let _ = pushed(app, &stage.platform, &right, "credited");
        assert_eq!(standing_hours(app, &learner), Hours::whole(24));
    });
}

#[test]
fn a_correction_that_waits_changes_nothing_until_it_is_accepted() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let wrong = learner.finished(&stage.professional);
        let first = pushed(app, &stage.platform, &wrong, "credited");
        let right = Item::new(learner.person.reference(), "SX-LATER", 2020).replacing(&wrong);
        let _ = pushed(app, &stage.platform, &right, "held");
        assert_eq!(stands(app, &stage.platform, &first["completion_id"])["reversed"], false);
        assert_eq!(standing_hours(app, &learner), Hours::whole(56));
        let _ = app.course("SX-LATER").professional().hours(1).on(&stage.platform).open();
        let _ = pushed(app, &stage.platform, &right, "credited");
        assert_eq!(standing_hours(app, &learner), Hours::whole(1));
    });
}

#[test]
fn a_correction_that_is_anothers_business_takes_the_old_line_back_all_the_same() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").register();
        let accountant = app.learner("630000").series("会计").register();
        let wrong = learner.finished(&stage.public);
        let first = pushed(app, &stage.platform, &wrong, "credited");
        // It was the accountant who finished the course (QH-04).
        let right = accountant.finished(&stage.public).replacing(&wrong);
        let outcome = pushed(app, &stage.platform, &right, "not_counted");
        assert_eq!(codes(&outcome), ["out_of_scope"]);
        assert_eq!(standing_hours(app, &learner), Hours::ZERO);
        assert_eq!(ledger(app, &accountant), []);
        let stood = stands(app, &stage.platform, &first["completion_id"]);
        assert_eq!((&stood["reversed"], stood["decisions"].as_array().unwrap().len()), (&json!(true), 1));
        let lines = ledger(app, &learner);
        let [reversal] = lines.iter().filter(|line| line.kind == EntryKind::Reversal).collect::<Vec<_>>()[..] else {
            panic!("one line takes it back: {lines:?}")
        };
        assert_eq!(reversal.reason_code.as_deref(), Some("replaced"));
        assert_eq!(reversal.recorded_by, format!("platform:{}", stage.platform.id));
        let [repeat, again] = app.push(&stage.platform, [wrong, right.clone()]);
        // What was out of scope is looked at anew whenever it is sent again.
        assert_eq!((&again["outcome"], codes(&again)), (&json!("not_counted"), vec!["out_of_scope"]));
        assert_eq!(repeat["first"], json!({ "outcome": "credited", "now": "credited", "reversed": true }));
        // That was wrong as well, and is corrected in its turn; the first item stays taken back.
        let third = learner.finished(&stage.professional).replacing(&right);
        let _ = pushed(app, &stage.platform, &third, "credited");
        assert_eq!(standing_hours(app, &learner), Hours::whole(90));
        assert_eq!(last_outcome(app, &stage.platform, &outcome["completion_id"]), "not_counted");
        let _ = reverse(app, &stage.platform, &outcome["completion_id"]).problem(409, "nothing_to_reverse");
        assert_eq!(ledger(app, &learner).len(), 3);
    });
}

#[test]
fn what_counts_nothing_has_its_place_in_a_chain_in_whatever_order_it_arrives() {
    each_backend(|app| {
        let stage = app.qinghai();
        let accountant = app.learner("630000").series("会计").register();
        // What becomes of the second and third item, and the hours that stand in the end.
        type Made = fn(&Learner, &Learner, &Stage) -> Item;
        let mine: Made = |learner, _, stage| learner.finished(&stage.professional);
        let elsewhere: Made = |_, accountant, stage| accountant.finished(&stage.public);
        let refused: Made = |learner, _, stage| learner.finished(&stage.public).with("passed", false);
        let late: Made = |learner, _, stage| learner.finished(&stage.public).at("2020-12-01T00:00:00+08:00");
        let chains = [(elsewhere, mine, 90), (mine, elsewhere, 0), (refused, elsewhere, 0), (elsewhere, refused, 0)];
        for (case, (second, third, hours)) in chains.into_iter().chain([(elsewhere, late, 0)]).enumerate() {
            for (order, in_one_batch) in ORDERS.into_iter().flat_map(|order| [(order, false), (order, true)]) {
                let learner = app.learner("630000").register();
                let first = learner.finished(&stage.public);
                let second = second(&learner, &accountant, &stage).replacing(&first);
                let third = third(&learner, &accountant, &stage).replacing(&second);
                let items = [first, second, third];
                let pushed = order.map(|index| items[index].clone());
                if in_one_batch {
                    let _ = app.push(&stage.platform, pushed);
                } else {
                    pushed.iter().for_each(|item| drop(app.push_one(&stage.platform, item)));
                }
                let told = format!("case {case}, {order:?}, in one batch: {in_one_batch}");
                assert_eq!(standing_hours(app, &learner), Hours::whole(hours), "{told}");
                let _ = app.push(&stage.platform, items);
                assert_eq!(standing_hours(app, &learner), Hours::whole(hours), "{told}, sent again");
            }
        }
        assert_eq!(ledger(app, &accountant), []);
    });
}

#[test]
fn a_correction_of_a_session_does_not_overlap_what_it_corrects() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let course =
            |code: &str| app.course(code).professional().hours(2).only(Mode::FaceToFace).on(&stage.platform).open();
        let session = |item: Item| {
            let item = item.face_to_face().between("2020-03-01T08:00:00+08:00", "2020-03-01T10:00:00+08:00");
            item.at("2020-03-01T10:00:00+08:00")
        };
        let wrong = session(learner.finished(&course("SX-CLASS-1")));
        let right = session(learner.finished(&course("SX-CLASS-2"))).replacing(&wrong);
        let _ = pushed(app, &stage.platform, &wrong, "credited");
        let _ = pushed(app, &stage.platform, &right, "credited");
        assert_eq!(standing_hours(app, &learner), Hours::whole(2));
    });
}
