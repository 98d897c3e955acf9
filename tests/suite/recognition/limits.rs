//! What is refused with every fault at once, what is bounded, and what is shown to whom.

use super::{PDF, Town, claim, evidence, go, state};
use crate::registry::{faults, named};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tests::{App, each_backend};

const ZIP: &[u8] = b"PK\x03\x04\x14\x00\x00\x00\x08\x00";

fn mentoring(month: u8) -> Value {
    json!({
        "kind": "mentoring", "first_on": format!("2020-{month:02}-02"), "last_on": format!("2020-{month:02}-06"),
        "conditions": [{ "condition": "作为带教老师或帮扶导师，赴企事业单位、基层一线", "holds": true }]
    })
}

fn nothing_is_kept(app: &App) {
    for table in ["recognition_claim", "recognition_evidence", "review_case", "review_event"] {
        assert_eq!(crate::tables::rows(app)[table], 0, "{table}");
    }
}

#[test]
fn what_can_never_be_is_told_where_it_stands() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let refused = |change: fn(&mut Value), wanted: &[(&str, &str)]| {
            let mut claim = claim();
            change(&mut claim);
            let asked = json!({ "learner_id": town.learner.id, "claim": claim });
            let problem = town.filer().post("/v1/recognitions", &asked).problem(422, "invalid_body");
            assert_eq!(faults(&problem), named(wanted), "{asked}");
        };
        refused(|claim| claim["kind"] = "juggling".into(), &[("/claim/kind", "unknown_value")]);
        let patent = |claim: &mut Value| {
            claim["kind"] = "patent_invention".into();
            claim["conditions"] = json!([]);
        };
        refused(patent, &[("/claim/kind", "off_the_ledger")]);
        refused(|claim| claim["last_on"] = "2020-10-13".into(), &[("/claim/last_on", "in_the_future")]);
        refused(|claim| claim["last_on"] = "2020-09-01".into(), &[("/claim/last_on", "before_first_day")]);
        refused(|claim| claim["days"] = 6.into(), &[("/claim/days", "range")]);
        refused(|claim| claim["travel_days"] = 6.into(), &[("/claim/travel_days", "range")]);
        refused(|claim| claim["colour"] = "red".into(), &[("/claim/colour", "unknown_field")]);
        refused(
            |claim| claim["document"] = "610302199001010002 的证书".into(),
            &[("/claim/document", "personal_data")],
        );

        // A draft may lack something; it is not handed in before it is whole.
        let asked = json!({ "learner_id": town.learner.id, "claim": claim() });
        let at = town.filer().post("/v1/recognitions", &asked).expect(201).header("location").to_owned();
        let problem = go(&town.filer(), &at, "submission").problem(409, "recognition_refused");
        assert_eq!(problem["reasons"][0]["code"], "evidence_missing");
        let files = format!("{at}/evidence");
        let zip =
            town.filer().post(&files, &evidence(b"PK\x03\x04\x14\x00\x00\x00\x08\x00")).problem(422, "invalid_body");
        assert_eq!(faults(&zip), named(&[("/content", "unsupported_file")]));
        let mut other = evidence(PDF);
        other["kind"] = "合影".into();
        assert_eq!(
            faults(&town.filer().post(&files, &other).problem(422, "invalid_body")),
            named(&[("/kind", "unknown_value")])
        );
        other = evidence(&[PDF, &vec![b' '; 4 * 1024 * 1024]].concat());
        assert_eq!(
            faults(&town.filer().post(&files, &other).problem(422, "invalid_body")),
            named(&[("/content", "length")])
        );
        other["content"] = "***".into();
        other["kind"] = "主办或承办单位文件".into();
        assert_eq!(
            faults(&town.filer().post(&files, &other).problem(422, "invalid_body")),
            named(&[("/content", "invalid_value")])
        );
    });
}

#[test]
fn every_fault_of_a_claim_is_told_at_once_and_nothing_of_it_is_kept() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let refused = |claim: Value, wanted: &[(&str, &str)]| {
            let asked = json!({ "learner_id": town.learner.id, "claim": claim });
            let problem = town.filer().post("/v1/recognitions", &asked).problem(422, "invalid_body");
            assert_eq!(faults(&problem), named(wanted), "{claim}");
            problem
        };
        let unknown = json!({
            "kind": "juggling", "first_on": "2020-10-20", "last_on": "2020-10-14", "concluded_on": "2020-10-01", "rank": 0, "colour": 1
        });
        let problem = refused(
            unknown,
            &[
                ("/claim/colour", "unknown_field"),
                ("/claim/concluded_on", "before_first_day"),
                ("/claim/first_on", "in_the_future"),
                ("/claim/kind", "unknown_value"),
                ("/claim/last_on", "before_first_day"),
                ("/claim/last_on", "in_the_future"),
                ("/claim/rank", "range"),
            ],
        );
        assert!(problem.to_string().contains("mentoring"), "the kinds that there are: {problem}");
        let mut asked_for_nothing = claim();
        (asked_for_nothing["role"], asked_for_nothing["level"]) = ("示例甲".into(), "省级".into());
        (asked_for_nothing["category"], asked_for_nothing["days"]) = ("public".into(), 9.into());
        let conditions = asked_for_nothing["conditions"].as_array_mut().unwrap();
        conditions.push(json!({ "condition": "天气晴朗", "holds": true }));
        conditions.push(conditions[0].clone());
        let _ = refused(
            asked_for_nothing,
            &[
                ("/claim/category", "unknown_value"),
                ("/claim/conditions/2/condition", "unknown_value"),
                ("/claim/conditions/3/condition", "duplicate"),
                ("/claim/days", "range"),
                ("/claim/level", "not_asked"),
                ("/claim/role", "not_asked"),
            ],
        );
        nothing_is_kept(app);
    });
}

#[test]
fn a_claim_of_a_year_without_rules_says_so_before_and_after_it_is_kept() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let mut long_ago = claim();
        (long_ago["first_on"], long_ago["last_on"]) = ("2014-09-07".into(), "2014-09-11".into());
        let asked = json!({ "learner_id": town.learner.id, "claim": long_ago });
        let mut trial = asked.clone();
        trial["evidence"] = json!(["主办或承办单位文件"]);
        let tried = town.filer().post("/v1/recognitions/validation", &trial).expect(200).json;
        let made = town.filer().post("/v1/recognitions", &asked).expect(201).json;
        assert_eq!((&tried["outcome"], &tried["reasons"][0]["facts"]["year"]), (&json!("needs_review"), &json!(2014)));
        for worth in [&tried, &made["worth"]] {
            let reasons = worth["reasons"].as_array().unwrap();
            assert!(reasons.iter().any(|reason| reason["code"] == "no_rule_for_year"), "{worth}");
        }
    });
}

#[test]
fn files_are_bounded_in_kind_number_and_size_and_what_is_refused_leaves_nothing() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let asked = json!({ "learner_id": town.learner.id, "claim": claim() });
        let at = town.filer().post("/v1/recognitions", &asked).expect(201).header("location").to_owned();
        let files = format!("{at}/evidence");
        let zip = town.filer().in_english().post(&files, &evidence(ZIP)).problem(422, "invalid_body");
        let fault = &zip["errors"][0];
        assert_eq!((&fault["pointer"], &fault["code"]), (&json!("/content"), &json!("unsupported_file")));
        assert_eq!((&fault["found"], fault["accepted"].as_array().unwrap().len()), (&json!("application/zip"), 3));
        assert!(fault["detail"].as_str().unwrap().contains("application/zip"), "{fault}");
        for bytes in [&b""[..], b"%PD", b"<svg/>", b"%!PS-Adobe-3.0"] {
            let problem = town.filer().post(&files, &evidence(bytes)).problem(422, "invalid_body");
            assert_eq!(problem["errors"][0]["pointer"], "/content", "{problem}");
        }
        assert_eq!(crate::tables::rows(app)["recognition_evidence"], 0);
        // As `sha256sum` says of these bytes.
        const OF_PDF: &str = "14bcd090baf31edba64e9cbd8cdfc15f943344aa72cb3675ad8e91bfcbce03ad";
        for bytes in [PDF, b"\xff\xd8\xff\xe0\x00\x10JFIF", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"] {
            let _ = town.filer().post(&files, &evidence(bytes)).expect(201);
        }
        let shown = town.filer().get(&at).expect(200).json["evidence"].clone();
        let media: Vec<&Value> = shown.as_array().unwrap().iter().map(|file| &file["media_type"]).collect();
        assert_eq!(media, ["application/pdf", "image/jpeg", "image/png"]);
        assert_eq!(shown[0]["sha256"], OF_PDF);
        let largest = [PDF, &vec![b' '; 4 * 1024 * 1024 - PDF.len()]].concat();
        let made = town.filer().post(&files, &evidence(&largest)).expect(201);
        let back = town.filer().get(made.header("location")).expect(200).json;
        assert_eq!(STANDARD.decode(back["content"].as_str().unwrap()).unwrap(), largest);
        for _ in 4..20 {
            let _ = town.filer().post(&files, &evidence(PDF)).expect(201);
        }
        // The twenty-first, and no file at all: both are told.
        let many = town.filer().post(&files, &evidence(ZIP)).problem(422, "invalid_body");
        assert_eq!(faults(&many), named(&[("", "too_many_files"), ("/content", "unsupported_file")]));
        assert_eq!(crate::tables::rows(app)["recognition_evidence"], 20);
        // Another's paper is not there under this recognition, nor this one's under another.
        let other = town.draft(&town.filer());
        let name = made.header("location").rsplit('/').next().unwrap().to_owned();
        let _ = town.filer().get(&format!("{other}/evidence/{name}")).problem(404, "not_found");
        let _ = go(&town.filer(), &other, "submission").expect(200);
        let late = town.filer().post(&format!("{other}/evidence"), &evidence(PDF)).problem(409, "review_not_now");
        assert_eq!(late["state"], "waiting");
        let stranger = app.as_learner(app.learner("630102").register().id);
        let _ = stranger.post(&files, &evidence(PDF)).problem(404, "not_found");
        let shape = json!({ "kind": 7, "content": "x" });
        let _ = stranger.post(&files, &shape).problem(404, "not_found");
        let _ = town.filer().post(&files, &shape).problem(422, "invalid_body");
    });
}

#[test]
fn what_is_worth_more_than_the_cap_is_kept_whole_and_counts_up_to_it() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        for month in [3, 5] {
            let id = town.filed(&mentoring(month), "单位文件");
            let worth = town.filer().get(&format!("/v1/recognitions/{id}")).expect(200).json["worth"].clone();
            assert_eq!(worth["hours"], 35, "evidence stays uncapped");
            let capped = worth["steps"].as_array().unwrap().iter().find(|step| step["code"] == "counted_at_most");
            assert_eq!(capped.unwrap()["facts"]["most"], 30, "{worth}");
            town.through(&id);
        }
        let counted = town.standing()["counted"].clone();
        let hours: f64 = counted.as_array().unwrap().iter().map(|line| line["hours_counted"].as_f64().unwrap()).sum();
        assert_eq!(
            (counted.as_array().unwrap().len(), hours),
            (1, 30.0),
            "the other one is kept and adds nothing: {counted}"
        );
        let lines = format!("/v1/learners/{}/hour-entries?year=2020", town.learner.id);
        let lines = town.filer().get(&lines).expect(200).json;
        assert_eq!(lines["items"].as_array().unwrap().len(), 2, "{lines}");
    });
}

/// A mentoring of five days that waits for the province; its id.
fn at_the_province(town: &Town<'_>, month: u8) -> String {
    let id = town.filed(&mentoring(month), "单位文件");
    let offices =
        [town.school("wang"), town.sector(), town.officer("630102", "county"), town.officer("630100", "city")];
    for office in offices {
        let _ = office.post(&format!("/v1/reviews/{id}/approval"), &json!({})).expect(200);
    }
    id
}

#[test]
fn two_approvals_at_once_count_up_to_the_cap_and_so_does_one_beside_a_revocation() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let [first, second, third] = [3, 5, 7].map(|month| at_the_province(&town, month));
        let (li, zhou) = (town.officer("630000", "li"), town.officer("630000", "zhou"));
        let approve = |office: &tests::Client<'_>, id: &str| {
            office.post(&format!("/v1/reviews/{id}/approval"), &json!({})).expect(200).json
        };
        // The hours that count, and those that stand by themselves.
        let hours = || {
            let sum = |lines: &Value, of: &str| -> f64 {
                lines.as_array().unwrap().iter().map(|line| line[of].as_f64().unwrap()).sum()
            };
            let stand = [&first, &second, &third].map(|id| {
                let shown = town.filer().get(&format!("/v1/recognitions/{id}")).expect(200).json;
                let mut lines = shown["credited"].clone();
                lines.as_array_mut().unwrap().retain(|line| line["reversed_at"].is_null());
                sum(&lines, "hours")
            });
            (sum(&town.standing()["counted"], "hours_counted"), stand)
        };
        assert_eq!(hours(), (0.0, [0.0, 0.0, 0.0]));
        let _ = tests::at_once(|| approve(&li, &first), || approve(&zhou, &second));
        assert_eq!(hours(), (30.0, [35.0, 35.0, 0.0]));
        let gone = || {
            let why = json!({ "reason": "证明材料不实" });
            li.post(&format!("/v1/reviews/{first}/revocation"), &why).expect(200).json
        };
        let _ = tests::at_once(gone, || approve(&zhou, &third));
        assert_eq!(hours(), (30.0, [0.0, 35.0, 35.0]), "what was taken back leaves its room to the others");
    });
}

#[test]
fn claims_of_the_same_days_are_shown_beside_one_another() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let (first, later) = (town.submitted(), town.filed(&mentoring(3), "单位文件"));
        let mut again = claim();
        (again["first_on"], again["last_on"]) = ("2020-09-11".into(), "2020-09-11".into());
        again.as_object_mut().unwrap().remove("travel_days");
        let asked = json!({ "learner_id": town.learner.id, "claim": again });
        let made = town.filer().post("/v1/recognitions", &asked).expect(201).json;
        assert_eq!(made["alike"], json!([first]));
        let of = |id: &str| town.school("wang").get(&format!("/v1/reviews/{id}")).expect(200).json;
        assert_eq!(of(&first)["recognition"]["alike"], json!([]), "a draft is nobody's business yet");
        assert_eq!(of(&later)["recognition"]["alike"], json!([]));
        let second = town.submitted();
        assert_eq!(of(&first)["recognition"]["alike"], json!([second]));
        let _ = go(&town.filer(), &format!("/v1/recognitions/{second}"), "withdrawal").expect(200);
        assert_eq!(of(&first)["recognition"]["alike"], json!([]));
    });
}

#[test]
fn who_of_an_office_did_something_is_the_offices_to_know() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let id = town.submitted();
        let review = format!("/v1/reviews/{id}");
        let _ = town.school("wang").post(&format!("{review}/approval"), &json!({})).expect(200);
        let _ = town.sector().post(&format!("{review}/approval"), &json!({})).expect(200);
        let by = |answer: Value| {
            let history = if answer["review"].is_object() { &answer["review"]["history"] } else { &answer["history"] };
            history.as_array().unwrap().iter().map(|event| event["by"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let learner = format!("learner:{}", town.learner.id);
        let seen = |client: tests::Client<'_>| by(client.get(&review).expect(200).json);
        assert_eq!(
            seen(town.officer("630102", "li")),
            [learner.as_str(), "employer_administrator:wang", "sector_authority:zhao"]
        );
        assert_eq!(seen(town.school("qian")), ["learner", "employer_administrator:wang", "sector_authority"]);
        let own = by(town.filer().get(&format!("/v1/recognitions/{id}")).expect(200).json);
        assert_eq!(own, ["learner", "employer_administrator", "sector_authority"]);
        // Who comes second and says not what they had seen learns who was first all the same.
        let late = town.school("qian").post(&format!("{review}/approval"), &json!({})).problem(409, "review_settled");
        assert_eq!((&late["settled_by"], &late["action"]), (&json!("employer_administrator:wang"), &json!("approve")));
        let returned = town.officer("630102", "li").post(&format!("{review}/return"), &json!({ "reason": "缺页" }));
        assert_eq!(state(&returned.expect(200).json), ("returned", &json!(2)));
        let told = go(&town.filer(), &format!("/v1/recognitions/{id}"), "withdrawal").expect(200).json;
        assert_eq!(state(&told).0, "withdrawn");
    });
}
