//! Who may ask about whom.

use super::{items, path};
use tests::{App, Backend, each_backend};
use time::macros::date;

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
            let _ = app.as_administrator().get(&address).problem(404, "not_found");
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
            let _ = app.as_administrator().get(&address).expect(200);
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
