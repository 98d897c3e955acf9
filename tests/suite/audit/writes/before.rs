//! Which writes say what stood before them: all that change something, and of those that make something the ones that add to what
//! stood there.

use xueshi::auth::line;

/// What is made beside something that stands: its event says what held until then.
const ADDS: [&str; 6] =
    ["add_division_code", "merge_learners", "publish_policy", "record_employment", "record_placement", "record_post"];

/// Nothing stood before a new secret, what an erasure removes is told by no event, and of many things at once the event says which.
const TELLS_NOTHING: [&str; 7] = [
    "add_roll_items",
    "create_client_secret",
    "decide_reviews",
    "erase_learner",
    "keep_courses",
    "keep_learners",
    "push_completions",
];

/// Whether the event of an operation that changed something has what stood before.
pub(super) fn tells(operation: &str) -> bool {
    !TELLS_NOTHING.contains(&operation) && (ADDS.contains(&operation) || !line(operation).unwrap().creates())
}
