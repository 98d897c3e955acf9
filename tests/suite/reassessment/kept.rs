//! What a reassessment leaves alone, and what follows a line that it replaces.

use super::{ALL_LATE, Cast, published, reassessed, reversals, standing, tried};
use crate::{
    completions::{last_outcome, ledger, pushed, reverse},
    findings::County,
    recognition::Town,
};
use domain::hour_ledger::EntryKind;
use serde_json::json;
use tests::{each_backend, fixtures::Person};

#[test]
fn what_was_taken_back_stays_so_and_what_is_held_waits_on() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630102").register();
        let taken = pushed(app, &stage.platform, &learner.finished(&stage.professional), "credited");
        let _ = reverse(app, &stage.platform, &taken["completion_id"]).expect(200);
        let replaced = learner.finished(&stage.public);
        let _ = pushed(app, &stage.platform, &replaced, "credited");
        let correction = learner.finished(&stage.public).replacing(&replaced);
        let correction = pushed(app, &stage.platform, &correction, "credited");
        let held = pushed(app, &stage.platform, &Person::someone().finished("QH-PUBLIC"), "held");
        let before = ledger(app, &learner).len();
        let told = reassessed(app, &published(app, &[ALL_LATE]));
        assert_eq!(told["changed"].as_array().unwrap().len(), 1, "the correction alone: {told}");
        assert_eq!((told["changed"][0]["items"].clone(), ledger(app, &learner).len()), (json!(1), before + 2));
        assert_eq!(last_outcome(app, &stage.platform, &correction["completion_id"]), "needs_review");
        assert_eq!(last_outcome(app, &stage.platform, &held["completion_id"]), "held");
        assert_eq!(last_outcome(app, &stage.platform, &taken["completion_id"]), "credited", "as it was decided");
        assert_eq!(standing(app, &learner).len(), 1);
        let _ = reverse(app, &stage.platform, &taken["completion_id"]).problem(409, "already_reversed");
    });
}

#[test]
fn a_correction_that_is_refused_now_gives_back_what_it_displaced() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630102").register();
        let first = learner.finished(&stage.professional);
        let before = pushed(app, &stage.platform, &first, "credited");
        let later = learner.finished(&stage.professional).at("2020-10-15T10:00:00+08:00").replacing(&first);
        let later = pushed(app, &stage.platform, &later, "credited");
        let window = "on_time_until = 2020-11-30\ncloses_on = 2020-12-31";
        let policy = published(app, &[(window, "on_time_until = 2020-06-30\ncloses_on = 2020-06-30")]);
        let told = reassessed(app, &policy);
        assert_eq!((&told["changed"][0]["after"], &told["changed"][0]["items"]), (&json!("refused"), &json!(1)));
        assert_eq!(last_outcome(app, &stage.platform, &later["completion_id"]), "refused");
        assert_eq!(last_outcome(app, &stage.platform, &before["completion_id"]), "credited");
        let stands = standing(app, &learner);
        assert_eq!((stands.len(), stands[0].external_id.as_deref()), (1, Some(first.external_id())));
    });
}

#[test]
fn a_line_that_a_finding_took_back_stays_taken_back() {
    each_backend(|app| {
        let county = County::new(app);
        let (_, id) = county.filed();
        let _ = county.confirm(&id);
        let before = ledger(app, &county.learner).len();
        let told = reassessed(app, &published(app, &[ALL_LATE]));
        // The public hours alone.
        assert_eq!((&told["changed"][0]["items"], ledger(app, &county.learner).len()), (&json!(1), before + 2));
        let [line] = &standing(app, &county.learner)[..] else { panic!("one line stands") };
        assert_eq!(line.category.as_str(), "public");
    });
}

#[test]
fn a_finding_that_waits_takes_the_line_that_came_in_the_place_of_the_one_it_names() {
    each_backend(|app| {
        let county = County::new(app);
        let (at, id) = county.filed();
        let _ = reassessed(app, &published(app, &[ALL_LATE]));
        let _ = county.confirm(&id);
        let [line] = &standing(app, &county.learner)[..] else { panic!("one line stands") };
        assert_eq!(line.category.as_str(), "public");
        let mut why = reversals(app, &county.learner);
        why.sort_unstable();
        assert_eq!(why, ["found_false", "reassessed", "reassessed"]);
        let annulled = county.wang().post(&format!("{at}/annulment"), &json!({ "reason": "证据不足" }));
        let _ = annulled.expect(200);
        let stands = standing(app, &county.learner);
        assert_eq!(stands.len(), 2, "said anew once: {stands:?}");
        assert!(stands.iter().all(|line| line.kind == EntryKind::Provisional));
    });
}

#[test]
fn recognitions_stay_and_those_of_another_worth_are_counted() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        town.through(&town.submitted());
        let before = ledger(app, &town.learner).len();
        let officer = app.as_officer("630000");
        let same = tried(&officer, &published(app, &[]), 200);
        assert_eq!(same[0]["recognitions"], json!({ "credited": 1, "otherwise": 0 }));
        let policy = published(app, &[("formula = { per_day = 7,", "formula = { per_day = 6,")]);
        let told = tried(&officer, &policy, 200);
        assert_eq!(told[0]["recognitions"], json!({ "credited": 1, "otherwise": 1 }));
        let _ = reassessed(app, &policy);
        assert_eq!(ledger(app, &town.learner).len(), before, "offices decided it");
    });
}

#[test]
fn whose_name_was_corrected_or_who_was_erased_keeps_what_was_decided() {
    each_backend(|app| {
        let cast = Cast::new(app);
        let office = app.as_national_officer();
        let _ = office.patch(&format!("/v1/learners/{}", cast.stays.id), &json!({ "name": "例新" })).expect(200);
        let erased = json!({ "ground": "本人申请" });
        let _ = office.post(&format!("/v1/learners/{}/erasure", cast.leaves.id), &erased).expect(200);
        let lines = ledger(app, &cast.leaves).len();
        let policy = published(app, &[ALL_LATE]);
        let _ = reassessed(app, &policy);
        assert!(standing(app, &cast.stays).iter().all(|line| line.kind == EntryKind::Provisional), "decided anew");
        assert_eq!(ledger(app, &cast.leaves).len(), lines, "for an id that is nobody's it stays");
    });
}
