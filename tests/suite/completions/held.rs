//! What waits for a person, a course, a name, an item or a rule, and is judged when that appears.

use super::{codes, last_outcome, ledger, pushed, soon, standing_hours, stands};
use domain::kernel::{CompletionId, EntryId, Hours};
use serde_json::{Value, json};
use tests::{
    App, Backend, each_backend,
    fixtures::{Item, Person, Stage},
};
use time::macros::datetime;

/// Registers a learner of a place as an officer does.
pub(crate) fn register(app: &App, place: &str, person: &Person) -> Value {
    let body = json!({
        "document": { "kind": "resident_id", "number": person.document_number },
        "name": person.name,
        "placement": { "place": place, "from_on": "2010-01-01" },
    });
    app.as_officer("000000").post("/v1/learners", &body).expect(201).json["learner_id"].clone()
}

/// Registers a professional course of 8 hours as an officer does.
fn open_course(app: &App, stage: &Stage, code: &str) {
    let base = app.base(domain::registry::Tier::Provincial, None);
    let body = json!({
        "code": code,
        "provider": { "kind": "base", "id": base },
        "title": "示例专业课",
        "category": "professional",
        "hours": 8,
        "modes": ["online"],
        "policy_year": 2020,
        "available_from": "2010-01-01",
        "platforms": [stage.platform.id],
    });
    let _ = app.as_officer("610000").post("/v1/courses", &body).expect(201);
}

fn waiting(app: &App, stage: &Stage) -> usize {
    let body = app.as_platform(stage.platform.id).get("/v1/held-completions?limit=200").expect(200).json;
    body["items"].as_array().unwrap().len()
}

#[test]
fn an_item_about_a_person_not_registered_waits_and_is_credited_when_they_are() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let person = Person::someone();
        let item = person.finished("SX-PUBLIC");
        let held = pushed(app, &stage.platform, &item, "held");
        assert_eq!(codes(&held), ["person_unknown"]);
        assert_eq!(held["reasons"][0]["hint"]["action"], "register_person");
        assert_eq!((&held["learner_id"], &held["entry_id"]), (&Value::Null, &Value::Null));
        let platform = app.as_platform(stage.platform.id).in_english();
        let queue = platform.get("/v1/held-completions").expect(200);
        assert_eq!(queue.json["items"][0]["external_id"], item.external_id());
        assert_eq!(queue.json["items"][0]["reasons"], held["reasons"]);
        assert!(!queue.text.contains(&person.document_number) && !queue.text.contains(&person.name));
        // Sent again while it waits, it still waits, and no further decision falls.
        assert_eq!(codes(&pushed(app, &stage.platform, &item, "held")), ["person_unknown"]);
        assert_eq!(waiting(app, &stage), 1);

        let learner_id = register(app, "610000", &person);
        let body = stands(app, &stage.platform, &held["completion_id"]);
        let outcomes: Vec<_> = body["decisions"].as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
        assert_eq!(outcomes, ["held", "credited"]);
        assert_eq!(body["decisions"][1]["learner_id"], learner_id);
        assert_eq!(waiting(app, &stage), 0);
        let repeated = pushed(app, &stage.platform, &item, "already_recorded");
        assert_eq!(repeated["first"], json!({ "outcome": "held", "now": "credited", "reversed": false }));
        // The answers of the first sending stay what they were.
        let other = app.as_platform(app.platform("other").register().id);
        assert_eq!(other.get("/v1/held-completions").expect(200).json["items"], json!([]));
    });
}

#[test]
fn an_item_about_a_course_not_registered_waits_and_is_credited_when_it_is() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let item = Item::new(learner.person.reference(), "SX-NEW", 2020);
        let held = pushed(app, &stage.platform, &item, "held");
        assert_eq!(codes(&held), ["course_unknown"]);
        assert_eq!(held["reasons"][0]["facts"]["course"], "SX-NEW");
        assert_eq!(held["learner_id"], json!(learner.id));
        open_course(app, &stage, "SX-NEWER");
        assert_eq!(last_outcome(app, &stage.platform, &held["completion_id"]), "held");
        open_course(app, &stage, "SX-NEW");
        assert_eq!(last_outcome(app, &stage.platform, &held["completion_id"]), "credited");
        assert_eq!(standing_hours(app, &learner), Hours::whole(8));
    });
}

#[test]
fn an_item_that_lacks_both_waits_until_both_are_there_in_either_order() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let (one, other) = (Person::someone(), Person::someone());
        let held = [
            pushed(app, &stage.platform, &one.finished("SX-A"), "held"),
            pushed(app, &stage.platform, &other.finished("SX-B"), "held"),
        ];
        assert_eq!(codes(&held[0]), ["person_unknown", "course_unknown"]);
        register(app, "610000", &one);
        open_course(app, &stage, "SX-B");
        for one in &held {
            assert_eq!(last_outcome(app, &stage.platform, &one["completion_id"]), "held");
        }
        let queue = app.as_platform(stage.platform.id).get("/v1/held-completions").expect(200).json;
        let waits = |held: &Value| {
            let items = queue["items"].as_array().unwrap();
            let one = items.iter().find(|item| item["external_id"] == held["external_id"]).unwrap();
            codes(one).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(waits(&held[0]), ["course_unknown"]);
        open_course(app, &stage, "SX-A");
        register(app, "610000", &other);
        for one in &held {
            assert_eq!(last_outcome(app, &stage.platform, &one["completion_id"]), "credited");
        }
        assert_eq!(waiting(app, &stage), 0);
    });
}

/// A rehearsal leaves no item behind by which asking around would be seen, so it does not tell a number that is registered under
/// another name from one that is not registered at all.
#[track_caller]
fn rehearsed_like_nobodys(app: &App, stage: &Stage, item: &Item) {
    let rehearse = |item: Item| {
        let items = json!({ "items": [item.called("rehearsed").json()] });
        app.as_platform(stage.platform.id).post("/v1/completion-batches/validation", &items).expect(200).json
    };
    let nobodys = item.clone().with("person", Person::someone().reference());
    assert_eq!(rehearse(item.clone()), rehearse(nobodys));
}

#[test]
fn a_known_number_with_another_name_waits_and_is_never_credited_before_the_name_is_right() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").named("示例张三").register();
        let mut renamed = learner.person.reference();
        renamed["name"] = json!("示例李四");
        let item = learner.finished(&stage.public).with("person", renamed);
        let held = pushed(app, &stage.platform, &item, "held");
        assert_eq!(codes(&held), ["name_mismatch"]);
        assert_eq!(held["reasons"][0]["hint"]["action"], "correct_name");
        // Whether the number is registered under another name is told, not under which, nor whose it is.
        assert!(!held.to_string().contains("张三"));
        let _ = pushed(app, &stage.platform, &item, "held");
        assert_eq!(ledger(app, &learner), []);
        rehearsed_like_nobodys(app, &stage, &item);
        let path = format!("/v1/learners/{}", learner.id);
        let officer = app.as_officer("610000");
        let _ = officer.patch(&path, &json!({ "name": "示例王五" })).expect(200);
        assert_eq!(last_outcome(app, &stage.platform, &held["completion_id"]), "held");
        let _ = officer.patch(&path, &json!({ "name": "示例李四" })).expect(200);
        assert_eq!(last_outcome(app, &stage.platform, &held["completion_id"]), "credited");
        // A name in another spelling of the same is the same.
        let mut spelled = learner.person.reference();
        spelled["name"] = json!(" 示例 李四 ");
        let _ =
            pushed(app, &stage.platform, &learner.finished(&stage.professional).with("person", spelled), "credited");
        assert_eq!(standing_hours(app, &learner), Hours::whole(80));
    });
}

#[test]
fn an_item_of_a_year_without_a_rule_waits_for_its_publication() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610100").register();
        let course = app.course("SX-2021").professional().hours(8).for_year(2021).on(&stage.platform).open();
        let item = learner.finished(&course);
        let held = pushed(app, &stage.platform, &item, "held");
        assert_eq!(codes(&held), ["no_rule_in_force"]);
        let facts = &held["reasons"][0]["facts"];
        assert_eq!((&facts["place"], &facts["year"]), (&json!("610000"), &json!(2021)));
        assert_eq!(held["reasons"][0]["hint"]["action"], "await_rule");
        // The place is called by its name, wherever the reason is told.
        let platform = app.as_platform(stage.platform.id);
        let path = format!("/v1/completions/{}", held["completion_id"].as_str().unwrap());
        for (platform, text) in [
            (platform.clone(), "陕西省（610000）没有 2021 年度的规则"),
            (platform.in_english(), "陕西省 (610000) has no rule in force for 2021"),
        ] {
            let batch = tests::fixtures::batch([item.clone()]);
            let told = platform.post("/v1/completion-batches", &batch).expect(200).json["items"][0].clone();
            let rehearsed = platform.post("/v1/completion-batches/validation", &batch).expect(200).json[0].clone();
            let queued = platform.get("/v1/held-completions").expect(200).json["items"][0].clone();
            let decided = platform.get(&path).expect(200).json["decisions"][0].clone();
            for answer in [told, rehearsed, queued, decided] {
                assert_eq!(answer["reasons"][0]["text"], text, "{answer}");
            }
        }

        let file = policies::FILES.iter().find(|file| file.path == "610000-shaanxi/2020.toml").unwrap().rules;
        let source = file.replacen("year = 2020", "year = 2021", 1);
        let officer = app.as_officer("610000");
        let id = officer.post("/v1/policies", &json!({ "source": source })).expect(201).json["policy_id"].clone();
        let path = format!("/v1/policies/{}/publication", id.as_str().unwrap());
        let _ = officer.send("POST", &path, None, Vec::new()).expect(201);
        soon(|| last_outcome(app, &stage.platform, &held["completion_id"]) == "credited");
        let body = stands(app, &stage.platform, &held["completion_id"]);
        assert_eq!(body["decisions"][1]["policy_version_id"], id);
        assert_eq!(body["decisions"][1]["year"], 2021);
        assert_eq!(waiting(app, &stage), 0);
    });
}

#[test]
fn many_items_are_let_go_a_hundred_at_once_and_the_rest_by_the_runner() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let items: Vec<Item> = (0..260).map(|_| Item::new(learner.person.reference(), "SX-NEW", 2020)).collect();
        let body = app.push_batch(&stage.platform, items).expect(200).json;
        assert_eq!(body["counts"]["held"], 260);
        assert_eq!(waiting(app, &stage), 200, "a page is full");
        open_course(app, &stage, "SX-NEW");
        assert!(ledger(app, &learner).len() >= 100);
        soon(|| waiting(app, &stage) == 0);
        assert_eq!(ledger(app, &learner).len(), 260);
        assert_eq!(standing_hours(app, &learner), Hours::whole(8 * 260));
    });
}

#[test]
fn a_transaction_lets_go_of_exactly_a_hundred_and_queues_the_rest() {
    for backend in Backend::at_hand() {
        let app = App::without_runner(backend);
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let items = |course: &str, count| -> Vec<Item> {
            (0..count).map(|_| Item::new(learner.person.reference(), course, 2020)).collect()
        };
        for (course, waits, left) in [("SX-HUNDRED", 100, 0), ("SX-MORE", 101, 1)] {
            let so_far = ledger(&app, &learner).len();
            let queued = crate::tables::rows(&app)["work"];
            assert_eq!(app.push_batch(&stage.platform, items(course, waits)).expect(200).json["counts"]["held"], waits);
            open_course(&app, &stage, course);
            assert_eq!(ledger(&app, &learner).len() - so_far, 100, "{backend:?}: {course}");
            assert_eq!(waiting(&app, &stage), left, "{backend:?}: {course}");
            assert!(crate::tables::rows(&app)["work"] - queued >= i64::from(left > 0), "{backend:?}: {course}");
        }
    }
}

#[test]
fn what_waits_for_a_rule_is_looked_at_again_when_its_learner_belongs_elsewhere() {
    each_backend(|app| {
        // Qinghai has no rule for 2021, Pingdingshan has one.
        let stage = app.pingdingshan();
        let (learner, neighbour) = (app.learner("630000").register(), app.learner("630000").register());
        let items: Vec<Item> = (0..130).map(|_| learner.finished(&stage.public)).collect();
        let body = app.push_batch(&stage.platform, items).expect(200).json;
        assert_eq!(body["counts"]["held"], 130);
        let stays = pushed(app, &stage.platform, &neighbour.finished(&stage.public), "held");
        let administrator = app.as_national_officer();
        let moved = json!({ "place": "410400", "from_on": "2020-01-01" });
        let _ = administrator.post(&format!("/v1/learners/{}/placements", learner.id), &moved).expect(201);
        assert!(ledger(app, &learner).len() >= 100, "a hundred in the transaction of the change");
        soon(|| ledger(app, &learner).len() == 130);
        assert_eq!(last_outcome(app, &stage.platform, &stays["completion_id"]), "held");

        // The same where the place comes with many others.
        let person = &neighbour.person;
        let item = json!({
            "document": { "kind": "resident_id", "number": person.document_number },
            "name": person.name,
            "placement": { "place": "410400", "from_on": "2020-01-01" }
        });
        let answer = administrator.post("/v1/learners/bulk", &json!({ "items": [item] })).expect(200).json;
        assert_eq!(answer["counts"]["updated"], 1);
        assert_eq!(last_outcome(app, &stage.platform, &stays["completion_id"]), "credited");
    });
}

#[test]
fn held_items_are_listed_page_by_page() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let person = Person::someone();
        let items: Vec<Item> = (10..35).map(|n| person.finished("SX-PUBLIC").called(&format!("H-{n}"))).collect();
        let _ = app.push_batch(&stage.platform, items).expect(200);
        let platform = app.as_platform(stage.platform.id);
        let mut path = "/v1/held-completions?limit=10".to_owned();
        let (mut seen, mut pages) = (Vec::new(), 0);
        loop {
            let body = platform.get(&path).expect(200).json;
            let items = body["items"].as_array().unwrap();
            seen.extend(items.iter().map(|item| item["external_id"].as_str().unwrap().to_owned()));
            pages += 1;
            let Some(cursor) = body["next_cursor"].as_str() else { break };
            path = format!("/v1/held-completions?limit=10&cursor={cursor}");
        }
        assert_eq!((seen, pages), ((10..35).map(|n| format!("H-{n}")).collect(), 3));
    });
}

/// A held item is judged by the moment it was pushed at, not by the one it was let go at.
#[test]
fn an_item_that_lay_in_the_future_when_pushed_is_refused_when_it_is_let_go() {
    each_backend(|app| {
        let stage = app.pingdingshan();
        let person = Person::someone();
        let item = person.finished("PDS-PUBLIC").at("2021-07-01T00:00:00+08:00");
        let held = pushed(app, &stage.platform, &item, "held");
        app.clock.set(datetime!(2021-08-01 12:00 +08:00));
        register(app, "410400", &person);
        assert_eq!(last_outcome(app, &stage.platform, &held["completion_id"]), "refused");
        let credited = pushed(app, &stage.platform, &item, "credited");
        assert_eq!(credited["completion_id"], held["completion_id"]);
    });
}

/// The moment is that of the last push: sent again once it was past, the item is good.
#[test]
fn an_item_that_was_sent_again_once_it_was_past_is_credited_when_it_is_let_go() {
    each_backend(|app| {
        let stage = app.pingdingshan();
        let person = Person::someone();
        let item = person.finished("PDS-PUBLIC").at("2021-07-01T00:00:00+08:00");
        let held = pushed(app, &stage.platform, &item, "held");
        app.clock.set(datetime!(2021-08-01 12:00 +08:00));
        let _ = pushed(app, &stage.platform, &item, "held");
        register(app, "410400", &person);
        assert_eq!(last_outcome(app, &stage.platform, &held["completion_id"]), "credited");
    });
}

/// Of a list longer than a step of the runner, those in front may have been let go before.
#[test]
fn an_item_behind_many_that_wait_no_more_is_let_go() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let person = Person::someone();
        let item = person.finished("SX-PUBLIC").called("z");
        let held = pushed(app, &stage.platform, &item, "held");
        let _ = app.learner("610000").who_is(&person).register();
        let ids: Vec<String> = (0..520).map(|n| format!("a-{n:03}")).chain(["z".to_owned()]).collect();
        let passes = json!({ "passes": [{ "items": { "platform": stage.platform.id, "external_ids": ids } }] });
        let now = app.clock.now();
        app.write(move |db| {
            let id = domain::kernel::WorkId::from_uuid(uuid::Uuid::now_v7());
            let payload = passes.to_string();
            let work = store::work::NewWork { id, kind: "release_holds", payload: &payload, run_after: now };
            store::work::enqueue(db, work, now)
        });
        soon(|| last_outcome(app, &stage.platform, &held["completion_id"]) == "credited");
    });
}

/// On PostgreSQL a registration may commit while a push that does not see it leaves its item waiting.
#[test]
fn what_was_left_waiting_beside_a_registration_is_looked_at_once_more() {
    if !Backend::has_server() {
        return;
    }
    let app = App::start(Backend::Postgres);
    let stage = app.shaanxi();
    let person = Person::someone();
    let held = pushed(&app, &stage.platform, &person.finished("SX-PUBLIC"), "held");
    // The fixture lets nothing go, as a registration that saw no hold.
    let learner = app.learner("610000").who_is(&person).register();
    app.clock.set(app.clock.now() + time::Duration::seconds(11));
    soon(|| last_outcome(&app, &stage.platform, &held["completion_id"]) == "credited");
    assert_eq!(standing_hours(&app, &learner), Hours::whole(24));
}

/// What can never be decided must not keep back what stands behind it in the queue.
#[test]
fn an_item_that_cannot_be_let_go_holds_up_no_other() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let person = || learner.person.reference();
        let sound = pushed(app, &stage.platform, &learner.finished(&stage.public), "credited");
        let items: Vec<Item> =
            (10..15).map(|n| Item::new(person(), "SX-NEW", 2020).called(&format!("N-{n}"))).collect();
        let body = app.push_batch(&stage.platform, items).expect(200).json;
        // The line that the second decision over the first item would bring is there already.
        let spoilt = body["items"][0]["completion_id"].as_str().unwrap().parse().unwrap();
        let ids = (learner.id, sound["entry_id"].as_str().unwrap().parse().unwrap());
        app.write_lines_past_the_service();
        app.write(move |db| {
            let mut line = store::hour_ledger::entries_by_id(db, &[ids])?.remove(0);
            line.id = EntryId::from_uuid(uuid::Uuid::now_v7());
            line.course = None;
            line.hours = Hours::ZERO;
            line.completion = Some(CompletionId::from_uuid(spoilt));
            line.decision_number = Some(2);
            store::hour_ledger::insert_entries(db, &[line])
        });
        open_course(app, &stage, "SX-NEW");
        soon(|| waiting(app, &stage) == 1);
        assert_eq!(standing_hours(app, &learner), Hours::whole(24 + 4 * 8));
        let queue = app.as_platform(stage.platform.id).get("/v1/held-completions").expect(200).json;
        assert_eq!(queue["items"][0]["external_id"], "N-10");
    });
}
