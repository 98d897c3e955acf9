//! Whose an item is when two files that were joined are parted again.

use crate::kernel::LearnerId;
use std::collections::BTreeSet;

/// Whether an item of the file that stays goes back to the file that had ended: it was brought by the merge, or came in since
/// and names that file, by its id or by a number that leads to it (`named`). `parted` are that file and all that had ended in it.
#[must_use]
pub fn goes_back(brought: bool, named: Option<LearnerId>, parted: &BTreeSet<LearnerId>) -> bool {
    brought || named.is_some_and(|file| parted.contains(&file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn what_was_brought_goes_back_and_of_what_came_since_what_names_the_file() {
        let id = |n| LearnerId::from_uuid(Uuid::from_u128(n));
        let parted = BTreeSet::from([id(1), id(2)]);
        assert!(goes_back(true, Some(id(3)), &parted), "its number may have been given to the other file since");
        assert!(goes_back(false, Some(id(2)), &parted));
        assert!(!goes_back(false, Some(id(3)), &parted));
        assert!(!goes_back(false, None, &parted));
    }
}
