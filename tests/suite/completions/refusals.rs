//! Every reason for which an item can be refused, with its clause where a rule gives one.

use super::{codes, last_outcome, ledger, pushed, reason, soon, stands};
use domain::registry::{Mode, ProviderKind, Requirement, Tier};
use serde_json::{Value, json};
use tests::{
    App, each_backend,
    fixtures::{Item, Learner, NewCourse, Platform, Stage},
};
use time::macros::{date, datetime};

const SHAANXI: &str = "陕人社函〔2020〕354号";
const GUANGDE: &str = "广德市《关于开展2020年度专业技术人员继续教育工作的通知》";
const QINGHAI: &str = "青人社厅函〔2020〕227号";
const PINGDINGSHAN: &str = "平人社办〔2021〕26号";
const SERVICE: &str = "学时服务默认规则";

/// Pushes an item that must be refused for this one reason, under this clause (none where no rule speaks), with this hint.
#[track_caller]
fn refused(app: &App, platform: &Platform, item: &Item, code: &str, clause: Option<(&str, &str)>, hint: &str) -> Value {
    let outcome = pushed(app, platform, item, "refused");
    assert_eq!(codes(&outcome), [code], "{outcome}");
    let reason = reason(&outcome);
    let cited = |(document, clause): (&str, &str)| json!({ "document": document, "clause": clause });
    assert_eq!(reason["clauses"].get(0), clause.map(cited).as_ref(), "{outcome}");
    assert_eq!(reason["hint"]["action"], hint, "{outcome}");
    assert_eq!((&outcome["entry_id"], &outcome["hours"]), (&Value::Null, &Value::Null), "{outcome}");
    assert!(reason["text"].as_str().unwrap().is_ascii() || code == "not_a_declared_subject", "{outcome}");
    outcome
}

#[test]
fn what_the_tree_of_categories_does_not_take_is_refused() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let finished = |course: NewCourse<'_>| learner.finished(&course.on(&stage.platform).open());
        let tree = Some((SHAANXI, "一(三)"));
        let platform = &stage.platform;
        let elective = finished(app.course("C-1").category("elective"));
        let outcome = pushed(app, platform, &elective, "refused");
        assert_eq!(codes(&outcome), ["category_unknown_to_rule", "platform_not_serving_category"], "{outcome}");
        assert_eq!(outcome["reasons"][0]["clauses"], json!([{ "document": SHAANXI, "clause": "一(三)" }]));
        assert_eq!(outcome["reasons"][0]["hint"]["action"], "correct_course");
        let none = finished(app.course("C-2").public());
        let outcome = refused(app, platform, &none, "not_a_declared_subject", tree, "correct_course");
        assert_eq!(reason(&outcome)["facts"]["subjects"], json!(["来陕考察讲话精神", "延安精神"]));
        let other = finished(app.course("C-3").subject("another"));
        refused(app, platform, &other, "subject_unknown", tree, "correct_course");
        let half = finished(app.course("C-4").subject("延安精神").hours(12));
        let subject = Some((SHAANXI, "一(三)1(1)"));
        let outcome = refused(app, platform, &half, "subject_hours_differ", subject, "correct_course");
        let facts = &reason(&outcome)["facts"];
        assert_eq!((&facts["course"], &facts["subject"]), (&json!(12), &json!(24)));
        assert_eq!(ledger(app, &learner), []);
    });
}

#[test]
fn a_course_counts_whole_and_as_it_is_given() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let course = |code: &str| app.course(code).professional();
        let platform = &stage.platform;
        let less = learner.finished(&stage.public).with("hours", 23.99);
        let outcome = refused(app, platform, &less, "hours_not_of_course", None, "use_new_external_id");
        let facts = &reason(&outcome)["facts"];
        assert_eq!((&facts["claimed"], &facts["course"]), (&json!(23.99), &json!(24)));
        let online = course("C-1").only(Mode::Online).on(platform).open();
        let in_class = learner.finished(&online).face_to_face();
        refused(app, platform, &in_class, "mode_not_offered", None, "use_new_external_id");
        let elsewhere = learner.finished(&course("C-2").open());
        refused(app, platform, &elsewhere, "platform_does_not_carry_course", None, "register_course_platform");
        let early = learner.finished(&course("C-3").from_on(date!(2020 - 03 - 02)).on(platform).open());
        refused(app, platform, &early, "before_the_course", Some((SERVICE, "2")), "correct_course");
        let in_time = early.clone().called("in time").at("2020-03-02T00:00:00+08:00");
        let _ = pushed(app, platform, &in_time, "credited");
    });
}

#[test]
fn what_comes_from_a_source_that_the_rules_do_not_open_is_refused() {
    each_backend(|app| {
        let (shaanxi, qinghai) = (app.shaanxi(), app.qinghai());
        let learner = app.learner("610000").register();
        let course = |code: &str| app.course(code).subject("延安精神").on(&shaanxi.platform);
        let online = Some((SHAANXI, "一(三)1(2)"));
        let by_employer = learner.finished(&course("C-1").by_employer().open());
        refused(app, &shaanxi.platform, &by_employer, "provider_not_allowed", online, "study_elsewhere");
        let by_city = learner.finished(&course("C-2").by_base(Tier::City).open());
        refused(app, &shaanxi.platform, &by_city, "base_tier_not_allowed", online, "study_elsewhere");
        let base = app.base(Tier::Provincial, Some(date!(2020 - 02 - 29))).as_uuid();
        let lapsed = learner.finished(&course("C-3").by(ProviderKind::Base, base).open());
        let outcome = refused(app, &shaanxi.platform, &lapsed, "base_not_recognised", online, "ask_authority");
        assert_eq!(reason(&outcome)["facts"]["on"], "2020-03-01");
        let last_day = lapsed.clone().called("last day").at("2020-02-29T23:59:59+08:00");
        let _ = pushed(app, &shaanxi.platform, &last_day, "credited");

        let other = app.platform("other").register();
        let carried = course("C-4").on(&other).open();
        let elsewhere = learner.finished(&carried);
        let outcome = refused(app, &other, &elsewhere, "platform_not_allowed", online, "study_elsewhere");
        assert_eq!(reason(&outcome)["facts"]["allowed"], json!(["jxjy.xidian.edu.cn"]));
        let learner = app.learner("630000").register();
        let in_class = learner.finished(&qinghai.public).face_to_face();
        let source = Some((QINGHAI, "三(一)"));
        refused(app, &qinghai.platform, &in_class, "mode_not_allowed", source, "study_elsewhere");
    });
}

#[test]
fn a_platform_serves_its_categories_and_tiers_only() {
    each_backend(|app| {
        let learner = app.learner("410400").register();
        let serving = |code: &str, category: &str| {
            app.platform(code).tier(Tier::City).serves_only(category, Some(date!(2021 - 03 - 01))).register()
        };
        let (professional, public) = (serving("p-1", "professional"), serving("p-2", "public"));
        let national = app.platform("p-3").tier(Tier::National).register();
        let course = app.course("C-1").requirement(Requirement::Required).hours(30).for_year(2021);
        let course = course.on(&professional).on(&public).on(&national).open();
        let item = learner.finished(&course);
        let code = "platform_not_serving_category";
        let outcome = refused(app, &professional, &item, code, None, "ask_authority");
        assert_eq!(reason(&outcome)["facts"]["category"], "public.required");
        let _ = pushed(app, &public, &item, "credited");
        let day_after = item.clone().called("day after").at("2021-03-02T00:00:00+08:00");
        refused(app, &public, &day_after, code, None, "ask_authority");
        let source = Some((PINGDINGSHAN, "三"));
        let outcome = refused(app, &national, &item, "platform_tier_not_allowed", source, "study_elsewhere");
        assert_eq!(reason(&outcome)["facts"]["allowed"], json!(["city", "provincial"]));
    });
}

#[test]
fn an_exam_has_to_be_passed_and_its_result_told() {
    each_backend(|app| {
        let (shaanxi, guangde) = (app.shaanxi(), app.guangde());
        let learner = app.learner("610000").register();
        let item = |name: &str| learner.finished(&shaanxi.public).called(name);
        let exam = Some((SHAANXI, "附件3 二(四)"));
        let untold = item("untold").without("passed");
        refused(app, &shaanxi.platform, &untold, "exam_result_missing", exam, "send_exam_result");
        let failed = item("failed").with("passed", false);
        refused(app, &shaanxi.platform, &failed, "exam_not_passed", exam, "retake_exam");

        let learner = app.learner("341882").register();
        let item = |name: &str| learner.finished(&guangde.public).called(name);
        let exam = Some((GUANGDE, "三(一)"));
        let untold = item("untold").without("score");
        let outcome = refused(app, &guangde.platform, &untold, "exam_result_missing", exam, "send_exam_result");
        assert_eq!(reason(&outcome)["facts"]["pass_mark"], 60);
        for (name, score) in [("59", json!(59)), ("59.99", json!(59.99)), ("0", json!(0))] {
            let failed = item(name).with("score", score.clone());
            let outcome = refused(app, &guangde.platform, &failed, "exam_not_passed", exam, "retake_exam");
            assert_eq!((&reason(&outcome)["facts"]["score"]), &score);
        }
        let failed = item("60 and failed").with("score", 60).with("passed", false);
        refused(app, &guangde.platform, &failed, "exam_not_passed", exam, "retake_exam");
        let passed = item("60").with("score", 60).without("passed");
        let _ = pushed(app, &guangde.platform, &passed, "credited");
    });
}

#[test]
fn a_refused_item_is_decided_anew_when_it_is_sent_again() {
    each_backend(|app| {
        let stage = app.guangde();
        let learner = app.learner("341882").register();
        let course = app.course("GD-CLASS").professional().hours(10).by_employer();
        let opened = course.clone().open();
        let item = learner.finished(&opened).face_to_face();
        let filing = Some((GUANGDE, "二(二)"));
        let outcome = refused(app, &stage.platform, &item, "plan_not_filed", filing, "file_plan");
        let again = refused(app, &stage.platform, &item, "plan_not_filed", filing, "file_plan");
        assert_eq!(again["completion_id"], outcome["completion_id"]);
        let _ = course.filed_on(date!(2020 - 01 - 06)).open();
        let credited = pushed(app, &stage.platform, &item, "credited");
        assert_eq!(credited["completion_id"], outcome["completion_id"]);
        let repeated = pushed(app, &stage.platform, &item, "already_recorded");
        assert_eq!(repeated["first"], json!({ "outcome": "refused", "now": "credited", "reversed": false }));
        let body = stands(app, &stage.platform, &outcome["completion_id"]);
        let decisions: Vec<_> = body["decisions"].as_array().unwrap().iter().map(|d| &d["outcome"]).collect();
        assert_eq!(decisions, ["refused", "credited"]);
        assert_eq!(ledger(app, &learner).len(), 1);
    });
}

#[test]
fn a_completion_in_the_future_is_refused_until_it_is_past() {
    each_backend(|app| {
        let stage = app.pingdingshan();
        let learner = app.learner("410400").register();
        // The clock stands at noon; a minute is the clocks' own affair.
        let skewed = learner.finished(&stage.public).at("2021-06-15T12:01:00+08:00");
        let _ = pushed(app, &stage.platform, &skewed, "credited");
        let future = learner.finished(&stage.professional).at("2021-06-15T12:01:01+08:00");
        refused(app, &stage.platform, &future, "in_the_future", Some((SERVICE, "1")), "check_times");
        app.clock.set(datetime!(2021-06-15 12:00:01 +08:00));
        let _ = pushed(app, &stage.platform, &future, "credited");
    });
}

#[test]
fn an_id_that_this_service_never_gave_is_refused_and_never_waits() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let nobody = json!({ "learner_id": "0190d3f0-0000-7000-8000-00000000beef" });
        let item = Item::new(nobody, "SX-PUBLIC", 2020);
        let outcome = refused(app, &stage.platform, &item, "no_such_person", None, "use_new_external_id");
        assert_eq!(outcome["learner_id"], Value::Null);
        let learner = app.learner("610000").register();
        let item = learner.finished(&stage.public).without("course_code");
        let item = item.with("course_id", "0190d3f0-0000-7000-8000-00000000beef");
        refused(app, &stage.platform, &item, "no_such_course", None, "use_new_external_id");
        let by_id = learner.finished(&stage.public).without("course_code").with("course_id", json!(stage.public.id));
        let _ = pushed(app, &stage.platform, &by_id, "credited");
        let held = app.as_platform(stage.platform.id).get("/v1/held-completions").expect(200).json;
        assert_eq!(held["items"], json!([]));
    });
}

/// Rules that no place has yet: a first day, a category without a source, a check that refuses.
#[test]
fn rules_may_close_what_no_rule_in_force_closes_so_far() {
    each_backend(|app| {
        let Stage { platform, public, professional, .. } = app.pingdingshan();
        let learner: Learner = app.learner("410400").register();
        let file = policies::FILES.iter().find(|file| file.path == "410400-pingdingshan/2021.toml").unwrap().rules;
        let replaced = |source: &str, text: &str, other: &str| {
            assert!(source.contains(text), "{text}");
            source.replacen(text, other, 1)
        };
        let source = replaced(file, "[[study_window]]\n", "[[study_window]]\nopens_on = 2021-03-02\n");
        let check = "what = \"more_than_the_time\"\nthen = ";
        let source = replaced(&source, &format!("{check}\"needs_review\""), &format!("{check}\"refused\""));
        let source =
            replaced(&source, "[[source]]\ncategory = \"public\"\n", "[[source]]\ncategory = \"public.elective\"\n");
        let officer = app.as_officer("410400");
        let id = officer.post("/v1/policies", &json!({ "source": source })).expect(201).json["policy_id"].clone();
        let path = format!("/v1/policies/{}/publication", id.as_str().unwrap());
        let _ = officer.send("POST", &path, None, Vec::new()).expect(201);

        let early = learner.finished(&professional).at("2021-03-01T23:59:59+08:00");
        let window = Some((PINGDINGSHAN, "三"));
        let outcome = refused(app, &platform, &early, "completed_before_window", window, "none");
        assert_eq!(reason(&outcome)["facts"]["opens_on"], "2021-03-02");
        let no_source = learner.finished(&public).at("2021-03-02T00:00:00+08:00");
        refused(app, &platform, &no_source, "no_source_for_category", None, "study_elsewhere");
        let short = learner.finished(&professional).at("2021-03-03T00:00:00+08:00");
        let short = short.between("2021-03-02T10:00:00+08:00", "2021-03-02T10:45:00+08:00");
        let outcome = refused(app, &platform, &short, "more_than_the_time", Some((SERVICE, "3")), "check_times");
        assert_eq!(reason(&outcome)["facts"]["minutes_needed"], 2700);
        soon(|| last_outcome(app, &platform, &outcome["completion_id"]) == "refused");
    });
}
