//! Told what happened: each kind, to whom it belongs, in order, page by page, and what is kept no longer.

use crate::completions::{pushed, reverse, soon};
use domain::{access::Named, kernel::EmployerId};
use serde_json::{Value, json};
use tests::{
    Answer, App, Client, each_backend,
    fixtures::{Learner, Person, Platform, Stage},
};
use time::{Duration, macros::date};
use xueshi::auth::{CallerKind, Subject};

/// Everything that a caller is told after a number, asked for in small pages.
fn follow(caller: &Client<'_>, after: i64) -> (Vec<Value>, i64) {
    let (mut told, mut after) = (Vec::new(), after);
    loop {
        let page = caller.get(&format!("/v1/changes?after={after}&limit=2")).expect(200).json;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        let last = items.last().map_or(0, |item| item["number"].as_i64().unwrap());
        let next = page["next_after"].as_i64().unwrap();
        assert!(next >= last && next >= after, "{page}");
        told.extend(items.iter().cloned());
        after = next;
        if page["more"] == false {
            assert_eq!(page["next_after"], page["last"]);
            let numbers: Vec<i64> = told.iter().map(|item| item["number"].as_i64().unwrap()).collect();
            assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
            return (told, after);
        }
    }
}

/// The kinds and outcomes of what a caller is told, once it is so many.
fn kinds(caller: &Client<'_>, many: usize) -> Vec<(String, Value)> {
    soon(|| follow(caller, 0).0.len() >= many);
    let kind = |item: &Value| (item["kind"].as_str().unwrap().to_owned(), item["outcome"].clone());
    follow(caller, 0).0.iter().map(kind).collect()
}

fn decided(outcome: &str) -> (String, Value) {
    ("decided".into(), outcome.into())
}

fn reversed() -> (String, Value) {
    ("reversed".into(), Value::Null)
}

/// Waits until nothing waits for a number.
fn numbered(app: &App) {
    soon(|| !app.read(store::changes::any_unnumbered));
}

fn as_employer(app: &App, employer: EmployerId) -> Client<'_> {
    let named = Named { employer: Some(employer), ..Named::default() };
    app.calling(Subject { kind: CallerKind::EmployerAdministrator, name: "wang".into(), named })
}

fn as_authority<'a>(app: &'a App, place: &str, series: &str) -> Client<'a> {
    let named = Named { place: place.parse().ok(), series: Some(series.into()), ..Named::default() };
    app.calling(Subject { kind: CallerKind::SectorAuthority, name: "sun".into(), named })
}

fn push_and_reverse(app: &App, stage: &Stage, learner: &Learner) -> String {
    let item = pushed(app, &stage.platform, &learner.finished(&stage.public), "credited");
    let _ = reverse(app, &stage.platform, &item["completion_id"]).expect(200);
    item["completion_id"].as_str().unwrap().to_owned()
}

#[test]
fn what_waited_and_is_decided_what_is_taken_back_and_what_is_replaced_is_told() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let platform = app.as_platform(stage.platform.id);
        let person = Person::someone();
        let item = person.finished("SX-PUBLIC");
        let held = pushed(app, &stage.platform, &item, "held");
        let withdrawn = pushed(app, &stage.platform, &person.finished("SX-NEVER"), "held");
        assert_eq!(follow(&platform, 0), (vec![], 0), "what a push was answered is not told again");
        let learner_id = super::completions::register(app, "610000", &person);
        assert_eq!(kinds(&platform, 1), [decided("credited")]);
        let told = follow(&platform, 0).0.remove(0);
        assert_eq!(told["external_id"], item.external_id());
        assert_eq!((&told["completion_id"], &told["learner_id"]), (&held["completion_id"], &learner_id));
        assert_eq!((&told["platform_id"], &told["year"]), (&json!(stage.platform.id), &json!(2020)));
        assert!(told.get("policy_id").is_none() && told["entry_id"].is_string(), "{told}");

        // Taken back, withdrawn before it counted, and replaced by a push.
        let _ = reverse(app, &stage.platform, &held["completion_id"]).expect(200);
        let _ = reverse(app, &stage.platform, &withdrawn["completion_id"]).expect(200);
        let first = person.finished("SX-PUBLIC");
        let _ = pushed(app, &stage.platform, &first, "credited");
        let _ = pushed(app, &stage.platform, &person.finished("SX-PUBLIC").replacing(&first), "credited");
        let wanted = [decided("credited"), reversed(), decided("not_counted"), reversed()];
        assert_eq!(kinds(&platform, 4), wanted);
        let all = follow(&platform, 0).0;
        assert_eq!(all[1]["completion_id"], held["completion_id"]);
        assert_eq!(all[2]["completion_id"], withdrawn["completion_id"]);
        assert_eq!(all[3]["external_id"], first.external_id());
        // Nothing but ids and kinds.
        let text = platform.get("/v1/changes").text;
        for personal in [&person.name, &person.document_number] {
            assert!(!text.contains(personal.as_str()), "{text}");
        }
        assert_eq!(follow(&platform, all[1]["number"].as_i64().unwrap()).0, all[2..]);
        assert_eq!(follow(&app.as_platform(app.platform("other").register().id), 0).0, Vec::<Value>::new());
    });
}

#[test]
fn what_is_decided_anew_because_a_fact_was_corrected_is_told() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").series("会计").register();
        let _ = pushed(app, &stage.platform, &learner.finished(&stage.professional), "not_counted");
        let post = json!({ "employment_kind": "permanent", "from_on": "2010-01-01" });
        let _ = app.as_officer("630000").post(&format!("/v1/learners/{}/posts", learner.id), &post).expect(201);
        assert_eq!(kinds(&app.as_learner(learner.id), 1), [decided("credited")]);
        assert_eq!(kinds(&app.as_officer("630000"), 1), [decided("credited")]);
    });
}

#[test]
fn rules_that_are_published_are_told_to_everyone_who_follows() {
    each_backend(|app| {
        let source = format!("# 另版\n{}", policies::FILES[0].rules);
        let office = app.as_national_officer();
        let draft = office.post("/v1/policies", &json!({ "source": source })).expect(201).json["policy_id"].clone();
        let publication = format!("/v1/policies/{}/publication", draft.as_str().unwrap());
        let _ = office.post(&publication, &Value::Null).expect(201);
        let learner = app.learner("610000").register();
        let employer = app.employer(domain::registry::EmployerKind::Enterprise);
        for caller in [
            app.as_learner(learner.id),
            app.as_platform(app.platform("p").register().id),
            app.as_officer("630000"),
            as_employer(app, employer),
            as_authority(app, "610000", "会计"),
        ] {
            assert_eq!(kinds(&caller, 1), [("published".to_owned(), Value::Null)]);
            assert_eq!(follow(&caller, 0).0[0]["policy_id"], draft);
        }
    });
}

#[test]
fn everyone_is_told_of_their_own_and_of_nobody_else() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610302").series("会计").register();
        let (own, other) = (
            app.employer(domain::registry::EmployerKind::Enterprise),
            app.employer(domain::registry::EmployerKind::Enterprise),
        );
        let employed = json!({ "employer_id": own, "from_on": "2015-01-01" });
        let path = format!("/v1/learners/{}/employments", learner.id);
        let _ = app.as_national_officer().post(&path, &employed).expect(201);
        let id = push_and_reverse(app, &stage, &learner);
        let stranger = app.learner("610000").register();
        numbered(app);
        for (caller, is_told) in [
            (app.as_learner(learner.id), true),
            (app.as_platform(stage.platform.id), true),
            (as_employer(app, own), true),
            (app.as_officer("610302"), true),
            (app.as_officer("610300"), true),
            (app.as_officer("610000"), true),
            (app.as_national_officer(), true),
            (as_authority(app, "610000", "会计"), true),
            (app.as_learner(stranger.id), false),
            (app.as_platform(app.platform("other").register().id), false),
            (as_employer(app, other), false),
            (app.as_officer("610100"), false),
            (app.as_officer("610303"), false),
            (app.as_officer("630000"), false),
            (as_authority(app, "610000", "教师"), false),
            (as_authority(app, "610100", "会计"), false),
        ] {
            let told = follow(&caller, 0).0;
            assert_eq!(told.iter().any(|item| item["completion_id"] == id.as_str()), is_told, "{told:?}");
            assert_eq!(told.len(), usize::from(is_told), "{told:?}");
        }
        for kind in [CallerKind::SystemAdministrator, CallerKind::AuditAdministrator, CallerKind::BaseOperator] {
            let _ = app.someone(kind).get("/v1/changes").problem(403, "caller_not_permitted");
        }
    });
}

#[test]
fn of_a_learner_who_moved_both_the_place_of_the_line_and_the_present_one_are_told() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610302").moved_to("610103", date!(2021 - 01 - 01)).register();
        let id = push_and_reverse(app, &stage, &learner);
        numbered(app);
        for (place, is_told) in [("610302", true), ("610103", true), ("610100", true), ("610400", false)] {
            let told = follow(&app.as_officer(place), 0).0;
            assert_eq!(told.iter().any(|item| item["completion_id"] == id.as_str()), is_told, "{place}");
        }
    });
}

/// Five changes of a platform, told and numbered.
fn five(app: &App) -> (Stage, Platform) {
    let stage = app.shaanxi();
    let learner = app.learner("610000").register();
    for _ in 0..5 {
        push_and_reverse(app, &stage, &learner);
    }
    numbered(app);
    let platform = stage.platform.clone();
    (stage, platform)
}

#[test]
fn a_page_leads_on_and_looking_again_costs_nothing_new() {
    each_backend(|app| {
        let (_, platform) = five(app);
        let client = app.as_platform(platform.id);
        let ask = |query: &str| client.get(&format!("/v1/changes{query}"));
        let first = ask("?limit=3").expect(200).json;
        assert_eq!((first["items"].as_array().unwrap().len(), &first["next_after"]), (3, &json!(3)));
        assert_eq!((&first["more"], &first["last"]), (&json!(true), &json!(5)));
        let rest = ask("?after=3").expect(200).json;
        assert_eq!((rest["items"].as_array().unwrap().len(), &rest["more"]), (2, &json!(false)));
        assert_eq!(ask("?after=3").expect(200).json, rest, "at least once: the same number, the same answer");
        let nothing = json!({ "items": [], "next_after": 5, "mark": rest["mark"], "more": false, "last": 5 });
        assert_eq!(ask("?after=5").expect(200).json, nothing);
        // Another platform has nothing there, and still gets on.
        let other = app.as_platform(app.platform("other").register().id);
        assert_eq!(other.get("/v1/changes?after=2").expect(200).json, nothing);
        for query in [
            "?after=-1",
            "?after=x",
            "?after=",
            "?limit=0",
            "?limit=201",
            "?after=1&after=2",
            "?cursor=x",
            "?after=1&mark=x",
        ] {
            let _ = ask(query).problem(422, "invalid_query");
        }
    });
}

#[test]
fn who_follows_from_before_the_first_change_brings_no_mark_and_misses_nothing() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let client = app.as_platform(stage.platform.id);
        let nothing = client.get("/v1/changes?limit=100").expect(200).json;
        let wanted = json!({ "items": [], "next_after": 0, "mark": null, "more": false, "last": 0 });
        assert_eq!(nothing, wanted, "no mark, since there is no change that it could be of");
        let _ = client.get("/v1/changes?after=0&mark=null").problem(422, "invalid_query");
        assert_eq!(client.get("/v1/changes?after=0").expect(200).json, wanted);
        let id = push_and_reverse(app, &stage, &app.learner("610000").register());
        numbered(app);
        let told = client.get("/v1/changes?after=0").expect(200).json;
        assert_eq!((&told["items"][0]["completion_id"], &told["next_after"]), (&json!(id), &json!(1)));
        assert!(told["mark"].is_string(), "{told}");
    });
}

#[test]
fn who_brings_a_mark_is_told_when_its_number_is_another_changes() {
    each_backend(|app| {
        let (_, platform) = five(app);
        let client = app.as_platform(platform.id);
        let page = client.get("/v1/changes?limit=3").expect(200).json;
        let mark = page["mark"].as_str().unwrap();
        let _ = client.get(&format!("/v1/changes?after=3&mark={mark}")).expect(200);
        // As if the numbers after a backup had been given again.
        gone(client.get(&format!("/v1/changes?after=4&mark={mark}")), (1, 5));
        let last = client.get("/v1/changes").expect(200).json;
        assert_ne!(last["mark"], page["mark"]);
        let none = app.as_platform(app.platform("new").register().id).get("/v1/changes?limit=200").expect(200).json;
        assert_eq!((&none["next_after"], &none["mark"]), (&json!(5), &last["mark"]), "wherever they have looked");
    });
}

fn gone(answer: Answer, kept: (i64, i64)) {
    let problem = answer.problem(410, "changes_gone");
    assert_eq!((&problem["first"], &problem["last"]), (&json!(kept.0), &json!(kept.1)), "{problem}");
    assert!(problem["detail"].as_str().unwrap().len() > 20);
}

#[test]
fn what_is_kept_no_longer_is_said_and_never_skipped() {
    for backend in tests::Backend::at_hand() {
        let mut app = App::start(backend);
        let (stage, platform) = five(&app);
        gone(app.as_platform(platform.id).get("/v1/changes?after=6"), (1, 5));
        app.clock.set(tests::NOON + Duration::days(50));
        push_and_reverse(&app, &stage, &app.learner("610000").register());
        numbered(&app);
        // Ninety days by default, to the moment.
        app.clock.set(tests::NOON + Duration::days(90) - Duration::SECOND);
        app.restart();
        let _ = app.as_platform(platform.id).get("/v1/changes?after=0").expect(200);
        app.clock.set(tests::NOON + Duration::days(90));
        app.restart();
        soon(|| app.read(store::changes::kept).first == 6);
        let client = app.as_platform(platform.id);
        for after in [0, 3, 4] {
            gone(client.get(&format!("/v1/changes?after={after}")), (6, 6));
        }
        assert_eq!(follow(&client, 5).0.len(), 1, "who had read all that went has missed nothing");
        let from_the_first = client.get("/v1/changes").expect(200).json;
        assert_eq!(from_the_first["items"][0]["number"], 6);
        // The last one stays, since the next number follows it.
        app.clock.set(tests::NOON + Duration::days(900));
        app.restart();
        push_and_reverse(&app, &stage, &app.learner("610000").register());
        soon(|| app.read(store::changes::kept).last == 7);
        assert_eq!(follow(&app.as_platform(platform.id), 6).0.len(), 1);
    }
}
