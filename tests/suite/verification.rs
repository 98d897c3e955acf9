//! Years that an employer hands in for its staff, once both categories are registered, and that the office verifies (GD-11).

mod refused;
mod sight;
mod unverified;

use crate::{completions::soon, findings::officer};
use domain::{access::Named, kernel::EmployerId, registry::EmployerKind};
use serde_json::{Value, json};
use tests::{
    Answer, App, Client, each_backend,
    fixtures::{Learner, Stage},
};
use time::macros::datetime;
use xueshi::auth::{CallerKind, Subject};

/// Where the rules have an employer hand in years.
pub(crate) const PLACE: &str = "341882";

const OFFICE: &str = "广德市人力资源和社会保障局事业专技科";

/// Rules of a place and year by which an employer hands years in that ask for nothing; the year.
pub(crate) fn provided(app: &App, place: &str) -> i32 {
    let year = 1996;
    let rules = format!(
        r#"format = 1
document.notice = {{ number = "示例〔{year}〕1号", title = "示例通知", issuer = "示例厅" }}
policy = {{ place = "{place}", year = {year}, title = "示例", cite = "notice 标题" }}
year = {{ closes_on = {year}-12-31, cite = "notice 一" }}
unit = {{ name = "学时", cite = "notice 一" }}
category = [{{ code = "public", name = "公需科目", cite = "notice 二" }}]
total = {{ min = 0, cite = "notice 一" }}
route = [{{ subject = "employer_batch", submitters = ["用人单位"], filed_by = ["employer"], step = [{{ office = "示例科", seat = ["province"], act = "verifies" }}], cite = "notice 三" }}]
"#
    );
    let _ = crate::uses::surplus::publish(app, &rules);
    year
}

/// Who hands in for an employer.
pub(crate) fn school(app: &App, employer: EmployerId) -> Client<'_> {
    let named = Named { employer: Some(employer), ..Named::default() };
    app.calling(Subject { kind: CallerKind::EmployerAdministrator, name: "wu".to_owned(), named })
}

/// Somebody new who works for an employer.
pub(crate) fn employed(app: &App, place: &str, employer: EmployerId) -> Learner {
    let learner = app.learner(place).register();
    let employed = json!({ "employer_id": employer, "from_on": "2019-01-01" });
    let path = format!("/v1/learners/{}/employments", learner.id);
    let _ = app.as_national_officer().post(&path, &employed).expect(201);
    learner
}

/// Hands these in; the address of the batch, and what became of each.
pub(crate) fn handed_in(who: &Client<'_>, year: i32, learners: &[&Learner]) -> (String, Vec<Value>) {
    let made = who.post("/v1/verification-batches", &input(year, learners)).expect(201);
    let at = made.header("location").to_owned();
    assert!(at.ends_with(made.json["batch_id"].as_str().unwrap()), "{at}");
    (at, made.json["items"].as_array().unwrap().clone())
}

pub(crate) fn input(year: i32, learners: &[&Learner]) -> Value {
    json!({ "year": year, "learners": learners.iter().map(|learner| learner.id).collect::<Vec<_>>() })
}

pub(crate) fn approve(who: &Client<'_>, id: &str) -> Answer {
    who.post(&format!("/v1/reviews/{id}/approval"), &json!({}))
}

/// A school of Guangde in the September of 2020, and its office.
pub(crate) struct School<'a> {
    app: &'a App,
    stage: Stage,
    employer: EmployerId,
}

impl<'a> School<'a> {
    pub(crate) fn new(app: &'a App) -> Self {
        app.clock.set(datetime!(2020-09-10 12:00 +08:00));
        let stage = app.guangde();
        Self { app, stage, employer: app.employer(EmployerKind::PublicInstitution) }
    }

    pub(crate) fn wu(&self) -> Client<'a> {
        school(self.app, self.employer)
    }

    pub(crate) fn wang(&self) -> Client<'a> {
        officer(self.app, PLACE, "wang")
    }

    /// One of its teachers, of whom nothing is registered.
    fn teacher(&self) -> Learner {
        employed(self.app, PLACE, self.employer)
    }

    /// One of whom both categories are.
    pub(crate) fn ready(&self) -> Learner {
        let learner = self.teacher();
        let items = [learner.finished(&self.stage.public), learner.finished(&self.stage.professional)];
        let pushed = self.app.push(&self.stage.platform, items);
        assert!(pushed.iter().all(|item| item["outcome"] == "credited"), "{pushed:?}");
        learner
    }

    /// Hands in one person, whose year can be; the batch and the case.
    fn filed(&self, learner: &Learner) -> (String, String) {
        let (at, items) = handed_in(&self.wu(), 2020, &[learner]);
        assert_eq!((&items[0]["result"], &items[0]["reasons"]), (&json!("filed"), &json!([])), "{items:?}");
        (at, items[0]["case_id"].as_str().unwrap().to_owned())
    }

    /// The same, verified.
    fn verified(&self, learner: &Learner) -> (String, String) {
        let (at, id) = self.filed(learner);
        let _ = approve(&self.wang(), &id).expect(200);
        (at, id)
    }

    fn standing(&self, learner: &Learner) -> Value {
        standing(self.app, learner)
    }

    /// What of it is handed in, as the person reads it.
    fn listed(&self, learner: &Learner) -> Vec<Value> {
        let path = format!("/v1/learners/{}/verifications", learner.id);
        self.app.as_learner(learner.id).get(&path).expect(200).json["items"].as_array().unwrap().clone()
    }

    /// What an application for a title makes of the year.
    fn title(&self, learner: &Learner, applied_on: &str) -> Value {
        let item = json!({
            "learner_id": learner.id, "purpose": "title_review", "level": "intermediate", "applied_on": applied_on
        });
        let answer = self.wang().post("/v1/eligibility-checks", &json!({ "items": [item] })).expect(200).json;
        answer["items"][0]["eligibility"].clone()
    }
}

fn standing(app: &App, learner: &Learner) -> Value {
    app.as_learner(learner.id).get(&format!("/v1/learners/{}/standings/2020", learner.id)).expect(200).json
}

#[test]
fn an_employer_hands_in_its_staff_and_the_office_verifies_them_at_once() {
    each_backend(|app| {
        let school = School::new(app);
        let (first, second, lacking) = (school.ready(), school.ready(), school.teacher());
        let asked = input(2020, &[&first, &lacking, &second]);
        let trial = school.wu().post("/v1/verification-batches/validation", &asked).expect(200).json;
        let (at, items) = handed_in(&school.wu(), 2020, &[&first, &lacking, &second]);
        let results = |items: &[Value]| items.iter().map(|item| item["result"].clone()).collect::<Vec<_>>();
        assert_eq!(results(&items), ["filed", "refused", "filed"], "each by itself and in order");
        assert_eq!(results(trial["items"].as_array().unwrap()), results(&items), "as it was tried");
        assert!(trial["items"][0].get("case_id").is_none() && items[1].get("case_id").is_none());
        let batch = school.wu().get(&at).expect(200).json;
        let shown = batch["items"].as_array().unwrap();
        assert_eq!((shown.len(), &batch["year"], &batch["employer_id"]), (2, &json!(2020), &json!(school.employer)));
        assert!(shown.iter().all(|item| item["state"] == "waiting" && item["verified_on"].is_null()), "{batch}");
        assert!(school.standing(&first).get("verified").is_none(), "it waits");

        let queue = school.wang().get("/v1/reviews").expect(200).json;
        let waits = &queue["items"][0];
        assert_eq!((&waits["stages"][0]["office"], &waits["verification"]["year"]), (&json!(OFFICE), &json!(2020)));
        assert_eq!(waits["verification"]["clauses"][0]["clause"], "三(二)");
        app.clock.set(datetime!(2020-09-11 12:00 +08:00));
        let ids = [&items[0], &items[2]].map(|item| json!({ "case_id": item["case_id"], "decision": "approve" }));
        let decided = school.wang().post("/v1/review-decisions", &json!({ "items": ids })).expect(200).json;
        assert!(decided["items"].as_array().unwrap().iter().all(|item| item["result"] == "decided"), "{decided}");

        for learner in [&first, &second] {
            let now = school.standing(learner);
            let listed = school.listed(learner);
            let [verification] = listed.as_slice() else { panic!("{listed:?}") };
            let verified = json!({ "on": "2020-09-11", "office": OFFICE, "case_id": verification["case_id"] });
            assert_eq!((&now["verdict"], &now["verified"]), (&json!("met"), &verified));
            assert_eq!((&verification["state"], &verification["office"]), (&json!("approved"), &json!(OFFICE)));
            assert!(verification["decided_at"].is_string() && verification["annulled_at"].is_null());
            assert_eq!(verification["batch_id"], batch["batch_id"]);
        }
        let shown = school.wang().get(&at).expect(200).json;
        assert!(shown["items"].as_array().unwrap().iter().all(|item| item["verified_on"] == "2020-09-11"), "{shown}");
        let path = format!("/v1/learners/{}/standings", first.id);
        let all = app.as_learner(first.id).get(&path).expect(200).json;
        assert_eq!(all["items"][0]["verified"]["on"], "2020-09-11");
        let query = json!({ "year": 2020, "people": [{ "learner_id": first.id }, { "learner_id": lacking.id }] });
        let found = school.wu().post("/v1/standings/query", &query).expect(200).json;
        assert_eq!(found["items"][0]["summary"]["verified"]["office"], OFFICE);
        assert!(found["items"][1]["summary"].get("verified").is_none());
        let told = || app.as_learner(first.id).get("/v1/changes").expect(200).json["items"].clone();
        let approved = |one: &Value| one["outcome"] == "approved" && one["year"] == 2020;
        soon(|| told().as_array().unwrap().iter().any(approved));
        let path = format!("/v1/learners/{}/hour-entries?year=2020", first.id);
        let lines = school.wang().get(&path).expect(200).json;
        assert_eq!(lines["items"].as_array().unwrap().len(), 2, "no line of the ledger comes of it");
    });
}

#[test]
fn a_revocation_annuls_it_and_the_year_is_handed_in_anew() {
    each_backend(|app| {
        let school = School::new(app);
        // When rules had been published for a while, so that earlier moments know them.
        app.clock.set(tests::NOON + time::Duration::days(1));
        let learner = school.ready();
        let (at, id) = school.filed(&learner);
        app.clock.set(datetime!(2021-06-17 12:00 +08:00));
        let _ = approve(&school.wang(), &id).expect(200);
        assert_eq!(school.standing(&learner)["verified"]["on"], "2021-06-17");
        app.clock.set(datetime!(2021-06-18 12:00 +08:00));
        let revocation = format!("/v1/reviews/{id}/revocation");
        let revoked = school.wang().post(&revocation, &json!({ "reason": "证明材料不实" })).expect(200).json;
        assert_eq!((&revoked["state"], &revoked["verification"]["state"]), (&json!("revoked"), &json!("revoked")));
        assert!(school.standing(&learner).get("verified").is_none());
        let batch = school.wu().get(&at).expect(200).json;
        assert_eq!((&batch["items"][0]["state"], &batch["items"][0]["verified_on"]), (&json!("revoked"), &Value::Null));
        assert!(school.listed(&learner)[0]["annulled_at"].is_string());
        let known = |moment: &str| {
            let path = format!("/v1/learners/{}/standings/2020?as_known_at={moment}%2B08:00", learner.id);
            app.as_learner(learner.id).get(&path).expect(200).json
        };
        let before = known("2021-06-17T11:59:59");
        assert_eq!((&before["verdict"], before.get("verified")), (&json!("met"), None));
        for then in ["2021-06-17T12:00:00", "2021-06-18T11:59:59"] {
            assert_eq!(known(then)["verified"]["on"], "2021-06-17", "as known then");
        }
        assert!(known("2021-06-18T12:00:00").get("verified").is_none());
        let (_, anew) = school.verified(&learner);
        let verified = school.standing(&learner)["verified"].clone();
        assert_eq!((&verified["on"], &verified["case_id"]), (&json!("2021-06-18"), &json!(anew)));
    });
}

#[test]
fn a_batch_sent_again_under_its_key_is_handed_in_once() {
    each_backend(|app| {
        let school = School::new(app);
        let learner = school.ready();
        let asked = input(2020, &[&learner]);
        let send = || school.wu().with("idempotency-key", "batch-1").post("/v1/verification-batches", &asked);
        let (first, again) = (send().expect(201), send().expect(201));
        assert_eq!((first.header("location"), &first.json), (again.header("location"), &again.json));
        assert_eq!(school.listed(&learner).len(), 1);
    });
}

#[test]
fn a_title_review_asks_for_hours_and_a_verification_in_time() {
    each_backend(|app| {
        let school = School::new(app);
        app.clock.set(datetime!(2020-09-30 12:00 +08:00));
        let (in_time, late, never) = (school.ready(), school.ready(), school.ready());
        let (_, first) = school.filed(&in_time);
        let (_, second) = school.filed(&late);
        let (_, third) = school.filed(&never);
        app.clock.set(datetime!(2020-09-30 23:59:59 +08:00));
        let _ = approve(&school.wang(), &first).expect(200);
        app.clock.set(datetime!(2020-10-01 0:00 +08:00));
        let _ = approve(&school.wang(), &second).expect(200);
        let of_day = |learner: &Learner, applied_on: &str| {
            let found = school.title(learner, applied_on);
            let codes: Vec<String> =
                found["reasons"].as_array().unwrap().iter().map(|r| r["code"].to_string()).collect();
            (found["allows"].clone(), found["years"][0]["is"].clone(), codes.join(","))
        };
        let of = |learner: &Learner| of_day(learner, "2020-10-01");
        assert_eq!(of(&in_time), (json!("eligible"), json!("met"), String::new()));
        let too_late = (json!("needs_review"), json!("needs_review"), "\"registered_late\"".to_owned());
        assert_eq!(of(&late), too_late, "though its hours were registered in time");
        assert_eq!(
            of(&never),
            (json!("eligible"), json!("met"), String::new()),
            "by its hours, while nobody verified it"
        );
        let shown = school.title(&in_time, "2020-10-01");
        assert_eq!(shown["years"][0]["standing"]["verified"]["on"], "2020-09-30");
        // What was annulled is as if it had never been.
        let annulled = format!("/v1/reviews/{second}/revocation");
        let _ = school.wang().post(&annulled, &json!({ "reason": "办理有误" })).expect(200);
        assert_eq!(of(&late).0, "eligible");
        let _ = approve(&school.wang(), &third).expect(200);
        assert_eq!(of(&never), too_late);
        // Hours in the place of those that were verified are others, which nobody verified.
        app.clock.set(datetime!(2020-09-30 12:00 +08:00));
        let anew = school.ready();
        let (_, id) = school.filed(&anew);
        let _ = approve(&school.wang(), &id).expect(200);
        app.clock.set(datetime!(2020-10-05 12:00 +08:00));
        let pushed = app.as_learner(anew.id).get(&format!("/v1/learners/{}/completions", anew.id)).expect(200).json;
        for item in pushed["items"].as_array().unwrap() {
            let reversal = format!("/v1/completions/{}/reversal", item["completion_id"].as_str().unwrap());
            let wrong = json!({ "reason_code": "wrong_data" });
            let _ = app.as_platform(school.stage.platform.id).post(&reversal, &wrong).expect(200);
        }
        assert_eq!(school.title(&anew, "2020-10-05")["allows"], "not_eligible", "the hours are counted as ever");
        let items = [anew.finished(&school.stage.public), anew.finished(&school.stage.professional)];
        let _ = app.push(&school.stage.platform, items);
        assert_eq!(of_day(&anew, "2020-10-05"), too_late);
    });
}
