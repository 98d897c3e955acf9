//! The usual attacks, by name. Those on tokens stand beside what they attack: `access/issuers.rs` (`alg: none`, the public key as a
//! secret, tricks with `kid`, `jwk`, `jku` and `x5u`, wrong issuer and audience, expired and not yet valid), `access/tokens.rs`
//! (assertions, guessed secrets) and `permissions` (each operation with what is another's); deeply nested and
//! oversize bodies too); packed bodies in `shell.rs` and at the edge.

use crate::{
    completions::soon,
    registry::{base, course, learner, platform_input},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::TcpStream,
};
use tests::{Answer, App, Backend, each_backend};
use uuid::Uuid;
use xueshi::{
    auth::{CallerKind, Tokens},
    logging::LogFormat,
};

/// What an answer gives away: everything but what is new for every request.
fn given_away(answer: Answer) -> (u16, BTreeSet<(String, String)>, String) {
    let own = ["x-request-id", "date"];
    let headers = answer.headers.into_iter().filter(|(name, _)| !own.contains(&name.as_str())).collect();
    (answer.status, headers, answer.text)
}

#[test]
fn guessing_ids_tells_nothing_about_what_exists() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610300").register();
        let item = app.push_batch(&stage.platform, [learner.finished(&stage.public)]).expect(200).json;
        let (completion, batch) = (item["items"][0]["completion_id"].clone(), item["batch_id"].clone());
        let stranger = app.learner("630000").register();
        let elsewhere = app.as_officer("630000");
        let another = app.platform("another").register();
        let another = app.as_platform(another.id);
        let neighbour = app.as_learner(stranger.id);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        for (caller, path, there) in [
            (&elsewhere, "/v1/learners/{}", learner.id.to_string()),
            (&elsewhere, "/v1/learners/{}/history", learner.id.to_string()),
            (&elsewhere, "/v1/learners/{}/standings/2020", learner.id.to_string()),
            (&elsewhere, "/v1/learners/{}/hour-entries", learner.id.to_string()),
            (&elsewhere, "/v1/completions/{}", text(&completion)),
            (&neighbour, "/v1/learners/{}", learner.id.to_string()),
            (&neighbour, "/v1/learners/{}/standings/2020", learner.id.to_string()),
            (&neighbour, "/v1/learners/{}/access-records", learner.id.to_string()),
            (&neighbour, "/v1/completions/{}", text(&completion)),
            (&another, "/v1/completions/{}", text(&completion)),
            (&another, "/v1/completion-batches/{}", text(&batch)),
            (&another, "/v1/completion-batches/{}/outcomes", text(&batch)),
        ] {
            let of_another = given_away(caller.get(&path.replace("{}", &there)));
            let of_nobody = given_away(caller.get(&path.replace("{}", &Uuid::now_v7().to_string())));
            assert_eq!(of_another.0, 404, "{path}");
            assert_eq!(of_another, of_nobody, "{path}");
        }
    });
}

#[test]
fn mass_assignment_sets_nothing_that_is_the_services_own() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        let own = json!({
            "learner_id": Uuid::now_v7(), "created_at": "2020-01-01T00:00:00Z", "recorded_by": "officer:root",
            "document_mask": "x", "role": "system_administrator", "verdict": "met",
        });
        let system = app.as_system_administrator();
        for (caller, path, body) in [
            (&officer, "/v1/learners", learner(1, "示例甲")),
            (&officer, "/v1/courses", course("A-1", base(app))),
            (&system, "/v1/learning-platforms", platform_input("p7", "610000")),
        ] {
            let mut body = body;
            body.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
            let problem = caller.post(path, &body).problem(422, "invalid_body");
            let faults = problem["errors"].as_array().unwrap();
            let unknown = faults.iter().filter(|fault| fault["code"] == "unknown_field").count();
            assert_eq!((faults.len(), unknown), (6, 6), "{path}: {problem}");
        }
        let all = app.as_national_officer().get("/v1/learners").expect(200).json;
        assert_eq!(all["items"], json!([]), "nothing was written");
    });
}

#[test]
fn a_token_of_one_place_opens_no_other() {
    each_backend(|app| {
        let inside = app.learner("610300").register();
        let outside = app.learner("610100").register();
        let baoji = app.caller(CallerKind::Officer, "li", "610300".parse().ok());
        let standing = |id| format!("/v1/learners/{id}/standings/2020");
        let _ = baoji.get(&standing(inside.id)).expect(200);
        let _ = baoji.get(&standing(outside.id)).problem(404, "not_found");
        // Nor with another's name for oneself: what a request says about its caller is not asked.
        for header in ["x-place", "x-forwarded-user", "x-role", "x-grant-id"] {
            let answer = baoji.clone().with(header, "610000").get(&standing(outside.id));
            assert!([403, 404, 422].contains(&answer.status), "{header}: {}", answer.text);
        }
        // A service of the same name elsewhere has other keys.
        let folder = app.folder().join("elsewhere");
        Tokens::create_key_if_missing(&folder, xueshi::keys::Maker::Operator).unwrap();
        let elsewhere = Tokens::load(&folder, "xueshi", "xueshi-api").unwrap();
        let subject = xueshi::auth::Subject::of(CallerKind::Officer, "li", "610000".parse().ok());
        let forged = elsewhere.mint(&subject, app.clock.now(), time::Duration::HOUR).unwrap();
        let refused = app.as_nobody().bearing(&forged).get(&standing(inside.id));
        assert_eq!(refused.problem(401, "invalid_token")["reason"], "unreadable");
    });
}

#[test]
fn headers_and_logs_take_nothing_in_that_looks_like_their_own() {
    let app = App::start(Backend::Sqlite);
    let node = app.node_that_logs(env!("CARGO_BIN_EXE_node"), LogFormat::Text);
    let address = node.url("").trim_start_matches("http://").trim_end_matches('/').to_owned();
    let send = |request: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    let ask = |path: &str, header: &str| {
        send(&format!("GET {path} HTTP/1.1\r\nhost: x\r\n{header}connection: close\r\n\r\n"))
    };
    let mark = "level=ERROR";
    for (path, header) in [
        ("/v1/caller", format!("x-request-id: 1 {mark}\r\n")),
        ("/v1/caller", format!("x-request-id: \"\\n{mark}\r\n")),
        ("/v1/caller", format!("authorization: Bearer a\u{b} {mark}\r\n")),
        ("/v1/caller", format!("accept-language: en {mark}\r\n")),
        (&format!("/v1/caller?%0d%0aset-cookie:%20a=b%0a{mark}"), String::new()),
        (&format!("/v1/learners/%0d%0a{mark}"), String::new()),
        (&format!("/%0a{mark}"), format!("user-agent: {mark}\r\nreferer: {mark}\r\nx-forwarded-for: {mark}\r\n")),
        ("/v1/caller", format!("host: {mark}\r\n")),
    ] {
        let answer = ask(path, &header);
        assert!(answer.starts_with("HTTP/1.1 4"), "{path} {header}: {answer}");
        assert!(!answer.to_lowercase().contains("set-cookie"), "{answer}");
        let head = answer.split("\r\n\r\n").next().unwrap();
        assert!(!head.contains(mark), "{path} {header}: {answer}");
    }
    // Those that are HTTP have their lines, so the log was written.
    soon(|| node.log().iter().filter(|line| line.contains("/v1/caller")).count() >= 4);
    let log = node.log().join("\n");
    assert!(!log.contains(mark), "{log}");
}
