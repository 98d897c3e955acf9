//! What is pushed.

use super::events_of;
use tests::each_backend;

#[test]
fn a_sending_of_lines_is_one_event() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let lines: String = (0..1500).map(|_| format!("{}\n", learner.finished(&stage.public).json())).collect();
        let platform = app.as_platform(stage.platform.id).with("x-request-id", "lines");
        let answer = platform.send("POST", "/v1/completion-batches", Some("application/x-ndjson"), lines.into_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text);
        let events = events_of(app, "lines");
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!(events[0].subject_kind.as_deref(), Some("completion_batch"));
    });
}
