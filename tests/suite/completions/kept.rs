//! What is kept of a push: no personal field where it could never be erased, and no document in the clear anywhere.

use super::pushed;
use crate::tables::{kept_in_the_clear, sealed};
use serde_json::json;
use tests::{App, Backend, each_backend, fixtures::Person};

#[test]
fn no_append_only_table_holds_a_number_or_a_name() {
    let app = App::start(Backend::Sqlite);
    let stage = app.shaanxi();
    let learner = app.learner("610000").named("示例无人知晓").register();
    let stranger = Person { name: "示例无人识得".to_owned(), ..Person::someone() };
    let credited = pushed(&app, &stage.platform, &learner.finished(&stage.public), "credited");
    let _ = pushed(&app, &stage.platform, &stranger.finished("SX-PUBLIC"), "held");
    let mut other = learner.person.reference();
    other["name"] = "示例另有其人".into();
    let _ = pushed(&app, &stage.platform, &learner.finished(&stage.professional).with("person", other), "held");
    let _ = super::reverse(&app, &stage.platform, &credited["completion_id"]).expect(200);
    // The write-ahead log too: everything that reached the disk.
    let names = [stranger.name.as_str(), "示例另有其人"];
    let numbers = [learner.person.document_number.as_str(), stranger.document_number.as_str()];
    for text in names.iter().chain(&numbers) {
        assert_eq!(kept_in_the_clear(&app, text), [""; 0], "{text}");
    }
    // The one row that may hold a name, so that the search above is known to find what is there.
    assert!(!kept_in_the_clear(&app, "示例无人知晓").is_empty());
}

#[test]
fn a_document_registered_through_the_interface_is_sealed_under_a_named_key_and_suite() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let person = Person { name: "示例封存".to_owned(), ..Person::someone() };
        // What waits is sealed too, until it is let go.
        let _ = pushed(app, &stage.platform, &person.finished("SX-PUBLIC"), "held");
        assert_eq!(kept_in_the_clear(app, &person.document_number), [""; 0], "waiting");
        assert_eq!(kept_in_the_clear(app, &person.name), [""; 0], "waiting");
        let body = json!({
            "document": { "kind": "resident_id", "number": person.document_number },
            "name": person.name,
            "placement": { "place": "610000", "from_on": "2010-01-01" },
        });
        let made = app.as_officer("610000").post("/v1/learners", &body).expect(201).json;
        assert_eq!(kept_in_the_clear(app, &person.document_number), [""; 0], "registered");
        let [row] = sealed(app, &person.name).try_into().unwrap();
        // The key's id is in the file of keys, which is not in the database.
        let keys = std::fs::read_to_string(app.folder().join("keys/data-keys.json")).unwrap();
        assert!(!row.key_id.is_empty() && keys.contains(&format!("\"{}\"", row.key_id)), "{row:?}");
        assert!(row.suite_id.to_lowercase().contains("aes"), "{row:?}");
        let bound_to = format!("learner_person/{}", made["learner_id"].as_str().unwrap());
        let opened = |bound_to: &str| app.state().keys.open(&row.as_sealed(), bound_to.as_bytes());
        assert_eq!(opened(&bound_to).unwrap().as_slice(), person.document_number.as_bytes());
        assert!(opened("learner_person/another").is_err(), "a row that was moved opens nothing");
        // Twice the same number is never twice the same bytes.
        let other = Person { name: "示例另封".to_owned(), ..Person::someone() };
        let _ = app.learner("610000").who_is(&other).register();
        let [other] = sealed(app, &other.name).try_into().unwrap();
        assert_ne!(row.document_cipher, other.document_cipher);
    });
}
