//! Evidence that wants a decision, as far as the rules need to know it.

use super::{Item, Recorded, Said};
use crate::kernel::{CompletionId, CourseId, LearnerId};
use time::OffsetDateTime;

/// Whom an item names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody by a document, of which only keyed hashes are known here.
    Document {
        /// The hash of the number.
        hash: String,
        /// The hash of the name given with it.
        name_hash: Option<String>,
    },
    /// A learner by the id that this service made.
    Learner(LearnerId),
}

/// Which course an item names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CourseRef {
    /// By the code under which it is registered, or will be.
    Code(String),
    /// By the id that this service made.
    Id(CourseId),
}

impl CourseRef {
    /// The reference as it was pushed.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Code(code) => code.clone(),
            Self::Id(id) => id.to_string(),
        }
    }
}

/// Evidence that wants a decision: it is new, was refused, waits, was out of scope, gets back the place that was taken from it, or is
/// recorded and an office asks whether it would be decided otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The platform's id of it.
    pub external_id: String,
    /// The evidence.
    pub completion: CompletionId,
    /// Whom it names.
    pub who: Who,
    /// Which course it names.
    pub course: CourseRef,
    /// What it says.
    pub item: Item,
    /// The platform's id of the item that it corrects.
    pub replaces: Option<String>,
    /// The number of the last decision over it; zero before the first.
    pub decided: i32,
    /// Whether it was accepted by the last decision over it, or by the one before the decision that another took its place.
    pub accepted: bool,
    /// What the last decision over it said, for an item that is sent again: while it would say the same, no other falls.
    pub said: Option<Said>,
    /// What stands of it, for a recorded item that is decided anew by other rules.
    pub recorded: Option<Recorded>,
    /// When it was pushed last: what lies in the future then is refused, and may be sent again later.
    pub pushed_at: OffsetDateTime,
}
