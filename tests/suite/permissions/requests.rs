//! One request an operation, about what belongs to one side.

use super::{
    asked::{Asked, ask, get, post, put},
    corrections::corrections,
    exceptions::exceptions,
    findings::findings,
    reviews::reviews,
    rolls::rolls,
    surplus::surplus,
    verification::verification,
    world::{READER, SERIES, Side, World},
};
use crate::{
    access::{client, issuer, issuer_input, secret},
    registry::{course, learner, number, platform_input},
};
use serde_json::{Value, json};
use store::audit::last_seal;
use tests::fixtures::Signer;
use xueshi::auth::CallerKind::{Learner, Officer, Platform, SecurityAdministrator, SystemAdministrator};

/// The request of an operation about something of a side.
pub(super) fn asked(world: &World<'_>, operation: &str, side: &Side) -> Option<Asked> {
    rule_book(world, operation, side)
        .or_else(|| learners(world, operation, side))
        .or_else(|| completions(world, operation, side))
        .or_else(|| organisations(world, operation, side))
        .or_else(|| catalogue(world, operation, side))
        .or_else(|| grants(world, operation, side))
        .or_else(|| clients(world, operation, side))
        .or_else(|| issuers(world, operation))
        .or_else(|| reviews(world, operation, side))
        .or_else(|| findings(world, operation, side))
        .or_else(|| corrections(world, operation, side))
        .or_else(|| exceptions(world, operation, side))
        .or_else(|| verification(world, operation, side))
        .or_else(|| rolls(world, operation, side))
        .or_else(|| surplus(world, operation, side))
        .or_else(|| audit(world, operation, side))
}

fn audit(world: &World<'_>, operation: &str, side: &Side) -> Option<Asked> {
    Some(match operation {
        "list_audit_events" => get(format!("/v1/audit-events?subject_id={}", side.grant)).shows(&side.grant),
        "get_latest_audit_seal" => {
            let mark = world.app.read(last_seal).unwrap().mark();
            get("/v1/audit-seals/latest").shows(format!("\"mark\":\"{mark}\""))
        }
        _ => return None,
    })
}

fn rule_book(world: &World<'_>, operation: &str, side: &Side) -> Option<Asked> {
    let version = format!("/v1/policy-versions/{}", side.version);
    let never = |method| Asked { never: true, ..ask(method, version.clone(), None) };
    Some(match operation {
        "get_caller" => get("/v1/caller").shows(format!("\"kind\":\"{}\"", world.acting.get())),
        "list_policies" => {
            let state = if side.is_own { "published" } else { "draft" };
            get(format!("/v1/policies?place={}&state={state}", side.place)).shows(&side.version)
        }
        "get_policy_in_force" => get(format!("/v1/policies/{}/2020", side.place)).shows(side.place),
        "get_policy_version" => get(version).shows(&side.version),
        "draft_policy" => {
            post("/v1/policies", json!({ "source": side.rules })).shows("\"published\":false").there(Officer)
        }
        "publish_policy" => {
            let draft = world.draft(side);
            let published = ask("POST", format!("/v1/policies/{draft}/publication"), None).shows("\"published\":true");
            published.then(Officer, format!("/v1/policy-versions/{draft}"))
        }
        "ask_what_if" => {
            let path = format!("/v1/policies/{}/what-if", world.draft(side));
            post(path, json!({ "limit": 1 })).with(200).shows("\"governed\"")
        }
        "validate_reassessment" => {
            post(of_version(world, side, "/validation"), json!({ "limit": 1 })).with(200).shows("\"unchanged\"")
        }
        "create_reassessment" => {
            post(of_version(world, side, ""), json!({ "reason": "matrix" })).shows("matrix").there(Officer)
        }
        "list_reassessments" | "get_reassessment" => {
            let (path, why) = (of_version(world, side, ""), json!({ "reason": "matrix" }));
            let made = world.app.as_national_officer().post(&path, &why).expect(201);
            let at = if operation == "list_reassessments" { path } else { made.header("location").to_owned() };
            get(at).shows(made.json["reassessment_id"].as_str().unwrap())
        }
        "replace_policy_version" => never("PUT"),
        "change_policy_version" => never("PATCH"),
        "delete_policy_version" => never("DELETE"),
        _ => return None,
    })
}

/// The address of reassessments of a version of a side's rules that was published just now.
fn of_version(world: &World<'_>, side: &Side, rest: &str) -> String {
    let draft = world.draft(side);
    let publication = format!("/v1/policies/{draft}/publication");
    let _ = world.app.as_national_officer().send("POST", &publication, None, Vec::new()).expect(201);
    format!("/v1/policies/{draft}/reassessments{rest}")
}

fn learners(world: &World<'_>, operation: &str, side: &Side) -> Option<Asked> {
    let at = |rest: &str| format!("/v1/learners/{}{rest}", side.learner.id);
    let changed = |method, rest: &str, body: Value| {
        let id = world.learner(side).id;
        ask(method, format!("/v1/learners/{id}{rest}"), Some(body)).then(Officer, format!("/v1/learners/{id}/history"))
    };
    let (n, one) = (5000 + world.fresh(), "/v1/learners/{/items/0/id}");
    let masked = format!("{}**********{}", &number(n)[..4], &number(n)[14..]);
    let mut new = learner(n, "示例甲");
    new["placement"]["place"] = side.place.into();
    Some(match operation {
        "list_learners" => get("/v1/learners?limit=200").shows(side.learner.id),
        "search_learners" => {
            let asked = json!({ "name": side.learner.person.name, "limit": 200 });
            post("/v1/learner-searches", asked).with(200).shows(side.learner.id)
        }
        "create_learner" => post("/v1/learners", new).shows(masked).there(Officer),
        "keep_learners" => {
            let kept = post("/v1/learners/bulk", json!({ "items": [new] })).with(200).shows("\"created\":1");
            kept.then(Officer, one).leaves(masked)
        }
        "look_up_learner" => {
            let document = json!({ "kind": "resident_id", "number": side.learner.person.document_number });
            post("/v1/learner-lookups", json!({ "document": document })).with(200).shows(side.learner.id)
        }
        "get_learner" => get(at("")).shows(side.learner.id),
        "correct_learner" => {
            let id = world.learner(side).id;
            let path = format!("/v1/learners/{id}");
            let right = json!({ "name": "例新", "reference": "受理〔2026〕1号" });
            ask("PATCH", path.clone(), Some(right)).shows("例*").then(Officer, path)
        }
        "get_learner_history" => get(at("/history")).shows(side.employer),
        "record_placement" => {
            changed("POST", "/placements", json!({ "place": "610100", "from_on": "2021-06-16" })).shows("2021-06-16")
        }
        "record_employment" => {
            let employed = json!({ "employer_id": side.employer, "from_on": "2021-01-02" });
            changed("POST", "/employments", employed).shows(side.employer)
        }
        "record_post" => {
            let post = json!({ "series": SERIES, "employment_kind": "contract", "from_on": "2021-01-02" });
            changed("POST", "/posts", post).shows(SERIES)
        }
        "erase_learner" => {
            let id = world.learner(side).id;
            let erased = post(format!("/v1/learners/{id}/erasure"), json!({ "ground": "matrix" })).with(200);
            erased.shows("\"erased_at\":\"").then(Officer, format!("/v1/learners/{id}")).leaves("\"document\":null")
        }
        "merge_learners" => post("/v1/learner-merges", merge(world, side)).shows("\"ended_file\":{").there(Officer),
        "get_learner_merge" => get(merged(world, side)).shows(side.learner.id),
        "undo_learner_merge" => {
            let merge = merged(world, side);
            let undoing = post(format!("{merge}/undoing"), json!({ "reason": "matrix" })).with(200);
            undoing.shows("\"undone_at\":\"").then(Officer, merge)
        }
        "get_standing" => get(at("/standings/2020")).shows(side.learner.id),
        "list_standings" => get(at("/standings")).shows("\"year\":2020"),
        "unmask_learner" => {
            let purpose = if world.acting.get() == Learner { "own_file" } else { "identity_check" };
            let asked = json!({ "purpose": purpose, "reference": "受理〔2026〕1号" });
            post(at("/unmasking"), asked).with(200).shows(&side.learner.person.document_number)
        }
        "list_learner_completions" => get(at("/completions")).shows(&side.completion),
        "list_access_records" => get(at("/access-records")).shows(READER),
        "list_hour_entries" => get(at("/hour-entries")).shows(&side.completion),
        "query_standings" => {
            let people = json!({ "year": 2020, "people": [{ "learner_id": side.learner.id }] });
            post("/v1/standings/query", people).with(200).shows(side.learner.id)
        }
        "list_consequences" => get(at("/consequences")).shows(side.learner.id),
        "check_eligibility" => {
            let item = json!({ "learner_id": side.learner.id, "purpose": "title_review", "applied_on": "2020-11-30" });
            post("/v1/eligibility-checks", json!({ "items": [item] })).with(200).shows(side.learner.id)
        }
        _ => return None,
    })
}

/// That a file ends in that of the side's learner.
fn merge(world: &World<'_>, side: &Side) -> Value {
    json!({ "ends": world.learner(side).id, "stays": side.learner.id, "reason": "matrix" })
}

/// The address of a merge of the side's learner.
fn merged(world: &World<'_>, side: &Side) -> String {
    let made = world.app.as_national_officer().post("/v1/learner-merges", &merge(world, side)).expect(201);
    made.header("location").to_owned()
}

fn completions(world: &World<'_>, operation: &str, side: &Side) -> Option<Asked> {
    Some(match operation {
        "push_completions" => {
            let item = world.learner(side).finished(&world.public);
            let path = format!("/v1/completion-batches?batch_id={}", side.batch);
            let pushed = post(path, json!({ "items": [item.json()] })).with(200).shows("\"outcome\":\"credited\"");
            pushed.then(Platform, "/v1/completions/{/items/0/completion_id}")
        }
        "validate_completions" => {
            let again = json!({ "items": [side.item] });
            post("/v1/completion-batches/validation", again).with(200).shows(&side.completion)
        }
        "get_completion_batch" => get(format!("/v1/completion-batches/{}", side.batch)).shows(&side.batch),
        "list_completion_outcomes" => {
            get(format!("/v1/completion-batches/{}/outcomes?attempt=1", side.batch)).shows(&side.completion)
        }
        "list_changes" => get("/v1/changes?limit=200").shows(&side.changed),
        "list_held_completions" => get("/v1/held-completions").shows(&side.held),
        "get_completion" => get(format!("/v1/completions/{}", side.completion)).shows(&side.completion),
        "reverse_completion" => {
            let path = format!("/v1/completions/{}", world.completion(side));
            let reason = json!({ "reason_code": "wrong_data" });
            post(format!("{path}/reversal"), reason)
                .with(200)
                .shows("\"reversal_entry_id\":\"")
                .then(Officer, path)
                .leaves("\"reversed\":true")
        }
        _ => return None,
    })
}

fn organisations(world: &World<'_>, operation: &str, side: &Side) -> Option<Asked> {
    let name = format!("示例{}", world.fresh());
    let place = side.place;
    let (kind, id) = match operation.rsplit_once('_').map(|(_, last)| last)? {
        "employers" | "employer" => ("employers", side.employer.to_string()),
        "bases" | "base" => ("training-bases", side.base.to_string()),
        "authorities" | "authority" => ("authorities", side.authority.clone()),
        "platforms" | "platform" => ("learning-platforms", side.platform.id.to_string()),
        _ => return None,
    };
    let (all, one) = (format!("/v1/{kind}"), format!("/v1/{kind}/{id}"));
    let body = match kind {
        "employers" => json!({ "name": name, "kind": "enterprise", "place": place }),
        "training-bases" => {
            json!({ "name": name, "level": "provincial", "place": place, "recognised_from": "2015-10-01" })
        }
        "authorities" => json!({ "name": name, "kind": "human_resources", "place": place }),
        _ => {
            let mut platform = platform_input(&format!("p-{}", world.fresh()), place);
            platform["name"] = name.clone().into();
            platform
        }
    };
    Some(match operation.split('_').next()? {
        "list" => get(format!("{all}?limit=200")).shows(id),
        "get" => get(one).shows(id),
        "create" => post(all.clone(), body).shows(&name).then(Officer, format!("{all}?limit=200")),
        "replace" => {
            // One of its own, so that what the others are about stays as it is.
            let made = world.app.as_system_administrator().post(&all, &body).expect(201);
            let (path, name) = (made.header("location").to_owned(), format!("{name}新"));
            let mut body = body;
            body["name"] = name.clone().into();
            put(path.clone(), body).shows(name).then(Officer, path)
        }
        _ => return None,
    })
}

fn catalogue(world: &World<'_>, operation: &str, side: &Side) -> Option<Asked> {
    let code = format!("course-{}", world.fresh());
    let zone = || {
        let code = format!("610100-m{}", world.fresh());
        (code.clone(), json!({ "code": code, "name": "示例新区", "parent": "610100", "level": "zone" }))
    };
    Some(match operation {
        "list_courses" => get("/v1/courses?limit=200").shows(&side.course),
        "get_course" => get(format!("/v1/courses/{}", side.course)).shows(&side.course),
        "get_course_results" => get(format!("/v1/courses/{}/results", side.course)).shows(&side.course),
        "keep_course" => post("/v1/courses", course(&code, side.base)).shows(&code).there(Officer),
        "keep_courses" => {
            let kept = post("/v1/courses/bulk", json!({ "items": [course(&code, side.base)] })).with(200);
            kept.shows("\"created\":1").then(Officer, "/v1/courses/{/items/0/id}").leaves(code)
        }
        "record_plan_filing" => {
            let path = format!("/v1/courses/{}", side.course);
            let filing = json!({ "filed_on": "2021-01-10", "reference": "示例备案" });
            post(format!("{path}/plan-filing"), filing).with(200).shows("2021-01-10").then(Officer, path)
        }
        "list_places" => get(format!("/v1/places?q={}", side.place)).shows(side.place),
        "get_place" => get(format!("/v1/places/{}", side.place)).shows(side.place),
        "create_place" => {
            let (code, body) = zone();
            post("/v1/places", body).shows(&code).then(SystemAdministrator, format!("/v1/places/{code}"))
        }
        "add_division_code" => {
            let (place, body) = zone();
            let _ = world.app.as_system_administrator().post("/v1/places", &body).expect(201);
            let code = format!("99{:04}", world.fresh());
            let body = json!({ "system": "gb2260", "code": code, "from_on": "2021-01-01" });
            let path = format!("/v1/places/{place}");
            post(format!("{path}/division-codes"), body).shows(&code).then(SystemAdministrator, path)
        }
        _ => return None,
    })
}

fn grants(world: &World<'_>, operation: &str, side: &Side) -> Option<Asked> {
    let subject = format!("official-{}", world.fresh());
    let body = json!({
        "issuer_id": world.portal, "subject": subject, "role": "officer", "place": side.place, "reason": "任命"
    });
    Some(match operation {
        "list_grants" => get("/v1/grants?limit=200").shows(&side.grant),
        "get_grant" => get(format!("/v1/grants/{}", side.grant)).shows(&side.grant),
        "give_grant" => post("/v1/grants", body)
            .shows(&subject)
            .then(SecurityAdministrator, format!("/v1/grants?subject={subject}")),
        "withdraw_grant" => {
            // Not of an officer of the same place, which is for those above.
            let mut body = body;
            (body["role"], body["series"]) = ("sector_authority".into(), "会计".into());
            let path = world.app.as_security_administrator().post("/v1/grants", &body).expect(201);
            let path = path.header("location").to_owned();
            let reason = json!({ "reason": "matrix" });
            post(format!("{path}/withdrawal"), reason).with(200).shows("matrix").then(SecurityAdministrator, path)
        }
        _ => return None,
    })
}

fn clients(world: &World<'_>, operation: &str, side: &Side) -> Option<Asked> {
    let name = format!("client-{}", world.fresh());
    let platform = side.platform.id.to_string();
    let change = json!({ "name": name, "scopes": ["completions:write"] });
    let id = || client(world.app, &platform, Value::Null)["client_id"].as_str().unwrap().to_owned();
    let one = |id: &str| format!("/v1/clients/{id}");
    let done = |method, id: &str, rest: &str, body| {
        ask(method, format!("{}{rest}", one(id)), body).with(200).then(SecurityAdministrator, one(id))
    };
    Some(match operation {
        "list_clients" => {
            let id = id();
            get("/v1/clients?limit=200").shows(id)
        }
        "get_client" => {
            let id = id();
            get(one(&id)).shows(id)
        }
        "create_client" => {
            let body = json!({
                "kind": "platform", "platform_id": platform, "name": name, "scopes": ["completions:write"]
            });
            post("/v1/clients", body).shows(name).there(SecurityAdministrator)
        }
        "replace_client" => done("PUT", &id(), "", Some(change)).shows(name),
        "create_client_secret" => {
            let id = id();
            let made = post(format!("{}/secrets", one(&id)), json!({})).shows("\"client_secret\":\"xs_");
            made.then(SecurityAdministrator, one(&id)).leaves("\"secret_id\":\"")
        }
        "end_client_secret" => {
            let id = id();
            let _ = secret(world.app, &id);
            let shown = world.app.as_security_administrator().get(&one(&id)).expect(200).json;
            let secret = shown["secrets"][0]["secret_id"].as_str().unwrap();
            let gone = ask("DELETE", format!("{}/secrets/{secret}", one(&id)), None).with(204);
            gone.then(SecurityAdministrator, one(&id)).leaves("\"until_at\":\"")
        }
        "disable_client" => done("POST", &id(), "/disabling", None).shows("\"disabled_at\":\""),
        "enable_client" => {
            let id = id();
            let _ = world.app.as_security_administrator().post(&format!("{}/disabling", one(&id)), &Value::Null);
            done("POST", &id, "/enabling", None).shows("\"disabled_at\":null")
        }
        _ => return None,
    })
}

fn issuers(world: &World<'_>, operation: &str) -> Option<Asked> {
    let iss = format!("https://issuer-{}.test", world.fresh());
    let id = || issuer(world.app, &iss, &[&Signer::ed25519("ed")]);
    let one = |id: &str| format!("/v1/token-issuers/{id}");
    let body = issuer_input(&iss, &[Signer::ed25519("ed").jwk()]);
    let done = |method, id: &str, rest: &str, body| {
        ask(method, format!("{}{rest}", one(id)), body).with(200).then(SecurityAdministrator, one(id))
    };
    Some(match operation {
        "list_token_issuers" => get("/v1/token-issuers").shows(&world.portal),
        "get_token_issuer" => get(one(&world.portal)).shows(&world.portal),
        "create_token_issuer" => post("/v1/token-issuers", body).shows(iss).there(SecurityAdministrator),
        "replace_token_issuer" => {
            let mut body = body;
            body["name"] = "另名".into();
            done("PUT", &id(), "", Some(body)).shows("另名")
        }
        "disable_token_issuer" => done("POST", &id(), "/disabling", None).shows("\"disabled_at\":\""),
        "enable_token_issuer" => {
            let id = id();
            let _ = world.app.as_security_administrator().post(&format!("{}/disabling", one(&id)), &Value::Null);
            done("POST", &id, "/enabling", None).shows("\"disabled_at\":null")
        }
        _ => return None,
    })
}
