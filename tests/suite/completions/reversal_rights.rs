//! Who may take hours back, and for which reasons.

use super::{ledger, pushed};
use crate::registry::{faults, named};
use domain::hour_ledger::EntryKind;
use serde_json::{Value, json};
use tests::{Answer, Client, each_backend};
use time::macros::date;

fn path(completion_id: &Value) -> String {
    format!("/v1/completions/{}", completion_id.as_str().unwrap())
}

fn take_back(caller: &Client<'_>, completion_id: &Value, reason: &str) -> Answer {
    caller.post(&format!("{}/reversal", path(completion_id)), &json!({ "reason_code": reason }))
}

#[test]
fn the_office_of_the_day_of_completion_takes_back_its_line_after_the_person_has_moved() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610100").moved_to("630100", date!(2021 - 01 - 01)).register();
        let credited = pushed(app, &stage.platform, &learner.finished(&stage.public), "credited");
        let id = &credited["completion_id"];
        // Where the person is now it can be read, but not taken back.
        for present in ["630100", "630000"] {
            let officer = app.as_officer(present);
            assert_eq!(officer.get(&path(id)).expect(200).json["completion_id"], *id);
            let problem = take_back(&officer, id, "fraud").problem(403, "outside_place");
            assert_eq!((&problem["place"], &problem["answers_for"]), (&json!("610100"), &json!(present)));
        }
        for stranger in ["610200", "630200"] {
            let officer = app.as_officer(stranger);
            let _ = officer.get(&path(id)).problem(404, "not_found");
            let _ = take_back(&officer, id, "fraud").problem(404, "not_found");
        }
        assert_eq!(ledger(app, &learner).len(), 1);
        let former = app.as_officer("610000");
        assert_eq!(former.get(&path(id)).expect(200).json["reversed"], false);
        let _ = take_back(&former, id, "office_decision").expect(200);
        let lines = ledger(app, &learner);
        let line = lines.iter().find(|line| line.kind == EntryKind::Reversal).unwrap();
        assert_eq!((line.place.as_str(), line.reason_code.as_deref()), ("610100", Some("office_decision")));
        assert_eq!(app.as_officer("610100").get(&path(id)).expect(200).json["reversed"], true);
        let _ = take_back(&app.as_officer("630100"), id, "fraud").problem(403, "outside_place");
        let _ = take_back(&app.as_officer("610100"), id, "fraud").problem(409, "already_reversed");
    });
}

#[test]
fn what_has_no_line_is_the_business_of_the_present_place() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610100").moved_to("630100", date!(2021 - 01 - 01)).register();
        let failed = learner.finished(&stage.public).with("passed", false);
        let refused = pushed(app, &stage.platform, &failed, "refused");
        let id = &refused["completion_id"];
        let _ = take_back(&app.as_officer("610100"), id, "fraud").problem(404, "not_found");
        let _ = take_back(&app.as_officer("630100"), id, "fraud").expect(200);
        let _ = take_back(&app.as_officer("630100"), id, "fraud").problem(409, "nothing_to_reverse");
    });
}

#[test]
fn only_officials_speak_for_an_office() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let credited = pushed(app, &stage.platform, &learner.finished(&stage.public), "credited");
        let (id, platform) = (&credited["completion_id"], app.as_platform(stage.platform.id));
        let problem = take_back(&platform, id, "office_decision").problem(422, "invalid_body");
        let error = &problem["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!("/reason_code"), &json!("reason_not_permitted")));
        let allowed: Vec<&str> = error["allowed"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(allowed, ["duplicate", "wrong_person", "wrong_course", "wrong_data", "not_completed", "fraud"]);
        let address = format!("{}/reversal", path(id));
        let both = json!({ "reason_code": "office_decision", "more": 1 });
        let wanted = named(&[("/more", "unknown_field"), ("/reason_code", "reason_not_permitted")]);
        assert_eq!(faults(&platform.post(&address, &both).problem(422, "invalid_body")), wanted);
        assert_eq!(ledger(app, &learner).len(), 1);
        let other = app.platform("other").register();
        let _ = take_back(&app.as_platform(other.id), id, "office_decision").problem(404, "not_found");
        let _ = take_back(&app.as_national_officer(), id, "office_decision").expect(200);
    });
}
