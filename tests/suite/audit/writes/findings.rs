//! A finding, from its filing to its annulment.

use super::Story;
use crate::{completions::soon, findings::County, uses::a_line};
use serde_json::{Value, json};

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
    let zhao = crate::findings::officer(story.app, "630102", "zhao");
    let other = zhao.post("/v1/findings", &input).expect(201).header("location").to_owned();
    let withdrawal = format!("{other}/withdrawal");
    let (_, event) = story.does(&zhao, "withdraw_finding", ("POST", &withdrawal), &Value::Null);
    assert!(event.before.unwrap().contains("waiting") && event.after.unwrap().contains("withdrawn"));
    let wang = County::wang_of(story.app);
    let approval = format!("/v1/reviews/{id}/approval");
    let _ = wang.post(&approval, &json!({})).expect(200);
    let annulment = format!("/v1/findings/{id}/annulment");
    let (_, event) = story.does(&wang, "annul_finding", ("POST", &annulment), &json!({ "reason": "证据不足" }));
    assert!(event.before.unwrap().contains("approved") && event.after.unwrap().contains("revoked"));
    let courses = story.app.as_national_officer().get("/v1/courses").expect(200).json;
    let input = json!({
        "course_id": courses["items"][0]["course_id"], "version": 1, "place": "630000", "decided_on": "2021-06-01",
        "document": "示例查实报告"
    });
    let (made, _) = story.official("create_course_finding", ("POST", "/v1/course-findings"), &input);
    let at = format!("/v1/course-findings/{}", made["finding_id"].as_str().unwrap());
    let province = crate::findings::officer(story.app, "630000", "wang");
    let confirmation = format!("{at}/confirmation");
    let (_, event) = story.does(&province, "confirm_course_finding", ("POST", &confirmation), &Value::Null);
    assert_eq!(event.subject_kind.as_deref(), Some("course_finding"));
    soon(|| province.get(&at).expect(200).json["reversal"]["state"] == "done");
    let annulment = format!("{at}/annulment");
    story.does(&province, "annul_course_finding", ("POST", &annulment), &json!({ "reason": "证据不足" }));
}
