//! A batch of an employer, which is one event, however many it holds.

use super::Story;
use crate::verification::{employed, input, provided, school};
use domain::registry::EmployerKind;

pub(super) fn verification(story: &mut Story<'_>) {
    let (place, employer) = ("610000", story.app.employer(EmployerKind::Enterprise));
    let (year, wu) = (provided(story.app, place), school(story.app, employer));
    let [first, second] = [employed(story.app, place, employer), employed(story.app, place, employer)];
    let asked = input(year, &[&first, &second, &story.app.learner(place).register()]);
    let (made, event) = story.does(&wu, "create_verification_batch", ("POST", "/v1/verification-batches"), &asked);
    let subject = (event.subject_kind.as_deref(), event.subject_id.as_deref());
    assert_eq!(subject, (Some("verification_batch"), made["batch_id"].as_str()));
    let told = event.after.unwrap();
    assert!(told.contains("\"filed\":2") && told.contains("\"refused\":1"), "{told}");
}
