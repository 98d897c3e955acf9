//! Whose an exception is to file, to see and to decide.

use super::{Missed, PLACE, approve, filed, input, provision};
use crate::{
    findings::officer,
    registry::{faults, named},
    uses::surplus::{publish, rules},
};
use serde_json::{Value, json};
use tests::{App, each_backend, fixtures::Learner};
use time::macros::{date, datetime};

#[test]
fn of_somebody_of_another_place_nothing_is_filed_and_nothing_is_seen() {
    each_backend(|app| {
        let missed = Missed::new(app);
        let (at, id) = missed.filed();
        let other = app.learner(PLACE).register();
        for who in [officer(app, "630000", "sun"), officer(app, "610000", "sun")] {
            for path in ["/v1/exceptions", "/v1/exceptions/validation"] {
                let _ = who.post(path, &missed.input()).problem(404, "not_found");
            }
            let _ = who.get(&at).problem(404, "not_found");
            let _ = who.get(&format!("/v1/learners/{}/exceptions", missed.learner.id)).problem(404, "not_found");
            let _ = approve(&who, &id).problem(404, "not_found");
            let _ = who.post(&format!("{at}/withdrawal"), &Value::Null).problem(404, "not_found");
            let _ = who.post(&format!("{at}/annulment"), &json!({ "reason": "x" })).problem(404, "not_found");
        }
        let _ = app.as_learner(other.id).get(&at).problem(404, "not_found");
        // Whoever answers for a place above sees it, and decides nothing: the rules name the office of the county.
        let above = officer(app, "341800", "zhou");
        let _ = above.get(&at).expect(200);
        let _ = approve(&above, &id).problem(403, "not_your_stage");
    });
}

#[test]
fn the_year_is_the_business_of_the_office_that_answered_for_it_wherever_the_person_went() {
    each_backend(|app| {
        let learner = app.learner(PLACE).moved_to("610000", date!(2021 - 01 - 01)).register();
        let asked = input(&learner, 2020, json!({ "met": true }));
        let here = officer(app, "610000", "sun");
        let told = here.post("/v1/exceptions", &asked).problem(422, "invalid_body");
        assert_eq!(faults(&told), named(&[("/year", "outside_place")]));
        let (at, id) = filed(&officer(app, PLACE, "li"), &asked);
        let _ = here.get(&at).expect(200);
        let _ = approve(&here, &id).problem(403, "not_your_stage");
        let _ = approve(&officer(app, PLACE, "wang"), &id).expect(200);
        assert_eq!(super::standing(app, &learner, 2020)["verdict"], "met");
    });
}

#[test]
fn of_an_erased_person_the_words_go_and_what_waits_ends() {
    each_backend(|app| {
        let missed = Missed::new(app);
        let (granted, id) = missed.filed();
        let _ = approve(&missed.wang(), &id).expect(200);
        let (waits, _) = filed(&missed.li(), &input(&missed.learner, 2019, json!({ "met": true })));
        let erasure = format!("/v1/learners/{}/erasure", missed.learner.id);
        let _ = missed.li().post(&erasure, &json!({ "ground": "受理〔2021〕1号" })).expect(200);
        for (at, state) in [(granted, "approved"), (waits, "cancelled")] {
            let shown = missed.wang().get(&at).expect(200).json;
            let words = (&shown["reason"], &shown["document"]);
            assert_eq!((&shown["review"]["state"], words), (&json!(state), (&Value::Null, &Value::Null)));
        }
        let _ = missed.li().post("/v1/exceptions", &missed.input()).problem(404, "not_found");
    });
}

/// Lets a place of its own have rules of 2020 that name an office.
fn named_at(app: &App, place: &str) {
    let _ = publish(app, &rules(place, 2020, &provision(2020)));
}

fn moves(app: &App, learner: &Learner, place: &str, from_on: &str) {
    let path = format!("/v1/learners/{}/placements", learner.id);
    let _ = officer(app, "000000", "zhao").post(&path, &json!({ "place": place, "from_on": from_on })).expect(201);
}

#[test]
fn who_filed_one_takes_it_back_though_the_person_has_gone_to_another_place() {
    each_backend(|app| {
        named_at(app, "340000");
        let learner = app.learner("341800").register();
        let (li, other) = (officer(app, "341800", "li"), officer(app, "341800", "wu"));
        let (at, id) = filed(&li, &input(&learner, 2020, json!({ "met": true })));
        app.clock.set(datetime!(2021-07-01 12:00 +08:00));
        moves(app, &learner, "610100", "2021-07-01");
        // Neither a colleague nor the same account at another office.
        for who in [other, officer(app, "341882", "li"), officer(app, "630000", "li")] {
            let _ = who.get(&at).problem(404, "not_found");
        }
        let _ = li.get(&at).expect(200);
        let _ = li.send("POST", &format!("{at}/withdrawal"), None, Vec::new()).expect(200);
        // Afterwards it is theirs no more.
        let _ = li.get(&at).problem(404, "not_found");
        let _ = approve(&officer(app, "340000", "wang"), &id).problem(409, "review_settled");
    });
}

#[test]
fn a_year_that_became_another_offices_meanwhile_is_not_granted_and_goes_on_waiting() {
    each_backend(|app| {
        named_at(app, "340000");
        let missed = Missed::new(app);
        let (at, id) = missed.filed();
        moves(app, &missed.learner, "341800", "2020-01-01");
        let _ = approve(&missed.wang(), &id).problem(409, "no_route");
        let shown = missed.wang().get(&at).expect(200).json;
        assert_eq!((&shown["review"]["state"], &shown["lines"]), (&json!("waiting"), &json!([])));
    });
}
