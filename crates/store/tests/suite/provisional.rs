//! Hours that wait for an office's word: what the runner looks at, once, and which item a case is about.

use crate::{
    databases::on_each,
    evidence::credit,
    sample::{AT, fill},
};
use domain::{
    hour_ledger::{Entry, EntryKind},
    kernel::{CaseId, CompletionId, EntryId, LearnerId},
};
use store::{
    Store, StoreError,
    hour_ledger::{
        ProvisionalCase, cases_about, insert_entries, insert_provisional_case, item_of_case, looked_at, unlooked_lines,
    },
};
use uuid::Uuid;

fn new_case(learner_id: LearnerId, completion_id: CompletionId) -> ProvisionalCase {
    ProvisionalCase { learner_id, case_id: CaseId::from_uuid(Uuid::now_v7()), completion_id }
}

pub(crate) fn fill_case(store: &Store, learner: LearnerId) {
    let row = new_case(learner, CompletionId::from_uuid(Uuid::now_v7()));
    store.write_blocking(move |db| insert_provisional_case(db, row)).unwrap();
}

fn new_id() -> EntryId {
    EntryId::from_uuid(Uuid::now_v7())
}

#[test]
fn lines_that_wait_and_what_takes_such_back_are_looked_at_once_and_no_others() {
    on_each(|database| {
        let store = database.store();
        let sample = fill(store);
        let item = || CompletionId::from_uuid(Uuid::now_v7());
        let append = |lines: Vec<Entry>| store.write_blocking(move |db| insert_entries(db, &lines)).unwrap();
        let unlooked = || store.read_blocking(|db| unlooked_lines(db, 10)).unwrap();
        let counts = credit(&sample, item());
        let waits = Entry { kind: EntryKind::Provisional, ..credit(&sample, item()) };
        append(vec![counts.clone(), waits.clone()]);
        assert_eq!(unlooked(), [(sample.learner, waits.id)]);
        let look = |lines: Vec<(LearnerId, EntryId)>| store.write_blocking(move |db| looked_at(db, &lines)).unwrap();
        look(unlooked());
        assert!(unlooked().is_empty());
        let back = |line: &Entry| line.reversal(new_id(), "wrong_data", AT, "platform");
        let (of_credit, of_waiting) = (back(&counts), back(&waits));
        append(vec![of_credit, of_waiting.clone()]);
        assert_eq!(unlooked(), [(sample.learner, of_waiting.id)], "nothing waited for what was credited");
        // Come and gone in one transaction: looked at as well, and found gone.
        let both = Entry { kind: EntryKind::Provisional, id: new_id(), ..credit(&sample, item()) };
        append(vec![both.clone(), back(&both)]);
        assert_eq!(unlooked().len(), 3);
    });
}

#[test]
fn a_case_is_about_one_item_for_good() {
    on_each(|database| {
        let store = database.store();
        let learner = fill(store).learner;
        let (item, other) = (CompletionId::from_uuid(Uuid::now_v7()), CompletionId::from_uuid(Uuid::now_v7()));
        let (first, again) = (new_case(learner, item), new_case(learner, item));
        store
            .write_blocking(move |db| {
                insert_provisional_case(db, first)?;
                insert_provisional_case(db, again)
            })
            .unwrap();
        let twice = store
            .write_blocking(move |db| insert_provisional_case(db, ProvisionalCase { completion_id: other, ..first }));
        assert!(matches!(twice, Err(StoreError::Conflict { .. })), "{twice:?}");
        assert_eq!(store.read_blocking(move |db| cases_about(db, &[item, other])).unwrap(), [first, again]);
        let about = |files: Vec<LearnerId>| store.read_blocking(move |db| item_of_case(db, &files, first.case_id));
        assert_eq!(about(vec![learner]).unwrap(), Some(item));
        assert_eq!(about(vec![LearnerId::from_uuid(Uuid::now_v7())]).unwrap(), None, "of another person it is not");
    });
}
