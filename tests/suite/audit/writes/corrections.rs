//! A request for a correction, asked and taken back.

use super::Story;
use crate::corrections::input;
use serde_json::{Value, json};

pub(super) fn corrections(story: &mut Story<'_>) {
    let learner = story.app.learner("610302").register();
    let own = story.app.as_learner(learner.id);
    let asked = input(&learner, json!({ "name": "示例标记人", "reason": "示例标记因", "proofs": ["示例标记证"] }));
    let (made, event) = story.does(&own, "create_correction", ("POST", "/v1/corrections"), &asked);
    let id = made["correction_id"].as_str().unwrap();
    assert_eq!((event.subject_kind.as_deref(), event.subject_id.as_deref()), (Some("correction"), Some(id)));
    let told = format!("{event:?}");
    assert!(told.contains("waiting") && !told.contains("标记"), "what may name a person is told by no event: {told}");
    let withdrawal = format!("/v1/corrections/{id}/withdrawal");
    let (_, event) = story.does(&own, "withdraw_correction", ("POST", &withdrawal), &Value::Null);
    assert!(event.before.unwrap().contains("waiting") && event.after.unwrap().contains("withdrawn"));
}
