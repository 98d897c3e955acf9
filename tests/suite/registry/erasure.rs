//! Erasure: the person goes, and what was counted stays.

use crate::{
    completions::{reverse, soon},
    tables::{columns_with, count},
};
use diesel::{QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types};
use serde_json::{Value, json};
use std::{
    sync::{Mutex, mpsc},
    thread,
};
use store::{Db, StoreError};
use tests::{
    App, Backend, each_backend,
    fixtures::{Item, Learner, Person},
};

fn erase(app: &App, learner: &Learner) -> tests::Answer {
    let path = format!("/v1/learners/{}/erasure", learner.id);
    // As long as a ground may be.
    let ground = format!("受理〔2021〕1号{}", "据".repeat(190));
    app.as_officer("610000").post(&path, &json!({ "ground": ground }))
}

fn standing(app: &App, learner: &Learner) -> Value {
    app.as_officer("610000").get(&format!("/v1/learners/{}/standings/2020", learner.id)).expect(200).json
}

#[test]
fn nothing_of_an_erased_person_is_left_and_everything_still_counts() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610100").named("示例标记人").register();
        let person = &learner.person;
        let hash = app.state().keys.lookup_hash("resident_id", &person.document_number);
        let misnamed = Person { name: "示例他名".to_owned(), ..person.clone() };
        let marked = learner.finished(&stage.public).with("evidence", json!({ "remark": "示例标记语" }));
        let credited = app.push_one(&stage.platform, &marked);
        assert_eq!(credited["outcome"], "credited");
        for held in
            [Item::new(person.reference(), "SX-NEW", 2020), Item::new(misnamed.reference(), &stage.public.code, 2020)]
        {
            assert_eq!(app.push_one(&stage.platform, &held)["outcome"], "held");
        }
        let ended = app.learner("610100").named("示例前档人").register();
        assert_eq!(app.push_one(&stage.platform, &ended.finished(&stage.professional))["outcome"], "credited");
        let merge = json!({ "ends": ended.id, "stays": learner.id, "reason": "重复登记" });
        let _ = app.as_officer("610000").post("/v1/learner-merges", &merge).expect(201);
        let other_hash = app.state().keys.lookup_hash("resident_id", &ended.person.document_number);
        let marks = ["示例标记人", "示例前档人", "示例标记语", &hash, &other_hash];
        assert!(marks.iter().all(|mark| !columns_with(app, mark).is_empty()), "they are there before");
        let before = standing(app, &learner);
        let done = erase(app, &learner).expect(200).json;
        assert_eq!((&done["ended_files"], &done["completions"], &done["withdrawn"]), (&json!(1), &json!(4), &json!(2)));
        for mark in marks {
            assert_eq!(columns_with(app, mark), [""; 0], "{mark}");
        }
        assert_eq!(standing(app, &learner), before, "it counts as it did");
        let file = app.as_officer("610000").get(&format!("/v1/learners/{}", learner.id)).expect(200).json;
        assert_eq!((&file["name"], &file["document"]), (&Value::Null, &Value::Null));
        let _ = app.as_learner(learner.id).get(&format!("/v1/learners/{}/access-records", learner.id)).expect(200);
        // Nothing more can be pushed for the file, and who comes with that number is somebody unknown.
        let by_number = app.push_one(&stage.platform, &learner.finished(&stage.professional));
        assert_eq!(
            (&by_number["outcome"], &by_number["reasons"][0]["code"]),
            (&json!("held"), &json!("person_unknown"))
        );
        let by_id = app.push_one(&stage.platform, &learner.finished_by_id(&stage.professional));
        assert_eq!((&by_id["outcome"], &by_id["reasons"][0]["code"]), (&json!("refused"), &json!("no_such_person")));
        assert_eq!(app.push_one(&stage.platform, &marked)["outcome"], "conflict");
        // Said again, later and on another ground, it tells what the first did.
        app.clock.set(tests::NOON + time::Duration::HOUR);
        let path = format!("/v1/learners/{}", learner.id);
        let again = app.as_officer("610000").post(&format!("{path}/erasure"), &json!({ "ground": "受理〔2021〕2号" }));
        assert_eq!(again.expect(200).json, done);
        // Nothing more becomes known of it.
        for (fact, body) in [
            ("placements", json!({ "place": "610103", "from_on": "2021-07-01" })),
            ("employments", json!({ "employer_id": null, "from_on": "2021-07-01" })),
            (
                "posts",
                json!({ "series": "会计", "level": "full_senior", "employment_kind": "permanent", "from_on": "2021-07-01" }),
            ),
        ] {
            let _ = app.as_officer("610000").post(&format!("{path}/{fact}"), &body).problem(404, "not_found");
        }
        let reversal = format!("/v1/completions/{}/reversal", credited["completion_id"].as_str().unwrap());
        let _ = app.as_platform(stage.platform.id).post(&reversal, &json!({ "reason_code": "wrong_data" })).expect(200);
    });
}

fn spaced(name: &str) -> String {
    name.chars().flat_map(|c| [c, ' ']).collect()
}

#[test]
fn erasing_is_the_office_in_charges() {
    each_backend(|app| {
        let learner = app.learner("610100").register();
        let path = format!("/v1/learners/{}/erasure", learner.id);
        let ground = json!({ "ground": "受理〔2021〕1号" });
        let _ = app.as_officer("630000").post(&path, &ground).problem(404, "not_found");
        let _ = app.as_learner(learner.id).post(&path, &ground).problem(403, "caller_not_permitted");
        let _ = app.as_officer("610100").post(&path, &json!({ "ground": " " })).problem(422, "invalid_body");
        // What is kept for good must not name the person, however it is written.
        for told in [learner.person.name.clone(), spaced(&learner.person.name), spaced(&learner.person.document_number)]
        {
            let refused = app.as_officer("610100").post(&path, &json!({ "ground": format!("本人{told}申请") }));
            assert_eq!(refused.problem(422, "invalid_body")["errors"][0]["code"], "personal_data", "{told}");
        }
        let _ = app.as_officer("610100").post(&path, &ground).expect(200);
        // Letters within a word are nobody's name.
        let foreign = app.learner("610100").named("Li Ming").register();
        let path = format!("/v1/learners/{}/erasure", foreign.id);
        let refused = app.as_officer("610100").post(&path, &json!({ "ground": "application of LI  ming" }));
        assert_eq!(refused.problem(422, "invalid_body")["errors"][0]["code"], "personal_data");
        let _ = app.as_officer("610100").post(&path, &json!({ "ground": "delimiting Limings" })).expect(200);
        // With a file go those that ended in it, so whoever erases it is in charge of them as well.
        let (ended, stays) = (app.learner("610300").register(), app.learner("610100").register());
        let province = app.as_officer("610000");
        let merge = |ends, stays| {
            let merge = json!({ "ends": ends, "stays": stays, "reason": "重复登记" });
            province.post("/v1/learner-merges", &merge)
        };
        let _ = merge(ended.id, stays.id).expect(201);
        let path = format!("/v1/learners/{}/erasure", stays.id);
        let _ = app.as_officer("610100").post(&path, &ground).problem(403, "outside_place");
        let _ = province.post(&path, &ground).expect(200);
        // What is nobody's is joined with nothing.
        let living = app.learner("610100").register();
        for (ends, stays) in [(living.id, stays.id), (stays.id, living.id)] {
            let _ = merge(ends, stays).problem(404, "not_found");
        }
        // The number registers somebody new, as if it had never been here.
        let new = json!({
            "document": { "kind": "resident_id", "number": learner.person.document_number },
            "name": "示例新人",
            "placement": { "place": "610100", "from_on": "2019-01-01" }
        });
        let _ = app.as_officer("610100").post("/v1/learners", &new).expect(201);
    });
}

#[test]
fn what_no_decision_ever_gave_to_anyone_is_found_by_the_number_and_an_index() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let person = Person::someone();
        let hash = app.state().keys.lookup_hash("resident_id", &person.document_number);
        let misnamed = Person { name: "示例他名".to_owned(), ..person.clone() };
        for who in [&person, &misnamed] {
            let held = app.push_one(&stage.platform, &who.finished("SX-PUBLIC"));
            let _ = reverse(app, &stage.platform, &held["completion_id"]).expect(200);
        }
        let learner = super::own_file::registered(app, &person);
        let done = erase(app, &learner).expect(200).json;
        assert_eq!((&done["completions"], &done["withdrawn"]), (&json!(2), &json!(0)));
        assert_eq!(columns_with(app, &hash), [""; 0]);
        assert!(app.read(plan).contains("completion_person"), "erasing one of millions must not read everything");
    });
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = sql_types::Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = sql_types::Text, column_name = "QUERY PLAN")]
    line: String,
}

/// How the database finds what came under some numbers.
fn plan(db: &mut Db) -> Result<String, StoreError> {
    let asked = "SELECT platform_id, external_id FROM completion WHERE person_hash";
    match db {
        Db::Sqlite(c) => {
            let steps: Vec<Step> = sql_query(format!("EXPLAIN QUERY PLAN {asked} IN ('a', 'b')")).load(c)?;
            Ok(steps.into_iter().map(|step| step.detail).collect())
        }
        Db::Pg(c) => {
            // A table of two rows is read whole unless that is made dear.
            c.batch_execute("SET LOCAL enable_seqscan = off")?;
            let lines: Vec<Line> = sql_query(format!("EXPLAIN {asked} = ANY(ARRAY['a', 'b'])")).load(c)?;
            Ok(lines.into_iter().map(|line| line.line).collect())
        }
    }
}

#[test]
fn a_push_that_found_the_person_and_commits_after_the_erasure_leaves_nothing_either() {
    if !Backend::has_server() {
        return;
    }
    let app = App::start(Backend::Postgres);
    let stage = app.shaanxi();
    let learner = app.learner("610100").register();
    let hash = app.state().keys.lookup_hash("resident_id", &learner.person.document_number);
    let locks = |granted: &str| {
        let sql = format!(
            "SELECT count(*) AS rows FROM pg_locks WHERE relation = 'completion_decision'::regclass AND {granted} \
             AND mode IN ('ExclusiveLock', 'RowExclusiveLock')"
        );
        app.read(move |db| count(db, &sql))
    };
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    thread::scope(|scope| {
        let app = &app;
        let _ = scope.spawn(move || {
            app.write(move |db| {
                if let Db::Pg(c) = db {
                    c.batch_execute("LOCK TABLE completion_decision IN EXCLUSIVE MODE")?;
                }
                let _ = wait.lock().unwrap().recv();
                Ok(())
            })
        });
        soon(|| locks("granted") == 1);
        let items =
            [learner.finished(&stage.public), learner.finished(&stage.professional).with("course_code", "SX-NEW")];
        let pushed = scope.spawn(|| app.push(&stage.platform, items).map(|told| told["outcome"].clone()));
        soon(|| locks("NOT granted") == 1);
        let _ = erase(app, &learner).expect(200);
        go_on.send(()).unwrap();
        assert_eq!(pushed.join().unwrap(), [json!("credited"), json!("held")]);
    });
    assert!(!columns_with(&app, &hash).is_empty(), "it came in with the number");
    app.clock.set(app.clock.now() + time::Duration::minutes(3));
    soon(|| columns_with(&app, &hash).is_empty());
    let held = app.as_platform(stage.platform.id).get("/v1/held-completions").expect(200).json;
    assert_eq!(held["items"], json!([]));
}
