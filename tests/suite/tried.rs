//! What somebody tries who may not know: numbers until one fits, names until one is found, an account without an office.

use crate::{
    access::{PORTAL, claims, grants::officer, issuer},
    audit::looking::events,
    completions::soon,
    limits::{each, retry_after},
    registry::{faults, learner, named, number, register},
    roll::{made, past_years},
};
use domain::{
    audit::{Act, Channel},
    kernel::LearnerId,
};
use serde_json::{Value, json};
use tests::{App, Client, each_backend, fixtures::Signer};
use xueshi::auth::CallerKind;

fn li(app: &App) -> Client<'_> {
    app.caller(CallerKind::Officer, "li", "610000".parse().ok())
}

fn standings(client: &Client<'_>, numbers: &[u32]) -> tests::Answer {
    let people: Vec<Value> = numbers.iter().map(|n| json!({ "document_number": number(*n) })).collect();
    client.post("/v1/standings/query", &json!({ "year": 2020, "people": people }))
}

fn checked(client: &Client<'_>, n: u32) -> tests::Answer {
    let item = json!({ "document_number": number(n), "purpose": "title_review", "level": "intermediate", "applied_on": "2021-01-01" });
    client.post("/v1/eligibility-checks", &json!({ "items": [item] }))
}

fn looked_up(client: &Client<'_>, n: u32) -> tests::Answer {
    client.post("/v1/learner-lookups", &json!({ "document": { "kind": "resident_id", "number": number(n) } }))
}

#[test]
fn numbers_of_nobody_are_asked_about_only_so_often_a_day_whichever_way() {
    each(
        |settings| settings.unknown_documents_a_day = 4,
        |app| {
            let id = register(app, 1, "示例甲");
            let li = li(app);
            let told = standings(&li, &[1, 2, 3, 3]).expect(200).json;
            let results: Vec<&Value> = told["items"].as_array().unwrap().iter().map(|item| &item["result"]).collect();
            assert_eq!(results, ["found", "unknown_person", "unknown_person", "unknown_person"]);
            assert_eq!(checked(&li, 4).expect(200).json["items"][0]["result"], "unknown_person");
            let _ = looked_up(&li, 5).problem(404, "not_found");
            // Once all are spent no number is answered about, whether it is somebody's or not: else the refusal would be the answer.
            for refused in
                [looked_up(&li, 6), checked(&li, 6), standings(&li, &[1, 6]), looked_up(&li, 1), checked(&li, 1)]
            {
                assert!(retry_after(&refused) > 60);
                let told = refused.problem(429, "daily_limit");
                assert_eq!(told["unknown_documents_a_day"], json!(4));
            }
            let by_number = standings(&li, &[1]).problem(429, "daily_limit");
            let none = standings(&li, &[7]).problem(429, "daily_limit");
            let same = |told: &Value| {
                let mut told = told.clone();
                told.as_object_mut().unwrap().retain(|name, _| name != "trace_id" && name != "instance");
                told
            };
            assert_eq!(same(&by_number), same(&none));
            // Who is named by an id is, and another caller asks by themselves.
            let by_id = json!({ "year": 2020, "people": [{ "learner_id": id }] });
            assert_eq!(li.post("/v1/standings/query", &by_id).expect(200).json["items"][0]["result"], "found");
            let _ = li.get(&format!("/v1/learners/{id}")).expect(200);
            let _ = looked_up(&app.as_officer("610300"), 6).problem(404, "not_found");
            app.clock.set(app.clock.now() + time::Duration::hours(24));
            let _ = (looked_up(&li, 1).expect(200), looked_up(&li, 6).problem(404, "not_found"));
        },
    );
}

#[test]
fn more_numbers_of_nobody_than_are_left_are_not_answered_about_and_nothing_is_after_them() {
    each(
        |settings| settings.unknown_documents_a_day = 4,
        |app| {
            let id = register(app, 1, "示例甲");
            let li = li(app);
            let _ = standings(&li, &[1, 2, 3, 4, 5]).expect(200);
            app.clock.set(app.clock.now() + time::Duration::hours(24));
            let _ = standings(&li, &[1, 2, 3, 4, 5, 6]).problem(429, "daily_limit");
            let _ = looked_up(&li, 1).problem(429, "daily_limit");
            let _ = li.get(&format!("/v1/learners/{id}")).expect(200);
        },
    );
}

#[test]
fn who_is_rehearsed_or_put_on_a_roll_by_number_is_tried_too() {
    each(
        |settings| settings.unknown_documents_a_day = 4,
        |app| {
            let _ = register(app, 1, "示例甲");
            let office = app.as_officer("610300");
            let roll = made(&office, &past_years("610300"));
            let item = |n: u32| json!({ "document_number": number(n), "name": "某", "year": 2018, "met": true });
            let rehearsed = |numbers: &[u32]| {
                let items: Vec<Value> = numbers.iter().map(|n| item(*n)).collect();
                office.post(&format!("{roll}/items/validation"), &json!({ "items": items }))
            };
            let told = rehearsed(&[1, 2, 3]).expect(200).json;
            assert_eq!(told["items"][0]["reason"], "other_name", "{told}");
            let _ = rehearsed(&[4, 5]).problem(429, "daily_limit");
            let _ = rehearsed(&[1]).problem(429, "daily_limit");
            let _ = office.post(&format!("{roll}/items"), &json!({ "items": [item(1)] })).problem(429, "daily_limit");
            app.clock.set(app.clock.now() + time::Duration::hours(24));
            // Of a chunk that tries more than is left nothing is kept and nothing told.
            let put = |numbers: &[u32]| {
                let items: Vec<Value> = numbers.iter().map(|n| item(*n)).collect();
                office.post(&format!("{roll}/items"), &json!({ "items": items }))
            };
            let _ = put(&[2, 3, 4, 5, 6]).problem(429, "daily_limit");
            let _ = put(&[1]).problem(429, "daily_limit");
        },
    );
}

#[test]
fn a_ground_that_names_whom_the_masks_hide_is_a_refused_attempt_and_only_so_many_are_answered_a_day() {
    each(
        |settings| settings.unknown_documents_a_day = 3,
        |app| {
            let (id, erased) = (register(app, 1, "示例甲"), register(app, 2, "示例乙"));
            let li = li(app);
            let correct = |ground: &str| {
                let body = json!({ "name": "示例丙", "reference": ground });
                li.patch(&format!("/v1/learners/{id}"), &body)
            };
            let erase = |ground: &str| li.post(&format!("/v1/learners/{erased}/erasure"), &json!({ "ground": ground }));
            // What is refused for something else, be it that the document is another's, compares nothing and is no attempt.
            let others = json!({ "kind": "resident_id", "number": number(2) });
            for ground in ["据示例甲申请", "受理〔2021〕1号"] {
                let body = json!({ "document": others, "reference": ground });
                let _ = li.patch(&format!("/v1/learners/{id}"), &body).problem(409, "already_exists");
            }
            let blank = li.patch(&format!("/v1/learners/{id}"), &json!({ "name": " ", "reference": "据示例甲申请" }));
            assert_eq!(faults(&blank.problem(422, "invalid_body")), named(&[("/name", "invalid_name")]));
            for (refused, at) in [
                (correct("据示例甲申请"), "/reference"),
                (correct("据示 例 甲申请"), "/reference"),
                (erase("据示例乙申请"), "/ground"),
            ] {
                assert_eq!(faults(&refused.problem(422, "invalid_body")), named(&[(at, "personal_data")]));
            }
            // Once they are spent a ground that fits and one that does not are answered alike.
            for ground in ["据示例乙及示例甲申请", "受理〔2021〕1号"] {
                let told = (erase(ground).problem(429, "daily_limit"), correct(ground).problem(429, "daily_limit"));
                assert_eq!(told.0["unknown_documents_a_day"], told.1["unknown_documents_a_day"]);
            }
            // Without a ground nothing is compared.
            let _ = li.patch(&format!("/v1/learners/{id}"), &json!({ "name": "示例丙" })).expect(200);
            let attempts = || {
                let found = events(app, Act::Refusal).into_iter().filter(|event| event.actor == "officer:li");
                let mut told: Vec<Value> = found
                    .map(|event| {
                        let after: Option<Value> = event.after.map(|after| serde_json::from_str(&after).unwrap());
                        json!([event.operation, event.problem, event.subject_id, after])
                    })
                    .collect();
                told.sort_by_key(Value::to_string);
                told
            };
            let one = |operation: &str, problem: &str, about: Option<(LearnerId, &str)>| {
                let what = about.map(|(_, at)| json!({ "pointer": at, "code": "personal_data" }));
                json!([operation, problem, about.map(|(id, _)| id), what])
            };
            let wanted = [
                one("correct_learner", "daily_limit", None),
                one("correct_learner", "invalid_body", Some((id, "/reference"))),
                one("erase_learner", "daily_limit", None),
                one("erase_learner", "invalid_body", Some((erased, "/ground"))),
            ];
            soon(|| attempts().len() >= wanted.len());
            assert_eq!(attempts(), wanted);
            app.clock.set(app.clock.now() + time::Duration::hours(24));
            let _ = erase("受理〔2021〕1号").expect(200);
        },
    );
}

#[test]
fn a_search_and_a_try_of_numbers_are_events_beside_a_list() {
    each_backend(|app| {
        let _ = register(app, 1, "示例甲");
        let li = li(app);
        for _ in 0..2 {
            let _ = li.get("/v1/learners").expect(200);
            let _ = li.post("/v1/learner-searches", &json!({ "name": "示例" })).expect(200);
            let _ = standings(&li, &[2]).expect(200);
        }
        let lists = || {
            let mut operations: Vec<String> = events(app, Act::Read)
                .into_iter()
                .filter(|event| event.subject_id.is_none())
                .map(|event| event.operation)
                .collect();
            operations.sort_unstable();
            operations
        };
        soon(|| lists().len() >= 4);
        // Lists are one event an hour, and searches one each.
        assert_eq!(lists(), ["list_learners", "query_standings", "search_learners", "search_learners"]);
    });
}

#[test]
fn names_are_searched_only_so_often_a_day_and_each_search_is_an_event_that_holds_no_name() {
    each(
        |settings| settings.name_searches_a_day = 3,
        |app| {
            for (n, name) in [(1, "示例甲"), (2, "示例乙")] {
                let _ = register(app, n, name);
            }
            let li = li(app);
            let search = |client: &Client<'_>, name: &str| {
                client.post("/v1/learner-searches", &json!({ "name": name, "place": "610300", "limit": 1 }))
            };
            // What finds somebody and what finds nobody is guessed alike.
            for (name, found) in [("示例", 1), ("示例甲", 1), ("示例丙", 0)] {
                assert_eq!(search(&li, name).expect(200).json["items"].as_array().unwrap().len(), found, "{name}");
            }
            let refused = search(&li, "示例丁");
            assert!(retry_after(&refused) > 60);
            assert_eq!(refused.problem(429, "daily_limit")["limit"], 3);
            // Whoever has a document at hand looks up as before, lists go on, and another caller searches by themselves.
            let _ = (looked_up(&li, 1).expect(200), li.get("/v1/learners").expect(200));
            let _ = search(&app.as_officer("610300"), "示例").expect(200);
            app.clock.set(app.clock.now() + time::Duration::hours(24));
            let _ = search(&li, "示例丁").expect(200);
            let told = || {
                let of_li = events(app, Act::Read).into_iter();
                let of_li = of_li.filter(|event| event.actor == "officer:li" && event.operation == "search_learners");
                // Whom a search showed are events of their own.
                let of_li = of_li.filter(|event| event.subject_id.is_none());
                let mut told: Vec<Value> =
                    of_li.map(|event| serde_json::from_str(event.after.as_deref().unwrap()).unwrap()).collect();
                told.sort_by_key(Value::to_string);
                told
            };
            soon(|| told().len() >= 4);
            let event = |characters: usize, found: usize, more: bool| json!({ "characters": characters, "place": "610300", "found": found, "more": more });
            assert_eq!(told(), [event(2, 1, true), event(3, 0, false), event(3, 0, false), event(3, 1, false)]);
            // The refused ones are refused attempts.
            soon(|| events(app, Act::Refusal).iter().any(|event| event.operation == "search_learners"));
        },
    );
}

#[test]
fn an_account_and_a_portal_whose_tokens_hold_are_named_where_they_speak_for_nobody() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let sign = |claims: &Value| Signer::ed25519("ed").sign(claims);
        let refused = |token: &str, code: &str| {
            let _ = app.as_nobody().bearing(token).get("/v1/caller").problem(403, code);
        };
        refused(&sign(&claims(app, "wu")), "no_grant");
        let grant = officer(&portal, "zheng", "610300");
        let grant = app.as_security_administrator().post("/v1/grants", &grant).expect(201).json;
        let path = format!("/v1/grants/{}/withdrawal", grant["grant_id"].as_str().unwrap());
        let _ = app.as_security_administrator().post(&path, &json!({ "reason": "调离" })).expect(200);
        refused(&sign(&claims(app, "zheng")), "no_grant");
        let mut of_nobody = claims(app, "app");
        (of_nobody["document_number"], of_nobody["name"]) = (number(9).into(), "示例".into());
        refused(&sign(&of_nobody), "learner_unknown");
        let told = || {
            let mut told: Vec<(String, String, Channel)> = events(app, Act::Refusal)
                .into_iter()
                .map(|event| (event.actor, event.problem.unwrap_or_default(), event.channel))
                .collect();
            told.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            told
        };
        soon(|| told().len() >= 3);
        let by = |actor: &str, problem: &str| (actor.to_owned(), problem.to_owned(), Channel::Issuer);
        assert_eq!(
            told(),
            [
                by("issuer:https://portal.test", "learner_unknown"),
                by("official:https://portal.test#wu", "no_grant"),
                by("official:https://portal.test#zheng", "no_grant"),
            ]
        );
    });
}

#[test]
fn a_number_in_the_column_of_names_is_refused_and_kept_nowhere() {
    each_backend(|app| {
        let officer = app.as_officer("610300");
        let id = register(app, 1, "示例甲");
        let grouped = format!("{} {} {}", &number(2)[..6], &number(2)[6..14], &number(2)[14..]);
        for name in [number(2), format!("张{}", number(2)), grouped] {
            let fault = named(&[("/name", "personal_data")]);
            let told = officer.post("/v1/learners", &learner(2, &name)).problem(422, "invalid_body");
            assert_eq!(faults(&told), fault, "{name}");
            let told = officer.patch(&format!("/v1/learners/{id}"), &json!({ "name": name }));
            assert_eq!(faults(&told.problem(422, "invalid_body")), fault, "{name}");
            let many = json!({ "items": [learner(2, &name)] });
            let told = officer.post("/v1/learners/bulk", &many).expect(200).json;
            assert_eq!(told["items"][0]["errors"][0]["code"], "personal_data", "{name}");
        }
        let _ = looked_up(&officer, 2).problem(404, "not_found");
    });
}

#[test]
fn a_ground_of_what_is_refused_anyway_tells_nothing_of_what_the_masks_hide() {
    each_backend(|app| {
        let id = register(app, 1, "示例甲");
        let li = li(app);
        for text in ["示例甲", "示例乙", &number(1), &number(2)] {
            let path = format!("/v1/learners/{id}");
            let told = li.patch(&path, &json!({ "reference": format!("据〔{text}〕") })).problem(422, "invalid_body");
            assert!(!faults(&told).iter().any(|fault| fault.0 == "/reference" && text.starts_with('示')), "{told}");
            let erased = json!({ "ground": format!("据〔{text}〕"), "more": 1 });
            let told = li.post(&format!("{path}/erasure"), &erased).problem(422, "invalid_body");
            let told = faults(&told);
            assert!(told.iter().all(|fault| fault.0 == "/more" || !text.starts_with('示')), "{told:?}");
        }
    });
}
