//! Findings beside files that are joined and parted, and beside items that are corrected: hours come back to whose they are, once.

use super::{
    County,
    annulled::{annul, counted, found},
    courses::standing,
    lines_of, officer,
};
use crate::{
    recognition::Town,
    roll::{looked_once_more, made, met, past_years},
};
use serde_json::{Value, json};
use tests::{App, at_once, each_backend, fixtures::Learner};

fn join(app: &App, ends: &Learner, stays: &Learner) -> String {
    let joined = json!({ "ends": ends.id, "stays": stays.id, "reason": "重复登记" });
    app.as_officer("630000").post("/v1/learner-merges", &joined).expect(201).header("location").to_owned()
}

fn part(app: &App, merge: &str) {
    let undoing = format!("{merge}/undoing");
    let _ = app.as_officer("630000").post(&undoing, &json!({ "reason": "并非同一人" })).expect(200);
    looked_once_more(app);
}

/// The first line of a file that stands.
fn first(app: &App, learner: &Learner) -> Value {
    let lines = lines_of(app, learner);
    let stands = |line: &&Value| line["kind"] == "credit" && line["reversed_by"].is_null();
    lines.iter().find(stands).unwrap()["entry_id"].clone()
}

#[test]
fn what_came_over_with_a_joining_and_was_found_false_comes_back_to_whose_it_is() {
    each_backend(|app| {
        let county = County::new(app);
        let stays = app.learner("630102").register();
        let before = standing(app, &county.learner).len();
        for parted_before_the_annulment in [true, false] {
            let merge = join(app, &county.learner, &stays);
            let at = found(app, &stays, (&[&first(app, &stays)], "630102"));
            assert_eq!(standing(app, &stays).len(), before - 1);
            if parted_before_the_annulment {
                part(app, &merge);
                assert_eq!((standing(app, &county.learner).len(), standing(app, &stays).len()), (before - 1, 0));
            }
            let reason = json!({ "reason": "证据不足" });
            let _ = officer(app, "630102", "confirmer").post(&format!("{at}/annulment"), &reason).expect(200);
            if !parted_before_the_annulment {
                assert_eq!(standing(app, &stays).len(), before);
                part(app, &merge);
            }
            assert_eq!((standing(app, &county.learner).len(), standing(app, &stays).len()), (before, 0));
            assert_eq!(counted(&county, &county.learner), "met");
        }
    });
}

#[test]
fn what_was_filed_before_a_joining_and_confirmed_during_it_is_given_back_after_its_undoing() {
    each_backend(|app| {
        let county = County::new(app);
        let (at, id) = county.filed();
        let stays = app.learner("630102").register();
        let merge = join(app, &county.learner, &stays);
        let _ = county.confirm(&id);
        assert_ne!(counted(&county, &stays), "met");
        part(app, &merge);
        assert_ne!(counted(&county, &county.learner), "met", "what was found false goes back as that");
        let _ = annul(&county, &at);
        assert_eq!(counted(&county, &county.learner), "met");
        assert!(standing(app, &stays).is_empty());
    });
}

#[test]
fn what_was_filed_while_two_files_were_one_is_not_confirmed_of_the_other_person_once_they_are_parted() {
    each_backend(|app| {
        let county = County::new(app);
        let stays = app.learner("630102").register();
        let before = standing(app, &county.learner);
        let merge = join(app, &county.learner, &stays);
        let input = json!({
            "learner_id": stays.id, "cause": "fraud", "decided_on": "2021-06-01", "document": "示例",
            "lines": [first(app, &stays)]
        });
        let filed = county.li().post("/v1/findings", &input).expect(201).json;
        let case = format!("/v1/reviews/{}", filed["finding_id"].as_str().unwrap());
        part(app, &merge);
        let approve = || county.wang().post(&format!("{case}/approval"), &json!({}));
        let told = approve().problem(409, "review_not_now");
        assert_eq!(told["state"], "waiting");
        let path = format!("/v1/learners/{}/consequences", stays.id);
        assert_eq!(app.as_learner(stays.id).get(&path).expect(200).json["sanctions"], json!([]));
        assert_eq!(standing(app, &county.learner), before);
        // Joined again it is about one person again.
        let _ = join(app, &county.learner, &stays);
        let _ = approve().expect(200);
        assert_eq!(standing(app, &stays).len(), before.len() - 1);
    });
}

#[test]
fn a_recognition_that_was_found_false_in_another_file_comes_back_to_whose_it_is() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let id = town.submitted();
        town.through(&id);
        let stays = app.learner("630102").series("教师").register();
        let merge = join(app, &town.learner, &stays);
        let at = found(app, &stays, (&[&first(app, &stays)], "630102"));
        part(app, &merge);
        let shown = || town.filer().get(&format!("/v1/recognitions/{id}")).expect(200).json["credited"].clone();
        assert_eq!(shown()[0]["reversed_for"], "found_false");
        let reason = json!({ "reason": "证据不足" });
        let _ = officer(app, "630102", "confirmer").post(&format!("{at}/annulment"), &reason).expect(200);
        assert_eq!((standing(app, &town.learner).len(), standing(app, &stays).len()), (1, 0));
        assert!(shown()[0]["reversed_for"].is_null());
    });
}

#[test]
fn what_a_roll_says_and_was_found_false_while_two_files_were_one_comes_back_to_whose_it_is() {
    each_backend(|app| {
        let (ends, stays) = (app.learner("630102").register(), app.learner("630102").register());
        let office = app.as_officer("630102");
        let roll = made(&office, &past_years("630102"));
        // The roll names the other person too, with what nobody finds false.
        let items = json!({ "items": [met(&ends, 2018), met(&stays, 2017)] });
        let _ = office.post(&format!("{roll}/items"), &items).expect(200);
        for parted_before_the_annulment in [true, false] {
            let merge = join(app, &ends, &stays);
            let lines = lines_of(app, &stays);
            let stands = |line: &&Value| line["kind"] != "reversal" && line["reversed_by"].is_null();
            let line = lines.iter().filter(stands).find(|line| line["year"] == 2018).unwrap();
            let at = found(app, &stays, (&[&line["entry_id"]], "630102"));
            if parted_before_the_annulment {
                part(app, &merge);
            }
            let reason = json!({ "reason": "证据不足" });
            let _ = officer(app, "630102", "confirmer").post(&format!("{at}/annulment"), &reason).expect(200);
            if !parted_before_the_annulment {
                part(app, &merge);
            }
            let years = |learner: &Learner| -> Vec<Value> {
                lines_of(app, learner).iter().filter(stands).map(|line| line["year"].clone()).collect()
            };
            assert_eq!((years(&ends), years(&stays)), (vec![json!(2018)], vec![json!(2017)]));
        }
    });
}

/// What stands of somebody whose item is corrected at the same moment as something is done with a finding about it.
fn corrected_beside<'a>(county: &County<'a>, act: impl Fn(&Learner) -> Box<dyn FnOnce() -> u16 + Send + 'a>) {
    let (app, stage) = (county.app, &county.stage);
    for _ in 0..8 {
        let learner = app.learner("630102").register();
        let wrong = learner.finished(&stage.public);
        assert_eq!(app.push_one(&stage.platform, &wrong)["outcome"], "credited");
        let right = learner.finished(&stage.professional).replacing(&wrong);
        let done = act(&learner);
        let (status, corrected) = at_once(done, || app.push_one(&stage.platform, &right));
        assert_eq!((status, &corrected["outcome"]), (200, &json!("credited")), "{corrected}");
        assert_eq!(standing(app, &learner), [right.external_id()], "the correction alone, whichever came first");
    }
}

#[test]
fn an_item_that_is_corrected_while_its_finding_is_annulled_counts_by_its_correction_alone() {
    each_backend(|app| {
        let county = County::new(app);
        corrected_beside(&county, |learner| {
            let at = found(app, learner, (&[&first(app, learner)], "630102"));
            let annulment = move || {
                let reason = json!({ "reason": "证据不足" });
                officer(app, "630102", "confirmer").post(&format!("{at}/annulment"), &reason).status
            };
            Box::new(annulment)
        });
    });
}

#[test]
fn an_item_that_is_corrected_while_its_finding_is_confirmed_counts_by_its_correction_alone() {
    each_backend(|app| {
        let county = County::new(app);
        corrected_beside(&county, |learner| {
            let line = first(app, learner);
            let input = json!({
                "learner_id": learner.id, "cause": "fraud", "decided_on": "2021-06-01", "document": "示例", "lines": [line]
            });
            let filed = county.li().post("/v1/findings", &input).expect(201).json;
            let approval = format!("/v1/reviews/{}/approval", filed["finding_id"].as_str().unwrap());
            Box::new(move || County::wang_of(app).post(&approval, &json!({})).status)
        });
    });
}
