//! What follows from missed years.

use super::each;
use domain::registry::EmployerKind;
use serde_json::{Value, json};
use tests::{App, each_backend, fixtures::Learner};
use time::macros::datetime;

#[track_caller]
fn follows(app: &App, learner: &Learner) -> Value {
    app.as_learner(learner.id).get(&format!("/v1/learners/{}/consequences", learner.id)).expect(200).json
}

fn on_standing(app: &App, learner: &Learner, year: i32) -> Value {
    let path = format!("/v1/learners/{}/standings/{year}", learner.id);
    app.as_learner(learner.id).get(&path).expect(200).json["consequences"].clone()
}

#[test]
fn a_year_missed_in_guangde_puts_off_both_clocks_once_it_is_closed() {
    each_backend(|app| {
        let staff = app.learner("341882").at(EmployerKind::PublicInstitution).register();
        let worker = app.learner("341882").at(EmployerKind::Enterprise).register();
        app.clock.set(datetime!(2020-12-31 23:59:59 +08:00));
        assert_eq!((follows(app, &staff)["items"].clone(), on_standing(app, &staff, 2020)), (json!([]), json!([])));
        app.clock.set(datetime!(2021-01-01 0:00 +08:00));
        let found = follows(app, &staff);
        assert_eq!((&found["term_deferral_years"], &found["promotion_deferral_years"]), (&json!(1), &json!(1)));
        let effects =
            ["term_deferral", "promotion_deferral", "no_title_recommendation", "no_appointment", "no_excellent"];
        assert_eq!(each(&found["items"], "effect"), effects);
        let first = &found["items"][0];
        assert_eq!((&first["year"], &first["years"], &first["binds"]), (&json!(2020), &json!(1), &json!(true)));
        assert_eq!(
            (&first["text"], &first["clauses"][0]["clause"]),
            (&json!("专业技术职务任期顺延 1 年"), &json!("三(三)"))
        );
        assert_eq!(found["items"][4]["clauses"][0]["clause"], "五(三)");
        assert_eq!(on_standing(app, &staff, 2020), found["items"]);
        // What is said of institutions says nothing to an enterprise; the clocks are everyone's.
        assert_eq!(each(&follows(app, &worker)["items"], "effect"), effects[..2]);
        // As it was known, and as it stood, before the year had closed.
        let path = format!("/v1/learners/{}/consequences?as_known_at=2020-12-31T23:59:59%2B08:00", staff.id);
        let before = app.as_officer("341882").get(&path).expect(200).json;
        assert_eq!((&before["items"], &before["asked_on"]), (&json!([]), &json!("2020-12-31")));
    });
}

#[test]
fn a_year_that_is_met_has_no_consequences_and_one_whose_hours_are_taken_back_has() {
    each_backend(|app| {
        let stage = app.guangde();
        let learner = app.learner("341882").register();
        let [public, _] =
            app.push(&stage.platform, [learner.finished(&stage.public), learner.finished(&stage.professional)]);
        let path = format!("/v1/learners/{}/consequences", learner.id);
        let met = app.as_officer("341882").get(&path).expect(200);
        assert_eq!((&met.json["items"], &met.json["term_deferral_years"]), (&json!([]), &json!(0)));
        let holding = app.as_officer("341882").with("if-none-match", met.header("etag"));
        assert_eq!(holding.get(&path).status, 304);
        let reversal = format!("/v1/completions/{}/reversal", public["completion_id"].as_str().unwrap());
        let _ = app.as_officer("341882").post(&reversal, &json!({ "reason_code": "wrong_data" })).expect(200);
        let missed = holding.get(&path).expect(200).json;
        assert_eq!(each(&missed["items"], "effect"), ["term_deferral", "promotion_deferral"]);
    });
}

#[test]
fn awards_are_barred_to_institutions_in_pingdingshan_and_to_others_only_recommended() {
    each_backend(|app| {
        let [staff, worker, other] =
            [EmployerKind::PublicInstitution, EmployerKind::Enterprise, EmployerKind::CentralUnit]
                .map(|kind| app.learner("410400").at(kind).register());
        app.clock.set(datetime!(2022-01-01 0:00 +08:00));
        for (learner, binds) in [(&staff, Some(true)), (&worker, Some(false)), (&other, None)] {
            let found = follows(app, learner);
            let awards: Vec<_> = found["items"].as_array().unwrap().iter().filter(|one| one["year"] == 2021).collect();
            let told: Vec<_> =
                awards.iter().map(|one| (one["effect"].as_str().unwrap(), one["binds"].as_bool())).collect();
            let wanted: Vec<_> = binds.map(|binds| ("no_awards", Some(binds))).into_iter().collect();
            assert_eq!(told, wanted, "{found}");
            assert_eq!(found["term_deferral_years"], 0);
        }
    });
}

#[test]
fn nothing_follows_from_a_year_before_the_register_knew_the_person() {
    each_backend(|app| {
        let mut new = crate::registry::learner(9, "示例新人");
        new["placement"] = json!({ "place": "341882", "from_on": "2021-01-01" });
        let made = app.as_national_officer().post("/v1/learners", &new).expect(201).json;
        let officer = app.as_officer("341882");
        let path = |rest: &str| format!("/v1/learners/{}/{rest}", made["learner_id"].as_str().unwrap());
        assert_eq!(officer.get(&path("consequences")).expect(200).json["items"], json!([]));
        let standing = officer.get(&path("standings/2020")).expect(200).json;
        assert_eq!((&standing["verdict"], &standing["consequences"]), (&json!("unmet"), &json!([])));
    });
}

#[test]
fn consequences_are_for_who_may_see_the_years() {
    each_backend(|app| {
        let learner = app.learner("341882").register();
        let path = format!("/v1/learners/{}/consequences", learner.id);
        let stranger = app.learner("341882").register();
        let _ = app.as_learner(stranger.id).get(&path).problem(404, "not_found");
        let _ = app.as_officer("610000").get(&path).problem(404, "not_found");
        let _ = app
            .as_officer("341882")
            .get(&format!("{path}?as_known_at=2031-01-01T00:00:00Z"))
            .problem(422, "invalid_query");
    });
}
