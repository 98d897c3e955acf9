//! What was out of scope because of a wrong fact about its person, and is decided anew when the office corrects that.

use super::{codes, last_outcome, ledger, pushed, reverse, soon, standing_hours, stands};
use domain::{kernel::Hours, registry::EmployerKind};
use serde_json::{Value, json};
use tests::{
    App, each_backend,
    fixtures::{Item, Learner},
};

/// The post since 2010 as the office enters it.
fn enter_post(app: &App, learner: &Learner, post: &Value) {
    let path = format!("/v1/learners/{}/posts", learner.id);
    let _ = app.as_officer("630000").post(&path, post).expect(201);
}

/// The post as the office sets it right: of no series.
pub(super) fn correct_post(app: &App, learner: &Learner) {
    enter_post(app, learner, &json!({ "employment_kind": "permanent", "from_on": "2010-01-01" }));
}

/// The post as the office enters it by mistake: of another authority's series.
fn mistake_post(app: &App, learner: &Learner) {
    let wrong =
        json!({ "series": "会计", "level": "assistant", "employment_kind": "permanent", "from_on": "2010-01-01" });
    enter_post(app, learner, &wrong);
}

#[test]
fn an_item_out_of_scope_by_mistake_counts_when_the_office_corrects_the_post() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").series("会计").register();
        let item = learner.finished(&stage.professional);
        let first = pushed(app, &stage.platform, &item, "not_counted");
        let failed = learner.finished(&stage.public).with("passed", false);
        let other = pushed(app, &stage.platform, &failed, "not_counted");
        let withdrawn = pushed(app, &stage.platform, &Item::new(learner.person.reference(), "QH-NEW", 2020), "held");
        let _ = reverse(app, &stage.platform, &withdrawn["completion_id"]).expect(200);
        correct_post(app, &learner);
        assert_eq!(standing_hours(app, &learner), Hours::whole(90));
        // Everything that was answered before stays known.
        let decisions = stands(app, &stage.platform, &first["completion_id"])["decisions"].clone();
        let told: Vec<_> =
            decisions.as_array().unwrap().iter().map(|one| (one["number"].clone(), one["outcome"].clone())).collect();
        assert_eq!(told, [(json!(1), json!("not_counted")), (json!(2), json!("credited"))]);
        assert_eq!(last_outcome(app, &stage.platform, &other["completion_id"]), "refused");
        assert_eq!(last_outcome(app, &stage.platform, &withdrawn["completion_id"]), "not_counted");
        let repeated = pushed(app, &stage.platform, &item, "already_recorded");
        assert_eq!(repeated["first"], json!({ "outcome": "not_counted", "now": "credited", "reversed": false }));
        let _ = reverse(app, &stage.platform, &first["completion_id"]).expect(200);
    });
}

#[test]
fn a_correction_that_changes_nothing_for_an_item_brings_no_decision() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").series("会计").register();
        let first = pushed(app, &stage.platform, &learner.finished(&stage.public), "not_counted");
        mistake_post(app, &learner);
        let decisions = stands(app, &stage.platform, &first["completion_id"])["decisions"].clone();
        assert_eq!(decisions.as_array().unwrap().len(), 1, "{decisions}");
    });
}

#[test]
fn many_items_are_decided_anew_a_hundred_at_once_and_the_rest_by_the_runner() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").series("会计").register();
        let items: Vec<Item> = (0..130).map(|_| learner.finished(&stage.public)).collect();
        assert_eq!(app.push_batch(&stage.platform, items).expect(200).json["counts"]["not_counted"], 130);
        correct_post(app, &learner);
        assert!(ledger(app, &learner).len() >= 100, "a hundred in the transaction of the change");
        soon(|| ledger(app, &learner).len() == 130);
    });
}

#[test]
fn an_item_that_was_out_of_scope_is_looked_at_anew_when_it_is_sent_again() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").series("会计").register();
        let wrong = learner.finished(&stage.public);
        let _ = pushed(app, &stage.platform, &wrong, "not_counted");
        let item = learner.finished(&stage.professional).replacing(&wrong);
        assert_eq!(codes(&pushed(app, &stage.platform, &item, "not_counted")), ["out_of_scope"]);
        let again = pushed(app, &stage.platform, &item, "not_counted");
        let decisions = stands(app, &stage.platform, &again["completion_id"])["decisions"].clone();
        assert_eq!(decisions.as_array().unwrap().len(), 1, "it would say the same: {decisions}");
        // What was replaced is not decided anew, whoever the person is said to be.
        assert_eq!(codes(&pushed(app, &stage.platform, &wrong, "already_recorded")), ["replaced"]);
        correct_post(app, &learner);
        assert_eq!(standing_hours(app, &learner), Hours::whole(90));
        assert_eq!(codes(&pushed(app, &stage.platform, &wrong, "already_recorded")), ["replaced"]);
    });
}

#[test]
fn what_is_out_of_scope_is_withdrawn_and_counts_no_more_when_the_office_corrects_the_post() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").series("会计").register();
        let item = learner.finished(&stage.public);
        let first = pushed(app, &stage.platform, &item, "not_counted");
        let done = reverse(app, &stage.platform, &first["completion_id"]).expect(200).json;
        assert_eq!(done, json!({ "reversal_entry_id": null, "reverses": null, "year": null, "hours": null }));
        let _ = reverse(app, &stage.platform, &first["completion_id"]).problem(409, "nothing_to_reverse");
        correct_post(app, &learner);
        assert_eq!(ledger(app, &learner), []);
        assert_eq!(codes(&pushed(app, &stage.platform, &item, "already_recorded")), ["withdrawn"]);
    });
}

#[test]
fn what_is_not_accepted_after_all_gives_back_the_places_it_took() {
    each_backend(|app| {
        let stage = app.qinghai();
        for sent_again in [false, true] {
            let learner = app.learner("630000").register();
            let first = learner.finished(&stage.professional);
            let credited = pushed(app, &stage.platform, &first, "credited");
            let failed = learner.finished(&stage.public).with("passed", false).replacing(&first);
            let refused = pushed(app, &stage.platform, &failed, "refused");
            mistake_post(app, &learner);
            let wrong = learner.finished(&stage.professional).with("hours", 1).replacing(&failed);
            let correction = pushed(app, &stage.platform, &wrong, "not_counted");
            assert_eq!(standing_hours(app, &learner), Hours::ZERO);
            correct_post(app, &learner);
            if sent_again {
                let _ = pushed(app, &stage.platform, &wrong, "refused");
            }
            assert_eq!(last_outcome(app, &stage.platform, &correction["completion_id"]), "refused");
            assert_eq!(last_outcome(app, &stage.platform, &refused["completion_id"]), "refused");
            assert_eq!(last_outcome(app, &stage.platform, &credited["completion_id"]), "credited");
            assert_eq!(standing_hours(app, &learner), Hours::whole(90));
            assert_eq!(ledger(app, &learner).len(), 3, "the line, its reversal, and the line that stands");
            let right = learner.finished(&stage.professional).replacing(&wrong);
            let _ = pushed(app, &stage.platform, &right, "credited");
            assert_eq!(standing_hours(app, &learner), Hours::whole(90));
        }
    });
}

#[test]
fn what_was_taken_back_or_withdrawn_by_hand_is_not_given_back() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").register();
        let first = learner.finished(&stage.professional);
        let credited = pushed(app, &stage.platform, &first, "credited");
        let _ = reverse(app, &stage.platform, &credited["completion_id"]).expect(200);
        let waits = Item::new(learner.person.reference(), "QH-NEW", 2020);
        let held = pushed(app, &stage.platform, &waits, "held");
        let _ = reverse(app, &stage.platform, &held["completion_id"]).expect(200);
        mistake_post(app, &learner);
        for old in [&first, &waits] {
            let wrong = learner.finished(&stage.professional).with("hours", 1).replacing(old);
            let _ = pushed(app, &stage.platform, &wrong, "not_counted");
        }
        correct_post(app, &learner);
        assert_eq!(standing_hours(app, &learner), Hours::ZERO);
        assert_eq!(codes(&pushed(app, &stage.platform, &waits, "already_recorded")), ["withdrawn"]);
        let right = learner.finished(&stage.public).replacing(&waits);
        let _ = pushed(app, &stage.platform, &right, "credited");
    });
}

/// Qinghai 2020 as it is, but for one kind of employer, which is another authority's.
fn publish_without_central_units(app: &App) {
    let file = policies::FILES.iter().find(|file| file.path == "630000-qinghai/2020.toml").unwrap();
    let (before, after) = (r#"standing = "encouraged""#, "standing = \"out\"\nauthority = \"示例部门\"");
    assert_eq!(file.rules.matches(before).count(), 1);
    let office = app.as_officer("630000");
    let source = file.rules.replace(before, after);
    let draft = office.post("/v1/policies", &json!({ "source": source })).expect(201).json;
    let path = format!("/v1/policies/{}/publication", draft["policy_id"].as_str().unwrap());
    let _ = office.send("POST", &path, None, Vec::new()).expect(201);
}

#[test]
fn an_item_out_of_scope_counts_when_it_is_corrected_what_its_employer_is() {
    each_backend(|app| {
        let stage = app.qinghai();
        publish_without_central_units(app);
        let employer = app.employer(EmployerKind::CentralUnit);
        let learner = app.learner("630000").register();
        let path = format!("/v1/learners/{}/employments", learner.id);
        let body = json!({ "employer_id": employer, "from_on": "2010-01-01" });
        let _ = app.as_officer("630000").post(&path, &body).expect(201);
        let first = pushed(app, &stage.platform, &learner.finished(&stage.public), "not_counted");
        let right = json!({
            "name": "示例单位", "kind": "public_institution", "place": "610000", "kind_from_on": "2010-01-01"
        });
        let _ = app.as_officer("610000").put(&format!("/v1/employers/{employer}"), &right).expect(200);
        soon(|| last_outcome(app, &stage.platform, &first["completion_id"]) == "credited");
    });
}

#[test]
fn reasons_that_cannot_be_read_are_a_failure_and_never_none() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").series("会计").register();
        let item = learner.finished(&stage.public);
        let first = pushed(app, &stage.platform, &item, "not_counted");
        let (platform, external_id) = (stage.platform.id, item.external_id().to_owned());
        app.write(move |db| {
            let mut last = store::completions::decisions_of(db, platform, &external_id)?.remove(0);
            (last.number, last.reasons) = (2, "[{}]".to_owned());
            (last.batch_id, last.attempt, last.line) = (None, None, None);
            store::completions::insert_decisions(db, &[last])
        });
        let path = format!("/v1/completions/{}", first["completion_id"].as_str().unwrap());
        let platform = app.as_platform(stage.platform.id);
        let _ = platform.get(&path).problem(500, "internal");
        let _ = reverse(app, &stage.platform, &first["completion_id"]).problem(500, "internal");
        let _ = app.push_batch(&stage.platform, [item.clone()]).problem(500, "internal");
        let over = learner.finished(&stage.public).replacing(&item);
        let _ = app.push_batch(&stage.platform, [over]).problem(500, "internal");
    });
}
