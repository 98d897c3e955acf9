//! Tokens of registered issuers, and every way to forge one.

use super::{PORTAL, claims, issuer, issuer_input, seconds};
use crate::registry::{faults, named, number, register};
use serde_json::{Value, json};
use tests::{
    App, each_backend,
    fixtures::{Signer, unsigned},
};

/// A portal with keys of all kinds; its officer 李 answers for 宝鸡.
fn portal(app: &App) -> String {
    let id = issuer(app, PORTAL, &[&Signer::ed25519("ed"), &Signer::p256("ec"), &Signer::rsa("rsa")]);
    let grant = json!({
        "issuer_id": id, "subject": "li", "role": "officer", "place": "610300", "reason": "任命"
    });
    let _ = app.as_security_administrator().post("/v1/grants", &grant).expect(201);
    id
}

fn with(app: &App, change: impl FnOnce(&mut Value)) -> Value {
    let mut all = claims(app, "li");
    change(&mut all);
    all
}

#[test]
fn an_official_is_who_the_token_says_and_may_do_what_was_granted() {
    each_backend(|app| {
        portal(app);
        let mut wanted = json!({ "kind": "officer", "subject": "https://portal.test#li", "place": "610300" });
        let grant = app.as_security_administrator().get("/v1/grants?subject=li").expect(200).json["items"][0].clone();
        let desk = json!({
            "grant_id": grant["grant_id"], "role": "officer", "place": "610300", "until_on": null
        });
        (wanted["grant_id"], wanted["grants"]) = (grant["grant_id"].clone(), json!([desk]));
        for signer in [Signer::ed25519("ed"), Signer::p256("ec"), Signer::rsa("rsa")] {
            let li = app.as_nobody().bearing(&signer.sign(&claims(app, "li")));
            assert_eq!(li.get("/v1/caller").expect(200).json, wanted, "{}", signer.kid);
            // The second time it is remembered.
            assert_eq!(li.get("/v1/caller").expect(200).json, wanted);
        }
        // What the token claims beyond the name is nothing.
        let raised = with(app, |c| {
            (c["kind"], c["role"], c["place"]) =
                ("security_administrator".into(), "security_administrator".into(), "610000".into())
        });
        let li = app.as_nobody().bearing(&Signer::ed25519("ed").sign(&raised));
        assert_eq!(li.get("/v1/caller").expect(200).json, wanted);
        let stranger = app.as_nobody().bearing(&Signer::ed25519("ed").sign(&claims(app, "wu")));
        let _ = stranger.get("/v1/caller").problem(403, "no_grant");
    });
}

#[test]
fn four_entrances_name_the_same_learner_and_none_signs_for_another() {
    each_backend(|app| {
        let learner = register(app, 1, "示例甲").to_string();
        let entrances = ["a", "b", "c", "d"].map(|name| (format!("https://{name}.test"), Signer::ed25519(name)));
        for (iss, signer) in &entrances {
            let _ = issuer(app, iss, &[signer]);
        }
        for (iss, signer) in &entrances {
            let mut claims = claims(app, "someone");
            (claims["iss"], claims["learner_id"]) = (json!(iss), json!(learner));
            let own = app.as_nobody().bearing(&signer.sign(&claims));
            assert_eq!(own.get("/v1/caller").expect(200).json["subject"], learner, "{iss}");
            for (_, other) in entrances.iter().filter(|(other, _)| other != iss) {
                let forged = app.as_nobody().bearing(&other.sign(&claims));
                let _ = forged.get("/v1/caller").problem(401, "invalid_token");
            }
        }
    });
}

#[test]
fn a_learner_is_named_by_id_or_by_document_and_name() {
    each_backend(|app| {
        portal(app);
        let learner = register(app, 1, "示例·甲").to_string();
        let token =
            |change: &dyn Fn(&mut Value)| app.as_nobody().bearing(&Signer::ed25519("ed").sign(&with(app, change)));
        for named in [
            token(&|c| c["learner_id"] = learner.clone().into()),
            token(&|c| (c["document_number"], c["name"]) = (number(1).into(), "示例•甲".into())),
        ] {
            let caller = named.get("/v1/caller").expect(200).json;
            assert_eq!(caller, json!({ "kind": "learner", "subject": learner, "place": null }));
            let _ = named.get(&format!("/v1/learners/{learner}")).expect(200);
            let _ = named.get("/v1/learners").problem(403, "caller_not_permitted");
        }
        for unknown in [
            token(&|c| (c["document_number"], c["name"]) = (number(1).into(), "示例乙".into())),
            token(&|c| (c["document_number"], c["name"]) = (number(2).into(), "示例·甲".into())),
            token(&|c| (c["document_number"], c["name"]) = ("1".into(), "示例·甲".into())),
            token(&|c| c["learner_id"] = "0190d3f0-0000-7000-8000-00000000beef".into()),
        ] {
            let _ = unknown.get("/v1/caller").problem(403, "learner_unknown");
        }
        for unclear in [
            token(&|c| c["document_number"] = number(1).into()),
            token(&|c| {
                (c["learner_id"], c["document_number"], c["name"]) =
                    (learner.clone().into(), number(1).into(), "示例·甲".into())
            }),
            token(&|c| c["learner_id"] = "7".into()),
        ] {
            let _ = unclear.get("/v1/caller").problem(401, "invalid_token");
        }
        // By a name alone no learner is named, though no other has it: such a token is of an official, who has no grant here.
        let by_name = token(&|c| (c["sub"], c["name"]) = ("somebody".into(), "示例·甲".into()));
        assert!(!by_name.get("/v1/caller").text.contains(&learner));
        assert_eq!(by_name.get(&format!("/v1/learners/{learner}")).status, 403);
    });
}

#[test]
fn an_issuer_names_only_whom_it_may() {
    each_backend(|app| {
        let id = portal(app);
        let official = app.as_nobody().bearing(&Signer::ed25519("ed").sign(&claims(app, "li")));
        let learner = register(app, 1, "示例甲").to_string();
        let own = with(app, |c| c["learner_id"] = learner.clone().into());
        let learner = app.as_nobody().bearing(&Signer::ed25519("ed").sign(&own));
        let only = |subject: &str| {
            let mut body = issuer_input(PORTAL, &[Signer::ed25519("ed").jwk()]);
            body["subjects"] = json!([subject]);
            let _ = app.as_security_administrator().put(&format!("/v1/token-issuers/{id}"), &body).expect(200);
        };
        only("learner");
        let by_name = app.as_nobody().bearing(&Signer::ed25519("ed").sign(&with(app, |c| c["name"] = "示例甲".into())));
        let _ = by_name.get("/v1/caller").problem(401, "invalid_token");
        assert_eq!((official.get("/v1/caller").status, learner.get("/v1/caller").status), (401, 200));
        only("official");
        // Never taken for the official of the same name.
        assert_eq!((official.get("/v1/caller").status, learner.get("/v1/caller").status), (200, 401));
    });
}

/// The issuers that a caller is shown.
fn listed(caller: &tests::Client<'_>) -> Vec<Value> {
    caller.get("/v1/token-issuers").expect(200).json["items"].as_array().unwrap().clone()
}

#[test]
fn officers_find_the_issuers_for_whose_officials_they_give_grants_and_see_no_more_of_them() {
    each_backend(|app| {
        let id = portal(app);
        let security = app.as_security_administrator();
        let register = |iss: &str, subjects: Value| {
            let mut body = issuer_input(iss, &[Signer::ed25519("ed").jwk()]);
            body["subjects"] = subjects;
            let made = security.post("/v1/token-issuers", &body).expect(201).json;
            made["issuer_id"].as_str().unwrap().to_owned()
        };
        let of_learners = register("https://learners.test", json!(["learner"]));
        let disabled = register("https://disabled.test", json!(["official"]));
        let other = register("https://other.test", json!(["official"]));
        let _ = security.post(&format!("/v1/token-issuers/{disabled}/disabling"), &Value::Null).expect(200);
        let officer = app.as_officer("610300");
        let brief = |id: &str, iss: &str, subjects: Value| json!({ "issuer_id": id, "iss": iss, "name": "示例门户", "subjects": subjects });
        let wanted = [
            brief(&id, PORTAL, json!(["learner", "official"])),
            brief(&other, "https://other.test", json!(["official"])),
        ];
        assert_eq!(listed(&officer), wanted);
        for one in &wanted {
            let path = format!("/v1/token-issuers/{}", one["issuer_id"].as_str().unwrap());
            assert_eq!(officer.get(&path).expect(200).json, *one);
        }
        for hidden in [&of_learners, &disabled] {
            let _ = officer.get(&format!("/v1/token-issuers/{hidden}")).problem(404, "not_found");
        }
        // By what is found so a grant is given; by what is not it is refused.
        let grant = |issuer: &Value| {
            let body = json!({
                "issuer_id": issuer, "subject": "wu", "role": "officer", "place": "610302", "reason": "任命"
            });
            officer.post("/v1/grants", &body)
        };
        let _ = grant(&wanted[1]["issuer_id"]).expect(201);
        for hidden in [&of_learners, &disabled] {
            let refused = grant(&json!(hidden)).problem(422, "invalid_body");
            assert_eq!(faults(&refused), named(&[("/issuer_id", "unknown_reference")]));
        }
        // Pages hold what may be seen, and no gaps of what may not.
        let first = officer.get("/v1/token-issuers?limit=1").expect(200).json;
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = officer.get(&format!("/v1/token-issuers?limit=1&cursor={cursor}")).expect(200).json;
        assert_eq!((&first["items"][0], &second["items"][0]), (&wanted[0], &wanted[1]));
        assert_eq!(second["next_cursor"], Value::Null);
        // Administrators see all of all.
        for administrator in [security, app.as_audit_administrator()] {
            let all = listed(&administrator);
            assert_eq!(all.len(), 4);
            assert!(all.iter().all(|one| one["audience"] == "xueshi-api" && !one["jwks"].is_null()), "{all:?}");
        }
    });
}

#[test]
fn forged_tokens_of_an_issuer_are_refused() {
    each_backend(|app| {
        portal(app);
        let other = "https://other.test";
        issuer(app, other, &[&Signer::stranger("theirs")]);
        let (ed, good) = (Signer::ed25519("ed"), claims(app, "li"));
        let jwk = |key: &Signer| serde_json::from_value(key.jwk()).unwrap();
        let mut altered = ed.sign(&good);
        let last = altered.pop().unwrap();
        altered.insert(altered.len() - 5, if last == 'A' { 'B' } else { 'A' });
        for (why, token) in [
            ("alg none", unsigned(&json!({ "alg": "none" }), &good)),
            ("alg none with a kid", unsigned(&json!({ "alg": "none", "kid": "ed" }), &good)),
            ("EdDSA without signature", unsigned(&json!({ "alg": "EdDSA", "kid": "ed" }), &good)),
            ("HMAC with the public key", ed.sign_by_public_half(&good)),
            ("HMAC with the RSA key", Signer::rsa("rsa").sign_by_public_half(&good)),
            ("wrong kid", Signer::ed25519("nobody").sign(&good)),
            ("no kid", ed.sign_with(&good, |header| header.kid = None)),
            ("kid of another of its keys", Signer::p256("ed").sign(&good)),
            ("kid of another issuer", Signer::stranger("theirs").sign(&good)),
            ("a stranger's key under its kid", Signer::stranger("ed").sign(&good)),
            (
                "a key that the token brings",
                Signer::stranger("x").sign_with(&good, |h| h.jwk = Some(jwk(&Signer::stranger("x")))),
            ),
            (
                "an address of keys",
                Signer::stranger("x").sign_with(&good, |h| h.jku = Some("https://evil.test/".to_owned())),
            ),
            (
                "a chain of certificates",
                Signer::stranger("x").sign_with(&good, |h| h.x5u = Some("https://evil.test/".to_owned())),
            ),
            ("a logout", ed.sign_with(&good, |h| h.typ = Some("logout+jwt".to_owned()))),
            ("an event", ed.sign_with(&good, |h| h.typ = Some("application/secevent+jwt".to_owned()))),
            ("an assertion", ed.sign_with(&good, |h| h.typ = Some("client-authentication+jwt".to_owned()))),
            ("critical extension", ed.sign_with(&good, |h| h.crit = Some(vec!["exp".to_owned()]))),
            ("wrong issuer", ed.sign(&with(app, |c| c["iss"] = other.into()))),
            ("unknown issuer", ed.sign(&with(app, |c| c["iss"] = "https://evil.test".into()))),
            ("the service's own name", ed.sign(&with(app, |c| c["iss"] = "xueshi".into()))),
            ("altered", altered),
            ("no expiry", ed.sign(&with(app, |c| drop(c.as_object_mut().unwrap().remove("exp"))))),
            ("no subject", ed.sign(&with(app, |c| drop(c.as_object_mut().unwrap().remove("sub"))))),
            ("a subject for the log", ed.sign(&with(app, |c| c["sub"] = "li\nroot".into()))),
            ("endless", "a".repeat(20_000)),
        ] {
            let answer = app.as_nobody().bearing(&token).get("/v1/caller");
            assert_eq!(answer.problem(401, "invalid_token")["reason"], "unreadable", "{why}");
        }
        for typ in [None, Some("JWT"), Some("jwt"), Some("at+jwt"), Some("application/at+jwt")] {
            let token = ed.sign_with(&good, |h| h.typ = typ.map(str::to_owned));
            let _ = app.as_nobody().bearing(&token).get("/v1/caller").expect(200);
        }
        for (reason, claims) in [
            ("expired", with(app, |c| c["exp"] = seconds(app, -31).into())),
            ("not_yet_valid", with(app, |c| c["nbf"] = seconds(app, 31).into())),
            ("not_yet_valid", with(app, |c| c["iat"] = seconds(app, 31).into())),
            ("wrong_audience", with(app, |c| c["aud"] = "another-service".into())),
            ("wrong_audience", with(app, |c| c["aud"] = json!([]))),
        ] {
            let answer = app.as_nobody().bearing(&ed.sign(&claims)).get("/v1/caller");
            assert_eq!(answer.problem(401, "invalid_token")["reason"], reason);
        }
    });
}

#[test]
fn a_key_that_was_taken_out_and_an_issuer_that_was_disabled_verify_nothing_more() {
    each_backend(|app| {
        let id = portal(app);
        let by = |signer: &Signer| app.as_nobody().bearing(&signer.sign(&claims(app, "li"))).get("/v1/caller").status;
        assert_eq!((by(&Signer::ed25519("ed")), by(&Signer::p256("ec"))), (200, 200));
        let path = format!("/v1/token-issuers/{id}");
        let _ =
            app.as_security_administrator().put(&path, &issuer_input(PORTAL, &[Signer::p256("ec").jwk()])).expect(200);
        assert_eq!((by(&Signer::ed25519("ed")), by(&Signer::p256("ec"))), (401, 200));
        let _ = app.as_security_administrator().post(&format!("{path}/disabling"), &Value::Null).expect(200);
        assert_eq!(by(&Signer::p256("ec")), 401);
        let _ = app.as_security_administrator().post(&format!("{path}/enabling"), &Value::Null).expect(200);
        assert_eq!(by(&Signer::p256("ec")), 200);
    });
}

#[test]
fn an_issuer_is_registered_once_under_a_name_of_its_own_with_keys_that_it_may_use() {
    each_backend(|app| {
        let id = portal(app);
        let post = |body: &Value| app.as_security_administrator().post("/v1/token-issuers", body);
        let key = Signer::ed25519("ed").jwk();
        let again = post(&issuer_input(PORTAL, std::slice::from_ref(&key))).problem(409, "already_exists");
        assert_eq!(again["issuer_id"], id);
        for own in ["xueshi", tests::PUBLIC_URL] {
            let problem = post(&issuer_input(own, std::slice::from_ref(&key))).problem(422, "invalid_body");
            assert_eq!(faults(&problem), named(&[("/iss", "reserved")]));
        }
        // Of `https://portal.test#a#li` nobody could say whose official it is.
        let unclear = issuer_input("https://portal.test#a", std::slice::from_ref(&key));
        assert_eq!(faults(&post(&unclear).problem(422, "invalid_body")), named(&[("/iss", "number_sign")]));
        let mut body = issuer_input("https://new.test", &[Signer::rsa("rsa").jwk()]);
        body["algorithms"] = json!(["EdDSA"]);
        assert_eq!(faults(&post(&body).problem(422, "invalid_body")), named(&[("/algorithms", "key_not_allowed")]));
        body["algorithms"] = json!(["HS256"]);
        let _ = post(&body).problem(422, "invalid_body");
        for unclear in
            [" https://new.test", "https://new.test/a b", "https://", "new.test:8443/a b", "示例 门户", "\u{3000}x"]
        {
            let mut body = issuer_input(unclear, std::slice::from_ref(&key));
            (body["audience"], body["subjects"]) = ("xueshi api".into(), json!(["learner", "learner"]));
            body["algorithms"] = json!(["EdDSA", "ES256", "EdDSA"]);
            let wanted = [
                ("/algorithms/2", "duplicate"),
                ("/audience", "not_a_uri_or_name"),
                ("/iss", "not_a_uri_or_name"),
                ("/subjects/1", "duplicate"),
            ];
            assert_eq!(faults(&post(&body).problem(422, "invalid_body")), named(&wanted), "{unclear}");
        }
        for clear in ["portal", "示例门户", "urn:example:portal", "https://new.test:8443/a?b"] {
            let _ = post(&issuer_input(clear, std::slice::from_ref(&key))).expect(201);
        }
        let moved = issuer_input("https://moved.test", &[key]);
        let problem = app
            .as_security_administrator()
            .put(&format!("/v1/token-issuers/{id}"), &moved)
            .problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/iss", "immutable")]));
        let listed = app.as_security_administrator().get("/v1/token-issuers").expect(200).json;
        assert_eq!(
            listed["items"][0],
            app.as_security_administrator().get(&format!("/v1/token-issuers/{id}")).expect(200).json
        );
    });
}

#[test]
fn a_token_of_an_issuer_holds_no_longer_than_its_tokens_may() {
    each_backend(|app| {
        let id = portal(app);
        let asked = |iat: Option<i64>, exp: i64| {
            let claims = with(app, |c| {
                c["exp"] = seconds(app, exp).into();
                if let Some(iat) = iat {
                    c["iat"] = seconds(app, iat).into();
                }
            });
            app.as_nobody().bearing(&Signer::ed25519("ed").sign(&claims)).get("/v1/caller")
        };
        let twelve_hours = 12 * 60 * 60;
        for (iat, exp) in [(None, twelve_hours), (Some(0), twelve_hours), (Some(-60), twelve_hours - 60)] {
            let _ = asked(iat, exp).expect(200);
        }
        for (iat, exp) in [(None, twelve_hours + 31), (Some(-60), twelve_hours - 59), (Some(30), twelve_hours + 31)] {
            assert_eq!(asked(iat, exp).problem(401, "invalid_token")["reason"], "too_long", "{iat:?} {exp}");
        }
        let endless = with(app, |c| (c["iat"], c["exp"]) = (i64::MIN.into(), i64::MAX.into()));
        let endless = app.as_nobody().bearing(&Signer::ed25519("ed").sign(&endless)).get("/v1/caller");
        assert_eq!(endless.problem(401, "invalid_token")["reason"], "too_long");

        let path = format!("/v1/token-issuers/{id}");
        assert_eq!(app.as_security_administrator().get(&path).expect(200).json["longest_token_seconds"], twelve_hours);
        let mut body = issuer_input(PORTAL, &[Signer::ed25519("ed").jwk()]);
        body["longest_token_seconds"] = 600.into();
        let changed = app.as_security_administrator().put(&path, &body).expect(200).json;
        assert_eq!(changed["longest_token_seconds"], 600);
        assert_eq!((asked(Some(0), 600).status, asked(Some(0), 601).status), (200, 401));
        body["longest_token_seconds"] = 59.into();
        let problem = app.as_security_administrator().put(&path, &body).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/longest_token_seconds", "range")]));
    });
}
