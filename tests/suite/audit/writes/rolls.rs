//! Rolls, from their making to their reversal.

use super::Story;
use crate::roll::{met, past_years};
use serde_json::json;

pub(super) fn rolls(story: &mut Story<'_>) {
    let learner = story.app.learner("610100").register();
    let (made, event) = story.official("create_roll", ("POST", "/v1/rolls"), &past_years("610000"));
    let id = made["roll_id"].as_str().unwrap();
    assert_eq!((event.subject_kind.as_deref(), event.subject_id.as_deref()), (Some("roll"), Some(id)));
    let items = json!({ "items": [met(&learner, 2018), met(&learner, 2017), {}] });
    let (_, event) = story.official("add_roll_items", ("POST", &format!("/v1/rolls/{id}/items")), &items);
    let told = format!("{event:?}");
    assert!(event.after.unwrap().contains("\"created\":2"), "one event for the batch: {told}");
    assert!(!told.contains(&learner.person.name) && !told.contains(&learner.person.document_number), "{told}");
    let reversal = json!({ "reason": "导入错误" });
    let (_, event) = story.official("reverse_roll", ("POST", &format!("/v1/rolls/{id}/reversal")), &reversal);
    assert_eq!(event.subject_id.as_deref(), Some(id));
    assert!(event.after.unwrap().contains("导入错误"));
}
