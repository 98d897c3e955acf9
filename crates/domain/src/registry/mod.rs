//! Who and what exists: places, organisations, learning platforms, courses, learners, and since when.
//!
//! These are the facts that the other rooms decide about; nothing here decides what an hour is worth (see
//! [`crate::kernel`] for the words, the policy room for the rules). Facts that change carry their first day and the
//! moment they became known, so that any day can be asked about as it was known at any moment.

mod course;
mod dated;
mod learner;
mod merging;
mod organisation;
mod place_tree;
mod platform;
mod recognition;
mod tenure;
mod unmasking;

pub use course::{CourseFacts, CourseVersion, Mode, Requirement};
pub use dated::{Dated, changes_within, displaced, held_on, in_force, is_news};
pub use learner::{DocumentWas, EmploymentKind, LearnerFacts, Level, Post};
pub use merging::{FileState, NotMerged, NotUndone, may_merge, may_undo};
pub use organisation::{AuthorityKind, EmployerFact, EmployerKind, EmployerKinds, ProviderKind, Tier};
pub use place_tree::{
    Called, CodeRefusal, CodeSystem, DatedCode, PlaceFault, PlaceLevel, PlaceNode, PlaceTree, PlaceTreeError,
};
pub use platform::{PlatformFacts, ServedCategory};
pub use recognition::{AboveOffice, may_recognise};
pub use tenure::Tenure;
pub use unmasking::{DailyLimit, UnmaskingPurpose, UsedUp};
