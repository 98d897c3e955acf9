//! What an official is told of their own grants: which are in force, for which place, and when the next one begins.

use super::{
    PORTAL, claims,
    grants::{give, officer, official},
    issuer,
};
use crate::registry::{faults, named};
use serde_json::{Value, json};
use tests::{each_backend, fixtures::Signer};
use time::Duration;

#[test]
fn a_place_is_named_by_its_code_of_the_day_by_whichever_a_grant_or_a_token_names_it() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        // 旬阳县 became 旬阳市 in 2021, with another code.
        for code in ["610928", "610981"] {
            let grant = give(app, &officer(&portal, &format!("li-{code}"), code));
            assert_eq!(grant["place"]["code"], "610981");
            let caller = official(app, &format!("li-{code}")).get("/v1/caller").expect(200).json;
            assert_eq!((&caller["place"], &caller["grants"][0]["place"]), (&json!("610981"), &json!("610981")));
            let own = app.as_officer(code).get("/v1/caller").expect(200).json;
            assert_eq!(own["place"], "610981", "{code}");
        }
        app.clock.set(app.clock.now() - Duration::days(366));
        assert_eq!(app.as_officer("610981").get("/v1/caller").expect(200).json["place"], "610928");
    });
}

#[test]
fn who_holds_no_grant_today_is_told_when_the_next_one_begins() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let refused = |name: &str| official(app, name).in_english().get("/v1/caller").problem(403, "no_grant");
        assert_eq!(refused("li").get("from_on"), None, "who holds none at all");
        for (from, until) in [("2021-06-20", Value::Null), ("2021-06-17", json!("2021-06-18"))] {
            let mut grant = officer(&portal, "li", "610300");
            (grant["from_on"], grant["until_on"]) = (from.into(), until);
            let _ = give(app, &grant);
        }
        let told = |days| {
            app.clock.set(tests::NOON + Duration::days(days));
            let problem = refused("li");
            assert!(problem["detail"].as_str().unwrap().ends_with(problem["from_on"].as_str().unwrap()), "{problem}");
            problem["from_on"].clone()
        };
        assert_eq!((told(0), told(1)), (json!("2021-06-17"), json!("2021-06-17")));
        app.clock.set(tests::NOON + Duration::days(2));
        let _ = official(app, "li").get("/v1/caller").expect(200);
        assert_eq!(told(4), "2021-06-20");
        app.clock.set(tests::NOON + Duration::days(5));
        let _ = official(app, "li").get("/v1/caller").expect(200);
        // A grant that is over is none to come, nor is one that was withdrawn, and of another's nothing is told.
        app.clock.set(tests::NOON);
        let mut grant = officer(&portal, "wu", "610300");
        grant["from_on"] = "2021-06-17".into();
        let path = format!("/v1/grants/{}/withdrawal", give(app, &grant)["grant_id"].as_str().unwrap());
        assert_eq!(refused("wu")["from_on"], "2021-06-17");
        let _ = app.as_security_administrator().post(&path, &json!({ "reason": "x" })).expect(200);
        for nobody in ["wu", "sun"] {
            assert_eq!(refused(nobody).get("from_on"), None, "{nobody}");
        }
        // Nor to who names a grant: whether it is one of theirs, they are not told.
        let named = app.as_nobody().bearing(&Signer::ed25519("ed").sign(&claims(app, "li")));
        let named = named.with("x-grant-id", "0190d3f0-0000-7000-8000-00000000beef").get("/v1/caller");
        assert_eq!(named.problem(403, "no_grant").get("from_on"), None);
    });
}

#[test]
fn what_is_wrong_with_the_name_of_an_account_is_said() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let security = app.as_security_administrator().in_english();
        for subject in [" li", "li ", "l\u{200b}i"] {
            let refused =
                security.post("/v1/grants", &officer(&portal, subject, "610300")).problem(422, "invalid_body");
            assert_eq!(faults(&refused), named(&[("/subject", "invalid_value")]));
            let detail = refused["errors"][0]["detail"].as_str().unwrap();
            assert!(["blank at either end", "not seen"].iter().all(|part| detail.contains(part)), "{detail}");
        }
    });
}
