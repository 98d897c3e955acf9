//! What was out of scope because of a wrong fact about its person, and is decided anew when the office corrects that.

use super::{codes, last_outcome, ledger, pushed, reverse, soon, standing_hours, stands};
use domain::kernel::Hours;
use serde_json::json;
use tests::{
    App, each_backend,
    fixtures::{Item, Learner},
};

/// The post since 2010 as the office sets it right: of no series.
fn correct_post(app: &App, learner: &Learner) {
    let right = json!({ "employment_kind": "permanent", "from_on": "2010-01-01" });
    let path = format!("/v1/learners/{}/posts", learner.id);
    let _ = app.as_officer("630000").post(&path, &right).expect(201);
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
        let still =
            json!({ "series": "会计", "level": "assistant", "employment_kind": "permanent", "from_on": "2010-01-01" });
        let path = format!("/v1/learners/{}/posts", learner.id);
        let _ = app.as_officer("630000").post(&path, &still).expect(201);
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
fn an_item_that_was_out_of_scope_is_decided_anew_when_it_is_sent_again() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").series("会计").register();
        let wrong = learner.finished(&stage.public);
        let _ = pushed(app, &stage.platform, &wrong, "not_counted");
        let item = learner.finished(&stage.professional).replacing(&wrong);
        assert_eq!(codes(&pushed(app, &stage.platform, &item, "not_counted")), ["out_of_scope"]);
        let again = pushed(app, &stage.platform, &item, "not_counted");
        let decisions = stands(app, &stage.platform, &again["completion_id"])["decisions"].clone();
        assert_eq!(decisions.as_array().unwrap().len(), 2, "{decisions}");
        // What was replaced is not decided anew, whoever the person is said to be.
        assert_eq!(codes(&pushed(app, &stage.platform, &wrong, "already_recorded")), ["replaced"]);
        correct_post(app, &learner);
        assert_eq!(standing_hours(app, &learner), Hours::whole(90));
        assert_eq!(codes(&pushed(app, &stage.platform, &wrong, "already_recorded")), ["replaced"]);
    });
}
