//! Recognitions as learners file them and offices decide them, from the draft to the hours in the standing.

mod beside;
mod limits;
mod merged;
mod offices;
mod revoked;
mod routes;

use crate::{
    completions::soon,
    registry::{faults, named},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{access::Named, kernel::EmployerId};
use serde_json::{Value, json};
use tests::{Answer, App, Client, each_backend, fixtures::Learner};
use time::macros::datetime;
use xueshi::auth::{CallerKind, Subject};

const PDF: &[u8] = b"%PDF-1.4\n%%EOF\n";

/// A teacher of a county of Xining with an employer, and everybody who has to do with them, in the autumn of 2020.
pub(crate) struct Town<'a> {
    app: &'a App,
    pub(crate) learner: Learner,
    employer: EmployerId,
}

impl<'a> Town<'a> {
    pub(crate) fn in_autumn(app: &'a App) -> Self {
        app.clock.set(datetime!(2020-10-12 12:00 +08:00));
        Self::new(app)
    }

    pub(crate) fn new(app: &'a App) -> Self {
        let employer = json!({ "name": "示例学校", "kind": "public_institution", "kind_from_on": "2015-01-01", "place": "630102" });
        let employer = app.as_system_administrator().post("/v1/employers", &employer).expect(201).json;
        let sector = json!({ "kind": "sector", "name": "示例教育厅", "place": "630000", "series": "教师" });
        let _ = app.as_system_administrator().post("/v1/authorities", &sector).expect(201);
        let town = Self {
            app,
            learner: app.learner("630102").series("教师").register(),
            employer: employer["employer_id"].as_str().unwrap().parse().unwrap(),
        };
        town.employ(&town.learner);
        town
    }

    fn employ(&self, learner: &Learner) {
        let employed = json!({ "employer_id": self.employer, "from_on": "2018-09-01" });
        let path = format!("/v1/learners/{}/employments", learner.id);
        let _ = self.app.as_national_officer().post(&path, &employed).expect(201);
    }

    fn calling(&self, kind: CallerKind, name: &str, named: Named) -> Client<'a> {
        self.app.calling(Subject { kind, name: name.to_owned(), named })
    }

    pub(crate) fn school(&self, name: &str) -> Client<'a> {
        let named = Named { employer: Some(self.employer), ..Named::default() };
        self.calling(CallerKind::EmployerAdministrator, name, named)
    }

    pub(crate) fn sector(&self) -> Client<'a> {
        let named = Named { place: "630000".parse().ok(), series: Some("教师".into()), ..Named::default() };
        self.calling(CallerKind::SectorAuthority, "zhao", named)
    }

    pub(crate) fn officer(&self, place: &str, name: &str) -> Client<'a> {
        self.calling(CallerKind::Officer, name, Named { place: place.parse().ok(), ..Named::default() })
    }

    pub(crate) fn filer(&self) -> Client<'a> {
        self.app.as_learner(self.learner.id)
    }

    /// A draft with its evidence; its address.
    pub(crate) fn draft(&self, filer: &Client<'_>) -> String {
        let asked = json!({ "learner_id": self.learner.id, "claim": claim() });
        let at = filer.post("/v1/recognitions", &asked).expect(201).header("location").to_owned();
        let _ = filer.post(&format!("{at}/evidence"), &evidence(PDF)).expect(201);
        at
    }

    /// A case that was handed in; its id.
    pub(crate) fn submitted(&self) -> String {
        let at = self.draft(&self.filer());
        let _ = go(&self.filer(), &at, "submission").expect(200);
        at.rsplit('/').next().unwrap().to_owned()
    }

    fn standing(&self) -> Value {
        let path = format!("/v1/learners/{}/standings/2020", self.learner.id);
        self.filer().get(&path).expect(200).json
    }
}

/// Five days, one of them travel: 4 × 7.
pub(crate) fn claim() -> Value {
    json!({
        "kind": "training", "first_on": "2020-09-07", "last_on": "2020-09-11", "travel_days": 1,
        "document": "示例培训通知〔2020〕1号", "own_field": true,
        "conditions": [
            { "condition": "由国家部委，省、州市、县（区）行业部门及有关部门统一组织、主办", "holds": true },
            { "condition": "脱产的学习、培训、进修、研修、专题讲座等", "holds": true }
        ]
    })
}

fn evidence(bytes: &[u8]) -> Value {
    json!({ "kind": "主办或承办单位文件", "file_name": "示例通知.pdf", "content": STANDARD.encode(bytes) })
}

/// A step without a body.
fn go(client: &Client<'_>, at: &str, step: &str) -> Answer {
    client.send("POST", &format!("{at}/{step}"), None, Vec::new())
}

fn state(answer: &Value) -> (&str, &Value) {
    let review = if answer["review"].is_object() { &answer["review"] } else { answer };
    (review["state"].as_str().unwrap(), &review["stage"])
}

#[test]
fn a_training_goes_from_the_learner_through_every_office_into_the_standing() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let trial = json!({ "learner_id": town.learner.id, "claim": claim(), "evidence": ["主办或承办单位文件"] });
        let tried = town.filer().post("/v1/recognitions/validation", &trial).expect(200).json;
        assert_eq!((&tried["outcome"], &tried["hours"], &tried["reasons"]), (&json!("worth"), &json!(28), &json!([])));
        let steps: Vec<&str> =
            tried["steps"].as_array().unwrap().iter().map(|step| step["text"].as_str().unwrap()).collect();
        assert!(steps.contains(&"4 天 × 7 = 28"), "{steps:?}");
        let english = town.filer().in_english().post("/v1/recognitions/validation", &trial).expect(200).text;
        assert!(english.contains("4 days × 7 = 28"), "{english}");

        let at = town.draft(&town.filer());
        let id = at.rsplit('/').next().unwrap();
        let drafted = town.filer().get(&at).expect(200).json;
        assert_eq!(
            (state(&drafted).0, &drafted["worth"]["hours"], &drafted["version"]),
            ("draft", &json!(28), &json!(1))
        );
        let handed_in = go(&town.filer(), &at, "submission").expect(200).json;
        let seats: Vec<&Value> =
            handed_in["review"]["stages"].as_array().unwrap().iter().map(|stage| &stage["seat"]).collect();
        assert_eq!(seats, ["employer", "sector_authority", "county", "city", "province"]);
        let review = format!("/v1/reviews/{id}");
        let offices = [
            town.school("wang"),
            town.sector(),
            town.officer("630102", "li"),
            town.officer("630100", "qian"),
            town.officer("630000", "sun"),
        ];
        for (stage, office) in offices.iter().enumerate() {
            let waits = office.get("/v1/reviews").expect(200).json;
            assert_eq!(waits["items"][0]["case_id"], id, "stage {stage}: {waits}");
            assert_eq!(waits["items"][0]["recognition"]["worth"]["hours"], 28);
            if let Some(later) = offices.get(stage + 1) {
                assert_eq!(later.get("/v1/reviews").expect(200).json["items"], json!([]));
                let _ = later.post(&format!("{review}/approval"), &json!({})).problem(403, "not_your_stage");
            }
            assert_eq!(town.standing()["counted"], json!([]), "nothing counts before the last office");
            let decided = office.post(&format!("{review}/approval"), &json!({})).expect(200).json;
            let last = stage + 1 == offices.len();
            assert_eq!(state(&decided).0, if last { "approved" } else { "waiting" });
        }
        let standing = town.standing();
        let line = &standing["counted"][0];
        assert_eq!((&line["hours_counted"], &line["category"]), (&json!(28), &json!("professional")), "{standing}");
        assert_eq!((&line["ground"]["basis"], &line["ground"]["case_id"]), (&json!("recognition"), &json!(id)));
        let shown = town.filer().get(&at).expect(200).json;
        assert_eq!(shown["worth"]["steps"], drafted["worth"]["steps"], "the arithmetic is shown after as before");
        let told: Vec<&Value> =
            shown["review"]["history"].as_array().unwrap().iter().map(|event| &event["by"]).collect();
        assert_eq!(told[1..3], ["employer_administrator", "sector_authority"], "the learner sees no names");
        assert!(!shown["worth"]["steps"][0]["clauses"].as_array().unwrap().is_empty());
        let changes = || town.filer().get("/v1/changes").expect(200).json["items"].clone();
        soon(|| changes().as_array().unwrap().len() == 1);
        let change = &changes()[0];
        assert_eq!(
            (&change["kind"], &change["outcome"], &change["year"]),
            (&json!("decided"), &json!("credited"), &json!(2020))
        );
        assert_eq!(change["entry_id"], line["entry_id"]);
        // What is final stays.
        let _ = go(&town.filer(), &at, "withdrawal").problem(409, "review_settled");
        let settled = offices[4].post(&format!("{review}/approval"), &json!({})).problem(409, "review_settled");
        assert_eq!((&settled["settled_by"], &settled["action"]), (&json!("officer:sun"), &json!("approve")));
        let listed = offices[2].get(&format!("/v1/learners/{}/recognitions", town.learner.id)).expect(200).json;
        assert_eq!(listed["items"][0]["recognition_id"], id);
    });
}

#[test]
fn what_is_returned_is_completed_and_what_is_refused_names_the_clause() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let id = town.submitted();
        let (at, review) = (format!("/v1/recognitions/{id}"), format!("/v1/reviews/{id}"));
        let school = town.school("wang");
        let mut shorter = claim();
        shorter["last_on"] = "2020-09-10".into();
        let _ = town.filer().put(&at, &shorter).problem(409, "review_not_now");
        let _ = school.post(&format!("{review}/return"), &json!({ "reason": "   " })).problem(422, "invalid_body");
        let returned = school.post(&format!("{review}/return"), &json!({ "reason": "日期有误" })).expect(200).json;
        assert_eq!(state(&returned), ("returned", &json!(0)));
        app.clock.set(app.clock.now() + time::Duration::MINUTE);
        let changed = town.filer().put(&at, &shorter).expect(200).json;
        assert_eq!((&changed["version"], &changed["worth"]["hours"]), (&json!(2), &json!(21)));
        assert_eq!(town.filer().put(&at, &shorter).expect(200).json["version"], 2, "nothing new is no version");
        shorter["kind"] = "training_abroad".into();
        let other = town.filer().put(&at, &shorter).problem(422, "invalid_body");
        assert_eq!(other["errors"][0]["code"], "kind_stays");
        let again = go(&town.filer(), &at, "submission").expect(200).json;
        assert_eq!(state(&again), ("waiting", &json!(0)));
        // Whoever decides sees what was declared before, and is told where they did not look at it anew.
        let before = &again["handed_in"][0];
        assert_eq!((&before["version"], &before["claim"]["last_on"]), (&json!(1), &json!("2020-09-11")), "{again}");
        let unseen = school.post(&format!("{review}/approval"), &json!({ "seen": 2 })).problem(409, "review_settled");
        assert_eq!(unseen["action"], "resubmit");
        // What has not happened yet nobody has seen, be it the next thing.
        let last = again["review"]["history"].as_array().unwrap().last().unwrap()["number"].as_u64().unwrap();
        for ahead in [last + 1, 99] {
            let told = school.post(&format!("{review}/approval"), &json!({ "seen": ahead }));
            assert_eq!(faults(&told.problem(422, "invalid_body")), named(&[("/seen", "range")]), "{ahead}");
        }

        let _ = school.post(&format!("{review}/approval"), &json!({})).expect(200);
        let stale = town.sector().post(&format!("{review}/approval"), &json!({ "seen": 1 }));
        let stale = stale.problem(409, "review_settled");
        assert_eq!(stale["settled_by"], "employer_administrator:wang");
        let bare = json!({ "reason": "不属统一组织" });
        assert_eq!(
            faults(&town.sector().post(&format!("{review}/refusal"), &bare).problem(422, "invalid_body")),
            named(&[("/clause", "missing")])
        );
        let clause = json!({ "clause": { "document": "青人社厅函〔2020〕227号", "clause": "五(二)2(1)" } });
        let refused = town.sector().post(&format!("{review}/refusal"), &clause).expect(200).json;
        assert_eq!(state(&refused).0, "refused");
        let shown = town.filer().get(&at).expect(200).json;
        assert_eq!((&again["worth"]["hours"], &shown["worth"]), (&json!(21), &Value::Null), "nothing comes of it");
        let last = shown["review"]["history"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["action"], &last["clause"]), (&json!("refuse"), &clause["clause"]));
        assert_eq!(town.standing()["counted"], json!([]));

        let id = town.submitted();
        let at = format!("/v1/recognitions/{id}");
        let withdrawn = go(&town.filer(), &at, "withdrawal").expect(200).json;
        assert_eq!((state(&withdrawn).0, &withdrawn["worth"]), ("withdrawn", &Value::Null));
        let _ = school.post(&format!("/v1/reviews/{id}/approval"), &json!({})).problem(409, "review_settled");
    });
}

#[test]
fn nobody_decides_what_they_filed_and_foreign_cases_do_not_exist() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let at = town.draft(&town.school("wang"));
        let _ = go(&town.school("wang"), &at, "submission").expect(200);
        let id = at.rsplit('/').next().unwrap();
        let review = format!("/v1/reviews/{id}");
        let stages = town.filer().get(&at).expect(200).json["review"]["stages"].clone();
        assert_eq!(stages[0]["seat"], "sector_authority", "who filed for the unit need not hand it in again");
        let by_learner = town.draft(&town.school("wang"));
        let handed_in = go(&town.filer(), &by_learner, "submission").expect(200).json;
        assert_eq!(
            handed_in["review"]["stages"][0]["seat"], "employer",
            "the unit has not seen what the learner hands in"
        );
        let stranger = app.as_learner(app.learner("630102").register().id);
        let elsewhere = town.officer("610000", "zhou");
        for one in [&stranger, &elsewhere] {
            let _ = one.get(&at).problem(404, "not_found");
        }
        let _ = elsewhere.get(&review).problem(404, "not_found");
        let _ = elsewhere.post(&format!("{review}/approval"), &json!({})).problem(404, "not_found");
        let _ = stranger
            .post("/v1/recognitions", &json!({ "learner_id": town.learner.id, "claim": claim() }))
            .problem(404, "not_found");
        // The same person at two successive stages.
        let two = |named: Named, kind| town.calling(kind, "two", named);
        let sector = Named { place: "630000".parse().ok(), series: Some("教师".into()), ..Named::default() };
        let _ = two(sector, CallerKind::SectorAuthority).post(&format!("{review}/approval"), &json!({})).expect(200);
        let county = town.officer("630102", "li");
        let _ = county.post(&format!("{review}/approval"), &json!({})).expect(200);
        let city = town.officer("630100", "li");
        let refused = city.post(&format!("{review}/approval"), &json!({})).problem(403, "conflict_of_interest");
        assert_eq!(refused["reason"], "decided_stage_before");
        // Nor the same account in another role, whether it decided before or filed.
        let filed = by_learner.rsplit('/').next().unwrap();
        let own = town.school("wang").post(&format!("/v1/reviews/{filed}/approval"), &json!({}));
        assert_eq!(own.expect(200).json["state"], "waiting", "to hand in is no decision");
        let twice = town.calling(
            CallerKind::SectorAuthority,
            "wang",
            Named { place: "630000".parse().ok(), series: Some("教师".into()), ..Named::default() },
        );
        let refused = twice.post(&format!("/v1/reviews/{filed}/approval"), &json!({}));
        assert_eq!(refused.problem(403, "conflict_of_interest")["reason"], "filed_by_you");
        // Taken up: others leave it alone until it is laid down.
        let (first, second) = (town.officer("630100", "qian"), town.officer("630100", "wu"));
        let _ = go(&first, &review, "claim").expect(200);
        let taken = second.post(&format!("{review}/approval"), &json!({})).problem(409, "review_taken");
        assert_eq!(taken["taken_by"], "officer:qian");
        assert_eq!(second.get("/v1/reviews").expect(200).json["items"], json!([]));
        let _ = go(&second, &review, "release").problem(409, "review_taken");
        let _ = go(&first, &review, "release").expect(200);
        let _ = go(&first, &review, "release").problem(409, "review_not_taken");
        let _ = second.post(&format!("{review}/approval"), &json!({})).expect(200);
    });
}

#[test]
fn evidence_is_kept_sealed_shown_to_those_concerned_and_gone_with_the_person() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let id = town.submitted();
        let at = format!("/v1/recognitions/{id}");
        let file = town.filer().get(&at).expect(200).json["evidence"][0].clone();
        assert_eq!((&file["media_type"], &file["size"]), (&json!("application/pdf"), &json!(PDF.len())));
        let path = format!("{at}/evidence/{}", file["evidence_id"].as_str().unwrap());
        let county = town.officer("630102", "li");
        let shown = county.get(&path).expect(200).json;
        assert_eq!(STANDARD.decode(shown["content"].as_str().unwrap()).unwrap(), PDF);
        let _ = town.officer("610000", "zhou").get(&path).problem(404, "not_found");
        assert!(crate::tables::kept_in_the_clear(app, "%PDF-1.4").is_empty());
        let looks = format!("/v1/learners/{}/access-records", town.learner.id);
        soon(|| town.filer().get(&looks).expect(200).text.contains("get_recognition_evidence"));

        let learner = format!("/v1/learners/{}", town.learner.id);
        let _ = county.post(&format!("{learner}/erasure"), &json!({ "ground": "示例" })).expect(200);
        let left = county.get(&at).expect(200).json;
        assert_eq!((&left["claim"]["document"], &left["evidence"][0]["file_name"]), (&Value::Null, &Value::Null));
        let _ = county.get(&path).problem(404, "not_found");
        assert_eq!(state(&left).0, "cancelled", "nothing waits for a decision about nobody");
        for text in ["示例通知.pdf", "示例培训通知"] {
            assert_eq!(crate::tables::columns_with(app, text), [""; 0], "{text}");
        }
    });
}

#[test]
fn hours_that_a_rule_leaves_open_are_granted_with_a_reason_within_its_bounds() {
    each_backend(|app| {
        let employer =
            json!({ "name": "示例公司", "kind": "enterprise", "kind_from_on": "2015-01-01", "place": "610100" });
        let employer = app.as_system_administrator().post("/v1/employers", &employer).expect(201).json;
        let employer: EmployerId = employer["employer_id"].as_str().unwrap().parse().unwrap();
        let learner = app.learner("610100").register();
        let employed = json!({ "employer_id": employer, "from_on": "2018-09-01" });
        let _ =
            app.as_national_officer().post(&format!("/v1/learners/{}/employments", learner.id), &employed).expect(201);
        let filer = app.as_learner(learner.id);
        let claim = json!({ "kind": "equivalent_hours", "category": "professional", "certificate_on": "2020-09-11" });
        let made = filer.post("/v1/recognitions", &json!({ "learner_id": learner.id, "claim": claim })).expect(201);
        assert_eq!(made.json["worth"]["reasons"][0]["code"], "hours_to_be_granted", "{}", made.text);
        let at = made.header("location").to_owned();
        let _ = go(&filer, &at, "submission").expect(200);
        let named_by = Named { employer: Some(employer), ..Named::default() };
        let unit =
            app.calling(Subject { kind: CallerKind::EmployerAdministrator, name: "wang".into(), named: named_by });
        let approval = format!("/v1/reviews/{}/approval", at.rsplit('/').next().unwrap());
        let faulty = |body: Value, wanted: &[(&str, &str)]| {
            assert_eq!(faults(&unit.post(&approval, &body).problem(422, "invalid_body")), named(wanted), "{body}");
        };
        faulty(json!({}), &[("/hours", "missing")]);
        faulty(json!({ "hours": 16 }), &[("/reason", "missing")]);
        faulty(json!({ "hours": 0, "reason": "按证书" }), &[("/hours", "range")]);
        let above =
            unit.post(&approval, &json!({ "hours": 57, "reason": "按证书" })).problem(409, "recognition_refused");
        assert_eq!(above["reasons"][0]["code"], "grant_above_most");
        let _ = unit.post(&approval, &json!({ "hours": 56, "reason": "按证书" })).expect(200);
        let standing = filer.get(&format!("/v1/learners/{}/standings/2020", learner.id)).expect(200).json;
        assert_eq!(standing["counted"][0]["hours_counted"], 56);
    });
}
