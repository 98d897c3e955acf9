//! Keys of issuers that lie at an address: fetched by the runner over TLS, kept in the database, trusted for a day.

use super::{
    PORTAL, claims, issuer_input,
    receiver::{Receiver, Say},
};
use crate::registry::{faults, named};
use serde_json::{Value, json};
use std::time::Duration as Wait;
use tests::{App, Backend, each_backend, fixtures::Signer};
use time::{Duration, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};
use xueshi::access::KeyFetching;

/// The application, which may fetch keys from the receiver on this machine and trusts whom the file names.
fn fetching(backend: Backend, receiver: &Receiver, change: impl FnOnce(&mut KeyFetching)) -> App {
    App::set(backend, |settings| {
        settings.key_fetching.ca_file = Some(receiver.ca_file());
        settings.key_fetching.private_hosts = vec!["localhost".to_owned()];
        // The hanging one is waited for so long; all others answer at once, but machines are slow at times.
        settings.key_fetching.time = Wait::from_secs(3);
        change(&mut settings.key_fetching);
    })
}

fn input(address: &str) -> Value {
    let mut body = issuer_input(PORTAL, &[]);
    body.as_object_mut().unwrap().remove("jwks");
    body["jwks_uri"] = address.into();
    body
}

/// Registers the portal, whose officer 李 answers for 宝鸡; its path.
fn registered(app: &App, address: &str) -> String {
    let issuer = app.as_security_administrator().post("/v1/token-issuers", &input(address)).expect(201).json;
    assert!(issuer["jwks"].is_null() && issuer["jwks_fetched_at"].is_null(), "{issuer}");
    let grant = json!({
        "issuer_id": issuer["issuer_id"], "subject": "li", "role": "officer", "place": "610300", "reason": "任命"
    });
    let _ = app.as_security_administrator().post("/v1/grants", &grant).expect(201);
    format!("/v1/token-issuers/{}", issuer["issuer_id"].as_str().unwrap())
}

/// The issuer, once it is as wanted.
fn once(app: &App, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let end = std::time::Instant::now() + Wait::from_secs(60);
    loop {
        let issuer = app.as_security_administrator().get(path).expect(200).json;
        if wanted(&issuer) {
            return issuer;
        }
        assert!(std::time::Instant::now() < end, "{issuer}");
        std::thread::sleep(Wait::from_millis(20));
    }
}

fn kids(issuer: &Value) -> Vec<&str> {
    let keys = issuer["jwks"]["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    keys.iter().map(|key| key["kid"].as_str().unwrap()).collect()
}

fn written(at: OffsetDateTime) -> Value {
    at.to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap().into()
}

fn pass(app: &App, time: Duration) {
    app.clock.set(app.clock.now() + time);
}

fn by(app: &App, signer: &Signer) -> u16 {
    app.as_nobody().bearing(&signer.sign(&claims(app, "li"))).get("/v1/caller").status
}

/// More than the ten minutes between two times, with the tenth that may be added.
const NEXT: Duration = Duration::minutes(12);

fn each(test: impl Fn(&App, &Receiver)) {
    for backend in Backend::at_hand() {
        let receiver = Receiver::start();
        test(&fetching(backend, &receiver, |_| {}), &receiver);
    }
}

#[test]
fn keys_at_an_address_are_fetched_and_followed_when_a_token_names_another_one() {
    each(|app, receiver| {
        let (first, second) = (Signer::ed25519("2021-01"), Signer::p256("2021-02"));
        receiver.says(Say::keys(&[&first]));
        let path = registered(app, &receiver.address());
        let issuer = once(app, &path, |issuer| !issuer["jwks_fetched_at"].is_null());
        assert_eq!((kids(&issuer), &issuer["jwks_failure"]), (vec!["2021-01"], &Value::Null));
        assert_eq!((by(app, &first), by(app, &second), receiver.asked()), (200, 401, 1));

        // That token has asked for it, but the keys are fetched no sooner than a minute after the last time.
        receiver.says(Say::keys(&[&second]));
        pass(app, Duration::seconds(59));
        assert_eq!((by(app, &first), by(app, &second)), (200, 401));
        pass(app, Duration::seconds(1));
        let fetched_at = written(app.clock.now());
        let issuer = once(app, &path, |issuer| issuer["jwks_fetched_at"] == fetched_at);
        assert_eq!((kids(&issuer), receiver.asked()), (vec!["2021-02"], 2));
        assert_eq!((by(app, &first), by(app, &second)), (401, 200));

        // A wrong signature asks for nothing, and what is due in time comes by itself.
        assert_eq!(by(app, &Signer::stranger("2021-02")), 401);
        receiver.says(Say::keys(&[&second, &Signer::rsa("2021-03")]));
        pass(app, NEXT);
        let issuer = once(app, &path, |issuer| issuer["jwks_fetched_at"] == written(app.clock.now()));
        assert_eq!((kids(&issuer), by(app, &second)), (vec!["2021-02", "2021-03"], 200));

        let events = app.as_audit_administrator().get("/v1/audit-events?operation=fetch_issuer_keys").expect(200).json;
        let told: Vec<&Value> = events["items"].as_array().unwrap().iter().map(|event| &event["after"]).collect();
        let wanted = [
            json!({ "keys_came": ["2021-01"], "keys_went": [] }),
            json!({ "keys_came": ["2021-02"], "keys_went": ["2021-01"] }),
            json!({ "keys_came": ["2021-03"], "keys_went": [] }),
        ];
        assert!(told.len() == 3 && wanted.iter().all(|event| told.contains(&event)), "{events}");
        assert_eq!(events["items"][0]["subject_id"], issuer["issuer_id"]);
    });
}

#[test]
fn what_cannot_be_had_or_used_leaves_the_last_good_keys_and_is_told_by_its_kind() {
    each(|app, receiver| {
        let good = Signer::ed25519("good");
        receiver.says(Say::keys(&[&good]));
        let path = registered(app, &receiver.address());
        let _ = once(app, &path, |issuer| !issuer["jwks_fetched_at"].is_null());
        let mut private = good.jwk();
        private["d"] = "AA".into();
        let elsewhere =
            format!("HTTP/1.1 302 Found\r\nLocation: {}/moved\r\nContent-Length: 0\r\n\r\n", receiver.address());
        let nested = "[".repeat(60_000);
        for (says, kind) in [
            (Say::Bytes(elsewhere.into_bytes()), "redirected"),
            (Say::answer(404, "{}"), "wrong_status"),
            (Say::answer(200, &" ".repeat(64 * 1024 + 1)), "too_large"),
            (Say::answer(200, "<html>"), "unusable_keys"),
            (Say::answer(200, &nested), "unusable_keys"),
            (Say::answer(200, &json!({ "keys": [good.jwk(), private] }).to_string()), "unusable_keys"),
            (Say::answer(200, &json!({ "keys": [] }).to_string()), "unusable_keys"),
            (Say::Bytes(b"nothing of HTTP\r\n\r\n".to_vec()), "unreachable"),
            (Say::Nothing, "timed_out"),
            (Say::PlainHttp, "not_trusted"),
            (Say::WithoutCa, "not_trusted"),
        ] {
            let before = receiver.asked();
            receiver.says(says);
            pass(app, NEXT);
            let issuer = once(app, &path, |issuer| issuer["jwks_failed_at"] == written(app.clock.now()));
            assert_eq!((&issuer["jwks_failure"], kids(&issuer)), (&json!(kind), vec!["good"]));
            assert_eq!((receiver.asked(), by(app, &good)), (before + 1, 200), "{kind}");
        }
        let counts = app.as_nobody().get("/metrics").expect(200).text;
        for line in ["{outcome=\"fetched\"} 1", "{outcome=\"unusable_keys\"} 4", "{outcome=\"redirected\"} 1"] {
            assert!(counts.contains(&format!("xueshi_issuer_key_fetches_total{line}")), "{line}: {counts}");
        }
    });
}

#[test]
fn keys_at_an_address_that_are_not_understood_are_ignored() {
    each(|app, receiver| {
        let (good, unlisted) = (Signer::ed25519("good"), Signer::p256("for another use"));
        let mut encrypting = unlisted.jwk();
        encrypting["use"] = "enc".into();
        let unknown = json!({ "kty": "EC", "crv": "P-384", "kid": "c", "x": "AA", "y": "AA" });
        let set = json!({ "keys": [encrypting, unknown, good.jwk(), good.jwk()] });
        receiver.says(Say::answer(200, &set.to_string()));
        let path = registered(app, &receiver.address());
        let issuer =
            once(app, &path, |issuer| !(issuer["jwks_fetched_at"].is_null() && issuer["jwks_failure"].is_null()));
        assert_eq!((&issuer["jwks_failure"], kids(&issuer)), (&Value::Null, vec!["good"]));
        assert_eq!((by(app, &good), by(app, &unlisted)), (200, 401));
        // Given ones are typed in by someone who can correct them.
        let keys: Vec<Value> = set["keys"].as_array().unwrap()[1..3].to_vec();
        let answer = app.as_security_administrator().put(&path, &issuer_input(PORTAL, &keys));
        assert_eq!(faults(&answer.problem(422, "invalid_body")), named(&[("/jwks/keys/0", "unusable_key")]));
    });
}

#[test]
fn what_an_address_answers_that_was_replaced_meanwhile_counts_for_nothing() {
    each(|app, receiver| {
        let (old, new) = (Signer::ed25519("old"), Signer::ed25519("new"));
        let Say::Bytes(keys) = Say::keys(&[&old]) else { unreachable!() };
        for (n, says) in [Say::Nothing, Say::Late(keys)].into_iter().enumerate() {
            receiver.says(says);
            let asked = receiver.asked();
            let mut body = input(&receiver.address());
            body["iss"] = format!("{PORTAL}/{n}").into();
            let security = app.as_security_administrator();
            let issuer = security.post("/v1/token-issuers", &body).expect(201).json;
            let path = format!("/v1/token-issuers/{}", issuer["issuer_id"].as_str().unwrap());
            while receiver.asked() == asked {
                std::thread::sleep(Wait::from_millis(5));
            }
            receiver.says(Say::keys(&[&new]));
            body["jwks_uri"] = format!("{}?new", receiver.address()).into();
            // Within one moment of the clock.
            let changed = security.put(&path, &body).expect(200).json;
            assert_eq!(changed["updated_at"], issuer["updated_at"]);
            let issuer =
                once(app, &path, |issuer| !(issuer["jwks_fetched_at"].is_null() && issuer["jwks_failure"].is_null()));
            assert_eq!((kids(&issuer), &issuer["jwks_failure"]), (vec!["new"], &Value::Null));
        }
    });
}

#[test]
fn keys_outlive_a_restart_but_not_the_time_they_are_trusted() {
    for backend in Backend::at_hand() {
        let receiver = Receiver::start();
        let good = Signer::ed25519("good");
        receiver.says(Say::keys(&[&good]));
        let mut app = fetching(backend, &receiver, |_| {});
        let path = registered(&app, &receiver.address());
        let _ = once(&app, &path, |issuer| !issuer["jwks_fetched_at"].is_null());
        receiver.says(Say::answer(500, ""));
        app.restart();
        assert_eq!(by(&app, &good), 200);
        pass(&app, Duration::hours(24));
        assert_eq!(by(&app, &good), 200);
        pass(&app, Duration::microseconds(1));
        let token = good.sign(&claims(&app, "li"));
        let refused = app.as_nobody().bearing(&token).get("/v1/caller").problem(401, "invalid_token");
        assert_eq!(refused["reason"], "unreadable");
        let _ = app.as_nobody().get("/readyz").expect(200);
        receiver.says(Say::keys(&[&good]));
        pass(&app, NEXT);
        let _ = once(&app, &path, |issuer| issuer["jwks_fetched_at"] == written(app.clock.now()));
        assert_eq!(by(&app, &good), 200);
    }
}

#[test]
fn addresses_that_are_not_public_are_not_connected_to_unless_a_setting_names_their_host() {
    for backend in Backend::at_hand() {
        let receiver = Receiver::start();
        receiver.says(Say::keys(&[&Signer::ed25519("good")]));
        let app = fetching(backend, &receiver, |fetching| fetching.private_hosts.clear());
        let path = registered(&app, &receiver.address());
        let issuer = once(&app, &path, |issuer| !issuer["jwks_failure"].is_null());
        assert_eq!((&issuer["jwks_failure"], receiver.asked()), (&json!("address_not_allowed"), 0));
        for (address, code) in [
            ("https://127.0.0.1:8443/keys", "private_address"),
            ("https://[::ffff:10.0.0.1]/keys", "private_address"),
            ("http://localhost/keys", "not_an_https_address"),
            ("https://user@localhost/keys", "not_an_https_address"),
            ("https://localhost/keys#a", "not_an_https_address"),
        ] {
            let answer = app.as_security_administrator().put(&path, &input(address)).problem(422, "invalid_body");
            assert_eq!(faults(&answer), named(&[("/jwks_uri", code)]), "{address}");
        }
    }
}

#[test]
fn nobody_who_is_not_vouched_for_is_believed() {
    let (receiver, other) = (Receiver::start(), Receiver::start());
    receiver.says(Say::keys(&[&Signer::ed25519("good")]));
    let app = fetching(Backend::Sqlite, &receiver, |fetching| fetching.ca_file = Some(other.ca_file()));
    let path = registered(&app, &receiver.address());
    let issuer = once(&app, &path, |issuer| !issuer["jwks_failure"].is_null());
    assert_eq!((&issuer["jwks_failure"], by(&app, &Signer::ed25519("good"))), (&json!("not_trusted"), 401));
}

#[test]
fn keys_are_given_or_fetched_and_each_follows_the_other() {
    each(|app, receiver| {
        let (fetched, given) = (Signer::ed25519("fetched"), Signer::p256("given"));
        receiver.says(Say::keys(&[&fetched]));
        let security = app.as_security_administrator();
        let (mut both, mut neither) = (input(&receiver.address()), input(""));
        both["jwks"] = json!({ "keys": [given.jwk()] });
        neither.as_object_mut().unwrap().remove("jwks_uri");
        for (body, fault) in [(&both, ("/jwks_uri", "not_both")), (&neither, ("/jwks", "missing"))] {
            let answer = security.post("/v1/token-issuers", body).problem(422, "invalid_body");
            assert_eq!(faults(&answer), named(&[fault]));
        }
        let path = registered(app, &receiver.address());
        let _ = once(app, &path, |issuer| !issuer["jwks_fetched_at"].is_null());
        let issuer = security.put(&path, &issuer_input(PORTAL, &[given.jwk()])).expect(200).json;
        assert_eq!(
            (kids(&issuer), &issuer["jwks_uri"], &issuer["jwks_fetched_at"]),
            (vec!["given"], &Value::Null, &Value::Null)
        );
        assert_eq!((by(app, &fetched), by(app, &given)), (401, 200));
        // Of another address nothing is known yet; until it was asked nobody is let in.
        receiver.says(Say::answer(503, ""));
        let issuer = security.put(&path, &input(&receiver.address())).expect(200).json;
        assert_eq!((&issuer["jwks"], by(app, &given)), (&Value::Null, 401));
        let _ = once(app, &path, |issuer| issuer["jwks_failure"] == "wrong_status");
        receiver.says(Say::keys(&[&fetched]));
        pass(app, NEXT);
        let _ = once(app, &path, |issuer| !issuer["jwks_fetched_at"].is_null());
        assert_eq!((by(app, &fetched), by(app, &given)), (200, 401));
        // A change of something else asks anew, and the keys stay meanwhile.
        let mut renamed = input(&receiver.address());
        renamed["name"] = "另名".into();
        assert_eq!(kids(&security.put(&path, &renamed).expect(200).json), ["fetched"]);
        assert_eq!(by(app, &fetched), 200);
    });
}

#[test]
fn a_file_of_authorities_that_cannot_be_used_stops_the_start() {
    let app = App::start(Backend::Sqlite);
    let empty = app.folder().join("no-authority.pem");
    std::fs::write(&empty, "").unwrap();
    let keys = app.folder().join("keys-of-jwks");
    let output = app.command(
        "timeout",
        &[
            "60",
            env!("CARGO_BIN_EXE_node"),
            "serve",
            "--listen=127.0.0.1:0",
            "--create-keys",
            "--keys-dir",
            keys.to_str().unwrap(),
            "--jwks-ca-file",
            empty.to_str().unwrap(),
        ],
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("no-authority.pem: it holds no certificate"), "{said}");
}

#[test]
fn an_issuer_by_address_is_kept_on_every_back_end() {
    each_backend(|app| {
        // The name is one that leads nowhere (RFC 2606); what a machine's resolver makes of that is its own affair.
        let path = registered(app, "https://keys.invalid/jwks.json");
        let _ = once(app, &path, |issuer| issuer["jwks_failure"].is_string());
    });
}
