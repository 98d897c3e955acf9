//! The fixtures do what they say: a year met by the two courses of each place.

use tests::{App, Backend};

#[test]
fn the_courses_of_every_stage_are_credited_to_a_learner_of_the_place() {
    let app = App::start(Backend::Sqlite);
    for stage in [app.shaanxi(), app.guangde(), app.qinghai(), app.pingdingshan()] {
        let learner = app.learner(stage.place).register();
        let items = [learner.finished(&stage.public), learner.finished_by_id(&stage.professional)];
        for outcome in app.push(&stage.platform, items) {
            assert_eq!(outcome["outcome"], "credited", "{outcome}");
            assert_eq!(outcome["year"], stage.year, "{outcome}");
            assert_eq!(outcome["learner_id"], learner.id.to_string(), "{outcome}");
        }
    }
}
