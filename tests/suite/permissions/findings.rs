//! Findings: filed by one officer, and confirmed by the department at the person's own place.

use super::{
    asked::{Asked, get, post},
    world::{Side, World},
};
use domain::access::Named;
use serde_json::{Value, json};
use tests::Client;
use xueshi::auth::{CallerKind::Officer, Subject};

fn input(world: &World<'_>, side: &Side) -> Value {
    let line = crate::uses::a_line(world.app, &side.learner, side.place);
    json!({
        "learner_id": side.learner.id, "cause": "fraud", "decided_on": "2021-06-01", "document": "matrix", "lines": [line]
    })
}

fn officer<'a>(world: &World<'a>, place: &str, name: &str) -> Client<'a> {
    let named = Named { place: place.parse().ok(), ..Named::default() };
    world.app.calling(Subject { kind: Officer, name: name.to_owned(), named })
}

/// A finding that took effect; its address.
fn confirmed(world: &World<'_>, side: &Side) -> String {
    let made = officer(world, "000000", "filer").post("/v1/findings", &input(world, side)).expect(201);
    let at = made.header("location").to_owned();
    let approval = format!("/v1/reviews/{}/approval", at.rsplit('/').next().unwrap());
    let _ = officer(world, side.place, "confirmer").post(&approval, &json!({})).expect(200);
    at
}

pub(super) fn findings(world: &World<'_>, operation: &str, side: &Side) -> Option<Asked> {
    Some(match operation {
        "create_finding" => post("/v1/findings", input(world, side)).shows("\"waiting\"").there(Officer),
        "validate_finding" => post("/v1/findings/validation", input(world, side)).with(200).shows("\"sanctions\""),
        "get_finding" => {
            let at = confirmed(world, side);
            let id = at.rsplit('/').next().unwrap().to_owned();
            get(at).shows(id)
        }
        "list_learner_findings" => {
            let at = confirmed(world, side);
            get(format!("/v1/learners/{}/findings?limit=200", side.learner.id)).shows(at.rsplit('/').next().unwrap())
        }
        "annul_finding" => {
            let at = confirmed(world, side);
            let annulled = post(format!("{at}/annulment"), json!({ "reason": "matrix" })).with(200);
            annulled.shows("\"revoked\"").then(Officer, at)
        }
        _ => return None,
    })
}
