//! What waits for someone or something to appear in the registry.

use crate::{
    completions::{release, rescope},
    problem::Problem,
    state::AppState,
};
use domain::kernel::{EmployerId, LearnerId};
use store::Db;
use time::OffsetDateTime;

/// What appeared, or is known better than before.
#[derive(Clone, Copy, Debug)]
pub(super) enum Appeared<'a> {
    /// People, by the keyed hashes of their identity documents: new, or with a corrected name or document.
    People(&'a [String]),
    /// Learners, in another place than before.
    Elsewhere(&'a [LearnerId]),
    /// Learners, of whom a place, an employer or a post was entered.
    Otherwise(&'a [LearnerId]),
    /// An employer, of which another kind was entered.
    Employer(EmployerId),
    /// Courses, by their codes: new, with a new version, or with another word about the filing of its plan.
    Courses(&'a [String]),
}

/// Releases what waits for them, in the transaction in which they appear.
pub(super) fn released_by(
    db: &mut Db,
    state: &AppState,
    appeared: Appeared<'_>,
    now: OffsetDateTime,
) -> Result<(), Problem> {
    match appeared {
        Appeared::People(hashes) => release::on_persons(db, state, hashes, now),
        Appeared::Elsewhere(learners) => release::on_places(db, state, learners, now),
        Appeared::Otherwise(learners) => rescope::on_facts(db, state, learners, now),
        Appeared::Employer(employer) => rescope::on_employer(db, state, employer, now),
        Appeared::Courses(codes) => release::on_courses(db, state, codes, now),
    }
}
