//! Lists of exemptions: of the authority that the rules name, for the years that they name.

use super::{about, commission, entries, list_of, made, outcomes, past_years, put, sector, standing};
use serde_json::{Value, json};
use tests::each_backend;

#[test]
fn who_stands_on_the_commissions_list_has_met_2020_by_its_clause() {
    each_backend(|app| {
        let commission = commission(app);
        let nurse = app.learner("630100").series("卫生").register();
        assert_eq!(standing(app, &nurse, 2020)["verdict"], "unmet");
        let answer = commission.post("/v1/rolls", &list_of(2020)).expect(201);
        let (roll, told) = (answer.header("location").to_owned(), &answer.json);
        assert_eq!(
            (&told["attested_by"], &told["clauses"][0]["clause"]),
            (&json!("青海省卫生健康委员会"), &json!("五(三)"))
        );
        let told = put(&commission, &roll, &json!([about(&nurse, json!({}))]));
        assert_eq!(outcomes(&told), ["created"]);
        let found = standing(app, &nurse, 2020);
        assert_eq!(
            (&found["verdict"], &found["nodes"][0]["fulfilled_by"].as_array().unwrap().len()),
            (&json!("met"), &1),
            "{found}"
        );
        let line = &entries(app, &nurse)[0];
        assert_eq!(
            (&line["ground"]["basis"], &line["ground"]["achievement"]),
            (&json!("exemption"), &json!("covid_front_line"))
        );
        assert_eq!(line["policy_id"], found["policy"]["policy_id"], "{line} {found}");
        // An office of the place sees the list, and whom it names; it is not its word.
        let officer = app.as_officer("630000");
        let listed = officer.get(&format!("{roll}/items")).expect(200).json;
        assert_eq!(
            (&listed["items"][0]["met"], &listed["items"][0]["learner_id"]),
            (&json!(["total"]), &json!(nurse.id))
        );
        let items = json!({ "items": [about(&nurse, json!({}))] });
        let problem = officer.post(&format!("{roll}/items"), &items).problem(403, "not_the_listing_authority");
        assert_eq!(problem["list_by"], "青海省卫生健康委员会");
    });
}

#[test]
fn the_list_reaches_health_staff_of_the_place_alone() {
    each_backend(|app| {
        let commission = commission(app);
        let roll = made(&commission, &list_of(2020));
        let teacher = app.learner("630000").series("教师").register();
        let elsewhere = app.learner("610000").series("卫生").register();
        let told = put(&commission, &roll, &json!([about(&teacher, json!({})), about(&elsewhere, json!({}))]));
        let reasons: Vec<&Value> = told["items"].as_array().unwrap().iter().map(|item| &item["reason"]).collect();
        assert_eq!(reasons, ["unknown_person"; 2], "{told}");
        let nurse = app.learner("630000").series("卫生").register();
        let said = about(&nurse, json!({ "year": 2020, "met": true }));
        let told = put(&commission, &roll, &json!([said]));
        let codes: Vec<&Value> =
            told["items"][0]["errors"].as_array().unwrap().iter().map(|fault| &fault["code"]).collect();
        assert_eq!(codes, ["not_asked"; 2], "the list says it for all: {told}");
    });
}

#[test]
fn an_authority_that_only_goes_by_the_name_adds_nothing_to_a_list_and_takes_nothing_back() {
    each_backend(|app| {
        let commission = commission(app);
        let nurse = app.learner("630100").series("卫生").register();
        let mut of_city = list_of(2020);
        of_city["place"] = "630100".into();
        let roll = made(&commission, &of_city);
        let items = json!({ "items": [about(&nurse, json!({}))] });
        let _ = commission.post(&format!("{roll}/items"), &items).expect(200);
        let city = app.as_officer("630100");
        for kind in [
            json!({ "name": "青海省卫生健康委员会", "kind": "human_resources", "place": "630100" }),
            json!({ "name": "青海省卫生健康委员会", "kind": "sector", "place": "630100", "series": "卫生" }),
        ] {
            let _ = city.post("/v1/authorities", &kind).expect(201);
        }
        for caller in [city, sector(app, "630100", "卫生")] {
            let _ = caller.get(&roll).expect(200);
            let reason = json!({ "reason": "x", "learners": [nurse.id] });
            for (path, body) in [("items", &items), ("items/validation", &items), ("reversal", &reason)] {
                let _ = caller.post(&format!("{roll}/{path}"), body).problem(403, "not_the_listing_authority");
            }
        }
        assert_eq!(standing(app, &nurse, 2020)["verdict"], "met");
    });
}

#[test]
fn another_year_another_list_and_another_office_are_refused() {
    each_backend(|app| {
        // Until the authority is registered by its name nobody speaks for it.
        let stranger = sector(app, "630000", "卫生");
        let _ = stranger.post("/v1/rolls", &list_of(2020)).problem(403, "not_the_listing_authority");
        // Nor for one of that name that somebody registers further down, for a list of their own place either.
        let city = app.as_officer("630100");
        let same = json!({ "name": "青海省卫生健康委员会", "kind": "human_resources", "place": "630100" });
        let _ = city.post("/v1/authorities", &same).expect(201);
        let mut of_city = list_of(2020);
        of_city["place"] = "630100".into();
        let _ = city.post("/v1/rolls", &of_city).problem(403, "not_the_listing_authority");
        let commission = commission(app);
        let _ = made(&commission, &list_of(2020));
        for year in [2019, 2021] {
            let problem = commission.post("/v1/rolls", &list_of(year)).problem(422, "invalid_body");
            assert_eq!(
                (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
                (&json!("/year"), &json!("no_rule_in_force"))
            );
        }
        let mut unknown = list_of(2020);
        unknown["exemption"] = "flood".into();
        let problem = commission.post("/v1/rolls", &unknown).problem(422, "invalid_body");
        assert_eq!(
            (&problem["errors"][0]["code"], &problem["errors"][0]["known"]),
            (&json!("unknown_value"), &json!(["covid_front_line"]))
        );
        for other in [sector(app, "630000", "教师"), sector(app, "630100", "卫生"), app.as_officer("630000")] {
            let refused = other.post("/v1/rolls", &list_of(2020));
            assert!(
                ["not_the_listing_authority", "outside_place"].contains(&refused.json["code"].as_str().unwrap()),
                "{}",
                refused.text
            );
            assert_eq!(refused.status, 403);
        }
        let abroad = sector(app, "610000", "卫生").post("/v1/rolls", &list_of(2020)).problem(403, "outside_place");
        assert_eq!(abroad["pointer"], "/place");
        // Past years are the officers' word.
        let _ = commission.post("/v1/rolls", &past_years("630000")).problem(403, "caller_not_permitted");
    });
}
