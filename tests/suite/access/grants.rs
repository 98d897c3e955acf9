//! Grants: given inside the own places, withdrawn at once, never to oneself.

use super::{PORTAL, claims, issuer};
use crate::registry::{faults, named};
use serde_json::{Value, json};
use tests::{App, Client, each_backend, fixtures::Signer};
use time::Duration;

/// An official of the portal.
fn official<'a>(app: &'a App, name: &str) -> Client<'a> {
    app.as_nobody().bearing(&Signer::ed25519("ed").sign(&claims(app, name)))
}

fn officer(issuer: &str, subject: &str, place: &str) -> Value {
    json!({ "issuer_id": issuer, "subject": subject, "role": "officer", "place": place, "reason": "任命" })
}

fn give(app: &App, grant: &Value) -> Value {
    app.as_administrator().post("/v1/grants", grant).expect(201).json
}

#[test]
fn an_officer_gives_inside_the_own_places_and_never_to_oneself() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        give(app, &officer(&portal, "li", "610300"));
        let li = official(app, "li");
        let post = |grant: &Value| li.post("/v1/grants", grant);
        let made = post(&officer(&portal, "wu", "610302")).expect(201);
        assert_eq!(made.json["given_by"], "officer:https://portal.test#li");
        assert_eq!(made.header("location"), format!("/v1/grants/{}", made.json["grant_id"].as_str().unwrap()));
        assert_eq!(official(app, "wu").get("/v1/caller").expect(200).json["place"], "610302");
        for place in ["610000", "610100", "000000"] {
            let _ = post(&officer(&portal, "wu", place)).problem(403, "outside_place");
        }
        let _ = post(&officer(&portal, "li", "610302")).problem(403, "grant_to_oneself");
        let above = json!({ "issuer_id": portal, "subject": "wu", "role": "administrator", "reason": "任命" });
        let _ = post(&above).problem(403, "grant_above");
        // The administrator may, but not to themselves either.
        give(app, &json!({ "issuer_id": portal, "subject": "root", "role": "administrator", "reason": "任命" }));
        let root = official(app, "root");
        assert_eq!(root.get("/v1/caller").expect(200).json["kind"], "administrator");
        let _ = root.post("/v1/grants", &officer(&portal, "wu", "610000")).expect(201);
        let _ = root.post("/v1/grants", &officer(&portal, "root", "610000")).problem(403, "grant_to_oneself");
    });
}

#[test]
fn a_withdrawn_grant_is_gone_with_the_next_request() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        give(app, &officer(&portal, "li", "610300"));
        let wu = give(app, &officer(&portal, "wu", "610302"));
        let upper = give(app, &officer(&portal, "shi", "610000"));
        let path = |grant: &Value| format!("/v1/grants/{}", grant["grant_id"].as_str().unwrap());
        let (li, reason) = (official(app, "li"), json!({ "reason": "调离" }));
        let _ = official(app, "wu").get("/v1/caller").expect(200);
        let gone = li.post(&format!("{}/withdrawal", path(&wu)), &reason).expect(200).json;
        assert_eq!(gone["withdrawn_by"], "officer:https://portal.test#li");
        let _ = official(app, "wu").get("/v1/caller").problem(403, "no_grant");
        let _ = li.post(&format!("{}/withdrawal", path(&wu)), &reason).problem(409, "already_withdrawn");
        // What lies above is not theirs to see.
        let _ = li.post(&format!("{}/withdrawal", path(&upper)), &reason).problem(404, "not_found");
        let _ = li.get(&path(&upper)).problem(404, "not_found");
        let seen = li.get("/v1/grants").expect(200).json;
        assert_eq!(seen["items"].as_array().unwrap().len(), 2, "{seen}");
        let all = app.as_administrator().get("/v1/grants?limit=1").expect(200).json;
        assert!(all["next_cursor"].is_string());
        let of_wu = app.as_administrator().get("/v1/grants?subject=wu").expect(200).json;
        assert_eq!(of_wu["items"], json!([gone]));
    });
}

#[test]
fn a_grant_holds_from_its_first_to_its_last_day() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let mut grant = officer(&portal, "li", "610300");
        (grant["from_on"], grant["until_on"]) = ("2021-06-16".into(), "2021-06-17".into());
        give(app, &grant);
        for (days, status) in [(0, 403), (1, 200), (2, 200), (3, 403)] {
            app.clock.set(tests::NOON + Duration::days(days));
            assert_eq!(official(app, "li").get("/v1/caller").status, status, "after {days} days");
        }
        let problem = app.as_administrator().post("/v1/grants", &grant).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/from_on", "too_early")]));
    });
}

#[test]
fn who_has_several_grants_names_one() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let one = give(app, &officer(&portal, "li", "610300"));
        let other = give(app, &officer(&portal, "li", "610100"));
        let of_wu = give(app, &officer(&portal, "wu", "610000"));
        let li = official(app, "li");
        let choices = li.get("/v1/caller").problem(403, "grant_not_named");
        assert_eq!(choices["grants"].as_array().unwrap().len(), 2, "{choices}");
        for (grant, place) in [(&one, "610300"), (&other, "610100")] {
            let acting = li.clone().with("x-grant-id", grant["grant_id"].as_str().unwrap());
            assert_eq!(acting.get("/v1/caller").expect(200).json["place"], place);
        }
        for named in [of_wu["grant_id"].as_str().unwrap(), "7", ""] {
            let _ = li.clone().with("x-grant-id", named).get("/v1/caller").problem(403, "no_grant");
        }
    });
}

#[test]
fn a_grant_names_an_issuer_of_officials_a_place_that_exists_and_a_role_that_fits() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let nobody = "0190d3f0-0000-7000-8000-00000000beef";
        let mut grant = officer(nobody, "a\nb", "999999");
        grant["until_on"] = "2021-06-14".into();
        let problem = app.as_administrator().post("/v1/grants", &grant).problem(422, "invalid_body");
        let wanted = [
            ("/issuer_id", "unknown_reference"),
            ("/place", "unknown_place"),
            ("/subject", "invalid_value"),
            ("/until_on", "before_first_day"),
        ];
        assert_eq!(faults(&problem), named(&wanted));
        for (role, place) in [("administrator", json!("610000")), ("officer", Value::Null)] {
            let grant = json!({ "issuer_id": portal, "subject": "li", "role": role, "place": place, "reason": "x" });
            let problem = app.as_administrator().post("/v1/grants", &grant).problem(422, "invalid_body");
            assert_eq!(faults(&problem), named(&[("/place", "not_of_this_role")]), "{role}");
        }
    });
}
