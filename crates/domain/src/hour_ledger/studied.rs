//! What somebody studied on certain days, as platforms reported it.

use super::{Entry, EntryKind};
use crate::kernel::{EntryId, china_date};
use std::collections::BTreeSet;
use time::Date;

/// The lines of pushed items that stand and lie on one of these days, both included, in the order in which the study began: by the session
/// that they state, else by the day of completion.
///
/// Nothing follows from it here. Whether what is declared of the same days is the same study, whoever decides on that says, and an
/// office's word needs no second one: so the count does not wait for it, as it does where two reports of platforms overlap.
#[must_use]
pub fn studied_on(entries: &[Entry], (first, last): (Date, Date)) -> Vec<&Entry> {
    let taken_back: BTreeSet<EntryId> = entries.iter().filter_map(|line| line.reverses).collect();
    let stands =
        |line: &&Entry| line.kind != EntryKind::Reversal && line.completion.is_some() && !taken_back.contains(&line.id);
    let on_these = |line: &&Entry| {
        let (from, until) = line.days();
        from <= last && first <= until
    };
    let mut found: Vec<&Entry> = entries.iter().filter(stands).filter(on_these).collect();
    found.sort_by_key(|line| (line.started_at.unwrap_or(line.completed_at), line.id));
    found
}

impl Entry {
    /// The first and the last day of the session that it states, else the day of completion.
    #[must_use]
    pub fn days(&self) -> (Date, Date) {
        let session = self.started_at.zip(self.ended_at);
        let (from, until) = session.unwrap_or((self.completed_at, self.completed_at));
        (china_date(from), china_date(until))
    }
}
