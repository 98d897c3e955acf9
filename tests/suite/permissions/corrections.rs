//! Requests for corrections: asked for by the side's learner, and waiting for the department of its place.

use super::{
    asked::{Asked, get, post},
    world::{Side, World},
};
use crate::corrections::{asked, input};
use serde_json::{Value, json};
use xueshi::auth::CallerKind::Officer;

/// What was asked by the side's learner; its id.
fn waiting(world: &World<'_>, side: &Side) -> String {
    asked(world.app, &side.learner, json!({ "name": format!("示例{}", world.fresh()) }))
}

/// The same, taken back, so that no more wait of one person than may.
fn withdrawn(world: &World<'_>, side: &Side) -> String {
    let id = waiting(world, side);
    let path = format!("/v1/corrections/{id}/withdrawal");
    let _ = world.app.as_learner(side.learner.id).post(&path, &Value::Null).expect(200);
    id
}

/// One that waits, alone: those before it are taken back, so that no more wait of one person than may.
fn waiting_alone(world: &World<'_>, side: &Side) -> String {
    let own = world.app.as_learner(side.learner.id);
    let all = own.get(&format!("/v1/learners/{}/corrections?limit=200", side.learner.id)).expect(200).json;
    let waits = all["items"].as_array().unwrap().iter().filter(|one| one["review"]["state"] == "waiting");
    for one in waits {
        let path = format!("/v1/corrections/{}/withdrawal", one["correction_id"].as_str().unwrap());
        let _ = own.post(&path, &Value::Null).expect(200);
    }
    waiting(world, side)
}

pub(super) fn corrections(world: &World<'_>, operation: &str, side: &Side) -> Option<Asked> {
    Some(match operation {
        "create_correction" => {
            let asked = input(&side.learner, json!({ "name": format!("示例{}", world.fresh()) }));
            post("/v1/corrections", asked).shows("\"waiting\"").there(Officer)
        }
        "get_correction" => {
            let id = withdrawn(world, side);
            get(format!("/v1/corrections/{id}")).shows(id)
        }
        "list_learner_corrections" => {
            let id = withdrawn(world, side);
            get(format!("/v1/learners/{}/corrections?limit=200", side.learner.id)).shows(id)
        }
        "withdraw_correction" => {
            let path = format!("/v1/corrections/{}", waiting(world, side));
            let taken_back = Asked { body: None, ..post(format!("{path}/withdrawal"), Value::Null).with(200) };
            taken_back.shows("\"withdrawn\"").then(Officer, path)
        }
        "unmask_correction" => {
            let asked = json!({ "purpose": "correction", "reference": "受理〔2026〕1号" });
            let path = format!("/v1/corrections/{}/unmasking", waiting_alone(world, side));
            post(path, asked).with(200).shows("\"left_today\"")
        }
        _ => return None,
    })
}
