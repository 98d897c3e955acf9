//! What offices grant by exception: filed by one officer, approved by another of the office that the rules name, and annulled.

mod refused;
mod sight;

use crate::{
    completions::soon,
    findings::officer,
    roll::looked_once_more,
    uses::surplus::{publish, rules},
};
use serde_json::{Value, json};
use tests::{
    Answer, App, Client, each_backend,
    fixtures::{Learner, Stage},
};
use time::macros::datetime;

/// Where the rules name an office.
pub(crate) const PLACE: &str = "341882";

/// The provision by which an office may grant an exception, for rules of a year.
pub(crate) fn provision(year: i32) -> String {
    format!(
        "make_up = [{{ mode = \"none\", years_to = {}, exception_by = \"示例科\", cite = \"notice 三\" }}]\n",
        year - 1
    )
}

/// Lets a place have rules of a year that name an office; the year.
pub(crate) fn provided(app: &App, place: &str) -> i32 {
    let year = 1995;
    let _ = publish(app, &rules(place, year, &provision(year)));
    year
}

/// Somebody of Guangde who has the public hours of 2020 and lacks the professional ones, half a year after it had closed.
struct Missed<'a> {
    app: &'a App,
    stage: Stage,
    learner: Learner,
}

impl<'a> Missed<'a> {
    fn new(app: &'a App) -> Self {
        let stage = app.guangde();
        let learner = app.learner(PLACE).register();
        let pushed = app.push(&stage.platform, [learner.finished(&stage.public)]);
        assert_eq!(pushed[0]["outcome"], "credited", "{pushed:?}");
        Self { app, stage, learner }
    }

    /// Who files.
    fn li(&self) -> Client<'a> {
        officer(self.app, PLACE, "li")
    }

    /// Who decides.
    fn wang(&self) -> Client<'a> {
        officer(self.app, PLACE, "wang")
    }

    fn own(&self) -> Client<'a> {
        self.app.as_learner(self.learner.id)
    }

    fn input(&self) -> Value {
        input(&self.learner, 2020, json!({ "hours": [{ "category": "professional", "hours": 60 }] }))
    }

    /// Files it; its address and id.
    fn filed(&self) -> (String, String) {
        filed(&self.li(), &self.input())
    }

    fn standing(&self) -> Value {
        standing(self.app, &self.learner, 2020)
    }

    fn verdict(&self) -> Value {
        self.standing()["verdict"].clone()
    }
}

/// What is asked to be granted to somebody for a year.
pub(crate) fn input(learner: &Learner, year: i32, more: Value) -> Value {
    let mut all = json!({
        "learner_id": learner.id, "year": year, "reason": "全年援外", "document": "示例专技〔2021〕3号"
    });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

/// Files it; its address and id.
pub(crate) fn filed(who: &Client<'_>, input: &Value) -> (String, String) {
    let made = who.post("/v1/exceptions", input).expect(201);
    let at = made.header("location").to_owned();
    let id = at.rsplit('/').next().unwrap().to_owned();
    assert_eq!((made.json["exception_id"].as_str(), &made.json["review"]["state"]), (Some(&*id), &json!("waiting")));
    (at, id)
}

pub(crate) fn approve(who: &Client<'_>, id: &str) -> Answer {
    who.post(&format!("/v1/reviews/{id}/approval"), &json!({}))
}

fn annul(who: &Client<'_>, at: &str) -> Answer {
    who.post(&format!("{at}/annulment"), &json!({ "reason": "所附文书有误" }))
}

fn standing(app: &App, learner: &Learner, year: i32) -> Value {
    app.as_learner(learner.id).get(&format!("/v1/learners/{}/standings/{year}", learner.id)).expect(200).json
}

/// The reason with this code.
fn reason<'v>(standing: &'v Value, code: &str) -> Option<&'v Value> {
    standing["reasons"].as_array().unwrap().iter().find(|reason| reason["code"] == code)
}

fn lines(app: &App, learner: &Learner) -> Vec<Value> {
    let path = format!("/v1/learners/{}/hour-entries?limit=200", learner.id);
    app.as_national_officer().get(&path).expect(200).json["items"].as_array().unwrap().clone()
}

#[test]
fn what_the_rules_let_an_office_grant_by_exception_counts_once_another_officer_approves_it() {
    each_backend(|app| {
        let missed = Missed::new(app);
        let trial = missed.li().post("/v1/exceptions/validation", &missed.input()).expect(200).json;
        assert_eq!((&trial["before"]["verdict"], &trial["after"]["verdict"]), (&json!("unmet"), &json!("met")));
        let professional = json!({ "category": "professional", "hours": 60 });
        assert_eq!(trial["lines"], json!([professional]));
        assert!(trial["before"]["missing"].as_array().unwrap().contains(&professional), "{trial}");
        assert_eq!(trial["after"]["missing"], json!([]));
        let office = json!("广德市人力资源和社会保障局事业专技科");
        assert_eq!((&trial["office"], &trial["clauses"][0]["clause"]), (&office, &json!("三(三)")));

        let (at, id) = missed.filed();
        assert_eq!((missed.verdict(), lines(app, &missed.learner).len()), (json!("unmet"), 1), "nothing follows yet");
        assert_eq!(missed.standing()["consequences"].as_array().unwrap().len(), 2);
        let shown = missed.own().get(&at).expect(200).json;
        assert_eq!((&shown["office"], &shown["lines"], &shown["effective_at"]), (&office, &json!([]), &Value::Null));
        assert_eq!(shown["decided_on"], "2021-06-15", "today, where nothing is said");
        assert_eq!(shown["review"]["history"][0]["by"], "officer", "the person sees no names");
        let own = approve(&missed.li(), &id).problem(403, "conflict_of_interest");
        assert_eq!(own["reason"], "filed_by_you");
        let queue = missed.wang().get("/v1/reviews").expect(200).json;
        let waits = &queue["items"][0];
        assert_eq!((&waits["case_id"], &waits["exception"]["year"]), (&json!(id), &json!(2020)));
        assert_eq!((&waits["stages"][0]["office"], &waits["exception"]["reason"]), (&office, &json!("全年援外")));

        app.clock.set(datetime!(2021-06-15 13:00 +08:00));
        let approved = approve(&missed.wang(), &id).expect(200).json;
        assert_eq!((&approved["state"], &approved["exception"]["lines"][0]["hours"]), (&json!("approved"), &json!(60)));
        let now = missed.standing();
        assert_eq!((&now["verdict"], &now["consequences"]), (&json!("met"), &json!([])));
        let why = reason(&now, "by_exception").unwrap();
        assert_eq!((&why["facts"]["office"], &why["clauses"][0]["clause"]), (&office, &json!("三(三)")));
        assert!(why["text"].as_str().unwrap().contains("例外认定"), "{why}");
        let path = format!("/v1/learners/{}/standings/2020", missed.learner.id);
        let english = missed.own().in_english().get(&path).expect(200).json;
        assert!(reason(&english, "by_exception").unwrap()["text"].as_str().unwrap().contains("by exception"));
        let line = lines(app, &missed.learner).pop().unwrap();
        assert_eq!((&line["ground"]["basis"], &line["ground"]["case_id"]), (&json!("exception"), &json!(id)));
        let before = format!("{path}?as_known_at=2021-06-15T12:59:59%2B08:00");
        assert_eq!(missed.own().get(&before).expect(200).json["verdict"], "unmet", "as known before");
        let shown = missed.own().get(&at).expect(200).json;
        assert_eq!((&shown["lines"][0]["entry_id"], shown["effective_at"].is_string()), (&line["entry_id"], true));
        let credited = |one: &Value| one["outcome"] == "credited" && one["entry_id"] == line["entry_id"];
        let told = || missed.own().get("/v1/changes").expect(200).json["items"].clone();
        soon(|| told().as_array().unwrap().iter().any(credited));
        let _ = approve(&missed.wang(), &id).problem(409, "review_settled");
    });
}

#[test]
fn an_annulment_takes_back_what_was_granted_and_the_year_is_as_it_was() {
    each_backend(|app| {
        let missed = Missed::new(app);
        let (at, id) = missed.filed();
        let _ = annul(&missed.wang(), &at).problem(409, "review_not_now");
        let _ = approve(&missed.wang(), &id).expect(200);
        assert_eq!(missed.verdict(), "met");
        app.clock.set(datetime!(2021-06-15 14:00 +08:00));
        let _ = annul(&missed.li(), &at).problem(403, "conflict_of_interest");
        let faults = missed.wang().post(&format!("{at}/annulment"), &json!({ "reason": " " }));
        assert_eq!(crate::registry::faults(&faults.problem(422, "invalid_body")), [("/reason".into(), "blank".into())]);
        let annulled = annul(&missed.wang(), &at).expect(200).json;
        assert_eq!(annulled["lines"][0]["reversed_for"], "exception_annulled");
        assert!(annulled["annulled_at"].is_string() && annulled["review"]["state"] == "revoked", "{annulled}");
        let now = missed.standing();
        assert_eq!((&now["verdict"], reason(&now, "by_exception")), (&json!("unmet"), None));
        assert_eq!(now["consequences"].as_array().unwrap().len(), 2);
        let reversal = lines(app, &missed.learner).pop().unwrap();
        assert_eq!((&reversal["kind"], &reversal["reason_code"]), (&json!("reversal"), &json!("exception_annulled")));
        let told = || missed.own().get("/v1/changes").expect(200).json["items"].clone();
        soon(|| told().as_array().unwrap().iter().any(|one| one["entry_id"] == reversal["entry_id"]));
        let _ = annul(&missed.wang(), &at).problem(409, "review_settled");
        // The year is missed again, so that another one can be granted; of the whole year, and by the revocation of its review taken back.
        let (_, id) = filed(&missed.li(), &input(&missed.learner, 2020, json!({ "met": true })));
        let _ = approve(&missed.wang(), &id).expect(200);
        let now = missed.standing();
        assert_eq!((&now["verdict"], &now["nodes"][0]["deemed"]), (&json!("met"), &json!(60)));
        let revoked = missed.wang().post(&format!("/v1/reviews/{id}/revocation"), &json!({ "reason": "所附文书有误" }));
        assert_eq!(revoked.expect(200).json["exception"]["lines"][0]["reversed_for"], "exception_annulled");
        assert_eq!(missed.verdict(), "unmet");
    });
}

#[test]
fn only_who_filed_it_takes_it_back_and_only_while_it_waits() {
    each_backend(|app| {
        let missed = Missed::new(app);
        let (at, id) = missed.filed();
        let withdrawal = format!("{at}/withdrawal");
        let _ = missed.wang().post(&withdrawal, &Value::Null).problem(403, "not_the_applicant");
        let withdrawn = missed.li().send("POST", &withdrawal, None, Vec::new()).expect(200).json;
        assert_eq!((&withdrawn["review"]["state"], &withdrawn["lines"]), (&json!("withdrawn"), &json!([])));
        let _ = approve(&missed.wang(), &id).problem(409, "review_settled");
        let (at, id) = missed.filed();
        let _ = approve(&missed.wang(), &id).expect(200);
        let late = missed.li().send("POST", &format!("{at}/withdrawal"), None, Vec::new());
        let _ = late.problem(409, "review_settled");
        assert_eq!(missed.verdict(), "met");
        let listed = missed.own().get(&format!("/v1/learners/{}/exceptions", missed.learner.id)).expect(200).json;
        let states: Vec<&Value> =
            listed["items"].as_array().unwrap().iter().map(|one| &one["review"]["state"]).collect();
        assert_eq!(states, ["withdrawn", "approved"]);
    });
}

#[test]
fn an_exception_sent_again_under_its_key_is_filed_once() {
    each_backend(|app| {
        let missed = Missed::new(app);
        let send = || missed.li().with("idempotency-key", "exception-1").post("/v1/exceptions", &missed.input());
        let (first, again) = (send().expect(201), send().expect(201));
        assert_eq!(first.header("location"), again.header("location"));
        let listed = missed.li().get(&format!("/v1/learners/{}/exceptions", missed.learner.id)).expect(200).json;
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn exceptions_go_over_with_the_file_and_come_back_whenever_they_were_approved() {
    each_backend(|app| {
        let missed = Missed::new(app);
        let stays = app.learner(PLACE).register();
        let of_stays = || standing(app, &stays, 2020)["verdict"].clone();
        let (granted, id) = missed.filed();
        let _ = approve(&missed.wang(), &id).expect(200);
        let of_2019 = input(&missed.learner, 2019, json!({ "met": true }));
        let (_, waits) = filed(&missed.li(), &of_2019);
        let joined = json!({ "ends": missed.learner.id, "stays": stays.id, "reason": "重复登记" });
        let merge = missed.li().post("/v1/learner-merges", &joined).expect(201).header("location").to_owned();
        assert_eq!(of_stays(), "met", "what was pushed and what was granted went over");
        let shown = app.as_learner(stays.id).get(&granted).expect(200).json;
        assert_eq!((&shown["learner_id"], &shown["lines"][0]["reversed_at"]), (&json!(stays.id), &Value::Null));
        // What waited is approved for the file that stays.
        let _ = approve(&missed.wang(), &waits).expect(200);
        assert_eq!(standing(app, &stays, 2019)["verdict"], "met");
        let undoing = format!("{merge}/undoing");
        let _ = missed.li().post(&undoing, &json!({ "reason": "并非同一人" })).expect(200);
        looked_once_more(app);
        assert_eq!((missed.verdict(), of_stays()), (json!("met"), json!("unmet")));
        let of_2019 = |learner: &Learner| standing(app, learner, 2019)["verdict"].clone();
        assert_eq!((of_2019(&missed.learner), of_2019(&stays)), (json!("met"), json!("no_rule_in_force")));
        let annulled = annul(&missed.wang(), &granted).expect(200).json;
        assert_eq!((&annulled["learner_id"], missed.verdict()), (&json!(missed.learner.id), json!("unmet")));
    });
}

#[test]
fn hours_granted_and_found_false_come_back_only_while_the_exception_stands() {
    each_backend(|app| {
        for annulled_first in [false, true] {
            let learner = app.learner(PLACE).register();
            let (li, wang) = (officer(app, PLACE, "li"), officer(app, PLACE, "wang"));
            let (at, id) = filed(&li, &input(&learner, 2020, json!({ "met": true })));
            let _ = approve(&wang, &id).expect(200);
            let line = lines(app, &learner).pop().unwrap()["entry_id"].clone();
            let finding = json!({
                "learner_id": learner.id, "cause": "fraud", "decided_on": "2021-06-15", "document": "示例", "lines": [line]
            });
            let found = li.post("/v1/findings", &finding).expect(201).json["finding_id"].as_str().unwrap().to_owned();
            let _ = approve(&wang, &found).expect(200);
            let verdict = || standing(app, &learner, 2020)["verdict"].clone();
            assert_eq!(verdict(), "unmet");
            if annulled_first {
                let _ = annul(&wang, &at).expect(200);
            }
            let _ = annul(&wang, &format!("/v1/findings/{found}")).expect(200);
            assert_eq!(verdict(), if annulled_first { "unmet" } else { "met" });
        }
    });
}

#[test]
fn an_application_rests_on_a_year_that_is_met_by_exception_and_says_so() {
    each_backend(|app| {
        let missed = Missed::new(app);
        let window = "window = [{ purpose = \"title_review\", years = 1, includes_application_year = false, \
                      need = \"every_year\", cite = \"notice 四\" }]\n";
        let _ = publish(app, &rules(PLACE, 2021, window));
        let check = || {
            let item = json!({
                "learner_id": missed.learner.id, "purpose": "title_review", "level": "intermediate",
                "applied_on": "2021-06-15"
            });
            let answer = missed.own().post("/v1/eligibility-checks", &json!({ "items": [item] })).expect(200).json;
            answer["items"][0]["eligibility"].clone()
        };
        assert_ne!(check()["allows"], "eligible");
        let (_, id) = missed.filed();
        let _ = approve(&missed.wang(), &id).expect(200);
        let found = check();
        assert_eq!((&found["allows"], &found["years"][0]["is"]), (&json!("eligible"), &json!("met")), "{found}");
        assert!(reason(&found["years"][0]["standing"], "by_exception").is_some(), "{found}");
    });
}

#[test]
fn what_was_granted_stands_where_later_rules_name_no_office_and_items_are_decided_anew() {
    each_backend(|app| {
        let missed = Missed::new(app);
        let (_, id) = missed.filed();
        let _ = approve(&missed.wang(), &id).expect(200);
        let guangde = policies::FILES.iter().find(|file| file.path.starts_with(PLACE)).unwrap().rules;
        let named = "exception_by = \"广德市人力资源和社会保障局事业专技科\"\n";
        assert!(guangde.contains(named));
        let policy = publish(app, &guangde.replace(named, ""));
        let path = format!("/v1/policies/{policy}/reassessments");
        let begun = missed.li().post(&path, &json!({ "reason": "示例函作了修订" })).expect(201);
        soon(|| missed.li().get(begun.header("location")).expect(200).json["state"] == "done");
        let now = missed.standing();
        let why = reason(&now, "by_exception").unwrap();
        assert_eq!(
            (&now["verdict"], &why["clauses"][0]["clause"]),
            (&json!("met"), &json!("三(三)")),
            "by what held then"
        );
        let stands = |line: &&Value| line["reversed_by"].is_null() && line["ground"]["basis"] == "exception";
        assert_eq!(lines(app, &missed.learner).iter().filter(stands).count(), 1);
        // Nothing more is granted by the rules as they are now.
        let other = app.learner(PLACE).register();
        let refused = missed.li().post("/v1/exceptions", &input(&other, 2020, json!({ "met": true })));
        assert_eq!(refused.problem(422, "exception_refused")["reasons"][0]["code"], "no_exception_provided");
    });
}
