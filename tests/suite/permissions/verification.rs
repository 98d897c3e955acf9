//! Year verifications: handed in by an employer for its own staff, at a place whose rules have it do that.

use super::{
    asked::{Asked, get, post},
    world::{Side, World},
};
use crate::verification::{employed, handed_in, input, school};
use tests::fixtures::Learner;
use xueshi::auth::CallerKind::Officer;

/// Somebody of the side's employer, whose year asks for nothing.
fn of_staff(world: &World<'_>, side: &Side) -> Learner {
    employed(world.app, side.place, side.employer)
}

pub(super) fn verification(world: &World<'_>, operation: &str, side: &Side) -> Option<Asked> {
    if !operation.contains("verification") {
        return None;
    }
    let year = world.verified_year(side);
    let batch = |learner: &Learner| handed_in(&school(world.app, side.employer), year, &[learner]).0;
    Some(match operation {
        "create_verification_batch" => {
            let learner = of_staff(world, side);
            let made = post("/v1/verification-batches", input(year, &[&learner])).shows("\"filed\"");
            made.leaves(learner.id).there(Officer)
        }
        "validate_verification_batch" => {
            let asked = input(year, &[&of_staff(world, side)]);
            post("/v1/verification-batches/validation", asked).with(200).shows("\"filed\"")
        }
        "get_verification_batch" => {
            let learner = of_staff(world, side);
            get(batch(&learner)).shows(learner.id)
        }
        "list_learner_verifications" => {
            let _ = batch(&side.learner);
            get(format!("/v1/learners/{}/verifications?limit=200", side.learner.id)).shows("\"waiting\"")
        }
        _ => return None,
    })
}
