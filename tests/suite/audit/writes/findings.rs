//! A finding, from its filing to its annulment.

use super::Story;
use crate::{findings::County, uses::a_line};
use serde_json::json;

pub(super) fn findings(story: &mut Story<'_>) {
    let learner = story.app.learner("630102").register();
    let line = a_line(story.app, &learner, "630102");
    let input = json!({
        "learner_id": learner.id, "cause": "fraud", "decided_on": "2021-06-01", "document": "示例查实报告", "lines": [line]
    });
    let (made, event) = story.official("create_finding", ("POST", "/v1/findings"), &input);
    let id = made["finding_id"].as_str().unwrap();
    assert_eq!((event.subject_kind.as_deref(), event.subject_id.as_deref()), (Some("finding"), Some(id)));
    assert!(!format!("{event:?}").contains("示例查实报告"), "what may name a person is told by no event");
    let wang = County::wang_of(story.app);
    let approval = format!("/v1/reviews/{id}/approval");
    let _ = wang.post(&approval, &json!({})).expect(200);
    let annulment = format!("/v1/findings/{id}/annulment");
    let (_, event) = story.does(&wang, "annul_finding", ("POST", &annulment), &json!({ "reason": "证据不足" }));
    assert!(event.before.unwrap().contains("approved") && event.after.unwrap().contains("revoked"));
}
