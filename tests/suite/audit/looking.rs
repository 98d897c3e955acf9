//! Who looked at whom, and who was refused: gathered, written in groups, and shown to those whom it concerns.

use crate::{
    access::{PORTAL, issuer},
    tables::{kept_in_the_clear, rows},
};
use domain::{
    audit::{Act, Channel, Event},
    registry::Level,
};
use serde_json::{Value, json};
use std::{
    thread,
    time::{Duration as Wait, Instant},
};
use store::audit::{EventSearch, search_events};
use tests::{App, each_backend, fixtures::Signer};
use time::Duration;

pub(crate) fn events(app: &App, act: Act) -> Vec<Event> {
    app.read(|db| search_events(db, EventSearch { acts: &[act], limit: 1000, ..Default::default() }))
}

/// The events of a kind, once there are so many.
pub(crate) fn once_there(app: &App, act: Act, count: usize) -> Vec<Event> {
    let end = Instant::now() + Wait::from_secs(60);
    loop {
        let found = events(app, act);
        if found.len() >= count || Instant::now() > end {
            assert_eq!(found.len(), count, "{found:#?}");
            return found;
        }
        thread::sleep(Wait::from_millis(20));
    }
}

/// Waits until all that was gathered so far is written: a refusal that came after it is.
pub(crate) fn settled(app: &App) -> Vec<Event> {
    let marker = app.as_learner("0190d3f0-0000-7000-8000-00000000aaaa".parse().unwrap());
    let _ = marker.get("/v1/employers").problem(403, "caller_not_permitted");
    let end = Instant::now() + Wait::from_secs(60);
    while !events(app, Act::Refusal).iter().any(|event| event.actor.ends_with("aaaa")) {
        assert!(Instant::now() < end, "nothing is written");
        thread::sleep(Wait::from_millis(20));
    }
    events(app, Act::Read)
}

#[test]
fn whose_items_a_platform_rehearses_is_recorded_where_number_and_name_fit() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let (asked, other) = (app.learner("610300").register(), app.learner("610300").named("示例张三").register());
        let mut misnamed = other.person.reference();
        misnamed["name"] = json!("示例李四");
        let items = [asked.finished(&stage.public), other.finished(&stage.public).with("person", misnamed)];
        let items = json!({ "items": items.each_ref().map(|item| item.json().clone()) });
        let _ = app.as_platform(stage.platform.id).post("/v1/completion-batches/validation", &items).expect(200);
        let reads = settled(app);
        let told: Vec<_> = reads.iter().map(|read| (read.operation.as_str(), read.subject_id.clone())).collect();
        assert_eq!(told, [("validate_completions", Some(asked.id.to_string()))]);
    });
}

#[test]
fn who_is_shown_a_file_is_recorded_once_an_hour_and_the_learner_sees_it() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610300").register();
        let id = learner.id;
        let _ = app.push_batch(&stage.platform, [learner.finished(&stage.public)]).expect(200);
        let files = |rest: &str| format!("/v1/learners/{id}{rest}");
        // One's own is nobody's business.
        for path in
            [files(""), files("/standings"), files("/standings/2020"), files("/hour-entries"), files("/access-records")]
        {
            let _ = app.as_learner(id).get(&path).expect(200);
        }
        assert!(settled(app).is_empty());
        // Each way to a file is noted, together as one read of the hour.
        let li = app.caller(xueshi::auth::CallerKind::Officer, "li", "610300".parse().ok());
        let asked = json!({ "year": 2020, "people": [{ "learner_id": id }] });
        let _ = li.post("/v1/standings/query", &asked).expect(200);
        for path in [
            files(""),
            files("/history"),
            files("/standings"),
            files("/standings/2020"),
            files("/hour-entries?year=2020"),
        ] {
            let _ = li.get(&path).expect(200);
        }
        let document = json!({ "document": { "kind": "resident_id", "number": learner.person.document_number } });
        let _ = li.post("/v1/learner-lookups", &document).expect(200);
        // Another reader, another hour: other reads.
        let _ = app.as_national_officer().get(&files("/standings/2020")).expect(200);
        // What waits for long is dated when it is written, so all of it is written before the clock moves.
        let _ = once_there(app, Act::Read, 2);
        app.clock.set(app.clock.now() + Duration::HOUR);
        let _ = li.get(&files("/history")).expect(200);
        // That a list was asked for is noted, and of each in it that they were shown in one, beside any look at the file.
        let _ = li.get("/v1/learners").expect(200);
        let reads = once_there(app, Act::Read, 5);
        let mut told: Vec<_> = reads
            .iter()
            .map(|read| (read.actor.as_str(), read.operation.as_str(), read.subject_id.as_deref()))
            .collect();
        told.sort_unstable();
        let person = id.to_string();
        let wanted = [
            ("officer:chen", "get_standing", Some(person.as_str())),
            ("officer:li", "get_learner_history", Some(person.as_str())),
            ("officer:li", "list_learners", None),
            ("officer:li", "list_learners", Some(person.as_str())),
            ("officer:li", "query_standings", Some(person.as_str())),
        ];
        assert_eq!(told, wanted);
        let records = app.as_learner(id).get(&files("/access-records?limit=2")).expect(200).json;
        let readers = |page: &Value| -> Vec<String> {
            page["items"].as_array().unwrap().iter().map(|one| one["reader"].as_str().unwrap().to_owned()).collect()
        };
        let cursor = records["next_cursor"].as_str().unwrap();
        let rest = app.as_learner(id).get(&files(&format!("/access-records?limit=2&cursor={cursor}"))).expect(200).json;
        let mut all = readers(&records);
        all.extend(readers(&rest));
        assert_eq!((all.len(), all.last().map(String::as_str)), (4, Some("officer:li")), "{records} {rest}");
        // Nobody else sees who looked.
        let other = app.learner("610300").register().id;
        let _ = app.as_learner(other).get(&files("/access-records")).problem(404, "not_found");
        let _ = li.get(&files("/access-records")).problem(403, "caller_not_permitted");
    });
}

#[test]
fn who_asked_what_follows_and_whether_years_allow_is_told_to_the_learner_and_nothing_else_is_kept() {
    each_backend(|app| {
        let learner = app.learner("630000").series("卫生").level(Level::Intermediate).register();
        let stranger = app.learner("610000").register();
        let files = |rest: &str| format!("/v1/learners/{}{rest}", learner.id);
        let role = "示例角色甲";
        let application = |whose: Value, declared: Value| {
            json!({ "learner_id": whose, "purpose": "title_review", "level": "deputy_senior", "applied_on": "2020-11-30",
                "declared": declared })
        };
        let own = app.as_learner(learner.id);
        let _ = own.get(&files("/consequences")).expect(200);
        let asked = json!({ "items": [application(json!(learner.id), json!([]))] });
        let _ = own.post("/v1/eligibility-checks", &asked).expect(200);
        assert!(settled(app).is_empty(), "one's own is nobody's business");
        let before = rows(app);
        let [li, wang] =
            ["li", "wang"].map(|name| app.caller(xueshi::auth::CallerKind::Officer, name, "630000".parse().ok()));
        let _ = li.get(&files("/consequences")).expect(200);
        let patent = json!([{ "kind": "patent_invention", "granted_on": "2020-05-01", "rank": 3, "role": role,
            "evidence": ["专利证书"], "conditions": ["已获授权"] }]);
        let items = [json!(learner.id), json!(stranger.id)].map(|whose| application(whose, patent.clone()));
        let answer = wang.post("/v1/eligibility-checks", &json!({ "items": items })).expect(200).json;
        assert_eq!(answer["items"][0]["eligibility"]["declared"][0]["counted"], true, "{answer}");
        assert_eq!(answer["items"][1]["result"], "unknown_person");
        let reads = once_there(app, Act::Read, 2);
        let mut told: Vec<_> = reads
            .iter()
            .map(|read| (read.actor.as_str(), read.operation.as_str(), read.subject_id.as_deref()))
            .collect();
        told.sort_unstable();
        let person = learner.id.to_string();
        let wanted = [
            ("officer:li", "list_consequences", Some(person.as_str())),
            ("officer:wang", "check_eligibility", Some(person.as_str())),
        ];
        assert_eq!(told, wanted);
        let records = own.get(&files("/access-records")).expect(200).json;
        let mut readers: Vec<_> =
            records["items"].as_array().unwrap().iter().map(|one| one["reader"].as_str().unwrap()).collect();
        readers.sort_unstable();
        assert_eq!(readers, ["officer:li", "officer:wang"], "{records}");
        // That they looked is all that is left of it, and that the sealer was woken for it.
        let after = rows(app);
        let changed: Vec<&String> = after.keys().filter(|table| before[*table] != after[*table]).collect();
        assert!(changed.iter().all(|table| table.starts_with("audit_") || *table == "work"), "{changed:?}");
        assert!(kept_in_the_clear(app, role).is_empty());
    });
}

#[test]
fn an_item_that_was_withdrawn_or_replaced_is_looked_at_like_any_other() {
    each_backend(|app| {
        let stage = app.qinghai();
        // Another authority's business, so that the item has no line that would keep whose it is.
        let accountant = app.learner("630000").series("会计").register();
        let [withdrawn, replaced] = [&stage.public, &stage.professional].map(|course| {
            let item = accountant.finished(course);
            let told = app.push_one(&stage.platform, &item);
            assert_eq!(told["outcome"], "not_counted", "{told}");
            (format!("/v1/completions/{}", told["completion_id"].as_str().unwrap()), item)
        });
        let platform = app.as_platform(stage.platform.id);
        let _ =
            platform.post(&format!("{}/reversal", withdrawn.0), &json!({ "reason_code": "wrong_data" })).expect(200);
        let right = app.learner("630000").register().finished(&stage.professional).replacing(&replaced.1);
        assert_eq!(app.push_one(&stage.platform, &right)["outcome"], "credited");
        let li = app.caller(xueshi::auth::CallerKind::Officer, "li", "630000".parse().ok());
        for (seen, path) in [withdrawn.0, replaced.0].iter().enumerate() {
            let decisions = &li.get(path).expect(200).json["decisions"];
            assert_eq!(decisions.as_array().unwrap().len(), 2, "{decisions}");
            // What a platform pushed is no file of a person that it reads, nor is one's own.
            let _ = platform.get(path).expect(200);
            let _ = app.as_learner(accountant.id).get(path).expect(200);
            let reads = once_there(app, Act::Read, seen + 1);
            let person = accountant.id.to_string();
            assert!(reads.iter().all(|read| read.subject_id.as_deref() == Some(person.as_str())), "{reads:#?}");
            app.clock.set(app.clock.now() + Duration::HOUR);
        }
        assert_eq!(settled(app).len(), 2);
    });
}

#[test]
fn a_write_that_answers_a_file_is_a_look_at_it_and_a_refused_one_is_not() {
    each_backend(|app| {
        let learner = app.learner("610300").register();
        let files = |rest: &str| format!("/v1/learners/{}{rest}", learner.id);
        let li = app.caller(xueshi::auth::CallerKind::Officer, "li", "610300".parse().ok());
        let place = json!({ "place": "610302", "from_on": "2021-06-15" });
        let employment = json!({ "employer_id": null, "from_on": "2020-07-01" });
        let post = json!({ "series": "会计", "employment_kind": "permanent", "from_on": "2020-07-01" });
        let _ = li
            .post(&files("/placements"), &json!({ "place": "nowhere", "from_on": "2020-07-01" }))
            .problem(422, "invalid_body");
        let _ = li.patch(&files(""), &json!({})).problem(422, "invalid_body");
        assert!(settled(app).is_empty());
        // What is known already is answered with all that is known, hour by hour.
        for (path, body) in [("/placements", &place), ("/employments", &employment), ("/posts", &post)] {
            for status in [201, 200] {
                let _ = li.post(&files(path), body).expect(status);
                app.clock.set(app.clock.now() + Duration::HOUR);
            }
        }
        let _ = li.patch(&files(""), &json!({ "name": "示例新" })).expect(200);
        let reads = once_there(app, Act::Read, 7);
        let person = learner.id.to_string();
        assert!(reads.iter().all(|read| read.subject_id.as_deref() == Some(person.as_str())), "{reads:#?}");
        let records = app.as_learner(learner.id).get(&files("/access-records")).expect(200).json;
        let items = records["items"].as_array().unwrap();
        // What was changed stands beside the looks that its answers were.
        assert_eq!(items.iter().filter(|one| one["act"] == "read").count(), 7, "{records}");
        let changed = |really: bool| items.iter().filter(|one| one["changed"] == json!(really)).count();
        assert_eq!((changed(true), changed(false)), (4, 3), "three were said again: {records}");
        assert!(items.iter().all(|one| one["reader"] == "officer:li"), "{records}");
    });
}

#[test]
fn refused_attempts_are_recorded_and_equal_ones_counted() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let stranger = app.learner("630000").register();
        let li = app.caller(xueshi::auth::CallerKind::Officer, "li", "610300".parse().ok());
        let path = format!("/v1/learners/{}", stranger.id);
        for _ in 0..5 {
            let _ = li.get(&path).problem(404, "not_found");
        }
        let _ = li.post("/v1/places", &json!({})).problem(403, "caller_not_permitted");
        let _ = app.as_nobody().get(&path).problem(401, "unauthenticated");
        let _ = app.as_nobody().bearing("nonsense").get(&path).problem(401, "invalid_token");
        let wrong = [("grant_type", "client_credentials"), ("client_id", "x"), ("client_secret", "y")];
        let _ = app.as_nobody().post_form("/v1/oauth/token", &wrong).expect(401);
        // What is not there for anyone to be refused is no refusal.
        let _ = app.as_platform(stage.platform.id).get("/v1/nothing").problem(404, "unknown_path");
        let count = |app: &App| events(app, Act::Refusal).iter().map(|event| event.times).sum::<i64>();
        let end = Instant::now() + Wait::from_secs(60);
        let mut app_clock_moved = false;
        while count(app) < 9 {
            assert!(Instant::now() < end, "{:#?}", events(app, Act::Refusal));
            if events(app, Act::Refusal).len() >= 5 && !app_clock_moved {
                // What came again after the first was written is written a minute later.
                app.clock.set(app.clock.now() + Duration::minutes(2));
                app_clock_moved = true;
            }
            thread::sleep(Wait::from_millis(20));
        }
        let found = events(app, Act::Refusal);
        let mut told: Vec<_> = found
            .iter()
            .map(|event| {
                (event.actor.as_str(), event.operation.as_str(), event.problem.as_deref().unwrap(), event.channel)
            })
            .collect();
        told.sort_unstable_by_key(|(actor, operation, problem, _)| (*actor, *operation, *problem));
        told.dedup();
        let wanted = [
            ("nobody", "get_learner", "invalid_token", Channel::Unproven),
            ("nobody", "get_learner", "unauthenticated", Channel::Unproven),
            ("nobody", "issue_token", "invalid_client", Channel::Unproven),
            ("officer:li", "create_place", "caller_not_permitted", Channel::OwnToken),
            ("officer:li", "get_learner", "not_found", Channel::OwnToken),
        ];
        assert_eq!(told, wanted);
        assert_eq!(count(app), 9);
    });
}

#[test]
fn what_was_gathered_is_written_before_the_service_ends() {
    for backend in tests::Backend::at_hand() {
        let mut app = App::start(backend);
        let learner = app.learner("610300").register();
        let _ = app.as_officer("610300").get(&format!("/v1/learners/{}", learner.id)).expect(200);
        app.restart();
        assert_eq!(events(&app, Act::Read).len(), 1);
    }
}

#[test]
fn the_audit_administrator_follows_the_trail_in_pages_and_lines() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let learner = app.learner("610300").register();
        let patch = json!({ "name": "示例新" });
        let li = app.caller(xueshi::auth::CallerKind::Officer, "li", "610300".parse().ok());
        let _ =
            li.clone().with("x-request-id", "of-li").patch(&format!("/v1/learners/{}", learner.id), &patch).expect(200);
        let audit = app.as_audit_administrator();
        let one = audit.get("/v1/audit-events?actor=officer%3Ali&act=write").expect(200).json;
        let items = one["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "{one}");
        let event = &items[0];
        assert_eq!(
            (event["operation"].as_str(), event["request_id"].as_str()),
            (Some("correct_learner"), Some("of-li"))
        );
        assert_eq!((event["before"]["name"].as_str(), event["after"]["name"].as_str()), (Some("示*"), Some("示*")));
        for narrowed in [
            "request_id=of-li",
            "operation=correct_learner",
            &format!("subject_id={}&operation=correct_learner", learner.id),
        ] {
            // That the answer was a look at the file is written a moment later.
            let found = audit.get(&format!("/v1/audit-events?{narrowed}&act=write")).expect(200).json;
            assert_eq!(found, one, "{narrowed}");
        }
        assert!(
            audit
                .get(&format!("/v1/audit-events?subject_id={portal}"))
                .expect(200)
                .text
                .contains("create_token_issuer")
        );
        // All of it, page by page, is all of it as lines, but for the note that it was looked at.
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = audit.get(&format!("/v1/audit-events?act=write&limit=1{cursor}")).expect(200).json;
            paged.extend(page["items"].as_array().unwrap().iter().map(Value::to_string));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        // Who likes pages better gets a page, and who refuses lines as well; who likes both the same gets lines.
        for (accept, kind) in [
            ("application/x-ndjson;q=0.5, application/json", "application/json"),
            ("application/x-ndjson;q=0", "application/json"),
            ("*/*", "application/json"),
            ("application/json;q=0.2, application/x-ndjson;q=0.2", "application/x-ndjson"),
            ("application/json;q=0.2, Application/X-NDJSON", "application/x-ndjson"),
        ] {
            let told = audit.clone().with("accept", accept).get("/v1/audit-events?act=write&limit=1").expect(200);
            assert_eq!(told.header("content-type"), kind, "{accept}");
        }
        let lines = audit.clone().with("accept", "application/x-ndjson").get("/v1/audit-events?act=write").expect(200);
        let lines: Vec<String> =
            lines.text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap().to_string()).collect();
        // The keys of the start, the issuer and the correction.
        assert!(lines.len() == 3 && lines == paged, "{lines:#?} {paged:#?}");
        let now = app.clock.now().format(&time::format_description::well_known::Rfc3339).unwrap();
        let later =
            audit.get(&format!("/v1/audit-events?act=write&from_at={}", now.replace('Z', "+00:00"))).expect(200);
        let before = audit.get(&format!("/v1/audit-events?act=write&until_at={now}")).expect(200);
        let count = |answer: &Value| answer["items"].as_array().unwrap().len();
        assert_eq!(count(&later.json) + count(&before.json), lines.len());
        let faults = audit.get("/v1/audit-events?act=nothing&from_at=yesterday&limit=0").problem(422, "invalid_query");
        assert_eq!(faults["errors"].as_array().unwrap().len(), 3, "{faults}");
        for (from, until, refused) in
            [("12:00:00", "12:00:01", false), ("12:00:00", "12:00:00", true), ("12:00:01", "12:00:00", true)]
        {
            let asked = format!("/v1/audit-events?from_at=2021-06-15T{from}Z&until_at=2021-06-15T{until}Z&limit=1");
            let told = audit.get(&asked);
            match refused {
                true => {
                    assert_eq!(told.problem(422, "invalid_query")["errors"][0]["pointer"], "?until_at", "{asked}");
                }
                false => {
                    let _ = told.expect(200);
                }
            }
        }
        // Looking is recorded as well, at the trail and, by the answer to the correction, at the file.
        let reads = once_there(app, Act::Read, 2);
        let mut told: Vec<_> =
            reads.iter().map(|read| (read.subject_kind.as_deref().unwrap(), read.actor.as_str())).collect();
        told.sort_unstable();
        assert_eq!(told, [("audit_event", "audit_administrator:root"), ("learner", "officer:li")]);
    });
}
