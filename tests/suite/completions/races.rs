//! Two requests at the same moment over the same item: whichever comes first, the books are right afterwards.
//!
//! Each race is run many times with new people. On SQLite writes follow one another; on PostgreSQL the two transactions really
//! run beside each other, on two connections.

use super::{codes, held, ledger, pushed, rescope, reverse, soon, stands};
use domain::{
    hour_ledger::{Entry, EntryKind},
    kernel::Hours,
    registry::EmploymentKind,
};
use serde_json::{Value, json};
use tests::{
    App, Backend, at_once, each_backend,
    fixtures::{Item, Person, Platform, Stage},
};

const ROUNDS: usize = 12;

/// The lines that stand, and the decisions over an item in their order.
fn live(lines: &[Entry]) -> Vec<&Entry> {
    let taken_back = |line: &Entry| lines.iter().any(|other| other.reverses == Some(line.id));
    lines.iter().filter(|line| line.kind != EntryKind::Reversal && !taken_back(line)).collect()
}

fn outcomes(app: &App, platform: &Platform, completion: &Value) -> Vec<String> {
    let body = stands(app, platform, completion);
    let decisions = body["decisions"].as_array().unwrap();
    for (number, decision) in (1..).zip(decisions) {
        assert_eq!(decision["number"], number, "{body}");
    }
    decisions.iter().map(|decision| decision["outcome"].as_str().unwrap().to_owned()).collect()
}

fn learner_of(app: &App, id: &Value) -> Vec<Entry> {
    let id = id.as_str().unwrap().parse().unwrap();
    app.read(move |db| store::hour_ledger::entries_of_many(db, &[domain::kernel::LearnerId::from_uuid(id)], None, None))
}

fn each_round(race: impl Fn(&App, &Stage)) {
    each_backend(|app| {
        let stage = app.shaanxi();
        (0..ROUNDS).for_each(|_| race(app, &stage));
    });
}

#[test]
fn an_item_withdrawn_while_its_person_is_registered_is_worth_nothing_afterwards() {
    each_round(|app, stage| {
        let person = Person::someone();
        let waiting = pushed(app, &stage.platform, &person.finished("SX-PUBLIC"), "held");
        let id = &waiting["completion_id"];
        let (taken_back, learner) =
            at_once(|| reverse(app, &stage.platform, id), || held::register(app, "610000", &person));
        let told = taken_back.expect(200).json;
        let lines = learner_of(app, &learner);
        assert_eq!(live(&lines), Vec::<&Entry>::new());
        let credited = outcomes(app, &stage.platform, id).contains(&"credited".to_owned());
        // Taken back before it was credited, or after; what the caller was told says which.
        assert_eq!((lines.len() == 2, told["reverses"].is_string()), (credited, credited), "{told}");
    });
}

#[test]
fn an_item_sent_again_while_its_person_is_registered_is_credited_once() {
    each_round(|app, stage| {
        let person = Person::someone();
        let item = person.finished("SX-PUBLIC");
        let waiting = pushed(app, &stage.platform, &item, "held");
        let (again, learner) =
            at_once(|| app.push_one(&stage.platform, &item), || held::register(app, "610000", &person));
        let outcome = again["outcome"].as_str().unwrap();
        assert!(["held", "credited", "already_recorded"].contains(&outcome), "{again}");
        app.clock.set(app.clock.now() + time::Duration::seconds(11));
        soon(|| live(&learner_of(app, &learner)).len() == 1);
        let decisions = outcomes(app, &stage.platform, &waiting["completion_id"]);
        assert_eq!(decisions.iter().filter(|outcome| *outcome == "credited").count(), 1, "{decisions:?}");
        assert_eq!(learner_of(app, &learner).len(), 1);
    });
}

#[test]
fn an_item_corrected_while_it_is_taken_back_is_taken_back_once() {
    each_round(|app, stage| {
        let learner = app.learner("610000").register();
        let wrong = learner.finished(&stage.public);
        let first = pushed(app, &stage.platform, &wrong, "credited");
        let right = learner.finished(&stage.public).replacing(&wrong);
        let (corrected, taken_back) = at_once(
            || app.push_one(&stage.platform, &right),
            || reverse(app, &stage.platform, &first["completion_id"]),
        );
        assert_eq!(corrected["outcome"], "credited", "{corrected}");
        assert!([200, 409].contains(&taken_back.status), "{}", taken_back.text);
        let lines = ledger(app, &learner);
        assert_eq!(live(&lines).iter().map(|line| line.hours).collect::<Vec<_>>(), [Hours::whole(24)]);
        assert_eq!(live(&lines)[0].external_id.as_deref(), Some(right.external_id()));
        assert_eq!(lines.len(), 3);
    });
}

#[test]
fn of_two_corrections_of_one_item_the_first_takes_its_place_and_the_other_is_refused() {
    each_round(|app, stage| {
        let learner = app.learner("610000").register();
        let wrong = learner.finished(&stage.public);
        let _ = pushed(app, &stage.platform, &wrong, "credited");
        let [one, other] = [(); 2].map(|()| learner.finished(&stage.public).replacing(&wrong));
        let answers = at_once(|| app.push_one(&stage.platform, &one), || app.push_one(&stage.platform, &other));
        let (won, late, winner) = if answers.0["outcome"] == "credited" {
            (answers.0, answers.1, &one)
        } else {
            (answers.1, answers.0, &other)
        };
        assert_eq!((&won["outcome"], &late["outcome"]), (&json!("credited"), &json!("refused")));
        assert_eq!(late["reasons"][0]["code"], "already_replaced", "{late}");
        assert_eq!(late["reasons"][0]["facts"]["by"], winner.external_id());
        let lines = ledger(app, &learner);
        assert_eq!((lines.len(), live(&lines).len()), (3, 1));
    });
}

#[test]
fn a_chain_whose_links_arrive_at_once_counts_by_its_last() {
    each_round(|app, stage| {
        let learner = app.learner("610000").register();
        let first = learner.finished(&stage.public);
        let second = learner.finished(&stage.public).replacing(&first);
        let third = learner.finished(&stage.public).replacing(&second);
        let push = |items: [&Item; 2]| app.push_batch(&stage.platform, items.map(Clone::clone)).expect(200).json;
        let answers = at_once(|| push([&third, &first]), || push([&second, &third]));
        app.clock.set(app.clock.now() + time::Duration::seconds(11));
        let last = || ledger(app, &learner);
        soon(|| live(&last()).iter().any(|line| line.external_id.as_deref() == Some(third.external_id())));
        assert_eq!(live(&last()).len(), 1, "{answers:?}");
    });
}

/// Pushes two batches at the same moment and answers the outcomes of both.
fn pushed_at_once(app: &App, platform: &Platform, batches: [&[Item]; 2]) -> Vec<Value> {
    let push = |items: &[Item]| app.push_batch(platform, items.to_vec()).expect(200).json["items"].clone();
    let (one, other) = at_once(|| push(batches[0]), || push(batches[1]));
    [one, other].iter().flat_map(|items| items.as_array().unwrap().clone()).collect()
}

/// Of these outcomes one is accepted and all others came too late.
fn one_was_first(outcomes: &[&Value]) {
    let (won, late): (Vec<_>, Vec<_>) = outcomes.iter().copied().partition(|one| one["outcome"] == "credited");
    assert_eq!(won.len(), 1, "{outcomes:?}");
    for one in late {
        assert_eq!((&one["outcome"], codes(one)), (&json!("refused"), vec!["already_replaced"]), "{one}");
        assert_eq!(one["reasons"][0]["facts"]["by"], won[0]["external_id"], "{one}");
    }
}

#[test]
fn of_two_corrections_of_what_is_worth_nothing_any_more_one_takes_its_place() {
    each_backend(|app| {
        let stage = app.qinghai();
        let elsewhere = app.learner("630000").series("会计").register();
        for round in 0..ROUNDS {
            let learner = app.learner("630000").register();
            // Taken back by hand, refused, and over one that was refused: of the first, no key keeps the second one out.
            let taken_back = learner.finished(&stage.public);
            let credited = pushed(app, &stage.platform, &taken_back, "credited");
            let _ = reverse(app, &stage.platform, &credited["completion_id"]).expect(200);
            let refused = learner.finished(&stage.public).with("passed", false);
            let _ = pushed(app, &stage.platform, &refused, "refused");
            let not_counted = elsewhere.finished(&stage.public);
            let _ = pushed(app, &stage.platform, &not_counted, "not_counted");
            let between = learner.finished(&stage.public).with("passed", false).replacing(&taken_back);
            let _ = pushed(app, &stage.platform, &between, "refused");
            let over = if round % 2 == 0 { &taken_back } else { &between };
            for (one, other) in [(&taken_back, over), (&refused, &refused), (&not_counted, &not_counted)] {
                let [one, other] = [one, other].map(|old| learner.finished(&stage.public).replacing(old));
                let told = pushed_at_once(app, &stage.platform, [&[one], &[other]]);
                one_was_first(&told.iter().collect::<Vec<_>>());
            }
            assert_eq!(live(&ledger(app, &learner)).len(), 3);
        }
    });
}

#[test]
fn batches_that_correct_the_same_items_in_opposite_orders_and_generations_both_get_their_answers() {
    each_round(|app, stage| {
        let learner = app.learner("610000").register();
        let taken_back = [(); 2].map(|()| {
            let item = learner.finished(&stage.public);
            let credited = pushed(app, &stage.platform, &item, "credited");
            let _ = reverse(app, &stage.platform, &credited["completion_id"]).expect(200);
            item
        });
        let over = taken_back.each_ref().map(|old| {
            let refused = learner.finished(&stage.public).with("passed", false).replacing(old);
            let _ = pushed(app, &stage.platform, &refused, "refused");
            refused
        });
        // One batch reaches the first item at once and the second over another one, the other batch the other way about.
        let correct = |old: [&Item; 2]| old.map(|old| learner.finished(&stage.public).replacing(old));
        let batches = [correct([&taken_back[0], &over[1]]), correct([&over[0], &taken_back[1]])];
        let told = pushed_at_once(app, &stage.platform, [&batches[0], &batches[1]]);
        one_was_first(&[&told[0], &told[2]]);
        one_was_first(&[&told[1], &told[3]]);
        assert_eq!(live(&ledger(app, &learner)).len(), 2);
    });
}

#[test]
fn an_item_pushed_while_the_post_of_its_person_is_corrected_counts_in_the_end() {
    each_backend(|app| {
        let stage = app.qinghai();
        for _ in 0..ROUNDS {
            let learner = app.learner("630000").series("会计").register();
            let item = learner.finished(&stage.public);
            let (told, ()) = at_once(|| app.push_one(&stage.platform, &item), || rescope::correct_post(app, &learner));
            assert!(["credited", "not_counted"].contains(&told["outcome"].as_str().unwrap()), "{told}");
            app.clock.set(app.clock.now() + time::Duration::seconds(11));
            soon(|| live(&ledger(app, &learner)).len() == 1);
        }
    });
}

/// As such a push that saw the old post alone: the fixture corrects it and has nothing decided anew.
#[test]
fn what_was_out_of_scope_beside_a_correction_is_looked_at_once_more() {
    if !Backend::has_server() {
        return;
    }
    let app = App::start(Backend::Postgres);
    let stage = app.qinghai();
    let learner = app.learner("630000").series("会计").register();
    let told = pushed(&app, &stage.platform, &learner.finished(&stage.public), "not_counted");
    let post = store::registry::LearnerPost {
        learner_id: learner.id,
        fact_id: domain::kernel::FactId::from_uuid(uuid::Uuid::now_v7()),
        series: None,
        level: None,
        employment_kind: EmploymentKind::Permanent,
        from_on: time::macros::date!(2010 - 01 - 01),
        recorded_at: app.clock.now() + time::Duration::seconds(1),
        recorded_by: "test".to_owned(),
    };
    app.write(move |db| store::registry::append_facts(db, &[], &[], std::slice::from_ref(&post)));
    app.clock.set(app.clock.now() + time::Duration::seconds(11));
    soon(|| outcomes(&app, &stage.platform, &told["completion_id"]) == ["not_counted", "credited"]);
}
