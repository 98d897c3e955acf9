//! Who may ask about whom.

use super::{items, path};
use domain::{access::Named, kernel::EmployerId, registry::EmployerKind};
use tests::{App, Backend, each_backend, fixtures::Learner};
use time::macros::date;
use xueshi::auth::{CallerKind, Subject};

const SOMEONE: &str = "0190d3f0-0000-7000-8000-00000000beef";

/// Every address about one learner.
fn addresses(learner: impl std::fmt::Display) -> [String; 3] {
    ["standings/2020", "standings", "hour-entries"].map(|rest| format!("/v1/learners/{learner}/{rest}"))
}

#[test]
fn a_learner_reads_their_own_and_nobody_elses() {
    each_backend(|app| {
        let (one, other) = (app.learner("610000").register(), app.learner("610000").register());
        for address in addresses(one.id) {
            let _ = app.as_learner(one.id).get(&address).expect(200);
            let _ = app.as_learner(other.id).get(&address).problem(404, "not_found");
        }
        // Someone with a token who is not registered is nobody.
        let someone = SOMEONE.parse().unwrap();
        for address in addresses(SOMEONE) {
            let _ = app.as_learner(someone).get(&address).problem(404, "not_found");
            let _ = app.as_national_officer().get(&address).problem(404, "not_found");
        }
    });
}

#[test]
fn an_officer_reads_those_of_the_place_and_below_and_others_do_not_exist() {
    each_backend(|app| {
        let learner = app.learner("610928").register();
        for address in addresses(learner.id) {
            // By any code of the place, dead or new, and by any place above it.
            for place in ["610928", "610981", "610900", "610000", "000000"] {
                let _ = app.as_officer(place).get(&address).expect(200);
            }
            for place in ["610100", "630000", "341882"] {
                let _ = app.as_officer(place).get(&address).problem(404, "not_found");
            }
            let _ = app.as_national_officer().get(&address).expect(200);
        }
    });
}

#[test]
fn a_platform_may_not_ask() {
    let app = App::start(Backend::Sqlite);
    let learner = app.learner("610000").register();
    let platform = app.as_platform(SOMEONE.parse().unwrap());
    for address in addresses(learner.id) {
        let _ = platform.get(&address).problem(403, "caller_not_permitted");
    }
    for caller in [platform, app.as_learner(learner.id)] {
        let body = serde_json::json!({ "year": 2020, "people": [{ "learner_id": learner.id }] });
        let _ = caller.post("/v1/standings/query", &body).problem(403, "caller_not_permitted");
    }
}

#[test]
fn an_officer_of_a_former_place_reads_the_years_in_which_it_was_theirs() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610100").moved_to("630100", date!(2021 - 01 - 01)).register();
        let _ = app.push_one(&stage.platform, &learner.finished(&stage.public));
        let (former, present) = (app.as_officer("610000"), app.as_officer("630000"));
        for (year, before, now) in [(2019, 200, 200), (2020, 200, 200), (2021, 404, 200), (2022, 404, 200)] {
            assert_eq!(former.get(&path(learner.id, year)).status, before, "{year}");
            assert_eq!(present.get(&path(learner.id, year)).status, now, "{year}");
        }
        let [_, list, ledger] = addresses(learner.id);
        let years = |answer: &tests::Answer| -> Vec<i64> {
            items(answer).iter().map(|item| item["year"].as_i64().unwrap()).collect()
        };
        assert_eq!(years(&former.get(&list).expect(200)), [2020]);
        assert_eq!(years(&present.get(&list).expect(200)), [2020, 2021]);
        let _ = former.get(&ledger).problem(404, "not_found");
        assert_eq!(items(&former.get(&format!("{ledger}?year=2020")).expect(200)).len(), 1);
        let _ = former.get(&format!("{ledger}?year=2021")).problem(404, "not_found");
        assert_eq!(items(&present.get(&ledger).expect(200)).len(), 1);
    });
}

#[test]
fn an_employer_sees_its_staff_of_today_and_of_others_the_years_in_which_they_were() {
    each_backend(|app| {
        let (employer, next) = (app.employer(EmployerKind::Enterprise), app.employer(EmployerKind::Enterprise));
        let named = Named { employer: Some(employer), ..Named::default() };
        let kind = CallerKind::EmployerAdministrator;
        let wang = app.calling(Subject { kind, name: "wang".to_owned(), named });
        let works = |learner: &Learner, at: EmployerId, from_on: &str| {
            let body = serde_json::json!({ "employer_id": at, "from_on": from_on });
            let path = format!("/v1/learners/{}/employments", learner.id);
            let _ = app.as_national_officer().post(&path, &body).expect(201);
        };
        let (stays, left) = (app.learner("610000").register(), app.learner("630000").register());
        let stranger = app.learner("610000").register();
        works(&stays, employer, "2021-06-15");
        works(&left, employer, "2019-03-01");
        works(&left, next, "2020-12-31");
        for address in addresses(stays.id) {
            let _ = wang.get(&address).expect(200);
        }
        let of = |learner: &Learner, year: i32| format!("/v1/learners/{}/standings/{year}", learner.id);
        for (year, status) in [(2018, 404), (2019, 200), (2020, 200), (2021, 404)] {
            assert_eq!(wang.get(&of(&left, year)).status, status, "{year}");
        }
        let _ = wang.get(&format!("/v1/learners/{}", left.id)).problem(404, "not_found");
        let listed = wang.get("/v1/learners").expect(200).json;
        let ids: Vec<_> = listed["items"].as_array().unwrap().iter().map(|item| item["learner_id"].clone()).collect();
        assert_eq!(ids, [serde_json::json!(stays.id)]);
        let of_next = wang.get(&format!("/v1/learners?employer={next}")).expect(200).json;
        assert_eq!(of_next["items"], serde_json::json!([]));
        let _ = wang.get(&of(&stranger, 2020)).problem(404, "not_found");
    });
}

#[test]
fn a_sector_authority_sees_who_is_in_its_series_within_its_place() {
    each_backend(|app| {
        let place = "610000".parse().ok();
        let named = Named { place, series: Some("会计".to_owned()), ..Named::default() };
        let kind = CallerKind::SectorAuthority;
        let qian = app.calling(Subject { kind, name: "qian".to_owned(), named });
        let own = app.learner("610928").series("会计").register();
        let others = [
            app.learner("610928").series("卫生").register(),
            app.learner("610928").register(),
            app.learner("630000").series("会计").register(),
        ];
        for address in addresses(own.id) {
            let _ = qian.get(&address).expect(200);
        }
        for other in &others {
            for address in addresses(other.id) {
                let _ = qian.get(&address).problem(404, "not_found");
            }
        }
        let listed = qian.get("/v1/learners").expect(200).json;
        let ids: Vec<_> = listed["items"].as_array().unwrap().iter().map(|item| item["learner_id"].clone()).collect();
        assert_eq!(ids, [serde_json::json!(own.id)]);
        let _ = qian.get("/v1/learners?place=630000").problem(403, "outside_place");
        let _ = qian
            .post(&format!("/v1/learners/{}/posts", own.id), &serde_json::json!({}))
            .problem(403, "caller_not_permitted");
    });
}

#[test]
fn a_sector_authority_sees_the_years_in_which_series_and_place_came_together() {
    each_backend(|app| {
        let place = "610000".parse().ok();
        let named = Named { place, series: Some("会计".to_owned()), ..Named::default() };
        let kind = CallerKind::SectorAuthority;
        let qian = app.calling(Subject { kind, name: "qian".to_owned(), named });
        // Each leaves the place on the same day; what differs is the day from which the post is of the series.
        let seen_in_2020 = |series_from: &str| {
            let gone = app.learner("610928").moved_to("630000", date!(2020 - 06 - 15)).series("卫生").register();
            let post = serde_json::json!({ "series": "会计", "employment_kind": "permanent", "from_on": series_from });
            let posts = format!("/v1/learners/{}/posts", gone.id);
            let _ = app.as_national_officer().post(&posts, &post).expect(201);
            for year in [2019, 2021] {
                let _ = qian.get(&path(gone.id, year)).problem(404, "not_found");
            }
            let status = qian.get(&path(gone.id, 2020)).status;
            assert_eq!(qian.get(&format!("/v1/learners/{}/hour-entries?year=2020", gone.id)).status, status);
            status
        };
        for (series_from, status) in
            [("2020-03-01", 200), ("2020-06-14", 200), ("2020-06-15", 404), ("2020-09-01", 404)]
        {
            assert_eq!(seen_in_2020(series_from), status, "{series_from}");
        }
    });
}
