//! The token endpoint, and what its tokens are good for.

use super::{TOKENS, ask, bearer, client, new_client, oauth_error, seconds, secret};
use crate::tables::kept_in_the_clear;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use domain::audit::{Act, Channel};
use serde_json::{Value, json};
use store::audit::{EventSearch, search_events};
use tests::{
    Answer, App, Backend, PUBLIC_URL, each_backend,
    fixtures::{Signer, unsigned},
};
use time::{Duration, OffsetDateTime};
use xueshi::logging::LogFormat;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[test]
fn a_client_gets_a_token_of_fifteen_minutes_and_pushes_with_it() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let id = client(app, &stage.platform.id.to_string(), Value::Null)["client_id"].as_str().unwrap().to_owned();
        let answer = ask(app, &id, &secret(app, &id)).expect(200);
        assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
        assert_eq!((&answer.json["token_type"], &answer.json["expires_in"]), (&json!("Bearer"), &json!(900)));
        assert_eq!(answer.json["scope"], "completions:write completions:read courses:read");
        let part = answer.json["access_token"].as_str().unwrap().split('.').nth(1).unwrap();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        assert_eq!((&claims["client_id"], &claims["scope"]), (&json!(id), &answer.json["scope"]));
        assert!(claims["jti"].is_string());
        let platform = bearer(app, &answer);
        let caller = json!({ "kind": "platform", "subject": stage.platform.id.to_string(), "place": null });
        assert_eq!(platform.get("/v1/caller").expect(200).json, caller);
        let learner = app.learner("610000").register();
        let batch = tests::fixtures::batch([learner.finished(&stage.public)]);
        assert_eq!(platform.post("/v1/completion-batches", &batch).expect(200).json["items"][0]["outcome"], "credited");
        app.clock.set(tests::NOON + Duration::minutes(15) + Duration::seconds(31));
        assert_eq!(platform.get("/v1/caller").problem(401, "invalid_token")["reason"], "expired");
    });
}

#[test]
fn a_basic_header_does_as_well_but_not_beside_the_form() {
    each_backend(|app| {
        let id = new_client(app);
        let secret = secret(app, &id);
        let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        let someone = app.as_nobody().with("authorization", &basic);
        let _ = someone.post_form(TOKENS, &[("grant_type", "client_credentials")]).expect(200);
        let twice = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
        assert_eq!(oauth_error(&someone.post_form(TOKENS, &twice), 400), "invalid_request");
    });
}

#[test]
fn requests_that_break_the_standard_get_its_errors() {
    each_backend(|app| {
        let id = new_client(app);
        let secret = secret(app, &id);
        let with = |more: &[(&str, &str)]| {
            let fields: Vec<_> = [("client_id", id.as_str()), ("client_secret", &secret)].into_iter().collect();
            app.as_nobody().post_form(TOKENS, &[&fields, more].concat())
        };
        let credentials = ("grant_type", "client_credentials");
        assert_eq!(oauth_error(&with(&[]), 400), "invalid_request");
        assert_eq!(oauth_error(&with(&[("grant_type", "password")]), 400), "unsupported_grant_type");
        assert_eq!(oauth_error(&with(&[credentials, credentials]), 400), "invalid_request");
        for scope in ["everything", "learner:self", "courses:read everything"] {
            assert_eq!(oauth_error(&with(&[credentials, ("scope", scope)]), 400), "invalid_scope", "{scope}");
        }
        let narrow = with(&[credentials, ("scope", "courses:read"), ("unknown", "is ignored")]).expect(200);
        assert_eq!(narrow.json["scope"], "courses:read");
        let nobody = app.as_nobody().post_form(TOKENS, &[credentials]);
        assert_eq!(oauth_error(&nobody, 401), "invalid_client");
        let _ = app.as_nobody().post(TOKENS, &json!({})).problem(415, "unsupported_media_type");
        // What proves a client does not stand in an address, which proxies keep.
        let fields = [("client_id", id.as_str()), ("client_secret", &secret), credentials];
        for query in ["?grant_type=client_credentials", "?x"] {
            let told = app.as_nobody().post_form(&format!("{TOKENS}{query}"), &fields);
            assert_eq!(oauth_error(&told, 400), "invalid_request", "{query}");
        }
        let _ = app.as_nobody().post_form(TOKENS, &fields).expect(200);
        let long = "x".repeat(40_000);
        let _ = app.as_nobody().post_form(TOKENS, &[("scope", &long)]).problem(413, "body_too_large");
    });
}

#[test]
fn unknown_and_wrong_credentials_are_told_alike() {
    each_backend(|app| {
        let client = keyed(app);
        let id = client.id.clone();
        let right = secret(app, &id);
        let told = |answer: Answer| {
            let own = ["x-request-id", "date"];
            let mut headers: Vec<_> =
                answer.headers.into_iter().filter(|(name, _)| !own.contains(&name.as_str())).collect();
            // In which order they come says nothing.
            headers.sort();
            (answer.status, headers, answer.text)
        };
        let wrong = told(ask(app, &id, "xs_wrong"));
        assert_eq!(wrong.0, 401);
        for (name, secret) in [
            ("0190d3f0-0000-7000-8000-00000000beef", right.as_str()),
            ("nobody", "x"),
            (&id, &right[..45]),
            (&id, &format!("{right}x")),
        ] {
            assert_eq!(told(ask(app, name, secret)), wrong, "{name}");
        }
        // So it is with assertions: of nobody, of a client that is disabled, by a stranger's key.
        let (ed, mut nobody) = (Signer::ed25519("ed"), client.claims());
        (nobody["iss"], nobody["sub"]) = ("nobody".into(), "nobody".into());
        assert_eq!(told(client.ask(&ed.sign(&nobody))), wrong);
        assert_eq!(told(client.ask(&Signer::stranger("ed").sign(&client.claims()))), wrong);
        let disabling = format!("/v1/clients/{}/disabling", client.id);
        let _ = app.as_security_administrator().post(&disabling, &Value::Null).expect(200);
        assert_eq!(told(client.ask(&ed.sign(&client.claims()))), wrong);
    });
}

#[test]
fn failures_are_limited_a_minute_and_do_not_lock_the_client_out() {
    each_backend(|app| {
        let id = new_client(app);
        let right = secret(app, &id);
        for _ in 0..10 {
            assert_eq!(oauth_error(&ask(app, &id, "xs_wrong"), 401), "invalid_client");
        }
        let limited = ask(app, &id, "xs_wrong");
        assert_eq!((limited.status, limited.header("retry-after")), (429, "60"));
        let counts = app.as_nobody().get("/metrics").expect(200).text;
        for (outcome, times) in [("invalid_client", 10), ("too_many_attempts", 1)] {
            let line = format!("xueshi_outcomes_total{{outcome=\"{outcome}\",room=\"access\"}} {times}\n");
            assert!(counts.contains(&line), "{line}{counts}");
        }
        let _ = ask(app, &id, &right).expect(200);
        app.clock.set(tests::NOON + Duration::minutes(1));
        assert_eq!(ask(app, &id, "xs_wrong").status, 401);
    });
}

/// A client with a key of each kind, and what it signs.
struct Keyed<'a> {
    app: &'a App,
    id: String,
}

impl Keyed<'_> {
    fn claims(&self) -> Value {
        let jti = uuid::Uuid::now_v7();
        json!({ "iss": self.id, "sub": self.id, "aud": PUBLIC_URL, "exp": seconds(self.app, 60), "jti": jti })
    }

    fn with(&self, change: impl FnOnce(&mut Value)) -> Value {
        let mut claims = self.claims();
        change(&mut claims);
        claims
    }

    fn ask(&self, assertion: &str) -> Answer {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion),
        ];
        self.app.as_nobody().post_form(TOKENS, &fields)
    }
}

fn keyed(app: &App) -> Keyed<'_> {
    let platform = app.platform("p1").register().id.to_string();
    let keys = json!({ "keys": [Signer::ed25519("ed").jwk(), Signer::p256("ec").jwk(), Signer::rsa("rsa").jwk()] });
    let id = client(app, &platform, keys)["client_id"].as_str().unwrap().to_owned();
    Keyed { app, id }
}

#[test]
fn a_client_proves_itself_by_its_private_key() {
    each_backend(|app| {
        let client = keyed(app);
        for signer in [Signer::ed25519("ed"), Signer::p256("ec"), Signer::rsa("rsa")] {
            let answer = client.ask(&signer.sign(&client.claims())).expect(200);
            let _ = bearer(app, &answer).get("/v1/caller").expect(200);
        }
        let endpoint = client.with(|claims| claims["aud"] = json!(["x", format!("{PUBLIC_URL}{TOKENS}")]));
        let _ = client.ask(&Signer::ed25519("ed").sign(&endpoint)).expect(200);
    });
}

#[test]
fn an_assertion_is_good_once_while_it_lasts() {
    each_backend(|app| {
        let client = keyed(app);
        let assertion = Signer::ed25519("ed").sign(&client.claims());
        let _ = client.ask(&assertion).expect(200);
        assert_eq!(oauth_error(&client.ask(&assertion), 401), "invalid_client", "a replayed jti");
        app.clock.set(tests::NOON + Duration::seconds(90));
        assert_eq!(oauth_error(&client.ask(&assertion), 401), "invalid_client", "a replayed jti at its end");
        let reused = client.with(|claims| claims["jti"] = "again".into());
        let _ = client.ask(&Signer::ed25519("ed").sign(&reused)).expect(200);
        // A process whose clock goes ahead forgets nothing that another one would still take.
        app.clock.set(tests::NOON + Duration::minutes(8));
        let _ = client.ask(&Signer::ed25519("ed").sign(&client.claims())).expect(200);
        app.clock.set(tests::NOON);
        assert_eq!(oauth_error(&client.ask(&assertion), 401), "invalid_client", "a replayed jti elsewhere");
    });
}

#[test]
fn the_log_says_why_a_client_was_not_let_in_and_nothing_of_what_it_sent() {
    let app = App::start(Backend::Sqlite);
    let node = app.node_that_logs(env!("CARGO_BIN_EXE_node"), LogFormat::Text);
    let client = keyed(&app);
    // The clock of a process is the real one.
    let soon = OffsetDateTime::now_utc().unix_timestamp() + 120;
    let with = |change: &dyn Fn(&mut Value)| {
        client.with(|claims| {
            claims["exp"] = soon.into();
            change(claims);
        })
    };
    let sign = |claims: &Value| Signer::ed25519("ed").sign(claims);
    let assertions = [
        (sign(&with(&|c| c["aud"] = "mark-7".into())), "its aud is neither the service nor its token endpoint"),
        (sign(&with(&|c| c["iss"] = "mark-7".into())), "its iss or sub is not the client's id"),
        (sign(&with(&|c| c["exp"] = 1.into())), "it expired, or begins later"),
        (sign(&with(&|c| c["exp"] = 4_102_444_800_i64.into())), "it expires more than five minutes ahead"),
        (sign(&with(&|c| c["jti"] = "mark-7\n".into())), "its jti is not of 1 to 200 bytes"),
        (Signer::stranger("ed").sign(&with(&|_| ())), "its signature does not hold"),
        (sign(&with(&|c| c["sub"] = uuid::Uuid::now_v7().to_string().into())), "no client has the id that is its sub"),
        (Signer::ed25519("mark-7").sign(&with(&|_| ())), "its kid is of no key"),
    ];
    for (assertion, why) in assertions {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion.as_str()),
        ];
        let refused = app.as_nobody().at(&node).post_form(TOKENS, &fields);
        assert_eq!(oauth_error(&refused, 401), "invalid_client", "{why}");
        let told = || node.log().iter().any(|line| line.contains("a client's attempt failed") && line.contains(why));
        crate::completions::soon(told);
    }
    let log = node.log().join("\n");
    assert!(!log.contains("eyJ") && !log.contains("mark-7"), "{log}");
}

#[test]
fn a_form_is_not_unpacked_for_whoever_sends_it() {
    let app = App::start(Backend::Sqlite);
    let send = |encoding: &str| {
        let client = app.as_nobody().with("content-encoding", encoding);
        client.send("POST", "/v1/oauth/token", Some("application/x-www-form-urlencoded"), b"grant_type=x".to_vec())
    };
    for encoding in ["gzip", "deflate", "br"] {
        let refused = send(encoding).problem(415, "unsupported_media_type");
        assert_eq!(refused["supported_encodings"], json!(["identity"]));
    }
    assert_eq!(send("identity").json["error"], "invalid_client");
}

#[test]
fn an_assertion_until_the_end_of_time_is_refused_like_any_other() {
    let app = App::start(Backend::Sqlite);
    let client = keyed(&app);
    // The last seconds of the year 9999, behind which no time can be told.
    for exp in [253_402_300_799_i64, 253_402_300_770, 253_402_300_800, i64::MAX] {
        let assertion = Signer::ed25519("ed").sign(&client.with(|c| c["exp"] = exp.into()));
        assert_eq!(client.ask(&assertion).status, 401, "{exp}");
    }
}

#[test]
fn assertions_that_do_not_hold_are_refused() {
    each_backend(|app| {
        let client = keyed(app);
        let ed = Signer::ed25519("ed");
        let someone = "0190d3f0-0000-7000-8000-00000000beef";
        let claims = [
            ("wrong audience", client.with(|c| c["aud"] = "https://elsewhere.test".into())),
            ("no audience", client.with(|c| drop(c.as_object_mut().unwrap().remove("aud")))),
            ("expired", client.with(|c| c["exp"] = seconds(app, -31).into())),
            ("too far ahead", client.with(|c| c["exp"] = seconds(app, 331).into())),
            ("not yet valid", client.with(|c| c["nbf"] = seconds(app, 31).into())),
            ("no jti", client.with(|c| drop(c.as_object_mut().unwrap().remove("jti")))),
            ("long jti", client.with(|c| c["jti"] = "x".repeat(201).into())),
            ("another issuer", client.with(|c| c["iss"] = someone.into())),
            ("another subject", client.with(|c| c["sub"] = someone.into())),
        ];
        for (why, claims) in claims {
            assert_ne!(client.ask(&ed.sign(&claims)).status, 200, "{why}");
        }
        app.clock.set(tests::NOON + Duration::minutes(1));
        let good = client.claims();
        for (why, assertion) in [
            ("alg none", unsigned(&json!({ "alg": "none", "kid": "ed" }), &good)),
            ("HMAC with the public key", ed.sign_by_public_half(&good)),
            ("another key under this id", Signer::stranger("ed").sign(&good)),
            ("wrong kid", Signer::ed25519("other").sign(&good)),
            ("no kid", ed.sign_with(&good, |header| header.kid = None)),
            ("kid of another key", Signer::p256("ed").sign(&good)),
            ("critical extension", ed.sign_with(&good, |header| header.crit = Some(vec!["b64".to_owned()]))),
            ("no token", "a.b.c".to_owned()),
        ] {
            let answer = client.ask(&assertion);
            assert!([401, 429].contains(&answer.status), "{why}: {}", answer.text);
        }
        let _ = client.ask(&ed.sign(&good)).expect(200);
        // What proves a client is no token.
        let as_token = app.as_nobody().bearing(&ed.sign(&client.claims()));
        let _ = as_token.get("/v1/caller").problem(401, "invalid_token");
    });
}

#[test]
fn a_mini_program_speaks_for_the_learner_whom_it_names() {
    each_backend(|app| {
        let body = json!({ "kind": "mini_program", "name": "12333", "scopes": ["learner:self"] });
        let made = app.as_security_administrator().post("/v1/clients", &body).expect(201).json;
        let id = made["client_id"].as_str().unwrap().to_owned();
        let secret = secret(app, &id);
        let learner = crate::registry::register(app, 1, "示例甲").to_string();
        let ask = |more: &[(&str, &str)]| {
            let fields = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
            app.as_nobody().post_form(TOKENS, &[&fields[..], more].concat())
        };
        let number = crate::registry::number(1);
        for named in [&[("learner_id", learner.as_str())][..], &[("document_number", &number), ("name", "示例甲")]] {
            let own = bearer(app, &ask(named).expect(200));
            assert_eq!(own.get("/v1/caller").expect(200).json["subject"], learner);
            let _ = own.get(&format!("/v1/learners/{learner}")).expect(200);
            let _ = own.get("/v1/learners/0190d3f0-0000-7000-8000-00000000beef").problem(404, "not_found");
        }
        // Who is behind an openid is the mini-program's to find out, and the openid is not kept.
        let _ = ask(&[("learner_id", &learner), ("openid", "o-marked")]).expect(200);
        assert_eq!(oauth_error(&ask(&[("openid", "o-marked")]), 400), "invalid_request");
        assert_eq!(kept_in_the_clear(app, "o-marked"), [""; 0]);
        let other = crate::registry::number(2);
        for named in [
            &[][..],
            &[("learner_id", "0190d3f0-0000-7000-8000-00000000beef")],
            &[("document_number", &number), ("name", "示例乙")],
            &[("document_number", &other), ("name", "示例甲")],
            &[("document_number", &number)],
            // By a name alone nobody is named, however few have it.
            &[("name", "示例甲")],
            &[("learner_id", &learner), ("document_number", &number), ("name", "示例甲")],
        ] {
            assert_eq!(oauth_error(&ask(named), 400), "invalid_request", "{named:?}");
        }
        // Who asks for people without a file is named by the trail, and whom it asked for is not.
        let refusals = EventSearch { acts: &[Act::Refusal], limit: 10, ..EventSearch::default() };
        let told = || {
            let events = app.read(|db| search_events(db, refusals));
            events.into_iter().filter(|event| event.problem.as_deref() == Some("learner_unknown")).collect::<Vec<_>>()
        };
        let times = || told().iter().map(|event| event.times).sum::<i64>();
        crate::completions::soon(|| times() >= 1);
        // What came again within the minute is written when the process ends, or the minute has.
        app.clock.set(app.clock.now() + Duration::minutes(2));
        crate::completions::soon(|| times() == 3);
        for event in told() {
            assert_eq!((event.actor.as_str(), event.operation.as_str()), (&*format!("client:{id}"), "issue_token"));
            assert_eq!((event.channel, event.channel_name.as_ref()), (Channel::Client, Some(&id)));
            assert_eq!((&event.subject_id, &event.on_behalf_of, &event.after), (&None, &None, &None));
        }
    });
}
