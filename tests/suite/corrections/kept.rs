//! How a request is kept: names and numbers sealed, and sealed anew when the key changes.

use super::{approve, asked, document, get, officer};
use crate::{
    resealing::{rotate, rows, run, status, until},
    unopened::damage,
};
use serde_json::{Value, json};
use tests::{App, Backend, NOON, each_backend, fixtures::Person};
use time::Duration;

#[test]
fn what_is_asked_is_sealed_anew_and_opens_as_before() {
    for backend in Backend::at_hand() {
        let mut app = App::start(backend);
        let (learner, wanted) = (app.learner("610302").register(), Person::someone());
        let other = json!({ "document": document(&wanted.document_number), "name": wanted.name });
        let ids = [
            json!({ "merge": other }),
            json!({ "name": "示例正名" }),
            json!({ "document": document(&wanted.document_number) }),
            json!({ "placement": { "place": "610303" } }),
        ]
        .map(|what| asked(&app, &learner, what));
        let whole = |app: &App| {
            let purpose = json!({ "purpose": "correction", "reference": "受理〔2021〕3号" });
            let office = officer(app, "610302", "wang");
            // Of a move nothing is masked, and nothing shown whole.
            [&ids[0], &ids[1], &ids[2]].map(|id| {
                let shown = office.post(&format!("/v1/corrections/{id}/unmasking"), &purpose).expect(200).json;
                (shown["name"].clone(), shown["document"]["number"].clone())
            })
        };
        let before = whole(&app);
        assert_eq!(before[0], (json!(wanted.name), json!(wanted.document_number)));
        assert_eq!((&before[1].0, &before[2].1), (&json!("示例正名"), &json!(wanted.document_number)));
        let sealed: i64 = rows(&app).values().sum();
        assert_eq!(rows(&app).keys().collect::<Vec<_>>(), ["data-1"]);
        let newest = rotate(&app);
        app.clock.set(NOON + Duration::hours(1));
        app.restart();
        let (ordered, said) = run(&app, &["keys", "reseal"]);
        assert!(ordered, "{said}");
        until("everything is sealed anew", || rows(&app).keys().eq([&newest]) && status(&app).contains("anew: done"));
        assert_eq!((rows(&app)[&newest], whole(&app)), (sealed, before));
    }
}

#[test]
fn a_request_that_does_not_open_keeps_no_office_from_the_others_and_is_refused() {
    each_backend(|app| {
        let learner = app.learner("610302").register();
        let (broken, whole) = (
            asked(app, &learner, json!({ "name": "示例正名" })),
            asked(app, &learner, json!({ "employment": { "employer_id": null } })),
        );
        damage(app, "correction", "name_cipher", "name_cipher IS NOT NULL");
        let office = officer(app, "610302", "wang");
        let queue = office.get("/v1/reviews").expect(200).json;
        let waits: Vec<&Value> = queue["items"].as_array().unwrap().iter().map(|case| &case["case_id"]).collect();
        assert_eq!(waits, [&json!(broken), &json!(whole)]);
        assert_eq!(get(&office, &broken)["name"], Value::Null);
        assert_eq!(approve(&office, &broken).status, 500);
        let clause = json!({ "clause": { "document": "个人信息保护法", "clause": "第四十六条" } });
        let _ = office.post(&format!("/v1/reviews/{broken}/refusal"), &clause).expect(200);
        let _ = approve(&office, &whole).expect(200);
    });
}
