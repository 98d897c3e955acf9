//! An id that was recorded before: the same item, or another one under its id.

use super::item::{Person, Pushed};
use store::completions::Completion;

/// The fields in which a pushed item differs from what was recorded under its id; none for a repeat.
///
/// Persons and names are compared by their keyed hashes; the order of the keys in `evidence` does not matter.
pub(super) fn differing(recorded: &Completion, pushed: &Pushed) -> Vec<&'static str> {
    let (hash, name_hash, learner) = match &pushed.person {
        Person::Document { hash, name_hash, .. } => (Some(hash), Some(name_hash), None),
        Person::Learner(id) => (None, None, Some(*id)),
    };
    let item = &pushed.item;
    let fields = [
        ("person", recorded.person_hash.as_ref() == hash && recorded.learner_ref == learner),
        ("person.name", recorded.name_hash.as_ref() == name_hash),
        ("course", (recorded.course_ref_kind == pushed.course_ref_kind) && recorded.course_ref == pushed.course_ref),
        ("mode", recorded.mode == item.mode),
        ("hours", recorded.hours_hundredths == item.claimed),
        ("started_at", recorded.started_at == item.started_at),
        ("ended_at", recorded.ended_at == item.ended_at),
        ("score", recorded.score_hundredths == item.score),
        ("passed", recorded.passed == item.passed),
        ("completed_at", recorded.completed_at == item.completed_at),
        ("replaces", recorded.replaces == pushed.replaces),
        ("evidence", recorded.evidence == pushed.evidence),
    ];
    fields.into_iter().filter(|(_, same)| !same).map(|(field, _)| field).collect()
}
