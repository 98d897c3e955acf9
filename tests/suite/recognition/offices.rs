//! Whose a case is within an office, and in whose queue it stands.

use super::{Town, claim, go};
use crate::access;
use serde_json::{Value, json};
use tests::{Client, each_backend, fixtures::Signer};

fn queue(client: &Client<'_>, query: &str) -> Vec<String> {
    let found = client.get(&format!("/v1/reviews{query}")).expect(200).json;
    found["items"].as_array().unwrap().iter().map(|item| item["case_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn who_was_handed_a_case_decides_it_and_who_gave_it_does_not() {
    each_backend(|app| {
        let town = Town::new(app);
        let id = town.submitted();
        let review = format!("/v1/reviews/{id}");
        let _ = town.school("wang").post(&format!("{review}/approval"), &json!({})).expect(200);
        let portal = access::issuer(app, access::PORTAL, &[&Signer::ed25519("ed")]);
        let grant = |subject: &str, series: &str| {
            let grant = json!({
                "issuer_id": portal, "subject": subject, "role": "sector_authority", "place": "630000",
                "series": series, "reason": "任命"
            });
            app.as_security_administrator().post("/v1/grants", &grant).expect(201).json["grant_id"].clone()
        };
        let (receiver, elsewhere) = (grant("zheng", "教师"), grant("wu", "卫生"));
        let giver = town.sector();
        let hand = |to: &Value| giver.post(&format!("{review}/hand-over"), &json!({ "grant_id": to }));
        let not_theirs = hand(&elsewhere).problem(422, "invalid_body");
        assert_eq!(not_theirs["errors"][0]["code"], "receiver_cannot", "{not_theirs}");
        assert_eq!(queue(&giver, ""), [id.as_str()]);
        let handed = hand(&receiver).expect(200).json;
        assert_eq!(handed["taken_by"], "sector_authority:https://portal.test#zheng");
        assert!(handed["taken_until"].is_string(), "{handed}");

        let zheng = app.as_nobody().bearing(&Signer::ed25519("ed").sign(&access::claims(app, "zheng")));
        assert_eq!((queue(&giver, ""), queue(&zheng, "")), (Vec::new(), vec![id.clone()]));
        for step in ["approval", "return", "claim"] {
            let taken = giver.post(&format!("{review}/{step}"), &json!({ "reason": "缺页" }));
            let taken = if step == "claim" { go(&giver, &review, step) } else { taken };
            let taken = taken.problem(409, "review_taken");
            assert_eq!(taken["taken_by"], "sector_authority:https://portal.test#zheng", "{step}");
        }
        let decided = zheng.post(&format!("{review}/approval"), &json!({})).expect(200).json;
        assert_eq!(
            (&decided["state"], &decided["stage"], &decided["taken_by"]),
            (&json!("waiting"), &json!(2), &Value::Null)
        );
        let by: Vec<&Value> = decided["history"].as_array().unwrap().iter().map(|event| &event["by"]).collect();
        assert_eq!(by[2..], ["sector_authority:zhao", "sector_authority:https://portal.test#zheng"]);
    });
}

#[test]
fn a_queue_is_narrowed_to_the_employer_of_the_day_on_which_a_case_was_handed_in() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let (stays, goes) = (town.submitted(), town.draft(&town.filer()));
        let next = json!({ "name": "示例中学", "kind": "public_institution", "kind_from_on": "2015-01-01", "place": "630102" });
        let next = app.as_system_administrator().post("/v1/employers", &next).expect(201).json;
        let next = next["employer_id"].as_str().unwrap().to_owned();
        app.clock.set(app.clock.now() + time::Duration::DAY);
        let employed = json!({ "employer_id": next, "from_on": "2020-10-13" });
        let path = format!("/v1/learners/{}/employments", town.learner.id);
        let _ = app.as_national_officer().post(&path, &employed).expect(201);
        let handed_in = go(&town.filer(), &goes, "submission").expect(200).json;
        assert_eq!(handed_in["review"]["stages"][0]["employer_id"], next);
        let goes = goes.rsplit('/').next().unwrap();
        let approve = |id: &str, employer: &str| {
            let employer = employer.parse().ok();
            let named = domain::access::Named { employer, ..Default::default() };
            let kind = xueshi::auth::CallerKind::EmployerAdministrator;
            let unit = app.calling(xueshi::auth::Subject { kind, name: "wang".into(), named });
            let _ = unit.post(&format!("/v1/reviews/{id}/approval"), &json!({})).expect(200);
        };
        let before = town.employer.to_string();
        approve(goes, &next);
        approve(&stays, &before);
        let of = |employer: &str| queue(&town.sector(), &format!("?employer={employer}"));
        assert_eq!((of(&next), of(&before)), (vec![goes.to_owned()], vec![stays]));
    });
}

#[test]
fn evidence_is_called_by_the_words_of_the_rules_and_names_nobody() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let abroad = json!({ "kind": "training_abroad", "days": 2, "last_on": "2020-09-11" });
        let asked = |claim: &Value| json!({ "learner_id": town.learner.id, "claim": claim });
        let attach = |claim: &Value, kind: &str| {
            let at = town.filer().post("/v1/recognitions", &asked(claim)).expect(201).header("location").to_owned();
            let file = json!({ "kind": kind, "file_name": "示例.pdf", "content": "JVBERi0xLjQKJSVFT0YK" });
            town.filer().post(&format!("{at}/evidence"), &file)
        };
        // Of a kind that lists evidence that alone, or other; of one that lists none any word of these rules.
        for (claim, kind) in
            [(claim(), "主办或承办单位文件"), (claim(), "其他"), (abroad.clone(), "单位文件"), (abroad.clone(), "其他")]
        {
            assert_eq!(attach(&claim, kind).expect(201).json["kind"], kind);
        }
        for (claim, kind, code) in [
            (claim(), "单位文件", "unknown_value"),
            (abroad.clone(), "张三的合影", "unknown_value"),
            (abroad, "610302199001010002", "personal_data"),
        ] {
            let problem = attach(&claim, kind).problem(422, "invalid_body");
            assert_eq!(
                (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
                (&json!("/kind"), &json!(code))
            );
        }
        let mut trial = asked(&claim());
        trial["evidence"] = json!(["主办或承办单位文件", "610302199001010002"]);
        let problem = town.filer().post("/v1/recognitions/validation", &trial).problem(422, "invalid_body");
        assert_eq!(problem["errors"][0]["code"], "personal_data");
    });
}

#[test]
fn what_the_rule_does_not_ask_for_is_told_also_of_who_is_out_of_its_scope() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let accountant = app.learner("630102").series("会计").register();
        let mut asked = claim();
        (asked["role"], asked["level"]) = ("示例甲".into(), "省级".into());
        asked["conditions"].as_array_mut().unwrap().push(json!({ "condition": "天气晴朗", "holds": true }));
        for learner in [&town.learner, &accountant] {
            let body = json!({ "learner_id": learner.id, "claim": asked });
            let problem = app.as_learner(learner.id).post("/v1/recognitions", &body).problem(422, "invalid_body");
            let wanted = [
                ("/claim/conditions/2/condition", "unknown_value"),
                ("/claim/level", "not_asked"),
                ("/claim/role", "not_asked"),
            ];
            assert_eq!(crate::registry::faults(&problem), crate::registry::named(&wanted));
        }
        // Without them it is kept as a draft, which says that another authority decides.
        let body = json!({ "learner_id": accountant.id, "claim": claim() });
        let made = app.as_learner(accountant.id).post("/v1/recognitions", &body).expect(201).json;
        assert_eq!(made["worth"]["reasons"][0]["code"], "out_of_scope");
    });
}
