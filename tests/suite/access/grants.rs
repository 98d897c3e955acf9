//! Grants: given inside the own places, withdrawn at once, never to oneself.

use super::{PORTAL, claims, issuer};
use crate::{
    audit::looking::events,
    completions::soon,
    registry::{faults, named, number},
};
use domain::audit::Act;
use serde_json::{Value, json};
use tests::{App, Client, each_backend, fixtures::Signer};
use time::Duration;

/// An official of the portal.
pub(crate) fn official<'a>(app: &'a App, name: &str) -> Client<'a> {
    app.as_nobody().bearing(&Signer::ed25519("ed").sign(&claims(app, name)))
}

pub(crate) fn officer(issuer: &str, subject: &str, place: &str) -> Value {
    json!({ "issuer_id": issuer, "subject": subject, "role": "officer", "place": place, "reason": "任命" })
}

pub(crate) fn give(app: &App, grant: &Value) -> Value {
    app.as_security_administrator().post("/v1/grants", grant).expect(201).json
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
        let above = json!({ "issuer_id": portal, "subject": "wu", "role": "security_administrator", "reason": "任命" });
        let _ = post(&above).problem(403, "grant_above");
        // The security administrator may, but not to themselves either.
        give(
            app,
            &json!({ "issuer_id": portal, "subject": "root", "role": "security_administrator", "reason": "任命" }),
        );
        let root = official(app, "root");
        assert_eq!(root.get("/v1/caller").expect(200).json["kind"], "security_administrator");
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
        let again = li.post(&format!("{}/withdrawal", path(&wu)), &reason).problem(409, "already_withdrawn");
        assert!(again["detail"].as_str().unwrap().contains("无需再次撤回"), "it says what to do: {again}");
        // What lies above is not theirs to see.
        let _ = li.post(&format!("{}/withdrawal", path(&upper)), &reason).problem(404, "not_found");
        let _ = li.get(&path(&upper)).problem(404, "not_found");
        let seen = li.get("/v1/grants").expect(200).json;
        assert_eq!(seen["items"].as_array().unwrap().len(), 2, "{seen}");
        let all = app.as_security_administrator().get("/v1/grants?limit=1").expect(200).json;
        assert!(all["next_cursor"].is_string());
        let of_wu = app.as_security_administrator().get("/v1/grants?subject=wu").expect(200).json;
        assert_eq!(of_wu["items"], json!([gone]));
    });
}

#[test]
fn no_identity_number_is_taken_for_a_name_or_a_reason() {
    let app = App::start(tests::Backend::Sqlite);
    let portal = issuer(&app, PORTAL, &[&Signer::ed25519("ed")]);
    let number = "610928199001010009";
    let mut grant = officer(&portal, number, "610300");
    grant["reason"] = format!("受理{number}号").into();
    let refused = app.as_security_administrator().post("/v1/grants", &grant);
    let problem = refused.problem(422, "invalid_body");
    assert_eq!(faults(&problem), named(&[("/reason", "personal_data"), ("/subject", "personal_data")]));
    assert!(!problem.to_string().contains(number), "{problem}");
    // Nor in groups, as people write it.
    let mut grant = officer(&portal, "li", "610300");
    grant["reason"] = format!("受理 {} {} {} 号", &number[..6], &number[6..14], &number[14..]).into();
    let refused = app.as_security_administrator().post("/v1/grants", &grant).problem(422, "invalid_body");
    assert_eq!(faults(&refused), named(&[("/reason", "personal_data")]));
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
        let problem = app.as_security_administrator().post("/v1/grants", &grant).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/from_on", "too_early")]));
    });
}

#[test]
fn of_a_grant_that_was_refused_the_trail_says_to_whom_as_what_and_how_far() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let given = give(app, &officer(&portal, "zhao", "610000"));
        let baoji = app.as_officer("610300");
        let above = json!({ "issuer_id": portal, "subject": "wu", "role": "audit_administrator", "reason": "任命" });
        let _ = baoji.post("/v1/grants", &above).problem(403, "grant_above");
        let mut personal = above.clone();
        personal["subject"] = number(1).into();
        let _ = baoji.post("/v1/grants", &personal).problem(403, "grant_above");
        for subject in ["li", "li", "sun"] {
            let _ = baoji.post("/v1/grants", &officer(&portal, subject, "610100")).problem(403, "outside_place");
        }
        let withdrawal = format!("/v1/grants/{}/withdrawal", given["grant_id"].as_str().unwrap());
        let _ = baoji.post(&withdrawal, &json!({ "reason": "调离" })).problem(404, "not_found");
        let own = officer(&portal, "qian", "610300");
        let peer = format!("/v1/grants/{}/withdrawal", give(app, &own)["grant_id"].as_str().unwrap());
        let _ = baoji.post(&peer, &json!({ "reason": "调离" })).problem(403, "grant_of_peer");
        let found = || events(app, Act::Refusal).into_iter().filter(|event| event.operation.ends_with("_grant"));
        soon(|| found().count() >= 6);
        let mut told: Vec<String> = found()
            .filter_map(|event| {
                let after: Value = serde_json::from_str(&event.after?).unwrap();
                Some(format!(
                    "{} {} {} {} {}",
                    event.problem?, after["subject"], after["role"], after["place"], event.times
                ))
            })
            .collect();
        told.sort_unstable();
        let wanted = [
            r#"grant_above "wu" "audit_administrator" null 1"#,
            r#"grant_above null "audit_administrator" null 1"#,
            r#"outside_place "li" "officer" "610100" 2"#,
            r#"outside_place "sun" "officer" "610100" 1"#,
        ];
        assert_eq!(told, wanted);
        let of_peer = found().find(|event| event.problem.as_deref() == Some("grant_of_peer")).unwrap();
        assert!(peer.contains(&of_peer.subject_id.unwrap()));
    });
}

#[test]
fn who_has_several_grants_acts_by_the_first_or_by_the_one_they_name() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let mut soon_over = officer(&portal, "li", "610300");
        soon_over["until_on"] = "2021-06-15".into();
        let one = give(app, &soon_over);
        let other = give(app, &officer(&portal, "li", "610100"));
        let of_wu = give(app, &officer(&portal, "wu", "610000"));
        let li = official(app, "li");
        let seen = li.get("/v1/caller").expect(200).json;
        assert_eq!((&seen["place"], &seen["grant_id"]), (&json!("610300"), &one["grant_id"]), "{seen}");
        let listed = |seen: &Value| {
            seen["grants"].as_array().unwrap().iter().map(|desk| desk["grant_id"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(listed(&seen), [one["grant_id"].clone(), other["grant_id"].clone()]);
        for (grant, place) in [(&one, "610300"), (&other, "610100")] {
            let acting = li.clone().with("x-grant-id", grant["grant_id"].as_str().unwrap());
            assert_eq!(acting.get("/v1/caller").expect(200).json["place"], place);
        }
        let refused = [of_wu["grant_id"].as_str().unwrap(), portal.as_str(), "7", ""].map(|named| {
            let problem = li.clone().in_english().with("x-grant-id", named).get("/v1/caller").problem(403, "no_grant");
            assert_eq!(problem["header"], "X-Grant-Id", "{problem}");
            assert!(
                problem["detail"].as_str().unwrap().starts_with("X-Grant-Id names no grant of theirs"),
                "{problem}"
            );
            problem
        });
        assert!(refused.iter().all(|problem| *problem == refused[0]), "whose it is, is told to nobody");
        app.clock.set(tests::NOON + Duration::days(1));
        let seen = official(app, "li").get("/v1/caller").expect(200).json;
        assert_eq!((&seen["place"], listed(&seen)), (&json!("610100"), vec![other["grant_id"].clone()]));
    });
}

#[test]
fn what_somebody_holds_is_not_given_again_on_the_same_days() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let mut grant = officer(&portal, "li", "610300");
        grant["until_on"] = "2021-12-31".into();
        let first = give(app, &grant);
        let again = |from: &str| {
            let mut again = officer(&portal, "li", "610300");
            again["from_on"] = from.into();
            app.as_security_administrator().post("/v1/grants", &again)
        };
        assert_eq!(again("2021-12-31").problem(409, "already_exists")["grant_id"], first["grant_id"]);
        let _ = again("2022-01-01").expect(201);
    });
}

#[test]
fn a_grant_by_an_officer_ends_with_the_officers_own_at_the_latest() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let mut own = officer(&portal, "li", "610300");
        own["until_on"] = "2021-12-31".into();
        give(app, &own);
        let li = official(app, "li");
        let asked = |until: Value| {
            let mut grant = officer(&portal, "wu", "610302");
            grant["until_on"] = until;
            li.post("/v1/grants", &grant)
        };
        for until in [Value::Null, json!("2022-01-01")] {
            assert_eq!(asked(until).problem(403, "grant_outlasts_giver")["until_on"], "2021-12-31");
        }
        assert_eq!(asked(json!("2021-12-31")).expect(201).json["until_on"], "2021-12-31");
    });
}

#[test]
fn an_officer_is_put_out_of_office_by_who_put_them_in_or_by_those_above_only() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        for (name, place) in [("li", "610300"), ("wu", "610300"), ("zhao", "610000")] {
            give(app, &officer(&portal, name, place));
        }
        let reason = json!({ "reason": "调离岗位" });
        let held = |subject: &str| {
            let all = app.as_security_administrator().get(&format!("/v1/grants?subject={subject}")).expect(200).json;
            format!("/v1/grants/{}/withdrawal", all["items"][0]["grant_id"].as_str().unwrap())
        };
        let _ = official(app, "li").post(&held("wu"), &reason).problem(403, "grant_of_peer");
        let _ = official(app, "wu").get("/v1/caller").expect(200);
        // Who let a colleague in may let them out.
        let _ = official(app, "li").post("/v1/grants", &officer(&portal, "chen", "610300")).expect(201);
        let _ = official(app, "li").post(&held("chen"), &reason).expect(200);
        let _ = official(app, "zhao").post(&held("wu"), &reason).expect(200);
        let _ = official(app, "wu").get("/v1/caller").problem(403, "no_grant");
        // Anyone may lay down their own.
        let _ = official(app, "li").post(&held("li"), &reason).expect(200);
        let _ = official(app, "li").get("/v1/caller").problem(403, "no_grant");
    });
}

#[test]
fn a_role_that_is_not_theirs_to_give_tells_nobody_what_there_is_and_a_disabled_issuer_names_nobody() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        give(app, &officer(&portal, "li", "610300"));
        let li = official(app, "li");
        for of in [portal.as_str(), "0190d3f0-0000-7000-8000-00000000beef"] {
            let above = json!({ "issuer_id": of, "subject": "wu", "role": "audit_administrator", "reason": "任命" });
            let _ = li.post("/v1/grants", &above).problem(403, "grant_above");
        }
        let security = app.as_security_administrator();
        let _ = security.post(&format!("/v1/token-issuers/{portal}/disabling"), &Value::Null).expect(200);
        let problem = security.post("/v1/grants", &officer(&portal, "wu", "610300")).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/issuer_id", "unknown_reference")]));
    });
}

#[test]
fn a_grant_names_an_issuer_of_officials_a_place_that_exists_and_a_role_that_fits() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let nobody = "0190d3f0-0000-7000-8000-00000000beef";
        let mut grant = officer(nobody, "a\nb", "999999");
        grant["until_on"] = "2021-06-14".into();
        let problem = app.as_security_administrator().post("/v1/grants", &grant).problem(422, "invalid_body");
        let wanted = [
            ("/issuer_id", "unknown_reference"),
            ("/place", "unknown_place"),
            ("/subject", "invalid_value"),
            ("/until_on", "before_first_day"),
        ];
        assert_eq!(faults(&problem), named(&wanted));
        // An account is compared as it is written: what nobody sees in it would make another of it.
        for unseen in [" li", "li ", "\u{3000}li", "l\u{200b}i", "li\u{feff}", "\u{202e}li", " "] {
            let problem = app.as_security_administrator().post("/v1/grants", &officer(&portal, unseen, "610300"));
            let told = faults(&problem.problem(422, "invalid_body"));
            assert!(told.len() == 1 && told[0].0 == "/subject", "{unseen:?}: {told:?}");
        }
        let (place, employer) = (json!("610000"), json!(nobody));
        let (not_its, no_place) = (("/place", "not_of_this_role"), ("/place", "missing"));
        let (no_employer, no_base) = (("/employer_id", "unknown_reference"), ("/base_id", "unknown_reference"));
        for (role, part, value, wanted) in [
            ("security_administrator", "place", &place, vec![not_its]),
            ("officer", "place", &Value::Null, vec![no_place]),
            ("officer", "employer_id", &employer, vec![("/employer_id", "not_of_this_role"), no_place]),
            ("sector_authority", "place", &place, vec![("/series", "missing")]),
            ("employer_administrator", "place", &place, vec![("/employer_id", "missing"), not_its]),
            ("base_operator", "series", &json!("会计"), vec![("/base_id", "missing"), ("/series", "not_of_this_role")]),
            ("employer_administrator", "employer_id", &employer, vec![no_employer]),
            ("base_operator", "base_id", &employer, vec![no_base]),
        ] {
            let mut grant = json!({ "issuer_id": portal, "subject": "li", "role": role, "reason": "x" });
            grant[part] = value.clone();
            let problem = app.as_security_administrator().post("/v1/grants", &grant).problem(422, "invalid_body");
            assert_eq!(faults(&problem), named(&wanted), "{role}");
        }
    });
}

#[test]
fn a_grant_names_what_its_role_answers_for_and_the_official_acts_for_that() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let system = app.as_system_administrator();
        let id = |path: &str, body: &Value, name: &str| {
            system.post(path, body).expect(201).json[name].as_str().unwrap().to_owned()
        };
        let at = |place: &str| json!({ "name": "示例", "kind": "public_institution", "place": place });
        let (near, far) =
            (id("/v1/employers", &at("610302"), "employer_id"), id("/v1/employers", &at("610100"), "employer_id"));
        let base = json!({ "name": "示例基地", "level": "city", "place": "610302", "recognised_from": "2018-01-01" });
        let base = id("/v1/training-bases", &base, "base_id");
        give(app, &officer(&portal, "li", "610300"));
        let li = official(app, "li");
        let grant =
            |subject: &str, role: &str| json!({ "issuer_id": portal, "subject": subject, "role": role, "reason": "x" });
        let with = |mut grant: Value, part: &str, value: &str| {
            grant[part] = value.into();
            grant
        };
        // An officer gives what is of the own places: who works for an employer or a base there, or answers for a series.
        let given =
            li.post("/v1/grants", &with(grant("wang", "employer_administrator"), "employer_id", &near)).expect(201);
        assert_eq!(given.json["employer_id"], near.as_str());
        assert_eq!(official(app, "wang").get("/v1/caller").expect(200).json["employer_id"], near.as_str());
        let elsewhere = with(grant("wang", "employer_administrator"), "employer_id", &far);
        let _ = li.post("/v1/grants", &elsewhere).problem(403, "outside_place");
        let elsewhere = app.as_security_administrator().post("/v1/grants", &elsewhere).expect(201).json;
        let _ = li.get(&format!("/v1/grants/{}", elsewhere["grant_id"].as_str().unwrap())).problem(404, "not_found");
        let _ = li.post("/v1/grants", &with(grant("zhao", "base_operator"), "base_id", &base)).expect(201);
        assert_eq!(official(app, "zhao").get("/v1/caller").expect(200).json["base_id"], base.as_str());
        let sector = with(with(grant("qian", "sector_authority"), "place", "610302"), "series", "会计");
        let _ = li.post("/v1/grants", &sector).expect(201);
        let qian = official(app, "qian").get("/v1/caller").expect(200).json;
        assert_eq!((&qian["place"], &qian["series"]), (&json!("610302"), &json!("会计")));
        let listed = li.get("/v1/grants").expect(200).json;
        assert_eq!(listed["items"].as_array().unwrap().len(), 4, "{listed}");
        assert_eq!(
            app.as_audit_administrator().get("/v1/grants").expect(200).json["items"].as_array().unwrap().len(),
            5
        );
    });
}

#[test]
fn nobody_becomes_two_of_the_three_administrators() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let grant = |role: &str| json!({ "issuer_id": portal, "subject": "li", "role": role, "reason": "任命" });
        let post = |role: &str| app.as_security_administrator().post("/v1/grants", &grant(role));
        let (system, audit) = tests::at_once(|| post("system_administrator"), || post("audit_administrator"));
        let (first, second) = if system.status == 201 { (system, audit) } else { (audit, system) };
        assert_eq!(second.problem(409, "another_administrator")["held"], first.json["role"]);
        let first = first.expect(201).json;
        let _ = post("security_administrator").problem(409, "another_administrator");
        let _ = post(first["role"].as_str().unwrap()).problem(409, "already_exists");
        let _ = app.as_security_administrator().post("/v1/grants", &officer(&portal, "li", "610300")).expect(201);
        // What was withdrawn is held no more; of the two there is still one.
        let all = app.as_security_administrator().get("/v1/grants?subject=li").expect(200).json;
        for held in all["items"].as_array().unwrap() {
            let path = format!("/v1/grants/{}/withdrawal", held["grant_id"].as_str().unwrap());
            let _ = app.as_security_administrator().post(&path, &json!({ "reason": "调离" })).expect(200);
        }
        let _ = post("security_administrator").expect(201);
    });
}
