//! The ledger of a person: every line, in pages.

use super::items;
use serde_json::{Value, json};
use tests::{App, Backend, each_backend};
use time::Duration;

#[test]
fn a_ledger_shows_every_line_with_what_took_it_back() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610100").register();
        let item = learner.finished(&stage.public).between("2020-03-01T08:00:00+08:00", "2020-03-29T08:00:00+08:00");
        let item = item.at("2020-03-29T09:00:00+08:00");
        let credit = app.push_one(&stage.platform, &item);
        app.clock.set(app.clock.now() + Duration::HOUR);
        let reversal = format!("/v1/completions/{}/reversal", credit["completion_id"].as_str().unwrap());
        let body = json!({ "reason_code": "wrong_person" });
        let taken_back = app.as_platform(stage.platform.id).post(&reversal, &body).expect(200).json;

        let address = format!("/v1/learners/{}/hour-entries", learner.id);
        let listed = app.as_officer("610000").get(&address).expect(200);
        let [line, back] = &items(&listed)[..] else { panic!("{}", listed.text) };
        assert_eq!(line["entry_id"], credit["entry_id"]);
        assert_eq!((&line["kind"], &line["reversed_by"]), (&json!("credit"), &taken_back["reversal_entry_id"]));
        assert_eq!((&line["reverses"], &line["reason_code"]), (&Value::Null, &Value::Null));
        assert_eq!(
            (&line["year"], &line["category"], &line["subject"]),
            (&json!(2020), &json!("public"), &json!("延安精神"))
        );
        assert_eq!((&line["hours"], &line["mode"]), (&json!(24), &json!("online")));
        assert_eq!(line["place"], json!({ "code": "610100", "name": "西安市" }));
        assert_eq!((&line["course"]["code"], &line["course"]["version"]), (&json!("SX-PUBLIC"), &json!(1)));
        assert_eq!(line["platform"]["platform_id"], stage.platform.id.to_string());
        assert_eq!(
            (&line["external_id"], &line["completion_id"]),
            (&json!(item.external_id()), &credit["completion_id"])
        );
        assert_eq!((&line["decision_number"], &line["policy_id"]), (&json!(1), &credit["policy_version_id"]));
        assert_eq!(
            (&line["started_at"], &line["ended_at"]),
            (&json!("2020-03-01T00:00:00Z"), &json!("2020-03-29T00:00:00Z"))
        );
        assert_eq!(
            (&line["completed_at"], &line["recorded_at"]),
            (&json!("2020-03-29T01:00:00Z"), &json!("2021-06-15T04:00:00Z"))
        );
        assert_eq!((&back["kind"], &back["reverses"]), (&json!("reversal"), &line["entry_id"]));
        assert_eq!(
            (&back["reason_code"], &back["recorded_at"]),
            (&json!("wrong_person"), &json!("2021-06-15T05:00:00Z"))
        );
        assert_eq!((&back["reversed_by"], &back["hours"]), (&Value::Null, &json!(24)));
    });
}

#[test]
fn a_ledger_comes_in_pages_and_by_year() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let mut wanted = Vec::new();
        for number in 0..5 {
            let course = app.course(&format!("SX-{number}")).professional().hours(8).for_year(2020);
            let course = course.on(&stage.platform).open();
            wanted.push(app.push_one(&stage.platform, &learner.finished(&course))["entry_id"].clone());
        }
        let caller = app.as_learner(learner.id);
        let address = format!("/v1/learners/{}/hour-entries", learner.id);
        let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = caller.get(&format!("{address}?limit=2{cursor}")).expect(200);
            seen.extend(items(&page).iter().map(|line| line["entry_id"].clone()));
            pages += 1;
            let Some(next) = page.json["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!((seen, pages), (wanted, 3));
        assert_eq!(items(&caller.get(&format!("{address}?year=2020")).expect(200)).len(), 5);
        assert_eq!(items(&caller.get(&format!("{address}?year=2021")).expect(200)).len(), 0);
        for query in ["?limit=0", "?limit=201", "?cursor=x", "?year=1989", "?year=x", "?from=2020"] {
            let _ = caller.get(&format!("{address}{query}")).problem(422, "invalid_query");
        }
    });
}

#[test]
fn who_of_an_office_recorded_a_line_is_the_offices_to_know() {
    let app = App::start(Backend::Sqlite);
    let stage = app.shaanxi();
    let learner = app.learner("610000").register();
    let credit = app.push_one(&stage.platform, &learner.finished(&stage.public));
    let reversal = format!("/v1/completions/{}/reversal", credit["completion_id"].as_str().unwrap());
    let _ = app.as_officer("610000").post(&reversal, &json!({ "reason_code": "office_decision" })).expect(200);
    let address = format!("/v1/learners/{}/hour-entries", learner.id);
    let recorders = |caller: tests::Client<'_>| -> Vec<Value> {
        items(&caller.get(&address).expect(200)).iter().map(|line| line["recorded_by"].clone()).collect()
    };
    assert_eq!(recorders(app.as_learner(learner.id)), ["platform", "officer"]);
    assert_eq!(
        recorders(app.as_officer("610000")),
        [json!(format!("platform:{}", stage.platform.id)), json!("officer:chen")]
    );
}
