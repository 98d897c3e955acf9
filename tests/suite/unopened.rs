//! Rows that do not open when everything is sealed anew: left as they are, and told so that an operator finds them.

use crate::registry::number;
use crate::resealing::{NODE, enroll, find, key_events, rotate, rows, run, status, unmasked, until};
use diesel::connection::SimpleConnection;
use serde_json::json;
use std::collections::BTreeMap;
use store::{Db, StoreError};
use tests::{App, Backend, NOON, fixtures::Person};
use time::Duration;

/// Damages what is sealed in rows of a table.
pub(crate) fn damage(app: &App, table: &str, column: &str, rows: &str) {
    let bytes = "00112233445566778899aabbccddeeff00112233";
    let bytes = match app.backend() {
        Backend::Sqlite => format!("x'{bytes}'"),
        Backend::Postgres => format!(r"'\x{bytes}'"),
    };
    let damage = format!("UPDATE {table} SET {column} = {bytes} WHERE {rows}");
    app.write(move |db| match db {
        Db::Sqlite(c) => c.batch_execute(&damage).map_err(StoreError::from),
        Db::Pg(c) => c.batch_execute(&damage).map_err(StoreError::from),
    });
}

#[test]
fn a_row_that_does_not_open_is_told_and_keeps_no_other_from_being_sealed_anew() {
    for backend in Backend::at_hand() {
        let mut app = App::without_runner(backend);
        let stage = app.shaanxi();
        enroll(&app, 0, 3);
        let held = app.push_one(&stage.platform, &Person::someone().finished("SX-PUBLIC"));
        assert_eq!(held["outcome"], "held");
        let damaged = find(&app, 1);
        let id = match backend {
            Backend::Sqlite => format!("x'{}'", damaged.replace('-', "")),
            Backend::Postgres => format!("'{damaged}'"),
        };
        damage(&app, "learner_person", "document_cipher", &format!("learner_id = {id}"));
        damage(&app, "completion_hold", "name_cipher", "name_cipher IS NOT NULL");
        let newest = rotate(&app);
        app.restart();
        app.clock.set(NOON + Duration::hours(1));
        assert!(
            status(&app).contains("data-1: 4 rows; opens what it sealed; `xueshi keys reseal`"),
            "{}",
            status(&app)
        );
        let (ordered, said) = run(&app, &["keys", "reseal"]);
        assert!(ordered, "{said}");
        let node = app.node(NODE);
        until("everything else is sealed anew", || status(&app).contains("anew: done"));
        let told = status(&app);
        // Each row is counted once, also where it was met in both rounds.
        assert!(told.contains("done, 4 rows of 4; finished with 2 rows that do not open"), "{told}");
        assert!(told.contains("data-1: 2 rows; opens what it sealed; of that, some did not open"), "{told}");
        assert!(!told.contains("keys reseal"), "it would not mend them: {told}");
        assert_eq!(rows(&app), BTreeMap::from([("data-1".to_owned(), 2), (newest.clone(), 2)]));
        assert_eq!([0, 2].map(|n| unmasked(&app, n, "li")), [0, 2].map(|n| json!(number(n))));
        let counted = app.as_nobody().at(&node).get("/metrics").expect(200);
        assert!(counted.text.contains("\nxueshi_unopened_rows 2\n"), "{}", counted.text);
        let log = node.log().join("\n");
        for id in [&damaged, held["completion_id"].as_str().unwrap()] {
            assert!(log.contains(id), "{id}: {log}");
        }
        let finished = key_events(&app).into_iter().filter(|event| event.operation == "reseal_personal_fields");
        let finished: Vec<_> = finished.collect();
        assert_eq!((finished.len(), &finished[0].subject_id), (1, &Some(newest)));
        let after = finished[0].after.as_deref().unwrap();
        assert!(after.contains(r#""unopened":2"#) && after.contains(r#""rows":4"#), "{after}");
        assert!(node.terminate().success());
    }
}
