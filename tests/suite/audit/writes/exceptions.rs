//! An exception, from its filing to its annulment.

use super::Story;
use crate::{
    exceptions::{PLACE, approve, filed, input},
    findings::officer,
};
use serde_json::{Value, json};

pub(super) fn exceptions(story: &mut Story<'_>) {
    let learner = story.app.learner(PLACE).register();
    let asked = input(&learner, 2020, json!({ "met": true, "reason": "示例标记因", "document": "示例标记文" }));
    let (li, wang) = (officer(story.app, PLACE, "li"), officer(story.app, PLACE, "wang"));
    let (made, event) = story.does(&li, "create_exception", ("POST", "/v1/exceptions"), &asked);
    let id = made["exception_id"].as_str().unwrap().to_owned();
    assert_eq!((event.subject_kind.as_deref(), event.subject_id.as_deref()), (Some("exception"), Some(&*id)));
    let told = format!("{event:?}");
    assert!(told.contains("waiting") && !told.contains("标记"), "what may name a person is told by no event: {told}");
    let someone = story.app.learner(PLACE).register();
    let (other, _) = filed(&li, &input(&someone, 2020, json!({ "met": true })));
    let withdrawal = format!("{other}/withdrawal");
    let (_, event) = story.does(&li, "withdraw_exception", ("POST", &withdrawal), &Value::Null);
    assert!(event.before.unwrap().contains("waiting") && event.after.unwrap().contains("withdrawn"));
    let _ = approve(&wang, &id).expect(200);
    let annulment = format!("/v1/exceptions/{id}/annulment");
    let (_, event) = story.does(&wang, "annul_exception", ("POST", &annulment), &json!({ "reason": "所附文书有误" }));
    assert!(event.before.unwrap().contains("approved") && event.after.unwrap().contains("revoked"));
}
