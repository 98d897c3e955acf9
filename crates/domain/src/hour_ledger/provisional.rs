//! Hours that wait for an office's word (`needs_review`), and what becomes of them once it is said. The item stays as it was pushed; the
//! line that waited is taken back, and where the office counts it, one that counts stands in its place.

use super::{Entry, EntryKind, count::live};
use crate::kernel::{CompletionId, EntryId};
use time::OffsetDateTime;

/// The reason code of a line by which an office counts hours that had waited, and of what took the waiting one back.
pub const COUNTED_BY_OFFICE: &str = "counted_by_office";

/// That of what takes hours back which an office does not count.
pub const REFUSED_BY_OFFICE: &str = "refused_by_office";

/// That of what takes back hours whose counting an office has taken back, and of the line that waits again.
pub const COUNTING_REVOKED: &str = "counting_revoked";

/// The line of an item that waits for an office's word, in whatever file of its person: none where nothing of it stands, or the word is
/// said. `entries` are all lines of the person.
#[must_use]
pub fn waiting_line(item: CompletionId, entries: &[Entry]) -> Option<&Entry> {
    live(entries).into_iter().find(|line| line.completion == Some(item) && line.kind == EntryKind::Provisional)
}

/// The line by which an office counts an item, likewise.
#[must_use]
pub fn line_counted_by_office(item: CompletionId, entries: &[Entry]) -> Option<&Entry> {
    live(entries).into_iter().find(|line| line.completion == Some(item) && line.was_decided())
}

/// What a line says next, and in whose name.
#[derive(Clone, Copy, Debug)]
pub struct OfficeWord<'a> {
    /// The id of the line that says it.
    pub id: EntryId,
    /// The number of the decision over its item that says so; none that it had before.
    pub decision_number: i32,
    /// When.
    pub at: OffsetDateTime,
    /// In whose name.
    pub by: &'a str,
}

impl OfficeWord<'_> {
    /// The line that counts what this one says, which waited for it. What it had waited for stays with it: an office has seen that.
    #[must_use]
    pub fn counts(&self, line: &Entry) -> Entry {
        self.says(line, EntryKind::Credit, COUNTED_BY_OFFICE)
    }

    /// The line that waits again for what this one says, by which an office had counted it.
    #[must_use]
    pub fn waits_again(&self, line: &Entry) -> Entry {
        self.says(line, EntryKind::Provisional, COUNTING_REVOKED)
    }

    fn says(&self, line: &Entry, kind: EntryKind, reason_code: &str) -> Entry {
        Entry {
            id: self.id,
            kind,
            decision_number: Some(self.decision_number),
            reason_code: Some(reason_code.to_owned()),
            recorded_at: self.at,
            recorded_by: self.by.to_owned(),
            ..line.clone()
        }
    }
}
