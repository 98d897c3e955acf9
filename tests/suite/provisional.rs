//! Hours that wait for an office's word: put before it by the runner, counted or refused, and ended where nothing waits any more.

mod beside;
mod refused;

use crate::{
    completions::{pushed, reverse, soon},
    reassessment::{published, reassessed},
    registry::{faults, named},
};
use domain::access::Named;
use serde_json::{Value, json};
use std::sync::Arc;
use tests::{
    App, Client, each_backend,
    fixtures::{Item, Learner, Stage},
};
use time::macros::datetime;
use xueshi::auth::{CallerKind, Subject};

const LATE: &str = "2020-12-01T10:00:00+08:00";

pub(crate) fn officer<'a>(app: &'a App, place: &str, name: &str) -> Client<'a> {
    let named = Named { place: place.parse().ok(), ..Named::default() };
    app.calling(Subject { kind: CallerKind::Officer, name: name.to_owned(), named })
}

/// What waits for an office, of what this is about.
pub(crate) fn queue(office: &Client<'_>) -> Vec<Value> {
    let all = office.get("/v1/reviews").expect(200).json["items"].as_array().unwrap().clone();
    all.into_iter().filter(|one| one["provisional"].is_object()).collect()
}

/// The one case that waits there once the runner has come by.
fn waits(office: &Client<'_>) -> Value {
    soon(|| !queue(office).is_empty());
    let [one] = <[Value; 1]>::try_from(queue(office)).unwrap();
    one
}

pub(crate) fn review(case: &Value, what: &str) -> String {
    format!("/v1/reviews/{}{what}", case["case_id"].as_str().unwrap())
}

fn clause() -> Value {
    json!({ "clause": { "document": "青人社厅函〔2020〕227号", "clause": "八(二)" }, "reason": "逾期且无正当理由" })
}

/// Somebody of a county of Qinghai who would meet 2020 by hours that were finished late, and those.
struct Late<'a> {
    app: &'a App,
    stage: Arc<Stage>,
    learner: Learner,
    item: Item,
    outcome: Value,
}

impl<'a> Late<'a> {
    fn new(app: &'a App) -> Self {
        Self::at(app, Arc::new(app.qinghai()))
    }

    /// Another person with the same courses.
    fn another(&self) -> Self {
        Self::at(self.app, Arc::clone(&self.stage))
    }

    fn at(app: &'a App, stage: Arc<Stage>) -> Self {
        let learner = app.learner("630102").register();
        let _ = pushed(app, &stage.platform, &learner.finished(&stage.public), "credited");
        let item = learner.finished(&stage.professional).at(LATE);
        let outcome = pushed(app, &stage.platform, &item, "needs_review");
        Self { app, stage, learner, item, outcome }
    }

    fn office(&self, name: &str) -> Client<'a> {
        officer(self.app, "630102", name)
    }

    fn verdict(&self, known: &str) -> Value {
        verdict(self.app, &self.learner, known)
    }

    /// What each line about it does, and for which reason, in the order in which they came.
    fn lines(&self) -> Vec<(Value, Value)> {
        let path = format!("/v1/learners/{}/hour-entries?limit=200", self.learner.id);
        let all = self.app.as_national_officer().get(&path).expect(200).json["items"].as_array().unwrap().clone();
        let own = all.iter().filter(|line| line["category"] == "professional");
        own.map(|line| (line["kind"].clone(), line["reason_code"].clone())).collect()
    }
}

fn verdict(app: &App, learner: &Learner, known: &str) -> Value {
    let path = format!("/v1/learners/{}/standings/2020{known}", learner.id);
    app.as_learner(learner.id).get(&path).expect(200).json["verdict"].clone()
}

fn line(kind: &str, reason: Option<&str>) -> (Value, Value) {
    (json!(kind), json!(reason))
}

#[test]
fn hours_that_wait_count_once_the_office_in_charge_says_so_and_wait_again_when_it_takes_that_back() {
    each_backend(|app| {
        let late = Late::new(app);
        assert_eq!(late.verdict(""), "needs_review");
        let li = late.office("li");
        let case = waits(&li);
        let about = &case["provisional"];
        assert_eq!(
            (&about["completion_id"], &about["hours"], &about["kind"]),
            (&late.outcome["completion_id"], &late.outcome["hours"], &json!("provisional"))
        );
        assert_eq!((&about["reasons"][0]["code"], &case["filed_by"]), (&json!("completed_late"), &json!("platform")));
        assert_eq!((&case["recognition"], &case["finding"]), (&Value::Null, &Value::Null));
        // It is the business of the office there, and of nobody above it or beside it.
        assert!(queue(&officer(app, "630104", "li")).is_empty() && queue(&officer(app, "630000", "li")).is_empty());
        let above = officer(app, "630000", "li").post(&review(&case, "/approval"), &json!({}));
        let _ = above.problem(403, "not_your_stage");
        let _ = officer(app, "630104", "li").get(&review(&case, "")).problem(404, "not_found");

        app.clock.set(datetime!(2021-06-15 13:00 +08:00));
        let told = li.post(&review(&case, "/approval"), &json!({ "reason": "情况属实" })).expect(200).json;
        assert_eq!((&told["state"], &told["provisional"]["kind"]), (&json!("approved"), &json!("credit")));
        assert_eq!(told["provisional"]["reasons"][0]["code"], "completed_late");
        let counted = [
            line("provisional", None),
            line("reversal", Some("counted_by_office")),
            line("credit", Some("counted_by_office")),
        ];
        let mut lines = late.lines();
        lines[1..].sort_by_key(|(kind, _)| kind != "reversal");
        assert_eq!((late.verdict(""), lines), (json!("met"), counted.to_vec()));
        assert_eq!(late.verdict("?as_known_at=2021-06-15T12:59:59%2B08:00"), "needs_review", "as known before");
        // The item is answered so from now on, and those who follow are told.
        let again = pushed(app, &late.stage.platform, &late.item, "already_recorded");
        assert_eq!(again["first"], json!({ "outcome": "needs_review", "now": "credited", "reversed": false }));
        let platform = app.as_platform(late.stage.platform.id);
        let told = || platform.get("/v1/changes").expect(200).json["items"].as_array().unwrap().clone();
        soon(|| told().iter().any(|one| one["kind"] == "decided" && one["outcome"] == "credited"));
        let _ = late.office("wu").post(&review(&case, "/approval"), &json!({})).problem(409, "review_settled");

        let _ = late.office("wu").post(&review(&case, "/revocation"), &json!({ "reason": "核实有误" })).expect(200);
        assert_eq!((late.verdict(""), late.lines().len()), (json!("needs_review"), 5));
        let other = waits(&li);
        assert_ne!(other["case_id"], case["case_id"], "what waits again is decided anew");
        let refused = li.post(&review(&other, "/refusal"), &clause()).expect(200).json;
        assert_eq!((&refused["state"], &refused["provisional"]["kind"]), (&json!("refused"), &json!("reversal")));
        assert_eq!(late.lines().last().unwrap(), &line("reversal", Some("refused_by_office")));
        let again = pushed(app, &late.stage.platform, &late.item, "already_recorded");
        assert_eq!(again["first"], json!({ "outcome": "needs_review", "now": "not_counted", "reversed": true }));
        soon(|| told().iter().any(|one| one["kind"] == "decided" && one["outcome"] == "not_counted"));
        assert_ne!(late.verdict(""), "met");
        assert_ne!(late.verdict(""), "needs_review", "nothing is left to decide");
        assert!(queue(&li).is_empty());
    });
}

#[test]
fn what_nobody_could_hand_in_anew_is_not_returned_and_a_refusal_names_its_clause() {
    each_backend(|app| {
        let late = Late::new(app);
        let (li, case) = (late.office("li"), waits(&late.office("li")));
        let back = li.post(&review(&case, "/return"), &json!({ "reason": "请说明" })).problem(409, "review_not_now");
        assert_eq!((&back["state"], &back["action"]), (&json!("waiting"), &json!("return_for_completion")));
        let bare = li.post(&review(&case, "/refusal"), &json!({ "reason": "不同意" })).problem(422, "invalid_body");
        assert_eq!(faults(&bare), named(&[("/clause", "missing")]));
        let hours = li.post(&review(&case, "/approval"), &json!({ "hours": 10, "reason": "部分计入" }));
        assert_eq!(faults(&hours.problem(422, "invalid_body")), named(&[("/hours", "not_left")]));
        // Nobody takes it back as if it were theirs.
        let id = case["case_id"].as_str().unwrap();
        for path in ["withdrawal", "submission"] {
            let path = format!("/v1/recognitions/{id}/{path}");
            let _ = app.as_learner(late.learner.id).post(&path, &Value::Null).problem(404, "not_found");
        }
        assert_eq!(waits(&li)["number"], case["number"], "nothing of that is kept");
        let all = json!({ "items": [{ "case_id": id, "decision": "approve" }] });
        assert_eq!(li.post("/v1/review-decisions", &all).expect(200).json["items"][0]["result"], "decided");
        assert_eq!(late.verdict(""), "met");
    });
}

#[test]
fn what_was_taken_back_or_corrected_meanwhile_is_left_to_nobody_to_decide() {
    each_backend(|app| {
        let late = Late::new(app);
        let (li, case) = (late.office("li"), waits(&late.office("li")));
        let _ = reverse(app, &late.stage.platform, &late.outcome["completion_id"]).expect(200);
        soon(|| queue(&li).is_empty());
        let ended = li.get(&review(&case, "")).expect(200).json;
        let last = ended["history"].as_array().unwrap().last().unwrap();
        assert_eq!((&ended["state"], &last["by"]), (&json!("cancelled"), &json!("system")));
        assert_eq!(ended["provisional"]["kind"], "reversal");
        let _ = li.post(&review(&case, "/approval"), &json!({})).problem(409, "review_settled");

        let other = app.learner("630102").register();
        let wrong = other.finished(&late.stage.professional).at(LATE);
        let _ = pushed(app, &late.stage.platform, &wrong, "needs_review");
        let case = waits(&li);
        let right = other.finished(&late.stage.professional).at("2020-11-01T10:00:00+08:00").replacing(&wrong);
        let _ = pushed(app, &late.stage.platform, &right, "credited");
        soon(|| queue(&li).is_empty());
        assert_eq!(li.get(&review(&case, "")).expect(200).json["state"], "cancelled");
    });
}

#[test]
fn a_case_goes_with_the_hours_into_another_file_of_the_person_and_back() {
    each_backend(|app| {
        let late = Late::new(app);
        let stays = app.learner("630102").register();
        let (li, case) = (late.office("li"), waits(&late.office("li")));
        let province = app.as_officer("630000");
        let asked = json!({ "ends": late.learner.id, "stays": stays.id, "reason": "重复登记" });
        let merge = province.post("/v1/learner-merges", &asked).expect(201);
        assert_eq!(verdict(app, &stays, ""), "needs_review");
        // The runner looks at what went over, and finds that it is before the office already.
        let store = app.state().store.clone();
        let looked = || store.read_blocking(|db| store::hour_ledger::unlooked_lines(db, 1)).unwrap().is_empty();
        soon(looked);
        assert_eq!(waits(&li)["case_id"], case["case_id"]);
        let _ = li.post(&review(&case, "/approval"), &json!({})).expect(200);
        assert_eq!(verdict(app, &stays, ""), "met");
        let undoing = format!("{}/undoing", merge.header("location"));
        let _ = province.post(&undoing, &json!({ "reason": "并非同一人" })).expect(200);
        assert_eq!((late.verdict(""), queue(&li)), (json!("met"), vec![]));
        let _ = li.post(&review(&case, "/revocation"), &json!({ "reason": "核实有误" })).expect(200);
        assert_eq!(late.verdict(""), "needs_review");
        let _ = waits(&li);
    });
}

#[test]
fn of_somebody_who_is_erased_nothing_is_left_to_decide() {
    each_backend(|app| {
        let late = Late::new(app);
        let (li, case) = (late.office("li"), waits(&late.office("li")));
        let path = format!("/v1/learners/{}/erasure", late.learner.id);
        let _ = app.as_officer("630000").post(&path, &json!({ "ground": "受理〔2021〕1号" })).expect(200);
        soon(|| queue(&li).is_empty());
        let _ = li.post(&review(&case, "/approval"), &json!({})).problem(409, "review_settled");
    });
}

#[test]
fn what_an_office_counted_no_later_version_of_the_rules_decides_again() {
    each_backend(|app| {
        let late = Late::new(app);
        let office = late.office("li");
        let _ = office.post(&review(&waits(&office), "/approval"), &json!({})).expect(200);
        let (lines, met) = (late.lines(), late.verdict(""));
        let told = reassessed(app, &published(app, &[("on_time_until = 2020-11-30", "on_time_until = 2020-02-29")]));
        assert_eq!(told["changed"][0]["items"], json!(1), "the public hours alone: {told}");
        assert_eq!((late.lines(), met), (lines, json!("met")));
    });
}

#[test]
fn hours_that_wait_no_longer_by_a_later_version_are_left_to_no_office() {
    each_backend(|app| {
        let late = Late::new(app);
        let office = late.office("li");
        let _ = waits(&office);
        let _ = reassessed(app, &published(app, &[("on_time_until = 2020-11-30", "on_time_until = 2020-12-31")]));
        assert_eq!(late.verdict(""), "met");
        let lines = [line("provisional", None), line("reversal", Some("reassessed")), line("credit", None)];
        let mut told = late.lines();
        told.sort_by_key(|(kind, _)| lines.iter().position(|one| one.0 == *kind));
        assert_eq!(told, lines);
        soon(|| queue(&office).is_empty());
    });
}
