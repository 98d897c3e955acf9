//! Attested past years: what they make of standings, ledgers and windows, and how they are sent again.

use super::{DOCUMENT, entries, hours, made, met, outcomes, past_years, put, standing};
use crate::{completions::soon, tables};
use serde_json::{Value, json};
use tests::each_backend;

#[test]
fn a_year_that_an_office_attests_is_met_says_so_and_serves_the_window_of_a_title() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").register();
        let _ = app.push(&stage.platform, [learner.finished(&stage.public), learner.finished(&stage.professional)]);
        let officer = app.as_officer("630000");
        assert_eq!(standing(app, &learner, 2018)["verdict"], "no_rule_in_force");
        let application = json!({ "items": [{
            "learner_id": learner.id, "purpose": "title_review", "level": "intermediate", "applied_on": "2020-11-30"
        }] });
        let asked = || {
            let told = officer.post("/v1/eligibility-checks", &application).expect(200).json;
            told["items"][0]["eligibility"]["allows"].clone()
        };
        assert_eq!(asked(), "needs_review");
        let roll = made(&officer, &past_years("630000"));
        let told = put(&officer, &roll, &json!([met(&learner, 2018), met(&learner, 2019)]));
        assert_eq!((outcomes(&told), &told["items"][0]["learner_id"]), (vec!["created"; 2], &json!(learner.id)));
        assert_eq!(asked(), "eligible");
        let found = standing(app, &learner, 2018);
        let codes: Vec<&Value> = found["reasons"].as_array().unwrap().iter().map(|reason| &reason["code"]).collect();
        assert_eq!((&found["verdict"], codes.contains(&&json!("attested"))), (&json!("met"), true), "{found}");
        let line = entries(app, &learner).into_iter().find(|line| line["year"] == 2018).unwrap();
        assert_eq!((&line["ground"]["basis"], &line["policy_id"]), (&json!("attestation"), &Value::Null));
        assert!(roll.ends_with(line["ground"]["case_id"].as_str().unwrap()), "{line}");
        let shown = officer.get(&roll).expect(200).json;
        assert_eq!((&shown["document"], &shown["attested_by"]), (&json!(DOCUMENT), &json!("示例人社厅")));
        assert_eq!(shown["counts"], json!({ "people": 1, "lines": 2, "reversed": 0 }));
        // Whoever follows is told, the learner too.
        let decided = |changes: &Value| {
            let all = changes["items"].as_array().unwrap();
            all.iter().filter(|one| one["kind"] == "decided" && one["outcome"] == "credited").count() == 2
        };
        soon(|| decided(&app.as_learner(learner.id).get("/v1/changes").expect(200).json));
    });
}

#[test]
fn hours_by_category_are_lines_of_their_own_and_count_where_the_year_has_rules() {
    each_backend(|app| {
        let learner = app.learner("610100").register();
        let officer = app.as_officer("610100");
        let roll = made(&officer, &past_years("610100"));
        let of = |year| {
            let both = json!([{ "category": "public", "hours": 24 }, { "category": "professional", "hours": 56 }]);
            super::about(&learner, json!({ "year": year, "hours": both }))
        };
        let _ = put(&officer, &roll, &json!([of(2018), of(2020)]));
        let lines = entries(app, &learner);
        assert_eq!(lines.iter().filter(|line| line["year"] == 2018).count(), 2, "{lines:?}");
        assert!(lines.iter().all(|line| line["policy_id"].is_null() == (line["year"] == 2018)));
        // No rule says whether they are enough for 2018; of 2020 they are the whole.
        let without = standing(app, &learner, 2018);
        assert_eq!(
            (&without["verdict"], without["not_counted"].as_array().unwrap().len()),
            (&json!("no_rule_in_force"), 2)
        );
        let found = standing(app, &learner, 2020);
        assert_eq!((&found["verdict"], &found["nodes"][0]["earned"]), (&json!("met"), &json!(80)));
        let listed = officer.get(&format!("{roll}/items")).expect(200).json;
        let first = &listed["items"][0];
        assert_eq!((&first["year"], &first["met"]), (&json!(2018), &json!([])));
        assert_eq!(first["hours"][1], json!({ "category": "public", "hours": 24 }));
        assert!(first["name"].as_str().unwrap().ends_with('*'), "{first}");
    });
}

#[test]
fn attested_and_recorded_hours_of_a_category_count_once_and_an_office_decides_whether_they_are_beside_each_other() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let officer = app.as_officer("610100");
        let roll = made(&officer, &past_years("610100"));
        let course = app.course("SX-SOME").professional().hours(14).for_year(2020).on(&stage.platform).open();
        let year = |professional: u32, is_recorded: bool| {
            let learner = app.learner("610100").register();
            if is_recorded {
                let told = app.push(&stage.platform, [learner.finished(&course)]);
                assert_eq!(told[0]["outcome"], "credited", "{told:?}");
            }
            let both =
                json!([{ "category": "public", "hours": 24 }, { "category": "professional", "hours": professional }]);
            let item = super::about(&learner, json!({ "year": 2020, "hours": both }));
            assert_eq!(outcomes(&put(&officer, &roll, &json!([item]))), ["created"]);
            let found = standing(app, &learner, 2020);
            (found["verdict"].as_str().unwrap().to_owned(), found["nodes"][0]["earned"].clone(), found)
        };
        let is = |found: &(String, Value, Value), verdict: &str, earned: u32| {
            assert_eq!((found.0.as_str(), &found.1), (verdict, &json!(earned)), "{}", found.2);
        };
        is(&year(56, false), "met", 80);
        is(&year(56, true), "met", 80);
        let open = year(55, true);
        is(&open, "needs_review", 79);
        is(&year(55, false), "unmet", 79);
        is(&year(42, true), "needs_review", 66);
        is(&year(41, true), "unmet", 65);
        let why = open.2["not_counted"][0].clone();
        assert_eq!(why["reason"]["code"], "recorded_too", "{why}");
        assert_eq!(why["reason"]["facts"], json!({ "beyond": 14, "recorded": 14 }));
    });
}

#[test]
fn hours_include_those_of_the_parts_are_listed_as_they_were_said_and_zero_says_nothing() {
    each_backend(|app| {
        let learner = app.learner("630100").register();
        let officer = app.as_officer("630100");
        let roll = made(&officer, &past_years("630100"));
        let hours = |of: &[(&str, u32)]| -> Value {
            let of: Vec<Value> = of.iter().map(|(code, hours)| json!({ "category": code, "hours": hours })).collect();
            super::about(&learner, json!({ "year": 2018, "hours": of }))
        };
        let faults = |item: Value| {
            let told = put(&officer, &roll, &json!([item]))["items"][0].clone();
            (told["errors"][0]["pointer"].clone(), told["errors"][0]["code"].clone())
        };
        assert_eq!(faults(hours(&[("public", 0), ("professional", 0)])), (json!("/hours"), json!("not_attested")));
        let less = hours(&[("professional", 7), ("professional.elective", 8)]);
        assert_eq!(faults(less), (json!("/hours/0/hours"), json!("less_than_parts")));
        let said = hours(&[("professional", 30), ("professional.elective", 8), ("public", 0)]);
        let told = put(&officer, &roll, &json!([said.clone(), said]));
        assert_eq!(outcomes(&told), ["created", "unchanged"], "{told}");
        let listed = officer.get(&format!("{roll}/items")).expect(200).json["items"][0]["hours"].clone();
        assert_eq!(
            listed,
            json!([{ "category": "professional", "hours": 30 }, { "category": "professional.elective", "hours": 8 }])
        );
        let lines = entries(app, &learner);
        let own: Vec<&Value> = lines.iter().map(|line| &line["hours"]).collect();
        assert_eq!(own, [&json!(22), &json!(8)], "a line holds what is beside the parts");
    });
}

#[test]
fn the_same_batch_again_changes_nothing_and_other_content_is_a_conflict() {
    each_backend(|app| {
        let (one, other) = (app.learner("610100").register(), app.learner("610100").register());
        let officer = app.as_officer("610000");
        let roll = made(&officer, &past_years("610000"));
        let batch = json!([met(&one, 2018), hours(&other, 2018, 24), met(&one, 2018)]);
        assert_eq!(outcomes(&put(&officer, &roll, &batch)), ["created", "created", "unchanged"]);
        let rows = tables::rows(app)["hour_entry"];
        assert_eq!(outcomes(&put(&officer, &roll, &batch)), ["unchanged"; 3]);
        let told = put(&officer, &roll, &json!([hours(&one, 2018, 1), hours(&other, 2018, 25)]));
        assert_eq!(outcomes(&told), ["conflict"; 2]);
        assert_eq!(
            (&told["items"][0]["reason"], &told["items"][0]["fields"]),
            (&json!("other_content"), &json!(["met", "hours"]))
        );
        assert_eq!(told["items"][1]["fields"], json!(["hours"]));
        // Nor does another roll say anything of a year that this one speaks of.
        let second = made(&officer, &past_years("610000"));
        let told = put(&officer, &second, &json!([met(&one, 2018)]));
        assert_eq!(told["items"][0]["reason"], "on_another_roll");
        assert!(roll.ends_with(told["items"][0]["roll_id"].as_str().unwrap()));
        assert_eq!(tables::rows(app)["hour_entry"], rows);
    });
}

#[test]
fn a_rehearsal_gives_the_same_answer_and_leaves_nothing() {
    each_backend(|app| {
        let learner = app.learner("610100").register();
        let officer = app.as_officer("610000");
        let roll = made(&officer, &past_years("610000"));
        let batch = json!({ "items": [met(&learner, 2018), hours(&learner, 2018, 3), met(&learner, 2021), {}] });
        let kept = || {
            let all = tables::rows(app);
            ["hour_entry", "change", "audit_event"].map(|table| all[table])
        };
        let rows = kept();
        let rehearsed = officer.post(&format!("{roll}/items/validation"), &batch).expect(200).json;
        assert_eq!(kept(), rows);
        assert_eq!(outcomes(&rehearsed), ["created", "conflict", "malformed", "malformed"]);
        assert_eq!(rehearsed, officer.post(&format!("{roll}/items"), &batch).expect(200).json);
        assert_ne!(kept(), rows);
    });
}
