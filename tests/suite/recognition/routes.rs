//! Whom a claim comes to, by what is registered of its person, employer and authorities: to its end through every office, and where there is none.

use super::{PDF, claim, evidence, go, state};
use domain::{
    access::Named,
    kernel::{EmployerId, LearnerId},
};
use serde_json::{Value, json};
use tests::{Answer, App, Client, each_backend};
use time::macros::datetime;
use xueshi::auth::{CallerKind, Subject};

/// Somebody with an employer, and what is filed for them.
struct Site<'a> {
    app: &'a App,
    learner: LearnerId,
    employer: EmployerId,
    claim: Value,
    evidence: &'static str,
}

/// A teacher of a place who has worked for a new employer since 2018.
fn site<'a>(app: &'a App, place: &str, kind: &str, more: &Value) -> Site<'a> {
    let mut employer = json!({ "name": "示例单位", "kind": kind, "kind_from_on": "2015-01-01", "place": place });
    employer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = app.as_system_administrator().post("/v1/employers", &employer).expect(201).json;
    let employer: EmployerId = made["employer_id"].as_str().unwrap().parse().unwrap();
    let learner = app.learner(place).series("教师").register().id;
    let employed = json!({ "employer_id": employer, "from_on": "2018-09-01" });
    let _ = app.as_national_officer().post(&format!("/v1/learners/{learner}/employments"), &employed).expect(201);
    Site { app, learner, employer, claim: claim(), evidence: "主办或承办单位文件" }
}

fn authority(app: &App, kind: &str, place: &str, series: Option<&str>) -> Value {
    let body = json!({ "kind": kind, "name": format!("示例{kind}{place}"), "place": place, "series": series });
    app.as_system_administrator().post("/v1/authorities", &body).expect(201).json["authority_id"].clone()
}

impl<'a> Site<'a> {
    fn with(self, claim: Value, evidence: &'static str) -> Self {
        Self { claim, evidence, ..self }
    }

    fn calling(&self, kind: CallerKind, name: &str, named: Named) -> Client<'a> {
        self.app.calling(Subject { kind, name: name.to_owned(), named })
    }

    fn unit(&self, name: &str) -> Client<'a> {
        self.calling(
            CallerKind::EmployerAdministrator,
            name,
            Named { employer: Some(self.employer), ..Named::default() },
        )
    }

    fn learner(&self) -> Client<'a> {
        self.app.as_learner(self.learner)
    }

    /// A draft with its paper; its address.
    fn draft(&self, filer: &Client<'_>) -> String {
        let asked = json!({ "learner_id": self.learner, "claim": self.claim });
        let at = filer.post("/v1/recognitions", &asked).expect(201).header("location").to_owned();
        let mut file = evidence(PDF);
        file["kind"] = self.evidence.into();
        let _ = filer.post(&format!("{at}/evidence"), &file).expect(201);
        at
    }

    fn submit(&self, filer: &Client<'_>) -> (String, Answer) {
        let at = self.draft(filer);
        let answer = go(filer, &at, "submission");
        (at, answer)
    }

    /// Who stands at a stage, each by a name of its own.
    fn office(&self, stage: &Value) -> Client<'a> {
        let seat = stage["seat"].as_str().unwrap();
        let place = stage["place"].as_str().and_then(|place| place.parse().ok());
        match (stage["employer_id"].as_str(), stage["series"].as_str()) {
            (Some(_), _) => self.unit("wang"),
            (None, Some(series)) => {
                let named = Named { place, series: Some(series.to_owned()), ..Named::default() };
                self.calling(CallerKind::SectorAuthority, seat, named)
            }
            (None, None) => self.calling(CallerKind::Officer, seat, Named { place, ..Named::default() }),
        }
    }

    /// What waits at each stage and until when, while every office says yes with this body; what then counts in the year.
    fn to_the_end(&self, filer: &Client<'_>, year: i32, yes: &Value) -> (Vec<String>, Value) {
        let (at, handed_in) = self.submit(filer);
        let mut case = handed_in.expect(200).json["review"].clone();
        let mut stages = Vec::new();
        while case["state"] == "waiting" {
            let stage = &case["stages"][usize::try_from(case["stage"].as_u64().unwrap()).unwrap()];
            stages.push(self.told(stage, &case["due_on"]));
            let review = format!("/v1/reviews/{}/approval", at.rsplit('/').next().unwrap());
            case = self.office(stage).post(&review, yes).expect(200).json;
        }
        assert_eq!(case["state"], "approved", "{case}");
        let standing = format!("/v1/learners/{}/standings/{year}", self.learner);
        let counted = self.learner().get(&standing).expect(200).json["counted"].clone();
        assert_eq!(counted.as_array().unwrap().len(), 1, "{counted}");
        (stages, counted[0]["hours_counted"].clone())
    }

    fn told(&self, stage: &Value, due_on: &Value) -> String {
        let text = |name: &str| stage[name].as_str();
        let own = self.employer.to_string();
        let whose = match (text("employer_id"), text("series"), text("place")) {
            (Some(unit), None, None) => if unit == own { "unit" } else { unit }.to_owned(),
            (None, Some(series), Some(place)) => format!("{series}@{place}"),
            (None, None, Some(place)) => place.to_owned(),
            _ => stage.to_string(),
        };
        let due = due_on.as_str().map_or_else(String::new, |day| format!(" by {day}"));
        format!("{} {whose}{due}", text("seat").unwrap())
    }
}

#[test]
fn in_qinghai_a_claim_goes_the_way_of_its_employer_to_the_end() {
    each_backend(|app| {
        app.clock.set(datetime!(2020-10-12 12:00 +08:00));
        let plain = json!({});
        let province = "province 630000 by 2020-12-15";
        let rows: [(&str, &str, Value, Vec<&str>); 8] = [
            (
                "630102",
                "enterprise",
                json!({ "registered_place": "630203" }),
                vec!["employer unit", "place_of_registration 630203 by 2020-12-15"],
            ),
            // Registered where it is, unless it says otherwise.
            (
                "630102",
                "enterprise",
                plain.clone(),
                vec!["employer unit", "place_of_registration 630102 by 2020-12-15"],
            ),
            ("630102", "central_unit", plain.clone(), vec!["employer unit", province]),
            ("630102", "army_kindergarten", plain.clone(), vec!["employer unit", province]),
            ("630000", "public_institution", json!({ "name": "青海大学" }), vec!["employer unit by 2020-12-15"]),
            ("630000", "public_institution", json!({ "name": "青海省中医院" }), vec!["employer unit", province]),
            (
                "630100",
                "public_institution",
                plain.clone(),
                vec!["employer unit", "city 630100 by 2020-12-15", province],
            ),
            (
                "630102",
                "public_institution",
                plain,
                vec!["employer unit", "county 630102 by 2020-12-15", "city 630100 by 2020-12-15", province],
            ),
        ];
        for (place, kind, more, wanted) in rows {
            let site = site(app, place, kind, &more);
            let found = site.to_the_end(&site.learner(), 2020, &json!({}));
            assert_eq!(found, (wanted.iter().map(|stage| (*stage).to_owned()).collect(), json!(28)), "{kind} {more}");
            // What the unit itself files it has handed in; where it decides alone, another of its people does.
            let (_, filed) = site.submit(&site.unit("li"));
            let stages = filed.expect(200).json["review"]["stages"].clone();
            let left = if wanted.len() == 1 { 1 } else { wanted.len() - 1 };
            assert_eq!(stages.as_array().unwrap().len(), left, "{stages}");
        }
    });
}

#[test]
fn in_shaanxi_the_superior_that_was_entered_decides_and_else_the_employer() {
    each_backend(|app| {
        app.clock.set(datetime!(2020-10-12 12:00 +08:00));
        let hours = json!({ "kind": "equivalent_hours", "category": "professional", "certificate_on": "2020-09-11" });
        let yes = json!({ "hours": 16, "reason": "按证书" });
        let city = authority(app, "human_resources", "610100", None);
        let sector = authority(app, "sector", "610000", Some("教师"));
        for (superior, wanted) in
            [(Value::Null, "employer unit"), (city, "superior 610100"), (sector, "superior 教师@610000")]
        {
            let site = site(app, "610102", "public_institution", &json!({ "authority_id": superior }));
            let site = site.with(hours.clone(), "其他");
            let found = site.to_the_end(&site.learner(), 2020, &yes);
            assert_eq!(found, (vec![wanted.to_owned()], json!(16)));
        }
    });
}

#[test]
fn in_guangde_the_sector_authority_registers_and_the_office_verifies_with_hours_and_a_reason() {
    each_backend(|app| {
        app.clock.set(datetime!(2020-07-13 12:00 +08:00));
        let claim = json!({
            "kind": "professional_training", "last_on": "2020-06-05", "document": "示例培训通知",
            "conditions": [{ "condition": "培训已按规定备案", "holds": true }]
        });
        let site = site(app, "341882", "public_institution", &json!({})).with(claim, "培训证书");
        // Nobody has entered who answers for the series yet.
        let (at, refused) = site.submit(&site.learner());
        let lacking = refused.problem(409, "no_route")["lacking"].clone();
        let missing: Vec<(&Value, &Value)> =
            lacking.as_array().unwrap().iter().map(|lack| (&lack["seat"], &lack["missing"])).collect();
        let (provider, sector) = (json!("provider"), json!("sector_authority"));
        assert_eq!(missing, [(&provider, &provider), (&sector, &sector)], "{lacking}");
        assert_eq!(state(&site.learner().get(&at).expect(200).json).0, "draft");
        let _ = authority(app, "sector", "341882", Some("教师"));

        let handed_in = go(&site.learner(), &at, "submission").expect(200).json;
        let stages = handed_in["review"]["stages"].clone();
        let told = |number: usize| site.told(&stages[number], &Value::Null);
        assert_eq!((told(0).as_str(), told(1).as_str()), ("sector_authority 教师@341882", "county 341882"));
        let approval = format!("/v1/reviews/{}/approval", at.rsplit('/').next().unwrap());
        let (registers, verifies) = (site.office(&stages[0]), site.office(&stages[1]));
        let yes = json!({ "hours": 24, "reason": "按证书" });
        let _ = verifies.post(&approval, &yes).problem(403, "not_your_stage");
        let _ = registers.post(&approval, &json!({})).expect(200);
        for (body, pointer) in [(json!({}), "/hours"), (json!({ "hours": 24 }), "/reason")] {
            let told = verifies.post(&approval, &body).problem(422, "invalid_body");
            assert_eq!(
                (&told["errors"][0]["pointer"], &told["errors"][0]["code"]),
                (&json!(pointer), &json!("missing"))
            );
        }
        assert_eq!(state(&verifies.post(&approval, &yes).expect(200).json).0, "approved");
        let standing = format!("/v1/learners/{}/standings/2020", site.learner);
        let line = site.learner().get(&standing).expect(200).json["counted"][0].clone();
        assert_eq!((&line["category"], &line["hours_counted"]), (&json!("professional"), &json!(24)));
    });
}

#[test]
fn in_pingdingshan_the_county_reviews_or_else_the_unit_concerned_whoever_files() {
    each_backend(|app| {
        let claim = json!({ "kind": "local_registration", "category": "professional", "last_on": "2021-05-01" });
        let yes = json!({ "hours": 16, "reason": "按登记规定" });
        let city = json!({ "authority_id": authority(app, "human_resources", "410400", None) });
        for (place, more, wanted) in [
            ("410421", json!({}), "county 410421"),
            ("410421", city.clone(), "county 410421"),
            ("410400", city, "superior 410400"),
            ("410400", json!({}), "employer unit"),
        ] {
            for by_unit in [false, true] {
                let site = site(app, place, "public_institution", &more).with(claim.clone(), "相关文件");
                let filer = if by_unit { site.unit("li") } else { site.learner() };
                assert_eq!(site.to_the_end(&filer, 2021, &yes), (vec![wanted.to_owned()], json!(16)), "{by_unit}");
            }
        }
        // Of the unit that decides for itself not who has filed it.
        let site = site(app, "410400", "public_institution", &json!({})).with(claim, "相关文件");
        let (at, handed_in) = site.submit(&site.unit("li"));
        assert_eq!(state(&handed_in.expect(200).json).0, "waiting");
        let approval = format!("/v1/reviews/{}/approval", at.rsplit('/').next().unwrap());
        let own = site.unit("li").post(&approval, &yes).problem(403, "conflict_of_interest");
        assert_eq!(own["reason"], "filed_by_you");
    });
}

#[test]
fn what_nobody_could_decide_is_not_handed_in_and_what_is_missing_is_named() {
    each_backend(|app| {
        app.clock.set(datetime!(2020-10-12 12:00 +08:00));
        // Whose unit would hand it in has none.
        let idle = site(app, "630102", "public_institution", &json!({}));
        let employments = format!("/v1/learners/{}/employments", idle.learner);
        let employ = |employer: Value, from_on: &str| {
            let fact = json!({ "employer_id": employer, "from_on": from_on });
            let _ = app.as_national_officer().post(&employments, &fact).expect(201);
        };
        employ(Value::Null, "2020-10-01");
        let (of_idle, refused) = idle.submit(&idle.learner());
        let problem = refused.problem(409, "no_route");
        let lacking = json!([{ "office": "所在单位", "seat": "employer", "missing": "employer" }]);
        assert_eq!((&problem["lacking"], &problem["may_file"]), (&lacking, &Value::Null), "{problem}");
        // In Shaanxi it is for the learner to file.
        let hours = json!({ "kind": "equivalent_hours", "category": "professional", "certificate_on": "2020-09-11" });
        let other = site(app, "610102", "public_institution", &json!({})).with(hours, "其他");
        let (of_unit, refused) = other.submit(&other.unit("li"));
        let problem = refused.problem(409, "no_route");
        assert_eq!((&problem["may_file"], &problem["lacking"]), (&json!(["learner"]), &Value::Null), "{problem}");

        for (filer, at) in [(idle.learner(), &of_idle), (other.unit("li"), &of_unit)] {
            assert_eq!(state(&filer.get(at).expect(200).json).0, "draft");
        }
        assert_eq!(crate::tables::rows(app)["review_event"], 0, "nothing of it is kept");
        employ(json!(idle.employer), "2020-10-02");
        assert_eq!(state(&go(&idle.learner(), &of_idle, "submission").expect(200).json).0, "waiting");
    });
}

/// The invented notice of the guide to rules, and what counts besides courses by it.
fn example(mark: &str) -> &'static str {
    let begin = format!("<!-- example: {mark} -->\n```toml\n");
    let (_, rest) = include_str!("../../../docs/POLICY.md").split_once(&begin).unwrap();
    rest.split_once("```\n").unwrap().0
}

const ROUTE: &str = r#"
[[route]]
subject = "recognition"
submitters = ["专业技术人员"]
filed_by = ["learner"]
step = [{ office = "市人社局", seat = ["county"], act = "reviews" }]
cite = "notice 四"
"#;

#[test]
fn another_places_table_that_asks_for_role_and_level_is_published_and_filed_by_as_data_alone() {
    each_backend(|app| {
        let publish = |route: &str| {
            let source = format!("{}\n{}{route}", example("rules"), example("achievements"));
            let office = app.as_national_officer();
            let draft = office.post("/v1/policies", &json!({ "source": source })).expect(201).json["policy_id"].clone();
            let publication = format!("/v1/policies/{}/publication", draft.as_str().unwrap());
            let _ = office.post(&publication, &Value::Null).expect(201);
        };
        publish("");
        let site = site(app, "341881", "public_institution", &json!({}));
        let asked = |claim: &Value| {
            site.learner().post("/v1/recognitions", &json!({ "learner_id": site.learner, "claim": claim }))
        };
        let book = |role: &str| json!({ "kind": "book", "granted_on": "2021-05-01", "role": role });
        let seminar = |level: Value| {
            json!({
                "kind": "seminar", "first_on": "2021-03-01", "last_on": "2021-03-06", "travel_days": 1,
                "own_field": true, "level": level
            })
        };
        for (claim, hours) in [(book("主编"), 30), (book("参编"), 10), (seminar("省".into()), 40)] {
            let worth = asked(&claim).expect(201).json["worth"].clone();
            assert_eq!((&worth["outcome"], &worth["hours"]), (&json!("worth"), &json!(hours)), "{worth}");
        }
        for (claim, pointer) in [(book("校对"), "/claim/role"), (seminar("县".into()), "/claim/level")] {
            let problem = asked(&claim).problem(422, "invalid_body");
            let faults = crate::registry::faults(&problem);
            assert_eq!(faults, crate::registry::named(&[(pointer, "unknown_value")]));
        }
        let missing = asked(&seminar(Value::Null)).expect(201).json["worth"].clone();
        assert_eq!(missing["reasons"][0]["code"], "level_missing", "{missing}");

        // What no rule has a route for nobody decides, until one is published.
        let at = asked(&book("主编")).expect(201).header("location").to_owned();
        let problem = go(&site.learner(), &at, "submission").problem(409, "no_route");
        assert_eq!((&problem["lacking"], &problem["may_file"]), (&Value::Null, &Value::Null));
        publish(ROUTE);
        let handed_in = go(&site.learner(), &at, "submission").expect(200).json;
        let county = site.office(&handed_in["review"]["stages"][0]);
        let approval = format!("/v1/reviews/{}/approval", at.rsplit('/').next().unwrap());
        assert_eq!(state(&county.post(&approval, &json!({})).expect(200).json).0, "approved");
        let standing = format!("/v1/learners/{}/standings/2021", site.learner);
        assert_eq!(site.learner().get(&standing).expect(200).json["counted"][0]["hours_counted"], 30);
    });
}
