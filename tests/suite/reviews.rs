//! A queue under many hands: nothing is lost, nothing is decided twice, and what is sent again is known again.

use crate::{corrections, recognition::Town};
use serde_json::{Value, json};
use std::{collections::BTreeSet, thread};
use tests::{Client, each_backend};
use time::{Duration, macros::datetime};

/// The cases that wait for somebody.
fn queue(client: &Client<'_>) -> Vec<String> {
    let found = client.get("/v1/reviews?limit=200").expect(200).json;
    let id = |item: &Value| item["case_id"].as_str().unwrap().to_owned();
    found["items"].as_array().unwrap().iter().map(id).collect()
}

#[test]
fn sixty_four_callers_on_one_queue_lose_nothing_and_decide_nothing_twice() {
    each_backend(|app| {
        let town = Town::new(app);
        let all: BTreeSet<String> = (0..12).map(|_| town.submitted()).collect();
        let answers: Vec<(String, u16, Value)> = thread::scope(|scope| {
            let callers: Vec<_> = (0..64)
                .map(|n| {
                    let (town, all) = (&town, &all);
                    scope.spawn(move || {
                        let officer = town.school(&format!("wang-{n}"));
                        let mine = all.iter().nth(n % all.len()).unwrap();
                        let path = format!("/v1/reviews/{mine}/approval");
                        let mut approved = officer.post(&path, &json!({ "seen": 1 }));
                        // All of them are about one person, so on a slow machine the last wait too long for a connection.
                        for _ in 0..20 {
                            if approved.status != 503 {
                                break;
                            }
                            approved = officer.post(&path, &json!({ "seen": 1 }));
                        }
                        (mine.clone(), approved.status, approved.json)
                    })
                })
                .collect();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        });
        for id in &all {
            let of_it: Vec<_> = answers.iter().filter(|(case, ..)| case == id).collect();
            let won: Vec<_> = of_it.iter().filter(|(_, status, _)| *status == 200).collect();
            assert_eq!(won.len(), 1, "{id}: {of_it:?}");
            let winner = &won[0].2["history"][1]["by"];
            for (_, status, told) in of_it.iter().filter(|(_, status, _)| *status != 200) {
                assert_eq!((*status, &told["code"]), (409, &json!("review_settled")), "{told}");
                assert_eq!(&told["settled_by"], winner);
            }
        }
        assert_eq!(queue(&town.school("late")), [""; 0]);
        assert_eq!(queue(&town.sector()).into_iter().collect::<BTreeSet<_>>(), all);
    });
}

#[test]
fn many_decisions_are_answered_one_by_one_and_known_again() {
    each_backend(|app| {
        let town = Town::new(app);
        let (first, second, third) = (town.submitted(), town.submitted(), town.submitted());
        let nobody = "0190d3f0-0000-7000-8000-00000000beef";
        let school = town.school("wang");
        let _ = town.school("other").post(&format!("/v1/reviews/{third}/claim"), &Value::Null).expect(200);
        let asked = json!({ "items": [
            { "case_id": second, "decision": "return_for_completion", "reason": "缺页" },
            { "case_id": nobody, "decision": "approve" },
            { "case_id": third, "decision": "approve" },
            { "case_id": first, "decision": "approve" },
        ] });
        let results = |answer: &Value| {
            let one = |item: &Value| (item["result"].clone(), item["problem"]["code"].clone());
            answer["items"].as_array().unwrap().iter().map(one).collect::<Vec<_>>()
        };
        let of = |first: &str, last: &str| {
            [(first, None), ("refused", Some("not_found")), ("refused", Some("review_taken")), (last, None)]
                .map(|(result, code)| (json!(result), json!(code)))
        };
        let done = school.post("/v1/review-decisions", &asked).expect(200).json;
        assert_eq!(results(&done), of("decided", "decided"));
        let again = school.post("/v1/review-decisions", &asked).expect(200).json;
        assert_eq!(results(&again), of("decided_before", "decided_before"));
        let history = school.get(&format!("/v1/reviews/{first}")).expect(200).json["history"].clone();
        assert_eq!(history.as_array().unwrap().len(), 2, "said twice, done once");
        let twice = json!({ "items": [{ "case_id": first, "decision": "approve" }, { "case_id": first, "decision": "approve" }] });
        assert_eq!(
            school.post("/v1/review-decisions", &twice).problem(422, "invalid_body")["errors"][0]["code"],
            "duplicate"
        );
        let other = json!({ "items": [{ "case_id": first, "decision": "approve" }] });
        let other = town.school("third").post("/v1/review-decisions", &other).expect(200).json;
        assert_eq!(results(&other), [(json!("refused"), json!("review_settled"))]);
        assert_eq!(other["items"][0]["problem"]["settled_by"], "employer_administrator:wang");
        // What was handed in again is a new question, also to who returned it before.
        let back = json!({ "items": [{ "case_id": second, "decision": "return_for_completion", "reason": "仍缺页" }] });
        let _ = town.filer().post(&format!("/v1/recognitions/{second}/submission"), &Value::Null).expect(200);
        assert_eq!(
            results(&school.post("/v1/review-decisions", &back).expect(200).json),
            [(json!("decided"), Value::Null)]
        );
        let missing = json!({ "items": [{ "case_id": third, "decision": "refuse" }] });
        let missing = town.school("other").post("/v1/review-decisions", &missing).expect(200).json;
        assert_eq!(missing["items"][0]["problem"]["errors"][0]["pointer"], "/clause", "{missing}");
    });
}

#[test]
fn five_hundred_are_decided_at_once_and_not_one_more() {
    each_backend(|app| {
        let town = Town::new(app);
        let waits = town.submitted();
        let item = |n: u128| json!({ "case_id": uuid::Uuid::from_u128(n), "decision": "approve" });
        let mut items: Vec<Value> = (1..=500).map(item).collect();
        items.push(json!({ "case_id": waits, "decision": "approve" }));
        let school = town.school("wang");
        let many = school.post("/v1/review-decisions", &json!({ "items": items })).problem(422, "invalid_body");
        assert_eq!((&many["errors"][0]["pointer"], &many["errors"][0]["code"]), (&json!("/items"), &json!("length")));
        let _ = school.post("/v1/review-decisions", &json!({ "items": [] })).problem(422, "invalid_body");
        let done = school.post("/v1/review-decisions", &json!({ "items": items[1..] })).expect(200).json;
        let results: Vec<&str> =
            done["items"].as_array().unwrap().iter().map(|item| item["result"].as_str().unwrap()).collect();
        assert_eq!(results.len(), 500);
        assert!(results[..499].iter().all(|result| *result == "refused"), "{results:?}");
        assert_eq!(results[499], "decided");
    });
}

#[test]
fn the_backlog_of_a_place_shows_where_cases_wait_and_what_will_be_left_over() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let all: Vec<String> = (0..3).map(|_| town.submitted()).collect();
        let city = town.officer("630100", "li");
        let asked = |query: &str| city.get(&format!("/v1/review-backlog{query}")).expect(200).json;
        let told = asked("?until=2020-12-15");
        assert_eq!((&told["place"]["code"], &told["asked_on"]), (&json!("630100"), &json!("2020-10-12")));
        assert_eq!((&told["waiting"], &told["overdue"], &told["pace_days"]), (&json!(3), &json!(0), &json!(1)));
        let [school] = told["stages"].as_array().unwrap().as_slice() else { panic!("{told}") };
        assert_eq!((&school["seat"], &school["waiting"]), (&json!("employer"), &json!(3)));
        assert_eq!(school["ages"], json!({ "up_to_7_days": 3, "up_to_30_days": 0, "longer": 0 }));
        // 65 days are left, 3 come a day and none goes.
        let forecast = json!({ "until": "2020-12-15", "days_left": 65, "to_come": 195, "to_settle": 0, "left_over": 198, "needed_a_day": 4 });
        assert_eq!((&school["arrived"], &school["left"], &school["forecast"]), (&json!(3), &json!(0), &forecast));

        for id in &all[..2] {
            let _ = town.school("wang").post(&format!("/v1/reviews/{id}/approval"), &json!({})).expect(200);
        }
        app.clock.set(app.clock.now() + Duration::days(8));
        let told = asked("?pace_days=90");
        assert_eq!((&told["waiting"], &told["pace_days"]), (&json!(3), &json!(9)));
        let desks: Vec<(&str, u64, u64, u64, u64)> = told["stages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|desk| {
                let number = |name: &str| desk[name].as_u64().unwrap();
                let ageing = desk["ages"]["up_to_30_days"].as_u64().unwrap();
                (desk["seat"].as_str().unwrap(), number("waiting"), ageing, number("arrived"), number("left"))
            })
            .collect();
        assert_eq!(desks, [("employer", 1, 1, 3, 2), ("sector_authority", 2, 2, 2, 0)]);
        let _ = town.filer().post(&format!("/v1/recognitions/{}/withdrawal", all[0]), &Value::Null).expect(200);
        assert_eq!(asked("?pace_days=1")["stages"][1]["left"], 1);
        assert_eq!(asked("")["waiting"], 2);

        // Of the province and of the city alike; of another city nothing, and not by who does not answer for it.
        let province = town.officer("630000", "chen");
        for place in ["", "?place=630100", "?place=630102"] {
            assert_eq!(province.get(&format!("/v1/review-backlog{place}")).expect(200).json["waiting"], 2, "{place}");
        }
        let other = town.officer("630200", "sun").get("/v1/review-backlog").expect(200).json;
        assert_eq!((&other["waiting"], &other["pace_days"], &other["stages"]), (&json!(0), &json!(0), &json!([])));
        let _ = city.get("/v1/review-backlog?place=630000").problem(403, "outside_place");
        for (wrong, parameter) in [("place=999999", "place"), ("until=soon", "until"), ("pace_days=91", "pace_days")] {
            let problem = city.get(&format!("/v1/review-backlog?{wrong}")).problem(422, "invalid_query");
            assert_eq!(problem["errors"][0]["pointer"], format!("?{parameter}"), "{problem}");
        }
        let _ = town.filer().get("/v1/review-backlog").problem(403, "caller_not_permitted");
        let _ = town.sector().get("/v1/review-backlog").problem(403, "caller_not_permitted");
    });
}

/// A case that waits at the county, which has to be done by 2020-12-15, and one at the employer, for which nobody set a day.
fn at_the_county(town: &Town<'_>) -> (String, String) {
    let (county, unit) = (town.submitted(), town.submitted());
    for office in [town.school("wang"), town.sector()] {
        let _ = office.post(&format!("/v1/reviews/{county}/approval"), &json!({})).expect(200);
    }
    (county, unit)
}

#[test]
fn a_case_says_its_last_day_and_a_queue_is_in_that_order_and_narrowed_to_what_is_due_by_a_day() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        // Came first, and has no last day.
        let correction = corrections::asked(app, &town.learner, json!({ "name": "示例正名" }));
        app.clock.set(app.clock.now() + Duration::MINUTE);
        let (due, at_the_unit) = at_the_county(&town);
        let (county, school) = (town.officer("630102", "li"), town.school("wang"));
        let listed = |client: &Client<'_>, query: &str| {
            let found = client.get(&format!("/v1/reviews{query}")).expect(200).json;
            let one = |item: &Value| (item["case_id"].as_str().unwrap().to_owned(), item["due_on"].clone());
            found["items"].as_array().unwrap().iter().map(one).collect::<Vec<_>>()
        };
        let (of_rule, never) = ((due, json!("2020-12-15")), (correction, Value::Null));
        let all = [of_rule, never];
        assert_eq!(listed(&county, ""), all);
        assert_eq!(listed(&county, "?limit=1"), all[..1]);
        assert_eq!(listed(&county, "?due_until=2020-12-14"), []);
        assert_eq!(listed(&county, "?due_until=2020-12-15"), all[..1]);
        assert_eq!(listed(&school, ""), [(at_the_unit, Value::Null)]);
        assert_eq!(listed(&school, "?due_until=2099-12-31"), []);
        let wrong = county.get("/v1/reviews?due_until=soon").problem(422, "invalid_query");
        assert_eq!(wrong["errors"][0]["pointer"], "?due_until", "{wrong}");
    });
}

#[test]
fn the_backlog_looks_to_the_last_day_of_what_waits_and_says_from_the_next_day_on_what_is_overdue() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let _ = at_the_county(&town);
        let county = town.officer("630102", "li");
        let asked = |query: &str| {
            let told = county.get(&format!("/v1/review-backlog{query}")).expect(200).json;
            let desk = |seat: &str| {
                let desks = told["stages"].as_array().unwrap();
                desks.iter().find(|desk| desk["seat"] == seat).unwrap().clone()
            };
            (told["overdue"].clone(), desk("county"), desk("employer"))
        };
        let (overdue, desk, unit) = asked("");
        let forecast = &desk["forecast"];
        assert_eq!((&forecast["until"], &forecast["days_left"]), (&json!("2020-12-15"), &json!(65)), "{desk}");
        assert_eq!((overdue, &desk["overdue"], &unit["forecast"]), (json!(0), &json!(0), &Value::Null));
        assert_eq!(asked("?until=2020-12-01").1["forecast"]["until"], "2020-12-01");
        for (now, days_left, late) in
            [(datetime!(2020-12-15 23:59 +08:00), 1, 0), (datetime!(2020-12-16 00:00 +08:00), 0, 1)]
        {
            app.clock.set(now);
            let (overdue, desk, unit) = asked("");
            assert_eq!((overdue, &desk["overdue"], &unit["overdue"]), (json!(late), &json!(late), &json!(0)), "{now}");
            assert_eq!(desk["forecast"]["days_left"], days_left, "{desk}");
        }
    });
}
