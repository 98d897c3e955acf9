//! Every write leaves exactly one event, with who did it and by which way; what fails leaves none.

mod batches;
mod before;
mod callers;
mod corrections;
mod exceptions;
mod findings;
mod rolls;
mod surplus;
mod verification;

use crate::{
    access,
    recognition::{Town, claim},
    registry,
};
use domain::audit::{Act, Channel, Event};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::audit::{EventSearch, search_events};
use tests::{
    Answer, App, Client, each_backend,
    fixtures::{Person, Signer},
};
use xueshi::auth::{CallerKind, line};

/// Operations that are no GET and write nothing: they ask, rehearse, hand out or always refuse.
pub(crate) const WRITES_NOTHING: [&str; 20] = [
    "ask_what_if",
    "change_policy_version",
    "check_eligibility",
    "delete_policy_version",
    "issue_token",
    "look_up_learner",
    "query_standings",
    "replace_policy_version",
    "search_learners",
    "unmask_correction",
    "unmask_learner",
    "validate_completions",
    "validate_course_finding",
    "validate_exception",
    "validate_finding",
    "validate_reassessment",
    "validate_recognition",
    "validate_roll_items",
    "validate_surplus_allocation",
    "validate_verification_batch",
];

/// What a request did. That it was shown a file besides is an event of its own, which comes later.
fn events_of(app: &App, request: &str) -> Vec<Event> {
    let search = EventSearch { request: Some(request), limit: 100, ..Default::default() };
    let events = app.read(|db| search_events(db, search));
    events.into_iter().filter(|event| event.act != Act::Read).collect()
}

/// What was done so far, in an order that lets each thing exist before it is changed.
struct Story<'a> {
    app: &'a App,
    told: BTreeSet<String>,
}

impl Story<'_> {
    /// Someone does something, which leaves exactly the event of it.
    fn does(
        &mut self,
        caller: &Client<'_>,
        operation: &str,
        (method, path): (&str, &str),
        body: &Value,
    ) -> (Value, Event) {
        let request = format!("of-{operation}");
        let (media, body) = match body {
            Value::Null => (None, Vec::new()),
            body => (Some("application/json"), body.to_string().into_bytes()),
        };
        let caller = caller.clone().with("idempotency-key", operation);
        let answer = caller.clone().with("x-request-id", &request).send(method, path, media, body.clone());
        assert!((200..300).contains(&answer.status), "{operation}: {} {}", answer.status, answer.text);
        let mut events = events_of(self.app, &request);
        assert_eq!(events.len(), 1, "{operation}: {events:?}");
        let event = events.pop().unwrap();
        assert_eq!((event.operation.as_str(), event.act, event.times), (operation, Act::Write, 1));
        // Of many things none is named as the one it was about; what changed stands in the event.
        let one = !["decide_reviews", "keep_courses", "keep_learners"].contains(&operation);
        assert_eq!((event.subject_kind.is_some(), event.subject_id.is_some()), (true, one), "{operation}");
        assert_eq!(event.before.is_some(), before::tells(operation), "{operation}: what stood before");
        assert!(self.told.insert(operation.to_owned()), "{operation} once");
        assert_eq!(answer.header("idempotency-replayed"), "", "{operation}");
        if line(operation).unwrap().creates() {
            let request = format!("again-{operation}");
            let again = caller.clone().with("x-request-id", &request).send(method, path, media, body.clone());
            let of = |answer: &Answer| (answer.status, answer.text.clone(), answer.header("location").to_owned());
            assert_eq!(of(&again), of(&answer), "{operation}");
            assert_eq!((again.header("idempotency-replayed"), events_of(self.app, &request).len()), ("true", 0));
            // Whoever reads the body tells it apart from any other.
            if media.is_some() {
                let other = caller.send(method, path, media, [body, b" ".to_vec()].concat());
                let _ = other.problem(422, "idempotency_key_reused");
            }
        }
        (answer.json, event)
    }

    /// An official does something: an administrator where one may, else the officer of the nation.
    fn official(&mut self, operation: &str, way: (&str, &str), body: &Value) -> (Value, Event) {
        let may = line(operation).unwrap().callers();
        let (caller, kind, name) = if may.contains(&CallerKind::SystemAdministrator) {
            (self.app.as_system_administrator(), CallerKind::SystemAdministrator, "root")
        } else if may.contains(&CallerKind::SecurityAdministrator) {
            (self.app.as_security_administrator(), CallerKind::SecurityAdministrator, "root")
        } else {
            (self.app.as_national_officer(), CallerKind::Officer, "chen")
        };
        let (json, event) = self.does(&caller, operation, way, body);
        assert_eq!((event.actor.clone(), event.role.as_deref()), (format!("{kind}:{name}"), Some(kind.as_str())));
        assert_eq!((event.channel, event.channel_name.as_deref()), (Channel::OwnToken, None));
        (json, event)
    }

    /// Makes something and replaces it; its address.
    fn kept(&mut self, kind: &str, path: &str, input: &Value) -> String {
        let (made, event) = self.official(&format!("create_{kind}"), ("POST", path), input);
        assert_eq!((event.subject_kind.as_deref(), event.before), (Some(kind), None));
        let id = event.subject_id.unwrap();
        assert!(made.to_string().contains(&id), "{made}");
        let at = format!("{path}/{id}");
        let mut other = input.clone();
        other["name"] = "示例另名".into();
        if kind == "client" {
            other = json!({ "name": "示例另名", "scopes": ["completions:read"] });
        }
        let (_, event) = self.official(&format!("replace_{kind}"), ("PUT", &at), &other);
        let (before, after) = (event.before.unwrap(), event.after.unwrap());
        assert!(before.contains(input["name"].as_str().unwrap()) && after.contains("示例另名"), "{before} {after}");
        at
    }
}

fn organisations(story: &mut Story<'_>) {
    story.kept(
        "authority",
        "/v1/authorities",
        &json!({ "kind": "human_resources", "name": "示例厅", "place": "610000" }),
    );
    story.kept("employer", "/v1/employers", &json!({ "kind": "enterprise", "name": "示例公司", "place": "610100" }));
    let base = json!({ "level": "provincial", "name": "示例基地", "place": "610000", "recognised_from": "2018-01-01" });
    story.kept("training_base", "/v1/training-bases", &base);
    story.kept("learning_platform", "/v1/learning-platforms", &registry::platform_input("p9", "610000"));
    let zone = json!({ "code": "610100-zone", "level": "zone", "name": "示例新区", "parent": "610100" });
    story.official("create_place", ("POST", "/v1/places"), &zone);
    let code = json!({ "code": "610199", "from_on": "2021-01-01", "system": "gb2260" });
    story.official("add_division_code", ("POST", "/v1/places/610100-zone/division-codes"), &code);
}

fn rules(story: &mut Story<'_>) {
    let source = format!("# 另版\n{}", policies::FILES[0].rules);
    let (draft, event) = story.official("draft_policy", ("POST", "/v1/policies"), &json!({ "source": source }));
    assert!(event.after.unwrap().contains(draft["source_hash"].as_str().unwrap()));
    let publication = format!("/v1/policies/{}/publication", draft["policy_id"].as_str().unwrap());
    story.official("publish_policy", ("POST", &publication), &Value::Null);
    let reassessments = format!("/v1/policies/{}/reassessments", draft["policy_id"].as_str().unwrap());
    let why = json!({ "reason": "修订了学习期限" });
    let (begun, event) = story.official("create_reassessment", ("POST", &reassessments), &why);
    assert_eq!(event.subject_id.as_deref(), begun["reassessment_id"].as_str());
    assert!(event.after.unwrap().contains("修订了学习期限"));
}

fn learners(story: &mut Story<'_>) {
    let (made, event) = story.official("create_learner", ("POST", "/v1/learners"), &registry::learner(7, "示例无双"));
    let id = made["learner_id"].as_str().unwrap();
    assert_eq!((event.subject_kind.as_deref(), event.subject_id.as_deref()), (Some("learner"), Some(id)));
    let at = |what: &str| format!("/v1/learners/{id}{what}");
    let many = json!({ "items": [registry::learner(7, "示例无双"), registry::learner(8, "示例成双")] });
    let (_, event) = story.official("keep_learners", ("POST", "/v1/learners/bulk"), &many);
    assert_eq!((event.subject_kind.as_deref(), event.subject_id.as_deref()), (Some("learners"), None));
    let placement = json!({ "from_on": "2021-06-15", "place": "610103" });
    story.official("record_placement", ("POST", &at("/placements")), &placement);
    let employment = json!({ "employer_id": null, "from_on": "2021-06-15" });
    story.official("record_employment", ("POST", &at("/employments")), &employment);
    let post =
        json!({ "employment_kind": "permanent", "from_on": "2021-06-15", "level": "intermediate", "series": "会计" });
    story.official("record_post", ("POST", &at("/posts")), &post);
    let (_, event) = story.official("correct_learner", ("PATCH", &at("")), &json!({ "name": "示例独一" }));
    let told = format!("{event:?}");
    assert!(event.before.is_some() && told.contains("示*"), "{told}");
    for clear in ["示例无双", "示例独一", &registry::number(7)] {
        assert!(!told.contains(clear), "masked: {told}");
    }
    merges(story, id);
    let (_, event) =
        story.official("erase_learner", ("POST", &at("/erasure")), &json!({ "ground": "受理〔2021〕1号" }));
    assert!(event.before.is_none() && event.after.unwrap().contains("受理"), "what is erased is told by no event");
}

fn merges(story: &mut Story<'_>, stays: &str) {
    let ends = story.app.learner("610302").register();
    let merge = json!({ "ends": ends.id, "stays": stays, "reason": "重复登记" });
    let (made, event) = story.official("merge_learners", ("POST", "/v1/learner-merges"), &merge);
    assert_eq!(event.subject_id.as_deref(), made["merge_id"].as_str());
    let told = format!("{event:?}");
    assert!(event.before.is_some() && told.contains("示*") && !told.contains(&ends.person.name), "{told}");
    let path = format!("/v1/learner-merges/{}/undoing", made["merge_id"].as_str().unwrap());
    let (_, event) = story.official("undo_learner_merge", ("POST", &path), &json!({ "reason": "并非同一人" }));
    assert!(event.before.unwrap().contains("ended_file") && event.after.unwrap().contains("undone_at"));
}

fn study(story: &mut Story<'_>) {
    let stage = story.app.shaanxi();
    let base = registry::base(story.app);
    let (course, _) = story.official("keep_course", ("POST", "/v1/courses"), &registry::course("audit-1", base));
    let more = json!({ "items": [registry::course("audit-1", base), registry::course("audit-2", base)] });
    story.official("keep_courses", ("POST", "/v1/courses/bulk"), &more);
    let id = course["course"]["course_id"].as_str().or(course["course_id"].as_str()).unwrap();
    let filing = json!({ "filed_on": "2021-01-10", "reference": "示例备案1号" });
    story.official("record_plan_filing", ("POST", &format!("/v1/courses/{id}/plan-filing")), &filing);
    let learner = story.app.learner("610000").register();
    let items =
        json!({ "items": [learner.finished(&stage.public).json(), learner.finished(&stage.professional).json()] });
    let platform = story.app.as_platform(stage.platform.id);
    let (answer, event) = story.does(&platform, "push_completions", ("POST", "/v1/completion-batches"), &items);
    assert_eq!(event.actor, format!("platform:{}", stage.platform.id));
    assert!(event.after.unwrap().contains("\"credited\":2"), "one event for the batch: {answer}");
    let id = answer["items"][0]["completion_id"].as_str().unwrap();
    let reversal = format!("/v1/completions/{id}/reversal");
    story.does(&platform, "reverse_completion", ("POST", &reversal), &json!({ "reason_code": "wrong_data" }));
}

fn recognitions(story: &mut Story<'_>) {
    let town = Town::new(story.app);
    let (filer, school) = (town.filer(), town.school("wang"));
    let asked = json!({ "learner_id": town.learner.id, "claim": claim() });
    let (made, event) = story.does(&filer, "create_recognition", ("POST", "/v1/recognitions"), &asked);
    assert!(!format!("{event:?}").contains("示例培训通知"), "what may name a person is told by no event");
    let id = made["recognition_id"].as_str().unwrap();
    let at = |step: &str| format!("/v1/recognitions/{id}{step}");
    let file = json!({ "kind": "主办或承办单位文件", "content": "JVBERi0xLjQKJSVFT0YK" });
    story.does(&filer, "add_recognition_evidence", ("POST", &at("/evidence")), &file);
    let (_, event) = story.does(&filer, "replace_recognition", ("PUT", &at("")), &claim());
    assert!(event.before.unwrap().contains("draft"));
    story.does(&filer, "submit_recognition", ("POST", &at("/submission")), &Value::Null);
    let review = |step: &str| format!("/v1/reviews/{id}{step}");
    story.does(&school, "claim_review", ("POST", &review("/claim")), &Value::Null);
    story.does(&school, "release_review", ("POST", &review("/release")), &Value::Null);
    let (_, event) = story.does(&school, "approve_review", ("POST", &review("/approval")), &json!({}));
    assert_eq!(event.subject_id.as_deref(), Some(id));
    let portal = access::issuer(story.app, "https://colleagues.test", &[&Signer::ed25519("ed")]);
    let colleague = json!({
        "issuer_id": portal, "subject": "zheng", "role": "sector_authority", "place": "630000", "series": "教师", "reason": "任命"
    });
    let colleague = story.app.as_security_administrator().post("/v1/grants", &colleague).expect(201).json;
    let over = json!({ "grant_id": colleague["grant_id"] });
    story.does(&town.sector(), "hand_over_review", ("POST", &review("/hand-over")), &over);
    story.app.clock.set(tests::NOON + time::Duration::days(8));
    let back = json!({ "reason": "缺页" });
    story.does(&town.sector(), "return_review", ("POST", &review("/return")), &back);
    story.does(&filer, "withdraw_recognition", ("POST", &at("/withdrawal")), &Value::Null);
    let clause = json!({ "clause": { "document": "青人社厅函〔2020〕227号", "clause": "七(三)" } });
    let refusal = format!("/v1/reviews/{}/refusal", town.submitted());
    story.does(&school, "refuse_review", ("POST", &refusal), &clause);
    let approved = town.submitted();
    town.through(&approved);
    let (revocation, reason) = (format!("/v1/reviews/{approved}/revocation"), json!({ "reason": "证明材料不实" }));
    story.does(&town.officer("630000", "zhou"), "revoke_review", ("POST", &revocation), &reason);
    let many = json!({ "items": [{ "case_id": town.submitted(), "decision": "approve" }] });
    story.does(&school, "decide_reviews", ("POST", "/v1/review-decisions"), &many);
}

#[test]
fn every_write_leaves_exactly_one_event() {
    each_backend(|app| {
        let mut story = Story { app, told: BTreeSet::new() };
        organisations(&mut story);
        callers::callers(&mut story);
        rules(&mut story);
        learners(&mut story);
        study(&mut story);
        surplus::surplus(&mut story);
        recognitions(&mut story);
        rolls::rolls(&mut story);
        findings::findings(&mut story);
        corrections::corrections(&mut story);
        exceptions::exceptions(&mut story);
        verification::verification(&mut story);
        let all = include_str!("../../../openapi/v1-operations.txt").lines();
        let all = all.filter_map(|line| {
            let mut parts = line.split_ascii_whitespace();
            Some((parts.next()?, parts.next()?))
        });
        let writes: BTreeSet<String> = all
            .filter(|(operation, method)| *method != "GET" && !WRITES_NOTHING.contains(operation))
            .map(|(operation, _)| operation.to_owned())
            .collect();
        assert_eq!(story.told, writes, "a write without its line in this story");
    });
}

#[test]
fn what_fails_or_writes_nothing_leaves_no_event_of_a_write() {
    each_backend(|app| {
        let asked = |name: &str| app.as_system_administrator().with("x-request-id", name);
        let _ = asked("refused")
            .post("/v1/employers", &json!({ "kind": "enterprise", "name": "x", "place": "999999" }))
            .problem(422, "invalid_body");
        let _ = app
            .as_security_administrator()
            .with("x-request-id", "missing")
            .post("/v1/clients/0190d3f0-0000-7000-8000-00000000beef/disabling", &json!({}))
            .problem(404, "not_found");
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let items = json!({ "items": [learner.finished(&stage.public).json()] });
        let platform = app.as_platform(stage.platform.id).with("x-request-id", "rehearsed");
        let _ = platform.post("/v1/completion-batches/validation", &items).expect(200);
        let officer = |name: &str| app.as_officer("610302").with("x-request-id", name);
        let abroad = json!({
            "document": { "kind": "resident_id", "number": Person::someone().document_number },
            "name": "示例",
            "placement": { "place": "630000", "from_on": "2010-01-01" },
        });
        let _ = officer("abroad").post("/v1/learners", &abroad).problem(403, "outside_place");
        let base = registry::base(app);
        let _ = officer("no-course")
            .post("/v1/courses", &registry::course("audit-none", base))
            .problem(403, "outside_place");
        for request in ["refused", "missing", "rehearsed", "abroad", "no-course"] {
            assert_eq!(events_of(app, request), [], "{request}");
        }
    });
}

#[test]
fn an_event_names_the_client_and_the_issuer_by_which_someone_came() {
    each_backend(|app| {
        let client = access::new_client(app);
        let answer = access::ask(app, &client, &access::secret(app, &client));
        let _ = access::bearer(app, &answer)
            .with("x-request-id", "by-client")
            .post("/v1/completion-batches", &json!({ "items": [{}] }));
        let event = events_of(app, "by-client").pop().unwrap();
        assert_eq!((event.channel, event.channel_name), (Channel::Client, Some(client)));
        let portal = access::issuer(app, access::PORTAL, &[&Signer::ed25519("ed")]);
        let grant =
            json!({ "issuer_id": portal, "subject": "li", "role": "officer", "place": "610300", "reason": "任命" });
        let _ = app.as_security_administrator().post("/v1/grants", &grant).expect(201);
        let token = Signer::ed25519("ed").sign(&access::claims(app, "li"));
        let official = app.as_nobody().bearing(&token).with("x-request-id", "by-issuer");
        let _ = official
            .post("/v1/employers", &json!({ "kind": "enterprise", "name": "示例", "place": "610302" }))
            .expect(201);
        let event = events_of(app, "by-issuer").pop().unwrap();
        assert_eq!((event.channel, event.channel_name.as_deref()), (Channel::Issuer, Some(access::PORTAL)));
        assert_eq!((event.actor.as_str(), event.role.as_deref()), ("officer:https://portal.test#li", Some("officer")));
    });
}

#[test]
fn what_a_mini_program_does_is_done_on_behalf_of_its_learner() {
    each_backend(|app| {
        let _ = app.shaanxi();
        let body = json!({ "kind": "mini_program", "name": "12333", "scopes": ["learner:self"] });
        let made = app.as_security_administrator().post("/v1/clients", &body).expect(201).json;
        let id = made["client_id"].as_str().unwrap().to_owned();
        let (secret, learner) = (access::secret(app, &id), registry::register(app, 1, "示例甲").to_string());
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", &id),
            ("client_secret", &secret),
            ("learner_id", &learner),
        ];
        let token = app.as_nobody().post_form(access::TOKENS, &fields).expect(200);
        // One's own file is nobody's business, and all that is another's is refused.
        let own = |request: &str| access::bearer(app, &token).with("x-request-id", request);
        let _ = own("refused").post("/v1/learner-merges", &json!({})).problem(403, "caller_not_permitted");
        let claim = json!({
            "kind": "equivalent_hours", "category": "professional", "days": 2, "last_on": "2020-09-11", "document": "示例文件"
        });
        let asked = json!({ "learner_id": learner, "claim": claim });
        let _ = own("done").post("/v1/recognitions", &asked).expect(201);
        crate::completions::soon(|| events_of(app, "refused").len() == 1);
        for (request, act) in [("refused", Act::Refusal), ("done", Act::Write)] {
            let event = events_of(app, request).pop().unwrap();
            let told = (event.act, event.actor, event.on_behalf_of, event.channel, event.channel_name);
            let wanted =
                (format!("client:{id}"), Some(format!("learner:{learner}")), Channel::Client, Some(id.clone()));
            assert_eq!(told, (act, wanted.0, wanted.1, wanted.2, wanted.3), "{request}");
        }
    });
}
