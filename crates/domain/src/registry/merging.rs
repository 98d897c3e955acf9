//! Two files of one person: whether one may end in the other, and whether that may be undone.

use crate::kernel::LearnerId;

/// A file, as far as joining depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileState {
    /// The file.
    pub id: LearnerId,
    /// The file that stands for it, where it has ended.
    pub ended_in: Option<LearnerId>,
}

/// Why two files are not joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMerged {
    /// They are one file.
    SameFile,
    /// The file that was to end has ended before, and this one stands for it.
    EndsHasEnded(LearnerId),
    /// The file that was to stay has ended, and this one stands for it. So no circle comes about.
    StaysHasEnded(LearnerId),
}

/// Whether `ends` may end in `stays`.
///
/// # Errors
/// Why not.
pub fn may_merge(ends: FileState, stays: FileState) -> Result<(), NotMerged> {
    match (ends.ended_in, stays.ended_in) {
        _ if ends.id == stays.id => Err(NotMerged::SameFile),
        (Some(successor), _) => Err(NotMerged::EndsHasEnded(successor)),
        (None, Some(successor)) => Err(NotMerged::StaysHasEnded(successor)),
        (None, None) => Ok(()),
    }
}

/// Why a merge is not undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotUndone {
    /// It was undone before.
    Before,
    /// The file that stayed has ended since, and this one stands for it: the merges on the way are to be undone first, the last one
    /// before the others, or nothing could go back where it was.
    StaysHasEnded(LearnerId),
}

/// Whether a merge may be undone.
///
/// # Errors
/// Why not.
pub fn may_undo(undone: bool, stays: FileState) -> Result<(), NotUndone> {
    match stays.ended_in {
        _ if undone => Err(NotUndone::Before),
        Some(successor) => Err(NotUndone::StaysHasEnded(successor)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(n: u128) -> LearnerId {
        LearnerId::from_uuid(Uuid::from_u128(n))
    }

    fn open(n: u128) -> FileState {
        FileState { id: id(n), ended_in: None }
    }

    #[test]
    fn only_two_files_that_are_both_open_are_joined() {
        let ended = FileState { ended_in: Some(id(9)), ..open(1) };
        assert_eq!(may_merge(open(1), open(2)), Ok(()));
        assert_eq!(may_merge(open(1), open(1)), Err(NotMerged::SameFile));
        assert_eq!(may_merge(ended, open(2)), Err(NotMerged::EndsHasEnded(id(9))));
        assert_eq!(may_merge(open(2), ended), Err(NotMerged::StaysHasEnded(id(9))));
    }

    #[test]
    fn a_merge_is_undone_once_and_the_latest_one_first() {
        assert_eq!(may_undo(false, open(1)), Ok(()));
        assert_eq!(may_undo(true, open(1)), Err(NotUndone::Before));
        let ended = FileState { ended_in: Some(id(9)), ..open(1) };
        assert_eq!(may_undo(false, ended), Err(NotUndone::StaysHasEnded(id(9))));
    }
}
