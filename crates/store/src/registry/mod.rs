//! Who and what exists: places, organisations, platforms, courses and learners, as rows.
//!
//! What the rules ask of them comes out as the facts of `domain::registry`. Lists are pages: never without a limit, in a fixed
//! order, after the last row of the page before.

mod course_changes;
mod courses;
mod employer_kinds;
mod labels;
mod learners;
mod locks;
mod merges;
mod organisations;
mod people;
mod person_facts;
mod places;
mod platforms;

pub use course_changes::{CourseChange, CourseInput, CourseUpserted, Filing, insert_filing, upsert_courses};
pub use courses::{CourseSearch, LastFiling, courses_by_code, courses_by_id, last_filings, search_courses};
pub use employer_kinds::{EmployerKindFact, append_employer_kinds, employer_kinds};
pub use labels::{CourseLabel, PlatformLabel, all_platform_labels, course_labels};
pub use learners::{
    Holder, LearnerEmployer, LearnerPlace, LearnerPost, NewLearner, append_facts, find_by_identifier, insert_learners,
    load_learner_facts,
};
pub use locks::{Held, hold, hold_courses, hold_learners, hold_to_the_last};
pub use merges::{
    LearnerMerge, MergeUndoing, ended_in, find_merge, identifiers_of, insert_merge, insert_merge_items, insert_undoing,
    merge_items, merges_among_kin, merges_of, names_of, names_of_holders, successors,
};
pub use organisations::{
    Authority, Employer, TrainingBase, authorities_by_id, authorities_named, bases_by_id, employers_by_id,
    find_authority, find_base, find_employer, find_employer_by_credit_code, search_authorities, search_bases,
    search_employers, sector_places, upsert_authority, upsert_base, upsert_employer,
};
pub use people::{
    LearnerPerson, LearnerSearch, add_identifier, count_learners_of, erase_people, learners_of_place, persons,
    remove_identifier, search_learners, update_person,
};
pub use person_facts::load_person;
pub use places::{list_places, load_places, upsert_places};
pub use platforms::{
    LearningPlatform, find_platform, find_platform_by_code, platform_facts, platform_facts_many, search_platforms,
    set_platform_categories, upsert_platform,
};

use domain::kernel::PlaceCode;
use uuid::Uuid;

/// The revision that moves with every write to authorities, bases and platforms.
pub const REGISTRY: &str = "registry";

/// Where a page of named things begins: after this name and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AfterName {
    /// The name of the last row seen.
    pub name: String,
    /// Its id, as names repeat.
    pub id: Uuid,
}

/// Which named things a page holds, in the order of name and id.
#[derive(Clone, Copy, Debug, Default)]
pub struct Search<'a> {
    /// The beginning of the name, or the whole code where the thing has one.
    pub text: Option<&'a str>,
    /// Only in these places.
    pub places: Option<&'a [PlaceCode]>,
    /// After this row.
    pub after: Option<&'a AfterName>,
    /// At most so many.
    pub limit: i64,
}

/// The first text after all that begin with `prefix`: prefixes are ranges, so that both back ends can use an index.
fn end_of_prefix(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

fn codes(places: &[PlaceCode]) -> Vec<&str> {
    places.iter().map(PlaceCode::as_str).collect()
}
