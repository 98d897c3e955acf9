//! What is wrong with the meaning of a body is told together with what is wrong with its shape, and only what is really wrong.

use crate::{
    access::{PORTAL, issuer, issuer_input},
    registry::{base, course, faults, learner, named, number, platform_input, register},
};
use serde_json::{Value, json};
use tests::{App, Client, each_backend, fixtures::Signer};

const NOBODY: &str = "0190d3f0-0000-7000-8000-00000000beef";

fn refused(client: &Client<'_>, method: &str, path: &str, body: &Value, wanted: &[(&str, &str)]) {
    let answer = client.send(method, path, Some("application/json"), body.to_string().into_bytes());
    assert_eq!(faults(&answer.problem(422, "invalid_body")), named(wanted), "{method} {path} {body}");
}

/// A number whose check digit is wrong.
fn wrong_number() -> String {
    let right = number(1);
    let last = if right.ends_with('1') { '2' } else { '1' };
    format!("{}{last}", &right[..17])
}

/// A learner with whom everything is wrong that can be, and how.
fn wrong_learner() -> (Value, Vec<(&'static str, &'static str)>) {
    let mut body = learner(1, "示例甲");
    body["document"]["number"] = json!(wrong_number());
    body["nick"] = json!("x");
    body["placement"]["place"] = json!("999999");
    body["employment"] = json!({ "employer_id": NOBODY, "from_on": "yesterday" });
    body["post"] = json!({ "level": "top", "from_on": "1900-01-01" });
    let wanted = [
        ("/document/number", "invalid_document"),
        ("/employment/employer_id", "unknown_reference"),
        ("/employment/from_on", "invalid_value"),
        ("/nick", "unknown_field"),
        ("/placement/place", "unknown_place"),
        ("/post/employment_kind", "missing"),
        ("/post/from_on", "too_early"),
        ("/post/level", "unknown_value"),
    ];
    (body, wanted.to_vec())
}

#[test]
fn of_a_learner_everything_is_told_at_once() {
    each_backend(|app| {
        let officer = app.as_officer("610300");
        let (body, wanted) = wrong_learner();
        refused(&officer, "POST", "/v1/learners", &body, &wanted);
        let answer = officer.post("/v1/learners/bulk", &json!({ "items": [body, learner(2, "示例乙")] })).expect(200);
        let items = &answer.json["items"];
        assert_eq!(faults(&items[0]), named(&wanted));
        assert_eq!((&items[0]["outcome"], &items[1]["outcome"]), (&json!("malformed"), &json!("created")));
        // Of one whose shape alone is wrong nothing is kept either.
        let mut nick = learner(3, "示例丙");
        nick["nick"] = json!("x");
        refused(&officer, "POST", "/v1/learners", &nick, &[("/nick", "unknown_field")]);
        let _ = officer.post("/v1/learner-lookups", &json!({ "document": nick["document"] })).problem(404, "not_found");
    });
}

#[test]
fn what_a_number_must_look_like_is_not_told_where_its_kind_is_not_known() {
    each_backend(|app| {
        let officer = app.as_officer("610300");
        let document = json!({ "kind": "library_card", "number": "7" });
        let mut body = learner(1, "示例甲");
        body["document"] = document.clone();
        let wanted = [("/document/kind", "unknown_value")];
        refused(&officer, "POST", "/v1/learners", &body, &wanted);
        refused(&officer, "POST", "/v1/learner-lookups", &json!({ "document": document }), &wanted);
        let people = json!({ "people": [
            { "document_kind": "library_card", "document_number": "7" },
            { "learner_id": "x", "document_number": wrong_number(), "year": 2020 },
        ] });
        let answer = officer.post("/v1/standings/query", &people).expect(200);
        let of = |index: usize| faults(&answer.json["items"][index]);
        assert_eq!(of(0), named(&[("/document_kind", "unknown_value"), ("/year", "missing")]));
        assert_eq!(of(1), named(&[("/document_number", "invalid_document"), ("/learner_id", "invalid_value")]));
    });
}

#[test]
fn of_what_changes_about_a_learner_everything_is_told_at_once_and_to_others_nothing_of_the_file() {
    each_backend(|app| {
        let officer = app.as_officer("610300");
        let id = register(app, 1, "示例甲");
        let correction = json!({ "name": 7, "document": { "kind": "resident_id", "number": wrong_number() } });
        let wanted = [("/document/number", "invalid_document"), ("/name", "wrong_type")];
        refused(&officer, "PATCH", &format!("/v1/learners/{id}"), &correction, &wanted);
        for (part, body, of_shape, of_meaning) in [
            ("placements", json!({ "place": "999999", "from_on": "x" }), ("/from_on", "invalid_value"), "/place"),
            ("employments", json!({ "employer_id": NOBODY, "more": 1 }), ("/more", "unknown_field"), "/employer_id"),
            (
                "posts",
                json!({ "employment_kind": "x", "from_on": "1900-01-01" }),
                ("/employment_kind", "unknown_value"),
                "/from_on",
            ),
        ] {
            let codes = [("/place", "unknown_place"), ("/employer_id", "unknown_reference"), ("/from_on", "too_early")];
            let meaning = *codes.iter().find(|(pointer, _)| *pointer == of_meaning).unwrap();
            let mut both = [of_shape, meaning];
            both.sort_unstable();
            let path = |id: &str| format!("/v1/learners/{id}/{part}");
            refused(&officer, "POST", &path(&id.to_string()), &body, &both);
            // Whoever may not see the file is told the same as if there were none, whatever is wrong with the body.
            let stranger = app.as_officer("630000");
            for id in [id.to_string().as_str(), NOBODY] {
                let _ = stranger.post(&path(id), &body).problem(404, "not_found");
            }
        }
        let history = officer.get(&format!("/v1/learners/{id}/history")).expect(200);
        assert_eq!(history.json["placements"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn of_a_course_everything_is_told_at_once() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        let mut body = course("c-1", base(app));
        body["title"] = json!(7);
        body["category"] = json!("nothing");
        body["provider"]["id"] = json!(NOBODY);
        body["platforms"] = json!([NOBODY, "x"]);
        let wanted = [
            ("/category", "unknown_category"),
            ("/platforms/0", "unknown_reference"),
            ("/platforms/1", "invalid_value"),
            ("/provider/id", "unknown_reference"),
            ("/title", "wrong_type"),
        ];
        refused(&officer, "POST", "/v1/courses", &body, &wanted);
        let good = course("c-2", base(app));
        let answer = officer.post("/v1/courses/bulk", &json!({ "items": [body, good] })).expect(200);
        assert_eq!(faults(&answer.json["items"][0]), named(&wanted));
        assert_eq!(answer.json["counts"]["created"], 1);
        // Whose id it is cannot be told where the kind is not known.
        body["provider"]["kind"] = json!("shop");
        body["category"] = json!("public");
        body["platforms"] = json!([]);
        let wanted = [("/provider/kind", "unknown_value"), ("/title", "wrong_type")];
        refused(&officer, "POST", "/v1/courses", &body, &wanted);
        let id = answer.json["items"][1]["id"].as_str().unwrap();
        let filing = json!({ "filed_on": "2021-06-16", "more": 1 });
        let wanted = [("/filed_on", "in_future"), ("/more", "unknown_field"), ("/reference", "missing")];
        refused(&officer, "POST", &format!("/v1/courses/{id}/plan-filing"), &filing, &wanted);
    });
}

#[test]
fn of_an_issuer_and_a_grant_everything_is_told_at_once() {
    each_backend(|app| {
        let security = app.as_security_administrator();
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let mut body = issuer_input("https://other.test#x", &[json!({ "kty": "OKP" })]);
        body["name"] = json!(7);
        let answer = security.post("/v1/token-issuers", &body);
        let found = faults(&answer.problem(422, "invalid_body"));
        let of_keys = found.iter().any(|(pointer, _)| pointer.starts_with("/jwks/keys/0"));
        assert!(of_keys, "{found:?}");
        for fault in named(&[("/iss", "number_sign"), ("/name", "wrong_type")]) {
            assert!(found.contains(&fault), "{found:?}");
        }
        let mut body = issuer_input("https://other.test", &[Signer::ed25519("ed").jwk()]);
        body["more"] = json!(1);
        let wanted = [("/iss", "immutable"), ("/more", "unknown_field")];
        refused(&security, "PUT", &format!("/v1/token-issuers/{portal}"), &body, &wanted);

        let grant = json!({
            "issuer_id": NOBODY, "subject": "a\nb", "role": "officer", "place": "999999", "from_on": "2021-06-14"
        });
        let wanted = [
            ("/from_on", "too_early"),
            ("/issuer_id", "unknown_reference"),
            ("/place", "unknown_place"),
            ("/reason", "missing"),
            ("/subject", "invalid_value"),
        ];
        refused(&security, "POST", "/v1/grants", &grant, &wanted);
        // What a role needs is not told of one that is not known, nor an order of days of which one is none.
        let grant = json!({
            "issuer_id": portal, "subject": "li", "role": "king", "place": "610300", "from_on": "x",
            "until_on": "2021-06-01", "reason": "任命"
        });
        refused(&security, "POST", "/v1/grants", &grant, &[("/from_on", "invalid_value"), ("/role", "unknown_value")]);
    });
}

#[test]
fn of_a_question_about_many_everything_is_told_at_once() {
    each_backend(|app| {
        let query = json!({ "year": "x", "as_known_at": "2031-06-15T12:00:00+08:00", "people": [] });
        let wanted = [("/as_known_at", "in_the_future"), ("/people", "length"), ("/year", "wrong_type")];
        refused(&app.as_officer("610000"), "POST", "/v1/standings/query", &query, &wanted);
    });
}

#[test]
fn of_organisations_and_places_everything_is_told_at_once() {
    each_backend(|app| {
        let root = app.as_system_administrator();
        let mut platform = platform_input("p-1", "999999");
        platform["level"] = json!("village");
        platform["base_id"] = json!(NOBODY);
        platform["categories"] = json!([
            { "category": "public", "from_on": "2021-01-02", "until_on": "2021-01-01" },
            { "category": "public", "from_on": "x", "until_on": "1999-01-01" },
        ]);
        for (path, body, wanted) in [
            (
                "/v1/employers",
                json!({ "name": "示例", "place": "999999", "authority_id": NOBODY }),
                &[("/authority_id", "unknown_reference"), ("/kind", "missing"), ("/place", "unknown_place")][..],
            ),
            (
                "/v1/authorities",
                json!({ "name": 7, "kind": "other", "place": "999999" }),
                &[("/name", "wrong_type"), ("/place", "unknown_place")],
            ),
            (
                "/v1/training-bases",
                json!({
                    "name": "示例基地", "level": "city", "place": "610302", "more": 1,
                    "recognised_from": "2018-01-01", "recognised_until": "2017-01-01"
                }),
                &[("/more", "unknown_field"), ("/recognised_until", "before_first_day")],
            ),
            (
                "/v1/training-bases",
                json!({
                    "name": "示例基地", "level": "city", "place": "610302",
                    "recognised_from": "x", "recognised_until": "2017-01-01"
                }),
                &[("/recognised_from", "invalid_value")],
            ),
            (
                "/v1/learning-platforms",
                platform,
                &[
                    ("/base_id", "unknown_reference"),
                    ("/categories/0/until_on", "before_first_day"),
                    ("/categories/1/from_on", "invalid_value"),
                    ("/level", "unknown_value"),
                    ("/place", "unknown_place"),
                ],
            ),
            (
                "/v1/places",
                json!({ "code": "新区", "name": "示例", "parent": "999999", "level": "zone", "more": 1 }),
                &[("/code", "place_code"), ("/more", "unknown_field"), ("/parent", "unknown_place")],
            ),
            (
                "/v1/places/610928/division-codes",
                json!({ "system": "x", "code": "610982", "from_on": "2022-01-01", "until_on": "2021-12-31" }),
                &[("/system", "unknown_value"), ("/until_on", "before_first_day")],
            ),
        ] {
            refused(&root, "POST", path, &body, wanted);
        }
        kept_as_it_was(app);
    });
}

fn kept_as_it_was(app: &App) {
    let root = app.as_system_administrator();
    for path in ["/v1/employers", "/v1/training-bases", "/v1/learning-platforms"] {
        assert_eq!(root.get(path).expect(200).json["items"], json!([]), "{path}");
    }
}
