//! Two items that replace the same one: the first that is accepted takes its place, the other is refused.

use super::{codes, pushed, reverse, standing_hours};
use domain::kernel::Hours;
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
