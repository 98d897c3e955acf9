//! Items as a platform pushes them, and the bodies they travel in.

use crate::people::{Dice, Person};
use serde_json::json;

/// How many courses there are.
pub(crate) const COURSES: usize = 50;

/// Items in one measured batch.
pub(crate) const BATCH: usize = 500;

/// The code of a course.
pub(crate) fn course_code(number: usize) -> String {
    format!("SX-2020-PROF-{number:03}")
}

/// One completion that the rules of the place credit.
pub(crate) fn item(external_id: &str, person: &Person, course: usize, dice: &mut Dice) -> String {
    let (month, day, hour) = (dice.below(11) + 2, dice.below(28) + 1, dice.below(12) + 8);
    let completed_at = format!("2020-{month:02}-{day:02}T{hour:02}:{:02}:{:02}+08:00", dice.below(60), dice.below(60));
    json!({
        "external_id": external_id,
        "person": { "document_kind": "resident_id", "document_number": person.number, "name": person.name },
        "course_code": course_code(course),
        "mode": "online",
        "hours": 8,
        "score": 60 + dice.below(41),
        "passed": true,
        "completed_at": completed_at,
    })
    .to_string()
}

/// A JSON body of items.
pub(crate) fn body(items: &[String]) -> Vec<u8> {
    format!("{{\"items\":[{}]}}", items.join(",")).into_bytes()
}
