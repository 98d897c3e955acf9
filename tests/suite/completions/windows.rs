//! Days, years and places: both sides of every edge.

use super::{ledger, pushed, reason, standing_hours};
use domain::{
    kernel::Hours,
    registry::{Requirement, Tier},
};
use serde_json::json;
use tests::each_backend;
use time::macros::{date, datetime};

#[test]
fn the_year_of_pingdingshan_ends_with_its_last_second_and_a_late_push_is_accepted() {
    each_backend(|app| {
        let stage = app.pingdingshan();
        app.clock.set(datetime!(2022-02-01 09:00 +08:00));
        // In both spellings of the same second.
        for (moment, outcome) in [
            ("2021-12-31T23:59:59+08:00", "credited"),
            ("2021-12-31T15:59:59Z", "credited"),
            ("2022-01-01T00:00:00+08:00", "refused"),
            ("2021-12-31T16:00:00Z", "refused"),
        ] {
            let learner = app.learner("410400").register();
            let told = pushed(app, &stage.platform, &learner.finished(&stage.public).at(moment), outcome);
            assert_eq!(told["year"], 2021, "{moment}");
            if outcome == "refused" {
                let reason = reason(&told);
                assert_eq!(reason["code"], "completed_after_window");
                assert_eq!(reason["facts"]["closes_on"], "2021-12-31");
                let clause = json!({ "document": "平人社办〔2021〕26号", "clause": "三" });
                assert_eq!(reason["clauses"], json!([clause]));
            }
        }
    });
}

#[test]
fn shaanxi_2019_is_made_up_until_the_end_of_2020_and_counts_for_2019() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let of_2019 = app.course("SX-2019").professional().hours(8).for_year(2019).on(&stage.platform).open();
        let of_2018 = app.course("SX-2018").professional().hours(8).for_year(2018).on(&stage.platform).open();
        let item = |moment: &str| learner.finished(&of_2019).at(moment);
        let credited = pushed(app, &stage.platform, &item("2020-12-31T23:59:59+08:00"), "credited");
        assert_eq!((&credited["year"], &credited["category"]), (&json!(2019), &json!("professional")));
        let refused = pushed(app, &stage.platform, &item("2021-01-01T00:00:00+08:00"), "refused");
        assert_eq!(reason(&refused)["code"], "make_up_closed");
        assert_eq!(reason(&refused)["clauses"][0]["clause"], "二(四)1");
        let open =
            pushed(app, &stage.platform, &learner.finished(&of_2018).at("2021-05-01T00:00:00+08:00"), "credited");
        assert_eq!(open["year"], 2018);
    });
}

#[test]
fn pingdingshan_lets_no_earlier_year_be_made_up() {
    each_backend(|app| {
        let stage = app.pingdingshan();
        let learner = app.learner("410400").register();
        let course = app.course("PDS-2020").professional().hours(8).for_year(2020).on(&stage.platform).open();
        let item = learner.finished(&course).at("2021-03-01T10:00:00+08:00");
        let refused = pushed(app, &stage.platform, &item, "refused");
        assert_eq!(reason(&refused)["code"], "make_up_not_allowed");
        assert_eq!(reason(&refused)["facts"]["year"], 2020);
        assert_eq!(reason(&refused)["clauses"][0]["clause"], "二");
    });
}

#[test]
fn what_qinghai_makes_up_online_counts_for_the_year_in_which_it_is_finished() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").register();
        let of_2019 = app.course("QH-2019").professional().hours(8).for_year(2019).by_base(Tier::National);
        let of_2019 = of_2019.filed_on(date!(2019 - 01 - 10)).on(&stage.platform).open();
        let item = |moment: &str| learner.finished(&of_2019).at(moment);
        let made_up = pushed(app, &stage.platform, &item("2020-01-01T00:00:00+08:00"), "credited");
        assert_eq!((&made_up["year"], &made_up["category"]), (&json!(2020), &json!("professional")));
        let in_class = item("2020-03-01T10:00:00+08:00").face_to_face();
        let doubtful = pushed(app, &stage.platform, &in_class, "needs_review");
        assert_eq!((&reason(&doubtful)["code"], &doubtful["year"]), (&json!("make_up_not_named"), &json!(2020)));
        assert_eq!(reason(&doubtful)["clauses"][0]["clause"], "七(六)");
        // On the last day of 2019 nothing was made up: it waits for the rules of 2019.
        let in_time = pushed(app, &stage.platform, &item("2019-12-31T23:59:59+08:00"), "held");
        assert_eq!(reason(&in_time)["code"], "no_rule_in_force");
        assert_eq!(reason(&in_time)["facts"]["year"], 2019);
    });
}

#[test]
fn the_year_is_the_courses_and_else_that_of_the_day_in_china() {
    each_backend(|app| {
        // A place without rules of its own: the nation answers for every year.
        let platform = app.platform("national").register();
        let undated = app.course("UNDATED").professional().hours(8).on(&platform).open();
        let dated = app.course("DATED").professional().hours(8).for_year(2019).on(&platform).open();
        for (course, moment, year) in [
            (&undated, "2020-12-31T15:59:59Z", 2020),
            (&undated, "2020-12-31T16:00:00Z", 2021),
            (&undated, "2020-12-31T23:30:00-05:00", 2021),
            (&dated, "2020-12-31T16:00:00Z", 2019),
            (&dated, "2019-06-01T00:00:00Z", 2019),
        ] {
            let learner = app.learner("340100").register();
            let credited = pushed(app, &platform, &learner.finished(course).at(moment), "credited");
            assert_eq!(credited["year"], year, "{moment}");
        }
    });
}

#[test]
fn a_line_keeps_the_courses_own_path_where_the_tree_that_decided_ends_above_it() {
    each_backend(|app| {
        let platform = app.platform("national").register();
        let course = app.course("REQUIRED").hours(8).requirement(Requirement::Required).on(&platform).open();
        let learner = app.learner("410700").register();
        let credited = pushed(app, &platform, &learner.finished(&course), "credited");
        assert_eq!(credited["category"], "public");
        let [line] = ledger(app, &learner).try_into().unwrap();
        assert_eq!(line.category.as_str(), "public.required");
    });
}

#[test]
fn the_version_of_a_course_is_that_of_the_day_of_completion() {
    each_backend(|app| {
        let platform = app.platform("national").register();
        let version = |hours, day| app.course("C-1").professional().hours(hours).from_on(day).on(&platform).open();
        let _ = version(8, date!(2020 - 01 - 01));
        let course = version(10, date!(2020 - 07 - 01));
        let learner = app.learner("340100").register();
        let before = learner.finished(&course).at("2020-06-30T23:59:59+08:00");
        let after = learner.finished(&course).at("2020-07-01T00:00:00+08:00");
        for (item, hours) in [(before, 8), (after, 10)] {
            let credited = pushed(app, &platform, &item.with("hours", hours), "credited");
            assert_eq!(credited["hours"], hours);
        }
        assert_eq!(ledger(app, &learner).iter().map(|line| line.course_version).collect::<Vec<_>>().len(), 2);
    });
}

#[test]
fn the_place_of_the_person_on_the_day_of_completion_decides() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let _ = app.qinghai();
        let learner = app.learner("610000").moved_to("630000", date!(2020 - 07 - 01)).register();
        let course = app.course("C-1").professional().hours(8).by_base(Tier::National).on(&stage.platform).open();
        let item = learner.finished(&course);
        let at_home = pushed(app, &stage.platform, &item.clone().at("2020-06-30T23:59:59+08:00"), "credited");
        let [line] = ledger(app, &learner).try_into().unwrap();
        assert_eq!((line.place.as_str(), &at_home["year"]), ("610000", &json!(2020)));
        // From July on Qinghai's rules judge the same course: its plan is not filed.
        let moved = learner.finished(&course).at("2020-07-01T00:00:00+08:00");
        let refused = pushed(app, &stage.platform, &moved, "refused");
        assert_eq!(reason(&refused)["code"], "plan_not_filed");
        assert_eq!(reason(&refused)["clauses"][0]["document"], "青人社厅函〔2020〕227号");
        assert_eq!(standing_hours(app, &learner), Hours::whole(8));
    });
}
