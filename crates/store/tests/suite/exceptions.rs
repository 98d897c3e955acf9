//! The room of exceptions: what is asked stays but for what may name a person, which is emptied.

use crate::{
    append_only::execute,
    databases::on_each,
    sample::{AT, fill},
};
use domain::{
    kernel::{CaseId, Hours, LearnerId},
    policy::CategoryCode,
    roll::Stated,
};
use store::{
    StoreError,
    exceptions::{OfficeException, empty_exceptions, find_exception, insert_exception, page_of_exceptions},
};
use time::macros::date;
use uuid::Uuid;

fn of(learner_id: LearnerId, stated: Stated) -> OfficeException {
    OfficeException {
        learner_id,
        case_id: CaseId::from_uuid(Uuid::now_v7()),
        year: 2020,
        stated,
        decided_on: date!(2021 - 03 - 01),
        reason: Some("示例甲因公在外".to_owned()),
        document: Some("示例专技〔2021〕3号".to_owned()),
        recorded_at: AT,
        recorded_by: "officer:li".to_owned(),
    }
}

fn hours() -> Stated {
    let half = Hours::from_hundredths(50);
    Stated::Hours([(CategoryCode::new("public"), Hours::whole(30)), (CategoryCode::new("professional"), half)].into())
}

#[test]
fn what_is_asked_is_read_back_by_its_person_in_the_order_in_which_it_was_filed() {
    on_each(|database| {
        let (store, learner) = (database.store(), fill(database.store()).learner);
        let rows = [of(learner, Stated::Met), of(learner, hours()), of(learner, Stated::Met)];
        for row in rows.clone() {
            store.write_blocking(move |db| insert_exception(db, &row)).unwrap();
        }
        let again = rows[0].clone();
        let again = store.write_blocking(move |db| insert_exception(db, &again));
        assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
        let page =
            |after, limit| store.read_blocking(move |db| page_of_exceptions(db, &[learner], (after, limit))).unwrap();
        assert_eq!((page(None, 2), page(Some(rows[1].case_id), 2)), (rows[..2].to_vec(), rows[2..].to_vec()));
        let (id, nobody) = (rows[1].case_id, LearnerId::from_uuid(Uuid::now_v7()));
        let found = |learner| store.read_blocking(move |db| find_exception(db, &[learner], id)).unwrap();
        assert_eq!((found(learner), found(nobody)), (Some(rows[1].clone()), None));
    });
}

#[test]
fn what_is_asked_never_changes_and_of_an_erased_person_only_the_words_go() {
    on_each(|database| {
        let (store, learner) = (database.store(), fill(database.store()).learner);
        let row = of(learner, hours());
        let (id, made) = (row.case_id, row.clone());
        store.write_blocking(move |db| insert_exception(db, &made)).unwrap();
        for sql in [
            "UPDATE office_exception SET year = 2019",
            "UPDATE office_exception SET hours = NULL",
            "UPDATE office_exception SET recorded_by = 'x'",
            "UPDATE office_exception SET document = 'x'",
            "UPDATE office_exception SET reason = NULL, document = 'x'",
            "DELETE FROM office_exception",
        ] {
            let refused = execute(store, sql.to_owned());
            let said = format!("{refused:?}");
            assert!(refused.is_err() && said.contains("append-only"), "{sql}: {said}");
        }
        for _ in 0..2 {
            store.write_blocking(move |db| empty_exceptions(db, &[learner])).unwrap();
        }
        let found = store.read_blocking(move |db| find_exception(db, &[learner], id)).unwrap().unwrap();
        assert_eq!(found, OfficeException { reason: None, document: None, ..row });
    });
}
