//! What offices find of people's hours: filed by one officer, confirmed by another, with what follows; and annulled.

mod annulled;
mod bulk;
mod courses;
mod merged;
mod wrong;

pub(crate) use courses::standing;

use crate::completions::soon;
use domain::access::Named;
use serde_json::{Value, json};
use tests::{
    Answer, App, Client, at_once, each_backend,
    fixtures::{Learner, Stage},
};
use time::macros::datetime;
use xueshi::auth::{CallerKind, Subject};

/// Someone of a county of Qinghai who has met 2020, and the offices in charge.
pub(crate) struct County<'a> {
    app: &'a App,
    stage: Stage,
    pub(crate) learner: Learner,
}

impl<'a> County<'a> {
    pub(crate) fn new(app: &'a App) -> Self {
        let stage = app.qinghai();
        let learner = app.learner("630102").register();
        let pushed =
            app.push(&stage.platform, [learner.finished(&stage.public), learner.finished(&stage.professional)]);
        assert!(pushed.iter().all(|item| item["outcome"] == "credited"), "{pushed:?}");
        Self { app, stage, learner }
    }

    pub(crate) fn officer(&self, place: &str, name: &str) -> Client<'a> {
        officer(self.app, place, name)
    }

    /// Who confirms, without the rest.
    pub(crate) fn wang_of(app: &'a App) -> Client<'a> {
        officer(app, "630102", "wang")
    }

    /// Who files.
    pub(crate) fn li(&self) -> Client<'a> {
        self.officer("630000", "li")
    }

    /// Who confirms.
    pub(crate) fn wang(&self) -> Client<'a> {
        Self::wang_of(self.app)
    }

    fn own(&self) -> Client<'a> {
        self.app.as_learner(self.learner.id)
    }

    /// Lines of the person's ledger.
    fn lines(&self) -> Vec<Value> {
        lines_of(self.app, &self.learner)
    }

    /// The line of a category that stands.
    fn line(&self, category: &str) -> String {
        let lines = self.lines();
        let stands =
            |line: &&Value| line["kind"] == "credit" && line["category"] == category && line["reversed_by"].is_null();
        lines.iter().rev().find(stands).unwrap()["entry_id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn input(&self, lines: &[String]) -> Value {
        json!({
            "learner_id": self.learner.id, "cause": "fraud", "decided_on": "2021-06-01",
            "document": "示例查实报告〔2021〕1号", "lines": lines
        })
    }

    /// Files that the professional hours were false; the address and the id.
    pub(crate) fn filed(&self) -> (String, String) {
        let made = self.li().post("/v1/findings", &self.input(&[self.line("professional")])).expect(201);
        let at = made.header("location").to_owned();
        let id = at.rsplit('/').next().unwrap().to_owned();
        assert_eq!((made.json["finding_id"].as_str(), &made.json["review"]["state"]), (Some(&*id), &json!("waiting")));
        (at, id)
    }

    pub(crate) fn confirm(&self, id: &str) -> Answer {
        self.wang().post(&format!("/v1/reviews/{id}/approval"), &json!({})).expect(200)
    }

    fn verdict(&self, known_at: Option<&str>) -> Value {
        let known = known_at.map(|at| format!("?as_known_at={at}")).unwrap_or_default();
        let path = format!("/v1/learners/{}/standings/2020{known}", self.learner.id);
        self.own().get(&path).expect(200).json["verdict"].clone()
    }

    /// The answer about an application for a title.
    fn applies(&self, applied_on: &str, known_at: Option<&str>) -> Value {
        let item = json!({
            "learner_id": self.learner.id, "purpose": "title_review", "level": "intermediate", "applied_on": applied_on
        });
        let asked = json!({ "items": [item], "as_known_at": known_at });
        let answer = self.own().post("/v1/eligibility-checks", &asked).expect(200).json;
        answer["items"][0]["eligibility"].clone()
    }

    /// Until when the person is barred, and by which clause.
    fn bar(&self, applied_on: &str, known_at: Option<&str>) -> Option<(Value, Value)> {
        let found = self.applies(applied_on, known_at);
        let reason = found["reasons"].as_array().unwrap().iter().find(|reason| reason["code"] == "barred")?.clone();
        assert_eq!(found["allows"], "not_eligible");
        Some((reason["facts"]["until_on"].clone(), reason["clauses"][0]["clause"].clone()))
    }

    fn sanctions(&self) -> Value {
        let path = format!("/v1/learners/{}/consequences", self.learner.id);
        self.own().get(&path).expect(200).json["sanctions"].clone()
    }
}

pub(crate) fn officer<'a>(app: &'a App, place: &str, name: &str) -> Client<'a> {
    let named = Named { place: place.parse().ok(), ..Named::default() };
    app.calling(Subject { kind: CallerKind::Officer, name: name.to_owned(), named })
}

fn lines_of(app: &App, learner: &Learner) -> Vec<Value> {
    let path = format!("/v1/learners/{}/hour-entries?limit=200", learner.id);
    app.as_national_officer().get(&path).expect(200).json["items"].as_array().unwrap().clone()
}

fn effects(sanctions: &Value) -> Vec<&str> {
    sanctions.as_array().unwrap().iter().map(|one| one["effect"].as_str().unwrap()).collect()
}

const FOLLOWS: [&str; 3] = ["application_cancelled", "title_bar", "credit_record"];

#[test]
fn hours_found_false_are_taken_back_once_another_officer_confirms_it() {
    each_backend(|app| {
        let county = County::new(app);
        assert_eq!(county.verdict(None), "met");
        let line = county.line("professional");
        let trial = county.li().post("/v1/findings/validation", &county.input(std::slice::from_ref(&line))).expect(200);
        assert_eq!(effects(&trial.json["sanctions"]), FOLLOWS);
        assert_eq!(
            county.own().get(&format!("/v1/learners/{}/findings", county.learner.id)).expect(200).json["items"],
            json!([])
        );

        let (at, id) = county.filed();
        let filed = county.li().get(&at).expect(200).json;
        assert_eq!((&filed["effective_at"], &filed["lines"][0]["reversed_at"]), (&Value::Null, &Value::Null));
        assert_eq!((&filed["lines"][0]["entry_id"], &filed["sanctions"]), (&json!(line), &trial.json["sanctions"]));
        // Before it is confirmed nothing follows, and it is nobody's but the offices'.
        assert_eq!((county.verdict(None), county.bar("2021-06-15", None)), (json!("met"), None));
        let _ = county.own().get(&at).problem(404, "not_found");
        let own = county.li().post(&format!("/v1/reviews/{id}/approval"), &json!({}));
        let _ = own.problem(403, "not_your_stage");
        let queue = county.wang().get("/v1/reviews").expect(200).json;
        assert_eq!(
            (&queue["items"][0]["case_id"], &queue["items"][0]["finding"]["cause"]),
            (&json!(id), &json!("fraud"))
        );

        app.clock.set(datetime!(2021-06-15 13:00 +08:00));
        let confirmed = county.confirm(&id).json;
        assert_eq!(
            (&confirmed["state"], &confirmed["finding"]["lines"][0]["reversed_for"]),
            (&json!("approved"), &json!("found_false"))
        );
        let shown = county.own().get(&at).expect(200).json;
        assert!(shown["effective_at"].is_string() && shown["annulled_at"].is_null(), "{shown}");
        assert_eq!(shown["review"]["history"][0]["by"], "officer", "the person sees no names");
        assert_eq!(effects(&shown["sanctions"]), FOLLOWS);
        assert_ne!(county.verdict(None), "met");
        assert_eq!(county.verdict(Some("2021-06-15T12:59:59%2B08:00")), "met", "as known before");
        let reversals: Vec<Value> = county.lines().into_iter().filter(|line| line["kind"] == "reversal").collect();
        assert_eq!((reversals.len(), &reversals[0]["reason_code"]), (1, &json!("found_false")));
        let sanctions = county.sanctions();
        assert_eq!((effects(&sanctions), &sanctions[1]["finding_id"]), (FOLLOWS.to_vec(), &json!(id)));
        let told = || county.own().get("/v1/changes").expect(200).json["items"].clone();
        soon(|| told().as_array().unwrap().iter().any(|one| one["kind"] == "reversed"));
        // Once, and by whom it is.
        let again = county.wang().post(&format!("/v1/reviews/{id}/approval"), &json!({}));
        let _ = again.problem(409, "review_settled");
        let listed = county.own().get(&format!("/v1/learners/{}/findings", county.learner.id)).expect(200).json;
        assert_eq!((listed["items"].as_array().unwrap().len(), &listed["items"][0]["finding_id"]), (1, &json!(id)));
    });
}

#[test]
fn the_bar_holds_through_the_same_day_three_years_on_and_not_on_the_next() {
    each_backend(|app| {
        let county = County::new(app);
        let (_, id) = county.filed();
        app.clock.set(datetime!(2021-06-15 13:00 +08:00));
        let _ = county.confirm(&id);
        app.clock.set(datetime!(2024-06-02 12:00 +08:00));
        let barred = Some((json!("2024-06-01"), json!("六")));
        assert_eq!(county.bar("2021-05-31", None), None);
        for on in ["2021-06-01", "2024-06-01"] {
            assert_eq!(county.bar(on, None), barred, "{on}");
        }
        assert_eq!(county.bar("2024-06-02", None), None);
        // As known before it was confirmed nobody was barred.
        assert_eq!(county.bar("2021-06-01", Some("2021-06-15T12:59:59+08:00")), None);
        assert_eq!(county.bar("2021-06-01", Some("2021-06-15T13:00:00+08:00")), barred);
        // What was handed in by the day of the decision is cancelled, what comes later is not.
        assert_eq!(county.applies("2020-11-30", None)["cancelled"]["finding_id"], json!(id));
        assert_eq!(county.applies("2021-06-01", None)["cancelled"]["clauses"][0]["clause"], "六");
        assert_eq!(county.applies("2021-06-02", None)["cancelled"], Value::Null);
        assert_eq!(county.applies("2020-11-30", Some("2021-06-15T12:59:59+08:00"))["cancelled"], Value::Null);
    });
}

#[test]
fn nobody_confirms_what_they_filed_and_no_office_but_the_persons_own_does() {
    each_backend(|app| {
        let county = County::new(app);
        let filer = county.officer("630102", "zhao");
        let made = filer.post("/v1/findings", &county.input(&[county.line("public")])).expect(201).json;
        let approval = format!("/v1/reviews/{}/approval", made["finding_id"].as_str().unwrap());
        let own = filer.post(&approval, &json!({})).problem(403, "conflict_of_interest");
        assert_eq!(own["reason"], "filed_by_you");
        let _ = county.officer("630000", "sun").post(&approval, &json!({})).problem(403, "not_your_stage");
        let _ = county.officer("610000", "sun").post(&approval, &json!({})).problem(404, "not_found");
        assert_eq!(county.verdict(None), "met");
        let two = county.officer("630102", "qian");
        let (one, other) = at_once(|| county.wang().post(&approval, &json!({})), || two.post(&approval, &json!({})));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{} {}", one.text, other.text);
        assert_eq!(county.lines().iter().filter(|line| line["kind"] == "reversal").count(), 1);
    });
}

#[test]
fn what_an_office_refuses_to_find_leaves_everything_as_it_was() {
    each_backend(|app| {
        let county = County::new(app);
        let (at, id) = county.filed();
        let clause = json!({ "clause": { "document": "青人社厅函〔2020〕227号", "clause": "六" } });
        let _ = county.wang().post(&format!("/v1/reviews/{id}/refusal"), &clause).expect(200);
        assert_eq!((county.verdict(None), county.bar("2021-06-15", None)), (json!("met"), None));
        assert_eq!(county.sanctions(), json!([]));
        let _ = county.own().get(&at).problem(404, "not_found");
        let _ =
            county.wang().post(&format!("{at}/annulment"), &json!({ "reason": "x" })).problem(409, "review_settled");
    });
}

#[test]
fn what_an_office_looks_into_is_for_officers_alone_until_it_is_decided() {
    each_backend(|app| {
        let county = County::new(app);
        let employer = json!({ "name": "示例学校", "kind": "public_institution", "kind_from_on": "2015-01-01", "place": "630102" });
        let employer = app.as_system_administrator().post("/v1/employers", &employer).expect(201).json;
        let employed = json!({ "employer_id": employer["employer_id"], "from_on": "2018-09-01" });
        let path = format!("/v1/learners/{}/employments", county.learner.id);
        let _ = app.as_national_officer().post(&path, &employed).expect(201);
        let named = Named { employer: employer["employer_id"].as_str().unwrap().parse().ok(), ..Named::default() };
        let school = app.calling(Subject { kind: CallerKind::EmployerAdministrator, name: "wu".to_owned(), named });
        let (at, id) = county.filed();
        for _ in 0..2 {
            let _ = school.get(&format!("/v1/reviews/{id}")).problem(404, "not_found");
            let _ = school.post(&format!("/v1/reviews/{id}/claim"), &Value::Null).problem(404, "not_found");
            let _ = school.get(&at).problem(403, "caller_not_permitted");
            if app.as_officer("630102").get(&at).expect(200).json["effective_at"].is_null() {
                let _ = county.confirm(&id);
            }
        }
        // That somebody is barred their employer learns, who asks for whom it may put forward.
        let item = json!({ "learner_id": county.learner.id, "purpose": "title_review", "applied_on": "2021-06-15" });
        let answer = school.post("/v1/eligibility-checks", &json!({ "items": [item] })).expect(200).json;
        assert_eq!(answer["items"][0]["eligibility"]["reasons"][0]["code"], "barred");
    });
}
