//! Sessions of one person that overlap.

use super::Entry;
use crate::{
    kernel::{Citation, EntryId},
    policy::shape::{CheckKind, Rules},
};
use std::collections::BTreeMap;

/// By a line the other one, with the clause.
pub(super) type Clashes = BTreeMap<EntryId, (EntryId, Vec<Citation>)>;

/// Sessions that overlap, where the rules look at that. Both sides wait: which of them came in first says nothing.
pub(super) fn clashes(rules: &Rules, live: &[&Entry]) -> Clashes {
    let Some(check) = rules.check.iter().find(|check| check.what == CheckKind::OverlappingSessions) else {
        return Clashes::new();
    };
    let mut sessions: Vec<&Entry> = live.iter().copied().filter(|entry| entry.started_at.is_some()).collect();
    sessions.sort_by_key(|entry| (entry.started_at, entry.id));
    let mut found = Clashes::new();
    for (index, one) in sessions.iter().enumerate() {
        let later = sessions[index + 1..].iter().take_while(|other| other.started_at < one.ended_at);
        for other in later.filter(|other| one.overlaps(other)) {
            found.entry(one.id).or_insert_with(|| (other.id, check.cite.0.clone()));
            found.entry(other.id).or_insert_with(|| (one.id, check.cite.0.clone()));
        }
    }
    found
}
