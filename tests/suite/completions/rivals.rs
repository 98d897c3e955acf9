//! Items that cannot all stand: of two that replace the same one the first that is accepted takes its place, the other is
//! refused; of a circle, each is.

use super::{codes, last_outcome, ledger, pushed, reverse, standing_hours};
use domain::kernel::Hours;
use serde_json::json;
use tests::each_backend;

#[test]
fn of_two_items_that_replace_the_same_one_the_second_is_refused_and_may_replace_the_first() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let course = |hours: i64| {
            let code = format!("SX-{hours}");
            learner.finished(&app.course(&code).professional().hours(hours).on(&stage.platform).open())
        };
        let [wrong, first, second, third] = [1, 10, 100, 1000].map(course);
        let _ = pushed(app, &stage.platform, &wrong, "credited");
        let first = first.replacing(&wrong);
        let _ = pushed(app, &stage.platform, &first, "credited");
        let late = pushed(app, &stage.platform, &second.clone().replacing(&wrong), "refused");
        assert_eq!(codes(&late), ["already_replaced"]);
        assert_eq!(late["reasons"][0]["facts"]["by"], first.external_id());
        assert_eq!(late["reasons"][0]["hint"]["action"], "replace_the_other");
        assert_eq!(standing_hours(app, &learner), Hours::whole(10));
        // Neither sent again nor corrected in its turn does it take the place after all.
        let _ = pushed(app, &stage.platform, &second.clone().replacing(&wrong), "refused");
        let over_it = third.clone().called(&format!("{}-b", third.external_id())).replacing(&second);
        assert_eq!(codes(&pushed(app, &stage.platform, &over_it, "refused")), ["already_replaced"]);
        let _ = pushed(app, &stage.platform, &third.replacing(&first), "credited");
        assert_eq!(standing_hours(app, &learner), Hours::whole(1000));

        // In one batch, over one that was worth nothing, and over one that was taken back before.
        let refused = learner.finished(&stage.public).with("passed", false);
        let taken_back = learner.finished(&stage.public);
        let _ = pushed(app, &stage.platform, &refused, "refused");
        let credited = pushed(app, &stage.platform, &taken_back, "credited");
        let _ = reverse(app, &stage.platform, &credited["completion_id"]).expect(200);
        for old in [refused, taken_back] {
            let two = [(); 2].map(|()| learner.finished(&stage.public).replacing(&old));
            let mut outcomes = app.push(&stage.platform, two).map(|one| one["outcome"].as_str().unwrap().to_owned());
            outcomes.sort();
            assert_eq!(outcomes, ["credited", "refused"]);
            let _ = pushed(app, &stage.platform, &learner.finished(&stage.public).replacing(&old), "refused");
        }
    });
}

#[test]
fn items_that_replace_each_other_in_a_circle_are_refused_in_any_order() {
    each_backend(|app| {
        let stage = app.shaanxi();
        for (number, in_one_batch) in [false, false, true].into_iter().enumerate() {
            let learner = app.learner("610000").register();
            let (first, second) = (format!("one-{number}"), format!("two-{number}"));
            let one = learner.finished(&stage.public).called(&first).with("replaces", second.as_str());
            let two = learner.finished(&stage.professional).called(&second).with("replaces", first.as_str());
            let mut items = [one.clone(), two.clone()];
            if number == 1 {
                items.reverse();
            }
            let told = if in_one_batch {
                app.push(&stage.platform, items)
            } else {
                items.map(|item| app.push_one(&stage.platform, &item))
            };
            // The first one waits until the circle is closed, and is refused then as well, without being sent again.
            let waits = if in_one_batch { "refused" } else { "held" };
            assert_eq!((&told[0]["outcome"], &told[1]["outcome"]), (&json!(waits), &json!("refused")));
            for one in &told {
                assert_eq!(last_outcome(app, &stage.platform, &one["completion_id"]), "refused");
            }
            let waiting = app.as_platform(stage.platform.id).get("/v1/held-completions").expect(200).json;
            assert_eq!(waiting["items"], json!([]));
            let next = learner.finished(&stage.public).replacing(&one);
            for (item, replaces) in [(&one, &second), (&two, &first), (&next, &first)] {
                let refused = pushed(app, &stage.platform, item, "refused");
                assert_eq!(codes(&refused), ["replacement_circle"]);
                assert_eq!(refused["reasons"][0]["facts"]["replaces"], replaces.as_str());
                assert_eq!(refused["reasons"][0]["hint"]["action"], "use_new_external_id");
            }
            assert_eq!(ledger(app, &learner), []);
        }
        // Of three, one that is not of the circle and comes before it is closed waits for the same item.
        let learner = app.learner("610000").register();
        let item = |id: &str, replaces: &str| learner.finished(&stage.public).called(id).with("replaces", replaces);
        let before = [("outside", "x"), ("x", "y"), ("y", "z")].map(|(id, replaces)| {
            let held = pushed(app, &stage.platform, &item(id, replaces), "held");
            assert_eq!(codes(&held), ["replaced_item_unknown"]);
            held
        });
        let _ = pushed(app, &stage.platform, &item("z", "x"), "refused");
        for held in before {
            assert_eq!(last_outcome(app, &stage.platform, &held["completion_id"]), "refused");
        }
        // A further item that replaces none of them is taken like any other.
        let _ = pushed(app, &stage.platform, &learner.finished(&stage.public), "credited");
    });
}
