//! What cannot be granted, and what an office does not grant.

use super::{Missed, PLACE, approve, filed, input, lines, standing};
use crate::{
    completions::soon,
    findings::officer,
    registry::{faults, named},
};
use domain::{access::Named, registry::EmployerKind};
use serde_json::{Value, json};
use tests::{Answer, Client, each_backend};
use time::macros::datetime;
use xueshi::auth::{CallerKind, Subject};

/// The reasons why it is refused, which are the same where it is only tried.
fn refused(who: &Client<'_>, input: &Value) -> Vec<Value> {
    let of = |answer: Answer| answer.problem(422, "exception_refused")["reasons"].as_array().unwrap().clone();
    let reasons = of(who.post("/v1/exceptions", input));
    assert_eq!(of(who.post("/v1/exceptions/validation", input)), reasons);
    reasons
}

fn codes(reasons: &[Value]) -> Vec<&str> {
    reasons.iter().map(|reason| reason["code"].as_str().unwrap()).collect()
}

#[test]
fn rules_that_name_no_office_grant_nothing_and_say_so_with_their_clause() {
    each_backend(|app| {
        let met = json!({ "met": true });
        let qinghai = app.learner("630102").register();
        let reasons = refused(&officer(app, "630102", "li"), &input(&qinghai, 2020, met.clone()));
        assert_eq!(codes(&reasons), ["no_exception_provided"]);
        assert_eq!(
            (&reasons[0]["facts"]["make_up"], &reasons[0]["clauses"][0]["clause"]),
            (&json!("year_of_completion"), &json!("七(六)"))
        );
        // A year without rules of its own is asked of the rules that reach it: here of one that is not made up either.
        let henan = app.learner("410400").register();
        let reasons = refused(&officer(app, "410400", "li"), &input(&henan, 2020, met));
        assert_eq!(codes(&reasons), ["no_exception_provided"]);
        assert_eq!(
            (&reasons[0]["facts"]["make_up"], &reasons[0]["clauses"][0]["clause"]),
            (&json!("none"), &json!("二"))
        );
    });
}

#[test]
fn an_open_year_and_one_that_was_not_missed_are_left_to_their_rules() {
    each_backend(|app| {
        let missed = Missed::new(app);
        app.clock.set(datetime!(2020-12-31 23:59 +08:00));
        let open = refused(&missed.li(), &missed.input());
        assert_eq!((codes(&open), &open[0]["facts"]["until"]), (vec!["year_open"], &json!("2020-12-31")));
        app.clock.set(datetime!(2021-01-01 00:00 +08:00));
        let _ = missed.filed();
        let _ = app.push(&missed.stage.platform, [missed.learner.finished(&missed.stage.professional)]);
        let reasons = refused(&missed.li(), &missed.input());
        let said = (codes(&reasons), &reasons[0]["facts"]["verdict"]);
        assert_eq!(said, (vec!["year_not_missed", "already_waiting"], &json!("met")));
    });
}

#[test]
fn of_one_person_and_year_one_waits_at_a_time_in_whichever_of_the_files() {
    each_backend(|app| {
        let missed = Missed::new(app);
        let (at, id) = missed.filed();
        let reasons = refused(&missed.li(), &missed.input());
        assert_eq!((codes(&reasons), &reasons[0]["facts"]["case_id"]), (vec!["already_waiting"], &json!(id)));
        // Another year is another matter.
        let of_2019 = input(&missed.learner, 2019, json!({ "met": true }));
        let _ = filed(&missed.li(), &of_2019);
        let stays = app.learner(PLACE).register();
        let merge = json!({ "ends": missed.learner.id, "stays": stays.id, "reason": "重复登记" });
        let _ = officer(app, PLACE, "zhao").post("/v1/learner-merges", &merge).expect(201);
        let there = input(&stays, 2020, json!({ "met": true }));
        assert_eq!(codes(&refused(&missed.li(), &there)), ["already_waiting"]);
        let _ = missed.li().post(&format!("{at}/withdrawal"), &json!({})).expect(200);
        let _ = filed(&missed.li(), &there);
    });
}

#[test]
fn hours_of_a_year_without_rules_are_not_granted_since_none_would_count() {
    each_backend(|app| {
        let missed = Missed::new(app);
        let hours = json!({ "hours": [{ "category": "professional", "hours": 60 }] });
        let reasons = refused(&missed.li(), &input(&missed.learner, 2019, hours));
        assert_eq!(
            (codes(&reasons), &reasons[0]["clauses"][0]["clause"]),
            (vec!["hours_without_rules"], &json!("三(三)"))
        );
    });
}

#[test]
fn all_that_speaks_against_it_is_told_at_once() {
    each_backend(|app| {
        let learner = app.learner("630102").register();
        let hours = json!({ "hours": [{ "category": "elective", "hours": 1 }, { "category": "public", "hours": 1 }] });
        app.clock.set(datetime!(2020-06-15 12:00 +08:00));
        let reasons = refused(&officer(app, "630102", "li"), &input(&learner, 2020, hours));
        assert_eq!(codes(&reasons), ["no_exception_provided", "year_open", "category_unknown"]);
        assert_eq!(reasons[2]["facts"]["category"], "elective");
    });
}

#[test]
fn what_is_wrong_with_the_body_is_told_all_at_once() {
    each_backend(|app| {
        let missed = Missed::new(app);
        let wrong = json!({
            "learner_id": missed.learner.id, "year": 1989, "met": true,
            "hours": [{ "category": "public", "hours": -1 }], "reason": " ", "document": "610302199001010002 号",
            "decided_on": "2021-06-16", "by": "me"
        });
        for path in ["/v1/exceptions", "/v1/exceptions/validation"] {
            let told = missed.li().post(path, &wrong).problem(422, "invalid_body");
            assert_eq!(
                faults(&told),
                named(&[
                    ("/by", "unknown_field"),
                    ("/decided_on", "in_the_future"),
                    ("/document", "personal_data"),
                    ("/hours/0/hours", "range"),
                    ("/met", "exactly_one"),
                    ("/reason", "blank"),
                    ("/year", "range"),
                ])
            );
        }
        let judged = |change: &dyn Fn(&mut Value)| {
            let mut input = missed.input();
            change(&mut input);
            faults(&missed.li().post("/v1/exceptions", &input).problem(422, "invalid_body"))
        };
        let twice = json!([{ "category": "public", "hours": 1 }, { "category": "public", "hours": 2 }]);
        assert_eq!(judged(&|input| input["hours"] = twice.clone()), named(&[("/hours/1/category", "duplicate")]));
        let nothing = json!([{ "category": "public", "hours": 0 }]);
        assert_eq!(judged(&|input| input["hours"] = nothing.clone()), named(&[("/hours", "not_attested")]));
        // The paper is of the day after the year had closed, at the earliest.
        let early = judged(&|input| input["decided_on"] = "2020-12-31".into());
        assert_eq!(early, named(&[("/decided_on", "before_the_year_closed")]));
        let mut input = missed.input();
        input["decided_on"] = "2021-01-01".into();
        let _ = missed.li().post("/v1/exceptions", &input).expect(201);
        assert_eq!(lines(app, &missed.learner).len(), 1, "what is filed or refused changes nothing");
    });
}

#[test]
fn what_an_office_refuses_is_not_granted_and_nothing_is_sent_back() {
    each_backend(|app| {
        let missed = Missed::new(app);
        let own = app.employer(EmployerKind::Enterprise);
        let employed = json!({ "employer_id": own, "from_on": "2015-01-01" });
        let employments = format!("/v1/learners/{}/employments", missed.learner.id);
        let _ = app.as_officer(PLACE).post(&employments, &employed).expect(201);
        let named = Named { employer: Some(own), ..Named::default() };
        let employer = app.calling(Subject { kind: CallerKind::EmployerAdministrator, name: "sun".into(), named });
        let (at, id) = missed.filed();
        let back = missed.wang().post(&format!("/v1/reviews/{id}/return"), &json!({ "reason": "请补充材料" }));
        let told = back.problem(409, "review_not_now");
        assert_eq!((&told["state"], &told["action"]), (&json!("waiting"), &json!("return_for_completion")));
        let clause = json!({ "clause": { "document": "示例〔2020〕1号", "clause": "三(三)" }, "reason": "理由不足" });
        let _ = missed.wang().post(&format!("/v1/reviews/{id}/refusal"), &clause).expect(200);
        let shown = missed.own().get(&at).expect(200).json;
        assert_eq!((&shown["review"]["state"], &shown["effective_at"]), (&json!("refused"), &Value::Null));
        assert_eq!(missed.verdict(), "unmet");
        let told = || missed.own().get("/v1/changes").expect(200).json["items"].clone();
        soon(|| told().as_array().unwrap().iter().any(|one| one["outcome"] == "refused"));
        // What nobody at the employer's may read nobody there is told of.
        let told = employer.get("/v1/changes").expect(200).json["items"].clone();
        assert!(told.as_array().unwrap().iter().all(|one| one["outcome"] != "refused"), "{told}");
    });
}

#[test]
fn what_was_met_meanwhile_is_not_granted_and_goes_on_waiting() {
    each_backend(|app| {
        let missed = Missed::new(app);
        let (at, id) = missed.filed();
        let _ = app.push(&missed.stage.platform, [missed.learner.finished(&missed.stage.professional)]);
        let told = approve(&missed.wang(), &id).problem(422, "exception_refused");
        assert_eq!(codes(told["reasons"].as_array().unwrap()), ["year_not_missed"]);
        assert_eq!(missed.li().get(&at).expect(200).json["review"]["state"], "waiting");
        assert_eq!(lines(app, &missed.learner).len(), 2);
    });
}

#[test]
fn a_year_without_rules_passes_under_those_that_reach_it() {
    each_backend(|app| {
        let learner = app.learner(PLACE).register();
        let (li, wang) = (officer(app, PLACE, "li"), officer(app, PLACE, "wang"));
        let asked = input(&learner, 2019, json!({ "met": true, "decided_on": "2020-03-01" }));
        let trial = li.post("/v1/exceptions/validation", &asked).expect(200).json;
        assert_eq!(
            (&trial["before"]["verdict"], &trial["after"]["verdict"]),
            (&json!("no_rule_in_force"), &json!("met"))
        );
        let (_, id) = filed(&li, &asked);
        let _ = approve(&wang, &id).expect(200);
        let found = standing(app, &learner, 2019);
        let why = super::reason(&found, "by_exception").unwrap();
        assert_eq!((&found["verdict"], &why["clauses"][0]["clause"]), (&json!("met"), &json!("三(三)")));
        assert_eq!(lines(app, &learner)[0]["policy_id"], trial["policy_id"]);
    });
}
