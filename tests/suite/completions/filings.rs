//! What an officer enters about a course through the interface, and what it does to the items of that course; and what the rules
//! may make of impossible times.

use super::{codes, last_outcome, ledger, pushed, reason};
use domain::registry::Tier;
use serde_json::{Value, json};
use tests::{App, each_backend, fixtures::Item};
use uuid::Uuid;

/// A platform registered through the interface.
fn platform(app: &App, code: &str, level: &str, place: &str) -> tests::fixtures::Platform {
    let body = json!({
        "code": code, "name": format!("示例平台{code}"), "level": level, "place": place,
        "categories": [
            { "category": "public", "from_on": "2015-10-01" }, { "category": "professional", "from_on": "2015-10-01" }
        ],
    });
    let made = app.as_national_officer().post("/v1/learning-platforms", &body).expect(201).json;
    let id: Uuid = made["platform_id"].as_str().unwrap().parse().unwrap();
    tests::fixtures::Platform { id: domain::kernel::PlatformId::from_uuid(id), code: code.to_owned() }
}

/// A course as an officer registers it; its id.
fn course(app: &App, platform: &tests::fixtures::Platform, code: &str, more: &Value) -> String {
    let mut body = json!({
        "code": code, "title": format!("示例课程{code}"), "category": "public", "hours": 24, "modes": ["online", "face_to_face"],
        "provider": { "kind": "base", "id": app.base(Tier::Provincial, None) },
        "policy_year": 2021, "available_from": "2020-01-01", "platforms": [platform.id],
    });
    for (field, value) in more.as_object().unwrap() {
        body[field] = value.clone();
    }
    let made = app.as_national_officer().post("/v1/courses", &body).expect(201).json;
    for (field, value) in more.as_object().unwrap() {
        assert_eq!(&made["course"]["versions"][0][field], value, "{field}: {made}");
    }
    made["course"]["course_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_course_registered_as_required_or_elective_counts_in_that_part() {
    each_backend(|app| {
        let platform = platform(app, "pdszj.hnhhlearning.com", "city", "410400");
        let learner = app.learner("410400").register();
        for (code, requirement, part) in
            [("PDS-R", "required", "public.required"), ("PDS-E", "elective", "public.elective")]
        {
            course(app, &platform, code, &json!({ "requirement": requirement }));
            let outcome = pushed(app, &platform, &Item::new(learner.person.reference(), code, 2021), "credited");
            assert_eq!(outcome["category"], part, "{outcome}");
        }
        let standing =
            app.as_national_officer().get(&format!("/v1/learners/{}/standings/2021", learner.id)).expect(200).json;
        let earned = |code: &str| {
            let nodes = standing["nodes"].as_array().unwrap();
            nodes.iter().find(|node| node["code"] == code).map(|node| node["earned"].clone())
        };
        assert_eq!(earned("public.required"), Some(json!(24)), "{standing}");
    });
}

#[test]
fn a_filing_entered_by_an_officer_lets_a_refused_item_in_when_it_is_sent_again() {
    each_backend(|app| {
        let platform = platform(app, "xc.zjzx.ah.cn", "national", "341882");
        let learner = app.learner("341882").register();
        let id = course(
            app,
            &platform,
            "GD-CLASS",
            &json!({ "category": "professional", "hours": 10, "policy_year": 2020 }),
        );
        let item = Item::new(learner.person.reference(), "GD-CLASS", 2020).face_to_face();
        let refused = pushed(app, &platform, &item, "refused");
        assert_eq!(codes(&refused), ["plan_not_filed"]);
        assert_eq!(reason(&refused)["hint"]["action"], "file_plan");
        let filing = json!({ "filed_on": "2020-01-06", "reference": "示例备案〔2020〕1号" });
        let path = format!("/v1/courses/{id}/plan-filing");
        // An officer of another place enters nothing, and nothing changes.
        let _ = app.as_officer("630000").post(&path, &filing).problem(403, "outside_place");
        let _ = pushed(app, &platform, &item, "refused");
        let _ = app.as_national_officer().post(&path, &filing).expect(200);
        // What was refused does not wait: it is the platform's to send it again.
        assert_eq!(last_outcome(app, &platform, &refused["completion_id"]), "refused");
        assert_eq!(ledger(app, &learner), []);
        let credited = pushed(app, &platform, &item, "credited");
        assert_eq!(credited["completion_id"], refused["completion_id"]);
        // Filed after the training began is not filed.
        let late = json!({ "filed_on": "2020-03-02", "reference": "示例备案〔2020〕2号" });
        let _ = app.as_national_officer().post(&path, &late).expect(200);
        let second = pushed(app, &platform, &item.called("another"), "refused");
        assert_eq!(codes(&second), ["plan_not_filed"]);
    });
}

/// Pingdingshan's rules with this `then` for a check.
fn rules_with(what: &str, then: &str) -> String {
    let file = policies::FILES.iter().find(|file| file.path == "410400-pingdingshan/2021.toml").unwrap().rules;
    let head = format!("what = \"{what}\"\nthen = ");
    let at = file.find(&head).unwrap() + head.len();
    let end = at + file[at..].find('\n').unwrap();
    format!("{}\"{then}\"{}", &file[..at], &file[end..])
}

#[test]
fn impossible_times_are_refused_or_want_a_decision_as_the_rules_say() {
    each_backend(|app| {
        let stage = app.pingdingshan();
        let learner = app.learner("410400").register();
        let officer = app.as_officer("410400");
        let course = app.course("PDS-JUNE").professional().hours(8).for_year(2021);
        let course = course.from_on(time::macros::date!(2021 - 06 - 01)).on(&stage.platform).open();
        let items = |name: &str| {
            let future =
                learner.finished(&stage.public).called(&format!("future {name}")).at("2021-06-16T12:00:00+08:00");
            let early = learner.finished(&course).called(&format!("early {name}")).at("2021-05-31T23:59:59+08:00");
            [("in_the_future", future), ("before_the_course", early)]
        };
        for (what, item) in items("as published") {
            let outcome = pushed(app, &stage.platform, &item, "refused");
            assert_eq!(codes(&outcome), [what]);
        }
        for what in ["in_the_future", "before_the_course"] {
            let source = rules_with(what, "needs_review");
            let drafted = officer.post("/v1/policies", &json!({ "source": source })).expect(201).json;
            let path = format!("/v1/policies/{}/publication", drafted["policy_id"].as_str().unwrap());
            let _ = officer.send("POST", &path, None, Vec::new()).expect(201);
            for (other, item) in items(what) {
                let wanted = if other == what { "needs_review" } else { "refused" };
                let outcome = pushed(app, &stage.platform, &item, wanted);
                assert_eq!(codes(&outcome), [other], "{outcome}");
            }
        }
        // Whichever came second would be the one refused: the order of arrival would decide.
        let source = rules_with("overlapping_sessions", "refused");
        let problem = officer.post("/v1/policies", &json!({ "source": source })).problem(422, "invalid_rule_file");
        let errors = problem["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{problem}");
        assert!(errors[0]["path"].as_str().unwrap().starts_with("check["), "{problem}");
    });
}

#[test]
fn what_wants_a_decision_says_that_it_waits_for_one() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").register();
        // In December Qinghai's year is over: late, and for an office to decide.
        let late = learner.finished(&stage.professional).at("2020-12-01T00:00:00+08:00");
        let outcome = pushed(app, &stage.platform, &late, "needs_review");
        assert_eq!(codes(&outcome), ["completed_late"]);
        assert_eq!(reason(&outcome)["hint"]["action"], "await_review");
        let in_time = learner.finished(&stage.professional).at("2020-11-30T23:59:59+08:00");
        let _ = pushed(app, &stage.platform, &in_time, "credited");
    });
}
