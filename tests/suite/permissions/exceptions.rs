//! Exceptions: filed by one officer for the side's learner, and decided by the department at the place whose rules name an office.

use super::{
    asked::{Asked, ask, get, post},
    world::{Side, World},
};
use crate::{
    exceptions::{approve, filed, input},
    findings::officer,
};
use serde_json::{Value, json};
use xueshi::auth::CallerKind::Officer;

/// An hour of a year that stays missed all the same, and for which nothing waits any more: one at a time is taken.
pub(super) fn an_hour(world: &World<'_>, side: &Side) -> Value {
    let year = world.missed_year(side);
    let hour = input(&side.learner, year, json!({ "hours": [{ "category": "professional", "hours": 1 }] }));
    let tried = officer(world.app, "000000", "filer").post("/v1/exceptions/validation", &hour);
    let reasons = tried.json["reasons"].as_array().into_iter().flatten();
    for waits in reasons.filter(|reason| reason["code"] == "already_waiting") {
        let refusal = format!("/v1/reviews/{}/refusal", waits["facts"]["case_id"].as_str().unwrap());
        let clause = json!({ "document": "matrix", "clause": "一" });
        let _ = officer(world.app, side.place, "approver")
            .post(&refusal, &json!({ "clause": clause, "reason": "matrix" }))
            .expect(200);
    }
    hour
}

/// One that waits, and one that took effect; their addresses.
fn waiting(world: &World<'_>, side: &Side) -> String {
    filed(&officer(world.app, "000000", "filer"), &an_hour(world, side)).0
}

fn granted(world: &World<'_>, side: &Side) -> String {
    let (at, id) = filed(&officer(world.app, "000000", "filer"), &an_hour(world, side));
    let _ = approve(&officer(world.app, side.place, "approver"), &id).expect(200);
    at
}

pub(super) fn exceptions(world: &World<'_>, operation: &str, side: &Side) -> Option<Asked> {
    let id = |at: &str| at.rsplit('/').next().unwrap().to_owned();
    Some(match operation {
        "create_exception" => post("/v1/exceptions", an_hour(world, side)).shows("\"waiting\"").there(Officer),
        "validate_exception" => {
            post("/v1/exceptions/validation", an_hour(world, side)).with(200).shows("\"verdict_text\"")
        }
        "get_exception" => {
            let at = granted(world, side);
            let shown = id(&at);
            get(at).shows(shown)
        }
        "list_learner_exceptions" => {
            let at = waiting(world, side);
            get(format!("/v1/learners/{}/exceptions?limit=200", side.learner.id)).shows(id(&at))
        }
        "withdraw_exception" => {
            let name = world.name.borrow().clone();
            let (at, _) = filed(&officer(world.app, side.place, &name), &an_hour(world, side));
            let withdrawn = ask("POST", format!("{at}/withdrawal"), None).with(200);
            withdrawn.shows("\"state\":\"withdrawn\"").then(Officer, at)
        }
        "annul_exception" => {
            let at = granted(world, side);
            let annulled = post(format!("{at}/annulment"), json!({ "reason": "matrix" })).with(200);
            annulled.shows("\"revoked\"").then(Officer, at)
        }
        _ => return None,
    })
}
