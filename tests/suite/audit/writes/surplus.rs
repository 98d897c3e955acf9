//! Surplus that serves other years.

use super::Story;
use crate::uses::surplus::Scene;
use serde_json::json;

pub(super) fn surplus(story: &mut Story<'_>) {
    let scene = Scene::new(story.app);
    let (own, path) = (scene.own(), scene.path(""));
    let (_, event) = story.does(&own, "allocate_surplus", ("POST", &path), &json!({ "from_year": 2020 }));
    let (kind, id) = (event.subject_kind.unwrap(), event.subject_id.unwrap());
    let reversal = scene.path(&format!("/{id}/reversal"));
    let (_, event) = story.does(&own, "reverse_surplus_allocation", ("POST", &reversal), &json!({ "reason": "再议" }));
    assert_eq!((kind.as_str(), event.subject_id), ("surplus_allocation", Some(id)));
    assert!(event.after.unwrap().contains("再议"));
}
