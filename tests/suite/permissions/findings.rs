//! Findings: filed by one officer, and confirmed by the department at the person's own place.

use super::{
    asked::{Asked, ask, get, post},
    world::{Side, World},
};
use crate::completions::soon;
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

/// About the course of a side's learner, by whoever files; its input.
fn of_course(side: &Side) -> Value {
    json!({
        "course_id": side.course, "version": 1, "place": side.place, "decided_on": "2021-06-01", "document": "matrix"
    })
}

/// One that was filed; its address.
fn filed(world: &World<'_>, side: &Side) -> String {
    let made = officer(world, "000000", "filer").post("/v1/course-findings", &of_course(side)).expect(201);
    made.header("location").to_owned()
}

/// One that took effect and is through; its address.
fn through(world: &World<'_>, side: &Side) -> String {
    let at = filed(world, side);
    let looks = officer(world, "000000", "confirmer");
    let _ = looks.send("POST", &format!("{at}/confirmation"), None, Vec::new()).expect(200);
    soon(|| looks.get(&at).expect(200).json["reversal"]["state"] == "done");
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
        "withdraw_finding" => {
            let name = world.name.borrow().clone();
            let filed = officer(world, side.place, &name).post("/v1/findings", &input(world, side)).expect(201);
            let at = filed.header("location").to_owned();
            let withdrawn = ask("POST", format!("{at}/withdrawal"), None).with(200);
            withdrawn.shows("\"state\":\"withdrawn\"").then(Officer, at)
        }
        "annul_finding" => {
            let at = confirmed(world, side);
            let annulled = post(format!("{at}/annulment"), json!({ "reason": "matrix" })).with(200);
            annulled.shows("\"revoked\"").then(Officer, at)
        }
        "create_course_finding" => {
            post("/v1/course-findings", of_course(side)).shows("\"confirmed_by\":null").there(Officer)
        }
        "validate_course_finding" => {
            post("/v1/course-findings/validation", of_course(side)).with(200).shows("\"people\"")
        }
        "get_course_finding" => {
            let at = filed(world, side);
            let id = at.rsplit('/').next().unwrap().to_owned();
            get(at).shows(id)
        }
        "confirm_course_finding" => {
            let at = filed(world, side);
            let confirmed = ask("POST", format!("{at}/confirmation"), None).with(200);
            confirmed.shows("\"confirmed_by\":\"officer:").then(Officer, at)
        }
        "annul_course_finding" => {
            let at = through(world, side);
            let annulled = post(format!("{at}/annulment"), json!({ "reason": "matrix of annulments" })).with(200);
            annulled.shows("matrix of annulments").then(Officer, at)
        }
        _ => return None,
    })
}
