//! Surplus of a year that serves others.

mod followed;
mod merged;
mod offices;
mod reassessed;
mod wrong;

use super::each;
use crate::{completions::soon, tables};
use domain::{
    hour_ledger::Entry,
    kernel::Hours,
    policy::CategoryCode,
    registry::{Level, Tier},
};
use serde_json::{Value, json};
use tests::{
    Answer, App, Client, at_once, each_backend,
    fixtures::{Learner, Stage},
};
use time::macros::date;

/// Rules of a place and year that the embedded files do not have: 10 public hours and 30 professional ones.
pub(crate) fn rules(place: &str, year: i32, more: &str) -> String {
    format!(
        r#"format = 1
document.notice = {{ number = "示例〔{year}〕1号", title = "示例通知", issuer = "示例厅" }}
policy = {{ place = "{place}", year = {year}, title = "示例", cite = "notice 标题" }}
year = {{ closes_on = {year}-12-31, cite = "notice 一" }}
unit = {{ name = "学时", cite = "notice 一" }}
category = [
  {{ code = "public", name = "公需科目", min = 10, cite = "notice 二" }},
  {{ code = "professional", name = "专业科目", min = 30, cite = "notice 二" }},
]
total = {{ min = 40, cite = "notice 一" }}
{more}
"#
    )
}

/// Publishes rules; their id.
pub(crate) fn publish(app: &App, rules: &str) -> String {
    let office = app.as_national_officer();
    let draft = office.post("/v1/policies", &json!({ "source": rules })).expect(201).json;
    let id = draft["policy_id"].as_str().unwrap();
    let _ = office.send("POST", &format!("/v1/policies/{id}/publication"), None, Vec::new()).expect(201);
    id.to_owned()
}

/// Rules by which the surplus of 2018 serves 2017, and someone who has ninety public hours to spare.
pub(crate) fn laid_by(app: &App, learner: &Learner, place: &str) {
    let _ = publish(app, &rules(place, 2017, ""));
    let spread = r#"[surplus]
mode = "spread"
from_year = 2018
into_years = [2017]
eligible = [{ category = "public" }]
cite = "notice 三"
[[exemption]]
kind = "matrix"
name = "示例"
fulfils = "everything_year"
years = [2018]
list_by = "示例委"
cite = "notice 四"
[[exemption]]
kind = "beside"
name = "另示例"
fulfils = "everything_year"
years = [2018]
list_by = "另示例委"
cite = "notice 四"
"#;
    let policy = super::policy_id(&publish(app, &rules(place, 2018, spread)));
    let (category, hours) = (CategoryCode::new("public"), Hours::whole(100));
    let line = Entry { category, hours, policy, decision_number: None, ..super::line(app, learner, place, 2018) };
    super::append(app, line);
}

/// A small part of it, which can be asked for many times.
pub(crate) fn a_little() -> Value {
    json!({ "from_year": 2018, "transfers": [{ "year": 2017, "category": "public", "hours": 0.01 }] })
}

/// Someone with 15 public and 30 professional hours beyond the need of 2020, and none of 2019.
pub(crate) struct Scene<'a> {
    app: &'a App,
    stage: Stage,
    learner: Learner,
    public: String,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(app: &'a App) -> Self {
        Self::of(app, app.learner("630000").series("卫生").level(Level::Intermediate).register())
    }

    fn of(app: &'a App, learner: Learner) -> Self {
        let _ = publish(app, &rules("630000", 2019, ""));
        let stage = app.qinghai();
        let public = app.course("QH-MORE-PUBLIC").hours(60).for_year(2020).on(&stage.platform).open();
        let professional = app.course("QH-MORE").professional().hours(120).for_year(2020).by_base(Tier::National);
        let professional = professional.on(&stage.platform).filed_on(date!(2020 - 01 - 06)).open();
        let [first, second] = app.push(&stage.platform, [learner.finished(&public), learner.finished(&professional)]);
        assert_eq!((&first["outcome"], &second["outcome"]), (&json!("credited"), &json!("credited")), "{second}");
        let public = first["completion_id"].as_str().unwrap().to_owned();
        Self { app, stage, learner, public }
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/v1/learners/{}/surplus-allocations{rest}", self.learner.id)
    }

    pub(crate) fn own(&self) -> Client<'a> {
        self.app.as_learner(self.learner.id)
    }

    fn officer(&self) -> Client<'a> {
        self.app.as_officer("630000")
    }

    fn allocate(&self, caller: &Client<'_>, body: &Value) -> Answer {
        caller.post(&self.path(""), body)
    }

    #[track_caller]
    fn standing(&self, year: i32) -> Value {
        self.own().get(&format!("/v1/learners/{}/standings/{year}", self.learner.id)).expect(200).json
    }
}

fn moved(told: &Value) -> Vec<(i64, String, f64)> {
    let transfer = |one: &Value| {
        let category = one["category"].as_str().unwrap().to_owned();
        (one["year"].as_i64().unwrap(), category, one["hours"].as_f64().unwrap())
    };
    told["transfers"].as_array().unwrap().iter().map(transfer).collect()
}

fn best() -> Vec<(i64, String, f64)> {
    vec![(2019, "professional".to_owned(), 30.0), (2019, "public".to_owned(), 10.0)]
}

#[test]
fn the_proposal_is_rehearsed_allocated_shown_by_both_years_and_taken_back() {
    each_backend(|app| {
        let scene = Scene::new(app);
        let asked = json!({ "from_year": 2020 });
        let (of_2019, of_2020) = (scene.standing(2019), scene.standing(2020));
        assert_eq!((&of_2019["verdict"], &of_2020["verdict"]), (&json!("unmet"), &json!("met")));
        let kept = || {
            let all = tables::rows(app);
            ["hour_entry", "change", "idempotency_answer"].map(|table| all[table])
        };
        let rows = kept();
        let rehearsed = scene.own().post(&scene.path("/validation"), &asked).expect(200).json;
        assert_eq!(kept(), rows, "a rehearsal leaves nothing");
        assert_eq!((moved(&rehearsed), &rehearsed["allocation"]), (best(), &Value::Null), "{rehearsed}");
        assert_eq!(rehearsed["clauses"][0]["clause"], "七(六)");
        let verdicts = |of: &str| -> Vec<(Value, Value)> {
            let years = rehearsed["years"].as_array().unwrap().iter().map(|year| &year[of]);
            years.map(|year| (year["year"].clone(), year["verdict"].clone())).collect()
        };
        let none = "no_rule_in_force";
        let wanted = |of_2019: &str| {
            let years = [(2020, "met"), (2017, none), (2018, none), (2019, of_2019)];
            years.map(|(year, verdict)| (json!(year), json!(verdict))).to_vec()
        };
        assert_eq!((verdicts("before"), verdicts("after")), (wanted("unmet"), wanted("met")));
        assert_eq!(rehearsed["gaps_left"], json!([]));
        let text = rehearsed["transfers"][0]["text"].as_str().unwrap();
        assert_eq!(text, "2020-03-01 完成的专业科目，由 2020 年度的结余调剂 30 至 2019 年度");
        assert_eq!(scene.standing(2019), of_2019, "a rehearsal changes nothing");

        let keyed = scene.own().with("idempotency-key", "one");
        let made = scene.allocate(&keyed, &asked).expect(201).json;
        assert_eq!(moved(&made), best());
        let again = scene.allocate(&keyed, &asked).expect(201);
        assert_eq!((again.header("idempotency-replayed"), &again.json), ("true", &made));
        let (then, source) = (scene.standing(2019), scene.standing(2020));
        assert_eq!((&then["verdict"], &source["verdict"]), (&json!("met"), &json!("met")));
        assert_eq!(each(&then["counted"], "hours_counted"), [&json!(30), &json!(10)]);
        assert_eq!(source["nodes"], of_2020["nodes"], "the year that is drawn on keeps what it has");
        let served: Vec<_> =
            source["serves"].as_array().unwrap().iter().map(|one| (&one["year"], &one["hours"])).collect();
        assert_eq!(served, [(&json!(2019), &json!(30)), (&json!(2019), &json!(10))]);
        let _ = scene.allocate(&scene.own(), &asked).problem(409, "nothing_to_allocate");
        let told = |entry: &Value| {
            let changes = scene.own().get("/v1/changes").expect(200).json;
            let kind = |change: &Value| (change["entry_id"] == *entry).then(|| change["kind"].clone());
            changes["items"].as_array().unwrap().iter().find_map(kind)
        };
        let line = &made["allocation"]["transfers"][0]["entry_id"];
        soon(|| told(line) == Some(json!("decided")));

        let listed = scene.officer().get(&scene.path("")).expect(200).json;
        assert_eq!(listed["items"][0]["allocation_id"], made["allocation"]["allocation_id"]);
        assert_eq!(moved(&listed["items"][0]), best());
        let id = listed["items"][0]["allocation_id"].as_str().unwrap().to_owned();
        let reversal = scene.path(&format!("/{id}/reversal"));
        let reason = json!({ "reason": "改为调剂至其他年度" });
        let _ = scene
            .own()
            .post(&scene.path(&format!("/{}/reversal", scene.learner.id)), &reason)
            .problem(404, "not_found");
        let _ = scene.own().post(&reversal, &json!({})).problem(422, "invalid_body");
        let gone = scene.own().post(&reversal, &reason).expect(200).json;
        assert!(gone["reversed_at"].is_string(), "{gone}");
        let _ = scene.own().post(&reversal, &reason).problem(409, "allocation_reversed");
        let back = scene.standing(2019);
        assert_eq!((&back["nodes"], &back["verdict"]), (&of_2019["nodes"], &of_2019["verdict"]));
        assert_eq!(scene.standing(2020), of_2020);
        assert_eq!(moved(&scene.allocate(&scene.own(), &asked).expect(201).json), best(), "and it can be made anew");
    });
}

#[test]
fn hours_that_are_taken_back_later_harm_the_year_that_drew_on_them_and_not_their_own() {
    each_backend(|app| {
        let scene = Scene::new(app);
        let _ = scene.allocate(&scene.own(), &json!({ "from_year": 2020 })).expect(201);
        let reversal = format!("/v1/completions/{}/reversal", scene.public);
        let _ = scene.officer().post(&reversal, &json!({ "reason_code": "fraud" })).expect(200);
        let drew = scene.standing(2019);
        assert_eq!(drew["verdict"], "unmet");
        let reasons: Vec<_> =
            drew["not_counted"].as_array().unwrap().iter().map(|line| &line["reason"]["code"]).collect();
        // Without its public hours 2020 lacks hours in all, so that it can spare none of the others either.
        assert_eq!(reasons, ["not_spared", "not_spared"]);
        let source = scene.standing(2020);
        assert_eq!((&source["nodes"][1]["earned"], &source["nodes"][2]["earned"]), (&json!(0), &json!(120)));
        assert_eq!(each(&source["serves"], "hours"), [&json!(0), &json!(0)]);
    });
}

#[test]
fn an_allocation_is_for_the_learner_and_the_office_of_the_present_place() {
    each_backend(|app| {
        let scene = Scene::new(app);
        let asked = json!({ "from_year": 2020 });
        let stranger = app.learner("630000").register();
        for caller in [app.as_learner(stranger.id), app.as_officer("610000")] {
            let _ = scene.allocate(&caller, &asked).problem(404, "not_found");
            let _ = caller.post(&scene.path("/validation"), &asked).problem(404, "not_found");
            let _ = caller.get(&scene.path("")).problem(404, "not_found");
        }
        // Whatever is wrong with the body.
        let _ = scene.allocate(&app.as_officer("610000"), &json!({})).problem(404, "not_found");
    });
}

#[test]
fn of_two_allocations_at_once_none_spends_an_hour_that_the_other_has_spent() {
    each_backend(|app| {
        let scene = Scene::new(app);
        let (own, officer) = (scene.own(), scene.officer());
        let statuses = |one: &Answer, other: &Answer| {
            let mut statuses = [one.status, other.status];
            statuses.sort_unstable();
            statuses
        };
        let taken_back = |one: Answer, other: Answer| {
            let made = if one.status == 201 { one } else { other };
            let id = made.json["allocation"]["allocation_id"].as_str().unwrap();
            let (reversal, reason) = (scene.path(&format!("/{id}/reversal")), json!({ "reason": "再试" }));
            let (one, other) = at_once(|| own.post(&reversal, &reason), || officer.post(&reversal, &reason));
            assert_eq!(statuses(&one, &other), [200, 409], "{} {}", one.text, other.text);
        };
        for _ in 0..4 {
            // Both want the best that there is.
            let asked = json!({ "from_year": 2020 });
            let (one, other) = at_once(|| scene.allocate(&own, &asked), || scene.allocate(&officer, &asked));
            assert_eq!(statuses(&one, &other), [201, 409], "{} {}", one.text, other.text);
            assert_eq!(scene.standing(2019)["nodes"][0]["earned"], 40);
            taken_back(one, other);
            // Of thirty hours one wants twenty for the one year, and the other twenty for another.
            let professional =
                |year: i32, hours: i32| json!([{ "year": year, "category": "professional", "hours": hours }]);
            let first = json!({ "from_year": 2020, "transfers": professional(2019, 20) });
            let second = json!({ "from_year": 2020, "transfers": professional(2018, 20), "attested": professional(2018, 30), "reference": "证明1号" });
            let (one, other) = at_once(|| scene.allocate(&own, &first), || scene.allocate(&officer, &second));
            assert_eq!(statuses(&one, &other), [201, 422], "{} {}", one.text, other.text);
            let refused = if one.status == 422 { &one } else { &other };
            let fault = &refused.json["errors"][0];
            assert_eq!((&fault["code"], &fault["most"]), (&json!("beyond_spare"), &json!(10)), "{fault}");
            taken_back(one, other);
        }
    });
}

#[test]
fn who_sees_one_of_the_years_alone_learns_nothing_of_the_other() {
    each_backend(|app| {
        let learner =
            app.learner("630100").moved_to("630200", date!(2020 - 01 - 01)).moved_to("630100", date!(2021 - 01 - 01));
        let scene = Scene::of(app, learner.series("卫生").level(Level::Intermediate).register());
        let _ = scene.allocate(&scene.own(), &json!({ "from_year": 2020 })).expect(201);
        let asked = json!({ "year": 2020, "detail": true, "people": [{ "learner_id": scene.learner.id }] });
        for (office, many) in [("630200", 0), ("630100", 2)] {
            let office = app.as_officer(office);
            let one = office.get(&format!("/v1/learners/{}/standings/2020", scene.learner.id)).expect(200).json;
            let of_many = &office.post("/v1/standings/query", &asked).expect(200).json["items"][0]["standing"];
            for standing in [&one, of_many] {
                assert_eq!(standing["serves"].as_array().unwrap().len(), many, "{standing}");
                assert_eq!(standing["verdict"], "met");
            }
            if many == 0 {
                let _ = office.get(&scene.path("")).problem(404, "not_found");
            }
        }
    });
}
