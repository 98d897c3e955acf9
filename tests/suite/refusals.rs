//! A refusal says to whoever has to go on what was found, where, and what to do; and to others nothing about what is not theirs.

use crate::{
    access::{PORTAL, claims, issuer, new_client},
    registry::{base, course, faults, learner, named, number, platform, register},
};
use serde_json::{Value, json};
use tests::{App, Backend, Client, each_backend, fixtures::Signer};

const SOMEONE: &str = "0190d3f0-0000-7000-8000-00000000beef";

#[test]
fn a_year_in_a_path_that_is_none_is_named_with_what_it_must_be() {
    let app = App::start(Backend::Sqlite);
    let officer = app.as_officer("610000").in_english();
    for year in ["99999", "1989", "2201", "-1", "3000000000"] {
        for path in [format!("/v1/learners/{SOMEONE}/standings/{year}"), format!("/v1/policies/610000/{year}")] {
            let problem = officer.get(&path).problem(404, "not_found");
            assert_eq!(faults(&problem), named(&[("{year}", "range")]), "{path}");
            assert_eq!(problem["errors"][0]["detail"], "must be 1990 to 2200");
        }
    }
    for year in ["1990", "2200"] {
        let problem = officer.get(&format!("/v1/learners/{SOMEONE}/standings/{year}")).problem(404, "not_found");
        assert_eq!(problem["errors"], Value::Null, "{year}");
    }
}

#[test]
fn a_version_that_does_not_exist_is_answered_with_those_that_do() {
    each_backend(|app| {
        let officer = app.as_officer("610000").in_english();
        let problem = officer.get("/v1/policies/610000/2020?version=9").problem(404, "not_found");
        assert_eq!((&problem["version"], &problem["versions"]), (&json!(9), &json!([1])));
        assert_eq!(problem["detail"], "there is no such version; published for that year are: 1");
    });
}

#[test]
fn of_a_learner_who_is_registered_it_is_said_what_to_do_and_elsewhere_neither_who_nor_where() {
    each_backend(|app| {
        let id = register(app, 1, "示例甲");
        let again = |client: &Client<'_>, place: &str| {
            let mut body = learner(1, "示例甲");
            body["placement"]["place"] = json!(place);
            client.post("/v1/learners", &body).problem(409, "already_exists")
        };
        let own = again(&app.as_officer("610302").in_english(), "610302");
        assert_eq!((&own["pointer"], &own["learner_id"]), (&json!("/document"), &json!(id)));
        assert!(own["detail"].as_str().unwrap().contains("enter in that file"), "{own}");
        let stranger = app.as_officer("630000").in_english();
        let other = again(&stranger, "630102");
        assert_eq!((&other["pointer"], other.get("learner_id")), (&json!("/document"), None));
        assert!(other["detail"].as_str().unwrap().contains("ask the office in charge"), "{other}");
        let mut body = learner(1, "示例甲");
        body["placement"]["place"] = json!("630102");
        let bulk = stranger.post("/v1/learners/bulk", &json!({ "items": [body] })).expect(200);
        let item = &bulk.json["items"][0];
        assert_eq!((&item["reason"], &item["detail"]), (&json!("registered_elsewhere"), &other["detail"]));
        for told in [other.to_string(), bulk.text] {
            assert!(!told.contains("6103") && !told.contains(&id.to_string()) && !told.contains("渭滨"), "{told}");
        }
        let theirs = app.as_officer("630000").post("/v1/learners", &{
            let mut body = learner(2, "示例乙");
            body["placement"]["place"] = json!("630102");
            body
        });
        let theirs = theirs.expect(201).json["learner_id"].as_str().unwrap().to_owned();
        let correction = json!({ "document": { "kind": "resident_id", "number": number(1) } });
        let problem = stranger.patch(&format!("/v1/learners/{theirs}"), &correction).problem(409, "already_exists");
        assert_eq!((&problem["pointer"], problem.get("learner_id")), (&json!("/document"), None));
        assert!(problem["detail"].is_string());
    });
}

#[test]
fn what_lies_outside_is_refused_alike_everywhere_with_the_names_of_both_places() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let officer = json!({
            "issuer_id": portal, "subject": "li", "role": "officer", "place": "610300", "reason": "任命"
        });
        let _ = app.as_security_administrator().post("/v1/grants", &officer).expect(201);
        let li = app.as_nobody().bearing(&Signer::ed25519("ed").sign(&claims(app, "li"))).in_english();
        let (provider, p1) = (base(app), platform(app, "p-1"));
        let mut far = learner(1, "示例甲");
        far["placement"]["place"] = json!("610103");
        let grant = json!({
            "issuer_id": portal, "subject": "wu", "role": "officer", "place": "610103", "reason": "任命"
        });
        let of_base = json!({
            "issuer_id": portal, "subject": "wu", "role": "base_operator", "base_id": provider, "reason": "任命"
        });
        let employer = json!({ "name": "示例", "kind": "public_institution", "place": "610103" });
        let detail = |name: &str| format!("{name} does not lie in 宝鸡市 (610300), which the caller answers for");
        for (path, body, pointer, place, name) in [
            ("/v1/learners", &far, "/placement/place", "610103", "碑林区 (610103)"),
            ("/v1/employers", &employer, "/place", "610103", "碑林区 (610103)"),
            ("/v1/courses", &course("c-1", provider), "/provider/id", "610000", "陕西省 (610000)"),
            ("/v1/grants", &grant, "/place", "610103", "碑林区 (610103)"),
            ("/v1/grants", &of_base, "/base_id", "610000", "陕西省 (610000)"),
        ] {
            let problem = li.post(path, body).problem(403, "outside_place");
            let told = [&problem["pointer"], &problem["place"], &problem["answers_for"], &problem["detail"]];
            assert_eq!(told, [&json!(pointer), &json!(place), &json!("610300"), &json!(detail(name))], "{path}");
            if ["/v1/learners", "/v1/courses"].contains(&path) {
                let bulk = li.post(&format!("{path}/bulk"), &json!({ "items": [body] })).expect(200);
                let fault = &bulk.json["items"][0]["errors"][0];
                let told = [&fault["pointer"], &fault["place"], &fault["answers_for"], &fault["detail"]];
                assert_eq!(told, [&json!(pointer), &json!(place), &json!("610300"), &json!(detail(name))], "{path}");
                assert_eq!(fault["code"], "outside_place");
            }
        }
        let given = app.as_security_administrator().post("/v1/grants", &grant).expect(201).json;
        let path = format!("/v1/grants/{}/withdrawal", given["grant_id"].as_str().unwrap());
        assert_ne!(li.post(&path, &json!({ "reason": "x" })).status, 200);
        let put = li.put(&format!("/v1/learning-platforms/{p1}"), &crate::registry::platform_input("p-1", "610300"));
        let problem = put.problem(403, "outside_place");
        assert_eq!((&problem["place"], &problem["pointer"]), (&json!("610000"), &Value::Null));
    });
}

#[test]
fn a_body_that_cannot_be_decoded_or_is_not_there_is_told_so() {
    let app = App::start(Backend::Sqlite);
    let officer = app.as_officer("610300").in_english();
    let json = Some("application/json");
    for (encoding, body) in
        [("gzip", &b"{}"[..]), ("deflate", b"no zlib at all"), ("gzip", b"\x1f\x8b\x08\x00\x00\x00")]
    {
        let packed = officer.clone().with("content-encoding", encoding);
        for (path, media) in [("/v1/learners", json), ("/v1/learners/bulk", Some("application/x-ndjson"))] {
            let problem = packed.send("POST", path, media, body.to_vec()).problem(400, "bad_request");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains("could not be decoded") && detail.contains(encoding), "{path} {problem}");
        }
    }
    for path in ["/v1/learners", "/v1/learners/bulk", "/v1/courses", "/v1/standings/query", "/v1/policies"] {
        // Where nothing was sent, nothing has a type either.
        for (media, body) in [(json, &b""[..]), (json, b" \n"), (None, b"")] {
            let problem = officer.send("POST", path, media, body.to_vec()).problem(400, "malformed_json");
            assert_eq!(problem["detail"], "the body is empty; it must be JSON", "{path}");
        }
        for (media, body) in [(None, &b"{}"[..]), (Some("text/html"), b"")] {
            let _ = officer.send("POST", path, media, body.to_vec()).problem(415, "unsupported_media_type");
        }
    }
}

#[test]
fn a_secret_needs_no_body() {
    each_backend(|app| {
        let id = new_client(app);
        let path = format!("/v1/clients/{id}/secrets");
        let security = app.as_security_administrator();
        for (media, body) in [(None, ""), (Some("application/json"), ""), (Some("application/json"), "null")] {
            let made = security.send("POST", &path, media, body.into()).expect(201).json;
            assert_eq!(made["until_at"], Value::Null, "{media:?}");
            assert!(made["client_secret"].is_string());
        }
        let _ = security.send("POST", &path, None, "{}".into()).problem(415, "unsupported_media_type");
        let both = json!({ "until_at": "2001-01-01T00:00:00Z", "more": 1 });
        let problem = security.post(&path, &both).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/more", "unknown_field"), ("/until_at", "before_beginning")]));
        let client =
            json!({ "kind": "mini_program", "platform_id": SOMEONE, "name": 7, "scopes": ["completions:write"] });
        let problem = security.post("/v1/clients", &client).problem(422, "invalid_body");
        let wanted = [("/name", "wrong_type"), ("/platform_id", "not_of_this_kind"), ("/scopes/0", "not_of_this_kind")];
        assert_eq!(faults(&problem), named(&wanted));
        let change = json!({ "name": "示例", "scopes": ["learner:self"], "more": 1 });
        let problem = security.put(&format!("/v1/clients/{id}"), &change).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/more", "unknown_field"), ("/scopes/0", "not_of_this_kind")]));
    });
}
