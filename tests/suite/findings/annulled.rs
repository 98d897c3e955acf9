//! What was annulled: as if it had never been found, from then on.

use super::{County, FOLLOWS, courses::standing, effects, lines_of, officer};
use crate::{completions::reverse, recognition::Town, uses::surplus::laid_by};
use serde_json::{Value, json};
use std::slice;
use tests::{
    App, each_backend,
    fixtures::{Item, Learner},
};
use time::macros::datetime;

pub(super) fn annul(county: &County<'_>, at: &str) -> Value {
    county.wang().post(&format!("{at}/annulment"), &json!({ "reason": "复查认定证据不足" })).expect(200).json
}

#[test]
fn what_is_annulled_bars_nobody_and_its_hours_are_said_anew() {
    each_backend(|app| {
        let county = County::new(app);
        let (at, id) = county.filed();
        let _ =
            county.wang().post(&format!("{at}/annulment"), &json!({ "reason": "x" })).problem(409, "review_not_now");
        app.clock.set(datetime!(2021-06-15 13:00 +08:00));
        let _ = county.confirm(&id);
        app.clock.set(datetime!(2021-06-20 12:00 +08:00));
        // Not by who filed it, nor by another office.
        let told = county.li().post(&format!("{at}/annulment"), &json!({ "reason": "x" }));
        let _ = told.problem(403, "not_your_stage");
        let gone = annul(&county, &at);
        assert_eq!((gone["annulled_at"].is_string(), &gone["review"]["state"]), (true, &json!("revoked")));
        assert_eq!(
            (county.verdict(None), county.bar("2021-06-20", None), county.sanctions()),
            (json!("met"), None, json!([]))
        );
        // As known while it held, it holds.
        let between = "2021-06-19T12:00:00+08:00";
        assert_eq!(county.bar("2021-06-15", Some(between)), Some((json!("2024-06-01"), json!("六"))));
        assert_ne!(county.verdict(Some("2021-06-19T12:00:00%2B08:00")), "met");
        let path = format!("/v1/learners/{}/consequences?as_known_at=2021-06-19T12:00:00%2B08:00", county.learner.id);
        let then = county.own().get(&path).expect(200).json;
        assert_eq!(effects(&then["sanctions"]), FOLLOWS);
        // The old line stays taken back, and another one stands in its place.
        let lines = county.lines();
        let codes: Vec<&Value> = lines.iter().map(|line| &line["reason_code"]).collect();
        assert_eq!(codes, [&Value::Null, &Value::Null, &json!("found_false"), &json!("finding_annulled")]);
        assert_eq!(lines[3]["hours"], lines[2]["hours"]);
        let shown = county.own().get(&at).expect(200).json;
        assert_eq!(shown["lines"][0]["reversed_for"], "found_false");
        let again = county.wang().post(&format!("{at}/annulment"), &json!({ "reason": "x" }));
        let _ = again.problem(409, "review_settled");
        // What stands anew can be found false anew.
        let (_, second) = county.filed();
        let _ = county.confirm(&second);
        assert_ne!(county.verdict(None), "met");
    });
}

#[test]
fn an_item_said_anew_is_known_and_taken_back_like_any_other() {
    each_backend(|app| {
        let county = County::new(app);
        let learner = app.learner("630102").register();
        let item = learner.finished(&county.stage.public);
        let first = app.push_one(&county.stage.platform, &item);
        let line = lines_of(app, &learner)[0]["entry_id"].as_str().unwrap().to_owned();
        let mut input = county.input(slice::from_ref(&line));
        input["learner_id"] = json!(learner.id);
        let at = county.li().post("/v1/findings", &input).expect(201).header("location").to_owned();
        let id = at.rsplit('/').next().unwrap();
        let _ = county.confirm(id);
        let platform = app.as_platform(county.stage.platform.id);
        let reversal = format!("/v1/completions/{}/reversal", first["completion_id"].as_str().unwrap());
        let reason = json!({ "reason_code": "wrong_data" });
        let told = platform.post(&reversal, &reason).problem(409, "already_reversed");
        assert_eq!(told["reason_code"], "found_false");
        let _ = annul(&county, &at);
        assert_eq!(app.push_one(&county.stage.platform, &item)["outcome"], "already_recorded");
        let _ = platform.post(&reversal, &reason).expect(200);
        let kinds: Vec<Value> = lines_of(app, &learner).iter().map(|line| line["kind"].clone()).collect();
        assert_eq!(kinds, ["credit", "reversal", "credit", "reversal"]);
    });
}

#[test]
fn hours_come_back_whatever_was_to_correct_them_and_was_refused_or_waited_and_withdrawn() {
    each_backend(|app| {
        let county = County::new(app);
        let platform = &county.stage.platform;
        let learner = app.learner("630102").register();
        let failed = |item: Item| item.with("passed", false);
        let unknown = |learner: &Learner| Item::new(learner.person.reference(), "QH-NEW", 2020);
        for (outcome, correction) in
            [("held", unknown(&learner)), ("refused", failed(learner.finished(&county.stage.public)))]
        {
            let item = learner.finished(&county.stage.public);
            assert_eq!(app.push_one(platform, &item)["outcome"], "credited");
            let line = lines_of(app, &learner).pop().unwrap()["entry_id"].clone();
            let at = found(app, &learner, (&[&line], "630102"));
            let corrected = app.push_one(platform, &correction.replacing(&item));
            assert_eq!(corrected["outcome"], outcome, "{corrected}");
            let _ = reverse(app, platform, &corrected["completion_id"]).expect(200);
            let _ = annul(&county, &at);
            assert_eq!(standing(app, &learner), [item.external_id()], "{outcome}");
            let again = app.push_one(platform, &item);
            assert_eq!(again["outcome"], "already_recorded");
            let _ = reverse(app, platform, &again["completion_id"]).expect(200);
        }
    });
}

#[test]
fn what_an_accepted_correction_replaced_stays_replaced_though_that_was_withdrawn() {
    each_backend(|app| {
        let county = County::new(app);
        let platform = &county.stage.platform;
        let learner = app.learner("630102").register();
        let item = learner.finished(&county.stage.public);
        assert_eq!(app.push_one(platform, &item)["outcome"], "credited");
        let at = found(app, &learner, (&[&lines_of(app, &learner)[0]["entry_id"]], "630102"));
        let post =
            json!({ "series": "会计", "level": "assistant", "employment_kind": "permanent", "from_on": "2010-01-01" });
        let _ = app.as_officer("630000").post(&format!("/v1/learners/{}/posts", learner.id), &post).expect(201);
        let correction = app.push_one(platform, &learner.finished(&county.stage.public).replacing(&item));
        assert_eq!(correction["outcome"], "not_counted", "{correction}");
        let _ = reverse(app, platform, &correction["completion_id"]).expect(200);
        let _ = annul(&county, &at);
        assert_eq!(standing(app, &learner), Vec::<String>::new());
    });
}

#[test]
fn of_two_findings_about_one_line_the_later_holds_it_while_it_stands() {
    each_backend(|app| {
        let county = County::new(app);
        let line = county.line("professional");
        let both = [county.li().post("/v1/findings", &county.input(slice::from_ref(&line))).expect(201).json, {
            let more = county.input(&[county.line("public"), line.clone()]);
            county.li().post("/v1/findings", &more).expect(201).json
        }];
        let [first, second] = both.map(|one| one["finding_id"].as_str().unwrap().to_owned());
        let (_, _) = (county.confirm(&first), county.confirm(&second));
        let reversals = |code: &str| county.lines().iter().filter(|line| line["reason_code"] == code).count();
        assert_eq!(reversals("found_false"), 2, "a line is taken back once");
        let _ = annul(&county, &format!("/v1/findings/{first}"));
        assert_eq!(reversals("finding_annulled"), 0, "the other finding still stands");
        let _ = annul(&county, &format!("/v1/findings/{second}"));
        assert_eq!((reversals("finding_annulled"), county.verdict(None)), (2, json!("met")));
    });
}

pub(super) fn counted(county: &County<'_>, learner: &Learner) -> Value {
    let path = format!("/v1/learners/{}/standings/2020", learner.id);
    county.app.as_learner(learner.id).get(&path).expect(200).json["verdict"].clone()
}

#[test]
fn a_finding_follows_its_person_into_the_file_in_which_theirs_ends() {
    each_backend(|app| {
        let county = County::new(app);
        let (at, id) = county.filed();
        let stays = app.learner("630102").register();
        let joined = json!({ "ends": county.learner.id, "stays": stays.id, "reason": "重复登记" });
        let merge =
            app.as_officer("630000").post("/v1/learner-merges", &joined).expect(201).header("location").to_owned();
        assert_eq!(counted(&county, &stays), "met");
        // Its line has gone over since it was filed: the one that stands in its place is taken back.
        let _ = county.confirm(&id);
        assert_ne!(counted(&county, &stays), "met");
        let shown = app.as_learner(stays.id).get(&format!("/v1/learners/{}/findings", stays.id)).expect(200).json;
        assert_eq!(shown["items"][0]["finding_id"], json!(id));
        let item = json!({ "learner_id": stays.id, "purpose": "title_review", "applied_on": "2021-06-15" });
        let barred = |id: &Value| {
            let item = json!({ "learner_id": id, "purpose": "title_review", "applied_on": "2021-06-15" });
            let answer = app.as_national_officer().post("/v1/eligibility-checks", &json!({ "items": [item] }));
            answer.expect(200).json["items"][0]["eligibility"]["reasons"][0]["code"] == "barred"
        };
        assert!(barred(&item["learner_id"]));
        let _ = annul(&county, &at);
        assert_eq!((counted(&county, &stays), barred(&item["learner_id"])), (json!("met"), false));
        let _ =
            app.as_officer("630000").post(&format!("{merge}/undoing"), &json!({ "reason": "并非同一人" })).expect(200);
        assert_eq!(counted(&county, &county.learner), "met");
    });
}

#[test]
fn a_finding_that_holds_goes_back_with_its_person_when_two_files_are_parted() {
    each_backend(|app| {
        let county = County::new(app);
        let (_, id) = county.filed();
        let _ = county.confirm(&id);
        let stays = app.learner("630102").register();
        let joined = json!({ "ends": county.learner.id, "stays": stays.id, "reason": "重复登记" });
        let merge =
            app.as_officer("630000").post("/v1/learner-merges", &joined).expect(201).header("location").to_owned();
        assert_ne!(counted(&county, &stays), "met", "what was found false stays so in the other file");
        let _ =
            app.as_officer("630000").post(&format!("{merge}/undoing"), &json!({ "reason": "并非同一人" })).expect(200);
        assert_ne!(counted(&county, &county.learner), "met");
        let listed = |learner: &Learner| {
            let path = format!("/v1/learners/{}/findings", learner.id);
            app.as_learner(learner.id).get(&path).expect(200).json["items"].as_array().unwrap().len()
        };
        assert_eq!((listed(&county.learner), listed(&stays)), (1, 0));
        let _ = annul(&county, &format!("/v1/findings/{id}"));
        assert_eq!(counted(&county, &county.learner), "met");
    });
}

#[test]
fn an_erased_person_is_named_by_no_finding_and_what_waits_is_ended() {
    each_backend(|app| {
        let county = County::new(app);
        let (at, id) = county.filed();
        let _ = county.confirm(&id);
        let waits = county.li().post("/v1/findings", &county.input(&[county.line("public")])).expect(201);
        let waits = waits.header("location").to_owned();
        let ground = json!({ "ground": "个人信息保护法第四十七条" });
        let erasure = format!("/v1/learners/{}/erasure", county.learner.id);
        let _ = app.as_officer("630000").post(&erasure, &ground).expect(200);
        let shown = county.li().get(&at).expect(200).json;
        assert_eq!((&shown["document"], &shown["cause"]), (&Value::Null, &json!("fraud")));
        assert_eq!(county.li().get(&waits).expect(200).json["review"]["state"], "cancelled");
    });
}

/// That these lines are false, filed and confirmed; the finding's address.
pub(super) fn found(app: &App, learner: &Learner, (lines, place): (&[&Value], &str)) -> String {
    let today = app.clock.now().to_offset(domain::kernel::CHINA).date().to_string();
    let input = json!({
        "learner_id": learner.id, "cause": "fraud", "decided_on": today, "document": "示例", "lines": lines
    });
    let at = officer(app, "000000", "filer").post("/v1/findings", &input).expect(201).header("location").to_owned();
    let approval = format!("/v1/reviews/{}/approval", at.rsplit('/').next().unwrap());
    let _ = officer(app, place, "confirmer").post(&approval, &json!({})).expect(200);
    at
}

#[test]
fn surplus_that_draws_on_a_line_goes_and_comes_back_with_it() {
    each_backend(|app| {
        let learner = app.learner("630000").register();
        laid_by(app, &learner, "630000");
        let path = format!("/v1/learners/{}/surplus-allocations", learner.id);
        let own = app.as_learner(learner.id);
        let _ = own.post(&path, &json!({ "from_year": 2018 })).expect(201);
        let earned = || {
            let path = format!("/v1/learners/{}/standings/2017", learner.id);
            let counted = own.get(&path).expect(200).json["counted"].clone();
            counted.as_array().unwrap().iter().map(|line| line["hours_counted"].as_f64().unwrap()).sum::<f64>()
        };
        let served = earned();
        assert!(served > 0.0);
        let lines = lines_of(app, &learner);
        let source = &lines.iter().find(|line| line["year"] == 2018).unwrap()["entry_id"];
        let at = found(app, &learner, (&[source], "630000"));
        assert!(earned() <= 0.0);
        let shown = own.get(&at).expect(200).json;
        assert_eq!(shown["lines"][0]["drawn_by"].as_array().unwrap().len(), 1, "{shown}");
        let reason = json!({ "reason": "证据不足" });
        let _ = officer(app, "630000", "confirmer").post(&format!("{at}/annulment"), &reason).expect(200);
        assert!((earned() - served).abs() < 0.001);
    });
}

#[test]
fn a_recognition_found_false_is_given_back_unless_its_approval_was_taken_back() {
    each_backend(|app| {
        for revoked in [false, true] {
            let town = Town::in_autumn(app);
            let id = town.submitted();
            town.through(&id);
            let line = lines_of(app, &town.learner)[0]["entry_id"].clone();
            let at = found(app, &town.learner, (&[&line], "630102"));
            let shown = || town.filer().get(&format!("/v1/recognitions/{id}")).expect(200).json["credited"].clone();
            assert_eq!(shown()[0]["reversed_for"], "found_false");
            let reason = json!({ "reason": "证明材料不实" });
            let revocation = format!("/v1/reviews/{id}/revocation");
            if revoked {
                let _ = town.officer("630000", "zhou").post(&revocation, &reason).expect(200);
            }
            let _ = officer(app, "630102", "confirmer").post(&format!("{at}/annulment"), &reason).expect(200);
            let lines = lines_of(app, &town.learner).len();
            assert_eq!((lines, shown()[0]["reversed_for"].is_null()), if revoked { (2, false) } else { (3, true) });
            if !revoked {
                let _ = town.officer("630000", "zhou").post(&revocation, &reason).expect(200);
                assert_eq!(shown()[0]["reversed_for"], "recognition_revoked");
            }
        }
    });
}
