//! Surplus that serves other years. The own side's rules let a little of it do so, again and again.

use super::{
    asked::{Asked, get, post},
    world::{Side, World},
};
use crate::uses::{allocated, surplus::a_little};
use serde_json::json;
use xueshi::auth::CallerKind::Officer;

pub(super) fn surplus(world: &World<'_>, operation: &str, side: &Side) -> Option<Asked> {
    let path = format!("/v1/learners/{}/surplus-allocations", side.learner.id);
    Some(match operation {
        "list_surplus_allocations" => {
            let made = allocated(world.app, &side.learner, side.place, &side.version);
            get(path).shows(format!("\"allocation_id\":\"{made}\""))
        }
        "validate_surplus_allocation" => {
            post(format!("{path}/validation"), a_little()).with(200).shows("\"from_year\":2018")
        }
        "allocate_surplus" => post(path.clone(), a_little()).shows("\"from_year\":2018").then(Officer, path),
        "reverse_surplus_allocation" => {
            let made = allocated(world.app, &side.learner, side.place, &side.version);
            let reversal = post(format!("{path}/{made}/reversal"), json!({ "reason": "matrix" })).with(200);
            reversal.shows(made).then(Officer, path)
        }
        _ => return None,
    })
}
