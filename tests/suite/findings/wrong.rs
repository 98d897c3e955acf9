//! What cannot be found.

use super::{County, lines_of};
use crate::registry::{faults, named};
use serde_json::{Value, json};
use tests::each_backend;
use time::macros::date;

#[test]
fn what_is_wrong_with_a_finding_is_told_all_at_once() {
    each_backend(|app| {
        let county = County::new(app);
        let other = app.learner("630102").register();
        let _ = app.push(&county.stage.platform, [other.finished(&county.stage.public)]);
        let anothers = lines_of(app, &other)[0]["entry_id"].as_str().unwrap().to_owned();
        let (public, nobodys) = (county.line("public"), "0190d3f0-0000-7000-8000-00000000beef".to_owned());
        // One line is taken back, and what took it back is a line as well.
        let completion = &county.lines()[1]["completion_id"];
        let (gone, path) =
            (county.line("professional"), format!("/v1/completions/{}/reversal", completion.as_str().unwrap()));
        let _ = county.li().post(&path, &json!({ "reason_code": "office_decision" })).expect(200);
        let by = county.lines().into_iter().find(|line| line["kind"] == "reversal").unwrap();
        let by = by["entry_id"].as_str().unwrap().to_owned();
        let input = county.input(&[anothers, nobodys, gone, by, public.clone(), public.clone()]);
        for path in ["/v1/findings", "/v1/findings/validation"] {
            let told = county.li().post(path, &input).problem(422, "invalid_body");
            assert_eq!(
                faults(&told),
                named(&[
                    ("/lines/0", "unknown_reference"),
                    ("/lines/1", "unknown_reference"),
                    ("/lines/2", "already_reversed"),
                    ("/lines/3", "is_a_reversal"),
                    ("/lines/5", "duplicate"),
                ])
            );
        }
        let judged = |change: &dyn Fn(&mut Value)| {
            let mut input = county.input(std::slice::from_ref(&public));
            change(&mut input);
            county.li().post("/v1/findings", &input)
        };
        let wrong = |change: &dyn Fn(&mut Value)| faults(&judged(change).problem(422, "invalid_body"));
        assert_eq!(
            wrong(&|input| input["decided_on"] = "2021-06-16".into()),
            named(&[("/decided_on", "in_the_future")])
        );
        assert_eq!(
            wrong(&|input| input["decided_on"] = "2020-02-29".into()),
            named(&[("/lines/0", "after_the_decision")])
        );
        assert_eq!(wrong(&|input| input["cause"] = "year_missed".into()), named(&[("/cause", "not_found_by_offices")]));
        assert_eq!(wrong(&|input| input["cause"] = "theft".into()), named(&[("/cause", "unknown_value")]));
        assert_eq!(wrong(&|input| input["lines"] = json!([])), named(&[("/lines", "length")]));
        assert_eq!(wrong(&|input| input["document"] = " ".into()), named(&[("/document", "blank")]));
        let named_person = wrong(&|input| input["document"] = "610302199001010002 的查实报告".into());
        assert_eq!(named_person, named(&[("/document", "personal_data")]));
        assert_eq!(wrong(&|input| input["by"] = "me".into()), named(&[("/by", "unknown_field")]));
        // On the day itself, and on the day on which the hours were completed, it can be.
        for on in ["2021-06-15", "2020-03-01"] {
            let _ = judged(&|input| input["decided_on"] = on.into()).expect(201);
        }
        assert_eq!(county.lines().len(), 3, "what is filed or refused changes nothing");
    });
}

#[test]
fn a_finding_is_confirmed_or_refused_and_never_sent_back_for_completion() {
    each_backend(|app| {
        let county = County::new(app);
        let (at, id) = county.filed();
        let back = county.wang().post(&format!("/v1/reviews/{id}/return"), &json!({ "reason": "请补充证据" }));
        let told = back.problem(409, "review_not_now");
        assert_eq!((&told["state"], &told["action"]), (&json!("waiting"), &json!("return_for_completion")));
        // Neither does it go back among others.
        let many = json!({ "items": [{ "case_id": id, "decision": "return_for_completion", "reason": "请补充证据" }] });
        let many = county.wang().post("/v1/review-decisions", &many).expect(200).json;
        assert_eq!(many["items"][0]["problem"]["code"], "review_not_now", "{many}");
        assert_eq!(county.li().get(&at).expect(200).json["review"]["state"], "waiting");
        let _ = county.confirm(&id);
    });
}

#[test]
fn of_whom_one_is_not_in_charge_and_of_hours_of_another_place_nothing_is_found() {
    each_backend(|app| {
        let county = County::new(app);
        let input = county.input(&[county.line("public")]);
        for other in [county.officer("610000", "sun"), county.officer("630104", "sun")] {
            for path in ["/v1/findings", "/v1/findings/validation"] {
                let _ = other.post(path, &input).problem(404, "not_found");
            }
        }
        // Hours of another place are the business of the office there.
        let moved = app.learner("630102").moved_to("630104", date!(2021 - 01 - 01)).register();
        let _ = app.push(&county.stage.platform, [moved.finished(&county.stage.public)]);
        let line = lines_of(app, &moved)[0]["entry_id"].clone();
        let input = json!({
            "learner_id": moved.id, "cause": "fraud", "decided_on": "2021-06-01", "document": "示例", "lines": [line]
        });
        let told = county.officer("630104", "sun").post("/v1/findings", &input).problem(422, "invalid_body");
        assert_eq!(faults(&told), named(&[("/lines/0", "outside_place")]));
        let _ = county.li().post("/v1/findings", &input).expect(201);
    });
}

#[test]
fn who_filed_a_finding_takes_it_back_until_it_is_decided_and_nobody_else_does() {
    each_backend(|app| {
        let county = County::new(app);
        let (at, id) = county.filed();
        let withdrawal = format!("{at}/withdrawal");
        let asks = |client: &tests::Client<'_>| client.send("POST", &withdrawal, None, Vec::new());
        // Neither a colleague of who filed it, nor who is to decide it, who refuses it instead.
        for other in [county.officer("630000", "zhao"), county.wang()] {
            let _ = asks(&other).problem(403, "not_the_applicant");
        }
        let _ = asks(&county.officer("610000", "li")).problem(404, "not_found");
        let _ = asks(&app.as_learner(county.learner.id)).problem(403, "caller_not_permitted");
        let gone = asks(&county.li()).expect(200).json;
        assert_eq!((&gone["review"]["state"], &gone["effective_at"]), (&json!("withdrawn"), &Value::Null));
        let late = county.wang().post(&format!("/v1/reviews/{id}/approval"), &json!({})).problem(409, "review_settled");
        assert_eq!(late["settled_by"], "officer:li");
        let _ = asks(&county.li()).problem(409, "review_settled");
        assert_eq!(county.lines().len(), 2, "nothing was taken back");
        let _ = app.as_learner(county.learner.id).get(&at).problem(404, "not_found");
        // What took effect is annulled, and not withdrawn.
        let (at, id) = county.filed();
        let _ = county.confirm(&id);
        let late = county.li().send("POST", &format!("{at}/withdrawal"), None, Vec::new());
        assert_eq!(late.problem(409, "review_settled")["settled_by"], "officer:wang");
    });
}
