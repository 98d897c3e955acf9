//! The tag of an answer, and what was known at a moment.

use super::{hours, path};
use domain::kernel::{FactId, LearnerId};
use serde_json::{Value, json};
use std::collections::HashSet;
use store::registry::{self, LearnerPlace, LearningPlatform, append_facts};
use tests::{
    App, NOON, each_backend,
    fixtures::{Course, Learner},
};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339, macros::datetime};

fn tag(app: &App, learner: &Learner) -> String {
    app.as_learner(learner.id).get(&path(learner.id, 2020)).expect(200).header("etag").to_owned()
}

/// That the learner still belongs where they did: a fact that changes no verdict.
fn another_fact(app: &App, learner_id: LearnerId) {
    let place = LearnerPlace {
        learner_id,
        fact_id: FactId::from_uuid(uuid::Uuid::now_v7()),
        place_code: "610000".parse().unwrap(),
        from_on: time::macros::date!(2011 - 01 - 01),
        recorded_at: app.clock.now(),
        recorded_by: "fixture".to_owned(),
    };
    app.write(move |db| append_facts(db, std::slice::from_ref(&place), &[], &[]));
}

#[test]
fn an_answer_that_did_not_change_is_not_sent_again() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let caller = app.as_learner(learner.id);
        let first = tag(app, &learner);
        let again = caller.clone().with("if-none-match", &first).get(&path(learner.id, 2020));
        assert_eq!((again.status, again.text.as_str(), again.header("etag")), (304, "", first.as_str()));

        // Each of these gives another answer, or rests on something else.
        let mut seen = HashSet::from([first.clone()]);
        let mut is_new = |tag: &str, what: &str| assert!(seen.insert(tag.to_owned()), "{what}");
        is_new(caller.clone().in_english().get(&path(learner.id, 2020)).expect(200).header("etag"), "language");
        is_new(app.as_officer("610000").get(&path(learner.id, 2020)).expect(200).header("etag"), "mask");
        let known = format!("{}?as_known_at={}", path(learner.id, 2020), text(NOON));
        is_new(caller.get(&known).expect(200).header("etag"), "as known at");
        let _ = app.push_one(&stage.platform, &learner.finished(&stage.public));
        is_new(&tag(app, &learner), "an entry");
        another_fact(app, learner.id);
        is_new(&tag(app, &learner), "a fact");
        app.clock.set(NOON + Duration::DAY);
        is_new(&tag(app, &learner), "the civil day");
        let changed = caller.with("if-none-match", &first).get(&path(learner.id, 2020));
        assert_eq!(changed.status, 200);
        assert_eq!(app.as_learner(learner.id).with("if-none-match", "*").get(&path(learner.id, 2020)).status, 304);
    });
}

#[test]
fn another_name_of_a_platform_and_another_version_of_a_course_are_shown_at_once() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let push = |course: &Course| app.push_one(&stage.platform, &learner.finished(course));
        let _ = push(&stage.public);
        let before = app.as_learner(learner.id).get(&path(learner.id, 2020)).expect(200);
        let id = stage.platform.id;
        let named = "另一名称".to_owned();
        app.write(move |db| {
            let row = registry::find_platform(db, id)?.unwrap();
            registry::upsert_platform(db, &LearningPlatform { name: named.clone(), ..row })
        });
        let after = app.as_learner(learner.id).get(&path(learner.id, 2020)).expect(200);
        assert_eq!(after.json["counted"][0]["platform"]["name"], "另一名称");
        assert_ne!(after.header("etag"), before.header("etag"), "a name that is shown");

        let course = |hours| app.course("SX-NEW").professional().hours(hours).for_year(2020).on(&stage.platform).open();
        let _ = push(&course(8));
        let ledger = format!("/v1/learners/{}/hour-entries", learner.id);
        let versions = |url: &str, of: &str| -> Vec<Value> {
            let told = app.as_learner(learner.id).get(url).expect(200).json;
            let lines = told[of].as_array().unwrap().iter().filter(|line| line["course"]["code"] == "SX-NEW");
            lines.map(|line| json!([line["course"]["version"], line["course"]["title"]])).collect()
        };
        let first = json!([1, "示例课程SX-NEW"]);
        assert_eq!(versions(&path(learner.id, 2020), "counted"), std::slice::from_ref(&first));
        let _ = push(&course(9));
        let second = json!([2, "示例课程SX-NEW"]);
        assert_eq!(versions(&path(learner.id, 2020), "counted"), std::slice::from_ref(&second));
        assert_eq!(versions(&ledger, "items"), [first, second]);
    });
}

#[test]
fn another_version_of_the_rules_gives_another_answer_from_its_publication_on() {
    each_backend(|app| {
        let learner = app.learner("610000").register();
        let before = tag(app, &learner);
        let file = policies::FILES.iter().find(|file| file.path == "610000-shaanxi/2020.toml").unwrap();
        let source = file.rules.replacen("min = 80", "min = 81", 1);
        app.clock.set(NOON + Duration::HOUR);
        let administrator = app.as_national_officer();
        let draft = administrator.post("/v1/policies", &json!({ "source": source })).expect(201);
        let publication = format!("/v1/policies/{}/publication", draft.json["policy_id"].as_str().unwrap());
        let _ = administrator.send("POST", &publication, None, Vec::new()).expect(201);

        assert_ne!(tag(app, &learner), before);
        let now = as_known(app, &learner, None);
        assert_eq!((hours(&now, "total")[0], &now["policy"]["number"]), (81.0, &json!(2)));
        let then = as_known(app, &learner, Some(NOON + Duration::minutes(59)));
        assert_eq!((hours(&then, "total")[0], &then["policy"]["number"]), (80.0, &json!(1)));
        // As known at a moment is as asked on its day, in China.
        assert_eq!(now["asked_on"], "2021-06-15");
        let earlier = as_known(app, &learner, Some(datetime!(2020-12-31 15:59:59 UTC)));
        assert_eq!(earlier["asked_on"], "2020-12-31");
    });
}

fn text(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap()
}

fn as_known(app: &App, learner: &Learner, at: Option<OffsetDateTime>) -> Value {
    let at = at.map(|at| format!("?as_known_at={}", text(at))).unwrap_or_default();
    app.as_learner(learner.id).get(&format!("{}{at}", path(learner.id, 2020))).expect(200).json
}

#[test]
fn a_standing_can_be_asked_as_it_was_known_before_and_after_a_reversal() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let at = |minutes| NOON + Duration::minutes(minutes);
        app.clock.set(at(60));
        let [credit, _] =
            app.push(&stage.platform, [learner.finished(&stage.public), learner.finished(&stage.professional)]);
        app.clock.set(at(120));
        let reversal = format!("/v1/completions/{}/reversal", credit["completion_id"].as_str().unwrap());
        let platform = app.as_platform(stage.platform.id);
        let _ = platform.post(&reversal, &json!({ "reason_code": "wrong_data" })).expect(200);
        app.clock.set(at(180));

        for (moment, verdict, earned) in [
            (Some(at(0)), "unmet", 0.0),
            (Some(at(60) - Duration::MICROSECOND), "unmet", 0.0),
            (Some(at(60)), "met", 80.0),
            (Some(at(120) - Duration::MICROSECOND), "met", 80.0),
            (Some(at(120)), "unmet", 56.0),
            (Some(at(180)), "unmet", 56.0),
            (None, "unmet", 56.0),
        ] {
            let told = as_known(app, &learner, moment);
            assert_eq!((&told["verdict"], hours(&told, "total")[1]), (&json!(verdict), earned), "{moment:?}");
            assert_eq!(told["as_known_at"], moment.map_or(Value::Null, |at| text(at).into()));
        }
        let now = as_known(app, &learner, None);
        let reason = &now["not_counted"][0]["reason"];
        assert_eq!(now["not_counted"][0]["entry_id"], credit["entry_id"]);
        assert_eq!((&reason["code"], &reason["facts"]["reason_code"]), (&json!("reversed"), &json!("wrong_data")));
        // Before anything was known of the person, and before the rules were published, there was no place and no rule.
        let before = as_known(app, &learner, Some(NOON - Duration::HOUR));
        assert_eq!((&before["verdict"], &before["place"]), (&json!("no_rule_in_force"), &Value::Null));
        assert_eq!(before["missing_rule"], json!({ "place": null, "year": 2020 }));
    });
}

#[test]
fn what_will_be_known_cannot_be_asked() {
    each_backend(|app| {
        let learner = app.learner("610000").register();
        let get = |at: &str| {
            let list = format!("/v1/learners/{}/standings", learner.id);
            let one = app.as_learner(learner.id).get(&format!("{}?as_known_at={at}", path(learner.id, 2020)));
            let all = app.as_learner(learner.id).get(&format!("{list}?as_known_at={at}"));
            assert_eq!(one.status, all.status, "{at}");
            one
        };
        let future = get(&text(NOON + Duration::MICROSECOND)).problem(422, "invalid_query");
        let error = &future["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!("?as_known_at"), &json!("in_the_future")));
        for none in ["yesterday", "2021-06-15", "", "2021-06-15T12:00:00", "1623729600"] {
            let problem = get(none).problem(422, "invalid_query");
            assert_eq!(problem["errors"][0]["code"], "invalid_value", "{none}");
        }
        // The present moment is no future, and a plus sign may stand as it is.
        for now in ["2021-06-15T12:00:00%2B08:00", "2021-06-15T12:00:00+08:00", "2021-06-15T04:00:00Z"] {
            assert_eq!(get(now).expect(200).json["as_known_at"], "2021-06-15T04:00:00Z", "{now}");
        }
    });
}

#[test]
fn what_an_employer_is_said_to_be_later_changes_no_answer_as_known_before_nor_a_year_before_its_day() {
    each_backend(|app| {
        let officer = app.as_officer("630000");
        let learner = app.learner("630000").register();
        let at = |minutes| NOON + Duration::minutes(minutes);
        let employer = |kind: &str, from_on: &str| json!({ "name": "示例单位", "kind": kind, "place": "630000", "kind_from_on": from_on });
        let made = officer.post("/v1/employers", &employer("enterprise", "2019-01-01")).expect(201).json;
        let one = format!("/v1/employers/{}", made["employer_id"].as_str().unwrap());
        let employment = json!({ "employer_id": made["employer_id"], "from_on": "2019-01-01" });
        let _ = officer.post(&format!("/v1/learners/{}/employments", learner.id), &employment).expect(201);
        let told = |moment| as_known(app, &learner, moment)["obligation"].clone();
        let tag_at = |moment| {
            let at = format!("{}?as_known_at={}", path(learner.id, 2020), text(moment));
            app.as_learner(learner.id).get(&at).expect(200).header("etag").to_owned()
        };
        assert_eq!(told(None), "in");

        app.clock.set(at(60));
        let (tag_now, tag_then) = (tag(app, &learner), tag_at(at(30)));
        // A correction gives the day of the wrong record, and so reaches the years before.
        let corrected = officer.put(&one, &employer("central_unit", "2019-01-01")).expect(200).json;
        assert_eq!((&corrected["kind"], &corrected["kind_from_on"]), (&json!("central_unit"), &json!("2019-01-01")));
        assert_eq!((told(None), told(Some(at(60)))), (json!("encouraged"), json!("encouraged")));
        assert_eq!((told(Some(at(59))), told(Some(at(0)))), (json!("in"), json!("in")));
        assert_ne!(tag(app, &learner), tag_now);
        assert_eq!(tag_at(at(30)), tag_then);

        // A change holds from its own day on.
        app.clock.set(at(120));
        let changed = officer.put(&one, &employer("public_institution", "2021-01-01")).expect(200).json;
        assert_eq!(changed["kind"], "public_institution");
        assert_eq!(told(None), "encouraged");
        let kinds: Vec<_> = changed["kinds"].as_array().unwrap().iter().map(|fact| fact["kind"].clone()).collect();
        assert_eq!(kinds, ["enterprise", "central_unit", "public_institution"]);
    });
}
