//! What is not allowed, and why: all of it at once, with the clause and how much would have been.

use super::{Scene, moved};
use crate::{
    completions::pushed,
    registry::{faults, named},
};
use domain::registry::{Level, Tier};
use serde_json::{Value, json};
use tests::{Client, each_backend};
use time::macros::date;

fn one(year: i32, category: &str, hours: impl Into<Value>) -> Value {
    json!({ "year": year, "category": category, "hours": hours.into() })
}

fn chosen(list: &[Value]) -> Value {
    json!({ "from_year": 2020, "transfers": list })
}

#[test]
fn the_learner_may_choose_another_allocation_within_what_is_lacking_and_what_can_be_spared() {
    each_backend(|app| {
        let scene = Scene::new(app);
        let made = scene.allocate(&scene.own(), &chosen(&[one(2019, "public", 4.5)])).expect(201).json;
        assert_eq!(moved(&made), [(2019, "public".to_owned(), 4.5)]);
        let beyond = [
            one(2019, "public", 5.51),
            one(2018, "public", 1),
            one(2019, "professional", 30.01),
            one(2016, "public", 1),
            one(2020, "public", 1),
        ];
        let problem = scene.allocate(&scene.own(), &chosen(&beyond)).problem(422, "invalid_body");
        let wanted = [
            ("/transfers/0/hours", "beyond_gap"),
            ("/transfers/1/year", "not_attested"),
            ("/transfers/2/hours", "beyond_gap"),
            ("/transfers/3/year", "not_served"),
            ("/transfers/4/year", "not_served"),
        ];
        assert_eq!(faults(&problem), named(&wanted), "{problem}");
        let told = &problem["errors"];
        assert_eq!((&told[0]["most"], &told[2]["most"]), (&json!(5.5), &json!(30)));
        assert_eq!(told[3]["years"], json!([2017, 2018, 2019]));
        assert!(told.as_array().unwrap().iter().all(|fault| fault["clauses"][0]["clause"] == "七(六)"), "{problem}");
        // What remains is proposed still.
        let rest = scene.own().post(&scene.path("/validation"), &json!({ "from_year": 2020 })).expect(200).json;
        assert_eq!(moved(&rest), [(2019, "professional".to_owned(), 30.0), (2019, "public".to_owned(), 5.5)]);
    });
}

#[test]
fn what_is_wrong_with_a_body_is_told_all_at_once() {
    each_backend(|app| {
        let scene = Scene::new(app);
        let body = json!({
            "from_year": 2020,
            "transfers": [one(2019, "public", 0), one(2019, "pub lic", 1), one(2019, "professional", 31),
                one(1900, "public", 1), one(2019, "public", "x")],
            "attested": [one(2019, "public", 1), one(2018, "public", 2), one(2018, "public", 3)],
            "reason": "x",
        });
        let wanted = [
            ("/attested/0/year", "not_to_be_attested"),
            ("/attested/2", "duplicate"),
            ("/reason", "unknown_field"),
            ("/reference", "missing"),
            ("/transfers/0/hours", "range"),
            ("/transfers/1/category", "category"),
            ("/transfers/2/hours", "beyond_gap"),
            ("/transfers/3/year", "range"),
            ("/transfers/4/hours", "wrong_type"),
        ];
        for path in ["", "/validation"] {
            let problem = scene.officer().post(&scene.path(path), &body).problem(422, "invalid_body");
            assert_eq!(faults(&problem), named(&wanted), "{problem}");
        }
        // Where nothing is carried over that is told of a body in which nothing is wrong.
        let other = app.learner("610000").register();
        let path = format!("/v1/learners/{}/surplus-allocations", other.id);
        let empty = json!({ "from_year": 2020, "transfers": [] });
        let problem = app.as_learner(other.id).post(&path, &empty).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/transfers", "length")]));
        let problem = app.as_learner(other.id).post(&path, &json!({ "from_year": 2019, "transfers": [] }));
        let both = [("/from_year", "no_rule_in_force"), ("/transfers", "length")];
        assert_eq!(faults(&problem.problem(422, "invalid_body")), named(&both));
        assert_eq!(scene.standing(2019)["counted"], json!([]));
    });
}

#[test]
fn what_years_without_rules_lack_an_office_attests() {
    each_backend(|app| {
        let scene = Scene::new(app);
        let attests = |hours: i64, reference: Value| {
            let mut body = chosen(&[one(2018, "professional", hours)]);
            (body["attested"], body["reference"]) = (json!([one(2018, "professional", 31)]), reference);
            body
        };
        let refused = |caller: &Client<'_>, body: &Value| {
            let problem = scene.allocate(caller, body).problem(422, "invalid_body");
            assert_eq!(problem["errors"].as_array().unwrap().len(), 1, "{problem}");
            (problem["errors"][0]["code"].clone(), problem["errors"][0]["most"].clone())
        };
        let document = json!("证明1号");
        assert_eq!(refused(&scene.own(), &attests(20, document.clone())), (json!("for_the_office"), Value::Null));
        assert_eq!(refused(&scene.officer(), &attests(20, Value::Null)), (json!("missing"), Value::Null));
        // A category is one that could be given, and a document is named for something.
        let mut unknown = attests(20, document.clone());
        unknown["attested"][0]["category"] = json!("id_630102199001010009");
        let problem = scene.allocate(&scene.officer(), &unknown).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/attested/0/category", "unknown_category")]), "{problem}");
        assert_eq!(problem["errors"][0]["categories"], json!(["public", "professional", "total"]));
        let alone = json!({ "from_year": 2020, "reference": "证明1号" });
        let problem = scene.allocate(&scene.officer(), &alone).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/reference", "not_expected")]));
        // One hour more would harm 2020.
        assert_eq!(refused(&scene.officer(), &attests(31, document.clone())), (json!("beyond_spare"), json!(30)));
        let made = scene.allocate(&scene.officer(), &attests(20, document.clone())).expect(201).json;
        assert_eq!((moved(&made), &made["reference"]), (vec![(2018, "professional".to_owned(), 20.0)], &document));
        // What serves a year already is lacking no more.
        assert_eq!(refused(&scene.officer(), &attests(12, document)), (json!("beyond_gap"), json!(11)));
        assert_eq!(scene.standing(2020)["verdict"], "met");
    });
}

#[test]
fn hours_that_may_not_be_carried_over_serve_their_own_year_first_and_no_other() {
    each_backend(|app| {
        let scene = Scene::new(app);
        // Of a class nothing is carried over; with it the forty online hours beside it are all to spare.
        let learner = app.learner("630000").series("卫生").level(Level::Intermediate).register();
        let course = |code: &str, hours: i64| {
            let course = app.course(code).professional().hours(hours).for_year(2020).by_base(Tier::National);
            course.on(&scene.stage.platform).filed_on(date!(2020 - 01 - 06)).open()
        };
        let class = learner.finished(&course("QH-CLASS", 90)).face_to_face();
        let _ = pushed(app, &scene.stage.platform, &class, "credited");
        let _ = pushed(app, &scene.stage.platform, &learner.finished(&scene.stage.public), "credited");
        let own = app.as_learner(learner.id);
        let path = format!("/v1/learners/{}/surplus-allocations", learner.id);
        let asked = chosen(&[one(2019, "professional", 1)]);
        let problem = own.post(&path, &asked).problem(422, "invalid_body");
        assert_eq!((&problem["errors"][0]["code"], &problem["errors"][0]["most"]), (&json!("beyond_spare"), &json!(0)));
        let _ = own.post(&path, &json!({ "from_year": 2020 })).problem(409, "nothing_to_allocate");
        let online = learner.finished(&course("QH-ONLINE", 40));
        let _ = pushed(app, &scene.stage.platform, &online, "credited");
        let proposed = own.post(&format!("{path}/validation"), &json!({ "from_year": 2020 })).expect(200).json;
        assert_eq!(moved(&proposed), [(2019, "professional".to_owned(), 30.0)]);
        assert_eq!(proposed["gaps_left"], json!([one(2019, "public", 10)]));
    });
}

#[test]
fn where_nothing_is_carried_over_it_is_refused_with_the_clause() {
    each_backend(|app| {
        let asked = json!({ "from_year": 2020 });
        // Guangde knows no make-up; in Shaanxi earlier years are studied by themselves, each until its own day.
        for (place, clauses) in [("341882", &["三(三)"][..]), ("610000", &["二(四)1", "二(四)2"])] {
            let learner = app.learner(place).register();
            let path = format!("/v1/learners/{}/surplus-allocations", learner.id);
            let own = app.as_learner(learner.id);
            for path in [path.clone(), format!("{path}/validation")] {
                let problem = own.post(&path, &asked).problem(422, "surplus_not_carried");
                assert_eq!(super::each(&problem["clauses"], "clause"), clauses, "{problem}");
                assert_eq!(problem["policy"]["place"], place);
            }
            let silent = own.post(&path, &json!({ "from_year": 2019 })).problem(422, "invalid_body");
            assert_eq!(faults(&silent), named(&[("/from_year", "no_rule_in_force")]));
        }
    });
}
