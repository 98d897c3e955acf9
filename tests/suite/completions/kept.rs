//! What is kept of a push: no personal field where it could never be erased.

use super::pushed;
use tests::{App, Backend, fixtures::Person};

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
    for ending in ["", "-wal"] {
        let kept = std::fs::read(app.folder().join(format!("xueshi.db{ending}"))).unwrap();
        for text in names.iter().chain(&numbers) {
            assert!(
                !kept.windows(text.len()).any(|window| window == text.as_bytes()),
                "xueshi.db{ending} holds {text}"
            );
        }
    }
}
