//! Recognitions and reviews: filed by whoever speaks, or waiting for exactly their office.

use super::{
    asked::{Asked, ask, get, post, put},
    world::{Side, World},
};
use domain::{
    access::{Named, Reach},
    kernel::{CaseId, Hours},
    policy::shape::{Act, Seat},
    review::{Actor, Asked as Deed, Deed as Done, HoursLeft, Stage, decide},
};
use serde_json::{Value, json};
use store::review::{append_event, find_case};
use tests::{Client, fixtures::Learner};
use xueshi::auth::{
    CallerKind::{self, Officer},
    Subject,
};

pub(super) const FILE: &str = "JVBERi0xLjQKJSVFT0YK";

/// A person of the side; where an employer files, of a place whose rules let it.
fn person(world: &World<'_>, side: &Side) -> Learner {
    if world.acting.get() != CallerKind::EmployerAdministrator {
        return side.learner.clone();
    }
    let learner = world.app.learner("410402").register();
    let employed = json!({ "employer_id": side.employer, "from_on": "2019-01-01" });
    let path = format!("/v1/learners/{}/employments", learner.id);
    let _ = world.app.as_national_officer().post(&path, &employed).expect(201);
    learner
}

/// What the rules of the person's place take, with the evidence that they want.
fn claim(world: &World<'_>, side: &Side) -> (Value, &'static str) {
    let (kind, file, on) = match (world.acting.get(), side.place == world.own.place) {
        (CallerKind::EmployerAdministrator, _) => ("local_registration", "相关文件", "2021-05-01"),
        (_, true) => ("equivalent_hours", "其他", "2020-09-11"),
        (_, false) => ("training_abroad", "其他", "2020-09-11"),
    };
    (json!({ "kind": kind, "category": "professional", "days": 2, "last_on": on, "document": "示例文件" }), file)
}

fn filer<'a>(world: &World<'a>, side: &Side, learner: &Learner) -> Client<'a> {
    match world.acting.get() {
        kind @ CallerKind::EmployerAdministrator => {
            let named = Named { employer: Some(side.employer), ..Named::default() };
            world.app.calling(Subject { kind, name: "filer".to_owned(), named })
        }
        _ => world.app.as_learner(learner.id),
    }
}

/// A draft with its evidence, filed as whoever speaks would; its id, and that of the file.
fn draft(world: &World<'_>, side: &Side) -> (String, String) {
    let learner = person(world, side);
    let (claim, file) = claim(world, side);
    let filer = filer(world, side, &learner);
    let asked = json!({ "learner_id": learner.id, "claim": claim });
    let made = filer.post("/v1/recognitions", &asked).expect(201).json;
    let id = made["recognition_id"].as_str().unwrap().to_owned();
    let mut files = Vec::new();
    for kind in [file, "其他"] {
        let file = json!({ "kind": kind, "content": FILE });
        let made = filer.post(&format!("/v1/recognitions/{id}/evidence"), &file).expect(201).json;
        files.push(made["evidence_id"].as_str().unwrap().to_owned());
    }
    (id, files.remove(0))
}

/// A case of the side's learner that waits for exactly the office of whoever speaks.
pub(super) fn waiting(world: &World<'_>, side: &Side) -> String {
    at_the_office(world, side, false)
}

fn at_the_office(world: &World<'_>, side: &Side, is_approved: bool) -> String {
    let speaks = world.acting.replace(CallerKind::Learner);
    let (id, _) = draft(world, side);
    world.acting.set(speaks);
    let place = side.place.parse().unwrap();
    let (seat, reach) = match speaks {
        CallerKind::EmployerAdministrator => (Seat::Employer, Reach::Employer(side.employer)),
        CallerKind::SectorAuthority => (Seat::SectorAuthority, Reach::Series { place, series: side.series.to_owned() }),
        _ => (Seat::Province, Reach::Place(place)),
    };
    let stage = Stage { seat, reach, act: Act::Reviews, office: None, days: None, by: None, cite: Vec::new() };
    let (case, learner, at) = (id.parse::<CaseId>().unwrap(), side.learner.id, world.app.clock.now());
    world.app.write(move |db| {
        let case = find_case(db, case)?.unwrap();
        let by = Actor { name: "matrix", learner: Some(learner), holds: &[] };
        let asked = Deed::Submit { stages: vec![stage.clone()] };
        let event = decide(&case, &Done { by, at, seen: None, asked }).unwrap();
        let case = case.with(event).unwrap();
        append_event(db, &case)?;
        if !is_approved {
            return Ok(());
        }
        let by = Actor { name: "somebody of the office", learner: None, holds: std::slice::from_ref(&stage.reach) };
        let asked = Deed::Approve { hours: Some(Hours::whole(1)), reason: Some("matrix".to_owned()) };
        let asked = match case.opening().hours {
            HoursLeft::ToReviewer { .. } => asked,
            HoursLeft::Computed => Deed::Approve { hours: None, reason: None },
        };
        let event = decide(&case, &Done { by, at, seen: None, asked }).unwrap();
        append_event(db, &case.with(event).unwrap())
    });
    id
}

/// The grant of somebody else who sits where whoever speaks does.
fn colleague(world: &World<'_>, side: &Side) -> String {
    let mut grant =
        json!({ "issuer_id": world.portal, "subject": format!("colleague-{}", world.fresh()), "reason": "matrix" });
    match world.acting.get() {
        CallerKind::EmployerAdministrator => {
            (grant["role"], grant["employer_id"]) = ("employer_administrator".into(), side.employer.to_string().into());
        }
        CallerKind::SectorAuthority => {
            (grant["role"], grant["place"], grant["series"]) =
                ("sector_authority".into(), side.place.into(), side.series.into());
        }
        _ => (grant["role"], grant["place"]) = ("officer".into(), side.place.into()),
    }
    let given = world.app.as_security_administrator().post("/v1/grants", &grant).expect(201).json;
    given["grant_id"].as_str().unwrap().to_owned()
}

pub(super) fn reviews(world: &World<'_>, operation: &str, side: &Side) -> Option<Asked> {
    // Who files or decides is told what became of it, and so is an office that may read it.
    let filing = |id: &str| format!("/v1/recognitions/{id}");
    let of = |id: &str, step: &str, body: Option<Value>| {
        ask("POST", format!("/v1/reviews/{id}/{step}"), body).with(200).then(Officer, filing(id))
    };
    let case = |step: &str, body: Option<Value>| of(&waiting(world, side), step, body);
    let filed = |step: &str| {
        let (id, _) = draft(world, side);
        ask("POST", format!("{}/{step}", filing(&id)), None).with(200).then(Officer, filing(&id))
    };
    Some(match operation {
        "create_recognition" | "validate_recognition" => {
            let asked = json!({ "learner_id": person(world, side).id, "claim": claim(world, side).0 });
            match operation {
                "create_recognition" => post("/v1/recognitions", asked).shows("\"state\":\"draft\"").there(Officer),
                _ => post("/v1/recognitions/validation", asked).with(200).shows("\"outcome\""),
            }
        }
        "get_recognition" => {
            let (id, _) = draft(world, side);
            get(format!("/v1/recognitions/{id}")).shows(id)
        }
        "list_learner_recognitions" => {
            let (id, _) = draft(world, side);
            let filed = world.app.as_national_officer().get(&format!("/v1/recognitions/{id}")).expect(200).json;
            get(format!("/v1/learners/{}/recognitions?limit=200", filed["learner_id"].as_str().unwrap())).shows(id)
        }
        "replace_recognition" => {
            let (id, _) = draft(world, side);
            let mut claim = claim(world, side).0;
            claim["days"] = 3.into();
            put(filing(&id), claim).shows("\"days\":3").then(Officer, filing(&id))
        }
        "add_recognition_evidence" => {
            let file = json!({ "kind": claim(world, side).1, "content": FILE });
            let path = format!("{}/evidence", filing(&draft(world, side).0));
            let added = post(path.clone(), file).shows("\"evidence_id\":\"");
            added.then(Officer, format!("{path}/{{/evidence_id}}")).leaves(FILE)
        }
        "get_recognition_evidence" => {
            let (id, file) = draft(world, side);
            get(format!("/v1/recognitions/{id}/evidence/{file}")).shows(FILE)
        }
        "submit_recognition" => filed("submission").shows("\"state\":\"waiting\""),
        "withdraw_recognition" => filed("withdrawal").shows("\"state\":\"withdrawn\""),
        "list_reviews" => {
            let id = waiting(world, side);
            get("/v1/reviews?limit=200").shows(id)
        }
        "get_review_backlog" => {
            let _ = waiting(world, side);
            get(format!("/v1/review-backlog?place={}", side.place)).shows("\"seat\":\"")
        }
        "get_review" => {
            let id = waiting(world, side);
            get(format!("/v1/reviews/{id}")).shows(id)
        }
        "claim_review" => case("claim", None).shows("\"action\":\"claim\""),
        "release_review" => {
            let id = waiting(world, side);
            let _ = world.caller(world.acting.get()).post(&format!("/v1/reviews/{id}/claim"), &Value::Null);
            of(&id, "release", None).shows("\"action\":\"release\"")
        }
        "approve_review" => {
            case("approval", Some(json!({ "hours": 1, "reason": "matrix" }))).shows("\"action\":\"approve\"")
        }
        "return_review" => case("return", Some(json!({ "reason": "matrix" }))).shows("\"state\":\"returned\""),
        "refuse_review" => {
            let clause = json!({ "document": "示例〔2021〕1号", "clause": "一" });
            case("refusal", Some(json!({ "clause": clause }))).shows("\"state\":\"refused\"")
        }
        "revoke_review" => {
            let id = at_the_office(world, side, true);
            let body = Some(json!({ "reason": "matrix" }));
            of(&id, "revocation", body).shows("\"state\":\"revoked\"")
        }
        "hand_over_review" => {
            let grant = colleague(world, side);
            case("hand-over", Some(json!({ "grant_id": grant }))).shows("\"action\":\"delegate\"")
        }
        "decide_reviews" => {
            let id = waiting(world, side);
            let item = json!({ "case_id": id, "decision": "return_for_completion", "reason": "matrix" });
            let decided = post("/v1/review-decisions", json!({ "items": [item] })).with(200);
            decided.shows("\"result\":\"decided\"").then(Officer, filing(&id)).leaves("\"state\":\"returned\"")
        }
        _ => return None,
    })
}
