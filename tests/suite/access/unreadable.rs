//! Tokens that cannot be verified: what their bearers are told, and what the log says.

use super::{PORTAL, claims, issuer};
use crate::completions::soon;
use serde_json::{Value, json};
use tests::{
    App, Backend, each_backend,
    fixtures::{Signer, unsigned},
};
use xueshi::logging::LogFormat;

fn with(app: &App, change: impl FnOnce(&mut Value)) -> Value {
    let mut all = claims(app, "li");
    change(&mut all);
    all
}

fn told(app: &App, token: &str) -> String {
    let answer = app.as_nobody().bearing(token).in_english().get("/v1/caller");
    let challenge = answer.header("www-authenticate").to_owned();
    let problem = answer.problem(401, "invalid_token");
    assert_eq!(problem["reason"], "unreadable");
    let detail = problem["detail"].as_str().unwrap();
    assert!(challenge.contains(&format!("error_description=\"{detail}\"")), "{challenge}");
    detail.to_owned()
}

#[test]
fn what_can_be_read_off_a_token_is_told_whoever_is_registered() {
    each_backend(|app| {
        issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let ed = Signer::ed25519("ed");
        for iss in [PORTAL, "https://unknown.test"] {
            let of = with(app, |c| c["iss"] = iss.into());
            for (token, wanted) in [
                (unsigned(&json!({ "alg": "none", "kid": "ed" }), &of), "no JWT whose alg is"),
                (ed.sign_by_public_half(&of), "no JWT whose alg is"),
                (ed.sign_with(&of, |h| h.kid = None), "has no kid"),
                (ed.sign_with(&of, |h| h.typ = Some("logout+jwt".to_owned())), "typ of the token"),
                (ed.sign_with(&of, |h| h.crit = Some(vec!["exp".to_owned()])), "crit"),
                (ed.sign(&with(app, |c| (c["iss"], c["x"]) = (iss.into(), "x".repeat(9000).into()))), "too long"),
            ] {
                assert!(told(app, &token).contains(wanted), "{iss} {wanted}: {}", told(app, &token));
            }
        }
        assert!(told(app, "one").contains("no JWT"));
        let nobodys = ed.sign(&with(app, |c| drop(c.as_object_mut().unwrap().remove("iss"))));
        assert!(told(app, &nobodys).contains("no iss"));
        let several = app.as_nobody().bearing("one").with("authorization", "Bearer two").in_english();
        assert_eq!(several.get("/v1/caller").status, 401);
    });
}

#[test]
fn which_keys_there_are_and_whether_a_signature_held_is_told_to_nobody() {
    each_backend(|app| {
        issuer(app, PORTAL, &[&Signer::ed25519("ed"), &Signer::p256("ec")]);
        let (ed, good) = (Signer::ed25519("ed"), claims(app, "li"));
        for (why, token) in [
            ("unknown issuer", ed.sign(&with(app, |c| c["iss"] = "https://unknown.test".into()))),
            ("unknown kid", Signer::ed25519("other").sign(&good)),
            ("alg of another key", Signer::p256("ed").sign(&good)),
            ("alg that is not allowed", Signer::rsa("rsa").sign(&good)),
            ("signature", Signer::stranger("ed").sign(&good)),
            (
                "signature over claims of wrong types",
                Signer::stranger("ed").sign(&with(app, |c| c["exp"] = "x".into())),
            ),
            ("a signature that is none", format!("{}.!", ed.sign(&good).rsplit_once('.').unwrap().0)),
            (
                "the same by an unknown issuer",
                format!(
                    "{}.!",
                    ed.sign(&with(app, |c| c["iss"] = "https://unknown.test".into())).rsplit_once('.').unwrap().0
                ),
            ),
            ("the service's own name", ed.sign(&with(app, |c| c["iss"] = "xueshi".into()))),
        ] {
            assert_eq!(told(app, &token), "The token cannot be verified", "{why}");
        }
    });
}

#[test]
fn what_is_wrong_with_signed_claims_is_told_by_name_and_without_their_values() {
    each_backend(|app| {
        issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let by = |change: &dyn Fn(&mut Value)| told(app, &Signer::ed25519("ed").sign(&with(app, change)));
        for (claim, value) in [
            ("exp", json!("tomorrow")),
            ("nbf", json!(true)),
            ("aud", json!(7)),
            ("learner_id", json!("7")),
            ("document_number", json!(340_102)),
            ("document_kind", json!("a library card")),
        ] {
            let wanted = format!("The claim {claim} is missing, of another type or said twice");
            assert_eq!(by(&|c| c[claim] = value.clone()), wanted);
        }
        for missing in ["exp", "aud"] {
            let wanted = format!("The claim {missing} is missing, of another type or said twice");
            assert_eq!(by(&|c| drop(c.as_object_mut().unwrap().remove(missing))), wanted);
        }
        assert!(by(&|c| drop(c.as_object_mut().unwrap().remove("sub"))).contains("name nobody"));
        assert!(by(&|c| c["document_number"] = "1".into()).contains("name nobody"));
    });
}

#[test]
fn the_log_says_why_a_token_was_not_accepted_and_nothing_of_the_token() {
    let app = App::start(Backend::Sqlite);
    issuer(&app, PORTAL, &[&Signer::ed25519("ed"), &Signer::p256("ec")]);
    let node = app.node_that_logs(env!("CARGO_BIN_EXE_node"), LogFormat::Text);
    let good = claims(&app, "li");
    for (id, token) in [
        ("no-issuer", Signer::ed25519("ed").sign(&with(&app, |c| c["iss"] = "https://unknown.test".into()))),
        ("no-key", Signer::ed25519("other").sign(&good)),
        ("no-alg", Signer::p256("ed").sign(&good)),
        ("no-signature", Signer::stranger("ed").sign(&good)),
        ("no-claim", Signer::ed25519("ed").sign(&with(&app, |c| c["exp"] = "mark-7".into()))),
    ] {
        let answer = app.as_nobody().at(&node).bearing(&token).with("x-request-id", id).get("/v1/caller");
        let _ = answer.problem(401, "invalid_token");
    }
    let line = |id: &str| {
        let end = format!("request_id={id}");
        node.log().into_iter().find(|line| line.contains("xueshi::failure") && line.ends_with(&end))
    };
    soon(|| line("no-claim").is_some());
    for (id, why) in [
        ("no-issuer", "its issuer is not registered"),
        ("no-key", "its kid is of no key"),
        ("no-alg", "its alg is not that of the key"),
        ("no-signature", "its signature does not hold"),
        ("no-claim", "its claim exp is missing, of another type or said twice"),
    ] {
        assert!(line(id).is_some_and(|line| line.contains("INFO") && line.contains(why)), "{id}: {:?}", line(id));
    }
    let log = node.log().join("\n");
    assert!(!log.contains("eyJ") && !log.contains("mark-7") && !log.contains("unknown.test"), "{log}");
}
